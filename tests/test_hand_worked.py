"""Tables worked by hand, as in a spreadsheet: certain figures, every cell of the answer."""

# ruff: noqa: E501 - a scheme is a line of a file here

import numpy as np
import pytest
from small_files import COUNCIL, document_of, drawn, figure, pair_of, parsed, told

from simlib.compiling import compile_model
from simlib.engine import simulate_plan

PENNY = 1e-8  # £m


def cells(body: str, name: str, option: str = "o", council: str = "a") -> list[float]:
    """Give one figure of the first future by year."""
    return figure(drawn(body, 2), name, option, council)[:, 0].tolist()


def exactly(*amounts: float) -> object:
    return pytest.approx(list(amounts), abs=PENNY)


LATE_RAMP = """
npv: {deflator: 2%}
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [1, 2, 3, 3]}
    general_fund: {opening: 5, minimum: 1}
    pots: {reserve: {opening: 0.5, owner: own}}
measures:
  m:
    council: a
    saving: 2
    basis: recurring
    from: 2020/21
    full_from: 2022/23
    delay: 6 months
    one_off: {r: {amount: 0.8, in: 2020/21, funded_by: reserve}}
options: {o: {councils: a, measures: m}}
"""


def test_a_ramp_that_comes_half_a_year_late() -> None:
    # The rate is (t - 1/2) £m a year from October 2020 until it is 2 in October 2022.
    assert cells(LATE_RAMP, "savings") == exactly(0.125, 1.0, 1.875, 2.0)
    assert cells(LATE_RAMP, "run_rate") == exactly(0.5, 1.5, 2.0, 2.0)
    assert cells(LATE_RAMP, "gap_after") == exactly(0.875, 1.0, 1.125, 1.0)
    assert cells(LATE_RAMP, "gap_recurring") == exactly(0.5, 0.5, 1.0, 1.0)


def test_its_cost_slips_with_it_and_the_pot_pays_until_it_is_empty() -> None:
    assert cells(LATE_RAMP, "one_off_gross") == exactly(0.4, 0.4, 0, 0)
    assert cells(LATE_RAMP, "one_off_net") == exactly(0, 0.3, 0, 0)
    assert cells(LATE_RAMP, "general_fund") == exactly(4.125, 2.825, 1.7, 0.7)


def test_its_reserve_payback_and_present_value() -> None:
    found = pair_of(told(LATE_RAMP, 16))
    assert found["reserve_needed"]["90"] == pytest.approx(1 + 4.3, abs=PENNY)
    assert found["payback"]["p50"] == 2  # -0.275, then +0.325 in all
    cash = [0.125 - 0.4, 1.0 - 0.4, 1.875, 2.0]
    worth = sum(c / (1.02 * 1.035) ** (y + 0.5) for y, c in enumerate(cash))
    assert found["npv"]["mean"] == pytest.approx(worth, abs=PENNY)
    assert found["npv"]["horizon_cuts_benefits"] is True


def test_the_plan_has_it_on_time() -> None:
    plan = simulate_plan(compile_model(parsed(LATE_RAMP)))
    assert figure(plan, "savings")[:, 0].tolist() == exactly(0.5, 1.5, 2.0, 2.0)
    assert figure(plan, "one_off_gross")[:, 0].tolist() == exactly(0.8, 0, 0, 0)


def test_equal_steps_come_each_april() -> None:
    body = f"""{COUNCIL}
measures: {{m: {{council: a, saving: 1.2, basis: recurring, from: 2020/21, full_from: 2022/23, rises: equal_steps}}}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(0.4, 0.8, 1.2, 1.2)
    assert cells(body, "run_rate") == exactly(0.4, 0.8, 1.2, 1.2)
    late = body.replace("equal_steps", "equal_steps, delay: 3 months")
    assert cells(late, "savings") == exactly(0.3, 0.3 + 0.4, 0.6 + 0.1 + 0.4, 1.2)


@pytest.mark.parametrize(
    ("basis", "rate"),
    [
        ("cumulative, over: 4 years", 6 / 3),  # a triangle of two years brings 1, two full years bring 2
        ("cumulative, over: 3 years", 6 / 2),
        ("annual_average, over: 3 years", 6 * 3 / 2),
        ("cumulative, over: 18 months", 6 / (1.5**2 / 4)),
    ],
)
def test_a_total_is_turned_into_the_rate_that_brings_it(basis: str, rate: float) -> None:
    body = f"""{COUNCIL}
