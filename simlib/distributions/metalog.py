"""The metalog: a smooth distribution through any stated quantiles; other elicitation is in `elicitation`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import special

from simlib.distributions.base import (
    Array,
    ParameterError,
    Show,
    hazard,
    middle_80,
    number,
    plain,
    refuse,
    settle,
)
from simlib.distributions.roots import rising_root
from simlib.distributions.tables import ByTable
from simlib.distributions.truncated import bounds, moments_by_score

__all__ = ["Metalog", "checked_quantiles"]

FEWEST, MOST = 3, 10  # terms; beyond ten the equations lose their digits
# Power of c, and whether times L, in Keelin's order (his equation 6: c L comes before c, later after).
TERMS = [(0, False), (0, True), (1, True), (1, False), (2, False), (2, True), (3, False), (3, True)]
TERMS += [(4, False), (4, True)]
REACH = 37  # scores whose probabilities are still floats: tails can be heavy
FURTHEST = 700.0  # log odds beyond which no float has a probability


@dataclass(frozen=True, slots=True)
class Metalog(ByTable):
    """A smooth curve through every stated quantile, as many terms as quantiles.

    Parameters
    ----------
    quantiles
        Probability of not being exceeded to value, three to ten of them; kept as sorted pairs.
    low, high
        Bounds; either may be left out.

    Notes
    -----
    M(y) = a1 + a2 L + a3 c L + a4 c + a5 c^2 + a6 c^2 L + ..., L = log(y/(1-y)), c = y - 1/2;
    of log(x - low), -log(high - x) or log((x - low)/(high - x)) where there are bounds.

    References
    ----------
    Keelin (2016), "The metalog distributions", Decision Analysis 13(4).

    Examples
    --------
    >>> round(Metalog({0.1: 2.0, 0.5: 3.0, 0.9: 5.0}, low=0.0).quantile(0.9), 9)
    5.0
    """

    quantiles: tuple[tuple[float, float], ...]
    low: float | None = None
    high: float | None = None
    coefficients: tuple[float, ...] = field(init=False, repr=False, compare=False)
    family: ClassVar[str] = "metalog"

    def __post_init__(self) -> None:
        pairs = checked_quantiles(self.quantiles)
        if not FEWEST <= len(pairs) <= MOST:
            refuse("quantiles", f"{FEWEST} to {MOST} quantiles", len(pairs))
        low, high = bounds(self.low, self.high)
        settle(self, quantiles=pairs, low=low, high=high)
        self._check_inside()
        p, x = np.array(pairs).T
        terms = np.stack(_terms(special.logit(p), len(pairs)), axis=1)
        settle(self, coefficients=tuple(np.linalg.solve(terms, self._unbound(x)).tolist()))
        self._check_feasible()

    def _check_inside(self) -> None:
        first, last = self.quantiles[0][1], self.quantiles[-1][1]
        if self.low is not None and first <= self.low:
            refuse("low", f"a bound below every quantile ({first:.10g})", self.low)
        if self.high is not None and last >= self.high:
            refuse("high", f"a bound above every quantile ({last:.10g})", self.high)

    def _check_feasible(self) -> None:
        odds = np.linspace(-FURTHEST, FURTHEST, 28_001)
        centre = np.concatenate([np.linspace(-40.0, 40.0, 16_001), odds])
        if np.min(_slope(centre, self.coefficients)) <= 0.0:
            message = "no metalog goes through these quantiles: somewhere its curve would turn back"
            bounded = self.low is not None and self.high is not None
            hint = "move the middle ones" if bounded else "give low and high bounds, or move the middle ones"
            raise ParameterError("quantiles", f"{message}; {hint}")
        down, up = _slope(np.array([-FURTHEST, FURTHEST]), self.coefficients)
        heavy_up = self.low is not None and self.high is None and up >= 0.5
        if heavy_up or (self.high is not None and self.low is None and down >= 0.5):
            message = "the tail through these quantiles is so heavy that its spread is infinite"
            raise ParameterError("quantiles", f"{message}; give a bound on that side as well")

    def _unbound(self, x: npt.ArrayLike) -> Array:
        """From values to the scale of the curve."""
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(divide="ignore"):
            lower = np.log(x - self.low) if self.low is not None else 0.0
            upper = np.log(self.high - x) if self.high is not None else 0.0
        return x if self.low is None and self.high is None else np.asarray(lower - upper)

    def _bind(self, curve: Array) -> Array:
        """From the scale of the curve to values."""
        with np.errstate(over="ignore"):
            if self.low is not None and self.high is not None:
                return np.asarray(self.low + (self.high - self.low) * special.expit(curve))
            if self.low is not None:
                return self.low + np.exp(curve)
            return self.high - np.exp(-curve) if self.high is not None else curve

    @property
    def mean(self) -> float:
        """Mean, by quadrature."""
        return moments_by_score(self, REACH)[0]

    @property
    def sd(self) -> float:
        """Standard deviation, by quadrature."""
        return moments_by_score(self, REACH)[1]

    @property
    def support(self) -> tuple[float, float]:
        """The bounds, where there are any."""
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    def at(self, p: Array, q: Array) -> Array:
        """The curve at log(p/q)."""
        odds = np.clip(hazard(p, q) - hazard(q, p), -FURTHEST, FURTHEST)
        values = self._bind(_curve(odds, self.coefficients))
        low, high = self.support
        return np.where(np.asarray(p) <= 0.0, low, np.where(np.asarray(q) <= 0.0, high, values))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Where the curve passes x, by a root."""
        return np.asarray(special.expit(self._odds(x)))

    def sf(self, x: npt.ArrayLike) -> Array:
        """What is above x."""
        return np.asarray(special.expit(-self._odds(x)))

    def _odds(self, x: npt.ArrayLike) -> Array:
        low, high = self.support
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(invalid="ignore"):  # outside the bounds there is no such point
            curve = self._unbound(x)
        first, last = _curve(np.array([-FURTHEST, FURTHEST]), self.coefficients)
        inside = (x > low) & (x < high) & (curve > first) & (curve < last)
        odds = np.where((x <= low) | (curve <= first), -np.inf, np.inf)
        target = curve[inside]
        ends = np.full(target.shape, FURTHEST)
        odds[inside] = rising_root(lambda z, i: _curve(z, self.coefficients) - target[i], -ends, ends)
        return odds

    def _density(self, x: Array) -> Array:
        """1/(dM/dy), and of the curve on the scale of the values where there are bounds."""
        odds = self._odds(x)
        below = 1.0 if self.low is None else x - self.low
        over = 1.0 if self.high is None else self.high - x
        width = 1.0 if self.low is None or self.high is None else self.high - self.low
        out = np.zeros(x.shape)
        inside = np.isfinite(odds)
        stretch = (below * over / width * np.ones(x.shape))[inside]  # dx/dM
        steep = _slope(odds[inside], self.coefficients) * stretch
        out[inside] = special.expit(odds[inside]) * special.expit(-odds[inside]) / steep
        return out

    def sentence(self, show: Show = plain) -> str:
        """The middle and the usual range, as elicited."""
        return f"a smooth curve through {len(self.quantiles)} stated values: {middle_80(self, show)}"


