"""Special functions under scipy's names: the usual ones worked out here, all others scipy's, loaded when one is needed.

Loading scipy.special takes longer than all else that a command does, and most files need only the normal, the beta and
the gamma distribution. Which of the two answers depends on the parameters alone, so that a figure never depends on what
else the process has done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from simlib import incomplete
from simlib.loops.normal import outermost, write_normal_scores

__all__ = [
    "betainc",
    "betainccinv",
    "betaincinv",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "ndtr",
    "ndtri",
    "stdtrit",
]

Array = npt.NDArray[np.float64]

_ROOT_TAU = math.sqrt(math.tau)
_SHORT = float(np.finfo(float).tiny)
_STEP = 16.0  # the square of a score cut to sixteenths has no rounding error

# Cody's rational approximations (1993), highest power first: near the middle, further out, and far out
_NEAR = 0.67448975
_NEAR_UP = (0.065682337918207449113, 2.2352520354606839287, 161.02823106855587881, 1067.6894854603709582,
            18154.981253343561249)  # fmt: skip
_NEAR_DOWN = (1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956)
_OUT_UP = (1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412, 93.506656132177855979,
           597.27027639480026226, 2494.5375852903726711, 6848.1904505362823326, 11602.651437647350124,
           9842.7148383839780218)  # fmt: skip
_OUT_DOWN = (1.0, 22.266688044328115691, 235.38790178262499861, 1519.377599407554805, 6485.558298266760755,
             18615.571640885098091, 34900.952721145977266, 38912.003286093271411, 19685.429676859990727)  # fmt: skip
_FAR = math.sqrt(32.0)
_FAR_UP = (0.02307344176494017303, 0.21589853405795699, 0.1274011611602473639, 0.022235277870649807,
           0.001421619193227893466, 2.9112874951168792e-5)  # fmt: skip
_FAR_DOWN = (1.0, 1.28426009614491121, 0.468238212480865118, 0.0659881378689285515, 0.00378239633202758244,
             7.29751555083966205e-5)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Give a function of scipy.special that is not worked out here."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_scipy(), name)


def ndtr(z: npt.ArrayLike) -> Array:
    """Give the probability below a standard-normal score; any shape.

    References
    ----------
    Cody (1993), ACM Transactions on Mathematical Software 19, 22-30 (SPECFUN).
    """
    scores = np.asarray(z, dtype=np.float64)
    flat = scores.ravel()
    away = np.abs(flat)
    below = np.full(flat.shape, np.nan)
    middle = away <= _NEAR
    near, far = np.flatnonzero(middle), np.flatnonzero(away > _FAR)
    out = np.flatnonzero(~middle & (away <= _FAR))
    if near.size:
        z = flat[near]
        below[near] = 0.5 + z * _ratio(_NEAR_UP, _NEAR_DOWN, z**2)
    if out.size:
        z = away[out]
        below[out] = _bell(z) * _ratio(_OUT_UP, _OUT_DOWN, z)
    if far.size:
        below[far] = _far_below(np.minimum(away[far], 40.0))
    np.subtract(1.0, below, out=below, where=~middle & (flat > 0.0))
    return below.reshape(scores.shape)


def ndtri(p: npt.ArrayLike) -> Array:
    """Give the standard-normal score with probability p below it; any shape."""
    scores = np.array(p, dtype=np.float64)
    flat = scores.reshape(-1)
    inside = (flat > 0.0) & (flat < 1.0)
    ends = np.where(flat == 0.0, -np.inf, np.where(flat == 1.0, np.inf, np.nan))
    some = np.where(inside, flat, 0.5)
    write_normal_scores(some)
    least = inside & (flat < _SHORT)  # digits of these are missing, and their logarithm is another
    some[least] = -outermost(np.sqrt(-np.log(flat[least])))
    return np.asarray(np.where(inside, some, ends).reshape(scores.shape))


def _ratio(up: Sequence[float], down: Sequence[float], x: Array) -> Array:
    """Give the ratio of two polynomials."""
    return np.asarray(_polynomial(up, x) / _polynomial(down, x))


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    value = np.full(x.shape, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


def _bell(away: Array) -> Array:
    """Give exp(-z^2 / 2), with the square exact."""
    cut = np.trunc(away * _STEP) / _STEP
    return np.asarray(np.exp(-0.5 * cut * cut) * np.exp(-0.5 * (away - cut) * (away + cut)))


def _far_below(away: Array) -> Array:
    """Give the probability below -z for a large z; beyond 38 there is none that a number could hold."""
    square = 1.0 / (away * away)
    with np.errstate(under="ignore"):
        return _bell(away) * (1.0 / _ROOT_TAU - square * _ratio(_FAR_UP, _FAR_DOWN, square)) / away


# Ours for one pair of moderate parameters; scipy's for others, and where each element has parameters of its own.


def betainc(a: npt.ArrayLike, b: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Give the regularised incomplete beta function; any shape."""
    if _moderate(a) and _moderate(b):
        return _each(lambda flat: incomplete.beta(a, b, flat), x)
    return np.asarray(_scipy().betainc(a, b, x))


