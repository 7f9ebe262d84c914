"""The metalog: a smooth distribution through any stated quantiles; other elicitation is in `elicitation`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions import feasibility
from simlib.distributions.base import (
    Array,
    ParameterError,
    Show,
    count,
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

FEWEST, MOST = 3, 30  # terms
MET = 1e-9  # of the values: what a curve with as many terms as quantiles may be off by
NOTHING = 1e-12  # of the coefficients: a spread that is only an accident of the arithmetic
REACH = 37  # scores whose probabilities are still floats: tails can be heavy
FURTHEST = 700.0  # log odds beyond which no float has a probability
DIGITS = range(3, 11)  # of a suggestion: as few as leave it possible
ROUNDS = 4  # of a suggestion between bounds, whose scale bends


@dataclass(frozen=True, slots=True)
class Metalog(ByTable):
    """A smooth curve through every stated quantile, or nearest to them with fewer terms.

    Parameters
    ----------
    quantiles
        Probability of not being exceeded to value, three to thirty of them; kept as sorted pairs.
    low, high
        Bounds; either may be left out.
    terms
        How many terms the curve has: as many as quantiles, unless fewer are asked for. Then the
        sum of squared differences (on the scale of the curve) is least.

    Notes
    -----
    M(y) = a1 + a2 L + a3 c L + a4 c + a5 c^2 + a6 c^2 L + ..., L = log(y/(1-y)), c = y - 1/2;
    of log(x - low), -log(high - x) or log((x - low)/(high - x)) where there are bounds. The
    coefficients are kept in the equal, but well conditioned, form of `feasibility`, which also
    says in what order terms come in.

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
    terms: int | None = None
    coefficients: tuple[float, ...] = field(init=False, repr=False, compare=False)
    family: ClassVar[str] = "metalog"

    def __post_init__(self) -> None:
        pairs = checked_quantiles(self.quantiles)
        if not FEWEST <= len(pairs) <= MOST:
            refuse("quantiles", f"{FEWEST} to {MOST} quantiles", len(pairs))
        low, high = bounds(self.low, self.high)
        terms = len(pairs) if self.terms is None else count("terms", self.terms)
        if not FEWEST <= terms <= len(pairs):
            refuse("terms", f"from {FEWEST} terms to as many as there are quantiles ({len(pairs)})", terms)
        settle(self, quantiles=pairs, low=low, high=high, terms=terms)
        self._check_inside()
        found = self._fitted(pairs)
        fault = self._fault(found)
        if fault is not None:
            raise ParameterError("quantiles", f"{fault[0]}{self._nearest()}; {fault[1]}")
        settle(self, coefficients=tuple(found.tolist()))
        self._check_met()

    def _check_inside(self) -> None:
        first, last = self.quantiles[0][1], self.quantiles[-1][1]
        if self.low is not None and first <= self.low:
            refuse("low", f"a bound below every quantile ({first:.10g})", self.low)
        if self.high is not None and last >= self.high:
            refuse("high", f"a bound above every quantile ({last:.10g})", self.high)

    def _check_met(self) -> None:
        """Refuse what the arithmetic cannot meet: quantiles too close together for so many terms."""
        p, x = np.array(self.quantiles).T
        room = MET * np.maximum(np.abs(x), np.ptp(x))
        if self.terms == len(p) and np.any(np.abs(self.ppf(p) - x) > room):
            message = f"no curve of {self.terms} terms meets these quantiles to nine digits; ask for fewer terms"
            raise ParameterError("quantiles", message)

    def _fitted(self, pairs: tuple[tuple[float, float], ...]) -> Array:
        """Give the coefficients through the pairs, or nearest to them."""
        assert self.terms is not None  # settled before anything is fitted
        p, x = np.array(pairs).T
        rows, values = feasibility.basis(special.logit(p), self.terms), self._unbound(x)
        found = np.linalg.lstsq(rows, values, rcond=None)[0]
        level, _ = feasibility.parts(self.terms)
        if np.abs(found[level:]).sum() <= NOTHING * np.abs(found).sum():
            found[level:] = 0.0
        return np.asarray(found)

    def _fault(self, found: Array) -> tuple[str, str] | None:
        """Say why a curve is no distribution, and what else might help; None where it is one."""
        turning = feasibility.turning_point(found)
        if turning is not None:
            bounded = self.low is not None and self.high is not None
            ways = "goes through" if self.terms == len(self.quantiles) else "comes near"
            message = f"no metalog of {self.terms} terms {ways} these quantiles: {self._where(turning)} its curve"
            hint = "or move the middle ones" if bounded else "or give low and high bounds"
            return f"{message} would turn back", hint
        _, (down, up) = feasibility.ends(found)
        if down >= self._heaviest()[0] or up >= self._heaviest()[1]:
            message = "the tail through these quantiles is so heavy that its spread is infinite"
            return message, "or give a bound on that side as well"
        return None

    def _where(self, odds: float) -> str:
        """Say which of the stated probabilities lie about these log odds."""
        p = float(special.expit(odds))
        over = [_name(q) for q, _ in self.quantiles if q > p]
        below = [_name(q) for q, _ in self.quantiles if q <= p]
        if not over or not below:
            return f"above {below[-1]}" if below else f"below {over[0]}"
        return f"between {below[-1]} and {over[0]}"

    def _heaviest(self) -> tuple[float, float]:
        """Slopes on log odds, far down and far up, from which the variance is infinite."""
        one_sided = (self.low is None) != (self.high is None)
        down = 0.5 if one_sided and self.low is None else math.inf
        return down, 0.5 if one_sided and self.high is None else math.inf

    def _nearest(self) -> str:
        """Quote the quantiles of the nearest metalog, as round as they can be."""
        p, x = np.array(self.quantiles).T
        close = self._closest(special.logit(p), x)
        if close is None:
            return ""
        for digits in DIGITS:
            pairs = tuple((q, float(f"{value:.{digits}g}")) for q, value in zip(p.tolist(), close, strict=True))
            if self._possible(pairs):
                return "; nearest possible: " + ", ".join(f"{_name(q)} {value:.10g}" for q, value in pairs)
        return ""

    def _closest(self, odds: Array, x: Array) -> Array | None:
        """Give the values whose largest change from x is least; where there are bounds, the scale bends."""
        assert self.terms is not None
        values = self._unbound(x)
        room = [1.0 if bound is None else abs(bound - end) for bound, end in ((self.low, x[0]), (self.high, x[-1]))]
        step = min(1e-6 * float(np.min(np.diff(x))), 0.5 * min(room))  # between the bounds, however near they are
        widths = np.abs(self._unbound(x + step) - self._unbound(x - step)) / (2.0 * step)
        close = None
        if not np.isfinite(widths).all():  # so near a bound that no number lies between
            return None
        for _ in range(1 if self.low is None and self.high is None else ROUNDS):
            moved = feasibility.nearest(odds, values, self.terms, widths=widths, heaviest=self._heaviest())
            if moved is None:
                return None
            close = self._bind(moved)
            change = np.abs(close - x)
            widths = np.where(change > step, np.abs(moved - values) / np.maximum(change, step), widths)
        return close

    def _possible(self, pairs: tuple[tuple[float, float], ...]) -> bool:
        """Whether these could have been stated instead: tried, and proven."""
        x = [value for _, value in pairs]
        inside = (self.low is None or x[0] > self.low) and (self.high is None or x[-1] < self.high)
        rising = all(later > value for value, later in pairwise(x))
        return inside and rising and self._fault(self._fitted(pairs)) is None

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
        """The bounds, where there are any; a curve without spread far out ends of itself."""
        (down, up), s = feasibility.ends(np.array(self.coefficients))
        if not np.any(s):
            low, high = self._bind(np.array([down, up])).tolist()
            return low, high
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    def at(self, p: Array, q: Array) -> Array:
        """The curve at log(p/q)."""
        odds = np.clip(hazard(p, q) - hazard(q, p), -FURTHEST, FURTHEST)
        values = self._bind(self._curve(odds))
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
        first, last = self._curve(np.array([-FURTHEST, FURTHEST]))
        inside = (x > low) & (x < high) & (curve > first) & (curve < last)
        odds = np.where((x <= low) | (curve <= first), -np.inf, np.inf)
        target = curve[inside]
        ends = np.full(target.shape, FURTHEST)
        odds[inside] = rising_root(lambda z, i: self._curve(z) - target[i], -ends, ends)
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
        steep = feasibility.slope(odds[inside], np.array(self.coefficients)) * stretch
        out[inside] = special.expit(odds[inside]) * special.expit(-odds[inside]) / steep
        return out

    def _curve(self, odds: Array) -> Array:
        return feasibility.curve(odds, np.array(self.coefficients))

    def sentence(self, show: Show = plain) -> str:
        """The middle and the usual range, as elicited."""
        said = "through" if self.terms == len(self.quantiles) else "close to"
        return f"a smooth curve {said} {len(self.quantiles)} stated values: {middle_80(self, show)}"


def checked_quantiles(quantiles: object, *, ends: bool = False) -> tuple[tuple[float, float], ...]:
    """Give (probability, value) pairs in order, or refuse; 0 and 1 only where there are ends to state."""
    if isinstance(quantiles, str | bytes) or not isinstance(quantiles, Iterable):
        refuse("quantiles", "probabilities and their values", quantiles)
    items = list(quantiles.items()) if isinstance(quantiles, Mapping) else list(quantiles)
    pairs = sorted((number("quantiles", p), number("quantiles", x)) for p, x in items)
    for p, _ in pairs:
        if not (0.0 < p < 1.0 or (ends and p in (0.0, 1.0))):
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
