"""Loops over futures, compiled once by numba and kept in its cache: plain arrays in and out, no meaning in them.

Whoever uses a loop has the same in numpy, with the same result to the byte, for small work and for machines without
numba: `on` tells which of the two it is to be. The compiled ones are in the modules of this package, which import numba
and so are imported where they are used, never at the top of another module.
"""

from __future__ import annotations

__all__ = ["on", "start", "stop"]

_state: dict[str, bool] = {"on": False}


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
    if _state["on"]:
        return None
    try:
        import numba  # noqa: F401
    except Exception as trouble:  # noqa: BLE001 - whatever is wrong with it, the work can be done without it
        return f"{type(trouble).__name__}: {trouble}"
    _state["on"] = True
    return None


def stop() -> None:
    """Do without compiled loops from now on."""
    _state["on"] = False
