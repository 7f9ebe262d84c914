"""Every family against its own truth: quadrature, inversion, scipy, exact refusals and sentences; no sampler.

What only one family promises, and elicitation, is in ``test_distributions``.
"""

import pickle
from dataclasses import FrozenInstanceError, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from oracles import Cut, Keelin, OneOf, Point
from scipy import special, stats

from simlib import distributions
from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.distributions import FAMILIES, ParameterError, make
from simlib.engine import simulate
from simlib.results import Futures

NORMAL, UNIFORM = make("normal", {"mean": 0.01, "sd": 0.006}), make("uniform", {"low": 0.025, "high": 0.06})
NOTHING, LOGNORMAL = make("fixed", {"value": 0}), make("lognormal", {"mu": 0, "sigma": 0.5})
POISSON = make("poisson", {"mean": 3})
ROOT = Path(__file__).parents[1]
PAST = [0.02, 0.01, 0.01, 0.035, -0.004]


@dataclass(frozen=True)
class Example:
    """A member of a family, as the user says it, with somebody else's opinion and its exact sentence."""

    family: str
    parameters: dict[str, Any]
    sentence: str
    scipy: Any = None

    @property
    def made(self) -> distributions.Distribution:
        """The distribution."""
        return make(self.family, self.parameters)

    def __str__(self) -> str:
        return f"{self.family}({', '.join(self.parameters)})"


