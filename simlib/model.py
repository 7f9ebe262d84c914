"""A config compiled into arrays and indices: after this, nothing is looked up by name.

Plain frozen values. Integers are places in the tuples of the model (a council, a measure, an option) or, where
a field says *node*, in ``Model.nodes``. Compiling is in ``simlib.compiling``, arithmetic in ``simlib.flows``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simlib.config import Config
from simlib.dependence import Dependences
from simlib.drivers import Event, Node
from simlib.kernels.paths import Floats, Path
from simlib.sampling import Dimension
from simlib.showing import table_html
from simlib.units import half_penny
from simlib.years import label

NodeIndex = int


@dataclass(frozen=True, slots=True)
class LineModel:
    """A spending (sign +1) or funding (sign −1) line; the nodes that its way of moving needs are set."""

    address: str
    label: str
    council: int
    sign: float
    recurring: bool
    plan: Floats  # (year, 1); zeros with growth
    base: NodeIndex | None = None
    growth: NodeIndex | None = None
    change: NodeIndex | None = None
    realised: NodeIndex | None = None


@dataclass(frozen=True, slots=True)
class LineEffectModel:
    """What an event does to a line."""

    council: int
    sign: float
    event: NodeIndex
    change: NodeIndex
    recurring: bool


@dataclass(frozen=True, slots=True)
class PotModel:
    """Money set aside by or for a council."""

    id: str
    label: str
    owner: str
    opening: NodeIndex


@dataclass(frozen=True, slots=True)
class FundModel:
    """A council's general fund."""

    opening: NodeIndex
    minimum: NodeIndex
    planned: Floats  # (year, 1)


@dataclass(frozen=True, slots=True)
class CouncilModel:
    """One council; ``gap_plan`` is (year, 1), None where the file gives it no gap."""

    id: str
    label: str
    gap_plan: Floats | None
    fund: FundModel | None
    pots: tuple[PotModel, ...]
    spends_surplus: bool


@dataclass(frozen=True, slots=True)
class CostModel:
    """A one-off cost of a measure."""

    address: str
    label: str
    measure: int
    amount: NodeIndex
    overrun: NodeIndex
    begin: float
    length: float
    slips: bool
    sunk: bool
    shares: tuple[tuple[int, NodeIndex], ...]
    funding: Mapping[int, tuple[tuple[int, float], ...]]  # council -> its pots in order, each with a limit


@dataclass(frozen=True, slots=True)
class MeasureModel:
    """One saving scheme, every neutral element filled in.

    ``path`` is the unit rate; times ``factor`` and ``amount`` it is the planned rate. ``full`` is the plan at full
    effect [money a year, or money in all for a one-off], which φ is measured against.
    """

    id: str
    label: str
    path: Path
    factor: float
    amount: NodeIndex
    full: float
    one_off: bool
    delay: NodeIndex
    realisation: NodeIndex
    scope_growth: NodeIndex
    backfill: NodeIndex
    running_cost: NodeIndex | None
    index: NodeIndex | None
    index_plan: Floats | None
    ends: float
    shares: tuple[tuple[int, NodeIndex], ...]
    needs: tuple[tuple[NodeIndex, bool], ...] = ()  # events; False for `not`
    needs_measures: tuple[int, ...] = ()
    never: tuple[NodeIndex, ...] = ()
    delays: tuple[tuple[NodeIndex, NodeIndex], ...] = ()
    stops: tuple[tuple[NodeIndex, NodeIndex], ...] = ()


@dataclass(frozen=True, slots=True)
class EventCostModel:
    """A one-off cost that an event brings to the options whose measures it hits."""

    address: str
    event: NodeIndex
    amount: NodeIndex
    measures: tuple[int, ...]
    felt_late: tuple[int, ...]  # those of them that it stops or delays, and so hits after their start too


@dataclass(frozen=True, slots=True)
class ClaimModel:
    """A published figure of an option; ``by`` is a year's place in the horizon."""

    amount: float
    cumulative: bool
    by: int
    net: bool


