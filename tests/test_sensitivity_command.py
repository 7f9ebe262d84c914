"""``simlib sensitivity``: its answers against closed forms, its document, its paper, and what it refuses."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document as Word
from small_files import HEAD, parsed

from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.cli import main
from simlib.errors import ResultsError
from simlib.layout import everything
from simlib.report import build_report, load_summary, report_again
from simlib.reporters.papers import table_numbers
from simlib.reporters.xlsx import write_xlsx
from simlib.sensitivity.analysis import METHODS, Asked, analysis
from simlib.sensitivity.given_data import given_data
from simlib.sensitivity_words import estimate
from simlib.summary import Summary

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs"
ERRORS = 5
# First and total order of X1, X2, X3 with a = 7 and b = 0.1 (Ishigami and Homma 1990; Saltelli et al. 2008, 4.5)
ISHIGAMI = {"x1": (0.313905, 0.557589), "x2": (0.442411, 0.442411), "x3": (0.0, 0.243684)}
HOSTILE = """
councils:
  here:
    label: "<script>alert(1)</script> =cmd|' /C calc'!A0"
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [0.5, 0.8, 0.9, 1.0]}
measures:
  scheme:
    label: "😀 "
    council: here
    saving: 1.1
    basis: recurring
    from: 2020/21
    full_from: 2021/22
    realisation: {dist: pert, low: 60%, mode: 95%, high: 100%}
