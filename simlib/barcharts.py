"""Waterfalls and bars of a report: their figures, titles and messages in words; nothing is drawn here."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from simlib.compare.rounding import apportioned, rounded
from simlib.layout import Cell, Chart, Table
from simlib.plots import Bar, Bars, Segment, Step, Swing, Swings, Waterfall
from simlib.wording import chance_count, finer_money, finer_step, money, out_of_hundred

__all__ = ["bar_chart", "step_words", "swing_chart", "waterfall"]

Document = Mapping[str, Any]
_NOTHING = 1e-9  # what is left of a sum by rounding is no part of it


def waterfall(key: str, title: str, steps: Sequence[Step], unit: str, year: str) -> Chart:
    """Give the way from one position to another.

    Parameters
    ----------
    key, title : str
        Of the chart.
    steps : sequence of Step
        From the first position to the last; they add up, and their texts too.
    year : str
        Of the gap that they are steps of.
    """
    moves = sorted((step for step in steps if not step.total), key=lambda step: -abs(step.value))[:3]
    largest = "; ".join(f"{step.label}, {step.text}" for step in moves)
    ends = [f"{_side(step)} in the {step.label.lower()}" for step in steps if step.total]
    rows = tuple((Cell(step.label), Cell(step.text, step.value)) for step in steps)
    return Chart(
        key, title, f"Waterfall of the recurring gap in {year}: {', '.join(ends)}. The largest steps: {largest}.",
        Waterfall(tuple(steps), unit, f"Recurring gap in {year}", 0.0, "gap closed"),
        Table(f"{key}_figures", f"{title}: recurring gap in {year}", ("Step", "Gap"), rows,
              "A plus widens the gap; a gap with a minus is money to spare. Steps are rounded so that they add up."),
    )  # fmt: skip


def _side(step: Step) -> str:
    """Tell a position: ``£0.10m to spare``."""
    return f"{step.text.removeprefix('-')} {'to spare' if step.value < 0 else 'short'}"


def swing_chart(
    key: str, title: str, rows: Sequence[tuple[str, Document, str, str]], centre: float, unit: str, axis: str, *,
    holds: str = "closes", most: int = 6,
) -> Chart:  # fmt: skip
    """Give the figures that move an answer most: its average where each is in its lowest and in its highest tenth.

    Parameters
    ----------
    rows : sequence of (label, swing, words, words)
        A swing of the summary, and what the figure is on its low and on its high side, the largest shift first. The
        table has all of them, the picture the first ``most``.
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
    first = "; ".join(f"{label} ({_apart(entry, sides, unit, like)})" for label, entry, *sides in rows[:2])
    drawn = tuple(
        _swing(label, entry, sides, [f"{holds} in {count} of 100" if count else "" for count in told])
        for (label, entry, *sides), told in zip(rows[:most], _closes([e for _, e, *_ in rows[:most]]), strict=True)
    )
    about = f"{axis[:1].lower()}{axis[1:]}, {money(centre, unit)} over all futures"
    return Chart(
        key, title, f"Bars of what moves the {about}. Most of all: {first}.",
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


def step_words(steps: Sequence[tuple[float, bool]], unit: str) -> list[str]:
    """Give positions, and the steps between them, in words that add up to the last digit.

    Parameters
    ----------
    steps : sequence of (amount, whether it is a position)
        From the first position to the last; steps between two positions add up to the second less the first [unit].

    Notes
    -----
    Positions are rounded. Steps are rounded down, and those that lose most are rounded up instead, as many as it takes
    (the method of largest remainders), so that none is off by a whole digit.

    Examples
    --------
    >>> step_words([(0.0, True), (0.014, False), (0.014, False), (0.014, False), (0.042, True)], "£m")
    ['£0.0k', '+£14.0k', '+£14.0k', '+£14.0k', '£42.0k']
    >>> step_words([(1.0, True), (0.014, False), (0.014, False), (-0.004, False), (1.024, True)], "£m")
    ['£1.00m', '+£0.01m', '+£0.01m', '£0.00m', '£1.02m']
    >>> step_words([(1.0, True), (0.014, False), (0.013, False), (1.027, True)], "£m")
    ['£1.00m', '+£0.02m', '+£0.01m', '£1.03m']
    """
    like = max(abs(amount) for amount, _ in steps)
    digit = finer_step(unit, like)
    told: list[Fraction] = []
    before, waiting = Fraction(0), list[Fraction]()
    for amount, position in steps:
        if not position:
            waiting.append(Fraction(amount))
            continue
        whole = rounded(Fraction(amount), digit)
        told += [*apportioned(waiting, whole - before, digit), whole]
        before, waiting = whole, []
    return [finer_money(float(value), unit, like, signed=not position)
            for value, (_, position) in zip(told, steps, strict=True)]  # fmt: skip
