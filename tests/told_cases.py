"""Cases with their reports and what ``summary.json`` has of what a cell or a sentence is about."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.layout import Chart, Report, Table, everything
from simlib.report import build_report, load_summary, write_report

CASES = ("south_somerset", "boston_east_lindsey", "boston_east_lindsey_october", "hartlepool_darlington")
Figures = tuple[float, ...]


@lru_cache(maxsize=len(CASES))
def run_of(case: str) -> tuple[Report, Mapping[str, Any]]:
    """Give a case's report, and its ``summary.json`` as other programs read it."""
    config = Path(__file__).resolve().parent.parent / "configs" / f"{case}.yaml"
    model = compile_model(load_config(config))
    summary = summarise(simulate(model, simulations=2_048, seed=1), simulate_plan(model))
    with tempfile.TemporaryDirectory() as place:
        folder = write_report(summary, Path(place) / case, formats=())
        report = build_report(load_summary(folder))
        return report, json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def charts_of(report: Report) -> list[Chart]:
    return [chart for section in everything(report.sections) for chart in section.charts]


def tables_of(report: Report) -> list[Table]:
    """Give every table in the order of a paper: those of the sections, then those of the pictures."""
    told = [table for section in everything(report.sections) for table in section.tables]
    return told + [chart.table for chart in charts_of(report)]


# Figures


