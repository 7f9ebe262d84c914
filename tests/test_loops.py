"""Compiled loops as a whole: when they are used, and what happens where they cannot be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, sys
from simlib import compile_model, load_config, loops, simulate, simulate_plan, summarise
model = compile_model(load_config(sys.argv[1]))
futures = simulate(model, int(sys.argv[2]), seed=1)
document = summarise(futures, simulate_plan(model)).document
print(json.dumps([loops.on(), loops.trouble(), "numba" in sys.modules, document["options"]]))
"""
WITHOUT_NUMBA = "import sys; sys.modules['numba'] = None\n"
NO_FOLDER = "import pathlib; pathlib.Path.mkdir = lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, 'no'))\n"


def run(root: Path, count: int, before: str = "", **environment: str) -> list[object]:
    """Run a small file in a process of its own; give whether loops are on, why not, and what it says."""
    import json

    command = [sys.executable, "-P", "-c", before + RUN, str(root / "configs" / "minimal.yaml"), str(count)]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def compiled(root: Path) -> list[object]:
    """Give a run that is large enough for compiled loops."""
    return run(root, 60_000)


def test_small_runs_do_without_and_large_ones_use_them(root: Path, compiled: list[object]) -> None:
    assert run(root, 20_000)[:3] == [False, None, False]
    assert compiled[:3] == [True, None, True]


@pytest.mark.parametrize(
    ("before", "environment", "reason"),
    [
        (WITHOUT_NUMBA, {}, "ModuleNotFoundError: import of numba halted; None in sys.modules"),
        (NO_FOLDER, {}, "there is no folder in which compiled loops could be kept"),
        ("", {"SIMLIB_LOOPS": "off"}, None),
    ],
)
def test_where_they_cannot_be_used_the_answer_is_the_same(
    root: Path, compiled: list[object], before: str, environment: dict[str, str], reason: str | None
) -> None:
    on, told, _, answer = run(root, 60_000, before, **environment)
    assert (on, told) == (False, reason)
    assert answer == compiled[3]
