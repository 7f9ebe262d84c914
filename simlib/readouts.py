"""What is read from futures: facts (true or false in a future) and figures (one number in a future), by key.

A key is a tuple of names such as ``("options", "solo", "south_somerset", "gap_after")``; where only the mean and the
spread of a figure are wanted, it begins with ``moments``. An array of booleans is a fact, (simulation,); an array of
floats a figure, (simulation,) or (year, simulation). The same functions serve futures held in memory, futures
streamed past, the readings and the plan. Nothing is counted here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simlib.delivery import Delivery
from simlib.drivers import Driver
from simlib.flows import Flows, flows
from simlib.kernels import closing, reserves
from simlib.kernels.closing import Booleans
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.passage import steps

Key = tuple[str, ...]
Readout = tuple[Key, NDArray[np.bool_] | Floats]
YEARLY_FIGURES = (
    "gap_after", "gap_recurring", "savings", "run_rate", "one_off_gross", "one_off_net", "general_fund",
    "one_off_own_pots", "one_off_external_pots", "one_off_savings",
)  # fmt: skip


def closes(model: Model, flow: Flows, *, only: str | None = None) -> dict[str, Booleans]:
    """Give the closing tests that apply, each (simulation,); with ``only`` no other is worked out."""
    return {test: holds(model, flow) for test, holds in _TESTS.items() if only in (None, test) and _applies(test, flow)}


def _applies(test: str, flow: Flows) -> bool:
    home = flow.model.councils[flow.council]
    return home.gap_plan is not None and (not test.startswith("reserves") or home.fund is not None)


def _known(value: Floats | None) -> Floats:
    assert value is not None  # a test is only asked for where it applies
    return value


_TESTS: dict[str, Callable[[Model, Flows], Booleans]] = {
    "target_year": lambda m, f: closing.target_year(f.position(m.target), m.tolerance),
    "in_year": lambda m, f: closing.in_year(_known(f.gap_after), m.target, m.tolerance),
    "from_target_year": lambda m, f: closing.from_target_year(_known(f.gap_recurring), m.target, m.tolerance),
    "every_year": lambda m, f: closing.every_year(_known(f.gap_after), m.tolerance),
    "reserves_hold": lambda m, f: closing.reserves_hold(_known(f.general_fund), _known(f.minimum), m.tolerance),
    "reserves_restored": lambda m, f: closing.reserves_restored(_known(f.general_fund), _known(f.opening), m.tolerance),
}
TESTS = tuple(_TESTS)


def read_council(model: Model, block: Delivery, council: int) -> Iterator[Readout]:
    """Give what holds for a council under every option."""
    if model.councils[council].gap_plan is not None:
        yield ("gap_before", model.councils[council].id), block.gap_before[council]


def read_option(model: Model, block: Delivery, option: int) -> Iterator[Readout]:
    """Give everything that is read of one option: for each of its councils, jointly, and its claim."""
    chosen = model.options[option]
    together: list[dict[str, Booleans]] = []
    kept = np.zeros(block.simulations)
    for council in chosen.councils:
        flow = flows(model, block, option, council)
        key = ("options", chosen.id, model.councils[council].id)
        tests = closes(model, flow)
        together.append(tests)
        yield from _yearly(key, flow)
        yield from _facts(model, block, key, flow, tests)
        yield from _costed_alone(model, block, key, flow)
        yield from _figures(model, key, flow)
        if chosen.claim is not None:
            kept = kept + _claimed(model, option, flow)
    for test in TESTS if len(chosen.councils) > 1 else ():
        if all(test in tests for tests in together):
            yield (
                ("options", chosen.id, "jointly", "closes", test),
                _all([tests[test] for tests in together]),
            )
    if chosen.claim is not None:
        fact = kept > chosen.claim.amount - model.tolerance
        yield ("options", chosen.id, "claim", "kept"), fact
        for place, event in model.events:
            yield ("options", chosen.id, "claim", "closes_if", event.address), fact & _happened(block, place)
        yield ("options", chosen.id, "claim", "amount"), kept


def headline(model: Model, block: Delivery) -> Iterator[tuple[Key, Booleans]]:
    """Give where each option closes by the headline test, and keeps its claim: what readings need."""
    test = _TESTS[model.config.closes]
    for o, option in enumerate(model.options):
        found = [flows(model, block, o, council) for council in option.councils]
        tested = [flow for flow in found if _applies(model.config.closes, flow)]
        for flow in tested:
            where = model.councils[flow.council].id
            yield ("options", option.id, where), test(model, flow)
        if len(tested) == len(found) > 1:
            yield ("options", option.id, "jointly"), _all([test(model, flow) for flow in tested])
        if option.claim is not None:
            kept = claimed(model, block, o)
            yield ("options", option.id, "claim"), kept > option.claim.amount - model.tolerance


def _all(facts: list[Booleans]) -> Booleans:
    """Tell where all facts hold."""
    together = facts[0]
    for fact in facts[1:]:
        together = together & fact
    return together


def read_comparisons(model: Model, block: Delivery) -> Iterator[Readout]:
    """Give how options compare on the same futures: by council, and jointly where two options share their councils."""
    positions = {}
    for o, c in model.pairs:
        recurring = flows(model, block, o, c).gap_recurring
        if recurring is not None:
            positions[o, c] = recurring[model.target]
    for council, home in enumerate(model.councils):
        places = [o for o, option in enumerate(model.options) if (o, council) in positions]
        for i, a in enumerate(places):
            for b in places[i + 1 :]:
                yield from _pair(model, home.id, a, b, positions[a, council], positions[b, council])
    for a, first in enumerate(model.options):
        for b in range(a + 1, len(model.options)):
            both = model.options[b].councils
            if len(both) > 1 and set(first.councils) == set(both) and all((a, c) in positions for c in both):
                left, right = (_sum([positions[o, c] for c in both]) for o in (a, b))
                yield from _pair(model, "jointly", a, b, left, right)


def _sum(figures: list[Floats]) -> Floats:
    total = figures[0]
    for figure in figures[1:]:
        total = total + figure
    return total


def _pair(model: Model, where: str, a: int, b: int, left: Floats, right: Floats) -> Iterator[Readout]:
    key = ("comparisons", where, f"{model.options[a].id}|{model.options[b].id}")
    difference = left - right
    yield (*key, "better"), difference < -model.tolerance
    yield (*key, "worse"), difference > model.tolerance
    yield (*key, "equal"), np.abs(difference) <= model.tolerance
    yield (*key, "difference"), difference


def _yearly(key: Key, flow: Flows) -> Iterator[Readout]:
    arrays = (
        flow.gap_after, flow.gap_recurring, flow.savings, flow.run_rate, flow.one_off_gross, flow.one_off_net,
        flow.general_fund, flow.own_pots, flow.external_pots, flow.one_off_savings,
    )  # fmt: skip
    for name, array in zip(YEARLY_FIGURES, arrays, strict=True):
        if array is not None:
            yield (*key, name), array


def _facts(model: Model, block: Delivery, key: Key, flow: Flows, tests: dict[str, Booleans]) -> Iterator[Readout]:
    for test, fact in tests.items():
        yield (*key, "closes", test), fact
    if flow.gap_recurring is not None:
        yield (*key, "shortfall", "short"), flow.gap_recurring[model.target] >= model.tolerance
        first = closing.first_year_closed(flow.gap_recurring, model.tolerance)
        for y, name in enumerate((*model.year_labels, "never")):
            yield (*key, "first_year_closed", name), first == y
    if "reserves_hold" in tests and "target_year" in tests:
        yield (*key, "holds_with_gap"), tests["reserves_hold"] & ~tests["target_year"]
    if model.options:
        yield from _payback(model, key, flow)
    headline = tests.get(model.config.closes)
    for place, event in model.events:
        happened = _happened(block, place)
        if headline is not None:
            yield (*key, "closes_if", event.address), headline & happened
        if flow.gap_recurring is not None and flow.gap_before is not None:
            yield ("moments", *key, "gap_if", event.address), np.where(happened, flow.gap_recurring[model.target], 0.0)
            yield ("moments", *key, "met_if", event.address), np.where(happened, share_met(model, flow), 0.0)


def uncosted(model: Model, option: int, council: int) -> tuple[int, ...]:
    """Give the measures of an option that reach a council and for which the business case has no saving."""
    return tuple(m for m in reaching(model, option, council) if not model.measures[m].full)


def reaching(model: Model, option: int, council: int) -> tuple[int, ...]:
    """Give the measures of an option in which a council has a share."""
    shared = (m for m in model.options[option].measures if any(c == council for c, _ in model.measures[m].shares))
    return tuple(shared)


def _costed_alone(model: Model, block: Delivery, key: Key, flow: Flows) -> Iterator[Readout]:
    """Give where the headline holds without the measures that the business case does not cost, all else the same."""
    left_out = uncosted(model, flow.option, flow.council)
    if left_out and _applies(model.config.closes, flow):
        options = list(model.options)
        chosen = options[flow.option]
        options[flow.option] = replace(chosen, measures=tuple(m for m in chosen.measures if m not in left_out))
        without = flows(replace(model, options=tuple(options)), block, flow.option, flow.council)
        yield (*key, "costed_alone"), _TESTS[model.config.closes](model, without)


def share_met(model: Model, flow: Flows) -> Floats:
    """Give the share of the target year's gap that savings meet, (simulation,); nothing where there is no gap."""
    assert flow.gap_before is not None
    before = flow.gap_before[model.target]
    rate = flow.run_rate[model.target]
    some = before > model.tolerance
    return np.where(some, rate / np.where(some, before, 1.0), 0.0)


