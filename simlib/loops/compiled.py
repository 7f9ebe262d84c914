"""How every loop is compiled: once, into a cache, strictly as IEEE 754 has it, without the interpreter's lock.

Nothing is reordered or contracted, so that a loop gives what numpy gives, to the byte. numba's own cache knows the file
that a loop is in, but not those of the loops that it calls: here each state of this folder has a cache of its own.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = ["cached", "compiled", "doubled", "folder", "inlined"]

Loop = TypeVar("Loop", bound=Callable[..., Any])
HERE = Path(__file__).parent
SETTINGS: Any = numba.config
WAYS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}


def folder() -> Path | None:
    """Give the folder of compiled loops; None where there is none that can be written."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for file in sorted(HERE.glob("*.py")):
        digest.update(file.read_bytes())
    own = Path(SETTINGS.CACHE_DIR) if SETTINGS.CACHE_DIR else HERE / "__pycache__"
    for place in (own, Path(os.path.expanduser("~")) / ".cache" / "simlib"):  # noqa: PTH111 - where there is no home
        found = place / f"loops-{digest.hexdigest()}"
        try:
            found.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(found, os.W_OK):
            return found
    return None


FOLDER = folder()


def cached() -> bool:
    """Tell whether loops have been compiled before."""
    return FOLDER is not None and any(FOLDER.rglob("machine.run*.nbi"))


@contextmanager
def _kept() -> Iterator[None]:
    """Have numba keep what is defined in our folder; its own setting is for others to make."""
    before, SETTINGS.CACHE_DIR = SETTINGS.CACHE_DIR, str(FOLDER)
    try:
        yield
    finally:
        SETTINGS.CACHE_DIR = before


def compiled(loop: Loop) -> Loop:
    """Compile a function when it is first called."""
    return _compiled(loop)


def inlined(loop: Loop) -> Loop:
    """Compile a function as a part of those that call it: arrays that it gives are then not counted as held."""
    return _compiled(loop, inline="always")


def _compiled(loop: Loop, **ways: Any) -> Loop:
    with _kept():
        return cast(Loop, numba.njit(loop, cache=FOLDER is not None, **WAYS, **ways))


@compiled
def doubled(x: float) -> float:
    """Give twice a number: by this it is tried whether anything can be compiled at all."""
    return 2.0 * x
