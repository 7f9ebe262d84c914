"""Past values: drawn again as they were, or smoothed; a stated probability for each is in `discrete`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import (
    Array,
    Show,
    bell,
    middle_80,
    numbers,
    plain,
    positive,
    refuse,
    score,
    settle,
)
from simlib.distributions.discrete import BySteps, Steps
from simlib.distributions.roots import inverse
from simlib.distributions.tables import ByTable

__all__ = ["Empirical", "Smoothed", "rule_of_thumb"]

MOST_SMOOTHED = 5_000  # different values: each is looked at for every point of the curve
AT_ONCE = 1_000_000  # pairs of a point and a value held in memory


@dataclass(frozen=True, slots=True)
class Empirical(BySteps):
    """Past values, each as likely to come again: nothing between and nothing beyond them."""

    values: tuple[float, ...]
    key: int = field(init=False, repr=False, compare=False)
    family: ClassVar[str] = "empirical"

    def __post_init__(self) -> None:
        values = numbers("values", self.values, least=1)
        settle(self, values=values, key=hash(values))

    def __hash__(self) -> int:
        return self.key  # kept, since caches ask for it with every block and there may be many values

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at a score, counted rather than searched for."""
        place = np.ceil(special.ndtr(z) * len(self.values)).astype(np.intp) - 1
        return np.asarray(_sorted(self).take(place, out=out, mode="clip"))

    def steps(self) -> Steps:
        """Values in order, equal ones together."""
        values, counts = np.unique(self.values, return_counts=True)
        total = np.cumsum(counts)
        # Counts, not shares, are summed: 3/3 is one, and three thirds need not be.
        return Steps(values, total / total[-1], (total[-1] - total) / total[-1])

    def sentence(self, show: Show = plain) -> str:
        """How many values, and their usual range."""
        return f"one of {len(self.values)} observed values; {middle_80(self, show)}"


