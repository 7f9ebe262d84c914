"""Looking values up in a table of cubics, in the order of the formulas in ``distributions.tables``; no table here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled

__all__ = ["BLOCK", "Ends", "Grid", "look_up"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint32]
Grid = tuple[float, float, float]
Ends = tuple[float, float]

BLOCK = 256  # scores worked on at once, step by step, so that each step can do several of them in one instruction


@compiled
def look_up(
    scores: Array,
    rows: Array,
    finer: Places,
    first: int,
    grid: Grid,
    ends: Ends,
    values: Array,
    cells: Cells,
    along: Array,
) -> int:
    """Put the values at scores into place, and count those that the table does not have.

    Parameters
    ----------
    scores
        (n,) normal scores.
    rows, finer
        (cells, 4) and (cells,) as of a `ScoreTable`, or of several that stand one after the other; the cells before and
        after those of a table's first level are empty.
    first
        The first cell of the table.
    grid
        Cells a unit of score, units on each side, cells that divide a cell.
    ends
        What values must not pass.
    values
        (n,) where they are put; not a number where the table has none.
    cells, along
        (BLOCK,) room to work in.
    """
    a_unit, reach, split = grid
    lost = 0
    for start in range(0, len(scores), BLOCK):
        stop = min(start + BLOCK, len(scores))
        out = values[start:stop]
        _place(scores[start:stop], a_unit, reach, first, cells, along)
        if _cubics(cells, along, rows, ends, out):
            lost += _divided(cells, along, rows, finer, split, ends, out)
    return lost


@compiled
def _place(scores: Array, a_unit: float, reach: float, table: int, cells: Cells, along: Array) -> None:
    """Give each score's cell, and where in it the score is, from 0 to 1; what is beyond is in an empty one."""
    first = reach * a_unit + 1.0
    last = 2.0 * reach * a_unit + 1.0
    for i in range(len(scores)):
        position = _held(scores[i] * a_unit + first, 0.0, last)
        position = 0.0 if np.isnan(position) else position
        cell = np.int32(position)
        cells[i] = np.int32(table) + cell
        along[i] = position - cell


@compiled
def _cubics(cells: Cells, along: Array, rows: Array, ends: Ends, out: Array) -> int:
    """Put each cell's cubic into place, and count those that are not numbers."""
    low, high = ends
    for i in range(len(out)):
        out[i] = _held(_cubic(rows, cells[i], along[i]), low, high)
    empty = 0
    for i in range(len(out)):
        empty += np.isnan(out[i])
    return empty


@compiled
def _divided(cells: Cells, along: Array, rows: Array, finer: Places, split: float, ends: Ends, out: Array) -> int:
    """Put what finer cells have where there is no number yet, and count where there is none in them either."""
    lost = 0
    for i in range(len(out)):
        if not np.isnan(out[i]):
            continue
        value, cell, t = np.nan, np.int64(cells[i]), along[i]
        while np.isnan(value) and finer[cell] > 0:
            part = np.int64(t * split)
            t = t * split - part
            cell = finer[cell] + part
            value = _cubic(rows, cell, t)
        lost += np.isnan(value)
        out[i] = _held(value, ends[0], ends[1])
    return lost


@compiled
def _cubic(rows: Array, cell: int, t: float) -> float:
    value: float = ((rows[cell, 3] * t + rows[cell, 2]) * t + rows[cell, 1]) * t + rows[cell, 0]
    return value


@compiled
def _held(value: float, low: float, high: float) -> float:
    """Hold a value to its ends; what is not a number stays so, which min and max do not promise."""
    value = low if value < low else value  # noqa: FURB136
    return high if value > high else value  # noqa: FURB136
