"""The reference workload by hand: configs/benchmark.yaml as a few plain numpy formulas, one future a column.

What peers are compared on, whatever they drew the figures with: it knows numpy and the file, and nothing of simlib.
A test holds it to simlib in every future. Time runs in years from 1 April 2025; money is in £m.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Figures = Mapping[str, Floats]  # (simulation,) by name, as in `workload.DRIVERS`

YEARS = np.arange(5.0)[:, None]
ENDS = YEARS + 1.0
TARGET = 3  # 2028/29
HALF_PENNY = 0.5e-8  # in £m
GAP = np.array([0.8, 1.6, 2.4, 3.2, 3.4])[:, None]
GRANT = np.array([2.0, 1.8, 1.6, 1.4, 1.2])[:, None]
BONUS = np.array([0.8, 0.6, 0.4, 0.3, 0.3])[:, None]
RESERVE, RECEIPTS, MINIMUM = 1.5, 0.8, 2.0
OPTIONS = {
    "efficiency": ("digital", "management", "procurement", "property", "income", "fleet"),
    "partnership": ("digital", "management", "procurement", "shared_back_office", "income", "fleet"),
    "prevention": ("digital", "procurement", "property", "income", "fleet", "early_help"),
    "estate_and_partnership": (
        "management", "procurement", "property", "shared_back_office", "fleet", "early_help",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """A saving of so much a year, rising in a straight line from one moment to another."""

    saving: float
    begins: float
    full: float

    def rate(self, time: Floats) -> Floats:
        """Give the share of the full rate that has been reached at some time."""
        return np.clip((time - self.begins) / (self.full - self.begins), 0.0, 1.0)

    def received(self, time: Floats) -> Floats:
        """Give the integral of the rate up to some time."""
        since = np.maximum(time - self.begins, 0.0)
        beyond = np.maximum(time - self.full, 0.0)
        return np.asarray((since**2 - beyond**2) / (2.0 * (self.full - self.begins)))


MEASURES = {
    "digital": Measure(1.2, 0.0, 3.0),
    "management": Measure(0.9, 0.0, 1.0),
    "procurement": Measure(0.7, 0.0, 2.0),
    "property": Measure(0.6, 1.0, 3.0),
    "shared_back_office": Measure(1.0, 1.0, 3.0),
    "income": Measure(0.8, 0.0, 2.0),
    "fleet": Measure(0.4, 1.0, 2.0),
    "early_help": Measure(0.9, 1.0, 4.0),
}
OVERLAP = ("digital", "management", 0.2)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one measure brings: cash in each year and the rate at its end, (year, simulation); how late it starts."""

    cash: Floats
    rate: Floats
    delay: Floats


@dataclass(frozen=True, slots=True)
class Option:
    """What one option comes to: (year, simulation) each, but (year, 1) costs where it has none."""

    gap_after: Floats
    gap_recurring: Floats
    general_fund: Floats


def options(figures: Figures) -> dict[str, Option]:
    """Give every option's flows from the uncertain figures."""
    before, leaves = gap_before(figures), partner_leaves(figures)
    delivered = {name: brought(name, figures, leaves) for name in MEASURES}
    costs = {name: redundancy(name, figures, delivered[name].delay) for name in ("digital", "management")}
    return {name: option(chosen, figures, before, delivered, costs, leaves) for name, chosen in OPTIONS.items()}


def gap_before(figures: Figures) -> Floats:
    """Give the gap before savings: as planned, plus what lines and the grant are beside their plan."""
    gap = GAP + 18.0 * ((1.0 + figures["pay"]) ** ENDS - 1.03**ENDS)
    gap += figures["demand"] + figures["inflation"]
    gap -= GRANT * (figures["support_grant"] - 1.0) + BONUS * (figures["new_homes_bonus"] - 1.0)
    gap -= 4.0 * ((1.0 + figures["business_rates"]) ** ENDS - 1.02**ENDS)
    gap -= 9.5 * (figures["council_tax"] - 1.0)
    gap[2:] += 0.3 * figures["grant_cut"]
    return np.asarray(gap)


def partner_leaves(figures: Figures) -> Floats:
    """Give when the partner leaves, infinite where it does not within the five years."""
    moment = 2.0 + figures["partner_stays"]
    return np.where(moment < 5.0, moment, np.inf)


def brought(name: str, figures: Figures, leaves: Floats) -> Delivered:
    """Give what one measure brings."""
    measure, share = MEASURES[name], figures[f"{name}_realisation"]
    if name == "early_help":
        share = share * (1.0 - figures["backfill"])
    delay = figures.get(f"{name}_delay", np.zeros(1))
    if name == "digital":
        cash, rate, delay = with_pause(measure, delay, figures["supplier_fails"] > 0)
    elif name == "shared_back_office":
        cash, rate = with_partner(measure, delay, leaves)
    else:
        cash = np.diff(measure.received(np.arange(6.0)[:, None] - delay), axis=0)
        rate = measure.rate(ENDS - delay)
    scale = measure.saving * share
    return Delivered(scale * cash, scale * rate, delay)