EXAMPLES = [
    Example("fixed", {"value": 1.2}, "exactly £1.20m", Point(1.2)),
    Example(
        "uniform",
        {"low": 1, "high": 3},
        "anywhere from £1.00m to £3.00m, all equally likely",
        stats.uniform(1, 2),
    ),
    Example(
        "loguniform",
        {"low": 1, "high": 3},
        "anywhere from £1.00m to £3.00m, each doubling equally likely",
        stats.loguniform(1, 3),
    ),
    Example(
        "triangular",
        {"low": 1, "mode": 1.2, "high": 3},
        "somewhere from £1.00m to £3.00m, most likely £1.20m",
        stats.triang(0.1, 1, 2),
    ),
    Example(
        "triangular",
        {"low": 0, "mode": 0, "high": 2},
        "somewhere from £0.00m to £2.00m, most likely £0.00m",
        stats.triang(0, 0, 2),
    ),
    Example(
        "pert",
        {"low": 0, "mode": 1, "high": 4, "lambda": 6},
        "somewhere from £0.00m to £4.00m, most likely £1.00m, seldom near the ends",
        stats.beta(2.5, 5.5, 0, 4),
    ),
    Example(
        "normal",
        {"mean": -2, "sd": 0.5},
        "around £-2.00m, evenly to both sides, from £-2.64m to £-1.36m in 8 of 10 futures",
        stats.norm(-2, 0.5),
    ),
    Example(
        "truncated_normal",
        {"mean": 1, "sd": 1, "low": 0},
        "before the cut around £1.00m, evenly to both sides, from £-0.28m to £2.28m in 8 of 10 futures;"
        " anything below £0.00m left out; what remains is as likely above as below £1.20m,"
        " and from £0.30m to £2.38m in 8 of 10 futures",
        stats.truncnorm(-1, np.inf, 1, 1),
    ),
    Example(
        "truncated_normal",
        {"mean": 0, "sd": 1, "low": 4.5, "high": 9},
        "before the cut around £0.00m, evenly to both sides, from £-1.28m to £1.28m in 8 of 10 futures;"
        " anything below £4.50m and anything above £9.00m left out; what remains is as likely above as below £4.65m,"
        " and from £4.52m to £4.97m in 8 of 10 futures",
        stats.truncnorm(4.5, 9, 0, 1),
    ),
    Example(
        "lognormal",
        {"median": 1.25, "p90": 1.84},
        "as likely above as below £1.25m, and from £0.85m to £1.84m in 8 of 10 futures,"
        " with a longer tail upwards",
        stats.lognorm(np.log(1.84 / 1.25) / special.ndtri(0.9), scale=1.25),
    ),
    Example(
        "lognormal",
        {"mean": 0.026, "sd": 0.003},
        "as likely above as below £0.03m, and from £0.02m to £0.03m in 8 of 10 futures,"
        " with a longer tail upwards",
        stats.lognorm(np.sqrt(np.log1p((3 / 26) ** 2)), scale=0.026 / np.sqrt(1 + (3 / 26) ** 2)),
    ),
    Example(
        "beta",
        {"alpha": 18, "beta": 1.2},
        "never outside £0.00m to £1.00m; as likely above as below £0.95m,"
        " and from £0.86m to £0.99m in 8 of 10 futures",
        stats.beta(18, 1.2),
    ),
    Example(
        "beta",
        {"alpha": 0.4, "beta": 0.7, "low": -1, "high": 3},
        "never outside £-1.00m to £3.00m; as likely above as below £0.07m,"
        " and from £-0.98m to £2.58m in 8 of 10 futures",
        stats.beta(0.4, 0.7, -1, 4),
    ),
    Example(
        "beta",
        {"mean": 0.9, "sd": 0.05},
        "never outside £0.00m to £1.00m; as likely above as below £0.91m,"
        " and from £0.83m to £0.96m in 8 of 10 futures",
        stats.beta(31.5, 3.5),
    ),
    Example(
        "gamma",
        {"shape": 7.5, "scale": 0.5},
        "£3.75m on average; as likely above as below £3.58m,"
        " and from £2.14m to £5.58m in 8 of 10 futures, never below £0.00m",
        stats.gamma(7.5, scale=0.5),
    ),
    Example(
        "gamma",
        {"mean": 1, "sd": 1.5},
        "£1.00m on average; as likely above as below £0.41m,"
        " and from £0.01m to £2.77m in 8 of 10 futures, never below £0.00m",
        stats.gamma(4 / 9, scale=2.25),
    ),
    Example(
        "weibull",
        {"shape": 0.8, "scale": 2},
        "£2.27m on average; as likely above as below £1.26m,"
        " and from £0.12m to £5.67m in 8 of 10 futures, never below £0.00m",
        stats.weibull_min(0.8, scale=2),
    ),
    Example(
        "student_t",
        {"df": 3, "location": 1, "scale": 0.5},
        "around £1.00m, evenly to both sides, from £0.18m to £1.82m in 8 of 10 futures,"
        " with rare large surprises",
        stats.t(3, 1, 0.5),
    ),
    Example(
        "exponential",
        {"mean": 2},
        "£2.00m on average, small values most likely; above £4.61m in 1 of 10 futures",
        stats.expon(scale=2),
    ),
    Example(
        "gumbel",
        {"location": 1, "scale": 2},
        "most likely £1.00m; as likely above as below £1.73m,"
        " and from £-0.67m to £5.50m in 8 of 10 futures, with a longer tail upwards",
        stats.gumbel_r(1, 2),
    ),
    Example("bernoulli", {"p": 0.45}, "£1.00m in 45 of 100 futures, otherwise £0.00m", stats.bernoulli(0.45)),
    Example(
        "binomial",
        {"n": 90, "p": 0.3},
        "£27.00m of 90 on average, from £21.00m to £33.00m in 8 of 10 futures",
        stats.binom(90, 0.3),
    ),
    Example(
        "poisson",
        {"mean": 3},
        "£3.00m on average, from £1.00m to £5.00m in 8 of 10 futures",
        stats.poisson(3),
    ),
    Example(
        "discrete",
        {"values": [2, 1, 2], "weights": [0.3, 0.5, 0.2]},
        "£2.00m in 30 of 100 futures, £1.00m in 50 of 100 futures, £2.00m in 20 of 100 futures",
        stats.rv_discrete(values=([1, 2], [0.5, 0.5])),
    ),
    Example(
        "mixture",
        {"of": [NORMAL, UNIFORM], "weights": [0.85, 0.15]},
        "in 85 of 100 futures around £0.01m, evenly to both sides, from £0.00m to £0.02m in 8 of 10 futures;"
        " in 15 of 100 futures anywhere from £0.03m to £0.06m, all equally likely",
        OneOf((stats.norm(0.01, 0.006), stats.uniform(0.025, 0.035)), (0.85, 0.15)),
    ),
    Example(
        "mixture",
        {"of": [NOTHING, LOGNORMAL], "weights": [0.8, 0.2]},
        "in 80 of 100 futures exactly £0.00m; in 20 of 100 futures as likely above as below £1.00m,"
        " and from £0.53m to £1.90m in 8 of 10 futures, with a longer tail upwards",
        OneOf((Point(), stats.lognorm(0.5)), (0.8, 0.2)),
    ),
    Example(
        "mixture",
        {"of": [POISSON, make("fixed", {"value": 9})], "weights": [0.9, 0.1]},
        "in 90 of 100 futures £3.00m on average, from £1.00m to £5.00m in 8 of 10 futures;"
        " in 10 of 100 futures exactly £9.00m",
        OneOf((stats.poisson(3), Point(9.0)), (0.9, 0.1)),
    ),
    Example(
        "geometric",
        {"p": 0.3},
        "tries up to and including the first success, each succeeding in 30 of 100 futures:"
        " £3.33m on average, at most £7.00m in 9 of 10 futures",
        stats.geom(0.3),
    ),
    Example(
        "geometric",
        {"p": 1},
        "tries up to and including the first success, each succeeding in 100 of 100 futures:"
        " £1.00m on average, at most £1.00m in 9 of 10 futures",
        Point(1.0),
    ),
    Example(
        "zero_inflated",
        {"chance": 0.25, "of": LOGNORMAL},
        "£0.00m in 75 of 100 futures; otherwise as likely above as below £1.00m,"
        " and from £0.53m to £1.90m in 8 of 10 futures, with a longer tail upwards",
        OneOf((Point(), stats.lognorm(0.5)), (0.75, 0.25)),
    ),
    Example(
        "zero_inflated",
        {"chance": 0.4, "of": NORMAL},  # nothing in the midst of it
        "£0.00m in 60 of 100 futures; otherwise around £0.01m, evenly to both sides,"
        " from £0.00m to £0.02m in 8 of 10 futures",
        OneOf((Point(), stats.norm(0.01, 0.006)), (0.6, 0.4)),
    ),
    Example(
        "zero_inflated",
        {"chance": 0.4, "of": POISSON},  # which may be nothing of its own
        "£0.00m in 60 of 100 futures; otherwise £3.00m on average, from £1.00m to £5.00m in 8 of 10 futures",
        OneOf((Point(), stats.poisson(3)), (0.6, 0.4)),
    ),
    Example(
        "logarithmic_pool",
        {
            "of": [make("normal", {"mean": 1, "sd": 1}), make("normal", {"mean": 4, "sd": 2})],
            "weights": [0.6, 0.4],
        },
        "what 2 opinions have in common: as likely above as below £1.43m,"
        " and from £-0.10m to £2.96m in 8 of 10 futures",
        stats.norm((0.6 * 1 + 0.1 * 4) / 0.7, 0.7**-0.5),
    ),
    Example(
        "logarithmic_pool",
        {
            "of": [make("beta", {"alpha": 2, "beta": 3}), make("beta", {"alpha": 0.5, "beta": 4})],
            "weights": [0.25, 0.75],
        },
        "what 2 opinions have in common: as likely above as below £0.14m,"
        " and from £0.02m to £0.43m in 8 of 10 futures",
        stats.beta(0.875, 3.75),
    ),
    Example(
        "logarithmic_pool",
        {
            "of": [make("uniform", {"low": 0, "high": 3}), make("exponential", {"mean": 2})],
            "weights": [0.5, 0.5],
        },
        "what 2 opinions have in common: as likely above as below £1.23m,"
        " and from £0.22m to £2.58m in 8 of 10 futures",
        stats.truncexpon(0.75, scale=4),
    ),
    Example(
        "logarithmic_pool",
        {"of": [make("poisson", {"mean": 2}), make("poisson", {"mean": 8})], "weights": [0.5, 0.5]},
        "what 2 opinions have in common: as likely above as below £4.00m,"
        " and from £2.00m to £7.00m in 8 of 10 futures",
        stats.poisson(4),
    ),
    Example(
        "empirical",
        {"values": PAST},
        "one of 5 observed values; as likely above as below £0.01m,"
        " and from £-0.00m to £0.04m in 8 of 10 futures",
        stats.rv_discrete(values=([-0.004, 0.01, 0.02, 0.035], [0.2, 0.4, 0.2, 0.2])),
    ),
    Example(
        "empirical",
        {"values": PAST, "smoothed": True},
        "around one of 5 observed values, give or take £0.00m; as likely above as below £0.01m,"
        " and from £-0.00m to £0.04m in 8 of 10 futures",
        # Quartiles 0.01 and 0.02: the interquartile range is the narrower
        OneOf([stats.norm(x, 0.9 * 0.01 / 1.34 * 5**-0.2) for x in PAST], [0.2] * 5),
    ),
    Example(
        "empirical",
        {"values": PAST, "smoothed": True, "bandwidth": 0.02},
        "around one of 5 observed values, give or take £0.02m; as likely above as below £0.01m,"
        " and from £-0.02m to £0.05m in 8 of 10 futures",
        OneOf([stats.norm(x, 0.02) for x in PAST], [0.2] * 5),
    ),
    Example(
        "piecewise",
        {"values": [0, 1, 3], "probabilities": [0, 0.7, 1]},
        "somewhere from £0.00m to £3.00m; as likely above as below £0.71m,"
        " and from £0.14m to £2.33m in 8 of 10 futures",
        stats.rv_histogram(([0.7, 0.3], [0, 1, 3]), density=False),
    ),
    Example(
        "metalog",
        {"quantiles": {"p10": 2, "p50": 3, "p90": 5}, "low": 0},
        "a smooth curve through 3 stated values: as likely above as below £3.00m,"
        " and from £2.00m to £5.00m in 8 of 10 futures",
        Keelin({0.1: 2, 0.5: 3, 0.9: 5}, low=0),
    ),
    Example(
        "metalog",
        {"quantiles": {0.05: 1, 0.3: 1.8, 0.5: 2.4, 0.95: 4.8}, "low": 0, "high": 9},
        "a smooth curve through 4 stated values: as likely above as below £2.40m,"
        " and from £1.20m to £4.27m in 8 of 10 futures",
        Keelin({0.05: 1, 0.3: 1.8, 0.5: 2.4, 0.95: 4.8}, low=0, high=9),
    ),
    Example(
        "metalog",
        {"quantiles": [(0.1, -2), (0.5, 0), (0.9, 3)], "high": 9},
        "a smooth curve through 3 stated values: as likely above as below £0.00m,"
        " and from £-2.00m to £3.00m in 8 of 10 futures",
        Keelin({0.1: -2, 0.5: 0, 0.9: 3}, high=9),
    ),
    Example(
        "metalog",
        {"quantiles": [(0.1, 1), (0.3, 2), (0.5, 2.8), (0.7, 3.8), (0.9, 6)]},
        "a smooth curve through 5 stated values: as likely above as below £2.80m,"
        " and from £1.00m to £6.00m in 8 of 10 futures",
        Keelin({0.1: 1, 0.3: 2, 0.5: 2.8, 0.7: 3.8, 0.9: 6}),
    ),
    Example(
        "truncated",
        {"parent": make("lognormal", {"mu": 0, "sigma": 1}), "low": 0.5, "high": 20},
        "before the cut as likely above as below £1.00m, and from £0.28m to £3.60m in 8 of 10 futures,"
        " with a longer tail upwards; anything below £0.50m and anything above £20.00m left out;"
        " what remains is as likely above as below £1.36m, and from £0.63m to £4.17m in 8 of 10 futures",
        Cut(stats.lognorm(1), 0.5, 20),
    ),
]

