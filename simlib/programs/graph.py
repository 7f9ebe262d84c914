"""The figures of one future as a graph of elementary operations, each distinct one once; futures are not seen here.

Operations are numpy's own, on one future at a time. Certain figures are worked out at once by numpy itself, and what
bounds settle is settled: a delay that is never negative cannot bring a saving forward. So what is left to do for every
future is what differs between them, and that gives the same bytes as the formulas evaluated by numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from simlib.programs.bounds import TRUTH, Bounds, bounds_after

__all__ = ["OPERATIONS", "Cell", "Graph", "Operand"]

OPERATIONS: dict[str, Callable[..., object]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
    "isfinite": np.isfinite,
    "isnan": np.isnan,
    "floor": np.floor,
    "absolute": np.absolute,
    "where": np.where,
}
TRUTHS = ("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not", "isfinite", "isnan")
COMMUTES = ("add", "multiply", "equal", "logical_and", "logical_or")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One figure that differs between futures: its place in the graph, its bounds, and whether it is true or false."""

    place: int
    bounds: Bounds
    truth: bool = False


Operand = Cell | float  # a float is the same in every future


@dataclass(slots=True)
class Graph:
    """Operations in an order in which none comes before what it needs.

    Attributes
    ----------
    steps
        By place the operation and its operands, places (int) or certain numbers (float); inputs are
        ``("input", number)``.
    """

    steps: list[tuple[object, ...]] = field(default_factory=list)
    inputs: int = 0
    _known: dict[tuple[object, ...], Cell] = field(default_factory=dict)
    _cells: list[Cell] = field(default_factory=list)

    def input(self, bounds: Bounds) -> Cell:
        """Give a figure that is given for each future."""
        self.inputs += 1
        return self._cell(("input", self.inputs - 1), bounds, truth=False)

    def apply(self, operation: str, *operands: Operand) -> Operand:
        """Give what an operation makes of some operands."""
        if not any(isinstance(operand, Cell) for operand in operands):
            return _worked_out(operation, operands)
        settled = _settled(self, operation, operands)
        if settled is not None:
            return settled
        step = (operation, *(o.place if isinstance(o, Cell) else o for o in operands))
        if operation in COMMUTES and _later(step[1], step[2]):
            step = (operation, step[2], step[1])
        # To a dict a float and a place of the same value are equal: their types tell them apart.
        key = (*step, *map(type, step[1:]))
        found = self._known.get(key)
        if found is None:
            bounds = TRUTH if operation in TRUTHS else _bounds(self, operation, operands)
            found = self._known[key] = self._cell(step, bounds, truth=_is_truth(operation, operands))
        return found

    def _cell(self, step: tuple[object, ...], bounds: Bounds, *, truth: bool) -> Cell:
        cell = Cell(len(self.steps), bounds, truth)
        self.steps.append(step)
        self._cells.append(cell)
        return cell

    def cell(self, place: int) -> Cell:
        """Give the figure at a place."""
        return self._cells[place]

    def made_of(self, places: Iterable[int]) -> frozenset[int]:
        """Give the numbers of the inputs that some figures are made of."""
        wanted = set(places)
        left, inputs = list(wanted), set[int]()
        while left:
            operation, *of = self.steps[left.pop()]
            if operation == "input":
                inputs.update(number for number in of if isinstance(number, int))
                continue
            needed = {place for place in of if type(place) is int} - wanted  # a float is certain, and so is a bool
            wanted |= needed
            left.extend(needed)
        return frozenset(inputs)

    def made_by(self, operand: Operand) -> tuple[object, list[Operand]]:
        """Give the operation that an operand is made by, and its operands; None and nothing where it is given."""
        operation, *of = self.steps[operand.place] if isinstance(operand, Cell) else ("input",)
        if operation == "input":
            return None, []
        return operation, [self._cells[o] if type(o) is int else o for o in of]  # type: ignore[misc]


def _later(first: object, second: object) -> bool:
    """Tell whether operands that may change places should: the earlier figure first, a number last."""
    if isinstance(first, int) and isinstance(second, int):
        return first > second
    return isinstance(first, float)


def _is_truth(operation: str, operands: tuple[Operand, ...]) -> bool:
    if operation == "where":
        return all(o.truth if isinstance(o, Cell) else isinstance(o, bool) for o in operands[1:])
    return operation in TRUTHS


def _worked_out(operation: str, operands: tuple[Operand, ...]) -> float:
    found = OPERATIONS[operation](*operands)
    return bool(found) if operation in TRUTHS else float(found)  # type: ignore[arg-type]


def _of(operand: Operand) -> Bounds:
    """Give the bounds of an operand."""
    if isinstance(operand, Cell):
        return operand.bounds
    return Bounds(operand, operand, finite=math.isfinite(operand), number=not math.isnan(operand))


# ---- What needs no working out -----------------------------------------------------------------------------


def _settled(graph: Graph, operation: str, operands: tuple[Operand, ...]) -> Operand | None:
    """Give the answer where neutral operands or bounds settle it, None where they do not."""
    rule = _RULES.get(operation)
    return None if rule is None else rule(graph, *operands)


def _same(operand: Operand, number: float) -> bool:
    return not isinstance(operand, Cell) and operand == number


def _add(graph: Graph, a: Operand, b: Operand) -> Operand | None:
    for one, other in ((a, b), (b, a)):
        if _same(other, 0.0) or _beyond(one, other):
            return one
        opposite = _opposite(graph, other)
        if opposite is not None:
            return graph.apply("subtract", one, opposite)
    return None


