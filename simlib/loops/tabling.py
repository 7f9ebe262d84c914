"""Ranks of figures, and sums of answers by bins of them, future by future; what they are of is not known here.

The same in numpy, to the byte, is in ``simlib.sensitivity.tables``.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops.compiled import compiled
from simlib.loops.groups import Graded, Tables

__all__ = ["keyed", "rank", "tabled"]

Floats = NDArray[np.float64]
STRIP = 128  # futures that are gone through by one figure after the other while they are at hand
LAST = np.int64(63)
WITHOUT_SIGN = np.int64(0x7FFF_FFFF_FFFF_FFFF)


@compiled
def keyed(bits: NDArray[np.int64], width: int, keys: NDArray[np.int64]) -> None:
    """Put whole numbers that rise with values above the places of these: the last binary digits of values give way.

    Parameters
    ----------
    bits
        (simulation,) the values' own 64 binary digits.
    width
        How many digits a place needs.
    """
    mask = (np.int64(1) << np.int64(width)) - np.int64(1)
    for i in range(len(bits)):
        digits = bits[i] ^ ((bits[i] >> LAST) & WITHOUT_SIGN)
        keys[i] = (digits & ~mask) | np.int64(i)


@compiled
def rank(
    keys: NDArray[np.int64], width: int, sides: tuple[int, int], ends: NDArray[np.int64], to: Graded, row: int
) -> None:
    """Put ranks and bins of one figure into place, and the sides of bins, from its keys in order.

    Parameters
    ----------
    sides
        How many futures are on the low side, and in front of the high one.
    ends
        (bin,) up to where each goes, in halves of ranks.
    """
    n = len(keys)
    mask = (np.int64(1) << np.int64(width)) - np.int64(1)
    start = own = 0
    end = ends[0]
    while start < n:
        value = keys[start] & ~mask
        stop = start + 1
        while stop < n and keys[stop] & ~mask == value:
            stop += 1
        place = np.float32(0.5 * (start + stop - n))
        side = 1 if stop <= sides[0] else 2 if start >= sides[1] else 0
        while start + stop >= end:
            own += 1
            end = ends[own]
        found = own + (0 if side == 1 else 1 if side == 0 else 2)  # one side alone
        to.sides[row, found] = side
        for k in range(start, stop):
            i = keys[k] & mask
            to.ranks[row, i] = place
            to.bins[row, i] = found
        start = stop


@compiled
def tabled(
    figures: Floats, of: Graded, answers: Floats, ranks: NDArray[np.float32], middles: Floats,
    where: tuple[int, int], to: Tables,
) -> None:  # fmt: skip
    """Add up some futures.

    Parameters
    ----------
    figures, of
        (figure, simulation) values, and where futures stand by them.
    answers, ranks
        (answer, simulation) values, and their ranks.
    middles
        (figure + answer,) from which values are counted.
    where
        The first of the futures, and the one after the last.
    """
    d, k = figures.shape[0], answers.shape[0]
    values, places = np.ones((STRIP, 1 + d + k)), np.ones((STRIP, 1 + k))
    for at in range(where[0], where[1], STRIP):
        n = min(STRIP, where[1] - at)
        for c in range(d):
            for i in range(n):
                values[i, 1 + c] = figures[c, at + i] - middles[c]
        for c in range(k):
            for i in range(n):
                values[i, 1 + d + c] = answers[c, at + i] - middles[d + c]
                places[i, 1 + c] = ranks[c, at + i]
        for j in range(d):
            _by_bin(values, of.bins, (j, at, n), to.counts, to.sums)
            _by_product(values, places, of.ranks, (j, at, n), to.products, to.ranks)
        for c in range(k):
            _by_square(values, places, (d, c, n), to.products, to.ranks)


# Each takes arrays by themselves: of those within another thing the compiler does not know that they lie apart.


@compiled
def _by_bin(
    values: Floats, bins: NDArray[np.uint16], which: tuple[int, int, int], counts: Floats, sums: Floats
) -> None:
    j, at, n = which
    first = 1 + bins.shape[0]
    for i in range(n):
        b = bins[j, np.uint64(at + i)]
        counts[j, b] += 1.0
        sums[j, b, 0] += values[i, 1 + j]
        row, own = sums[j, b, 1:], values[i, first:]
        for c in range(len(row)):
            row[c] += own[c]


@compiled
def _by_product(
    values: Floats, places: Floats, ranks: NDArray[np.float32], which: tuple[int, int, int], sums: Floats,
    ranked: Floats,
) -> None:  # fmt: skip
    j, at, n = which
    for i in range(n):
        x = values[i, 1 + j]
        sums[j, 0] += x
        row, own = sums[j, 1 + j :], values[i, 1 + j :]
        for c in range(len(row)):
            row[c] += x * own[c]
        row = ranked[j, 1:]
        place = np.float64(ranks[j, np.uint64(at + i)])
        ranked[j, 0] += place * place
        for c in range(len(row)):
            row[c] += place * places[i, c]


@compiled
def _by_square(values: Floats, places: Floats, which: tuple[int, int, int], sums: Floats, ranked: Floats) -> None:
    d, c, n = which
    for i in range(n):
        y, place = values[i, 1 + d + c], places[i, 1 + c]
        sums[d + c, 0] += y
        sums[d + c, 1] += y * y
        ranked[d + c, 0] += place * place
        ranked[d + c, 1] += place
