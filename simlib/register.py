"""What a run rests on: assumptions, readings, checks; the options are told in ``outlook``, the method in ``method``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.layout import Cell, Section, Table, without_empty
from simlib.quoting import unmet_words
from simlib.units import figure, format_duration
from simlib.wording import (
    band_money,
    chance_count,
    interval_words,
    joined,
    money,
    number,
    odds,
    person_share,
    sentence_case,
)

__all__ = [
    "assumptions_of",
    "assumptions_section",
    "author_section",
    "brief_outputs",
    "checks_section",
    "notes_section",
    "output_entries",
    "outputs_section",
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
    """Tell the figures of the user's own with their bands, and how often their conditions hold."""
    entries = tuple(output_entries(document))
    conditions = tuple(_condition_row(label, entry) for label, entry in entries if entry.get("chance"))
    amounts = tuple((label, entry) for label, entry in entries if not entry.get("chance"))
    tables = [_amounts_table(document, amounts)] if amounts else []
    if conditions:
        caption = "Other conditions in this model" if document["councils"] else "How often conditions hold"
        tables.append(Table("output_chances", caption, ("Condition", "Holds in", "95% interval"), conditions))
    heading = "Further figures" if document["councils"] else "Results"
    return Section("outputs", heading, (), tuple(tables)) if tables else None


def brief_outputs(document: Document) -> Iterator[str]:
    """Give one line for each output, or for each of its years."""
    for label, entry in output_entries(document):
        if entry.get("chance"):
            yield f"{label} - holds in {_often(entry['chance'])}"
        else:
            low, middle, high = (_amount(entry, document, name).text for name in ("p10", "p50", "p90"))
            yield f"{label} - middle {middle}, 1 in 10 below {low}, 1 in 10 above {high}"


def output_entries(document: Document) -> Iterator[tuple[str, Document]]:
    """Give the label and the results of each output, or of each of its years."""
    for key, entry in document["outputs"].items():
        label, kind = entry.get("label") or sentence_case(key.replace("_", " ")), {"kind": entry.get("kind")}
        if "mean" in entry:
            yield label, entry
            continue
        for year in document["years"]:
            if isinstance(entry.get(year), Mapping):
                yield f"{label}, {year}", {**entry[year], **kind}


def _amounts_table(document: Document, rows: tuple[tuple[str, Document], ...]) -> Table:
    """Give the bands of outputs that are amounts; a plan is told only where the file has one."""
    headings = {"p10": "1 in 10 below", "p50": "middle", "p90": "1 in 10 above", "mean": "average"}
    headings |= {"plan": "plan"} if document["councils"] else {"sd": "standard deviation"}
    cells = tuple((Cell(label), *(_amount(entry, document, name) for name in headings)) for label, entry in rows)
    caption = "Other figures in this model" if document["councils"] else "Figures"
    return Table("output_figures", caption, ("Figure", *headings.values()), cells)


def _amount(entry: Document, document: Document, name: str) -> Cell:
    """Give one statistic of an output; a standard deviation is no finer than the average is."""
    value, unit = entry.get(name), document["unit"]
    error = (entry.get("error") or {}).get("mean" if name == "sd" else name, 0.0)
    if entry.get("kind") != "money" or not unit:
        return Cell(shown(value, entry.get("kind"), unit, error), value)
    like = max(abs(entry.get(level) or 0.0) for level in ("p10", "p50", "p90", "mean", "plan"))
    return Cell(band_money(value, unit, error, like=like), value)


def _condition_row(label: str, entry: Document) -> tuple[Cell, ...]:
    """Tell how often a condition holds, and how far simulation leaves that open."""
    found = entry["chance"]
    return Cell(label), Cell(_often(found), found["probability"]), Cell(interval_words(found["interval"]))


def _often(found: Document) -> str:
    """Tell a chance, a rare one too."""
    return odds(found["probability"], found["error"], found["interval"])


def readings_section(document: Document) -> Section | None:
    """Tell each reading of the ambiguous figures, and what it does to the headlines."""
    notes = document.get("reading_notes") or {}
    told = tuple(f"{note['label']}: {str(note['why']).rstrip('.')}." for note in notes.values())
    places = {key: f"{council['label']}: of 100 futures, how many meet the headline"
              for key, council in document["councils"].items()}  # fmt: skip
    places["claim"] = "Published claims: of 100 futures, how many keep them"
    tables = tuple(table for entry in places.items() if (table := _readings_table(document, *entry)))
    if not tables:
        return None
    return Section("readings", "Readings of figures that are not certain", told, tables, detail=True, appendix=True)


