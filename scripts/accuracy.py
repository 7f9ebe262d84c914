"""How much each sampler narrows the answer on the reference workload; whole commands are timed in benchmark.py.

A run is repeated with many seeds for every sampler, in turn. Each figure's variance is set against that of as
many plain random futures, as theory has it: p (1 - p) / n for a chance, sd^2 / n for a mean, and that of order
statistics for a quantile. It is estimated twice: between the seeds' answers, which needs nobody's word, and from
the errors that the runs themselves state, which is steadier. That the two agree is what makes stated errors true;
how often the stated 95 % intervals hold the answer of far more futures says the same another way.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simlib import compile_model, load_config, simulate
from simlib.estimates import T95_15
from simlib.gathering import Estimates, estimates
from simlib.model import Model
from simlib.sampling import SAMPLERS
from simlib.tails import Z95

Floats = NDArray[np.float64]
WORKLOAD = Path(__file__).resolve().parent.parent / "configs" / "benchmark.yaml"
FIGURES = ("P(closed)", "mean", "p5", "p50", "p95")
TARGETS = {("sobol", "P(closed)"): 1 / 4, ("sobol", "mean"): 1 / 1_000}  # of the variance of random futures
AT = 131_072  # the futures for which the targets are meant
MANY = 131_072  # futures of one run of the reference
REFERENCE = range(10_001, 10_017)  # its seeds: 16 runs, two million futures


@dataclass(frozen=True, slots=True)
class Row:
    """What one sampler does for one figure, over seeds and options; variances are shares of random ones.

    Parameters
    ----------
    between, stated
        Variance between seeds, and as the runs state it: the average over options.
    worst
        The option with the largest stated one.
    covered
        Share of the stated 95 % intervals that hold the reference's answer.
    time
        Seconds of a run beside those of the random sampler; 1 is as long.
    gain
        How many times as many random futures would be needed in the same time: 1 / (stated * time).
    target
        What ``stated`` may be at most, where something was promised.
    """

    sampler: str
    simulations: int
    figure: str
    between: float
    stated: float
    worst: float
    covered: float
    seconds: float
    time: float
    gain: float
    target: float | None


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one sampler: (seed, option, figure) arrays, and the seconds of each."""

    values: list[Floats] = field(default_factory=list)
    errors: list[Floats] = field(default_factory=list)
    lows: list[Floats] = field(default_factory=list)
    highs: list[Floats] = field(default_factory=list)
    random: list[Floats] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, model: Model, found: Estimates, simulations: int) -> None:
        """Keep what one run says."""
        read = [_option(model, found, o, c, simulations) for o, c in model.pairs]
        for place, kept in enumerate((self.values, self.errors, self.lows, self.highs, self.random)):
            kept.append(np.asarray([option[place] for option in read]))


def _option(model: Model, found: Estimates, option: int, council: int, simulations: int) -> list[list[float]]:
    """Give the values, errors, interval ends and random variances of an option's figures."""
    key = ("options", model.options[option].id, model.councils[council].id)
    chance, gap = found.chances[*key, "closes", model.config.closes], found.figures[*key, "gap_recurring"][model.target]
    values = [chance.probability, gap.mean, *(gap.quantiles[name] for name in FIGURES[2:])]
    errors = [chance.error, *(gap.errors[name] for name in FIGURES[1:])]
    wide = Z95 if len(found.counts[*key, "closes", model.config.closes]) == 1 else T95_15
    lows = [chance.interval[0], *(v - wide * e for v, e in zip(values[1:], errors[1:], strict=True))]
    highs = [chance.interval[1], *(v + wide * e for v, e in zip(values[1:], errors[1:], strict=True))]
    p = chance.probability
    random = [p * (1 - p) / simulations, gap.sd**2 / simulations, *(e**2 for e in errors[2:])]
    return [values, errors, lows, highs, random]


def once(model: Model, sampler: str, seed: int, simulations: int) -> tuple[Estimates, float]:
    """Run the workload and estimate everything; give that and the seconds it took."""
    started = time.perf_counter()
    found = estimates(simulate(model, simulations, seed=seed, sampler=sampler), None)
    return found, time.perf_counter() - started


def measure(simulations: int, seeds: int) -> tuple[dict[str, Runs], Floats]:
    """Give every sampler's runs, and the reference's answers as (option, figure)."""
    model = compile_model(load_config(WORKLOAD))
    runs = {sampler: Runs() for sampler in SAMPLERS}
    for seed in range(seeds + 1):
        for sampler, kept in runs.items():
            found, seconds = once(model, sampler, seed, simulations)
            if seed:  # the first turn warms up
                kept.add(model, found, simulations)
                kept.seconds.append(seconds)
    reference = Runs()
    for seed in REFERENCE:
        reference.add(model, once(model, "sobol", seed, MANY)[0], MANY)
    return runs, np.mean(reference.values, axis=0)


def rows(simulations: int, seeds: int) -> Iterator[Row]:
    """Give the table for a number of futures: every sampler and figure."""
    runs, truth = measure(simulations, seeds)
    # A quantile's random variance is what random runs state: that of their order statistics.
    random = np.mean(runs["random"].random, axis=0)
    ordinary = statistics.median(runs["random"].seconds)
    for sampler, kept in runs.items():
        between = np.var(kept.values, axis=0, ddof=1) / random
        stated = np.mean(np.square(kept.errors), axis=0) / random
        covered = np.mean((np.asarray(kept.lows) <= truth) & (truth <= np.asarray(kept.highs)), axis=(0, 1))
        seconds = statistics.median(kept.seconds)
        for place, figure in enumerate(FIGURES):
            share = float(stated[:, place].mean())
            yield Row(
                sampler, simulations, figure, float(between[:, place].mean()), share, float(stated[:, place].max()),
                float(covered[place]), seconds, seconds / ordinary, ordinary / (seconds * share),
                TARGETS.get((sampler, figure)) if simulations == AT else None,
            )  # fmt: skip


def show(table: Sequence[Row], seeds: int) -> None:
    """Print the table for one number of futures."""
    print(f"\n{table[0].simulations:,} futures, {seeds} seeds: variance as a share of random futures'")
    heads = ("between", "stated", "worst", "target", "covers", "time", "gain")
    print(f"{'sampler':16}{'figure':11}" + "".join(f"{head:>9}" for head in heads))
    for row in table:
        target = "" if row.target is None else f"1/{1 / row.target:,.0f}"
        shares = "".join(f"{share:9.2g}" for share in (row.between, row.stated, row.worst))
        rest = f"{target:>9}{100 * row.covered:8.1f}%{row.time:9.2f}{row.gain:9,.1f}"
        print(f"{row.sampler:16}{row.figure:11}{shares}{rest}")
