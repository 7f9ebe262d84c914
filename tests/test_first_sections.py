"""What members read first: what is costed and what is not, options told once, claims, payback, one unit, small runs."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_files import COUNCIL, pair_of, told
from synthetic_summary import chance as made_chance
from synthetic_summary import claims_only, document, summary
from synthetic_summary import given as made_given
from told_cases import CASES, run_of, tables_of
from told_reports import section, tables

from simlib.barcharts import step_words
from simlib.layout import Report
from simlib.report import build_report
from simlib.summary import Summary
from simlib.wording import money

# A measure that the plan counts on closes the gap in half of the futures, one that it has no figure for in some more.
COSTED = """
  solid:
    council: a
    saving: {dist: uniform, low: 0.5, high: 1.5, plan: 1}
    basis: recurring
    from: 2021/22
    full_from: 2023/24
"""
QUICK = """
  quick:
    label: Quick wins
    council: a
    saving: {dist: uniform, low: 0, high: 0.2, plan: 0}
    basis: recurring
    from: 2021/22
    full_from: 2022/23
    one_off: {cost: {amount: 3, in: 2021/22}}
"""
OPTIONS = """
options:
  costed: {councils: a, measures: solid}
  o: {label: Both, councils: a, measures: [solid, quick]}
  quick_alone: {councils: a, measures: quick}
"""
BOTH = COUNCIL + "\nmeasures:\n" + COSTED + QUICK + OPTIONS


def report_of(document: dict[str, Any]) -> Report:
    return build_report(Summary(document, ""))


# What no document costs


def test_a_chance_without_uncosted_savings_is_that_of_the_option_without_them_future_by_future() -> None:
    found = told(BOTH, 20_000)
    alone = pair_of(found)["costed_alone"]
    assert alone["probability"] == pair_of(found, "costed")["closes"]["target_year"]["probability"]
    assert alone["without"] == ["Quick wins"]
    assert abs(alone["probability"] - 0.5) < 5 * alone["error"]
    both = pair_of(found)["closes"]["target_year"]
    assert abs(both["probability"] - 0.6) < 5 * both["error"]
    assert pair_of(found, "costed")["costed_alone"] is None
    nothing = pair_of(found, "quick_alone")
    assert nothing["no_costed_saving"]
    assert nothing["costed_alone"]["probability"] == 0


def test_costs_of_what_is_not_counted_are_not_counted_either() -> None:
    found = told(f"{BOTH}\ncloses: reserves_hold\n", 2_000)
    alone = pair_of(found)["costed_alone"]
    assert alone["probability"] == pair_of(found, "costed")["closes"]["reserves_hold"]["probability"]
    assert alone["probability"] > pair_of(found)["closes"]["reserves_hold"]["probability"]


def test_the_alliance_of_south_somerset_adds_to_the_solo_case_what_no_document_costs() -> None:
    options = run_of("south_somerset")[1]["options"]
    alone = options["solo_and_alliance"]["councils"]["south_somerset"]["costed_alone"]
    solo = options["solo"]["councils"]["south_somerset"]["closes"]["target_year"]
    assert {key: alone[key] for key in solo} == solo
    assert alone["without"] == ["Shared recruitment to vacant posts", "Joint Income Generation Board"]
    assert options["solo_and_alliance"]["councils"]["sedgemoor"]["no_costed_saving"]
    assert not options["solo_and_alliance"]["councils"]["south_somerset"]["no_costed_saving"]


@pytest.mark.parametrize(
    ("both", "alone", "words"),
    [
        (0.263, 0.212, " 5 of these 26 come only from savings that the business case does not cost (‘Quick wins’)."),
        (0.031, 0.002, " Without the savings that the business case does not cost (‘Quick wins’), that is fewer"),
        (0.263, 0.262, None),
        (0.212, 0.263, None),
    ],
)
def test_what_uncosted_savings_add_to_a_chance_is_told_where_it_is_anything(
    both: float, alone: float, words: str | None
) -> None:
    made = document(options=("do_nothing", "solo"))
    pair = made["options"]["solo"]["councils"]["south"]
    pair["closes"]["target_year"] = made_chance(both, 100_000, plan=True)
    pair["costed_alone"] = made_chance(alone, 100_000) | {"without": ["Quick wins"]}
    told_of = section(build_report(summary(made)), "summary_south").paragraphs[1]
    assert (words in told_of) if words else "does not cost" not in told_of


# Options that are the same for a council

TWO = """
councils:
  a: {label: Aston, gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}
  b: {label: Beeford, gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}
