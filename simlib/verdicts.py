"""What each option comes to, in sentences: the plan's claim, how often futures agree, and what is missing.

The tables beside the sentences are in ``outlook``; how a number becomes words is in ``wording``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.units import figure, half_penny
from simlib.wording import chance, chance_range, joined, margin, money, named, out_of_hundred

__all__ = [
    "Document", "Pair", "brief_lines", "cannot_close", "claim_sentence", "differs", "estimates", "headline_of",
    "in_year_sentence", "of_gap", "one_off_sentence", "pairs_of", "repeats", "same_sentence", "target_gap",
    "test_words", "told", "total", "verdict",
]  # fmt: skip

Document = Mapping[str, Any]
Pair = Mapping[str, Any]  # one option's results for one council, with what the option is
_SQUARE = 1.959963984540054**2  # of the normal quantile of a 95 % interval: Wilson's bound is z²/(n + z²)
_TIGHT = 0.05  # of a plan; a claim with less to spare is nearly all of it
_SETTLED = 5e-7  # a sum of money within this of nothing is rounding, in any unit [unit]
_NOTICED = 0.005  # a smaller chance is told as fewer than 1 of 100
_RARE = 0.013  # 1 of 100 by the rule of three, as Wilson's interval bounds it


def pairs_of(document: Document, council: str) -> list[tuple[str, str, Pair]]:
    """Give (id, label, results) of each option that is open to a council; of those that are the same for it, the first.

    Two options are the same for a council where none of their figures differs, on any reading: they differ in measures
    in which it has no share. ``same`` holds the ids of those that the first stands for.
    """
    found: list[tuple[str, str, Pair]] = []
    same: dict[str, list[str]] = {}
    for key, option in document["options"].items():
        if council not in option["councils"]:
            continue
        first = next((other for other in same if _alike(document, council, other, key)), None)
        if first is None:
            same[key] = []
            found.append((key, option["label"], {**_pair(document, key, council), "same": same[key]}))
        else:
            same[first].append(key)
    return found


def _alike(document: Document, council: str, *options: str) -> bool:
    """Tell whether two options have the same figures for a council."""
    one, other = (document["options"][option]["councils"][council] for option in options)
    read = ([reading.get(o, {}).get(council) for o in options] for reading in document["readings"].values())
    return bool(one == other) and all(left == right for left, right in read)


def repeats(document: Document) -> set[tuple[str, str]]:
    """Give every (council, option) that is for this council the same as an option before it."""
    return {(c, other) for c in document["councils"] for _, _, pair in pairs_of(document, c) for other in pair["same"]}


def same_sentence(document: Document, council: str) -> str | None:
    """Tell which options are the same for a council, and so are told once; None where each is another."""
    groups = [[key, *pair["same"]] for key, _, pair in pairs_of(document, council) if pair["same"]]
    if not groups:
        return None
    labels = [named([document["options"][key]["label"] for key in keys]) for keys in groups]
    also = "".join(f", and so are {words}" for words in labels[1:])
    place = document["councils"][council]["label"]
    return f"{labels[0]} are the same for {place}{also}: told once, under the first name."


def _pair(document: Document, option: str, council: str) -> Pair:
    """Give an option's results for a council, with what the option is and what readings make of it."""
    entry = document["options"][option]
    kind = {name: entry.get(name, False) for name in ("no_costed_saving", "does_nothing")}
    read = [reading.get(option, {}).get(council) for reading in document["readings"].values()]
    best = max((found["probability"] for found in read if found), default=0.0)
    return {**kind, **entry["councils"][council], "best_reading": best}


def headline_of(document: Document, pair: Pair) -> Document | None:
    """Give the headline test's result, or None where it does not apply."""
    found: Document | None = pair["closes"].get(document["headline"])
    return found


def target_gap(document: Document, pair: Pair) -> Document | None:
    """Give the statistics of the recurring gap in the target year, or None where there is no gap."""
    by_year, target = pair.get("gap_recurring"), document["target_year"]
    found: Document | None = by_year[target] if by_year and target in by_year else None
    return found


def estimates(document: Document, base: Document, option: str, place: str) -> list[tuple[float, float]]:
    """Give (probability, error) of the base and of every reading of one headline; of too few futures, of the base."""
    readings = () if _few(document) else document["readings"].values()
    read = (reading.get(option, {}).get(place) for reading in readings)
    return [(found["probability"], _error(found)) for found in (base, *read) if found]


def _error(found: Document) -> float:
    """Give a chance's error; where none or all of the futures agree, that of so many is half of their interval."""
    if found["error"] or not found.get("interval"):
        return float(found["error"])
    return float((found["interval"][1] - found["interval"][0]) / 4)


