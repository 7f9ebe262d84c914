"""Every family against its own truth: quadrature, inversion, scipy, exact refusals; no sampler."""

import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats

from simlib import distributions
from simlib.distributions import (
    FAMILIES,
    ParameterError,
    fit,
    make,
    quantile_name,
    quantile_of_name,
    score_table,
)

NORMAL, UNIFORM = make("normal", {"mean": 0.01, "sd": 0.006}), make("uniform", {"low": 0.025, "high": 0.06})
PAST = [0.02, 0.01, 0.01, 0.035, -0.004]


@dataclass(frozen=True)
class Example:
    """A member of a family, as the user says it, with scipy's opinion and its exact sentence."""

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
    Example("fixed", {"value": 1.2}, "exactly £1.20m"),
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
        "around £1.00m, evenly to both sides, from £-0.28m to £2.28m in 8 of 10 futures;"
        " anything below £0.00m left out",
        stats.truncnorm(-1, np.inf, 1, 1),
    ),
    Example(
        "truncated_normal",
        {"mean": 0, "sd": 1, "low": 4.5, "high": 9},
        "around £0.00m, evenly to both sides, from £-1.28m to £1.28m in 8 of 10 futures;"
        " anything below £4.50m and anything above £9.00m left out",
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
    ),
    Example(
        "mixture",
        {
            "of": [make("fixed", {"value": 0}), make("lognormal", {"mu": 0, "sigma": 0.5})],
            "weights": [0.8, 0.2],
        },
        "in 80 of 100 futures exactly £0.00m; in 20 of 100 futures as likely above as below £1.00m,"
        " and from £0.53m to £1.90m in 8 of 10 futures, with a longer tail upwards",
    ),
    Example(
        "mixture",
        {"of": [make("poisson", {"mean": 3}), make("fixed", {"value": 9})], "weights": [0.9, 0.1]},
        "in 90 of 100 futures £3.00m on average, from £1.00m to £5.00m in 8 of 10 futures;"
        " in 10 of 100 futures exactly £9.00m",
    ),
    Example(
        "empirical",
        {"values": PAST},
        "one of 5 observed values; as likely above as below £0.01m,"
        " and from £-0.00m to £0.04m in 8 of 10 futures",
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
    ),
    Example(
        "metalog",
        {"quantiles": {0.05: 1, 0.3: 1.8, 0.5: 2.4, 0.95: 4.8}, "low": 0, "high": 9},
        "a smooth curve through 4 stated values: as likely above as below £2.40m,"
        " and from £1.20m to £4.27m in 8 of 10 futures",
    ),
    Example(
        "metalog",
        {"quantiles": [(0.1, -2), (0.5, 0), (0.9, 3)], "high": 9},
        "a smooth curve through 3 stated values: as likely above as below £0.00m,"
        " and from £-2.00m to £3.00m in 8 of 10 futures",
    ),
    Example(
        "metalog",
        {"quantiles": [(0.1, 1), (0.3, 2), (0.5, 2.8), (0.7, 3.8), (0.9, 6)]},
        "a smooth curve through 5 stated values: as likely above as below £2.80m,"
        " and from £1.00m to £6.00m in 8 of 10 futures",
    ),
    Example(
        "truncated",
        {"parent": make("lognormal", {"mu": 0, "sigma": 1}), "low": 0.5, "high": 20},
        "as likely above as below £1.00m, and from £0.28m to £3.60m in 8 of 10 futures,"
        " with a longer tail upwards; anything below £0.50m and anything above £20.00m left out",
    ),
]

examples = pytest.mark.parametrize("example", EXAMPLES, ids=str)
continuous = pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.made.atoms().size], ids=str)


