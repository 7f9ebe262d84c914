"""Copulas: from a statement of dependence to a correlation of scores, Gaussian or t; nothing is drawn here."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.sampling.base import Array
from simlib.sampling.dependence import normal_to_spearman, spearman_to_normal

__all__ = [
    "GAUSSIAN",
    "concordance_to_normal",
    "from_spearman",
    "t_scale",
    "t_scores",
    "to_spearman",
]

GAUSSIAN = math.inf
"""Degrees of freedom of the Gaussian copula: the t copula's limit."""

NODES = 48  # of each mixing variable, or more where they would stand further apart than this
APART = 0.5
TERMS = 48  # of the Chebyshev series in the angle
REMOTE = 1e-10  # probability beyond the outermost nodes


def concordance_to_normal(q: npt.ArrayLike) -> Array:
    """Correlation of scores by which one is below its middle in a share q of the futures in which the other is.

    Parameters
    ----------
    q
        Any shape; P(B below its median | A below its median), from 0 to 1 [share].

    Notes
    -----
    sin(pi (q - 1/2)), for the Gaussian copula and the t copula alike: it is that of any elliptical pair.

    References
    ----------
    Blomqvist (1950), "On a measure of dependence between two random variables", Ann. Math. Stat. 21.

    Examples
    --------
    >>> concordance_to_normal([0.5, 0.75, 1.0]).round(4).tolist()
    [0.0, 0.7071, 1.0]
    """
    return np.sin(np.pi * (np.asarray(q, dtype=np.float64) - 0.5)).round(15)


def to_spearman(r: npt.ArrayLike, df: float = GAUSSIAN) -> Array:
    """Rank correlation that a correlation of scores gives.

    Parameters
    ----------
    r
        Any shape; correlation of the scores, from -1 to 1 [number].
    df
        Degrees of freedom of a t copula; infinite for the Gaussian one [number].

    Notes
    -----
    6/pi E[asin(r W1 / sqrt((W1 + W2)(W1 + W3)))] with W independent inverse gamma(df/2, df/2); with W = 1
    the Gaussian 6/pi asin(r/2).

    References
    ----------
    Heinen and Valdesogo (2020), "Spearman rank correlation of the bivariate Student t and scale mixtures of
    normal distributions", J. Multivariate Analysis 179.

    Examples
    --------
    >>> to_spearman([0.5, 1.0]).round(4).tolist(), to_spearman([0.5, 1.0], df=1.0).round(4).tolist()
    ([0.4826, 1.0], [0.4321, 1.0])
    """
    if df == GAUSSIAN:
        return normal_to_spearman(r)
    r = np.asarray(r, dtype=np.float64)
    found = np.polynomial.chebyshev.chebval(_place(np.abs(r)), _series(df))
    exact = (r == 0.0) | (np.abs(r) == 1.0)
    return np.asarray(np.where(exact, r, np.copysign(found, r)))


def from_spearman(rho: npt.ArrayLike, df: float = GAUSSIAN) -> Array:
    """Correlation of scores that gives a rank correlation.

    Parameters
    ----------
    rho
        Any shape; rank correlation from -1 to 1 [number].
    df
        Degrees of freedom of a t copula; infinite for the Gaussian one [number].

    Examples
    --------
    >>> round(float(to_spearman(from_spearman(0.7, df=3.0), df=3.0)), 12)
    0.7
    """
    if df == GAUSSIAN:
        return spearman_to_normal(rho)
    rho = np.asarray(rho, dtype=np.float64)
    return np.asarray(np.vectorize(lambda one: math.copysign(_inverse(abs(one), df), one), otypes=[float])(rho))


def _inverse(rho: float, df: float) -> float:
    """Correlation from 0 to 1 that gives a rank correlation from 0 to 1."""
    from scipy.optimize import brentq

    if rho in (0.0, 1.0):
        return rho
    return float(brentq(lambda r: float(to_spearman(r, df)) - rho, 0.0, 1.0, xtol=1e-15))