measures: {{m: {{council: a, saving: 6, basis: {basis}, from: 2020/21, full_from: 2022/23}}}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "run_rate") == exactly(rate / 2, rate, rate, rate)


def test_a_plan_by_year_is_even_within_each_year_and_its_last_rate_holds() -> None:
    body = f"""{COUNCIL}
measures: {{m: {{council: a, plan: [0.4, 0.8, 1.2, 1.2], basis: recurring, delay: 3 months, realisation: 50%}}}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(0.15, 0.35, 0.55, 0.6)
    assert cells(body, "run_rate") == exactly(0.2, 0.4, 0.6, 0.6)


def test_a_saving_that_comes_once_reaches_the_general_fund_and_no_gap() -> None:
    body = f"""{COUNCIL}
measures: {{m: {{council: a, plan: [0, 0.8, 0.4, 0], basis: one_off, delay: 6 months}}}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "gap_after") == exactly(1, 1, 1, 1)
    assert cells(body, "one_off_net") == exactly(0, -0.4, -0.6, -0.2)
    assert cells(body, "general_fund") == exactly(4, 3.4, 3.0, 2.2)


TWO = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: 5, minimum: 1}
    pots: {grant: {opening: 0.1, owner: external}, own: {opening: 1, owner: own}}
  b:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 2}
    general_fund: {opening: 5, minimum: 1}
measures:
  m:
    shares: {a: 60%, b: rest}
    saving: 2
    basis: recurring
    from: 2020/21
    overlaps: {n: 0.5}
    one_off: {r: {amount: 1, in: 2021/22, overrun: 120%, funded_by: [{grant: £0.05m}, own]}}
  n: {shares: {a: 30%, b: rest}, saving: 1, basis: recurring, from: 2021/22, realisation: 80%}
events:
  e: {chance: 100%, in: 2022-10, plan: does_not, stops: m, keeps: 25%, costs: 0.2}
options: {o: {councils: [a, b], measures: [m, n]}}
"""


def test_a_partner_leaves_half_way_through_a_year() -> None:
    # m: 2, 2, 1 + 0.25, 0.5 in all; n: 0.8 from 2021/22. Overlap: 0.5 x min(phi), shared 30 : 40.
    a, b = 3 / 7, 4 / 7
    phi = [0, 0.8, 1.25 / 2, 0.25]
    m = [2, 2, 1.25, 0.5]
    n = [0, 0.8, 0.8, 0.8]
    expected = [0.6 * m[y] + 0.3 * n[y] - 0.5 * phi[y] * a for y in range(4)]
    assert cells(TWO, "savings") == exactly(*expected)
    expected = [0.4 * m[y] + 0.7 * n[y] - 0.5 * phi[y] * b for y in range(4)]
    assert cells(TWO, "savings", council="b") == exactly(*expected)
    assert cells(TWO, "run_rate")[2] == pytest.approx(0.6 * 0.5 + 0.3 * 0.8 - 0.5 * 0.25 * a, abs=PENNY)


def test_who_pays_for_the_overrun_and_for_the_parting() -> None:
    assert cells(TWO, "one_off_gross") == exactly(0, 0.72, 0.12, 0)
    assert cells(TWO, "one_off_gross", council="b") == exactly(0, 0.48, 0.08, 0)
    assert cells(TWO, "one_off_net") == exactly(0, 0, 0.12, 0)  # the grant 0.05, the council's own pot 0.67
    assert cells(TWO, "one_off_net", council="b") == exactly(0, 0.48, 0.08, 0)
    found = pair_of(document_of(drawn(TWO, 16)))
    assert found["one_off_external_pots"]["2021/22"]["mean"] == pytest.approx(0.05, abs=PENNY)
    assert found["one_off_own_pots"]["2021/22"]["mean"] == pytest.approx(0.67, abs=PENNY)


BOTTOM_UP = """
councils:
  a:
    gap: {basis: cumulative_base, plan: sum_of_lines}
    pressures:
      pay: {base: 10, growth: {value: 3%, plan: 2%}}
      flood: {recurring: no, plan: [0, 0.4, 0, 0], change: 0.1}
    funding:
      grant: {plan: [4, 3, 2, 1], realised: 90%}
      tax: {plan: 7, change: [0, 0, 0.2, 0.2]}
    general_fund: {opening: 5, minimum: 1, planned: [0.5, 0, 0, -0.5]}
