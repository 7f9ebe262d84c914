"""How options compare in the same futures, and how often all of an option's councils close together."""

from collections.abc import Sequence

from simlib.cells import amount_cell, chance_cell, largest, narrow_range
from simlib.layout import Cell, Section, Table
from simlib.verdicts import Document, Pair, estimates, test_words
from simlib.wording import chance_count

__all__ = ["comparison_part", "jointly_section"]


def comparison_part(document: Document, council: str, pairs: Sequence[tuple[str, str, Pair]]) -> Section | None:
    """Set each option beside each other in the same futures."""
    found = document["comparisons"].get(council) or {}
    labels = {key: label for key, label, _ in pairs}
    told = (key for key in found if labels.keys() >= set(key.split("|")))  # of options that are the same, the first
    rows = tuple(_row(labels, key, found[key], document) for key in told)
    if not rows:
        return None
    shares = ("First gap smaller: of 100 futures", "Equal", "Second gap smaller")
    amounts = ("Gap of the first less the second: average", "1 in 10 below", "1 in 10 above")
    headings = ("First", "Second", *shares, *amounts)
    caption = f"The recurring gap in {document['target_year']} under two options, future by future"
    why = "Both options are tried in the same futures, so that what would happen anyway does not blur their difference."
    table = Table(f"comparisons_{council}", caption, headings, rows, "A minus: the first leaves the smaller gap.")
    return Section(f"comparisons_{council}", "Options against each other", (why,), (table,), detail=True)


def _row(labels: dict[str, str], key: str, entry: Document, document: Document) -> tuple[Cell, ...]:
    """Give one pair of options' row."""
    first, second = key.split("|")
    difference, unit = entry["difference"], document["unit"]
    like = largest(difference[level] for level in ("mean", "p10", "p90"))
    shares = (
        Cell(chance_count(entry[name], entry["errors"][name]), entry[name])
        for name in ("better", "equal", "worse")
    )
    amounts = (
        amount_cell(difference[level], unit, like, difference["error"][level]) for level in ("mean", "p10", "p90")
    )
    return Cell(labels[first]), Cell(labels[second]), *shares, *amounts


def jointly_section(document: Document) -> Section | None:
    """Tell how often all of an option's councils close in the same future."""
    rows = []
    for key, option in document["options"].items():
        found = ((option.get("jointly") or {}).get("closes") or {}).get(document["headline"])
        if found:
            alone = [pair["closes"].get(document["headline"]) for pair in option["councils"].values()]
            ranged = Cell(narrow_range(estimates(document, found, key, "jointly")))
            each = (chance_cell(one) for one in alone if one)
            rows.append((Cell(option["label"]), *each, chance_cell(found), ranged))
    if not rows:
        return None
    widest = max(map(len, rows))
    labels = [council["label"] for council in document["councils"].values()]
    places = labels if widest == len(labels) + 3 else [f"council {at}" for at in range(1, widest - 2)]
    rows = [row for row in rows if len(row) == widest] if widest == len(labels) + 3 else rows
    table = Table(
        "jointly_closing",
        f"All councils together: {test_words(document)}",
        ("Option", *places, "All of them", "Across readings"),
        tuple(rows),
    )
    why = "Counted where all of an option's councils close in the same future; never a product of chances."
    return Section("jointly", "All councils together", (why,), (table,))
