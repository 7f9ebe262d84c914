"""What results rest on, as sheets of a workbook: steps, swings, assumptions, checks; results are in ``resulttabs``.

Every figure stands here as the summary has it, unrounded; nothing is estimated.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simlib.layout import Report, everything
from simlib.plots import Waterfall
from simlib.quoting import unmet_words
from simlib.tabs import (
    Column,
    Document,
    Figure,
    Formula,
    Kind,
    Row,
    Tab,
    Value,
    assumption_name,
    kind_of,
    pair_rows,
    place_name,
    tab,
    unit_words,
)
from simlib.units import figure as shown
from simlib.verdicts import target_gap

if TYPE_CHECKING:
    from simlib.layout import Chart

__all__ = [
    "WATERFALLS", "assumptions_tab", "bridge_tab", "certain_tab", "checks_tab", "dependence_tab", "notes_tab",
    "quality_tab", "sensitivity_tab", "waterfall_charts", "waterfalls_tab",
]  # fmt: skip

WATERFALLS = "Waterfalls"  # charts refer to it
_LEVELS = ("mean", "sd", "p5", "p10", "p25", "p50", "p75", "p80", "p90", "p95")
_BAND = ("mean", "sd", "p5", "p50", "p95")  # of the register; the others are with what was drawn


def _money(words: str, document: Document) -> Column:
    return Column(f"{words} ({unit_words(document, 'money')})", "money")


def figure(value: float | None, kind: str | None) -> Value:
    """Give a quantity of its own kind."""
    return Figure(value, kind_of(kind)) if isinstance(value, int | float) else None


# From the plan to the futures


def bridge_tab(document: Document) -> Tab | None:
    """Give every step from the business case to the average and the middle future; formulas add them up."""
    columns = (
        Column("Option"), Column("Council"), Column("Step"), Column("Address", "long"), _money("Position", document),
        _money("Shift of the average", document), _money("Gap so far, added up", document),
        _money("Added up less position (0 where it adds up)", document),
    )  # fmt: skip
    about = f"Each assumption's shift of the recurring gap in {document['target_year']}. A plus widens the gap."
    rows: list[Row] = []
    for _, _, pair, names in pair_rows(document):
        if pair.get("bridge"):
            rows += _bridge_rows(names, list(_steps(document, pair)), len(rows))
    return tab("Bridge", about, columns, rows, held=3)


def _steps(document: Document, pair: Document) -> Iterator[tuple[str, str, float, bool]]:
    """Give (name, address, amount, whether it is a position), the largest steps first."""
    bridge, gap = pair["bridge"], target_gap(document, pair)
    assert gap is not None, "a bridge is a gap's"
    yield "Business case", "", bridge["plan"], True
    for step in sorted(bridge["steps"], key=lambda step: -abs(step["shift"])):
        yield str(step["label"] or step["address"]), str(step["address"] or ""), step["shift"], False
    yield "Several together", "", bridge["together"], False
    yield "Average future", "", bridge["mean"], True
    yield "From the average to the middle", "", gap["p50"] - bridge["mean"], False
    yield "Middle future", "", gap["p50"], True


def _bridge_rows(names: Row, steps: Sequence[tuple[str, str, float, bool]], before: int) -> Iterator[Row]:
    """Give one option's rows; formulas stand in the lines of the sheet below the headings and the rows before."""
    reached = 0.0
    for at, (name, address, amount, position) in enumerate(steps):
        line, first = before + at + 2, not at
        reached = amount if first else reached if position else reached + amount
        added = f"=E{line}" if first else f"=G{line - 1}" if position else f"=G{line - 1}+F{line}"
        left = Formula(f"=ROUND(G{line}-E{line},6)", round(reached - amount, 6) + 0.0) if position else None
        both = (amount, None) if position else (None, amount)
        yield *names, name, address or None, *both, Formula(added, reached), left


def waterfall_charts(report: Report) -> "list[Chart]":
    """Give the report's waterfalls of money in their order."""
    charts = (chart for section in everything(report.sections) for chart in section.charts)
    return [chart for chart in charts if isinstance(chart.data, Waterfall) and chart.data.unit]


def waterfalls_tab(report: Report, document: Document) -> Tab | None:
    """Give the report's waterfalls as stacked bars: what a bar stands on, and its parts above and below nothing.

    A bar that crosses nothing has a part on either side, as a stack adds up what is above apart from what is below.
    """
    columns = (
        Column("Picture", "long"), Column("Step"), _money("Position", document), _money("Shift", document),
        *(_money(f"Bar: {words}", document)
          for words in ("stands on", "where the gap stands", "widens it", "widens it, below 0", "narrows it",
                        "narrows it, below 0")),
    )  # fmt: skip
    rows = (row for chart in waterfall_charts(report) for row in _waterfall_rows(chart))
    return tab(WATERFALLS, "The steps of the waterfalls, laid out as stacked bars.", columns, rows, held=2)


