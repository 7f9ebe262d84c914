"""Figures that have come in: closed forms, what may be observed, what is refused, and that before stays as it was."""

import json
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from small_files import COUNCIL, drawn, parsed
from told_reports import flat, section
from told_reports import told as printed

from simlib import compile_model, load_config, loops, simulate, simulate_plan, summarise
from simlib.config.observable import observable
from simlib.decisions.bundles import cheapest_bundles
from simlib.decisions.instead import Same
from simlib.decisions.stress import stress
from simlib.errors import ModelError
from simlib.given import figures_at
from simlib.observed import figure_of
from simlib.observing import CEILING, LEAST
from simlib.report import build_report
from simlib.results import Futures
from simlib.wording import odds

ERRORS = 5.0
COUNT = 20_000
CONFIGS = Path(__file__).resolve().parent.parent / "configs"


def document(body: str, count: int = 4_000, **options: Any) -> dict[str, Any]:
    futures = drawn(body, count, **options)
    return summarise(futures, simulate_plan(futures.model)).document


def near_mean(values: np.ndarray, truth: float) -> bool:
    return bool(abs(values.mean() - truth) < ERRORS * values.std(ddof=1) / math.sqrt(len(values)))


def near_sd(values: np.ndarray, truth: float) -> bool:
    """Of a normal sample the standard deviation is known to sd / √(2n)."""
    return bool(abs(values.std(ddof=1) - truth) < ERRORS * truth / math.sqrt(2 * len(values)))


def near_chances(values: np.ndarray, truth: Any, points: tuple[float, ...]) -> bool:
    """Tell whether a sample lies below some points as often as a distribution does."""
    for point in points:
        p = float(truth.cdf(point))
        if abs((values <= point).mean() - p) > ERRORS * math.sqrt(p * (1 - p) / len(values)):
            return False
    return True


# ---- Closed forms ------------------------------------------------------------------------------------------


NORMAL = """
drivers: {x: {kind: number, dist: normal, mean: 1, sd: 2}}
outputs: {y: {kind: number, formula: 3 * x}}
observed: {a: {what: outputs.y, value: 6, error: 1.5, stage: evidenced}}
"""


def test_a_normal_figure_observed_with_a_normal_error_is_normal_with_the_weighted_mean() -> None:
    futures = drawn(NORMAL, COUNT)
    precision = 1 / 2**2 + 1 / 0.5**2  # of x, of which the observed figure is three times as much
    mean, sd = (1 / 2**2 + 2 / 0.5**2) / precision, precision**-0.5
    x = futures.drivers["drivers.x"]
    assert near_mean(x, mean)
    assert near_sd(x, sd)
    assert near_chances(x, stats.norm(mean, sd), (1.2, 1.7, 1.9, 2.3, 3.0))


def test_what_is_kept_and_how_surprising_it_is_follow_the_normal_table() -> None:
    evidence = drawn(NORMAL, COUNT).conditioned
    assert evidence is not None
    found, [placed] = evidence.evidence, evidence.evidence.placed
    wide = math.hypot(6, 1.5)  # what comes in: 3 ± 6, and its error
    share = 1.5 / wide * math.exp(-0.5 * (3 / wide) ** 2)
    error = math.sqrt(share / found.drawn)
    assert abs(found.worth[""].share - share) < ERRORS * error
    assert abs(found.worth[""].kept / found.drawn - share) < ERRORS * error
    assert abs(placed.low - stats.norm.cdf(3 / wide)) < ERRORS * 0.5 / math.sqrt(found.near)
    assert placed.low + placed.high == pytest.approx(1, abs=1e-12)
    narrow = 1.5 / math.sqrt(2)  # Kish: (Σw)² / Σw², and w² is a likelihood of half the variance
    squared = narrow / math.hypot(6, narrow) * math.exp(-0.5 * 9 / (36 + narrow**2))
    assert found.worth[""].effective == pytest.approx(found.drawn * share**2 / squared, rel=0.02)


