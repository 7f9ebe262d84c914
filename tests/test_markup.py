"""The page as text: its structure, its references, what it lets in; tests/test_page.py has it in a browser."""

import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from docx import Document
from synthetic_summary import document, outputs_only, summary
from told_reports import NASTY, told

from simlib.layout import Report, everything
from simlib.report import build_report
from simlib.reporters.docx import write_docx
from simlib.reporters.html import page
from simlib.reporters.markdown import markdown
from simlib.reporters.papers import picture_numbers, table_numbers


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


def test_a_table_and_a_picture_have_the_same_number_in_the_page_the_document_and_the_text(tmp_path: Path) -> None:
    report = build_report(summary())
    lines = [line.text for line in Document(str(write_docx(report, tmp_path))).paragraphs]
    texts = {
        "page": unescape(re.sub("<[^>]+>", "", re.sub("</(fig)?caption>", "\n", page(report)))),
        "text": re.sub(r"\\(?=[^\w\s])|\*\*", "", markdown(report)),
        "document": "\n".join(lines),
    }
    numbers, pictures = table_numbers(report), picture_numbers(report)
    sections = list(everything(report.sections))
    told = {f"Figure {pictures[chart.id]}: {chart.title}" for one in sections for chart in one.charts}
    told |= {f"Table {numbers[chart.table.id]}: {chart.table.caption}" for one in sections for chart in one.charts}
    told |= {f"Table {numbers[table.id]}: {table.caption}" for one in sections for table in one.tables}
    assert len(told) == len(numbers) + len(pictures) > 40
    for name, text in texts.items():
        found = {line.strip() for line in text.split("\n")}
        assert told - found == set(), name


def test_every_chart_has_alternative_text_that_states_figures(rendered: Page) -> None:
    charts = rendered.all("svg")
    assert len(charts) == len(rendered.all("figure")) > 10
    for chart in charts:
        assert chart["role"] == "img"
        assert chart["aria-labelledby"] in {title.get("id") for title in rendered.all("title")}
    alternatives = " ".join(rendered.text["title"])
    assert "In 2019/20, middle of the futures: " in alternatives


def test_ids_are_unique_and_every_reference_to_one_leads_somewhere(rendered: Page) -> None:
    ids = [attributes["id"] for _, attributes in rendered.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {attributes["aria-labelledby"] for _, attributes in rendered.tags if "aria-labelledby" in attributes}
    assert wanted <= set(ids)


def test_the_page_needs_no_network_and_no_scripts(rendered: Page) -> None:
    assert len(rendered.all("script")) == 1, "nothing hangs on it: tests/test_page.py reads the page without"
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
    assert text.count("<script") == 1, "its own"
    assert str(7919 * 7907) not in text, "no template is rendered from the file's text"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)
    found = Page(text)
    assert "alert" not in text.partition("<script")[2]
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


@pytest.mark.parametrize("width", [80, 132])
def test_hostile_text_is_harmless_in_a_terminal(hostile: Report, width: int) -> None:
    text = told(hostile, width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text)
    assert "[red]" in text, "what looks like markup is only text"
