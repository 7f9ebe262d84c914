"""Whole runs whose answer is known on paper, held to it within five simulation errors."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from small_files import COUNCIL, drawn, figure, pair_of, parsed, told

from simlib.compiling import compile_model
from simlib.engine import simulate

ERRORS = 5.0


def near(shares: float, truth: float, count: int) -> bool:
    """Tell whether a share of independent futures is within five errors of a probability."""
    return abs(shares - truth) < ERRORS * math.sqrt(truth * (1 - truth) / count)


def near_mean(values: np.ndarray, truth: float) -> bool:
    """Tell whether a mean is within five of its errors of the truth."""
    return bool(abs(values.mean() - truth) < ERRORS * values.std(ddof=1) / math.sqrt(len(values)))


def saved(keys: str, more: str = "") -> str:
    """Give a file in which one measure of these keys meets a gap of £1m."""
    measure = f"measures: {{m: {{council: a, basis: recurring, from: 2020/21, {keys}}}}}"
    return f"{COUNCIL}\n{measure}\noptions: {{o: {{councils: a, measures: m}}}}\n{more}"


def test_a_normal_gap_and_a_normal_saving_close_as_often_as_the_normal_table_says() -> None:
    moving = "pressures: {p: {change: {dist: normal, mean: 0, sd: 0.3, varies: once}}}\n    general_fund"
    body = saved("saving: {dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}").replace("general_fund", moving)
    chance = pair_of(told(body, 20_000))["closes"]["target_year"]
    truth = float(norm.cdf((1.1 - 1.0) / math.hypot(0.3, 0.4)))
    assert abs(chance["probability"] - truth) < ERRORS * chance["error"]
    assert chance["error"] == pytest.approx(math.sqrt(truth * (1 - truth) / 20_000), rel=0.02)


def test_the_band_of_a_normal_position_is_the_normal_one_within_its_stated_errors() -> None:
    document = told(saved("saving: {dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}"), 20_000)
    found = pair_of(document)["gap_recurring"]["2023/24"]
    for level in (5, 10, 25, 50, 75, 90, 95):
        truth = -0.1 + 0.4 * float(norm.ppf(level / 100))
        assert abs(found[f"p{level}"] - truth) < ERRORS * found["error"][f"p{level}"], level
    assert abs(found["mean"] + 0.1) < ERRORS * found["error"]["mean"]
    assert found["error"]["p50"] == pytest.approx(0.4 * math.sqrt(math.pi / 2 / 20_000), rel=0.25)


def test_two_possible_savings_close_as_often_as_the_larger_one_comes() -> None:
    body = saved("saving: {dist: discrete, values: [0.5, 1.5], weights: [30%, 70%], plan: 1.5}")
    found = pair_of(told(body, 10_000))
    assert near(found["closes"]["target_year"]["probability"], 0.7, 10_000)
    assert found["shortfall"]["mean_if_short"] == pytest.approx(0.5, abs=1e-12)
    assert found["shortfall"]["p90"] == pytest.approx(0.5, abs=1e-12)


def test_an_even_delay_of_a_sudden_saving_spreads_the_first_years_cash_evenly() -> None:
    futures = drawn(saved("saving: 1, delay: {dist: uniform, low: 0 months, high: 24 months}"), 20_000)
    first, second = figure(futures, "savings")[:2]
    for share in (0.25, 0.5, 0.75):  # received: (1 - D)+ with D even on 0 to 2 years
        assert near(float((first <= share).mean()), 0.5 + share / 2, 20_000)
    assert near_mean(first, 0.25)
    assert near_mean(second, 0.75)
    assert near(float((figure(futures, "run_rate")[0] == 1).mean()), 0.5, 20_000)


def test_a_late_ramp_loses_in_the_year_what_its_triangle_says_and_nothing_in_the_end() -> None:
    futures = drawn(
        saved("saving: 1, full_from: 2022/23, delay: {dist: uniform, low: 0 months, high: 12 months}"), 20_000
    )
    rates, cash = figure(futures, "run_rate"), figure(futures, "savings")
    assert near_mean(rates[1], 0.75)  # (2 - D) / 2
    assert near_mean(cash[1], 0.5)  # (1.5 - D) / 2
    assert (rates[3] == 1).all()


@pytest.mark.parametrize("until", [None, 2])
def test_a_yearly_rate_of_leaving_is_one_clock(until: int | None) -> None:
    stops = "" if until is None else ", until: 2022/23"
    body = saved("saving: 1", f"events: {{e: {{chance: 10%, each: year{stops}, plan: does_not, stops: m}}}}")
    rates = figure(drawn(body, 20_000), "run_rate")
    for year in range(4):
        clock = year + 1 if until is None else min(year + 1, until)
        assert near(float((rates[year] == 0).mean()), 1 - 0.9**clock, 20_000)


def test_the_time_until_a_partner_leaves_is_spread_as_its_rate_says() -> None:
    body = saved("saving: 1", "events: {e: {chance: 30%, each: year, from: 2020-10, plan: does_not, stops: m}}")
    moments = drawn(body, 20_000).dataset["happens"].values[0]
    for time in (0.6, 1.0, 2.25, 3.9):
        assert near(float((moments <= time).mean()), 1 - 0.7 ** (time - 0.5), 20_000)


def test_gates_by_date_let_through_the_product_of_what_each_lets_through() -> None:
    gates = "{2020-10: 20%, 2021-10: 30%, 2022-10: 40%}"
    body = saved("saving: 1", f"events: {{e: {{chance: {gates}, plan: does_not, stops: m}}}}")
    moments = drawn(body, 20_000).dataset["happens"].values[0]
    for moment, truth in ((0.5, 0.2), (1.5, 0.8 * 0.3), (2.5, 0.8 * 0.7 * 0.4), (np.inf, 0.8 * 0.7 * 0.6)):
        assert near(float((moments == moment).mean()), truth, 20_000)


def test_an_uncertain_rate_of_leaving_stops_as_often_as_its_average_survival_says() -> None:
    rate = "{dist: uniform, low: 0%, high: 40%, plan: 20%}"
    body = saved("saving: 1", f"events: {{e: {{chance: {rate}, each: year, plan: does_not, stops: m}}}}")
    rates = figure(drawn(body, 20_000), "run_rate")
    survives = (1 - 0.6**5) / (5 * 0.4)  # mean of (1 - h)^4 over h even on 0 to 0.4
    assert near(float((rates[3] == 1).mean()), survives, 20_000)


TWO = """
drivers: {shock: {kind: money, dist: normal, mean: 0, sd: 1, plan: 0, varies: once}}
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: -0.2}
    pressures: {p: {change: shock}}
  b:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: -0.7}
    pressures: {p: {change: shock}}
