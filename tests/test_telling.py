"""What reports say: sentences and tables agree with the summary."""

import io
import re
from typing import Any

import pytest
from synthetic_summary import chance as made_chance
from synthetic_summary import claims_only, document, outputs_only, summary
from told_reports import flat, section, tables, told

from simlib.console import open_console, print_brief
from simlib.report import build_report
from simlib.reporters.html import page
from simlib.units import beside
from simlib.wording import money

# Sentences


def test_the_console_says_what_a_finance_officer_must_know_in_its_first_lines() -> None:
    lines = told(build_report(summary())).splitlines()
    assert lines[1] == "Before further action"
    head = " ".join(lines[:6])
    for fact in ("South District Council", "Target year: 2019/20", "Seed: 20160317", "Futures: 4,000"):
        assert fact in head


def test_an_option_that_closes_on_paper_is_told_with_its_chance_range_and_shortfall() -> None:
    doc = document()
    closes = doc["options"]["solo"]["councils"]["south"]["closes"]
    closes["target_year"] |= {"probability": 0.052, "error": 0.0007}
    for name, p in (("cautious", 0.002), ("larger_gap", 0.181)):
        doc["readings"][name]["solo"]["south"] |= {"probability": p, "error": 0.0007}
    words = section(build_report(summary(doc)), "summary_south").paragraphs[1]
    assert words.startswith("Solo business case closes the gap in the business case, with £0.1m to spare.")
    assert "from fewer than 1 (‘Cautious delivery’) to 18 (‘A larger gap’) across the readings tested" in words
    assert "when it falls short, it is by £0.8m on average." in words


def test_an_option_that_no_future_closes_is_told_by_what_is_missing_not_by_a_zero() -> None:
    report = build_report(summary())
    words = section(report, "summary_south").paragraphs[2]
    assert "cannot close the gap: £2.9m short with everything delivered." in words
    assert "none of 4,000 futures (fewer than 1 in 1,300)" in words
    row = tables(report)["closing_south"].rows[2]
    assert [cell.text for cell in row[:4]] == [
        "Joint Authority with the neighbour",
        "cannot close",
        "<1",
        "£2.9m short",
    ]
    assert not re.search(r"\b0 of 100|\b100 of 100|\b0%|\b100%", told(report).replace("90%", ""))


def test_an_option_that_a_reading_closes_is_not_said_to_be_unable() -> None:
    doc = document()
    doc["readings"]["larger_gap"]["joint"]["south"] |= {"probability": 0.03}
    words = section(build_report(summary(doc)), "summary_south").paragraphs[2]
    assert "cannot" not in words
    assert "from fewer than 1 (the base reading) to 3 (‘A larger gap’) across the readings tested" in words


def test_an_option_without_a_figure_has_no_costed_saving() -> None:
    report = build_report(summary())
    assert "Strategic alliance has no costed saving" in section(report, "summary_south").paragraphs[3]
    assert tables(report)["closing_south"].rows[3][3].text == "no costed saving"
    assert "Do nothing leaves a gap of £4.1m. It closes" in section(report, "summary_south").paragraphs[0]


def test_own_money_is_told_apart_from_other_peoples_and_adds_up() -> None:
    report = build_report(summary())
    pair = document()["options"]["solo"]["councils"]["south"]
    told_of = section(report, "costs_south").paragraphs
    words = next(p for p in told_of if p.startswith("Solo business case: costed one-off"))
    for name, phrase in (
        ("one_off_own_pots", "comes from the council's own receipts and earmarked reserves"),
        ("one_off_external_pots", "is paid by others"),
        ("one_off_net", "falls on the general fund"),
    ):
        mean = sum(entry["mean"] for entry in pair[name].values())
        assert f"{money(mean, '£m')} {phrase}" in words
    gross, own, external, net = (cell.value for cell in tables(report)["one_off_south"].rows[1][3:7])
    assert gross is not None
    assert own is not None
    assert external is not None
    assert net is not None
    assert gross == pytest.approx(own + external + net, abs=1e-9)


