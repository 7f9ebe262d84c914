"""What must be true for an option to be safe, in sentences; the figures are those of ``decisions``, none is made here.

Each function takes a document as ``simlib.decisions`` gives it, and never tells a figure finer than its error.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simlib.units import figure
from simlib.wording import joined, margin, money, out_of_hundred, sentence_case

__all__ = [
    "Deed", "box_sentence", "break_even_sentences", "combination_sentence", "end_words", "over_programming_sentence",
    "plan_sentence", "reach_sentences", "stress_sentence", "through_words", "value_words",
]  # fmt: skip

Document = Mapping[str, Any]
_MOST_TOLD = 4  # assumptions of a combination
_LITTLE = 0.02  # of the squared distance: a smaller part is not told
_RARE = 0.005  # a smaller chance is fewer than 1 of 100
_FEWEST = 3  # digits where no error says otherwise


@dataclass(frozen=True, slots=True)
class Deed:
    """What an option does where what is asked holds, as a verb, and what is to be just so in its plan."""

    do: str = "close"
    planned: str = "the gap to be just closed"

    @property
    def does(self) -> str:
        """Give it of one option: ``closes``, ``keeps its claim``."""
        verb, _, rest = self.do.partition(" ")
        return f"{verb}s {rest}".rstrip()


def break_even_sentences(document: Document, unit: str, option: str) -> list[str]:
    """Tell what an assumption would have to be.

    Parameters
    ----------
    document
        Of :class:`simlib.decisions.break_even.BreakEven`.
    option
        The option's label.

    Examples
    --------
    >>> end = {"value": 0.9493, "interval": [0.9484, 0.9502]}
    >>> best = {"value": 1.0, "probability": 0.34, "error": 0.001}
    >>> reached = [{"level": 0.2, "holds": True, "least": end, "most": None}, {"level": 0.8, "holds": False}]
    >>> found = {"label": "Share delivered", "kind": "share", "varies": "once", "at_plan": [0.976190], "best": best}
    >>> found |= {"reached": reached}
    >>> for said in break_even_sentences(found, "£m", "Solo"):
    ...     print(said)
    Solo: everything else as planned, ‘Share delivered’ has to be 97.6% for the gap to be just closed.
    Solo: to close in 20 of 100 futures, ‘Share delivered’ has to be at least 94.9%.
    Solo: no value of ‘Share delivered’ makes it close in 80 of 100 futures; the best, 100%, makes it close in 34.
    """
    name, kind = f"‘{document['label']}’{_EACH_YEAR[document['varies']]}", document["kind"]
    told = []
    if document["at_plan"]:
        values = joined([value_words(value, None, kind, unit) for value in document["at_plan"]], "or")
        told.append(f"{option}: everything else as planned, {name} has to be {values} for the gap to be just closed.")
    reached = [each for each in document["reached"] if each["holds"]]
    reached += [each for each in document["reached"] if not each["holds"]][:1]  # nor does any reach more
    words = (_level_words(each, document["best"], name, kind, unit) for each in reached)
    return [*told, *(f"{option}: {said}." for said in words)]


_EACH_YEAR = {
    "once": "", "yearly": " in each year", "ar1": " in each year", "walk": ", as each year's step,",
    "reverting": ", as each year's step,", "compounding": ", as each year's growth,",
}  # fmt: skip


def plan_sentence(told: Sequence[Document], unit: str, option: str, deed: Deed) -> str | None:
    """Tell what single assumptions would have to be in a plan in which all else is as planned.

    Examples
    --------
    >>> share = {"label": "Share delivered", "kind": "share", "varies": "once", "plan": 1.0, "at_plan": [0.97619]}
    >>> print(plan_sentence([share], "£m", "Solo", Deed()))
    Solo: with everything else exactly as planned, ‘Share delivered’ has to be 97.6% (planned: 100%) for the gap to \
