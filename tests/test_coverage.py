"""Stated 95 % intervals hold the exact answer as often as they say: 200 runs of one small model, every sampler."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from small_files import by_replicate, document_of, pair_of, parsed, with_squares

from simlib.compiling import compile_model
from simlib.engine import simulate
from simlib.estimates import LEVELS, Interval, Statistics, chance, ratio_mean, statistics
from simlib.flows import flows
from simlib.histograms import Histograms
from simlib.results import Futures
from simlib.sampling import SAMPLERS

RUNS, COUNT = 200, 4_032
LEAST, MOST = 180, 198  # of 200 runs: from 90 % to 99 %
SD = float(np.sqrt(0.3**2 + 0.3**2 + 0.2**2))  # of the gap
STEP = float(norm.ppf(0.99)) * SD
# What is left of the gap is normal: on average a STEP above nothing, then nothing, then a STEP below.
FILE = f"""
run: {{simulations: {COUNT}}}
councils:
  a:
    gap: {{basis: cumulative_base, already_includes_savings: no, plan: 1}}
    pressures:
      p: {{change: {{dist: normal, mean: 0, sd: 0.3, varies: once}}}}
      q: {{change: {{dist: normal, mean: 0, sd: 0.3, varies: once}}}}
measures:
  m: {{council: a, saving: {{dist: normal, mean: {1 - STEP!r}, sd: 0.2, plan: 1}}, basis: recurring, from: 2020/21}}
  half: {{council: a, saving: {STEP!r}, basis: recurring, from: 2020/21}}
  rest: {{council: a, saving: {STEP!r}, basis: recurring, from: 2020/21}}
events: {{e: {{chance: 30%, plan: does_not}}}}
options:
  rare: {{councils: a, measures: m}}
  even: {{councils: a, measures: [m, half]}}
  sure: {{councils: a, measures: [m, half, rest]}}
outputs: {{skew: exp(measures.m.saving + 0.5 * events.e)}}
"""
CHANCES = {"rare": 0.01, "even": 0.5, "sure": 0.99}


def skew_cdf(x: float) -> float:
    """Give the chance that the output is at or below a value: two lognormals."""
    without, with_it = (norm.cdf(np.log(x), 1 - STEP + shift, 0.2) for shift in (0.0, 0.5))
    return float(0.7 * without + 0.3 * with_it)


def truths() -> dict[str, float]:
    """Give the exact answers, in closed form or by a root of one."""
    found = dict(CHANCES)
    found |= {f"gap {name}": float(norm.ppf(level)) * SD for name, level in LEVELS.items()}
    found |= {f"skew {n}": float(brentq(lambda x, p=p: skew_cdf(x) - p, 0.01, 20)) for n, p in LEVELS.items()}
    mean = np.exp(1 - STEP + 0.2**2 / 2) * (0.7 + 0.3 * np.exp(0.5))
    found |= {"even given e": 0.5, "gap where there is one": SD * float(np.sqrt(2 / np.pi))}
    return found | {"gap mean": 0.0, "skew mean": float(mean)}


TRUTHS = truths()


@pytest.fixture(scope="module", params=SAMPLERS)
def runs(request: pytest.FixtureRequest) -> list[Futures]:
    """Give the runs of one sampler, from seeds 0 to 199."""
    model = compile_model(parsed(FILE))
    return [simulate(model, seed=seed, sampler=request.param) for seed in range(RUNS)]


def stated(futures: Futures) -> Iterator[tuple[str, Interval]]:
    """Give every interval of one run."""
    for name in CHANCES:
        yield name, chance(futures.readings["readings", "", name, "a"], futures.trials).interval
    for name, figure in figures(futures):
        yield from named(name, statistics(figure, futures.replicates))
    yield from ratios(futures)


def ratios(futures: Futures) -> Iterator[tuple[str, Interval]]:
    """Give the intervals of what is divided by another count than that of the futures."""
    gap, happens = next(figures(futures))[1], np.isfinite(futures.delivery.carried[futures.model.events[0][0]])
    both, given, short = (by_replicate(fact, futures.replicates) for fact in (happens & (gap < 0), happens, gap > 0))
    yield "even given e", chance(both, given).interval
    yield "gap where there is one", ratio_mean(with_squares(np.maximum(gap, 0), futures.replicates), short).interval


def figures(futures: Futures) -> Iterator[tuple[str, np.ndarray]]:
    """Give the gap that the second option leaves, and the output."""
    recurring = flows(futures.model, futures.delivery, 1, 0).gap_recurring
    assert recurring is not None
    yield "gap", recurring[futures.model.target]
    yield "skew", futures.outputs["skew"]


def named(name: str, found: Statistics) -> Iterator[tuple[str, Interval]]:
    yield from ((f"{name} {figure}", interval) for figure, interval in found.intervals.items())


def missed(found: Iterator[Iterator[tuple[str, Interval]]]) -> dict[str, int]:
    """Count how often intervals hold the truth, and give those that do so too seldom or too often."""
    counts: Counter[str] = Counter()
    for intervals in found:
        counts.update({name: int(low <= TRUTHS[name] <= high) for name, (low, high) in intervals})
    return {name: count for name, count in counts.items() if not LEAST <= count <= MOST}


def test_intervals_hold_the_exact_answer_in_90_to_99_of_100_runs(runs: list[Futures]) -> None:
    assert {name for name, _ in stated(runs[0])} == set(TRUTHS)
    assert missed(stated(futures) for futures in runs) == {}


def test_intervals_of_futures_that_are_counted_and_let_go_hold_it_too(runs: list[Futures]) -> None:
    assert missed(streamed(futures) for futures in runs) == {}


def streamed(futures: Futures) -> Iterator[tuple[str, Interval]]:
    """Give the intervals of one run as if it had been counted in three parts; the first sets the bins."""
    for name, figure in figures(futures):
        histogram = Histograms.over(figure[np.newaxis, : COUNT // 3], futures.replicates)
        for start in range(0, COUNT, COUNT // 3):
            histogram.add(figure[np.newaxis, start : start + COUNT // 3])
        yield from named(name, histogram.statistics()[0])


def test_the_intervals_are_those_of_the_summary(runs: list[Futures]) -> None:
    for futures in runs[:3]:
        document, intervals = document_of(futures), dict(stated(futures))
        given = document["events"]["e"]["closes_if"]["even"]["a"]["interval"]
        short = pair_of(document, "even")["shortfall"]["intervals"]["mean_if_short"]
        assert tuple(given) == intervals["even given e"]
        assert tuple(short) == pytest.approx(intervals["gap where there is one"], rel=1e-12)
        for name in CHANCES:
            found = pair_of(document, name)["closes"]["target_year"]["interval"]
            assert tuple(found) == intervals[name]
        for name, entry in (
            ("gap", pair_of(document, "even")["gap_recurring"]["2023/24"]), ("skew", document["outputs"]["skew"])
        ):  # fmt: skip
            for figure, interval in entry["interval"].items():
                assert tuple(interval) == pytest.approx(intervals[f"{name} {figure}"], rel=1e-12)
