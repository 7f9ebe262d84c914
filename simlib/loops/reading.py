"""Reading a figure off its futures: sums, order statistics, counts in bins. What is estimated from them is not known.

The same in numpy stands beside the callers, in ``simlib.ranking`` and ``simlib.histograms``. The first future given is
in lane 0; where there are as many replicates as lanes, a lane is a replicate.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import LANES
from simlib.loops.compiled import compiled
from simlib.loops.groups import Buckets
from simlib.loops.placing import add_up

__all__ = ["BUCKETS", "bucketed", "compared", "ranked"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BUCKETS = 4_096  # of a figure whose order statistics are asked for
STRIP = 2_048  # futures that take one step after the other while they are in the nearest cache
SHORT = 64  # values that are put in order by comparing each with all


@compiled
def _steps(values: Floats, bounds: Floats, steps: NDArray[np.uint8]) -> None:
    """Give how many of some bounds a value is above, and how many it is not below: together, 0 to twice their number.

    It rises with the value, and tells values that are equal to a bound from those beside it.
    """
    for i in range(len(values)):
        steps[i] = 0
    for bound in bounds:
        for i in range(len(values)):
            steps[i] += np.uint8(values[i] > bound) + np.uint8(values[i] >= bound)


@compiled
def _count_steps(steps: NDArray[np.uint8], counts: Integers) -> None:
    """Count steps by lane."""
    for i in range(len(steps)):
        counts[i % LANES, steps[i]] += 1


@compiled
def compared(rows: Floats, which: Integers, bounds: Floats, under: Integers, upto: Integers) -> None:
    """Count by lane how many futures of some figures are below bounds and up to them.

    Parameters
    ----------
    rows, which
        (row, simulation) finite values, and the rows of the figures.
    bounds
        (figure, level) finite; up to 127 levels.
    under, upto
        (figure, lane, level) set to how many futures are below each bound, and to how many are not above it.
    """
    levels = bounds.shape[1]
    counts = np.empty((LANES, 2 * levels + 1), dtype=np.int64)
    steps = np.empty(max(STRIP, levels), dtype=np.uint8)
    for k in range(len(which)):
        counts[:] = 0
        values = rows[which[k]]
        for start in range(0, len(values), STRIP):
            strip = values[start : start + STRIP]
            _steps(strip, bounds[k], steps)
            _count_steps(steps[: len(strip)], counts)
        _steps(bounds[k], bounds[k], steps)
        for lane in range(LANES):
            for level in range(levels):
                under[k, lane, level] = counts[lane, : steps[level]].sum()
                upto[k, lane, level] = under[k, lane, level] + counts[lane, steps[level]]


@compiled
def _place(values: Floats, shape: Floats, places: NDArray[np.uint16]) -> None:
    """Give the buckets of values: equal in 1 − scale ÷ (scale + |x − middle|), with the sign of x − middle.

    Every step of it rises with the value, or falls, however it is rounded: buckets are in the order of their values.
    The middle has one to itself. What is not a number goes to any.
    """
    half, middle, left, right = BUCKETS / 2, shape[0], shape[1], shape[2]
    for i in range(len(values)):
        off = values[i] - middle
        scale = left if off < 0.0 else right
        inside = scale / (scale + abs(off))
        y = inside - 1.0 if off < 0.0 else 1.0 - inside
        start = half - 1.0 if off < 0.0 else (half + 1.0 if off > 0.0 else half)
        places[i] = np.uint16(min(int(min(1.0, y) * (half - 1.0) + start), BUCKETS - 1))


@compiled
def _count(places: NDArray[np.uint16], counts: NDArray[np.int32]) -> None:
    """Count how often each place comes."""
    for place in places:
        counts[place] += 1


@compiled
def _want(
    windows: Integers,
    counts: NDArray[np.int32],
    wanted: NDArray[np.uint8],
    alike: Integers,
    firsts: Integers,
    offsets: Integers,
) -> int:
    """Choose the buckets that hold a rank of some windows, but the one in the middle; give how many these are.

    Parameters
    ----------
    windows
        (window, 2) first and last rank, in any order.
    counts
        (bucket,) values of each; set to where those of a chosen one go.
    wanted
        (bucket,) set to 1 where it is chosen, else to 0.
    alike
        (2,) set to the first rank of the middle one, and the one after its last: its values are all the same.
    firsts, offsets
        (bucket,) and (bucket + 1,) of which the first ones are set: the rank of the first value of each chosen bucket,
        and where they start and end, from the first offset on.
    """
    starts = np.zeros(BUCKETS + 1, dtype=np.int64)
    for bucket in range(BUCKETS):
        starts[bucket + 1] = starts[bucket] + counts[bucket]
    wanted[:] = 0
    for window in range(len(windows)):
        bucket = np.searchsorted(starts, windows[window, 0], side="right") - 1
        while bucket < BUCKETS and starts[bucket] <= windows[window, 1]:
            wanted[bucket] = counts[bucket] > 0
            bucket += 1
    middle = BUCKETS // 2
    alike[0], alike[1], wanted[middle] = starts[middle], starts[middle + 1], 0
    k = 0
    for bucket in range(BUCKETS):
        if wanted[bucket]:
            firsts[k], offsets[k + 1] = starts[bucket], offsets[k] + counts[bucket]
            counts[bucket] = offsets[k] - offsets[0]
            k += 1
    return k


@compiled
def _keep(
    values: Floats,
    places: NDArray[np.uint16],
    wanted: NDArray[np.uint8],
    free: NDArray[np.int32],
    near: NDArray[np.uint32],
    kept: Floats,
) -> None:
    """Put the values of chosen buckets where these are: first which they are, as most are not, and no branch tells."""
    found = np.uint64(0)
    for i in range(len(values)):
        near[found] = i
        found += np.uint64(wanted[places[i]])
    for j in range(found):
        i = near[j]
        place = places[i]
        kept[free[place]] = values[i]
        free[place] += 1


@compiled
def bucketed(
    rows: Floats,
    which: Integers,
    shapes: Floats,
    windows: Integers,
    asked: Integers,
    sums: Floats,
    near: Buckets,
) -> None:
    """Add figures up, and put their values near some ranks into buckets: these are in order, what is in them is not.

    Parameters
    ----------
    rows, which
        (row, simulation) fewer than 2³¹ values each, and the rows of the figures; of values that are not finite
        nothing means anything, and no bucket is chosen.
    shapes
        (figure, 3) where buckets are finest, and how far below and above it they are four times as wide: more than
        nothing.
    windows, asked
        (window, 2) first and last rank that may be asked for; (figure,) of how many of them.
    sums
        (2, figure, lane) sums of what is left of the values without the middle, and of its squares, that are added to.
    near
        Set.
    """
    n, totals, squares = rows.shape[1], sums[0], sums[1]
    alike, chosen, firsts, offsets, kept = near
    places, found = np.empty(n, dtype=np.uint16), np.empty(n + 1, dtype=np.uint32)
    free, wanted = np.empty(BUCKETS, dtype=np.int32), np.empty(BUCKETS, dtype=np.uint8)
    filled = 0
    for k in range(len(which)):
        values = rows[which[k]]
        free[:] = 0
        for start in range(0, n, STRIP):
            strip, at = values[start : start + STRIP], places[start : start + STRIP]
            add_up(rows, which[k], start, len(strip), shapes[k, 0], totals, squares, k)
            _place(strip, shapes[k], at)
            _count(at, free)
        offsets[k, 0], chosen[k], alike[k] = filled, 0, 0
        if np.isfinite(squares[k].sum()):
            chosen[k] = _want(windows[: asked[k]], free, wanted, alike[k], firsts[k], offsets[k])
            _keep(values, places, wanted, free, found, kept[filled:])
            filled = offsets[k, chosen[k]]


@compiled
def ranked(
    ranks: Integers,
    middles: Floats,
    near: Buckets,
    settled: NDArray[np.bool_],
    found: Floats,
    there: NDArray[np.bool_],
) -> None:
    """Give values by their rank, from what `bucketed` gives, as far as they are there.

    Parameters
    ----------
    ranks
        (figure, rank) from 0.
    middles, near
        As `bucketed` takes and sets them; buckets are put in order as they are asked for.
    settled
        (figure, bucket) whether that is done.
    found, there
        (figure, rank) set; (figure,) set to whether all of them are there.
    """
    alike, chosen, firsts, offsets, kept = near
    for k in range(len(ranks)):
        there[k] = True
        for i in range(ranks.shape[1]):
            rank = ranks[k, i]
            if alike[k, 0] <= rank < alike[k, 1]:
                found[k, i] = middles[k]
                continue
            bucket = np.searchsorted(firsts[k, : chosen[k]], rank, side="right") - 1
            if bucket < 0 or rank - firsts[k, bucket] >= offsets[k, bucket + 1] - offsets[k, bucket]:
                there[k] = False
                break
            if not settled[k, bucket]:
                _settle(kept[offsets[k, bucket] : offsets[k, bucket + 1]])
                settled[k, bucket] = True
            found[k, i] = kept[offsets[k, bucket] + rank - firsts[k, bucket]]


@compiled
def _settle(values: Floats) -> None:
    """Put values in order, in place: most buckets are short, and then each goes where as many are less.

    No branch of that can be guessed wrongly: of 32 values it takes a quarter to a half of the time of numba's sort.
    """
    if len(values) > SHORT:
        values.sort()
        return
    before, places = values.copy(), np.zeros(len(values))  # places of the width of values: then several go at once
    for value in before:
        for j in range(len(before)):
            places[j] += 1.0 if value < before[j] else 0.0
    values[:] = np.nan
    for i in range(len(before)):
        values[int(places[i])] = before[i]
    for i in range(1, len(values)):
        values[i] = values[i - 1] if np.isnan(values[i]) else values[i]  # values that are alike have one place
