"""Sums over futures of what is moved, by bins of what moves it; by compiled loops or in numpy, with the same bytes.

What is estimated from them is in ``simlib.sensitivity.given_data``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.kernels.paths import Floats
from simlib.loops.groups import Graded, Tables
from simlib.special import ndtr, ndtri
from simlib.workers import parallel

__all__ = ["Keys", "bins_for", "graded", "ranks_of", "tabulated", "tails"]

Ranks = NDArray[np.float32]
Keys = NDArray[np.int64]
TAIL = 0.1  # of the futures, on each side
SIDES = 2  # bins more, as none is on two sides
MOST = 512
FULL = 16  # futures of a bin at the least: one of each group
SIGN = np.int64(63)
WITHOUT_SIGN = np.int64(0x7FFF_FFFF_FFFF_FFFF)
ONE = np.asarray([np.iinfo(np.int64).max])  # bin, of whatever number of futures


def bins_for(count: int) -> Keys:
    """Give the bins of so many futures, an even number: up to where each goes, (bin,), in halves of ranks.

    Notes
    -----
    Within a bin a figure is taken as one, so what it does there is lost. Bins of as many futures each would be widest
    where a figure goes furthest: here their parts of the futures are those by which a normal figure loses least, as the
    cube root of its density (the ends of the k-th of M are Φ(√3 Φ⁻¹(k/M))), and no bin has fewer than ``FULL``.

    References
    ----------
    Panter and Dite (1951), "Quantization distortion in pulse-count modulation", Proc. IRE 39: of all bins these lose
    least, √3 π ÷ 2 M² of a normal figure's variance.
    """
    many = int(np.clip(0.35 * np.sqrt(count), 1, MOST // 2)) * 2
    shares = np.arange(1, many) / many
    least = np.minimum(FULL * many, count) * shares
    ends = np.clip(count * ndtr(np.sqrt(3.0) * ndtri(shares)), least, count - least[::-1])
    return np.append(2 * np.round(ends).astype(np.int64), 2 * count)


def graded(rows: Sequence[Floats] | Floats, ends: Keys, *, n_jobs: int | None = None) -> Graded:
    """Rank futures by each of some figures.

    Parameters
    ----------
    rows
        [figure] (simulation,) values.
    ends
        (bin,) of ``bins_for``.

    Notes
    -----
    Values alike to eight digits tie: with its place a value takes 64 binary digits, of which the place needs 24 at
    most. What ties has its average rank and is in one bin, and a bin is on one side; sides are those of ``tails``.
    """
    size, count = len(rows), len(rows[0])
    shape = size, count
    sides = np.zeros((size, len(ends) + SIDES), np.uint8)
    found = Graded(np.empty(shape, np.float32), np.empty(shape, np.uint16), sides)

    def one(row: int) -> None:
        keys, width = _in_order(rows[row])
        if loops.on():
            from simlib.loops.tabling import rank

            rank(keys, width, _ends(keys, width), ends, found, row)
        else:
            _rank(keys, width, ends, found, row)

    for _ in parallel(one, range(size), n_jobs):
        pass
    return found


def tails(row: Floats) -> tuple[Keys, Keys]:
    """Give the futures in which a figure is in its lowest and in its highest tenth, or more where it ties.

    Notes
    -----
    A figure that mostly has one value (an event, a rare cost) has that value on one side and the others on the other.

    Examples
    --------
    >>> [each.tolist() for each in tails(np.array([3.0, 1.0, 2.0, 5.0, 4.0]))]
    [[1], [3]]
    >>> [each.tolist() for each in tails(np.array([0.0, 1.0, 0.0, 0.0]))]
    [[0, 2, 3], [1]]
    """
    keys, width = _in_order(row)
    low, high = _ends(keys, width)
    order = keys & ((1 << width) - 1)
    return np.sort(order[:low]), np.sort(order[high:])


def ranks_of(rows: Sequence[Floats] | Floats, facts: Sequence[bool], *, n_jobs: int | None = None) -> Ranks:
    """Give ranks from the middle one, (row, simulation); what holds or not is its own rank."""
    found = np.empty((len(rows), len(rows[0])), np.float32)
    others = [place for place, fact in enumerate(facts) if not fact]
    for place, fact in enumerate(facts):
        if fact:
            found[place] = rows[place]
    if others:
        found[others] = graded([rows[place] for place in others], ONE, n_jobs=n_jobs).ranks
    return found


def _in_order(row: Floats) -> tuple[Keys, int]:
    """Give keys in order, a value's first digits above its place, and how many digits the place has."""
    width = max((len(row) - 1).bit_length(), 1)
    bits = (row + 0.0).view(np.int64)  # nought has no sign
    if loops.on():
        from simlib.loops.tabling import keyed

        keys = np.empty(len(row), np.int64)
        keyed(bits, width, keys)
    else:
        digits = bits ^ ((bits >> SIGN) & WITHOUT_SIGN)
        keys = (digits >> width << width) | np.arange(len(row))
    keys.sort()
    return keys, width


