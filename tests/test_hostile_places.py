"""Places and run folders that are not what they should be; hostile config files are in ``test_bad_files``."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from simlib.cli import main
from simlib.errors import ResultsError
from simlib.folder import check_place, write_folder
from simlib.report import build_report, load_summary, render_again, write_report
from tests.small_files import COUNCIL, HEAD, drawn
from tests.synthetic_summary import summary

ROOT = Path(__file__).parents[1]
FILE = HEAD + "run: {simulations: 200, seed: 1}\n" + COUNCIL + "options: {o: {councils: a}}\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_report(summary(), tmp_path / "south", formats=("json",))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("small.yaml")
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_run_in_which_somebody_keeps_something_is_not_replaced(run: Path) -> None:
    note = run / "minutes.docx"
    note.write_text("what members said", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"holds 'minutes.docx', which is no part of a simlib run"):
        write_report(summary(), run)
    assert note.exists()


@pytest.mark.parametrize("formats", [("figures",), ("html", "figures")])
def test_pictures_of_ones_own_among_a_runs_figures_are_not_removed(run: Path, formats: tuple[str, ...]) -> None:
    mine = run / "figures" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(ResultsError, match=r"holds 'notes.txt'"):
        render_again(load_summary(run), run, out=None, formats=formats)
    with pytest.raises(ResultsError, match=r"holds 'notes.txt'"):
        check_place(run)
    assert mine.exists()


def test_what_a_file_manager_leaves_does_not_stand_in_the_way(run: Path) -> None:
    (run / ".DS_Store").write_bytes(b"")
    write_report(summary(), run, formats=())
    assert not (run / ".DS_Store").exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("n" * 300, "File name too long"),
        ("small.yaml/inside", "small.yaml is no folder"),
        ("link/inside", "no folder"),
        (".", "holds something that is not a simlib run"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_drawn(
    config: Path, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("link").symlink_to("nowhere")
    before = sorted(Path().iterdir())
    assert main(["run", str(config), "--out", place]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("name", ["..yaml", "...yaml"])
def test_a_file_without_a_name_cannot_name_a_folder(
    config: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config.rename(name)
    assert main(["run", name]) == 2
    assert "has no name to call the run's folder after" in capsys.readouterr().err
    assert main(["run", name, "--out", "here", "--format", "json"]) == 0


def test_folders_made_for_a_run_that_fails_are_taken_away(tmp_path: Path) -> None:
    broken = summary({**summary().document, "options": {"o": float("nan")}})
    with pytest.raises(ValueError, match="JSON"):
        write_folder(build_report(summary()).__class__("", "", (), (), (), broken), tmp_path / "a/b/c", (), None)
    assert not list(tmp_path.iterdir())


def test_a_name_as_long_as_a_file_system_allows_is_written(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 255)
    write_report(summary(), place, formats=())
    assert load_summary(place).document == summary().document


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda run: (run / "summary.json").write_text("9" * 5000, encoding="utf-8"), "damaged"),
        (lambda run: changed(run / "summary.json", "headline", "in_year"), "is not what the run has written"),
        (lambda run: changed(run / "summary.json", "simlib", True), "expected format 1"),
        (lambda run: changed(run / "manifest.json", "versions", 3), "expected versions and timings by name"),
        (lambda run: changed(run / "manifest.json", "summary_sha256", None), "is not what the run has written"),
        (lambda run: replaced(run / "summary.json", os.mkfifo), "found something that is no file"),
        (lambda run: os.truncate(run / "summary.json", 1 << 40), "at most 64 MiB"),
        (lambda run: (run / "summary.json").write_text(f"[{'{},' * 1_000_000}0]"), "at most 1,000,000 entries"),
    ],
    ids=["long_number", "edited", "boolean_version", "manifest", "digest", "pipe", "terabyte", "entries"],
)
def test_a_run_that_was_changed_is_refused(run: Path, damage: Callable[[Path], object], words: str) -> None:
    damage(run)
    with pytest.raises(ResultsError, match=words):
        load_summary(run)


def changed(path: Path, key: str, value: object) -> None:
    """Change one entry of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_bytes()), key: value}), encoding="utf-8")


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    """Put something else in a file's place."""
    path.unlink()
    make(path)


