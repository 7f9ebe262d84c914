"""The incomplete beta and gamma functions and their inverses, for moderate parameters; of others it knows nothing.

They are here, and not scipy's, because loading scipy.special takes longer than all else that a command does. Each
element is worked out for itself in as many steps as the parameters ask for: it is the same in any block.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST", "MOST", "beta", "beta_inverse", "gamma", "gamma_inverse", "log_beta"]

Array = npt.NDArray[np.float64]

LEAST, MOST = 0.1, 200.0  # parameters for which values and inverses are right to 1e-12
_STEPS = 20  # of Halley's method at most; four are usual
_FEW = 8  # elements that are worked out one by one
_LONGEST = 3.0  # step along a logarithm, so that a bad start does no harm
_LAST = 1e-5  # a step after which the next would be lost in rounding: each leaves about the cube of the former
_HUGE = 1e300  # above which all is: what is infinite has no logarithm to reckon with
_TINY = float(np.finfo(np.float64).tiny)


def log_beta(a: float, b: float) -> float:
    """Give the logarithm of the complete beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def beta(a: float, b: float, x: Array) -> Array:
    """Give the regularised incomplete beta function I of a and b.

    Parameters
    ----------
    a, b
        Parameters from `LEAST` to `MOST`.
    x
        (k,) from 0 to 1.

    References
    ----------
    DLMF 8.17.
    """
    with np.errstate(divide="ignore"):  # log(0) at the ends is meant
        return np.exp(_beta(a, b, x, 1.0 - x, a * np.log(x) + b * np.log1p(-x) - log_beta(a, b)))


def beta_inverse(a: float, b: float, p: Array, q: Array) -> Array:
    """Give the x at which the regularised incomplete beta function is p.

    Parameters
    ----------
    a, b
        Parameters from `LEAST` to `MOST`.
    p, q
        (k,) probabilities below and above x; the smaller one counts.

    Notes
    -----
    Solves log I = log p along w = log(x / (1 - x)), of which log I is a concave function; its slope comes with it.
    """
    below = p <= q
    values = np.empty_like(p)
    values[below] = _share(_odds_of_beta(a, b, p[below]))
    values[~below] = _share(-_odds_of_beta(b, a, q[~below]))
    return values


def _odds_of_beta(a: float, b: float, p: Array) -> Array:
    """Give the logarithm of x / (1 - x) at which I is p, from 0 to 1/2."""
    complete = log_beta(a, b)

    def at(w: Array) -> tuple[Array, Array, Array]:
        x, rest = _share(w), _share(-w)
        density = -a * np.logaddexp(0.0, -w) - b * np.logaddexp(0.0, w) - complete
        return density, _beta(a, b, x, rest, density), a - (a + b) * x

    first = (np.log(np.maximum(p, _TINY)) + math.log(a) + complete) / a  # log x, as far as the series' first term goes
    start = np.where(first < -0.1, first - np.log(-np.expm1(np.minimum(first, -0.1))), 2.3)
    return np.where(p == 0.0, -np.inf, _solved(at, start, p))


def gamma(shape: float, x: Array) -> tuple[Array, Array]:
    """Give the regularised incomplete gamma functions P and Q, below and above x.

    Parameters
    ----------
    shape
        From `LEAST` to `MOST`.
    x
        (k,) from 0 up.

    References
    ----------
    DLMF 8.7.1 and 8.9.2.
    """
    x = np.minimum(x, _HUGE)
    with np.errstate(divide="ignore"):
        below, over = _gamma(shape, x, shape * np.log(x) - x - math.lgamma(shape))
    return np.exp(below), np.exp(over)


def gamma_inverse(shape: float, p: Array, q: Array) -> Array:
    """Give the x at which the regularised incomplete gamma functions are p and q.

    Parameters
    ----------
    shape
        From `LEAST` to `MOST`.
    p, q
        (k,) probabilities below and above x; the smaller one counts.
    """
    complete = math.lgamma(shape)

    def at(w: Array) -> tuple[Array, Array, Array, Array]:
        x = np.exp(w)
        density = shape * w - x - complete
        return density, *_gamma(shape, x, density), shape - x

    def lower(w: Array) -> tuple[Array, Array, Array]:
        density, below, _, bend = at(w)
        return density, below, bend

    def upper(w: Array) -> tuple[Array, Array, Array]:
        density, _, over, bend = at(w)
        return density, over, bend

    low = p <= q
    first = (np.log(np.maximum(p[low], _TINY)) + math.log(shape) + complete) / shape
    values = np.empty_like(p)
    values[low] = np.where(p[low] == 0.0, 0.0, np.exp(_solved(lower, first, p[low])))
    over = np.exp(_solved(upper, _start_above(shape, q[~low]), q[~low], sign=-1.0))
    values[~low] = np.where(q[~low] == 0.0, np.inf, over)
    return values


