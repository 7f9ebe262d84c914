"""Compile a config into a model: sections become plain values, every name is resolved once.

What a number is (its node) is the business of ``simlib.catalogue``; here is what it is for. Nothing is drawn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from simlib.catalogue import Figures, title
from simlib.config import Config, placing
from simlib.config.observable import amount, observable
from simlib.config.schema import Council, Line, Measure, Observation, OneOff
from simlib.delivery import deliver, level
from simlib.dependence import Dependences, group
from simlib.drivers import Driver, Event, PlanSource, Remainder, evaluate
from simlib.errors import ModelError, Problem
from simlib.kernels import paths
from simlib.kernels.paths import Path
from simlib.model import (
    ClaimModel,
    CostModel,
    CouncilModel,
    EventCostModel,
    FundModel,
    LineEffectModel,
    LineModel,
    MeasureModel,
    Model,
    ObservationModel,
    OptionModel,
    OutputModel,
    PotModel,
    column,
)
from simlib.relations import Relations
from simlib.sampling import Dimension
from simlib.slowing import Schemes, with_slowed


def compile_model(config: Config) -> Model:
    """Compile a config and its readings; of a stress scenario, which is not how a figure is read, it alone.

    Parameters
    ----------
    config
        What :func:`simlib.load_config` gives.

    Raises
    ------
    ModelError
        When the file is well formed but cannot be: an option without a measure that another one requires, say.
    """
    with placing(config):
        model = _Compiler(config).model()
        read = config.readings if config.stressed is None else ()
        readings = {name: _Compiler(config.with_reading(name)).model() for name in read}
    return replace(model, readings=readings)


class _Compiler:
    """Holds what compiling one config needs; ``model`` is its only use."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.years: tuple[int, ...] = config.years or ()
        self.first = self.years[0] if self.years else 0
        self.councils = {name: i for i, name in enumerate(config.councils)}
        self.measures = {name: i for i, name in enumerate(config.measures)}
        self.figures = Figures(config, self.years, self._programme_weights)
        self.checks: list[tuple[str, str, str]] = []
        self._amounts: dict[str, tuple[Path, float, int, float]] = {}

    def model(self) -> Model:
        """Compile everything, in the order in which the sections stand in the schema."""
        config, figures = self.config, self.figures
        for name in config.drivers:
            figures.node(f"drivers.{name}")
        lines = tuple(self._lines())
        councils = tuple(self._council(name, section) for name, section in config.councils.items())
        measures = tuple(self._measure(name, section) for name, section in config.measures.items())
        costs = tuple(
            self._cost(name, key, cost) for name, m in config.measures.items() for key, cost in m.one_off.items()
        )
        for name in config.events:
            figures.event(f"events.{name}")
        effects, event_costs = tuple(self._effects()), tuple(self._event_costs())
        options = tuple(self._option(name) for name in config.options)
        schemes = with_slowed(config, figures, Schemes(measures, costs, event_costs, options))
        outputs = tuple(
            OutputModel(name, title(name, q.label), q.kind, figures.node(f"outputs.{name}"), q.condition)
            for name, q in config.outputs.items()
        )
        observed = tuple(self._observation(name, schemes.options) for name in config.observed)
        dependences = self._dependences()
        target = self.years.index(config.target_year) if config.target_year in self.years else len(self.years) - 1
        model = Model(
            config,
            self.years,
            target,
            tuple(figures.nodes),
            self._dimensions(dependences),
            dependences,
            councils,
            lines,
            effects,
            schemes.measures,
            schemes.costs,
            schemes.event_costs,
            schemes.options,
            outputs,
            observed,
            plan=tuple(evaluate(figures.nodes, PlanSource())),
            checks=tuple(self.checks),
        )
        return self._with_gaps(model)

    # --- figures -------------------------------------------------------------------------------------------

    def _dimensions(self, dependences: Dependences) -> tuple[Dimension, ...]:
        found: list[Dimension] = []
        for node in self.figures.nodes:
            if isinstance(node, Driver):
                found += node.dimensions
            elif isinstance(node, Event):
                found.append(node.dimension)
        return tuple(dict.fromkeys([*found, *dependences.factors]))

    def _planned(self, figures: tuple[float, ...] | None) -> np.ndarray:
        return column(figures if figures is not None else 0.0, len(self.years))

    # --- councils ------------------------------------------------------------------------------------------

    def _council(self, name: str, section: Council) -> CouncilModel:
        base, figures = f"councils.{name}", self.figures
        gap = None if section.gap is None else np.zeros((len(self.years), 1))
        fund = None
        if section.general_fund is not None:
            opening = figures.node(f"{base}.general_fund.opening")
            minimum = figures.node(f"{base}.general_fund.minimum")
            fund = FundModel(opening, minimum, self._planned(section.general_fund.planned))
        pots = tuple(
            PotModel(key, title(key, pot.label), pot.owner, figures.node(f"{base}.pots.{key}.opening"))
            for key, pot in section.pots.items()
        )
        return CouncilModel(name, title(name, section.label), gap, fund, pots, section.surplus == "spent")

    def _lines(self) -> Iterator[LineModel]:
        for council, section in self.config.councils.items():
            for kind, sign in (("pressures", 1.0), ("funding", -1.0)):
                for name, line in getattr(section, kind).items():
                    yield self._line(f"councils.{council}.{kind}.{name}", title(name, line.label), council, sign, line)

    def _line(self, address: str, label: str, council: str, sign: float, line: Line) -> LineModel:
        nodes = {
            key: self.figures.node(f"{address}.{key}")
            for key in ("base", "growth", "change", "realised")
            if f"{address}.{key}" in self.figures
        }
        return LineModel(
            address, label, self.councils[council], sign, line.recurring, self._planned(line.plan), **nodes
        )

    def _with_gaps(self, model: Model) -> Model:
        """Give the model with each council's planned gap: published, or the sum of its lines."""
        plan = list(model.plan)
        delivered = deliver(model, plan, 1)
        councils = []
        for c, section in enumerate(self.config.councils.values()):
            council = model.councils[c]
            if section.gap is None:
                councils.append(council)
                continue
            if section.gap.plan == "sum_of_lines":
                parts = [line.sign * level(line, plan) for line in model.lines if line.council == c and line.recurring]
                gap = np.sum(parts, axis=0) if parts else np.zeros((len(self.years), 1))
            else:
                gap = self._planned(section.gap.plan)
                gap = np.cumsum(gap, axis=0) if section.gap.basis == "annual" else gap
            for measure in section.gap.included:
                m = self.measures[measure]
                share = next((node for at, node in model.measures[m].shares if at == c), None)
                gap = gap if share is None else gap + plan[share] * delivered.savings[m]
            councils.append(replace(council, gap_plan=np.asarray(gap)))
        return replace(model, councils=tuple(councils))

    # --- measures ------------------------------------------------------------------------------------------

    def _programme_weights(self, programme: str) -> dict[str, float]:
        members = [name for name, m in self.config.measures.items() if m.programme == programme]
        return {name: abs(self._amount(name, self.config.measures[name])[3]) for name in members}

    def _amount(self, name: str, measure: Measure) -> tuple[Path, float, int, float]:
        """Give a measure's unit path, the factor from its figure to a rate, that figure's node, and its full plan."""
        if name not in self._amounts:
            self._amounts[name] = (
                self._listed(name, measure) if measure.plan is not None else self._stated(name, measure)
            )
        return self._amounts[name]

    def _listed(self, name: str, measure: Measure) -> tuple[Path, float, int, float]:
        once, amounts = measure.basis == "one_off", measure.plan or ()
        path = paths.yearly(amounts, holds=not once)
        return (
            path,
            1.0,
            self.figures.constant(f"measures.{name}.plan", 1.0),
            sum(amounts) if once else amounts[-1],
        )

    def _stated(self, name: str, measure: Measure) -> tuple[Path, float, int, float]:
        start = float((measure.from_ or self.first) - self.first)
        full = float((measure.full_from or measure.from_ or self.first) - self.first)
        amount = self.figures.node(f"measures.{name}.saving")
        planned = float(self.figures.planned_value(amount))
        if measure.basis == "one_off":
            length = full - start + 1
            return (
                Path((start, start + length), (1.0 / length, -1.0 / length), (0.0, 0.0)),
                1.0,
                amount,
                planned,
            )
        path = (paths.ramp if measure.rises == "linearly" else paths.staircase)(start, full)
        factor = 1.0
        if measure.basis in ("cumulative", "annual_average") and measure.over:
            total = float(paths.received(path, np.asarray([start + measure.over]))[0])
            factor = (1.0 if measure.basis == "cumulative" else measure.over) / total
        return path, factor, amount, factor * planned

    def _measure(self, name: str, measure: Measure) -> MeasureModel:
        base, figures = f"measures.{name}", self.figures
        path, factor, amount, full = self._amount(name, measure)
        index = figures.node(f"{base}.indexed_to") if measure.indexed_to is not None else None
        gross = measure.saving_is == "gross" and measure.running_cost is not None
        return MeasureModel(
            id=name,
            label=title(name, measure.label),
            path=path,
            factor=factor,
            amount=amount,
            full=full - (float(figures.planned_value(figures.node(f"{base}.running_cost"))) if gross else 0.0),
            one_off=measure.basis == "one_off",
            delay=figures.node(f"{base}.delay", 0.0),
            realisation=figures.node(f"{base}.realisation", 1.0),
            scope_growth=figures.node(f"{base}.scope_growth", 1.0),
            backfill=figures.node(f"{base}.backfill", 0.0),
            running_cost=figures.node(f"{base}.running_cost") if gross else None,
            index=index,
            index_plan=None if index is None else self._index_plan(index),
            ends=np.inf if measure.ends is None else measure.ends + 1.0 - self.first,
            shares=self._shares(f"{base}.shares", measure.shares, measure.council),
            **self._ties(name, measure),
        )

    def _index_plan(self, index: int) -> np.ndarray:
        planned = self.figures.planned_value(index)
        return planned if planned.ndim > 1 else np.full((len(self.years), 1), float(planned))

    def _ties(self, name: str, measure: Measure) -> dict[str, Any]:
        """Give what a measure needs and what events do to it."""
        figures, events = self.figures, self.config.events
        needs = [n for n in measure.requires if n.removeprefix("not ").strip() in events]
        return {
            "needs": tuple(
                (figures.event(f"events.{n.removeprefix('not ').strip()}"), not n.startswith("not ")) for n in needs
            ),
            "needs_measures": tuple(self.measures[n] for n in self._needed(name)),
            "never": tuple(figures.event(f"events.{e}") for e, s in events.items() if name in s.never_starts),
            "delays": tuple(
                (figures.event(f"events.{e}"), figures.node(f"events.{e}.delays.{name}"))
                for e, s in events.items()
                if name in s.delays
            ),
            "stops": tuple(
                (figures.event(f"events.{e}"), figures.node(f"events.{e}.keeps", 0.0))
                for e, s in events.items()
                if name in s.stops
            ),
        }

    def _needed(self, name: str) -> list[str]:
        """Give every measure that a measure needs, directly or through others."""
        found: dict[str, None] = {}
        waiting = list(self.config.measures[name].requires)
        while waiting:
            other = waiting.pop()
            if other in self.config.measures and other not in found and other != name:
                found[other] = None
                waiting += self.config.measures[other].requires
        return list(found)

    def _shares(
        self, base: str, shares: Mapping[str, object] | None, council: str | None
    ) -> tuple[tuple[int, int], ...]:
        if shares is None:
            whole = self.figures.constant(f"{base}.{council}", 1.0)
            return ((self.councils[str(council)], whole),)
        nodes = {name: self.figures.node(f"{base}.{name}") for name, value in shares.items() if value != "rest"}
        for name, value in shares.items():
            if value == "rest":
                nodes[name] = self.figures.add(Remainder(f"{base}.{name}", tuple(nodes.values())))
        return tuple((self.councils[name], node) for name, node in nodes.items() if name in self.councils)

    def _window(self, base: str, start: float, cost: OneOff) -> tuple[float, float]:
        """Give when a cost begins to be spent and for how long: over its year, or over the lead before the saving."""
        if cost.in_ is not None:
            return float(cost.in_ - self.first), 1.0
        lead = cost.lead or 0.0
        if lead <= 0:
            raise ModelError([Problem("", f"{base}.lead", "expected a time such as 6 months, longer than none")])
        if start - lead < 0:
            text = "this would be spent before the first year; state it in: a year of the horizon, or as a one-off line"
            raise ModelError([Problem("", base, text)])
        return start - lead, lead

    def _cost(self, measure: str, key: str, cost: OneOff) -> CostModel:
        base, section = f"measures.{measure}.one_off.{key}", self.config.measures[measure]
        start = self._amount(measure, section)[0].start
        begin, length = self._window(base, start, cost)
        shares = (
            self._shares(f"{base}.shares", cost.shares, None)
            if cost.shares is not None
            else self._shares(f"measures.{measure}.shares", section.shares, section.council)
        )
        return CostModel(
            address=base,
            label=title(key, cost.label),
            measure=self.measures[measure],
            amount=self.figures.node(f"{base}.amount"),
            overrun=self.figures.node(f"{base}.overrun", 1.0),
            begin=begin,
            length=length,
            slips=cost.slips,
            sunk=cost.sunk,
            shares=shares,
            funding={council: self._funding(council, cost) for council, _ in shares},
        )

    def _funding(self, council: int, cost: OneOff) -> tuple[tuple[int, float], ...]:
        pots = list(self.config.councils[list(self.councils)[council]].pots)
        entries = [(entry, np.inf) if isinstance(entry, str) else next(iter(entry.items())) for entry in cost.funded_by]
        return tuple((pots.index(pot), float(limit)) for pot, limit in entries if pot in pots)

    # --- events, options, dependence -----------------------------------------------------------------------

    def _effects(self) -> Iterator[LineEffectModel]:
        for name, event in self.config.events.items():
            for line, effect in event.lines.items():
                _, council, kind, *_ = line.split(".")
                change = self.figures.node(f"events.{name}.lines.{line}.change")
                sign = 1.0 if kind == "pressures" else -1.0
                at = self.figures.event(f"events.{name}")
                yield LineEffectModel(self.councils[council], sign, at, change, effect.basis == "recurring")

    def _event_costs(self) -> Iterator[EventCostModel]:
        for name, event in self.config.events.items():
            if event.costs is not None:
                touched = dict.fromkeys([*event.stops, *event.never_starts, *event.delays])
                amount = self.figures.node(f"events.{name}.costs")
                at = self.figures.event(f"events.{name}")
                late = tuple(self.measures[m] for m in dict.fromkeys([*event.stops, *event.delays]))
                yield EventCostModel(f"events.{name}.costs", at, amount, tuple(self.measures[m] for m in touched), late)

    def _option(self, name: str) -> OptionModel:
        option = self.config.options[name]
        chosen = tuple(self.measures[m] for m in option.measures)
        overlaps = tuple(
            (self.measures[m], self.measures[other], self.figures.node(f"measures.{m}.overlaps.{other}"))
            for m in option.measures
            for other in self.config.measures[m].overlaps
            if other in option.measures
        )
        claim = option.claims
        compiled = None
        if claim is not None:
            by = self.years.index(claim.by)
            compiled = ClaimModel(claim.amount, claim.basis == "cumulative", by, claim.net_of_one_off)
        councils = tuple(self.councils[c] for c in option.councils)
        return OptionModel(name, title(name, option.label), councils, chosen, overlaps, compiled)

    def _observation(self, name: str, options: tuple[OptionModel, ...]) -> ObservationModel:
        entry, known = self.config.observed[name], observable(self.config)[self.config.observed[name].what]
        unit = self.config.money or "£m"
        value = amount(entry.value, known.kind, unit)
        error = 0.0 if entry.error is None else amount(entry.error, known.kind, unit)
        node = self._observed_node(name, entry) if known.yearly is None else None
        head, of, *_ = entry.what.split(".")
        share = getattr(self.config.stages, entry.stage)
        return ObservationModel(
            id=name, label=entry.label, what=entry.what, kind=known.kind,
            year=None if entry.year is None else self.years.index(entry.year),
            value=value, error=error, spread=float(np.hypot(error, share * value)),
            stage=entry.stage, node=node,
            option=next((place for place, o in enumerate(options) if head == "options" and o.id == of), None),
        )  # fmt: skip

    def _observed_node(self, name: str, entry: Observation) -> int:
        """Give the node of a figure of the file that was observed, its year named where it goes by year."""
        if entry.what.startswith("events."):
            return self.figures.event(entry.what)
        node = self.figures.node(entry.what)
        yearly = self.figures.planned_value(node).ndim > 1
        if yearly != (entry.year is not None):
            text = "missing key 'year': this figure goes by year" if yearly else "this figure is the same for all years"
            raise ModelError([Problem("", f"observed.{name}.year", text)])
        return node

    def _dependences(self) -> Dependences:
        found = Relations(self.config, self.figures, self.first)
        self.checks += found.checks
        return group(found.statements, found.carrying)
