"""Measures and programmes: figures that need each other, shares, times, and causes counted twice."""

from collections.abc import Iterator, Mapping

from simlib.config import schema
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.quantities import Quantity
from simlib.years import label

_TOTALS = ("cumulative", "annual_average")


def names_exist(whole: Whole) -> Iterator[Complaint]:
    """Councils, programmes, measures and events that a measure names are in the file."""
    for name, measure in whole.config.measures.items():
        at = f"measures.{name}"
        named = [
            *((f"{at}.council", c, "councils", "council") for c in ([measure.council] if measure.council else [])),
            *(
                (f"{at}.programme", p, "programmes", "programme")
                for p in ([measure.programme] if measure.programme else [])
            ),
            *((f"{at}.excludes", m, "measures", "measure") for m in measure.excludes),
            *((f"{at}.overlaps.{m}", m, "measures", "measure") for m in measure.overlaps),
            *((f"{at}.slows.{m}", m, "measures", "measure") for m in measure.slows),
            *((f"{at}.shares.{c}", c, "councils", "council") for c in measure.shares or () if c != "elsewhere"),
            *(
                (f"{at}.one_off.{key}.shares.{c}", c, "councils", "council")
                for key, cost in measure.one_off.items()
                for c in cost.shares or ()
                if c != "elsewhere"
            ),
        ]
        for address, entry, section, what in named:
            if message := whole.unknown(entry, section, what=what):
                yield address, message


def requirements_exist(whole: Whole) -> Iterator[Complaint]:
    """What a measure requires is a measure or an event; only an event can be required not to happen."""
    for name, measure in whole.config.measures.items():
        at = f"measures.{name}.requires"
        for entry in measure.requires:
            needed = entry.removeprefix("not ")
            if needed in whole.names("events") and needed in whole.names("measures"):
                yield at, f"'{needed}' is both a measure and an event; give one of them another name"
            if needed in whole.names("events"):
                continue
            if needed in whole.names("measures"):
                if entry != needed:
                    yield (
                        at,
                        f"'not' is for events; a measure goes to excludes instead, got '{entry}'",
                    )
            else:
                yield at, f"there is no measure or event '{needed}'"
            if needed == name:
                yield at, "a measure cannot require itself"


def nobody_beside_itself(whole: Whole) -> Iterator[Complaint]:
    """A measure neither excludes, slows nor overlaps itself, and an overlap is stated once."""
    for name, measure in whole.config.measures.items():
        if name in measure.excludes:
            yield f"measures.{name}.excludes", "a measure cannot exclude itself"
        if name in measure.slows:
            yield f"measures.{name}.slows.{name}", "a measure cannot slow itself; say delay"
        for other in measure.overlaps:
            if other == name:
                yield f"measures.{name}.overlaps.{other}", "a measure cannot overlap itself"
            entry = whole.config.measures.get(other)
            if entry is not None and name in entry.overlaps and other < name:
                yield (
                    f"measures.{name}.overlaps.{other}",
                    f"this overlap is already stated at measures.{other}.overlaps.{name}",
                )


def overlaps_are_part_of_both(whole: Whole) -> Iterator[Complaint]:
    """What two measures save only once is no more than either saves in the plan."""
    for name, measure in whole.config.measures.items():
        for other, overlap in measure.overlaps.items():
            both = [measure, whole.config.measures.get(other)]
            savings = [_planned(m.saving) for m in both if m is not None and m.basis == "recurring"]
            amount = _planned(overlap)
            least = min((saving for saving in savings if saving is not None), default=None)
            if amount is not None and least is not None and amount > least + 1e-9:
                message = f"expected no more than either measure saves ({least:g} in the plan), got {amount:g}"
                yield f"measures.{name}.overlaps.{other}", message


def _planned(quantity: Quantity | None) -> float | None:
    """Give what the plan case assumes of a figure, where one figure says it."""
    if quantity is None:
        return None
    planned = quantity.plan if quantity.plan is not None else quantity.value
    return float(planned) if isinstance(planned, int | float) else None


