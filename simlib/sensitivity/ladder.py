"""What one figure does while all others stay: from its low to its high tenth (a tornado), and by 1 % of its plan.

Nothing is drawn at random, and what goes together is taken apart: how it moves together is in ``given_data``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simlib.bridge import LooseSource, loosened
from simlib.drivers import Driver, Event, HierarchicalDriver, Node, SumOfDraws, evaluate
from simlib.happening import happening
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.outline import holding
from simlib.passage import through_years
from simlib.readouts import Key, read_all
from simlib.sampling import CHUNK, SobolSampler
from simlib.sensitivity.targets import Target, told
from simlib.special import ndtri

__all__ = ["Bar", "Rung", "ladder", "tornado"]

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
SEED = 0  # of the futures by which the levels of a walk are told
ONE_PER_CENT = 0.01
MONTH = 1.0 / 12.0
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure's bar of a tornado.

    Attributes
    ----------
    low_value, high_value
        What the figure is at one in ten below and above, in the year of the target where it goes by year; of an event 0
        and 1.
    low, high, base
        (target,) what each target is there, and where nothing is moved.
    """

    address: str
    low_value: float
    high_value: float
    low: Floats
    high: Floats
    base: Floats

    def told(self, target: int) -> Document:
        """Give it for one target as sensitivity.json has it."""
        low, high = float(self.low[target]), float(self.high[target])
        return {
            "address": self.address, "low": {"value": self.low_value, "at": low},
            "high": {"value": self.high_value, "at": high}, "base": float(self.base[target]), "swing": high - low,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """What one step of a driver's plan does.

    Attributes
    ----------
    year
        The year in which alone it is moved; None where it is moved in every year, or holds once.
    plan, step
        The plan in the target year, and how far it is moved; nothing where the plan is nothing, as of nothing one per
        cent is nothing [unit of the driver].
    by
        ``one per cent of itself``, ``one point`` or ``one month``.
    shifts
        (target,) what that adds to each target; of a gap what it widens by [money].
    """

    address: str
    year: str | None
    plan: float
    step: float
    by: str
    shifts: Floats

    def told(self, target: int) -> Document:
        """Give it for one target as sensitivity.json has it."""
        shift = float(self.shifts[target])
        plan = {"plan": self.plan, "step": self.step, "by": self.by}
        return {"address": self.address, "year": self.year, **plan, "shift": shift}


def tornado(model: Model, wanted: Sequence[Target] | None = None, *, around: str = "median") -> tuple[Bar, ...]:
    """Move each driver from its P10 to its P90, and each event from not happening to happening, one at a time.

    Parameters
    ----------
    model, wanted
        As in :func:`simlib.sensitivity.targets.told`.
    around
        Where all others stay: at their ``median`` or at their ``plan``.

    Raises
    ------
    ModelError
        If there is nothing to ask about.
    ValueError
        If it is neither of the two.

    Notes
    -----
    A driver that goes by year is at the P10 (or P90, or median) of each year's value in all years at once; those of a
    walk come from 16,384 futures of it alone, others are exact. An event happens in the middle of the moments at which
    it may, or never; where all others stay at their median, one that is more likely than not happens. Amounts under
    ``sum_of`` stay at their average, and their bar is that of as many independent amounts, taken as normal.
    """
    if around not in ("median", "plan"):
        raise ValueError(f"expected around to be median or plan, got {around!r}")
    asked = told(model, wanted)
    moved = [node for node in model.nodes if isinstance(node, Driver | Event | SumOfDraws)]
    source = _Stated(model, moved, around=around)
    nodes = loosened(model) if around == "plan" else list(model.nodes)
    values = evaluate(nodes, source)
    rows = _rows(model, values, 1 + 2 * len(moved), asked)
    own = dict(zip((node.address for node in nodes), values, strict=True))
    found = []
    for k, node in enumerate(moved):
        low, high = 1 + 2 * k, 2 + 2 * k
        ends = [_figure(node, own[node.address], place, model) for place in (low, high)]
        found.append(Bar(node.address, ends[0], ends[1], rows[:, low], rows[:, high], rows[:, 0]))
    return tuple(found)


def ladder(model: Model, wanted: Sequence[Target] | None = None) -> tuple[Rung, ...]:
    """Move each driver's plan by one per cent, all else at the plan.

    Parameters
    ----------
    model, wanted
        As in :func:`simlib.sensitivity.targets.told`.

    Raises
    ------
    ModelError
        If there is nothing to ask about.

    Notes
    -----
    By one per cent of itself; a share by one point (a pay award of 1 % becomes 2 %), a duration by one month, as the
    plan of most is not to be late at all. What goes by year is moved in every year at once, and then in the target year
    alone: a pay award that is one point higher every year costs more by then than one that is so once.
    """
    asked = told(model, wanted)
    moved = [node for node in model.nodes if isinstance(node, Driver)]
    source = _Stated(model, moved, around="plan", rungs=True)
    rows = _rows(model, evaluate(loosened(model), source), source.count, asked)
    found = []
    for k, node in enumerate(moved):
        (step, *later), by = _steps(node, model)
        plan, size = _in_target_year(node.plan, model), _in_target_year(step, model)
        shifts = rows[:, 1 + 2 * k : 3 + 2 * k] - rows[:, :1]
        found.append(Rung(node.address, None, plan, size, by, shifts[:, 0]))
        if later:
            found.append(Rung(node.address, model.year_labels[model.target], plan, size, by, shifts[:, 1]))
    return tuple(found)


def _steps(node: Driver, model: Model) -> tuple[list[Floats], str]:
    """Give how far a plan is moved, in every year and in the target year alone where it goes by year; and the words."""
    size, by = _step(node)
    if size.ndim < 2:
        return [size], by
    alone = np.zeros(size.shape)
    alone[model.target] = size[model.target]
    return [size, alone], by


def _step(node: Driver) -> tuple[Floats, str]:
    if node.quantity.kind == "share":
        return np.full(node.plan.shape, ONE_PER_CENT), "one point"
    if node.quantity.kind == "duration":
        return np.full(node.plan.shape, MONTH), "one month"
    return ONE_PER_CENT * np.abs(node.plan), "one per cent of itself"


def _rows(model: Model, values: Sequence[Floats], count: int, asked: Sequence[Target]) -> Floats:
    """Give (target, future) targets in some futures that are stated."""
    found = read_all(model, holding(model, list(values), count))
    read: dict[Key, Floats] = {key: np.asarray(row, dtype=float) for key, row in found}
    ends = (("closes", model.config.closes), ("kept",))
    read |= {("holds", *key[1:3]): fact for key, fact in read.items() if key[0] == "options" and key[3:] in ends}
    rows = (target.row(read, model.tolerance) for target in asked)
    return np.stack([np.broadcast_to(row, (count,)) for row in rows])


def _figure(node: Node, value: Floats, place: int, model: Model) -> float:
    """Give what a figure is in one future: of an event 1 where it happens."""
    wide = value[..., place] if value.ndim and value.shape[-1] > 1 else value
    if isinstance(node, Event):
        return float(np.all(np.isfinite(wide)))
    return _in_target_year(np.asarray(wide), model)


def _in_target_year(value: Floats, model: Model) -> float:
    row = value if value.size == 1 else value.ravel()[model.target]
    return float(np.asarray(row).ravel()[0])


# ---- Figures that are stated -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Stated(LooseSource):
    """Gives the first future where all is at the base, and two for each figure that is moved, by itself.

    Attributes
    ----------
    around
        Where all others stay: at the ``plan`` or at the ``median``.
    rungs
        Whether each is moved by steps of its plan, or to its low and its high side.
    """

    around: str = "median"
    rungs: bool = False

    @property
    def count(self) -> int:
        """How many futures there are."""
        return 1 + 2 * len(self.loose)

    def driver(self, node: Driver) -> Floats:
        """Give a driver's values."""
        if self.rungs:
            return self._by_steps(node)
        low, middle, high = _levels(node, (LOW, MIDDLE, HIGH))
        return self._moved(node, node.plan if self.around == "plan" else middle, (low, high))

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        """Give those of a driver whose parameters are calculated: it is moved where they are as in the first future."""
        if self.rungs:
            return self._by_steps(node)
        first = {name: value[..., :1] if value.ndim else value for name, value in parameters.items()}
        years = len(node.dimensions)
        low, high = (node.at(first, [np.full(1, ndtri(level))] * years) for level in (LOW, HIGH))
        base = node.plan if self.around == "plan" else node.at(parameters, [np.zeros(self.count)] * years)
        return self._moved(node, base, (low, high))

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        """Give the moments of an event: never on the low side, in the middle of those that may be on the high side."""
        if self.rungs:
            return node.plan
        near = [chance[..., :1] if chance.ndim else chance for chance in chances]
        never, middle = np.full(1, np.inf), happening(node, np.zeros(self.count), chances)
        happens = float(1.0 - np.prod([1.0 - chance for chance in near])) if not node.hazard else _struck(node, near[0])
        due = happening(node, -ndtri(np.full(1, 0.5 * happens)), near) if happens > 0.0 else never
        return self._moved(node, node.plan if self.around == "plan" else middle, (never, due))

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        """Give sums of individual amounts: their average, and what is one in ten below and above."""
        planned = self.around == "plan"
        base = np.asarray(count * (node.plan_each if planned else node.distribution.mean))
        if self.rungs:
            return base
        number = np.asarray(count[..., :1] if count.ndim else count)
        spread = ndtri(np.asarray(HIGH)) * node.distribution.sd * np.sqrt(number)
        low, high = (np.asarray(number * node.distribution.mean + sign * spread) for sign in (-1.0, 1.0))
        return self._moved(node, base, (np.maximum(low, 0.0), high))

    def within(self, node: Node, plan: Floats, draw: Any) -> Floats:  # noqa: ARG002
        """Give the plan: what is certain, and states a plan of its own, is at that plan."""
        return plan

    def _by_steps(self, node: Driver) -> Floats:
        return self._moved(node, node.plan, [node.plan + step for step in _steps(node, self.model)[0]])

    def _moved(self, node: Node, base: Floats, to: Sequence[Floats]) -> Floats:
        """Give a figure at its base in all futures but its own."""
        wide = base.ndim > 1 or any(value.ndim > 1 for value in to)
        rows = max((len(value) for value in (base, *to) if value.ndim > 1), default=1)
        found = np.empty((rows, self.count) if wide else (self.count,))
        found[:] = base
        for k, value in enumerate(to if node.address in self.places else ()):
            found[..., 1 + 2 * self.places[node.address] + k] = value[:, 0] if value.ndim > 1 else value.reshape(-1)[0]
        return found


def _struck(node: Event, rate: Floats) -> float:
    """Give the chance that a yearly rate strikes before its end."""
    return float(-np.expm1((node.until - node.moments[0]) * np.log1p(-np.asarray(rate).ravel()[0])))


def _levels(node: Driver, levels: Sequence[float]) -> list[Floats]:
    """Give quantiles of a driver's values, (1,) or (year, 1) each year's own."""
    if node.varies.mode in ("once", "yearly", "ar1"):
        shape = (len(node.dimensions), 1) if node.varies.mode != "once" else (1,)
        return [np.full(shape, node.distribution.from_score(np.full(1, ndtri(level)))[0]) for level in levels]
    scores = SobolSampler(SEED, node.dimensions).scores(node.dimensions, 0, CHUNK)
    values = through_years(list(scores), node.varies, lambda row, _, out: node.distribution.from_score(row, out))
    return list(np.quantile(values, levels, axis=1)[..., np.newaxis])


