"""Figures laid over a raw tree, from ``--set``, overlays and readings; the result is checked like any file."""

import json
import re
from collections.abc import Mapping as AbstractMapping
from typing import NoReturn, TypeGuard

from simlib.config import document, nodes
from simlib.config.nodes import Listing, Mapping, Node, Text, did_you_mean, join, nearest_or_list
from simlib.errors import ConfigError, Problem
from simlib.years import parse_address, parse_years

# What belongs to the slot and not to its distribution: a new distribution keeps it unless it says otherwise.
KEPT = ("plan", "varies", "label", "source", "owner", "note", "stream", "kind")
_HEADS = ("dist", "reference", "value", "formula")
_KEYS = ("label", "why", "set")  # of an overlay file: those of a reading
_BARE = re.compile(r"[\w£.+-](?:[\w£%.+*/()<>= -]*[\w£%)])?")  # the same inside {...} without quotation marks


def read(text: str, name: str) -> Mapping:
    """Give the figures of an overlay file by address: a reading in a file of its own.

    Raises
    ------
    ConfigError
        With every problem of the text as an overlay; its figures are checked where they are laid over a file.
    """
    found = document.parse(text, name)
    root, problems = found.root, list(found.problems)
    if root is None:
        raise ConfigError(problems)
    problems += [
        nodes.problem(key, f"unknown key '{nodes.visible(key[:60])}'{did_you_mean(key, _KEYS)}")
        for key in root.texts()
        if key not in _KEYS
    ]
    figures = root.get("set")
    if not isinstance(figures, Mapping) or not figures:
        missing = "expected the figures that it lays over a file, by address"
        problems.append(nodes.problem(root if figures is None else figures, missing, address="set"))
    if problems or not isinstance(figures, Mapping):
        raise ConfigError(problems)
    return figures


def written(node: Node) -> str:
    """Give an entry as ``--set`` would have it: in one line.

    Examples
    --------
    >>> written(document.parse_value("{dist: uniform, low: 5%, high: '10:30'}", "x", "a"))
    '{dist: uniform, low: 5%, high: "10:30"}'
    """
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{written(key)}: {written(node[key])}" for key in node.texts()) + "}"
    if isinstance(node, Listing):
        return "[" + ", ".join(map(written, node)) + "]"
    return str(node) if node.plain and _BARE.fullmatch(node) else json.dumps(str(node), ensure_ascii=False)


def apply(root: Mapping, changes: AbstractMapping[str, Node]) -> Mapping:
    """Give the tree with new values at some addresses; the original is untouched.

    Parameters
    ----------
    root
        The raw tree of a file.
    changes
        Address to new value.

    Raises
    ------
    ConfigError
        When an address leads nowhere.
    """
    for address, value in changes.items():
        changed = _changed(root, str(address).split("."), value, root, str(address))
        assert isinstance(changed, Mapping)  # only entries below the root are replaced
        root = changed
    return root


def _changed(node: Node, parts: list[str], value: Node, root: Mapping, address: str) -> Node:
    """Give a copy of a node with the value at the parts of an address below it."""
    if isinstance(node, Listing):
        return _changed_item(node, parts, value, root, address)
    key = _key(node, parts[0])
    if not isinstance(node, Mapping) or (key is None and len(parts) > 1):
        _unknown(value, node, parts[0], address)
    copy = nodes.mapping(node.place, node.address)
    copy.update(node)
    if key is None:
        new = nodes.text(parts[0], value.place, join(node.address, parts[0]))
        copy[new] = moved(value, new.address)
        return copy
    here = node[key]
    copy[key] = _replaced(here, value) if len(parts) == 1 else _changed(here, parts[1:], value, root, address)
    return copy


def _changed_item(node: Listing, parts: list[str], value: Node, root: Mapping, address: str) -> Node:
    """Give a copy of a list by year with one year's entry changed."""
    year, span = parse_address(parts[0]), root.get("years")
    try:
        years = parse_years(str(span)) if isinstance(span, Text) else ()
    except ValueError:
        years = ()
    if year not in years or len(years) != len(node):
        _unknown(value, node, parts[0], address)
    copy = nodes.listing(node.place, node.address)
    copy.extend(node)
    position = years.index(year)
    here = node[position]
    new = _replaced(here, value) if len(parts) == 1 else _changed(here, parts[1:], value, root, address)
    copy[position] = moved(new, join(node.address, parts[0]))
    return copy


def _key(node: Node, part: str) -> str | None:
    """Give the key that a part of an address means: itself, or a year or date as the file spells it."""
    if not isinstance(node, Mapping):
        return None
    return next((key for key in node if key == part or nodes.address_part(key) == part), None)


def _unknown(value: Node, node: Node, part: str, address: str) -> NoReturn:
    known = [nodes.address_part(key) for key in node] if isinstance(node, Mapping) else []
    message = f"there is no '{nodes.visible(part)}' in {node.address or 'the file'}{nearest_or_list(part, known)}"
    raise ConfigError([Problem(str(value.place), address, message)])


def _replaced(old: Node, new: Node) -> Node:
    """Give the new value with what belongs to the slot: its plan, label, source and so on."""
    value = moved(new, old.address)
    if not states_quantity(old) or not (isinstance(value, Text) or states_quantity(value)):
        return value
    if not isinstance(value, Mapping):
        value = _as_mapping(value)
    certain = ("value" in value and "dist" not in value) or "formula" in value
    dropped = ("varies",) if certain and old.get("varies") != "compounding" else ()  # certain growth compounds too
    for key in old.texts():
        if key in KEPT and key not in value and key not in dropped:
            value[key] = old[key]
    return value


def states_quantity(node: Node) -> TypeGuard[Mapping]:
    """Tell whether an entry is a figure, with its distribution and what is said of it."""
    return isinstance(node, Mapping) and any(head in node for head in _HEADS)


def _as_mapping(value: Node) -> Mapping:
    """Give a figure or formula in the form that has room for a plan and a source."""
    found = nodes.mapping(value.place, value.address)
    found[nodes.text("value", value.place, value.address)] = value
    return found


def moved(node: Node, address: str) -> Node:
    """Give a copy of a node and all below it that stands at another address; places stay."""
    if isinstance(node, Text):
        return _moved_text(node, address)
    if isinstance(node, Listing):
        items = nodes.listing(node.place, address)
        items.extend(moved(item, address) for item in node)
        return items
    entries = nodes.mapping(node.place, address)
    for key in node.texts():
        at = join(address, key)
        entries[_moved_text(key, at)] = moved(node[key], at)
    return entries


def _moved_text(node: Text, address: str) -> Text:
    copy = nodes.text(str(node), node.place, address)
    copy.plain, copy.cut, copy.broken = node.plain, node.cut, node.broken
    return copy
