"""The member of a family that statements settle, family by family; who may say what is in `elicitation`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NoReturn

import numpy as np

from simlib import special
from simlib.distributions.base import Distribution, ParameterError, above, positive, refuse
from simlib.distributions.bounded import Beta, LogUniform, Pert, Triangular, Uniform
from simlib.distributions.metalog import Metalog
from simlib.distributions.statements import Said, Statement, fitted_value, listed, mode_of
from simlib.distributions.unbounded import (
    LARGEST_GAMMA,
    LEAST_WEIBULL,
    Exponential,
    Gamma,
    Gumbel,
    Lognormal,
    Normal,
    StudentT,
    Weibull,
)

__all__ = ["CLOSE", "ELICITED", "ImpossibleError", "impossible"]

CLOSE = 1e-6  # of the stated range: a statement further off is not met
CELLS = 64  # in which a shape is looked for; two shapes in one cell would be hardly different


class ImpossibleError(ParameterError):
    """Statements that no member of the family meets; another family might."""


def impossible(family: str, said: Statement, reason: str) -> NoReturn:
    """Refuse by the quantiles and the reason."""
    stated = listed([f"{each.word} = {each.value:.10g}" for each in said.quantiles or said.told], "and")
    raise ImpossibleError("quantiles", f"no {family} has {stated}: {reason}")


def _value(made: Distribution, each: Said) -> float:
    """What a member makes of a statement; not a number where it has no such thing."""
    found = made.quantile(each.p) if each.p is not None else fitted_value(made, each.word)
    return math.nan if found is None else found


def _only_quantiles(said: Statement) -> bool:
    """Whether the outer two quantiles settle a family of two shapes."""
    return len(said.pairs) > 1


def _log(value: float) -> float:
    if value <= 0.0:
        refuse("quantiles", "values above 0 for this family", value)
    return math.log(value)


def _score(p: float) -> float:
    return float(special.ndtri(p))


# A place and a width


def _line(
    said: Statement, standard: Callable[[float], float], scale: Callable[[float], float]
) -> tuple[float, float]:
    """Intercept and slope of scale(value) on the family's standard quantile, through the outer two."""
    (p, x), (later_p, later_x) = said.pairs[0], said.pairs[-1]
    slope = (scale(later_x) - scale(x)) / (standard(later_p) - standard(p))
    return scale(x) - slope * standard(p), slope


def _placed(family: str, said: Statement, standard: Distribution) -> tuple[float, float]:
    """Place and width from two statements, each of which is place (but for an sd) + width times a constant."""
    first, second = said.told[:2]
    (k, on), (later_k, later_on) = ((_value(standard, each), each.word != "sd") for each in (first, second))
    turn = k * later_on - later_k * on
    if abs(turn) < CLOSE:
        message = f"the {first.word} and the {second.word} of a {family} are the same place"
        hint = "which leaves its width open; state another quantile"
        raise ParameterError(second.word if second.p is None else first.word, f"{message}, {hint}")
    width = (first.value * later_on - second.value * on) / turn
    if width <= 0.0:
        way = "above" if (k > later_k) == on else "below"
        impossible(family, said, f"its {first.word} is always {way} its {second.word} ({second.value:.10g})")
    places = [(abs(c), each.value - width * c) for c, each in ((k, first), (later_k, second)) if each.word != "sd"]
    return min(places)[1], width


def _normal(said: Statement) -> Distribution:
    return Normal(*_placed("normal", said, Normal(0.0, 1.0)))


def _gumbel(said: Statement) -> Distribution:
    return Gumbel(*_placed("gumbel", said, Gumbel(0.0, 1.0)))


def _uniform(said: Statement) -> Distribution:
    low, width = _placed("uniform", said, Uniform(0.0, 1.0))
    ends = dict(said.pairs)  # stated ends are the ends, to the last digit
    return Uniform(ends.get(0.0, low), ends.get(1.0, low + width))


def _student_t(said: Statement) -> Distribution:
    if said.df is None:
        refuse("df", "degrees of freedom beside the quantiles of student_t", None)
    return StudentT(said.df, *_placed("student_t", said, StudentT(said.df, 0.0, 1.0)))


# A scale and a shape


