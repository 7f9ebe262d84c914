"""Roots of rising functions, many at once, and inverses of cdfs by them; no family is known here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import Array, score

Rising: TypeAlias = Callable[[Array, npt.NDArray[np.intp]], Array]

STEPS = 200  # bisection alone needs about 60; a near-jump that spoils interpolation at most doubles that
PRECISION = 4.0 * float(np.finfo(np.float64).eps)
SMALLEST = 1e-300  # so that a root at zero ends
FURTHEST = 40.0  # a score beyond any float's probability, in place of infinity


def rising_root(function: Rising, low: Array, high: Array) -> Array:
    """Find where non-decreasing functions pass zero between low and high.

    Parameters
    ----------
    function
        (k,) points and (k,) numbers of the functions to (k,) values; function i is at most 0 at
        low[i] and at least 0 at high[i]. Only unfinished ones are asked for.
    low, high
        (n,) finite brackets.

    Returns
    -------
    numpy.ndarray
        (n,) roots, to about four units in the last place.

    References
    ----------
    Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the zero of a
    nonlinear function without using derivatives", Advances in Engineering Software 28.
    """
    roots = np.array(low, dtype=np.float64)
    index = np.arange(roots.size)
    # Rows: the newest point, the one across the root, and the one that was given up.
    x = np.stack([roots, np.array(high, dtype=np.float64), roots])
    f = np.stack([function(x[0], index), function(x[1], index), np.empty(roots.size)])
    t = np.full(roots.size, 0.5)
    for _ in range(STEPS):
        new = x[0] + t * (x[1] - x[0])
        x, f = _exchanged(x, f, new, function(new, index))
        roots[index] = np.where(np.abs(f[0]) < np.abs(f[1]), x[0], x[1])
        limit = _limit(x, roots[index])
        left = (limit <= 0.5) & (f[0] != 0.0) & (f[1] != 0.0)
        if not left.any():
            break
        x, f, index = x[:, left], f[:, left], index[left]
        t = _next_step(x, f, limit[left])
    return roots


def inverse(
    cdf: Callable[[Array], Array], sf: Callable[[Array], Array], p: Array, q: Array, *, low: Array, high: Array
) -> Array:
    """Find where a cdf passes p, and its complement q, between low and high; all (n,).

    Notes
    -----
    In scores the difference is nearly straight, so that few steps find its root.
    """
    target = score(p, q)

    def above_target(x: Array, index: npt.NDArray[np.intp]) -> Array:
        wanted = target[index]
        reached = np.empty_like(x)
        lower = wanted <= 0.0
        reached[lower] = special.ndtri(cdf(x[lower]))
        reached[~lower] = -special.ndtri(sf(x[~lower]))
        return np.asarray(np.clip(reached, -FURTHEST, FURTHEST) - wanted)

    return rising_root(above_target, low, high)


def _exchanged(x: Array, f: Array, new: Array, height: Array) -> tuple[Array, Array]:
    """Bracket the root with the new point and the old one across it."""
    same = np.signbit(height) == np.signbit(f[0])
    x = np.stack([new, np.where(same, x[1], x[0]), np.where(same, x[0], x[1])])
    f = np.stack([height, np.where(same, f[1], f[0]), np.where(same, f[0], f[1])])
    return x, f


def _limit(x: Array, best: Array) -> Array:
    """Smallest useful step as a share of the bracket; above one half the bracket is closed."""
    with np.errstate(divide="ignore"):
        return np.asarray((PRECISION * np.abs(best) + SMALLEST) / np.abs(x[1] - x[0]))


def _next_step(x: Array, f: Array, limit: Array) -> Array:
    """Inverse quadratic interpolation where the three points support it, else the middle."""
    (a, b, c), (fa, fb, fc) = x, f
    with np.errstate(all="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        inverse = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        step = fa / (fb - fa) * fc / (fb - fc)
        step = step + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    t = np.where(inverse & np.isfinite(step), step, 0.5)
    return np.clip(t, limit, 1.0 - limit)
