"""The vectorised machine against its slow twin, future by future: every config, every reading, every key."""

# ruff: noqa: E501 - a scheme is a line of a file here

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import with_only
from twin import NEVER, Figures, Outcome, Twin, plan_of_events

from simlib.compiling import compile_model
from simlib.config import Config, load_config
from simlib.config.load import parse_config
from simlib.config.quantities import SumOf
from simlib.drivers import Driver
from simlib.engine import simulate, simulate_plan
from simlib.flows import flows
from simlib.readouts import closes
from simlib.results import Futures
from simlib.sampling import RandomSampler, stream
from simlib.source import ChunkSource

CONFIGS = [*sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml")), Path(__file__).parent / "good/time.yaml"]
SEED = 7
YEARLY = (
    "gap_before", "savings", "run_rate", "gap_after", "gap_recurring", "one_off_gross", "one_off_savings",
    "own_pots", "external_pots", "one_off_net", "general_fund",
)  # fmt: skip


def figures_of(futures: Futures, source: ChunkSource, config: Config, i: int) -> Figures:
    """Give the figures of future i as the twin takes them: plain numbers."""
    drawn = {a: float(v[i]) for a, v in futures.drivers.items() if a.endswith(".individual")}
    moments = {
        node.address.removeprefix("events."): float(np.broadcast_to(futures.delivery.carried[at], futures.held)[i])
        for at, node in futures.model.events
    }

    def individual(address: str, number: int) -> float:
        amounts: Any = Figures(config, {}, {})._stated(address.removesuffix(".each"))
        assert isinstance(amounts, SumOf)
        assert amounts.each.distribution is not None
        scores = stream(SEED, amounts.each.stream or address, (number, 0)).standard_normal(futures.held)
        return float(amounts.each.distribution.from_score(scores)[i])

    scores = {
        node.address: [float(source.row(dimension)[i]) for dimension in node.dimensions]
        for node in futures.model.nodes
        if isinstance(node, Driver)
    }
    return Figures(config, drawn, moments, individual, scores=scores)


def source_of(futures: Futures) -> ChunkSource:
    """Give the normal scores that the futures were made of."""
    places = {dimension: row for row, dimension in enumerate(futures.model.dimensions)}
    scores = RandomSampler(SEED).scores(futures.model.dimensions, 0, futures.held)
    return ChunkSource(SEED, 0, places, scores, futures.model.dependences)


def fast(futures: Futures, option: int, council: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give every yearly figure and closing test of the fast code."""
    flow = flows(futures.model, futures.delivery, option, council)
    yearly = {name: getattr(flow, name) for name in YEARLY if getattr(flow, name) is not None}
    return yearly, closes(futures.model, flow)


def compare(config: Config, count: int) -> int:
    """Hold every future of every option and council against the twin; give how many figures were compared."""
    drawn = simulate(compile_model(config), count, seed=SEED, sampler="random")
    futures = drawn.before or drawn  # which of them are kept once figures have come in is another test's
    source = source_of(futures)
    twins = [Twin(figures_of(futures, source, config, i)) for i in range(futures.held)]
    compared = 0
    for o, c in futures.model.pairs:
        yearly, tests = fast(futures, o, c)
        option, council = futures.model.options[o].id, futures.model.councils[c].id
        for i, twin in enumerate(twins):
            slow = twin.outcome(option, council)
            where = f"{option}, {council}, future {i}"
            compared += _same(slow, yearly, tests, i, where)
    return compared


def _same(slow: Outcome, yearly: dict[str, Any], tests: dict[str, Any], i: int, where: str) -> int:
    for name in YEARLY:
        expected = getattr(slow, name)
        assert (name in yearly) == bool(expected), f"{name} of {where}"
        if expected:
            found = np.broadcast_to(yearly[name], (len(expected), yearly["savings"].shape[1]))[:, i]
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11, err_msg=f"{name} of {where}")
    assert {name: bool(fact[i]) for name, fact in tests.items()} == slow.closes, where
    return len(YEARLY) + len(tests)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_future_of_every_config_is_what_the_twin_works_out(path: Path) -> None:
    config = load_config(path)
    assert compare(config, 24) >= 24 * len(config.options)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_reading_of_every_config_is_what_the_twin_works_out(path: Path) -> None:
    config = load_config(path)
    for reading in config.readings:
        compare(with_only(config, reading), 2)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_plan_run_is_what_the_twin_works_out_from_the_plan(path: Path) -> None:
    config = load_config(path)
    plan = simulate_plan(compile_model(config))
    twin = Twin(Figures(config, {}, plan_of_events(config), plan=True))
    for o, c in plan.model.pairs:
        yearly, tests = fast(plan, o, c)
        option, council = plan.model.options[o].id, plan.model.councils[c].id
        _same(twin.outcome(option, council), yearly, tests, 0, f"the plan of {option}, {council}")


HEAD = """
simlib: 1
title: synthetic
money: £m
years: 2020/21 to 2024/25
target_year: 2023/24
"""
LATE = "{dist: triangular, low: 0 months, mode: 6 months, high: 30 months}"
SOME = "{dist: uniform, low: 40%, high: 100%}"
ONE = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [1, 2, 3, 3, 3]}
    general_fund: {opening: 6, minimum: 2, planned: [0.2, 0, -0.3, 0, 0]}
    pots: {reserve: {opening: 0.6, owner: own}, grant: {opening: 0.5, owner: external}}
"""
TWO = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [1, 2, 3, 3, 3]}
    general_fund: {opening: 6, minimum: 2}
    pots: {reserve: {opening: 0.6, owner: own}}
  b:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1.5}
    general_fund: {opening: 3, minimum: 1}
    pots: {reserve: {opening: 0.2, owner: external}}
