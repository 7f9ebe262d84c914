"""Putting a figure of some futures into bins, and adding it up, while it is at hand; where they are is not known here.

The same in numpy is in ``simlib.histograms``.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import FAR, LANES
from simlib.loops.compiled import compiled, inlined
from simlib.loops.groups import Binning

__all__ = ["DEEP", "add_up", "placed"]

Floats = NDArray[np.float64]
DEEP = 8 * LANES  # futures that are looked at in one go


@compiled
def placed(figures: Floats, row: int, n: int, to: int, at: int, bins: Binning) -> None:
    """Put the first n futures of one row of figures into bins, and add them up; the first one is in lane 0.

    Rows are named by number and not taken out of their arrays: a part of an array is counted as held, and that takes
    longer than what is done here.

    Parameters
    ----------
    to, at
        The figure's place among those with bins, and that of the first future in ``bins.places``.
    """
    places, lows, highs = bins.places, bins.lows, bins.highs
    middle, half = bins.middles[to], bins.many / 2
    left, right = bins.scales[to, 0], bins.scales[to, 1]
    step = half * (1 - 1e-12)  # the last bin takes what is rounded to 1
    for i in range(n):
        off = max(-FAR, min(FAR, figures[row, i] - middle))
        places[to, np.uint64(at + i)] = np.uint16(off / ((left if off < 0.0 else right) + abs(off)) * step + half)
    add_up(figures, row, 0, n, middle, bins.totals, bins.squares, to)
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
def add_up(
    figures: Floats, row: int, start: int, n: int, middle: float, totals: Floats, squares: Floats, to: int
) -> None:
    """Add n values of a row from a middle, and their squares, to those of their lanes; the first one is in lane 0."""
    whole = n // DEEP * DEEP
    for i in range(0, whole, DEEP):
        for lane in range(LANES):
            total, square = totals[to, lane], squares[to, lane]
            for k in range(DEEP // LANES):  # several at once, as a sum that is put back has to be waited for
                off = figures[row, np.uint64(start + i + k * LANES + lane)] - middle
                total += off
                square += off * off
            totals[to, lane], squares[to, lane] = total, square
    for i in range(whole, n):
        off = figures[row, start + i] - middle
        totals[to, i % LANES] += off
        squares[to, i % LANES] += off * off
