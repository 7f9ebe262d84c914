"""One of several distributions, each with a weight: a true mixture, not an average of values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import special

from simlib.distributions.base import (
    Array,
    ByInversion,
    Distribution,
    Show,
    in_100,
    plain,
    refuse,
    score,
    settle,
    weights,
)
from simlib.distributions.discrete import Steps, step_from_score
from simlib.distributions.roots import rising_root
from simlib.distributions.tables import ByTable

__all__ = ["Mixture"]

FURTHEST = 40.0  # a score beyond any float's probability, in place of infinity


@dataclass(frozen=True, slots=True)
class Mixture(ByTable):
    """In a share `weights[i]` of futures the value comes from `components[i]`."""

    components: tuple[Distribution, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "mixture"

    def __post_init__(self) -> None:
        if not isinstance(self.components, Iterable):
            refuse("of", "a list of distributions", self.components)
        components = tuple(self.components)
        for component in components:
            if not isinstance(component, ByInversion):
                refuse("of", "a list of distributions", component)
        if not components:
            refuse("of", "at least one distribution", len(components))
        settle(self, components=components)
        settle(self, weights=weights("weights", self.weights, length=len(components)))

    def _parts(self) -> list[tuple[Distribution, float]]:
        """Components that can happen, with their weights."""
        pairs = zip(self.components, self.weights, strict=True)
        return [(component, weight) for component, weight in pairs if weight > 0.0]

    @property
    def discrete(self) -> bool:
        """Whether every component is."""
        return all(component.discrete for component, _ in self._parts())

    @property
    def mean(self) -> float:
        """Weighed mean of the components."""
        return math.fsum(weight * component.mean for component, weight in self._parts())

    @property
    def sd(self) -> float:
        """Root of the spread within and between the components."""
        centre = self.mean
        parts = (w * (c.sd**2 + (c.mean - centre) ** 2) for c, w in self._parts())
        return math.sqrt(math.fsum(parts))

    @property
    def support(self) -> tuple[float, float]:
        """From the lowest of all to the highest of all."""
        ends = [component.support for component, _ in self._parts()]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Weighed probabilities at or below x."""
        return np.minimum(sum(w * c.cdf(x) for c, w in self._parts()), 1.0)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Weighed probabilities above x."""
        return np.minimum(sum(w * c.sf(x) for c, w in self._parts()), 1.0)

    def atoms(self) -> Array:
        """Single values of any component."""
        return np.unique(np.concatenate([component.atoms() for component, _ in self._parts()]))

    def steps(self) -> Steps:
        """The staircase, where every component has one."""
        values = self.atoms()
        return Steps(values, self.cdf(values), self.sf(values))

    def from_score(self, z: Array) -> Array:
        """Value at the standard-normal score z."""
        return step_from_score(self, z) if self.discrete else super(Mixture, self).from_score(z)

    def at(self, p: Array, q: Array) -> Array:
        """Single values by their place in the cdf, the rest by a root between the components'."""
        p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
        each = np.stack([component.at(p, q) for component, _ in self._parts()])
        values, high = each.min(axis=0), each.max(axis=0)
        values = np.asarray(np.where(q <= 0.0, high, values))
        jumps = _jumps(self)
        jump = jumps.find(p, q)
        jumped = jump >= 0
        values[jumped] = jumps.values[jump[jumped]]
        open_ = (values < high) & ~jumped & (p > 0.0)
        values[open_] = self._root(p[open_], q[open_], values[open_], high[open_])
        return values

    def _root(self, p: Array, q: Array, low: Array, high: Array) -> Array:
        # In scores the difference is nearly straight, so that few steps find its root.
        target = score(p, q)

        def above_target(x: Array, index: npt.NDArray[np.intp]) -> Array:
            wanted = target[index]
            reached = np.empty_like(x)
            lower = wanted <= 0.0
            reached[lower] = special.ndtri(self.cdf(x[lower]))
            reached[~lower] = -special.ndtri(self.sf(x[~lower]))
            return np.asarray(np.clip(reached, -FURTHEST, FURTHEST) - wanted)

        return rising_root(above_target, low, high)

    def sentence(self, show: Show = plain) -> str:
        """Each component's sentence, with its chance."""
        parts = self._parts()
        return "; ".join(f"in {in_100(weight)} {component.sentence(show)}" for component, weight in parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Jumps:
    """Where a cdf jumps: (n,) values, and probabilities on either side of the jump."""

    values: Array
    below: Array
    below_before: Array
    over: Array
    over_before: Array

    def find(self, p: Array, q: Array) -> npt.NDArray[np.intp]:
        """Which jump holds the probability p; -1 for none."""
        if not self.values.size:
            return np.full(p.shape, -1)
        last = len(self.values) - 1
        up = np.minimum(np.searchsorted(self.below, p, side="left"), last)
        down = np.minimum(last + 1 - np.searchsorted(self.over[::-1], q, side="right"), last)
        rises = (self.below_before[up] < p) & (p <= self.below[up])
        falls = (self.over_before[down] > q) & (q >= self.over[down])
        return np.where(p <= q, np.where(rises, up, -1), np.where(falls, down, -1))


@lru_cache(maxsize=512)
def _jumps(mixture: Mixture) -> _Jumps:
    values = mixture.atoms()
    before = np.nextafter(values, -np.inf)
    return _Jumps(values, mixture.cdf(values), mixture.cdf(before), mixture.sf(values), mixture.sf(before))
