"""What the engine promises: the same numbers for any workers and back ends, and readings on the same futures."""

# ruff: noqa: E501 - a scheme is a line of a file here

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import COUNCIL, document_of, drawn, pair_of, parsed, told, with_only

import simlib.engine
from simlib.compiling import compile_model
from simlib.config import Config, load_config
from simlib.config.load import parse_config
from simlib.engine import simulate, simulate_plan
from simlib.errors import ModelError
from simlib.model import Model
from simlib.readouts import Key, read_option
from simlib.results import Futures
from simlib.sampling import CHUNK
from simlib.summary import summarise

ROOT = Path(__file__).parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
WITH_READINGS = [path for path in CONFIGS if load_config(path).readings]
BODY = f"""{COUNCIL}
measures:
  m:
    council: a
    saving: {{dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}}
    basis: recurring
    from: 2020/21
    delay: {{dist: uniform, low: 0 months, high: 24 months}}
    one_off: {{r: {{in: 2020/21, amount: {{sum_of: 3, each: {{dist: lognormal, mean: 0.1, sd: 0.1, plan: 0.1}}}}}}}}
  n: {{council: a, saving: 0.2, basis: recurring, from: 2021/22, realisation: {{dist: uniform, low: 40%, high: 100%}}}}
events: {{e: {{chance: 20%, each: year, plan: does_not, stops: m, keeps: 50%}}}}
options: {{none: {{councils: a}}, o: {{councils: a, measures: [m, n]}}}}
outputs: {{twice: 2 * measures.m.saving}}
dependence: {{d: {{between: [measures.m.saving, measures.m.delay], rank_correlation: -0.5}}}}
"""


def model_of(name: str) -> Model:
    return compile_model(load_config(ROOT / "configs" / f"{name}.yaml"))


def same(one: Futures, other: Futures) -> None:
    """Fail unless two runs hold the same to the byte."""
    assert one.dataset.attrs == other.dataset.attrs
    for name, array in one.dataset.variables.items():
        if array.dtype == float:
            assert array.values.tobytes() == other.dataset[name].values.tobytes(), name
    assert {k: v.tolist() for k, v in one.readings.items()} == {k: v.tolist() for k, v in other.readings.items()}


@pytest.mark.parametrize(("name", "sampler"), [("hartlepool_darlington", "random"), ("benchmark", "sobol")])
def test_two_workers_give_the_same_bytes_as_one(name: str, sampler: str) -> None:
    model = model_of(name)
    one, two = (simulate(model, CHUNK + 80, seed=0, sampler=sampler, n_jobs=n) for n in (1, 2))
    same(one, two)
    plan = simulate_plan(model)
    assert summarise(one, plan, n_jobs=1).document == summarise(two, plan, n_jobs=2).document


def test_processes_give_the_same_bytes_as_threads() -> None:
    model = model_of("minimal")
    same(*(simulate(model, CHUNK + 100, seed=0, n_jobs=2, backend=backend) for backend in ("threading", "loky")))


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_more_futures_extend_the_sample(sampler: str) -> None:
    few, many = (drawn(BODY, count, sampler=sampler) for count in (CHUNK - 16, CHUNK + 32))
    for name, values in few.dataset.data_vars.items():
        longer = many.dataset[name].isel(simulation=slice(0, few.held))
        assert values.values.tobytes() == np.ascontiguousarray(longer.values).tobytes(), name


def test_a_seed_of_nought_is_a_seed() -> None:
    first, again, other = (drawn(BODY, 64, seed=seed) for seed in (0, 0, 1))
    same(first, again)
    assert first.seed == 0
    assert not np.array_equal(first.drivers["measures.m.saving"], other.drivers["measures.m.saving"])


def test_a_file_without_a_seed_draws_one_and_says_which() -> None:
    first, second = (drawn(BODY, 64, seed=None) for _ in range(2))
    assert first.seed != second.seed
    same(first, drawn(BODY, 64, seed=first.seed))


def test_sobol_rounds_up_to_whole_replicates_and_says_so() -> None:
    document = told(BODY, 1_001, sampler="sobol")
    assert document["config"]["simulations"] == 1_008
    texts = [check["text"] for check in document["checks"] if check["id"] == "rounded"]
    assert len(texts) == 1
    assert "1,001" in texts[0]
    assert "1,008" in texts[0]
    assert not [check for check in told(BODY, 1_008, sampler="sobol")["checks"] if check["id"] == "rounded"]


def draws(futures: Futures) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in futures.drivers.items()}


def test_an_unrelated_driver_changes_no_other_drivers_draws() -> None:
    before = draws(drawn(BODY, 500))
    extra = "drivers: {x: {kind: number, dist: normal, mean: 0, sd: 1, plan: 0}}\n"
    after = draws(drawn(extra + BODY, 500))
    assert after.pop("drivers.x")
    assert after == before


