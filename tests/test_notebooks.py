"""Notebooks run from top to bottom on public and documented names only, and are kept without their outputs."""

import ast
import json
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import simlib

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DOCUMENTED = set(re.findall(r"`(simlib\.[\w.]+)`", (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")))


def cells(path: Path, kind: str = "code") -> list[dict[str, Any]]:
    """Give the cells of a notebook."""
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["nbformat"] == 4
    return [cell for cell in found["cells"] if cell["cell_type"] == kind]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def source(path: Path) -> str:
    return "\n".join(text(cell) for cell in cells(path))


class Notebook:
    """Runs cells as a notebook does: what a cell ends with is shown, and so is what it asks to display."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.names: dict[str, Any] = {"__name__": "__main__", "display": self.display}

    def display(self, value: Any) -> None:
        if value is not None:
            self.shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))

    def run(self, path: Path, *, only: str = "") -> None:
        """Run the first cell, and the others or those that hold some words."""
        for number, cell in enumerate(cells(path)):
            if number and only not in text(cell):
                continue
            whole = ast.parse(text(cell), f"{path.name}[{number}]")
            last = whole.body.pop() if isinstance(whole.body[-1], ast.Expr) else None
            exec(compile(whole, f"{path.name}[{number}]", "exec"), self.names)
            if isinstance(last, ast.Expr):
                self.display(eval(compile(ast.Expression(last.value), f"{path.name}[{number}]", "eval"), self.names))


class Checked(HTMLParser):
    """What a page would make of what is shown: every element closed, nothing that runs, tables and pictures told."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.inside: dict[str, int] = {}
        self.feed(html)
        self.wrong += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside[tag] = self.inside.get(tag, 0) + 1
        self.wrong += [f"<{tag}>"] * (tag in ("script", "iframe", "style", "link", "object"))
        self.wrong += [name for name in given if name.startswith("on")]
        self.wrong += ["a picture without words"] * (tag == "img" and not given.get("alt"))
        self.wrong += ["a header without its scope"] * (tag == "th" and given.get("scope") not in ("row", "col"))
        self.open += [tag] * (tag != "img")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """Give one in a folder beside the configs, on a machine without widgets."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    return Notebook()


def test_there_is_a_notebook_for_each_question_of_an_officer() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "choosing", "eliciting", "first_run", "sensitivity", "your_own_council"
    ]  # fmt: skip
    for path in NOTEBOOKS:
        assert re.search(r"\*\*One question: .+?\?\*\*", text(cells(path, "markdown")[0])), path.stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(path)
    assert " of 100" in capsys.readouterr().out
    tables = [html for html in notebook.shown if "</table>" in html]
    assert tables
    assert [wrong for html in notebook.shown if "</" in html for wrong in Checked(html).wrong] == []
    assert Path("../runs", path.stem, "report.html").is_file() is ("write_report(" in source(path))


def test_where_there_are_no_widgets_a_notebook_says_so_and_draws_one_picture(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(ROOT / "notebooks" / "sensitivity.ipynb", only="ipywidgets")
    assert "needs ipywidgets, which is not installed" in capsys.readouterr().out
    assert "share of the saving delivered at 90%" in notebook.shown[-1]
    assert Checked(notebook.shown[-1]).inside["img"] == 1


def test_where_there_are_widgets_a_slider_moves_the_assumption(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interact(function: Any, **controls: Any) -> None:
        (slider,) = controls.values()
        for value in (slider["value"], slider["min"], slider["max"]):
            notebook.display(function(value))

    widgets = SimpleNamespace(interact=interact, FloatSlider=lambda value, **terms: {"value": value, **terms})
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    notebook.run(ROOT / "notebooks" / "sensitivity.ipynb", only="ipywidgets")
    assert [at for at in ("90%", "50%", "100%") if f"delivered at {at}" in "".join(notebook.shown[-3:])] == [
        "90%", "50%", "100%"
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_its_outputs(path: Path) -> None:
    assert [text(cell) for cell in cells(path) if cell["outputs"] or cell["execution_count"]] == []


# What a notebook may use


def looks_behind(written: str) -> Iterator[str]:
    """Name what a text uses of simlib that is neither public nor in the list of docs/notebooks.md."""
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "simlib")
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "simlib":
            allowed = node.module in DOCUMENTED or node.module == "simlib"
            public = simlib.__all__ if node.module == "simlib" else []
            for alias in node.names:
                if not allowed or alias.name.startswith("_") or (public and alias.name not in public):
                    yield f"{node.module}.{alias.name}"
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            yield node.attr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_and_documented_names_only(path: Path) -> None:
    assert list(looks_behind(source(path))) == []


def test_every_module_that_is_documented_for_notebooks_is_used_in_one() -> None:
    used = {
        node.module
        for path in NOTEBOOKS
        for node in ast.walk(ast.parse(source(path)))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert used - {"simlib"} >= DOCUMENTED


@pytest.mark.parametrize(
    "written",
    [
        "from simlib.flows import flows",
        "import simlib.engine",
        "from simlib import engine",
        "from simlib.what_if import _put",
        "futures._sheet",
    ],
)
def test_a_look_behind_the_public_names_is_noticed(written: str) -> None:
    assert list(looks_behind(written))
