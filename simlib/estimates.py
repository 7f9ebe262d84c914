"""Chances, means and quantiles with their simulation errors, from facts and from figures.

Error is right for the sampler: independent futures give binomial and order-statistic errors, replicates (a
scrambled Sobol' sample, a replicated Latin hypercube) give the spread between replicates. Every estimate has a
95 % interval too. Quantiles are type 7. Figures that are counted and let go are in
``simlib.histograms``; what is estimated is not known.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

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
SHARES = np.asarray(list(LEVELS.values()))  # (level,)
T95_15 = 2.131449545559323  # Student's t, 15 degrees of freedom: 16 replicates
AGREED = 1e-9  # of the spread: means of replicates that differ by less agree but for rounding
Interval = tuple[float, float]
EVERYWHERE: Interval = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability from simulated futures: its standard error and 95 % interval, and how many futures it rests on."""

    probability: float
    error: float
    interval: tuple[float, float]
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Mean, standard deviation and quantiles, and the simulation error of each (``errors`` by name).

    Attributes
    ----------
    intervals
        The 95 % interval of the mean and of each quantile; infinite where so few futures do not bound it.
    means
        (replicate,) mean of each replicate, what ratios to other figures get their errors from.
    spreads
        (level,) error of the share of futures at or below each quantile.
    count
        On how many futures all of it rests.
    """

    mean: float
    sd: float
    quantiles: dict[str, float]
    errors: dict[str, float]
    intervals: dict[str, Interval]
    means: Floats
    spreads: Floats
    count: int


def wilson(successes: float, trials: float) -> Interval:
    """Give Wilson's 95 % interval of a probability.

    References
    ----------
    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    p = successes / trials
    return _score_interval(p, float(np.sqrt(p * (1 - p) / trials)), trials, Z95)


def _score_interval(p: float, error: float, trials: float, reach: float) -> Interval:
    """Give the 95 % interval of a probability from its error, which lies ``reach`` errors to either side.

    Notes
    -----
    Wilson's where the error is binomial. Where replicates have another error, the variance is theirs and the
    centre moves in as far as the number of independent futures that this error is worth would move it; the term of
    ``1 ÷ (4 n²)`` stays, as replicates that agree have still only counted whole futures.
    """
    binomial = p * (1 - p) / trials
    worth = reach**2 * (min(error**2 / binomial, 1.0) if binomial else 1.0) / trials
    centre = (p + worth / 2) / (1 + worth)
    half = reach * np.sqrt(error**2 + reach**2 / (4 * trials**2)) / (1 + worth)
    low = 0.0 if p == 0 else max(0.0, float(centre - half))
    high = 1.0 if p == 1 else min(1.0, float(centre + half))
    return low, high


def chance(counts: NDArray[np.int64], trials: NDArray[np.int64]) -> Chance:
    """Give a chance from counts: (replicate,) successes of (replicate,) futures.

    Notes
    -----
    One replicate means independent futures: √(p(1 − p)/n) and Wilson. Several mean the error of a ratio of two
    totals over replicates, and Student's t in Wilson's form; so a chance under a condition, of which each replicate
    has another number of futures, is estimated like any other.
    """
    total, n = int(counts.sum()), int(trials.sum())
    if n == 0:
        return Chance(float("nan"), float("nan"), (0.0, 1.0), 0)
    p = total / n
    if len(counts) == 1:
        return Chance(p, float(np.sqrt(p * (1 - p) / n)), wilson(total, n), n)
    error = ratio_error(counts, trials, p)
    return Chance(p, error, _score_interval(p, error, n, T95_15), n)


def ratio_error(totals: NDArray[np.int64] | Floats, counts: NDArray[np.int64], ratio: float) -> float:
    """Give the standard error of a ratio of totals over replicates, (replicate,) ÷ (replicate,).

    Notes
    -----
    The spread of ``totals − ratio · counts``, which is nothing on average, as a share of all that was counted: the
    linear part of a ratio, and exact where every replicate counts as many.

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, 3rd ed., section 2.11.
    """
    apart = totals - ratio * counts
    return float(np.std(apart, ddof=1) * np.sqrt(len(apart)) / counts.sum())


def counted(fact: NDArray[np.bool_], replicates: int) -> NDArray[np.int64]:
    """Give how often a fact holds in each replicate; future i belongs to replicate i mod replicates."""
    if replicates == 1:
        return np.asarray([np.count_nonzero(fact)], dtype=np.int64)
    return np.asarray([np.count_nonzero(fact[r::replicates]) for r in range(replicates)], dtype=np.int64)


