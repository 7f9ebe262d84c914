"""The cheapest bundle: against brute force through the whole model, and cases whose answer is known."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from small_files import HEAD, parsed

from simlib import ConfigError, ModelError, compile_model, load_config, loops, simulate
from simlib.decisions.admissible import added_up, admitted, keeps, rules_of
from simlib.decisions.bundle_counting import Sums, closing, holding_sets
from simlib.decisions.bundle_program import least_costly, surest
from simlib.decisions.bundle_terms import pool_of, sums_of, with_options
from simlib.decisions.bundles import cheapest_bundles, fresh_seed

COUNT = 2_000
GAP = "gap: {basis: cumulative_base, already_includes_savings: no, plan: GAP}, general_fund: {opening: 5, minimum: 1}"
# Everything by which measures meet: overlaps, slowing (also of what another requires), requirements, exclusion, effort.
MEETING = f"""
councils: {{a: {{{GAP.replace("GAP", "1.4")}}}, b: {{{GAP.replace("GAP", "0.5")}}}}}
programmes: {{all: {{realisation: {{dist: beta, alpha: 8, beta: 2}}, individual: 50%}}}}
events:
  leaves: {{chance: 10%, each: year, plan: does_not, stops: shared, costs: 0.2}}
  late: {{chance: 30%, in: 2021/22, plan: does_not, never_starts: base}}
measures:
  top:
    council: a
    basis: recurring
    from: 2022/23
    full_from: 2023/24
    saving: {{dist: uniform, low: 0.2, high: 0.5, plan: 0.3}}
    requires: base
    effort: 1
  base:
    council: a
    programme: all
    basis: recurring
    from: 2021/22
    full_from: 2023/24
    saving: 0.6
    delay: {{dist: triangular, low: 0 months, mode: 6 months, high: 18 months}}
    one_off: {{set_up: {{amount: 0.5, overrun: {{dist: uniform, low: 100%, high: 160%}}, in: 2021/22}}}}
    effort: 2
  shared:
    shares: {{a: 60%, b: rest}}
    programme: all
    basis: recurring
    from: 2021/22
    saving: 1
    slows: {{base: {{dist: uniform, low: 0 months, high: 24 months, plan: 6 months}}, quick: 12 months}}
    overlaps: {{base: {{dist: uniform, low: 0, high: 0.3, plan: 0.1}}, quick: 0.1}}
    one_off: {{joining: {{amount: 0.2, in: 2020/21}}}}
    effort: 1
  quick:
    council: a
    basis: recurring
    from: 2021/22
    full_from: 2022/23
    saving: 0.4
    realisation: {{dist: uniform, low: 60%, high: 100%}}
    slows: {{base: 3 months}}
  other:
    council: a
    basis: recurring
    from: 2020/21
    saving: 0.3
    excludes: top
  theirs: {{council: b, basis: recurring, from: 2020/21, saving: {{dist: uniform, low: 0, high: 0.4, plan: 0.2}}}}
options: {{o: {{councils: [a, b], measures: [base, shared]}}}}
"""


def every_set(names: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give every set of some names with its bits."""
    for size in range(len(names) + 1):
        for chosen in combinations(range(len(names)), size):
            yield sum(1 << k for k in chosen), tuple(names[k] for k in chosen)


@pytest.mark.parametrize("councils", [("a",), ("b",), ("a", "b")], ids="+".join)
@pytest.mark.parametrize("test", ["target_year", "in_year", "from_target_year", "every_year"])
def test_sums_of_terms_are_in_every_future_what_the_whole_model_gives(test: str, councils: tuple[str, ...]) -> None:
    config = parsed(MEETING, HEAD + f"closes: {test}\n")
    names = tuple(config.measures)
    pool = pool_of(config, councils, names)
    sums = sums_of(pool, simulate(pool.model, COUNT, seed=3))
    sets = dict(every_set(names))
    model = with_options(config, councils, list(sets.values()))
    futures = simulate(model, COUNT, seed=3)
    where = councils[0] if len(councils) == 1 else "jointly"
    counted = closing(sums, np.ones(1 << len(names), dtype=bool))
    for i, own in enumerate(sets):
        truth = int(futures.readings["readings", "", f"bundle_{i}", where].sum())
        assert counted[own] == truth == np.count_nonzero(holding_sets(sums, own)), sets[own]
    assert len(set(counted.tolist())) > 4 or (test == "every_year" and max(counted) == 0) or councils == ("b",)


