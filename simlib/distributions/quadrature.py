"""Integrals over panels that are divided until they are exact; what is integrated is not known here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from simlib.distributions.base import Array

Integral: TypeAlias = Callable[[Array, Array], Array]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
TOLERANCE = 1e-10  # of what lies on the nearer side of a panel, so that tails are as exact as the middle
ROUNDS = 45  # halvings; a jump then disturbs 2^-45 of a panel
MOST_PANELS = 5_000  # rounding in the integrand must not divide panels without end


def gauss(integrand: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Give the integral over each panel from low to high, all (k,), by ten points of Gauss-Legendre.

    Examples
    --------
    >>> gauss(lambda x: x**3, np.array([0.0, 1.0]), np.array([1.0, 2.0])).round(12).tolist()
    [0.25, 3.75]
    """
    half = 0.5 * (high - low)[:, None]
    # A sum and no product of matrices: no panel depends on its neighbours.
    return np.asarray((half * WEIGHTS * integrand(0.5 * (low + high)[:, None] + half * NODES)).sum(axis=1))


def divided(integral: Integral, edges: Array, *, floor: float) -> tuple[Array, Array]:
    """Halve the panels between edges until each agrees with its halves.

    Parameters
    ----------
    integral
        (k,) lower and (k,) upper edges to (k,) integrals of something that is nowhere below nothing.
    edges
        (n + 1,) edges to begin with, ascending.
    floor
        Share of the whole that may be wrong anywhere, however little lies on the nearer side.

    Returns
    -------
    edges, integrals
        (m + 1,) and (m,).

    Notes
    -----
    A kink or jump is halved into panels too narrow to matter, so that nobody needs to say where it is.
    """
    low, high = edges[:-1], edges[1:]
    whole = integral(low, high)
    left = np.ones(low.shape, dtype=np.bool_)  # to be looked at
    for _ in range(ROUNDS):
        middle = 0.5 * (low[left] + high[left])
        halves = np.stack([integral(low[left], middle), integral(middle, high[left])])
        wrong = np.abs(halves.sum(axis=0) - whole[left]) > _room(whole, floor)[left]
        if not wrong.any() or low.size > MOST_PANELS:
            break
        kept, split = ~left, np.flatnonzero(left)[wrong]
        kept[np.flatnonzero(left)[~wrong]] = True
        new_low = np.stack([low[split], middle[wrong]], axis=1).ravel()
        new_high = np.stack([middle[wrong], high[split]], axis=1).ravel()
        order = np.argsort(np.concatenate([low[kept], new_low]), kind="stable")
        whole = np.concatenate([whole[kept], halves[:, wrong].T.ravel()])[order]
        left = np.concatenate([np.zeros(kept.sum(), dtype=np.bool_), np.ones(new_low.size, dtype=np.bool_)])[order]
        low, high = np.concatenate([low[kept], new_low])[order], np.concatenate([high[kept], new_high])[order]
    return np.append(low, high[-1]), whole


def _room(parts: Array, floor: float) -> Array:
    """How wrong each panel may be: by little of what lies on its nearer side, itself included."""
    below, over = np.cumsum(parts), np.cumsum(parts[::-1])[::-1]
    return np.asarray(TOLERANCE * np.minimum(below, over) + floor * below[-1])