def savings_are_complete(whole: Whole) -> Iterator[Complaint]:
    """A measure says its saving with the time it starts, or a plan by year, and what its basis needs."""
    for name, measure in whole.config.measures.items():
        at = f"measures.{name}"
        yield from _amount(at, measure)
        yield from _basis(at, measure)
        yield from _belongs(at, measure)


def _amount(at: str, measure: schema.Measure) -> Iterator[Complaint]:
    if measure.saving is None and measure.plan is None:
        yield f"{at}.saving", "missing key 'saving' (with from), or 'plan' (cash by year)"
    if measure.saving is not None and measure.plan is not None:
        yield f"{at}.plan", "expected saving or plan, got both"
    if measure.saving is not None and measure.plan is None and measure.from_ is None:
        yield f"{at}.from", "missing key 'from' (the year the saving starts)"
    if measure.plan is not None and measure.saving is None:
        for key, value in (("from", measure.from_), ("full_from", measure.full_from)):
            if value is not None:
                yield f"{at}.{key}", "a plan by year says itself when the saving comes; leave this out"
    if measure.saving_is == "gross" and measure.running_cost is None:
        yield f"{at}.running_cost", "missing key 'running_cost' (deducted from a saving that is gross)"


def _basis(at: str, measure: schema.Measure) -> Iterator[Complaint]:
    if measure.basis in _TOTALS:
        if measure.plan is not None:
            yield f"{at}.basis", f"a plan by year is recurring or one_off, not {measure.basis}"
        elif measure.over is None:
            yield (
                f"{at}.over",
                f"missing key 'over' (how long the {measure.basis} figure is counted, such as 5 years)",
            )
        elif measure.over <= 0:
            yield f"{at}.over", "expected a duration above 0"
    elif measure.over is not None:
        yield (
            f"{at}.over",
            f"only a cumulative or annual_average figure is over some years, not a {measure.basis} one",
        )


def _belongs(at: str, measure: schema.Measure) -> Iterator[Complaint]:
    if measure.council is None and measure.shares is None:
        yield f"{at}.council", "missing key 'council' (whose measure it is), or 'shares' between several"
    if measure.council is not None and measure.shares is not None:
        yield f"{at}.shares", "expected council or shares, got both"
    if measure.programme is not None and measure.realisation is not None:
        yield (
            f"{at}.realisation",
            f"the programme '{measure.programme}' already says the realisation; leave one of them out",
        )


def times_fit(whole: Whole) -> Iterator[Complaint]:
    """A measure starts, is full, and ends in this order, and not before the horizon."""
    first = whole.config.years[0] if whole.config.years else None
    for name, measure in whole.config.measures.items():
        at = f"measures.{name}"
        if first is not None and measure.from_ is not None and measure.from_ < first:
            yield (
                f"{at}.from",
                f"expected a year of the horizon or later, {whole.span}, got '{label(measure.from_)}'",
            )
        start = measure.from_ if measure.from_ is not None else first
        for key, year in (("full_from", measure.full_from), ("ends", measure.ends)):
            if year is not None and start is not None and year < start:
                yield f"{at}.{key}", f"expected {label(start)} or later, got '{label(year)}'"
        if measure.full_from is not None and measure.ends is not None and measure.ends < measure.full_from:
            yield f"{at}.ends", f"expected {label(measure.full_from)} (full_from) or later, got '{label(measure.ends)}'"


def costs_say_when(whole: Whole) -> Iterator[Complaint]:
    """A one-off cost is in a year of the horizon, or so long before the saving."""
    for name, measure in whole.config.measures.items():
        for key, cost in measure.one_off.items():
            at = f"measures.{name}.one_off.{key}"
            if (cost.in_ is None) == (cost.lead is None):
                got = "neither" if cost.in_ is None else "both"
                yield f"{at}.in", f"expected in (a year) or lead (so long before the saving), got {got}"
            if cost.in_ is not None and whole.outside(cost.in_):
                yield f"{at}.in", f"expected a year of the horizon, {whole.span}, got '{label(cost.in_)}'"
            if cost.lead is not None and cost.lead < 0:
                yield f"{at}.lead", "expected a duration of 0 or longer"


