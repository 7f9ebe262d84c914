"""Between what a figure lies in every future; by which rules that settles something is in ``graph``.

Rounding is monotone, so that bounds of rounded figures are the rounded bounds.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["TRUTH", "UNKNOWN", "Bounds", "bounds_after"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a figure lies in every future, and whether it may be infinite or no number at all.

    Comparisons by the ends hold where it is a number.
    """

    low: float = -math.inf
    high: float = math.inf
    finite: bool = False
    number: bool = False


UNKNOWN = Bounds()
TRUTH = Bounds(0.0, 1.0, finite=True, number=True)


def bounds_after(operation: str, of: Sequence[Bounds]) -> Bounds:
    """Give the bounds of what an operation makes of figures with some bounds."""
    if operation == "where":
        a, b = of[1:]
        return Bounds(min(a.low, b.low), max(a.high, b.high), a.finite and b.finite, a.number and b.number)
    if not all(each.number for each in of):
        return UNKNOWN
    if operation in ("floor", "absolute"):
        [a] = of
        return Bounds(0.0 if operation == "absolute" else -math.inf, math.inf, a.finite, number=True)
    a, b = of
    if operation in ("minimum", "maximum"):
        choose = min if operation == "minimum" else max
        return _between(choose(a.low, b.low), choose(a.high, b.high), a.finite and b.finite)
    if operation in ("add", "subtract"):
        return _sum(a, b if operation == "add" else Bounds(-b.high, -b.low, b.finite, b.number))
    safe = a.finite and b.finite and (operation != "divide" or b.low > 0.0 or b.high < 0.0)
    return _corners(operator.mul if operation == "multiply" else operator.truediv, a, b) if safe else UNKNOWN


def _between(low: float, high: float, finite: bool) -> Bounds:  # noqa: FBT001
    """Give bounds of a number: one between finite ends is finite."""
    return Bounds(low, high, finite or (low > -math.inf and high < math.inf), number=True)


def _sum(a: Bounds, b: Bounds) -> Bounds:
    """Give the bounds of a sum: a number where one of both is finite, as only an infinity less another is none."""
    if not (a.finite or b.finite):
        return UNKNOWN
    low, high = a.low + b.low, a.high + b.high
    ends = -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high
    return _between(*ends, a.finite and b.finite)


def _corners(make: Callable[[float, float], float], a: Bounds, b: Bounds) -> Bounds:
    """Give the bounds of a product or a quotient of finite figures.

    An end may be infinite: what leads to no number (an infinity times nothing) is no bound at all.
    """
    found = [make(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    if any(math.isnan(each) for each in found):
        return Bounds(finite=True, number=True)
    return Bounds(min(found), max(found), finite=True, number=True)
