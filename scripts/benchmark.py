"""Measure what a person waits for and what it takes: whole commands, from process start to end.

    python3 scripts/simlib.py benchmark            every table
    python3 scripts/simlib.py benchmark start-up   one of them: start-up, run, accuracy

Each row is the median of several runs beside its target; the runs of a table are interleaved, so that a slow spell
of the machine falls on all of them. ``--json FILE`` keeps the figures with the machine and the versions. Times are
measured here, never in a test. ``accuracy`` is another kind of table: what each sampler makes of the same number of
futures, over many seeds; it takes some minutes.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
SOUTH_SOMERSET = str(ROOT / "configs" / "south_somerset.yaml")


@dataclass(frozen=True, slots=True)
class Row:
    """One command to measure, with its targets: seconds, and MiB of peak memory."""

    name: str
    arguments: tuple[str, ...]
    seconds: float
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command took, as medians of its runs."""

    name: str
    seconds: float
    target_seconds: float
    memory: float
    target_memory: float | None


def run(simulations: int) -> tuple[str, ...]:
    """Give the words of a run that prints its answer and writes summary.json."""
    return ("run", SOUTH_SOMERSET, "--simulations", str(simulations), "--format", "json", "--out", "{out}")


TABLES = {
    "start-up": (
        Row("bare python", ("-c", "pass"), 0.05),
        Row("simlib --help", ("--help",), 0.15),
        Row("simlib check south_somerset", ("check", SOUTH_SOMERSET), 0.5),
    ),
    "run": (
        Row("run south_somerset, 100,000 futures", run(100_000), 2.0, 400.0),
        Row("run south_somerset, 1,000,000 futures", run(1_000_000), 6.0, 1024.0),
    ),
}


ACCURACY = "accuracy"


def measured_once(row: Row, folder: Path) -> tuple[float, float]:
    """Run a command; give its wall time [s] and the peak memory of its largest process [MiB]."""
    words = [word.format(out=folder / "run") if word == "{out}" else word for word in row.arguments]
    command = [sys.executable, *words] if row.name == "bare python" else [sys.executable, "-P", "-m", "simlib", *words]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - started
    complaint = process.stderr.read().decode() if process.stderr else ""
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}:\n{complaint}")
    scale = 1024.0**2 if sys.platform == "darwin" else 1024.0
    return elapsed, usage.ru_maxrss / scale


def measure(rows: tuple[Row, ...], times: int) -> Iterator[Measured]:
    """Run each command several times in turn and give the medians; the first turn is not counted."""
    found: dict[str, list[tuple[float, float]]] = {row.name: [] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(times + 1):
            for row in rows:
                once = measured_once(row, Path(folder))
                found[row.name] += [once] if turn else []
    for row in rows:
        seconds, memory = (statistics.median(values) for values in zip(*found[row.name], strict=True))
        yield Measured(row.name, seconds, row.seconds, memory, row.memory)


def machine() -> dict[str, str | int | None]:
    """Say what this was measured on."""
    names = ("numpy", "scipy", "simlib")
    versions = {name: version(name) for name in names}
    return {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count(), **versions}


def show(title: str, rows: list[Measured]) -> None:
    """Print a table."""
    print(f"\n{title:40}{'seconds':>9}{'target':>9}{'MiB':>9}{'target':>9}")
    for row in rows:
        memory = "" if row.target_memory is None else f"{row.target_memory:.0f}"
        print(f"{row.name:40}{row.seconds:9.2f}{row.target_seconds:9.2f}{row.memory:9.0f}{memory:>9}")


def beside(name: str) -> ModuleType:
    """Give another file of scripts/ as a module; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def accuracy(counts: list[int], seeds: int) -> Iterator[dict[str, object]]:
    """Measure and print what each sampler makes of some numbers of futures."""
    table = beside(ACCURACY)
    for simulations in counts:
        rows = list(table.rows(simulations, seeds))
        table.show(rows, seeds)
        yield from ({**asdict(row), "seeds": seeds} for row in rows)


def main() -> int:
    """Measure the tables asked for."""
    known = (*TABLES, ACCURACY)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(known))
    parser.add_argument("--times", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--simulations", type=int, action="append", help="futures for accuracy; may be repeated")
    parser.add_argument("--seeds", type=int, default=40, help="seeds for accuracy")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    asked = parser.parse_args()
    unknown = [name for name in asked.tables if name not in known]
    if unknown:
        parser.error(f"no table is called {unknown[0]!r}; there are {', '.join(known)}")
    tables: dict[str, list[dict[str, object]]] = {}
    for name in asked.tables or known:
        if name == ACCURACY:
            tables[name] = list(accuracy(asked.simulations or [16_384, 131_072], asked.seeds))
            continue
        rows = list(measure(TABLES[name], asked.times))
        show(name, rows)
        tables[name] = [asdict(row) for row in rows]
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "tables": tables}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