def test_a_reader_that_goes_away_does_not_cost_the_run(config: Path) -> None:
    command = f"'{sys.executable}' -m simlib run {config} --format json | true"
    finished = subprocess.run(command, shell=True, capture_output=True, text=True, env=_path(), check=False)
    assert finished.stderr == ""
    assert load_summary("runs/small").document["config"]["title"] == "a small file"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize(("target", "code"), [("> /dev/full", 2), (">&-", 0)])
def test_an_output_that_takes_nothing_is_no_bug_of_ours(config: Path, target: str, code: int) -> None:
    command = f"'{sys.executable}' -m simlib run {config} --format json {target}"
    finished = subprocess.run(command, shell=True, capture_output=True, text=True, env=_path(), check=False)
    assert (finished.returncode, "Traceback" in finished.stderr) == (code, False)


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_a_disc_without_room_for_the_futures_is_refused_before_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simlib.reporters import netcdf

    monkeypatch.setattr(netcdf, "_OVERHEAD", 1 << 62)  # more than any disc has free
    futures = drawn(COUNCIL + "options: {o: {councils: a}}\n", 100)
    with pytest.raises(ResultsError, match=r"No space left on device for results.nc"):
        write_report(summary(), tmp_path / "south", formats=("nc",), futures=futures)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["٥", "1" * 5000])
def test_a_number_of_other_digits_or_endless_is_refused(
    config: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(config), "--simulations", text]) == 2
    assert len(capsys.readouterr().err) < 200


@pytest.mark.parametrize("formats", ["", ","])
def test_no_format_is_not_every_format(config: Path, formats: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(config), "--format", formats]) == 2
    assert capsys.readouterr().err.startswith("--format: expected json, nc, html, xlsx, docx, md, figures, got nothing")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its share of memory")
def test_a_run_that_memory_cannot_hold_is_refused_in_words(config: Path) -> None:
    held = "run: {simulations: 3e8, keep: all}"  # one number of each is more than the process may have
    config.write_text(FILE.replace("run: {simulations: 200, seed: 1}", held), encoding="utf-8")
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))"
    code = f"{limit}; from simlib.cli import main; sys.exit(main(['run', {str(config)!r}]))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_path(), check=False)
    assert (finished.returncode, "Traceback" in finished.stderr) == (2, False)
    assert "memory" in finished.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize("section", ["options", "councils"])
def test_a_forged_run_cannot_name_files_elsewhere(run: Path, section: str) -> None:
    document = json.loads((run / "summary.json").read_bytes())
    document[section] = {f"../../{name}": entry for name, entry in document[section].items()}
    (run / "summary.json").write_text(json.dumps(document), encoding="utf-8")
    changed(run / "manifest.json", "summary_sha256", sha256((run / "summary.json").read_bytes()).hexdigest())
    with pytest.raises(ResultsError, match=f"{section} has an entry with no name that a file can have"):
        load_summary(run)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (3, "damaged: expected config as a mapping"),
        ({"sampler": "sobol", "dimensions": [[f"n{i}", 0] for i in range(21_202)]}, "at most 21,201 uncertain figures"),
    ],
)
def test_an_order_that_no_run_has_written_is_refused(
    kept: object, words: str, run: Path, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = json.dumps({**json.loads((run / "summary.json").read_bytes()), "config": kept}).encode()
    (run / "summary.json").write_bytes(content)
    manifest = json.loads((run / "manifest.json").read_bytes())
    (run / "manifest.json").write_text(json.dumps({**manifest, "summary_sha256": sha256(content).hexdigest()}))
    asked = ["run", str(config), "--sampler", "sobol", "--keep-order", str(run), "--out", "next"]
    assert main(asked) == 2
    assert words in capfd.readouterr().err
    assert not Path("next").exists()
