"""How groups of futures look beside each other, assumption by assumption; other pictures are in ``simlib.figures``."""

from typing import TYPE_CHECKING

from simlib.inks import PALETTE, WIDTH, points_across, points_up, width, wrapped
from simlib.plots import Paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["paths", "paths_figure"]

_SMALL, _TINY = 7.5, 7.0  # [point]
_NAMES = 178.0  # margin of the assumptions' names [point]
_ROW, _ABOVE, _BELOW = 0.52, 0.42, 0.46  # [inch]
_APART = 0.17  # of a row: the groups lie so far above and below its middle
_INKS = (("plan", "-", "o"), ("middle", (0, (4, 2)), "s"))  # a group is known by its line and its marker too


def paths(data: Paths, ax: "Axes") -> "Axes":
    """Draw the middle half of each group of futures by each assumption, and a line through their middles.

    Parameters
    ----------
    data : Paths, rungs shape (assumptions,), each of shape (groups,)
        Places among all futures [0 to 1].
    ax : Axes
        Drawn upon, and given back; the assumptions' names stand to its left, the groups' above it.
    """
    count = len(data.rungs)
    ax.set_xlim(0, 100)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_xticks(range(0, 101, 25))
    ax.set_xlabel(data.axis)
    ax.tick_params(length=0, pad=4, labelsize=_SMALL)
    ax.set_yticks([])
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    for at in range(len(data.groups)):
        _group(data, ax, at)
    for row, rung in enumerate(data.rungs):
        name = "\n".join(wrapped(rung.label, _NAMES - 10, 3, size=_SMALL))
        ax.text(-8 / points_across(ax), row, name, transform=ax.get_yaxis_transform(), ha="right", va="center",
                fontsize=_SMALL, linespacing=1.1)  # fmt: skip
    _key(data, ax)
    return ax


def _group(data: Paths, ax: "Axes", at: int) -> None:
    """Draw one group: a bar and a marker at each assumption, a line from one to the next, and what the middle is."""
    ink, dashes, marker = _INKS[at]
    shift = _APART * (2 * at - 1)
    rows = [row + shift for row in range(len(data.rungs))]
    places = [rung.places[at] for rung in data.rungs]
    middles = [100 * place.middle for place in places]
    ax.plot(middles, rows, color=PALETTE[ink], linestyle=dashes, linewidth=0.8, zorder=2)
    for row, place in zip(rows, places, strict=True):
        ax.plot([100 * place.low, 100 * place.high], [row, row], color=PALETTE[ink], linewidth=3.2,
                solid_capstyle="butt", zorder=3)  # fmt: skip
        ax.plot([100 * place.middle], [row], marker, color=PALETTE[ink], markersize=5.5,
                markeredgecolor=PALETTE["paper"], markeredgewidth=0.8, zorder=4)  # fmt: skip
        ax.text(100 * place.high + 300 / points_across(ax), row, place.words, ha="left", va="center", fontsize=_TINY,
                color=PALETTE[ink], zorder=5, clip_on=False,
                bbox={"facecolor": PALETTE["paper"], "edgecolor": "none", "pad": 0.6})  # fmt: skip


def _key(data: Paths, ax: "Axes") -> None:
    """Say above the axes what each group is."""
    across, height = points_across(ax), 1 + 12 / points_up(ax)
    start = -_NAMES + 8
    for (ink, dashes, marker), words in zip(_INKS, data.groups, strict=False):
        ax.plot([start / across, (start + 20) / across], [height] * 2, transform=ax.transAxes, color=PALETTE[ink],
                linestyle=dashes, linewidth=0.8, clip_on=False)  # fmt: skip
        ax.plot([(start + 10) / across], [height], marker, transform=ax.transAxes, color=PALETTE[ink], markersize=5.5,
                clip_on=False)  # fmt: skip
        ax.text((start + 26) / across, height, words, transform=ax.transAxes, va="center", fontsize=_SMALL)
        start += width(words, _SMALL) + 44


def paths_figure(data: Paths) -> "Figure":
    """Draw it in a picture of its own, as high as the assumptions are many."""
    from matplotlib.figure import Figure

    words = max(width(place.words, _TINY) for rung in data.rungs for place in rung.places)
    left, right = _NAMES / 72, (words + 12) / 72
    high = _ROW * len(data.rungs)
    height = high + _ABOVE + _BELOW
    figure = Figure(figsize=(WIDTH, height))
    paths(data, figure.add_axes((left / WIDTH, _BELOW / height, (WIDTH - left - right) / WIDTH, high / height)))
    return figure
