"""Whether a metalog's curve always rises, proven, and the nearest one that does; the family is in `metalog`.

A curve is mu(t) + L s(t), L the log odds and t = tanh(L/2) from -1 to 1; mu and s are polynomials, kept as
Chebyshev series in t, which stay well conditioned where powers of y - 1/2 lose their digits. Coefficients are
one array: those of mu, then those of s.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from simlib import special
from simlib.distributions.base import Array

__all__ = ["basis", "curve", "ends", "nearest", "parts", "slope", "turning_point"]

DEPTH = 50  # halvings of a cell; what is undecided then counts as turning back
MOST_CELLS = 20_000
ROUNDING = 1e-13  # of the coefficients: a slope nearer to nothing may be an accident of the arithmetic
CREST = 0.3520817709703973  # 1 - t where g, the weight of s' in the slope, has its only maximum, t L = 1
GRID = np.linspace(-30.0, 30.0, 601)  # log odds at which a suggestion must rise, before it is proven
MARGIN = 1e-3  # of the average slope, by which a suggestion rises at least: room for rounding it
ROUNDS = 6


def parts(terms: int) -> tuple[int, int]:
    """Give how many of the terms belong to mu and how many to s.

    Notes
    -----
    Keelin's order, but that of 3, 7, 11, ... terms s has one more: with quantiles that lie evenly about
    the median (p5, p10, p25, p50, ...) even terms are as many as there are values to settle them only
    in this way. For three terms it is his own order; for seven, his would leave such curves undefined.

    >>> parts(3), parts(4), parts(7), parts(9)
    ((1, 2), (2, 2), (3, 4), (5, 4))
    """
    return ((terms + 1) // 2, terms // 2) if terms % 4 != 3 else (terms // 2, (terms + 1) // 2)


def basis(odds: Array, terms: int) -> Array:
    """Give (n, terms): what each coefficient multiplies at (n,) log odds."""
    level, spread = parts(terms)
    t = np.tanh(0.5 * odds)
    return np.hstack([chebyshev.chebvander(t, level - 1), odds[:, None] * chebyshev.chebvander(t, spread - 1)])


def curve(odds: Array, coefficients: Array) -> Array:
    """Give the curve at finite log odds of any shape; no value depends on its neighbours."""
    level, _ = parts(len(coefficients))
    t = np.tanh(0.5 * odds)
    values = chebyshev.chebval(t, coefficients[:level]) + odds * chebyshev.chebval(t, coefficients[level:])
    return np.asarray(values)


def slope(odds: Array, coefficients: Array) -> Array:
    """Give dM/dL at (n,) log odds."""
    return np.asarray(_slopes(odds, len(coefficients)) @ coefficients)


def ends(coefficients: Array) -> tuple[Array, Array]:
    """Give mu and s at t = -1 and t = 1: far out the curve is the straight line mu + L s."""
    level, _ = parts(len(coefficients))
    both = np.array([-1.0, 1.0])
    mu, s = (chebyshev.chebval(both, part) for part in (coefficients[:level], coefficients[level:]))
    return np.asarray(mu), np.asarray(s)


def turning_point(coefficients: Array) -> float | None:
    """Give log odds near which the curve does not rise; None where it is proven to rise everywhere.

    Parameters
    ----------
    coefficients
        (terms,) of mu, then of s.

    Notes
    -----
    The slope is dM/dL = P(t) + g(t) Q(t) with P = s + (1 - t^2) mu'/2, Q = s' and
    g = (1 - t^2) atanh(t), which is known in closed form with its derivatives. In every cell of t
    a Taylor bound holds the slope from below; cells are halved until the bound is above nothing
    (with room for rounding), or the slope itself is not. The outermost cell reaches t = 1, where
    g is nothing and the slope is s(1): that is the whole tail. Where s is nothing altogether, the
    slope is (1 - t^2) mu'/2, and mu' is looked at in its place.
    """
    level, _ = parts(len(coefficients))
    mu, s = _der(coefficients[:level]), coefficients[level:]
    if np.any(s):
        plain = np.asarray(chebyshev.chebadd(s, chebyshev.chebmul([0.25, 0.0, -0.25], mu)), dtype=np.float64)
        lifted = _der(s)
    else:
        plain, lifted = mu, np.zeros(1)
    upper = _not_rising(plain, lifted)
    if upper is not None:
        return upper
    lower = _not_rising(_mirrored(plain), -_mirrored(lifted))  # g is odd, so Q changes its sign
    return None if lower is None else -lower


def _mirrored(series: Array) -> Array:
    """Give f(-t)."""
    return np.asarray(series * (-1.0) ** np.arange(len(series)))


def _not_rising(plain: Array, lifted: Array) -> float | None:
    """Look for log odds of 0 and more at which P + g Q is not proven to be above nothing."""
    edges = np.linspace(0.0, 1.0, 17)
    low, high = edges[:-1], edges[1:]  # u = 1 - t: what is far out in the tail is exact near nothing
    room = ROUNDING * float(np.abs(plain).sum() + np.abs(lifted).sum())
    for _ in range(DEPTH):
        middle, bound = _bounded(plain, lifted, low, high)
        fallen = middle <= room
        if fallen.any():
            return _odds(0.5 * (low + high)[fallen][0])
        left = bound <= room
        if not left.any():
            return None
        low, high = low[left], high[left]
        if low.size > MOST_CELLS:
            break
        half = 0.5 * (low + high)
        low, high = np.concatenate([low, half]), np.concatenate([half, high])
    return _odds(0.5 * (low[0] + high[0]))


def _odds(u: float) -> float:
    return float(np.log((2.0 - u) / u))


def _bounded(plain: Array, lifted: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Give the slope in the middle of each cell of u, and what it is at least in the whole cell."""
    half, u = 0.5 * (high - low), 0.5 * (low + high)
    t, odds = 1.0 - u, np.log((2.0 - u) / u)
    g, rise = 0.5 * u * (2.0 - u) * odds, 1.0 - t * odds
    (p, p_rise), (q, q_rise) = ([chebyshev.chebval(t, part) for part in (f, _der(f))] for f in (plain, lifted))
    p_bend, q_most, q_bend = (float(np.abs(_der(f, k)).sum()) for f, k in ((plain, 2), (lifted, 1), (lifted, 2)))
    slope = p + g * q
    q_cell = np.abs(q) + half * q_most
    first, last = np.maximum(low, 1e-30), np.minimum(high, CREST)
    far, near = np.log((2.0 - first) / first), np.log((2.0 - high) / high)
    steep = np.maximum(np.abs(1.0 - (1.0 - first) * far), np.abs(1.0 - (1.0 - high) * near))  # g' only falls
    bends = far + 2.0 * (1.0 - first) / (first * (2.0 - first))  # g'' is largest at the outer end, and g below 1
    bend = p_bend + q_cell * bends + 2.0 * steep * q_most + q_bend
    inner = slope - half * np.abs(p_rise + rise * q + g * q_rise) - 0.5 * half**2 * bend
    least_p = p - half * np.abs(p_rise) - 0.5 * half**2 * p_bend
    outer = least_p - q_cell * 0.5 * last * (2.0 - last) * np.log((2.0 - last) / last)
    return slope, np.where(low > 0.0, inner, outer)


