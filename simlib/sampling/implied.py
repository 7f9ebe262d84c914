"""What a correlation of scores implies for values that tie: events, counts, lists; nothing is drawn here."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.sampling.base import Array
from simlib.sampling.copula import GAUSSIAN, to_spearman

__all__ = ["Ties", "implied_spearman", "joint_chance"]

Ties = tuple[tuple[float, float], ...]
"""Stretches of probability, ascending and apart, on each of which a margin has one single value."""

RARE = 1 / 500  # a value with less probability than this is ranked as if it were never met twice
NODES = 32  # between two stretches of ties
ANGLES = 96


def joint_chance(p: npt.ArrayLike, q: npt.ArrayLike, r: float, df: float = GAUSSIAN) -> Array:
    """Chance that two scores are both among their highest.

    Parameters
    ----------
    p, q
        Any shape; the chance of each alone, from 0 to 1 [share].
    r
        Correlation of the scores, from -1 to 1 [number].
    df
        Degrees of freedom of a t copula; infinite for the Gaussian one [number].

    Examples
    --------
    >>> joint_chance([0.5, 0.2], 0.5, 0.5).round(4).tolist()
    [0.3333, 0.1564]
    """
    p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
    # By symmetry that of both being among their lowest.
    return np.asarray(np.clip(p * q + _excess(p, q, r, df), np.maximum(p + q - 1.0, 0.0), np.minimum(p, q)))


@lru_cache(maxsize=4_096)
def implied_spearman(r: float, first: Ties = (), second: Ties = (), df: float = GAUSSIAN) -> float:
    """Rank correlation of two values whose scores have a correlation, ties having their average rank.

    Parameters
    ----------
    r
        Correlation of the scores, from -1 to 1 [number].
    first, second
        Where each margin ties; nowhere if it is continuous.
    df
        Degrees of freedom of a t copula; infinite for the Gaussian one [number].

    Returns
    -------
    float
        0 where a margin has one value only: it has nothing to correlate.

    Notes
    -----
    The covariance of average ranks is the integral of C(u, v) - u v over the ranks' rises: even where nothing ties,
    and half of a tie's probability at each of its two ends. Two events give (P(both) - p q) /
    sqrt(p (1 - p) q (1 - q)).

    References
    ----------
    Hoeffding (1940), "Massstabinvariante Korrelationstheorie"; Neslehova (2007), "On rank correlation measures for
    non-continuous random variables", J. Multivariate Analysis 98.

    Examples
    --------
    >>> round(implied_spearman(0.5), 4), round(implied_spearman(0.5, ((0.0, 0.9), (0.9, 1.0))), 4)
    (0.4826, 0.2815)
    """
    first, second = _frequent(first), _frequent(second)
    spread = _variance(first) * _variance(second)
    if spread <= 0.0:
        return 0.0
    if not first and not second:
        return float(to_spearman(r, df))
    (u, at), (v, by) = _rises(first), _rises(second)
    return float(at @ _excess(u[:, None], v[None, :], r, df) @ by / np.sqrt(spread))


def _frequent(ties: Ties) -> Ties:
    return tuple((low, high) for low, high in ties if high - low >= RARE)


def _variance(ties: Ties) -> float:
    """Variance of average ranks, in ranks from 0 to 1."""
    left = 1.0 - sum((high - low) ** 3 for low, high in ties)
    return left / 12.0 if left > 1e-12 else 0.0


def _rises(ties: Ties) -> tuple[Array, Array]:
    """Where average ranks rise, and by how much: between ties by Gauss-Legendre, at a tie's ends by half of it."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    ends = np.array([0.0, *(end for tie in ties for end in tie), 1.0])
    at: list[Array] = [ends[1:-1]]
    by: list[Array] = [np.repeat([0.5 * (high - low) for low, high in ties], 2)]
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        if high > low:
            at.append(low + 0.5 * (high - low) * (nodes + 1.0))
            by.append(0.5 * (high - low) * weights)
    return np.concatenate(at), np.concatenate(by)


def _excess(u: Array, v: Array, r: float, df: float) -> Array:
    """C(u, v) - u v, the lower corner of a copula over independence.

    Its slope in the angle asin(r) is exp(-x/2) / (2 pi), with x = (h^2 + k^2 - 2 h k r)/(1 - r^2) of the quantiles
    h and k, and (1 + x/df)^(-df/2) in its place for a t copula (Plackett 1954; Genz 2004, "Numerical computation of
    rectangular bivariate and trivariate normal and t probabilities").
    """
    u, v = np.broadcast_arrays(np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64))
    inside = (u > 0.0) & (u < 1.0) & (v > 0.0) & (v < 1.0)
    h, k = (_quantile(np.where(inside, x, 0.5), df) for x in (u, v))
    start, end, base = _path(u, v, r, df)
    nodes, weights = np.polynomial.legendre.leggauss(ANGLES)
    total = np.zeros(u.shape)
    for angle, weight in zip(start + 0.5 * (end - start) * (nodes + 1.0), 0.5 * (end - start) * weights, strict=True):
        total += weight / (2.0 * np.pi) * _slope(h, k, float(angle), df)
    return np.asarray(np.where(inside, base + total, 0.0))


def _path(u: Array, v: Array, r: float, df: float) -> tuple[float, float, Array]:
    """From which angle to which, and what is known at the first: independence, or a perfect correlation."""
    perfect = np.minimum(u, v) if r >= 0.0 else np.maximum(u + v - 1.0, 0.0)
    angle = float(np.arcsin(r))
    if df == GAUSSIAN and abs(r) < 1.0:
        return 0.0, angle, np.zeros(u.shape)
    return float(np.copysign(np.pi / 2.0, angle)), angle, perfect - u * v


def _quantile(u: Array, df: float) -> Array:
    if df == GAUSSIAN:
        return np.asarray(special.ndtri(u))
    small = np.minimum(u, 1.0 - u)
    return np.asarray(np.copysign(special.stdtrit(df, small), u - 0.5))


def _slope(h: Array, k: Array, angle: float, df: float) -> Array:
    x = (h * h + k * k - 2.0 * h * k * np.sin(angle)) / np.cos(angle) ** 2
    if df == GAUSSIAN:
        return np.asarray(np.exp(-0.5 * x))
    return np.asarray(np.exp(-0.5 * df * np.log1p(x / df)))