def grid(low: float = 1e-9, high: float = 1 - 1e-9) -> np.ndarray:
    """Probabilities close together in the middle and closer in the tails."""
    return special.ndtr(np.linspace(special.ndtri(low), special.ndtri(high), 20_011))


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
    roles = {"value", "spread", "share", "number", "count", "distributions", "quantiles"}
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
    if example.family not in ("poisson", "mixture"):
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
    rounding = 4 * np.finfo(float).eps * np.maximum(1.0, np.abs(values[1:]))
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
def test_the_scores_given_are_left_as_they_were(example: Example) -> None:
    z = np.linspace(-9.0, 9.0, 101)
    example.made.from_score(z)
    assert np.array_equal(z, np.linspace(-9.0, 9.0, 101))


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.scipy is not None], ids=str)
def test_scipy_says_the_same(example: Example) -> None:
    made, theirs = example.made, example.scipy
    assert made.mean == pytest.approx(float(theirs.mean()), rel=1e-8, abs=1e-12)
    assert made.sd == pytest.approx(float(theirs.std()), rel=1e-7)
    # Off the round probabilities, where a discrete quantile depends on the last bit
    u = np.array([0.00103, 0.0501, 0.1007, 0.3003, 0.5009, 0.7013, 0.9019, 0.999001])
    assert made.ppf(u) == pytest.approx(theirs.ppf(u), rel=1e-8, abs=1e-12)
    x = made.ppf(u) + 0.013
    assert made.cdf(x) == pytest.approx(theirs.cdf(x), rel=1e-8, abs=1e-13)
    assert made.sf(x) == pytest.approx(theirs.sf(x), rel=1e-7, abs=1e-13)


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


def test_a_mixture_with_a_certain_part_has_exactly_that_value_that_often() -> None:
    made = make(
        "mixture",
        {
            "of": [make("fixed", {"value": 0.3}), make("normal", {"mean": 0, "sd": 1})],
            "weights": [0.25, 0.75],
        },
    )
    assert not made.discrete
    assert made.atoms().tolist() == [0.3]
    below = 0.75 * special.ndtr(0.3)
    assert made.ppf([below + 1e-9, below + 0.1, below + 0.25 - 1e-9]).tolist() == [0.3, 0.3, 0.3]
    z = special.ndtri(np.array([below - 0.01, below + 0.001, below + 0.249, below + 0.26]))
    values = made.from_score(z)
    assert values[0] < 0.3 == values[1] == values[2] < values[3]


def test_a_mixture_of_counts_is_a_count() -> None:
    made = make(
        "mixture",
        {
            "of": [make("bernoulli", {"p": 0.5}), make("binomial", {"n": 3, "p": 0.5})],
            "weights": [0.5, 0.5],
        },
    )
    assert made.discrete
    assert made.cdf([0, 1, 2, 3]) == pytest.approx([0.3125, 0.75, 0.9375, 1.0])
    assert set(made.from_score(np.linspace(-4, 4, 1_001))) == {0.0, 1.0, 2.0, 3.0}


def test_a_weight_of_nothing_means_never() -> None:
    parts = [make("uniform", {"low": 0, "high": 1}), make("fixed", {"value": 50})]
    made = make("mixture", {"of": parts, "weights": [1, 0]})
    assert made.support == (0.0, 1.0)
    assert made.from_score(np.array([-3.0, 0.0, 3.0])) == pytest.approx(
        parts[0].from_score(np.array([-3.0, 0.0, 3.0]))
    )


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_never_or_always_happens_is_certain_at_every_score(p: float) -> None:
    z = np.linspace(-37.0, 37.0, 101)
    assert np.all(make("bernoulli", {"p": p}).from_score(z) == p)
    assert np.all(make("binomial", {"n": 7, "p": p}).from_score(z) == 7 * p)
    assert make("binomial", {"n": 7, "p": p}).quantile(0.0) == 7 * p


def test_truncation_heaps_nothing_on_the_bound() -> None:
    made = make("truncated_normal", {"mean": 0, "sd": 1, "low": 0})
    values = made.from_score(np.random.Generator(np.random.SFC64(0)).standard_normal(100_000))
    assert np.count_nonzero(values == 0.0) == 0
    assert np.mean(values < 0.5) == pytest.approx(2 * special.ndtr(0.5) - 1, abs=5 * 0.5 / np.sqrt(100_000))


def test_a_table_is_built_once_for_equal_distributions() -> None:
    first = make("beta", {"alpha": 18, "beta": 1.2})
    again = make("beta", {"alpha": 18.0, "beta": 1.2, "low": 0})
    assert score_table(first) is score_table(again)


