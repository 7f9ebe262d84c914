"""Latin hypercubes: every driver has one value in each of equal slices; Sobol' points and plain draws are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib import loops
from simlib.sampling.base import CHUNK, Array, Dimension, check_block
from simlib.sampling.sobol import REPLICATES
from simlib.sampling.streams import Words, keys, stream, with_part

__all__ = ["LatinHypercubeSampler"]

Whole = npt.NDArray[np.int64]

CELLS = CHUNK // REPLICATES  # of a replicate's axis, and its points in a chunk
DIGITS = 52  # with half a unit added the probability is exact, and neither 0 nor 1
MOST_COMPILED = 2**32 - 1  # points; 68 thousand million futures


@dataclass(frozen=True, slots=True)
class LatinHypercubeSampler:
    """Sixteen independent Latin hypercubes: future i is point i // 16 of number i % 16.

    Parameters
    ----------
    seed
        Seed of the hypercubes.
    simulations
        Futures that will be drawn; rounded up to a multiple of 16. Another number is another sample.

    Notes
    -----
    A replicate has M points, so in each dimension M strata, and it is drawn in slices of 1,024 points, none of
    which needs to know what another one drew. The axis is cut into 1,024 cells of whole strata: cell j ends
    before stratum floor((j + 1) M / 1024), so that its length L is one of two successive numbers. It has a
    random offset a, and slice c takes its stratum (a + c) mod L, if c < L. So

    - *each stratum is taken once*: c runs through all residues of L. Slices before the last find every cell
      long enough; the last one takes what is left, and the lengths add up to M;
    - *a slice is spread out too*, with one point to a cell, in an order of its own;
    - *a point is uniform*: all strata are moved on by one number R, uniform on 0 to M - 1 and independent of
      everything else, and the place within the stratum is uniform. Dimensions have streams of their own, so
      a single future has the very distribution of a plain random one, and a mean over futures is unbiased.

    >>> LatinHypercubeSampler(seed=1, simulations=100).scores([Dimension("a")], chunk=0, count=112).shape
    (1, 112)

    References
    ----------
    McKay, Beckman and Conover (1979), Technometrics 21; Qian (2012), "Sliced Latin hypercube designs",
    J. Amer. Statist. Assoc. 107; Stein (1987), Technometrics 29, on the variance.
    """

    seed: int
    simulations: int
    name: ClassVar[str] = "latin_hypercube"
    replicates: ClassVar[int] = REPLICATES
    dimensions: ClassVar[None] = None

    @property
    def points(self) -> int:
        """How many points each replicate has."""
        return -(-self.simulations // REPLICATES)

    def scores(
        self, dimensions: Sequence[Dimension], chunk: int, count: int, out: Array | None = None
    ) -> Array:
        """Scores of one block; see `Sampler.scores`. The count is a multiple of 16."""
        check_block(chunk, count)
        if count % REPLICATES:
            raise ValueError(f"expected a multiple of {REPLICATES} futures, got {count}")
        if chunk * CELLS + count // REPLICATES > self.points:
            whole = self.points * REPLICATES
            raise ValueError(f"expected futures below {whole}, got {count} from {chunk * CHUNK}")
        scores = np.empty((len(dimensions), count)) if out is None else out
        if loops.on() and self.points <= MOST_COMPILED:
            self._draw(dimensions, chunk, scores)
        else:
            self._write_scores(dimensions, chunk, scores)
        return scores

    def _draw(self, dimensions: Sequence[Dimension], chunk: int, scores: Array) -> None:
        from simlib.loops.drawing import draw_latin_hypercube

        whole = _keys(self.seed, tuple(dimensions))
        draw_latin_hypercube(whole, with_part(whole, chunk), self.points, chunk, self._fine, scores)

    def _write_scores(self, dimensions: Sequence[Dimension], chunk: int, scores: Array) -> None:
        from simlib.loops.normal import write_normal_scores

        for row, dimension in zip(scores, dimensions, strict=True):
            self._write_uniforms(row, dimension, chunk)
            write_normal_scores(row)

    @property
    def _fine(self) -> int:
        """Binary digits of the place within a stratum: as many as leave a half exact."""
        return DIGITS - self.points.bit_length()

    def _write_uniforms(self, row: Array, dimension: Dimension, chunk: int) -> None:
        places = self._strata(dimension, chunk)
        numbers = stream(self.seed, _named(dimension), (dimension.year, chunk))
        numbers.permuted(places, axis=1, out=places)
        places <<= self._fine
        places += numbers.integers(1 << self._fine, size=places.shape)
        np.add(places.T[: row.size // REPLICATES], 0.5, out=row.reshape(-1, REPLICATES))
        row /= float(self.points << self._fine)

    def _strata(self, dimension: Dimension, chunk: int) -> Whole:
        """(REPLICATES, m) strata that a slice takes, cell by cell."""
        numbers = stream(self.seed, _named(dimension), (dimension.year,))
        rotations = numbers.integers(self.points, size=(REPLICATES, 1))
        offsets = numbers.random((REPLICATES, CELLS))  # of a cell's length
        edges = np.arange(CELLS + 1) * self.points // CELLS
        lengths = np.diff(edges)
        offsets *= lengths
        strata = offsets.astype(np.int64)
        strata += chunk
        strata -= lengths * (strata >= lengths)  # the remainder, twice as quick
        strata += edges[:-1] + rotations
        strata -= self.points * (strata >= self.points)
        return strata if chunk < lengths.min() else strata[:, chunk < lengths]


def _named(dimension: Dimension) -> str:
    return f"{LatinHypercubeSampler.name}:{dimension.name}"


@lru_cache(maxsize=16)
def _keys(seed: int, dimensions: tuple[Dimension, ...]) -> Words:
    """(d, k) keys of the streams that the slices have in common; kept, since every one asks for them."""
    return keys(seed, [(_named(each), (each.year,)) for each in dimensions])
