"""What must be true for each option to be safe, in the words of a paper: sections of ``decisions.json``.

What there is to choose between is in ``choices_told``, single sentences are in ``musthold``; nothing is computed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.choices_told import choices_section
from simlib.layout import Cell, Chart, Section, Table, without_empty
from simlib.musthold import (
    Deed,
    box_sentence,
    combination_sentence,
    end_words,
    over_programming_sentence,
    plan_sentence,
    reach_sentences,
    through_words,
    value_words,
)
from simlib.plots import Paths, Place, Rung
from simlib.wording import chance_count, joined, money, sentence_case

__all__ = ["sections"]

Document = Mapping[str, Any]
_HOPELESS = 0.01  # of 100 futures: an option that no single assumption brings above is told with others like it
_NAMED = 12  # assumptions that change nothing, by name
_NOTHING = 1e-6  # money: what rounding leaves
_COUNCILS = {"jointly": "All councils together", "claim": "Claims"}


def sections(found: Document, document: Document) -> Iterator[Section]:
    """Give the sections of an analysis.

    Parameters
    ----------
    found : mapping
        ``decisions.json``.
    document : mapping
        ``summary.json`` of the same futures: names and units.
    """
    councils = dict.fromkeys(question["council"] for question in found["questions"])
    parts = [_council_part(found, document, council) for council in councils]
    stressed = _stress_part(found, document)
    told = (_how(found),)
    yield Section("decisions", "What would have to be true", told, parts=(*parts, *([stressed] if stressed else [])))
    choices = choices_section(found, document)
    if choices:
        yield choices
    alone = [own[0] for own in _alike(found["questions"], found, document) if not _is_hopeless(own[0])]
    tables = tuple(_even_table(question, found, document) for question in alone)
    if tables:
        heading = "What each assumption would have to be"
        yield Section("decisions_record", heading, (_reading(found),), tables, detail=True, appendix=True)


def _how(found: Document) -> str:
    """Tell which futures the answers are read off."""
    of = found["futures"]
    less = of["held"] < of["drawn"]
    held = f"the first {of['held']:,} of {of['drawn']:,} futures" if less else f"{of['held']:,} futures"
    scanned = f" (of every assumption and pair of options, off {of['scanned']:,})"
    fewer = scanned if of["scanned"] < of["held"] else ""
    return (
        f"Read off {held}{fewer}. An assumption that is asked about is held at one value in every future, and all else"
        " stays as uncertain as it is. These are answers to questions, not advice: how sure is sure enough is for"
        " members to say."
    )


def _reading(found: Document) -> str:
    """Tell how the tables of the record are read."""
    levels = joined([f"{100 * level:.3g}" for level in found["levels"]])
    return (
        "What one assumption would have to be, by itself, for the test to be met: with everything else exactly as"
        f" planned, and in {levels} of 100 futures with everything else as uncertain as it is. A dash: no value is"
        " enough, or its plan is by year."
    )


def _alike(questions: Sequence[Document], found: Document, document: Document) -> list[list[Document]]:
    """Gather the questions of which the same is told: options that are the same for a council."""
    told: dict[tuple[str, tuple[str, ...]], list[Document]] = {}
    for question in questions:
        words = tuple(_told(question, "", found, document))
        told.setdefault((question["council"], words), []).append(question)
    return list(told.values())


def deed_of(question: Document, document: Document) -> Deed:
    """Give what an option does where its question holds."""
    if question["council"] == "claim":
        return Deed("keep its claim", "the claim to be just kept")
    if question["test"] in ("target_year", "from_target_year"):
        return Deed()
    words = str(document["tests"].get(question["test"], question["test"].replace("_", " ")))
    return Deed("meet the test", f"the test ‘{words}’ to be just met")


# One council


def _council_part(found: Document, document: Document, council: str) -> Section:
    """Tell each option of a council, those that nothing brings near the mark together at the end."""
    mine = [_shortened(q, document) for q in found["questions"] if q["council"] == council]
    own = _alike(mine, found, document)
    hopeless = [question for group in own if _is_hopeless(group[0]) for question in group]
    near = [group for group in own if not _is_hopeless(group[0])]
    told = [sentence for group in near for sentence in _told_once(group, found, document)]
    if hopeless:
        told.append(_hopeless_words(hopeless, document))
        told += [s for q in hopeless for s in _planned_words(q, _label(q, document), document)]
    charts = tuple(chart for group in near for chart in _beside_chart(group[0], document))
    return Section(f"decisions_{council}", _place(council, document), tuple(told), charts=charts)


def _place(council: str, document: Document) -> str:
    """Give what a council, or several together, are called."""
    return _COUNCILS.get(council) or str(document["councils"][council]["label"])


def _shortened(question: Document, document: Document) -> Document:
    """Give a question whose assumptions are named without the council that its section is about."""
    council = document["councils"].get(question["council"])
    tail = f", {council['label']}" if council else ""

    def short(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: str(v).removesuffix(tail) if k == "label" else short(v) for k, v in value.items()}
        return [short(entry) for entry in value] if isinstance(value, list) else value

    shortened: Document = short(question) if tail else question
    return shortened


def _is_hopeless(question: Document) -> bool:
    best = max((each["best"]["probability"] for each in question["scanned"]), default=0.0)
    return bool(max(best, question["closes"]["probability"]) < _HOPELESS)


def _label(question: Document, document: Document) -> str:
    return str(document["options"][question["option"]]["label"])


def _hopeless_words(questions: Sequence[Document], document: Document) -> str:
    names = joined([f"‘{_label(question, document)}’" for question in questions])
    does = deed_of(questions[0], document).does
    return (
        f"Under {names} no single assumption, whatever it is, brings how often the option {does} to more than 1 of 100"
        " futures."
    )


def _told_once(group: Sequence[Document], found: Document, document: Document) -> Iterator[str]:
    """Tell one option, and which others are the same here."""
    label, *others = (_label(question, document) for question in group)
    yield from _told(group[0], label, found, document)
    if others:
        names = joined([f"‘{other}’" for other in others])
        yield f"What is told of ‘{label}’ holds of {names} too."


def _told(question: Document, label: str, found: Document, document: Document) -> Iterator[str]:
    """Tell one option: the plan's own terms, how sure, how much to plan, how it fails, and where."""
    unit, deed = document["unit"], deed_of(question, document)
    planned = plan_sentence(question["break_even"], unit, label, deed)
    if planned:
        yield planned
    yield from reach_sentences(question, found["levels"], unit, label, deed)
    yield from _planned_words(question, label, document)
    if question["combination"]:
        yield combination_sentence(question["combination"], unit, label, do=deed.do)
    if question["box"]:
        yield box_sentence(question["box"], label, does=deed.does)


