"""Counting futures in bins; how they are put there one figure at a time is in `placing`.

What the bins are for, and the same in numpy, is in ``simlib.histograms``.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import LANES
from simlib.loops.compiled import compiled

__all__ = ["counted"]

Floats = NDArray[np.float64]
Places = NDArray[np.uint16]


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
    beside = np.empty(apart.shape[1:], dtype=np.uint16)
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
            _count_lanes(places, k, n, shift, beside)
            for lane in range(LANES):
                for place in range(apart.shape[2]):
                    apart[k, lane, place] += beside[lane, place]


@compiled
def _count_lanes(places: Places, k: int, n: int, shift: int, beside: Places) -> None:
    """Count the coarser bins of one figure, lane by lane: next to each other, no lane has to wait for another one."""
    beside[:] = 0
    whole = n // LANES * LANES
    for i in range(0, whole, LANES):
        for lane in range(LANES):
            beside[lane, places[k, np.uint64(i + lane)] >> shift] += np.uint16(1)
    for i in range(whole, n):
        beside[i - whole, places[k, i] >> shift] += np.uint16(1)
