"""Every number in every sentence of a report is the figure of ``summary.json`` that the sentence speaks of, rounded."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pytest
from told_cases import CASES, Figures, Place, about_cell, labels_of, leaves, run_of, subject, tables_of
from written_numbers import written

from simlib.layout import Cell, Chart, everything

# What a number in these means is fixed: a level, a year, a date, the law.
FIXED = re.compile(
    r"\d{4}/\d{2}|\d{4}-\d{2}(-\d{2})?|31 March of|1 in 10 (?=worse|better|below|above)|in 1 of 10 futures"
    r"|\b(80|90|95) of 100 futures|Reserve for 90%|[Ss]ection 25|Act 2003|P\d+\b|all \d+ options"
)
MONEY = r"((?:about )?[+-]?£[\d,.]+(?:bn|m|k)?(?: to spare| short)?|exactly closed)"
BOUND = r"((?:fewer than |more than |about |[<>~])?\d+)"
CHANCE = (
    r"((?:none of [\d,]+ futures \()?(?:all but )?(?:(?:fewer than |about )?1 in [\d,]+"
    r"|(?:fewer than |more than |about )?\d+ of 100))"
)
SHARE, OPTION = r"([\d.]+%|none)", r"«(\w+)»"
CLOSES_AND_GAP = rf"it closes in {CHANCE} futures and the gap averages {MONEY}"
Told = tuple[str, float | None]


# A phrase with its numbers, and the figures that they are; an option that is named in it comes first.
VERDICTS: tuple[tuple[str, Callable[..., Sequence[float | None]]], ...] = (
    (rf"(?:leaves a gap of|business case, with|cannot close the gap:) {MONEY}", lambda at: [at.gap()["plan"]]),
    (rf"that is {CHANCE}; if not, {CHANCE}\.", lambda at: at.counted_on()),
    (rf"closes the gap in the business case, {MONEY}", lambda at: [at.gap()["plan"]]),
    (
        rf"meets {SHARE} of the gap in the business case, {SHARE} on average(?: and more than {SHARE})?",
        lambda at: [at.pair()["share_of_gap_met"][level] for level in ("plan", "mean", "p90")],
    ),
    (rf"It (?:does so|closes) in {CHANCE}", lambda at: [at.closes()]),
    (
        rf"from {BOUND} \([^)]*\) to {BOUND} \([^)]*\) across the readings",
        lambda at: [at.readings()[0], at.readings()[-1]],
    ),
    (rf"{CHANCE} on every reading", lambda at: [at.readings()[0]]),
    (rf"it is by {MONEY} on average", lambda at: [at.pair()["shortfall"]["mean_if_short"]]),
    (rf"on average it falls {MONEY}", lambda at: [at.pair()["shortfall"]["mean_if_short"]]),
    (r"(\d+) of these (\d+) come only", lambda at: [at.only_uncosted(), at.closes()]),
    (rf"Without the savings .*?\), that is {CHANCE}\.", lambda at: [at.pair()["costed_alone"]["probability"]]),
)
COSTS = (
    (rf"one-off costs {MONEY} as planned, {MONEY} on", lambda at: [at.total("gross", x) for x in ("plan", "mean")]),
    (rf"{MONEY} comes from the council's own", lambda at: [at.total("own_pots", "mean")]),
    (rf"{MONEY} is paid by others", lambda at: [at.total("external_pots", "mean")]),
    (rf"{MONEY} falls on the", lambda at: [at.total("net", "mean") + at.total("savings", "mean")]),
    (rf"bring the general fund {MONEY}", lambda at: [at.total("savings", "mean")]),
    (rf"above their minimum in {CHANCE}", lambda at: [at.closes("reserves_hold")]),
    (r"Counted from 1 April (\d+), it", lambda at: [int(at.document["years"][0][:4])]),
    (r"within (\d+ years?) in the business case and in the middle", lambda at: [at.pair()["payback"]["p50"]]),
    (r"within (\d+ years?) in the business case", lambda at: [at.pair()["payback"]["plan"]]),
    (r"within (\d+ years?) in the middle", lambda at: [at.pair()["payback"]["p50"]]),
    (rf"in {CHANCE}(?: of those futures in which it goes ahead| futures), not by",
     lambda at: [at.pair()["payback"]["beyond_horizon"]]),
    (
        rf"a recurring gap of {MONEY} on average remains in {CHANCE}",
        lambda at: [at.pair()["reserves_hold_with_gap"][key] for key in ("mean_gap", "probability")],
    ),
)
CLAIMS = (
    (rf"claims {MONEY}", lambda at: [claim_of(at)["amount"]]),
    (rf"the plan comes to {MONEY}", lambda at: [claim_of(at)["plan"]]),
    (rf"only where {SHARE} of it", lambda at: [claim_of(at)["amount"] / claim_of(at)["plan"]]),
    (rf"kept in {CHANCE}", lambda at: [claim_of(at)["probability"]]),
    (
        rf"from {BOUND} \([^)]*\) to {BOUND} \([^)]*\) across the readings",
        lambda at: [at.readings("claim")[0], at.readings("claim")[-1]],
    ),
    (
        rf"worse than {MONEY}, middle {MONEY},\s+better than {MONEY}",
        lambda at: [claim_of(at)[level] for level in ("p10", "p50", "p90")],
    ),
)
MINIMUM = (rf"minimum of {MONEY}", lambda at: [at.document["councils"][at.council]["general_fund_minimum"]])
NEEDED = (rf"{MONEY} under {OPTION}", lambda at, o: [at.pair(o)["reserve_needed"]["90"]])
# By the beginning of a section's id, or of a picture's.
PHRASES: dict[str, tuple[tuple[str, Callable[..., Sequence[float | None]]], ...]] = {
    "summary": (*VERDICTS, (rf"{OPTION} in {CHANCE}", lambda at, o: [at.closes("in_year", o)])),
    "claims": CLAIMS,
    "actuals": (
        (rf"its claim is kept: in {CHANCE}", lambda at: [claim_of(at)["probability"]]),
        (rf"from {CHANCE} before", lambda at: [at.document["observed"]["before"]["options"][at.option]["claim"]
                                               ["probability"]]),
        (r"([\d,]+) of ([\d,]+) futures drawn", lambda at: [at.document["observed"][n] for n in ("fitting", "drawn")]),
        (r"the first ([\d,]+) of these", lambda at: [at.document["config"]["simulations"]]),
        (rf"were kept \({CHANCE}\)", lambda at: [at.document["observed"]["share_fitting"]]),
        (r"would be worth as much as ([\d,]+)", lambda at: [at.document["observed"]["effective"]]),
        (rf"what is identified by {SHARE}", lambda at: [at.document["observed"]["stages"]["identified"]]),
        (rf"On the reading .*? {CHANCE} futures fit",
         lambda at: [min(w["share_fitting"] for w in at.document["observed"]["readings"].values())]),
    ),
    "costs": (*COSTS, (rf"{OPTION}, as planned: {MONEY}", lambda at, o: [at.total("gross", "plan", o)]),
              (rf"{OPTION}, on average: {MONEY}", lambda at, o: [at.total("gross", "mean", o)]),
              (rf"{MONEY} \({OPTION}, as planned\)", lambda at, o: [at.total("gross", "plan", o)]),
              (rf"{MONEY} \({OPTION}, on average\)", lambda at, o: [at.total("gross", "mean", o)])),
    "bridge": (
        (rf": {MONEY} in the business case, {MONEY} in the middle", lambda at: [at.gap()["plan"], at.gap()["p50"]]),
        (
            rf"from {MONEY} \(business case\) to {MONEY} \(average future\) to {MONEY} \(middle",
            lambda at: [at.gap()["plan"], at.pair()["bridge"]["mean"], at.gap()["p50"]],
        ),
    ),
    "swings": (
        (r"Of the first ([\d,]+) futures", lambda at: [min(at.document["config"]["simulations"], 8_192)]),
        (rf"{MONEY} over all futures", lambda at: [at.gap()["mean"]]),
        (rf"about an average of {MONEY}", lambda at: [at.gap()["mean"]]),
        (rf"{CLOSES_AND_GAP}; where .*?, {CLOSES_AND_GAP}", lambda at: [*at.worst(-1), *at.worst(0)]),
        (rf"has to be {SHARE} for the gap", lambda at: [at.just_closed()]),
        (rf"the gap averages {MONEY}; where .*?, the gap averages {MONEY}",
         lambda at: [at.worst(-1)[1], at.worst(0)[1]]),
    ),
    "reserves": (
        MINIMUM,
        (rf"It opens with {MONEY}", lambda at: [at.document["councils"][at.council]["general_fund_opening"]]),
        (rf"{MONEY} under {OPTION}", lambda at, o: [at.pair(o)["reserve_needed"]["90"]]),
        (rf"{OPTION}: {MONEY}", lambda at, o: [at.pair(o)["general_fund"][at.document["years"][-1]]["p50"]]),
        (rf"{MONEY} \({OPTION}\)", lambda at, o: [at.pair(o)["general_fund"][at.document["years"][-1]]["p50"]]),
    ),
    "reserve_needed": (
        (rf"{OPTION}: {MONEY}", lambda at, o: [at.pair(o)["reserve_needed"]["90"]]),
        (rf"{MONEY} \({OPTION}\)", lambda at, o: [at.pair(o)["reserve_needed"]["90"]]),
    ),
    "gap": (
        (rf"{OPTION}: middle {MONEY}, plan {MONEY}", lambda at, o: [at.gap(o)["p50"], at.gap(o)["plan"]]),
        (rf"{MONEY} \({OPTION}\)(?=.*Business case)", lambda at, o: [at.gap(o)["p50"]]),
        (rf"{MONEY} \({OPTION}\)", lambda at, o: [at.gap(o)["plan"]]),
    ),
    "savings": (
        (rf"{MONEY} \({OPTION}\)(?=.*Business case)", lambda at, o: [at.savings(o)["p50"]]),
        (rf"{MONEY} \({OPTION}\)", lambda at, o: [at.savings(o)["plan"]]),
    ),
    "position": (
        (
            rf"{OPTION}: half of the futures lie between {MONEY} and {MONEY}",
            lambda at, o: [at.gap(o)[level] for level in ("p25", "p75")],
        ),
        (
            rf"between {MONEY} and {MONEY} \({OPTION}\)",
            lambda at, o: [at.gap(o)[level] for level in ("p25", "p75")],
        ),
    ),
    "first_year": (
        (rf"{OPTION} in {CHANCE}", lambda at, o: [1 - at.pair(o)["first_year_closed"]["never"]]),
        (rf"{CHANCE} \({OPTION}\)", lambda at, o: [1 - at.pair(o)["first_year_closed"]["never"]]),
    ),
    "section_25": (
        MINIMUM,
        (rf"opens with {MONEY}", lambda at: [at.document["councils"][at.council]["general_fund_opening"]]),
        (rf"from {BOUND} to {BOUND} of 100 under {OPTION}", lambda at, o: at.over_readings(o)),
        (rf"(?:larger than|,| and) ?{MONEY} under {OPTION}", lambda at, o: [at.pair(o)["shortfall"]["p90"]]),
        (r"Robustness.*?(\d+) estimates.*?; (\d+) rest on", lambda at: at.rested_on()),
        (r"(\d+) of them move this", lambda at: [at.moving()]),
        (r"([\d,]+) futures were drawn", lambda at: [at.document["config"]["simulations"]]),
    ),
}  # fmt: skip


def claim_of(at: Place) -> Any:
    return at.document["options"][at.option]["claim"]


def phrases_of(key: str, text: str) -> tuple[tuple[str, Callable[..., Sequence[float | None]]], ...]:
    """Give the phrases that a section or a picture is told in."""
    if key.startswith("section_25"):
        test, adequacy = ("reserves_hold", (NEEDED,)) if "Adequacy" in text else ("", ())
        closing = (rf"{CHANCE} futures under {OPTION}", lambda at, o: [at.closes(test, o)])
        return (*adequacy, *PHRASES["section_25"], closing)
    return next((PHRASES[name] for name in sorted(PHRASES, key=len, reverse=True) if key.startswith(name)), ())


def told(key: str, text: str, at: Place) -> tuple[list[Told], str]:
    """Give each number of a text that stands in a known phrase with its figure, and what is left of the text."""
    found: list[Told] = []
    for pattern, figures in phrases_of(key, text):
        for match in re.finditer(pattern, text):
            groups = list(match.groups())
            options = [group for group in groups if group in at.document["options"]]
            numbers = [group for group in groups if group not in options]
            values = figures(at, *options)
            found += [(number, value) for number, value in zip(numbers, values, strict=True) if number]
        text = re.sub(pattern, lambda match: re.sub(r"\d", "_", match[0]), text)
    return found, text


def beside_told(text: str, rows: Mapping[str, Figures], unit: str) -> tuple[list[Told], str]:
    """Give each number behind the name of a row that is none of that row's figures, and what is left of the text."""
    wrong: list[Told] = []
    for name, values in rows.items():
        pattern = rf"{re.escape(name)} \(?{MONEY}(?: to {MONEY})?"
        for match in re.finditer(pattern, text):
            wrong += [(number, None) for number in match.groups()
                      if number and not any(is_told(number, value, unit) for value in values)]  # fmt: skip
        text = re.sub(pattern, lambda match: re.sub(r"\d", "_", match[0]), text)
    return wrong, text


