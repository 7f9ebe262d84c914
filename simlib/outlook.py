"""What a run says about councils, claims and events: sections with their tables.

The sentences are in ``verdicts``; cost and reserves in ``costs``, what moves an answer in ``influences``, how options
compare in ``comparing``; assumptions, readings and provenance in ``register``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from simlib.cells import amount_cells, briefly, chance_cell, largest, narrow_range
from simlib.charts import gap_curve, gap_fan, savings_fan
from simlib.comparing import comparison_part
from simlib.costs import cost_part, first_year_part, reserves_part
from simlib.influences import bridge_part, most_of_claims, most_sentence, swings_part
from simlib.layout import Cell, Section, Table, without_empty
from simlib.verdicts import (
    Document,
    Pair,
    cannot_close,
    claim_sentence,
    differs,
    estimates,
    headline_of,
    in_year_sentence,
    of_gap,
    pairs_of,
    repeats,
    same_sentence,
    target_gap,
    test_words,
    told,
    total,
    verdict,
)
from simlib.wording import joined, margin, money, year_end

__all__ = [
    "claims_section", "conditional_section", "council_sections", "detail_sections", "events_section", "of_council",
    "summary_section",
]  # fmt: skip

_WORSE, _MIDDLE, _BETTER = "1 in 10 worse than", "middle", "1 in 10 better than"
_COST = " One-off cost: on average over the futures, before any pot pays."
_NEEDED = " Reserve for 90%: the opening balance that keeps reserves at or above their minimum in 90 of 100 futures."


def summary_section(document: Document, *, what_moves: bool = True) -> Section | None:
    """Give what an officer must know of every council: does each option close the gap, how sure, and at what cost.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    what_moves : bool
        Whether it says what moves the answer most: not beside an analysis that answers this, by another measure.
    """
    parts = tuple(_summary_part(document, council, what_moves=what_moves) for council in _told_councils(document))
    if len(parts) == 1:
        return replace(parts[0], id="summary", heading="Summary")
    return Section("summary", "Summary", parts=parts) if parts else None


def _told_councils(document: Document) -> list[str]:
    """Give the councils that an option reaches."""
    return [
        council
        for council in document["councils"]
        if any(headline_of(document, pair) or pair.get("general_fund") for _, _, pair in pairs_of(document, council))
    ]


def _summary_part(document: Document, council: str, *, what_moves: bool) -> Section:
    """Give the headline of each option for a council, and all of them in one table."""
    pairs = pairs_of(document, council)
    beside = (in_year_sentence(document, pairs), most_sentence(document, council, pairs) if what_moves else None)
    verdicts = (f"{verdict(document, council, *row)}{_notes(document, council, row)}" for row in pairs)
    told = tuple(words for words in (same_sentence(document, council), *verdicts, *beside) if words)
    closing = [row for row in pairs if target_gap(document, row[2]) and headline_of(document, row[2])]
    tables = (without_empty(_closing_table(document, council, closing)),) if closing else ()
    section = Section(f"summary_{council}", document["councils"][council]["label"], told, tables)
    return of_council(section, document, council, None)  # the same options are told in a sentence of the section


def _notes(document: Document, council: str, row: tuple[str, str, Pair]) -> str:
    """Give the author's notes on an option, and on those that are the same, at the first of their councils."""
    told_of = (document["options"][key] for key in (row[0], *row[2]["same"]))
    noted = (entry for entry in told_of if entry.get("note") and council == next(iter(entry["councils"])))
    return "".join(f" Note: {entry['note']}" for entry in noted)


def council_sections(document: Document) -> Iterator[Section]:
    """Give one section for each council that an option reaches.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    """
    for council in document["councils"]:
        entry, pairs = document["councils"][council], pairs_of(document, council)
        parts = (
            bridge_part(document, council, pairs),
            _side_by_side(document, council),
            cost_part(document, council, pairs),
            reserves_part(document, council, pairs),
            swings_part(document, council, pairs),
        )
        found = tuple(part for part in parts if part is not None)
        if found:
            section = Section(f"council_{council}", entry["label"], parts=found)
            yield of_council(section, document, council, same_sentence(document, council))