options: {nothing: {councils: here}, do: {label: "a|b *c* [d](e)", councils: here, measures: scheme}}
"""


def made(tmp_path: Path, *words: str) -> Path:
    """Run the command, and give the folder that it has written."""
    assert main(["sensitivity", *words, "--quiet", "--out", str(tmp_path / "out")]) == 0
    return tmp_path / "out"


def read(folder: Path) -> dict[str, Any]:
    """Read what the command has found."""
    found: dict[str, Any] = json.loads((folder / "sensitivity.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def minimal() -> Summary:
    """Give a run of the minimal file with everything that can be asked of it."""
    model = compile_model(load_config(CONFIGS / "minimal.yaml"))
    futures = simulate(model, 8_192, seed=1)
    found = summarise(futures, simulate_plan(model))
    return Summary(found.document, found.config_text, {}, {"sensitivity": analysis(futures, Asked(methods=("all",)))})


def test_a_published_problem_comes_out_within_its_errors(tmp_path: Path) -> None:
    folder = made(tmp_path, str(CONFIGS / "textbook" / "ishigami.yaml"), "--method", "all", "--target", "y",
                  "--simulations", "32768", "--format", "json")  # fmt: skip
    found = read(folder)
    for at, (key, measure) in enumerate((("sobol", "first_order"), ("sobol", "total"))):
        [target] = found[key]["targets"]
        for block in target["blocks"]:
            [address] = block["addresses"]
            truth = ISHIGAMI[address.removeprefix("drivers.")][at]
            assert abs(block[measure]["value"] - truth) < ERRORS * block[measure]["error"] + 1e-9, (address, measure)
    for entry in found["given_data"][0]["figures"]:
        truth = ISHIGAMI[entry["address"].removeprefix("drivers.")][0]
        assert abs(entry["first_order"]["value"] - truth) < ERRORS * entry["first_order"]["error"], entry["address"]
    # of independent figures, a Shapley effect lies between the first order and the total
    for player in found["shapley"]["targets"][0]["players"]:
        first, total = ISHIGAMI[player["addresses"][0].removeprefix("drivers.")]
        middle, error = (first + total) / 2, player["effect"]["error"]
        assert abs(player["effect"]["value"] - middle) < ERRORS * error, "two figures share what they do together"


def test_any_number_of_workers_gives_the_same_bytes_and_the_summary_is_that_of_a_run(tmp_path: Path) -> None:
    config = str(CONFIGS / "minimal.yaml")
    asked = (config, "--simulations", "20000", "--seed", "3", "--format", "json")
    one, two = (made(tmp_path / jobs, *asked, "--jobs", jobs) for jobs in ("1", "2"))
    assert (one / "sensitivity.json").read_bytes() == (two / "sensitivity.json").read_bytes()
    assert main(["run", *asked, "--quiet", "--out", str(tmp_path / "run")]) == 0
    assert (one / "summary.json").read_bytes() == (tmp_path / "run" / "summary.json").read_bytes()


def test_what_decides_south_somerset_is_told_in_one_sentence_an_option() -> None:
    model = compile_model(load_config(CONFIGS / "south_somerset.yaml"))
    futures = simulate(model, 16_384)
    found = summarise(futures, simulate_plan(model))
    asked = Asked(options=("solo", "joint_authority_and_transformation"), methods=("given_data",))
    run = Summary(found.document, found.config_text, {}, {"sensitivity": analysis(futures, asked)})
    told = [p for section in everything(build_report(run).sections) for p in section.paragraphs]
    [solo] = [p for p in told if p.startswith("Solo business case: how often the gap closes hangs most on")]
    assert "‘Everything the forecast does not name" in solo
    assert "‘Transformation programme: how late it comes’ (from about 35 to 1)" in solo
    assert "overrun" not in solo, "what a programme's cost does goes together with its delay, and not into the gap"


def test_a_paper_says_once_what_moves_the_answer_most(minimal: Summary) -> None:
    said = [text for section in everything(build_report(minimal).sections) for text in section.paragraphs]
    assert any("hangs most on" in text for text in said)
    assert not any(text.startswith("What moves the answer most") for text in said), "by other figures than these"
    alone = build_report(replace(minimal, analyses={}))
    told = [text for section in everything(alone.sections) for text in section.paragraphs]
    assert any(text.startswith("What moves the answer most") for text in told)


def test_nothing_is_never_told_as_less_than_nothing() -> None:
    assert estimate({"value": -0.004, "error": 0.001}).text == "0.00 ± 0.00"


def test_every_count_of_a_sentence_is_a_figure_of_the_document(minimal: Summary) -> None:
    found = minimal.analyses["sensitivity"]
    [closing] = [e for e in found["given_data"] if e["target"] == ["closes", "share_services", "exampleton"]]
    largest = max(closing["figures"], key=lambda each: abs(each["swing"]["shift"]))
    [told] = [p for s in everything(build_report(minimal).sections) for p in s.paragraphs if "hangs most on" in p]
    counts = [int(n) for n in re.findall(r"in (?:about |fewer than )?(\d+)(?: of 100 futures)? where it", told)]
    truths = [100 * largest["swing"][side]["mean"] for side in ("low", "high")]
    assert len(counts) == 2
    assert all(abs(count - truth) <= 3 for count, truth in zip(counts, truths, strict=True)), told
    assert str(minimal.document["drivers"][largest["address"]]["label"]).partition(",")[0] in told


def test_every_cell_with_a_figure_has_it_from_the_document(minimal: Summary) -> None:
    known = set(values(minimal.analyses["sensitivity"]))
    told = [s for s in everything(build_report(minimal).sections) if s.id.startswith("sensitivity")]
    tables = [table for s in told for table in (*s.tables, *(chart.table for chart in s.charts))]
    cells = [cell for table in tables for row in table.rows for cell in row if cell.value is not None]
    assert len(cells) > 80
    assert [cell for cell in cells if cell.value not in known] == []


def values(node: Any) -> Iterator[float]:
    """Give every number of a document."""
    if isinstance(node, dict):
        for entry in node.values():
            yield from values(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from values(entry)
    elif isinstance(node, float | int) and not isinstance(node, bool):
        yield float(node)


def test_the_paper_renders_in_every_format_and_is_read_back(tmp_path: Path) -> None:
    config = tmp_path / "hostile.yaml"
    config.write_text(f"{HEAD}{HOSTILE}", encoding="utf-8")
    folder = made(tmp_path, str(config), "--simulations", "2048", "--seed", "1", "--format", "html,docx,md,xlsx,json")
    page = (folder / "report.html").read_text("utf-8")
    assert "What matters most" in page
    assert "<script>alert" not in page
    assert any("What matters most" in p.text for p in Word(str(folder / "report.docx")).paragraphs)
    again = load_summary(folder)
    assert [s.heading for s in report_again(again, folder).sections][1] == "What matters most"
    broken = {**again.analyses["sensitivity"], "given_data": [{"target": "nothing"}]}
    with pytest.raises(ResultsError, match="damaged, or written by another version"):
        report_again(replace(again, analyses={"sensitivity": broken}), folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--option", "solos"), "--option: there is no 'solos' to ask about; known are do_nothing, share_services"),
        (("--method", "sobo"), "did you mean 'sobol'?"),
        (("--target", "closed"), "did you mean 'closes'?"),
        (("--council", "nowhere"), "--council: there is no 'nowhere' to ask about; known are exampleton, jointly"),
        (("--target", "output"), "no target has all of"),
        (("--simulations", "1000"), "1,024"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    words: tuple[str, str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["sensitivity", str(CONFIGS / "minimal.yaml"), *words, "--out", str(tmp_path / "out")])
    assert code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_dataset_has_every_measure_with_its_error() -> None:
    found = given_data(simulate(compile_model(parsed(HOSTILE, HEAD)), 4_096, seed=1))
    dataset = found.dataset
    for name in ("rank_correlation", "regression", "first_order"):
        assert (dataset[name].to_numpy() == getattr(found, name).values).all(where=~dataset[name].isnull().to_numpy())
        assert dataset[f"{name}_error"].dims == ("figure", "target")
    entry = found.entries(list(dataset.target.to_numpy()).index("gap.do.here.2023/24"))[0]
    assert float(dataset["swing"].sel(figure=entry["address"], target="gap.do.here.2023/24")) == entry["swing"]["shift"]


def test_every_key_of_the_document_is_documented(minimal: Summary) -> None:
    page = (ROOT / "docs" / "sensitivity.md").read_text("utf-8")
    assert list(minimal.analyses["sensitivity"])[5:] == list(METHODS)
    missing = sorted({key for key in keys(minimal.analyses["sensitivity"]) if f"`{key}`" not in page})
    assert missing == []


def keys(node: Any) -> Iterator[str]:
    """Give every key of a document."""
    if isinstance(node, dict):
        for key, entry in node.items():
            yield key
            yield from keys(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from keys(entry)


def test_every_table_of_the_paper_is_a_sheet_of_the_workbook(minimal: Summary, tmp_path: Path) -> None:
    report = build_report(minimal)
    book = openpyxl.load_workbook(write_xlsx(report, tmp_path))
    numbers = table_numbers(report)
    tables = {t.id: t for s in everything(report.sections) for t in (*s.tables, *(c.table for c in s.charts))}
    assert len(tables) > 10
    for key, table in tables.items():
        headings, *rows = book[f"Table {numbers[key]}"].iter_rows(values_only=True)
        assert len(set(headings)) == len(table.headings)
        for row, cells in zip(rows, table.rows, strict=True):
            told = [cell.text if cell.value is None else pytest.approx(cell.value, rel=1e-14) for cell in cells]
            assert list(row) == told, key
