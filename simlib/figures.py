"""Pictures for files: a chart laid out once, then written as SVG, PNG and PDF; nothing is computed here.

No pyplot, no state, no clock: the same data give the same bytes. The functions ``(data, ax) -> ax`` for notebooks are
in ``simlib.linefigures`` and ``simlib.barfigures``, and can be imported from here.
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simlib.barfigures import bar_figure, bars, swings, waterfall
from simlib.inks import DARK, PALETTE, style
from simlib.layout import Chart
from simlib.linefigures import curve, curve_figure, fan, fan_figure
from simlib.plots import Curve, Fan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DARK", "PALETTE", "bars", "chart_pdf", "chart_png", "chart_svg", "curve", "draw", "fan", "swings", "waterfall",
]  # fmt: skip

_DPI = 144  # of a PNG: two dots a point, and across more than half of a slide
_COLOURS = 64  # of a PNG: pictures of few colours and their shades, a quarter of the bytes of all colours
# The letters are as wide in the second as in the first, which few readers have.
_FAMILY, _FAMILIES = "'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif"


def draw(chart: Chart) -> "Figure":
    """Draw a chart as a figure of its own.

    Parameters
    ----------
    chart : Chart
        From a report's section.
    """
    with style():
        if isinstance(chart.data, Fan):
            return fan_figure(chart.data)
        return curve_figure(chart.data) if isinstance(chart.data, Curve) else bar_figure(chart.data)


@lru_cache(maxsize=64)
def chart_svg(chart: Chart) -> str:
    """Give a chart as SVG, without the date and without the maker; two reporters that show it draw it once."""
    metadata = {"Date": None, "Creator": None, "Title": chart.title}
    return _saved(chart, "svg", metadata=metadata).decode("utf-8").replace(_FAMILY, _FAMILIES)


@lru_cache(maxsize=64)
def chart_png(chart: Chart) -> bytes:
    """Give a chart as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    held, figure = io.BytesIO(), _laid_out(chart)
    figure.set_dpi(_DPI)
    canvas = FigureCanvasAgg(figure)
    with style():
        canvas.draw()  # type: ignore[no-untyped-call]
    seen = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    dots = Image.frombytes("RGBA", canvas.get_width_height(), seen).convert("RGB")
    few = dots.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(held, "png", dpi=(_DPI, _DPI), compress_level=3)
    return held.getvalue()


@lru_cache(maxsize=64)
def chart_pdf(chart: Chart) -> bytes:
    """Give a chart as PDF, its letters embedded."""
    metadata = {"CreationDate": None, "Producer": None, "Creator": None, "Title": chart.title}
    return _saved(chart, "pdf", metadata=metadata)


def _saved(chart: Chart, kind: str, **how: Any) -> bytes:
    """Give a chart in a format."""
    held = io.BytesIO()
    with style():
        _laid_out(chart).savefig(held, format=kind, **how)
    return held.getvalue()


@lru_cache(maxsize=64)
def _laid_out(chart: Chart) -> "Figure":
    """Lay a chart out once for all its formats."""
    from simlib.tape import Played

    with style():
        return Played(draw(chart))
