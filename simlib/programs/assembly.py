"""From a graph of operations to a program: a list of steps over rows of futures, each row with a register.

A program is plain arrays, so that a compiled loop can run it; ``simlib.programs.machine`` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simlib.loops.steps import COUNTS, LOAD, STEPS, STORE, SUM
from simlib.programs.graph import Cell, Graph

__all__ = ["CODES", "Program", "assemble"]

CODES = {name: code for code, name in enumerate((*STEPS, *COUNTS, SUM, STORE, LOAD))}

# The step of an operation, by its operands: f for a figure that differs between futures, n for a number.
_STEP_OF = {
    "add ff": "a + b", "add fn": "a + x", "subtract ff": "a - b", "subtract nf": "x - a",
    "multiply ff": "a * b", "multiply fn": "a * x", "divide ff": "a / b", "divide fn": "a / x", "divide nf": "x / a",
    "minimum ff": "min(a, b)", "minimum fn": "min(a, x)", "maximum ff": "max(a, b)", "maximum fn": "max(a, x)",
    "less ff": "a < b", "less fn": "a < x", "less nf": "x < a",
    "less_equal ff": "a <= b", "less_equal fn": "a <= x", "less_equal nf": "x <= a",
    "equal ff": "a == b", "equal fn": "a == x",
    "logical_and ff": "a and b", "logical_or ff": "a or b", "logical_not f": "not a",
    "isfinite f": "isfinite(a)", "isnan f": "isnan(a)", "floor f": "floor(a)", "absolute f": "abs(a)",
    "where fff": "b if a else c", "where ffn": "b if a else x", "where fnf": "x if a else b",
    "where fnn": "x if a else y",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Steps over rows of futures.

    Attributes
    ----------
    code
        (step, 5) what it does, the register where the result goes, and up to three that it takes. Of a sum, a count or
        what is stored, the result's place is one among their own; what is loaded is a row of those that are given.
    numbers
        (step, 2) the numbers that it takes.
    inputs, registers
        How many rows are given, and how many the machine needs room for.
    stored, summed, counted
        How many figures it leaves as rows, how many as sums, and how many facts it counts.
    """

    code: NDArray[np.int64]
    numbers: NDArray[np.float64]
    inputs: int
    registers: int
    stored: int
    summed: int
    counted: int

    @property
    def given(self) -> frozenset[int]:
        """The rows that it loads."""
        return frozenset(self.code[self.code[:, 0] == CODES[LOAD], 2].tolist())


@dataclass(frozen=True, slots=True)
class _Step:
    """One step before rows are given out.

    Attributes
    ----------
    figures
        Places in the graph.
    """

    name: str
    figures: tuple[int, ...]
    numbers: tuple[float, ...] = ()


def assemble(graph: Graph, stored: Sequence[Cell], summed: Sequence[Cell], counted: Sequence[Cell]) -> Program:
    """Give the program that works out some figures of a graph.

    Parameters
    ----------
    stored, summed, counted
        Distinct figures that are wanted as they are, those of which only sums are wanted, and facts that are counted.
    """
    asked = [[cell.place for cell in cells] for cells in (stored, summed, counted)]
    steps = _needed(graph, {place for places in asked for place in places})
    uses = Counter(operand for step in steps.values() for operand in step.figures)
    kept = {*asked[0], *asked[1]}
    for place in list(steps):
        steps[place] = _fused(steps[place], steps, {p for p in steps[place].figures if uses[p] == 1} - kept)
    counts = {place: _count(place, steps, uses[place] + (place in kept) == 0) for place in asked[2]}
    order = _in_order(graph, steps, counts, asked)
    registers, code = _placed(order, graph)
    numbers = np.asarray([(*step.numbers, 0.0, 0.0)[:2] for _, step in order], dtype=float).reshape(-1, 2)
    return Program(code, numbers, graph.inputs, registers, *(len(places) for places in asked))


def _needed(graph: Graph, wanted: set[int]) -> dict[int, _Step]:
    """Give the steps that lead to what is wanted, by place, in the graph's order; inputs are none."""
    needed, left = set(wanted), list(wanted)
    while left:
        operation, *operands = graph.steps[left.pop()]
        for operand in operands if operation != "input" else ():
            if type(operand) is int and operand not in needed:
                needed.add(operand)
                left.append(operand)
    return {place: _step(*graph.steps[place]) for place in sorted(needed) if graph.steps[place][0] != "input"}