"""
SYNTHETIC = {
    "a saving in equal steps, late and in part": f"""{ONE}
measures:
  m: {{council: a, saving: 2, basis: recurring, from: 2020/21, full_from: 2023/24, rises: equal_steps, delay: {LATE}, realisation: {SOME}}}
options: {{o: {{councils: a, measures: m}}}}
""",
    "plans by year, recurring and once": f"""{ONE}
measures:
  m: {{council: a, plan: [0, 0.5, 1.5, 1, 1.2], basis: recurring, delay: {LATE}, scope_growth: {{dist: uniform, low: 90%, high: 130%}}}}
  n: {{council: a, plan: [0, 0.5, 0.7, 0, 0.2], basis: one_off, delay: {LATE}, realisation: {SOME}}}
options: {{o: {{councils: a, measures: [m, n]}}, p: {{councils: a, measures: n}}}}
""",
    "totals, averages and single sums": f"""{ONE}
measures:
  m: {{council: a, saving: 5, basis: cumulative, over: 4 years, from: 2020/21, full_from: 2022/23, delay: {LATE}}}
  n: {{council: a, saving: {{dist: normal, mean: 0.6, sd: 0.1, plan: 0.6}}, basis: annual_average, over: 30 months, from: 2021/22, full_from: 2023/24, rises: equal_steps}}
  k: {{council: a, saving: 0.8, basis: one_off, from: 2021/22, full_from: 2022/23, delay: {LATE}, ends: 2023/24}}
options: {{o: {{councils: a, measures: [m, n, k]}}}}
""",
    "widening, backfilled, gross of its cost, indexed, and ending": f"""{ONE}
measures:
  m:
    council: a
    saving: 2
    basis: recurring
    from: 2020/21
    full_from: 2022/23
    scope_growth: {{dist: lognormal, median: 105%, p90: 130%}}
    backfill: {{dist: uniform, low: 0%, high: 30%}}
    saving_is: gross
    running_cost: {{dist: uniform, low: 0.1, high: 0.4, plan: 0.2}}
    indexed_to: {{dist: normal, mean: 3%, sd: 1%, plan: 2%, varies: yearly}}
    ends: 2023/24
    delay: {LATE}
    overlaps: {{n: 0.4}}
  n: {{council: a, saving: 1, basis: recurring, from: 2021/22, running_cost: 0.2, realisation: {SOME}, indexed_to: 0.01 * (year - 2019)}}
