"""A table laid out in characters of one width; what its cells say is decided elsewhere."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

__all__ = ["columns", "lay_out", "wrap"]

_LONGEST_WORD = 14  # a longer one may be broken, so that a table of nine columns fits 80 characters
_NARROWEST = 4
_FEW = 4  # columns; their headings stay on one line where there is room
_SHORT = 10  # a figure such as "27 of 100"


def lay_out(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, right: Sequence[bool]) -> list[str]:
    r"""Give the lines of a table: its headings, a rule, its rows.

    Parameters
    ----------
    headings : sequence of str, shape (columns,)
        Wrapped at words, as the cells are.
    rows : sequence of sequences of str, shape (rows, columns)
        The cells.
    width : int
        No line is longer, unless there are more columns than it can hold [characters].
    right : sequence of bool, shape (columns,)
        Whether a column is set flush right.

    Examples
    --------
    >>> print(*lay_out(["Option", "Gap"], [["Do nothing", "£4.1m"]], 20, [False, True]), sep="\n")
    Option        Gap
    ─────────────────
    Do nothing  £4.1m
    """
    table = [list(headings), *map(list, rows)]
    widths, space = columns(table, width)
    lines = [_row_lines(row, widths, " " * space, right, bottom=at == 0) for at, row in enumerate(table)]
    rule = "─" * (sum(widths) + space * (len(widths) - 1))
    return [*lines[0], rule, *(line for row in lines[1:] for line in row)]


def columns(table: Sequence[Sequence[str]], width: int) -> tuple[list[int], int]:
    """Give the width of each column and the space between two.

    Notes
    -----
    Each column first gets what its longest word needs; what is left goes to columns of short figures, then
    to the others in order, up to their longest cell. Where even the words do not fit, the space and then the
    widest columns give way.
    """
    cells = list(zip(*table, strict=True))
    least = [max(min(_LONGEST_WORD, _longest_word(text)) for text in column) for column in cells]
    wanted = [max(size, *map(_size, column[1:]), 1) for size, column in zip(least, cells, strict=True)]
    few = len(cells) <= _FEW
    wanted = [max(size, _size(column[0]) * few) for size, column in zip(wanted, cells, strict=True)]
    space = 2 if sum(least) + 2 * (len(least) - 1) <= width else 1
    room = max(width - space * (len(least) - 1), _NARROWEST * len(least))
    while sum(least) > room:
        widest = least.index(max(least))
        least[widest] -= 1
    for place in _thirsty(wanted, _SHORT * (2 if few else 1)):
        least[place] += max(min(wanted[place] - least[place], room - sum(least)), 0)
    return least, space


def _thirsty(wanted: Sequence[int], most: int) -> list[int]:
    """Give the order in which columns are widened: short figures first, then names, then sentences."""
    short = [place for place, size in enumerate(wanted) if place and size <= most]
    return [*short, *(place for place in range(len(wanted)) if place not in short)]


def _longest_word(text: str) -> int:
    """Give the size of a text's longest word [characters]."""
    return max(map(_size, text.split()), default=1)


def _size(text: str) -> int:
    """Give how many characters' room a text takes: wide ones take two, combining ones none."""
    return len(text) if text.isascii() else sum(_letter_size(letter) for letter in text)


@lru_cache(maxsize=4_096)
def _letter_size(letter: str) -> int:
    """Give the room of one letter."""
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Cf", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines at its spaces, and a word only where it is longer than a line.

    Examples
    --------
    >>> wrap("Solo business case", 9)
    ['Solo', 'business', 'case']
    """
    lines, line, size = [], "", 0
    for word in text.split():
        length = _size(word)
        if line and size + 1 + length > width:
            lines.append(line)
            line, size = "", 0
        line, size = (f"{line} {word}", size + 1 + length) if line else (word, length)
        while size > width:
            cut = _cut(line, width)
            lines.append(line[:cut])
            line = line[cut:]
            size = _size(line)
    return [*lines, line] if line or not lines else lines


def _cut(text: str, width: int) -> int:
    """Give how many letters of a text fit, at least one."""
    room = 0
    for place, letter in enumerate(text):
        room += _letter_size(letter)
        if room > width:
            return max(place, 1)
    return len(text)


def _row_lines(
    row: Sequence[str], widths: Sequence[int], space: str, right: Sequence[bool], *, bottom: bool
) -> list[str]:
    """Give the lines of one row; headings stand at the bottom of theirs."""
    wrapped = [wrap(text, width) for text, width in zip(row, widths, strict=True)]
    if bottom:
        tallest = max(map(len, wrapped))
        wrapped = [[""] * (tallest - len(lines)) + lines for lines in wrapped]
    set_lines = zip_longest(*wrapped, fillvalue="")
    return [space.join(map(_set, line, widths, right)).rstrip() for line in set_lines]


def _set(text: str, width: int, right: bool) -> str:  # noqa: FBT001 - mapped over columns
    """Fill a text up to its column's width."""
    fill = " " * max(width - _size(text), 0)
    return fill + text if right else text + fill