options: {o: {councils: a}}
"""


def test_a_budget_from_the_bottom_up() -> None:
    pay = [10 * 1.03**k for k in range(1, 5)]
    gap = [pay[y] - 0.9 * (4 - y) - 7 - (0.2 if y > 1 else 0.0) for y in range(4)]
    assert cells(BOTTOM_UP, "gap_recurring") == exactly(*gap)
    assert cells(BOTTOM_UP, "one_off_net") == exactly(0.1, 0.5, 0.1, 0.1)
    fund = 5.0 - np.cumsum(gap) - np.cumsum([0.1, 0.5, 0.1, 0.1]) + np.cumsum([0.5, 0, 0, -0.5])
    assert cells(BOTTOM_UP, "general_fund") == exactly(*fund.tolist())
    plan = figure(simulate_plan(compile_model(parsed(BOTTOM_UP))), "gap_recurring")[:, 0]
    assert plan.tolist() == exactly(*(10 * 1.02 ** (y + 1) - (4 - y) - 7 for y in range(4)))


def test_an_annual_gap_adds_up_and_a_spent_surplus_is_gone() -> None:
    body = """
councils:
  a:
    gap: {basis: annual, already_includes_savings: no, plan: [-1, 2, 0.5, 0]}
    surplus: spent
    general_fund: {opening: 5, minimum: 1}
options: {o: {councils: a}}
"""
    assert cells(body, "gap_after") == exactly(-1, 1, 1.5, 1.5)
    assert cells(body, "general_fund") == exactly(5, 4, 2.5, 1)


def test_a_published_gap_that_counts_a_scheme_is_the_gap_with_that_scheme_as_planned() -> None:
    body = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: yes, included: m, plan: [0.2, 0.4, 0.6, 0.6]}}}
measures: {m: {council: a, saving: 1, basis: recurring, from: 2021/22, realisation: 70%}}
options: {none: {councils: a}, o: {councils: a, measures: m}}
"""
    assert cells(body, "gap_after", "none") == exactly(0.2, 1.4, 1.6, 1.6)
    assert cells(body, "gap_after") == exactly(0.2, 0.7, 0.9, 0.9)


def test_a_saving_that_follows_pay_grows_by_what_pay_runs_ahead_of_its_plan() -> None:
    body = f"""{COUNCIL}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2020/21, indexed_to: {{value: 4%, plan: 2%}}, backfill: 10%, scope_growth: 120%}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(*(1.08 * (1.04 / 1.02) ** k for k in range(1, 5)))


def test_a_gross_saving_pays_for_running_the_scheme_from_the_day_it_starts() -> None:
    body = f"""{COUNCIL}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2021/22, full_from: 2022/23, delay: 6 months, saving_is: gross, running_cost: 0.2}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(0, 0.125 - 0.1, 0.875 - 0.2, 0.8)
    net = body.replace("gross", "net")
    assert cells(net, "savings") == exactly(0, 0.125, 0.875, 1)


def test_what_it_needs_comes_late_and_so_does_it() -> None:
    body = f"""{COUNCIL}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2020/21, requires: e, one_off: {{r: {{amount: 0.3, in: 2020/21}}}}}}
events: {{e: {{chance: 100%, in: 2021-10, plan: happens}}}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(0, 0.5, 1, 1)
    assert cells(body, "one_off_gross") == exactly(0, 0.15, 0.15, 0)


@pytest.mark.parametrize("order", ["[signs, not fails]", "[not fails, signs]"])
def test_what_must_not_come_first_is_held_against_the_start_after_waiting(order: str) -> None:
    body = f"""{COUNCIL}
