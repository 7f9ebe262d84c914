"""Read futures once and estimate everything that is read: facts as chances, figures as statistics.

What there is to read is in ``simlib.readouts``; how the results are laid out is in ``simlib.summary``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import TOGETHER, Chance, Statistics, certain_statistics, chances_of, statistics_with
from simlib.kernels.paths import Floats
from simlib.memory import unfilled
from simlib.model import Model
from simlib.outline import Outline, outlines
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sampling import CHUNK
from simlib.workers import parallel

MOST_CELLS = 2**23  # figures of all futures that stand in memory at once, 64 MiB of them
CURVE = tuple(k / 100 for k in range(101))


@dataclass(slots=True)
class Estimates:
    """Every fact as a chance and as counts by replicate, every figure as statistics by row, by key."""

    counts: dict[Key, NDArray[np.int64]] = field(default_factory=dict)
    chances: dict[Key, Chance] = field(default_factory=dict)
    figures: dict[Key, list[Statistics]] = field(default_factory=dict)
    moments: dict[Key, Floats] = field(default_factory=dict)  # sums, and sums of squares, by replicate
    curves: dict[Key, list[float]] = field(default_factory=dict)


def estimates(futures: Futures, n_jobs: int | None) -> Estimates:
    """Estimate everything: from the held futures, or from the tally where more were drawn."""
    found = Estimates()
    if futures.tally is not None:
        tally = futures.tally
        found.counts = {key: counts for key, counts in tally.facts.items() if key[0] != "readings"}
        found.moments = tally.moments
        _file(found, tally.outline, tally.figures.statistics(), futures)
        for key, place in _curved(tally.outline, futures.model).items():
            found.curves[key] = _curve(place, partial(tally.figures.quantiles_of, levels=np.asarray(CURVE)))
    else:
        assert futures.sheet is not None
        parts = outlines(futures.sheet, max(MOST_CELLS // futures.held, 1))
        rows = unfilled(max(part.program.stored for part in parts), futures.held)
        for part in parts:
            _estimate(found, part, futures, rows[: part.program.stored], n_jobs)
    if found.counts:
        counts = np.stack(list(found.counts.values()))
        found.chances = dict(zip(found.counts, chances_of(counts, futures.trials), strict=True))
    return found


def _estimate(found: Estimates, read: Outline, futures: Futures, rows: Floats, n_jobs: int | None) -> None:
    """Estimate one part of what is read from the futures that are held; its figures are worked out into ``rows``."""
    assert futures.cells is not None
    ledger = Ledger.of(read.program)
    chunks = [slice(k, min(k + CHUNK, futures.held)) for k in range(0, futures.held, CHUNK)]
    for counts in parallel(_Reading(read, futures.cells, rows), chunks, n_jobs):
        ledger.merge(counts)
    found.counts |= read.counted(ledger, futures.held, futures.replicates)
    found.moments |= read.summed(ledger, futures.held, futures.replicates)
    curved = _curved(read, futures.model)
    figures: list[Statistics] = []
    curves: dict[int, Floats] = {}
    parts = [slice(k, k + TOGETHER) for k in range(0, len(rows), TOGETHER)]
    places = {place for place in curved.values() if isinstance(place, int)}
    for part, some in parallel(_Estimating(rows, futures.replicates, places), parts, n_jobs):
        figures += part
        curves |= some
    _file(found, read, figures, futures)
    found.curves |= {key: _curve(place, curves.__getitem__) for key, place in curved.items()}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a worker that shares our memory does with a chunk of futures that are held."""

    read: Outline
    cells: Floats
    rows: Floats

    def __call__(self, where: slice) -> Ledger:
        return self.read.work_out(self.cells, self.rows, where, Ledger.of(self.read.program), first=where.start)


@dataclass(frozen=True, slots=True)
class _Estimating:
    """What a worker that shares our memory does with the rows of some figures."""

    rows: Floats
    replicates: int
    curved: set[int]

    def __call__(self, where: slice) -> tuple[list[Statistics], dict[int, Floats]]:
        rows, first = self.rows[where], where.start
        also = {place - first: np.asarray(CURVE) for place in self.curved if first <= place < first + len(rows)}
        found, more = statistics_with(rows, self.replicates, also)
        return found, {first + k: values for k, values in more.items()}


def _curved(read: Outline, model: Model) -> dict[Key, int | float]:
    """Give the figures of which the whole distribution is told: the target year's gaps, the reserves needed."""
    years = {"gap_recurring": model.target, "reserve_needed": 0}
    return {key: rows[years[key[-1]]] for key, rows in read.figures.items() if key[-1] in years}


def _curve(place: float, quantiles: Callable[[int], Floats]) -> list[float]:
    """Give the quantiles of a figure in a row, or of one that is the same in every future."""
    return quantiles(place).tolist() if isinstance(place, int) else [place] * len(CURVE)


def _file(found: Estimates, read: Outline, figures: Sequence[Statistics], futures: Futures) -> None:
    """Put statistics under their keys."""
    for key, places in read.figures.items():
        found.figures[key] = [
            figures[place] if isinstance(place, int) else certain_statistics(place, futures.replicates, futures.count)
            for place in places
        ]
