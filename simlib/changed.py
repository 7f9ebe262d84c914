"""What changed since another run, in sentences, tables and waterfalls; the parts are those of ``simlib.compare``.

Every column adds up as it is printed: parts are rounded together with their ends, by largest remainders.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from simlib.barcharts import waterfall
from simlib.compare.rounding import apportioned, rounded
from simlib.layout import Cell, Chart, Section, Table
from simlib.plots import Step, Waterfall
from simlib.verdicts import of_gap, test_words
from simlib.wording import chance_count, clean, finer_money, finer_step, joined, money, out_of_hundred, rounded_hundred

__all__ = ["brief_changes", "changes_sections"]

Document = Mapping[str, Any]
Scale = tuple[Fraction, Callable[[float, bool], str]]
FIRST, SECOND, DRAWS = "First run", "Second run", "Other draws"
_PICTURES = 3  # options of a council whose way is drawn
_LEVELS = ("80", "90", "95")  # how sure an opening balance is to be enough, of 100 futures
_NAMED = 3  # edits that are told as one, by name
_KINDS: Mapping[str, tuple[int, str]] = {"share": (100, "%"), "duration": (12, " months")}
_SAME = {"closes": "closes in {}", "claim": "keeps its claim in {}", "output": "holds in {}"}


@dataclass(frozen=True, slots=True)
class _Way:
    """A figure's way from one run to the other, rounded so that it adds up.

    Attributes
    ----------
    name
        The figure's.
    ends, parts
        First and second run; what each edit adds, and at last other draws where they add anything [unit or share].
    texts
        All of it in words, in the order of a table.
    entry
        The figure as changes.json has it.
    """

    name: tuple[str, ...]
    ends: tuple[Fraction, Fraction]
    parts: tuple[Fraction, ...]
    texts: tuple[str, ...]
    entry: Document

    @property
    def moves(self) -> bool:
        """Whether anything does anything to it that is told."""
        return any(self.parts)

    @property
    def change(self) -> Fraction:
        """By how much it moved."""
        return self.ends[1] - self.ends[0]


def changes_sections(changes: Document, document: Document) -> Iterator[Section]:
    """Tell what changed since another run.

    Parameters
    ----------
    changes : mapping
        As :meth:`simlib.compare.changes.Changes.document` gives it.
    document : mapping
        The second run's summary.
    """
    edits = [_name(entry["edits"]) for entry in changes["edits"]]
    ways = [_way(entry, document, len(edits)) for entry in changes["figures"]]
    tables = [*_edits_tables(changes, document), *_chance_tables(document, ways, edits)]
    told = [*_moved(document, ways, edits), *_how(changes, edits), *_besides(changes)]
    parts = [part for part in _amounts(document, ways, edits) if part]
    charts = tuple(_charts(document, ways, edits))
    yield Section("changes", "What changed since the last run", tuple(told), tuple(tables), charts, tuple(parts))


def brief_changes(changes: Document, document: Document) -> tuple[str, ...]:
    """Give one line for each chance: how it moved, and by what."""
    edits = [_name(entry["edits"]) for entry in changes["edits"]]
    ways = (_way(entry, document, len(edits)) for entry in changes["figures"])
    return tuple(_sentence(document, way, edits) for way in ways if way.entry["kind"] == "chance")


def _name(edits: Sequence[Document]) -> str:
    """Give what is edited together one name; what several names begin with is said once."""
    labels = [clean(edit["label"]) for edit in edits]
    heads = {label.partition(": ")[0] for label in labels}
    if len(labels) > 1 and len(heads) == 1 and all(": " in label for label in labels):
        return f"{heads.pop()}: {_some([label.partition(': ')[2] for label in labels])}"
    return _some(labels)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return joined(names if more <= 0 else [*names[:_NAMED], f"{more} more"])


# ---- Rounding ----------------------------------------------------------------------------------------------


def _way(entry: Document, document: Document, edits: int) -> _Way:
    """Round a figure's way as finely as it may be told."""
    shares = [*entry["parts"], *([entry["draws"]] if entry["draws"] else [])]
    values = [_exact(entry[end]["value"]) for end in ("first", "second")]
    error = max(entry[end]["error"] for end in ("first", "second"))
    step, show = _scale(entry["kind"], document["unit"], max(map(abs, map(float, values))), error)
    ends = [rounded(value, step) for value in values]
    if entry["kind"] == "chance":  # rounded as everywhere else in the report
        ends = [Fraction(rounded_hundred(entry[end]["value"], error)[0], 100) for end in ("first", "second")]
    parts = apportioned([_exact(share["part"]) for share in shares], ends[1] - ends[0], step)
    words = [show(float(ends[0]), False), *(show(float(p), True) for p in parts), show(float(ends[1]), False)]
    if not entry["draws"]:
        words.insert(edits + 1, "–")
    return _Way(tuple(entry["figure"]), (ends[0], ends[1]), tuple(parts), tuple(words), entry)


