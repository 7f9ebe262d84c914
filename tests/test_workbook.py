"""``report.xlsx``: every figure is the summary's where its row says so; text stays text; it opens elsewhere."""

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from synthetic_summary import document, outputs_only, summary

from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.dims import VARIABLES
from simlib.engine import simulate, simulate_plan
from simlib.report import build_report
from simlib.reporters.xlsx import write_xlsx
from simlib.summary import Summary, summarise
from simlib.worksheets import worksheets

LEVELS = ("p5", "p10", "p25", "p50", "p75", "p80", "p90", "p95")
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
NASTY = (
    "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "Summary!A1", "long " * 60, "http://example.org/", "1e5",
    "<script>alert('x')</script> & \"quoted\" \x1b[31m\u202eevil\u202c 🎉 عربي", "\t=1+1", "internal:Cover!A1",
)  # fmt: skip
RUNS = {
    "south_somerset": "configs/south_somerset.yaml",
    "boston": "configs/boston_east_lindsey.yaml",
    "textbook": "configs/textbook/flood.yaml",
    "minimal": "configs/minimal.yaml",
}

Row = dict[str, Any]
Made = tuple[dict[str, Any], Path]


def written(found: Summary, folder: Path) -> Path:
    """Give the workbook of a summary."""
    return write_xlsx(build_report(found), folder)


@pytest.fixture(scope="module")
def runs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """Give the summary, as its file has it, and the workbook of small runs."""
    made = {}
    for name, place in RUNS.items():
        model = compile_model(load_config(root / place))
        found = summarise(simulate(model, simulations=512, seed=1), simulate_plan(model))
        folder = tmp_path_factory.mktemp(name)
        made[name] = json.loads(json.dumps(found.document)), written(found, folder)
    return made


@pytest.fixture(params=list(RUNS), scope="module")
def run(request: pytest.FixtureRequest, runs: dict[str, Made]) -> tuple[dict[str, Any], Workbook]:
    """Give the summary and the opened workbook of each."""
    found, path = runs[request.param]
    return found, opened(path)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the workbook of a run whose every name is meant to do harm."""
    doc = copy.deepcopy(document())
    doc["config"]["title"] = f"{NASTY[0]} & {NASTY[8]}"
    named = [*doc["options"].values(), *doc["councils"].values(), *doc["drivers"].values(), *doc["events"].values()]
    for at, entry in enumerate(named):
        entry["label"] = NASTY[at % len(NASTY)]
    for at, driver in enumerate(doc["drivers"].values()):
        driver["owner"] = driver["note"] = NASTY[(at + 3) % len(NASTY)]
        driver["source"] = {"what": NASTY[at % len(NASTY)], "mark": None, "date": None}
    return written(summary(doc), tmp_path_factory.mktemp("hostile"))


@lru_cache
def opened(path: Path, *, values: bool = False) -> Workbook:
    """Give a workbook as another library reads it; formulas' values in their stead where asked for."""
    return openpyxl.load_workbook(path, data_only=values)


def rows(book: Workbook, name: str) -> list[Row]:
    """Give a sheet's rows by their headings; none where the sheet has nothing to tell."""
    if name not in book.sheetnames:
        return []
    headings, *found = book[name].iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in found]


def key_of(found: dict[str, Any], family: str, label: str) -> str:
    """Give the id of what has a label."""
    return next(key for key, entry in found[family].items() if entry["label"] == label)


def place_of(found: dict[str, Any], label: str) -> str:
    """Give the id of a council, or of what stands in its place."""
    known = {"All its councils together": "jointly", "Its claim": "claim"}
    return known.get(label) or key_of(found, "councils", label)


def pair_of(found: dict[str, Any], row: Row) -> dict[str, Any]:
    """Give the results that a row's option and council name."""
    option = found["options"][key_of(found, "options", row["Option"])]
    return option["councils"][place_of(found, row["Council"])]  # type: ignore[no-any-return]


def heading(row: Row, start: str) -> str | None:
    """Give the heading that is so or, alone of all, starts so; None where no row of the sheet has anything there."""
    if start in row:
        return start
    names = [name for name in row if name.startswith(start)]
    assert len(names) < 2, names
    return names[0] if names else None


