"""Chances, means and quantiles with their simulation errors, from facts and figures in memory or from histograms.

Error is right for the sampler: independent futures give binomial and order-statistic errors, replicates (a
scrambled Sobol' sample) give the spread between replicates. Quantiles are type 7. What is estimated is not known.
"""

from dataclasses import dataclass, replace

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
BINS, COARSER = 16_384, 8  # of a histogram; how many of them make a bin of one replicate
REFERENCE = 1_024  # order statistics that a histogram keeps
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


def moments(figure: Floats) -> Floats:
    """Give the sum of a figure over its futures, and the sum of its squares."""
    return np.asarray([figure.sum(), np.square(figure).sum()])


def mean_and_error(sums: Floats, count: int) -> tuple[float, float]:
    """Give a mean and its simulation error from a sum, a sum of squares and the number of futures."""
    mean = float(sums[0] / count)
    spread = max(float(sums[1]) / count - mean * mean, 0.0)
    return mean, float(np.sqrt(spread / count))


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
    return figure if figure[0] == figure[-1] and (figure == figure[0]).all() else np.sort(figure)


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
    """Counts in bins by replicate, with moments: a figure of more futures than are held in memory.

    Attributes
    ----------
    middle, scale
        Median of a first sample, and half of what lies between its P5 and P95. Bins are equal in
        ``(x − middle) ÷ (scale + |x − middle|)``, −1 … 1: fine where the futures are, and without an end, so that
        neither a long tail nor a later extreme blurs the rest.
    reference
        Order statistics of that sample: where a value comes again and again, a quantile in its bin is read from them.
    counts
        (bin,) futures.
    apart
        (replicate, coarser bin) futures of each replicate, where there are several: their errors need no more.
    total, squares
        (replicate,) sums of the values and of their squares, both from ``middle``.
    least, most
        The extremes seen.
    """

    middle: float
    scale: float
    reference: Floats
    counts: NDArray[np.int64] | NDArray[np.int32]
    apart: NDArray[np.int64] | NDArray[np.int32]
    total: Floats
    squares: Floats
    least: float = np.inf
    most: float = -np.inf

    @classmethod
    def over(cls, sample: Floats, replicates: int) -> "Histogram":
        """Give an empty histogram whose bins suit a first sample."""
        ordered = np.sort(sample[np.isfinite(sample)]) if len(sample) else np.zeros(1)
        ordered = ordered if len(ordered) else np.zeros(1)
        low, middle, high = (quantile(ordered, level) for level in (0.05, 0.5, 0.95))
        scale = (high - low) / 2 or float(ordered[-1] - ordered[0]) / 4 or 1.0
        kept = np.linspace(0, len(ordered) - 1, min(len(ordered), REFERENCE)).astype(np.intp)
        coarse = BINS // COARSER if replicates > 1 else 0
        counts, apart = np.zeros(BINS, dtype=np.int64), np.zeros((replicates, coarse), dtype=np.int64)
        return cls(middle, scale, ordered[kept], counts, apart, np.zeros(replicates), np.zeros(replicates))

    def empty(self) -> "Histogram":
        """Give one with the same bins and nothing in it."""
        return replace(
            self,
            counts=np.zeros(self.counts.shape, dtype=np.int32),  # of a stretch of futures: half the memory
            apart=np.zeros(self.apart.shape, dtype=np.int32),
            total=np.zeros_like(self.total),
            squares=np.zeros_like(self.squares),
            least=np.inf,
            most=-np.inf,
        )

    def merge(self, other: "Histogram") -> None:
        """Add what another one has counted in the same bins."""
        if other.least == other.most:  # one bin: the others' memory stays untouched
            [place] = self._places(np.asarray([other.least - self.middle]))
            self.counts[place] += other.counts[place]
            wide = slice(place // COARSER, place // COARSER + 1)
            self.apart[:, wide] += other.apart[:, wide]
        else:
            self.counts += other.counts
            self.apart += other.apart
        self.total += other.total
        self.squares += other.squares
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)

    def add(self, figure: Floats) -> None:
        """Count a block of futures whose first one belongs to replicate 0."""
        least, most = float(figure.min()), float(figure.max())
        self.least, self.most = min(self.least, least), max(self.most, most)
        off = figure - self.middle
        if least == most:
            self._add_certain(off[:1], len(figure))
            return
        places = self._places(off)
        self.counts += np.bincount(places, minlength=BINS)
        replicates, coarse = self.apart.shape
        for r in range(replicates):
            mine = off[r::replicates]
            self.total[r] += mine.sum()
            self.squares[r] += np.square(mine).sum()
            if coarse:
                self.apart[r] += np.bincount(places[r::replicates] // COARSER, minlength=coarse)

    def _add_certain(self, off: Floats, count: int) -> None:
        """Count a block in which every future has the same value, given once and from the middle."""
        [place] = self._places(off)
        replicates, coarse = self.apart.shape
        each = np.asarray([len(range(r, count, replicates)) for r in range(replicates)])
        self.counts[place] += count
        self.total += each * off
        self.squares += each * off**2
        if coarse:
            self.apart[:, place // COARSER] += each

    def _places(self, off: Floats) -> NDArray[np.intp]:
        """Give the bins of values, which are given from the middle."""
        room = np.abs(off)
        room += self.scale
        places = np.divide(off, room, out=room)
        places *= BINS / 2 * (1 - 1e-12)  # the last bin takes what is rounded to 1
        places += BINS / 2
        return places.astype(np.intp)

    def _edge(self, place: int) -> float:
        """Give the lower end of a bin."""
        y = (place - BINS / 2) / (BINS / 2)
        if abs(y) >= 1:
            return float(np.copysign(np.inf, y))
        return self.middle + self.scale * y / (1 - abs(y))

    def statistics(self) -> Statistics:
        """Give the same statistics as from the values themselves, within a bin's width."""
        if self.least == self.most:  # a certain figure, as in ordered_statistics
            return Statistics(self.least, 0.0, dict.fromkeys(LEVELS, self.least), dict.fromkeys(("mean", *LEVELS), 0.0))
        n = self.counts.sum()
        mean = self.total.sum() / n
        sd = float(np.sqrt(max(self.squares.sum() / n - mean**2, 0.0) * n / (n - 1)))
        pooled = np.cumsum(self.counts, dtype=np.int64)
        quantiles = {name: self._quantile(pooled, level) for name, level in LEVELS.items()}
        if len(self.apart) == 1:
            errors = {"mean": sd / np.sqrt(n)}
            for name, level in LEVELS.items():
                step = np.sqrt(level * (1 - level) / n)
                errors[name] = (self._quantile(pooled, level + step) - self._quantile(pooled, level - step)) / 2
        else:
            errors = {"mean": _between(self.total / self.apart.sum(axis=1))}
            cumulative = np.cumsum(self.apart, axis=1, dtype=np.int64)
            for name, level in LEVELS.items():
                errors[name] = _between(np.asarray([self._quantile(c, level, COARSER) for c in cumulative]))
        return Statistics(float(mean + self.middle), sd, quantiles, {k: float(v) for k, v in errors.items()})

    def quantile(self, level: float) -> float:
        """Give one quantile of all replicates together."""
        return self._quantile(np.cumsum(self.counts, dtype=np.int64), level)

    def _quantile(self, cumulative: NDArray[np.int64], level: float, width: int = 1) -> float:
        """Give a quantile from running totals over bins that are so many fine ones wide."""
        if not 0.0 < level < 1.0:
            return self.least if level <= 0.0 else self.most
        place = (cumulative[-1] - 1) * level + 0.5
        index = int(np.searchsorted(cumulative, place))
        before = cumulative[index - 1] if index else 0
        inside = float((place - before) / max(cumulative[index] - before, 1))
        low, high = max(self._edge(index * width), self.least), min(self._edge((index + 1) * width), self.most)
        farthest = max(abs(low - self.middle), abs(high - self.middle))
        rim = 1e-11 * (self.scale + farthest) ** 2 / self.scale  # a value on an edge may be rounded to either side
        first, last = np.searchsorted(self.reference, (low - rim, high + rim))
        known = self.reference[first:last]
        if (known[1:] == known[:-1]).any():
            return float(np.interp(inside * len(known), np.arange(len(known)) + 0.5, known))
        return low + (high - low) * min(max(inside, 0.0), 1.0)