def _step(operation: object, *operands: object) -> _Step:
    """Give the step of an operation; a number is taken off by adding what is opposite to it."""
    figures = tuple(o for o in operands if type(o) is int)
    numbers = tuple(float(o) for o in operands if type(o) is not int)  # type: ignore[arg-type]
    kinds = "".join("f" if type(o) is int else "n" for o in operands)
    if operation == "subtract" and kinds == "fn":
        return _Step("a + x", figures, (-numbers[0],))
    if operation in ("minimum", "maximum"):
        kinds = "".join(sorted(kinds))
    return _Step(_STEP_OF[f"{operation} {kinds}"], figures, numbers)


# ---- Two steps in one: what is between them is neither written nor read ------------------------------------

_SUMS = {"a * b": "a + b * c", "a * x": "a + b * x"}
_DIFFERENCES = {"a * b": "a - b * c", "a * x": "a - b * x"}
_LARGEST = {"a + x": "max(a + x, y)", "x - a": "max(x - a, y)", "a - b": "max(a - b, x)"}


def _fused(step: _Step, steps: dict[int, _Step], once: set[int]) -> _Step:
    """Take into a step one that it alone needs, where there is a step for both; that one is gone then."""
    for k, place in enumerate(step.figures):
        before = steps.get(place) if place in once else None
        both = None if before is None else _both(step, k, before)
        if both is not None:
            del steps[place]
            return both
    return step


def _both(step: _Step, k: int, before: _Step) -> _Step | None:
    """Give the step that does what one does, and before it another one for its operand k."""
    others = step.figures[:k] + step.figures[k + 1 :]
    if step.name == "a + b" and before.name in _SUMS:
        return _Step(_SUMS[before.name], (*others, *before.figures), before.numbers)
    if step.name == "a + b" and before.name == "a + b":
        return _Step("a + b + c", (*before.figures, *others))
    if step.name == "a - b" and k == 1 and before.name in _DIFFERENCES:
        return _Step(_DIFFERENCES[before.name], (*others, *before.figures), before.numbers)
    if step.name == "a * x" and before.name == "a * b":
        return _Step("a * b * x", before.figures, step.numbers)
    if step.name == "max(a, x)" and before.name in _LARGEST:
        return _Step(_LARGEST[before.name], before.figures, (*before.numbers, *step.numbers))
    return None


def _count(place: int, steps: dict[int, _Step], alone: bool) -> _Step:  # noqa: FBT001
    """Give the step that counts a fact; where nothing else needs it, by what would have told it."""
    fact = steps.get(place)
    if fact is not None and alone and f"count {fact.name}" in COUNTS:
        del steps[place]
        return replace(fact, name=f"count {fact.name}")
    return _Step("count a", (place,))


# ---- Rows --------------------------------------------------------------------------------------------------


def _in_order(
    graph: Graph, steps: Mapping[int, _Step], counts: Mapping[int, _Step], asked: Sequence[Sequence[int]]
) -> list[tuple[int, _Step]]:
    """Give the steps with where their result goes: a place in the graph, or one among what is asked.

    A figure that is given is fetched when it is first needed, and what is asked of a figure follows it, so that its row
    is soon free again.
    """
    order: list[tuple[int, _Step]] = []
    numbers = [{place: number for number, place in enumerate(places)} for places in asked]
    there: set[int] = set()

    def emit(target: int, step: _Step) -> None:
        for place in dict.fromkeys(step.figures):
            if place not in there and place not in steps:
                there.add(place)
                order.append((place, _Step(LOAD, ())))
        order.append((target, step))

    for place in range(len(graph.steps)):
        if place in steps:
            emit(place, steps[place])
        for of, name in zip(numbers, (STORE, SUM, ""), strict=True):
            if place in of:
                emit(of[place], _Step(name, (place,)) if name else counts[place])
    return order


def _placed(order: Sequence[tuple[int, _Step]], graph: Graph) -> tuple[int, NDArray[np.int64]]:
    """Give out registers: one is free again after the last step that needs it, and never both read and written."""
    last = {place: k for k, (_, step) in enumerate(order) for place in step.figures}
    row: dict[int, int] = {}
    free: list[int] = []
    registers = 0
    code: list[list[int]] = []
    for k, (target, step) in enumerate(order):
        operands = [row[place] for place in step.figures]
        if step.name == LOAD:
            operands = [graph.steps[target][1]]  # type: ignore[list-item]
        to = target
        if step.name in STEPS or step.name == LOAD:
            if not free:
                free.append(registers)
                registers += 1
            to = row[target] = free.pop()
        code.append([CODES[step.name], to, *operands, *[operands[0]] * (3 - len(operands))])
        free += [row[place] for place in dict.fromkeys(step.figures) if last[place] == k]
    return registers, np.asarray(code, dtype=np.int64).reshape(-1, 5)
