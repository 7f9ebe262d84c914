"""Dependence in whole models: what a file states is what its futures have, and is told as what it is."""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import ranks, spearman, tail_dependence
from scipy import stats
from small_files import COUNCIL, document_of, drawn, parsed

from simlib import compile_model, load_config, simulate
from simlib.config import Config, parse_config
from simlib.correlating import FAR, RANKED, correlation_checks, dependence, rank_correlations
from simlib.dependence import MOST_JOINT, CommonFactor
from simlib.errors import ModelError
from simlib.results import Futures
from simlib.sampling import CHUNK, SAMPLERS, Dimension, joint_chance, to_spearman
from simlib.statements import STRENGTHS

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEAD = "simlib: 1\ntitle: a small file\nyears: 2020/21 to 2023/24\n"
FOUR = """drivers:
  a: {dist: normal, mean: 0, sd: 1}
  b: {dist: lognormal, mean: 2, sd: 1}
  c: {dist: uniform, low: 0, high: 1}
  d: {dist: gamma, mean: 2, sd: 2}
  carried: {dist: normal, mean: 0, sd: 1, varies: ar1(0.8)}
  loosely: {dist: normal, mean: 0, sd: 1, varies: ar1(0.3)}
  anew: {dist: normal, mean: 0, sd: 1, varies: yearly}
  walking: {dist: normal, mean: 0, sd: 1, varies: walk}
"""


def small(sections: str, body: str = FOUR) -> Config:
    return parsed(f"{body}dependence:\n" + "".join(f"  {line}\n" for line in sections.strip().split("\n")), HEAD)


def futures_of(sections: str, count: int = CHUNK, body: str = FOUR, **options: Any) -> Futures:
    return simulate(compile_model(small(sections, body)), count, **{"seed": 1, **options})


def only_pairs(found: dict[str, Any], name: str = "x") -> list[dict[str, Any]]:
    pairs: list[dict[str, Any]] = found[name]["pairs"]
    return pairs


def errors_off(pair: dict[str, Any]) -> float:
    return float(abs(pair["achieved"] - pair["implied"]) / pair["error"])


def refused(sections: str) -> str:
    with pytest.raises(ModelError) as caught:
        compile_model(small(sections))
    return str(caught.value).partition(" dependence.")[2]


# ---- Ways of stating it ------------------------------------------------------------------------------------

SAID = {
    "rank_correlation: 0.5": (2 * math.sin(math.pi / 12), 0.5),
    "correlation: 0.5": (0.5, 6 / math.pi * math.asin(0.25)),
    "strength: high": (2 * math.sin(math.pi * 0.8 / 6), 0.8),
    "strength: none": (0.0, 0.0),
    "concordance: 7 of 10": (math.sin(0.2 * math.pi), 6 / math.pi * math.asin(math.sin(0.2 * math.pi) / 2)),
    "rank_correlations: [[1], [-0.5, 1]]": (-2 * math.sin(math.pi / 12), -0.5),
    "correlations: [[1, -0.5], [-0.5, 1]]": (-0.5, -6 / math.pi * math.asin(0.25)),
}


@pytest.mark.parametrize("said", SAID)
def test_every_way_of_stating_it_means_what_its_formula_says(said: str) -> None:
    normal, rank = SAID[said]
    futures = futures_of(f"x: {{among: [drivers.a, drivers.b], {said}}}")
    (statement,) = futures.model.dependences.statements
    assert statement.asked.form == said.partition(":")[0]
    assert statement.asked.normal == pytest.approx(normal, abs=1e-12)
    assert statement.rank_correlation == pytest.approx(rank, abs=1e-12)
    (pair,) = only_pairs(dependence(futures))
    assert pair["asked"] == pytest.approx(rank, abs=1e-12)
    assert pair["implied"] == pytest.approx(rank, abs=1e-12)
    assert abs(spearman(futures.drivers["drivers.a"], futures.drivers["drivers.b"]) - rank) < 5 * pair["error"]


def test_what_is_stated_below_the_middle_is_counted_below_the_middle() -> None:
    for copula in ("", ", copula: t, df: 2"):
        futures = futures_of(f"x: {{between: [drivers.a, drivers.b], concordance: 7 of 10{copula}}}")
        a, b = (futures.drivers[f"drivers.{name}"] for name in "ab")
        low = a < 0
        assert abs(float(np.mean(b[low] < np.median(b))) - 0.7) < 5 * math.sqrt(0.21 / low.sum())


