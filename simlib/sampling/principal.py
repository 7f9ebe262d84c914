"""Principal components of a correlation matrix, always the same ones: what a Sobol' sequence is best spent on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.sampling.base import Array

__all__ = ["principal"]

ALIKE = 1e-9  # eigenvalues closer than this share one space, in which no direction is more principal than another
DIGITS = 13  # of a component: beyond them is rounding
SPENT = 1e-6  # of a unit vector: less is left of it than rounding puts there


def principal(matrix: npt.ArrayLike) -> Array:
    """Square A with A A' the matrix, its columns the principal components, the largest first.

    Parameters
    ----------
    matrix
        (n, n) correlation matrix, positive semi-definite.

    Returns
    -------
    numpy.ndarray
        (n, n); column k is what one independent score moves.

    Notes
    -----
    Eigenvectors are not unique: a sign is free, and where eigenvalues are equal, as in every equicorrelated
    group, any rotation. What a library returns there is rounding. The basis of such a space is settled here by
    the members in order: the part of the first that lies in the space, then what the next adds to it, and so on.

    References
    ----------
    Acworth, Broadie and Glasserman (1998), "A comparison of some Monte Carlo and quasi Monte Carlo techniques for
    option pricing": principal components put most of the variance into the first, and best, coordinates.

    Examples
    --------
    >>> principal([[1.0, 0.5], [0.5, 1.0]]).round(4).tolist()
    [[0.866, 0.5], [0.866, -0.5]]
    """
    values, vectors = np.linalg.eigh(np.asarray(matrix, dtype=np.float64))
    values, vectors = values[::-1], vectors[:, ::-1]
    columns: list[Array] = []
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[start] - values[end] > ALIKE:
            variance = float(values[start:end].mean())
            size = np.sqrt(variance) if variance > ALIKE else 0.0  # a singular matrix has nothing there but rounding
            columns += [size * direction for direction in _settled(vectors[:, start:end])]
            start = end
    found = np.stack(columns, axis=1)
    return np.round(found, DIGITS)  # members that are one have the very same row


def _settled(basis: Array) -> list[Array]:
    """Orthonormal directions (n,) of the space that a basis (n, k) spans, whatever basis it was."""
    found: list[Array] = []
    for member in basis:  # row i is what the projection of unit vector i has of the basis
        direction = basis @ member
        for other in (*found, *found):  # twice: once leaves rounding behind
            direction = direction - (other @ direction) * other
        length = float(np.sqrt(direction @ direction))
        if length > SPENT:
            found.append(direction / length)
        if len(found) == basis.shape[1]:
            break
    return found