def _scaled(
    family: str, said: Statement, unit: Callable[[float], Distribution], shapes: tuple[float, float]
) -> tuple[float, float]:
    """Shape and scale: the ratio of two statements is the shape's; of two shapes the larger, narrower one."""
    first, second = said.told[:2]
    wanted = _log(second.value) - _log(first.value)

    def excess(log_shape: float) -> float:
        made = unit(math.exp(log_shape))
        a, b = _value(made, first), _value(made, second)
        return math.log(max(b, 1e-300) / max(a, 1e-300)) - wanted if a >= 0.0 <= b else math.nan

    roots, span = _roots(excess, math.log(shapes[0]), math.log(shapes[1]))
    if not roots:
        low, high = (second.value * math.exp(end) for end in span)
        reason = f"beside this {first.word} the {second.word} would have to be from {low:.7g} to {high:.7g}"
        impossible(family, said, reason if said.others else "its shape would have to be beyond all bounds")
    shape = math.exp(roots[-1])
    return shape, second.value / _value(unit(shape), second)


def _roots(function: Callable[[float], float], low: float, high: float) -> tuple[list[float], tuple[float, float]]:
    """Give every root that separate cells show, in order, and the least and most of the function."""
    from scipy.optimize import brentq

    points = np.linspace(low, high, CELLS + 1).tolist()
    values = [function(point) for point in points]
    roots = [point for point, value in zip(points, values, strict=True) if value == 0.0]
    for a, b, f, g in zip(points, points[1:], values, values[1:], strict=False):
        if f * g < 0.0:  # false where either is not a number
            roots.append(float(brentq(function, a, b, xtol=1e-14, rtol=1e-14)))
    known = [value for value in values if math.isfinite(value)] or [math.nan]
    return sorted(roots), (min(known), max(known))


def _lognormal(said: Statement) -> Distribution:
    if _only_quantiles(said):
        return Lognormal(*_line(said, _score, _log))
    if not said.pairs and said.mode is None:
        return Lognormal.from_moments(said.mean, said.sd)
    if said.sd is not None:
        shape, scale = _scaled("lognormal", said, lambda shape: Lognormal(0.0, 1.0 / shape), (0.08, 1e6))
        return Lognormal(math.log(scale), 1.0 / shape)
    # log value = log median + z sigma + drift sigma^2: the mean is above the median and the mode below.
    rows = [(_score(s.p) if s.p is not None else 0.0, DRIFT.get(s.word, 0.0), s) for s in said.told[:2]]
    (z, drift, first), (later_z, later_drift, second) = rows
    wanted = _log(first.value) - _log(second.value)
    sigma = _least_positive_root(drift - later_drift, z - later_z, -wanted)
    if sigma is None:
        impossible("lognormal", said, f"with a {second.word} of {second.value:.10g} no spread gives it")
    return Lognormal(math.log(second.value) - later_drift * sigma**2 - later_z * sigma, sigma)


DRIFT = {"mean": 0.5, "mode": -1.0}


def _least_positive_root(a: float, b: float, c: float) -> float | None:
    discriminant = b * b - 4.0 * a * c
    if discriminant < 0.0:
        return None
    roots = ((-b + sign * math.sqrt(discriminant)) / (2.0 * a) for sign in (-1.0, 1.0))
    return min((root for root in roots if root > 0.0), default=None)


def _loguniform(said: Statement) -> Distribution:
    if _only_quantiles(said):
        low, width = _line(said, float, _log)
        ends = dict(said.pairs)
        return LogUniform(ends.get(0.0, math.exp(low)), ends.get(1.0, math.exp(low + width)))
    shape, scale = _scaled("loguniform", said, lambda shape: LogUniform(1.0, math.exp(1.0 / shape)), (0.02, 1e3))
    return LogUniform(scale, scale * math.exp(1.0 / shape))


def _weibull(said: Statement) -> Distribution:
    if _only_quantiles(said):
        log_scale, slope = _line(said, lambda p: math.log(-math.log1p(-p)), _log)
        return Weibull(1.0 / slope, math.exp(log_scale))
    return Weibull(*_scaled("weibull", said, lambda shape: Weibull(shape, 1.0), (2.0 * LEAST_WEIBULL, 1e4)))


def _gamma(said: Statement) -> Distribution:
    if not said.pairs and said.mode is None:
        return Gamma.from_moments(said.mean, said.sd)
    return Gamma(*_scaled("gamma", said, lambda shape: Gamma(shape, 1.0), (0.02, 0.99 * LARGEST_GAMMA)))


def _exponential(said: Statement) -> Distribution:
    first = said.told[0]
    rate = 1.0 if first.p is None else -math.log1p(-first.p)
    return Exponential(positive("quantiles" if first.p is not None else first.word, first.value) / rate)


# Between bounds