def _payback(model: Model, key: Key, flow: Flows) -> Iterator[Readout]:
    """Give after how many years the option has paid back: facts, as never is one of the answers."""
    years = closing.payback(net_cash(flow), model.tolerance)
    for count in range(1, len(model.years) + 1):
        yield (*key, "payback", str(count)), years == count
    yield (*key, "payback", "beyond"), years == np.inf
    yield (*key, "payback", "nothing"), np.isnan(years)


def net_cash(flow: Flows) -> Floats:
    """Give an option's cash to the council beside doing nothing: before own pots, after external money."""
    return flow.savings + flow.one_off_savings - flow.one_off_costs + flow.external_pots


def _figures(model: Model, key: Key, flow: Flows) -> Iterator[Readout]:
    if flow.gap_recurring is not None and flow.gap_before is not None:
        position = flow.gap_recurring[model.target]
        short = np.maximum(position, 0.0)
        yield (*key, "shortfall", "amount"), short
        yield (*key, "share_of_gap_met"), share_met(model, flow)
        hold = flow.general_fund
        if hold is not None and flow.minimum is not None:
            held = closing.reserves_hold(hold, flow.minimum, model.tolerance)
            yield (*key, "gap_where_held"), np.where(held, short, 0.0)
    if flow.taken is not None and flow.minimum is not None:
        yield (*key, "reserve_needed"), reserves.reserve_needed(flow.minimum, flow.taken)
    factors = discount_factors(model)
    if factors is not None:
        yield (*key, "npv"), closing.present_value(net_cash(flow), factors)