def test_a_one_off_saving_is_told_beside_the_costs_and_makes_none_of_them_smaller() -> None:
    doc = document()
    pair = doc["options"]["solo"]["councils"]["south"]
    borne = sum(entry["mean"] for entry in pair["one_off_net"].values())
    for entry in pair["one_off_net"].values():
        entry["mean"] -= 1.0
    pair["one_off_savings"] = {year: dict(entry, mean=1.0) for year, entry in pair["one_off_net"].items()}
    report = build_report(summary(doc))
    told_of = section(report, "costs_south").paragraphs
    words = next(p for p in told_of if p.startswith("Solo business case: costed one-off"))
    assert f"{money(borne, '£m')} falls on the general fund. One-off savings bring the general fund £5.0m" in words
    cells = tables(report)["one_off_south"].rows[1]
    assert [cell.value for cell in cells[6:8]] == pytest.approx([borne, 5.0])


def test_a_headline_on_31_march_stands_beside_the_budget_of_the_year_in_cash() -> None:
    doc = document()
    doc["options"]["solo"]["councils"]["south"]["closes"]["in_year"] |= {"probability": 0.07, "error": 0.0007}
    paragraphs = section(build_report(summary(doc)), "summary_south").paragraphs
    words = next(p for p in paragraphs if p.startswith("In cash, the budget of 2019/20 itself balances"))
    assert "‘Solo business case’ in 7 of 100" in words
    assert "Do nothing" not in words


def test_every_test_and_every_year_stand_in_an_appendix_that_the_console_leaves_out() -> None:
    report = build_report(summary())
    doc, found = document(), tables(report)
    assert found["tests_south"].headings[1:] == tuple(doc["tests"].values())
    rows = found["gap_by_year_south"].rows
    assert len(rows) == len(doc["years"]) * len(found["tests_south"].rows)
    worse, middle, better = (cell.value for cell in rows[0][2:5])
    assert None not in (worse, middle, better)
    assert sorted((better or 0.0, middle or 0.0, worse or 0.0)) == [better, middle, worse]
    assert "in detail" not in told(report)


def test_a_note_explains_only_columns_that_are_there() -> None:
    doc = document()
    for option in doc["options"].values():
        for pair in option["councils"].values():
            pair["reserve_needed"] = pair["general_fund"] = None
    found = tables(build_report(summary(doc)))
    assert "Reserve for 90%" not in found["closing_south"].note
    assert "used up" not in found["one_off_south"].note


def test_what_was_asked_and_drawn_stand_in_one_unit_and_no_finer_than_the_error() -> None:
    said = [
        (0.1, 0.09997, 0.0007, "money", "£m", ("£0.1000m", "£0.1000m")),
        (0.0866, 0.08664, 0.00011, "money", "£m", ("£86.6k", "£86.6k")),
        (0.0, -0.00013, 0.00022, "money", "£m", ("£0", "-£100")),
        (6.0, 71.9 / 12, 0.0165, "duration", "£", ("72.0 months", "71.9 months")),
        (0.0, -0.00046 / 12, 0.002, "duration", "£", ("0.00 months", "0.00 months")),
        (0.0, 0.0000207, 0.000017, "share", "£", ("0.000%", "0.002%")),
        (100_000.0, 100_000.0001, 0.00014, "number", "£", ("100,000.0000", "100,000.0001")),
        (40.0, 40.03, 0.0, "count", "£", ("40", "40.03")),
        (1.0, 1234.0, 300.0, "count", "£", ("0", "1,200")),
    ]
    for asked, drawn, error, kind, unit, words in said:
        assert tuple(beside((asked, drawn), error, kind, unit)) == words


def test_a_bridge_tells_the_small_steps_together_and_names_no_council_in_its_own_section() -> None:
    doc = document()
    bridge = doc["options"]["solo"]["councils"]["south"]["bridge"]
    name = "Rural grant: share that comes, South District Council"
    bridge["steps"] = [{"address": "councils.south.funding.rural_grant.realised", "label": name, "shift": 0.5}]
    bridge["steps"] += [{"address": "drivers.pay", "label": "Pay", "shift": 1e-4}]
    bridge["together"] = bridge["mean"] - bridge["plan"] - 0.5001
    rows = tables(build_report(summary(doc)))["bridge_solo_south_figures"].rows
    assert [row[0].text for row in rows[1:-3]] == ["Rural grant: share that comes", "All others, and several together"]


