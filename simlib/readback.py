"""A config in plain words, for ``simlib check``, entry by entry; nothing is drawn or computed.

Whoever wrote the file can read here whether it says what they meant.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simlib import years
from simlib.quoting import figure, named, plan_words, quantity_words, yearly_words
from simlib.shifts import shift_lines
from simlib.weighing import choice_lines
from simlib.wording import clean, joined, money

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.config.schema import Council, Event, Line, Measure, OneOff, Option, Reading, Stress
    from simlib.model import Model

__all__ = ["read_back"]

_LONGEST = 10_000  # characters of one entry; only a hostile file has more
_BASES = {
    "recurring": "a year at full effect",
    "cumulative": "in total",
    "annual_average": "a year on average",
    "one_off": "once",
}


def read_back(config: "Config", model: "Model | None" = None) -> list[str]:
    """Give a config as lines of plain words.

    Parameters
    ----------
    config : Config
        As it was loaded.
    model : Model, optional
        Compiled of it; then the entries that move the average gap away from the plan are told too.

    Returns
    -------
    list of str
        Headings start with ``# ``; entries of a list with ``- ``. No control characters.
    """
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        (clean(config.title), _frame(config)),
        ("Quantities used in several places", _shared(config)),
        *((named(c, key), _council(c, config)) for key, c in config.councils.items()),
        ("Programmes", _programmes(config)),
        ("Measures", (_measure(key, m, config) for key, m in config.measures.items())),
        ("Events", (_event(key, e, config) for key, e in config.events.items())),
        ("Options", (_option(key, o, config) for key, o in config.options.items())),
        ("Further figures", _outputs(config)),
        ("Figures that have come in", _observed(config)),
        ("Other readings", _variants(config.readings)),
        ("Stress scenarios", _variants(config.stress)),
        ("What a choice turns on", choice_lines(config)),
        ("What goes together", _dependence(config)),
        ("What moves the average away from the plan", shift_lines(model)),
        ("Sources", _sources(config)),
    )
    lines: list[str] = []
    for heading, entries in sections:
        told = [clean(entry, longest=_LONGEST) for entry in entries]
        if told:
            lines += [*([""] if lines else []), f"# {heading}", *(f"- {entry}" for entry in told)]
    return lines


def _unit(config: "Config") -> str:
    """Give the file's unit of money."""
    return config.money or "£"


def _frame(config: "Config") -> Iterator[str]:
    """Tell when, how far and how."""
    if config.years:
        last = years.label(config.years[-1])
        target = ""
        if config.target_year is not None and any(council.gap for council in config.councils.values()):
            target = f"; the gap must be closed by {years.label(config.target_year)}"
        horizon = f"Years {years.label(config.years[0])} to {last}{target}"
        yield f"{horizon}; money in {_unit(config)}, {config.prices} prices"
    if config.as_at:
        yield f"Decided on what was known on {config.as_at.day} {config.as_at:%B %Y}"
    seed = "a seed drawn for each run" if config.run.seed is None else f"seed {config.run.seed}"
    yield f"{_how_many(config)}, {seed}, {config.run.sampler.replace('_', ' ')} sampler"
    if config.councils:
        yield f"Headline test: {config.closes.replace('_', ' ')}"


def _how_many(config: "Config") -> str:
    """Tell the number of futures, which a precision leaves open."""
    run = config.run
    if not run.precision:
        return f"{run.simulations:,} futures"
    bare = "money" if config.options else "number"
    wanted = joined([f"{w.name} to within {figure(w.amount, w.kind or bare, _unit(config))}" for w in run.precision])
    most = f", at most {run.simulations:,}" if "simulations" in run.model_fields_set else ""
    return f"As many futures as it takes to know {wanted}{most}"


def _shared(config: "Config") -> Iterator[str]:
    """Tell the quantities that are used in more than one place."""
    for key, quantity in config.drivers.items():
        yield f"{quantity.label or _spaced(key)} ({key}): {quantity_words(quantity, _unit(config))}"