def is_told(words: str, value: float | None, unit: str, futures: int = 0) -> bool:
    """Tell whether words stand for a figure: every number in them does."""
    if value is None:
        return False
    if words in {"none", "exactly closed"}:
        return abs(value) < 0.005
    if re.fullmatch(BOUND, words) and value <= 1:
        words = f"{words} of 100"
    of_none = re.findall(r"none of ([\d,]+)", words)
    if futures and any(int(found.replace(",", "")) != futures for found in of_none):
        return False
    third = re.search(r"fewer than 1 in ([\d,]+)", words)  # the rule of three, to two figures
    if futures and third and not 0.9 * futures / 3 < int(third[1].replace(",", "")) <= futures / 3:
        return False
    numbers = written(words, unit)
    return bool(numbers) and all(found.stands_for(value) for found in numbers if not found.text.startswith("none of"))


def texts_of(document: Any) -> Iterator[str]:
    """Give every text of a summary: what a report quotes word for word."""
    if isinstance(document, Mapping):
        for entry in document.values():
            yield from texts_of(entry)
    elif isinstance(document, list):
        for entry in document:
            yield from texts_of(entry)
    elif isinstance(document, str):
        yield document


@lru_cache(maxsize=len(CASES))
def quoted(case: str) -> "re.Pattern[str]":
    """Give a pattern for every text of a summary in which there is a number."""
    document = run_of(case)[1]
    texts = {text.rstrip(".") for text in texts_of(document) if re.search(r"\d", text)}
    texts -= set(labels_of(document, "options").values())  # these tell whose a figure is
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)))


