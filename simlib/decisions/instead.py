"""The same futures with some figures put in place of what they were; what is asked of them is not known here.

What depends on such a figure is made anew, all else stays as it was drawn. So two answers differ by the figure alone.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.config.quantities import Varies
from simlib.decisions.question import Question
from simlib.drivers import (
    Compounded,
    Computed,
    Driver,
    Event,
    GrowthOf,
    Happened,
    HierarchicalDriver,
    Node,
    ProgrammeShare,
    Remainder,
    Source,
    Stacked,
    SumOfDraws,
    Values,
)
from simlib.estimates import Chance, chance
from simlib.kernels.paths import Floats
from simlib.memory import unfilled
from simlib.model import Model
from simlib.outline import Outline, outline_by, outline_of, shared_out
from simlib.passage import along
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sampling import CHUNK, KeptSampler, make_sampler
from simlib.sheet import Sheet
from simlib.source import ChunkSource
from simlib.workers import parallel

Put = Mapping[int, Floats]
Rows = Mapping[int, Mapping[int, int]]  # by node, its rows each with its year
SPARE: Key = ("spare",)


def needs(node: Node) -> tuple[int, ...]:
    """Give the nodes that a node's value is made of."""
    found: tuple[int, ...] = ()
    match node:
        case HierarchicalDriver():
            found = tuple(node.inputs.values())
        case Computed():
            found = tuple(place for place, _ in node.inputs.values())
        case ProgrammeShare():
            found = (node.common, *node.strays)
        case Stacked(parts=several) | Remainder(others=several) | Event(chances=several):
            found = several
        case Compounded(growth=one) | GrowthOf(index=one) | SumOfDraws(count=one) | Happened(event=one):
            found = (one,)
        case Multiplied():
            found = (node.of, node.by)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A figure that is put in place: what it was until then is 1."""

    address: str

    def key(self, values: Values) -> None:
        """Say that nothing keeps it."""

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        """Give what it was."""
        return np.ones(())


@dataclass(frozen=True, slots=True, eq=False)
class Multiplied:
    """A figure times another one."""

    address: str
    of: int
    by: int

    def key(self, values: Values) -> None:
        """Say that nothing keeps it."""

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        """Give the product."""
        return np.asarray(values[self.of] * values[self.by])


def touched(nodes: Sequence[Node], changed: Iterable[int]) -> tuple[int, ...]:
    """Give the nodes that have to be made anew where some have other values: those that are made of them, in order."""
    found = set(changed)
    first = set(found)
    for place, node in enumerate(nodes):
        if not found.isdisjoint(needs(node)):
            found.add(place)
    return tuple(sorted(found - first))


def instead(nodes: Sequence[Node], values: Sequence[Floats], put: Put, source: Source) -> Values:
    """Give every node's value with some put in place, and what is made of them made anew.

    Parameters
    ----------
    nodes, values
        Of a model, and what they are.
    put
        By node what is put in place.
    source
        Where what has to be drawn anew comes from: the plan, or the same random numbers.
    """
    found = list(values)
    for place, value in put.items():
        found[place] = value
    for place in touched(nodes, put):
        found[place] = nodes[place].value(source, found)
    return found


def held_at(varies: Varies | None, value: float | Floats, years: int) -> Floats:
    """Give a driver of which every draw is one value: () where it holds once, else (year, 1); of several, of each."""
    if varies is None or varies.mode == "once":
        return np.asarray(value, dtype=float)
    return along(np.full((years, np.size(value)), value, dtype=float), varies)


@dataclass(slots=True)
class Same:
    """The held futures of a run, in which figures can be put in place of what they were.

    Attributes
    ----------
    model
        Theirs, or one made of it that has further nodes.
    cells
        (row, simulation) of a sheet, of its own.
    remade
        By what has been put in place the nodes that are made of it.
    """

    futures: Futures
    model: Model
    sheet: Sheet
    cells: Floats
    values: Values = field(default_factory=list)
    remade: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, futures: Futures, model: Model | None = None, more: Sequence[Floats] = ()) -> "Same":
        """Give them.

        Parameters
        ----------
        model
            One whose first nodes are those of the futures.
        more
            What its further nodes are, (simulation,) each where they are to be put in place.
        """
        if model is None:
            assert futures.sheet is not None
            assert futures.cells is not None
            cells = futures.cells.copy()
            return cls(futures, futures.model, futures.sheet, cells, futures.sheet.values(cells))
        values = [*futures.values, *more]
        sheet = Sheet.over({"": model}, {"": values}, futures.held)
        cells = unfilled(sheet.height, futures.held)
        same = cls(futures, model, sheet, cells, sheet.values(cells))
        same._write({node: same._rows(node, None) for _, node in sheet.steps}, dict(enumerate(values)))
        return same

    @property
    def count(self) -> int:
        """How many futures there are."""
        return self.futures.held

    @contextmanager
    def put(self, put: Put, read: Outline | None = None) -> Iterator[None]:
        """Put values in place for a while, where they will be read; what was there comes back."""
        made = self._made_anew(put)
        wanted = None if read is None else read.program.given
        again = {place: own for place in (*put, *made) if (own := self._rows(place, wanted))}
        rows = list({row: None for several in again.values() for row in several})
        kept = self.cells[rows]
        try:
            if any(place in again for place in made):
                for where in _chunks(self.count):
                    self._fill(put, where, again)
            else:
                self._write(again, put)
            yield
        finally:
            self.cells[rows] = kept

    def _rows(self, place: int, wanted: Container[int] | None) -> dict[int, int]:
        """Give those rows of a node that are wanted, each with its year."""
        rows = self.sheet.rows.get(("", place), slice(0))
        return {row: k for k, row in enumerate(range(rows.start or 0, rows.stop)) if wanted is None or row in wanted}

    def _write(self, again: Rows, values: Put, where: slice = slice(None)) -> None:
        """Write values into some rows, in some futures."""
        for place, rows in again.items():
            value = values[place]
            for row, year in rows.items():
                self.cells[row, where] = value[year] if value.ndim > 1 and len(value) > 1 else value

    def _made_anew(self, put: Put) -> tuple[int, ...]:
        """Give the nodes that are made of what is put in place, found out once for the same figures."""
        changed = tuple(put)
        if changed not in self.remade:
            self.remade[changed] = touched(self.model.nodes, changed)
        return self.remade[changed]

    def _fill(self, put: Put, where: slice, again: Rows) -> None:
        """Put values in place in one chunk."""
        near = list(self.values)
        for p in {p for place in again for p in needs(self.model.nodes[place])}:
            near[p] = near[p][..., where] if near[p].ndim and near[p].shape[-1] == self.count else near[p]
        own = {p: v[..., where] if v.ndim and v.shape[-1] == self.count else v for p, v in put.items()}
        found = instead(self.model.nodes, near, own, _Again(self, where))
        self._write(again, {place: found[place] for place in again}, where)

    def source(self, where: slice) -> ChunkSource:
        """Give the random numbers of one chunk as they were drawn."""
        futures = self.futures
        assert futures.seed is not None
        models = (futures.model, *futures.model.readings.values())
        everything = tuple(dict.fromkeys(d for model in models for d in model.dimensions))
        sampler = make_sampler(futures.sampler, futures.seed, futures.dimensions or everything, futures.wanted)
        number, size = where.start // CHUNK, where.stop - where.start
        found = futures.conditioned
        kept = None if found is None else KeptSampler(sampler, found.places)
        scores = (kept or sampler).scores(self.model.dimensions, number, size)
        places = {dimension: place for place, dimension in enumerate(self.model.dimensions)}
        even, origin = futures.replicates > 1, None if kept is None else kept.origin(number, size)
        return ChunkSource(futures.seed, number, places, scores, self.model.dependences, even, origin=origin)

    def figures(self, keys: Sequence[Key], *, n_jobs: int | None = None) -> dict[Key, Floats]:
        """Give figures of the futures as they are now, (simulation,) or (year, simulation)."""
        return worked_out(outline_of(self.sheet, tuple(keys)), self.cells, self.count, n_jobs=n_jobs)

    def spare(self, question: Question, put: Put | None = None, *, n_jobs: int | None = None) -> Floats:
        """Give by how much each future passes a test, (simulation,) [money], with some figures put in place."""
        read = _answer(self.sheet, question)
        with self.put(put or {}, read):
            return worked_out(read, self.cells, self.count, n_jobs=n_jobs)[SPARE]

    def chance(self, holds: NDArray[np.bool_]) -> Chance:
        """Give how often something holds, with its simulation error."""
        replicates = self.futures.replicates
        counts = np.asarray([np.count_nonzero(holds[r::replicates]) for r in range(replicates)])
        return chance(counts, shared_out(self.count, replicates))


def spare_of(futures: Futures, question: Question, *, n_jobs: int | None = None) -> Floats:
    """Give by how much each held future passes a test as it was drawn, (simulation,) [money]."""
    assert futures.sheet is not None
    assert futures.cells is not None
    return worked_out(_answer(futures.sheet, question), futures.cells, futures.held, n_jobs=n_jobs)[SPARE]


def worked_out(read: Outline, cells: Floats, count: int, *, n_jobs: int | None = None) -> dict[Key, Floats]:
    """Give what is read of the first futures of a sheet, (simulation,) or (year, simulation)."""
    loops.start_for(count)
    stored = unfilled(read.program.stored, count)

    def work(where: slice) -> None:
        read.work_out(cells, stored, where, Ledger.of(read.program), first=where.start)

    for _ in parallel(work, _chunks(count), n_jobs):
        pass
    found = {}
    for key, places in read.figures.items():
        rows = [stored[p] if isinstance(p, int) else np.full(count, p) for p in places]
        found[key] = np.stack(rows) if len(rows) > 1 else rows[0]
    return found


@lru_cache(maxsize=4)
def _answer(sheet: Sheet, question: Question) -> Outline:
    """Give the program of what each future has to spare: of that alone, not of all years and all options."""
    own = replace(question, model=sheet.models[""])
    return outline_by(sheet, lambda _, values_of: {SPARE: own.at_values(values_of(""), 1)})


@dataclass(slots=True)
class _Again:
    """The random numbers of one chunk, drawn again where a figure that is made anew asks for them."""

    same: Same
    where: slice
    found: ChunkSource | None = None
    planned: bool = False

    @property
    def _own(self) -> ChunkSource:
        if self.found is None:
            self.found = self.same.source(self.where)
        return self.found

    def driver(self, node: Driver) -> Floats:
        return self._own.driver(node)

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        return self._own.member(node, parameters)

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        return self._own.event(node, chances)

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        return self._own.individuals(node, count)


def _chunks(count: int) -> list[slice]:
    return [slice(k, min(k + CHUNK, count)) for k in range(0, count, CHUNK)]
