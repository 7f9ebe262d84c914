"""Averages, quantiles and ratios of held futures with their simulation errors; what they are of is not known here.

Futures of samplers with replicates are not independent: future i belongs to group i modulo ``GROUPS``, which keeps the
replicates apart, so that errors taken between groups are right for every sampler.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import Chance, chance
from simlib.kernels.paths import Floats
from simlib.results import Futures
from simlib.wording import chance as words

GROUPS = 16  # as many as samplers have replicates


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its standard error from the number of futures."""

    value: float
    error: float


def chance_of(futures: Futures, holds: NDArray[np.bool_]) -> Chance:
    """Give how often something holds in the held futures, (simulation,), with its error and interval."""
    replicates = futures.replicates
    rows = [holds[r::replicates] for r in range(replicates)]
    counts = np.array([np.count_nonzero(row) for row in rows], dtype=np.int64)
    return chance(counts, np.array([len(row) for row in rows], dtype=np.int64))


def often(found: Chance) -> str:
    """Give a chance in words."""
    return words(found.probability, found.error, found.interval)


def mean_of(futures: Futures, values: Floats) -> Estimate:
    """Give the mean of a figure, (simulation,), and its error: between replicates where there are some."""
    count, replicates = len(values), futures.replicates
    if replicates == 1:
        return Estimate(float(values.mean()), float(values.std() / np.sqrt(count)))
    means = np.array([values[r::replicates].mean() for r in range(replicates)])
    return Estimate(float(values.mean()), float(means.std(ddof=1) / np.sqrt(replicates)))


def quantile_of(values: Floats, level: float) -> Estimate:
    """Give a quantile (type 7) of a figure, (simulation,); its error is that between groups of the futures."""
    parts = [float(np.quantile(values[g::GROUPS], level)) for g in range(min(GROUPS, len(values)))]
    spread = float(np.std(parts, ddof=1)) if len(parts) > 1 else 0.0
    return Estimate(float(np.quantile(values, level)), spread / float(np.sqrt(len(parts))))


def jackknifed(values: Floats, made_of: Callable[[Floats], Floats]) -> list[Estimate]:
    """Give what is made of the means of some figures, with errors.

    Parameters
    ----------
    values
        (figure, simulation).
    made_of
        Takes the (figure,) means and gives (result,).

    Notes
    -----
    Each group of the futures is left out in turn; what a curve in ``made_of`` adds to an average is taken off.

    References
    ----------
    Efron, B. and Stein, C. (1981), Annals of Statistics 9, 586-596.
    """
    count = values.shape[1]
    groups = min(GROUPS, count)
    sums = np.stack([values[:, g::groups].sum(axis=1) for g in range(groups)])  # (group, figure)
    sizes = np.array([len(range(g, count, groups)) for g in range(groups)], dtype=float)
    whole = made_of(sums.sum(axis=0) / count)
    if groups == 1:
        return [Estimate(float(value), 0.0) for value in whole]
    rest = np.stack([made_of((sums.sum(axis=0) - sums[g]) / (count - sizes[g])) for g in range(groups)])
    centre = rest.mean(axis=0)
    values_ = groups * whole - (groups - 1) * centre
    errors = np.sqrt((groups - 1) / groups * ((rest - centre) ** 2).sum(axis=0))
    return [Estimate(float(v), float(e)) for v, e in zip(values_, errors, strict=True)]
