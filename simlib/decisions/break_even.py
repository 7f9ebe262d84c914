"""What one assumption would have to be for an option to be safe: its break-even values on the same futures.

The figure is held at one value in all futures while everything else is drawn as it is, also what goes together with it:
it is what a decision to hold it there would bring, not what is seen where it happens to be there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simlib.decisions.crossing import LEVELS, Asking, Course, Document
from simlib.decisions.instead import Same, held_at, instead
from simlib.decisions.question import Question
from simlib.distributions import Distribution
from simlib.drivers import Driver, PlanSource
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.naming import figure_name

FURTHEST = 1e-4  # of the futures lie beyond what is searched, on a side where a distribution has no end
LOOKS = 15  # values that are looked at first, as many of them in each part of the distribution
MOST_SINGLE = 64  # values of a discrete figure that are all looked at
PLAN_LOOKS, PLAN_TIMES = 513, 5
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What an assumption would have to be.

    Attributes
    ----------
    address, label, kind
        Of the assumption.
    varies
        How it moves through the years: what goes by year is held at the same draw in each of them.
    question
        What is asked.
    searched
        From where to where: all of the distribution's support, or as far as 1 future in 10,000 goes.
    course
        How the chance goes with it.
    at_plan
        The values on either side of which the plan's own gap is just closed and is not, everything else being as
        planned.
    plan
        What the plan has, where it is one value.
    """

    address: str
    label: str
    kind: str
    varies: str
    question: Question
    searched: Range
    course: Course
    at_plan: tuple[float, ...]
    plan: float | None

    def document(self) -> Document:
        """Give it as JSON has it."""
        return {
            "address": self.address, "label": self.label, "kind": self.kind, "varies": self.varies,
            "searched": list(self.searched),
            "at_plan": list(self.at_plan), "plan": self.plan, **self.course.document(),
        }  # fmt: skip


def break_even(
    same: Same, question: Question, address: str, *, levels: Sequence[float] = LEVELS, n_jobs: int | None = None
) -> BreakEven:
    """Give the values of an assumption at which an option is as sure as wished.

    Parameters
    ----------
    same
        The futures of a run, ``Same.of(futures)``.
    question
        What is to hold, from :func:`simlib.decisions.question.ask`.
    address
        Of a figure with a distribution. One that goes by year is held at the value in each year; the step of a walk,
        the growth of an index at the same one each year.
    levels
        How sure [0 to 1].

    Raises
    ------
    ModelError
        Where the file has no uncertain figure at that address.
    """
    place, node = uncertain(same.model, address)
    years = len(same.model.years)
    values = _looks(node.distribution)

    def spare(value: float) -> Floats:
        return same.spare(question, {place: held_at(node.varies, value, years)}, n_jobs=n_jobs)

    steps = _single(node.distribution)
    asking = Asking(spare, same.chance, question.tolerance, steps=steps)
    label = node.quantity.label or figure_name(same.model.config, address)
    searched = float(values[0]), float(values[-1])
    planned = at_plan(question, place, values if steps else np.linspace(*searched, PLAN_LOOKS), steps=steps)
    return BreakEven(
        address, label, node.quantity.kind, node.varies.mode, question, searched,
        asking.course(values.tolist(), levels), planned, _planned(node),
    )  # fmt: skip


def uncertain(model: Model, address: str) -> tuple[int, Driver]:
    """Give a figure with a distribution and its place among the nodes."""
    found = {node.address: (k, node) for k, node in enumerate(model.nodes) if isinstance(node, Driver)}
    if address not in found:
        from simlib.config.nodes import nearest_or_list

        text = f"expected a figure with a distribution{nearest_or_list(address, found)}"
        raise ModelError([Problem("", address, text)])
    return found[address]


def at_plan(question: Question, place: int, rows: Floats, *, steps: bool = False) -> tuple[float, ...]:
    """Give the values of one figure at which the plan just passes and beside which it fails, all else as planned.

    Parameters
    ----------
    place
        Of the figure among the nodes.
    rows
        (value,) rising, between neighbours of which it is looked for.
    steps
        Whether there is nothing between them.

    Notes
    -----
    A plan that just closes does so whatever a figure is that it does not depend on: none of its values is told.
    """
    spare = planned_spare(question, place, rows)
    holds, found = question.holds(spare), []
    for k in np.flatnonzero(holds[:-1] != holds[1:]).tolist():
        good, bad = (k, k + 1) if holds[k] else (k + 1, k)
        # Where it passes clearly the gap itself has a root; where it just does, half a penny ends it.
        line = 0.0 if spare[good] > question.tolerance else -question.tolerance
        ends = float(rows[good]), float(rows[bad])
        found.append(ends[0] if steps else _last_above(question, place, ends, line))
    return tuple(sorted(found))


def _last_above(question: Question, place: int, ends: Range, line: float) -> float:
    """Give how far one may go from the first of two values to the other with more to spare than a line."""
    good, bad = ends
    for _ in range(PLAN_TIMES):
        near = np.linspace(good, bad, PLAN_LOOKS)
        below = int(np.argmax(planned_spare(question, place, near) <= line))
        good, bad = float(near[below - 1]), float(near[below])
    return good


def planned_spare(question: Question, place: int, rows: Floats) -> Floats:
    """Give what the plan has to spare at some values of one figure, (value,)."""
    model, node = question.model, question.model.nodes[place]
    put = held_at(node.varies if isinstance(node, Driver) else None, rows, len(model.years))
    return question.at_values(instead(model.nodes, model.plan, {place: put}, PlanSource()), len(rows))


def _planned(node: Driver) -> float | None:
    plan = node.quantity.plan
    values = set(plan) if isinstance(plan, tuple) else {plan}
    only = values.pop() if len(values) == 1 else None
    return None if only is None else float(only)


def _single(distribution: Distribution) -> bool:
    return distribution.discrete and len(distribution.atoms()) <= MOST_SINGLE


def _looks(distribution: Distribution) -> Floats:
    """Give the values that are looked at: the ends, and between them so that each part of the futures has as many."""
    if _single(distribution):
        return distribution.atoms()
    shares = np.r_[FURTHEST, (np.arange(LOOKS) + 0.5) / LOOKS, 1.0 - FURTHEST]
    found = distribution.ppf(shares)
    ends = [end for end in distribution.support if np.isfinite(end)]
    return np.unique(np.r_[ends, found])
