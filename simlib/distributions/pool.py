"""Opinions pooled by their logarithms, exactly, by quadrature and roots; a linear pool is a mixture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib.distributions.base import Array, Distribution, ParameterError, Show, middle_80, plain, settle, tails
from simlib.distributions.discrete import Steps, staircase_of, step_from_score
from simlib.distributions.mixture import weighed_parts
from simlib.distributions.quadrature import divided, gauss
from simlib.distributions.roots import inverse
from simlib.distributions.tables import ByTable
from simlib.distributions.truncated import LEAST_KEPT, Truncated

__all__ = ["LogarithmicPool"]

REACH = 25  # scores; further out (1e-138) scipy's inverse of the incomplete beta gives up
LEAST_SHARED = 1e-6  # with less the parts contradict each other, and what they share is an accident
MOST_AT_END = 1e-7  # of the probability, closer to a bound than numbers can tell apart
_RULED_OUT = "expected parts that overlap, got parts that rule each other out"
FLOOR = 1e-16  # of the probability: rounding beside a bound that is not 0 allows no less


@dataclass(frozen=True, slots=True)
class LogarithmicPool(ByTable):
    """One opinion out of several: densities multiplied, each to the power of its weight, and scaled to one.

    Notes
    -----
    f = prod f_i^w_i / integral of the same. What one part rules out is ruled out; parts that agree are not
    widened by being several, as they are in a mixture. Normal parts give a normal of mean
    sum(w m / s^2) / sum(w / s^2) and variance 1 / sum(w / s^2). Discrete parts are pooled on their common values.

    References
    ----------
    Genest and Zidek (1986), "Combining probability distributions: a critique and an annotated bibliography",
    Statistical Science 1(1).

    Examples
    --------
    >>> from simlib.distributions.unbounded import Normal
    >>> pooled = LogarithmicPool((Normal(1.0, 1.0), Normal(3.0, 1.0)), (0.5, 0.5))
    >>> round(pooled.mean, 9), round(pooled.sd, 9)
    (2.0, 1.0)
    """

    components: tuple[Distribution, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "logarithmic_pool"

    def __post_init__(self) -> None:
        components, shares = weighed_parts(self.components, self.weights)
        settle(self, components=components, weights=shares)
        if self.discrete:
            self._check_common()
        else:
            self._check_continuous()
            self._check_overlap()

    def _parts(self) -> list[tuple[Distribution, float]]:
        """Components that count, with their weights; of a pool among them its own, which is the same product."""
        pairs = [pair for pair in zip(self.components, self.weights, strict=True) if pair[1] > 0.0]
        return [
            (component, weight * inside)
            for pooled, weight in pairs
            for component, inside in (pooled._parts() if isinstance(pooled, LogarithmicPool) else [(pooled, 1.0)])
        ]

    def _check_common(self) -> None:
        if not _common(self).size:
            raise ParameterError("of", "expected parts with a value in common, got none that all of them hold possible")

    def _check_continuous(self) -> None:
        if any(component.atoms().size for component, _ in self._parts()):
            message = "expected parts that are all continuous or all of single values, got some of each"
            raise ParameterError("of", message)

    def _check_overlap(self) -> None:
        low, high = self.support
        least = 0.0 if high <= low else min(float(c.cdf(high) - c.cdf(low)) for c, _ in self._parts())
        if least < LEAST_KEPT:
            raise ParameterError("of", _RULED_OUT)
        if _curve(self).at_end > MOST_AT_END:
            message = "expected parts of which no more than a trace lies at a bound, got a pile on it"
            raise ParameterError("of", message)

    @property
    def discrete(self) -> bool:
        """Whether every component is."""
        return all(component.discrete for component, _ in self._parts())

    @property
    def mean(self) -> float:
        """Mean, by quadrature; of single values, exactly."""
        if not self.discrete:
            return _curve(self).mean
        steps = self.steps()
        return float(steps.masses() @ steps.values)

    @property
    def sd(self) -> float:
        """Standard deviation, by quadrature; of single values, exactly."""
        if not self.discrete:
            return _curve(self).sd
        steps = self.steps()
        return math.sqrt(float(steps.masses() @ (steps.values - self.mean) ** 2))

    @property
    def support(self) -> tuple[float, float]:
        """What every component holds possible."""
        if self.discrete:
            values = _common(self)
            return float(values[0]), float(values[-1])
        ends = [component.support for component, _ in self._parts()]
        return max(low for low, _ in ends), min(high for _, high in ends)

    def product(self, x: Array) -> Array:
        """Product of the densities to the power of their weights, before it is scaled to one; any shape."""
        low, high = self.support
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            product = np.exp(np.sum([w * np.log(c.density(x)) for c, w in self._parts()], axis=0))
        # A density may be infinite on a bound, where points can fall by rounding: there is no width there.
        return np.asarray(np.where((x > low) & (x < high) & np.isfinite(product), product, 0.0))

    def _density(self, x: Array) -> Array:
        """The product over its integral."""
        return np.zeros(x.shape) if self.discrete else self.product(x) / _curve(self).total

    def mass(self, x: npt.ArrayLike) -> Array:
        """Probability of exactly x."""
        return self.steps().mass(x) if self.discrete else np.zeros(np.shape(x))

    def atoms(self) -> Array:
        """The values that all components have in common, where they are of single values."""
        return _common(self) if self.discrete else np.empty(0)

    def steps(self) -> Steps:
        """The staircase over the common values."""
        values = _common(self)
        heights = np.exp(sum(w * np.log(c.mass(values)) for c, w in self._parts()))
        return staircase_of(values, heights / heights.sum())

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z."""
        return step_from_score(self, z, out) if self.discrete else super(LogarithmicPool, self).from_score(z, out)

    def at(self, p: Array, q: Array) -> Array:
        """A root in the panel that holds p."""
        p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
        if self.discrete:
            return self.steps().at(p, q)
        low, high = self.support
        values = np.where(p <= 0.0, low, high)
        open_ = (p > 0.0) & (q > 0.0)
        first, last = _curve(self).bracket(p[open_], q[open_])
        values[open_] = inverse(self.cdf, self.sf, p[open_], q[open_], low=first, high=last)
        return values

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Integral of the density up to x."""
        return self.steps().cdf(x) if self.discrete else _curve(self).share(self, x, above=False)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Integral of the density above x."""
        return self.steps().sf(x) if self.discrete else _curve(self).share(self, x, above=True)

    def sentence(self, show: Show = plain) -> str:
        """How many opinions, and the usual range of what they agree on."""
        return f"what {len(self._parts())} opinions have in common: {middle_80(self, show)}"


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """A product of densities integrated once.

    Attributes
    ----------
    edges
        (n + 1,) edges of the panels [unit of the value].
    below, over
        (n + 1,) share of the probability below and above each edge.
    total
        Integral of the product: 1 where all parts say the same, 0 where they rule each other out.
    mean, sd
        Moments [unit of the value].
    at_end
        Share of the probability in a first or last panel, which ends where numbers do.
    """

    edges: Array
    below: Array
    over: Array
    total: float
    mean: float
    sd: float
    at_end: float

    def bracket(self, p: Array, q: Array) -> tuple[Array, Array]:
        """Edges around the panel that holds p, judged from the nearer tail, with room for rounding."""
        up = np.searchsorted(self.below, p, side="left")
        down = len(self.over) - np.searchsorted(self.over[::-1], q, side="right")
        place = np.where(p <= q, up, down)
        return self.edges.take(place - 2, mode="clip"), self.edges.take(place + 1, mode="clip")

    def share(self, pool: LogarithmicPool, x: npt.ArrayLike, *, above: bool) -> Array:
        """Share of the probability at or below x, or above it; any shape."""
        x = np.asarray(x, dtype=np.float64)
        inside = np.clip(x, self.edges[0], self.edges[-1]).ravel()
        panel = np.clip(np.searchsorted(self.edges, inside, side="right"), 1, len(self.edges) - 1)
        if above:
            part = gauss(pool.product, inside, self.edges[panel]) / self.total + self.over[panel]
        else:
            part = gauss(pool.product, self.edges[panel - 1], inside) / self.total + self.below[panel - 1]
        shares: Array = np.minimum(part, 1.0)
        return shares.reshape(x.shape)


