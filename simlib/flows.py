"""From the figures of a block of futures to the money: what measures bring, and where that leaves each option.

Two steps, both plain arithmetic on arrays (simulation last): ``deliver`` gives everything that does not depend
on the option (the gap, each measure, each cost), ``flows`` what one option means for one council. The formulas
themselves are in ``simlib.kernels``; nothing is drawn, counted or named here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simlib.drivers import Values
from simlib.kernels import lines, paths, reserves
from simlib.kernels.paths import Floats
from simlib.model import CostModel, EventCostModel, LineModel, MeasureModel, Model, OptionModel


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a block of futures holds before any option is looked at.

    Attributes
    ----------
    gap_before
        (council, year, simulation) recurring gap before savings [money]; nan where a council has no gap.
    line_costs
        (council, year, simulation) one-off lines, net, as a cost [money].
    savings, run_rate
        (measure, year, simulation) received in the year [money]; a year's worth at its end [money a year].
    one_off_savings
        (measure, year, simulation) savings that come once [money].
    costs
        (cost, year, simulation) one-off costs, gross, of all councils together [money].
    starts
        (measure, simulation) when each measure starts [years], infinite for never.
    carried
        Values of the nodes that options still need: shares, pots, funds, overlaps, events.
    """

    gap_before: Floats
    line_costs: Floats
    savings: Floats
    run_rate: Floats
    one_off_savings: Floats
    costs: Floats
    starts: Floats
    carried: dict[int, Floats]

    @property
    def simulations(self) -> int:
        """How many futures the block holds."""
        return int(self.starts.shape[-1])

    def part(self, where: slice) -> "Delivery":
        """Give a view of some of the futures."""
        carried = {k: v[..., where] if v.ndim and v.shape[-1] == self.simulations else v for k, v in self.carried.items()}
        arrays = (self.gap_before, self.line_costs, self.savings, self.run_rate, self.one_off_savings, self.costs)
        return Delivery(*(a[..., where] for a in arrays), self.starts[..., where], carried)


@dataclass(frozen=True, slots=True)
class Flows:
    """One option for one council, all (year, simulation) [money]; None where the council has no gap or no fund."""

    savings: Floats
    run_rate: Floats
    one_off_savings: Floats
    one_off_gross: Floats
    own_pots: Floats
    external_pots: Floats
    one_off_net: Floats
    gap_before: Floats | None
    gap_after: Floats | None
    gap_recurring: Floats | None
    taken: Floats | None
    general_fund: Floats | None
    minimum: Floats | None
    opening: Floats | None


def carried_nodes(model: Model) -> tuple[int, ...]:
    """Give the nodes whose values options need beside the delivery."""
    nodes = [node for m in model.measures for _, node in m.shares]
    nodes += [node for cost in model.costs for _, node in cost.shares]
    nodes += [node for option in model.options for *_, node in option.overlaps]
    nodes += [node for cost in model.event_costs for node in (cost.event, cost.amount)]
    nodes += [pot.opening for council in model.councils for pot in council.pots]
    nodes += [node for c in model.councils if c.fund for node in (c.fund.opening, c.fund.minimum)]
    nodes += [place for place, _ in model.events]
    return tuple(dict.fromkeys(nodes))


def deliver(model: Model, values: Values, plan: Values, count: int) -> Delivery:
    """Give everything that does not depend on the option.

    Parameters
    ----------
    values, plan
        Every node's value in this block, and in the plan.
    count
        Number of futures in the block.
    """
    years = len(model.years)
    shape = (years, count)
    gap = np.stack([_gap_before(model, c, values, plan, shape) for c in range(len(model.councils))] or [np.zeros((0, *shape))])
    line_costs = np.zeros((len(model.councils), *shape))
    for line in model.lines:
        if not line.recurring:
            line_costs[line.council] += line.sign * level(line, values)
    for council, cost in _effects(model, values, count, recurring=False):
        line_costs[council] += cost
    starts = _starts(model, values, count)
    in_year, at_end = np.zeros((2, len(model.measures), *shape))
    once = np.zeros((len(model.measures), *shape))
    for m, measure in enumerate(model.measures):
        received, rate = _measure(measure, values, starts[m], years)
        if measure.one_off:
            once[m] = received
        else:
            in_year[m], at_end[m] = received, rate
    costs = np.zeros((len(model.costs), *shape))
    for i, cost_model in enumerate(model.costs):
        costs[i] = _cost(cost_model, model.measures[cost_model.measure], values, starts[cost_model.measure], years)
    carried = {node: values[node] for node in carried_nodes(model)}
    return Delivery(gap.reshape(-1, *shape), line_costs, in_year, at_end, once, costs, starts, carried)


