"""What was asked of every driver and event, what the futures hold, and whether simulation error explains the rest.

The truth is a distribution's own mean, standard deviation and cumulative probability, never the scores that draws
are made of: a wrong score cannot vouch for itself. How it is told is in ``simlib.register``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simlib import special
from simlib.distributions import Distribution
from simlib.drivers import Constant, Driver, Event, HierarchicalDriver
from simlib.estimates import LEVELS, SHARES, T95_15, Chance, Statistics, finite
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.readouts import Key
from simlib.units import shower

ONE_RUN_IN = 1_000  # sound runs, of which at most one has a figure flagged
EXACT = 1e-6  # of the spread, or of probability: how exact draws are promised to be
MOST_SKEW = 0.5  # of an estimate; beyond it few futures do not tell a chance departure from a mistake
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Departure:
    """How far one figure of one driver or event is from what was asked.

    Attributes
    ----------
    address, figure, year
        What it is of: ``mean``, ``sd``, ``p5`` … or ``chance``; no year for what is drawn once.
    errors
        The distance, in simulation errors.
    skew
        Skewness of the estimate: the more of it, the farther chance alone may lead.
    """

    address: str
    figure: str
    year: str | None
    errors: float
    skew: float

    @property
    def name(self) -> str:
        """The figure, and its year where it has one."""
        return self.figure if self.year is None else f"{self.figure} in {self.year}"

    def told(self) -> Document:
        """Give it as summary.json has it."""
        return {"figure": self.figure, "year": self.year, "errors": finite(self.errors)}


@dataclass(frozen=True, slots=True)
class Quality:
    """Every figure that can be judged, by address, and how many errors are more than chance explains."""

    departures: Mapping[str, Sequence[Departure]]
    limit: float

    def flagged(self, address: str) -> list[Departure]:
        """Give the figures of one address that differ by more than the simulation error explains."""
        return [d for d in self.departures.get(address, ()) if d.errors > self.allowed(d.skew)]

    def furthest(self, address: str) -> Departure | None:
        """Give the figure of one address that is the most errors off."""
        return max(self.departures.get(address, ()), key=lambda d: d.errors, default=None)

    def allowed(self, skew: float) -> float:
        """Give how many errors chance explains, farther for skew estimates (Cornish and Fisher's first term)."""
        return self.limit + skew * (self.limit**2 - 1) / 6


def judged(
    model: Model,
    figures: Mapping[Key, list[Statistics]],
    chances: Mapping[Key, Chance],
    replicates: int,
) -> Quality:
    """Judge every driver by its statistics, and every event by its chance.

    Notes
    -----
    All figures together are allowed one false flag in ``ONE_RUN_IN`` runs (Bonferroni): the limit is the two-sided
    quantile of the normal distribution at ``1 ÷ (ONE_RUN_IN · figures)``, of Student's t where errors come from
    replicates.
    """
    found: dict[str, list[Departure]] = {}
    for node in model.nodes:
        if isinstance(node, Driver) and not isinstance(node, HierarchicalDriver):  # of which nothing is known
            rows, shape = figures[("drivers", node.address)], _shape(node.distribution)
            years = model.year_labels if node.varies.mode != "once" else (None,)
            found[node.address] = [
                d for row, year in zip(rows, years, strict=True) for d in _departures(node, shape, row, year)
            ]
    for _, event in model.events:
        happened = chances[("events", event.address)]
        found[event.address] = list(_event_departure(model, event, happened, replicates))
    count = sum(map(len, found.values()))
    return Quality(found, _limit(max(count, 1), replicates))


def _limit(count: int, replicates: int) -> float:
    tail = 1 / (2 * ONE_RUN_IN * count)
    return float(-special.ndtri(tail) if replicates == 1 else -special.stdtrit(replicates - 1, tail))


def _departures(node: Driver, shape: "_Shape", row: Statistics, year: str | None) -> Iterator[Departure]:
    """Judge one driver in one year."""
    asked, n = node.distribution, row.count
    if math.isfinite(asked.mean) and math.isfinite(asked.sd):
        off = max(abs(row.mean - asked.mean) - EXACT * asked.sd, 0.0)
        yield from _judged(node.address, "mean", year, off, _mean_error(asked, row), shape.skew / n**0.5)
        off = max(_spread_off(asked, row) - EXACT * asked.sd, 0.0)
        yield from _judged(node.address, "sd", year, off, _sd_error(asked, shape, n), shape.skew_of_squares / n**0.5)
    trues = _nearest_levels(asked, np.asarray(list(row.quantiles.values()))).tolist()
    for (name, level), spread, true in zip(LEVELS.items(), row.spreads.tolist(), trues, strict=True):
        off = max(abs(true - level) - EXACT, 0.0)
        binomial = (true * (1 - true) / n) ** 0.5
        error = spread * (true * (1 - true) / (level * (1 - level))) ** 0.5
        skew = abs(1 - 2 * true) / (binomial * n) if binomial else 0.0
        yield from _judged(node.address, name, year, off, error, skew)


def _spread_off(asked: Distribution, row: Statistics) -> float:
    """Give by how much a standard deviation differs, about the mean that was asked for: nothing else has this error.

    About its own mean, two values of even chance are never more spread out than asked, and less only with the mean off.
    """
    square = row.sd**2 * (row.count - 1) / row.count + (row.mean - asked.mean) ** 2
    return abs(square - asked.sd**2) / (2 * asked.sd) if asked.sd else row.sd


def _judged(
    address: str, figure: str, year: str | None, off: float, error: float, skew: float
) -> Iterator[Departure]:
    """Give a departure, if the estimate can be judged at all."""
    if math.isfinite(error) and skew <= MOST_SKEW:
        errors = off / error if error else (np.inf if off else 0.0)
        yield Departure(address, figure, year, errors, skew)


def _nearest_levels(asked: Distribution, values: Floats) -> Floats:
    """Give the levels of quantiles that were drawn: the nearest to its own in what is below a value and up to it.

    Its distance is judged by the error at the level it really has, as the number of futures up to the value is
    binomial with that: so chance does not lead farther on the one side than on the other.
    """
    steps = 1e-9 * (np.abs(values) + (asked.sd if math.isfinite(asked.sd) else 1.0))  # steps of a walk are rounded
    below, upto = np.asarray(asked.cdf(np.concatenate([values - steps, values + steps]))).reshape(2, -1)
    return np.asarray(np.minimum(np.maximum(SHARES, below), upto))


def _mean_error(asked: Distribution, row: Statistics) -> float:
    """Give the error of a mean: as asked for independent futures, else between replicates and of whole futures."""
    if len(row.means) == 1:
        return float(asked.sd / row.count**0.5)
    return float(np.hypot(row.errors["mean"], T95_15 * asked.sd / row.count))


def _sd_error(asked: Distribution, shape: "_Shape", count: int) -> float:
    """Give the error of a standard deviation of so many futures.

    Notes
    -----
    ``σ √((κ − 1) ÷ 4n)`` with the kurtosis κ as asked: that of a sample is too small where tails are long.
    Replicates are no worse than independent futures, so this serves them too. Infinite where κ is.
    """
    return float(asked.sd * (max(shape.kurtosis - 1, 0.0) / (4 * count)) ** 0.5)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Skewness and kurtosis of a distribution, and the skewness of its squared distance from the mean."""

    skew: float
    kurtosis: float
    skew_of_squares: float


@lru_cache(maxsize=512)
def _shape(asked: Distribution) -> _Shape:
    """Work out a shape by the trapezium rule on normal scores, to where 1 in 10^15 lies beyond."""
    z = np.linspace(-8.0, 8.0, 801)
    weights = np.exp(-(z**2) / 2)
    weights /= weights.sum()
    if not asked.sd > 0 or not math.isfinite(asked.sd):
        return _Shape(0.0, np.inf, 0.0)
    off = (asked.from_score(z) - asked.mean) / asked.sd
    skew, kurtosis = float(weights @ off**3), float(weights @ off**4)
    squared = np.square(off) - 1
    spread = float(weights @ squared**2) ** 0.5
    return _Shape(abs(skew), kurtosis, abs(float(weights @ squared**3)) / spread**3 if spread > EXACT else 0.0)


def _event_departure(model: Model, event: Event, happened: Chance, replicates: int) -> Iterator[Departure]:
    """Judge one event, where its chance is known beforehand."""
    asked = asked_chance(model, event)
    if asked is None or not 0 < asked < 1:
        return
    binomial = (asked * (1 - asked) / happened.count) ** 0.5
    error = binomial if replicates == 1 else float(np.hypot(happened.error, T95_15 / (2 * happened.count)))
    off = max(abs(happened.probability - asked) - EXACT, 0.0)
    yield from _judged(event.address, "chance", None, off, error, abs(1 - 2 * asked) / (binomial * happened.count))


def asked_chance(model: Model, event: Event) -> float | None:
    """Give the chance that an event happens within its time; None where that hangs on other uncertain figures."""
    chances = [model.nodes[place] for place in event.chances]
    if not all(isinstance(node, Constant) for node in chances):
        return None
    fixed = [float(np.asarray(node.fixed).flat[0]) for node in chances if isinstance(node, Constant)]
    if event.hazard:
        return float(1 - (1 - fixed[0]) ** max(event.until - event.moments[0], 0.0))
    return float(1 - np.prod(1 - np.asarray(fixed)))


def requested(node: Driver, unit: str) -> Document:
    """Give what was asked for: in words, and its mean, standard deviation and quantiles."""
    words, mean, sd, quantiles = _asked(node.distribution, node.quantity.kind, unit)
    return {**words, "mean": mean, "sd": sd, **dict(zip(LEVELS, quantiles, strict=True))}


@lru_cache(maxsize=512)
def _asked(
    asked: Distribution, kind: str, unit: str
) -> tuple[dict[str, str], float | None, float | None, tuple[float | None, ...]]:
    said = asked.sentence(shower(kind, unit, asked.sd))
    words = {"family": asked.family, "distribution": repr(asked), "sentence": said}
    quantiles = tuple(finite(value) for value in asked.ppf(SHARES).tolist())
    return words, finite(asked.mean), finite(asked.sd), quantiles


def achieved(node: Driver, rows: Sequence[Statistics], years: Sequence[str]) -> Document:
    """Give what the futures hold, each figure with its error: of the first year, and by year, where it varies."""
    shape = _shape(node.distribution)
    told = [_achieved(node.distribution, shape, row) for row in rows]
    return told[0] | {"by_year": None if node.varies.mode == "once" else dict(zip(years, told, strict=True))}


def _achieved(asked: Distribution, shape: _Shape, row: Statistics) -> Document:
    errors = {"mean": row.errors["mean"], "sd": finite(_sd_error(asked, shape, row.count))}
    errors |= {name: row.errors[name] for name in LEVELS}
    return {"mean": row.mean, "sd": row.sd, **row.quantiles, "error": errors}
