"""What a run says about councils, claims and events: sections with their tables.

The sentences are in ``verdicts``; assumptions, readings and provenance are in ``register``.
"""

from collections.abc import Iterable, Iterator, Sequence

from simlib.charts import council_charts
from simlib.layout import Cell, Section, Table, without_empty
from simlib.verdicts import (
    Document,
    Pair,
    cannot_close,
    claim_sentence,
    estimates,
    headline_of,
    in_year_sentence,
    one_off_sentence,
    pairs_of,
    target_gap,
    test_words,
    told,
    total,
    verdict,
)
from simlib.wording import chance_count, margin, money

__all__ = ["claims_section", "council_sections", "events_section", "jointly_section"]

_WORSE, _MIDDLE, _BETTER = "1 in 10 worse than", "middle", "1 in 10 better than"
_NEEDED = " Reserve for 90%: the opening balance that keeps reserves at or above their minimum in 90 of 100 futures."
_OWN = "Own pots are the council's own receipts and earmarked reserves: its own money, spent once."
_USED_UP = " A minus in the general fund is a reserve that has been used up."


def council_sections(document: Document) -> Iterator[Section]:
    """Give one section for each council that an option reaches.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    """
    for council, entry in document["councils"].items():
        pairs = pairs_of(document, council)
        if any(headline_of(document, pair) or pair.get("general_fund") for _, _, pair in pairs):
            beside = (in_year_sentence(document, pairs), *(one_off_sentence(document, *row[1:]) for row in pairs))
            yield Section(
                f"council_{council}",
                entry["label"],
                (*(verdict(document, council, *row) for row in pairs), *(words for words in beside if words)),
                tuple(_council_tables(document, council, pairs)),
                council_charts(document, council),
            )
    for council, entry in document["councils"].items():  # the appendices, after all that comes first
        tables = tuple(_detail_tables(document, council, pairs_of(document, council)))
        if tables:
            yield Section(f"council_{council}_detail", f"{entry['label']} in detail", (), tables, detail=True)


# Tables


def _council_tables(document: Document, council: str, pairs: Sequence[tuple[str, str, Pair]]) -> Iterator[Table]:
    """Give the tables of one council that have anything to tell."""
    closing = [row for row in pairs if target_gap(document, row[2]) and headline_of(document, row[2])]
    if closing:
        yield without_empty(_closing_table(document, council, closing))
    funded = [row for row in pairs if row[2].get("general_fund") or row[2].get("one_off_gross")]
    if funded:
        yield without_empty(_one_off_table(document, council, funded))


def _closing_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set each option's chance of closing beside the plan's claim, the band of the gap and what it needs."""
    headings = (
        "Option",
        "Closes in",
        "Across readings",
        "Business case",
        *(f"Gap: {name}" for name in (_WORSE, _MIDDLE, _BETTER)),
        "Average if short",
        "Reserve for 90%",
    )
    target = document["target_year"]
    return Table(
        f"closing_{council}",
        f"The recurring gap in {target}: does it close, and by how much?",
        headings,
        tuple(_closing_row(document, council, *row) for row in rows),
        f"Gap: what is still to be found each year, as at 31 March of {target}; a minus is money to spare."
        + (_NEEDED if any(pair.get("reserve_needed") for _, _, pair in rows) else ""),
    )


def _closing_row(document: Document, council: str, option: str, label: str, pair: Pair) -> tuple[Cell, ...]:
    """Give one option's row of the closing table."""
    unit, headline, gap = document["unit"], headline_of(document, pair), target_gap(document, pair)
    assert headline is not None, "the caller keeps only rows that have one"
    assert gap is not None, "the caller keeps only rows that have one"
    short, needed = pair.get("shortfall") or {}, pair.get("reserve_needed") or {}
    like = _largest(gap[level] for level in ("plan", "p90", "p10"))
    return (
        Cell(label),
        Cell(_closing_words(document, pair, headline), headline["probability"]),
        Cell(_narrow_range(estimates(document, headline, option, council))),
        Cell(_plan_claim(pair, gap, unit), gap["plan"]),
        *(Cell(money(gap[level], unit, gap["error"][level], like=like), gap[level]) for level in ("p90", "p50", "p10")),
        _money_cell(short.get("mean_if_short") if short.get("probability") else None, unit),
        _money_cell(needed.get("90"), unit),
    )