def test_a_count_of_successes_turns_a_beta_chance_into_the_beta_with_them_added() -> None:
    futures = drawn(
        """
drivers:
  chance: {kind: share, dist: beta, alpha: 2, beta: 3}
  x: {kind: count, dist: binomial, hierarchical: yes, n: 20, p: chance}
observed: {a: {what: drivers.x, value: 13, stage: evidenced}}
""",
        3_000,
    )
    assert set(futures.drivers["drivers.x"]) == {13.0}
    assert near_chances(futures.drivers["drivers.chance"], stats.beta(2 + 13, 3 + 7), (0.4, 0.5, 0.6, 0.7, 0.8))


def test_a_count_of_arrivals_turns_a_gamma_rate_into_the_gamma_with_them_added() -> None:
    futures = drawn(
        """
drivers:
  rate: {dist: gamma, shape: 2.5, scale: 4}
  x: {kind: count, dist: poisson, hierarchical: yes, mean: rate}
observed: {a: {what: drivers.x, value: 17, stage: evidenced}}
""",
        3_000,
    )
    assert near_chances(futures.drivers["drivers.rate"], stats.gamma(2.5 + 17, scale=1 / (1 / 4 + 1)), (11, 14, 16, 20))


def test_two_of_three_correlated_figures_give_the_third_its_conditional_normal() -> None:
    futures = drawn(
        """
drivers:
  a: {kind: number, dist: normal, mean: 1, sd: 1}
  b: {kind: number, dist: normal, mean: 2, sd: 2}
  c: {kind: number, dist: normal, mean: 3, sd: 3}
dependence:
  all: {among: [drivers.a, drivers.b, drivers.c], correlations: [[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]]}
observed:
  first: {what: drivers.a, value: 2, error: 0.8, stage: evidenced}
  second: {what: drivers.b, value: 1, error: 1, stage: evidenced}
""",
        COUNT,
    )
    mean, sd = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    prior = np.outer(sd, sd) * np.array([[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]])
    gain = prior[:, :2] @ np.linalg.inv(prior[:2, :2] + np.diag([0.64, 1.0]))
    expected, spread = mean + gain @ (np.array([2.0, 1.0]) - mean[:2]), prior - gain @ prior[:2, :]
    rows = np.stack([futures.drivers[f"drivers.{name}"] for name in "abc"])
    for row, truth, variance in zip(rows, expected, np.diag(spread), strict=True):
        assert near_mean(row, truth)
        assert near_sd(row, math.sqrt(variance))
    correlation = spread[0, 2] / math.sqrt(spread[0, 0] * spread[2, 2])
    assert abs(np.corrcoef(rows)[0, 2] - correlation) < ERRORS / math.sqrt(COUNT)


def test_futures_that_are_kept_tell_what_weighted_ones_would() -> None:
    body = """
drivers:
  a: {kind: number, dist: lognormal, mean: 2, sd: 1}
  b: {kind: number, dist: triangular, low: 0, mode: 1, high: 4}
outputs: {y: a * b, z: a + b ** 2}
observed:
  p: {what: outputs.y, value: 5, error: 1, stage: evidenced}
  q: {what: drivers.b, value: 1.5, error: 1, stage: evidenced}
"""
    futures = drawn(body, COUNT)
    assert futures.before is not None
    drawn_, z = futures.before.drivers, futures.before.outputs["z"]
    far = (futures.before.outputs["y"] - 5) ** 2 + (drawn_["drivers.b"] - 1.5) ** 2
    weights = np.exp(-0.5 * far)
    mean = np.average(z, weights=weights)
    error = math.sqrt(np.sum((weights * (z - mean)) ** 2)) / weights.sum()
    own = futures.outputs["z"]
    assert abs(own.mean() - mean) < ERRORS * math.hypot(error, own.std() / math.sqrt(COUNT))
    assert abs(z.mean() - mean) > ERRORS * error, "or nothing was learned"


def test_an_event_that_has_not_happened_yet_comes_as_its_clock_says() -> None:
    futures = drawn(
        f"""{COUNCIL}
measures: {{m: {{council: a, saving: 1, basis: recurring, from: 2020/21}}}}
options: {{o: {{councils: a, measures: m}}}}
events: {{e: {{chance: 30%, each: year, plan: does_not, stops: m}}}}
observed: {{a: {{what: events.e, year: 2021/22, value: does_not, stage: evidenced}}}}
""",
        COUNT,
    )
    [(place, _)] = futures.model.events
    moments = futures.values[place]
    assert moments.min() > 2
    later = np.isfinite(moments).mean()
    truth = 1 - 0.7**2  # two years are left, and the clock remembers nothing
    assert abs(later - truth) < ERRORS * math.sqrt(truth * (1 - truth) / COUNT)


