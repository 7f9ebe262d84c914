"""The register of families: parameters, their roles, the way from words to a distribution; no formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from simlib.distributions.base import Distribution, ParameterError, number, refuse, yes_no
from simlib.distributions.bounded import Beta, LogUniform, Pert, Triangular, Uniform
from simlib.distributions.discrete import Bernoulli, Binomial, Discrete, Fixed, Geometric, Poisson
from simlib.distributions.elicitation import ELICITED, fit, quantile_of_name
from simlib.distributions.empirical import Empirical, Smoothed
from simlib.distributions.metalog import Metalog
from simlib.distributions.mixture import Mixture, ZeroInflated
from simlib.distributions.piecewise import Piecewise
from simlib.distributions.pool import LogarithmicPool
from simlib.distributions.truncated import Truncated, TruncatedNormal
from simlib.distributions.unbounded import (
    Exponential,
    Gamma,
    Gumbel,
    Lognormal,
    Normal,
    StudentT,
    Weibull,
)

__all__ = ["FAMILIES", "Family", "Role", "make"]

Role = Literal[
    "value",  # in the unit of the slot
    "spread",  # in the unit of the slot, above 0
    "share",  # a probability from 0 to 1
    "number",  # without a unit
    "count",  # a whole number of at least 1
    "distribution",  # one distribution
    "distributions",  # a list of distributions
    "yes_no",  # whether
    "quantiles",  # p10, p50, ... or probabilities, each with a value
]


@dataclass(frozen=True, slots=True)
class Family:
    """What a family is called, takes and means.

    Attributes
    ----------
    name, cls
        The word in the file and the class.
    parameters
        Every parameter with its role; a list takes the role of its entries.
    builders
        Sets of parameters that settle a member, with what makes one of them.
    optional
        Parameters that may be added to any of the sets.
    summary, source
        One line on what it says, and where it is described.
    """

    name: str
    cls: type
    parameters: Mapping[str, Role]
    builders: Mapping[tuple[str, ...], Callable[..., Distribution]]
    summary: str
    source: str
    optional: tuple[str, ...] = ()

    @property
    def parametrisations(self) -> tuple[tuple[str, ...], ...]:
        """Sets of parameters, any one of which settles a member."""
        return tuple(self.builders)

    @property
    def elicited(self) -> bool:
        """Whether quantiles (p10, median, ...) can stand in place of parameters."""
        return self.name in ELICITED


def make(family: str, parameters: Mapping[str, Any]) -> Distribution:
    """Give the distribution that a family and its parameters say.

    Parameters
    ----------
    family
        A key of `FAMILIES`.
    parameters
        Any of the family's parametrisations, its optional parameters, or quantiles such as
        ``p10`` where the family can meet them.

    Raises
    ------
    ParameterError
        If the family, a parameter or a value is impossible; names the parameter.

    Examples
    --------
    >>> make("triangular", {"low": 1, "mode": 1.2, "high": 3}).mean
    1.7333333333333334
    >>> round(make("normal", {"p5": 1.0, "p95": 3.0}).mean, 12)
    2.0
    """
    if family not in FAMILIES:
        refuse("dist", f"one of {', '.join(FAMILIES)}", family)
    known = FAMILIES[family]
    required = set(parameters) - set(known.optional)
    for names, build in known.builders.items():
        if required == set(names):
            return build(**{KEYWORD.get(name, name): value for name, value in parameters.items()})
    if known.elicited and any(quantile_of_name(name) is not None for name in parameters):
        return _from_quantiles(known, parameters)
    return _refuse_names(known, parameters)


def _from_quantiles(family: Family, parameters: Mapping[str, Any]) -> Distribution:
    named = {name: quantile_of_name(name) for name in parameters}
    quantiles = {p: parameters[name] for name, p in named.items() if p is not None}
    if len(quantiles) < sum(p is not None for p in named.values()):
        raise ParameterError("median", "expected each quantile once, got median and p50")
    beside = {name: parameters[name] for name, p in named.items() if p is None}
    for name in beside:
        if name not in BESIDE:
            _refuse_unknown(family, name)
    for name, p in named.items():
        if p is not None:
            number(name, parameters[name])
    try:
        return fit(family.name, quantiles, **{KEYWORD.get(name, name): beside[name] for name in beside})
    except ParameterError as refused:
        if refused.parameter != "quantiles":
            raise
        raise ParameterError("", refused.message) from None  # there is no entry of that name


def _refuse_names(family: Family, parameters: Mapping[str, Any]) -> NoReturn:
    for name in parameters:
        if name not in family.parameters:
            _refuse_unknown(family, name)
    required = [name for name in parameters if name not in family.optional]
    sets = sorted(family.builders, key=lambda names: -len(set(names) & set(required)))
    missing = [name for name in sets[0] if name not in required]
    if missing and set(required) <= set(sets[0]):
        beside = f" beside {' and '.join(required)}" if required else ""
        message = f"expected {' and '.join(missing)}{beside}, got nothing"
        raise ParameterError(missing[0], message)
    extra = next(name for name in required if name not in sets[0])
    ways = ", or ".join(" and ".join(names) for names in family.builders)
    raise ParameterError(extra, f"expected {ways}, got {' and '.join(required)}")


def _refuse_unknown(family: Family, name: str) -> NoReturn:
    message = f"expected a parameter of {family.name} ({', '.join(family.parameters)}), got {name!r}"
    raise ParameterError(name, message)


def _truncated_normal(mean: Any, sd: Any, low: Any = None, high: Any = None) -> TruncatedNormal:
    return TruncatedNormal(mean, sd, low, high)


def _mixture(of: Sequence[Distribution], weights: Sequence[float]) -> Mixture:
    return Mixture(of, weights)  # type: ignore[arg-type]  # any sequence; the class keeps tuples


def _logarithmic_pool(of: Sequence[Distribution], weights: Sequence[float]) -> LogarithmicPool:
    return LogarithmicPool(of, weights)  # type: ignore[arg-type]  # any sequence; the class keeps tuples


def _zero_inflated(chance: Any, of: Distribution) -> ZeroInflated:
    return ZeroInflated(chance, of)


def _empirical(*, values: Any, smoothed: Any = False, bandwidth: Any = None) -> Distribution:
    if yes_no("smoothed", smoothed):
        return Smoothed(values, bandwidth)
    if bandwidth is not None:
        raise ParameterError("bandwidth", "a bandwidth is for values that are smoothed; say smoothed: yes too")
    return Empirical(values)


def _metalog(quantiles: Any, low: Any = None, high: Any = None, terms: Any = None) -> Metalog:
    if isinstance(quantiles, Mapping):
        quantiles = {_probability(name): value for name, value in quantiles.items()}
    return Metalog(quantiles, low, high, terms)


def _probability(name: object) -> object:
    if not isinstance(name, str):
        return name
    p = quantile_of_name(name)
    if p is None:
        refuse("quantiles", "names such as p10, p50 or p97.5", name)
    return p


# Python keeps the word lambda for itself.
KEYWORD = {"lambda": "lambda_"}
BESIDE = ("mode", "mean", "sd", "low", "high", "df", "lambda", "terms")

JOHNSON = "Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, 2nd ed., vol."
COUNTS = "Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed., ch."

_ALL = (
    Family(
        "fixed", Fixed, {"value": "value"}, {("value",): Fixed}, "one value, no uncertainty", "definition"
    ),
    Family(
        "uniform",
        Uniform,
        {"low": "value", "high": "value"},
        {("low", "high"): Uniform},
        "every value from low to high equally likely",
        f"{JOHNSON} 2, ch. 26",
    ),
    Family(
        "loguniform",
        LogUniform,
        {"low": "value", "high": "value"},
        {("low", "high"): LogUniform},
        "from low to high, every doubling equally likely",
        "Hamming (1970), Bell System Technical Journal 49",
    ),
    Family(
        "triangular",
        Triangular,
        {"low": "value", "mode": "value", "high": "value"},
        {("low", "mode", "high"): Triangular},
        "lowest, most likely and highest value, straight lines between",
        "Kotz and van Dorp (2004), Beyond Beta, ch. 1",
    ),
    Family(
        "pert",
        Pert,
        {"low": "value", "mode": "value", "high": "value", "lambda": "number"},
        {("low", "mode", "high"): Pert},
        "lowest, most likely and highest value in a smooth hump, ends rare",
        "Malcolm et al. (1959), Operations Research 7; Vose (2008), Risk Analysis",
        ("lambda",),
    ),
    Family(
        "normal",
        Normal,
        {"mean": "value", "sd": "spread"},
        {("mean", "sd"): Normal},
        "the bell curve, even to both sides",
        f"{JOHNSON} 1, ch. 13",
    ),
    Family(
        "truncated_normal",
        TruncatedNormal,
        {"mean": "value", "sd": "spread", "low": "value", "high": "value"},
        {("mean", "sd"): _truncated_normal},
        "the bell curve cut off at bounds; mean and sd are those before the cut",
        f"{JOHNSON} 1, ch. 13.10",
        ("low", "high"),
    ),
    Family(
        "lognormal",
        Lognormal,
        {
            "mean": "value",
            "sd": "spread",
            "median": "value",
            "p90": "value",
            "mu": "number",
            "sigma": "number",
        },
        {
            ("mean", "sd"): Lognormal.from_moments,
            ("median", "p90"): Lognormal.from_median,
            ("mu", "sigma"): Lognormal,
        },
        "never below nothing, longer tail upwards: costs that overrun",
        f"{JOHNSON} 1, ch. 14",
    ),
    Family(
        "beta",
        Beta,
        {
            "alpha": "number",
            "beta": "number",
            "mean": "value",
            "sd": "spread",
            "low": "value",
            "high": "value",
        },
        {("alpha", "beta"): Beta, ("mean", "sd"): Beta.from_moments},
        "a share, or a value between two bounds, with any lean",
        f"{JOHNSON} 2, ch. 25",
        ("low", "high"),
    ),
    Family(
        "gamma",
        Gamma,
        {"shape": "number", "scale": "spread", "mean": "value", "sd": "spread"},
        {("shape", "scale"): Gamma, ("mean", "sd"): Gamma.from_moments},
        "never below nothing: rates and waiting times",
        f"{JOHNSON} 1, ch. 17",
    ),
    Family(
        "weibull",
        Weibull,
        {"shape": "number", "scale": "spread"},
        {("shape", "scale"): Weibull},
        "time to an event whose hazard rises or falls",
        f"{JOHNSON} 1, ch. 21",
    ),
    Family(
        "student_t",
        StudentT,
        {"df": "number", "location": "value", "scale": "spread"},
        {("df", "location", "scale"): StudentT},
        "a bell with heavier tails: rare large surprises",
        f"{JOHNSON} 2, ch. 28",
    ),
    Family(
        "exponential",
        Exponential,
        {"mean": "spread"},
        {("mean",): Exponential},
        "waiting for what may come at any moment alike",
        f"{JOHNSON} 1, ch. 19",
    ),
    Family(
        "gumbel",
        Gumbel,
        {"location": "value", "scale": "spread"},
        {("location", "scale"): Gumbel},
        "the largest of many: a peak and a tail upwards",
        "Gumbel (1958), Statistics of Extremes",
    ),
    Family(
        "bernoulli",
        Bernoulli,
        {"p": "share"},
        {("p",): Bernoulli},
        "it happens (1) or it does not (0)",
        f"{COUNTS} 3",
    ),
    Family(
        "binomial",
        Binomial,
        {"n": "count", "p": "share"},
        {("n", "p"): Binomial},
        "how many of n happen",
        f"{COUNTS} 3",
    ),
    Family(
        "poisson",
        Poisson,
        {"mean": "spread"},
        {("mean",): Poisson},
        "how many happen when any moment is as likely",
        f"{COUNTS} 4",
    ),
    Family(
        "geometric",
        Geometric,
        {"p": "share"},
        {("p",): Geometric},
        "how many trials until the first success, that one included",
        f"{COUNTS} 5",
    ),
    Family(
        "discrete",
        Discrete,
        {"values": "value", "weights": "share"},
        {("values", "weights"): Discrete},
        "stated values with stated weights",
        "definition",
    ),
    Family(
        "mixture",
        Mixture,
        {"of": "distributions", "weights": "share"},
        {("of", "weights"): _mixture},
        "one of several distributions, each with a weight",
        "McLachlan and Peel (2000), Finite Mixture Models",
    ),
    Family(
        "zero_inflated",
        ZeroInflated,
        {"chance": "share", "of": "distribution"},
        {("chance", "of"): _zero_inflated},
        "anything at all with a chance, and then how much; otherwise nothing",
        "Aitchison (1955), Journal of the American Statistical Association 50",
    ),
    Family(
        "logarithmic_pool",
        LogarithmicPool,
        {"of": "distributions", "weights": "share"},
        {("of", "weights"): _logarithmic_pool},
        "several opinions with weights in one: what any of them rules out is ruled out",
        "Genest and Zidek (1986), Statistical Science 1(1)",
    ),
    Family(
        "empirical",
        Empirical,
        {"values": "value", "smoothed": "yes_no", "bandwidth": "spread"},
        {("values",): _empirical},
        "past values, each as likely to come again; smoothed: what lies between and around them too",
        "Efron and Tibshirani (1993), An Introduction to the Bootstrap; Silverman (1986), Density Estimation",
        ("smoothed", "bandwidth"),
    ),
    Family(
        "piecewise",
        Piecewise,
        {"values": "value", "probabilities": "share"},
        {("values", "probabilities"): Piecewise},
        "stated probabilities of not being exceeded, straight lines between",
        "definition",
    ),
    Family(
        "metalog",
        Metalog,
        {"quantiles": "quantiles", "low": "value", "high": "value", "terms": "count"},
        {("quantiles",): _metalog},
        "a smooth curve through any stated quantiles",
        "Keelin (2016), Decision Analysis 13(4)",
        ("low", "high", "terms"),
    ),
    Family(
        "truncated",
        Truncated,
        {"parent": "distribution", "low": "value", "high": "value"},
        {("parent",): Truncated},
        "any continuous distribution, cut off at bounds",
        f"{JOHNSON} 1, ch. 1",
        ("low", "high"),
    ),
)

FAMILIES: Mapping[str, Family] = {family.name: family for family in _ALL}
