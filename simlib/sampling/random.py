"""Plain random sampling: each driver, year and chunk has a stream of its own; quasi-random is in `sobol`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from simlib import loops
from simlib.sampling.base import Array, Dimension, check_block
from simlib.sampling.streams import Words, keys, stream, with_part

__all__ = ["RandomSampler"]


@dataclass(frozen=True, slots=True)
class RandomSampler:
    """Independent scores, a function of (seed, name, year, future) and of nothing else.

    >>> RandomSampler(seed=1).scores([Dimension("a")], chunk=0, count=3).shape
    (1, 3)
    """

    seed: int
    name: ClassVar[str] = "random"
    replicates: ClassVar[int] = 1
    dimensions: ClassVar[None] = None

    def scores(
        self, dimensions: Sequence[Dimension], chunk: int, count: int, out: Array | None = None
    ) -> Array:
        """Scores of one block; see `Sampler.scores`."""
        check_block(chunk, count)
        scores = np.empty((len(dimensions), count)) if out is None else out
        if loops.on():
            from simlib.loops.drawing import draw_normal

            draw_normal(with_part(_keys(self.seed, tuple(dimensions)), chunk), scores)
            return scores
        for row, dimension in zip(scores, dimensions, strict=True):
            stream(self.seed, dimension.name, (dimension.year, chunk)).standard_normal(out=row)
        return scores


@lru_cache(maxsize=16)
def _keys(seed: int, dimensions: tuple[Dimension, ...]) -> Words:
    """(d, k) keys of the streams, all but the chunk; kept, since every chunk asks for them."""
    return keys(seed, [(each.name, (each.year,)) for each in dimensions])
