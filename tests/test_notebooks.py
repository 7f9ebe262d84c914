"""Notebooks run from top to bottom with the public names only, and are kept without their outputs."""

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SIX = {"compile_model", "load_config", "simulate", "simulate_plan", "summarise", "write_report"}


def cells(path: Path) -> list[dict[str, Any]]:
    """Give the code cells of a notebook."""
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["nbformat"] == 4
    return [cell for cell in found["cells"] if cell["cell_type"] == "code"]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def imported(source: str) -> set[str]:
    """Give what a text imports of simlib: its names, or the module itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "simlib":
            found |= {alias.name if node.module == "simlib" else node.module for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "simlib"}
    return found


def test_there_is_a_notebook_to_begin_with() -> None:
    assert "first_run" in {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells(path)):
        exec(compile(text(cell), f"{path.name}[{number}]", "exec"), names)
    assert " of 100 futures" in capsys.readouterr().out
    assert (tmp_path / "runs" / path.stem / "report.html").is_file()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_its_outputs(path: Path) -> None:
    assert [text(cell) for cell in cells(path) if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_needs_no_more_of_simlib_than_the_six_public_names(path: Path) -> None:
    assert imported("\n".join(text(cell) for cell in cells(path))) == SIX


def test_a_look_behind_the_public_names_is_noticed() -> None:
    assert imported("from simlib import simulate") <= SIX
    assert not imported("from simlib.flows import flows") <= SIX
    assert not imported("import simlib.engine") <= SIX
