"""Where the figures of one chunk of futures come from: its random numbers, correlated and turned into values.

Each is made once, for all readings. Which chunks there are, and who draws them, is the engine's business.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from simlib.dependence import CommonFactor, Dependences, Joint
from simlib.distributions import ScoreTable
from simlib.drivers import Driver, Event, HierarchicalDriver, Memo, SumOfDraws, token
from simlib.errors import ModelError, Problem
from simlib.happening import happening
from simlib.kernels.paths import Floats
from simlib.passage import through_years
from simlib.sampling import Dimension, Places, gathered, stream
from simlib.sampling.copula import t_scale, t_scores
from simlib.sampling.dependence import combined, common_factor

MOST_INDIVIDUALS = 20_000  # in one sum_of: more is a count in the wrong unit


@dataclass(slots=True)
class Workspace:
    """Arrays that are used again for every chunk: fresh memory costs more than most of the figures put there.

    They are given out in turn, so that chunks which ask for the same ones get the same ones.
    """

    arrays: list[Floats] = field(default_factory=list)
    given: int = 0
    offered: Floats | None = None  # an array in which whatever is made next should be, if it has that shape

    def take(self, *shape: int) -> Floats:
        """Give an array for someone to fill."""
        if self.offered is not None and self.offered.shape == shape:
            offered, self.offered = self.offered, None
            return offered
        if self.given == len(self.arrays) or self.arrays[self.given].shape != shape:
            self.arrays[self.given :] = [np.empty(shape)]
        self.given += 1
        return self.arrays[self.given - 1]

    def clear(self) -> None:
        """Take all of them back: nobody needs what is in them any more."""
        self.given = 0


_own = threading.local()


def own_workspace() -> Workspace:
    """Give the workspace in which this thread makes the figures of one chunk after the other."""
    space: Workspace = _own.__dict__.setdefault("space", Workspace())
    space.clear()
    return space


@dataclass(slots=True)
class ChunkSource:
    """The random numbers of one chunk, and the drivers made of them.

    Attributes
    ----------
    scores
        (dimension, simulation) standard-normal scores, independent of each other.
    even
        Whether they fill their space more evenly than chance would: then groups are made of principal components.
    made
        All that was made so far, for all readings.
    space
        Where it is put; who gives a workspace that others have used clears it first.
    origin
        (simulation,) which of the futures drawn these are; None where they are all that the chunk has.
    """

    seed: int
    chunk: int
    places: dict[Dimension, int]
    scores: Floats
    dependences: Dependences
    even: bool = False
    made: Memo = field(default_factory=dict)
    space: Workspace = field(default_factory=Workspace)
    planned: bool = False
    origin: Places | None = None

    def under(self, dependences: Dependences) -> "ChunkSource":
        """Give the same numbers for a reading with correlations of its own."""
        own = self.seed, self.chunk, self.places, self.scores, dependences
        return ChunkSource(*own, self.even, self.made, self.space, origin=self.origin)

    def row(self, dimension: Dimension) -> Floats:
        """Give the (simulation,) score of a coordinate, correlated as the file asks."""
        group = self.dependences.groups.get(dimension)
        if group is None:
            return np.asarray(self.scores[self.places[dimension]])
        key = (dimension, group)
        if key not in self.made:
            self._correlate(group)
        return self.made[key]

    def _correlate(self, group: CommonFactor | Joint) -> None:
        """Make the scores of all members of a group."""
        together = self.space.take(len(group.members), self.scores.shape[1])
        own = [self.places[member] for member in group.members]
        if isinstance(group, CommonFactor):
            for place, row in zip(own, together, strict=True):
                common_factor(self.scores[place], self.scores[self.places[group.factor]], group.weight, row)
        else:
            combined(self.scores, own, weights_of(group, self.even), together)
        for member, row in zip(group.members, together, strict=True):
            self.made[member, group] = row
        if group.mixing is not None:
            stretch = np.exp(_stretches(group.df)(-self.scores[self.places[group.mixing]]))
            for row in together:
                _margins(group.df)(np.arcsinh(row * stretch), row)

    def driver(self, node: Driver) -> Floats:
        """Give a driver's values: (simulation,), or (year, simulation) where it varies."""
        keys = self.dependences.keys
        if node not in keys:
            groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
            keys[node] = (node.distribution, node.varies, node.dimensions, groups)
        found = self.made.get(keys[node])
        if found is None:
            found = self.made[keys[node]] = self._drawn(node)
        return found

    def _drawn(self, node: Driver) -> Floats:
        from_score, years = node.distribution.from_score, len(node.dimensions)
        count = self.scores.shape[1]
        values = self.space.take(count) if node.varies.mode == "once" else self.space.take(years, count)
        rows = [self.row(d) for d in node.dimensions]
        return through_years(rows, node.varies, lambda row, _, out: from_score(row, out), values)

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        """Give the values of a driver whose parameters differ from future to future."""
        self.space.offered = None  # for the values: it must not go to the scores of a group, which others read too
        groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
        own = tuple((name, token(value)) for name, value in parameters.items())
        key = (node.distribution, own, node.varies, node.dimensions, groups)
        if key not in self.made:
            self.made[key] = node.at(parameters, [self.row(d) for d in node.dimensions])
        return self.made[key]

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        """Give the moments of an event: it happens at high scores, so that it goes with what is large."""
        group = self.dependences.groups.get(node.dimension)
        key = (node.dimension, group, node.moments, node.hazard, node.until, *map(token, chances))
        if key not in self.made:
            moments = self.space.take(self.scores.shape[1])
            self.made[key] = happening(node, self.row(node.dimension), chances, moments)
        return self.made[key]

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        """Give the sum of individual draws; a fraction of one counts as that part of its amount."""
        simulations = self.scores.shape[1]
        number = np.broadcast_to(count, (simulations,))
        most = int(np.ceil(number.max(initial=0.0)))
        if most > MOST_INDIVIDUALS or number.min(initial=0.0) < 0:
            got = f"{number.min():g} to {number.max():g}"
            text = f"expected a number from 0 to {MOST_INDIVIDUALS:,} in every future, got {got}"
            raise ModelError([Problem("", f"{node.address}.sum_of", text)])
        total = np.zeros(simulations)
        certain = int(number.min())  # so many there are in every future
        for k in range(most):
            amounts = node.distribution.from_score(self._apart(node.stream, k))
            total += amounts if k < certain else np.clip(number - k, 0.0, 1.0) * amounts
        return total

    def _apart(self, name: str, number: int) -> Floats:
        """Give the (simulation,) scores of one of the individual draws of a stream."""
        count = self.scores.shape[1]
        if self.origin is None:
            return np.asarray(stream(self.seed, name, (number, self.chunk)).standard_normal(count))

        def draw(chunk: int, size: int) -> Floats:
            return stream(self.seed, name, (number, chunk)).standard_normal((1, size))

        return np.asarray(gathered(self.origin, draw, np.empty((1, count)))[0])


@lru_cache(maxsize=64)
def _stretches(df: float) -> ScoreTable:
    """Give the logarithm of what a t copula's members are stretched by, at their mixing's score with its sign turned.

    So it rises, as what is in a table has to.
    """
    return ScoreTable(lambda z: np.log(t_scale(-z, df)), support=(-np.inf, np.inf))


@lru_cache(maxsize=64)
def _margins(df: float) -> ScoreTable:
    """Give the normal score of a stretched one, at its inverse hyperbolic sine: so its tails are within the table."""
    with np.errstate(invalid="ignore"):  # of many degrees of freedom the outermost are infinite: nothing falls there
        return ScoreTable(lambda v: t_scores(np.sinh(v), np.ones(()), df), support=(-np.inf, np.inf))


@lru_cache(maxsize=512)
def weights_of(group: Joint, even: bool) -> Floats:  # noqa: FBT001 - as the source has it
    """Give (member, member) what each member's score has of the independent ones."""
    stated = group.components if even else group.rows
    weights = np.zeros((len(stated), len(stated)))
    for own, row in zip(weights, stated, strict=True):
        own[: len(row)] = row
    return weights
