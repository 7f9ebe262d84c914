"""What moves an option's answer: from the business case to the futures, and from an assumption's low tenth to its high.

The figures are ``bridge`` and ``swings`` of the summary; nothing is computed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from simlib.barcharts import step_words, swing_chart, waterfall
from simlib.cells import amount_cells, largest
from simlib.layout import Cell, Chart, Section, Table
from simlib.plots import Step
from simlib.register import shown
from simlib.verdicts import Document, Pair, headline_of, of_gap, pairs_of, target_gap
from simlib.wording import finer_money, joined, margin, money, named, out_of_hundred, sentence_case

__all__ = [
    "bridge_part", "bridges_section", "foremost", "most_of_claims", "most_sentence", "swings_part", "swings_section",
    "told_in_pictures",
]  # fmt: skip

Rows = Sequence[tuple[str, str, Pair]]
_WORTH_A_STEP = 0.01  # of the largest amount of a bridge; smaller steps are told together
_CLEAR = 4.0  # errors from which a shift is told as one
_TOLD, _DRAWN = 10, 6  # assumptions in a table, and in a picture: of the others each moves little
_LOOKED_AT = 8_192  # futures that swings are told of
_LONG = 9.95  # months from which tenths of them are not told
_NOTICED = 0.005  # a smaller chance is told as fewer than 1 of 100


def told_in_pictures(document: Document, pairs: Rows) -> list[tuple[str, str, Pair]]:
    """Give the options whose business case closes the gap; where none does, the one that comes nearest."""
    active = [row for row in pairs if not row[2]["does_nothing"]]
    planned = [(gap["plan"], row) for row in active if (gap := target_gap(document, row[2]))]
    closed = [row for _, row in planned if (headline_of(document, row[2]) or {}).get("plan")]
    return closed or [row for _, row in sorted(planned, key=lambda each: each[0])[:1]]


# From the business case to the futures


def bridge_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell, step by step, how the business case's gap becomes the middle future's."""
    rows = [row for row in told_in_pictures(document, pairs) if row[2].get("bridge")]
    if not rows:
        return None
    charts = tuple(_bridge_chart(document, council, *row) for row in rows)
    told = tuple(_bridge_sentence(document, council, *row[1:]) for row in rows)
    heading = "From the business case to the middle of the futures"
    return Section(f"bridge_{council}", heading, told, charts=charts, detail=True)


def _bridge_sentence(document: Document, council: str, label: str, pair: Pair) -> str:
    """Tell where the business case ends and the futures lie, and what lies between."""
    unit, steps = document["unit"], _steps(document, council, pair, _DRAWN)
    named_steps = {_step_name(document, council, step) for step in pair["bridge"]["steps"]}
    widening = [step for step in steps if step.value > 0 and not step.total and step.label in named_steps]
    moves = sorted(widening, key=lambda step: -step.value)[:3]
    why = joined([f"‘{step.label}’ ({step.text.removeprefix('+')})" for step in moves])
    middle = margin(steps[-1].value, unit)
    widened = f" What widens the gap most, each by itself: {why}." if moves else ""
    return f"{label}: {margin(steps[0].value, unit)} in the business case, {middle} in the middle future.{widened}"


def _bridge_chart(document: Document, council: str, key: str, label: str, pair: Pair) -> Chart:
    name = document["councils"][council]["label"]
    title = f"{label}, {name}: from the business case to the middle future"
    steps = _steps(document, council, pair, _DRAWN)
    return waterfall(f"bridge_{key}_{council}", title, steps, document["unit"], document["target_year"])


def _steps(document: Document, council: str, pair: Pair, most: int) -> list[Step]:
    """Give the steps from the plan to the average, the largest first, and from there to the middle; they add up.

    Of so many assumptions at most, and of all others together.
    """
    bridge, gap = pair["bridge"], target_gap(document, pair)
    assert gap is not None, "a bridge is a gap's"
    ordered = sorted(bridge["steps"], key=lambda step: -abs(step["shift"]))
    like = max(abs(amount) for amount in (bridge["plan"], bridge["mean"], *(step["shift"] for step in ordered)))
    worth = [step for step in ordered if abs(step["shift"]) >= _WORTH_A_STEP * like][:most]
    rest = bridge["together"] + sum(step["shift"] for step in ordered if step not in worth)
    found = [Step("Business case", bridge["plan"], total=True)]
    found += [Step(_step_name(document, council, step), step["shift"]) for step in worth]
    if rest:
        found.append(Step(_TOGETHER if len(worth) == len(ordered) else _OTHERS, rest))
    found.append(Step("Average future", bridge["mean"], total=True))
    found.append(Step("From the average to the middle", gap["p50"] - bridge["mean"]))
    found.append(Step("Middle future", gap["p50"], total=True))
    words = step_words([(step.value, step.total) for step in found], document["unit"])
    return [replace(step, text=text) for step, text in zip(found, words, strict=True)]