options: {{o: {{councils: a, measures: [m, n]}}}}
""",
    "events that stop, several at once, and what stays": f"""{ONE}
measures:
  m: {{council: a, saving: 2, basis: recurring, from: 2020/21, full_from: 2023/24, delay: {LATE}}}
  n: {{council: a, plan: [0.2, 0.4, 0.6, 0.8, 1], basis: recurring, ends: 2022/23}}
events:
  leaves: {{chance: 40%, each: year, from: 2020-10, until: 2023-06, plan: does_not, stops: [m, n], keeps: {SOME.replace("}", ", plan: 50%}")}, costs: 0.3}}
  breaks: {{chance: {{2021-07: 30%, 2022-04: 40%, 2023-01: 50%}}, plan: does_not, stops: m, keeps: 60%, costs: 0.1}}
  ends: {{chance: 30%, in: 2023/24, plan: does_not, stops: [n, m]}}
options: {{o: {{councils: a, measures: [m, n]}}, p: {{councils: a, measures: n}}}}
""",
    "what must happen first, and what must not": f"""{ONE}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2020/21, full_from: 2021/22, delay: {LATE}, requires: [signs, not fails], one_off: {{c: {{amount: 0.5, in: 2020/21}}, s: {{amount: 0.2, in: 2020/21, sunk: yes}}}}}}
  n: {{council: a, saving: 1, basis: recurring, from: 2021/22, requires: m}}
  k: {{council: a, saving: 1, basis: recurring, from: 2022/23, requires: [n, "not fails"], delay: {LATE}}}
events:
  signs: {{chance: {{2020-10: 50%, 2022-01: 60%}}, plan: happens}}
  fails: {{chance: 20%, each: year, plan: does_not, never_starts: k}}
  slow: {{chance: 50%, plan: does_not, delays: {{m: {LATE.replace("}", ", plan: 0 months}")}, n: 6 months}}}}
options: {{o: {{councils: a, measures: [m, n, k]}}, p: {{councils: a, measures: [m]}}}}
""",
    "shares, elsewhere and rest, and what two schemes count twice": f"""{TWO}
drivers: {{part: {{kind: share, dist: uniform, low: 30%, high: 50%, plan: 40%}}}}
measures:
  m: {{shares: {{a: part, b: rest}}, saving: 2, basis: recurring, from: 2020/21, realisation: {SOME}, overlaps: {{n: {{dist: uniform, low: 0.2, high: 0.6, plan: 0.4}}, k: 0.1}}}}
  n: {{shares: {{a: 20%, b: 50%, elsewhere: rest}}, saving: 1.5, basis: recurring, from: 2021/22, full_from: 2023/24, delay: {LATE}, one_off: {{r: {{amount: 1, in: 2021/22, funded_by: reserve}}}}}}
  k: {{council: b, saving: 0.5, basis: recurring, from: 2020/21, one_off: {{r: {{amount: 0.4, in: 2020/21, shares: {{a: 25%, b: 25%, elsewhere: 50%}}, funded_by: reserve}}}}}}
options: {{o: {{councils: [a, b], measures: [m, n, k]}}, p: {{councils: a, measures: [m, n]}}, q: {{councils: b, measures: [k, n]}}}}
""",
    "costs, who pays them, and when": f"""{ONE}
measures:
  m:
    council: a
    saving: 1
    basis: recurring
    from: 2022/23
    delay: {LATE}
    requires: signs
    local:
      exits: {{kind: count, dist: uniform, low: 2, high: 9.5, plan: 5}}
    one_off:
      redundancy: {{amount: {{sum_of: exits, each: {{dist: lognormal, median: £20k, p90: £90k, plan: £30k}}}}, lead: 18 months, funded_by: [{{grant: 0.1}}, reserve]}}
      systems: {{amount: {{dist: triangular, low: 0.3, mode: 0.5, high: 1.2, plan: 0.5}}, overrun: {{reference: one_off_overrun}}, in: 2020/21, slips: no, sunk: yes, funded_by: [reserve, {{grant: £0.2m}}]}}
      strain: {{amount: exits * 0.03, in: 2021/22, funded_by: [grant]}}