def _exact(value: float) -> Fraction:
    """Give the decimal figure that stands in the file."""
    return Fraction(repr(float(value)))


def _scale(kind: str, unit: str, like: float, error: float) -> Scale:
    """Give the step to which a figure is rounded, and how a multiple of it is told: as it is, or with its sign."""
    if kind == "chance":
        step = Fraction(rounded_hundred(0.0, error)[1], 100)
        return step, lambda p, part: _signed(round(100 * p)) if part else chance_count(p, error)
    if kind == "money" and unit:
        step = finer_step(unit, like)
        if error <= step:
            return step, lambda value, part: finer_money(value, unit, like, signed=part)
        return 10 * step, lambda value, part: money(value, unit, like=like, signed=part)
    factor, suffix = _KINDS.get(kind, (1, ""))
    finest = math.floor(math.log10(like * factor)) - 2 if like else 0
    place = max(finest, math.floor(math.log10(error * factor))) if error else finest
    sign = {True: "+", False: ""}
    return Fraction(10) ** place / factor, lambda value, part: (
        f"{value * factor:{sign[part and bool(value)]},.{max(-place, 0)}f}{suffix}"
    )


def _signed(count: int) -> str:
    return f"{count:+d}" if count else "0"


# ---- Sentences ---------------------------------------------------------------------------------------------


def _moved(document: Document, ways: Sequence[_Way], edits: Sequence[str]) -> Iterator[str]:
    """Tell each chance that moved, and of how many nothing is told."""
    chances = [way for way in ways if way.entry["kind"] == "chance"]
    moved = [way for way in chances if way.moves]
    yield from (_sentence(document, way, edits) for way in sorted(moved, key=lambda way: -abs(way.change)))
    rest = len(chances) - len(moved)
    if not edits and not moved:
        yield "Nothing that bears on these results was edited, and nothing moved."
    elif rest:
        others = "other chance" if moved else "chance"
        which = f"the {others}" if rest == 1 else f"any of the {rest} {others}s"
        yield f"No edit moves {which} by as much as 1 of 100."


def _sentence(document: Document, way: _Way, edits: Sequence[str]) -> str:
    """Tell one chance: where it is, where it was, and what moved it, the largest part first."""
    error = max(way.entry[end]["error"] for end in ("first", "second"))
    first, second = (out_of_hundred(float(end), error) for end in way.ends)
    side = "down from" if way.change < 0 else "up from"
    was = "as before" if first == second else f"{side} {first}"
    verb = _SAME[way.name[0]]
    if way.name[0] == "closes" and not of_gap(document):
        verb = f"meets the test ‘{test_words(document)}’ in {{}}"
    where = verb.format(f"{second} of 100 futures")
    order = sorted(range(len(way.parts)), key=lambda at: -abs(way.parts[at]))
    named = [*(f"‘{name}’" for name in edits), DRAWS.lower()]
    parts = [f"{named[at]} {round(100 * way.parts[at]):+d}" for at in order if way.parts[at]]
    return f"{_about(document, way.name)} {where}, {was}{': ' if parts else ''}{', '.join(parts)}."


def _about(document: Document, name: Sequence[str]) -> str:
    """Name what a figure is of: an option, with its council where there are several."""
    if name[0] == "output":
        return f"‘{clean(document['outputs'][name[1]]['label'])}’"
    option = clean(document["options"][name[1]]["label"])
    if len(name) == 2 or len(document["councils"]) == 1:
        return option
    place = "all its councils together" if name[2] == "jointly" else clean(document["councils"][name[2]]["label"])
    return f"{option}, {place}:"


