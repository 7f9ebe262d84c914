"""Precision: a run goes on until its headline is as exact as asked, and is then the run of that many futures."""

import json
from typing import Any

import numpy as np
import pytest
from small_files import COUNCIL, document_of, drawn, parsed

import simlib.engine
from simlib.compiling import compile_model
from simlib.config.load import parse_config
from simlib.engine import _next_stage, simulate
from simlib.errors import ConfigError, ModelError
from simlib.precision import reached
from simlib.sampling import CHUNK, SAMPLERS

BODY = f"""{COUNCIL}
measures:
  m: {{council: a, saving: {{dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}}, basis: recurring, from: 2020/21}}
  n: {{council: a, saving: {{dist: lognormal, mean: 0.3, sd: 0.3, plan: 0.3}}, basis: recurring, from: 2020/21}}
events: {{e: {{chance: 20%, plan: does_not, stops: m, keeps: 50%}}}}
options: {{o: {{councils: a, measures: m}}, both: {{councils: a, measures: [m, n]}}}}
"""
SMALL = "simlib: 1\ntitle: small\nmoney: £k\ndrivers: {x: {kind: money, dist: normal, mean: 5, sd: 2}}\n"
OUTPUTS = SMALL + "outputs: {y: {formula: x, kind: money}, z: {formula: 2 * x, kind: money}}\n"


def apart(document: dict[str, Any]) -> tuple[str, list[str]]:
    """Give a document's bytes without what must tell that a precision was asked for, and what tells it."""
    told = [check for check in document["checks"] if check["id"] == "precision"]
    rest = document | {"checks": [check for check in document["checks"] if check not in told]}
    return json.dumps(rest), [f"{check['level']} {check['address']}" for check in told]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("part", [1.1, 0.7])
def test_a_run_to_a_precision_is_the_run_of_as_many_futures(sampler: str, part: float) -> None:
    first = reached(drawn(BODY, CHUNK, sampler=sampler), ["chance", "p90"])
    asked = {name: part * half for name, half in first.items()}
    staged = drawn(BODY, 2**18, sampler=sampler, precision=asked)
    assert (staged.count == CHUNK) is (part > 1)
    assert staged.count < 2**18
    assert all(half <= asked[name] for name, half in reached(staged, asked).items())
    found, told = apart(document_of(staged))
    same, untold = apart(document_of(drawn(BODY, staged.count, sampler=sampler)))
    assert found == same
    assert (told, untold) == (["note run.precision"], ["note run.simulations"])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_run_that_may_not_be_long_enough_ends_there_and_says_so(sampler: str) -> None:
    futures = drawn(BODY, CHUNK + 4_096, sampler=sampler, precision={"p90": 1e-7})
    assert futures.count == CHUNK + 4_096
    [check] = [c for c in document_of(futures)["checks"] if c["id"] == "precision"]
    assert check["level"] == "warning"
    assert "the P90 of the recurring gap is known to within ±£" in check["text"]
    assert check["text"].endswith("asked for ±£0.10); what was asked would take more futures than were allowed")


def test_a_precision_is_of_the_widest_interval_of_all_options_and_councils() -> None:
    futures = drawn(BODY, 4_096)
    document = document_of(futures)
    pairs = [option["councils"]["a"] for option in document["options"].values()]
    closes = [pair["closes"]["target_year"]["interval"] for pair in pairs]
    middles = [pair["gap_recurring"]["2023/24"]["interval"]["p50"] for pair in pairs]
    found = reached(futures, ["chance", "p50"])
    assert found["chance"] == pytest.approx(max(high - low for low, high in closes) / 2)
    assert found["p50"] == pytest.approx(max(high - low for low, high in middles) / 2)


def test_what_is_counted_and_let_go_is_as_exact_as_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    held = reached(drawn(BODY, 2 * CHUNK), ["chance", "mean", "p10"])
    monkeypatch.setattr(simlib.engine, "HELD", CHUNK)
    streamed = drawn(f"run: {{keep: 100}}\n{BODY}", 2 * CHUNK)
    assert streamed.tally is not None
    found = reached(streamed, ["chance", "mean", "p10"])
    assert found["chance"] == held["chance"]
    assert found["mean"] == pytest.approx(held["mean"], rel=1e-6)
    assert found["p10"] == pytest.approx(held["p10"], rel=0.1)


