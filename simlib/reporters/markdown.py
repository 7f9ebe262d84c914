"""``report.md``: the report as CommonMark with tables as GitHub has them; its pictures are those of ``figures/``.

Every letter that could mean something is escaped, so that no name from a file makes a heading, a link, HTML, or
another column.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from simlib.layout import Chart, Report, Section, Table
from simlib.reporters.papers import (
    FIGURES,
    charts,
    figure_columns,
    figures_words,
    heading_words,
    picture_numbers,
    table_numbers,
)
from simlib.reporters.pictures import write_figures

__all__ = ["escaped", "markdown", "write_markdown"]

# What begins something anywhere in a line; a dollar is mathematics to some readers, www. and :// a link.
_MEANT = re.compile(r"[\\`*_{}\[\]<>#|~!&$^]|(?<=www)\.|:(?=//)", re.IGNORECASE)
_MAIL = re.compile(r"(?<=[\w.+-])@")


def write_markdown(report: Report, folder: Path) -> Path:
    """Write ``report.md`` into an existing folder, and the pictures that it shows where they are not there yet."""
    if not (folder / "figures").is_dir():
        write_figures(report, folder)
    path = folder / "report.md"
    path.write_text(markdown(report), encoding="utf-8", newline="\n")
    return path


def markdown(report: Report) -> str:
    """Give the report as text.

    Parameters
    ----------
    report : Report
        All of it is escaped: it may hold anything that a file's author wrote.
    """
    return "\n\n".join((*_opening(report), *_sections(report), *_figures(report))) + "\n"


def escaped(text: str) -> str:
    r"""Give a text that means nothing but itself, within a line.

    Examples
    --------
    >>> escaped("[a](b) | <c> *d*")
    '\\[a\\](b) \\| \\<c\\> \\*d\\*'

    Notes
    -----
    An address of mail is made a link where it is found after escapes are gone: a word joiner before its @, which is not
    seen, ends what could be the name before it.
    """
    return _MAIL.sub("\u2060@", _MEANT.sub(r"\\\g<0>", text))


def _opening(report: Report) -> Iterator[str]:
    """Give what stands above the first section."""
    yield f"# {escaped(report.title)}"
    if report.banner:
        yield f"**{escaped(report.banner)}**"
    yield "\n".join(f"- {name}: {escaped(text)}" for name, text in report.facts)


def _sections(report: Report) -> Iterator[str]:
    """Give the sections and their parts."""
    tables, pictures = table_numbers(report), picture_numbers(report)
    for section in report.sections:
        yield f"## {escaped(heading_words(section))}"
        yield from _content(section, tables, pictures, level=3)


def _content(section: Section, tables: dict[str, int], pictures: dict[str, int], *, level: int) -> Iterator[str]:
    """Give what stands below a heading."""
    for number, text in section.numbered_paragraphs:
        yield f"**{number}** {escaped(text)}"
    for table in section.tables:
        yield from _table(table, tables[table.id])
    for chart in section.charts:
        yield from _picture(chart, pictures[chart.id], tables)
    for part in section.parts:
        yield f"{'#' * level} {escaped(part.heading)}"
        yield from _content(part, tables, pictures, level=level + 1)


def _table(table: Table, number: int) -> Iterator[str]:
    """Give a table below its caption and above its note."""
    yield f"**Table {number}: {escaped(table.caption)}**"
    ruler = ("---:" if right else "---" for right in figure_columns(table))
    rows = (table.headings, *([cell.text for cell in row] for row in table.rows))
    first, *others = (_row([escaped(text) for text in row]) for row in rows)
    yield "\n".join((first, _row([*ruler]), *others))
    if table.note:
        yield escaped(table.note)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _picture(chart: Chart, number: int, tables: dict[str, int]) -> Iterator[str]:
    """Give a picture with its words for those who do not see it, above its caption."""
    yield f"![{escaped(chart.alt)}](figures/{chart.id}.png)"
    yield f"**Figure {number}: {escaped(chart.title)}**"
    yield f"{figures_words(chart, tables)}."


def _figures(report: Report) -> Iterator[str]:
    """Give the figures of every picture, at the end."""
    tables, shown = table_numbers(report), list(charts(report))
    if shown:
        yield f"## {FIGURES}"
    for chart in shown:
        yield from _table(chart.table, tables[chart.table.id])
