"""Which coordinates of randomness matter most, from a few futures; what the figures mean is not known here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simlib.sampling.base import Array, Dimension

__all__ = ["by_influence", "explained"]

SLICES = 16  # of equally many futures, by a coordinate's score
ROUNDING = 1e-12  # of a figure's size: futures that differ by less are alike


def explained(scores: Array, figures: Array) -> Array:
    """Share of the figures' variance that each coordinate explains by itself, averaged over the figures.

    Parameters
    ----------
    scores
        (d, n) scores of the coordinates, independent of each other.
    figures
        (f, n) what came of them; constant ones, and ones that are not finite, tell nothing.

    Returns
    -------
    numpy.ndarray
        (d,) shares from 0 to 1 [number]: the variance between the averages of `SLICES` slices of a
        coordinate, less twice what chance alone would give; 0 where nothing is told.

    References
    ----------
    Plischke (2010), "An effective algorithm for computing global sensitivity indices (EASI)", section 2,
    on first-order indices from given data by classes.

    Examples
    --------
    >>> numbers = np.random.default_rng(1).standard_normal((2, 4_096))
    >>> explained(numbers, 3.0 * numbers[:1]).round(1).tolist()
    [1.0, 0.0]
    """
    d, n = scores.shape
    told = [row - row.mean() for row in figures if np.isfinite(row).all() and _differs(row)]
    if not told or n < 2 * SLICES:
        return np.zeros(d)
    centred = np.stack([row / row.std() for row in told])
    size = n // SLICES
    shares = np.empty(d)
    for k, row in enumerate(scores):
        slices = np.argsort(row, kind="stable")[: SLICES * size].reshape(SLICES, size)
        shares[k] = np.mean(centred[:, slices].mean(axis=2) ** 2)
    by_chance = (SLICES - 1) / n
    return np.asarray(np.maximum(shares - 2.0 * by_chance, 0.0))


def _differs(row: Array) -> bool:
    """Tell whether a figure differs between futures by more than rounding: the mean of many 0.3 is not quite 0.3."""
    return bool(row.max() - row.min() > ROUNDING * np.abs(row).max())


def by_influence(dimensions: Sequence[Dimension], shares: Array) -> tuple[Dimension, ...]:
    """Coordinates with the most influential first; those alike stay in the order given.

    Examples
    --------
    >>> [d.name for d in by_influence([Dimension("a"), Dimension("b"), Dimension("c")], np.array([0.0, 0.5, 0.0]))]
    ['b', 'a', 'c']
    """
    order = np.argsort(-np.asarray(shares), kind="stable")
    return tuple(dimensions[k] for k in order)
