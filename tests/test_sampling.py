"""Streams and samplers: what moves and what must not, and what Sobol' points are worth; no dependence."""

import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import special, stats
from scipy.stats import qmc

from simlib.sampling import (
    CHUNK,
    REPLICATES,
    RNG_SCHEME,
    SAMPLERS,
    Dimension,
    LatinHypercubeSampler,
    RandomSampler,
    Sampler,
    SobolSampler,
    make_sampler,
    stream,
)
from simlib.sampling.sobol import scrambled

NAMES = ["measures.transformation.realisation", "drivers.pay_award", "events.partner_signs"]
PINNED_STREAM = [0.3646419166515356, 1.2289029068722934, 2.9081804719853492]
PINNED_SLICE = [-1.4854751742829806, 0.10165231433702104, 0.3485872918851695]
DIMENSIONS = [Dimension(name, year) for name in NAMES for year in (0, 2017, 2018)]

MOST = 70 * CHUNK

each_sampler = pytest.mark.parametrize("name", list(SAMPLERS))


def made(name: str, seed: int, dimensions: Sequence[Dimension] = DIMENSIONS, simulations: int = MOST) -> Sampler:
    return make_sampler(name, seed, dimensions, simulations)


def uniforms(sampler: Sampler, dimensions: list[Dimension], chunks: int) -> np.ndarray:
    """(d, chunks * CHUNK) probabilities."""
    blocks = [sampler.scores(dimensions, chunk, CHUNK) for chunk in range(chunks)]
    return special.ndtr(np.concatenate(blocks, axis=1))


def test_the_scheme_of_streams_has_not_moved() -> None:
    # A change here changes every result that was ever published: raise RNG_SCHEME with it.
    assert (RNG_SCHEME, CHUNK, REPLICATES) == (1, 16_384, 16)
    first = stream(20160317, "measures.transformation.realisation", (2017, 3)).standard_normal(3)
    assert first.tolist() == PINNED_STREAM
    again = RandomSampler(20160317).scores(
        [Dimension("measures.transformation.realisation", 2017)], chunk=3, count=3
    )
    assert again[0].tolist() == first.tolist()
    sliced = LatinHypercubeSampler(20160317, 40_000).scores([Dimension(NAMES[0], 2017)], chunk=1, count=48)
    assert sliced[0, :3] == pytest.approx(PINNED_SLICE, rel=1e-12)


ADDRESSES = [f"drivers.line_{i}" for i in range(125)]
Key = tuple[int, str, tuple[int, ...]]


@pytest.fixture(scope="module")
def keys() -> list[Key]:
    """Key of every stream that the samplers draw from for 125 names, two years and four chunks."""
    found: list[Key] = []

    def noted(seed: int, name: str, index: tuple[int, ...] = ()) -> np.random.Generator:
        found.append((seed, name, index))
        return stream(seed, name, index)

    dimensions = [Dimension(name, year) for name in ADDRESSES for year in (0, 2017)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simlib.loops.on", lambda: False)  # compiled loops draw from the same keys without saying so
        for module in ("random", "latin_hypercube", "sobol"):
            patch.setattr(f"simlib.sampling.{module}.stream", noted)
        for name in SAMPLERS:
            sampler = made(name, 0, dimensions)
            for chunk in range(4):
                sampler.scores(dimensions, chunk, 16)
    return list(dict.fromkeys(found))


def test_no_two_streams_share_a_number(keys: list[Key]) -> None:
    # A thousand plain ones; a thousand slices of hypercubes and what holds 250 of those together; 250 scramblings.
    assert len(keys) == 1_000 + 1_250 + 250
    words = np.array([stream(*key).bit_generator.random_raw(256) for key in keys])
    # A stream that overlaps another, or runs behind it, has words of it: by chance 640,000 have none in common.
    assert np.unique(words).size == words.size


def test_no_two_streams_are_correlated(keys: list[Key]) -> None:
    n = 512
    draws = np.array([stream(*key).standard_normal(n) for key in keys])
    found = np.corrcoef(draws)[np.triu_indices(len(keys), 1)]
    # Of independent normal numbers r² has a beta distribution; over the pairs its largest has that to their power.
    squared = stats.beta(0.5, (n - 2) / 2)
    lowest, highest = squared.ppf(np.array([1e-6, 1.0 - 1e-6]) ** (1.0 / found.size))
    assert lowest < np.max(found**2) < highest
    assert abs(np.mean(found)) < 5 / np.sqrt((n - 1) * found.size)
    assert np.mean(found**2) * (n - 1) == pytest.approx(1.0, abs=5 * np.sqrt(2 / found.size))
    assert stats.kstest(squared.cdf(found[::100] ** 2), "uniform").pvalue > 1e-5


def test_the_numbers_of_all_streams_together_are_uniform(keys: list[Key]) -> None:
    raw = np.concatenate([stream(*key).random(256) for key in keys])
    assert stats.kstest(raw, "uniform").pvalue > 1e-5
    # The first number of each, too: keys that differ little give numbers that do not.
    assert stats.kstest(raw[::256], "uniform").pvalue > 1e-5


@each_sampler
def test_the_values_of_a_thousand_dimensions_together_are_uniform(name: str) -> None:
    dimensions = [Dimension(address, year) for address in ADDRESSES for year in range(8)]
    scores = made(name, 0, dimensions).scores(dimensions, 1, 256)
    # Independent values would pass; what is spread out more evenly than that passes more easily.
    assert stats.kstest(special.ndtr(scores.ravel()), "uniform").pvalue > 1e-5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, "a", ()), (1, "a", ())),
        ((0, "a", ()), (0, "b", ())),
        ((0, "a", ()), (0, "a", (0,))),
        ((0, "a", (0,)), (0, "a", (0, 0))),
        ((0, "a", (1, 2)), (0, "a", (2, 1))),
        ((0, "a1", (2,)), (0, "a", (1, 2))),
        ((2**32, "a", ()), (1, "a", ())),
    ],
)
def test_another_seed_name_or_index_is_another_stream(one: tuple, other: tuple) -> None:
    assert not np.array_equal(stream(*one).standard_normal(8), stream(*other).standard_normal(8))


