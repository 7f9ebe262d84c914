"""Figures of more futures than are held: counted in fine bins, with moments. Their errors are ``estimates``' business.

Bins are the same in every worker, so that what workers have counted adds up to the same whatever their number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import SHARES, TOGETHER, Statistics, certain_statistics, estimated, level_spreads
from simlib.kernels.paths import Floats
from simlib.loops import FAR, LANES
from simlib.loops.groups import Binning
from simlib.loops.lanes import add_by_lane
from simlib.memory import scratch
from simlib.ranking import Integers, folded, lanes, type_seven

BINS, SHIFT = 16_384, 4  # of a figure; a bin of one replicate is 2 to the power of the other
COARSER = 2**SHIFT
CHANCE = 3.0  # errors by which neighbouring bins may differ and mean nothing
WAITING = 32_768  # futures that are counted in one go: fewer than 2 to the power of 16
REFERENCE = 1_024  # order statistics that are kept of each figure
MOST = 2**31 - 1  # futures that can be counted
Whole = NDArray[np.int32]
Counts = tuple[Whole, Whole]  # in bins, and in the coarser ones of each replicate


@dataclass(slots=True)
class Histograms:
    """Counts in bins by replicate, with moments: figures of more futures than are held in memory.

    Attributes
    ----------
    middle, scales
        (row,) median of a first sample, and (row, 2) how far its P5 is below and its P95 above. Bins are equal in
        ``(x − middle) ÷ (scale + |x − middle|)``, −1 … 1, with the scale of that side: fine where the futures are, and
        without an end, so that neither a long tail nor a later extreme blurs the rest.
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
    scales: Floats
    reference: Floats
    counts: Whole
    apart: Whole
    sums: Floats
    squares: Floats
    least: Floats
    most: Floats
    waiting: int = 0

    @classmethod
    def over(cls, rows: Floats, replicates: int) -> "Histograms":
        """Give empty histograms whose bins suit a first sample of figures, (row, simulation)."""
        count = len(rows)
        return cls(
            *_shapes(rows),
            *no_counts(count, replicates),
            np.zeros((count, lanes(replicates))),
            np.zeros((count, lanes(replicates))),
            np.full(count, np.inf),
            np.full(count, -np.inf),
        )

    def no_counts(self) -> Counts:
        """Give counts of no future."""
        return np.zeros_like(self.counts), np.zeros_like(self.apart)

    def empty(self, counted: Counts | None = None) -> "Histograms":
        """Give some with the same bins, and nothing in them but what has been counted already."""
        counts, apart = self.no_counts() if counted is None else counted
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

    def add_counts(self, counted: Counts) -> None:
        """Add what has been counted: whole numbers, so in any order."""
        counts, apart = counted
        self.counts += counts
        self.apart += apart

    def add_sums(self, other: "Histograms") -> None:
        """Add what others have but counts: in an order that is the same for any number of workers."""
        self.sums += other.sums
        self.squares += other.squares
        self.least, self.most = np.minimum(self.least, other.least), np.maximum(self.most, other.most)

    def add(self, rows: Floats) -> None:
        """Count a block of futures, (row, simulation), whose first one belongs to replicate 0."""
        for k, row in enumerate(rows):
            self._add(k, row)

    def count_by(self, n: int, place: Callable[[Binning, int], None]) -> None:
        """Count n futures by a compiled loop that puts them into bins, from a place on.

        They wait to be counted with others, at most `WAITING` in all: the counts of a figure are quickest raised many
        futures at a time.
        """
        assert n <= WAITING
        if self.waiting + n > WAITING:
            self.settle()
        places = scratch("places", len(self.middle), WAITING, np.uint16)
        lows, highs = (np.repeat(ends[:, np.newaxis], LANES, axis=1) for ends in (self.least, self.most))
        place(Binning(BINS, self.middle, self.scales, places, self.sums, self.squares, lows, highs), self.waiting)
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
        places = np.broadcast_to(_places(single, self.scales[row]), off.shape)
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
    before
        (row, 1) futures of all the rows before.
    upto
        (row, bin) these, and the row's own up to the end of each bin: in order from the first row to the last.
    again
        By row with values that come again and again, how often one of its first sample and of those before it did.
    """

    counted: Histograms
    count: int
    before: Integers = field(init=False)
    upto: Integers = field(init=False)
    again: dict[int, Integers] = field(init=False)

    def __post_init__(self) -> None:
        counts = self.counted.counts
        self.before = self.count * np.arange(len(counts))[:, np.newaxis]
        self.upto = np.cumsum(counts, dtype=np.int64).reshape(counts.shape)
        sample = self.counted.reference
        alike = sample[:, 1:] == sample[:, :-1]
        some = np.flatnonzero(alike.any(axis=1)).tolist()
        self.again = {row: np.concatenate([[0], np.cumsum(alike[row])]) for row in some}

    def _places(self, levels: Floats) -> Integers:
        """Give the bins that hold quantiles."""
        ranks = np.ceil((self.count - 1) * levels + 0.5).astype(np.int64)  # whole, as what is searched is
        return np.searchsorted(self.upto.ravel(), ranks + self.before) - BINS * np.arange(len(ranks))[:, np.newaxis]

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
        before, upto = (
            np.where(ends >= 0, np.take_along_axis(self.upto, np.maximum(ends, 0), axis=1) - self.before, 0)
            for ends in (places - 1, places)
        )
        held = upto - before
        inside = ((self.count - 1) * inner + 0.5 - before) / np.maximum(held, 1)
        low, high = self._ends(places)
        found = low + (high - low) * np.clip(inside, 0.0, 1.0)
        for row, which, first, last in self._repeated(low, high):
            sample = self.counted.reference[row]
            found[row, which] = sample[first]  # of most there is no other value in the bin
            for i in np.flatnonzero(sample[first] != sample[last - 1]).tolist():
                known = sample[first[i] : last[i]]
                place = inside[row, which[i]] * len(known)
                found[row, which[i]] = np.interp(place, np.arange(len(known)) + 0.5, known)
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
        for row, which, *_ in self._repeated(low, high):
            uneven[row, which] = 0.0
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
        return np.asarray(self.counted.middle[:, np.newaxis] + self._scale(far) * far)

    def _scale(self, off: Floats) -> Floats:
        """Give the scale of the side on which values are, which are given from the middle: (row, …) each."""
        left, right = self.counted.scales.T[..., np.newaxis]
        return np.asarray(np.where(off < 0.0, left, right))

    def _repeated(self, low: Floats, high: Floats) -> Iterator[tuple[int, Integers, Integers, Integers]]:
        """Give which bins of a row hold values of the first sample that come again, and which of its values they hold.

        These are from the first to before the last, for each of the bins.
        """
        middle = self.counted.middle[:, np.newaxis]
        farthest = np.maximum(np.abs(low - middle), np.abs(high - middle))
        scale = self._scale(low - middle)
        rim = 1e-11 * (scale + farthest) ** 2 / scale  # a value on an edge may be rounded to either side
        for row, again in self.again.items():
            first, last = np.searchsorted(self.counted.reference[row], (low[row] - rim[row], high[row] + rim[row]))
            inner = np.minimum(first, len(again) - 1), np.maximum(last - 1, 0)
            which = np.flatnonzero(again[inner[1]] > again[inner[0]])
            yield row, which, first[which], last[which]


def no_counts(rows: int, replicates: int) -> Counts:
    """Give counts of no future."""
    several = replicates if replicates > 1 else 0
    apart = (rows, several, BINS // COARSER if several else 0)
    return np.zeros((rows, BINS), dtype=np.int32), np.zeros(apart, dtype=np.int32)


def _shapes(samples: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the middles of samples, how far from there bins should be finest, and order statistics: a row of each."""
    ordered = np.sort(samples, axis=1)
    found = np.empty(len(ordered)), np.empty((len(ordered), 2)), np.empty((len(ordered), REFERENCE))
    finite = np.isfinite(ordered[:, [0, -1]]).all(axis=1)
    for whole, shape in zip(found, _shapes_of(ordered[finite]), strict=True):
        whole[finite] = shape
    for row in np.flatnonzero(~finite).tolist():
        numbers = ordered[row, np.isfinite(ordered[row])]
        for whole, [shape] in zip(found, _shapes_of(np.atleast_2d(numbers if len(numbers) else 0.0)), strict=True):
            whole[row] = shape
    return found