def _waterfall_rows(chart: "Chart") -> Iterator[Row]:
    assert isinstance(chart.data, Waterfall)
    reached = 0.0
    for step in chart.data.steps:
        before, reached = reached, step.value if step.total else reached + step.value
        if step.total:
            yield chart.title, step.label, step.value, None, None, step.value, None, None, None, None
            continue
        low, high = min(before, reached), max(before, reached)
        stands = max(low, 0.0) + min(high, 0.0)
        parts = (max(high, 0.0) - max(low, 0.0), min(low, 0.0) - min(high, 0.0))
        wider, narrower = (parts, (None, None)) if step.value > 0 else ((None, None), parts)
        yield chart.title, step.label, None, step.value, stands, None, *wider, *narrower


# What matters most


def sensitivity_tab(document: Document) -> Tab | None:
    """Give what each assumption's low and high tenth do to every headline and output."""
    sides = ("low side", "high side")
    columns = (
        Column("Option or figure"), Column("Council"), Column("Place", "count"), Column("Assumption"),
        Column("Address", "long"), Column("Assumption measured in", "short"), Column("Results measured in", "short"),
        *(Column(f"{words}, {side}", kind) for side in sides for words, kind in _SIDE),
        Column("Shift of the average, high less low", "number"), Column("Simulation error of the shift", "number"),
        Column("Shift in errors", "number"), Column("In the result itself", "short"),
    )  # fmt: skip
    about = (
        "Sensitivity ladder: the average gap, claim or figure where an assumption is in its lowest and in its highest"
        " tenth."
    )
    return tab("Sensitivity", about, columns, _swing_rows(document), held=4)


_SIDE: tuple[tuple[str, Kind], ...] = (
    ("Assumption averages", "number"),
    ("Result averages", "number"),
    ("Headline holds in", "chance"),
    ("Futures", "count"),
)


def _swing_rows(document: Document) -> Iterator[Row]:
    found = document["swings"]
    for option, places in found["options"].items():
        for place, entries in places.items():
            names = document["options"][option]["label"], place_name(document, place)
            yield from _ladder(document, names, entries, "money")
    for key, entries in found["outputs"].items():
        output = document["outputs"][key]
        yield from _ladder(document, (output.get("label") or key, None), entries, output.get("kind"))


def _ladder(document: Document, names: Row, entries: Sequence[Document], kind: str | None) -> Iterator[Row]:
    """Give one headline's swings, the largest first."""
    for at, entry in enumerate(entries, start=1):
        address = entry["address"]
        driver = document["drivers"].get(address)
        own = driver["kind"] if driver else "share"  # of an event: 1 where it happens
        cells = (cell for side in ("low", "high") for cell in _side(entry[side], own, kind))
        error = entry["error"]
        yield (
            *names, at, assumption_name(document, address), address, unit_words(document, own),
            unit_words(document, kind), *cells, figure(entry["shift"], kind), figure(error, kind),
            abs(entry["shift"]) / error if error else None, "yes" if entry["enters"] else "no",
        )  # fmt: skip


def _side(side: Document, own: str, kind: str | None) -> Row:
    return figure(side["value"], own), figure(side["mean"], kind), side.get("probability"), side["count"]


# Assumptions


def assumptions_tab(document: Document) -> Tab | None:
    """Give the register: what was assumed of every uncertain figure, who says so, and what has no source."""
    columns = (
        Column("Assumption"), Column("Address", "long"), Column("Measured in", "short"), Column("Varies", "short"),
        Column("Business case" if document["councils"] else "Plan", "number"), Column("Plan by year", "long"),
        Column("In plain words", "long"), Column("Distribution", "long"),
        *(Column(f"Asked: {_words(level)}", "number") for level in _BAND), *_SOURCE, Column("Owner"),
        Column("Reference class"), Column("Note", "long"), Column("Stated and not met", "long"),
    )  # fmt: skip
    rows = (_assumption_row(document, address, entry) for address, entry in document["drivers"].items())
    return tab("Assumptions", "Register of everything uncertain: what was assumed, and who says so.", columns, rows)


_SOURCE = (Column("Source", "long"), Column("Mark", "short"), Column("Date", "date"), Column("Source missing", "short"))


def _words(level: str) -> str:
    return {"mean": "average", "sd": "standard deviation"}.get(level, level.upper())


def _assumption_row(document: Document, address: str, driver: Document) -> Row:
    kind, plan, asked = driver["kind"], driver.get("plan"), driver.get("requested") or {}
    by_year = "; ".join(map(repr, plan)) if isinstance(plan, list) else None
    unmet = unmet_words(driver["stated"], lambda value: shown(value, kind, document["unit"])).removeprefix("; ")
    return (
        assumption_name(document, address), address, unit_words(document, kind), driver["varies"],
        figure(plan, kind), by_year, asked.get("sentence"), asked.get("distribution"),
        *(figure(asked.get(level), kind) for level in _BAND), *_source_cells(document, address, driver),
        driver.get("owner"), driver.get("reference"), driver.get("note"), unmet or None,
    )  # fmt: skip