def flows(model: Model, block: Delivery, option: int, council: int) -> Flows:
    """Give what one option means for one council in every future of a block."""
    chosen, home = model.options[option], model.councils[council]
    received = _shared(model, block, chosen, council, block.savings)
    rate = _shared(model, block, chosen, council, block.run_rate)
    once = _shared(model, block, chosen, council, block.one_off_savings, overlaps=False)
    costs = _costs(model, block, chosen, council)
    paid = _paid(model, block, costs, council)
    own = _total([paid[p] for p, pot in enumerate(home.pots) if pot.owner == "own"], received)
    external = _total([paid[p] for p, pot in enumerate(home.pots) if pot.owner == "external"], received)
    gross = _total([cost for _, cost in costs], received) + _event_costs(model, block, chosen, council)
    gross = gross + block.line_costs[council]
    net = gross - own - external - once
    before = None if home.gap_plan is None else block.gap_before[council]
    after = None if before is None else before - received
    recurring = None if before is None else before - rate
    taken = fund = minimum = opening = None
    if home.fund is not None and after is not None:
        opening, minimum = block.carried[home.fund.opening], block.carried[home.fund.minimum]
        taken = reserves.drawn(after, net, home.fund.planned, spent=home.spends_surplus)
        fund = reserves.general_fund(opening, taken)
    return Flows(
        received, rate, once, gross, own, external, net, before, after, recurring, taken, fund, minimum, opening
    )


def _gap_before(model: Model, council: int, values: Values, plan: Values, shape: tuple[int, int]) -> Floats:
    planned = model.councils[council].gap_plan
    if planned is None:
        return np.full(shape, np.nan)
    gap = np.empty(shape)
    gap[:] = planned
    for line in model.lines:
        if line.council == council and line.recurring:
            gap += line.sign * (level(line, values) - level(line, plan))
    for at, effect in _effects(model, values, shape[1], recurring=True):
        if at == council:
            gap += effect
    for at, effect in _effects(model, plan, 1, recurring=True):
        if at == council:
            gap -= effect
    return gap


def level(line: LineModel, values: Values) -> Floats:
    if line.growth is not None and line.base is not None:
        return lines.grown(values[line.base], _by_year(values[line.growth], len(line.plan)))
    if line.realised is not None:
        return line.plan * values[line.realised]
    if line.change is not None:
        return line.plan + values[line.change]
    return line.plan


def _by_year(value: Floats, years: int) -> Floats:
    """Give a figure as (year, simulation) or (year, 1), repeated where it is the same each year."""
    return value if value.ndim > 1 else np.broadcast_to(np.atleast_1d(value), (years, *np.atleast_1d(value).shape))


def _effects(model: Model, values: Values, count: int, *, recurring: bool) -> list[tuple[int, Floats]]:
    """Give what events add to the gap (or cost once) by council, (year, simulation)."""
    shape_of: Callable[[Floats, int], Floats] = lines.from_moment if recurring else lines.in_year_of
    found = []
    for effect in model.effects:
        if effect.recurring == recurring:
            moment = np.broadcast_to(values[effect.event], (count,))
            found.append((effect.council, effect.sign * values[effect.change] * shape_of(moment, len(model.years))))
    return found


def _starts(model: Model, values: Values, count: int) -> Floats:
    """Give when each measure starts, infinite where it never does."""
    starts = np.empty((len(model.measures), count))
    for m, measure in enumerate(model.measures):
        delay = np.zeros(count) + values[measure.delay]
        for event, longer in measure.delays:
            delay = delay + np.where(np.isfinite(values[event]), values[longer], 0.0)
        start = measure.path.start + delay
        for event, wanted in measure.needs:
            start = np.maximum(start, values[event]) if wanted else np.where(values[event] <= start, np.inf, start)
        for event in measure.never:
            start = np.where(values[event] <= start, np.inf, start)
        starts[m] = start
    for _ in model.measures:  # a chain of needs is at most as long as there are measures
        for m, measure in enumerate(model.measures):
            for needed in measure.needs_measures:
                starts[m] = np.where(np.isfinite(starts[needed]), starts[m], np.inf)
    return starts


def _measure(measure: MeasureModel, values: Values, start: Floats, years: int) -> tuple[Floats, Floats]:
    """Give what a measure brings in each year and its rate at each year's end, for all councils together."""
    live = np.isfinite(start)
    delay = np.where(live, start - measure.path.start, 0.0)
    received, rate = _along(measure, measure.path, values, delay, years)
    scale = measure.factor * values[measure.amount] * values[measure.realisation] * values[measure.scope_growth]
    scale = np.where(live, scale * (1.0 - values[measure.backfill]), 0.0)
    received, rate = received * scale, rate * scale
    if measure.index is not None and measure.index_plan is not None:
        index = lines.relative_index(_by_year(values[measure.index], years), measure.index_plan)
        received, rate = received * index, rate * index
    if measure.running_cost is not None:
        cost = np.where(live, values[measure.running_cost], 0.0)
        spent, at_end = _along(measure, paths.ramp(measure.path.start, measure.path.start), values, delay, years)
        received, rate = received - cost * spent, rate - cost * at_end
    return received, rate


