"""Some of the futures that another sampler draws, numbered anew; which ones, and why, is not known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simlib.sampling.base import CHUNK, Array, Dimension, Sampler, check_block

__all__ = ["KeptSampler", "Places", "gathered"]

Places: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class KeptSampler:
    """The scores of some futures of another sampler, in their order.

    Parameters
    ----------
    of
        That sampler; one whose futures are independent, so that any of them will do.
    places
        (kept,) which of its futures are kept, rising.

    >>> from simlib.sampling.random import RandomSampler
    >>> drawn = RandomSampler(seed=1)
    >>> third = KeptSampler(drawn, np.asarray([2])).scores([Dimension("a")], chunk=0, count=1)
    >>> bool(third[0, 0] == drawn.scores([Dimension("a")], chunk=0, count=3)[0, 2])
    True
    """

    of: Sampler
    places: Places

    @property
    def name(self) -> str:
        """The word in the file."""
        return self.of.name

    @property
    def replicates(self) -> int:
        """Independent repetitions of the other sampler."""
        return self.of.replicates

    @property
    def dimensions(self) -> tuple[Dimension, ...] | None:
        """The other sampler's coordinates in its order."""
        return self.of.dimensions

    def scores(
        self, dimensions: Sequence[Dimension], chunk: int, count: int, out: Array | None = None
    ) -> Array:
        """Scores of one block of those that are kept; see `Sampler.scores`."""
        check_block(chunk, count)
        scores = np.empty((len(dimensions), count)) if out is None else out
        own = self.origin(chunk, count)
        return gathered(own, lambda number, size: self.of.scores(dimensions, number, size), scores)

    def origin(self, chunk: int, count: int) -> Places:
        """(count,) which of the other sampler's futures stand in a block."""
        return self.places[chunk * CHUNK : chunk * CHUNK + count]


def gathered(places: Places, draw: Callable[[int, int], Array], out: Array) -> Array:
    """Gather columns of several chunks.

    Parameters
    ----------
    places
        (n,) which futures, rising.
    draw
        From a chunk and a count to the (d, count) scores of its first futures.
    out
        (d, n) where they go.

    Returns
    -------
    numpy.ndarray
        ``out``.
    """
    chunks, within = np.divmod(places, CHUNK)
    starts = np.flatnonzero(np.diff(chunks, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(places)], strict=True):
        own = within[start:stop]
        out[:, start:stop] = draw(int(chunks[start]), int(own[-1]) + 1)[:, own]
    return out
