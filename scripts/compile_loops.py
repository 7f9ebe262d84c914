"""Compile the loops over futures, so that the first large run need not wait for it: the launcher does this once.

    python -P scripts/compile_loops.py

A small file is run by every sampler, with futures held and with futures counted as they pass. What is compiled stays in
numba's cache; where nothing can be compiled, nothing is, and runs do without.
"""

import sys
from pathlib import Path

from simlib import compile_model, load_config, loops, simulate, simulate_plan, summarise
from simlib.results import HELD

ROOT = Path(__file__).resolve().parent.parent
SOME = 4_096  # futures


def main() -> int:
    """Run what leads through all loops."""
    trouble = loops.start()
    if trouble:
        print(f"loops are not compiled ({trouble}): large runs will be slower", file=sys.stderr)
        return 0
    model = compile_model(load_config(ROOT / "configs" / "benchmark.yaml"))
    for sampler in ("random", "sobol", "latin_hypercube"):
        for count in (SOME, HELD + SOME):
            summarise(simulate(model, count, seed=1, sampler=sampler), simulate_plan(model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
