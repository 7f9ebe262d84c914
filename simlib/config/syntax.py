"""What a YAML parser says of broken syntax, in plain words, at the place to look; nothing is parsed here."""

from typing import Any

_INDENTED = "check the indentation, and put text that contains ': ' or ' #' in quotation marks"
_QUOTED = "put text that contains ': ' in quotation marks, or check the indentation"

# Part of what the parser says (in C, in Python): what a finance officer understands.
_PLAIN_WORDS = (
    (("mapping values are not allowed",), f"a second ': ' on one line; {_QUOTED}"),
    (("could not find expected ':'",), "expected 'key: value'; this line has no ': ' after its key"),
    (("scanning a quoted scalar",), "a quotation mark opens here and is never closed"),
    (
        ("unknown escape", "parsing a quoted scalar"),
        r"unknown escape after \; use single quotation marks, or write \\",
    ),
    (("flow mapping",), "a { opens here and is not closed, or a comma is missing between its entries"),
    (("flow sequence",), "a [ opens here and is not closed, or a comma is missing between its entries"),
    (
        ("expected '-' indicator", "block sequence"),
        "expected '- ' as in the items above; check the indentation",
    ),
    (("expected key", "block mapping"), f"expected a key; {_INDENTED}"),
    (("<document start>",), "expected one document of 'key: value' lines; check the indentation"),
    (("directive",), "directives such as %YAML are not part of the language"),
    (("tag",), "tags such as !this are not part of the language"),
    (("block scalar", "indentation"), "the lines of a block of text must be indented alike"),
    (("node content",), "expected a value"),
)
_AT_START = ("flow mapping", "flow sequence", "scanning a quoted scalar")  # better shown where they open
_CANNOT_START = ("cannot start any token", "alphabetic or numeric", "violates indentation")


def explain(trouble: Any, text: str) -> tuple[Any, str]:
    """Give the mark to point at (None where there is none) and what to say there.

    Parameters
    ----------
    trouble
        What the parser raised.
    text
        The text it was reading.
    """
    context, problem = (
        getattr(trouble, "context", None) or "",
        getattr(trouble, "problem", None) or str(trouble),
    )
    mark = getattr(trouble, "problem_mark", None)
    start = getattr(trouble, "context_mark", None)
    character = text[mark.index : mark.index + 1] if mark is not None else ""
    if character == "\t" and ("token" in problem or "tab" in problem or "indentation" in problem):
        return mark, "a tab cannot indent or separate; use spaces"
    if any(words in problem for words in _CANNOT_START):
        return (
            start or mark,
            f"'{_first(text, start or mark)}' cannot start a value; put it in quotation marks",
        )
    said = f"{context} {problem}"
    words = next((plain for parts, plain in _PLAIN_WORDS if any(part in said for part in parts)), said.strip())
    if start is not None and any(part in context for part in _AT_START) and "escape" not in problem:
        return start, words + _comment_inside(text, start, context)
    return mark or start, words


def _first(text: str, mark: Any) -> str:
    return text[mark.index : mark.index + 1] if mark is not None else "?"


def _comment_inside(text: str, start: Any, context: str) -> str:
    """Say so where a comment may have swallowed the closing bracket."""
    line = text[start.index :].split("\n", 1)[0]
    return "; ' #' starts a comment, also inside {...}" if "flow" in context and " #" in line else ""
