"""Read futures once and estimate everything that is read: facts as chances, figures as statistics.

What there is to read is in ``simlib.readouts``; how the results are laid out is in ``simlib.summary``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simlib.engine import parallel
from simlib.estimates import Chance, Statistics, chance, counted, in_order, moments, ordered_statistics, quantiles
from simlib.kernels.paths import Floats
from simlib.readouts import Held, Key, Readout, parts
from simlib.results import Futures, copy_rows, rooms
from simlib.sampling import CHUNK

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
        found.counts, found.moments = futures.tally.facts, futures.tally.moments
        for key, counts in found.counts.items():
            found.chances[key] = chance(counts, futures.trials)
        for key, histograms in futures.tally.figures.items():
            found.figures[key] = [histogram.statistics() for histogram in histograms]
            if key[-1] == "gap_recurring":
                found.curves[key] = histograms[futures.model.target].quantiles(np.asarray(CURVE)).tolist()
        return found
    for part in parallel(partial(_estimated, futures), parts(futures.model), n_jobs):
        found.counts |= part.counts
        found.chances |= part.chances
        found.figures |= part.figures
        found.moments |= part.moments
        found.curves |= part.curves
    return found


def _estimated(futures: Futures, read: Callable[[Held], Iterator[Readout]]) -> Estimates:
    """Estimate one part of what is read."""
    found = Estimates()
    found.counts, figures, found.moments = _gathered(futures, read)
    for key, counts in found.counts.items():
        found.chances[key] = chance(counts, futures.trials)
    for key, figure in figures.items():
        rows = np.atleast_2d(figure)
        ordered = [in_order(row) for row in rows]
        found.figures[key] = [
            ordered_statistics(row, sorted_row, futures.replicates)
            for row, sorted_row in zip(rows, ordered, strict=True)
        ]
        if key[-1] == "gap_recurring":
            found.curves[key] = quantiles(ordered[futures.model.target], np.asarray(CURVE)).tolist()
    return found


def _gathered(
    futures: Futures, read: Callable[[Held], Iterator[Readout]]
) -> tuple[dict[Key, NDArray[np.int64]], dict[Key, Floats], dict[Key, Floats]]:
    """Count the facts and collect the figures of one part, a block at a time so that what is in between stays small."""
    facts: dict[Key, NDArray[np.int64]] = {}
    figures: dict[Key, Floats] = {}
    sums: dict[Key, Floats] = {}
    for start in range(0, futures.held, CHUNK):
        where = slice(start, min(start + CHUNK, futures.held))
        found = dict(read(futures.holding.part(where)))
        if not start:
            plain = {key: array for key, array in found.items() if key[0] != "moments" and array.dtype != np.bool_}
            shapes = {key: array.shape[:-1] for key, array in plain.items()}
            figures = rooms(shapes, futures.held)
        for key, array in found.items():
            if key[0] == "moments":
                sums[key] = sums.get(key, 0.0) + moments(np.asarray(array, dtype=float), futures.replicates)
            elif key in figures:
                copy_rows(figures[key][..., where], np.asarray(array, dtype=float))
            else:
                counts = counted(np.asarray(array, dtype=bool), futures.replicates)
                facts[key] = facts[key] + counts if key in facts else counts
    return facts, figures, sums
