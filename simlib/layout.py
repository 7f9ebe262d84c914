"""What a report is made of: sections, sentences, tables, charts; nothing is computed or rendered here.

A report is computed once, in words and numbers; every reporter renders the same cells, so that no two
formats can disagree.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING, NamedTuple

from simlib.plots import Plot
from simlib.showing import figure_html, heading_html, table_html, words_html

if TYPE_CHECKING:
    from simlib.summary import Summary

__all__ = ["Cell", "Chart", "Report", "Section", "Table", "everything", "numbered", "without_empty"]


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

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        rows = [[cell.text for cell in row] for row in self.rows]
        return table_html(self.caption, self.headings, rows, note=self.note, most=None)


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
class Chart:
    """One picture: its data, its title, and its message for those who do not see it.

    Parameters
    ----------
    id : str
        Unique in the report; the stem of its files.
    alt : str
        What the picture shows, stated with figures.
    table : Table
        Its data, for those who read figures rather than pictures.
    choose : bool
        Whether a reader should be able to ask it for the figure at a confidence of their own: the table has a row for
        each that may be asked for.
    """

    id: str
    title: str
    alt: str
    data: Plot
    table: Table
    choose: bool = False

    def _repr_html_(self) -> str:
        """Show it in a notebook, with its alternative text."""
        from simlib.figures import chart_svg

        return figure_html(self.title, self.alt, chart_svg(self))


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
    parts : tuple of Section
        What follows under headings of their own.
    detail : bool
        For the record rather than for the first reading: a terminal leaves it out.
    appendix : bool
        After the paper itself: a letter, not a number.
    number : str
        Its place in the report, ``3`` or ``B``; empty for a part.
    first : int
        The place of its first sentence among those of the section that it is or is part of.
    """

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    parts: tuple["Section", ...] = ()
    detail: bool = False
    appendix: bool = False
    number: str = ""
    first: int = 1

    @property
    def numbered_paragraphs(self) -> tuple[tuple[str, str], ...]:
        """Each sentence with its number, as in ``3.2``."""
        return tuple((f"{self.number}.{self.first + at}", text) for at, text in enumerate(self.paragraphs))

    def _repr_html_(self) -> str:
        """Show it in a notebook, under headings of the third level and below."""
        return "\n".join(self._html(3))

    def _html(self, level: int) -> Iterator[str]:
        yield heading_html(self.heading, level)
        yield from (words_html(text) for text in self.paragraphs)
        yield from (table._repr_html_() for table in self.tables)
        yield from (chart._repr_html_() for chart in self.charts)
        for part in self.parts:
            yield from part._html(level + 1)


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Number sections and their sentences: papers by figures, appendices by letters; parts go on with the sentences.

    Examples
    --------
    >>> paper = Section("a", "A", ("x",), parts=(Section("b", "B", ("y",)),))
    >>> both = numbered([paper, Section("c", "C", appendix=True)])
    >>> [section.number for section in both], both[0].parts[0].numbered_paragraphs
    (['1', 'A'], (('1.2', 'y'),))
    """
    found: list[Section] = []
    taken = _Taken(set(), set(), set())
    for section in sections:
        before = sum(other.appendix == section.appendix for other in found)
        number = ascii_uppercase[before] if section.appendix else str(before + 1)
        found.append(_numbered(_with_own_ids(section, taken), number, 1)[0])
    return tuple(found)


class _Taken(NamedTuple):
    """The ids that sections, tables and charts have already."""

    sections: set[str]
    tables: set[str]
    charts: set[str]


def _with_own_ids(section: Section, taken: _Taken) -> Section:
    """Give every part, table and chart an id that no other has: names of a file's own may run into each other."""
    own = replace(section, id=_own(section.id, taken.sections))
    tables = tuple(replace(table, id=_own(table.id, taken.tables)) for table in own.tables)
    charts = tuple(
        replace(
            chart, id=_own(chart.id, taken.charts), table=replace(chart.table, id=_own(chart.table.id, taken.tables))
        )
        for chart in own.charts
    )
    return replace(own, tables=tables, charts=charts, parts=tuple(_with_own_ids(part, taken) for part in own.parts))


def _own(name: str, taken: set[str]) -> str:
    """Give a name, with a number behind it where it is taken; no id of a file has a hyphen."""
    found, again = name, 2
    while found in taken:
        found, again = f"{name}-{again}", again + 1
    taken.add(found)
    return found


def _numbered(section: Section, number: str, first: int) -> tuple[Section, int]:
    """Number one section and its parts from a sentence on, and say where the next goes on."""
    after, parts = first + len(section.paragraphs), []
    for part in section.parts:
        told, after = _numbered(part, number, after)
        parts.append(told)
    return replace(section, number=number, first=first, parts=tuple(parts)), after


def everything(sections: Iterable[Section]) -> Iterator[Section]:
    """Give sections with all their parts, in the order in which they are read."""
    for section in sections:
        yield section
        yield from everything(section.parts)


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
        In the order in which a committee reads; parts hold more of them.
    summary : Summary
        The run that it tells of.
    """

    title: str
    banner: str
    facts: tuple[tuple[str, str], ...]
    brief: tuple[str, ...]
    sections: tuple[Section, ...]
    summary: "Summary" = field(repr=False)

    def section(self, name: str) -> Section:
        """Give a section, or a part of one, by its id.

        Raises
        ------
        KeyError
            When there is none; the message has all ids.
        """
        known = {section.id: section for section in everything(self.sections)}
        if name not in known:
            raise KeyError(f"there is no section {name!r}; known are {', '.join(known)}")
        return known[name]

    def _repr_html_(self) -> str:
        """Show in a notebook what sections there are; each can be shown by itself."""
        rows = [(f"{section.number} {section.heading}", section.id) for section in self.sections]
        return table_html(self.title, ("Section", "Id"), rows, note=self.banner, most=None, words=True)
