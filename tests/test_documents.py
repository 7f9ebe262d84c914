"""The Word document and the text: opened again by their libraries, printed by LibreOffice, harmless with any names."""

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from synthetic_summary import claims_only, document, outputs_only, summary

from simlib.layout import Chart, Report, Table, everything
from simlib.report import build_report, load_summary, render_again, write_report
from simlib.reporters.columns import column_widths
from simlib.reporters.docx import write_docx
from simlib.reporters.markdown import escaped, markdown
from simlib.reporters.papers import heading_words

NASTY = (
    "<script>alert('x')</script> =cmd|' /C calc'!A0 [a](http://b.c) ![i](j.png) **b** `c` # h \\ | <!-- & &amp; "
    "$x$ ~s~ www.a.bc +1 -1 @x 🎉 عربي \ufffe\x0b " + "long" * 75
)
MARGINS = 20 / 25.4 * 72  # on either side of a page [pt]


def small() -> dict[str, Any]:
    return document(options=("do_nothing", "solo", "joint"))


def hostile() -> dict[str, Any]:
    """Give a document in which every name is hostile."""
    found = small()
    found["config"]["title"] = NASTY
    for entry in (*found["options"].values(), *found["councils"].values(), *found["events"].values()):
        entry["label"] = NASTY
    for driver in found["drivers"].values():
        driver["label"] = driver["owner"] = NASTY
    found["checks"][0]["text"] = NASTY
    return found


def all_tables(report: Report) -> list[Table]:
    """Give the tables of the sections, and then those of the pictures."""
    told = [table for section in everything(report.sections) for table in section.tables]
    return told + [chart.table for chart in all_charts(report)]


def all_charts(report: Report) -> list[Chart]:
    return [chart for section in everything(report.sections) for chart in section.charts]


def words(report: Report) -> Iterator[str]:
    """Give every text of a report that is written in words."""
    yield report.title
    for section in everything(report.sections):
        yield section.heading
        yield from section.paragraphs
    for table in all_tables(report):
        yield from (table.caption, table.note, *table.headings, *(cell.text for row in table.rows for cell in row))


# The Word document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(summary(small()))


@pytest.fixture(scope="module")
def opened(report: Report, folder: Path) -> Any:
    return Document(str(write_docx(report, folder)))


def styled(opened: Any, *names: str) -> list[str]:
    return [line.text for line in opened.paragraphs if line.style.name in names]


def test_a_document_has_one_title_and_a_heading_for_each_section_and_part(report: Report, opened: Any) -> None:
    assert styled(opened, "Title") == [report.title]
    assert styled(opened, "Subtitle") == [report.banner]
    sections = [*(heading_words(section) for section in report.sections), "The figures of the pictures"]
    assert styled(opened, "Heading 1") == sections
    assert styled(opened, "toc 1") == sections, "the contents name what follows"
    assert styled(opened, "Heading 2") == [part.heading for section in report.sections for part in section.parts]


def test_the_contents_point_to_the_headings(opened: Any) -> None:
    names = {mark.get(qn("w:name")) for mark in opened.element.body.iter(qn("w:bookmarkStart"))}
    anchors = [link.get(qn("w:anchor")) for link in opened.element.body.iter(qn("w:hyperlink"))]
    assert len(anchors) == len(styled(opened, "Heading 1"))
    assert set(anchors) <= names
    fields = " ".join(text.text for text in opened.element.body.iter(qn("w:instrText")))
    assert set(re.findall(r"REF (\S+)", fields)) <= names


def test_every_sentence_stands_with_its_number_in_order(report: Report, opened: Any) -> None:
    told = [f"{n}\t{text}" for section in everything(report.sections) for n, text in section.numbered_paragraphs]
    assert styled(opened, "List Paragraph") == told


def test_what_is_a_draft_says_so_in_bold(opened: Any) -> None:
    drafts = [line for line in opened.paragraphs if "\tDRAFT" in line.text]
    assert len(drafts) >= 4
    assert all([run.text for run in line.runs if run.bold] == ["DRAFT"] for line in drafts)


