"""Families of a smooth or straight shape between two ends; cut ones are in `truncated`, stated ones in `piecewise`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import (
    Array,
    Show,
    above,
    halves,
    middle_80,
    number,
    plain,
    positive,
    refuse,
    settle,
)
from simlib.distributions.tables import ByTable

__all__ = ["Beta", "LogUniform", "Pert", "Triangular", "Uniform"]

LARGEST_BETA = 1e9  # beyond it scipy's inverse loses its digits
LARGEST_LAMBDA = 1e6
LARGEST_RATIO = 1e300  # of the ends of a loguniform: a number can hold no more


@dataclass(frozen=True, slots=True)
class Uniform(ByTable):
    """Every value from low to high equally likely.

    >>> Uniform(1.0, 3.0).mean
    2.0
    """

    low: float
    high: float
    family: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        low = number("low", self.low)
        settle(self, low=low, high=above("high", self.high, other="low", bound=low))

    @property
    def mean(self) -> float:
        """The middle."""
        return 0.5 * (self.low + self.high)

    @property
    def sd(self) -> float:
        """Width over the root of twelve."""
        return (self.high - self.low) / math.sqrt(12.0)

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return self.low, self.high

    def at(self, p: Array, q: Array) -> Array:
        """Low + p (high - low), counted from the nearer end."""
        width = self.high - self.low
        return np.where(p <= q, self.low + p * width, self.high - q * width)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Share of the width below x."""
        return np.clip((np.asarray(x) - self.low) / (self.high - self.low), 0.0, 1.0)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Share of the width above x."""
        return np.clip((self.high - np.asarray(x)) / (self.high - self.low), 0.0, 1.0)

    def _density(self, x: Array) -> Array:
        """One over the width."""
        return np.full(x.shape, 1.0 / (self.high - self.low))

    def sentence(self, show: Show = plain) -> str:
        """Low and high, all alike."""
        return f"anywhere from {show(self.low)} to {show(self.high)}, all equally likely"


@dataclass(frozen=True, slots=True)
class LogUniform(ByTable):
    """From low to high, every doubling equally likely."""

    low: float
    high: float
    family: ClassVar[str] = "loguniform"

    def __post_init__(self) -> None:
        low = positive("low", self.low)
        high = above("high", self.high, other="low", bound=low)
        if high > LARGEST_RATIO * low:
            refuse("high", f"at most {LARGEST_RATIO:g} times low", high)
        settle(self, low=low, high=high)

    @property
    def _length(self) -> float:
        return math.log(self.high / self.low)

    @property
    def mean(self) -> float:
        """The logarithmic mean of low and high."""
        return (self.high - self.low) / self._length

    @property
    def sd(self) -> float:
        """Root of E[x^2] - mean^2."""
        return math.sqrt((self.high**2 - self.low**2) / (2.0 * self._length) - self.mean**2)

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return self.low, self.high

    def at(self, p: Array, q: Array) -> Array:
        """Low times (high / low)^p, counted from the nearer end."""
        nearer = np.where(p <= q, self.low, self.high)
        return nearer * np.exp(self._length * np.where(p <= q, p, -q))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Share of the doublings below x."""
        inside = np.clip(x, self.low, self.high)
        return np.log(inside / self.low) / self._length

    def sf(self, x: npt.ArrayLike) -> Array:
        """Share of the doublings above x."""
        inside = np.clip(x, self.low, self.high)
        return np.log(self.high / inside) / self._length

    def _density(self, x: Array) -> Array:
        """1 / (x log(high / low))."""
        return 1.0 / (x * self._length)

    def sentence(self, show: Show = plain) -> str:
        """Low and high, small values likelier than large ones."""
        return f"anywhere from {show(self.low)} to {show(self.high)}, each doubling equally likely"


