"""Regression of what options lose on what could be known: splines of ranks, fitted and judged on different futures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlib.decisions.estimated import GROUPS
from simlib.kernels.paths import Floats
from simlib.special import ndtri

__all__ = ["Basis", "basis_of", "out_of_fold"]

FOLDS = 4
FEW = 12  # values: a figure with no more has a column for each
KNOTS, SPARSE = 8, 3  # of a figure's spline: alone, and beside others
CROSSED = 8  # figures: with no more, products of each two are columns too
RIDGE = 1e-9  # of the largest column's sum of squares, so that columns that say the same do no harm
BLOCK = 4_096  # futures that are multiplied at once: sums are added up in one order, whatever the machine
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Basis:
    """Functions of some figures in every future, (function, simulation)."""

    columns: Floats


def basis_of(figures: Sequence[Floats]) -> Basis:
    """Give functions by which a smooth function of some figures, (simulation,) each, can be told.

    Notes
    -----
    Cubic splines of each figure's normal score by rank, ties together, with knots at its quantiles; of a figure with
    few values, a column for each; and the product of each two scores, where figures are few.
    """
    knots = KNOTS if len(figures) == 1 else SPARSE
    scores = [_scores(figure) for figure in figures]
    columns = [np.ones((1, len(figures[0])))]
    columns += [_functions(figure, score, knots) for figure, score in zip(figures, scores, strict=True)]
    if 1 < len(figures) <= CROSSED:
        columns += [(a * b)[None] for i, a in enumerate(scores) for b in scores[i + 1 :]]
    return Basis(np.concatenate(columns))


def _scores(figure: Floats) -> Floats:
    """Give normal scores by rank; equal values share the middle of their ranks."""
    _, inverse, counts = np.unique(figure, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / len(figure)
    return np.asarray(ndtri(middles[inverse]))


def _functions(figure: Floats, scores: Floats, knots: int) -> Floats:
    from scipy.interpolate import BSpline

    values = np.unique(figure)
    if len(values) <= FEW:
        return np.stack([figure == value for value in values[1:]]).astype(float)
    inner = np.unique(np.quantile(scores, np.linspace(0, 1, knots + 2)[1:-1]))
    low, high = scores.min(), scores.max()
    inner = inner[(inner > low) & (inner < high)]
    whole = np.concatenate([[low] * 4, inner, [high] * 4])
    return np.asarray(BSpline.design_matrix(scores, whole, 3).toarray().T[1:])  # with the first they add up to one


def out_of_fold(basis: Basis, targets: Floats) -> tuple[Places, Places, Floats]:
    """Choose the least target in every future by what the other folds say.

    Parameters
    ----------
    basis
        Of what is known.
    targets
        (target, simulation).

    Returns
    -------
    tuple
        (simulation,) the target with the least fitted value, and that with the least mean, of the other folds; and
        (target, simulation) values fitted on all futures.
    """
    columns, count = basis.columns, targets.shape[1]
    fold = np.arange(count) % GROUPS % FOLDS
    sums = [_products(columns, targets, np.flatnonzero(fold == f)) for f in range(FOLDS)]
    squares, crossed = (np.sum([each[k] for each in sums], axis=0) for k in (0, 1))
    chosen, blind = np.empty(count, dtype=np.intp), np.empty(count, dtype=np.intp)
    for f, (own_squares, own_crossed) in enumerate(sums):
        where = np.flatnonzero(fold == f)
        fitted = _fitted(columns[:, where], _weights(squares - own_squares, crossed - own_crossed))
        means = (crossed - own_crossed)[0]  # the first function is one everywhere
        chosen[where], blind[where] = fitted.argmin(axis=0), int(means.argmin())
    return chosen, blind, _fitted(columns, _weights(squares, crossed))


def _products(columns: Floats, targets: Floats, where: Places) -> tuple[Floats, Floats]:
    """Give the sums of products of functions, and of functions and targets, over some futures."""
    squares, crossed = np.zeros((len(columns), len(columns))), np.zeros((len(columns), len(targets)))
    for k in range(0, len(where), BLOCK):
        near = columns[:, where[k : k + BLOCK]]
        squares += np.einsum("if,jf->ij", near, near)
        crossed += np.einsum("if,tf->it", near, targets[:, where[k : k + BLOCK]])
    return squares, crossed


def _weights(squares: Floats, crossed: Floats) -> Floats:
    ridge = RIDGE * float(np.max(np.diag(squares)))
    return np.asarray(np.linalg.solve(squares + ridge * np.eye(len(squares)), crossed))


def _fitted(columns: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("if,it->tf", columns, weights))
