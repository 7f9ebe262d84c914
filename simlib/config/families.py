"""A mapping with ``dist:`` to a ``Distribution``: parameters by their roles, quantiles, mixtures, data.

Which families there are, and what is possible for each, is known in ``simlib.distributions``; here are the
addresses and the spelling.
"""

import csv
import errno
import io
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from simlib import distributions
from simlib.config import nodes, scalars
from simlib.config.document import MOST_PROBLEMS
from simlib.config.formulas import Formula
from simlib.config.hierarchical import KEY, Hierarchical, hierarchical, is_hierarchical, refuse_formula
from simlib.config.nodes import (
    Gather,
    Listing,
    Mapping,
    Node,
    RefusedError,
    Text,
    did_you_mean,
    expected,
    is_broken,
    join,
    nearest_or_list,
    problem,
    quote,
    refuse,
    without,
)
from simlib.config.scalars import Setting
from simlib.distributions import Distribution, quantile_of_name

if TYPE_CHECKING:
    from simlib.config.slots import Slot

T = TypeVar("T")
Reader: TypeAlias = Callable[[Node, Setting], T]

MAX_DATA_BYTES = 5_000_000
MAX_DATA_ROWS = 100_000
# Parameters that say how far the values reach: the slot's bounds hold for them, not for a mean or a p90.
_REACHING = frozenset({"value", "values", "low", "mode", "high"})
_BESIDE_QUANTILES = ("low", "high", "mode", "mean", "sd", "df", "lambda", "terms")


def distribution(
    node: Mapping, slot: "Slot", setting: Setting, common: tuple[str, ...]
) -> Distribution | Hierarchical:
    """Read a distribution from a mapping with ``dist:``.

    Parameters
    ----------
    node
        The mapping.
    slot
        What its values measure.
    setting
        What is known of the file.
    common
        Keys beside the parameters, which are read elsewhere.
    """
    found = _untruncated(node, slot, setting, common)
    if isinstance(found, Hierarchical):
        return found
    result = truncated(node["truncate"], found, slot, setting) if "truncate" in node else found
    _within(node, result, slot)
    return result


def _untruncated(
    node: Mapping, slot: "Slot", setting: Setting, common: tuple[str, ...]
) -> Distribution | Hierarchical:
    from simlib.config import elicited  # it reads its figures through this module

    if node["dist"] == elicited.WORD:
        return elicited.distribution(node, slot, setting)
    family = _family(node["dist"])
    parameters = {key: node[key] for key in node.texts() if key not in ("dist", KEY, "truncate", *common)}
    if is_hierarchical(node, setting):
        roles = family.parameters
        return hierarchical(node, family, parameters, lambda k, n: _single(k, n, roles.get(k, "value"), slot, setting))
    return _SPECIAL.get(family.name, _plain)(node, family, parameters, slot, setting)


def settled(value: T) -> "T | float":
    """Give a certain distribution as the figure it is; anything else as it stands."""
    return float(value.value) if isinstance(value, distributions.Fixed) else value


def _family(node: Node) -> distributions.Family:
    text = scalars.text_of(node, "the name of a distribution")
    if text not in distributions.FAMILIES:
        names = (*distributions.FAMILIES, "elicited")
        known, near = ", ".join(names), did_you_mean(text, names)
        refuse(
            text,
            f"unknown distribution {quote(text)}{near or '; known are ' + known}",
        )
    return distributions.FAMILIES[text]


def _plain(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], slot: "Slot", setting: Setting
) -> Distribution:
    """Read a family whose parameters are single figures, lists of them, or quantiles."""
    known = {*family.parameters, *(_BESIDE_QUANTILES if family.elicited else ())}
    wrong = [
        problem(key, f"unknown parameter {quote(key)} of {family.name}{_hint(key, family)}")
        for key in parameters
        if key not in known
        and not (family.elicited and quantile_of_name(key) is not None)
        and not is_broken(parameters[key])
    ]
    gather = Gather()
    values = {
        str(key): gather.take(_parameter, key, entry, family, slot, setting)
        for key, entry in parameters.items()
        if key in known or quantile_of_name(key) is not None
    }
    gather.problems += wrong
    gather.finish()
    return _made(node, lambda: distributions.make(family.name, values))


def _hint(key: Text, family: distributions.Family) -> str:
    """Say what was meant; whoever says what low and high are means them as an expert's statement."""
    if key == "low_high" and family.elicited:
        meaning = "low and high are the ends of what is possible" if "low" in family.parameters else "it has neither"
        return f": here {meaning}; for what somebody called low and high say dist: elicited, as: {family.name}"
    return nearest_or_list(key, family.parameters)


def _parameter(key: Text, node: Node, family: distributions.Family, slot: "Slot", setting: Setting) -> object:
    """Read one parameter by its role."""
    role = family.parameters.get(key, "number" if key in ("df", "lambda") else "value")
    if isinstance(node, Listing):
        gather = Gather()
        values = [gather.take(_single, key, item, role, slot, setting) for item in node]
        gather.finish()
        return tuple(values)
    if role != "yes_no":
        refuse_formula(node, role, slot.kind)
    return _single(key, node, role, slot, setting)


