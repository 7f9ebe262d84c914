"""Named stress scenarios of a file on the same futures, each laid over what the file itself gives; nothing is judged.

A scenario is laid over the file as a reading is, and means something else: not how a figure may honestly be read, but
what if just this came.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.compiling import compile_model
from simlib.config import placing
from simlib.decisions.instead import held_at, instead, worked_out
from simlib.decisions.question import Question, ask
from simlib.delivery import deliver
from simlib.drivers import Constant, Driver, Event, PlanSource, Values
from simlib.engine import simulate
from simlib.entries import chance_entry
from simlib.errors import ModelError
from simlib.estimates import Chance, Statistics, chance, statistics
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.outline import outline_by, shared_out
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sheet import Sheet

Document = dict[str, Any]
Pair = tuple[str, str]
Gaps = tuple[Floats, Floats]  # the recurring gap of the target year, and what the headline test has to spare


@dataclass(frozen=True, slots=True)
class Laid:
    """One option and council under one scenario: the recurring gap of the target year, and where it lies.

    Attributes
    ----------
    closes
        How often the headline test is passed under it; ``change`` is how much oftener than without, with its error.
    gap
        The gap under it [money].
    plan
        The gap of the plan if just this came, everything else as planned [money].
    middle_worse_than, plan_worse_than
        Than how many of the file's own futures its middle, and that gap of the plan, are worse [0 to 1].
    """

    closes: Chance
    change: tuple[float, float]
    gap: Statistics
    plan: float
    middle_worse_than: Chance
    plan_worse_than: Chance

    def document(self) -> Document:
        """Give it as JSON has it."""
        return {
            "closes": chance_entry(self.closes), "change": {"probability": self.change[0], "error": self.change[1]},
            "gap": {"mean": self.gap.mean, **self.gap.quantiles, "error": self.gap.errors}, "plan": self.plan,
            "middle_worse_than": chance_entry(self.middle_worse_than),
            "plan_worse_than": chance_entry(self.plan_worse_than),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stressed:
    """One scenario with what it means for each option and council."""

    id: str
    label: str
    why: str
    pairs: Mapping[Pair, Laid]

    def document(self) -> Document:
        """Give it as JSON has it."""
        options: Document = {}
        for (option, council), laid in self.pairs.items():
            options.setdefault(option, {})[council] = laid.document()
        return {"label": self.label, "why": self.why, "options": options}


def stress(futures: Futures, *, n_jobs: int | None = None) -> tuple[Stressed, ...]:
    """Run every stress scenario of a file on the futures of a run.

    Parameters
    ----------
    futures
        Of a run: seed, sampler and number are theirs, so that whatever a scenario leaves alone is as it was.

    Notes
    -----
    In ``plan`` a figure that a scenario makes certain is what it is made, and one that it gives a distribution is in
    the middle of it; so the plan is stressed, which ``set`` by itself never does.

    An event whose chance it makes 0 or 100 % never comes, or comes at its first moment.

    Raises
    ------
    ModelError
        Where a scenario is well formed but cannot be.
    """
    model, config = futures.model, futures.model.config
    if not config.stress:
        return ()
    with placing(config):
        models = {name: compile_model(config.with_stress(name)) for name in config.stress}
    again = simulate(
        replace(model, readings=models), futures.wanted, seed=futures.seed, sampler=futures.sampler, precision={},
        n_jobs=n_jobs, order=None if futures.order is None else [(str(n), int(y)) for n, y in futures.order],
    )  # fmt: skip
    count = min(futures.held, again.held)  # memory may hold fewer of so many figures
    base, laid = _worked_out(futures, [""], count)[""], _worked_out(again, list(models), count)
    found = []
    for name, each in models.items():
        entry = config.stress[name]
        pairs = _laid(again, each, laid[name], base)
        found.append(Stressed(name, entry.label or name.replace("_", " "), entry.why, pairs))
    return tuple(found)


def _worked_out(futures: Futures, names: Sequence[str], count: int) -> dict[str, dict[Pair, Gaps]]:
    """Give for the base or some readings what ``_gaps`` gives, in the first so many futures: by programs."""
    assert futures.sheet is not None
    assert futures.cells is not None

    def read(sheet: Sheet, values_of: Callable[[str], Values]) -> dict[Key, Any]:
        told = {name: _gaps(sheet.models[name], values_of(name), 1) for name in names}
        return {
            (name, *pair, what): figure
            for name, gaps in told.items()
            for pair, each in gaps.items()
            for what, figure in zip(("gap", "spare"), each, strict=True)
        }

    rows = worked_out(outline_by(futures.sheet, read), futures.cells, count)
    found: dict[str, dict[Pair, Gaps]] = {name: {} for name in names}
    for name, option, council, what in rows:
        if what == "gap":
            found[name][option, council] = rows[name, option, council, "gap"], rows[name, option, council, "spare"]
    return found


def _gaps(model: Model, values: Values, count: int) -> dict[Pair, Gaps]:
    """Give by option and council the recurring gap of the target year and what its headline test has to spare."""
    block = deliver(model, values, count)
    found = {}
    for o, c in model.pairs:
        if model.councils[c].gap_plan is None:
            continue
        question = _question(model, o, c)
        if question is None:
            continue
        flow = flows(model, block, o, c)
        figures = {key: np.broadcast_to(getattr(flow, key[-1]), (len(model.years), count)) for key in question.keys}
        gap = np.broadcast_to(flow.position(model.target), (count,))
        found[model.options[o].id, model.councils[c].id] = gap, question.spare(figures)
    return found


def _question(model: Model, option: int, council: int) -> Question | None:
    """Give the headline question; None where the test does not apply."""
    try:
        return ask(model, model.options[option].id, model.councils[council].id)
    except ModelError:
        return None


def _laid(
    again: Futures, model: Model, gaps: Mapping[Pair, Gaps], base: Mapping[Pair, Gaps]
) -> dict[Pair, Laid]:
    slack = model.tolerance
    planned = _gaps(model, _stressed_plan(model), 1)
    found = {}
    for pair, (gap, spare) in gaps.items():
        if pair not in base:
            continue
        before, its_spare = base[pair]
        holds, held = spare > -slack, its_spare > -slack
        told = statistics(gap, again.replicates)
        plan = float(planned[pair][0][0])
        found[pair] = Laid(
            _chance(again, holds), _change(again, holds, held), told, plan,
            _chance(again, before < told.quantiles["p50"]), _chance(again, before < plan),
        )  # fmt: skip
    return found


def _stressed_plan(model: Model) -> Values:
    """Give every node's value in the plan with what the scenario sets in place of what was planned."""
    config = model.config
    entry = config.stress[str(config.stressed)]
    put = {}
    for place, node in enumerate(model.nodes):
        if not any(node.address == at or node.address.startswith(f"{at}.") for at in entry.set_):
            continue
        if isinstance(node, Constant):
            put[place] = node.fixed
        elif isinstance(node, Driver):
            put[place] = held_at(node.varies, node.distribution.quantile(0.5), len(model.years))
        elif isinstance(node, Event) and (moment := _settled(model, node)) is not None:
            put[place] = np.asarray(moment)
    return instead(model.nodes, model.plan, put, PlanSource())


def _settled(model: Model, event: Event) -> float | None:
    """Give the moment of an event that a scenario makes certain, or that it cannot come; None where it may."""
    chances = [model.nodes[chance] for chance in event.chances]
    certain = [float(node.fixed) for node in chances if isinstance(node, Constant) and node.fixed.ndim == 0]
    if len(certain) == len(chances) and max(certain) <= 0.0:
        return np.inf
    return event.moments[0] if certain and len(certain) == len(chances) and certain[0] >= 1.0 else None


def _chance(futures: Futures, holds: NDArray[np.bool_]) -> Chance:
    replicates = futures.replicates
    counts = np.asarray([np.count_nonzero(holds[r::replicates]) for r in range(replicates)])
    return chance(counts, shared_out(len(holds), replicates))


def _change(
    futures: Futures,
    after: NDArray[np.bool_],
    before: NDArray[np.bool_],
) -> tuple[float, float]:
    """Give by how much a chance changes, and the error of that: of pairs of the same future."""
    told = statistics(after.astype(float) - before.astype(float), futures.replicates)
    return told.mean, told.errors["mean"]
