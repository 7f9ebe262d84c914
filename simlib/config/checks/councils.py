"""Councils: their gaps, lines and pots, and what a file with councils must say at its head."""

from collections.abc import Iterator

from simlib.config import schema
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.formulas import Formula
from simlib.config.inventory import lines
from simlib.config.nodes import nearest_or_list
from simlib.config.quantities import ByYear
from simlib.years import label


def head_is_complete(whole: Whole) -> Iterator[Complaint]:
    """A file with councils says its money, its years and its target year."""
    present = set(whole.root)
    money = any(figure.quantity.kind == "money" for figure in whole.figures.values())
    if "money" not in present and (whole.names("councils") or whole.names("measures") or money):
        yield "money", "missing key 'money' (what a bare money figure means: £, £k, £m or £bn)"
    if "years" not in present and (whole.names("councils") or whole.names("measures")):
        yield "years", "missing key 'years' (the horizon, such as 2016/17 to 2020/21)"
    if "target_year" not in present and whole.names("councils"):
        yield "target_year", "missing key 'target_year' (the year by which the gap must be closed)"


def nobody_is_elsewhere(whole: Whole) -> Iterator[Complaint]:
    """No council is called what shares use for those outside the file."""
    if "elsewhere" in whole.names("councils"):
        yield (
            "councils.elsewhere",
            "shares use 'elsewhere' for what leaves the councils of this file; choose another name",
        )


def target_is_in_horizon(whole: Whole) -> Iterator[Complaint]:
    """The target year is one of the years."""
    target = whole.config.target_year
    if target is not None and whole.outside(target):
        yield "target_year", f"expected a year of the horizon, {whole.span}, got '{label(target)}'"


def gaps_say_what_they_hold(whole: Whole) -> Iterator[Complaint]:
    """A published gap says whether it counts planned savings already, and whose."""
    for name, council in whole.config.councils.items():
        if council.gap is not None:
            yield from _gap(whole, f"councils.{name}.gap", council, council.gap)


def _gap(whole: Whole, at: str, council: schema.Council, gap: schema.Gap) -> Iterator[Complaint]:
    published = gap.plan != "sum_of_lines"
    if published and gap.already_includes_savings is None:
        yield (
            f"{at}.already_includes_savings",
            "missing key 'already_includes_savings' (yes or no, for a published gap)",
        )
    if not published and not council.pressures and not council.funding:
        yield f"{at}.plan", "a sum_of_lines needs pressures and funding to add up"
    if gap.already_includes_savings and not gap.included:
        yield f"{at}.included", "missing key 'included' (the measures whose savings the gap already counts)"
    if gap.included and not gap.already_includes_savings:
        yield f"{at}.included", "only a gap that already_includes_savings: yes can list what it includes"
    for measure in gap.included:
        if message := whole.unknown(measure, "measures", what="measure"):
            yield f"{at}.included", message


def lines_say_one_thing(whole: Whole) -> Iterator[Complaint]:
    """A line says exactly one of growth, change, realised or a certainty, and what that one needs."""
    for name, council in whole.config.councils.items():
        for line, section in lines(council):
            adds_up = council.gap is not None and council.gap.plan == "sum_of_lines"
            at = f"councils.{name}.{line}"
            yield from _line(at, section, adds_up=adds_up)
            if not whole.changed:
                yield from _line_varies(at, section)


def _line(at: str, line: schema.Line, *, adds_up: bool) -> Iterator[Complaint]:
    said = [key for key in ("growth", "change", "realised", "certainty") if getattr(line, key) is not None]
    if not said:
        yield (
            at,
            "missing key: one of growth, change, realised or certainty (change: 0 where it comes as planned)",
        )
    elif len(said) > 1:
        yield (
            f"{at}.{said[1]}",
            f"expected one of growth, change, realised or certainty, got {' and '.join(said)}",
        )
    if line.growth is not None and line.base is None:
        yield (
            f"{at}.base",
            "missing key 'base' (the level in the year before the first, on which growth builds)",
        )
    if line.base is not None and line.growth is None:
        yield f"{at}.base", "a base is for growth only"
    # A change needs no plan beneath a published gap: only the difference from it counts there.
    if {"realised", "certainty", *(["change"] if adds_up else [])} & set(said) and line.plan is None:
        yield f"{at}.plan", f"missing key 'plan' (what the budget assumes by year, for {said[0]})"
    yield from _line_share(at, line)


def _line_share(at: str, line: schema.Line) -> Iterator[Complaint]:
    """A share of nothing, or of a negative figure, says nothing."""
    key = "realised" if line.realised is not None else "certainty"
    if (line.realised is not None or line.certainty is not None) and min(line.plan or (1.0,)) <= 0:
        yield f"{at}.{key}", "a share of a plan that is not above 0 says nothing; use change"


def _line_varies(at: str, line: schema.Line) -> Iterator[Complaint]:
    values = [value for value in (line.growth, line.change, line.realised) if value is not None]
    parts = [part for value in values for part in (value.values if isinstance(value, ByYear) else (value,))]
    uncertain = any(not isinstance(part.value, float | int | Formula) for part in parts)
    if line.varies is not None and not uncertain:
        yield (
            f"{at}.varies",
            "only a distribution varies; growth, change or realised is a figure or a formula here",
        )


def pots_of_costs_exist(whole: Whole) -> Iterator[Complaint]:
    """A cost is paid from pots of a council that bears it."""
    for name, measure in whole.config.measures.items():
        for key, cost in measure.one_off.items():
            bearers = tuple(cost.shares or measure.shares or ([measure.council] if measure.council else ()))
            known = [pot for council in bearers for pot in whole.names("councils", council, "pots")]
            for pot in (p for entry in cost.funded_by for p in ([entry] if isinstance(entry, str) else entry)):
                if pot not in known:
                    hint = nearest_or_list(pot, known)
                    yield (
                        f"measures.{name}.one_off.{key}.funded_by",
                        f"no council that bears this cost has a pot '{pot}'{hint}",
                    )


CHECKS: tuple[Check, ...] = (
    head_is_complete,
    nobody_is_elsewhere,
    target_is_in_horizon,
    gaps_say_what_they_hold,
    lines_say_one_thing,
    pots_of_costs_exist,
)
