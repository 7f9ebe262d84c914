"""Options and events: that what they name exists, fits together, and lies in time."""

from collections.abc import Iterator

from simlib.config import schema
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.nodes import Mapping, nearest_or_list
from simlib.config.precision import misfit
from simlib.config.quantities import DatedChances
from simlib.years import label

MOST_OPTIONS = 50
_OF_THE_RUN = frozenset({"simlib", "title", "as_at", "money", "prices", "years", "run", "npv", "readings", "stress"})


def options_name_what_exists(whole: Whole) -> Iterator[Complaint]:
    """Councils and measures of an option are in the file, and there is a council."""
    for name, option in whole.config.options.items():
        at = f"options.{name}"
        if not option.councils:
            yield f"{at}.councils", "expected at least one council"
        for key, section, what in (("councils", "councils", "council"), ("measures", "measures", "measure")):
            for entry in getattr(option, key):
                if message := whole.unknown(entry, section, what=what):
                    yield f"{at}.{key}", message


def options_are_few(whole: Whole) -> Iterator[Complaint]:
    """Each pair of options is compared, so that their number is bounded."""
    if len(whole.config.options) > MOST_OPTIONS:
        yield "options", f"expected at most {MOST_OPTIONS} options, got {len(whole.config.options)}"


def variants_change_figures(whole: Whole) -> Iterator[Complaint]:
    """A reading or a stress scenario runs on the same futures and years: it cannot say otherwise of the run itself."""
    sections = (("readings", "reading", whole.config.readings), ("stress", "stress scenario", whole.config.stress))
    for section, what, entries in sections:
        for name, entry in entries.items():
            for address in entry.set_:
                head = address.partition(".")[0]
                if head in _OF_THE_RUN:
                    message = f"a {what} is run on the same futures as the file; it cannot set '{head}'"
                    yield f"{section}.{name}.set.{address}", message


def options_are_admissible(whole: Whole) -> Iterator[Complaint]:
    """What a measure requires is in its option, and what it excludes is not."""
    for name, option in whole.config.options.items():
        at = f"options.{name}.measures"
        for chosen in option.measures:
            measure = whole.config.measures.get(chosen)
            if measure is None:
                continue
            for needed in measure.requires:
                if needed in whole.names("measures") and needed not in option.measures:
                    yield at, f"'{chosen}' requires '{needed}', which is not in this option"
            for other in measure.excludes:
                if other in option.measures:
                    yield at, f"'{chosen}' excludes '{other}', and both are in this option"


def measures_reach_a_council(whole: Whole) -> Iterator[Complaint]:
    """Every measure of an option belongs to one of the option's councils at least."""
    for name, option in whole.config.options.items():
        for chosen in option.measures:
            measure = whole.config.measures.get(chosen)
            owners = set(measure.shares or ([measure.council] if measure.council else ())) if measure else set()
            known = option.councils and set(option.councils) <= set(whole.names("councils"))
            if known and owners and not owners & set(option.councils):
                message = f"'{chosen}' belongs to none of the councils that this option is open to"
                yield f"options.{name}.measures", message


def claims_are_in_time(whole: Whole) -> Iterator[Complaint]:
    """A claim is about a year of the horizon."""
    for name, option in whole.config.options.items():
        if option.claims is not None and whole.outside(option.claims.by):
            at = f"options.{name}.claims.by"
            yield at, f"expected a year of the horizon, {whole.span}, got '{label(option.claims.by)}'"


def precision_fits_the_headline(whole: Whole) -> Iterator[Complaint]:
    """A precision is stated for a figure that the file has, in the kind of that figure."""
    asked = whole.config.run.precision
    found = misfit(asked, whole.config.options, whole.config.outputs) if asked else None
    if found is not None and not (whole.is_refused("options") or whole.is_refused("outputs")):
        name, message = found
        section = whole.root.get("run")
        inside = isinstance(section, Mapping) and isinstance(section.get("precision"), Mapping)
        yield f"run.precision.{name}" if inside else "run.precision", message


def events_name_what_exists(whole: Whole) -> Iterator[Complaint]:
    """Measures and lines that an event changes are in the file."""
    known = [
        f"councils.{council}.{section}.{line}"
        for council in whole.names("councils")
        for section in ("pressures", "funding")
        for line in whole.names("councils", council, section)
    ]
    for name, event in whole.config.events.items():
        for key in ("never_starts", "stops", "delays"):
            for measure in getattr(event, key):
                if message := whole.unknown(measure, "measures", what="measure"):
                    yield f"events.{name}.{key}" + (f".{measure}" if key == "delays" else ""), message
        for line in event.lines:
            if line not in known:
                yield (
                    f"events.{name}.lines.{line}",
                    f"there is no line '{line}'{nearest_or_list(line, known)}",
                )


def events_say_when(whole: Whole) -> Iterator[Complaint]:
    """A yearly rate has a clock, a single chance a moment, dated chances their dates, all in order."""
    for name, event in whole.config.events.items():
        at = f"events.{name}"
        dated = isinstance(event.chance, DatedChances)
        if dated and event.each is not None:
            yield f"{at}.each", "a chance by date is no yearly rate; leave each out, or give one chance"
        if event.each is None:
            for key, value in (("from", event.from_), ("until", event.until)):
                if value is not None:
                    yield f"{at}.{key}", "only a yearly rate (each: year) has a from and an until"
        if event.in_ is not None and (dated or event.each is not None):
            yield f"{at}.in", "only a single chance happens in one moment"
        if event.keeps is not None and not event.stops:
            yield f"{at}.keeps", "only what is stopped keeps a share; say which measures it stops"
        yield from _in_order(whole, at, event)


def _in_order(whole: Whole, at: str, event: schema.Event) -> Iterator[Complaint]:
    horizon = whole.config.years or ()
    if event.from_ is not None and event.until is not None and event.until <= event.from_:
        yield f"{at}.until", "expected a moment after from"
    moments = [("from", event.from_), ("in", event.in_)]
    if isinstance(event.chance, DatedChances):
        moments += [
            (f"chance.{part}", moment) for part, moment in zip(event.chance.names, event.chance.moments, strict=True)
        ]
    for key, moment in moments:
        if horizon and moment is not None and moment >= horizon[-1] + 1:
            yield f"{at}.{key}", f"expected a moment within the horizon, {whole.span}; this is after it"


CHECKS: tuple[Check, ...] = (
    options_are_few,
    variants_change_figures,
    options_name_what_exists,
    options_are_admissible,
    precision_fits_the_headline,
    measures_reach_a_council,
    claims_are_in_time,
    events_name_what_exists,
    events_say_when,
)
