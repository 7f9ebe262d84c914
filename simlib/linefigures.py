"""How fans and curves look: functions ``(data, ax) -> ax`` for notebooks, and their figures for files.

What is charted is decided in ``simlib.charts``. Readable in grey: the middle is solid, the business case dashed, and
every line and band is named in place.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simlib.inks import (
    PALETTE,
    WIDTH,
    apart,
    fitting_places,
    line_styles,
    money_axis,
    points_across,
    points_up,
    short_year,
    width,
    wrapped,
)
from simlib.plots import Band, Curve, CurveLine, Fan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curve", "curve_figure", "fan", "fan_figure"]

_SMALL, _TINY = 7.5, 7.0  # what is beside the point, and years where they are many [point]
_LINE = 10.8  # from one line of a title to the next [point]
_EDGE = 10.0  # from a panel's edge to the names in its margin [point]


def fan(data: Fan, ax: "Axes", *, panel: int = 0, names: bool = True) -> "Axes":
    """Draw one option's fan: 8 of 10 futures, half of them inside, the middle, and the business case.

    Parameters
    ----------
    data : Fan, panels shape (options,), bands shape (years,)
        All panels; they share the rule and the axis [the picture's unit].
    ax : Axes
        Drawn upon, and given back.
    panel : int
        Which option.
    names : bool
        Whether the rule, the lines and the bands are named in the margin; a neighbour may tell already.
    """
    shown = data.panels[panel]
    places, band = _spread(shown.band)
    _bands(ax, places, band)
    ax.axhline(data.rule, color=PALETTE["ink"], linewidth=0.9, zorder=3)
    ax.plot(places, band.p50, color=PALETTE["middle"], linewidth=1.7, zorder=4, solid_capstyle="round")
    ax.plot(places, band.plan, color=PALETTE["plan"], linewidth=1.6, linestyle=(0, (4, 2)), zorder=5)
    if data.target in data.years:
        at = data.years.index(data.target)
        ax.plot(at, shown.band.p50[at], "o", color=PALETTE["middle"], markersize=4, zorder=6, clip_on=False)
    ax.set_gid(f"option-{shown.key}")
    low, high = _reach(data)
    ax.set_ylim(low, high)
    money_axis(ax.yaxis, data.unit, max(abs(low), abs(high)))
    ax.tick_params(length=0, pad=3, labelsize=_SMALL)
    ax.set_ylabel(data.axis)
    _year_axis(ax, data, places)
    ax.grid(axis="y")
    _panel_title(ax, shown.label, shown.message)
    if names:
        _name_at_edge(ax, data, band)
    return ax


def _bands(ax: "Axes", places: Sequence[float], band: Band) -> None:
    """Fill the bands; their edges are seen where their fill is too pale to be."""
    there_and_back = (*places, *reversed(places))
    for low, high, name in ((band.p10, band.p90, "outer"), (band.p25, band.p75, "inner")):
        ax.fill(
            there_and_back, (*low, *reversed(high)), facecolor=PALETTE[name], edgecolor=PALETTE["edge"],
            linewidth=0.5, zorder=2,
        )  # fmt: skip


def _spread(band: Band) -> tuple[list[float], Band]:
    """Give where the years are; a single one is drawn as wide as a bar, for a band must be seen."""
    if len(band.p50) > 1:
        return [float(at) for at in range(len(band.p50))], band
    twice = ((level[0], level[0]) for level in (band.p10, band.p25, band.p50, band.p75, band.p90, band.plan))
    return [-0.25, 0.25], Band(*twice)


def _reach(data: Fan) -> tuple[float, float]:
    """Give the range that holds every panel and the rule [unit]."""
    bands = [panel.band for panel in data.panels]
    values = [v for band in bands for row in (band.p10, band.p90, band.plan, band.p50) for v in row] + [data.rule]
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    return low - 0.05 * spread, high + 0.05 * spread


def _year_axis(ax: "Axes", data: Fan, places: Sequence[float]) -> None:
    """Label the target year, the last, the first, and those between for which there is room."""
    count, years = len(data.years), [short_year(year) for year in data.years]
    target = [data.years.index(data.target)] if data.target in data.years else []
    room = points_across(ax) / max(count - 1, 1)
    least = (max(width(year, _TINY) for year in years) + 6) / room
    shown = fitting_places([*target, count - 1, 0, *range(count)], least)
    ax.set_xticks(shown, [years[at] for at in shown], fontsize=_TINY)
    ax.set_xlim(places[0], places[-1])


def _panel_title(ax: "Axes", label: str, message: str) -> None:
    """Name a panel, and state its message below the name."""
    room, lift = points_across(ax), points_up(ax)
    name, said = _title_lines(label, message, room)
    below = 5 + 10.1 * len(said) + (2 if said else 0)
    ax.text(0, 1 + 5 / lift, "\n".join(said), transform=ax.transAxes, fontsize=_SMALL, color=PALETTE["quiet"],
            va="bottom", linespacing=1.15)  # fmt: skip
    ax.text(0, 1 + below / lift, "\n".join(name), transform=ax.transAxes, fontweight="bold", va="bottom",
            linespacing=1.1)  # fmt: skip


def _title_lines(label: str, message: str, room: float) -> tuple[list[str], list[str]]:
    return wrapped(label, room, 3, bold=True), wrapped(message, room, 2, size=_SMALL)


def _name_at_edge(ax: "Axes", data: Fan, band: Band) -> None:
    """Name the rule, the lines and the bands in the margin right of a panel, apart from each other."""
    names = [
        (data.rule, data.rule_label, "ink"),
        ((band.p90[-1] + band.p75[-1]) / 2, "8 of 10 futures", "quiet"),
        ((band.p75[-1] + band.p50[-1]) / 2, "half of them", "quiet"),
        (band.p50[-1], "middle", "middle"),
        (band.plan[-1], "business case", "plan"),
    ]
    low, high = ax.get_ylim()
    point = (high - low) / points_up(ax)
    heights = _within(apart([value for value, _, _ in names], 9.5 * point), low, high, 9.5 * point)
    start, end = 1 + 1 / points_across(ax), 1 + _EDGE / points_across(ax)
    for (value, name, ink), height in zip(names, heights, strict=True):
        ax.plot([start, end], [value, height], transform=ax.get_yaxis_transform(), color=PALETTE[ink], linewidth=0.6,
                clip_on=False)  # fmt: skip
        ax.text(end + 2 / points_across(ax), height, name, transform=ax.get_yaxis_transform(), fontsize=_SMALL,
                color=PALETTE[ink], va="center")  # fmt: skip


def _within(heights: Sequence[float], low: float, high: float, least: float) -> list[float]:
    """Shift places that stand apart so that none is below or above a panel, as far as they fit one."""
    if not heights:
        return []
    up = max(0.0, low - min(heights))
    down = max(0.0, max(heights) - high)
    moved = [height + up - down for height in heights]
    return moved if max(moved) - min(moved) <= high - low else apart(moved, least)


class _Grid(NamedTuple):
    """How the panels of a fan are set [inch]."""

    across: int
    wide: float
    high: float
    titles: tuple[float, ...]

    @property
    def height(self) -> float:
        return _ABOVE + sum(self.titles) + len(self.titles) * (self.high + _BELOW)


_LEFT, _RIGHT, _BETWEEN, _ABOVE, _BELOW = 0.52, 1.0, 0.38, 0.16, 0.3  # of a fan's panels [inch]


def _grid(data: Fan) -> _Grid:
    """Set panels beside each other, at most three, each row with the room that its longest title needs."""
    count = len(data.panels)
    across = 2 if count == 4 else min(3, count)
    wide = (WIDTH - _LEFT - _RIGHT - (across - 1) * _BETWEEN) / across
    lines = [sum(map(len, _title_lines(panel.label, panel.message, 72 * wide))) for panel in data.panels]
    titles = tuple((max(lines[at : at + across]) * _LINE + 14) / 72 for at in range(0, count, across))
    return _Grid(across, wide, {1: 2.3, 2: 1.75}.get(across, 1.45), titles)


def fan_figure(data: Fan) -> "Figure":
    """Set the fans of all options beside each other, on one scale."""
    from matplotlib.figure import Figure

    grid = _grid(data)
    figure = Figure(figsize=(WIDTH, grid.height))
    top = grid.height - _ABOVE
    for at in range(len(data.panels)):
        row, column = divmod(at, grid.across)
        top -= (grid.titles[row] + grid.high) if column == 0 else 0
        left = _LEFT + column * (grid.wide + _BETWEEN)
        rect = (left / WIDTH, top / grid.height, grid.wide / WIDTH, grid.high / grid.height)
        ax = figure.add_axes(rect)
        at_edge = column == grid.across - 1 or at == len(data.panels) - 1
        _draw_panel(data, ax, at, at_edge=at_edge, first=column == 0)
        top -= _BELOW if column == grid.across - 1 else 0
    figure.text(0.06 / WIDTH, 1 - 0.05 / grid.height, data.axis, va="top", color=PALETTE["quiet"])
    return figure


def _draw_panel(data: Fan, ax: "Axes", panel: int, *, at_edge: bool, first: bool) -> None:
    """Draw one of several panels: what its neighbour tells already is left out."""
    fan(data, ax, panel=panel, names=at_edge)
    ax.set_ylabel("")  # one for all of them is above them
    if not first:
        heights = ax.yaxis.get_major_locator().tick_values(*ax.get_ylim())
        ax.hlines(heights, *ax.get_xlim(), color=PALETTE["grid"], linewidth=0.5, zorder=0.5)
        ax.yaxis.set_visible(False)


# Curves


def curve(data: Curve, ax: "Axes") -> "Axes":
    """Draw, for each option, in how many of 100 futures a figure is no larger than so much.

    Parameters
    ----------
    data : Curve, lines shape (options,), each of shape (points,)
        One line for each option, its places in the picture's unit.
    ax : Axes
        Drawn upon, and given back; the options' names stand to its right.
    """
    low, high = _limits(data)
    ax.patch.set_gid("plot-area")  # a page marks a reader's own confidence there
    if data.rule is not None:
        ax.axvline(data.rule, color=PALETTE["ink"], linewidth=0.9, zorder=2)
        aside = (data.rule - low) / (high - low) * points_across(ax) < width(data.rule_label, _SMALL)
        ax.text(data.rule, 101, data.rule_label, fontsize=_SMALL, ha="left" if aside else "center", va="bottom")
    ax.set_ylim(0, 100)
    ax.set_xlim(low, high)
    ax.set_yticks(range(0, 101, 25))
    ax.set_ylabel(data.up)
    ax.set_xlabel(data.across)
    money_axis(ax.xaxis, data.unit, max(abs(low), abs(high)))
    ax.grid()
    ax.tick_params(length=0, pad=4, labelsize=_SMALL)
    _lines(data, ax, _rows_of_names(data))
    return ax


def _lines(data: Curve, ax: "Axes", heights: Sequence[float]) -> None:
    """Draw the lines, each with its name in the margin, and the business case upon it."""
    left, right = ax.get_xlim()
    at_edge = [1 + inset / points_across(ax) for inset in (10, 36, 41)]
    room = _NAMES - 45
    for line, (ink, dashes), height in zip(data.lines, line_styles(len(data.lines)), heights, strict=True):
        gid, kind = f"option-{line.key}", {"color": ink, "linestyle": dashes, "linewidth": 1.6}
        points = [(v, 100 * p) for v, p in zip(line.values, line.probabilities, strict=True) if _told(p)]
        ax.plot(*zip(*points, strict=True), zorder=4, gid=gid, **kind)
        if left <= line.plan <= right:
            ax.plot(line.plan, 100 * _share(line), "D", markersize=4.2, markeredgecolor=ink, gid=gid, zorder=4,
                    markerfacecolor=PALETTE["paper"], clip_on=False)  # fmt: skip
        ax.plot(at_edge[:2], [height] * 2, transform=ax.transAxes, clip_on=False, zorder=4, gid=gid, **kind)
        name = "\n".join(wrapped(line.label, room, _lines_a_name(len(heights)), size=_SMALL))
        ax.text(at_edge[2], height, name, transform=ax.transAxes, fontsize=_SMALL, color=ink, va="center",
                linespacing=1.1, zorder=4, gid=gid)  # fmt: skip
    if any(left <= line.plan <= right for line in data.lines):
        ax.text(at_edge[0], _LAST, "◇", transform=ax.transAxes, va="center", color=PALETTE["ink"])
        ax.text(at_edge[2], _LAST, "business case, on its own curve", transform=ax.transAxes, fontsize=_SMALL,
                va="center", color=PALETTE["quiet"])  # fmt: skip


def _told(share: float) -> bool:
    """Tell whether a point is a curve's to show: its ends are the extremes of however many futures were drawn."""
    return 0.0 < share < 1.0


_NAMES = 182.0  # margin of a curve's names [point]
_LAST = 0.03  # height of what all curves share [of the axes]


def _lines_a_name(count: int) -> int:
    """Give how many lines a name may take beside so many others."""
    return 2 if count <= 10 else 1


def _rows_of_names(data: Curve) -> list[float]:
    """Give the height of each line's name, in the order of the lines' middles from the left [of the axes]."""
    count = len(data.lines)
    order = sorted(range(count), key=lambda at: (_at(data.lines[at], 0.5), at))
    step = min(0.12, 0.88 / max(count, 1))
    top = min(0.97, 0.55 + step * count / 2)
    return [top - step * (order.index(at) + 0.5) for at in range(count)]


def _share(line: CurveLine) -> float:
    """Give where the business case stands on its own curve [0 to 1]."""
    from numpy import interp

    return float(interp(line.plan, line.values, line.probabilities))


def _limits(data: Curve) -> tuple[float, float]:
    """Give the range that holds 98 of 100 futures of every option, and the rule."""
    rule = () if data.rule is None else (data.rule,)
    low = min([*rule, *(_at(line, 0.01) for line in data.lines)])
    high = max([*rule, *(_at(line, 0.99) for line in data.lines)])
    spread = (high - low) or abs(high) or 1.0
    return low - 0.04 * spread, high + 0.04 * spread


def _at(line: CurveLine, share: float) -> float:
    """Give a line's value at a share of the futures."""
    return next((v for p, v in zip(line.probabilities, line.values, strict=True) if p >= share), line.values[-1])


def curve_figure(data: Curve) -> "Figure":
    """Draw the curves of all options in one picture, each named in the margin beside it."""
    from matplotlib.figure import Figure

    height = 3.3
    figure = Figure(figsize=(WIDTH, height))
    wide = WIDTH - 0.6 - _NAMES / 72
    curve(data, figure.add_axes((0.6 / WIDTH, 0.5 / height, wide / WIDTH, (height - 0.75) / height)))
    return figure
