"""The figures behind each chart, with its title and its message in words; nothing is drawn here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simlib.wording import chance, joined, margin, money

__all__ = ["Band", "Chart", "Curve", "CurveLine", "Fan", "FanPanel", "council_charts"]

_LEVELS = ("p10", "p25", "p50", "p75", "p90")


@dataclass(frozen=True, slots=True)
class Band:
    """How a quantity spreads, year by year.

    Parameters
    ----------
    p10, p25, p50, p75, p90, plan : tuple of float, shape (years,)
        Quantiles over the futures, and the business case's own figure [the chart's unit].
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
    """One option's distribution: the share of futures in which the gap is at most ``values``.

    Parameters
    ----------
    probabilities, values : tuple of float, shape (points,)
        Increasing [0 to 1] and [the chart's unit].
    plan : float
        The business case's own figure.
    """

    label: str
    probabilities: tuple[float, ...]
    values: tuple[float, ...]
    plan: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The target year's position of every option in one picture."""

    lines: tuple[CurveLine, ...]
    year: str
    unit: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: its data, its title, and its message for those who do not see it.

    Parameters
    ----------
    id : str
        Unique in the report; the stem of its files.
    alt : str
        What the picture shows, stated with figures.
    """

    id: str
    title: str
    alt: str
    data: Fan | Curve


def _band(by_year: Mapping[str, Any], years: tuple[str, ...]) -> Band:
    """Gather the quantiles and the plan of a by-year mapping."""
    rows = [tuple(float(by_year[year][level]) for year in years) for level in (*_LEVELS, "plan")]
    return Band(*rows)


def council_charts(document: Mapping[str, Any], council: str) -> tuple[Chart, ...]:
    """Give the charts of one council: the gap's fan, the target year's curve, the reserves' path.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    council : str
        Its id.
    """
    pairs = {
        option["label"]: {**option["councils"][council], "no_costed_saving": option.get("no_costed_saving")}
        for option in document["options"].values()
        if council in option["councils"]
    }
    charts = (builder(document, council, pairs) for builder in (_gap_fan, _gap_curve, _reserves_fan))
    return tuple(chart for chart in charts if chart is not None)


def _gap_fan(document: Mapping[str, Any], council: str, pairs: Mapping[str, Any]) -> Chart | None:
    """Give the recurring gap by option and year."""
    shown = {label: pair for label, pair in pairs.items() if pair.get("gap_recurring")}
    target, unit = document["target_year"], document["unit"]
    if not shown or target is None:
        return None
    years = tuple(document["years"])
    panels = tuple(_gap_panel(label, pair, years, document) for label, pair in shown.items())
    name = document["councils"][council]["label"]
    middles = [
        f"{label}: middle {margin(pair['gap_recurring'][target]['p50'], unit)}, plan "
        f"{margin(pair['gap_recurring'][target]['plan'], unit)}"
        for label, pair in shown.items()
    ]
    return Chart(
        f"gap_{council}",
        f"{name}: the recurring gap by option",
        f"Fan chart of the recurring gap of {name} by option and year; at or below nothing it is closed. "
        f"In {target}: {'; '.join(middles)}.",
        Fan(years, target, panels, unit, "Recurring gap (dot: target year)", 0.0, "gap closed"),
    )


def _gap_panel(label: str, pair: Mapping[str, Any], years: tuple[str, ...], document: Mapping[str, Any]) -> FanPanel:
    """Give one option's panel; its message is the headline chance."""
    headline = pair["closes"].get(document["headline"])
    message = f"closes in {chance(headline['probability'], headline['error'])} futures" if headline else ""
    if pair.get("no_costed_saving"):
        message = "no costed saving"
    elif headline and headline["probability"] == 0:
        message = "closes in none of the futures drawn"
    return FanPanel(label, message, _band(pair["gap_recurring"], years))


def _gap_curve(document: Mapping[str, Any], council: str, pairs: Mapping[str, Any]) -> Chart | None:
    """Give the share of futures against the size of the gap in the target year."""
    shown = {label: pair for label, pair in pairs.items() if pair.get("curve")}
    target, unit = document["target_year"], document["unit"]
    if not shown or target is None:
        return None
    lines = tuple(
        CurveLine(
            label,
            tuple(map(float, pair["curve"]["probabilities"])),
            tuple(map(float, pair["curve"]["values"])),
            float(pair["gap_recurring"][target]["plan"]),
        )
        for label, pair in shown.items()
    )
    name = document["councils"][council]["label"]
    return Chart(
        f"position_{council}",
        f"{name}: how large a gap remains in {target}",
        f"Curves of the share of futures in which the recurring gap of {name} in {target} is at most so "
        f"large. "
        f"{joined([_half(line, unit) for line in lines])}.",
        Curve(lines, target, unit),
    )


def _half(line: CurveLine, unit: str) -> str:
    """Tell a curve's middle half in words."""
    low, high = (line.values[round(share * (len(line.values) - 1))] for share in (0.25, 0.75))
    return f"{line.label}: half of the futures lie between {money(low, unit)} and {money(high, unit)}"


def _reserves_fan(document: Mapping[str, Any], council: str, pairs: Mapping[str, Any]) -> Chart | None:
    """Give the general fund's path by option, with its minimum as the rule."""
    shown = {label: pair for label, pair in pairs.items() if pair.get("general_fund")}
    minimum = document["councils"][council].get("general_fund_minimum")
    if not shown or minimum is None:
        return None
    years, unit = tuple(document["years"]), document["unit"]
    panels = tuple(_reserves_panel(label, pair, years) for label, pair in shown.items())
    name, last = document["councils"][council]["label"], years[-1]
    ends = [f"{label}: {money(pair['general_fund'][last]['p50'], unit)}" for label, pair in shown.items()]
    return Chart(
        f"reserves_{council}",
        f"{name}: the general fund before further action",
        f"Fan chart of the general fund of {name} by option and year, against its minimum of "
        f"{money(minimum, unit)}. "
        f"Middle at the end of {last}: {'; '.join(ends)}.",
        Fan(
            years,
            document["target_year"],
            panels,
            unit,
            "General fund at 31 March (dot: target year)",
            float(minimum),
            "minimum",
        ),
    )


def _reserves_panel(label: str, pair: Mapping[str, Any], years: tuple[str, ...]) -> FanPanel:
    """Give one option's panel; its message is how often the reserves hold."""
    holds = pair["closes"].get("reserves_hold")
    message = f"holds in {chance(holds['probability'], holds['error'])} futures" if holds else ""
    if holds and holds["probability"] == 0:
        message = "below its minimum in every future drawn"
    return FanPanel(label, message, _band(pair["general_fund"], years))
