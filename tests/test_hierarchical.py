"""Parameters that are uncertain themselves: against closed forms of the mixed distribution, and what is refused."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import spearman
from small_files import HEAD, document_of, drawn, parsed, told
from test_time import near_mean, near_sd

from simlib.bridge import bridge
from simlib.compiling import compile_model
from simlib.config.load import parse_config
from simlib.distributions import FAMILIES, ImpossibleMembersError, make, members_at
from simlib.distributions.base import tails
from simlib.distributions.members import _FORMULAS
from simlib.engine import simulate, simulate_plan
from simlib.errors import ConfigError, ModelError
from simlib.report import build_report
from simlib.summary import summarise

COUNT = 60_000
ERRORS = 5.0


def values_of(drivers: str, *, count: int = COUNT) -> NDArray[np.float64]:
    """Give the values of the driver ``x`` of some entries of ``drivers``."""
    return np.asarray(drawn(f"drivers:\n{drivers}\noutputs: {{y: drivers.x}}\n", count).drivers["drivers.x"])


def near_chances(values: NDArray[np.float64], chances: dict[float, float]) -> None:
    """Hold the share of futures at or below some values against the truth."""
    for value, truth in chances.items():
        error = math.sqrt(truth * (1 - truth) / len(values))
        assert abs(float((values <= value).mean()) - truth) < ERRORS * error, value


# --- closed forms ----------------------------------------------------------------------------------------------


def test_a_normal_with_a_normal_mean_is_a_normal_of_both_variances() -> None:
    from scipy.stats import norm

    values = values_of(
        "  level: {dist: normal, mean: 3, sd: 2}\n  x: {dist: normal, hierarchical: yes, mean: level, sd: 1.5}"
    )
    truth = norm(3, 2.5)
    near_chances(values, {v: truth.cdf(v) for v in (-3.0, 0.0, 3.0, 5.0, 9.0)})


def test_a_poisson_with_a_gamma_mean_is_a_negative_binomial() -> None:
    from scipy.stats import nbinom

    values = values_of(
        "  rate: {dist: gamma, shape: 2.5, scale: 4}\n  x: {kind: count, dist: poisson, hierarchical: yes, mean: rate}"
    )
    truth = nbinom(2.5, 1 / 5)
    near_chances(values, {v: truth.cdf(v) for v in (0.0, 3.0, 8.0, 15.0, 30.0)})


def test_a_binomial_with_a_beta_chance_is_a_beta_binomial() -> None:
    from scipy.stats import betabinom

    values = values_of(
        "  chance: {kind: share, dist: beta, alpha: 2, beta: 3}\n"
        "  x: {kind: count, dist: binomial, hierarchical: yes, n: 20, p: chance}"
    )
    truth = betabinom(20, 2, 3)
    near_chances(values, {v: truth.cdf(v) for v in (0.0, 4.0, 8.0, 12.0, 18.0)})


def test_a_waiting_time_with_a_gamma_rate_is_a_lomax() -> None:
    from scipy.stats import lomax

    values = values_of(
        "  rate: {dist: gamma, shape: 3, scale: 0.5}\n  x: {dist: exponential, hierarchical: yes, mean: 1 / rate}"
    )
    truth = lomax(3, scale=2)
    near_chances(values, {v: truth.cdf(v) for v in (0.05, 0.4, 1.0, 3.0, 8.0)})


def test_an_event_with_an_uncertain_chance_happens_as_often_as_its_mean() -> None:
    chance = "{kind: share, dist: beta, alpha: 1, beta: 4}"
    entry = f"{{chance: {chance}, x: {{dist: bernoulli, hierarchical: yes, p: chance}}}}"
    futures = drawn(f"drivers: {entry}\noutputs: {{y: x, both: x * chance}}\n", COUNT)
    near_chances(futures.drivers["drivers.x"], {0.0: 0.8})
    assert near_mean(futures.outputs["both"], (0.2**2) + 1 * 4 / (25 * 6))  # E[p²]: it knows its own future's chance


def test_a_normal_with_a_gamma_precision_is_a_student_t() -> None:
    from scipy.stats import t

    values = values_of(
        "  precision: {dist: gamma, shape: 2.5, scale: 0.4}\n"
        "  x: {dist: normal, hierarchical: yes, mean: 1, sd: precision ** -0.5}"
    )
    near_chances(values, {1 + v: t(5).cdf(v) for v in (-4.0, -1.0, 0.0, 0.5, 3.0)})


# --- members, one by one ---------------------------------------------------------------------------------------

Z = np.concatenate([[-6.0, -3.0, 0.0, 3.0, 6.0], np.random.default_rng(5).normal(size=75)])
U = np.random.default_rng(6).uniform(size=Z.size)
SETS = {
    ("normal", ("mean", "sd")): (U - 0.5, 0.1 + U),
    ("uniform", ("low", "high")): (U, 1.5 + U),
    ("loguniform", ("low", "high")): (0.1 + U, 1.5 + U),
    ("triangular", ("low", "mode", "high")): (-U, 0.5 * U, 1 + U),
    ("pert", ("low", "mode", "high")): (-U, 0.5 * U, 1 + U),
    ("pert", ("low", "mode", "high", "lambda")): (-U, 0.5 * U, 1 + U, 2 + U),
    ("lognormal", ("mean", "sd")): (1 + U, 0.2 + U),
    ("lognormal", ("median", "p90")): (1 + U, 2.5 + U),
    ("lognormal", ("mu", "sigma")): (U, 0.5 + U),
    ("beta", ("alpha", "beta")): (0.5 + U, 1 + 2 * U),
    ("beta", ("alpha", "beta", "low", "high")): (0.5 + U, 1 + 2 * U, -U, 2 + U),
    ("beta", ("mean", "sd")): (0.3 + 0.3 * U, 0.1 + 0.1 * U),
    ("beta", ("mean", "sd", "low", "high")): (1 + U, 0.3 + 0.1 * U, -U, 3 + U),
    ("gamma", ("shape", "scale")): (0.3 + U, 1 + U),
    ("gamma", ("mean", "sd")): (1 + U, 0.5 + U),
    ("weibull", ("shape", "scale")): (0.5 + U, 1 + U),
    ("student_t", ("df", "location", "scale")): (2.5 + 5 * U, U, 1 + U),
    ("exponential", ("mean",)): (0.1 + U,),
    ("gumbel", ("location", "scale")): (U, 0.1 + U),
    ("bernoulli", ("p",)): (U,),
    ("binomial", ("n", "p")): (np.floor(1 + 400 * U), U[::-1]),
    ("poisson", ("mean",)): (0.01 + 900 * U**4,),
    ("truncated_normal", ("mean", "sd", "low", "high")): (U, 0.5 + U, -U, 1 + U),
    ("truncated_normal", ("mean", "sd", "low")): (U - 3, 0.5 + U, -U),
    ("truncated_normal", ("mean", "sd", "high")): (U + 2, 0.5 + U, U),
    # without a formula of their own
    ("normal", ("p10", "p90")): (U, 1.5 + U),
}


@pytest.mark.parametrize(("family", "names"), SETS, ids=lambda case: case if isinstance(case, str) else "-".join(case))
def test_each_future_has_just_the_member_of_its_own_parameters(family: str, names: tuple[str, ...]) -> None:
    given = dict(zip(names, SETS[family, names], strict=True))
    found = members_at(family, given, Z)
    for i, z in enumerate(Z):
        member = make(family, {name: float(values[i]) for name, values in given.items()})
        truth = float(member.at(*tails(np.array([z])))[0])
        assert found[i] == pytest.approx(truth, rel=1e-9, abs=1e-12), (i, z)


def test_every_formula_for_many_members_is_among_those_cases() -> None:
    formulas = {(family, one.names, one.optional) for family, several in _FORMULAS.items() for one in several}
    assert {(f, n, o) for f, n, o in formulas if not any(set(n) == set(m) - set(o) for g, m in SETS if g == f)} == set()


def test_a_member_does_not_depend_on_the_block_that_it_is_in() -> None:
    for (family, names), values in SETS.items():
        whole = members_at(family, dict(zip(names, values, strict=True)), Z)
        part = members_at(family, {name: v[30:50] for name, v in zip(names, values, strict=True)}, Z[30:50])
        assert np.array_equal(whole[30:50], part), family


@pytest.mark.parametrize(
    ("family", "given", "parameter", "count"),
    [
        ("normal", {"mean": 0.0, "sd": [1.0, 0.0, -1.0, 2.0]}, "sd", 2),
        ("uniform", {"low": [0.0, 1.0, 2.0, 0.5], "high": 1.0}, "high", 2),
        ("bernoulli", {"p": [0.5, 1.0, 1.0001, 0.0]}, "p", 1),
        ("binomial", {"n": [3.0, 2.5, 1.0, 0.0], "p": 0.5}, "n", 2),
        ("poisson", {"mean": [1.0, -1.0, np.nan, 2.0]}, "mean", 2),
        ("beta", {"mean": 0.5, "sd": [0.1, 0.5, 0.6, 0.2]}, "sd", 2),
        ("student_t", {"df": [2.0, 3.0, 4.0, 5.0], "location": 0.0, "scale": 1.0}, "df", 1),
        ("truncated_normal", {"mean": 0.0, "sd": 1.0, "low": [1.0, 50.0, 3.0, 50.0]}, "low", 2),
        ("normal", {"p10": [1.0, 2.0, 3.0, 0.0], "p90": 2.0}, "", 2),
    ],
)
def test_impossible_members_are_counted_and_never_clipped(
    family: str, given: dict[str, object], parameter: str, count: int
) -> None:
    with pytest.raises(ImpossibleMembersError) as caught:
        members_at(family, given, np.zeros(4))  # type: ignore[arg-type]
    assert (caught.value.parameter, caught.value.count) == (parameter, count)


# --- in a model ------------------------------------------------------------------------------------------------

SMALL = """
drivers:
  level: {dist: normal, mean: 3, sd: 2, plan: 3}
  x: {dist: normal, hierarchical: yes, mean: level, sd: 1.5}
  z: {dist: normal, mean: 0, sd: 1}
