"""Running programs: by the compiled machine where loops are in use, else step by step in numpy, to the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib import loops
from simlib.loops import LANES
from simlib.loops.groups import Binning, Steps, Stretch, Sums
from simlib.loops.lanes import add_by_lane
from simlib.loops.steps import COUNTS, LOAD, STEPS, STORE, SUM
from simlib.programs.assembly import CODES, Program

__all__ = ["Ledger", "pass_by", "run"]

Floats = NDArray[np.float64]

ALL_STEPS = STEPS | COUNTS
NAMES = list(CODES)
STRETCH = 512  # futures that the compiled machine takes at once

NOTHING = np.empty((0, 0))
NO_BINS = Binning(0, np.empty(0), NOTHING, np.empty((0, 0), np.uint16), NOTHING, NOTHING, NOTHING, NOTHING)
Count = Callable[[Callable[[Binning, int], None]], None]
_rooms = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """What a program adds up over futures.

    Attributes
    ----------
    sums
        (2, figure, LANES) sums and sums of squares.
    counts
        (fact, LANES) futures in which each fact holds.
    """

    sums: Floats
    counts: Floats

    @classmethod
    def of(cls, program: Program) -> Ledger:
        """Give an empty one."""
        return cls(np.zeros((2, program.summed, LANES)), np.zeros((program.counted, LANES)))

    def merge(self, other: Ledger) -> None:
        """Add what another one has."""
        self.sums[:] += other.sums
        self.counts[:] += other.counts


def run(program: Program, given: Floats, stored: Floats, ledger: Ledger, *, first: int = 0, where: slice) -> None:
    """Run a program over some futures.

    Parameters
    ----------
    given
        (input, simulation) rows.
    stored
        (figure, simulation) where figures go.
    ledger
        What sums and counts are added to; a future's lane is its place in ``where`` modulo `LANES`.
    first
        Place in ``stored`` of the first future.
    where
        Which futures of ``given``.
    """
    start, stop, _ = where.indices(given.shape[1])
    if loops.on():
        from simlib.loops.machine import run as compiled

        room = _room(program.registers)
        steps, some = Steps(program.code, program.numbers), Stretch(given, start, stop - start)
        compiled(steps, some, room, stored, first, Sums(ledger.sums, ledger.counts), NO_BINS)
    else:
        with np.errstate(all="ignore"):
            _by_numpy(program, given[:, start:stop], stored[:, first : first + stop - start], ledger)


def pass_by(program: Program, given: Floats, where: slice, ledger: Ledger, count: Count) -> None:
    """Run a program by the compiled machine over some futures that are counted and let go.

    Parameters
    ----------
    count
        Gives a loop the bins, and the place there of the first future.
    """
    from simlib.loops.machine import run as compiled

    start, stop, _ = where.indices(given.shape[1])
    steps, some = Steps(program.code, program.numbers), Stretch(given, start, stop - start)

    def put(bins: Binning, at: int) -> None:
        compiled(steps, some, _room(program.registers), NOTHING, at, Sums(ledger.sums, ledger.counts), bins)

    count(put)


def _room(registers: int) -> Floats:
    """Give registers that this thread keeps: new memory for every chunk would cost more than the work."""
    room: Floats | None = getattr(_rooms, "registers", None)
    if room is None or len(room) < registers:
        room = _rooms.registers = np.zeros((registers, STRETCH))
    return room


def _by_numpy(program: Program, given: Floats, stored: Floats, ledger: Ledger) -> None:
    rows: list[Any] = [None] * program.registers
    for (code, to, *places), numbers in zip(program.code.tolist(), program.numbers.tolist(), strict=True):
        name = NAMES[code]
        if name == LOAD:
            rows[to] = given[places[0]]
        elif name == STORE:
            stored[to] = rows[places[0]]
        elif name == SUM:
            add_by_lane(ledger.sums[0, to], rows[places[0]].copy())
            add_by_lane(ledger.sums[1, to], rows[places[0]] * rows[places[0]])
        else:
            kinds, make = ALL_STEPS[name]
            figures, values = iter(places), iter(numbers)
            found = make(*(rows[next(figures)] if kind in "abc" else next(values) for kind in kinds))
            if name in COUNTS:
                add_by_lane(ledger.counts[to], np.array(found, dtype=float))
            else:
                rows[to] = found