def test_a_headline_other_than_the_gap_is_told_by_its_name() -> None:
    doc = document() | {"headline": "reserves_hold"}
    words = section(build_report(summary(doc)), "summary_south").paragraphs[1]
    assert "does not meet the test ‘reserves stay above their minimum’ in the business case. " in words
    assert "The test is met in " in words


def test_results_under_an_event_are_given_where_they_differ_and_only_there() -> None:
    report = build_report(summary())
    rows = {row[1].text: row for row in tables(report)["event_effects"].rows if row[0].text == "The partner signs"}
    assert "Joint Authority and transformation, South District Council" in rows
    assert not any(name.startswith("Do nothing") for name in rows)
    first = section(report, "events").paragraphs[0]
    assert first.startswith(
        "The partner signs: happens in about 45 of 100 futures; the business case assumes that it happens"
    )


def test_an_event_that_never_happens_in_the_futures_has_no_conditional_result() -> None:
    doc = document()
    for option in doc["events"]["partner_signs"]["closes_if"].values():
        option.update(dict.fromkeys(option))
    report = build_report(summary(doc))
    effects = tables(report).get("event_effects")
    assert effects is None or not any(row[0].text == "The partner signs" for row in effects.rows)


def test_a_claim_is_told_under_an_event_too() -> None:
    doc = claims_only()
    sides = {
        side: {"alliance": {"claim": made_chance(p, 2_000)}} for side, p in (("closes_if", 0.4), ("closes_if_not", 0.1))
    }
    chance_of_it = {"label": "A third council joins", "chance": made_chance(0.5, 4_000), "plan": False}
    doc["events"] = {"third": chance_of_it | sides}
    row = tables(build_report(summary(doc)))["event_effects"].rows[0]
    told_of = ["A third council joins", "Strategic alliance, its claim is kept", "about 40 of 100", "10 of 100"]
    assert [cell.text for cell in row] == told_of


def test_jointly_stands_beside_each_council_alone() -> None:
    table = tables(build_report(summary()))["jointly_closing"]
    places = ("South District Council", "Sedge District Council")
    assert table.headings == ("Option", *places, "All of them", "Across readings")
    doc = document()
    both = doc["options"]["both"]
    row = next(row for row in table.rows if row[0].text == both["label"])
    expected = [pair["closes"]["target_year"]["probability"] for pair in both["councils"].values()]
    assert [cell.value for cell in row[1:-1]] == [
        *expected,
        both["jointly"]["closes"]["target_year"]["probability"],
    ]


def test_a_claim_without_a_gap_is_told_with_its_band() -> None:
    text = flat(told(build_report(summary(claims_only()))))
    assert "Strategic alliance claims £15.4m in total by 2020/21; the plan comes to £15.45m." in text
    assert "kept in 24 of 100 futures, from 24 (the base reading) to about 60 (‘Part of a year’) across" in text
    assert "1 in 10 worse than £11.0m, middle £14.0m, 1 in 10 better than £15.9m" in text
    assert "recurring gap" not in text


def test_a_file_with_only_outputs_is_a_complete_report() -> None:
    report = build_report(summary(outputs_only()))
    table = tables(report)["output_figures"]
    assert [cell.text for cell in table.rows[0]] == [
        "Money awarded",
        "£7.7m",
        "£9.0m",
        "£10.3m",
        "£9.0m",
        "£1.0m",
    ]
    assert table.headings[-1] == "standard deviation"
    assert report.brief == ("Money awarded - middle £9.0m, 1 in 10 below £7.7m, 1 in 10 above £10.3m",)
    assert not report.banner
    assert "before further action" not in page(report)
    assert "Councils" not in dict(report.facts)


