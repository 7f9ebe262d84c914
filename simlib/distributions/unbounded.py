"""Families without an end on one or both sides; bounded ones and counts are elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import (
    Array,
    ByInversion,
    Show,
    bell,
    halves,
    hazard,
    middle_80,
    number,
    plain,
    positive,
    refuse,
    score,
    settle,
)
from simlib.distributions.tables import ByTable

__all__ = ["Exponential", "Gamma", "Gumbel", "Lognormal", "Normal", "StudentT", "Weibull"]

Z90 = float(special.ndtri(0.9))
LARGEST_LOG = 300.0
LEAST_WEIBULL = 0.03
LARGEST_GAMMA = 1e6  # beyond it scipy's incomplete gamma function and its inverse lose their digits
EULER_GAMMA = float(np.euler_gamma)
ROOT_TAU = math.sqrt(math.tau)


@dataclass(frozen=True, slots=True)
class Normal(ByInversion):
    """The bell curve: as likely above as below the mean."""

    mean: float
    sd: float
    family: ClassVar[str] = "normal"

    def __post_init__(self) -> None:
        settle(self, mean=number("mean", self.mean), sd=positive("sd", self.sd))

    @property
    def support(self) -> tuple[float, float]:
        """Everything."""
        return -math.inf, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Mean + sd score(p)."""
        return self.mean + self.sd * score(p, q)

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Mean + sd z."""
        values = np.multiply(z, self.sd, out=out)
        values += self.mean
        return values

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Phi((x - mean)/sd)."""
        return np.asarray(special.ndtr((np.asarray(x) - self.mean) / self.sd))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Phi((mean - x)/sd)."""
        return np.asarray(special.ndtr((self.mean - np.asarray(x)) / self.sd))

    def _density(self, x: Array) -> Array:
        """phi((x - mean)/sd)/sd."""
        return bell((x - self.mean) / self.sd) / self.sd

    def sentence(self, show: Show = plain) -> str:
        """The middle and the usual range."""
        low, high = show(self.quantile(0.1)), show(self.quantile(0.9))
        return f"around {show(self.mean)}, evenly to both sides, from {low} to {high} in 8 of 10 futures"


@dataclass(frozen=True, slots=True)
class Lognormal(ByInversion):
    """Never below nothing, with a longer tail upwards: the logarithm is normal(mu, sigma).

    >>> round(Lognormal.from_median(1.25, 1.84).sigma, 3)
    0.302
    """

    mu: float
    sigma: float
    family: ClassVar[str] = "lognormal"

    def __post_init__(self) -> None:
        mu, sigma = number("mu", self.mu), positive("sigma", self.sigma)
        if abs(mu) + sigma**2 > LARGEST_LOG:
            name, value = ("mu", mu) if abs(mu) > sigma**2 else ("sigma", sigma)
            refuse(name, "a logarithm whose mean and spread a number can hold", value)
        settle(self, mu=mu, sigma=sigma)

    @classmethod
    def from_moments(cls, mean: object, sd: object) -> Lognormal:
        """Give the lognormal with this mean and standard deviation."""
        centre, spread = positive("mean", mean), positive("sd", sd)
        variance = math.log1p((spread / centre) ** 2)
        return cls(math.log(centre) - 0.5 * variance, math.sqrt(variance))

    @classmethod
    def from_median(cls, median: object, p90: object) -> Lognormal:
        """Give the lognormal with this median, exceeding p90 once in ten."""
        middle, high = positive("median", median), number("p90", p90)
        if high <= middle:
            refuse("p90", f"a number above median ({middle:.10g})", high)
        return cls(math.log(middle), math.log(high / middle) / Z90)

    @property
    def mean(self) -> float:
        """exp(mu + sigma^2 / 2)."""
        return math.exp(self.mu + 0.5 * self.sigma**2)

    @property
    def sd(self) -> float:
        """Mean times root of exp(sigma^2) - 1."""
        return self.mean * math.sqrt(math.expm1(self.sigma**2))

    @property
    def support(self) -> tuple[float, float]:
        """Above nothing."""
        return 0.0, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """exp(mu + sigma score(p))."""
        return self.from_score(score(p, q))

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """exp(mu + sigma z)."""
        values = np.multiply(z, self.sigma, out=out)
        values += self.mu
        return np.asarray(np.exp(values, out=out))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Phi((log x - mu)/sigma)."""
        return np.asarray(special.ndtr(self._score(x)))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Phi((mu - log x)/sigma)."""
        return np.asarray(special.ndtr(-self._score(x)))

    def _density(self, x: Array) -> Array:
        """phi((log x - mu)/sigma)/(sigma x), of the logarithm: at nothing it is nothing."""
        x = np.maximum(x, np.finfo(np.float64).tiny)
        return np.asarray(np.exp(-0.5 * self._score(x) ** 2 - np.log(x)) / (self.sigma * ROOT_TAU))

    def _score(self, x: npt.ArrayLike) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma)

    def sentence(self, show: Show = plain) -> str:
        """The middle, the usual range and the long tail."""
        return f"{middle_80(self, show)}, with a longer tail upwards"


@dataclass(frozen=True, slots=True)
class Gamma(ByTable):
    """Never below nothing, with a tail upwards lighter than a lognormal's: rates and waiting times."""

    shape: float
    scale: float
    family: ClassVar[str] = "gamma"

    def __post_init__(self) -> None:
        shape = positive("shape", self.shape)
        if shape > LARGEST_GAMMA:
            refuse("shape", f"at most {LARGEST_GAMMA:g} (so narrow a gamma is a normal)", shape)
        settle(self, shape=shape, scale=positive("scale", self.scale))

    @classmethod
    def from_moments(cls, mean: object, sd: object) -> Gamma:
        """Give the gamma with this mean and standard deviation."""
        centre, spread = positive("mean", mean), positive("sd", sd)
        least = centre / math.sqrt(LARGEST_GAMMA)
        if spread < least:
            refuse("sd", f"at least {least:.6g} (so narrow a gamma is a normal)", spread)
        return cls((centre / spread) ** 2, spread**2 / centre)

    @property
    def mean(self) -> float:
        """Shape times scale."""
        return self.shape * self.scale

    @property
    def sd(self) -> float:
        """Root of shape, times scale."""
        return math.sqrt(self.shape) * self.scale

    @property
    def support(self) -> tuple[float, float]:
        """Above nothing."""
        return 0.0, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Inverse of the incomplete gamma function, from the nearer tail."""
        unit = halves(
            p,
            q,
            lambda below: special.gammaincinv(self.shape, below),
            lambda over: special.gammainccinv(self.shape, over),
        )
        return self.scale * unit

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Incomplete gamma function."""
        return np.asarray(special.gammainc(self.shape, np.maximum(x, 0.0) / self.scale))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Complement of the incomplete gamma function."""
        return np.asarray(special.gammaincc(self.shape, np.maximum(x, 0.0) / self.scale))

    def _density(self, x: Array) -> Array:
        """t^(shape - 1) exp(-t) / Gamma(shape), over the scale."""
        t = x / self.scale
        return np.asarray(np.exp(special.xlogy(self.shape - 1.0, t) - t - special.gammaln(self.shape)) / self.scale)

    def sentence(self, show: Show = plain) -> str:
        """The mean, the middle and the usual range."""
        return f"{show(self.mean)} on average; {middle_80(self, show)}, never below {show(0.0)}"


@dataclass(frozen=True, slots=True)
class Weibull(ByTable):
    """Times to an event whose hazard rises (shape above 1) or falls (below 1)."""

    shape: float
    scale: float
    family: ClassVar[str] = "weibull"

    def __post_init__(self) -> None:
        shape = positive("shape", self.shape)
        if shape < LEAST_WEIBULL:
            refuse("shape", f"at least {LEAST_WEIBULL:g} (with less no number can hold the spread)", shape)
        settle(self, shape=shape, scale=positive("scale", self.scale))

    def _moment(self, order: int) -> float:
        return math.exp(math.lgamma(1.0 + order / self.shape))

    @property
    def mean(self) -> float:
        """Scale times Gamma(1 + 1/shape)."""
        return self.scale * self._moment(1)

    @property
    def sd(self) -> float:
        """Root of the second moment less the square of the mean."""
        ratio = math.lgamma(1.0 + 2.0 / self.shape) - 2.0 * math.lgamma(1.0 + 1.0 / self.shape)
        return self.mean * math.sqrt(math.expm1(ratio))

    @property
    def support(self) -> tuple[float, float]:
        """Above nothing."""
        return 0.0, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Scale times (-log q)^(1/shape)."""
        return np.asarray(self.scale * hazard(p, q) ** (1.0 / self.shape))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """1 - exp(-(x/scale)^shape)."""
        return np.asarray(-np.expm1(-self._hazard(x)))

    def sf(self, x: npt.ArrayLike) -> Array:
        """exp(-(x/scale)^shape)."""
        return np.asarray(np.exp(-self._hazard(x)))

    def _hazard(self, x: npt.ArrayLike) -> Array:
        with np.errstate(over="ignore"):  # far above the scale the hazard is infinite and nothing is left
            return np.asarray((np.maximum(x, 0.0) / self.scale) ** self.shape)

    def _density(self, x: Array) -> Array:
        """shape/scale t^(shape - 1) exp(-t^shape)."""
        logarithm = special.xlogy(self.shape - 1.0, x / self.scale) - self._hazard(x)
        return np.asarray(self.shape / self.scale * np.exp(logarithm))

    def sentence(self, show: Show = plain) -> str:
        """The mean, the middle and the usual range."""
        return f"{show(self.mean)} on average; {middle_80(self, show)}, never below {show(0.0)}"


