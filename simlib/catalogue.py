"""Every figure of a config under its address, and the nodes that they become.

``slots`` lists what the file holds; ``Figures`` compiles a slot into a node the first time somebody asks for its
address, after what it needs. What the figures are used for is in ``simlib.compiling``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from simlib.config import Config
from simlib.config.formulas import Formula
from simlib.config.hierarchical import Hierarchical
from simlib.config.quantities import ByYear, DatedChances, Quantity, SumOf, Varies
from simlib.config.references import reference
from simlib.config.schema import Council, Measure
from simlib.config.schema import Event as EventSection
from simlib.distributions import Distribution, ParameterError, make
from simlib.drivers import (
    Compounded,
    Computed,
    Constant,
    Driver,
    Event,
    GrowthOf,
    Happened,
    HierarchicalDriver,
    Node,
    PlanSource,
    ProgrammeShare,
    Stacked,
    SumOfDraws,
    evaluate,
)
from simlib.errors import ModelError, Problem
from simlib.kernels.lines import compounded
from simlib.kernels.paths import Floats
from simlib.passage import along
from simlib.sampling import Dimension
from simlib.years import address as year_address
from simlib.years import parse_address

# In these a year's growth stands, and the name of an index means its growth.
_TAKES_GROWTH = re.compile(r"(councils\.\w+\.\w+\.\w+\.growth|measures\.\w+\.indexed_to)(\.y[0-9_]+)?")
OWN_FIELDS = ("saving", "realisation", "delay", "scope_growth", "backfill", "running_cost", "indexed_to")
ONE, ZERO = 1.0, 0.0


def _compounds(quantity: Quantity | None) -> bool:
    """Whether a figure is an index that growth makes."""
    return quantity is not None and quantity.varies is not None and quantity.varies.mode == "compounding"


@dataclass(frozen=True, slots=True)
class Slot:
    """One numeric place of the file: what it holds, its neutral value if it has one, and the measure it is in."""

    value: Quantity | ByYear | SumOf
    neutral: float | None = None
    measure: str | None = None


def slots(config: Config) -> dict[str, Slot]:
    """Give every figure that the file states, by address, in the file's order of sections."""
    found: dict[str, Slot] = {f"drivers.{name}": Slot(value) for name, value in config.drivers.items()}
    for name, council in config.councils.items():
        found.update(_council(f"councils.{name}", council))
    for name, programme in config.programmes.items():
        found[f"programmes.{name}.realisation"] = Slot(programme.realisation, ONE)
    for name, measure in config.measures.items():
        found.update(_measure(name, measure))
    for name, event in config.events.items():
        found.update(_event(f"events.{name}", event))
    found.update({f"outputs.{name}": Slot(value) for name, value in config.outputs.items()})
    return found


def _stated(
    *entries: tuple[str, Quantity | ByYear | SumOf | str | None, float | None, str | None],
) -> dict[str, Slot]:
    return {a: Slot(v, neutral, m) for a, v, neutral, m in entries if v is not None and not isinstance(v, str)}


def _council(base: str, council: Council) -> dict[str, Slot]:
    found: dict[str, Slot] = {}
    for section in ("pressures", "funding"):
        for name, line in getattr(council, section).items():
            at = f"{base}.{section}.{name}"
            realised = line.realised
            if realised is None and line.certainty and line.growth is None and line.change is None:
                realised = reference(f"funding_{line.certainty}")
            found |= _stated(
                (f"{at}.base", line.base, None, None),
                (f"{at}.growth", line.growth, None, None),
                (f"{at}.change", line.change, ZERO, None),
                (f"{at}.realised", realised, ONE, None),
            )
    if council.general_fund:
        fund = council.general_fund
        found |= _stated(
            (f"{base}.general_fund.opening", fund.opening, None, None),
            (f"{base}.general_fund.minimum", fund.minimum, None, None),
        )
    for name, pot in council.pots.items():
        found[f"{base}.pots.{name}.opening"] = Slot(pot.opening)
    return found


def _measure(name: str, measure: Measure) -> dict[str, Slot]:
    base = f"measures.{name}"
    neutrals = {"realisation": ONE, "delay": ZERO, "scope_growth": ONE, "backfill": ZERO}
    found = {f"{base}.local.{key}": Slot(value, None, name) for key, value in measure.local.items()}
    found |= _stated(*((f"{base}.{key}", getattr(measure, key), neutrals.get(key), name) for key in OWN_FIELDS))
    found |= _stated(*((f"{base}.shares.{c}", share, None, name) for c, share in (measure.shares or {}).items()))
    for key, cost in measure.one_off.items():
        at = f"{base}.one_off.{key}"
        found |= _stated((f"{at}.amount", cost.amount, None, name), (f"{at}.overrun", cost.overrun, ONE, name))
        found |= _stated(*((f"{at}.shares.{c}", share, None, name) for c, share in (cost.shares or {}).items()))
    found |= {f"{base}.slows.{key}": Slot(value, ZERO, name) for key, value in measure.slows.items()}
    return found | {f"{base}.overlaps.{key}": Slot(value, None, name) for key, value in measure.overlaps.items()}


