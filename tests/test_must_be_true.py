"""What must be true for an option to be safe, against closed forms and against files that say it outright."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from small_files import drawn, parsed

from simlib import ConfigError, Futures, ModelError, compile_model, load_config, simulate
from simlib.decisions.assumptions import assumptions
from simlib.decisions.break_even import break_even
from simlib.decisions.discovery import _selected, box, peeled
from simlib.decisions.instead import Same, held_at
from simlib.decisions.over_programming import over_programming
from simlib.decisions.question import ask
from simlib.decisions.reverse_stress import reverse_stress
from simlib.decisions.stress import stress
from simlib.musthold import over_programming_sentence

COUNT = 65_536
MEAN, SD, NOISE = 1.2, 0.1, 0.3
LINEAR = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    pressures: {cost: {change: {dist: normal, mean: 0, sd: 0.3, varies: once, plan: 0}}}
measures:
  m: {council: a, saving: SAVING, basis: recurring, from: 2020/21}
options: {o: {councils: a, measures: m}, nothing: {councils: a}}
drivers:
  share: {kind: number, dist: normal, mean: 1.2, sd: 0.1, plan: 1.5}
  unused: {kind: number, dist: uniform, low: 0, high: 1, plan: 0}
"""
COST = "councils.a.pressures.cost.change"


def linear(saving: str = "drivers.share", more: str = "", **options: Any) -> Futures:
    """Give futures of a gap of 1 + cost - saving."""
    return drawn(LINEAR.replace("SAVING", saving) + more, COUNT, **options)


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_break_even_values_of_a_linear_answer_are_normal_quantiles(sampler: str) -> None:
    futures = linear(sampler=sampler)
    same, question = Same.of(futures), ask(futures.model, "o")
    share = break_even(same, question, "drivers.share")
    cost = break_even(same, question, COST)
    assert (share.course.goes, cost.course.goes) == ("rises", "falls")
    for level, from_share, to_cost in zip((0.8, 0.9, 0.95), share.course.reached, cost.course.reached, strict=True):
        z = norm.ppf(level)
        for bound, truth in ((from_share.least, 1 + NOISE * z), (to_cost.most, MEAN - 1 - SD * z)):
            assert bound is not None
            low, high = bound.interval
            assert low is not None
            assert high is not None
            assert low < bound.value < high
            assert abs(bound.value - truth) < 2.5 * (high - low) / 2
        assert from_share.most is to_cost.least is None
    held = same.spare(question, {break_place(futures, COST): np.asarray(cost.course.reached[0].most.value)})  # type: ignore[union-attr]
    assert math.ceil(0.8 * COUNT) == np.count_nonzero(question.holds(held)), "just so many of the same futures"


def break_place(futures: Futures, address: str) -> int:
    return [node.address for node in futures.model.nodes].index(address)


def test_the_plans_own_break_even_leaves_everything_else_as_planned() -> None:
    futures = linear()
    same, question = Same.of(futures), ask(futures.model, "o")
    assert break_even(same, question, "drivers.share").at_plan == pytest.approx((1.0,), abs=1e-12)
    assert break_even(same, question, COST).at_plan == pytest.approx((0.5,), abs=1e-12)
    assert break_even(same, question, "drivers.unused").at_plan == ()


def test_a_plan_that_just_closes_asks_nothing_of_what_it_does_not_depend_on() -> None:
    """Nor of what it depends on beyond a point: then it is that point."""
    body = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 4.1}}}
drivers:
  unused: {kind: number, dist: uniform, low: 0, high: 1, plan: 0.5}
  late: {kind: duration, dist: uniform, low: 0 months, high: 60 months, plan: 0 months}
  posts: {kind: count, dist: discrete, values: [1, 2, 3, 4], weights: [25%, 25%, 25%, 25%], plan: 3}
measures:
  m: {council: a, basis: recurring, from: 2020/21, saving: 2, realisation: {dist: uniform, low: 60%, high: 100%}}
  n: {council: a, basis: recurring, from: 2020/21, saving: 2.1 * drivers.posts / 3, delay: drivers.late}
