"""The most likely way to fail: of all combinations of assumptions in which an option fails, the nearest to the middle.

Every draw is a standard-normal score, so that nearer to the middle of all of them is more likely. Where the middle
itself fails, it is the other question that has an answer: what would have to go right. Boxes are in ``discovery``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.decisions.assumptions import Assumption, as_one, assumption, is_assumption
from simlib.decisions.estimated import chance_of
from simlib.decisions.instead import spare_of
from simlib.decisions.question import Question
from simlib.drivers import Source, SumOfDraws, Values, evaluate
from simlib.estimates import Chance
from simlib.given import figures_at
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.results import Futures
from simlib.sampling import CHUNK, RandomSampler, stream
from simlib.source import ChunkSource

TRIED = 131_072  # futures among which the search begins
STARTS, ROUNDS = 8, 60
PROBED = 256  # futures by which it is seen which scores matter at all
FAR = 5.0  # scores as far out are tried there: what comes once in a million futures may be what matters
NUDGE = 1e-3  # of a score, for slopes
NEARBY = 512  # points around the best one that are tried in each round
ENOUGH = 1e-7  # of the distance: a smaller gain is none
TOLD = 1e-4  # of the squared distance: a part below is not told
_SHRUNK = 1.0 - 0.5 ** np.arange(18.0)  # of a score, towards nothing
_STEPS = 0.5 ** np.arange(8.0)
Document = dict[str, Any]
Spare = Callable[[Floats], Floats]
Facts = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Part:
    """One assumption of the combination.

    Attributes
    ----------
    value, middle
        What it is there, and where every score is in its middle; of an event 1 where it happens.
    below
        Share of the run's futures in which it is lower; of an event, in which it does not happen.
    share
        Of the squared distance, in its own draws: what follows from what it goes with is counted there.
    """

    assumption: Assumption
    value: float
    middle: float
    below: float
    share: float


@dataclass(frozen=True, slots=True)
class ReverseStress:
    """The nearest combination on the other side.

    Attributes
    ----------
    middle_fails
        Whether the option fails where every assumption is in its middle: then the combination is the nearest one under
        which it does not.
    spare
        With how much to spare the middle passes, negative where it fails [money].
    distance
        Of the combination from the middle, in standard-normal scores; infinite where none was found.
    fails
        How often the option fails in the run.
    parts
        What makes the combination, the largest share first.
    """

    question: Question
    middle_fails: bool
    spare: float
    distance: float
    fails: Chance
    parts: tuple[Part, ...]

    @property
    def beta(self) -> float:
        """The reliability index: the distance, negative where the middle fails."""
        return -self.distance if self.middle_fails else self.distance

    def document(self) -> Document:
        """Give it as JSON has it."""
        told = self.fails
        return {
            "middle_fails": self.middle_fails, "spare": self.spare,
            "beta": self.beta if math.isfinite(self.distance) else None,
            "fails": {"probability": told.probability, "error": told.error, "interval": list(told.interval)},
            "parts": [
                {
                    "address": p.assumption.address, "label": p.assumption.label, "kind": p.assumption.kind,
                    "through": p.assumption.through, "value": p.value, "middle": p.middle, "below": p.below,
                    "share": p.share,
                }
                for p in self.parts
            ],
        }  # fmt: skip


def reverse_stress(futures: Futures, question: Question, *, n_jobs: int | None = None) -> ReverseStress:
    """Give the most likely combination of assumptions under which an option fails.

    Parameters
    ----------
    futures
        Of a run: they tell how often it fails, and how unusual each assumption of the combination is.
    question
        What is to hold.

    Notes
    -----
    The design point of the first-order reliability method: the failing point nearest to the origin of the independent
    standard-normal scores of which the file's correlations are made; its distance is the reliability index. The search
    begins at the nearest failing ones of many futures and goes on by steps of Hasofer, Lind, Rackwitz and Fiessler,
    single scores towards their middle, and points nearby: dates and steps have no slope. Individual draws (``sum_of``)
    stand at their mean.

    References
    ----------
    Hasofer, A. M. and Lind, N. C. (1974), Journal of the Engineering Mechanics Division 100, 111-121; Rackwitz, R. and
    Fiessler, B. (1978), Computers and Structures 9, 489-494.
    """
    model = _without_single_draws(question.model)
    keys = question.keys

    def spare(scores: Floats) -> Floats:
        return question.spare(figures_at(model, scores, keys, n_jobs=n_jobs))

    middle = float(spare(np.zeros((len(model.dimensions), 2)))[0])
    fails = middle <= -question.tolerance
    wanted = 2 * question.tolerance if fails else -2 * question.tolerance  # just beyond the line
    search = _Search(spare, question.tolerance, fails, wanted, len(model.dimensions))
    found = search.nearest(futures.seed or 0, model)
    distance = math.inf if found is None else float(np.linalg.norm(found))
    parts = () if found is None else _parts(futures, model, found)
    return ReverseStress(question, fails, middle, distance, _fails(futures, question), parts)


def _fails(futures: Futures, question: Question) -> Chance:
    return chance_of(futures, ~question.holds(spare_of(futures, question)))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the point nearest to the origin on the other side of a line.

    Attributes
    ----------
    spare
        From (dimension, point) scores to (point,) what there is to spare.
    holding
        Whether what is looked for is a point where the question holds.
    aim
        What a point just on the other side has to spare.
    """

    spare: Spare
    tolerance: float
    holding: bool
    aim: float
    dimensions: int

    def beyond(self, points: Floats) -> Facts:
        """Tell which points are on the other side, (point,)."""
        return np.asarray((self.spare(points) > -self.tolerance) == self.holding)

    def nearest(self, seed: int, model: Model) -> Floats | None:
        """Give the nearest point on the other side, (dimension,); None where no future is there."""
        points = np.concatenate(
            [RandomSampler(seed).scores(model.dimensions, k, CHUNK) for k in range(TRIED // CHUNK)], axis=1
        )
        matters = self._matters(points[:, :PROBED])
        points[~matters] = 0.0
        there = points[:, self.beyond(points)]
        if not there.shape[1]:
            return None
        first = np.argsort(np.linalg.norm(there, axis=0))[:STARTS]
        found = [self._improved(there[:, k].copy(), np.flatnonzero(matters)) for k in first]
        return min(found, key=lambda point: float(np.linalg.norm(point)))

    def _matters(self, points: Floats) -> Facts:
        """Tell which scores can change what there is to spare, (dimension,): by moving each alone, from far to far.

        Half of the futures are as they are drawn. In the others every score is spread evenly as far as it is tried:
        what a rare event brings matters only where that event is.
        """
        random = stream(0, "matters")
        base = np.concatenate([points, random.uniform(-FAR, FAR, points.shape)], axis=1)
        before, found = self.spare(base), np.zeros(self.dimensions, dtype=bool)
        for k in range(self.dimensions):
            changed = base.copy()
            changed[k] = random.uniform(-FAR, FAR, base.shape[1])
            found[k] = np.any(self.spare(changed) != before)
        return found

    def _improved(self, point: Floats, active: Places) -> Floats:
        """Give a point nearer to the origin, as near as some rounds of search come from one on the other side."""
        reach = 0.5
        for turn in range(ROUNDS):
            around = self._nearby(point, active, reach, turn)
            candidates = np.concatenate([self._by_slope(point, active), self._shrunk(point, active), around], axis=1)
            there = candidates[:, self.beyond(candidates)]
            before = np.linalg.norm(point)
            lengths = np.linalg.norm(there, axis=0)
            if there.shape[1] and lengths.min() < before * (1.0 - ENOUGH):
                point = there[:, int(np.argmin(lengths))].copy()
                continue
            if reach < 1e-4:
                break
            reach /= 4.0
        return point

    def _by_slope(self, point: Floats, active: Places) -> Floats:
        """Give points on the way to where the tangent plane is nearest to the origin."""
        beside = np.repeat(point[:, np.newaxis], 2 * len(active) + 1, axis=1)
        beside[active, 1 + np.arange(len(active))] += NUDGE
        beside[active, 1 + len(active) + np.arange(len(active))] -= NUDGE
        found = self.spare(beside)
        slope = np.zeros(self.dimensions)
        slope[active] = (found[1 : 1 + len(active)] - found[1 + len(active) :]) / (2 * NUDGE)
        steep = float(slope @ slope)
        if steep == 0.0:
            return point[:, np.newaxis]
        foot = slope * ((slope @ point - found[0] + self.aim) / steep)
        return np.asarray(point[:, np.newaxis] + (foot - point)[:, np.newaxis] * _STEPS)

    def _shrunk(self, point: Floats, active: Places) -> Floats:
        """Give points of which one score, or all of them, are nearer to their middle."""
        each = np.repeat(point[:, np.newaxis], len(active) * len(_SHRUNK), axis=1)
        columns = np.arange(each.shape[1])
        each[np.repeat(active, len(_SHRUNK)), columns] *= np.tile(_SHRUNK, len(active))
        return np.concatenate([each, point[:, np.newaxis] * _SHRUNK], axis=1)

    def _nearby(
        self, point: Floats, active: Places, reach: float, turn: int
    ) -> Floats:
        """Give points around one, as many nearer to the origin as farther."""
        found = np.repeat(point[:, np.newaxis], NEARBY, axis=1)
        step = reach * np.linalg.norm(point) / math.sqrt(max(len(active), 1))
        found[active] += step * stream(0, "nearby", (turn,)).standard_normal((len(active), NEARBY))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _OnAverage:
    """A number of amounts, each at its mean: what individual draws come to has no score to look for."""

    draws: SumOfDraws

    @property
    def address(self) -> str:
        """Where it stands in the file."""
        return self.draws.address

    def key(self, values: Values) -> None:
        """Say that nothing keeps it."""

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        """Give the number times the mean."""
        return np.asarray(values[self.draws.count] * self.draws.distribution.mean)


@lru_cache(maxsize=1)
def _without_single_draws(model: Model) -> Model:
    nodes = tuple(_OnAverage(node) if isinstance(node, SumOfDraws) else node for node in model.nodes)
    return replace(model, nodes=nodes, readings={})


def _parts(futures: Futures, model: Model, point: Floats) -> tuple[Part, ...]:
    """Give what a point is in the file's own figures, beside the middle."""
    scores = np.stack([point, np.zeros_like(point)], axis=1)
    places = {dimension: k for k, dimension in enumerate(model.dimensions)}
    source = ChunkSource(0, 0, places, scores, model.dependences)
    values = evaluate(model.nodes, source, source.made)
    whole = float(point @ point)
    found = []
    for node, value, drawn in zip(model.nodes, values, futures.values, strict=True):
        if not is_assumption(node) or not value.ndim or value.shape[-1] != scores.shape[1]:
            continue
        there, middle = (float(each) for each in as_one(model, node, value))
        own = getattr(node, "dimensions", None) or (node.dimension,)  # type: ignore[union-attr]
        share = float(sum(point[places[d]] ** 2 for d in own)) / whole if whole else 0.0
        if there != middle or share > TOLD:
            row = as_one(model, node, np.broadcast_to(drawn, (*drawn.shape[:-1], futures.held)))
            known = assumption(model, node)
            below = float(np.mean(row == 0.0 if known.kind == "event" else row < there))
            found.append(Part(known, there, middle, below, share))
    return tuple(sorted(found, key=lambda part: -part.share))