def bare(case: str, text: str) -> str:
    """Give a text without what it quotes and what is fixed, its options by their ids."""
    text = quoted(case).sub(" ", text)
    for key, label in sorted(labels_of(run_of(case)[1], "options").items(), key=lambda item: -len(item[1])):
        text = text.replace(f"‘{label}’", f"«{key}»").replace(label, f"«{key}»")
    return FIXED.sub(" ", text)


def sentences(case: str) -> Iterator[tuple[str, str, Mapping[str, Figures]]]:
    """Give (id, text, figures by row of the tables beside it) of each sentence and each alternative text."""
    for section in everything(run_of(case)[0].sections):
        if section.id in {"method", "provenance"}:  # they explain words, and quote the run's own settings
            continue
        for text in section.paragraphs:
            yield section.id, text, rows_of(case, section.charts, text)
        for chart in section.charts:
            yield chart.id, chart.alt, rows_of(case, (chart,), text="")


def rows_of(case: str, charts: Sequence[Chart], text: str) -> dict[str, Figures]:
    """Give the figures of pictures' tables by the names of their rows: of those whose option a text is about."""
    leading, unit = re.match(OPTION, bare(case, text)), run_of(case)[1]["unit"]
    return {
        bare(case, row[0].text): shown_steps(row, unit)
        if chart.id.startswith("bridge")
        else tuple(cell.value for cell in row if cell.value is not None)
        for chart in charts
        if leading is None or leading[1] in subject(run_of(case)[1], chart.id).options
        for row in chart.table.rows
    }


