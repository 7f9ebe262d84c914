"""What every sampler promises, and the size of a chunk; no random number is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CHUNK = 16_384
"""Futures that share a stream. Part of `RNG_SCHEME`: another size would be other numbers."""


@dataclass(frozen=True, slots=True, order=True)
class Dimension:
    """One coordinate of randomness.

    Parameters
    ----------
    name
        The driver's address, or its ``stream:``.
    year
        Calendar year for what is drawn anew each year; 0 for what is drawn once.
    """

    name: str
    year: int = 0


class Sampler(Protocol):
    """A source of standard-normal scores in which any chunk can be had on its own."""

    @property
    def name(self) -> str:
        """The word in the file."""

    @property
    def replicates(self) -> int:
        """Independent repetitions, future i belonging to i mod replicates; 1 if futures are independent."""

    @property
    def dimensions(self) -> tuple[Dimension, ...] | None:
        """The coordinates in the order that the draws depend on; None if they depend on no order."""

    def scores(
        self, dimensions: Sequence[Dimension], chunk: int, count: int, out: Array | None = None
    ) -> Array:
        """Scores of the futures chunk * CHUNK to chunk * CHUNK + count.

        Parameters
        ----------
        dimensions
            (d,) coordinates wanted, in any order.
        chunk
            Number of the chunk, from 0.
        count
            Futures wanted, at most `CHUNK`; fewer are the first of more.
        out
            (d, count) where they go, in C order; a new array where left out.

        Returns
        -------
        numpy.ndarray
            (d, count) standard-normal scores.
        """


def check_block(chunk: int, count: int) -> None:
    """Check that a block lies in one chunk.

    Raises
    ------
    ValueError
        If the chunk is negative, or the count is not from 1 to `CHUNK`.
    """
    if chunk < 0:
        raise ValueError(f"expected a chunk of 0 or above, got {chunk}")
    if not 1 <= count <= CHUNK:
        raise ValueError(f"expected 1 to {CHUNK} futures of one chunk, got {count}")
