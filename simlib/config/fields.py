"""The types of the schema's fields: which reader reads which; the readers are in ``scalars`` and ``slots``.

A type is annotated with its reader and a mark from which ``json_schema`` writes what editors need. Bounds
that depend on the field, not on its type, stand in one table here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ValidationInfo
from pydantic_core import core_schema

from simlib import units, years
from simlib.config import precision, scalars, slots, varying
from simlib.config.nodes import Gather, Listing, Mapping, Node, expected, quote, refuse, without
from simlib.config.quantities import ByYear, DatedChances, Kind, Quantity, Source, SumOf, Varies
from simlib.config.scalars import Setting
from simlib.config.slots import Slot

STAGES = ("identified", "approved", "implemented", "evidenced")  # of a figure that has come in, the weakest first
MARK = "x-simlib"  # what json_schema replaces by the definition of this name

_WIDER = "; more than the whole is scope_growth"
# What the field, rather than its type, allows.
_BOUNDS: dict[str, dict[str, Any]] = {
    "saving": {"once": True},
    "shares": {"once": True},
    "realisation": {"low": 0.0, "high": 1.0, "beyond": _WIDER, "sense": "part"},
    "backfill": {"low": 0.0, "high": 1.0, "sense": "part"},
    "keeps": {"low": 0.0, "high": 1.0, "once": True},
    "overrun": {"low": 0.0, "once": True},
    "scope_growth": {"low": 0.0, "sense": "part"},
    "realised": {"low": 0.0, "indexed": True, "sense": "part"},
    "growth": {"low": -1.0, "indexed": True, "sense": "growth"},
    "indexed_to": {"low": -1.0, "indexed": True, "sense": "growth"},
    "change": {"indexed": True},
    "delay": {"low": 0.0, "once": True},
    "delays": {"low": 0.0, "once": True},
    "slows": {"low": 0.0, "once": True},
    "base": {"once": True},
    "opening": {"once": True},
    "minimum": {"low": 0.0, "once": True},
    "amount": {"low": 0.0, "once": True},
    "costs": {"low": 0.0, "once": True},
    "overlaps": {"low": 0.0, "once": True},
    "chance": {"once": True},
    "running_cost": {"low": 0.0, "once": True},
}


def _setting(info: ValidationInfo) -> Setting:
    return info.context if isinstance(info.context, Setting) else Setting()


@dataclass(frozen=True, slots=True)
class _Reads:
    """How pydantic reads a field: by our own function, and not by the type it is annotated with."""

    validate: Callable[[Any, ValidationInfo], Any]
    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, str]:
        return {MARK: self.name}


def _by(read: Callable[[Node, Setting], Any], name: str) -> _Reads:
    """Give the mark of a type whose reader needs no more than the node and the setting."""

    def validate(node: Any, info: ValidationInfo) -> Any:
        return read(node, _setting(info))

    return _Reads(validate, name)


def _slot(read: Callable[[Node, Slot, Setting], Any], kind: Kind, name: str, **bounds: Any) -> _Reads:
    """Give the mark of a numeric slot, with the bounds of the field that it stands in."""

    def validate(node: Any, info: ValidationInfo) -> Any:
        named = {} if info.field_name == "change" and read is slots.quantity else _BOUNDS.get(info.field_name or "", {})
        return read(node, replace(Slot(kind, **bounds), **named), _setting(info))

    return _Reads(validate, name)


def _unit(node: Node, _: Setting) -> str:
    text = scalars.text_of(node, "one of £, £k, £m, £bn")
    if text not in units.UNITS:
        expected(text, "one of £, £k, £m, £bn")
    return str(text)


def _prices(node: Node, _: Setting) -> str:
    expectation = "cash, or real and a year such as real 2015/16"
    text = scalars.text_of(node, expectation)
    if text == "cash":
        return "cash"
    first, _space, rest = text.partition(" ")
    if first != "real":
        expected(text, expectation)
    try:
        return f"real {years.label(years.parse_year(rest))}"
    except ValueError:
        expected(text, expectation)


def _decision(node: Node, _: Setting) -> str:
    text = scalars.text_of(node, "happens or does_not")
    if text not in ("happens", "does_not"):
        expected(text, "happens or does_not")
    return str(text)


def _stage(node: Node, _: Setting) -> str:
    text = scalars.text_of(node, f"one of {', '.join(STAGES)}")
    if text not in STAGES:
        expected(text, f"one of {', '.join(STAGES)}")
    return str(text)


def _words(node: Node, _: Setting) -> str:
    return str(scalars.text_of(node, "a figure such as £0.6m, 85%, 6 months or 12"))


def _version(node: Node, _: Setting) -> int:
    if node != "1":
        refuse(node, f"expected 1, the version of this format, got {quote(node)}")
    return 1


def _kept(node: Node, setting: Setting) -> str | int:
    return "all" if node == "all" else scalars.simulation_count(node, setting)


def _gap_plan(node: Node, setting: Setting) -> str | tuple[float, ...]:
    return "sum_of_lines" if node == "sum_of_lines" else slots.plan_by_year(node, setting)


def _funding(node: Node, setting: Setting) -> tuple[Any, ...]:
    gather = Gather()
    found = [gather.take(_pot, item, setting) for item in (node if isinstance(node, Listing) else [node])]
    gather.finish()
    named = [name for entry in found if entry is not None for name in ([entry] if isinstance(entry, str) else entry)]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        refuse(node, f"'{twice}' stands here twice")
    return tuple(found)


def _pot(node: Node, setting: Setting) -> str | dict[str, float]:
    if not isinstance(node, Mapping):
        return scalars.identifier(node, setting)
    if len(node) != 1:
        refuse(node, f"expected one pot with its limit, such as {{reserve: £0.5m}}, got {len(node)}")
    if scalars.money(next(iter(node.values())), setting) < 0:
        expected(next(iter(node.values())), "a limit of £0 or more")
    return {scalars.identifier(key, setting): scalars.money(node[key], setting) for key in node.texts()}


def _requirements(node: Node, _: Setting) -> tuple[str, ...]:
    def one(item: Node) -> str:
        text = scalars.text_of(item, "a measure, an event or 'not' and an event")
        name = text.removeprefix("not ").strip()
        if not scalars.ID.fullmatch(name):
            expected(text, "a measure, an event or 'not' and an event")
        return f"not {name}" if text.startswith("not ") else name

    return scalars.several(node, one)


def with_varies(entry: Any, names: tuple[str, ...]) -> Any:
    """Give a line's mapping with its ``varies`` handed down to distributions that say none of their own."""
    if not isinstance(entry, Mapping) or "varies" not in entry:
        return entry
    handed = without(entry)
    for name in names:
        inner = entry.get(name)
        if isinstance(inner, Mapping) and ("dist" in inner or "reference" in inner) and "varies" not in inner:
            copy = without(inner)
            copy[entry.key("varies") or "varies"] = entry["varies"]
            handed[name] = copy
    return handed