@lru_cache(maxsize=512)
def _curve(pool: LogarithmicPool) -> _Curve:
    parts = [(Truncated(component, *_finite(pool.support)), weight) for component, weight in pool._parts()]

    def place(z: Array) -> Array:
        # Quantiles averaged: where the parts differ, what they share lies between them.
        return np.asarray(np.sum([weight * part.at(*tails(z)) for part, weight in parts], axis=0))

    def integral(low: Array, high: Array) -> Array:
        return gauss(pool.product, place(low), place(high))

    scores, masses = divided(integral, np.arange(-8.0 * REACH, 8.0 * REACH + 1.0) / 8.0, floor=FLOOR)
    edges, total = place(scores), float(masses.sum())
    if not total >= LEAST_SHARED:  # before anything is divided by it: it may be 0, or nothing that is a number
        raise ParameterError("of", _RULED_OUT)
    below = np.append(0.0, np.cumsum(masses)) / total
    over = np.append(np.cumsum(masses[::-1])[::-1], 0.0) / total
    low, high = edges[:-1], edges[1:]
    mean = float(gauss(lambda x: x * pool.product(x), low, high).sum()) / total
    variance = float(gauss(lambda x: (x - mean) ** 2 * pool.product(x), low, high).sum()) / total
    wide = masses[high > low]
    return _Curve(edges, below, over, total, mean, math.sqrt(variance), float(max(wide[0], wide[-1])) / total)


def _finite(support: tuple[float, float]) -> tuple[float | None, float | None]:
    low, high = support
    return (low if math.isfinite(low) else None), (high if math.isfinite(high) else None)


@lru_cache(maxsize=512)
def _common(pool: LogarithmicPool) -> Array:
    values = [component.atoms() for component, _ in pool._parts()]
    common: Array = reduce(np.intersect1d, values)
    return common
