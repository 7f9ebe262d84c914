"""The inverse of the normal distribution, in basic arithmetic: written once, for arrays as well as for numbers.

Nothing is compiled here, and no logarithm is called: numpy's and the C library's need not agree in the last digit, and
scores are to be the same to the byte whoever works them out. Wichura (1988), "Algorithm AS 241: the percentage points
of the normal distribution", Applied Statistics 37, PPND16; the logarithm is that of fdlibm (Sun Microsystems, 1993).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["CENTRAL", "NEAR", "central", "distance", "near", "outermost", "write_normal_scores"]

Array = npt.NDArray[np.float64]
Real = TypeVar("Real", Array, np.float64)

CENTRAL = 0.425
"""How far from a half a probability is taken for a central one."""
NEAR = 5.0
"""Up to which distance `near` holds; beyond it are probabilities below 1.4e-11."""

DIGITS = 52  # of a number of double precision, after the first
LEAST = 0x3FE6A09E667F3BCD  # bits of the square root of a half
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the first is short: k times it is exact


def central(q: Real) -> Real:
    """Score of the probability 1/2 + q, for q from -0.425 to 0.425."""
    r = 0.180625 - q * q
    over = ((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
    over = (((over + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
    over = (over + 133.14166789178437745) * r + 3.387132872796366608
    under = ((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
    under = (((under + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
    under = (under + 42.313330701600911252) * r + 1.0
    return q * over / under


def distance(p: Real) -> Real:
    """Square root of minus the logarithm of a probability up to 1/2."""
    bits = np.float64(p).view(np.int64)
    # p = 2^k (1 + f), with 1 + f from the square root of a half to that of two
    k = (bits - LEAST) >> DIGITS
    f = np.int64(bits - (k << DIGITS)).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = ((0.1479819860511658591 * z + 0.1531383769920937332) * z + 0.1818357216161805012) * z
    series = ((series + 0.2222219843214978396) * z + 0.2857142874366239149) * z
    series = ((series + 0.3999999999940941908) * z + 0.6666666666666735130) * z
    half = 0.5 * f * f
    root: Real = np.sqrt(((half - (s * (half + series) + k * LN2_LOW)) - f) - k * LN2_HIGH)
    return root


def near(r: Real) -> Real:
    """Distance of a score from nought at a `distance` up to `NEAR`."""
    r = r - 1.6
    over = ((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
    over = (((over + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
    over = (over + 4.6303378461565452959) * r + 1.42343711074968357734
    under = ((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
    under = (((under + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r
    under = (under + 2.05319162663775882187) * r + 1.0
    return over / under


def outermost(r: Real) -> Real:
    """Distance of a score from nought at a `distance` beyond `NEAR`."""
    r = r - 5.0
    over = ((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
    over = (((over + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
    over = (over + 5.4637849111641143699) * r + 6.6579046435011037772
    under = ((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
    under = (((under + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.1369298809227358053) * r
    under = (under + 0.59983220655588793769) * r + 1.0
    return over / under


def write_normal_scores(u: Array) -> None:
    """Put the scores of probabilities, between 0 and 1, in the place of them.

    >>> u = np.array([0.025, 0.5])
    >>> write_normal_scores(u)
    >>> u.round(6).tolist()
    [-1.959964, 0.0]
    """
    q = u - 0.5
    far = np.flatnonzero(np.abs(q) > CENTRAL)
    p = u[far]
    u[:] = central(q)
    r = distance(np.minimum(p, 1.0 - p))
    score = near(r)
    beyond = r > NEAR
    score[beyond] = outermost(r[beyond])
    u[far] = np.copysign(score, p - 0.5)