def test_a_driver_of_another_name_keeps_its_draws_with_its_stream() -> None:
    old = draws(drawn(BODY, 500))["measures.n.realisation"]
    renamed = BODY.replace("  n: {", "  k: {").replace("[m, n]", "[m, k]")
    assert draws(drawn(renamed, 500))["measures.k.realisation"] != old
    kept = renamed.replace("high: 100%}}", "high: 100%, stream: measures.n.realisation}}")
    assert draws(drawn(kept, 500))["measures.k.realisation"] == old


def test_the_order_of_a_file_cannot_be_seen_in_its_numbers() -> None:
    turned = (
        BODY.replace("none: {councils: a}, o: {councils: a, measures: [m, n]}", "o: {councils: a, measures: [n, m]}, none: {councils: a}")
    )  # fmt: skip
    one, other = drawn(BODY, 500), drawn(turned, 500)
    assert draws(one) == draws(other)
    for name in ("gap_after", "general_fund", "one_off_net"):
        left, right = (f.dataset[name].sel(option="o").values for f in (one, other))
        np.testing.assert_allclose(left, right, rtol=1e-12)


# ---- Readings ----------------------------------------------------------------------------------------------


def alone(config: Config, count: int) -> dict[Key, tuple[float, bool]]:
    """Give the headline chance of every option and council, and of claims, with the plan's answer: a run of its own."""
    model = compile_model(config)
    futures, plan = simulate(model, count, seed=5), simulate_plan(model)
    found = {}
    for o, option in enumerate(model.options):
        planned = dict(read_option(model, plan.delivery, o))
        for key, fact in read_option(model, futures.delivery, o):
            if key[3:] == ("closes", config.closes):
                found[option.id, key[2]] = (float(fact.mean()), bool(planned[key][0]))
            if key[2:] == ("claim", "kept"):
                found[option.id, "claim"] = (float(fact.mean()), bool(planned[key][0]))
    return found


def beside(document: dict[str, Any], reading: str) -> dict[Key, tuple[float, bool]]:
    """Give the same as it was counted beside the base."""
    options = document["readings"][reading].items()
    return {(o, c): (chance["probability"], chance["plan"]) for o, entry in options for c, chance in entry.items()}


@pytest.mark.parametrize("path", WITH_READINGS, ids=lambda path: path.stem)
def test_every_reading_is_what_a_run_of_it_alone_gives(path: Path) -> None:
    config = load_config(path)
    document = document_of(simulate(compile_model(config), 800, seed=5))
    for reading in config.readings:
        assert beside(document, reading) == alone(with_only(config, reading), 800), reading


@pytest.mark.parametrize("path", WITH_READINGS, ids=lambda path: path.stem)
def test_readings_beside_it_leave_the_base_as_it_is(path: Path) -> None:
    config = load_config(path)
    text = config.text[: config.text.index("\nreadings:")] + "\n"
    outputs = config.text.find("\noutputs:", config.text.index("\nreadings:"))
    text += config.text[outputs:] if outputs > 0 else ""
    with_them, without = (simulate(compile_model(c), 400, seed=5) for c in (config, parse_config(text)))
    for name, values in without.dataset.data_vars.items():
        assert values.values.tobytes() == with_them.dataset[name].values.tobytes(), name


SETS = {
    "nothing": "measures.n.saving: 0.2",
    "a plan of a line": "councils.a.pressures.p.change.plan: 0.4",
    "a plan of a saving that overlaps": "measures.m.saving.plan: 0.4",
    "a plan of an event": "events.e.plan: happens",
    "a distribution": "measures.m.delay: {dist: uniform, low: 6 months, high: 30 months}",
    "a basis": "measures.n.basis: one_off",
    "the gap": "councils.a.gap.plan: 0.8",
    "a correlation": "dependence.d.rank_correlation: 0.9",
    "who must sign": "measures.m.requires: e",
    "another order": "options.o.measures: [n, m]",
}
MOVED = BODY.replace(
    "    general_fund", "    pressures: {p: {change: {dist: normal, mean: 0, sd: 0.2, varies: once}}}\n    general_fund"
).replace("keeps: 50%", "keeps: 50%, lines: {councils.a.pressures.p: {change: 0.1, basis: recurring}}").replace(
    "realisation:", "overlaps: {m: 0.1}, realisation:"
)  # fmt: skip


