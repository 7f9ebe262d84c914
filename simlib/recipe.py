"""How a sheet's ordinary figures are made of scores, as steps that one compiled loop takes; nothing is drawn here.

Ordinary is what needs no more than scores and numbers that are the same in all futures: correlations, chains of years,
tables, straight lines, events whose chances are certain. All others are made by `simlib.source`, which also is what
these steps do in numpy: the two give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simlib.config.quantities import Varies
from simlib.dependence import CommonFactor, Group
from simlib.distributions import Distribution, Lognormal, Normal, ScoreTable, score_table
from simlib.distributions.tables import GRID, ByTable
from simlib.drivers import Driver, Event, Happened, HierarchicalDriver, Node
from simlib.happening import thresholds
from simlib.kernels.paths import Floats
from simlib.loops.steps import MAKES
from simlib.memory import scratch
from simlib.sampling import Dimension
from simlib.source import weights_of

if TYPE_CHECKING:
    from simlib.sheet import Place, Sheet

Scores = Mapping[Dimension, int]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Steps.

    Attributes
    ----------
    places
        By coordinate the row of scores it is written for.
    code, numbers, cubics, finer
        What ``simlib.loops.making`` takes.
    registers
        How many rows it needs to work in.
    raised
        The rows of the sheet of which the exponential is still to be taken: numpy's own.
    figures
        What is made by it, and which of the steps make it.
    """

    places: Scores
    code: NDArray[np.int64]
    numbers: Floats
    cubics: Floats
    finer: NDArray[np.int64]
    registers: int
    raised: tuple[int, ...]
    figures: Mapping[Place, slice]

    @classmethod
    def of(cls, sheet: Sheet, places: Scores, *, even: bool) -> Recipe:
        """Write down how a sheet's figures are made.

        Parameters
        ----------
        places
            By coordinate the row of its scores.
        even
            Whether these fill their space more evenly than chance would.
        """
        pen = _Pen(sheet, places, even)
        for place in sheet.steps:
            pen.write(place)
        tables = list(pen.tables.values())
        code, numbers = np.array(pen.code, dtype=np.int64).reshape(-1, 4), np.array(pen.numbers).reshape(-1, 2)
        cubics = np.concatenate([np.empty((0, 4)), *(table.rows for table, _ in tables)])
        finer = [np.where(table.finer > 0, table.finer + first, 0) for table, first in tables]
        return cls(
            places, code, numbers, cubics, np.concatenate([np.empty(0, np.int64), *finer]), len(pen.registers),
            tuple(pen.raised), pen.figures,
        )  # fmt: skip

    def make(self, scores: Floats, cells: Floats, where: slice) -> AbstractSet[Place]:
        """Write the rows that are made by it, in some futures, and give which figures these are.

        Parameters
        ----------
        scores
            (dimension, simulation) independent ones of these futures.
        cells
            (row, simulation) of a sheet.
        """
        from simlib.loops.making import STRETCH, made

        # A little longer than a stretch: rows a power of two apart would push each other out of the cache.
        registers = scratch("registers", self.registers, STRETCH + 72)
        lost = np.zeros(len(self.code), dtype=np.int64)
        made(self.code, self.numbers, self.cubics, self.finer, GRID, scores, cells, where.start, registers, lost)
        for row in self.raised:
            np.exp(cells[row, where], out=cells[row, where])
        if not lost.any():
            return self.figures.keys()
        return {place for place, steps in self.figures.items() if not lost[steps].any()}


