"""What every distribution promises and how a parameter is refused; no family and no table lives here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from simlib import special

Array = npt.NDArray[np.float64]
Show = Callable[[float], str]

LARGEST = 1e100  # a number whose square is still one


class ParameterError(ValueError):
    """A parameter that no distribution of the family can have.

    Parameters
    ----------
    parameter
        Name of the offending parameter, as the user writes it.
    message
        "expected ..., got ..."; the address is added by whoever knows it.
    """

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(parameter, message)  # both in `args`, so that it survives pickling
        self.parameter = parameter
        self.message = message

    def __str__(self) -> str:
        return self.message


class Distribution(Protocol):
    """One uncertain number: its quantiles, its truth (mean, sd, support) and its sentence.

    Values are frozen, hashable, and equal when they say the same thing in the same words.
    """

    def __hash__(self) -> int:
        """Give the same number for the same thing said in the same words."""

    @property
    def family(self) -> str:
        """Name under which the family stands in `FAMILIES`."""

    @property
    def discrete(self) -> bool:
        """Whether all of the probability sits on single values."""

    @property
    def mean(self) -> float:
        """Mean [unit of the value]."""

    @property
    def sd(self) -> float:
        """Standard deviation [unit of the value]."""

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest possible value; infinite where there is none [unit of the value]."""

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Value not exceeded with probability u; any shape."""

    def isf(self, u: npt.ArrayLike) -> Array:
        """Value exceeded with probability u; any shape. Exact where 1 - u would be rounded to 1."""

    def at(self, p: Array, q: Array) -> Array:
        """Value with probability p at or below it and q = 1 - p above it, each as exact as given."""

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Probability of a value at or below x; any shape."""

    def sf(self, x: npt.ArrayLike) -> Array:
        """Probability of a value above x; any shape. Exact where the cdf is rounded to 1."""

    def density(self, x: npt.ArrayLike) -> Array:
        """Probability density of the continuous part at x; any shape [1/unit of the value].

        It integrates to what the single values of `atoms` leave of one, which is nothing where `discrete`.
        """

    def mass(self, x: npt.ArrayLike) -> Array:
        """Probability of exactly x; any shape. Above 0 at the values of `atoms` only."""

    def quantile(self, p: float) -> float:
        """Value not exceeded with probability p."""

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at a finite standard-normal score z: ppf(Phi(z)), the same for any block it is in.

        Any shape; put into `out`, C-contiguous, of that shape and not z itself, where it is given.
        """

    def atoms(self) -> Array:
        """Single values that carry probability of their own, ascending."""

    def sentence(self, show: Show = ...) -> str:
        """One plain-English sentence; `show` prints a value with its unit."""


def plain(value: float) -> str:
    """Print a value to six significant digits, where the unit is not known.

    >>> plain(1250000.0), plain(0.1)
    ('1.25e+06', '0.1')
    """
    return f"{value:.6g}"


class ByInversion:
    """A family that states one thing, `at(p, q)`, and gets its quantiles and scores from it."""

    __slots__ = ()

    @property
    def discrete(self) -> bool:
        """Whether all of the probability sits on single values."""
        return False

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest possible value."""
        raise NotImplementedError

    def at(self, p: Array, q: Array) -> Array:
        """Value with probability p at or below it and q = 1 - p above it."""
        raise NotImplementedError

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Probability of a value at or below x."""
        raise NotImplementedError

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Value not exceeded with probability u."""
        p = probabilities(u)
        with np.errstate(divide="ignore"):  # log(0) at the ends of an unbounded support is meant
            return self.at(p, 1.0 - p)

    def isf(self, u: npt.ArrayLike) -> Array:
        """Value exceeded with probability u."""
        q = probabilities(u)
        with np.errstate(divide="ignore"):
            return self.at(1.0 - q, q)

    def sf(self, x: npt.ArrayLike) -> Array:
        """Probability of a value above x."""
        return 1.0 - self.cdf(x)

    def density(self, x: npt.ArrayLike) -> Array:
        """Probability density of the continuous part at x: nothing outside the support."""
        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        outside = (x < low) | (x > high) | np.isinf(x)
        out = np.zeros(x.shape)
        with np.errstate(divide="ignore", over="ignore", under="ignore"):  # infinite at an end is meant
            out[~outside] = self._density(x[~outside])
        return out

    def _density(self, x: Array) -> Array:
        """Density at finite points (k,) of the support."""
        raise NotImplementedError

    def mass(self, x: npt.ArrayLike) -> Array:
        """Probability of exactly x: none, unless a family says so."""
        return np.zeros(np.shape(x))

    def quantile(self, p: float) -> float:
        """Value not exceeded with probability p."""
        return float(self.ppf(p))

    def from_score(self, z: Array, out: Array | None = None) -> Array:
        """Value at the standard-normal score z."""
        return put(self.at(*tails(z)), out)

    def atoms(self) -> Array:
        """Single values that carry probability of their own: none, unless a family says so."""
        return np.empty(0)


def put(values: Array, out: Array | None) -> Array:
    """Give values where they are wanted, if that is anywhere."""
    if out is None:
        return values
    out[...] = values
    return out


