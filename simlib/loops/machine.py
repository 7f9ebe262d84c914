"""The machine that runs a program: every step over a short stretch of futures, so that all rows stay in the cache.

What the numbers of steps mean, and the same in numpy, is in `steps`; a test compares each. Every loop is over rows that
do not overlap, with nothing else in it, so that the compiler does several futures at once.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.loops import LANES
from simlib.loops.compiled import compiled, inlined
from simlib.loops.groups import Binning, Steps, Stretch, Sums
from simlib.loops.placing import add_up, placed

__all__ = ["STRETCH", "run"]

STRETCH = 512  # futures: a few hundred rows of so many stay in the cache

PRODUCTS, LIMITS = 9, 15  # the first step that multiplies, and that limits
TELLS, LOOKS, CHOOSES = 22, 30, 37  # the first that compares, that looks at what holds, and that chooses
COUNTS = 41  # the first that counts
SUMS = 47

Floats = NDArray[np.float64]


@compiled
def run(steps: Steps, given: Stretch, rows: Floats, stored: Floats, first: int, ledger: Sums, bins: Binning) -> None:
    """Run a program.

    Parameters
    ----------
    given
        The futures that it is run for, with (input, simulation) rows.
    rows
        (register, STRETCH) room to work in; a last stretch that is shorter works on what stands there, unused.
    stored, first
        (figure, simulation) where figures go, and the place there of the first future; of ``bins.places``, where these
        are put into bins instead.
    """
    code, numbers, counts, last = steps.code, steps.numbers, ledger.counts, given.start + given.many
    held = np.empty(STRETCH)
    for begin in range(given.start, last, STRETCH):
        n, at = min(STRETCH, last - begin), first + begin - given.start
        for k in range(code.shape[0]):
            does, to, a, b, c = code[k, 0], code[k, 1], code[k, 2], code[k, 3], code[k, 4]
            x, y = numbers[k, 0], numbers[k, 1]
            if does < PRODUCTS:
                _add(does, rows, to, a, b, c, x)
            elif does < LIMITS:
                _multiply(does, rows, to, a, b, x)
            elif does < TELLS:
                _limit(does, rows, to, a, b, x, y)
            elif does < LOOKS:
                _compare(does, rows, to, a, b, x)
            elif does < CHOOSES:
                _look(does, rows, to, a, b)
            elif does < COUNTS:
                _choose(does, rows, to, a, b, c, (x, y))
            elif does < SUMS:
                _held(does, held, rows, a, b, x)
                _count(held, counts[to], n)
            elif does == SUMS:
                add_up(rows, a, 0, n, 0.0, ledger.sums[0], ledger.sums[1], to)
            elif does == SUMS + 1 and bins.many:
                placed(rows, a, n, to, at, bins)
            elif does == SUMS + 1:
                _copy(rows, a, 0, n, stored, to, at)
            else:
                _copy(given.rows, a, begin, n, rows, to, 0)


@inlined
def _copy(rows: Floats, row: int, start: int, n: int, out: Floats, to: int, at: int) -> None:
    """Copy n futures of a row."""
    taken, put = rows[row, start : start + n], out[to, at : at + n]
    for i in range(n):
        put[i] = taken[i]


@inlined
def _least(a: float, b: float) -> float:
    """Give the smaller, as numpy does where one is no number."""
    return a if (a < b) | np.isnan(a) else b


@inlined
def _most(a: float, b: float) -> float:
    """Give the larger, as numpy does where one is no number."""
    return a if (a > b) | np.isnan(a) else b


@compiled
def _add(does: int, rows: Floats, to: int, a: int, b: int, c: int, x: float) -> None:
    """Give sums and differences."""
    if does == 0:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] + rows[b, i]
    elif does == 1:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] + x
    elif does == 2:
        for i in range(STRETCH):
            rows[to, i] = (rows[a, i] + rows[b, i]) + rows[c, i]
    elif does == 3:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] + rows[b, i] * rows[c, i]
    elif does == 4:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] + rows[b, i] * x
    elif does == 5:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] - rows[b, i]
    elif does == 6:
        for i in range(STRETCH):
            rows[to, i] = x - rows[a, i]
    elif does == 7:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] - rows[b, i] * rows[c, i]
    elif does == 8:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] - rows[b, i] * x


@compiled
def _multiply(does: int, rows: Floats, to: int, a: int, b: int, x: float) -> None:
    """Give products and quotients."""
    if does == 9:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] * rows[b, i]
    elif does == 10:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] * x
    elif does == 11:
        for i in range(STRETCH):
            rows[to, i] = (rows[a, i] * rows[b, i]) * x
    elif does == 12:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] / rows[b, i]
    elif does == 13:
        for i in range(STRETCH):
            rows[to, i] = rows[a, i] / x
    elif does == 14:
        for i in range(STRETCH):
            rows[to, i] = x / rows[a, i]


@compiled
def _limit(does: int, rows: Floats, to: int, a: int, b: int, x: float, y: float) -> None:
    """Give the smaller or the larger of two."""
    if does == 15:
        for i in range(STRETCH):
            rows[to, i] = _least(rows[a, i], rows[b, i])
    elif does == 16:
        for i in range(STRETCH):
            rows[to, i] = _least(rows[a, i], x)
    elif does == 17:
        for i in range(STRETCH):
            rows[to, i] = _most(rows[a, i], rows[b, i])
    elif does == 18:
        for i in range(STRETCH):
            rows[to, i] = _most(rows[a, i], x)
    elif does == 19:
        for i in range(STRETCH):
            rows[to, i] = _most(rows[a, i] + x, y)
    elif does == 20:
        for i in range(STRETCH):
            rows[to, i] = _most(x - rows[a, i], y)
    elif does == 21:
        for i in range(STRETCH):
            rows[to, i] = _most(rows[a, i] - rows[b, i], x)


@compiled
def _compare(does: int, rows: Floats, to: int, a: int, b: int, x: float) -> None:
    """Tell how two compare, 1 or 0."""
    if does == 22:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] < rows[b, i] else 0.0
    elif does == 23:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] < x else 0.0
    elif does == 24:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if x < rows[a, i] else 0.0
    elif does == 25:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] <= rows[b, i] else 0.0
    elif does == 26:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] <= x else 0.0
    elif does == 27:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if x <= rows[a, i] else 0.0
    elif does == 28:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] == rows[b, i] else 0.0
    elif does == 29:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] == x else 0.0


@compiled
def _look(does: int, rows: Floats, to: int, a: int, b: int) -> None:
    """Tell what holds together, or of one figure, 1 or 0; or round one, or take its sign away."""
    if does == 30:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if (rows[a, i] != 0.0) & (rows[b, i] != 0.0) else 0.0
    elif does == 31:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if (rows[a, i] != 0.0) | (rows[b, i] != 0.0) else 0.0
    elif does == 32:
        for i in range(STRETCH):
            rows[to, i] = 0.0 if rows[a, i] != 0.0 else 1.0
    elif does == 33:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if abs(rows[a, i]) < np.inf else 0.0
    elif does == 34:
        for i in range(STRETCH):
            rows[to, i] = 1.0 if rows[a, i] != rows[a, i] else 0.0
    elif does == 35:
        for i in range(STRETCH):
            rows[to, i] = np.floor(rows[a, i])
    elif does == 36:
        for i in range(STRETCH):
            rows[to, i] = abs(rows[a, i])


@compiled
def _choose(does: int, rows: Floats, to: int, a: int, b: int, c: int, numbers: tuple[float, float]) -> None:
    """Choose between figures and numbers by whether something holds."""
    x, y = numbers
    if does == 37:
        for i in range(STRETCH):
            here, there = rows[b, i], rows[c, i]  # both read, so that the compiler may choose between several at once
            rows[to, i] = here if rows[a, i] != 0.0 else there
    elif does == 38:
        for i in range(STRETCH):
            rows[to, i] = rows[b, i] if rows[a, i] != 0.0 else x
    elif does == 39:
        for i in range(STRETCH):
            rows[to, i] = x if rows[a, i] != 0.0 else rows[b, i]
    elif does == 40:
        for i in range(STRETCH):
            rows[to, i] = x if rows[a, i] != 0.0 else y


@compiled
def _held(does: int, out: Floats, rows: Floats, a: int, b: int, x: float) -> None:
    """Tell where something holds that is counted, 1 or 0."""
    if does == 41:
        for i in range(STRETCH):
            out[i] = 1.0 if rows[a, i] != 0.0 else 0.0
    elif does == 42:
        for i in range(STRETCH):
            out[i] = 1.0 if rows[a, i] < rows[b, i] else 0.0
    elif does == 43:
        for i in range(STRETCH):
            out[i] = 1.0 if rows[a, i] < x else 0.0
    elif does == 44:
        for i in range(STRETCH):
            out[i] = 1.0 if x < rows[a, i] else 0.0
    elif does == 45:
        for i in range(STRETCH):
            out[i] = 1.0 if rows[a, i] == x else 0.0
    elif does == 46:
        for i in range(STRETCH):
            out[i] = 1.0 if (rows[a, i] != 0.0) & (rows[b, i] != 0.0) else 0.0


@compiled
def _count(held: Floats, lanes: Floats, n: int) -> None:
    """Add truths, 1 or 0, to those of their lanes: whole numbers have the same sum in any order."""
    for i in range(n, STRETCH):
        held[i] = 0.0
    half = STRETCH // 2
    while half >= LANES:
        for i in range(half):
            held[i] += held[i + half]
        half //= 2
    for lane in range(LANES):
        lanes[lane] += held[lane]
