"""Sizes of type and widths of columns at which a table fits a printed page; the tables are written elsewhere.

The document and the printed page share it.
"""

import re

from simlib.layout import Table

__all__ = ["EDGE", "MARGIN", "PAGE", "SIZES", "column_widths"]

PAGE, MARGIN = (210, 297), 20  # A4, and what is left free around the text [mm]
EDGE = 70  # left free on either side of a cell [twips]
_TWIPS = 1440 / 25.4  # of a millimetre; Word measures in twentieths of a point
_ROOM = round((PAGE[0] - 2 * MARGIN) * _TWIPS)
SIZES = (9.0, 8.0, 7.0)  # the first at which the words fit [pt]
_LETTER = 0.56  # width of a letter of Arial, a little more than the average [of its size]
_WHOLE = 14  # a text of so many letters is not broken
_LONGEST_WORD, _LONGEST = 22, 60  # letters that a column is made wide for
_LINES = 2  # that a heading takes without being long


def column_widths(table: Table, sizes: tuple[float, ...] = SIZES) -> tuple[float, list[int]]:
    """Give the size of type at which a table's words fit, and the width of each column.

    Parameters
    ----------
    sizes
        Of type, the largest first; a crowded table does without the largest [pt].

    Returns
    -------
    size : float
        Of the type [pt].
    widths : list of int, shape (columns,)
        They fill the page's width [twips].
    """
    texts = [(heading, *(row[at].text for row in table.rows)) for at, heading in enumerate(table.headings)]
    least, most = ([measure(column) for column in texts] for measure in (_least, _most))
    if sum(most) * _letter(sizes[0]) > _LINES * _room(texts):
        sizes = sizes[1:]
    size = next((size for size in sizes if sum(least) * _letter(size) <= _room(texts)), sizes[-1])
    return size, _shared(least, most, _letter(size))


def _letter(size: float) -> float:
    """Give the width of a letter [twips]."""
    return 20 * size * _LETTER


def _room(columns: list[tuple[str, ...]]) -> int:
    """Give what the columns leave for letters [twips]."""
    return _ROOM - 2 * EDGE * len(columns)


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
    room = _ROOM - 2 * EDGE * len(least)
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
    return [round(width) + 2 * EDGE for width in widths]