def _few(document: Document) -> bool:
    """Tell whether so few futures were drawn that the checks say it of all figures at once."""
    return any(check["id"] == "few" for check in document["checks"])


def cannot_close(document: Document, pair: Pair) -> bool:
    """Tell whether the plan leaves a gap, everything delivered, and no future closes it on any reading."""
    headline, gap = headline_of(document, pair), target_gap(document, pair)
    if headline is None or gap is None or not of_gap(document) or pair["best_reading"] >= _NOTICED or _few(document):
        return False
    return bool(headline["probability"] == 0 and not headline["plan"] and gap["plan"] > 0)


def of_gap(document: Document) -> bool:
    """Tell whether the headline test is of the recurring gap, so that to meet it is to close the gap."""
    return document["headline"] in {"target_year", "from_target_year"}


def told(found: Document) -> str:
    """Tell a chance: of none of all futures in how many at most, of none under a condition as of 100 futures.

    What none of the futures shows is known the less finely the rarer the condition: told by its bound, the same "none"
    would be another number with each condition, and would look like a difference.
    """
    interval, count = found.get("interval"), found.get("count")
    if count is None:
        return chance(found["probability"], found["error"], interval)
    far = _SQUARE / (count + _SQUARE)
    known = far < _RARE  # so many futures that fewer than 1 of 100 is no boast
    return chance(found["probability"], found["error"], None if known else (1 - far, far))


def test_words(document: Document) -> str:
    """Give the headline test in words."""
    return str(document.get("tests", {}).get(document["headline"], document["headline"].replace("_", " ")))


def verdict(document: Document, council: str, option: str, label: str, pair: Pair) -> str:
    """Tell one option for one council in two or three sentences."""
    headline = headline_of(document, pair)
    if headline is None:
        return f"{label}: no gap is stated for this council, so that there is none to close."
    often = _often(document, headline) + _range_words(document, headline, option, council)
    claimed = _claim_words(document, pair, headline, often)
    costed = _uncosted_words(pair, headline)
    return f"{label} {claimed}{_short_words(document, pair, headline)}.{costed}{_if_words(document, option, council)}"


def _uncosted_words(pair: Pair, headline: Document) -> str:
    """Tell how much of a chance comes from savings for which the business case has no figure."""
    alone = pair.get("costed_alone")
    if not alone or not differs(headline, alone) or headline["probability"] < alone["probability"]:
        return ""
    both, less = (out_of_hundred(found["probability"], found["error"]) for found in (headline, alone))
    names = named(alone["without"])
    if not (both.isdigit() and less.isdigit()):  # too few to be taken apart, or too rough
        return f" Without the savings that the business case does not cost ({names}), that is {told(alone)}."
    apart = f"{int(both) - int(less)} of these {both}"
    return f" {apart} come only from savings that the business case does not cost ({names})."


def _if_words(document: Document, option: str, council: str) -> str:
    """Tell the headline with and without each event that the business case counts on, where that differs."""
    told_of = []
    for event in document["events"].values():
        here, there = (event[side].get(option, {}).get(council) for side in ("closes_if", "closes_if_not"))
        if event["plan"] in ("happens", True) and here and there and differs(here, there):
            told_of.append(f" If ‘{event['label']}’, that is {told(here)}; if not, {told(there)}.")
    return "".join(told_of)


def differs(one: Document, other: Document) -> bool:
    """Tell whether two chances differ by more than their errors and by enough to be told."""
    shift = abs(one["probability"] - other["probability"])
    return bool(shift > 2 * (one["error"] ** 2 + other["error"] ** 2) ** 0.5 and shift >= 0.01)


def _range_words(document: Document, base: Document, option: str, place: str) -> str:
    """Tell the range over the readings and which they are at its ends, or nothing where there is none."""
    found = estimates(document, base, option, place)
    if len(found) > 1 and max(found)[0] == 0:
        return " on any reading tested"
    if len(found) > 1 and min(found)[0] == max(found)[0]:
        return ", and no reading tested bears on it"
    ranged = chance_range(found, _reading_names(document, option, place))
    if ranged and found[0][0] > 0 and ranged.startswith(f"{out_of_hundred(*found[0])} of 100 on every"):
        return ", the same on every reading tested"
    return f", {ranged}" if ranged else ""


