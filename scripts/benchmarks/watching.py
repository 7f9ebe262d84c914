"""Run a command and watch it from outside: its time, the memory of it and its children, when each line came.

Nothing of simlib is imported here. On Linux memory is looked at every few milliseconds, that of the whole tree of
processes: what the system adds up itself for a process that has ended begins with the memory of the one that started
it. Elsewhere that figure has to do.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROC = Path("/proc")
EVERY = 0.01  # seconds between two looks at memory
MIB = 1024.0**2


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command took.

    Attributes
    ----------
    seconds
        From its start to its end.
    memory
        The most that it and its children held at once [MiB].
    lines
        What it printed, each line with the seconds after which it had come.
    """

    seconds: float
    memory: float
    lines: tuple[tuple[float, str], ...]

    @property
    def text(self) -> str:
        """What it printed."""
        return "".join(text for _, text in self.lines)


def watched(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Watched:
    """Run a command to its end."""
    started = time.perf_counter()
    complaints: list[str] = []
    looks: list[float] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(environment or {})},
    ) as process:  # fmt: skip
        readers = [
            threading.Thread(target=lambda: complaints.extend(process.stderr or ())),
            threading.Thread(target=_look_at_memory, args=(process, looks)),
        ]
        for reader in readers:
            reader.start()
        lines = tuple((time.perf_counter() - started, text) for text in process.stdout or ())
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # else Popen would wait for it once more
        for reader in readers:
            reader.join()
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(complaints)}")
    own = usage.ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / MIB
    return Watched(elapsed, max(looks, default=own), lines)


def _look_at_memory(process: "subprocess.Popen[str]", looks: list[float]) -> None:
    """Note what the tree of processes holds together, and what the first of them has held at most."""
    while process.returncode is None and (PROC / str(process.pid)).exists():
        looks.append(max(sum(map(_held, _tree(process.pid))), _most(process.pid)))
        time.sleep(EVERY)


def _tree(pid: int) -> Iterator[int]:
    """Give a process and all that came of it."""
    yield pid
    try:
        children = [path.read_text() for path in (PROC / str(pid) / "task").glob("*/children")]
    except OSError:  # it ended while it was looked at
        return
    for child in " ".join(children).split():
        yield from _tree(int(child))


def _held(pid: int) -> float:
    """Give the memory that a process holds [MiB]; nothing once it has ended."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _most(pid: int) -> float:
    """Give the most that a process has held so far [MiB], which no look can miss."""
    try:
        lines = (PROC / str(pid) / "status").read_text().split("\n")
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024.0 / MIB
