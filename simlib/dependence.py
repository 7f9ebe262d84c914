"""Which coordinates of randomness move together: the file's rank correlations, compiled.

A coordinate (``Dimension``) is one driver in one year. Statements are spread over coordinates, connected ones
become a group: a single non-negative pattern is a common factor with a stream of its own, so that a new member
moves nobody else; anything else is a matrix, repaired where it is only not positive semi-definite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simlib.errors import ModelError, Problem
from simlib.sampling import Dimension
from simlib.sampling.dependence import factor, nearest_correlation, spearman_to_normal

LARGEST_REPAIR = 0.05  # of a correlation; beyond it the file contradicts itself and is refused


@dataclass(frozen=True, slots=True)
class Statement:
    """One rank correlation among coordinates that are all in one year (or all once)."""

    address: str
    members: tuple[Dimension, ...]
    rank_correlation: float
    pattern: bool
    factor: Dimension | None = None  # the pattern's own stream


@dataclass(frozen=True, slots=True)
class CommonFactor:
    """Members that share one factor: z = √r f + √(1 − r) e."""

    members: tuple[Dimension, ...]
    factor: Dimension
    weight: float


@dataclass(frozen=True, slots=True)
class Joint:
    """Members with a general correlation matrix; ``rows`` is its lower-triangular factor."""

    members: tuple[Dimension, ...]
    rows: tuple[tuple[float, ...], ...]


Group = CommonFactor | Joint


@dataclass(frozen=True, slots=True)
class Repair:
    """A matrix that was not positive semi-definite: where, and the largest change of a correlation."""

    address: str
    change: float


@dataclass(frozen=True, slots=True)
class Dependences:
    """All groups, found by coordinate; what was asked for, and what had to be repaired."""

    groups: Mapping[Dimension, Group]
    statements: tuple[Statement, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def factors(self) -> tuple[Dimension, ...]:
        """The coordinates that patterns add to those of the drivers, each once."""
        found = [group.factor for group in self.groups.values() if isinstance(group, CommonFactor)]
        return tuple(dict.fromkeys(found))


def group(statements: Sequence[Statement]) -> Dependences:
    """Give the groups that the statements make.

    Raises
    ------
    ModelError
        When a group's correlations contradict each other by more than 0.05.
    """
    groups: dict[Dimension, Group] = {}
    repairs: list[Repair] = []
    for connected in _components(statements):
        made, repair = _group(connected)
        groups.update(dict.fromkeys(made.members, made))
        repairs += [repair] if repair else []
    return Dependences(groups, tuple(statements), tuple(repairs))


def _components(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Put statements that share a coordinate, directly or through others, together."""
    components: list[list[Statement]] = []
    for statement in statements:
        touching = [c for c in components if any(set(statement.members) & set(other.members) for other in c)]
        rest = [c for c in components if c not in touching]
        components = [*rest, [*(s for c in touching for s in c), statement]]
    return components


def _group(statements: list[Statement]) -> tuple[Group, Repair | None]:
    only = statements[0]
    if len(statements) == 1 and only.pattern and only.factor and only.rank_correlation >= 0:
        return CommonFactor(only.members, only.factor, float(spearman_to_normal(only.rank_correlation))), None
    members = tuple(dict.fromkeys(member for statement in statements for member in statement.members))
    matrix, repair = _repaired(_matrix(statements, members), statements)
    rows = factor(matrix)
    return Joint(members, tuple(tuple(float(x) for x in row[: i + 1]) for i, row in enumerate(rows))), repair


def _matrix(statements: list[Statement], members: tuple[Dimension, ...]) -> np.ndarray:
    place = {member: i for i, member in enumerate(members)}
    matrix = np.eye(len(members))
    stated: dict[tuple[int, int], str] = {}
    for statement in statements:
        inside = [place[member] for member in statement.members]
        for pair in ((i, j) for a, i in enumerate(inside) for j in inside[a + 1 :]):
            key = (min(pair), max(pair))
            if key in stated:
                names = " and ".join(members[i].name for i in key)
                text = f"{names} are already correlated by {stated[key]}; state each pair once"
                raise ModelError([Problem("", statement.address, text)])
            stated[key] = statement.address
            matrix[pair] = matrix[pair[::-1]] = spearman_to_normal(statement.rank_correlation)
    return matrix


def _repaired(matrix: np.ndarray, statements: list[Statement]) -> tuple[np.ndarray, Repair | None]:
    if np.linalg.eigvalsh(matrix)[0] > -1e-10:
        return matrix, None
    repaired, change = nearest_correlation(matrix)
    address = statements[-1].address
    if change > LARGEST_REPAIR:
        text = (
            f"these correlations contradict each other: the nearest possible ones differ by up to {change:.2f} "
            f"(allowed: {LARGEST_REPAIR})"
        )
        raise ModelError([Problem("", address, text)])
    return repaired, Repair(address, float(change))
