"""Arrays that loops take together, by name; nothing is compiled here, and numba is not needed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Binning", "Buckets", "Graded", "Steps", "Stretch", "Sums", "Tables"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Steps(NamedTuple):
    """The steps of a program.

    Attributes
    ----------
    code
        (step, 5) what each does, the register where its result goes, and up to three that it takes.
    numbers
        (step, 2) the numbers that it takes.
    """

    code: Integers
    numbers: Floats


class Stretch(NamedTuple):
    """Some futures of (row, simulation) figures: the first one's place, and how many."""

    rows: Floats
    start: int
    many: int


class Sums(NamedTuple):
    """Sums by lane, which are added to.

    Attributes
    ----------
    sums
        (2, figure, LANES) of figures and of their squares.
    counts
        (fact, LANES) futures in which facts hold.
    """

    sums: Floats
    counts: Floats


class Binning(NamedTuple):
    """How figures are put into bins, and added up on the way.

    Attributes
    ----------
    many
        How many there are of each figure; 0 where there are none.
    middles, scales
        (figure,) where they are finest, and (figure, 2) how far below and above they are four times as wide.
    places
        (figure, simulation) where the bins of futures go.
    totals, squares
        (figure, lane) sums of values from the middle, and of their squares, that are added to.
    lows, highs
        (figure, lane) that are lowered and raised to what is met.
    """

    many: int
    middles: Floats
    scales: Floats
    places: NDArray[np.uint16]
    totals: Floats
    squares: Floats
    lows: Floats
    highs: Floats


class Buckets(NamedTuple):
    """Values of figures near some ranks, in buckets; a bucket is in order once a rank in it has been asked for.

    Attributes
    ----------
    alike
        (figure, 2) the first rank of those values that are the middle, and the one after their last.
    chosen, firsts, offsets
        (figure,) how many buckets are kept; (figure, bucket) the rank of the first value of each, and
        (figure, bucket + 1) where they start and end in the last one.
    kept
        (all,) the values, one bucket after the other; there must be room for everything.
    """

    alike: Integers
    chosen: Integers
    firsts: Integers
    offsets: Integers
    kept: Floats


class Graded(NamedTuple):
    """Where futures stand among all by some figures.

    Attributes
    ----------
    ranks
        (figure, simulation) from the middle one; of those that are alike, their average.
    bins
        (figure, simulation) of which each has as many futures, but for those that are alike and at the ends of sides.
    sides
        (figure, bin) 1 on the low side, 2 on the high side, else 0.
    """

    ranks: NDArray[np.float32]
    bins: NDArray[np.uint16]
    sides: NDArray[np.uint8]


class Tables(NamedTuple):
    """Sums of answers and figures, which are added to.

    Attributes
    ----------
    counts, sums
        (figure, bin) futures, and (figure, bin, 1 + answer) sums of the figure itself and of answers.
    products
        (figure + answer, 1 + figure + answer) sum of each, and of its products with itself and those after it; of an
        answer, in the first two places, its sum and that of its squares.
    ranks
        (figure + answer, 2 + answer) sum of the squares of ranks, of ranks, and of their products with the answers'.
    """

    counts: Floats
    sums: Floats
    products: Floats
    ranks: Floats