def _start_above(shape: float, q: Array) -> Array:
    """Give roughly the logarithm of what is exceeded with probability q (Wilson and Hilferty; near 0 the series)."""
    t = np.sqrt(-2.0 * np.log(np.maximum(q, _TINY)))
    score = t - (2.30753 + 0.27061 * t) / (1.0 + 0.99229 * t + 0.04481 * t * t)  # Abramowitz and Stegun 26.2.22
    if shape >= 0.5:
        return np.asarray(np.log(shape) + 3.0 * np.log(1.0 - 1.0 / (9.0 * shape) + score / (3.0 * math.sqrt(shape))))
    series = (np.log1p(-q) + math.lgamma(shape + 1.0)) / shape
    return np.where(series < -1.0, series, np.log(np.maximum(0.5 * t * t - math.lgamma(shape), 0.1)))


def _beta(a: float, b: float, x: Array, rest: Array, density: Array) -> Array:
    """Give log I, from the side on which its continued fraction ends soon; `density` is log(x I'(x) (1 - x))."""
    low = x <= (a + 1.0) / (a + b + 2.0)
    below = np.array(density)
    below[low] += np.log(_fraction_of_beta(a, b, x[low]))
    below[~low] = _log_rest(below[~low] + np.log(_fraction_of_beta(b, a, rest[~low])))
    return below


def _log_rest(logarithm: Array) -> Array:
    """Give log(1 - F) from log F."""
    return np.asarray(np.log(np.maximum(-np.expm1(logarithm), _TINY)))


def _fraction_of_beta(a: float, b: float, x: Array) -> Array:
    """Give the continued fraction (DLMF 8.17.22), divided by a, from its end to its beginning."""
    terms = _terms_of_beta(a, b)

    def fraction(x: Any) -> Any:
        value = 1.0
        for term in terms:
            value = 1.0 + x * term / value
        return 1.0 / (a * value)

    return _stepped(fraction, x)


@lru_cache(maxsize=64)
def _terms_of_beta(a: float, b: float) -> tuple[float, ...]:
    """Give the coefficients of the continued fraction, the last one first."""
    terms = []
    for m in range(min(12 + int(6.0 * math.sqrt(max(a, b))), 80), 0, -1):
        terms.append(m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m)))
        terms.append(-(a + m - 1) * (a + b + m - 1) / ((a + 2 * m - 2) * (a + 2 * m - 1)))
    return tuple(terms)


def _gamma(shape: float, x: Array, density: Array) -> tuple[Array, Array]:
    """Give log P and log Q, one from the other; `density` is log(x P'(x))."""
    low = x <= shape + 1.0
    here = np.array(density)
    here[low] += np.log(_series_of_gamma(shape, x[low]))
    here[~low] += np.log(_fraction_of_gamma(shape, x[~low]))
    rest = _log_rest(here)
    return np.where(low, here, rest), np.where(low, rest, here)


def _series_of_gamma(shape: float, x: Array) -> Array:
    """Give the sum of x^n / (shape (shape + 1) ... (shape + n)), from its end to its beginning."""

    def series(x: Any) -> Any:
        value = 1.0
        for n in range(18 + int(8.0 * math.sqrt(shape)), 0, -1):
            value = 1.0 + x * value / (shape + n)
        return value / shape

    return _stepped(series, x)


def _fraction_of_gamma(shape: float, x: Array) -> Array:
    """Give the continued fraction of Q (DLMF 8.9.2, its even part), from its end to its beginning."""
    terms = 30 + int(70.0 / (1.0 + shape) + 1.5 * math.sqrt(shape))

    def fraction(x: Any) -> Any:
        value = x + (2 * terms + 1 - shape)
        for n in range(terms, 0, -1):
            value = x + (2 * n - 1 - shape) - n * (n - shape) / value
        return 1.0 / value

    return _stepped(fraction, x)


def _stepped(formula: Callable[[Any], Any], x: Array) -> Array:
    """Work out a formula of +, -, * and / for an array, or by the same steps for each of a few numbers.

    To numpy an array of one number is as much work as one of fifty.
    """
    if x.size < _FEW:
        return np.array([formula(each) for each in x.tolist()])
    return np.asarray(formula(x))


def _share(w: Array) -> Array:
    """Give the share whose odds have the logarithm w."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-w)))


def _solved(
    at: Callable[[Array], tuple[Array, Array, Array]], w: Array, p: Array, *, sign: float = 1.0
) -> Array:
    """Solve log F(w) = log p by Halley's method.

    Parameters
    ----------
    at
        Gives, at w, the logarithms of the density and of F, and the slope of the first.
    w
        (k,) where to start.
    p
        (k,) values of F.
    sign
        1 where F is the probability below, -1 where it is the one above.
    """
    solved, left = np.array(w), np.arange(w.size)
    wanted = np.log(np.maximum(p, _TINY))
    for _ in range(_STEPS):
        density, logarithm, bend = at(solved[left])
        slope = sign * np.exp(density - logarithm)
        step = (wanted[left] - logarithm) / slope
        step /= np.maximum(1.0 + 0.5 * step * (bend - slope), 0.5)
        solved[left] += np.clip(step, -_LONGEST, _LONGEST)
        left = left[np.abs(step) > _LAST]
        if not left.size:
            break
    return solved
