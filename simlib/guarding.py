"""What every command does about refusals, interruptions and readers who go away: words on stderr, and an exit code.

Exit codes: 0 fine; 2 the user's file or words (a message, no traceback, nothing written); 1 our bug; 130 interrupted.
"""

import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TextIO

from simlib.arguments import plain
from simlib.errors import SimlibError

if TYPE_CHECKING:
    from simlib.layout import Report

__all__ = ["guarded", "nowhere", "quiet_pipe", "say", "show"]

P = ParamSpec("P")
_INTERRUPTED = 130


def guarded(command: Callable[P, int | None]) -> Callable[P, int]:
    """Turn a refusal into its message and exit code 2, and an interruption into 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            code = command(*args, **kwargs)
        except SimlibError as refusal:
            say(plain(str(refusal)), sys.stderr)
            code = 2
        except MemoryError as trouble:
            reason = f" ({trouble})" if str(trouble) else ""
            say(
                f"this needs more memory than there is{reason}: ask for fewer --simulations, or keep fewer", sys.stderr
            )
            code = 2
        except KeyboardInterrupt:
            say("interrupted", sys.stderr)
            code = _INTERRUPTED
        except BrokenPipeError:
            code = quiet_pipe()
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise
            say(f"the output cannot be written: {problem.strerror}", sys.stderr)
            code = 2 + quiet_pipe()
        return code or 0

    return wrapped


def nowhere() -> TextIO:
    """Give a stream that keeps nothing, for a process that was started without one (``>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


def quiet_pipe() -> int:
    """Say no more where the reader of our output has gone, as in ``simlib run … | head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line at once, also where somebody reads it through a pipe."""
    print(text, file=stream, flush=True)


def show(report: "Report", *, quiet: bool) -> None:
    """Print a report, or one line for each option."""
    from simlib.console import open_console, print_brief, print_report

    printer = print_brief if quiet else print_report
    printer(report, open_console())