examples = pytest.mark.parametrize("example", EXAMPLES, ids=str)
continuous = pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.made.atoms().size], ids=str)


def grid(low: float = 1e-9, high: float = 1 - 1e-9, points: int = 20_011) -> np.ndarray:
    """Probabilities close together in the middle and closer in the tails."""
    return special.ndtr(np.linspace(special.ndtri(low), special.ndtri(high), points))


def spread_of(made: distributions.Distribution) -> float:
    """A yardstick for errors [unit of the value]."""
    return made.quantile(0.99865) - made.quantile(0.00135)


def by_quadrature(made: distributions.Distribution, power: int, centre: float) -> float:
    """E (x - centre)^power by Gauss-Legendre in panels of the score, split where the ppf jumps."""
    # A metalog's tail can be heavy; elsewhere scipy's inverses are sound to 1e-138 only.
    reach = 37.5 if made.family == "metalog" else 25.0
    edges = np.unique(np.concatenate([np.linspace(-reach, reach, 1_501), *_edges(made, reach)]))
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = 0.5 * np.diff(edges)[:, None]
    z = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    small = special.ndtr(-np.abs(z))
    values = made.at(np.where(z <= 0, small, 1 - small), np.where(z <= 0, 1 - small, small))
    return float(np.sum(half * weights * density * (values - centre) ** power))


