"""Sums by lane in numpy, in the order in which loops add them up; nothing is compiled here, and numba is not needed."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_by_lane", "by_lane"]

Floats = NDArray[np.float64]


def by_lane(values: Floats, width: int) -> Floats:
    """Give the (lane,) sums of (simulation,) values, each added up in order."""
    whole = len(values) // width * width
    sums = np.asarray(values[:whole].reshape(-1, width).sum(axis=0))
    sums[: len(values) - whole] += values[whole:]
    return sums + 0.0  # nought has no sign


def add_by_lane(sums: Floats, values: Floats) -> None:
    """Add (simulation,) values to (lane,) sums in order; the values are used up."""
    first = min(len(values), len(sums))
    values[:first] += sums[:first]
    sums[:first] = by_lane(values, len(sums))[:first]
