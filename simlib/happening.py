"""When events happen, from one normal score a future; which scores those are is the engine's business."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from simlib.drivers import Event
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats

ROUNDING = 1e-6  # of a score: whether a clock strikes at its very end is decided by the moment itself


def happening(node: Event, scores: Floats, chances: Sequence[Floats], out: Floats | None = None) -> Floats:
    """Give the moments of an event from one score a future: large ones happen, and early.

    Parameters
    ----------
    scores
        (simulation,) standard-normal scores.
    chances
        For each moment () or (simulation,) the chance then, given it has not happened before.
    out
        (simulation,) where the moments are put, if not anywhere.

    Notes
    -----
    The share u of scores above one's own is uniform. A yearly rate h is one clock, continuous in time:
    ``P(T > t) = (1 − h)^t``, so ``t = ln(1 − u) ÷ ln(1 − h)``. A chance that is certain makes a threshold of the
    scores, so that u is not worked out where nothing happens.
    """
    for chance in chances:
        if chance.min() < 0.0 or chance.max() > 1.0:
            raise ModelError([Problem("", f"{node.address}.chance", "expected a chance from 0 to 1 in every future")])
    moment = np.empty(scores.shape) if out is None else out
    if node.hazard:
        _strike(node, scores, chances[0], moment)
    else:
        _fall_due(node.moments, scores, thresholds(chances), moment)
    return moment


def _strike(node: Event, scores: Floats, rate: Floats, moment: Floats) -> None:
    """Put the moments into place at which a clock strikes before its end."""
    from simlib.special import ndtr

    moment.fill(np.inf)
    struck = np.flatnonzero(scores > _struck_above(float(rate.max()), node.until - node.moments[0]) - ROUNDING)
    with np.errstate(divide="ignore", invalid="ignore"):
        elapsed = np.log1p(-ndtr(-scores[struck])) / np.log1p(-(rate[struck] if rate.ndim else rate))
    found = node.moments[0] + elapsed
    moment[struck] = np.where(found < node.until, found, np.inf)


@lru_cache(maxsize=512)
def _struck_above(rate: float, span: float) -> float:
    """Give the score above which a clock strikes within a span of years; not a number where there is no span."""
    from simlib.special import ndtri

    with np.errstate(divide="ignore", invalid="ignore"):
        return float(-ndtri(-np.expm1(span * np.log1p(-rate))))


def _fall_due(moments: Sequence[float], scores: Floats, above: Sequence[Floats], out: Floats) -> None:
    """Put the first moment into place whose threshold a score is above."""
    found: Floats = np.asarray(np.inf)
    for when, threshold in zip(moments[::-1], above[::-1], strict=True):
        found = np.where(scores > threshold, when, found)
    out[:] = found


def thresholds(chances: Sequence[Floats]) -> list[Floats]:
    """Give the scores above which something has happened by each moment, from its chances if it has not before."""
    if all(chance.ndim == 0 for chance in chances):
        return _certain_thresholds(*map(float, chances))
    return _thresholds_of(chances)


@lru_cache(maxsize=512)
def _certain_thresholds(*chances: float) -> list[Floats]:
    return _thresholds_of([np.asarray(chance) for chance in chances])


def _thresholds_of(chances: Sequence[Floats]) -> list[Floats]:
    from simlib.special import ndtri

    not_yet: Floats = np.ones(())
    found = []
    for chance in chances:
        not_yet = np.asarray(not_yet * (1.0 - chance))
        found.append(np.asarray(-ndtri(1.0 - not_yet)))
    return found
