"""A numeric slot to a ``Quantity``: a figure, a formula, a reference or a distribution, by year or not.

How a scalar is read is in ``scalars``, how a distribution is built in ``families``; what names refer to is
checked in ``crossrefs``.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from simlib import units, years
from simlib.config import elicited, families, scalars, varying
from simlib.config.formulas import Formula, FormulaError, parse_formula
from simlib.config.hierarchical import KEY, Hierarchical
from simlib.config.nodes import (
    Gather,
    Listing,
    Mapping,
    Node,
    Text,
    address_part,
    did_you_mean,
    expected,
    join,
    quote,
    refuse,
)
from simlib.config.quantities import ByYear, DatedChances, Kind, Quantity, SumOf
from simlib.config.scalars import Setting
from simlib.distributions import Distribution, fitted_value

KINDS: tuple[Kind, ...] = get_args(Kind)
HEADS = ("dist", "reference", "value", "formula")
COMMON = ("plan", "varies", "label", "source", "owner", "note", "stream", "kind")
EXPECTED: dict[Kind, str] = {
    "money": units.EXPECTED_MONEY,
    "share": units.EXPECTED_SHARE,
    "duration": units.EXPECTED_DURATION,
    "count": units.EXPECTED_NUMBER,
    "number": units.EXPECTED_NUMBER,
}
_YEAR_KEY = re.compile(r"[0-9]{4}\s*/")
_DATE_KEY = re.compile(r"[0-9]{4}\s*[-/]")
_BRACKETS = re.compile(r"\(\s*£?[0-9.,_]+\s*(%|[kmKM]|bn)?\s*\)")  # how accountants write a negative figure
# What looks like a figure is read as one, so that '6 mnths' is a misspelt duration and no formula.
_LITERAL = re.compile(
    r"[-+]?£.*|[-+]?\.?[0-9][0-9_,.]*([eE][-+]?[0-9]+)?\s*(%|[a-z]+)?|0[xob][0-9a-f]*|[0-9]+([-:/][0-9]+)+"
    r"|[-+]?\.?(nan|inf|infinity)|yes|no|true|false|on|off|null|none|rest|~",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a numeric field accepts.

    Attributes
    ----------
    kind
        What it measures.
    low, high
        Bounds of the figures written there; the tails of an unbounded family may reach further.
    closed
        Whether a whole distribution must lie within the bounds: chances.
    by_year
        Whether a list or mapping by year is understood.
    indexed
        Whether each year has its own value, so that a distribution must say how it varies.
    once
        Whether there is one value for all years, so that nothing varies.
    sense
        What the figure of a year is, where that rules out ways to vary: a year's ``growth``, or a ``part`` of
        something planned.
    beyond
        What to say to somebody who writes more than ``high``.
    """

    kind: Kind
    low: float | None = None
    high: float | None = None
    closed: bool = False
    by_year: bool = False
    indexed: bool = False
    once: bool = False
    sense: Literal["", "growth", "part"] = ""
    beyond: str = ""
    whole: float | None = None  # the upper bound of the slot, where growth stands in its place


SumForm: TypeAlias = Quantity | SumOf
YearForm: TypeAlias = Quantity | ByYear


def literal(node: Node, slot: Slot, setting: Setting) -> float:
    """Read a figure of the slot's kind, within its bounds."""
    value = scalars.READERS[slot.kind](node, setting)
    too_low = slot.low is not None and value < slot.low
    too_high = slot.high is not None and value > slot.high
    if too_low:
        least = (
            {"share": "0%", "duration": "0 months", "money": "£0"}.get(slot.kind, "0")
            if slot.low == 0
            else f"{slot.low:.0%}"
        )
        refuse(node, f"expected {EXPECTED[slot.kind]}, not below {least}, got {quote(node)}")
    if too_high:
        refuse(node, f"expected {EXPECTED[slot.kind]}, got {quote(node)}{slot.beyond or '; at most 100%'}")
    return value


def quantity(node: Node, slot: Slot, setting: Setting) -> Quantity:
    """Read one quantity."""
    if isinstance(node, Text):
        return Quantity(slot.kind, _scalar(node, slot, setting))
    if not isinstance(node, Mapping) or not node:
        expected(node, f"{EXPECTED[slot.kind]}, a formula or a distribution")
    return _mapping(node, slot, setting)


