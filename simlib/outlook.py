"""What a run says about councils and options: sentences and tables; assumptions and provenance are in ``register``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.charts import council_charts
from simlib.layout import Cell, Section, Table
from simlib.wording import chance, chance_count, chance_range, margin, money, person_share

__all__ = ["brief_lines", "claims_section", "council_sections", "events_section", "jointly_section"]

Document = Mapping[str, Any]
_WORSE, _MIDDLE, _BETTER = "1 in 10 worse than", "middle", "1 in 10 better than"
_SETTLED = 5e-7  # a sum of money within this of nothing is rounding, in any unit [unit]


def council_sections(document: Document) -> Iterator[Section]:
    """Give one section for each council that an option reaches.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    """
    for council, entry in document["councils"].items():
        pairs = _pairs(document, council)
        if any(_headline(document, pair) or pair.get("general_fund") for _, _, pair in pairs):
            yield Section(
                f"council_{council}",
                entry["label"],
                tuple(_sentence(document, council, *row) for row in pairs),
                tuple(_council_tables(document, council, pairs)),
                council_charts(document, council),
            )


def _pairs(document: Document, council: str) -> list[tuple[str, str, Document]]:
    """Give (id, label, results) of each option that is open to a council."""
    options = document["options"].items()
    return [(key, o["label"], o["councils"][council]) for key, o in options if council in o["councils"]]


def _headline(document: Document, pair: Document) -> Document | None:
    """Give the headline test's result, or None where it does not apply."""
    found: Document | None = pair["closes"].get(document["headline"])
    return found


def _target_gap(document: Document, pair: Document) -> Document | None:
    """Give the statistics of the recurring gap in the target year, or None where there is no gap."""
    by_year, target = pair.get("gap_recurring"), document["target_year"]
    found: Document | None = by_year[target] if by_year and target in by_year else None
    return found


def _estimates(document: Document, base: Document, option: str, place: str) -> list[tuple[float, float]]:
    """Give (probability, error) of the base and of every reading of one headline."""
    read = (reading.get(option, {}).get(place) for reading in document["readings"].values())
    return [(found["probability"], found["error"]) for found in (base, *read) if found]


def cannot_close(document: Document, pair: Document) -> bool:
    """Tell whether the plan leaves a gap with everything delivered, and no future closes it."""
    headline, gap = _headline(document, pair), _target_gap(document, pair)
    if headline is None or gap is None:
        return False
    return bool(headline["probability"] == 0 and not headline["plan"] and gap["plan"] > 0)


# Sentences


def _sentence(document: Document, council: str, option: str, label: str, pair: Document) -> str:
    """Tell one option for one council in two or three sentences."""
    headline = _headline(document, pair)
    if headline is None:
        return f"{label}: no gap is stated for this council, so that there is none to close."
    ranged = chance_range(_estimates(document, headline, option, council))
    often = _often(document, headline) + (f", {ranged}" if ranged else "")
    return f"{label} {_claim_words(document, pair, headline, often)}{_short_words(document, pair, headline)}."


def _claim_words(document: Document, pair: Document, headline: Document, often: str) -> str:
    """Tell what the business case says, and how often the futures agree."""
    gap = _target_gap(document, pair)
    if gap is None or document["headline"] not in {"target_year", "from_target_year"}:
        holds = "meets" if headline["plan"] else "does not meet"
        return f"{holds} the test '{_test(document)}' in the business case. It does so in {often}"
    left = margin(gap["plan"], document["unit"])
    if pair.get("no_costed_saving"):
        return f"has no costed saving: the business case leaves the gap {left}. It closes in {often}"
    if cannot_close(document, pair):
        return f"cannot close the gap: {left} with everything delivered.{_met(pair)} It closes in {often}"
    if headline["plan"]:
        how = "exactly" if gap["plan"] == 0 or left == "exactly closed" else f"with {left}"
        return f"closes the gap in the business case, {how}. It does so in {often}"
    return f"leaves the gap {left} in the business case. The futures close it in {often}"


def _often(document: Document, headline: Document) -> str:
    """Tell a chance as a number of futures."""
    words = chance(headline["probability"], headline["error"], headline["interval"])
    if headline["probability"] == 0:
        return f"none of {document['config']['simulations']:,} futures ({words})"
    return f"{words} futures"


def _test(document: Document) -> str:
    """Give the headline test in words."""
    return str(document.get("tests", {}).get(document["headline"], document["headline"].replace("_", " ")))


def _met(pair: Document) -> str:
    """Tell how much of the gap is met where it cannot be closed."""
    share = pair.get("share_of_gap_met")
    if not share:
        return ""
    return f" It meets {person_share(share['p50'])} of the gap in the middle of the futures."


