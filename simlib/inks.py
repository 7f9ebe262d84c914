"""What every picture is drawn with: colours, type, axes in pounds, words that fit; no picture is drawn here."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from simlib.units import SCALES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DARK", "FAMILY", "PALETTE", "WIDTH", "apart", "fitting_places", "line_height", "line_styles", "measured",
    "money_axis", "points_across", "points_up", "ramp", "short_year", "shown", "style", "width", "wrapped",
]  # fmt: skip

FAMILY = "DejaVu Sans"  # comes with the library that draws: the same letters everywhere
WIDTH = 7.2  # of every picture: the text of a page or of a paper, so that letters keep their size [inch]

# Each colour once: a page puts another in its place where it is dark. Whatever carries meaning has 3:1 on the paper,
# or an edge that has.
PALETTE: Mapping[str, str] = MappingProxyType({
    "paper": "#ffffff", "ink": "#1a1a1a", "quiet": "#555555", "grid": "#dcdcdc",
    "outer": "#cfe0f0", "inner": "#86b4da", "edge": "#4a7fae", "middle": "#08306b", "plan": "#a63603",
    "line_1": "#0072b2", "line_2": "#b24a00", "line_3": "#00735c", "line_4": "#7a3b8f", "line_5": "#5c5c5c",
    "line_6": "#8c6d00",
    "total": "#123a73", "worse": "#b8500a", "better": "#b5d6ef", "low": "#bcd9f0", "high": "#1d5f9c",
    "part_1": "#0d376f", "part_2": "#24619d", "part_3": "#5b97c9", "part_4": "#96c0e0", "part_5": "#c4dcef",
    "part_6": "#e4eff8", "rest": "#fbe3cf",
})  # fmt: skip
DARK: Mapping[str, str] = MappingProxyType({
    "paper": "#14181d", "ink": "#eceff1", "quiet": "#b4bcc4", "grid": "#343b43",
    "outer": "#20374d", "inner": "#33618b", "edge": "#6d9fca", "middle": "#d6e8f8", "plan": "#ff9d5c",
    "line_1": "#5db5ea", "line_2": "#f59e57", "line_3": "#4cc3a5", "line_4": "#c99add", "line_5": "#b0b7be",
    "line_6": "#d9b843",
    "total": "#c3dcf3", "worse": "#f08c45", "better": "#2b5478", "low": "#2c5274", "high": "#86bdec",
    "part_1": "#cfe4f6", "part_2": "#9cc8ec", "part_3": "#3b6c98", "part_4": "#315f89", "part_5": "#264c70",
    "part_6": "#1c3854", "rest": "#4a3220",
})  # fmt: skip
_DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (1, 1.2)), (0, (6, 2, 1.5, 2)), (0, (3, 1.5)), (0, (8, 2, 1.5, 2, 1.5, 2)),
)  # fmt: skip
_STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 8.0,
    "text.hinting": "no_hinting",  # words are as wide in every format and at every size
    "text.parse_math": False,  # a £ or $ in a label is money, not mathematics
    "text.color": PALETTE["ink"],
    "figure.facecolor": PALETTE["paper"],
    "axes.facecolor": "none",
    "axes.edgecolor": PALETTE["quiet"],
    "axes.labelcolor": PALETTE["ink"],
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "xtick.color": PALETTE["quiet"],
    "ytick.color": PALETTE["quiet"],
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "svg.hashsalt": "simlib",
    "pdf.fonttype": 3,  # the letters drawn go with it; cutting a font file to size takes ten times as long
    "path.simplify": True,
}


def style() -> AbstractContextManager[None]:
    """Give our style for as long as something is drawn: nobody's settings are changed."""
    from matplotlib import rc_context

    return rc_context(_STYLE)


