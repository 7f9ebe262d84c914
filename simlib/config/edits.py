"""What differs between two configs, as edits that can be laid over the first one by one; not what they do.

An edit stands at the address of what a person would name: a figure with all that is said of it, a measure that was
added. A config with some of the edits is written out and checked like any file.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simlib.config import document, nodes, overlay
from simlib.config.load import Config, parse_again
from simlib.config.nodes import Listing, Mapping, Node, address_part, without

__all__ = ["Differences", "Edit", "differences", "edited", "laid", "quoted", "tree"]

# Keys whose text explains a figure and changes none
WORDS = frozenset({"label", "source", "note", "owner", "reason", "why", "title"})
# Sections of which the base results do not depend, and how the futures are drawn: no assumption is in them
APART = ("readings", "stress", "decision", "npv")
DRAWING = "run"
# Sections within an entry whose entries have names of the file's own
_BY_NAME = frozenset({"pressures", "funding", "pots", "one_off", "local", "overlaps", "slows", "delays", "lines"})
_SINGLE = frozenset({"npv", "decision"})  # sections of the file that are one entry
_WHOLE = frozenset({"shares"})  # parts of which none means anything without the others
_LONGEST = 160  # of an entry that is quoted [characters]


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry that is not what it was.

    Attributes
    ----------
    path
        The keys that lead to it.
    before, after
        What stands there in the first and in the second file; None where it stands in the other alone.
    """

    path: tuple[str, ...]
    before: Node | None
    after: Node | None

    @property
    def address(self) -> str:
        """Its address, as ``--set`` would have it."""
        return ".".join(address_part(part) for part in self.path)


@dataclass(frozen=True, slots=True)
class Differences:
    """All that differs between two files.

    Attributes
    ----------
    edits
        What bears on the results, in the order of the second file.
    words
        Addresses where only words differ: labels, sources, notes.
    apart
        Sections that differ and do not bear on the results of the files as they stand.
    """

    edits: tuple[Edit, ...]
    words: tuple[str, ...]
    apart: tuple[str, ...]


def tree(config: Config) -> Mapping:
    """Give the raw tree of a config with every ``--set`` laid over it, without what is drawn or read otherwise."""
    root = document.parse(config.text, config.path).root
    assert root is not None, "a config was read from it"
    for address, value in config.overrides:
        root = overlay.apply(root, {address: document.parse_value(value, address, address)})
    return root


def differences(first: Mapping, second: Mapping) -> Differences:
    """Give what differs between two trees."""
    found = list(_between((), without(first, DRAWING), without(second, DRAWING)))
    words = tuple(edit.address for edit in found if _in_words(edit))
    said = [edit for edit in found if not _in_words(edit)]
    apart = dict.fromkeys(edit.path[0] for edit in said if edit.path[0] in APART)
    return Differences(tuple(edit for edit in said if edit.path[0] not in APART), words, tuple(apart))


def _between(path: tuple[str, ...], one: Node | None, other: Node | None) -> Iterator[Edit]:
    """Give the entries below a path that differ, each as small as it can be named."""
    if one == other:
        return
    if not _opens(path, one, other):
        yield Edit(path, one, other)
        return
    before, after = (node if isinstance(node, Mapping) else {} for node in (one, other))
    for key in dict.fromkeys([*after, *before]):
        yield from _between((*path, str(key)), before.get(key), after.get(key))


def _opens(path: tuple[str, ...], one: Node | None, other: Node | None) -> bool:
    """Tell whether entries below are edits of their own: not within a figure, nor year by year."""
    found = [node for node in (one, other) if node is not None]
    if not all(isinstance(node, Mapping) for node in found) or (path and path[-1] in _WHOLE) or _is_word(path):
        return False
    if any(overlay.states_quantity(node) for node in found):
        return False
    if any(address_part(key) != key for node in found if isinstance(node, Mapping) for key in node):
        return False
    return len(found) == 2 or _is_section(path)


def _is_section(path: Sequence[str]) -> bool:
    """Tell whether the entries below have names of the file's own."""
    return (len(path) == 1 and path[0] not in _SINGLE) or (len(path) == 3 and path[-1] in _BY_NAME)


def _is_word(path: Sequence[str]) -> bool:
    """Tell whether what stands there explains an entry, and is not one that is called so."""
    return bool(path) and path[-1] in WORDS and not _is_section(path[:-1])


def _in_words(edit: Edit) -> bool:
    """Tell whether an edit explains and changes nothing."""
    if _is_word(edit.path):
        return True
    return edit.before is not None and edit.after is not None and _bare(edit.before) == _bare(edit.after)


def _bare(node: Node) -> Node:
    """Give a figure without the words about it."""
    return without(node, *WORDS) if overlay.states_quantity(node) else node


def laid(root: Mapping, edits: Iterable[Edit]) -> Mapping:
    """Give a tree with some edits made; the original is untouched."""
    for edit in edits:
        root = _changed(root, edit.path, edit.after) or nodes.mapping(root.place, root.address)
    return root


def _changed(node: Node | None, path: Sequence[str], value: Node | None) -> Mapping | None:
    """Give a copy of a mapping with an entry put in, or taken out; None where nothing is left in it."""
    old = node if isinstance(node, Mapping) else None
    copy = nodes.mapping(nodes.Place(""), "") if old is None else without(old)
    key = (old.key(path[0]) if old is not None else None) or nodes.text(path[0], copy.place, path[0])
    below = value if len(path) == 1 else _changed(copy.get(key), path[1:], value)
    if below is None:
        copy.pop(key, None)
    else:
        copy[key] = below
    return copy or None


def edited(config: Config, root: Mapping) -> Config:
    """Give the config that a tree states, without what bears on no base result; data are beside those of another one.

    Raises
    ------
    ConfigError
        With every problem that it has, as of any file.
    """
    text = json.dumps(without(root, DRAWING, *APART), ensure_ascii=False, indent=1)  # which YAML reads
    return parse_again(text, config)


def quoted(edit: Edit) -> tuple[str, str]:
    r"""Give what an entry was and what it is, each on one line as its file has it; of a figure what differs.

    A dash stands where there is none; words about a figure are left out.

    Examples
    --------
    >>> from simlib.config import parse_config
    >>> texts = ("{dist: uniform, low: 1, high: 3, note: why}", "{dist: uniform, low: 1, high: 4}")
    >>> trees = [tree(parse_config(f"simlib: 1\ntitle: x\ndrivers:\n  cost: {text}")) for text in texts]
    >>> [quoted(edit) for edit in differences(*trees).edits]
    [('high: 3', 'high: 4')]
    """
    one, other = edit.before, edit.after
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        alike = [key for key in one if one[key] == other.get(key)]
        one, other = without(one, *alike), without(other, *alike)
    return _short(one), _short(other)


def _short(node: Node | None) -> str:
    told = "" if node is None else _told(node)
    return (told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1].rstrip()}…") or "–"


def _told(node: Node) -> str:
    if isinstance(node, Mapping):
        entries = ((key, value) for key, value in node.items() if key not in WORDS)
        return ", ".join(f"{key}: {_within(value)}" for key, value in entries)
    return ", ".join(map(_within, node)) if isinstance(node, Listing) else " ".join(node.split())


def _within(node: Node) -> str:
    return _told(node) if isinstance(node, str) else f"({_told(node)})"
