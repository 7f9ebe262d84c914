"""How a movement is shared out among edits: what each adds on average over the orders in which they can be made.

What is moved is not known here: it is asked of sets of edits, of which some may not stand by themselves.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations, pairwise

from simlib.sampling import stream

__all__ = ["MOST_CONFIGS", "MOST_EXACT", "Plan", "Players", "plan_orders", "settled"]

MOST_EXACT = 6  # players whose every order is looked at: 64 sets of them
MOST_CONFIGS = 64  # sets where orders are sampled; more where one order and its reverse need more
Edits = frozenset[int]
NONE: Edits = frozenset()
Players = tuple[Edits, ...]  # each one edit, or several that cannot stand alone
Steps = Mapping[tuple[Edits, Edits], Fraction]  # from one set to a larger one, and in what share of the orders


@dataclass(frozen=True, slots=True)
class Plan:
    """The orders that are looked at, as steps from one set of edits to the next.

    Attributes
    ----------
    steps
        (player,) each player's steps; the shares of one player's steps add up to 1.
    orders
        How many orders that is.
    every
        Whether these are all there are.
    """

    steps: tuple[Steps, ...]
    orders: int
    every: bool

    @property
    def sets(self) -> tuple[Edits, ...]:
        """Every set that is met, the smallest first."""
        found = dict.fromkeys(chain.from_iterable(chain.from_iterable(self.steps)))
        return tuple(sorted(found or {NONE: None}, key=lambda edits: (len(edits), sorted(edits))))


def plan_orders(players: Players) -> Plan:
    """Give the orders in which edits are made: all of them up to six players, else some in pairs with their reverses.

    Notes
    -----
    With weights s! (k − s − 1)! ÷ k! for the sets of s players that may stand before one of k, the average over all
    orders is the Shapley value: parts add up to the whole, equals have equal parts, what moves nothing has none, and
    of what two do together only each has half. Along any single order parts add up too, so that they do on average
    over some. The first order is that of the second file; its reverse shows what comes of an edit made first or last.

    References
    ----------
    Shapley (1953), "A value for n-person games"; Mitchell, Cooper, Frank and Holmes (2022), "Sampling permutations for
    Shapley value estimation", Journal of Machine Learning Research 23, on orders in pairs with their reverses.
    """
    count = len(players)
    if count <= MOST_EXACT:
        return Plan(tuple(_exact(players, p) for p in range(count)), math.factorial(count), every=True)
    orders = _sampled(count)
    steps: list[dict[tuple[Edits, Edits], Fraction]] = [{} for _ in players]
    for order in orders:
        sets = [NONE.union(*(players[p] for p in order[:n])) for n in range(count + 1)]
        for player, step in zip(order, pairwise(sets), strict=True):
            steps[player][step] = steps[player].get(step, Fraction(0)) + Fraction(1, len(orders))
    return Plan(tuple(steps), len(orders), every=False)


def _exact(players: Players, player: int) -> Steps:
    """Give every step that a player can make."""
    count, own = len(players), players[player]
    others = [edits for p, edits in enumerate(players) if p != player]
    found: dict[tuple[Edits, Edits], Fraction] = {}
    for size in range(count):
        share = Fraction(math.factorial(size) * math.factorial(count - size - 1), math.factorial(count))
        for before in combinations(others, size):
            start = NONE.union(*before)
            found[start, start | own] = share
    return found


def _sampled(count: int) -> list[list[int]]:
    """Give orders in pairs with their reverses, the first that of the file; always the same ones."""
    pairs = max((MOST_CONFIGS - 2) // (2 * (count - 1)), 1)
    random = stream(0, "orders of edits")
    found = [list(range(count)), *(random.permutation(count).tolist() for _ in range(pairs - 1))]
    return [order for forward in found for order in (forward, forward[::-1])]


def settled(
    players: Players, trouble: Callable[[Edits], str | None]
) -> tuple[Players, dict[Edits, str]]:
    """Join edits that cannot stand alone, until every set of them that is needed can stand.

    Parameters
    ----------
    players
        Each with its edits; none of them, and all of them, must be able to stand.
    trouble
        Says of a set of edits why it cannot stand; None where it can.

    Returns
    -------
    players, reasons
        Those that are left, and why some of them are joined.
    """
    reasons: dict[Edits, str] = {}
    while True:
        refused = next((edits for edits in plan_orders(players).sets if trouble(edits)), None)
        if refused is None:
            return players, {own: reasons[own] for own in players if own in reasons}
        together, why = _needed(players, refused, trouble)
        joined = NONE.union(*together)
        reasons[joined] = why
        first = min(players.index(own) for own in together)
        players = tuple(joined if p == first else own for p, own in enumerate(players)
                        if p == first or own not in together)  # fmt: skip


def _needed(
    players: Players, refused: Edits, trouble: Callable[[Edits], str | None]
) -> tuple[list[Edits], str]:
    """Give the fewest players that can stand together and hold those that make a set unfit, and why it is unfit."""
    core = [own for own in players if own <= refused]
    for own in tuple(core):
        if trouble(_union(core, own)):
            core.remove(own)
    why = trouble(_union(core)) or ""
    together = list(players)
    for own in players:
        if own not in core and not trouble(_union(together, own)):
            together.remove(own)
    return together, why


def _union(players: Iterable[Edits], but: Edits = NONE) -> Edits:
    return NONE.union(*(own for own in players if own != but))

