"""Waterfalls and bars of a report: their figures, titles and messages in words; nothing is drawn here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simlib.layout import Cell, Chart, Table
from simlib.plots import Bar, Bars, Segment, Step, Swing, Swings, Waterfall
from simlib.wording import chance_count, finer_money, money, out_of_hundred

__all__ = ["bar_chart", "swing_chart", "waterfall"]

Document = Mapping[str, Any]
_NOTHING = 1e-9  # what is left of a sum by rounding is no part of it


def waterfall(key: str, title: str, steps: Sequence[Step], unit: str, year: str) -> Chart:
    """Give the way from one position to another.

    Parameters
    ----------
    key, title : str
        Of the chart.
    steps : sequence of Step
        From the first position to the last; they add up.
    year : str
        Of the gap that they are steps of.
    """
    like = max(abs(step.value) for step in steps)
    moves = sorted((step for step in steps if not step.total), key=lambda step: -abs(step.value))[:3]
    largest = "; ".join(f"{step.label}, {finer_money(step.value, unit, like, signed=True)}" for step in moves)
    ends = [f"{_side(step.value, unit, like)} in the {step.label.lower()}" for step in steps if step.total]
    steps = [replace(step, text=finer_money(step.value, unit, like, signed=not step.total)) for step in steps]
    rows = tuple((Cell(step.label), Cell(step.text, step.value)) for step in steps)
    return Chart(
        key, title, f"Waterfall of the recurring gap in {year}: {', '.join(ends)}. The largest steps: {largest}.",
        Waterfall(tuple(steps), unit, f"Recurring gap in {year}", 0.0, "gap closed"),
        Table(f"{key}_figures", f"{title}: recurring gap in {year}", ("Step", "Gap"), rows,
              "A plus widens the gap; a gap with a minus is money to spare."),
    )  # fmt: skip


def _side(value: float, unit: str, like: float) -> str:
    """Tell a gap beside others: ``£0.10m to spare``."""
    return f"{finer_money(abs(value), unit, like)} {'to spare' if value < 0 else 'short'}"


def swing_chart(
    key: str, title: str, rows: Sequence[tuple[str, Document, str, str]], centre: float, unit: str, axis: str, *,
    holds: str = "closes",
) -> Chart:  # fmt: skip
    """Give the figures that move an answer most: its average where each is in its lowest and in its highest tenth.

    Parameters
    ----------
    rows : sequence of (label, swing, words, words)
        A swing of the summary, and what the figure is on its low and on its high side, the largest shift first.
    centre : float
        The answer's average over all futures [unit].
    holds : str
        What the headline does in some futures.
    """
    like = max(abs(entry[side]["mean"]) for _, entry, _, _ in rows for side in ("low", "high"))

    def cells(label: str, entry: Document, words: Sequence[str]) -> tuple[Cell, ...]:
        sides = (entry["low"], entry["high"])
        told = (
            cell
            for side, word in zip(sides, words, strict=True)
            for cell in (Cell(word, side["value"]), _average(side, unit, like), *_chances(side))
        )  # fmt: skip
        return Cell(label), *told

    chances = (f"{holds} in (of 100)",) if "probability" in rows[0][1]["low"] else ()
    headings = [f"{side}: {name}" for side in ("Low side", "High side") for name in ("value", "average", *chances)]
    most = "; ".join(f"{label} ({_apart(entry, sides, unit, like)})" for label, entry, *sides in rows[:2])
    drawn = tuple(
        _swing(label, entry, sides, [f"{holds} in {count} of 100" if count else "" for count in told])
        for (label, entry, *sides), told in zip(rows, _closes([entry for _, entry, _, _ in rows]), strict=True)
    )
    about = f"{axis[:1].lower()}{axis[1:]}, {money(centre, unit)} over all futures"
    return Chart(
        key, title, f"Bars of what moves the {about}. Most of all: {most}.",
        Swings(drawn, centre, unit, axis, f"average {money(centre, unit)}"),
        Table(f"{key}_figures", title, ("Assumption", *headings),
              tuple(cells(label, entry, words) for label, entry, *words in rows)),
    )  # fmt: skip


def _swing(label: str, entry: Document, sides: Sequence[str], closes: Sequence[str]) -> Swing:
    """Give one row of the picture, how often the headline holds below what the assumption is."""
    words = [f"{side}\n{often}" if often else side for side, often in zip(sides, closes, strict=True)]
    return Swing(label, entry["low"]["mean"], entry["high"]["mean"], *words)


def _closes(entries: Sequence[Document]) -> list[tuple[str, str]]:
    """Give how often the headline holds on either side of each swing; nothing where it is the same on all of them."""
    if "probability" not in entries[0]["low"]:
        return [("", "")] * len(entries)
    low, high = (
        [out_of_hundred(entry[side]["probability"], entry[side]["probability_error"]) for entry in entries]
        for side in ("low", "high")
    )
    return list(zip(low, high, strict=True)) if len({*low, *high}) > 1 else [("", "")] * len(entries)


def _average(side: Document, unit: str, like: float) -> Cell:
    return Cell(money(side["mean"], unit, side["error"], like=like), side["mean"])


def _chances(side: Document) -> tuple[Cell, ...]:
    """Give how often the headline holds on one side, where there is one."""
    if "probability" not in side:
        return ()
    return (Cell(chance_count(side["probability"], side["probability_error"]), side["probability"]),)


def _apart(entry: Document, sides: Sequence[str], unit: str, like: float) -> str:
    """Tell what the answer is on either side of a swing."""
    return "; ".join(
        f"{words}: {money(entry[side]['mean'], unit, like=like)}"
        for side, words in zip(("low", "high"), sides, strict=True)
    )


def bar_chart(
    key: str, title: str, alt: str, bars: Sequence[tuple[str, str, Sequence[float]]], parts: Sequence[str], unit: str,
    axis: str,
) -> Chart:  # fmt: skip
    """Give bars of parts that add up: money, or futures of 100 where there is no unit.

    Parameters
    ----------
    bars : sequence of (option, label, amounts)
        The amounts of the parts, in their order [unit, or share of the futures].
    """
    like = max(abs(amount) for _, _, amounts in bars for amount in amounts)
    rows = tuple(
        (Cell(label), *(Cell(money(a, unit, like=like) if unit else chance_count(a), a) for a in amounts))
        for _, label, amounts in bars
    )
    drawn = tuple(
        Bar(
            option, label,
            tuple(Segment(at, amount, cell.text) for at, (amount, cell) in enumerate(zip(amounts, cells, strict=True))
                  if abs(amount) > _NOTHING * like),
            money(sum(amounts), unit, like=like) if unit else "",
        )
        for (option, label, amounts), (_, *cells) in zip(bars, rows, strict=True)
    )  # fmt: skip
    return Chart(
        key, title, alt, Bars(drawn, tuple(parts), unit, axis),
        Table(f"{key}_figures", title, ("Option", *parts), rows),
    )  # fmt: skip
