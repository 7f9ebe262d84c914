"""What a run rests on: assumptions, readings, checks, provenance; the options are told in ``outlook``."""

from collections.abc import Iterator, Mapping
from typing import Any

from simlib.layout import Cell, Section, Table
from simlib.units import format_duration
from simlib.wording import chance_count, money, number, person_share, sentence_case

__all__ = [
    "assumptions_section",
    "bridge_section",
    "checks_section",
    "notes_section",
    "outputs_section",
    "provenance_section",
    "readings_section",
]

Document = Mapping[str, Any]


def shown(value: float | None, kind: str | None, unit: str | None, error: float = 0.0) -> str:
    """Give a figure as its kind is spoken: money, a share, months, a count or a bare number."""
    if value is None:
        return "–"
    if kind == "money" and unit:
        return money(value, unit, error)
    if kind == "share":
        return person_share(value)
    if kind == "duration":
        return format_duration(value)
    return number(value, error)


def outputs_section(document: Document) -> Section | None:
    """Tell the figures of the user's own, with their bands."""
    rows = tuple(_output_rows(document))
    if not rows:
        return None
    headings = ("Figure", "1 in 10 below", "middle", "1 in 10 above", "average", "plan")
    return Section(
        "outputs", "Further figures", (), (Table("output_figures", "Figures of the file's own", headings, rows),)
    )


def _output_rows(document: Document) -> Iterator[tuple[Cell, ...]]:
    """Give one row for each output, or for each of its years."""
    for key, entry in document["outputs"].items():
        label, kind = entry.get("label") or sentence_case(key.replace("_", " ")), entry.get("kind")
        if "mean" in entry:
            yield _output_row(label, entry, kind, document["unit"])
            continue
        for year in document["years"]:
            if isinstance(entry.get(year), Mapping):
                yield _output_row(f"{label}, {year}", entry[year], kind, document["unit"])


def _output_row(label: str, entry: Document, kind: str | None, unit: str | None) -> tuple[Cell, ...]:
    """Give one output's row."""
    errors = entry.get("error") or {}
    levels = ("p10", "p50", "p90", "mean", "plan")
    return Cell(label), *(
        Cell(shown(entry.get(name), kind, unit, errors.get(name, 0.0)), entry.get(name)) for name in levels
    )


def bridge_section(document: Document) -> Section | None:
    """Tell, step by step, how the business case's gap becomes the average future's."""
    tables = []
    for key, option in document["options"].items():
        for place, pair in option["councils"].items():
            if pair.get("bridge"):
                name = f"{option['label']}, {document['councils'][place]['label']}"
                tables.append(_bridge_table(f"bridge_{key}_{place}", name, pair["bridge"], document))
    if not tables:
        return None
    why = "Each assumption's shift of the average, from the business case on. A plus widens the gap."
    return Section("bridge", "From the business case to the average future", (why,), tuple(tables), detail=True)


def _bridge_table(key: str, name: str, bridge: Document, document: Document) -> Table:
    """Give one option's bridge; the steps add up."""
    unit = document["unit"]
    ordered = sorted(bridge["steps"], key=lambda step: -abs(step["shift"]))
    rows = [(Cell("Business case"), Cell(money(bridge["plan"], unit), bridge["plan"]))]
    rows += [(Cell(s["label"]), Cell(money(s["shift"], unit, signed=True), s["shift"])) for s in ordered if s["shift"]]
    if bridge["together"]:
        rows.append((Cell("Several together"), Cell(money(bridge["together"], unit, signed=True), bridge["together"])))
    rows.append((Cell("Average of the futures"), Cell(money(bridge["mean"], unit), bridge["mean"])))
    return Table(key, f"{name}: recurring gap in {document['target_year']}", ("Step", "Gap"), tuple(rows))


def readings_section(document: Document) -> Section | None:
    """Tell each reading of the ambiguous figures, and what it does to the headlines."""
    notes, tables = document.get("reading_notes") or {}, []
    told = tuple(f"{note['label']}: {note['why']}." for note in notes.values())
    names = {key: (notes.get(key) or {}).get("label", key) for key in document["readings"]}
    for key, option in document["options"].items():
        rows = tuple(_reading_rows(document, key, names, option))
        if rows:
            headings = ("Reading", *(label for _, label in _places(document, option)))
            caption = f"{option['label']}: of 100 futures, how many meet the headline"
            tables.append(Table(f"readings_{key}", caption, headings, rows))
    if not tables:
        return None
    return Section("readings", "Readings of figures that are not certain", told, tuple(tables), detail=True)


def _places(document: Document, option: Document) -> list[tuple[str, str]]:
    """Give (key, label) of each headline of an option: its councils, and its claim."""
    places = [(place, document["councils"][place]["label"]) for place in option["councils"]]
    return places + ([("claim", "Claim kept")] if option.get("claim") else [])


