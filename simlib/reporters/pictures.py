"""``figures/``: every chart of a report as SVG and PNG; how a chart looks is in ``simlib.figures``."""

from pathlib import Path

from simlib.figures import draw, save
from simlib.layout import Report

__all__ = ["write_figures"]


def write_figures(report: Report, folder: Path) -> Path:
    """Draw each chart once and write it in both formats; the folder stays empty where there is nothing to draw."""
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    for section in report.sections:
        for chart in section.charts:
            save(draw(chart), target / chart.id, title=chart.title)
    return target
