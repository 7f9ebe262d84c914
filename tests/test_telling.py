"""What reports say: words, sentences, tables, pages and folders agree with the summary."""

import copy
import io
import json
import os
import re
import unicodedata
from html.parser import HTMLParser
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console as Rich
from rich.text import Text
from synthetic_summary import chance as made_chance
from synthetic_summary import claims_only, document, outputs_only, summary

from simlib.config import load_config, parse_config
from simlib.console import Console, open_console, print_brief, print_lines, print_report
from simlib.errors import ResultsError
from simlib.explain import explanation
from simlib.folder import json_bytes
from simlib.glossary import TERMS
from simlib.grid import lay_out, wrap
from simlib.layout import Report, Section, Table
from simlib.progress import ProgressBar
from simlib.provenance import with_manifest
from simlib.readback import read_back
from simlib.report import FORMATS, build_report, load_summary, render_again, write_report
from simlib.reporters import check_formats
from simlib.reporters.html import page
from simlib.units import beside
from simlib.wording import chance, chance_count, chance_range, clean, margin, money, number

NASTY = (
    "<script>alert('x')</script> \x1b[31m[red]\u202eevil\u202c {{ 7919*7907 }} & \"quoted\" 🎉 عربي\r\n" + "long" * 80
)


def told(report: Report, *, width: int = 80) -> str:
    """Give a report as it is printed at a width."""
    held = io.StringIO()
    print_report(report, open_console(held, width=width))
    return held.getvalue()


def flat(text: str) -> str:
    """Give a text without its line breaks."""
    return " ".join(text.split())


def tables(report: Report) -> dict[str, Table]:
    """Give a report's tables by id."""
    return {table.id: table for section in report.sections for table in section.tables}


def section(report: Report, name: str) -> Section:
    """Give a report's section by id."""
    return next(one for one in report.sections if one.id == name)


# Numbers into words


@pytest.mark.parametrize(
    ("probability", "error", "words"),
    [
        (0.274, 0.0014, "27 of 100"),
        (0.004, 0.0002, "fewer than 1 of 100"),
        (0.996, 0.0002, "more than 99 of 100"),
        (0.005, 0.0002, "1 of 100"),
        (0.274, 0.02, "about 25 of 100"),
        (0.02, 0.01, "fewer than 5 of 100"),
        (0.5, 0.1, "about 50 of 100"),
        (0.97, 0.06, "more than 90 of 100"),
    ],
)
def test_a_chance_is_rounded_as_finely_as_its_error_supports(probability: float, error: float, words: str) -> None:
    assert chance(probability, error) == words


@pytest.mark.parametrize(
    ("futures", "words"), [(100_000, "33,000"), (1_000_000, "330,000"), (1_000, "330"), (60, "20")]
)
def test_none_of_n_futures_is_told_by_the_rule_of_three(futures: int, words: str) -> None:
    found = made_chance(0.0, futures)
    assert chance(0.0, 0.0, found["interval"]) == f"fewer than 1 in {words}"
    whole = made_chance(1.0, futures)
    assert chance(1.0, 0.0, whole["interval"]) == f"all but fewer than 1 in {words}"


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_no_chance_is_ever_told_as_0_or_100(probability: float, error: float) -> None:
    words = re.findall(r"\d+", chance(probability, error))
    assert words[0] not in {"0", "100"}
    assert chance_count(probability, error).lstrip("<>~") not in {"0", "100"}


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_a_rounded_chance_lies_within_half_its_step(probability: float, error: float) -> None:
    words = chance(probability, error)
    if words.startswith(("fewer", "more")):
        return
    half = 0.5 if "about" not in words else 5.0
    assert abs(int(re.findall(r"\d+", words)[0]) - 100 * probability) <= half + 1e-9


def test_a_range_over_readings_goes_from_the_lowest_to_the_highest() -> None:
    estimates = [(0.05, 0.001), (0.0, 0.0), (0.18, 0.001)]
    assert chance_range(estimates) == "from fewer than 1 to 18 across the readings tested"
    assert chance_range(estimates[:1]) is None
    assert chance_range([(0.501, 0.001), (0.499, 0.001)]) == "50 of 100 on every reading tested"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (4.14, "£m", "£4.1m"),
        (-0.26, "£m", "-£0.3m"),
        (0.0752, "£m", "£75k"),
        (0.0996, "£m", "£0.1m"),
        (4_100, "£k", "£4.1m"),
        (950, "£", "£950"),
        (0.0, "£m", "£0"),
        (9.04, "£bn", "£9.0bn"),
        (999.97, "£m", "£1.0bn"),
        (None, "£m", "–"),
    ],
)
def test_money_is_told_to_the_tenth_of_a_million_and_small_money_in_smaller_units(
    value: float | None, unit: str, words: str
) -> None:
    assert money(value, unit) == words