def _edges(made: distributions.Distribution, reach: float) -> list[np.ndarray]:
    # The corners of the uniform part of a mixture are kinks of its ppf.
    corners = np.concatenate([made.atoms(), [0.025, 0.06, 1.2, 1.0, 0.0]])
    before = np.nextafter(corners, -np.inf)
    below = np.concatenate([np.atleast_1d(made.cdf(corners)), np.atleast_1d(made.cdf(before))])
    over = np.concatenate([np.atleast_1d(made.sf(corners)), np.atleast_1d(made.sf(before))])
    scores = np.where(below < over, special.ndtri(below), -special.ndtri(over))
    # Beside a jump the ppf can be steep without end: panels get narrower towards it.
    offsets = np.concatenate([[0.0], *(sign * 10.0 ** -np.arange(2.0, 13.0) for sign in (-1.0, 1.0))])
    scores = np.add.outer(scores[np.isfinite(scores)], offsets).ravel()
    return [scores[np.abs(scores) < reach]]


def test_every_family_has_an_example_and_every_way_of_saying_it_too() -> None:
    said = {(e.family, tuple(sorted(set(e.parameters) - set(FAMILIES[e.family].optional)))) for e in EXAMPLES}
    ways = {(f.name, tuple(sorted(names))) for f in FAMILIES.values() for names in f.parametrisations}
    assert ways - said == {("lognormal", ("mu", "sigma"))}  # it is in the mixture


def test_every_family_says_what_its_parameters_are_and_where_it_comes_from() -> None:
    roles = set(get_args(distributions.Role))
    for name, family in FAMILIES.items():
        assert name == family.name == family.cls.family
        assert set(family.parameters.values()) <= roles
        named = {parameter for names in family.parametrisations for parameter in names}
        assert set(family.parameters) == named | set(family.optional)
        assert family.summary
        assert family.source


@examples
def test_mean_and_sd_are_those_of_the_quantile_function(example: Example) -> None:
    made = example.made
    tolerance = 1e-6 * (made.sd + abs(made.mean))
    assert by_quadrature(made, 1, 0.0) == pytest.approx(made.mean, abs=tolerance)
    assert by_quadrature(made, 2, made.mean) == pytest.approx(made.sd**2, rel=1e-5, abs=1e-12)


@examples
def test_the_quantile_function_and_the_cdf_undo_each_other(example: Example) -> None:
    made, u = example.made, grid()
    x = made.ppf(u)
    if made.atoms().size:
        # ppf(u) is the first value with at least u at or below it
        assert np.all(made.cdf(x) >= u * (1 - 1e-9))
        assert np.all(made.cdf(np.nextafter(x, -np.inf)) <= u + 1e-9)
        return
    # Up to the spacing of floats, which near a bound holds much probability
    step, room = 2 * np.spacing(np.abs(x)), 1e-7 * u + 1e-13
    assert np.all(made.cdf(x - step) <= u + room)
    assert np.all(made.cdf(x + step) >= u - room)
    x = made.isf(u)
    step = 2 * np.spacing(np.abs(x))
    assert np.all(made.sf(x + step) <= u + room)
    assert np.all(made.sf(x - step) >= u - room)
    inside = x[(u > 1e-6) & (u < 1 - 1e-6)]
    assert made.ppf(made.cdf(inside)) == pytest.approx(inside, abs=1e-7 * spread_of(made))


@examples
def test_cdf_and_survival_add_up_to_one_from_end_to_end(example: Example) -> None:
    made = example.made
    low, high = (max(made.support[0], -1e3), min(made.support[1], 1e3))
    x = np.linspace(low - 1.0, high + 1.0, 4_001)
    assert made.cdf(x) + made.sf(x) == pytest.approx(np.ones(x.size), abs=1e-12)
    assert np.all(np.diff(made.cdf(x)) >= -1e-15)
    assert made.cdf(low - 1.0) < 1e-6
    assert made.sf(high + 1.0) < 1e-6


@examples
def test_the_ends_of_the_support_are_the_extreme_quantiles(example: Example) -> None:
    made = example.made
    low, high = made.support
    assert made.quantile(0.0) == low
    if example.family not in ("poisson", "geometric", "mixture", "zero_inflated"):
        assert made.quantile(1.0) == high
    values = made.from_score(np.linspace(-8.0, 8.0, 10_001))
    assert values.min() >= low
    assert values.max() <= high


