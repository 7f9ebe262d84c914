"""The figures of a compiled model, one node each, and how a node gets its value in a block of futures.

A node's value is an array: () or (simulation,) where it holds for the whole horizon, (year, 1) or
(year, simulation) where it goes by year. Nodes stand in an order in which each needs only earlier ones. Which
figures there are, and what they are for, is the model's business; random numbers are the engine's.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simlib.config.formulas import Formula
from simlib.config.quantities import Quantity, Varies
from simlib.distributions import Distribution, ImpossibleMembersError, members_at
from simlib.errors import ModelError, Problem
from simlib.kernels.lines import compounded, growth_of, programme_share
from simlib.kernels.paths import Floats
from simlib.passage import through_years
from simlib.sampling import Dimension

LARGEST = 1e15  # as of a figure in a file: beyond it no council's sum means anything
Values = list[Floats]
Memo = dict[Hashable, Floats]


class Source(Protocol):
    """Where nodes get what is not fixed: drawn at random, or read from the plan."""

    planned: bool

    def driver(self, node: "Driver") -> Floats:
        """Give a driver's values."""

    def member(self, node: "HierarchicalDriver", parameters: Mapping[str, Floats]) -> Floats:
        """Give the values of a driver whose parameters differ from future to future."""

    def event(self, node: "Event", chances: Sequence[Floats]) -> Floats:
        """Give the moments at which an event happens, infinite where it does not."""

    def individuals(self, node: "SumOfDraws", count: Floats) -> Floats:
        """Give the sum of a number of individual draws."""


class Node(Protocol):
    """One figure: its address, what the file says of it, and its value in a block."""

    @property
    def address(self) -> str:
        """Where it stands in the file."""

    def key(self, values: Values) -> Hashable:
        """Give what its value depends on, or None where its source keeps it."""

    def value(self, source: Source, values: Values) -> Floats:
        """Give its value, from the values of earlier nodes."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A certain figure; ``plan`` differs where the file states another certainty than the business case."""

    address: str
    fixed: Floats
    plan: Floats
    quantity: Quantity | None = None

    def key(self, values: Values) -> Hashable:  # noqa: ARG002
        return None

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002 - one signature for all nodes
        return self.plan if source.planned else self.fixed


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """An uncertain figure with a distribution."""

    address: str
    distribution: Distribution
    varies: Varies
    plan: Floats
    dimensions: tuple[Dimension, ...]
    quantity: Quantity

    def key(self, values: Values) -> Hashable:  # noqa: ARG002
        return None

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        return source.driver(self)


@dataclass(frozen=True, slots=True, eq=False)
class HierarchicalDriver(Driver):
    """An uncertain figure that has in each future a member of its family of its own.

    Attributes
    ----------
    inputs
        The nodes of the parameters that are calculated, by name.
    certain
        The others.
    """

    inputs: Mapping[str, int]
    certain: Mapping[str, float]

    def value(self, source: Source, values: Values) -> Floats:
        return source.member(self, {name: values[at] for name, at in self.inputs.items()})

    def at(self, parameters: Mapping[str, Floats], scores: Sequence[Floats]) -> Floats:
        """Give the values of the members at normal scores.

        Parameters
        ----------
        parameters
            Those that are calculated, (), (simulation,), (year, 1) or (year, simulation).
        scores
            [year] (simulation,), or one alone where the driver holds once.
        """

        def members(row: Floats, year: int, _: Floats | None) -> Floats:
            own = {name: v[year] if v.ndim > 1 else v for name, v in parameters.items()}
            return self._members({**self.certain, **own}, row)

        values = through_years(scores, self.varies, members)
        if lost := meaningless(values):
            where = f"{lost:,} of {values.size:,} futures (or years of them)"
            raise ModelError([Problem("", self.address, f"the values of its members go beyond 1e15 in {where}")])
        return values

    def _members(self, parameters: Mapping[str, Floats | float], row: Floats) -> Floats:
        try:
            values = members_at(self.distribution.family, parameters, row)
        except ImpossibleMembersError as trouble:
            at = f"{self.address}.{trouble.parameter}" if trouble.parameter else self.address
            text = f"{trouble.message}, in {trouble.count:,} of {row.size:,} futures; nothing is clipped"
            raise ModelError([Problem("", at, text)]) from None
        return checked_growth(values, self.address) if self.varies.mode == "compounding" else values


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A formula over other figures."""

    address: str
    formula: Formula
    inputs: Mapping[str, tuple[int, int | None]]  # name -> node, and the year of it where one is named
    fixed: Mapping[str, Floats]
    plan: Floats | None
    quantity: Quantity

    def key(self, values: Values) -> Hashable:
        return (self.formula, *((n, y, token(values[at])) for n, (at, y) in self.inputs.items()))

    def value(self, source: Source, values: Values) -> Floats:
        if source.planned and self.plan is not None:
            return self.plan
        names = {name: _pick(values[node], year) for name, (node, year) in self.inputs.items()}
        result = np.asarray(self.formula.evaluate({**self.fixed, **names}), dtype=float)
        if lost := meaningless(result):
            where = f"{lost:,} of {result.size:,} futures (or years of them)"
            text = f"'{self.formula.text}' has no answer, or one beyond 1e15, in {where}"
            raise ModelError([Problem("", self.address, text)])
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Stacked:
    """A figure given year by year, each year a node of its own."""

    address: str
    parts: tuple[int, ...]

    def key(self, values: Values) -> Hashable:
        return ("stacked", *(token(values[part]) for part in self.parts))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        own = (values[part] for part in self.parts)
        rows = (value[year] if value.ndim > 1 else np.atleast_1d(value) for year, value in enumerate(own))
        return np.stack(np.broadcast_arrays(*rows))


@dataclass(frozen=True, slots=True, eq=False)
class Compounded:
    """The index that a calculated growth makes: 1 in the year before the first."""

    address: str
    growth: int
    years: int
    quantity: Quantity

    def key(self, values: Values) -> Hashable:
        return ("compounded", token(values[self.growth]))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        growth = values[self.growth]
        growth = growth if growth.ndim > 1 else np.broadcast_to(growth, (self.years, *np.atleast_1d(growth).shape))
        return compounded(checked_growth(growth, self.address))


@dataclass(frozen=True, slots=True, eq=False)
class GrowthOf:
    """Each year's growth of an index: what its name means where growth is asked for."""

    address: str
    index: int

    def key(self, values: Values) -> Hashable:
        return ("growth", token(values[self.index]))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        return growth_of(values[self.index])


