"""``report.html``: one page that needs neither network nor scripts; the words and figures are the report's own."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib.layout import Cell, Chart, Report, Table, everything
from simlib.reporters.columns import column_widths
from simlib.reporters.papers import picture_numbers, table_numbers
from simlib.wording import clean

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["page", "write_html"]

_LEADS = ("Warning:", "Note:", "DRAFT –")  # what a sentence may begin with, and is to be seen by
_LONG_WORD = re.compile(r"\S{25,}")
_ON_PAPER, _FOR_THE_RECORD = (8.5, 7.5, 7.0), (7.25, 7.0)  # sizes of type in the tables of the paper, and after it [pt]
_SHORT = 20  # letters that stand in one line of a column


def write_html(report: Report, folder: Path) -> Path:
    """Write ``report.html`` into an existing folder."""
    path = folder / "report.html"
    path.write_text(page(report), encoding="utf-8", newline="\n")
    return path


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart's picture in the page, and the options that a reader may leave out of it.

    Parameters
    ----------
    switches : tuple of (key, label)
        Empty where there are fewer than two.
    """

    svg: "Markup"
    switches: tuple[tuple[str, str], ...]


def page(report: Report) -> str:
    """Give the page as text.

    Parameters
    ----------
    report : Report
        All of it is escaped: it may hold anything that a file's author wrote.
    """
    environment = _environment()
    names = {key: clean(option["label"]) for key, option in report.summary.document["options"].items()}
    pictures = {chart.id: _picture(chart, names) for section in everything(report.sections) for chart in section.charts}
    return environment.get_template("report.html.jinja").render(
        report=report, pictures=pictures, cells=_cells, numeric=_numeric, lead=_lead(names), printed=_printed,
        tables=table_numbers(report), figures=picture_numbers(report), **_inline(environment),
    )  # fmt: skip


def _environment() -> "Environment":
    """Give the templates; every word that is put into one is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("simlib.reporters"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _inline(environment: "Environment") -> dict[str, Any]:
    """Give the page's style sheet and its one script, which is let run by its digest and by nothing else."""
    from markupsafe import Markup

    from simlib.figures import DARK, PALETTE
    from simlib.reporters.inlining import declared

    script = environment.get_template("report.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    style = environment.get_template("report.css").render(
        light=declared(PALETTE), dark=declared(DARK), light_paper=PALETTE["paper"], dark_paper=DARK["paper"]
    )
    return {"style": Markup(style), "script": Markup(script), "digest": digest}


def _picture(chart: Chart, names: Mapping[str, str]) -> Picture:
    """Give a chart as inline SVG with its alternative text; its ids are its own on the page."""
    from markupsafe import Markup, escape

    from simlib.figures import chart_svg
    from simlib.reporters.inlining import inlined, options_of

    body = inlined(chart_svg(chart), chart.id)
    opening = Markup('<svg role="img" aria-labelledby="{0}-alt" class="chart" ').format(chart.id)
    named = Markup('<title id="{0}-alt">{1}</title>').format(chart.id, escape(chart.alt))
    inside = body.index(">") + 1
    # The text of an SVG made by matplotlib is escaped by its own writer.
    svg = opening + Markup(body[len("<svg ") : inside]) + named + Markup(body[inside:])
    found = options_of(body)
    switches = tuple((key, label) for key, label in names.items() if key in found)
    return Picture(svg, switches if len(switches) > 1 else ())


def _lead(names: Mapping[str, str]) -> Any:
    """Give what splits a sentence after the option, or the word of warning, that it begins with."""
    known = sorted({*names.values(), *_LEADS} - {""}, key=len, reverse=True)
    begins = re.compile(rf"(?:{'|'.join(map(re.escape, known))})(?!\w)")

    def split(text: str) -> tuple[str, str]:
        found = begins.match(text)
        at = found.end() if found else 0
        return text[:at], _unbroken(text[at:])

    return split


def _printed(table: Table, small: bool) -> tuple[float, list[float]]:  # noqa: FBT001 - as the template has it
    """Give the size of a table's type on paper [pt], and the width of each of its columns there [per cent]."""
    size, widths = column_widths(table, _FOR_THE_RECORD if small else _ON_PAPER)
    return size, [round(100 * width / sum(widths), 1) for width in widths]


def _numeric(table: Table) -> tuple[bool, ...]:
    """Tell of each column whether it has figures, which stand at the right."""
    columns = range(len(table.headings))
    return tuple(at > 0 and any(row[at].value is not None for row in table.rows) for at in columns)


def _cells(table: Table) -> Iterator[list[tuple["Markup", str]]]:
    """Give the rows of a table as texts with their classes."""
    numeric = _numeric(table)
    for row in table.rows:
        yield [(_broken(cell), _look(cell, is_numeric)) for cell, is_numeric in zip(row, numeric, strict=True)]


def _broken(cell: Cell) -> "Markup":
    """Say where a line may end: between the parts of a long address."""
    from markupsafe import Markup, escape

    text = escape(cell.text if cell.value is not None else _unbroken(cell.text))
    return Markup(_LONG_WORD.sub(lambda word: re.sub(r"(?<=\w[._])(?=\w)", "<wbr>", word[0]), text))


def _unbroken(words: str) -> str:
    """Join each minus to its amount: no line ends between the two."""
    return words.replace("-£", "-\u2060£")


def _look(cell: Cell, is_numeric: bool) -> str:  # noqa: FBT001 - one of its table's own answers
    """Give a cell's classes: figures at the right and in one line, words that may be broken where they are long."""
    figures = "n" if is_numeric and (cell.value is not None or len(cell.text) <= _SHORT) else ""
    return f"{figures} long".strip() if _LONG_WORD.search(cell.text) else figures
