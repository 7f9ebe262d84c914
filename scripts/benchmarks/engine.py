"""How long the engine takes from draws to summary, to read futures, and to compile its loops the first time."""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from scripts.benchmarks.rows import Row, alternately
from scripts.benchmarks.workload import CORES, apart, to_summary, with_loops, workload
from simlib import Futures, Model, simulate, simulate_plan, summarise
from simlib.given import figures_at
from simlib.loops import LANES
from simlib.readouts import read_all
from simlib.results import HELD

TO_SUMMARY = {100_000: 0.04, 1_000_000: 0.20}  # futures, and the seconds they may take
READ = HELD  # the most that are read in one go as the file has it
READING = 5.0  # ns a value
HEADLINE = ("gap_recurring", "gap_after", "general_fund")
EVALUATIONS, IN = 262_144, 0.25  # rows of given figures, as Sobol' indices of 30 drivers need, and their seconds


def rows(counts: tuple[int, ...] = tuple(TO_SUMMARY), times: int = 7, read: int = READ) -> Iterator[Row]:
    """Give the table."""
    yield from drawing(counts, times)
    yield from reading(read, times)
    yield evaluating(times)
    yield from first_run(counts[0])


def drawing(counts: tuple[int, ...], times: int) -> Iterator[Row]:
    """Give the time of draws to summary on two cores, in a process that has done it before: both kinds of loops."""
    model, none = workload(), with_loops(compiled=True)

    def task(count: int, *, compiled: bool) -> Callable[[], object]:
        def run() -> None:
            with_loops(compiled=compiled)
            to_summary(model, count)

        return run

    kinds = {"numpy": False} if none else {"compiled": True, "numpy": False}
    tasks = {f"{count:,} futures, {kind}": task(count, compiled=on) for count in counts for kind, on in kinds.items()}
    found = alternately(tasks, times)
    with_loops(compiled=True)
    for name, seconds in found.items():
        count, kind = name.split(" futures, ")
        target = TO_SUMMARY.get(int(count.replace(",", ""))) if kind == "compiled" else None
        yield Row(f"draws to summary, {name}", seconds, "s", target, note=none)


def reading(count: int, times: int) -> Iterator[Row]:
    """Give what it takes to read futures that are held: everything in summary.json, a value of one future at a time."""
    model = workload()
    plan = simulate_plan(model)
    for sampler in ("random", "sobol"):
        futures = simulate(model, count, seed=1, sampler=sampler, n_jobs=CORES)
        tasks = {str(jobs): partial(summarise, futures, plan, n_jobs=jobs) for jobs in (CORES, 1)}
        found, values = alternately(tasks, times), values_read(model, futures)
        for jobs, seconds in found.items():
            yield Row(
                f"reading, sampler {sampler}, {jobs} core{'s' if jobs != '1' else ''}",
                1e9 * seconds / (values * futures.count), "ns a value", READING if jobs != "1" else None,
                note=f"summarise, of {values} values in each of {futures.count:,} futures",
            )  # fmt: skip


def values_read(model: Model, futures: Futures) -> int:
    """Give how many facts and figures are read of every future, each year of a figure counted."""
    some = futures.part(slice(0, LANES))
    return sum(len(np.atleast_2d(array)) for _, array in read_all(model, some))


def evaluating(times: int) -> Row:
    """Give the time of evaluating given figures, as sensitivity analysis does, to every option's headline figures."""
    name = f"{EVALUATIONS:,} evaluations of given figures"
    return Row(name, given_figures(times), "s", IN, note="every option's gaps and its general fund, in every year")


def given_figures(times: int) -> float:
    """Give the median seconds of evaluating `EVALUATIONS` futures whose scores are given, not drawn."""
    model = workload()
    scores = np.random.default_rng(1).standard_normal((len(model.dimensions), EVALUATIONS))
    pairs = [(model.options[o].id, model.councils[c].id) for o, c in model.pairs]
    keys = [("options", *pair, name) for pair in pairs for name in HEADLINE]
    return alternately({"given": partial(figures_at, model, scores, keys, n_jobs=CORES)}, times)["given"]


def first_run(count: int) -> Iterator[Row]:
    """Give what the first run of all costs: compiling, which is kept for every later process, and waking up."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {"NUMBA_CACHE_DIR": cache}
        (compiling, again), _ = apart(count, count, environment=environment)
        (cached, _), _ = apart(count, count, environment=environment)
    (without, _), _ = apart(count, count, compiled=False)
    of = f"{count:,} futures"
    yield Row(f"first run on a machine, {of}: loops are compiled", compiling, "s", note=f"the second: {again:.3g} s")
    yield Row(f"first run in a process, {of}: loops come from their cache", cached, "s")
    yield Row(f"first run in a process, {of}: without compiled loops", without, "s")