def shared(node: Node, setting: Setting) -> Quantity:
    """Read a quantity that states its own kind (number where it does not)."""
    kind: Kind = "number"
    if isinstance(node, Mapping) and "kind" in node:
        kind = _kind(node["kind"])
    return quantity(node, Slot(kind), setting)


def is_figure(node: Text) -> bool:
    """Whether a scalar is read as a figure, and not as a formula."""
    return bool(node.broken or not node.strip() or _LITERAL.fullmatch(node) or _BRACKETS.fullmatch(node))


def yearly(node: Node, slot: Slot, setting: Setting) -> YearForm:
    """Read a quantity, or one for each year of the horizon."""
    if isinstance(node, Listing) or is_by_year(node):
        return ByYear(*_by_year(node, replace(slot, indexed=False), setting))
    return quantity(node, slot, setting)


def amount(node: Node, slot: Slot, setting: Setting) -> SumForm:
    """Read a quantity, or a number of individual amounts: ``{sum_of: exits, each: {dist: ...}}``."""
    if not isinstance(node, Mapping) or "sum_of" not in node:
        return quantity(node, slot, setting)
    scalars.closed(node, ("sum_of", "each"), required=("each",))
    gather = Gather()
    count = gather.take(quantity, node["sum_of"], Slot("count", low=0), setting)
    each = gather.take(quantity, node["each"], slot, setting)
    if each is not None and isinstance(each.value, Hierarchical):
        gather.take(refuse, node["each"], f"single amounts have certain parameters; leave {KEY} out")
    gather.finish()
    assert count is not None  # finish() raises otherwise
    assert each is not None
    return SumOf(count, each)


def chance(node: Node, slot: Slot, setting: Setting) -> Quantity | DatedChances:
    """Read the chance of an event, or chances by date."""
    if not isinstance(node, Mapping) or not any(_DATE_KEY.match(key) for key in node):
        return quantity(node, slot, setting)
    gather = Gather()
    dated = [
        (gather.take(scalars.moment, key, setting), gather.take(quantity, node[key], slot, setting))
        for key in node.texts()
    ]
    gather.finish()
    moments = tuple(moment for moment, _ in dated if moment is not None)
    if list(moments) != sorted(set(moments)):
        refuse(node, "expected dates in order, each once")
    names = tuple(address_part(key) for key in node)
    return DatedChances(moments, tuple(chance for _, chance in dated if chance is not None), names)


def part_or_rest(node: Node, slot: Slot, setting: Setting) -> Quantity | Literal["rest"]:
    """Read one council's share, or ``rest``: what the others leave."""
    return "rest" if node == "rest" else quantity(node, slot, setting)


def output(node: Node, setting: Setting) -> Quantity:
    """Read a figure of the user's own: a formula, or one with its label and kind."""
    kind: Kind = "number"
    inner = node
    if isinstance(node, Mapping):
        scalars.closed(node, ("formula", "label", "kind", "source", "owner", "note"), required=("formula",))
        kind, inner = _kind(node["kind"]) if "kind" in node else kind, node["formula"]
    value = formula(inner)
    if not isinstance(node, Mapping):
        return Quantity(kind, value)
    return replace(_common(node, Slot(kind), setting), value=value)


def plan_by_year(node: Node, setting: Setting) -> tuple[float, ...]:
    """Read a plan: money for each year of the horizon; one figure stands for all of them."""
    return _plan_values(node, Slot("money"), setting)


def is_by_year(node: Node) -> bool:
    """Whether a mapping goes by financial years."""
    return isinstance(node, Mapping) and any(_YEAR_KEY.match(key) for key in node)


def formula(node: Node) -> Formula:
    """Read a formula."""
    text = scalars.text_of(node, "a formula such as drivers.a * drivers.b")
    try:
        return parse_formula(text)
    except FormulaError as trouble:
        refuse(text, f"expected a formula, got {quote(text)}: {trouble}")


def _scalar(node: Text, slot: Slot, setting: Setting) -> "float | Formula":
    if node.broken or not node.strip() or _LITERAL.fullmatch(node):
        return literal(node, slot, setting)
    if _BRACKETS.fullmatch(node):
        refuse(node, f"brackets are no minus sign here; write {EXPECTED[slot.kind]}, got {quote(node)}")
    try:
        return parse_formula(node)
    except FormulaError as trouble:
        refuse(node, f"expected {EXPECTED[slot.kind]}, or a formula, got {quote(node)}: {trouble}")


