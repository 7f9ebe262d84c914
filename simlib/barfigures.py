"""How waterfalls, swings and stacked bars look: functions ``(data, ax) -> ax``, and their figures for files.

What is charted is decided in ``simlib.barcharts``. Readable in grey: what differs in colour differs in lightness or
hatching too, and every bar has its figure written beside it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from simlib.inks import PALETTE, WIDTH, money_axis, points_across, points_up, ramp, width, wrapped
from simlib.plots import Bar, Bars, Step, Swings, Waterfall

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bar_figure", "bars", "swings", "waterfall"]

_SMALL = 7.5  # what is beside the point [point]
_LABELS = 160.0  # margin for the names of the bars [point]
_GAP = 4.0  # between a bar and its words [point]
_HALF = 0.34  # of a bar's thickness [row]
_HATCH, _AGAIN = "////", "...."  # what is pale, and a colour that comes again


class _Span(NamedTuple):
    """What bars reach over, and the room that words need beyond it [unit; point]."""

    low: float
    high: float
    left: float
    right: float


def _set_across(ax: "Axes", span: _Span) -> float:
    """Set the axis so that bars and their words fit, and give how much a point is [unit]."""
    spread = (span.high - span.low) or abs(span.high) or 1.0
    across = points_across(ax)
    point = spread / max(across - span.left - span.right, 0.2 * across)
    ax.set_xlim(span.low - span.left * point, span.low + spread + span.right * point)
    return point


def _names(ax: "Axes", labels: Sequence[str], places: Sequence[float], *, bold: Sequence[bool] = ()) -> None:
    """Name the bars to the left of the axes, and set the rows from the top down."""
    inset = -6 / points_across(ax)
    for at, (label, place) in enumerate(zip(labels, places, strict=True)):
        strong = bool(bold) and bold[at]
        ax.text(inset, place, "\n".join(_name_lines(label, bold=strong)), ha="right", va="center",
                transform=ax.get_yaxis_transform(), linespacing=1.05,
                fontweight="bold" if strong else "normal")  # fmt: skip


def _name_lines(label: str, *, bold: bool = False) -> list[str]:
    """Give a bar's name in at most three lines; what stands last tells it from its neighbour, and is kept."""
    room = _LABELS - 12
    lines = wrapped(label, room, 3, bold=bold)
    head, comma, tail = label.rpartition(", ")
    if not comma or len(lines) < 2:
        return lines
    split = [*wrapped(f"{head},", room, 2, bold=bold), *wrapped(tail, room, 1, bold=bold)]
    return split if len(split) <= len(lines) else lines


def _row_height(labels: Sequence[str], least: float) -> float:
    """Give the height of a row that the longest name fits [inch]."""
    return max(least, 0.04 + 0.145 * max(len(_name_lines(label)) for label in labels))