def test_a_seed_of_nought_is_a_seed() -> None:
    assert stream(0, "a").standard_normal() == stream(0, "a").standard_normal()


@pytest.mark.parametrize("seed", [-1, 2**128])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"^expected a seed from 0 to 2\\^128 - 1, got {seed}$"):
        stream(seed, "a")


@pytest.mark.parametrize("index", [(-1,), (2**32,)])
def test_an_index_out_of_range_is_refused(index: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^expected indices from 0 to 2\^32 - 1, got "):
        stream(0, "a", index)


def test_an_unknown_sampler_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"^expected one of random, latin_hypercube, sobol, got 'sobel'$"):
        made("sobel", 0)


@each_sampler
def test_a_sampler_says_its_name_and_its_replicates(name: str) -> None:
    sampler = made(name, 1)
    assert sampler.name == name
    assert sampler.replicates == {"random": 1, "latin_hypercube": REPLICATES, "sobol": REPLICATES}[name]
    assert sampler.dimensions == (tuple(DIMENSIONS) if name == "sobol" else None)


@each_sampler
def test_fewer_futures_are_the_first_of_more(name: str) -> None:
    sampler = made(name, 1)
    whole = sampler.scores(DIMENSIONS, chunk=2, count=CHUNK)
    assert whole.shape == (len(DIMENSIONS), CHUNK)
    for count in (16, 4_096, 16_368):
        assert np.array_equal(sampler.scores(DIMENSIONS, chunk=2, count=count), whole[:, :count])


@each_sampler
def test_chunks_do_not_depend_on_their_order_nor_on_who_makes_them(name: str) -> None:
    sampler = made(name, 5)
    forwards = [sampler.scores(DIMENSIONS, chunk, 64) for chunk in range(70)]
    backwards = [made(name, 5).scores(DIMENSIONS, chunk, 64) for chunk in (69, 65, 3, 0)]
    for chunk, block in zip((69, 65, 3, 0), backwards, strict=True):
        assert np.array_equal(block, forwards[chunk])
    sent = pickle.loads(pickle.dumps(sampler))
    assert np.array_equal(sent.scores(DIMENSIONS, 69, 64), forwards[69])
    assert len({block.tobytes() for block in forwards}) == 70


@each_sampler
def test_a_dimension_is_the_same_with_any_others_and_in_any_order(name: str) -> None:
    sampler = made(name, 5)
    together = sampler.scores(DIMENSIONS, chunk=1, count=160)
    for place in (4, 0, 8):
        alone = sampler.scores([DIMENSIONS[place]], chunk=1, count=160)
        assert np.array_equal(alone[0], together[place])
    assert np.array_equal(sampler.scores(DIMENSIONS[::-1], chunk=1, count=160), together[::-1])