def _plan_claim(pair: Pair, gap: Document, unit: str) -> str:
    """Tell what the business case claims in a few words."""
    return "no costed saving" if pair.get("no_costed_saving") else margin(gap["plan"], unit)


def _closing_words(document: Document, pair: Pair, headline: Document) -> str:
    """Give the chance, or that there is none."""
    if cannot_close(document, pair):
        return "cannot close"
    return _briefly(told(headline))


def _narrow_range(found: Sequence[tuple[float, float]]) -> str:
    """Give the range over readings for a narrow column: ``<1 to 18``."""
    if len(found) < 2:
        return "–"
    low, high = (chance_count(*sorted(found)[at]) for at in (0, -1))
    return low if low == high else f"{low} to {high}"


def _one_off_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set the cash of the years and the one-off money apart from the recurring gap."""
    target, last = document["target_year"], document["years"][-1]
    return Table(
        f"one_off_{council}",
        "In-year cash, one-off money and reserves (apart from the recurring gap)",
        (
            "Option",
            f"In-year gap {target or last}: middle",
            "One-off cost: plan",
            "on average",
            "paid from own pots",
            "paid by others",
            "on the general fund",
            "one-off savings",
            "Reserves hold in",
            f"General fund {last}: {_WORSE}",
        ),
        _one_off_rows(document, rows),
        _OWN + (_USED_UP if any(pair.get("general_fund") for _, _, pair in rows) else ""),
    )


def _one_off_rows(document: Document, rows: Sequence[tuple[str, str, Pair]]) -> tuple[tuple[Cell, ...], ...]:
    """Give every option's row; each kind of money is told in one unit down its columns."""
    unit = document["unit"]
    in_years, costs, funds = zip(*(_one_off_figures(document, pair) for _, _, pair in rows), strict=True)
    found = []
    for (_, label, pair), in_year, cost, fund in zip(rows, in_years, costs, funds, strict=True):
        holds = pair["closes"].get("reserves_hold")
        found.append((
            Cell(label),
            _money_cell(in_year, unit, _largest(in_years)),
            *(_money_cell(amount, unit, _largest(a for row in costs for a in row)) for amount in cost),
            _chance_cell(holds) if holds else Cell("–"),
            _money_cell(fund, unit, _largest(funds)),
        ))  # fmt: skip
    return tuple(found)


def _one_off_figures(document: Document, pair: Pair) -> tuple[float | None, tuple[float | None, ...], float | None]:
    """Give the in-year gap, the one-off costs (planned, and on average by who pays) and the last general fund."""
    target, last = document["target_year"], document["years"][-1]
    in_year = (pair.get("gap_after") or {}).get(target or last) or {}
    fund = (pair.get("general_fund") or {}).get(last) or {}
    gross, own, external, net = (total(pair, name, "mean") for name in _ONE_OFFS)
    saved = total(pair, "one_off_savings", "mean")
    borne = None if net is None else net + (saved or 0.0)  # a saving beside a cost is not a smaller cost
    costs = (total(pair, "one_off_gross", "plan"), gross, own, external, borne, saved or None)
    return in_year.get("p50"), costs, fund.get("p10")


_ONE_OFFS = ("one_off_gross", "one_off_own_pots", "one_off_external_pots", "one_off_net")


# Everything by year, and every test


