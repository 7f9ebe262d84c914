"""A figure as its futures have it: sums and order statistics, by sorting or by compiled loops, with the same result.

What is estimated from them, and how far that may be off, is in ``simlib.estimates``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.kernels.paths import Floats
from simlib.loops import LANES
from simlib.loops.groups import Buckets
from simlib.loops.lanes import by_lane
from simlib.memory import scratch

SAMPLE = 1_024  # first futures that tell where the buckets should be
MIDDLE = np.asarray((0.05, 0.5, 0.95))
FEW = 2  # of a sample; no more than so many that are alike say nothing
ALL = slice(None)
Integers = NDArray[np.int64]


class Ordered(Protocol):
    """Futures of many figures, of which some ranks can be asked."""

    def at(self, ranks: Integers, of: slice = ALL) -> Floats:
        """Give the (row, rank) order statistics of some rows, from the least one of rank 0."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """All futures in order, (row, simulation)."""

    values: Floats

    def at(self, ranks: Integers, of: slice = ALL) -> Floats:
        """Give order statistics."""
        return np.take_along_axis(self.values[of], ranks, axis=1)


@dataclass(slots=True)
class Bucketed:
    """The futures near some ranks, in buckets that are put in order as they are asked for.

    Attributes
    ----------
    rows, which
        (row, simulation) all of them in their own order, and the rows that are asked about.
    middles, near
        As :func:`simlib.loops.reading.bucketed` takes and sets them, in memory that this thread will use again.
    settled
        (row, bucket) which buckets are in order.
    ordered
        All futures of a row in order, once a rank has been asked for that is not at hand.
    """

    rows: Floats
    which: Integers
    middles: Floats
    near: Buckets
    settled: NDArray[np.bool_] = field(init=False)
    ordered: dict[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settled = np.zeros(self.near.firsts.shape, dtype=np.bool_)

    def at(self, ranks: Integers, of: slice = ALL) -> Floats:
        """Give order statistics."""
        from simlib.loops.reading import ranked

        found, there = np.empty(ranks.shape), np.empty(len(ranks), dtype=np.bool_)
        alike, chosen, firsts, offsets, kept = self.near
        near = Buckets(alike[of], chosen[of], firsts[of], offsets[of], kept)
        ranked(np.ascontiguousarray(ranks), self.middles[of], near, self.settled[of], found, there)
        which = self.which[of].tolist()
        for k in np.flatnonzero(~there).tolist():
            if which[k] not in self.ordered:
                self.ordered[which[k]] = np.sort(self.rows[which[k]])
            found[k] = self.ordered[which[k]][ranks[k]]
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of many figures.

    Attributes
    ----------
    replicates
        Future i belongs to replicate i mod so many.
    windows
        (window, 2) first and last rank that may well be asked for; others take longer.
    count
        How many of the windows are asked of a figure of which nothing more is wanted.
    """

    replicates: int
    windows: Integers
    count: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Many figures over the same futures: sums by lane and order statistics.

    Attributes
    ----------
    rows, which
        (row, simulation) futures, and the rows of the figures.
    middles
        (row,) a value from which sums are taken: so a mean of little spread does not cost the spread its digits.
    sums, squares
        (row, lane) sums from the middle, and of squares from it: by replicate where there are several, else of every
        16th future.
    ordered
        What ranks are asked of.
    """

    rows: Floats
    which: Integers
    middles: Floats
    sums: Floats
    squares: Floats
    ordered: Ordered

    @classmethod
    def over(cls, rows: Floats, which: Integers, asked: Asked, more: NDArray[np.bool_]) -> "Sample":
        """Read figures; of some of them ``more`` is wanted than of the others."""
        middles, scales = _shapes(rows[which, :SAMPLE])
        width = lanes(asked.replicates)
        if loops.on() and width == LANES:
            return cls._bucketed(rows, which, middles, scales, asked, more)
        ordered = Sorted(np.sort(rows[which], axis=1))
        found = np.stack([_sums(rows[row], middle, width) for row, middle in zip(which, middles, strict=True)])
        return cls(rows, which, middles, found[:, 0], found[:, 1], ordered)

    @classmethod
    def _bucketed(
        cls, rows: Floats, which: Integers, middles: Floats, scales: Floats, asked: Asked, more: NDArray[np.bool_]
    ) -> "Sample":
        """Read figures in one go, as the futures of each are then close at hand."""
        from simlib.loops.reading import BUCKETS, bucketed

        count, wanted = len(which), np.where(more, len(asked.windows), asked.count)
        sums = np.zeros((2, count, LANES))
        alike, chosen = np.empty((count, 2), dtype=np.int64), np.empty(count, dtype=np.int64)
        firsts = scratch("firsts", count, BUCKETS, np.int64)
        offsets, kept = scratch("offsets", count, BUCKETS + 1, np.int64), scratch("kept", count, rows.shape[1]).ravel()
        near = Buckets(alike, chosen, firsts, offsets, kept)
        bucketed(rows, which, np.column_stack([middles, scales]), asked.windows, wanted, sums, near)
        for k in np.flatnonzero(~np.isfinite(sums[1].sum(axis=1))).tolist():
            sums[:, k] = _sums(rows[which[k]], middles[k], LANES)
        return cls(rows, which, middles, sums[0], sums[1], Bucketed(rows, which, middles, near))

    @property
    def count(self) -> int:
        """How many futures there are."""
        return len(self.rows[0])

    def quantiles(self, levels: Floats) -> Floats:
        """Give quantiles from levels: (row, level) to (row, level)."""
        return type_seven(self.ordered.at, self.count, levels)

    def quantiles_of(self, row: int, levels: Floats) -> Floats:
        """Give quantiles of one figure, (level,) to (level,)."""
        [found] = type_seven(partial(self.ordered.at, of=slice(row, row + 1)), self.count, levels[np.newaxis])
        return np.asarray(found)

    def doubts(self, levels: Floats) -> Floats:
        """Give nothing for each of the levels: no quantile is in doubt."""
        return np.zeros_like(levels)

    def beside(self, bounds: Floats) -> tuple[Integers, Integers]:
        """Give how many futures are below (row, level) bounds, and how many not above them: (row, lane, level) each."""
        width = self.sums.shape[1]
        under, upto = np.empty((2, len(bounds), width, bounds.shape[1]), dtype=np.int64)
        plain = list(range(len(bounds)))
        if loops.on() and width == LANES:
            from simlib.loops.reading import compared

            compared(self.rows, self.which, bounds, under, upto)
            plain = np.flatnonzero(~np.isfinite(self.squares.sum(axis=1))).tolist()
        for k in plain:
            samples = [np.sort(self.rows[self.which[k], lane::width]) for lane in range(width)]
            under[k] = [np.searchsorted(sample, bounds[k], "left") for sample in samples]
            upto[k] = [np.searchsorted(sample, bounds[k], "right") for sample in samples]
        return under, upto


def _sums(figure: Floats, middle: float, width: int) -> Floats:
    """Give the sums from a middle and those of the squares, (2, lane)."""
    off = figure - middle
    return np.stack([by_lane(values, width) for values in (off, np.square(off))])


def lanes(replicates: int) -> int:
    """Give in how many lanes sums are added up: those of the loops, or one for each replicate."""
    return LANES if replicates == 1 else replicates


def folded(sums: Floats) -> Floats:
    """Give the sum of all lanes, one after the other: (…, lane) to (…)."""
    return np.asarray(np.cumsum(sums, axis=-1)[..., -1])


def _shapes(samples: Floats) -> tuple[Floats, Floats]:
    """Give what is in the middle of samples, (row, future), and how far their P5 and P95 are below and above, (row, 2).

    There buckets should be finest. In the middle is the median, or a value that comes again and again. Of a sample that
    is not finite these say nothing: such a figure is sorted.
    """
    ordered = np.sort(samples, axis=1)
    least, most = ordered[:, 0], ordered[:, -1]
    known = (np.isfinite(least) & np.isfinite(most))[:, np.newaxis]
    ordered = np.where(known, ordered, 0.0)
    low, median, high = ordered[:, ((ordered.shape[1] - 1) * MIDDLE).astype(np.intp)].T
    middle = _commonest(ordered, median)
    near, far = np.column_stack([middle - low, high - middle]), np.column_stack([middle - least, most - middle])
    ends = np.where(near == 0.0, np.where(known, far, 0.0) / 4, near)
    usable = (ends > 0.0) & (ends < np.inf)
    return middle, np.where(usable, ends, np.where(usable[:, ::-1], ends[:, ::-1], 1.0))


def _commonest(ordered: Floats, otherwise: Floats) -> Floats:
    """Give a value that makes up a sixteenth of an ordered sample or more, (row, future) to (row,); most have none.

    Of several it is about as frequent as any.
    """
    found = otherwise.copy()
    for part in (16, 8, 4, 2):
        apart = ordered.shape[1] // part
        if apart > FEW:
            same = ordered[:, apart:] == ordered[:, :-apart]
            rows = np.flatnonzero(same.any(axis=1))
            found[rows] = ordered[rows, same[rows].argmax(axis=1)]
    return found


def type_seven(at: Callable[[Integers], Floats], count: int, levels: Floats) -> Floats:
    """Give type 7 quantiles (infinite values included: where one is met, it is the answer).

    Parameters
    ----------
    at
        From (…, rank) ranks to order statistics.
    count
        Of how many futures.
    levels
        (…, level) from 0 to 1 [share].

    References
    ----------
    Hyndman, R. J. and Fan, Y. (1996), The American Statistician 50, 361-365.
    """
    place = (count - 1) * levels
    below = place.astype(np.int64)
    found = at(np.concatenate([below, np.minimum(below + 1, count - 1)], axis=-1))
    low, high = found[..., : levels.shape[-1]], found[..., levels.shape[-1] :]
    between = (low != high) & (place != below) & (low != -np.inf)
    step = np.subtract(high, low, out=np.zeros_like(low), where=between)
    np.multiply(place - below, step, out=step, where=between)
    return np.asarray(low + step) + 0.0  # nought has no sign


def quantiles(ordered: Floats, levels: Floats) -> Floats:
    """Give type 7 quantiles of sorted values.

    Parameters
    ----------
    ordered
        (simulation,) sorted values.
    levels
        (level,) from 0 to 1 [share].

    Examples
    --------
    >>> quantiles(np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.5, 0.75])).tolist()
    [1.0, 2.0, 3.0]
    """
    return type_seven(ordered.__getitem__, len(ordered), levels)
