"""Futures: the drawn arrays with names, and the xarray.Dataset built from them on access.

The first futures are held (all of them, up to 131,072 or with ``keep: all``); of more, every chunk is counted as
it passes. What is read from them is in ``simlib.readouts``, what is made of that in ``simlib.summary``.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.delivery import Delivery
from simlib.drivers import Driver, Values
from simlib.estimates import Statistics, certain_statistics
from simlib.histograms import Counts, Histograms, no_counts
from simlib.kernels.paths import Floats
from simlib.memory import scratch
from simlib.model import Model
from simlib.naming import figure_name
from simlib.outline import Outline, holding, shared_out
from simlib.programs import Ledger, pass_by
from simlib.readouts import Held, Key, read_all
from simlib.sampling import Dimension
from simlib.sheet import Sheet
from simlib.showing import table_html
from simlib.units import beside

if TYPE_CHECKING:
    import xarray

    from simlib.observing import Conditioned

HELD = 131_072  # futures; a power of two, and enough for quantiles to be exact in ordinary use
SHOWN = 16_384  # futures that a notebook's table is read off
LEVELS_SHOWN = {"1 in 10 below": 0.1, "Middle": 0.5, "1 in 10 above": 0.9}


@dataclass(slots=True, eq=False)
class Tally:
    """What is counted of futures as they pass: facts and sums, and figures in bins.

    Attributes
    ----------
    count
        How many futures have passed.
    ledger, figures
        Sums and counts, and the bins of every figure, in the outline's order.
    """

    outline: Outline
    replicates: int
    count: int
    ledger: Ledger
    figures: Histograms

    @classmethod
    def over(cls, outline: Outline, sample: Floats, replicates: int) -> "Tally":
        """Give an empty one whose bins suit some futures, (figure, simulation)."""
        return cls(outline, replicates, 0, Ledger.of(outline.program), Histograms.over(sample, replicates))

    def empty(self, counts: Counts | None = None) -> "Tally":
        """Give one with the same bins, and nothing in it but counts that there are already."""
        return Tally(self.outline, self.replicates, 0, Ledger.of(self.outline.program), self.figures.empty(counts))

    def no_counts(self) -> Counts:
        """Give counts of no future, also of one that was sent without any."""
        return no_counts(len(self.figures.middle), self.replicates)

    def add(self, cells: Floats, where: slice) -> None:
        """Count some futures of a sheet, (row, simulation); the first of them is of replicate 0."""
        start, stop, _ = where.indices(cells.shape[1])
        program, count = self.outline.program, stop - start
        if loops.on():
            pass_by(program, cells, slice(start, stop), self.ledger, partial(self.figures.count_by, count))
        else:
            rows = scratch("passing", program.stored, count)
            self.outline.work_out(cells, rows, slice(start, stop), self.ledger)
            self.figures.add(rows)
        self.count += count

    def settle(self) -> None:
        """Count what a compiled loop has put into bins; in the thread that it ran in."""
        self.figures.settle()

    def merge(self, other: "Tally", *, counts: bool = True) -> None:
        """Add what another one has of further futures, in the same bins; but for counts that others have too."""
        self.count += other.count
        self.ledger.merge(other.ledger)
        self.figures.add_sums(other.figures)
        if counts:
            self.figures.add_counts((other.figures.counts, other.figures.apart))

    def statistics(self, key: Key) -> list[Statistics]:
        """Give the statistics of one figure, by year where it goes by year."""
        places = self.outline.figures[key]
        uncertain = [place for place in places if isinstance(place, int)]
        found = dict(zip(uncertain, self.figures.statistics(uncertain), strict=True))
        return [
            found[place] if isinstance(place, int) else certain_statistics(place, self.replicates, self.count)
            for place in places
        ]

    @property
    def facts(self) -> dict[Key, NDArray[np.int64]]:
        """How often each fact holds in each replicate."""
        return self.outline.counted(self.ledger, self.count, self.replicates)

    @property
    def moments(self) -> dict[Key, Floats]:
        """Sums of figures and of their squares, (2, replicate) each."""
        return self.outline.summed(self.ledger, self.count, self.replicates)


class CountsByThread:
    """Counts that each thread has of its own for all the futures that it counts, added up when all are done."""

    def __init__(self, figures: Histograms) -> None:
        self.figures = figures
        self.all: list[Counts] = []
        self._own = threading.local()

    def own(self) -> Counts:
        """Give this thread's counts."""
        counts: Counts | None = getattr(self._own, "counts", None)
        if counts is None:
            counts = self._own.counts = self.figures.no_counts()
            self.all.append(counts)
        return counts