def _beta(said: Statement) -> Distribution:
    low = 0.0 if said.low is None else said.low
    high = above("high", 1.0 if said.high is None else said.high, other="low", bound=low)
    for each in (*said.quantiles, *said.others[: -1 if said.sd is not None else None]):
        if not low < each.value < high:
            name = "quantiles" if each.p is not None else each.word
            refuse(name, f"values between {low:.10g} and {high:.10g}", each.value)
    if _only_quantiles(said):
        return _beta_of_quantiles(said, low, high)
    if said.mode is None and said.mean is not None and not said.pairs:
        return Beta.from_moments(said.mean, said.sd, low, high)
    if said.mode is None and said.mean is None:
        raise ParameterError("sd", "expected two quantiles, or a mean or mode beside the sd, of beta")
    return _beta_about(said, low, high)


def _beta_about(said: Statement, low: float, high: float) -> Distribution:
    """About a mode or mean, as narrow as the other statement says."""
    name = "mean" if said.mode is None else "mode"
    second = next(each for each in said.told if each.word != name)
    part = (float(said.mean if said.mode is None else said.mode) - low) / (high - low)  # type: ignore[arg-type]
    least = 0.0 if name == "mean" else 1.0

    def made(log_total: float) -> Distribution:
        total = math.exp(log_total)
        return Beta(least + part * total, least + (1.0 - part) * total, low, high)

    roots, span = _roots(lambda x: _value(made(x), second) - second.value, math.log(1e-3 + 0.05 * (1 - least)), 18.0)
    if not roots:
        ends = " to ".join(f"{second.value + end:.7g}" for end in span)
        impossible("beta", said, f"beside this {name} the {second.word} would have to be from {ends}")
    return made(roots[-1])


def _beta_of_quantiles(said: Statement, low: float, high: float) -> Distribution:
    (p, x), (later_p, later_x) = said.pairs[0], said.pairs[-1]
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
    first, second, third = said.told[:3]
    ends = dict(said.pairs)
    if {0.0, 1.0} <= ends.keys() and said.mode is not None:
        if not ends[0.0] <= said.mode <= ends[1.0]:
            impossible(family, said, f"the mode lies between them, not at {said.mode:.10g}")
        return make(ends[0.0], said.mode, ends[1.0])

    def stretched(lean: float) -> tuple[float, float, float]:
        """Give low, width and what the third statement would be."""
        unit = make(0.0, lean, 1.0)
        (a, on), (b, later_on), (c, last_on) = ((_value(unit, s), s.word != "sd") for s in (first, second, third))
        turn = a * later_on - b * on
        width = (first.value * later_on - second.value * on) / turn if abs(turn) > CLOSE else math.nan
        low = first.value - width * a if on else second.value - width * b
        return (low, width, low * last_on + width * c) if width > 0.0 else (math.nan, math.nan, math.nan)

    roots, span = _roots(lambda lean: stretched(lean)[2] - third.value, 0.0, 1.0)
    if not roots:
        middle = "the middle" if third.p is not None else f"the {third.word}"
        ends_ = " to ".join(f"{third.value + end:.7g}" for end in span)
        reason = f"{middle} would have to be from {ends_}, not {third.value:.10g}"
        impossible(family, said, "no low and high give them" if math.isnan(span[0]) else reason)
    return _settled(family, [_member(make, ends, lean, *stretched(lean)[:2]) for lean in roots])


def _member(
    make: Callable[..., Distribution], ends: Mapping[float, float], lean: float, low: float, width: float
) -> Distribution:
    """Give the member of this lean; stated ends are its ends, to the last digit."""
    low, high = ends.get(0.0, low), ends.get(1.0, low + width)
    return make(low, min(max(low + lean * width, low), high), high)


def _settled(family: str, found: Sequence[Distribution]) -> Distribution:
    """Refuse to choose between members that are really different."""
    first, last = found[0], found[-1]
    if abs(first.quantile(0.5) - last.quantile(0.5)) > CLOSE * first.sd:
        modes = " and one with mode ".join(f"{mode_of(each):.4g}" for each in (first, last))
        message = f"expected statements that settle one {family}; one with mode {modes} both meet them"
        raise ParameterError("quantiles", f"{message}; state the mode, the mean or a middle quantile")
    return first


def _metalog(said: Statement) -> Distribution:
    return Metalog(said.pairs, said.low, said.high, None if said.terms is None else said.terms)  # type: ignore[arg-type]


def _root(function: Callable[[float], float], low: float, high: float, family: str, said: Statement) -> float:
    from scipy.optimize import brentq

    if function(low) * function(high) > 0.0:
        impossible(family, said, "its shape would have to be beyond all bounds")
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
