"""A run's folder: written whole, read back, never spoilt."""

import copy
import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_summary import claims_only, document, summary

from simlib.errors import ResultsError
from simlib.folder import json_bytes
from simlib.layout import Section, everything
from simlib.provenance import with_manifest
from simlib.report import (
    FORMATS,
    TOLD,
    _as_damaged,
    build_report,
    load_summary,
    render_again,
    report_again,
    write_report,
)  # fmt: skip
from simlib.reporters import check_formats


def test_a_run_is_written_whole_and_read_back(tmp_path: Path) -> None:
    run = summary()
    folder = write_report(run, tmp_path / "runs" / "south", formats=("json", "html", "figures"))
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["config.yaml", "figures", "manifest.json", "report.html", "summary.json"]
    charts = {chart.id for part in everything(build_report(run).sections) for chart in part.charts}
    assert {path.stem for path in (folder / "figures").iterdir()} == charts
    again = load_summary(folder)
    assert again.document == run.document
    assert again.config_text == run.config_text
    assert sorted(path.name for path in folder.parent.iterdir()) == ["south"], "nothing temporary is left"


def test_two_writings_of_the_same_run_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_report(summary(), tmp_path / name, formats=("html", "figures")) for name in ("one", "two"))
    paths = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(paths) > 40
    for path in paths:
        assert (one / path).read_bytes() == (two / path).read_bytes(), path


def test_json_keeps_order_and_every_digit_and_refuses_what_is_no_number() -> None:
    value = {"b": 0.1 + 0.2, "a": np.float64(1 / 3), "c": [np.int64(3), None]}
    text = json_bytes(value).decode()
    assert list(json.loads(text)) == ["b", "a", "c"]
    assert json.loads(text)["b"] == 0.1 + 0.2
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes({"a": float("nan")})


def test_a_failure_leaves_the_earlier_run_as_it_was(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    broken = copy.deepcopy(document())
    broken["options"]["solo"]["councils"]["south"]["gap_after"]["2019/20"]["sd"] = float("inf")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_report(summary(broken), folder, formats=())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["south"]


def test_a_run_replaces_an_earlier_run_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=FORMATS)
    write_report(summary(claims_only()), folder, formats=())
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml", "manifest.json", "summary.json"]
    assert load_summary(folder).document["target_year"] is None


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "minutes.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ResultsError, match="holds something that is not a simlib run"):
        write_report(summary(), tmp_path / "papers", formats=())
    assert (tmp_path / "papers" / "minutes.txt").read_text(encoding="utf-8") == "keep me"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match="found a file or a link"):
        write_report(summary(), tmp_path / "link", formats=())
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "summary.json").unlink(), "expected a file of a simlib run"),
        (lambda folder: (folder / "summary.json").write_text("{", encoding="utf-8"), "damaged"),
        (
            lambda folder: (folder / "summary.json").write_text("[]", encoding="utf-8"),
            "damaged: expected a mapping",
        ),
        (
            lambda folder: (folder / "summary.json").write_text('{"simlib": 9}', encoding="utf-8"),
            "expected format 1",
        ),
        (
            lambda folder: (folder / "summary.json").write_text('{"simlib": 1}', encoding="utf-8"),
            "config, unit",
        ),
        (
            lambda folder: (folder / "summary.json").write_bytes(b"\xff\xfe"),
            "expected a file of a simlib run",
        ),
        (lambda folder: (folder / "config.yaml").unlink(), "expected a file of a simlib run"),
    ],
)
def test_a_damaged_run_is_refused_in_words(tmp_path: Path, damage: Any, message: str) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    damage(folder)
    with pytest.raises(ResultsError, match=message):
        load_summary(folder)


def test_a_run_of_another_shape_is_refused_in_words(tmp_path: Path) -> None:
    doc = copy.deepcopy(document())
    doc["options"]["solo"]["councils"]["south"]["closes"] = 7
    folder = tmp_path / "south"
    write_report(summary(), folder, formats=())
    changed = json_bytes(doc)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_bytes(changed)
    forged = manifest | {"summary_sha256": hashlib.sha256(changed).hexdigest()}
    (folder / "manifest.json").write_bytes(json_bytes(forged))
    read = load_summary(folder)
    with pytest.raises(ResultsError, match="damaged, or written by another version of simlib"):
        report_again(read, folder)
    with pytest.raises(ResultsError, match="damaged, or written by another version of simlib"):
        render_again(read, folder, out=None, formats=["html"])


