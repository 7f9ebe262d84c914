"""How options compare on the same futures: which is best, what choosing another costs, who bears the downside.

All of it is read off the held futures; nothing is drawn but resamples of them, and no option is recommended. What it is
worth to know more before choosing is in ``information``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from simlib.decisions.estimated import Estimate, chance_of, jackknifed, mean_of, often, quantile_of
from simlib.estimates import Chance
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.results import Futures
from simlib.sampling import stream
from simlib.showing import table_html

JOINTLY = "jointly"
STEPS = 20  # amounts in an acceptability curve, about
RESAMPLES = 100
FAR_AHEAD = 6.0  # errors: no resample undoes a lead of so many
UNDONE = 0.05  # of resamples: from there on a dominance is not settled
WORST = 0.1  # of futures, for who bears the worst of them
Pennies = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one option stands beside the others.

    Attributes
    ----------
    best
        In how many futures no other leaves a smaller gap; where several leave the same, each of them counts.
    regret, regret_p90
        By how much its gap is above the best one's: on average, and in 1 of 10 futures at least [money].
    acceptable
        The chance that its gap is no larger than each amount of the comparison's ``allowed``.
    """

    best: Chance
    regret: Estimate
    regret_p90: Estimate
    acceptable: tuple[Chance, ...]


@dataclass(frozen=True, slots=True)
class Dominance:
    """One option is never worse than another, whatever gap one can bear (order 1) or for all who fear large gaps more.

    Attributes
    ----------
    undone
        The share of resamples of the futures in which it does not hold.
    settled
        Whether so few of them undo it that the futures can be said to show it.
    """

    better: str
    worse: str
    order: int
    undone: float
    settled: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Options of one council, or of several jointly, by the recurring gap in the target year.

    Attributes
    ----------
    allowed
        Sizes of gap that an acceptability curve asks about, from none up [money].
    options
        By id.
    dominance
        Those that hold in the futures, settled or not; a pair that is missing has none.
    """

    where: str
    allowed: tuple[float, ...]
    options: Mapping[str, Standing]
    dominance: tuple[Dominance, ...]

    def _repr_html_(self) -> str:
        """Show in a notebook how the options stand beside each other."""
        rows = [
            (name, often(each.best), *(f"{regret.value:.2f}" for regret in (each.regret, each.regret_p90)))
            for name, each in self.options.items()
        ]
        headings = ("Option", "Best in", "Regret, average", "Regret, 1 in 10 above")
        note = "Regret: by how much its gap is above the best option's in the same future, in the file's unit of money."
        return table_html(f"Options compared: {self.where}", headings, rows, note=note, most=None)


@dataclass(frozen=True, slots=True)
class Borne:
    """What one council bears of an option's downside, and what it gets.

    Attributes
    ----------
    shortfall
        The average over all futures of the gap that is left in the target year, nothing where it closes [money].
    share, share_of_worst
        Its part of all councils' shortfalls: over all futures, and over the tenth in which their gap is largest.
    share_of_savings
        Its part of the savings of the target year.
    """

    shortfall: Estimate
    share: Estimate
    share_of_worst: Estimate
    share_of_savings: Estimate


def compare_options(futures: Futures) -> list[Comparison]:
    """Compare the options of each council, and of all councils of an option where several options share them.

    Parameters
    ----------
    futures
        The held ones are looked at.

    Returns
    -------
    list of Comparison
        One for each council with a gap and several options, and ``jointly`` for several councils' added gaps.
    """
    model, found = futures.model, []
    for c, home in enumerate(model.councils):
        if home.gap_plan is not None:
            found.append(_compare(futures, home.id, {o: (c,) for o, at in model.pairs if at == c}))
    for councils in dict.fromkeys(tuple(sorted(option.councils)) for option in model.options):
        alike = {o: councils for o, option in enumerate(model.options) if tuple(sorted(option.councils)) == councils}
        if len(councils) > 1 and all(model.councils[c].gap_plan is not None for c in councils):
            where = "|".join(model.councils[c].id for c in councils)
            found.append(_compare(futures, JOINTLY if len(councils) == len(model.councils) else where, alike))
    return [each for each in found if len(each.options) > 1]


def _compare(futures: Futures, where: str, options: Mapping[int, tuple[int, ...]]) -> Comparison:
    model = futures.model
    gaps = {model.options[o].id: gap_of(futures, o, councils) for o, councils in options.items()}
    if len(gaps) < 2:
        return Comparison(where, (), {}, ())
    least = np.minimum.reduce(list(gaps.values()))
    allowed = _amounts(max(float(np.quantile(gap, 0.95)) for gap in gaps.values()))
    standing = {
        name: Standing(
            chance_of(futures, gap <= least + model.tolerance),
            mean_of(futures, gap - least),
            quantile_of(gap - least, 0.9),
            tuple(chance_of(futures, gap < amount + model.tolerance) for amount in allowed),
        )
        for name, gap in gaps.items()
    }
    return Comparison(where, allowed, standing, tuple(_dominance(futures, where, gaps)))


def gap_of(futures: Futures, option: int, councils: tuple[int, ...]) -> Floats:
    """Give the recurring gap of an option in the target year, of some councils together, (simulation,)."""
    model = futures.model
    gaps = [flows(model, futures.delivery, option, c).position(model.target) for c in councils]
    return np.asarray(np.sum(gaps, axis=0))


def _amounts(largest: float) -> tuple[float, ...]:
    """Give round amounts from nothing up to a largest one."""
    if not largest > 0:
        return (0.0,)
    ten = 10.0 ** np.floor(np.log10(largest / STEPS))
    step = next(times * ten for times in (1.0, 2.0, 5.0, 10.0) if times * ten * STEPS >= largest)
    return tuple(float(step * k) for k in range(int(np.ceil(largest / step)) + 1))


# --- dominance ---------------------------------------------------------------------------------------------


def _dominance(futures: Futures, where: str, gaps: Mapping[str, Floats]) -> list[Dominance]:
    penny = 2.0 * futures.model.tolerance
    whole = {name: np.rint(gap / penny).astype(np.int64) for name, gap in gaps.items()}
    ranks = {name: np.argsort(gap, kind="stable") for name, gap in whole.items()}
    found = []
    for better, worse in permutations(gaps, 2):
        if whole[better].sum() > whole[worse].sum():  # either order asks for a mean that is no larger
            continue
        pair = _Pair.of(whole[better], whole[worse], ranks[better], ranks[worse])
        undone = pair.undone(futures.seed or 0, f"dominance {where} {better} {worse}")
        found += [Dominance(better, worse, order, share, share < UNDONE) for order, share in undone.items()]
    return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two options' gaps in pennies, sorted, with where each amount that either has stands in the other.

    Attributes
    ----------
    orders_a, orders_b
        (simulation,) the futures from the smallest gap to the largest.
    amounts
        (amount,) that either has, in order.
    below_a, below_b, below_both
        (amount,) how many of the sorted futures, of the one and of the other, have no more; and in how many both do.
    """

    orders_a: NDArray[np.intp]
    orders_b: NDArray[np.intp]
    amounts: Pennies
    below_a: NDArray[np.intp]
    below_b: NDArray[np.intp]
    below_both: NDArray[np.intp]

    @classmethod
    def of(cls, a: Pennies, b: Pennies, ranks_a: NDArray[np.intp], ranks_b: NDArray[np.intp]) -> "_Pair":
        """Give it of two options' gaps and the orders of their futures."""
        first, second = a[ranks_a], b[ranks_b]
        amounts = np.unique(np.concatenate([first, second]))
        below = (np.searchsorted(row, amounts, "right") for row in (first, second, np.sort(np.maximum(a, b))))
        return cls(ranks_a, ranks_b, amounts, *below)

    def undone(self, seed: int, name: str) -> dict[int, float]:
        """Give the orders in which the first dominates, each with the share of resamples that undo it.

        In a resample each future stands as often as a Poisson number of mean 1 says. The first order brings the second
        with it.
        """
        ahead = np.asarray(self.below_a - self.below_b)
        orders = [order for order in (1, 2) if np.any(ahead) and self._holds(ahead, order)]
        if not orders or (1 in orders and not self._in_doubt(ahead)):
            return dict.fromkeys(orders, 0.0)
        draws, undone = stream(seed, name), dict.fromkeys(orders, 0)
        for _ in range(RESAMPLES):
            resampled = self._ahead(draws.poisson(1.0, len(self.orders_a)))
            for order in orders:
                undone[order] += not self._holds(resampled, order)
        return {order: count / RESAMPLES for order, count in undone.items()}

    def _in_doubt(self, ahead: NDArray[np.int64]) -> bool:
        """Tell whether the first could fall behind at some amount: futures speak for the other, and not far fewer."""
        against = self.below_b - self.below_both
        error = np.sqrt(self.below_a + self.below_b - 2.0 * self.below_both)
        return bool(np.any((against > 0) & (ahead <= FAR_AHEAD * error)))

    def _ahead(self, weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give in how many more futures the first has no larger gap than each amount."""
        held = (np.concatenate([[0], np.cumsum(weights[order])]) for order in (self.orders_a, self.orders_b))
        first, second = held
        return np.asarray(first[self.below_a] - second[self.below_b])

    def _holds(self, ahead: NDArray[np.int64], order: int) -> bool:
        """Tell whether the first is ahead at every amount, or in its sum from the largest amount down.

        Notes
        -----
        With gaps, smaller is better. Order 1: F_a(x) ≥ F_b(x) for all x. Order 2, for whoever minds each further pound
        of gap at least as much as the one before: E max(a − x, 0) ≤ E max(b − x, 0) for all x, where the difference
        of the two is the integral of F_a − F_b from x up.

        References
        ----------
        Shaked, M. and Shanthikumar, J. G. (2007), Stochastic Orders, sections 1.A and 4.A.
        """
        if order == 1:
            return bool(np.all(ahead >= 0))
        areas = ahead[:-1] * np.diff(self.amounts)
        return bool(np.all(np.cumsum(areas[::-1]) >= 0))


# --- who bears it ------------------------------------------------------------------------------------------


def downside(futures: Futures, option: str) -> dict[str, Borne]:
    """Give who bears the downside of an option that several councils share.

    Parameters
    ----------
    futures
        The held ones are looked at.
    option
        Its id.

    Returns
    -------
    dict
        By council; empty where fewer than two of its councils have a gap. Shares of nothing are nan.
    """
    model = futures.model
    place = next(o for o, each in enumerate(model.options) if each.id == option)
    councils = [c for c in model.options[place].councils if model.councils[c].gap_plan is not None]
    if len(councils) < 2:
        return {}
    gaps = np.stack([gap_of(futures, place, (c,)) for c in councils])
    rates = np.stack([flows(model, futures.delivery, place, c).run_rate[model.target] for c in councils])
    short = np.maximum(gaps, 0.0)
    total = gaps.sum(axis=0)
    worst = np.where(total >= np.quantile(total, 1 - WORST), short, 0.0)
    parts = [jackknifed(each, _parts) for each in (short, worst, rates)]
    return {
        model.councils[c].id: Borne(mean_of(futures, short[i]), parts[0][i], parts[1][i], parts[2][i])
        for i, c in enumerate(councils)
    }


def _parts(means: Floats) -> Floats:
    total = means.sum()
    return np.asarray(means / total) if total else np.full(len(means), np.nan)
