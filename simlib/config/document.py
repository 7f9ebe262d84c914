"""Text of a config file to a raw tree with positions: the only module that knows YAML; nothing is typed here.

A config is untrusted text. It is read event by event with an explicit stack, so that no nesting, repetition
or tag can make it hang, run code or read anything else. ``no``, ``12:30`` and ``1e6`` arrive as written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simlib.config import nodes, syntax
from simlib.config.nodes import Listing, Mapping, Node, Place, Text
from simlib.errors import ConfigError, Problem

try:
    from yaml import CBaseLoader as _Parser
except ImportError:  # PyYAML without its C library: the same events, more slowly
    from yaml import BaseLoader as _Parser  # type: ignore[assignment]

MAX_BYTES = 1 << 20
MAX_NODES = 50_000
MAX_DEPTH = 40
MOST_PROBLEMS = 200

# Control characters, and those that turn the direction of text or cannot be seen: a reader of the file and
# this program must see the same thing.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    # What makes a picture of the sign before it stands nowhere else
    "|(?<![#*0-9\xa9\xae\u203c-\u3299\U0001f000-\U0001faff])\ufe0f"
)
_COMMENT = re.compile(r"[ \t]+#")
_AFTER_COMMA = re.compile("[0-9]{3}[^:]*")  # what is left of £22,000 inside {...}


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read: its tree (None where that could not be finished) and what is wrong with it."""

    root: Mapping | None
    problems: tuple[Problem, ...]


def read_text(path: Path, name: str) -> str:
    """Give the text of a file, if it is a file of text of a bearable size.

    Raises
    ------
    ConfigError
        When there is no such file, or it is a folder, unreadable, too long or not UTF-8.
    """
    try:
        if path.is_dir():
            raise ConfigError([Problem(name, "", "expected a config file, got a folder")])
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as missing:
        raise ConfigError([Problem(name, "", "there is no such file")]) from missing
    except (OSError, ValueError) as trouble:
        reason = getattr(trouble, "strerror", None) or trouble
        raise ConfigError([Problem(name, "", f"the file cannot be read: {reason}")]) from trouble
    return decode(content, name)


def decode(content: bytes, name: str) -> str:
    """Give bytes as text, or say where they are not UTF-8.

    Raises
    ------
    ConfigError
        When the content is too long or is not UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem(name, "", "expected a file of at most 1 MiB")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        before = content[: trouble.start]
        line, column = before.count(b"\n") + 1, trouble.start - before.rfind(b"\n")
        message = "expected text saved as UTF-8; this character is in another encoding"
        raise ConfigError([Problem(str(Place(name, line, column)), "", message)]) from trouble


def parse(text: str, name: str) -> Document:
    """Read a whole document.

    Parameters
    ----------
    text
        The text of the file.
    name
        What positions call it: the path as the user wrote it.

    Returns
    -------
    Document
        The tree, whose root is a mapping, and every problem found on the way.
    """
    problem = _unfit(text, name)
    if problem:
        return Document(None, (problem,))
    builder = _Builder(text, name, Place(name, 1, 1))
    root = builder.build()
    if root is None or builder.stopped:
        return Document(None, tuple(builder.problems))
    if not isinstance(root, Mapping):
        complaint = nodes.problem(root, f"expected lines of 'key: value', got {nodes.quote(root)}")
        return Document(None, (*builder.problems, complaint))
    return Document(root, tuple(builder.problems))


def parse_value(text: str, name: str, address: str) -> Node:
    """Read one value given outside a file, such as ``70%`` or ``{dist: uniform, low: 1, high: 2}``.

    Raises
    ------
    ConfigError
        When the text cannot be read as a value.
    """
    problem = _unfit(text, name)
    if problem:
        raise ConfigError([problem])
    builder = _Builder(text, name, None, address)
    root = builder.build()
    if builder.problems or root is None:
        first = builder.problems or [Problem(name, address, "expected a value")]
        raise ConfigError([Problem(name, p.address or address, p.message) for p in first])
    return root


def _unfit(text: str, name: str) -> Problem | None:
    """Say why a text is not read at all: it is empty, too long, or holds characters that nobody can see."""
    if len(text) > MAX_BYTES:
        return Problem(name, "", "expected a file of at most 1 MiB")
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        before = text[: forbidden.start()]
        place = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        code = f"U+{ord(forbidden[0]):04X}"
        return Problem(str(place), "", f"a control or invisible character ({code}); remove it")
    return None


def _short(name: str) -> str:
    """Give a name as a message can hold it."""
    return name if len(name) <= 60 else f"{name[:57]}..."


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled: the key that waits for its value, and the keys it has had."""

    node: Mapping | Listing
    key: Text | None = None
    waits: bool = False  # for a value (mappings)
    skips: bool = False  # the value that comes belongs to a key that was refused