def moments(figure: Floats, replicates: int) -> Floats:
    """Give the sum of a figure over the futures of each replicate, and the sum of its squares, (2, replicate)."""
    apart = [figure[r::replicates] for r in range(replicates)]
    return np.asarray([[part.sum() for part in apart], [np.square(part).sum() for part in apart]])


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, its standard error and its 95 % interval."""

    mean: float
    error: float
    interval: Interval


def ratio_mean(sums: Floats, counts: NDArray[np.int64]) -> Mean:
    """Give the mean of a figure over some of the futures: (2, replicate) sums of it and of its squares there.

    Parameters
    ----------
    sums
        As :func:`moments` gives, with nothing counted for the other futures.
    counts
        (replicate,) how many futures these are.
    """
    n = int(counts.sum())
    mean = float(sums[0].sum() / n)
    variance = max(float(sums[1].sum()) / n - mean * mean, 0.0)
    if len(counts) > 1:
        return _mean(mean, ratio_error(sums[0], counts, mean), variance**0.5, n, T95_15)
    return _mean(mean, (variance / n) ** 0.5, variance**0.5, n, _students(n))


def _mean(mean: float, error: float, sd: float, count: int, reach: float) -> Mean:
    """Give a mean with its interval; replicates that agree on a figure that varies leave a doubt of a future each."""
    if count < 2:
        return Mean(mean, error, EVERYWHERE)
    half = reach * (error if error > AGREED * sd else reach * sd / count)
    return Mean(mean, error, (mean - half, mean + half))


@lru_cache(maxsize=1024)
def _students(count: int) -> float:
    """Give how many errors a 95 % interval of the mean of independent values reaches."""
    return float(special.stdtrit(count - 1, 0.975)) if count > 1 else np.inf


def statistics(figure: Floats, replicates: int = 1) -> Statistics:
    """Give the statistics of one figure over its futures, (simulation,)."""
    return ordered_statistics(figure, in_order(figure), replicates)


def ordered_statistics(figure: Floats, ordered: Floats, replicates: int) -> Statistics:
    """Give the same where the values are at hand in order too."""
    n = len(ordered)
    if ordered[0] == ordered[-1]:  # a certain figure: no error, and no rounding from adding it up
        return certain_statistics(float(ordered[0]), replicates, n)
    mean = float(figure.mean())
    apart = figure - mean
    sd = float(np.sqrt(np.square(apart, out=apart).sum() / (n - 1)))  # not a dot product: BLAS threads get in the way
    read = Ranks(n, partial(quantiles, ordered))
    values = read.quantiles(SHARES)
    if replicates == 1:
        means, spreads = np.asarray([mean]), None
    else:
        samples = [np.sort(figure[r::replicates]) for r in range(replicates)]
        means = np.asarray([sample.mean() for sample in samples])
        spreads = _level_errors(samples, values)
    return estimated(mean, sd, means, spreads, read, values)


def certain_statistics(value: float, replicates: int, count: int) -> Statistics:
    """Give the statistics of a figure that is the same in every future."""
    names = ("mean", *LEVELS)
    quantiles, nothing = dict.fromkeys(LEVELS, value), dict.fromkeys(names, 0.0)
    intervals, means = dict.fromkeys(names, (value, value)), np.full(replicates, value)
    return Statistics(value, 0.0, quantiles, nothing, intervals, means, np.zeros(len(LEVELS)), count)


def estimated(
    mean: float, sd: float, means: Floats, spreads: Floats | None, read: "Ranks", values: Floats
) -> Statistics:
    """Put estimates together with errors and intervals.

    Parameters
    ----------
    mean, sd, means
        As :class:`Statistics` has them.
    spreads
        (level,) between replicates; None where futures are independent.
    read
        What quantiles are read from.
    values
        (level,) the quantiles themselves.
    """
    n = read.count
    if spreads is None:
        average = _mean(mean, float(sd / np.sqrt(n)), sd, n, _students(n))
        spreads = np.sqrt(SHARES * (1 - SHARES) / n)
        least, most = np.asarray([binomial_ranks(n, level) for level in LEVELS.values()]).T
    else:
        average = _mean(mean, _between(means), sd, n, T95_15)
        least, most = np.floor(n * (SHARES + T95_15 * np.outer((-1, 1), spreads))).astype(int)
    errors = {"mean": average.error} | dict(zip(LEVELS, read.halves(SHARES, spreads).tolist(), strict=True))
    lows, highs = read.between(least, most)
    intervals = {"mean": average.interval} | dict(
        zip(LEVELS, zip(lows.tolist(), highs.tolist(), strict=True), strict=True)
    )
    return Statistics(mean, sd, dict(zip(LEVELS, values.tolist(), strict=True)), errors, intervals, means, spreads, n)


@dataclass(frozen=True, slots=True)
class Ranks:
    """Quantiles of a sample by their level, and so its order statistics by their rank.

    Attributes
    ----------
    count
        Futures of the sample.
    quantiles
        From levels to values, (level,) to (level,).
    doubts
        From levels to how far these values may be off, where they are not read from the values themselves.
    """

    count: int
    quantiles: Callable[[Floats], Floats]
    doubts: Callable[[Floats], Floats] = np.zeros_like

    def halves(self, levels: Floats, steps: Floats) -> Floats:
        """Give half the distance from what is read a step below each level to a step above it, and the doubt there."""
        ends = np.concatenate([np.maximum(levels - steps, 0.0), np.minimum(levels + steps, 1.0)])
        low, high = self.quantiles(ends).reshape(2, -1)
        apart = low != high  # infinities may be alike
        half = np.subtract(high, low, out=np.zeros(len(low)), where=apart) / 2
        return np.asarray(np.hypot(half, self.doubts(levels)))

    def between(self, least: NDArray[np.int64], most: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Give where quantiles lie if at least so many futures are at or below each, and at most so many.

        The first such value is at or below it, and the one after the last is above it or it; infinite where the
        sample has no such value.
        """
        last = max(self.count - 1, 1)
        levels = np.clip(np.concatenate([least - 1, most]), 0, last) / last
        low, high = self.quantiles(levels).reshape(2, -1)
        under, over = self.doubts(levels).reshape(2, -1)
        return np.where(least < 1, -np.inf, low - under), np.where(most + 1 > self.count, np.inf, high + over)


