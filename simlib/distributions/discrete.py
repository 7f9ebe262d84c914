"""Families of single values: certainties, events and counts; data is in `empirical`, mixtures in `mixture`."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import (
    Array,
    ByInversion,
    Show,
    count,
    in_100,
    middle_80,
    number,
    numbers,
    plain,
    positive,
    put,
    refuse,
    score,
    settle,
    share,
    weights,
)

__all__ = [
    "Bernoulli",
    "Binomial",
    "BySteps",
    "Discrete",
    "Fixed",
    "Geometric",
    "Poisson",
    "Steps",
    "staircase_of",
    "step_from_score",
]

LISTED = 5  # values that a sentence names one by one
MOST_POISSON = MOST_TRIALS = 1e7  # beyond, the staircase costs memory and a normal is as good
LEAST_SUCCESS = 1e-4  # below, the staircase costs memory and an exponential is as good


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The staircase of a discrete distribution.

    Attributes
    ----------
    values
        (n,) ascending.
    below, over
        (n,) probability at or below each value, and above it.
    """

    values: Array
    below: Array
    over: Array

    def at(self, p: Array, q: Array) -> Array:
        """First value with at least p at or below it, judged from the nearer tail."""
        p, q = np.asarray(p), np.asarray(q)
        up = np.searchsorted(self.below, p, side="left")
        down = len(self.values) - np.searchsorted(self.over[::-1], q, side="right")
        return self.values.take(np.where(p <= q, up, down), mode="clip")

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Height of the staircase at x."""
        return np.append(0.0, self.below)[np.searchsorted(self.values, x, side="right")]

    def sf(self, x: npt.ArrayLike) -> Array:
        """What the staircase at x lacks to one."""
        return np.append(1.0, self.over)[np.searchsorted(self.values, x, side="right")]

    def masses(self) -> Array:
        """(n,) probability of each value, from the nearer tail."""
        up, down = np.diff(self.below, prepend=0.0), -np.diff(self.over, prepend=1.0)
        return np.where(self.below <= 0.5, up, down)

    def mass(self, x: npt.ArrayLike) -> Array:
        """Height of the step at x."""
        place = np.searchsorted(self.values, x, side="left")
        found = self.values.take(place, mode="clip") == x
        return np.asarray(np.where(found, self.masses().take(place, mode="clip"), 0.0))

    def from_score(self, z: Array, edges: Array, out: Array | None = None) -> Array:
        """Value at a score, the scores of the steps being known."""
        return self.values.take(np.searchsorted(edges, z, side="left"), out=out, mode="clip")


class Stepped(Hashable, Protocol):
    """A distribution that has a staircase."""

    def steps(self) -> Steps:
        """Its staircase."""


def step_from_score(distribution: Stepped, z: Array, out: Array | None = None) -> Array:
    """Give the values of a discrete distribution at scores z."""
    steps, edges = _staircase(distribution)
    return steps.from_score(z, edges, out)


@lru_cache(maxsize=512)
def _staircase(distribution: Stepped) -> tuple[Steps, Array]:
    steps = distribution.steps()
    # The last step has no far edge: rounding must not leave a score without a value.
    return steps, score(steps.below, steps.over)[:-1]


class BySteps(ByInversion):
    """A family that states its staircase and gets everything else from it."""

    __slots__ = ()

    def steps(self) -> Steps:
        """The staircase."""
        raise NotImplementedError

    @property
    def discrete(self) -> bool:
        """Yes."""
        return True

    @property
    def mean(self) -> float:
        """Values times probabilities."""
        steps, masses = self._masses()
        return float(masses @ steps.values)

    @property
    def sd(self) -> float:
        """Root of the mean squared distance from the mean."""
        steps, masses = self._masses()
        return math.sqrt(float(masses @ (steps.values - masses @ steps.values) ** 2))

    def _masses(self) -> tuple[Steps, Array]:
        steps = _staircase(self)[0]
        return steps, steps.masses()

    @property
    def support(self) -> tuple[float, float]:
        """From the first to the last value."""
        values = _staircase(self)[0].values
        return float(values[0]), float(values[-1])

    def at(self, p: Array, q: Array) -> Array:
        """First value with at least p at or below it."""
        return _staircase(self)[0].at(p, q)

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z."""
        return step_from_score(self, z, out)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Probability at or below x."""
        return _staircase(self)[0].cdf(x)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Probability above x."""
        return _staircase(self)[0].sf(x)

    def density(self, x: npt.ArrayLike) -> Array:
        """Nothing: all of the probability sits on single values."""
        return np.zeros(np.shape(x))

    def mass(self, x: npt.ArrayLike) -> Array:
        """Probability of exactly x."""
        return _staircase(self)[0].mass(x)

    def atoms(self) -> Array:
        """Every value."""
        return _staircase(self)[0].values


