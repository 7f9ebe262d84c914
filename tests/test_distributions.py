"""What single families promise, refusals and elicitation; what all of them do is in ``test_families``."""

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special

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


def grid() -> np.ndarray:
    """Probabilities close together in the middle and closer in the tails."""
    return special.ndtr(np.linspace(-6.0, 6.0, 20_011))


def spread_of(made: distributions.Distribution) -> float:
    """A yardstick for errors [unit of the value]."""
    return made.quantile(0.99865) - made.quantile(0.00135)


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


def test_a_beta_has_its_outermost_quantiles_where_scipy_gives_up() -> None:
    p = 10.0 ** -np.arange(80.0, 140.0)
    values = make("beta", {"alpha": 3, "beta": 3}).ppf(p)
    # The first term of the series: p = t^3 / (3 B(3, 3))
    assert values == pytest.approx(np.cbrt(3 * p / 30), rel=1e-9)


def test_a_truncated_mixture_with_a_gap_has_the_moments_of_its_two_halves() -> None:
    parts = [make("uniform", {"low": 0, "high": 1}), make("uniform", {"low": 5, "high": 6})]
    parent = make("mixture", {"of": parts, "weights": [0.3, 0.7]})
    made = make("truncated", {"parent": parent, "low": 0.5, "high": 5.5})
    mean = 0.3 * 0.75 + 0.7 * 5.25
    square = 0.3 * (1 - 0.5**3) / 1.5 + 0.7 * (5.5**3 - 5**3) / 1.5
    assert made.mean == pytest.approx(mean, abs=1e-9)
    assert made.sd == pytest.approx(np.sqrt(square - mean**2), abs=1e-9)


def test_a_pool_of_unlike_parts_is_what_plain_quadrature_makes_of_it() -> None:
    low, mode, high, mean, sd = 0.0, 1.0, 3.0, 2.0, 1.0
    parts = [make("triangular", {"low": low, "mode": mode, "high": high}), make("normal", {"mean": mean, "sd": sd})]
    made = make("logarithmic_pool", {"of": parts, "weights": [0.3, 0.7]})
    x = np.linspace(low, high, 1_200_001)
    height = np.minimum((x - low) / (mode - low), (high - x) / (high - mode)) * 2 / (high - low)
    product = height**0.3 * np.exp(-0.35 * ((x - mean) / sd) ** 2)
    middles = 0.5 * (product[1:] + product[:-1]) * np.diff(x)
    below = np.append(0.0, np.cumsum(middles)) / middles.sum()
    at = x[::100_000]
    assert made.cdf(at) == pytest.approx(below[::100_000], abs=1e-7)
    assert made.density(at) == pytest.approx(product[::100_000] / middles.sum(), rel=1e-6)


def test_a_part_without_weight_says_nothing_in_a_pool() -> None:
    parts = [make("normal", {"mean": 0, "sd": 1}), make("fixed", {"value": 50})]
    made = make("logarithmic_pool", {"of": parts, "weights": [1, 0]})
    assert (made.support, made.discrete) == ((-np.inf, np.inf), False)
    assert made.quantile(0.9) == pytest.approx(special.ndtri(0.9))


def test_parts_that_agree_are_left_as_they_are_by_a_pool_and_by_a_mixture() -> None:
    part = make("gamma", {"shape": 2, "scale": 3})
    for family in ("logarithmic_pool", "mixture"):
        made = make(family, {"of": [part, part], "weights": [0.3, 0.7]})
        assert made.ppf([0.01, 0.5, 0.99]) == pytest.approx(part.ppf([0.01, 0.5, 0.99]), rel=1e-9)
