"""Every format says the same, sentence by sentence and cell by cell, and every cell is a figure of ``summary.json``.

How a number is written is read by rules that know nothing of ``simlib.wording`` (``written_numbers``). A workbook has
its figures unrounded, in another order: ``test_workbook``.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from docx import Document
from markdown_it import MarkdownIt
from told_cases import CASES, Figures, Place, about_cell, run_of, subject, tables_of
from written_numbers import written

from simlib.layout import Report, Section, everything
from simlib.plots import Bar, Bars, Segment
from simlib.reporters import REPORTERS

Texts = list[list[str]]


class Read(NamedTuple):
    """What a format says: its sentences with their numbers, and its tables by id or, where it has none, in order."""

    sentences: list[str]
    tables: dict[str, Texts]


def sketched(report: Report) -> Report:
    """Give a report with one small drawing in place of each picture: what is read here are words."""
    drawing = Bars((Bar("a", "a", (Segment(0, 1.0),)),), ("a",), "£m", "a")

    def plainer(section: Section) -> Section:
        charts = tuple(replace(chart, data=drawing) for chart in section.charts)
        return replace(section, charts=charts, parts=tuple(plainer(part) for part in section.parts))

    return replace(report, sections=tuple(plainer(section) for section in report.sections))


def said_by(report: Report) -> Read:
    sentences = [f"{number} {text}" for section in everything(report.sections)
                 for number, text in section.numbered_paragraphs]  # fmt: skip
    tables = {
        table.id: [list(table.headings), *([cell.text for cell in row] for row in table.rows)]
        for table in tables_of(report)
    }
    return Read(sentences, tables)


# What each format says, read by its own library


class Page(HTMLParser):
    """The paragraphs of a page, and the cells of its tables by their ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.tables: dict[str, Texts] = {}
        self.held: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables[dict(attrs)["id"] or ""] = []
        elif tag == "tr":
            list(self.tables.values())[-1].append([])
        elif tag in {"p", "td", "th"}:
            self.held = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "td", "th"} and self.held is not None:
            text = " ".join("".join(self.held).replace("\u2060", "").split())
            (self.paragraphs if tag == "p" else list(self.tables.values())[-1][-1]).append(text)
            self.held = None

    def handle_data(self, data: str) -> None:
        if self.held is not None:
            self.held.append(data)


def html(path: Path, report: Report) -> Read:
    page = Page(path.read_text(encoding="utf-8"))
    return Read(page.paragraphs, page.tables)


def docx(path: Path, report: Report) -> Read:
    opened = Document(str(path))
    tables = ([[cell.text for cell in row.cells] for row in table.rows] for table in opened.tables)
    names = [table.id for table in tables_of(report)]
    return Read([line.text.replace("\t", " ") for line in opened.paragraphs], dict(zip(names, tables, strict=True)))


def md(path: Path, report: Report) -> Read:
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    lines: list[str] = []
    grids: list[Texts] = []
    for before, token in pairwise(tokens):
        told = "".join(child.content for child in token.children or () if child.type in {"text", "text_special"})
        if before.type == "table_open":
            grids.append([])
        elif before.type == "tr_open":
            grids[-1].append([])
        elif before.type in {"th_open", "td_open"}:
            grids[-1][-1].append(told)
        elif before.type == "paragraph_open":
            lines.append(told)
    return Read(lines, dict(zip([table.id for table in tables_of(report)], grids, strict=True)))


READERS = {"html": html, "docx": docx, "md": md}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", READERS)
def test_every_format_has_every_sentence_and_every_cell_of_the_report(case: str, name: str, tmp_path: Path) -> None:
    report = sketched(run_of(case)[0])
    found, wanted = READERS[name](REPORTERS[name](report, tmp_path), report), said_by(report)
    told = set(wanted.sentences)
    assert [line for line in found.sentences if line in told] == wanted.sentences
    assert found.tables == wanted.tables


# Every cell is a figure of the summary


def is_of(value: float, figures: Figures) -> bool:
    return any(math.isclose(value, figure, rel_tol=1e-9, abs_tol=1e-9) for figure in figures)


