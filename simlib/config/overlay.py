"""Figures laid over a raw tree, from ``--set`` and readings; the result is checked like any file."""

from collections.abc import Mapping as AbstractMapping
from typing import NoReturn, TypeGuard

from simlib.config import nodes
from simlib.config.nodes import Listing, Mapping, Node, Text, join, nearest_or_list
from simlib.errors import ConfigError, Problem
from simlib.years import parse_address, parse_years

# What belongs to the slot and not to its distribution: a new distribution keeps it unless it says otherwise.
KEPT = ("plan", "varies", "label", "source", "owner", "note", "stream", "kind")
_HEADS = ("dist", "reference", "value", "formula")


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
    if not _states_quantity(old) or not (isinstance(value, Text) or _states_quantity(value)):
        return value
    if not isinstance(value, Mapping):
        value = _as_mapping(value)
    certain = ("value" in value and "dist" not in value) or "formula" in value
    dropped = ("varies",) if certain and old.get("varies") != "compounding" else ()  # certain growth compounds too
    for key in old.texts():
        if key in KEPT and key not in value and key not in dropped:
            value[key] = old[key]
    return value


def _states_quantity(node: Node) -> TypeGuard[Mapping]:
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