_TOGETHER, _OTHERS = "Several together", "All others, and several together"


def _step_name(document: Document, council: str, step: Document) -> str:
    """Give a step's name; of an event that the plan counts on, or does not, the step is that it may be otherwise."""
    name, event = _here(document, council, step["label"]), _events(document).get(step["address"])
    if event is None:
        return name
    return f"{name}: it may not" if event["plan"] in ("happens", True) else f"{name}: it may"


def bridges_section(document: Document) -> Section | None:
    """Give the steps of every option and council, for the record."""
    tables = tuple(table for council in document["councils"] if (table := _bridge_table(document, council)))
    if not tables:
        return None
    heading = "From the business case, step by step"
    return Section("bridges", heading, (_STEPS,), tables, detail=True, appendix=True)


_STEPS = (
    "Each assumption's shift of the average, alone, from the business case on. A plus widens the gap. Where an option"
    f" has a dash, the step is too small to be told by itself: it is among ‘{_OTHERS[:10].lower()}’."
)


def _bridge_table(document: Document, council: str) -> Table | None:
    """Give the bridges of a council's options beside each other; the steps of each add up."""
    pairs = [row for row in pairs_of(document, council) if row[2].get("bridge")]
    if not pairs:
        return None
    columns = [_bridge_column(_steps(document, council, pair, _TOLD)) for _, _, pair in pairs]
    rows = tuple((Cell(key[0]), *(column.get(key, Cell("–")) for column in columns)) for key in _merged(columns))
    caption = f"{document['councils'][council]['label']}: recurring gap in {document['target_year']}"
    return Table(f"steps_{council}", caption, ("Step", *(label for _, label, _ in pairs)), rows)


_Key = tuple[str, int]  # a step's name, and how many of that name are before it; -1 of what every option has
_FIRST, _LAST = ("Business case", -1), ("Average future", "From the average to the middle", "Middle future")


def _bridge_column(steps: Sequence[Step]) -> dict[_Key, Cell]:
    """Give one option's steps; what is left over has one name, whatever it holds."""
    found: dict[_Key, Cell] = {}
    for at, step in enumerate(steps):
        cell = Cell(step.text, step.value)
        if at == 0 or at >= len(steps) - len(_LAST):
            key = step.label, -1
        elif step.label in (_TOGETHER, _OTHERS):
            key = _OTHERS, -1
        else:
            key = step.label, sum(name == step.label for name, _ in found)
        found[key] = cell
    return found


def _merged(columns: Sequence[Mapping[_Key, Cell]]) -> list[_Key]:
    """Give the steps of all columns: the business case, the largest steps first, what is left over, and the ends."""
    sizes: dict[_Key, float] = {}
    for key, cell in (entry for column in columns for entry in column.items()):
        sizes[key] = max(sizes.get(key, 0.0), abs(cell.value or 0.0))
    ends = [(name, -1) for name in (_OTHERS, *_LAST) if (name, -1) in sizes]
    own = sorted((key for key in sizes if key[1] >= 0), key=lambda key: -sizes[key])
    return [_FIRST, *own, *ends]


# What matters most


def _entries(document: Document, option: str, place: str) -> list[Document]:
    """Give the swings of one headline that are more than chance explains, the largest first."""
    found = document["swings"]["options"].get(option, {}).get(place, ())
    return [entry for entry in found if abs(entry["shift"]) > _CLEAR * entry["error"]]


def _own_entries(document: Document, option: str, place: str) -> list[Document]:
    """Give those of figures that the headline's own figure is made of: the others only go together with them."""
    return [entry for entry in _entries(document, option, place) if entry["enters"]]


def most_sentence(document: Document, council: str, pairs: Rows) -> str | None:
    """Tell in one sentence what moves the answer most under each option that has something to tell."""
    shown = {key: label for key, label, _ in told_in_pictures(document, pairs)}
    told = _most(document, shown, council, council)
    return f"What moves the answer most: {told}." if told else None