def test_every_table_has_its_cells_a_numbered_caption_and_headings_that_are_repeated(
    report: Report, opened: Any
) -> None:
    tables = all_tables(report)
    for at, (table, found) in enumerate(zip(tables, opened.tables, strict=True), 1):
        rows = [[cell.text for cell in row] for row in table.rows]
        assert [[cell.text for cell in row.cells] for row in found.rows] == [list(table.headings), *rows]
        assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in found.rows] == [True] + [False] * len(rows)
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in found.rows), "no row is torn apart"
        assert found._tbl.tblPr.find(qn("w:tblLook")).get(qn("w:firstColumn")) == "1"
        caption = found._tbl.getprevious()
        assert "".join(caption.itertext(qn("w:t"))) == f"Table {at}: {table.caption}"


def test_figures_stand_to_the_right_and_words_to_the_left(opened: Any, report: Report) -> None:
    closing = next(found for table, found in zip(all_tables(report), opened.tables, strict=True)
                   if table.id == "closing_south")  # fmt: skip
    sides = {cell.text: cell.paragraphs[0].alignment for cell in closing.rows[0].cells}
    assert sides["Option"] is None
    assert sides["Across readings"] is None, "a range is no figure"
    assert str(sides["Gap: middle"]).startswith("RIGHT")


def test_tables_and_pictures_are_no_wider_than_the_text(report: Report, opened: Any) -> None:
    page = opened.sections[0]
    room = page.page_width - page.left_margin - page.right_margin
    assert all(shape.width <= room for shape in opened.inline_shapes)
    for table in all_tables(report):
        size, widths = column_widths(table)
        assert sum(widths) * 635 <= room * 1.002, "twentieths of a point, rounded"
        assert size >= 7


def test_every_picture_has_its_words_and_its_title_and_says_where_its_figures_are(report: Report, opened: Any) -> None:
    charts, lines = all_charts(report), opened.paragraphs
    drawn = [at for at, line in enumerate(lines) if next(line._p.iter(qn("wp:docPr")), None) is not None]
    assert [next(lines[at]._p.iter(qn("wp:docPr"))).get("descr") for at in drawn] == [chart.alt for chart in charts]
    captions = [lines[at + 1].text for at in drawn]
    assert captions == [f"Figure {at}: {chart.title}" for at, chart in enumerate(charts, 1)]
    tables = [table.id for table in all_tables(report)]
    told = [f"The figures of this picture are in Table {tables.index(chart.table.id) + 1}." for chart in charts]
    assert [lines[at + 2].text for at in drawn] == told