def _source_cells(document: Document, address: str, entry: Document) -> Row:
    """Give what a figure rests on, its mark and date, and whether nobody says."""
    source = entry.get("source") or {}
    bare = any(check["id"] == "unsourced" and check.get("address") == address for check in document["checks"])
    return source.get("what"), source.get("mark"), source.get("date"), bare


def certain_tab(document: Document) -> Tab | None:
    """Give every figure that the file holds for certain, by year where it goes by year."""
    columns = (Column("Figure"), Column("Address", "long"), Column("Year", "short"), Column("Measured in", "short"),
               Column("Value", "number"), *_SOURCE)  # fmt: skip
    rows = []
    for address, entry in (document.get("figures") or {}).items():
        values = entry["value"]
        by_year = zip(document["years"], values, strict=True) if isinstance(values, list) else [(None, values)]
        source = _source_cells(document, address, entry)
        name = entry.get("label") or address
        unit = unit_words(document, entry["kind"])
        rows += [(name, address, year, unit, figure(value, entry["kind"]), *source) for year, value in by_year]
    return tab("Certain figures", "Figures that the file takes as certain, with their sources.", columns, rows)


def quality_tab(document: Document) -> Tab | None:
    """Give what was asked of every uncertain figure and event, and what the futures hold."""
    columns = (
        Column("Assumption or event"), Column("Address", "long"), Column("Year", "short"),
        Column("Measured in", "short"), Column("Statistic", "short"), Column("Asked", "number"),
        Column("Drawn", "number"), Column("Simulation error", "number"), Column("Verdict"),
    )  # fmt: skip
    about = "What was asked of every uncertain figure and event, what the futures hold, and the simulation error."
    return tab("Asked and drawn", about, columns, _quality_rows(document))


def _quality_rows(document: Document) -> Iterator[Row]:
    for address, driver in document["drivers"].items():
        drawn = driver.get("achieved") or {}
        kind, asked, years = driver["kind"], driver["requested"], drawn.get("by_year") or {"": drawn}
        names = assumption_name(document, address), address
        for year, entry in years.items() if drawn else ():
            for level in _LEVELS:
                values = (asked.get(level), entry.get(level), entry["error"].get(level))
                told = (figure(value, kind) for value in values)
                flag = f"{level} in {year}" if year else level
                yield *names, year or None, unit_words(document, kind), _words(level), *told, _verdict(driver, flag)
    for key, event in document["events"].items():
        chance = event["chance"]
        told = (figure(value, "share") for value in (event["requested"], chance["probability"], chance["error"]))
        unit = unit_words(document, "share")
        yield event["label"], f"events.{key}", None, unit, "chance", *told, _verdict(event, "chance")


def _verdict(entry: Document, name: str) -> str:
    """Tell whether simulation error explains the difference; what cannot be judged is never flagged."""
    return "more than chance explains" if name in entry["flagged"] else "not flagged"


def dependence_tab(document: Document) -> Tab | None:
    """Give the rank correlation of every pair that goes together: stated, as it should be, and drawn."""
    columns = (
        Column("What goes together"), Column("First", "long"), Column("Second", "long"), Column("Year", "short"),
        Column("Form", "short"), Column("Copula", "short"), Column("Rank correlation: asked", "number"),
        Column("Should be", "number"),
        Column("Drawn", "number"), Column("Simulation error", "number"), Column("Reason", "long"),
    )  # fmt: skip
    rows = (
        (
            f"{name} (dependence.{name})", *pair["between"], pair["year"], section["form"].replace("_", " "),
            section["copula"], *(pair[key] for key in ("asked", "implied", "achieved", "error")), section["reason"],
        )
        for name, section in document["dependence"].items()
        for pair in section["pairs"]
    )  # fmt: skip
    return tab("Correlations", "Rank correlations of what goes together: asked, and drawn.", columns, rows)


# Checks and notes


def checks_tab(document: Document) -> Tab | None:
    """Give every check, warnings first."""
    ordered = sorted(document["checks"], key=lambda check: check["level"] != "warning")
    columns = (Column("Level", "short"), Column("Check"), Column("What it is about"), Column("Address", "long"),
               Column("What was found", "long"))  # fmt: skip
    rows = (
        (check["level"], check["id"], check.get("label"), check.get("address"), check["text"])
        for check in ordered
    )
    return tab("Checks", "What the reader must know: warnings first.", columns, rows)


def notes_tab(report: Report) -> Tab | None:
    """Give the appendices' sentences: method, provenance, and how to get the same figures again."""
    columns = (Column("Section"), Column("Paragraph", "short"), Column("Note", "long"))
    rows = (
        (section.heading, number, text)
        for section in everything(report.sections)
        if section.appendix
        for number, text in section.numbered_paragraphs
    )
    return tab("Notes", "Method, provenance, and the command that gives the same figures again.", columns, rows)
