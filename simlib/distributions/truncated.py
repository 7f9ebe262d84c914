"""Continuous families cut off at bounds: truncated, so nothing is heaped on a bound; no discrete ones."""

from __future__ import annotations

import math
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
    bell,
    middle_80,
    number,
    plain,
    positive,
    refuse,
    settle,
    tails,
)
from simlib.distributions.quadrature import divided, gauss
from simlib.distributions.tables import ByTable
from simlib.distributions.unbounded import Normal

__all__ = ["Truncated", "TruncatedNormal", "moments_by_score"]

REACH = 25  # scores; further out (1e-138) scipy's inverse of the incomplete beta gives up
LEAST_KEPT = 1e-9  # of the parent; with less the tail of the parent is an accident of its family


@lru_cache(maxsize=512)
def moments_by_score(distribution: Distribution, reach: int = REACH) -> tuple[float, float]:
    """Give mean and sd as integrals over the normal score, from -reach to reach.

    Notes
    -----
    The panels are divided by what rises strictly with the value, so that no kink and no jump is missed. The
    reach is far beyond any draw, so that tails near infinite variance are seen.
    """
    low, middle, high = distribution.ppf(np.array([0.1, 0.5, 0.9]))

    def values(z: Array) -> Array:
        return np.asarray((distribution.at(*tails(z)) - middle) / (high - low))

    def rising(z: Array) -> Array:
        t = values(z)
        return np.asarray((t + np.hypot(1.0, t)) * bell(z))

    edges, _ = divided(lambda a, b: gauss(rising, a, b), np.arange(-4.0 * reach, 4.0 * reach + 1.0) / 4.0, floor=1e-15)
    first, last = edges[:-1], edges[1:]
    mean = float(gauss(lambda z: values(z) * bell(z), first, last).sum())
    variance = float(gauss(lambda z: (values(z) - mean) ** 2 * bell(z), first, last).sum())
    return float(middle + (high - low) * mean), float(high - low) * math.sqrt(variance)


@dataclass(frozen=True, slots=True)
class Truncated(ByTable):
    """A continuous distribution, given that it lies between low and high.

    >>> round(Truncated(Normal(0.0, 1.0), low=0.0).mean, 4)
    0.7979
    """

    parent: Distribution
    low: float | None = None
    high: float | None = None
    family: ClassVar[str] = "truncated"

    def __post_init__(self) -> None:
        if not isinstance(self.parent, ByInversion) or self.parent.atoms().size:
            refuse("parent", "a continuous distribution", self.parent)
        low, high = bounds(self.low, self.high)
        settle(self, low=low, high=high)
        if self._kept() < LEAST_KEPT:
            name = "low" if high is None or (low is not None and low > self.parent.mean) else "high"
            bound = low if name == "low" else high
            refuse(name, "bounds that keep at least a billionth of the untruncated distribution", bound)

    def _edges(self) -> tuple[float, float]:
        low, high = self.parent.support
        return max(low, _or(self.low, low)), min(high, _or(self.high, high))

    def _kept(self) -> float:
        """Probability of the parent between the bounds, from the tail where it is exact."""
        low, high = self._edges()
        if high <= low:
            return 0.0
        below = float(self.parent.cdf(high)) - float(self.parent.cdf(low))
        over = float(self.parent.sf(low)) - float(self.parent.sf(high))
        return below if self.parent.cdf(low) < 0.5 else over

    @property
    def mean(self) -> float:
        """Mean, by quadrature."""
        return moments_by_score(self)[0]

    @property
    def sd(self) -> float:
        """Standard deviation, by quadrature."""
        return moments_by_score(self)[1]

    @property
    def support(self) -> tuple[float, float]:
        """The bounds, or the ends of the parent where they are nearer."""
        return self._edges()

    def at(self, p: Array, q: Array) -> Array:
        """The parent's value, p and q being shares of what is kept."""
        low, high = self._edges()
        kept = self._kept()
        below, over = float(self.parent.cdf(low)), float(self.parent.sf(high))
        values = self.parent.at(below + kept * np.asarray(p), over + kept * np.asarray(q))
        values = np.clip(values, low, high)  # only rounding can lie outside
        return np.where(np.asarray(p) <= 0.0, low, np.where(np.asarray(q) <= 0.0, high, values))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Share of what is kept at or below x."""
        low, high = self._edges()
        x = np.clip(x, low, high)
        lower = self.parent.cdf(x) - self.parent.cdf(low)
        upper = self._kept() - (self.parent.sf(x) - self.parent.sf(high))
        return np.clip(np.where(self.parent.cdf(x) < 0.5, lower, upper) / self._kept(), 0.0, 1.0)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Share of what is kept above x."""
        low, high = self._edges()
        x = np.clip(x, low, high)
        upper = self.parent.sf(x) - self.parent.sf(high)
        lower = self._kept() - (self.parent.cdf(x) - self.parent.cdf(low))
        return np.clip(np.where(self.parent.cdf(x) < 0.5, lower, upper) / self._kept(), 0.0, 1.0)

    def _density(self, x: Array) -> Array:
        """The parent's density over the share that is kept."""
        return self.parent.density(x) / self._kept()

    def sentence(self, show: Show = plain) -> str:
        """The parent's sentence, the bounds, and what is left between them where that is something else."""
        before, after = middle_80(self.parent, show), middle_80(self, show)
        outside = _outside(self.low, self.high, show)
        if before == after:
            return f"{self.parent.sentence(show)}; {outside} left out"
        return f"before the cut {self.parent.sentence(show)}; {outside} left out; what remains is {after}"


