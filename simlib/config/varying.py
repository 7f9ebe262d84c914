"""How a figure moves through the years: the words for it, and which of them make sense where.

What each way does to the draws is in ``simlib.passage``.
"""

import re
from typing import TYPE_CHECKING, get_args

from simlib import units
from simlib.config import scalars
from simlib.config.nodes import Node, Text, expected
from simlib.config.quantities import Mode, Quantity, Varies
from simlib.config.scalars import Setting

if TYPE_CHECKING:
    from simlib.config.slots import Slot

_AS_KIND = {"money": "money", "duration": "a duration", "count": "a count"}
_WAYS: dict[Mode, str] = {
    "once": "once (one value for all years)",
    "yearly": "yearly (each year anew)",
    "walk": "walk (steps add up)",
    "reverting": "reverting(0.6) (steps of which that much stays a year)",
    "ar1": "ar1(0.6) (each year partly like the last)",
    "compounding": "compounding (growth of an index)",
}
# What the number in brackets may be, by mode: bounds, and what to say to who writes another.
_NUMBERED: dict[Mode, tuple[float, float, str]] = {
    "ar1": (-1.0, 1.0, "ar1 with a number between -1 and 1, such as ar1(0.6)"),
    "reverting": (0.0, 1.0, "reverting with a number between 0 and 1, such as reverting(0.6)"),
}
_WITH_NUMBER = re.compile(r"(ar1|reverting)\(\s*([^()]+?)\s*\)")


def varies(node: Node, _: Setting) -> Varies:
    """Read how a driver moves through the years."""
    text = scalars.text_of(node, ways())
    match = _WITH_NUMBER.fullmatch(text)
    named = text if match is None else match[1]
    mode: Mode | None = next((mode for mode in get_args(Mode) if mode == named), None)
    if mode is None or (match is None and mode in _NUMBERED):
        expected(text, ways())
    return Varies(mode) if match is None else Varies(mode, _phi(text, match[2], mode))


def ways(slot: "Slot | None" = None) -> str:
    """Name the ways to vary, or those that make sense in a slot."""
    told = [words for mode, words in _WAYS.items() if slot is None or not no_sense(mode, slot)]
    return f"{', '.join(told[:-1])} or {told[-1]}"


def _phi(text: Text, written: str, mode: Mode) -> float:
    """Read how much of the year before stays."""
    low, high, expectation = _NUMBERED[mode]
    try:
        phi = units.parse_number(written)
    except ValueError:
        expected(text, expectation)
    if not low < phi < high:
        hint = "; for 1 say walk" if phi >= high else "; for 0 say yearly" if phi == low == 0 else ""
        expected(text, expectation + hint)
    return phi


def no_sense(mode: Mode, slot: "Slot") -> str:
    """Say why a way to vary makes no sense in a slot; nothing where it does."""
    if mode == "compounding" and slot.sense == "growth":
        return "growth compounds here by itself; say yearly for growth drawn anew each year"
    if mode == "compounding" and slot.kind not in ("share", "number"):
        return f"growth compounds as a share or a number, not as {_AS_KIND[slot.kind]}; make an index in drivers"
    if mode == "compounding" and slot.sense == "part" and (slot.high or slot.whole) is not None:
        return "a share of at most 100% does not compound; say yearly or ar1(0.6)"
    if mode in ("walk", "reverting") and slot.sense == "part":
        return "steps start from nothing and this is a part of the plan; say yearly, ar1(0.6) or compounding"
    return ""


def least(growth: Quantity) -> float:
    """Give the least that growth can be: of a distribution, in one future of a thousand million."""
    if isinstance(growth.value, float):
        return growth.value
    return 0.0 if growth.distribution is None else growth.distribution.quantile(1e-9)
