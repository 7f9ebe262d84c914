"""Shapley effects: what share of a target's variance each driver and event has, where some of them go together.

They are never negative and add up to 1, whatever goes together with what; indices of blocks are in ``designed``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.dependence import Group, Joint
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.sampling import Dimension, stream
from simlib.sensitivity.blocks import Block, Player, blocks, frozen
from simlib.sensitivity.jackknife import GROUPS, Estimates, jackknifed, refuse_too_few
from simlib.sensitivity.targets import Target, rows_at, told
from simlib.source import weights_of

__all__ = ["ShapleyEffects", "shapley_effects"]

ORDERS = 4_096  # in which players become known
SLAB = 256  # of them at a time
MOST_TOGETHER = 24  # players of one block: which of them are known is looked at set by set
Document = dict[str, Any]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ShapleyEffects:
    """Shapley effects.

    Attributes
    ----------
    targets, players
        What was asked about, and whose effects they are.
    evaluations
        How many futures were worked out.
    effects
        (player, target) shares of the variance.
    frozen
        Addresses of what no design can move: it keeps its draws, and its part is in no effect.
    """

    targets: tuple[Target, ...]
    players: tuple[Player, ...]
    evaluations: int
    effects: Estimates
    frozen: tuple[str, ...]

    def entries(self, target: int) -> list[Document]:
        """Give every player's effect on one target, the largest first."""
        order = np.argsort(-self.effects.values[:, target], kind="stable").tolist()
        return [
            {"addresses": list(self.players[p].addresses), "effect": self.effects[p, target].told()} for p in order
        ]

    def document(self) -> list[Document]:
        """Give all as sensitivity.json has it."""
        return [{"target": list(t.name), "players": self.entries(place)} for place, t in enumerate(self.targets)]

    def __repr__(self) -> str:
        """Say what it is in one line."""
        about = f"{len(self.players)} players, {len(self.targets)} targets"
        return f"<ShapleyEffects: {about}, {self.evaluations:,} futures>"