outputs: {y: x}
"""


def test_what_is_not_known_is_null_and_what_was_drawn_is_told() -> None:
    found = told(SMALL, 16_384)["drivers"]["drivers.x"]
    asked = found["requested"]
    assert asked["family"] == "normal"
    assert [asked[name] for name in ("mean", "sd", "p5", "p50", "p95")] == [None] * 5
    assert asked["sentence"] == "in each future normal with mean level, sd 1.5"
    assert found["achieved"]["sd"] == pytest.approx(2.5, rel=0.05)


def test_a_report_can_be_made_of_it() -> None:
    futures = drawn(SMALL, 1_024)
    report = build_report(summarise(futures, simulate_plan(futures.model)))
    assert "in each future normal with mean level" in str(report)


def test_its_plan_is_its_own_or_the_mean_that_its_parameters_plan_makes() -> None:
    assert float(simulate_plan(compile_model(parsed(SMALL))).outputs["y"][0]) == 3.0
    stated = SMALL.replace("sd: 1.5}", "sd: 1.5, plan: 2}")
    assert float(simulate_plan(compile_model(parsed(stated))).outputs["y"][0]) == 2.0


def test_it_can_be_correlated_like_any_driver() -> None:
    """What is correlated is where in its own future's member a value lies."""
    rule = "dependence: {d: {between: [drivers.x, drivers.z], rank_correlation: 0.7}}\n"
    futures = drawn(SMALL + rule, 40_000)
    x, level, z = (futures.drivers[f"drivers.{name}"] for name in ("x", "level", "z"))
    assert abs(spearman(x - level, z) - 0.7) < 0.015
    assert abs(spearman(level, z)) < ERRORS / math.sqrt(40_000)


