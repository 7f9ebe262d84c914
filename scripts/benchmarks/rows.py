"""A measured figure beside its target, how it is shown, and medians of interleaved runs; nothing is measured here."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

HEADS = ("figure", "measured", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes
    ----------
    value
        What was measured [unit]; None where there is nothing to measure yet, or not on this machine.
    target
        What it may be at most, or must be where ``at_least``; None of figures that are only for comparison.
    note
        What the reader must know of it.
    """

    name: str
    value: float | None
    unit: str
    target: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or no figure."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def cells(self) -> tuple[str, ...]:
        """The row in words, one for each of `HEADS`."""
        measured = "not measured" if self.value is None else f"{digits(self.value)} {self.unit}"
        bound = "" if self.target is None else f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}"
        met = {True: "yes", False: "no", None: ""}[self.met]
        return self.name, measured, bound, met

    @property
    def document(self) -> dict[str, Any]:
        """The row as it is kept in JSON."""
        return asdict(self) | {"met": self.met}


def kept(document: Mapping[str, Any]) -> Row:
    """Give a row back from JSON."""
    return Row(**{name: value for name, value in document.items() if name != "met"})


def digits(value: float) -> str:
    """Give a figure to three digits, or whole where it has more."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(title: str, rows: Iterable[Row]) -> None:
    """Print a table, a row as soon as it is there."""
    print(f"\n{title:72}{HEADS[1]:>18}{HEADS[2]:>18}{HEADS[3]:>6}")
    for row in rows:
        name, measured, bound, met = row.cells
        print(f"{name:72}{measured:>18}{bound:>18}{met:>6}", flush=True)
        if row.note:
            print(f"    {row.note}")


def keeping(rows: Iterable[Row], into: list[Row]) -> Iterator[Row]:
    """Give rows on, and keep them."""
    for row in rows:
        into.append(row)
        yield row


def alternately(tasks: Mapping[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Give the median seconds of each task, all of them run in turn; the first turn warms up and is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(times + 1):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            taken = time.perf_counter() - started
            seconds[name] += [taken] if turn else []
    return {name: statistics.median(found) for name, found in seconds.items()}
