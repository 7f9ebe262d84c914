"""Draw futures: chunks of random numbers, each turned into money, in any number of workers with the same result.

A chunk is a fixed stretch of the index of futures, so that neither workers nor blocks can be seen in the
numbers. Readings run beside the base model on the very same draws. What is made of the futures is in
``simlib.summary``; how a figure or a flow is calculated in ``simlib.drivers`` and ``simlib.flows``.
"""

import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.chunks import Chunks, Counting, Holding
from simlib.config import placing
from simlib.config.precision import NAMES, Precision, amounts
from simlib.delivery import deliver
from simlib.drivers import PlanSource, evaluate
from simlib.errors import ModelError, Problem
from simlib.flows import flows
from simlib.histograms import MOST
from simlib.memory import budget, refuse_too_large, uncollected, unfilled
from simlib.model import Model
from simlib.observing import Conditioned, Search
from simlib.outline import headlines, holding
from simlib.precision import reached
from simlib.programs import Ledger
from simlib.readouts import Key, headline
from simlib.results import HELD, CountsByThread, Futures, Tally
from simlib.sampling import (
    CHUNK,
    Dimension,
    KeptSampler,
    RandomSampler,
    by_influence,
    explained,
    make_sampler,
)
from simlib.source import ChunkSource
from simlib.workers import parallel, share_memory

