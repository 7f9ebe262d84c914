"""Draw futures: chunks of random numbers, each turned into money, in any number of workers with the same result.

A chunk is a fixed stretch of the index of futures, so that neither workers nor blocks can be seen in the
numbers. Readings run beside the base model on the very same draws. What is made of the futures is in
``simlib.summary``; how a figure or a flow is calculated in ``simlib.drivers`` and ``simlib.flows``.
"""

import math
import secrets
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simlib.config import placing
from simlib.delivery import deliver
from simlib.dependence import CommonFactor, Dependences, Joint
from simlib.drivers import Driver, Event, HierarchicalDriver, Memo, PlanSource, SumOfDraws, evaluate, happening, token
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.passage import through_years
from simlib.readouts import Key, headline, read_all
from simlib.results import HELD, Block, Futures, Tally
from simlib.sampling import CHUNK, Dimension, Sampler, make_sampler, stream
from simlib.sampling.dependence import common_factor

MOST_STAGED = 2**24  # futures, where a precision is asked for and no number
STRETCH = 8  # chunks that one worker counts in one go
MOST_INDIVIDUALS = 20_000  # in one sum_of: more is a count in the wrong unit
Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class ChunkSource:
    """The random numbers of one chunk, and the drivers made of them; each is made once, for all readings.

    Attributes
    ----------
    scores
        (dimension, simulation) standard-normal scores, independent of each other.
    """

    seed: int
    chunk: int
    places: dict[Dimension, int]
    scores: Floats
    dependences: Dependences
    made: Memo = field(default_factory=dict)
    planned: bool = False

    def under(self, dependences: Dependences) -> "ChunkSource":
        """Give the same numbers for a reading with correlations of its own."""
        return ChunkSource(self.seed, self.chunk, self.places, self.scores, dependences, self.made)

    def row(self, dimension: Dimension) -> Floats:
        """Give the (simulation,) score of a coordinate, correlated as the file asks."""
        group = self.dependences.groups.get(dimension)
        if group is None:
            return np.asarray(self.scores[self.places[dimension]])
        key = (dimension, group)
        if key not in self.made:
            self.made[key] = self._correlated(dimension, group)
        return self.made[key]

    def _correlated(self, dimension: Dimension, group: CommonFactor | Joint) -> Floats:
        own = self.scores[self.places[dimension]]
        if isinstance(group, CommonFactor):
            return common_factor(own, self.scores[self.places[group.factor]], group.weight)
        weights = group.rows[group.members.index(dimension)]
        parts = (w * self.scores[self.places[m]] for w, m in zip(weights, group.members, strict=False) if w)
        return np.asarray(np.sum(list(parts), axis=0))

    def driver(self, node: Driver) -> Floats:
        """Give a driver's values: (simulation,), or (year, simulation) where it varies."""
        groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
        key = (node.distribution, node.varies, node.dimensions, groups)
        if key not in self.made:
            self.made[key] = self._drawn(node)
        return self.made[key]

    def _drawn(self, node: Driver) -> Floats:
        from_score = node.distribution.from_score
        return through_years([self.row(d) for d in node.dimensions], node.varies, lambda row, _: from_score(row))

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        """Give the values of a driver whose parameters differ from future to future."""
        groups = tuple(self.dependences.groups.get(d) for d in node.dimensions)
        own = tuple((name, token(value)) for name, value in parameters.items())
        key = (node.distribution, own, node.varies, node.dimensions, groups)
        if key not in self.made:
            self.made[key] = node.at(parameters, [self.row(d) for d in node.dimensions])
        return self.made[key]

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        """Give the moments of an event."""
        from scipy.special import ndtr

        group = self.dependences.groups.get(node.dimension)
        key = (node.dimension, group, node.moments, node.hazard, node.until, *map(token, chances))
        if key not in self.made:
            self.made[key] = happening(node, ndtr(self.row(node.dimension)), chances)
        return self.made[key]

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        """Give the sum of individual draws; a fraction of one counts as that part of its amount."""
        simulations = self.scores.shape[1]
        number = np.broadcast_to(count, (simulations,))
        most = int(np.ceil(number.max(initial=0.0)))
        if most > MOST_INDIVIDUALS or number.min(initial=0.0) < 0:
            got = f"{number.min():g} to {number.max():g}"
            text = f"expected a number from 0 to {MOST_INDIVIDUALS:,} in every future, got {got}"
            raise ModelError([Problem("", f"{node.address}.sum_of", text)])
        total = np.zeros(simulations)
        for k in range(most):
            scores = stream(self.seed, node.stream, (k, self.chunk)).standard_normal(simulations)
            amounts = node.distribution.from_score(np.asarray(scores))
            total += np.clip(number - k, 0.0, 1.0) * amounts
        return total