def test_words_stand_for_values_in_order() -> None:
    assert list(STRENGTHS.values()) == sorted(STRENGTHS.values()) == [0.0, 0.2, 0.5, 0.8]


def test_a_whole_matrix_and_its_lower_triangle_are_one_statement() -> None:
    among = "among: [drivers.a, drivers.b, drivers.c]"
    whole = futures_of(f"x: {{{among}, rank_correlations: [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]}}", 64)
    lower = futures_of(f"x: {{{among}, rank_correlations: [[1], [0.5, 1], [0.2, 0.3, 1]]}}", 64)
    for name, values in whole.drivers.items():
        assert np.array_equal(values, lower.drivers[name])


def test_a_figure_of_a_matrix_that_is_made_certain_leaves_the_others_as_they_are() -> None:
    config = small("x: {among: [drivers.a, drivers.b, drivers.c], rank_correlations: [[1], [0.5, 1], [0.2, 0.3, 1]]}")
    model = compile_model(config.with_overrides({"drivers.a": "1"}))
    (link,) = model.dependences.links
    assert {link.first.name, link.second.name} == {"drivers.b", "drivers.c"}
    assert link.statement.rank_correlation == 0.3


# ---- Thirty drivers ----------------------------------------------------------------------------------------

NAMES = [f"drivers.d{i}" for i in range(30)]


@cache
def thirty() -> np.ndarray:
    """Give a valid 30 by 30 matrix of rank correlations."""
    numbers = np.random.Generator(np.random.SFC64(5))
    loadings = numbers.standard_normal((30, 4))
    covariance = loadings @ loadings.T + np.diag(numbers.uniform(0.5, 3.0, 30))
    scale = 1 / np.sqrt(np.diag(covariance))
    found = np.round(np.asarray(to_spearman(np.clip(covariance * np.outer(scale, scale), -1, 1))), 3)
    np.fill_diagonal(found, 1.0)
    return found


def model_of_thirty(copula: str = "") -> Any:
    families = ("normal, mean: 0, sd: 1", "lognormal, mean: 2, sd: 3", "uniform, low: 0, high: 1")
    drivers = "".join(f"  {name[8:]}: {{dist: {families[i % 3]}}}\n" for i, name in enumerate(NAMES))
    matrix = f"among: [{', '.join(NAMES)}], rank_correlations: {json.dumps(thirty().tolist())}{copula}"
    return compile_model(parse_config(f"{HEAD}drivers:\n{drivers}dependence:\n  x: {{{matrix}}}\n"))


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
@pytest.mark.parametrize("copula", ["", ", copula: t, df: 3"])
def test_thirty_drivers_achieve_every_one_of_their_rank_correlations(sampler: str, copula: str) -> None:
    count = RANKED // 4
    futures = simulate(model_of_thirty(copula), count, seed=3, sampler=sampler)  # 1 seed in 30 has a pair beyond four
    found = dependence(futures)
    pairs = only_pairs(found)
    assert len(pairs) == 435
    assert not futures.model.dependences.repairs
    values = np.stack([futures.drivers[name] for name in NAMES])
    independent = np.asarray(stats.spearmanr(values, axis=1).statistic)
    asked = thirty()
    error = 1.35 * (1 - asked**2) * np.sqrt((1 + asked**2 / 2) / count)
    assert np.max(np.abs(independent - asked)[np.triu_indices(30, 1)] / error[np.triu_indices(30, 1)]) < 4
    assert max(errors_off(pair) for pair in pairs) < FAR
    achieved = {tuple(pair["between"]): pair["achieved"] for pair in pairs}
    assert achieved[NAMES[3], NAMES[17]] == pytest.approx(independent[3, 17], abs=1e-12)
    assert [level for level, _, _ in correlation_checks(found)] == ["note"]


# ---- Copulas -----------------------------------------------------------------------------------------------


def test_extremes_of_a_group_meet_as_often_as_its_copula_says() -> None:
    sections = """t: {between: [drivers.a, drivers.b], correlation: 0.5, copula: t, df: 2}
g: {between: [drivers.c, drivers.d], correlation: 0.5}"""
    futures = futures_of(sections, 8 * CHUNK)
    p = 0.01
    for first, second, df in (("a", "b", 2.0), ("c", "d", math.inf)):
        one, other = (futures.drivers[f"drivers.{name}"] for name in (first, second))
        for sign in (1, -1):
            met = np.mean(np.logical_and(*(x > np.quantile(x, 1 - p) for x in (sign * one, sign * other))))
            truth = float(joint_chance(p, p, 0.5, df))
            assert abs(met - truth) < 5 * math.sqrt(truth / one.size)
    assert float(joint_chance(p, p, 0.5, 2.0)) > 2.5 * float(joint_chance(p, p, 0.5))
    assert float(joint_chance(p, p, 0.5, 2.0)) / p > tail_dependence(0.5, 2.0)


