"""How charts look: functions ``(data, ax) -> ax`` for notebooks, and whole figures for files.

No pyplot, no state, no clock: the same data give the same bytes. What is charted is decided in
``simlib.charts``. Readable in grey: the middle is solid, the business case dashed, and every line and band
is named in place.
"""

import io
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simlib.charts import Chart, Curve, CurveLine, Fan
from simlib.units import SCALES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["chart_png", "chart_svg", "curve", "draw", "fan", "png_bytes", "svg_text"]

_INK, _QUIET, _GRID = "#1a1a1a", "#555555", "#d9d9d9"
_OUTER, _INNER, _MIDDLE, _PLAN = "#c9dcee", "#7fb0d8", "#08306b", "#a63603"
# Okabe and Ito's palette, darkened to 3:1 on white, each with a line style of its own.
_LINES: tuple[tuple[str, Any], ...] = (
    ("#0072b2", "-"),
    ("#a63603", (0, (6, 2))),
    ("#00735c", (0, (1, 1.2))),
    ("#7a3b8f", (0, (6, 2, 1.5, 2))),
    ("#555555", (0, (3, 1.5))),
    ("#8c6d00", (0, (8, 2, 1.5, 2, 1.5, 2))),
)
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.parse_math": False,  # a £ or $ in a label is money, not mathematics
    "text.color": _INK,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "svg.hashsalt": "simlib",
    "path.simplify": True,
}
_DPI = 120
_PNG = {"compress_level": 3}  # a third of the time of the usual 6, for a tenth more bytes
_PANEL_WIDTH, _PANEL_HEIGHT = 2.75, 2.35  # [inch]
_MOST_ACROSS = 3
_LETTERS = 34  # of a panel's title in one line


def draw(chart: Chart) -> "Figure":
    """Draw a chart as a figure of its own.

    Parameters
    ----------
    chart : Chart
        From a report's section.
    """
    with _style():
        return _fan_figure(chart.data) if isinstance(chart.data, Fan) else _curve_figure(chart.data)


@lru_cache(maxsize=64)
def chart_svg(chart: Chart) -> str:
    """Give a chart as SVG text; two reporters that show it draw it once."""
    return svg_text(_drawn(chart), title=chart.title)


def chart_png(chart: Chart) -> bytes:
    """Give a chart as PNG."""
    return png_bytes(_drawn(chart))


@lru_cache(maxsize=8)
def _drawn(chart: Chart) -> "Figure":
    """Keep a figure for its second format."""
    return draw(chart)


def _style() -> AbstractContextManager[None]:
    """Give our style for as long as something is drawn: nobody's settings are changed."""
    from matplotlib import rc_context

    return rc_context(_STYLE)


def svg_text(figure: "Figure", *, title: str = "") -> str:
    """Give a figure as SVG, without the date and without the maker."""
    held = io.BytesIO()
    with _style():
        figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None, "Title": title or None})
    return held.getvalue().decode("utf-8")


def png_bytes(figure: "Figure") -> bytes:
    """Give a figure as PNG."""
    held = io.BytesIO()
    with _style():
        figure.savefig(held, format="png", dpi=_DPI, metadata={"Software": None}, pil_kwargs=_PNG)
    return held.getvalue()


# Fans


