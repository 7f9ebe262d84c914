"""In how many futures each of many bundles closes: as a compiled loop where it pays, and the same in numpy.

What a bundle brings is the sum of what its terms bring: its measures, and where these meet what they do to each other.
What the terms are is in ``bundle_terms``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.kernels.paths import Floats
from simlib.sampling import CHUNK
from simlib.workers import parallel

__all__ = ["Sums", "closing", "holding_sets", "reached_from", "what_is_left"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sums:
    """What must be taken away in every future, and what terms take.

    Attributes
    ----------
    left
        (condition, simulation) gap before savings, less what counts as none; closed is below nothing [money].
    terms
        The members of each term, one bit each: first one for each member, then those of several members, by the last.
    rows
        (term, condition, simulation) what each takes away [money].
    members
        How many members there are.
    """

    left: Floats
    terms: tuple[int, ...]
    rows: Floats
    members: int

    @property
    def several(self) -> tuple[Integers, Integers]:
        """Where the terms of several members begin by their last one, and their other members."""
        own = self.terms[self.members :]
        last = [term.bit_length() - 1 for term in own]
        firsts = [sum(b < m for b in last) for m in range(self.members + 1)]
        return np.array(firsts, dtype=np.int64), np.array(
            [term ^ (1 << b) for term, b in zip(own, last, strict=True)], dtype=np.int64
        )


def reached_from(wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give the sets that are passed on the way to some sets, (2^member,): each one's subset without the last member."""
    visited, half = wanted.copy(), len(wanted) // 2
    while half:
        visited[:half] |= visited[half : 2 * half]
        half //= 2
    visited[0] = True
    return visited


def closing(sums: Sums, wanted: NDArray[np.bool_], *, n_jobs: int | None = None) -> Integers:
    """Count the futures in which each set of members closes; -1 for sets that are not wanted.

    Parameters
    ----------
    wanted
        (2^member,) by the set's bits.
    """
    visited, count = reached_from(wanted), sums.left.shape[1]
    size = max(CHUNK, -(-count // max(n_jobs or 1, 1)))
    loops.start_for(int(np.count_nonzero(visited)) * count // 64)
    parts = [(k, min(k + size, count)) for k in range(0, count, size)]
    total = np.zeros(len(wanted), dtype=np.int64)
    for found in parallel(_Counting(sums, visited), parts, n_jobs):
        total += found
    return np.where(wanted, total, -1)


@dataclass(frozen=True, slots=True)
class _Counting:
    """What a worker does with some of the futures."""

    sums: Sums
    visited: NDArray[np.bool_]

    def __call__(self, part: tuple[int, int]) -> Integers:
        counts, sums = np.zeros(len(self.visited), dtype=np.int64), self.sums
        if loops.on():
            from simlib.loops.bundles import count_sets

            count_sets(sums.left, sums.rows, *sums.several, self.visited, counts, *part)
            return counts
        where = slice(*part)
        near = Sums(sums.left[:, where], sums.terms, sums.rows[:, :, where], sums.members)
        for own, left in _walk(near, self.visited):
            counts[own] = np.count_nonzero(np.all(left < 0.0, axis=0))
        return counts


def _walk(sums: Sums, visited: NDArray[np.bool_]) -> Iterator[tuple[int, Floats]]:
    """Give each visited set with what it leaves, depth first as the compiled loop goes."""
    firsts, others = sums.several
    waiting = [(0, 0, sums.left)]
    while waiting:
        own, first, left = waiting.pop()
        yield own, left
        joining = [b for b in range(first, sums.members) if visited[own | 1 << b]]
        waiting += [(own | 1 << b, b + 1, _without(sums, left, own, b, firsts, others)) for b in joining]


def _without(sums: Sums, left: Floats, own: int, b: int, firsts: Integers, others: Integers) -> Floats:
    """Give what a set leaves when a last member joins it."""
    left = left - sums.rows[b]
    for k in range(firsts[b], firsts[b + 1]):
        if int(others[k]) & own == others[k]:
            left = left - sums.rows[sums.members + k]
    return left


def holding_sets(sums: Sums, own: int) -> NDArray[np.bool_]:
    """Give in which futures one set of members closes, (simulation,)."""
    return np.asarray(np.all(what_is_left(sums, own) < 0.0, axis=0))


def what_is_left(sums: Sums, own: int) -> Floats:
    """Give what one set of members leaves, (condition, simulation)."""
    firsts, others = sums.several
    left, taken = sums.left, 0
    for b in range(sums.members):
        if own >> b & 1:
            left = _without(sums, left, taken, b, firsts, others)
            taken |= 1 << b
    return left
