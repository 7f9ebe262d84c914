"""What a small step of each assumption does to a gap or a claim, all else as planned, for summary.json.

No future is drawn, and nothing is told: the steps are those of the sensitivity ladder, the words ``influences``'.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from simlib.decisions.break_even import PLAN_LOOKS, at_plan, planned_spare
from simlib.decisions.question import CLAIM, Question
from simlib.drivers import Driver
from simlib.errors import ModelError
from simlib.model import Model
from simlib.sensitivity.ladder import Rung, ladder
from simlib.sensitivity.targets import Target, targets

__all__ = ["leverage"]

EVEN = 1e-9  # of a step's shift: rounding
Document = dict[str, Any]


def leverage(model: Model) -> Document:
    """Give by option, and council or ``claim``, what moves the gap of the target year, or what is claimed, at the plan.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives.

    Returns
    -------
    dict
        By option and place entries with ``address``, ``by``, ``step``, ``shift`` and ``just_closed``: the share at
        which the plan's gap is exactly closed, all else as planned; null of all that is no share delivered, and where
        the plan does not close the gap.
    """
    wanted = [target for target in targets(model) if target.name[0] in ("gap", "claim")]
    try:
        rungs = [rung for rung in ladder(model, wanted) if rung.year is None] if wanted else []
    except ModelError:
        return {}  # a plan at the edge of what is possible, a chance of 100 % say, has no step beyond it
    found: Document = {}
    for at, target in enumerate(wanted):
        _, option, *rest = target.name
        found.setdefault(option, {})[rest[0] if rest else CLAIM] = _entries(model, target, rungs, at)
    return found


def _entries(model: Model, target: Target, rungs: Sequence[Rung], at: int) -> list[Document]:
    """Give one target's entries, the largest shift first."""
    moved = [rung for rung in rungs if np.isfinite(rung.shifts[at]) and abs(rung.shifts[at]) > model.tolerance]
    moved.sort(key=lambda rung: -abs(rung.shifts[at]))
    return [
        {
            "address": rung.address, "by": rung.by, "step": rung.step, "shift": float(rung.shifts[at]),
            "just_closed": _just_closed(model, target, rung, float(rung.shifts[at])),
        }
        for rung in moved
    ]  # fmt: skip


def _just_closed(model: Model, target: Target, rung: Rung, shift: float) -> float | None:
    """Give the highest share delivered, up to that of the plan, at which the plan's gap is exactly closed.

    A gap that goes evenly with the share is closed where its slope says; any other is looked through.
    """
    if target.name[0] != "gap" or not rung.address.endswith(".realisation"):
        return None
    place, node = next((k, node) for k, node in enumerate(model.nodes) if node.address == rung.address)
    question = Question(model, str(target.name[1]), str(target.name[2]), "target_year")
    if not isinstance(node, Driver) or node.plan.size != 1:
        return None
    spare = float(planned_spare(question, place, node.plan.ravel())[0])
    if spare < -model.tolerance:
        return None
    even = np.asarray([rung.plan + spare * rung.step / shift])
    if abs(planned_spare(question, place, even)[0]) <= EVEN * abs(shift):
        return float(even[0])
    found = at_plan(question, place, np.linspace(0.0, rung.plan, PLAN_LOOKS))
    return found[-1] if found else None