options: {o: {councils: [a, b]}}
"""


def test_two_councils_under_one_shock_close_together_as_often_as_the_tighter_one() -> None:
    found = told(TWO, 20_000)["options"]["o"]
    single = [found["councils"][c]["closes"]["target_year"]["probability"] for c in "ab"]
    both = found["jointly"]["closes"]["target_year"]["probability"]
    assert near(both, float(norm.cdf(0.2)), 20_000)
    assert both == single[0]
    assert both > single[0] * single[1] + 0.1


def test_two_councils_under_their_own_shocks_close_together_as_the_product_says() -> None:
    apart = TWO.replace("change: shock", "change: {dist: normal, mean: 0, sd: 1, varies: once}")
    both = told(apart, 20_000)["options"]["o"]["jointly"]["closes"]["target_year"]["probability"]
    assert near(both, float(norm.cdf(0.2) * norm.cdf(0.7)), 20_000)


@pytest.mark.parametrize("statement", ["between: [{a}, {b}]", "among: measures.*.saving"])
@pytest.mark.parametrize("rank", [0.3, 0.8])
def test_correlated_savings_fall_short_together_as_the_arcsine_says(statement: str, rank: float) -> None:
    one = "council: a, basis: recurring, from: 2020/21, saving: {dist: uniform, low: 0, high: 1, plan: 1}"
    names = {"a": "measures.m.saving", "b": "measures.n.saving"}
    futures = drawn(
        f"{COUNCIL}\nmeasures: {{m: {{{one}}}, n: {{{one}}}}}\noptions: {{o: {{councils: a, measures: [m, n]}}}}\n"
        f"dependence: {{d: {{{statement.format(**names)}, rank_correlation: {rank}}}}}",
        20_000,
    )
    both = (futures.drivers["measures.m.saving"] < 0.5) & (futures.drivers["measures.n.saving"] < 0.5)
    correlation = 2 * math.sin(math.pi * rank / 6)
    assert near(float(both.mean()), 0.25 + math.asin(correlation) / (2 * math.pi), 20_000)


def forecast(varies: str) -> np.ndarray:
    """Give the gap by year under a forecast error that varies in some way, (year, simulation)."""
    line = f"pressures: {{p: {{change: {{dist: normal, mean: 0, sd: 0.5, varies: {varies}}}}}}}\n    general_fund"
    futures = drawn(COUNCIL.replace("general_fund", line) + "options: {o: {councils: a}}", 20_000)
    return figure(futures, "gap_recurring") - 1.0


def near_variance(values: np.ndarray, truth: float) -> bool:
    return bool(abs(values.var(ddof=1) - truth) < ERRORS * truth * math.sqrt(2 / len(values)))


@pytest.mark.parametrize(
    ("varies", "variances", "carry"),
    [
        ("once", [1, 1, 1, 1], 1.0),
        ("yearly", [1, 1, 1, 1], 0.0),
        ("ar1(0.6)", [1, 1, 1, 1], 0.6),
        ("walk", [1, 2, 3, 4], math.sqrt(1 / 2)),
    ],
)
def test_a_forecast_error_varies_as_the_file_says(varies: str, variances: list[int], carry: float) -> None:
    found = forecast(varies)
    for year, variance in enumerate(variances):
        assert near_variance(found[year], 0.25 * variance)
        assert near_mean(found[year], 0.0)
    correlation = float(np.corrcoef(found[0], found[1])[0, 1])
    assert abs(correlation - carry) <= ERRORS * (1 - carry**2) / math.sqrt(20_000) + 1e-12


def test_many_single_redundancies_add_up_as_their_number_says() -> None:
    each = "{dist: lognormal, mean: £20k, sd: £15k, plan: £20k}"
    body = saved(f"saving: 1, one_off: {{r: {{in: 2020/21, amount: {{sum_of: 40.5, each: {each}}}}}}}")
    cost = figure(drawn(body, 5_000), "one_off_gross")[0]
    assert near_mean(cost, 40.5 * 0.020)
    spread = cost.var(ddof=1) / ((40 + 0.5**2) * 0.015**2)
    assert abs(spread - 1) < ERRORS * math.sqrt(2.2 / 5_000)  # a little above 2, for what is left of the skew


def test_the_reserve_that_is_needed_is_the_quantile_of_the_worst_sum() -> None:
    line = "pressures: {p: {change: {dist: normal, mean: 0, sd: 0.5, varies: once}}}\n    general_fund"
    body = COUNCIL.replace("plan: 1", "plan: 0").replace("general_fund", line) + "options: {o: {councils: a}}"
    found = pair_of(told(body, 20_000))["reserve_needed"]
    for level in (80, 90, 95):  # the gap is the same each year: four of it, or nothing
        truth = 1.0 + 4 * 0.5 * float(norm.ppf(level / 100))
        assert abs(found[str(level)] - truth) < ERRORS * found["error"][str(level)]


PROGRAMME = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 2}}}
programmes: {p: {realisation: {reference: uk_savings_final}, individual: 90%}}
measures:
  m: {council: a, programme: p, saving: 2.0, basis: recurring, from: 2020/21, full_from: 2022/23}
  n: {council: a, programme: p, saving: 0.3, basis: recurring, from: 2020/21, full_from: 2022/23}
options: {o: {councils: a, measures: [m, n]}}
"""
SPLIT = PROGRAMME.replace(
    "  m: {council: a, programme: p, saving: 2.0,", "  m1: {council: a, programme: p, saving: 1.3,"
).replace(
    "  n:", "  m2: {council: a, programme: p, saving: 0.7, basis: recurring, from: 2020/21, full_from: 2022/23}\n  n:"
).replace("[m, n]", "[m1, m2, n]")  # fmt: skip


