"""The traps of council finance, one test for each: what a spreadsheet gets wrong in silence."""

# ruff: noqa: E501 - a scheme is a line of a file here

import numpy as np
import pytest
from small_files import COUNCIL, HEAD, document_of, drawn, figure, pair_of, parsed, told

from simlib.compiling import compile_model
from simlib.engine import simulate
from simlib.errors import ConfigError

PENNY = 1e-8  # £m


def scheme(keys: str, more: str = "") -> str:
    measure = f"measures: {{m: {{council: a, basis: recurring, {keys}}}}}"
    return f"{COUNCIL}\n{measure}\noptions: {{none: {{councils: a}}, o: {{councils: a, measures: m}}}}\n{more}"


def by_year(body: str, name: str, option: str = "o") -> list[float]:
    return figure(drawn(body, 2), name, option)[:, 0].tolist()


def refused(body: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        parsed(body)
    return str(refusal.value)


GRANT = """
councils:
  a:
    gap: {{basis: cumulative_base, plan: sum_of_lines}}
    pressures: {{pay: {{plan: 1, change: 0}}}}
    funding: {{support_grant: {{plan: [0.5, 0.2, -0.1, -0.3], {moves}}}}}
options: {{o: {{councils: a}}}}
"""


def test_revenue_support_grant_may_turn_negative_and_then_widens_the_gap() -> None:
    assert by_year(GRANT.format(moves="change: 0"), "gap_recurring") == pytest.approx([0.5, 0.8, 1.1, 1.3], abs=PENNY)
    worse = GRANT.format(moves="change: -0.4")
    assert by_year(worse, "gap_recurring") == pytest.approx([0.9, 1.2, 1.5, 1.7], abs=PENNY)


def test_a_share_of_a_negative_grant_says_nothing_and_is_refused() -> None:
    assert "councils.a.funding.support_grant.realised" in refused(GRANT.format(moves="realised: 90%"))


def test_part_of_a_year_is_not_a_full_year() -> None:
    body = scheme("saving: 1.2, from: 2020/21, delay: 3 months")
    assert by_year(body, "savings") == pytest.approx([0.9, 1.2, 1.2, 1.2], abs=PENNY)  # 9 of 12 months
    assert by_year(body, "run_rate") == pytest.approx([1.2] * 4, abs=PENNY)
    closes = pair_of(told(scheme("saving: 1.05, from: 2023/24, delay: 3 months"), 16))["closes"]
    assert closes["target_year"]["probability"] == 1
    assert closes["in_year"]["probability"] == 0


def test_a_ramp_that_runs_past_the_target_year_is_not_counted_in_full() -> None:
    head = HEAD.replace("to 2023/24", "to 2025/26")
    futures = simulate(
        compile_model(parsed(scheme("saving: 1.2, from: 2020/21, full_from: 2025/26"), head)), 16, seed=1
    )
    assert figure(futures, "run_rate")[:, 0] == pytest.approx(1.2 * np.minimum(np.arange(1, 7) / 5, 1))
    target, later = figure(futures, "gap_recurring")[[3, 4], 0]
    assert target > 0 > later


@pytest.mark.parametrize("basis", ["one_off", "recurring"])
def test_one_off_money_does_not_close_a_recurring_gap(basis: str) -> None:
    body = scheme("plan: [1, 1, 1, 2]").replace("basis: recurring, plan", f"basis: {basis}, plan")
    closes = pair_of(told(body, 16))["closes"]
    once = basis == "one_off"
    assert closes["target_year"]["probability"] == (0 if once else 1)
    assert closes["in_year"]["probability"] == (0 if once else 1)
    assert by_year(body, "general_fund")[-1] == pytest.approx(5 - 4 + 5, abs=PENNY)  # the cash is the same


def test_reserves_may_hold_while_the_gap_stays_open() -> None:
    found = pair_of(told(scheme("saving: 0.5, from: 2020/21"), 16))
    assert found["closes"]["reserves_hold"]["probability"] == 1
    assert found["closes"]["target_year"]["probability"] == 0
    assert found["reserves_hold_with_gap"]["probability"] == 1
    assert found["reserves_hold_with_gap"]["mean_gap"] == pytest.approx(0.5, abs=PENNY)


def test_late_is_not_lost() -> None:
    late = "delay: {dist: uniform, low: 0 months, high: 24 months}"
    on_time, delayed = (
        drawn(scheme(f"saving: 1, from: 2020/21, full_from: 2021/22{x}"), 200) for x in ("", f", {late}")
    )
    assert (figure(delayed, "run_rate")[3] == figure(on_time, "run_rate")[3]).all()
    lost = (figure(on_time, "savings") - figure(delayed, "savings")).sum(axis=0)
    np.testing.assert_allclose(
        lost, delayed.drivers["measures.m.delay"], atol=1e-12
    )  # a year late costs a year's saving


def test_a_partner_who_leaves_takes_savings_away_in_mid_horizon() -> None:
    event = "events: {leaves: {chance: 100%, in: 2022-04, plan: does_not, stops: m, keeps: 30%}}"
    body = scheme("saving: 1, from: 2020/21", event)
    assert by_year(body, "savings") == pytest.approx([1, 1, 0.3, 0.3], abs=PENNY)
    assert by_year(body, "gap_recurring") == pytest.approx([0, 0, 0.7, 0.7], abs=PENNY)


FUNDED = (
    COUNCIL
    + """
    pots: {grant: {opening: "where(events.lapses, 0, 0.4)", owner: external}}
measures: {m: {council: a, basis: recurring, saving: 1, from: 2020/21, one_off: {r: {amount: 0.4, in: 2020/21, funded_by: grant}}}}
events: {lapses: {chance: CHANCE, plan: does_not}}
options: {none: {councils: a}, o: {councils: a, measures: m}}
npv: {deflator: 0%}
"""
)


def test_a_cost_that_somebody_else_pays_nets_to_nothing() -> None:
    body = FUNDED.replace("CHANCE", "0%")
    assert by_year(body, "one_off_gross") == pytest.approx([0.4, 0, 0, 0], abs=PENNY)
    assert by_year(body, "one_off_net") == pytest.approx([0, 0, 0, 0], abs=PENNY)
    free = FUNDED.replace("CHANCE", "0%").replace("amount: 0.4", "amount: 0")
    assert pair_of(told(body, 16))["npv"]["mean"] == pytest.approx(pair_of(told(free, 16))["npv"]["mean"], abs=PENNY)


def test_but_not_where_the_funder_lapses() -> None:
    assert by_year(FUNDED.replace("CHANCE", "100%"), "one_off_net") == pytest.approx([0.4, 0, 0, 0], abs=PENNY)


def test_the_councils_own_reserve_is_its_own_money() -> None:
    own = FUNDED.replace("CHANCE", "0%").replace("external", "own")
    found, helped = (pair_of(told(body, 16)) for body in (own, FUNDED.replace("CHANCE", "0%")))
    assert found["npv"]["mean"] < helped["npv"]["mean"] - 0.3
    assert found["one_off_own_pots"]["2020/21"]["mean"] == pytest.approx(0.4, abs=PENNY)


def test_money_that_a_pot_has_left_is_no_income() -> None:
    rich = FUNDED.replace("CHANCE", "0%").replace("0, 0.4)", "0, 40)")
    assert by_year(rich, "general_fund") == by_year(FUNDED.replace("CHANCE", "0%"), "general_fund")


def test_what_two_schemes_both_save_is_saved_once() -> None:
    body = (
        COUNCIL
        + """
measures:
  m: {council: a, basis: recurring, saving: 1, from: 2020/21, overlaps: {n: 0.3}}
  n: {council: a, basis: recurring, saving: 0.5, from: 2020/21, realisation: 50%}
options: {m: {councils: a, measures: m}, n: {councils: a, measures: n}, o: {councils: a, measures: [n, m]}}
"""
    )
    alone = by_year(body, "savings", "m")[0] + by_year(body, "savings", "n")[0]
    assert by_year(body, "savings")[0] == pytest.approx(alone - 0.3 * 0.5, abs=PENNY)


SHARED = """
councils:
  a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}
  b: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}
measures: {m: {shares: SHARES, basis: recurring, saving: 1, from: 2020/21}}
options: {o: {councils: [a, b], measures: m}}
"""


@pytest.mark.parametrize("shares", ["{a: 50%, b: 40%}", "{a: 70%, b: 40%}"])
def test_shares_that_do_not_add_to_one_are_refused(shares: str) -> None:
    assert "measures.m.shares" in refused(SHARED.replace("SHARES", shares))


def test_shares_that_leave_the_file_say_elsewhere_and_the_rest_is_the_rest() -> None:
    futures = drawn(SHARED.replace("SHARES", "{a: 50%, b: rest, elsewhere: 20%}"), 2)
    assert figure(futures, "savings", council="b")[0, 0] == pytest.approx(0.3, abs=PENNY)


def test_uncertain_shares_still_share_out_the_whole_in_every_future() -> None:
    shares = "{a: {dist: uniform, low: 20%, high: 70%, plan: 50%}, b: rest}"
    futures = drawn(SHARED.replace("SHARES", shares), 200)
    total = figure(futures, "savings", council="a") + figure(futures, "savings", council="b")
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


def test_pounds_thousands_and_millions_do_not_mix_in_silence() -> None:
    millions = scheme("saving: {dist: normal, mean: £1.05m, sd: £300k, plan: £1_050k}, from: 2020/21")
    thousands = millions.replace("plan: 1}", "plan: 1000}").replace(
        "opening: 5, minimum: 1", "opening: £5m, minimum: £1m"
    )
    found = []
    for body, unit in ((millions, "£m"), (thousands, "£k")):
        futures = simulate(compile_model(parsed(body, HEAD.replace("£m", unit))), 500, seed=1)
        found.append(figure(futures, "gap_recurring")[3])
    np.testing.assert_allclose(found[1], 1000 * found[0], atol=1e-6)


@pytest.mark.parametrize("written", ["(1.2)", "(£1.2m)", "(1,200)"])
def test_brackets_are_no_sign(written: str) -> None:
    assert "brackets" in refused(scheme(f'saving: "{written}", from: 2020/21'))


def test_a_total_over_five_years_is_not_one_over_four() -> None:
    rates = {}
    for over in (4, 5):
        body = scheme(f"saving: 5, over: {over} years, from: 2020/21, full_from: 2022/23").replace(
            "basis: recurring", "basis: cumulative"
        )
        head = HEAD.replace("to 2023/24", "to 2024/25")
        futures = simulate(compile_model(parsed(body, head)), 2, seed=1)
        assert figure(futures, "savings")[:over, 0].sum() == pytest.approx(5, abs=PENNY)
        rates[over] = figure(futures, "run_rate")[4, 0]
    assert rates[4] == pytest.approx(5 / 3)
    assert rates[5] == pytest.approx(5 / 4)


def test_a_total_is_not_a_saving_a_year() -> None:
    yearly = scheme("saving: 5, from: 2020/21")
    total = yearly.replace("basis: recurring, saving: 5", "basis: cumulative, over: 5 years, saving: 5")
    assert by_year(yearly, "run_rate")[0] == 5
    assert by_year(total, "run_rate")[0] == pytest.approx(1)


def test_a_horizon_that_ends_before_the_benefits_says_so() -> None:
    body = scheme("saving: 0.3, from: 2023/24, one_off: {r: {amount: 1, in: 2020/21}}", "npv: {deflator: 2%}")
    found = pair_of(told(body, 16))
    assert found["npv"]["mean"] < 0
    assert found["npv"]["horizon_cuts_benefits"] is True
    assert found["payback"]["beyond_horizon"] == 1
    assert found["payback"]["p50"] is None


def test_a_cost_that_slips_past_the_horizon_is_reported() -> None:
    body = scheme(
        "saving: 1, from: 2022/23, delay: {dist: uniform, low: 0 months, high: 36 months}, one_off: {r: {amount: 1, in: 2023/24}}"
    )
    checks = [check for check in told(body, 200)["checks"] if check["id"] == "beyond_horizon"]
    assert [check["address"] for check in checks] == ["measures.m.one_off.r"]


def test_both_councils_closing_is_not_the_product_of_each() -> None:
    body = SHARED.replace("SHARES", "{a: 50%, b: rest}").replace(
        "saving: 1", "saving: {dist: uniform, low: 1, high: 3, plan: 2}"
    )
    option = told(body, 2_000)["options"]["o"]
    single = [option["councils"][c]["closes"]["target_year"]["probability"] for c in "ab"]
    both = option["jointly"]["closes"]["target_year"]["probability"]
    assert both == single[0] == single[1]
    assert both > single[0] * single[1] + 0.2


def test_evidence_that_came_after_the_decision_is_flagged_wherever_it_stands() -> None:
    head = HEAD + "as_at: 2020-03-31\n"
    later = "source: {what: evidence that came later, mark: public, date: 2020-10}"
    body = scheme(f"saving: 1, from: 2020/21, {later}").replace(
        "plan: 1}", f"plan: 1, {later.replace('came', 'also came')}}}"
    )
    checks = document_of(simulate(compile_model(parsed(body, head)), 16, seed=1))["checks"]
    flagged = {check["address"] for check in checks if check["id"] == "hindsight"}
    assert any(address.startswith("measures.m") for address in flagged)
    assert any(address.startswith("councils.a.gap") for address in flagged)
