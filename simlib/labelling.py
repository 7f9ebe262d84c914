"""Held futures as an xarray.Dataset: dimensions, units and meanings travel with the numbers. Nothing is calculated."""

from typing import TYPE_CHECKING, Any

import numpy as np

from simlib import dims
from simlib.dims import COUNCIL, EVENT, MEASURE, OPTION, SIMULATION, VARIABLES, YEAR
from simlib.flows import flows
from simlib.kernels.paths import Floats

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


def label_futures(futures: "Futures") -> "xarray.Dataset":
    """Give the first futures, as many as the file keeps, with names, units and provenance.

    Pairs of an option and a council that do not apply hold nan.
    """
    import xarray

    model = futures.model
    keep = model.config.run.keep
    count = futures.held if keep == "all" else min(futures.held, int(keep))
    variables: dict[str, Any] = {}
    for address, value in futures.drivers.items():
        variables[address] = (_axes(value), value[..., :count], {"long_name": address})
    for name, value in futures.outputs.items():
        variables[f"outputs.{name}"] = (_axes(value), value[..., :count], {"long_name": name})
    if model.years:
        variables |= _money(futures, count)
    coordinates = {
        SIMULATION: np.arange(count),
        YEAR: list(model.year_labels),
        COUNCIL: [council.id for council in model.councils],
        OPTION: [option.id for option in model.options],
        MEASURE: [measure.id for measure in model.measures],
        EVENT: [event.address.removeprefix("events.") for _, event in model.events],
    }
    used = {axis for axes, *_ in variables.values() for axis in axes}
    present = {name: values for name, values in coordinates.items() if name in used}
    return xarray.Dataset(variables, present, _provenance(futures))


def _money(futures: "Futures", count: int) -> dict[str, Any]:
    model, held = futures.model, futures.delivery.part(slice(0, count))
    found: dict[str, Any] = {
        "gap_before": ((COUNCIL, YEAR, SIMULATION), held.gap_before),
        "delivered": ((MEASURE, YEAR, SIMULATION), held.savings),
        "delivered_run_rate": ((MEASURE, YEAR, SIMULATION), held.run_rate),
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


def _axes(value: Floats) -> tuple[str, ...]:
    return (SIMULATION,) if value.ndim == 1 else (YEAR, SIMULATION)


def _attributes(name: str, unit: str) -> dict[str, str]:
    label, units, meaning = VARIABLES[name]
    return {"long_name": label, "units": units.format(money=unit), "description": meaning}


def _provenance(futures: "Futures") -> dict[str, Any]:
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
