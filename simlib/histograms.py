"""Figures of more futures than are held: counted in fine bins, with moments. Their errors are ``estimates``' business.

Bins are the same in every worker, so that what workers have counted adds up to the same whatever their number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.estimates import SHARES, TOGETHER, Statistics, certain_statistics, estimated, level_spreads
from simlib.kernels.paths import Floats
from simlib.loops import LANES
from simlib.ranking import Integers, add_by_lane, folded, lanes, quantiles
from simlib.rooms import scratch

BINS, SHIFT = 16_384, 4  # of a figure; a bin of one replicate is 2 to the power of the other
COARSER = 2**SHIFT
CHANCE = 3.0  # errors by which neighbouring bins may differ and mean nothing
WAITING = 32_768  # futures that are counted in one go: fewer than 2 to the power of 16
REFERENCE = 1_024  # order statistics that are kept of each figure
Counts = NDArray[np.int32]
MOST = 2**31 - 1  # futures that can be counted
Room = tuple[Counts, Counts]


@dataclass(slots=True)
class Histograms:
    """Counts in bins by replicate, with moments: figures of more futures than are held in memory.

    Attributes
    ----------
    middle, scale
        (row,) median of a first sample, and half of what lies between its P5 and P95. Bins are equal in
        ``(x − middle) ÷ (scale + |x − middle|)``, −1 … 1: fine where the futures are, and without an end, so that
        neither a long tail nor a later extreme blurs the rest.
    reference
        (row, place) order statistics of that sample: where a value comes again and again, a quantile in its bin is
        read from them. What is not a number is not there.
    counts
        (row, bin) futures.
    apart
        (row, replicate, coarser bin) futures of each replicate, where there are several: their errors need no more.
    sums, squares
        (row, lane) sums of the values and of their squares, both from ``middle``: by replicate where there are several.
    least, most
        (row,) the extremes seen.
    waiting
        Futures that are put into bins and not counted yet.
    """

    middle: Floats
    scale: Floats
    reference: Floats
    counts: Counts
    apart: Counts
    sums: Floats
    squares: Floats
    least: Floats
    most: Floats
    waiting: int = 0

    @classmethod
    def over(cls, rows: Floats, replicates: int) -> "Histograms":
        """Give empty histograms whose bins suit a first sample of figures, (row, simulation)."""
        shapes = [_shape(row) for row in rows]
        middle, scale = np.asarray([each[:2] for each in shapes], dtype=float).reshape(-1, 2).T.copy()
        several, count = replicates if replicates > 1 else 0, len(rows)
        return cls(
            middle,
            scale,
            np.asarray([each[2] for each in shapes]).reshape(-1, REFERENCE),  # there may be no figure
            np.zeros((count, BINS), dtype=np.int32),
            np.zeros((count, several, BINS // COARSER if several else 0), dtype=np.int32),
            np.zeros((count, lanes(replicates))),
            np.zeros((count, lanes(replicates))),
            np.full(count, np.inf),
            np.full(count, -np.inf),
        )

    def room(self) -> Room:
        """Give room for what is counted of some futures, in bins and in coarser ones."""
        return np.zeros_like(self.counts), np.zeros_like(self.apart)

    def empty(self, room: Room | None = None) -> "Histograms":
        """Give some with the same bins and nothing in them but what their room has already."""
        counts, apart = self.room() if room is None else room
        return replace(
            self,
            counts=counts,
            apart=apart,
            sums=np.zeros_like(self.sums),
            squares=np.zeros_like(self.squares),
            least=np.full_like(self.least, np.inf),
            most=np.full_like(self.most, -np.inf),
        )

    def merge(self, other: "Histograms") -> None:
        """Add what others have of further futures, in the same bins."""
        self.add_counts((other.counts, other.apart))
        self.add_sums(other)

    def add_counts(self, room: Room) -> None:
        """Add what has been counted in some room: whole numbers, so in any order."""
        counts, apart = room
        self.counts += counts
        self.apart += apart

    def add_sums(self, other: "Histograms") -> None:
        """Add what others have but counts: in an order that is the same for any number of workers."""
        self.sums += other.sums
        self.squares += other.squares
        self.least, self.most = np.minimum(self.least, other.least), np.maximum(self.most, other.most)

    def add(self, rows: Floats) -> None:
        """Count a block of futures, (row, simulation), whose first one belongs to replicate 0."""
        if loops.on() and self.sums.shape[1] == LANES:
            from simlib.loops.passing import place

            for start in range(0, rows.shape[1], WAITING):
                near = np.ascontiguousarray(rows[:, start : start + WAITING])
                self.count_by(near.shape[1], partial(place, near, near.shape[1]))
            self.settle()
        else:
            for k, row in enumerate(rows):
                self._add(k, row)

    def count_by(self, n: int, place: Callable[..., None]) -> None:
        """Count n futures by a compiled loop that puts them into bins: it takes what `passing.place` takes.

        They wait to be counted with others, at most `WAITING` in all: the counts of a figure are quickest raised many
        futures at a time.
        """
        assert n <= WAITING
        if self.waiting + n > WAITING:
            self.settle()
        places = scratch("places", len(self.middle), WAITING, np.uint16)
        lows, highs = (np.repeat(ends[:, np.newaxis], LANES, axis=1) for ends in (self.least, self.most))
        place(self.middle, self.scale, BINS, self.waiting, places, self.sums, self.squares, lows, highs)
        self.least, self.most = lows.min(axis=1), highs.max(axis=1)
        self.waiting += n

    def settle(self) -> None:
        """Count the futures that a compiled loop has put into bins so far; in the thread that it ran in."""
        if self.waiting:
            from simlib.loops.passing import counted

            places = scratch("places", len(self.middle), WAITING, np.uint16)
            counted(places, self.waiting, self.least, self.most, SHIFT, self.counts, self.apart)
            self.waiting = 0

    def _add(self, row: int, figure: Floats) -> None:
        """Count a block of one figure's futures."""
        least, most = figure.min(), figure.max()
        self.least[row], self.most[row] = min(self.least[row], least), max(self.most[row], most)
        off = figure - self.middle[row]
        single = off[:1] if least == most else off
        places = np.broadcast_to(_places(single, self.scale[row]), off.shape)
        self.counts[row] += np.bincount(places, minlength=BINS)
        several, coarse = self.apart.shape[1:]
        for r in range(several):
            self.apart[row, r] += np.bincount(places[r::several] >> SHIFT, minlength=coarse)
        add_by_lane(self.squares[row], np.square(off))
        add_by_lane(self.sums[row], off)

    def statistics(self, of: Sequence[int] | None = None) -> list[Statistics]:
        """Give the same statistics as from the values themselves, within a bin's width: of some rows, or of all."""
        replicates, n = self.apart.shape[1] or 1, self._count()
        rows = range(len(self.least)) if of is None else of
        certain = [k for k in rows if self.least[k] == self.most[k]]
        found = {k: certain_statistics(float(self.least[k]), replicates, n) for k in certain}
        uncertain = [k for k in rows if k not in found]
        for start in range(0, len(uncertain), TOGETHER):
            places = uncertain[start : start + TOGETHER]
            found |= zip(places, self._rows(places)._statistics(n), strict=True)
        return [found[k] for k in rows]

    def _count(self) -> int:
        return int(self.counts[0].sum()) if len(self.counts) else 0

    def _rows(self, places: list[int]) -> "Histograms":
        """Give those of some figures."""
        beside = places[-1] - places[0] == len(places) - 1
        where = slice(places[0], places[-1] + 1) if beside else places  # nothing is copied
        parts = {each.name: getattr(self, each.name)[where] for each in fields(self) if each.name != "waiting"}
        return Histograms(**parts)

    def _statistics(self, n: int) -> list[Statistics]:
        """Give the statistics of uncertain figures."""
        read = Bins(self, n)
        off = folded(self.sums) / n
        variance = np.maximum(folded(self.squares) / n - off**2, 0.0)
        mean, sd = off + self.middle, np.sqrt(variance * n / (n - 1))
        levels = np.broadcast_to(SHARES, (len(mean), len(SHARES)))
        values = read.quantiles(levels)
        if not self.apart.shape[1]:
            return estimated(mean, sd, mean[:, np.newaxis], None, read, values)
        means = self.sums / self.apart.sum(axis=2) + self.middle[:, np.newaxis]
        return estimated(mean, sd, means, level_spreads(read.shares(levels), n), read, values)

    def quantiles_of(self, row: int, levels: Floats) -> Floats:
        """Give quantiles of one figure, all replicates together: (level,) to (level,)."""
        [found] = Bins(self._rows([row]), self._count()).quantiles(levels[np.newaxis])
        return np.asarray(found)


