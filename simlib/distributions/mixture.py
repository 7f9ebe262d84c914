"""One of several distributions, or nothing, each with a weight: true mixtures, no averages of values or densities."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib.distributions.base import (
    Array,
    ByInversion,
    Distribution,
    Show,
    in_100,
    plain,
    refuse,
    settle,
    share,
    weights,
)
from simlib.distributions.discrete import Fixed, Steps, step_from_score
from simlib.distributions.roots import inverse
from simlib.distributions.tables import ByTable

__all__ = ["Mixture", "ZeroInflated", "weighed_parts"]

MOST_PARTS = 100  # those inside others counted: each figure of the whole asks every part, and roots ask often


@dataclass(frozen=True, slots=True)
class Mixture(ByTable):
    """In a share `weights[i]` of futures the value comes from `components[i]`."""

    components: tuple[Distribution, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "mixture"

    def __post_init__(self) -> None:
        components, shares = weighed_parts(self.components, self.weights)
        settle(self, components=components, weights=shares)

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

    def density(self, x: npt.ArrayLike) -> Array:
        """Weighed densities."""
        return np.asarray(sum(w * c.density(x) for c, w in self._parts()))

    def mass(self, x: npt.ArrayLike) -> Array:
        """Weighed probabilities of exactly x."""
        return np.asarray(sum(w * c.mass(x) for c, w in self._parts()))

    def steps(self) -> Steps:
        """The staircase, where every component has one."""
        values = self.atoms()
        return Steps(values, self.cdf(values), self.sf(values))

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z."""
        return step_from_score(self, z, out) if self.discrete else super(Mixture, self).from_score(z, out)

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
        low, high = values[open_], high[open_]
        values[open_] = inverse(self.cdf, self.sf, p[open_], q[open_], low=low, high=high)
        return values

    def sentence(self, show: Show = plain) -> str:
        """Each component's sentence, with its chance."""
        parts = self._parts()
        return "; ".join(f"in {in_100(weight)} {component.sentence(show)}" for component, weight in parts)


@dataclass(frozen=True, slots=True)
class ZeroInflated(ByTable):
    """Anything at all with a chance, and then how much; otherwise nothing (spike and slab).

    >>> from simlib.distributions.bounded import Uniform
    >>> claim = ZeroInflated(0.2, Uniform(1.0, 3.0))
    >>> claim.mean, claim.quantile(0.5), round(claim.quantile(0.9), 9)
    (0.4, 0.0, 2.0)
    """

    chance: float
    component: Distribution
    family: ClassVar[str] = "zero_inflated"

    def __post_init__(self) -> None:
        if not isinstance(self.component, ByInversion):
            refuse("of", "a distribution", self.component)
        settle(self, chance=share("chance", self.chance))

    @property
    def _mixed(self) -> Mixture:
        return Mixture((Fixed(0.0), self.component), (1.0 - self.chance, self.chance))

    @property
    def discrete(self) -> bool:
        """Whether what comes is."""
        return self._mixed.discrete

    @property
    def mean(self) -> float:
        """Chance times the mean of what comes."""
        return self.chance * self.component.mean

    @property
    def sd(self) -> float:
        """Root of chance (sd^2 + (1 - chance) mean^2) of what comes."""
        inner = self.component
        return math.sqrt(self.chance * (inner.sd**2 + (1.0 - self.chance) * inner.mean**2))

    @property
    def support(self) -> tuple[float, float]:
        """The support of what comes, stretched to nothing."""
        return self._mixed.support

    def at(self, p: Array, q: Array) -> Array:
        """As of the mixture it is."""
        return self._mixed.at(p, q)

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z."""
        return self._mixed.from_score(z, out)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Probability at or below x."""
        return self._mixed.cdf(x)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Probability above x."""
        return self._mixed.sf(x)

    def density(self, x: npt.ArrayLike) -> Array:
        """Chance times the density of what comes."""
        return self._mixed.density(x)

    def mass(self, x: npt.ArrayLike) -> Array:
        """Probability of exactly x."""
        return self._mixed.mass(x)

    def atoms(self) -> Array:
        """Nothing, and the single values of what comes."""
        return self._mixed.atoms()

    def sentence(self, show: Show = plain) -> str:
        """How often anything, and how much then."""
        return f"{show(0.0)} in {in_100(1.0 - self.chance)}; otherwise {self.component.sentence(show)}"


def weighed_parts(of: object, shares: object) -> tuple[tuple[Distribution, ...], tuple[float, ...]]:
    """Give distributions and their weights, as many as there are distributions, or refuse."""
    if not isinstance(of, Iterable):
        refuse("of", "a list of distributions", of)
    components = tuple(of)
    for component in components:
        if not isinstance(component, ByInversion):
            refuse("of", "a list of distributions", component)
    if not components:
        refuse("of", "at least one distribution", len(components))
    if (count := sum(map(_count, components))) > MOST_PARTS:
        refuse("of", f"at most {MOST_PARTS} distributions, those inside others counted", count)
    return components, weights("weights", shares, length=len(components))


def _count(distribution: object) -> int:
    """Count the distributions that one is made of."""
    inside = getattr(distribution, "components", ())
    for name in ("component", "parent"):
        inside = inside or ((getattr(distribution, name),) if hasattr(distribution, name) else ())
    return sum(map(_count, inside)) if inside else 1


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