def _place(r: Array) -> Array:
    """Where a correlation from 0 to 1 lies in the series, which goes in its angle and from -1 to 1."""
    return 4.0 / np.pi * np.arcsin(r) - 1.0


@lru_cache(maxsize=64)
def _series(df: float) -> Array:
    """(TERMS,) Chebyshev coefficients of the rank correlation in the angle, from 0 to a right one."""
    at = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    angles = np.pi / 4.0 * (at + 1.0)
    ratio, weight = _ratios(df)
    values = [6.0 / np.pi * float(weight @ np.arcsin(np.sin(angle) * ratio)) for angle in angles]
    return np.asarray(np.polynomial.chebyshev.chebfit(at, values, TERMS - 1))


def _ratios(df: float) -> tuple[Array, Array]:
    """Quadrature of W1 / sqrt((W1 + W2)(W1 + W3)): its values and their probabilities.

    With G = 1/W the ratio is sqrt(G2/(G1 + G2)) sqrt(G3/(G1 + G3)). In the logarithm of G the integrand is smooth
    and dies away on both sides, so that equal steps converge faster than any power of their number.
    """
    shape = 0.5 * df
    low = math.log(float(special.gammaincinv(shape, REMOTE)))
    high = math.log(float(special.gammainccinv(shape, REMOTE)))
    logs = np.linspace(low, high, max(NODES, math.ceil((high - low) / APART)))
    weight = np.exp(shape * logs - np.exp(logs) - np.max(shape * logs - np.exp(logs)))
    weight /= weight.sum()
    part = np.sqrt(special.expit(logs[None, :] - logs[:, None]))  # sqrt(G2 / (G1 + G2)), one row for each G1
    a, b = np.triu_indices(len(logs))
    both = weight[a] * weight[b] * np.where(a == b, 1.0, 2.0)
    ratio = part[:, a] * part[:, b]
    return ratio.ravel(), (weight[:, None] * both[None, :]).ravel()


def t_scale(mixing: Array, df: float) -> Array:
    """What the scores of a t copula are stretched by in each future, all of them alike.

    Parameters
    ----------
    mixing
        (n,) standard-normal scores, independent of those of the members.
    df
        Degrees of freedom, at least 1 [number].

    Notes
    -----
    sqrt(df / s) with s the chi-square variable of the score.

    Examples
    --------
    >>> t_scale(np.array([-2.0, 0.0, 2.0]), df=4.0).round(4).tolist()
    [2.9479, 1.0916, 0.5932]
    """
    shape = 0.5 * df
    # Each half from its own tail, so that neither end is rounded away.
    low = special.gammaincinv(shape, special.ndtr(np.minimum(mixing, 0.0)))
    high = special.gammainccinv(shape, special.ndtr(-np.maximum(mixing, 0.0)))
    return np.asarray(np.sqrt(shape / np.where(mixing < 0.0, low, high)))


def t_scores(scores: Array, scale: Array, df: float) -> Array:
    """Scores of a t copula's member from those of a Gaussian one.

    Parameters
    ----------
    scores
        (n,) standard-normal scores, correlated with those of the other members.
    scale
        (n,) what all members are stretched by, from `t_scale`.
    df
        Degrees of freedom, at least 1 [number].

    Returns
    -------
    numpy.ndarray
        (n,) standard-normal scores: the margin stays exactly what it is.

    Notes
    -----
    Phi^-1(T(scale z)) with T Student's distribution.

    References
    ----------
    Demarta and McNeil (2005), "The t copula and related copulas", Int. Statistical Review 73.

    Examples
    --------
    >>> t_scores(np.array([0.0, 1.0, -1.0]), np.ones(3), df=4.0).round(4).tolist()
    [0.0, 0.8892, -0.8892]
    """
    below = special.stdtr(df, -np.abs(scores) * scale)
    return np.asarray(np.copysign(special.ndtri(below), scores))