@dataclass(frozen=True, slots=True)
class Triangular(ByTable):
    """From low to high, likelihood falling in straight lines from the mode.

    >>> Triangular(1.0, 1.2, 3.0).sentence(lambda value: f"£{value:.1f}m")
    'somewhere from £1.0m to £3.0m, most likely £1.2m'
    """

    low: float
    mode: float
    high: float
    family: ClassVar[str] = "triangular"

    def __post_init__(self) -> None:
        settle_three(self, self.low, self.mode, self.high)

    @property
    def mean(self) -> float:
        """Mean of the three."""
        return (self.low + self.mode + self.high) / 3.0

    @property
    def sd(self) -> float:
        """Root of (a^2 + b^2 + ab)/18 with a and b the two sides."""
        left, right = self.mode - self.low, self.high - self.mode
        return math.sqrt((left * left + right * right + left * right) / 18.0)

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return self.low, self.high

    def at(self, p: Array, q: Array) -> Array:
        """Low + sqrt(p w (mode - low)), or high - sqrt(q w (high - mode)) beyond the mode."""
        width, left = self.high - self.low, self.mode - self.low
        up = self.low + np.sqrt(p * (width * left))
        down = self.high - np.sqrt(q * (width * (self.high - self.mode)))
        return np.where(np.asarray(p) <= left / width, up, down)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Area of the triangle below x."""
        x = np.clip(x, self.low, self.high)
        return np.where(x <= self.mode, self._left(x), 1.0 - self._right(x))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Area of the triangle above x."""
        x = np.clip(x, self.low, self.high)
        return np.where(x <= self.mode, 1.0 - self._left(x), self._right(x))

    def _left(self, x: Array) -> Array:
        side = (self.high - self.low) * (self.mode - self.low)
        return (x - self.low) ** 2 / (side or 1.0)

    def _right(self, x: Array) -> Array:
        side = (self.high - self.low) * (self.high - self.mode)
        return (self.high - x) ** 2 / (side or 1.0)

    def _density(self, x: Array) -> Array:
        """Straight lines up to 2 / (high - low) at the mode."""
        left, right = self.mode - self.low, self.high - self.mode
        rising = (x < self.mode) | (right == 0.0)
        height = np.where(rising, (x - self.low) / (left or 1.0), (self.high - x) / (right or 1.0))
        return np.asarray(2.0 / (self.high - self.low) * height)

    def sentence(self, show: Show = plain) -> str:
        """Low, high and the most likely value."""
        return f"somewhere from {show(self.low)} to {show(self.high)}, most likely {show(self.mode)}"


@dataclass(frozen=True, slots=True)
class Beta(ByTable):
    """A share, or a value between two bounds, with any lean.

    >>> round(Beta(18.0, 1.2).quantile(0.5), 2)
    0.95
    """

    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0
    family: ClassVar[str] = "beta"

    def __post_init__(self) -> None:
        low = number("low", self.low)
        high = above("high", self.high, other="low", bound=low)
        alpha, beta = positive("alpha", self.alpha), positive("beta", self.beta)
        for name, value in (("alpha", alpha), ("beta", beta)):
            if value > LARGEST_BETA:
                refuse(name, f"at most {LARGEST_BETA:g} (so narrow a beta is a normal)", value)
        settle(self, alpha=alpha, beta=beta, low=low, high=high)

    @classmethod
    def from_moments(cls, mean: object, sd: object, low: object = 0.0, high: object = 1.0) -> Beta:
        """Give the beta with this mean and standard deviation between these bounds."""
        lower = number("low", low)
        upper = above("high", high, other="low", bound=lower)
        centre, spread = number("mean", mean), positive("sd", sd)
        if not lower < centre < upper:
            refuse("mean", f"a number between low ({lower:.10g}) and high ({upper:.10g})", centre)
        widest = math.sqrt((centre - lower) * (upper - centre))
        if spread >= widest:
            refuse("sd", f"less than {widest:.6g}, the most that these bounds and this mean allow", spread)
        total = (widest / spread) ** 2 - 1.0
        part = (centre - lower) / (upper - lower)
        return cls(part * total, (1.0 - part) * total, lower, upper)

    @property
    def mean(self) -> float:
        """Low + (high - low) alpha / (alpha + beta)."""
        return self.low + (self.high - self.low) * self.alpha / (self.alpha + self.beta)

    @property
    def sd(self) -> float:
        """Root of alpha beta / ((alpha + beta)^2 (alpha + beta + 1)), times the width."""
        total = self.alpha + self.beta
        return (self.high - self.low) * math.sqrt(self.alpha * self.beta / (total + 1.0)) / total

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return self.low, self.high

    def at(self, p: Array, q: Array) -> Array:
        """Inverse of the incomplete beta function, from the nearer tail."""
        unit = halves(
            p,
            q,
            lambda below: special.betaincinv(self.alpha, self.beta, below),
            lambda over: special.betainccinv(self.alpha, self.beta, over),
        )
        lost = np.isnan(unit)  # scipy gives up here and there below 1e-16, where the first term of the series is exact
        if lost.any():
            p, q = np.broadcast_to(p, lost.shape), np.broadcast_to(q, lost.shape)
            first = _first_term(self.alpha, self.beta, p), 1.0 - _first_term(self.beta, self.alpha, q)
            unit[lost] = np.where(p <= q, *first)[lost]
        return self.low + (self.high - self.low) * unit

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Incomplete beta function."""
        inside = np.clip((np.asarray(x) - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.asarray(special.betainc(self.alpha, self.beta, inside))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Incomplete beta function, counted from the top."""
        inside = np.clip((self.high - np.asarray(x)) / (self.high - self.low), 0.0, 1.0)
        return np.asarray(special.betainc(self.beta, self.alpha, inside))

    def _density(self, x: Array) -> Array:
        """t^(alpha - 1) (1 - t)^(beta - 1) / B(alpha, beta), over the width."""
        width = self.high - self.low
        logarithm = special.xlogy(self.alpha - 1.0, (x - self.low) / width)
        logarithm += special.xlogy(self.beta - 1.0, (self.high - x) / width)
        return np.asarray(np.exp(logarithm - special.betaln(self.alpha, self.beta)) / width)

    def sentence(self, show: Show = plain) -> str:
        """The bounds, the middle and the usual range."""
        return f"never outside {show(self.low)} to {show(self.high)}; {middle_80(self, show)}"