def of_council(section: Section, document: Document, council: str, note: str | None) -> Section:
    """Say with every table of a council whose it is, and which options are the same for it: each may stand alone."""
    label = document["councils"][council]["label"] if len(document["councils"]) > 1 else ""

    def marked(table: Table) -> Table:
        first, rest = table.caption[:1].lower(), table.caption[1:]
        caption = table.caption if label in table.caption else f"{label}: {first}{rest}"
        of_one = note is None or table.headings[0] in ("Step", "Assumption")
        return replace(table, caption=caption, note=table.note if of_one else f"{table.note} {note}".strip())

    charts = tuple(replace(chart, table=marked(chart.table)) for chart in section.charts)
    parts = tuple(of_council(part, document, council, note) for part in section.parts)
    return replace(section, tables=tuple(map(marked, section.tables)), charts=charts, parts=parts)


def detail_sections(document: Document) -> Iterator[Section]:
    """Give what an appendix holds of each council: every test, every year."""
    for council, entry in document["councils"].items():
        pairs = pairs_of(document, council)
        tables = tuple(_detail_tables(document, council, pairs))
        found = (first_year_part(document, council, pairs), comparison_part(document, council, pairs))
        parts = tuple(part for part in found if part is not None)
        if tables or parts:
            heading = f"{entry['label']} in detail"
            section = Section(f"council_{council}_detail", heading, (), tables, (), parts, detail=True, appendix=True)
            yield of_council(section, document, council, same_sentence(document, council))


def _side_by_side(document: Document, council: str) -> Section | None:
    """Set the options' gaps beside each other."""
    charts = tuple(chart for build in (gap_fan, gap_curve, savings_fan) if (chart := build(document, council)))
    return Section(f"gap_{council}_options", "The options side by side", charts=charts, detail=True) if charts else None


# Tables


def _closing_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set each option's chance of closing beside the plan's claim, the band of the gap and what it needs."""
    headings = (
        "Option",
        "Closes in" if of_gap(document) else "Test met in",
        "Across readings",
        "Business case",
        *(f"Gap: {name}" for name in (_WORSE, _MIDDLE, _BETTER)),
        "One-off cost",
        "Reserve for 90%",
    )
    target = document["target_year"]
    costs = [total(pair, "one_off_gross", "mean") or None for _, _, pair in rows]
    needs = [(pair.get("reserve_needed") or {}).get("90") for _, _, pair in rows]
    return Table(
        f"closing_{council}",
        f"The recurring gap in {target}: does it close, and by how much?"
        if of_gap(document)
        else f"Is this met: {test_words(document)}? And the recurring gap in {target}",
        headings,
        tuple(
            (
                *_closing_row(document, council, *row),
                *amount_cells([cost], document["unit"], largest(costs)),
                *amount_cells([need], document["unit"], largest(needs)),
            )
            for row, cost, need in zip(rows, costs, needs, strict=True)
        ),
        f"Gap: what is still to be found each year, as at {year_end(target)}; a minus is money to spare."
        + (_COST if any(costs) else "")
        + (_NEEDED if any(need is not None for need in needs) else ""),
    )


def _closing_row(document: Document, council: str, option: str, label: str, pair: Pair) -> tuple[Cell, ...]:
    """Give one option's row of the closing table, up to what it costs."""
    unit, headline, gap = document["unit"], headline_of(document, pair), target_gap(document, pair)
    assert headline is not None, "the caller keeps only rows that have one"
    assert gap is not None, "the caller keeps only rows that have one"
    like = largest(gap[level] for level in ("plan", "p90", "p10"))
    return (
        Cell(label),
        Cell(_closing_words(document, pair, headline), headline["probability"]),
        Cell(narrow_range(estimates(document, headline, option, council))),
        Cell(_plan_claim(pair, gap, unit), gap["plan"]),
        *(Cell(money(gap[level], unit, gap["error"][level], like=like), gap[level]) for level in ("p90", "p50", "p10")),
    )


def _plan_claim(pair: Pair, gap: Document, unit: str) -> str:
    """Tell what the business case claims in a few words."""
    return "no costed saving" if pair.get("no_costed_saving") else margin(gap["plan"], unit)


def _closing_words(document: Document, pair: Pair, headline: Document) -> str:
    """Give the chance, or that there is none."""
    if cannot_close(document, pair):
        return "cannot close"
    return briefly(told(headline))


# Everything by year, and every test


