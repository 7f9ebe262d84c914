"""A bar on standard error for runs that take longer than a second; it never reaches a file or a pipe."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

__all__ = ["ProgressBar"]

_PATIENCE = 1.0  # before this nobody wonders [s]
_CELLS = 30


class ProgressBar:
    """Counts what is done, and shows it once a run has taken longer than a second.

    Parameters
    ----------
    label : str
        What is being done.
    stream : text stream, optional
        Standard error where left out; nothing is written where it is not a terminal.
    patience : float
        How long to stay silent [s].
    """

    def __init__(self, label: str, stream: TextIO | None = None, *, patience: float = _PATIENCE) -> None:
        self._label, self._stream, self._patience = label, stream or sys.stderr, patience
        self._start, self._shown = time.monotonic(), False

    def __call__(self, done: int, total: int) -> None:
        """Take note that so many of so many are done."""
        if not self._stream.isatty() or time.monotonic() - self._start < self._patience:
            return
        filled = _CELLS * done // max(total, 1)
        bar = "#" * filled + "." * (_CELLS - filled)
        left = _left(time.monotonic() - self._start, done, total)
        self._stream.write(f"\r{self._label} [{bar}] {100 * done // max(total, 1)}%{left}\x1b[K")
        self._stream.flush()
        self._shown = True

    def __enter__(self) -> Self:
        """Start to count."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Wipe the bar away."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def _left(gone: float, done: int, total: int) -> str:
    """Say how long the rest will take if it goes on as it has so far; nothing before anything can be told.

    Examples
    --------
    >>> _left(30.0, 1, 4), _left(600.0, 1, 31), _left(10.0, 0, 4), _left(10.0, 4, 4)
    (', about 90 s left', ', about 5 h left', '', '')
    """
    if not 0 < done < total:
        return ""
    seconds = gone * (total - done) / done
    size, unit = next(((size, unit) for size, unit in ((3_600, "h"), (60, "min")) if seconds >= 2 * size), (1, "s"))
    return f", about {seconds / size:.0f} {unit} left"