def _spaced(key: str) -> str:
    """Give an id as words."""
    return key.replace("_", " ")


# Councils


def _council(council: "Council", config: "Config") -> Iterator[str]:
    """Tell one council: its gap, its lines, its reserves."""
    unit = _unit(config)
    if council.gap:
        yield _gap_words(council, config)
    for sign, lines in (("pressure", council.pressures), ("funding", council.funding)):
        for key, line in lines.items():
            kind = sign if line.recurring else f"{sign}, once"
            yield f"{named(line, key)} ({kind}): {_line_words(line, config)}"
    if council.general_fund:
        fund = council.general_fund
        opening, least = quantity_words(fund.opening, unit), quantity_words(fund.minimum, unit)
        planned = f"; planned: {plan_words(fund.planned, unit, config.years or ())}" if fund.planned else ""
        yield f"General fund: opens at {opening}, minimum {least}{planned}"
    for key, pot in council.pots.items():
        whose = "the council's own money" if pot.owner == "own" else "somebody else's money"
        yield f"{named(pot, key)}: {quantity_words(pot.opening, unit)}, {whose}"


def _gap_words(council: "Council", config: "Config") -> str:
    """Tell a council's gap as published, or that it is the sum of its lines."""
    gap = council.gap
    assert gap is not None, "the caller has looked"
    basis = "recurring savings needed by each year" if gap.basis == "cumulative_base" else "new savings each year"
    if gap.plan == "sum_of_lines":
        return f"Gap: the sum of its lines ({basis})"
    counted = {True: "counts", False: "does not count", None: "does not say whether it counts"}
    included = f": {joined([_label(config.measures, key) for key in gap.included])}" if gap.included else ""
    words = plan_words(gap.plan, _unit(config), config.years or ())
    return f"Gap: {words} ({basis}; it {counted[gap.already_includes_savings]} planned savings{included})"


def _line_words(line: "Line", config: "Config") -> str:
    """Tell how a line moves away from its plan."""
    unit, parts = _unit(config), []
    if line.plan is not None:
        parts.append(f"planned {plan_words(line.plan, unit, config.years or ())}")
    if line.base is not None:
        parts.append(f"{quantity_words(line.base, unit)} in the year before")
    moves = (
        ("growth a year:", line.growth),
        ("away from plan:", line.change),
        ("share that comes:", line.realised),
    )
    parts += [f"{verb} {yearly_words(value, unit, config.years or ())}" for verb, value in moves if value is not None]
    if line.certainty:
        parts.append(f"{line.certainty} funding")
    return ", ".join(parts)


# Programmes and measures


def _programmes(config: "Config") -> Iterator[str]:
    """Tell what measures share."""
    for key, programme in config.programmes.items():
        members = [named(m, k) for k, m in config.measures.items() if m.programme == key]
        words = f"share finally delivered: {quantity_words(programme.realisation, _unit(config))}"
        apart = f"; single measures stray {figure(programme.individual, 'share', '£')} of the way around it"
        whole = apart if programme.individual else ""
        yield f"{named(programme, key)}: {joined(members) or 'no measure'}; {words}{whole}"


def _measure(key: str, measure: "Measure", config: "Config") -> str:
    """Tell one measure: how much, whose, when, how late, how much of it, at what cost."""
    unit = _unit(config)
    parts = [_saving_words(measure, config), _share_words(measure, config), _time_words(measure)]
    moves = (
        (_late(measure.delay), measure.delay),
        ("share finally delivered:", measure.realisation),
        ("scope, as a share of the plan:", measure.scope_growth),
        ("share spent on filling posts again:", measure.backfill),
        ("grows each year by", measure.indexed_to),
    )
    parts += [f"{verb} {quantity_words(value, unit)}" for verb, value in moves if value is not None]
    if measure.programme:
        parts.append(f"delivered as {_label(config.programmes, measure.programme)} is")
    if measure.running_cost is not None:
        net = "deducted" if measure.saving_is == "gross" else "deducted already"
        parts.append(f"running cost a year ({net}): {quantity_words(measure.running_cost, unit)}")
    parts += [_one_off_words(k, cost, config) for k, cost in measure.one_off.items()]
    parts += [f"{q.label or _spaced(k)} ({k}): {quantity_words(q, unit)}" for k, q in measure.local.items()]
    parts += _condition_words(measure, config)
    return f"{named(measure, key)}: {'; '.join(part for part in parts if part)}"


