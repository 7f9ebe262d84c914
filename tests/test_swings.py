"""What an assumption's tenths do to an answer, against closed forms; and what figures are called."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import parsed

from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.leverage import leverage
from simlib.naming import figure_name
from simlib.sensitivity.swings import MOST
from simlib.sensitivity.tables import tails

TAIL_MEAN = 1.7549833193248680  # of a standard normal figure beyond its 90 % quantile: density there, over a tenth

LINEAR = """
simlib: 1
title: a linear answer
drivers:
  x: {kind: number, dist: normal, mean: 0, sd: 1, source: {what: made up, mark: judgement}}
  z: {kind: number, dist: normal, mean: 5, sd: 2, source: {what: made up, mark: judgement}}
  unused: {kind: number, dist: uniform, low: 0, high: 1, source: {what: made up, mark: judgement}}
  often: {kind: number, dist: bernoulli, p: 0.4, source: {what: made up, mark: judgement}}
  rare: {kind: number, dist: bernoulli, p: 0.04, source: {what: made up, mark: judgement}}
  certain: {kind: number, value: 3, source: {what: made up, mark: judgement}}
DEPENDENCE
outputs:
  y: 2 * x - z + 3 * often + 10 * rare + certain
"""
TOGETHER = "dependence:\n  pair: {between: [drivers.x, drivers.z], correlation: 0.6}"


def swings_of(tmp_path: Path, text: str, **options: Any) -> dict[str, dict[str, Any]]:
    """Run a file and give the swings of y by address."""
    path = tmp_path / "linear.yaml"
    path.write_text(text, encoding="utf-8")
    model = compile_model(load_config(path))
    summary = summarise(simulate(model, 20_000, seed=3, **options), simulate_plan(model))
    return {entry["address"]: entry for entry in summary.document["swings"]["outputs"]["y"]}


@pytest.mark.parametrize("options", [{}, {"sampler": "sobol"}, {"n_jobs": 2}, {"memory": 1}], ids=str)
def test_swings_of_a_linear_answer_are_those_of_the_closed_form(tmp_path: Path, options: dict[str, Any]) -> None:
    found = swings_of(tmp_path, LINEAR.replace("DEPENDENCE", ""), **options)
    for name, shift in {"x": 4 * TAIL_MEAN, "z": -4 * TAIL_MEAN, "unused": 0.0, "often": 3.0, "rare": 10.0}.items():
        entry = found[f"drivers.{name}"]
        assert abs(entry["shift"] - shift) < 4 * entry["error"], name
    assert "drivers.certain" not in found
    assert [abs(entry["shift"]) for entry in found.values()] == sorted(
        (abs(entry["shift"]) for entry in found.values()), reverse=True
    )
    assert abs(found["drivers.z"]["high"]["value"] - (5 + 2 * TAIL_MEAN)) < 4 * 2 * 0.41 / math.sqrt(819)
    assert found["drivers.often"]["low"]["value"] == 0.0
    assert found["drivers.often"]["low"]["count"] + found["drivers.often"]["high"]["count"] == MOST


def test_what_goes_together_with_a_figure_is_in_its_swing(tmp_path: Path) -> None:
    found = swings_of(tmp_path, LINEAR.replace("DEPENDENCE", TOGETHER))
    for name, shift in {"x": (2 - 2 * 0.6) * 2 * TAIL_MEAN, "z": (2 * 0.6 - 2) * 2 * TAIL_MEAN}.items():
        entry = found[f"drivers.{name}"]
        assert abs(entry["shift"] - shift) < 4 * entry["error"], name


@pytest.mark.parametrize(
    ("row", "low", "high"),
    [
        (np.arange(100.0), np.arange(10), np.arange(90, 100)),
        (np.r_[np.zeros(95), 1.0, 2.0, 3.0, 4.0, 5.0], np.arange(95), np.arange(95, 100)),
        (np.r_[-1.0, np.zeros(98), 1.0], [0], [99]),
        (np.r_[np.zeros(50), np.ones(50)], np.arange(50), np.arange(50, 100)),
        (np.r_[np.full(15, -2.0), np.arange(70.0), np.full(15, 99.0)], np.arange(15), np.arange(85, 100)),
    ],
    ids=["distinct", "mostly nothing", "nothing between two", "two values", "ties at both ends"],
)
def test_a_tenth_takes_in_what_ties_with_it(row: Any, low: Any, high: Any) -> None:
    found = tails(np.asarray(row))
    assert list(found[0]) == list(low)
    assert list(found[1]) == list(high)


def test_a_claim_and_a_council_are_told_of_with_their_chances(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "boston_east_lindsey.yaml"))
    document = summarise(simulate(model, 8_192, seed=1), simulate_plan(model)).document
    entry = next(e for e in document["swings"]["options"]["alliance"]["claim"] if e["address"].startswith("events."))
    event = document["events"][entry["address"].removeprefix("events.")]
    for side, closes in (("high", "closes_if"), ("low", "closes_if_not")):
        given = event[closes]["alliance"]["claim"]
        assert entry[side]["count"] == given["count"]
        assert entry[side]["probability"] == pytest.approx(given["probability"], abs=1e-12)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("measures.transformation.delay", "Transformation programme: how late it comes"),
        ("councils.south_somerset.funding.business_rates.change",
         "Retained business rates: difference from the plan, South Somerset District Council"),
        ("events.hinkley_point_c.delays.joint_authority",
         "Hinkley Point C goes ahead: delay to Joint Authority with Sedgemoor"),
        ("programmes.solo.realisation", "South Somerset's solo business case: share of the saving delivered"),
        ("drivers.pay_award_error", "Pay award above the assumption"),
        ("councils.south_somerset", "South Somerset District Council"),
        ("measures.nobody.delay", "Nobody: how late it comes"),
    ],
)  # fmt: skip
def test_a_figure_is_called_by_the_labels_of_where_it_stands(root: Path, address: str, name: str) -> None:
    assert figure_name(load_config(root / "configs" / "south_somerset.yaml"), address) == name


def test_what_a_figure_is_made_of_is_told_from_what_only_goes_together_with_it(tmp_path: Path, root: Path) -> None:
    found = swings_of(tmp_path, LINEAR.replace("DEPENDENCE", TOGETHER.replace("drivers.x", "drivers.unused")))
    assert {name.removeprefix("drivers."): entry["enters"] for name, entry in found.items()} == {
        "x": True, "z": True, "often": True, "rare": True, "unused": False,
    }  # fmt: skip
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    document = summarise(simulate(model, 2_048, seed=1), simulate_plan(model)).document
    of_solo = {entry["address"]: entry for entry in document["swings"]["options"]["solo"]["south_somerset"]}
    cost = of_solo["measures.transformation.one_off.implementation.overrun"]
    assert abs(cost["shift"]) > 4 * cost["error"], "it goes together with how late the saving comes"
    assert not cost["enters"]
    inside = {address for address, entry in of_solo.items() if entry["enters"]}
    assert {"measures.transformation.delay", "programmes.solo.realisation", "drivers.pay_award_error"} <= inside
    assert not {address for address in inside if ".one_off." in address or ".sedgemoor." in address}


def test_a_small_step_of_an_assumption_is_worth_what_the_plan_says(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    solo, merged = (
        {entry["address"]: entry for entry in leverage(model)[option]["south_somerset"]}
        for option in ("solo", "joint_authority_and_transformation")
    )
    share = solo["programmes.solo.realisation"]
    assert share["by"] == "one point"
    assert share["shift"] == pytest.approx(-0.01 * 4.2)  # of £4.2m
    assert share["just_closed"] == pytest.approx(1 - 0.1 / 4.2)  # £0.1m to spare of £4.2m
    assert merged["programmes.solo.realisation"]["just_closed"] == pytest.approx(2.9 / 3.9)  # £0.3m of it overlaps
    assert solo["drivers.pay_award_error"]["shift"] > 0
    assert solo["drivers.pay_award_error"]["just_closed"] is None, "no share delivered"
    sizes = [abs(entry["shift"]) for entry in solo.values()]
    assert sizes == sorted(sizes, reverse=True)


OVERLAP = """
councils:
  a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 6}}
measures:
  first:
    {council: a, saving: 10, basis: recurring, from: 2020/21, realisation: {dist: uniform, low: 0, high: 1, plan: 100%}}
  second:
    {council: a, saving: 10, basis: recurring, from: 2020/21, realisation: {dist: uniform, low: 0, high: 1, plan: 50%},
     overlaps: {first: 6}}
options:
  o: {councils: [a], measures: [first, second]}
"""


def test_a_gap_that_does_not_go_evenly_with_a_share_is_closed_where_it_is_looked_for() -> None:
    found = leverage(compile_model(parsed(OVERLAP)))["o"]["a"]
    closed = {entry["address"]: entry["just_closed"] for entry in found}
    # with f of the first delivered they save 10 f + 5 - 6 min(f, 1/2): below one half that is 4 f + 5
    assert closed["measures.first.realisation"] == pytest.approx(0.25, abs=1e-8)
    assert closed["measures.second.realisation"] is None, "the first alone saves enough"