WORDS = {"cannot close": 0.0, "exactly closed": 0.0, "does not happen": 0.0, "happens": 1.0}


def stands_for(text: str, value: float, unit: str) -> bool:
    """Tell whether a cell's text is its value, rounded."""
    if text in WORDS:
        return abs(value - WORDS[text]) < 1e-6
    if text == "no costed saving":
        return True  # what the plan leaves is told beside it
    if re.fullmatch(r"(about |[<>~])?\d+", text) and written(f"{text} of 100", unit)[0].stands_for(value):
        return True
    return any(found.stands_for(value) for found in written(text, unit))


def stands_for_step(text: str, value: float, unit: str) -> bool:
    """Tell whether a step's text is its value, rounded up or down: steps add up to the last digit."""
    [found] = written(text, unit)
    return found.low - (found.high - found.low) / 2 <= value <= found.high + (found.high - found.low) / 2


@pytest.mark.parametrize("case", CASES)
def test_every_cell_is_a_figure_of_the_summary_rounded(case: str) -> None:
    report, document = run_of(case)
    wrong = []
    for table in tables_of(report):
        steps = table.headings[0] == "Step"
        for row in table.rows:
            for heading, cell in zip(table.headings[1:], row[1:], strict=True):
                if cell.value is None:
                    continue
                about = row[1 if table.id == "event_effects" else 0].text  # an event's name may hold an option's
                known = steps or is_of(cell.value, about_cell(case, table, about, heading))
                if not known or not (stands_for_step if steps else stands_for)(cell.text, cell.value, document["unit"]):
                    wrong.append((table.id, row[0].text, heading, cell, "rounding" if known else "unknown"))
    assert wrong == []


@pytest.mark.parametrize("case", CASES)
def test_steps_add_up_from_the_plan_to_the_middle(case: str) -> None:
    report, document = run_of(case)
    found = [table for table in tables_of(report) if table.headings[0] == "Step"]
    columns = [(table, at) for table in found for at in range(1, len(table.headings))]
    for table, at in columns:
        about = subject(document, table.id, table.headings[at])
        assert len(about.options) == len(about.councils) == 1
        pair = document["options"][about.options[0]]["councils"][about.councils[0]]
        value = {row[0].text: row[at].value or 0.0 for row in table.rows}
        names = list(value)
        mean, middle = names.index("Average future"), names.index("Middle future")
        assert value["Business case"] == pair["bridge"]["plan"]
        assert value["Average future"] == pair["bridge"]["mean"]
        assert value["Middle future"] == pair["gap_recurring"][document["target_year"]]["p50"]
        assert sum(value[name] for name in names[:mean]) == pytest.approx(value["Average future"], abs=1e-9)
        assert sum(value[name] for name in names[mean:middle]) == pytest.approx(value["Middle future"], abs=1e-9)
    assert found or not any(
        pair.get("bridge") for option in document["options"].values() for pair in option["councils"].values()
    )


@pytest.mark.parametrize("case", CASES)
def test_every_cell_of_what_events_do_is_that_of_its_event_its_option_and_its_council(case: str) -> None:
    report, document = run_of(case)
    events = {event["label"]: event for event in document["events"].values()}
    places = {"all councils together": "jointly", "its claim is kept": "claim"}
    places |= {council["label"]: key for key, council in document["councils"].items()}
    options = {option["label"]: key for key, option in document["options"].items()}
    for table in (table for table in tables_of(report) if table.id == "event_effects"):
        for row in table.rows:
            option, place = row[1].text.rsplit(", ", 1)
            here, there = (events[row[0].text][side][options[option]][places[place]]
                           for side in ("closes_if", "closes_if_not"))  # fmt: skip
            gaps = [side["gap"]["mean"] for side in (here, there) if "gap" in side]
            wanted = [here["probability"], there["probability"], *gaps]
            assert [cell.value for cell in row[2:] if cell.value is not None] == wanted


