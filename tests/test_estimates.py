"""Chances, quantiles and their errors: against published values, numpy, and how often intervals hold the truth."""

import math

import numpy as np
import pytest
from scipy.stats import binom, norm, t
from small_files import COUNCIL, by_replicate, drawn, pair_of, told, with_squares

from simlib.estimates import LEVELS, T95_15, chance, ratio_mean, statistics
from simlib.histograms import Histograms
from simlib.ranking import quantiles
from simlib.tails import Z95, binomial_ranks


def interval(successes: int, trials: int) -> tuple[float, float]:
    return chance(np.array([successes]), np.array([trials])).interval


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's interval as textbooks print it."""
    p, z = successes / trials, float(norm.ppf(0.975))
    centre, half = p + z * z / (2 * trials), z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2))
    return (centre - half) / (1 + z * z / trials), (centre + half) / (1 + z * z / trials)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    assert interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_is_the_same_from_either_side_and_never_leaves_nought_to_one() -> None:
    for successes in range(31):
        low, high = interval(successes, 30)
        other = interval(30 - successes, 30)
        assert (low, high) == pytest.approx((1 - other[1], 1 - other[0]), abs=1e-12)
        assert 0 <= low <= successes / 30 <= high <= 1
    assert interval(0, 30)[0] == 0
    assert interval(30, 30)[1] == 1


def test_the_constants_are_those_of_the_tables() -> None:
    assert pytest.approx(norm.ppf(0.975)) == Z95
    assert pytest.approx(t.ppf(0.975, 15)) == T95_15


@pytest.mark.parametrize("size", [1, 2, 7, 100, 1001])
def test_quantiles_are_numpys_type_seven(size: int) -> None:
    values = np.random.default_rng(size).normal(size=size)
    for level in (0.0, 0.05, 1 / 3, 0.5, 0.9, 1.0):
        assert quantiles(np.sort(values), np.asarray([level])) == pytest.approx(np.quantile(values, level), abs=1e-12)


def test_statistics_are_numpys() -> None:
    values = np.random.default_rng(1).lognormal(size=999)
    found = statistics(values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-12)
    assert found.errors["mean"] == pytest.approx(values.std(ddof=1) / math.sqrt(999), rel=1e-12)
    for name, level in LEVELS.items():
        assert found.quantiles[name] == pytest.approx(np.quantile(values, level), rel=1e-12)


def test_a_certain_figure_is_exact_and_has_no_error() -> None:
    found = statistics(np.full(1_000, 0.1))
    assert (found.mean, found.sd, set(found.errors.values())) == (0.1, 0.0, {0.0})


def test_the_error_of_a_chance_is_the_binomial_one_for_independent_futures() -> None:
    found = chance(np.array([300]), np.array([1_000]))
    assert (found.probability, found.count) == (0.3, 1_000)
    assert found.error == pytest.approx(math.sqrt(0.3 * 0.7 / 1_000))
    assert found.interval == pytest.approx(wilson(300, 1_000), rel=1e-12)


def test_the_error_of_a_chance_is_the_spread_of_its_replicates() -> None:
    counts = np.array([30, 34, 28, 32] * 4)
    found = chance(counts, np.full(16, 100))
    spread = np.std(counts / 100, ddof=1) / 4
    assert found.error == pytest.approx(spread)
    assert found.interval == pytest.approx((0.31 - T95_15 * spread, 0.31 + T95_15 * spread), abs=3e-4)  # Wilson's shift


def test_replicates_that_agree_in_between_leave_the_doubt_of_the_last_future_of_each() -> None:
    """A stratified sample counts 50 of 100 in every replicate for any chance from about 49.9 to 50.1 %."""
    found = chance(np.full(16, 50), np.full(16, 100))
    assert found.error == 0
    half = T95_15**2 / (2 * 1_600)
    assert found.interval == pytest.approx((0.5 - half, 0.5 + half))


def test_a_chance_under_a_condition_weighs_replicates_by_how_often_it_holds() -> None:
    """Replicates of one future each side with ones of a hundred would count alike in a mean of ratios."""
    both, given = np.array([1, 50] * 8), np.array([1, 100] * 8)
    found = chance(both, given)
    ratio = both.sum() / given.sum()
    spread = np.std((both - ratio * given) / given.mean(), ddof=1) / 4
    assert found.probability == pytest.approx(ratio)
    assert found.error == pytest.approx(spread)
    assert found.error < np.std(both / given, ddof=1) / 4 / 10


