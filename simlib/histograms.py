"""Figures of more futures than are held: counted in fine bins, with moments. Their errors are ``estimates``' business.

Bins are the same in every worker, so that what workers have counted adds up to the same whatever their number.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import SHARES, Ranks, Statistics, certain_statistics, estimated, level_spread, quantiles
from simlib.kernels.paths import Floats

BINS, COARSER = 16_384, 8  # of a histogram; how many of them make a bin of one replicate
CHANCE = 3.0  # errors by which neighbouring bins may differ and mean nothing
REFERENCE = 1_024  # order statistics that a histogram keeps


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
        low, middle, high = quantiles(ordered, np.asarray((0.05, 0.5, 0.95))).tolist()
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
        replicates, n = len(self.total), int(self.counts.sum())
        if self.least == self.most:  # a certain figure, as in ordered_statistics
            return certain_statistics(self.least, replicates, n)
        mean = self.total.sum() / n
        sd = float(np.sqrt(max(self.squares.sum() / n - mean**2, 0.0) * n / (n - 1)))
        pooled = np.cumsum(self.counts, dtype=np.int64)
        read = Ranks(n, partial(self._quantiles, pooled), partial(self._doubts, pooled))
        sizes = self.apart.sum(axis=1) if replicates > 1 else np.asarray([n])
        spreads = self._level_errors(pooled) if replicates > 1 else None
        means, values = self.total / sizes + self.middle, read.quantiles(SHARES)
        return estimated(float(mean + self.middle), sd, means, spreads, read, values)

    def _level_errors(self, pooled: NDArray[np.int64]) -> Floats:
        """Give the same as from the values, from the shares below and up to the coarser bin of each quantile."""
        shares = np.cumsum(self.apart, axis=1) / self.apart.sum(axis=1, keepdims=True)
        bins = self._bins(pooled, SHARES) // COARSER
        below = np.where(bins > 0, shares[:, bins - 1], 0.0)
        return level_spread([below, shares[:, bins]], int(pooled[-1]))

    def quantiles(self, levels: Floats) -> Floats:
        """Give quantiles of all replicates together, (level,) to (level,)."""
        return self._quantiles(np.cumsum(self.counts, dtype=np.int64), levels)

    def _bins(self, cumulative: NDArray[np.int64], levels: Floats) -> NDArray[np.intp]:
        """Give the bins that hold quantiles, from running totals."""
        places = np.searchsorted(cumulative, (cumulative[-1] - 1) * levels + 0.5)
        return np.asarray(np.minimum(places, BINS - 1))

    def _quantiles(self, cumulative: NDArray[np.int64], levels: Floats) -> Floats:
        """Give quantiles from running totals over the bins."""
        inner = np.clip(levels, 0.0, 1.0)
        index = self._bins(cumulative, inner)
        before = np.where(index > 0, cumulative[index - 1], 0)
        inside = ((cumulative[-1] - 1) * inner + 0.5 - before) / np.maximum(cumulative[index] - before, 1)
        low, high = self._ends(index)
        found = low + (high - low) * np.clip(inside, 0.0, 1.0)
        for k, known in self._repeated(low, high):
            found[k] = np.interp(inside[k] * len(known), np.arange(len(known)) + 0.5, known)
        return np.where(levels <= 0.0, self.least, np.where(levels >= 1.0, self.most, found))

    def _doubts(self, cumulative: NDArray[np.int64], levels: Floats) -> Floats:
        """Give how far quantiles may be off for being read from bins, from running totals.

        Notes
        -----
        In a bin that holds as many futures as its neighbours they lie evenly, and next to nothing is lost. The more
        the neighbours differ from it, and more than chance explains, the less is known of where in the bin they lie:
        up to all of its width.
        """
        index = self._bins(cumulative, np.clip(levels, 0.0, 1.0))
        own = self.counts[index].astype(float)
        beside = self.counts[np.clip([index - 1, index + 1], 0, BINS - 1)].astype(float)
        uneven = np.max(np.abs(beside - own) - CHANCE * np.sqrt(own + beside), axis=0) / np.maximum(own, 1.0)
        low, high = self._ends(index)
        uneven[[k for k, _ in self._repeated(low, high)]] = 0.0
        lost = (uneven > 0.0) & (levels > 0.0) & (levels < 1.0)
        return np.asarray(np.multiply(high - low, np.minimum(uneven, 1.0), out=np.zeros(len(levels)), where=lost))

    def _ends(self, index: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Give the ends of bins, as far as futures were seen."""
        places = index.tolist()
        low = np.maximum([self._edge(place) for place in places], self.least)
        return low, np.minimum([self._edge(place + 1) for place in places], self.most)

    def _repeated(self, low: Floats, high: Floats) -> list[tuple[int, Floats]]:
        """Give which bins hold values of the first sample that come again and again, and all of its values there."""
        farthest = np.maximum(np.abs(low - self.middle), np.abs(high - self.middle))
        rim = 1e-11 * (self.scale + farthest) ** 2 / self.scale  # a value on an edge may be rounded to either side
        first, last = np.searchsorted(self.reference, (low - rim, high + rim))
        known = [(int(k), self.reference[first[k] : last[k]]) for k in np.flatnonzero(last - first > 1)]
        return [(k, values) for k, values in known if (values[1:] == values[:-1]).any()]