@pytest.mark.parametrize("case", CASES)
def test_every_cell_of_the_readings_is_that_of_its_reading_its_option_and_its_council(case: str) -> None:
    report, document = run_of(case)
    labels = {note["label"]: key for key, note in document["reading_notes"].items()}
    options = {option["label"]: key for key, option in document["options"].items()}
    found = [table for table in tables_of(report) if table.id.startswith("readings_")]
    for table in found:
        place = table.id.removeprefix("readings_")
        for at, (name, *cells) in enumerate(table.rows):
            for heading, cell in zip(table.headings[1:], cells, strict=True):
                entry = document["options"][options[heading]]
                closes = entry["councils"].get(place, {}).get("closes", {})
                base = entry["claim"] if place == "claim" else closes[document["headline"]]
                read = document["readings"][labels[name.text]][options[heading]][place] if at else base
                assert cell.value == read["probability"]
    assert bool(found) == bool(document["readings"])
    assert all(len(table.rows) == 1 + len(document["readings"]) for table in found)


# By the beginning of a table's id, and by its heading: where the figure stands.
BAND = {"1 in 10 worse than": "p90", "middle": "p50", "1 in 10 better than": "p10"}
BAND |= {"Business case": "plan", "plan": "plan"}
TURNED = {**BAND, "1 in 10 worse than": "p10", "1 in 10 better than": "p90"}  # of what is better when it is more
COLUMNS: dict[str, dict[str, Callable[..., float]]] = {
    "closing_": {
        "Closes in": lambda at, _: at.closes(),
        "One-off cost": lambda at, _: at.total("gross", "mean"),
        "Reserve for 90%": lambda at, _: at.pair()["reserve_needed"]["90"],
        **{f"Gap: {name}": lambda at, _, level=level: at.gap()[level] for name, level in list(BAND.items())[:3]},
        "Business case": lambda at, _: at.gap()["plan"],
    },
    **{
        table: {
            f"{begins}: {heading}": lambda at, year, name=name, level=level: at.pair()[name][year][level]
            for begins, name in figures.items()
            for heading, level in (BAND if table.startswith("gap") else TURNED).items()
        }
        for table, figures in {
            "gap_by_year_": {"Gap": "gap_recurring", "Cash": "gap_after"},
            "money_by_year_": {"Saved": "savings", "Fund": "general_fund"},
        }.items()
    },
    "value_": {heading: lambda at, _, level=level: at.pair()["npv"][level] for heading, level in TURNED.items()},
    "reserve_needed_": {
        "Business case": lambda at, _: at.pair()["reserve_needed"]["plan"],
        **{f"{n} of 100 futures": lambda at, _, n=n: at.pair()["reserve_needed"][n] for n in ("80", "90", "95")},
    },
    "one_off_": {
        "One-off cost: plan": lambda at, _: at.total("gross", "plan"),
        "on average": lambda at, _: at.total("gross", "mean"),
        "paid from own pots": lambda at, _: at.total("own_pots", "mean"),
        "paid by others": lambda at, _: at.total("external_pots", "mean"),
        "on the general fund": lambda at, _: at.total("net", "mean") + at.total("savings", "mean"),
        "one-off savings": lambda at, _: at.total("savings", "mean"),
        "Reserves hold in": lambda at, _: at.closes("reserves_hold"),
    },
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_cell_of_a_council_s_tables_is_the_figure_that_its_heading_names(case: str) -> None:
    report, document = run_of(case)
    seen, wrong = 0, []
    for table in (table for section in everything(report.sections) for table in section.tables):
        columns = next((COLUMNS[name] for name in COLUMNS if table.id.startswith(name)), {})
        for row in table.rows if columns else ():
            [option], [council] = subject(document, table.id, row[0].text)
            at = Place(document, council, option)
            for heading, cell in zip(table.headings[1:], row[1:], strict=True):
                if heading in columns and cell.value is not None:
                    seen += 1
                    if not math.isclose(cell.value, columns[heading](at, row[0].text[-7:]), abs_tol=1e-9):
                        wrong.append((table.id, row[0].text, heading, cell))
    assert wrong == []
    assert seen > 50
