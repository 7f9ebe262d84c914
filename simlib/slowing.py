"""Measures that others slow: in an option that holds both, the slowed one is a measure of its own, later by so much.

So a measure stays an atom that is simulated once for all options that hold it in the same company. How much later a
measure comes stands in the file, at ``slows``; what a delay does is in ``simlib.delivery``.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from simlib.catalogue import Figures
from simlib.config import Config
from simlib.drivers import Source, Values, token
from simlib.kernels.paths import Floats
from simlib.model import CostModel, EventCostModel, MeasureModel, OptionModel

__all__ = ["Schemes", "Summed", "slowers", "with_slowed"]

Places = dict[int, int]  # of a measure, and of what it is in some option


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """A figure that is the sum of others."""

    address: str
    parts: tuple[int, ...]

    def key(self, values: Values) -> Hashable:
        """Give what its value depends on."""
        return ("summed", *(token(values[part]) for part in self.parts))

    def value(self, source: Source, values: Values) -> Floats:  # noqa: ARG002
        """Give its value, from those of its parts."""
        total = values[self.parts[0]]
        for part in self.parts[1:]:
            total = total + values[part]
        return total


@dataclass(frozen=True, slots=True)
class Schemes:
    """What options are made of: what a model has under these names."""

    measures: tuple[MeasureModel, ...]
    costs: tuple[CostModel, ...]
    event_costs: tuple[EventCostModel, ...]
    options: tuple[OptionModel, ...]


def slowers(config: Config, measure: str, among: Sequence[str]) -> list[str]:
    """Give those of some measures that slow a measure."""
    return [other for other in among if measure in config.measures[other].slows]


def with_slowed(config: Config, figures: Figures, schemes: Schemes) -> Schemes:
    """Give the schemes with a measure more for each that is slowed in an option; the same where none is."""
    for place in range(len(schemes.options)):
        schemes = _in_option(config, figures, schemes, place)
    return schemes


def _in_option(config: Config, figures: Figures, schemes: Schemes, place: int) -> Schemes:
    option, found = schemes.options[place], list(schemes.measures)
    delays = dict(_delays(config, figures, schemes, option))
    if not delays:
        return schemes
    touched = [m for m in option.measures if m in delays or set(found[m].needs_measures) & set(delays)]
    at = {m: len(found) + i for i, m in enumerate(touched)}
    for m in touched:
        needs = tuple(at.get(other, other) for other in found[m].needs_measures)
        name, delay = f"{found[m].id}_in_{option.id}", delays.get(m, found[m].delay)
        found.append(replace(found[m], id=name, delay=delay, needs_measures=needs))
    costs = [replace(cost, measure=at[cost.measure]) for cost in schemes.costs if cost.measure in at]
    options = list(schemes.options)
    options[place] = replace(
        option,
        measures=tuple(at.get(m, m) for m in option.measures),
        overlaps=tuple((at.get(a, a), at.get(b, b), node) for a, b, node in option.overlaps),
    )
    event_costs = tuple(_also_of(cost, at) for cost in schemes.event_costs)
    return Schemes(tuple(found), (*schemes.costs, *costs), event_costs, tuple(options))


def _delays(config: Config, figures: Figures, schemes: Schemes, option: OptionModel) -> Iterator[tuple[int, int]]:
    """Give each measure that is slowed in an option, and the node of its whole delay."""
    names = [schemes.measures[m].id for m in option.measures]
    for m, name in zip(option.measures, names, strict=True):
        nodes = [figures.node(f"measures.{other}.slows.{name}") for other in slowers(config, name, names)]
        if nodes:
            whole = Summed(f"measures.{name}.delay_in_{option.id}", (schemes.measures[m].delay, *nodes))
            yield m, figures.add(whole)


def _also_of(cost: EventCostModel, at: Places) -> EventCostModel:
    """Give an event's cost that falls where it hits what some measures are in an option, too."""
    hit, late = (tuple(at[m] for m in those if m in at) for those in (cost.measures, cost.felt_late))
    return replace(cost, measures=(*cost.measures, *hit), felt_late=(*cost.felt_late, *late))