# ---- Stages ------------------------------------------------------------------------------------------------


def test_a_stage_widens_the_error_by_its_share_of_the_figure() -> None:
    staged = NORMAL.replace("evidenced", "approved").replace("error: 1.5", "error: 0.9")
    stated = NORMAL.replace("error: 1.5", f"error: {math.hypot(0.9, 0.2 * 6)!r}")
    assert drawn(staged, 2_000).drivers["drivers.x"].tobytes() == drawn(stated, 2_000).drivers["drivers.x"].tobytes()


def test_what_is_identified_moves_an_answer_less_than_what_is_evidenced() -> None:
    shifts = []
    for stage in ("identified", "approved", "implemented", "evidenced"):
        x = drawn(NORMAL.replace("evidenced", stage), COUNT).drivers["drivers.x"]
        shifts.append(abs(x.mean() - 1))
    assert shifts == sorted(shifts)
    assert shifts[-1] > 1.2 * shifts[0]


def test_a_file_may_say_itself_how_far_its_stages_move() -> None:
    own = NORMAL.replace("evidenced", "identified") + "stages: {identified: 100%}\n"
    [seen] = compile_model(parsed(own)).observed
    assert seen.spread == pytest.approx(math.hypot(1.5, 6))


# ---- What stays as it was ----------------------------------------------------------------------------------

EACH = "{dist: lognormal, mean: £0.02m, sd: £0.01m, plan: £0.02m}"
OPTIONS = f"""{COUNCIL}
measures:
  m:
    council: a
    saving: {{dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}}
    basis: recurring
    from: 2020/21
    delay: {{dist: triangular, low: 0 months, mode: 3 months, high: 12 months}}
    one_off: {{exits: {{amount: {{sum_of: n, each: {EACH}}}, in: 2020/21}}}}
    local: {{n: {{kind: count, dist: uniform, low: 5, high: 15, plan: 10}}}}
options: {{none: {{councils: a}}, o: {{councils: a, measures: m}}}}
"""
SEEN = """
observed:
  cash: {what: options.o.savings, year: 2020/21, value: £0.8m, error: £0.15m, stage: evidenced}
  exits: {what: measures.m.one_off.exits, year: 2020/21, value: £0.2m, error: £0.01m, stage: evidenced}
"""


@cache
def observed_document(n_jobs: int = 1) -> dict[str, Any]:
    return document(OPTIONS + SEEN, n_jobs=n_jobs)


def test_every_figure_before_is_what_the_file_says_without_its_observations() -> None:
    alone = document(OPTIONS)
    assert alone["observed"] is None
    before = observed_document()["observed"]["before"]
    assert before.keys() == {"options", "gap_before", "comparisons", "readings", "events", "outputs", "drivers"}
    for name, found in before.items():
        assert json.dumps(found, sort_keys=True) == json.dumps(alone[name], sort_keys=True), name


def test_any_number_of_workers_gives_the_same_bytes() -> None:
    assert json.dumps(observed_document(2)) == json.dumps(observed_document(1))


def test_compiled_loops_keep_the_same_futures() -> None:
    plain = drawn(OPTIONS + SEEN, 3_000)
    assert loops.start() is None
    try:
        compiled = drawn(OPTIONS + SEEN, 3_000)
    finally:
        loops.stop()
    assert plain.cells is not None
    assert compiled.cells is not None
    assert plain.cells.tobytes() == compiled.cells.tobytes()


def test_more_futures_extend_the_sample() -> None:
    few, many = (drawn(OPTIONS + SEEN, count) for count in (1_000, 3_000))
    name = "measures.m.saving"
    assert few.drivers[name].tobytes() == many.drivers[name][:1_000].tobytes()


