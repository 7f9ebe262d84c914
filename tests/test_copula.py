"""Copulas and ties: every statement means what its formula says, held to other libraries, quadrature and draws."""

import math
from functools import cache

import numpy as np
import pytest
from oracles import spearman, tail_dependence
from scipy import integrate, special, stats

from simlib.sampling import (
    CHUNK,
    GAUSSIAN,
    Dimension,
    RandomSampler,
    concordance_to_normal,
    correlate,
    factor,
    from_spearman,
    implied_spearman,
    joint_chance,
    nearest_correlation,
    t_scale,
    t_scores,
    third_correlation,
    to_spearman,
)

N = 4 * CHUNK
DFS = [1.0, 2.5, 4.0, 30.0]


@cache
def t_pair(r: float, df: float) -> np.ndarray:
    """Give (2, N) scores of two members of a t copula."""
    sampler = RandomSampler(seed=11)
    dimensions = [Dimension("drivers.a"), Dimension("drivers.b"), Dimension("dependence.d.df")]
    chunks = [sampler.scores(dimensions, chunk, CHUNK) for chunk in range(N // CHUNK)]
    own = np.concatenate(chunks, axis=1)
    moved, scale = correlate(own[:2], factor([[1.0, r], [r, 1.0]])), t_scale(own[2], df)
    return np.stack([t_scores(row, scale, df) for row in moved])


def lower_corner(h: float, k: float, r: float, df: float) -> float:
    """Give P(X < h, Y < k) of a bivariate t, by quadrature over the first of the conditional chance of the second."""

    def slope(x: float) -> float:
        spread = math.sqrt((df + x * x) * (1 - r * r) / (df + 1))
        return float(np.exp(-0.5 * (df + 1) * np.log1p(x * x / df)) * special.stdtr(df + 1, (k - r * x) / spread))

    scale = math.exp(math.lgamma(0.5 * (df + 1)) - math.lgamma(0.5 * df)) / math.sqrt(df * math.pi)
    return scale * float(integrate.quad(slope, -np.inf, h, epsabs=1e-12, epsrel=1e-10, limit=400)[0])


# ---- Statements --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("df", [GAUSSIAN, *DFS])
@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_a_concordance_is_the_chance_of_being_below_the_middle_together(q: float, df: float) -> None:
    r = float(concordance_to_normal(q))
    assert float(joint_chance(0.5, 0.5, r, df)) / 0.5 == pytest.approx(q, abs=1e-8)


@pytest.mark.parametrize("df", DFS)
@pytest.mark.parametrize("r", [0.2, 0.7])
def test_the_rank_correlation_of_a_t_copula_is_its_double_integral(df: float, r: float) -> None:
    # 12 times the integral of C(u, v) - u v: nothing at r = 0, by symmetry, and from there on by its slope in the angle
    logits = np.linspace(-24, 24, 97)  # equal steps there see the corners, to which a t copula is drawn
    by = special.expit(logits) * special.expit(-logits) * 0.5
    h = (np.sign(logits) * -special.stdtrit(df, special.expit(-np.abs(logits))))[:, None]
    total = 0.0
    for x, weight in zip(*np.polynomial.legendre.leggauss(24), strict=True):
        angle = 0.5 * math.asin(r) * (x + 1)
        form = (h * h + h.T * h.T - 2 * h * h.T * math.sin(angle)) / (df * math.cos(angle) ** 2)
        total += 0.5 * math.asin(r) * weight * float(by @ (1 + form) ** (-0.5 * df) @ by) / (2 * math.pi)
    assert float(to_spearman(r, df)) == pytest.approx(12 * total, abs=5e-7)


@pytest.mark.parametrize("df", [1.0, 1.5, 4.0, 1e6])
def test_a_rank_correlation_and_back_is_where_one_started(df: float) -> None:
    rho = np.array([-1.0, -0.95, -0.4, 0.0, 0.1, 0.8, 0.999, 1.0])
    assert to_spearman(from_spearman(rho, df), df) == pytest.approx(rho, abs=1e-12)
    assert from_spearman([-1.0, 0.0, 1.0], df).tolist() == [-1.0, 0.0, 1.0]


def test_a_t_copula_of_many_degrees_of_freedom_is_the_gaussian_one() -> None:
    r = np.linspace(-1, 1, 9)
    assert to_spearman(r, 1e6) == pytest.approx(to_spearman(r), abs=1e-6)
    assert float(joint_chance(0.01, 0.01, 0.5, 1e6)) == pytest.approx(float(joint_chance(0.01, 0.01, 0.5)), rel=1e-4)
    assert tail_dependence(0.5, 1e6) < 1e-12
    own = RandomSampler(seed=3).scores([Dimension("a"), Dimension("b")], 0, CHUNK)
    assert t_scores(own[0], t_scale(own[1], 1e6), 1e6) == pytest.approx(own[0], abs=0.03)


def test_a_t_copula_orders_by_its_degrees_of_freedom() -> None:
    found = [float(to_spearman(0.5, df)) for df in (*DFS, GAUSSIAN)]
    assert found == sorted(found)
    tails = [tail_dependence(0.5, df) for df in (*DFS, GAUSSIAN)]
    assert tails == sorted(tails, reverse=True)
    # Demarta and McNeil (2005), table 1: nu = 4 and rho = 0.5
    assert tails[2] == pytest.approx(0.25, abs=0.005)


# ---- Draws -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("df", DFS)
def test_a_member_of_a_t_copula_keeps_a_normal_margin(df: float) -> None:
    for row in t_pair(0.6, df):
        assert stats.kstest(row, "norm").pvalue > 1e-4
        assert np.all(np.isfinite(row))


@pytest.mark.parametrize("df", DFS)
def test_a_t_copula_has_the_rank_correlation_asked_for(df: float) -> None:
    pair = t_pair(float(from_spearman(0.5, df)), df)
    # 1.35: no t copula's common stretching makes the error of normal scores larger than by this factor
    error = 1.35 * (1 - 0.25) * math.sqrt((1 + 0.125) / N)
    assert abs(spearman(pair[0], pair[1]) - 0.5) < 5 * error


@pytest.mark.parametrize("df", DFS)
@pytest.mark.parametrize("p", [0.01, 0.001])
def test_extremes_meet_in_a_t_copula_as_often_as_the_exact_bivariate_t_says(df: float, p: float) -> None:
    r = 0.5
    edge = float(special.ndtri(p))
    for pair in (t_pair(r, df), -t_pair(r, df)):  # both tails
        met = float(np.mean((pair[0] < edge) & (pair[1] < edge)))
        truth = lower_corner(float(special.stdtrit(df, p)), float(special.stdtrit(df, p)), r, df)
        assert abs(met - truth) < 5 * math.sqrt(truth * (1 - truth) / N)


@pytest.mark.parametrize("df", [1.0, 2.5, 4.0])
@pytest.mark.parametrize("r", [-0.3, 0.0, 0.5, 0.9])
def test_tail_dependence_is_where_the_chance_of_meeting_goes(df: float, r: float) -> None:
    p = 1e-7
    assert float(joint_chance(p, p, r, df)) / p == pytest.approx(tail_dependence(r, df), abs=0.004)


def test_members_that_are_one_stay_one_in_a_t_copula() -> None:
    assert np.array_equal(*t_pair(1.0, 3.0))
    first, second = t_pair(-1.0, 3.0)
    assert np.array_equal(first, -second)


# ---- Ties --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [-0.9, -0.3, 0.2, 0.95])
@pytest.mark.parametrize(("p", "q"), [(0.2, 0.1), (0.5, 0.5), (0.01, 0.9)])
def test_a_corner_of_the_normal_and_of_the_t_copula_is_that_of_other_ways(p: float, q: float, r: float) -> None:
    normal = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(special.ndtri([p, q]))
    assert float(joint_chance(p, q, r)) == pytest.approx(normal, abs=1e-7)
    for df in (1.0, 3.5):
        truth = lower_corner(float(special.stdtrit(df, p)), float(special.stdtrit(df, q)), r, df)
        assert float(joint_chance(p, q, r, df)) == pytest.approx(truth, abs=1e-7)


def event(p: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, 1 - p), (1 - p, 1.0))


@pytest.mark.parametrize("df", [GAUSSIAN, 3.0])
@pytest.mark.parametrize(("p", "q", "r"), [(0.3, 0.2, 0.5), (0.01, 0.6, -0.7), (0.4, 0.4, 1.0)])
def test_two_events_have_the_correlation_of_a_table_of_four_cells(p: float, q: float, r: float, df: float) -> None:
    both = float(joint_chance(p, q, r, df))
    table = (both - p * q) / math.sqrt(p * (1 - p) * q * (1 - q))
    assert implied_spearman(r, event(p), event(q), df) == pytest.approx(table, abs=1e-10)


def test_an_event_and_a_continuous_figure_have_the_correlation_of_their_means() -> None:
    # E[Phi(Y); X > h] by quadrature: P(X > h, W < Y) with W independent, an orthant of correlation r/sqrt(2)
    p, r = 0.15, 0.6
    h = float(special.ndtri(1 - p))
    mean = 0.5 * p + float(joint_chance(p, 0.5, r / math.sqrt(2))) - 0.5 * p
    truth = (mean - 0.5 * p) / math.sqrt(p * (1 - p) / 12)
    assert stats.norm.sf(h) == pytest.approx(p)
    assert implied_spearman(r, event(p), ()) == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("df", [GAUSSIAN, 2.0])
def test_what_ties_imply_is_what_draws_have(df: float) -> None:
    counts = tuple((float(stats.poisson.cdf(k - 1, 2)), float(stats.poisson.cdf(k, 2))) for k in range(12))
    partly = ((0.0, 0.35),)  # as of a saving that never comes in 35 of 100 futures
    r = 0.7
    scores = t_pair(r, df) if df != GAUSSIAN else t_pair(r, 1e6)
    count = stats.poisson.ppf(stats.norm.cdf(scores[0]), 2)
    saving = np.maximum(scores[1], special.ndtri(0.35))
    truth = implied_spearman(r, counts, partly, df)
    assert abs(spearman(count, saving) - truth) < 5 * 1.35 * (1 - truth**2) / math.sqrt(N)
    assert truth < float(to_spearman(r, df)) - 0.005


def test_many_small_ties_are_no_ties_and_one_value_has_nothing_to_correlate() -> None:
    small = tuple((k / 400, (k + 1) / 400) for k in range(400))
    assert implied_spearman(0.5, small, small) == pytest.approx(float(to_spearman(0.5)), abs=1e-5)
    assert implied_spearman(0.5, ((0.0, 1.0),), ()) == 0.0


# ---- Repairs -----------------------------------------------------------------------------------------------


def impossible() -> np.ndarray:
    return np.array([[1.0, 0.9, -0.2], [0.9, 1.0, 0.6], [-0.2, 0.6, 1.0]])


def test_what_two_correlations_leave_a_third_is_the_edge_of_the_possible() -> None:
    low, high = third_correlation(0.9, 0.6)
    for edge in (low, high):
        matrix = impossible()
        matrix[0, 2] = matrix[2, 0] = edge
        assert np.linalg.eigvalsh(matrix)[0] == pytest.approx(0.0, abs=1e-12)


def test_fixed_entries_stay_and_the_others_are_the_nearest() -> None:
    fixed = np.zeros((3, 3), dtype=bool)
    fixed[0, 1] = fixed[1, 0] = True
    repaired, change = nearest_correlation(impossible(), fixed)
    assert repaired[0, 1] == pytest.approx(0.9, abs=1e-9)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-9
    assert change > nearest_correlation(impossible())[1]
    # Two entries are free: no point of a fine grid that is possible lies nearer.
    a, b = np.meshgrid(np.linspace(-1, 1, 801), np.linspace(-1, 1, 801))
    possible = 1 + 2 * 0.9 * a * b - 0.81 - a * a - b * b >= 0
    distance = np.hypot(a + 0.2, b - 0.6)
    nearest = math.hypot(repaired[0, 2] + 0.2, repaired[1, 2] - 0.6)
    assert nearest <= distance[possible].min() < nearest + 0.005


def test_fixed_entries_that_no_matrix_has_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected fixed entries that a correlation matrix can have$"):
        nearest_correlation(impossible(), np.ones((3, 3), dtype=bool))


def test_members_that_are_one_in_all_but_name_are_repaired_alike() -> None:
    matrix = np.array([[1.0, -1.0, 0.5], [-1.0, 1.0, -0.46], [0.5, -0.46, 1.0]])
    repaired, change = nearest_correlation(matrix, np.abs(matrix) == 1.0)
    assert repaired[0].tolist() == [1.0, -1.0, pytest.approx(0.48)]
    assert np.array_equal(repaired[0], -repaired[1])
    assert change == pytest.approx(0.02)
    rows = factor(repaired)
    assert np.array_equal(rows[0], -rows[1])
