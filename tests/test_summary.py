"""summary.json: every key of the contract for every config, and each figure worked out again from the futures."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import COUNCIL, parsed, told

from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.engine import simulate, simulate_plan
from simlib.flows import Flows, flows
from simlib.readouts import closes
from simlib.results import Futures
from simlib.summary import summarise

CONFIGS = sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml"))
COUNT = 1_500
every_config = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)

TOP = (
    "simlib", "config", "unit", "years", "target_year", "headline", "options", "gap_before", "comparisons", "readings",
    "events", "outputs", "drivers", "checks",
)  # fmt: skip
TESTS = ("target_year", "in_year", "from_target_year", "every_year", "reserves_hold", "reserves_restored")
YEARLY = ("gap_after", "gap_recurring", "savings", "run_rate", "one_off_gross", "one_off_net", "general_fund")
STATISTICS = ("mean", "sd", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "plan")


@cache
def run(path: Path) -> tuple[Futures, Futures, dict[str, Any]]:
    model = compile_model(load_config(path))
    futures, plan = simulate(model, COUNT, seed=11), simulate_plan(model)
    return futures, plan, summarise(futures, plan).document


def pairs(path: Path) -> list[tuple[Flows, Flows, dict[str, Any]]]:
    """Give for each option and council its flows, its planned flows and what the document says."""
    futures, plan, document = run(path)
    found = []
    for o, c in futures.model.pairs:
        option, council = futures.model.options[o].id, futures.model.councils[c].id
        entry = document["options"][option]["councils"][council]
        found.append((flows(futures.model, futures.delivery, o, c), flows(plan.model, plan.delivery, o, c), entry))
    return found


# ---- The contract ------------------------------------------------------------------------------------------


@every_config
def test_every_key_of_the_contract_is_there(path: Path) -> None:
    _, _, document = run(path)
    assert set(TOP) <= set(document)
    assert {"digest", "title", "as_at", "seed", "simulations", "sampler"} <= set(document["config"])
    for option in document["options"].values():
        assert {"label", "councils", "jointly", "claim"} <= set(option)
        for entry in option["councils"].values():
            _pair_is_whole(entry, document)


def _pair_is_whole(entry: dict[str, Any], document: dict[str, Any]) -> None:
    wanted = {"closes", *YEARLY, "shortfall", "reserve_needed", "first_year_closed", "payback", "npv"}
    assert wanted <= set(entry)
    assert tuple(entry["closes"]) == TESTS
    for chance in filter(None, entry["closes"].values()):
        assert {"probability", "error", "interval", "plan"} <= set(chance)
        assert chance["interval"][0] <= chance["probability"] <= chance["interval"][1]
    for name in YEARLY:
        if entry[name] is not None:
            assert list(entry[name]) == document["years"]
            assert all(set(STATISTICS) <= set(year) for year in entry[name].values())
    for name, keys in (
        ("shortfall", {"probability", "mean_if_short", "p90"}),
        ("reserve_needed", {"80", "90", "95"}),
        ("first_year_closed", {*document["years"], "never"}),
    ):
        assert entry[name] is None or keys <= set(entry[name]), name


@every_config
def test_the_other_sections_are_as_the_contract_has_them(path: Path) -> None:
    futures, _, document = run(path)
    for event in document["events"].values():
        assert {"chance", "closes_if", "closes_if_not"} <= set(event)
    for driver in document["drivers"].values():
        assert {"kind", "requested", "achieved", "plan", "source"} <= set(driver)
    for where in document["comparisons"].values():
        for pair in where.values():
            assert {"better", "equal", "worse", "difference"} <= set(pair)
            assert pair["better"] + pair["equal"] + pair["worse"] == pytest.approx(1)
    assert set(document["readings"]) == set(futures.model.config.readings)
    assert set(document["drivers"]) == set(futures.drivers)
    assert set(document["outputs"]) == set(futures.model.config.outputs)


@every_config
def test_the_document_is_plain_json_without_a_word_that_is_no_number(path: Path) -> None:
    _, _, document = run(path)
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == json.loads(json.dumps(document))


@every_config
def test_two_summaries_of_the_same_futures_are_the_same(path: Path) -> None:
    futures, plan, document = run(path)
    assert json.dumps(summarise(futures, plan, n_jobs=2).document) == json.dumps(document)


def test_a_file_of_drivers_and_outputs_alone_is_a_whole_model() -> None:
    document = summarised("drivers: {x: {kind: number, dist: normal, mean: 2, sd: 1}}\noutputs: {y: drivers.x ** 2}\n")
    assert set(TOP) <= set(document)
    assert (document["options"], document["years"], document["target_year"]) == ({}, [], None)
    found = document["outputs"]["y"]
    assert abs(found["mean"] - 5) < 5 * found["error"]["mean"]


@pytest.mark.parametrize("count", [4_000, 140_000])  # held, and streamed past
def test_an_output_that_is_a_condition_is_a_chance(count: int) -> None:
    head = "simlib: 1\ntitle: x\nyears: 2020/21 to 2021/22\n"
    body = (
        "drivers: {x: {kind: number, dist: uniform, low: 0, high: 1}}\n"
        "outputs: {small: x < 0.25, either: x < 0.1 or not x < 0.9, amount: 2 * (x < 0.25), "
        "late: x < (year - 2019) / 4}"
    )
    model = compile_model(parsed(body, head))
    found = summarise(simulate(model, count, seed=1), simulate_plan(model)).document["outputs"]
    assert found["amount"]["chance"] is None
    years = found["late"]
    told = {"small": found["small"], "either": found["either"], "first": years["2020/21"], "second": years["2021/22"]}
    for name, truth in {"small": 0.25, "either": 0.2, "first": 0.25, "second": 0.5}.items():
        chance = told[name]["chance"]
        assert chance["probability"] == pytest.approx(told[name]["mean"], abs=1e-12)
        assert abs(chance["probability"] - truth) < 5 * chance["error"]
        assert chance["interval"][0] < chance["probability"] < chance["interval"][1]
    assert found["small"]["chance"]["plan"] is False  # the average, 0.5, is no smaller
    assert found["either"]["chance"]["plan"] is False
    assert years["2021/22"]["chance"]["plan"] is False


def summarised(body: str) -> dict[str, Any]:
    model = compile_model(parsed(body, "simlib: 1\ntitle: x\n"))
    return summarise(simulate(model, 4_000, seed=1), simulate_plan(model)).document


# ---- Worked out again from the futures ---------------------------------------------------------------------


@every_config
def test_bands_are_numpys_of_the_futures(path: Path) -> None:
    for flow, planned, entry in pairs(path):
        for name in (*YEARLY, "one_off_savings"):
            values, plan = getattr(flow, name), getattr(planned, name)
            assert (entry[name] is None) == (values is None)
            for y, found in enumerate((entry[name] or {}).values()):
                row = np.asarray(values)[y]
                assert found["mean"] == pytest.approx(row.mean(), abs=1e-10)
                assert found["sd"] == pytest.approx(row.std(ddof=1), abs=1e-9)
                assert found["plan"] == pytest.approx(plan[y, 0], abs=1e-12)
                levels = [found[f"p{level}"] for level in (5, 10, 25, 50, 75, 90, 95)]
                np.testing.assert_allclose(
                    levels, np.quantile(row, [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]), atol=1e-10
                )


@every_config
def test_shortfall_is_that_of_the_target_year(path: Path) -> None:
    target = run(path)[0].model.target
    for flow, _, entry in pairs(path):
        if flow.gap_recurring is None:
            assert entry["shortfall"] is None
            continue
        gap = flow.gap_recurring[target]
        short = np.maximum(gap, 0)
        assert entry["shortfall"]["probability"] == pytest.approx((gap >= 5e-9).mean())
        assert entry["shortfall"]["p90"] == pytest.approx(np.quantile(short, 0.9), abs=1e-10)
        if (gap >= 5e-9).any():
            assert entry["shortfall"]["mean_if_short"] == pytest.approx(gap[gap >= 5e-9].mean(), rel=1e-6)
        assert entry["shortfall"]["probability"] + entry["closes"]["target_year"]["probability"] == pytest.approx(1)


@every_config
def test_the_reserve_needed_is_the_opening_balance_that_holds_in_so_many_futures(path: Path) -> None:
    for flow, _, entry in pairs(path):
        if flow.general_fund is None:
            assert entry["reserve_needed"] is None
            continue
        drop = np.asarray(flow.general_fund) - np.asarray(flow.opening)
        for level in (80, 90, 95):
            held = (entry["reserve_needed"][str(level)] + drop >= np.asarray(flow.minimum) - 1e-9).all(axis=0)
            held &= entry["reserve_needed"][str(level)] >= np.asarray(flow.minimum) - 1e-9
            assert held.mean() >= level / 100 - 2 / COUNT
            assert (
                held.mean() <= level / 100 + 2 / COUNT
                or np.ptp(drop.min(axis=0)) < 1e-9
                or drop.min() >= 0
                or _atom(drop)
            )


def _atom(drop: np.ndarray) -> bool:
    """Tell whether many futures need the same reserve, so that a level cannot be met exactly."""
    worst = np.minimum(drop.min(axis=0), 0).round(9)
    return bool(np.unique(worst, return_counts=True)[1].max() > len(worst) / 100)


@every_config
def test_payback_is_the_year_from_which_the_cash_stays_paid_back(path: Path) -> None:
    for flow, _, entry in pairs(path):
        if entry["payback"] is None:
            continue
        costs = flow.one_off_costs - flow.external_pots
        cash = np.cumsum(flow.savings + flow.one_off_savings - costs, axis=0)
        years = np.array([_paid_back(column, flow.model.tolerance) for column in cash.T])
        assert entry["payback"]["nothing_to_pay_back"] == pytest.approx(np.isnan(years).mean())
        years = years[~np.isnan(years)]
        assert entry["payback"]["beyond_horizon"] == pytest.approx(np.isinf(years).mean())
        for name, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
            reached = entry["payback"][name]
            assert reached is None or (years <= reached).mean() >= level - 1e-9
            assert reached is None or (years <= reached - 1).mean() < level


def _paid_back(total: np.ndarray, tolerance: float) -> float:
    moves = [y for y, value in enumerate(np.diff(total, prepend=0.0)) if abs(value) >= tolerance]
    if not moves:
        return np.nan
    below = [y for y, value in enumerate(total) if value <= -tolerance]
    if below and below[-1] == len(total) - 1:
        return np.inf
    return (below[-1] + 1 if below else moves[0]) - moves[0] + 1


@every_config
def test_the_first_year_closed_is_counted_once_in_every_future(path: Path) -> None:
    for flow, _, entry in pairs(path):
        if flow.gap_recurring is None:
            assert entry["first_year_closed"] is None
            continue
        assert sum(entry["first_year_closed"].values()) == pytest.approx(1)
        never = (flow.gap_recurring >= 5e-9).all(axis=0).mean()
        assert entry["first_year_closed"]["never"] == pytest.approx(never)


@every_config
def test_the_bridge_adds_up_from_the_plan_to_the_mean(path: Path) -> None:
    _, _, document = run(path)
    for flow, planned, entry in pairs(path):
        if flow.gap_recurring is None:
            assert entry["bridge"] is None
            continue
        bridge = entry["bridge"]
        assert bridge["plan"] + sum(s["shift"] for s in bridge["steps"]) + bridge["together"] == pytest.approx(
            bridge["mean"], abs=1e-12
        )
        assert bridge["mean"] == entry["gap_recurring"][document["target_year"]]["mean"]
        assert planned.gap_recurring is not None
        assert bridge["plan"] == planned.gap_recurring[flow.model.target, 0]


def test_a_bridge_of_one_assumption_leaves_nothing_over() -> None:
    saving = "{dist: triangular, low: 0.4, mode: 1, high: 1.2, plan: 1}"
    body = f"{COUNCIL}measures: {{m: {{council: a, saving: {saving}, basis: recurring, from: 2020/21}}}}\n"
    found = told(body + "options: {o: {councils: a, measures: m}}", 20_000)["options"]["o"]["councils"]["a"]
    [step] = found["bridge"]["steps"]
    assert step["address"] == "measures.m.saving"
    assert step["shift"] == pytest.approx(1 - 2.6 / 3, abs=1e-4)
    assert abs(found["bridge"]["together"]) < 5 * found["gap_recurring"]["2023/24"]["error"]["mean"]


@every_config
def test_comparisons_are_made_in_the_same_future(path: Path) -> None:
    futures, _, document = run(path)
    model = futures.model
    found = {(o, c): flows(model, futures.delivery, o, c).gap_recurring for o, c in model.pairs}
    for c, council in enumerate(model.councils):
        for pair, entry in document["comparisons"].get(council.id, {}).items():
            left, right = (next(o for o, x in enumerate(model.options) if x.id == name) for name in pair.split("|"))
            difference = np.asarray(found[left, c])[model.target] - np.asarray(found[right, c])[model.target]
            assert entry["better"] == pytest.approx((difference < -5e-9).mean())
            assert entry["worse"] == pytest.approx((difference > 5e-9).mean())
            assert entry["difference"]["mean"] == pytest.approx(difference.mean(), abs=1e-10)


@every_config
def test_results_given_an_event_are_those_of_the_futures_in_which_it_happens(path: Path) -> None:
    futures, _, document = run(path)
    model, headline = futures.model, document["headline"]
    for place, node in model.events:
        name = node.address.removeprefix("events.")
        happens = np.isfinite(np.broadcast_to(futures.delivery.carried[place], futures.held))
        assert document["events"][name]["chance"]["probability"] == pytest.approx(happens.mean())
        for o, c in model.pairs:
            tests = closes(model, flows(model, futures.delivery, o, c))
            for side, where in (("closes_if", happens), ("closes_if_not", ~happens)):
                told_of_it = document["events"][name][side].get(model.options[o].id, {}).get(model.councils[c].id)
                if headline in tests and where.any():
                    assert told_of_it["probability"] == pytest.approx(tests[headline][where].mean())
                else:
                    assert told_of_it is None


@every_config
def test_together_means_in_the_same_future(path: Path) -> None:
    futures, _, document = run(path)
    model = futures.model
    for o, option in enumerate(model.options):
        jointly = document["options"][option.id]["jointly"]
        if len(option.councils) < 2 or jointly is None:
            continue
        tests = [closes(model, flows(model, futures.delivery, o, c)) for c in option.councils]
        for name, found in jointly["closes"].items():
            if all(name in test for test in tests):
                both = np.logical_and.reduce([test[name] for test in tests])
                assert found["probability"] == pytest.approx(both.mean())
            else:
                assert found is None


@every_config
def test_a_claim_is_kept_where_what_it_counts_reaches_it(path: Path) -> None:
    futures, _, document = run(path)
    model = futures.model
    for o, option in enumerate(model.options):
        claim = model.config.options[option.id].claims
        if claim is None:
            assert document["options"][option.id]["claim"] is None
            continue
        total = np.zeros(futures.held)
        until = slice(0, (model.config.years or ()).index(claim.by) + 1)
        for c in option.councils:
            flow = flows(model, futures.delivery, o, c)
            total += flow.savings[until].sum(axis=0) if claim.basis == "cumulative" else flow.run_rate[until][-1]
            if claim.net_of_one_off:
                total -= (flow.one_off_costs - flow.external_pots - flow.one_off_savings)[until].sum(axis=0)
        found = document["options"][option.id]["claim"]
        assert found["probability"] == pytest.approx((total > claim.amount - 5e-9).mean())
        assert {"probability", "error"} <= set(found)


def test_a_present_value_without_a_deflator_for_cash_is_not_made_up() -> None:
    body = f"{COUNCIL}measures: {{m: {{council: a, saving: 1, basis: recurring, from: 2020/21}}}}\n"
    body += "options: {o: {councils: a, measures: m}}\nnpv: {rate: 3.5%}\n"
    assert told(body, 16)["options"]["o"]["councils"]["a"]["npv"] is None
    real = told("prices: real 2020/21\n" + body, 16)["options"]["o"]["councils"]["a"]["npv"]
    assert real["mean"] == pytest.approx(sum(1.035 ** -(y + 0.5) for y in range(4)))


def test_doing_nothing_has_no_payback_and_no_worth() -> None:
    found = told(f"{COUNCIL}options: {{o: {{councils: a}}}}\nnpv: {{deflator: 2%}}\n", 16)["options"]["o"]["councils"][
        "a"
    ]
    assert found["payback"] is None
    assert found["npv"]["mean"] == 0


def test_what_was_drawn_is_told_beside_what_was_asked_for() -> None:
    saving = "{dist: normal, mean: 1, sd: 0.2, plan: 1.1}"
    body = f"{COUNCIL}measures: {{m: {{council: a, saving: {saving}, basis: recurring, from: 2020/21}}}}\n"
    driver = told(body + "options: {o: {councils: a, measures: m}}", 20_000)["drivers"]["measures.m.saving"]
    assert driver["plan"] == 1.1
    assert driver["requested"]["mean"] == 1
    for name, tolerance in (("mean", 1), ("p50", 1.2533), ("p95", 2.1)):
        assert abs(driver["achieved"][name] - driver["requested"][name]) < 5 * tolerance * 0.2 / np.sqrt(20_000)