def _planned_words(question: Document, label: str, document: Document) -> Iterator[str]:
    """Tell how much to plan."""
    deed = deed_of(question, document)
    goal = "of closing the gap" if deed == Deed() else f"that it {deed.does}"
    if question["over_programming"]:
        yield over_programming_sentence(question["over_programming"], document["unit"], label, goal)


def _beside_chart(question: Document, document: Document) -> Iterator[Chart]:
    """Draw the futures in which an option fails beside the others, by the assumptions in which they differ most."""
    if not question["beside"]:
        return
    deed, unit = deed_of(question, document), document["unit"]
    rungs = tuple(_rung(each, unit) for each in question["beside"])
    rows = tuple(
        (Cell(rung.label), *_spread(each["fails"], each["kind"], unit), *_spread(each["closes"], each["kind"], unit))
        for rung, each in zip(rungs, question["beside"], strict=True)
    )
    title = f"{_label(question, document)}, {_place(question['council'], document)}: where it fails, and where not"
    ends = [f"{r.label}, {r.places[0].words} where it fails and {r.places[1].words} where not" for r in rungs[:2]]
    key = f"beside_{question['option']}_{question['council']}"
    words = ("1 in 4 below", "middle", "1 in 4 above")
    headings = [f"{who}: {what}" for who in ("Fails", sentence_case(deed.does)) for what in words]
    yield Chart(
        key, title, f"Paths of the futures from assumption to assumption. In the middle: {'; '.join(ends)}.",
        Paths(rungs, ("futures in which it fails", f"futures in which it {deed.does}"), _ACROSS),
        Table(f"{key}_figures", title, ("Assumption", *headings), rows),
    )  # fmt: skip


_ACROSS = "Of 100 futures, in how many it is lower (bar: the middle half; words: the middle)"


def _rung(each: Document, unit: str) -> Rung:
    places = (_spot(each[group], each["kind"], unit) for group in ("fails", "closes"))
    return Rung(each["label"] + through_words(each["through"]), tuple(places))


def _spot(found: Document, kind: str, unit: str) -> Place:
    low, middle, high = (found[name]["rank"] for name in ("p25", "p50", "p75"))
    return Place(low, middle, high, value_words(found["p50"]["value"], None, kind, unit))


def _spread(found: Document, kind: str, unit: str) -> Iterator[Cell]:
    for name in ("p25", "p50", "p75"):
        yield Cell(value_words(found[name]["value"], None, kind, unit), found[name]["value"])


# Every assumption, for the record