def shown_steps(row: Sequence[Cell], unit: str) -> Figures:
    """Give a step as its table shows it: so that steps add up, it may be rounded the other way (test_telling)."""
    return tuple((found.low + found.high) / 2 for cell in row[1:] for found in written(cell.text, unit))


def unexplained(case: str, text: str, figures: Figures) -> list[str]:
    """Give the numbers of a text that no figure of a summary rounds to."""
    document = run_of(case)[1]
    return [found.text for found in written(bare(case, text), document["unit"])
            if not any(found.stands_for(figure) for figure in figures)]  # fmt: skip


def wrong_numbers(case: str, key: str, text: str, rows: Mapping[str, Figures]) -> list[Told]:
    """Give the numbers of a sentence that are not the figures which it speaks of, or of which nothing is known."""
    document, own = run_of(case)[1], bare(case, text)
    about, leading = subject(document, key), re.match(OPTION, own)
    at = Place(document, about.councils[0], leading[1] if leading else about.options[0])
    found, rest = told(key, own, at)
    unit, futures = document["unit"], document["config"]["simulations"]
    wrong = [(words, value) for words, value in found if not is_told(words, value, unit, futures)]
    more, rest = beside_told(rest, rows, unit)
    return wrong + more + [(words, None) for words in unexplained(case, rest, other_figures(case, key, at, rows))]


