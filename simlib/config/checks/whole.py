"""What every check looks at: the config, its figures, and which names there are; no check is made here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from simlib.config import schema
from simlib.config.inventory import Figure, figures
from simlib.config.nodes import Mapping, nearest_or_list
from simlib.years import label, parse_address

Complaint: TypeAlias = tuple[str, str]  # address, message


@dataclass(frozen=True, slots=True)
class Whole:
    """A config that its fields allow.

    Attributes
    ----------
    config
        The config; entries whose fields were refused are left out.
    root
        The raw tree, with those entries: a name that stands in it is known.
    figures
        Every figure by address.
    parts
        For a figure given year by year: the addresses of its parts.
    refused
        The addresses of the entries that are left out, such as ``measures.transformation``.
    changed
        Whether a reading or ``--set`` is laid over the file.
    """

    config: schema.Config
    root: Mapping
    figures: dict[str, Figure]
    parts: dict[str, list[str]]
    refused: frozenset[str] = frozenset()
    changed: bool = False

    @classmethod
    def of(
        cls,
        config: schema.Config,
        root: Mapping,
        *,
        refused: frozenset[str] = frozenset(),
        changed: bool = False,
    ) -> "Whole":
        """Give what checks look at."""
        found = figures(config)
        parts: dict[str, list[str]] = {}
        for address in found:
            head, _, last = address.rpartition(".")
            if parse_address(last) is not None:
                parts.setdefault(head, []).append(address)
        return cls(config, root, found, parts, refused, changed)

    def names(self, *path: str) -> list[str]:
        """Give the ids of a section: ``names("councils", "south_somerset", "pots")``."""
        section: object = self.root
        for part in path:
            section = section.get(part) if isinstance(section, Mapping) else None
        return list(section) if isinstance(section, Mapping) else []

    def unknown(self, name: str, section: str, *, what: str) -> str | None:
        """Say that a section has no such entry, with the nearest that it has; None where it has."""
        known = self.names(section)
        if name in known:
            return None
        return f"there is no {what} '{name}'{nearest_or_list(name, known)}"

    def is_refused(self, address: str) -> bool:
        """Whether an address lies in an entry that is left out: what is missing there is not unknown."""
        parts = address.split(".")
        return any(".".join(parts[:length]) in self.refused for length in (1, 2, 4))

    @property
    def span(self) -> str:
        """The horizon in words."""
        horizon = self.config.years or ()
        return f"{label(horizon[0])} to {label(horizon[-1])}" if horizon else "no years"

    def outside(self, year: int | None) -> bool:
        """Whether a year is not in the horizon (never, where there is none: that is said elsewhere)."""
        return year is not None and bool(self.config.years) and year not in (self.config.years or ())


Check: TypeAlias = Callable[[Whole], Iterator[Complaint]]
