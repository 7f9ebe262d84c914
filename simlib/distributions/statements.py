"""What people can say about one number, and what a distribution makes of it; fitting is in `elicitation`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from simlib.distributions.base import Distribution

__all__ = ["Said", "Statement", "fitted_value", "listed", "mode_of", "quantile_name", "quantile_of_name"]

NAME = re.compile(r"p(\d{1,2})(?:[._](\d+))?")  # p10, p97.5, and p97_5 where a name has no dot


class Said(NamedTuple):
    """One statement: its word (p10, mode, mean, sd), its value, and the probability of a quantile."""

    word: str
    value: float
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said about one number, beside its family; a quantile of 0 or 1 is an end of the support."""

    pairs: tuple[tuple[float, float], ...]
    mode: float | None = None
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    df: float | None = None
    lambda_: float | None = None
    terms: float | None = None

    @property
    def quantiles(self) -> tuple[Said, ...]:
        """The quantiles, in order."""
        return tuple(Said(quantile_name(p), x, p) for p, x in self.pairs)

    @property
    def others(self) -> tuple[Said, ...]:
        """Mode, mean and sd, where they were stated."""
        named = (("mode", self.mode), ("mean", self.mean), ("sd", self.sd))
        return tuple(Said(name, value) for name, value in named if value is not None)

    @property
    def told(self) -> tuple[Said, ...]:
        """Every statement, those that settle most first: the outer quantiles, then what is no quantile."""
        quantiles = self.quantiles
        outer = (quantiles[0], quantiles[-1]) if len(quantiles) > 1 else quantiles
        return (*outer, *self.others, *quantiles[1:-1])


def quantile_of_name(name: str) -> float | None:
    """Give the probability that a name such as p10 or median stands for; None for other names.

    >>> quantile_of_name("p97.5"), quantile_of_name("median"), quantile_of_name("low")
    (0.975, 0.5, None)
    """
    if name == "median":
        return 0.5
    found = NAME.fullmatch(name)
    # Through the text, so that it is the float that 0.975 is written as.
    return float(f"{found[1]}.{found[2] or 0}e-2") if found else None


def quantile_name(p: float) -> str:
    """Give the name of a quantile.

    >>> quantile_name(0.975), quantile_name(1e-9)
    ('p97.5', 'p0.0000001')
    """
    name = f"p{100.0 * p:.6g}"
    # What six digits cannot tell from another quantile (or from an end) is written in full.
    known = p in (0.0, 1.0) or quantile_of_name(name) == p
    return name if known else f"p{(100 * Decimal(repr(float(p)))).normalize():f}"


def fitted_value(distribution: Distribution, word: str) -> float | None:
    """Give what a distribution makes of a statement; None where it has no such thing.

    Parameters
    ----------
    distribution
        The fitted one.
    word
        A quantile such as p10 (p0 and p100 are the ends), mode, mean, sd, low or high.

    Examples
    --------
    >>> from simlib.distributions import make
    >>> fitted_value(make("pert", {"low": 1, "mode": 2, "high": 9}), "mode")
    2.0
    """
    if word in ("low", "p0"):
        return distribution.support[0]
    if word in ("high", "p100"):
        return distribution.support[1]
    if word in ("mean", "sd"):
        return float(getattr(distribution, word))
    p = quantile_of_name(word)
    return mode_of(distribution) if p is None else distribution.quantile(p)


def listed(words: list[str], last: str) -> str:
    """Give words as a list in a sentence.

    >>> listed(["p10", "p50", "p90"], "and")
    'p10, p50 and p90'
    """
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def mode_of(distribution: Distribution) -> float | None:
    """Give the most likely value of a family that has one; None for others."""
    find = MODES.get(distribution.family)
    return None if find is None else find(distribution)


def _mode_of_gamma(made: Any) -> float:
    return float(max(made.shape - 1.0, 0.0) * made.scale)


def _mode_of_weibull(made: Any) -> float:
    return float(made.scale * (1.0 - 1.0 / made.shape) ** (1.0 / made.shape)) if made.shape > 1.0 else 0.0


def _mode_of_beta(made: Any) -> float | None:
    if made.alpha < 1.0 or made.beta < 1.0 or made.alpha + made.beta == 2.0:
        return None  # its ends are the likeliest, or all values are
    return float(made.low + (made.high - made.low) * (made.alpha - 1.0) / (made.alpha + made.beta - 2.0))


def _mode_of_truncated(made: Any) -> float | None:
    """Give the parent's, or the end nearest to it: all these families fall away from their mode."""
    inner = mode_of(made.parent)
    return None if inner is None else min(max(inner, made.support[0]), made.support[1])


MODES: Mapping[str, Callable[[Any], float | None]] = {
    "normal": lambda made: float(made.mean),
    "student_t": lambda made: float(made.location),
    "gumbel": lambda made: float(made.location),
    "lognormal": lambda made: math.exp(made.mu - made.sigma**2),
    "gamma": _mode_of_gamma,
    "weibull": _mode_of_weibull,
    "beta": _mode_of_beta,
    "triangular": lambda made: float(made.mode),
    "pert": lambda made: float(made.mode),
    "truncated": _mode_of_truncated,
}