def test_a_file_without_options_is_held_to_all_of_its_outputs() -> None:
    config = parse_config("run: {precision: {mean: £20, p10: 0.05}, seed: 1}\n" + OUTPUTS)
    futures = simulate(compile_model(config))
    assert futures.asked_precision == {"mean": 0.02, "p10": 0.05}
    half = 1.96 * 2 * 2 / np.sqrt(futures.count)  # of z, whose spread is 4
    assert reached(futures, ["mean"])["mean"] == pytest.approx(half, rel=0.03)
    assert half <= 0.02 < half * np.sqrt(2) * 1.03  # the first power of two that is enough
    [check] = [c for c in document_of(futures)["checks"] if c["id"] == "precision"]
    assert check["level"] == "note"
    assert "the average of every output is known to within ±£" in check["text"]


def test_a_share_alone_is_the_precision_of_chances() -> None:
    futures = drawn(f"run: {{precision: 2%}}\n{BODY}", CHUNK)
    assert futures.asked_precision == {"chance": 0.02}
    assert drawn(BODY, CHUNK, precision=0.02).asked_precision == {"chance": 0.02}


def test_too_few_futures_to_bound_a_quantile_do_not_meet_any_precision() -> None:
    futures = drawn(BODY, 32, precision={"p5": 1e6})
    assert reached(futures, ["p5"])["p5"] == np.inf
    [check] = [c for c in document_of(futures)["checks"] if c["id"] == "precision"]
    assert check["level"] == "warning"


@pytest.mark.parametrize("asked", [{"p90": 0.0}, {"p91": 1.0}, -1.0])
def test_what_cannot_be_a_precision_is_refused(asked: Any) -> None:
    with pytest.raises(ModelError, match=r"run\.precision: expected amounts above 0 for some of chance, mean, p5"):
        drawn(BODY, 16, precision=asked)


def test_a_precision_of_what_the_model_has_not_is_refused() -> None:
    with pytest.raises(ModelError, match=r"run\.precision: there is no headline chance whose precision"):
        simulate(compile_model(parse_config(OUTPUTS)), 16, seed=1, precision=0.01)
    claim = "claims: {amount: 1, basis: recurring, by: 2022/23}"
    body = "councils: {a: {}}\nmeasures: {m: {council: a, saving: 1, basis: recurring, from: 2020/21}}\n"
    model = compile_model(parsed(f"{body}options: {{o: {{councils: a, measures: m, {claim}}}}}\n"))
    with pytest.raises(ModelError, match=r"run\.precision: there is no recurring gap of an option, and no output"):
        simulate(model, 16, seed=1, precision={"mean": 0.01})


def test_durations_say_their_unit_and_shares_may_be_bare() -> None:
    months = SMALL.replace("kind: money", "kind: duration").replace("mean: 5, sd: 2", "mean: 5 years, sd: 2 years")
    outputs = "outputs: {y: {formula: x, kind: duration}}\n"
    with pytest.raises(ConfigError, match=r"expected duration as outputs\.y is, got a bare number"):
        parse_config(f"run: {{precision: {{p50: 1}}}}\n{months}{outputs}")
    config = parse_config(f"run: {{precision: {{p50: 1 month}}}}\n{months}{outputs}")
    assert simulate(compile_model(config), 16, seed=1).asked_precision == {"p50": pytest.approx(1 / 12)}


@pytest.mark.parametrize(
    ("count", "too_wide", "replicated", "stage"),
    [
        (CHUNK, 4.0, False, 16 * CHUNK),  # half the error takes four times the futures
        (CHUNK, 4.0, True, 8 * CHUNK),  # replicates: 4^1.25 = 5.7 times, and so the next power of two
        (CHUNK, 1.01, False, 2 * CHUNK),
        (CHUNK, np.inf, True, 256 * CHUNK),  # nobody knows: 64^1.25 = 181 times
        (CHUNK, 64.0, False, 1_000_000),  # and never more than the most
    ],
)
def test_a_stage_is_as_long_as_the_one_before_suggests(
    count: int, too_wide: float, replicated: bool, stage: int
) -> None:
    most = 1_000_000 if stage == 1_000_000 else 2**24
    assert _next_stage(count, too_wide, most, replicated=replicated) == stage
