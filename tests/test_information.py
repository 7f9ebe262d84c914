"""What it is worth to know more, against closed forms; and what a loss is made of, against a table worked by hand."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm
from small_files import HEAD, parsed

from simlib import ConfigError, Futures, ModelError, compile_model, simulate
from simlib.decisions.information import perfect_value, value_of_information
from simlib.decisions.losses import losses

COUNT = 65_536
# Two options: what one is ahead by, b = 0.2 + 0.6 x + 0.8 y, is normal, and half of it each option's shortfall.
LOSS = "loss: {one_off: 0, running_cost: 0, shortfall: 1, unneeded_cuts: 0, below_minimum: 0, source: made up}"
LINEAR = """
drivers:
  x: {kind: money, dist: normal, mean: 0, sd: 1, plan: 0}
  y: {kind: money, dist: normal, mean: 0, sd: 1, plan: 0}
  z: {kind: money, dist: normal, mean: 0, sd: 1, plan: 0}
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 100}}}
measures:
  one: {council: a, basis: recurring, from: 2020/21, saving: 50}
  two: {council: a, basis: recurring, from: 2020/21, saving: 50.2 + 0.6 * drivers.x + 0.8 * drivers.y}
options: {one: {councils: a, measures: one}, two: {councils: a, measures: two}}
DEPENDENCE
decision:
  LOSS
  learnable:
    x: {figures: drivers.x, by: 2020-06-30, cost: 0.05}
    y: {figures: drivers.y, by: 2020-06-30, cost: 0}
    z: {figures: drivers.z, by: 2020-06-30, cost: 0.1}
    both: {figures: [drivers.x, drivers.y], by: 2020-06-30, cost: 0}
"""


def unit_loss(mean: float, sd: float) -> float:
    """Give the expected loss of the wrong one of two, E max(-b, 0): the unit normal loss integral, scaled."""
    return float(sd * (norm.pdf(mean / sd) - mean / sd * norm.cdf(-mean / sd)))


def linear(dependence: str = "", loss: str = LOSS, **options: str) -> Futures:
    body = LINEAR.replace("DEPENDENCE", dependence).replace("LOSS", loss)
    return simulate(compile_model(parsed(body, HEAD)), COUNT, seed=11, **options)


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_with_two_normal_options_perfect_information_is_worth_the_unit_normal_loss_integral(sampler: str) -> None:
    found = value_of_information(linear(sampler=sampler))
    assert found.best == "two"
    assert abs(found.perfect.value - unit_loss(0.2, 1.0)) < 4 * found.perfect.error
    assert found.perfect.error < 0.01


@pytest.mark.parametrize(
    ("dependence", "spreads"),
    [
        ("", {"x": 0.6, "y": 0.8, "both": 1.0}),
        # E(b | x) = 0.2 + (0.6 + 0.8 r) x, and likewise for y; r is 0.5
        ("dependence: {r: {between: [drivers.x, drivers.y], correlation: 0.5}}",
         {"x": 1.0, "y": 1.1, "both": np.sqrt(1 + 0.96 * 0.5)}),
        ("dependence: {r: {between: [drivers.x, drivers.y], correlation: -0.5}}",
         {"x": 0.2, "y": 0.5, "both": np.sqrt(1 - 0.96 * 0.5)}),
    ],
    ids=["independent", "together", "against each other"],
)  # fmt: skip
def test_partial_information_of_a_linear_gaussian_choice_is_that_of_the_closed_form(
    dependence: str, spreads: Mapping[str, float]
) -> None:
    found = value_of_information(linear(dependence))
    for name, sd in spreads.items():
        worth = found.learnable[name]
        assert abs(worth.value.value - unit_loss(0.2, sd)) < 4 * worth.value.error, name
        assert abs(worth.at_most - unit_loss(0.2, sd)) < 6 * worth.value.error, name
        assert worth.value.error < 0.005
    assert found.learnable["x"].net == found.learnable["x"].value.value - 0.05
    assert found.learnable["x"].by == date(2020, 6, 30)


def test_what_has_nothing_to_do_with_the_choice_is_worth_nothing_and_finding_it_out_costs() -> None:
    worth = value_of_information(linear()).learnable["z"]
    assert abs(worth.value.value) <= 4 * worth.value.error
    assert worth.at_most > worth.value.value - 1e-12  # in sample, noise looks like knowledge
    assert worth.net == pytest.approx(-0.1, abs=0.001)


def test_out_of_fold_values_are_not_flattered_by_noise() -> None:
    few = simulate(linear().model, 512, seed=3)
    told = [value_of_information(simulate(few.model, 512, seed=s)).learnable["z"] for s in range(30)]
    unflattered = np.mean([each.value.value for each in told])
    assert np.mean([each.at_most for each in told]) > 0.0
    assert unflattered <= np.std([each.value.value for each in told]) / np.sqrt(30) * 4


def test_an_event_that_decides_the_choice_is_worth_what_the_table_says() -> None:
    body = f"""
councils: {{a: {{gap: {{basis: cumulative_base, already_includes_savings: no, plan: 1}}}}}}
measures:
  safe: {{council: a, basis: recurring, from: 2020/21, saving: 0.5}}
  bold: {{council: a, basis: recurring, from: 2020/21, saving: 1, requires: signs}}
events: {{signs: {{chance: 40%, in: 2020/21, plan: happens}}}}
options: {{safe: {{councils: a, measures: safe}}, bold: {{councils: a, measures: bold}}}}
decision:
  {LOSS}
  learnable: {{talks: {{figures: events.signs, by: 2020-05-01, cost: £10_000}}}}
