"""Which coordinates of chance must be moved together: blocks of them that are independent of each other.

Nothing is drawn here, and what moving a block does is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simlib.drivers import Driver, Event, SumOfDraws
from simlib.model import Model
from simlib.sampling import Dimension

__all__ = ["Block", "Player", "blocks", "frozen", "players"]


@dataclass(frozen=True, slots=True)
class Player:
    """A driver or an event, with its coordinates: one, or one for each year.

    Attributes
    ----------
    addresses
        More than one where several share a stream, so that they are one draw.
    """

    addresses: tuple[str, ...]
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Players that may go together, independent of all others.

    Attributes
    ----------
    sections
        The addresses of the sections of dependence that hold them together; none of a player by itself.
    places
        Where its coordinates, those of common factors and of stretching included, stand among the model's.
    """

    players: tuple[Player, ...]
    sections: tuple[str, ...]
    places: tuple[int, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of all players."""
        return tuple(address for player in self.players for address in player.addresses)


def players(model: Model) -> tuple[Player, ...]:
    """Give every driver and event of a model, those that share a coordinate as one."""
    nodes = [(node.address, _coordinates(node)) for node in model.nodes if isinstance(node, Driver | Event)]
    found = []
    for group in _connected([dimensions for _, dimensions in nodes]):
        together = [address for address, dimensions in nodes if dimensions[0] in group]
        found.append(Player(tuple(together), tuple(d for d in model.dimensions if d in group)))
    return tuple(found)


def blocks(model: Model) -> tuple[Block, ...]:
    """Give the independent blocks of a model, in the order of the file.

    Each section of dependence is one, with all that shares a figure with it, and so is each driver that goes by year:
    what goes together is never taken as independent.
    """
    each = players(model)
    groups = list(dict.fromkeys(model.dependences.groups.values()))
    added = [tuple(d for d in (getattr(g, "factor", None), g.mixing) if d is not None) for g in groups]
    held = [(*group.members, *more) for group, more in zip(groups, added, strict=True)]
    found = []
    for block in _connected([*(player.dimensions for player in each), *held]):
        own = tuple(player for player in each if player.dimensions[0] in block)
        stated = [s.address for s in model.dependences.statements if s.members[0] in block]
        places = tuple(place for place, dimension in enumerate(model.dimensions) if dimension in block)
        found.append(Block(own, tuple(dict.fromkeys(stated)), places))
    return tuple(found)


def frozen(model: Model) -> tuple[str, ...]:
    """Give the addresses of what is drawn one by one (``sum_of``) and has no coordinate: designs cannot move it."""
    return tuple(node.address for node in model.nodes if isinstance(node, SumOfDraws))


def _coordinates(node: Driver | Event) -> tuple[Dimension, ...]:
    return node.dimensions if isinstance(node, Driver) else (node.dimension,)


def _connected(sets: Iterable[Sequence[Dimension]]) -> list[set[Dimension]]:
    """Give what is connected, directly or through others, in the order in which it is first met."""
    found: list[set[Dimension]] = []
    for each in sets:
        own = set(each)
        first = next((k for k, other in enumerate(found) if own & other), len(found))
        touched = [other for other in found if own & other]
        merged = own.union(*touched)
        found = [other for other in found if not own & other]
        found.insert(first, merged)
    return found