@examples
def test_scores_give_the_quantiles_within_a_millionth_of_the_range(example: Example) -> None:
    made = example.made
    # Off the table's nodes on purpose
    z = np.linspace(-6.0 + 1e-4, 6.0 - 1e-4, 40_009)
    small = special.ndtr(-np.abs(z))
    truth = made.at(np.where(z <= 0, small, 1 - small), np.where(z <= 0, 1 - small, small))
    room = 1e-6 * (spread_of(made) + np.abs(truth - made.quantile(0.5)))
    assert np.all(np.abs(made.from_score(z) - truth) <= room)


@examples
def test_values_never_fall_as_the_score_rises(example: Example) -> None:
    values = example.made.from_score(np.linspace(-8.0, 8.0, 200_003))
    rounding = 8 * np.finfo(float).eps * np.maximum(1.0, np.abs(values[1:]))
    assert np.all(np.diff(values) >= -rounding)


@examples
def test_a_value_is_the_same_in_any_block(example: Example) -> None:
    made = example.made
    z = np.random.Generator(np.random.SFC64(7)).standard_normal(16_384)
    whole = made.from_score(z)
    assert np.array_equal(whole[:100], made.from_score(z[:100]))
    assert np.array_equal(whole[5_001:5_018], made.from_score(z[5_001:5_018]))
    assert np.array_equal(whole.reshape(64, 256), made.from_score(z.reshape(64, 256)))
    assert whole[77] == made.from_score(z[77:78])[0]


@examples
def test_values_are_put_where_they_are_wanted(example: Example) -> None:
    z, room = np.linspace(-9.0, 9.0, 302).reshape(2, 151), np.full((3, 151), np.nan)
    assert np.shares_memory(example.made.from_score(z, room[:2]), room)
    assert np.array_equal(room[:2], example.made.from_score(z))
    assert np.all(np.isnan(room[2]))


@examples
def test_the_scores_given_are_left_as_they_were(example: Example) -> None:
    z = np.linspace(-9.0, 9.0, 101)
    example.made.from_score(z)
    assert np.array_equal(z, np.linspace(-9.0, 9.0, 101))


moments = pytest.mark.parametrize("example", [e for e in EXAMPLES if hasattr(e.scipy, "mean")], ids=str)


@moments
def test_another_source_says_the_same_of_mean_and_sd(example: Example) -> None:
    made, theirs = example.made, example.scipy
    assert made.mean == pytest.approx(float(theirs.mean()), rel=1e-8, abs=1e-12)
    assert made.sd == pytest.approx(float(theirs.std()), rel=1e-7)


@examples
def test_another_source_says_the_same_of_quantiles_to_one_in_a_thousand_million(example: Example) -> None:
    """Within a millionth of the range, or of the distance from the middle in a tail without end."""
    made, theirs = example.made, example.scipy
    # Off the round probabilities, where a discrete quantile depends on the last bit
    u = special.ndtr(np.append(np.linspace(-5.9978, 0.0, 397), np.linspace(-4.0, 0.0, 113))) * (1 + 1e-7)
    assert u.min() < 1.001e-9
    for ours, others in ((made.ppf(u), theirs.ppf(u)), (made.isf(u), theirs.isf(u))):
        room = 1e-6 * (spread_of(made) + np.abs(others - made.quantile(0.5)))
        assert np.all(np.abs(ours - others) <= room)


@examples
def test_another_source_says_the_same_of_the_fast_path(example: Example) -> None:
    made, theirs = example.made, example.scipy
    z = np.linspace(-5.9978, 0.0, 601)
    u = special.ndtr(z)
    for ours, others in ((made.from_score(z), theirs.ppf(u)), (made.from_score(-z), theirs.isf(u))):
        # A score on the very edge of a step may fall to either side of it.
        edge = np.isin(u, [0.5]) & bool(made.atoms().size)
        room = 1e-6 * (spread_of(made) + np.abs(others - made.quantile(0.5)))
        assert np.all((np.abs(ours - others) <= room) | edge)


@moments
def test_another_source_says_the_same_of_tails_and_densities(example: Example) -> None:
    made, theirs = example.made, example.scipy
    x = made.ppf(np.array([0.00103, 0.0501, 0.1007, 0.3003, 0.5009, 0.7013, 0.9019, 0.999001])) + 0.00013
    assert made.cdf(x) == pytest.approx(theirs.cdf(x), rel=1e-8, abs=1e-13)
    assert made.sf(x) == pytest.approx(theirs.sf(x), rel=1e-7, abs=1e-13)
    if hasattr(theirs, "pdf") and not made.discrete:
        assert made.density(x) == pytest.approx(theirs.pdf(x), rel=1e-8, abs=1e-13)
    if hasattr(theirs, "pmf"):
        values = made.atoms()[made.mass(made.atoms()) > 1e-12]
        assert made.mass(values) == pytest.approx(theirs.pmf(values), rel=1e-7)


@examples
def test_the_density_is_the_slope_of_the_cdf_and_with_the_single_values_adds_up_to_one(example: Example) -> None:
    made = example.made
    between = panels(made)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(between)[:, None]
    inside = made.density(0.5 * (between[1:] + between[:-1])[:, None] + half * nodes)
    total = np.sum(half * weights * inside, axis=1)
    # The share of a panel, less that of single values: those on its upper edge are counted with it.
    single = made.mass(made.atoms())
    stepped = np.array([single[made.atoms() <= edge].sum() for edge in between])
    smooth = made.cdf(between) - stepped
    assert total == pytest.approx(np.diff(smooth), abs=2e-9)
    beyond = smooth[0] + made.sf(between[-1]) - single[made.atoms() > between[-1]].sum()
    assert total.sum() + single.sum() + beyond == pytest.approx(1.0, abs=1e-8)