def _readings_table(document: Document, place: str, caption: str) -> Table | None:
    """Give one council's headlines, or the claims, of every option under every reading."""
    base = {key: found for key, option in document["options"].items() if (found := _headline(document, option, place))}
    if not base or not document["readings"]:
        return None
    notes, readings = document.get("reading_notes") or {}, {"": {key: {place: each} for key, each in base.items()}}
    names = {"": "The base reading"} | {key: (notes.get(key) or {}).get("label", key) for key in document["readings"]}
    rows = tuple(
        (Cell(names[name]), *(_count_cell(found.get(key, {}).get(place)) for key in base))
        for name, found in (readings | dict(document["readings"])).items()
    )
    return Table(f"readings_{place}", caption, ("Reading", *(document["options"][key]["label"] for key in base)), rows)


def _headline(document: Document, option: Document, place: str) -> Document | None:
    """Give an option's headline for a council, or its claim."""
    if place == "claim":
        return option.get("claim")
    return ((option["councils"].get(place) or {}).get("closes") or {}).get(document["headline"])


def _count_cell(found: Document | None) -> Cell:
    """Give a chance as a count of 100."""
    return Cell(chance_count(found["probability"], found["error"]), found["probability"]) if found else Cell("–")


_NOTES = "Notes on the simulation"


def checks_section(document: Document) -> Section | None:
    """Tell what the reader must know: repairs, hindsight, missing sources; notes are only counted."""
    notes = tuple(_told_checks(document, "note"))
    told = [*_told_checks(document, "warning")]
    if notes:
        counted = "1 note is" if len(notes) == 1 else f"{len(notes)} notes are"
        told.append(f"{counted} in the report's appendix ‘{_NOTES}’.")
    return Section("checks", "What the reader must know", tuple(told)) if told else None


def notes_section(document: Document) -> Section | None:
    """Tell what was checked and found in order."""
    told = tuple(_told_checks(document, "note"))
    return Section("notes", _NOTES, told, detail=True, appendix=True) if told else None


def _told_checks(document: Document, level: str) -> Iterator[str]:
    """Tell checks of one level, the level first; what is said of several is said once."""
    found: dict[tuple[str, str], list[Document]] = {}
    for check in document["checks"]:
        if check["level"] == level:
            text = _AFTERWARDS if _EVIDENCE.match(check["text"]) else check["text"]
            found.setdefault((check["id"], text), []).append(check)
    for (_, text), checks in found.items():
        said = _hindsight_words(document, checks) if text == _AFTERWARDS else _check_words(document, checks)
        yield f"{sentence_case(level)}: {said}"


def _check_words(document: Document, checks: Sequence[Document]) -> str:
    """Tell one check of all that it is about, by name: addresses and ids are in summary.json."""
    names = [str(check["label"]) for check in checks if check.get("label")]
    about = f"{names[0] if len(names) == 1 else joined([f'‘{name}’' for name in names])}: " if names else ""
    return about + _in_words(document, checks[0]["text"])


def _in_words(document: Document, text: str) -> str:
    """Give a text with the names of readings and assumptions in place of their ids."""
    notes, entries = document.get("reading_notes") or {}, {**document["drivers"], **document.get("figures", {})}
    text = _QUOTED.sub(lambda id_: f"‘{notes[id_[1]]['label']}’" if id_[1] in notes else id_[0], text)
    return _ADDRESS.sub(lambda id_: f"‘{entries[id_[0]]['label']}’" if id_[0] in entries else id_[0], text)


_QUOTED, _ADDRESS = re.compile(r"'([a-z][a-z0-9_]*)'"), re.compile(r"\b[a-z]\w*(?:\.[a-z]\w*)+")
_EVIDENCE = re.compile(r"rests on evidence of (\S+), known only after the decision date")
_AFTERWARDS = "known only afterwards"


def _hindsight_words(document: Document, checks: Sequence[Document]) -> str:
    """Tell together what rests on evidence that is later than the decision, by its date."""
    dated: dict[str, list[str]] = {}
    for check in checks:
        date = _EVIDENCE.match(check["text"])
        assert date is not None, "the caller has looked"
        dated.setdefault(date[1], []).append(f"‘{check['label']}’")
    told = "; ".join(f"of {date}, {joined(names)}" for date, names in sorted(dated.items()))
    rest = "1 entry rests" if len(checks) == 1 else f"{len(checks)} entries rest"
    return (
        f"{rest} on evidence that was known only after the decision date {document['config']['as_at']}: {told}. The"
        " report's appendix on assumptions gives the sources."
    )


def author_section(document: Document) -> Section | None:
    """Give what the file's author notes of its entries, and of its uncertain figures."""
    entries = [(note["label"], note["text"]) for note in document["notes"]]
    entries += [(driver["label"], driver["note"]) for driver in document["drivers"].values() if driver.get("note")]
    told = tuple(f"{label}: {text}" for label, text in entries)
    heading = "Notes by the author of the model"
    return Section("author", heading, told, detail=True, appendix=True) if told else None