def test_compiled_loops_count_what_numpy_counts() -> None:
    draws = np.random.default_rng(8)
    terms = (*(1 << b for b in range(7)), 0b11, 0b1110, 0b10010, 0b1100000)
    sums = Sums(draws.normal(1.5, 1, (2, 3_000)), terms, draws.uniform(-0.2, 1, (len(terms), 2, 3_000)), 7)
    wanted = draws.random(128) < 0.6
    before = loops.on()
    loops.stop()
    expected = closing(sums, wanted)
    if loops.start() is None:
        for jobs in (1, 2):
            np.testing.assert_array_equal(closing(sums, wanted, n_jobs=jobs), expected)
    if not before:
        loops.stop()
    assert (expected[~wanted] == -1).all()


def test_only_sets_that_the_file_allows_are_admitted() -> None:
    config = parsed(MEETING + "decision: {capacity: 2}\n", HEAD)
    names = tuple(config.measures)
    kept = admitted(rules_of(config, names), len(names))
    building = {"base": (2021, 2022), "shared": (2021,), "top": (2022,)}  # the others take no effort
    for own, chosen in every_set(names):
        allowed = not ("top" in chosen and ("base" not in chosen or "other" in chosen))
        for year in (2020, 2021, 2022):
            effort = sum(config.measures[name].effort or 0 for name in chosen if year in building.get(name, ()))
            allowed = allowed and effort <= 2
        assert kept[own] == allowed == keeps(rules_of(config, names), own), chosen
    np.testing.assert_array_equal(added_up([1.0, 2.0, 4.0]), np.arange(8.0))


@pytest.mark.parametrize("objective", ["one_off", "saving_sought"])
def test_the_cheapest_bundle_is_that_of_brute_force(objective: str) -> None:
    model = compile_model(parsed(MEETING.replace("plan: 1.4", "plan: 1.1"), HEAD))
    levels = (0.3, 0.6, 0.8, 0.999)
    found = cheapest_bundles(model, ["a"], objective=objective, levels=levels, simulations=COUNT, seed=5)  # type: ignore[arg-type]
    assert found.exact
    assert found.agreed
    assert found.admissible == 2**5 - 8 - 4  # of the council's five measures: top needs base, and excludes other
    assert set(found.measures) == {"top", "base", "shared", "quick", "other"}
    costs, chances = {}, {}
    kept = admitted(rules_of(model.config, found.measures), 5)
    sets = {own: chosen for own, chosen in every_set(found.measures) if kept[own]}
    brute = simulate(with_options(model.config, ["a"], list(sets.values())), COUNT, seed=5)
    spent = [float(cost.sum(axis=0).mean()) for cost in brute.delivery.costs]  # nothing where it never starts
    one_off = {"base": spent[0], "shared": 0.6 * spent[1]}
    sought = {"top": 0.3, "base": 0.6, "shared": 0.6, "quick": 0.4, "other": 0.3}
    for i, chosen in enumerate(sets.values()):
        costs[chosen] = sum((one_off if objective == "one_off" else sought).get(name, 0.0) for name in chosen)
        chances[chosen] = int(brute.readings["readings", "", f"bundle_{i}", "a"].sum()) / COUNT
    for answer in found.answers:
        enough = [chosen for chosen, chance in chances.items() if chance >= answer.level]
        if answer.cheapest is None:
            assert not enough
            continue
        assert getattr(answer.cheapest, objective) == pytest.approx(min(costs[chosen] for chosen in enough), abs=1e-9)
        assert answer.cheapest.chance.probability == chances[answer.cheapest.measures] >= answer.level
        fresh = answer.cheapest.fresh
        assert abs(fresh.probability - answer.cheapest.chance.probability) < 6 * fresh.error
        assert answer.settled == (fresh.interval[0] >= answer.level)
    assert found.best.chance.probability == max(chances.values())
    gained = [(getattr(each, objective), each.chance.probability) for each in found.frontier]
    assert gained == sorted(gained)
    assert len({chance for _, chance in gained}) == len(gained)
    assert found.frontier[-1] == found.best
    for cost, chance in gained:
        assert chance == max(chances[chosen] for chosen in chances if costs[chosen] <= cost + 1e-9)