be just closed.
    """
    found = [_planned_words(each, unit) for each in told if each["at_plan"]]
    if not found:
        return None
    return f"{option}: with everything else exactly as planned, {joined(found, 'or')} for {deed.planned}."


def _planned_words(each: Document, unit: str) -> str:
    values = joined([value_words(value, None, each["kind"], unit) for value in each["at_plan"]], "or")
    plan = "" if each["plan"] is None else f" (planned: {value_words(each['plan'], None, each['kind'], unit)})"
    return f"{_name(each)} has to be {values}{plan}"


def _name(each: Document) -> str:
    return f"‘{each['label']}’{_EACH_YEAR[each['varies']]}"


def reach_sentences(question: Document, levels: Sequence[float], unit: str, option: str, deed: Deed) -> Iterator[str]:
    """Tell what single assumptions would have to be for an option to be as sure as wished, or how far they bring it.

    Parameters
    ----------
    question
        One of ``decisions.json``.
    levels
        How sure, rising [0 to 1].
    """
    chance, asked = question["closes"]["probability"], [level for level in levels if level > 0]
    kept = [level for level in asked if chance >= level]
    if kept:
        ends = [f"{_name(each)} has to be {end_words(reached, each['kind'], unit)}" for each in question["break_even"]
                for reached in [_reached(each, kept[-1])] if reached["least"] or reached["most"]]  # fmt: skip
        undone = f"; to stay so, by itself, {joined(ends)}" if ends else ""
        yield f"{option} {deed.does} in {100 * kept[-1]:.3g} of 100 futures or more as it is{undone}."
    missed = [level for level in asked if chance < level]
    if not missed:
        return
    enough = [each for each in question["break_even"] if _reached(each, missed[0])["holds"]]
    short = [
        _best_words(each, unit)
        for each in question["break_even"]
        if each not in enough and each["best"]["probability"] > chance + _RARE
    ]
    if short:
        often = f"{100 * missed[0]:.3g} of 100 futures"
        yield f"{option}: to {deed.do} in {often}, no value of {joined(short, 'or')} is enough by itself."
    if enough:
        told = joined([_levels_words(each, missed, unit) for each in enough], "or")
        yield f"{option}: to {deed.do} by one assumption alone, {told}."


def _reached(each: Document, level: float) -> Document:
    found: Document = next(reached for reached in each["reached"] if reached["level"] == level)
    return found


def _best_words(each: Document, unit: str) -> str:
    """Tell how far the best value of an assumption brings an option."""
    best = each["best"]
    value = value_words(best["value"], None, each["kind"], unit)
    return f"{_name(each)} ({out_of_hundred(best['probability'], best['error'])} at best, where it is {value})"


def _levels_words(each: Document, levels: Sequence[float], unit: str) -> str:
    """Tell what an assumption would have to be for each level that it reaches."""
    told = [
        (end_words(reached, each["kind"], unit) or "anything", level)
        for level in levels
        for reached in [_reached(each, level)]
        if reached["holds"]
    ]
    words = [
        f"{ends} for {100 * level:.3g}{'' if at else ' of 100 futures'}" for at, (ends, level) in enumerate(told)
    ]
    return f"{_name(each)} has to be {joined(words)}"


def end_words(reached: Document, kind: str, unit: str) -> str:
    """Give from where or up to where a chance is reached: ``at least 94.9%``."""
    ends = [(word, reached[key]) for word, key in (("at least", "least"), ("at most", "most")) if reached[key]]
    return joined([f"{word} {value_words(end['value'], end['interval'], kind, unit)}" for word, end in ends])


def through_words(mode: str) -> str:
    """Give how a figure that goes by year is meant: as one number, or held through the years."""
    return (_THROUGH.get(mode) or _EACH_YEAR.get(mode, "")).rstrip(",")


def _level_words(each: Document, best: Document, name: str, kind: str, unit: str) -> str:
    often = f"{100 * each['level']:.3g} of 100 futures"
    if not each["holds"]:
        value, share = value_words(best["value"], None, kind, unit), out_of_hundred(best["probability"], best["error"])
        return f"no value of {name} makes it close in {often}; the best, {value}, makes it close in {share}"
    words = end_words(each, kind, unit)
    if not words:
        return f"it closes in {often} or more whatever {name} is"
    return f"to close in {often}, {name} has to be {words}"


def value_words(value: float, interval: Sequence[float | None] | None, kind: str, unit: str) -> str:
    """Give a value to three digits, or as finely as its interval allows; durations in months."""
    scale = 12.0 if kind == "duration" else 1.0
    ends = [end for end in interval or () if end is not None]
    doubt = max((abs(end - value) for end in ends), default=0.0) * scale
    size = max(abs(value) * scale, 1e-12)
    finest = math.floor(math.log10(size)) - _FEWEST + 1
    place = max(finest, math.floor(math.log10(doubt))) if doubt > 0 else finest
    return figure(round(value * scale, -place) / scale, kind, unit)


def over_programming_sentence(document: Document, unit: str, option: str, goal: str) -> str:
    """Tell how much to plan for.

    Parameters
    ----------
    document
        Of :class:`simlib.decisions.over_programming.OverProgramming`.
    goal
        What is to be sure, such as ``of closing the gap`` or ``of £4.1m``.

    Examples
    --------
    >>> best = {"value": 10.0, "probability": 0.375, "error": 0.001}
    >>> found = {"planned": 4.2, "overlaps": False, "needed": {"80": 5.275, "90": None}, "best": best}
    >>> over_programming_sentence(found, "£m", "Solo", "of closing the gap")
    'Solo plans £4.2m a year. To be sure of closing the gap in 80 of 100 futures, plan £5.3m; in 90, no amount is \
enough: ten times as much does it in 38.'
    """
    parts: list[str] = []
    for level, amount in document["needed"].items():
        often = f"in {level}" if parts else f"To be sure {goal} in {level} of 100 futures"
        if amount is not None:
            parts.append(f"{often}, plan {money(amount, unit)}")
            continue
        parts.append(f"{often}, no amount is enough: {_surest(document)}")
        break
    twice = ", counting twice what its measures overlap" if document["overlaps"] else ""
    return f"{option} plans {money(document['planned'], unit)} a year{twice}. {'; '.join(parts)}."


def _surest(document: Document) -> str:
    """Tell how sure one can be at most, or how little the largest amount that was looked at helps."""
    best = document["best"]
    if best["probability"] < _RARE:
        return f"{_times(document['points'][-1]['value'])} does it in fewer than 1"
    return f"{_times(best['value'])} does it in {out_of_hundred(best['probability'], best['error'])}"


def _times(factor: float) -> str:
    return "ten times as much" if factor == 10.0 else f"{factor:.3g} times as much"


def box_sentence(document: Document, option: str, *, does: str = "closes") -> str:
    """Tell a box of scenario discovery.

    Parameters
    ----------
    does
        What the option does where it does not fail.

    Examples
    --------
    >>> limit = {"label": "Delay", "kind": "duration", "through": "", "least_words": "9 months", "most_words": None}
    >>> share = {"probability": 0.93, "error": 0.001}
    >>> found = {"fails": True, "limits": [limit], "density": share, "coverage": share | {"probability": 0.61}}
    >>> box_sentence(found, "Solo")
    'Solo fails in 93 of 100 futures where ‘Delay’ is 9 months or more; of 100 futures in which it fails, 61 are \
of these.'
    """
    does = "fails" if document["fails"] else does
    where = joined([_limit_words(limit) for limit in document["limits"]])
    inside, share = (
        out_of_hundred(document[key]["probability"], document[key]["error"]) for key in ("density", "coverage")
    )
    return (
        f"{option} {does} in {inside} of 100 futures where {where}; of 100 futures in which it {does}, {share} are"
        " of these."
    )


def _limit_words(limit: Document) -> str:
    name = f"‘{limit['label']}’{_THROUGH[limit['through']]}"
    if limit["kind"] == "event":
        return f"{name} {'happens' if limit['least'] is not None else 'does not happen'}"
    if limit["least_words"] is None:
        return f"{name} is {limit['most_words']} or less"
    if limit["most_words"] is None:
        return f"{name} is {limit['least_words']} or more"
    return f"{name} is from {limit['least_words']} to {limit['most_words']}"


_THROUGH = {"": "", "average": " on average up to the target year", "by": " by the target year"}


def combination_sentence(document: Document, unit: str, option: str, *, do: str = "close") -> str:
    """Tell the most likely way to fail, or where the middle fails what would have to go right.

    Parameters
    ----------
    do
        What the option does where it does not fail.

    Examples
    --------
    >>> delay = {"label": "Delay", "kind": "duration", "through": "", "value": 1.0, "middle": 0.5, "below": 0.85}
    >>> found = {"middle_fails": False, "beta": 1.2, "parts": [delay | {"share": 1.0}]}
    >>> combination_sentence(found, "£m", "Solo")
    'Solo: the likeliest way to fail is ‘Delay’ at 1 year (the middle is 6 months; lower in 85 of 100 futures).'
    """
    if document["beta"] is None:
        never = do if document["middle_fails"] else "fail"
        return f"{option}: no future was found in which it would {never}."
    parts = [part for part in document["parts"] if part["share"] >= _LITTLE][:_MOST_TOLD]
    told = joined([_part_words(part, unit) for part in parts])
    if document["middle_fails"]:
        return f"{option} fails where every assumption is in its middle; the likeliest way to {do} is {told}."
    return f"{option}: the likeliest way to fail is {told}."


def _part_words(part: Document, unit: str) -> str:
    name = f"‘{part['label']}’{_THROUGH[part['through']]}"
    if part["kind"] == "event":
        return f"{name} {'happening' if part['value'] else 'not happening'}"
    value, middle = (value_words(part[key], None, part["kind"], unit) for key in ("value", "middle"))
    return f"{name} at {value} (the middle is {middle}; lower in {out_of_hundred(part['below'])} of 100 futures)"


def stress_sentence(document: Document, unit: str, option: str, council: str) -> str:
    """Tell what a stress scenario does to one option and council, by their ids; it begins with the scenario's label.

    Examples
    --------
    >>> share = {"probability": 0.21, "error": 0.001}
    >>> laid = {"closes": share | {"probability": 0.001}, "gap": {"p50": 1.87}, "plan": 1.35,
    ...         "middle_worse_than": share | {"probability": 0.986}}
    >>> found = {"label": "Pay awards 2 points higher", "options": {"solo": {"us": laid}}}
    >>> stress_sentence(found, "£m", "solo", "us")
    'Pay awards 2 points higher: it closes in fewer than 1 of 100 futures, and the gap is £1.9m in the middle future, \
worse than 99 of 100 futures of the base; the business case by itself: £1.4m short.'
    """
    laid = document["options"][option][council]
    closes, worse = (
        out_of_hundred(laid[key]["probability"], laid[key]["error"]) for key in ("closes", "middle_worse_than")
    )
    middle = money(laid["gap"]["p50"], unit)
    told = f"it closes in {closes} of 100 futures, and the gap is {middle} in the middle future, worse than {worse} of"
    end = f"100 futures of the base; the business case by itself: {margin(laid['plan'], unit)}."
    return sentence_case(f"{document['label']}: {told} {end}")