def simulate(
    model: Model,
    simulations: int | None = None,
    *,
    seed: int | None = None,
    sampler: str | None = None,
    precision: float | None = None,
    n_jobs: int | None = None,
    backend: str | None = None,
    progress: Progress | None = None,
) -> Futures:
    """Draw futures of a model and of its readings.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives.
    simulations, seed, sampler
        Instead of what the file says; with no seed anywhere, one is drawn and recorded.
    precision
        Half-width of the 95 % interval that every headline chance should have [share]: futures are drawn in
        stages until it is met, or until ``simulations`` (where stated, else 16,777,216) are drawn. The result
        is the same as asking for that number at once.
    n_jobs
        Workers; 1 where left out. The result is the same for any number, to the byte.
    backend
        joblib's: ``threading`` (the default) or ``loky``.
    progress
        Called with the futures done and wanted.

    Returns
    -------
    Futures
        With the seed that was used.
    """
    run = model.config.run
    stated = simulations if simulations is not None or "simulations" not in run.model_fields_set else run.simulations
    used = next((s for s in (seed, run.seed) if s is not None), secrets.randbits(32))
    everything = tuple(dict.fromkeys(d for m in (model, *model.readings.values()) for d in m.dimensions))
    source = make_sampler(sampler or run.sampler, used, everything)
    draw = _Draw(_ChunkTask(model, source, everything, used), n_jobs, backend, progress)
    wanted = run.precision if precision is None else precision
    with placing(model.config):
        if wanted is None:
            return draw(run.simulations if stated is None else stated)
        return _until(draw, wanted, MOST_STAGED if stated is None else stated)


def _until(draw: "_Draw", wanted: float, most: int) -> Futures:
    """Draw in stages, each a power of two as large as the one before suggests, until precise enough."""
    count = min(CHUNK, most)
    while True:
        futures = draw(count)
        reached = futures.precision
        if reached is None or reached <= wanted or count >= most:
            return replace(futures, asked_precision=wanted)
        needed = count * (reached / wanted) ** 2
        count = min(most, 2 ** max(math.ceil(math.log2(needed)), int(math.log2(count)) + 1))


@dataclass(frozen=True, slots=True)
class _Draw:
    """Draws a number of futures: the first are held, the others counted."""

    task: "_ChunkTask"
    n_jobs: int | None
    backend: str | None
    progress: Progress | None

    def __call__(self, wanted: int) -> Futures:
        model, sampler, keep = self.task.model, self.task.sampler, self.task.model.config.run.keep
        count = -(-wanted // sampler.replicates) * sampler.replicates
        chunks = [(k, min(CHUNK, count - k * CHUNK)) for k in range(-(-count // CHUNK))]
        whole = -(-max(HELD, count if keep == "all" else int(keep)) // CHUNK) * CHUNK  # a chunk is held or counted
        held = min(count, whole)
        first = [chunk for chunk in chunks if chunk[0] * CHUNK < held]
        terms = {"seed": self.task.seed, "sampler": sampler.name, "replicates": sampler.replicates}
        layout = self.task((0, sampler.replicates))
        futures = Futures.starting(model, layout, count=count, wanted=wanted, held=held, **terms)
        self.hold(futures, first)
        if count > held:
            self.stream(futures, chunks[len(first) :])
        return futures

    def hold(self, futures: Futures, chunks: Sequence[tuple[int, int]]) -> None:
        """Draw the futures that are held; workers that share our memory put them into place themselves."""
        if self.backend in (None, "threading"):
            results = parallel(_HoldingTask(self.task, futures), chunks, self.n_jobs, self.backend)
        else:
            results = (futures.put(block) for block in parallel(self.task, chunks, self.n_jobs, self.backend))
        for readings, (k, size) in zip(results, chunks, strict=True):
            futures.count_readings(readings)
            _tell(self.progress, k * CHUNK + size, futures.count)

    def stream(self, futures: Futures, chunks: Sequence[tuple[int, int]]) -> None:
        """Count the futures that are not held, chunk by chunk."""
        tally = Tally(futures.replicates)
        places = [slice(start, start + CHUNK) for start in range(0, futures.held, CHUNK)]
        tally.add(read_all(futures.model, futures.holding.part(places[0])))  # the first sets the bins
        for counts in parallel(_RecountingTask(futures, tally.empty()), places[1:], self.n_jobs):
            tally.merge(counts)
        counting = _CountingTask(replace(self.task, readings=False), tally.empty())
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
        source = ChunkSource(self.seed, number, places, scores, self.model.dependences)
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