events:
  signs: {{chance: 70%, plan: happens}}
options: {{o: {{councils: a, measures: m}}}}
""",
    "a programme, its single schemes astray": """
councils:
  a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 2}}
programmes: {p: {realisation: {dist: pert, low: 30%, mode: 90%, high: 100%}, individual: 80%}}
measures:
  m: {council: a, programme: p, saving: 1, basis: recurring, from: 2020/21}
  n: {council: a, programme: p, saving: {dist: uniform, low: 0.2, high: 0.8, plan: 0.5}, basis: recurring, from: 2021/22}
  k: {council: a, programme: p, plan: [0, 0.2, 0.4, 0.5, 0.5], basis: recurring}
options: {o: {councils: a, measures: [m, n, k]}, p: {councils: a, measures: n}}
""",
    "measures that slow each other, what they need, cost and overlap": f"""{TWO}
measures:
  m: {{council: a, saving: 1, basis: recurring, from: 2020/21, full_from: 2022/23, delay: {LATE}, effort: 2, slows: {{n: {{dist: uniform, low: 0 months, high: 20 months}}, k: 3 months}}, one_off: {{c: {{amount: 0.5, in: 2020/21, funded_by: reserve}}}}}}
  n: {{shares: {{a: 60%, b: rest}}, saving: 1, basis: recurring, from: 2021/22, full_from: 2022/23, effort: 1, slows: {{m: {{value: 6 months, plan: 2 months}}}}, overlaps: {{m: 0.3}}, one_off: {{c: {{amount: 0.2, in: 2021/22}}}}}}
  k: {{council: a, saving: 0.5, basis: recurring, from: 2022/23, requires: n, slows: {{n: 2 months}}}}
events:
  fails: {{chance: 60%, in: 2022-01, plan: does_not, never_starts: n, costs: 0.1}}
  parts: {{chance: 20%, each: year, plan: does_not, stops: [m, k], keeps: 30%, costs: 0.2}}
  storm: {{chance: 50%, in: 2021-02, plan: happens, delays: {{m: 9 months}}, costs: 0.1}}
options:
  all: {{councils: [a, b], measures: [m, n, k]}}
  two: {{councils: [a, b], measures: [n, m]}}
  one: {{councils: a, measures: m}}
""",
    "lines of every kind, bottom-up, with events that move them": """
drivers: {pay: {kind: share, dist: normal, mean: 2%, sd: 1%, plan: 2%, varies: ar1(0.5)}}
councils:
  a:
    gap: {basis: cumulative_base, plan: sum_of_lines}
    surplus: spent
    pressures:
      pay: {base: {dist: normal, mean: 10, sd: 0.1, plan: 10}, growth: pay + 0.005}
      demand: {plan: [1, 1.2, 1.4, 1.6, 1.8], change: {dist: normal, mean: 0.05, sd: 0.1, varies: walk}}
      flood: {recurring: no, plan: [0, 0.5, 0, 0, 0], change: {dist: uniform, low: -0.2, high: 0.4, varies: yearly}}
    funding:
      grant: {plan: [4, 3.8, 3.6, 3.4, 3.2], realised: {dist: uniform, low: 90%, high: 105%, varies: yearly}}
      tax: {plan: 7, certainty: assumed}
      windfall: {recurring: no, plan: [0.3, 0.1, 0.1, 0.1, 0.1], realised: 90%}
    general_fund: {opening: {dist: normal, mean: 6, sd: 0.3, plan: 6}, minimum: 2}
  b:
    gap: {basis: annual, already_includes_savings: no, plan: [0.5, 0.4, 0.3, 0.2, 0.1]}
    pressures: {rates: {change: [0, 0.1, "where(events.cut, 0.5, 0)", 0.1, 0.2]}}
    general_fund: {opening: 4, minimum: 1}
