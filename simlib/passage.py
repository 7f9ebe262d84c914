"""How one draw a year becomes a figure by year, and how each year's draw is got back from it.

Scores come in and values go out: what is drawn, and what moves together, is the engine's business.
"""

from collections.abc import Callable, Sequence

import numpy as np

from simlib.config.quantities import Varies
from simlib.kernels.lines import accumulated, compounded, growth_of, reverted
from simlib.kernels.paths import Floats
from simlib.sampling.dependence import ar1

Value = Callable[[Floats, int, Floats | None], Floats]


def through_years(scores: Sequence[Floats], varies: Varies, value: Value, out: Floats | None = None) -> Floats:
    """Give a driver's values from its normal scores.

    Parameters
    ----------
    scores
        [year] (simulation,) standard-normal scores; one alone where the driver holds once.
    varies
        How it moves through the years.
    value
        From (simulation,) scores, the place of their year and room for it to what the distribution gives there; it
        need not use the room.
    out
        (simulation,) or (year, simulation) where what the distribution gives is put, if not anywhere.

    Returns
    -------
    ndarray
        (simulation,) where it holds once, else (year, simulation).
    """
    if varies.mode == "once":
        return value(scores[0], 0, out)
    rows = ar1(np.stack(scores), varies.phi) if varies.mode == "ar1" else scores
    draws = np.empty((len(scores), *scores[0].shape)) if out is None else out
    for year, (row, room) in enumerate(zip(rows, draws, strict=True)):
        drawn = value(row, year, room)
        if drawn is not room:
            room[:] = drawn
    return along(draws, varies)


def along(draws: Floats, varies: Varies) -> Floats:
    """Give the values by year, (year, simulation), that each year's draw leads to.

    Notes
    -----
    The draw x of a year is its value (``yearly``, ``ar1``), or leads on from the year before, which for the first
    year is today's known figure: v = v₋₁ + x from 0 (``walk``), v = φ v₋₁ + x from 0 (``reverting``), and
    v = v₋₁ (1 + x) from 1 (``compounding``).
    """
    if varies.mode == "walk":
        return accumulated(draws)
    if varies.mode == "reverting":
        return reverted(draws, varies.phi)
    return compounded(draws) if varies.mode == "compounding" else draws


def steps(values: Floats, varies: Varies) -> Floats:
    """Give back each year's draw from the values by year: what the distribution is of, and what is correlated."""
    if varies.mode == "compounding":
        return growth_of(values)
    if varies.mode not in ("walk", "reverting"):
        return values
    kept = 1.0 if varies.mode == "walk" else varies.phi
    return np.concatenate([values[:1], values[1:] - kept * values[:-1]])