def other_figures(case: str, key: str, at: Place, rows: Mapping[str, Figures]) -> Figures:
    """Give what the numbers outside the known phrases may be: of a picture's table, of an event, a count."""
    document = run_of(case)[1]
    if key.startswith(("swings", "bridge")):
        return tuple(value for values in rows.values() for value in values)
    if key.startswith("costs"):
        open_to = [key for key, entry in document["options"].items() if at.council in entry["councils"]]
        return tuple(at.total("gross", level, option) for option in open_to for level in ("plan", "mean"))
    if key == "events":
        return tuple(leaves([event["chance"]["probability"] for event in document["events"].values()]))
    if key == "checks":
        notes = len({(check["id"], check["text"]) for check in document["checks"] if check["level"] != "warning"})
        return float(notes), float(sum(check["id"] == "hindsight" for check in document["checks"]))
    unsourced = sum(check["id"] == "unsourced" for check in document["checks"])
    assumed = sum(not address.endswith(".individual") for address in document["drivers"])
    return float(unsourced), float(assumed), float(len(document["drivers"])), float(len(document["events"]))


@pytest.mark.parametrize("case", CASES)
def test_every_number_in_a_sentence_is_the_figure_that_it_speaks_of_rounded(case: str) -> None:
    wrong = [(key, found, text) for key, text, rows in sentences(case)
             if (found := wrong_numbers(case, key, text, rows))]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("case", CASES)
def test_every_range_across_readings_goes_from_the_lowest_to_the_highest(case: str) -> None:
    document = run_of(case)[1]
    for table in tables_of(run_of(case)[0]):
        for row in table.rows if "Across readings" in table.headings and table.id.startswith("closing_") else ():
            about = subject(document, table.id, row[0].text)
            found = Place(document, about.councils[0], about.options[0]).readings()
            ends = row[table.headings.index("Across readings")].text.split(" to ")
            assert is_told(ends[0], found[0], document["unit"])
            assert is_told(ends[-1], found[-1], document["unit"])


@pytest.mark.parametrize("case", CASES)
def test_every_number_in_a_cell_of_words_is_a_figure_of_the_summary_rounded(case: str) -> None:
    wrong = []
    for table in tables_of(run_of(case)[0]):
        for row in table.rows:
            for heading, cell in zip(table.headings[1:], row[1:], strict=True):
                if cell.value is None and heading != "Across readings" and re.search(r"\d", cell.text):
                    figures = about_cell(case, table, row[0].text, heading)
                    wrong += [(table.id, row[0].text, heading, found)
                              for found in unexplained(case, cell.text, figures)]  # fmt: skip
    assert wrong == []


def test_a_digit_that_is_wrong_is_noticed() -> None:
    case, tried, noticed = "hartlepool_darlington", 0, 0
    for key, text, rows in sentences(case):
        own = quoted(case).sub(lambda match: "_" * len(match[0]), text)
        for found in re.finditer(r"(?<=£)[\d,.]*\d|\d+(?= of 100)|\d+(?=%)", FIXED.sub(lambda m: "_" * len(m[0]), own)):
            last = found.end() - 1
            changed = f"{text[:last]}{(int(text[last]) + 4) % 10}{text[last + 1 :]}"
            tried, noticed = tried + 1, noticed + bool(wrong_numbers(case, key, changed, rows))
    assert tried > 100
    assert noticed > 0.85 * tried, "what is left says 'fewer than 5' where 'fewer than 1' is meant, which is true too"


@pytest.mark.parametrize(
    ("text", "value", "near"),
    [
        ("£4.1m", 4.149, 4.151), ("-£0.2m", -0.249, 0.2), ("about £2.5m", 2.74, 2.76), ("27 of 100", 0.2749, 0.2751),
        ("fewer than 1 of 100", 0.004, 0.011), ("<1 in 43,000", 0.0, 0.001), ("29%", 0.294, 0.296),
        ("£0.1m to spare", -0.1, 0.1), ("18 months", 1.5, 1.6), ("all but about 1 in 300", 0.9967, 0.99),
        ("about 25 of 100", 0.274, 0.276), ("0.755", 0.7554, 0.7556),
    ],
)  # fmt: skip
def test_the_reader_of_numbers_tells_a_rounding_from_what_is_none(text: str, value: float, near: float) -> None:
    [found] = written(text, "£m")
    assert found.text == text
    assert found.stands_for(value)
    assert not found.stands_for(near)
