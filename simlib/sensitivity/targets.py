"""What sensitivity is asked about: gaps, closing, claims, the best option, outputs; what moves them is not known here.

A target is one number in each future: an amount, or 1 where something holds and 0 where not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simlib import loops
from simlib.errors import ModelError, Problem
from simlib.given import figures_at
from simlib.kernels.paths import Floats
from simlib.memory import unfilled
from simlib.model import Model
from simlib.outline import Outline, outline_of
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.results import Futures
from simlib.sampling import CHUNK
from simlib.workers import parallel

__all__ = ["Target", "figures_of", "rows_at", "rows_of", "targets", "told"]

Rows = Mapping[Key, Floats]


@dataclass(frozen=True, slots=True)
class Target:
    """One number in each future that sensitivity is asked about.

    Attributes
    ----------
    name
        ``("gap", option, council, year)``, ``("closes", option, council)`` or ``jointly`` in its place, ``("claim",
        option)`` and ``("kept", option)``, ``("best", option, council)``, ``("output", output)`` or with a year.
    key
        The figure that it is read from, by the keys of ``simlib.outline``.
    year
        Place of its year; None where the figure does not go by year.
    rivals
        The figures of the other options, where it is asked whether an option's gap is the smallest.
    """

    name: Key
    key: Key
    year: int | None = None
    rivals: tuple[Key, ...] = ()

    @property
    def chance(self) -> bool:
        """Whether it holds or does not, so that its average is a chance."""
        return self.key[0] == "holds" or bool(self.rivals)

    @property
    def keys(self) -> tuple[Key, ...]:
        """All figures that it is worked out from."""
        return (self.key, *self.rivals)

    def row(self, read: Rows, tolerance: float) -> Floats:
        """Give it in each future, (simulation,), from figures by key; alike within the tolerance [money] is alike."""
        own, *others = (_in_year(read[key], self.year) for key in self.keys)
        if not others:
            return own
        best = others[0]
        for other in others[1:]:
            best = np.minimum(best, other)
        return np.where(own <= best + tolerance, 1.0, 0.0)


def _in_year(figure: Floats, year: int | None) -> Floats:
    return figure if figure.ndim == 1 else figure[0 if year is None else year]


def targets(model: Model, *, every_year: bool = False) -> tuple[Target, ...]:
    """Give everything that can be asked about.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives.
    every_year
        Whether the gap is asked about in every year, or in the target year only.
    """
    return (*_of_options(model, every_year=every_year), *_best(model), *_of_outputs(model))


def _of_options(model: Model, *, every_year: bool) -> Iterator[Target]:
    years = range(len(model.years)) if every_year else [model.target]
    for option in model.options:
        homes = [model.councils[c] for c in option.councils]
        gaps = [home.id for home in homes if home.gap_plan is not None]
        for council in gaps:
            key = ("options", option.id, council, "gap_recurring")
            yield from (Target(("gap", option.id, council, model.year_labels[y]), key, y) for y in years)
        reserves = model.config.closes.startswith("reserves")
        closing = [home.id for home in homes if home.gap_plan is not None and (home.fund is not None or not reserves)]
        places = [*closing, *(["jointly"] if len(closing) == len(homes) > 1 else [])]
        yield from (Target(("closes", option.id, place), ("holds", option.id, place)) for place in places)
        if option.claim is not None:
            yield Target(("claim", option.id), ("options", option.id, "claim", "amount"))
            yield Target(("kept", option.id), ("holds", option.id, "claim"))


def _best(model: Model) -> Iterator[Target]:
    """Ask of each council which of its options leaves the smallest gap in the target year; several may, alike."""
    for c, home in enumerate(model.councils):
        names = [o.id for o in model.options if c in o.councils and home.gap_plan is not None]
        keys = {name: ("options", name, home.id, "gap_recurring") for name in names}
        for name in names if len(names) > 1 else ():
            rivals = tuple(key for other, key in keys.items() if other != name)
            yield Target(("best", name, home.id), keys[name], model.target, rivals)


def _of_outputs(model: Model) -> Iterator[Target]:
    for output in model.outputs:
        if model.plan[output.node].ndim > 1:
            for year, label in enumerate(model.year_labels):
                yield Target(("output", output.id, label), ("outputs", output.id), year)
        else:
            yield Target(("output", output.id), ("outputs", output.id))


def told(model: Model, wanted: Sequence[Target] | None) -> tuple[Target, ...]:
    """Give the targets that are wanted, or all; with none there is nothing to ask.

    Parameters
    ----------
    model
        What :func:`simlib.compile_model` gives.
    wanted
        What is asked about; everything that ``targets`` gives where left out.

    Raises
    ------
    ModelError
        If there is none.
    """
    found = targets(model) if wanted is None else tuple(wanted)
    if not found:
        text = "expected an option of a council with a gap, a claim or an output to ask about, and there is none"
        raise ModelError([Problem("", "options", text)])
    return found


def _keys(wanted: Sequence[Target]) -> tuple[Key, ...]:
    return tuple(dict.fromkeys(key for target in wanted for key in target.keys))


def rows_at(model: Model, scores: Floats, wanted: Sequence[Target], *, n_jobs: int | None = None) -> Floats:
    """Give targets in futures whose scores are given, (target, simulation); see :func:`simlib.given.figures_at`."""
    read = figures_at(model, scores, _keys(wanted), n_jobs=n_jobs)
    return np.stack([target.row(read, model.tolerance) for target in wanted])


def rows_of(futures: Futures, wanted: Sequence[Target], *, n_jobs: int | None = None) -> Floats:
    """Give targets in the futures that are held, (target, simulation)."""
    read = figures_of(futures, _keys(wanted), n_jobs=n_jobs)
    found = unfilled(len(wanted), futures.held)

    def put(place: int) -> None:
        found[place] = wanted[place].row(read, futures.model.tolerance)

    for _ in parallel(put, range(len(wanted)), n_jobs):
        pass
    return found


def figures_of(futures: Futures, keys: Sequence[Key], *, n_jobs: int | None = None) -> dict[Key, Floats]:
    """Give figures of the futures that are held, by key (simulation,) or (year, simulation).

    Raises
    ------
    ModelError
        If the futures are those of a plan, in which nothing is uncertain.
    """
    if futures.sheet is None or futures.cells is None:
        raise ModelError([Problem("", "", "expected futures that were drawn, got those of the plan")])
    loops.start_for(futures.held)
    read = outline_of(futures.sheet, tuple(keys))
    stored = unfilled(read.program.stored, futures.held)
    where = [slice(k, min(k + CHUNK, futures.held)) for k in range(0, futures.held, CHUNK)]
    for _ in parallel(_working(read, futures.cells, stored), where, n_jobs):
        pass
    return {key: _gathered(places, stored) for key, places in read.figures.items()}


def _working(read: Outline, cells: Floats, stored: Floats) -> Callable[[slice], Any]:
    return lambda where: read.work_out(cells, stored, where, Ledger.of(read.program), first=where.start)


def _gathered(places: Sequence[int | float], stored: Floats) -> Floats:
    """Give a figure from the rows that it stands in, without a copy where these follow each other."""
    rows = [p for p in places if isinstance(p, int)]
    if len(rows) == len(places) and rows == list(range(rows[0], rows[0] + len(rows))):
        return stored[rows[0] : rows[-1] + 1] if len(rows) > 1 else stored[rows[0]]
    found = [stored[p] if isinstance(p, int) else np.full(stored.shape[1], p) for p in places]
    return np.stack(found) if len(found) > 1 else found[0]
