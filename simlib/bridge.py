"""From the plan to the mean: by how much each assumption alone moves a position on average.

Each assumption in turn is let loose while everything else stays at the plan. What is left is what they do
together. One stacked block serves all: assumption j is drawn in stretch j of it, by Latin hypercube, so that a
thousand futures give its mean shift far within simulation error.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from simlib.delivery import deliver
from simlib.drivers import (
    Computed,
    Constant,
    Driver,
    Event,
    HierarchicalDriver,
    Node,
    Source,
    SumOfDraws,
    Values,
    evaluate,
)
from simlib.flows import flows
from simlib.happening import happening
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.naming import figure_name
from simlib.passage import through_years
from simlib.sampling import Dimension, stream

STRATA = 1_024
STRETCHES = 16  # assumptions in one block


@dataclass(frozen=True, slots=True)
class Step:
    """One assumption's mean shift of the recurring gap in the target year, by (option, council) [money]."""

    address: str
    label: str
    shifts: dict[tuple[int, int], float]


@lru_cache(maxsize=4)
def bridge(model: Model) -> tuple[Step, ...]:
    """Give each assumption's mean shift from the plan; together with what they do jointly they add up to the mean."""
    found: list[Step] = []
    ready = loosened(model)
    nodes = [node for node in ready if isinstance(node, _Apart | Driver | Event | SumOfDraws)]
    if not model.pairs:
        return ()
    base = _positions(model, list(model.plan), 1)
    for start in range(0, len(nodes), STRETCHES):
        loose = nodes[start : start + STRETCHES]
        values = evaluate(ready, LooseSource(model, loose))
        means = _positions(model, values, STRATA * len(loose))
        for j, node in enumerate(loose):
            stretch = slice(j * STRATA, (j + 1) * STRATA)
            shifts = {pair: float(row[stretch].mean() - base[pair][0]) for pair, row in means.items()}
            found.append(Step(node.address, _label(model, node), shifts))
    return tuple(found)


@dataclass(slots=True)
class LooseSource:
    """Gives the plan everywhere but in each loose figure's own stretch of futures."""

    model: Model
    loose: Sequence[Node]
    planned: bool = False
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the stretches."""
        self.places = {node.address: j for j, node in enumerate(self.loose)}

    def driver(self, node: Driver) -> Floats:
        """Give a driver's values: drawn in its stretch, planned elsewhere."""
        return self.within(node, node.plan, lambda _: _drawn(node))

    def member(self, node: HierarchicalDriver, parameters: Mapping[str, Floats]) -> Floats:
        """Give the values of a driver's own members likewise."""

        def draw(stretch: slice) -> Floats:
            wide = STRATA * len(self.loose)
            near = {name: v[..., stretch] if v.ndim and v.shape[-1] == wide else v for name, v in parameters.items()}
            return node.at(near, [_strata(dimension) for dimension in node.dimensions])

        return self.within(node, node.plan, draw)

    def event(self, node: Event, chances: Sequence[Floats]) -> Floats:
        """Give an event's moments likewise."""

        def draw(stretch: slice) -> Floats:
            near = [c if c.ndim == 0 else c[stretch] for c in chances]
            return happening(node, -_strata(node.dimension), near)

        return self.within(node, node.plan, draw)

    def individuals(self, node: SumOfDraws, count: Floats) -> Floats:
        """Give the planned sum, and in the stretch the mean of the distribution: it is the mean that is asked for."""
        plan = np.broadcast_to(count * node.plan_each, (STRATA * len(self.loose),))
        stretch = self._stretch(node)
        if stretch is None:
            return plan
        drawn = plan.copy()
        drawn[stretch] *= node.distribution.mean / node.plan_each if node.plan_each else 1.0
        return drawn

    def _stretch(self, node: Node) -> slice | None:
        place = self.places.get(node.address)
        return None if place is None else slice(place * STRATA, (place + 1) * STRATA)

    def within(self, node: Node, plan: Floats, draw: Callable[[slice], Floats]) -> Floats:
        """Give the plan with a node's own values in its stretch."""
        stretch = self._stretch(node)
        if stretch is None:
            return plan
        values = np.array(np.broadcast_to(plan, (*plan.shape[:-1], STRATA * len(self.loose))))
        values[..., stretch] = draw(stretch)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class _Apart:
    """A certain figure or formula that the plan states otherwise: moved to its plan but in its own stretch."""

    node: Constant | Computed
    apart: Floats  # its own value less its plan, everything else being at the plan

    @property
    def address(self) -> str:
        """Where it stands in the file."""
        return self.node.address

    def key(self, values: Values) -> Hashable:  # noqa: ARG002
        """Say that nothing keeps it."""
        return None

    def value(self, source: Source, values: Values) -> Floats:
        """Give its value less what sets it apart from the plan, but in its stretch."""
        own = self.node.value(source, values)
        if not isinstance(source, LooseSource):
            return own
        return source.within(self, own - self.apart, lambda stretch: own if own.ndim == 0 else own[..., stretch])


def loosened(model: Model) -> list[Node]:
    """Give the nodes, those apart that state a plan of their own."""
    plan, loose = list(model.plan), LooseSource(model, ())
    nodes: list[Node] = []
    for node, planned in zip(model.nodes, plan, strict=True):
        if isinstance(node, Constant) or (isinstance(node, Computed) and node.plan is not None):
            apart = node.value(loose, plan) - planned
            nodes.append(_Apart(node, apart) if np.any(apart) else node)
        else:
            nodes.append(node)
    return nodes


def _drawn(node: Driver) -> Floats:
    scores = [_strata(dimension) for dimension in node.dimensions]
    return through_years(scores, node.varies, lambda row, _, out: node.distribution.from_score(row, out))


def _strata(dimension: Dimension) -> Floats:
    """Give one normal score from the middle of each stratum, in an order of the coordinate's own."""
    from simlib.special import ndtri

    middles = (np.arange(STRATA) + 0.5) / STRATA
    return np.asarray(ndtri(stream(0, f"bridge {dimension.name}", (dimension.year,)).permutation(middles)))


def _positions(model: Model, values: Values, count: int) -> dict[tuple[int, int], Floats]:
    delivery = deliver(model, values, count)
    found = {}
    for o, c in model.pairs:
        if model.councils[c].gap_plan is not None:
            found[o, c] = flows(model, delivery, o, c).position(model.target)
    return found


def _label(model: Model, node: Node) -> str:
    node = node.node if isinstance(node, _Apart) else node
    quantity = getattr(node, "quantity", None)
    label = getattr(quantity, "label", None) or getattr(node, "label", None)
    return label or figure_name(model.config, node.address)