events:
  cut: {chance: 50%, in: 2021-10, plan: does_not, lines: {councils.a.funding.grant: {change: -0.4, basis: recurring}, councils.b.pressures.rates: {change: 0.2, basis: one_off}}}
  storm: {chance: 30%, each: year, plan: happens, lines: {councils.a.pressures.flood: {change: {dist: uniform, low: 0.1, high: 0.5, plan: 0.3}, basis: one_off}, councils.b.pressures.rates: {change: 0.1, basis: recurring}}}
options: {none: {councils: [a, b]}}
""",
    "figures that build up, and one index for several lines": f"""
drivers:
  cpi: {{kind: share, dist: normal, mean: 2%, sd: 1%, plan: [2%, 2.5%, 2%, 2%, 2%], varies: compounding}}
  wages: {{kind: share, formula: cpi + 0.5 * surprise, varies: compounding}}
  surprise: {{kind: share, dist: uniform, low: -1%, high: 2%, plan: 0%, varies: ar1(-0.4)}}
  prices: {{kind: number, value: 0.03, plan: 0.02, varies: compounding}}
  drift: {{kind: money, dist: triangular, low: -0.1, mode: 0, high: 0.2, plan: 0, varies: reverting(0.7)}}
councils:
  a:
    gap: {{basis: cumulative_base, already_includes_savings: no, plan: [1, 2, 3, 3, 3]}}
    pressures:
      pay: {{base: 10, growth: wages}}
      contracts: {{base: 4, growth: cpi + 0.01}}
      homes: {{base: 2, growth: [cpi, cpi.y2020_21, surprise, 2%, "0.001 * (year - 2019)"]}}
      energy: {{change: 0.3 * (prices - 1) + drift}}
      repairs: {{change: {{dist: normal, mean: 0, sd: 0.1, varies: reverting(0.4)}}}}
    funding:
      rates: {{plan: 5, realised: {{dist: normal, mean: 0%, sd: 2%, varies: compounding}}}}
      fees: {{plan: 2, realised: {{dist: uniform, low: -3%, high: 4%, plan: 1%, varies: compounding}}}}
      tax: {{base: 3, growth: {{dist: normal, mean: 1%, sd: 1%, plan: 1%, varies: walk}}}}
programmes: {{p: {{realisation: {{dist: uniform, low: 40%, high: 90%, varies: yearly}}, individual: 50%}}}}
measures:
  m: {{council: a, programme: p, saving: 1, basis: recurring, from: 2020/21, indexed_to: cpi, scope_growth: {{dist: uniform, low: -4%, high: 5%, varies: compounding}}}}
  n: {{council: a, programme: p, saving: 2 * drivers.cpi.y2021_22, basis: recurring, from: 2021/22, indexed_to: 2 * prices, overlaps: {{m: 0.1}}, one_off: {{c: {{amount: 0.4 * drivers.cpi.y2020_21, in: 2020/21}}}}}}
  k: {{council: a, plan: [0.1, 0.2, 0.3, 0.3, 0.3], basis: recurring, realisation: {{dist: uniform, low: 50%, high: 90%, varies: ar1(0.5)}}, backfill: 0.02 * (year - 2019), delay: {LATE}}}
options: {{o: {{councils: a, measures: [m, n, k]}}}}
""",
    "distributions with parameters that are uncertain themselves": """
