"""Futures: the drawn arrays with names, and the xarray.Dataset built from them on access.

The first futures are held (all of them, up to 131,072 or with ``keep: all``); of more, every chunk is counted as
it passes. What is read from them is in ``simlib.readouts``, what is made of that in ``simlib.summary``.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simlib.delivery import ARRAYS, MOMENTS, Delivery
from simlib.errors import ModelError, Problem
from simlib.estimates import counted, moments
from simlib.histograms import Histogram
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.readouts import Held, Key, Readout
from simlib.sampling import Dimension

if TYPE_CHECKING:
    import xarray

LARGEST_PART = 0.6  # of the machine's memory, for futures that are held
HELD = 131_072  # futures; a power of two, and enough for quantiles to be exact in ordinary use


@dataclass(slots=True)
class Block:
    """What one chunk gives: its first future, the delivery, drivers and outputs by address, the readings' counts."""

    start: int
    delivery: Delivery
    drivers: dict[str, Floats]
    outputs: dict[str, Floats]
    readings: dict[Key, NDArray[np.int64]]

    @property
    def holding(self) -> Held:
        """The chunk's futures, as they are read."""
        return Held(self.delivery, self.drivers, self.outputs)


@dataclass(slots=True)
class Tally:
    """Counts of facts, histograms of figures and moments, added up chunk by chunk."""

    replicates: int
    facts: dict[Key, NDArray[np.int64]] = field(default_factory=dict)
    figures: dict[Key, list[Histogram]] = field(default_factory=dict)
    moments: dict[Key, Floats] = field(default_factory=dict)

    def add(self, readouts: Iterable[Readout]) -> None:
        """Count what is read of some futures; the first ones set the bins."""
        for key, array in readouts:
            if array.dtype == np.bool_:
                counts = counted(np.asarray(array, dtype=bool), self.replicates)
                self.facts[key] = self.facts.get(key, np.zeros_like(counts)) + counts
                continue
            if key[0] == "moments":
                sums = moments(np.asarray(array, dtype=float), self.replicates)
                self.moments[key] = self.moments.get(key, 0.0) + sums
                continue
            figure = np.asarray(array, dtype=float)
            rows = np.atleast_2d(figure)
            if key not in self.figures:
                self.figures[key] = [Histogram.over(row, self.replicates) for row in rows]
            for histogram, row in zip(self.figures[key], rows, strict=True):
                histogram.add(row)

    def empty(self) -> "Tally":
        """Give one with the same bins and nothing in it."""
        return Tally(self.replicates, {}, {key: [h.empty() for h in hs] for key, hs in self.figures.items()})

    def merge(self, other: "Tally") -> None:
        """Add what another one has counted in the same bins."""
        for key, counts in other.facts.items():
            self.facts[key] = self.facts.get(key, np.zeros_like(counts)) + counts
        for key, sums in other.moments.items():
            self.moments[key] = self.moments.get(key, 0.0) + sums
        for key, histograms in other.figures.items():
            for mine, theirs in zip(self.figures[key], histograms, strict=True):
                mine.merge(theirs)


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
    asked_precision
        The half-width that the 95 % interval of each of some figures was to have; None where none was asked for.
    readings
        For each headline of each reading (the base one is ``""``) the (replicate,) count of futures in which it holds.
    dimensions
        The sampler's coordinates in its order; None where it has none.
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
    asked_precision: Mapping[str, float] | None = None
    dimensions: tuple[Dimension, ...] | None = None

    @classmethod
    def starting(cls, model: Model, block: Block, **run: Any) -> "Futures":
        """Give futures with room for those that will be held, laid out like a first block."""
        held = run["held"]
        d, years = block.delivery, len(model.years)
        shapes: dict[Any, tuple[int, ...]] = {("arrays", n): (len(getattr(d, n)), years) for n in ARRAYS}
        shapes |= {("arrays", name): (len(getattr(d, name)),) for name in MOMENTS}
        shapes |= {("drivers", name): value.shape[:-1] for name, value in block.drivers.items()}
        shapes |= {("outputs", name): value.shape[:-1] for name, value in block.outputs.items()}
        wide = {k for k, v in d.carried.items() if v.ndim and v.shape[-1] == d.simulations}
        shapes |= {("carried", k): d.carried[k].shape[:-1] for k in wide}
        room = rooms(shapes, held)
        carried = {k: room["carried", k] if k in wide else v for k, v in d.carried.items()}
        arrays: dict[str, Any] = {name: room["arrays", name] for name in ARRAYS}
        return cls(
            model,
            delivery=replace(d, simulations=held, carried=carried, **arrays),
            drivers={name: room["drivers", name] for name in block.drivers},
            outputs={name: room["outputs", name] for name in block.outputs},
            **run,
        )

    @property
    def trials(self) -> NDArray[np.int64]:
        """How many futures each replicate has."""
        return self._shared_out(self.count)

    @property
    def reading_trials(self) -> NDArray[np.int64]:
        """How many futures of each replicate the readings are run on: those that are held."""
        return self._shared_out(self.held)

    @property
    def order(self) -> list[list[str | int]] | None:
        """Name and year of the sampler's dimensions in their order; None where its draws depend on none."""
        return None if self.dimensions is None else [[d.name, d.year] for d in self.dimensions]

    def _shared_out(self, count: int) -> NDArray[np.int64]:
        whole, rest = divmod(count, self.replicates)
        return np.asarray([whole + (r < rest) for r in range(self.replicates)], dtype=np.int64)

    def put(self, block: Block) -> dict[Key, NDArray[np.int64]]:
        """Hold a block in its place as far as there is room, and give what its readings counted.

        Blocks have places of their own, so several workers may do this at once.
        """
        size = min(block.delivery.simulations, self.held - block.start)
        if size > 0:
            where, taken = slice(block.start, block.start + size), slice(0, size)
            for mine, theirs in self._twins(block):
                if mine.ndim and mine.shape[-1] == self.held:
                    copy_rows(mine[..., where], theirs[..., taken])
        return block.readings

    def count_readings(self, readings: dict[Key, NDArray[np.int64]]) -> None:
        """Add what the readings of some futures have counted."""
        for key, counts in readings.items():
            self.readings[key] = self.readings.get(key, np.zeros_like(counts)) + counts

    @property
    def holding(self) -> Held:
        """The held futures, as they are read."""
        return Held(self.delivery, self.drivers, self.outputs)

    def _twins(self, block: Block) -> Iterator[tuple[Floats, Floats]]:
        for name in ARRAYS:
            yield from zip(getattr(self.delivery, name), getattr(block.delivery, name), strict=True)
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
        drawn = f"{self.count:,} drawn ({self.sampler}, seed {self.seed}), {self.held:,} held"
        return f"<Futures of {self.model.config.title!r}: {drawn}>"


