"""How close simulating comes to its limit, the time that numpy needs to draw the same numbers; all on one core.

A future of the workload takes one normal number for each of its uncertain figures. The limit is numpy drawing as many
with the same generator (SFC64) into one small buffer, and doing nothing with them.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import SFC64, Generator

from scripts.benchmarks.rows import Row, alternately
from scripts.benchmarks.workload import with_loops, workload
from simlib import Model, loops, simulate
from simlib.kernels.paths import Floats
from simlib.memory import scratch
from simlib.outline import outline_of
from simlib.programs import Ledger
from simlib.sampling import CHUNK, SAMPLERS, make_sampler
from simlib.sheet import Sheet
from simlib.source import ChunkSource, own_workspace

SIMULATIONS = 1_000_000
NEAR = 512  # futures whose flows stand in the cache before the next ones take their place
TARGET = 1.3
KINDS = {"compiled": True, "numpy": False}


def rows(simulations: int = SIMULATIONS, times: int = 5) -> Iterator[Row]:
    """Give the table: the limit, then simlib's drawing and its simulation beside it."""
    model = workload()
    limit, uniform = draw_limit(model, simulations, times)
    count, per = len(model.dimensions), 1e9 / simulations
    yield Row("numpy draws a normal number", limit * per / count, "ns")
    yield Row("numpy draws a uniform number", uniform * per / count, "ns")
    yield Row(f"the limit: numpy draws the {count} normal numbers of a future", limit * per, "ns")
    for kind, compiled in KINDS.items():
        trouble = with_loops(compiled=compiled)
        if trouble:
            yield Row(f"everything below, {kind}", None, "×", note=trouble)
            continue
        yield from _beside(model, kind, simulations, times)


def _beside(model: Model, kind: str, simulations: int, times: int) -> Iterator[Row]:
    """Give simlib's times with one kind of loops, each beside a limit measured in turn with it."""
    tasks: dict[str, Callable[[], object]] = {
        "limit": partial(draw, len(model.dimensions), simulations),
        **{name: partial(scores, model, name, simulations) for name in SAMPLERS},
        "values": partial(valued, model, simulations),
        "alone": partial(evaluated, model, simulations),
        "simulate": partial(simulate, model, simulations, seed=1, sampler="random", n_jobs=1),
    }
    found = alternately(tasks, times)
    limit, target = found["limit"], TARGET if kind == "compiled" else None
    for name in SAMPLERS:
        yield Row(f"simlib's own drawing, sampler {name}, {kind} ÷ limit", found[name] / limit, "×")
    yield Row(f"draws to every figure's value, {kind} ÷ limit", found["values"] / limit, "×")
    yield Row(
        f"draws to every option's flows, {kind} ÷ limit", found["alone"] / limit, "×", target,
        note="drawing, correlations, distributions, and every flow of every option and year; nothing kept or counted",
    )  # fmt: skip
    yield Row(
        f"simulate, {kind} ÷ limit", found["simulate"] / limit, "×",
        note="the same, the first futures kept and of all others every statistic counted as they pass",
    )  # fmt: skip


def draw_limit(model: Model, simulations: int, times: int) -> tuple[float, float]:
    """Give the seconds that numpy needs for the workload's numbers: normal ones, and uniform ones."""
    count = len(model.dimensions)
    found = alternately(
        {method: partial(draw, count, simulations, method) for method in ("standard_normal", "random")}, times
    )
    return found["standard_normal"], found["random"]


def draw(dimensions: int, simulations: int, method: str = "standard_normal") -> None:
    """Draw that many numbers for that many futures into one buffer, and do nothing with them."""
    fill, room = getattr(Generator(SFC64(1)), method), np.empty(dimensions * CHUNK)
    for size in sizes(simulations):
        fill(out=room[: dimensions * size])


def sizes(simulations: int) -> Iterator[int]:
    """Give the futures of each chunk."""
    for start in range(0, simulations, CHUNK):
        yield min(CHUNK, simulations - start)


def scores(model: Model, sampler: str, simulations: int) -> None:
    """Draw the workload's scores as simlib does, and do nothing with them."""
    source = make_sampler(sampler, 1, model.dimensions, simulations)
    for chunk, size in enumerate(sizes(simulations)):
        source.scores(model.dimensions, chunk, size, scratch("scores", len(model.dimensions), size))


def valued(model: Model, simulations: int) -> None:
    """Draw futures and turn them into the values of every figure; keep nothing."""
    for _ in _sheets(model, simulations):
        pass


def evaluated(model: Model, simulations: int) -> None:
    """Draw futures, turn them into values, and these into all flows of all options; keep and count nothing."""
    names = ("gap_after", "gap_recurring", "general_fund", "one_off_own_pots", "one_off_external_pots")
    pairs = [(model.options[o].id, model.councils[c].id) for o, c in model.pairs]
    keys = tuple(("options", *pair, name) for pair in pairs for name in names)
    for sheet, cells, size in _sheets(model, simulations):
        read = outline_of(sheet, keys)
        near = NEAR if loops.on() else CHUNK  # numpy takes a chunk at once
        stored, ledger = scratch("flows", read.program.stored, near), Ledger.of(read.program)
        for start in range(0, size, near):
            read.work_out(cells, stored, slice(start, min(start + near, size)), ledger)


def _sheets(model: Model, simulations: int) -> Iterator[tuple[Sheet, Floats, int]]:
    """Give each chunk's sheet of figures, its cells and its number of futures."""
    sampler, sheet = make_sampler("random", 1, model.dimensions, simulations), None
    places = {dimension: place for place, dimension in enumerate(model.dimensions)}
    for chunk, size in enumerate(sizes(simulations)):
        drawn = sampler.scores(model.dimensions, chunk, size, scratch("scores", len(model.dimensions), size))
        source = ChunkSource(1, chunk, places, drawn, model.dependences, space=own_workspace())
        sheet = sheet or Sheet.of({"": model}, {"": source}, source.made, size)
        cells = scratch("cells", sheet.height, CHUNK)
        sheet.fill({"": source}, cells, slice(0, size))
        yield sheet, cells, size
