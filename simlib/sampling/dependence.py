"""Rank dependence between scores: correlations, common factors, chains of years; nothing is drawn or repaired here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simlib import loops
from simlib.loops.steps import MAKES
from simlib.sampling.base import Array

__all__ = [
    "ar1",
    "checked",
    "combined",
    "common_factor",
    "correlate",
    "factor",
    "normal_to_spearman",
    "ranks_and_ties",
    "spearman_to_normal",
]

SEMIDEFINITE = 1e-8  # a pivot below this is the rounding of a zero


def spearman_to_normal(rho: npt.ArrayLike) -> Array:
    """Correlation of normal scores that gives a rank correlation.

    Parameters
    ----------
    rho
        Any shape; rank correlation from -1 to 1 [number].

    Notes
    -----
    2 sin(pi rho / 6), exact for the Gaussian copula.

    References
    ----------
    Pearson (1907), "On further methods of determining correlation".

    Examples
    --------
    >>> float(spearman_to_normal(1.0))
    1.0
    """
    # The sine of pi/6 misses a half by a rounding, and a perfect correlation must stay one.
    return np.clip(2.0 * np.sin(np.pi / 6.0 * np.asarray(rho, dtype=np.float64)), -1.0, 1.0).round(15)


def normal_to_spearman(r: npt.ArrayLike) -> Array:
    """Rank correlation that a correlation of normal scores gives: 6/pi asin(r/2).

    >>> round(float(normal_to_spearman(0.5)), 4)
    0.4826
    """
    return np.asarray(6.0 / np.pi * np.arcsin(0.5 * np.asarray(r, dtype=np.float64)))


def checked(matrix: npt.ArrayLike) -> Array:
    """Check that an array is symmetric with ones on the diagonal and entries from -1 to 1, and give a copy."""
    given = np.array(matrix, dtype=np.float64)
    square = given.ndim == 2 and given.shape[0] == given.shape[1]
    if not square or not np.array_equal(given, given.T) or not np.all(np.diag(given) == 1.0):
        raise ValueError("expected a symmetric matrix with ones on the diagonal")
    if not np.all(np.abs(given) <= 1.0):
        raise ValueError("expected correlations from -1 to 1")
    return given


def factor(matrix: npt.ArrayLike) -> Array:
    """Lower-triangular L with L L' the matrix, semi-definite ones included.

    Parameters
    ----------
    matrix
        (n, n) correlation matrix.

    Returns
    -------
    numpy.ndarray
        (n, n); rows have length one, and row i is that of the first i + 1 members alone.

    Raises
    ------
    ValueError
        If the matrix is no correlation matrix, or not positive semi-definite.

    Examples
    --------
    >>> factor([[1.0, 0.6], [0.6, 1.0]]).round(12).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    left = checked(matrix)
    lower = np.zeros_like(left)
    for j in range(len(left)):
        pivot = left[j, j]
        if pivot <= SEMIDEFINITE:
            # Nothing of its own is left: whatever remains of its column has to be nothing too.
            if pivot < -SEMIDEFINITE or np.max(np.abs(left[j:, j])) > SEMIDEFINITE**0.5:
                raise ValueError("expected a positive semi-definite matrix")
            continue
        lower[j:, j] = left[j:, j] / np.sqrt(pivot)
        left = left - np.outer(lower[:, j], lower[:, j])
    return np.asarray(lower / np.sqrt(np.sum(lower**2, axis=1, keepdims=True)))


def correlate(scores: Array, lower: Array) -> Array:
    """Correlated scores of a group.

    Parameters
    ----------
    scores
        (d, n) independent standard-normal scores.
    lower
        (d, d) factor of the correlation matrix, from `factor`.

    Returns
    -------
    numpy.ndarray
        (d, n) standard-normal scores; a column depends on that column alone.

    Examples
    --------
    >>> correlate(np.array([[1.0], [1.0]]), factor([[1.0, 0.6], [0.6, 1.0]])).round(12).tolist()
    [[1.0], [1.4]]
    """
    return combined(scores, range(len(lower)), lower)


