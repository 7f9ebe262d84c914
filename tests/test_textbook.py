"""Textbook problems come out as they should: exactly known, or printed by a source, within simulation error."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from scripts import textbook
from simlib import load_config
from simlib.report import build_report
from simlib.reporters.html import page

ROOT = Path(__file__).resolve().parent.parent
ERRORS = 5  # simulation errors that a figure may be away from its truth


run = cache(textbook.run)
EVERY = [(problem, answer) for problem, answers in textbook.ANSWERS.items() for answer in answers()]
every_answer = pytest.mark.parametrize(
    ("problem", "answer"), EVERY, ids=[f"{problem}-{answer.figure}-{answer.statistic}" for problem, answer in EVERY]
)


@every_answer
def test_every_answer_is_met_within_its_simulation_error(problem: str, answer: Any) -> None:
    found = run(problem).found(answer)
    if found.error:
        assert abs(found.value - answer.truth) < ERRORS * found.error
    else:  # no future has shown it
        assert found.value == 0
        assert 0 < answer.truth < found.interval[1]


@every_answer
def test_every_error_is_small_enough_to_find_a_mistake(problem: str, answer: Any) -> None:
    run_ = run(problem)
    found = run_.found(answer)
    if answer.statistic == "chance":
        assert found.error < 0.0016
    else:
        assert found.error < 0.01 * run_.spread(answer)


@every_answer
def test_what_was_published_is_the_truth_to_its_last_digit(problem: str, answer: Any) -> None:
    """JCGM 101 simulated too, so that its last digit may be one off."""
    if answer.published.startswith("95%"):
        assert round(answer.truth, 3) in (0.949, 0.95)
    elif answer.published:
        last = 10.0 ** -len(answer.published.partition(".")[2])
        assert abs(float(answer.published) - answer.truth) < last


def test_every_problem_has_answers_and_every_answer_its_problem() -> None:
    others = {"every_family"}  # a tour of the families, whose exact moments are in test_families
    assert {path.stem for path in textbook.PROBLEMS.glob("*.yaml")} == set(textbook.ANSWERS) | others
    assert len(textbook.ANSWERS) >= 8


def test_present_values_are_those_of_a_table_worked_by_hand() -> None:
    """Discount factors at 3.5 %, to the four digits of discount tables."""
    factors = (0.9662, 0.9335, 0.9019, 0.8714, 0.8420)
    outputs = run("green_book_npv").document["outputs"]
    planned = [outputs["discounted"][f"{year}/{year - 1999}"]["plan"] for year in range(2026, 2031)]
    assert planned == pytest.approx([250 * factor for factor in factors], abs=0.02)
    assert outputs["present_value"]["plan"] == pytest.approx(-1_000 + 250 * 4.5150, abs=0.05)


def test_correlated_lines_spread_further_than_independent_ones() -> None:
    independent = math.sqrt(0.8**2 + 0.3**2 + 1.2**2 + 3.0**2 + 0.5**2)
    assert run("cost_risk").document["outputs"]["total"]["sd"] > 1.2 * independent


def test_the_cheapest_number_of_places_is_the_quantile_that_the_textbook_names() -> None:
    costs = [textbook.cost_of_places(places) for places in range(80, 121)]
    assert 80 + int(np.argmin(costs)) == int(stats.poisson(100).ppf(0.4)) == 97


def test_a_box_is_cut_as_simulation_cuts_it() -> None:
    drawn = np.random.default_rng(1).uniform(size=(400_000, 3)) @ np.array([1.0, 2.0, 5.0])
    for at in (0.5, 2.2, 4.0, 7.1):
        truth = textbook.sum_of_uniforms((1.0, 2.0, 5.0), at)
        assert abs((drawn <= at).mean() - truth) < 5 * math.sqrt(truth * (1 - truth) / 400_000)


@pytest.mark.parametrize("problem", [problem for problem in textbook.ANSWERS if problem != "pay_bill"])
def test_a_report_without_a_council_has_no_council_words(problem: str) -> None:
    told = page(build_report(run(problem).summary)).split("<h1>")[1].split("<script>")[0].lower()
    for word in ("council", "gap", "option", "member", "reserve", "saving", "business case", "before further action"):
        assert word not in told.replace(load_config(textbook.PROBLEMS / f"{problem}.yaml").title.lower(), ""), word


def test_a_rare_event_is_told_as_one_in_so_many_and_never_as_nothing() -> None:
    report = build_report(run("rare_event").summary)
    (table,) = [table for section in report.sections for table in section.tables if table.id == "output_chances"]
    both, far, one_percent = ([cell.text for cell in row[1:]] for row in table.rows)
    assert both[0].startswith("about 1 in ")
    assert far == ["fewer than 1 in 43,000", "0% to 0.0029%"]
    assert one_percent[0] == "about 1 in 100"
