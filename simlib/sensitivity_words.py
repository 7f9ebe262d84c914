"""Names, sides and figures of ``sensitivity.json`` as people read them; the sections are in ``sensitivity_told``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simlib.layout import Cell
from simlib.register import shown
from simlib.verdicts import of_gap
from simlib.wording import person_share

__all__ = ["Document", "Name", "Words", "estimate", "place_of", "share"]

Document = Mapping[str, Any]
Name = tuple[str, ...]
_MOST = 8  # bars of a picture
_NOTICED = 0.01  # a chance that moves by less is not told as moved [share]
_CLEAR = 4.0  # simulation errors from which a shift is told as one
_ALONE = 0.03  # of a standardised coefficient: what has less only goes together with what moves the answer
_WORTH_TELLING = 0.005  # of the largest; smaller steps are left to sensitivity.json
_LONG = 9.95  # months from which tenths of them are not told


@dataclass(frozen=True)
class Words:
    """The names, sides and figures of an analysis, as people read them."""

    found: Document
    document: Document

    @cached_property
    def given(self) -> dict[Name, Document]:
        """Give what the futures say by target."""
        return {tuple(entry["target"]): entry for entry in self.found["given_data"] or ()}

    @cached_property
    def named(self) -> dict[str, Document]:
        """Give events and drivers by address."""
        events = {f"events.{key}": event for key, event in self.document["events"].items()}
        return events | dict(self.document["drivers"])

    @property
    def unit(self) -> str:
        """Give the file's unit of money."""
        return str(self.document["unit"])

    def idle(self) -> tuple[list[str], int]:
        """Give the names of the assumptions that move nothing, and how many assumptions there are."""
        told = [entry for target in self.given.values() for entry in target["figures"]]
        moving = {entry["address"] for entry in told if entry["told"]}
        every = list(dict.fromkeys(entry["address"] for entry in told))
        return [self.name(address) for address in every if address not in moving], len(every)

    def is_event(self, address: str) -> bool:
        """Tell whether an address is an event's."""
        return address not in self.document["drivers"]

    def name(self, address: str, council: str = "") -> str:
        """Give an assumption's name, without the council that the reader is told of anyway."""
        label = str(self.named[address]["label"])
        return label.removesuffix(f", {self.document['councils'][council]['label']}") if council else label

    def figure(self, entry: Document, council: str = "") -> str:
        """Give the name of a figure with its year, if it has one."""
        name = self.name(entry["address"], council)
        return f"{name}, in {entry['year']}" if entry["year"] else name

    def value(self, address: str, value: float) -> str:
        """Give what an assumption is; of an event, whether it happens."""
        if self.is_event(address):
            return "happens" if value > 0 else "does not happen"
        kind = self.named[address].get("kind")
        if kind != "duration":
            return shown(value, kind, self.unit)
        months = 12 * value
        return f"{months:.0f} months" if abs(months) >= _LONG else f"{months:.1f} months"

    def where(self, entry: Document, side: str) -> str:
        """Tell where an assumption is on one side: ``where it is 82%``, ``where it happens``."""
        value = self.value(entry["address"], entry["swing"][side]["value"])
        return f"where it {value}" if self.is_event(entry["address"]) else f"where it is {value}"

    def foremost(self, name: Name) -> list[Document]:
        """Give what moves a chance most, each assumption once: in the year in which it moves it most.

        Not those that only go together with what moves it, and no year after the answer.
        """
        found: dict[str, Document] = {}
        for entry in sorted(self.given[name]["figures"], key=lambda each: -abs(each["swing"]["shift"])):
            swing, alone = entry["swing"], entry["regression"]["value"]
            clear = abs(swing["shift"]) > max(_NOTICED, _CLEAR * swing["error"])
            if entry["told"] and clear and self.in_time(entry) and alone is not None and abs(alone) >= _ALONE:
                found.setdefault(entry["address"], entry)
        return list(found.values())

    def in_time(self, entry: Document) -> bool:
        """Tell whether a figure's year is over when the answer falls: later ones only go together with it."""
        target = self.document["target_year"]
        return entry["year"] is None or target is None or entry["year"] <= target

    def option(self, name: Name) -> str:
        """Give an option's name."""
        return str(self.document["options"][name[1]]["label"])

    def target(self, name: Name) -> str:
        """Give what is asked about, in words."""
        if name[0] == "output":
            return ", ".join([str(self.document["outputs"][name[1]]["label"]), *name[2:]])
        place = "all councils together" if "jointly" in name else self._council(name)
        of = f"{self.option(name)}{f', {place}' if place else ''}: "
        return of + {
            "gap": f"recurring gap in {name[-1]}", "closes": self.closes(),
            "best": "how often it leaves the smallest gap",
            "claim": "the claimed amount", "kept": "how often the claim is kept",
        }[name[0]]  # fmt: skip

    def _council(self, name: Name) -> str:
        return str(self.document["councils"][name[2]]["label"]) if len(name) > 2 else ""

    def closes(self) -> str:
        """Give what the headline test asks."""
        return "how often the gap closes" if of_gap(self.document) else "how often the test is met"

    def steps(self, name: Name) -> list[Document]:
        """Give the ladder of an amount: the steps that are worth something."""
        found: list[Document] = next((e["steps"] for e in self.found["ladder"] or () if tuple(e["target"]) == name), [])
        largest = max((abs(step["shift"]) for step in found), default=0.0)
        return [step for step in found if abs(step["shift"]) > _WORTH_TELLING * largest]

    def bars(self, name: Name) -> list[Document]:
        """Give the tornado of an amount: the bars that can be seen."""
        drawn = self.found["tornado"] or ()
        found: list[Document] = next((e["figures"] for e in drawn if tuple(e["target"]) == name), [])
        largest = max((abs(bar["swing"]) for bar in found), default=0.0)
        return [bar for bar in found if abs(bar["swing"]) > _WORTH_TELLING * largest][:_MOST]


def share(entry: Document) -> Cell:
    """Give a first-order index with its error."""
    first = entry["first_order"]
    if first["value"] is None:
        return Cell("–")
    return Cell(f"{person_share(max(first['value'], 0.0))} ± {person_share(first['error'])}", first["value"])


def estimate(found: Document) -> Cell:
    """Give an estimate with its simulation error."""
    if found["value"] is None:
        return Cell("–")
    shown = round(found["value"], 2) + 0.0  # nothing is not less than nothing: no -0.00
    return Cell(f"{shown:.2f} ± {found['error']:.2f}", found["value"])


def place_of(name: Name) -> str:
    """Give a target's name as an id in a page, and the stem of a file.

    Examples
    --------
    >>> place_of(("gap", "solo", "south", "2019/20"))
    'gap_solo_south_2019_20'
    """
    return "_".join(name).replace("/", "_")
