"""Latin hypercubes: one value in every stratum, no bias, and what that is worth; what all share is elsewhere."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import special, stats
from scipy.stats import qmc

from simlib.sampling import CHUNK, REPLICATES, Dimension, LatinHypercubeSampler

DIMENSIONS = [Dimension("drivers.pay_award", 2017), Dimension("drivers.pay_award", 2018), Dimension("drivers.late")]
SLICE = CHUNK // REPLICATES  # points of each replicate in a chunk
SHORT = 16_400  # a whole chunk, and one point of each replicate in another


def whole(seed: int, futures: int, dimensions: list[Dimension] = DIMENSIONS) -> np.ndarray:
    """(d, futures) scores of a hypercube, chunk by chunk."""
    sampler = LatinHypercubeSampler(seed, futures)
    sizes = [min(CHUNK, futures - start) for start in range(0, futures, CHUNK)]
    return np.concatenate([sampler.scores(dimensions, k, size) for k, size in enumerate(sizes)], axis=1)


@pytest.mark.parametrize("futures", [16, 1_600, 16_384, 16_400, 32_752, 100_000, 131_072])
def test_every_driver_has_one_value_in_every_stratum_of_every_replicate(futures: int) -> None:
    points = futures // REPLICATES
    strata = np.floor(special.ndtr(whole(7, futures)) * points).astype(int)
    by_replicate = np.sort(strata.reshape(len(DIMENSIONS), points, REPLICATES), axis=1)
    assert np.array_equal(by_replicate, np.broadcast_to(np.arange(points)[:, None], by_replicate.shape))


@pytest.mark.parametrize("futures", [1_600, 16_400, 100_000])
def test_dimensions_and_replicates_are_in_orders_of_their_own(futures: int) -> None:
    scores = whole(7, futures)
    rows = [row[replicate::REPLICATES] for row in scores for replicate in range(REPLICATES)]
    ranks = np.argsort(np.argsort(rows, axis=1), axis=1)
    assert len({row.tobytes() for row in ranks}) == len(rows)
    assert np.unique(scores).size == scores.size
    correlations = np.corrcoef(ranks)[np.triu_indices(len(rows), 1)]
    # 1,128 pairs, each of which a Latin hypercube leaves to chance: the largest is some 3 to 5 errors away.
    assert np.max(np.abs(correlations)) < 5.5 / np.sqrt(ranks.shape[1])
    assert np.std(correlations) * np.sqrt(ranks.shape[1]) == pytest.approx(1.0, abs=5 / np.sqrt(2 * correlations.size))


def test_a_slice_of_a_hypercube_is_spread_out_too() -> None:
    # Turned back, a chunk has one point of each replicate in each 1,024th of the axis: no gap is above two of them.
    sampler = LatinHypercubeSampler(3, 5 * CHUNK)
    for chunk in (0, 2, 4):
        points = np.sort(special.ndtr(sampler.scores(DIMENSIONS[:1], chunk, CHUNK)).reshape(-1, REPLICATES), axis=0)
        gaps = np.diff(points, axis=0, append=points[:1] + 1.0)
        assert gaps.max() < 2.0 / SLICE
        assert np.unique(gaps.round(12)).size > CHUNK / 2


def test_any_chunk_of_a_thousand_million_futures_can_be_had_alone() -> None:
    sampler = LatinHypercubeSampler(3, 1_000_000_000)
    near, far = (sampler.scores(DIMENSIONS, chunk, CHUNK) for chunk in (0, 61_034))
    last = sampler.scores(DIMENSIONS, 61_035, 1_000_000_000 % CHUNK)
    for scores in (near, far, last):
        assert np.all(np.isfinite(scores))
        assert np.unique(scores).size == scores.size
    assert np.intersect1d(near, far).size == 0
    points = np.sort(special.ndtr(far[0, ::REPLICATES]))
    assert np.diff(points, append=points[0] + 1.0).max() < 2.0 / SLICE


def test_the_outermost_values_are_neither_infinite_nor_missing() -> None:
    scores = whole(2, 131_072, DIMENSIONS[:1])[0]
    outermost = special.ndtri(1 / 8_192)  # each replicate has one value in the first of 8,192 strata
    assert np.count_nonzero(scores < outermost) == REPLICATES
    assert np.count_nonzero(scores > -outermost) == REPLICATES
    assert np.all(np.isfinite(scores))


@pytest.mark.parametrize(("asked", "drawn"), [(1, 16), (16, 16), (17, 32), (1_001, 1_008)])
def test_a_number_that_is_no_multiple_of_sixteen_is_rounded_up(asked: int, drawn: int) -> None:
    sampler = LatinHypercubeSampler(3, asked)
    assert np.array_equal(sampler.scores(DIMENSIONS, 0, drawn), whole(3, drawn))


@pytest.mark.parametrize(("chunk", "count"), [(1, 32), (2, 16)])
def test_futures_beyond_the_hypercube_are_refused(chunk: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"^expected futures below {SHORT}, got {count} from {chunk * CHUNK}$"):
        LatinHypercubeSampler(3, SHORT).scores(DIMENSIONS, chunk, count)


def test_another_number_of_futures_is_another_sample() -> None:
    fewer, more = (LatinHypercubeSampler(3, n).scores(DIMENSIONS, 0, 1_600) for n in (SHORT, SHORT + 16))
    assert not np.any(fewer == more)


# ---- No bias -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [(0, 0), (0, 9_000), (1, 0), (1, 15)])
def test_a_single_future_is_drawn_as_a_plain_random_one(place: tuple[int, int]) -> None:
    # Over seeds, a future has the normal distribution in each dimension, and its dimensions are independent: wherever
    # it stands, also the odd one out, in whose chunk each replicate has a single point.
    chunk, where = place
    count = where + 16 - where % 16
    samplers = [LatinHypercubeSampler(seed, SHORT) for seed in range(400)]
    draws = special.ndtr([sampler.scores(DIMENSIONS[:2], chunk, count)[:, where] for sampler in samplers])
    for row in draws.T:
        assert stats.kstest(row, "uniform").pvalue > 1e-5
    boxes = (4 * draws).astype(int) @ [4, 1]
    assert stats.chisquare(np.bincount(boxes, minlength=16)).pvalue > 1e-5


CURVED: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    "steep": (lambda z: np.exp(z[0]), np.exp(0.5)),
    "tail": (lambda z: (z[0] > 2.5).astype(float), special.ndtr(-2.5)),
    "joint": (lambda z: (z[0] + z[1] > 2.0).astype(float), special.ndtr(-np.sqrt(2.0))),
    "product": (lambda z: np.exp(0.5 * z[0] * z[1]), 1.0 / np.sqrt(0.75)),
    "three": (lambda z: np.maximum(np.maximum(z[0], z[1]), z[2]), 1.5 / np.sqrt(np.pi)),
}


@pytest.mark.parametrize("futures", [48, SHORT])
def test_means_of_curved_functions_are_unbiased(futures: int) -> None:
    runs = [whole(seed, futures) for seed in range(40 if futures == SHORT else 600)]
    for name, (function, truth) in CURVED.items():
        means = np.array([function(z).mean() for z in runs])
        assert abs(means.mean() - truth) < 5 * means.std(ddof=1) / np.sqrt(means.size), name


@pytest.mark.parametrize("futures", [1_600, SHORT])
def test_dimensions_are_uncorrelated_over_seeds(futures: int) -> None:
    seeds = range(40 if futures == SHORT else 200)
    found = np.array([np.corrcoef(whole(seed, futures))[np.triu_indices(3, 1)] for seed in seeds])
    scaled = found.ravel() * np.sqrt(futures)
    assert abs(scaled.mean()) < 5 / np.sqrt(scaled.size)
    assert abs(scaled.var() - 1.0) < 5 * np.sqrt(2 / scaled.size)


# ---- What it is worth --------------------------------------------------------------------------------------


def spread(function: Callable[[np.ndarray], np.ndarray], futures: int, seeds: int = 60) -> float:
    """Give the variance of a mean over seeds, as a multiple of one value's variance by the number of futures."""
    means = [function(whole(seed, futures)).mean() for seed in range(seeds)]
    return float(np.var(means, ddof=1)) * futures / float(np.var(function(whole(0, futures))))


