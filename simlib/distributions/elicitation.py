"""Distributions from what people can say: quantiles, a mode, a mean; parameters are in `families`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import numpy as np
from scipy import special

from simlib.distributions.base import Distribution, ParameterError, above, number, positive, refuse
from simlib.distributions.bounded import Beta, LogUniform, Pert, Triangular, Uniform
from simlib.distributions.metalog import Metalog, checked_quantiles
from simlib.distributions.unbounded import (
    Exponential,
    Gamma,
    Gumbel,
    Lognormal,
    Normal,
    StudentT,
    Weibull,
)

__all__ = ["ELICITED", "fit", "quantile_name", "quantile_of_name"]

CLOSE = 1e-6  # of the stated range: a quantile further off is not met
NAME = re.compile(r"p(\d{1,2})(?:[._](\d+))?")  # p10, p97.5, and p97_5 where a name has no dot


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said about one number, beside its family."""

    pairs: tuple[tuple[float, float], ...]
    mode: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    df: float | None = None
    lambda_: float | None = None

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Probability and value of the first and of the last quantile."""
        return (*self.pairs[0], *self.pairs[-1])


def fit(
    family: str,
    quantiles: Mapping[float, float],
    *,
    mode: float | None = None,
    mean: float | None = None,
    low: float | None = None,
    high: float | None = None,
    df: float | None = None,
    lambda_: float | None = None,
) -> Distribution:
    """Give the member of a family that meets every statement exactly.

    Parameters
    ----------
    family
        One of `ELICITED`.
    quantiles
        Probability of not being exceeded to value [unit of the value].
    mode, mean
        Beside quantiles, for triangular and pert (two quantiles) and normal and lognormal (one).
    low, high
        Bounds, for beta (0 and 1 unless given) and metalog.
    df
        Degrees of freedom, for student_t.
    lambda_
        Strength of the mode, for pert (4 unless given).

    Raises
    ------
    ParameterError
        If no member can, or more than one could; the message says why.

    Examples
    --------
    >>> fit("normal", {0.1: 1.0, 0.9: 9.0}).mean
    5.0
    """
    if family not in ELICITED:
        refuse("dist", f"a family that quantiles can settle ({', '.join(ELICITED)})", family)
    given = {"mode": mode, "mean": mean, "low": low, "high": high, "df": df, "lambda": lambda_}
    _refuse_idle(family, given)
    checked = {name: None if value is None else number(name, value) for name, value in given.items()}
    checked["lambda_"] = checked.pop("lambda")
    pairs = checked_quantiles(quantiles)
    if not pairs:
        refuse("quantiles", "at least one quantile, such as p10", None)
    said = Statement(pairs, **checked)
    fitted = ELICITED[family](said)
    _check_met(family, said, fitted)
    return fitted


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

    >>> quantile_name(0.975)
    'p97.5'
    """
    return f"p{100.0 * p:.6g}"


def _refuse_idle(family: str, given: Mapping[str, float | None]) -> None:
    for name, value in given.items():
        if value is not None and name not in BESIDE.get(family, ()):
            allowed = " or ".join(BESIDE.get(family, ())) or "nothing else"
            message = f"expected {allowed} beside the quantiles of {family}, got {name}"
            raise ParameterError(name, message)


def _check_met(family: str, said: Statement, fitted: Distribution) -> None:
    """Refuse where the inner quantiles are not what the family makes them."""
    off = [p for p, x in said.pairs if abs(fitted.quantile(p) - x) > _room(said.pairs)]
    if off:
        where = "the middle" if len(said.pairs) == 3 else quantile_name(off[0])
        _impossible(family, said, f"{where} would have to be {fitted.quantile(off[0]):.7g}")


def _room(pairs: tuple[tuple[float, float], ...]) -> float:
    return CLOSE * ((pairs[-1][1] - pairs[0][1]) or abs(pairs[0][1]))


def _impossible(family: str, said: Statement, reason: str) -> NoReturn:
    pairs, hint = said.pairs, said.mode is None and said.mean is None
    stated = _listed([f"{quantile_name(p)} = {x:.10g}" for p, x in pairs], "and")
    others = ("normal", "lognormal", "pert", "metalog") if hint else ()
    able = _listed([name for name in others if name != family and _can(name, pairs)], "or")
    instead = f"; a {able} can" if able else ""
    raise ParameterError("quantiles", f"no {family} has {stated}: {reason}{instead}")