def test_a_programme_delivers_its_class_in_every_future_however_far_its_measures_stray() -> None:
    futures = drawn(PROGRAMME, 2_000)
    common = futures.drivers["programmes.p.realisation"]
    np.testing.assert_allclose(figure(futures, "run_rate")[3], 2.3 * common, rtol=1e-12)
    shares = futures.dataset["delivered_run_rate"].values[:, 3] / np.array([[2.0], [0.3]])
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert np.abs(shares[1] - common).max() > 0.1


def test_splitting_a_measure_in_two_leaves_the_options_band_where_it_was() -> None:
    whole, split = (pair_of(told(body, 4_000))["run_rate"] for body in (PROGRAMME, SPLIT))
    for year in whole:
        for level in ("p5", "p50", "p95", "mean"):
            assert split[year][level] == pytest.approx(whole[year][level], rel=1e-12)


@pytest.mark.parametrize("full", ["2023/24", "2024/25"])
def test_final_delivery_with_the_programmes_delay_gives_81_to_88_per_cent_in_the_first_full_year(full: str) -> None:
    head = "simlib: 1\ntitle: x\nmoney: £m\nyears: 2020/21 to 2024/25\ntarget_year: 2024/25\n"
    classes = "delay: {reference: delay_programme}, realisation: {reference: uk_savings_final}"
    body = saved(f"saving: 1, full_from: {full}, {classes}")
    cash = figure(simulate(compile_model(parsed(body, head)), 20_000, seed=1), "savings")
    received = cash[3 if full == "2023/24" else 4]
    assert 0.805 < received.mean() < 0.88


def test_what_a_partner_leaves_behind_is_the_average_of_what_it_may_keep() -> None:
    keeps = "keeps: {dist: uniform, low: 20%, high: 60%, plan: 40%}"
    body = saved("saving: 1", f"events: {{e: {{chance: 100%, in: 2022/23, plan: does_not, stops: m, {keeps}}}}}")
    rates = figure(drawn(body, 10_000), "run_rate")
    assert (rates[1] == 1).all()
    assert near_mean(rates[2], 0.4)
