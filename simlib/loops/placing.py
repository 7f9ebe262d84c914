"""Putting a figure of some futures into bins, and adding it up, while it is at hand; where they are is not known here.

The same in numpy is in ``simlib.histograms``.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import LANES
from simlib.loops.compiled import compiled, inlined

__all__ = ["DEEP", "add_up", "placed"]

Floats = NDArray[np.float64]
DEEP = 8 * LANES  # futures that are looked at in one go


@compiled
def placed(
    figures: Floats,
    row: int,
    n: int,
    to: int,
    middles: Floats,
    scales: Floats,
    bins: int,
    at: int,
    places: NDArray[np.uint16],
    totals: Floats,
    squares: Floats,
    lows: Floats,
    highs: Floats,
) -> None:
    """Put the first n futures of one row of figures into bins, and add them up; the first one is in lane 0.

    Rows are named by number and not taken out of their arrays: a part of an array is counted as held, and that takes
    longer than what is done here.

    Parameters
    ----------
    to
        The figure's place in what follows.
    middles, scales, bins
        (figure,) where bins are finest, and how far from there they are four times as wide; how many there are.
    at, places
        (figure, simulation) where the bins of the futures go, and the place there of the first.
    totals, squares
        (figure, lane) sums of values from the middle, and of their squares, that are added to.
    lows, highs
        (figure, lane) that are lowered and raised to what is met.
    """
    middle, scale, half = middles[to], scales[to], bins / 2
    step = half * (1 - 1e-12)  # the last bin takes what is rounded to 1
    for i in range(n):
        off = figures[row, i] - middle
        y = off / (scale + abs(off))
        end = 1.0 if off > 0.0 else -1.0  # an infinite one is in the last bin there
        places[to, np.uint64(at + i)] = np.uint16((y if abs(y) <= 1.0 else end) * step + half)
    add_up(figures, row, n, middle, totals, squares, to)
    whole = n // DEEP * DEEP
    for i in range(0, whole, DEEP):
        for lane in range(LANES):
            least, most = lows[to, lane], highs[to, lane]
            for k in range(DEEP // LANES):
                value = figures[row, i + k * LANES + lane]
                least, most = min(least, value), max(most, value)
            lows[to, lane], highs[to, lane] = least, most
    for i in range(whole, n):
        lane = i % LANES
        lows[to, lane] = min(lows[to, lane], figures[row, i])
        highs[to, lane] = max(highs[to, lane], figures[row, i])


@inlined
def add_up(figures: Floats, row: int, n: int, middle: float, totals: Floats, squares: Floats, to: int) -> None:
    """Add the first n values of a row from a middle, and their squares, to those of their lanes."""
    whole = n // DEEP * DEEP
    for i in range(0, whole, DEEP):
        for lane in range(LANES):
            total, square = totals[to, lane], squares[to, lane]
            for k in range(DEEP // LANES):  # several at once, as a sum that is put back has to be waited for
                off = figures[row, i + k * LANES + lane] - middle
                total += off
                square += off * off
            totals[to, lane], squares[to, lane] = total, square
    for i in range(whole, n):
        off = figures[row, i] - middle
        totals[to, i % LANES] += off
        squares[to, i % LANES] += off * off