def assumptions_of(document: Document) -> dict[str, Document]:
    """Give the uncertain figures that somebody has assumed, by address.

    How a measure strays around its programme is drawn as well, but it is no figure that anybody could have a source
    for: its programme's is the assumption.
    """
    return {address: driver for address, driver in document["drivers"].items() if not _STRAYS.fullmatch(address)}


_STRAYS = re.compile(r"measures\.\w+\.individual")


def assumptions_section(document: Document) -> Section | None:
    """Give the register of assumptions: what was assumed, what the plan assumes, who says so."""
    assumed = assumptions_of(document)
    rows = tuple(_assumption_row(document, address, driver) for address, driver in assumed.items())
    if not rows:
        return None
    missing = len(_unsourced(document) & assumed.keys())
    told = f"{missing} of {len(rows)} assumptions have no source." if missing else "Every assumption has a source."
    headings = (
        "Assumption",
        "In plain words",
        "Business case" if document["councils"] else "Plan",
        "Average",
        "Source",
        "Owner",
    )
    strays = len(document["drivers"]) - len(rows)
    note = _stray_words(strays) if strays else ""
    table = without_empty(Table("assumption_register", "Assumptions register", headings, rows, note))
    tables = (table, *_certain_table(document), *_terms_table(document))
    return Section("assumptions", "Assumptions", (told,), tables, detail=True, appendix=True)


def _stray_words(count: int) -> str:
    """Tell what the register leaves out."""
    who = "1 measure strays" if count == 1 else f"{count} measures stray"
    return f"Not listed: how {who} around what the programme delivers, which has the source."


def _certain_table(document: Document) -> Iterator[Table]:
    """Give the figures that the file holds for certain, with their sources."""
    figures = document.get("figures") or {}
    rows = tuple(
        (
            Cell(f"{entry['label']} ({address})"),
            Cell(_certain_words(document, entry), entry["value"] if isinstance(entry["value"], int | float) else None),
            Cell(_source_words(entry) if entry.get("source") else "no source given"),
        )
        for address, entry in figures.items()
    )
    if rows:
        yield Table("certain_figures", "Figures taken as certain", ("Figure", "Value", "Source"), rows)


def _certain_words(document: Document, entry: Document) -> str:
    """Tell a certain figure, by year where it goes by year."""
    value, kind, unit = entry["value"], entry["kind"], document["unit"]
    if not isinstance(value, list):
        return figure(value, kind, unit)
    amounts = [figure(amount, kind, unit) for amount in value]
    if len(set(amounts)) == 1:
        return f"{amounts[0]} each year"
    return ", ".join(f"{amount} in {year}" for amount, year in zip(amounts, document["years"], strict=True))


def _terms_table(document: Document) -> Iterator[Table]:
    """Give the terms of the net present value."""
    terms = document.get("npv_terms")
    if terms:
        deflator = "none" if terms["deflator"] is None else figure(terms["deflator"], "share", document["unit"])
        rows = (
            (Cell("Real discount rate a year"), Cell(figure(terms["rate"], "share", document["unit"]))),
            (Cell("General inflation a year, to turn cash into real terms"), Cell(deflator)),
            (Cell("Prices and start values of"), Cell(str(terms["base"]))),
            (Cell("Source"), Cell(_source_words(terms) if terms.get("source") else "no source given")),
        )
        yield Table("npv_terms", "Terms of the net present value", ("Term", "Value"), rows)


def _unsourced(document: Document) -> set[str]:
    """Give the addresses for which neither they nor the entry they stand in says where they come from."""
    return {check["address"] for check in document["checks"] if check["id"] == "unsourced"}


def _assumption_row(document: Document, address: str, driver: Document) -> tuple[Cell, ...]:
    """Give one driver's row."""
    unit, label = document["unit"], driver["label"]
    requested, kind, plan = driver.get("requested") or {}, driver.get("kind"), driver.get("plan")
    plan_cell = (
        Cell(shown(plan, kind, unit), plan) if isinstance(plan, int | float) else Cell("by year" if plan else "–")
    )
    return (
        Cell(f"{label} ({address})"),
        Cell((requested.get("sentence") or _band_words(requested, kind, unit)) + _unmet_words(document, driver)),
        plan_cell,
        Cell(shown(requested.get("mean"), kind, unit), requested.get("mean")),
        Cell("no source given" if address in _unsourced(document) else _source_words(driver)),
        Cell(str(driver.get("owner") or "–")),
    )


def _unmet_words(document: Document, driver: Document) -> str:
    """Tell what was stated about it and is not met."""
    return unmet_words(driver["stated"], lambda value: figure(value, driver["kind"], document["unit"]))


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
    return "; ".join(parts) or "the source of the entry it stands in, in config.yaml"
