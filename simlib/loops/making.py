"""Making figures of scores, step by step over a short stretch of futures; what the steps mean is in `steps`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled
from simlib.loops.looking_up import BLOCK, Grid, look_up

__all__ = ["STRETCH", "made"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

STRETCH = 4_096  # futures: what is correlated stays in the cache, and each table is used often enough once it is there


@compiled
def made(
    code: Places,
    numbers: Array,
    cubics: Array,
    finer: Places,
    grid: Grid,
    scores: Array,
    cells: Array,
    first: int,
    registers: Array,
    lost: Places,
) -> None:
    """Take all steps.

    Parameters
    ----------
    code
        (step, 4) what it does, where to, of what, and the first cell of a table. Rows are counted through the scores,
        the cells and the registers.
    numbers
        (step, 2) its x and y.
    cubics, finer, grid
        Of all tables, one after the other, as in ``looking_up``.
    scores
        (dimension, simulation) normal scores.
    cells, first
        (row, simulation) where figures go, and the place there of the first future.
    registers
        (register, STRETCH or more) room to work in.
    lost
        (step,) futures whose score a table does not have, added to.
    """
    inside, along = np.empty(BLOCK, np.uint32), np.empty(BLOCK)
    for begin in range(0, scores.shape[1], STRETCH):
        n = min(STRETCH, scores.shape[1] - begin)
        for k in range(code.shape[0]):
            does, x, y = code[k, 0], numbers[k, 0], numbers[k, 1]
            to = _row(code[k, 1], scores, cells, registers, begin, first, n)
            a = _row(code[k, 2], scores, cells, registers, begin, first, n)
            if does == 0:
                lost[k] += look_up(a, cubics, finer, code[k, 3], grid, (x, y), to, inside, along)
            else:
                _step(does, to, a, x, y)


@compiled
def _row(place: int, scores: Array, cells: Array, registers: Array, begin: int, first: int, n: int) -> Array:
    """Give some futures of a row."""
    if place < len(scores):
        return scores[place, begin : begin + n]
    if place < len(scores) + len(cells):
        return cells[place - len(scores), first + begin : first + begin + n]
    return registers[place - len(scores) - len(cells), :n]


@compiled
def _step(does: int, to: Array, a: Array, x: float, y: float) -> None:
    """Take one step that needs no table."""
    if does == 1:
        for i in range(len(to)):
            to[i] = a[i] * x
    elif does == 2:
        for i in range(len(to)):
            to[i] += a[i] * x
    elif does == 3:
        for i in range(len(to)):
            to[i] = a[i] * x + y
    elif does == 4:
        for i in range(len(to)):
            to[i] *= a[i]
    elif does == 5:
        for i in range(len(to)):
            to[i] = x if a[i] > y else np.inf
    elif does == 6:
        for i in range(len(to)):
            to[i] = x if a[i] > y else to[i]
    elif does == 7:
        for i in range(len(to)):
            to[i] = 1.0 if abs(a[i]) < np.inf else 0.0