"""
    found = value_of_information(simulate(compile_model(parsed(body, HEAD)), COUNT, seed=1))
    assert found.best == "safe"
    worth = found.learnable["talks"]
    assert abs(worth.value.value - 0.4 * 0.5) < 4 * worth.value.error
    assert worth.value.value == pytest.approx(found.perfect.value, abs=1e-9)
    assert worth.cost == pytest.approx(0.01)


def test_with_shortfall_alone_the_largest_bundle_always_wins_and_nothing_is_worth_knowing() -> None:
    body = LINEAR.replace("DEPENDENCE", "").replace("LOSS", LOSS)
    body = body.replace("two: {councils: a, measures: two}", "two: {councils: a, measures: [one, two]}")
    body = body.replace("50.2 +", "20 +")
    found = value_of_information(simulate(compile_model(parsed(body, HEAD)), 4_096, seed=1))
    assert found.best == "two"
    assert found.perfect.value == pytest.approx(0.0, abs=1e-12)
    assert all(worth.value.value == 0.0 for worth in found.learnable.values())


def test_a_loss_is_what_a_table_worked_by_hand_has() -> None:
    body = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: 4, minimum: 2}
    pots: {grant: {opening: 0.2, owner: external}}
measures:
  small:
    council: a
    saving: 0.4
    basis: recurring
    from: 2020/21
    running_cost: 0.05
  large:
    council: a
    saving: 1.5
    basis: recurring
    from: 2021/22
    one_off: {systems: {amount: 0.6, in: 2020/21, funded_by: grant}}
options:
  nothing: {councils: a}
  small: {councils: a, measures: small}
  all: {councils: a, measures: [small, large]}
decision:
  loss: {one_off: 1, running_cost: 2, shortfall: 3, unneeded_cuts: 0.5, below_minimum: 10, source: made up}
"""
    found = losses(simulate(compile_model(parsed(body, HEAD)), 16, seed=1))
    # Nothing: gaps of 4 take the fund of 4 below 2. Small: so do those of 2.4. All: the first year's 0.6 and 0.4 only.
    expected = {"nothing": 3 * 1 + 10, "small": 3 * 0.6 + 2 * 4 * 0.05 + 10, "all": 0.4 + 2 * 4 * 0.05 + 0.5 * 0.9}
    assert found.options == tuple(expected)
    for row, name in zip(found.values, found.options, strict=True):
        np.testing.assert_allclose(row, expected[name], rtol=1e-12)


@pytest.mark.parametrize("option", ["o", "all_in_one"])
def test_what_a_slowed_measure_costs_to_run_is_told_by_its_name_in_the_file(option: str) -> None:
    body = f"""
councils: {{a: {{gap: {{basis: cumulative_base, already_includes_savings: no, plan: 1}}}}}}
measures:
  base: {{council: a, basis: recurring, from: 2020/21, saving: 1, running_cost: 0.1}}
  other: {{council: a, basis: recurring, from: 2020/21, saving: 0.2, slows: {{base: 12 months}}, running_cost: 0.02}}
options: {{{option}: {{councils: a, measures: [other, base]}}}}
decision: {{loss: {{one_off: 0, running_cost: 1, shortfall: 0, unneeded_cuts: 0, below_minimum: 0, source: made up}}}}
"""
    found = losses(simulate(compile_model(parsed(body, HEAD)), 16, seed=1))
    np.testing.assert_allclose(found.values[0], 4 * 0.02 + 3 * 0.1, rtol=1e-12)


def test_perfect_information_of_a_small_table_is_worked_out_by_hand() -> None:
    values = np.tile([[0.0, 4.0], [1.0, 2.0]], (1, 800))
    assert perfect_value(values).value == pytest.approx(1.5 - 1.0)


@pytest.mark.parametrize(
    ("loss", "complaint"),
    [
        (LOSS.replace(", source: made up", ""), "decision.loss.source: missing key 'source'"),
        (LOSS.replace("shortfall: 1", "shortfall: -1"), "decision.loss.shortfall: expected 0 or more, got -1"),
        (LOSS.replace("below_minimum: 0", "below_minimum: 1"), "'a' has no general fund"),
        (LOSS.replace("source", "councils: b, source"), "there is no council 'b'"),
    ],
)
def test_a_loss_that_cannot_be_counted_is_refused_where_it_stands(loss: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        linear(loss=loss)


def test_what_could_be_learned_must_be_uncertain_and_come_in_time() -> None:
    body = LINEAR.replace("DEPENDENCE", "").replace("LOSS", LOSS)
    with pytest.raises(ConfigError, match=r"learnable\.x\.figures: there is no uncertain figure 'drivers\.q'"):
        parsed(body.replace("figures: drivers.x", "figures: drivers.q"), HEAD)
    with pytest.raises(ConfigError, match=r"decision\.learnable\.x\.by: expected 2021-01-01 \(as_at\) or later"):
        parsed(body, HEAD + "as_at: 2021-01-01\n")
    with pytest.raises(ModelError, match=r"decision\.loss: missing section"):
        losses(simulate(compile_model(parsed(body[: body.index("decision:")], HEAD)), 16, seed=1))
    certain = parsed(body, HEAD).with_overrides({"drivers.z": "0"})
    with pytest.raises(ModelError, match=r"decision\.learnable\.z\.figures: nothing that could be learned here"):
        value_of_information(simulate(compile_model(certain), 64, seed=1))