@pytest.mark.parametrize("futures", [1_600, SHORT])
def test_sums_become_far_more_exact_and_products_no_less(futures: int) -> None:
    # Stein (1987): what is a sum of functions of one driver each has next to no variance left, the rest has all of its.
    assert spread(lambda z: np.exp(0.3 * z[0]) + special.ndtr(z[1]) + z[2], futures, 40) < 1 / 50
    assert spread(lambda z: z[0] * z[1], futures) == pytest.approx(1.0, abs=5 * np.sqrt(2 / 60))


def test_it_is_worth_as_much_as_scipys() -> None:
    def cost(z: np.ndarray) -> np.ndarray:
        return np.exp(0.3 * z[0]) * (1.0 + special.ndtr(z[1])) + 0.2 * z[2]

    def theirs(seed: int) -> float:
        engine = qmc.LatinHypercube(3, rng=np.random.default_rng(seed))
        return float(np.mean([cost(special.ndtri(engine.random(SHORT // 16).T)).mean() for _ in range(16)]))

    ours = np.var([cost(whole(seed, SHORT)).mean() for seed in range(60)])
    ratio = ours / np.var([theirs(seed) for seed in range(60)])
    assert abs(np.log(ratio)) < 5 * np.sqrt(2 * 2 / 60)


def test_replicates_tell_the_error_of_a_mean() -> None:
    errors, misses = [], []
    for seed in range(60):
        values = np.exp(0.3 * (z := whole(seed, 1_600))[0]) * (z[1] > 0.3) + z[1] * z[2]
        by_replicate = values.reshape(-1, REPLICATES).mean(axis=0)
        errors.append(by_replicate.var(ddof=1) / REPLICATES)
        misses.append(values.mean() - np.exp(0.045) * special.ndtr(-0.3))
    assert abs(np.mean(np.square(misses)) / np.mean(errors) - 1.0) < 5 * np.sqrt(2 / 60)