options: {o: {councils: a, measures: [m, n]}}
"""
    futures = drawn(body, 1_024)
    same, question = Same.of(futures), ask(futures.model, "o")

    def told(address: str) -> tuple[float, ...]:
        return break_even(same, question, address).at_plan

    assert told("drivers.unused") == ()
    assert told("drivers.late") == pytest.approx((4.0,), abs=1e-7), "from four years on it comes after the target"
    assert told("measures.m.realisation") == pytest.approx((1.0,), abs=1e-8)
    assert told("drivers.posts") == (3.0,), "two and a half posts are none"


def test_a_peak_between_the_values_that_are_looked_at_first_is_found() -> None:
    more = "  way: {kind: number, dist: uniform, low: 0, high: 1, plan: 0.5}\n"
    for middle in (0.215, 0.47, 0.82):
        futures = linear(f"2 - 60 * abs(drivers.way - {middle})", more)
        found = break_even(Same.of(futures), ask(futures.model, "o"), "drivers.way", levels=(0.9, 0.95))
        assert found.course.goes == "both ways"
        for each in found.course.reached:
            assert each.holds
            assert each.least is not None
            assert each.most is not None
            half = (1 - NOISE * norm.ppf(each.level)) / 60
            assert (each.least.value + each.most.value) / 2 == pytest.approx(middle, abs=1e-6)
            assert (each.most.value - each.least.value) / 2 == pytest.approx(half, rel=0.03)


def test_what_no_value_reaches_is_said_with_how_far_the_best_one_gets() -> None:
    more = "  low: {kind: number, dist: triangular, low: 0, mode: 1, high: 1.1, plan: 1}\n"
    futures = linear("drivers.low", more)
    found = break_even(Same.of(futures), ask(futures.model, "o"), "drivers.low")
    assert [each.holds for each in found.course.reached] == [False] * 3
    assert found.course.best.value == found.searched[1] == 1.1
    told = found.course.best.chance
    assert abs(told.probability - norm.cdf(0.1 / NOISE)) < 4 * told.error


def test_a_figure_that_does_not_matter_changes_no_future() -> None:
    futures = linear()
    found = break_even(Same.of(futures), ask(futures.model, "o"), "drivers.unused", levels=(0.5, 0.9))
    assert found.course.goes == "level"
    assert len({point.chance.probability for point in found.course.points}) == 1
    assert [(e.holds, e.least, e.most) for e in found.course.reached] == [(True, None, None), (False, None, None)]


def test_a_chance_that_goes_both_ways_is_reached_between_two_values() -> None:
    more = "  way: {kind: number, dist: uniform, low: 0, high: 1, plan: 0.5}\n"
    futures = linear("6 * drivers.way * (1 - drivers.way)", more)
    found = break_even(Same.of(futures), ask(futures.model, "o"), "drivers.way", levels=(0.8,))
    assert found.course.goes == "both ways"
    least, most = found.course.reached[0].least, found.course.reached[0].most
    assert least is not None
    assert most is not None
    assert least.value + most.value == pytest.approx(1.0, abs=1e-7), "as it is even about a half"
    needed = 1 + NOISE * norm.ppf(0.8)
    assert abs(6 * least.value * (1 - least.value) - needed) < 5 * NOISE * math.sqrt(0.8 * 0.2 / COUNT) / norm.pdf(0.84)


def test_of_a_figure_of_single_values_only_these_are_looked_at() -> None:
    more = "  times: {kind: number, dist: discrete, values: [0, 1, 2], weights: [20%, 50%, 30%], plan: 1}\n"
    futures = linear("drivers.share * drivers.times", more)
    found = break_even(Same.of(futures), ask(futures.model, "o"), "drivers.times", levels=(0.7, 0.9))
    assert [point.value for point in found.course.points] == [0.0, 1.0, 2.0]
    assert [each.least.value for each in found.course.reached if each.least] == [1.0, 2.0]


def test_the_factor_to_be_sure_solves_the_normal_equation() -> None:
    futures = linear()
    found = over_programming(futures, ask(futures.model, "o"))
    for each in found.course.reached:
        z = norm.ppf(each.level)
        truth = brentq(lambda f, z=z: (f * MEAN - 1) / math.hypot(f * SD, NOISE) - z, 0.5, 3)
        assert each.least is not None
        low, high = each.least.interval
        assert abs(each.least.value - truth) < 2.5 * (high - low) / 2  # type: ignore[operator]
    assert found.planned == 1.5
    assert found.needed(0.9) == pytest.approx(1.5 * found.course.reached[1].least.value)  # type: ignore[union-attr]


def test_an_amount_of_saving_is_made_sure_by_the_quantile_of_what_is_delivered() -> None:
    futures = linear()
    found = over_programming(futures, ask(futures.model, "o", amount=2.0), levels=(0.9,))
    truth = 2.0 / (MEAN - SD * norm.ppf(0.9))
    assert found.course.reached[0].least is not None
    assert found.course.reached[0].least.value == pytest.approx(truth, abs=0.005)
    with pytest.raises(ModelError, match="expected an option with measures, got 'nothing'"):
        over_programming(futures, ask(futures.model, "nothing"))
    with pytest.raises(ModelError, match="there is no measure 'n' in this option"):
        over_programming(futures, ask(futures.model, "o"), ["n"])


def test_a_slowed_measure_is_named_as_in_the_file() -> None:
    body = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
measures:
  base: {council: a, basis: recurring, from: 2020/21, saving: 1, realisation: {dist: uniform, low: 60%, high: 100%}}
  other: {council: a, basis: recurring, from: 2020/21, saving: 0.1, slows: {base: 3 months}}
options: {o: {councils: a, measures: [base, other]}}
"""
    futures = drawn(body, 4_096)
    question = ask(futures.model, "o")
    assert over_programming(futures, question).measures == ("base", "other")
    found = over_programming(futures, question, ["base"], levels=(0.9,))
    assert found.measures == ("base",)
    assert found.needed(0.9) == pytest.approx(0.9 / 0.64, abs=0.02), "with the other's tenth"


