"""From the figures of a block of futures to the money: what measures bring, and where that leaves each option.

Two steps, both plain arithmetic on arrays (simulation last): a ``Delivery`` holds everything that does not
depend on the option (the gap, each measure, each cost), ``Flows`` what one option means for one council. Both
work a thing out when it is first asked for, and once for all readings of a chunk: a reading costs only what it
changes. The formulas are in ``simlib.kernels``; nothing is drawn, counted or named here.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simlib.drivers import Memo, Values, token
from simlib.kernels import lines, paths, reserves
from simlib.kernels.paths import Floats
from simlib.model import CostModel, CouncilModel, EventCostModel, LineEffectModel, LineModel, MeasureModel, Model, OptionModel


@dataclass(slots=True)
class Rows:
    """Arrays by place, each worked out when first asked for; it reads like an array whose first axis is the place."""

    size: int
    make: Callable[[int], Floats]
    made: dict[int, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        """Give the number of places."""
        return self.size

    def __getitem__(self, place: int) -> Floats:
        """Give one place's array."""
        if place not in self.made:
            self.made[place] = self.make(place)
        return self.made[place]

    def __iter__(self) -> Iterator[Floats]:
        """Give every place's array."""
        return (self[place] for place in range(self.size))


Placed = Floats | list[Floats] | Rows  # arrays by place: in one array, in a list, or worked out when asked for


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a block of futures holds before any option is looked at.

    Attributes
    ----------
    simulations
        How many futures the block holds.
    gap_before
        [council] (year, simulation) recurring gap before savings [money]; nan where a council has no gap.
    line_costs
        [council] (year, simulation) one-off lines, net, as a cost [money].
    savings, run_rate
        [measure] (year, simulation) received in the year [money]; a year's worth at its end [money a year].
    one_off_savings
        [measure] (year, simulation) savings that come once [money].
    costs
        [cost] (year, simulation) one-off costs, gross, of all councils together [money].
    starts
        [measure] (simulation,) when each measure starts [years], infinite for never.
    carried
        Values of the nodes that options still need: shares, pots, funds, overlaps, events.
    """

    simulations: int
    gap_before: Placed
    line_costs: Placed
    savings: Placed
    run_rate: Placed
    one_off_savings: Placed
    costs: Placed
    starts: Placed
    carried: dict[int, Floats]

    def worked_out(self) -> "Delivery":
        """Give it with every array made, and free of all that was made on the way."""
        return Delivery(self.simulations, *(list(getattr(self, name)) for name in ARRAYS), self.carried)

    def part(self, where: slice) -> "Delivery":
        """Give a view of some of the futures of a delivery that is held in memory."""
        count = len(range(*where.indices(self.simulations)))
        carried = {k: v[..., where] if v.ndim and v.shape[-1] == self.simulations else v for k, v in self.carried.items()}
        arrays = (np.asarray(getattr(self, name))[..., where] for name in ARRAYS)
        return Delivery(count, *arrays, carried)


ARRAYS = ("gap_before", "line_costs", "savings", "run_rate", "one_off_savings", "costs", "starts")


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


def deliver(model: Model, values: Values, count: int, memo: Memo | None = None) -> Delivery:
    """Give everything that does not depend on the option.

    Parameters
    ----------
    values
        Every node's value in this block.
    count
        Number of futures in the block.
    memo
        What other readings of the same draws have worked out already, and where this one leaves its own.
    """
    working = _Working(model, values, count, {} if memo is None else memo)
    councils, measures = len(model.councils), len(model.measures)
    return Delivery(
        count,
        Rows(councils, working.gap_before),
        Rows(councils, working.line_costs),
        Rows(measures, working.savings),
        Rows(measures, working.run_rate),
        Rows(measures, working.one_off_savings),
        Rows(len(model.costs), working.cost),
        Rows(measures, working.start),
        {node: values[node] for node in carried_nodes(model)},
    )


@dataclass(slots=True)
class _Working:
    """Works out the parts of a delivery, each once for the same inputs."""

    model: Model
    values: Values
    count: int
    memo: Memo

    @property
    def years(self) -> int:
        return len(self.model.years)

    def once(self, key: Hashable, make: Callable[[], Floats]) -> Floats:
        """Give what stands under a key in the memo, making it first where it is not there."""
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = make()
        return found

    def tokens(self, *nodes: int | None) -> tuple[Hashable, ...]:
        """Give what tells the values of nodes from other values."""
        return tuple(None if node is None else token(self.values[node]) for node in nodes)

    # --- the gap -------------------------------------------------------------------------------------------

    def gap_before(self, council: int) -> Floats:
        """Give a council's gap: planned, plus what lines and events are beside their plan."""
        planned = self.model.councils[council].gap_plan
        if planned is None:
            return np.full((self.years, self.count), np.nan)
        moving = [line for line in self.model.lines if line.council == council and line.recurring]
        effects = [e for e in self.model.effects if e.council == council and e.recurring]
        key = (
            "gap_before",
            planned.tobytes(),
            tuple((l.sign, l.plan.tobytes(), *self.tokens(l.base, l.growth, l.change, l.realised)) for l in moving),
            tuple((e.sign, *self.tokens(e.event, e.change)) for e in effects),
        )
        return self.once(key, lambda: self._gap(planned, moving, effects))

    def _gap(self, planned: Floats, moving: list[LineModel], effects: list[LineEffectModel]) -> Floats:
        gap = np.empty((self.years, self.count))
        gap[:] = planned
        for line in moving:
            gap += line.sign * level(line, self.values)
            gap -= line.sign * level(line, self.model.plan)
        for effect in effects:
            gap += self._effect(effect, self.values, lines.from_moment)
            gap -= self._effect(effect, self.model.plan, lines.from_moment)
        return gap

    def line_costs(self, council: int) -> Floats:
        """Give a council's one-off lines and one-off effects of events, as a cost."""
        cost = np.zeros((self.years, self.count))
        for line in self.model.lines:
            if line.council == council and not line.recurring:
                cost += line.sign * level(line, self.values)
        for effect in self.model.effects:
            if effect.council == council and not effect.recurring:
                cost += self._effect(effect, self.values, lines.in_year_of)
        return cost

    def _effect(self, effect: LineEffectModel, values: Sequence[Floats], shape: Callable[[Floats, int], Floats]) -> Floats:
        moment = np.atleast_1d(values[effect.event])
        return effect.sign * values[effect.change] * shape(moment, self.years)

    # --- measures ------------------------------------------------------------------------------------------

    def start(self, place: int) -> Floats:
        """Give when a measure starts, infinite where it or one that it needs never does."""
        start = self._own_start(place)
        needed = self.model.measures[place].needs_measures
        if not needed:
            return start
        others = [self._own_start(other) for other in needed]
        live = np.all([np.isfinite(other) for other in others], axis=0)
        return self.once(("start", *map(token, (start, *others))), lambda: np.where(live, start, np.inf))

    def _own_start(self, place: int) -> Floats:
        measure = self.model.measures[place]
        tied = [node for pair in measure.delays for node in pair]
        key = (
            "own start", measure.path.start, measure.never, measure.needs,
            *self.tokens(measure.delay, *tied, *(event for event, _ in measure.needs), *measure.never),
        )  # fmt: skip
        return self.once(key, lambda: self._starting(measure))

    def _starting(self, measure: MeasureModel) -> Floats:
        values = self.values
        start = np.full(self.count, measure.path.start) + values[measure.delay]
        for event, longer in measure.delays:
            start = start + np.where(np.isfinite(values[event]), values[longer], 0.0)
        for event, wanted in measure.needs:
            start = np.maximum(start, values[event]) if wanted else np.where(values[event] <= start, np.inf, start)
        for event in measure.never:
            start = np.where(values[event] <= start, np.inf, start)
        return start

    def savings(self, place: int) -> Floats:
        """Give what a measure brings in each year, all councils together; nothing where it comes once."""
        once = self.model.measures[place].one_off
        return np.zeros((self.years, self.count)) if once else self._brings(place, at_end=False)

    def one_off_savings(self, place: int) -> Floats:
        """Give what a measure that comes once brings in each year."""
        once = self.model.measures[place].one_off
        return self._brings(place, at_end=False) if once else np.zeros((self.years, self.count))

    def run_rate(self, place: int) -> Floats:
        """Give a measure's rate at each year's end; nothing where it comes once."""
        once = self.model.measures[place].one_off
        return np.zeros((self.years, self.count)) if once else self._brings(place, at_end=True)

    def _brings(self, place: int, *, at_end: bool) -> Floats:
        m, start = self.model.measures[place], self.start(place)
        stops = [node for pair in m.stops for node in pair]
        nodes = self.tokens(m.amount, m.realisation, m.scope_growth, m.backfill, m.running_cost, m.index, *stops)
        plan = None if m.index_plan is None else m.index_plan.tobytes()
        key = ("brings", at_end, m.path, m.factor, m.ends, plan, token(start), *nodes)
        return self.once(key, lambda: self._brought(m, start, at_end=at_end))

    def _brought(self, measure: MeasureModel, start: Floats, *, at_end: bool) -> Floats:
        values, live = self.values, np.isfinite(start)
        delay = np.where(live, start - measure.path.start, 0.0)
        scale = measure.factor * values[measure.amount] * values[measure.realisation] * values[measure.scope_growth]
        scale = np.where(live, scale * (1.0 - values[measure.backfill]), 0.0)
        brought = self._along(measure, measure.path, delay, at_end=at_end) * scale
        if measure.index is not None and measure.index_plan is not None:
            brought *= lines.relative_index(by_year(values[measure.index], self.years), measure.index_plan)
        if measure.running_cost is not None:
            running = paths.ramp(measure.path.start, measure.path.start)
            cost = np.where(live, values[measure.running_cost], 0.0)
            brought -= self._along(measure, running, delay, at_end=at_end) * cost
        return brought

    def _along(self, measure: MeasureModel, path: paths.Path, delay: Floats, *, at_end: bool) -> Floats:
        stops = [(np.broadcast_to(self.values[e], delay.shape), self.values[keeps]) for e, keeps in measure.stops]
        if np.isfinite(measure.ends):
            stops.append((np.full(delay.shape, measure.ends), np.zeros(())))
        if not stops:
            return (paths.at_end if at_end else paths.in_year)(path, delay, self.years)
        moments = np.stack([moment for moment, _ in stops])
        keeps = np.stack([np.broadcast_to(keep, delay.shape) for _, keep in stops])
        stop = paths.stops(path, delay, moments, keeps, self.years)
        return (paths.at_end_stopped if at_end else paths.in_year_stopped)(path, delay, stop, self.years)

    def cost(self, place: int) -> Floats:
        """Give a one-off cost by year, gross, all councils together."""
        cost = self.model.costs[place]
        measure, start = self.model.measures[cost.measure], self.start(cost.measure)
        live = np.isfinite(start)
        delay = np.where(live, start - measure.path.start, 0.0) if cost.slips else np.zeros_like(start)
        spent = self.values[cost.amount] * self.values[cost.overrun] * paths.spread(cost.begin + delay, cost.length, self.years)
        return spent if cost.sunk else np.where(live, spent, 0.0)


