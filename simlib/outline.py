"""What is read of futures, as a program: the formulas of delivery, options and readouts traced once and run for all.

A key that needs no working out is answered at once: a figure that is the same in every future, a fact that always
holds. Two keys that mean the same figure share it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.delivery import deliver
from simlib.drivers import Driver, Values
from simlib.kernels.paths import Floats
from simlib.loops import LANES
from simlib.model import Model
from simlib.programs import Cell, Graph, Ledger, Program, assemble, cells_of, run
from simlib.readouts import Held, Key, Readout, headline, read_all
from simlib.sheet import Sheet

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A program and what its results mean.

    Attributes
    ----------
    figures
        By key the place of each row (one, or one a year) among the figures that the program stores, or its value
        where it is the same in every future.
    moments
        Likewise for figures of which only sums are wanted.
    facts
        By key the place among the facts that the program counts, or whether it always holds.
    """

    program: Program
    figures: dict[Key, tuple[int | float, ...]]
    moments: dict[Key, int | float]
    facts: dict[Key, int | bool]

    def work_out(self, cells: Floats, stored: Floats, where: slice, ledger: Ledger, *, first: int = 0) -> Ledger:
        """Work everything out for some futures of a sheet, (row, simulation).

        Parameters
        ----------
        stored
            (figure, simulation) where figures go, from place ``first`` on.
        ledger
            What sums and counts are added to; it is given back.
        """
        run(self.program, cells, stored, ledger, first=first, where=where)
        return ledger

    def counted(self, ledger: Ledger, count: int, replicates: int) -> dict[Key, Counts]:
        """Give how often each fact holds in each replicate, of some futures of which the first is of replicate 0."""
        each = shared_out(count, replicates)
        counts = by_replicate(ledger.counts, replicates).astype(np.int64)
        nothing = np.zeros_like(each)
        return {
            key: (each if place else nothing) if isinstance(place, bool) else counts[place]
            for key, place in self.facts.items()
        }

    def summed(self, ledger: Ledger, count: int, replicates: int) -> dict[Key, Floats]:
        """Give the sums of figures and of their squares, (2, replicate) each."""
        each, sums = shared_out(count, replicates), by_replicate(ledger.sums, replicates)
        return {
            key: np.stack([each * place, each * place**2]) if isinstance(place, float) else sums[:, place]
            for key, place in self.moments.items()
        }


def by_replicate(lanes: Floats, replicates: int) -> Floats:
    """Give sums by replicate from sums by lane, on the last axis."""
    if replicates == LANES:
        return lanes
    total = lanes[..., :1].copy()
    for lane in range(1, LANES):
        total += lanes[..., lane : lane + 1]
    return total


def shared_out(count: int, replicates: int) -> Counts:
    """Give how many of some futures each replicate has."""
    whole, rest = divmod(count, replicates)
    return np.asarray([whole + (r < rest) for r in range(replicates)], dtype=np.int64)


@lru_cache(maxsize=4)
def outline(sheet: Sheet) -> Outline:
    """Give the program of everything that is read of the base model, and of the headline facts of its readings."""
    return _traced(sheet, headlines=True).outline()


@lru_cache(maxsize=4)
def outline_of(sheet: Sheet, keys: tuple[Key, ...]) -> Outline:
    """Give the program of some of what is read of the base model; ``holds`` and a headline is 1 where it holds."""
    traces = _traced(sheet, headlines=False)
    return _Traces(traces.graph, traces.readouts | _holding(sheet.models[""], traces)).outline(keys)


@lru_cache(maxsize=4)
def outlines(sheet: Sheet, most: int) -> list[Outline]:
    """Give the same in parts of which none stores more figures than so many, where a key alone does not."""
    return list(_traced(sheet, headlines=False).outlines(most))


@lru_cache(maxsize=4)
def headlines(sheet: Sheet) -> Outline:
    """Give the program of the headline facts of the base and of every reading, under ``readings`` and its name."""
    graph = Graph()
    with np.errstate(all="ignore"):
        return _Traces(graph, dict(_headlines(sheet, sheet.traced(graph)))).outline()


def outline_by(sheet: Sheet, read: Callable[[Sheet, Callable[[str], Values]], dict[Key, Any]]) -> Outline:
    """Give the program of whatever a function reads of a sheet's figures, from every node's value by reading."""
    graph = Graph()
    with np.errstate(all="ignore"):
        return _Traces(graph, read(sheet, sheet.traced(graph))).outline()


@lru_cache(maxsize=4)
def positions(sheet: Sheet, *, headlines: bool = False) -> Outline:
    """Give the program of what the headlines are about: each figure in its year, and under ``holds`` 1 where it closes.

    Parameters
    ----------
    headlines
        Whether the readings' headlines were traced with the rest: what is traced already is not traced again.
    """
    model, traces = sheet.models[""], _traced(sheet, headlines=headlines)
    found = _positions(model, traces)
    found |= {key: array for key, array in _holding(model, traces).items() if key[-1] != "jointly"}
    return _Traces(traces.graph, found).outline()


