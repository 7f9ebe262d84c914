"""Who pays one-off costs, and what that leaves in the general fund; formulas over (year, simulation) arrays."""

from collections.abc import Sequence

import numpy as np

from simlib.kernels.lines import accumulated
from simlib.kernels.paths import Floats

Funding = Sequence[tuple[int, float]]  # pots that pay a cost, in order, each with the most it may pay in all


def pay_from_pots(costs: Sequence[Floats], funding: Sequence[Funding], opening: Floats) -> Floats:
    """Give what each pot pays in each year, costs in order, years in order, until a pot or its limit is spent.

    Parameters
    ----------
    costs
        One (year, simulation) array for each cost, of which there is at least one [money].
    funding
        For each cost the pots that pay it.
    opening
        (pot, simulation) balances on the first day [money].

    Returns
    -------
    (pot, year, simulation) payments. What no pot pays falls on the general fund; what is left stays in the pot.
    """
    balance = list(np.maximum(opening, 0.0))
    limits = [[limit for _, limit in sources] for sources in funding]
    nothing = np.zeros(opening.shape[1:])
    paid: list[list[Floats]] = [[] for _ in balance]
    for year in range(costs[0].shape[0]):
        for row in paid:
            row.append(nothing)
        for cost, sources, left in zip(costs, funding, limits, strict=True):
            need = cost[year]
            for place, (pot, _) in enumerate(sources):
                payment = np.minimum(np.minimum(need, balance[pot]), left[place])
                need = need - payment
                balance[pot] = balance[pot] - payment
                left[place] = left[place] - payment
                paid[pot][year] = paid[pot][year] + payment
    return np.stack([np.stack(row) for row in paid])


def general_fund(opening: Floats, taken: Floats) -> Floats:
    """Give the general fund at each year's end, before further action: it may go below zero.

    Parameters
    ----------
    opening
        () or (simulation,) balance on the first day.
    taken
        (year, simulation) what each year takes out, see :func:`drawn`.

    Notes
    -----
    ``GF[y] = GF[y−1] − gap_after[y] − one_off_net[y] + planned[y]``
    """
    return opening - accumulated(taken)


def drawn(gap_after: Floats, one_off_net: Floats, planned: Floats, *, spent: bool) -> Floats:
    """Give what each year takes out of the general fund, (year, simulation).

    Parameters
    ----------
    gap_after, one_off_net
        (year, simulation) the year's gap in cash; one-off costs that no pot pays [money].
    planned
        (year, 1) planned contributions, uses negative [money].
    spent
        Whether a year's surplus is spent instead of saved.
    """
    gap = np.maximum(gap_after, 0.0) if spent else gap_after
    return gap + one_off_net - planned


def reserve_needed(minimum: Floats, taken: Floats) -> Floats:
    """Give the opening balance that would just hold: ``minimum + max(0, max over years of Σ taken)``."""
    most: Floats = np.max(accumulated(taken), axis=0)
    needed: Floats = minimum + np.maximum(most, 0.0)
    return needed
