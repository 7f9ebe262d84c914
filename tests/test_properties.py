"""What must hold in every future, whatever the figures: the budget's identity, and what more of a thing does."""

# ruff: noqa: E501 - a scheme is a line of a file here

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_files import HEAD, drawn, parsed

from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.engine import simulate
from simlib.flows import Flows, flows
from simlib.results import Futures

CONFIGS = sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml"))
FEW = settings(max_examples=25)


def every_flow(futures: Futures) -> list[Flows]:
    return [flows(futures.model, futures.delivery, o, c) for o, c in futures.model.pairs]


def identity_holds(futures: Futures) -> None:
    """Fail unless the budget adds up in every future, year, option and council."""
    for flow in every_flow(futures):
        net = flow.one_off_gross - flow.own_pots - flow.external_pots - flow.one_off_savings
        np.testing.assert_allclose(flow.one_off_net, net, atol=1e-11)
        home = futures.model.councils[flow.council]
        if flow.gap_after is None or flow.gap_recurring is None or flow.gap_before is None:
            continue
        np.testing.assert_allclose(flow.gap_after + flow.savings, flow.gap_before, atol=1e-11)
        np.testing.assert_allclose(flow.gap_recurring + flow.run_rate, flow.gap_before, atol=1e-11)
        if flow.general_fund is not None and home.fund is not None:
            gap = np.maximum(flow.gap_after, 0) if home.spends_surplus else flow.gap_after
            before = np.vstack([np.broadcast_to(flow.opening, gap.shape[1:])[None], flow.general_fund[:-1]])
            np.testing.assert_allclose(flow.general_fund, before - gap - net + home.fund.planned, atol=1e-10)


def pots_hold(futures: Futures) -> None:
    """Fail unless pots pay no more than they hold, and never take."""
    for flow in every_flow(futures):
        home = futures.model.councils[flow.council]
        openings = {"own": 0.0, "external": 0.0}
        for pot in home.pots:
            openings[pot.owner] = openings[pot.owner] + np.maximum(futures.delivery.carried[pot.opening], 0.0)
        for owner, paid in (("own", flow.own_pots), ("external", flow.external_pots)):
            assert (paid >= 0).all()
            assert (paid.sum(axis=0) <= openings[owner] + 1e-9).all()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_budget_adds_up_in_every_future_of_every_config(path: Path) -> None:
    futures = simulate(compile_model(load_config(path)), 1_000, seed=3)
    identity_holds(futures)
    pots_hold(futures)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_savings_in_a_year_are_what_the_rate_was_on_average(path: Path) -> None:
    """A rate that only rises brings at least its start and at most its end; the sum of years is bounded by the rates."""
    futures = simulate(compile_model(load_config(path)), 200, seed=3)
    for m, measure in enumerate(futures.model.measures):
        if not measure.stops and measure.index is None and np.isinf(measure.ends):
            rates, cash = futures.delivery.run_rate[m], futures.delivery.savings[m]
            before = np.vstack([np.zeros(rates.shape[1])[None], rates[:-1]])
            assert (cash <= np.maximum(rates, before) + 1e-9).all()
            assert (cash >= np.minimum(rates, before) - 1e-9).all()


money = st.floats(0.01, 5).map(lambda x: round(x, 3))
share = st.floats(0, 1).map(lambda x: round(x, 3))
year = st.integers(0, 3)
months = st.integers(0, 60)


@st.composite
def measures(draw: Any, name: str) -> str:
    """Give one measure of any shape."""
    start = draw(year)
    full = draw(st.integers(start, 3))
    keys = [
        "council: a",
        f"saving: {{dist: uniform, low: 0, high: {draw(money)}, plan: {draw(money)}}}",
        draw(
            st.sampled_from(
                [
                    "basis: recurring",
                    "basis: one_off",
                    "basis: cumulative, over: 4 years",
                    "basis: annual_average, over: 30 months",
                ]
            )
        ),
        f"from: {2020 + start}/{21 + start}",
        f"full_from: {2020 + full}/{21 + full}",
        f"rises: {draw(st.sampled_from(['linearly', 'equal_steps']))}",
        f"delay: {{dist: triangular, low: 0 months, mode: 0 months, high: {1 + draw(months)} months}}",
        f"realisation: {draw(share)}",
        f"backfill: {draw(share)}",
        f"scope_growth: {draw(share)}",
    ]
    if draw(st.booleans()):
        keys.append(f"ends: {2020 + full}/{21 + full}")
    if draw(st.booleans()):
        keys.append(f"requires: [{draw(st.sampled_from(['e', 'not e', 'f', 'not f']))}]")
    if draw(st.booleans()):
        cost = f"amount: {draw(money)}, in: 2021/22, slips: {draw(st.sampled_from(['yes', 'no']))}, sunk: {draw(st.sampled_from(['yes', 'no']))}"
        keys.append(f"one_off: {{c: {{{cost}, funded_by: [p, {{q: {draw(money)}}}]}}}}")
    return f"  {name}: {{{', '.join(keys)}}}\n"


