"""What futures have of the figures that have come in: the same formulas read at other places; nothing is drawn here.

Which of the futures fit what was observed is in ``simlib.observing``.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from simlib.delivery import Delivery, by_year, deliver, level
from simlib.drivers import Driver, Event, Values
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model, ObservationModel
from simlib.outline import Outline, outline_by
from simlib.passage import steps
from simlib.readouts import Key, headline
from simlib.sheet import Sheet

__all__ = ["figure_of", "observing", "outline_observed"]


def figure_of(model: Model, seen: ObservationModel, values: Values, block: Delivery) -> Floats:
    """Give an observed figure of some futures, (simulation,), or () where it is the same in all of them.

    Parameters
    ----------
    values, block
        Every node's value, and what the model delivers with them.

    Notes
    -----
    A figure that moves through the years is what its distribution is of: of an index the growth of the year, of a walk
    the step. An event has happened or not: by the end of a year where one is named, else within the horizon.
    """
    if seen.node is not None:
        node, value = model.nodes[seen.node], values[seen.node]
        if isinstance(node, Event):
            end = float(len(model.years)) if seen.year is None else seen.year + 1.0
            return np.where(np.isfinite(value) & (value < end if model.years else True), 1.0, 0.0)
        value = steps(value, node.varies) if isinstance(node, Driver) else value
        return value if seen.year is None else _row(value, seen.year)
    assert seen.year is not None  # a result goes by year
    return _row(_result(model, seen, values, block), seen.year)


def _row(value: Floats, year: int) -> Floats:
    """Give one year of a figure, (simulation,); the array may be one that writes down what is done with it."""
    found: Floats = value[year]
    return found


def _result(model: Model, seen: ObservationModel, values: Values, block: Delivery) -> Floats:
    """Give a result by year, (year, simulation)."""
    section, name, *rest = seen.what.split(".")
    if section == "options":
        return _of_option(model, seen, block)
    if section == "councils":
        if rest == ["gap_before"]:
            return block.gap_before[[c.id for c in model.councils].index(name)]
        line = next(line for line in model.lines if line.address == seen.what)
        return by_year(level(line, values), len(model.years))
    if rest[0] == "one_off":
        return block.costs[[cost.address for cost in model.costs].index(seen.what)]
    place = [m.id for m in model.measures].index(name)
    if rest == ["run_rate"]:
        return block.run_rate[place]
    return (block.one_off_savings if model.measures[place].one_off else block.savings)[place]


def _of_option(model: Model, seen: ObservationModel, block: Delivery) -> Floats:
    """Give a result of an option: of one of its councils, or of all together."""
    assert seen.option is not None
    _, _, *within, name = seen.what.split(".")
    councils = [c for c in model.options[seen.option].councils if not within or within[1] == model.councils[c].id]
    found: Floats = getattr(flows(model, block, seen.option, councils[0]), name)
    for council in councils[1:]:
        found = found + getattr(flows(model, block, seen.option, council), name)
    return found


def observing(models: Mapping[str, Model]) -> dict[str, Model]:
    """Give the base as ``""`` and those of its readings that are the file's own; a stress scenario keeps the base's."""
    return {name: model for name, model in models.items() if not name or model.config.reading == name}


@lru_cache(maxsize=4)
def outline_observed(sheet: Sheet) -> Outline:
    """Give the program of what was observed under each reading: ``observed``, the reading, the observation.

    Beside it stand the headlines of readings, 1 where they hold, as an :func:`simlib.outline.headlines` has them.
    """
    return outline_by(sheet, _read)


def _read(sheet: Sheet, values_of: Callable[[str], Values]) -> dict[Key, Any]:
    """Give what was observed under every reading, and 1 where a headline of a reading holds."""
    found: dict[Key, Any] = {}
    for name, model in observing(sheet.models).items():
        values = values_of(name)
        block = deliver(model, values, 1)
        for seen in model.observed:
            figure = figure_of(model, seen, values, block)
            found["observed", name, seen.id] = figure
        if name:
            facts = headline(model, block)
            found |= {("readings", name, *key[1:]): np.where(fact, 1.0, 0.0) for key, fact in facts}
    return found