def _late(delay: Any) -> str:
    """Give the words before a delay: "by" only before what goes on from it."""
    starts = ("somewhere", "anywhere", "around", "exactly")
    value: Any = getattr(delay, "value", None)
    return "delay:" if hasattr(value, "sentence") and not value.sentence().startswith(starts) else "comes late by"


def _saving_words(measure: "Measure", config: "Config") -> str:
    """Tell the planned saving on its basis."""
    unit = _unit(config)
    over = f" over {figure(measure.over, 'duration', unit)}" if measure.over else ""
    basis = f"{_BASES[measure.basis]}{over}"
    if measure.plan is not None:
        return f"saves {plan_words(measure.plan, unit, config.years or ())} ({basis})"
    words = quantity_words(measure.saving, unit)
    certain = isinstance(getattr(measure.saving, "value", None), int | float)
    return f"saves {words} {basis}" if certain else f"saves {basis}: {words}"


def _share_words(measure: "Measure", config: "Config") -> str:
    """Tell whose saving it is."""
    if measure.council:
        return f"for {_label(config.councils, measure.council)}"
    parts = [
        f"the rest {_place(config, key)}" if share == "rest" else f"{_share(share)} {_place(config, key)}"
        for key, share in (measure.shares or {}).items()
    ]
    return f"shared {joined(parts)}" if parts else ""


def _share(share: Any) -> str:
    """Tell a share that may be a figure of any kind."""
    return quantity_words(share, "£")


def _place(config: "Config", key: str) -> str:
    """Name a council, or what leaves them all."""
    return _label(config.councils, key) if key in config.councils else _spaced(key)


def _time_words(measure: "Measure") -> str:
    """Tell when a saving starts, when it is full and when it ends."""
    if measure.from_ is None:
        return ""
    words = f"starts in {years.label(measure.from_)}"
    if measure.full_from is not None and measure.full_from != measure.from_:
        how = "in equal steps" if measure.rises == "equal_steps" else "evenly"
        words += f", rises {how} and is full from {years.label(measure.full_from)}"
    else:
        words += ", in full"
    return words + (f", last received in {years.label(measure.ends)}" if measure.ends is not None else "")


def _one_off_words(key: str, cost: "OneOff", config: "Config") -> str:
    """Tell one one-off cost: how much, when, who pays."""
    unit = _unit(config)
    when = f" in {years.label(cost.in_)}" if cost.in_ is not None else ""
    if cost.lead is not None:
        when = f" over the {figure(cost.lead, 'duration', unit)} before the saving"
    words = f"one-off cost of {named(cost, key)}{when}: {quantity_words(cost.amount, unit)}"
    if cost.overrun is not None:
        words += f", times {quantity_words(cost.overrun, unit)}"
    words += "" if cost.slips else ", on its date even if the saving is late"
    words += ", spent even if the measure never starts" if cost.sunk else ""
    pots = [pot for entry in cost.funded_by for pot in _pot_words(entry, unit)]
    order = " in this order" if len(pots) > 1 else ""
    return words + (f", paid from {joined(pots)}{order}" if pots else "")


def _pot_words(entry: str | Mapping[str, float], unit: str) -> Iterator[str]:
    """Name a pot, with its limit where it has one."""
    if isinstance(entry, str):
        yield _spaced(entry)
    else:
        yield from (f"{_spaced(pot)} (at most {figure(limit, 'money', unit)})" for pot, limit in entry.items())


