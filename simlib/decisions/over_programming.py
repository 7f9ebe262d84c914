"""How much saving to plan for, to be as sure as wished of what is needed; what it would cost to plan more is not known.

What is planned is scaled as ``scope_growth`` scales it: with it goes what is counted twice beside another measure, and
running costs and one-off costs stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simlib.config.nodes import nearest_or_list
from simlib.decisions.crossing import LEVELS, Asking, Course, Document
from simlib.decisions.instead import Given, Multiplied, Same
from simlib.decisions.question import JOINTLY, Question
from simlib.drivers import Node
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.results import Futures

FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)  # nobody plans for ten times what is needed


@dataclass(frozen=True, slots=True)
class OverProgramming:
    """How much to plan.

    Attributes
    ----------
    measures
        Those that are planned larger or smaller.
    planned
        Their full saving as the plan has it, the part of the councils that are asked about [money a year].
    course
        How the chance goes with the factor on it.
    """

    question: Question
    measures: tuple[str, ...]
    planned: float
    course: Course

    def needed(self, level: float) -> float | None:
        """Give how much to plan to be so sure [money a year]; None where no factor is enough."""
        found = next(each for each in self.course.reached if each.level == level)
        if not found.holds:
            return None
        return self.planned * (FACTORS[0] if found.least is None else found.least.value)

    @property
    def overlaps(self) -> bool:
        """Whether two of the measures overlap: what is planned then counts the same twice."""
        model, named = self.question.model, set(self.measures)
        option = next(each for each in model.options if each.id == self.question.option)
        names = dict(zip(option.measures, model.config.options[option.id].measures, strict=True))
        return any({names[one], names[other]} <= named for one, other, _ in option.overlaps)

    def document(self) -> Document:
        """Give it as JSON has it."""
        needed = {f"{100 * each.level:g}": self.needed(each.level) for each in self.course.reached}
        return {
            "measures": list(self.measures), "planned": self.planned, "overlaps": self.overlaps, "needed": needed,
            **self.course.document(),
        }  # fmt: skip


def over_programming(
    futures: Futures,
    question: Question,
    measures: Sequence[str] | None = None,
    *,
    levels: Sequence[float] = LEVELS,
    n_jobs: int | None = None,
) -> OverProgramming:
    """Give the factor on the full saving of some measures at which an option is as sure as wished.

    Parameters
    ----------
    futures
        Of a run.
    question
        What is to hold: a closing test, or an amount of saving (``ask(..., amount=4.1)``).
    measures
        Of the option; all of them where left out.
    levels
        How sure [0 to 1].

    Raises
    ------
    ModelError
        Where the option has no measure, or has not those.
    """
    chosen = _chosen(question, measures)
    scaled, factor = _scaled(question.model, chosen.values())
    base, ones = futures.values, np.ones(futures.held)
    more = [ones, *(base[node.of] * ones for node in scaled.nodes[factor + 1 :] if isinstance(node, Multiplied))]
    same = Same.of(futures, scaled, more)

    def spare(value: float) -> Floats:
        return same.spare(question, {factor: np.asarray(value)}, n_jobs=n_jobs)

    course = Asking(spare, same.chance, question.tolerance).course(FACTORS, levels)
    return OverProgramming(question, tuple(chosen), _planned(question, chosen.values()), course)


def _chosen(question: Question, measures: Sequence[str] | None) -> dict[str, int]:
    """Give the places of some measures by their names in the file: one that is slowed has a place for each option."""
    model = question.model
    option = next(each for each in model.options if each.id == question.option)
    own = dict(zip(model.config.options[option.id].measures, option.measures, strict=True))
    if not own:
        text = f"expected an option with measures, got '{option.id}'"
        raise ModelError([Problem("", f"options.{option.id}.measures", text)])
    for name in measures or ():
        if name not in own:
            text = f"there is no measure '{name}' in this option{nearest_or_list(name, own)}"
            raise ModelError([Problem("", f"options.{option.id}.measures", text)])
    return own if measures is None else {name: own[name] for name in measures}


def _scaled(model: Model, chosen: Iterable[int]) -> tuple[Model, int]:
    """Give a model with a factor on the scope of some measures, and the factor's place among its nodes."""
    factor = len(model.nodes)
    nodes: list[Node] = [*model.nodes, Given("factor")]
    measures = list(model.measures)
    for m in chosen:
        measure = measures[m]
        measures[m] = replace(measure, scope_growth=len(nodes))
        nodes.append(Multiplied(f"measures.{measure.id}.scope_growth", measure.scope_growth, factor))
    return replace(model, nodes=tuple(nodes), measures=tuple(measures), readings={}), factor


def _planned(question: Question, chosen: Iterable[int]) -> float:
    model = question.model
    option = next(each for each in model.options if each.id == question.option)
    own = [c for c in option.councils if question.council in (JOINTLY, "claim", model.councils[c].id)]
    total = 0.0
    for m in chosen:
        measure = model.measures[m]
        shares = sum(float(np.asarray(model.plan[node]).flat[0]) for c, node in measure.shares if c in own)
        total += measure.full * shares
    return total
