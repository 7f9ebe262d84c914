"""``report.docx``: the report as a document to paste from; its tables are laid out in ``word_tables``.

Everything wears a style that every Word document has, so that what is pasted into a committee's template takes that
template's look.
"""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from docx import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shape import InlineShape
from docx.shared import Emu, Mm, Pt
from docx.text.paragraph import Paragraph

from simlib.figures import chart_png
from simlib.layout import Chart, Report, Section, Table
from simlib.reporters.columns import MARGIN, PAGE
from simlib.reporters.papers import (
    FIGURES,
    charts,
    figures_words,
    heading_words,
    picture_numbers,
    table_numbers,
)
from simlib.reporters.word_styles import dress, legible
from simlib.reporters.word_tables import word_table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

__all__ = ["write_docx"]

_WIDE, _TALL = PAGE[0] - 2 * MARGIN, 200  # the most that a picture takes [mm]
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can say: the same report has the same bytes
_TITLE = 255  # letters that a file's properties can hold
_FOOT = 90  # letters of the title at the foot of a page


def write_docx(report: Report, folder: Path) -> Path:
    """Write ``report.docx`` into an existing folder."""
    path = folder / "report.docx"
    path.write_bytes(_packed(_Paper(report).document))
    return path


class _Paper:
    """A document in the making: what has a number, and how far the bookmarks have come."""

    def __init__(self, report: Report) -> None:
        self.document: WordDocument = Document()
        self.tables, self.pictures, self.marks = table_numbers(report), picture_numbers(report), 0
        dress(self.document)
        _name(self.document, report)
        self._open(report)
        for section in report.sections:
            self._section(section, first_appendix=section.appendix and section.number == "A")
        self._figures(report)
        self._line("BodyText3", "Made by simlib.").paragraph_format.space_before = Pt(8)  # a document ends with words

    def _open(self, report: Report) -> None:
        """Write what stands above the first section: title, banner, facts, contents."""
        self._line("Title", report.title)
        if report.banner:
            self._line("Subtitle", report.banner)
        for name, text in report.facts:
            line = self._line("NoSpacing")
            line.add_run(f"{name}:").bold = True
            line.add_run(legible(f" {text}"))
        headings = [heading_words(section) for section in report.sections]
        if any(True for _ in charts(report)):
            headings.append(FIGURES)
        self._contents([legible(heading) for heading in headings])

    def _contents(self, headings: Sequence[str]) -> None:
        """Write the contents as a field that Word can bring up to date; pages are known to nobody but Word."""
        self._line("TOCHeading", "Contents")
        lines = [self._line("TOC1") for _ in headings]
        _begin_field(lines[0], r'TOC \o "1-1" \n \h \z \u')
        for at, (line, heading) in enumerate(zip(lines, headings, strict=True), 1):
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), f"_Toc{at:06}")
            link.append(line.add_run(heading)._r)
            line._p.append(link)
        _end_field(lines[-1])

    def _line(self, style: str, words: str = "") -> Paragraph:
        """Begin a paragraph; a style is named by its id: the library looks for a name among all that there are."""
        line = self.document.add_paragraph()
        line._p.style = style
        if words:
            line.add_run(legible(words))
        return line

    def _heading(self, words: str, level: int) -> Paragraph:
        """Write a heading; the contents point to those of sections."""
        line = self._line(f"Heading{level}")
        if level == 1:
            self.marks += 1
            _marked(line, f"_Toc{self.marks:06}", self.marks, legible(words))
        else:
            line.add_run(legible(words))
        return line

    def _section(self, section: Section, *, first_appendix: bool = False, level: int = 1) -> None:
        """Write a section and its parts."""
        line = self._heading(heading_words(section) if level == 1 else section.heading, level)
        line.paragraph_format.page_break_before = first_appendix or None
        for number, text in section.numbered_paragraphs:
            self._numbered(number, text)
        for table in section.tables:
            self._table(table)
        for chart in section.charts:
            self._picture(chart)
        for part in section.parts:
            self._section(part, level=level + 1)

    def _numbered(self, number: str, text: str) -> None:
        """Write a sentence with its number; what is a draft says so in bold."""
        line = self._line("ListParagraph")
        line.add_run(f"{number}\t")
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Mm(13), Mm(-13)
        line.paragraph_format.tab_stops.add_tab_stop(Mm(13))
        mark = re.match("DRAFT|", text)
        assert mark is not None, "the empty text is at the start of any"
        if mark[0]:
            line.add_run(mark[0]).bold = True
        line.add_run(legible(text[mark.end() :]))

    def _table(self, table: Table) -> None:
        """Write a table below its caption and above its note."""
        number = self.tables[table.id]
        caption = self._line("Caption")
        caption.paragraph_format.keep_with_next = True
        _counted(caption, "Table", number, mark=f"_Ref{number:06}", at=1_000 + number)
        caption.add_run(legible(f": {table.caption}"))
        body = self.document.element.body
        body.insert(len(body) - 1, word_table(table))  # the last of a body is its section's page
        if table.note:
            self._line("BodyText3", table.note).paragraph_format.space_before = Pt(3)

    def _picture(self, chart: Chart) -> None:
        """Write a picture above its caption, with its words for those who do not see it."""
        line = self._line("Normal")
        line.paragraph_format.keep_with_next = True
        line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(8), Pt(0)
        drawn = line.add_run().add_picture(io.BytesIO(chart_png(chart)))
        _fit(drawn)
        named = drawn._inline.docPr
        named.set("name", f"Picture {self.pictures[chart.id]}")
        named.set("descr", legible(chart.alt))
        caption = self._line("Caption")
        caption.paragraph_format.keep_with_next = True
        _counted(caption, "Figure", self.pictures[chart.id])
        caption.add_run(legible(f": {chart.title}"))
        self._pointer(chart)

    def _pointer(self, chart: Chart) -> None:
        """Say below a picture where its figures are."""
        words, number = figures_words(chart, self.tables), self.tables[chart.table.id]
        line = self._line("BodyText3", words.removesuffix(f"Table {number}"))
        _begin_field(line, rf"REF _Ref{number:06} \h")
        line.add_run(f"Table {number}")
        _end_field(line)
        line.add_run(".")

    def _figures(self, report: Report) -> None:
        """Write the figures of every picture, at the end."""
        shown = list(charts(report))
        if shown:
            self._heading(FIGURES, 1).paragraph_format.page_break_before = True
        for chart in shown:
            self._table(chart.table)