def _single(key: str, node: Node, role: str, slot: "Slot", setting: Setting) -> float:
    from simlib.config.slots import literal

    if isinstance(node, Mapping):
        expected(node, "a figure; one that is itself uncertain is named, as in mean: drivers.level, hierarchical: yes")
    if role == "share":
        return scalars.part(node, setting)
    if role in ("number", "count"):
        return scalars.number(node, setting)
    if role == "yes_no":
        return scalars.yes_no(node, setting)
    bounded = slot if key in _REACHING else replace(slot, low=None, high=None)
    return literal(node, bounded, setting)


def _made(node: Mapping, make: Callable[[], Distribution]) -> Distribution:
    """Make a distribution; what is impossible is said at the parameter that makes it so."""
    try:
        return make()
    except distributions.ParameterError as trouble:
        name = trouble.parameter
        at = node.get(name, node)
        address = join(node.address, name) if name else node.address
        said = str(trouble)
        if isinstance(at, Text):  # quote what stands in the file, not what it was read as
            said = re.sub(r", got [^,;]+$", f", got {quote(at)}", said)
        refuse(at, said, address=address)


single, made = _single, _made  # statements in `elicited` are read and refused in the same way


def _metalog(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], slot: "Slot", setting: Setting
) -> Distribution:
    entry = node.get("quantiles")
    if not isinstance(entry, Mapping):
        return _plain(node, family, parameters, slot, setting)
    scalars.closed(node, (*node.keys() - {*parameters} - {"quantiles"}, *family.parameters))
    wrong = [
        problem(key, f"expected a quantile such as p10 or p2_5, got {quote(key)}")
        for key in entry.texts()
        if quantile_of_name(key) is None
    ]
    if wrong:
        raise RefusedError(wrong)
    gather = Gather()
    levels = {str(key): gather.take(_single, key, value, "value", slot, setting) for key, value in entry.items()}
    beside = {
        key: gather.take(_single, key, node[key], family.parameters[key], slot, setting)
        for key in family.optional
        if key in node
    }
    gather.finish()
    return _made(node, lambda: distributions.make("metalog", {"quantiles": levels, **beside}))


def _weighed(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], slot: "Slot", setting: Setting
) -> Distribution:
    entry = node.get("of")
    wrong = [
        problem(key, f"unknown parameter {quote(key)} of {family.name}{nearest_or_list(key, ('of',))}")
        for key in parameters
        if key != "of"
    ]
    if wrong:
        raise RefusedError(wrong)
    if not isinstance(entry, Mapping) or len(entry) < 2:
        got = len(entry) if isinstance(entry, Mapping) else "none" if entry is None else quote(entry)
        at = node if entry is None else entry
        refuse(at, f"expected two or more named parts with weights, got {got}", address=join(node.address, "of"))
    gather = Gather()
    parts = [gather.take(_component, part, slot, setting) for part in entry.values()]
    gather.finish()
    found = [part for part in parts if part is not None]
    made = {"of": tuple(part for _, part in found), "weights": tuple(weight for weight, _ in found)}
    try:
        return distributions.make(family.name, made)
    except distributions.ParameterError as trouble:
        refuse(entry, str(trouble))


def _component(node: Node, slot: "Slot", setting: Setting) -> tuple[float, Distribution]:
    if not isinstance(node, Mapping) or "weight" not in node:
        expected(node, "a distribution or value with its weight")
    gather = Gather()
    weight = gather.take(scalars.part, node["weight"], setting)
    found = gather.take(_inner, without(node, "weight"), slot, setting)
    gather.finish()
    assert weight is not None  # finish() raises otherwise
    assert found is not None
    return weight, found


def _inner(node: Node, slot: "Slot", setting: Setting) -> Distribution:
    """Read a distribution inside another one; a figure is a certain one."""
    from simlib.config.slots import quantity

    found = quantity(node, replace(slot, indexed=False), setting)
    if isinstance(found.value, int | float):
        return distributions.make("fixed", {"value": found.value})
    if isinstance(found.value, Formula):
        refuse(node, "expected a distribution or a value, got a formula")
    if isinstance(found.value, Hierarchical):
        refuse(node, f"a distribution inside another one has certain parameters; leave {KEY} out")
    return found.value


def _zero_inflated(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], slot: "Slot", setting: Setting
) -> Distribution:
    scalars.closed(node, (*node.keys() - {*parameters}, *family.parameters), required=tuple(family.parameters))
    gather = Gather()
    chance = gather.take(scalars.part, node["chance"], setting)
    found = gather.take(_inner, node["of"], slot, setting)
    gather.finish()
    return _made(node, lambda: distributions.make(family.name, {"chance": chance, "of": found}))