def _positions(model: Model, traces: "_Traces") -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for key, array in traces.readouts.items():
        if key[0] == "options" and key[-1] == "gap_recurring":
            found[key[:-1]] = array[model.target]
        elif key[0] == "options" and key[2:] == ("claim", "amount"):
            found[key[:-1]] = array
        elif key[0] == "outputs" and len(key) == 2:
            found[key] = array
    return found


def rows_of_positions(sheet: Sheet, *, headlines: bool = False) -> dict[Key, frozenset[int]]:
    """Give for each figure that the headlines are about the rows of the sheet that it is made of."""
    traces = _traced(sheet, headlines=headlines)
    return {
        key: traces.graph.made_of(cell.place for cell in cells_of(array).flat if isinstance(cell, Cell))
        for key, array in _positions(sheet.models[""], traces).items()
    }


def _holding(model: Model, traces: "_Traces") -> dict[Key, Any]:
    """Give as figures where headlines hold: for each council of an option, all of them jointly, and its claim."""
    ends = (("closes", model.config.closes), ("kept",))
    own = {key: array for key, array in traces.readouts.items() if key[0] == "options" and key[3:] in ends}
    return {("holds", *key[1:3]): np.where(array, 1.0, 0.0) for key, array in own.items()}


def _headlines(sheet: Sheet, values_of: Callable[[str], Values]) -> Iterator[Readout]:
    for name, model in sheet.models.items():
        for key, fact in headline(model, deliver(model, values_of(name), 1)):
            yield ("readings", name, *key[1:]), fact


@lru_cache(maxsize=4)
def _traced(sheet: Sheet, *, headlines: bool) -> "_Traces":
    graph = Graph()
    values_of = sheet.traced(graph)
    with np.errstate(all="ignore"):
        found = dict(read_all(sheet.models[""], holding(sheet.models[""], values_of(""), 1)))
        return _Traces(graph, found | (dict(_headlines(sheet, values_of)) if headlines else {}))


def holding(model: Model, values: Values, count: int) -> Held:
    """Give some futures as they are read, from every node's value."""
    drivers = {n.address: _wide(v, count) for n, v in zip(model.nodes, values, strict=True) if isinstance(n, Driver)}
    outputs = {output.id: _wide(values[output.node], count) for output in model.outputs}
    return Held(deliver(model, values, count), drivers, outputs)


def _wide(value: Floats, size: int) -> Floats:
    """Give a figure as (…, simulation), also where it is the same in every future."""
    return np.broadcast_to(value, (*value.shape[:-1], size)) if value.ndim else np.full(size, value)


@dataclass(frozen=True, slots=True)
class _Traces:
    """What is read, written down as operations on the figures of a sheet."""

    graph: Graph
    readouts: dict[Key, Any]

    def outlines(self, most: int) -> Iterator[Outline]:
        """Give programs of successive keys, none with more figures than so many to store."""
        taken: set[int] = set()
        keys: list[Key] = []
        for key, array in self.readouts.items():
            places = set() if _is_fact(array) else {c.place for c in cells_of(array).flat if isinstance(c, Cell)}
            if keys and len(taken | places) > most:
                yield self.outline(keys)
                keys, taken = [], set()
            keys.append(key)
            taken |= places
        yield self.outline(keys)

    def outline(self, keys: Iterable[Key] | None = None) -> Outline:
        """Give the program of some keys, or of all."""
        figures: dict[Key, tuple[int | float, ...]] = {}
        moments: dict[Key, int | float] = {}
        facts: dict[Key, int | bool] = {}
        stored, summed, counted = _Places(), _Places(), _Places()
        for key in self.readouts if keys is None else keys:
            array = self.readouts[key]
            cells = cells_of(array).ravel().tolist()
            if _is_fact(array):
                facts[key] = counted.place(cells[0]) if isinstance(cells[0], Cell) else bool(cells[0])
            elif key[0] == "moments":
                moments[key] = summed.place(cells[0]) if isinstance(cells[0], Cell) else float(cells[0])
            else:
                figures[key] = tuple(stored.place(c) if isinstance(c, Cell) else float(c) + 0.0 for c in cells)
        return Outline(assemble(self.graph, stored.cells, summed.cells, counted.cells), figures, moments, facts)


def _is_fact(array: Any) -> bool:
    return bool(array.dtype == np.bool_)


class _Places:
    """Distinct figures in the order in which they are first met."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self._of: dict[int, int] = {}

    def place(self, cell: Cell) -> int:
        if cell.place not in self._of:
            self._of[cell.place] = len(self.cells)
            self.cells.append(cell)
        return self._of[cell.place]