@dataclass(slots=True)
class _Pen:
    """What writes a recipe down. Rows are counted through the scores, the sheet's and the registers."""

    sheet: Sheet
    scores: Scores
    even: bool
    code: list[tuple[int, int, int, int]] = field(default_factory=list)
    numbers: list[tuple[float, float]] = field(default_factory=list)
    tables: dict[Distribution, tuple[ScoreTable, int]] = field(default_factory=dict)
    cells: int = 0
    registers: dict[object, int] = field(default_factory=dict)
    raised: list[int] = field(default_factory=list)
    figures: dict[Place, slice] = field(default_factory=dict)

    def step(self, does: str, to: int, of: int, x: float = 0.0, y: float = 0.0, first: int = 0) -> None:
        self.code.append((MAKES[does], to, of, first))
        self.numbers.append((x, y))

    def register(self, of: object) -> int:
        """Give the row in which something is worked out that is no figure of the sheet."""
        at = len(self.scores) + self.sheet.height + len(self.registers)
        return self.registers.setdefault(of, at)

    def write(self, place: Place) -> None:
        """Write the steps of a figure, where it is an ordinary one."""
        node, begun = self.sheet.models[place[0]].nodes[place[1]], len(self.code)
        if self._written(place, node):
            self.figures[place] = slice(begun, len(self.code))

    def _written(self, place: Place, node: Node) -> bool:
        row = len(self.scores) + self.sheet.rows[place].start
        if isinstance(node, Driver) and not isinstance(node, HierarchicalDriver):
            return self._driver(node, row, place)
        if isinstance(node, Event):
            return self._event(node, row, place)
        if isinstance(node, Happened):
            return self._happened(node, row, place)
        return False

    def _driver(self, node: Driver, row: int, place: Place) -> bool:
        stated = [self._score(dimension, place) for dimension in node.dimensions]
        scores = [score for score in stated if score is not None]
        if len(scores) < len(stated) or not _is_ordinary(node.distribution, node.varies):
            return False
        mode, phi = node.varies.mode, node.varies.phi
        kept = {"walk": 1.0, "reverting": phi}
        for year, score in enumerate(self._chained(scores, phi) if mode == "ar1" else scores):
            to = row + year
            self._value(node.distribution, to, score)
            if mode == "compounding":
                self.step("a * x + y", to, to, 1.0, 1.0)
            if year and mode == "compounding":
                self.step("to * a", to, to - 1)
            if year and mode in kept:
                self.step("to + a * x", to, to - 1, kept[mode])
        return True

    def _value(self, distribution: Distribution, to: int, score: int) -> None:
        """Write what a distribution gives at a score; an exponential is left to be taken."""
        if isinstance(distribution, Normal):
            self.step("a * x + y", to, score, distribution.sd, distribution.mean)
        elif isinstance(distribution, Lognormal):
            self.step("a * x + y", to, score, distribution.sigma, distribution.mu)
            self.raised.append(to - len(self.scores))
        else:
            table = score_table(distribution)
            _, first = self.tables.setdefault(distribution, (table, self.cells))
            self.cells = max(self.cells, first + len(table.rows))
            self.step("table of a", to, score, *table.support, first)

    def _event(self, node: Event, row: int, place: Place) -> bool:
        chances = [self.sheet.certain[place[0]][chance] for chance in node.chances]
        score = self._score(node.dimension, place)
        if node.hazard or score is None or any(chance is None or chance.ndim for chance in chances):
            return False
        due = zip(node.moments, thresholds(chances), strict=True)  # type: ignore[arg-type]
        for k, (moment, threshold) in enumerate(reversed(list(due))):
            self.step("x if a > y else to" if k else "x if a > y", row, score, moment, float(threshold))
        return True

    def _happened(self, node: Happened, row: int, place: Place) -> bool:
        of = self.sheet.rows[place[0], node.event]
        if of.start not in {self.sheet.rows[made].start for made in self.figures}:
            return False
        self.step("isfinite(a)", row, len(self.scores) + of.start)
        return True

    def _score(self, dimension: Dimension, place: Place) -> int | None:
        """Give the row of a coordinate's score, correlated as a reading asks; None where a t copula stretches it."""
        group = self.sheet.models[place[0]].dependences.groups.get(dimension)
        if group is None:
            return self.scores[dimension]
        if group.mixing is not None:
            return None
        if (dimension, group) not in self.registers:
            self._correlate(self.register((dimension, group)), dimension, group)
        return self.registers[dimension, group]

    def _correlate(self, to: int, dimension: Dimension, group: Group) -> None:
        for k, (weight, member) in enumerate(self._parts(dimension, group)):
            self.step("to + a * x" if k else "a * x", to, self.scores[member], weight)

    def _parts(self, dimension: Dimension, group: Group) -> list[tuple[float, Dimension]]:
        """Give the independent scores that a correlated one is a sum of, with their weights."""
        if isinstance(group, CommonFactor):
            return [(math.sqrt(1.0 - group.weight), dimension), (math.sqrt(group.weight), group.factor)]
        weights = weights_of(group, self.even)[group.members.index(dimension)]
        return [(weight, member) for weight, member in zip(weights, group.members, strict=True) if weight != 0.0]

    def _chained(self, scores: Sequence[int], phi: float) -> list[int]:
        """Write a chain of years in which each remembers the one before."""
        found = list(scores[:1])
        for score in scores[1:]:
            to = self.register((found[-1], score, phi))
            self.step("a * x", to, score, math.sqrt(1.0 - phi * phi))
            self.step("to + a * x", to, found[-1], phi)
            found.append(to)
        return found


def _is_ordinary(distribution: Distribution, varies: Varies) -> bool:
    """Tell whether the steps here can give a distribution's values, and what these lead to through the years."""
    if isinstance(distribution, Lognormal):  # its exponential is taken when all steps are done
        return varies.mode in ("once", "yearly", "ar1")
    if isinstance(distribution, ByTable) and not distribution.discrete:
        return score_table(distribution).whole
    return isinstance(distribution, Normal)