measures:
""" + COSTED + """
  shared:
    shares: {a: 50%, b: rest}
    saving: {dist: uniform, low: 0.5, high: 1.5, plan: 1}
    basis: recurring
    from: 2021/22
    full_from: 2023/24
options:
  nothing: {label: Nothing, councils: [a, b]}
  ours: {label: Ours, councils: [a, b], measures: solid}
  joint: {label: Joint, councils: [a, b], measures: shared, note: only here}
  all: {label: All of it, councils: [b, a], measures: [solid, shared], note: and here}
"""


def test_options_that_differ_elsewhere_only_are_told_once_for_a_council() -> None:
    report = report_of(told(TWO, 512))
    first = section(report, "summary_b").paragraphs
    assert first[0] == (
        "‘Nothing’ and ‘Ours’ are the same for Beeford, and so are ‘Joint’ and ‘All of it’: told once, under the first"
        " name."
    )
    assert sum("Ours" in words for words in first) == sum("All of it" in words for words in first) == 1
    assert [row[0].text for row in tables(report)["closing_b"].rows] == ["Nothing", "Joint"]
    assert [row[0].text for row in tables(report)["closing_a"].rows] == ["Nothing", "Ours", "Joint", "All of it"]
    assert "Note: and here" in next(words for words in first if words.startswith("Joint"))
    pictures = {table.id: table for table in tables_of(report)}
    assert first[0] in pictures["position_b_figures"].note
    assert pictures["position_b_figures"].headings[1:] == ("Nothing", "Joint")
    assert "the same for" not in " ".join(section(report, "summary_a").paragraphs)


def test_options_are_not_the_same_where_a_reading_parts_them() -> None:
    made = document(options=("do_nothing", "solo", "both"))
    made["options"]["both"]["councils"]["south"] = made["options"]["solo"]["councils"]["south"]
    made["readings"]["cautious"]["both"]["south"] = made["readings"]["cautious"]["solo"]["south"]
    made["readings"]["larger_gap"]["both"]["south"] = made_chance(0.9, 4_000)
    assert "are the same" not in section(build_report(summary(made)), "summary_south").paragraphs[0]
    made["readings"]["larger_gap"]["both"]["south"] = made["readings"]["larger_gap"]["solo"]["south"]
    assert "are the same" in section(build_report(summary(made)), "summary_south").paragraphs[0]


# Claims


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (15.45, "The claim is the whole of the plan: it is kept only where everything is delivered or more."),
        (15.4, "The claim is nearly all of the plan: it is kept only where 99.7% of it or more is delivered."),
        (16.0, "The plan itself falls £0.6m short of the claim."),
        (10.0, None),
    ],
)
def test_a_claim_with_nothing_to_spare_says_so(amount: float, words: str | None) -> None:
    made = claims_only()
    made["options"]["alliance"]["claim"]["amount"] = amount
    first = section(build_report(summary(made)), "claims").paragraphs[0]
    assert words in first if words else not re.search("of the plan|The plan itself", first)


def test_hartlepools_claim_is_the_whole_of_its_plan() -> None:
    first = section(run_of("hartlepool_darlington")[0], "claims").paragraphs[0]
    assert "The claim is the whole of the plan" in first


@pytest.mark.parametrize("case", ["boston_east_lindsey", "hartlepool_darlington"])
def test_what_moves_a_claim_most_stands_beside_it(case: str) -> None:
    report, found = run_of(case)
    words = section(report, "claims").paragraphs[-1]
    (option,) = (key for key, each in found["options"].items() if each["claim"])
    most = found["swings"]["options"][option]["claim"][0]["address"]
    label = (found["events"].get(most.removeprefix("events.")) or found["drivers"].get(most))["label"]
    assert words.startswith(f"What moves the claim most: under ‘{found['options'][option]['label']}’, ‘{label}’")


# Payback


def test_payback_is_told_with_the_costs_and_what_is_not_paid_back_in_time() -> None:
    report, found = run_of("south_somerset")
    paid = found["options"]["joint_authority"]["councils"]["south_somerset"]["payback"]
    row = next(row for row in tables(report)["payback_south_somerset"].rows if row[0].text == "Joint Authority")
    wanted = [paid[level] for level in ("plan", "p10", "p50", "p90", "beyond_horizon")]
    assert [cell.value for cell in row[1:]] == wanted
    assert row[4].text == "not by 2020/21"
    words = next(p for p in section(report, "costs_south_somerset").paragraphs if p.startswith("Joint Authority:"))
    assert f"pays back within {paid['plan']} years in the business case and within {paid['p50']} years in" in words
    assert "of those futures in which it goes ahead, not by the end of 2020/21" in words


def test_what_is_not_paid_back_in_the_middle_future_is_said_to_be_so() -> None:
    made = document(options=("do_nothing", "solo"))
    paid = {"p10": 2, "p50": None, "p90": None, "plan": 3, "beyond_horizon": 0.62, "nothing_to_pay_back": 0.0}
    made["options"]["solo"]["councils"]["south"]["payback"] = paid
    words = section(build_report(summary(made)), "costs_south").paragraphs[0]
    assert "within 3 years in the business case and not by the end of 2020/21 in the middle" in words
    assert words.endswith("; in 62 of 100 futures, not by then.") or "; in 62 of 100 futures, not by then. Res" in words


# Names, chances and units


@pytest.mark.parametrize("case", CASES)
def test_names_of_several_options_in_a_sentence_are_set_off(case: str) -> None:
    report, found = run_of(case)
    labels = [option["label"] for option in found["options"].values()]
    lists = ("What moves the answer most", "In cash, the budget", "To stay at or above", "DRAFT – Risk")
    sentences = [p for part in told_parts(report) for p in part.paragraphs if p.startswith(lists)]
    for words in sentences:
        bare = re.sub("‘[^’]*’", "", words)
        assert not [label for label in labels if label in bare], words
    assert sentences or case.startswith("boston_east_lindsey")


def told_parts(report: Report) -> list[Any]:
    found = list(report.sections)
    for part in found:
        found.extend(part.parts)
    return found


@pytest.mark.parametrize("case", CASES)
def test_no_two_tables_of_a_report_are_called_the_same(case: str) -> None:
    called = [table.caption for table in tables_of(run_of(case)[0])]
    assert sorted(called) == sorted(set(called)), "who quotes a table says whose it is"


def test_compared_options_stand_in_two_columns() -> None:
    report, found = run_of("south_somerset")
    table = tables(report)["comparisons_south_somerset"]
    assert table.headings[:2] == ("First", "Second")
    pairs = [key.split("|") for key in found["comparisons"]["south_somerset"]]
    assert [[found["options"][key]["label"] for key in pair] for pair in pairs] == [
        [cell.text for cell in row[:2]] for row in table.rows
    ]
    assert len(tables(report)["comparisons_sedgemoor"].rows) == 3, "of five options two repeat others"


def test_none_of_the_futures_under_a_condition_is_the_same_none_with_any_condition() -> None:
    made = document(options=("do_nothing", "joint"))
    for side, count, p in (("closes_if", 3_000, 0.0), ("closes_if_not", 1_000, 0.4)):
        made["events"]["partner_signs"][side]["joint"]["south"] = made_chance(p, count) | {"count": count}
    def told() -> str:
        rows = tables(build_report(summary(made)))["event_effects"].rows
        return next(row[2].text for row in rows if "South" in row[1].text)

    assert told() == "<1 of 100"
    made["events"]["partner_signs"]["closes_if"]["joint"]["south"] = made_given(0.0, 12)
    assert told() == "<1 in 4", "12 futures cannot tell 1 of 100"


@pytest.mark.parametrize("case", CASES)
def test_money_in_a_table_has_one_unit_unless_a_row_would_be_noughts(case: str) -> None:
    report, found = run_of(case)
    for table in tables_of(report):
        if not table.id.startswith(("value_", "swings_", "payback_")):
            continue
        largest = max((abs(c.value) for row in table.rows for c in row if "£" in c.text and c.value), default=0.0)
        for row in table.rows:
            amounts = [cell for cell in row if cell.text.lstrip("about -").startswith("£") and cell.value]
            units = {re.sub(r".*\d", "", cell.text) for cell in amounts} - {""}
            wide = [money(cell.value, found["unit"], like=largest) for cell in amounts]
            if any(re.search("[1-9]", words) for words in wide):
                assert units <= {"m"}, (table.id, [cell.text for cell in row])


# Steps that add up

moves = st.lists(st.floats(-3, 3, allow_nan=False), min_size=1, max_size=9)


@given(st.floats(-20, 20, allow_nan=False), moves, moves)
def test_steps_in_words_add_up_and_none_is_off_by_a_digit(
    start: float, first: list[float], second: list[float]
) -> None:
    middle, end = start + sum(first), start + sum(first) + sum(second)
    steps = [(start, True), *((m, False) for m in first), (middle, True), *((m, False) for m in second), (end, True)]
    words = step_words(steps, "£m")
    scale = {"m": 1.0, "k": 1e-3, "": 1e-6}
    shown = [float(re.sub("[£mk+]", "", w)) * scale[re.sub(r".*\d", "", w)] for w in words]
    digit = {"m": 0.01, "k": 1e-4, "": 1e-6}[re.sub(r".*\d", "", words[0])]
    assert shown[0] + sum(shown[1 : len(first) + 1]) == pytest.approx(shown[len(first) + 1], abs=digit / 10)
    assert sum(shown[len(first) + 1 : -1]) == pytest.approx(shown[-1], abs=digit / 10)
    for (value, _), told_of in zip(steps, shown, strict=True):
        assert abs(value - told_of) <= digit * 1.0001


@pytest.mark.parametrize("case", CASES)
def test_steps_of_every_bridge_add_up_as_they_are_printed(case: str) -> None:
    for table in tables_of(run_of(case)[0]):
        for column in range(1, len(table.headings)) if table.headings[0] == "Step" else ():
            at = 0.0
            for row in table.rows:
                text = row[column].text
                if re.search(r"\d", text):
                    shown = float(re.sub("[£mk+,]", "", text))
                    position = row[0].text in {"Business case", "Average future", "Middle future"}
                    assert not position or row[0].text == "Business case" or shown == pytest.approx(at, abs=1e-6)
                    at = shown if position else at + shown


# Too few futures


@pytest.mark.parametrize("count", [1, 2, 3, 15])
def test_a_run_of_a_few_futures_says_one_thing_of_itself(count: int) -> None:
    found = told(BOTH, count)
    of_the_draw = [check for check in found["checks"] if check["id"] in {"few", "quality", "precision", "correlation"}]
    assert [(check["id"], check["level"]) for check in of_the_draw] == [("few", "warning")]
    assert ("only 1 future was" if count == 1 else f"only {count} futures were") in of_the_draw[0]["text"]
    report = report_of(found)
    first = " ".join(section(report, "summary").paragraphs)
    assert "across the readings" not in first
    assert "1 futures" not in first
    assert "Too few futures were drawn" in section(report, "quality").paragraphs[0]


def test_sixteen_futures_are_judged() -> None:
    ids = {check["id"] for check in told(BOTH, 16)["checks"]}
    assert "quality" in ids
    assert "few" not in ids


def test_none_of_one_future_may_still_be_a_chance_of_nearly_all() -> None:
    nothing = next(
        p for p in section(report_of(told(BOTH, 1)), "summary").paragraphs if p.startswith("Quick alone")
    )
    assert "none of 1 future (fewer than 95 of 100)" in nothing