measures: {{m: {{council: a, saving: 1, basis: recurring, from: 2020/21, requires: {order}}}}}
events:
  signs: {{chance: 100%, in: 2022/23, plan: happens}}
  fails: {{chance: 100%, in: 2021/22, plan: does_not}}
options: {{o: {{councils: a, measures: m}}}}"""
    assert cells(body, "savings") == exactly(0, 0, 0, 0)


def test_what_one_scheme_loses_at_first_is_not_counted_twice() -> None:
    body = f"""{COUNCIL}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2020/21, full_from: 2023/24, saving_is: gross, running_cost: 0.5, overlaps: {{n: 0.3}}}}
  n: {{council: a, saving: 1, basis: recurring, from: 2020/21}}
options: {{o: {{councils: a, measures: [m, n]}}}}"""
    first = 1 / 6 - 0.5
    assert cells(body, "savings")[0] == pytest.approx(1 + first, abs=PENNY)


def test_one_off_lines_come_under_every_option_and_are_nobodys_present_value() -> None:
    line = "pressures: {flood: {recurring: no, plan: 1, change: 0}}\n    general_fund"
    body = (
        COUNCIL.replace("general_fund", line)
        + """
npv: {deflator: 2%}
measures: {m: {council: a, saving: 1, basis: recurring, from: 2020/21}}
options:
  none: {councils: a}
  o: {councils: a, measures: m, claims: {amount: 4, basis: cumulative, by: 2023/24, net_of_one_off: yes}}
"""
    )
    document = told(body, 16)
    assert pair_of(document, "none")["npv"]["mean"] == 0
    assert pair_of(document)["payback"]["p50"] == 1
    assert document["options"]["o"]["claim"]["probability"] == 1
    assert pair_of(document, "none")["general_fund"]["2023/24"]["mean"] == pytest.approx(5 - 4 - 4, abs=PENNY)


# ---- What events do, and when ------------------------------------------------------------------------------


def hit(effect: str, start: str = "2021/22", when: str = "2020-10", costs: str = "") -> str:
    return f"""{COUNCIL}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: {start}, one_off: {{r: {{amount: 0.3, in: {start}}}}}}}
events: {{e: {{chance: 100%, in: {when}, plan: does_not, {effect}{costs}}}}}
options: {{o: {{councils: a, measures: m}}}}"""


def test_an_event_that_forestalls_a_scheme_costs_what_it_costs() -> None:
    body = hit("never_starts: m", costs=", costs: 0.5")
    assert cells(body, "savings") == exactly(0, 0, 0, 0)
    assert cells(body, "one_off_gross") == exactly(0.5, 0, 0, 0)


def test_an_event_that_comes_too_late_to_forestall_a_scheme_costs_nothing() -> None:
    body = hit("never_starts: m", when="2022-10", costs=", costs: 0.5")
    assert cells(body, "savings") == exactly(0, 1, 1, 1)
    assert cells(body, "one_off_gross") == exactly(0, 0.3, 0, 0)


def test_an_event_that_makes_a_scheme_late_costs_what_it_costs() -> None:
    body = hit("delays: {m: 6 months}", costs=", costs: 0.5")
    assert cells(body, "savings") == exactly(0, 0.5, 1, 1)
    assert cells(body, "one_off_gross") == exactly(0.5, 0.15, 0.15, 0)


def test_an_event_takes_back_nothing_that_came_before_it() -> None:
    body = hit("delays: {m: 24 months}", start="2020/21", when="2022/23")
    assert cells(body, "savings")[:2] == exactly(1, 1)
    assert cells(body, "one_off_gross")[0] == pytest.approx(0.3, abs=PENNY)


def test_a_scheme_that_is_stopped_before_it_starts_costs_nothing() -> None:
    body = hit("stops: m")
    assert cells(body, "savings") == exactly(0, 0, 0, 0)
    assert cells(body, "one_off_gross") == exactly(0, 0, 0, 0)
