"""Draw futures: chunks of random numbers, each turned into money, in any number of workers with the same result.

A chunk is a fixed stretch of the index of futures, so that neither workers nor blocks can be seen in the
numbers. Readings run beside the base model on the very same draws. What is made of the futures is in
``simlib.summary``; how a figure or a flow is calculated in ``simlib.drivers`` and ``simlib.flows``.
"""

import math
import secrets
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simlib.config import placing
from simlib.config.precision import NAMES, Precision, amounts
from simlib.delivery import deliver
from simlib.drivers import Driver, Memo, PlanSource, evaluate
from simlib.errors import ModelError, Problem
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.precision import reached
from simlib.readouts import Key, headline, read_all
from simlib.results import HELD, Block, Futures, Tally
from simlib.sampling import CHUNK, Dimension, RandomSampler, Sampler, by_influence, explained, make_sampler
from simlib.source import ChunkSource

MOST_STAGED = 2**24  # futures, where a precision is asked for and no number
PILOT, PILOT_SEED = 8_192, 2  # futures that tell what matters, the same for every seed of a run
MOST_ORDERED = 21_201  # dimensions for which scipy has direction numbers
LARGEST_STEP = 64.0  # an interval so many times too wide, or without an end, is looked at again before more is drawn
NEARLY_ONE = 1.25
STRETCH = 8  # chunks that one worker counts in one go
Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


def simulate(
    model: Model,
    simulations: int | None = None,
    *,
    seed: int | None = None,
    sampler: str | None = None,
    precision: float | Mapping[str, float] | None = None,
    n_jobs: int | None = None,
    backend: str | None = None,
    progress: Progress | None = None,
    order: Sequence[tuple[str, int]] | None = None,
) -> Futures:
    """Draw futures of a model and of its readings.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives.
    simulations, seed, sampler
        Instead of what the file says; with no seed anywhere, one is drawn and recorded.
    precision
        Half-width that the 95 % interval of every headline chance should have [share], or half-widths by name
        for other figures too: ``{"chance": 0.005, "p90": 0.05}`` [money for the recurring gap in the target year;
        in a file without options as its outputs are]. Futures are drawn in stages until all are met, or until
        ``simulations`` (where stated, else 16,777,216) are drawn. The result is the same as asking for that
        number at once.
    n_jobs
        Workers; 1 where left out. The result is the same for any number, to the byte.
    backend
        joblib's: ``threading`` (the default) or ``loky``.
    progress
        Called with the futures done and wanted.
    order
        Name and year of the dimensions of a former run, as its ``config.dimensions`` has them: they keep their
        places in the sequence of ``sobol``, so that with the same seed what has been added since moves nobody.

    Returns
    -------
    Futures
        With the seed that was used.

    Raises
    ------
    ModelError
        When an order is given to a sampler that has none, or a figure has no answer in some future.
    """
    run = model.config.run
    stated = simulations if simulations is not None or "simulations" not in run.model_fields_set else run.simulations
    used = next((s for s in (seed, run.seed) if s is not None), secrets.randbits(32))
    wanted = _wanted(run.precision, precision)
    with placing(model.config):
        draw = _Draw(_tasks(model, sampler or run.sampler, used, order), n_jobs, backend, progress)
        if not wanted:
            return draw(run.simulations if stated is None else stated)
        return _until(draw, wanted, MOST_STAGED if stated is None else stated)