def _short_words(document: Document, pair: Document, headline: Document) -> str:
    """Tell how short it falls when it does."""
    short, unit = pair.get("shortfall"), document["unit"]
    if not short or not short["probability"] or short["mean_if_short"] is None:
        return ""
    amount = money(short["mean_if_short"], unit)
    if headline["probability"] == 0:
        return f"; on average it falls {amount} short"
    return f"; when it falls short, it is by {amount} on average"


# Tables


def _council_tables(document: Document, council: str, pairs: Sequence[tuple[str, str, Document]]) -> Iterator[Table]:
    """Give the tables of one council that have anything to tell."""
    closing = [row for row in pairs if _target_gap(document, row[2]) and _headline(document, row[2])]
    if closing:
        yield _closing_table(document, council, closing)
    funded = [row for row in pairs if row[2].get("general_fund") or row[2].get("one_off_gross")]
    if funded:
        yield _one_off_table(document, council, funded)


def _closing_table(document: Document, council: str, rows: Sequence[tuple[str, str, Document]]) -> Table:
    """Set each option's chance of closing beside the plan's claim, the band of the gap and what it needs."""
    headings = (
        "Option",
        "Closes in",
        "On other readings",
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
        f"Gap: what is still to be found each year, as at 31 March of {target}; a minus is money to spare. "
        "Reserve for 90%: the opening balance that keeps reserves above their minimum in 90 of 100 futures.",
    )


def _closing_row(document: Document, council: str, option: str, label: str, pair: Document) -> tuple[Cell, ...]:
    """Give one option's row of the closing table."""
    unit, headline, gap = document["unit"], _headline(document, pair), _target_gap(document, pair)
    assert headline is not None and gap is not None, "the caller keeps only rows that have both"
    short, needed = pair.get("shortfall") or {}, pair.get("reserve_needed") or {}
    like = max(abs(gap["plan"]), *(abs(gap[level]) for level in ("p90", "p10")))
    return (
        Cell(label),
        Cell(_closing_words(document, pair, headline), headline["probability"]),
        Cell(_narrow_range(_estimates(document, headline, option, council))),
        Cell("no costed saving" if pair.get("no_costed_saving") else margin(gap["plan"], unit), gap["plan"]),
        *(Cell(money(gap[level], unit, gap["error"][level], like=like), gap[level]) for level in ("p90", "p50", "p10")),
        Cell(money(short.get("mean_if_short"), unit), short.get("mean_if_short")),
        Cell(money(needed.get("90"), unit), needed.get("90")),
    )


def _closing_words(document: Document, pair: Document, headline: Document) -> str:
    """Give the chance, or that there is none."""
    if cannot_close(document, pair):
        return "cannot close"
    return chance(headline["probability"], headline["error"], headline["interval"])


def _narrow_range(estimates: Sequence[tuple[float, float]]) -> str:
    """Give the range over readings for a narrow column: ``<1 to 18``."""
    if len(estimates) < 2:
        return "–"
    low, high = (chance_count(*sorted(estimates)[at]) for at in (0, -1))
    return low if low == high else f"{low} to {high}"


def _one_off_table(document: Document, council: str, rows: Sequence[tuple[str, str, Document]]) -> Table:
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
            "Reserves hold in",
            f"General fund {last}: {_WORSE}",
        ),
        tuple(_one_off_row(document, label, pair) for _, label, pair in rows),
        "Own pots are the council's own receipts and earmarked reserves: its own money, spent once. "
        "A minus in the general fund is a reserve that has been used up.",
    )


def _one_off_row(document: Document, label: str, pair: Document) -> tuple[Cell, ...]:
    """Give one option's row of in-year and one-off money."""
    unit, target, last = document["unit"], document["target_year"], document["years"][-1]
    in_year = (pair.get("gap_after") or {}).get(target or last)
    fund = (pair.get("general_fund") or {}).get(last)
    holds = pair["closes"].get("reserves_hold")
    totals = [_total(pair, "one_off_gross", "plan"), *(_total(pair, name, "mean") for name in _ONE_OFFS)]
    like = max((abs(total) for total in totals if total is not None), default=0.0)
    return (
        Cell(label),
        _money_cell(in_year and in_year["p50"], unit),
        *(Cell(money(total, unit, like=like), total) for total in totals),
        Cell(chance(holds["probability"], holds["error"], holds["interval"]), holds["probability"]) if holds else Cell("–"),
        _money_cell(fund and fund["p10"], unit),
    )


_ONE_OFFS = ("one_off_gross", "one_off_own_pots", "one_off_external_pots", "one_off_net")


def _money_cell(value: float | None, unit: str) -> Cell:
    """Give an amount as a cell."""
    return Cell(money(value, unit), value)


def _total(pair: Document, name: str, statistic: str) -> float | None:
    """Add a yearly figure up over the horizon: plans and means may be added, quantiles may not."""
    by_year = pair.get(name)
    if not by_year:
        return None
    total = float(sum(entry[statistic] for entry in by_year.values()))
    return 0.0 if abs(total) < _SETTLED else total