def _condition_words(measure: "Measure", config: "Config") -> Iterator[str]:
    """Tell what a measure needs, excludes and overlaps."""
    if measure.requires:
        needed = (_needed(name, config) for name in measure.requires)
        yield f"needs {joined(list(needed))}"
    if measure.excludes:
        yield f"cannot stand beside {joined([_label(config.measures, key) for key in measure.excludes])}"
    for key, amount in measure.overlaps.items():
        words = quantity_words(amount, _unit(config))
        yield f"saved only once beside {_label(config.measures, key)}, a year: {words}"
    for key, late in measure.slows.items():
        words = quantity_words(late, _unit(config))
        yield f"delays {_label(config.measures, key)} where both are in an option: {words}"
    if measure.effort:
        yield f"effort in each year of building up: {measure.effort:g}"


def _needed(name: str, config: "Config") -> str:
    """Name what a measure needs: a measure, an event, or that an event does not happen."""
    bare = name.removeprefix("not ").strip()
    prefix = "that it does not happen: " if bare != name else ""
    return prefix + _label(config.measures if bare in config.measures else config.events, bare)


def _label(entries: Mapping[str, Any], key: str) -> str:
    """Give an entry's label, or its id as words."""
    return named(entries[key], key) if key in entries else _spaced(key)


# Events, options and the rest


def _event(key: str, event: "Event", config: "Config") -> str:
    """Tell one event: how likely, when, and what it does."""
    plan = "that it happens" if event.plan == "happens" else "that it does not"
    parts = [_chance_words(event, config), f"the business case assumes {plan}", *_effect_words(event, config)]
    return f"{named(event, key)}: {'; '.join(parts)}"


def _chance_words(event: "Event", config: "Config") -> str:
    """Tell a chance, a chance by date, or a yearly rate."""
    from simlib.config.quantities import DatedChances

    chance = event.chance
    if isinstance(chance, DatedChances):
        dated = zip(chance.moments, chance.chances, strict=True)
        told = [f"{_moment(moment)}: {quantity_words(share, '£')}" for moment, share in dated]
        return f"chance, where it has not happened before: {'; '.join(told)}"
    words = quantity_words(chance, _unit(config))
    if event.each:
        start = f" from {_moment(event.from_)}" if event.from_ is not None else ""
        stop = f" until {_moment(event.until)}" if event.until is not None else ""
        return f"chance each year{start}{stop}: {words}"
    when = f" in {_moment(event.in_)}" if event.in_ is not None else ""
    return f"chance{when}: {words}"


def _moment(moment: float) -> str:
    """Give a moment as a month and a year."""
    month = round((moment - int(moment)) * 12)
    place = (3 + month) % 12
    return f"{_MONTHS[place]} {int(moment) + (month >= 9)}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _effect_words(event: "Event", config: "Config") -> Iterator[str]:
    """Tell what an event does to measures and lines."""
    unit = _unit(config)
    if event.never_starts:
        yield f"{joined([_label(config.measures, key) for key in event.never_starts])} then never starts"
    if event.stops:
        kept = f"; share that stays: {quantity_words(event.keeps, unit)}" if event.keeps is not None else ""
        yield f"stops {joined([_label(config.measures, key) for key in event.stops])}{kept}"
    for key, late in event.delays.items():
        yield f"makes {_label(config.measures, key)} later by {quantity_words(late, unit)}"
    if event.costs is not None:
        yield f"costs once: {quantity_words(event.costs, unit)}"
    for address, effect in event.lines.items():
        how = "every year from then on" if effect.basis == "recurring" else "once"
        yield f"moves {address} ({how}) by {quantity_words(effect.change, unit)}"