def test_where_no_bundle_is_sure_enough_it_is_said_how_far_the_best_gets(root: object) -> None:
    model = compile_model(load_config(f"{root}/configs/south_somerset.yaml"))
    found = cheapest_bundles(model, ["south_somerset"], simulations=8_192)
    assert [answer.cheapest for answer in found.answers] == [None] * 3
    assert found.admissible == 64
    assert found.agreed
    assert set(found.best.measures) == set(model.config.measures)
    assert abs(found.best.fresh.probability - 0.416) < 4 * found.best.fresh.error


def test_near_ties_are_told_of() -> None:
    body = f"councils: {{a: {{{GAP.replace('GAP', '1')}}}}}\nmeasures:\n"
    for name, cost in {"x": 1.0, "y": 1.02, "z": 2.0}.items():
        body += f"  {name}: {{council: a, basis: recurring, from: 2020/21, saving: 1.2, "
        body += f"realisation: {{dist: beta, alpha: 20, beta: 1}}, one_off: {{it: {{amount: {cost}, in: 2020/21}}}}}}\n"
    found = cheapest_bundles(compile_model(parsed(body, HEAD)), ["a"], levels=[0.9], simulations=COUNT, seed=2)
    answer = found.answers[0]
    assert answer.cheapest is not None
    assert answer.cheapest.measures == ("x",)
    assert [each.measures for each in answer.near] == [("y",)]


