"""The raw tree of a document: text, mappings and lists that know where they stand; nothing is typed here.

A node is an ordinary ``str``, ``dict`` or ``list`` that also carries its place in the user's file and its
address, so that a complaint about it can always say both.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, NoReturn, TypeAlias, TypeVar

from simlib import years
from simlib.errors import ConfigError, Problem

T = TypeVar("T")

_MONTH_KEY = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_QUOTED_LENGTH = 60
_COMPARED = 500  # names that one misspelling is held against, so that no file takes for ever


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: its name, and line and column counted from 1 (0 where there are none)."""

    name: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """``file:line:column``, or the name alone where there is no text to point into."""
        return f"{self.name}:{self.line}:{self.column}" if self.line else self.name


class Text(str):
    """A scalar as it stands in the file, whatever it may mean.

    Attributes
    ----------
    place, address
        Where it stands, and what it belongs to.
    plain
        Whether it stands without quotation marks.
    cut
        Whether YAML cut it off at ``' #'``: what follows on the line was taken for a comment.
    broken
        Whether it was already refused when the document was read; no further word is needed.
    """

    __slots__ = ("address", "broken", "cut", "place", "plain")

    address: str
    place: Place
    plain: bool
    cut: bool
    broken: bool


class Mapping(dict[str, "Node"]):
    """A mapping as it stands in the file; each of its keys is a ``Text`` and knows its place."""

    __slots__ = ("address", "place")

    address: str
    place: Place

    def key(self, name: str) -> Text | None:
        """Give the key as it stands in the file, with its place."""
        return next((key for key in self.texts() if key == name), None)

    def texts(self) -> "Iterator[Text]":
        """Give every key as it stands in the file."""
        for key in self:
            assert isinstance(key, Text)  # the document puts nothing else in
            yield key


class Listing(list["Node"]):
    """A list as it stands in the file; its items bear the list's own address."""

    __slots__ = ("address", "place")

    address: str
    place: Place


Node: TypeAlias = Text | Mapping | Listing


class RefusedError(ValueError):
    """What is wrong with one entry; carried through pydantic, and never seen by users.

    It holds no problem where the entry was already refused when the document was read.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class Gather:
    """Collects what is wrong with several entries, so that all of it is said at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._failed = False

    def take(self, read: Callable[..., T], *arguments: Any, **named: Any) -> T | None:
        """Give what is read, or note what is wrong and give None."""
        try:
            return read(*arguments, **named)
        except RefusedError as trouble:
            self.problems += trouble.problems
            self._failed = True
            return None

    def finish(self) -> None:
        """Refuse the whole if anything was wrong.

        Raises
        ------
        RefusedError
            With every problem that was noted.
        """
        if self.problems or self._failed:
            raise RefusedError(self.problems)


def text(value: str, place: Place, address: str) -> Text:
    """Make a plain text node."""
    node = Text(value)
    node.place, node.address, node.plain, node.cut, node.broken = place, address, True, False, False
    return node


def mapping(place: Place, address: str) -> Mapping:
    """Make an empty mapping node."""
    node = Mapping()
    node.place, node.address = place, address
    return node


def listing(place: Place, address: str) -> Listing:
    """Make an empty list node."""
    node = Listing()
    node.place, node.address = place, address
    return node


def without(node: Mapping, *names: str) -> Mapping:
    """Give a copy of a mapping, perhaps without some of its keys; the original is untouched."""
    rest, left_out = mapping(node.place, node.address), frozenset(names)
    rest.update({key: value for key, value in node.items() if key not in left_out})
    return rest


def join(address: str, part: str) -> str:
    """Give the address of a part of an entry; years and dates become parts that may stand in an address."""
    return f"{address}.{address_part(part)}" if address else address_part(part)


def address_part(key: str) -> str:
    """Spell a key as a part of an address: ``2016/17`` as ``y2016_17``, ``2012-12`` as ``m2012_12``."""
    if not key.lstrip()[:1].isdigit():
        return key  # nearly every key, without an expression or an exception
    if _MONTH_KEY.fullmatch(key):
        return "m" + key.replace("-", "_")
    try:
        return years.address(years.parse_year(key))
    except ValueError:
        return key


def below(node: Node) -> Iterator[Node]:
    """Give a node, its keys and everything below it."""
    stack: list[Node] = [node]
    while stack:
        top = stack.pop()
        yield top
        if isinstance(top, Mapping):
            stack += [*top.texts(), *top.values()]
        elif isinstance(top, Listing):
            stack += top


def problem(node: Node, message: str, *, address: str | None = None) -> Problem:
    """Say what is wrong with a node, at its place and address."""
    return Problem(str(node.place), node.address if address is None else address, message)


def refuse(node: Node, message: str, *, address: str | None = None) -> NoReturn:
    """Refuse a node for one reason.

    Raises
    ------
    RefusedError
        Always.
    """
    if isinstance(node, Text) and node.broken:
        raise RefusedError([])
    raise RefusedError([problem(node, message, address=address)])


def expected(node: Node, expectation: str, *, address: str | None = None) -> NoReturn:
    """Refuse a node by what was expected and what was found.

    Raises
    ------
    RefusedError
        Always.
    """
    refuse(node, f"expected {expectation}, got {quote(node)}", address=address)


def is_broken(node: Node) -> bool:
    """Whether an entry was already refused when the document was read."""
    return isinstance(node, Text) and node.broken


def quote(node: object) -> str:
    """Quote what stands in the file, shortened and without characters that could deceive."""
    if isinstance(node, dict):
        return "a mapping" if node else "an empty mapping"
    if isinstance(node, list | tuple):
        return "a list" if node else "an empty list"
    shown = visible(str(node))
    if len(shown) > _QUOTED_LENGTH:
        shown = shown[: _QUOTED_LENGTH - 3] + "..."
    return f"'{shown}'"


def visible(value: str) -> str:
    """Give a text with its unprintable characters written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give ``; did you mean 'measures'?`` for the nearest known name, or nothing where none is near."""
    near = get_close_matches(name[:80], list(islice(known, _COMPARED)), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def nearest_or_list(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """Give the nearest known name, or else all of them where they are few."""
    names = list(known)
    hint = did_you_mean(name, names)
    if hint or not names or len(names) > most:
        return hint
    return f"; known are {', '.join(names)}"


def refuse_unknown(asked: dict[str, tuple[Sequence[str], Sequence[str]]]) -> None:
    """Refuse names that nothing in a file has, all at once, each with the nearest that something has.

    Parameters
    ----------
    asked : dict of str to (names, known names)
        By the option of the command line behind which the names stand.
    """
    problems = [
        Problem("", option, f"there is no '{name[:60]}' to ask about{nearest_or_list(name, known)}")
        for option, (names, known) in asked.items()
        for name in names
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)