@dataclass(frozen=True, slots=True)
class Smoothed(ByTable):
    """Past values with a bell curve around each: what comes may lie between them and somewhat beyond.

    Parameters
    ----------
    values
        (n,) past values [unit of the value].
    bandwidth
        Standard deviation of each bell [unit of the value]; by `rule_of_thumb` where left out.

    Notes
    -----
    F(x) = mean of Phi((x - v) / h) over the values v: the mean of the values is kept, and the square of the
    bandwidth is added to their variance.

    References
    ----------
    Silverman (1986), Density Estimation for Statistics and Data Analysis, ch. 2.4 and 3.4.2.

    Examples
    --------
    >>> data = Smoothed((1.0, 2.0, 4.0), 0.5)
    >>> round(data.mean, 12), round(data.sd**2 - 0.5**2, 12)
    (2.333333333333, 1.555555555556)
    """

    values: tuple[float, ...]
    bandwidth: float | None = None
    key: int = field(init=False, repr=False, compare=False)
    family: ClassVar[str] = "empirical"

    def __post_init__(self) -> None:
        values = numbers("values", self.values, least=2)
        if len(set(values)) > MOST_SMOOTHED:
            refuse("values", f"at most {MOST_SMOOTHED:,} different values to smooth", len(set(values)))
        stated = self.bandwidth is not None
        width = positive("bandwidth", self.bandwidth) if stated else rule_of_thumb(values)
        settle(self, values=values, bandwidth=width, key=hash((values, width)))

    def __hash__(self) -> int:
        return self.key  # kept, since caches ask for it with every block and there may be many values

    @property
    def _width(self) -> float:
        assert self.bandwidth is not None  # settled when it was made
        return self.bandwidth

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return math.fsum(self.values) / len(self.values)

    @property
    def sd(self) -> float:
        """Root of the variance of the values and the square of the bandwidth."""
        return math.hypot(float(np.std(self.values)), self._width)

    @property
    def support(self) -> tuple[float, float]:
        """Everything."""
        return -math.inf, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Where the smoothed staircase passes p, by a root."""
        points, _ = _points(self)
        p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
        beside = self._width * score(p, q)
        values = np.array(points[0] + beside)
        inside = np.isfinite(beside)
        first, last = self._bracket(p[inside], q[inside])
        low, high = np.maximum(values[inside], first), np.minimum(points[-1] + beside[inside], last)
        values[inside] = inverse(self.cdf, self.sf, p[inside], q[inside], low=low, high=high)
        return values

    def _bracket(self, p: Array, q: Array) -> tuple[Array, Array]:
        """Give values around the place of p, judged from the nearer tail: one value far out slows no root down."""
        points, _ = _points(self)
        below, over = _reached(self)
        up = np.searchsorted(below, p, side="left")
        down = len(over) - np.searchsorted(over[::-1], q, side="right")
        place = np.where(p <= q, up, down)
        edges = np.concatenate([[-np.inf, -np.inf], points, [np.inf, np.inf]])  # with room for rounding
        return edges[place], edges[place + 3]

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Mean of Phi((x - value)/bandwidth)."""
        return _averaged(self, x, special.ndtr)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Mean of Phi((value - x)/bandwidth)."""
        return _averaged(self, x, lambda z: special.ndtr(-z))

    def _density(self, x: Array) -> Array:
        """Mean of phi((x - value)/bandwidth)/bandwidth."""
        return _averaged(self, x, bell) / self._width

    def sentence(self, show: Show = plain) -> str:
        """How many values, how far they are smoothed, and their usual range."""
        smoothed = f"around one of {len(self.values)} observed values, give or take {show(self._width)}"
        return f"{smoothed}; {middle_80(self, show)}"


def rule_of_thumb(values: tuple[float, ...]) -> float:
    """Give Silverman's bandwidth, 0.9 min(sd, interquartile range / 1.34) n^(-1/5).

    Parameters
    ----------
    values
        (n,) past values; the sd counts n - 1, the quartiles are of type 7 [unit of the value].

    References
    ----------
    Silverman (1986), Density Estimation for Statistics and Data Analysis, equation 3.31.

    Examples
    --------
    >>> round(rule_of_thumb((1.0, 2.0, 3.0, 4.0, 5.0)), 6)
    0.973585
    """
    if min(values) == max(values):
        refuse("values", "values that differ (for equal ones state a bandwidth)", list(values[:3]))
    low, high = np.quantile(values, (0.25, 0.75))
    spreads = (float(np.std(values, ddof=1)), float(high - low) / 1.34)
    # Where half of the values are one value the quartiles say nothing of the spread.
    narrower = min(spread for spread in spreads if spread > 0.0)
    return 0.9 * narrower * math.pow(len(values), -0.2)


def _averaged(data: Smoothed, x: npt.ArrayLike, kernel: Callable[[Array], Array]) -> Array:
    """Weighed mean of a kernel over the different values, in blocks that fit into memory."""
    points, shares = _points(data)
    x = np.asarray(x, dtype=np.float64)
    flat, out = x.reshape(-1, 1), np.empty(x.size)
    step = max(1, AT_ONCE // points.size)
    for start in range(0, x.size, step):
        block = kernel((flat[start : start + step] - points) / data._width)
        out[start : start + step] = (block * shares).sum(axis=1)
    return out.reshape(x.shape)


@lru_cache(maxsize=512)
def _points(data: Smoothed) -> tuple[Array, Array]:
    points, counts = np.unique(data.values, return_counts=True)
    return points, counts / len(data.values)


@lru_cache(maxsize=512)
def _reached(data: Smoothed) -> tuple[Array, Array]:
    """Give the probability up to each value and above it."""
    points, _ = _points(data)
    return data.cdf(points), data.sf(points)


@lru_cache(maxsize=512)
def _sorted(data: Empirical) -> Array:
    return np.sort(np.array(data.values))