def _empirical(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], slot: "Slot", setting: Setting
) -> Distribution:
    if "file" not in node:
        return _plain(node, family, parameters, slot, setting)
    known = ("file", "column", *family.optional)
    wrong = [
        problem(key, f"unknown parameter {quote(key)} of empirical{nearest_or_list(key, known)}")
        for key in parameters
        if key not in known
    ]
    if wrong:
        raise RefusedError(wrong)
    if "column" not in node:
        refuse(node, "missing key 'column'", address=join(node.address, "column"))
    values = _column(
        scalars.text_of(node["file"], "the name of a CSV file beside this one"),
        scalars.text_of(node["column"], "the name of a column"),
        slot,
        setting,
    )
    gather = Gather()
    beside = {
        str(key): gather.take(_parameter, key, entry, family, slot, setting)
        for key, entry in parameters.items()
        if key in family.optional
    }
    gather.finish()
    return _made(node, lambda: distributions.make(family.name, {"values": values, **beside}))


def _column(file: Text, column: Text, slot: "Slot", setting: Setting) -> tuple[float, ...]:
    from simlib.config.slots import literal

    rows = _rows(file, setting)
    header = [name.strip() for name in rows[0]] if rows else []
    if header.count(column) != 1:
        known = "two columns" if column in header else "no column"
        others = [name for name in header if name != column]
        refuse(column, f"{quote(file)} has {known} {quote(column)}{nearest_or_list(column, others)}")
    position = header.index(column)
    gather = Gather()
    values = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header):  # '1,5' for one and a half, or a comma within thousands
            refuse(file, f"{quote(file)} has {len(row)} cells on line {line} and {len(header)} columns")
        if len(gather.problems) >= MOST_PROBLEMS:
            break  # nobody reads more
        cell = nodes.text(
            row[position].strip() if position < len(row) else "",
            nodes.Place(str(file), line, position + 1),
            column.address,
        )
        values.append(gather.take(literal, cell, slot, setting))
    gather.finish()
    return tuple(value for value in values if value is not None)


def _rows(file: Text, setting: Setting) -> list[list[str]]:
    """Give the cells of a data file, as they stand there."""
    try:
        rows = list(csv.reader(io.StringIO(_data(file, setting), newline=""), strict=True))
    except csv.Error as trouble:
        refuse(file, f"{quote(file)} is no CSV file: {trouble}")
    if len(rows) > MAX_DATA_ROWS:
        refuse(file, f"{quote(file)} has more than {MAX_DATA_ROWS:,} rows")
    return rows


def _data(file: Text, setting: Setting) -> str:
    """Give the text of a data file: regular, of a plain name beside the config, and of a bearable size."""
    if setting.folder is None:
        refuse(file, "a data file needs a config that is a file; give values instead")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_. -]*\.csv", file) or ".." in file:
        expected(file, "the plain name of a .csv file beside this one, such as awards.csv")
    path = setting.folder / str(file)
    try:
        # Neither a link nor a device is followed: a config reads nothing but data beside it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if path.is_symlink() or not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                refuse(file, f"{quote(file)} is a link or no regular file")
            content = stream.read(MAX_DATA_BYTES + 1)
    except FileNotFoundError:
        refuse(file, f"there is no file {quote(file)} beside this one")
    except OSError as trouble:
        reason = "it is a link" if trouble.errno == errno.ELOOP else trouble.strerror
        refuse(file, f"{quote(file)} cannot be read: {reason}")
    if len(content) > MAX_DATA_BYTES:
        refuse(file, f"{quote(file)} has more than 5 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse(file, f"{quote(file)} is not UTF-8 text")


def truncated(node: Node, found: Distribution, slot: "Slot", setting: Setting) -> Distribution:
    """Read the bounds at which a distribution is cut off, and cut it off there.

    Parameters
    ----------
    node
        What stands under ``truncate``.
    found
        The distribution before.
    slot, setting
        As it was read with.
    """
    if not isinstance(node, Mapping) or not node:
        expected(node, "low, high or both")
    scalars.closed(node, ("low", "high"))
    if found.atoms().size:
        refuse(node, f"only a continuous distribution can be cut off; single values of {found.family} cannot")
    gather = Gather()
    bounds = {key: gather.take(_single, key, entry, "value", slot, setting) for key, entry in node.items()}
    gather.finish()
    return _made(node, lambda: distributions.make("truncated", {"parent": found, **bounds}))


def _within(node: Mapping, found: Distribution, slot: "Slot") -> None:
    """Refuse a chance that could leave 0 to 1 in more than one future of a thousand million."""
    if not slot.closed or slot.low is None or slot.high is None:
        return
    if found.quantile(1e-9) < slot.low or found.quantile(1 - 1e-9) > slot.high:
        refuse(node, f"expected a distribution between {slot.low:.0%} and {slot.high:.0%}; truncate it")


_SPECIAL = {
    "mixture": _weighed,
    "logarithmic_pool": _weighed,
    "zero_inflated": _zero_inflated,
    "metalog": _metalog,
    "empirical": _empirical,
}
