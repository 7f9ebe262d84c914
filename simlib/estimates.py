"""Chances, means and quantiles with their simulation errors, from facts and from figures.

Error is right for the sampler: independent futures give binomial and order-statistic errors, replicates (a
scrambled Sobol' sample, a replicated Latin hypercube) give the spread between replicates. Every estimate has a
95 % interval too. How sums and order statistics are read off the futures is in ``simlib.ranking``; figures that are
counted and let go are in ``simlib.histograms``; what is estimated is not known.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simlib.kernels.paths import Floats
from simlib.ranking import Asked, Integers, Sample, folded
from simlib.tails import Z95, binomial_ranks, students

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
NAMES = ("mean", *LEVELS)
SHARES = np.asarray(list(LEVELS.values()))  # (level,)
T95_15 = 2.131449545559323  # Student's t, 15 degrees of freedom: 16 replicates
REACH = 4.0  # binomial errors around a level within which replicates are likely to ask for ranks
TOGETHER, LARGEST = 32, 2**22  # figures that are read at once, and their futures
AGREED = 1e-9  # of the spread: means of replicates that differ by less agree but for rounding
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability from simulated futures: its standard error and 95 % interval, and how many futures it rests on."""

    probability: float
    error: float
    interval: tuple[float, float]
    count: int


NEVER = Chance(float("nan"), float("nan"), (0.0, 1.0), 0)  # where there is no future to count


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


def _score_intervals(p: Floats, errors: Floats, trials: Floats, reach: float) -> tuple[Floats, Floats]:
    """Give the ends of 95 % intervals of probabilities from their errors, which lie ``reach`` errors to either side.

    Notes
    -----
    Wilson's (1927) where the error is binomial. Where replicates have another error, the variance is theirs and the
    centre moves in as far as the number of independent futures that this error is worth would move it; the term of
    ``1 ÷ (4 n²)`` stays, as replicates that agree have still only counted whole futures.

    References
    ----------
    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    binomial = p * (1 - p) / trials
    share = np.divide(errors**2, binomial, out=np.ones_like(p), where=binomial > 0)
    worth = reach**2 * np.minimum(share, 1.0) / trials
    centre = (p + worth / 2) / (1 + worth)
    half = reach * np.sqrt(errors**2 + reach**2 / (4 * trials**2)) / (1 + worth)
    low = np.where(p == 0, 0.0, np.maximum(0.0, centre - half))
    return low, np.where(p == 1, 1.0, np.minimum(1.0, centre + half))


def chance(counts: Integers, trials: Integers) -> Chance:
    """Give a chance from counts: (replicate,) successes of (replicate,) futures; see :func:`chances_of`."""
    return chances_of(counts[np.newaxis], trials)[0]


def chances_of(counts: Integers, trials: Integers) -> list[Chance]:
    """Give chances from counts.

    Parameters
    ----------
    counts
        (fact, replicate) successes.
    trials
        (replicate,) or (fact, replicate) of so many futures.

    Notes
    -----
    One replicate means independent futures: √(p(1 − p)/n) and Wilson. Several mean the error of a ratio of two
    totals over replicates, and Student's t in Wilson's form; so a chance under a condition, of which each replicate
    has another number of futures, is estimated like any other.
    """
    trials = np.broadcast_to(trials, counts.shape)
    n = trials.sum(axis=1)
    some = np.maximum(n, 1)
    p = counts.sum(axis=1) / some
    if counts.shape[1] == 1:
        errors, reach = np.sqrt(p * (1 - p) / some), Z95
    else:
        errors, reach = ratio_errors(counts, trials, p), T95_15
    low, high = _score_intervals(p, errors, some, reach)
    told = zip(p.tolist(), errors.tolist(), low.tolist(), high.tolist(), n.tolist(), strict=True)
    return [Chance(p, error, (low, high), n) if n else NEVER for p, error, low, high, n in told]


def ratio_errors(totals: Integers | Floats, counts: Integers, ratios: Floats) -> Floats:
    """Give standard errors of ratios of totals over replicates: (…, replicate) ÷ (…, replicate) to (…).

    Notes
    -----
    The spread of ``totals − ratio · counts``, which is nothing on average, as a share of all that was counted: the
    linear part of a ratio, and exact where every replicate counts as many.

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, 3rd ed., section 2.11.
    """
    apart = totals - ratios[..., np.newaxis] * counts
    errors = np.std(apart, axis=-1, ddof=1) * np.sqrt(apart.shape[-1]) / np.maximum(counts.sum(axis=-1), 1)
    return np.asarray(errors)


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
        With nothing counted for the other futures.
    counts
        (replicate,) how many futures these are.
    """
    n = int(counts.sum())
    mean = sums[0].sum() / n
    sd = np.sqrt(np.maximum(sums[1].sum() / n - mean * mean, 0.0))
    several = len(counts) > 1
    error = ratio_errors(sums[0], counts, mean) if several else sd / np.sqrt(n)
    low, high = _around(mean, error, sd, n, T95_15 if several else students(n))
    return Mean(float(mean), float(error), (float(low), float(high)))


