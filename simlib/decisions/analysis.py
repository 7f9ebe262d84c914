"""What ``simlib decide`` asks of a run, as one document; how each answer is found is in a module of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from simlib.config.nodes import refuse_unknown
from simlib.decisions.assumptions import Assumption, assumptions
from simlib.decisions.break_even import FURTHEST, BreakEven, break_even, uncertain
from simlib.decisions.bundle_terms import CASH, RECURRING, measures_for
from simlib.decisions.bundles import Answer, Bundle, Bundles, Objective, cheapest_bundles
from simlib.decisions.comparing_options import Comparison, compare_options, downside
from simlib.decisions.crossing import LEVELS
from simlib.decisions.discovery import box
from simlib.decisions.estimated import Estimate
from simlib.decisions.information import Information, value_of_information
from simlib.decisions.instead import Same, held_at
from simlib.decisions.over_programming import over_programming
from simlib.decisions.question import CLAIM, JOINTLY, Question, ask
from simlib.decisions.reverse_stress import reverse_stress
from simlib.decisions.stress import stress
from simlib.drivers import Driver
from simlib.engine import simulate
from simlib.entries import chance_entry
from simlib.errors import ModelError, Problem
from simlib.estimates import Chance
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.readouts import TESTS
from simlib.results import Futures

__all__ = ["OBJECTIVES", "Asked", "analysis", "chosen_questions"]

LOOKED_AT = 8_192  # futures for what is asked of every assumption and pair of options: a chance within 1.1 of 100
NEAREST = 2  # assumptions of which break-even values are told, beside what is delivered: that every officer asks
OPEN = 0.01  # of futures: where fewer close, or fewer fail, there is no box and no combination to look for
AXES = 6  # assumptions beside which failing futures are set
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks; everything where a part is left empty.

    Attributes
    ----------
    options, councils
        Ids; ``jointly`` and ``claim`` are councils too.
    drivers
        Addresses of figures whose break-even values are wanted, instead of those that come nearest.
    test
        A closing test; the file's headline where left out.
    levels
        How sure is sure enough [0 to 1].
    objective
        What of a bundle is to be least.
    """

    options: tuple[str, ...] = ()
    councils: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    test: str | None = None
    levels: tuple[float, ...] = LEVELS
    objective: str = "one_off"


def analysis(futures: Futures, asked: Asked | None = None, *, n_jobs: int | None = None) -> Document:
    """Tell what must be true for each option to be safe, and what there is to choose between.

    Parameters
    ----------
    futures
        What :func:`simlib.simulate` gives; those that are held are looked at.
    n_jobs
        Workers; the result is the same for any number, to the byte.

    Returns
    -------
    dict
        As ``docs/results.md`` describes ``decisions.json``.

    Raises
    ------
    ConfigError
        If an option, a council, a test, an objective or a figure is not known.
    ModelError
        If there is nothing to decide, or what is asked for cannot be asked of this file.
    """
    asked = asked or Asked()
    model = futures.model
    questions = chosen_questions(model, asked)
    few = _first(futures)
    same = Same.of(futures)
    scanned = same if few is futures else Same.of(few)
    told = cache(partial(_told, futures))  # ordered once, whatever is asked of it
    found = [_Answers(same, scanned, told, question, asked, n_jobs).document() for question in questions]
    return {
        "simlib": 1, "test": asked.test or model.config.closes, "levels": list(asked.levels),
        "objective": asked.objective,
        "futures": {"drawn": futures.count, "held": futures.held, "scanned": few.held},
        "questions": found,
        "stress": {each.id: each.document() for each in stress(futures, n_jobs=n_jobs)},
        "comparisons": [_comparison(each) for each in compare_options(few)],
        "downside": dict(_downsides(futures)),
        "information": _information(futures),
        "bundles": dict(_bundles(futures, asked, n_jobs)),
    }  # fmt: skip


# What is asked


