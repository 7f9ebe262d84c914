"""``simlib explain``: a family of distributions or a term in plain words; the terms are in ``glossary``."""

import difflib
from collections.abc import Iterator

from simlib.errors import ConfigError, Problem
from simlib.glossary import TERMS

__all__ = ["explanation"]


def explanation(word: str) -> list[str]:
    """Give the lines that explain a word.

    Parameters
    ----------
    word : str
        A family such as ``pert``, or a term such as ``gap``; case, and spaces or underscores, do not matter.

    Raises
    ------
    ConfigError
        When nobody knows the word; the message names the nearest.

    Examples
    --------
    >>> explanation("Run rate")
    ['# run rate', "A year's worth of savings, as at 31 March."]
    """
    from simlib.distributions import FAMILIES

    wanted = _plain(word)
    if wanted in FAMILIES:
        return list(_family(wanted))
    for term, text in TERMS.items():
        if _plain(term) == wanted:
            return [f"# {term}", text]
    known = {_plain(term): term for term in (*TERMS, *FAMILIES)}
    near = [known[name] for name in difflib.get_close_matches(wanted, known, n=3)]
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; families are {', '.join(FAMILIES)}"
    raise ConfigError([Problem("", "explain", f"expected a family or a term, got {word[:60]!r}{hint}")])


def _plain(word: str) -> str:
    """Give a word as it is compared."""
    return "_".join(word.casefold().replace("_", " ").replace("-", " ").split())


def _family(name: str) -> Iterator[str]:
    """Tell a family: what it is, how it is written, what its parameters are, where it comes from."""
    from simlib.distributions import FAMILIES

    family = FAMILIES[name]
    yield f"# {name}"
    yield family.summary
    yield "Written as:"
    for names in family.parametrisations:
        inside = ", ".join((f"dist: {name}", *(f"{parameter}: …" for parameter in names)))
        yield f"  - {{{inside}}}"
    yield "Parameters:"
    for parameter, role in family.parameters.items():
        yield f"  - {parameter}: {_ROLES.get(role, role)}"
    if family.source:
        yield f"Source: {family.source}"


_ROLES = {
    "value": "a figure of the entry's own kind (money, a share, a duration …)",
    "spread": "a distance of the entry's own kind, above nothing",
    "share": "a chance or share from 0% to 100%",
    "number": "a plain number",
    "count": "a whole number",
}