def test_uncorrelated_members_of_a_t_copula_are_extreme_together() -> None:
    futures = futures_of("x: {among: [drivers.a, drivers.b, drivers.c], strength: none, copula: t, df: 2}", 2 * CHUNK)
    a, b = (futures.drivers[f"drivers.{name}"] for name in "ab")
    size = [np.abs(ranks(values)) for values in (a, b)]
    assert spearman(*size) > 0.2
    assert abs(spearman(a, b)) < 5 * 1.35 / math.sqrt(a.size)


def test_a_new_member_of_a_pattern_moves_nobody_with_a_t_copula_either() -> None:
    section = "x: {among: drivers.*, strength: medium, copula: t, df: 4}"
    body = "drivers:\n  a: {dist: normal, mean: 0, sd: 1}\n  b: {dist: normal, mean: 0, sd: 1}\n"
    before = futures_of(section, 64, body)
    after = futures_of(section, 64, body + "  c: {dist: normal, mean: 0, sd: 1}\n")
    assert isinstance(before.model.dependences.groups[Dimension("drivers.a")], CommonFactor)
    assert all(np.array_equal(values, after.drivers[name]) for name, values in before.drivers.items())


def test_sections_that_share_a_figure_need_one_copula() -> None:
    t = "{between: [drivers.a, drivers.b], strength: low, copula: t, df: 4}"
    assert refused(f"x: {t}\ny: {{between: [drivers.b, drivers.c], strength: low}}") == (
        "y: shares figures with dependence.x, and they need one copula: expected t with df 4, got gaussian"
    )
    other = f"y: {t}".replace("drivers.a", "drivers.c").replace("4", "5")
    assert refused(f"x: {t}\n{other}").endswith("expected t with df 4, got t with df 5")


# ---- Years -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("carried", "loosely"), ("carried", "anew"), ("loosely", "walking"), ("walking", "anew")]
)
def test_figures_that_carry_over_differently_are_correlated_as_asked_in_every_year(first: str, second: str) -> None:
    futures = futures_of(f"x: {{between: [drivers.{first}, drivers.{second}], rank_correlation: -0.5}}")
    pairs = only_pairs(dependence(futures))
    assert [pair["year"] for pair in pairs] == ["2020/21", "2021/22", "2022/23", "2023/24"]
    assert all(pair["implied"] == pytest.approx(-0.5, abs=1e-12) for pair in pairs)
    assert max(errors_off(pair) for pair in pairs) < FAR


def test_figures_that_carry_over_still_carry_over_as_they_did() -> None:
    futures = futures_of("x: {between: [drivers.carried, drivers.loosely], rank_correlation: 0.5}")
    for name, phi in (("carried", 0.8), ("loosely", 0.3)):
        years = futures.drivers[f"drivers.{name}"]
        found = np.corrcoef(years[2], years[3])[0, 1]
        assert abs(found - phi) < 5 * (1 - phi**2) / math.sqrt(CHUNK)


def test_one_value_for_all_years_goes_with_one_year_of_what_carries_over_as_asked() -> None:
    sections = """x: {between: [drivers.a, drivers.carried.y2021_22], rank_correlation: 0.4}
y: {between: [drivers.a, drivers.carried.y2023_24], rank_correlation: 0.3}"""
    found = dependence(futures_of(sections))
    assert errors_off(only_pairs(found, "x")[0]) < FAR
    assert errors_off(only_pairs(found, "y")[0]) < FAR


def test_more_than_figures_that_carry_over_differently_can_have_is_refused_with_the_most() -> None:
    # sqrt(1 - 0.64) = 0.6 is the largest correlation with what is drawn anew: 6/pi asin(0.3) = 0.582 in ranks
    text = refused("x: {between: [drivers.carried, drivers.anew], rank_correlation: 0.7}")
    assert text == (
        "x: drivers.carried and drivers.anew carry over from year to year differently, and cannot be correlated so "
        "much: expected a rank correlation of at most 0.58, got 0.7"
    )
    assert "at least -0.58, got -0.7" in refused(
        "x: {between: [drivers.a, drivers.carried.y2022_23], rank_correlation: -0.7}"
    )
    # 0.6 sqrt(0.91) / (1 - 0.24) = 0.7531
    assert "at most 0.74, got 0.75" in refused(
        "x: {between: [drivers.carried, drivers.loosely], rank_correlation: 0.75}"
    )
    compile_model(small("x: {between: [drivers.carried, drivers.loosely], correlation: 0.753}"))


