"""How a Word document looks: its page, its language, and the built-in styles that it uses; no text is written here."""

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from simlib.reporters.columns import MARGIN, PAGE

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

__all__ = ["dress", "legible"]

_FONT = "Arial"  # on every machine with Word, and what councils' guides to accessible documents ask for
_INK, _QUIET = RGBColor(0x1F, 0x38, 0x64), RGBColor(0x4D, 0x4D, 0x4D)  # 11:1 and 8:1 on white


class _Look(NamedTuple):
    """How one of Word's own styles looks: size, space before and after [pt], weight and colour."""

    name: str
    size: float
    before: float
    after: float
    bold: bool | None = None
    colour: RGBColor | None = None


_LOOKS = (
    _Look("Normal", 11, 0, 6),
    _Look("Title", 22, 0, 8, bold=True, colour=_INK),
    _Look("Subtitle", 12, 0, 8, bold=True),
    _Look("TOC Heading", 13, 12, 4, bold=True, colour=_INK),
    _Look("Heading 1", 16, 20, 6, bold=True, colour=_INK),
    _Look("Heading 2", 13, 14, 4, bold=True, colour=_INK),
    _Look("Heading 3", 11, 12, 4, bold=True, colour=_INK),
    _Look("List Paragraph", 11, 0, 6),
    _Look("Caption", 9.5, 12, 4, bold=True),
    _Look("Body Text 3", 8, 0, 8, colour=_QUIET),
    _Look("No Spacing", 11, 0, 2),
    _Look("Footer", 8, 0, 0, colour=_QUIET),
    _Look("toc 1", 11, 0, 2),
)
_NOT_XML = re.compile("[^\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    """Give a text with a mark in place of each letter that no XML file can hold.

    Examples
    --------
    >>> legible("Solo\uffff")
    'Solo\ufffd'
    """
    return _NOT_XML.sub("\ufffd", text)


def dress(document: "WordDocument") -> None:
    """Set the page, the language and the styles of an empty document."""
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in PAGE)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
    section.header_distance = section.footer_distance = Mm(10)
    document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH, builtin=True).element.styleId = "TOC1"
    _speak(document)
    for look in _LOOKS:
        _set_style(document.styles[look.name], look)
    _frame(document.styles["Subtitle"])
    _rule_tables(document)


def _speak(document: "WordDocument") -> None:
    """Say that the words are British, and in which font they are unless a style says otherwise."""
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    assert defaults is not None, "the library's own template has them"
    defaults.find(qn("w:lang")).set(qn("w:val"), "en-GB")
    fonts = defaults.find(qn("w:rFonts"))
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), _FONT)
    document.settings.element.find(qn("w:themeFontLang")).set(qn("w:val"), "en-GB")


def _set_style(style: Any, look: _Look) -> None:
    """Give a style its size, its weight, its colour and the space around it, and nothing of the library's template."""
    marks = style.element.get_or_add_rPr()
    for theirs in ("w:rFonts", "w:i", "w:iCs", "w:spacing", "w:color"):
        for element in marks.findall(qn(theirs)):
            marks.remove(element)
    style.font.size, style.font.bold = Pt(look.size), look.bold
    if look.colour is not None:
        style.font.color.rgb = look.colour
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(look.before), Pt(look.after), 1.1
    for theirs in ("w:contextualSpacing", "w:pBdr", "w:tabs"):
        for element in style.element.pPr.findall(qn(theirs)):
            style.element.pPr.remove(element)


def _frame(style: Any) -> None:
    """Draw a frame around what wears a style."""
    line = 'w:val="single" w:sz="12" w:space="4" w:color="1F3864"'
    edges = "".join(f"<w:{edge} {line}/>" for edge in ("top", "left", "bottom", "right"))
    style.element.pPr.insert_element_before(
        parse_xml(f"<w:pBdr {nsdecls('w')}>{edges}</w:pBdr>"), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc"
    )
    style.paragraph_format.left_indent, style.paragraph_format.right_indent = Mm(2), Mm(110)


def _rule_tables(document: "WordDocument") -> None:
    """Leave of a grid the lines between rows; the first row and the first column are headings."""
    grid: Any = document.styles["Table Grid"].element
    borders = grid.find(f"{qn('w:tblPr')}/{qn('w:tblBorders')}")
    for edge in borders:
        ruled = edge.tag in (qn("w:top"), qn("w:bottom"), qn("w:insideH"))
        edge.set(qn("w:val"), "single" if ruled else "nil")
        edge.set(qn("w:color"), "8C8C8C")
    heading = OxmlElement("w:tblStylePr")
    heading.set(qn("w:type"), "firstRow")
    line = '<w:bottom w:val="single" w:sz="12" w:space="0" w:color="1F3864"/>'
    heading.append(parse_xml(f"<w:tcPr {nsdecls('w')}><w:tcBorders>{line}</w:tcBorders></w:tcPr>"))
    grid.append(heading)