def _event(base: str, event: EventSection) -> dict[str, Slot]:
    found: dict[str, Slot] = {}
    if isinstance(event.chance, DatedChances):
        found |= {f"{base}.chance.{k}": Slot(c) for k, c in zip(event.chance.names, event.chance.chances, strict=True)}
    else:
        found[f"{base}.chance"] = Slot(event.chance)
    found |= _stated((f"{base}.keeps", event.keeps, None, None), (f"{base}.costs", event.costs, None, None))
    found |= {f"{base}.delays.{key}": Slot(value) for key, value in event.delays.items()}
    return found | {f"{base}.lines.{key}.change": Slot(effect.change) for key, effect in event.lines.items()}


def title(name: str, label: str | None) -> str:
    """Give what reports call something: its label, or its id as words."""
    return label or name.replace("_", " ").capitalize()


@dataclass(slots=True)
class Figures:
    """Turns addresses into nodes, each once, in an order in which nothing comes before what it needs."""

    config: Config
    years: tuple[int, ...]
    weights: Callable[[str], dict[str, float]]  # programme -> its measures' planned savings
    nodes: list[Node] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _slots: dict[str, Slot] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """List the slots, and the parameters of theirs that are calculated."""
        self._slots = slots(self.config)
        for address, slot in list(self._slots.items()):
            self._list_parameters(address, slot)

    def __contains__(self, address: str) -> bool:
        """Tell whether the file states this figure."""
        return address in self._slots

    def constant(self, address: str, value: float, plan: float | None = None) -> int:
        """Give the node of a certain figure that the file need not state."""
        at = np.asarray(float(value))
        return self.add(Constant(address, at, at if plan is None else np.asarray(float(plan))))

    def add(self, node: Node) -> int:
        """Give the place of a new node, or of the one that already has its address."""
        if node.address not in self._places:
            self._places[node.address] = len(self.nodes)
            self.nodes.append(node)
        return self._places[node.address]

    def node(self, address: str, neutral: float | None = None) -> int:
        """Give the node of an address, compiling it first where needed; the neutral value where it is not stated."""
        if address in self._places:
            return self._places[address]
        programme = self._programme(address)
        if programme is not None:
            return self._places.setdefault(address, self._programme_share(address, programme))
        if address not in self._slots:
            if neutral is None:
                raise ModelError([Problem("", address, "there is no such figure")])
            return self.constant(address, neutral)
        if address in self._open:
            circle = " → ".join([*self._open[self._open.index(address) :], address])
            raise ModelError([Problem("", address, f"this figure needs itself: {circle}")])
        self._open.append(address)
        made = self._compile(address, self._slots[address])
        self._open.pop()
        return self.add(made)

    def planned(self, quantity: Quantity, neutral: float | None) -> Floats:
        """Give what the plan assumes for a figure: (), or (year, 1) where it goes by year."""
        if isinstance(quantity.plan, tuple):
            return np.asarray(quantity.plan, dtype=float)[:, None]
        if quantity.plan is not None:
            return np.asarray(float(quantity.plan))
        if neutral is not None:
            return np.asarray(neutral)
        if quantity.distribution is not None:
            return np.asarray(quantity.distribution.mean)
        return np.asarray(quantity.value, dtype=float)

    def _compile(self, address: str, slot: Slot) -> Node:
        value = slot.value
        if isinstance(value, ByYear):
            return self._by_year(address, value, slot)
        if isinstance(value, SumOf):
            return self._sum(address, value, slot)
        if isinstance(value.value, Formula):
            return self._formula(address, value, value.value, slot)
        if isinstance(value.value, Hierarchical):
            return self._hierarchical(address, value, value.value, slot)
        if value.distribution is not None:
            return self._driver(address, value, value.distribution, slot)
        return self._constant(address, value, slot)

    def _constant(self, address: str, quantity: Quantity, slot: Slot) -> Constant:
        plan = self.planned(quantity, slot.neutral)
        if not _compounds(quantity):
            return Constant(address, np.asarray(quantity.value, dtype=float), plan, quantity)
        fixed = compounded(self._column(np.asarray(quantity.value, dtype=float)))
        starts = quantity.plan is None and slot.neutral is not None  # the plan is the neutral value, not growth of it
        return Constant(address, fixed, self._column(plan) if starts else compounded(self._column(plan)), quantity)

    def _column(self, plan: Floats) -> Floats:
        """Give a planned figure as (year, 1)."""
        return plan if plan.ndim > 1 else np.full((len(self.years), 1), plan)

    def _driver(self, address: str, quantity: Quantity, distribution: Distribution, slot: Slot) -> Driver:
        plan = self._driver_plan(quantity, slot, np.asarray(distribution.mean))
        dimensions = self._dimensions(address, quantity)
        return Driver(address, distribution, quantity.varies or Varies(), plan, dimensions, quantity)

    def _dimensions(self, address: str, quantity: Quantity) -> tuple[Dimension, ...]:
        name, varies = quantity.stream or address, quantity.varies or Varies()
        return tuple(Dimension(name, year) for year in (self.years if varies.mode != "once" else (0,)))

    def _driver_plan(self, quantity: Quantity, slot: Slot, mean: Floats) -> Floats:
        """Give what the plan has a driver be, by year where it varies; the mean of each draw where nothing is said."""
        varies, unsaid = quantity.varies or Varies(), quantity.plan is None and slot.neutral is None
        plan = mean if unsaid else self.planned(quantity, slot.neutral)
        if varies.mode == "once":
            return plan
        plan = self._column(plan)
        if unsaid:
            return along(plan, varies)
        growth = quantity.plan is not None and varies.mode == "compounding"  # of an index, growth is planned
        return compounded(plan) if growth else plan

    def _hierarchical(self, address: str, quantity: Quantity, of: Hierarchical, slot: Slot) -> HierarchicalDriver:
        """Give a driver with the nodes of its parameters, each under an address of its own."""
        self._list_parameters(address, slot)
        inputs = {name: self.node(f"{address}.{name}") for name in quantity.parameters}
        unsaid = quantity.plan is None and slot.neutral is None
        mean = self._planned_means(address, of, inputs) if unsaid else np.asarray(np.nan)
        varies, plan = quantity.varies or Varies(), self._driver_plan(quantity, slot, mean)
        dimensions = self._dimensions(address, quantity)
        return HierarchicalDriver(address, of, varies, plan, dimensions, quantity, inputs, of.certain)

    def _list_parameters(self, address: str, slot: Slot) -> None:
        """Put the parameters that are calculated among what can be asked for."""
        found = slot.value.parameters if isinstance(slot.value, Quantity) else {}
        for name, parameter in found.items():
            self._slots[f"{address}.{name}"] = Slot(parameter, None, slot.measure)

    def _planned_means(self, address: str, of: Hierarchical, inputs: Mapping[str, int]) -> Floats:
        """Give the mean of the member that its parameters at their plan make: (), or (year, 1)."""
        planned = np.broadcast_arrays(*(self.planned_value(node) for node in inputs.values()))
        rows = [dict(zip(inputs, map(float, row), strict=True)) for row in zip(*map(np.ravel, planned), strict=True)]
        try:
            means = [make(of.family, {**of.certain, **row}).mean for row in rows]
        except ParameterError as trouble:
            at = f"{address}.{trouble.parameter}" if trouble.parameter else address
            raise ModelError([Problem("", at, f"{trouble}, with its parameters at their plan; state a plan")]) from None
        return np.asarray(means).reshape(planned[0].shape)

    def _by_year(self, address: str, value: ByYear, slot: Slot) -> Stacked:
        parts = []
        for year, quantity in zip(self.years, value.values, strict=True):
            part = f"{address}.{year_address(year)}"
            self._slots[part] = Slot(quantity, slot.neutral, slot.measure)
            parts.append(self.node(part))
        return Stacked(address, tuple(parts))

    def _sum(self, address: str, value: SumOf, slot: Slot) -> SumOfDraws:
        self._slots[f"{address}.sum_of"] = Slot(value.count, None, slot.measure)
        count = self.node(f"{address}.sum_of")
        each = value.each
        if each.distribution is None:
            raise ModelError([Problem("", f"{address}.each", "expected a distribution of one amount")])
        plan = float(self.planned(each, None))
        return SumOfDraws(address, count, each.distribution, plan, each.stream or f"{address}.each", each)

    def _formula(self, address: str, quantity: Quantity, formula: Formula, slot: Slot) -> Computed | Compounded:
        inputs: dict[str, tuple[int, int | None]] = {}
        fixed: dict[str, Floats] = {}
        for name in formula.names:
            if name == "year":
                fixed[name] = np.asarray(self.years, dtype=float)[:, None]
            elif name != "pi":
                inputs[name] = self._named(name, slot, address)
        if _TAKES_GROWTH.fullmatch(address) or _compounds(quantity):
            inputs = {name: (self._growth(node), year) for name, (node, year) in inputs.items()}
        plan = self.planned(quantity, None) if quantity.plan is not None else None
        computed = Computed(address, formula, inputs, fixed, plan, quantity)
        if not _compounds(quantity):
            return computed
        self.nodes.append(computed)  # without an address of its own: nobody asks for the growth alone
        return Compounded(address, len(self.nodes) - 1, len(self.years), quantity)

    def _growth(self, node: int) -> int:
        """Give the node of an index's growth; any other figure is growth already."""
        made = self.nodes[node]
        if not _compounds(getattr(made, "quantity", None)):
            return node
        return self.add(GrowthOf(f"{made.address}.growth", node))

    def _named(self, name: str, slot: Slot, address: str) -> tuple[int, int | None]:
        """Give the node that a name in a formula means, and the place of its year where it names one."""
        head, _, last = name.rpartition(".")
        year = parse_address(last) if head else None
        target = head if year is not None else name
        if target.startswith("events.") and target.count(".") == 1:
            return self.happened(target), None
        for candidate in self._candidates(target, slot):
            if candidate in self._slots or candidate in self._places:
                return self.node(candidate), None if year is None else self.years.index(year)
            neutral = self._neutral(candidate)
            if neutral is not None or self._programme(candidate):
                return self.node(candidate, neutral), None
        raise ModelError([Problem("", address, f"there is no figure called '{name}'")])

    def _candidates(self, name: str, slot: Slot) -> list[str]:
        own = [f"measures.{slot.measure}.local.{name}", f"measures.{slot.measure}.{name}"] if slot.measure else []
        return [*own, f"drivers.{name}", f"outputs.{name}", name] if "." not in name else [name]

    def _neutral(self, address: str) -> float | None:
        """Give the neutral value of a known field of a known measure that the file leaves out."""
        parts = address.split(".")
        if len(parts) == 3 and parts[0] == "measures" and parts[1] in self.config.measures:
            return {"realisation": ONE, "scope_growth": ONE, "delay": ZERO, "backfill": ZERO}.get(parts[2])
        return None

    def planned_value(self, node: int) -> Floats:
        """Give what a node is in the plan."""
        return evaluate(self.nodes[: node + 1], PlanSource())[node]

    def happened(self, address: str) -> int:
        """Give the node that is 1 where an event happens."""
        return self.add(Happened(f"{address}.happens", self.event(address)))

    def event(self, address: str) -> int:
        """Give the node of an event: the moment at which it happens."""
        if address in self._places:
            return self._places[address]
        section = self.config.events.get(address.removeprefix("events."))
        if section is None:
            raise ModelError([Problem("", address, "there is no such event")])
        return self.add(self._event(address, section))

    def _event(self, address: str, section: EventSection) -> Event:
        start = float(self.years[0]) if self.years else 0.0
        if isinstance(section.chance, DatedChances):
            moments = tuple(moment - start for moment in section.chance.moments)
            chances = tuple(self.node(f"{address}.chance.{k}") for k in section.chance.names)
        else:
            first = section.from_ if section.each else section.in_
            moments = ((start if first is None else first) - start,)
            chances = (self.node(f"{address}.chance"),)
        horizon = float(len(self.years)) or np.inf
        until = min(horizon, np.inf if section.until is None else section.until - start)
        plan = np.asarray(moments[0] if section.plan == "happens" else np.inf)
        stream = Dimension(address, 0)
        return Event(address, moments, chances, bool(section.each), until, plan, stream, section.label)

    def _programme(self, address: str) -> str | None:
        """Give the programme that a measure's realisation is shared in, or None."""
        head, _, last = address.rpartition(".")
        measure = self.config.measures.get(head.removeprefix("measures."))
        return measure.programme if measure is not None and last == "realisation" else None

    def _programme_share(self, address: str, programme: str) -> int:
        """Give the node of a measure's realisation within its programme."""
        common = self.node(f"programmes.{programme}.realisation")
        section, weights = self.config.programmes[programme], self.weights(programme)
        if section.individual == 0 or len(weights) < 2 or not sum(weights.values()):
            return common
        strays = tuple(self.add(self._stray(member)) for member in weights)
        distribution = section.realisation.distribution
        upper = distribution.support[1] if distribution is not None else np.inf
        parts = np.asarray(list(weights.values()))
        own = list(weights).index(address.split(".")[1])
        return self.add(ProgrammeShare(address, common, strays, own, parts / parts.sum(), section.individual, upper))

    def _stray(self, measure: str) -> Driver:
        address = f"measures.{measure}.individual"
        distribution = make("uniform", {"low": -0.5, "high": 0.5})
        name = title(measure, self.config.measures[measure].label)
        quantity = Quantity("number", distribution, plan=0.0, label=f"{name}: apart from its programme")
        return Driver(address, distribution, Varies(), np.asarray(0.0), (Dimension(address, 0),), quantity)