def _how(changes: Document, edits: Sequence[str]) -> Iterator[str]:
    """Tell how a movement is shared out, and how far a part may be off."""
    drawn, orders = changes["draws"], changes["orders"]
    if len(edits) > 1:
        count = f"{orders['count']:,}"
        which = f"all {count} orders" if orders["every"] else f"{count} of the orders, each with its reverse,"
        shared = "shared equally" if orders["every"] else "shared"
        yield (
            f"Each part is what an edit adds on average over {which} in which the {len(edits)} edits can be made, on"
            f" the same {drawn['simulations']:,} futures. So parts add up; what edits only do together is {shared}."
        )
    worst = max((part["error"] for f in changes["figures"] if f["kind"] == "chance" for part in f["parts"]), default=0)
    if worst > 0:
        off = f"{100 * worst:.1g} of 100"
        yield f"On other draws a part of a chance would differ by up to some {off} (a standard error)."
    if any(figure["draws"] for figure in changes["figures"]):
        yield f"‘{DRAWS}’ is what the runs' own seeds, samplers and numbers of futures add: no edit is behind it."
    for name, entry in zip(edits, changes["edits"], strict=True):
        if entry["why"]:
            yield f"‘{name}’ is told as one edit: {clean(entry['why'])}."


def _besides(changes: Document) -> Iterator[str]:
    """Tell what else differs between the files, and what cannot be compared."""
    if changes["apart"]:
        names = joined([clean(name) for name in changes["apart"]])
        yield f"Also edited, without bearing on these figures: {names}."
    if changes["words"]:
        names = _some([clean(address) for address in changes["words"]])
        yield f"Changed in words only (labels, sources, notes): {names}."
    for key, which in (("first_only", "first"), ("second_only", "second")):
        labels = list(dict.fromkeys(clean(entry["label"]) for entry in changes[key]))
        if labels:
            yield f"In the {which} run alone, at least in part: {joined(labels)}."
    if changes["untold"]:
        yield f"{len(changes['untold'])} figures are left out: they do not exist with some of the edits alone."


# ---- Tables and pictures -----------------------------------------------------------------------------------


def _edits_tables(changes: Document, document: Document) -> Iterator[Table]:
    """Give what was edited, as the files have it."""
    rows = tuple(
        (Cell(clean(edit["label"])), Cell(clean(edit["before"])), Cell(clean(edit["after"])))
        for entry in changes["edits"] for edit in entry["edits"]
    )  # fmt: skip
    if rows:
        money_in = f" (money in {document['unit']})" if document["councils"] else ""
        note = f"Of a figure what differs, as the files have it{money_in}; a dash where there was, or is, nothing."
        yield Table("changes_edits", "What was edited", ("Edit", "Before", "After"), rows, note)


def _chance_tables(document: Document, ways: Sequence[_Way], edits: Sequence[str]) -> Iterator[Table]:
    """Give the way of every chance of a council that moved, and of claims and conditions."""
    for place in (*document["councils"], "jointly"):
        chosen = [way for way in ways if way.name[0] == "closes" and way.name[2] == place and way.moves]
        whom = "All councils together" if place == "jointly" else clean(_council(document, place))
        caption = f"{whom}: {test_words(document)}, futures of 100"
        yield from _table(document, f"changes_closes_{place}", caption, chosen, edits)
    claims = [way for way in ways if way.name[0] == "claim" and way.moves]
    yield from _table(document, "changes_claims", "Claims kept, futures of 100", claims, edits)


def _council(document: Document, place: str) -> str:
    return str(document["councils"][place]["label"]) if place in document["councils"] else place


def _table(
    document: Document, key: str, caption: str, ways: Sequence[_Way], edits: Sequence[str]
) -> Iterator[Table]:
    """Give ways beside each other, from the first run down to the second: a column adds up."""
    if not ways:
        return
    drawn = any(way.entry["draws"] for way in ways)
    labels = [FIRST, *edits, DRAWS, SECOND]
    cells = [[Cell(label), *(Cell(way.texts[at], _value(way, at)) for way in ways)] for at, label in enumerate(labels)]
    rows = tuple(tuple(row) for row, label in zip(cells, labels, strict=True) if drawn or label != DRAWS)
    headings = ("", *(_heading(document, way) for way in ways))
    yield Table(key, caption, ("Step", *headings[1:]), rows)