def test_what_carries_over_takes_no_t_copula_and_no_lag() -> None:
    assert "drivers.carried carries over from year to year (ar1), which a t copula would not survive" in refused(
        "x: {between: [drivers.carried, drivers.anew], strength: low, copula: t, df: 4}"
    )
    assert refused("x: {between: [drivers.carried.y2020_21, drivers.anew.y2021_22], strength: low}") == (
        "x: drivers that carry over from year to year (ar1) can be correlated only within a year"
    )


# ---- What cannot be ----------------------------------------------------------------------------------------

THREE = """x: {{between: [drivers.a, drivers.b], rank_correlation: 0.9{firm}}}
y: {{between: [drivers.b, drivers.c], rank_correlation: 0.9{firm}}}
z: {{between: [drivers.a, drivers.c], rank_correlation: {third}}}"""


def test_three_that_contradict_each_other_are_named() -> None:
    assert refused(THREE.format(firm="", third=-0.3)) == (
        "z: these correlations contradict each other: drivers.a with drivers.b 0.9 and drivers.b with drivers.c 0.9 "
        "leave drivers.a with drivers.c no less than 0.63, not -0.3 (rank correlations); the nearest possible ones "
        "differ by up to 0.25 (allowed: 0.05)"
    )
    two = "\n".join(THREE.format(firm="", third=0).split("\n")[:2])
    assert "leave drivers.a with drivers.c no less than 0.63, not 0 (rank" in refused(two)


def test_figures_that_are_firm_stay_and_the_others_give_way() -> None:
    loose, firm = (compile_model(small(THREE.format(firm=f, third=0.6))) for f in ("", ", firm: yes"))
    moved = {link.statement.address: link.repaired for link in loose.dependences.links}
    assert moved == dict.fromkeys(("dependence.x", "dependence.y", "dependence.z"), True)
    kept = {link.statement.address: link.repaired for link in firm.dependences.links}
    assert kept == {"dependence.x": False, "dependence.y": False, "dependence.z": True}
    (pair,) = only_pairs(dependence(simulate(firm, CHUNK, seed=1)), "z")
    assert pair["asked"] == 0.6
    assert pair["repaired"] == pair["implied"] == pytest.approx(0.631, abs=5e-4)
    assert errors_off(pair) < FAR
    words = refused(THREE.format(firm=", firm: yes", third="0.6, firm: yes"))
    assert words.endswith("those that are firm (or perfect) leave no way to mend it")


def test_perfect_correlations_are_exact_in_groups_and_never_repaired() -> None:
    sections = """x: {between: [drivers.a, drivers.c], rank_correlation: -1}
y: {between: [drivers.a, drivers.b], rank_correlation: 0.5}
z: {between: [drivers.c, drivers.b], rank_correlation: -0.46}"""
    futures = futures_of(sections, 512)
    a, b, c = (futures.drivers[f"drivers.{name}"] for name in "abc")
    assert np.array_equal(np.argsort(a), np.argsort(-c))
    assert c == pytest.approx(stats.norm.cdf(-a), abs=1e-7)
    assert spearman(a, b) == -spearman(c, b)
    (repair,) = futures.model.dependences.repairs
    assert repair.change == pytest.approx(0.02, abs=0.002)


def test_a_pair_is_stated_once_across_sections_that_name_years() -> None:
    text = refused(
        "x: {between: [drivers.anew, drivers.walking], strength: low}\n"
        "y: {between: [drivers.anew.y2021_22, drivers.walking.y2021_22], strength: low}"
    )
    assert text.startswith("y: drivers.anew and drivers.walking are already correlated by dependence.x")


# ---- Events and values that tie ----------------------------------------------------------------------------