def line_styles(count: int) -> list[tuple[str, Any]]:
    """Give so many (colour, dashes); beyond the palette its colours come again with other dashes."""
    inks = [ink for name, ink in PALETTE.items() if name.startswith("line_")]
    many = len(inks)
    return [(inks[at % many], _DASHES[(at + at // many) % many]) for at in range(count)]


def ramp(count: int) -> list[str]:
    """Give so many colours of parts that follow each other, from strong to pale, as far apart as they can be.

    Examples
    --------
    >>> [list(PALETTE.values()).index(colour) for colour in ramp(2)] == [
    ...     list(PALETTE).index(name) for name in ("part_1", "part_4")
    ... ]
    True
    """
    names = [name for name in PALETTE if name.startswith("part_")]
    if count <= len(names):
        return [PALETTE[names[at * len(names) // count]] for at in range(count)]
    return [PALETTE[names[at % len(names)]] for at in range(count)]


# Axes


def points_across(ax: "Axes") -> float:
    """Give how wide axes are [point]."""
    return float(72 * ax.bbox.width / ax.get_figure(root=True).dpi)  # type: ignore[union-attr]


def points_up(ax: "Axes") -> float:
    """Give how high axes are [point]."""
    return float(72 * ax.bbox.height / ax.get_figure(root=True).dpi)  # type: ignore[union-attr]


def money_axis(axis: Any, unit: str, extreme: float, *, most: int = 5) -> None:
    """Write an axis in £, £k, £m or £bn, whichever suits the largest figure.

    Parameters
    ----------
    axis : Axis
        Of either direction.
    extreme : float
        The largest figure that is shown [unit].
    most : int
        Figures along it, at most.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    pounds = extreme * SCALES[unit]
    suffix, scale = next((suffix, scale) for suffix, scale, start in _AXIS_UNITS if pounds >= start)

    def written(value: float, _: int | None) -> str:
        amount = value * SCALES[unit] / scale
        return f"{'-' if amount < 0 else ''}£{abs(amount):,.10g}{suffix}" if amount else "£0"

    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(written))


# (suffix, scale, from [£]): £0.1m as in the words of a report, not £100k
_AXIS_UNITS = (("bn", 1e9, 1e9), ("m", 1e6, 1e5), ("k", 1e3, 1e3), ("", 1.0, 0.0))


def fitting_places(wanted: Iterable[int], least: float) -> list[int]:
    """Give, in order, the places that may have a label each: the wanted first ones, so far from each other.

    Examples
    --------
    >>> fitting_places([8, 9, 0, 1, 2, 3, 4, 5, 6, 7], 2.5)
    [0, 3, 8]
    """
    found: list[int] = []
    for place in wanted:
        if all(abs(place - other) >= least for other in found):
            found.append(place)
    return sorted(found)


# Words


def wrapped(text: str, room: float, lines: int = 2, *, size: float = 8.0, bold: bool = False) -> list[str]:
    """Break text into lines that fit a room, and show where it had to be cut.

    Parameters
    ----------
    text : str
        Any words of a file's author.
    room, size : float
        Width of a line, and of the type [point].
    lines : int
        How many there may be.
    """
    rest = shown(text).strip()
    found: list[str] = []
    while rest and len(found) < lines:
        found.append(_head(rest, room, size, bold))
        rest = rest[len(found[-1]) :].strip()
    if rest:
        whole = f"{found[-1]} {rest}"
        letters = _letters_in(whole, room - width("…", size, bold), size, bold)
        found[-1] = whole[:letters].rstrip() + "…"
    return found


def _head(text: str, room: float, size: float, bold: bool) -> str:  # noqa: FBT001
    """Give as many words of a text as fit a line; as many letters where not even one word does."""
    if width(text, size, bold) <= room:
        return text
    letters = max(_letters_in(text, room, size, bold), 1)
    space = text.rfind(" ", 0, letters + 1)
    return text[:space] if space > 0 else text[:letters]


def _letters_in(text: str, room: float, size: float, bold: bool) -> int:  # noqa: FBT001
    """Give how many letters of a text fit a line."""
    return bisect_right(range(1, len(text) + 1), room, key=lambda many: width(text[:many], size, bold))


def width(text: str, size: float = 8.0, bold: bool = False) -> float:  # noqa: FBT001, FBT002
    """Give how wide a text is in our type [point]: its letters' widths, a hair more than where some stand closer."""
    weight = "bold" if bold else "normal"
    return size / _LARGE * sum(measured(letter, _LARGE, weight)[0] for letter in text)


_LARGE = 100.0  # at which a letter's width is taken [point]


@lru_cache(maxsize=8_192)
def measured(text: str, size: float, weight: Any) -> tuple[float, float, float]:
    """Give how wide and high a text is in our type, and how far below its line it reaches [point]."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    kind = FontProperties(family=FAMILY, size=size, weight=weight)
    wide, high, below = text_to_path.get_text_width_height_descent(text, kind, False)
    return float(wide), float(high), float(below)


@lru_cache(maxsize=256)
def line_height(size: float, weight: Any) -> tuple[float, float, float]:
    """Give how high a line of our type is, how far it reaches below, and the gap to the next [point]."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=FAMILY, weight=weight)))
    head, table = font.get_sfnt_table("head"), font.get_sfnt_table("OS/2")
    assert head is not None
    assert table is not None, "our type has them"
    scale = 1 / head["unitsPerEm"] * size
    return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale, table["sTypoLineGap"] * scale


@lru_cache(maxsize=1)
def _known_letters() -> frozenset[int]:
    """Give the letters that the font can draw."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FAMILY)).get_charmap())


def shown(text: str) -> str:
    """Put a box in place of a letter that the font cannot draw: a name from a file may hold any."""
    if text.isascii():
        return text
    known = _known_letters()
    return "".join(letter if ord(letter) in known else "□" for letter in text)


def short_year(year: str) -> str:
    """Give ``16/17`` for ``2016/17``."""
    return year[2:] if re.fullmatch(r"\d{4}/\d{2}", year) else year


def apart(values: Sequence[float], least: float) -> list[float]:
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
