"""The cheapest bundle: of all admissible sets of measures, those that close the gap surely enough at the least cost.

Up to ``MOST_EXACT`` measures every set is counted on the same futures; beyond, ``bundle_program`` looks for good ones.
What wins is scored again by the whole model, on the same futures and on fresh ones: of many sets the best on some
futures has been lucky there.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simlib.config import Config
from simlib.decisions.admissible import Rules, added_up, admitted, rules_of
from simlib.decisions.bundle_counting import Sums, closing, holding_sets
from simlib.decisions.bundle_program import cheaper, least_costly, reaches, surest
from simlib.decisions.bundle_terms import Pool, measures_for, pool_of, sums_of, with_options
from simlib.decisions.estimated import often
from simlib.engine import simulate
from simlib.errors import ModelError, Problem
from simlib.estimates import Chance, chance
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.results import HELD, Futures
from simlib.showing import table_html

__all__ = ["Answer", "Bundle", "Bundles", "cheapest_bundles"]

LEVELS = (0.80, 0.90, 0.95)
MOST_EXACT, MOST = 20, 60  # measures
ROOM = 6e8  # bytes for what terms bring
NEAR, CLOSE, LISTED = 0.05, 2.0, 4  # a cost above the least, errors below the level, and how many of each are told
Objective = Literal["one_off", "saving_sought"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """One set of measures.

    Attributes
    ----------
    one_off
        Its measures' one-off costs to the councils, gross, on average; without what events cost [money].
    saving_sought
        What its measures are planned to save the councils a year at full effect, each counted in full [money a year].
    chance
        How often it closes the gap in the futures in which it was looked for, by the whole model.
    fresh
        The same in as many other futures: what is to be believed.
    """

    measures: tuple[str, ...]
    one_off: float
    saving_sought: float
    chance: Chance
    fresh: Chance


@dataclass(frozen=True, slots=True)
class Answer:
    """The cheapest bundle for one confidence.

    Attributes
    ----------
    cheapest
        None where no admissible bundle closes the gap so surely.
    settled
        Whether the interval of its fresh chance leaves no doubt that it does; where there is none, whether every
        admissible set was looked at.
    near
        Bundles that cost hardly more, and cheaper ones that hardly miss the confidence.
    """

    level: float
    cheapest: Bundle | None
    settled: bool
    near: tuple[Bundle, ...]


@dataclass(frozen=True, slots=True)
class Bundles:
    """What was found of some councils' measures.

    Attributes
    ----------
    admissible
        How many sets the file allows; None where they were not counted.
    best
        The bundle that closes the gap most often, the cheapest of these: how far one gets.
    frontier
        From the cheapest bundle up, each that closes the gap more often than all that cost less.
    agreed
        Whether sums of measures gave for all these the very count that the whole model gives.
    exact
        Whether every admissible set was looked at.
    """

    councils: tuple[str, ...]
    measures: tuple[str, ...]
    objective: Objective
    test: str
    count: int
    admissible: int | None
    answers: tuple[Answer, ...]
    best: Bundle
    frontier: tuple[Bundle, ...]
    agreed: bool
    exact: bool

    def _repr_html_(self) -> str:
        """Show in a notebook the cheapest bundle for each confidence, and how far one gets."""
        sought = [(f"Sure in {100 * a.level:.3g} of 100", a.cheapest) for a in self.answers]
        rows = [
            (name, *(_cells(found) if found else ("no bundle is so sure", "–", "–")))
            for name, found in [*sought, ("As sure as can be", self.best)]
        ]
        headings = ("Wanted", "Cheapest bundle", "One-off cost", "Closes in, on fresh futures")
        tried = "Not all sets were tried" if self.admissible is None else f"Of {self.admissible:,} allowed sets"
        caption, note = f"Bundles for {', '.join(self.councils)}", f"{tried}; money in the file's unit."
        return table_html(caption, headings, rows, note=note)


def _cells(found: Bundle) -> tuple[str, str, str]:
    return ", ".join(found.measures) or "nothing", f"{found.one_off:.2f}", often(found.fresh)


def cheapest_bundles(
    model: Model,
    councils: Sequence[str],
    *,
    objective: Objective = "one_off",
    levels: Sequence[float] = LEVELS,
    measures: Sequence[str] | None = None,
    simulations: int | None = None,
    seed: int | None = None,
    n_jobs: int | None = None,
) -> Bundles:
    """Find the cheapest bundles of measures that close the gap of some councils, in all of them at once.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives; its options and readings are not looked at.
    councils
        Their ids; each has a gap.
    objective
        What is to be least: ``one_off`` cost, or the recurring ``saving_sought`` from services.
    levels
        Confidences, such as 0.9.
    measures
        Ids of those to choose from; all recurring ones of the councils where left out.
    simulations, seed, n_jobs
        As in a run, up to 131,072 futures; those of the file where left out.

    Raises
    ------
    ModelError
        If a council is unknown or has no gap, there is nothing to choose from or too much, or the headline test is
        about reserves.
    """
    config = model.config
    chosen = _chosen(model, councils, measures)
    pool = pool_of(config, councils, chosen)
    conditions = len(councils) * (1 if config.closes in ("target_year", "in_year") else len(model.years))
    most = int(ROOM / (8 * len(pool.terms) * conditions))
    count = min(simulations or config.run.simulations, HELD, most)
    futures = _drawn(pool.model, count, seed, n_jobs)
    costs = {"one_off": _one_offs(pool, futures), "saving_sought": _sought(pool)}
    search = _Search(config, pool, sums_of(pool, futures), rules_of(config, chosen), costs, objective)
    used = futures.seed
    del futures  # its memory is needed
    found = search.exact(levels, n_jobs) if len(chosen) <= MOST_EXACT else search.good(levels)
    scored = _Scores.of(search, found, count, used or 0, n_jobs)
    answers = tuple(_answer(scored, level, *found.answers[level]) for level in levels)
    return Bundles(
        tuple(councils), chosen, objective, config.closes, scored.count, found.admissible, answers,
        scored.bundle(found.best), tuple(map(scored.bundle, found.frontier)), scored.agreed, scored.exact,
    )  # fmt: skip


def _chosen(model: Model, councils: Sequence[str], measures: Sequence[str] | None) -> tuple[str, ...]:
    """Give the measures to choose from, or refuse."""
    known = {c.id: c for c in model.councils}
    for name in councils:
        if name not in known or known[name].gap_plan is None:
            what = "there is no such council" if name not in known else "this council has no gap to close"
            raise ModelError([Problem("", f"councils.{name}", what)])
    chosen = measures_for(model.config, councils) if measures is None else tuple(measures)
    wrong = next((name for name in chosen if name not in model.config.measures), None)
    if wrong is not None:
        raise ModelError([Problem("", f"measures.{wrong}", "there is no such measure")])
    if not councils or not 0 < len(chosen) <= MOST:
        text = f"expected councils, and 1 to {MOST} measures to choose from, got {len(councils)} and {len(chosen)}"
        raise ModelError([Problem("", "measures", text)])
    return chosen


def _drawn(model: Model, count: int, seed: int | None, n_jobs: int | None) -> Futures:
    return simulate(model, count, seed=seed, precision={}, n_jobs=n_jobs)


def _shares(pool: Pool, measure: int) -> list[int]:
    """Give the nodes of the councils' shares in a measure."""
    ours = pool.model.options[0].councils
    return [node for council, node in pool.model.measures[measure].shares if council in ours]