def panels(made: distributions.Distribution) -> np.ndarray:
    """Edges between which a density is smooth: quantiles, and the corners of the examples."""
    corners = np.array([0.0, 0.025, 0.06, 1.0, 1.2, 3.0, *made.atoms()[:50]])
    low, high = made.quantile(1e-9), float(made.isf(1e-9))
    inner = corners[(corners > low) & (corners < high)]
    edges = np.unique(np.concatenate([made.ppf(grid(1e-9, 0.5, 301)), made.isf(grid(1e-9, 0.5, 301)), inner]))
    # Where a density is infinite on a bound, much of it is closer to that than numbers can tell apart.
    bounds = [end for end in made.support if np.isfinite(end) and end != 0.0 and end not in made.atoms()]
    away = [np.abs(edges - end) > 1e-9 for end in bounds]
    return edges[np.all([np.ones(edges.size, dtype=bool), *away], axis=0)]


@examples
def test_the_mass_of_a_value_is_the_jump_of_the_cdf(example: Example) -> None:
    made = example.made
    atoms = made.atoms()
    assert np.all(np.diff(atoms) > 0.0)
    jumps = made.cdf(atoms) - made.cdf(np.nextafter(atoms, -np.inf))
    assert made.mass(atoms) == pytest.approx(jumps, abs=1e-12)
    assert made.mass(np.append(atoms + 0.0005, [-1e9, 1e9])) == pytest.approx(np.zeros(atoms.size + 2), abs=0)
    assert made.discrete == (made.mass(atoms).sum() > 1.0 - 1e-9)


@examples
def test_every_function_keeps_the_shape_that_it_is_given(example: Example) -> None:
    made = example.made
    low, high = max(made.support[0], -1e6), min(made.support[1], 1e6)
    ask = (made.cdf, made.sf, made.density, made.mass), (made.ppf, made.isf, made.from_score)
    for shape in ((), (0,), (7,), (2, 3), (1, 2, 2)):
        x, u = np.full(shape, 0.5 * (low + high)), np.full(shape, 0.3)
        assert {np.shape(f(x)) for f in ask[0]} | {np.shape(f(u)) for f in ask[1]} == {shape}
    beyond = np.array([-np.inf, low - 1.0, high + 1.0, np.inf])
    assert np.all(made.density(beyond[np.array([0, 3])]) == 0.0)
    assert np.all(made.density(beyond)[(beyond < made.support[0]) | (beyond > made.support[1])] == 0.0)


@examples
def test_the_sentence_is_one_that_a_finance_officer_can_read_out(example: Example) -> None:
    # A middle of nothing may come out as -1e-17 on one machine and as 0 on another.
    assert example.made.sentence(lambda value: f"£{value if abs(value) > 1e-9 else 0.0:.2f}m") == example.sentence
    assert "£" not in example.made.sentence()


@examples
def test_repr_pickle_equality_and_hash_round_trip(example: Example) -> None:
    made = example.made
    again = eval(repr(made), vars(distributions).copy())  # our own words
    assert again == made == pickle.loads(pickle.dumps(made))
    assert hash(again) == hash(made)
    assert repr(again) == repr(made)
    with pytest.raises(FrozenInstanceError):
        setattr(made, fields(made)[0].name, 1.0)  # type: ignore[arg-type]


@continuous
def test_a_continuous_family_has_neither_atoms_nor_steps(example: Example) -> None:
    assert not example.made.discrete
    x = example.made.ppf(np.linspace(0.01, 0.99, 197))
    assert np.all(np.diff(x) > 0.0)