def chosen_questions(model: Model, asked: Asked) -> list[Question]:
    """Give a question for each option that does something, and each of its councils with a gap; then for its claim.

    Raises
    ------
    ConfigError
        If an option, a council, a test, an objective or a figure is not known.
    ModelError
        If there is nothing to decide, or what is asked for cannot be asked of this file.
    """
    _refuse_unknown(model, asked)
    wanted = asked.options or tuple(option.id for option in model.options if option.measures)
    found, refused = [], list[Problem]()
    for option in (each for each in model.options if each.id in wanted):
        own = [model.councils[c].id for c in option.councils] + ([CLAIM] if option.claim else [])
        for council in asked.councils or own:
            try:
                found.append(ask(model, option.id, council, test=asked.test))
            except ModelError as why:  # of what nobody has named, only what can be asked is
                refused += why.problems
    if not found:
        raise ModelError(refused or [Problem("", "options", "expected options with measures: nothing to decide here")])
    return found


def _refuse_unknown(model: Model, asked: Asked) -> None:
    """Refuse names that nothing in the model has."""
    drivers = [node.address for node in model.nodes if isinstance(node, Driver)]
    refuse_unknown({
        "--option": (asked.options, [option.id for option in model.options]),
        "--council": (asked.councils, [*(council.id for council in model.councils), JOINTLY, CLAIM]),
        "--test": ((asked.test,) if asked.test else (), list(TESTS)),
        "--objective": ((asked.objective,), list(OBJECTIVES)),
        "--driver": (asked.drivers, drivers),
    })  # fmt: skip


def _first(futures: Futures) -> Futures:
    """Give fewer futures of the same run, without its readings."""
    if futures.held <= LOOKED_AT:
        return futures
    order = None if futures.order is None else [(str(name), int(year)) for name, year in futures.order]
    model = replace(futures.model, readings={})
    return simulate(model, LOOKED_AT, seed=futures.seed, sampler=futures.sampler, precision={}, order=order)


# What must be true


_Told = tuple[Assumption, Floats, Floats]  # with its (simulation,) values, and where among them each lies [0 to 1]


def _told(futures: Futures) -> list[_Told]:
    """Give what failing futures are set beside."""
    found = assumptions(futures.model, futures.values, futures.held)
    return [(known, row, _ranks(row) / futures.held) for known, row in found if known.kind != "event"]