def most_of_claims(document: Document) -> str | None:
    """Tell in one sentence what moves each claim most."""
    told = _most(document, {key: option["label"] for key, option in document["options"].items()}, "claim")
    return f"What moves the claim most: {told}." if told else None


def _most(document: Document, labels: Mapping[str, str], place: str, council: str = "") -> str:
    """Tell the two assumptions that move an answer most under some options; options with the same ones together."""
    told: dict[str, list[str]] = {}
    for key, label in labels.items():
        found = _own_entries(document, key, place)
        if found:
            told.setdefault(named([_name(document, entry, council) for entry in found[:2]]), []).append(label)
    return "; ".join(f"under {named(labels)}, {names}" for names, labels in told.items())


def swings_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell which assumptions move the gap most, and what each does to the chance of closing."""
    told, charts = [], []
    for key, label, pair in told_in_pictures(document, pairs):
        found, gap = _entries(document, key, council), target_gap(document, pair)
        if found and gap:
            first = next((entry for entry in found if entry["enters"]), found[0])
            told.append(_swing_sentence(document, council, label, first))
            rows = [(_marked(document, e, council), e, *_sides(document, e, found[:_TOLD])) for e in found[:_TOLD]]
            title = f"{label}, {document['councils'][council]['label']}: what moves the gap most"
            axis = f"Average recurring gap in {document['target_year']}"
            holds = "closes" if of_gap(document) else "test met"
            name = f"swings_{key}_{council}"
            charts.append(swing_chart(name, title, rows, gap["mean"], document["unit"], axis, holds=holds, most=_DRAWN))
    rungs = tuple(_ladder_table(document, council, pairs))
    if not charts and not rungs:
        return None
    how, needed = (_how(document),) if charts else (), tuple(_just_closed_sentences(document, council, pairs))
    return Section(
        f"swings_{council}", "What matters most", (*how, *told, *needed), rungs, tuple(charts), detail=True
    )


def _ladder_table(document: Document, council: str, pairs: Rows) -> Iterator[Table]:
    """Give what a small step of each assumption adds to the gap of the options that are told of in pictures."""
    options = [(key, label) for key, label, _ in told_in_pictures(document, pairs)]
    columns = {key: _rungs(document, key, council) for key, _ in options}
    sizes: dict[str, float] = {}
    for rung in (rung for column in columns.values() for rung in column.values()):
        sizes[rung["address"]] = max(sizes.get(rung["address"], 0.0), abs(rung["shift"]))
    told = sorted(sizes, key=lambda address: -sizes[address])[:_TOLD]
    rows = tuple(
        (Cell(_here(document, council, document["drivers"][address]["label"])), _by_cell(columns, address),
         *(_rung_cell(document, column.get(address)) for column in columns.values()))
        for address in told
    )  # fmt: skip
    if rows:
        caption = f"What a small step is worth: recurring gap in {document['target_year']}, all else as planned"
        headings = ("Assumption", "Step", *(label for _, label in options))
        yield Table(f"ladder_{council}", caption, headings, rows, _LADDER)


_LADDER = "A plus widens the gap. What goes by year is moved in every year."


def _rungs(document: Document, option: str, place: str) -> dict[str, Document]:
    """Give by address what a step of an assumption does to one headline."""
    return {rung["address"]: rung for rung in document["leverage"].get(option, {}).get(place, ())}


_STEP = {"one point": "one point more", "one month": "one month later", "one per cent of itself": "1% more"}


def _by_cell(columns: Mapping[str, Mapping[str, Document]], address: str) -> Cell:
    """Tell by how much an assumption is moved."""
    rung = next(column[address] for column in columns.values() if address in column)
    return Cell(_STEP[rung["by"]])


def _rung_cell(document: Document, rung: Document | None) -> Cell:
    """Give what a step is worth, in digits of its own: these do not add up."""
    if rung is None:
        return Cell("–")
    return Cell(finer_money(rung["shift"], document["unit"], rung["shift"], signed=True), rung["shift"])


def _just_closed_sentences(document: Document, council: str, pairs: Rows) -> Iterator[str]:
    """Tell how much of a saving must be delivered for the plan's gap to be closed, all else as planned."""
    for key, label, _ in told_in_pictures(document, pairs):
        needed = {a: rung["just_closed"] for a, rung in _rungs(document, key, council).items() if rung["just_closed"]}
        told = [f"‘{_here(document, council, document['drivers'][address]['label'])}’ has to be {100 * share:.1f}%"
                for address, share in needed.items()]  # fmt: skip
        if told:
            yield f"{label}: everything else as planned, {joined(told, 'or')} for the gap to be just closed."