def leaves(value: Any) -> Iterator[float]:
    """Give every number in a document."""
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from leaves(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def observed_of(document: Mapping[str, Any]) -> Figures:
    """Give every figure that a summary has of what was observed, as it was before and as it is now."""
    found = document["observed"]
    return () if found is None else tuple(leaves([found, document["options"], document["readings"], document["drivers"],
                                                  document["outputs"]]))  # fmt: skip


def totals(pair: Mapping[str, Any], years: Sequence[str]) -> Iterator[float]:
    """Give what is not in a summary but adds up from it: plans and averages over the years, and who pays the rest."""
    added = {
        (name, level): sum(entry[level] for entry in by_year.values())
        for name, by_year in pair.items()
        if isinstance(by_year, Mapping) and by_year and list(by_year) == list(years)
        and isinstance(by_year[years[0]], Mapping)
        for level in ("plan", "mean")
    }  # fmt: skip
    yield from added.values()
    for level in ("plan", "mean"):
        gross, own, external, net, saved = (
            added.get((f"one_off_{name}", level), 0.0)
            for name in ("gross", "own_pots", "external_pots", "net", "savings")
        )
        yield from (gross - own - external, net + saved)


def figures_of(document: Mapping[str, Any], options: Sequence[str], councils: Sequence[str]) -> Figures:
    """Give every figure that a summary has of some options and councils."""
    found: list[float] = []
    for option in options:
        entry, places = document["options"][option], (*councils, "claim", "jointly")
        found += leaves([entry.get("claim"), entry.get("jointly")])
        for council in councils:
            pair = entry["councils"].get(council) or {}
            found += [*leaves(pair), *totals(pair, document["years"])]
        for reading in document["readings"].values():
            found += leaves([reading.get(option, {}).get(place) for place in places])
        for event in document["events"].values():
            for side in ("closes_if", "closes_if_not"):
                found += leaves([event[side].get(option, {}).get(place) for place in places])
        for moved in (document["swings"]["options"], document["leverage"]):
            found += leaves([moved.get(option, {}).get(place) for place in places])
    for council in councils:
        found += leaves(document["councils"].get(council))
        pairs = document["comparisons"].get(council) or {}
        found += leaves([entry for key, entry in pairs.items() if set(key.split("|")) & set(options)])
    return tuple(found)


# What words are about


class Subject(NamedTuple):
    """The options and councils that some words are about."""

    options: tuple[str, ...]
    councils: tuple[str, ...]


def named(text: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Give what is named in a text, by its label; a label within a longer one is not meant."""
    found = []
    for key, label in sorted(labels.items(), key=lambda item: -len(item[1])):
        if label in text:
            found.append(key)
            text = text.replace(label, "_")
    return tuple(found)


def labels_of(document: Mapping[str, Any], what: str) -> dict[str, str]:
    return {key: entry["label"] for key, entry in document[what].items()}


def subject(document: Mapping[str, Any], key: str, *texts: str) -> Subject:
    """Tell what a cell is about: from its table's id, or the words of its row and column; everything otherwise."""
    found = []
    for what in ("options", "councils"):
        labels = labels_of(document, what)
        spelt = {name: f"_{name}_" for name in labels}
        found.append(named(f"_{key}_", spelt) or named(" ".join(texts), labels) or tuple(labels))
    return Subject(*found)


@lru_cache(maxsize=4_096)
def pool(case: str, about: Subject) -> Figures:
    return figures_of(run_of(case)[1], about.options, about.councils)


@lru_cache(maxsize=2_048)
def record(case: str, place: str) -> Figures:
    """Give the figures of one driver, event or section of dependence by its address, or of all outputs."""
    document = run_of(case)[1]
    family, _, name = place.partition(".")
    if family == "dependence":
        section = document["dependence"][name]
        return (*leaves(section), float(len(section["pairs"])))
    if place == "outputs":
        return tuple(leaves([document["outputs"], document["swings"]["outputs"]]))
    if place in document["drivers"] or place in document["figures"]:
        return tuple(leaves([document["drivers"].get(place), document["figures"].get(place)]))
    event = document["events"][name]
    return tuple(leaves([event["chance"], event["requested"]]))


def about_cell(case: str, table: Table, row: str, heading: str) -> Figures:
    """Give the figures that a cell may hold: of one address where its row names one, else of options and councils."""
    document = run_of(case)[1]
    if table.id.startswith("actuals_"):
        return observed_of(document)
    address = re.search(r"\(([a-z0-9_]+\.[a-z0-9_.]+)\)$", row)
    if address:
        return record(case, address[1])
    if table.id.startswith("chances_"):
        [event] = named(row, labels_of(document, "events"))
        return record(case, f"events.{event}")
    if table.id.startswith(("output_", *(f"swings_{key}" for key in document["outputs"]))):
        return record(case, "outputs")
    return pool(case, subject(document, table.id, row, heading))


class Place(NamedTuple):
    """Where a sentence stands: the summary, the council, and the option that it begins with."""

    document: Mapping[str, Any]
    council: str
    option: str

    def pair(self, option: str = "") -> Any:
        return self.document["options"][option or self.option]["councils"][self.council]

    def gap(self, option: str = "") -> Any:
        return self.pair(option)["gap_recurring"][self.document["target_year"]]

    def closes(self, test: str = "", option: str = "") -> float:
        found: float = self.pair(option)["closes"][test or self.document["headline"]]["probability"]
        return found

    def total(self, name: str, level: str, option: str = "") -> float:
        by_year = self.pair(option).get(f"one_off_{name}") or {}
        return float(sum(entry[level] for entry in by_year.values()))

    def only_uncosted(self) -> float:
        """Give by how many of 100 a chance is told larger than without what the business case does not cost."""
        alone = self.pair()["costed_alone"]["probability"]
        return (round(100 * self.closes()) - round(100 * alone)) / 100

    def worst(self, which: int) -> list[float]:
        """Give the chance of closing and the average gap on the better (0) or worse (-1) side of the largest swing."""
        found = self.document["swings"]["options"][self.option][self.council]
        largest = next(entry for entry in found if abs(entry["shift"]) > 4 * entry["error"] and entry["enters"])
        side = sorted((largest["low"], largest["high"]), key=lambda end: end["mean"])[which]
        return [side["probability"], side["mean"]]

    def just_closed(self) -> float:
        """Give the one share delivered at which the plan's gap is just closed."""
        found = self.document["leverage"][self.option][self.council]
        (share,) = [entry["just_closed"] for entry in found if entry["just_closed"] is not None]
        return float(share)

    def savings(self, option: str) -> Any:
        """Give the savings of the last year."""
        return self.pair(option)["savings"][self.document["years"][-1]]

    def counted_on(self) -> list[float]:
        """Give the headline with and without the one event that the plan counts on and that moves it."""
        events = [event for event in self.document["events"].values() if event["plan"] is True]
        sides = ("closes_if", "closes_if_not")
        found = [[event[side][self.option][self.council]["probability"] for side in sides] for event in events]
        (moved,) = [pair for pair in found if abs(pair[0] - pair[1]) > 0.02]
        return moved

    def rested_on(self) -> list[float]:
        """Count the estimates, and those that are somebody's judgement."""
        drivers = [d for address, d in self.document["drivers"].items() if not address.endswith(".individual")]
        return [len(drivers), sum((d["source"] or {}).get("mark") == "judgement" for d in drivers)]

    def moving(self) -> float:
        """Count the estimates that move the council's gap under any option."""
        found = [entry for o in self.document["swings"]["options"].values() for entry in o.get(self.council, [])]
        clear = {entry["address"] for entry in found if abs(entry["shift"]) > 4 * entry["error"]}
        clear = {address for address in clear if not address.endswith(".individual")}
        return len([address for address in clear if not address.startswith("events.") or ".lines." in address
                    or ".delays." in address or address.endswith((".chance", ".keeps", ".costs"))])  # fmt: skip

    def over_readings(self, option: str) -> list[float]:
        """Give an option's lowest and highest chance over the readings."""
        read = [self.closes("", option)]
        read += [entry[option][self.council]["probability"] for entry in self.document["readings"].values()
                 if self.council in entry.get(option, {})]  # fmt: skip
        return [min(read), max(read)]

    def readings(self, what: str = "") -> list[float]:
        """Give the chance on every reading, the lowest first."""
        base = self.document["options"][self.option]["claim"] if what else None
        read = (entry.get(self.option, {}).get(what or self.council) for entry in self.document["readings"].values())
        return sorted([base["probability"] if base else self.closes(), *(one["probability"] for one in read if one)])
