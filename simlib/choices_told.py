"""What there is to choose between, in the words of a paper: the second part of ``decisions.json``; nothing is advised.

What must be true is in ``decisions_told``; nothing is computed here.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from simlib.charts import in_one_hearing
from simlib.layout import Cell, Chart, Section, Table
from simlib.plots import Curve, CurveLine
from simlib.wording import chance_count, finer_money, joined, money, out_of_hundred, person_share, sentence_case

__all__ = ["choices_section"]

Document = Mapping[str, Any]
_NOTICED = 0.005  # a smaller chance is told as fewer than 1 of 100
_CLEAR = 2.0  # errors from which a value is one
_BEYOND = 1.08  # times the largest cost: as far as a picture goes on
_NAMED = 5  # measures of a bundle, by name
_OBJECTIVES = {"one_off": "one-off cost", "saving_sought": "saving sought a year"}
_STATED = (
    "one-off costs, running costs, each pound of shortfall, each pound of unneeded cuts, reserves below their minimum"
)


def choices_section(found: Document, document: Document) -> Section | None:
    """Give how options compare, the cheapest bundles, what it is worth to know more, and who bears the downside."""
    parts = [
        *(_comparison_part(each, found, document) for each in found["comparisons"]),
        *_bundle_parts(found, document),
        *_information_part(found, document),
        *_downside_part(found, document),
    ]
    return Section("choices", "What there is to choose between", parts=tuple(parts)) if parts else None


def _names(keys: Sequence[str], entries: Mapping[str, Document]) -> str:
    return joined([f"‘{entries[key]['label']}’" for key in keys])


def _of(found: Document) -> str:
    return out_of_hundred(found["probability"], found["error"])


# Options beside each other


def _comparison_part(each: Document, found: Document, document: Document) -> Section:
    """Tell which options leave the smallest gap, what another one costs, and what is ahead whatever one can bear."""
    options, unit, key = document["options"], document["unit"], each["where"].replace("|", "_")
    place = _place(each["where"], document)
    best = sorted(each["options"], key=lambda name: -each["options"][name]["best"]["probability"])
    like = max(entry["regret_p90"]["value"] for entry in each["options"].values())
    rows = tuple(_standing_row(options[name]["label"], each["options"][name], unit, like) for name in best)
    headings = ("Option", "Smallest gap in (of 100)", "Above the smallest gap: average", "1 in 10 above")
    count = f"{found['futures']['scanned']:,}"
    caption = f"{sentence_case(place)}: recurring gap in {document['target_year']} in the same {count} futures"
    table = Table(f"standing_{key}", caption, headings, rows, "How far an option is from the best of each future.")
    charts = (_acceptable_chart(each, document, place),) if len(each["allowed"]) > 1 else ()
    told = (_best_words(each, best, document), *_ahead(each, document))
    return Section(f"choices_{key}", f"Options beside each other: {place}", told, (table,), charts)


def _best_words(each: Document, best: Sequence[str], document: Document) -> str:
    """Tell how often which option leaves the smallest gap."""
    entries = {name: each["options"][name]["best"] for name in best}
    told = [
        f"{_names([name], document['options'])} in {_of(entry)}"
        for name, entry in entries.items()
        if entry["probability"] >= _NOTICED
    ]
    several = sum(entry["probability"] for entry in entries.values()) > 1.0 + _NOTICED
    ties = " Where several leave the same gap, each of them counts." if several else ""
    return f"Of 100 futures, the smallest gap is left by {joined(told)}.{ties}"


def _place(where: str, document: Document) -> str:
    councils = document["councils"]
    if where == "jointly":
        return "all councils together"
    return joined([str(councils[key]["label"]) for key in where.split("|")])


def _ahead(each: Document, document: Document) -> Iterator[str]:
    """Tell what is ahead of what, whatever gap one could bear; then for whom further pounds weigh more."""
    options = document["options"]
    pairs = [found for found in each["dominance"] if not options[found["worse"]]["does_nothing"]]
    first = {(found["better"], found["worse"]) for found in pairs if found["order"] == 1 and found["settled"]}
    for order, whose in _ORDERS.items():
        told: dict[str, list[str]] = {}
        for found in pairs:
            pair = (found["better"], found["worse"])
            if found["settled"] and found["order"] == order and (order == 1 or pair not in first):
                told.setdefault(pair[0], []).append(pair[1])
        if told:
            ahead = [f"{_names([one], options)} is ahead of {_names(others, options)}" for one, others in told.items()]
            yield f"{whose}, {'; '.join(ahead)}."
    doubtful = [
        f"{_names([found['better']], options)} over {_names([found['worse']], options)}"
        for found in pairs
        if not found["settled"]
    ]
    if doubtful:
        yield f"So many futures do not settle {joined(list(dict.fromkeys(doubtful)))}."


_ORDERS = {
    1: "Whatever gap one could bear",
    2: "For whoever minds each further pound of gap at least as much as the one before",
}


def _standing_row(label: str, entry: Document, unit: str, like: float) -> tuple[Cell, ...]:
    best, regret, far = entry["best"], entry["regret"], entry["regret_p90"]
    return (
        Cell(label), Cell(chance_count(best["probability"], best["error"]), best["probability"]),
        Cell(money(regret["value"], unit, regret["error"], like=like), regret["value"]),
        Cell(money(far["value"], unit, far["error"], like=like), far["value"]),
    )  # fmt: skip


def _acceptable_chart(each: Document, document: Document, place: str) -> Chart:
    """Draw in how many futures the gap is no larger than one could bear."""
    unit, allowed, options = document["unit"], tuple(each["allowed"]), document["options"]
    lines = tuple(
        CurveLine(key, options[key]["label"], tuple(c["probability"] for c in entry["acceptable"]), allowed, math.nan)
        for key, entry in each["options"].items()
    )
    rows = tuple(
        (
            Cell(finer_money(amount, unit, allowed[-1]), amount),
            *(_count_cell(entry["acceptable"][at]) for entry in each["options"].values()),
        )
        for at, amount in enumerate(allowed)
    )
    key = f"acceptable_{each['where'].replace('|', '_')}"
    title = f"{sentence_case(place)}: how often the gap is no larger than one could bear"
    half = in_one_hearing([_half(line, unit) for line in lines])
    return Chart(
        key, title, f"Curves of {title}. Enough in half of the futures: {half}.",
        Curve(lines, unit, f"Recurring gap in {document['target_year']} that one could bear",
              "Futures of 100 in which it is no larger"),
        Table(f"{key}_figures", f"{title} (futures of 100)", ("Gap of at most", *(line.label for line in lines)), rows),
    )  # fmt: skip


def _count_cell(found: Document) -> Cell:
    return Cell(chance_count(found["probability"], found["error"]), found["probability"])


def _half(line: CurveLine, unit: str) -> tuple[str, float, str]:
    """Give an option with the first amount that is enough in half of the futures."""
    enough = [v for v, p in zip(line.values, line.probabilities, strict=True) if p >= 0.5]
    amount = enough[0] if enough else line.values[-1]
    return line.label, amount, f"{'' if enough else 'more than '}{finer_money(amount, unit, line.values[-1])}"


# Bundles


def _bundle_parts(found: Document, document: Document) -> Iterator[Section]:
    """Tell the cheapest sets of measures of each council, or how far the best one gets."""
    for council, each in found["bundles"].items():
        heading = f"The cheapest bundle of measures: {document['councils'][council]['label']}"
        if "refused" in each:
            yield Section(f"bundles_{council}", heading, (f"This cannot be told: {each['refused']}.",))
            continue
        told = [_searched(each)]
        told += [sentence for answer in each["answers"] for sentence in _answered(each, answer, document)]
        missed = [answer for answer in each["answers"] if answer["cheapest"] is None]
        if missed:
            told.append(_missed(each, missed[0], document))
        some = len(each["frontier"]) > 1
        tables = (_frontier_table(council, each, document),) if some else ()
        charts = (_frontier_chart(council, each, document),) if some else ()
        yield Section(f"bundles_{council}", heading, tuple(told), tables, charts)


def _searched(each: Document) -> str:
    """Tell what was looked through."""
    count, measures = f"{each['count']:,} futures", len(each["measures"])
    which = f"Good sets of {measures} measures were looked for in {count}; not all of them could be tried."
    if each["exact"]:
        which = f"All {each['admissible']:,} sets of {measures} measures that the file allows were tried in {count}."
    return (
        f"{which} Of many sets the best has been lucky in the futures by which it was found; so what is told is how"
        " often it closes the gap in as many others."
    )


def _measures_words(bundle: Document, labels: Document) -> str:
    names = [f"‘{labels[key]}’" for key in bundle["measures"]]
    if not names:
        return "no measure at all"
    more = len(names) - _NAMED
    return joined([*names[:_NAMED], f"{more} more"] if more > 0 else names)


def _cost(bundle: Document, document: Document) -> str:
    unit = document["unit"]
    return f"one-off cost {money(bundle['one_off'], unit)}, saving sought {money(bundle['saving_sought'], unit)} a year"


def _answered(each: Document, answer: Document, document: Document) -> Iterator[str]:
    """Tell the cheapest bundle for one confidence, with what comes near it."""
    bundle, labels = answer["cheapest"], each["measures"]
    if bundle is None:
        return
    often = f"{100 * answer['level']:.3g} of 100 futures"
    doubt = "" if answer["settled"] else " So many futures do not settle that it is enough."
    which = f"{_measures_words(bundle, labels)}: {_cost(bundle, document)}"
    yield f"The cheapest set that closes the gap in {often} is {which}; it does in {_of(bundle['fresh'])}.{doubt}"
    near = [f"{_measures_words(b, labels)} ({_cost(b, document)}; {_of(b['fresh'])} of 100)" for b in answer["near"]]
    if near:
        yield f"Hardly to be told from it: {'; '.join(near)}."


def _missed(each: Document, answer: Document, document: Document) -> str:
    """Say that no set is sure enough, and how far the best one gets."""
    best, often = each["best"], f"{100 * answer['level']:.3g} of 100 futures"
    known = "No set of these measures" if answer["settled"] else "None of the sets that were found"
    if best["chance"]["probability"] == 0:
        return f"{known} closes the gap in any of these futures."
    surest = f"{_measures_words(best, each['measures'])}, does in {_of(best['fresh'])} ({_cost(best, document)})"
    return f"{known} closes the gap in {often}; the surest, {surest}."


def _frontier_table(council: str, each: Document, document: Document) -> Table:
    unit = document["unit"]
    bundles = {tuple(bundle["measures"]): bundle for bundle in [*each["frontier"], each["best"]]}.values()
    like = max(max(abs(bundle["one_off"]), abs(bundle["saving_sought"])) for bundle in bundles)
    rows = tuple(
        (
            Cell(joined([each["measures"][key] for key in bundle["measures"]]) or "none"),
            *(Cell(money(bundle[name], unit, like=like), bundle[name]) for name in _OBJECTIVES),
            _count_cell(bundle["fresh"]),
        )
        for bundle in bundles
    )
    headings = ("Measures", "One-off cost, average", "Saving sought a year", "Closes in (of 100)")
    what = f"closes the gap more often than all that take less {_OBJECTIVES[each['objective']]}"
    caption = f"{document['councils'][council]['label']}: each set {what}"
    return Table(f"frontier_{council}_bundles", caption, headings, rows, _SOUGHT)


_SOUGHT = "Saving sought: what each measure plans by itself, added up; what two measures overlap is counted twice."


def _frontier_chart(council: str, each: Document, document: Document) -> Chart:
    """Draw cost against confidence, in steps: between two bundles there is none."""
    unit, name = document["unit"], each["objective"]
    what, label = _OBJECTIVES[name], document["councils"][council]["label"]
    amounts = [bundle[name] for bundle in each["frontier"]]
    sure = [bundle["fresh"]["probability"] for bundle in each["frontier"]]
    # Up at each amount, level between two and beyond the last.
    steps = (*(amount for amount in amounts for _ in range(2)), _BEYOND * amounts[-1])[1:]
    line = CurveLine("", "surest set", tuple(p for p in sure for _ in range(2)), steps, math.nan)
    title = f"{label}: {what} against how sure the surest set is"
    told = "; ".join(f"{money(b[name], unit)}, {_of(b['fresh'])} of 100" for b in each["frontier"][-3:])
    like = max(map(abs, amounts))
    rows = tuple((Cell(money(b[name], unit, like=like), b[name]), _count_cell(b["fresh"])) for b in each["frontier"])
    return Chart(
        f"frontier_{council}", title, f"Steps of how sure the surest set is at each {what}. The last: {told}.",
        Curve((line,), unit, sentence_case(what), "Futures of 100 in which the gap closes", 0.0, "nothing"),
        Table(f"frontier_{council}_figures", title, (sentence_case(what), "Closes in (of 100)"), rows),
    )  # fmt: skip


# Knowing more


def _information_part(found: Document, document: Document) -> Iterator[Section]:
    """Tell what it is worth to know more, or what would have to be stated for that."""
    heading, told, options = "What it is worth to know more before choosing", found["information"], document["options"]
    if told is None:
        why = f"This cannot be told: the file does not state what outcomes cost ({_STATED}: decision.loss)."
        if len(options) > 1:
            yield Section("information", heading, (why,))
        return
    unit, loss = document["unit"], told["expected"][told["best"]]
    least = f"{_names([told['best']], options)} loses least on average: {money(loss['value'], unit, loss['error'])}"
    paragraphs = (
        f"By what the file says that outcomes cost ({_STATED}), {least}. Other weights find otherwise.",
        _perfect(told["perfect"], unit),
        *(_learnable(each, unit) for each in told["learnable"].values()),
    )
    rows = tuple(
        (Cell(options[key]["label"]), Cell(money(each["value"], unit, each["error"]), each["value"]))
        for key, each in told["expected"].items()
    )
    table = Table("losses", "What each option loses on average, as the file weighs it", ("Option", "Loss"), rows)
    yield Section("information", heading, paragraphs, (table,))


def _is_clear(value: Document) -> bool:
    return bool(value["value"] > _CLEAR * value["error"])


def _perfect(value: Document, unit: str) -> str:
    if not _is_clear(value):
        return "To know everything beforehand would not change which option loses least, as far as simulation can tell."
    amount = money(value["value"], unit, value["error"])
    return f"To know everything beforehand would be worth {amount}: no study is worth more."


def _learnable(each: Document, unit: str) -> str:
    day = date.fromisoformat(each["by"])
    cost = f"at a cost of {money(each['cost'], unit)}" if each["cost"] else "at no cost"
    known = f"‘{each['label']}’ could be known by {day.day} {day:%B %Y} {cost}"
    if not _is_clear(each["value"]):
        return f"{known}; it would not change which option loses least, as far as simulation can tell."
    worth = money(each["value"]["value"], unit, each["value"]["error"])
    return f"{known}; to know it before choosing is worth {worth}, before that cost."


# Who bears it


def _downside_part(found: Document, document: Document) -> Iterator[Section]:
    """Tell how the shortfall and the savings of shared options fall on their councils."""
    rows = tuple(
        _borne_row(f"{document['options'][key]['label']}, {document['councils'][council]['label']}", borne, document)
        for key, councils in found["downside"].items()
        for council, borne in councils.items()
    )
    if rows:
        headings = ("Option and council", "Average shortfall", "Part of all", "Of the worst tenth", "Of the savings")
        why = (
            "The gap that each council is left with, averaged over all futures (nothing where it closes), and its part"
            " of what all of them are left with: over all futures, and over the tenth in which that is largest."
        )
        caption = f"Who bears the downside: recurring gap in {document['target_year']}"
        table = Table("downside", caption, headings, rows)
        yield Section("downside", "Who bears the downside of what is shared", (why,), (table,))


def _borne_row(name: str, borne: Document, document: Document) -> tuple[Cell, ...]:
    short = borne["shortfall"]
    shares = (borne[part]["value"] for part in ("share", "share_of_worst", "share_of_savings"))
    amount = Cell(money(short["value"], document["unit"], short["error"]), short["value"])
    return Cell(name), amount, *(Cell(person_share(share), share) for share in shares)