def test_a_quantile_beside_an_infinite_value_is_that_value() -> None:
    ordered = np.asarray([-np.inf, -np.inf, 0.0, 1.0, np.inf, np.inf])
    found = quantiles(ordered, np.asarray([0.1, 0.3, 0.5, 0.7, 0.9]))
    assert found.tolist() == [-np.inf, -np.inf, 0.5, np.inf, np.inf]


@pytest.mark.parametrize("count", [1, 7, 60, 1_000, 131_072, 2**24])
@pytest.mark.parametrize("level", LEVELS.values())
def test_ranks_around_a_quantile_are_the_binomials(count: int, level: float) -> None:
    least, most = binomial_ranks(count, level)
    assert (least, most) == (binom.ppf(0.025, count, level), binom.ppf(0.975, count, level))


def test_too_few_futures_leave_an_end_of_a_quantile_open() -> None:
    found = statistics(np.arange(60.0))
    assert found.intervals["p5"][0] == -np.inf
    assert found.intervals["p95"][1] == np.inf
    assert found.intervals["p50"] == (21.0, 38.0)  # the 22nd and the 39th, as in tables of the sign test


def test_the_interval_of_a_quantile_has_its_ends_among_values_that_come_again_and_again() -> None:
    values = np.repeat([0.0, 1.0], [902, 98])  # P90 may well be 1: 9.8 % lie there
    for replicates in (1, 14):
        mixed = np.random.default_rng(4).permutation(values)
        found = statistics(mixed, replicates)
        assert found.quantiles["p90"] == 0
        assert found.intervals["p90"] == (0, 1)
        assert found.intervals["p50"] == (0, 0)


def test_a_mean_of_few_futures_has_students_interval() -> None:
    values = np.array([1.0, 2.0, 4.0, 5.0])
    half = t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert statistics(values).intervals["mean"] == pytest.approx((3 - half, 3 + half))


def test_a_mean_where_something_holds_has_the_error_of_that_many_futures() -> None:
    rng = np.random.default_rng(5)
    figure, holds = rng.normal(3, 2, 1_000), rng.random(1_000) < 0.2
    found = ratio_mean(with_squares(np.where(holds, figure, 0.0), 1), by_replicate(holds, 1))
    where = figure[holds]
    assert found.mean == pytest.approx(where.mean())
    assert found.error == pytest.approx(where.std() / math.sqrt(len(where)))
    parts = ratio_mean(with_squares(np.where(holds, figure, 0.0), 10), by_replicate(holds, 10))
    assert parts.mean == pytest.approx(found.mean)
    assert 0.4 < parts.error / found.error < 1.8  # ten replicates know it to a quarter


@pytest.mark.parametrize("successes", [0, 100])
def test_replicates_that_agree_at_never_or_always_still_leave_wilsons_doubt(successes: int) -> None:
    found = chance(np.full(16, successes), np.full(16, 100))
    least, most = wilson(16 * successes, 1_600)
    assert found.interval[0] <= least
    assert found.interval[1] >= most
    assert 0.002 < found.interval[1] - found.interval[0] < 0.003


NORMAL = "{dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}"
SAVING = f"""{COUNCIL}
measures: {{m: {{council: a, saving: {NORMAL}, basis: recurring, from: 2020/21}}}}
options: {{o: {{councils: a, measures: m}}}}
"""