def _mapping(node: Mapping, slot: Slot, setting: Setting) -> Quantity:
    head = _head(node)
    if node.get("varies") == "compounding":  # what stands here is growth, whatever it grows
        slot = replace(slot, low=None, high=None, closed=False, whole=slot.high)
    gather = Gather()
    found = gather.take(_common, node, slot, setting)
    value: Quantity | float | Formula | Distribution | Hierarchical | None
    if head == "dist":
        value = gather.take(families.distribution, node, slot, setting, COMMON)
    else:
        gather.take(scalars.closed, node, (head, *COMMON, *(("truncate",) if head == "reference" else ())))
        value = gather.take(_READ_HEAD[head], node[head], slot, setting)
    gather.finish()
    assert found is not None  # finish() raises otherwise
    assert value is not None
    if isinstance(value, Quantity):
        result = _referenced(found, _cut_off(node, value, slot, setting))
    else:
        result = replace(found, value=families.settled(value))
    if result.distribution is not None and head == "dist" and not isinstance(value, Hierarchical):
        result = replace(result, stated=elicited.stated(node, result.distribution, slot, setting))
    _check_varies(node, result, slot)
    return result


def _head(node: Mapping) -> str:
    heads = [head for head in HEADS if head in node]
    if "dist" in heads:
        heads = [
            "dist",
            *(head for head in heads[1:] if head != "value"),
        ]  # `value` is what `dist: fixed` takes
    if len(heads) > 1:
        refuse(node, f"expected one of {', '.join(HEADS)}, got {' and '.join(heads)}")
    if not heads:
        near = next((f"{did_you_mean(key, HEADS)}" for key in node if did_you_mean(key, HEADS)), "")
        refuse(node, f"missing key: one of dist, reference, value or formula{near}")
    return heads[0]


def _literal_or_formula(node: Node, slot: Slot, setting: Setting) -> "float | Formula":
    return _scalar(node, slot, setting) if isinstance(node, Text) else literal(node, slot, setting)


def _formula_only(node: Node, _slot: Slot, _setting: Setting) -> Formula:
    return formula(node)


def _reference(node: Node, slot: Slot, setting: Setting) -> Quantity:
    from simlib.config import references  # it reads its own file through this module

    return references.expand(scalars.text_of(node, "the name of a reference class"), slot.kind, setting)


_READ_HEAD = {"value": _literal_or_formula, "formula": _formula_only, "reference": _reference}


def _cut_off(node: Mapping, reference: Quantity, slot: Slot, setting: Setting) -> Quantity:
    """Cut a reference class off at the bounds that stand beside it, if any do."""
    if "truncate" not in node:
        return reference
    if reference.distribution is None:
        refuse(node["truncate"], f"reference class {quote(node['reference'])} is certain: there is nothing to cut off")
    cut = families.truncated(node["truncate"], reference.distribution, slot, setting)
    stated = tuple(replace(each, fitted=fitted_value(cut, each.statement)) for each in reference.stated)
    return replace(reference, value=cut, stated=stated)


def _referenced(found: Quantity, reference: Quantity) -> Quantity:
    """Put what the file says over what the reference class says."""
    return replace(
        found,
        value=reference.value,
        reference=reference.reference,
        stated=reference.stated,
        measures=reference.measures,
        includes=reference.includes,
        varies=found.varies or reference.varies,
        source=found.source or reference.source,
    )


def _check_varies(node: Mapping, result: Quantity, slot: Slot) -> None:
    certain = isinstance(result.value, float | Formula)
    mode = None if result.varies is None else result.varies.mode
    if certain and "varies" in node and mode != "compounding":
        refuse(node["varies"], "only a distribution varies; a figure or a formula is what it is")
    if mode is not None and not slot.once and (why_not := varying.no_sense(mode, slot)):
        refuse(node.get("varies", node), why_not, address=join(node.address, "varies"))
    if mode == "compounding" and (least := varying.least(result)) <= -1.0:
        refuse(node, f"expected growth above -100%, so that something is left to grow, got as little as {least:.0%}")
    if slot.once and result.varies is not None and result.varies.mode != "once":
        refuse(node, "there is one value here for all years; leave varies out", address=join(node.address, "varies"))
    if not certain and slot.indexed and result.varies is None:
        refuse(node, f"missing key 'varies'; say varies: {varying.ways(slot)}", address=join(node.address, "varies"))