def _around(mean: Floats, error: Floats, sd: Floats, count: int, reach: float) -> tuple[Floats, Floats]:
    """Give the ends of means' intervals; replicates that agree on a figure that varies leave a doubt of a future each.

    Parameters
    ----------
    mean, error, sd
        (…) all of one shape.
    count
        On how many futures each mean rests.
    reach
        How many errors an interval reaches to either side.
    """
    half = reach * np.where(error > AGREED * sd, error, reach * sd / count) if count > 1 else np.full_like(mean, np.inf)
    return mean - half, mean + half


def statistics(figure: Floats, replicates: int = 1) -> Statistics:
    """Give the statistics of one figure over its futures, (simulation,)."""
    return statistics_of(figure[np.newaxis], replicates)[0]


def statistics_of(rows: Floats, replicates: int = 1) -> list[Statistics]:
    """Give the statistics of many figures over their futures, (row, simulation)."""
    return statistics_with(rows, replicates, {})[0]


def statistics_with(
    rows: Floats, replicates: int, also: Mapping[int, Floats]
) -> tuple[list[Statistics], dict[int, Floats]]:
    """Give the statistics of many figures, and more quantiles of some of them.

    Parameters
    ----------
    rows
        (row, simulation) quickest in C order.
    replicates
        Future i belongs to replicate i mod so many.
    also
        From rows to the (level,) levels that are asked of them too [share].
    """
    n = rows.shape[1]
    near = np.ascontiguousarray(rows)
    alike = near[:, 0] == near[:, -1]
    certain = [bool(known and (row == row[0]).all()) for known, row in zip(alike, near, strict=True)]
    found = {k: certain_statistics(float(near[k, 0]), replicates, n) for k, known in enumerate(certain) if known}
    more = {k: np.full(len(levels), found[k].mean) for k, levels in also.items() if certain[k]}
    uncertain = [k for k, known in enumerate(certain) if not known]
    asked = _asked(n, replicates, also.values())
    step = max(1, min(TOGETHER, LARGEST // n))
    for start in range(0, len(uncertain), step):
        places = uncertain[start : start + step]
        wider = np.asarray([k in also for k in places])
        sample = Sample.over(near, np.asarray(places), asked, wider)
        found |= zip(places, _sampled(sample, replicates), strict=True)
        more |= {k: sample.quantiles_of(places.index(k), also[k]) for k in places if k in also}
    return [found[k] for k in range(len(rows))], more


def _asked(count: int, replicates: int, also: Iterable[Floats]) -> Asked:
    """Give what is asked of figures: the ranks that errors and intervals are read from, and those of other levels.

    Of independent futures it is known which these are; between replicates they are somewhere near.
    """
    errors = np.sqrt(SHARES * (1 - SHARES) * count)
    if replicates == 1:
        bounds = np.asarray([binomial_ranks(count, level) for level in LEVELS.values()]).T
        ranks = np.stack([count * SHARES, count * SHARES - errors, count * SHARES + errors, *bounds])
        first, last = ranks.ravel() - 2, ranks.ravel() + 2
    else:
        first, last = (count * SHARES + side * (REACH * errors + 2) for side in (-1, 1))
    others = (count - 1) * np.concatenate([np.empty(0), *also])
    windows = np.column_stack([np.concatenate([first, others]), np.concatenate([last, others + 1])])
    return Asked(replicates, np.clip(windows, 0, count - 1).astype(np.int64), len(first))


def _sampled(sample: Sample, replicates: int) -> list[Statistics]:
    """Give the statistics of uncertain figures."""
    n, middle, count = sample.count, sample.middles, len(sample.middles)
    off = folded(sample.sums) / n
    mean, sd = middle + off, np.sqrt(np.maximum(folded(sample.squares) - n * off**2, 0.0) / (n - 1))
    values = sample.quantiles(np.broadcast_to(SHARES, (count, len(SHARES))))
    if replicates == 1:
        return estimated(mean, sd, mean[:, np.newaxis], None, sample, values)
    sizes = np.asarray([len(range(r, n, replicates)) for r in range(replicates)])
    means = middle[:, np.newaxis] + sample.sums / sizes
    sides = [side / sizes[:, np.newaxis] for side in sample.beside(values)]
    return estimated(mean, sd, means, level_spreads(sides, n), sample, values)


def certain_statistics(value: float, replicates: int, count: int) -> Statistics:
    """Give the statistics of a figure that is the same in every future."""
    value += 0.0  # nought has no sign
    quantiles, nothing = dict.fromkeys(LEVELS, value), dict.fromkeys(NAMES, 0.0)
    intervals, means = dict.fromkeys(NAMES, (value, value)), np.full(replicates, value)
    return Statistics(value, 0.0, quantiles, nothing, intervals, means, np.zeros(len(LEVELS)), count)


class Ranks(Protocol):
    """Samples of as many futures each, as their quantiles are read."""

    @property
    def count(self) -> int:
        """Futures of each."""

    def quantiles(self, levels: Floats) -> Floats:
        """Give quantiles from levels: (row, level) to (row, level)."""

    def doubts(self, levels: Floats) -> Floats:
        """Give how far these values may be off, where they are not read from the values themselves."""


def estimated(
    mean: Floats, sd: Floats, means: Floats, spreads: Floats | None, read: Ranks, values: Floats
) -> list[Statistics]:
    """Put estimates of many figures together with errors and intervals.

    Parameters
    ----------
    mean, sd
        (row,).
    means
        (row, replicate).
    spreads
        (row, level) between replicates; None where futures are independent.
    read
        What quantiles are read from.
    values
        (row, level) the quantiles themselves.
    """
    n = read.count
    if spreads is None:
        error, reach = sd / np.sqrt(n), students(n)
        spreads = np.broadcast_to(np.sqrt(SHARES * (1 - SHARES) / n), values.shape)
        ends = np.asarray([binomial_ranks(n, level) for level in LEVELS.values()])
        least, most = np.broadcast_to(ends.T[:, np.newaxis], (2, *values.shape))
    else:
        error, reach = _between(means), T95_15
        least, most = (np.floor(n * (SHARES + side * T95_15 * spreads)).astype(int) for side in (-1, 1))
    errors = np.column_stack([error, _halves(read, spreads)])
    sides = zip(_around(mean, error, sd, n, reach), _reached(read, least, most), strict=True)
    intervals = np.stack([np.column_stack(side) for side in sides], axis=-1)
    columns = [column.tolist() for column in (mean, sd, values, errors, intervals)]
    rows = zip(*columns, means, spreads, strict=True)
    return [_named(*row, count=n) for row in rows]


def _named(
    mean: float,
    sd: float,
    values: list[float],
    errors: list[float],
    intervals: list[list[float]],
    means: Floats,
    spreads: Floats,
    *,
    count: int,
) -> Statistics:
    """Give the statistics of one figure by name: (level,) values; of errors and intervals the mean's first."""
    quantiles, error = dict(zip(LEVELS, values, strict=True)), dict(zip(NAMES, errors, strict=True))
    interval = {name: (low, high) for name, (low, high) in zip(NAMES, intervals, strict=True)}
    return Statistics(mean, sd, quantiles, error, interval, means, spreads, count)


def _halves(read: Ranks, steps: Floats) -> Floats:
    """Give half the distance from what is read a step below each level to a step above it, and the doubt there."""
    ends = np.concatenate([np.maximum(SHARES - steps, 0.0), np.minimum(SHARES + steps, 1.0)], axis=1)
    low, high = np.split(read.quantiles(ends), 2, axis=1)
    apart = low != high  # infinities may be alike
    half = np.subtract(high, low, out=np.zeros_like(low), where=apart) / 2
    return np.asarray(np.hypot(half, read.doubts(np.broadcast_to(SHARES, steps.shape))))


def _reached(read: Ranks, least: Integers, most: Integers) -> tuple[Floats, Floats]:
    """Give where quantiles lie if at least so many futures are at or below each, and at most so many: (row, level).

    The first such value is at or below it, and the one after the last is above it or it; infinite where the
    sample has no such value.
    """
    last = max(read.count - 1, 1)
    levels = np.clip(np.concatenate([least - 1, most], axis=1), 0, last) / last
    low, high = np.split(read.quantiles(levels), 2, axis=1)
    under, over = np.split(read.doubts(levels), 2, axis=1)
    return np.where(least < 1, -np.inf, low - under), np.where(most + 1 > read.count, np.inf, high + over)


def level_spreads(shares: Sequence[Floats], count: int) -> Floats:
    """Give the errors of shares between replicates, the largest of several: (…, replicate, level) each, to (…, level).

    Parameters
    ----------
    shares
        Of the futures that are below each quantile, and that are not above it.
    count
        Futures of all replicates.

    Notes
    -----
    Of a quantile, this is carried over to values by reading the pooled sample so much above and below its level
    (Woodruff). Where a value comes again and again, a quantile may be just at its end: the share below it and
    the share up to it then have different errors, and the larger one counts. Replicates that agree have still only
    counted whole futures: half of T95_15 futures remain in doubt.

    References
    ----------
    Woodruff, R. S. (1952), Journal of the American Statistical Association 47, 635-646.
    """
    spreads = [np.std(share, axis=-2, ddof=1) / np.sqrt(share.shape[-2]) for share in shares]
    return np.asarray(np.hypot(np.max(spreads, axis=0), T95_15 / (2 * count)))


def _between(estimates: Floats) -> Floats:
    """Give the standard error of the mean of independent estimates, (row, replicate) to (row,)."""
    known = np.isfinite(estimates).all(axis=1, keepdims=True)
    spread = np.std(np.where(known, estimates, 0.0), axis=1, ddof=1)
    return np.asarray(spread / np.sqrt(estimates.shape[1]))


def finite(value: float) -> float | None:
    """Give a number as JSON has it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None