@dataclass
class Futures:
    """Simulated futures of a model: plain arrays inside, the simulation last.

    Attributes
    ----------
    count, wanted
        Futures drawn, and asked for (a sampler may need a multiple).
    held
        How many of them are held; ``tally`` covers all of them where that is fewer.
    values
        Every node's value in the held futures: all else follows from it.
    sheet, cells
        Where figures stand, and (row, simulation) what they are in the held futures; None of a plan.
    readings
        For each headline of each reading (the base one is ``""``) the (replicate,) count of futures in which it holds.
    asked_precision
        The half-width that the 95 % interval of each of some figures was to have; None where none was asked for.
    dimensions
        The sampler's coordinates in its order; None where it has none.
    before, conditioned
        Where figures were observed: the futures as they were to be expected before, and how these came from them.
    """

    model: Model
    count: int
    wanted: int
    held: int
    seed: int | None
    sampler: str
    replicates: int
    values: Values
    readings: dict[Key, NDArray[np.int64]]
    sheet: Sheet | None = None
    cells: Floats | None = None
    tally: Tally | None = None
    asked_precision: Mapping[str, float] | None = None
    dimensions: tuple[Dimension, ...] | None = None
    before: "Futures | None" = None
    conditioned: "Conditioned | None" = None

    @property
    def trials(self) -> NDArray[np.int64]:
        """How many futures each replicate has."""
        return shared_out(self.count, self.replicates)

    def trials_of(self, reading: str) -> NDArray[np.int64]:
        """Give how many futures each replicate of a reading has: of those that fit it where figures were observed."""
        own = {} if self.conditioned is None else self.conditioned.sizes
        return shared_out(own.get(reading, self.count), self.replicates)

    @property
    def order(self) -> list[list[str | int]] | None:
        """Name and year of the sampler's dimensions in their order; None where its draws depend on none."""
        return None if self.dimensions is None else [[d.name, d.year] for d in self.dimensions]

    @cached_property
    def holding(self) -> Held:
        """The held futures, as they are read."""
        return holding(self.model, self.values, self.held)

    @cached_property
    def readouts(self) -> dict[Key, NDArray[Any]]:
        """Every fact and figure of the held futures; large, unless they are few as in a plan."""
        return dict(read_all(self.model, self.holding))

    @property
    def delivery(self) -> Delivery:
        """What the held futures have before any option is looked at, worked out where it is asked for."""
        return self.holding.delivery

    @property
    def drivers(self) -> dict[str, Floats]:
        """What the held futures have of every driver, by address."""
        return self.holding.drivers

    @property
    def outputs(self) -> dict[str, Floats]:
        """What the held futures have of every output of the file's own, by id."""
        return self.holding.outputs

    def part(self, where: slice) -> Held:
        """Give some of the held futures, as they are read."""
        count = len(range(*where.indices(self.held)))
        near = [v[..., where] if v.ndim and v.shape[-1] == self.held else v for v in self.values]
        return holding(self.model, near, count)

    @property
    def kept(self) -> int:
        """How many of the held futures the file keeps for others to look at."""
        keep = self.model.config.run.keep
        return self.held if keep == "all" else min(self.held, int(keep))

    @property
    def dataset(self) -> "xarray.Dataset":
        """The futures that are kept as a labelled dataset, options included."""
        return self.labelled(slice(0, self.kept))

    def labelled(self, where: slice) -> "xarray.Dataset":
        """Give some of the held futures as a labelled dataset."""
        from simlib.labelling import label_futures

        return label_futures(self, where)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        drawn = f"{self.count:,} drawn ({self.sampler}, seed {self.seed}), {self.held:,} held"
        return f"<Futures of {self.model.config.title!r}: {drawn}>"

    def _repr_html_(self) -> str:
        """Show in a notebook what was drawn of the first assumptions; of the plan what it has."""
        count, model = min(self.held, SHOWN), self.model
        said = f"{self.count:,} futures, {self.sampler} sampler, seed {self.seed}"
        caption = f"{model.config.title}: {'the business case' if self.seed is None else said}"
        levels = {"Business case": 0.5} if self.seed is None else LEVELS_SHOWN
        rows = [
            (_named(node, model), *_quantiles(node, value, count, model, tuple(levels.values())))
            for node, value in zip(model.nodes, self.values, strict=True)
            if isinstance(node, Driver)
        ]
        note = "Where a figure goes by year, in the target year." if any(" (in " in row[0] for row in rows) else ""
        return table_html(caption, ("Assumption", *levels), rows, note=note)


def _named(node: Driver, model: Model) -> str:
    """Give an assumption's name, and the year that is shown of one that goes by year."""
    name = node.quantity.label or figure_name(model.config, node.address)
    return name if node.varies.mode == "once" or not model.years else f"{name} (in {model.year_labels[model.target]})"


def _quantiles(node: Driver, value: Floats, count: int, model: Model, levels: tuple[float, ...]) -> list[str]:
    """Give quantiles of an assumption in one unit of its kind, of one that goes by year in the target year."""
    row = value[min(model.target, len(value) - 1)] if value.ndim > 1 else value
    found = np.quantile(np.atleast_1d(row)[:count], levels).tolist()
    return beside(found, (max(found) - min(found)) / 20, node.quantity.kind, model.unit)