def checked_quantiles(quantiles: object) -> tuple[tuple[float, float], ...]:
    """Give (probability, value) pairs in order, or refuse."""
    if isinstance(quantiles, str | bytes) or not isinstance(quantiles, Iterable):
        refuse("quantiles", "probabilities and their values", quantiles)
    items = list(quantiles.items()) if isinstance(quantiles, Mapping) else list(quantiles)
    pairs = sorted((number("quantiles", p), number("quantiles", x)) for p, x in items)
    for p, _ in pairs:
        if not 0.0 < p < 1.0:
            refuse("quantiles", "probabilities above 0 and below 1", p)
    for (p, x), (later_p, later_x) in pairwise(pairs):
        if later_p == p:
            refuse("quantiles", "each probability once", p)
        if later_x <= x:
            message = f"expected a value above {x:.10g} at {_name(later_p)}, as it is at {_name(p)}"
            raise ParameterError("quantiles", f"{message}, got {later_x:.10g}")
    return tuple(pairs)


def _name(p: float) -> str:
    return f"p{100.0 * p:.6g}"


def _terms(odds: Array, terms: int) -> list[Array]:
    """What each coefficient multiplies, at log odds of any shape."""
    centre = 0.5 * np.tanh(0.5 * odds)
    return [centre**power * (odds if logged else 1.0) for power, logged in TERMS[:terms]]


def _curve(odds: Array, coefficients: tuple[float, ...]) -> Array:
    """M at log odds of any shape; summed term by term, so that no value depends on its neighbours."""
    total = np.zeros_like(odds)
    for a, term in zip(coefficients, _terms(odds, len(coefficients)), strict=True):
        total += a * term
    return total


def _slope(odds: Array, coefficients: tuple[float, ...]) -> Array:
    """dM/dL at log odds (n,), in closed form."""
    centre = 0.5 * np.tanh(0.5 * odds)
    width = special.expit(odds) * special.expit(-odds)  # dc/dL
    total = np.zeros_like(odds)
    for a, (power, logged) in zip(coefficients, TERMS, strict=False):
        turning = power * centre ** max(power - 1, 0) * width
        total += a * (turning * odds + centre**power if logged else turning)
    return total
