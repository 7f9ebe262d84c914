"""What a bundle of measures is the sum of: its measures, and where these meet what they do to each other.

Measures that overlap, or that one of them slows, bring other than the sum of what each brings alone. Every such meeting
is a term: what the model gives for just these measures, less what their smaller terms give. So sums of terms are the
model's own figures, whatever the file says of overlaps and slowing. Counting and choosing are elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from simlib.compiling import compile_model
from simlib.config import Config
from simlib.config.schema import Option
from simlib.decisions.bundle_counting import Sums
from simlib.errors import ModelError, Problem
from simlib.flows import Flows, flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.results import Futures
from simlib.slowing import slowers

__all__ = ["Pool", "measures_for", "pool_of", "sums_of", "with_options"]

MOST_TERMS = 300
CASH, RECURRING = ("in_year", "every_year"), ("target_year", "from_target_year")


@dataclass(frozen=True, slots=True)
class Pool:
    """Measures from which bundles are made.

    Attributes
    ----------
    model
        The file's, with an option for each term.
    councils, measures
        Their ids.
    terms
        The measures of each term, one bit each: first one for each measure, then those of several, by the last.
    """

    model: Model
    councils: tuple[str, ...]
    measures: tuple[str, ...]
    terms: tuple[int, ...]


def measures_for(config: Config, councils: Sequence[str]) -> tuple[str, ...]:
    """Give the recurring measures of some councils with those that they require, in the file's order."""
    found, waiting = set(), []
    for name, measure in config.measures.items():
        owners = measure.shares or [measure.council]
        if measure.basis != "one_off" and any(council in owners for council in councils):
            waiting.append(name)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in config.measures[name].requires if other in config.measures]
    return tuple(name for name in config.measures if name in found)


def with_options(config: Config, councils: Sequence[str], bundles: Sequence[Sequence[str]]) -> Model:
    """Give the model of a file whose options are some bundles, ``bundle_0`` and so on: the same draws, no readings."""
    lost = next((name for name, entry in config.observed.items() if entry.what.startswith("options.")), None)
    if lost is not None:
        text = "expected a figure of the file or of a measure: bundles are tried in place of the option that this is of"
        raise ModelError([Problem("", f"observed.{lost}.what", text)])
    options = {
        f"bundle_{i}": Option.model_construct(councils=tuple(councils), measures=tuple(bundle))
        for i, bundle in enumerate(bundles)
    }
    return compile_model(config.model_copy(update={"options": options, "readings": {}}))


def pool_of(config: Config, councils: Sequence[str], measures: Sequence[str]) -> Pool:
    """Give the pool of some measures, with the terms by which they meet.

    Raises
    ------
    ModelError
        If they meet in more ways than can be looked at.
    """
    place = {name: i for i, name in enumerate(measures)}
    alone = [1 << i for i in range(len(measures))]
    met: set[int] = set()
    for core, company in _meetings(config, measures):
        rest = sorted(company - core)
        for more in chain.from_iterable(combinations(rest, k) for k in range(len(rest) + 1)):
            met.add(sum(1 << place[name] for name in (*core, *more)))
            if len(met) > MOST_TERMS:
                text = f"these measures slow and overlap each other in more than {MOST_TERMS} ways; choose from fewer"
                raise ModelError([Problem("", "measures", text)])
    terms = (*alone, *sorted(met - set(alone)))
    options = [[name for name in measures if term >> place[name] & 1] for term in terms]
    return Pool(with_options(config, councils, options), tuple(councils), tuple(measures), terms)


def _meetings(config: Config, measures: Sequence[str]) -> Iterator[tuple[set[str], set[str]]]:
    """Give measures, and pairs that overlap, each with all those that change what they bring."""
    company = {name: _company(config, name, measures) for name in measures}
    for name in measures:
        yield {name}, company[name]
        for other in config.measures[name].overlaps:
            if other in company:
                yield {name, other}, company[name] | company[other]


def _company(config: Config, name: str, measures: Sequence[str]) -> set[str]:
    """Give the measures that slow a measure, and those that it requires where something slows these."""
    found = set(slowers(config, name, measures))
    for other in config.measures[name].requires:
        if other in measures:
            more = _company(config, other, [each for each in measures if each != name])
            found |= more | ({other} if more else set())
    return found


def sums_of(pool: Pool, futures: Futures) -> Sums:
    """Give what bundles are sums of, in held futures of the pool's model.

    Raises
    ------
    ModelError
        If the file's headline test is about reserves: what pots pay is no sum over measures.
    """
    model, test = pool.model, pool.model.config.closes
    if test not in (*CASH, *RECURRING):
        text = f"bundles are counted by tests of the gap, not by '{test}': what pots pay is no sum over measures"
        raise ModelError([Problem("", "closes", text)])
    places = [model.options[0].councils[i] for i in range(len(pool.councils))]
    years = {"target_year": [model.target], "in_year": [model.target], "every_year": list(range(len(model.years)))}
    chosen = years.get(test, list(range(model.target, len(model.years))))
    conditions = [(c, year) for c in places for year in chosen]
    left = np.stack([futures.delivery.gap_before[c][year] - model.tolerance for c, year in conditions])
    rows = np.empty((len(pool.terms), len(conditions), futures.held))
    for t, term in enumerate(pool.terms):
        for r, (c, year) in enumerate(conditions):
            rows[t, r] = _brought(flows(model, futures.delivery, t, c), year, cash=test in CASH)
        for smaller, other in enumerate(pool.terms):
            if other != term and other & term == other:
                rows[t] -= rows[smaller]
    return Sums(left, pool.terms, rows, len(pool.measures))


def _brought(flow: Flows, year: int, *, cash: bool) -> Floats:
    """Give what an option brings a council in one year, (simulation,)."""
    if cash:
        return np.asarray(flow.savings[year])
    return np.asarray(flow.block.gap_before[flow.council][year] - flow.position(year))
