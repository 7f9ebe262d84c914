"""The reference workload and what is timed of it: draws to summary, and a process of its own that does that.

    python -P -m scripts.benchmarks.workload [--jobs N] [--numpy] SIMULATIONS …

prints the seconds of each run in turn, as JSON. Nothing is compared with a target here.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from functools import cache

from scripts.benchmarks.watching import ROOT, Watched, watched
from simlib import Model, Summary, compile_model, load_config, loops, simulate, simulate_plan, summarise

WORKLOAD = ROOT / "configs" / "benchmark.yaml"
CORES = 2
WARM = 32_768  # futures that wake everything up: imports, caches, compiled loops


@cache
def workload(*overrides: str) -> Model:
    """Give the compiled workload, with figures of the file replaced as by ``--set``."""
    return compile_model(load_config(WORKLOAD, overrides=overrides))


def to_summary(model: Model, simulations: int, jobs: int = CORES) -> Summary:
    """Do what is timed as *draws to summary*: futures drawn, the plan's too, and everything read and estimated."""
    futures = simulate(model, simulations, seed=1, n_jobs=jobs)
    return summarise(futures, simulate_plan(model), n_jobs=jobs)


def with_loops(*, compiled: bool) -> str:
    """Use compiled loops from now on, or do without; give why they cannot be used, where they cannot."""
    if compiled:
        return loops.start() or ""
    loops.stop(for_good=True)
    return ""


def apart(
    *simulations: int, jobs: int = CORES, compiled: bool = True, environment: Mapping[str, str] | None = None
) -> tuple[list[float], Watched]:
    """Run draws to summary in a process of its own; give the seconds of each run, and what the process took."""
    numbers = [str(count) for count in simulations]
    words = ["--jobs", str(jobs), *([] if compiled else ["--numpy"]), *numbers]
    command = [sys.executable, "-P", "-m", "scripts.benchmarks.workload", *words]
    found = watched(command, environment=environment)
    seconds: list[float] = json.loads(found.text)
    return seconds, found


def main() -> int:
    """Time the runs that are asked for, in turn, in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("simulations", type=int, nargs="+")
    parser.add_argument("--jobs", type=int, default=CORES)
    parser.add_argument("--numpy", action="store_true", help="no compiled loops")
    asked = parser.parse_args()
    with_loops(compiled=not asked.numpy)
    model, seconds = workload(), []
    for simulations in asked.simulations:
        started = time.perf_counter()
        to_summary(model, simulations, asked.jobs)
        seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