@dataclass(slots=True)
class Bins:
    """Quantiles of histograms, as they are read.

    Attributes
    ----------
    counted
        The histograms.
    count
        How many futures each has.
    upto
        (row, bin) futures up to the end of each bin.
    again
        Rows with values that come again and again.
    """

    counted: Histograms
    count: int
    upto: Integers = field(init=False)
    again: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.upto = np.cumsum(self.counted.counts, axis=1, dtype=np.int64)
        sample = self.counted.reference
        self.again = np.flatnonzero((sample[:, 1:] == sample[:, :-1]).any(axis=1)).tolist()

    def _places(self, levels: Floats) -> Integers:
        """Give the bins that hold quantiles."""
        ranks = np.ceil((self.count - 1) * levels + 0.5).astype(np.int64)  # whole, as what is searched is
        places = np.stack([np.searchsorted(*each) for each in zip(self.upto, ranks, strict=True)])
        return np.asarray(np.minimum(places, BINS - 1))

    def shares(self, levels: Floats) -> list[Floats]:
        """Give the shares of each replicate below the coarser bins of quantiles, and up to their ends.

        From (row, level) to (row, replicate, level) each.
        """
        sums = np.cumsum(self.counted.apart, axis=2)
        places = (self._places(levels) >> SHIFT)[:, np.newaxis]
        below = np.where(places > 0, np.take_along_axis(sums, np.maximum(places - 1, 0), axis=2), 0)
        return [counts / sums[:, :, -1:] for counts in (below, np.take_along_axis(sums, places, axis=2))]

    def quantiles(self, levels: Floats) -> Floats:
        """Give quantiles from levels: (row, level) to (row, level)."""
        inner = np.clip(levels, 0.0, 1.0)
        places = self._places(inner)
        before = np.where(places > 0, np.take_along_axis(self.upto, np.maximum(places - 1, 0), axis=1), 0)
        held = np.take_along_axis(self.upto, places, axis=1) - before
        inside = ((self.count - 1) * inner + 0.5 - before) / np.maximum(held, 1)
        low, high = self._ends(places)
        found = low + (high - low) * np.clip(inside, 0.0, 1.0)
        for row, k, known in self._repeated(low, high):
            found[row, k] = np.interp(inside[row, k] * len(known), np.arange(len(known)) + 0.5, known)
        least, most = self.counted.least[:, np.newaxis], self.counted.most[:, np.newaxis]
        return np.where(levels <= 0.0, least, np.where(levels >= 1.0, most, found)) + 0.0  # nought has no sign

    def doubts(self, levels: Floats) -> Floats:
        """Give how far quantiles may be off for being read from bins: (row, level) to (row, level).

        Notes
        -----
        In a bin that holds as many futures as its neighbours they lie evenly, and next to nothing is lost. The more
        the neighbours differ from it, and more than chance explains, the less is known of where in the bin they lie:
        up to all of its width.
        """
        places = self._places(np.clip(levels, 0.0, 1.0))
        own, left, right = (
            np.take_along_axis(self.counted.counts, np.clip(places + step, 0, BINS - 1), axis=1).astype(float)
            for step in (0, -1, 1)
        )
        uneven = np.max([np.abs(beside - own) - CHANCE * np.sqrt(own + beside) for beside in (left, right)], axis=0)
        uneven /= np.maximum(own, 1.0)
        low, high = self._ends(places)
        for row, k, _ in self._repeated(low, high):
            uneven[row, k] = 0.0
        lost = (uneven > 0.0) & (levels > 0.0) & (levels < 1.0)
        return np.asarray(np.multiply(high - low, np.minimum(uneven, 1.0), out=np.zeros(levels.shape), where=lost))

    def _ends(self, places: Integers) -> tuple[Floats, Floats]:
        """Give the ends of bins, as far as futures were seen."""
        low, high = (self._edges(places + step) for step in (0, 1))
        counted = self.counted
        return np.maximum(low, counted.least[:, np.newaxis]), np.minimum(high, counted.most[:, np.newaxis])

    def _edges(self, places: Integers) -> Floats:
        """Give the lower ends of bins."""
        y = (places - BINS / 2) / (BINS / 2)
        inner = np.abs(y) < 1
        far = np.divide(y, 1 - np.abs(y), out=np.copysign(np.inf, y), where=inner)
        return np.asarray(self.counted.middle[:, np.newaxis] + self.counted.scale[:, np.newaxis] * far)

    def _repeated(self, low: Floats, high: Floats) -> Iterator[tuple[int, int, Floats]]:
        """Give which bins hold values of the first sample that come again and again, and all of its values there."""
        middle, scale = self.counted.middle[:, np.newaxis], self.counted.scale[:, np.newaxis]
        farthest = np.maximum(np.abs(low - middle), np.abs(high - middle))
        rim = 1e-11 * (scale + farthest) ** 2 / scale  # a value on an edge may be rounded to either side
        for row in self.again:
            sample = self.counted.reference[row]
            first, last = np.searchsorted(sample, (low[row] - rim[row], high[row] + rim[row]))
            for k in np.flatnonzero(last - first > 1).tolist():
                values = sample[first[k] : last[k]]
                if (values[1:] == values[:-1]).any():
                    yield row, k, values


def _shape(sample: Floats) -> tuple[float, float, Floats]:
    """Give the middle of a sample, how far from it bins should be finest, and order statistics of it."""
    ordered = np.sort(sample[np.isfinite(sample)])
    ordered = ordered if len(ordered) else np.zeros(1)
    low, middle, high = quantiles(ordered, np.asarray((0.05, 0.5, 0.95))).tolist()
    scale = (high - low) / 2 or float(ordered[-1] - ordered[0]) / 4 or 1.0
    kept = np.linspace(0, len(ordered) - 1, min(len(ordered), REFERENCE)).astype(np.intp)
    reference = np.full(REFERENCE, np.nan)  # in order after all numbers
    reference[: len(kept)] = ordered[kept]
    return middle, scale, reference


def _places(off: Floats, scale: Floats | float) -> NDArray[np.intp]:
    """Give the bins of values, which are given from the middle."""
    room = np.abs(off) + scale
    places = np.divide(off, room, out=np.copysign(1.0, off), where=room < np.inf)
    places *= BINS / 2 * (1 - 1e-12)  # the last bin takes what is rounded to 1
    places += BINS / 2
    return np.asarray(places, dtype=np.intp)
