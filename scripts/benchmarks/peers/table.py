"""How much faster simlib is than peers on the same correlated model; the peers live in an environment of their own.

Each draws the workload's figures with its own tools; what is made of them is the same plain numpy for all
(delivery.py), and less of it is read than simlib reads. That every answer agrees within simulation error is part of the
table.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scripts.benchmarks.rows import Row
from scripts.benchmarks.watching import ROOT, watched
from scripts.benchmarks.workload import CORES, to_summary, with_loops, workload

ENVIRONMENT = ROOT / ".venv-peers"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
VERSIONS = ROOT / "scripts" / "benchmarks" / "peers" / "requirements.txt"
INSTALL = "python3 scripts/simlib.py benchmark peers --install"
PEERS = {"squigglepy": 40.0, "openturns": 60.0, "chaospy": 80.0}  # how many times as long they may take
SIMULATIONS, TIMES = 1_000_000, 3
FIGURES = ("mean", "p5", "p50", "p95")
AGREE = 4.0  # simulation errors; of some fifty comparisons chance alone takes the furthest to about three
Document = Mapping[str, Any]


def install() -> None:
    """Make the peers' environment, with the versions that are stated."""
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(VERSIONS)], check=True)


def installed() -> bool:
    """Tell whether the peers have an environment."""
    return PYTHON.exists()


def versions() -> dict[str, str]:
    """Give the version of each package that the peers' environment is made with."""
    lines = VERSIONS.read_text(encoding="utf-8").split("\n")
    return dict(line.split("==") for line in lines if "==" in line)


def rows(simulations: int = SIMULATIONS, times: int = TIMES) -> Iterator[Row]:
    """Give the table; without the peers' environment it says how to make one."""
    if not installed():
        yield Row("peers", None, "×", note=f"they are not installed: {INSTALL}")
        return
    none = with_loops(compiled=True)
    found: dict[str, list[Document]] = {name: [] for name in ("simlib", *PEERS)}
    for turn in range(1, times + 1):
        found["simlib"].append(ours(simulations, turn))
        for name in PEERS:
            found[name].append(theirs(name, simulations, turn))
    own = statistics.median(run["seconds"] for run in found["simlib"])
    yield Row(f"simlib, {simulations:,} futures, draws to summary", own, "s", note=none)
    for name, target in PEERS.items():
        yield from beside(name, found[name], own, target)
    for name in PEERS:
        yield agreement(name, found[name], found["simlib"], simulations)


def beside(name: str, runs: list[Document], own: float, target: float) -> Iterator[Row]:
    """Give a peer's time beside ours."""
    seconds = statistics.median(run["seconds"] for run in runs)
    drawing = statistics.median(run["drawing"] for run in runs)
    note = f"{drawing:.3g} s of them to draw; the rest is plain numpy, the same for all"
    yield Row(f"{name} {versions()[name]}", seconds, "s", note=note)
    yield Row(f"{name} ÷ simlib", seconds / own, "×", target, at_least=True)


def ours(simulations: int, turn: int) -> Document:
    """Give the seconds of simlib, woken up, and its summary's options."""
    to_summary(workload(), simulations // 10)
    started = time.perf_counter()
    summary = to_summary(workload(), simulations, CORES)
    return {"seconds": time.perf_counter() - started, "options": summary.document["options"], "turn": turn}


def theirs(name: str, simulations: int, seed: int) -> Document:
    """Give what a peer's run says of itself."""
    words = [str(PYTHON), "-P", "-m", "scripts.benchmarks.peers.run", name, str(simulations), str(seed)]
    run: Document = json.loads(watched(words).text)
    return run


def agreement(name: str, runs: list[Document], own: list[Document], simulations: int) -> Row:
    """Give by how many simulation errors a peer's answers are from ours, at most; and its chances beside ours."""
    options = own[0]["options"]
    far = [
        abs(float(np.mean([run["answers"][option][figure] for run in runs])) - value)
        / (error * (1.0 + 1.0 / len(runs)) ** 0.5)
        for option in options
        for figure, (value, error) in our_figures(options[option], simulations).items()
    ]
    chances = (
        f"{option} {np.mean([run['answers'][option]['closed'] for run in runs]):.4f}, "
        f"simlib {our_figures(options[option], simulations)['closed'][0]:.4f}"
        for option in options
    )
    return Row(f"{name}: furthest answer from simlib's", max(far), "errors", AGREE, note="; ".join(chances))


def our_figures(option: Document, simulations: int) -> dict[str, tuple[float, float]]:
    """Give chances and the target year's recurring gap as we have them, each with its simulation error."""
    (council,) = option["councils"].values()
    gap = council["gap_recurring"]["2028/29"]
    found = {name: (gap[name], gap["error"][name]) for name in FIGURES}
    for name, test in (("closed", "target_year"), ("held", "reserves_hold")):
        chance = council["closes"][test]["probability"]
        found[name] = chance, (chance * (1.0 - chance) / simulations) ** 0.5
    return found