def test_it_goes_by_year_with_parameters_of_each_year() -> None:
    body = """
drivers:
  x: {kind: number, dist: normal, hierarchical: yes, mean: 10 * (year - 2019), sd: 0.1 * (year - 2019), varies: yearly}
  w: {kind: number, dist: normal, hierarchical: yes, mean: 0.5, sd: year - 2019, varies: walk}
outputs: {y: x + w}
"""
    futures = drawn(body, COUNT)
    for year in range(4):
        assert near_mean(futures.drivers["drivers.x"][year], 10 * (year + 1))
        assert near_sd(futures.drivers["drivers.x"][year], 0.1 * (year + 1))
        assert near_mean(futures.drivers["drivers.w"][year], 0.5 * (year + 1))
        assert near_sd(futures.drivers["drivers.w"][year], math.sqrt(sum(y * y for y in range(1, year + 2))))


def test_it_is_the_same_for_any_number_of_workers_and_other_drivers() -> None:
    model = compile_model(parsed(SMALL))
    one, two = simulate(model, 40_000, seed=3), simulate(model, 40_000, seed=3, n_jobs=2)
    assert np.array_equal(one.drivers["drivers.x"], two.drivers["drivers.x"])
    more = compile_model(parsed(SMALL.replace("drivers:", "drivers:\n  another: {dist: uniform, low: 0, high: 1}")))
    three = simulate(more, 40_000, seed=3, sampler="random")
    four = simulate(model, 40_000, seed=3, sampler="random")
    assert np.array_equal(three.drivers["drivers.x"], four.drivers["drivers.x"])


