"""A report in a terminal, wide or at 80 columns, or piped as plain text; no figure is computed here."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from simlib.grid import lay_out, wrap
from simlib.layout import Report, Section, Table

__all__ = ["Console", "open_console", "print_brief", "print_lines", "print_report"]

_WIDEST = 132  # longer lines than this are hard to read, however wide the screen
_USUAL = 80
# How a terminal is told; styles are all that we ask of one, and loading a library for it takes as long as drawing.
_STYLES = {"bold": "1", "dim": "2", "italic": "3", "bold underline": "1;4", "bold reverse": "1;7"}
_STEERING = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])  # no letters: what moves a terminal about

Line = tuple[str, str]  # its text, and its style or nothing


@dataclass(frozen=True, slots=True, eq=False)
class Console:
    """Where lines are printed.

    Attributes
    ----------
    stream
        A terminal, a pipe or a file.
    width
        No line should be longer [characters].
    styled
        Whether it shows styles.
    """

    stream: IO[str]
    width: int
    styled: bool

    @property
    def encoding(self) -> str:
        """The letters that it can print."""
        return (getattr(self.stream, "encoding", None) or "utf-8").lower()

    def write(self, lines: Iterable[Line]) -> None:
        """Print lines as they are; the text is the user's own, and means nothing to a terminal."""
        self.stream.write("".join(f"{self._styled(text.translate(_STEERING), style)}\n" for text, style in lines))
        self.stream.flush()

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text and style and self.styled else text


def open_console(file: IO[str] | None = None, *, width: int | None = None) -> Console:
    """Give a console.

    Parameters
    ----------
    file : text stream, optional
        Standard output where left out.
    width : int, optional
        The terminal's own, at most 132, or 80 where there is none [characters].
    """
    stream = sys.stdout if file is None else file
    return Console(stream, width or min(_terminal_width(os.environ), _WIDEST), _shows_styles(stream, os.environ))


def _terminal_width(environment: Mapping[str, str]) -> int:
    """Give the width of the terminal that somebody reads at, also where what is printed goes through a pipe."""
    said = environment.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    for stream in (0, 1, 2):
        try:
            return os.get_terminal_size(stream).columns or _USUAL
        except OSError:
            continue
    return _USUAL


def _shows_styles(stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a stream is a terminal that knows styles; consoles of old Windows print them as letters."""
    if not (stream.isatty() or environment.get("FORCE_COLOR")):
        return False
    known = environment.get("TERM", "").lower() not in ("dumb", "unknown")
    return known and (os.name != "nt" or "WT_SESSION" in environment)


def print_report(report: Report, console: Console) -> None:
    """Print the whole report, without what is for the record only."""
    console.write(_report_lines(report, console.width))


def print_brief(report: Report, console: Console) -> None:
    """Print one line for each option, never wrapped: another program may read it."""
    console.write(_styled(report.brief))


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
    console.write(part for line in lines for part in _wrapped(line, console.width))


def _wrapped(line: str, width: int) -> Iterator[Line]:
    if line.startswith("    ") and not line.lstrip().startswith("- "):
        yield line, ""
        return
    style = "bold" if line.startswith("# ") else ""
    body = line.removeprefix("# ").lstrip()
    start = " " * (len(line) - len(line.lstrip())) + "- " * body.startswith("- ")
    for at, part in enumerate(wrap(body.removeprefix("- "), width - len(start)) or [""]):
        yield (" " * len(start) if at else start) + part, style


def _report_lines(report: Report, width: int) -> Iterator[Line]:
    """Give the lines of a report, wrapped already."""
    yield from _styled(wrap(report.title, width), "bold")
    if report.banner:
        yield report.banner, "bold reverse"
    yield from _styled(_facts(report.facts, width))
    for section in report.sections:
        if not section.detail:
            yield from _section_lines(section, width)


def _styled(lines: Iterable[str], style: str = "") -> Iterator[Line]:
    """Give lines in one style."""
    return ((line, style) for line in lines)


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


def _section_lines(section: Section, width: int) -> Iterator[Line]:
    """Set one section: its heading, its sentences as a list, its tables."""
    yield "", ""
    yield from _styled(wrap(section.heading, width), "bold underline")
    for paragraph in section.paragraphs:
        lines = wrap(paragraph, width - 2)
        yield from ((("  " if at else "- ") + line, "") for at, line in enumerate(lines))
    for table in section.tables:
        yield from _table_lines(table, width)
    for part in section.parts:
        if not part.detail:
            yield from _section_lines(part, width)


def _table_lines(table: Table, width: int) -> Iterator[Line]:
    """Set a table with its caption above and its note below."""
    yield "", ""
    yield from _styled(wrap(table.caption, width), "italic")
    numeric = [at > 0 and any(row[at].value is not None for row in table.rows) for at in range(len(table.headings))]
    rows = [[cell.text for cell in row] for row in table.rows]
    yield from _styled(lay_out(table.headings, rows, width, numeric))
    if table.note:
        yield from _styled(wrap(table.note, width), "dim")
