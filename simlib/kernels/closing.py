"""When a gap is closed: the six tests, and what follows from a position over the years.

Formulas over (year, simulation) arrays. ``tolerance`` is half a penny in the model's unit: closed means a gap below it.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.kernels.lines import accumulated
from simlib.kernels.paths import Floats

Booleans = NDArray[np.bool_]


def target_year(position: Floats, tolerance: float) -> Booleans:
    """Tell where the recurring gap is closed on 31 March of the target year: (simulation,) gaps that day."""
    return np.asarray(position < tolerance)


def in_year(gap_after: Floats, target: int, tolerance: float) -> Booleans:
    """Tell where the target year's own budget balances in cash."""
    return np.asarray(gap_after[target] < tolerance)


def from_target_year(gap_recurring: Floats, target: int, tolerance: float) -> Booleans:
    """Tell where the recurring gap is closed in the target year and every later one."""
    return np.asarray((gap_recurring[target:] < tolerance).all(axis=0))


def every_year(gap_after: Floats, tolerance: float) -> Booleans:
    """Tell where every year's budget balances in cash."""
    return np.asarray((gap_after < tolerance).all(axis=0))


def reserves_hold(fund: Floats, minimum: Floats, tolerance: float) -> Booleans:
    """Tell where the general fund is at or above its minimum in every year."""
    return np.asarray((fund > minimum - tolerance).all(axis=0))


def reserves_restored(fund: Floats, opening: Floats, tolerance: float) -> Booleans:
    """Tell where the general fund ends no lower than it started."""
    return np.asarray(fund[-1] > opening - tolerance)


def first_year_closed(gap_recurring: Floats, tolerance: float) -> NDArray[np.intp]:
    """Give the first year in which the recurring gap is closed; the number of years where it never is."""
    closed = gap_recurring < tolerance
    return np.where(closed.any(axis=0), closed.argmax(axis=0), len(gap_recurring))


def payback(net_cash: Floats) -> Floats:
    """Give the years it takes until cumulative net cash is no longer negative.

    Parameters
    ----------
    net_cash
        (year, simulation) savings less costs [money].

    Returns
    -------
    (simulation,) whole years, infinite beyond the horizon, nan where nothing is ever spent or saved.

    Notes
    -----
    Counted from the start of the first year in which anything is spent or saved, to the end of the first year from
    which cumulative net cash stays at or above zero: an early saving before its cost does not count as paid back.
    """
    total, years = accumulated(net_cash), len(net_cash)
    size = np.abs(total).max(axis=0)
    moves = np.abs(net_cash) > 1e-12 * (1.0 + size)
    below = total < -1e-12 * (1.0 + size)
    begins = np.argmax(moves, axis=0)
    last_below = np.where(below.any(axis=0), years - 1 - np.argmax(below[::-1], axis=0), begins - 1)
    taken = np.where(below[-1], np.inf, np.maximum(last_below + 1, begins) - begins + 1.0)
    return np.where(moves.any(axis=0), taken, np.nan)


def present_value(net_cash: Floats, factors: Floats) -> Floats:
    """Give the net present value: ``Σ net_cash[y] · factors[y]``, (year, simulation) and (year,) to (simulation,)."""
    return np.asarray(sum(factor * cash for factor, cash in zip(factors, net_cash, strict=True)))
