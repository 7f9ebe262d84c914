"""Reference classes: named, cited distributions from one data file, read like any entry of a config."""

from functools import cache
from importlib import resources

from simlib.config import document, scalars
from simlib.config.nodes import (
    Gather,
    Listing,
    Mapping,
    Text,
    expected,
    nearest_or_list,
    quote,
    refuse,
    without,
)
from simlib.config.quantities import Kind, Quantity
from simlib.config.scalars import Setting
from simlib.errors import ConfigError

FILE = "references.yaml"
MEASURES = ("in_year", "final")
_OWN = ("measures", "includes", "statement")


@cache
def entries() -> Mapping:
    """Give the raw entry of every reference class, by id."""
    text = resources.files("simlib.config").joinpath(FILE).read_text(encoding="utf-8")
    read = document.parse(text, FILE)
    if read.root is None or read.problems:
        raise ConfigError(read.problems)
    return read.root


def statement(name: str) -> str:
    """Give what a reference class says, in plain words."""
    entry = entries()[name]
    return str(entry["statement"]) if isinstance(entry, Mapping) else ""


@cache
def reference(name: str, setting: Setting = Setting()) -> Quantity:  # noqa: B008 - frozen and empty
    """Give a reference class as a quantity in a file's unit.

    Parameters
    ----------
    name
        Its id.
    setting
        The unit of money of the file it is used in.
    """
    from dataclasses import replace

    from simlib.config import slots

    entry = entries()[name]
    assert isinstance(entry, Mapping)  # the data file is checked by the tests
    gather = Gather()
    found = slots.shared(without(entry, *_OWN), setting)
    measures = gather.take(_one_of, entry["measures"]) if "measures" in entry else None
    includes = gather.take(scalars.identifiers, entry["includes"], setting) if "includes" in entry else ()
    gather.finish()
    return replace(found, reference=name, measures=measures, includes=includes or ())


def expand(node: Text, kind: Kind, setting: Setting) -> Quantity:
    """Give the reference class that a config names, if it fits the slot."""
    if node not in entries():
        refuse(node, f"unknown reference class {quote(node)}{nearest_or_list(node, entries(), most=40)}")
    found = reference(str(node), Setting(unit=setting.unit))
    if found.kind != kind and {found.kind, kind} != {"count", "number"}:
        refuse(node, f"expected a reference class of a {kind}, got {quote(node)}, which is of a {found.kind}")
    return found


def _one_of(node: Text | Mapping | Listing) -> str:
    text = scalars.text_of(node, "in_year or final")
    if text not in MEASURES:
        expected(text, "in_year or final")
    return str(text)
