"""Loops over futures, compiled once by numba and kept in a cache: plain arrays in and out, no meaning in them.

Whoever uses a loop has the same in numpy, with the same result to the byte, for small work and for machines without
numba: `on` tells which of the two it is to be. The modules that compile import numba, and so are imported where they
are used, never at the top of another module.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["FAR", "FROM", "LANES", "known", "on", "start", "start_for", "stop", "trouble"]

LANES = 16
"""In which sums are added up, by loops and in numpy alike: lane l adds the futures l, l + 16, l + 32, …"""

FAR = 1e300
"""From the middle of some bins: what is further off, up to what is infinite, is put into bins as if it were there."""

FROM = 50_000
"""Futures: with fewer, loading compiled loops takes longer than the work."""

OFF = "SIMLIB_LOOPS"
"""Set to ``off`` in the environment, loops stay off."""

_troubles: list[str] = []
_state = {"on": False, "off for good": os.environ.get(OFF) == "off"}


def on() -> bool:
    """Tell whether compiled loops are in use in this process."""
    return _state["on"]


def start() -> str | None:
    """Use compiled loops from now on in this process.

    Returns
    -------
    str or None
        Why they cannot be used; None where they can.
    """
    if not _state["on"]:
        _troubles[:] = [*_tried()]
        _state["on"] = not _troubles
    return trouble()


def trouble() -> str | None:
    """Give why loops could not be used the last time that they were to be started; None where they could."""
    return _troubles[0] if _troubles else None


def _tried() -> Iterator[str]:
    """Try whether something can be compiled and run, and give what is wrong."""
    try:
        from simlib.loops.compiled import FOLDER, doubled

        if FOLDER is None:
            yield "there is no folder in which compiled loops could be kept"
        elif doubled(21.0) != 42.0:
            yield "a compiled loop gives a wrong answer"
    except Exception as wrong:  # noqa: BLE001 - whatever is wrong with it, the work can be done without it
        yield f"{type(wrong).__name__}: {wrong}".split("\n")[0]


def start_for(futures: int) -> str | None:
    """Use compiled loops from now on where so much work is worth it, and they have not been stopped for good."""
    return start() if futures >= FROM and not _state["off for good"] else None


def stop(*, for_good: bool = False) -> None:
    """Do without compiled loops: until they are started again, or even for the largest work."""
    _state["on"] = False
    _state["off for good"] = for_good or os.environ.get(OFF) == "off"


def known() -> bool:
    """Tell whether loops have been compiled before on this machine, so that they only have to be loaded."""
    from simlib.loops.compiled import cached

    return cached()
