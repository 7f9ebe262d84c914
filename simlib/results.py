"""Futures: the drawn arrays with names, and the xarray.Dataset built from them on access.

The first futures are held (all of them, up to 131,072 or with ``keep: all``); of more, every chunk is counted as
it passes. What is read from them is in ``simlib.readouts``, what is made of that in ``simlib.summary``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simlib.drivers import Driver
from simlib.estimates import Histogram, counted
from simlib.flows import Delivery, flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.readouts import Key, Readout, read_comparisons, read_council, read_option

if TYPE_CHECKING:
    import xarray

HELD = 131_072  # futures; a power of two, and enough for quantiles to be exact in ordinary use


@dataclass(slots=True)
class Block:
    """What one chunk gives: the delivery, the drivers and outputs by address, and the readings' counts."""

    delivery: Delivery
    drivers: dict[str, Floats]
    outputs: dict[str, Floats]
    readings: dict[Key, NDArray[np.int64]]


@dataclass(slots=True)
class Tally:
    """Counts of facts and histograms of figures, added up chunk by chunk."""

    replicates: int
    facts: dict[Key, NDArray[np.int64]] = field(default_factory=dict)
    figures: dict[Key, list[Histogram]] = field(default_factory=dict)

    def add(self, readouts: Iterator[Readout]) -> None:
        """Count what is read of one block; the first block sets the bins."""
        for key, array in readouts:
            if array.dtype == np.bool_:
                counts = counted(array, self.replicates)
                self.facts[key] = self.facts.get(key, np.zeros_like(counts)) + counts
                continue
            rows = np.atleast_2d(array)
            if key not in self.figures:
                self.figures[key] = [Histogram.over(row, self.replicates) for row in rows]
            for histogram, row in zip(self.figures[key], rows, strict=True):
                histogram.add(row)


@dataclass(slots=True)
class Futures:
    """Simulated futures of a model: plain arrays inside, the simulation last.

    Attributes
    ----------
    count, wanted
        Futures drawn, and asked for (a sampler may need a multiple).
    held
        How many of them the arrays hold; ``tally`` covers all of them where that is fewer.
    delivery, drivers, outputs
        What the held futures are.
    readings
        For each reading's headline the (replicate,) count of futures in which it holds.
    """

    model: Model
    count: int
    wanted: int
    held: int
    seed: int | None
    sampler: str
    replicates: int
    delivery: Delivery
    drivers: dict[str, Floats]
    outputs: dict[str, Floats]
    readings: dict[Key, NDArray[np.int64]] = field(default_factory=dict)
    tally: Tally | None = None

    @classmethod
    def starting(cls, model: Model, block: Block, **run: Any) -> "Futures":  # noqa: ANN401
        """Give futures with room for those that will be held, laid out like a first block."""
        held = run["held"]
        room = {name: _room(value, held) for name, value in block.drivers.items()}
        outputs = {name: _room(value, held) for name, value in block.outputs.items()}
        d = block.delivery
        arrays = (d.gap_before, d.line_costs, d.savings, d.run_rate, d.one_off_savings, d.costs, d.starts)
        carried = {k: _room(v, held) if v.ndim and v.shape[-1] == d.simulations else v for k, v in d.carried.items()}
        return cls(model, delivery=Delivery(*(_room(a, held) for a in arrays), carried), drivers=room, outputs=outputs, **run)

    @property
    def trials(self) -> NDArray[np.int64]:
        """How many futures each replicate has."""
        whole, rest = divmod(self.count, self.replicates)
        return np.asarray([whole + (r < rest) for r in range(self.replicates)], dtype=np.int64)

    def put(self, start: int, block: Block) -> None:
        """Hold a block from ``start`` on as far as there is room, and count it."""
        size = min(block.delivery.simulations, self.held - start)
        if size > 0:
            where, taken = slice(start, start + size), slice(0, size)
            for mine, theirs in self._twins(block):
                if mine.ndim and mine.shape[-1] == self.held:
                    _copy(mine[..., where], theirs[..., taken])
        for key, counts in block.readings.items():
            self.readings[key] = self.readings.get(key, np.zeros_like(counts)) + counts
        if self.tally is not None:
            self.tally.add(read_all(self.model, block.delivery, block.drivers, block.outputs))

    def _twins(self, block: Block) -> Iterator[tuple[Floats, Floats]]:
        names = ("gap_before", "line_costs", "savings", "run_rate", "one_off_savings", "costs", "starts")
        yield from ((getattr(self.delivery, name), getattr(block.delivery, name)) for name in names)
        yield from ((self.delivery.carried[k], v) for k, v in block.delivery.carried.items())
        yield from ((self.drivers[k], v) for k, v in block.drivers.items())
        yield from ((self.outputs[k], v) for k, v in block.outputs.items())

    @property
    def dataset(self) -> "xarray.Dataset":
        """The held futures as a labelled dataset, options included; futures beyond the file's ``keep`` left out."""
        from simlib.labelling import label_futures

        return label_futures(self)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"<Futures of {self.model.config.title!r}: {self.count:,} drawn ({self.sampler}, seed {self.seed}), {self.held:,} held>"


def read_all(model: Model, delivery: Delivery, drivers: dict[str, Floats], outputs: dict[str, Floats]) -> Iterator[Readout]:
    """Give every fact and figure of some futures."""
    positions = {}
    for c in range(len(model.councils)):
        yield from read_council(model, delivery, c)
    for o, option in enumerate(model.options):
        for key, array in read_option(model, delivery, o):
            if key[-1] == "gap_recurring":
                council = next(c for c in option.councils if model.councils[c].id == key[2])
                positions[o, council] = array[model.target].copy()
            yield key, array
    yield from read_comparisons(model, positions)
    yield from read_events(model, delivery)
    yield from read_figures(model, drivers, outputs)


def read_events(model: Model, delivery: Delivery) -> Iterator[Readout]:
    """Give whether each event happens."""
    for place, event in model.events:
        moments = np.broadcast_to(delivery.carried[place], (delivery.simulations,))
        yield ("events", event.address), np.isfinite(moments)


def read_figures(model: Model, drivers: dict[str, Floats], outputs: dict[str, Floats]) -> Iterator[Readout]:
    """Give outputs, and drivers as their distribution is stated: of a walk its first step, else every year alike."""
    yield from ((("outputs", name), value) for name, value in outputs.items())
    for node in model.nodes:
        if isinstance(node, Driver) and node.address in drivers:
            value = drivers[node.address]
            yield ("drivers", node.address), value[0] if node.varies.mode == "walk" else value


def _room(like: Floats, held: int) -> Floats:
    return np.zeros((*like.shape[:-1], held))


def _copy(room: Floats, values: Floats) -> None:
    """Copy rows that are not all zero: untouched memory costs nothing."""
    if room.ndim == 1:
        room[:] = values
        return
    for mine, theirs in zip(room, values, strict=True):
        if theirs.any():
            _copy(mine, theirs)
