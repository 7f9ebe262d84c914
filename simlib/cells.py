"""What stands in a cell of a report's tables: an amount, a chance, a range, each as a narrow column has it."""

import re
from collections.abc import Iterable, Sequence

from simlib.layout import Cell
from simlib.verdicts import Document, told
from simlib.wording import chance_count, money

__all__ = ["amount_cell", "amount_cells", "briefly", "chance_cell", "largest", "narrow_range"]


def largest(amounts: Iterable[float | None]) -> float:
    """Give the size of the largest of some amounts, nothing where there is none."""
    return max((abs(amount) for amount in amounts if amount is not None), default=0.0)


def amount_cell(value: float | None, unit: str, like: float = 0.0, error: float = 0.0) -> Cell:
    """Give an amount as a cell, in the unit of the largest that it stands beside."""
    return Cell(money(value, unit, error, like=like), value)


def amount_cells(
    values: Sequence[float | None], unit: str, like: float, errors: Sequence[float] = ()
) -> tuple[Cell, ...]:
    """Give a row of amounts in the unit of its table; in its own where that would show nothing but noughts.

    Parameters
    ----------
    like : float
        The largest amount of the table [unit].
    errors : sequence of float
        Standard errors of the amounts; none where left out [unit].

    Examples
    --------
    >>> [[cell.text for cell in amount_cells(row, "£m", 4.1)] for row in ([0.2, 0.06], [0.03, 0.04])]
    [['£0.2m', '£0.1m'], ['£30k', '£40k']]
    """
    known = list(zip(values, errors or [0.0] * len(values), strict=True))
    told = tuple(amount_cell(value, unit, like, error) for value, error in known)
    own = largest(values)
    if own and not any(re.search("[1-9]", cell.text) for cell in told):
        return tuple(amount_cell(value, unit, own, error) for value, error in known)
    return told


def chance_cell(found: Document | None) -> Cell:
    """Give a chance as a cell: a column is narrow, so that ``fewer than 1 in 6,600`` is ``<1 in 6,600``."""
    return Cell(briefly(told(found)), found["probability"]) if found else Cell("–")


def briefly(words: str) -> str:
    """Give a chance's words for a narrow column."""
    return words.replace("fewer than ", "<").replace("more than ", ">")


def narrow_range(found: Sequence[tuple[float, float]]) -> str:
    """Give the range of a chance over readings for a narrow column: ``<1 to 18``."""
    if len(found) < 2:
        return "–"
    low, high = (chance_count(*sorted(found)[at]) for at in (0, -1))
    return low if low == high else f"{low} to {high}"