# Everything that is not one council's


def jointly_section(document: Document) -> Section | None:
    """Tell how often all of an option's councils close in the same future."""
    rows = []
    for key, option in document["options"].items():
        found = ((option.get("jointly") or {}).get("closes") or {}).get(document["headline"])
        if found:
            often = Cell(chance(found["probability"], found["error"], found["interval"]), found["probability"])
            across = Cell(_narrow_range(_estimates(document, found, key, "jointly")))
            rows.append((Cell(option["label"]), often, across))
    if not rows:
        return None
    caption = f"Every council of the option together: {_test(document)}"
    table = Table("jointly", caption, ("Option", "All close in", "Across readings"), tuple(rows))
    why = "Counted where all of an option's councils close in the same future; never a product of separate chances."
    return Section("jointly", "All councils together", (why,), (table,))


def claims_section(document: Document) -> Section | None:
    """Tell how often the figures that an option's supporters have published are kept."""
    told = [
        _claim_sentence(document, key, option["label"], option["claim"])
        for key, option in document["options"].items()
        if option.get("claim")
    ]
    return Section("claims", "Published claims", tuple(told)) if told else None


def _claim_sentence(document: Document, option: str, label: str, claim: Document) -> str:
    """Tell one claim: what is claimed, what the plan gives, how often it is kept, and the band."""
    unit = document["unit"]
    basis = "in total by" if claim["basis"] == "cumulative" else "a year by"
    often = chance(claim["probability"], claim["error"], claim["interval"])
    ranged = chance_range(_estimates(document, claim, option, "claim"))
    low, middle, high = (money(claim[level], unit) for level in ("p10", "p50", "p90"))
    return (
        f"{label} claims {money(claim['amount'], unit)} {basis} {claim['by']}; the plan comes to "
        f"{money(claim['plan'], unit)}. The claim is kept in {often} futures{f', {ranged}' if ranged else ''}: "
        f"1 in 10 worse than {low}, middle {middle}, 1 in 10 better than {high}."
    )


def events_section(document: Document) -> Section | None:
    """Tell the results if each event happens and if it does not."""
    told, tables = [], []
    for key, event in document["events"].items():
        rows = tuple(_event_rows(document, event))
        assumed = "that it happens" if event["plan"] in {"happens", True} else "that it does not"
        often = chance(event["chance"]["probability"], event["chance"]["error"], event["chance"]["interval"])
        moved = "" if rows else " No option's headline moves by more than the simulation error."
        told.append(f"{event['label']}: happens in {often} futures; the business case assumes {assumed}.{moved}")
        if rows:
            headings = ("Option", "if it happens", "if it does not")
            tables.append(Table(f"event_{key}", f"{event['label']}: closes in", headings, rows))
    return Section("events", "If this happens, or does not", tuple(told), tuple(tables)) if told else None


def _event_rows(document: Document, event: Document) -> Iterator[tuple[Cell, ...]]:
    """Give the options whose chance an event moves by more than twice the simulation error."""
    for key, option in document["options"].items():
        for place in option["councils"]:
            here, there = (event[side].get(key, {}).get(place) for side in ("closes_if", "closes_if_not"))
            if here and there and _differs(here, there):
                council = document["councils"][place]["label"]
                yield Cell(f"{option['label']}, {council}"), _chance_cell(here), _chance_cell(there)


def _differs(one: Document, other: Document) -> bool:
    """Tell whether two chances differ by more than their errors and by enough to be told."""
    shift = abs(one["probability"] - other["probability"])
    return shift > 2 * (one["error"] ** 2 + other["error"] ** 2) ** 0.5 and shift >= 0.005


def _chance_cell(found: Document) -> Cell:
    """Give a chance as a cell."""
    return Cell(chance(found["probability"], found["error"], found["interval"]), found["probability"])


def brief_lines(document: Document) -> Iterator[str]:
    """Give one line for each option: the headline of each of its councils, or its claim."""
    for option in document["options"].values():
        parts = []
        for place, pair in option["councils"].items():
            headline, name = _headline(document, pair), document["councils"][place]["label"]
            if headline:
                parts.append(f"{name}: {_brief(document, pair, headline)}")
        claim = option.get("claim")
        if claim:
            often = chance(claim["probability"], claim["error"], claim["interval"])
            parts.append(f"claim of {money(claim['amount'], document['unit'])} kept in {often}")
        yield f"{option['label']} - {'; '.join(parts) or 'nothing to close and nothing claimed'}"


def _brief(document: Document, pair: Document, headline: Document) -> str:
    """Tell one headline in a few words."""
    gap = _target_gap(document, pair)
    if cannot_close(document, pair) and gap is not None:
        why = "no costed saving" if pair.get("no_costed_saving") else "cannot close"
        return f"{why}, {margin(gap['plan'], document['unit'])}"
    return f"closes in {chance(headline['probability'], headline['error'], headline['interval'])}"