@dataclass(frozen=True, slots=True)
class TruncatedNormal(ByTable):
    """The bell curve between bounds; mean and sd are those of the whole bell, before the cut.

    The fields are called `parent_mean` and `parent_sd`, because `mean` and `sd` are the truth.
    """

    parent_mean: float
    parent_sd: float
    low: float | None = None
    high: float | None = None
    family: ClassVar[str] = "truncated_normal"

    def __post_init__(self) -> None:
        mean, sd = number("mean", self.parent_mean), positive("sd", self.parent_sd)
        low, high = bounds(self.low, self.high)
        settle(self, parent_mean=mean, parent_sd=sd, low=low, high=high)
        Truncated(Normal(mean, sd), low, high)  # refuses bounds that keep nothing

    @property
    def _cut(self) -> Truncated:
        return Truncated(Normal(self.parent_mean, self.parent_sd), self.low, self.high)

    @property
    def mean(self) -> float:
        """Mean of what is kept."""
        return self._cut.mean

    @property
    def sd(self) -> float:
        """Standard deviation of what is kept."""
        return self._cut.sd

    @property
    def support(self) -> tuple[float, float]:
        """The bounds."""
        return self._cut.support

    def at(self, p: Array, q: Array) -> Array:
        """The bell's value, p and q being shares of what is kept."""
        return self._cut.at(p, q)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Share of what is kept at or below x."""
        return self._cut.cdf(x)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Share of what is kept above x."""
        return self._cut.sf(x)

    def _density(self, x: Array) -> Array:
        """The bell's density over the share that is kept."""
        return self._cut.density(x)

    def sentence(self, show: Show = plain) -> str:
        """The bell's sentence and the bounds."""
        return self._cut.sentence(show)


def bounds(low: object, high: object) -> tuple[float | None, float | None]:
    """Check bounds either of which may be left out, and that they are in order."""
    lower = None if low is None else number("low", low)
    upper = None if high is None else number("high", high)
    if lower is not None and upper is not None and upper <= lower:
        refuse("high", f"a number above low ({lower:.10g})", upper)
    return lower, upper


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _outside(low: float | None, high: float | None, show: Show) -> str:
    below = "" if low is None else f"anything below {show(low)}"
    over = "" if high is None else f"anything above {show(high)}"
    return " and ".join(part for part in (below, over) if part) or "nothing"
