"""A saving or a cost over time: rates, what they add up to in each year, delays and stops.

Pure formulas over arrays; the simulation is the last axis. Time runs in years from 1 April of the first year
of the horizon (0 = that day, 1 = a year later). Money is in the model's unit. What starts or stops a measure is
decided in ``simlib.flows``, not here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """A rate over time, as a sum of steps and of ramps.

    ``rate(t) = Σ jumps[k] · [t > knots[k]] + slopes[k] · max(t − knots[k], 0)``

    Attributes
    ----------
    knots
        Where the rate changes [years].
    jumps
        By how much it steps there [a year].
    slopes
        By how much its slope changes there [a year, a year].
    """

    knots: tuple[float, ...]
    jumps: tuple[float, ...]
    slopes: tuple[float, ...]

    @property
    def start(self) -> float:
        """When the rate first differs from zero [years]."""
        return self.knots[0]


def ramp(start: float, full: float) -> Path:
    """Give the unit rate that rises in a straight line from 0 at ``start`` to 1 at ``full`` and stays."""
    if full <= start:
        return Path((start,), (1.0,), (0.0,))
    slope = 1.0 / (full - start)
    return Path((start, full), (0.0, 0.0), (slope, -slope))


def staircase(start: float, full: float) -> Path:
    """Give the unit rate that rises in equal yearly steps, the first at ``start``, reaching 1 at ``full``."""
    steps = round(full - start) + 1
    return Path(tuple(start + k for k in range(steps)), (1.0 / steps,) * steps, (0.0,) * steps)


def yearly(amounts: tuple[float, ...], start: float = 0.0, *, holds: bool) -> Path:
    """Give the rate that is constant in each year; the last one holds on, or ends with its year."""
    rates = (0.0, *amounts) if holds else (0.0, *amounts, 0.0)
    jumps = [(start + k, b - a) for k, (a, b) in enumerate(pairwise(rates)) if b != a]
    jumps = jumps or [(start, 0.0)]
    return Path(tuple(t for t, _ in jumps), tuple(j for _, j in jumps), (0.0,) * len(jumps))


def rate(path: Path, time: Floats) -> Floats:
    """Give the rate just before ``time``.

    Parameters
    ----------
    time
        (…) moments [years].

    Returns
    -------
    (…) rates [a year]. A step at the very moment does not count yet: 31 March belongs to the old year.
    """
    total = np.zeros_like(time)
    for knot, jump, slope in zip(path.knots, path.jumps, path.slopes, strict=True):
        elapsed = time - knot
        if jump:
            total += np.where(elapsed > 0, jump, 0.0)
        if slope:
            total += slope * np.maximum(elapsed, 0.0)
    return total


def received(path: Path, time: Floats) -> Floats:
    """Give the integral of the rate up to ``time``: (…) moments [years] to (…) amounts.

    Notes
    -----
    ``Σ jumps[k] · (t − knots[k])₊ + ½ slopes[k] · (t − knots[k])₊²``
    """
    total = np.zeros_like(time)
    for knot, jump, slope in zip(path.knots, path.jumps, path.slopes, strict=True):
        elapsed = np.maximum(time - knot, 0.0)
        if jump:
            total += jump * elapsed
        if slope:
            total += (0.5 * slope) * elapsed * elapsed
    return total


@dataclass(frozen=True, slots=True)
class Pauses:
    """When a path stands still after it has started, in order of time and none within another.

    Attributes
    ----------
    begins
        (pause, simulation) moments [years]; infinite where there is none.
    lengths
        (pause, simulation) how long each lasts [years].
    """

    begins: Floats
    lengths: Floats


def postponed(start: Floats, moments: Floats, lengths: Floats) -> tuple[Floats, Pauses]:
    """Give the start that delaying events lead to, and the pauses they make where they come after it.

    Parameters
    ----------
    start
        (simulation,) when the path would start without them [years].
    moments, lengths
        (event, simulation) when each happens, infinite for never, and by how much it delays [years].

    Notes
    -----
    What happens before the start (or on that day) moves it; what happens later takes back nothing: what had been
    reached stays, and the rest of the path comes so much later. Two delays at once follow each other.
    """
    begins, free = [], np.full(start.shape, -np.inf)
    moments, lengths = in_order(moments, lengths)
    for moment, length in zip(moments, lengths, strict=True):
        early = moment <= start
        start = start + np.where(early, length, 0.0)
        begin = np.where(early, np.inf, np.maximum(moment, free))
        free = np.where(early, free, begin + length)
        begins.append(begin)
    return start, Pauses(np.stack(begins), lengths)


def in_order(moments: Floats, carried: Floats) -> tuple[Floats, Floats]:
    """Give (event, simulation) moments in order of time, and what goes with each; of two at once the first stays first.

    Neighbours change places until none needs to: the same steps in every future, and events are few.
    """
    when, what = list(moments), list(carried)
    for end in range(len(when) - 1, 0, -1):
        for k in range(end):
            swap = when[k + 1] < when[k]
            when[k], when[k + 1] = np.where(swap, when[k + 1], when[k]), np.where(swap, when[k], when[k + 1])
            what[k], what[k + 1] = np.where(swap, what[k + 1], what[k]), np.where(swap, what[k], what[k + 1])
    return np.stack(when), np.stack(what)


def _shifted(time: Floats, delay: Floats, pauses: Pauses | None) -> Floats:
    """Give how far along its plan a path is at some time: behind by its delay and by the pauses so far."""
    along = time - delay
    for begin, length in zip(pauses.begins, pauses.lengths, strict=True) if pauses else ():
        along = along - np.clip(time - begin, 0.0, length)
    return along


def _received_by(path: Path, time: Floats, delay: Floats, pauses: Pauses | None) -> Floats:
    """Give what a path has brought by some time; during a pause the rate it had reached goes on."""
    total = received(path, _shifted(time, delay, pauses))
    for begin, length in zip(pauses.begins, pauses.lengths, strict=True) if pauses else ():
        reached = rate(path, _shifted(np.where(np.isfinite(begin), begin, 0.0), delay, pauses))
        total = total + reached * np.clip(time - begin, 0.0, length)
    return total


def in_year(path: Path, delay: Floats, years: int, pauses: Pauses | None = None) -> Floats:
    """Give what a delayed path brings in each year.

    Parameters
    ----------
    path
        The planned unit rate.
    delay
        (simulation,) shift to the right [years]. Late is not lost: the final rate stays.
    years
        Length of the horizon.
    pauses
        When it stands still on its way.

    Returns
    -------
    (year, simulation) amounts.
    """
    up_to = _received_by(path, np.arange(years + 1.0)[:, None], delay, pauses)
    return up_to[1:] - up_to[:-1]


def at_end(path: Path, delay: Floats, years: int, pauses: Pauses | None = None, *, only: int | None = None) -> Floats:
    """Give the rate that a delayed path has reached at each year's end, (year, simulation); or at one year's only."""
    return rate(path, _shifted(_ends(years, only), delay, pauses))


def _ends(years: int, only: int | None) -> Floats:
    """Give the ends of the years, (year, 1), or of one year alone."""
    return np.arange(1.0, years + 1)[:, None] if only is None else np.asarray([[only + 1.0]])


@dataclass(frozen=True, slots=True)
class Stops:
    """When a path stops, perhaps in part and more than once, in order of time.

    Attributes
    ----------
    moments
        (stop, simulation) [years]; infinite where it does not happen.
    kept
        (stop, simulation) share of the frozen rate that is left after that stop.
    frozen
        (simulation,) the rate that had been reached at the first stop.
    """

    moments: Floats
    kept: Floats
    frozen: Floats


def stops(path: Path, delay: Floats, moments: Floats, keeps: Floats, years: int, pauses: Pauses | None = None) -> Stops:
    """Give stops in order of time, from (stop, simulation) moments and shares kept in any order."""
    moments, keeps = in_order(moments, keeps)
    kept = [keeps[0]]
    for keep in keeps[1:]:
        kept.append(kept[-1] * keep)
    frozen = rate(path, _shifted(np.minimum(moments[0], years), delay, pauses))
    return Stops(moments, np.stack(kept), frozen)


def in_year_stopped(path: Path, delay: Floats, stop: Stops, years: int, pauses: Pauses | None = None) -> Floats:
    """Give the same as :func:`in_year` for a path that stops.

    Notes
    -----
    The rate is frozen at the first stop and multiplied by the share kept; each later stop multiplies again.
    """
    first = stop.moments[0]
    up_to = _received_by(path, np.minimum(np.arange(years + 1.0)[:, None], first), delay, pauses)
    total = up_to[1:] - up_to[:-1]
    begins, ends = np.arange(years)[:, None], np.arange(1.0, years + 1)[:, None]
    for begin, end, share in _spells(stop):
        total += (share * stop.frozen) * (np.clip(end, begins, ends) - np.clip(begin, begins, ends))
    return total


def at_end_stopped(
    path: Path, delay: Floats, stop: Stops, years: int, pauses: Pauses | None = None, *, only: int | None = None
) -> Floats:
    """Give the same as :func:`at_end` for a path that stops."""
    ends = _ends(years, only)
    reached = np.where(stop.moments[0] < ends, 0.0, at_end(path, delay, years, pauses, only=only))
    for begin, end, share in _spells(stop):
        reached += np.where((begin < ends) & (end >= ends), share * stop.frozen, 0.0)
    return reached


def _spells(stop: Stops) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Give each time between two stops with the share kept during it."""
    never = np.full((1, stop.moments.shape[1]), np.inf)
    return zip(stop.moments, np.concatenate([stop.moments[1:], never]), stop.kept, strict=True)


def spread(begin: Floats, length: float, years: int) -> Floats:
    """Give the share of a cost that falls in each year when it is spent evenly over a time.

    Parameters
    ----------
    begin
        (simulation,) when spending starts [years].
    length
        How long it takes [years].

    Returns
    -------
    (year, simulation) shares; they add up to 1 where the time lies within the horizon.
    """
    edges = np.clip(np.arange(years + 1.0)[:, None], begin, begin + length)
    shares: Floats = (edges[1:] - edges[:-1]) / length
    return shares


def overlap(amount: Floats, first: Floats, second: Floats) -> Floats:
    """Give the saving counted in two measures: ``amount · min(φ₁, φ₂)``, φ being the share of full plan delivered.

    Notes
    -----
    Nothing while either of them costs more than it brings: what is not saved is not counted twice.
    """
    twice: Floats = amount * np.maximum(np.minimum(first, second), 0.0)
    return twice
