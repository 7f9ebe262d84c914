"""The benchmark's tables at tiny sizes, and the peers' model beside ours; times are looked at by people."""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from scripts.benchmarks import commands, engine, limit, scale, watching
from scripts.benchmarks.commands import answered
from scripts.benchmarks.peers import delivery, table
from scripts.benchmarks.peers.workload import CORRELATED, DRIVERS, normal_correlation, rank_correlation
from scripts.benchmarks.rows import Row, kept
from scripts.benchmarks.watching import ROOT, Watched, watched
from scripts.benchmarks.workload import workload
from simlib import Futures, loops, simulate, simulate_plan, summarise
from simlib.drivers import Driver, Event
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.readouts import closes
from simlib.sampling import SAMPLERS

BENCHLEY = "councils.benchley"
ADDRESSES = {
    "pay": f"{BENCHLEY}.pressures.pay.growth",
    "demand": f"{BENCHLEY}.pressures.demand.change",
    "inflation": f"{BENCHLEY}.pressures.inflation.change",
    "business_rates": f"{BENCHLEY}.funding.business_rates.growth",
    **{name: f"{BENCHLEY}.funding.{name}.realised" for name in ("support_grant", "new_homes_bonus", "council_tax")},
    "general_fund": f"{BENCHLEY}.general_fund.opening",
    **{name: f"measures.{'.'.join(name.rsplit('_', 1))}" for name in CORRELATED},
    "backfill": "measures.early_help.backfill",
    **{f"{name}_exits": f"measures.{name}.local.exits" for name in ("digital", "management")},
    **{f"{name}_cost_per_exit": f"measures.{name}.local.average_cost_per_exit" for name in ("digital", "management")},
    **{f"{name}_overrun": f"measures.{name}.one_off.redundancy.overrun" for name in ("digital", "management")},
    "grant_cut": "events.grant_cut",
    "partner_stays": "events.partner_leaves",
    "supplier_fails": "events.supplier_fails",
}


@pytest.fixture(autouse=True)
def _numpy_before_and_after() -> Iterator[None]:
    loops.stop()
    yield
    loops.stop()


@pytest.fixture(scope="module")
def futures() -> Futures:
    return simulate(workload(), 4_096, seed=3, sampler="random")


def figures_of(futures: Futures) -> dict[str, Floats]:
    """Give the uncertain figures of some futures as the peers' model takes them."""
    moments = {event.address: futures.delivery.carried[place] for place, event in workload().events}
    found = {name: futures.drivers[address] for name, address in ADDRESSES.items() if address in futures.drivers}
    found |= {name: np.isfinite(moments[f"events.{name}"]) * 1.0 for name in ("grant_cut", "supplier_fails")}
    return found | {"partner_stays": moments["events.partner_leaves"] - 2.0}


# ---- The peers' model --------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", delivery.OPTIONS)
def test_the_model_that_peers_are_given_is_ours_in_every_future(option: str, futures: Futures) -> None:
    model = workload()
    place = [chosen.id for chosen in model.options].index(option)
    ours, theirs = flows(model, futures.delivery, place, 0), delivery.options(figures_of(futures))[option]
    for name in ("gap_after", "gap_recurring", "general_fund"):
        np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), rtol=0.0, atol=1e-12)


def test_the_peers_read_the_same_chances_as_we_do(futures: Futures) -> None:
    model, answers = workload(), delivery.answers(delivery.options(figures_of(futures)))
    for place, option in enumerate(model.options):
        facts = closes(model, flows(model, futures.delivery, place, 0))
        assert answers[option.id]["closed"] == facts["target_year"].mean()
        assert answers[option.id]["held"] == facts["reserves_hold"].mean()
        assert 0.0 < answers[option.id]["closed"] < 1.0


def test_peers_are_given_every_uncertain_figure_with_the_distribution_that_the_file_states() -> None:
    model = workload()
    drawn = {node.address: node for node in model.nodes if isinstance(node, (Driver, Event))}
    assert {ADDRESSES[name] for name in DRIVERS} == set(drawn)
    assert len(DRIVERS) == len(model.dimensions) == 30
    for name, (family, parameters) in DRIVERS.items():
        node = drawn[ADDRESSES[name]]
        if isinstance(node, Driver):
            assert node.distribution.family == family
            own = [getattr(node.distribution, field.name) for field in fields(node.distribution)]
            assert own[: len(parameters)] == pytest.approx(parameters, rel=1e-12)


def test_a_peer_agrees_where_its_answers_are_ours_and_not_where_one_is_off(futures: Futures) -> None:
    own = {"options": summarise(futures, simulate_plan(workload())).document["options"]}
    answers = delivery.answers(delivery.options(figures_of(futures)))
    same = table.agreement("peer", [{"answers": answers}], [own], futures.count)
    assert same.value == pytest.approx(0.0, abs=1e-9)
    assert same.met
    error = own["options"]["prevention"]["councils"]["benchley"]["gap_recurring"]["2028/29"]["error"]["p5"]
    answers["prevention"]["p5"] += 10.0 * error
    other = table.agreement("peer", [{"answers": answers}], [own], futures.count)
    assert other.value == pytest.approx(10.0 / 2.0**0.5)
    assert other.met is False


def test_every_peer_is_installed_with_a_stated_version() -> None:
    assert set(table.PEERS) <= set(table.versions())