@given(
    st.floats(0.05, 200.0), st.floats(0.05, 200.0), st.floats(-6.0, 6.0), st.sampled_from(["beta", "gamma"])
)
def test_any_beta_or_gamma_is_within_a_millionth_of_its_range(
    a: float, b: float, z: float, family: str
) -> None:
    names = {"beta": ("alpha", "beta"), "gamma": ("shape", "scale")}[family]
    made = make(family, dict(zip(names, (a, b), strict=True)))
    small = special.ndtr(-abs(z))
    truth = made.ppf(small) if z <= 0 else made.isf(small)
    room = 1e-6 * (spread_of(made) + abs(float(truth) - made.quantile(0.5)))
    assert abs(made.from_score(np.array([z]))[0] - truth) <= room


@given(st.integers(0, 10_000))
def test_metalogs_go_through_their_quantiles_or_are_refused(seed: int) -> None:
    numbers = np.random.Generator(np.random.SFC64(seed))
    p = np.unique(numbers.uniform(0.02, 0.98, numbers.integers(3, 7)).round(3))
    x = np.cumsum(numbers.uniform(0.1, 1.0, p.size))
    try:
        made = fit("metalog", dict(zip(p.tolist(), x.tolist(), strict=True)))
    except ParameterError:
        assume(False)  # too many refusals fail the test
    assert made.ppf(p) == pytest.approx(x, rel=1e-6)
    assert np.all(np.diff(made.ppf(grid())) > 0.0)


