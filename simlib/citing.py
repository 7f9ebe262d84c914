"""Where the figures of a config come from: sources by address, own or of the entry they stand in, and certain figures.

An auditor asks of every figure what it is and who says so; what is uncertain about it is told elsewhere.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from simlib.catalogue import slots
from simlib.config import Config
from simlib.config.quantities import Quantity, Source
from simlib.config.schema import Section
from simlib.model import Model
from simlib.naming import figure_name
from simlib.years import label

Entry = dict[str, Any]


def sources(model: Model) -> Iterator[tuple[str, Any]]:
    """Give every source that the file names, figures and sections alike, and those of its reference classes."""
    found = dict(_sources("", model.config))
    for node in model.nodes:
        quantity = getattr(node, "quantity", None)
        if quantity is not None and quantity.source is not None and quantity.source not in found.values():
            found[node.address] = quantity.source
    yield from found.items()


def _sources(address: str, section: Any) -> Iterator[tuple[str, Any]]:
    """Walk a section and give each source with the address of what it is the source of."""
    if getattr(section, "source", None) is not None:
        yield address, section.source
    for name, value in _inside(section):
        yield from _sources(f"{address}.{name}".lstrip("."), value)


def notes(config: Config) -> Iterator[Entry]:
    """Give what the file's author notes of any entry but an uncertain figure, which has its own in the register."""
    yield from _notes(config, "", config)


def _notes(config: Config, address: str, section: Any) -> Iterator[Entry]:
    note = getattr(section, "note", None)
    if note and isinstance(section, Section):
        yield {"address": address, "label": figure_name(config, address), "text": note}
    for name, value in _inside(section):
        yield from _notes(config, f"{address}.{name}".lstrip("."), value)


def _inside(section: Any) -> list[tuple[str, Any]]:
    if isinstance(section, dict):
        return list(section.items())
    if isinstance(section, Section):
        fields = type(section).model_fields
        stated = (name for name in fields if name in section.model_fields_set)  # a set has no order of its own
        return [(fields[name].alias or name, getattr(section, name)) for name in stated]
    return [(name, getattr(section, name)) for name in ("count", "each") if hasattr(section, "each")]


def enclosing_source(config: Config, address: str) -> Source | None:
    """Give the source of the smallest entry around a figure that names one, or None."""
    section: Any = config
    found: Source | None = None
    for part in address.split("."):
        section = section.get(part) if isinstance(section, dict) else getattr(section, part, None)
        found = getattr(section, "source", None) or found
    return found


def cited(config: Config, address: str, own: Source | None) -> Entry | None:
    """Give a figure's source as plain values: its own, or that of the entry it stands in."""
    source = own or enclosing_source(config, address)
    return None if source is None else asdict(source)


def certain_figures(config: Config) -> dict[str, Entry]:
    """Give every figure that the file holds for certain: value (by year where it goes by year), kind and source."""
    found = {
        address: _entry(config, address, slot.value.value, slot.value)
        for address, slot in slots(config).items()
        if isinstance(slot.value, Quantity) and isinstance(slot.value.value, int | float)
    }
    for address, amounts in _plans(config):
        source = cited(config, address, None)
        found[address] = {"value": amounts, "kind": "money", "label": figure_name(config, address), "source": source}
    return found


def npv_terms(config: Config) -> Entry | None:
    """Give the rate, the deflator and the base year of present values; None where the file asks for none."""
    terms = config.npv
    if terms is None:
        return None
    base = terms.base if terms.base is not None else (config.years or ())[0]
    source = None if terms.source is None else asdict(terms.source)
    return {"rate": terms.rate, "deflator": terms.deflator, "base": label(base), "source": source}


def _entry(config: Config, address: str, value: float, quantity: Quantity) -> Entry:
    source = cited(config, address, quantity.source)
    name = quantity.label or figure_name(config, address)
    return {"value": float(value), "kind": quantity.kind, "label": name, "source": source}


def _plans(config: Config) -> Iterator[tuple[str, list[float] | float]]:
    """Give planned money by year, and the claims."""
    for name, council in config.councils.items():
        base = f"councils.{name}"
        if council.gap is not None and not isinstance(council.gap.plan, str):
            yield f"{base}.gap.plan", list(council.gap.plan)
        for kind in ("pressures", "funding"):
            lines = ((key, line.plan) for key, line in getattr(council, kind).items())
            yield from ((f"{base}.{kind}.{key}.plan", list(plan)) for key, plan in lines if plan is not None)
        if council.general_fund is not None and council.general_fund.planned is not None:
            yield f"{base}.general_fund.planned", list(council.general_fund.planned)
    for name, measure in config.measures.items():
        if measure.plan is not None:
            yield f"measures.{name}.plan", list(measure.plan)
    for name, option in config.options.items():
        if option.claims is not None:
            yield f"options.{name}.claims.amount", option.claims.amount