def tails(z: npt.ArrayLike) -> tuple[Array, Array]:
    """Give the probabilities below and above a score, the smaller one to full relative accuracy."""
    z = np.asarray(z, dtype=np.float64)
    small = special.ndtr(-np.abs(z))
    large = 1.0 - small
    below = z <= 0.0
    return np.where(below, small, large), np.where(below, large, small)


def score(p: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Give the standard-normal score with p below and q above it, from the smaller of the two."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    small = special.ndtri(np.minimum(p, q))
    return np.asarray(np.where(p <= q, small, -small))


def hazard(p: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Give -log(q), from p where q is close to one."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(p <= q, -np.log1p(-np.minimum(p, 0.75)), -np.log(q)))


def bell(z: Array) -> Array:
    """Give the standard-normal density at scores."""
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(math.tau))


def halves(p: Array, q: Array, lower: Callable[[Array], Array], upper: Callable[[Array], Array]) -> Array:
    """Give lower(p) below the median and upper(q) above it, each only where it is asked for."""
    p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
    out = np.empty(p.shape)
    low = p <= q
    out[low] = lower(p[low])
    out[~low] = upper(q[~low])
    return out


def probabilities(u: npt.ArrayLike) -> Array:
    """Check that an array holds probabilities.

    Raises
    ------
    ValueError
        If an entry is below 0, above 1 or not a number.
    """
    p = np.asarray(u, dtype=np.float64)
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError("expected probabilities from 0 to 1")
    return p


def refuse(parameter: str, expected: str, got: object) -> NoReturn:
    """Raise the refusal of a parameter in the one form that every refusal has."""
    raise ParameterError(parameter, f"expected {expected}, got {_quoted(got)}")


def _quoted(got: object) -> str:
    if got is None:
        return "nothing"
    return f"{got:.10g}" if type(got) in (float, int) else repr(got)


def number(parameter: str, value: object) -> float:
    """Give a finite float, or refuse; yes/no values and texts are no numbers."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        refuse(parameter, "a number", value)
    checked = float(value)
    if not math.isfinite(checked):
        refuse(parameter, "a finite number", checked)
    if abs(checked) > LARGEST:
        refuse(parameter, f"a number from {-LARGEST:g} to {LARGEST:g}", checked)
    return checked


def positive(parameter: str, value: object) -> float:
    """Give a finite float above zero, or refuse."""
    checked = number(parameter, value)
    if checked <= 0.0:
        refuse(parameter, "a number above 0", checked)
    return checked


def share(parameter: str, value: object) -> float:
    """Give a probability from 0 to 1, or refuse."""
    checked = number(parameter, value)
    if not 0.0 <= checked <= 1.0:
        refuse(parameter, "a share from 0 to 1", checked)
    return checked


def yes_no(parameter: str, value: object) -> bool:
    """Give a yes or a no, or refuse."""
    if not isinstance(value, bool | np.bool_):
        refuse(parameter, "yes or no", value)
    return bool(value)


def count(parameter: str, value: object) -> int:
    """Give a whole number of at least 1, or refuse."""
    checked = number(parameter, value)
    if checked < 1.0 or checked != math.floor(checked):
        refuse(parameter, "a whole number of at least 1", checked)
    return int(checked)


def above(parameter: str, value: object, *, other: str, bound: float) -> float:
    """Give a finite float above another parameter, or refuse."""
    checked = number(parameter, value)
    if checked <= bound:
        refuse(parameter, f"a number above {other} ({bound:.10g})", checked)
    return checked


def numbers(parameter: str, values: object, *, least: int) -> tuple[float, ...]:
    """Give a tuple of finite floats, or refuse; a text is not a list of numbers."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        refuse(parameter, "a list of numbers", values)
    checked = tuple(number(parameter, value) for value in values)
    if len(checked) < least:
        refuse(parameter, f"at least {least} numbers", len(checked))
    return checked


def weights(parameter: str, values: object, *, length: int) -> tuple[float, ...]:
    """Give shares that add up to one, as many as there are things to weigh, or refuse."""
    checked = tuple(share(parameter, value) for value in numbers(parameter, values, least=1))
    if len(checked) != length:
        refuse(parameter, f"{length} weights", len(checked))
    if abs(math.fsum(checked) - 1.0) > 1e-9:
        refuse(parameter, "weights that add up to 1", math.fsum(checked))
    return checked


def settle(owner: object, **values: object) -> None:
    """Put checked values into the fields of a frozen dataclass while it is being made."""
    for name, value in values.items():
        object.__setattr__(owner, name, value)


def in_100(probability: float) -> str:
    """Say a probability as a number of futures.

    >>> in_100(0.45), in_100(0.033)
    ('45 of 100 futures', '3.3 of 100 futures')
    """
    return f"{100.0 * probability:.3g} of 100 futures"


def middle_80(distribution: Distribution, show: Show) -> str:
    """Say the middle and the range that holds 8 futures of 10."""
    low, middle, high = (show(distribution.quantile(p)) for p in (0.1, 0.5, 0.9))
    return f"as likely above as below {middle}, and from {low} to {high} in 8 of 10 futures"
