"""Measure what a person waits for and what it takes, each figure beside its target.

    python3 scripts/simlib.py benchmark              every table (peers where they are installed)
    python3 scripts/simlib.py benchmark limit scale  some of them

    limit      how close simulating comes to the time that numpy needs to draw the same numbers
    engine     draws to summary, reading, evaluating given figures, the first run of all
    scale      100,000 to 10 million futures (100 million with --large): time, memory, two cores beside one
    peers      the same model in squigglepy, OpenTURNS and chaospy; `benchmark peers --install` makes their environment
    start-up   whole commands, from process start to the answer and to the end
    run        whole runs with their files
    accuracy   what each sampler makes of the same number of futures, over many seeds; some minutes

Times are medians of interleaved runs, so that a slow spell of the machine falls on all of them. ``--json FILE`` keeps
the figures with the machine and the versions; docs/performance.md shows those in docs/benchmark.json. Times are
measured here, never in a test. What is measured, and how, is in scripts/benchmarks/.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts import accuracy
from scripts.benchmarks import commands, engine, limit, scale
from scripts.benchmarks.machine import line, machine
from scripts.benchmarks.peers import table as peers
from scripts.benchmarks.rows import Row, keeping, show

Table = Callable[[argparse.Namespace], Iterator[Row]]
ACCURACY = "accuracy"


def scaled(asked: argparse.Namespace) -> Iterator[Row]:
    """Give the table of scale, as far as it is asked for."""
    return scale.rows((*scale.COUNTS, scale.LARGE) if asked.large else scale.COUNTS)


TABLES: Mapping[str, Table] = {
    "limit": lambda asked: limit.rows(times=asked.times),
    "engine": lambda asked: engine.rows(times=asked.times),
    "scale": scaled,
    "peers": lambda _: peers.rows(),
    "start-up": lambda asked: commands.rows("start-up", asked.times),
    "run": lambda asked: commands.rows("run", asked.times),
}


def measured(name: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure and print one table; give it as it is kept in JSON."""
    if name == ACCURACY:
        return list(samplers(asked.simulations or [16_384, 131_072], asked.seeds))
    rows: list[Row] = []
    show(name, keeping(TABLES[name](asked), rows))
    return [row.document for row in rows]


def samplers(counts: list[int], seeds: int) -> Iterator[dict[str, Any]]:
    """Measure and print what each sampler makes of some numbers of futures."""
    for simulations in counts:
        rows = list(accuracy.rows(simulations, seeds))
        accuracy.show(rows, seeds)
        yield from ({**asdict(row), "seeds": seeds} for row in rows)


def words() -> argparse.Namespace:
    """Read what is asked for."""
    known = (*TABLES, ACCURACY)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(known))
    parser.add_argument("--times", type=int, default=5, help="counted runs of each task")
    parser.add_argument("--large", action="store_true", help="100 million futures too, in scale")
    parser.add_argument("--install", action="store_true", help="make the peers' environment first")
    parser.add_argument("--simulations", type=int, action="append", help="futures for accuracy; may be repeated")
    parser.add_argument("--seeds", type=int, default=40, help="seeds for accuracy")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    asked = parser.parse_args()
    unknown = [name for name in asked.tables if name not in known]
    if unknown:
        parser.error(f"no table is called {unknown[0]!r}; there are {', '.join(known)}")
    asked.tables = asked.tables or [name for name in known if name != "peers" or peers.installed()]
    return asked


def main() -> int:
    """Measure the tables asked for."""
    asked = words()
    if asked.install:
        peers.install()
    found = machine()
    print(line(found))
    tables = {name: measured(name, asked) for name in asked.tables}
    if asked.json:
        asked.json.write_text(json.dumps({"machine": found, "tables": tables}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