drivers:
  level: {kind: share, dist: uniform, low: 1%, high: 3%, plan: 2%}
  unsure: {kind: number, dist: uniform, low: 0.5, high: 1.5, plan: 1}
  pay: {kind: share, dist: normal, hierarchical: yes, mean: level, sd: 0.5%, plan: 2%, varies: ar1(0.5)}
  posts: {kind: count, dist: poisson, hierarchical: yes, mean: 4 * unsure, plan: 4}
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [1, 2, 3, 3, 3]}
    pressures:
      pay: {base: 10, growth: pay}
      care: {change: {dist: normal, hierarchical: yes, mean: 0.1 * (year - 2019), sd: pay + 0.5, varies: walk}}
    funding: {grant: {plan: 5, realised: {dist: uniform, hierarchical: yes, low: 0 - level, high: 2%, varies: compounding}}}
measures:
  m:
    council: a
    saving: {dist: lognormal, hierarchical: yes, mu: 0.1 * unsure, sigma: 0.2, plan: 1}
    basis: recurring
    from: 2020/21
    local: {slow: {kind: number, dist: normal, hierarchical: yes, mean: unsure, sd: 0.1, plan: 1}}
    one_off: {r: {amount: {sum_of: posts, each: {dist: lognormal, median: £20k, p90: £90k, plan: £30k}}, in: 2020/21}}
events: {e: {chance: {dist: uniform, hierarchical: yes, low: 10%, high: 0.2 + level}, in: 2021-10, plan: does_not, stops: m}}
options: {o: {councils: a, measures: m}}
""",
    "a published gap that counts a scheme already": f"""
councils:
  a:
    gap: {{basis: cumulative_base, already_includes_savings: yes, included: [m, n], plan: [0, 0.5, 1, 1, 1]}}
    general_fund: {{opening: 4, minimum: 1}}
measures:
  m: {{council: a, saving: 1.5, basis: recurring, from: 2020/21, full_from: 2022/23, delay: {LATE}, realisation: {SOME}}}
  n: {{shares: {{a: 60%, elsewhere: rest}}, saving: 0.5, basis: recurring, from: 2021/22}}
options: {{none: {{councils: a}}, o: {{councils: a, measures: [m, n]}}}}
""",
}


@pytest.mark.parametrize("name", SYNTHETIC)
def test_every_key_of_the_language_does_what_the_twin_does(name: str) -> None:
    assert compare(parse_config(HEAD + SYNTHETIC[name]), 60) > 0


@pytest.mark.parametrize("name", SYNTHETIC)
def test_the_plan_of_every_synthetic_file_is_the_twins(name: str) -> None:
    config = parse_config(HEAD + SYNTHETIC[name])
    plan = simulate_plan(compile_model(config))
    twin = Twin(Figures(config, {}, plan_of_events(config), plan=True))
    for o, c in plan.model.pairs:
        yearly, tests = fast(plan, o, c)
        _same(
            twin.outcome(plan.model.options[o].id, plan.model.councils[c].id), yearly, tests, 0, f"the plan of {name}"
        )


def test_the_synthetic_files_reach_every_key_of_a_measure_and_of_its_costs() -> None:
    configs = [parse_config(HEAD + text) for text in SYNTHETIC.values()]
    measures = [measure for config in configs for measure in config.measures.values()]
    costs = [cost for measure in measures for cost in measure.one_off.values()]
    said = {key for measure in measures for key in measure.model_fields_set}
    said_of_costs = {key for cost in costs for key in cost.model_fields_set}
    words = {"label", "source", "owner", "note", "double_count", "excludes"}
    assert set(type(measures[0]).model_fields) - words - said == set()
    assert set(type(costs[0]).model_fields) - {*words, "includes_contingency"} - said_of_costs == set()


def test_a_twin_that_never_starts_saves_nothing() -> None:
    config = parse_config(HEAD + SYNTHETIC["what must happen first, and what must not"])
    drawn = {"measures.m.delay": 0.0, "measures.k.delay": 0.0, "events.slow.delays.m": 0.0}
    twin = Twin(Figures(config, drawn, {"signs": NEVER, "fails": NEVER, "slow": NEVER}))
    found = twin.outcome("o", "a")
    assert found.savings == [0.0] * 5
    assert found.one_off_gross == [0.2, 0.0, 0.0, 0.0, 0.0]