def test_another_observation_lets_go_of_futures_and_changes_none() -> None:
    both, one = (drawn(OPTIONS + body, 2_000) for body in (SEEN, SEEN.split("  exits", maxsplit=1)[0]))
    saving = "measures.m.saving"
    assert one.conditioned is not None
    assert both.conditioned is not None
    reached = both.conditioned.places <= one.conditioned.places[-1]
    assert set(both.conditioned.places[reached]) <= set(one.conditioned.places)
    assert set(both.drivers[saving][reached]) <= set(one.drivers[saving])


def test_individual_amounts_of_a_kept_future_are_those_that_it_was_kept_for() -> None:
    futures = drawn(OPTIONS + SEEN, 2_000)
    paid = futures.delivery.costs[0][0]
    assert np.abs(paid - 0.2).max() < 5 * 0.01
    assert paid.std() < 0.012
    assert futures.before is not None
    assert futures.before.delivery.costs[0][0].std() > 0.03


def test_a_figure_put_in_place_is_put_into_the_futures_that_fit() -> None:
    futures = drawn(OPTIONS + SEEN, 2_000)
    source = Same.of(futures).source(slice(0, 2_000))
    for node in futures.model.nodes:
        if node.address in futures.drivers:
            assert source.driver(node).tobytes() == futures.drivers[node.address].tobytes()  # type: ignore[arg-type]


def test_the_steps_from_the_business_case_still_add_up_with_the_actuals_as_one_of_them() -> None:
    found = observed_document()
    pair = found["options"]["o"]["councils"]["a"]
    steps = {step["address"]: step["shift"] for step in pair["bridge"]["steps"]}
    before = found["observed"]["before"]["options"]["o"]["councils"]["a"]["gap_recurring"]["2023/24"]["mean"]
    assert steps["observed"] == pytest.approx(pair["gap_recurring"]["2023/24"]["mean"] - before)
    total = pair["bridge"]["plan"] + sum(steps.values()) + pair["bridge"]["together"]
    assert total == pytest.approx(pair["gap_recurring"]["2023/24"]["mean"])


def test_what_was_drawn_is_judged_by_the_futures_before() -> None:
    checks = {check["id"]: check["level"] for check in observed_document()["checks"]}
    assert checks["quality"] == "note", "what has come in moves figures from what was asked, as it should"


def test_a_precision_is_reached_by_the_futures_that_fit() -> None:
    futures = drawn(OPTIONS + SEEN, 100_000, precision=0.02)
    assert futures.asked_precision == {"chance": 0.02}
    assert futures.count == len(futures.conditioned.places) < 100_000  # type: ignore[union-attr]


# ---- What can be observed ----------------------------------------------------------------------------------

RICH = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: {dist: normal, mean: 5, sd: 1, plan: 5}, minimum: 1}
    pressures: {pay: {base: 10, growth: {dist: normal, mean: 2%, sd: 1%, plan: 2%, varies: yearly}}}
    funding: {grant: {plan: 2, realised: {dist: uniform, low: 80%, high: 100%, varies: once}}}
  b: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}
measures:
  m:
    shares: {a: 60%, b: rest}
    saving: {dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}
    basis: recurring
    from: 2020/21
    full_from: 2022/23
    one_off: {it: {amount: {dist: uniform, low: 0.1, high: 0.4, plan: 0.2}, in: 2021/22}}
  sale: {council: a, saving: {dist: uniform, low: 1, high: 2, plan: 1.5}, basis: one_off, from: 2021/22}