def discount_factors(model: Model) -> Floats | None:
    """Give what a pound of each year is worth at the base: (year,), mid-year, real.

    None where no terms are stated, and where cash has no deflator: nobody's inflation is assumed.
    """
    terms, real = model.config.npv, model.config.prices != "cash"
    if terms is None or (terms.deflator is None and not real):
        return None
    base = terms.base if terms.base is not None else model.years[0]
    elapsed = np.asarray(model.years, dtype=float) - base + 0.5
    deflator = 0.0 if real else (terms.deflator or 0.0)
    return np.asarray((1.0 + deflator) ** -elapsed * (1.0 + terms.rate) ** -elapsed)


def claimed(model: Model, block: Delivery, option: int) -> Floats:
    """Give what an option brings of what it claims, (simulation,)."""
    kept = np.zeros(block.simulations)
    for council in model.options[option].councils:
        kept = kept + _claimed(model, option, flows(model, block, option, council))
    return kept


def _claimed(model: Model, option: int, flow: Flows) -> Floats:
    claim = model.options[option].claim
    assert claim is not None
    until = slice(0, claim.by + 1)
    costs = flow.one_off_costs - flow.external_pots - flow.one_off_savings
    once: Floats | float = np.sum(costs[until], axis=0) if claim.net else 0.0
    brought: Floats = np.sum(flow.savings[until], axis=0) if claim.cumulative else flow.run_rate[claim.by]
    return brought - once


def read_events(model: Model, block: Delivery) -> Iterator[Readout]:
    """Give whether each event happens."""
    for place, event in model.events:
        yield ("events", event.address), _happened(block, place)


def _happened(block: Delivery, event: int) -> Booleans:
    return np.isfinite(np.broadcast_to(block.carried[event], (block.simulations,)))


def read_figures(model: Model, drivers: dict[str, Floats], outputs: dict[str, Floats]) -> Iterator[Readout]:
    """Give outputs (conditions as facts too), and drivers as their distribution is stated: steps, growth or values."""
    yield from ((("outputs", name), value) for name, value in outputs.items())
    for output in model.outputs:
        if output.condition:
            value = outputs[output.id] != 0
            rows = enumerate(value) if value.ndim > 1 else [(0, value)]
            yield from ((("outputs", output.id, "holds", str(y)), row) for y, row in rows)
    for node in model.nodes:
        if isinstance(node, Driver) and node.address in drivers:
            value = drivers[node.address]
            yield ("drivers", node.address), steps(value, node.varies)


@dataclass(frozen=True, slots=True)
class Held:
    """Some futures with everything that can be read of them."""

    delivery: Delivery
    drivers: dict[str, Floats]
    outputs: dict[str, Floats]


def read_all(model: Model, held: Held) -> Iterator[Readout]:
    """Give every fact and figure of some futures."""
    for option in range(len(model.options)):
        yield from read_option(model, held.delivery, option)
    yield from read_comparisons(model, held.delivery)
    for council in range(len(model.councils)):
        yield from read_council(model, held.delivery, council)
    yield from read_events(model, held.delivery)
    yield from read_figures(model, held.drivers, held.outputs)
