"""What a Sobol' sequence is best spent on: the order of its coordinates and the principal components of a group."""

import numpy as np
import pytest

from simlib.sampling import Dimension, by_influence, explained, principal, stream
from tests.small_files import drawn as drawn_of

FUTURES = 65_536
ISHIGAMI = (0.3139, 0.4424, 0.0)  # first-order indices for a = 7, b = 0.1: Ishigami and Homma (1990)


def scores(names: int) -> np.ndarray:
    return np.stack([stream(3, f"x{k}").standard_normal(FUTURES) for k in range(names)])


def test_influence_is_the_first_order_index_where_that_is_known():
    from scipy.special import ndtr

    drawn = scores(3)
    x = np.pi * (2 * ndtr(drawn) - 1)
    figure = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    # Sixteen slices see less than all of a curve that turns within a slice, and never more.
    found = explained(drawn, figure[None])
    assert found == pytest.approx(ISHIGAMI, abs=0.03)
    assert (found <= np.asarray(ISHIGAMI) + 0.005).all()


def test_what_has_no_influence_stays_in_its_place_behind_what_has():
    drawn = scores(20)
    figures = np.stack([drawn[7] + 0.1 * drawn[3], np.full(FUTURES, 2.0), np.full(FUTURES, np.inf)])
    dimensions = [Dimension(f"x{k}") for k in range(20)]
    order = [d.name for d in by_influence(dimensions, explained(drawn, figures))]
    assert order[:2] == ["x7", "x3"]
    assert order[2:] == [d.name for k, d in enumerate(dimensions) if k not in (3, 7)]


def test_figures_that_tell_nothing_leave_the_order_alone():
    assert explained(scores(2), np.ones((1, FUTURES))).tolist() == [0.0, 0.0]
    assert explained(scores(2)[:, :3], scores(2)[:, :3]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("certain", [0.1, 2.6, 1e9 / 3])
def test_a_certain_figure_beside_others_does_not_hide_what_matters(certain: float) -> None:
    # 0.1 added up many times is not quite as many times 0.1: without care its spread would be 1e-17, and then nought.
    drawn = scores(3)[:, :8_192]
    figures = np.stack([np.full(8_192, certain), drawn[2]])
    assert explained(drawn, figures) == pytest.approx([0.0, 0.0, 1.0], abs=0.04)


def test_a_figure_without_an_answer_in_the_pilot_alone_does_not_refuse_the_run():
    # 1 in 741 futures has none: 5 or 6 of the pilot's 4,096, and none of these 112.
    body = "drivers: {x: {kind: number, dist: normal, mean: 0, sd: 1}}\noutputs: {y: sqrt(3 - x)}\n"
    futures = drawn_of(body, 112, sampler="sobol")
    assert np.isfinite(futures.outputs["y"]).all()
    assert futures.count == 112


def correlation(size: int, seed: int) -> np.ndarray:
    parts = np.random.default_rng(seed).standard_normal((size, size + 1))
    matrix = parts @ parts.T
    scale = np.sqrt(np.diag(matrix))
    return matrix / np.outer(scale, scale)


def equicorrelated(size: int, r: float) -> np.ndarray:
    return np.where(np.eye(size) == 1, 1.0, r)


@pytest.mark.parametrize(
    "matrix",
    [correlation(7, 1), correlation(9, 2), equicorrelated(6, 0.4), equicorrelated(3, -0.5), np.ones((3, 3)), np.eye(4)],
    ids=["seven", "nine", "alike", "singular", "perfect", "independent"],
)
def test_components_make_the_matrix_and_the_largest_come_first(matrix):
    made = principal(matrix)
    assert made @ made.T == pytest.approx(matrix, abs=1e-12)
    sizes = (made**2).sum(axis=0)
    assert (np.diff(sizes) <= 1e-9).all()
    assert sizes == pytest.approx(np.linalg.eigvalsh(matrix)[::-1], abs=1e-9)


@pytest.mark.parametrize("matrix", [equicorrelated(8, 0.3), np.kron(np.eye(2), equicorrelated(3, 0.5))])
def test_rounding_does_not_choose_the_components_where_they_are_alike(matrix):
    rounding = np.random.default_rng(4).standard_normal(matrix.shape) * 1e-15
    disturbed = matrix + rounding + rounding.T
    assert principal(disturbed) == pytest.approx(principal(matrix), abs=1e-12)


def test_members_that_are_one_and_its_mirror_image_have_the_same_row():
    matrix = np.array([[1.0, 1.0, -1.0, 0.3], [1.0, 1.0, -1.0, 0.3], [-1.0, -1.0, 1.0, -0.3], [0.3, 0.3, -0.3, 1.0]])
    made = principal(matrix)
    assert np.array_equal(made[0], made[1])
    assert np.array_equal(made[0], -made[2])
