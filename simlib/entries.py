"""How a chance, and a chance under a condition, stand in summary.json; what they are of is in ``summary``."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import Chance, Interval, Statistics, chance, ratio_mean
from simlib.kernels.paths import Floats

__all__ = ["bounds", "chance_entry", "given", "statistics_entry", "sums"]

Document = dict[str, Any]


def chance_entry(found: Chance) -> Document:
    """Give a chance with its simulation error."""
    return {"probability": found.probability, "error": found.error, "interval": list(found.interval)}


def statistics_entry(found: Statistics, plan: float) -> Document:
    """Give a figure's statistics beside its plan, each with its simulation error."""
    values = {"mean": found.mean, "sd": found.sd, **found.quantiles, "plan": plan}
    return values | {"error": found.errors, "interval": bounds(found.intervals)}


def given(both: NDArray[np.int64], condition: NDArray[np.int64], totals: Mapping[str, Floats]) -> Document | None:
    """Give a chance under a condition, and means of the same futures; None where the condition never held."""
    count = int(condition.sum())
    if not count:
        return None
    found = chance(both, condition)
    means: Document = {}
    for name, sum_ in totals.items():
        mean = ratio_mean(sum_, condition)
        means[name] = {"mean": mean.mean, "error": mean.error, **bounds({"interval": mean.interval})}
    return {**chance_entry(found), "count": count, **means}


def sums(found: Statistics, trials: NDArray[np.int64]) -> Floats:
    """Give back the sums by replicate that means came from, and the sum of squares, shared out: (2, replicate)."""
    n = int(trials.sum())
    squares = found.sd**2 * (n - 1) + n * found.mean**2
    return np.stack([found.means * trials, squares * trials / n])


def bounds(intervals: Mapping[str, Interval]) -> dict[str, list[float | None]]:
    """Give intervals as JSON has them: null where too few futures leave an end open."""
    known = math.isfinite
    return {n: [low if known(low) else None, high if known(high) else None] for n, (low, high) in intervals.items()}