def _even_table(question: Document, found: Document, document: Document) -> Table:
    """Give what every assumption would have to be; those that were looked at in all held futures as found there."""
    short = _shortened(question, document)
    finer = {each["address"]: each for each in short["break_even"]}
    entries = sorted((finer.get(each["address"], each) for each in short["scanned"]),
                     key=lambda each: -each["best"]["probability"])  # fmt: skip
    rows = tuple(_even_row(each, document) for each in entries)
    levels = [f"for {100 * level:.3g} of 100" for level in found["levels"]]
    headings = ("Assumption", "In the plan", "All else as planned", *levels, "Best value", "of 100 there")
    key = f"evens_{question['option']}_{question['council']}"
    note = f"Nothing is changed by {_idle_words(short, document)}." if short["idle"] else ""
    caption = f"{_label(question, document)}, {_place(question['council'], document)}"
    return without_empty(Table(key, caption, headings, rows, note))


def _idle_words(question: Document, document: Document) -> str:
    idle, drivers = question["idle"], document["drivers"]
    names = [f"‘{drivers[address]['label']}’" for address in idle[:_NAMED] if address in drivers]
    more = len(idle) - len(names)
    return joined([*names, f"{more} more"] if more else names)


def _even_row(each: Document, document: Document) -> tuple[Cell, ...]:
    kind, unit, best = each["kind"], document["unit"], each["best"]
    return (
        Cell(each["label"] + through_words(each["varies"])),
        _value_cell(each["plan"], kind, unit),
        Cell(joined([value_words(value, None, kind, unit) for value in each["at_plan"]], "or") or "–",
             each["at_plan"][0] if len(each["at_plan"]) == 1 else None),
        *(_reached_cell(reached, kind, unit) for reached in each["reached"]),
        _value_cell(best["value"], kind, unit),
        Cell(chance_count(best["probability"], best["error"]), best["probability"]),
    )  # fmt: skip


def _value_cell(value: float | None, kind: str, unit: str) -> Cell:
    return Cell("–") if value is None else Cell(value_words(value, None, kind, unit), value)


def _reached_cell(reached: Document, kind: str, unit: str) -> Cell:
    if not reached["holds"]:
        return Cell("–")
    ends = [end for end in (reached["least"], reached["most"]) if end]
    if not ends:
        return Cell("whatever it is")
    return Cell(sentence_case(end_words(reached, kind, unit)), ends[0]["value"] if len(ends) == 1 else None)


# Stress scenarios


def _stress_part(found: Document, document: Document) -> Section | None:
    """Tell what each scenario of the file does to each option, beside what is without it."""
    if not found["stress"]:
        return None
    told = tuple(f"{scenario['label']}: {str(scenario['why']).rstrip('.')}." for scenario in found["stress"].values())
    tables = tuple(_stress_tables(found, document))
    return Section("stress", "If just this came", told, tables)


def _stress_tables(found: Document, document: Document) -> Iterator[Table]:
    headings = ("Option", "If just this came", "Closes in (of 100)", "Gap in the middle future", "Gap in the plan")
    for council, entry in document["councils"].items():
        told: dict[tuple[tuple[Cell, ...], ...], str] = {}
        for key, option in document["options"].items():
            rows = () if option["does_nothing"] else tuple(_stressed_rows(found, document, key, council))
            if rows:
                told.setdefault(rows, option["label"])  # options that are the same here are told once
        if told:
            caption = f"{entry['label']}: stress scenarios, recurring gap in {document['target_year']}"
            every = tuple((Cell(label), *row) for rows, label in told.items() for row in rows)
            note = "A gap with a minus is money to spare. A scenario that changes nothing under an option is left out."
            yield Table(f"stress_{council}", caption, headings, every, note)


def _stressed_rows(found: Document, document: Document, option: str, council: str) -> Iterator[tuple[Cell, ...]]:
    """Give an option as it is, and under each scenario that changes anything."""
    pair = document["options"][option]["councils"].get(council)
    laid = {name: each["options"].get(option, {}).get(council) for name, each in found["stress"].items()}
    if not pair or not any(laid.values()):
        return
    gap, unit = pair["gap_recurring"][document["target_year"]], document["unit"]
    yield _stress_row("as it is", pair["closes"][document["headline"]], gap["p50"], gap["plan"], unit)
    for name, each in laid.items():
        if each and max(abs(each["plan"] - gap["plan"]), abs(each["gap"]["mean"] - gap["mean"])) > _NOTHING:
            label = found["stress"][name]["label"]
            yield _stress_row(label, each["closes"], each["gap"]["p50"], each["plan"], unit)


def _stress_row(scenario: str, closes: Document, middle: float, plan: float, unit: str) -> tuple[Cell, ...]:
    return (
        Cell(scenario), Cell(chance_count(closes["probability"], closes["error"]), closes["probability"]),
        Cell(money(middle, unit), middle), Cell(money(plan, unit), plan),
    )  # fmt: skip