def test_money_is_no_finer_than_its_error_and_stands_in_the_unit_of_its_column() -> None:
    assert money(2.44, "£m", 0.2) == "about £2.5m"
    assert money(12.2, "£m", 0.9) == "about £12.0m"
    assert money(-0.06, "£m", like=4.1) == "-£0.1m"
    assert money(0.01, "£m", like=4.1) == "£0.0m"
    assert money(0.3, "£m", signed=True) == "+£0.3m"


@given(st.floats(-1e4, 1e4, allow_nan=False))
def test_told_money_is_within_half_a_step_of_the_amount(value: float) -> None:
    words = money(value, "£m")
    scale = {"bn": 1e3, "m": 1.0, "k": 1e-3, "": 1e-6}
    found = re.fullmatch(r"(-?)£([\d,.]+)(bn|m|k|)", words)
    assert found is not None
    amount = float(found[2].replace(",", "")) * scale[found[3]] * (-1 if found[1] else 1)
    step = {"bn": 100.0, "m": 0.1, "k": 1e-3, "": 1e-6}[found[3]]
    assert abs(amount - value) <= step / 2 * (1 + 1e-6)


def test_a_gap_is_told_as_what_it_means() -> None:
    assert margin(-0.1, "£m") == "£0.1m to spare"
    assert margin(2.9, "£m") == "£2.9m short"
    assert margin(0.00001, "£m") == "£10 short"
    assert margin(1e-9, "£m") == "exactly closed"


def test_a_bare_figure_has_three_digits_or_fewer() -> None:
    assert [number(v) for v in (0.066667, 1234.5, 0.0, None)] == ["0.0667", "1,230", "0", "–"]
    assert number(12.34, 2.0) == "12"


def test_text_from_a_file_loses_what_could_steer_a_terminal() -> None:
    cleaned = clean(NASTY)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
    assert "<script>alert('x')</script>" in cleaned, "words are kept; escaping is the reporter's"
    assert clean("a" * 2_000).endswith("…")


# Tables in a terminal


@given(
    st.lists(st.lists(st.text("ab £,.0123 é漢🎉", max_size=30), min_size=3, max_size=3), min_size=1, max_size=5),
    st.integers(24, 140),
)
def test_no_line_of_a_table_is_longer_than_the_screen(rows: list[list[str]], width: int) -> None:
    lines = lay_out(["Option", "One", "Two"], rows, width, [False, True, True])
    assert max(len(line) for line in lines) <= width


