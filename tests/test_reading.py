"""What is read off futures by compiled loops is what numpy reads, to the byte; and both read what is there."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from scipy.special import stdtrit

from simlib import loops
from simlib.estimates import LEVELS, Statistics, chance, chances_of, statistics, statistics_of, statistics_with
from simlib.histograms import Histograms
from simlib.loops.groups import Buckets
from simlib.memory import uncollected
from simlib.outline import Outline
from simlib.programs import Bounds, Graph, assemble
from simlib.results import Tally
from simlib.tails import students

RNG = np.random.default_rng(8)
NORMAL = RNG.normal(size=5_003)


@contextmanager
def compiled(on: bool) -> Iterator[None]:
    """Use compiled loops inside, or do without them."""
    before = loops.on()
    try:
        if on:
            assert loops.start() is None
        else:
            loops.stop()
        yield
    finally:
        loops.stop()
        if before:
            loops.start()


def either(read: Callable[[], list[Statistics]]) -> list[list[Statistics]]:
    """Read without compiled loops and with them."""
    found = []
    for on in (False, True):
        with compiled(on):
            found.append(read())
    return found


def bytes_of(found: list[Statistics]) -> list[tuple[str, bytes, bytes]]:
    """Give all there is of statistics, so that 0.0 is not -0.0, and nan is nan."""
    return [
        (repr((s.mean, s.sd, s.quantiles, s.errors, s.intervals, s.count)), s.means.tobytes(), s.spreads.tobytes())
        for s in found
    ]


def pipe(n: int) -> np.ndarray:
    return np.concatenate([np.arange(float(n)), np.arange(float(n))[::-1]])


AWKWARD = {
    "two": np.asarray([2.0, 1.0]),
    "fewer than lanes": NORMAL[:15],
    "one more than lanes": NORMAL[:17],
    "a strip": NORMAL[:2_048],
    "one more than a strip": NORMAL[:2_049],
    "an odd number": NORMAL,
    "in order": np.sort(NORMAL),
    "up and down": pipe(2_000),
    "many alike": np.maximum(NORMAL, 0.0),
    "two values": (NORMAL > 1.0).astype(float),
    "one among nothing": np.eye(1, 4_000, 3_999)[0],
    "a first sample of one value": np.concatenate([np.full(1_024, 3.0), NORMAL]),
    "far from the first sample": np.concatenate([NORMAL[:1_024], 1e9 + NORMAL]),
    "a heavy tail": np.exp(6 * NORMAL),
    "two heaps": np.where(NORMAL > 0, 1e6, 0.0) + 1e-3 * NORMAL,
    "noughts of either sign": np.where(NORMAL > 0.5, NORMAL, np.where(NORMAL > 0, 0.0, -0.0)),
    "next to nothing": NORMAL * 5e-324 * 1e3,
    "very large": NORMAL * 1e150,
    "certain": np.full(100, -0.0),
}


@pytest.mark.parametrize(
    ("name", "replicates"), [(n, r) for n, figure in AWKWARD.items() for r in (1, 2, 16) if r <= len(figure)]
)
def test_statistics_are_the_same_with_and_without_compiled_loops(name: str, replicates: int) -> None:
    figure = AWKWARD[name]
    plain, quick = either(lambda: statistics_of(np.stack([figure, figure[::-1]]), replicates))
    assert bytes_of(plain) == bytes_of(quick)


@pytest.mark.parametrize("name", ["inf", "nan", "-inf"])
def test_figures_that_are_not_finite_are_the_same_too(name: str) -> None:
    figure = np.where(NORMAL > 0.5, float(name), NORMAL)
    with np.errstate(invalid="ignore"):
        plain, quick = either(lambda: statistics_of(figure[np.newaxis], 16))
    assert bytes_of(plain) == bytes_of(quick)


@pytest.mark.parametrize("on", [False, True])
def test_many_figures_are_read_as_each_alone_wherever_their_values_lie(on: bool) -> None:
    rows = RNG.normal(size=(64, 70)) ** 3
    rows[5] = 1.0
    alone = [np.ascontiguousarray(column) for column in rows.T]
    with compiled(on):
        assert bytes_of(statistics_of(rows.T, 16)) == bytes_of([statistics(each, 16) for each in alone])
        assert statistics_of(rows[:0], 16) == []


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("name", ["an odd number", "many alike", "a heavy tail", "far from the first sample", "two"])
def test_any_quantile_can_be_had_as_well_and_is_numpys(name: str, on: bool) -> None:
    figure, levels = AWKWARD[name], np.linspace(0, 1, 101)
    rows = np.stack([figure, np.full(len(figure), 7.0), figure])
    with compiled(on):
        found, more = statistics_with(rows, 1, {1: levels, 2: levels})
    assert sorted(more) == [1, 2]
    assert (more[1] == 7.0).all()
    assert more[2] == pytest.approx(np.quantile(figure, levels), rel=1e-12)
    assert list(found[2].quantiles.values()) == pytest.approx(np.quantile(figure, list(LEVELS.values())), rel=1e-12)


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("name", ["an odd number", "many alike", "two values"])
def test_the_errors_between_replicates_are_those_of_their_own_counts(name: str, on: bool) -> None:
    figure = AWKWARD[name]
    with compiled(on):
        found = statistics(figure, 16)
    parts = [figure[r::16] for r in range(16)]
    assert found.means == pytest.approx([part.mean() for part in parts], rel=1e-12)
    for k, value in enumerate(found.quantiles.values()):
        shares = [[(part < value).mean() for part in parts], [(part <= value).mean() for part in parts]]
        least = max(np.std(share, ddof=1) / 4 for share in shares)
        assert found.spreads[k] == pytest.approx(np.hypot(least, 2.131449545559323 / (2 * len(figure))), rel=1e-12)


def test_ranks_far_from_where_they_are_expected_are_found() -> None:
    """Replicates that differ from each other altogether need values that nobody had set aside."""
    figure = np.repeat(NORMAL[np.newaxis, :500], 16, axis=0) + 3.0 * np.arange(16)[:, np.newaxis]
    plain, quick = either(lambda: statistics_of(figure.T.reshape(1, -1), 16))
    assert bytes_of(plain) == bytes_of(quick)
    assert quick[0].errors["p50"] > 5  # not the 0.3 of independent futures


@pytest.mark.parametrize("name", AWKWARD)
def test_buckets_are_put_in_order(name: str) -> None:
    from simlib.loops.reading import BUCKETS, bucketed, ranked

    figure = AWKWARD[name]
    n = len(figure)
    where, windows = np.asarray([0]), np.asarray([[0, n - 1]])
    chosen, firsts = np.zeros(1, dtype=int), np.zeros((1, BUCKETS), dtype=int)
    near = Buckets(np.zeros((1, 2), dtype=int), chosen, firsts, np.zeros((1, BUCKETS + 1), dtype=int), np.empty(n))
    middle, shapes, sums = np.asarray([figure[0]]), np.asarray([[figure[0], 0.1, 3.0]]), np.zeros((2, 1, 16))
    bucketed(figure[np.newaxis], where, shapes, windows, np.asarray([1]), sums, near)
    found, there, settled = np.empty((1, n)), np.empty(1, dtype=bool), np.zeros((1, BUCKETS), dtype=bool)
    for ranks in (RNG.permutation(n), np.arange(n)):
        ranked(ranks[np.newaxis], middle, near, settled, found, there)
        assert there[0]
    assert found[0].tolist() == np.sort(figure).tolist()
    assert sums[0].sum() == pytest.approx((figure - figure[0]).sum(), rel=1e-9)
    ranked(np.asarray([[n]]), middle, near, settled, found[:, :1], there)
    assert not there[0]


def test_the_search_for_cycles_is_put_off_and_taken_up_again_whatever_happens() -> None:
    seen: list[bool] = []

    @uncollected()
    def fail() -> None:
        seen.append(gc.isenabled())
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [*seen, gc.isenabled()] == [False, True]


# ---- Futures that are counted and let go --------------------------------------------------------------------

STREAMED = {name: figure for name, figure in AWKWARD.items() if len(figure) > 2_000}


def tally(sample: np.ndarray, replicates: int) -> Tally:
    """Give an empty one of figures that are given as they are; a sample sets the bins."""
    graph = Graph()
    program = assemble(graph, [graph.input(Bounds()) for _ in sample], [], [])
    return Tally.over(Outline(program, {}, {}, {}), sample, replicates)


def streamed(figure: np.ndarray, replicates: int, block: int) -> Histograms:
    """Count a figure and twice it in two stretches, the first of which sets the bins, in blocks of some futures."""
    rows, count = np.stack([figure, 2 * figure]), len(figure)
    whole = tally(rows[:, :1_024], replicates)
    for first, last in ((0, 1_024), (1_024, count)):
        part = whole.empty()
        for start in range(first, last, block):
            part.add(rows, slice(start, min(start + block, last)))
        part.settle()
        whole.merge(part)
    return whole.figures


@pytest.mark.parametrize("replicates", [1, 16])
@pytest.mark.parametrize("name", STREAMED)
def test_counting_is_the_same_with_and_without_compiled_loops_and_in_any_blocks(name: str, replicates: int) -> None:
    plain, quick = either(lambda: streamed(STREAMED[name], replicates, 512).statistics())
    _, whole = either(lambda: streamed(STREAMED[name], replicates, 8_192).statistics())
    assert bytes_of(plain) == bytes_of(quick) == bytes_of(whole)


@pytest.mark.parametrize("replicates", [1, 16])
def test_every_future_is_counted_once(replicates: int) -> None:
    for on in (False, True):
        with compiled(on):
            found = streamed(NORMAL, replicates, 512)
        assert found.counts.sum(axis=1).tolist() == [5_003, 5_003]
        assert found.apart.sum(axis=2).tolist() == [[313] * 11 + [312] * 5] * 2 if replicates > 1 else [[], []]
        sums = [NORMAL[r::16].sum() - len(NORMAL[r::16]) * found.middle[0] for r in range(16)]
        assert found.sums[0] == pytest.approx(sums, rel=1e-12)
        assert found.least.tolist() == [NORMAL.min(), 2 * NORMAL.min()]


def test_the_short_side_of_a_skew_figure_is_resolved_as_finely_as_the_long_one() -> None:
    figure = np.exp(3.0 * np.random.default_rng(8).standard_normal(65_536))  # of which the P5 is 0.007, the P95 140
    exact = statistics(figure)
    for side in (1.0, -1.0):
        for on in (False, True):
            with compiled(on):
                [found] = streamed(side * figure, 1, 8_192).statistics([0])
            for level in LEVELS:
                same = level if side > 0 else f"p{100 - int(level[1:])}"
                if same in LEVELS:
                    assert abs(found.quantiles[same] - side * exact.quantiles[level]) < 0.2 * exact.errors[level]


def test_a_value_that_comes_more_often_than_a_short_number_can_say_is_counted_every_time() -> None:
    figure = np.zeros(140_000)
    figure[-1] = figure[0] = 1.0
    with compiled(True):
        found = streamed(figure, 1, 16_384)
    assert sorted(found.counts[0][found.counts[0] > 0].tolist()) == [2, 139_998]


@pytest.mark.parametrize("on", [False, True])
def test_an_infinite_value_is_counted_in_the_last_bin_on_its_side(on: bool) -> None:
    rows = np.asarray([[-np.inf, 0.0, np.inf, 1e100, -1e100]])
    told = tally(np.asarray([[0.0, 1.0]]), 1)
    with compiled(on), np.errstate(invalid="ignore"):
        told.add(rows, slice(0, 5))
        told.settle()
    found = told.figures
    assert (found.counts.sum(), found.counts[0, 0], found.counts[0, -1]) == (5, 2, 2)


# ---- Chances, and tails ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("replicates", [1, 16])
def test_many_chances_are_those_of_one_at_a_time(replicates: int) -> None:
    trials = RNG.integers(50, 90, size=(6, replicates))
    trials[3] = 0
    counts = RNG.binomial(trials, 0.3)
    counts[4], counts[5] = 0, trials[5]
    found = chances_of(counts, trials)
    assert repr(found) == repr([chance(each, of) for each, of in zip(counts, trials, strict=True)])
    assert [f.count for f in found] == trials.sum(axis=1).tolist()
    assert [f.probability for f in found[4:]] == [0.0, 1.0]
    assert repr(found[3]) == "Chance(probability=nan, error=nan, interval=(0.0, 1.0), count=0)"
    assert chances_of(counts[:0], trials[0]) == []


@pytest.mark.parametrize("count", [2, 3, 16, 1_000, 1_001, 1_002, 16_384, 131_072, 10_000_000])
def test_students_reach_is_scipys(count: int) -> None:
    assert students(count) == pytest.approx(float(stdtrit(count - 1, 0.975)), rel=1e-13)


def test_one_future_bounds_nothing() -> None:
    assert students(1) == np.inf
