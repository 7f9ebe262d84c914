"""A small table for a notebook, as plain HTML: all of it escaped, no scripts; what is in it is its owner's to say."""

from base64 import b64encode
from collections.abc import Sequence

from simlib.wording import clean

__all__ = ["MOST", "figure_html", "heading_html", "table_html", "words_html"]

MOST = 12  # rows: what is shown at the end of a cell is looked at, not searched
_LEFT, _RIGHT = 'style="text-align:left"', 'style="text-align:right"'


def table_html(
    caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "", most: int | None = MOST,
    words: bool = False,
) -> str:  # fmt: skip
    """Give a table with its caption, headers with their scope, and a note.

    Parameters
    ----------
    caption : str
        What the table shows.
    headings : sequence of str, shape (columns,)
        One for each column.
    rows : sequence of sequences of str, shape (rows, columns)
        The first cell of a row is its header.
    note : str
        What must be known to read it.
    most : int or None
        Rows that are shown; how many more there are, the note says. All where None.
    words : bool
        Whether all columns are words; else all but the first are figures, which stand at the right.

    Examples
    --------
    >>> print(table_html("Options", ("Option",), [("Solo & <b>",)]))
    <table>
    <caption>Options</caption>
    <thead><tr><th scope="col" style="text-align:left">Option</th></tr></thead>
    <tbody>
    <tr><th scope="row" style="text-align:left">Solo &amp; &lt;b&gt;</th></tr>
    </tbody>
    </table>
    """
    shown = rows[:most]
    left = len(rows) - len(shown)
    told = [note] * bool(note) + [f"And {left:,} more."] * bool(left)
    sides = [_LEFT, *[_LEFT if words else _RIGHT] * (len(headings) - 1)]
    head = "".join(_cell(f'th scope="col" {side}', text) for side, text in zip(sides, headings, strict=True))
    lines = [
        "<table>",
        _cell("caption", caption),
        f"<thead><tr>{head}</tr></thead>",
        "<tbody>",
        *(_row(row, sides) for row in shown),
        "</tbody>",
        "</table>",
        *([words_html(" ".join(told))] if told else []),
    ]
    return "\n".join(lines)


def words_html(text: str) -> str:
    """Give a sentence as a paragraph."""
    return _cell("p", text)


def heading_html(text: str, level: int) -> str:
    """Give a heading; a notebook's own are of the first and second level."""
    return _cell(f"h{min(level, 6)}", text)


def figure_html(title: str, alt: str, svg: str) -> str:
    """Give a picture as an image, so that nothing in it can run or reach the page, with its title and its words."""
    source = b64encode(svg.encode()).decode("ascii")
    image = f'<img src="data:image/svg+xml;base64,{source}" alt="{_escaped(alt)}">'
    return f"<figure>{image}{_cell('figcaption', title)}</figure>"


def _row(row: Sequence[str], sides: Sequence[str]) -> str:
    tags = ['th scope="row"', *["td"] * (len(row) - 1)]
    cells = (_cell(f"{tag} {side}", text) for tag, side, text in zip(tags, sides, row, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _cell(tag: str, text: str) -> str:
    """Give an element that holds nothing but text: it may be anybody's."""
    return f"<{tag}>{_escaped(text)}</{tag.split(maxsplit=1)[0]}>"


def _escaped(text: str) -> str:
    from html import escape  # loads every entity that HTML knows, for the few who look

    return escape(clean(text))