@dataclass(slots=True)
class _Builder:
    """Turns events into nodes with an explicit stack; the state of one document."""

    text: str
    name: str
    origin: Place | None  # None: the text is no file, and its places are its name
    address: str = ""
    problems: list[Problem] = field(default_factory=list)
    stopped: bool = False
    root: Node | None = None
    _stack: list[_Open] = field(default_factory=list)
    _count: int = 0
    _documents: int = 0

    def build(self) -> Node | None:
        """Read every event; stop at the first that makes going on pointless."""
        try:
            for event in self._events():
                self._handle(event)
                if self.stopped:
                    break
        except yaml.YAMLError as trouble:
            self._syntax(trouble)
        if self.root is None and not self.problems:
            self._complain(self._place(None), "", "the document is empty")
        return self.root

    def _events(self) -> Iterator[Any]:
        parser = _Parser(self.text)
        try:
            while parser.check_event():  # type: ignore[no-untyped-call,unused-ignore]
                yield parser.get_event()  # type: ignore[no-untyped-call,unused-ignore]
        finally:
            parser.dispose()

    def _handle(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._start(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if event.version or event.tags:
                self._stop(event, "directives such as %YAML are not part of the language")
            if self._documents > 1:
                self._stop(event, "expected one document; '---' starts a second one")

    def _scalar(self, event: Any) -> None:
        place = self._place(event.start_mark)
        self._remarks(event, place)
        node = nodes.text(event.value, place, self._next_address())
        node.plain = not event.style
        node.cut = node.plain and bool(_COMMENT.match(self.text, event.end_mark.index))
        hidden = _FORBIDDEN.search(event.value)
        if hidden:
            self._complain(place, node.address, f"a control or invisible character (U+{ord(hidden[0]):04X})")
            node.broken = True
        if node.plain and node in ("", "~", "null") and not self._expects_key():
            self._empty(node)
        self._place_node(node)

    def _empty(self, node: Text) -> None:
        node.broken = True
        key = self._stack[-1].key if self._stack else None
        place = key.place if key is not None and not node else node.place
        if key is not None and not node and _AFTER_COMMA.fullmatch(key):
            hint = "a comma ends a value inside {...}: write £22_000 for £22,000, or put it in quotation marks"
            self._stack[-1].skips = True  # a piece of a value is no entry of its own, about which more could be said
        elif key is not None and not node and (cut := self._cut(self._stack[-1].node)) is not None:
            self._stack[-1].skips = True
            if cut.broken:
                return  # another piece of the same formula
            cut.broken = True
            hint = "a comma ends a value inside {...}: put a formula with a comma in quotation marks"
        else:
            hint = "expected a value; leave the key out where there is nothing to say" if key else "expected a value"
        self._complain(place, node.address, hint if not node else f"{hint}, got '{node}'")

    @staticmethod
    def _cut(node: Mapping | Listing) -> Text | None:
        """Give the value that a comma has cut, where the last one has a bracket that is still open."""
        last = next(reversed(node.values()), None) if isinstance(node, Mapping) else None
        still_open = isinstance(last, Text) and last.plain and last.count("(") > last.count(")")
        return last if still_open and isinstance(last, Text) else None

    def _alias(self, event: Any) -> None:
        place = self._place(event.start_mark)
        node = nodes.text("", place, self._next_address())
        node.broken = True
        self._complain(
            place,
            node.address,
            f"aliases such as *{_short(event.anchor)} are not part of the language; write the value out, "
            "or give it a name under drivers",
        )
        self._place_node(node)

    def _start(self, event: Any) -> None:
        place = self._place(event.start_mark)
        if self._expects_key():
            self._stop(event, "expected a key of one word, got a list or mapping")
            return
        if len(self._stack) >= MAX_DEPTH:
            self._stop(event, f"expected at most {MAX_DEPTH} levels of nesting")
            return
        self._remarks(event, place)
        address = self._next_address()
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node = nodes.mapping(place, address) if is_mapping else nodes.listing(place, address)
        self._place_node(node)
        self._stack.append(_Open(node))

    def _remarks(self, event: Any, place: Place) -> None:
        """Refuse anchors and tags; what they stand on is read all the same."""
        address = self._next_address()
        if event.anchor is not None:
            self._complain(
                place, address, f"anchors such as &{_short(event.anchor)} are not part of the language; remove it"
            )
        if event.tag is not None:
            self._complain(
                place, address, f"tags such as {_short(nodes.visible(event.tag))} are not part of the language"
            )

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, Mapping) and not self._stack[-1].waits

    def _next_address(self) -> str:
        if not self._stack:
            return self.address
        top = self._stack[-1]
        return nodes.join(top.node.address, top.key) if top.waits and top.key is not None else top.node.address

    def _place_node(self, node: Node) -> None:
        """Put a finished scalar, or a mapping or list that is about to be filled, where it belongs."""
        self._count += 1
        if self._count > MAX_NODES:
            self._complain(node.place, "", f"expected at most {MAX_NODES:,} entries")
            self.stopped = True
        elif not self._stack:
            self.root = node
        elif isinstance(self._stack[-1].node, Listing):
            self._stack[-1].node.append(node)
        elif self._stack[-1].waits:
            self._value(self._stack[-1], node)
        else:
            self._key(self._stack[-1], node)

    def _key(self, top: _Open, node: Node) -> None:
        assert isinstance(node, Text)  # _start refuses other keys
        assert isinstance(top.node, Mapping)
        node.address = nodes.join(top.node.address, node)
        top.key, top.waits = node, True
        first = top.node.key(node) if node in top.node else None
        top.skips = first is not None or node == "<<" or not node
        if first is not None and not _AFTER_COMMA.fullmatch(node):
            where = f"line {first.place.line}" if first.place.line else "before"
            message = f"duplicate key '{nodes.visible(node)}': already given on {where}"
            self._complain(node.place, node.address, message)
        elif node == "<<":
            self._complain(node.place, top.node.address, "merge keys (<<) are not part of the language")
        elif not node:
            self._complain(node.place, top.node.address, "expected a key before ':'")

    def _value(self, top: _Open, node: Node) -> None:
        assert isinstance(top.node, Mapping)
        if not top.skips and top.key is not None:
            top.node[top.key] = node
        top.waits = False

    def _place(self, mark: Any) -> Place:
        if self.origin is None:
            return Place(self.name)
        return Place(self.name, mark.line + 1, mark.column + 1) if mark is not None else self.origin

    def _complain(self, place: Place, address: str, message: str) -> None:
        self.problems.append(Problem(str(place), address, message))
        # Nobody reads more, and each takes its time to say.
        self.stopped = self.stopped or len(self.problems) >= MOST_PROBLEMS

    def _stop(self, event: Any, message: str) -> None:
        self._complain(self._place(event.start_mark), "", message)
        self.stopped = True

    def _syntax(self, trouble: yaml.YAMLError) -> None:
        mark, words = syntax.explain(trouble, self.text)
        self._complain(self._place(mark), "", words)
        self.stopped = True
