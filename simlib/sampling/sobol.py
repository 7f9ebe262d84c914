"""Scrambled Sobol' points: fewer futures for the same answer; which drivers they feed is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import loops
from simlib.sampling.base import CHUNK, Array, Dimension, check_block
from simlib.sampling.streams import stream

__all__ = ["REPLICATES", "SobolSampler"]

Bits = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]

REPLICATES = 16
POINTS = CHUNK // REPLICATES  # of each replicate in a chunk: a power of two
DEPTH = POINTS.bit_length() - 1  # direction numbers that a chunk uses
LOW_DEPTH = DEPTH // 2  # of those, the ones of a point's last binary digits
LOW = 2**LOW_DEPTH
DIGITS = 52  # with half a unit added the probability is exact, and neither 0 nor 1
RAW_DIGITS = 30  # of the unscrambled sequence: 2^30 points of each replicate
FILE = "joe_kuo.txt"
FIRST_ROUND = 6  # chunks are looked after in powers of two; 2^6 chunks are a million futures


class SobolSampler:
    """Sixteen independently scrambled Sobol' sequences: future i is point i // 16 of number i % 16.

    Parameters
    ----------
    seed
        Seed of the scramblings.
    dimensions
        Coordinates in order: the position of a dimension chooses its sequence and its name the
        scrambling, so that dimensions added at the end move nobody.

    Notes
    -----
    A point is a binary-linear function of its number: point n is the exclusive or of the direction
    numbers of n's binary digits. Any chunk is therefore the first one, exclusive-or one number, and
    the points of the first one are those of a table of 32, exclusive-or those of another.

    References
    ----------
    Joe and Kuo (2008), SIAM J. Sci. Comput. 30 (directions); Matousek (1998),
    J. Complexity 14 (the linear scrambling); Owen (1998) on replicates.
    """

    __slots__ = ("_places", "_scrambled", "dimensions", "seed")

    name: ClassVar[str] = "sobol"
    replicates: ClassVar[int] = REPLICATES

    def __init__(self, seed: int, dimensions: Sequence[Dimension]) -> None:
        self.seed = seed
        self.dimensions = tuple(dimensions)
        self._places = {dimension: place for place, dimension in enumerate(self.dimensions)}
        if len(self._places) < len(self.dimensions):
            raise ValueError("expected each dimension once")
        self._scrambled: dict[tuple[tuple[Dimension, ...], int], tuple[Whole, Whole, Whole]] = {}

    def __reduce__(self) -> tuple[type[SobolSampler], tuple[int, tuple[Dimension, ...]]]:
        # A worker scrambles for itself: that is quicker than sending the tables.
        return SobolSampler, (self.seed, self.dimensions)

    def scores(
        self, dimensions: Sequence[Dimension], chunk: int, count: int, out: Array | None = None
    ) -> Array:
        """Scores of one block; see `Sampler.scores`. The count is a multiple of 16."""
        check_block(chunk, count)
        if count % REPLICATES:
            raise ValueError(f"expected a multiple of {REPLICATES} futures, got {count}")
        low, high = self._tables(tuple(dimensions), chunk)
        scores = np.empty((len(dimensions), count)) if out is None else out
        if loops.on():
            from simlib.loops.drawing import draw_sobol

            draw_sobol(low, high, scores)
        else:
            _write_scores(low, high, scores)
        return scores

    def _tables(self, dimensions: tuple[Dimension, ...], chunk: int) -> tuple[Whole, Whole]:
        """(d, LOW, REPLICATES) and (d, POINTS // LOW, REPLICATES): a point is the exclusive or of two of theirs."""
        round_ = max(FIRST_ROUND, chunk.bit_length())
        asked = dimensions, round_
        if asked not in self._scrambled:
            self._scrambled[asked] = self._scramble_all(dimensions, DEPTH + round_)
        low, first, later = self._scrambled[asked]
        ahead = [digit for digit in range(round_) if chunk >> digit & 1]
        return low, first ^ np.bitwise_xor.reduce(later[:, :, ahead], axis=2)[:, None]

    def _scramble_all(self, dimensions: tuple[Dimension, ...], depth: int) -> tuple[Whole, Whole, Whole]:
        low = np.empty((len(dimensions), LOW, REPLICATES), dtype=np.int64)
        first = np.empty((len(dimensions), POINTS // LOW, REPLICATES), dtype=np.int64)
        later = np.empty((len(dimensions), REPLICATES, depth - DEPTH), dtype=np.int64)
        for place, dimension in enumerate(dimensions):
            low[place], first[place], later[place] = self._scramble(dimension, depth)
        return low, first, later

    def _scramble(self, dimension: Dimension, depth: int) -> tuple[Whole, Whole, Whole]:
        """Give both tables of the first chunk, and (REPLICATES, k) directions of later ones."""
        if dimension not in self._places:
            raise ValueError(f"expected a dimension that the sampler was made with, got {dimension}")
        raw = _directions(len(self.dimensions), depth)[self._places[dimension]]
        directions, shift = (digits.astype(np.int64) for digits in scrambled(self.seed, dimension, raw))
        low = _sums(directions[:, :LOW_DEPTH], np.zeros_like(shift))
        return low, _sums(directions[:, LOW_DEPTH:DEPTH], shift), directions[:, DEPTH:]


def _sums(directions: Whole, shift: Whole) -> Whole:
    """(2^k, REPLICATES) points of (REPLICATES, k) direction numbers: the exclusive or of any of them and of a shift."""
    points = shift[None, :]
    for direction in directions.T:
        points = np.concatenate([points, points ^ direction])
    return points


def _write_scores(low: Whole, high: Whole, scores: Array) -> None:
    from simlib.loops.normal import write_normal_scores

    for row, lower, higher in zip(scores, low, high, strict=True):
        points = (higher[:, None] ^ lower).reshape(-1)[: row.size]
        np.add(points, 0.5, out=row)
        np.multiply(row, 2.0**-DIGITS, out=row)
        write_normal_scores(row)


def scrambled(seed: int, dimension: Dimension, raw: Bits) -> tuple[Bits, Bits]:
    """Scramble the direction numbers of one dimension.

    Parameters
    ----------
    seed, dimension
        Key of the scrambling.
    raw
        (k,) direction numbers of `RAW_DIGITS` binary digits.

    Returns
    -------
    directions, shift
        (REPLICATES, k) and (REPLICATES,) numbers of `DIGITS` binary digits: the raw ones times a
        random lower-triangular binary matrix, and a random number to be added digit by digit.
    """
    numbers = stream(seed, f"sobol:{dimension.name}", (dimension.year,))
    drawn = numbers.integers(2**DIGITS, size=(REPLICATES, RAW_DIGITS + 1), dtype=np.uint64)
    leading = np.uint64(1) << np.arange(DIGITS - 1, DIGITS - 1 - RAW_DIGITS, -1, dtype=np.uint64)
    # Column j of the matrix: a one in place j, anything below it, nothing above.
    columns = drawn[:, 1:] & (leading - np.uint64(1)) | leading
    places = np.arange(RAW_DIGITS - 1, -1, -1, dtype=np.uint64)
    digits = raw[:, None] >> places & np.uint64(1)
    directions = np.bitwise_xor.reduce(digits[None] * columns[:, None], axis=2)
    return directions, drawn[:, 0]


@lru_cache(maxsize=16)
def _directions(dimensions: int, depth: int) -> Bits:
    """(dimensions, depth) direction numbers of `RAW_DIGITS` binary digits.

    Worked out from Joe and Kuo's table, since loading scipy.stats takes longer than many a run; of more dimensions
    than its first rows cover, read off scipy's sequence.
    """
    rows = _table()
    if dimensions > len(rows) + 1:
        return _directions_of_scipy(dimensions, depth)
    found = [[1 << (RAW_DIGITS - 1 - k) for k in range(depth)]]  # of the first dimension, which has no polynomial
    found += [_recurred(row, depth) for row in rows[: dimensions - 1]]
    return np.array(found, dtype=np.uint64)


def _recurred(row: Sequence[int], depth: int) -> list[int]:
    """Give the direction numbers that a polynomial's degree and coefficients and its first numbers lead to."""
    degree, coefficients, *first = row
    found = [number << (RAW_DIGITS - 1 - k) for k, number in enumerate(first[:depth])]
    taken = [i for i in range(1, degree) if coefficients >> (degree - 1 - i) & 1]
    for k in range(degree, depth):
        number = found[k - degree] ^ found[k - degree] >> degree
        for i in taken:
            number ^= found[k - i]
        found.append(number)
    return found


@lru_cache(maxsize=1)
def _table() -> list[list[int]]:
    """Give degree, coefficients and first numbers of the second dimension and later ones."""
    text = (resources.files("simlib.sampling") / FILE).read_text(encoding="utf-8")
    return [[int(word) for word in line.split()] for line in text.splitlines() if line[:1] not in ("#", "")]


def _directions_of_scipy(dimensions: int, depth: int) -> Bits:
    """Read direction numbers off scipy's sequence by public means.

    The sequence goes in Gray code: at 2^k it stands at number k exclusive-or number k - 1.
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False, bits=RAW_DIGITS)
    directions = np.empty((dimensions, depth), dtype=np.uint64)
    before = engine.random(1)[0].astype(np.uint64)  # the origin
    for k in range(depth):
        if k > 1:
            engine.fast_forward(2 ** (k - 1) - 1)
        point = (engine.random(1)[0] * 2.0**RAW_DIGITS).astype(np.uint64)
        before = point ^ before
        directions[:, k] = before
    return directions