def test_a_line_breaks_at_spaces_and_a_word_only_where_it_must() -> None:
    assert wrap("Joint Authority with Sedgemoor", 14) == ["Joint", "Authority with", "Sedgemoor"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize("width", [80, 132])
def test_a_report_fits_the_screen_and_breaks_no_word_of_it(width: int) -> None:
    text = told(build_report(summary()), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "transformation" in text
    assert all(line == line.rstrip() for line in text.splitlines())


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
    words = section(build_report(summary(doc)), "council_south").paragraphs[1]
    assert words.startswith("Solo business case closes the gap in the business case, with £0.1m to spare.")
    assert "It does so in 5 of 100 futures, from fewer than 1 to 18 across the readings tested" in words
    assert "when it falls short, it is by £0.8m on average." in words


def test_an_option_that_no_future_closes_is_told_by_what_is_missing_not_by_a_zero() -> None:
    report = build_report(summary())
    words = section(report, "council_south").paragraphs[2]
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
    words = section(build_report(summary(doc)), "council_south").paragraphs[2]
    assert "cannot" not in words
    assert "from fewer than 1 to 3 across the readings tested" in words


def test_an_option_without_a_figure_has_no_costed_saving() -> None:
    report = build_report(summary())
    assert "Strategic alliance has no costed saving" in section(report, "council_south").paragraphs[3]
    assert tables(report)["closing_south"].rows[3][3].text == "no costed saving"
    assert "Do nothing leaves the gap £4.1m short" in section(report, "council_south").paragraphs[0]


def test_own_money_is_told_apart_from_other_peoples_and_adds_up() -> None:
    report = build_report(summary())
    pair = document()["options"]["solo"]["councils"]["south"]
    words = next(p for p in section(report, "council_south").paragraphs if p.startswith("Solo business case: one-off"))
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
    words = next(p for p in section(report, "council_south").paragraphs if p.startswith("Solo business case: one-off"))
    assert f"{money(borne, '£m')} falls on the general fund. One-off savings bring the general fund £5.0m" in words
    cells = tables(report)["one_off_south"].rows[1]
    assert [cell.value for cell in cells[6:8]] == pytest.approx([borne, 5.0])


def test_a_headline_on_31_march_stands_beside_the_budget_of_the_year_in_cash() -> None:
    doc = document()
    doc["options"]["solo"]["councils"]["south"]["closes"]["in_year"] |= {"probability": 0.07, "error": 0.0007}
    paragraphs = section(build_report(summary(doc)), "council_south").paragraphs
    words = next(p for p in paragraphs if p.startswith("In cash, the budget of 2019/20 itself balances"))
    assert "Solo business case in 7 of 100" in words
    assert "Do nothing" not in words


def test_every_test_and_every_year_stand_in_an_appendix_that_the_console_leaves_out() -> None:
    report = build_report(summary())
    doc, found = document(), tables(report)
    assert found["tests_south"].headings[1:] == tuple(doc["tests"].values())
    rows = found["gap_recurring_by_year_south"].rows
    assert len(rows) == len(doc["years"]) * len(found["tests_south"].rows)
    worse, middle, better = (cell.value for cell in rows[0][2:])
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
    assert "general fund" not in found["one_off_south"].note


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
    for asked, drawn, error, kind, unit, told in said:
        assert tuple(beside((asked, drawn), error, kind, unit)) == told


def test_a_bridge_names_its_steps_without_dots_and_tells_the_small_ones_together() -> None:
    doc = document()
    bridge = doc["options"]["solo"]["councils"]["south"]["bridge"]
    address = "councils.south.funding.rural_grant.realised"
    bridge["steps"] = [{"address": address, "label": address, "shift": 0.5}]
    bridge["steps"] += [{"address": "drivers.pay", "label": "Pay", "shift": 1e-4}]
    bridge["together"] = bridge["mean"] - bridge["plan"] - 0.5001
    rows = tables(build_report(summary(doc)))["bridge_solo_south"].rows
    assert [row[0].text for row in rows[1:-1]] == [
        "South District Council, rural grant, realised",
        "Smaller steps, and several together",
    ]
    values = [row[1].value or 0.0 for row in rows]
    assert sum(values[:-1]) == pytest.approx(values[-1])


def test_a_headline_other_than_the_gap_is_told_by_its_name() -> None:
    doc = document() | {"headline": "reserves_hold"}
    words = section(build_report(summary(doc)), "council_south").paragraphs[1]
    assert "does not meet the test 'reserves stay above their minimum' in the business case" in words


def test_results_under_an_event_are_given_where_they_differ_and_only_there() -> None:
    report = build_report(summary())
    rows = {row[0].text: row for row in tables(report)["event_partner_signs"].rows}
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
    assert "event_partner_signs" not in tables(report)


def test_a_claim_is_told_under_an_event_too() -> None:
    doc = claims_only()
    sides = {
        side: {"alliance": {"claim": made_chance(p, 2_000)}} for side, p in (("closes_if", 0.4), ("closes_if_not", 0.1))
    }
    chance_of_it = {"label": "A third council joins", "chance": made_chance(0.5, 4_000), "plan": False}
    doc["events"] = {"third": chance_of_it | sides}
    row = tables(build_report(summary(doc)))["event_third"].rows[0]
    assert [cell.text for cell in row] == ["Strategic alliance, its claim is kept", "about 40 of 100", "10 of 100"]


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
    assert "kept in 24 of 100 futures, from 24 to about 60 across the readings tested" in text
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
    assert "1 note is in the report's last part" in text
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


def test_a_bridge_lists_its_steps_from_the_largest_and_they_add_up() -> None:
    rows = tables(build_report(summary()))["bridge_solo_south"].rows
    values = [row[1].value for row in rows]
    assert [row[0].text for row in rows] == [
        "Business case",
        "Savings delivered",
        "Pay award",
        "Average of the futures",
    ]
    assert sum(value or 0.0 for value in values[:-1]) == pytest.approx(values[-1])


def test_the_register_flags_assumptions_without_a_source() -> None:
    doc = document()
    doc["drivers"]["drivers.pay_award"]["source"] = None
    doc["checks"].append({"id": "unsourced", "level": "warning", "address": "drivers.pay_award", "text": "no source"})
    report = build_report(summary(doc))
    assert section(report, "assumptions").paragraphs == ("1 of 2 assumptions have no source.",)
    sources = [row[-1].text for row in tables(report)["assumption_register"].rows]
    assert sources == ["no source given", "reference class uk_savings_final"]


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
        if table.id.startswith("one_off"):
            continue  # totals over the years; another test adds them up
        for cell in (cell for row in table.rows for cell in row if cell.value is not None):
            assert cell.value in known, (table.id, cell)


def test_the_page_and_the_console_show_the_same_cells() -> None:
    report = build_report(summary())
    html, text = flat(re.sub("<[^>]+>", " ", page(report))), flat(told(report, width=132))
    for table in tables(report).values():
        for cell in (cell for row in table.rows for cell in row):
            assert cell.text.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;") in html
    for line in section(report, "council_south").paragraphs:
        assert line in text


# The page


class Page(HTMLParser):
    """Collects what the accessibility of a page hangs on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def rendered() -> Page:
    """Give the page of the made-up run."""
    return Page(page(build_report(summary())))


def test_the_page_has_a_language_one_h1_and_headings_in_order(rendered: Page) -> None:
    assert rendered.all("html")[0]["lang"] == "en-GB"
    levels = [int(tag[1]) for tag, _ in rendered.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_table_has_a_caption_and_scoped_headers(rendered: Page) -> None:
    assert len(rendered.all("caption")) == len(rendered.all("table")) > 5
    assert {attributes.get("scope") for attributes in rendered.all("th")} == {"col", "row"}


def test_every_chart_has_alternative_text_that_states_figures(rendered: Page) -> None:
    charts = rendered.all("svg")
    assert len(charts) == 6
    for chart in charts:
        assert chart["role"] == "img"
        assert chart["aria-labelledby"] in {title.get("id") for title in rendered.all("title")}
    alternatives = " ".join(rendered.text["title"])
    assert "Solo business case: middle £0.6m short, plan £0.1m to spare" in alternatives


def test_ids_are_unique_and_every_reference_to_one_leads_somewhere(rendered: Page) -> None:
    ids = [attributes["id"] for _, attributes in rendered.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {attributes["aria-labelledby"] for _, attributes in rendered.tags if "aria-labelledby" in attributes}
    assert wanted <= set(ids)


def test_the_page_needs_no_network_and_no_scripts(rendered: Page) -> None:
    assert not rendered.all("script")
    assert not rendered.all("link")
    assert not rendered.all("img")
    sources = [
        value or "" for _, attributes in rendered.tags for name, value in attributes.items() if name in {"src", "href"}
    ]
    assert not any(value.startswith(("http", "//")) for value in sources)


def contrast(one: str, other: str) -> float:
    """Give WCAG's contrast of two colours such as ``#1a1a1a``."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_text_on_the_page_has_contrast_enough() -> None:
    style = page(build_report(summary(outputs_only())))
    colours = dict(re.findall(r"--(ink|quiet|line|paper): (#[0-9a-f]{6})", style))
    assert contrast(colours["ink"], colours["paper"]) > 7
    assert contrast(colours["quiet"], colours["paper"]) > 4.5
    assert contrast(colours["line"], colours["paper"]) > 3


@pytest.fixture(scope="module")
def hostile() -> Report:
    """Give a report whose every text from the file is hostile."""
    doc = document()
    doc["config"]["title"] = NASTY
    for entry in (*doc["options"].values(), *doc["councils"].values(), *doc["events"].values()):
        entry["label"] = NASTY
    for note in doc["reading_notes"].values():
        note["why"] = NASTY
    for driver in doc["drivers"].values():
        driver["label"] = driver["owner"] = NASTY
    doc["checks"][0]["text"] = NASTY
    return build_report(summary(doc))


def test_hostile_text_is_harmless_on_the_page(hostile: Report) -> None:
    text = page(hostile)
    assert "<script" not in text
    assert str(7919 * 7907) not in text, "no template is rendered from the file's text"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)
    found = Page(text)
    assert not found.all("script")
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


@pytest.mark.parametrize("width", [80, 132])
def test_hostile_text_is_harmless_in_a_terminal(hostile: Report, width: int) -> None:
    text = told(hostile, width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text)
    assert "[red]" in text, "what looks like markup is only text"


# The folder


def test_a_run_is_written_whole_and_read_back(tmp_path: Path) -> None:
    run = summary()
    folder = write_report(run, tmp_path / "runs" / "south", formats=("json", "html", "figures"))
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["config.yaml", "figures", "manifest.json", "report.html", "summary.json"]
    assert len(list((folder / "figures").iterdir())) == 12
    again = load_summary(folder)
    assert again.document == run.document
    assert again.config_text == run.config_text
    assert sorted(path.name for path in folder.parent.iterdir()) == ["south"], "nothing temporary is left"


def test_two_writings_of_the_same_run_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_report(summary(), tmp_path / name, formats=("html", "figures")) for name in ("one", "two"))
    paths = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(paths) == 16
    for path in paths:
        assert (one / path).read_bytes() == (two / path).read_bytes(), path


