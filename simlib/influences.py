"""What moves an option's answer: from the business case to the futures, and from an assumption's low tenth to its high.

The figures are ``bridge`` and ``swings`` of the summary; nothing is computed here.
"""

from collections.abc import Iterator, Mapping, Sequence

from simlib.barcharts import swing_chart, waterfall
from simlib.layout import Cell, Chart, Section, Table
from simlib.plots import Step
from simlib.register import shown
from simlib.verdicts import Document, Pair, headline_of, of_gap, target_gap
from simlib.wording import finer_money, joined, margin, money, out_of_hundred, sentence_case

__all__ = ["bridge_part", "bridges_section", "foremost", "most_sentence", "swings_part", "swings_section"]

Rows = Sequence[tuple[str, str, Pair]]
_WORTH_A_STEP = 0.01  # of the largest amount of a bridge; smaller steps are told together
_CLEAR = 4.0  # errors from which a shift is told as one
_TOLD = 10  # assumptions in a picture
_LOOKED_AT = 8_192  # futures that swings are told of
_LONG = 9.95  # months from which tenths of them are not told
_NOTICED = 0.005  # a smaller chance is told as fewer than 1 of 100


def _told_in_pictures(document: Document, pairs: Rows) -> list[tuple[str, str, Pair]]:
    """Give the options whose business case closes the gap; where none does, the one that comes nearest."""
    active = [row for row in pairs if not row[2]["does_nothing"]]
    planned = [(gap["plan"], row) for row in active if (gap := target_gap(document, row[2]))]
    closed = [row for _, row in planned if (headline_of(document, row[2]) or {}).get("plan")]
    return closed or [row for _, row in sorted(planned, key=lambda each: each[0])[:1]]


# From the business case to the futures


def bridge_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell, step by step, how the business case's gap becomes the middle future's."""
    rows = [row for row in _told_in_pictures(document, pairs) if row[2].get("bridge")]
    if not rows:
        return None
    charts = tuple(_bridge_chart(document, council, *row) for row in rows)
    told = tuple(_bridge_sentence(document, council, *row[1:]) for row in rows)
    heading = "From the business case to the middle of the futures"
    return Section(f"bridge_{council}", heading, told, charts=charts, detail=True)


def _bridge_sentence(document: Document, council: str, label: str, pair: Pair) -> str:
    """Tell where the business case ends and the futures lie, and what lies between."""
    unit, steps = document["unit"], _steps(document, council, pair)
    like = max(abs(step.value) for step in steps)
    moves = [step for step in sorted(pair["bridge"]["steps"], key=lambda step: -step["shift"]) if step["shift"] > 0][:3]
    names = [f"‘{_step_name(document, council, step)}’" for step in moves]
    why = joined([f"{name} ({finer_money(s['shift'], unit, like)})" for name, s in zip(names, moves, strict=True)])
    middle = margin(steps[-1].value, unit)
    widened = f" What widens the gap most, each by itself: {why}." if moves else ""
    return f"{label}: {margin(steps[0].value, unit)} in the business case, {middle} in the middle future.{widened}"


def _bridge_chart(document: Document, council: str, key: str, label: str, pair: Pair) -> Chart:
    name = document["councils"][council]["label"]
    title = f"{label}, {name}: from the business case to the middle future"
    return waterfall(
        f"bridge_{key}_{council}", title, _steps(document, council, pair), document["unit"], document["target_year"]
    )


def _steps(document: Document, council: str, pair: Pair) -> list[Step]:
    """Give the steps from the plan to the average, the largest first, and from there to the middle; they add up."""
    bridge, gap = pair["bridge"], target_gap(document, pair)
    assert gap is not None, "a bridge is a gap's"
    ordered = sorted(bridge["steps"], key=lambda step: -abs(step["shift"]))
    like = max(abs(amount) for amount in (bridge["plan"], bridge["mean"], *(step["shift"] for step in ordered)))
    worth = [step for step in ordered if abs(step["shift"]) >= _WORTH_A_STEP * like][:_TOLD]
    rest = bridge["together"] + sum(step["shift"] for step in ordered if step not in worth)
    found = [Step("Business case", bridge["plan"], total=True)]
    found += [Step(_step_name(document, council, step), step["shift"]) for step in worth]
    if rest:
        name = "Several together" if len(worth) == len(ordered) else "All others, and several together"
        found.append(Step(name, rest))
    found.append(Step("Average future", bridge["mean"], total=True))
    found.append(Step("From the average to the middle", gap["p50"] - bridge["mean"]))
    return [*found, Step("Middle future", gap["p50"], total=True)]


def _step_name(document: Document, council: str, step: Document) -> str:
    """Give a step's name; of an event that the plan counts on, or does not, the step is that it may be otherwise."""
    name, event = _here(document, council, step["label"]), _events(document).get(step["address"])
    if event is None:
        return name
    return f"{name}: it may not" if event["plan"] in ("happens", True) else f"{name}: it may"