def _subtract(graph: Graph, a: Operand, b: Operand) -> Operand | None:
    if a is b and _of(a).finite:
        return 0.0
    if _same(b, 0.0) or _beyond(a, b):
        return a
    opposite = _opposite(graph, b)
    return None if opposite is None else graph.apply("add", a, opposite)


def _beyond(one: Operand, other: Operand) -> bool:
    """Tell whether one is infinite in every future, so that nothing finite moves it."""
    return not isinstance(one, Cell) and math.isinf(one) and _of(other).finite


def _opposite(graph: Graph, operand: Operand) -> Operand | None:
    """Give what an operand is the negative of."""
    operation, of = graph.made_by(operand)
    return of[0] if operation == "multiply" and _same(of[1], -1.0) else None


def _multiply(_: Graph, a: Operand, b: Operand) -> Operand | None:
    for one, other in ((a, b), (b, a)):
        if _same(one, 1.0):
            return other
        if _same(one, 0.0) and _of(other).finite:
            return 0.0
    return None


def _divide(_: Graph, a: Operand, b: Operand) -> Operand | None:
    return a if _same(b, 1.0) else None


def _minimum(_: Graph, a: Operand, b: Operand) -> Operand | None:
    first, second = _of(a), _of(b)
    if a is b or (first.number and second.number and first.high <= second.low):
        return a
    return b if first.number and second.number and second.high <= first.low else None


def _maximum(_: Graph, a: Operand, b: Operand) -> Operand | None:
    first, second = _of(a), _of(b)
    if a is b or (first.number and second.number and first.low >= second.high):
        return a
    return b if first.number and second.number and second.low >= first.high else None


def _less(_: Graph, a: Operand, b: Operand) -> Operand | None:
    first, second = _of(a), _of(b)
    if not (first.number and second.number):
        return None
    if first.high < second.low:
        return True
    return False if first.low >= second.high else None


def _less_equal(_: Graph, a: Operand, b: Operand) -> Operand | None:
    first, second = _of(a), _of(b)
    if not (first.number and second.number):
        return None
    if first.high <= second.low:
        return True
    return False if first.low > second.high else None


def _equal(_: Graph, a: Operand, b: Operand) -> Operand | None:
    first, second = _of(a), _of(b)
    apart = first.number and second.number and (first.high < second.low or first.low > second.high)
    return False if apart else None


def _and(_: Graph, a: Operand, b: Operand) -> Operand | None:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Cell):
            return _truth(other) if one else False
    return a if a is b else None


def _or(_: Graph, a: Operand, b: Operand) -> Operand | None:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Cell):
            return True if one else _truth(other)
    return a if a is b else None


def _not(graph: Graph, a: Operand) -> Operand | None:
    operation, of = graph.made_by(a)
    if operation == "logical_not":
        return _truth(of[0])
    if operation in _ELSE and all(_of(each).number for each in of):
        return graph.apply(_ELSE[operation], of[1], of[0])
    return None


def _truth(operand: Operand) -> Operand | None:
    return operand if isinstance(operand, Cell) and operand.truth else None


def _isfinite(_: Graph, a: Operand) -> Operand | None:
    return True if _of(a).finite else None


def _isnan(_: Graph, a: Operand) -> Operand | None:
    return False if _of(a).number else None


def _absolute(_: Graph, a: Operand) -> Operand | None:
    return a if _of(a).number and _of(a).low >= 0.0 else None


def _where(_: Graph, condition: Operand, a: Operand, b: Operand) -> Operand | None:
    if not isinstance(condition, Cell):
        return a if condition else b
    alike = a is b or (not isinstance(a, Cell) and not isinstance(b, Cell) and a == b)
    return a if alike else None


# What holds of two numbers, the second first, where something does not.
_ELSE: dict[object, str] = {"less": "less_equal", "less_equal": "less"}

_RULES: dict[str, Callable[..., Operand | None]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "minimum": _minimum,
    "maximum": _maximum,
    "less": _less,
    "less_equal": _less_equal,
    "equal": _equal,
    "logical_and": _and,
    "logical_or": _or,
    "logical_not": _not,
    "isfinite": _isfinite,
    "isnan": _isnan,
    "absolute": _absolute,
    "where": _where,
}


# ---- Bounds that follow from how a figure is made ----------------------------------------------------------


def _bounds(graph: Graph, operation: str, operands: tuple[Operand, ...]) -> Bounds:
    found = bounds_after(operation, [_of(operand) for operand in operands])
    if operation == "subtract" and found.number:
        a, b = operands
        low = 0.0 if _one_of(graph, a, "minimum", b) or _one_of(graph, b, "maximum", a) else -math.inf
        high = 0.0 if _one_of(graph, b, "minimum", a) or _one_of(graph, a, "maximum", b) else math.inf
        return replace(found, low=max(found.low, low), high=min(found.high, high))
    if operation == "where" and found.number and _of(operands[2]).finite and _only_where_finite(graph, *operands[:2]):
        return replace(found, finite=True)
    return found


def _one_of(graph: Graph, figure: Operand, operation: str, of: Operand) -> bool:
    """Tell whether the smallest of some, or the largest, is chosen among others and a figure."""
    made, others = graph.made_by(of)
    return made == operation and any(each is figure or _one_of(graph, figure, operation, each) for each in others)


def _only_where_finite(graph: Graph, condition: Operand, figure: Operand) -> bool:
    """Tell whether a figure is taken only where it is finite: itself, or what something finite is added to."""
    operation, of = graph.made_by(condition)
    made, parts = graph.made_by(figure)
    known = [part for part in parts if _of(part).finite] if made in ("add", "subtract") else []
    return operation == "isfinite" and (of[0] is figure or (len(known) == 1 and of[0] in parts))