def betaincinv(a: npt.ArrayLike, b: npt.ArrayLike, p: npt.ArrayLike) -> Array:
    """Give where the regularised incomplete beta function is p; any shape."""
    if _moderate(a) and _moderate(b):
        return _each(lambda flat: incomplete.beta_inverse(a, b, flat, 1.0 - flat), p)
    return np.asarray(_scipy().betaincinv(a, b, p))


def betainccinv(a: npt.ArrayLike, b: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Give where the regularised incomplete beta function is 1 - q; any shape."""
    if _moderate(a) and _moderate(b):
        return _each(lambda flat: incomplete.beta_inverse(a, b, 1.0 - flat, flat), q)
    return np.asarray(_scipy().betainccinv(a, b, q))


def gammainc(shape: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Give the regularised lower incomplete gamma function; any shape."""
    if _moderate(shape):
        return _each(lambda flat: incomplete.gamma(shape, flat)[0], x)
    return np.asarray(_scipy().gammainc(shape, x))


def gammaincc(shape: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Give the regularised upper incomplete gamma function; any shape."""
    if _moderate(shape):
        return _each(lambda flat: incomplete.gamma(shape, flat)[1], x)
    return np.asarray(_scipy().gammaincc(shape, x))


def gammaincinv(shape: npt.ArrayLike, p: npt.ArrayLike) -> Array:
    """Give where the regularised lower incomplete gamma function is p; any shape."""
    if _moderate(shape):
        return _each(lambda flat: incomplete.gamma_inverse(shape, flat, 1.0 - flat), p)
    return np.asarray(_scipy().gammaincinv(shape, p))


def gammainccinv(shape: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Give where the regularised upper incomplete gamma function is q; any shape."""
    if _moderate(shape):
        return _each(lambda flat: incomplete.gamma_inverse(shape, 1.0 - flat, flat), q)
    return np.asarray(_scipy().gammainccinv(shape, q))


def stdtrit(df: npt.ArrayLike, p: npt.ArrayLike) -> Array:
    """Give the value of Student's t with probability p below it; any shape."""
    if _moderate(df, least=1.0):  # half of it is moderate too
        return _each(lambda flat: _student(df, flat), p)
    return np.asarray(_scipy().stdtrit(df, p))


def _student(df: float, p: Array) -> Array:
    """Give Student's t from the beta that df / (df + t^2) is."""
    twice = 2.0 * np.minimum(p, 1.0 - p)
    part = incomplete.beta_inverse(0.5 * df, 0.5, twice, 1.0 - twice)
    rest = incomplete.beta_inverse(0.5, 0.5 * df, 1.0 - twice, twice)
    with np.errstate(divide="ignore"):
        return np.copysign(np.sqrt(df * rest / part), p - 0.5)


def _moderate(parameter: object, *, least: float = incomplete.LEAST) -> TypeGuard[float]:
    """Tell whether a parameter is one plain number of a size for which ours are exact."""
    return isinstance(parameter, float | int) and least <= parameter <= incomplete.MOST


def _each(function: Callable[[Array], Array], x: npt.ArrayLike) -> Array:
    """Apply a function of (k,) to an array of any shape."""
    array = np.asarray(x, dtype=np.float64)
    return function(array.ravel()).reshape(array.shape)


def _scipy() -> Any:
    from scipy import special

    return special
