"""What figures that have come in do to the answer, in members' words: before and now, and what each of them is worth.

The figures are ``observed`` of the summary; nothing is computed here.
"""

from collections.abc import Iterator, Mapping

from simlib.actuals import RARE
from simlib.cells import amount_cell, briefly, chance_cell, largest
from simlib.layout import Cell, Section, Table, without_empty
from simlib.register import shown
from simlib.units import format_share
from simlib.verdicts import Document, differs, target_gap, told
from simlib.wording import joined, odds

__all__ = ["actuals_section", "told_before_and_now"]

_MOVED = 0.1  # of what it was spread before: a smaller shift of an assumption's average is not told
_MOST = 12  # assumptions told
_SQUARE = 3.8414588206941254  # of the normal score at 97.5 %
_EVENT = {0.0: "has not happened", 1.0: "has happened"}


def actuals_section(document: Document) -> Section | None:
    """Give what came in, and every headline before and now; None where nothing was observed."""
    found = document.get("observed")
    if not found:
        return None
    sentences = (
        *told_before_and_now(document), _worth_words(found, document["config"]["simulations"]), _stage_words(found),
        *_surprises(found),
        *_hardly_fitting(document, found),
    )  # fmt: skip
    tables = (
        _figures_table(document, found), _headlines_table(document, found), *_readings_tables(document, found),
        _amounts_table(document, found), _drivers_table(document, found),
    )  # fmt: skip
    return Section("actuals", "What the actuals say", sentences, tuple(table for table in tables if table))


# Sentences


def told_before_and_now(document: Document) -> Iterator[str]:
    """Tell each headline before the figures came in and now, and how that ranges over the readings."""
    for key, option in document["options"].items():
        if option["does_nothing"]:
            continue
        for _, name, before, now in _headlines(document, key):
            moved = "up from" if now["probability"] > before["probability"] else "down from"
            change = f"{moved} {told(before)} before the figures came in"
            if told(before) == told(now):
                change = "as before the figures came in"
            elif not differs(before, now):
                change = f"beside {told(before)} before the figures came in: no more than chance explains"
            yield f"{option['label']}, {name}: in {told(now)} futures, {change}."


def _worth_words(found: Document, told: int) -> str:
    """Tell how much of the futures fits, how many of these are told of, and what that says of the figures."""
    share, drawn = found["share_fitting"], found["drawn"]
    often = odds(share, (share * (1 - share) / drawn) ** 0.5)
    first = f", and the first {told:,} of these are the futures of this report" if found["fitting"] > told else ""
    return (
        f"A future is kept the more often, the nearer its figures are to those that came in. {found['fitting']:,} of "
        f"{drawn:,} futures drawn were kept ({often}){first}. Weighted by how well they fit, all that were drawn would "
        f"be worth as much as {found['effective']:,.0f} that fit in full."
    )


def _stage_words(found: Document) -> str:
    """Tell what the stages of the figures observed mean."""
    used = [name for name in found["stages"] if any(entry["stage"] == name for entry in found["figures"].values())]
    parts = [f"{name} by {format_share(found['stages'][name])}" for name in used if found["stages"][name]]
    firm = [name for name in used if not found["stages"][name]]
    told_firm = f"; what is {joined(firm)} stands" if parts and firm else ""
    if not parts:
        return f"What is {joined(firm)} is taken as it stands, with its error."
    return f"How far a figure may still move, one standard deviation: what is {joined(parts)} of itself{told_firm}."


def _surprises(found: Document) -> Iterator[str]:
    """Tell which figures were hardly thought possible."""
    for entry in found["figures"].values():
        side, rare = min((("low", entry["as_low"]), ("high", entry["as_high"])), key=lambda pair: float(pair[1]))
        if rare < RARE:
            often = odds(rare, 0.0, [0.0, _SQUARE / (found["looked_at"] + _SQUARE)])
            yield (
                f"‘{_named(entry)}’ is out of the ordinary: {often} futures were expected to be as {side}. The model "
                "may be wrong rather than the council unlucky."
            )


def _hardly_fitting(document: Document, found: Document) -> Iterator[str]:
    """Tell on which readings the figures were hardly to be expected: they speak against the reading."""
    names = {key: note["label"] for key, note in (document.get("reading_notes") or {}).items()}
    for key, worth in found["readings"].items():
        if worth["share_fitting"] < RARE:
            yield (
                f"On the reading ‘{names.get(key, key)}’ {odds(worth['share_fitting'])} futures fit: such figures were "
                "hardly to be expected, and the answer rests on few."
            )