def _detail_tables(document: Document, council: str, pairs: Sequence[tuple[str, str, Pair]]) -> Iterator[Table]:
    """Give what a committee's appendix holds: all six tests, the bands by year, and the present value."""
    tested = [row for row in pairs if headline_of(document, row[2])]
    if tested:
        yield _tests_table(document, council, tested)
    for table in _BY_YEAR:
        shown = [row for row in pairs if any(_tells(row[2].get(name)) for name, *_ in table.figures)]
        if shown:
            yield without_empty(_years_table(document, council, shown, table))
    valued = [row for row in pairs if row[2].get("npv") and not row[2]["does_nothing"]]
    if valued:
        yield _value_table(document, council, valued)


class _ByYear(NamedTuple):
    """A table of two figures by year: (name, how its columns begin, the levels worse and better than the middle)."""

    id: str
    caption: str
    figures: tuple[tuple[str, str, str, str], ...]


_BY_YEAR = (
    _ByYear(
        "gap", "The gap by year, as at 31 March (recurring) and in cash within the year; a minus is money to spare",
        (("gap_recurring", "Gap", "p90", "p10"), ("gap_after", "Cash", "p90", "p10")),
    ),
    _ByYear(
        "money", "Savings received in each year, and the general fund on 31 March; a minus is money that is not there",
        (("savings", "Saved", "p10", "p90"), ("general_fund", "Fund", "p10", "p90")),
    ),
)  # fmt: skip


def _tells(by_year: Document | None) -> bool:
    """Tell whether any year of a figure is more than nothing."""
    return bool(by_year) and any(entry["plan"] or entry["sd"] for entry in (by_year or {}).values())


def _tests_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set every meaning of closing beside the others: none of them is the only honest one."""
    names = [name for name in document["tests"] if any(pair["closes"].get(name) for _, _, pair in rows)]
    cells = ((chance_cell(pair["closes"].get(name)) for name in names)
             for _, _, pair in rows)  # fmt: skip
    return Table(
        f"tests_{council}",
        "Six meanings of closing the gap: how many futures hold each",
        ("Option", *(str(document["tests"][name]) for name in names)),
        tuple((Cell(label), *found) for (_, label, _), found in zip(rows, cells, strict=True)),
    )


def _years_table(
    document: Document, council: str, rows: Sequence[tuple[str, str, Pair]], table: _ByYear
) -> Table:
    """Give the bands of some figures in every year under every option."""
    found = []
    for _, label, pair in rows:
        columns = [_by_year(document["unit"], pair.get(name), *ends) for name, _, *ends in table.figures]
        found += [
            (Cell(f"{label}, {year}"), *(cell for column in columns for cell in column.get(year, (Cell("–"),) * 4)))
            for year in document["years"]
        ]
    levels = ("plan", _WORSE, _MIDDLE, _BETTER)
    headings = ("Option and year", *(f"{begins}: {level}" for _, begins, *_ in table.figures for level in levels))
    return Table(f"{table.id}_by_year_{council}", table.caption, headings, tuple(found))


def _by_year(unit: str, entries: Document | None, worse: str, better: str) -> dict[str, tuple[Cell, ...]]:
    """Give one figure's plan and band by year, all in the digits that the largest of them needs."""
    if not _tells(entries) or entries is None:
        return {}
    like = largest(entry[level] for entry in entries.values() for level in ("plan", "p10", "p90"))
    return {
        year: (
            Cell(money(entry["plan"], unit, like=like), entry["plan"]),
            *(Cell(money(entry[level], unit, entry["error"][level], like=like), entry[level])
              for level in (worse, "p50", better)),
        )
        for year, entry in entries.items()
    }  # fmt: skip


def _value_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Give the net present value to the council, and say where the horizon cuts it short."""
    unit = document["unit"]
    worths = [(label, [pair["npv"][name] for name in ("plan", "p10", "p50", "p90")]) for _, label, pair in rows]
    like = largest(amount for _, worth in worths for amount in worth)
    cut = any(pair["npv"].get("horizon_cuts_benefits") for _, _, pair in rows)
    later = f" Savings after {document['years'][-1]} are not counted." if cut else ""
    return Table(
        f"value_{council}",
        "Net present value to the council, beside doing nothing",
        ("Option", "Business case", _WORSE, _MIDDLE, _BETTER),
        tuple((Cell(label), *amount_cells(worth, unit, like)) for label, worth in worths),
        f"At the file's own rate and deflator; own pots are a cost, other people's money is not.{later}",
    )


# Everything that is not one council's


def claims_section(document: Document) -> Section | None:
    """Tell how often the figures that an option's supporters have published are kept."""
    told = [
        claim_sentence(document, key, option["label"], option["claim"])
        for key, option in document["options"].items()
        if option.get("claim")
    ]
    most = most_of_claims(document)
    return Section("claims", "Published claims", (*told, *([most] if most else ()))) if told else None


