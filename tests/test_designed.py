"""What matters, from futures that are designed for it: against closed forms and scipy."""

import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from small_files import parsed

from simlib import Model, ModelError, compile_model, load_config, simulate
from simlib.sensitivity.blocks import blocks, frozen, players
from simlib.sensitivity.designed import morris, sobol_indices
from simlib.sensitivity.given_data import given_data
from simlib.sensitivity.ladder import ladder, tornado
from simlib.sensitivity.shapley import shapley_effects
from simlib.sensitivity.targets import targets

ERRORS = 5
HEAD = "simlib: 1\ntitle: a small file\n"
A, B = 7.0, 0.1  # of the Ishigami function
G = (0.0, 1.0, 4.5, 9.0)  # of Sobol's function
MATRIX = np.array([[1.0, 0.0, 0.6, 0.0], [0.0, 1.0, 1.8, 0.0], [0.6, 1.8, 4.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
SLOPES = np.array([1.0, 1.0, 1.0, 0.5])
CORRELATED = """
drivers:
  a: {kind: number, dist: normal, mean: 0, sd: 1}
  b: {kind: number, dist: normal, mean: 0, sd: 1}
  c: {kind: number, dist: normal, mean: 0, sd: 2}
  d: {kind: number, dist: normal, mean: 0, sd: 1}
dependence:
  p: {between: [drivers.b, drivers.c], correlation: 0.9}
  q: {between: [drivers.a, drivers.c], correlation: 0.3}
outputs: {y: a + b + c + 0.5 * d}
"""
BY_YEAR = """
simlib: 1
title: a figure by year
money: £m
years: 2020/21 to 2022/23
target_year: 2022/23
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    pressures:
      pay: {base: 10, growth: drivers.award}
      rest: {change: {dist: normal, mean: 0, sd: 1, varies: walk}}
drivers: {award: {kind: share, dist: normal, mean: 1%, sd: 1%, plan: 0%, varies: yearly}}
options: {o: {councils: a}}
"""


def model_of(body: str, head: str = HEAD) -> Model:
    return compile_model(parsed(body, head))


def sobols_function() -> Model:
    drivers = "".join(f"  x{k}: {{kind: number, dist: uniform, low: 0, high: 1}}\n" for k in range(len(G)))
    terms = " * ".join(f"(abs(4 * x{k} - 2) + {a}) / {1 + a}" for k, a in enumerate(G))
    return model_of(f"drivers:\n{drivers}outputs: {{y: {terms}}}\n")


def within(found: Any, truths: Any, largest: float) -> None:
    """Hold estimates to their truths within their errors, and errors below what would hide a mistake."""
    assert np.all(np.abs(found.values[:, 0] - truths) < ERRORS * found.errors[:, 0] + 1e-9), found.values[:, 0]
    assert found.errors[:, 0].max() < largest


# ---- Sobol' indices


def test_ishigamis_function_has_its_exact_indices(root: Path) -> None:
    found = sobol_indices(compile_model(load_config(root / "configs" / "textbook" / "ishigami.yaml")))
    first = 0.5 * (1 + B * math.pi**4 / 5) ** 2, A**2 / 8, 0.0
    both = 8 * B**2 * math.pi**8 / 225
    variance = sum(first) + both
    within(found.first_order, np.asarray(first) / variance, 0.006)
    within(found.total, np.asarray([first[0] + both, first[1], both]) / variance, 0.006)
    assert found.variance[0] == pytest.approx(variance, rel=0.01)
    assert found.evaluations == 5 * 16_384
    assert [entry["addresses"] for entry in found.entries(0)] == [["drivers.x1"], ["drivers.x2"], ["drivers.x3"]]


def test_sobols_function_has_its_exact_indices_and_scipys_from_the_same_number_of_futures() -> None:
    found = sobol_indices(sobols_function())
    own = np.asarray([1 / (3 * (1 + a) ** 2) for a in G])
    variance = np.prod(1 + own) - 1
    total = [own[k] * np.prod(np.delete(1 + own, k)) / variance for k in range(len(G))]
    within(found.first_order, own / variance, 0.006)
    within(found.total, np.asarray(total), 0.006)

    def function(x: Any) -> Any:
        return np.prod([(np.abs(4 * row - 2) + a) / (1 + a) for row, a in zip(x, G, strict=True)], axis=0)

    theirs = stats.sobol_indices(func=function, n=16_384, dists=[stats.uniform()] * len(G), rng=1)
    np.testing.assert_allclose(found.first_order.values[:, 0], theirs.first_order, atol=0.02)
    np.testing.assert_allclose(found.total.values[:, 0], theirs.total_order, atol=0.02)


def test_what_goes_together_is_one_block_and_its_share_is_that_of_all_of_it() -> None:
    model = model_of(CORRELATED)
    assert [block.addresses for block in blocks(model)] == [("drivers.a", "drivers.b", "drivers.c"), ("drivers.d",)]
    assert blocks(model)[0].sections == ("dependence.p", "dependence.q")
    found = sobol_indices(model)
    variance = SLOPES @ MATRIX @ SLOPES
    within(found.first_order, np.asarray([1 - 0.25 / variance, 0.25 / variance]), 0.006)
    within(found.total, np.asarray([1 - 0.25 / variance, 0.25 / variance]), 0.006)


def test_a_driver_that_goes_by_year_is_one_block_and_blocks_are_all_coordinates_once() -> None:
    model = model_of(BY_YEAR, "")
    assert [len(block.places) for block in blocks(model)] == [3, 3]
    assert sorted(place for block in blocks(model) for place in block.places) == list(range(len(model.dimensions)))
    assert sobol_indices(model).first_order.values[:, 0].sum() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("stem", ["south_somerset", "hartlepool_darlington", "transformation_challenge_award"])
def test_every_coordinate_of_a_case_is_in_one_block_and_every_figure_in_one_player(root: Path, stem: str) -> None:
    model = compile_model(load_config(root / "configs" / f"{stem}.yaml"))
    assert sorted(place for block in blocks(model) for place in block.places) == list(range(len(model.dimensions)))
    own = [dimension for player in players(model) for dimension in player.dimensions]
    assert sorted(own) == sorted(set(model.dimensions) - set(model.dependences.factors))
    assert frozen(model) == ()


def test_errors_of_indices_are_those_that_other_seeds_show() -> None:
    many = [sobol_indices(sobols_function(), sample=1_024, seed=seed) for seed in range(30)]
    for each in ("first_order", "total"):
        values = np.asarray([getattr(found, each).values[:, 0] for found in many])
        errors = np.asarray([getattr(found, each).errors[:, 0] for found in many])
        ratio = values.std(axis=0, ddof=1) / np.sqrt(np.mean(errors**2, axis=0))
        assert np.all((ratio > 0.6) & (ratio < 1.5)), (each, ratio)


def test_the_same_futures_give_the_same_answer_for_any_number_of_workers(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "minimal.yaml"))
    for measure, options in ((sobol_indices, {"sample": 2_048}), (morris, {}), (shapley_effects, {"orders": 1_024})):
        assert measure(model, n_jobs=1, **options).document() == measure(model, n_jobs=2, **options).document()


def test_shares_of_a_variance_that_is_not_there_are_not_told_as_nothing() -> None:
    model = model_of("drivers: {x: {kind: number, dist: normal, mean: 0, sd: 1}}\noutputs: {never: x > 9, y: x}\n")
    for found, names in ((sobol_indices(model), ("first_order", "total")), (shapley_effects(model), ("effect",))):
        [never], [own] = found.entries(0), found.entries(1)
        for name in names:
            assert never[name] == {"value": None, "error": None}
            assert own[name]["value"] == pytest.approx(1.0, abs=0.05)


def test_a_sample_that_tells_nothing_is_refused() -> None:
    model = sobols_function()
    for measure, options in ((sobol_indices, {"sample": 512}), (shapley_effects, {"orders": 512})):
        with pytest.raises(ModelError, match="expected at least 1,024 futures to tell what matters by, got 512"):
            measure(model, **options)
    with pytest.raises(ValueError, match="expected two walks or more among an even number of levels, got 1 and 8"):
        morris(model, trajectories=1)


# ---- Morris screening


def test_effects_of_a_linear_function_are_its_slopes_and_those_of_a_product_spread() -> None:
    drivers = "".join(f"  x{k}: {{kind: number, dist: uniform, low: 0, high: 1}}\n" for k in range(4))
    found = morris(model_of(f"drivers:\n{drivers}outputs: {{y: 3 * x0 - 2 * x1, product: x2 * x3}}\n"))
    np.testing.assert_allclose(found.mu_star.values[:, 0], [3.0, 2.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(found.sigma.values[:, 0], 0.0, atol=1e-9)
    levels = 0.01 + 0.98 * np.arange(8) / 7
    for k in (2, 3):
        assert abs(found.mu_star.values[k, 1] - 0.5) < ERRORS * found.mu_star.errors[k, 1]
        assert abs(found.sigma.values[k, 1] - levels.std()) < ERRORS * found.sigma.errors[k, 1]
    assert found.mu_star.errors[2, 1] < 0.06


# ---- Shapley effects


def explained_by(members: tuple[int, ...]) -> float:
    """Give Var(E[Y | members]) of the correlated linear function."""
    own = list(members)
    across = MATRIX[:, own] @ np.linalg.pinv(MATRIX[np.ix_(own, own)]) @ MATRIX[own]
    return float(SLOPES @ across @ SLOPES)


def exact_effects() -> np.ndarray[Any, Any]:
    """Give Shapley effects by going through all sets (Owen and Prieur 2017, equation 2)."""
    total, everybody = explained_by((0, 1, 2, 3)), range(4)
    return np.asarray([
        sum((explained_by((*s, j)) - explained_by(s)) / (4 * math.comb(3, size) * total)
            for size in range(4) for s in combinations([k for k in everybody if k != j], size))
        for j in everybody
    ])  # fmt: skip


def test_a_correlated_linear_function_has_its_exact_shapley_effects() -> None:
    found = shapley_effects(model_of(CORRELATED), orders=16_384)
    within(found.effects, exact_effects(), 0.011)
    assert [player.addresses for player in found.players] == [(f"drivers.{name}",) for name in "abcd"]


def test_shapley_effects_of_two_that_go_together_are_those_of_owen_and_prieur() -> None:
    """Their theorem 2: with ρ between two normal figures, effects (σ² (1 − ρ²/2) + ρ σ τ + τ² ρ²/2) ÷ Var(Y)."""
    body = """
drivers:
  x: {kind: number, dist: normal, mean: 0, sd: 1}
  z: {kind: number, dist: normal, mean: 0, sd: 3}
dependence: {pair: {among: [drivers.x, drivers.z], correlation: RHO}}
outputs: {y: x + z}
"""
    for rho in (0.7, 1.0):
        found = shapley_effects(model_of(body.replace("RHO", str(rho))), orders=8_192)
        variance = 1 + 9 + 2 * rho * 3
        first = (1 - rho**2 / 2 + rho * 3 + 9 * rho**2 / 2) / variance
        within(found.effects, np.asarray([first, 1 - first]), 0.02)


def test_shapley_effects_lie_between_first_order_and_total_where_nothing_goes_together() -> None:
    model = sobols_function()
    found, indices = shapley_effects(model, orders=8_192), sobol_indices(model)
    errors = ERRORS * found.effects.errors[:, 0]
    assert np.all(found.effects.values[:, 0] > indices.first_order.values[:, 0] - errors)
    assert np.all(found.effects.values[:, 0] < indices.total.values[:, 0] + errors)
    assert abs(found.effects.values[:, 0].sum() - 1.0) < 0.05


def test_a_t_copula_prevents_shapley_effects_and_is_named() -> None:
    model = model_of(CORRELATED.replace("correlation: 0.9}", "correlation: 0.9, copula: t, df: 4}").replace(
        "  q: {between: [drivers.a, drivers.c], correlation: 0.3}\n", ""))  # fmt: skip
    with pytest.raises(ModelError, match=r"dependence\.p: Shapley effects need normal scores, which a t copula"):
        shapley_effects(model)
    assert sorted(len(block.players) for block in blocks(model)) == [1, 1, 2]


# ---- Tornado and ladder


def bars(model: Model, around: str) -> dict[str, dict[str, Any]]:
    return {bar.address: bar.told(0) for bar in tornado(model, around=around)}


@pytest.mark.parametrize(("around", "base"), [("median", 1.0 + 10 * (1.01**3 - 1)), ("plan", 1.0)])
def test_bars_of_a_tornado_are_the_tenths_of_each_figure_with_the_others_where_they_stay(
    around: str, base: float
) -> None:
    found = bars(model_of(BY_YEAR, ""), around)
    tenth = float(stats.norm.ppf(0.9))
    award, rest = found["drivers.award"], found["councils.a.pressures.rest.change"]
    assert award["base"] == rest["base"] == pytest.approx(base, abs=0.01)
    for side, sign in (("low", -1), ("high", 1)):
        assert award[side]["value"] == pytest.approx(0.01 + sign * 0.01 * tenth)
        assert award[side]["at"] == pytest.approx(1.0 + 10 * ((1.01 + sign * 0.01 * tenth) ** 3 - 1), abs=0.01)
        assert rest[side]["at"] - base == pytest.approx(sign * tenth * math.sqrt(3), rel=0.01)


def test_a_ladder_is_what_one_point_costs_every_year_and_once() -> None:
    found = {(rung.address, rung.year): rung.told(0) for rung in ladder(model_of(BY_YEAR, ""))}
    every, once = found["drivers.award", None], found["drivers.award", "2022/23"]
    assert (every["step"], every["by"]) == (0.01, "one point")
    assert every["shift"] == pytest.approx(10 * (1.01**3 - 1))
    assert once["shift"] == pytest.approx(0.1)
    assert found["councils.a.pressures.rest.change", None]["step"] == 0.0


def test_the_ladder_of_a_saving_is_a_hundredth_of_what_it_brings_and_of_a_delay_a_month(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    asked = [target for target in targets(model) if target.name[:2] == ("gap", "solo")]
    rungs = {(rung.address, rung.year): rung for rung in ladder(model, asked)}
    assert rungs["programmes.solo.realisation", None].shifts[0] == pytest.approx(-0.042)
    assert rungs["measures.transformation.delay", None].step == pytest.approx(1 / 12)
    assert rungs["drivers.pay_award_error", "2019/20"].shifts[0] == pytest.approx(17.1 * 1.01**3 * 0.01)


def test_an_events_bar_runs_from_not_happening_to_happening_however_rare_it_is() -> None:
    body = """
years: 2020/21 to 2022/23
drivers: {x: {kind: number, dist: normal, mean: 0, sd: 1}}
events: {rare: {chance: 2%, in: 2021-04, plan: does_not}}
outputs: {y: x + 4 * events.rare}
"""
    model = model_of(body)
    found = bars(model, "median")["events.rare"]
    assert (found["low"]["at"], found["high"]["at"], found["base"]) == (0.0, 4.0, 0.0)
    assert (found["low"]["value"], found["high"]["value"]) == (0.0, 1.0)


def test_all_ways_agree_on_the_case_in_which_nothing_interacts() -> None:
    """Independent figures in a sum: the share of the variance is first order, total and Shapley effect."""
    x, z = "{kind: number, dist: normal, mean: 0, sd: 1}", "{kind: number, dist: uniform, low: 0, high: 6}"
    model = model_of(f"drivers: {{x: {x}, z: {z}}}\noutputs: {{y: x + z}}\n")
    truth = np.asarray([0.25, 0.75])
    drawn = given_data(simulate(model, 32_768, seed=1))
    for found in (drawn.first_order, sobol_indices(model).total, shapley_effects(model).effects):
        within(found, truth, 0.02)
