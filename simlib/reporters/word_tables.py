"""A report's table as a Word table: widths, alignment, headings that are repeated; nothing is rounded here.

A report has thousands of cells: they are written as text and read by the library once for each table.
"""

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from simlib.layout import Table
from simlib.reporters.papers import figure_columns
from simlib.reporters.word_styles import MARGIN, PAGE, legible

__all__ = ["column_widths", "word_table"]

_TWIPS = 1440 / 25.4  # of a millimetre; Word measures in twentieths of a point
_ROOM = round((PAGE[0] - 2 * MARGIN) * _TWIPS)
_SIZES = (9.0, 8.0, 7.0)  # the first at which the words fit [pt]
_LETTER = 0.56  # width of a letter of Arial, a little more than the average [of its size]
_EDGE = 70  # left free on either side of a cell [twips]
_WHOLE = 14  # a text of so many letters is not broken
_LONGEST_WORD, _LONGEST = 22, 60  # letters that a column is made wide for
_LINES = 2  # that a heading takes without being long
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
        f'<w:tblCellMar><w:left w:w="{_EDGE}" w:type="dxa"/><w:right w:w="{_EDGE}" w:type="dxa"/></w:tblCellMar>'
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


def column_widths(table: Table) -> tuple[float, list[int]]:
    """Give the size of type at which a table's words fit, and the width of each column.

    Returns
    -------
    size : float
        Of the type [pt].
    widths : list of int, shape (columns,)
        They fill the page's width [twips].
    """
    texts = [(heading, *(row[at].text for row in table.rows)) for at, heading in enumerate(table.headings)]
    least, most = ([measure(column) for column in texts] for measure in (_least, _most))
    crowded = sum(most) * _letter(_SIZES[0]) > _LINES * _room(texts)
    sizes = _SIZES[1:] if crowded else _SIZES
    size = next((size for size in sizes if sum(least) * _letter(size) <= _room(texts)), _SIZES[-1])
    return size, _shared(least, most, _letter(size))


def _letter(size: float) -> float:
    """Give the width of a letter [twips]."""
    return 20 * size * _LETTER


def _room(columns: list[tuple[str, ...]]) -> int:
    """Give what the columns leave for letters [twips]."""
    return _ROOM - 2 * _EDGE * len(columns)


def _least(column: tuple[str, ...]) -> int:
    """Give how many letters a column must hold in one line."""
    heading, *cells = column
    words = [word for text in cells for word in ([text] if len(text) <= _WHOLE else _words(text))]
    bold = max(map(len, _words(heading))) + 1  # bold letters are wider
    return min(max([bold, *map(len, words)]), _LONGEST_WORD)


def _words(text: str) -> list[str]:
    """Give the parts between which a line may end."""
    return re.split(r"\s+|(?<=-)", text)


def _most(column: tuple[str, ...]) -> int:
    """Give how many letters a column would hold in one line, if it had the room; its heading may take several.

    One long text among short ones does not make it so wide: half way from the average to the longest.
    """
    heading, *cells = column
    lengths = [len(text) for text in cells] or [0]
    usual = round((max(lengths) + sum(lengths) / len(lengths)) / 2)
    return max(min(usual, _LONGEST), -(-len(heading) // _LINES), _least(column))


def _shared(least: list[int], most: list[int], letter: float) -> list[int]:
    """Share the page's width among columns: what each must have, and then by what each would have."""
    room = _ROOM - 2 * _EDGE * len(least)
    need = [count * letter for count in least]
    if sum(need) >= room:
        widths = [width * room / sum(need) for width in need]
    else:
        wish = [(wanted - had) * letter for wanted, had in zip(most, least, strict=True)]
        spare, wished = room - sum(need), sum(wish)
        if wished > spare:
            widths = [width + spare * more / wished for width, more in zip(need, wish, strict=True)]
        else:
            full = [width + more for width, more in zip(need, wish, strict=True)]
            widths = [width * room / sum(full) for width in full]
    return [round(width) + 2 * _EDGE for width in widths]