def test_a_plan_whose_measures_overlap_is_said_to_count_that_twice() -> None:
    body = """
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
measures:
  base: {council: a, basis: recurring, from: 2020/21, saving: 1, realisation: {dist: uniform, low: 60%, high: 100%}}
  other: {council: a, basis: recurring, from: 2020/21, saving: 0.4, overlaps: {base: 0.3}}
options: {o: {councils: a, measures: [base, other]}}
"""
    futures = drawn(body, 4_096)
    both, one = (over_programming(futures, ask(futures.model, "o"), names).document() for names in (None, ["base"]))
    assert [(found["planned"], found["overlaps"]) for found in (both, one)] == [(1.4, True), (1.0, False)]
    told = [over_programming_sentence(found, "£m", "It", "of closing the gap") for found in (both, one)]
    assert told[0].startswith("It plans £1.4m a year, counting twice what its measures overlap. To be sure")
    assert told[1].startswith("It plans £1.0m a year. To be sure")


TWO = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: 5, minimum: 1}
measures:
  m:
    council: a
    saving: {dist: triangular, low: 0.5, mode: 1, high: 1.2, plan: 1}
    basis: recurring
    from: 2020/21
    requires: signs
    one_off:
      exits:
        amount: {sum_of: drivers.exits, each: {dist: lognormal, mean: 0.1, sd: 0.1, plan: 0.1}}
        in: 2021/22
  n:
    council: a
    saving: {dist: normal, mean: drivers.exits / 40, sd: 0.2, hierarchical: yes, plan: 0.5}
    basis: recurring
    from: 2020/21
events:
  signs: {chance: drivers.chance, plan: happens}
drivers:
  exits: {kind: count, dist: uniform, low: 5, high: 30, plan: 20}
  chance: {kind: share, dist: uniform, low: 20%, high: 90%, plan: 50%}
  walk: {kind: money, dist: normal, mean: 0, sd: 0.1, varies: walk, plan: 0}