def _named(entry: Document) -> str:
    return f"{entry['label']}, {entry['year']}" if entry["year"] else str(entry["label"])


# Tables


def _figures_table(document: Document, found: Document) -> Table:
    """Set what came in beside what was expected."""
    unit, rows = document["unit"], []
    for entry in found["figures"].values():
        kind, expected, now = entry["kind"], entry["expected"], entry["fitting"]
        if kind is None:
            came, levels = _EVENT.get(entry["value"], "–"), [Cell("–")] * 3
        else:
            came = shown(entry["value"], kind, unit)
            low, *middles, high = (shown(value, kind, unit) for value in (
                expected["p10"], expected["p50"], now["p50"], expected["p90"]))  # fmt: skip
            values = (expected["p50"], now["p50"])
            levels = [Cell(words, value) for words, value in zip(middles, values, strict=True)]
            levels.insert(1, Cell(f"{low} to {high}"))
        off = Cell(shown(entry["spread"], kind, unit), entry["spread"]) if entry["spread"] else Cell("counted")
        rows.append((Cell(_named(entry)), Cell(came, entry["value"]), Cell(entry["stage"]), off, *levels, _far(entry)))
    headings = (
        "Figure", "Came in", "Stage", "May be off by", "Expected: middle", "8 of 10 between", "Now: middle",
        "So far out in",
    )  # fmt: skip
    caption = "The figures that came in, beside what was expected of them"
    note = (
        "May be off by: one standard deviation, its stage included. So far out in: in how many futures the figure was "
        "expected to come in as low, or as high."
    )
    return without_empty(Table("actuals_figures", caption, headings, tuple(rows), note))


def _far(entry: Document) -> Cell:
    """Give how many of 100 futures were to have a figure as far out, on the side on which it is."""
    side, share = min((("low", entry["as_low"]), ("high", entry["as_high"])), key=lambda pair: float(pair[1]))
    return Cell(f"{briefly(odds(share))} as {side}", share)


def _headlines(document: Document, option: str) -> Iterator[tuple[str, str, Document, Document]]:
    """Give (place, name, before, now) of each headline of an option."""
    entry, before = document["options"][option], document["observed"]["before"]["options"][option]
    test = document["headline"]
    for place, pair in entry["councils"].items():
        if pair["closes"].get(test):
            yield place, document["councils"][place]["label"], before["councils"][place]["closes"][test], (
                pair["closes"][test]
            )
    if entry.get("jointly") and entry["jointly"]["closes"].get(test):
        yield "jointly", "all councils together", before["jointly"]["closes"][test], entry["jointly"]["closes"][test]
    if entry.get("claim"):
        yield "claim", "its claim is kept", before["claim"], entry["claim"]


def _headlines_table(document: Document, found: Document) -> Table | None:
    """Set every headline before the figures came in beside what it is now."""
    rows = tuple(
        (Cell(f"{option['label']}, {name}"), chance_cell(before), chance_cell(now))
        for key, option in document["options"].items()
        for _, name, before, now in _headlines(document, key)
    )
    conditions = tuple(
        (Cell(output["label"]), chance_cell(found["before"]["outputs"][key]["chance"]), chance_cell(output["chance"]))
        for key, output in document["outputs"].items()
        if output.get("chance")
    )
    caption = "Of 100 futures, how many meet the headline"
    headings = ("Option", "Before", "Now")
    return Table("actuals_headlines", caption, headings, rows + conditions) if rows or conditions else None


def _readings_tables(document: Document, found: Document) -> Iterator[Table]:
    """Set each reading's answer before beside what it is now, and how many futures fit it."""
    names = {key: note["label"] for key, note in (document.get("reading_notes") or {}).items()}
    for key, option in document["options"].items():
        if option["does_nothing"] or not document["readings"]:
            continue
        for place, name, before, now in _headlines(document, key):
            rows = [(Cell("The base reading"), chance_cell(before), chance_cell(now), _fit_cell(found))]
            for reading, entry in document["readings"].items():
                then = found["before"]["readings"].get(reading, {}).get(key, {}).get(place)
                here, fits = entry.get(key, {}).get(place), found["readings"].get(reading)
                if then and here and fits:
                    rows.append((Cell(names[reading]), chance_cell(then), chance_cell(here), _fit_cell(fits)))
            caption = f"{option['label']}, {name}: reading by reading"
            headings = ("Reading", "Before", "Now", "Futures that fit it")
            yield Table(f"actuals_readings_{key}_{place}", caption, headings, tuple(rows))


