"""The dependence sections of a file as statements about coordinates; how these become groups is in ``dependence``."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from simlib import years
from simlib.catalogue import Figures
from simlib.config import Config
from simlib.config.checks.dependence import matches
from simlib.config.schema import Dependence
from simlib.dependence import Carrying
from simlib.drivers import Driver, Event
from simlib.errors import ModelError, Problem
from simlib.sampling import GAUSSIAN, Dimension
from simlib.statements import Statement, asked


class Relations:
    """What a file says of dependence, in terms of its compiled figures.

    Attributes
    ----------
    statements
        A section gives one for each year (or one for all), a matrix one for each pair of them.
    carrying
        Which drivers carry over from year to year.
    checks
        What the reader must know: sections that do not apply.
    """

    def __init__(self, config: Config, figures: Figures, first: int) -> None:
        self._figures = figures
        self._uncertain = {n.address: n for n in figures.nodes if isinstance(n, Driver | Event)}
        self.checks: list[tuple[str, str, str]] = []
        drivers = [n for n in self._uncertain.values() if isinstance(n, Driver) and n.varies.mode == "ar1"]
        self.carrying = Carrying({node.dimensions[0].name: node.varies.phi for node in drivers}, first)
        sections = config.dependence.items()
        self.statements = [s for name, section in sections for s in self._statements(f"dependence.{name}", section)]

    def _statements(self, address: str, section: Dependence) -> Iterator[Statement]:
        names = self._names(address, section)
        coordinates = [self._coordinates(name, address) for name in names]
        if len({len(c) for c in coordinates}) > 1:
            text = "some of these hold once and others go by year: name a year, such as drivers.pay.y2019_20"
            raise ModelError([Problem("", address, text)])
        for members in zip(*coordinates, strict=True):
            if len(set(members)) < len(members):
                raise ModelError([Problem("", address, "a figure cannot be correlated with itself")])
            year = members[0].year if len(coordinates[0]) > 1 else 0
            yield from _of_one_year(address, section, names, members, year)

    def _names(self, address: str, section: Dependence) -> list[str]:
        """Give the figures that a section correlates: none where fewer than two of them are uncertain."""
        if section.between is not None or isinstance(section.stated[0][1], tuple):
            names = list(section.between or section.among or ())
        else:
            names = [a for a in self._uncertain if any(matches(a, pattern) for pattern in section.among or ())]
        certain = [name for name in names if name not in self._uncertain and name in self._figures]
        if certain:  # a reading or --set has made it so: there is nothing left to correlate
            self.checks.append(("dependence_void", address, f"does not apply: {', '.join(certain)} is certain here"))
            names = [name for name in names if name not in certain]
        elif len(names) < 2:
            text = "does not apply: fewer than two uncertain figures are meant"
            self.checks.append(("dependence_void", address, text))
        return names if len(names) > 1 else []

    def _coordinates(self, name: str, address: str) -> tuple[Dimension, ...]:
        head, _, last = name.rpartition(".")
        year = years.parse_address(last)
        node = self._uncertain.get(name) or (self._uncertain.get(head) if year is not None else None)
        if node is None:
            raise ModelError([Problem("", address, f"'{name}' is not uncertain: it has no distribution")])
        if isinstance(node, Event):
            return (node.dimension,)
        if name in self._uncertain or year is None:
            return node.dimensions
        return tuple(d for d in node.dimensions if d.year == year)


def _of_one_year(
    address: str, section: Dependence, names: Sequence[str], members: tuple[Dimension, ...], year: int
) -> Iterator[Statement]:
    """Give the statements of a section in one year; ``year`` is 0 where the section has no other."""
    form, stated = section.stated[0]
    df = GAUSSIAN if section.df is None else section.df
    terms: dict[str, Any] = {"df": df, "firm": section.firm}
    if isinstance(stated, tuple):
        place = {name: i for i, name in enumerate(section.among or section.between or ())}
        for (first, a), (second, b) in combinations(zip(names, members, strict=True), 2):
            yield Statement(address, (a, b), asked(form, stated[place[first]][place[second]], df), **terms)
    else:
        common = Dimension(address, year) if section.between is None else None
        yield Statement(address, members, asked(form, stated, df), factor=common, **terms)