def test_a_measure_that_is_slowed_is_as_late_as_one_that_says_so_itself() -> None:
    slowed = """
measures:
  m: {council: a, basis: recurring, from: 2021/22, saving: 1, delay: {dist: uniform, low: 0 months, high: 12 months}}
  n: {council: a, basis: recurring, from: 2020/21, saving: 1, slows: {m: 15 months}}
options: {alone: {councils: a, measures: m}, o: {councils: a, measures: [m, n]}}
"""
    council = f"councils: {{a: {{{GAP.replace('GAP', '2')}}}}}\n"
    # The same by hand: the delay says the fifteen months as well.
    by_hand = slowed.replace("slows: {m: 15 months}", "realisation: 100%")
    by_hand = by_hand.replace("low: 0 months, high: 12 months", "low: 15 months, high: 27 months")
    one, two = (simulate(compile_model(parsed(council + text, HEAD)), 500, seed=4) for text in (slowed, by_hand))
    for name in ("savings", "gap_recurring", "general_fund"):
        own, hand = (each.dataset[name].sel(option="o", council="a").values for each in (one, two))
        np.testing.assert_allclose(own, hand, rtol=1e-12, atol=1e-12)
    alone = one.dataset["savings"].sel(option="alone", council="a").values
    assert (alone.sum(axis=0) > two.dataset["savings"].sel(option="alone", council="a").values.sum(axis=0)).all()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("slows: {base: 3 months}", "slows: {bass: 3 months}"), r"slows\.bass: there is no measure 'bass'"),
        (("slows: {base: 3 months}", "slows: {quick: 3 months}"), "a measure cannot slow itself; say delay"),
        (("effort: 2", "effort: -2"), r"measures\.base\.effort: expected 0 or more, got -2"),
        (("effort: 2", "effort: 9"), r"expected no more than decision\.capacity, 3, got 9"),
        (("capacity: 3", "capacity: 0"), r"decision\.capacity: expected a number above 0, got 0"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parsed((MEETING + "decision: {capacity: 3}\n").replace(*change), HEAD)


def test_what_cannot_be_looked_for_is_refused() -> None:
    config = parsed(MEETING, HEAD)
    for wrong, complaint in {("nobody",): "there is no such council", (): "expected councils"}.items():
        with pytest.raises(ModelError, match=complaint):
            cheapest_bundles(compile_model(config), wrong)
    with pytest.raises(ModelError, match=r"measures\.nothing: there is no such measure"):
        cheapest_bundles(compile_model(config), ["a"], measures=["nothing"])
    reserves = compile_model(parsed(MEETING, HEAD + "closes: reserves_hold\n"))
    with pytest.raises(ModelError, match="what pots pay is no sum over measures"):
        cheapest_bundles(reserves, ["a"], simulations=64)


def test_a_fresh_seed_is_another_one_each_time_the_same() -> None:
    assert fresh_seed(1) == fresh_seed(1)
    assert len({fresh_seed(seed) for seed in range(50)} | set(range(50))) == 100


# --- too many to count ---------------------------------------------------------------------------------------


def test_a_program_finds_what_counting_finds_where_both_can_be_had() -> None:
    config = parsed((MEETING + "decision: {capacity: 3}\n").replace("plan: 1.4", "plan: 1.1"), HEAD)
    names = ("top", "base", "shared", "quick", "other")
    pool, rules = pool_of(config, ["a"], names), rules_of(config, names)
    sums = sums_of(pool, simulate(pool.model, 200, seed=9))  # all of them are in the program
    costs = [0.1, 0.6, 0.12, 0.05, 0.3]
    counts = closing(sums, admitted(rules, 5))
    for level in (0.2, 0.5, 0.8):
        own = least_costly(sums, rules, costs, level)
        enough = np.flatnonzero(counts >= level * 200)
        if not len(enough):
            assert own is None
            continue
        assert own is not None
        assert counts[own] >= level * 200
        assert added_up(costs)[own] == pytest.approx(added_up(costs)[enough].min())
    assert counts[surest(sums, rules, 0)] == counts.max()
    assert least_costly(sums, rules, costs, 1.0) is None or counts.max() == 200


def twelve() -> str:
    """Give twelve measures that overlap, slow, need and exclude each other within a capacity."""
    draws = np.random.default_rng(1)
    meets = {3: "slows: {m4: 6 months}", 5: "overlaps: {m6: 0.1, m7: 0.1}", 8: "requires: m9", 10: "excludes: m11"}
    body = f"decision: {{capacity: 9}}\ncouncils: {{a: {{{GAP.replace('GAP', '3')}}}}}\nmeasures:\n"
    for i in range(12):
        amount, shape, cost = draws.uniform(0.2, 1), draws.uniform(3, 18), draws.uniform(0.1, 2)
        body += f"  m{i}: {{council: a, basis: recurring, from: 2020/21, full_from: 2022/23, effort: 1, "
        body += f"saving: {amount:.2f}, realisation: {{dist: beta, alpha: {shape:.1f}, beta: 2}}, "
        body += f"one_off: {{it: {{amount: {cost:.2f}, in: 2020/21}}}}{', ' + meets[i] if i in meets else ''}}}\n"
    return body


def test_what_is_looked_for_is_what_counting_finds_of_twelve_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    model = compile_model(parsed(twelve(), HEAD))
    counted = cheapest_bundles(model, ["a"], levels=[0.99], simulations=2_000, seed=1)
    monkeypatch.setattr("simlib.decisions.bundles.MOST_EXACT", 0)
    looked_for = cheapest_bundles(model, ["a"], levels=[0.99], simulations=2_000, seed=1)
    assert (counted.exact, looked_for.exact) == (True, False)
    cheapest, found = counted.answers[0].cheapest, looked_for.answers[0].cheapest
    assert cheapest is not None
    assert found is not None
    assert found.chance.probability >= 0.99
    assert found.one_off == pytest.approx(cheapest.one_off)


def test_that_there_is_no_bundle_is_settled_only_where_all_were_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    model = compile_model(parsed(MEETING, HEAD))
    [counted] = cheapest_bundles(model, ["a"], levels=[0.999], simulations=200, seed=1).answers
    monkeypatch.setattr("simlib.decisions.bundles.MOST_EXACT", 0)
    [looked_for] = cheapest_bundles(model, ["a"], levels=[0.999], simulations=200, seed=1).answers
    assert counted.cheapest is looked_for.cheapest is None
    assert (counted.settled, looked_for.settled) == (True, False)


def test_of_many_measures_few_of_the_best_value_are_taken() -> None:
    body = f"councils: {{a: {{{GAP.replace('GAP', '5')}}}}}\nmeasures:\n"
    for i in range(24):
        body += f"  m{i}: {{council: a, basis: recurring, from: 2020/21, saving: 1, "
        body += "realisation: {dist: uniform, low: 50%, high: 100%}, "
        body += f"one_off: {{it: {{amount: {1 + 0.3 * i:.1f}, in: 2020/21}}}}}}\n"
    found = cheapest_bundles(compile_model(parsed(body, HEAD)), ["a"], levels=[0.9], simulations=4_000, seed=1)
    assert not found.exact
    assert found.admissible is None
    assert found.agreed
    answer = found.answers[0]
    # Each brings 0.75 with a variance of 1/48: eight are needed for 5 in 9 of 10 futures; the first are cheapest.
    assert answer.cheapest is not None
    assert answer.cheapest.measures == tuple(f"m{i}" for i in range(8))
    assert answer.cheapest.fresh.probability >= 0.9
    assert found.best.chance.probability == 1.0