@dataclass(frozen=True, slots=True)
class Pert(ByTable):
    """From low to high in a smooth hump around the mode; lambda says how strongly.

    References
    ----------
    Malcolm et al. (1959), Operations Research 7; Vose (2008), Risk Analysis, for lambda.
    """

    low: float
    mode: float
    high: float
    lambda_: float = 4.0
    family: ClassVar[str] = "pert"

    def __post_init__(self) -> None:
        settle_three(self, self.low, self.mode, self.high)
        strength = positive("lambda", self.lambda_)
        if strength > LARGEST_LAMBDA:
            refuse("lambda", f"at most {LARGEST_LAMBDA:g}", strength)
        settle(self, lambda_=strength)

    @property
    def _beta(self) -> Beta:
        pull = self.lambda_ / (self.high - self.low)
        alpha, beta = 1.0 + pull * (self.mode - self.low), 1.0 + pull * (self.high - self.mode)
        return Beta(alpha, beta, self.low, self.high)

    @property
    def mean(self) -> float:
        """(low + lambda mode + high) / (lambda + 2)."""
        return (self.low + self.lambda_ * self.mode + self.high) / (self.lambda_ + 2.0)

    @property
    def sd(self) -> float:
        """Root of (mean - low)(high - mean) / (lambda + 3)."""
        return math.sqrt((self.mean - self.low) * (self.high - self.mean) / (self.lambda_ + 3.0))

    @property
    def support(self) -> tuple[float, float]:
        """From low to high."""
        return self.low, self.high

    def at(self, p: Array, q: Array) -> Array:
        """Inverse of the beta it is."""
        return self._beta.at(p, q)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Distribution function of the beta it is."""
        return self._beta.cdf(x)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Survival function of the beta it is."""
        return self._beta.sf(x)

    def _density(self, x: Array) -> Array:
        """Density of the beta it is."""
        return self._beta.density(x)

    def sentence(self, show: Show = plain) -> str:
        """Low, high and the most likely value, the ends being rare."""
        ends = f"somewhere from {show(self.low)} to {show(self.high)}"
        return f"{ends}, most likely {show(self.mode)}, seldom near the ends"


def _first_term(alpha: float, beta: float, p: Array) -> Array:
    """Give where I_t(alpha, beta) is p for small t: (p alpha B(alpha, beta))^(1/alpha)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp((np.log(p) + math.log(alpha) + special.betaln(alpha, beta)) / alpha))


def settle_three(owner: object, low: object, mode: object, high: object) -> None:
    """Check low <= mode <= high with low < high, and put them into their fields."""
    lowest, middle, highest = number("low", low), number("mode", mode), number("high", high)
    if highest <= lowest:
        refuse("high", f"a number above low ({lowest:.10g})", highest)
    if middle < lowest:
        refuse("mode", f"a number not below low ({lowest:.10g})", middle)
    if middle > highest:
        refuse("mode", f"a number not above high ({highest:.10g})", middle)
    settle(owner, low=lowest, mode=middle, high=highest)
