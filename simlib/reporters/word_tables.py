"""A report's table as a Word table: alignment, headings that are repeated; its widths are those of ``columns``.

A report has thousands of cells: they are written as text and read by the library once for each table.
"""

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from simlib.layout import Table
from simlib.reporters.columns import EDGE, column_widths
from simlib.reporters.papers import figure_columns
from simlib.reporters.word_styles import legible

__all__ = ["word_table"]

_WHOLE_TABLE = 12  # rows of a table that stays on one page


def word_table(table: Table) -> Any:
    """Give a table as an element of a Word document.

    Parameters
    ----------
    table : Table
        Its first row is repeated on every page, no row is torn apart, and a short table stays whole.
    """
    size, widths = column_widths(table)
    right = figure_columns(table)
    together = len(table.rows) <= _WHOLE_TABLE
    heading = _row([(text, True) for text in table.headings], widths, right, size, heading=True, kept=True)
    last = len(table.rows) - 1
    rows = (
        _row([(cell.text, cell.value is not None) for cell in row], widths, right, size, kept=together and at < last)
        for at, row in enumerate(table.rows)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    content = f"{_properties(table, sum(widths))}<w:tblGrid>{grid}</w:tblGrid>{heading}{''.join(rows)}"
    return parse_xml(f"<w:tbl {nsdecls('w')}>{content}</w:tbl>")


def _properties(table: Table, width: int) -> str:
    """Give a table's properties: its style, its width, and what its first row and column are."""
    return (
        f'<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{width}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="{EDGE}" w:type="dxa"/><w:right w:w="{EDGE}" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="00A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1"'
        f' w:noVBand="1"/><w:tblCaption w:val={quoteattr(legible(table.caption))}/></w:tblPr>'
    )


def _row(
    cells: list[tuple[str, bool]], widths: list[int], right: tuple[bool, ...], size: float, *, kept: bool,
    heading: bool = False,
) -> str:  # fmt: skip
    """Give a row: (text, whether it is a figure) of each cell; one that is kept stays with the next."""
    told = (
        _cell(text, width, size, to_the_right=aligned, figure=figure, kept=kept, heading=heading)
        for (text, figure), width, aligned in zip(cells, widths, right, strict=True)
    )
    repeated = "<w:tblHeader/>" if heading else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(told)}</w:tr>"


def _cell(text: str, width: int, size: float, *, to_the_right: bool, figure: bool, kept: bool, heading: bool) -> str:
    """Give a cell."""
    shape = '<w:pStyle w:val="NoSpacing"/>' + ("<w:keepNext/>" if kept else "")
    shape += '<w:spacing w:before="30" w:after="30"/>' + ('<w:jc w:val="right"/>' if to_the_right else "")
    marks = ("<w:b/>" if heading else "") + f'<w:sz w:val="{round(2 * size)}"/><w:szCs w:val="{round(2 * size)}"/>'
    place = '<w:vAlign w:val="bottom"/>' if heading else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{place}</w:tcPr><w:p><w:pPr>{shape}</w:pPr>'
        f"<w:r><w:rPr>{marks}</w:rPr>{_text(text, figure=figure)}</w:r></w:p></w:tc>"
    )


def _text(text: str, *, figure: bool) -> str:
    """Give the text of a run; in words no line ends after a minus, a figure is not broken anyway."""
    parts = [text] if figure else re.split(r"-(?=£)", text)
    told = (f'<w:t xml:space="preserve">{escape(legible(part))}</w:t>' for part in parts)
    return "<w:noBreakHyphen/>".join(told)