def bridges_section(document: Document) -> Section | None:
    """Give the steps of every option and council, for the record."""
    tables = []
    for key, option in document["options"].items():
        for place, pair in option["councils"].items():
            if pair.get("bridge"):
                name = f"{option['label']}, {document['councils'][place]['label']}"
                tables.append(_bridge_table(f"steps_{key}_{place}", name, _steps(document, place, pair), document))
    if not tables:
        return None
    why = "Each assumption's shift of the average, alone, from the business case on. A plus widens the gap."
    return Section("bridges", "From the business case, step by step", (why,), tuple(tables), detail=True, appendix=True)


def _bridge_table(key: str, option: str, steps: Sequence[Step], document: Document) -> Table:
    """Give one option's bridge; the steps add up."""
    unit = document["unit"]
    like = max(abs(step.value) for step in steps)
    cells = tuple(
        (Cell(step.label), Cell(finer_money(step.value, unit, like, signed=not step.total), step.value))
        for step in steps
    )
    return Table(key, f"{option}: recurring gap in {document['target_year']}", ("Step", "Gap"), cells)


# What matters most


def _entries(document: Document, option: str, place: str) -> list[Document]:
    """Give the swings of one headline that are more than chance explains, the largest first."""
    found = document["swings"]["options"].get(option, {}).get(place, ())
    return [entry for entry in found if abs(entry["shift"]) > _CLEAR * entry["error"]]


def most_sentence(document: Document, council: str, pairs: Rows) -> str | None:
    """Tell in one sentence what moves the answer most under each option that has something to tell."""
    told: dict[str, list[str]] = {}
    for key, label, _ in _told_in_pictures(document, pairs):
        found = _entries(document, key, council)
        if found:
            names = joined([f"‘{_name(document, entry, council)}’" for entry in found[:2]])
            told.setdefault(names, []).append(label)
    parts = [f"under {joined(labels)}, {names}" for names, labels in told.items()]
    return f"What moves the answer most: {'; '.join(parts)}." if told else None