BAD = {"of": [NORMAL, POISSON], "weights": [0.5, 0.5]}
APART = {"of": [make("uniform", {"low": 0, "high": 1}), make("uniform", {"low": 2, "high": 3})], "weights": [0.5, 0.5]}
PILED = make("beta", {"alpha": 0.2, "beta": 0.2})
REFUSED = [
    ("fixed", {"value": "12"}, "value", "expected a number, got '12'"),
    ("uniform", {"low": 3, "high": 1}, "high", "expected a number above low (3), got 1"),
    ("loguniform", {"low": -1, "high": 1}, "low", "expected a number above 0, got -1"),
    ("triangular", {"low": 1, "mode": 0, "high": 3}, "mode", "expected a number not below low (1), got 0"),
    ("pert", {"low": 0, "mode": 1, "high": 2, "lambda": -4}, "lambda", "expected a number above 0, got -4"),
    ("normal", {"mean": 0, "sd": -1}, "sd", "expected a number above 0, got -1"),
    ("truncated_normal", {"mean": 0, "sd": 0}, "sd", "expected a number above 0, got 0"),
    ("lognormal", {"mean": 0, "sd": 1}, "mean", "expected a number above 0, got 0"),
    ("beta", {"alpha": 1, "beta": 0}, "beta", "expected a number above 0, got 0"),
    ("gamma", {"shape": 0, "scale": 1}, "shape", "expected a number above 0, got 0"),
    ("weibull", {"shape": 1, "scale": 0}, "scale", "expected a number above 0, got 0"),
    ("student_t", {"df": 3, "location": 0, "scale": 0}, "scale", "expected a number above 0, got 0"),
    ("exponential", {"mean": -1}, "mean", "expected a number above 0, got -1"),
    ("gumbel", {"location": 0, "scale": 0}, "scale", "expected a number above 0, got 0"),
    ("bernoulli", {"p": -0.1}, "p", "expected a share from 0 to 1, got -0.1"),
    ("binomial", {"n": 0, "p": 0.1}, "n", "expected a whole number of at least 1, got 0"),
    ("poisson", {"mean": 0}, "mean", "expected a number above 0, got 0"),
    (
        "geometric",
        {"p": 0.00001},
        "p",
        "expected a share from 0.0001 to 1 (for rarer ones use an exponential with mean 1/p), got 1e-05",
    ),
    ("discrete", {"values": [], "weights": []}, "values", "expected at least 1 numbers, got 0"),
    ("mixture", {"of": [NORMAL], "weights": [0.4]}, "weights", "expected weights that add up to 1, got 0.4"),
    ("zero_inflated", {"chance": 1.5, "of": NORMAL}, "chance", "expected a share from 0 to 1, got 1.5"),
    ("zero_inflated", {"chance": 0.5, "of": 3}, "of", "expected a distribution, got 3"),
    ("zero_inflated", {"chance": 0.5}, "of", "expected of beside chance, got nothing"),
    (
        "logarithmic_pool",
        BAD,
        "of",
        "expected parts that are all continuous or all of single values, got some of each",
    ),
    ("logarithmic_pool", APART, "of", "expected parts that overlap, got parts that rule each other out"),
    (
        "logarithmic_pool",
        {"of": [make("normal", {"mean": m, "sd": 1}) for m in (0, 11)], "weights": [0.5, 0.5]},
        "of",
        "expected parts that overlap, got parts that rule each other out",
    ),
    (
        "logarithmic_pool",
        {"of": [make("normal", {"mean": m, "sd": 0.5}) for m in (0, 1000)], "weights": [0.5, 0.5]},
        "of",
        "expected parts that overlap, got parts that rule each other out",
    ),
    (
        "mixture",
        {"of": [make("mixture", {"of": [NORMAL] * 51, "weights": [1 / 51] * 51})] * 2, "weights": [0.5, 0.5]},
        "of",
        "expected at most 100 distributions, those inside others counted, got 102",
    ),
    ("loguniform", {"low": 1e-300, "high": 10}, "high", "expected at most 1e+300 times low, got 10"),
    (
        "logarithmic_pool",
        {"of": [make("fixed", {"value": v}) for v in (1, 2)], "weights": [0.5, 0.5]},
        "of",
        "expected parts with a value in common, got none that all of them hold possible",
    ),
    (
        "logarithmic_pool",
        {"of": [PILED, PILED], "weights": [0.5, 0.5]},
        "of",
        "expected parts of which no more than a trace lies at a bound, got a pile on it",
    ),
    ("empirical", {"values": [1], "smoothed": True}, "values", "expected at least 2 numbers, got 1"),
    ("empirical", {"values": [1, 2], "smoothed": 1}, "smoothed", "expected yes or no, got 1"),
    (
        "empirical",
        {"values": [1, 2], "bandwidth": 1},
        "bandwidth",
        "a bandwidth is for values that are smoothed; say smoothed: yes too",
    ),
    (
        "empirical",
        {"values": [3, 3], "smoothed": True},
        "values",
        "expected values that differ (for equal ones state a bandwidth), got [3.0, 3.0]",
    ),
    (
        "empirical",
        {"values": range(5_001), "smoothed": True},
        "values",
        "expected at most 5,000 different values to smooth, got 5001",
    ),
    ("piecewise", {"values": [0], "probabilities": [1]}, "values", "expected at least 2 numbers, got 1"),
    ("metalog", {"quantiles": {1.0: 1}}, "quantiles", "expected probabilities above 0 and below 1, got 1"),
    ("truncated", {"parent": POISSON, "low": 0}, "parent", "expected a continuous distribution, got Poisson(mean=3.0)"),
    ("truncated", {"parent": NORMAL, "low": 2, "high": 1}, "high", "expected a number above low (2), got 1"),
]


