"""Figures of futures whose scores are given, not drawn: what sensitivity analysis asks of a model many times over."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simlib import loops
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.memory import scratch, unfilled
from simlib.model import Model
from simlib.outline import Outline, outline_of
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.sampling import CHUNK
from simlib.sheet import Sheet, sheet_of
from simlib.source import ChunkSource, own_workspace
from simlib.workers import parallel

LEAST = 2  # futures by which a sheet can be laid out


def figures_at(
    model: Model, scores: Floats, keys: Iterable[Key], *, n_jobs: int | None = None
) -> dict[Key, Floats]:
    """Give figures of futures that are told by their scores.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives; its readings are not looked at.
    scores
        (dimension, simulation) independent standard-normal scores, in the order of ``model.dimensions``; the file's
        correlations are made of them as in a simulation. At least two futures.
    keys
        Of the figures that are wanted, such as ``("options", "solo", "south_somerset", "gap_recurring")``; those of
        ``simlib.readouts`` that are figures, not facts.
    n_jobs
        Workers; 1 where left out. The result is the same for any number.

    Returns
    -------
    dict
        By key (simulation,) or (year, simulation).

    Raises
    ------
    ValueError
        If scores do not fit the model, or are of fewer than two futures.
    ModelError
        If a figure has no answer in some future, or figures were observed: futures that are told know nothing of them.
    """
    if model.observed:
        text = (
            "expected a file in which nothing is observed: this is asked of futures told by their scores, and which of "
            "those fit what has come in only drawing them can say"
        )
        raise ModelError([Problem("", "observed", text)])
    if scores.ndim != 2 or len(scores) != len(model.dimensions) or scores.shape[1] < LEAST:
        shape = f"({len(model.dimensions)}, n) with n of 2 or more"
        raise ValueError(f"expected scores of shape {shape}, got {scores.shape}")
    count = scores.shape[1]
    loops.start_for(count)
    sheet = sheet_of({"": model}, lambda: _sheet(model, scores[:, :CHUNK]))
    read = outline_of(sheet, tuple(keys))
    stored = unfilled(read.program.stored, count)
    where = [slice(k, min(k + CHUNK, count)) for k in range(0, count, CHUNK)]
    for _ in parallel(_Working(model, scores, sheet, read, stored), where, n_jobs):
        pass
    return {
        key: np.stack([stored[p] if isinstance(p, int) else np.full(count, p) for p in places])
        if len(places) > 1
        else stored[places[0]] if isinstance(places[0], int) else np.full(count, places[0])
        for key, places in read.figures.items()
    }


def _sheet(model: Model, scores: Floats) -> Sheet:
    source = _source(model, scores)
    return Sheet.of({"": model}, {"": source}, source.made, scores.shape[1])


def _source(model: Model, scores: Floats) -> ChunkSource:
    places = {dimension: place for place, dimension in enumerate(model.dimensions)}
    return ChunkSource(0, 0, places, np.ascontiguousarray(scores), model.dependences, space=own_workspace())


@dataclass(frozen=True, slots=True)
class _Working:
    """What a worker that shares our memory does with some of the futures."""

    model: Model
    scores: Floats
    sheet: Sheet
    read: Outline
    stored: Floats

    def __call__(self, where: slice) -> None:
        count = where.stop - where.start
        cells = scratch("cells", self.sheet.height, CHUNK)
        self.sheet.fill({"": _source(self.model, self.scores[:, where])}, cells, slice(0, count))
        ledger = Ledger.of(self.read.program)
        self.read.work_out(cells, self.stored, slice(0, count), ledger, first=where.start)