def _reading_rows(
    document: Document, key: str, names: Mapping[str, str], option: Document
) -> Iterator[tuple[Cell, ...]]:
    """Give the base reading's row and one for each other reading."""
    headline = document["headline"]
    base = {place: pair["closes"].get(headline) for place, pair in option["councils"].items()}
    base["claim"] = option.get("claim")
    readings = {"": base} | {name: document["readings"][name].get(key, {}) for name in names}
    if len(readings) > 1 and any(base.values()):
        for name, found in readings.items():
            cells = (_count_cell(found.get(place)) for place, _ in _places(document, option))
            yield Cell(names.get(name, "As the file has it")), *cells


def _count_cell(found: Document | None) -> Cell:
    """Give a chance as a count of 100."""
    return Cell(chance_count(found["probability"], found["error"]), found["probability"]) if found else Cell("–")


def checks_section(document: Document) -> Section | None:
    """Tell what the reader must know: repairs, hindsight, missing sources; notes are only counted."""
    warnings = [check for check in document["checks"] if check["level"] == "warning"]
    notes = len(document["checks"]) - len(warnings)
    told = [_check_words(check) for check in warnings]
    if notes:
        told.append(f"{notes} {'note is' if notes == 1 else 'notes are'} in the report's last part")
    return Section("checks", "What the reader must know", tuple(told)) if told else None


def notes_section(document: Document) -> Section | None:
    """Tell what was checked and found in order."""
    told = tuple(_check_words(check) for check in document["checks"] if check["level"] != "warning")
    return Section("notes", "Notes on the simulation", told, detail=True) if told else None


def _check_words(check: Document) -> str:
    """Tell one check, its level first in words."""
    where = f"{check['address']}: " if check.get("address") else ""
    return f"{sentence_case(check['level'])}: {where}{check['text']}"


def assumptions_section(document: Document) -> Section | None:
    """Give the register of assumptions: what was assumed, what the plan assumes, who says so."""
    rows = tuple(_assumption_row(address, d, document["unit"]) for address, d in document["drivers"].items())
    if not rows:
        return None
    missing = sum(not (d.get("source") or d.get("reference")) for d in document["drivers"].values())
    told = f"{missing} of {len(rows)} assumptions have no source." if missing else "Every assumption has a source."
    headings = (
        "Assumption",
        "In plain words",
        "Business case",
        "Asked for: average",
        "Drawn: average",
        "Source",
    )
    table = Table("assumption_register", "Assumptions register", headings, rows)
    return Section("assumptions", "Assumptions", (told,), (table,), detail=True)


def _assumption_row(address: str, driver: Document, unit: str | None) -> tuple[Cell, ...]:
    """Give one driver's row."""
    requested, achieved = driver.get("requested") or {}, driver.get("achieved") or {}
    kind, plan = driver.get("kind"), driver.get("plan")
    plan_cell = (
        Cell(shown(plan, kind, unit), plan) if isinstance(plan, int | float) else Cell("by year" if plan else "–")
    )
    return (
        Cell(f"{driver.get('label') or address} ({address})"),
        Cell(requested.get("sentence") or _band_words(requested, kind, unit)),
        plan_cell,
        Cell(shown(requested.get("mean"), kind, unit), requested.get("mean")),
        Cell(shown(achieved.get("mean"), kind, unit), achieved.get("mean")),
        Cell(_source_words(driver)),
    )


def _band_words(requested: Document, kind: str | None, unit: str | None) -> str:
    """Tell a distribution by its family and its band."""
    low, middle, high = (shown(requested.get(name), kind, unit) for name in ("p5", "p50", "p95"))
    return f"{requested.get('family', 'certain')}: middle {middle}, from {low} to {high} in 9 of 10 futures"


def _source_words(driver: Document) -> str:
    """Tell where a figure comes from, or that nobody says."""
    source, reference = driver.get("source"), driver.get("reference")
    parts = [f"reference class {reference}"] if reference else []
    if isinstance(source, Mapping):
        marks = ", ".join(str(source[key]) for key in ("mark", "date") if source.get(key))
        parts.append(f"{source.get('what')} ({marks})" if marks else str(source.get("what")))
    elif source:
        parts.append(str(source))
    return "; ".join(parts) or "no source given"


def provenance_section(document: Document, manifest: Mapping[str, Any]) -> Section:
    """Tell how to get the same figures again."""
    config, versions = document["config"], manifest.get("versions") or {}
    sampler = str(config["sampler"]).replace("_", " ")
    told = [
        f"{config['simulations']:,} futures, seed {config['seed']}, sampler {sampler}.",
        f"Digest of the file: {config['digest']}.",
    ]
    if versions:
        told.append("Made with " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    return Section("provenance", "Provenance", tuple(told), detail=True)
