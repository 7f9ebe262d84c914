"""What dependence was asked for, what it implies for values that tie, and what the futures have; none is made here."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib import special
from simlib.dependence import Link
from simlib.distributions import Distribution
from simlib.drivers import Constant, Driver, Event, HierarchicalDriver
from simlib.kernels.paths import Floats
from simlib.passage import steps
from simlib.results import Futures
from simlib.sampling import CHUNK, Dimension, implied_spearman, joint_chance
from simlib.sampling.dependence import ranks_and_ties
from simlib.sampling.implied import RARE, Ties
from simlib.workers import parallel
from simlib.years import label

RANKED = CHUNK  # futures that achieved rank correlations are measured on
FEWEST = 100  # futures that must differ from the commonest one, so that an error can be told at all
FAR = 4.0  # errors; more where so many pairs are looked at that one of them strays so far by chance
ASTRAY = 0.001  # chance that a section of which nothing is wrong is warned of
Document = dict[str, Any]
Ranks = Mapping[Dimension, tuple[Floats, int]]  # of each coordinate, and how often its commonest value comes


def dependence(futures: Futures, n_jobs: int | None = None) -> Document:
    """Give what summary.json says of each section of dependence; workers rank what is drawn."""
    model = futures.model
    links: dict[str, list[Link]] = {f"dependence.{name}": [] for name in model.config.dependence}
    for link in model.dependences.links:
        links[link.statement.address].append(link)
    pairs = _pairs(links, margins_of(futures), n_jobs)
    found = {}
    for name, section in model.config.dependence.items():
        form, stated = section.stated[0]
        own = pairs[f"dependence.{name}"]
        found[name] = {
            "form": form,
            "stated": [list(row) for row in stated] if isinstance(stated, tuple) else stated,
            "copula": section.copula,
            "df": section.df,
            "reason": section.reason,
            "furthest_off": max((_errors(pair) for pair in own if _told(pair)), default=None),
            "pairs": own,
        }
    return found


def _pairs(
    links: Mapping[str, list[Link]], margins: Mapping[Dimension, "Margin"], n_jobs: int | None
) -> dict[str, list[Document]]:
    """Give the pairs of each section, each year measured by itself: what is of two years has nothing to say."""
    groups = [
        (name, list(year))
        for name, own in links.items()
        for _, year in groupby(own, key=lambda link: (link.first.year, link.second.year))
    ]
    values = [each.values for each in margins.values()]
    ranks = dict(zip(margins, parallel(ranks_and_ties, values, n_jobs), strict=True))
    wanted = [[d for link in year for d in (link.first, link.second)] for _, year in groups]
    found: dict[str, list[Document]] = {name: [] for name in links}
    for (name, year), measured in zip(groups, parallel(partial(Measured.of, ranks), wanted, n_jobs), strict=True):
        found[name] += [_pair(link, margins, measured) for link in year]
    return found


def correlation_checks(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give the level, the address and the words of what the reader must know of each section."""
    for name, section in found.items():
        pairs = [pair for pair in section["pairs"] if pair["achieved"] is not None]
        if pairs:
            limit = _limit(len(pairs))
            far = [pair for pair in pairs if _errors(pair) > limit]
            level, text = ("warning", _far(far, limit)) if far else ("note", _met(pairs))
            yield level, f"dependence.{name}", text


# ---- Words -------------------------------------------------------------------------------------------------


def _told(pair: Document) -> bool:
    """Whether it can be told how far a pair is from what it should have."""
    return pair["implied"] is not None and pair["error"] is not None


def _errors(pair: Document) -> float:
    """Give by how many errors a pair misses what it should have; none where that cannot be told."""
    if not _told(pair):
        return 0.0
    return float(abs(pair["achieved"] - pair["implied"]) / max(pair["error"], 1e-9))


def _limit(pairs: int) -> float:
    return max(FAR, float(-special.ndtri(0.5 * ASTRAY / pairs)))


def _met(pairs: list[Document]) -> str:
    text = f"rank correlation asked for {_span(pairs, 'asked')}, in the futures {_span(pairs, 'achieved')}"
    tied = [pair for pair in pairs if pair["implied"] is not None and abs(pair["implied"] - _scores(pair)) > 0.005]
    if tied:
        text += f"; where values tie it can be no more than it is ({_span(tied, 'implied')} is implied)"
    return text + "".join(f"; {pair['words']}" for pair in pairs if pair["words"])


