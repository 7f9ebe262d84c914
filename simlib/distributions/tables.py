"""Quantile functions tabulated on normal scores, for families whose exact inverse is slow; no family here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simlib import loops
from simlib.distributions.base import Array, ByInversion, Distribution, tails
from simlib.loops.steps import MAKES

# A cubic in the score is smooth where a grid in probability is not: the tails cost no accuracy.
REACH = 7  # scores covered each side; beyond them (1 in 10^12) the exact inverse answers
CELLS_A_UNIT = 64  # a power of two, so that cell number and position are exact in floating point
SPLIT = 64  # cells into which a cell with a jump or a kink is divided
LEVELS = 4  # at the last one a jump disturbs a cell 2^-24 wide, which hardly any draw hits
MOST_SPLIT = 128  # with more cells to divide the exact inverse is the cheaper way
TILE = 4_096  # scores that numpy looks up at once: all that it needs on the way is in the processor's memory
LOOK_UP = np.array([[MAKES["table of a"], 1, 0, 0]])  # one step: put the one row's values into the other
NOTHING = np.empty((0, 0))
GRID = (float(CELLS_A_UNIT), float(REACH), float(SPLIT))  # as compiled loops take it
TOLERANCE = 1e-7  # of the spread, and of the distance from the middle

# Sixth-order central differences, for the slope at the middle of seven equally spaced values.
SLOPE = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60.0
# A cubic's error from curvature peaks at 1/2 and from wrong slopes at 0.21: a quarter sees both.
PROBE = 0.25


Places = npt.NDArray[np.int64]


class ScoreTable:
    """A quantile function on normal scores: direct index, one cubic a cell, exact where that fails.

    Parameters
    ----------
    exact
        Elementwise map from finite scores to values, non-decreasing.
    support
        Ends that rounding must not pass; infinite where there is none.

    Attributes
    ----------
    rows
        (cells, 4) coefficients of 1, t, t^2, t^3 with t in [0, 1) along the cell; not a number where the cubic is
        not good enough. Cell i of the first ones starts at score (i - 1)/64 - 7; before and after them is an empty
        one for all scores beyond.
    finer
        (cells,) the first of the `SPLIT` cells that divide a cell; 0 where it is not divided.

    Notes
    -----
    Every cell is tested against `exact`; what misses the tolerance is divided up to three times,
    and what still misses it is answered by `exact`.
    """

    __slots__ = ("exact", "finer", "rows", "support")

    def __init__(self, exact: Callable[[Array], Array], *, support: tuple[float, float]) -> None:
        self.exact = exact
        self.support = support[0] + 0.0, support[1] + 0.0  # as of the rows: no zero is a negative one
        self.rows, self.finer = _levels(exact)

    @property
    def whole(self) -> bool:
        """Whether no cell of the first level is left to the exact inverse: then hardly any draw is."""
        inside = slice(1, 2 * REACH * CELLS_A_UNIT + 1)
        return not np.any(np.isnan(self.rows[inside, 0]) & (self.finer[inside] == 0))

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        """Give the values at finite scores z, any shape; in `out`, contiguous and not z itself, where it is given."""
        scores = np.asarray(z, dtype=np.float64)
        values = np.empty(scores.shape) if out is None else out
        if self._look_up(np.ascontiguousarray(scores).reshape(-1), values.reshape(-1)):
            lost = np.isnan(values)
            values[lost] = np.clip(self.exact(scores[lost]), *self.support)
        return values

    def _look_up(self, z: Array, values: Array) -> int:
        """Put the values at scores z, both (n,), into place; those not in the table are not numbers, and counted."""
        if loops.on():
            from simlib.loops.making import made

            ends, lost = np.array([self.support]), np.zeros(1, dtype=np.int64)
            made(LOOK_UP, ends, self.rows, self.finer, GRID, z[np.newaxis], values[np.newaxis], 0, NOTHING, lost)
            return int(lost[0])
        tiles = range(0, z.size, TILE)
        return sum(self._look_up_tile(z[start : start + TILE], values[start : start + TILE]) for start in tiles)

    def _look_up_tile(self, z: Array, values: Array) -> int:
        position, cell, row = _desk.position[: z.size], _desk.cell[: z.size], _desk.row[: z.size]
        np.multiply(z, float(CELLS_A_UNIT), out=position)
        position += REACH * CELLS_A_UNIT + 1.0
        np.clip(position, 0.0, 2.0 * REACH * CELLS_A_UNIT + 1.0, out=position)
        np.copyto(cell, position, casting="unsafe")
        position -= cell
        _cubic(self.rows.take(cell, axis=0, out=row, mode="clip"), position, values)
        missing = np.flatnonzero(np.isnan(values))
        lost = 0
        if missing.size:
            values[missing], lost = self._finer(cell[missing], position[missing])
        np.maximum(values, self.support[0], out=values)
        np.minimum(values, self.support[1], out=values)
        return lost

    def _finer(self, cell: Places, position: Array) -> tuple[Array, int]:
        """Give what finer cells have where the first ones are empty, and for how many that is nothing."""
        values = np.full(position.shape, np.nan)
        left = np.arange(position.size)
        while left.size:
            divided = np.flatnonzero(self.finer[cell])
            left, cell, position = left[divided], self.finer[cell[divided]], position[divided] * SPLIT
            part = position.astype(np.int64)
            cell += part
            position -= part
            found = np.empty(left.shape)
            _cubic(self.rows.take(cell, axis=0), position, found)
            values[left] = found
            missing = np.isnan(found)
            left, cell, position = left[missing], cell[missing], position[missing]
        return values, int(np.count_nonzero(np.isnan(values)))


def _cubic(row: Array, t: Array, values: Array) -> None:
    np.multiply(row[:, 3], t, out=values)
    values += row[:, 2]
    values *= t
    values += row[:, 1]
    values *= t
    values += row[:, 0]


class _Desk(threading.local):
    """What numpy needs on the way, kept by each thread: memory taken afresh for each tile costs more than the work."""

    def __init__(self) -> None:
        self.position = np.empty(TILE)
        self.cell = np.empty(TILE, dtype=np.int64)
        self.row = np.empty((TILE, 4))


_desk = _Desk()


@dataclass(frozen=True, slots=True, eq=False)
class _Truth:
    """The exact map, and how far from it a cubic may be."""

    exact: Callable[[Array], Array]
    middle: float
    spread: float

    def grid(self, scores: Array) -> Array:
        return self.exact(scores.ravel()).reshape(scores.shape)

    def missed_by(self, coefficients: Array, at_probes: Array) -> npt.NDArray[np.bool_]:
        error = np.abs(coefficients @ PROBE ** np.arange(4) - at_probes)
        return np.asarray(error > TOLERANCE * (self.spread + np.abs(at_probes - self.middle)))


def _levels(exact: Callable[[Array], Array]) -> tuple[Array, Places]:
    low, middle, high = exact(np.array([-3.0, 0.0, 3.0]))
    truth = _Truth(exact, float(middle), float(high - low))
    width, cells = 1.0 / CELLS_A_UNIT, 2 * REACH * CELLS_A_UNIT
    empty = np.full((1, 4), np.nan)
    rows = np.concatenate([empty, _fit(truth, np.array([-float(REACH)]), cells=cells, width=width), empty])
    starts = np.arange(-1.0, cells + 1.0) * width - REACH
    finer, coarser = np.zeros(len(rows), dtype=np.int64), slice(1, cells + 1)
    for _ in range(1, LEVELS):
        bad = np.flatnonzero(np.isnan(rows[coarser, 0])) + coarser.start
        if not 0 < bad.size <= MOST_SPLIT:
            break
        width /= SPLIT
        finer[bad] = len(rows) + SPLIT * np.arange(bad.size)
        coarser = slice(len(rows), len(rows) + SPLIT * bad.size)
        rows = np.concatenate([rows, _fit(truth, starts[bad], cells=SPLIT, width=width)])
        parts = np.arange(SPLIT, dtype=np.float64) * width
        starts = np.concatenate([starts, np.repeat(starts[bad], SPLIT) + np.tile(parts, bad.size)])
        finer = np.concatenate([finer, np.zeros(SPLIT * bad.size, dtype=np.int64)])
    return rows + 0.0, finer  # no zero is a negative one: values held to a bound are the same however they are held


def _fit(truth: _Truth, starts: Array, *, cells: int, width: float) -> Array:
    """Monotone cubics on blocks of equal cells, tested."""
    nodes = truth.grid(starts[:, None] + np.arange(-3, cells + 4) * width)
    slope = _slopes(nodes)
    value, rise = nodes[:, 3:-3], np.diff(nodes[:, 3:-3], axis=1)
    left, right, nothing = slope[:, :-1], slope[:, 1:], np.zeros_like(rise)
    curved = np.stack(
        [value[:, :-1], left, 3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise], axis=-1
    )
    straight = np.stack([value[:, :-1], rise, nothing, nothing], axis=-1)
    at_probes = truth.grid(starts[:, None] + (np.arange(cells) + PROBE) * width)
    # A jump spoils the slopes of its neighbours: on a fine grid a straight line does for them.
    best = np.where(truth.missed_by(curved, at_probes)[..., None], straight, curved)
    best[truth.missed_by(best, at_probes)] = np.nan
    return best.reshape(-1, 4)


def _slopes(nodes: Array) -> Array:
    """Slopes along a cell at nodes 3 to n - 3, held to what keeps the cubic from falling."""
    windows = np.lib.stride_tricks.sliding_window_view(nodes, 7, axis=1)
    rise = np.diff(nodes, axis=1)
    limit = 3.0 * np.minimum(rise[:, 2:-3], rise[:, 3:-2])
    return np.clip(windows @ SLOPE, 0.0, limit)


@lru_cache(maxsize=512)
def score_table(distribution: Distribution) -> ScoreTable:
    """Give the table of a distribution, built once for equal distributions; any continuous one has one."""
    return ScoreTable(lambda z: distribution.at(*tails(z)), support=distribution.support)


class ByTable(ByInversion):
    """A family whose exact inverse is slow: scores are looked up in its table."""

    __slots__ = ()

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z, within 1e-6 of the spread."""
        return score_table(self)(z, out)