@each_sampler
def test_a_driver_added_at_the_end_moves_nobody(name: str) -> None:
    before = made(name, 5).scores(DIMENSIONS, chunk=1, count=160)
    added = [*DIMENSIONS, Dimension("drivers.new", 0)]
    after = made(name, 5, added).scores(added, chunk=1, count=160)
    assert np.array_equal(after[:-1], before)


def test_random_scores_depend_on_the_name_alone_and_not_on_the_file() -> None:
    one = made("random", 5).scores(DIMENSIONS[3:4], 0, 100)
    other = made("random", 5, []).scores(DIMENSIONS[3:4], 0, 100)
    renamed = made("random", 5, []).scores([Dimension("drivers.renamed", 0)], 0, 100)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, renamed)


@each_sampler
def test_scores_are_standard_normal_and_unrelated(name: str) -> None:
    sampler = made(name, 3)
    scores = np.concatenate([sampler.scores(DIMENSIONS, chunk, CHUNK) for chunk in range(4)], axis=1)
    n = scores.shape[1]
    assert np.all(np.abs(scores.mean(axis=1)) < 5 / np.sqrt(n))
    assert np.all(np.abs(scores.var(axis=1) - 1) < 5 * np.sqrt(2 / n))
    for z in (-3.0, -1.0, 0.5, 2.0):
        p = special.ndtr(z)
        assert np.all(np.abs((scores < z).mean(axis=1) - p) < 5 * np.sqrt(p * (1 - p) / n))
    off = np.corrcoef(scores)[np.triu_indices(len(DIMENSIONS), 1)]
    assert np.all(np.abs(off) < 5 / np.sqrt(n))