def _value(way: _Way, at: int) -> float | None:
    """Give the figure of a row, unrounded."""
    entry = way.entry
    shares = [share["part"] for share in entry["parts"]]
    drawn = [entry["draws"]["part"] if entry["draws"] else None]
    found: float | None = [entry["first"]["value"], *shares, *drawn, entry["second"]["value"]][at]
    return found


def _heading(document: Document, way: _Way) -> str:
    kind, name = way.name[0], way.name[1]
    return clean(document["outputs" if kind == "output" else "options"][name]["label"])


def _amounts(document: Document, ways: Sequence[_Way], edits: Sequence[str]) -> Iterator[Section | None]:
    """Give the ways of every amount: for each council its gaps, shortfalls and reserves, and the file's own figures."""
    year = document["target_year"]
    captions: dict[tuple[str, ...], str] = {
        ("gap_recurring",): f"recurring gap in {year}, average; a plus widens it",
        ("shortfall",): f"shortfall in {year}, averaged over all futures (nothing where the gap is closed)",
    } | {
        ("reserve_needed", level): f"opening balance that is enough in {level} of 100 futures" for level in _LEVELS
    }
    for place in document["councils"]:
        whom = clean(_council(document, place))
        tables: list[Table] = []
        for kind, caption in captions.items():
            found = [way for way in ways if (way.name[0], *way.name[3:]) == kind]
            chosen = [way for way in found if way.name[2] == place and way.moves]
            tables += _table(document, f"changes_{'_'.join(kind)}_{place}", f"{whom}: {caption}", chosen, edits)
        if tables:
            yield Section(f"changes_{place}", f"{whom}: what the edits do to amounts", (), tuple(tables), detail=True)
    chosen = [way for way in ways if way.name[0] == "output" and way.moves]
    if chosen:
        table = _table(document, "changes_outputs", "Further figures, average", chosen, edits)
        yield Section("changes_outputs", "What the edits do to further figures", (), tuple(table))


def _charts(document: Document, ways: Sequence[_Way], edits: Sequence[str]) -> Iterator[Chart]:
    """Draw the ways that are longest: of chances, and of the gaps behind them."""
    gaps = {way.name[1:]: way for way in ways if way.name[0] == "gap_recurring"}
    for place in document["councils"]:
        chosen = [way for way in ways if way.name[0] == "closes" and way.name[2] == place and way.change]
        for way in sorted(chosen, key=lambda way: -abs(way.change))[:_PICTURES]:
            yield _chance_chart(document, way, edits)
            gap = gaps.get(way.name[1:])
            if gap and gap.moves:
                yield _gap_chart(document, gap, edits)


def _steps(way: _Way, edits: Sequence[str]) -> list[Step]:
    """Give a way as the steps of a waterfall, what adds nothing left out."""
    texts = [text for text, at in zip(way.texts[1:-1], range(len(edits) + 1), strict=True) if at < len(way.parts)]
    moves = zip([*edits, DRAWS], way.parts, texts, strict=False)
    found = [Step(label, float(part), text=text) for label, part, text in moves if part]
    ends = zip((FIRST, SECOND), way.ends, (way.texts[0], way.texts[-1]), strict=True)
    first, second = (Step(label, float(end), total=True, text=text) for label, end, text in ends)
    return [first, *found, second]


def _title(document: Document, way: _Way) -> str:
    return f"{_heading(document, way)}, {clean(_council(document, way.name[2]))}: from the first run to the second"


def _chance_chart(document: Document, way: _Way, edits: Sequence[str]) -> Chart:
    """Give the waterfall of a chance."""
    steps = [replace(step, value=round(100 * step.value)) for step in _steps(way, edits)]
    key, title = f"changes_closes_{way.name[1]}_{way.name[2]}", _title(document, way)
    rows = tuple((Cell(step.label), Cell(step.text, step.value)) for step in steps)
    table = Table(f"{key}_figures", f"{title}: futures of 100", ("Step", "Futures of 100"), rows)
    alt = f"Waterfall of futures of 100. {_sentence(document, way, edits)}"
    return Chart(key, title, alt, Waterfall(tuple(steps), "", "Futures of 100", 0.0, ""), table)


def _gap_chart(document: Document, way: _Way, edits: Sequence[str]) -> Chart:
    """Give the waterfall of an average gap."""
    key, title = f"changes_gap_{way.name[1]}_{way.name[2]}", f"{_title(document, way)}, average gap"
    return waterfall(key, title, _steps(way, edits), document["unit"], document["target_year"])