REFUSED = [
    ("trianglar", {}, "dist", "expected one of " + ", ".join(FAMILIES) + ", got 'trianglar'"),
    ("triangular", {"low": 3, "mode": 1, "high": 4}, "mode", "expected a number not below low (3), got 1"),
    ("triangular", {"low": 3, "mode": 5, "high": 4}, "mode", "expected a number not above high (4), got 5"),
    ("triangular", {"low": 3, "mode": 3, "high": 3}, "high", "expected a number above low (3), got 3"),
    ("pert", {"low": 0, "mode": 1, "high": 2, "lambda": 0}, "lambda", "expected a number above 0, got 0"),
    ("triangular", {"low": 3, "high": 4}, "mode", "expected mode beside low and high, got nothing"),
    (
        "triangular",
        {"low": 3, "hihg": 4},
        "hihg",
        "expected a parameter of triangular (low, mode, high), got 'hihg'",
    ),
    ("uniform", {"low": 1, "high": 1}, "high", "expected a number above low (1), got 1"),
    ("loguniform", {"low": 0, "high": 1}, "low", "expected a number above 0, got 0"),
    ("normal", {"mean": 0, "sd": 0}, "sd", "expected a number above 0, got 0"),
    ("normal", {"mean": float("nan"), "sd": 1}, "mean", "expected a finite number, got nan"),
    ("normal", {"mean": 0, "sd": float("inf")}, "sd", "expected a finite number, got inf"),
    ("normal", {"mean": True, "sd": 1}, "mean", "expected a number, got True"),
    ("normal", {"mean": "1", "sd": 1}, "mean", "expected a number, got '1'"),
    ("normal", {}, "mean", "expected mean and sd, got nothing"),
    (
        "lognormal",
        {"mean": 1, "mu": 0},
        "mu",
        "expected mean and sd, or median and p90, or mu and sigma, got mean and mu",
    ),
    ("lognormal", {"median": 2, "p90": 1}, "p90", "expected a number above median (2), got 1"),
    (
        "beta",
        {"mean": 0.5, "sd": 0.5},
        "sd",
        "expected less than 0.5, the most that these bounds and this mean allow, got 0.5",
    ),
    ("beta", {"mean": 1.5, "sd": 0.1}, "mean", "expected a number between low (0) and high (1), got 1.5"),
    ("beta", {"alpha": -1, "beta": 1}, "alpha", "expected a number above 0, got -1"),
    (
        "beta",
        {"alpha": 1e10, "beta": 1},
        "alpha",
        "expected at most 1e+09 (so narrow a beta is a normal), got 1e+10",
    ),
    (
        "pert",
        {"low": 0, "mode": 1, "high": 2, "lambda": 1e9},
        "lambda",
        "expected at most 1e+06, got 1000000000",
    ),
    (
        "weibull",
        {"shape": 0.001, "scale": 1},
        "shape",
        "expected at least 0.03 (with less no number can hold the spread), got 0.001",
    ),
    (
        "lognormal",
        {"mu": 1, "sigma": 20},
        "sigma",
        "expected a logarithm whose mean and spread a number can hold, got 20",
    ),
    ("uniform", {"low": -1e200, "high": 1}, "low", "expected a number from -1e+100 to 1e+100, got -1e+200"),
    (
        "gamma",
        {"shape": 2e6, "scale": 1},
        "shape",
        "expected at most 1e+06 (so narrow a gamma is a normal), got 2000000",
    ),
    (
        "gamma",
        {"mean": 2, "sd": 0.001},
        "sd",
        "expected at least 0.002 (so narrow a gamma is a normal), got 0.001",
    ),
    ("bernoulli", {"p": 1.4}, "p", "expected a share from 0 to 1, got 1.4"),
    ("binomial", {"n": 2.5, "p": 0.5}, "n", "expected a whole number of at least 1, got 2.5"),
    (
        "poisson",
        {"mean": 1e8},
        "mean",
        "expected at most 10000000 (use a normal with sd = root of the mean), got 100000000",
    ),
    (
        "student_t",
        {"df": 2, "location": 0, "scale": 1},
        "df",
        "expected a number above 2 (with less the spread is infinite), got 2",
    ),
    (
        "truncated_normal",
        {"mean": 0, "sd": 1, "low": 9},
        "low",
        "expected bounds that keep at least a billionth of the untruncated distribution, got 9",
    ),
    (
        "truncated_normal",
        {"mean": 0, "sd": 1, "low": 2, "high": 1},
        "high",
        "expected a number above low (2), got 1",
    ),
    (
        "truncated",
        {"parent": make("bernoulli", {"p": 0.5}), "low": 0},
        "parent",
        "expected a continuous distribution, got Bernoulli(p=0.5)",
    ),
    ("discrete", {"values": [1, 2], "weights": [1]}, "weights", "expected 2 weights, got 1"),
    (
        "discrete",
        {"values": [1, 2], "weights": [0.5, 0.4]},
        "weights",
        "expected weights that add up to 1, got 0.9",
    ),
    ("discrete", {"values": "12", "weights": [1]}, "values", "expected a list of numbers, got '12'"),
    ("mixture", {"of": [1.0, 2.0], "weights": [0.5, 0.5]}, "of", "expected a list of distributions, got 1"),
    ("mixture", {"of": [], "weights": [1]}, "of", "expected at least one distribution, got 0"),
    ("empirical", {"values": []}, "values", "expected at least 1 numbers, got 0"),
    (
        "piecewise",
        {"values": [0, 2, 1], "probabilities": [0, 0.5, 1]},
        "values",
        "expected values that rise, got [0.0, 2.0, 1.0]",
    ),
    (
        "piecewise",
        {"values": [0, 1, 2], "probabilities": [0.1, 0.5, 1]},
        "probabilities",
        "expected probabilities that rise from 0 to 1, got [0.1, 0.5, 1.0]",
    ),
    (
        "piecewise",
        {"values": [0, 1], "probabilities": [0, 0.5, 1]},
        "probabilities",
        "expected 2 probabilities, one for each value, got 3",
    ),
    ("metalog", {"quantiles": {"p10": 1, "p90": 2}}, "quantiles", "expected 3 to 30 quantiles, got 2"),
    (
        "metalog",
        {"quantiles": {"p10": 1, "low": 2, "p90": 3}},
        "quantiles",
        "expected names such as p10, p50 or p97.5, got 'low'",
    ),
    (
        "metalog",
        {"quantiles": {"p10": 1, "p50": 3, "p90": 2}},
        "quantiles",
        "expected a value above 3 at p90, as it is at p50, got 2",
    ),
    (
        "metalog",
        {"quantiles": {"p10": 1, "p50": 2, "p90": 3}, "low": 1},
        "low",
        "expected a bound below every quantile (1), got 1",
    ),
    (
        "metalog",
        {"quantiles": {"p10": 1, "p50": 2, "p90": 3}, "high": 3},
        "high",
        "expected a bound above every quantile (3), got 3",
    ),
    (
        "metalog",
        {"quantiles": {"p10": 1, "p50": 2, "p90": 9}},
        "quantiles",
        (
            "no metalog of 3 terms goes through these quantiles: below p10 its curve would turn back;"
            " nearest possible: p10 0.832, p50 2.17, p90 8.83; or give low and high bounds"
        ),
    ),
    (
        "metalog",
        {"quantiles": {"p10": 1, "p50": 2, "p90": 9}, "low": 0},
        "quantiles",
        (
            "the tail through these quantiles is so heavy that its spread is infinite;"
            " nearest possible: p10 0.416, p50 2.59, p90 8.41; or give a bound on that side as well"
        ),
    ),
    (
        "normal",
        {"p10": 1, "p50": 2, "p90": 4},
        "",
        (
            "no normal has p10 = 1, p50 = 2 and p90 = 4: the middle would have to be 2.5;"
            " a lognormal, pert or metalog can"
        ),
    ),
    ("normal", {"p10": "a", "p90": 2}, "p10", "expected a number, got 'a'"),
    ("normal", {"p10": 1}, "", "expected two statements about normal (quantiles, mode, mean or sd), got one"),
    (
        "normal",
        {"p10": 1, "p90": 2, "low": 0},
        "low",
        (
            "expected mode or mean or sd beside the quantiles of normal, not low; it has no lowest or highest value"
            " to state: say which quantile it is, such as p5 or p95"
        ),
    ),
    (
        "lognormal",
        {"p50": 1, "median": 1, "p90": 2},
        "median",
        "expected each quantile once, got median and p50",
    ),
    ("lognormal", {"p10": -1, "p90": 2}, "", "expected values above 0 for this family, got -1"),
    (
        "triangular",
        {"p10": 1, "p90": 3},
        "",
        "expected three statements about triangular (quantiles, mode, mean or sd), got two",
    ),
    (
        "triangular",
        {"p10": 1, "p90": 3, "mode": 9},
        "",
        "no triangular has p10 = 1 and p90 = 3: the mode would have to be from 0.8377223 to 3.162278, not 9",
    ),
    (
        "exponential",
        {"p10": 1, "p90": 3},
        "",
        "no exponential has p10 = 1 and p90 = 3: p90 would have to be 21.85435; a normal or lognormal can",
    ),
    ("beta", {"p10": 0.2, "p90": 1.5}, "", "expected values between 0 and 1, got 1.5"),
    (
        "student_t",
        {"p10": 0.2, "p90": 1.5},
        "df",
        "expected degrees of freedom beside the quantiles of student_t, got nothing",
    ),
]