options: {o: {councils: a, measures: [m, n]}}
"""


@pytest.mark.parametrize("sampler", ["random", "sobol", "latin_hypercube"])
@pytest.mark.parametrize("at", ["drivers.exits=12.5", "drivers.chance=70%"])
def test_the_same_futures_with_a_figure_in_place_are_those_of_a_file_that_says_so(sampler: str, at: str) -> None:
    config = parsed(TWO)
    futures = simulate(compile_model(config), 20_000, seed=3, sampler=sampler)
    order = None if futures.order is None else [(str(n), int(y)) for n, y in futures.order]
    said = simulate(compile_model(config.with_overrides([at])), 20_000, seed=3, sampler=sampler, order=order)
    address, _, text = at.partition("=")
    put = {break_place(futures, address): np.asarray(0.7 if "%" in text else float(text))}
    same = Same.of(futures)
    before = same.spare(ask(futures.model, "o"))
    for test in ("target_year", "reserves_hold"):
        found = same.spare(ask(futures.model, "o", test=test), put)
        np.testing.assert_allclose(found, Same.of(said).spare(ask(said.model, "o", test=test)), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(same.spare(ask(futures.model, "o")), before, err_msg="what was there comes back")


def test_a_walk_is_held_at_the_same_step_each_year() -> None:
    varies = compile_model(parsed(TWO)).nodes[break_place(drawn(TWO, 16), "drivers.walk")].varies  # type: ignore[attr-defined]
    assert held_at(varies, 0.1, 4)[:, 0] == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.6])
def test_the_nearest_failure_of_a_linear_answer_is_its_design_point(rho: float) -> None:
    more = f"dependence: {{pair: {{between: [drivers.share, {COST}], correlation: {rho}}}}}\n" if rho else ""
    futures = linear(more=more)
    found = reverse_stress(futures, ask(futures.model, "o"))
    spread = math.sqrt(SD**2 + NOISE**2 - 2 * rho * SD * NOISE)
    beta = (MEAN - 1) / spread
    assert found.beta == pytest.approx(beta, abs=2e-5)
    assert not found.middle_fails
    assert abs(found.fails.probability - norm.cdf(-beta)) < 4 * found.fails.error
    told = {part.assumption.address: part for part in found.parts}
    assert told[COST].value == pytest.approx(beta * (NOISE**2 - rho * SD * NOISE) / spread, abs=2e-3)
    assert told["drivers.share"].value == pytest.approx(MEAN - beta * (SD**2 - rho * SD * NOISE) / spread, abs=2e-3)
    assert sum(part.share for part in found.parts) == pytest.approx(1.0, abs=1e-6)
    assert "drivers.unused" not in told


def test_where_the_middle_fails_the_nearest_way_to_succeed_is_told() -> None:
    futures = linear("0.5 * drivers.share")
    found = reverse_stress(futures, ask(futures.model, "o"))
    assert found.middle_fails
    assert found.beta == pytest.approx((0.5 * MEAN - 1) / math.hypot(0.5 * SD, NOISE), abs=2e-5)
    assert found.spare == pytest.approx(0.5 * MEAN - 1)


def test_an_event_that_alone_can_fail_an_option_is_the_nearest_failure() -> None:
    more = """
events:
  shock: {chance: 10%, plan: does_not, lines: {councils.a.pressures.sure: {change: 0.5, basis: recurring}}}
"""
    sure = "sure: {change: 0}"
    body = LINEAR.replace("cost: {change: {dist: normal, mean: 0, sd: 0.3, varies: once, plan: 0}}", sure)
    futures = drawn(body.replace("SAVING", "1.2") + more, 4_096)
    found = reverse_stress(futures, ask(futures.model, "o"))
    assert found.beta == pytest.approx(norm.ppf(0.9), abs=1e-4)
    assert [(p.assumption.kind, p.value, p.middle) for p in found.parts] == [("event", 1.0, 0.0)]
    other = drawn(body.replace("SAVING", "5") + more, 4_096)
    assert reverse_stress(other, ask(other.model, "o")).distance == math.inf


@pytest.mark.parametrize("chance", [0.002, 0.0005])
def test_an_event_that_hardly_ever_comes_is_still_tried(chance: float) -> None:
    more = f"""
events:
  shock: {{chance: {chance:%}, plan: does_not, lines: {{councils.a.pressures.cost: {{change: 5, basis: recurring}}}}}}