def _how(document: Document) -> str:
    """Tell what the swings are of."""
    count = min(document["config"]["simulations"], _LOOKED_AT)
    apart = (
        f" One that is marked ‘{_APART}’ moves the figure through that alone: a one-off cost, say, moves reserves, and"
        " no recurring gap."
    )
    return (
        f"Of the first {count:,} futures, for each assumption the tenth in which it is lowest and the tenth in which it"
        " is highest (or, of an event, those without it and those with it). What goes together with an assumption is"
        f" counted with it.{apart if document['councils'] else ''}"
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


def _sides(document: Document, entry: Document, among: Sequence[Document] = ()) -> tuple[str, str]:
    """Tell what an assumption is on either side of its swing: money in one unit with all that it stands among."""
    if entry["address"] in _events(document):
        return "does not happen", "happens"
    kind, values = _kind(document, entry), [entry[side]["value"] for side in _SIDES]
    if kind == "money":
        like = largest(e[side]["value"] for e in (entry, *among) for side in _SIDES if _kind(document, e) == kind)
        low, high = (cell.text for cell in amount_cells(values, document["unit"], like))
    else:
        low, high = (_average(value, kind, document["unit"]) for value in values)
    return low, high


_SIDES = ("low", "high")


def _kind(document: Document, entry: Document) -> str | None:
    """Give the kind of an assumption; None of an event."""
    found: str | None = (document["drivers"].get(entry["address"]) or {}).get("kind")
    return found


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


_APART = "not in it itself"


def _marked(document: Document, entry: Document, council: str = "") -> str:
    """Give an assumption's name, marked where the figure that it moves is not made of it."""
    name = _name(document, entry, council)
    return name if entry["enters"] else f"{name}, {_APART}"


def _here(document: Document, council: str, name: str) -> str:
    """Give a name without the council that the reader is told of anyway."""
    return str(name).removesuffix(f", {document['councils'][council]['label']}") if council else str(name)


def swings_section(document: Document, of: str) -> Section | None:
    """Give the swings of every claim (``of`` is ``claims``), or of every output of the file's own (``outputs``)."""
    tables = tuple(_claim_tables(document) if of == "claims" else _output_tables(document))
    if not tables:
        return None
    heading = "What moves the claims most" if of == "claims" else "What moves the other figures most"
    record = of == "outputs" and bool(document["councils"])
    return Section(f"swings_{of}", heading, (_how(document),), tables, detail=True, appendix=record)


def _claim_tables(document: Document) -> Iterator[Table]:
    """Give a table for each claim."""
    for key, option in document["options"].items():
        found = _entries(document, key, "claim")
        if found:
            caption = f"{option['label']}: what moves the claim"
            yield _swing_table(document, f"swings_{key}_claim", caption, found, "money")


def _output_tables(document: Document) -> Iterator[Table]:
    """Give a table for each output of one figure."""
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
    shown_here = found[:_TOLD]
    like = largest(entry[side]["mean"] for entry in shown_here for side in _SIDES)
    for entry in shown_here:
        (low, high), averages = _sides(document, entry, shown_here), _means(document, entry, kind, like)
        cells = (Cell(low, entry["low"]["value"]), averages[0], Cell(high, entry["high"]["value"]), averages[1])
        rows.append((Cell(_marked(document, entry)), *cells))
    headings = ("Assumption", "Low side", "average there", "High side", "average there")
    return Table(key, caption, headings, tuple(rows))


def _means(document: Document, entry: Document, kind: str, like: float) -> tuple[Cell, ...]:
    """Give what a figure, or the chance of a condition, is on either side."""
    found = [(entry[side]["mean"], entry[side]["error"]) for side in _SIDES]
    if kind == "money" and document["unit"]:
        return amount_cells([mean for mean, _ in found], document["unit"], like, [error for _, error in found])
    if kind == "chance":
        return tuple(Cell(f"{out_of_hundred(*each)} of 100", each[0]) for each in found)
    return tuple(Cell(shown(mean, kind, document["unit"], error), mean) for mean, error in found)


def foremost(document: Document, option: str, place: str) -> str | None:
    """Give the address of what moves a headline most; None where nothing does by more than chance explains."""
    found = _own_entries(document, option, place)
    return str(found[0]["address"]) if found else None
