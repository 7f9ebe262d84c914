"""Which futures fit the figures that have come in: each is kept with a chance of its own; nothing is told here.

A future is kept with probability exp(-½ Σ z²), z how far its figure is from the one observed, in standard deviations of
what that may be off: the likelihood of what was observed, as a share of the most it can be. So those that are kept are
an independent sample of the futures as they are to be expected now, and whatever is made of futures holds for them as
for any others. A file's readings have likelihoods of their own: each keeps its own futures of those drawn.

References
----------
von Neumann, J. (1951), Various techniques used in connection with random digits. Kish, L. (1965), Survey Sampling, on
effective sizes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.errors import ModelError, Problem
from simlib.estimates import Statistics, statistics
from simlib.kernels.paths import Floats
from simlib.memory import scratch, unfilled
from simlib.model import Model, ObservationModel
from simlib.observed import observing, outline_observed
from simlib.outline import Outline
from simlib.programs import Ledger
from simlib.readouts import Key
from simlib.sampling import CHUNK, Places, stream
from simlib.sheet import Sheet
from simlib.special import ndtr
from simlib.workers import parallel

__all__ = ["CEILING", "LEAST", "NEAR", "Conditioned", "Evidence", "Search"]

CEILING = 2**24  # futures that are drawn at most in search of those that fit
LEAST = 1_000  # futures that have to fit, so that a chance is known to within 3 of 100
NEAR = 131_072  # futures of which the observed figures themselves are looked at
FAR = 16  # times as many are drawn before no more of those that fit are looked at
ENOUGH = 5_000  # futures of a reading, of which headlines alone are told: to within 1.5 of 100
FASTEST = 16  # times as many futures as before, at most, in one go
SPARE = 1.1
STREAM = "observed"  # the name of the stream that decides


# What fits it


class Draws(Protocol):
    """Whoever fills chunks of a sheet with futures."""

    @property
    def seed(self) -> int:
        """The seed of the run."""

    def fill(self, number: int, cells: Floats, where: slice) -> None:
        """Write the first futures of a chunk into some columns."""


class _Fit(NamedTuple):
    """What fits a model's observations, of some futures.

    Attributes
    ----------
    kept
        How many fit.
    places, figures
        (kept,) which futures of the base these are, and (figure, kept) what was observed, in the first chunks.
    holds
        (headline, kept) whether the headlines of a reading hold.
    weights, squares
        Sums of all likelihoods, and of their squares.
    """

    kept: int
    places: NDArray[np.int32]
    figures: Floats
    holds: NDArray[np.bool_]
    weights: float
    squares: float


@dataclass(frozen=True, slots=True)
class _Fitting:
    """What a worker does with a chunk: draw it, work out what was observed, keep what fits."""

    draws: Draws
    sheet: Sheet
    models: Mapping[str, Model]
    read: Outline  # not worked out by each worker anew
    compiled: bool

    def __call__(self, chunk: tuple[int, int]) -> tuple[dict[str, _Fit], Floats]:
        if self.compiled:
            loops.start()
        number, size = chunk
        cells = scratch("cells", self.sheet.height, CHUNK)
        self.draws.fill(number, cells, slice(0, size))
        stored = scratch("observed", max(self.read.program.stored, 1), CHUNK)[:, :size]
        self.read.work_out(cells, stored, slice(0, size), Ledger.of(self.read.program))
        luck = stream(self.draws.seed, STREAM, (number,)).random(size)
        found = {name: self._fit(name, stored, luck, number * CHUNK) for name in self.models}
        near = self._rows("", "observed", stored) if number * CHUNK < NEAR else unfilled(0, 0)
        return found, near

    def _fit(self, name: str, stored: Floats, luck: Floats, first: int) -> _Fit:
        figures = self._rows(name, "observed", stored)
        weights = likelihood(self.models[name].observed, figures)
        kept = np.flatnonzero(luck < weights)
        places, holds = kept[: 0 if name else None], self._rows(name, "readings", stored)[:, kept]
        looked_at = figures[:, kept[: 0 if name or first >= FAR * NEAR else None]]
        sums = float(weights.sum()), float(np.square(weights).sum())
        return _Fit(len(kept), (places + first).astype(np.int32), looked_at, holds != 0, *sums)

    def _rows(self, name: str, what: str, stored: Floats) -> Floats:
        """Give the figures of a model that a program has worked out, (figure, simulation)."""
        places = [place[0] for key, place in self.read.figures.items() if key[:2] == (what, name)]
        rows = [stored[place] if isinstance(place, int) else np.full(stored.shape[1], place) for place in places]
        return np.stack(rows) if rows else unfilled(0, stored.shape[1])


def likelihood(observed: Sequence[ObservationModel], figures: Floats) -> Floats:
    """Give the likelihood of what was observed as a share of the most it can be, (simulation,).

    Parameters
    ----------
    figures
        (observation, simulation) what each future has.
    """
    far = np.zeros(figures.shape[1])
    with np.errstate(over="ignore"):  # further off than can be told is infinitely far
        for seen, row in zip(observed, figures, strict=True):
            off = (row - seen.value) / seen.spread if seen.spread else np.where(_same(seen, row), 0.0, np.inf)
            far += np.square(off)
    return np.asarray(np.exp(-0.5 * far))


def _same(seen: ObservationModel, row: Floats) -> NDArray[np.bool_]:
    """Tell where a count is the one observed: whole numbers apart from what arithmetic has rounded."""
    return np.abs(row - seen.value) <= 1e-9 * max(1.0, abs(seen.value))


@dataclass(slots=True)
class Search:
    """Draws futures until enough of them fit; those that do are the first that do, however many were drawn.

    Attributes
    ----------
    drawn
        How many futures there are so far.
    found
        By reading what fits it.
    near
        (observation, simulation) the observed figures of the first futures drawn, whether they fit or not.
    """

    draws: Draws
    sheet: Sheet
    n_jobs: int | None
    backend: str | None
    drawn: int = 0
    found: dict[str, list[_Fit]] = field(default_factory=dict)
    near: list[Floats] = field(default_factory=list)

    def reach(self, wanted: int) -> int:
        """Draw until so many futures fit, or as many as may be drawn; give how many there are of those wanted.

        Raises
        ------
        ModelError
            Where fewer than `LEAST` of `CEILING` futures fit, or plainly would, on the base reading or another.
        """
        needed = {name: max(min(wanted, ENOUGH) if name else wanted, LEAST) for name in self.models}
        self._refuse_certain()
        while self.drawn < CEILING and any(self.kept(name) < n for name, n in needed.items()):
            self._draw(self._next(needed))
            if any(map(self._hopeless, self.models)):
                break
        for name in self.models:
            if self.kept(name) < LEAST:
                raise ModelError([self._refusal(name)])
        return min(wanted, self.kept(""))

    @property
    def models(self) -> dict[str, Model]:
        """The base as ``""`` and the file's own readings."""
        return observing(self.sheet.models)

    def kept(self, name: str) -> int:
        """Give how many futures fit a reading so far."""
        return sum(fit.kept for fit in self.found.get(name, ()))

    def _hopeless(self, name: str) -> bool:
        """Tell whether too few would fit a reading if all were drawn that may be, even with five errors of luck."""
        kept = self.kept(name)
        return bool((kept + 5 * np.sqrt(kept) + 10) * CEILING / self.drawn < LEAST)

    def places(self, count: int) -> Places:
        """Give which futures are the first so many that fit."""
        return np.concatenate([fit.places for fit in self.found[""]])[:count].astype(np.int64)

    def headlines(self, count: int) -> tuple[dict[Key, NDArray[np.int64]], dict[str, int]]:
        """Give in how many futures each headline of each reading holds, and of how many that fit it."""
        facts: dict[Key, NDArray[np.int64]] = {}
        sizes = {}
        for name in self.models:
            rows = np.concatenate([fit.holds for fit in self.found[name]], axis=1)[:, :count]
            sizes[name] = min(self.kept(name), count)
            keys = [key for key in outline_observed(self.sheet).figures if key[:2] == ("readings", name)]
            if name:
                facts |= {key: np.asarray([row.sum()], np.int64) for key, row in zip(keys, rows, strict=True)}
        return facts, sizes

    def evidence(self) -> "Evidence":
        """Give what the figures observed are worth, and how they look beside the futures drawn."""
        near, base = np.concatenate(self.near, axis=1), self.found[""]
        fitting = np.concatenate([fit.figures for fit in base], axis=1)[:, :NEAR]
        seen = self.models[""].observed
        places = tuple(_placed(s, b, a) for s, b, a in zip(seen, near, fitting, strict=True))
        shares = {name: self._worth(name) for name in self.models}
        return Evidence(self.drawn, near.shape[1], shares, places)

    def _worth(self, name: str) -> "Worth":
        weights, squares = (sum(getattr(fit, what) for fit in self.found[name]) for what in ("weights", "squares"))
        return Worth(self.kept(name), weights / self.drawn, weights**2 / squares if squares else 0.0)

    def _next(self, needed: Mapping[str, int]) -> int:
        """Give up to which future to draw next: whole chunks, as many as those before suggest."""
        wanted = max(needed.values())
        if self.drawn:
            wanted = max(int(SPARE * n * self.drawn / max(self.kept(name), 1)) for name, n in needed.items())
            wanted = min(max(wanted, self.drawn + 1), FASTEST * self.drawn)
        return min(-(-wanted // CHUNK) * CHUNK, CEILING)

    def _draw(self, until: int) -> None:
        loops.start_for(until - self.drawn)
        work = _Fitting(self.draws, self.sheet, self.models, outline_observed(self.sheet), loops.on())
        chunks = [(k // CHUNK, CHUNK) for k in range(self.drawn, until, CHUNK)]
        for found, near in parallel(work, chunks, self.n_jobs, self.backend):
            for name, fit in found.items():
                self.found.setdefault(name, []).append(fit)
            if near.size:
                self.near.append(near)
        self.drawn = until

    def _refuse_certain(self) -> None:
        """Refuse what is the same in every future: nothing that comes in can say anything of it."""
        for key, places in outline_observed(self.sheet).figures.items():
            if key[:2] == ("observed", "") and not isinstance(places[0], int):
                text = "this figure is the same in every future: no figure that comes in can change what is expected"
                raise ModelError([Problem("", f"observed.{key[2]}.what", text)])

    def _refusal(self, name: str) -> Problem:
        """Say that hardly any future fits, and what is hardest to meet."""
        seen = self.models[""].observed
        near = np.concatenate(self.near, axis=1)
        hardest = min(range(len(seen)), key=lambda k: float(likelihood(seen[k : k + 1], near[k : k + 1]).mean()))
        often = 1e6 * sum(fit.weights for fit in self.found[name]) / self.drawn
        few = f"only {often:.2g}" if often >= 1 else "fewer than 1"
        low, high = np.quantile(near[hardest], (0.05, 0.95))
        text = (
            f"the figures observed lie where {few} in a million futures are; {LEAST:,} have to fit, and of "
            f"{self.drawn:,} drawn {self.kept(name):,} do. Furthest from what was expected is "
            f"'{seen[hardest].id}': 9 of 10 futures lie from {low:.4g} to {high:.4g}, and {seen[hardest].value:.4g} "
            "was observed; the assumptions may be too narrow, the error too small, or the figure another one"
        )
        return Problem("", f"readings.{name}" if name else f"observed.{seen[hardest].id}", text)


# What it is worth


@dataclass(frozen=True, slots=True)
class Placed:
    """An observation beside what was expected.

    Attributes
    ----------
    before, after
        The figure in the futures drawn, and in those that fit.
    low, high
        Chances that a figure as low, or as high, would have come in, what it may be off included.
    """

    seen: ObservationModel
    before: Statistics
    after: Statistics
    low: float
    high: float


class Worth(NamedTuple):
    """How much of the futures drawn fits: how many, the average likelihood, and the effective size of the weights."""

    kept: int
    share: float
    effective: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the figures observed are worth.

    Attributes
    ----------
    drawn
        Futures drawn, whether they fit or not.
    near
        Of how many of them the observed figures themselves were looked at.
    worth
        By reading, the base one as ``""``.
    """

    drawn: int
    near: int
    worth: Mapping[str, Worth]
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Conditioned:
    """How futures that fit came from those drawn.

    Attributes
    ----------
    places
        (simulation,) which of the futures drawn these are.
    sizes
        By reading how many futures its headlines are counted over.
    """

    evidence: Evidence
    places: Places
    sizes: Mapping[str, int]


def _placed(seen: ObservationModel, before: Floats, after: Floats) -> Placed:
    """Set an observation beside what was expected of it.

    Notes
    -----
    A figure y = x + e comes in as low as the one observed with the chance Φ((y - x) / s), averaged over the futures.
    """
    if seen.spread:
        low = float(ndtr((seen.value - before) / seen.spread).mean())
        high = float(ndtr((before - seen.value) / seen.spread).mean())
    else:
        same = _same(seen, before)
        low, high = (float((same | side).mean()) for side in (before < seen.value, before > seen.value))
    return Placed(seen, statistics(before), statistics(after), low, high)
