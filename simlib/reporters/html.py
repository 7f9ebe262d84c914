"""``report.html``: one page without network or scripts; the words and figures are the report's own."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from simlib.layout import Chart, Report

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["page", "write_html"]


def write_html(report: Report, folder: Path) -> Path:
    """Write ``report.html`` into an existing folder."""
    path = folder / "report.html"
    path.write_text(page(report), encoding="utf-8", newline="\n")
    return path


def page(report: Report) -> str:
    """Give the page as text.

    Parameters
    ----------
    report : Report
        All of it is escaped: it may hold anything that a file's author wrote.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("simlib.reporters"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("report.html.jinja")
    return template.render(report=report, picture=_picture)


def _picture(chart: Chart) -> "Markup":
    """Give a chart as inline SVG with its alternative text; its ids are its own on the page."""
    from markupsafe import Markup, escape

    from simlib.figures import chart_svg

    body = _own_ids(chart_svg(chart), chart.id)
    opening = Markup('<svg role="img" aria-labelledby="{0}-alt" class="chart" ').format(chart.id)
    named = Markup('<title id="{0}-alt">{1}</title>').format(chart.id, escape(chart.alt))
    start = body.index("<svg ")
    inside = body.index(">", start) + 1
    # The text of an SVG made by matplotlib is escaped by its own writer.
    return opening + Markup(body[start + len("<svg ") : inside]) + named + Markup(body[inside:])


def _own_ids(svg: str, prefix: str) -> str:
    """Drop the ids that nothing refers to, and make the others unlike any other picture's on the page."""
    wanted = set(re.findall(r'(?:url\(#|href="#)([\w.-]+)', svg))
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r' id="([\w.-]+)"', lambda found: _own_id(found[1], prefix, wanted), svg)
    svg = re.sub(r"(url\(#|href=\"#)([\w.-]+)", rf"\g<1>{prefix}-\g<2>", svg)
    # The SVG's style sheet would speak to the whole page.
    return re.sub(r'<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)


def _own_id(name: str, prefix: str, wanted: set[str]) -> str:
    """Give an id its prefix the first time it is defined: matplotlib defines a marker anew in each panel."""
    if name not in wanted:
        return ""
    wanted.discard(name)
    return f' id="{prefix}-{name}"'