def combined(scores: Array, places: Sequence[int], weights: npt.ArrayLike, out: Array | None = None) -> Array:
    """Scores that are weighed sums of others.

    Parameters
    ----------
    scores
        (row, n) independent standard-normal scores.
    places
        (m,) rows that are summed up.
    weights
        (k, m) weights of each sum; what is weighed by nothing is left out.
    out
        (k, n) where the sums are put, if not anywhere.

    Returns
    -------
    numpy.ndarray
        (k, n); a column depends on that column alone.

    Notes
    -----
    Added up in the order of the places, by no library: those have orders of their own.

    Examples
    --------
    >>> combined(np.array([[1.0], [2.0], [3.0]]), [2, 0], [[0.5, 1.0]]).tolist()
    [[2.5]]
    """
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    sums = np.empty((len(weights), scores.shape[1])) if out is None else out
    if loops.on():
        _added_up(np.ascontiguousarray(scores), np.asarray(places), weights, sums)
        return sums
    weighed = np.empty(scores.shape[1])
    for total, own in zip(sums, weights, strict=True):
        kept = [(weight, scores[place]) for weight, place in zip(own, places, strict=True) if weight != 0.0]
        total[:] = 0.0
        for k, (weight, row) in enumerate(kept):
            np.multiply(row, weight, out=weighed if k else total)
            if k:
                np.add(total, weighed, out=total)
    return sums


def _added_up(scores: Array, places: npt.NDArray[np.intp], weights: Array, sums: Array) -> None:
    """Put the same sums into place by a compiled loop, a step for each weighed row."""
    from simlib.loops.making import made

    to, of = np.nonzero(weights)
    does = np.where(np.diff(to, prepend=-1) > 0, MAKES["a * x"], MAKES["to + a * x"])
    code = np.stack([does, len(scores) + to, places[of], np.zeros_like(to)], axis=1)
    numbers = np.stack([weights[to, of], np.zeros(len(to))], axis=1)
    sums[~weights.any(axis=1)] = 0.0
    nothing, none = np.empty((0, 0)), np.zeros(0, dtype=np.int64)
    made(code, numbers, np.empty((0, 4)), none, (0.0, 0.0, 0.0), scores, sums, 0, nothing, np.zeros_like(to))


def common_factor(scores: Array, factor_scores: Array, r: float, out: Array | None = None) -> Array:
    """Scores that share a common part, every pair with correlation r.

    Parameters
    ----------
    scores
        (..., n) own scores of the members.
    factor_scores
        (n,) scores of the common factor, a stream of its own.
    r
        Correlation of every pair, from 0 to 1 [number].
    out
        (..., n) where they are put, if not anywhere.

    Notes
    -----
    sqrt(r) f + sqrt(1 - r) z: a new member moves nobody else.

    Raises
    ------
    ValueError
        If r is outside 0 to 1.

    Examples
    --------
    >>> common_factor(np.array([0.5, -0.5]), np.array([2.0, 2.0]), 1.0).tolist()
    [2.0, 2.0]
    """
    if not 0.0 <= r <= 1.0:
        raise ValueError(f"expected a correlation from 0 to 1, got {r}")
    together = np.multiply(scores, np.sqrt(1.0 - r), out=out)
    together += np.sqrt(r) * factor_scores
    return together


def ar1(innovations: Array, phi: float) -> Array:
    """Years that remember the year before, each a standard-normal score by itself.

    Parameters
    ----------
    innovations
        (years, n) independent standard-normal scores.
    phi
        Correlation of successive years, from -1 to 1 [number].

    Notes
    -----
    x[0] = e[0]; x[t] = phi x[t-1] + sqrt(1 - phi^2) e[t].

    Raises
    ------
    ValueError
        If phi is outside -1 to 1.

    Examples
    --------
    >>> ar1(np.array([[1.0], [0.0], [0.0]]), 0.5).ravel().tolist()
    [1.0, 0.5, 0.25]
    """
    if not -1.0 <= phi <= 1.0:
        raise ValueError(f"expected a correlation from -1 to 1, got {phi}")
    fresh = np.sqrt(1.0 - phi * phi)
    years = np.array(innovations, dtype=np.float64)
    for t in range(1, len(years)):
        years[t] *= fresh
        years[t] += phi * years[t - 1]
    return years


def ranks_and_ties(values: npt.NDArray[np.float64]) -> tuple[Array, int]:
    """Ranks about their mean, and how often the commonest value comes; the order among equals does not show."""
    order = np.argsort(values)
    ordered = values[order]
    new = ordered[1:] != ordered[:-1]
    ranks, commonest = np.empty(len(values)), min(len(values), 1)
    if new.all():
        ranks[order] = np.arange(float(len(values)))
    else:
        starts = np.flatnonzero(np.concatenate([[True], new]))
        sizes = np.diff(np.append(starts, len(values)))
        ranks[order], commonest = np.repeat(starts + 0.5 * (sizes - 1), sizes), int(sizes.max())
    ranks -= 0.5 * (len(values) - 1)
    return ranks, commonest