def _scores(pair: Document) -> float:
    """Give the rank correlation of a pair's scores, which is that of its values where none ties."""
    return float(pair["asked"] if pair["repaired"] is None else pair["repaired"])


def _far(pairs: list[Document], limit: float) -> str:
    worst = max(pairs, key=_errors)
    year = f" in {worst['year']}" if worst["year"] else ""
    return (
        f"rank correlations of {len(pairs)} pairs are further from what they should be than simulation error explains "
        f"({limit:.1f} errors): {' and '.join(worst['between'])}{year} should have {worst['implied']:.2f}, and have "
        f"{worst['achieved']:.2f} in the futures"
    )


def _span(pairs: list[Document], key: str) -> str:
    low, high = (f"{bound + 0.0:.2f}" for bound in _ends([pair[key] for pair in pairs]))
    return low if low == high else f"{low} to {high}"


def _ends(values: list[float]) -> tuple[float, float]:
    return round(min(values), 2), round(max(values), 2)


# ---- What is implied ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Margin:
    """One figure in one year, or one event.

    Attributes
    ----------
    address, event
        What it is called, and what it is called in a sentence where it is an event.
    chance
        Of the event, within the horizon; None of a driver, or where futures differ in it.
    ties
        Where values tie, in probability; None where futures differ in it.
    values
        (simulation,) in the futures; of an event the sooner the more, and least of all never.
    """

    address: str
    event: str | None
    chance: float | None
    ties: Ties | None
    values: Floats


def margins_of(futures: Futures) -> dict[Dimension, Margin]:
    """Give the margin of every coordinate that a statement of dependence names."""
    wanted = {d for link in futures.model.dependences.links for d in (link.first, link.second)}
    found: dict[Dimension, Margin] = {}
    for node in futures.model.nodes:
        if isinstance(node, Driver) and wanted & set(node.dimensions):
            # Members that differ from future to future make values that no score alone explains.
            ties = None if isinstance(node, HierarchicalDriver) else ties_of(node.distribution)
            for row, dimension in enumerate(node.dimensions):
                found[dimension] = Margin(node.address, None, None, ties, _drawn(futures, node, row))
    for place, event in futures.model.events:
        if event.dimension in wanted:
            found[event.dimension] = _happening(futures, place, event)
    return found


def _drawn(futures: Futures, node: Driver, row: int) -> Floats:
    """Give what was drawn for one year: the value, or the step or growth that led to it."""
    value = futures.drivers[node.address][..., :RANKED]
    if value.ndim == 1:
        return value
    draws = steps(value, node.varies)
    if draws is value:
        return np.asarray(value[row])
    scale = float(np.max(np.abs(value[row]), initial=0.0)) or 1.0
    return np.asarray(np.round(draws[row] / scale, 12))  # equal steps are equal, whatever levels they lie between


def _happening(futures: Futures, place: int, event: Event) -> Margin:
    moments = np.broadcast_to(futures.delivery.carried[place], (futures.held,))[:RANKED]
    nodes = [futures.model.nodes[chance] for chance in event.chances]
    chances = [float(node.fixed) for node in nodes if isinstance(node, Constant)]
    name = event.label or event.address.removeprefix("events.").replace("_", " ")
    if len(chances) < len(nodes):
        return Margin(event.address, name, None, None, -moments)
    if event.hazard:
        never = (1.0 - chances[0]) ** max(event.until - event.moments[0], 0.0)
        return Margin(event.address, name, 1.0 - never, ((0.0, never),), -moments)
    ends = [float(end) for end in np.cumprod([1.0, *(1.0 - chance for chance in chances)])]
    ties = tuple(pairwise(sorted({0.0, *ends})))  # never, the last date, …, the first date
    return Margin(event.address, name, 1.0 - ends[-1], ties, -moments)


def ties_of(distribution: Distribution) -> Ties:
    """Give the stretches of probability on which a distribution has one single value.

    >>> from simlib.distributions import make
    >>> ties_of(make("bernoulli", {"p": 0.25})), ties_of(make("normal", {"mean": 0, "sd": 1}))
    (((0.0, 0.75), (0.75, 1.0)), ())
    """
    atoms = distribution.atoms()
    if not len(atoms):
        return ()
    low, high = distribution.cdf(np.nextafter(atoms, -np.inf)), distribution.cdf(atoms)
    frequent = high - low >= RARE
    return tuple((float(a), float(b)) for a, b in zip(low[frequent], high[frequent], strict=True))


