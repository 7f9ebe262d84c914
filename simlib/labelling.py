"""Held futures with names, as plain arrays or as an xarray.Dataset: dimensions, units and meanings travel with them.

Nothing is calculated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simlib import dims
from simlib.delivery import Delivery, Rows
from simlib.dims import COUNCIL, EVENT, MEASURE, OPTION, SIMULATION, VARIABLES, YEAR
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model

if TYPE_CHECKING:
    import xarray

    from simlib.results import Futures

OPTION_VARIABLES = {
    "savings": "savings",
    "run_rate": "run_rate",
    "gap_after": "gap_after",
    "gap_recurring": "gap_recurring",
    "one_off_gross": "one_off_gross",
    "one_off_net": "one_off_net",
    "general_fund": "general_fund",
}


Labels = tuple[tuple[str, ...], Floats, dict[str, str]]  # axes, values, and what they mean


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Some futures with their names.

    Attributes
    ----------
    variables
        By name the axes, the values and the attributes.
    coordinates
        By axis the names of its places.
    attributes
        Where it comes from.
    """

    variables: Mapping[str, Labels]
    coordinates: Mapping[str, NDArray[np.str_] | NDArray[np.int64]]
    attributes: Mapping[str, str | int]


def label_futures(futures: "Futures", where: slice) -> "xarray.Dataset":
    """Give some of the held futures as a dataset."""
    import xarray

    found = labelled(futures, where)
    return xarray.Dataset(found.variables, found.coordinates, found.attributes)


def labelled(futures: "Futures", where: slice) -> Labelled:
    """Give some of the held futures with names, units and provenance.

    Pairs of an option and a council that do not apply hold nan.
    """
    model, held = futures.model, futures.part(where)
    variables: dict[str, Labels] = {}
    for address, value in held.drivers.items():
        variables[address] = (_axes(value), value, {"long_name": address})
    for name, value in held.outputs.items():
        variables[f"outputs.{name}"] = (_axes(value), value, {"long_name": name})
    if model.years:
        variables |= _money(model, held.delivery)
    places = {
        YEAR: list(model.year_labels),
        COUNCIL: [council.id for council in model.councils],
        OPTION: [option.id for option in model.options],
        MEASURE: [measure.id for measure in model.measures],
        EVENT: [event.address.removeprefix("events.") for _, event in model.events],
    }
    used = {axis for axes, *_ in variables.values() for axis in axes}
    present = {axis: np.asarray(names, dtype=str) for axis, names in places.items() if axis in used}
    coordinates = {SIMULATION: np.arange(futures.held)[where], **present}
    return Labelled(variables, coordinates, _provenance(futures))


def _money(model: Model, held: Delivery) -> dict[str, Labels]:
    count = held.simulations
    found: dict[str, Any] = {
        "gap_before": ((COUNCIL, YEAR, SIMULATION), _stacked(model, held.gap_before, count)),
        "delivered": ((MEASURE, YEAR, SIMULATION), _stacked(model, held.savings, count)),
        "delivered_run_rate": ((MEASURE, YEAR, SIMULATION), _stacked(model, held.run_rate, count)),
    }
    if model.events:
        moments = [np.broadcast_to(held.carried[place], (count,)) for place, _ in model.events]
        found["happens"] = ((EVENT, SIMULATION), np.stack(moments))
    shape = (len(model.options), len(model.councils), len(model.years), count)
    options = {name: np.full(shape, np.nan) for name in OPTION_VARIABLES}
    for o, c in model.pairs:
        flow = flows(model, held, o, c)
        for name, attribute in OPTION_VARIABLES.items():
            array = getattr(flow, attribute)
            if array is not None:
                options[name][o, c] = array
    found |= {name: ((OPTION, COUNCIL, YEAR, SIMULATION), array) for name, array in options.items()}
    return {name: (*entry, _attributes(name, model.unit)) for name, entry in found.items()}


def _stacked(model: Model, rows: Rows, count: int) -> Floats:
    """Give rows by place as one array, also where there are none."""
    found = np.empty((len(rows), len(model.years), count))
    for place, row in enumerate(rows):
        found[place] = row
    return found


def _axes(value: Floats) -> tuple[str, ...]:
    return (SIMULATION,) if value.ndim == 1 else (YEAR, SIMULATION)


def _attributes(name: str, unit: str) -> dict[str, str]:
    label, units, meaning = VARIABLES[name]
    return {"long_name": label, "units": units.format(money=unit), "description": meaning}


def _provenance(futures: "Futures") -> dict[str, str | int]:
    config = futures.model.config
    return {
        "title": config.title,
        "config_digest": config.digest,
        "config": config.text,
        "seed": "" if futures.seed is None else str(futures.seed),
        "sampler": futures.sampler,
        "simulations": futures.count,
        "dimensions": "\n".join(f"{d.name} {d.year}" for d in futures.dimensions or futures.model.dimensions),
        "tests": "\n".join(f"{name}: {text}" for name, text in dims.TESTS.items()),
    }