@pytest.mark.parametrize(("family", "parameters", "name", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_words_at_its_parameter(
    family: str, parameters: dict[str, Any], name: str, message: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        make(family, parameters)
    assert (refused.value.parameter, str(refused.value)) == (name, message)
    assert str(pickle.loads(pickle.dumps(refused.value))) == message


@pytest.mark.parametrize(
    ("family", "quantiles", "beside"),
    [
        ("normal", {0.05: 1.0, 0.95: 3.0}, {}),
        ("normal", {0.1: 1.0, 0.5: 2.0, 0.9: 3.0}, {}),
        ("normal", {0.9: 3.0}, {"mean": 1.0}),
        ("lognormal", {0.1: 1.0, 0.9: 3.0}, {}),
        ("lognormal", {0.9: 3.0}, {"mean": 1.5}),
        ("lognormal", {0.9: 3.0}, {"mode": 1.5}),
        ("uniform", {0.1: 1.0, 0.9: 3.0}, {}),
        ("loguniform", {0.1: 1.0, 0.9: 3.0}, {}),
        ("triangular", {0.1: 1.0, 0.5: 1.8, 0.9: 3.0}, {}),
        ("triangular", {0.1: 1.0, 0.9: 3.0}, {"mode": 1.5}),
        ("triangular", {0.1: 1.0, 0.9: 3.0}, {"mean": 2.1}),
        ("pert", {0.1: 1.0, 0.5: 1.8, 0.9: 3.0}, {}),
        ("pert", {0.1: 1.0, 0.9: 3.0}, {"mode": 1.5, "lambda_": 6.0}),
        ("pert", {0.05: 1.0, 0.95: 3.0}, {"mean": 2.1}),
        ("beta", {0.1: 0.6, 0.9: 0.95}, {}),
        ("beta", {0.05: 0.001, 0.95: 0.999}, {}),
        ("beta", {0.05: 1.0, 0.95: 3.0}, {"low": 0.0, "high": 5.0}),
        ("gamma", {0.1: 1.0, 0.9: 3.0}, {}),
        ("gamma", {0.1: 1e-9, 0.9: 3.0}, {}),
        ("weibull", {0.1: 1.0, 0.9: 3.0}, {}),
        ("gumbel", {0.1: 1.0, 0.9: 3.0}, {}),
        ("exponential", {0.9: 3.0}, {}),
        ("student_t", {0.1: 1.0, 0.9: 3.0}, {"df": 4.0}),
        ("metalog", {0.1: 1.0, 0.5: 1.9, 0.9: 3.0}, {}),
        ("metalog", {0.1: 1.0, 0.5: 2.0, 0.9: 9.0}, {"low": 0.0, "high": 30.0}),
    ],
)
def test_what_was_elicited_is_met_exactly(
    family: str, quantiles: dict[float, float], beside: dict[str, float]
) -> None:
    made = fit(family, quantiles, **beside)
    assert made.family == family
    for p, x in quantiles.items():
        assert made.quantile(p) == pytest.approx(x, rel=1e-7)
    if "mean" in beside:
        assert made.mean == pytest.approx(beside["mean"], rel=1e-9)
    if "mode" in beside:
        step = 1e-4 * made.sd
        density = np.diff(made.cdf(beside["mode"] + step * np.array([-1.5, -0.5, 0.5, 1.5])))
        assert density[1] >= density[0]
        assert density[1] >= density[2]


def test_every_elicited_family_is_tried() -> None:
    tried = next(m for m in test_what_was_elicited_is_met_exactly.pytestmark if m.name == "parametrize")
    assert {case[0] for case in tried.args[1]} == set(distributions.ELICITED)


def test_quantiles_in_the_file_and_in_the_call_are_the_same_statement() -> None:
    assert make("normal", {"p5": 1, "p95": 3}) == fit("normal", {0.05: 1, 0.95: 3})
    assert make("metalog", {"p10": 2, "median": 3, "p90": 5}) == make(
        "metalog", {"quantiles": {"p10": 2, "p50": 3, "p90": 5}}
    )
    assert make("lognormal", {"median": 2, "p95": 3}) == fit("lognormal", {0.5: 2, 0.95: 3})


def test_low_high_and_p10_p90_are_different_statements() -> None:
    bounds = make("triangular", {"low": 1, "mode": 2, "high": 3})
    stated = make("triangular", {"p10": 1, "mode": 2, "p90": 3})
    assert bounds.support == (1.0, 3.0)
    assert stated.support[0] < 1.0
    assert stated.support[1] > 3.0


def test_names_of_quantiles_are_read_and_printed() -> None:
    assert [quantile_of_name(name) for name in ("p5", "p97.5", "p2_5", "median")] == [0.05, 0.975, 0.025, 0.5]
    assert [quantile_of_name(name) for name in ("p", "p100", "low", "p5x", "pp5")] == [None] * 5
    assert [quantile_name(p) for p in (0.05, 0.975)] == ["p5", "p97.5"]


def test_probabilities_outside_0_to_1_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected probabilities from 0 to 1$"):
        make("uniform", {"low": 0, "high": 1}).ppf([0.5, 1.5])
    with pytest.raises(ValueError, match=r"^expected probabilities from 0 to 1$"):
        make("uniform", {"low": 0, "high": 1}).ppf(np.nan)


def test_the_heavy_parts_of_scipy_are_not_imported_with_the_package() -> None:
    code = (
        "import sys, simlib.distributions, simlib.sampling\n"
        "print(*{'scipy.stats', 'scipy.optimize', 'xarray', 'pandas'}.intersection(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