def test_conditions_of_the_file_are_told_as_chances() -> None:
    doc = outputs_only()
    chances = {"common": (0.274, 0.001, [0.272, 0.276]), "rare": (0.0001, 0.00003, [0.00006, 0.00018])}
    for name, (probability, error, interval) in chances.items():
        found = {"probability": probability, "error": error, "interval": interval, "plan": False}
        doc["outputs"][name] = {"label": name, "kind": "number", "mean": probability, "chance": found}
    report = build_report(summary(doc))
    rows = [[cell.text for cell in row] for row in tables(report)["output_chances"].rows]
    assert rows == [["common", "27 of 100", "27.2% to 27.6%"], ["rare", "about 1 in 10,000", "0.006% to 0.018%"]]
    assert len(tables(report)["output_figures"].rows) == 1
    assert report.brief[-1] == "rare - holds in about 1 in 10,000"


def test_warnings_are_told_and_notes_are_counted() -> None:
    doc = document()
    doc["checks"] += [{"id": "fine", "level": "note", "address": "", "text": "correlations were met"}]
    report = build_report(summary(doc))
    text = flat(told(report))
    assert "Warning: Pay award: known only afterwards" in text
    assert "1 note is in the report's appendix ‘Notes on the simulation’." in text
    assert "correlations were met" not in text
    assert "Note: correlations were met" in section(report, "notes").paragraphs


def test_the_quiet_report_is_one_line_for_each_option() -> None:
    report, held = build_report(summary()), io.StringIO()
    print_brief(report, open_console(held, width=80))
    lines = held.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[3] == (
        "Strategic alliance - South District Council: no costed saving, £4.1m short; "
        "Sedge District Council: no costed saving, £1.9m short"
    )


@pytest.mark.parametrize("table", ["bridge_solo_south_figures", "steps_south"])
def test_a_bridge_lists_its_steps_from_the_largest_and_they_add_up_to_the_middle(table: str) -> None:
    doc = document()
    found = tables(build_report(summary(doc)))[table]
    rows, at = found.rows, found.headings.index("Gap" if "Gap" in found.headings else "Solo business case")
    values = [row[at].value or 0.0 for row in rows]
    assert [row[0].text for row in rows] == [
        "Business case",
        "Savings delivered",
        "Pay award",
        "Average future",
        "From the average to the middle",
        "Middle future",
    ]
    assert sum(values[:3]) == pytest.approx(values[3])
    assert values[3] + values[4] == pytest.approx(values[5])
    assert values[5] == doc["options"]["solo"]["councils"]["south"]["gap_recurring"]["2019/20"]["p50"]


def test_how_a_measure_strays_around_its_programme_is_no_assumption_that_lacks_a_source() -> None:
    doc = document()
    before = build_report(summary(doc))
    stray = {**doc["drivers"]["drivers.pay_award"], "label": "Digital: apart from its programme", "source": None}
    doc["drivers"]["measures.digital.individual"] = stray
    report = build_report(summary(doc))
    rows = [[row[0].text for row in tables(each)["assumption_register"].rows] for each in (before, report)]
    assert rows[0] == rows[1]
    assert tables(report)["assumption_register"].note.startswith("Not listed: how 1 measure strays")
    drafts = [next(p for p in section(each, "section_25_south").paragraphs if "Robustness" in p)
              for each in (before, report)]  # fmt: skip
    assert drafts[0] == drafts[1]
    assert any("measures.digital.individual" in row[0].text for row in tables(report)["asked_and_drawn"].rows)


def test_what_was_known_only_afterwards_is_told_in_one_paragraph_without_addresses() -> None:
    doc = document()
    text = "rests on evidence of {}, known only after the decision date 2016-03-17: fitted with delay_programme"
    late = (("2025-03", "Share delivered"), ("2016-04", "Redundancy reserve"), ("2016-04", "Capital receipts"))
    doc["checks"] = [
        {"id": "hindsight", "level": "warning", "address": f"measures.m{at}", "label": label, "text": text.format(date)}
        for at, (date, label) in enumerate(late)
    ]
    doc["config"]["as_at"] = "2016-03-17"
    assert section(build_report(summary(doc)), "checks").paragraphs == (
        (
            "Warning: 3 entries rest on evidence that was known only after the decision date 2016-03-17: of 2016-04,"
            " ‘Redundancy reserve’ and ‘Capital receipts’; of 2025-03, ‘Share delivered’. The report's appendix on"
            " assumptions gives the sources."
        ),
    )