def fan(data: Fan, ax: "Axes", *, panel: int = 0) -> "Axes":
    """Draw one option's fan: 8 of 10 futures, half of them inside, the middle, and the business case.

    Parameters
    ----------
    data : Fan
        All panels; they share the rule and the axis.
    ax : Axes
        Drawn upon, and given back.
    panel : int
        Which option.
    """
    band, places = data.panels[panel].band, range(len(data.years))
    ax.fill_between(places, band.p10, band.p90, color=_OUTER, linewidth=0, zorder=1)
    ax.fill_between(places, band.p25, band.p75, color=_INNER, linewidth=0, zorder=2)
    ax.axhline(data.rule, color=_INK, linewidth=1.0, zorder=3)
    ax.plot(places, band.p50, color=_MIDDLE, linewidth=1.8, zorder=4, solid_capstyle="round")
    ax.plot(places, band.plan, color=_PLAN, linewidth=1.6, linestyle=(0, (4, 2)), zorder=5)
    if data.target in data.years:
        at = data.years.index(data.target)
        ax.plot(at, band.p50[at], "o", color=_MIDDLE, markersize=4, zorder=6, clip_on=False)
    _year_axis(ax, data.years)
    _money_axis(ax.yaxis, data.unit, _extreme(data))
    ax.grid(axis="y", color=_GRID, linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    return ax


def _extreme(data: Fan) -> float:
    """Give the largest figure that a fan shows [unit]."""
    values = (abs(v) for panel in data.panels for row in (panel.band.p10, panel.band.p90, panel.band.plan) for v in row)
    return max(abs(data.rule), *values)


def _year_axis(ax: "Axes", years: Sequence[str]) -> None:
    """Label the years, every second or third where there are many, and always the last."""
    step = -(-len(years) // 6)
    shown = sorted(range(len(years) - 1, -1, -step))
    ax.set_xticks(shown, [_short_year(years[at]) for at in shown])
    ax.set_xlim(0, max(len(years) - 1, 0.5))
    ax.tick_params(length=2, pad=2, labelsize=7.5)
    # The outermost labels stay inside the panel, clear of its neighbours'.
    for at, label in zip(shown, ax.get_xticklabels(), strict=True):
        label.set_horizontalalignment("left" if at == 0 else "right" if at == len(years) - 1 else "center")


def _short_year(year: str) -> str:
    """Give ``16/17`` for ``2016/17``."""
    return year[2:] if re.fullmatch(r"\d{4}/\d{2}", year) else year


def _money_axis(axis: Any, unit: str, extreme: float) -> None:
    """Write an axis in £, £k, £m or £bn, whichever suits the largest figure."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    pounds = extreme * SCALES[unit]
    suffix, scale = next((s, v) for s, v in _AXIS_UNITS if pounds >= v or v == 1.0)

    def written(value: float, _: int | None) -> str:
        amount = value * SCALES[unit] / scale
        return f"{'-' if amount < 0 else ''}£{abs(amount):,.10g}{suffix}" if amount else "£0"

    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(written))
    axis.set_tick_params(labelsize=8)


_AXIS_UNITS = (("bn", 1e9), ("m", 1e6), ("k", 1e3), ("", 1.0))


def _fan_figure(data: Fan) -> "Figure":
    """Set the fans of all options beside each other, on one scale."""
    from matplotlib.figure import Figure

    across = 2 if len(data.panels) == 4 else min(_MOST_ACROSS, len(data.panels))
    down = -(-len(data.panels) // across)
    left, right, top, bottom = 0.75, 1.15, 0.62, 0.35
    width = left + across * _PANEL_WIDTH + right
    height = top + down * (_PANEL_HEIGHT + 0.62) - 0.62 + bottom
    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.subplots(down, across, sharey=True, squeeze=False).flat
    gap_across, gap_down = 0.16 / _PANEL_WIDTH, 0.78 / (_PANEL_HEIGHT - 0.1)
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height, gap_across, gap_down)
    for at, ax in enumerate(axes):
        if at >= len(data.panels):
            ax.remove()
            continue
        fan(data, ax, panel=at)
        _panel_title(ax, data.panels[at].label, data.panels[at].message)
        if at % across == across - 1 or at == len(data.panels) - 1:
            _name_at_edge(ax, data, at, bands=at == across - 1)
    figure.axes[0].set_ylabel(data.axis, fontsize=8.5)
    return figure


def _panel_title(ax: "Axes", label: str, message: str) -> None:
    """Name a panel, and state its message below the name."""
    name = _two_lines(_fitted(_shown(label), 2 * _LETTERS))
    ax.annotate(
        name, (0, 1), xytext=(0, 19), textcoords="offset points", xycoords="axes fraction", fontsize=8.5,
        fontweight="bold", va="bottom", linespacing=1.1,
    )  # fmt: skip
    ax.annotate(
        _fitted(_shown(message), 44), (0, 1), xytext=(0, 6), textcoords="offset points",
        xycoords="axes fraction", fontsize=8, color=_QUIET, va="bottom",
    )  # fmt: skip


def _two_lines(text: str) -> str:
    """Break a name once, near the middle, where it is too long for one line."""
    if len(text) <= _LETTERS:
        return text
    spaces = [at for at, letter in enumerate(text[: _LETTERS + 1]) if letter == " "]
    cut = spaces[-1] if spaces else _LETTERS
    return f"{text[:cut]}\n{_fitted(text[cut:].strip(), _LETTERS)}"


def _fitted(text: str, letters: int) -> str:
    """Cut a text that is too long, and show that it was cut."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _name_at_edge(ax: "Axes", data: Fan, panel: int, *, bands: bool) -> None:
    """Name the rule, and the bands where asked, in the margin right of a panel, apart from each other."""
    band, last = data.panels[panel].band, max(len(data.years) - 1, 0.5)
    names = [(data.rule, data.rule_label, _INK)]
    if bands:
        names += [
            ((band.p90[-1] + band.p75[-1]) / 2, "8 of 10 futures", "#3d6a94"),
            ((band.p75[-1] + band.p50[-1]) / 2, "half of them", "#2b5f91"),
            (band.p50[-1], "middle", _MIDDLE),
            (band.plan[-1], "business case", _PLAN),
        ]
    low, high = ax.get_ylim()
    places = _apart([value for value, _, _ in names], (high - low) * 0.075)
    for (value, name, colour), height in zip(names, places, strict=True):
        ax.annotate(
            name, (last, value), xytext=(last * 1.05, height), textcoords="data", fontsize=7.5, color=colour,
            va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 0},
        )  # fmt: skip


def _apart(values: Sequence[float], least: float) -> list[float]:
    """Move values apart to at least so much between any two, keeping their order and their centre."""
    order = sorted(range(len(values)), key=values.__getitem__)
    placed = [values[at] for at in order]
    for _ in range(50):
        for at in range(len(placed) - 1):
            lack = least - (placed[at + 1] - placed[at])
            if lack > 1e-12:
                placed[at] -= lack / 2
                placed[at + 1] += lack / 2
    return [placed[order.index(at)] for at in range(len(values))]


# Curves


def curve(data: Curve, ax: "Axes") -> "Axes":
    """Draw, for each option, in how many of 100 futures the gap is no larger than so much.

    Parameters
    ----------
    data : Curve
        One line for each option.
    ax : Axes
        Drawn upon, and given back.
    """
    ax.axvline(0, color=_INK, linewidth=1.0, zorder=2)
    for line, (colour, dashes) in zip(data.lines, _cycled(len(data.lines)), strict=True):
        shares = [100 * p for p in line.probabilities]
        ax.plot(line.values, shares, color=colour, linestyle=dashes, linewidth=1.7, zorder=3)
    ax.set_ylim(0, 100)
    ax.set_xlim(*_limits(data))
    ax.set_ylabel("Futures of 100 in which the gap is no larger", fontsize=8.5)
    ax.set_xlabel(f"Recurring gap in {data.year} (left of the rule: closed)", fontsize=8.5)
    _money_axis(ax.xaxis, data.unit, max(map(abs, _limits(data))))
    ax.grid(color=_GRID, linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)
    ax.tick_params(length=2, pad=2, labelsize=8)
    return ax


def _cycled(count: int) -> list[tuple[str, Any]]:
    """Give so many line styles; beyond the palette they come again."""
    return [_LINES[at % len(_LINES)] for at in range(count)]


def _limits(data: Curve) -> tuple[float, float]:
    """Give the range that holds 98 of 100 futures of every option, and the rule."""
    low = min(0.0, *(_at(line, 0.01) for line in data.lines))
    high = max(0.0, *(_at(line, 0.99) for line in data.lines))
    spread = max(high - low, 1e-9)
    return low - 0.04 * spread, high + 0.04 * spread


def _at(line: CurveLine, share: float) -> float:
    """Give a line's value at a share of the futures."""
    return next((v for p, v in zip(line.probabilities, line.values, strict=True) if p >= share), line.values[-1])


def _curve_figure(data: Curve) -> "Figure":
    """Draw the curves of all options in one picture, each named in the margin beside it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.3), dpi=_DPI)
    ax = figure.add_axes((0.085, 0.125, 0.6, 0.80))
    curve(data, ax)
    ax.annotate("gap closed", (0, 100), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8)
    _name_lines(ax, data)
    return figure


def _name_lines(ax: "Axes", data: Curve) -> None:
    """Name the lines to the right, in the order of their middles, each tied to its line."""
    styles = _cycled(len(data.lines))
    order = sorted(range(len(data.lines)), key=lambda at: _at(data.lines[at], 0.5))
    step = min(14.0, 96 / max(len(order), 1))
    for rank, at in enumerate(order):
        line, (colour, dashes) = data.lines[at], styles[at]
        height = 97 - step * (rank + 0.5) - (96 - step * len(order)) / 2
        ax.plot([1.015, 1.075], [height / 100] * 2, transform=ax.transAxes, color=colour, linestyle=dashes,
                linewidth=1.7, clip_on=False)  # fmt: skip
        ax.text(1.09, height / 100, _two_lines(_fitted(_shown(line.label), 2 * _LETTERS)),
                transform=ax.transAxes, fontsize=7.8, color=colour, va="center", linespacing=1.1)  # fmt: skip


@lru_cache(maxsize=1)
def _known_letters() -> frozenset[int]:
    """Give the letters that the font can draw."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def _shown(text: str) -> str:
    """Put a box in place of a letter that the font cannot draw: a name from a file may hold any."""
    known = _known_letters()
    return "".join(letter if ord(letter) in known else "□" for letter in text)
