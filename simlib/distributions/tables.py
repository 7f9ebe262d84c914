"""Quantile functions tabulated on normal scores, for families whose exact inverse is slow; no family here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simlib.distributions.base import Array, ByInversion, Distribution, tails

# A cubic in the score is smooth where a grid in probability is not: the tails cost no accuracy.
REACH = 7  # scores covered each side; beyond them (1 in 10^12) the exact inverse answers
CELLS_A_UNIT = 64  # a power of two, so that cell number and position are exact in floating point
SPLIT = 64  # cells into which a cell with a jump or a kink is divided
LEVELS = 4  # at the last one a jump disturbs a cell 2^-24 wide, which hardly any draw hits
MOST_SPLIT = 128  # with more cells to divide the exact inverse is the cheaper way
TOLERANCE = 1e-7  # of the spread, and of the distance from the middle

# Sixth-order central differences, for the slope at the middle of seven equally spaced values.
SLOPE = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60.0
# A cubic's error from curvature peaks at 1/2 and from wrong slopes at 0.21: a quarter sees both.
PROBE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Cubics of one resolution.

    Attributes
    ----------
    slots
        (parent cells,) which block of `SPLIT` rows divides a parent's cell; -1 for none.
    rows
        (cells, 4) coefficients of 1, t, t^2, t^3 with t in [0, 1) along the cell; not a number
        where the cubic is not good enough.
    """

    slots: npt.NDArray[np.intp]
    rows: Array


class ScoreTable:
    """A quantile function on normal scores: direct index, one cubic a cell, exact where that fails.

    Parameters
    ----------
    exact
        Elementwise map from finite scores to values, non-decreasing.
    support
        Ends that rounding must not pass; infinite where there is none.

    Notes
    -----
    Every cell is tested against `exact`; what misses the tolerance is divided up to three times,
    and what still misses it is answered by `exact`.
    """

    __slots__ = ("exact", "levels", "support")

    def __init__(self, exact: Callable[[Array], Array], *, support: tuple[float, float]) -> None:
        self.exact = exact
        self.support = support
        self.levels = _levels(exact)

    @property
    def rows(self) -> Array:
        """(cells, 4) coefficients of the first level: cell i starts at score (i - 1)/64 - 7."""
        return self.levels[0].rows

    def __call__(self, z: Array) -> Array:
        """Give the values at finite scores z, any shape."""
        position = np.multiply(z, float(CELLS_A_UNIT), dtype=np.float64)
        position += REACH * CELLS_A_UNIT + 1.0
        cell = position.astype(np.intp)
        position -= cell
        values = np.asarray(_cubic(self.levels[0].rows, cell, position))
        missing = np.isnan(values)
        if missing.any():
            values[missing] = self._finer(np.asarray(z)[missing], cell[missing], position[missing])
        np.maximum(values, self.support[0], out=values)
        return np.minimum(values, self.support[1], out=values)

    def _finer(self, z: Array, cell: npt.NDArray[np.intp], position: Array) -> Array:
        values = np.full(z.shape, np.nan)
        left = np.arange(z.size)
        for level in self.levels[1:]:
            slot = level.slots.take(cell, mode="clip")
            position = position * SPLIT
            part = position.astype(np.intp)
            position -= part
            # A cell that was not divided leads to row 0, which is empty at every level.
            cell = np.where(slot >= 0, slot * SPLIT + part + 1, 0)
            values[left] = _cubic(level.rows, cell, position)
            missing = np.isnan(values[left])
            left, cell, position = left[missing], cell[missing], position[missing]
            if not left.size:
                return values
        values[left] = self.exact(z[left])
        return values


def _cubic(rows: Array, cell: npt.NDArray[np.intp], t: Array) -> Array:
    # Out of range clips to the first or last row, which are empty.
    row = rows.take(cell, axis=0, mode="clip")
    values: Array = row[..., 3] * t
    values += row[..., 2]
    values *= t
    values += row[..., 1]
    values *= t
    values += row[..., 0]
    return values


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


def _levels(exact: Callable[[Array], Array]) -> tuple[Level, ...]:
    low, middle, high = exact(np.array([-3.0, 0.0, 3.0]))
    truth = _Truth(exact, float(middle), float(high - low))
    width, cells = 1.0 / CELLS_A_UNIT, 2 * REACH * CELLS_A_UNIT
    rows = _fit(truth, np.array([-float(REACH)]), cells=cells, width=width)
    first: Array = np.arange(cells, dtype=np.float64) * width - REACH
    levels = [Level(np.empty(0, dtype=np.intp), rows)]
    for _ in range(1, LEVELS):
        bad = np.flatnonzero(np.isnan(rows[1:-1, 0]))
        if not 0 < bad.size <= MOST_SPLIT:
            break
        slots = np.full(len(rows), -1, dtype=np.intp)
        slots[bad + 1] = np.arange(bad.size)
        starts, width = first[bad], width / SPLIT
        first = np.repeat(starts, SPLIT) + np.tile(np.arange(SPLIT, dtype=np.float64) * width, bad.size)
        rows = _fit(truth, starts, cells=SPLIT, width=width)
        levels.append(Level(slots, rows))
    return tuple(levels)


def _fit(truth: _Truth, starts: Array, *, cells: int, width: float) -> Array:
    """Monotone cubics on blocks of equal cells, tested; an empty row before and after them."""
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
    empty = np.full((1, 4), np.nan)
    return np.concatenate([empty, best.reshape(-1, 4), empty])


def _slopes(nodes: Array) -> Array:
    """Slopes along a cell at nodes 3 to n - 3, held to what keeps the cubic from falling."""
    windows = np.lib.stride_tricks.sliding_window_view(nodes, 7, axis=1)
    rise = np.diff(nodes, axis=1)
    limit = 3.0 * np.minimum(rise[:, 2:-3], rise[:, 3:-2])
    return np.clip(windows @ SLOPE, 0.0, limit)


@lru_cache(maxsize=512)
def score_table(distribution: Distribution) -> ScoreTable:
    """Give the table of a distribution, built once for equal distributions.

    Any continuous distribution has one; `rows` is what a compiled kernel needs.
    """
    return ScoreTable(lambda z: distribution.at(*tails(z)), support=distribution.support)


class ByTable(ByInversion):
    """A family whose exact inverse is slow: scores are looked up in its table."""

    __slots__ = ()

    def from_score(self, z: Array) -> Array:
        """Value at the standard-normal score z, within 1e-6 of the spread."""
        return score_table(self)(z)
