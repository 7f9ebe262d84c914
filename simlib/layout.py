"""What a report is made of: sections, sentences, tables, charts; nothing is computed or rendered here.

A report is computed once, in words and numbers; every reporter renders the same cells, so that no two
formats can disagree.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simlib.charts import Chart

if TYPE_CHECKING:
    from simlib.summary import Summary

__all__ = ["Cell", "Chart", "Report", "Section", "Table", "without_empty"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text : str
        What people read.
    value : float or None
        The figure behind it, unrounded, for spreadsheets and comparisons; None where it is only words.
    """

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; the first cell of a row is its header.

    Parameters
    ----------
    id : str
        Unique in the report; a fragment of a link.
    caption : str
        What the table shows, with its unit and the meaning of its sign.
    headings : tuple of str, shape (columns,)
        One for each column.
    rows : tuple of tuples of Cell, shape (rows, columns)
        In the order in which they are read.
    note : str
        What must be known to read it; empty where nothing.
    """

    id: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def without_empty(table: Table) -> Table:
    """Give a table without the columns in which no row has anything to tell.

    Examples
    --------
    >>> without_empty(Table("t", "", ("Option", "A", "B"), ((Cell("x"), Cell("–"), Cell("1")),))).headings
    ('Option', 'B')
    """
    kept = [
        place for place in range(len(table.headings)) if place == 0 or any(row[place].text != "–" for row in table.rows)
    ]
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return replace(table, headings=tuple(table.headings[place] for place in kept), rows=rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its sentences, tables and charts.

    Parameters
    ----------
    id : str
        Unique in the report.
    heading : str
        What it is about.
    paragraphs : tuple of str
        Whole sentences.
    tables, charts : tuple
        In the order in which they follow the sentences.
    detail : bool
        For the record rather than for the first reading: a terminal leaves it out.
    """

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A run told in words and numbers, ready to be rendered.

    Parameters
    ----------
    title : str
        The config's title.
    banner : str
        What heads every result; empty where the file has no council.
    facts : tuple of (name, text)
        Councils, target year, seed, number of futures.
    brief : tuple of str
        One line for each option, or for each output where there are none: all that ``--quiet`` prints.
    sections : tuple of Section
        In the order in which a committee reads.
    summary : Summary
        The run that it tells of.
    """

    title: str
    banner: str
    facts: tuple[tuple[str, str], ...]
    brief: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: "Summary" = field(repr=False)