def _raw(node: Node, _: Setting) -> Node:
    return node


def _bounded_share(node: Any, info: ValidationInfo) -> float:
    read = scalars.part if info.field_name == "individual" else scalars.share
    return read(node, _setting(info))


FormatVersion: TypeAlias = Annotated[Literal[1], _by(_version, "FormatVersion")]
Id: TypeAlias = Annotated[str, _by(scalars.identifier, "Id")]
Ids: TypeAlias = Annotated[tuple[str, ...], _by(scalars.identifiers, "Ids")]
Requirements: TypeAlias = Annotated[tuple[str, ...], _by(_requirements, "Requirements")]
Address: TypeAlias = Annotated[str, _by(scalars.address, "Address")]
Pair: TypeAlias = Annotated[tuple[str, str], _by(scalars.pair, "Pair")]
Patterns: TypeAlias = Annotated[tuple[str, ...], _by(scalars.patterns, "Patterns")]
Concordance: TypeAlias = Annotated[float, _by(scalars.concordance, "Concordance")]
Matrix: TypeAlias = Annotated[tuple[tuple[float, ...], ...], _by(scalars.matrix, "Matrix")]
Prose: TypeAlias = Annotated[str, _by(scalars.prose, "Prose")]
SourceField: TypeAlias = Annotated[Source, _by(scalars.source, "Source")]
RawValue: TypeAlias = Annotated[Any, _by(_raw, "RawValue")]