def _reading_names(document: Document, option: str, place: str) -> list[str]:
    """Name the base and every reading of a headline, in the order of ``estimates``."""
    notes = document.get("reading_notes") or {}
    read = [key for key, reading in document["readings"].items() if reading.get(option, {}).get(place)]
    return ["the base reading", *(f"‘{(notes.get(key) or {}).get('label', key)}’" for key in read)]


def _claim_words(document: Document, pair: Pair, headline: Document, often: str) -> str:
    """Tell what the business case says, and how often the futures agree."""
    gap = target_gap(document, pair)
    if gap is None or not of_gap(document):
        holds = "meets" if headline["plan"] else "does not meet"
        return f"{holds} the test ‘{test_words(document)}’ in the business case. The test is met in {often}"
    left = margin(gap["plan"], document["unit"])
    leaves = f"leaves a gap of {money(gap['plan'], document['unit'])}" if gap["plan"] > 0 else f"leaves {left}"
    if headline["plan"]:
        how = "exactly" if left == "exactly closed" else f"with {left}"
        return f"closes the gap in the business case, {how}. It does so in {often}"
    if pair["does_nothing"]:
        return f"{leaves}. It closes in {often}"
    if pair["no_costed_saving"]:
        return f"has no costed saving: the business case {leaves}. It closes in {often}"
    if cannot_close(document, pair):
        return f"cannot close the gap: {left} with everything delivered.{_met(pair)} It closes in {often}"
    return f"{leaves} in the business case. It closes in {often}"


def _often(document: Document, headline: Document) -> str:
    """Tell a chance as a number of futures."""
    if headline["probability"] == 0:
        count = document["config"]["simulations"]
        return f"none of {count:,} future{'s' * (count != 1)} ({told(headline)})"
    return f"{told(headline)} futures"


def _met(pair: Pair) -> str:
    """Tell how much of the gap is met where it cannot be closed."""
    share = pair.get("share_of_gap_met")
    if not share:
        return ""
    plan, mean, best = (f"{share[name]:.0%}" if share[name] >= _NOTICED else "none" for name in ("plan", "mean", "p90"))
    told = f" It meets {plan} of the gap in the business case, {mean} on average"
    return f"{told} and more than {best} in 1 of 10 futures." if best != "none" else f"{told}."


def _short_words(document: Document, pair: Pair, headline: Document) -> str:
    """Tell how short it falls when it does."""
    short, unit = pair.get("shortfall"), document["unit"]
    if not of_gap(document) or not short or not short["probability"] or short["mean_if_short"] is None:
        return ""
    amount = money(short["mean_if_short"], unit)
    if headline["probability"] == 0:
        return f"; on average it falls {amount} short"
    return f"; when it falls short, it is by {amount} on average"


def one_off_sentence(document: Document, label: str, pair: Pair) -> str | None:
    """Tell who pays an option's one-off costs and whether reserves hold, or nothing where there are none."""
    cost = total(pair, "one_off_gross", "mean")
    planned = total(pair, "one_off_gross", "plan") or 0.0
    if not cost:
        return None
    unit = document["unit"]
    payers = (
        ("one_off_own_pots", "comes from the council's own receipts and earmarked reserves"),
        ("one_off_external_pots", "is paid by others"),
        ("one_off_net", "falls on the general fund"),
    )
    saved = total(pair, "one_off_savings", "mean") or 0.0
    amounts = [((total(pair, name, "mean") or 0.0) + saved * (name == "one_off_net"), words) for name, words in payers]
    shown = [(money(amount, unit, like=cost), words) for amount, words in amounts]
    parts = [f"{amount} {words}" for amount, words in shown if re.search("[1-9]", amount)]
    # "As planned": a report may call a cost significant and give no figure, so that the plan is the file's.
    planned_words = f"{money(planned, unit)} as planned, {money(cost, unit)} on average"
    back = f" One-off savings bring the general fund {money(saved, unit)} on average." if saved else ""
    beside = f"{back}{_payback_words(document, pair)}{_held_words(document, pair)}"
    return f"{label}: costed one-off costs {planned_words}, of which {joined(parts)}.{beside}"


def _payback_words(document: Document, pair: Pair) -> str:
    """Tell after how many years the costs are paid back, and how often not within the years shown."""
    paid, last = pair.get("payback"), document["years"][-1]
    if not paid:
        return ""
    by = f"not by the end of {last}"
    plan, middle = (f"within {n} year{'s' * (n != 1)}" if n else by for n in (paid["plan"], paid["p50"]))
    both = "and" if plan == middle else f"and {middle}"
    of = " of those futures in which it goes ahead" if paid["nothing_to_pay_back"] >= _NOTICED else " futures"
    late = f"in {out_of_hundred(paid['beyond_horizon'])} of 100{of}"
    then = "not by then" if by in (plan, middle) else by
    when = f"{plan} in the business case {both} in the middle of the futures; {late}, {then}"
    return f" Counted from 1 April {document['years'][0][:4]}, it pays back {when}."