def _fit_cell(worth: Document) -> Cell:
    return Cell(f"{odds(worth['share_fitting'])}", worth["share_fitting"])


def _amounts_table(document: Document, found: Document) -> Table | None:
    """Set the amounts that go with the headlines before beside what they are now."""
    rows = tuple(
        row
        for key, option in document["options"].items()
        for row in _amount_rows(document, option, found["before"]["options"][key])
    )
    outputs = tuple(_output_rows(document, found))
    headings = ("Figure", "Before: 1 in 10 below", "middle", "1 in 10 above", "Now: 1 in 10 below", "middle",
                "1 in 10 above")  # fmt: skip
    if not rows and not outputs:
        return None
    return without_empty(Table("actuals_amounts", "Amounts, before and now", headings, rows + outputs))


def _amount_rows(document: Document, option: Document, before: Document) -> Iterator[tuple[Cell, ...]]:
    """Give an option's gap, reserve and claim, before and now."""
    unit, label = document["unit"], option["label"]
    for place, pair in option["councils"].items():
        then, name = before["councils"][place], document["councils"][place]["label"]
        gaps = target_gap(document, then), target_gap(document, pair)
        if gaps[0] and gaps[1]:
            yield Cell(f"{label}, {name}: recurring gap"), *_band(gaps[0], unit), *_band(gaps[1], unit)
        if pair["shortfall"] and then["shortfall"]:
            both = (then["shortfall"], pair["shortfall"])
            cells = [(Cell("–"), Cell("–"), amount_cell(each["p90"], unit)) for each in both]
            yield Cell(f"{label}, {name}: shortfall"), *cells[0], *cells[1]
        if pair["reserve_needed"] and then["reserve_needed"]:
            both = (then["reserve_needed"], pair["reserve_needed"])
            cells = [(Cell("–"), Cell("–"), amount_cell(each["90"], unit)) for each in both]
            yield Cell(f"{label}, {name}: reserve needed"), *cells[0], *cells[1]
    if option.get("claim"):
        both = (before["claim"], option["claim"])
        yield Cell(f"{label}: what is set against its claim"), *(cell for each in both for cell in _band(each, unit))


def _band(entry: Document, unit: str) -> tuple[Cell, ...]:
    like = largest(entry[level] for level in ("p10", "p50", "p90"))
    return tuple(amount_cell(entry[level], unit, like) for level in ("p10", "p50", "p90"))


def _output_rows(document: Document, found: Document) -> Iterator[tuple[Cell, ...]]:
    """Give the file's own figures before and now."""
    for key, output in document["outputs"].items():
        then = found["before"]["outputs"][key]
        if "mean" in output and not output.get("chance"):
            yield Cell(output["label"]), *_levels(document, then, output["kind"]), *_levels(
                document, output, output["kind"]
            )


def _levels(document: Document, entry: Mapping[str, float], kind: str) -> tuple[Cell, ...]:
    return tuple(Cell(shown(entry[n], kind, document["unit"]), entry[n]) for n in ("p10", "p50", "p90"))


def _drivers_table(document: Document, found: Document) -> Table | None:
    """Set the assumptions that have moved most before beside what they are now."""
    moved = []
    for key, driver in document["drivers"].items():
        then, now = found["before"]["drivers"][key]["achieved"], driver["achieved"]
        if "mean" in now and then["sd"]:
            moved.append((abs(now["mean"] - then["mean"]) / then["sd"], driver, then, now))
    told_of = sorted((each for each in moved if each[0] > _MOVED), key=lambda each: -each[0])[:_MOST]
    if not told_of:
        return None
    rows = tuple(
        (Cell(d["label"]), *_levels(document, then, d["kind"]), *_levels(document, now, d["kind"]))
        for _, d, then, now in told_of
    )
    headings = ("Assumption", "Before: 1 in 10 below", "middle", "1 in 10 above", "Now: 1 in 10 below", "middle",
                "1 in 10 above")  # fmt: skip
    return Table("actuals_drivers", "Assumptions that the actuals have moved most", headings, rows)