events: {e: {chance: 30%, in: 2021-04, plan: does_not, stops: m}}
options: {o: {councils: [a, b], measures: [m, sale]}}
outputs: {y: {kind: money, formula: measures.m.saving * 2}}
"""


@cache
def rich() -> Futures:
    return drawn(RICH, 500)


def figure(what: str, year: str | None = "2021/22") -> np.ndarray:
    """Give an observed figure of futures that are there."""
    futures = rich()
    kind = observable(futures.model.config)[what].kind
    value = "1" if kind else "happens"
    at = f", year: {year}" if year else ""
    error = ", error: 10%" if kind == "share" else ", error: 1" if kind else ""
    seen = f"observed: {{a: {{what: {what}, value: {value}{error}{at}, stage: evidenced}}}}\n"
    model = compile_model(parsed(RICH + seen))
    return np.asarray(figure_of(model, model.observed[0], futures.values, futures.delivery))


def test_every_result_of_the_summary_can_be_observed_by_its_words() -> None:
    futures, found = rich(), observable(rich().model.config)
    names = {what for what in found if ".councils.a." in what}
    assert {what.split(".")[-1] for what in names} == {
        "savings", "run_rate", "one_off_gross", "one_off_net", "one_off_savings", "gap_after", "gap_recurring",
        "general_fund",
    }  # fmt: skip
    for what in names:
        key = ("options", "o", "a", what.split(".")[-1])
        assert figure(what).tobytes() == futures.readouts[key][1].tobytes(), what


def test_an_options_result_is_that_of_all_its_councils_together() -> None:
    assert "options.o.general_fund" not in observable(rich().model.config), "one of them has no fund"
    for name in ("savings", "gap_recurring"):
        parts = [figure(f"options.o.councils.{council}.{name}") for council in "ab"]
        assert figure(f"options.o.{name}") == pytest.approx(sum(parts), abs=1e-12)


def test_lines_measures_costs_and_figures_of_the_file_can_be_observed() -> None:
    futures = rich()
    drivers = futures.drivers
    assert figure("councils.a.gap_before").tobytes() == futures.readouts["gap_before", "a"][1].tobytes()
    growth = drivers["councils.a.pressures.pay.growth"]
    assert figure("councils.a.pressures.pay") == pytest.approx(10 * (1 + growth[0]) * (1 + growth[1]))
    assert figure("councils.a.pressures.pay.growth").tobytes() == growth[1].tobytes()
    assert figure("councils.a.funding.grant") == pytest.approx(2 * drivers["councils.a.funding.grant.realised"])
    assert figure("measures.m.savings").tobytes() == futures.delivery.savings[0][1].tobytes()
    assert figure("measures.sale.savings") == pytest.approx(drivers["measures.sale.saving"])
    assert figure("measures.m.one_off.it").tobytes() == futures.delivery.costs[0][1].tobytes()
    assert figure("outputs.y", None) == pytest.approx(2 * drivers["measures.m.saving"])
    assert figure("councils.a.general_fund.opening", None).tobytes() == (
        drivers["councils.a.general_fund.opening"].tobytes()
    )
    happened = np.isfinite(futures.values[futures.model.events[0][0]])
    assert (figure("events.e", None) == happened).all()
    assert (figure("events.e", "2021/22") == happened).all()
    assert not figure("events.e", "2020/21").any()


def test_of_an_index_the_growth_of_the_year_is_observed() -> None:
    futures = drawn(
        """
drivers: {prices: {kind: share, dist: normal, mean: 2%, sd: 1%, varies: compounding}}
observed: {a: {what: drivers.prices, year: 2021/22, value: 4%, error: 0.1%, stage: evidenced}}
""",
        1_000,
    )
    index = futures.drivers["drivers.prices"]
    assert np.mean(index[1] / index[0] - 1) == pytest.approx(0.04, abs=0.001)
    assert np.mean(index[0] - 1) == pytest.approx(0.02, abs=ERRORS * 0.01 / math.sqrt(1_000))


# ---- Readings ----------------------------------------------------------------------------------------------

READINGS = (
    OPTIONS
    + SEEN.split("  exits", maxsplit=1)[0]
    + """
readings:
  lower: {why: "it may be less", set: {observed.cash.value: £0.5m}}
  other: {why: "it may be a year's worth", set: {observed.cash.what: options.o.run_rate}}