def in_year_sentence(document: Document, pairs: Sequence[tuple[str, str, Pair]]) -> str | None:
    """Tell how often the target year's own budget balances, where the headline looks at 31 March only.

    A saving that arrives on the last day closes the recurring gap and has brought next to nothing: who hears
    only the headline takes it for a balanced budget.
    """
    if document["headline"] != "target_year":
        return None
    told_of = [
        f"{named([label])} in {told(pair['closes']['in_year'])}"
        for _, label, pair in pairs
        if (headline_of(document, pair) or {}).get("probability", 0.0) >= _NOTICED and pair["closes"].get("in_year")
    ]
    if not told_of:
        return None
    return f"In cash, the budget of {document['target_year']} itself balances without reserves: {joined(told_of)}."


def _held_words(document: Document, pair: Pair) -> str:
    """Tell how often reserves hold, and that a gap remains where it does."""
    holds, gap = pair["closes"].get("reserves_hold"), pair.get("reserves_hold_with_gap")
    if not holds:
        return ""
    words = f" Reserves stay at or above their minimum in {_often(document, holds)}"
    if gap and gap["probability"] >= _NOTICED:
        often = chance(gap["probability"], gap.get("error", 0.0))
        amount = money(gap["mean_gap"], document["unit"])
        words += f", though a recurring gap of {amount} on average remains in {often}"
    return f"{words}."


def total(pair: Pair, name: str, statistic: str) -> float | None:
    """Add a yearly figure up over the horizon: plans and means may be added, quantiles may not."""
    by_year = pair.get(name)
    if not by_year:
        return None
    added = float(sum(entry[statistic] for entry in by_year.values()))
    return 0.0 if abs(added) < _SETTLED else added


def claim_sentence(document: Document, option: str, label: str, claim: Document) -> str:
    """Tell one claim: what is claimed, what the plan gives, how often it is kept, and the band."""
    unit = document["unit"]
    basis = "in total by" if claim["basis"] == "cumulative" else "a year by"
    often = f"{told(claim)} futures{_range_words(document, claim, option, 'claim')}"
    low, middle, high = (money(claim[level], unit) for level in ("p10", "p50", "p90"))
    plan = figure(float(f"{claim['plan']:.4g}"), "money", unit)  # £15.45m beside a claim of £15.4m: not rounded away
    return (
        f"{label} claims {money(claim['amount'], unit)} {basis} {claim['by']}; the plan comes to "
        f"{plan}.{_tight_words(claim, unit)} The claim is kept in {often}: "
        f"1 in 10 worse than {low}, middle {middle}, 1 in 10 better than {high}."
    )


def _tight_words(claim: Document, unit: str) -> str:
    """Tell what a claim hangs on that is all, or nearly all, of its plan; or that it is more than the plan."""
    spare = claim["plan"] - claim["amount"]
    if abs(spare) <= half_penny(unit):
        return " The claim is the whole of the plan: it is kept only where everything is delivered or more."
    if 0 < spare < _TIGHT * claim["plan"]:
        share = f"{100 * claim['amount'] / claim['plan']:.1f}%"
        return f" The claim is nearly all of the plan: it is kept only where {share} of it or more is delivered."
    return f" The plan itself falls {money(-spare, unit)} short of the claim." if spare < 0 else ""


def brief_lines(document: Document) -> Iterator[str]:
    """Give one line for each option: the headline of each of its councils, or its claim."""
    for key, option in document["options"].items():
        parts = []
        for place in option["councils"]:
            pair = _pair(document, key, place)
            headline = headline_of(document, pair)
            if headline:
                parts.append(f"{document['councils'][place]['label']}: {_brief(document, pair, headline)}")
        claim = option.get("claim")
        if claim:
            parts.append(f"claim of {money(claim['amount'], document['unit'])} kept in {told(claim)}")
        yield f"{option['label']} - {'; '.join(parts) or 'nothing to close and nothing claimed'}"


def _brief(document: Document, pair: Pair, headline: Document) -> str:
    """Tell one headline in a few words."""
    gap = target_gap(document, pair)
    if cannot_close(document, pair) and gap is not None:
        why = "no costed saving" if pair["no_costed_saving"] else "cannot close"
        return f"{why}, {margin(gap['plan'], document['unit'])}"
    return f"closes in {told(headline)}"