def swings_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell which assumptions move the gap most, and what each does to the chance of closing."""
    told, charts = [], []
    for key, label, pair in _told_in_pictures(document, pairs):
        found, gap = _entries(document, key, council), target_gap(document, pair)
        if found and gap:
            told.append(_swing_sentence(document, council, label, found[0]))
            rows = [(_name(document, e, council), e, *_sides(document, e)) for e in found[:_TOLD]]
            title = f"{label}, {document['councils'][council]['label']}: what moves the gap most"
            axis = f"Average recurring gap in {document['target_year']}"
            holds = "closes" if of_gap(document) else "test met"
            name = f"swings_{key}_{council}"
            charts.append(swing_chart(name, title, rows, gap["mean"], document["unit"], axis, holds=holds))
    if not charts:
        return None
    return Section(f"swings_{council}", "What matters most", (_how(document), *told), (), tuple(charts), detail=True)


def _how(document: Document) -> str:
    """Tell what the swings are of."""
    count = min(document["config"]["simulations"], _LOOKED_AT)
    return (
        f"Of the first {count:,} futures, for each assumption the tenth in which it is lowest and the tenth in which it"
        " is highest (or, of an event, those without it and those with it). What goes together with an assumption is"
        " counted with it, so that one may be named that does not itself enter the figure."
    )


def _swing_sentence(document: Document, council: str, label: str, entry: Document) -> str:
    """Tell what the assumption that matters most does, its worse side first."""
    words = dict(zip(("low", "high"), _sides(document, entry), strict=True))
    sides = sorted(words, key=lambda side: -entry[side]["mean"])
    rare = max(entry[side]["probability"] for side in sides) < _NOTICED
    told = "; ".join(_side_words(document, entry, side, words[side], rare=rare) for side in sides)
    return f"{label}: most of all ‘{_name(document, entry, council)}’. {sentence_case(told)}."


def _side_words(document: Document, entry: Document, side: str, words: str, *, rare: bool) -> str:
    """Tell one side of a swing."""
    found, where = entry[side], words if entry["address"] in _events(document) else f"is {words} on average"
    often = out_of_hundred(found["probability"], found["probability_error"])
    holds = "it closes" if of_gap(document) else "the test is met"
    closes = "" if rare else f"{holds} in {often} of 100 futures and "
    return f"where it {where}, {closes}the gap averages {money(found['mean'], document['unit'], found['error'])}"


def _sides(document: Document, entry: Document) -> tuple[str, str]:
    """Tell what an assumption is on either side of its swing."""
    if entry["address"] in _events(document):
        return "does not happen", "happens"
    driver = document["drivers"].get(entry["address"]) or {}
    low, high = (_average(entry[side]["value"], driver.get("kind"), document["unit"]) for side in ("low", "high"))
    return low, high


def _average(value: float, kind: str | None, unit: str | None) -> str:
    """Tell an average over some of the futures: a duration to whole months, a short one to a tenth of a month."""
    if kind != "duration":
        return shown(value, kind, unit)
    months = 12 * value
    told = f"{months:.0f}" if abs(months) >= _LONG else f"{months:.1f}"
    return f"{told} months"


def _events(document: Document) -> dict[str, Document]:
    return {f"events.{key}": event for key, event in document["events"].items()}


def _name(document: Document, entry: Document, council: str = "") -> str:
    """Give an assumption's name, as short as it can be in the section of a council."""
    return _here(document, council, {**_events(document), **document["drivers"]}[entry["address"]]["label"])


def _here(document: Document, council: str, name: str) -> str:
    """Give a name without the council that the reader is told of anyway."""
    return str(name).removesuffix(f", {document['councils'][council]['label']}") if council else str(name)


def swings_section(document: Document) -> Section | None:
    """Give the swings of every claim and every output of the file's own, for the record."""
    tables = tuple(_swing_tables(document))
    if not tables:
        return None
    return Section("swings", "What moves the other figures most", (_how(document),), tables, detail=True)


def _swing_tables(document: Document) -> Iterator[Table]:
    """Give a table for each claim, and for each output of one figure."""
    for key, option in document["options"].items():
        found = _entries(document, key, "claim")
        if found:
            caption = f"{option['label']}: what moves the claim"
            yield _swing_table(document, f"swings_{key}_claim", caption, found, "money")
    for key, output in document["outputs"].items():
        found = [e for e in document["swings"]["outputs"].get(key, ()) if abs(e["shift"]) > _CLEAR * e["error"]]
        if found:
            caption = f"{output['label']}: what moves it"
            kind = "chance" if _is_condition(output) else output["kind"]
            yield _swing_table(document, f"swings_{key}", caption, found, kind)


def _is_condition(output: Document) -> bool:
    """Tell whether an output is a condition, of which the average is a chance."""
    entries = [output] if "mean" in output else [entry for entry in output.values() if isinstance(entry, Mapping)]
    return any(entry.get("chance") for entry in entries)


def _swing_table(document: Document, key: str, caption: str, found: Sequence[Document], kind: str) -> Table:
    """Give the swings of one figure, the largest first."""
    rows = []
    for entry in found[:_TOLD]:
        sides = zip(_sides(document, entry), (entry["low"], entry["high"]), strict=True)
        cells = (cell for word, side in sides for cell in (Cell(word, side["value"]), _mean(document, side, kind)))
        rows.append((Cell(_name(document, entry)), *cells))
    headings = ("Assumption", "Low side", "average there", "High side", "average there")
    return Table(key, caption, headings, tuple(rows))


def _mean(document: Document, side: Document, kind: str) -> Cell:
    """Give what a figure, or the chance of a condition, is on one side."""
    mean, error = side["mean"], side["error"]
    words = f"{out_of_hundred(mean, error)} of 100" if kind == "chance" else shown(mean, kind, document["unit"], error)
    return Cell(words, mean)


def foremost(document: Document, option: str, place: str) -> str | None:
    """Give the address of what moves a headline most; None where nothing does by more than chance explains."""
    found = _entries(document, option, place)
    return str(found[0]["address"]) if found else None
