"""Which coordinates of randomness move together: the file's statements of dependence, compiled; nothing is drawn.

A coordinate (``Dimension``) is one driver in one year. ``statements`` are spread over coordinates, connected ones
become a group: a single non-negative pattern is a common factor with a stream of its own, so that a new member
moves nobody else; anything else is a matrix, repaired where it is only not positive semi-definite.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.sampling import (
    GAUSSIAN,
    Dimension,
    factor,
    nearest_correlation,
    principal,
    third_correlation,
    to_spearman,
)
from simlib.statements import Statement

LARGEST_REPAIR = 0.05  # of a correlation; beyond it the file contradicts itself and is refused
MOST_JOINT = 300  # figures of one matrix: its cost grows with the cube
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class CommonFactor:
    """Members that share one factor: z = √r f + √(1 − r) e; with a t copula also a stretching of their own."""

    members: tuple[Dimension, ...]
    factor: Dimension
    weight: float
    df: float = GAUSSIAN
    mixing: Dimension | None = None
    key: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hash((self.members, self.factor, self.weight, self.df, self.mixing)))

    def __hash__(self) -> int:
        return self.key  # kept, as a matrix keeps its own

    def correlation(self, first: Dimension, second: Dimension) -> float:  # noqa: ARG002 - every pair alike
        """Give the correlation of two members' scores."""
        return self.weight


@dataclass(frozen=True, slots=True)
class Joint:
    """Members with a general correlation matrix.

    Attributes
    ----------
    rows
        Its lower-triangular factor: a member moves with those before it only, so that one more moves none of them.
    components
        Its principal components, the largest first: what a quasi-random sample is best spent on.
    """

    members: tuple[Dimension, ...]
    rows: tuple[tuple[float, ...], ...]
    components: tuple[tuple[float, ...], ...]
    df: float = GAUSSIAN
    mixing: Dimension | None = None
    key: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hash((self.members, self.rows, self.df, self.mixing)))

    def __hash__(self) -> int:
        return self.key  # kept: every draw of a member asks for it, and a matrix has many entries

    def correlation(self, first: Dimension, second: Dimension) -> float:
        """Give the correlation of two members' scores."""
        one, other = (self.rows[self.members.index(member)] for member in (first, second))
        return float(sum(a * b for a, b in zip(one, other, strict=False)))


Group = CommonFactor | Joint


@dataclass(frozen=True, slots=True)
class Repair:
    """A matrix that was not positive semi-definite: where, and the largest change of a correlation."""

    address: str
    change: float


@dataclass(frozen=True, slots=True)
class Link:
    """Two coordinates of a statement, and the correlation that their scores really have in their year."""

    statement: Statement
    first: Dimension
    second: Dimension
    normal: float

    @property
    def repaired(self) -> bool:
        """Whether the file's own figure was not possible."""
        return abs(self.normal - self.statement.asked.normal) > 1e-9


@dataclass(frozen=True, slots=True)
class Dependences:
    """All groups, found by coordinate; what was asked for, pair by pair, and what had to be repaired.

    Attributes
    ----------
    keys
        What tells a driver's values under these groups from others: kept here, since every chunk asks for it.
    """

    groups: Mapping[Dimension, Group]
    statements: tuple[Statement, ...] = ()
    links: tuple[Link, ...] = ()
    repairs: tuple[Repair, ...] = ()
    keys: dict[Hashable, Hashable] = field(default_factory=dict, repr=False, compare=False)

    @property
    def factors(self) -> tuple[Dimension, ...]:
        """The coordinates that groups add to those of the drivers, each once."""
        found = [group.factor for group in self.groups.values() if isinstance(group, CommonFactor)]
        found += [group.mixing for group in self.groups.values() if group.mixing is not None]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Carrying:
    """How drivers carry over from year to year: ``phi`` by name where they do, from the first year of the horizon."""

    phi: Mapping[str, float]
    first: int = 0

    def over(self, member: Dimension) -> float:
        """Give the share of last year's score: all of it where there is one value for all years."""
        return 1.0 if member.year == 0 else self.phi.get(member.name, 0.0)

    def fresh(self, member: Dimension) -> float:
        """Give the weight of what is new in this year's score."""
        anew = member.year in (0, self.first)
        return 1.0 if anew else float(np.sqrt(1.0 - self.phi.get(member.name, 0.0) ** 2))