def _tasks(
    model: Model, sampler: str, seed: int, order: Sequence[tuple[str, int]] | None
) -> "Callable[[int], _ChunkTask]":
    """Give what makes a worker's task for a number of futures, with a sampler for that number."""
    everything = tuple(dict.fromkeys(d for m in (model, *model.readings.values()) for d in m.dimensions))
    ordered = make_sampler(sampler, seed, everything, CHUNK).dimensions is not None
    if order is not None and not ordered:
        text = f"expected sobol, the one sampler with an order to keep, got '{sampler}'"
        raise ModelError([Problem("", "run.sampler", text)])
    former = tuple(Dimension(*place) for place in order or ())  # those that are gone keep their places empty
    if ordered and (wanted := len({*former, *everything})) > MOST_ORDERED:
        text = f"expected at most {MOST_ORDERED:,} uncertain figures of the sampler {sampler}, each year counted"
        text += f" and those of an order that is kept, got {wanted:,}; say sampler: random"
        raise ModelError([Problem("", "run.sampler", text)])
    placed = tuple(dict.fromkeys((*former, *(_by_influence(model, everything) if ordered else everything))))
    return lambda count: _ChunkTask(model, make_sampler(sampler, seed, placed, count), everything, seed)


def _by_influence(model: Model, everything: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    """Order coordinates by what they do to the headline's figures in a few plain random futures.

    The first dimensions of a Sobol' sequence are its best: they go to what matters most, wherever it stands in the
    file. What a pilot of `PILOT` futures cannot tell from nothing stays in order of first appearance; so does all where
    a figure has no answer in one of them, as they are none of the run's futures and must not refuse it. The pilot's
    seed is its own: the order is a property of the model, not of a run's seed.
    """
    scores = RandomSampler(PILOT_SEED).scores(everything, 0, PILOT)
    places = {dimension: i for i, dimension in enumerate(everything)}
    source = ChunkSource(PILOT_SEED, 0, places, scores, model.dependences, even=True)
    try:
        block = _block(model, source, PILOT, 1, {})
    except ModelError:
        return everything
    found = [flows(model, block.delivery, o, c) for o, c in model.pairs]
    figures = [flow.run_rate if flow.gap_recurring is None else flow.gap_recurring for flow in found]
    told = [np.broadcast_to(figure, (len(model.years), PILOT))[model.target] for figure in figures]
    rows = told or [row for output in block.outputs.values() for row in np.atleast_2d(output)]
    return by_influence(everything, explained(scores, np.stack(rows)) if rows else np.zeros(len(everything)))


def _wanted(stated: Precision | None, given: float | Mapping[str, float] | None) -> dict[str, float]:
    """Give the half-widths that are asked for by name, of the file where nothing is given."""
    if given is None:
        return amounts(stated or ())
    wanted = dict(given) if isinstance(given, Mapping) else {"chance": given}
    for name, amount in wanted.items():
        if name not in NAMES or not amount > 0:
            text = f"expected amounts above 0 for some of {', '.join(NAMES)}, got {amount!r} for {name!r}"
            raise ModelError([Problem("", "run.precision", text)])
    return wanted


def _until(draw: "_Draw", wanted: Mapping[str, float], most: int) -> Futures:
    """Draw in stages until everything is as precise as asked."""
    count = min(CHUNK, most)
    while True:
        futures = draw(count)
        found = reached(futures, wanted)
        too_wide = max(found[name] / wanted[name] for name in wanted)
        if too_wide <= 1 or count >= most:
            return replace(futures, asked_precision=wanted)
        count = _next_stage(count, too_wide, most, replicated=futures.replicates > 1)
        del futures  # before the next ones need their memory


def _next_stage(count: int, too_wide: float, most: int, *, replicated: bool) -> int:
    """Give the futures of the next stage: a power of two, as many as the one before suggests.

    Notes
    -----
    Errors of independent futures fall with the square root of their number. Those of replicates fall faster,
    nobody knows by how much: the stage is taken as if nearly with the number itself, so that it is seldom too long.
    """
    growth = min(too_wide, LARGEST_STEP) ** (NEARLY_ONE if replicated else 2.0)
    return int(min(most, 2 ** max(math.ceil(math.log2(count * growth)), int(math.log2(count)) + 1)))


@dataclass(frozen=True, slots=True)
class _Draw:
    """Draws a number of futures: the first are held, the others counted."""

    task_of: Callable[[int], "_ChunkTask"]  # with a sampler made for the number: each stage may need its own
    n_jobs: int | None
    backend: str | None
    progress: Progress | None

    def __call__(self, wanted: int) -> Futures:
        task = self.task_of(wanted)
        model, sampler, keep = task.model, task.sampler, task.model.config.run.keep
        count = -(-wanted // sampler.replicates) * sampler.replicates
        chunks = [(k, min(CHUNK, count - k * CHUNK)) for k in range(-(-count // CHUNK))]
        whole = -(-max(HELD, count if keep == "all" else int(keep)) // CHUNK) * CHUNK  # a chunk is held or counted
        held = min(count, whole)
        first = [chunk for chunk in chunks if chunk[0] * CHUNK < held]
        terms = {"seed": task.seed, "sampler": sampler.name, "replicates": sampler.replicates}
        layout = task((0, sampler.replicates))
        futures = Futures.starting(
            model, layout, count=count, wanted=wanted, held=held, dimensions=sampler.dimensions, **terms
        )
        self.hold(task, futures, first)
        if count > held:
            self.stream(task, futures, chunks[len(first) :])
        return futures

    def hold(self, task: "_ChunkTask", futures: Futures, chunks: Sequence[tuple[int, int]]) -> None:
        """Draw the futures that are held; workers that share our memory put them into place themselves."""
        if self.backend in (None, "threading"):
            results = parallel(_HoldingTask(task, futures), chunks, self.n_jobs, self.backend)
        else:
            results = (futures.put(block) for block in parallel(task, chunks, self.n_jobs, self.backend))
        for readings, (k, size) in zip(results, chunks, strict=True):
            futures.count_readings(readings)
            _tell(self.progress, k * CHUNK + size, futures.count)

    def stream(self, task: "_ChunkTask", futures: Futures, chunks: Sequence[tuple[int, int]]) -> None:
        """Count the futures that are not held, chunk by chunk."""
        tally = Tally(futures.replicates)
        places = [slice(start, start + CHUNK) for start in range(0, futures.held, CHUNK)]
        tally.add(read_all(futures.model, futures.holding.part(places[0])))  # the first sets the bins
        for counts in parallel(_RecountingTask(futures, tally.empty()), places[1:], self.n_jobs):
            tally.merge(counts)
        counting = _CountingTask(replace(task, readings=False), tally.empty())
        stretches = [tuple(chunks[k : k + STRETCH]) for k in range(0, len(chunks), STRETCH)]
        for (counts, readings), stretch in zip(
            parallel(counting, stretches, self.n_jobs, self.backend), stretches, strict=True
        ):
            tally.merge(counts)
            futures.count_readings(readings)
            _tell(self.progress, stretch[-1][0] * CHUNK + stretch[-1][1], futures.count)
        futures.tally = tally


def _tell(progress: Progress | None, done: int, count: int) -> None:
    if progress is not None:
        progress(min(done, count), count)


def simulate_plan(model: Model) -> Futures:
    """Give the business case's own numbers: the same shape as futures, one future, nothing uncertain."""
    block = _block(model, PlanSource(), 1, 1, model.readings)
    futures = Futures.starting(model, block, count=1, wanted=1, held=1, seed=None, sampler="plan", replicates=1)
    futures.count_readings(futures.put(block))
    return futures


def parallel(
    task: Callable[[Item], Result], items: Sequence[Item], n_jobs: int | None, backend: str | None = None
) -> Iterable[Result]:
    """Give the results of a task in the items' order, whoever does the work."""
    workers = min(n_jobs or 1, len(items))
    if workers <= 1:
        return map(task, items)
    if backend in (None, "threading"):
        return _in_threads(task, items, workers)
    return _in_processes(task, items, workers, backend)


def _in_threads(task: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterable[Result]:
    """Share the work out among threads: the arrays are numpy's, which lets go of the interpreter while it works."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(task, items)


def _in_processes(
    task: Callable[[Item], Result], items: Sequence[Item], workers: int, backend: str
) -> Iterable[Result]:
    """Share the work out among joblib's processes, whatever engine is behind them."""
    from joblib import Parallel, delayed

    pool: Any = Parallel(n_jobs=workers, backend=backend, return_as="generator", batch_size=1, pre_dispatch="n_jobs")
    yield from pool(delayed(task)(item) for item in items)


@dataclass(frozen=True, slots=True)
class _ChunkTask:
    """What a worker does with one chunk."""

    model: Model
    sampler: Sampler
    dimensions: tuple[Dimension, ...]
    seed: int
    readings: bool = True  # whether they are run beside the model: on the futures that are held

    def __call__(self, chunk: tuple[int, int]) -> Block:
        number, size = chunk
        scores = self.sampler.scores(self.dimensions, number, size)
        places = {dimension: i for i, dimension in enumerate(self.dimensions)}
        even = self.sampler.replicates > 1
        source = ChunkSource(self.seed, number, places, scores, self.model.dependences, even)
        readings = self.model.readings if self.readings else {}
        return _block(self.model, source, size, self.sampler.replicates, readings, number * CHUNK)


@dataclass(frozen=True, slots=True)
class _HoldingTask:
    """What a worker that shares our memory does with a chunk of futures that are held."""

    chunk: _ChunkTask
    futures: Futures

    def __call__(self, chunk: tuple[int, int]) -> dict[Key, NDArray[np.int64]]:
        return self.futures.put(self.chunk(chunk))


@dataclass(frozen=True, slots=True)
class _RecountingTask:
    """What a worker that shares our memory does with futures that are held and counted too."""

    futures: Futures
    bins: Tally

    def __call__(self, where: slice) -> Tally:
        tally = self.bins.empty()
        tally.add(read_all(self.futures.model, self.futures.holding.part(where)))
        return tally


@dataclass(frozen=True, slots=True)
class _CountingTask:
    """What a worker does with a stretch of chunks that are counted and let go."""

    chunk: _ChunkTask
    bins: Tally

    def __call__(self, stretch: Sequence[tuple[int, int]]) -> tuple[Tally, dict[Key, NDArray[np.int64]]]:
        tally = self.bins.empty()
        readings: dict[Key, NDArray[np.int64]] = {}
        for chunk in stretch:
            block = self.chunk(chunk)
            tally.add(read_all(self.chunk.model, block.holding))
            for key, counts in block.readings.items():
                readings[key] = readings.get(key, np.zeros_like(counts)) + counts
        return tally, readings


def _block(
    model: Model,
    source: ChunkSource | PlanSource,
    size: int,
    replicates: int,
    readings: Mapping[str, Model],
    start: int = 0,
) -> Block:
    """Evaluate a model and readings of it on one source of figures."""
    memo: Memo = source.made if isinstance(source, ChunkSource) else {}
    values = evaluate(model.nodes, source, memo)
    delivery = deliver(model, values, size, memo)
    drivers = {
        node.address: _wide(value, size)
        for node, value in zip(model.nodes, values, strict=True)
        if isinstance(node, Driver)
    }
    outputs = {output.id: _wide(values[output.node], size) for output in model.outputs}
    counts: dict[Key, NDArray[np.int64]] = {}
    counted_already: dict[Hashable, NDArray[np.int64]] = {}
    for name, reading in {"": model, **readings}.items():  # "" is the base reading
        own = source.under(reading.dependences) if isinstance(source, ChunkSource) else source
        made = memo if isinstance(source, ChunkSource) else {}
        other = deliver(reading, evaluate(reading.nodes, own, made), size, made)
        for key, count in headline(reading, other, replicates, counted_already if made is memo else {}):
            counts[("readings", name, *key[1:])] = count
    return Block(start, delivery.worked_out(), drivers, outputs, counts)


def _wide(value: Floats, size: int) -> Floats:
    """Give a figure as (…, simulation), also where it is the same in every future."""
    return np.broadcast_to(value, (*value.shape[:-1], size)) if value.ndim else np.full(size, value)
