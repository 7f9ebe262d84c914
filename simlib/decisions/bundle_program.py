"""A good bundle where there are too many to count: a mixed-integer program on a few futures, scored on all.

The program is that of a chance constraint by sample average: a binary for each future that may be left open. Its answer
is cheapest on those few futures, not certainly on all; what it lacks there is asked for in the next round.

References
----------
Luedtke, J. and Ahmed, S. (2008), SIAM Journal on Optimization 19, 674-699.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simlib.decisions.admissible import Rules, keeps
from simlib.decisions.bundle_counting import Sums, holding_sets, what_is_left
from simlib.kernels.paths import Floats

__all__ = ["cheaper", "least_costly", "reaches", "surest"]

SAMPLE = 200  # futures in the program
ROUNDS = 8
NODES = 300  # that the solver may look at in each round: a limit of time would give every machine its own answer
GAP = 0.005  # of the least cost: so close is close enough
CLIMBED = 8_192  # futures by which the surest set is looked for
DOUBT = 3.0  # errors by which a set may miss the share in those, and still be tried in all
LESS = 1e-9  # of a cost or a share: less than this is none
CLOSED = 1e-9  # money: below nothing by so much counts as closed for the program


def least_costly(sums: Sums, rules: Rules, costs: list[float], level: float) -> int | None:
    """Give the bits of a cheap set that closes in a share of all futures; None where none was found.

    Parameters
    ----------
    sums
        What bundles are sums of.
    rules
        What sets must keep to.
    costs
        (measure,) of which the sum is to be small.
    level
        The share of futures.
    """
    program = _Program.of(sums, rules, np.asarray(costs))
    asked = level - np.sqrt(level * (1.0 - level) / program.count)  # they may have been unlucky with the cheapest
    for _ in range(ROUNDS):
        own = program.solved(asked)
        if own is None:
            return None
        if reaches(sums, own, level):
            return cheaper(sums, rules, costs, own, level)
        asked += max(level - _share(sums, own), 0.5 / program.count)
        if asked > 1.0:
            return None
    return None


def surest(sums: Sums, rules: Rules, start: int) -> int:
    """Give the bits of a set that closes often, from another one: nothing added, left out or exchanged makes it better.

    Where two close as often, the one that leaves less open on average is better.
    """
    few = _first(sums)
    own, gained = start, _merit(few, start)
    while True:
        told = [(_merit(few, other), -other) for other in _beside(sums.members, own) if keeps(rules, other)]
        if not told or max(told)[0] <= gained:
            return own
        gained, own = max(told)[0], -max(told)[1]


def _beside(members: int, own: int) -> Iterator[int]:
    """Give the sets that differ from a set by one measure, or by one for another."""
    bits = [1 << m for m in range(members)]
    yield from (own ^ bit for bit in bits)
    yield from (own ^ a ^ b for a in bits if own & a for b in bits if not own & b)


def _merit(sums: Sums, own: int) -> tuple[int, float]:
    left = what_is_left(sums, own)
    return int(np.count_nonzero(np.all(left < 0.0, axis=0))), -float(np.maximum(left, 0.0).sum())


def _share(sums: Sums, own: int) -> float:
    return float(np.mean(holding_sets(sums, own)))


def cheaper(sums: Sums, rules: Rules, costs: list[float], own: int, level: float) -> int:
    """Give the bits of a set that still closes in a share of all futures, from another one.

    As long as leaving out a measure, or taking another one for it, costs less, the cheapest such set is gone to: what
    is cheapest in the program's few futures need not be in all.
    """
    few = _first(sums)
    doubt = DOUBT * np.sqrt(level * (1.0 - level) / few.left.shape[1])
    while True:
        now = _total(costs, own)
        told = sorted((_total(costs, other), other) for other in _beside(sums.members, own))
        better = [other for cost, other in told if cost < now - LESS and keeps(rules, other)]
        found = (other for other in better if _share(few, other) >= level - doubt and reaches(sums, other, level))
        after = next(found, None)
        if after is None:
            return own
        own = after


def reaches(sums: Sums, own: int, level: float) -> bool:
    """Tell whether a set closes in a share of all futures."""
    return _share(sums, own) >= level - LESS


def _first(sums: Sums) -> Sums:
    return Sums(sums.left[:, :CLIMBED], sums.terms, sums.rows[:, :, :CLIMBED], sums.members)


def _total(costs: list[float], own: int) -> float:
    return sum(cost for m, cost in enumerate(costs) if own >> m & 1)


@dataclass(frozen=True, slots=True)
class _Program:
    """A program over measures, meetings of several, and futures that close.

    Attributes
    ----------
    rows, least, most
        (constraint, variable) and its bounds.
    members, several, count
        How many variables there are of each kind.
    """

    costs: Floats
    rows: Floats
    least: Floats
    most: Floats
    members: int
    several: int
    count: int

    @classmethod
    def of(cls, sums: Sums, rules: Rules, costs: Floats) -> "_Program":
        """Write it down for the first futures."""
        count = min(SAMPLE, sums.left.shape[1])
        n, k = sums.members, len(sums.terms) - sums.members
        empty = cls(costs, np.zeros((0, n + k + count)), np.zeros(0), np.zeros(0), n, k, count)
        return empty._with_futures(sums)._with_meetings(sums)._with_rules(rules)

    def _and(self, rows: Floats, least: Floats | float, most: Floats | float = np.inf) -> "_Program":
        """Give it with more constraints."""
        lower = np.concatenate([self.least, np.broadcast_to(least, len(rows))])
        upper = np.concatenate([self.most, np.broadcast_to(most, len(rows))])
        return replace(self, rows=np.concatenate([self.rows, rows]), least=lower, most=upper)

    def _with_futures(self, sums: Sums) -> "_Program":
        """Have a future count as closed only where every condition holds in it."""
        found, width = self, self.rows.shape[1]
        for r in range(len(sums.left)):
            taken, left = sums.rows[:, r, : self.count].T, sums.left[r, : self.count] + CLOSED
            free = np.maximum(left - np.minimum(taken, 0.0).sum(axis=1), 0.0)  # what any bundle may lack
            rows = np.zeros((self.count, width))
            rows[:, : taken.shape[1]] = taken
            rows[np.arange(self.count), taken.shape[1] + np.arange(self.count)] = -free
            found = found._and(rows, left - free)
        return found

    def _with_meetings(self, sums: Sums) -> "_Program":
        """Have measures meet exactly where all of them are chosen."""
        found, width = self, self.rows.shape[1]
        for k, term in enumerate(sums.terms[self.members :]):
            those = [m for m in range(self.members) if term >> m & 1]
            rows = np.zeros((len(those) + 1, width))
            for i, m in enumerate(those):
                rows[i, [m, self.members + k]] = 1.0, -1.0
            rows[-1, those] = -1.0
            rows[-1, self.members + k] = 1.0
            found = found._and(rows, np.array([0.0] * len(those) + [1.0 - len(those)]))
        return found

    def _with_rules(self, rules: Rules) -> "_Program":
        """Have sets keep to the rules."""
        found, width = self, self.rows.shape[1]
        for first, second in rules.needs:
            row = np.zeros((1, width))
            row[0, [first, second]] = -1.0, 1.0
            found = found._and(row, 0.0)
        for pair in rules.apart:
            row = np.zeros((1, width))
            row[0, list(pair)] = 1.0
            found = found._and(row, -np.inf, 1.0)
        for efforts in rules.efforts.values():
            row = np.zeros((1, width))
            row[0, : self.members] = efforts
            found = found._and(row, -np.inf, rules.capacity)
        return found

    def solved(self, level: float) -> int | None:
        """Give the bits of the cheapest set for a share of the futures; None where none was found."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        width, rest = self.rows.shape[1], self.members + self.several
        closes, target = np.zeros(width), np.zeros(width)
        closes[rest:] = 1.0
        target[: self.members] = self.costs
        program = self._and(closes[None], float(np.ceil(level * self.count - 1e-9)))
        whole = np.ones(width)
        whole[self.members : rest] = 0.0
        found = milp(
            target,
            integrality=whole,
            bounds=Bounds(0.0, 1.0),
            constraints=LinearConstraint(program.rows, program.least, program.most),
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )
        if found.x is None:
            return None
        return sum(1 << m for m in range(self.members) if found.x[m] > 0.5)