def test_what_is_noted_of_several_is_told_once_by_the_names_that_a_reader_knows() -> None:
    doc = document()
    text = "does not apply: programmes.solo.realisation is certain here (in the reading 'cautious')"
    doc["checks"] = [
        {"id": "void", "level": "note", "address": f"dependence.{at}", "label": label, "text": text}
        for at, label in enumerate(("Short and late", "Late and dear"))
    ]
    label = doc["drivers"]["programmes.solo.realisation"]["label"]
    report = build_report(summary(doc))
    reading = "in the reading ‘Cautious delivery’"
    said = f"Note: ‘Short and late’ and ‘Late and dear’: does not apply: ‘{label}’ is certain here ({reading})"
    assert section(report, "notes").paragraphs == (said,)
    assert section(report, "checks").paragraphs == ("1 note is in the report's appendix ‘Notes on the simulation’.",)


def test_what_only_goes_together_with_the_gap_is_marked_and_never_said_to_move_it_most() -> None:
    doc = document()
    for option in doc["swings"]["options"].values():
        for entries in option.values():
            entries[0]["enters"] = False
    report = build_report(summary(doc))
    rows = tables(report)["swings_solo_south_figures"].rows
    first, second = (doc["drivers"]["programmes.solo.realisation"]["label"], "The partner signs")
    assert [row[0].text for row in rows[:2]] == [f"{first}, not in it itself", second]
    most = next(p for p in section(report, "summary_south").paragraphs if p.startswith("What moves the answer most"))
    assert f"‘{first}’" not in most
    assert f"‘{second}’" in most


def test_a_small_step_and_the_share_that_just_closes_the_gap_are_told_beside_what_moves_it() -> None:
    report = build_report(summary())
    rows = [[cell.text for cell in row] for row in tables(report)["ladder_south"].rows]
    at = tables(report)["ladder_south"].headings.index("Solo business case")
    assert [(row[1], row[at]) for row in rows] == [("one point more", "-£42.0k"), ("one point more", "+£1.7k")]
    label = document()["drivers"]["programmes.solo.realisation"]["label"]
    words = f"Solo business case: everything else as planned, ‘{label}’ has to be 97.6% for the gap to be just closed."
    assert words in section(report, "swings_south").paragraphs


def test_the_register_flags_assumptions_without_a_source() -> None:
    doc = document()
    doc["drivers"]["drivers.pay_award"]["source"] = None
    doc["checks"].append({"id": "unsourced", "level": "warning", "address": "drivers.pay_award", "text": "no source"})
    report = build_report(summary(doc))
    assert section(report, "assumptions").paragraphs == ("1 of 2 assumptions have no source.",)
    register = tables(report)["assumption_register"]
    assert register.headings[-2:] == ("Source", "Owner")
    sources = [tuple(cell.text for cell in row[-2:]) for row in register.rows]
    assert sources == [("no source given", "Chief accountant"), ("reference class uk_savings_final", "–")]


# Every number comes from the summary


def numbers(value: Any) -> set[float]:
    """Give every number of a document."""
    if isinstance(value, dict):
        return set().union(*map(numbers, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(numbers, value)) if value else set()
    return {float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else set()


def test_every_figure_of_a_table_is_a_figure_of_the_summary_or_a_sum_of_them() -> None:
    doc = document()
    known = numbers(doc)
    for table in tables(build_report(summary(doc))).values():
        if table.id.startswith(("closing", "one_off", "costs", "reserve_needed", "bridge", "steps")):
            continue  # totals over the years, and steps; other tests add them up
        for cell in (cell for row in table.rows for cell in row if cell.value is not None):
            assert cell.value in known, (table.id, cell)


def test_the_page_and_the_console_show_the_same_cells() -> None:
    report = build_report(summary())
    html, text = flat(re.sub("<[^>]+>", " ", page(report).replace("<wbr>", ""))), flat(told(report, width=132))
    for table in tables(report).values():
        for cell in (cell for row in table.rows for cell in row):
            assert cell.text.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;") in html
    for line in section(report, "summary_south").paragraphs:
        assert line in text