@pytest.mark.parametrize("closes", ["target_year", "every_year", "reserves_hold"])
def test_whatever_a_reading_sets_it_is_what_a_run_of_it_alone_gives(closes: str) -> None:
    entries = "".join(f"  r{i}: {{why: a test, set: {{{text}}}}}\n" for i, text in enumerate(SETS.values()))
    config = parsed(f"{MOVED}readings:\n{entries}closes: {closes}\n")
    document = document_of(simulate(compile_model(config), 2_000, seed=5))
    base = alone(config, 2_000)
    for i, name in enumerate(SETS):
        found = beside(document, f"r{i}")
        assert found == alone(with_only(config, f"r{i}"), 2_000), name
        assert found == base or name not in {"nothing", "another order"}, name
    assert pair_of(document)["closes"][closes]["probability"] == base["o", "a"][0]


def test_a_reading_that_moves_nothing_but_a_plan_moves_the_chance() -> None:
    moved = COUNCIL.replace(
        "    general_fund",
        "    pressures: {p: {change: {dist: uniform, low: -1, high: 1, varies: once}}}\n    general_fund",
    ).replace("plan: 1}", "plan: 0}")
    reading = "readings: {r: {why: a test, set: {councils.a.pressures.p.change.plan: 1}}}"
    document = told(f"{moved}options: {{o: {{councils: a}}}}\n{reading}", 2_000)
    assert document["readings"]["r"]["o"]["a"]["probability"] == 1
    assert 0.4 < pair_of(document)["closes"]["target_year"]["probability"] < 0.6


def test_one_reading_is_not_taken_for_another_whose_arrays_lie_where_its_own_did() -> None:
    once = BODY.replace("n: {council: a, saving: 0.2, basis: recurring", "n: {council: a, saving: 0.2, basis: one_off")
    sets = ("measures.n.saving: 0.9", "measures.n.saving: 0.8", "measures.n.basis: recurring")
    entries = "".join(f"  r{i}: {{why: a test, set: {{{text}}}}}\n" for i, text in enumerate(sets))
    config = parsed(f"{once}readings:\n{entries}")
    document = document_of(simulate(compile_model(config), CHUNK, seed=5))
    assert beside(document, "r2") == alone(with_only(config, "r2"), CHUNK)
    assert beside(document, "r0") == beside(document, "r1") != beside(document, "r2")


# ---- More futures than are held ----------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["100", "20_000", str(2 * CHUNK)])
# What depends on one driver has errors no larger than the step from one future to the next, where futures are even.
@pytest.mark.parametrize(("sampler", "part"), [("random", 0.15), ("latin_hypercube", 4.0), ("sobol", 1.0)])
def test_futures_that_are_counted_as_they_pass_count_as_those_that_are_held(
    monkeypatch: pytest.MonkeyPatch, keep: str, sampler: str, part: float
) -> None:
    count = 4 * CHUNK + 160
    held = held_by(sampler, count)
    monkeypatch.setattr(simlib.engine, "HELD", CHUNK)
    futures = drawn(f"run: {{keep: {keep}}}\n{BODY}", count, sampler=sampler, n_jobs=2)
    assert futures.held < count
    streamed = document_of(futures)
    _same_chances(held, streamed)
    for name in ("gap_after", "gap_recurring", "savings", "one_off_gross", "general_fund"):
        for year, found in pair_of(held)[name].items():
            _close(found, pair_of(streamed)[name][year], part, f"{name} {year}")
    _close(held["outputs"]["twice"], streamed["outputs"]["twice"], part, "twice")
    assert "binned" in {check["id"] for check in streamed["checks"]}


@cache
def held_by(sampler: str, count: int) -> dict[str, Any]:
    """Give what is told of futures that are all held."""
    return told(BODY, count, sampler=sampler)


def _same_chances(held: dict[str, Any], streamed: dict[str, Any]) -> None:
    for option in held["options"]:
        left, right = pair_of(held, option), pair_of(streamed, option)
        assert left["closes"] == right["closes"]
        assert left["first_year_closed"] == right["first_year_closed"]
        assert left["shortfall"]["probability"] == right["shortfall"]["probability"]
    for name, event in held["events"].items():
        other = streamed["events"][name]
        assert event["chance"] == other["chance"]
        for side in ("closes_if", "closes_if_not"):
            for option, places in event[side].items():
                for place, found in places.items():
                    _same_under_a_condition(found, other[side][option][place])


def _same_under_a_condition(held: dict[str, Any], streamed: dict[str, Any]) -> None:
    for name, value in held.items():
        if name in ("gap", "share_met"):  # sums differ in their order
            for part in ("mean", "error", "interval"):
                assert streamed[name][part] == pytest.approx(value[part], rel=1e-9, abs=1e-9), f"{part} of {name}"
        else:
            assert streamed[name] == value, name


def _close(held: dict[str, Any], streamed: dict[str, Any], part: float, what: str) -> None:
    """Fail unless streamed statistics are those of the held futures within a small part of their simulation error."""
    for name, error in held["error"].items():
        assert abs(held[name] - streamed[name]) <= part * error + 1e-9, f"{name} of {what}"
    assert streamed["sd"] == pytest.approx(held["sd"], rel=1e-6, abs=1e-9)