def check(row: Row, start: str, expected: float | bool | None, *, within: float = 0.0) -> None:
    """Compare one cell: a number to the 16 digits that a workbook holds, or nothing where there is nothing."""
    found = row.get(heading(row, start))
    if isinstance(expected, bool):
        assert found == ("yes" if expected else "no"), (start, row)
    elif expected is None:
        assert found is None, (start, row)
    else:
        assert found == pytest.approx(expected, rel=4e-15, abs=within), (start, row)


def check_levels(row: Row, entry: dict[str, Any], levels: tuple[str, ...] = LEVELS) -> None:
    """Compare quantiles."""
    for level in levels:
        check(row, next((name for name in row if name.split(":")[0] == level.upper()), "none"), entry[level])


def check_chance(row: Row, start: str, entry: dict[str, Any]) -> None:
    """Compare a chance, its error and its interval."""
    check(row, start, entry["probability"])
    check(row, "Simulation error", entry["error"])
    check(row, "95% interval: low", entry["interval"][0])
    check(row, "95% interval: high", entry["interval"][1])


# Every figure is the summary's


def test_the_summary_sheet_has_every_option_and_council(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    told = rows(book, "Summary")
    assert len(told) == sum(len(option["councils"]) for option in found["options"].values())
    for row in told:
        pair = pair_of(found, row)
        headline, gap = pair["closes"][found["headline"]], (pair["gap_recurring"] or {}).get(found["target_year"])
        if headline:
            check_chance(row, "Chance", headline)
            check(row, "Holds in the business case", headline["plan"])
            option, council = key_of(found, "options", row["Option"]), place_of(found, row["Council"])
            read = [headline, *(reading[option][council] for reading in found["readings"].values())]
            check(row, "Readings: lowest", min(each["probability"] for each in read))
            check(row, "Readings: highest", max(each["probability"] for each in read))
        if gap:
            starts = {"Recurring gap": "plan", "Gap: average": "mean"} | {f"Gap P{p}": f"p{p}" for p in (10, 50, 90)}
            for start, level in starts.items():
                check(row, start, gap[level])
            short = pair["shortfall"]
            check(row, "Short by", short["mean_if_short"] if short["probability"] else None)
        costs = [entry["plan"] for entry in pair["one_off_gross"].values()]
        check(row, "One-off cost: as planned", sum(costs), within=1e-6)
        check(row, "Reserve needed", (pair["reserve_needed"] or {}).get("90"))
        check(row, "Net present value", (pair["npv"] or {}).get("p50"))


def test_the_sheet_by_year_has_every_yearly_figure(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    keys = {words: key for key, (words, _, _) in VARIABLES.items()}
    told = rows(book, "By year")
    for row in told:
        figure = keys[row["Figure"]]
        before = figure == "gap_before"
        by_year = found["gap_before"][place_of(found, row["Council"])] if before else pair_of(found, row)[figure]
        entry = by_year[row["Year"]]
        for start, level in (("Business case", "plan"), ("Average", "mean"), ("Standard", "sd")):
            check(row, start, entry[level])
        check_levels(row, entry)
        check(row, "Simulation error", entry["error"]["mean"])
    pairs = [pair for option in found["options"].values() for pair in option["councils"].values()]
    yearly = [by_year for pair in pairs for key, by_year in pair.items() if key in VARIABLES and by_year]
    assert len(told) == sum(map(len, (*yearly, *found["gap_before"].values())))


def test_the_sheet_of_closing_tests_has_all_six_for_each_council_and_for_all_together(
    run: tuple[dict[str, Any], Workbook],
) -> None:
    found, book = run
    told = rows(book, "Closing tests")
    for row in told:
        option = found["options"][key_of(found, "options", row["Option"])]
        place = place_of(found, row["Council"])
        closes = (option["jointly"] if place == "jointly" else option["councils"][place])["closes"]
        entry = closes[row["Test"]]
        check_chance(row, "Holds in", entry)
        check(row, "Holds in the business case", entry["plan"])
        check(row, "Headline", row["Test"] == found["headline"])
    groups = [o["jointly"] for o in found["options"].values() if o["jointly"]]
    groups += [pair for o in found["options"].values() for pair in o["councils"].values()]
    assert len(told) == sum(bool(each) for group in groups for each in group["closes"].values())


def test_costs_payback_and_present_value_are_the_summarys(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    names = ("one_off_gross", "one_off_own_pots", "one_off_external_pots", "one_off_net", "one_off_savings")
    for row in rows(book, "Costs and value"):
        pair = pair_of(found, row)
        for start, level in (("As planned", "plan"), ("Average", "mean")):
            headings = [name for name in row if name.startswith(f"{start}: ") and "adds up" not in name]
            for name, key in zip(headings, names, strict=True):
                total = sum(entry[level] for entry in pair[key].values())
                assert row[name] == pytest.approx(total, abs=1e-6), (name, row)
        payback, npv = pair["payback"] or {}, pair["npv"] or {}
        levels = (("business case", "plan"), ("1 in 10 sooner", "p10"), ("middle", "p50"), ("1 in 10 later", "p90"))
        for words, level in levels:
            check(row, f"Payback in years: {words}", payback.get(level))
        check(row, "Not paid back", payback.get("beyond_horizon"))
        levels = (("business case", "plan"), ("average", "mean"), ("1 in 10 worse", "p10"), ("middle", "p50"))
        for words, level in levels:
            check(row, f"Net present value: {words}", npv.get(level))
        check(row, "Reserves hold", (pair["closes"]["reserves_hold"] or {}).get("probability"))


@pytest.mark.parametrize(
    ("sheet", "key", "across", "up"),
    [
        ("Reserve needed", "reserve_needed", "Confidence", "Opening balance"),
        ("Gap distribution", "curve", "Share", "Recurring gap"),
    ],
)
def test_distributions_are_whole(
    run: tuple[dict[str, Any], Workbook], sheet: str, key: str, across: str, up: str
) -> None:
    found, book = run
    drawn: dict[int, list[Row]] = {}
    for row in rows(book, sheet):
        drawn.setdefault(id(pair_of(found, row)), []).append(row)
    pairs = [pair for option in found["options"].values() for pair in option["councils"].values() if pair[key]]
    assert len(drawn) == len(pairs)
    for pair in pairs:
        curve = pair[key].get("curve", pair[key])
        told = drawn[id(pair)]
        for row, share, amount in zip(told, curve["probabilities"], curve["values"], strict=True):
            check(row, across, share)
            check(row, up, amount)
            error = pair[key].get("error", {}).get(f"{100 * share:.0f}")
            check(row, "Simulation error", error)


def test_comparisons_and_the_first_closed_year_are_the_summarys(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    for row in rows(book, "Comparisons"):
        both = (key_of(found, "options", row[name]) for name in ("First option", "Second option"))
        entry = found["comparisons"][place_of(found, row["Council"])]["|".join(both)]
        starts = (("First leaves", "better"), ("Equal", "equal"), ("Second leaves", "worse"), ("Simulation", "error"))
        for start, name in starts:
            check(row, start, entry[name])
        check(row, "Gap of the first", entry["difference"]["mean"])
        check_levels(row, entry["difference"])
    for row in rows(book, "When first closed"):
        year = row["First closed in"] if row["First closed in"] in found["years"] else "never"
        check(row, "Share", pair_of(found, row)["first_year_closed"][year])


def test_the_bridge_has_every_step_and_its_formulas_add_up(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    grouped: dict[int, list[Row]] = {}
    for row in rows(book, "Bridge"):
        grouped.setdefault(id(pair_of(found, row)), []).append(row)
    pairs = [pair for option in found["options"].values() for pair in option["councils"].values() if pair["bridge"]]
    assert len(grouped) == len(pairs)
    for pair in pairs:
        told, bridge = grouped[id(pair)], pair["bridge"]
        by_address = {row["Address"]: row for row in told if row["Address"]}
        assert by_address.keys() == {step["address"] for step in bridge["steps"]}
        for step in bridge["steps"]:
            check(by_address[step["address"]], "Shift", step["shift"])
        check(told[0], "Position", bridge["plan"])
        check(next(row for row in told if row["Step"] == "Average future"), "Position", bridge["mean"])
        check(told[-1], "Position", pair["gap_recurring"][found["target_year"]]["p50"])


def test_swings_events_and_readings_are_the_summarys(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    told = rows(book, "Sensitivity")
    for row in told:
        entries = swings_of(found, row)
        entry = next(each for each in entries if each["address"] == row["Address"])
        assert entries[int(row["Place"]) - 1] is entry
        check(row, "Shift of", entry["shift"])
        for side in ("low", "high"):
            starts = {"Assumption averages": "value", "Result averages": "mean", "Headline holds in": "probability"}
            for start, name in starts.items():
                check(row, f"{start}, {side}", entry[side].get(name))
    swings = [*found["swings"]["options"].values(), found["swings"]["outputs"]]
    assert len(told) == sum(len(entries) for places in swings for entries in places.values())
    for row in rows(book, "Events"):
        event = found["events"][key_of(found, "events", row["Event"])]
        check(row, "Event's chance", event["chance"]["probability"])
        for side, words in (("closes_if", "if it happens"), ("closes_if_not", "if it does not")):
            places = event[side].get(key_of(found, "options", row["Option"]), {})
            here = places.get(place_of(found, row["Council"])) or {}
            check(row, f"Headline holds {words}", here.get("probability"))
            check(row, f"Average gap {words}", here.get("gap", {}).get("mean"))
    labels = {note["label"]: key for key, note in found["reading_notes"].items()}
    for row in rows(book, "Readings"):
        if row["Reading"] in labels:
            option = key_of(found, "options", row["Option"])
            entry = found["readings"][labels[row["Reading"]]][option][place_of(found, row["Council"])]
            check_chance(row, "Headline holds in", entry)


def swings_of(found: dict[str, Any], row: Row) -> list[dict[str, Any]]:
    """Give the swings of the headline or the output that a row names."""
    name = row["Option or figure"]
    if row.get("Council"):
        return found["swings"]["options"][key_of(found, "options", name)][place_of(found, row["Council"])]  # type: ignore[no-any-return]
    output = next(key for key, entry in found["outputs"].items() if (entry["label"] or key) == name)
    return found["swings"]["outputs"][output]  # type: ignore[no-any-return]


def test_the_registers_have_every_assumption_and_every_certain_figure(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    told = {row["Address"]: row for row in rows(book, "Assumptions")}
    assert told.keys() == found["drivers"].keys()
    bare = {check["address"] for check in found["checks"] if check["id"] == "unsourced"}
    for address, driver in found["drivers"].items():
        for level, words in (("mean", "average"), ("p5", "P5"), ("p50", "P50"), ("p95", "P95")):
            check(told[address], f"Asked: {words}", driver["requested"][level])
        check(told[address], "Business case" if found["councils"] else "Plan", driver["plan"])
        check(told[address], "Source missing", address in bare)
        assert told[address].get("Source") == (driver["source"] or {}).get("what")
    held = rows(book, "Certain figures")
    assert {row["Address"] for row in held} == found["figures"].keys()
    for row in held:
        value = found["figures"][row["Address"]]["value"]
        check(row, "Value", value[found["years"].index(row["Year"])] if isinstance(value, list) else value)


def test_what_was_asked_and_drawn_is_the_summarys(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    names = {"average": "mean", "standard deviation": "sd"}
    for row in rows(book, "Asked and drawn"):
        address, level = row["Address"], names.get(row["Statistic"], row["Statistic"].lower())
        if level == "chance":
            event = found["events"][address.removeprefix("events.")]
            asked, drawn, error = event["requested"], event["chance"]["probability"], event["chance"]["error"]
        else:
            driver = found["drivers"][address]
            held = driver["achieved"]["by_year"][row["Year"]] if row.get("Year") else driver["achieved"]
            asked, drawn, error = driver["requested"][level], held[level], held["error"][level]
        for start, value in (("Asked", asked), ("Drawn", drawn), ("Simulation error", error)):
            check(row, start, value)
    pairs = [pair for section in found["dependence"].values() for pair in section["pairs"]]
    for row, pair in zip(rows(book, "Correlations"), pairs, strict=True):
        starts = {"Rank correlation": "asked", "Should be": "implied", "Drawn": "achieved", "Simulation": "error"}
        for start, name in starts.items():
            check(row, start, pair[name])


def test_claims_and_own_figures_are_the_summarys(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    claims = rows(book, "Claims")
    assert len(claims) == sum(bool(option["claim"]) for option in found["options"].values())
    for row in claims:
        claim = found["options"][key_of(found, "options", row["Option"])]["claim"]
        check_chance(row, "Claim is kept", claim)
        check(row, "Claimed", claim["amount"])
        check(row, "Business case", claim["plan"])
        check_levels(row, claim)
    for row in rows(book, "Own figures"):
        output = next(entry for key, entry in found["outputs"].items() if (entry["label"] or key) == row["Figure"])
        entry = output[row["Year"]] if row.get("Year") else output
        check(row, "Average", entry["mean"])
        check_levels(row, entry)
        if entry["chance"]:
            check_chance(row, "Holds in", entry["chance"])


# Each sheet is one table that every program can read


def data_sheets(book: Workbook) -> Iterator[Worksheet]:
    """Give every sheet but the cover."""
    yield from book.worksheets[1:]


def test_every_sheet_is_one_table_from_its_first_cell_with_headings_of_its_own(
    run: tuple[dict[str, Any], Workbook],
) -> None:
    _, book = run
    for sheet in data_sheets(book):
        (table,) = sheet.tables.values()
        assert table.ref == sheet.dimensions, sheet.title
        assert table.ref.startswith("A1:")
        headings = [cell.value for cell in sheet[1]]
        assert all(headings)
        assert len({heading.lower() for heading in headings}) == len(headings), sheet.title
        assert sheet.freeze_panes is not None
        assert sheet.print_title_rows == "$1:$1"
        assert len(sheet.title) <= 31
    for sheet in book.worksheets:
        assert not sheet.merged_cells.ranges
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((None, 0), (1, 0))


def test_the_cover_links_to_every_sheet_and_says_what_it_holds(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    cover = book["Cover"]
    assert (cover["A1"].value, cover["B1"].value) == ("Report", found["config"]["title"])
    linked = {cell.value: cell.hyperlink.location for cell in cover["A"] if cell.hyperlink}
    assert linked == {sheet.title: f"'{sheet.title}'!A1" for sheet in data_sheets(book)}
    facts = {a.value: b.value for a, b in cover.iter_rows(min_row=2)}
    assert all(facts.values())
    assert ("Before further action" in facts) == bool(found["councils"])
    assert facts["Seed"] == str(found["config"]["seed"])


def test_figures_are_numbers_in_the_format_of_their_kind(runs: dict[str, Made]) -> None:
    book = opened(runs["south_somerset"][1])
    formats: dict[str, set[str]] = {}
    for sheet in data_sheets(book):
        headings = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            for heading, cell in zip(headings, row, strict=True):
                if isinstance(cell.value, int | float):
                    formats.setdefault(heading, set()).add(cell.number_format)
    money = {shown for heading, shown in formats.items() if heading.endswith("(£m)") for shown in shown}
    assert money == {"#,##0.000"}
    chances = {"Chance that the headline test holds", "Holds in", "Headline holds in", "Equal", "Share of the futures"}
    shown = {each for heading in chances for each in formats[heading]}
    assert shown == {'[>=0.9995]">99.9%";[<0.0005]"<0.1%";0.0%', "0.0%"}
    assert {"#,##0.000", "0.0%"} < formats["Asked: average"]  # a column of several kinds


def test_money_is_shown_in_the_digits_of_the_files_unit(tmp_path: Path) -> None:
    for unit, shown in (("£", "#,##0.00"), ("£k", "#,##0.0"), ("£bn", "#,##0.000000")):
        book = openpyxl.load_workbook(written(summary(document(options=("solo",)) | {"unit": unit}), tmp_path))
        sheet = book["By year"]
        assert sheet["E1"].value == f"Business case ({unit})"
        assert sheet["E2"].number_format == shown


def test_what_has_nothing_to_tell_is_left_out(run: tuple[dict[str, Any], Workbook]) -> None:
    found, book = run
    for sheet in data_sheets(book):
        assert sheet.max_row > 1
    assert ("Claims" in book.sheetnames) == any(option["claim"] for option in found["options"].values())
    assert ("By year" in book.sheetnames) == bool(found["councils"])


def test_a_whole_date_is_a_date_and_a_month_is_words(tmp_path: Path) -> None:
    doc = copy.deepcopy(outputs_only())
    first, second = list(doc["drivers"].values())[:2]
    first["source"] = {"what": "a table", "mark": "public", "date": "2016-03-17"}
    second["source"] = {"what": "a table", "mark": "public", "date": "2016-03"}
    told = rows(openpyxl.load_workbook(written(summary(doc), tmp_path)), "Assumptions")
    assert [row["Date"] for row in told[:2]] == [datetime(2016, 3, 17), "2016-03"]  # noqa: DTZ001


# Text stays text


def test_no_name_becomes_a_formula_a_number_or_a_link(hostile: Path) -> None:
    book = openpyxl.load_workbook(hostile)
    allowed = re.compile(r"=(ROUND\([A-Z]\d+(-[A-Z]\d+)+,6\)|[A-Z]\d+(\+[A-Z]\d+)?)")
    seen: set[str] = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert allowed.fullmatch(cell.value), (sheet.title, cell)
                elif isinstance(cell.value, str):
                    seen.add(cell.value)
                    assert cell.data_type == "s"
                    assert not re.search(r"[\x00-\x1f\u202a-\u202e]", cell.value)
                    assert cell.quotePrefix == (cell.row > 1 and cell.value[0] in "=+-@") or sheet.title == "Cover"
                if cell.hyperlink:
                    assert cell.hyperlink.target is None
    assert {"=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "Summary!A1", "http://example.org/", "1e5"} <= seen
    assert ("long " * 60).strip() in seen


def test_formulas_come_to_what_stands_in_their_cells(runs: dict[str, Made]) -> None:
    path = runs["south_somerset"][1]
    formulas, values = opened(path), opened(path, values=True)
    count = 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    held = values[sheet.title]
                    count += 1
                    expected = worked_out(cell.value, held)
                    assert held[cell.coordinate].value == pytest.approx(expected, abs=1e-9), (sheet.title, cell)
    checks = [row for row in values["Bridge"].iter_rows(min_row=2, values_only=True) if row[4] is not None]
    assert all(row[-1] == 0 for row in checks)
    assert count > 100


def worked_out(formula: str, sheet: Worksheet) -> float:
    """Work a sum out again from the cells that it names."""
    inside = formula.removeprefix("=").removeprefix("ROUND(").removesuffix(",6)")
    terms = re.findall(r"([+-]?)([A-Z]\d+)", inside)
    total = sum((-1 if sign == "-" else 1) * sheet[name].value for sign, name in terms)
    return float(round(total, 6)) if "ROUND" in formula else float(total)


def test_titles_of_charts_are_cells_and_never_words_of_the_file(hostile: Path) -> None:
    with zipfile.ZipFile(hostile) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    read = {name: ET.fromstring(part) for name, part in parts.items()}  # every part is well-formed
    charts = [part for name, part in read.items() if name.startswith("xl/charts/chart")]
    references = [element.text or "" for chart in charts for element in chart.iter(f"{CHART}f")]
    sheets = "Charts|By year|Gap distribution|Reserve needed|Waterfalls"
    ours = re.compile(rf"'?({sheets})'?!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?")
    assert references
    assert [reference for reference in references if not ours.fullmatch(reference)] == []


# Charts


def test_every_chart_has_its_message_as_alternative_text_and_in_a_cell(runs: dict[str, Made]) -> None:
    found, path = runs["south_somerset"]
    told = rows(opened(path), "Charts")
    with zipfile.ZipFile(path) as archive:
        drawing = ET.fromstring(archive.read("xl/drawings/drawing1.xml"))
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
    messages = [element.get("descr") for element in drawing.iter(f"{DRAWING}cNvPr")]
    assert messages == [row["What it shows"] for row in told]
    assert len(charts) == len(told)
    titles = " ".join(row["Chart"] for row in told)
    for option in found["options"].values():
        assert option["label"] in titles


def test_a_chart_draws_the_cells_of_its_own_option_and_council(runs: dict[str, Made]) -> None:
    found, path = runs["south_somerset"]
    book = opened(path)
    sheets = {tab.name: tab for tab in worksheets(build_report(Summary(found, "", {})))}
    for chart in sheets["Charts"].charts:
        if chart.shape == "years":
            (drawn,) = {(s.up.first, s.up.last) for s in chart.series}
            cells = [list(row) for row in book["By year"].iter_rows(values_only=True)][drawn[0] + 1 : drawn[1] + 2]
            assert [row[3] for row in cells] == found["years"]
            (named,) = {f"{row[0]}, {row[1]}: {row[2].lower()} by year" for row in cells}
            assert chart.title == named
            names = [book["By year"].cell(1, s.up.column + 1).value.split(":")[0] for s in chart.series]
            assert names == ["P90", "P50", "P10", "Business case (£m)"]


def test_the_bars_of_a_waterfall_reach_from_one_step_to_the_next(runs: dict[str, Made]) -> None:
    reached = 0.0
    for row in rows(opened(runs["south_somerset"][1]), "Waterfalls"):
        bars = [value or 0.0 for name, value in row.items() if name.startswith("Bar: ")]
        assert all(value >= -1e-12 for value in (bars[2], bars[4]))
        assert all(value <= 1e-12 for value in (bars[3], bars[5]))
        position, shift = row[heading(row, "Position")], row[heading(row, "Shift")]
        before, reached = reached, position if shift is None else reached + shift
        if shift is None:
            assert bars == [0.0, position, 0.0, 0.0, 0.0, 0.0]
            continue
        above, below = bars[2] + bars[4], bars[3] + bars[5]
        assert (bars[2] + bars[3] == 0) == (shift < 0)
        high = max(bars[0], 0.0) + above if above else (bars[0] if below and bars[0] < 0 else 0.0)
        low = min(bars[0], 0.0) + below if below else (bars[0] if above and bars[0] > 0 else 0.0)
        assert (low, high) == pytest.approx((min(before, reached), max(before, reached)), abs=1e-9)


# The file


def test_the_same_run_is_the_same_bytes_and_dated_by_the_run(tmp_path: Path) -> None:
    found = Summary(outputs_only(), "", {"made": "2026-03-17 10:20 UTC"})
    first = written(found, tmp_path).read_bytes()
    assert written(found, tmp_path).read_bytes() == first
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.properties.created == book.properties.modified == datetime(2026, 3, 17, 10, 20)  # noqa: DTZ001
    assert book.properties.title == found.document["config"]["title"]
    assert {each.name: each.value for each in book.custom_doc_props.props} == {"Language": "en-GB"}
    undated = openpyxl.load_workbook(written(Summary(outputs_only(), "", {}), tmp_path))
    assert undated.properties.created == datetime(2000, 1, 1)  # noqa: DTZ001


def office() -> str:
    """Give LibreOffice, or skip where a person has none; continuous integration must have it."""
    found = shutil.which("soffice")
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("LibreOffice (soffice) is not installed: the workbook is not opened with it")
    assert found is not None, "continuous integration installs LibreOffice in .ci/run"
    return found


def convert(path: Path, kind: str, folder: Path) -> None:
    """Convert a workbook without a window, with settings of the test's own."""
    settings = f"-env:UserInstallation={(folder / 'settings').as_uri()}"
    command = [office(), settings, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def test_libreoffice_reads_the_same_figures_and_prints_the_sheets(runs: dict[str, Made], tmp_path: Path) -> None:
    path = runs["minimal"][1]
    # Comma, quotes, UTF-8, as held rather than as shown, and every sheet
    convert(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", tmp_path)
    book = opened(path, values=True)
    compared = 0
    for sheet in book.worksheets:
        with (tmp_path / f"report-{sheet.title}.csv").open(encoding="utf-8", newline="") as file:
            for theirs, ours in zip(csv.reader(file), sheet.iter_rows(values_only=True), strict=True):
                for text, value in zip(theirs, ours, strict=True):
                    if isinstance(value, int | float):
                        compared += 1
                        theirs_is = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
                        assert theirs_is == pytest.approx(value, rel=1e-12, abs=1e-15), (sheet.title, ours)
                    else:
                        assert text == (value or ""), sheet.title
    assert compared > 1_000
    convert(path, "pdf", tmp_path)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