EVENTS = """
measures:
  m:
    {council: a, saving: 1, basis: recurring, from: 2020/21, delay: {dist: uniform, low: 0 months, high: 24 months}}
events:
  cut: {chance: 30%, plan: does_not, delays: {m: 1 months}}
  leaves: {chance: 10%, each: year, plan: does_not}
  dated: {chance: {2020-10: 10%, 2021-10: 30%}, plan: does_not}
  loose: {chance: drivers.p, plan: does_not}
drivers:
  p: {kind: share, dist: uniform, low: 10%, high: 30%, plan: 20%}
  count: {kind: count, dist: poisson, mean: 2, plan: 2}
  steps: {kind: number, dist: discrete, values: [0.1, 0.2, 0.7], weights: [20%, 30%, 50%], varies: walk, plan: 0}
  moving: {kind: number, dist: normal, mean: 0, sd: 1, varies: yearly, plan: 0}
options: {o: {councils: a, measures: m}}
dependence:
  both: {between: [events.cut, events.leaves], rank_correlation: 0.6}
  late: {between: [events.dated, measures.m.delay], concordance: 8 of 10, copula: t, df: 3}
  unknown: {between: [events.loose, drivers.count], strength: medium}
  walk: {between: [drivers.steps, drivers.moving], strength: medium}
"""


@cache
def with_events(sampler: str) -> tuple[Futures, dict[str, Any]]:
    futures = drawn(COUNCIL + EVENTS, CHUNK, sampler=sampler)
    return futures, document_of(futures)


def happens(futures: Futures, name: str) -> np.ndarray:
    return np.asarray(futures.dataset["happens"].sel(event=name).values)


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_events_have_what_their_chances_imply_and_the_words_say_it(sampler: str) -> None:
    futures, document = with_events(sampler)
    (pair,) = document["dependence"]["both"]["pairs"]
    p, q = 0.3, 1 - 0.9**4
    both = float(joint_chance(p, q, 2 * math.sin(math.pi * 0.1)))
    cut, leaves = (np.isfinite(happens(futures, name)) for name in ("cut", "leaves"))
    assert abs(np.mean(cut & leaves) - both) < 5 * math.sqrt(both * (1 - both) / CHUNK)
    assert errors_off(pair) < FAR
    assert pair["implied"] < pair["asked"] - 0.1
    then = f"{100 * both / p:.3g}"
    assert pair["words"] == (
        f"if 'cut' happens, 'leaves' does in {then} of 100 futures; of all futures it does in {100 * q:.3g} of 100"
    )


def test_an_event_happens_in_the_futures_of_what_goes_with_it_and_soonest_in_the_extreme_ones() -> None:
    futures, document = with_events("random")
    moments, delay = happens(futures, "dated"), futures.drivers["measures.m.delay"]
    early, late, never = (delay[moments == when].mean() for when in (*np.unique(moments)[:2], np.inf))
    assert early > late + 0.1 > never + 0.3
    (pair,) = document["dependence"]["late"]["pairs"]
    assert errors_off(pair) < FAR
    assert 0.4 < pair["implied"] < pair["asked"]
    leaves = happens(futures, "leaves")
    assert np.mean(leaves[happens(futures, "cut") < np.inf] < 1) > 1.5 * np.mean(leaves < 1)


def test_what_cannot_be_told_is_left_open() -> None:
    _, document = with_events("random")
    (pair,) = document["dependence"]["unknown"]["pairs"]
    assert pair["implied"] is None
    assert pair["achieved"] > 0.2
    assert pair["words"] is None


def test_of_a_walk_its_steps_are_correlated_ties_and_all() -> None:
    _, document = with_events("random")
    pairs = document["dependence"]["walk"]["pairs"]
    assert len(pairs) == 4
    assert len({pair["implied"] for pair in pairs}) == 1
    assert all(errors_off(pair) < FAR for pair in pairs)
    assert pairs[0]["implied"] < 0.48


# ---- What is told ------------------------------------------------------------------------------------------


def test_correlations_of_a_table_are_those_of_scipy_and_their_error_is_right() -> None:
    numbers = np.random.Generator(np.random.SFC64(8))
    found, stated = [], []
    for _ in range(300):
        common = numbers.standard_normal(400)
        own = numbers.standard_normal((2, 400))
        rows = np.stack([common + own[0], common > 1.2, common + 2 * own[1]])
        ranked = np.stack([ranks(row) for row in rows])
        rho, error = rank_correlations(ranked / ranked.std(axis=1, keepdims=True))
        found.append(rho[np.triu_indices(3, 1)])
        stated.append(error[np.triu_indices(3, 1)])
    assert found[-1] == pytest.approx(stats.spearmanr(rows, axis=1).statistic[np.triu_indices(3, 1)], abs=1e-12)
    # the spread of 300 repetitions is known to 4 %; the stated error is the larger of two, and so may be above it
    assert np.all(np.mean(stated, axis=0) > 0.88 * np.std(found, axis=0))
    assert np.all(np.mean(stated, axis=0) < 1.3 * np.std(found, axis=0))