def _name(document: "WordDocument", report: Report) -> None:
    """Give the file its properties, and its pages a foot; a date would be another one tomorrow."""
    properties = document.core_properties
    properties.title, properties.language = legible(report.title)[:_TITLE], "en-GB"
    properties.author, properties.comments = "simlib", ""
    for dated in ("created", "modified"):
        for element in properties._element.findall(qn(f"dcterms:{dated}")):
            properties._element.remove(element)
    title = legible(report.title)
    foot = document.sections[0].footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(Mm(_WIDE), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(title if len(title) <= _FOOT else f"{title[: _FOOT - 1].rstrip()}…")
    foot.add_run("\tPage ")
    for word, code in (("", "PAGE"), (" of ", "NUMPAGES")):
        foot.add_run(word)
        _begin_field(foot, code)
        foot.add_run("1")
        _end_field(foot)


def _fit(drawn: InlineShape) -> None:
    """Make a picture smaller that is wider than the text, or taller than most of a page."""
    smaller = min(1.0, Mm(_WIDE) / drawn.width, Mm(_TALL) / drawn.height)
    drawn.width, drawn.height = Emu(round(drawn.width * smaller)), Emu(round(drawn.height * smaller))


# Fields and bookmarks, which the library has no words for


def _field_mark(line: Paragraph, kind: str) -> None:
    """Set one of the marks between which a field stands."""
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    line.add_run()._r.append(mark)


def _begin_field(line: Paragraph, code: str) -> None:
    """Begin a field: what follows, up to its end, is what it has come to."""
    _field_mark(line, "begin")
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {code} "
    line.add_run()._r.append(text)
    _field_mark(line, "separate")


def _end_field(line: Paragraph) -> None:
    _field_mark(line, "end")


def _marked(line: Paragraph, name: str, at: int, words: str) -> None:
    """Write words that can be pointed to."""
    _bookmark(line, "Start", at, name)
    line.add_run(words)
    _bookmark(line, "End", at)


def _bookmark(line: Paragraph, end: str, at: int, name: str | None = None) -> None:
    mark = OxmlElement(f"w:bookmark{end}")
    mark.set(qn("w:id"), str(at))
    if name:
        mark.set(qn("w:name"), name)
    line._p.append(mark)


def _counted(line: Paragraph, what: str, number: int, *, mark: str | None = None, at: int = 0) -> None:
    """Write ``Table 3`` such that Word counts on when it is pasted among other tables."""
    if mark:
        _bookmark(line, "Start", at, mark)
    line.add_run(f"{what} ")
    _begin_field(line, rf"SEQ {what} \* ARABIC")
    line.add_run(str(number))
    _end_field(line)
    if mark:
        _bookmark(line, "End", at)


def _packed(document: "WordDocument") -> bytes:
    """Give a document as a file with no time in it: the library's own archive says when it was made."""
    package, made, packed = document.part.package, io.BytesIO(), io.BytesIO()
    for key in [key for key, rel in package.rels.items() if rel.reltype.endswith("/thumbnail")]:
        del package.rels[key]  # of the library's empty document
    document.save(made)
    with ZipFile(made) as before, ZipFile(packed, "w") as after:
        for name in before.namelist():
            entry = ZipInfo(name, _FIRST_DAY)
            entry.external_attr = 0o600 << 16
            entry.create_system = 3
            entry.compress_type = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
            after.writestr(entry, before.read(name))
    return packed.getvalue()