def shares_are_whole(whole: Whole) -> Iterator[Complaint]:
    """Shares of councils add up to 100 %: with one rest, or with what goes elsewhere."""
    for name, measure in whole.config.measures.items():
        yield from _shares(f"measures.{name}.shares", measure.shares)
        for key, cost in measure.one_off.items():
            yield from _shares(f"measures.{name}.one_off.{key}.shares", cost.shares)


def _shares(at: str, shares: Mapping[str, object] | None) -> Iterator[Complaint]:
    if shares is None:
        return
    rests = [council for council, share in shares.items() if share == "rest"]
    values = [share.value for share in shares.values() if isinstance(share, Quantity)]
    known = [float(value) for value in values if isinstance(value, float | int)]
    if len(rests) > 1:
        yield f"{at}.{rests[1]}", f"only one share can be the rest; '{rests[0]}' already is"
    if not set(shares) - {"elsewhere"}:
        yield at, "expected the share of at least one council"
    elif sum(known) > 1 + 1e-9:
        yield at, f"the shares add up to {sum(known):.4g}, more than 1"
    elif not rests and len(known) == len(values) and abs(sum(known) - 1) > 1e-9:
        yield (
            at,
            f"the shares add up to {sum(known):.4g}, not to 1; let one be 'rest', or say what is 'elsewhere'",
        )
    elif not rests and len(known) < len(values):
        yield at, "shares that are not all certain add up only if one of them is 'rest'"


def causes_are_counted_once(whole: Whole) -> Iterator[Complaint]:
    """A reference class that already holds delay or failure does not stand beside that cause."""
    for name, measure in whole.config.measures.items():
        programme = whole.config.programmes.get(measure.programme or "")
        at = f"measures.{name}.realisation" if programme is None else f"measures.{name}.programme"
        realisation = measure.realisation if programme is None else programme.realisation
        if realisation is None or measure.double_count == "accepted":
            continue
        for cause in realisation.includes:
            beside = _cause(whole, name, measure, cause)
            if beside:
                reference = realisation.reference
                message = f"{reference} already includes {cause}, and {beside} would count it again"
                yield at, f"{message}; leave one of them out, or say double_count: accepted"


def _cause(whole: Whole, name: str, measure: schema.Measure, cause: str) -> str | None:
    if cause == "delay" and measure.delay is not None and measure.delay.value != 0:
        return f"measures.{name}.delay"
    for event, section in whole.config.events.items():
        if cause == "delay" and name in section.delays:
            return f"events.{event}.delays"
        # A yearly rate of leaving later is another cause than failing to deliver in the first place.
        stopped = section.stops if section.each is None else ()
        if cause == "failure" and name in (*stopped, *section.never_starts):
            return f"events.{event}"
    return None


def contingency_is_counted_once(whole: Whole) -> Iterator[Complaint]:
    """An overrun class for bare estimates does not stand on an amount that holds contingency."""
    for name, measure in whole.config.measures.items():
        for key, cost in measure.one_off.items():
            if cost.includes_contingency and cost.overrun is not None and "contingency" in cost.overrun.includes:
                message = f"{cost.overrun.reference} is for estimates without contingency; this one includes it"
                yield f"measures.{name}.one_off.{key}.overrun", message


CHECKS: tuple[Check, ...] = (
    names_exist,
    requirements_exist,
    nobody_beside_itself,
    overlaps_are_part_of_both,
    savings_are_complete,
    times_fit,
    costs_say_when,
    shares_are_whole,
    causes_are_counted_once,
    contingency_is_counted_once,
)
