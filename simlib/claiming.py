"""Who is at what in a batch's folder: locks that the system takes back from whoever dies; no run is made here.

One byte of the file stands for each run. A lock on it lasts as long as its process, so that nothing has to be cleared
away after a kill, and no clock or process id has to be believed.
"""

import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

__all__ = ["DIGITS", "MARK", "claimed", "place_of", "tidy"]

MARK = ".simlib-batch"
"""Name of the file of locks, by which a batch's folder is known."""

Claim = Literal["ours", "theirs", "unknown"]
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
DIGITS = 12  # of the digest with which the name of a run ends
_LEFT = re.compile(rf"\.(.*-[0-9a-f]{{{DIGITS}}})\.[a-z0-9_]{{8}}\.(?:part|old)")  # drafts, as folders call them
_PAUSE = 0.2  # between two looks at a lock that a system cannot wait for [s]


@contextmanager
def claimed(folder: Path, place: int, *, wait: bool) -> Iterator[Claim]:
    """Hold one place of a folder, or say that somebody else does; ``unknown`` where a file system has no locks.

    Parameters
    ----------
    folder : Path
        A batch's.
    place : int
        One for each run, as `place_of` gives it.
    wait : bool
        Whether to wait until it is free.

    Notes
    -----
    Without locks two batches may do the same run twice: the renaming of whole folders is what keeps them apart then.
    All locks of a process on a file go with the first that it gives up: it is to hold one place at a time.
    """
    own = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)  # a link could lead to anybody's file
    handle = os.open(folder / MARK, os.O_RDWR | os.O_CREAT | own, 0o666)
    try:
        yield _locked(handle, place, wait=wait)
    finally:
        os.close(handle)  # and with it the lock


def _locked(handle: int, place: int, *, wait: bool) -> Claim:
    """Lock one byte of a file, and tell whose it is now."""
    while True:
        try:
            _lock(handle, place)
        except OSError as problem:
            if problem.errno not in _BUSY:
                return "unknown"
            if not wait:
                return "theirs"
            time.sleep(_PAUSE)
        else:
            return "ours"


def _lock(handle: int, place: int) -> None:
    """Ask the system for the lock."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)


def place_of(name: str) -> int:
    """Give the place of a run: the first digits of the digest with which its name ends.

    Two runs that share a place wait for each other, and nothing worse. Not every system has places beyond 2**31.
    """
    return int(name[-DIGITS:][:7], 16)


def tidy(folder: Path) -> None:
    """Take away what processes that were killed have left of runs in a batch's folder, and nothing else."""
    for path in list(folder.iterdir()):
        found = _LEFT.fullmatch(path.name)
        if found and not path.is_symlink():
            with claimed(folder, place_of(found[1]), wait=False) as claim:
                if claim == "ours":  # somebody may be at it
                    shutil.rmtree(path, ignore_errors=True)
