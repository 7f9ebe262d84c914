"""Counting futures in which each of many sums of rows falls to nothing or below: one addition a sum and future.

Sums are visited depth first, so that each is its parent's less one row, over a short stretch of futures that stays in
the cache. What the rows mean, and the same in numpy, is in `simlib.decisions.bundle_counting`; a test compares the two.
"""

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled

__all__ = ["count_sets"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

STRETCH = 512  # futures: twenty rows of so many stay in the cache


@compiled
def count_sets(
    left: Array,
    rows: Array,
    firsts: Places,
    others: Places,
    visited: npt.NDArray[np.bool_],
    counts: Places,
    first: int,
    last: int,
) -> None:
    """Count, for each set that is visited, the futures in which nothing is left in any condition.

    Parameters
    ----------
    left
        (condition, simulation) what must be taken away.
    rows
        (term, condition, simulation) what each term takes away: first one a member, then those of several members.
    firsts
        (member + 1,) where the terms begin of which each member is the last, among those of several members.
    others
        (term of several,) its members but the last, one bit each.
    visited
        (set,) which sets are visited; with each its subset without the last member.
    counts
        (set,) added to.
    first, last
        The futures that are counted: from one, up to before another.
    """
    members, conditions = len(firsts) - 1, len(left)
    stack = np.empty((members + 1, conditions, STRETCH))
    tops, most = np.zeros(members + 1, np.int64), np.empty(STRETCH)
    for begin in range(first, last, STRETCH):
        n = min(STRETCH, last - begin)
        stack[0, :, :n] = left[:, begin : begin + n]
        counts[0] += _none_left(stack[0], n, most)
        depth, own, b = 0, 0, 0
        while True:
            if b == members:
                if depth == 0:
                    break
                depth -= 1
                b = tops[depth]
                own ^= 1 << b
                b += 1
            elif not visited[own | 1 << b]:
                b += 1
            else:
                _take(stack[depth], rows[b], begin, n, stack[depth + 1])
                for k in range(firsts[b], firsts[b + 1]):
                    if others[k] & own == others[k]:
                        _take(stack[depth + 1], rows[members + k], begin, n, stack[depth + 1])
                tops[depth] = b
                depth += 1
                own |= 1 << b
                counts[own] += _none_left(stack[depth], n, most)
                b += 1


@compiled
def _take(x: Array, row: Array, begin: int, n: int, out: Array) -> None:
    """Take a row away."""
    for r in range(len(x)):
        a, taken, to = x[r], row[r, begin : begin + n], out[r]
        for i in range(n):
            to[i] = a[i] - taken[i]


@compiled
def _none_left(x: Array, n: int, most: Array) -> int:
    """Count the futures in which every condition holds."""
    count, first = 0, x[0]
    if len(x) == 1:
        for i in range(n):
            count += first[i] < 0.0
        return count
    for i in range(n):
        most[i] = first[i]
    for r in range(1, len(x)):
        a = x[r]
        for i in range(n):
            most[i] = max(a[i], most[i])
    for i in range(n):
        count += most[i] < 0.0
    return count