def _sought(pool: Pool) -> list[float]:
    """Give each measure's planned saving to the councils at full effect."""
    model, found = pool.model, []
    for option in model.options[: len(pool.measures)]:
        m = option.measures[0]
        found.append(model.measures[m].full * sum(float(model.plan[node]) for node in _shares(pool, m)))
    return found


def _one_offs(pool: Pool, futures: Futures) -> list[float]:
    """Give each measure's one-off costs to the councils over the horizon, on average."""
    model, found = pool.model, []
    for place, option in enumerate(model.options[: len(pool.measures)]):
        alone = [flows(model, futures.delivery, place, c) for c in option.councils]
        found.append(float(sum(cost.sum(axis=0).mean() for flow in alone for cost in flow.own_costs)))
    return found


# --- looking for them --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """Sets of measures by their bits: by level the cheapest (None where there is none) and near ones."""

    answers: dict[float, tuple[int | None, tuple[int, ...]]]
    best: int
    frontier: tuple[int, ...]
    admissible: int | None

    @property
    def all(self) -> tuple[int, ...]:
        named = [own for cheapest, near in self.answers.values() for own in (cheapest, *near) if own is not None]
        return tuple(dict.fromkeys([self.best, *named, *self.frontier]))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for bundles."""

    config: Config
    pool: Pool
    sums: Sums
    rules: Rules
    costs: dict[str, list[float]]
    objective: Objective

    @property
    def size(self) -> int:
        return int(self.sums.left.shape[1])

    def total(self, name: str, own: int) -> float:
        """Give what a set costs."""
        return float(sum(cost for m, cost in enumerate(self.costs[name]) if own >> m & 1))

    def exact(self, levels: Sequence[float], n_jobs: int | None) -> _Found:
        """Count every admissible set."""
        kept = admitted(self.rules, len(self.pool.measures))
        counts = closing(self.sums, kept, n_jobs=n_jobs)
        other: Objective = "saving_sought" if self.objective == "one_off" else "one_off"
        cost = added_up(self.costs[self.objective])
        sets = np.flatnonzero(kept)
        # The cheapest first; of several at one cost the surest, then the one that seeks or spends less.
        order = sets[np.lexsort((added_up(self.costs[other])[sets], -counts[sets], np.round(cost[sets], 9)))]
        told = counts[order]
        frontier = order[np.flatnonzero(told > np.concatenate([[-1], np.maximum.accumulate(told)[:-1]]))]
        answers = {level: self._answer(level, order, told, cost) for level in levels}
        return _Found(answers, int(frontier[-1]), tuple(map(int, frontier)), len(sets))

    def _answer(
        self, level: float, order: NDArray[np.intp], told: NDArray[np.int64], cost: Floats
    ) -> tuple[int | None, tuple[int, ...]]:
        """Give the cheapest set that reaches a level, and near ones."""
        reach = np.flatnonzero(told >= level * self.size - 1e-9)
        if not len(reach):
            return None, ()
        first = reach[0]
        dearer = [int(order[k]) for k in reach[1:] if cost[order[k]] <= cost[order[first]] * (1 + NEAR)]
        error = np.sqrt(level * (1 - level) / self.size)
        missed = np.flatnonzero(told[:first] >= (level - CLOSE * error) * self.size)
        return int(order[first]), (*dearer[:LISTED], *(int(order[k]) for k in missed[-LISTED:]))

    def good(self, levels: Sequence[float]) -> _Found:
        """Look for good sets where there are too many to count."""
        costs = self.costs[self.objective]
        found = {level: least_costly(self.sums, self.rules, costs, level) for level in levels}
        some = {own for own in found.values() if own is not None}
        best = surest(self.sums, self.rules, max(some, default=0, key=self._often))
        for level, own in found.items():  # the solver may give up where there is one
            if own is None and reaches(self.sums, best, level):
                found[level] = cheaper(self.sums, self.rules, costs, best, level)
        some = {own for own in found.values() if own is not None}
        answers: dict[float, tuple[int | None, tuple[int, ...]]] = {level: (own, ()) for level, own in found.items()}
        return _Found(answers, best, tuple(sorted({*some, best}, key=self._often)), None)

    def _often(self, own: int) -> int:
        return int(np.count_nonzero(holding_sets(self.sums, own)))


# --- scoring them again ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scores:
    """What the whole model says of some sets."""

    search: _Search
    chances: dict[int, tuple[Chance, Chance]]
    count: int
    agreed: bool
    exact: bool

    @classmethod
    def of(cls, search: _Search, found: _Found, count: int, seed: int, n_jobs: int | None) -> "_Scores":
        pool, sets = search.pool, found.all
        model = with_options(search.config, pool.councils, [list(_names(pool, own)) for own in sets])
        same = _drawn(model, count, seed, n_jobs)
        fresh = _drawn(model, count, fresh_seed(seed), n_jobs)
        summed = [np.count_nonzero(holding_sets(search.sums, own)) for own in sets]
        agreed = all(_counted(same, i, pool).sum() == count for i, count in enumerate(summed))
        told = {
            own: (chance(_counted(same, i, pool), same.trials), chance(_counted(fresh, i, pool), fresh.trials))
            for i, own in enumerate(sets)
        }
        return cls(search, told, same.count, agreed, found.admissible is not None)

    def bundle(self, own: int) -> Bundle:
        """Give a set as it is told."""
        search = self.search
        one_off, sought = (search.total(name, own) for name in ("one_off", "saving_sought"))
        return Bundle(tuple(_names(search.pool, own)), one_off, sought, *self.chances[own])


def _names(pool: Pool, own: int) -> Iterator[str]:
    return (name for m, name in enumerate(pool.measures) if own >> m & 1)


def _counted(futures: Futures, place: int, pool: Pool) -> NDArray[np.int64]:
    where = pool.councils[0] if len(pool.councils) == 1 else "jointly"
    return futures.readings["readings", "", f"bundle_{place}", where]


def fresh_seed(seed: int) -> int:
    """Give a seed for other futures than those of a seed."""
    return int.from_bytes(hashlib.blake2b(f"fresh futures beside {seed}".encode(), digest_size=7).digest(), "big")


def _answer(scored: _Scores, level: float, cheapest: int | None, near: tuple[int, ...]) -> Answer:
    if cheapest is None:
        return Answer(level, None, settled=scored.exact, near=())
    bundle = scored.bundle(cheapest)
    return Answer(level, bundle, bundle.fresh.interval[0] >= level, tuple(map(scored.bundle, near)))
