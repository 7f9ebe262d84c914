"""Every figure that a config states, by address, for whoever walks through them; nothing is computed here."""

from collections.abc import Iterator
from dataclasses import dataclass

from simlib import years
from simlib.config import schema
from simlib.config.formulas import Formula
from simlib.config.nodes import join
from simlib.config.quantities import ByYear, DatedChances, Quantity, SumOf

# What holds where a measure or line says nothing: the business case as it stands.
NEUTRAL = {
    "realisation": 1.0,
    "realised": 1.0,
    "scope_growth": 1.0,
    "overrun": 1.0,
    "delay": 0.0,
    "backfill": 0.0,
    "change": 0.0,
}
MEASURE_FIGURES = ("saving", "realisation", "delay", "scope_growth", "backfill", "running_cost", "indexed_to")
LINE_FIGURES = ("base", "growth", "change", "realised")


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity and where it stands.

    Attributes
    ----------
    address
        Its address.
    quantity
        What the file says.
    measure
        The measure whose local names its formula may use, or None.
    needs_plan
        Whether the plan case cannot know it unless the file says.
    """

    address: str
    quantity: Quantity
    measure: str | None = None
    needs_plan: bool = True

    @property
    def uncertain(self) -> bool:
        """Whether it has a distribution."""
        return not isinstance(self.quantity.value, float | int | Formula)


def figures(config: schema.Config) -> dict[str, Figure]:
    """Give every quantity of a config by address, in the file's order of sections."""
    found = [
        *(figure for name, value in config.drivers.items() for figure in _spread(f"drivers.{name}", value)),
        *(figure for name, council in config.councils.items() for figure in _council(f"councils.{name}", council)),
        *(
            figure
            for name, programme in config.programmes.items()
            for figure in _spread(f"programmes.{name}.realisation", programme.realisation, needs_plan=False)
        ),
        *(figure for name, measure in config.measures.items() for figure in _measure(name, measure)),
        *(figure for name, event in config.events.items() for figure in _event(f"events.{name}", event)),
        *(Figure(f"outputs.{name}", value, needs_plan=False) for name, value in config.outputs.items()),
    ]
    return {figure.address: figure for figure in found}


def _spread(
    address: str,
    value: Quantity | ByYear | SumOf | str | None,
    measure: str | None = None,
    *,
    needs_plan: bool = True,
) -> Iterator[Figure]:
    """Give the figures of a slot: one, one for each year, or a number and an amount."""
    if isinstance(value, ByYear):
        for position, quantity in enumerate(value.values):
            part = years.address(value.years[position]) if value.years else str(position)
            yield from _spread(join(address, part), quantity, measure, needs_plan=needs_plan)
    elif isinstance(value, SumOf):
        yield from _spread(f"{address}.sum_of", value.count, measure, needs_plan=needs_plan)
        yield Figure(f"{address}.each", value.each, measure, needs_plan)
    elif isinstance(value, Quantity):
        yield Figure(address, value, measure, needs_plan)
        yield from _parameters(address, value, measure)


def _parameters(address: str, value: Quantity, measure: str | None) -> Iterator[Figure]:
    """Give the parameters of a distribution that are calculated, each a figure of its own."""
    for name, quantity in value.parameters.items():
        yield Figure(f"{address}.{name}", quantity, measure, needs_plan=False)


def _council(base: str, council: schema.Council) -> Iterator[Figure]:
    for name, line in lines(council):
        for key in LINE_FIGURES:
            yield from _spread(f"{base}.{name}.{key}", getattr(line, key), needs_plan=key not in NEUTRAL)
    if council.general_fund:
        yield from _spread(f"{base}.general_fund.opening", council.general_fund.opening)
        yield from _spread(f"{base}.general_fund.minimum", council.general_fund.minimum)
    for name, pot in council.pots.items():
        yield from _spread(f"{base}.pots.{name}.opening", pot.opening)


def lines(council: schema.Council) -> Iterator[tuple[str, schema.Line]]:
    """Give every line of a council under its address below the council."""
    for section, entries in (("pressures", council.pressures), ("funding", council.funding)):
        for name, line in entries.items():
            yield f"{section}.{name}", line


def _measure(name: str, measure: schema.Measure) -> Iterator[Figure]:
    base = f"measures.{name}"
    for key, value in measure.local.items():
        yield from _spread(f"{base}.local.{key}", value, name)
    for key in MEASURE_FIGURES:
        yield from _spread(f"{base}.{key}", getattr(measure, key), name, needs_plan=key not in NEUTRAL)
    for council, share in (measure.shares or {}).items():
        yield from _spread(f"{base}.shares.{council}", share, name)
    for key, cost in measure.one_off.items():
        at = f"{base}.one_off.{key}"
        yield from _spread(f"{at}.amount", cost.amount, name)
        yield from _spread(f"{at}.overrun", cost.overrun, name, needs_plan=False)
        for council, share in (cost.shares or {}).items():
            yield from _spread(f"{at}.shares.{council}", share, name)
    for key, value in measure.overlaps.items():
        yield from _spread(f"{base}.overlaps.{key}", value, name)
    for key, value in measure.slows.items():
        yield from _spread(f"{base}.slows.{key}", value, name, needs_plan=False)


def _event(base: str, event: schema.Event) -> Iterator[Figure]:
    if isinstance(event.chance, DatedChances):
        for part, chance in zip(event.chance.names, event.chance.chances, strict=True):
            yield from _spread(f"{base}.chance.{part}", chance, needs_plan=False)
    else:
        yield from _spread(f"{base}.chance", event.chance, needs_plan=False)
    happens = event.plan == "happens"  # the effects of what the plan leaves out need no plan
    yield from _spread(f"{base}.keeps", event.keeps, needs_plan=happens)
    yield from _spread(f"{base}.costs", event.costs, needs_plan=happens)
    for key, delay in event.delays.items():
        yield from _spread(f"{base}.delays.{key}", delay, needs_plan=happens)
    for key, effect in event.lines.items():
        yield from _spread(f"{base}.lines.{key}.change", effect.change, needs_plan=happens)
