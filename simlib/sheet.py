"""A sheet: a row for each distinct uncertain figure of a model and its readings, a column for each future.

What readings share stands there once. What is certain is no row: it is known when the sheet is laid out, from a few
futures. What is made of the rows is in ``simlib.outline``; nothing is drawn here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simlib import loops
from simlib.config.quantities import Varies
from simlib.drivers import Driver, Event, Happened, HierarchicalDriver, Memo, Node, Source, Values, evaluate
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.programs import Bounds, Graph, Traced
from simlib.recipe import Recipe
from simlib.source import ChunkSource

Place = tuple[str, int]  # the name of a reading, "" for the base, and a node of its
ORDINARY = Bounds(finite=True, number=True)
SHEETS = 4  # that are kept for another run
_sheets: dict[tuple[Model, ...], "Sheet"] = {}


def sheet_of(models: Mapping[str, Model], lay_out: Callable[[], "Sheet"]) -> "Sheet":
    """Give the sheet of some models: that of the last time, or a new one."""
    key = tuple(models.values())
    if key not in _sheets:
        found = lay_out()
        if len(_sheets) >= SHEETS:
            del _sheets[next(iter(_sheets))]
        _sheets[key] = found
    return _sheets[key]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Where each figure stands.

    Attributes
    ----------
    models
        The base model as ``""`` and its readings.
    certain
        By reading the value of every node that is the same in all futures; None for the others.
    rows
        By reading and node the rows of a figure, and whether it goes by year.
    steps
        What has to be evaluated, in order: each distinct figure once.
    also
        The nodes of other readings that a step's figure is too.
    height
        Number of rows.
    recipes
        How compiled loops make what is ordinary of it, of scores that are plain random ones and of more even ones.
    """

    models: Mapping[str, Model]
    certain: Mapping[str, Sequence[Floats | None]]
    rows: Mapping[Place, slice]
    by_year: frozenset[Place]
    steps: tuple[Place, ...]
    also: Mapping[Place, tuple[Place, ...]]
    height: int
    recipes: dict[bool, Recipe] = field(default_factory=dict)

    @classmethod
    def of(cls, models: Mapping[str, Model], sources: Mapping[str, Source], memo: Memo, size: int) -> "Sheet":
        """Lay a sheet out by what some futures have.

        Parameters
        ----------
        models, sources
            The base model as ``""`` and its readings, with where their figures come from.
        memo
            What these sources share.
        size
            How many futures they give, at least 2.
        """
        return cls.over(models, {name: evaluate(m.nodes, sources[name], memo) for name, m in models.items()}, size)

    @classmethod
    def over(cls, models: Mapping[str, Model], values: Mapping[str, Values], size: int) -> "Sheet":
        """Lay a sheet out by every node's value in some futures, at least 2."""
        rows: dict[Place, slice] = {}
        first: dict[int, Place] = {}
        also: dict[Place, tuple[Place, ...]] = {}
        height = 0
        for name, own in values.items():
            for node, value in enumerate(own):
                if not _differs(value, size):
                    continue
                place = (name, node)
                twin = first.setdefault(id(value), place)
                if twin != place:
                    rows[place], also[twin] = rows[twin], (*also.get(twin, ()), place)
                    continue
                rows[place] = slice(height, height := height + (len(value) if value.ndim > 1 else 1))
        steps = tuple(first.values())
        by_year = frozenset(place for place in rows if values[place[0]][place[1]].ndim > 1)
        certain = {name: [None if _differs(v, size) else v for v in own] for name, own in values.items()}
        return cls(models, certain, rows, by_year, steps, also, height)

    def fill(self, sources: Mapping[str, ChunkSource], cells: Floats, where: slice) -> None:
        """Write the rows of some futures into their columns of some cells, (row, simulation)."""
        values: dict[str, Values] = {name: list(own) for name, own in self.certain.items()}  # type: ignore[arg-type]
        base = sources[""]
        made = self.recipe(base).make(base.scores, cells, where) if loops.on() else ()
        for place in self.steps:
            name, node = place
            rows = self.rows[place]
            own = cells[rows, where] if place in self.by_year else cells[rows.start, where]
            if place not in made:
                base.space.offered = own
                value = self.models[name].nodes[node].value(sources[name], values[name])
                if value is not own:
                    own[:] = value
                base.space.offered = None
            values[name][node] = own
            for other, twin in self.also.get(place, ()):
                values[other][twin] = own

    def recipe(self, source: ChunkSource) -> Recipe:
        """Give how compiled loops make what is ordinary of some scores, written down once."""
        found = self.recipes.get(source.even)
        if found is None or found.places != source.places:
            found = self.recipes[source.even] = Recipe.of(self, source.places, even=source.even)
        return found

    def values(self, cells: Floats, name: str = "") -> Values:
        """Give every node's value in some futures, (row, simulation), of the base or of a reading."""
        return self._values(name, lambda place, rows: cells[rows] if place in self.by_year else cells[rows.start])

    def traced(self, graph: Graph) -> Callable[[str], Values]:
        """Give every node's value as what stands in a row of a graph's inputs, by reading."""
        places: dict[int, Place] = {}
        for place, rows in self.rows.items():
            places.update({row: place for row in range(rows.start, rows.stop) if row not in places})
        inputs = [graph.input(_bounds(self.models[name].nodes[node])) for _, (name, node) in sorted(places.items())]

        def traced(place: Place, rows: slice) -> Floats:
            cells = np.empty((rows.stop - rows.start, 1), dtype=object)
            cells[:, 0] = inputs[rows]
            return Traced(graph, cells if place in self.by_year else cells[0])  # type: ignore[return-value]

        return lambda name: self._values(name, traced)

    def _values(self, name: str, of: Callable[[Place, slice], Floats]) -> Values:
        found: Values = []
        for node, value in enumerate(self.certain[name]):
            found.append(of((name, node), self.rows[name, node]) if value is None else value)
        return found


def _differs(value: Floats, size: int) -> bool:
    """Tell whether a figure has a value for each future."""
    return bool(value.ndim) and value.shape[-1] == size


def _bounds(node: Node) -> Bounds:
    """Give between what a node's values lie."""
    if isinstance(node, Event):
        return Bounds(min(node.moments), number=True)
    if isinstance(node, Happened):
        return Bounds(0.0, 1.0, finite=True, number=True)
    if isinstance(node, Driver) and not isinstance(node, HierarchicalDriver) and _is_drawn(node.varies):
        return Bounds(*node.distribution.support, finite=True, number=True)
    return ORDINARY


def _is_drawn(varies: Varies) -> bool:
    """Tell whether a driver's values are draws of its distribution, rather than what draws have led to."""
    return varies.mode in ("once", "yearly", "ar1")
