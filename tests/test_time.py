"""Each way to vary through the years against closed forms, an index that several lines share, and what plans mean."""

import math
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles import spearman
from small_files import COUNCIL, HEAD, document_of, drawn, figure, pair_of, parsed, told

from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.config.load import parse_config
from simlib.config.quantities import Mode, Varies
from simlib.distributions import Distribution, make
from simlib.drivers import Driver
from simlib.engine import simulate, simulate_plan
from simlib.errors import ModelError
from simlib.glossary import TERMS
from simlib.kernels import lines
from simlib.passage import along, steps
from simlib.quoting import quantity_words

COUNT = 40_000
ERRORS = 5.0  # simulation errors within which a figure must be
WAYS = ("once", "yearly", "walk", "reverting(0.6)", "ar1(0.6)", "ar1(-0.5)", "compounding")
VARIES = {text: Varies(text.split("(")[0], float(text[:-1].split("(")[1]) if "(" in text else 0.0) for text in WAYS}  # type: ignore[arg-type]
OPTION = "options: {o: {councils: a}}\n"


def exact_moments(
    distribution: Distribution, varies: Varies, years: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the exact mean and standard deviation of a driver in each year, (year,) both.

    With mean m and standard deviation s of one draw, in year k: ``walk`` k m and √k s; ``reverting`` m Σ φʲ and
    s √Σ φ²ʲ over j < k; ``compounding`` (1 + m)ᵏ and √(((1 + m)² + s²)ᵏ − (1 + m)²ᵏ); else m and s.
    """
    m, s = distribution.mean, distribution.sd
    k = np.arange(1.0, years + 1.0)
    if varies.mode == "walk":
        return m * k, s * np.sqrt(k)
    if varies.mode == "reverting":
        kept = varies.phi ** (k - 1.0)
        return m * np.cumsum(kept), s * np.sqrt(np.cumsum(kept**2))
    if varies.mode == "compounding":
        mean = (1.0 + m) ** k
        return mean, mean * np.sqrt(np.expm1(k * np.log1p((s / (1.0 + m)) ** 2)))
    return np.full(years, m), np.full(years, s)


def values_of(dist: str, varies: str, *, kind: str = "number", count: int = COUNT) -> NDArray[np.float64]:
    """Give a driver's values by year, (year, simulation)."""
    found = drawn(f"drivers: {{x: {{kind: {kind}, {dist}, varies: {varies}}}}}\noutputs: {{y: drivers.x}}\n", count)
    return np.asarray(found.drivers["drivers.x"])


def near_mean(values: NDArray[np.float64], truth: float) -> bool:
    return bool(abs(values.mean() - truth) < ERRORS * values.std() / math.sqrt(len(values)))


def near_sd(values: NDArray[np.float64], truth: float) -> bool:
    """Whether a standard deviation is the true one, by the sampling error of a variance of any shape."""
    apart = (values - values.mean()) ** 2
    return bool(abs(apart.mean() - truth**2) < ERRORS * apart.std() / math.sqrt(len(values)))


def near_correlation(a: NDArray[np.float64], b: NDArray[np.float64], truth: float) -> bool:
    return bool(abs(np.corrcoef(a, b)[0, 1] - truth) < ERRORS * (1 - truth**2) / math.sqrt(len(a)) + 1e-12)


# --- what each way means -------------------------------------------------------------------------------------


@pytest.mark.parametrize("varies", WAYS)
@pytest.mark.parametrize(
    "dist", ["dist: normal, mean: 0.03, sd: 0.02", "dist: gamma, shape: 2, scale: 0.03"], ids=["normal", "gamma"]
)
def test_mean_and_spread_of_every_year_are_the_exact_ones(dist: str, varies: str) -> None:
    family = {"normal": {"mean": 0.03, "sd": 0.02}, "gamma": {"shape": 2.0, "scale": 0.03}}
    name = dist.split(",", maxsplit=1)[0].removeprefix("dist: ")
    means, sds = exact_moments(make(name, family[name]), VARIES[varies], 4)
    values = np.broadcast_to(values_of(dist, varies), (4, COUNT))
    for year in range(4):
        assert near_mean(values[year], means[year])
        assert near_sd(values[year], sds[year])


@pytest.mark.parametrize(
    ("varies", "variances"),
    [
        ("once", [1, 1, 1, 1]),
        ("yearly", [1, 1, 1, 1]),
        ("ar1(0.6)", [1, 1, 1, 1]),
        ("walk", [1, 2, 3, 4]),
        ("reverting(0.5)", [1, 1.25, 1.3125, 1.328125]),
        ("compounding", [1, 2.04, 3.1216, 4.246464]),
    ],
)
def test_the_exact_moments_are_those_worked_out_by_hand(varies: str, variances: list[float]) -> None:
    """With mean 0 a compounding variance is (1 + s²)ᵏ − 1: 0.04·(1, 2.04, 3.1216, 4.246464) with s = 0.2."""
    mode, _, rest = varies.partition("(")
    way = Varies(mode, float(rest.rstrip(")") or 0))  # type: ignore[arg-type]
    mean, sd = exact_moments(make("normal", {"mean": 0.0, "sd": 0.2}), way, 4)
    assert mean.tolist() == [1.0 if mode == "compounding" else 0.0] * 4
    np.testing.assert_allclose(sd**2, 0.04 * np.asarray(variances), rtol=1e-12)


def test_mean_reversion_widens_to_its_long_run_spread_and_no_further() -> None:
    mean, sd = exact_moments(make("normal", {"mean": 0.3, "sd": 2.0}), Varies("reverting", 0.8), 200)
    assert mean[-1] == pytest.approx(0.3 / (1 - 0.8))
    assert sd[-1] == pytest.approx(2.0 / math.sqrt(1 - 0.8**2))
    assert (np.diff(sd[:60]) > 0).all()


def test_a_mean_reversion_that_keeps_nearly_all_is_nearly_a_walk() -> None:
    draws = np.random.default_rng(3).normal(size=(6, 50))
    near = along(draws, Varies("reverting", 1 - 1e-12))
    np.testing.assert_allclose(near, along(draws, Varies("walk")), atol=1e-10)
    np.testing.assert_allclose(along(draws, Varies("reverting", 1e-15)), draws, atol=1e-13)


@pytest.mark.parametrize(
    ("varies", "correlations"),
    [
        ("yearly", [0.0, 0.0]),
        ("ar1(0.6)", [0.6, 0.36]),
        ("ar1(-0.5)", [-0.5, 0.25]),
        ("walk", [math.sqrt(1 / 2), math.sqrt(1 / 3)]),
        # cov(v₁, v₂) = φ s², var v₂ = (1 + φ²) s², var v₃ = (1 + φ² + φ⁴) s²
        ("reverting(0.6)", [0.6 / math.sqrt(1.36), 0.36 / math.sqrt(1.4896)]),
    ],
)
def test_a_year_remembers_the_ones_before_as_much_as_it_should(varies: str, correlations: list[float]) -> None:
    values = values_of("dist: normal, mean: 1, sd: 0.5", varies)
    for later, truth in enumerate(correlations, 1):
        assert near_correlation(values[0], values[later], truth)


def test_growth_that_compounds_is_drawn_anew_each_year() -> None:
    values = values_of("dist: uniform, low: -5%, high: 9%", "compounding", kind="share")
    growth = steps(values, Varies("compounding"))
    assert growth.min() >= -0.05
    assert growth.max() <= 0.09
    for year in range(4):
        assert near_mean(growth[year], 0.02)
        assert near_sd(growth[year], 0.14 / math.sqrt(12))
    assert near_correlation(growth[0], growth[1], 0.0)
    assert near_correlation(np.log(values[0]), np.log(values[1]), math.sqrt(1 / 2))


def test_under_ar1_every_year_has_the_stated_distribution_whatever_its_shape() -> None:
    values = values_of("dist: exponential, mean: 2", "ar1(0.8)")
    for year in range(4):
        for p in (0.1, 0.5, 0.9):
            below = float((values[year] <= -2 * math.log(1 - p)).mean())
            assert abs(below - p) < ERRORS * math.sqrt(p * (1 - p) / COUNT)


@pytest.mark.parametrize("varies", WAYS)
def test_steps_give_back_what_was_drawn(varies: str) -> None:
    draws = np.random.default_rng(1).normal(0.02, 0.1, size=(5, 30))
    np.testing.assert_allclose(steps(along(draws, VARIES[varies]), VARIES[varies]), draws, atol=1e-13)


def test_levels_and_growth_undo_each_other() -> None:
    growth = np.random.default_rng(2).normal(0.02, 0.1, size=(7, 20))
    np.testing.assert_allclose(lines.growth_of(lines.compounded(growth)), growth, atol=1e-14)
    slow = [[math.prod(1 + growth[y, i] for y in range(year + 1)) for i in range(20)] for year in range(7)]
    np.testing.assert_allclose(lines.compounded(growth), slow, rtol=1e-13)
    kept = [[sum(0.7 ** (year - y) * growth[y, i] for y in range(year + 1)) for i in range(20)] for year in range(7)]
    np.testing.assert_allclose(lines.reverted(growth, 0.7), kept, atol=1e-13)


@pytest.mark.parametrize("varies", ["yearly", "walk", "reverting(0.6)", "ar1(0.6)", "compounding"])
def test_drivers_correlated_within_a_year_are_so_in_every_year(varies: str) -> None:
    """What is correlated is the year's own draw: a step, a growth, or the value."""
    each = f"{{kind: number, dist: normal, mean: 0.02, sd: 0.01, varies: {varies}}}"
    skewed = each.replace("normal, mean: 0.02, sd: 0.01", "gamma, shape: 1, scale: 0.01")
    body = f"drivers: {{x: {each}, y: {skewed}}}\noutputs: {{z: x + y}}\n"
    futures = drawn(f"{body}dependence: {{d: {{between: [drivers.x, drivers.y], rank_correlation: 0.6}}}}\n", COUNT)
    first, second = (steps(futures.drivers[f"drivers.{name}"], VARIES[varies]) for name in "xy")
    for year in range(4):
        assert abs(spearman(first[year], second[year]) - 0.6) < ERRORS * 1.1 * (1 - 0.36) / math.sqrt(COUNT)
    if varies != "ar1(0.6)":
        assert abs(spearman(first[0], second[1])) < ERRORS / math.sqrt(COUNT)


def test_the_correlation_that_is_reported_is_that_of_what_was_drawn() -> None:
    each = "{kind: number, dist: normal, mean: 0, sd: 0.05, varies: compounding}"
    rule = "dependence: {d: {between: [drivers.x, drivers.y], rank_correlation: 0.5}}\n"
    found = told(f"drivers: {{x: {each}, y: {each}}}\noutputs: {{z: x + y}}\n{rule}", 16_384)
    checks = [check for check in found["checks"] if check["id"] == "correlation"]
    assert checks
    assert all(check["level"] == "note" for check in checks), checks


def test_what_is_reported_of_a_driver_that_builds_up_is_each_years_step() -> None:
    for varies in ("walk", "reverting(0.5)", "compounding"):
        body = f"drivers: {{x: {{kind: number, dist: normal, mean: 0.04, sd: 0.02, varies: {varies}}}}}\n"
        found = told(f"{body}outputs: {{y: x}}\n", 16_384)["drivers"]["drivers.x"]
        assert found["varies"] == varies
        for achieved in found["achieved"]["by_year"].values():
            assert achieved["mean"] == pytest.approx(0.04, abs=5 * 0.02 / 128)
            assert achieved["sd"] == pytest.approx(0.02, rel=5 / math.sqrt(2 * 16_384))


# --- one index for many ----------------------------------------------------------------------------------------

SHARED = """
drivers:
  cpi: {kind: share, dist: normal, mean: 3%, sd: 1%, plan: 2%, varies: compounding}
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    pressures:
      pay: {base: 10, growth: cpi}
      contracts: {base: 4, growth: drivers.cpi}
    funding:
      fees: {base: 2, growth: cpi}
measures:
  m: {council: a, saving: 3, basis: recurring, from: 2020/21, indexed_to: cpi}
options: {o: {councils: a}, p: {councils: a, measures: m}}
outputs: {index: cpi, contract: 5 * cpi}
"""
PLANNED = 1.02 ** np.arange(1, 5)


def test_an_index_is_drawn_once_and_shared_by_every_line_and_measure() -> None:
    futures = drawn(SHARED, 500)
    assert [node.address for node in futures.model.nodes if isinstance(node, Driver)] == ["drivers.cpi"]
    assert len(futures.model.dimensions) == 4
    index = futures.drivers["drivers.cpi"]
    moved = (10 + 4 - 2) * (index - PLANNED[:, None])
    np.testing.assert_allclose(figure(futures, "gap_recurring"), 1 + moved, rtol=1e-12)
    np.testing.assert_allclose(figure(futures, "run_rate", "p"), 3 * index / PLANNED[:, None], rtol=1e-12)
    np.testing.assert_allclose(futures.outputs["contract"], 5 * index)


def test_growth_named_in_a_line_is_that_of_the_year() -> None:
    """An index and growth drawn anew each year, from one stream, are the same line."""
    grown = SHARED.replace("varies: compounding", "varies: yearly").split("outputs:")[0]
    one, other = drawn(SHARED, 300), drawn(grown, 300)
    np.testing.assert_allclose(figure(one, "gap_recurring", "p"), figure(other, "gap_recurring", "p"), atol=1e-12)


def test_an_index_with_a_margin_grows_by_so_much_more() -> None:
    body = SHARED.replace("growth: cpi}", "growth: cpi + 0.01}", 1)
    futures = drawn(body, 50)
    index = futures.drivers["drivers.cpi"]
    more = lines.compounded(lines.growth_of(index) + 0.01) - 1.03 ** np.arange(1, 5)[:, None]
    moved = 10 * more + (4 - 2) * (index - PLANNED[:, None])
    np.testing.assert_allclose(figure(futures, "gap_recurring"), 1 + moved, rtol=1e-12)


def test_growth_that_is_calculated_makes_an_index_too() -> None:
    """So inflation that resembles the year before's compounds: the growth is one driver, the index another."""
    body = """
drivers:
  inflation: {kind: share, dist: normal, mean: 2%, sd: 1%, varies: ar1(0.7)}
  prices: {kind: share, formula: inflation + 0.001, varies: compounding}
  wages: {kind: share, formula: prices + 0.01, varies: compounding}
outputs: {p: prices, w: wages}
"""
    futures = drawn(body, 200)
    growth = futures.drivers["drivers.inflation"]
    np.testing.assert_allclose(futures.outputs["p"], lines.compounded(growth + 0.001), rtol=1e-13)
    np.testing.assert_allclose(futures.outputs["w"], lines.compounded(growth + 0.011), rtol=1e-12)


def test_calculated_growth_of_minus_a_hundred_per_cent_is_impossible() -> None:
    body = """
drivers:
  shock: {kind: share, dist: uniform, low: -150%, high: 0%, varies: yearly}
  prices: {kind: share, formula: shock, varies: compounding}
outputs: {p: prices}
"""
    with pytest.raises(ModelError, match=r"drivers\.prices: growth that compounds must stay above -100%; .* of 2,000"):
        drawn(body, 500)


def test_a_list_by_year_takes_each_year_of_what_goes_by_year() -> None:
    body = COUNCIL.replace("    general_fund", "    pressures: {p: {change: [x, 2 * x, 0, x]}}\n    general_fund")
    driver = "drivers: {x: {kind: money, dist: normal, mean: 1, sd: 0.1, plan: 0, varies: yearly}}\n"
    futures = drawn(driver + body + OPTION, 50)
    x = futures.drivers["drivers.x"]
    np.testing.assert_allclose(figure(futures, "gap_recurring"), 1 + np.stack([x[0], 2 * x[1], 0 * x[2], x[3]]))


@pytest.mark.parametrize("key", ["realisation", "scope_growth"])
def test_a_share_delivered_may_differ_from_year_to_year(key: str) -> None:
    """The headline, which works out its one year alone, has that year's share too."""
    body = f"measures: {{m: {{council: a, saving: 2, basis: recurring, from: 2020/21, {key}: {{dist: uniform, low: 50%, high: 90%, varies: yearly}}}}}}\n"  # noqa: E501
    futures = drawn(COUNCIL + body + "options: {o: {councils: a, measures: m}}\n", 64)
    delivered = futures.drivers[f"measures.m.{key}"]
    np.testing.assert_allclose(figure(futures, "run_rate"), 2 * delivered)
    closed = float((2 * delivered[3] >= 1).mean())
    assert pair_of(document_of(futures))["closes"]["target_year"]["probability"] == closed


# --- the plan --------------------------------------------------------------------------------------------------


def planned(body: str) -> NDArray[np.float64]:
    """Give the plan of the output ``y``, by year."""
    return np.asarray(simulate_plan(compile_model(parsed(body))).outputs["y"])[:, 0]


@pytest.mark.parametrize(
    ("entry", "plan"),
    [
        ("dist: uniform, low: 0, high: 1, plan: 0.4, varies: yearly", [0.4] * 4),
        ("dist: uniform, low: 0, high: 1, plan: [1, 2, 3, 4], varies: ar1(0.5)", [1, 2, 3, 4]),
        ("dist: uniform, low: 0, high: 1, plan: 0.4, varies: walk", [0.4] * 4),
        ("dist: uniform, low: 0, high: 1, plan: [1, 2, 3, 4], varies: reverting(0.5)", [1, 2, 3, 4]),
        ("dist: uniform, low: 0, high: 1, plan: 0.5, varies: compounding", [1.5, 2.25, 3.375, 5.0625]),
        ("dist: uniform, low: 0, high: 1, plan: [0.5, 0, 0, 1], varies: compounding", [1.5, 1.5, 1.5, 3]),
        ("value: 0.5, plan: 0, varies: compounding", [1] * 4),
        ("value: 0.5, varies: compounding", [1.5, 2.25, 3.375, 5.0625]),
        ("formula: 0.25 * 2, varies: compounding", [1.5, 2.25, 3.375, 5.0625]),
        ("formula: 0.25 * 2, plan: [0, 1, 0, 0], varies: compounding", [1, 2, 2, 2]),
        # nothing stated: the mean of each draw
        ("dist: uniform, low: 0, high: 1, varies: yearly", [0.5] * 4),
        ("dist: uniform, low: 0, high: 1, varies: walk", [0.5, 1, 1.5, 2]),
        ("dist: uniform, low: 0, high: 1, varies: reverting(0.5)", [0.5, 0.75, 0.875, 0.9375]),
        ("dist: uniform, low: 0, high: 1, varies: compounding", [1.5, 2.25, 3.375, 5.0625]),
    ],
)
def test_a_plan_is_the_value_by_year_and_of_an_index_the_growth(entry: str, plan: list[float]) -> None:
    found = planned(f"drivers: {{x: {{kind: number, {entry}}}}}\noutputs: {{y: drivers.x + 0 * year}}\n")
    np.testing.assert_allclose(found, plan, rtol=1e-14)


def test_a_share_of_the_plan_that_compounds_starts_from_all_of_it() -> None:
    line = "funding: {g: {plan: [4, 3, 2, 1], realised: {dist: uniform, low: -10%, high: 10%, varies: compounding}}}"
    body = COUNCIL.replace("    general_fund", f"    {line}\n    general_fund") + OPTION
    plan = simulate_plan(compile_model(parsed(body)))
    assert figure(plan, "gap_recurring")[:, 0].tolist() == [1.0] * 4
    futures = drawn(body, 20_000)
    share = futures.drivers["councils.a.funding.g.realised"]
    np.testing.assert_allclose(figure(futures, "gap_recurring"), 1 - np.asarray([[4], [3], [2], [1]]) * (share - 1))
    assert near_mean(share[3], 1.0)


def test_an_override_of_an_index_is_growth_still_and_keeps_its_plan() -> None:
    config = parse_config(HEAD + SHARED, overrides={"drivers.cpi": "5%"})
    futures = simulate(compile_model(config), 16, seed=1)
    np.testing.assert_allclose(futures.outputs["index"][:, 0], 1.05 ** np.arange(1, 5))
    np.testing.assert_allclose(simulate_plan(compile_model(config)).outputs["index"][:, 0], PLANNED)


# --- in words --------------------------------------------------------------------------------------------------


def test_the_table_of_the_model_has_every_way_to_vary(root: Path) -> None:
    page = (root / "docs" / "model.md").read_text(encoding="utf-8")
    for mode in get_args(Mode):
        assert re.search(rf"^\| `{mode}(\(φ\))?` \|", page, re.MULTILINE), mode
        assert mode in TERMS


def test_a_config_says_each_way_in_words(root: Path) -> None:
    config = load_config(root / "tests" / "good" / "time.yaml")
    said = {name: quantity_words(entry, "£m") for name, entry in config.drivers.items()}
    assert said["cpi"].endswith("growth a year, compounding from 1 in the year before the first (business case: 2%)")
    assert said["surprise"].endswith("; each year resembling the one before (business case: 0%)")
    assert said["deflator"] == "0.02 growth a year, compounding from 1 in the year before the first"
    energy = config.councils["here"].pressures["energy"].change
    assert quantity_words(energy, "£m").endswith("; a step each year, and 0.6 of the year before's value stays")


def test_a_good_file_uses_every_way_to_vary(root: Path) -> None:
    model = compile_model(load_config(root / "tests" / "good" / "time.yaml"))
    quantities = [node.quantity for node in model.nodes if getattr(node, "quantity", None)]  # type: ignore[attr-defined]
    assert {quantity.varies.mode for quantity in quantities if quantity.varies} | {"once"} == set(get_args(Mode))


def test_what_holds_once_holds_in_a_year_that_is_named() -> None:
    futures = drawn("drivers: {a: {dist: normal, mean: 1, sd: 1}}\noutputs: {o: a.y2021_22}\n", 200)
    assert np.array_equal(futures.outputs["o"], futures.drivers["drivers.a"])
