"""What was asked of the futures and what was drawn, side by side; it is judged in ``quality`` and ``correlating``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.layout import Cell, Section, Table
from simlib.units import beside
from simlib.wording import sentence_case

__all__ = ["quality_section"]

Document = Mapping[str, Any]


def _by_year(driver: Document) -> Mapping[str | None, Document]:
    """Give what was drawn of an assumption, by year where it is drawn by year."""
    achieved = driver.get("achieved") or {}
    return achieved.get("by_year") or {None: achieved}


def quality_section(document: Document) -> Section | None:
    """Tell for every assumption, event and correlation what was asked for and what was drawn."""
    tables = (*_drivers_table(document), *_chances_table(document), *_correlations_table(document))
    entries = (*document["drivers"].values(), *document["events"].values())
    flagged = sum(bool(entry.get("flagged")) for entry in entries)
    if not tables:
        return None
    few = any(check["id"] == "few" for check in document["checks"])
    told = (
        f"{flagged} of {len(entries)} differ by more than simulation error explains: marked, and listed as warnings."
        if flagged
        else "Too few futures were drawn to say whether they are as asked."
        if few
        else "Nothing differs by more than simulation error explains."
    )
    return Section("quality", "Asked and drawn", (told,), tables, detail=True, appendix=True)


def _drivers_table(document: Document) -> Iterator[Table]:
    """Give the average and the band of each assumption, of its worst year where it is drawn by year."""
    rows = tuple(_quality_row(document, *entry) for entry in document["drivers"].items() if entry[1].get("achieved"))
    figures = ("Average", "In 9 of 10 futures")
    headings = ("Assumption", *(f"{f}: {what}" for f in figures for what in ("asked", "drawn")), "Furthest off")
    note = (
        "In 9 of 10 futures: from P5 to P95, which 5 and 95 of 100 futures do not exceed. Furthest off: of the average,"
        " the standard deviation and the quantiles from P5 to P95, the one that is the most simulation errors from what"
        " was asked; of what is drawn year by year, in the year named. Of what builds up through the years, its steps"
        " or its growth."
    )
    if rows:
        yield Table("asked_and_drawn", "Assumptions: what was asked for, and what was drawn", headings, rows, note)


def _quality_row(document: Document, address: str, driver: Document) -> tuple[Cell, ...]:
    """Give one assumption's row."""
    kind, unit, asked = driver.get("kind"), document["unit"], driver["requested"]
    furthest, years = driver.get("furthest_off") or {}, _by_year(driver)
    drawn = years.get(furthest.get("year")) or next(iter(years.values()))
    label = driver["label"]
    name = f"{label}, {furthest['year']}" if furthest.get("year") else label
    average = _compared_cells(asked.get("mean"), drawn.get("mean"), drawn["error"]["mean"], kind, unit)
    bands = _band_cells(asked, drawn, kind, unit)
    return Cell(f"{name} ({address})"), *average, *bands, _furthest_cell(furthest, flagged=bool(driver.get("flagged")))


def _band_cells(asked: Document, drawn: Document, kind: str | None, unit: str | None) -> Iterator[Cell]:
    """Give the bands from P5 to P95 that were asked for and drawn, all ends in one unit."""
    bands = [(band.get("p5"), band.get("p95")) for band in (asked, drawn)]
    known = [value for band in bands if None not in band for value in band if value is not None]
    error = max(drawn["error"]["p5"], drawn["error"]["p95"])
    told = iter(beside(known, error, kind or "number", unit or "£") if known else ())
    yield from (Cell("–") if None in band else Cell(f"{next(told)} to {next(told)}") for band in bands)


def _compared_cells(
    asked: float | None, drawn: float | None, error: float | None, kind: str | None, unit: str | None
) -> Iterator[Cell]:
    """Give what was asked and what was drawn, side by side in one unit, as finely as the error allows."""
    known = [value for value in (asked, drawn) if value is not None]
    told = iter(beside(known, error or 0.0, kind or "number", unit or "£"))
    yield from (Cell("–") if value is None else Cell(next(told), value) for value in (asked, drawn))


_FIGURES = {"mean": "average", "sd": "standard deviation"}


def _furthest_cell(furthest: Document, *, flagged: bool) -> Cell:
    """Tell how far off the figure is that is furthest off."""
    errors = furthest.get("errors")
    if errors is None:
        return Cell("–")
    mark = ": more than chance explains" if flagged else ""
    return Cell(f"{_FIGURES.get(furthest['figure'], furthest['figure'].upper())}, {errors:.1f} errors{mark}", errors)


def _chances_table(document: Document) -> Iterator[Table]:
    """Give the chance of each event, as asked for and as drawn."""
    rows = tuple(
        (
            Cell(event["label"]),
            *_compared_cells(
                event["requested"], event["chance"]["probability"], event["chance"]["error"], "share", document["unit"]
            ),
            Cell(f"{100 * event['chance']['error']:.2g} of 100", event["chance"]["error"]),
            Cell("more than chance explains" if event["flagged"] else "as asked"),
        )
        for event in document["events"].values()
        if event.get("requested") is not None
    )
    left_out = [event["label"] for event in document["events"].values() if event.get("requested") is None]
    note = f"Not told, as the chance is itself uncertain: {'; '.join(left_out)}." if left_out else ""
    if rows:
        headings = ("Event", "Chance: asked", "Chance: drawn", "Simulation error", "Verdict")
        yield Table("chances_asked_and_drawn", "Events: what was asked for, and what was drawn", headings, rows, note)


def _correlations_table(document: Document) -> Iterator[Table]:
    """Give the rank correlations of each section of dependence: asked for, implied by how values tie, and drawn."""
    rows = tuple(_correlation_row(*entry) for entry in document["dependence"].items() if entry[1]["pairs"])
    headings = ("What goes together", "Stated", "Pairs", "Asked", "Should be", "Drawn", "Furthest off")
    note = (
        "Rank correlations, from the lowest pair to the highest. Where values tie (events, counts), or where what the"
        " file states is not possible together, they should be other than was asked. Furthest off: the pair that is the"
        " most simulation errors from what it should be."
    )
    if rows:
        caption = "Correlations: what was asked for, and what was drawn"
        yield Table("correlations_asked_and_drawn", caption, headings, rows, note)


def _correlation_row(name: str, section: Document) -> tuple[Cell, ...]:
    """Give one section's row."""
    pairs = section["pairs"]
    form, stated = sentence_case(section["form"].replace("_", " ")), section["stated"]
    if section["form"] == "concordance":
        stated = f"{10 * stated:g} of 10"
    figure = "" if isinstance(stated, list) else f" {stated:g}" if isinstance(stated, float | int) else f" {stated}"
    copula = f", t copula with {section['df']:g} degrees of freedom" if section["df"] is not None else ""
    errors = section["furthest_off"]
    far = Cell("–") if errors is None else Cell(f"{errors:.1f} errors", errors)
    ranges = (_range([pair[key] for pair in pairs]) for key in ("asked", "implied", "achieved"))
    said = f"{sentence_case(name.replace('_', ' '))} (dependence.{name})"
    return Cell(said), Cell(f"{form}{figure}{copula}"), Cell(f"{len(pairs)}", float(len(pairs))), *ranges, far


def _range(values: Sequence[float | None]) -> Cell:
    """Tell the lowest and the highest of some correlations; one where they read alike."""
    known = [value for value in values if value is not None]
    if not known:
        return Cell("–")
    low, high = (f"{bound + 0.0:.2f}" for bound in (round(min(known), 2), round(max(known), 2)))
    return Cell(low, known[0]) if low == high else Cell(f"{low} to {high}")