def test_json_keeps_order_and_every_digit_and_refuses_what_is_no_number() -> None:
    value = {"b": 0.1 + 0.2, "a": np.float64(1 / 3), "c": [np.int64(3), None]}
    text = json_bytes(value).decode()
    assert list(json.loads(text)) == ["b", "a", "c"]
    assert json.loads(text)["b"] == 0.1 + 0.2
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes({"a": float("nan")})


def test_a_failure_leaves_the_earlier_run_as_it_was(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = copy.deepcopy(document())
    broken["options"]["solo"]["councils"]["south"]["shortfall"]["p90"] = float("inf")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_report(summary(broken), folder, formats=())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["south"]


def test_a_run_replaces_an_earlier_run_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=("html",))
    write_report(summary(claims_only()), folder, formats=())
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml", "manifest.json", "summary.json"]
    assert load_summary(folder).document["target_year"] is None


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "minutes.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ResultsError, match="holds something that is not a simlib run"):
        write_report(summary(), tmp_path / "papers", formats=())
    assert (tmp_path / "papers" / "minutes.txt").read_text(encoding="utf-8") == "keep me"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match="found a file or a link"):
        write_report(summary(), tmp_path / "link", formats=())
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "summary.json").unlink(), "expected a file of a simlib run"),
        (lambda folder: (folder / "summary.json").write_text("{", encoding="utf-8"), "damaged"),
        (
            lambda folder: (folder / "summary.json").write_text("[]", encoding="utf-8"),
            "damaged: expected a mapping",
        ),
        (
            lambda folder: (folder / "summary.json").write_text('{"simlib": 9}', encoding="utf-8"),
            "expected format 1",
        ),
        (
            lambda folder: (folder / "summary.json").write_text('{"simlib": 1}', encoding="utf-8"),
            "config, unit",
        ),
        (
            lambda folder: (folder / "summary.json").write_bytes(b"\xff\xfe"),
            "expected a file of a simlib run",
        ),
        (lambda folder: (folder / "config.yaml").unlink(), "expected a file of a simlib run"),
    ],
)
def test_a_damaged_run_is_refused_in_words(tmp_path: Path, damage: Any, message: str) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    damage(folder)
    with pytest.raises(ResultsError, match=message):
        load_summary(folder)


