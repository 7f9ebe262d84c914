"""What one option means for one council in every future: savings, gaps, one-off costs, reserves.

Everything is (year, simulation), worked out when it is first asked for. The formulas are in ``simlib.kernels``,
what does not depend on the option in ``simlib.delivery``; nothing is drawn or counted here.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simlib.delivery import Delivery, Rows
from simlib.kernels import lines, paths, reserves
from simlib.kernels.paths import Floats
from simlib.model import CostModel, CouncilModel, EventCostModel, MeasureModel, Model, OptionModel


@dataclass(frozen=True)
class Flows:
    """One option for one council, all (year, simulation) [money]; None where the council has no gap or no fund."""

    model: Model
    block: Delivery
    option: int
    council: int

    @property
    def _home(self) -> CouncilModel:
        return self.model.councils[self.council]

    @property
    def _chosen(self) -> OptionModel:
        return self.model.options[self.option]

    @cached_property
    def savings(self) -> Floats:
        """Received in the year, less what is counted twice."""
        return self._shared(self.block.savings, self._chosen.overlaps)

    @cached_property
    def run_rate(self) -> Floats:
        """A year's worth as at 31 March, less what is counted twice."""
        return self._shared(self.block.run_rate, self._chosen.overlaps)

    @cached_property
    def one_off_savings(self) -> Floats:
        """Savings that come once; they reach the general fund only."""
        return self._shared(self.block.one_off_savings, ())

    @cached_property
    def gap_before(self) -> Floats | None:
        """Recurring gap before savings."""
        return None if self._home.gap_plan is None else self.block.gap_before[self.council]

    @cached_property
    def gap_after(self) -> Floats | None:
        """The year's gap in cash."""
        return None if self.gap_before is None else self.gap_before - self.savings

    @cached_property
    def gap_recurring(self) -> Floats | None:
        """The gap that the next year starts with."""
        if self.gap_before is None:
            return None
        return self.gap_before - self.run_rate

    def position(self, year: int) -> Floats:
        """Give the recurring gap at the end of one year alone, (simulation,), without working out the others."""
        assert self.gap_before is not None
        before: Floats = self.gap_before[year]
        return before - self._shared(self.block.rates(year), self._chosen.overlaps, one_year=True)

    @cached_property
    def _costs(self) -> list[tuple[CostModel, Floats]]:
        found = []
        for i, cost in enumerate(self.model.costs):
            share = _share(cost.shares, self.council)
            if cost.measure in self._chosen.measures and share is not None:
                found.append((cost, self.block.carried[share] * self.block.costs[i]))
        return found

    @property
    def own_costs(self) -> list[Floats]:
        """One-off costs of the option's measures, gross, each; without what events cost."""
        return [cost for _, cost in self._costs]

    @cached_property
    def one_off_gross(self) -> Floats:
        """One-off costs and one-off lines before any pot pays."""
        return self.block.line_costs[self.council] + self.one_off_costs

    @cached_property
    def one_off_costs(self) -> Floats:
        """What the option itself costs once; the council's one-off lines come under every option alike."""
        costs = self._event_costs()
        for _, cost in self._costs:
            costs = costs + cost
        return costs

    @cached_property
    def _paid(self) -> Floats:
        """What each pot pays, (pot, year, simulation)."""
        pots, years, count = self._home.pots, len(self.model.years), self.block.simulations
        if not self._costs or not pots:
            return np.zeros((len(pots), years, count))
        opening = np.stack([np.broadcast_to(self.block.carried[pot.opening], (count,)) for pot in pots])
        funding = [cost.funding.get(self.council, ()) for cost, _ in self._costs]
        return reserves.pay_from_pots([amount for _, amount in self._costs], funding, opening)

    @cached_property
    def own_pots(self) -> Floats:
        """One-off costs paid from the council's own pots."""
        return self._owned("own")

    @cached_property
    def external_pots(self) -> Floats:
        """One-off costs paid by others."""
        return self._owned("external")

    @cached_property
    def one_off_net(self) -> Floats:
        """What one-offs take out of the general fund."""
        net = self.one_off_gross - self.one_off_savings
        for paid in self._paid:
            net = net - paid
        return net

    @cached_property
    def taken(self) -> Floats | None:
        """What each year takes out of the general fund in all."""
        if self._home.fund is None or self.gap_after is None:
            return None
        fund = self._home.fund
        return reserves.drawn(self.gap_after, self.one_off_net, fund.planned, spent=self._home.spends_surplus)

    @cached_property
    def general_fund(self) -> Floats | None:
        """Balance at each year's end, before further action."""
        return None if self.taken is None or self.opening is None else reserves.general_fund(self.opening, self.taken)

    @property
    def opening(self) -> Floats | None:
        """The general fund on the first day, () or (simulation,)."""
        return None if self._home.fund is None else self.block.carried[self._home.fund.opening]

    @property
    def minimum(self) -> Floats | None:
        """The minimum balance, () or (simulation,)."""
        return None if self._home.fund is None else self.block.carried[self._home.fund.minimum]

    def _owned(self, owner: str) -> Floats:
        total = np.zeros((len(self.model.years), self.block.simulations))
        for paid, pot in zip(self._paid, self._home.pots, strict=True):
            if pot.owner == owner:
                total = total + paid
        return total

    def _shared(self, amounts: Rows, overlaps: tuple[tuple[int, int, int], ...], *, one_year: bool = False) -> Floats:
        """Give the council's part of what the measures bring, less what is counted twice: by year, or in one year."""
        total = np.zeros((1 if one_year else len(self.model.years), self.block.simulations))
        for m in self._chosen.measures:
            share = _share(self.model.measures[m].shares, self.council)
            if share is not None:
                ours = self.block.carried[share]
                total = total + ours * amounts[m]
        for first, second, amount in overlaps:
            part = self._overlap_share(first, second)
            if part is not None:
                delivered = (_delivered_share(self.model.measures[m], amounts[m]) for m in (first, second))
                total = total - part * paths.overlap(self.block.carried[amount], *delivered)
        return total[0] if one_year else total

    def _overlap_share(self, first: int, second: int) -> Floats | None:
        """Give how much of an overlap the council bears: as the smaller of its shares, among those that have both."""
        ours, all_of_them = None, self._elsewhere(first, second)
        for other, node in self.model.measures[first].shares:
            twin = _share(self.model.measures[second].shares, other)
            if twin is not None:
                both = np.minimum(self.block.carried[node], self.block.carried[twin])
                all_of_them = all_of_them + both
                ours = both if other == self.council else ours
        if ours is None:
            return None
        return np.where(all_of_them > 0, ours / np.where(all_of_them > 0, all_of_them, 1.0), 0.0)

    def _elsewhere(self, first: int, second: int) -> Floats:
        """Give the smaller of the shares of two measures that leave all councils of the file."""
        left = []
        for m in (first, second):
            taken = sum((self.block.carried[node] for _, node in self.model.measures[m].shares), np.zeros(()))
            left.append(np.maximum(1.0 - taken, 0.0))
        smaller = np.minimum(*left)
        return np.where(smaller > 1e-9, smaller, 0.0)

    def _event_costs(self) -> Floats:
        total = np.zeros((len(self.model.years), self.block.simulations))
        for cost in self.model.event_costs:
            hit = [m for m in cost.measures if m in self._chosen.measures]
            share = _share(self.model.measures[hit[0]].shares, self.council) if hit else None
            if share is not None:
                total = total + self.block.carried[share] * self._event_cost(cost, hit)
        return total

    def _event_cost(self, cost: EventCostModel, hit: list[int]) -> Floats:
        moment = np.broadcast_to(self.block.carried[cost.event], (self.block.simulations,))
        block, felt = self.block, np.zeros(moment.shape, dtype=bool)
        for m in hit:
            forestalled = block.forestalled[m]
            late = m in cost.felt_late  # an event that only forestalls does nothing once the measure has started
            felt = felt | (np.isfinite(block.due[m]) & np.where(np.isfinite(forestalled), moment <= forestalled, late))
        return np.where(felt, self.block.carried[cost.amount] * lines.in_year_of(moment, len(self.model.years)), 0.0)


def flows(model: Model, block: Delivery, option: int, council: int) -> Flows:
    """Give what one option means for one council in every future of a block."""
    return Flows(model, block, option, council)


def _share(shares: tuple[tuple[int, int], ...], council: int) -> int | None:
    return next((node for at, node in shares if at == council), None)


def _delivered_share(measure: MeasureModel, amounts: Floats) -> Floats:
    return amounts / measure.full if measure.full else np.zeros_like(amounts)
