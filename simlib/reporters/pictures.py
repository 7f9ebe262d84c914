"""``figures/``: every chart of a report as SVG, PNG and PDF; how a chart looks is in ``simlib.figures``."""

from pathlib import Path

from simlib.figures import chart_pdf, chart_png, chart_svg
from simlib.layout import Report, everything

__all__ = ["write_figures"]


def write_figures(report: Report, folder: Path) -> Path:
    """Write each chart in every format; the folder stays empty where there is nothing to draw.

    Parameters
    ----------
    report : Report
        Its charts' ids name the files.
    folder : Path
        An existing folder; ``figures`` is made in it.
    """
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    for section in everything(report.sections):
        for chart in section.charts:
            (target / f"{chart.id}.svg").write_text(chart_svg(chart), encoding="utf-8", newline="\n")
            (target / f"{chart.id}.png").write_bytes(chart_png(chart))
            (target / f"{chart.id}.pdf").write_bytes(chart_pdf(chart))
    return target
