"""The levels of spending and funding lines, and what they do to the gap; formulas over (year, simulation) arrays."""

import numpy as np

from simlib.kernels.paths import Floats


def accumulated(amounts: Floats) -> Floats:
    """Give running totals over the years, (year, simulation); a loop, as numpy's own is slow on this axis."""
    total = amounts.copy()
    for year in range(1, len(total)):
        total[year] += total[year - 1]
    return total


def reverted(steps: Floats, phi: float) -> Floats:
    """Give what is left of all steps so far, (year, simulation): ``value = phi · the year before's + step``."""
    value = steps.copy()
    for year in range(1, len(value)):
        value[year] += phi * value[year - 1]
    return value


def compounded(growth: Floats) -> Floats:
    """Give ``Π (1 + growth)`` up to each year, (year, simulation)."""
    level = 1.0 + growth
    for year in range(1, len(level)):
        level[year] *= level[year - 1]
    return level


def growth_of(level: Floats) -> Floats:
    """Give the growth of each year, (year, simulation), of a level that was 1 in the year before the first."""
    growth = level.copy()
    growth[1:] /= level[:-1]
    return growth - 1.0


def grown(base: Floats, growth: Floats) -> Floats:
    """Give a line's level by year: ``base · Π (1 + growth)``, the base being the year before the first.

    Parameters
    ----------
    base
        () or (simulation,) [money].
    growth
        (year, simulation) growth over the year before, as a share.
    """
    return base * compounded(growth)


def relative_index(growth: Floats, planned: Floats) -> Floats:
    """Give how far an index has run ahead of its plan: ``Π (1 + g) ÷ Π (1 + plan g)``, (year, simulation)."""
    return compounded(growth) / compounded(planned)


def from_moment(moment: Floats, years: int) -> Floats:
    """Give the share of each year that lies after a moment: (simulation,) [years] to (year, simulation)."""
    return np.clip(np.arange(1.0, years + 1)[:, None] - moment, 0.0, 1.0)


def in_year_of(moment: Floats, years: int) -> Floats:
    """Give 1 in the year that holds a moment and 0 in the others: (simulation,) to (year, simulation)."""
    return np.where(np.floor(moment) == np.arange(years)[:, None], 1.0, 0.0)


def programme_share(
    common: Floats, strays: Floats, own: int, weights: Floats, individual: float, upper: float
) -> Floats:
    """Give one measure's realisation within a programme, so that the programme's total is just the common one.

    Parameters
    ----------
    common
        (simulation,) the programme's realisation R.
    strays
        (measure, simulation) uniform on −½ … ½, one of each measure.
    own
        Which of them is this measure's.
    weights
        (measure,) planned savings as shares of the programme; they add up to 1.
    individual
        How far measures stray, 0 … 1.
    upper
        The largest value R can take (its lower end being 0).

    Notes
    -----
    ``R + individual · min(R, upper − R) · (ε_own − Σ w ε)``. The strays cancel in the weighted total in every
    future, and as the bracket lies within ±1 no measure leaves 0 … upper.
    """
    room = np.minimum(common, upper - common)
    centre = np.sum([weight * stray for weight, stray in zip(weights, strays, strict=True)], axis=0)
    return np.asarray(common + individual * np.maximum(room, 0.0) * (strays[own] - centre))
