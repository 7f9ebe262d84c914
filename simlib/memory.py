"""Memory for futures: kept by each thread where it is used again, refused where the machine has too little."""

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from simlib.errors import ModelError, Problem

PART = 0.25  # of the machine's memory, for futures that are held where nothing else is said
UNKNOWN = 2**30  # bytes, where a machine does not tell its memory
_own = threading.local()


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search for objects that only hold each other: what is made here is made to last, and has no cycles.

    A search looks at everything that the process has loaded: in the middle of some work it takes longer than the work.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def scratch(name: str, rows: int, columns: int, dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Give (row, column) cells that this thread keeps for the next time: new memory would cost more than the work."""
    size = rows * columns
    found: NDArray[Any] | None = getattr(_own, name, None)
    if found is None or found.size < size or found.dtype != dtype:
        found = np.empty(size, dtype=dtype)
        setattr(_own, name, found)
    return found[:size].reshape(rows, columns)


def unfilled(rows: int, count: int) -> NDArray[np.float64]:
    """Give (row, simulation) cells for someone to fill.

    One large piece is several times quicker to fill than many small ones, as the system hands it out in huge pages.
    """
    return np.empty((rows, count))


def budget() -> int:
    """Give how much memory may hold futures where nothing else is said [bytes]."""
    try:
        return int(PART * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not on Windows
        return UNKNOWN


def refuse_too_large(needed: int, allowed: int) -> None:
    """Refuse before it is tried what may not be held: the system would end the program in the middle."""
    if needed > allowed:
        text = (
            f"these futures would need {needed / 1e9:,.1f} GB to be held in memory, of {allowed / 1e9:,.1f} GB that "
            f"they may take; ask for fewer futures, keep fewer, or allow more (--memory)"
        )
        raise ModelError([Problem("", "run.keep", text)])
