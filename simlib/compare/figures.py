"""What two runs are compared by: each headline's chance, each gap, reserve, claim and output, from futures held.

A chance is a count of futures, and stays one: a fraction. Beside the whole each figure is told of sixteen groups of
the futures, the same in every config, so that the error of any difference can be told from how the groups differ.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from simlib.errors import ResultsError
from simlib.kernels.paths import Floats
from simlib.loops import LANES
from simlib.loops.lanes import by_lane
from simlib.model import Model
from simlib.outline import shared_out
from simlib.ranking import folded, quantiles
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sensitivity.targets import figures_of

__all__ = ["CHANCE", "Figure", "Told", "Worth", "figures", "told", "worths"]

CHANCE = "chance"
RESERVES = {"80": 0.80, "90": 0.90, "95": 0.95}
TOGETHER = 32  # keys that are read at once, so that a file of many options needs no more memory than one of few
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run.

    Attributes
    ----------
    name
        ``closes``, option and council (or ``jointly``); ``gap_recurring``, ``shortfall`` likewise; ``reserve_needed``,
        option, council and level; ``claim`` and option; ``output`` and its id.
    kind
        ``chance``, ``money``, or an output's.
    how
        What of its futures: the ``mean``, or a quantile's level.
    key, year
        What is read, and of a figure by year the row.
    """

    name: tuple[str, ...]
    kind: str
    key: Key
    how: Literal["mean"] | float = "mean"
    year: int | None = None

    def row(self, read: Mapping[Key, Floats]) -> Floats:
        """Give it in every future, (simulation,)."""
        found = read[self.key]
        row = found[self.year] if self.year is not None else found
        return np.asarray(np.maximum(row, 0.0) if self.name[0] == "shortfall" else row)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a figure is: over all futures exactly, and (group,) in each group of them."""

    whole: Fraction
    groups: Floats


@dataclass(frozen=True, slots=True)
class Told:
    """What a run has told of a figure, with its simulation error."""

    value: Fraction
    error: float


def figures(model: Model) -> dict[tuple[str, ...], Figure]:
    """Give everything that a model can be compared by, by name."""
    return {figure.name: figure for figure in (*_of_options(model), *_of_outputs(model))}


def _of_options(model: Model) -> Iterator[Figure]:
    for option in model.options:
        homes = [model.councils[c] for c in option.councils]
        gaps = [home for home in homes if home.gap_plan is not None]
        reserves = model.config.closes.startswith("reserves")
        tested = [home.id for home in gaps if home.fund is not None or not reserves]
        for place in (*tested, *(["jointly"] if len(tested) == len(homes) > 1 else [])):
            yield Figure(("closes", option.id, place), CHANCE, ("holds", option.id, place))
        for home in gaps:
            key = ("options", option.id, home.id)
            for name in ("gap_recurring", "shortfall"):
                yield Figure((name, option.id, home.id), "money", (*key, "gap_recurring"), year=model.target)
            for level, share in RESERVES.items() if home.fund is not None else ():
                yield Figure(("reserve_needed", option.id, home.id, level), "money", (*key, "reserve_needed"), share)
        if option.claim is not None:
            yield Figure(("claim", option.id), CHANCE, ("holds", option.id, "claim"))


def _of_outputs(model: Model) -> Iterator[Figure]:
    for output in model.outputs:
        year = model.target if model.plan[output.node].ndim > 1 else None
        kind = CHANCE if output.condition else output.kind
        yield Figure(("output", output.id), kind, ("outputs", output.id), year=year)


def worths(futures: Futures, wanted: Sequence[Figure], *, n_jobs: int | None = None) -> dict[tuple[str, ...], Worth]:
    """Give figures in the futures that are held, by name."""
    keys = list(dict.fromkeys(figure.key for figure in wanted))
    found: dict[tuple[str, ...], Worth] = {}
    for start in range(0, len(keys), TOGETHER):
        near = keys[start : start + TOGETHER]
        read = figures_of(futures, near, n_jobs=n_jobs)
        found |= {figure.name: _worth(figure, figure.row(read)) for figure in wanted if figure.key in near}
    return found


def _worth(figure: Figure, row: Floats) -> Worth:
    """Give what one figure is, (simulation,)."""
    if figure.how != "mean":
        levels = np.asarray([figure.how])
        groups = np.concatenate([quantiles(np.sort(row[g::LANES]), levels) for g in range(LANES)])
        return Worth(Fraction(float(quantiles(np.sort(row), levels)[0])), groups)
    if figure.kind == CHANCE:
        row = (row != 0).astype(np.float64)
    sums, trials = by_lane(row, LANES), shared_out(len(row), LANES)
    total = float(folded(sums))
    whole = Fraction(int(total), len(row)) if figure.kind == CHANCE else Fraction(total / len(row))
    return Worth(whole, sums / trials)


# ---- What a run has told -----------------------------------------------------------------------------------


def told(document: Document, figure: Figure) -> Told:
    """Give what a run's summary says of a figure; of a chance the fraction of its futures.

    Raises
    ------
    ResultsError
        When the summary does not have it, or not as a run writes it.
    """
    try:
        value, error = _READ[figure.name[0]](document, *figure.name[1:])
        exact = Fraction(float(value))
        if figure.kind == CHANCE:
            exact = exact.limit_denominator(int(document["config"]["simulations"]))
        return Told(exact, float(error or 0.0))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as wrong:
        expected = f"expected {'.'.join(figure.name)} as a run writes it"
        raise ResultsError(f"summary.json: damaged: {expected}; run the config again") from wrong


def _closes(document: Document, option: str, place: str) -> tuple[float, float]:
    entry = document["options"][option]
    found = entry["jointly"] if place == "jointly" else entry["councils"][place]
    return _chance(found["closes"][document["headline"]])


def _chance(found: Document) -> tuple[float, float]:
    return found["probability"], found["error"]


def _gap(document: Document, option: str, council: str) -> tuple[float, float]:
    return _mean(document["options"][option]["councils"][council]["gap_recurring"][document["target_year"]])


def _mean(found: Document) -> tuple[float, float]:
    return found["mean"], found["error"]["mean"]


def _shortfall(document: Document, option: str, council: str) -> tuple[float, float]:
    """Give the average over all futures, which is the share that is short times the average where it is."""
    found = document["options"][option]["councils"][council]["shortfall"]
    chance, mean = found["probability"], found["mean_if_short"]
    return chance * mean, float(np.hypot(chance * found["errors"]["mean_if_short"], mean * found["error"]))


def _reserve(document: Document, option: str, council: str, level: str) -> tuple[float, float]:
    found = document["options"][option]["councils"][council]["reserve_needed"]
    return found[level], found["error"][level]


def _output(document: Document, name: str) -> tuple[float, float]:
    entry = document["outputs"][name]
    found = entry if "mean" in entry else entry[document["target_year"]]
    return _chance(found["chance"]) if found["chance"] else _mean(found)


_READ: Mapping[str, Callable[..., tuple[float, float]]] = {
    "closes": _closes,
    "gap_recurring": _gap,
    "shortfall": _shortfall,
    "reserve_needed": _reserve,
    "claim": lambda document, option: _chance(document["options"][option]["claim"]),
    "output": _output,
}