def _der(series: Array, times: int = 1) -> Array:
    return np.asarray(chebyshev.chebder(series, times), dtype=np.float64)


def nearest(
    odds: Array, values: Array, terms: int, *, widths: Array, heaviest: tuple[float, float]
) -> Array | None:
    """Give the rising curve whose largest change from stated values is smallest; None where none is found.

    Parameters
    ----------
    odds, values
        (n,) log odds, and stated values on the scale of the curve.
    terms
        How many terms the curve has.
    widths
        (n,) how far each value may move for one unit of change.
    heaviest
        What s(-1) and s(1) may be at most: tails with a finite spread; infinite where any will do.

    Returns
    -------
    numpy.ndarray
        (n,) values of that curve. It rises on a grid; whoever asks must prove the rest.

    Notes
    -----
    A linear programme: minimise e subject to |M(L_i) - x_i| <= e w_i and dM/dL >= a margin on the grid.
    """
    from scipy.optimize import linprog

    at = basis(odds, terms)
    size = float(np.ptp(values)) or 1.0
    margin = MARGIN / float(np.ptp(odds))
    grid, (left, right) = _slopes(GRID, terms), _tails(terms)
    limits = [(row, most / size) for row, most in zip((left, right), heaviest, strict=True) if np.isfinite(most)]
    free = np.zeros((len(grid) + 2 + len(limits), 1))
    rows = [
        np.hstack([at, -widths[:, None]]),
        np.hstack([-at, -widths[:, None]]),
        np.hstack([np.vstack([-grid, -left, -right, *(row for row, _ in limits)]), free]),
    ]
    scaled = values / size
    tails = np.array([(1.0 - MARGIN) * limit for _, limit in limits])
    most = [scaled, -scaled, np.full(len(grid) + 2, -margin), tails]
    found = linprog(
        np.append(np.zeros(terms), 1.0),
        np.vstack(rows),
        np.concatenate(most),
        bounds=[(None, None)] * terms + [(0.0, None)],
        method="highs",
    )
    return np.asarray(size * (at @ found.x[:-1])) if found.success else None


def _slopes(odds: Array, terms: int) -> Array:
    """Give (n, terms): what each coefficient adds to dM/dL."""
    level, spread = parts(terms)
    t = np.tanh(0.5 * odds)
    turning = 2.0 * special.expit(odds) * special.expit(-odds)  # dt/dL
    mu, s = (_derivatives(t, count) * turning[:, None] for count in (level, spread))
    return np.hstack([mu, odds[:, None] * s + chebyshev.chebvander(t, spread - 1)])


def _derivatives(t: Array, count: int) -> Array:
    """Give (n, count): T_k'(t)."""
    return np.stack([chebyshev.chebval(t, _der(np.eye(count)[k])) for k in range(count)], axis=1)


def _tails(terms: int) -> Array:
    """Give (2, terms): what each coefficient adds to s(-1) and to s(1)."""
    level, spread = parts(terms)
    return np.hstack([np.zeros((2, level)), chebyshev.chebvander(np.array([-1.0, 1.0]), spread - 1)])