def _option(key: str, option: "Option", config: "Config") -> str:
    """Tell one option: its measures, its councils, its claim."""
    measures = joined([_label(config.measures, name) for name in option.measures]) or "no measure"
    councils = joined([_label(config.councils, name) for name in option.councils])
    claim = option.claims
    words = f"{named(option, key)}: {measures}; open to {councils}"
    if claim:
        basis = "in total by" if claim.basis == "cumulative" else "a year by"
        net = ", one-offs deducted" if claim.net_of_one_off else ""
        words += f"; claims {money(claim.amount, _unit(config))} {basis} {years.label(claim.by)}{net}"
    return words


def _outputs(config: "Config") -> Iterator[str]:
    """Tell the figures of the file's own."""
    for key, output in config.outputs.items():
        yield f"{output.label or _spaced(key)}: {quantity_words(output, _unit(config))}"


def _observed(config: "Config") -> Iterator[str]:
    """Tell what was observed, how far it may be off, and how far it may still move."""
    for entry in config.observed.values():
        year = "" if entry.year is None else f" of {years.label(entry.year)}"
        what = f"{entry.label}: {entry.what}{year}" if entry.label else f"{entry.what}{year}"
        off = f", give or take {entry.error}" if entry.error else ", counted"
        share = figure(getattr(config.stages, entry.stage), "share", "£")
        still = f", so that it may still move by {share} of itself" if share != "0%" else ""
        yield f"{what} is {entry.value}{off}; {entry.stage}{still}"


def _variants(entries: "Mapping[str, Reading | Stress]") -> Iterator[str]:
    """Tell what each reading or stress scenario changes, and why."""
    for key, reading in entries.items():
        laid = reading.set_.items()
        changes = (f"{address} = {value}" if isinstance(value, str) else address for address, value in laid)
        why = reading.why.rstrip()
        stop = "" if why.endswith((".", "!", "?")) else "."
        yield f"{named(reading, key)}: {why}{stop} Sets {', '.join(changes)}"


def _dependence(config: "Config") -> Iterator[str]:
    """Tell which quantities go together, and how much."""
    for dependence in config.dependence.values():
        names = dependence.between or dependence.among or ()
        reason = f": {dependence.reason}" if dependence.reason else ""
        copula = f", t copula with {dependence.df:g} degrees of freedom" if dependence.copula == "t" else ""
        firm = ", firm" if dependence.firm else ""
        yield f"{' and '.join(names)}, {_how_much(*dependence.stated[0])}{copula}{firm}{reason}"


def _how_much(form: str, stated: Any) -> str:
    """Tell a figure of dependence in the words of its key."""
    if isinstance(stated, tuple):
        rows = "; ".join(" ".join(f"{value:g}" for value in row[: i + 1]) for i, row in enumerate(stated))
        return f"{form.replace('_', ' ')} {rows}"
    if form == "concordance":
        return f"on the same side of their middles in {10 * stated:.3g} of 10 futures"
    scale = " on the normal scale" if form == "correlation" else ""
    return f"{form.replace('_', ' ')}{scale} {stated if isinstance(stated, str) else f'{stated:g}'}"


def _sources(config: "Config") -> Iterator[str]:
    """Tell which figures have no source, neither of their own nor of the entry they stand in."""
    from simlib.catalogue import slots

    missing = [address for address, slot in slots(config).items() if not _cited(config, address, slot.value)]
    yield f"No source for {', '.join(missing)}" if missing else "Every figure has a source"


def _cited(config: "Config", address: str, value: Any) -> bool:
    """Tell whether a figure can be traced: a formula to what it names, another to a source or a class."""
    parts = getattr(value, "values", None) or (getattr(value, "each", value),)
    if all(part.source or part.reference or hasattr(part.value, "names") for part in parts):
        return True
    return any(getattr(node, "source", None) for node in _enclosing(config, address))


def _enclosing(config: "Config", address: str) -> Iterator[Any]:
    """Give every entry that an address passes through."""
    node: Any = config
    for part in address.split("."):
        node = node.get(part) if isinstance(node, Mapping) else getattr(node, part, None)
        if node is None:
            return
        yield node
