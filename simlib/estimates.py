"""Chances, means and quantiles with their simulation errors, from facts and figures in memory or from histograms.

Error is right for the sampler: independent futures give binomial and order-statistic errors, replicates (a
scrambled Sobol' sample) give the spread between replicates. Quantiles are type 7. What is estimated is not known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlib.kernels.paths import Floats

LEVELS = {
    "p5": 0.05,
    "p10": 0.10,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p80": 0.80,
    "p90": 0.90,
    "p95": 0.95,
}
Z95 = 1.959963984540054
T95_15 = 2.131449545559323  # Student's t, 15 degrees of freedom: 16 replicates


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability from simulated futures: its standard error and 95 % interval, and how many futures it rests on."""

    probability: float
    error: float
    interval: tuple[float, float]
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Mean, standard deviation and quantiles, and the simulation error of each (``errors`` by name)."""

    mean: float
    sd: float
    quantiles: dict[str, float]
    errors: dict[str, float]


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a probability.

    References
    ----------
    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    p = successes / trials
    scale = 1.0 + Z95**2 / trials
    centre = (p + Z95**2 / (2 * trials)) / scale
    half = Z95 * np.sqrt(p * (1 - p) / trials + Z95**2 / (4 * trials**2)) / scale
    low = 0.0 if successes == 0 else max(0.0, float(centre - half))
    high = 1.0 if successes == trials else min(1.0, float(centre + half))
    return low, high


def chance(counts: NDArray[np.int64], trials: NDArray[np.int64]) -> Chance:
    """Give a chance from counts: (replicate,) successes of (replicate,) futures.

    Notes
    -----
    One replicate means independent futures: √(p(1 − p)/n) and Wilson. Several mean the standard error of their
    mean and Student's t, widened to Wilson's interval at 0 and 1, where replicates can agree by luck.
    """
    total, n = int(counts.sum()), int(trials.sum())
    if n == 0:
        return Chance(float("nan"), float("nan"), (0.0, 1.0), 0)
    p = total / n
    low, high = wilson(total, n)
    if len(counts) == 1:
        return Chance(p, float(np.sqrt(p * (1 - p) / n)), (low, high), n)
    usable = trials > 0
    error = _between(counts[usable] / trials[usable])
    if total not in (0, n):
        low, high = max(0.0, p - T95_15 * error), min(1.0, p + T95_15 * error)
    return Chance(p, error, (low, high), n)


def counted(fact: NDArray[np.bool_], replicates: int) -> NDArray[np.int64]:
    """Give how often a fact holds in each replicate; future i belongs to replicate i mod replicates."""
    if replicates == 1:
        return np.asarray([np.count_nonzero(fact)], dtype=np.int64)
    return np.asarray([np.count_nonzero(fact[r::replicates]) for r in range(replicates)], dtype=np.int64)


def statistics(figure: Floats, replicates: int = 1) -> Statistics:
    """Give the statistics of one figure over its futures, (simulation,)."""
    return ordered_statistics(figure, in_order(figure), replicates)


def ordered_statistics(figure: Floats, ordered: Floats, replicates: int) -> Statistics:
    """Give the same where the values are at hand in order too."""
    n = len(ordered)
    if ordered[0] == ordered[-1]:  # a certain figure: no error, and no rounding from adding it up
        value = float(ordered[0])
        return Statistics(value, 0.0, dict.fromkeys(LEVELS, value), dict.fromkeys(("mean", *LEVELS), 0.0))
    mean = float(figure.mean())
    apart = figure - mean
    sd = float(np.sqrt(np.square(apart, out=apart).sum() / (n - 1)))  # not a dot product: BLAS threads get in the way
    quantiles = {name: quantile(ordered, level) for name, level in LEVELS.items()}
    if replicates == 1:
        errors = {"mean": sd / np.sqrt(n)} | {name: _order_error(ordered, level) for name, level in LEVELS.items()}
    else:
        errors = _replicate_errors([np.sort(figure[r::replicates]) for r in range(replicates)])
    return Statistics(mean, sd, quantiles, {k: float(v) for k, v in errors.items()})


def in_order(figure: Floats) -> Floats:
    """Give the values in order; a certain figure is in order already."""
    return figure if (figure == figure[0]).all() else np.sort(figure)


def quantile(ordered: Floats, level: float) -> float:
    """Give the type 7 quantile of sorted values (infinite ones included: where one is met, it is the answer).

    References
    ----------
    Hyndman, R. J. and Fan, Y. (1996), The American Statistician 50, 361-365.
    """
    place = (len(ordered) - 1) * level
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = float(ordered[below]), float(ordered[above])
    return low if low == high or place == below else low + (place - below) * (high - low)


def _order_error(ordered: Floats, level: float) -> float:
    """Give half the distance between the order statistics one binomial error below and above a quantile."""
    n = len(ordered)
    step = np.sqrt(level * (1 - level) / n)
    low, high = quantile(ordered, max(level - step, 0.0)), quantile(ordered, min(level + step, 1.0))
    return 0.0 if low == high else (high - low) / 2


def _replicate_errors(samples: list[Floats]) -> dict[str, float]:
    errors = {"mean": _between(np.asarray([sample.mean() for sample in samples]))}
    return errors | {
        name: _between(np.asarray([quantile(sample, level) for sample in samples])) for name, level in LEVELS.items()
    }


def _between(estimates: Floats) -> float:
    """Give the standard error of the mean of independent estimates."""
    if len(estimates) < 2 or not np.isfinite(estimates).all():
        return 0.0
    return float(np.std(estimates, ddof=1) / np.sqrt(len(estimates)))


@dataclass(slots=True)
class Histogram:
    """Counts in equal bins by replicate, with moments: a figure of more futures than are held in memory.

    Attributes
    ----------
    low, width
        Of the bins; what falls outside goes into the first or the last, whose ends are the extremes seen.
    counts
        (replicate, bin) futures.
    total, squares
        (replicate,) sums of the values and of their squares, both from ``origin``.
    """

    low: float
    width: float
    origin: float
    counts: NDArray[np.int64] | NDArray[np.int32]
    total: Floats
    squares: Floats
    least: float = np.inf
    most: float = -np.inf

    @classmethod
    def over(cls, sample: Floats, replicates: int) -> "Histogram":
        """Give an empty histogram whose bins cover a first sample and as much again on each side."""
        bins = 4096 if replicates > 1 else 8192
        finite = sample[np.isfinite(sample)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        room = 0.25 * (high - low) or 1.0
        width = (high - low + 2 * room) / bins
        zeros = np.zeros(replicates)
        origin = float(finite.mean()) if len(finite) else 0.0
        return cls(low - room, width, origin, np.zeros((replicates, bins), dtype=np.int64), zeros, zeros.copy())

    def empty(self) -> "Histogram":
        """Give one with the same bins and nothing in it."""
        zeros = np.zeros(len(self.counts))
        counts = np.zeros(self.counts.shape, dtype=np.int32)  # of a stretch of futures: half the memory
        return Histogram(self.low, self.width, self.origin, counts, zeros, zeros.copy())

    def merge(self, other: "Histogram") -> None:
        """Add what another one has counted in the same bins."""
        self.counts += other.counts
        self.total += other.total
        self.squares += other.squares
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)

    def add(self, figure: Floats) -> None:
        """Count a block of futures whose first one belongs to replicate 0."""
        replicates, bins = self.counts.shape
        least, most = float(figure.min()), float(figure.max())
        self.least, self.most = min(self.least, least), max(self.most, most)
        if least == most:
            self._add_certain(least, len(figure))
            return
        places = (figure - self.low) * (1.0 / self.width)
        if least < self.low or most >= self.low + bins * self.width:
            np.clip(places, 0, bins - 1, out=places)
        indices = places.astype(np.intp)
        apart = np.subtract(figure, self.origin, out=places)
        for r in range(replicates):
            mine = apart[r::replicates]
            self.counts[r] += np.bincount(indices[r::replicates], minlength=bins)
            self.total[r] += mine.sum()
            self.squares[r] += np.square(mine).sum()

    def _add_certain(self, value: float, count: int) -> None:
        """Count a block in which every future has the same value."""
        replicates, bins = self.counts.shape
        place = int(min(max((value - self.low) / self.width, 0), bins - 1))
        each = np.asarray([len(range(r, count, replicates)) for r in range(replicates)])
        self.counts[:, place] += each
        self.total += each * (value - self.origin)
        self.squares += each * (value - self.origin) ** 2

    def statistics(self) -> Statistics:
        """Give the same statistics as from the values themselves, within a bin's width."""
        n = self.counts.sum()
        mean = self.total.sum() / n
        sd = float(np.sqrt(max(self.squares.sum() / n - mean**2, 0.0) * n / (n - 1)))
        pooled = np.cumsum(self.counts.sum(axis=0))
        quantiles = {name: self._quantile(pooled, level) for name, level in LEVELS.items()}
        if len(self.counts) == 1:
            errors = {"mean": sd / np.sqrt(n)}
            for name, level in LEVELS.items():
                step = np.sqrt(level * (1 - level) / n)
                errors[name] = (self._quantile(pooled, level + step) - self._quantile(pooled, level - step)) / 2
        else:
            errors = {"mean": _between(self.total / self.counts.sum(axis=1))}
            cumulative = np.cumsum(self.counts, axis=1)
            for name, level in LEVELS.items():
                errors[name] = _between(np.asarray([self._quantile(c, level) for c in cumulative]))
        return Statistics(float(mean + self.origin), sd, quantiles, {k: float(v) for k, v in errors.items()})

    def quantile(self, level: float) -> float:
        """Give one quantile of all replicates together."""
        return self._quantile(np.cumsum(self.counts.sum(axis=0)), level)

    def _quantile(self, cumulative: NDArray[np.int64], level: float) -> float:
        place = (cumulative[-1] - 1) * min(max(level, 0.0), 1.0) + 0.5
        index = int(np.searchsorted(cumulative, place))
        before = cumulative[index - 1] if index else 0
        inside = (place - before) / max(cumulative[index] - before, 1)
        value = self.low + self.width * (index + inside)
        return float(min(max(value, self.least), self.most))