"""
)


@pytest.mark.parametrize("reading", ["lower", "other"])
def test_a_reading_is_answered_by_the_futures_that_fit_it(reading: str) -> None:
    found = document(READINGS, 4_000)
    told = found["readings"][reading]["o"]["a"]
    model = compile_model(parsed(READINGS).with_reading(reading))
    alone = summarise(simulate(replace(model, readings={}), 4_000, seed=1), simulate_plan(model)).document
    assert told["probability"] == alone["options"]["o"]["councils"]["a"]["closes"]["target_year"]["probability"]
    worth = found["observed"]["readings"][reading]
    assert worth["futures"] == 4_000
    assert worth["share_fitting"] != found["observed"]["share_fitting"]


def test_a_reading_that_hardly_foresaw_the_figures_is_named_with_how_many_futures_fit_it() -> None:
    body = READINGS.replace("value: £0.5m", "value: £1.75m")
    found = drawn(body, 1_000)
    text = flat(printed(build_report(summarise(found, simulate_plan(found.model))), width=200))
    worth = found.conditioned.evidence.worth["lower"]  # type: ignore[union-attr]
    assert worth.share < 0.01
    assert f"On the reading ‘lower’ {odds(worth.share)} futures fit" in text


def test_a_stress_scenario_is_laid_over_the_futures_of_the_base() -> None:
    late = 'stress: {late: {why: "it happened", set: {measures.m.delay: 24 months}}}\n'
    futures = drawn(OPTIONS + SEEN + late, 1_000)
    [found] = stress(futures)
    assert found.pairs
    assert futures.conditioned is not None
    assert set(futures.conditioned.sizes) == {""}


# ---- What is refused, and what is warned of -----------------------------------------------------------------


def refused(body: str, count: int = 1_000, **options: Any) -> str:
    with pytest.raises(ModelError) as trouble:
        drawn(body, count, **options)
    return str(trouble.value)


def test_figures_where_hardly_any_future_is_are_refused_with_the_reason() -> None:
    said = refused(NORMAL.replace("value: 6", "value: 36"))
    assert "observed.a" in said
    assert f"{LEAST:,} have to fit" in said
    drawn_, kept = (int(n.replace(",", "")) for n in re.search(r"of ([\d,]+) drawn ([\d,]+) do", said).groups())  # type: ignore[union-attr]
    assert kept * CEILING < LEAST * drawn_
    assert "9 of 10 futures lie from" in said
    assert "36 was observed" in said


def test_where_too_few_fit_what_is_there_is_used_and_said() -> None:
    futures = drawn(NORMAL.replace("value: 6", "value: 25").replace("1.5", "0.5"), 30_000)
    assert LEAST <= futures.count < futures.wanted
    found = summarise(futures, simulate_plan(futures.model)).document
    assert "few_fit" in {check["id"] for check in found["checks"]}


@pytest.mark.parametrize("sampler", ["sobol", "latin_hypercube"])
def test_other_samplers_are_refused(sampler: str) -> None:
    assert "expected random where figures are observed" in refused(NORMAL, sampler=sampler)


def test_what_is_the_same_in_every_future_tells_nothing_and_is_refused() -> None:
    body = "drivers: {x: {kind: number, value: 3}}\noutputs: {y: x * 2}\n"
    seen = "observed: {a: {what: outputs.y, value: 5, error: 1, stage: evidenced}}\n"
    assert "the same in every future" in refused(body + seen)


def test_a_year_too_many_or_too_few_is_refused() -> None:
    yearly = "drivers: {x: {kind: share, dist: normal, mean: 2%, sd: 1%, varies: yearly}}\n"
    seen = "observed: {a: {what: drivers.x, value: 3%, error: 1%, stage: evidenced}}\n"
    assert "missing key 'year'" in refused(yearly + seen)
    assert "the same for all years" in refused(NORMAL.replace("value: 6", "value: 6, year: 2020/21"))


def test_what_asks_futures_by_their_scores_refuses_a_file_with_observations() -> None:
    model = compile_model(parsed(NORMAL))
    with pytest.raises(ModelError, match="expected a file in which nothing is observed"):
        figures_at(model, np.zeros((1, 10)), [("outputs", "y")])


def test_bundles_fit_what_measures_brought_and_refuse_what_an_option_did() -> None:
    body = f"""{COUNCIL}
measures:
  m: {{council: a, saving: {{dist: normal, mean: 0.8, sd: 0.3, plan: 0.8}}, basis: recurring, from: 2020/21}}
  n: {{council: a, saving: {{dist: normal, mean: 0.5, sd: 0.2, plan: 0.5}}, basis: recurring, from: 2020/21}}