@pytest.mark.parametrize(("sampler", "count"), [("random", 256), ("sobol", 256)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(sampler: str, count: int) -> None:
    """Of 200 seeds 190 should; five errors of that count is 15."""
    truth = float(norm.cdf(0.1 / 0.4))
    held = middles = 0
    for seed in range(200):
        futures = drawn(SAVING, count, seed=seed, sampler=sampler)
        position = 1.0 - futures.drivers["measures.m.saving"]
        found = chance(by_replicate(position <= 0, futures.replicates), futures.trials)
        held += found.interval[0] <= truth <= found.interval[1]
        middle = statistics(position, futures.replicates)
        middles += abs(middle.mean + 0.1) < 2 * middle.errors["mean"]
    assert 200 - held <= 25
    assert held < 200
    assert 200 - middles <= 27


def test_sobol_knows_that_it_is_more_exact() -> None:
    plain, sobol = (pair_of(told(SAVING, 4_096, sampler=sampler)) for sampler in ("random", "sobol"))
    left, right = (found["gap_recurring"]["2023/24"]["error"]["mean"] for found in (plain, sobol))
    assert right < left / 10
    assert sobol["closes"]["target_year"]["error"] < plain["closes"]["target_year"]["error"] / 2


# ---- Histograms of futures that pass -----------------------------------------------------------------------


@pytest.mark.parametrize("replicates", [1, 16])
def test_a_histogram_counts_what_the_values_say(replicates: int) -> None:
    values = np.random.default_rng(3).normal(2, 0.5, size=64_000)
    streamed = Histograms.over(values[np.newaxis, :16_000], replicates)
    for start in range(0, 64_000, 16_000):
        part = streamed.empty()
        part.add(values[np.newaxis, start : start + 16_000])
        streamed.merge(part)
    [found], exact = streamed.statistics(), statistics(values, replicates)
    assert found.mean == pytest.approx(exact.mean, rel=1e-12)
    assert found.sd == pytest.approx(exact.sd, rel=1e-9)
    for name in LEVELS:
        assert abs(found.quantiles[name] - exact.quantiles[name]) < 0.1 * exact.errors[name]
        assert found.errors[name] == pytest.approx(exact.errors[name], rel=0.25)


@pytest.mark.parametrize("replicates", [1, 16])
@pytest.mark.parametrize("shape", ["two heaps", "long tail"])
def test_what_a_bin_blurs_is_within_its_error_and_interval(replicates: int, shape: str) -> None:
    drawn = np.random.default_rng(5).normal(size=(2, 256_000))
    heaps = np.where(drawn[0] < 0, 0.0, 1_000.0) + 0.001 * drawn[1]  # each heap narrower than a bin
    values = heaps if shape == "two heaps" else np.exp(3 * drawn[0])
    streamed = Histograms.over(values[np.newaxis, :16_000], replicates)
    streamed.add(values[np.newaxis])
    [found], exact = streamed.statistics(), statistics(values, replicates)
    for name in ("p5", "p10", "p25", "p75", "p80", "p90", "p95"):
        assert abs(found.quantiles[name] - exact.quantiles[name]) < 3 * found.errors[name], name
        low, high = found.intervals[name]
        assert low <= exact.quantiles[name] <= high, name


def test_a_histogram_knows_the_extremes_beyond_its_bins() -> None:
    histogram = Histograms.over(np.linspace(0, 1, 100)[np.newaxis], 1)
    histogram.add(np.concatenate([np.linspace(0, 1, 100), [-50.0, 70.0]])[np.newaxis])
    assert histogram.quantiles_of(0, np.asarray([0.0, 1.0])) == pytest.approx([-50.0, 70.0])


def test_a_histogram_of_one_value_is_that_value() -> None:
    histogram = Histograms.over(np.full((1, 100), 0.3), 1)
    histogram.add(np.full((1, 100), 0.3))
    [found] = histogram.statistics()
    assert found.quantiles["p50"] == 0.3
    assert found.mean == pytest.approx(0.3, rel=1e-12)
    assert found.sd == pytest.approx(0.0, abs=1e-9)


def test_replicates_that_agree_leave_a_doubt_of_a_future_each() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=64), 16)  # every replicate has the very same futures
    found = statistics(values, 16)
    assert found.errors["mean"] == 0
    room = T95_15**2 * found.sd / 1_024
    low, high = found.intervals["mean"]
    assert (low, high) == pytest.approx((found.mean - room, found.mean + room))


def test_values_that_come_again_and_again_are_read_exactly_wherever_the_bins_end() -> None:
    rng = np.random.default_rng(1)
    for _ in range(1_000):
        values = np.sort(np.round(rng.normal(size=5) * rng.choice([1.0, 10.0, 1e3]), 2))
        sample = np.repeat(values, [10, 20, 40, 20, 10])
        histogram = Histograms.over(sample[np.newaxis], 1)
        histogram.add(sample[np.newaxis])
        assert histogram.quantiles_of(0, np.asarray([0.2, 0.5, 0.8])).tolist() == values[1:4].tolist()