MOST_STAGED = 2**24  # futures, where a precision is asked for and no number
PILOT, PILOT_SEED = 8_192, 2  # futures that tell what matters, the same for every seed of a run
MOST_ORDERED = 21_201  # dimensions for which scipy has direction numbers
LARGEST_STEP = 64.0  # an interval so many times too wide, or without an end, is looked at again before more is drawn
NEARLY_ONE = 1.25
STRETCH = 2  # chunks that one worker counts in one go
TOGETHER = 32  # stretches of which a worker that does not share our memory sends its counts, which are large, once
SPANS = 8  # pieces, at least, that such work is cut into before they become so long
NO_COUNTS = (np.empty((0, 0), np.int32), np.empty((0, 0, 0), np.int32))
Progress = Callable[[int, int], None]


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
    memory: int | None = None,
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
        joblib's: ``threading`` (the default) or ``loky``; or ``dask``, inside :func:`simlib.cluster.cluster`.
    progress
        Called with the futures done and wanted.
    order
        Name and year of the dimensions of a former run, as its ``config.dimensions`` has them: they keep their
        places in the sequence of ``sobol``, so that with the same seed what has been added since moves nobody.
    memory
        How much of it may hold futures [bytes]; a quarter of the machine's where left out. Where that is not enough for
        all of them (up to 131,072, or as many as the file keeps), quantiles are read from fine histograms.

    Returns
    -------
    Futures
        With the seed that was used. Where the file observes figures: those that fit, and beside them those before.

    Raises
    ------
    ModelError
        When an order is given to a sampler that has none, when a figure has no answer in some future, or when the file
        keeps all futures and they need more memory than they may take.
    """
    run = model.config.run
    stated = simulations if simulations is not None or "simulations" not in run.model_fields_set else run.simulations
    used = next((s for s in (seed, run.seed) if s is not None), secrets.randbits(32))
    wanted = _wanted(run.precision, precision)
    with placing(model.config), uncollected():
        if model.observed and (chosen := sampler or run.sampler) != RandomSampler.name:
            text = f"expected random where figures are observed, got '{chosen}': futures of which some are let go do "
            raise ModelError([Problem("", "run.sampler", f"{text}not fill their space evenly any more")])
        task_of = _tasks(model, sampler or run.sampler, used, order)
        room = memory if not model.observed else (budget() if memory is None else memory) // 2  # for before and after
        draw = _Draw(task_of, n_jobs, backend, progress, room)

        def drawn(draw: Callable[[int], Futures]) -> Futures:
            if not wanted:
                return draw(run.simulations if stated is None else stated)
            return _until(draw, wanted, MOST_STAGED if stated is None else stated)

        before = drawn(draw)
        return before if not model.observed else _conditioned(draw, before, drawn)


def _conditioned(draw: "_Draw", before: Futures, drawn: Callable[[Callable[[int], Futures]], Futures]) -> Futures:
    """Draw futures that fit what was observed, and set those beside them that were drawn without looking."""
    draws = draw.task_of(before.wanted)
    assert before.sheet is not None
    search = Search(replace(draws, layout=before.sheet, compiled=loops.on()), before.sheet, draw.n_jobs, draw.backend)

    def fitting(count: int) -> Futures:
        places = search.places(search.reach(count))
        task = replace(draws, sampler=KeptSampler(draws.sampler, places))
        return replace(replace(draw, task_of=lambda _: task)(len(places)), wanted=count)

    after = drawn(fitting)
    facts, sizes = search.headlines(after.count)
    found = Conditioned(search.evidence(), search.places(after.count), sizes)
    return replace(after, readings=after.readings | facts, before=before, conditioned=found)


def _tasks(
    model: Model, sampler: str, seed: int, order: Sequence[tuple[str, int]] | None
) -> "Callable[[int], Chunks]":
    """Give what draws a number of futures, with a sampler for that number."""
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
    models = {"": model, **model.readings}
    return lambda count: Chunks(models, make_sampler(sampler, seed, placed, count), everything, seed)


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
        pilot = holding(model, evaluate(model.nodes, source, source.made), PILOT)
    except ModelError:
        return everything
    found = [flows(model, pilot.delivery, o, c) for o, c in model.pairs]
    figures = [flow.run_rate if flow.gap_recurring is None else flow.gap_recurring for flow in found]
    told = [np.broadcast_to(figure, (len(model.years), PILOT))[model.target] for figure in figures]
    rows = told or [row for output in pilot.outputs.values() for row in np.atleast_2d(output)]
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


def _until(draw: Callable[[int], Futures], wanted: Mapping[str, float], most: int) -> Futures:
    """Draw in stages until everything is as precise as asked."""
    count = min(CHUNK, most)
    while True:
        futures = draw(count)
        found = reached(futures, wanted)
        too_wide = max(found[name] / wanted[name] for name in wanted)
        if too_wide <= 1 or count >= most or futures.count < count:
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

    task_of: Callable[[int], "Chunks"]  # with a sampler made for the number: each stage may need its own
    n_jobs: int | None
    backend: str | None
    progress: Progress | None
    memory: int | None

    def __call__(self, wanted: int) -> Futures:
        draws = self.task_of(wanted)
        model, sampler = draws.models[""], draws.sampler
        count = -(-wanted // sampler.replicates) * sampler.replicates
        if count > MOST:
            raise ModelError([Problem("", "run.simulations", f"expected at most {MOST:,} futures, got {count:,}")])
        loops.start_for(count)
        chunks = [(k, min(CHUNK, count - k * CHUNK)) for k in range(-(-count // CHUNK))]
        sheet = draws.sheet(count)
        held = _held(count, model.config.run.keep, sheet.height, budget() if self.memory is None else self.memory)
        draws = replace(draws, layout=sheet, compiled=loops.on())
        cells = unfilled(sheet.height, held)
        tally = None
        if count > held:
            tally = self.stream(Counting(draws, cells), chunks, count)
            facts = tally.facts
        else:
            heads = headlines(sheet)
            facts = heads.counted(self.hold(Holding(draws, heads, cells), chunks, count), count, sampler.replicates)
        readings = {key: counts for key, counts in facts.items() if key[0] == "readings"}
        return Futures(
            model, count, wanted, held, draws.seed, sampler.name, sampler.replicates, sheet.values(cells), readings,
            sheet, cells, tally, dimensions=sampler.dimensions,
        )  # fmt: skip

    def hold(self, task: "Holding", chunks: Sequence[tuple[int, int]], count: int) -> Ledger:
        """Draw the futures that are held; workers that share our memory put them into place themselves."""
        work = task if share_memory(self.backend) else replace(task, cells=None)
        ledger = Ledger.of(task.heads.program)
        for (found, own), (k, size) in zip(
            parallel(work, chunks, self.n_jobs, self.backend), chunks, strict=True
        ):
            if own is not None:
                task.cells[:, k * CHUNK : k * CHUNK + size] = own  # type: ignore[index]
            ledger.merge(found)
            _tell(self.progress, k * CHUNK + size, count)
        return ledger

    def stream(self, task: "Counting", chunks: Sequence[tuple[int, int]], count: int) -> Tally:
        """Count all futures stretch by stretch; those that are held are put into place by the way."""
        tally = task.empty_tally()
        stretches = [chunks[k : k + STRETCH] for k in range(0, len(chunks), STRETCH)]
        near = self._near(stretches, task.held.shape[1] // CHUNK)
        counts = CountsByThread(tally.figures)
        task = replace(task, bins=tally.empty(NO_COUNTS))  # they are large, and nothing is in them
        here = replace(task, counts=counts)
        elsewhere = replace(task, held=task.held[:, :0])
        self._count(tally, here, stretches[:near], count)
        self._count(tally, elsewhere, stretches[near:], count)
        for own in counts.all:
            tally.figures.add_counts(own)
        return tally

    def _near(self, stretches: Sequence[Sequence[tuple[int, int]]], held: int) -> int:
        """Give how many stretches need our memory: those with chunks that are held, or all where workers share it."""
        return len(stretches) if share_memory(self.backend) else sum(s[0][0] < held for s in stretches)

    def _count(
        self, tally: Tally, work: "Counting", stretches: Sequence[Sequence[tuple[int, int]]], count: int
    ) -> None:
        """Count some stretches: in threads where these have counts of their own, else wherever workers are."""
        near = work.counts is not None
        long = 1 if near else min(max(len(stretches) // SPANS, 1), TOGETHER)
        spans = [stretches[k : k + long] for k in range(0, len(stretches), long)]
        for found, span in zip(parallel(work, spans, self.n_jobs, None if near else self.backend), spans, strict=True):
            for part in found[:-1]:
                tally.merge(part, counts=False)
            tally.merge(found[-1], counts=not near)  # those of the whole span
            number, size = span[-1][-1]
            _tell(self.progress, number * CHUNK + size, count)


def _held(count: int, keep: int | str, height: int, memory: int) -> int:
    """Give how many of some futures are held: whole chunks, at least one, as many as are wanted and may be."""
    a_future = 8 * height
    if keep == "all":
        refuse_too_large(count * a_future, memory)
        return count
    wanted, allowed = -(-max(HELD, int(keep)) // CHUNK), max(memory // (a_future * CHUNK or 1), 1)
    return min(count, CHUNK * min(wanted, allowed))


def _tell(progress: Progress | None, done: int, count: int) -> None:
    if progress is not None:
        progress(min(done, count), count)


def simulate_plan(model: Model) -> Futures:
    """Give the business case's own numbers: the same shape as futures, one future, nothing uncertain."""
    values = {name: evaluate(each.nodes, PlanSource()) for name, each in {"": model, **model.readings}.items()}
    readings: dict[Key, NDArray[np.int64]] = {}
    for name, each in {"": model, **model.readings}.items():
        for key, fact in headline(each, deliver(each, values[name], 1)):
            readings["readings", name, *key[1:]] = np.asarray(fact, dtype=np.int64)
    return Futures(model, 1, 1, 1, None, "plan", 1, values[""], readings)