def test_peers_are_given_the_chances_of_events_that_the_file_states() -> None:
    found = {event.address: event for _, event in workload().events}
    for name in ("grant_cut", "partner_stays", "supplier_fails"):
        event, (family, (stated,)) = found[ADDRESSES[name]], DRIVERS[name]
        chance = float(workload().plan[event.chances[0]])
        assert stated == (chance if family == "bernoulli" else pytest.approx(-1.0 / np.log(1.0 - chance)))
        assert event.hazard == (family == "exponential")


def test_peers_are_given_the_correlation_that_the_file_asks_for() -> None:
    place = {ADDRESSES[name]: row for row, name in enumerate(CORRELATED)}
    ranks, normal = rank_correlation(), normal_correlation()
    found = np.eye(len(place))
    for link in workload().dependences.links:
        at = place[link.first.name], place[link.second.name]
        assert ranks[at] == link.statement.rank_correlation
        found[at] = found[at[::-1]] = link.normal
    np.testing.assert_allclose(normal, found, atol=1e-12)
    assert np.linalg.eigvalsh(normal).min() > 0.0


# ---- Tables ------------------------------------------------------------------------------------------------


def test_a_target_is_met_at_most_or_at_least() -> None:
    assert [Row("a", value, "s", 1.0).met for value in (0.9, 1.0, 1.1, None)] == [True, True, False, None]
    assert [Row("a", value, "×", 40.0, at_least=True).met for value in (39.0, 40.0, 41.0)] == [False, True, True]
    assert Row("a", 1.0, "s").met is None


def test_a_row_comes_back_from_json_as_it_was() -> None:
    row = Row("two cores", 1.834, "×", 1.8, at_least=True, note="of draws to summary")
    assert kept(json.loads(json.dumps(row.document))) == row
    assert row.cells == ("two cores", "1.83 ×", "≥ 1.8 ×", "yes")


def test_limit_measures_both_kinds_of_loops_beside_numpys_own_drawing() -> None:
    rows = {row.name: row for row in limit.rows(2_000, 1)}
    (target,) = [row for row in rows.values() if row.target is not None]
    assert target.name == "draws to every option's flows, compiled ÷ limit"
    assert all(f"simlib's own drawing, sampler {name}, numpy ÷ limit" in rows for name in SAMPLERS)
    assert all(row.value is not None and row.value > 0 for row in rows.values())


def test_engine_says_what_has_no_entry_yet_and_reads_what_the_summary_holds(futures: Futures) -> None:
    values = engine.values_read(workload(), futures)
    yearly = 4 * 10 * 5 + 5  # ten figures of four options in five years, and the gap before savings
    assert values > yearly + len(workload().dimensions) - 3
    rows = list(engine.drawing((512,), 1))
    assert [row.name for row in rows] == [f"draws to summary, 512 futures, {kind}" for kind in ("compiled", "numpy")]


def test_counting_differs_from_keeping_by_no_more_than_it_may() -> None:
    row = scale.counting(180_224)
    assert row.unit == "errors"
    assert row.value is not None
    assert 0.0 < row.value < scale.DIFFERENT


def test_differences_find_a_figure_that_is_off_wherever_it_stands() -> None:
    def document(mean: float, chance: float) -> dict[str, Any]:
        figure = {"mean": mean, "p50": 1.0, "error": {"mean": 0.1, "p50": 0.0}}
        return {"options": {"a": {"gap": figure, "closes": {"probability": chance, "error": 0.01}}}, "years": ["x"]}

    found = dict(scale.differences(document(1.0, 0.5), document(1.05, 0.52)))
    expected = {"options.a.gap.mean": 0.5, "options.a.gap.p50": 0.0, "options.a.closes.probability": 2.0}
    assert found == pytest.approx(expected)


def test_a_command_is_watched_with_its_children_and_its_lines() -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'a = bytes(90_000_000); print(len(a))'])"
    found = watched([sys.executable, "-c", f"{child}; print('end')"])
    assert found.text == "90000000\nend\n"
    assert 0.0 < found.lines[0][0] <= found.lines[1][0] <= found.seconds


@pytest.mark.skipif(not watching.PROC.exists(), reason="the system does not tell")
def test_a_command_is_not_charged_with_the_memory_of_whoever_starts_it() -> None:
    ballast = np.ones(40_000_000)  # 305 MiB
    assert watched([sys.executable, "-c", "import numpy"]).memory < ballast.nbytes / watching.MIB / 2


def test_an_answer_ends_before_its_files_are_told_of() -> None:
    lines = ((0.1, "27 of 100 futures\n"), (0.2, "a note\n"), (0.3, "\n"), (0.9, "Written to runs/a/\n"))
    assert answered(Watched(1.0, 1.0, lines)) == 0.2


def test_what_is_kept_was_measured_with_the_targets_of_today() -> None:
    tables = json.loads((ROOT / "docs" / "benchmark.json").read_text(encoding="utf-8"))["tables"]
    waited = {bound for row in commands.TABLES["start-up"] for bound in (row.seconds, row.answer) if bound is not None}
    today = {
        "limit": {limit.TARGET},
        "engine": {*engine.TO_SUMMARY.values(), engine.READING, engine.IN},
        "scale": {*scale.MEMORY.values(), scale.FLAT, scale.FASTER, scale.DIFFERENT},
        "peers": {*table.PEERS.values(), table.AGREE},
        "start-up": waited,
    }
    assert {name: {row["target"] for row in rows} - {None} for name, rows in tables.items()} == today
    assert all(kept(row).met == row["met"] for rows in tables.values() for row in rows)