@lru_cache(maxsize=4096)
def binomial_ranks(count: int, level: float) -> tuple[int, int]:
    """Give how many of some independent futures are at or below a quantile: at least and at most, in 95 of 100 runs.

    Examples
    --------
    >>> binomial_ranks(100, 0.5)
    (40, 60)

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003), Order Statistics, 3rd ed., section 7.1.
    """
    low, high = (int(np.ceil(special.bdtrik(tail, count, level))) for tail in (0.025, 0.975))
    return low, high


def _level_errors(samples: Sequence[Floats], values: Floats) -> Floats:
    """Give the error between replicates of the share of futures at or below each quantile, (quantile,).

    Notes
    -----
    Of a quantile, this is carried over to values by reading the pooled sample so much above and below its level
    (Woodruff). Where a value comes again and again, a quantile may be just at its end: the share below it and
    the share up to it then have different errors, and the larger one counts.

    References
    ----------
    Woodruff, R. S. (1952), Journal of the American Statistical Association 47, 635-646.
    """
    sides = [np.stack([np.searchsorted(sample, values, side) for sample in samples]) for side in ("left", "right")]
    sizes = np.asarray([[len(sample)] for sample in samples])
    return level_spread([counts / sizes for counts in sides], int(sizes.sum()))


def level_spread(shares: Sequence[Floats], count: int) -> Floats:
    """Give the error of a share between replicates, the largest of several: (replicate, level) each, to (level,).

    Replicates that agree have still only counted whole futures: half of T95_15 futures remain in doubt.
    """
    spreads = [np.std(share, axis=0, ddof=1) / np.sqrt(len(share)) for share in shares]
    return np.asarray(np.hypot(np.max(spreads, axis=0), T95_15 / (2 * count)))


def in_order(figure: Floats) -> Floats:
    """Give the values in order; a certain figure is in order already."""
    return figure if figure[0] == figure[-1] and (figure == figure[0]).all() else np.sort(figure)


def quantiles(ordered: Floats, levels: Floats) -> Floats:
    """Give type 7 quantiles of sorted values (infinite ones included: where one is met, it is the answer).

    Parameters
    ----------
    ordered
        (simulation,) sorted values.
    levels
        (level,) from 0 to 1 [share].

    References
    ----------
    Hyndman, R. J. and Fan, Y. (1996), The American Statistician 50, 361-365.

    Examples
    --------
    >>> quantiles(np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.5, 0.75])).tolist()
    [1.0, 2.0, 3.0]
    """
    place = (len(ordered) - 1) * levels
    below = place.astype(np.intp)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    between = (low != high) & (place != below) & (low != -np.inf)
    step = np.subtract(high, low, out=np.zeros(len(low)), where=between)
    return np.asarray(np.add(low, np.multiply(place - below, step, out=step, where=between), out=low, where=between))


def _between(estimates: Floats) -> float:
    """Give the standard error of the mean of independent estimates."""
    if len(estimates) < 2 or not np.isfinite(estimates).all():
        return 0.0
    return float(np.std(estimates, ddof=1) / np.sqrt(len(estimates)))


def finite(value: float) -> float | None:
    """Give a number as JSON has it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None