@dataclass(frozen=True, slots=True)
class Fixed(BySteps):
    """No uncertainty: one value."""

    value: float
    family: ClassVar[str] = "fixed"

    def __post_init__(self) -> None:
        settle(self, value=number("value", self.value))

    def steps(self) -> Steps:
        """One step."""
        return Steps(np.array([self.value]), np.ones(1), np.zeros(1))

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """The value, whatever the score."""
        return put(np.full(np.shape(z), self.value), out)

    def sentence(self, show: Show = plain) -> str:
        """The value."""
        return f"exactly {show(self.value)}"


@dataclass(frozen=True, slots=True)
class Bernoulli(BySteps):
    """1 with probability p, else 0: it happens or it does not."""

    p: float
    family: ClassVar[str] = "bernoulli"

    def __post_init__(self) -> None:
        settle(self, p=share("p", self.p))

    @property
    def mean(self) -> float:
        """p, exactly."""
        return self.p

    @property
    def sd(self) -> float:
        """Root of p (1 - p)."""
        return math.sqrt(self.p * (1.0 - self.p))

    @property
    def support(self) -> tuple[float, float]:
        """0 and 1, where both can happen."""
        return float(self.p >= 1.0), float(self.p > 0.0)

    def steps(self) -> Steps:
        """Two steps, or one where only one can happen."""
        return staircase_of(np.array([0.0, 1.0]), np.array([1.0 - self.p, self.p]))

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """1 where the score is in the uppermost p of the normal."""
        return put(np.asarray(z > -float(special.ndtri(self.p)), dtype=np.float64), out)

    def sentence(self, show: Show = plain) -> str:
        """How often."""
        return f"{show(1.0)} in {in_100(self.p)}, otherwise {show(0.0)}"


@dataclass(frozen=True, slots=True)
class Binomial(BySteps):
    """How many of n happen, each with probability p on its own."""

    n: int
    p: float
    family: ClassVar[str] = "binomial"

    def __post_init__(self) -> None:
        n = count("n", self.n)
        if n > MOST_TRIALS:
            refuse("n", f"at most {MOST_TRIALS:.0f} (use a normal with the same mean and sd)", n)
        settle(self, n=n, p=share("p", self.p))

    @property
    def mean(self) -> float:
        """Number times chance, exactly."""
        return self.n * self.p

    @property
    def sd(self) -> float:
        """Root of n p (1 - p)."""
        return math.sqrt(self.n * self.p * (1.0 - self.p))

    @property
    def support(self) -> tuple[float, float]:
        """From 0 to n, where they can happen."""
        return self.n * float(self.p >= 1.0), self.n * float(self.p > 0.0)

    def steps(self) -> Steps:
        """The counts whose tails are above 1e-30: beyond, no draw can fall."""
        k = _window(self.mean, self.sd, self.n)
        inner = k[k < self.n]
        below = special.betaincc(inner + 1.0, self.n - inner, self.p)
        over = special.betainc(inner + 1.0, self.n - inner, self.p)
        if len(inner) < len(k):
            below, over = np.append(below, 1.0), np.append(over, 0.0)
        return _possible(k, below, over)

    def sentence(self, show: Show = plain) -> str:
        """How many on average, of how many."""
        low, high = show(self.quantile(0.1)), show(self.quantile(0.9))
        return f"{show(self.mean)} of {self.n} on average, from {low} to {high} in 8 of 10 futures"