def _rows(ax: "Axes", last: float) -> None:
    """Set rows from the top down, without an axis of their own."""
    ax.set_ylim(last + 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _across_axis(ax: "Axes", unit: str, words: str) -> None:
    """Write the axis below the bars: money, or futures of 100 where there is no unit."""
    low, high = ax.get_xlim()
    if unit:
        money_axis(ax.xaxis, unit, max(abs(low), abs(high)))
    else:
        ax.set_xticks([place for place in range(0, 101, 20 if high > 60 else 10) if place <= high])
    ax.tick_params(length=0, pad=3, labelsize=_SMALL)
    ax.set_xlabel(words)
    ax.grid(axis="x")


def _rules(ax: "Axes", rules: Sequence[tuple[float, str, str]]) -> None:
    """Draw rules with their words above, side by side where they are near each other."""
    low, high = ax.get_xlim()
    point = (high - low) / points_across(ax)
    placed = sorted(rules)
    top = 1 + 3 / points_up(ax)
    needed = sum(width(words, _SMALL) / 2 for _, words, _ in placed) + 8
    near = len(placed) == 2 and (placed[1][0] - placed[0][0]) / point < needed
    for (value, words, dashes), side in zip(placed, ("right", "left") if near else ("center",) * 2, strict=False):
        ax.axvline(value, color=PALETTE["ink"], linewidth=0.9, linestyle=dashes, zorder=3)
        aside = {"right": -3 * point, "center": 0.0, "left": 3 * point}[side]
        ax.text(value + aside, top, words, transform=ax.get_xaxis_transform(), ha=side, va="bottom",
                fontsize=_SMALL)  # fmt: skip


# Waterfalls


def waterfall(data: Waterfall, ax: "Axes") -> "Axes":
    """Draw the way from one position to another: totals stand on nothing, movements on where the last one ended.

    Parameters
    ----------
    data : Waterfall, steps shape (steps,)
        They add up [the picture's unit].
    ax : Axes
        Drawn upon, and given back; the steps' names stand to its left.
    """
    ends = _ends(data.steps)
    reach = [data.rule, 0.0, *(place for pair in ends for place in pair)]
    room = max(width(step.text, 8.0, step.total) for step in data.steps) + 2 * _GAP
    point = _set_across(ax, _Span(min(reach), max(reach), room, room))
    _rows(ax, len(data.steps) - 1)
    for at, (step, (start, end)) in enumerate(zip(data.steps, ends, strict=True)):
        _step(ax, at, step, (start, end), data, point)
        if at + 1 < len(data.steps):
            ax.plot([end, end], [at - _HALF, at + 1 + _HALF], color=PALETTE["quiet"], linewidth=0.7, zorder=1.5)
    _names(ax, [step.label for step in data.steps], range(len(data.steps)), bold=[s.total for s in data.steps])
    _rules(ax, [(data.rule, data.rule_label, "-")])
    _across_axis(ax, data.unit, data.axis)
    return ax


def _ends(steps: Sequence[Step]) -> list[tuple[float, float]]:
    """Give where each step starts and ends [unit]."""
    found: list[tuple[float, float]] = []
    for step in steps:
        start = 0.0 if step.total or not found else found[-1][1]
        found.append((start, start + step.value))
    return found


def _step(ax: "Axes", at: int, step: Step, ends: tuple[float, float], data: Waterfall, point: float) -> None:
    """Draw one step, its figure beyond the end that it moves to; of money more is worse, of futures it is better."""
    start, end = ends
    worse = (step.value > 0) == bool(data.unit)
    ink, hatch = ("total", None) if step.total else ("worse", None) if worse else ("better", _HATCH)
    _bar(ax, at, start, end, ink, hatch)
    up = step.value >= 0
    place, reach = end + (_GAP if up else -_GAP) * point, width(step.text, 8.0, step.total)
    ax.text(place, at, step.text, ha="left" if up else "right", va="center", zorder=4,
            fontweight="bold" if step.total else "normal",
            bbox=_backed(data.rule, place, (reach if up else -reach) * point))  # fmt: skip


def _backed(rule: float | None, place: float, reach: float) -> dict[str, Any] | None:
    """Give words that reach so far paper of their own where a rule runs through them."""
    crossed = rule is not None and 0 <= (rule - place) / reach <= 1 if reach else False
    return {"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 0.5} if crossed else None


def _bar(ax: "Axes", at: float, start: float, end: float, ink: str, hatch: str | None, *, half: float = _HALF) -> None:
    """Draw a bar with an edge that is seen where its colour is pale."""
    from matplotlib.patches import Rectangle

    ax.add_artist(Rectangle((min(start, end), at - half), abs(end - start), 2 * half, facecolor=PALETTE[ink],
                           edgecolor=PALETTE["edge" if hatch else ink], linewidth=0.6, hatch=hatch,
                           zorder=2))  # fmt: skip


# Swings


def swings(data: Swings, ax: "Axes") -> "Axes":
    """Draw what a figure is on average where each assumption is in its lowest and where in its highest tenth.

    Parameters
    ----------
    data : Swings, rows shape (assumptions,)
        About their centre [the picture's unit].
    ax : Axes
        Drawn upon, and given back; the assumptions' names stand to its left, what the sides mean above it.
    """
    reach = [data.centre, *(value for row in data.rows for value in (row.low, row.high))]
    near = min(reach) - 0.35 * (max(reach) - min(reach)) <= data.rule <= max(reach) + 0.35 * (max(reach) - min(reach))
    if near:
        reach.append(data.rule)
    sides = [sorted(((row.low, row.low_label), (row.high, row.high_label))) for row in data.rows]
    left, right = (max(_wide(pair[side][1]) for pair in sides) + 2 * _GAP for side in (0, 1))
    rule = data.rule if near else None
    point = _set_across(ax, _Span(min(reach), max(reach), left, right))
    _rows(ax, len(data.rows) - 1)
    for at, (row, pair) in enumerate(zip(data.rows, sides, strict=True)):
        pale, strong = (row.low, "low", _HATCH), (row.high, "high", None)
        # The longer first: where both are on one side, the shorter is seen upon it.
        for end, ink, hatch in sorted((pale, strong), key=lambda side: -abs(side[0] - data.centre)):
            _bar(ax, at, data.centre, end, ink, hatch)
        _side_words(ax, at, pair, (data.centre, rule), point)
    _names(ax, [row.label for row in data.rows], range(len(data.rows)))
    _rules(ax, [(data.centre, data.centre_label, "-"), *([(data.rule, data.rule_label, "--")] if near else [])])
    _key(ax, (("assumption in its lowest tenth, or event does not happen", "low", _HATCH),
              ("in its highest tenth, or it happens", "high", None)))  # fmt: skip
    _across_axis(ax, data.unit, data.axis)
    return ax


def _wide(words: str) -> float:
    """Give how wide words of several lines are [point]."""
    return max(width(line, _SMALL) for line in words.split("\n"))


def _side_words(
    ax: "Axes", at: int, pair: Sequence[tuple[float, str]], rules: tuple[float, float | None], point: float
) -> None:
    """Write what either side means beyond its end, on paper of its own where a rule runs through it."""
    (less, left), (more, right) = pair
    centre, rule = rules
    start, end = min(less, centre) - _GAP * point, max(more, centre) + _GAP * point
    for place, words, side, reach in ((start, left, "right", -_wide(left)), (end, right, "left", _wide(right))):
        ax.text(place, at, words, ha=side, va="center", fontsize=_SMALL, linespacing=1.05, zorder=4,
                bbox=_backed(rule, place, reach * point))  # fmt: skip


# What colours mean


def _key(ax: "Axes", parts: Sequence[tuple[str, str, str | None]]) -> None:
    """Say above the axes what each kind of bar means, in their order."""
    from matplotlib.patches import Rectangle

    across, up = points_across(ax), points_up(ax)
    for (words, ink, hatch), (row, start) in zip(parts, _key_places([words for words, _, _ in parts], across),
                                                 strict=True):  # fmt: skip
        height = 1 + (_key_lift(ax) + 12 * row) / up
        ax.add_artist(Rectangle((start / across, height), 9 / across, 7 / up, transform=ax.transAxes, clip_on=False,
                               facecolor=PALETTE.get(ink, ink), edgecolor=PALETTE["edge"], linewidth=0.6,
                               hatch=hatch))  # fmt: skip
        ax.text((start + 13) / across, height + 3.2 / up, words, transform=ax.transAxes, va="center",
                fontsize=_SMALL)  # fmt: skip


def _key_lift(ax: "Axes") -> float:
    """Give how far above the axes the key begins: clear of the words of a rule [point]."""
    return 16.0 if any(text.get_transform() == ax.get_xaxis_transform() for text in ax.texts) else 6.0


def _key_places(words: Sequence[str], across: float) -> list[tuple[int, float]]:
    """Give the (row from the bottom, start) of each entry of a key; rows begin over the bars' names [point]."""
    rows: list[list[float]] = [[]]
    start, begin = -_LABELS + 8, -_LABELS + 8
    for text in words:
        needed = width(text, _SMALL) + 26
        if start + needed > across + 14 and rows[-1]:
            rows.append([])
            start = begin
        rows[-1].append(start)
        start += needed
    return [(len(rows) - 1 - row, place) for row, found in enumerate(rows) for place in found]


# Bars


def bars(data: Bars, ax: "Axes") -> "Axes":
    """Draw bars of parts that add up; bars of one option stand together.

    Parameters
    ----------
    data : Bars, bars shape (bars,)
        Their parts in the picture's unit, or shares of the futures where it has none.
    ax : Axes
        Drawn upon, and given back; the bars' names stand to its left, what the parts mean above it.
    """
    factor = 1.0 if data.unit else 100.0
    places = _places(data.bars)
    sums = [factor * sum(segment.value for segment in bar.segments) for bar in data.bars]
    room = max(width(bar.text, 8.0) for bar in data.bars) + 2 * _GAP
    reach = [0.0, *sums] if data.unit else [0.0, 100.0]
    point = _set_across(ax, _Span(min(reach), max(reach), 0.0, room))
    _rows(ax, places[-1])
    looks = _looks(len(data.parts))
    for bar, place, end in zip(data.bars, places, sums, strict=True):
        _stack(ax, bar, place, factor, looks, point)
        if bar.text:
            ax.text(max(end, 0.0) + _GAP * point, place, bar.text, va="center", gid=f"option-{bar.key}")
    _names(ax, [bar.label for bar in data.bars], places)
    _key(ax, [(data.parts[at], *looks[at]) for at in _occurring(data)])
    _across_axis(ax, data.unit, data.axis)
    return ax


def _looks(count: int) -> list[tuple[str, str | None]]:
    """Give the colour and the hatching of each part; what is left over comes last."""
    inks = ramp(count - 1)
    return [(ink, _AGAIN if ink in inks[:at] else None) for at, ink in enumerate(inks)] + [(PALETTE["rest"], _HATCH)]


def _occurring(data: Bars) -> list[int]:
    """Give the parts that any bar has."""
    return sorted({segment.part for bar in data.bars for segment in bar.segments})


def _places(found: Sequence[Bar]) -> list[float]:
    """Give the rows of bars, those of one option nearer to each other."""
    places = [0.0]
    for before, bar in pairwise(found):
        places.append(places[-1] + (0.8 if bar.key == before.key else 1.15))
    return places


def _stack(
    ax: "Axes", bar: Bar, place: float, factor: float, looks: Sequence[tuple[str, str | None]], point: float
) -> None:
    """Draw one bar's parts one after the other, each with its figure in it where there is room."""
    from matplotlib.patches import Rectangle

    start, gid = 0.0, f"option-{bar.key}"
    for part in bar.segments:
        size, (ink, hatch) = factor * part.value, looks[part.part]
        ax.add_artist(Rectangle((start, place - _HALF), size, 2 * _HALF, facecolor=ink, linewidth=0.6,
                                edgecolor=PALETTE["edge"], hatch=hatch, zorder=3, gid=gid))  # fmt: skip
        if part.text and width(part.text, _SMALL) + 6 < size / point:
            backed = {"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 0.8} if hatch else None
            ax.text(start + size / 2, place, part.text, ha="center", va="center", fontsize=_SMALL, gid=gid, bbox=backed,
                    color=PALETTE["paper" if _dark(ink) and not hatch else "ink"])  # fmt: skip
        start += size


def _dark(ink: str) -> bool:
    """Tell whether words upon a colour are read better in the paper's colour."""
    red, green, blue = (int(ink[at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 125


# Figures


def bar_figure(data: Waterfall | Swings | Bars) -> "Figure":
    """Draw bars in a picture of their own, as high as they are many."""
    from matplotlib.figure import Figure

    left, right = _LABELS / 72, 0.15
    wide = WIDTH - left - right
    rows, row, top = _measures(data, 72 * wide)
    high = rows * row
    height = top + high + 0.44
    figure = Figure(figsize=(WIDTH, height))
    ax = figure.add_axes((left / WIDTH, 0.44 / height, wide / WIDTH, high / height))
    if isinstance(data, Waterfall):
        waterfall(data, ax)
    elif isinstance(data, Swings):
        swings(data, ax)
    else:
        bars(data, ax)
    return figure


def _measures(data: Waterfall | Swings | Bars, across: float) -> tuple[float, float, float]:
    """Give how many rows there are, and the height of one and of what is above them [inch]."""
    if isinstance(data, Waterfall):
        return len(data.steps), _row_height([step.label for step in data.steps], 0.3), 0.25
    if isinstance(data, Swings):
        return len(data.rows), _row_height([row.label for row in data.rows], 0.36), 0.48
    keys = _key_places([data.parts[at] for at in _occurring(data)], across)
    high = (14 + 12 * (1 + max((row for row, _ in keys), default=0))) / 72
    return _places(data.bars)[-1] + 1, _row_height([bar.label for bar in data.bars], 0.31), high