def test_a_document_is_in_british_english_has_a_title_and_no_date(opened: Any, report: Report) -> None:
    languages = {found.get(qn("w:val")) for found in opened.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    assert opened.core_properties.title == report.title
    assert opened.core_properties.created is None
    assert opened.core_properties.modified is None
    foot = opened.sections[0].footer.paragraphs[0]
    assert "PAGE" in "".join(text.text for text in foot._p.iter(qn("w:instrText")))


def test_the_same_report_gives_the_same_bytes(report: Report, folder: Path, tmp_path: Path) -> None:
    one, two = (write_docx(build_report(summary(small())), place).read_bytes() for place in (folder, tmp_path))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_address_of_mail_is_a_link_and_what_it_is_can_be_read() -> None:
    for text in ("officer@council.gov.uk", "a.b+c-d@e.f", "@home", "at @ noon"):
        told = escaped(text)
        assert not re.search(r"[A-Za-z0-9.+_-]@", told), "what makes a link of it looks for a name right before the @"
        assert told.replace("\u2060", "").replace("\\", "") == text
    assert "\u2060" not in escaped("@home") + escaped("at @ noon")


@pytest.mark.parametrize("found", [claims_only, outputs_only, hostile])
def test_a_file_of_any_kind_makes_a_document_that_opens_again(found: Any, tmp_path: Path) -> None:
    report = build_report(summary(found()))
    opened = Document(str(write_docx(report, tmp_path)))
    told = [[[cell.text for cell in row.cells] for row in table.rows] for table in opened.tables]
    wanted = [[list(table.headings), *([cell.text for cell in row] for row in table.rows)]
              for table in all_tables(report)]  # fmt: skip
    assert told == [[[text.replace("\ufffe", "\ufffd") for text in row] for row in table] for table in wanted]
    assert bool(report.banner) == bool(styled(opened, "Subtitle"))


def converted(path: Path) -> list[tuple[float, float, float, str]]:
    """Give (page's width, left end, right end, word) of everything that LibreOffice prints of a document."""
    missing = [name for name in ("soffice", "pdftotext") if shutil.which(name) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"needs {' and '.join(missing)}: LibreOffice and poppler print the document")
    own = f"-env:UserInstallation={(path.parent / 'office').as_uri()}"
    command = ["soffice", own, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    found = subprocess.run(
        ["pdftotext", "-bbox", str(path.with_suffix(".pdf")), "-"], check=True, capture_output=True, timeout=60
    ).stdout.decode("utf-8")
    width, words = 0.0, []
    for page, left, right, word in re.findall(
        r'<page width="([\d.]+)"|<word xMin="([-\d.]+)"[^>]*xMax="([-\d.]+)"[^>]*>(.*?)</word>', found
    ):
        width = float(page) if page else width
        if word:
            words.append((width, float(left), float(right), unescape(word)))
    return words


def parts(texts: Iterator[str]) -> Counter[str]:
    """Count the words that a line is not ended within."""
    split = (part for text in texts for part in re.split(r"[\s\-\u2011]+", text))
    return Counter(part for part in split if part and len(part) < 16)


def test_libreoffice_prints_every_word_of_every_table_within_the_margins(
    report: Report, opened: Any, folder: Path
) -> None:
    printed = converted(folder / "report.docx")
    missing = parts(words(report)) - parts(word for *_, word in printed)
    assert missing == Counter()
    outside = [word for width, left, right, word in printed if left < MARGINS - 6 or right > width - MARGINS + 6]
    assert outside == []


# The text


def tokens(report: Report) -> list[Any]:
    return MarkdownIt("commonmark").enable("table").parse(markdown(report))


def plain(token: Any) -> str:
    """Give what a reader sees of a line."""
    return "".join(child.content for child in token.children or () if child.type in {"text", "text_special"})


def grids(found: list[Any]) -> list[list[list[str]]]:
    """Give the cells of each table."""
    tables: list[list[list[str]]] = []
    for before, token in pairwise(found):
        if before.type == "table_open":
            tables.append([])
        elif before.type == "tr_open":
            tables[-1].append([])
        elif before.type in {"th_open", "td_open"}:
            tables[-1][-1].append(plain(token))
    return tables


@pytest.mark.parametrize("found", [small, claims_only, outputs_only, hostile])
def test_a_parser_finds_the_same_cells_sentences_and_headings_in_the_text(found: Any) -> None:
    report = build_report(summary(found()))
    read = tokens(report)
    wanted = [[list(table.headings), *([cell.text for cell in row] for row in table.rows)]
              for table in all_tables(report)]  # fmt: skip
    assert grids(read) == wanted
    lines = [plain(token) for before, token in pairwise(read) if before.type == "paragraph_open"]
    told = [f"{n} {text}" for section in everything(report.sections) for n, text in section.numbered_paragraphs]
    assert [line for line in lines if line in set(told)] == told
    headings = [plain(token) for before, token in pairwise(read) if before.type == "heading_open"]
    deep = [one for section in report.sections for one in (heading_words(section), *(p.heading for p in section.parts))]
    assert headings == [report.title, *deep, *(["The figures of the pictures"] if all_charts(report) else [])]


@pytest.mark.parametrize("found", [small, hostile])
def test_no_name_makes_a_link_a_picture_or_html_in_the_text(found: Any) -> None:
    report = build_report(summary(found()))
    read = tokens(report)
    inside = [child for token in read for child in token.children or ()]
    kinds = {token.type for token in (*read, *inside)}
    assert not {kind for kind in kinds if kind.startswith(("html", "link", "code", "fence", "em_", "blockquote", "hr"))}
    pictures = [child for child in inside if child.type == "image"]
    assert [child.attrs["src"] for child in pictures] == [f"figures/{chart.id}.png" for chart in all_charts(report)]
    assert [plain(child) for child in pictures] == [chart.alt for chart in all_charts(report)]


# The folder


def test_the_text_brings_the_pictures_that_it_shows(tmp_path: Path) -> None:
    folder = write_report(summary(small()), tmp_path / "south", formats=("md",))
    text = (folder / "report.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\((figures/[a-z_]+\.png)\)", text)
    assert len(shown) > 5
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in shown)


def test_a_run_is_made_a_document_again_without_the_futures(tmp_path: Path) -> None:
    folder = write_report(summary(small()), tmp_path / "south", formats=())
    render_again(load_summary(folder), folder, out=None, formats=("docx",))
    assert "report.docx" in {path.name for path in folder.iterdir()}
    write_report(summary(small()), folder, formats=())
    assert "report.docx" not in {path.name for path in folder.iterdir()}, "a document of ours may be replaced"