options: {{none: {{councils: a}}, o: {{councils: a, measures: [m, n]}}}}
"""
    seen = "observed: {x: {what: measures.m.savings, year: 2020/21, value: 1.4, error: 0.05, stage: evidenced}}\n"
    found = cheapest_bundles(compile_model(parsed(body + seen)), ["a"], levels=(0.9,), simulations=2_000, seed=1)
    assert found.answers[0].cheapest is not None
    assert found.answers[0].cheapest.measures == ("m",), "which saves about £1.4m now, of a gap of £1m"
    of_option = compile_model(parsed(body + seen.replace("measures.m", "options.o")))
    with pytest.raises(ModelError, match="bundles are tried in place of the option"):
        cheapest_bundles(of_option, ["a"], simulations=2_000, seed=1)


@pytest.mark.parametrize(("value", "rare"), [("6", False), ("19", True), ("-13", True)])
def test_a_figure_that_was_hardly_thought_possible_is_flagged(value: str, *, rare: bool) -> None:
    found = document(NORMAL.replace("value: 6", f"value: {value}"), 1_000)
    warned = [check for check in found["checks"] if check["id"] == "surprise"]
    assert bool(warned) == rare
    if rare:
        assert "the model may be wrong" in warned[0]["text"]
        assert warned[0]["address"] == "observed.a"


# ---- Boston and East Lindsey -------------------------------------------------------------------------------


@cache
def boston() -> tuple[dict[str, Any], Any]:
    model = compile_model(load_config(CONFIGS / "boston_east_lindsey_october.yaml"))
    summary = summarise(simulate(model, 4_000, seed=1), simulate_plan(model))
    return summary.document, build_report(summary)


def test_the_plan_of_october_is_the_business_case_to_the_penny() -> None:
    found, _ = boston()
    assert found["options"]["alliance"]["claim"]["plan"] == pytest.approx(15.45, abs=0.005)


def test_well_on_track_is_answered_before_and_now_under_each_reading() -> None:
    found, report = boston()
    before = found["observed"]["before"]
    chances = {"": (before["options"]["alliance"]["claim"], found["options"]["alliance"]["claim"])}
    chances |= {n: (before["readings"][n]["alliance"]["claim"], r["alliance"]["claim"])
                for n, r in found["readings"].items()}  # fmt: skip
    assert len(chances) == 9
    now = {name: pair[1]["probability"] for name, pair in chances.items()}
    assert all(now[name] < 0.5 for name in now), "on no reading is it more likely than not"
    assert now["taken_as_delivered"] > now["part_year"] > now["total_not_further"]
    assert now["taken_as_delivered"] > 1.3 * chances["taken_as_delivered"][0]["probability"]
    assert now["total_taken_as_delivered"] < chances["total_taken_as_delivered"][0]["probability"]
    assert abs(now[""] - chances[""][0]["probability"]) < 0.03, "what is only identified says little"
    table = next(t for t in section(report, "actuals").tables if t.id == "actuals_readings_alliance_claim")
    assert [row[2].value for row in table.rows] == list(now.values())


def test_the_page_on_actuals_tells_boston_and_east_lindsey_as_the_file_has_it() -> None:
    found, _ = boston()
    before = found["observed"]["before"]
    page = (CONFIGS.parent / "docs" / "actuals.md").read_text(encoding="utf-8")
    lines = page.split("| reading | before |")[1].split("\n\n")[0].split("\n")
    rows = [line.strip("| ").split(" | ") for line in lines]
    labels = {note["label"]: key for key, note in found["reading_notes"].items()}
    assert len(rows[2:]) == 1 + len(labels)
    for name, then, now, _ in rows[2:]:
        if name in labels:
            pair = [each[labels[name]]["alliance"]["claim"] for each in (before["readings"], found["readings"])]
        else:
            pair = [each["options"]["alliance"]["claim"] for each in (before, found)]
        for told, chance in zip((then, now), pair, strict=True):
            assert abs(chance["probability"] - int(told) / 100) < 0.005 + ERRORS * chance["error"], name


def test_the_report_says_what_came_in_and_at_which_stage() -> None:
    _, report = boston()
    text = flat(printed(report, width=120))
    assert "What the actuals say" in text
    assert "what is identified by 50% of itself" in text
    assert section(report, "actuals").detail is False, "the terminal prints it"