MoneyUnit: TypeAlias = Annotated[Literal["£", "£k", "£m", "£bn"], _by(_unit, "MoneyUnit")]
Prices: TypeAlias = Annotated[str, _by(_prices, "Prices")]
VariesField: TypeAlias = Annotated[Varies, _by(varying.varies, "Varies")]
YesNo: TypeAlias = Annotated[bool, _by(scalars.yes_no, "YesNo")]
Decision: TypeAlias = Annotated[Literal["happens", "does_not"], _by(_decision, "Decision")]
Stage: TypeAlias = Annotated[Literal["identified", "approved", "implemented", "evidenced"], _by(_stage, "Stage")]
Words: TypeAlias = Annotated[str, _by(_words, "Words")]
Day: TypeAlias = Annotated[date, _by(scalars.day, "Day")]
Year: TypeAlias = Annotated[int, _by(scalars.year, "Year")]
Years: TypeAlias = Annotated[tuple[int, ...], _by(scalars.horizon, "Years")]
Moment: TypeAlias = Annotated[float, _by(scalars.moment, "Moment")]
Seed: TypeAlias = Annotated[int, _by(scalars.seed, "Seed")]
SimulationCount: TypeAlias = Annotated[int, _by(scalars.simulation_count, "SimulationCount")]
PrecisionField: TypeAlias = Annotated[precision.Precision, _by(precision.read, "Precision")]
Kept: TypeAlias = Annotated[Literal["all"] | int, _by(_kept, "Kept")]

Number: TypeAlias = Annotated[float, _by(scalars.number, "Number")]
Money: TypeAlias = Annotated[float, _by(scalars.money, "Money")]
Share: TypeAlias = Annotated[float, _Reads(_bounded_share, "Share")]
Duration: TypeAlias = Annotated[float, _by(scalars.duration, "Duration")]
MoneyPlan: TypeAlias = Annotated[tuple[float, ...], _by(slots.plan_by_year, "MoneyPlan")]
GapPlan: TypeAlias = Annotated[tuple[float, ...] | Literal["sum_of_lines"], _by(_gap_plan, "GapPlan")]
FundedBy: TypeAlias = Annotated[tuple[str | dict[str, float], ...], _by(_funding, "FundedBy")]

MoneyQuantity: TypeAlias = Annotated[Quantity, _slot(slots.quantity, "money", "MoneyQuantity")]
ShareQuantity: TypeAlias = Annotated[Quantity, _slot(slots.quantity, "share", "ShareQuantity")]
DurationQuantity: TypeAlias = Annotated[Quantity, _slot(slots.quantity, "duration", "DurationQuantity")]
MoneyOrSum: TypeAlias = Annotated[Quantity | SumOf, _slot(slots.amount, "money", "MoneyOrSum")]
YearlyMoneyQuantity: TypeAlias = Annotated[
    Quantity | ByYear, _slot(slots.yearly, "money", "YearlyMoneyQuantity", by_year=True)
]
YearlyShareQuantity: TypeAlias = Annotated[
    Quantity | ByYear, _slot(slots.yearly, "share", "YearlyShareQuantity", by_year=True)
]
ShareOrRest: TypeAlias = Annotated[
    Quantity | Literal["rest"],
    _slot(slots.part_or_rest, "share", "ShareOrRest", low=0.0, high=1.0, closed=True),
]
EventChance: TypeAlias = Annotated[
    Quantity | DatedChances,
    _slot(slots.chance, "share", "EventChance", low=0.0, high=1.0, closed=True),
]
SharedDriver: TypeAlias = Annotated[Quantity, _by(slots.shared, "SharedDriver")]
OutputQuantity: TypeAlias = Annotated[Quantity, _by(slots.output, "OutputQuantity")]
