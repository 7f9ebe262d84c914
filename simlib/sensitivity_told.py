"""What matters, in the words of a paper: the sections of ``sensitivity.json``; nothing is computed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from simlib.influences import told_in_pictures
from simlib.layout import Cell, Chart, Section, Table
from simlib.outlook import of_council
from simlib.plots import Swing, Swings
from simlib.sensitivity_record import HEADINGS, RECORD, record, row
from simlib.sensitivity_words import Document, Name, Words, place_of, share
from simlib.verdicts import Pair, pairs_of, same_sentence
from simlib.wording import chance_count, finer_money, joined, money, named, out_of_hundred

__all__ = ["sections"]

_TOLD = 8  # assumptions in a table or a picture of the paper
_SIDES = ("low", "high")


def sections(found: Document, document: Document) -> Iterator[Section]:
    """Give the sections of an analysis.

    Parameters
    ----------
    found : mapping
        ``sensitivity.json``.
    document : mapping
        ``summary.json`` of the same futures: names, kinds and units.
    """
    words = Words(found, document)
    councils = [_Council(words, key) for key in document["councils"]]
    parts = [part for council in councils for part in [council.part()] if part]
    others = _others(words)
    yield Section("sensitivity", "What matters most", tuple(_how(words)), parts=(*parts, *others))
    yield from record(words)


def _how(words: "Words") -> Iterator[str]:
    """Tell what the answers are read off, and how many assumptions move nothing."""
    held, drawn = words.found["held"], words.found["simulations"]
    those = f"the first {held:,} of {drawn:,} futures" if held < drawn else f"{drawn:,} futures"
    if words.given:
        yield (
            f"Read off {those}. For each assumption, the tenth of them in which it is lowest stands beside the tenth in"
            " which it is highest; all else stays as uncertain as it is, and what goes together in life goes together"
            " here."
        )
    idle, every = words.idle()
    if idle:
        yield (
            f"{len(idle)} of {every} uncertain figures{' and events' if words.document['events'] else ''} move none of"
            f" these answers by more than chance explains; they are named in the report's appendix ‘{RECORD}’."
        )


# Of a council


@dataclass(frozen=True)
class _Council:
    """What matters to one council, options that are the same for it told once."""

    words: Words
    key: str

    @cached_property
    def pairs(self) -> list[tuple[str, str, Pair]]:
        """Give the options that are open to it."""
        return pairs_of(self.words.document, self.key)

    def part(self) -> Section | None:
        """Tell the decision first, then the amounts."""
        closing = [name for key, *_ in self.pairs if (name := ("closes", key, self.key)) in self.words.given]
        told = [sentence for name in closing for sentence in self._decision(name)]
        told += [*self._sure(closing), *self._best()]
        tables = [*(table for name in closing for table in self._decision_table(name)), *self._ladder()]
        drawn = told_in_pictures(self.words.document, self.pairs)
        charts = [chart for key, *_ in drawn for chart in self._tornado(key)]
        if not (told or tables or charts):
            return None
        same = same_sentence(self.words.document, self.key)
        heading = self.words.document["councils"][self.key]["label"]
        paragraphs = (*told, *([same] if same else []))
        section = Section(f"sensitivity_{self.key}", heading, paragraphs, tuple(tables), tuple(charts))
        return of_council(section, self.words.document, self.key, None)

    def _decision(self, name: Name) -> Iterator[str]:
        """Tell what moves a chance most, and what comes next."""
        found = self.words.foremost(name)
        if found:
            closes = self.words.closes()
            low, high = (_count(found[0], side) for side in _SIDES)
            first = (
                f"{self.words.option(name)}: {closes} hangs most on ‘{self.words.figure(found[0], self.key)}’:"
                f" in {low} of 100 futures {self.words.where(found[0], 'low')},"
                f" in {high} {self.words.where(found[0], 'high')}."
            )
            then = [f"‘{self.words.figure(each, self.key)}’ (from {_from_to(each)})" for each in found[1:3]]
            yield f"{first} Then {'come' if then[1:] else 'comes'} {joined(then)}." if then else first

    def _sure(self, closing: Sequence[Name]) -> Iterator[str]:
        """Name the options whose answer hangs on nothing, as it is nearly the same in every future."""
        sure = [self.words.option(name) for name in closing if not self.words.foremost(name)]
        if sure:
            closes = self.words.closes()
            yield f"No assumption by itself moves {closes} under {named(sure)} by more than 1 of 100 futures."

    def _best(self) -> Iterator[str]:
        """Tell what decides which option leaves the smallest gap."""
        names = [name for key, *_ in self.pairs if (name := ("best", key, self.key)) in self.words.given]
        found = [(name, each[0]) for name in names if (each := self.words.foremost(name))]
        if found:
            name, first = max(found, key=lambda each: abs(each[1]["swing"]["shift"]))
            low, high = (_count(first, side) for side in _SIDES)
            yield (
                f"Which option leaves the smallest gap hangs most on ‘{self.words.figure(first, self.key)}’:"
                f" ‘{self.words.option(name)}’ does in {low} of 100 futures {self.words.where(first, 'low')},"
                f" in {high} {self.words.where(first, 'high')}."
            )

    def _decision_table(self, name: Name) -> Iterator[Table]:
        found = self.words.foremost(name)[:_TOLD]
        if found:
            headings = ("Assumption", "Low side", "of 100 there", "High side", "of 100 there", "Explains by itself")
            rows = tuple((Cell(self.words.figure(each, self.key)), *self._sides(each), share(each)) for each in found)
            caption = f"{self.words.option(name)}: {self.words.closes()}, by assumption"
            note = (
                "Averages of the lowest and of the highest tenth; of what mostly has one value, that value and all"
                " others. ‘Explains by itself’: the share of the variation that would go if it were known, ± its"
                " simulation error."
            )
            yield Table(f"decides_{name[1]}_{self.key}", caption, headings, rows, note)

    def _sides(self, entry: Document) -> Iterator[Cell]:
        for side in _SIDES:
            found = entry["swing"][side]
            yield Cell(self.words.value(entry["address"], found["value"]), found["value"])
            yield Cell(chance_count(found["mean"], found["error"]), found["mean"])

    def _gap(self, option: str) -> Name:
        return ("gap", option, self.key, self.words.document["target_year"])

    def _ladder(self) -> Iterator[Table]:
        """Tell what one per cent, one point or one month of each assumption of the plan is worth under each option."""
        options = {key: label for key, label, pair in self.pairs if not pair["does_nothing"]}
        found = {key: self.words.steps(self._gap(key)) for key in options}
        found = {key: each for key, each in found.items() if each}
        if not found:
            return
        steps = {(step["address"], step["year"]): step for each in found.values() for step in each}
        worth = {
            key: {(step["address"], step["year"]): float(step["shift"]) for step in each} for key, each in found.items()
        }
        like = max(abs(shift) for shifts in worth.values() for shift in shifts.values())
        order = sorted(steps, key=lambda step: -max(abs(shifts.get(step, 0.0)) for shifts in worth.values()))
        rows = tuple(
            (*self._step(steps[at]), *(self._worth(worth[key].get(at), like) for key in found))
            for at in order[: 2 * _TOLD]
        )
        headings = ("Assumption", "In the plan", "Moved up by", *(options[key] for key in found))
        year = self.words.document["target_year"]
        caption = f"What one step of the plan is worth: recurring gap in {year}"
        note = (
            "All else as planned. A plus widens the gap; a dash: less than a two-hundredth of the option's largest."
        )
        yield Table(f"ladder_{self.key}", caption, headings, rows, note)

    def _step(self, step: Document) -> tuple[Cell, Cell, Cell]:
        name = self.words.name(step["address"], self.key)
        when = f", in {step['year']} alone" if step["year"] else ""
        return Cell(name + when), Cell(self.words.value(step["address"], step["plan"]), step["plan"]), Cell(step["by"])

    def _worth(self, shift: float | None, like: float) -> Cell:
        return Cell("–") if shift is None else Cell(finer_money(shift, self.words.unit, like, signed=True), shift)

    def _tornado(self, option: str) -> Iterator[Chart]:
        """Draw the gap with one assumption after the other at its P10 and at its P90."""
        name = self._gap(option)
        bars = self.words.bars(name)
        if bars:
            title = f"{self.words.target(name)}, one assumption at a time"
            yield _tornado_chart(self.words, f"tornado_{option}_{self.key}", title, bars, self.key)


def _count(entry: Document, side: str) -> str:
    """Give how many of 100 futures there are on one side of a swing of a chance."""
    found = entry["swing"][side]
    return out_of_hundred(found["mean"], found["error"])


def _from_to(entry: Document) -> str:
    return f"{_count(entry, 'low')} to {_count(entry, 'high')}"


def _tornado_chart(words: Words, key: str, title: str, bars: Sequence[Document], council: str = "") -> Chart:
    """Give an amount where one assumption after the other is low and high, all others at their middle."""
    base, like = bars[0]["base"], max(abs(bar[side]["at"]) for bar in bars for side in _SIDES)
    cells = [
        (
            Cell(words.name(bar["address"], council)),
            *(
                cell
                for side in _SIDES
                for cell in (
                    Cell(words.value(bar["address"], bar[side]["value"]), bar[side]["value"]),
                    Cell(money(bar[side]["at"], words.unit, like=like), bar[side]["at"]),
                )
            ),
        )
        for bar in bars
    ]
    rows = tuple(
        Swing(row[0].text, bar["low"]["at"], bar["high"]["at"], row[1].text, row[3].text)
        for bar, row in zip(bars, cells, strict=True)
    )
    headings = ("Assumption", "Low (1 in 10)", "figure there", "High (1 in 10)", "figure there")
    middle = f"all at their middle: {money(base, words.unit)}"
    most = "; ".join(f"{r[0].text} ({r[1].text}: {r[2].text}; {r[3].text}: {r[4].text})" for r in cells[:2])
    return Chart(
        key, title, f"Bars of {title}; {middle}. Most of all: {most}.",
        Swings(rows, base, words.unit, title.partition(": ")[2] or title, middle),
        Table(f"{key}_figures", title, headings, tuple(cells)),
    )  # fmt: skip


# What belongs to no council


def _others(words: Words) -> Iterator[Section]:
    """Tell of all councils together, of claims, and of figures of the file's own."""
    told = []
    for name, target in words.given.items():
        if (target["chance"] and (name[0] == "kept" or "jointly" in name)) and (found := words.foremost(name)):
            low, high = (_count(found[0], side) for side in _SIDES)
            told.append(
                f"{words.target(name)} hangs most on ‘{words.figure(found[0])}’: in {low} of 100 futures"
                f" {words.where(found[0], 'low')}, in {high} {words.where(found[0], 'high')}."
            )
    charts = [
        _tornado_chart(words, f"tornado_{place_of(name)}", words.target(name), bars)
        for name in dict.fromkeys(tuple(target) for target in words.found["targets"])
        if name[0] == "claim" or (name[0] == "output" and _is_money(words, name))
        if (bars := words.bars(name))
    ]
    tables = [table for name in words.given if name[0] == "output" for table in _output_table(words, name)]
    if told or charts or tables:
        heading = "Together, claims and other figures" if words.document["councils"] else "By figure"
        yield Section("sensitivity_others", heading, tuple(told), tuple(tables), tuple(charts))


def _is_money(words: Words, name: Name) -> bool:
    return words.document["outputs"][name[1]].get("kind") == "money" and bool(words.document["unit"])


def _output_table(words: Words, name: Name) -> Iterator[Table]:
    """Give what explains an output, the first first."""
    told = [each for each in words.given[name]["figures"] if each["told"]]
    rows = tuple(row(words, each) for each in told[:_TOLD] if each["first_order"]["value"] is not None)
    if rows:
        yield Table(f"explains_{place_of(name)}", f"{words.target(name)}: what explains it", HEADINGS, rows)