def _ranks(row: Floats) -> NDArray[np.intp]:
    """Give where each value stands, from 0; of equal ones the first comes first."""
    order = np.argsort(row, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


@dataclass(frozen=True, slots=True)
class _Answers:
    """All that is told of one question, in the held futures and in few of them."""

    same: Same
    few: Same
    told: Callable[[], list[_Told]]
    question: Question
    asked: Asked
    n_jobs: int | None

    def document(self) -> Document:
        """Give the answers."""
        question = self.question
        holds = question.holds(self.same.spare(question, n_jobs=self.n_jobs))
        chance = self.same.chance(holds)
        undecided = OPEN <= chance.probability <= 1.0 - OPEN
        planned = question.at_values(list(question.model.plan), 1)
        return {
            "option": question.option, "council": question.council, "test": question.test,
            "closes": chance_entry(chance), "plan": float(planned[0]),
            **self._break_evens(chance, finely=undecided or bool(self.asked.drivers)),
            "over_programming": self._over_programming(),
            "combination": self._combination() if undecided else None,
            "box": self._box() if undecided else None,
            "beside": list(self._beside(holds)) if undecided else [],
        }  # fmt: skip

    def _break_evens(self, chance: Chance, *, finely: bool) -> Document:
        """Look at every figure in few futures, and, where that is worth it, at what is asked most in all of them."""
        nodes = [node for node in self.few.model.nodes if isinstance(node, Driver)]
        idle = [node.address for node in nodes if not self._moves(node)]
        scanned = {node.address: self._even(self.few, node.address) for node in nodes if node.address not in idle}
        chosen = self.asked.drivers or self._chosen(list(scanned.values()), chance)
        told = [self._even(self.same, address) if finely else scanned[address] for address in chosen]
        return {
            "break_even": [found.document() for found in told],
            "scanned": [_scanned(found) for found in scanned.values()],
            "idle": idle,
        }

    def _even(self, same: Same, address: str) -> BreakEven:
        return break_even(same, self.question, address, levels=self.asked.levels, n_jobs=self._workers(same))

    def _workers(self, same: Same) -> int | None:
        """Give one worker for few futures: sharing them out takes longer."""
        return 1 if same.count <= LOOKED_AT else self.n_jobs

    def _moves(self, node: Driver) -> bool:
        """Tell whether it makes a difference to any future where a figure is held."""
        place = uncertain(self.few.model, node.address)[0]
        values = np.unique(node.distribution.ppf(np.array([FURTHEST, 0.37, 0.63, 1.0 - FURTHEST]))).tolist()
        first, *others = (held_at(node.varies, value, len(self.few.model.years)) for value in values)
        before = self._held(place, first)
        return any(np.any(self._held(place, other) != before) for other in others)

    def _held(self, place: int, value: Floats) -> Floats:
        return self.few.spare(self.question, {place: value}, n_jobs=self._workers(self.few))

    def _chosen(self, scanned: Sequence[BreakEven], chance: Chance) -> list[str]:
        """Give what is delivered, and what makes an option surest; where it is sure enough, what can undo that."""
        sure = chance.probability >= min(self.asked.levels)

        def least(found: BreakEven) -> float:
            return min(point.chance.probability for point in found.course.points)

        def rank(found: BreakEven) -> float:
            return least(found) if sure else -found.course.best.chance.probability

        delivered = [found.address for found in sorted(scanned, key=rank) if found.address.endswith(".realisation")]
        others = [found.address for found in sorted(scanned, key=rank) if found.address not in delivered]
        return [*delivered[:NEAREST], *others[:NEAREST]]

    def _over_programming(self) -> Document | None:
        """Tell how much to plan for; nothing where nothing is planned that could be more."""
        option = next(each for each in self.question.model.options if each.id == self.question.option)
        if not option.measures:
            return None
        found = over_programming(self.few.futures, self.question, levels=self.asked.levels, n_jobs=1)
        return found.document() if found.planned > 0 else None

    def _combination(self) -> Document:
        return reverse_stress(self.same.futures, self.question, n_jobs=self.n_jobs).document()

    def _box(self) -> Document | None:
        found = box(self.same.futures, self.question)
        return found.document() if found else None

    def _beside(self, holds: NDArray[np.bool_]) -> Iterator[Document]:
        """Set futures in which it fails beside the others, by the assumptions that differ most between them."""
        apart = sorted(self.told(), key=lambda each: -abs(float(each[2][holds].mean() - each[2][~holds].mean())))
        for known, row, ranks in apart[:AXES]:
            yield {
                "address": known.address, "label": known.label, "kind": known.kind, "through": known.through,
                "fails": _spread(row[~holds], ranks[~holds]), "closes": _spread(row[holds], ranks[holds]),
            }  # fmt: skip


def _spread(row: Floats, ranks: Floats) -> Document:
    """Give the middle half of a figure in some futures, and where in all of them it lies [0 to 1]."""
    levels = {"p25": 0.25, "p50": 0.5, "p75": 0.75}
    return {
        name: {"value": float(np.quantile(row, share)), "rank": float(np.quantile(ranks, share))}
        for name, share in levels.items()
    }


def _scanned(found: BreakEven) -> Document:
    """Give what was seen of one figure, without the values that were looked at."""
    whole = found.document()
    return {key: value for key, value in whole.items() if key != "points"}


# What to choose


def _comparison(found: Comparison) -> Document:
    return {
        "where": found.where, "allowed": list(found.allowed),
        "options": {
            name: {
                "best": chance_entry(standing.best), "regret": _estimate(standing.regret),
                "regret_p90": _estimate(standing.regret_p90),
                "acceptable": [chance_entry(each) for each in standing.acceptable],
            }
            for name, standing in found.options.items()
        },
        "dominance": [
            {"better": d.better, "worse": d.worse, "order": d.order, "undone": d.undone, "settled": d.settled}
            for d in found.dominance
        ],
    }  # fmt: skip


def _estimate(found: Estimate) -> Document:
    known = np.isfinite(found.value)
    return {"value": found.value if known else None, "error": found.error if known else None}


def _downsides(futures: Futures) -> Iterator[tuple[str, Document]]:
    """Tell who bears what of each option that several councils share."""
    for option in futures.model.options:
        borne = downside(futures, option.id)
        if borne and option.measures:
            yield option.id, {
                council: {
                    "shortfall": _estimate(each.shortfall), "share": _estimate(each.share),
                    "share_of_worst": _estimate(each.share_of_worst),
                    "share_of_savings": _estimate(each.share_of_savings),
                }
                for council, each in borne.items()
            }  # fmt: skip


def _information(futures: Futures) -> Document | None:
    """Tell what knowing more is worth; nothing where the file does not say what outcomes cost."""
    decision = futures.model.config.decision
    if decision is None or decision.loss is None or len(futures.model.options) < 2:
        return None
    found: Information = value_of_information(futures)
    return {
        "best": found.best, "perfect": _estimate(found.perfect),
        "expected": {name: _estimate(each) for name, each in found.expected.items()},
        "learnable": {
            name: {
                "label": decision.learnable[name].label or name.replace("_", " "),
                "figures": list(each.figures), "by": each.by.isoformat(), "cost": each.cost,
                "value": _estimate(each.value), "at_most": each.at_most, "net": each.net,
            }
            for name, each in found.learnable.items()
        },
    }  # fmt: skip


def _bundles(futures: Futures, asked: Asked, n_jobs: int | None) -> Iterator[tuple[str, Document]]:
    """Tell the cheapest bundle for each council that has measures to choose from, or why that cannot be told."""
    model, objective = futures.model, cast("Objective", asked.objective)
    if model.config.closes not in (*CASH, *RECURRING):
        return  # what pots pay is no sum over measures
    labels = {key: each.label or key.replace("_", " ") for key, each in model.config.measures.items()}
    for council in model.councils:
        wanted = not asked.councils or council.id in asked.councils
        if council.gap_plan is None or not wanted or len(measures_for(model.config, [council.id])) < 2:
            continue
        try:
            found = cheapest_bundles(
                model, [council.id], objective=objective, levels=asked.levels, simulations=futures.held,
                seed=futures.seed, n_jobs=n_jobs,
            )  # fmt: skip
        except ModelError as why:
            yield council.id, {"refused": str(why)}
        else:
            yield council.id, _bundles_told(labels, found)


def _bundles_told(labels: Mapping[str, str], found: Bundles) -> Document:
    return {
        "measures": {key: labels[key] for key in found.measures}, "objective": found.objective, "test": found.test,
        "count": found.count, "admissible": found.admissible, "exact": found.exact, "agreed": found.agreed,
        "answers": [_answer(each) for each in found.answers], "best": _bundle(found.best),
        "frontier": [_bundle(each) for each in found.frontier],
    }  # fmt: skip


def _answer(found: Answer) -> Document:
    cheapest = None if found.cheapest is None else _bundle(found.cheapest)
    near = [_bundle(each) for each in found.near]
    return {"level": found.level, "cheapest": cheapest, "settled": found.settled, "near": near}


def _bundle(found: Bundle) -> Document:
    return {
        "measures": list(found.measures), "one_off": found.one_off, "saving_sought": found.saving_sought,
        "chance": chance_entry(found.chance), "fresh": chance_entry(found.fresh),
    }  # fmt: skip
