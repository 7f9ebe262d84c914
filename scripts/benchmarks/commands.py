"""What a person waits for, and what it takes: whole commands, from the start of the process."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.rows import Row
from scripts.benchmarks.watching import ROOT, Watched, watched

SOUTH_SOMERSET = str(ROOT / "configs" / "south_somerset.yaml")
WORKLOAD = str(ROOT / "configs" / "benchmark.yaml")
SIMLIB = ("-P", "-m", "simlib")
JSON = ("--format", "json")
OUT = "{out}"  # stands for a folder of the run's own
FILES = "Written to "  # what a run says once its files are there


@dataclass(frozen=True, slots=True)
class Command:
    """Words for Python, with targets: seconds to the end and to the last line of the answer, MiB of peak memory."""

    name: str
    words: tuple[str, ...]
    seconds: float | None = None
    answer: float | None = None
    memory: float | None = None
    answers: bool = False


def run(config: str, simulations: int, *more: str) -> tuple[str, ...]:
    """Give the words of a run that prints its answer and writes its files."""
    return (*SIMLIB, "run", config, "--simulations", str(simulations), *more, "--out", OUT)


TABLES = {
    "start-up": (
        Command("bare python", ("-c", "pass")),
        Command("python, importing numpy", ("-c", "import numpy")),
        Command("simlib --help", (*SIMLIB, "--help"), 0.12),
        Command("simlib check south_somerset", (*SIMLIB, "check", SOUTH_SOMERSET), 0.5),
        Command("simlib check benchmark", (*SIMLIB, "check", WORKLOAD)),
        Command("simlib run benchmark, 10,000 futures", run(WORKLOAD, 10_000), 1.5, 0.35, answers=True),
    ),
    "run": (
        Command("run south_somerset, 100,000 futures", run(SOUTH_SOMERSET, 100_000, *JSON), 2.0, memory=400.0),
        Command("run south_somerset, 1,000,000 futures", run(SOUTH_SOMERSET, 1_000_000, *JSON), 6.0, memory=1024.0),
    ),
}


def rows(table: str, times: int = 5) -> Iterator[Row]:
    """Run each command of a table several times in turn and give medians; the first turn is not counted."""
    commands = TABLES[table]
    found: dict[str, list[Watched]] = {command.name: [] for command in commands}
    for turn in range(times + 1):
        for command in commands:
            once = _once(command)
            found[command.name] += [once] if turn else []
    for command in commands:
        yield from _measured(command, found[command.name])


def _once(command: Command) -> Watched:
    with tempfile.TemporaryDirectory() as folder:
        words = [str(Path(folder) / "run") if word == OUT else word for word in command.words]
        return watched([sys.executable, *words])


def _measured(command: Command, found: list[Watched]) -> Iterator[Row]:
    seconds = statistics.median(once.seconds for once in found)
    if command.answers:
        printed = statistics.median(answered(once) for once in found)
        yield Row(f"{command.name}: the answer's last line", printed, "s", command.answer)
    what = f"{command.name}: all files written" if command.answers else command.name
    yield Row(what, seconds, "s", command.seconds)
    if command.memory is not None:
        memory = statistics.median(once.memory for once in found)
        yield Row(f"{command.name}: peak memory", memory, "MiB", command.memory)


def answered(once: Watched) -> float:
    """Give when the last line of a run's answer had come [seconds]: all that is printed before its files are there."""
    last = 0.0
    for seconds, text in once.lines:
        if text.startswith(FILES):
            break
        last = seconds if text.strip() else last
    return last