@pytest.mark.parametrize(("family", "parameters", "name", "message"), REFUSED)
def test_what_cannot_be_is_refused_at_its_parameter(
    family: str, parameters: dict[str, Any], name: str, message: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        make(family, parameters)
    assert (refused.value.parameter, str(refused.value)) == (name, message)


def test_every_family_is_refused_something() -> None:
    assert {family for family, *_ in REFUSED} == set(FAMILIES)


def test_every_family_is_used_by_a_config() -> None:
    used = {word for path in (ROOT / "configs").rglob("*.yaml") for word in families_in(tree(path))}
    assert set(FAMILIES) - used == set()


def tree(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def families_in(node: Any) -> set[str]:
    """Give the families that a file uses, wherever they stand; a truncation is one of its own."""
    if isinstance(node, list):
        return set().union(*map(families_in, node))
    if not isinstance(node, dict):
        return set()
    own = {str(node["dist"])} & set(FAMILIES) if "dist" in node else set()
    own |= {"truncated"} if "truncate" in node else set()
    return own.union(*map(families_in, node.values()))


# ---- configs/textbook/every_family.yaml: scipy's opinion of every driver, by output ------------------------

PAST_GROWTH = np.array([0.012, 0.009, 0.014, 0.022, 0.011])
BANDWIDTH = 0.9 * min(PAST_GROWTH.std(ddof=1), stats.iqr(PAST_GROWTH) / 1.34) * 5**-0.2
ROOF = stats.lognorm(np.log(1.84 / 1.25) / special.ndtri(0.9), scale=1.25)
REPAIRS = Cut(stats.lognorm(np.log(0.5 / 0.2) / special.ndtri(0.9), scale=0.2), 0.0, 1.0)
ADDED: dict[str, list[Any]] = {
    "services": [
        Point(0.12),
        stats.uniform(0.8, 0.3),
        stats.loguniform(0.05, 0.8),
        stats.triang(0.2 / 0.9, 2.0, 0.9),
        stats.beta(1 + 4 * 0.3 / 1.4, 1 + 4 * 1.1 / 1.4, 0.6, 1.4),
        stats.norm(5.0, 0.2),
        stats.truncnorm(-0.75, np.inf, 1.5, 0.4),
        stats.gamma(4, scale=0.175),
        stats.gumbel_r(0.3, 0.1),
        stats.t(5, -0.4, 0.05),  # taken off
    ],
    "buildings": [ROOF, REPAIRS],
    "waiting": [stats.weibull_min(2, scale=12), stats.expon(scale=6)],
    "counted": [
        stats.bernoulli(0.35),
        stats.binom(40, 0.15),
        stats.poisson(3),
        stats.geom(0.4),
        stats.rv_discrete(values=([1, 2, 4], [0.5, 0.3, 0.2])),
    ],
    "shares": [
        stats.beta(18, 2),
        OneOf((stats.norm(0.02, 0.005), stats.uniform(0.03, 0.03)), (0.85, 0.15)),
        stats.beta(0.6 * 30 + 0.4 * 45, 0.6 * 10 + 0.4 * 5),
        OneOf([stats.norm(x, BANDWIDTH) for x in PAST_GROWTH], [0.2] * 5),
    ],
    "appeal": [OneOf((Point(), stats.gamma((5 / 3) ** 2, scale=0.18)), (0.8, 0.2))],
    "appeal_succeeds": [stats.bernoulli(0.2)],
}
TAKEN_OFF = {
    "buildings": Keelin({0.1: 2.0, 0.5: 3.0, 0.9: 5.0}, low=0.0, high=12.0),
    "waiting": stats.rv_histogram(([0.6, 0.4], [2 / 12, 4 / 12, 1.0]), density=False),
}


def moments_of(theirs: Any) -> tuple[float, float]:
    """Mean and variance; where somebody else knows quantiles only, over the log odds."""
    if hasattr(theirs, "mean"):
        return float(theirs.mean()), float(theirs.std()) ** 2
    odds = np.linspace(-40.0, 40.0, 80_001)
    weights = special.expit(odds) * special.expit(-odds) / 1_000.0
    values = np.where(odds < 0.0, theirs.ppf(special.expit(-np.abs(odds))), theirs.isf(special.expit(-np.abs(odds))))
    mean = float(weights @ values)
    return mean, float(weights @ (values - mean) ** 2)


@pytest.fixture(scope="module")
def every_family() -> Futures:
    path = ROOT / "configs" / "textbook" / "every_family.yaml"
    return simulate(compile_model(load_config(path)), 65_536)


@pytest.mark.parametrize("output", ADDED)
def test_a_config_with_every_family_has_the_moments_that_its_parts_add_up_to(
    output: str, every_family: Futures
) -> None:
    added, off = [moments_of(part) for part in ADDED[output]], TAKEN_OFF.get(output)
    less, more = moments_of(off) if off else (0.0, 0.0)
    mean = sum(part[0] for part in added) - less
    variance = sum(part[1] for part in added) + more
    values = every_family.dataset[f"outputs.{output}"].values.ravel().astype(float)
    assert abs(values.mean() - mean) < 5 * np.sqrt(variance / values.size)
    fourth = np.mean((values - mean) ** 4)
    assert abs(np.mean((values - mean) ** 2) - variance) < 5 * np.sqrt((fourth - variance**2) / values.size)


def test_the_oracles_of_that_config_are_as_many_as_its_figures() -> None:
    drivers = tree(ROOT / "configs" / "textbook" / "every_family.yaml")["drivers"]
    assert len(drivers) == sum(map(len, ADDED.values())) - 1 + len(TAKEN_OFF)  # the appeal is asked about twice


def test_a_logarithmic_pool_inside_another_is_its_parts() -> None:
    one, two, three = (make("normal", {"mean": m, "sd": s}) for m, s in ((0.0, 1.0), (1.0, 2.0), (3.0, 1.0)))
    inner = make("logarithmic_pool", {"of": [one, two], "weights": [0.25, 0.75]})
    outer = make("logarithmic_pool", {"of": [inner, three], "weights": [0.4, 0.6]})
    flat = make("logarithmic_pool", {"of": [one, two, three], "weights": [0.1, 0.3, 0.6]})
    assert outer.ppf(LEVELS_OF_A_POOL) == pytest.approx(flat.ppf(LEVELS_OF_A_POOL), rel=1e-9)


LEVELS_OF_A_POOL = np.array([0.001, 0.1, 0.5, 0.9, 0.999])


def test_one_value_far_out_leaves_the_smoothed_others_exact() -> None:
    data = make("empirical", {"values": [1.0, 2.0, 4.0, 1e9], "smoothed": True, "bandwidth": 0.5})
    p = np.array([1e-9, 0.1, 0.3, 0.6, 0.74, 0.76, 0.9])
    assert data.cdf(data.ppf(p)) == pytest.approx(p, rel=1e-6)


def test_quantiles_a_hair_from_a_bound_are_refused_in_words() -> None:
    with pytest.raises(ParameterError, match="its curve would turn back"):
        make("metalog", {"quantiles": {"p10": 1, "p50": 2, "p90": 3}, "low": 0.9999999999999999})