def with_pause(measure: Measure, delay: Floats, fails: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Give cash, rate and delay where a failure after one year costs a year: at the start, or on the way."""
    early = fails & (measure.begins + delay >= 1.0)
    delay = delay + early
    stands = np.where(fails & ~early, 1.0, 0.0)  # how long it stands still after the first year
    edges = np.arange(6.0)[:, None]
    waited = np.clip(edges - 1.0, 0.0, stands)
    reached = measure.rate(1.0 - delay)
    received = measure.received(edges - delay - waited) + reached * waited
    rate = measure.rate(ENDS - delay - waited[1:])
    return np.diff(received, axis=0), rate, delay


def with_partner(measure: Measure, delay: Floats, leaves: Floats) -> tuple[Floats, Floats]:
    """Give cash and rate where the partner's leaving keeps it from starting, or leaves 40 % of what was reached."""
    starts = measure.begins + delay < leaves
    kept = 0.4 * measure.rate(np.minimum(leaves, 5.0) - delay)
    received = measure.received(np.minimum(np.arange(6.0)[:, None], leaves) - delay)
    cash = np.diff(received, axis=0) + kept * np.clip(ENDS - leaves, 0.0, 1.0)
    rate = np.where(leaves < ENDS, kept, measure.rate(ENDS - delay))
    return starts * cash, np.asarray(starts * rate)


def redundancy(name: str, figures: Figures, delay: Floats) -> Floats:
    """Give what redundancies cost in each year: over one year from their date, as late as the measure."""
    begins = {"digital": 1.0, "management": 0.0}[name] + delay
    spent = np.diff(np.clip(np.arange(6.0)[:, None], begins, begins + 1.0), axis=0)
    amount = figures[f"{name}_exits"] * figures[f"{name}_cost_per_exit"] * figures[f"{name}_overrun"]
    return np.asarray(amount * spent)


def option(
    chosen: tuple[str, ...],
    figures: Figures,
    before: Floats,
    delivered: Mapping[str, Delivered],
    costs: Mapping[str, Floats],
    leaves: Floats,
) -> Option:
    """Give what one option comes to."""
    cash, rate = (np.sum([getattr(delivered[m], part) for m in chosen], axis=0) for part in ("cash", "rate"))
    first, second, amount = OVERLAP
    if first in chosen and second in chosen:
        a, b = MEASURES[first].saving, MEASURES[second].saving
        cash -= amount * np.minimum(delivered[first].cash / a, delivered[second].cash / b)
        rate -= amount * np.minimum(delivered[first].rate / a, delivered[second].rate / b)
    left = unfunded({name: cost for name, cost in costs.items() if name in chosen})
    if "shared_back_office" in chosen:
        left = left + 0.2 * ((leaves >= YEARS) & (leaves < ENDS))
    after = before - cash
    fund = figures["general_fund"] - np.cumsum(after + left, axis=0)
    return Option(after, before - rate, fund)


def unfunded(costs: Mapping[str, Floats]) -> Floats:
    """Give what the reserve, and for digital the receipts too, leave unpaid of redundancies, by year."""
    if not costs:
        return np.zeros((5, 1))
    shape = np.shape(next(iter(costs.values())))
    reserve, receipts, left = np.full(shape[1], RESERVE), np.full(shape[1], RECEIPTS), np.zeros(shape)
    for year in range(len(left)):
        for name, cost in costs.items():  # digital is paid first
            paid = np.minimum(cost[year], reserve)
            reserve -= paid
            more = np.minimum(cost[year] - paid, receipts) if name == "digital" else 0.0
            receipts -= more
            left[year] += cost[year] - paid - more
    return left


def answers(found: Mapping[str, Option]) -> dict[str, dict[str, float]]:
    """Read every option: chances, and quantiles of the target year's recurring gap; all others are worked out too.

    Seven quantiles and the mean of three figures in each year, how often the gap is closed and the fund holds, and the
    mean of the worst 1 in 20 gaps: less than simlib reads of as many futures.
    """
    return {name: _read(option) for name, option in found.items()}


QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)


def _read(found: Option) -> dict[str, float]:
    figures = (found.gap_after, found.general_fund, found.gap_recurring)
    quantiles = [np.quantile(figure, QUANTILES, axis=1) for figure in figures]
    means = [np.mean(figure, axis=1) for figure in figures]
    gap, (low, *_, high) = found.gap_recurring[TARGET], quantiles[-1][:, TARGET]
    return {
        "closed": float(np.mean(gap < HALF_PENNY)),
        "held": float(np.mean((found.general_fund > MINIMUM - HALF_PENNY).all(axis=0))),
        "mean": float(means[-1][TARGET]),
        "p5": float(low),
        "p50": float(quantiles[-1][3, TARGET]),
        "p95": float(high),
        "worst": float(np.mean(gap[gap >= high])),
    }
