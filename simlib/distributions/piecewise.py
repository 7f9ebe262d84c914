"""A distribution stated by probabilities of not being exceeded; smooth curves through them are in `metalog`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from simlib.distributions.base import Array, Show, middle_80, numbers, plain, refuse, settle
from simlib.distributions.tables import ByTable

__all__ = ["Piecewise"]


@dataclass(frozen=True, slots=True)
class Piecewise(ByTable):
    """Stated values with their probabilities of not being exceeded, straight lines between them."""

    values: tuple[float, ...]
    probabilities: tuple[float, ...]
    family: ClassVar[str] = "piecewise"

    def __post_init__(self) -> None:
        values = numbers("values", self.values, least=2)
        steps = numbers("probabilities", self.probabilities, least=2)
        if len(steps) != len(values):
            refuse("probabilities", f"{len(values)} probabilities, one for each value", len(steps))
        if any(later <= earlier for earlier, later in pairwise(values)):
            refuse("values", "values that rise", list(values))
        rising = all(later > earlier for earlier, later in pairwise(steps))
        if not rising or steps[0] != 0.0 or steps[-1] != 1.0:
            refuse("probabilities", "probabilities that rise from 0 to 1", list(steps))
        settle(self, values=values, probabilities=steps)

    @property
    def mean(self) -> float:
        """Middles of the pieces, weighed."""
        x = np.array(self.values)
        return float(np.diff(self.probabilities) @ (0.5 * (x[1:] + x[:-1])))

    @property
    def sd(self) -> float:
        """Root of the weighed second moments of the pieces about the mean."""
        x = np.array(self.values) - self.mean
        square = (x[1:] ** 2 + x[1:] * x[:-1] + x[:-1] ** 2) / 3.0
        return math.sqrt(float(np.diff(self.probabilities) @ square))

    @property
    def support(self) -> tuple[float, float]:
        """From the first to the last value."""
        return self.values[0], self.values[-1]

    def at(self, p: Array, q: Array) -> Array:
        """Linear interpolation, from the nearer end."""
        over = 1.0 - np.array(self.probabilities[::-1])
        up = np.interp(p, self.probabilities, self.values)
        return np.where(np.asarray(p) <= q, up, np.interp(q, over, self.values[::-1]))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Linear interpolation of the stated probabilities."""
        return np.asarray(np.interp(np.asarray(x, dtype=np.float64), self.values, self.probabilities))

    def _density(self, x: Array) -> Array:
        """Slope of the piece that x is in, the one above at a corner."""
        slopes = np.diff(self.probabilities) / np.diff(self.values)
        piece = np.searchsorted(self.values, x, side="right") - 1
        return np.asarray(slopes.take(piece, mode="clip"))

    def sentence(self, show: Show = plain) -> str:
        """The ends, the middle and the usual range."""
        ends = f"somewhere from {show(self.values[0])} to {show(self.values[-1])}"
        return f"{ends}; {middle_80(self, show)}"
