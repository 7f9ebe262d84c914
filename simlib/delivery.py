"""From the figures of a block of futures to what every option has in common: the gap, each measure, each cost.

A thing is worked out when it is first asked for. The formulas are in ``simlib.kernels``; what an option makes of a
delivery is in ``simlib.flows``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simlib.drivers import Values
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
    gap_before: Rows
    line_costs: Rows
    savings: Rows
    run_rate: Rows
    one_off_savings: Rows
    costs: Rows
    starts: Rows
    due: Rows
    forestalled: Rows
    carried: dict[int, Floats]
    working: "_Working"  # where arrays are made when asked for
    one_year: dict[int, Rows] = field(default_factory=dict)

    def rates(self, year: int) -> Rows:
        """Give [measure] (1, simulation) run rates at the end of one year alone, without working out the others."""
        if year not in self.one_year:
            self.one_year[year] = Rows(len(self.run_rate), lambda place: self.working.rate_in(place, year))
        return self.one_year[year]

    def running(self, measure: int) -> Floats:
        """Give the part of each year in which a measure runs, (year, simulation)."""
        return self.working.running(measure)


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


def deliver(model: Model, values: Values, count: int) -> Delivery:
    """Give everything that does not depend on the option.

    Parameters
    ----------
    values
        Every node's value in this block.
    count
        Number of futures in the block.
    """
    working = _Working(model, values, count)
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
    """Works out the parts of a delivery."""

    model: Model
    values: Values
    count: int
    dues: dict[int, tuple[Floats, paths.Pauses | None]] = field(default_factory=dict)

    @property
    def years(self) -> int:
        return len(self.model.years)

    def nothing(self) -> Floats:
        """Give zeros by year."""
        return np.zeros((self.years, self.count))

    # --- the gap -------------------------------------------------------------------------------------------

    def gap_before(self, council: int) -> Floats:
        """Give a council's gap: planned, plus what lines and events are beside their plan."""
        planned = self.model.councils[council].gap_plan
        if planned is None:
            return np.full((self.years, self.count), np.nan)
        gap = planned + self.nothing()
        for line in self.model.lines:
            if line.council == council and line.recurring:
                gap = gap + line.sign * level(line, self.values)
                gap = gap - line.sign * level(line, self.model.plan)
        for effect in self.model.effects:
            if effect.council == council and effect.recurring:
                gap = gap + self._effect(effect, self.values, lines.from_moment)
                gap = gap - self._effect(effect, self.model.plan, lines.from_moment)
        return gap

    def line_costs(self, council: int) -> Floats:
        """Give a council's one-off lines and one-off effects of events, as a cost."""
        cost = self.nothing()
        for line in self.model.lines:
            if line.council == council and not line.recurring:
                cost = cost + line.sign * level(line, self.values)
        for effect in self.model.effects:
            if effect.council == council and not effect.recurring:
                cost = cost + self._effect(effect, self.values, lines.in_year_of)
        return cost

    def _effect(
        self, effect: LineEffectModel, values: Sequence[Floats], shape: Callable[[Floats, int], Floats]
    ) -> Floats:
        moment = np.atleast_1d(values[effect.event])
        return effect.sign * values[effect.change] * shape(moment, self.years)

    # --- measures ------------------------------------------------------------------------------------------

    def start(self, place: int) -> Floats:
        """Give when a measure starts, infinite where something forestalls it or it is not due at all."""
        return np.where(np.isfinite(self.forestalled(place)), np.inf, self.due(place))

    def due(self, place: int) -> Floats:
        """Give when a measure would start, infinite where it or one that it needs has no ground to."""
        due = self._own_due(place)[0]
        for other in self.model.measures[place].needs_measures:
            stands = np.isfinite(self._own_due(other)[0]) & ~np.isfinite(self.forestalled(other))
            due = np.where(stands, due, np.inf)
        return due

    def forestalled(self, place: int) -> Floats:
        """Give the moment at which an event keeps a measure from starting, infinite where none does."""
        measure, due = self.model.measures[place], self._own_due(place)[0]
        unwanted = (event for event, wanted in measure.needs if not wanted)
        first = np.full(self.count, np.inf)
        for event in (*unwanted, *measure.never, *(event for event, _ in measure.stops)):
            moment = self.values[event]
            first = np.minimum(first, np.where(moment <= due, moment, np.inf))
        return first

    def _own_due(self, place: int) -> tuple[Floats, paths.Pauses | None]:
        """Give when a measure is due, were it not for those that it needs, and its pauses."""
        if place not in self.dues:
            self.dues[place] = self._run(self.model.measures[place])
        return self.dues[place]

    def _run(self, measure: MeasureModel) -> tuple[Floats, paths.Pauses | None]:
        start = np.full(self.count, measure.path.start) + self.values[measure.delay]
        for event, wanted in measure.needs:  # what it waits for comes first, whatever the order in the file
            if wanted:
                start = np.maximum(start, self.values[event])
        if not measure.delays:
            return start, None
        moments, lengths = (
            np.stack([np.broadcast_to(self.values[pair[k]], (self.count,)) for pair in measure.delays]) for k in (0, 1)
        )
        return paths.postponed(start, moments, lengths)

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
        measure, values = self.model.measures[place], self.values
        live, course = self._course(place, at_end=at_end, only=only)
        scale = measure.factor * values[measure.amount] * values[measure.realisation] * values[measure.scope_growth]
        scale = np.where(live, scale * (1.0 - values[measure.backfill]), 0.0)
        brought = self._along(measure, measure.path, course) * _in(only, scale)
        if measure.index is not None and measure.index_plan is not None:
            index = lines.relative_index(by_year(values[measure.index], self.years), measure.index_plan)
            brought = brought * (index if only is None else index[only])
        if measure.running_cost is not None:
            running = paths.ramp(measure.path.start, measure.path.start)
            cost = np.where(live, values[measure.running_cost], 0.0)
            brought = brought - self._along(measure, running, course) * cost
        return brought

    def _course(self, place: int, *, at_end: bool, only: int | None = None) -> tuple[NDArray[np.bool_], "_Course"]:
        """Give where a measure ever starts, and how its path is walked."""
        start = self.start(place)
        live = np.isfinite(start)
        late = np.where(live, start - self.model.measures[place].path.start, 0.0)
        return live, _Course(late, self._own_due(place)[1], at_end, only)

    def running(self, place: int) -> Floats:
        """Give the part of each year in which a measure runs; less where what stops it keeps a share."""
        measure = self.model.measures[place]
        live, course = self._course(place, at_end=False)
        return np.where(live, self._along(measure, paths.ramp(measure.path.start, measure.path.start), course), 0.0)

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
        delay = np.where(live, start - measure.path.start, 0.0) if cost.slips else np.zeros(self.count)
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