@each_sampler
@pytest.mark.parametrize(
    ("chunk", "count", "message"),
    [
        (-1, 16, "expected a chunk of 0 or above, got -1"),
        (0, 0, "expected 1 to 16384 futures of one chunk, got 0"),
        (0, 16_400, "expected 1 to 16384 futures of one chunk, got 16400"),
    ],
)
def test_a_block_outside_a_chunk_is_refused(name: str, chunk: int, count: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        made(name, 0).scores(DIMENSIONS, chunk, count)


@pytest.mark.parametrize("name", ["latin_hypercube", "sobol"])
def test_a_block_that_is_not_a_multiple_of_sixteen_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a multiple of 16 futures, got 1000$"):
        made(name, 0).scores(DIMENSIONS, 0, 1_000)


def test_sobol_refuses_a_dimension_that_it_was_not_made_with() -> None:
    with pytest.raises(ValueError, match=r"^expected a dimension that the sampler was made with, got Dim"):
        SobolSampler(0, DIMENSIONS).scores([Dimension("drivers.other")], 0, 16)
    with pytest.raises(ValueError, match=r"^expected each dimension once$"):
        SobolSampler(0, [DIMENSIONS[0], DIMENSIONS[0]])


def test_future_i_is_point_i_div_16_of_replicate_i_mod_16() -> None:
    # Each replicate is by itself a net: its first 2^k points fall one into each of 2^k slices.
    u = uniforms(SobolSampler(9, DIMENSIONS), DIMENSIONS, chunks=2)
    for replicate in range(REPLICATES):
        points = u[:, replicate::REPLICATES]
        for size in (16, 1_024, 2_048):
            for row in points[:, :size]:
                assert np.array_equal(np.sort((row * size).astype(int)), np.arange(size))
    # The replicates themselves are not each other.
    assert len({u[0, replicate::REPLICATES].tobytes() for replicate in range(REPLICATES)}) == REPLICATES


def test_pairs_of_dimensions_fill_every_box_of_the_square() -> None:
    # Dimensions 1 and 2 of Sobol' are a (0, m, 2)-net, which scrambling keeps: one point a box.
    points = uniforms(SobolSampler(9, DIMENSIONS), DIMENSIONS, chunks=1)[:2, 5::REPLICATES]
    for across in (1, 4, 32, 256, 1_024):
        cell = (points[0] * across).astype(int) * (1_024 // across)
        cell += (points[1] * (1_024 // across)).astype(int)
        assert np.array_equal(np.sort(cell), np.arange(1_024))


def test_unscrambled_the_points_are_those_of_scipy() -> None:
    from simlib.sampling.sobol import _directions

    raw = _directions(5, 12)
    points = np.zeros((1, 5), dtype=np.uint64)
    for direction in raw.T:
        points = np.concatenate([points, points ^ direction])
    theirs = qmc.Sobol(5, scramble=False, bits=30).random(4_096)
    ours = points * 2.0**-30
    assert np.array_equal(np.sort(ours, axis=0), np.sort(theirs, axis=0))
    assert {row.tobytes() for row in ours} == {row.tobytes() for row in theirs}


def test_later_directions_are_those_that_a_longer_sequence_has() -> None:
    from simlib.sampling.sobol import _directions

    assert np.array_equal(_directions(5, 16)[:, :12], _directions(5, 12))
    assert np.array_equal(_directions(3, 16), _directions(5, 16)[:3])


def test_directions_are_those_of_scipy_up_to_the_last_dimension_of_the_table_and_beyond() -> None:
    from simlib.sampling.sobol import _directions, _directions_of_scipy, _table

    most = len(_table()) + 1
    assert most == 1_024
    assert np.array_equal(_directions(most, 18), _directions_of_scipy(most, 18))
    assert np.array_equal(_directions(most + 1, 12)[:most], _directions(most, 12))


def test_a_sobol_run_does_not_wait_for_scipy_stats() -> None:
    code = (
        "import sys; from simlib.sampling import Dimension, make_sampler;"
        "d = [Dimension(str(i)) for i in range(99)];"
        "make_sampler('sobol', 1, d, 16).scores(d, 0, 16); sys.exit('scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_scrambling_keeps_the_leading_digits_in_order() -> None:
    raw = np.uint64(1) << np.arange(29, 9, -1, dtype=np.uint64)
    directions, shift = scrambled(0, DIMENSIONS[0], raw)
    assert directions.shape == (REPLICATES, 20)
    assert shift.shape == (REPLICATES,)
    # Lower-triangular with a unit diagonal: direction k starts at digit k.
    leading = np.floor(np.log2(directions.astype(np.float64))).astype(int)
    assert np.array_equal(leading, np.broadcast_to(np.arange(51, 31, -1), (REPLICATES, 20)))


def variance_of_means(
    sampler_of: Callable[[int], Sampler], integrand: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Variance of the mean of 4,096 futures about the truth, over 40 seeds."""
    dimensions = DIMENSIONS[:5]
    means = [integrand(sampler_of(seed).scores(dimensions, 0, 4_096)).mean() for seed in range(40)]
    return float(np.var(means))


def test_sobol_points_are_worth_many_random_ones_for_a_smooth_quantity() -> None:
    def cost(z: np.ndarray) -> np.ndarray:
        return np.exp(0.3 * z[0]) * (1 + special.ndtr(z[1])) + z[2] * 0.2 + z[3] * z[4] * 0.05

    plain = variance_of_means(RandomSampler, cost)
    quasi = variance_of_means(lambda seed: SobolSampler(seed, DIMENSIONS), cost)
    assert plain / quasi > 50


def test_replicates_tell_the_error_of_a_sobol_mean() -> None:
    def smooth(z: np.ndarray) -> np.ndarray:
        return np.exp(0.3 * z[0]) + special.ndtr(z[1] + z[2])

    errors, means = [], []
    for seed in range(60):
        values = smooth(SobolSampler(seed, DIMENSIONS).scores(DIMENSIONS[:3], 0, 4_096))
        by_replicate = values.reshape(-1, REPLICATES).mean(axis=0)
        errors.append(by_replicate.var(ddof=1) / REPLICATES)
        means.append(values.mean())
    truth = np.exp(0.045) + 0.5
    ratio = np.mean((np.array(means) - truth) ** 2) / np.mean(errors)
    # A mean of 60 squared standard scores has an error of about sqrt(2/60)
    assert abs(ratio - 1) < 5 * np.sqrt(2 / 60)


def test_no_sobol_score_is_infinite_and_the_tails_are_there() -> None:
    sampler = SobolSampler(2, DIMENSIONS[:1])
    scores = np.concatenate([sampler.scores(DIMENSIONS[:1], chunk, CHUNK)[0] for chunk in range(16)])
    assert np.all(np.isfinite(scores))
    assert scores.max() > 4.0
    assert scores.min() < -4.0
    assert np.unique(scores).size == scores.size


def test_a_sobol_chunk_far_out_is_there_too() -> None:
    # 16 million futures on: more directions are read off, the points before stay where they were.
    sampler = SobolSampler(2, DIMENSIONS[:2])
    near = sampler.scores(DIMENSIONS[:2], 1, 256)
    far = sampler.scores(DIMENSIONS[:2], 1_000, CHUNK)
    points = special.ndtr(far[0, ::REPLICATES])
    assert np.array_equal(np.sort((points * 1_024).astype(int)), np.arange(1_024))
    assert np.array_equal(SobolSampler(2, DIMENSIONS[:2]).scores(DIMENSIONS[:2], 1, 256), near)