def _shapes_of(ordered: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the same of samples that are in order, of numbers."""
    last = ordered.shape[1] - 1
    low, middle, high = type_seven(lambda ranks: ordered[:, ranks], last + 1, np.asarray((0.05, 0.5, 0.95))).T
    ends, farthest = (np.stack([middle - a, b - middle], axis=1) for a, b in ((low, high), ordered[:, [0, last]].T))
    scales = np.where(ends > 0.0, ends, farthest / 4)
    scales = np.where(scales > 0.0, scales, scales[:, ::-1])
    kept = np.linspace(0, last, min(last + 1, REFERENCE)).astype(np.intp)
    reference = np.full((len(ordered), REFERENCE), np.nan)  # in order after all numbers
    reference[:, : len(kept)] = ordered[:, kept]
    return middle, np.where(scales > 0.0, scales, 1.0), reference


def _places(off: Floats, scales: Floats) -> NDArray[np.intp]:
    """Give the bins of values, which are given from the middle."""
    places = np.fmax(-FAR, np.fmin(FAR, off))
    places /= np.abs(places) + np.where(off < 0.0, *scales)
    places *= BINS / 2 * (1 - 1e-12)  # the last bin takes what is rounded to 1
    places += BINS / 2
    return np.asarray(places, dtype=np.intp)