def _ends(keys: Keys, width: int) -> tuple[int, int]:
    """Give how many futures are on the low side, and how many are not on the high one: of what ties, all or none."""
    n = len(keys)
    few = max(round(TAIL * n), 1)

    def run(place: int) -> tuple[int, int]:
        """Give where those that are alike begin and end."""
        value = keys[place] >> width << width
        return int(np.searchsorted(keys, value)), int(np.searchsorted(keys, value + (1 << width)))

    low, high = run(few - 1), run(n - few)
    if low != high:
        return low[1], high[0]
    return low[0] or low[1], high[1] if high[1] < n else high[0]


def _rank(keys: Keys, width: int, ends: Keys, to: Graded, row: int) -> None:
    """Put ranks and bins into place in numpy, and the sides of bins."""
    n, order = len(keys), keys & ((1 << width) - 1)
    values = keys >> width
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    stops = np.append(starts[1:], n)
    low, high = _ends(keys, width)
    sides = np.where(stops <= low, 1, np.where(starts >= high, 2, 0))
    bins = np.searchsorted(ends, starts + stops, side="right") + np.asarray([1, 0, 2])[sides]
    to.sides[row, bins] = sides
    sizes = stops - starts
    to.ranks[row, order] = np.repeat((0.5 * (starts + stops - n)).astype(np.float32), sizes)
    to.bins[row, order] = np.repeat(bins.astype(np.uint16), sizes)


def tabulated(
    figures: Floats, of: Graded, answers: Floats, ranks: Ranks, where: Sequence[tuple[int, int]],
    *, n_jobs: int | None = None,
) -> Tables:  # fmt: skip
    """Add up each of some stretches of futures by itself.

    Parameters
    ----------
    figures, of
        (figure, simulation) values, and where futures stand by them.
    answers, ranks
        (answer, simulation) values, and their ranks.
    where
        [stretch] the first future, and the one after the last.

    Returns
    -------
    Tables
        Each with an axis more in front: (stretch, …). Values are counted from what they are in the first future.
    """
    middles = np.concatenate([figures[:, 0], answers[:, 0]])
    (d, many), k = of.sides.shape, len(answers)
    shapes = (d, many), (d, many, 1 + k), (d + k, 1 + d + k), (d + k, 2 + k)
    found = Tables(*(np.zeros((len(where), *shape)) for shape in shapes))

    def one(stretch: int) -> None:
        own = Tables(*(table[stretch] for table in found))
        if loops.on():
            from simlib.loops.tabling import tabled

            tabled(figures, of, answers, ranks, middles, where[stretch], own)
        else:
            near = slice(*where[stretch])
            values = np.concatenate([figures[:, near], answers[:, near]]) - middles[:, np.newaxis]
            grades = Graded(of.ranks[:, near], of.bins[:, near], of.sides)
            _add_up(values, grades, ranks[:, near].astype(np.float64), own)

    for _ in parallel(one, range(len(where)), n_jobs):
        pass
    return found


def _add_up(values: Floats, of: Graded, places: Floats, to: Tables) -> None:
    """Add up some futures in numpy, one after the other: (figure + answer, simulation) values from their middles."""
    d = len(of.ranks)
    answers = values[d:]
    with_sum = np.concatenate([np.ones((1, values.shape[1])), values])
    placed = np.concatenate([np.ones((1, values.shape[1])), places])
    for j, own in enumerate(of.ranks.astype(np.float64)):
        to.counts[j] = np.bincount(of.bins[j], minlength=to.counts.shape[1])
        for c, row in enumerate((values[j], *answers)):
            to.sums[j, :, c] = np.bincount(of.bins[j], row, minlength=to.counts.shape[1])
        to.products[j, 0] = _total(values[j])
        to.products[j, 1 + j :] = _total(values[j] * with_sum[1 + j :])
        to.ranks[j, 0] = _total(own * own)
        to.ranks[j, 1:] = _total(own * placed)
    to.products[d:, 0], to.products[d:, 1] = _total(answers), _total(answers * answers)
    to.ranks[d:, 0], to.ranks[d:, 1] = _total(places * places), _total(places)


def _total(rows: Floats) -> Floats:
    """Give the sums of futures on the last axis, added up in their order; nought has no sign."""
    return np.asarray(np.cumsum(rows, axis=-1)[..., -1]) + 0.0 if rows.shape[-1] else np.zeros(rows.shape[:-1])