def rooms(shapes: Mapping[Any, tuple[int, ...]], held: int) -> dict[Any, Floats]:
    """Give arrays of the given shapes with the simulation as a last axis, all in one piece of memory.

    One large piece is several times quicker to fill than many small ones, as the system hands it out in huge pages.
    """
    sizes = {key: math.prod(shape) for key, shape in shapes.items()}
    _refuse_too_large(sum(sizes.values()) * held * 8)
    whole = np.zeros((sum(sizes.values()), held))
    found, start = {}, 0
    for key, shape in shapes.items():
        found[key] = whole[start : start + sizes[key]].reshape(*shape, held)
        start += sizes[key]
    return found


def _refuse_too_large(needed: int) -> None:
    """Refuse before it is tried what this machine has no memory for: the system would end the program in the middle."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return
    if needed > LARGEST_PART * memory:
        text = (
            f"these futures would need {needed / 1e9:,.1f} GB to be held in memory, of {memory / 1e9:,.1f} GB that "
            f"the machine has; ask for fewer futures, or keep fewer"
        )
        raise ModelError([Problem("", "run.keep", text)])


def copy_rows(room: Floats, values: Floats) -> None:
    """Copy rows that are not all zero: untouched memory costs nothing."""
    if room.ndim == 1:
        room[:] = values
        return
    for mine, theirs in zip(room, values, strict=True):
        if theirs.any():
            copy_rows(mine, theirs)