@dataclass(frozen=True, slots=True)
class Poisson(BySteps):
    """How many happen when each moment is as likely as any other."""

    mean: float
    family: ClassVar[str] = "poisson"

    def __post_init__(self) -> None:
        mean = positive("mean", self.mean)
        if mean > MOST_POISSON:
            refuse("mean", f"at most {MOST_POISSON:.0f} (use a normal with sd = root of the mean)", mean)
        settle(self, mean=mean)

    @property
    def sd(self) -> float:
        """Root of the mean."""
        return math.sqrt(self.mean)

    @property
    def support(self) -> tuple[float, float]:
        """0 and above."""
        return 0.0, math.inf

    def steps(self) -> Steps:
        """The counts whose tails are above 1e-30: beyond, no draw can fall."""
        k = _window(self.mean, self.sd, math.inf)
        return _possible(k, special.gammaincc(k + 1.0, self.mean), special.gammainc(k + 1.0, self.mean))

    def sentence(self, show: Show = plain) -> str:
        """How many on average, and the usual range."""
        low, high = show(self.quantile(0.1)), show(self.quantile(0.9))
        return f"{show(self.mean)} on average, from {low} to {high} in 8 of 10 futures"


@dataclass(frozen=True, slots=True)
class Geometric(BySteps):
    """How many trials it takes until the first success, that one included: 1 is success at once.

    Notes
    -----
    P(X > k) = (1 - p)^k. The convention of scipy.stats.geom; others count the failures alone, one fewer.
    """

    p: float
    family: ClassVar[str] = "geometric"

    def __post_init__(self) -> None:
        p = share("p", self.p)
        if p < LEAST_SUCCESS:
            refuse("p", f"a share from {LEAST_SUCCESS:g} to 1 (for rarer ones use an exponential with mean 1/p)", p)
        settle(self, p=p)

    @property
    def mean(self) -> float:
        """1/p."""
        return 1.0 / self.p

    @property
    def sd(self) -> float:
        """Root of 1 - p, over p."""
        return math.sqrt(1.0 - self.p) / self.p

    @property
    def support(self) -> tuple[float, float]:
        """1 and above."""
        return 1.0, math.inf if self.p < 1.0 else 1.0

    def steps(self) -> Steps:
        """The numbers whose tail is above 1e-30: beyond, no draw can fall."""
        if self.p >= 1.0:
            return Steps(np.ones(1), np.ones(1), np.zeros(1))
        log_failure = math.log1p(-self.p)
        k = np.arange(1.0, math.ceil(math.log(1e-30) / log_failure) + 1.0)
        return _possible(k, -np.expm1(k * log_failure), np.exp(k * log_failure))

    def sentence(self, show: Show = plain) -> str:
        """The chance of each trial, the mean and the usual longest."""
        tries = f"tries up to and including the first success, each succeeding in {in_100(self.p)}"
        return f"{tries}: {show(self.mean)} on average, at most {show(self.quantile(0.9))} in 9 of 10 futures"


@dataclass(frozen=True, slots=True)
class Discrete(BySteps):
    """Stated values with stated weights."""

    values: tuple[float, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "discrete"

    def __post_init__(self) -> None:
        values = numbers("values", self.values, least=1)
        settle(self, values=values, weights=weights("weights", self.weights, length=len(values)))

    def steps(self) -> Steps:
        """Values in order, equal ones together, impossible ones left out."""
        values, place = np.unique(self.values, return_inverse=True)
        masses = np.bincount(place, weights=self.weights).astype(np.float64)
        return staircase_of(values, masses)

    def sentence(self, show: Show = plain) -> str:
        """Each value with its chance, or the usual range of many."""
        if len(self.values) > LISTED:
            return f"one of {len(self.values)} values; {middle_80(self, show)}"
        pairs = zip(self.values, self.weights, strict=True)
        return ", ".join(f"{show(value)} in {in_100(weight)}" for value, weight in pairs)


def staircase_of(values: Array, masses: Array) -> Steps:
    """Give the staircase of (n,) ascending values and their probabilities, impossible ones left out."""
    values, masses = values[masses > 0.0], masses[masses > 0.0]
    below = np.cumsum(masses)
    over = np.append(np.cumsum(masses[:0:-1])[::-1], 0.0)
    below[-1] = 1.0
    return Steps(values, below, over)


def _possible(values: Array, below: Array, over: Array) -> Steps:
    """Leave out the counts at the ends that double precision gives no probability."""
    first, last = np.count_nonzero(below == 0.0), len(over) - np.count_nonzero(over == 0.0) + 1
    return Steps(values[first:last], below[first:last], over[first:last])


def _window(mean: float, sd: float, most: float) -> Array:
    """Whole numbers that hold all but 1e-30 of the probability in each tail."""
    low = max(0.0, math.floor(mean - 13.0 * sd - 1.0))
    high = min(most, math.ceil(mean + 13.0 * sd + 60.0))
    return np.arange(low, high + 1.0)
