"""When a gap is closed: the six tests, and what follows from a position over the years.

Formulas over (year, simulation) arrays. ``tolerance`` is half a penny in the model's unit: closed means a gap below it.
"""

import numpy as np
from numpy.typing import NDArray

from simlib.kernels.lines import accumulated
from simlib.kernels.paths import Floats

Booleans = NDArray[np.bool_]


def target_year(position: Floats, tolerance: float) -> Booleans:
    """Tell where the recurring gap is closed on 31 March of the target year: (simulation,) gaps that day."""
    closed: Booleans = position < tolerance
    return closed


def in_year(gap_after: Floats, target: int, tolerance: float) -> Booleans:
    """Tell where the target year's own budget balances in cash."""
    return target_year(gap_after[target], tolerance)


def from_target_year(gap_recurring: Floats, target: int, tolerance: float) -> Booleans:
    """Tell where the recurring gap is closed in the target year and every later one."""
    return _always(gap_recurring[target:] < tolerance)


def every_year(gap_after: Floats, tolerance: float) -> Booleans:
    """Tell where every year's budget balances in cash."""
    return _always(gap_after < tolerance)


def reserves_hold(fund: Floats, minimum: Floats, tolerance: float) -> Booleans:
    """Tell where the general fund is at or above its minimum in every year."""
    return _always(fund > minimum - tolerance)


def reserves_restored(fund: Floats, opening: Floats, tolerance: float) -> Booleans:
    """Tell where the general fund ends no lower than it started."""
    restored: Booleans = fund[-1] > opening - tolerance
    return restored


def _always(holds: Booleans) -> Booleans:
    """Tell where something holds in every year, (year, simulation) to (simulation,)."""
    always: Booleans = np.all(holds, axis=0)
    return always


def first_year_closed(gap_recurring: Floats, tolerance: float) -> Floats:
    """Give the place of the first year in which the recurring gap is closed; the number of years where it never is."""
    return _first(gap_recurring < tolerance, float(len(gap_recurring)))


def _first(holds: Booleans, never: float) -> Floats:
    """Give the first year in which something holds, (year, simulation) to (simulation,)."""
    found = np.full(holds.shape[1:], never)
    for year in reversed(range(len(holds))):
        found = np.where(holds[year], float(year), found)
    return found


def payback(net_cash: Floats, tolerance: float) -> Floats:
    """Give the years it takes until cumulative net cash is no longer negative.

    Parameters
    ----------
    net_cash
        (year, simulation) savings less costs [money].

    Returns
    -------
    (simulation,) whole years, infinite beyond the horizon, nan where nothing is ever spent or saved.

    Notes
    -----
    Counted from the start of the first year in which anything is spent or saved, to the end of the first year from
    which cumulative net cash stays at or above zero: an early saving before its cost does not count as paid back.
    Less than half a penny is nothing.
    """
    total = accumulated(net_cash)
    begins = _first(np.abs(net_cash) >= tolerance, np.nan)
    stays = begins
    for year, place in enumerate((*range(1, len(total)), np.inf)):  # below in a year, it may stay from the next one
        stays = np.where(total[year] <= -tolerance, float(place), stays)
    taken: Floats = np.maximum(stays, begins) - begins + 1.0
    return taken


def present_value(net_cash: Floats, factors: Floats) -> Floats:
    """Give the net present value: ``Σ net_cash[y] · factors[y]``, (year, simulation) and (year,) to (simulation,)."""
    total = np.zeros(net_cash.shape[1:])
    for factor, cash in zip(factors, net_cash, strict=True):
        total = total + factor * cash
    return total
