"""What a picture shows, as plain data: bands, curves, steps, bars. How it is drawn is in ``simlib.figures``.

Money is in the picture's ``unit``; ``key`` is the id of the option that a part of a picture belongs to, so that a
page can show or leave out that part.
"""

from dataclasses import dataclass

__all__ = [
    "Band", "Bar", "Bars", "Curve", "CurveLine", "Fan", "FanPanel", "Paths", "Place", "Plot", "Rung", "Segment", "Step",
    "Swing", "Swings", "Waterfall",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Band:
    """How a quantity spreads, year by year.

    Parameters
    ----------
    p10, p25, p50, p75, p90, plan : tuple of float, shape (years,)
        Quantiles over the futures, and the business case's own figure [the picture's unit].
    """

    p10: tuple[float, ...]
    p25: tuple[float, ...]
    p50: tuple[float, ...]
    p75: tuple[float, ...]
    p90: tuple[float, ...]
    plan: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FanPanel:
    """One option's band with its name and its message in a few words."""

    key: str
    label: str
    message: str
    band: Band


@dataclass(frozen=True, slots=True)
class Fan:
    """Bands by option beside each other, with a labelled rule across all of them.

    Parameters
    ----------
    years : tuple of str, shape (years,)
        Financial years.
    target : str or None
        The year that is marked.
    rule, rule_label
        Height of the rule [unit], and what it means.
    axis : str
        What the vertical axis measures, in words.
    """

    years: tuple[str, ...]
    target: str | None
    panels: tuple[FanPanel, ...]
    unit: str
    axis: str
    rule: float
    rule_label: str


@dataclass(frozen=True, slots=True)
class CurveLine:
    """One option's distribution: the share of futures in which a figure is at most ``values``.

    Parameters
    ----------
    probabilities, values : tuple of float, shape (points,)
        Increasing [0 to 1] and [the picture's unit].
    plan : float
        The business case's own figure.
    """

    key: str
    label: str
    probabilities: tuple[float, ...]
    values: tuple[float, ...]
    plan: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Distributions of one figure under every option in one picture.

    Parameters
    ----------
    across, up : str
        What the axes measure, in words: an amount, and futures of 100.
    rule, rule_label
        Place of the rule [unit], and what it means; no rule where None.
    """

    lines: tuple[CurveLine, ...]
    unit: str
    across: str
    up: str
    rule: float | None = None
    rule_label: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a waterfall.

    Parameters
    ----------
    value : float
        Where it stands for a total, by how much it moves for any other [unit].
    total : bool
        Whether it is a position rather than a movement.
    text : str
        The value as its table has it; a chart's steps have one.
    """

    label: str
    value: float
    total: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From one position to another, step by step; the steps add up.

    Parameters
    ----------
    unit : str
        The file's unit; empty for futures of 100.
    rule, rule_label
        Height of the rule [unit], and what it means.
    """

    steps: tuple[Step, ...]
    unit: str
    axis: str
    rule: float
    rule_label: str


@dataclass(frozen=True, slots=True)
class Swing:
    """What a figure is on average where one assumption is in its lowest and where in its highest tenth.

    Parameters
    ----------
    low, high : float
        Average of the figure on either side [unit].
    low_label, high_label : str
        What the assumption is there, and on a line of its own how often the headline holds.
    """

    label: str
    low: float
    high: float
    low_label: str
    high_label: str


@dataclass(frozen=True, slots=True)
class Swings:
    """The assumptions that move a figure most, the largest first, about its average over all futures.

    Parameters
    ----------
    centre, centre_label
        The average [unit], and its words.
    rule, rule_label
        Place of a rule [unit], and what it means; it is left out where it is far from all bars.
    """

    rows: tuple[Swing, ...]
    centre: float
    unit: str
    axis: str
    centre_label: str = "average"
    rule: float = 0.0
    rule_label: str = "gap closed"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its size, its place in the picture's ``parts``, and its size in words."""

    part: int
    value: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, named, with what all its parts come to in words; empty where that is always the same."""

    key: str
    label: str
    segments: tuple[Segment, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of named parts that add up: amounts of money, or futures of 100 where there is no unit.

    Parameters
    ----------
    parts : tuple of str
        What the parts mean, in their order from the axis on; the last is what is left over: on the general fund, or
        not closed at all.
    unit : str
        The file's unit; empty for futures of 100.
    """

    bars: tuple[Bar, ...]
    parts: tuple[str, ...]
    unit: str
    axis: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the middle half of some futures lies among all of them by one assumption, and what its middle is.

    Parameters
    ----------
    low, middle, high : float
        Share of all futures in which the assumption is lower [0 to 1].
    words : str
        The assumption's value in the middle.
    """

    low: float
    middle: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One assumption, with the place of each group of futures, in the order of the picture's ``groups``."""

    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """Groups of futures followed from assumption to assumption: parallel coordinates, set upright.

    Parameters
    ----------
    groups : tuple of str
        What the futures of each group have in common.
    axis : str
        What is measured across.
    """

    rungs: tuple[Rung, ...]
    groups: tuple[str, ...]
    axis: str


Plot = Fan | Curve | Waterfall | Swings | Bars | Paths
