"""Scenario discovery: a box of few assumptions in which an option mostly fails, or mostly holds; nothing is drawn here.

The box is found in half of the futures, its limits are rounded as people say them, and what is told of it is counted in
the other half: a box that was cut to fit its own futures would promise too much.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.decisions.assumptions import Assumption, assumptions
from simlib.decisions.instead import spare_of
from simlib.decisions.question import Question
from simlib.estimates import Chance, chance
from simlib.kernels.paths import Floats
from simlib.results import Futures
from simlib.units import figure

LOOKED_AT = 65_536  # futures, in both halves
MOST = 3  # assumptions of a box
CANDIDATES = 8  # that explain most by themselves
PEELED = 0.05  # of what is left, at each step
LEAST = 0.01  # of the futures: no box is smaller
BINS = 16
WORTH = 0.02  # by which a further assumption must better a box
SHIFTED = 0.1  # of the futures within an assumption's limits: so many may come and go by rounding them
MOST_FINER = 4  # digits more than most limits need
Document = dict[str, Any]
Facts = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limit:
    """One assumption of a box: from where and up to where it goes; None on a side where it has no limit."""

    assumption: Assumption
    least: float | None
    most: float | None
    least_words: str | None
    most_words: str | None


@dataclass(frozen=True, slots=True)
class Box:
    """A box.

    Attributes
    ----------
    fails
        Whether it holds futures in which the option fails, rather than those in which it does not: what is rarer.
    limits
        The foremost first.
    density
        How often the option fails (or holds) inside.
    coverage
        How much of all failing (or holding) it has inside.
    size
        How many futures are inside.
    base
        How often the option fails (or holds) at all.
    """

    question: Question
    fails: bool
    limits: tuple[Limit, ...]
    density: Chance
    coverage: Chance
    size: Chance
    base: Chance

    def document(self) -> Document:
        """Give it as JSON has it."""
        return {
            "fails": self.fails,
            "limits": [
                {
                    "address": each.assumption.address, "label": each.assumption.label, "kind": each.assumption.kind,
                    "through": each.assumption.through, "least": each.least, "most": each.most,
                    "least_words": each.least_words, "most_words": each.most_words,
                }
                for each in self.limits
            ],
            **{
                name: {"probability": told.probability, "error": told.error, "interval": list(told.interval)}
                for name, told in self._shares()
            },
        }  # fmt: skip

    def _shares(self) -> Sequence[tuple[str, Chance]]:
        return [("density", self.density), ("coverage", self.coverage), ("size", self.size), ("base", self.base)]


def box(futures: Futures, question: Question, *, fails: bool | None = None, most: int = MOST) -> Box | None:
    """Give a box of few assumptions that holds much of the futures in which an option fails, and few others.

    Parameters
    ----------
    futures
        Of a run; the first ``LOOKED_AT`` are looked at.
    question
        What is to hold.
    fails
        Whether the box is to hold failing futures or those in which the question holds; the rarer where left out.
    most
        Assumptions that it may name.

    Returns
    -------
    Box or None
        None where half of the futures have fewer than a hundred of them, or no box is better than all futures.

    Notes
    -----
    Patient rule induction: of all sides of the box the one is peeled off, 5 % of what is left at a time, that raises
    the density most for what it takes away. Of all boxes on the way the one is taken whose density and coverage have
    the largest harmonic mean, density counting twice as much, and an assumption is added as long as that makes it
    better by 2 of 100.

    References
    ----------
    Friedman, J. H. and Fisher, N. I. (1999), Statistics and Computing 9, 123-143; Bryant, B. P. and Lempert, R. J.
    (2010), Technological Forecasting and Social Change 77, 34-49.
    """
    held = question.holds(spare_of(futures, question))[:LOOKED_AT]
    wanted = bool(np.mean(held) > 0.5) if fails is None else fails
    hits = ~held if wanted else held
    found = list(assumptions(futures.model, futures.values, futures.held))
    learnt, kept = slice(0, len(hits), 2), slice(1, len(hits), 2)
    if min(hits[learnt].sum(), (~hits[learnt]).sum()) < 100:
        return None
    rows = [row[: len(hits)] for _, row in found]
    order = _foremost(rows, hits, learnt)
    sides = _selected([rows[k][learnt] for k in order], hits[learnt], most)
    limits = [
        (k, _limit(found[order[k]][0], rows[order[k]][learnt], low, high, futures.model.unit))
        for k, (low, high) in sides.items()
    ]
    limits = [(k, limit) for k, limit in limits if limit.least is not None or limit.most is not None]
    if not limits:
        return None
    inside = np.ones(len(hits[kept]), dtype=bool)
    for k, limit in limits:
        inside &= _within(rows[order[k]][kept], limit.least, limit.most)
    return _told(question, wanted, tuple(limit for _, limit in limits), inside, hits[kept])


def _told(question: Question, fails: bool, limits: tuple[Limit, ...], inside: Facts, hits: Facts) -> Box:  # noqa: FBT001
    both, within, all_hits = (_count(facts) for facts in (inside & hits, inside, hits))
    return Box(
        question, fails, limits, _share(both, within), _share(both, all_hits), _share(within, len(hits)),
        _share(all_hits, len(hits)),
    )  # fmt: skip


def _count(facts: Facts) -> int:
    return int(np.count_nonzero(facts))


def _share(part: int, whole: int) -> Chance:
    return chance(np.asarray([part]), np.asarray([whole]))


def _foremost(rows: Sequence[Floats], hits: Facts, learnt: slice) -> list[int]:
    """Give the rows that explain most by themselves, by how the share of hits differs between bins of them."""
    told = hits[learnt].astype(float)
    strength = []
    for row in rows:
        near = row[learnt]
        edges = np.unique(np.quantile(near, np.arange(1, BINS) / BINS))
        bins = np.searchsorted(edges, near, side="left")
        counts = np.bincount(bins, minlength=BINS)
        sums = np.bincount(bins, weights=told, minlength=BINS)
        means = np.divide(sums, counts, out=np.full(BINS, told.mean()), where=counts > 0)
        strength.append(float(counts @ (means - told.mean()) ** 2))
    return [int(k) for k in np.argsort(-np.asarray(strength), kind="stable")[:CANDIDATES]]


def _selected(rows: Sequence[Floats], hits: Facts, most: int) -> dict[int, tuple[float, float]]:
    """Give by row the sides of a box of few of them, each added because it makes the box better."""
    chosen: list[int] = []
    best: tuple[float, dict[int, tuple[float, float]]] = (_worth(np.ones_like(hits), hits), {})
    for _ in range(most):
        tried = []
        for k in range(len(rows)):
            if k not in chosen:
                worth, sides = peeled([rows[j] for j in (*chosen, k)], hits)
                tried.append((worth, -k, sides))
        worth, place, sides = max(tried, key=lambda each: each[:2], default=(0.0, 0, []))
        if worth < best[0] + WORTH:
            break
        chosen.append(-place)
        best = worth, dict(zip(chosen, sides, strict=True))
    return best[1]


def peeled(rows: Sequence[Floats], hits: Facts) -> tuple[float, list[tuple[float, float]]]:
    """Peel a box; give how good the best one on the way is, and by row its sides, infinite where it has none.

    Parameters
    ----------
    rows
        (future,) each.
    hits
        (future,) what it is to hold.
    """
    near, held = hits, list(rows)  # of what is still inside
    sides = [(-math.inf, math.inf)] * len(rows)
    best = _worth(np.ones_like(hits), hits), list(sides)
    while len(near) > LEAST * len(hits):
        cuts = [cut for k, row in enumerate(held) for cut in _cuts(k, row, near)]
        if not cuts:
            break
        gain, k, low, high, keep = max(cuts, key=lambda cut: cut[0])
        if not np.isfinite(gain):
            break
        near, held = near[keep], [row[keep] for row in held]
        sides[k] = max(sides[k][0], low), min(sides[k][1], high)
        worth = _f(_count(near), len(near), _count(hits))
        if worth > best[0]:
            best = worth, list(sides)
    return best


def _cuts(k: int, row: Floats, hits: Facts) -> list[tuple[float, int, float, float, Facts]]:
    """Give what can be peeled off one row: the gain for what it takes, the new sides, and what is left."""
    found = []
    few = max(int(PEELED * len(row)), 1)
    ordered = np.partition(row, (few, len(row) - 1 - few)) if len(row) > 2 * few + 1 else np.sort(row)
    least, most = float(ordered[: few + 1].min()), float(ordered[-few - 1 :].max())
    if least == most:
        return []
    for below in (True, False):
        edge = float(ordered[few] if below else ordered[-few - 1])
        if edge == (least if below else most):  # many futures tie there: they go together
            others = row[row > edge] if below else row[row < edge]
            edge = float(others.min() if below else others.max())
        keep = row >= edge if below else row <= edge
        kept = _count(keep)
        gain = (_count(hits & keep) / kept - _count(hits) / len(row)) / (len(row) - kept)
        found.append((gain, k, edge if below else -math.inf, math.inf if below else edge, keep))
    return found


def _worth(inside: Facts, hits: Facts) -> float:
    return _f(_count(inside & hits), _count(inside), _count(hits))


def _f(both: int, inside: int, hits: int) -> float:
    """Give the harmonic mean of density and coverage, density counting twice as much (van Rijsbergen's F of 0.5)."""
    return 1.25 * both / (inside + 0.25 * hits) if inside + hits else 0.0


def _within(row: Floats, least: float | None, most: float | None) -> Facts:
    return np.asarray((row >= (-math.inf if least is None else least)) & (row <= (math.inf if most is None else most)))


def _limit(known: Assumption, row: Floats, low: float, high: float, unit: str) -> Limit:
    """Give an assumption's limits as people say them; none on a side where rounding leaves nothing out.

    As roughly as it is still nearly the same box: narrow ones, and those that end at single values, take more digits.
    """
    if known.kind == "event":
        return Limit(known, 1.0 if low > 0 else None, 0.0 if high < 1 else None, None, None)
    inside, step = (row >= low) & (row <= high), _step(known.kind, float(row.std()))
    for finer in range(MOST_FINER):
        least, most = (None if math.isinf(end) else _rounded(end, step / 10**finer) for end in (low, high))
        if _count(_within(row, least, most) != inside) <= SHIFTED * _count(inside):
            break
    least = None if least is None or least <= row.min() else least
    most = None if most is None or most >= row.max() else most
    words = [None if end is None else _words(end, known.kind, unit) for end in (least, most)]
    return Limit(known, least, most, words[0], words[1])


def _rounded(value: float, step: float) -> float:
    return float(f"{round(value / step) * step:.12g}")


def _step(kind: str, spread: float) -> float:
    """Give how finely a figure is told, so that its spread has some 2 to 20 steps; of durations in months."""
    scale = 12.0 if kind == "duration" else 1.0
    return float(10.0 ** math.floor(math.log10(spread * scale / 2.0))) / scale


def _words(value: float, kind: str, unit: str) -> str:
    return figure(float(f"{value:.6g}"), kind, unit)