def _common(node: Mapping, slot: Slot, setting: Setting) -> Quantity:
    """Read the keys that every quantity may have; its value is filled in by the caller."""
    gather = Gather()

    def take(key: str, read: families.Reader[families.T]) -> "families.T | None":
        return gather.take(read, node[key], setting) if key in node else None

    def plan(entry: Node, setting: Setting) -> float | tuple[float, ...]:
        return _plan(entry, slot, setting)

    result = Quantity(
        slot.kind,
        0.0,
        varies=take("varies", varying.varies),
        plan=take("plan", plan),
        label=take("label", scalars.prose),
        source=take("source", scalars.source),
        owner=take("owner", scalars.prose),
        note=take("note", scalars.prose),
        stream=take("stream", _stream),
    )
    if "kind" in node:
        kind = gather.take(_kind, node["kind"])
        if kind is not None and kind != slot.kind:
            gather.take(refuse, node["kind"], f"a {slot.kind} stands here, not a {kind}; leave kind out")
    gather.finish()
    return result


def _plan(node: Node, slot: Slot, setting: Setting) -> float | tuple[float, ...]:
    if isinstance(node, Listing | Mapping):
        return _plan_values(node, slot, setting)
    return literal(node, slot, setting)


def _plan_values(node: Node, slot: Slot, setting: Setting) -> tuple[float, ...]:
    if isinstance(node, Text):
        return (literal(node, slot, setting),) * len(setting.years or (0,))
    entries, _ = entries_by_year(node, setting, EXPECTED[slot.kind])
    gather = Gather()
    values = [gather.take(literal, entry, slot, setting) for entry in entries]
    gather.finish()
    return tuple(value for value in values if value is not None)


def _by_year(node: Node, slot: Slot, setting: Setting) -> tuple[tuple[Quantity, ...], tuple[int, ...] | None]:
    entries, named = entries_by_year(node, setting, f"{EXPECTED[slot.kind]}, a formula or a distribution")
    gather = Gather()
    values = [gather.take(quantity, entry, slot, setting) for entry in entries]
    gather.finish()
    return tuple(value for value in values if value is not None), named


def entries_by_year(node: Node, setting: Setting, expectation: str) -> tuple[list[Node], tuple[int, ...] | None]:
    """Give the entry of each year of the horizon, in order, and the years where they are known."""
    if isinstance(node, Mapping) and is_by_year(node):
        return _named_years(node, setting)
    if not isinstance(node, Listing):
        expected(node, f"{expectation}, or one for each year")
    if setting.years is None:
        return list(node), None  # the missing horizon is said elsewhere
    if len(node) != len(setting.years):
        span = f"{years.label(setting.years[0])} to {years.label(setting.years[-1])}"
        refuse(node, f"expected {len(setting.years)} figures, one for each year {span}, got {len(node)}")
    for item, year in zip(node, setting.years, strict=True):
        item.address = join(node.address, years.address(year))
    return list(node), setting.years


def _named_years(node: Mapping, setting: Setting) -> tuple[list[Node], tuple[int, ...] | None]:
    gather = Gather()
    found: dict[int, Node] = {}
    for key in node.texts():
        year = gather.take(scalars.year, key, setting)
        if year is None:
            continue
        if setting.years is not None and year not in setting.years:
            span = f"{years.label(setting.years[0])} to {years.label(setting.years[-1])}"
            gather.take(refuse, key, f"expected a year of the horizon, {span}, got {quote(key)}")
        if year in found:
            gather.take(refuse, key, f"{quote(key)} stands here twice")
        found[year] = node[key]
    missing = [years.label(year) for year in setting.years or () if year not in found]
    if missing:
        gather.take(refuse, node, f"expected a figure for every year; missing {', '.join(missing)}")
    gather.finish()
    order = setting.years or tuple(sorted(found))
    return [found[year] for year in order], order


def _kind(node: Node) -> Kind:
    text = scalars.text_of(node, f"one of {', '.join(KINDS)}")
    found = next((kind for kind in KINDS if text == kind), None)
    if found is None:
        expected(text, f"one of {', '.join(KINDS)}")
    return found


def _stream(node: Node, setting: Setting) -> str:
    return scalars.address(node, setting)