def _implied(link: Link, first: Ties | None, second: Ties | None) -> float | None:
    if first is None or second is None:
        return None
    return implied_spearman(link.normal, first, second, link.statement.df)


def _pair(link: Link, margins: Mapping[Dimension, Margin], measured: "Measured") -> Document:
    one, other = margins[link.first], margins[link.second]
    year = max(link.first.year, link.second.year)
    achieved, error = measured.between(link.first, link.second)
    return {
        "between": [one.address, other.address],
        "year": label(year) if year else None,
        "asked": link.statement.rank_correlation,
        "repaired": _implied(link, (), ()) if link.repaired else None,
        "implied": _implied(link, one.ties, other.ties),
        "achieved": achieved,
        "error": error,
        "words": _together(link, one, other),
    }


def _together(link: Link, one: Margin, other: Margin) -> str | None:
    """Say of two events how much likelier the one makes the other."""
    if not one.chance or not other.chance:
        return None
    both = float(joint_chance(one.chance, other.chance, link.normal, link.statement.df))
    then, alone = 100.0 * both / one.chance, 100.0 * other.chance
    return (
        f"if '{one.event}' happens, '{other.event}' does in {then:.3g} of 100 futures; of all futures it does in "
        f"{alone:.3g} of 100"
    )


# ---- What the futures have ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """Rank correlations of the futures.

    Attributes
    ----------
    place
        The row of each coordinate.
    correlation, error
        (row, row) and its standard error; nan where a row does not vary.
    telling
        (row,) whether enough futures differ from each other for an error.
    """

    place: Mapping[Dimension, int]
    correlation: Floats
    error: Floats
    telling: NDArray[np.bool_]

    @classmethod
    def of(cls, ranks: Ranks, wanted: Iterable[Dimension]) -> "Measured":
        """Measure coordinates by their ranks: all pairs are one product."""
        place = {dimension: row for row, dimension in enumerate(dict.fromkeys(wanted))}
        rows = [ranks[dimension] for dimension in place]
        found = np.stack([row for row, _ in rows]) if rows else np.empty((0, 1))
        lengths = np.sqrt(np.mean(found**2, axis=1, keepdims=True))
        telling = np.array([row.size - commonest >= FEWEST for row, commonest in rows], dtype=bool)
        with np.errstate(invalid="ignore"):
            correlation, error = rank_correlations(found / np.where(lengths == 0.0, np.nan, lengths))
        return cls(place, correlation, error, telling)

    def between(self, first: Dimension, second: Dimension) -> tuple[float | None, float | None]:
        """Give the rank correlation of two coordinates and its error; None where it cannot be told."""
        at = self.place[first], self.place[second]
        achieved = float(self.correlation[at])
        if not math.isfinite(achieved):
            return None, None
        return achieved, float(self.error[at]) if self.telling[list(at)].all() else None


def rank_correlations(standard: Floats) -> tuple[Floats, Floats]:
    """Give rank correlations and their standard errors.

    Parameters
    ----------
    standard
        (row, simulation) average ranks with mean 0 and variance 1.

    Returns
    -------
    correlation, error
        (row, row) each.

    Notes
    -----
    The error is the larger of two, for independent futures: (1 - ρ²) sqrt((1 + ρ²/2)/(n - 3)), which is for normal
    scores, and that of a mean of ``a b - ρ (a² + b²)/2``, which sees ties and a t copula's common stretching. Of
    quasi-random futures it is an upper bound.

    References
    ----------
    Bonett and Wright (2000), "Sample size requirements for estimating Pearson, Kendall and Spearman correlations",
    Psychometrika 65.
    """
    count = max(standard.shape[1], 4)
    squares = standard * standard
    rho = np.clip(standard @ standard.T / count, -1.0, 1.0)
    both, skew = squares @ squares.T / count, (squares * standard) @ standard.T / count
    fourth = np.mean(squares * squares, axis=1)
    spread = both - rho * (skew + skew.T) + 0.25 * rho**2 * (fourth[:, None] + fourth + 2.0 * both)
    normal = (1.0 - rho**2) ** 2 * (1.0 + 0.5 * rho**2) / (count - 3)
    return rho, np.sqrt(np.maximum(normal, np.maximum(spread, 0.0) / count))