@dataclass(frozen=True, slots=True)
class Exponential(ByTable):
    """Waiting time for something that may come at any moment alike."""

    mean: float
    family: ClassVar[str] = "exponential"

    def __post_init__(self) -> None:
        settle(self, mean=positive("mean", self.mean))

    @property
    def sd(self) -> float:
        """The mean."""
        return self.mean

    @property
    def support(self) -> tuple[float, float]:
        """Above nothing."""
        return 0.0, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """-mean log q."""
        return self.mean * hazard(p, q)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """1 - exp(-x/mean)."""
        return np.asarray(-np.expm1(-np.maximum(x, 0.0) / self.mean))

    def sf(self, x: npt.ArrayLike) -> Array:
        """exp(-x/mean)."""
        return np.asarray(np.exp(-np.maximum(x, 0.0) / self.mean))

    def _density(self, x: Array) -> Array:
        """exp(-x/mean)/mean."""
        return np.asarray(np.exp(-x / self.mean) / self.mean)

    def sentence(self, show: Show = plain) -> str:
        """The mean and the usual range."""
        start = f"{show(self.mean)} on average, small values most likely"
        return f"{start}; above {show(self.quantile(0.9))} in 1 of 10 futures"


@dataclass(frozen=True, slots=True)
class Gumbel(ByTable):
    """The largest of many: a peak near location and a tail upwards (the maximum form).

    References
    ----------
    Gumbel (1958), Statistics of Extremes.
    """

    location: float
    scale: float
    family: ClassVar[str] = "gumbel"

    def __post_init__(self) -> None:
        settle(self, location=number("location", self.location), scale=positive("scale", self.scale))

    @property
    def mean(self) -> float:
        """Location + 0.5772 scale."""
        return self.location + EULER_GAMMA * self.scale

    @property
    def sd(self) -> float:
        """Pi over the root of six, times scale."""
        return math.pi * self.scale / math.sqrt(6.0)

    @property
    def support(self) -> tuple[float, float]:
        """Everything."""
        return -math.inf, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Location - scale log(-log p)."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.location - self.scale * np.log(hazard(q, p)))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """exp(-exp(-(x - location)/scale))."""
        return np.asarray(np.exp(-self._rate(x)))

    def sf(self, x: npt.ArrayLike) -> Array:
        """1 - exp(-exp(-(x - location)/scale))."""
        return np.asarray(-np.expm1(-self._rate(x)))

    def _rate(self, x: npt.ArrayLike) -> Array:
        with np.errstate(over="ignore"):  # far below the peak the rate is infinite and the cdf 0
            return np.asarray(np.exp(-(np.asarray(x) - self.location) / self.scale))

    def _density(self, x: Array) -> Array:
        """exp(-t - exp(-t))/scale, t = (x - location)/scale."""
        return np.asarray(np.exp(-(x - self.location) / self.scale - self._rate(x)) / self.scale)

    def sentence(self, show: Show = plain) -> str:
        """The peak, the middle and the usual range."""
        return f"most likely {show(self.location)}; {middle_80(self, show)}, with a longer tail upwards"


@dataclass(frozen=True, slots=True)
class StudentT(ByTable):
    """A bell with heavier tails; df above 2, for with less the spread is infinite."""

    df: float
    location: float
    scale: float
    family: ClassVar[str] = "student_t"

    def __post_init__(self) -> None:
        df = number("df", self.df)
        if df <= 2.0:
            refuse("df", "a number above 2 (with less the spread is infinite)", df)
        location, scale = number("location", self.location), positive("scale", self.scale)
        settle(self, df=df, location=location, scale=scale)

    @property
    def mean(self) -> float:
        """The location."""
        return self.location

    @property
    def sd(self) -> float:
        """Scale times root of df/(df - 2)."""
        return self.scale * math.sqrt(self.df / (self.df - 2.0))

    @property
    def support(self) -> tuple[float, float]:
        """Everything."""
        return -math.inf, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Location + scale t(p)."""
        # scipy loses the sign of quantiles that are infinite or nearly so.
        unit = halves(
            p,
            q,
            lambda below: -np.abs(special.stdtrit(self.df, below)),
            lambda over: np.abs(special.stdtrit(self.df, over)),
        )
        return self.location + self.scale * unit

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Student's t distribution function."""
        return np.asarray(special.stdtr(self.df, (np.asarray(x) - self.location) / self.scale))

    def sf(self, x: npt.ArrayLike) -> Array:
        """Student's t survival function."""
        return np.asarray(special.stdtr(self.df, (self.location - np.asarray(x)) / self.scale))

    def _density(self, x: Array) -> Array:
        """(1 + t^2/df)^(-(df + 1)/2) / (sqrt(df) B(1/2, df/2)), over the scale."""
        fall = np.exp(-0.5 * (self.df + 1.0) * np.log1p(((x - self.location) / self.scale) ** 2 / self.df))
        return np.asarray(fall / (math.sqrt(self.df) * special.beta(0.5, 0.5 * self.df) * self.scale))

    def sentence(self, show: Show = plain) -> str:
        """The middle and the usual range, surprises included."""
        low, high = show(self.quantile(0.1)), show(self.quantile(0.9))
        around = f"around {show(self.location)}, evenly to both sides"
        return f"{around}, from {low} to {high} in 8 of 10 futures, with rare large surprises"