def events_section(document: Document) -> Section | None:
    """Tell how often each event happens, and what the business case assumes."""
    paragraphs = []
    told_already = repeats(document)
    for event in document["events"].values():
        assumed = "that it happens" if event["plan"] in ("happens", True) else "that it does not"
        silent = not any(event["closes_if"].values()) or any(True for _ in _event_rows(document, event, told_already))
        moved = "" if silent else " No option's headline or gap moves by enough to be told."
        often = told(event["chance"])
        paragraphs.append(f"{event['label']}: happens in {often} futures; the business case assumes {assumed}.{moved}")
    return Section("events", "If this happens, or does not", tuple(paragraphs)) if paragraphs else None


def conditional_section(document: Document) -> Section | None:
    """Give the results if each event happens and if it does not, for the record."""
    told_already = repeats(document)
    rows = tuple(
        (Cell(event["label"]), *row)
        for event in document["events"].values()
        for row in _event_rows(document, event, told_already)
    )
    if not rows:
        return None
    gaps = ("Average gap if it happens", "Average gap if not")
    headings = ("Event", "Option", "Holds if it happens", "Holds if not", *gaps)
    caption = f"If it happens, or does not: {_told_under(document)}"
    table = without_empty(Table("event_effects", caption, headings, rows))
    heading = "If this happens, or does not: results"
    return Section("events_results", heading, (), (table,), detail=True, appendix=True)


def _told_under(document: Document) -> str:
    """Tell what the tables of events hold."""
    options = document["options"].values()
    gaps = any(pair.get("gap_recurring") for option in options for pair in option["councils"].values())
    claims = any(option.get("claim") for option in options)
    said = [f"the headline, and the recurring gap in {document['target_year']}"] if gaps else []
    return joined(said + ["how often the claim is kept"] * claims)


def _event_rows(
    document: Document, event: Document, told_already: set[tuple[str, str]]
) -> Iterator[tuple[Cell, ...]]:
    """Give the headlines and gaps that an event moves by more than simulation error."""
    for key, option in document["options"].items():
        without = event["closes_if_not"].get(key, {})
        for place, here in event["closes_if"].get(key, {}).items():
            there = None if (place, key) in told_already else without.get(place)
            if here and there and (differs(here, there) or _gaps_differ(here, there)):
                name = f"{option['label']}, {_place_words(document, place)}"
                gaps = (_gap_cell(document, side, (here, there)) for side in (here, there))
                yield Cell(name), chance_cell(here), chance_cell(there), *gaps


def _place_words(document: Document, place: str) -> str:
    """Name what a headline is about: a council, all of them, or the claim."""
    if place in document["councils"]:
        return str(document["councils"][place]["label"])
    return {"claim": "its claim is kept", "jointly": "all councils together"}.get(place, place)


def _gaps_differ(one: Document, other: Document) -> bool:
    """Tell whether two average gaps differ by more than their errors and by enough to be told."""
    if "gap" not in one or "gap" not in other:
        return False
    left, right = one["gap"], other["gap"]
    shift, largest = abs(left["mean"] - right["mean"]), max(abs(left["mean"]), abs(right["mean"]))
    return bool(shift > 4 * (left["error"] ** 2 + right["error"] ** 2) ** 0.5 and shift >= 0.02 * largest)


def _gap_cell(document: Document, found: Document, both: Sequence[Document]) -> Cell:
    """Give an average gap as a cell, in the digits that the larger of the two needs."""
    if "gap" not in found:
        return Cell("–")
    like = max(abs(side["gap"]["mean"]) for side in both if "gap" in side)
    gap = found["gap"]
    return Cell(money(gap["mean"], document["unit"], gap["error"], like=like), gap["mean"])