def test_a_pair_that_is_off_is_a_warning_and_others_are_notes() -> None:
    found = dependence(futures_of("x: {among: [drivers.a, drivers.b, drivers.c], rank_correlation: 0.5}"))
    assert [(level, address) for level, address, _ in correlation_checks(found)] == [("note", "dependence.x")]
    pair = only_pairs(found)[1]
    pair["achieved"] = 0.45
    ((level, _, text),) = correlation_checks(found)
    assert level == "warning"
    assert "drivers.a and drivers.c should have 0.50, and have 0.45 in the futures" in text


def test_a_section_that_a_reading_makes_void_is_there_without_pairs() -> None:
    config = small("x: {between: [drivers.a, drivers.b], strength: low, reason: a test}")
    futures = simulate(compile_model(config.with_overrides({"drivers.a": "1"})), 64, seed=1)
    assert dependence(futures) == {
        "x": {
            "form": "strength", "stated": "low", "copula": "gaussian", "df": None, "reason": "a test",
            "furthest_off": None, "pairs": [],
        }
    }


def test_the_worked_example_is_what_comes_out(tmp_path: Path) -> None:
    page = (DOCS / "dependence.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "dependence.yaml"
    path.write_text(example, encoding="utf-8")
    futures = simulate(compile_model(load_config(path)), CHUNK, seed=1)
    links = {link.statement.address[11:]: link for link in reversed(futures.model.dependences.links)}
    pairs = dependence(futures)
    both = float(joint_chance(0.3, 0.2, links["partners"].normal))
    group = futures.model.dependences.groups[Dimension("drivers.pay", 2026)]
    truth = {
        "late_is_dear: normal": links["late_is_dear"].normal,
        "late_is_dear: rank": links["late_is_dear"].statement.rank_correlation,
        "inflation: new in 2026/27": group.correlation(*group.members),
        "demand: normal": links["demand"].normal,
        "demand: tails": tail_dependence(links["demand"].normal, 4.0),
        "partners: together": both,
        "partners: leaves if cut": both / 0.3,
        "partners: implied": pairs["partners"]["pairs"][0]["implied"],
    }
    told = dict(re.findall(r"^\| `(\w+: [^`]+)` \| (0\.\d{4}) \|", page, re.MULTILINE))
    assert told == {name: f"{value:.4f}" for name, value in truth.items()}
    assert f"leaves in {100 * both / 0.3:.0f} of 100 futures instead of 20" in page.replace("\n", " ")
    assert [level for level, _, _ in correlation_checks(pairs)] == ["note"] * 6
    assert f"first {RANKED:,} of them" in page
    assert all(f"{value:g} (`{word}`)" in page for word, value in STRENGTHS.items())


def test_more_figures_than_one_matrix_can_bear_are_refused() -> None:
    count = MOST_JOINT + 2
    drivers = "".join(f"  d{i}: {{dist: normal, mean: 0, sd: 1}}\n" for i in range(count))
    two = "  s{0}: {{between: [drivers.d{0}, drivers.d{1}], correlation: 0.3}}\n"
    pairs = "".join(two.format(i, i + 1) for i in range(count - 1))
    with pytest.raises(ModelError, match="at most 300 figures that go together pair by pair, got 302"):
        drawn(f"drivers:\n{drivers}dependence:\n{pairs}outputs: {{o: d0}}\n", 200)


def test_a_rank_correlation_that_a_few_futures_decide_has_no_error() -> None:
    body = "drivers:\n  a: {dist: normal, mean: 0, sd: 1}\n"
    body += "  rare: {dist: bernoulli, p: 0.001}\n  half: {dist: bernoulli, p: 0.5}\n"
    futures = futures_of("x: {between: [drivers.a, drivers.rare], rank_correlation: 0.5}", body=body)
    [rare] = only_pairs(dependence(futures))
    assert rare["achieved"] is not None
    assert rare["error"] is None
    futures = futures_of("x: {between: [drivers.a, drivers.half], rank_correlation: 0.5}", body=body)
    [half] = only_pairs(dependence(futures))
    assert errors_off(half) < FAR
