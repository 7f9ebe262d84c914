"""Compiled drawing: the same bytes as numpy's for every sampler; the inverse of the normal distribution is right."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from scipy import special

from simlib import loops
from simlib.loops import drawing, words, ziggurat
from simlib.loops.normal import CENTRAL, write_normal_scores
from simlib.sampling import CHUNK, SAMPLERS, Dimension, Sampler, make_sampler, stream
from simlib.sampling.streams import keys, with_part

SEEDS = [0, 1, 2**32 - 1, 2**32, 2**64, 20160317 << 70, 2**128 - 1]
NAMES = ["drivers.pay_award", "measures.transformation.realisation", "", "café ✓", "x" * 300]
DIMENSIONS = [Dimension(name, year) for name in NAMES for year in (0, 2017, 2**32 - 1)]

each_sampler = pytest.mark.parametrize("name", list(SAMPLERS))


@pytest.fixture
def compiled() -> Iterator[None]:
    """Use compiled loops for the time of a test."""
    was_on = loops.on()
    assert loops.start() is None
    try:
        yield
    finally:
        if not was_on:
            loops.stop()


def in_numpy(sampler: Sampler, dimensions: Sequence[Dimension], chunk: int, count: int) -> np.ndarray:
    """Scores of a block without compiled loops, which the test has in use."""
    loops.stop()
    try:
        return sampler.scores(dimensions, chunk, count)
    finally:
        loops.start()


def assert_same(sampler: Sampler, dimensions: Sequence[Dimension], chunk: int, count: int) -> None:
    drawn = sampler.scores(dimensions, chunk, count)
    assert drawn.shape == (len(dimensions), count)
    assert drawn.tobytes() == in_numpy(sampler, dimensions, chunk, count).tobytes()


# ---- Whole samplers ------------------------------------------------------------------------------------------


@each_sampler
@pytest.mark.parametrize("seed", SEEDS)
def test_compiled_scores_are_numpys_to_the_byte_for_any_seed(compiled: None, name: str, seed: int) -> None:
    assert_same(make_sampler(name, seed, DIMENSIONS, 5 * CHUNK), DIMENSIONS, 3, 1_616)


@each_sampler
@pytest.mark.parametrize("chunk", [0, 1, 2, 63, 64, 65, 1_000])
def test_compiled_scores_are_numpys_in_any_chunk(compiled: None, name: str, chunk: int) -> None:
    assert_same(make_sampler(name, 5, DIMENSIONS, 1_001 * CHUNK), DIMENSIONS[::-4], chunk, CHUNK)


@each_sampler
@pytest.mark.parametrize("count", [16, 32, 496, 512, 528, 8_192, 16_368, 16_384])
def test_compiled_scores_are_numpys_for_any_count(compiled: None, name: str, count: int) -> None:
    assert_same(make_sampler(name, 5, DIMENSIONS, CHUNK + count), DIMENSIONS[:3], 1, count)


@pytest.mark.parametrize("count", [1, 2, 3, 511, 513, 16_383])
def test_plain_random_ones_are_numpys_for_odd_counts_too(compiled: None, count: int) -> None:
    assert_same(make_sampler("random", 5, [], 0), DIMENSIONS[:3], 2**32 - 1, count)


@each_sampler
def test_no_dimensions_are_no_scores(compiled: None, name: str) -> None:
    assert_same(make_sampler(name, 5, DIMENSIONS, CHUNK), [], 0, 16)


# A hypercube's draws depend on the number of its points: few, no power of two, and so many that the place within a
# stratum has 33, 32 and 31 binary digits; the last slice has some of the cells only.
@pytest.mark.parametrize("points", [1, 2, 3, 1_023, 1_024, 1_025, 1_500, 4_095, 2**19 - 1, 2**19, 2**20, 2**31 - 1])
def test_compiled_hypercubes_are_numpys_for_any_number_of_points(compiled: None, points: int) -> None:
    sampler = make_sampler("latin_hypercube", 5, [], 16 * points)
    last = (points - 1) // 1_024
    for chunk in {0, last // 2, last}:
        assert_same(sampler, DIMENSIONS[:2], chunk, 16 * min(1_024, points - 1_024 * chunk))


def test_more_points_than_the_loop_can_have_are_drawn_in_numpy(compiled: None) -> None:
    assert_same(make_sampler("latin_hypercube", 5, [], 16 * 2**32), DIMENSIONS[:2], 7, 1_616)


# ---- Plain random numbers ------------------------------------------------------------------------------------


def test_ten_million_normal_numbers_are_numpys_wedges_and_tails_included() -> None:
    drawn = np.empty((1, 10_000_000))
    drawing.draw_normal(keys(11, [("drivers.pay_award", (2017, 3))]), drawn)
    assert drawn.tobytes() == stream(11, "drivers.pay_award", (2017, 3)).standard_normal(drawn.size).tobytes()
    beyond = np.count_nonzero(np.abs(drawn) > ziggurat.EDGE)
    assert abs(beyond - drawn.size * 2 * special.ndtr(-ziggurat.EDGE)) < 5 * np.sqrt(beyond)


def test_a_stream_can_be_drawn_on_from_where_it_stood() -> None:
    key = keys(11, [("drivers.pay_award", (2017, 3))])
    whole, parts = np.empty((1, 2_000)), np.empty(2_000)
    drawing.draw_normal(key, whole)
    state = words.started(key[0])
    for start, stop in ((0, 512), (512, 512), (512, 513), (513, 2_000)):
        state = drawing.normals(tuple(map(np.uint64, state)), parts[start:stop])
    assert parts.tobytes() == whole.tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stream_starts_as_numpys_does(seed: int) -> None:
    for index in ((), (0,), (2017, 3), (2**32 - 1, 0, 2**32 - 1)):
        for name in NAMES:
            theirs = stream(seed, name, index).bit_generator.state["state"]["state"]
            assert words.started(keys(seed, [(name, index)])[0]) == tuple(theirs)


def test_the_layers_of_the_ziggurat_are_those_of_the_density() -> None:
    reach = ziggurat.WIDTH * 2.0**52
    assert reach[255] == ziggurat.EDGE
    assert pytest.approx(np.exp(-0.5 * reach[1:] ** 2), rel=1e-13) == ziggurat.HEIGHT[1:]
    # All have the area of the lowest, which is that of a box up to the edge and of the tail.
    tail = np.sqrt(2 * np.pi) * special.ndtr(-ziggurat.EDGE)
    area = ziggurat.EDGE * ziggurat.HEIGHT[255] + tail
    assert reach[1:] * (ziggurat.HEIGHT[:-1] - ziggurat.HEIGHT[1:]) == pytest.approx(area, rel=1e-11)
    assert reach[0] * ziggurat.HEIGHT[255] == pytest.approx(area, rel=1e-13)
    assert ziggurat.INSIDE[2:] == pytest.approx(2.0**52 * reach[1:-1] / reach[2:], rel=1e-13)
    assert (ziggurat.INSIDE[1], ziggurat.EDGE_INVERSE) == (0, pytest.approx(1 / ziggurat.EDGE, rel=1e-15))


@pytest.mark.parametrize(
    ("seed", "index", "message"),
    [
        (-1, (), r"^expected a seed from 0 to 2\^128 - 1, got -1$"),
        (2**128, (), r"^expected a seed from 0 to 2\^128 - 1, got 340"),
        (0, (2**32,), r"^expected indices from 0 to 2\^32 - 1, got \(4294967296,\)$"),
    ],
)
def test_a_key_out_of_range_is_refused(seed: int, index: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        keys(seed, [("a", index)])


def test_a_part_of_a_key_out_of_range_is_refused() -> None:
    for part in (-1, 2**32):
        with pytest.raises(ValueError, match=r"^expected indices from 0 to 2\^32 - 1, got "):
            with_part(keys(0, [("a", ())]), part)


# ---- The inverse of the normal distribution ------------------------------------------------------------------


def scores(u: np.ndarray) -> np.ndarray:
    found = u.copy()
    write_normal_scores(found)
    return found


def probabilities() -> np.ndarray:
    """All of the axis, evenly and by orders of magnitude, and the places where one formula gives way to another."""
    even = (np.arange(20_000) + 0.5) / 20_000
    small = 2.0 ** -np.linspace(1, 53, 20_000)
    edges = np.array([0.5 - CENTRAL, 0.5 + CENTRAL, np.exp(-25.0), 2.0**-53, 1 - 2.0**-53])
    near = np.array([edges - np.spacing(edges), edges, edges + np.spacing(edges)]).ravel()
    return np.concatenate([even, small, 1.0 - small, near[near < 1.0]])


def test_scores_are_scipys_to_the_last_digits_everywhere() -> None:
    u = probabilities()
    assert scores(u) == pytest.approx(special.ndtri(u), rel=1.5e-15)
    near_the_middle = 0.5 + np.array([-1e-3, -1e-9, -(2.0**-53), 0.0, 2.0**-52, 1e-9])
    assert scores(near_the_middle) == pytest.approx(np.sqrt(2 * np.pi) * (near_the_middle - 0.5), rel=2e-6, abs=0.0)


def test_scores_of_a_probability_and_of_the_rest_are_opposite() -> None:
    u = probabilities()
    above = u[u >= 0.5]  # what is left of these to 1 is exact
    assert np.array_equal(scores(1.0 - above), -scores(above))


def test_scores_rise_with_the_probability() -> None:
    steps = np.diff(scores(np.unique(probabilities())))
    assert steps.min() > -1e-15  # where one formula gives way to another they may differ by a last digit
    assert np.count_nonzero(steps <= 0) < 10


@pytest.mark.parametrize("size", [0, 1, 2, 511, 512, 513, 1_537, 60_000])
def test_compiled_scores_of_probabilities_are_numpys_to_the_byte(size: int) -> None:
    u = np.random.default_rng(size).permutation(np.append(probabilities(), np.nan))[:size]
    drawn = u.copy()
    drawing.normal_scores(drawn)
    assert drawn.tobytes() == scores(u).tobytes()


# ---- What a test that compares can miss ----------------------------------------------------------------------


@each_sampler
def test_the_compiled_loops_are_what_draws(compiled: None, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("drawn in numpy")

    for module in ("random", "latin_hypercube"):
        monkeypatch.setattr(f"simlib.sampling.{module}.stream", refused)
    monkeypatch.setattr("simlib.loops.normal.write_normal_scores", refused)
    assert make_sampler(name, 1, DIMENSIONS, 16).scores(DIMENSIONS, 0, 16).shape == (len(DIMENSIONS), 16)


@pytest.mark.parametrize("bound", [1, 2, 3, 1_000, 2**16, 3 * 2**30, 2**31 + 1, 2**32 - 1])
def test_whole_numbers_below_a_bound_are_numpys(bound: int) -> None:
    state, kept = words.started(keys(3, [("a", ())])[0]), words.NONE
    drawn = []
    for _ in range(200):
        number, state, kept = words.below(np.uint64(bound), tuple(map(np.uint64, state)), np.uint64(kept))
        drawn.append(number)
    assert drawn == stream(3, "a").integers(bound, size=200).tolist()