def group(statements: Sequence[Statement], carrying: Carrying | None = None) -> Dependences:
    """Give the groups that the statements make.

    Parameters
    ----------
    statements
        In the order of the file, years in order.
    carrying
        Which drivers carry over from year to year; none where left out.

    Raises
    ------
    ModelError
        When a pair is stated twice, cannot have its correlation in every year, or a group's correlations contradict
        each other by more than 0.05, or its copulas differ.
    """
    carrying = carrying or Carrying({})
    fresh = _innovations(statements, carrying)
    groups: dict[Dimension, Group] = {}
    repairs: list[Repair] = []
    for connected in _components(statements):
        made, repair = _group(connected, fresh)
        groups.update(dict.fromkeys(made.members, made))
        repairs += [repair] if repair else []
    links = tuple(_links(statements, groups, carrying))
    return Dependences(groups, tuple(statements), links, tuple(repairs))


def _pairs(statements: Sequence[Statement]) -> Iterator[tuple[Statement, Dimension, Dimension]]:
    for statement in statements:
        for first, second in combinations(statement.members, 2):
            yield statement, first, second


def _components(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Put statements that share a coordinate, directly or through others, together."""
    above: dict[Dimension, Dimension] = {}

    def head(member: Dimension) -> Dimension:
        while above.setdefault(member, member) != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    for statement in statements:
        for member in statement.members[1:]:
            above[head(member)] = head(statement.members[0])
    components: dict[Dimension, list[Statement]] = {}
    for statement in statements:
        components.setdefault(head(statement.members[0]), []).append(statement)
    return list(components.values())


# ---- Years -------------------------------------------------------------------------------------------------

Entry = tuple[Statement, Dimension, Dimension]
Fresh = Mapping[frozenset[Dimension], float]


def _histories(statements: Sequence[Statement]) -> list[list[Entry]]:
    """Give the entries of each pair of names, in the order of years; none is stated twice."""
    found: dict[tuple[str, ...], dict[frozenset[Dimension], Entry]] = {}
    for statement, first, second in _pairs(statements):
        stated = found.setdefault(tuple(sorted((first.name, second.name))), {})
        pair = frozenset((first, second))
        if pair in stated:
            text = f"{first.name} and {second.name} are already correlated by {stated[pair][0].address}"
            raise ModelError([Problem("", statement.address, f"{text}; state each pair once")])
        stated[pair] = statement, first, second
    return [sorted(entries.values(), key=_year) for entries in found.values()]


def _year(entry: Entry) -> int:
    return max(entry[1].year, entry[2].year)


def _innovations(statements: Sequence[Statement], carrying: Carrying) -> Fresh:
    """Give the correlation that new scores need, so that those that carry over have theirs in each year.

    With x[t] = φ x[t−1] + √(1 − φ²) e[t] for each of two drivers, corr[t] = φ₁φ₂ corr[t−1] + √(1 − φ₁²)√(1 − φ₂²) r[t].
    """
    fresh: dict[frozenset[Dimension], float] = {}
    for entries in _histories(statements):
        before: tuple[int, float] | None = None  # the year stated last, and the correlation then
        for entry in entries:
            statement, first, second = entry
            _check_lag(entry, carrying)
            carried = _carried(entry, before, carrying)
            room = carrying.fresh(first) * carrying.fresh(second)
            needed = (statement.asked.normal - carried) / room
            if abs(needed) > 1.0 + ROUNDING:
                raise ModelError([_too_much(entry, carried, room, before, carrying)])
            fresh[frozenset((first, second))] = min(1.0, max(-1.0, needed))
            before = _year(entry), statement.asked.normal
    return fresh


def _carried(entry: Entry, before: tuple[int, float] | None, carrying: Carrying) -> float:
    """Give the correlation that is there already, from the year stated last."""
    if before is None:
        return 0.0
    _, first, second = entry
    return before[1] * (carrying.over(first) * carrying.over(second)) ** (_year(entry) - before[0])


def _check_lag(entry: Entry, carrying: Carrying) -> None:
    statement, first, second = entry
    moving = [member for member in (first, second) if member.year and carrying.over(member)]
    if moving and statement.df != GAUSSIAN:
        text = (
            f"{moving[0].name} carries over from year to year (ar1), which a t copula would not survive; "
            f"leave copula and df out, or let it vary yearly"
        )
        raise ModelError([Problem("", statement.address, text)])
    if moving and first.year and second.year and first.year != second.year:
        text = "drivers that carry over from year to year (ar1) can be correlated only within a year"
        raise ModelError([Problem("", statement.address, text)])


def _too_much(
    entry: Entry, carried: float, room: float, before: tuple[int, float] | None, carrying: Carrying
) -> Problem:
    """Say the largest correlation that drivers which carry over differently can have."""
    statement, first, second = entry
    sign = float(np.sign(statement.asked.normal - carried))
    steady = before is not None and before[1] == statement.asked.normal
    most = sign * room / (1.0 - carrying.over(first) * carrying.over(second)) if steady else carried + sign * room
    limit = float(to_spearman(np.clip(most, -1.0, 1.0)))
    text = (
        f"{first.name} and {second.name} carry over from year to year differently, and cannot be correlated so much: "
        f"expected a rank correlation of {'at most' if sign > 0 else 'at least'} {_figure(limit)}, "
        f"got {_figure(statement.rank_correlation)}"
    )
    return Problem("", statement.address, text)


def _links(
    statements: Sequence[Statement], groups: Mapping[Dimension, Group], carrying: Carrying
) -> Iterator[Link]:
    """Give every pair with the correlation of its scores, years that carry over and repairs included."""
    normal: dict[frozenset[Dimension], float] = {}
    for entries in _histories(statements):
        before: tuple[int, float] | None = None
        for entry in entries:
            _, first, second = entry
            new = groups[first].correlation(first, second) * carrying.fresh(first) * carrying.fresh(second)
            normal[frozenset((first, second))] = _carried(entry, before, carrying) + new
            before = _year(entry), normal[frozenset((first, second))]
    for statement, first, second in _pairs(statements):
        yield Link(statement, first, second, normal[frozenset((first, second))])


# ---- Groups ------------------------------------------------------------------------------------------------


def _group(statements: list[Statement], fresh: Fresh) -> tuple[Group, Repair | None]:
    only, df = statements[0], _same_copula(statements)
    members = tuple(dict.fromkeys(member for statement in statements for member in statement.members))
    year = max(member.year for member in members)
    mixing = None if df == GAUSSIAN else Dimension(f"{only.address}.df", year)
    weights = [fresh[frozenset(pair)] for pair in combinations(only.members, 2)]
    alike = max(weights) - min(weights) < ROUNDING and min(weights) >= 0.0
    if len(statements) == 1 and only.factor is not None and alike:
        return CommonFactor(members, only.factor, weights[0], df, mixing), None
    if len(members) > MOST_JOINT:
        text = f"expected at most {MOST_JOINT} figures that go together pair by pair, got {len(members):,}"
        raise ModelError([Problem("", only.address, f"{text}; say what they have in common as a driver")])
    matrix, repair = _repaired(statements, members, fresh)
    rows = tuple(tuple(map(float, row[: i + 1])) for i, row in enumerate(factor(matrix)))
    components = tuple(tuple(map(float, row)) for row in principal(matrix))
    return Joint(members, rows, components, df, mixing), repair


def _same_copula(statements: list[Statement]) -> float:
    first = statements[0]
    for other in statements[1:]:
        if other.df != first.df:
            words = [f"{s.copula} with df {_figure(s.df)}" if s.copula == "t" else "gaussian" for s in (first, other)]
            text = (
                f"shares figures with {first.address}, and they need one copula: expected {words[0]}, got {words[1]}"
            )
            raise ModelError([Problem("", other.address, text)])
    return first.df


def _repaired(
    statements: list[Statement], members: tuple[Dimension, ...], fresh: Fresh
) -> tuple[Floats, Repair | None]:
    place = {member: i for i, member in enumerate(members)}
    matrix, firm = np.eye(len(members)), np.zeros((len(members), len(members)), dtype=bool)
    for statement, first, second in _pairs(statements):
        at = np.ix_([place[first], place[second]], [place[first], place[second]])
        value = fresh[frozenset((first, second))]
        matrix[at] = [[1.0, value], [value, 1.0]]
        firm[at] = statement.firm or abs(value) == 1.0  # two that are one stay one
    if np.linalg.eigvalsh(matrix)[0] > -1e-10:
        return matrix, None
    try:
        repaired, change = nearest_correlation(matrix, firm)
    except ValueError:
        repaired, change = nearest_correlation(matrix)
        why = "those that are firm (or perfect) leave no way to mend it"
        raise ModelError([_contradiction(statements, members, matrix, why)]) from None
    if change > LARGEST_REPAIR:
        why = f"the nearest possible ones differ by up to {change:.2f} (allowed: {LARGEST_REPAIR})"
        raise ModelError([_contradiction(statements, members, matrix, why)])
    return repaired, Repair(statements[-1].address, float(change))


def _contradiction(
    statements: list[Statement], members: tuple[Dimension, ...], matrix: Floats, why: str
) -> Problem:
    """Say which three correlations cannot hold together, where it is three."""
    ranks = to_spearman(matrix, statements[0].df)
    rows: list[list[float]] = matrix.tolist()
    three = min(combinations(range(len(members)), 3), key=lambda t: _determinant(rows, *t))
    text = "these correlations contradict each other"
    if _determinant(rows, *three) < -1e-10:
        # The weakest of the three is the one to move; b is what the other two share.
        b, a, c = min(((b, *(i for i in three if i != b)) for b in three), key=lambda t: abs(matrix[t[1], t[2]]))
        low, high = third_correlation(matrix[a, b], matrix[b, c])
        side, bound = ("less", low) if matrix[a, c] < low else ("more", high)
        limit = float(to_spearman(bound, statements[0].df))
        scale = "rank correlations" if _as_stated(statements, members, matrix) else "of what is new each year"
        text += (
            f": {_between(members, a, b)} {_figure(ranks[a, b])} and {_between(members, b, c)} {_figure(ranks[b, c])} "
            f"leave {_between(members, a, c)} no {side} than {_figure(limit)}, not {_figure(ranks[a, c])} ({scale})"
        )
    return Problem("", statements[-1].address, f"{text}; {why}")


def _determinant(rows: list[list[float]], a: int, b: int, c: int) -> float:
    """Give the determinant of three members' correlations: negative where they cannot hold together."""
    x, y, z = rows[a][b], rows[b][c], rows[a][c]
    return 1.0 + 2.0 * x * y * z - x * x - y * y - z * z


def _as_stated(statements: list[Statement], members: tuple[Dimension, ...], matrix: Floats) -> bool:
    """Whether the matrix holds what the file says, and not what it takes of those that carry over."""
    return all(
        abs(matrix[members.index(first), members.index(second)] - statement.asked.normal) < 1e-9
        for statement, first, second in _pairs(statements)
    )


def _between(members: tuple[Dimension, ...], first: int, second: int) -> str:
    return f"{members[first].name} with {members[second].name}"


def _figure(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:g}"
