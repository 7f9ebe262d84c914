"""Where the chance that something holds passes a level, as one figure moves; what moves is not known here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.estimates import Chance
from simlib.kernels.paths import Floats

LEVELS = (0.8, 0.9, 0.95)
FINE, ROUGH = 1e-9, 1e-4  # of the stretch in which a value is looked for, and the ends of its interval
CLEAR = 3.0  # errors from which a rise or a fall is one
Document = dict[str, Any]
Holds = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bound:
    """The value from which, or up to which, a chance is reached.

    Attributes
    ----------
    interval
        Between which values it lies by the futures' own 95 % interval; None on a side where no value searched does.
    """

    value: float
    interval: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Reached:
    """The values at which a chance is reached: the stretch of them that holds the best one.

    Attributes
    ----------
    holds
        Whether any value reaches it.
    least, most
        Its ends; None where the chance is still reached at the end of what was searched.
    """

    level: float
    holds: bool
    least: Bound | None = None
    most: Bound | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A value and the chance at it."""

    value: float
    chance: Chance


@dataclass(frozen=True, slots=True)
class Course:
    """How a chance goes with one figure, on the same futures.

    Attributes
    ----------
    points
        At the values that were looked at, rising.
    best
        Where the chance is largest of them.
    goes
        ``rises``, ``falls``, ``level`` or ``both ways``: then there may be other stretches than the one that is told.
    reached
        By level.
    """

    points: tuple[Point, ...]
    best: Point
    goes: str
    reached: tuple[Reached, ...]

    def document(self) -> Document:
        """Give it as JSON has it."""
        return {
            "goes": self.goes, "best": _point(self.best), "points": [_point(point) for point in self.points],
            "reached": [
                {"level": each.level, "holds": each.holds, "least": _bound(each.least), "most": _bound(each.most)}
                for each in self.reached
            ],
        }  # fmt: skip


def _point(point: Point) -> Document:
    told = point.chance
    return {
        "value": point.value, "probability": told.probability, "error": told.error, "interval": list(told.interval),
    }  # fmt: skip


def _bound(bound: Bound | None) -> Document | None:
    return None if bound is None else {"value": bound.value, "interval": list(bound.interval)}


@dataclass(frozen=True, slots=True)
class Asking:
    """How a course is found out.

    Attributes
    ----------
    spare
        From a value to what each future has to spare, (simulation,): something holds where that is above ``-slack``.
    chance
        From where it holds to its chance.
    steps
        Whether there is nothing between the values that are looked at.
    """

    spare: Callable[[float], Floats]
    chance: Callable[[Holds], Chance]
    slack: float
    steps: bool = False

    def course(self, values: Sequence[float], levels: Sequence[float] = LEVELS) -> Course:
        """Find out how the chance goes with a figure, and where it passes some levels.

        Parameters
        ----------
        values
            Rising, the ends of the range among them.
        levels
            Chances [0 to 1].

        Notes
        -----
        The chance at a value is that on the very same futures, so that it is at least ``level`` just where the k-th
        largest ``spare`` is above ``-slack``, k being level × futures: of this continuous figure, not of the counted
        chance, the root is found (Brent's method). Where no value reaches a level, and this figure is largest at one
        that has neighbours on either side, its peak is looked for between them.
        """
        looks = {float(value): self.spare(value) for value in values}
        for level in () if self.steps else sorted(levels):
            peak = self._peak(looks, level)
            looks |= peak
            if any(self._over(spare, level) <= 0 for spare in peak.values()):
                break  # what does not reach this level reaches no higher one
        found = [np.asarray(looks[value] > -self.slack) for value in sorted(looks)]
        points = [Point(value, self.chance(holds)) for value, holds in zip(sorted(looks), found, strict=True)]
        top = max(range(len(points)), key=lambda place: points[place].chance.probability)
        known = replace(self, spare=lambda value: looks[value] if value in looks else self.spare(value))
        reached = tuple(known._reached(points, top, level) for level in levels)
        return Course(tuple(points), points[top], _goes(found), reached)

    def _peak(self, looks: Mapping[float, Floats], level: float) -> dict[float, Floats]:
        """Give what there is to spare at a value between two that were looked at; nothing where none is needed."""
        from scipy.optimize import minimize_scalar

        values = sorted(looks)
        over = [self._over(looks[value], level) for value in values]
        top = int(np.argmax(over))
        if over[top] > 0 or not 0 < top < len(values) - 1:
            return {}
        ends = values[top - 1], values[top + 1]
        told = minimize_scalar(
            lambda value: -self._over(self.spare(value), level),
            bounds=ends, method="bounded", options={"xatol": ROUGH * (ends[1] - ends[0])},
        )  # fmt: skip
        return {float(told.x): self.spare(float(told.x))}

    def _over(self, spare: Floats, level: float) -> float:
        """Give by how much a level is reached: of so many futures the one with the least to spare."""
        place = len(spare) - max(int(np.ceil(level * len(spare) - 1e-9)), 1)
        return float(np.partition(spare, place)[place]) + self.slack

    def _at(self, value: float) -> Holds:
        return np.asarray(self.spare(value) > -self.slack)

    def _reached(self, points: Sequence[Point], top: int, level: float) -> Reached:
        if points[top].chance.probability < level:
            return Reached(level, holds=False)
        return Reached(level, True, self._end(points, top, level, -1), self._end(points, top, level, 1))

    def _end(self, points: Sequence[Point], top: int, level: float, way: int) -> Bound | None:
        """Give where a level is passed to one side of the best value."""
        value = self._pass(points, top, level, way)
        if value is None:
            return None
        told = self.chance(self._at(value))
        low, high = (level + end - told.probability for end in told.interval)
        easier, harder = (self._pass(points, top, at, way, ROUGH) for at in (low, high))
        return Bound(value, (easier, harder) if way < 0 else (harder, easier))

    def _pass(
        self, points: Sequence[Point], top: int, level: float, way: int, fine: float = FINE
    ) -> float | None:
        """Give the last value to one side at which a level is reached; None where it always or never is."""
        if points[top].chance.probability < level:
            return None
        inner, outer = top, top + way
        while 0 <= outer < len(points) and points[outer].chance.probability >= level:
            inner, outer = outer, outer + way
        if not 0 <= outer < len(points):
            return None
        good, bad = float(points[inner].value), float(points[outer].value)
        return good if self.steps else self._root(good, bad, level, fine * abs(bad - good))

    def _root(self, good: float, bad: float, level: float, fine: float) -> float:
        """Give the value nearest to the bad one at which a level is still reached."""
        from scipy.optimize import brentq

        @cache
        def over(value: float) -> float:
            return self._over(self.spare(value), level)

        if over(good) <= 0 or over(bad) > 0:  # a chance that sits on the level itself
            return good
        found = float(brentq(over, good, bad, xtol=fine))
        if over(found) > 0:
            return found
        low, high = sorted((good, bad))
        return min(max(found + (2 * fine if good > bad else -2 * fine), low), high)


def _goes(found: Sequence[Holds]) -> str:
    """Tell how a chance goes from value to value, by the futures that change."""
    signs = set()
    for before, after in pairwise(found):
        up, down = np.count_nonzero(after & ~before), np.count_nonzero(before & ~after)
        if abs(up - down) > CLEAR * np.sqrt(up + down):
            signs.add(up > down)
    return "both ways" if len(signs) > 1 else "level" if not signs else "rises" if signs.pop() else "falls"
