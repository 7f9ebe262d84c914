"""What an option costs in every future, by the loss that the file states in full.

What follows for the worth of knowing more is in ``information``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simlib.config.schema import Loss
from simlib.errors import ModelError, Problem
from simlib.flows import Flows, flows
from simlib.kernels import closing
from simlib.kernels.paths import Floats
from simlib.results import Futures

__all__ = ["Losses", "losses"]


@dataclass(frozen=True, slots=True)
class Losses:
    """The loss of each option in every held future.

    Attributes
    ----------
    options, councils
        Ids: what can be chosen, and whose outcomes count.
    values
        (option, simulation) [money].
    """

    options: tuple[str, ...]
    councils: tuple[str, ...]
    values: Floats


def losses(futures: Futures, options: Sequence[str] | None = None) -> Losses:
    """Give what options cost in the held futures, by ``decision.loss`` of the file.

    Parameters
    ----------
    options
        Ids of those that can be chosen; all where left out.

    Notes
    -----
    The sum over councils of one-off costs after external pots and running costs, both over the horizon, of what the
    recurring gap of the target year leaves open, of savings beyond what closes it, and of a fund below its minimum,
    each with its weight. A council to which an option is not open does nothing under it.

    Raises
    ------
    ModelError
        If the file states no loss, or there is no such option.
    """
    model = futures.model
    loss = model.config.decision.loss if model.config.decision else None
    if loss is None:
        raise ModelError([Problem("", "decision.loss", "missing section: what outcomes cost, to weigh options by")])
    known = [option.id for option in model.options]
    chosen = tuple(known if options is None else options)
    for name in chosen:
        if name not in known:
            raise ModelError([Problem("", f"options.{name}", "there is no such option")])
    counted = loss.councils or tuple(c.id for c in model.councils if c.gap_plan is not None)
    values = np.zeros((len(chosen), futures.held))
    for row, name in enumerate(chosen):
        for c, council in enumerate(model.councils):
            if council.id in counted:
                values[row] += _loss(futures, loss, flows(model, futures.delivery, known.index(name), c))
    return Losses(chosen, counted, values)


def _loss(futures: Futures, loss: Loss, flow: Flows) -> Floats:
    """Give an option's loss to one council, (simulation,)."""
    model = futures.model
    gap, rate = flow.position(model.target), flow.run_rate[model.target]
    total = loss.shortfall * np.maximum(gap, 0.0)
    total = total + loss.unneeded_cuts * np.clip(-gap, 0.0, np.maximum(rate, 0.0))
    if loss.one_off:
        total = total + loss.one_off * (flow.one_off_costs - flow.external_pots).sum(axis=0)
    if loss.running_cost:
        total = total + loss.running_cost * _running_costs(futures, flow)
    if loss.below_minimum and flow.general_fund is not None and flow.minimum is not None:
        held = closing.reserves_hold(flow.general_fund, flow.minimum, model.tolerance)
        total = total + loss.below_minimum * ~held
    return np.asarray(total)


def _running_costs(futures: Futures, flow: Flows) -> Floats:
    """Give what running the option's measures costs the council over the horizon, (simulation,)."""
    model, total = futures.model, np.zeros(futures.held)
    option = model.options[flow.option]
    for name, m in zip(model.config.options[option.id].measures, option.measures, strict=True):
        share = next((node for council, node in model.measures[m].shares if council == flow.council), None)
        yearly = _yearly(futures, name, m) if share is not None else None
        if share is not None and yearly is not None:
            total = total + futures.values[share] * yearly * futures.delivery.running(m).sum(axis=0)
    return total


def _yearly(futures: Futures, name: str, place: int) -> Floats | None:
    """Give the running cost a year of a measure, by its name in the file; of a saving that is net of it, as planned."""
    model = futures.model
    measure, own = model.measures[place], model.config.measures[name]
    if measure.running_cost is not None:
        return futures.values[measure.running_cost]
    if own.running_cost is None:
        return None
    stated = own.running_cost.value if own.running_cost.plan is None else own.running_cost.plan
    if not isinstance(stated, int | float):
        text = "missing key 'plan': what it costs a year counts in decision.loss, and the saving is net of it"
        raise ModelError([Problem("", f"measures.{name}.running_cost", text)])
    return np.asarray(float(stated))
