"""The results as sheets of a workbook: chances, gaps, costs, reserves, comparisons; assumptions are in ``recordtabs``.

Every figure stands here as the summary has it, unrounded; nothing is estimated.
"""

from collections.abc import Iterator, Mapping, Sequence

from simlib.dims import VARIABLES
from simlib.influences import foremost
from simlib.tabs import (
    Column,
    Document,
    Figure,
    Formula,
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
from simlib.verdicts import estimates, headline_of, target_gap, total

__all__ = [
    "BY_YEAR", "CURVE", "RESERVE", "claims_tab", "closing_tab", "comparisons_tab", "costs_tab", "curve_tab",
    "events_tab", "first_year_tab", "outputs_tab", "readings_tab", "reserve_tab", "summary_tab", "years_tab",
]  # fmt: skip

BY_YEAR, RESERVE, CURVE = "By year", "Reserve needed", "Gap distribution"  # charts refer to these
LEVELS = ("p5", "p10", "p25", "p50", "p75", "p80", "p90", "p95")
_PAIR = (Column("Option"), Column("Council"))
_CHANCE = (Column("Simulation error", "error"), Column("95% interval: low", "chance"),
           Column("95% interval: high", "chance"))  # fmt: skip


def chance_cells(found: Document) -> Row:
    """Give a chance, its simulation error and the two ends of its interval."""
    low, high = found.get("interval") or (None, None)
    return found["probability"], found["error"], low, high


def _money(words: str, document: Document) -> Column:
    return Column(f"{words} ({unit_words(document, 'money')})", "money")


def _level_columns(document: Document, levels: Sequence[str]) -> Iterator[Column]:
    """Give the headings of quantiles, which say what they are."""
    words = {"p10": "1 in 10 below", "p50": "middle", "p90": "1 in 10 above", "p5": "1 in 20 below",
             "p95": "1 in 20 above", "p25": "1 in 4 below", "p75": "1 in 4 above", "p80": "1 in 5 above"}  # fmt: skip
    yield from (_money(f"{level.upper()}: {words[level]}", document) for level in levels)


# Options


def summary_tab(document: Document) -> Tab | None:
    """Give a row for each option and council: how sure, how much, what it costs and what moves it most."""
    target = document["target_year"]
    columns = (
        *_PAIR,
        Column("Chance that the headline test holds", "chance"),
        *_CHANCE,
        Column("Readings: lowest chance", "chance"),
        Column("Readings: highest chance", "chance"),
        Column("Holds in the business case", "short"),
        _money(f"Recurring gap {target}: business case", document),
        _money("Gap: average", document),
        _money("Gap P10: 1 in 10 better than", document),
        _money("Gap P50: middle", document),
        _money("Gap P90: 1 in 10 worse than", document),
        _money("Short by, where it falls short: average", document),
        _money("One-off cost: as planned", document),
        _money("One-off cost: average", document),
        _money("Reserve needed for 90 of 100 futures", document),
        _money("Net present value: middle", document),
        Column("What moves the gap most"),
    )
    told = document["tests"].get(document["headline"], document["headline"])
    about = f"A row for each option and council. The headline test: {told}."
    return tab("Summary", about, columns, _summary_rows(document), held=2)


def _summary_rows(document: Document) -> Iterator[Row]:
    for option, council, pair, names in pair_rows(document):
        headline, gap = headline_of(document, pair), target_gap(document, pair) or {}
        read = [share for share, _ in estimates(document, headline, option, council)] if headline else []
        short, needed, npv = (pair.get(name) or {} for name in ("shortfall", "reserve_needed", "npv"))
        most = foremost(document, option, council)
        yield (
            *names,
            *(chance_cells(headline) if headline else (None,) * 4),
            *((min(read), max(read)) if read else (None, None)),
            headline["plan"] if headline else None,
            *(gap.get(level) for level in ("plan", "mean", "p10", "p50", "p90")),
            short.get("mean_if_short") if short.get("probability") else None,
            *(total(pair, "one_off_gross", level) for level in ("plan", "mean")),
            needed.get("90"),
            npv.get("p50"),
            assumption_name(document, most) if most else None,
        )


_COSTS = ("one_off_gross", "one_off_own_pots", "one_off_external_pots", "one_off_net", "one_off_savings")


def costs_tab(document: Document) -> Tab | None:
    """Give who pays the one-off costs, how often reserves hold, payback and present value."""
    words = ("One-off cost", "paid from own pots", "paid by others", "on the general fund, less one-off savings",
             "one-off savings")  # fmt: skip
    costs = (_money(f"{when}: {word}", document) for when in ("As planned", "Average") for word in words)
    columns = (
        *_PAIR, *costs, _money("Average: cost less all who pay (0 where it adds up)", document),
        Column("Reserves hold", "chance"),
        *(Column(f"Payback in years: {words}", "count")
          for words in ("business case", "1 in 10 sooner", "middle", "1 in 10 later")),
        Column("Not paid back within the horizon", "chance"),
        *(_money(f"Net present value: {words}", document)
          for words in ("business case", "average", "1 in 10 worse than", "middle", "1 in 10 better than")),
        Column("Horizon cuts savings off", "short"),
    )  # fmt: skip
    about = "Who pays the one-off costs of all years, how often reserves hold, payback and net present value."
    rows = (_cost_row(at, pair, names) for at, (_, _, pair, names) in enumerate(pair_rows(document)))
    return tab("Costs and value", about, columns, rows, held=2)


def _cost_row(at: int, pair: Document, names: Row) -> Row:
    """Give one row; its formula stands in the line of the sheet below the headings and the rows before."""
    planned, mean = ([total(pair, name, level) for name in _COSTS] for level in ("plan", "mean"))
    payback, npv = pair.get("payback") or {}, pair.get("npv") or {}
    known = [amount for amount in mean if amount is not None]
    left: Value = None
    if len(known) == len(_COSTS):
        line, (gross, own, other, net, saved) = at + 2, known
        rest = round(gross - own - other - net - saved, 6) + 0.0
        left = Formula(f"=ROUND(H{line}-I{line}-J{line}-K{line}-L{line},6)", rest)
    return (
        *names, *planned, *mean, left,
        (pair["closes"].get("reserves_hold") or {}).get("probability"),
        *(payback.get(level) for level in ("plan", "p10", "p50", "p90")),
        payback.get("beyond_horizon"),
        *(npv.get(level) for level in ("plan", "mean", "p10", "p50", "p90")),
        npv.get("horizon_cuts_benefits"),
    )  # fmt: skip


def closing_tab(document: Document) -> Tab | None:
    """Give all six meanings of closing, for each council and for all of an option's together."""
    columns = (*_PAIR, Column("Test", "short"), Column("In words", "long"), Column("Holds in", "chance"), *_CHANCE,
               Column("Holds in the business case", "short"), Column("Headline of this file", "short"))  # fmt: skip
    about = "Six meanings of closing the gap: how many futures hold each. None of them is the only honest one."
    return tab("Closing tests", about, columns, _closing_rows(document), held=2)


def _closing_rows(document: Document) -> Iterator[Row]:
    for option in document["options"].values():
        places = {council: pair["closes"] for council, pair in option["councils"].items()}
        places |= {"jointly": (option.get("jointly") or {}).get("closes") or {}}
        for place, closes in places.items():
            for test, found in closes.items():
                if found:
                    name = place_name(document, place)
                    words = document["tests"].get(test, test)
                    told = (*chance_cells(found), found.get("plan"), test == document["headline"])
                    yield option["label"], name, test, words, *told


def claims_tab(document: Document) -> Tab | None:
    """Give how often the figures are kept that an option's supporters have published."""
    columns = (
        Column("Option"), _money("Claimed", document), Column("Basis", "short"), Column("By", "short"),
        Column("One-offs deducted", "short"), Column("Claim is kept in", "chance"), *_CHANCE,
        Column("Readings: lowest chance", "chance"),
        Column("Readings: highest chance", "chance"), _money("Business case", document), _money("Average", document),
        *_level_columns(document, LEVELS),
    )  # fmt: skip
    rows = []
    for key, option in document["options"].items():
        claim = option.get("claim")
        if claim:
            read = [share for share, _ in estimates(document, claim, key, "claim")]
            terms = (claim[name] for name in ("amount", "basis", "by", "net_of_one_off"))
            figures = (claim.get(level) for level in ("plan", "mean", *LEVELS))
            rows.append((option["label"], *terms, *chance_cells(claim), min(read), max(read), *figures))
    return tab("Claims", "Published claims: what is claimed, and how often it is kept.", columns, rows)


# By year


def years_tab(document: Document) -> Tab | None:
    """Give every yearly figure of every option and council, and the gap before any option."""
    columns = (
        *_PAIR, Column("Figure"), Column("Year", "short"), _money("Business case", document),
        _money("Average", document), _money("Standard deviation", document), *_level_columns(document, LEVELS),
        _money("Simulation error of the average", document), Column("What it is", "long"),
    )  # fmt: skip
    about = "Every yearly figure: plan, average and quantiles. Gaps: plus is money short, a minus is money to spare."
    rows = (row for *_, row in by_year_rows(document))
    return tab(BY_YEAR, about, columns, rows, held=4)


def by_year_rows(document: Document) -> Iterator[tuple[str, str, str, Row]]:
    """Give (option, council, figure, row) of every figure and year, the years of a figure below each other."""
    for council, by_year in document["gap_before"].items():
        names: Row = ("Before any option", place_name(document, council))
        yield from (("", council, "gap_before", row) for row in _year_rows(names, "gap_before", by_year))
    for option, council, pair, named in pair_rows(document):
        for figure in VARIABLES:
            for row in _year_rows(named, figure, pair.get(figure)):
                yield option, council, figure, row


def _year_rows(names: Row, figure: str, by_year: Document | None) -> Iterator[Row]:
    words, _, meaning = VARIABLES[figure]
    for year, entry in (by_year or {}).items():
        levels = (entry.get(level) for level in ("plan", "mean", "sd", *LEVELS))
        yield *names, words, year, *levels, entry["error"]["mean"], meaning


def first_year_tab(document: Document) -> Tab | None:
    """Give in which year the gap is first closed."""
    rows = [
        (*names, "not within these years" if year == "never" else year, share)
        for _, _, pair, names in pair_rows(document)
        for year, share in (pair.get("first_year_closed") or {}).items()
    ]
    columns = (*_PAIR, Column("First closed in", "short"), Column("Share of the futures", "chance"))
    return tab("When first closed", "The year in which the recurring gap is first closed.", columns, rows, held=2)


# Distributions


def reserve_tab(document: Document) -> Tab | None:
    """Give the opening balance that keeps reserves above their minimum, for every confidence."""
    columns = (*_PAIR, Column("Confidence wanted: share of the futures", "share"),
               _money("Opening balance that holds", document), _money("Simulation error", document))  # fmt: skip
    rows = (row for *_, row in reserve_rows(document))
    about = "The opening balance that keeps reserves at or above their minimum in every year, for every confidence."
    return tab(RESERVE, about, columns, rows, held=2)


def reserve_rows(document: Document) -> Iterator[tuple[str, str, Row]]:
    """Give (option, council, row) for each confidence; errors are known of 80, 90 and 95 of 100."""
    for option, council, pair, names in pair_rows(document):
        needed = pair.get("reserve_needed") or {}
        for share, amount in _curve(needed.get("curve")):
            error = needed["error"].get(f"{100 * share:.0f}")
            yield option, council, (*names, share, amount, error)


def curve_tab(document: Document) -> Tab | None:
    """Give the whole distribution of the target year's gap."""
    columns = (*_PAIR, Column("Share of the futures", "share"), _money("Recurring gap is at most", document))
    about = f"In so many futures the recurring gap in {document['target_year']} is no larger; a minus is to spare."
    return tab(CURVE, about, columns, (row for *_, row in curve_rows(document)), held=2)


def curve_rows(document: Document) -> Iterator[tuple[str, str, Row]]:
    """Give (option, council, row) for each share of the futures."""
    for option, council, pair, names in pair_rows(document):
        for share, amount in _curve(pair.get("curve")):
            yield option, council, (*names, share, amount)


def _curve(curve: Mapping[str, Sequence[float]] | None) -> Iterator[tuple[float, float]]:
    if curve:
        yield from zip(curve["probabilities"], curve["values"], strict=True)


# Beside each other, and under conditions


def comparisons_tab(document: Document) -> Tab | None:
    """Give each pair of options in the same futures."""
    shares = ("First leaves the smaller gap", "Equal", "Second leaves the smaller gap")
    columns = (
        Column("Council"), Column("First option"), Column("Second option"),
        *(Column(word, "chance") for word in shares), Column("Simulation error", "error"),
        _money("Gap of the first less the second: average", document), *_level_columns(document, LEVELS),
    )  # fmt: skip
    labels = {key: option["label"] for key, option in document["options"].items()}
    rows = []
    for place, pairs in document["comparisons"].items():
        for key, found in pairs.items():
            both = (labels[option] for option in key.split("|"))
            figures = (found["difference"].get(level) for level in ("mean", *LEVELS))
            chances = (found[name] for name in ("better", "equal", "worse", "error"))
            rows.append((place_name(document, place), *both, *chances, *figures))
    about = f"The recurring gap in {document['target_year']} under two options, in the same futures."
    return tab("Comparisons", about, columns, rows, held=3)


def events_tab(document: Document) -> Tab | None:
    """Give every headline and the average gap if an event happens and if it does not."""
    sides = ("if it happens", "if it does not")
    columns = (
        Column("Event"), Column("Event's chance", "chance"), Column("In the business case", "short"), *_PAIR,
        *(Column(f"Headline holds {side}", "chance") for side in sides),
        *(Column(f"Simulation error {side}", "error") for side in sides),
        *(_money(f"Average gap {side}", document) for side in sides),
        *(Column(f"Futures {side}", "count") for side in sides),
    )  # fmt: skip
    about = "Every headline, and the average recurring gap, if an event happens and if it does not."
    return tab("Events", about, columns, _event_rows(document))


def _event_rows(document: Document) -> Iterator[Row]:
    for event in document["events"].values():
        assumed = "happens" if event["plan"] in ("happens", True) else "does not happen"
        names, places = (event["label"], event["chance"]["probability"], assumed), _conditional(event)
        for option, place in places:
            sides = [(event[side].get(option, {}).get(place) or {}) for side in ("closes_if", "closes_if_not")]
            figures = [[side.get(name) for side in sides] for name in ("probability", "error")]
            gaps = [(side.get("gap") or {}).get("mean") for side in sides]
            counts = [side.get("count") for side in sides]
            where = document["options"][option]["label"], place_name(document, place)
            yield *names, *where, *figures[0], *figures[1], *gaps, *counts
        if not places:
            yield *names, *(None,) * 10


def _conditional(event: Document) -> list[tuple[str, str]]:
    """Give (option, council or claim) of which an event's results are told."""
    sides = (event["closes_if"], event["closes_if_not"])
    return list(dict.fromkeys((option, place) for side in sides for option in side for place in side[option]))


def readings_tab(document: Document) -> Tab | None:
    """Give every headline on every reading of the figures that are not certain."""
    notes = document.get("reading_notes") or {}
    base = {key: {place: headline_of(document, pair) for place, pair in option["councils"].items()} | {
        "jointly": ((option.get("jointly") or {}).get("closes") or {}).get(document["headline"]),
        "claim": option.get("claim")} for key, option in document["options"].items()}  # fmt: skip
    readings = {"": base, **document["readings"]} if document["readings"] else {}
    columns = (Column("Reading"), *_PAIR, Column("Headline holds in", "chance"), *_CHANCE,
               Column("Holds in the business case", "short"), Column("Why", "long"))  # fmt: skip
    rows = []
    for name, options in readings.items():
        note = notes.get(name) or {"label": name or "As the file has it", "why": None}
        for key, places in options.items():
            for place, found in places.items():
                if found:
                    names = note["label"], document["options"][key]["label"], place_name(document, place)
                    plan = found.get("plan")  # of a claim it is an amount, and stands with the claims
                    holds = plan if isinstance(plan, bool) else None
                    rows.append((*names, *chance_cells(found), holds, note["why"]))
    return tab("Readings", "Every headline on every reading of figures that are not certain.", columns, rows, held=3)


# Figures of the file's own


def outputs_tab(document: Document) -> Tab | None:
    """Give the figures of the file's own, by year where they go by year."""
    columns = (
        Column("Figure"), Column("Year", "short"), Column("Measured in", "short"), Column("Holds in", "chance"),
        *_CHANCE,
        *(Column(words, "number") for words in ("Plan", "Average", "Standard deviation")),
        *(Column(level.upper(), "number") for level in LEVELS), Column("Simulation error of the average", "number"),
    )  # fmt: skip
    rows = []
    for key, output in document["outputs"].items():
        entries = {"": output} if "mean" in output else {y: output[y] for y in document["years"] if y in output}
        for year, entry in entries.items():
            kind, chance = output.get("kind"), entry.get("chance")
            amounts = [entry.get(level) for level in ("plan", "mean", "sd", *LEVELS)]
            amounts.append((entry.get("error") or {}).get("mean"))
            shown = (None if amount is None else Figure(amount, kind_of(kind)) for amount in amounts)
            names = output.get("label") or key, year or None, unit_words(document, kind)
            rows.append((*names, *(chance_cells(chance) if chance else (None,) * 4), *shown))
    return tab("Own figures", "Figures and conditions of the file's own.", columns, rows)