def shapley_effects(
    model: Model, wanted: Sequence[Target] | None = None, *, orders: int = ORDERS, seed: int = 0,
    n_jobs: int | None = None,
) -> ShapleyEffects:  # fmt: skip
    """Estimate the Shapley effect of every driver and event.

    Parameters
    ----------
    model, wanted
        As in :func:`simlib.sensitivity.targets.told`.
    orders
        In how many orders the players' values are drawn anew, at least 1,024; (players + 1) × orders futures are worked
        out.
    seed, n_jobs
        As in :func:`simlib.sensitivity.designed.sobol_indices`.

    Raises
    ------
    ModelError
        If a t copula holds figures together, or more than 24 of them go together: then what is left open where some are
        known cannot be drawn here. If there are too few orders, or nothing to ask about.

    Notes
    -----
    With c(J) = E[Var(Y | all but J)], a player's effect is the average of c(J ∪ j) − c(J) over all orders, over Var(Y).
    Along each order one future f(x) stays, and player after player gets a second value, drawn from what it can be given
    those that are known still: c(J) is ``½ E[(f(x) − f(x_J))²]``, and neighbours share their chance. Scores of a
    section of dependence are normal, so that what is left open is normal too: z_J = w_J + C_JK C_KK⁻¹ (z_K − w_K) with
    w another draw of all. A driver that goes by year is one player.

    References
    ----------
    Owen (2014), "Sobol' indices and Shapley value"; Song, Nelson and Staum (2016), "Shapley effects for global
    sensitivity analysis", SIAM/ASA J. Uncertain. Quantif. 4, algorithm 1; Goda (2021), "A simple algorithm for global
    sensitivity analysis with Shapley effects", Reliab. Eng. Syst. Saf. 213, on the estimate along one order.
    """
    refuse_too_few(orders)
    asked, game = told(model, wanted), _Game.of(model)
    count = len(game.players)
    random, parts = stream(seed, "shapley"), []
    for start in range(0, orders, SLAB):
        size = min(SLAB, orders - start)
        place = np.argsort(np.argsort(random.random((count, size)), axis=0), axis=0)  # of each player in its order
        shape = len(model.dimensions), size
        scores = game.scores(place, random.standard_normal(shape), random.standard_normal(shape))
        rows = rows_at(model, scores.reshape(len(scores), -1), asked, n_jobs=n_jobs)
        parts.append(_gained(rows.reshape(len(asked), count + 1, size), place))
    gains, totals, squares = (np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    sums = [_grouped(each) for each in (np.full(orders, 2.0), totals, squares, gains)]
    return ShapleyEffects(asked, game.players, (count + 1) * orders, jackknifed(tuple(sums), _share), frozen(model))


def _gained(rows: Floats, place: Places) -> tuple[Floats, Floats, Floats]:
    """Give what each player adds, (player, target, order), and sums of both ends of an order and of their squares."""
    first, last = rows[:, 0], rows[:, -1]
    left = 0.5 * (rows - first[:, np.newaxis]) ** 2
    steps = np.diff(left, axis=1)
    gains = np.take_along_axis(steps, place[np.newaxis], axis=1).transpose(1, 0, 2)
    return gains, first + last, first**2 + last**2


def _grouped(rows: Floats) -> Floats:
    """Give sums by group of orders, (…, order) to (group, …)."""
    return np.stack([rows[..., group::GROUPS].sum(axis=-1) for group in range(GROUPS)])


def _share(count: Floats, total: Floats, squares: Floats, gains: Floats) -> Floats:
    """Give (…, player, target) shares of the variance at both ends of the orders; nan where there is none."""
    n = count[:, np.newaxis]
    variance = ((squares - total**2 / n) / n)[:, np.newaxis]
    real = variance > 1e-12 * (squares / n)[:, np.newaxis]
    added = gains / (0.5 * count)[:, np.newaxis, np.newaxis]
    found = np.full_like(added, np.nan)
    return np.asarray(np.divide(added, variance, out=found, where=np.broadcast_to(real, added.shape)))


# ---- Drawing what is left open -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Together:
    """Players of one block: their places among all, those of their coordinates, and how these correlate.

    Attributes
    ----------
    owners
        (coordinate,) which of the players each belongs to.
    """

    players: tuple[int, ...]
    places: Places
    owners: Places
    correlation: Floats


@dataclass(frozen=True, slots=True)
class _Game:
    """Who plays, and how scores are made in which some players have other values than in the first future."""

    players: tuple[Player, ...]
    alone: Mapping[int, Places]  # by player its coordinates
    together: tuple[_Together, ...]
    groups: tuple[Group, ...]
    places: Mapping[Dimension, int]

    @classmethod
    def of(cls, model: Model) -> "_Game":
        """Give the game of a model, or refuse it with the reason."""
        every = blocks(model)
        _refuse(model, every)
        places = {dimension: place for place, dimension in enumerate(model.dimensions)}
        everybody = tuple(player for block in every for player in block.players)
        number = {player: k for k, player in enumerate(everybody)}
        alone = {
            number[block.players[0]]: np.asarray([places[d] for d in block.players[0].dimensions])
            for block in every if len(block.players) == 1
        }  # fmt: skip
        held = tuple(_together(model, block, number, places) for block in every if len(block.players) > 1)
        groups = tuple(dict.fromkeys(model.dependences.groups.values()))
        return cls(everybody, alone, held, groups, places)

    def scores(self, place: Places, own: Floats, other: Floats) -> Floats:
        """Give (dimension, step, order) independent scores, in which after each step one player more is drawn anew.

        Parameters
        ----------
        place
            (player, order) at which step each is drawn anew.
        own, other
            (dimension, order) independent scores.
        """
        steps = np.arange(len(place) + 1)[:, np.newaxis]
        found = np.empty((len(own), len(steps), own.shape[1]))
        found[:] = own[:, np.newaxis]
        for player, rows in self.alone.items():
            anew = place[player] < steps
            found[rows] = np.where(anew, other[rows][:, np.newaxis], own[rows][:, np.newaxis])
        for each in self.together:
            root = _root(each.correlation)
            self._fill(each, place, root @ own[each.places], root @ other[each.places], found)
        for group in self.groups:
            _apart(group, self.places, found)
        return found

    def _fill(self, each: _Together, place: Places, own: Floats, other: Floats, found: Floats) -> None:
        """Put the correlated scores of one block into place, each set of players that are known by itself."""
        anew = place[list(each.players)][:, np.newaxis] < np.arange(found.shape[1])[:, np.newaxis]
        sets = np.tensordot(1 << np.arange(len(each.players)), anew, axes=1)
        filled = np.empty((len(each.places), *sets.shape))
        for which in np.unique(sets):
            at = sets == which
            order = np.nonzero(at)[1]
            open_ = (which >> each.owners & 1).astype(bool)
            filled[:, at] = _conditional(each.correlation, open_, own[:, order], other[:, order])
        found[each.places] = filled


def _conditional(correlation: Floats, open_: NDArray[np.bool_], own: Floats, other: Floats) -> Floats:
    """Give scores with those that are open drawn anew from what they can be, given the others."""
    known = ~open_
    found = own.copy()
    if not known.any():
        return other
    if open_.any():
        inverse = np.linalg.pinv(correlation[np.ix_(known, known)], hermitian=True)
        weights = correlation[np.ix_(open_, known)] @ inverse
        found[open_] = other[open_] + np.einsum("ok,kn->on", weights, own[known] - other[known])
    return found


def _root(correlation: Floats) -> Floats:
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _together(model: Model, block: Block, number: Mapping[Player, int], places: Mapping[Dimension, int]) -> _Together:
    own = [(k, d) for k, player in enumerate(block.players) for d in player.dimensions]
    correlation = np.eye(len(own))
    groups = model.dependences.groups
    for a, (_, first) in enumerate(own):
        for b, (_, second) in enumerate(own[:a]):
            if first in groups and groups[first] is groups.get(second):
                correlation[a, b] = correlation[b, a] = groups[first].correlation(first, second)
    at = np.asarray([places[d] for _, d in own])
    return _Together(tuple(number[p] for p in block.players), at, np.asarray([k for k, _ in own]), correlation)


def _apart(group: Group, places: Mapping[Dimension, int], scores: Floats) -> None:
    """Put the independent scores into place of which a group makes correlated ones that stand there."""
    rows = [places[member] for member in group.members]
    if isinstance(group, Joint):
        inverse = np.linalg.pinv(weights_of(group, False))
        scores[rows] = np.einsum("ij,jsn->isn", inverse, scores[rows])
    elif group.weight < 1.0:
        scores[rows] /= np.sqrt(1.0 - group.weight)
        scores[places[group.factor]] = 0.0
    else:
        scores[places[group.factor]] = scores[rows[0]]


def _refuse(model: Model, every: Sequence[Block]) -> None:
    problems = []
    for group in dict.fromkeys(model.dependences.groups.values()):
        if group.mixing is not None:
            address = group.mixing.name.removesuffix(".df")
            text = "Shapley effects need normal scores, which a t copula does not have; leave copula and df out"
            problems.append(Problem("", address, text))
    for block in every:
        if len(block.players) > MOST_TOGETHER:
            text = f"expected at most {MOST_TOGETHER} figures that go together, got {len(block.players)}"
            problems.append(Problem("", block.sections[0], f"{text}: too many for Shapley effects"))
    if problems:
        raise ModelError(list(dict.fromkeys(problems)))