@dataclass(frozen=True, slots=True)
class OptionModel:
    """A set of measures put to members."""

    id: str
    label: str
    councils: tuple[int, ...]
    measures: tuple[int, ...]
    overlaps: tuple[tuple[int, int, NodeIndex], ...]
    claim: ClaimModel | None


@dataclass(frozen=True, slots=True)
class OutputModel:
    """A further figure of the user's own; where it is a condition, a chance rather than an amount."""

    id: str
    label: str
    kind: str
    node: NodeIndex
    condition: bool


@dataclass(frozen=True, slots=True)
class ObservationModel:
    """A figure that has come in.

    Attributes
    ----------
    what, kind
        Its address, and how its amounts are written; None for an event.
    year
        Its year's place in the horizon; None where it holds for all of it.
    value, error
        What came in, and how far that may be off as the file has it (0 where it was counted) [unit of the figure].
    spread
        How far it may be off and still move at its stage, one standard deviation.
    node
        The file's figure; None for a result.
    option
        The place of the option of whose results it is one.
    """

    id: str
    label: str | None
    what: str
    kind: str | None
    year: int | None
    value: float
    error: float
    spread: float
    stage: str
    node: NodeIndex | None
    option: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A compiled config: the figures in order of need, and what they are for."""

    config: Config
    years: tuple[int, ...]
    target: int
    nodes: tuple[Node, ...]
    dimensions: tuple[Dimension, ...]
    dependences: Dependences
    councils: tuple[CouncilModel, ...]
    lines: tuple[LineModel, ...]
    effects: tuple[LineEffectModel, ...]
    measures: tuple[MeasureModel, ...]
    costs: tuple[CostModel, ...]
    event_costs: tuple[EventCostModel, ...]
    options: tuple[OptionModel, ...]
    outputs: tuple[OutputModel, ...]
    observed: tuple[ObservationModel, ...] = ()
    plan: tuple[Floats, ...] = ()  # every node's planned value
    readings: Mapping[str, "Model"] = field(default_factory=dict)
    checks: tuple[tuple[str, str, str], ...] = ()  # id, address, text

    @property
    def unit(self) -> str:
        """The money unit of every figure, such as ``£m``."""
        return self.config.money or "£"

    @property
    def tolerance(self) -> float:
        """Half a penny in the model's unit."""
        return half_penny(self.unit)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Every (option, council) that applies, in the file's order."""
        return tuple((o, c) for o, option in enumerate(self.options) for c in option.councils)

    @property
    def events(self) -> tuple[tuple[int, Event], ...]:
        """The events with their nodes."""
        return tuple((place, node) for place, node in enumerate(self.nodes) if isinstance(node, Event))

    @property
    def year_labels(self) -> tuple[str, ...]:
        """The years as people write them."""
        return tuple(label(year) for year in self.years)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return (
            f"<Model {self.config.title!r}: {len(self.councils)} councils, {len(self.measures)} measures, "
            f"{len(self.options)} options, {len(self.dimensions)} draws a future>"
        )

    def _repr_html_(self) -> str:
        """Show in a notebook what can be chosen, or what is worked out where there is nothing to choose."""
        caption = f"{self.config.title}: {len(self.dimensions):,} draws a future"
        if not self.options:
            rows = [(output.label, "chance" if output.condition else output.kind) for output in self.outputs]
            return table_html(caption, ("Output", "Kind"), rows, words=True)
        chosen = [
            (
                option.label,
                "; ".join(self.councils[c].label for c in option.councils),
                "; ".join(self.measures[m].label for m in option.measures) or "none",
            )
            for option in self.options
        ]
        return table_html(caption, ("Option", "Councils", "Measures"), chosen, words=True)


def column(values: tuple[float, ...] | float, years: int) -> Floats:
    """Give planned figures as a (year, 1) array."""
    if isinstance(values, tuple):
        return np.asarray(values, dtype=float)[:, None]
    return np.full((years, 1), float(values))