"""
    for seed in range(4):
        futures = drawn(LINEAR.replace("SAVING", "4").replace("sd: 0.3", "sd: 0.05") + more, 1_024, seed=seed)
        found = reverse_stress(futures, ask(futures.model, "o"))
        assert found.beta == pytest.approx(norm.ppf(1 - chance), abs=1e-4)
        assert found.parts[0].assumption.address == "events.shock"


def test_what_counts_only_where_a_rare_event_comes_is_tried_with_it() -> None:
    """The event by itself does no harm: its cost has to be high as well."""
    more = """
  dear: {kind: money, dist: normal, mean: 0, sd: 1, plan: 0}
events:
  shock: {chance: 1%, plan: does_not, lines: {councils.a.pressures.cost: {change: drivers.dear, basis: recurring}}}
"""
    futures = drawn(LINEAR.replace("SAVING", "2.5").replace("sd: 0.3", "sd: 0.01") + more, 1_024)
    found = reverse_stress(futures, ask(futures.model, "o"))
    assert found.beta == pytest.approx(math.hypot(norm.ppf(0.99), 1.5), abs=0.001)
    assert {part.assumption.address for part in found.parts} >= {"events.shock", "drivers.dear"}


def test_peeling_finds_a_known_box_and_leaves_other_figures_out() -> None:
    draws = np.random.default_rng(5).random((6, 20_000))
    hits = (draws[1] > 0.7) & (draws[4] < 0.4) & (draws[4] > 0.1)
    sides = _selected(list(draws), hits, 3)
    assert set(sides) == {1, 4}
    assert sides[1][0] == pytest.approx(0.7, abs=0.02)
    assert sides[1][1] == math.inf
    assert sides[4] == pytest.approx((0.1, 0.4), abs=0.02)
    worth, both = peeled([draws[1], draws[4]], hits)
    assert worth > 0.97
    assert both == [sides[1], sides[4]]


def test_a_box_is_told_in_round_figures_and_counted_in_other_futures() -> None:
    futures = linear("'where(drivers.share < 1.1, -0.5, 3) * where(drivers.unused > 0.5, 1.6, 1)'")
    found = box(futures, ask(futures.model, "o"), most=2)
    assert found is not None
    assert found.fails
    assert [(each.assumption.address, each.least, each.most) for each in found.limits] == [("drivers.share", None, 1.1)]
    assert found.limits[0].most_words == "1.1"
    assert found.density.probability > 0.98
    assert found.coverage.probability > 0.98
    assert abs(found.size.probability - norm.cdf(-1)) < 4 * found.size.error
    assert found.density.count < COUNT / 2 * 0.2


@pytest.mark.parametrize(
    ("stated", "fails", "limits", "words"),
    [
        ("dist: uniform, low: 0, high: 1", "where(drivers.way > 0.31, where(drivers.way < 0.34, 0, 3), 3)",
         (0.31, 0.34), ("0.31", "0.34")),
        ("dist: discrete, values: [0, 0.25, 0.5, 0.75, 1], weights: [20%, 30%, 25%, 15%, 10%]",
         "where(drivers.way > 0.7, 0, 3)", (0.75, None), ("0.75", None)),
    ],
    ids=["narrow", "single values"],
)  # fmt: skip
def test_rounding_a_box_leaves_what_it_holds(
    stated: str, fails: str, limits: tuple[float, float | None], words: tuple[str, str | None]
) -> None:
    futures = linear(f"'{fails}'", f"  way: {{kind: number, {stated}, plan: 0}}\n")
    found = box(futures, ask(futures.model, "o"))
    assert found is not None
    [limit] = found.limits
    assert (limit.least, limit.most) == limits
    assert (limit.least_words, limit.most_words) == words
    assert found.density.probability > 0.99
    assert found.coverage.probability > 0.95


def test_no_box_is_told_where_too_few_futures_fail() -> None:
    futures = linear("5 * drivers.share")
    assert box(futures, ask(futures.model, "o")) is None


STRESS = """
stress:
  dear:
    label: Dear times
    why: somebody asked
    set: {councils.a.pressures.cost.change: {dist: normal, mean: 0.5, sd: 0.3}}
  small: {why: somebody asked, set: {drivers.share: 1.1}}
