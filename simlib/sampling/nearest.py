"""The nearest correlation matrix, and what two correlations leave a third; what is too far is refused elsewhere."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from simlib.sampling.base import Array
from simlib.sampling.dependence import SEMIDEFINITE, checked

__all__ = ["nearest_correlation", "third_correlation"]

ROUNDS, FEWEST = 1_000, 300  # the slowest possible case that was tried took 195; an impossible one never settles
WORK = 4e9  # of all rounds, in cubes of the size: a large matrix is given up sooner
SETTLED = 1e-12
Mask = npt.NDArray[np.bool_]


def nearest_correlation(matrix: npt.ArrayLike, fixed: npt.ArrayLike | None = None) -> tuple[Array, float]:
    """Nearest correlation matrix, and the largest change of an entry.

    Parameters
    ----------
    matrix
        (n, n) symmetric, with ones on the diagonal.
    fixed
        (n, n) symmetric; whether an entry is kept as it is. Where one of 1 or -1 is, the two members are one in
        all but name, and are correlated with others alike.

    Returns
    -------
    repaired, largest_change
        (n, n) positive semi-definite with ones on the diagonal; 0 where the matrix was one already.

    Raises
    ------
    ValueError
        If the matrix is not symmetric with ones on the diagonal and entries from -1 to 1, or if no correlation
        matrix has the entries that are fixed.

    Notes
    -----
    Alternating projections on the two sets, with Dykstra's correction, in the Frobenius norm. Members that are
    kept perfectly correlated are first made one, with the mean of their correlations with others.

    References
    ----------
    Higham (2002), "Computing the nearest correlation matrix", IMA J. Numer. Anal. 22; Higham and Strabic (2016),
    "Anderson acceleration of the alternating projections method", Numer. Algorithms 72, on fixed entries.

    Examples
    --------
    >>> repaired, change = nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    >>> repaired[0].round(4).tolist(), round(change, 4)
    ([1.0, 0.7607, 0.1573], 0.2393)
    """
    given = checked(matrix)
    kept = np.zeros(given.shape, dtype=bool) if fixed is None else np.asarray(fixed, dtype=bool)
    if np.linalg.eigvalsh(given)[0] >= -SEMIDEFINITE:
        return given, 0.0
    member, sign = _ones_in_all_but_name(np.where(kept, given, 0.0))
    small, small_kept = _merged(given, kept, member, sign)
    repaired = _expanded(_projected(small, small_kept), member, sign)
    if np.any(np.abs(repaired - given)[kept] > SEMIDEFINITE):
        raise ValueError("expected fixed entries that a correlation matrix can have")
    return repaired, float(np.max(np.abs(repaired - given)))


def third_correlation(first: float, second: float) -> tuple[float, float]:
    """Lowest and highest correlation of a with c, where a and b have the first and b and c the second.

    Notes
    -----
    first second ± sqrt((1 - first^2)(1 - second^2)): what keeps the three positive semi-definite.

    Examples
    --------
    >>> [round(bound, 2) for bound in third_correlation(0.9, 0.9)]
    [0.62, 1.0]
    """
    room = math.sqrt((1.0 - first * first) * (1.0 - second * second))
    return first * second - room, first * second + room


def _ones_in_all_but_name(kept: Array) -> tuple[npt.NDArray[np.int64], Array]:
    """For each member the number of the one that it stands for, and 1, or -1 where it is its mirror image."""
    owner, sign = np.arange(len(kept)), np.ones(len(kept))
    for a, b in zip(*np.nonzero(np.triu(np.abs(kept) == 1.0, 1)), strict=True):
        if owner[a] != owner[b]:
            flip = sign[a] * kept[a, b] * sign[b]
            moved = owner == owner[b]
            sign[moved] *= flip
            owner[moved] = owner[a]
    _, member = np.unique(owner, return_inverse=True)
    return member, sign


def _merged(given: Array, kept: Mask, member: npt.NDArray[np.int64], sign: Array) -> tuple[Array, Mask]:
    """Give the matrix of those that differ: means of what is stated of them, of what is kept where any is."""
    count = int(member.max()) + 1
    chosen = np.equal.outer(np.arange(count), member).astype(float)
    weight = np.where(chosen @ kept @ chosen.T > 0, 1.0, 0.0)[np.ix_(member, member)]
    used = np.where(weight > 0, kept, True).astype(float)
    total = chosen @ (given * np.outer(sign, sign) * used) @ chosen.T
    merged = total / (chosen @ used @ chosen.T)
    np.fill_diagonal(merged, 1.0)
    return 0.5 * (merged + merged.T), chosen @ kept @ chosen.T > 0


def _expanded(small: Array, member: npt.NDArray[np.int64], sign: Array) -> Array:
    repaired = np.asarray(small[np.ix_(member, member)] * np.outer(sign, sign))
    np.fill_diagonal(repaired, 1.0)
    return repaired


def _projected(given: Array, kept: Mask) -> Array:
    y, correction = given.copy(), np.zeros_like(given)
    if np.linalg.eigvalsh(given)[0] >= -SEMIDEFINITE:
        return given
    for _ in range(max(FEWEST, min(ROUNDS, int(WORK / len(given) ** 3)))):
        before = y
        x = _semidefinite(y - correction)
        correction = x - (y - correction)
        y = np.where(kept, given, x)
        np.fill_diagonal(y, 1.0)
        if np.max(np.abs(y - before)) < SETTLED:
            break
    return _unit_diagonal(_semidefinite(y))


def _semidefinite(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(0.5 * (projected + projected.T))


def _unit_diagonal(matrix: Array) -> Array:
    scale = 1.0 / np.sqrt(np.diag(matrix))
    scaled = matrix * np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    return np.clip(scaled, -1.0, 1.0)
