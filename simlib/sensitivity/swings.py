"""What each uncertain figure's worst and best tenth do to each headline, read off futures that are drawn already.

No further draw, and nothing assumed of how figures go together: what moves with a figure is in its swing, as it is in
life. How swings are told is in ``simlib.influences``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simlib.decisions.instead import needs
from simlib.drivers import Driver, Event, Values
from simlib.kernels.paths import Floats
from simlib.outline import positions, rows_of_positions
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sensitivity.tables import Keys, tails

MOST = 8_192  # futures that are looked at
ROUNDING = 1e-12  # of a figure's size: futures that differ by less are alike
FEWEST = 30  # futures on a side of which something is told
Document = dict[str, Any]


def swings(futures: Futures) -> Document:
    """Give, for each headline and each output, every uncertain figure with its low and its high side.

    Parameters
    ----------
    futures
        The first ``MOST`` of them are looked at: a chance is then known within 1.7 of 100 on either side.

    Returns
    -------
    dict
        ``options`` → option → council or ``claim`` → entries, and ``outputs`` → output → entries; the entry first that
        moves the figure's average most. ``shift`` is the average on the high side less that on the low one; ``enters``
        tells whether the figure is made of it, or only of what goes together with it.
    """
    count = min(MOST, futures.held)
    keys, figures, holds = _looked_at(futures, count)
    spread, sides, parts = figures.std(axis=0), {}, _parts(futures)
    for address, row in _averages(futures, count):
        both = tails(row)
        if min(len(where) for where in both) >= FEWEST:
            low, high = (Side.of(row, where, figures, holds, spread) for where in both)
            sides[address] = low, high
    found: Document = {"options": {}, "outputs": {}}
    for place, key in enumerate(keys):
        if spread[place] <= ROUNDING * np.abs(figures[:, place]).max():
            continue  # the same in all of them, but for rounding
        entries = [
            entry(address, *both, place, chance=key[0] == "options") | {"enters": address in parts[key]}
            for address, both in sides.items()
        ]
        where = found["outputs"] if key[0] == "outputs" else found["options"].setdefault(key[1], {})
        where[key[-1]] = sorted(entries, key=lambda each: -abs(each["shift"]))
    return found


def _parts(futures: Futures) -> dict[Key, frozenset[str]]:
    """Give the addresses that each figure is made of: of a cost none that a recurring gap is."""
    sheet, nodes = futures.sheet, futures.model.nodes
    assert sheet is not None
    found: dict[Key, frozenset[str]] = {}
    for key, rows in rows_of_positions(sheet, headlines=futures.tally is not None).items():
        inside = ((n, range(at.start, at.stop)) for (name, n), at in sheet.rows.items() if not name)
        wanted = {node for node, own in inside if not rows.isdisjoint(own)}
        for place in reversed(range(len(nodes))):  # none comes before what it is made of
            if place in wanted:
                wanted.update(needs(nodes[place]))
        found[key] = frozenset(nodes[place].address for place in wanted)
    return found


def _looked_at(futures: Futures, count: int) -> tuple[list[Key], Floats, Floats]:
    """Give the keys of what swings are told of, and (simulation, key) figures and 1 where a headline holds."""
    assert futures.sheet is not None
    assert futures.cells is not None
    read = positions(futures.sheet, headlines=futures.tally is not None)
    rows = np.empty((read.program.stored, count))
    read.work_out(futures.cells, rows, slice(0, count), Ledger.of(read.program))
    keys = [key for key, places in read.figures.items() if key[0] != "holds" and isinstance(places[-1], int)]

    def columns(places: Sequence[int | float]) -> Floats:
        told = np.empty((count, len(places)))
        for column, place in enumerate(places):
            told[:, column] = rows[place] if isinstance(place, int) else place
        return told

    holds = [read.figures.get(("holds", *key[1:]), (0.0,))[0] for key in keys]
    return keys, columns([read.figures[key][-1] for key in keys]), columns(holds)


def _averages(futures: Futures, count: int) -> Iterator[tuple[str, Floats]]:
    """Give by address each uncertain figure, (simulation,): its average up to the target year where it goes by year."""
    model = futures.model
    last = model.target + 1 if model.years else None
    for address, value in uncertain(futures, count):
        row = value[:last].mean(axis=0) if value.ndim > 1 else value
        if row.min() < row.max():
            yield address, row


def uncertain(futures: Futures, count: int) -> Iterator[tuple[str, Floats]]:
    """Give by address the values of each driver, (simulation,) or (year, simulation), and 1 where an event happens.

    Of the first futures that are held; those that are the same in all of them, or in all years, are there too.
    """
    near: Values = [v[..., :count] if v.ndim and v.shape[-1] == futures.held else v for v in futures.values]
    for node, value in zip(futures.model.nodes, near, strict=True):
        if isinstance(node, Driver | Event) and value.ndim and value.shape[-1] == count:
            yield node.address, np.isfinite(value) * 1.0 if isinstance(node, Event) else value


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a figure has: how many futures, its own average, and by key what is looked at.

    Attributes
    ----------
    count, value
        How many futures, and the figure's own average there.
    means, errors
        (key,) averages of what is looked at, and their simulation errors.
    shares
        (key,) how often the headline holds [share].
    """

    count: int
    value: float
    means: Floats
    errors: Floats
    shares: Floats

    @classmethod
    def of(cls, row: Floats, where: Keys, figures: Floats, holds: Floats, spread: Floats) -> "Side":
        """Read it off some futures, of (simulation, key) figures.

        ``spread`` is the standard deviation of the figures in all futures: on a side they may spread less, but where
        that side ends is drawn as well, and a few futures do not tell their own spread. Errors are those of independent
        futures, also where a sampler's are more even: from 16 replicates they would be too uncertain to tell movers by.
        """
        count, near = len(where), figures[where]
        means = near.mean(axis=0)
        near -= means
        own = np.sqrt(np.einsum("fk,fk->k", near, near) / count)
        errors = np.maximum(own, spread) / np.sqrt(count)
        return cls(count, float(row[where].mean()), means, errors, holds[where].mean(axis=0))

    def told(self, place: int, *, chance: bool) -> Document:
        """Give it as summary.json has it, for one key."""
        found = {"count": self.count, "value": self.value, "mean": float(self.means[place])}
        found["error"] = float(self.errors[place])
        if chance:
            share = float(self.shares[place])
            near = (share * self.count + 2) / (self.count + 4)  # none or all of a few futures is no certainty
            error = float(np.sqrt(near * (1 - near) / (self.count + 4)))
            found |= {"probability": share, "probability_error": error}
        return found


def entry(address: str, low: Side, high: Side, place: int, *, chance: bool) -> Document:
    """Give one figure's swing as summary.json has it, for one key."""
    error = float(np.hypot(low.errors[place], high.errors[place]))
    return {
        "address": address, "shift": float(high.means[place] - low.means[place]), "error": error,
        "low": low.told(place, chance=chance), "high": high.told(place, chance=chance),
    }  # fmt: skip