@dataclass(frozen=True, slots=True, eq=False)
class SumOfDraws:
    """A number of amounts drawn one by one and added up."""

    address: str
    count: int
    distribution: Distribution
    plan_each: float
    stream: str
    quantity: Quantity

    def key(self, values: Values) -> Hashable:
        return ("sum", self.stream, self.distribution, token(values[self.count]))

    def value(self, source: Source, values: Values) -> Floats:
        return source.individuals(self, values[self.count])


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that happens at a moment or never; its value is that moment [years], infinite for never.

    Attributes
    ----------
    moments
        One moment (a chance once), several (a chance at each, given it has not happened), or the start of a
        clock with ``until`` its end (a yearly rate).
    chances
        The nodes of the chances, one for each moment.
    """

    address: str
    moments: tuple[float, ...]
    chances: tuple[int, ...]
    hazard: bool
    until: float
    plan: Floats
    dimension: Dimension
    label: str | None

    def key(self, values: Values) -> Hashable:  # noqa: ARG002
        return None

    def value(self, source: Source, values: Values) -> Floats:
        if source.planned:
            return self.plan
        return source.event(self, [values[chance] for chance in self.chances])


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """1 where an event happens within the horizon, 0 where not: what a formula sees of it."""

    address: str
    event: int

    def key(self, values: Values) -> Hashable:
        return ("happened", token(values[self.event]))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        return np.isfinite(values[self.event]).astype(float)


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeShare:
    """One measure's realisation within its programme."""

    address: str
    common: int
    strays: tuple[int, ...]
    own: int
    weights: Floats
    individual: float
    upper: float

    def key(self, values: Values) -> Hashable:
        strays = tuple(token(values[stray]) for stray in self.strays)
        return (
            "programme",
            token(values[self.common]),
            strays,
            self.own,
            self.weights.tobytes(),
            self.individual,
            self.upper,
        )

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        strays = np.stack(np.broadcast_arrays(*(values[stray] for stray in self.strays)))
        return programme_share(values[self.common], strays, self.own, self.weights, self.individual, self.upper)


@dataclass(frozen=True, slots=True, eq=False)
class Remainder:
    """What other shares leave of the whole: ``shares: {…, sedgemoor: rest}``."""

    address: str
    others: tuple[int, ...]

    def key(self, values: Values) -> Hashable:
        return ("rest", *(token(values[other]) for other in self.others))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        rest = np.asarray(1.0 - sum(values[other] for other in self.others))
        if np.any(rest < -1e-9):
            raise ModelError([Problem("", self.address, "the other shares add up to more than 100 % in some futures")])
        return rest


def meaningless(values: Floats) -> int:
    """Count figures that are no numbers, or beyond what any figure in a file may be."""
    if values.min(initial=0.0) >= -LARGEST and values.max(initial=0.0) <= LARGEST:  # nan is neither
        return 0
    return int(np.count_nonzero(~(np.abs(values) <= LARGEST)))


def checked_growth(growth: Floats, address: str) -> Floats:
    """Give growth that can compound; where nothing or less would be left to grow, the model is impossible."""
    lost = np.count_nonzero(growth <= -1.0)
    if lost:
        where = f"{lost:,} of {growth.size:,} futures (or years of them)"
        raise ModelError([Problem("", address, f"growth that compounds must stay above -100%; it does not in {where}")])
    return growth


def token(value: Floats) -> Hashable:
    """Give what tells an array from others as long as it is held: its number if it is one, else its identity."""
    return float(value) if value.ndim == 0 else id(value)


def evaluate(nodes: Sequence[Node], source: Source, memo: Memo | None = None) -> Values:
    """Give every node's value, in order; what the memo holds for the same inputs is not worked out again."""
    memo = {} if memo is None else memo
    values: Values = []
    for node in nodes:
        key = node.key(values)
        if key is None:
            values.append(node.value(source, values))
            continue
        if key not in memo:
            memo[key] = node.value(source, values)
        values.append(memo[key])
    return values


class PlanSource:
    """Reads everything from the plan."""

    planned = True

    def driver(self, node: Driver) -> Floats:
        """Give what the plan assumes for a driver."""
        return node.plan

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:  # noqa: ARG002
        """Give what the plan assumes for it."""
        return node.plan

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:  # noqa: ARG002
        """Give when the plan has the event happen."""
        return node.plan

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        """Give the planned number at the planned average."""
        return count * node.plan_each


def _pick(value: Floats, year: int | None) -> Floats:
    if year is None or value.ndim < 2:  # what holds once holds in the year that is named
        return value
    row = value[year]
    return np.asarray(row[0]) if row.shape == (1,) else row  # the same in every future: a figure like any other