def _detail_tables(document: Document, council: str, pairs: Sequence[tuple[str, str, Pair]]) -> Iterator[Table]:
    """Give what a committee's appendix holds: all six tests, the bands by year, and the present value."""
    tested = [row for row in pairs if headline_of(document, row[2])]
    if tested:
        yield _tests_table(document, council, tested)
    for name, caption, worse, better in _BY_YEAR:
        shown = [row for row in pairs if _tells(row[2].get(name))]
        if shown:
            yield _years_table(document, council, shown, name, caption, worse, better)
    valued = [row for row in pairs if row[2].get("npv") and not row[2]["does_nothing"]]
    if valued:
        yield _value_table(document, council, valued)


_BY_YEAR = (
    ("gap_recurring", "The recurring gap on 31 March of each year (a minus is money to spare)", "p90", "p10"),
    ("gap_after", "The gap in cash within each year (a minus is money to spare)", "p90", "p10"),
    ("savings", "Savings received in each year", "p10", "p90"),
    ("general_fund", "The general fund on 31 March of each year (a minus is a reserve used up)", "p10", "p90"),
)


def _tells(by_year: Document | None) -> bool:
    """Tell whether any year of a figure is more than nothing."""
    return bool(by_year) and any(entry["plan"] or entry["sd"] for entry in (by_year or {}).values())


def _tests_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set every meaning of closing beside the others: none of them is the only honest one."""
    names = [name for name in document["tests"] if any(pair["closes"].get(name) for _, _, pair in rows)]
    cells = ((_chance_cell(found) if (found := pair["closes"].get(name)) else Cell("–") for name in names)
             for _, _, pair in rows)  # fmt: skip
    return Table(
        f"tests_{council}",
        "Six meanings of closing the gap: how many futures hold each",
        ("Option", *(str(document["tests"][name]) for name in names)),
        tuple((Cell(label), *found) for (_, label, _), found in zip(rows, cells, strict=True)),
    )


def _years_table(
    document: Document,
    council: str,
    rows: Sequence[tuple[str, str, Pair]],
    name: str,
    caption: str,
    worse: str,
    better: str,
) -> Table:
    """Give one figure's band in every year under every option."""
    unit, told_of = document["unit"], []
    for _, label, pair in rows:
        like = _largest(entry[level] for entry in pair[name].values() for level in ("plan", "p10", "p90"))
        for year, entry in pair[name].items():
            levels = (
                Cell(money(entry[level], unit, entry["error"][level], like=like), entry[level])
                for level in (worse, "p50", better)
            )
            plan = Cell(money(entry["plan"], unit, like=like), entry["plan"])
            told_of.append((Cell(f"{label}, {year}"), plan, *levels))
    headings = ("Option and year", "Business case", _WORSE, _MIDDLE, _BETTER)
    return Table(f"{name}_by_year_{council}", caption, headings, tuple(told_of))


def _value_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Give the net present value to the council, and say where the horizon cuts it short."""
    unit = document["unit"]
    cells = [(label, pair["npv"], ("plan", "p10", "p50", "p90")) for _, label, pair in rows]
    cut = any(pair["npv"].get("horizon_cuts_benefits") for _, _, pair in rows)
    later = f" Savings after {document['years'][-1]} are not counted." if cut else ""
    return Table(
        f"value_{council}",
        "Net present value to the council, beside doing nothing",
        ("Option", "Business case", _WORSE, _MIDDLE, _BETTER),
        tuple((Cell(label), *(_money_cell(npv[name], unit) for name in names)) for label, npv, names in cells),
        f"At the file's own rate and deflator; own pots are a cost, other people's money is not.{later}",
    )


def _largest(amounts: Iterable[float | None]) -> float:
    """Give the size of the largest of some amounts, nothing where there is none."""
    return max((abs(amount) for amount in amounts if amount is not None), default=0.0)


def _money_cell(value: float | None, unit: str, like: float = 0.0) -> Cell:
    """Give an amount as a cell, in the unit of the largest that it stands beside."""
    return Cell(money(value, unit, like=like), value)


# Everything that is not one council's


def jointly_section(document: Document) -> Section | None:
    """Tell how often all of an option's councils close in the same future."""
    rows = []
    for key, option in document["options"].items():
        found = ((option.get("jointly") or {}).get("closes") or {}).get(document["headline"])
        if found:
            alone = [pair["closes"].get(document["headline"]) for pair in option["councils"].values()]
            ranged = Cell(_narrow_range(estimates(document, found, key, "jointly")))
            each = (_chance_cell(one) for one in alone if one)
            rows.append((Cell(option["label"]), *each, _chance_cell(found), ranged))
    if not rows:
        return None
    widest = max(map(len, rows))
    labels = [council["label"] for council in document["councils"].values()]
    places = labels if widest == len(labels) + 3 else [f"council {at}" for at in range(1, widest - 2)]
    rows = [row for row in rows if len(row) == widest] if widest == len(labels) + 3 else rows
    table = Table(
        "jointly_closing",
        f"Every council together: {test_words(document)}",
        ("Option", *places, "All of them", "Across readings"),
        tuple(rows),
    )
    why = "Counted where all of an option's councils close in the same future; never a product of chances."
    return Section("jointly", "All councils together", (why,), (table,))


