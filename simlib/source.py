"""Where the figures of one chunk of futures come from: its random numbers, correlated and turned into values.

Each is made once, for all readings. Which chunks there are, and who draws them, is the engine's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simlib.dependence import CommonFactor, Dependences, Joint
from simlib.drivers import Driver, Event, HierarchicalDriver, Memo, SumOfDraws, happening, token
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.passage import through_years
from simlib.sampling import Dimension, stream
from simlib.sampling.copula import t_scale, t_scores
from simlib.sampling.dependence import common_factor

MOST_INDIVIDUALS = 20_000  # in one sum_of: more is a count in the wrong unit


@dataclass(slots=True)
class ChunkSource:
    """The random numbers of one chunk, and the drivers made of them.

    Attributes
    ----------
    scores
        (dimension, simulation) standard-normal scores, independent of each other.
    even
        Whether they fill their space more evenly than chance would: then groups are made of principal components.
    """

    seed: int
    chunk: int
    places: dict[Dimension, int]
    scores: Floats
    dependences: Dependences
    even: bool = False
    made: Memo = field(default_factory=dict)
    planned: bool = False

    def under(self, dependences: Dependences) -> "ChunkSource":
        """Give the same numbers for a reading with correlations of its own."""
        return ChunkSource(self.seed, self.chunk, self.places, self.scores, dependences, self.even, self.made)

    def row(self, dimension: Dimension) -> Floats:
        """Give the (simulation,) score of a coordinate, correlated as the file asks."""
        group = self.dependences.groups.get(dimension)
        if group is None:
            return np.asarray(self.scores[self.places[dimension]])
        key = (dimension, group)
        if key not in self.made:
            self.made[key] = self._correlated(dimension, group)
        return self.made[key]

    def _correlated(self, dimension: Dimension, group: CommonFactor | Joint) -> Floats:
        if isinstance(group, CommonFactor):
            own, shared = self.scores[self.places[dimension]], self.scores[self.places[group.factor]]
            together = common_factor(own, shared, group.weight)
        else:
            rows = group.components if self.even else group.rows
            weights = rows[group.members.index(dimension)]
            parts = (w * self.scores[self.places[m]] for w, m in zip(weights, group.members, strict=False) if w)
            together = np.asarray(np.sum(list(parts), axis=0))
        return together if group.mixing is None else t_scores(together, self._stretch(group.mixing, group.df), group.df)

    def _stretch(self, mixing: Dimension, df: float) -> Floats:
        """Give what all members of a t copula's group are stretched by."""
        key = ("stretch", mixing, df)
        if key not in self.made:
            self.made[key] = t_scale(self.scores[self.places[mixing]], df)
        return self.made[key]

    def driver(self, node: Driver) -> Floats:
        """Give a driver's values: (simulation,), or (year, simulation) where it varies."""
        groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
        key = (node.distribution, node.varies, node.dimensions, groups)
        if key not in self.made:
            self.made[key] = self._drawn(node)
        return self.made[key]

    def _drawn(self, node: Driver) -> Floats:
        from_score = node.distribution.from_score
        return through_years([self.row(d) for d in node.dimensions], node.varies, lambda row, _: from_score(row))

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        """Give the values of a driver whose parameters differ from future to future."""
        groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
        own = tuple((name, token(value)) for name, value in parameters.items())
        key = (node.distribution, own, node.varies, node.dimensions, groups)
        if key not in self.made:
            self.made[key] = node.at(parameters, [self.row(d) for d in node.dimensions])
        return self.made[key]

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        """Give the moments of an event: it happens at high scores, so that it goes with what is large."""
        from scipy.special import ndtr

        group = self.dependences.groups.get(node.dimension)
        key = (node.dimension, group, node.moments, node.hazard, node.until, *map(token, chances))
        if key not in self.made:
            self.made[key] = happening(node, ndtr(-self.row(node.dimension)), chances)
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
        for k in range(most):
            scores = stream(self.seed, node.stream, (k, self.chunk)).standard_normal(simulations)
            amounts = node.distribution.from_score(np.asarray(scores))
            total += np.clip(number - k, 0.0, 1.0) * amounts
        return total