def _listed(words: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _can(family: str, pairs: tuple[tuple[float, float], ...]) -> bool:
    """Whether another family meets the same quantiles, tried and not guessed."""
    try:
        fitted = ELICITED[family](Statement(pairs))
    except ParameterError:
        return False
    return all(abs(fitted.quantile(p) - x) <= _room(pairs) for p, x in pairs)


def _two(family: str, said: Statement) -> tuple[float, float, float, float]:
    if len(said.pairs) < 2:
        message = f"expected two quantiles for {family}, got one"
        raise ParameterError("quantiles", message)
    return said.ends


def _line(
    family: str,
    said: Statement,
    standard: Callable[[float], float],
    scale: Callable[[float], float] = float,
) -> tuple[float, float]:
    """Intercept and slope of scale(value) on the family's standard quantile, through the outer two."""
    p, x, later_p, later_x = _two(family, said)
    slope = (scale(later_x) - scale(x)) / (standard(later_p) - standard(p))
    return scale(x) - slope * standard(p), slope


def _log(value: float) -> float:
    if value <= 0.0:
        refuse("quantiles", "values above 0 for this family", value)
    return math.log(value)


def _score(p: float) -> float:
    return float(special.ndtri(p))


def _normal(said: Statement) -> Distribution:
    centre = said.mean if said.mode is None else said.mode
    if centre is None:
        return Normal(*_line("normal", said, _score))
    p, x = _beside_one("normal", said)
    if (x - centre) * _score(p) <= 0.0:
        _impossible("normal", said, f"with half of it below {centre:.10g}")
    return Normal(centre, (x - centre) / _score(p))


def _lognormal(said: Statement) -> Distribution:
    """With a mean or mode sigma solves a quadratic; of two solutions the narrower is meant."""
    if said.mean is None and said.mode is None:
        return Lognormal(*_line("lognormal", said, _score, _log))
    p, x = _beside_one("lognormal", said)
    # log x = log centre + z sigma + drift sigma^2: the mean is above the median and the mode below.
    name, stated, drift = ("mean", said.mean, -0.5) if said.mode is None else ("mode", said.mode, 1.0)
    centre = positive(name, stated)
    log_centre = math.log(centre)
    sigma = _least_positive_root(drift, _score(p), log_centre - _log(x))
    if sigma is None:
        _impossible("lognormal", said, f"with a {name} of {centre:.10g} no spread gives it")
    return Lognormal(log_centre + drift * sigma**2, sigma)


def _least_positive_root(a: float, b: float, c: float) -> float | None:
    discriminant = b * b - 4.0 * a * c
    if discriminant < 0.0:
        return None
    roots = ((-b + sign * math.sqrt(discriminant)) / (2.0 * a) for sign in (-1.0, 1.0))
    return min((root for root in roots if root > 0.0), default=None)


def _beside_one(family: str, said: Statement) -> tuple[float, float]:
    if len(said.pairs) != 1 or (said.mean is not None and said.mode is not None):
        name = "mean" if said.mode is None else "mode"
        message = f"expected one quantile beside the {name} of {family}, got {len(said.pairs)}"
        raise ParameterError(name, message)
    return said.pairs[0]


def _uniform(said: Statement) -> Distribution:
    low, width = _line("uniform", said, float)
    return Uniform(low, low + width)


def _loguniform(said: Statement) -> Distribution:
    low, width = _line("loguniform", said, float, _log)
    return LogUniform(math.exp(low), math.exp(low + width))


def _gumbel(said: Statement) -> Distribution:
    return Gumbel(*_line("gumbel", said, lambda p: -math.log(-math.log(p))))


def _weibull(said: Statement) -> Distribution:
    log_scale, slope = _line("weibull", said, lambda p: math.log(-math.log1p(-p)), _log)
    return Weibull(1.0 / slope, math.exp(log_scale))


def _exponential(said: Statement) -> Distribution:
    p, x = said.pairs[0]
    return Exponential(-positive("quantiles", x) / math.log1p(-p))


def _student_t(said: Statement) -> Distribution:
    if said.df is None:
        refuse("df", "degrees of freedom beside the quantiles of student_t", None)
    return StudentT(said.df, *_line("student_t", said, lambda p: float(special.stdtrit(said.df, p))))


def _gamma(said: Statement) -> Distribution:
    p, x, later_p, later_x = _two("gamma", said)
    wanted = _log(later_x) - _log(x)

    def excess(log_shape: float) -> float:
        shape = math.exp(log_shape)
        low, high = Gamma(shape, 1.0).ppf(np.array([p, later_p]))
        return math.log(max(high, 1e-300) / max(low, 1e-300)) - wanted

    shape = math.exp(_root(excess, math.log(0.02), math.log(0.99e6), "gamma", said))
    return Gamma(shape, later_x / Gamma(shape, 1.0).quantile(later_p))


def _beta(said: Statement) -> Distribution:
    low = 0.0 if said.low is None else said.low
    high = above("high", 1.0 if said.high is None else said.high, other="low", bound=low)
    p, x, later_p, later_x = _two("beta", said)
    if x <= low or later_x >= high:
        refuse("quantiles", f"values between {low:.10g} and {high:.10g}", x if x <= low else later_x)
    first, last = (x - low) / (high - low), (later_x - low) / (high - low)

    def lean(total: float) -> float:
        """Log odds of the mean that meets the first quantile, for alpha + beta = total."""
        return _root(lambda odds: _beta_cdf(first, odds, total) - p, -30.0, 30.0, "beta", said)

    def excess(log_total: float) -> float:
        total = math.exp(log_total)
        return _beta_cdf(last, lean(total), total) - later_p

    total = math.exp(_root(excess, math.log(0.05), math.log(1e8), "beta", said))
    odds = lean(total)
    return Beta(float(special.expit(odds)) * total, float(special.expit(-odds)) * total, low, high)


def _beta_cdf(x: float, odds: float, total: float) -> float:
    return float(special.betainc(special.expit(odds) * total, special.expit(-odds) * total, x))


def _triangular(said: Statement) -> Distribution:
    return _by_lean("triangular", said, Triangular)


def _pert(said: Statement) -> Distribution:
    return _by_lean("pert", said, partial(Pert, lambda_=4.0 if said.lambda_ is None else said.lambda_))


def _by_lean(family: str, said: Statement, make: Callable[..., Distribution]) -> Distribution:
    """Where the mode stands between low and high: the one number that the third statement settles."""
    p, x, later_p, later_x = _two(family, said)
    name, stated = _third(family, said)

    def stretched(lean: float) -> tuple[float, float, Distribution]:
        unit = make(0.0, lean, 1.0)
        first, last = unit.ppf(np.array([p, later_p]))
        width = (later_x - x) / (last - first)
        return float(x - width * first), float(width), unit

    def excess(lean: float) -> float:
        low, width, unit = stretched(lean)
        feature = {"mode": lean, "mean": unit.mean}.get(name)
        return low + width * (unit.quantile(said.pairs[1][0]) if feature is None else feature) - stated

    ends = sorted((excess(0.0), excess(1.0)))
    if not ends[0] <= 0.0 <= ends[1]:
        span = f"from {stated + ends[0]:.7g} to {stated + ends[1]:.7g}"
        middle = "the middle" if name == "quantile" else f"the {name}"
        _impossible(family, said, f"{middle} would have to be {span}, not {stated:.10g}")
    lean = _root(excess, 0.0, 1.0, family, said)
    low, width, _ = stretched(lean)
    return make(low, min(low + lean * width, low + width), low + width)


def _third(family: str, said: Statement) -> tuple[str, float]:
    """The statement that settles the lean: a middle quantile, the mode or the mean, and one only."""
    beside = {"mode": said.mode, "mean": said.mean}
    stated = [(name, value) for name, value in beside.items() if value is not None]
    stated += [("quantile", x) for _, x in said.pairs[1:-1]]
    if len(stated) != 1:
        message = f"expected two quantiles and one of mode, mean or a third quantile for {family}"
        raise ParameterError("quantiles", f"{message}, got {len(said.pairs)} and {len(stated)} more")
    return stated[0]


def _metalog(said: Statement) -> Distribution:
    return Metalog(said.pairs, said.low, said.high)


def _root(function: Callable[[float], float], low: float, high: float, family: str, said: Statement) -> float:
    from scipy.optimize import brentq

    if function(low) * function(high) > 0.0:
        _impossible(family, said, "its shape would have to be beyond all bounds")
    return float(brentq(function, low, high, xtol=1e-14, rtol=1e-14))


ELICITED: Mapping[str, Callable[[Statement], Distribution]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "uniform": _uniform,
    "loguniform": _loguniform,
    "triangular": _triangular,
    "pert": _pert,
    "beta": _beta,
    "gamma": _gamma,
    "weibull": _weibull,
    "gumbel": _gumbel,
    "exponential": _exponential,
    "student_t": _student_t,
    "metalog": _metalog,
}

BESIDE: Mapping[str, tuple[str, ...]] = {
    "normal": ("mean", "mode"),
    "lognormal": ("mean", "mode"),
    "triangular": ("mode", "mean"),
    "pert": ("mode", "mean", "lambda"),
    "beta": ("low", "high"),
    "metalog": ("low", "high"),
    "student_t": ("df",),
}