@st.composite
def files(draw: Any) -> str:
    """Give a file of one council, two measures and two events."""
    surplus = draw(st.sampled_from(["general_fund", "spent"]))
    return f"""
councils:
  a:
    gap: {{basis: {draw(st.sampled_from(["cumulative_base", "annual"]))}, already_includes_savings: no, plan: {draw(money)}}}
    pressures: {{x: {{change: {{dist: normal, mean: 0, sd: {draw(money)}, varies: {draw(st.sampled_from(["once", "yearly", "walk", "ar1(0.5)"]))}}}}}}}
    funding: {{y: {{plan: {draw(money)}, realised: {{dist: uniform, low: 50%, high: 110%, varies: yearly}}}}}}
    surplus: {surplus}
    general_fund: {{opening: {draw(money)}, minimum: {draw(money)}}}
    pots: {{p: {{opening: {draw(money)}, owner: own}}, q: {{opening: {draw(money)}, owner: external}}}}
measures:
{draw(measures("m"))}{draw(measures("n"))}events:
  e: {{chance: {draw(share)}, each: year, plan: does_not, stops: [m, n], keeps: {draw(share)}, costs: {draw(money)}}}
  f: {{chance: {draw(share)}, in: 2021-10, plan: does_not, delays: {{m: {draw(months)} months}}, never_starts: n, lines: {{councils.a.pressures.x: {{change: {draw(money)}, basis: recurring}}}}}}
options: {{none: {{councils: a}}, m: {{councils: a, measures: m}}, o: {{councils: a, measures: [m, n]}}}}
"""


@FEW
@given(files())
def test_the_budget_adds_up_whatever_the_figures(body: str) -> None:
    futures = drawn(body, 64)
    identity_holds(futures)
    pots_hold(futures)


@FEW
@given(files(), share)
def test_more_delivered_never_widens_the_gap(body: str, less: float) -> None:
    fewer = drawn(_realised(body, less), 64)
    more = drawn(_realised(body, 1.0), 64)
    for high, low in zip(every_flow(more), every_flow(fewer), strict=True):
        assert high.gap_after is not None
        assert low.gap_after is not None
        assert (high.gap_after <= low.gap_after + 1e-9).all()
        assert (np.asarray(high.gap_recurring) <= np.asarray(low.gap_recurring) + 1e-9).all()
        assert (np.asarray(high.general_fund) >= np.asarray(low.general_fund) - 1e-9).all()


def _realised(body: str, share: float) -> str:
    return re.sub(r"realisation: [0-9.e-]+", f"realisation: {share}", body)


@FEW
@given(files())
def test_the_same_figures_in_a_thousand_times_smaller_unit_are_a_thousand_times_larger_money(body: str) -> None:
    """Bare money is in the file's unit: the same text in £k is the same council a thousand times smaller."""
    large = drawn(body, 64)
    small = simulate(compile_model(parsed(body, HEAD.replace("£m", "£k"))), 64, seed=1)
    for one, other in zip(every_flow(large), every_flow(small), strict=True):
        np.testing.assert_array_equal(one.gap_after, other.gap_after)
        np.testing.assert_array_equal(one.general_fund, other.general_fund)


@FEW
@given(st.floats(0.1, 1000), st.integers(0, 5))
def test_scaling_all_money_scales_every_result(factor: float, seed: int) -> None:
    def body(k: float) -> str:
        return f"""
councils:
  a:
    gap: {{basis: cumulative_base, already_includes_savings: no, plan: {1.2 * k!r}}}
    pressures: {{x: {{base: {10 * k!r}, growth: {{dist: normal, mean: 2%, sd: 1%, plan: 2%, varies: yearly}}}}}}
    general_fund: {{opening: {3 * k!r}, minimum: {1 * k!r}}}
    pots: {{p: {{opening: {0.3 * k!r}, owner: own}}}}
measures:
  m: {{council: a, saving: {{dist: uniform, low: {0.5 * k!r}, high: {2 * k!r}, plan: {k!r}}}, basis: recurring, from: 2020/21, overlaps: {{n: {0.1 * k!r}}}, one_off: {{c: {{amount: {0.5 * k!r}, in: 2020/21, funded_by: p}}}}}}
  n: {{council: a, saving: {0.4 * k!r}, basis: recurring, from: 2021/22, realisation: {{dist: uniform, low: 0%, high: 100%}}}}
options: {{o: {{councils: a, measures: [m, n]}}}}
"""

    one, scaled = drawn(body(1.0), 32, seed=seed), drawn(body(factor), 32, seed=seed)
    for plain, larger in zip(every_flow(one), every_flow(scaled), strict=True):
        for name in ("gap_after", "gap_recurring", "one_off_net", "general_fund"):
            np.testing.assert_allclose(
                getattr(larger, name), factor * getattr(plain, name), rtol=1e-9, atol=1e-9 * factor
            )


@FEW
@given(files())
def test_doing_nothing_saves_and_costs_nothing(body: str) -> None:
    futures = drawn(body, 32)
    flow = flows(futures.model, futures.delivery, 0, 0)
    assert not flow.savings.any()
    assert not flow.run_rate.any()
    assert not flow.one_off_costs.any()


@FEW
@given(files(), st.permutations(["none", "m", "o"]))
def test_the_order_of_options_and_measures_is_irrelevant(body: str, order: list[str]) -> None:
    entries = {
        "none": "none: {councils: a}",
        "m": "m: {councils: a, measures: m}",
        "o": "o: {councils: a, measures: [n, m]}",
    }
    head = body[: body.index("options:")]
    turned = drawn(f"{head}options: {{{', '.join(entries[name] for name in order)}}}\n", 32)
    plain = drawn(body, 32)
    for name in order:
        for variable in ("savings", "gap_recurring", "general_fund"):
            left, right = (f.dataset[variable].sel(option=name).values for f in (plain, turned))
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)
