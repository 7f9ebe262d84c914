"""From the figures of a block of futures to what every option has in common: the gap, each measure, each cost.

A thing is worked out when it is first asked for, and once for all readings of a chunk: a reading costs only what
it changes. The formulas are in ``simlib.kernels``; what an option makes of a delivery is in ``simlib.flows``.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simlib.drivers import Memo, Values, token
from simlib.kernels import lines, paths
from simlib.kernels.paths import Floats
from simlib.model import LineEffectModel, LineModel, MeasureModel, Model


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
    due, forestalled
        [measure] (simulation,) when each would start, and when an event keeps it from it [years].
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
    due: Placed
    forestalled: Placed
    carried: dict[int, Floats]
    working: "_Working | None" = None  # where arrays are made when asked for
    one_year: dict[int, Rows] = field(default_factory=dict)

    def rates(self, year: int) -> Placed:
        """Give [measure] (simulation,) run rates at the end of one year alone, without working out the others."""
        working, rates = self.working, self.run_rate
        if working is None:
            return Rows(len(rates), lambda place: rates[place][year])
        if year not in self.one_year:
            self.one_year[year] = Rows(len(rates), lambda place: working.rate_in(place, year))
        return self.one_year[year]

    def worked_out(self) -> "Delivery":
        """Give it with every array made, and free of all that was made on the way."""
        arrays: dict[str, Any] = {name: list(getattr(self, name)) for name in ARRAYS}
        return replace(self, working=None, one_year={}, **arrays)

    def part(self, where: slice) -> "Delivery":
        """Give a view of some of the futures of a delivery that is held in memory."""
        count = len(range(*where.indices(self.simulations)))
        carried = {
            k: v[..., where] if v.ndim and v.shape[-1] == self.simulations else v for k, v in self.carried.items()
        }
        arrays: dict[str, Any] = {name: np.asarray(getattr(self, name))[..., where] for name in ARRAYS}
        return replace(self, simulations=count, carried=carried, **arrays)


ARRAYS = ("gap_before", "line_costs", "savings", "run_rate", "one_off_savings", "costs", "starts", "due", "forestalled")
MOMENTS = ("starts", "due", "forestalled")  # of these arrays one number for each measure, not one for each year


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
        Rows(measures, working.due),
        Rows(measures, working.forestalled),
        {node: values[node] for node in carried_nodes(model)},
        working,
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

    def moved(self, *nodes: int | None) -> tuple[Hashable, ...]:
        """Give what tells nodes from others by their values and by their plan: a reading may change either alone."""
        plans = (None if node is None else self.model.plan[node].tobytes() for node in nodes)
        return (*self.tokens(*nodes), *plans)

    def nothing(self) -> Floats:
        """Give zeros by year; always the same ones, so that no other array can be taken for them."""
        return self.once("nothing", lambda: np.zeros((self.years, self.count)))

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
            tuple((m.sign, m.plan.tobytes(), *self.moved(m.base, m.growth, m.change, m.realised)) for m in moving),
            tuple((e.sign, *self.moved(e.event, e.change)) for e in effects),
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

    def _effect(
        self, effect: LineEffectModel, values: Sequence[Floats], shape: Callable[[Floats, int], Floats]
    ) -> Floats:
        moment = np.atleast_1d(values[effect.event])
        return effect.sign * values[effect.change] * shape(moment, self.years)

    # --- measures ------------------------------------------------------------------------------------------

    def start(self, place: int) -> Floats:
        """Give when a measure starts, infinite where something forestalls it or it is not due at all."""
        due, forestalled = self.due(place), self.forestalled(place)
        key = ("start", token(due), token(forestalled))
        return self.once(key, lambda: np.where(np.isfinite(forestalled), np.inf, due))

    def due(self, place: int) -> Floats:
        """Give when a measure would start, infinite where it or one that it needs has no ground to."""
        due = self._course(place)[0]
        needed = [self._own_start(other) for other in self.model.measures[place].needs_measures]
        if not needed:
            return self.once(("due", token(self._course(place))), lambda: due)
        live = np.all([np.isfinite(other) for other in needed], axis=0)
        key = ("due", token(self._course(place)), *map(token, needed))
        return self.once(key, lambda: np.where(live, due, np.inf))

    def forestalled(self, place: int) -> Floats:
        """Give the moment at which an event keeps a measure from starting, infinite where none does."""
        measure, course = self.model.measures[place], self._course(place)
        events = self._forestalling(measure)
        key = ("forestalled", token(course), *self.tokens(*events))
        return self.once(key, lambda: self._earliest([self.values[event] for event in events], course[0]))

    def _forestalling(self, measure: MeasureModel) -> tuple[int, ...]:
        unwanted = (event for event, wanted in measure.needs if not wanted)
        return (*unwanted, *measure.never, *(event for event, _ in measure.stops))

    def _earliest(self, moments: list[Floats], due: Floats) -> Floats:
        first = np.full(self.count, np.inf)
        for moment in moments:
            first = np.minimum(first, np.where(moment <= due, moment, np.inf))
        return first

    def _own_start(self, place: int) -> Floats:
        """Give when a measure starts, were it not for the measures that it needs."""
        due, forestalled = self._course(place)[0], self.forestalled(place)
        key = ("own start", token(self._course(place)), token(forestalled))
        return self.once(key, lambda: np.where(np.isfinite(forestalled), np.inf, due))

    def _course(self, place: int) -> Floats:
        """Give when a measure is due, and behind it the begins and the lengths of its pauses, by row."""
        measure = self.model.measures[place]
        tied = [node for pair in measure.delays for node in pair]
        waits = [event for event, wanted in measure.needs if wanted]
        key = ("course", measure.path.start, len(waits), *self.tokens(measure.delay, *waits, *tied))
        return self.once(key, lambda: self._run(measure, waits))

    def _run(self, measure: MeasureModel, waits: list[int]) -> Floats:
        start = np.full(self.count, measure.path.start) + self.values[measure.delay]
        for event in waits:  # what it waits for comes first, whatever the order in the file
            start = np.maximum(start, self.values[event])
        if not measure.delays:
            return start[None]
        moments, lengths = (
            np.stack([np.broadcast_to(self.values[pair[k]], (self.count,)) for pair in measure.delays]) for k in (0, 1)
        )
        start, pauses = paths.postponed(start, moments, lengths)
        return np.concatenate([start[None], pauses.begins, pauses.lengths])

    def _pauses(self, place: int) -> paths.Pauses | None:
        course, count = self._course(place), len(self.model.measures[place].delays)
        return paths.Pauses(course[1 : 1 + count], course[1 + count :]) if count else None

    def savings(self, place: int) -> Floats:
        """Give what a measure brings in each year, all councils together; nothing where it comes once."""
        once = self.model.measures[place].one_off
        return self.nothing() if once else self._brings(place, at_end=False)

    def one_off_savings(self, place: int) -> Floats:
        """Give what a measure that comes once brings in each year."""
        once = self.model.measures[place].one_off
        return self._brings(place, at_end=False) if once else self.nothing()

    def run_rate(self, place: int) -> Floats:
        """Give a measure's rate at each year's end; nothing where it comes once."""
        once = self.model.measures[place].one_off
        return self.nothing() if once else self._brings(place, at_end=True)

    def rate_in(self, place: int, year: int) -> Floats:
        """Give a measure's rate at the end of one year, (1, simulation): no other year is worked out."""
        once = self.model.measures[place].one_off
        return self.nothing()[:1] if once else self._brings(place, at_end=True, only=year)

    def _brings(self, place: int, *, at_end: bool, only: int | None = None) -> Floats:
        m, start = self.model.measures[place], self.start(place)
        stops = [node for pair in m.stops for node in pair]
        nodes = self.tokens(m.amount, m.realisation, m.scope_growth, m.backfill, m.running_cost, m.index, *stops)
        plan = None if m.index_plan is None else m.index_plan.tobytes()
        key = ("brings", at_end, only, m.path, m.factor, m.ends, plan, token(start), token(self._course(place)), *nodes)
        return self.once(key, lambda: self._brought(place, start, at_end=at_end, only=only))

    def _brought(self, place: int, start: Floats, *, at_end: bool, only: int | None) -> Floats:
        measure, values, live = self.model.measures[place], self.values, np.isfinite(start)
        course = _Course(np.where(live, start - measure.path.start, 0.0), self._pauses(place), at_end, only)
        scale = measure.factor * values[measure.amount] * values[measure.realisation] * values[measure.scope_growth]
        scale = np.where(live, scale * (1.0 - values[measure.backfill]), 0.0)
        brought = self._along(measure, measure.path, course) * _in(only, scale)
        if measure.index is not None and measure.index_plan is not None:
            index = lines.relative_index(by_year(values[measure.index], self.years), measure.index_plan)
            brought *= index if only is None else index[only]
        if measure.running_cost is not None:
            running = paths.ramp(measure.path.start, measure.path.start)
            cost = np.where(live, values[measure.running_cost], 0.0)
            brought -= self._along(measure, running, course) * cost
        return brought

    def _along(self, measure: MeasureModel, path: paths.Path, course: "_Course") -> Floats:
        delay, pauses, years = course.delay, course.pauses, self.years
        stops = [(np.broadcast_to(self.values[e], delay.shape), self.values[keeps]) for e, keeps in measure.stops]
        if np.isfinite(measure.ends):
            stops.append((np.full(delay.shape, measure.ends), np.zeros(())))
        if not stops:
            if course.at_end:
                return paths.at_end(path, delay, years, pauses, only=course.only)
            return paths.in_year(path, delay, years, pauses)
        moments = np.stack([moment for moment, _ in stops])
        keeps = np.stack([np.broadcast_to(keep, delay.shape) for _, keep in stops])
        stop = paths.stops(path, delay, moments, keeps, years, pauses)
        if course.at_end:
            return paths.at_end_stopped(path, delay, stop, years, pauses, only=course.only)
        return paths.in_year_stopped(path, delay, stop, years, pauses)

    def cost(self, place: int) -> Floats:
        """Give a one-off cost by year, gross, all councils together."""
        cost = self.model.costs[place]
        measure, start = self.model.measures[cost.measure], self.start(cost.measure)
        live = np.isfinite(start)
        delay = np.where(live, start - measure.path.start, 0.0) if cost.slips else np.zeros_like(start)
        spent = (
            self.values[cost.amount]
            * self.values[cost.overrun]
            * paths.spread(cost.begin + delay, cost.length, self.years)
        )
        return spent if cost.sunk else np.where(live, spent, 0.0)


@dataclass(frozen=True, slots=True)
class _Course:
    """How a path is walked: how late, with what pauses, and whether its rates at year ends or its cash is asked for."""

    delay: Floats
    pauses: paths.Pauses | None
    at_end: bool
    only: int | None


def level(line: LineModel, values: Sequence[Floats]) -> Floats:
    """Give a line's level by year, (year, simulation) or (year, 1)."""
    if line.growth is not None and line.base is not None:
        return lines.grown(values[line.base], by_year(values[line.growth], len(line.plan)))
    if line.realised is not None:
        return line.plan * values[line.realised]
    return line.plan + (0.0 if line.change is None else values[line.change])


def _in(year: int | None, value: Floats) -> Floats:
    """Give a figure in one year, where one is asked for and the figure goes by year."""
    return value if year is None or value.ndim < 2 else value[year : year + 1]


def by_year(value: Floats, years: int) -> Floats:
    """Give a figure as (year, simulation) or (year, 1), repeated where it is the same each year."""
    return value if value.ndim > 1 else np.broadcast_to(np.atleast_1d(value), (years, *np.atleast_1d(value).shape))