def test_its_parameters_are_figures_that_others_can_name() -> None:
    body = SMALL.replace("mean: level, sd", "mean: 2 * level, sd").replace("{y: x}", "{y: drivers.x.mean - 2 * level}")
    assert np.all(drawn(body, 100).outputs["y"] == 0)


def test_readings_and_the_bridge_take_it_as_any_other() -> None:
    body = """
drivers: {level: {kind: money, dist: normal, mean: 1, sd: 0.1, plan: 0.5}}
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
measures:
  m:
    council: a
    saving: {dist: normal, hierarchical: yes, mean: level, sd: 0.2, plan: 0.75}
    basis: recurring
    from: 2020/21
options: {o: {councils: a, measures: m}}
readings: {wide: {why: it may be wider, set: {measures.m.saving.sd: 0.4}}}
"""
    futures = drawn(body, 2_000)
    (step,) = (step for step in bridge(futures.model) if step.address == "measures.m.saving")
    assert step.shifts[0, 0] == pytest.approx(0.75 - 0.5, abs=1e-3)  # its member at the plan of its level
    wide = simulate(compile_model(futures.model.config.with_reading("wide")), 2_000, seed=1)
    level = futures.drivers["drivers.level"]
    np.testing.assert_allclose(
        wide.drivers["measures.m.saving"] - level, 2 * (futures.drivers["measures.m.saving"] - level), atol=1e-12
    )
    assert document_of(futures)["readings"]["wide"]["o"]["a"]["probability"] > 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "dist: normal, hierarchical: yes, mean: 1, sd: level",
            r"config:10:\d+: drivers\.x\.sd: expected a number above 0, got -[0-9.]+, in [\d,]+ of 1,000 futures",
        ),
        (
            "dist: normal, hierarchical: yes, mean: log(level - 100), sd: 1",
            r"drivers\.x\.mean: 'log\(level - 100\)' has no answer",
        ),
        (
            "dist: lognormal, hierarchical: yes, mu: 20 * level, sigma: 1",
            r"drivers\.x: the values of its members go beyond 1e15 in",
        ),
        (
            "dist: normal, hierarchical: yes, mean: level, sd: 9, varies: compounding",
            r"drivers\.x: growth that compounds must stay above -100%; it does not in",
        ),
    ],
)
def test_what_is_impossible_in_some_futures_is_refused_with_its_place(entry: str, said: str) -> None:
    level = "\ndrivers:\n  level: {dist: normal, mean: 3, sd: 2}\n"
    body = f"{level}  x: {{{entry}, plan: 1}}\noutputs: {{y: drivers.x}}\n"
    with pytest.raises(ModelError, match=said):
        drawn(body, 1_000)


def test_a_plan_that_its_parameters_cannot_make_must_be_stated() -> None:
    body = "drivers: {a: {value: 1, plan: 0}, x: {dist: normal, hierarchical: yes, mean: 1, sd: drivers.a}}\n"
    with pytest.raises(ModelError, match=r"drivers\.x\.sd: .* with its parameters at their plan; state a plan"):
        compile_model(parsed(body + "outputs: {y: drivers.x}\n"))


def test_a_parameter_is_overridden_at_its_own_address() -> None:
    config = parse_config(HEAD + SMALL, overrides={"drivers.x.sd": "0.001"})
    futures = simulate(compile_model(config), 64, seed=1)
    assert np.abs(futures.drivers["drivers.x"] - futures.drivers["drivers.level"]).max() < 0.01


@pytest.mark.parametrize("family", [name for name, family in FAMILIES.items() if "values" in family.parameters])
def test_families_of_lists_have_no_members_of_their_own(family: str) -> None:
    body = f"drivers: {{x: {{dist: {family}, hierarchical: yes, values: [1, 2]}}}}\noutputs: {{y: drivers.x}}\n"
    with pytest.raises(ConfigError, match="families whose parameters are single figures"):
        parsed(body)


def test_members_may_be_stated_by_their_quantiles() -> None:
    values = values_of(
        "  level: {dist: uniform, low: 1, high: 3}\n"
        "  x: {dist: lognormal, hierarchical: yes, median: level, p90: 2 * level}"
    )
    assert near_mean(np.log(values), 1.5 * math.log(3.0) - 1.0)  # the mean of log(level) over 1 to 3
