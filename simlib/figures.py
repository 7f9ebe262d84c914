"""Pictures for files: a chart laid out once, then written as SVG, PNG and PDF; nothing is computed here.

No pyplot, no state, no clock: the same data give the same bytes. The functions ``(data, ax) -> ax`` for notebooks are
in ``simlib.linefigures`` and ``simlib.barfigures``, and can be imported from here.
"""

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simlib.barfigures import bar_figure, bars, swings, waterfall
from simlib.inks import DARK, PALETTE, style
from simlib.layout import Chart
from simlib.linefigures import curve, curve_figure, fan, fan_figure
from simlib.pathfigures import paths, paths_figure
from simlib.plots import Curve, Fan, Paths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DARK", "KINDS", "PALETTE", "bars", "chart_pdf", "chart_png", "chart_svg", "curve", "draw", "fan", "keep",
    "kept", "paths", "picture", "swings", "waterfall",
]  # fmt: skip

_DPI = 144  # of a PNG: two dots a point, and across more than half of a slide
_COLOURS = 64  # of a PNG: pictures of few colours and their shades, a quarter of the bytes of all colours
# The letters are as wide in the second as in the first, which few readers have.
_FAMILY, _FAMILIES = b"'DejaVu Sans'", b"'DejaVu Sans', Verdana, sans-serif"


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
        if isinstance(chart.data, Paths):
            return paths_figure(chart.data)
        return curve_figure(chart.data) if isinstance(chart.data, Curve) else bar_figure(chart.data)


def chart_svg(chart: Chart) -> str:
    """Give a chart as SVG, without the date and without the maker."""
    return picture(chart, "svg").decode("utf-8")


def chart_png(chart: Chart) -> bytes:
    """Give a chart as PNG."""
    return picture(chart, "png")


def chart_pdf(chart: Chart) -> bytes:
    """Give a chart as PDF, its letters embedded."""
    return picture(chart, "pdf")


def picture(chart: Chart, kind: str) -> bytes:
    """Give a chart in one of ``KINDS``; two reporters that show it draw it once."""
    found = _kept.get((chart, kind))
    if found is None:
        found = KINDS[kind](chart)
        keep(chart, kind, found)
    return found


def kept(chart: Chart, kind: str) -> bool:
    """Tell whether a chart is drawn already."""
    return (chart, kind) in _kept


def keep(chart: Chart, kind: str, drawn: bytes) -> None:
    """Keep what was drawn, here or by another process, until so many others have been."""
    _kept[chart, kind] = drawn
    if len(_kept) > _MOST:
        _kept.pop(next(iter(_kept)), None)


_kept: dict[tuple[Chart, str], bytes] = {}
_MOST = 1_024  # pictures of 30 kB or so


def _svg(chart: Chart) -> bytes:
    """Draw a chart as SVG."""
    drawn = _saved(chart, "svg", metadata={"Date": None, "Creator": None, "Title": chart.title})
    return drawn.replace(_FAMILY, _FAMILIES)


def _png(chart: Chart) -> bytes:
    """Draw a chart as PNG."""
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


def _pdf(chart: Chart) -> bytes:
    """Draw a chart as PDF."""
    metadata = {"CreationDate": None, "Producer": None, "Creator": None, "Title": chart.title}
    return _saved(chart, "pdf", metadata=metadata)


KINDS: Mapping[str, Callable[[Chart], bytes]] = {"svg": _svg, "png": _png, "pdf": _pdf}


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