@pytest.mark.parametrize("trouble", [StopIteration(), RuntimeError("generator raised StopIteration"), KeyError("a")])
def test_whatever_a_forged_document_leads_to_is_told_as_damage(trouble: Exception) -> None:
    with pytest.raises(ResultsError, match=r"a: damaged, or written by another version"), _as_damaged(Path("a")):
        raise trouble


def test_a_name_that_no_folder_can_have_is_no_run() -> None:
    with pytest.raises(ResultsError, match=r"^x{197}\.\.\.: expected a run's folder"):
        load_summary("x" * 5_000)


def test_names_that_run_into_each_other_keep_their_own_pictures() -> None:
    doc = copy.deepcopy(document())
    doc["councils"] = {"south_x": doc["councils"]["south"], "x": doc["councils"]["sedge"]}
    solo = doc["options"]["solo"]["councils"]["south"]
    doc["options"] = {
        "solo": doc["options"]["solo"] | {"councils": {"south_x": solo}, "jointly": None},
        "solo_south": doc["options"]["solo"] | {"councils": {"x": solo}, "jointly": None},
    }
    doc["swings"]["options"], doc["readings"], doc["events"] = {}, {}, {}
    parts = list(everything(build_report(summary(doc)).sections))
    charts = [chart.id for part in parts for chart in part.charts]
    assert "bridge_solo_south_x" in charts
    ids = [*(c.table.id for p in parts for c in p.charts), *(t.id for p in parts for t in p.tables)]
    for names in (charts, ids, [part.id for part in parts]):
        assert len(names) == len(set(names))


def test_a_missing_run_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"expected a run's folder, such as runs/south_somerset"):
        load_summary(tmp_path / "nothing")


def test_rendering_again_adds_to_a_run_or_makes_another(tmp_path: Path) -> None:
    folder = write_report(summary(), tmp_path / "south", formats=())
    before = (folder / "summary.json").read_bytes()
    render_again(load_summary(folder), folder, out=None, formats=("html",))
    assert "<h1>South" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "summary.json").read_bytes() == before
    other = render_again(load_summary(folder), folder, out=tmp_path / "other", formats=("html",))
    assert (other / "summary.json").read_bytes() == before
    with pytest.raises(ResultsError, match="nc needs the futures themselves"):
        render_again(load_summary(folder), folder, out=None, formats=("nc",))


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    known = "expected json, nc, html, xlsx, docx, md, figures, got 'htm'"
    with pytest.raises(ResultsError, match=rf"{known}; did you mean 'html'\?"):
        check_formats(["htm"])
    assert check_formats(FORMATS) == FORMATS


def test_a_manifest_says_what_a_run_was_made_with() -> None:
    manifest = with_manifest(summary(), {"simulate": 0.1}).manifest
    assert manifest["seed"] == 20160317
    assert manifest["digest"] == document()["config"]["digest"]
    assert {"simlib", "python", "numpy", "scipy"} <= set(manifest["versions"])
    assert manifest["timings"] == {"simulate": 0.1}


def test_further_documents_stand_beside_the_summary_and_are_guarded_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TOLD, "sensitivity", lambda found, _: iter([Section("matters", found["heading"])]))
    run = dataclasses.replace(summary(), analyses={"sensitivity": {"heading": "What matters\x1b"}})
    folder = write_report(run, tmp_path / "south", formats=("md",))
    assert (folder / "summary.json").read_bytes() == json_bytes(run.document), "the summary does not depend on them"
    again = load_summary(folder)
    assert again.analyses == run.analyses
    assert build_report(again).sections[1].heading == "What matters", "the answer is told right after the summary"
    (folder / "sensitivity.json").write_text('{"heading": "Nothing"}')
    with pytest.raises(ResultsError, match=r"sensitivity\.json: damaged: it is not what the run has written"):
        load_summary(folder)
