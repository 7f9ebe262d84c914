"""What if an assumption were another: the same futures, before and after, against runs of the file itself."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simlib import ModelError, compile_model, load_config, simulate, simulate_plan, summarise
from simlib.distributions import make
from simlib.drivers import Driver
from simlib.results import Futures
from simlib.what_if import what_if

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
REALISATION = "programmes.solo.realisation"
PAY = "drivers.pay_award_error"
WALK = "councils.south_somerset.pressures.forecast_error.change"
COUNT = 4_096


@cache
def run(*changed: str) -> tuple[Futures, dict[str, Any]]:
    """Give futures of South Somerset, and what summary.json has of them, with some figures replaced."""
    model = compile_model(load_config(CONFIGS / "south_somerset.yaml").with_overrides(list(changed)))
    model = replace(model, readings={})
    futures = simulate(model, COUNT, seed=3)
    return futures, summarise(futures, simulate_plan(model)).document


def solo(document: dict[str, Any]) -> tuple[Any, Any]:
    """Give what a summary has of the solo case: its chance and its gap by year."""
    pair = document["options"]["solo"]["councils"]["south_somerset"]
    return pair["closes"]["target_year"], pair["gap_recurring"]


def told(pair: dict[str, Any]) -> tuple[Any, Any]:
    return pair["closes"]["target_year"], pair["gap_recurring"]


def driver(futures: Futures, address: str) -> Driver:
    return next(node for node in futures.model.nodes if isinstance(node, Driver) and node.address == address)


def test_with_nothing_moved_it_gives_the_figures_of_the_summary() -> None:
    futures, document = run()
    found = what_if(futures, {}, "solo")
    assert told(found.before) == told(found.after) == solo(document)


@pytest.mark.parametrize("address", [REALISATION, PAY, WALK, "measures.transformation.delay"])
def test_with_its_own_distribution_an_assumption_gives_the_figures_of_the_summary(address: str) -> None:
    futures, document = run()
    found = what_if(futures, {address: driver(futures, address).distribution}, "solo")
    assert told(found.after) == solo(document)


# None of these goes together with another figure: of what does, the others are drawn anew where one becomes certain.
@pytest.mark.parametrize(
    ("address", "written", "value"),
    [
        (PAY, "1%", 0.01),
        ("drivers.later_support_grant", "-0.2", -0.2),
        ("councils.south_somerset.funding.council_tax.realised", "99%", 0.99),
    ],
)
def test_an_assumption_held_at_a_value_gives_what_the_file_gives_with_that_value(
    address: str, written: str, value: float
) -> None:
    futures, before = run()
    found = what_if(futures, {address: value}, "solo")
    closes, gap = solo(run(f"{address}={written}")[1])
    after_closes, after_gap = told(found.after)
    assert after_closes == closes
    assert told(found.before) == solo(before)
    for year, entry in gap.items():
        for level in ("mean", "sd", "p10", "p50", "p90", "plan"):
            assert after_gap[year][level] == pytest.approx(entry[level], rel=1e-9, abs=1e-12)


def test_another_distribution_gives_what_the_file_gives_with_it() -> None:
    futures, _ = run()
    found = what_if(futures, {REALISATION: make("uniform", {"low": 0.5, "high": 1.0})}, "solo")
    assert told(found.after)[0] == solo(run(f"{REALISATION}={{dist: uniform, low: 50%, high: 100%}}")[1])[0]


@pytest.mark.parametrize("sampler", ["sobol", "latin_hypercube"])
def test_it_is_so_with_every_sampler(sampler: str) -> None:
    model = compile_model(load_config(CONFIGS / "minimal.yaml"))
    futures = simulate(model, 2_048, seed=5, sampler=sampler)
    pair = summarise(futures, simulate_plan(model)).document["options"]["share_services"]["councils"]["exampleton"]
    address = "measures.shared_services.delay"
    found = what_if(futures, {address: driver(futures, address).distribution}, "share_services")
    assert told(found.after) == told(pair)


def test_a_figure_whose_members_are_calculated_is_refused(tmp_path: Path) -> None:
    written = (CONFIGS / "minimal.yaml").read_text(encoding="utf-8")
    spread = "{dist: normal, hierarchical: yes, mean: 0, sd: spread, plan: 0, varies: yearly}"
    written = written.replace("{dist: normal, mean: 0, sd: 0.1, varies: walk}", spread)
    shared = "  spread: {kind: money, dist: uniform, low: 0.05, high: 0.2, plan: 0.1}\n"
    path = tmp_path / "hierarchical.yaml"
    path.write_text(f"{written}drivers:\n{shared}", encoding="utf-8")
    futures = simulate(compile_model(load_config(path)), 256, seed=1)
    with pytest.raises(ModelError, match="change: expected a figure whose distribution is stated outright"):
        what_if(futures, {"councils.exampleton.pressures.demand.change": 0.1}, "share_services")
    moved = what_if(futures, {"drivers.spread": 0.05}, "share_services")
    sides = [told(pair)[1]["2027/28"] for pair in (moved.before, moved.after)]
    assert sides[1]["p90"] - sides[1]["p10"] < sides[0]["p90"] - sides[0]["p10"]


def test_several_assumptions_are_moved_at_once_and_the_futures_are_left_as_they_were() -> None:
    futures, document = run()
    held = futures.cells.copy() if futures.cells is not None else None
    both = what_if(futures, {REALISATION: 1.0, "measures.transformation.delay": 0.0}, "solo")
    one = what_if(futures, {REALISATION: 1.0}, "solo")
    none = solo(document)[0]["probability"]
    assert told(both.after)[0]["probability"] >= told(one.after)[0]["probability"] > none
    assert np.array_equal(futures.cells, held)
    assert "at 100%" in both.changed
    assert "at 0 months" in both.changed


def test_more_delivered_never_widens_the_band() -> None:
    futures, _ = run()
    middles = [
        told(what_if(futures, {REALISATION: share}, "solo").after)[1]["2019/20"]["p50"] for share in (0.6, 0.8, 1.0)
    ]
    assert middles == sorted(middles, reverse=True)


def test_the_business_case_is_not_moved() -> None:
    futures, _ = run()
    found = what_if(futures, {REALISATION: 0.6}, "solo")
    assert told(found.before)[1]["2019/20"]["plan"] == told(found.after)[1]["2019/20"]["plan"] == pytest.approx(-0.1)


def test_the_picture_has_both_bands_and_says_what_was_moved() -> None:
    futures, _ = run()
    found = what_if(futures, {REALISATION: 0.8}, "solo")
    assert [panel.label for panel in found.chart.data.panels] == [  # type: ignore[union-attr]
        "As the file has it", "South Somerset's solo business case: share of the saving delivered at 80%"
    ]  # fmt: skip
    idle = what_if(futures, {}, "solo").chart.data
    assert [panel.label for panel in idle.panels] == ["As the file has it"] * 2  # type: ignore[union-attr]
    assert 'alt="Fan chart of the recurring gap' in found._repr_html_()


@pytest.mark.parametrize(
    ("changes", "option", "council", "message"),
    [
        ({REALISATION: 1.4}, "solo", None, f"{REALISATION}: expected something within what the file's own"),
        ({REALISATION: 1.4}, "solo", None, "own distribution can give, 0% to 100%, got 140%"),
        ({"measures.transformation.delay": -0.5}, "solo", None, "0 months to 2 years, got -6 months"),
        ({REALISATION: float("nan")}, "solo", None, "0% to 100%, got nan%"),
        ({REALISATION: make("uniform", {"low": 0.5, "high": 1.5})}, "solo", None, "got 50% to 150%"),
        ({"programmes.solo.realization": 1.0}, "solo", None, "did you mean 'programmes.solo.realisation'"),
        ({}, "sole", None, "did you mean 'solo'"),
        ({}, "joint_authority", None, "expected one council, as a band is of one council's gap, got 'jointly'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(changes: Any, option: str, council: str | None, message: str) -> None:
    with pytest.raises(ModelError) as refused:
        what_if(run()[0], changes, option, council)
    assert message in str(refused.value)
