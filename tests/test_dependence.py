"""Dependence between scores: what was asked for is achieved, and nothing else moves. No distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ranks, spearman

from simlib.sampling import (
    CHUNK,
    Dimension,
    RandomSampler,
    ar1,
    common_factor,
    correlate,
    factor,
    nearest_correlation,
    normal_to_spearman,
    spearman_to_normal,
)
from simlib.sampling.dependence import ranks_and_ties

N = 8 * CHUNK


def independent(rows: int, n: int = N) -> np.ndarray:
    dimensions = [Dimension(f"drivers.d{row}") for row in range(rows)]
    sampler = RandomSampler(seed=11)
    chunks = [sampler.scores(dimensions, chunk, CHUNK) for chunk in range(-(-n // CHUNK))]
    return np.concatenate(chunks, axis=1)[:, :n]


def rank_error(rho: float) -> float:
    """Bound on the standard error of a rank correlation of normal scores, the larger at nought."""
    return 1.07 * (1 - rho**2) / np.sqrt(N) + 1e-12


@pytest.mark.parametrize("rho", [-1.0, -0.9, -0.3, 0.0, 0.25, 0.5, 0.99, 1.0])
def test_two_drivers_have_the_rank_correlation_asked_for(rho: float) -> None:
    r = float(spearman_to_normal(rho))
    pair = correlate(independent(2), factor([[1.0, r], [r, 1.0]]))
    assert abs(spearman(pair[0], pair[1]) - rho) < 5 * rank_error(rho)
    assert np.array_equal(pair[0], independent(2)[0])


@pytest.mark.parametrize(("rho", "r"), [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (0.5, 0.5176380902050415)])
def test_rank_and_normal_correlation_are_one_statement(rho: float, r: float) -> None:
    assert float(spearman_to_normal(rho)) == pytest.approx(r, abs=1e-15)
    assert float(normal_to_spearman(r)) == pytest.approx(rho, abs=1e-15)


def test_a_perfect_correlation_stays_perfect() -> None:
    assert spearman_to_normal([1.0, -1.0]).tolist() == [1.0, -1.0]
    r = float(spearman_to_normal(-1.0))
    pair = correlate(independent(2), factor([[1.0, r], [r, 1.0]]))
    assert np.array_equal(pair[1], -pair[0])


@given(st.floats(-1.0, 1.0))
def test_rank_to_normal_and_back_is_where_one_started(rho: float) -> None:
    assert float(normal_to_spearman(spearman_to_normal(rho))) == pytest.approx(rho, abs=1e-14)


def test_a_group_of_twelve_has_the_matrix_asked_for_and_normal_margins() -> None:
    numbers = np.random.Generator(np.random.SFC64(4))
    loadings = numbers.uniform(-1, 1, (12, 3))
    covariance = loadings @ loadings.T + np.eye(12)
    scale = 1 / np.sqrt(np.diag(covariance))
    target = covariance * np.outer(scale, scale)
    np.fill_diagonal(target, 1.0)
    target = 0.5 * (target + target.T)
    moved = correlate(independent(12), factor(target))
    error = (1 - target**2) / np.sqrt(N)
    assert np.all(np.abs(np.corrcoef(moved) - target) <= 5 * error + 1e-12)
    assert np.all(np.abs(moved.mean(axis=1)) < 5 / np.sqrt(N))
    assert np.all(np.abs(moved.var(axis=1) - 1) < 5 * np.sqrt(2 / N))


def test_a_correlated_score_is_the_same_in_any_block() -> None:
    scores = independent(3, CHUNK)
    lower = factor([[1.0, 0.3, 0.5], [0.3, 1.0, -0.2], [0.5, -0.2, 1.0]])
    whole = correlate(scores, lower)
    for count in (1, 16, 1_000, 1_024, 5_000):
        assert np.array_equal(correlate(scores[:, :count], lower), whole[:, :count])


def test_correlating_is_the_factor_times_the_rows() -> None:
    scores = independent(3, 7)
    lower = factor([[1.0, 0.3, 0.5], [0.3, 1.0, -0.2], [0.5, -0.2, 1.0]])
    for column in range(7):
        for row in range(3):
            slow = sum(lower[row, k] * scores[k, column] for k in range(3))
            assert correlate(scores, lower)[row, column] == pytest.approx(slow, rel=1e-14, abs=1e-15)


def test_higham_s_example_is_repaired_as_published() -> None:
    # Higham (2002), section 4: off-diagonals 0.7607 and 0.1573, distance 0.5278
    given_ = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    repaired, change = nearest_correlation(given_)
    assert repaired == pytest.approx(
        np.array([[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]), abs=5e-5
    )
    assert np.linalg.norm(repaired - given_) == pytest.approx(0.5278, abs=5e-5)
    assert change == pytest.approx(1 - 0.7607, abs=5e-5)


def test_a_correlation_matrix_is_left_exactly_as_it_was() -> None:
    matrix = [[1.0, 0.3, 0.5], [0.3, 1.0, -0.2], [0.5, -0.2, 1.0]]
    repaired, change = nearest_correlation(matrix)
    assert repaired.tolist() == matrix
    assert change == 0.0
    assert nearest_correlation(np.ones((4, 4)))[1] == 0.0


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_a_repaired_matrix_can_be_factored_and_no_nearer_mixture_exists(seed: int, n: int) -> None:
    numbers = np.random.Generator(np.random.SFC64(seed))
    upper = np.triu(numbers.uniform(-1, 1, (n, n)), 1)
    matrix = upper + upper.T + np.eye(n)
    repaired, change = nearest_correlation(matrix)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-7
    assert np.all(np.diag(repaired) == 1.0)
    assert change == np.max(np.abs(repaired - matrix))
    lower = factor(repaired)
    assert lower @ lower.T == pytest.approx(repaired, abs=1e-6)
    # Optimality: along the segment to another correlation matrix the distance only grows.
    loadings = numbers.standard_normal((n, n))
    other = loadings @ loadings.T / np.outer(*2 * [np.linalg.norm(loadings, axis=1)])
    toward = repaired + 0.01 * (other - repaired)
    assert np.linalg.norm(matrix - toward) >= np.linalg.norm(matrix - repaired) - 1e-7


@pytest.mark.parametrize(
    "matrix",
    [
        np.ones((3, 3)),
        np.array([[1.0, -1.0], [-1.0, 1.0]]),
        np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]]),
        np.array([[1.0, -0.5, -0.5], [-0.5, 1.0, -0.5], [-0.5, -0.5, 1.0]]),
        np.eye(1),
    ],
)
def test_semi_definite_matrices_are_factored_too(matrix: np.ndarray) -> None:
    lower = factor(matrix)
    assert lower @ lower.T == pytest.approx(matrix, abs=1e-12)
    assert np.array_equal(lower, np.tril(lower))
    assert np.all(np.diag(lower) >= 0.0)


def test_the_factor_of_the_first_members_is_that_of_the_first_members_alone() -> None:
    matrix = np.array([[1.0, 0.3, 0.5], [0.3, 1.0, -0.2], [0.5, -0.2, 1.0]])
    assert np.array_equal(factor(matrix)[:2, :2], factor(matrix[:2, :2]))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]], "expected a positive semi-definite matrix"),
        ([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]], "expected a positive semi-definite matrix"),
        ([[1.0, 0.5], [0.4, 1.0]], "expected a symmetric matrix with ones on the diagonal"),
        ([[2.0, 0.5], [0.5, 1.0]], "expected a symmetric matrix with ones on the diagonal"),
        ([[1.0, 0.5, 0.1]], "expected a symmetric matrix with ones on the diagonal"),
        ([[1.0, 1.5], [1.5, 1.0]], "expected correlations from -1 to 1"),
        ([[1.0, np.nan], [np.nan, 1.0]], "expected a symmetric matrix with ones on the diagonal"),
    ],
)
def test_what_is_no_correlation_matrix_is_refused(matrix: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        factor(matrix)


@pytest.mark.parametrize("r", [0.0, 0.3, 1.0])
def test_members_of_a_pattern_share_a_factor_and_a_new_one_moves_nobody(r: float) -> None:
    scores, shared = independent(4)[:3], independent(4)[3]
    members = common_factor(scores, shared, r)
    off = np.corrcoef(members)[np.triu_indices(3, 1)]
    assert np.all(np.abs(off - r) < 5 * (1 - r * r) / np.sqrt(N) + 1e-12)
    assert np.all(np.abs(members.var(axis=1) - 1) < 5 * np.sqrt(2 / N))
    assert np.array_equal(common_factor(scores[:2], shared, r), members[:2])
    assert np.array_equal(common_factor(scores[0], shared, r), members[0])


@pytest.mark.parametrize("phi", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_years_remember_the_year_before_and_stay_standard_normal(phi: float) -> None:
    innovations = independent(5)
    years = ar1(innovations, phi)
    assert np.array_equal(years[0], innovations[0])
    assert np.all(np.abs(years.var(axis=1) - 1) < 5 * np.sqrt(2 / N))
    matrix = np.corrcoef(years)
    for lag in range(1, 5):
        error = (1 - phi ** (2 * lag)) / np.sqrt(N) + 1e-12
        assert np.all(np.abs(np.diagonal(matrix, lag) - phi**lag) < 5 * error)
    assert np.array_equal(innovations, independent(5))


def test_a_chain_of_years_is_the_formula_step_by_step() -> None:
    innovations = independent(4, 3)
    years = ar1(innovations, 0.6)
    for column in range(3):
        level = innovations[0, column]
        for year in range(1, 4):
            level = 0.6 * level + 0.8 * innovations[year, column]
            assert years[year, column] == pytest.approx(level, rel=1e-14)


def test_correlations_outside_their_range_are_refused() -> None:
    scores = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"^expected a correlation from 0 to 1, got -0\.1$"):
        common_factor(scores, scores[0], -0.1)
    with pytest.raises(ValueError, match=r"^expected a correlation from -1 to 1, got 1\.5$"):
        ar1(scores, 1.5)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_ranks_with_ties_are_those_of_scipy(values: list[int]) -> None:
    found, commonest = ranks_and_ties(np.array(values, dtype=float))
    assert found.tolist() == ranks(np.array(values)).tolist()
    assert commonest == max(map(values.count, values))