def test_a_long_tail_does_not_blur_the_middle_of_streamed_futures(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "drivers: {x: {kind: number, dist: lognormal, median: 1, p90: 13}}\noutputs: {y: drivers.x}\n"
    held = told(body, 4 * CHUNK)["outputs"]["y"]
    monkeypatch.setattr(simlib.engine, "HELD", CHUNK)
    streamed = document_of(drawn(f"run: {{keep: 100}}\n{body}", 4 * CHUNK))["outputs"]["y"]
    for level in ("p5", "p25", "p50", "p75", "p90", "p95"):
        assert abs(held[level] - streamed[level]) <= 0.1 * held["error"][level], level


def test_an_output_without_an_answer_in_some_futures_is_refused() -> None:
    body = "drivers: {x: {kind: number, dist: discrete, values: [0, 1], weights: [10%, 90%]}}\noutputs: {y: 1 / drivers.x}\n"
    with pytest.raises(ModelError, match=r"outputs\.y: .* has no answer, or one beyond 1e15, in [0-9]+ of 500 futures"):
        told(body, 500)


def test_a_figure_without_an_answer_is_refused_and_not_counted_as_an_open_gap() -> None:
    line = "pressures: {p: {change: log(drivers.x)}}\n    general_fund"
    driver = "drivers: {x: {kind: number, dist: normal, mean: 1, sd: 1, plan: 1}}\n"
    with pytest.raises(ModelError, match=r"councils\.a\.pressures\.p\.change"):
        drawn(driver + COUNCIL.replace("general_fund", line) + "options: {o: {councils: a}}", 500)


def test_progress_is_told_up_to_the_last_future() -> None:
    steps: list[tuple[int, int]] = []
    drawn(BODY, 2 * CHUNK + 5, progress=lambda done, whole: steps.append((done, whole)))
    assert steps[-1] == (2 * CHUNK + 5, 2 * CHUNK + 5)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_a_figure_that_the_model_refuses_is_pointed_at_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    lines = ["simlib: 1", "title: small", "drivers:", "  a: {kind: number, dist: uniform, low: -1, high: 1}"]
    path.write_text("\n".join([*lines, "outputs:", "  z: log(a)", ""]), encoding="utf-8")
    with pytest.raises(ModelError) as refused:
        simulate(compile_model(load_config(path)), 500, seed=1)
    assert str(refused.value).startswith(f"{path}:6:6: outputs.z: 'log(a)' has no answer")


# ---- Memory ------------------------------------------------------------------------------------------------


def test_with_little_memory_fewer_futures_are_held_and_the_answer_is_the_same_but_for_its_bins() -> None:
    count = 3 * CHUNK
    held, counted = drawn(BODY, count), drawn(BODY, count, memory=1)
    assert (held.held, counted.held) == (count, CHUNK)
    whole, binned = document_of(held), document_of(counted)
    _same_chances(whole, binned)
    for year, found in pair_of(whole)["gap_recurring"].items():
        _close(found, pair_of(binned)["gap_recurring"][year], 0.15, year)
    assert "binned" in {check["id"] for check in binned["checks"]} - {check["id"] for check in whole["checks"]}


def test_all_futures_are_kept_or_refused() -> None:
    body = f"run: {{keep: all}}\n{BODY}"
    assert drawn(body, 2 * CHUNK).held == 2 * CHUNK
    with pytest.raises(ModelError, match=r"run\.keep: these futures would need [0-9.]+ GB .* of 0\.0 GB .*--memory"):
        drawn(body, 2 * CHUNK, memory=1_000)


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_counted_by_threads_or_by_processes_the_bytes_are_the_same(sampler: str) -> None:
    options = {"sampler": sampler, "memory": 1}
    count = 10 * CHUNK + 32
    one, *others = (
        document_of(drawn(BODY, count, **options, **workers))
        for workers in ({}, {"n_jobs": 2}, {"n_jobs": 3}, {"n_jobs": 2, "backend": "loky"})
    )
    assert all(other == one for other in others)


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_a_file_in_which_nothing_is_uncertain_can_be_counted_as_it_passes(sampler: str) -> None:
    body = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
options: {none: {councils: a}}
"""
    held, passed = (told(body, 32_768, sampler=sampler, memory=memory) for memory in (None, 1))
    assert passed["options"] == held["options"]


def test_a_gap_that_is_certain_has_a_curve_as_any_other() -> None:
    body = "options: {o: {councils: a}}\n"
    for options in ({}, {"memory": 1}):
        curve = pair_of(told(f"{COUNCIL}{body}", 2 * CHUNK, **options))["curve"]
        assert curve["values"] == [1.0] * len(curve["probabilities"])