def claims_section(document: Document) -> Section | None:
    """Tell how often the figures that an option's supporters have published are kept."""
    told = [
        claim_sentence(document, key, option["label"], option["claim"])
        for key, option in document["options"].items()
        if option.get("claim")
    ]
    return Section("claims", "Published claims", tuple(told)) if told else None


def events_section(document: Document) -> Section | None:
    """Tell the results if each event happens and if it does not."""
    paragraphs: list[str] = []
    tables: list[Table] = []
    for key, event in document["events"].items():
        rows = tuple(_event_rows(document, event))
        assumed = "that it happens" if event["plan"] in ("happens", True) else "that it does not"
        silent = rows or not any(event["closes_if"].values())
        moved = "" if silent else " No option's headline or gap moves by enough to be told."
        often = told(event["chance"])
        paragraphs.append(f"{event['label']}: happens in {often} futures; the business case assumes {assumed}.{moved}")
        if rows:
            headings = ("Option", "Holds if it happens", "if not", "Average gap if it happens", "if not")
            caption = f"{event['label']}: the headline, and the recurring gap in {document['target_year']}"
            tables.append(without_empty(Table(f"event_{key}", caption, headings, rows)))
    if not paragraphs:
        return None
    return Section("events", "If this happens, or does not", tuple(paragraphs), tuple(tables))


def _event_rows(document: Document, event: Document) -> Iterator[tuple[Cell, ...]]:
    """Give the headlines and gaps that an event moves by more than simulation error."""
    for key, option in document["options"].items():
        without = event["closes_if_not"].get(key, {})
        for place, here in event["closes_if"].get(key, {}).items():
            there = without.get(place)
            if here and there and (_differs(here, there) or _gaps_differ(here, there)):
                name = f"{option['label']}, {_place_words(document, place)}"
                gaps = (_gap_cell(document, side, (here, there)) for side in (here, there))
                yield Cell(name), _chance_cell(here), _chance_cell(there), *gaps


def _place_words(document: Document, place: str) -> str:
    """Name what a headline is about: a council, all of them, or the claim."""
    if place in document["councils"]:
        return str(document["councils"][place]["label"])
    return {"claim": "its claim is kept", "jointly": "all councils together"}.get(place, place)


def _differs(one: Document, other: Document) -> bool:
    """Tell whether two chances differ by more than their errors and by enough to be told."""
    shift = abs(one["probability"] - other["probability"])
    return bool(shift > 2 * (one["error"] ** 2 + other["error"] ** 2) ** 0.5 and shift >= 0.01)


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


def _chance_cell(found: Document) -> Cell:
    """Give a chance as a cell: a column is narrow, so that ``fewer than 1 in 6,600`` is ``<1 in 6,600``."""
    return Cell(_briefly(told(found)), found["probability"])


def _briefly(words: str) -> str:
    return words.replace("fewer than ", "<").replace("more than ", ">")
