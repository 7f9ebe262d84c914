"""What a workbook's sheet is made of: typed columns, unrounded rows, native charts; nothing is filled in or rendered.

A sheet is one table from its first cell on. How a kind of figure is shown is the reporter's; what it is, is here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from simlib.wording import clean

__all__ = [
    "Column", "Document", "Figure", "Formula", "Kind", "Link", "NativeChart", "Pairs", "Range", "Row", "Series",
    "Tab", "Value", "assumption_name", "kind_of", "pair_rows", "place_name", "tab", "trimmed", "unit_words",
]  # fmt: skip

Document = Mapping[str, Any]
Kind = Literal["text", "short", "long", "money", "chance", "error", "share", "number", "count", "duration", "date"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a column of several kinds.

    Parameters
    ----------
    value : float
        Unrounded [by its kind].
    kind : str
        Its own kind.
    """

    value: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum that the spreadsheet works out again.

    Parameters
    ----------
    text : str
        Of this module's own words and cells only, never of a file's.
    value : float
        What it comes to.
    """

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Link:
    """The name of another sheet, to be followed."""

    sheet: str


Value = str | float | bool | Figure | Formula | Link | None
Row = tuple[Value, ...]
Pairs = Iterator[tuple[str, str, Document, Row]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, with the unit, and what its figures are."""

    heading: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Range:
    """Cells of one column below each other.

    Parameters
    ----------
    sheet : str
        Its name.
    column, first, last : int
        Places among the columns and the rows, from 0; the heading stands above row 0.
    """

    sheet: str
    column: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a row of bars.

    Parameters
    ----------
    name : Range or str
        The one cell that names it (a first row of -1 is the heading), or words of this package's own.
    across, up : Range
        What it is drawn from.
    look : str
        ``middle``, ``edge``, ``plan``, ``line``, or a part of a waterfall: ``base``, ``position``, ``wider``,
        ``narrower``.
    """

    name: Range | str
    across: Range
    up: Range
    look: str


@dataclass(frozen=True, slots=True)
class NativeChart:
    """A chart that refers to the workbook's own cells.

    Parameters
    ----------
    title, alt : str
        Its title, and its message for those who do not see it.
    shape : str
        ``years`` (lines over years), ``curve`` (shares against amounts) or ``waterfall``.
    series : tuple of Series
        In their order.
    across, up : str
        What the axes measure, with the unit.
    """

    title: str
    alt: str
    shape: Literal["years", "curve", "waterfall"]
    series: tuple[Series, ...]
    across: str
    up: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One sheet.

    Parameters
    ----------
    name : str
        At most 31 characters, of this module's own words.
    about : str
        What it holds, for the cover.
    columns : tuple of Column, shape (columns,)
        Their headings differ.
    rows : tuple of tuples, shape (rows, columns)
        Unrounded figures, clean text.
    held : int
        Columns that stay in sight when the others are moved.
    charts : tuple of NativeChart
        One for each row, where the sheet shows charts.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    held: int = 1
    charts: tuple[NativeChart, ...] = ()


def tab(
    name: str, about: str, columns: Iterable[Column], rows: Iterable[Row], *, held: int = 1,
    charts: tuple[NativeChart, ...] = (),
) -> Tab | None:  # fmt: skip
    """Give a sheet, its text clean; None where it has no row."""
    cells = tuple(tuple(clean(cell) if isinstance(cell, str) else cell for cell in row) for row in rows)
    return Tab(name, about, tuple(columns), cells, held, charts) if cells else None


def trimmed(found: Tab | None) -> Tab | None:
    """Give a sheet without the columns in which no row has anything; formulas and charts must not refer to later ones.

    Examples
    --------
    >>> trimmed(tab("A", "", (Column("a"), Column("b"), Column("c")), [("x", None, 1.0)])).rows
    (('x', 1.0),)
    """
    if found is None:
        return None
    kept = [at for at in range(len(found.columns)) if at < found.held or any(row[at] is not None for row in found.rows)]
    rows = tuple(tuple(row[at] for at in kept) for row in found.rows)
    return replace(found, columns=tuple(found.columns[at] for at in kept), rows=rows)


# What rows are made of


def pair_rows(document: Document) -> Pairs:
    """Give (option, council, results, their names as the first two cells) of every option for each of its councils."""
    for option, entry in document["options"].items():
        for council, pair in entry["councils"].items():
            yield option, council, pair, (entry["label"], place_name(document, council))


def place_name(document: Document, place: str) -> str:
    """Name what a headline is of: a council, all of an option's, or its claim."""
    if place in document["councils"]:
        return str(document["councils"][place]["label"])
    return {"jointly": "All its councils together", "claim": "Its claim"}.get(place, place)


def assumption_name(document: Document, address: str) -> str:
    """Give the label of an assumption or an event; its address where there is none."""
    events = {f"events.{key}": event for key, event in document["events"].items()}
    return str((document["drivers"].get(address) or events.get(address) or {}).get("label") or address)


def kind_of(kind: str | None) -> Kind:
    """Give a quantity's kind as a cell has it."""
    kinds: dict[str | None, Kind] = {"money": "money", "share": "share", "duration": "duration", "count": "count"}
    return kinds.get(kind, "number")


def unit_words(document: Document, kind: str | None) -> str:
    """Give what a quantity of a kind is measured in."""
    words = {"money": str(document["unit"] or "£"), "share": "share (1 is 100%)", "duration": "years"}
    return words.get(str(kind), str(kind or "number"))
