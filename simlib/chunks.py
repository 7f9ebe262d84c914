"""What a worker does with chunks of futures: draw them, and hold or count them; how many there are is ``engine``'s."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simlib import loops
from simlib.errors import ModelError
from simlib.kernels.paths import Floats
from simlib.memory import scratch, unfilled
from simlib.model import Model
from simlib.outline import Outline, outline
from simlib.programs import Ledger
from simlib.results import CountsByThread, Tally
from simlib.sampling import CHUNK, Dimension, KeptSampler, Sampler
from simlib.sheet import Sheet, sheet_of
from simlib.source import ChunkSource, own_workspace

__all__ = ["Chunks", "Counting", "Holding"]

SAMPLE = 4_096  # futures by which bins are chosen: they tell a spread to a hundredth
LAID_OUT, LEAST = 256, 16  # futures by which a sheet is laid out; fewer could not tell what differs between them
NOTHING = np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class Chunks:
    """Draws chunks of futures of a model and its readings.

    Attributes
    ----------
    layout
        Where their figures stand, once that is known.
    compiled
        Whether a worker in a process of its own is to use compiled loops too.
    """

    models: Mapping[str, Model]
    sampler: Sampler
    dimensions: tuple[Dimension, ...]
    seed: int
    layout: Sheet | None = None
    compiled: bool = False

    def sources(self, number: int, size: int) -> dict[str, ChunkSource]:
        """Give where the figures of a chunk come from, for the base and for every reading."""
        drawn = scratch("scores", len(self.dimensions), size)
        scores = self.sampler.scores(self.dimensions, number, size, drawn)
        places = {dimension: i for i, dimension in enumerate(self.dimensions)}
        even, space = self.sampler.replicates > 1, own_workspace()
        origin = self.sampler.origin(number, size) if isinstance(self.sampler, KeptSampler) else None
        own = self.models[""].dependences
        base = ChunkSource(self.seed, number, places, scores, own, even, space=space, origin=origin)
        return {name: base.under(model.dependences) if name else base for name, model in self.models.items()}

    def sheet(self, count: int) -> Sheet:
        """Lay out a sheet for a number of futures, by a few of them; or give that of the last time."""
        return sheet_of(self.models, lambda: self._sheet_for(count))

    def _sheet_for(self, count: int) -> Sheet:
        try:
            return self._sheet_by(max(min(count, LAID_OUT), LEAST))
        except ModelError:
            return self._sheet_by(min(count, CHUNK))  # so that it is refused with the count of all

    def _sheet_by(self, size: int) -> Sheet:
        sources = self.sources(0, size)
        return Sheet.of(self.models, sources, sources[""].made, size)

    @property
    def sheet_laid_out(self) -> Sheet:
        """Where figures stand."""
        assert self.layout is not None
        return self.layout

    def fill(self, number: int, cells: Floats, where: slice) -> None:
        """Write the figures of the first futures of a chunk into some columns, as many as these are."""
        self.sheet_laid_out.fill(self.sources(number, where.stop - where.start), cells, where)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a worker does with a chunk of futures that are held; into ``cells`` where it shares our memory."""

    draws: Chunks
    heads: Outline
    cells: Floats | None

    def __call__(self, chunk: tuple[int, int]) -> tuple[Ledger, Floats | None]:
        """Draw a chunk, and give what was counted of it, with its cells where they are not written in place."""
        (number, size), own = chunk, None
        if self.draws.compiled:
            loops.start()
        if self.cells is None:
            own = unfilled(self.draws.sheet_laid_out.height, size)
        cells, start = (self.cells, number * CHUNK) if own is None else (own, 0)
        assert cells is not None
        where = slice(start, start + size)
        self.draws.fill(number, cells, where)
        return self.heads.work_out(cells, NOTHING, where, Ledger.of(self.heads.program)), own


@dataclass(frozen=True, slots=True)
class Counting:
    """What a worker does with a span of stretches that are counted; those of the futures that are held stay.

    Attributes
    ----------
    held
        (row, simulation) cells of the futures that are held.
    bins
        An empty tally.
    counts
        Where threads count; None for a worker that does not share our memory.
    """

    draws: Chunks
    held: Floats
    bins: Tally | None = None
    counts: CountsByThread | None = None

    def empty_tally(self) -> Tally:
        """Give an empty tally with bins by what the first futures have."""
        whole, size = outline(self.draws.sheet_laid_out), min(SAMPLE, self.held.shape[1])
        self.draws.fill(0, self.held, slice(0, size))
        sample = unfilled(whole.program.stored, size)
        whole.work_out(self.held, sample, slice(0, size), Ledger.of(whole.program))
        return Tally.over(whole, sample, self.draws.sampler.replicates)

    def __call__(self, span: Sequence[Sequence[tuple[int, int]]]) -> list[Tally]:
        """Give a tally of each stretch, whose sums keep their order, with the counts of the whole span."""
        assert self.bins is not None
        if self.draws.compiled:
            loops.start()
        counts = self.bins.no_counts() if self.counts is None else self.counts.own()
        return [self.tally(stretch, self.bins.empty(counts)) for stretch in span]

    def tally(self, stretch: Sequence[tuple[int, int]], tally: Tally) -> Tally:
        """Count a stretch of chunks."""
        for number, size in stretch:
            start, cells = number * CHUNK, self.held
            if start >= cells.shape[1]:
                start, cells = 0, scratch("cells", self.draws.sheet_laid_out.height, CHUNK)
            where = slice(start, start + size)
            self.draws.fill(number, cells, where)
            tally.add(cells, where)
        tally.settle()
        return tally