def level(line: LineModel, values: Sequence[Floats]) -> Floats:
    """Give a line's level by year, (year, simulation) or (year, 1)."""
    if line.growth is not None and line.base is not None:
        return lines.grown(values[line.base], by_year(values[line.growth], len(line.plan)))
    if line.realised is not None:
        return line.plan * values[line.realised]
    return line.plan + (0.0 if line.change is None else values[line.change])


def by_year(value: Floats, years: int) -> Floats:
    """Give a figure as (year, simulation) or (year, 1), repeated where it is the same each year."""
    return value if value.ndim > 1 else np.broadcast_to(np.atleast_1d(value), (years, *np.atleast_1d(value).shape))


@dataclass(frozen=True)
class Flows:
    """One option for one council, all (year, simulation) [money]; None where the council has no gap or no fund."""

    model: Model
    block: Delivery
    option: int
    council: int

    @property
    def _home(self) -> CouncilModel:
        return self.model.councils[self.council]

    @property
    def _chosen(self) -> OptionModel:
        return self.model.options[self.option]

    @cached_property
    def savings(self) -> Floats:
        """Received in the year, less what is counted twice."""
        return self._shared(self.block.savings, self._chosen.overlaps)

    @cached_property
    def run_rate(self) -> Floats:
        """A year's worth as at 31 March, less what is counted twice."""
        return self._shared(self.block.run_rate, self._chosen.overlaps)

    @cached_property
    def one_off_savings(self) -> Floats:
        """Savings that come once; they reach the general fund only."""
        return self._shared(self.block.one_off_savings, ())

    @cached_property
    def gap_before(self) -> Floats | None:
        """Recurring gap before savings."""
        return None if self._home.gap_plan is None else self.block.gap_before[self.council]

    @cached_property
    def gap_after(self) -> Floats | None:
        """The year's gap in cash."""
        return None if self.gap_before is None else self.gap_before - self.savings

    @cached_property
    def gap_recurring(self) -> Floats | None:
        """The gap that the next year starts with."""
        if self.gap_before is None:
            return None
        return self.gap_before - self.run_rate

    def position(self, year: int) -> Floats:
        """Give the recurring gap at the end of one year alone, (simulation,), without working out the others."""
        assert self.gap_before is not None
        return self.gap_before[year] - self._shared(self.block.run_rate, self._chosen.overlaps, year)

    @property
    def recurring_key(self) -> Hashable:
        """What tells this option's recurring gap from that of others and of other readings of the same chunk."""
        overlapping = tuple((a, b, token(self.block.carried[n])) for a, b, n in self._chosen.overlaps)
        shares = [(m, _share(self.model.measures[m].shares, self.council)) for m in self._chosen.measures]
        rates, carried = self.block.run_rate, self.block.carried
        terms = tuple((m, token(rates[m]), token(carried[s])) for m, s in shares if s is not None)
        return ("recurring", self.council, token(self.block.gap_before[self.council]), terms, overlapping)

    @cached_property
    def _costs(self) -> list[tuple[CostModel, Floats]]:
        found = []
        for i, cost in enumerate(self.model.costs):
            share = _share(cost.shares, self.council)
            if cost.measure in self._chosen.measures and share is not None:
                found.append((cost, self.block.carried[share] * self.block.costs[i]))
        return found

    @cached_property
    def one_off_gross(self) -> Floats:
        """One-off costs and one-off lines before any pot pays."""
        gross = self.block.line_costs[self.council] + self._event_costs()
        for _, cost in self._costs:
            gross = gross + cost
        return gross

    @cached_property
    def _paid(self) -> Floats:
        """What each pot pays, (pot, year, simulation)."""
        pots, years, count = self._home.pots, len(self.model.years), self.block.simulations
        if not self._costs or not pots:
            return np.zeros((len(pots), years, count))
        opening = np.stack([np.broadcast_to(self.block.carried[pot.opening], (count,)) for pot in pots])
        funding = [cost.funding.get(self.council, ()) for cost, _ in self._costs]
        return reserves.pay_from_pots([amount for _, amount in self._costs], funding, opening)

    @cached_property
    def own_pots(self) -> Floats:
        """One-off costs paid from the council's own pots."""
        return self._owned("own")

    @cached_property
    def external_pots(self) -> Floats:
        """One-off costs paid by others."""
        return self._owned("external")

    @cached_property
    def one_off_net(self) -> Floats:
        """What one-offs take out of the general fund."""
        net = self.one_off_gross - self.one_off_savings
        for paid in self._paid:
            net -= paid
        return net

    @cached_property
    def taken(self) -> Floats | None:
        """What each year takes out of the general fund in all."""
        if self._home.fund is None or self.gap_after is None:
            return None
        fund = self._home.fund
        return reserves.drawn(self.gap_after, self.one_off_net, fund.planned, spent=self._home.spends_surplus)

    @cached_property
    def general_fund(self) -> Floats | None:
        """Balance at each year's end, before further action."""
        return None if self.taken is None or self.opening is None else reserves.general_fund(self.opening, self.taken)

    @property
    def opening(self) -> Floats | None:
        """The general fund on the first day, () or (simulation,)."""
        return None if self._home.fund is None else self.block.carried[self._home.fund.opening]

    @property
    def minimum(self) -> Floats | None:
        """The minimum balance, () or (simulation,)."""
        return None if self._home.fund is None else self.block.carried[self._home.fund.minimum]

    def _owned(self, owner: str) -> Floats:
        total = np.zeros((len(self.model.years), self.block.simulations))
        for paid, pot in zip(self._paid, self._home.pots, strict=True):
            if pot.owner == owner:
                total += paid
        return total

    def _shared(self, amounts: Placed, overlaps: tuple[tuple[int, int, int], ...], year: int | None = None) -> Floats:
        """Give the council's part of what the measures bring, less what is counted twice: by year, or in one year."""
        total = np.zeros((len(self.model.years), self.block.simulations)[0 if year is None else 1 :])
        row = slice(None) if year is None else year
        for m in self._chosen.measures:
            share = _share(self.model.measures[m].shares, self.council)
            if share is not None:
                part = self.block.carried[share]
                total += amounts[m][row] if token(part) == 1.0 else part * amounts[m][row]
        for first, second, amount in overlaps:
            part = self._overlap_share(first, second)
            if part is not None:
                delivered = (_delivered_share(self.model.measures[m], amounts[m][row]) for m in (first, second))
                total -= part * paths.overlap(self.block.carried[amount], *delivered)
        return total

    def _overlap_share(self, first: int, second: int) -> Floats | None:
        """Give how much of an overlap the council bears: by the smaller of its two shares, among those that share both."""
        ours, all_of_them = None, np.zeros(())
        for other, node in self.model.measures[first].shares:
            twin = _share(self.model.measures[second].shares, other)
            if twin is not None:
                both = np.minimum(self.block.carried[node], self.block.carried[twin])
                all_of_them = all_of_them + both
                ours = both if other == self.council else ours
        if ours is None:
            return None
        whole = np.asarray(ours + all_of_them)
        return np.divide(ours, all_of_them, out=np.zeros_like(whole), where=all_of_them > 0)

    def _event_costs(self) -> Floats:
        total = np.zeros((len(self.model.years), self.block.simulations))
        for cost in self.model.event_costs:
            hit = [m for m in cost.measures if m in self._chosen.measures]
            share = _share(self.model.measures[hit[0]].shares, self.council) if hit else None
            if share is not None:
                total += self.block.carried[share] * self._event_cost(cost, hit)
        return total

    def _event_cost(self, cost: EventCostModel, hit: list[int]) -> Floats:
        moment = np.broadcast_to(self.block.carried[cost.event], (self.block.simulations,))
        live = np.any([self.block.starts[m] < moment for m in hit], axis=0)
        return np.where(live, self.block.carried[cost.amount] * lines.in_year_of(moment, len(self.model.years)), 0.0)


def flows(model: Model, block: Delivery, option: int, council: int) -> Flows:
    """Give what one option means for one council in every future of a block."""
    return Flows(model, block, option, council)


def _share(shares: tuple[tuple[int, int], ...], council: int) -> int | None:
    return next((node for at, node in shares if at == council), None)


def _delivered_share(measure: MeasureModel, amounts: Floats) -> Floats:
    return amounts / measure.full if measure.full else np.zeros_like(amounts)
