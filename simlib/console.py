"""A report in a terminal, wide or at 80 columns, or piped as plain text; no figure is computed here."""

from collections.abc import Iterable, Iterator
from typing import IO

from rich.console import Console
from rich.text import Text

from simlib.grid import lay_out, wrap
from simlib.layout import Report, Section, Table

__all__ = ["open_console", "print_brief", "print_lines", "print_report"]

_WIDEST = 132  # longer lines than this are hard to read, however wide the screen


class _Plain(Console):
    """A console that leaves it to its caller what to do when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        """Raise the error again: rich's own way is to end the program, before its files are written."""
        raise BrokenPipeError


def open_console(file: IO[str] | None = None, *, width: int | None = None) -> Console:
    """Give a console without markup, emoji codes or highlighting: the text is the user's own.

    Parameters
    ----------
    file : text stream, optional
        Standard output where left out.
    width : int, optional
        The terminal's own, at most 132, or 80 where there is none [characters].
    """
    console = _Plain(file=file, width=width, markup=False, emoji=False, highlight=False)
    if width is None:
        console.width = min(console.width, _WIDEST)
    return console


def print_report(report: Report, console: Console) -> None:
    """Print the whole report, without what is for the record only."""
    for line in _report_lines(report, console.width):
        console.print(line, soft_wrap=True)


def print_brief(report: Report, console: Console) -> None:
    """Print one line for each option, never wrapped: another program may read it."""
    for line in report.brief:
        console.print(Text(line), soft_wrap=True)


def print_lines(lines: Iterable[str], console: Console) -> None:
    """Print lines of plain text, wrapped; what follows the mark of a list hangs below itself.

    Parameters
    ----------
    lines : iterable of str
        A line that starts with ``#`` and a space is a heading, one with ``-`` and a space an entry; four spaces
        before anything but an entry say that it is to be left as it is, as in a picture.
    console : Console
        From :func:`open_console`.
    """
    for line in lines:
        if line.startswith("    ") and not line.lstrip().startswith("- "):
            console.print(Text(line), soft_wrap=True)
            continue
        style = "bold" if line.startswith("# ") else ""
        body = line.removeprefix("# ").lstrip()
        start = " " * (len(line) - len(line.lstrip())) + "- " * body.startswith("- ")
        for at, part in enumerate(wrap(body.removeprefix("- "), console.width - len(start)) or [""]):
            console.print(Text((" " * len(start) if at else start) + part, style=style), soft_wrap=True)


def _report_lines(report: Report, width: int) -> Iterator[Text]:
    """Give the lines of a report, wrapped already."""
    yield from _styled(wrap(report.title, width), "bold")
    if report.banner:
        yield Text(report.banner, style="bold reverse")
    yield from map(Text, _facts(report.facts, width))
    for section in report.sections:
        if not section.detail:
            yield from _section_lines(section, width)


def _styled(lines: Iterable[str], style: str) -> Iterator[Text]:
    """Give lines in one style."""
    return (Text(line, style=style) for line in lines)


def _facts(facts: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Set what identifies the run on as few lines as it takes, and break none of it that fits."""
    line = ""
    for name, text in facts:
        fact = f"{name}: {text}"
        if line and len(line) + len(fact) + 3 > width:
            yield from wrap(line, width)
            line = ""
        line = f"{line} · {fact}" if line else fact
    yield from wrap(line, width)


def _section_lines(section: Section, width: int) -> Iterator[Text]:
    """Set one section: its heading, its sentences as a list, its tables."""
    yield Text("")
    yield from _styled(wrap(section.heading, width), "bold underline")
    for paragraph in section.paragraphs:
        lines = wrap(paragraph, width - 2)
        yield from (Text(("  " if at else "- ") + line) for at, line in enumerate(lines))
    for table in section.tables:
        yield from _table_lines(table, width)


def _table_lines(table: Table, width: int) -> Iterator[Text]:
    """Set a table with its caption above and its note below."""
    yield Text("")
    yield from _styled(wrap(table.caption, width), "italic")
    numeric = [at > 0 and any(row[at].value is not None for row in table.rows) for at in range(len(table.headings))]
    rows = [[cell.text for cell in row] for row in table.rows]
    yield from map(Text, lay_out(table.headings, rows, width, numeric))
    if table.note:
        yield from _styled(wrap(table.note, width), "dim")