def _along(measure: MeasureModel, path: paths.Path, values: Values, delay: Floats, years: int) -> tuple[Floats, Floats]:
    stops = [(np.broadcast_to(values[event], delay.shape), values[keeps]) for event, keeps in measure.stops]
    if np.isfinite(measure.ends):
        stops.append((np.full(delay.shape, measure.ends), np.zeros(())))
    if not stops:
        return paths.delivered(path, delay, years)
    moments = np.stack([moment for moment, _ in stops])
    keeps = np.stack([np.broadcast_to(keep, delay.shape) for _, keep in stops])
    return paths.stopped(path, delay, moments, keeps, years)


def _cost(cost: CostModel, measure: MeasureModel, values: Values, start: Floats, years: int) -> Floats:
    live = np.isfinite(start)
    delay = np.where(live, start - measure.path.start, 0.0) if cost.slips else np.zeros_like(start)
    amount = values[cost.amount] * values[cost.overrun]
    spent = amount * paths.spread(cost.begin + delay, cost.length, years)
    return spent if cost.sunk else np.where(live, spent, 0.0)


def _shared(
    model: Model, block: Delivery, option: OptionModel, council: int, amounts: Floats, *, overlaps: bool = True
) -> Floats:
    """Give a council's part of what an option's measures bring, less what is counted twice."""
    total = np.zeros(amounts.shape[1:])
    for m in option.measures:
        share = _share(model.measures[m].shares, council)
        if share is not None:
            total += block.carried[share] * amounts[m]
    for first, second, amount in option.overlaps if overlaps else ():
        part = _overlap_share(model, block, first, second, council)
        if part is not None:
            delivered = (_delivered_share(model.measures[m], amounts[m]) for m in (first, second))
            total -= part * paths.overlap(block.carried[amount], *delivered)
    return total


def _delivered_share(measure: MeasureModel, amounts: Floats) -> Floats:
    return amounts / measure.full if measure.full else np.zeros_like(amounts)


def _overlap_share(model: Model, block: Delivery, first: int, second: int, council: int) -> Floats | None:
    """Give how much of an overlap a council bears: as the smaller of its two shares, among those that share both."""
    ours, all_of_them = None, np.zeros(())
    for other, node in model.measures[first].shares:
        twin = _share(model.measures[second].shares, other)
        if twin is None:
            continue
        both = np.minimum(block.carried[node], block.carried[twin])
        all_of_them = all_of_them + both
        ours = both if other == council else ours
    if ours is None:
        return None
    return np.divide(ours, all_of_them, out=np.zeros_like(np.asarray(ours + all_of_them)), where=all_of_them > 0)


def _share(shares: tuple[tuple[int, int], ...], council: int) -> int | None:
    return next((node for at, node in shares if at == council), None)


def _costs(model: Model, block: Delivery, option: OptionModel, council: int) -> list[tuple[CostModel, Floats]]:
    found = []
    for i, cost in enumerate(model.costs):
        share = _share(cost.shares, council)
        if cost.measure in option.measures and share is not None:
            found.append((cost, block.carried[share] * block.costs[i]))
    return found


def _paid(model: Model, block: Delivery, costs: list[tuple[CostModel, Floats]], council: int) -> Floats:
    pots = model.councils[council].pots
    if not costs or not pots:
        return np.zeros((len(pots), len(model.years), block.simulations))
    opening = np.stack([np.broadcast_to(block.carried[pot.opening], (block.simulations,)) for pot in pots])
    funding = [cost.funding.get(council, ()) for cost, _ in costs]
    return reserves.pay_from_pots([amount for _, amount in costs], funding, opening)


def _event_costs(model: Model, block: Delivery, option: OptionModel, council: int) -> Floats:
    total = np.zeros((len(model.years), block.simulations))
    for cost in model.event_costs:
        hit = [m for m in cost.measures if m in option.measures]
        share = _share(model.measures[hit[0]].shares, council) if hit else None
        if share is not None:
            total += block.carried[share] * _event_cost(cost, block, hit, len(model.years))
    return total


def _event_cost(cost: EventCostModel, block: Delivery, hit: list[int], years: int) -> Floats:
    moment = np.broadcast_to(block.carried[cost.event], (block.simulations,))
    live = (block.starts[hit] < moment).any(axis=0)
    return np.where(live, block.carried[cost.amount] * lines.in_year_of(moment, years), 0.0)


def _total(arrays: list[Floats], like: Floats) -> Floats:
    return np.sum(arrays, axis=0) if arrays else np.zeros_like(like)
