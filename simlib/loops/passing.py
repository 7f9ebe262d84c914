"""Counting futures in bins; how they are put there one figure at a time is in `placing`.

What the bins are for, and the same in numpy, is in ``simlib.histograms``.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import LANES
from simlib.loops.compiled import compiled
from simlib.loops.placing import placed

__all__ = ["counted", "place"]

Floats = NDArray[np.float64]
Places = NDArray[np.uint16]


@compiled
def place(
    figures: Floats,
    n: int,
    middles: Floats,
    scales: Floats,
    bins: int,
    at: int,
    places: Places,
    totals: Floats,
    squares: Floats,
    lows: Floats,
    highs: Floats,
) -> None:
    """Put the first n futures of figures into bins, and add them up.

    Parameters
    ----------
    figures
        (figure, simulation); the first one is in lane 0.
    middles, scales, bins
        (figure,) where its bins are finest, and how far from there they are four times as wide; how many there are.
    at, places
        (figure, simulation) where the bins of the futures go, and the place there of the first.
    totals, squares
        (figure, lane) sums of values from the middle, and of their squares, that are added to.
    lows, highs
        (figure, lane) that are lowered and raised to what is met.
    """
    for k in range(len(figures)):
        placed(figures, k, n, k, middles, scales, bins, at, places, totals, squares, lows, highs)


@compiled
def counted(
    places: Places,
    n: int,
    low: Floats,
    high: Floats,
    shift: int,
    counts: NDArray[np.int32],
    apart: NDArray[np.int32],
) -> None:
    """Count the bins of the first n futures of figures; the first future is in lane 0.

    Parameters
    ----------
    places, n
        (figure, simulation) bins; fewer than 2¹⁶ of each, as each bin is raised in a number so small that all bins of a
        figure stay in the nearest cache.
    low, high
        (figure,) the least and the most of these futures: where they are the same, nothing needs counting.
    shift
        A bin of one lane is 2 to this power bins.
    counts
        (figure, bin) that are added to.
    apart
        (figure, lane, coarser bin) that are added to; (figure, 0, 0) where lanes are not counted apart.
    """
    near = np.empty(counts.shape[1], dtype=np.uint16)
    for k in range(len(places)):
        if low[k] == high[k]:
            counts[k, places[k, 0]] += n
        else:
            near[:] = 0
            for i in range(n):
                near[places[k, i]] += np.uint16(1)
            for place in range(len(near)):
                counts[k, place] += near[place]
        if apart.shape[1]:
            for i in range(n):
                apart[k, i % LANES, places[k, i] >> shift] += 1