"""


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_a_stress_scenario_is_placed_among_the_files_own_futures(sampler: str) -> None:
    futures = linear(more=STRESS, sampler=sampler)
    dear, small = stress(futures)
    assert (dear.id, dear.label, small.label) == ("dear", "Dear times", "small")
    laid, spread = dear.pairs["o", "a"], math.hypot(SD, NOISE)
    assert abs(laid.closes.probability - norm.cdf((MEAN - 1.5) / spread)) < 4 * laid.closes.error + 1e-9
    told = laid.middle_worse_than
    middle = 1.25 / math.sqrt(COUNT)  # error of a median, in standard deviations
    assert abs(told.probability - norm.cdf(0.5 / spread)) < 5 * (told.error + norm.pdf(0.5 / spread) * middle)
    base = futures.readings["readings", "", "o", "a"].sum() / COUNT
    assert laid.change[0] == pytest.approx(laid.closes.probability - base, abs=1e-12), "on the same futures"
    assert laid.change[1] < 4 / math.sqrt(COUNT)
    assert laid.plan == pytest.approx(1 + 0.5 - 1.5), "the plan, if just this came"
    assert small.pairs["o", "a"].plan == pytest.approx(1 - 1.1)
    assert small.pairs["nothing", "a"].change == (0.0, 0.0)
    plan = small.pairs["o", "a"].plan_worse_than
    assert abs(plan.probability - norm.cdf((-0.1 + 0.2) / spread)) < 4 * plan.error + 1e-3


def test_a_stress_scenario_is_checked_as_a_whole_file() -> None:
    bad = STRESS + "  typo: {why: a slip, set: {drivers.shore.mean: 1}}\n  run: {why: no, set: {money: £k}}\n"
    with pytest.raises(ConfigError) as trouble:
        parsed(LINEAR.replace("SAVING", "drivers.share") + bad)
    assert "there is no 'shore' in drivers; did you mean 'share'? (in the stress scenario 'typo')" in str(trouble.value)
    assert "a stress scenario is run on the same futures as the file; it cannot set 'money'" in str(trouble.value)
    config = parsed(LINEAR.replace("SAVING", "drivers.share") + STRESS)
    assert config.with_stress("small").stressed == "small"
    assert config.with_stress("small").digest != config.digest
    assert config.with_stress("small").with_overrides({"drivers.unused": "0.5"}).drivers["share"].value == 1.1
    with pytest.raises(ConfigError, match="there is no such stress scenario"):
        config.with_stress("dire")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"option": "p"}, "there is no option 'p'"),
        ({"option": "o", "council": "b"}, "expected a council of this option, a, got 'b'"),
        ({"option": "o", "test": "now"}, "expected one of target_year, in_year"),
        ({"option": "o", "test": "reserves_hold"}, "the test 'reserves_hold' does not apply"),
    ],
)
def test_a_question_that_has_no_answer_is_refused(words: dict[str, str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ask(compile_model(parsed(LINEAR.replace("SAVING", "drivers.share"))), **words)  # type: ignore[arg-type]


def test_an_address_without_a_distribution_is_refused() -> None:
    futures = linear()
    with pytest.raises(ModelError, match=r"expected a figure with a distribution; did you mean 'drivers\.share'"):
        break_even(Same.of(futures), ask(futures.model, "o"), "drivers.shore")


def test_each_test_has_to_spare_just_where_the_run_says_it_holds(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    futures = simulate(model, 4_096, seed=7)
    same, part = Same.of(futures), futures.readouts
    for key, holds in part.items():
        if key[0] == "options" and key[3:4] == ("closes",):
            question = ask(model, key[1], key[2], test=key[4])
            np.testing.assert_array_equal(question.holds(same.spare(question)), holds, err_msg=str(key))


def test_the_solo_case_of_south_somerset_needs_what_doc_2_implies(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    futures = simulate(model, 16_384)
    same, question = Same.of(futures), ask(model, "solo")
    found = break_even(same, question, "programmes.solo.realisation")
    assert found.at_plan == pytest.approx((4.1 / 4.2,), abs=1e-9)
    assert f"{found.at_plan[0]:.1%}" == "97.6%"
    assert not any(each.holds for each in found.course.reached), "not even all of it makes the solo case safe"
    assert found.course.best.value == 1.0
    names = {known.address for known, _ in assumptions(model, futures.values, futures.held)}
    assert {"events.partner_signs", "measures.transformation.delay"} < names