def test_a_missing_run_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"expected a run's folder, such as runs/south_somerset"):
        load_summary(tmp_path / "nothing")


def test_rendering_again_adds_to_a_run_or_makes_another(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    before = (folder / "summary.json").read_bytes()
    render_again(load_summary(folder), folder, out=None, formats=("html",))
    assert "<h1>South" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "summary.json").read_bytes() == before
    other = render_again(load_summary(folder), folder, out=tmp_path / "other", formats=("html",))
    assert (other / "summary.json").read_bytes() == before
    with pytest.raises(ResultsError, match="nc needs the futures themselves"):
        render_again(load_summary(folder), folder, out=None, formats=("nc",))


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ResultsError, match=r"expected json, nc, html, figures, got 'htm'; did you mean 'html'\?"):
        check_formats(["htm"])
    assert check_formats(FORMATS) == FORMATS


def test_a_manifest_says_what_a_run_was_made_with() -> None:
    manifest = with_manifest(summary(), {"simulate": 0.1}).manifest
    assert manifest["seed"] == 20160317
    assert manifest["digest"] == document()["config"]["digest"]
    assert {"simlib", "python", "numpy", "scipy"} <= set(manifest["versions"])
    assert manifest["timings"] == {"simulate": 0.1}


# Progress


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal_only_and_wiped_away() -> None:
    screen, pipe = Screen(), io.StringIO()
    for stream in (screen, pipe):
        with ProgressBar("south", stream, patience=0.0) as bar:
            bar(1, 4)
    assert "south [#######......................." in screen.getvalue()
    assert "25%" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[2K")
    assert pipe.getvalue() == ""


def test_a_short_run_shows_no_bar() -> None:
    screen = Screen()
    with ProgressBar("south", screen, patience=3_600.0) as bar:
        bar(1, 1)
    assert screen.getvalue() == ""


def test_the_manifest_states_the_versions_that_are_installed() -> None:
    versions = with_manifest(summary(), {}).manifest["versions"]
    assert {name: found for name, found in versions.items() if name not in ("simlib", "python")} == {
        name: version(name) for name in ("numpy", "scipy", "xarray", "h5netcdf", "matplotlib")
    }


# Text


def test_whatever_controls_a_terminal_becomes_a_space_and_whatever_reorders_text_is_gone() -> None:
    letters = [chr(code) for code in range(0x11000)]
    spaces = {letter for letter in letters if clean(f"a{letter}b") == "a b"}
    blank = {letter for letter in letters if unicodedata.category(letter) in {"Cc", "Cs"} or letter.isspace()}
    assert spaces == blank - {"\u2028", "\u2029"}
    gone = {letter for letter in letters if clean(f"a{letter}b") == "ab"}
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert gone == set("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff" + turning)


@given(st.lists(st.text("ab£漢e\u0301", min_size=1, max_size=9), max_size=8), st.integers(2, 12))
def test_lines_are_broken_where_counting_each_anew_breaks_them(words: list[str], width: int) -> None:
    def size(text: str) -> int:
        return sum({"漢": 2, "\u0301": 0}.get(letter, 1) for letter in text)

    lines = [""]
    for word in words:
        if lines[-1] and size(lines[-1]) + 1 + size(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
        while size(lines[-1]) > width:
            fits = max(n for n in range(len(lines[-1])) if size(lines[-1][:n]) <= width)
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    assert wrap(" ".join(words), width) == ([line for line in lines if line] or [""])


# A terminal


def test_a_terminal_is_told_of_styles_as_rich_tells_it() -> None:
    lines = [(f"in {style} ø", style) for style in ("bold", "dim", "italic", "bold underline", "bold reverse", "")]
    own, oracle = Screen(), Screen()
    Console(own, 80, styled=True).write([*lines, ("", "bold")])
    rich = Rich(file=oracle, force_terminal=True, color_system="truecolor", markup=False, emoji=False, highlight=False)
    for line, style in [*lines, ("", "bold")]:
        rich.print(Text(line, style=style), soft_wrap=True)
    assert own.getvalue() == oracle.getvalue()
    assert own.getvalue().startswith("\x1b[1min bold ø\x1b[0m\n")


@pytest.mark.parametrize("stream", [Screen, io.StringIO])
@pytest.mark.parametrize(
    "said",
    [{}, {"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}, {"COLUMNS": "57"}, {"COLUMNS": "wide"}],
    ids=str,
)
def test_who_is_told_of_styles_and_how_wide_lines_are_is_as_rich_decides_it(
    stream: type[io.StringIO], said: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    own, rich = open_console(stream()), Rich(file=stream())
    assert own.styled == (rich.color_system is not None) or os.name == "nt"
    if said.get("TERM") != "dumb":  # whose width rich does not ask for
        assert own.width == min(rich.width, 132)


def test_no_letter_of_a_text_steers_a_terminal() -> None:
    screen = Screen()
    Console(screen, 80, styled=False).write([("a\x1b[2Jb\rc\x9bd\x07\ne", "bold")])
    assert screen.getvalue() == "a[2Jbcde\n"


# The file in plain words

SAID = """
simlib: 1
title: What is said
money: £m
run: {simulations: 200_000, precision: {mean: £10k, p90: £50k}}
drivers:
  late: {kind: duration, dist: lognormal, median: 4 months, p90: 12 months}
  later: {kind: duration, dist: lognormal, median: 4 months, p90: 12 months}
  cut: {kind: money, dist: normal, mean: 1, sd: 1, truncate: {low: 0}}
  mass: {dist: normal, mean: 100_000, sd: 0.05}
dependence:
  together: {between: [drivers.late, drivers.later], concordance: 7 of 10}
readings:
  share: {why: it may, set: {drivers.mass: 100001}}
outputs:
  paid: {kind: money, formula: drivers.cut}
"""


@pytest.mark.parametrize("name", ["minimal", "south_somerset", "boston_east_lindsey", "hartlepool_darlington",
                                  "transformation_challenge_award", "benchmark"])  # fmt: skip
def test_every_config_is_read_back_without_what_only_a_program_reads(root: Path, name: str) -> None:
    config = load_config(root / "configs" / f"{name}.yaml")
    text = "\n".join(read_back(config))
    assert config.title in text
    for measure in config.measures.values():
        assert (measure.label or "") in text
    for internal in ("Quantity(", "Formula(", "None", "Triangular(", "nan", "<simlib"):
        assert internal not in text


def test_what_is_read_back_is_true_of_what_will_be_drawn() -> None:
    lines = read_back(parse_config(SAID))
    told = "\n".join(lines)
    assert "As many futures as it takes to know mean to within £10,000 and p90 to within £50,000" in told
    assert ", at most 200,000" in told
    # of 10 futures both are below in 3.5 and both above in 3.5
    assert "drivers.late and drivers.later, on the same side of their middles in 7 of 10 futures" in told
    assert "before the cut around £1m, evenly to both sides, from -£0.2816m to £2.282m in 8 of 10 futures" in told
    assert "what remains is as likely above as below £1.2m, and from £0.3026m to £2.378m in 8 of 10 futures" in told
    assert "from 99,999.936 to 100,000.064 in 8 of 10 futures" in told
    assert "share: it may. Sets drivers.mass = 100001" in told


def test_a_fitted_delay_that_is_early_and_a_share_above_the_whole_are_told() -> None:
    from small_files import document_of, parsed

    from simlib import compile_model, simulate

    # Both are refused where they are written down: low: -1 months, high: 110%.
    model = compile_model(
        parsed("""
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
measures:
  m:
    council: a
    saving: 1
    basis: recurring
    from: 2020/21
    delay: {dist: elicited, as: uniform, p20: 0 months, p80: 6 months}
    realisation: {dist: elicited, as: uniform, p10: 10%, p90: 90%}
  n:
    council: a
    saving: 1
    basis: recurring
    from: 2020/21
    delay: {dist: elicited, as: pert, low: 3 months, mode: 6 months, high: 12 months, low_high: p10_p90}
    realisation: {dist: normal, mean: 90%, sd: 10%}
options: {o: {councils: a, measures: [m, n]}}
""")
    )
    document = document_of(simulate(model, simulations=256, seed=1))
    found = {c["address"]: c["text"] for c in document["checks"] if c["id"] == "beyond_bounds"}
    assert found == {
        "measures.m.delay": "in 20 of 100 futures it is below nothing: the saving comes early; truncate cuts it off",
        "measures.n.realisation": "in 16 of 100 futures it is above 100%: more than planned is delivered;"
        " truncate cuts it off",
    }


def test_a_note_that_holds_in_several_readings_is_told_once(root: Path) -> None:
    from simlib import compile_model, simulate, simulate_plan, summarise

    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    checks = summarise(simulate(model, simulations=256), simulate_plan(model)).document["checks"]
    found = [check["text"] for check in checks if check["id"] == "dependence_void"]
    assert len(found) == 5
    assert any(text.endswith("(in the readings 'on_time', 'budget_as_published', 'support_grant_as_planned' and"
                             " 'evidence_in_year')") for text in found)  # fmt: skip


def test_the_reading_of_a_measure_says_how_much_whose_when_how_late_and_who_pays(root: Path) -> None:
    lines = read_back(load_config(root / "configs" / "south_somerset.yaml"))
    joint = next(line for line in lines if line.startswith("- Joint Authority with Sedgemoor: saves"))
    assert "saves £2.5m a year at full effect; shared 48% South Somerset District Council and the rest" in joint
    assert "starts in 2016/17, rises evenly and is full from 2020/21" in joint
    assert "comes late by somewhere from 0 months to 2 years, most likely 6 months" in joint
    solo = next(line for line in lines if line.startswith("- Transformation programme: saves"))
    assert "paid from redundancy reserve, capital receipts and revenue support reserve in this order" in solo


def test_figures_without_a_source_are_listed() -> None:
    text = """
simlib: 1
title: "t"
drivers:
  a: {kind: number, dist: uniform, low: 1, high: 2}
  b: {kind: number, dist: uniform, low: 1, high: 2, source: {what: "a count", mark: public}}
outputs:
  c: a + b
"""
    lines = read_back(parse_config(text))
    assert lines[-1] == "- No source for drivers.a"


def test_what_moves_the_average_is_told_from_the_compiled_model(root: Path) -> None:
    from simlib import compile_model

    config = load_config(root / "configs" / "minimal.yaml")
    lines = read_back(config, compile_model(config))
    moved = lines[lines.index("# What moves the average away from the plan") + 1 :]
    assert re.match(r"- .*realisation.* adds £\d+k to the gap of Exampleton by 2027/28, on average", moved[0])


def test_lines_of_a_list_hang_under_their_mark() -> None:
    held = io.StringIO()
    print_lines(["# Head", "- one two three", "  - deeper"], open_console(held, width=10))
    assert held.getvalue().splitlines() == ["Head", "- one two", "  three", "  - deeper"]


# Explanations


def test_every_family_and_every_term_can_be_explained() -> None:
    from simlib.distributions import FAMILIES

    for name in FAMILIES:
        lines = explanation(name)
        assert lines[0] == f"# {name}"
        assert all(parameter in " ".join(lines) for parameter in FAMILIES[name].parameters)
    for term in TERMS:
        assert len(explanation(term.upper().replace(" ", "_"))) >= 2


def test_what_a_file_may_say_of_draws_and_of_dependence_can_be_explained() -> None:
    from simlib.config.schema import Dependence
    from simlib.sampling import SAMPLERS

    said = {"rank_correlation", "correlation", "strength", "concordance", "copula"}
    assert said <= Dependence.model_fields.keys()
    for word in (*SAMPLERS, *said, "dependence", "low_high", "pool", "truncate", "quantile", "degrees of freedom"):
        assert len(explanation(word)) >= 2


def test_a_family_says_what_may_be_left_out_and_what_may_stand_for_its_parameters() -> None:
    pert, poisson = "\n".join(explanation("pert")), "\n".join(explanation("poisson"))
    assert "- lambda: a plain number; may be left out; how much the most likely value counts" in pert
    assert "mode: a figure of the entry's own kind (money, a share, a duration …)\n" in pert
    assert "In place of parameters: quantiles" in pert
    assert "In place of parameters" not in poisson


def test_every_closing_test_is_in_the_glossary() -> None:
    from typing import get_args

    from simlib.config.schema import ClosingTest

    assert set(get_args(ClosingTest)) <= set(TERMS)


def test_rows_of_every_table_are_as_long_as_its_headings() -> None:
    for doc in (document(), claims_only(), outputs_only()):
        for table in tables(build_report(summary(doc))).values():
            assert {len(row) for row in table.rows} <= {len(table.headings)}, table.id


def test_ids_in_a_report_are_unique() -> None:
    report = build_report(summary())
    ids = [one.id for one in report.sections]
    ids += [table.id for one in report.sections for table in one.tables]
    ids += [chart.id for one in report.sections for chart in one.charts]
    assert len(ids) == len(set(ids))


def test_correlations_asked_and_drawn_stand_beside_what_they_should_be() -> None:
    doc = document()
    pair = {
        "between": ["drivers.a", "drivers.b"], "year": None, "asked": 0.5, "repaired": None, "implied": 0.31,
        "achieved": 0.33, "error": 0.01, "words": None,
    }  # fmt: skip
    other = pair | {"implied": 0.5, "achieved": 0.503}
    section = {"form": "concordance", "stated": 0.7, "copula": "t", "df": 4.0, "reason": None, "furthest_off": 2.0}
    doc["dependence"] = {"late_together": section | {"pairs": [pair, other]}, "void": section | {"pairs": []}}
    table = tables(build_report(summary(doc)))["correlations_asked_and_drawn"]
    [row] = [[cell.text for cell in row] for row in table.rows]
    assert row == [
        "Late together (dependence.late_together)", "Concordance 7 of 10, t copula with 4 degrees of freedom",
        "2", "0.50", "0.31 to 0.50", "0.33 to 0.50", "2.0 errors",
    ]  # fmt: skip


def test_what_was_drawn_has_its_band_in_one_cell_and_says_which_events_it_leaves_out() -> None:
    doc = document()
    found = tables(build_report(summary(doc)))
    table = found["asked_and_drawn"]
    assert table.headings[1:] == (
        "Average: asked", "Average: drawn", "In 9 of 10 futures: asked", "In 9 of 10 futures: drawn", "Furthest off",
    )  # fmt: skip
    for row, driver in zip(table.rows, doc["drivers"].values(), strict=True):
        assert row[3].text.count(" to ") == row[4].text.count(" to ") == 1, driver["label"]
    event = next(iter(doc["events"].values()))
    doc["events"]["sure"] = event | {"label": "A known chance", "requested": 0.3}
    doc["events"]["open"] = event | {"label": "Hangs", "requested": None}
    chances = tables(build_report(summary(doc)))["chances_asked_and_drawn"]
    assert "A known chance" in [row[0].text for row in chances.rows]
    assert "Hangs" not in [row[0].text for row in chances.rows]
    assert chances.note.startswith("Not told, as the chance is itself uncertain: ")
    assert "Hangs" in chances.note


def test_no_line_of_a_page_ends_after_a_minus() -> None:
    doc = document()
    driver = next(iter(doc["drivers"].values()))
    driver |= {"kind": "money", "varies": "once"}
    driver["requested"] |= {"p5": -0.2, "p95": 0.3}
    driver["achieved"] |= {"p5": -0.2, "p95": 0.3, "by_year": None}
    assert ">-\u2060£0.2" in page(build_report(summary(doc)))
