"""Roots of rising functions, many at once; what the functions mean is not its business."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simlib.distributions.base import Array

STEPS = 200  # bisection alone needs about 60; a jump that spoils interpolation needs no more than double


def rising_root(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Find where a non-decreasing function passes zero between low and high.

    Parameters
    ----------
    function
        (n,) to (n,): elementwise and non-decreasing; at most 0 at `low` and at least 0 at `high`.
    low, high
        (n,) finite bracket.

    Returns
    -------
    numpy.ndarray
        (n,) the root, to about four units in the last place.

    References
    ----------
    Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the zero of a
    nonlinear function without using derivatives", Advances in Engineering Software 28.
    """
    a, b = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    fa, fb = function(a), function(b)
    t = np.full(a.shape, 0.5)
    for _ in range(STEPS):
        x = a + t * (b - a)
        fx = function(x)
        same = np.signbit(fx) == np.signbit(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        limit = _limit(a, b, best)
        done = (limit > 0.5) | (fa == 0.0) | (fb == 0.0)
        if done.all():
            break
        t = _next_step(a, b, c, fa, fb, fc, limit)
    return best


def _limit(a: Array, b: Array, best: Array) -> Array:
    """Smallest useful step as a share of the bracket; above one half the bracket is closed."""
    tolerance = 4.0 * np.finfo(np.float64).eps * np.abs(best) + 1e-300
    with np.errstate(divide="ignore"):
        return np.asarray(tolerance / np.abs(b - a))


def _next_step(a: Array, b: Array, c: Array, fa: Array, fb: Array, fc: Array, limit: Array) -> Array:
    """Inverse quadratic interpolation where the three points support it, else the middle."""
    with np.errstate(all="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        inverse = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        step = fa / (fb - fa) * fc / (fb - fc)
        step = step + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    t = np.where(inverse & np.isfinite(step), step, 0.5)
    limit = np.minimum(limit, 0.5)
    return np.clip(t, limit, 1.0 - limit)
