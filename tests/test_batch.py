"""Batches: what runs, what is kept whatever happens, and the index; its processes alone are in ``test_processes``.

Killed batches are real processes, forked by a server that has imported everything, so that none of them has to.
"""

import csv
import io
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simlib.batch import Batch
from simlib.batchindex import Line, index_report, variant_of
from simlib.claiming import MARK, claimed, place_of
from simlib.cli import main
from simlib.folder import read_folder
from simlib.headlines import Headline
from simlib.orders import Order, Outcome, make
from simlib.variants import Drawing, Variant, _data_in, planned

if TYPE_CHECKING:  # not on Windows
    from multiprocessing.context import ForkServerContext, ForkServerProcess

RUNS, KILLS = 50, 20
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and forks are POSIX's")
CONFIG = """\
simlib: 1
title: "{title}"
money: £m
years: 2025/26 to 2026/27
target_year: 2026/27
run: {{simulations: 256}}
councils:
  exampleton:
    gap: {{basis: cumulative_base, already_includes_savings: no, plan: [0.5, 1.0]}}
    general_fund: {{opening: 2.0, minimum: 1.0}}
measures:
  sharing:
    council: exampleton
    saving: {saving}
    basis: recurring
    from: 2025/26
    realisation: {{dist: uniform, low: 60%, high: 100%}}
options:
  wait: {{councils: exampleton}}
  share: {{label: "Share services", councils: exampleton, measures: sharing}}
"""
GRID = "measures.sharing.realisation=80%,100%"


def write(path: Path, title: str = "Exampleton", saving: object = 1.2) -> Path:
    """Write a small config."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONFIG.format(title=title, saving=saving), encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small config in a folder of its own, which is where the command is run."""
    monkeypatch.chdir(tmp_path)
    return write(Path("exampleton.yaml"))


def batch(*words: object, jobs: int = 1) -> int:
    """Run the command with as many workers as said."""
    return main(["batch", *map(str, words), "--jobs", str(jobs)])


def rows(folder: Path) -> list[dict[str, str]]:
    """Give the rows of an index."""
    return list(csv.DictReader(io.StringIO((folder / "index.csv").read_text("utf-8-sig"), newline="")))


def runs(folder: Path) -> list[Path]:
    """Give the folders of runs."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def content(folder: Path) -> dict[str, bytes]:
    """Give what must be the same however a batch came about: the index, and the summary of each run."""
    files = [folder / "index.csv", folder / "index.html", *(run / "summary.json" for run in runs(folder))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


# What runs


def test_files_overlays_and_grids_multiply(config: Path) -> None:
    for name in ("low", "high"):
        Path(f"{name}.yaml").write_text("set: {measures.sharing.saving: 1.1}", encoding="utf-8")
    write(Path("more/other.yaml"))
    found = planned(
        ["exampleton.yaml", "more/*.yaml"],
        overlays=[["low.yaml", "high.yaml"], ["low.yaml"]],
        sets=[("title", "x")],
        grids=[("a", ["1", "2", "3"]), ("b", ["4", "5"])],
    )
    assert len(found) == len(set(found)) == 2 * 2 * 1 * 3 * 2
    assert [v.config for v in found] == ["exampleton.yaml"] * 12 + ["more/other.yaml"] * 12
    assert [v.sets for v in found[:3]] == [
        (("title", "x"), ("a", "1"), ("b", "4")),
        (("title", "x"), ("a", "1"), ("b", "5")),
        (("title", "x"), ("a", "2"), ("b", "4")),
    ]


def test_a_name_is_readable_safe_and_of_one_variant_only() -> None:
    drawings = [Drawing(), Drawing(1_000), Drawing(None, 1_000), Drawing(precision=("1%",))]
    places = ["a/x.yaml", "b/x.yaml", "x"]
    settings: list[tuple[tuple[str, str], ...]] = [(), (("m.delay", "6 months"),), (("n.delay", "6 months"),)]
    settings += [(("m.delay", "6, months"),), (("m.delay", "{dist: uniform, low: 0, high: " + "9" * 99 + "}"),)]
    found = {Variant(p, o, s, d).name for p in places for o in [(), ("x",)] for s in settings for d in drawings}
    assert len(found) == len(places) * 2 * len(settings) * len(drawings)
    assert all(len(name) <= 100 and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-") for name in found)
    assert Variant("configs/south.yaml", (), (("m.delay", "6 months"),)).name.startswith("south-delay_6_months-")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing_*.yaml"], "nothing_*.yaml: there is no such file, and none that this is a pattern of"),
        (["exampleton.yaml", "--grid", "title"], "--grid: expected ADDRESS=VALUE,VALUE"),
        (["exampleton.yaml", "--grid", "title=1,"], "--grid: expected ADDRESS=VALUE,VALUE"),
        (["exampleton.yaml", "--grid", "a=1,1"], "--grid: expected each value once"),
        (["exampleton.yaml", "--grid", "a=£22,000,£23,000"], "write £22_000 for £22,000"),
        (["exampleton.yaml", "--grid", "a=1", "--set", "a=2"], "expected each address once in --set and --grid"),
        (["exampleton.yaml", *(w for a in "abcde" for w in ("--grid", f"{a}=1,2,3,4,5,6,7"))], "runs, got 16,807"),
        (["exampleton.yaml", "--sampler", "sobel"], "--sampler: expected random"),
    ],
)
def test_words_that_cannot_be_understood_are_refused_and_nothing_is_written(
    config: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert batch(*words) == 2
    assert said in capsys.readouterr().err
    assert not Path("runs").exists()


def test_a_pattern_passes_by_the_copies_that_runs_keep(config: Path) -> None:
    assert batch("exampleton.yaml", "--out", "here", "-q") == 0
    assert [variant.config for variant in planned(["**/*.yaml"])] == ["exampleton.yaml"]


def test_an_overlay_is_what_its_figures_are_by_set(config: Path) -> None:
    Path("hard.yaml").write_text(
        "why: a hard case\nset:\n  measures.sharing.realisation: {dist: uniform, low: 50%, high: '90%'}\n", "utf-8"
    )
    figure = "{dist: uniform, low: 50%, high: 90%}"
    assert batch(config, "--overlay", "hard.yaml", "--out", "laid", "-q") == 0
    assert batch(config, "--set", f"measures.sharing.realisation={figure}", "--out", "set", "-q") == 0
    laid, stated = (read_folder(runs(Path(name))[0]).document for name in ("laid", "set"))
    assert laid["config"].pop("digest")
    assert stated["config"].pop("digest")
    assert stated["config"].pop("set") == {"measures.sharing.realisation": figure}
    assert laid["config"].pop("set") == {"measures.sharing.realisation": figure.replace("90%", '"90%"')}
    assert laid == stated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set: {measures.sharing.saving: 20%}", "o.yaml:1:32: measures.sharing.saving: expected money"),
        ("set: {measures.shoring.saving: 1}\n", "o.yaml:1:32: measures.shoring.saving: there is no 'shoring'"),
        ("sets: {measures.sharing.saving: 1}\n", "o.yaml:1:1: sets: unknown key 'sets'; did you mean 'set'?"),
        ("set: 3", "o.yaml:1:6: set: expected the figures"),
        ("why: nothing", "o.yaml:1:1: set: expected the figures"),
    ],
)
def test_what_is_wrong_with_an_overlay_is_told_where_it_stands(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    Path("o.yaml").write_text(text, encoding="utf-8")
    assert batch(config, "--overlay", "o.yaml", "--out", "b") == 2
    assert said in capsys.readouterr().err


# What is there is kept


def test_runs_that_are_there_are_skipped_until_something_they_depend_on_changes(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (config, "--grid", GRID, "--out", "b", "-q")

    def skipped() -> str:
        assert batch(*words) == 0
        return capsys.readouterr().out.splitlines()[0]

    assert skipped() == "2 runs: 2 finished"
    before = content(Path("b"))
    assert skipped() == "2 runs: 2 finished, 2 of them before"
    assert content(Path("b")) == before
    write(config, saving=1.3)
    assert skipped() == "2 runs: 2 finished"
    assert content(Path("b")).keys() == before.keys()
    assert content(Path("b")) != before
    words = (*words, "--format", "html")
    assert skipped() == "2 runs: 2 finished"
    assert all((run / "report.html").is_file() for run in runs(Path("b")))
    (runs(Path("b"))[0] / "summary.json").write_text("{}", encoding="utf-8")
    assert skipped() == "2 runs: 2 finished, 1 of them before"
    assert rows(Path("b"))[0]["seed"] == "1"  # the file states none


def test_data_beside_a_file_are_part_of_what_a_run_depends_on(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("awards.csv").write_text("award\n1\n2\n", encoding="utf-8")
    text = "simlib: 1\ntitle: t\ndrivers: {x: {dist: empirical, file: awards.csv, column: award}}\noutputs: {y: x}\n"
    Path("given.yaml").write_text(text, encoding="utf-8")
    for changed in ("1\n2\n", "1\n3\n"):
        Path("awards.csv").write_text("award\n" + changed, encoding="utf-8")
        assert batch("given.yaml", "--out", "b", "-q", "--simulations", 256) == 0
        assert capsys.readouterr().out.splitlines()[0] == "1 run: 1 finished"


def test_names_of_data_are_found_in_one_go_through_a_text_however_long_its_lines_are() -> None:
    def names(text: bytes) -> list[str]:
        return list(_data_in(text))

    assert names(b"{file: awards.csv, note: x}\nfile: 'my pay-2.csv' # .csv") == ["awards.csv", "my pay-2.csv"]
    assert names(b"see - a.csv.csv.txt") == ["see - a.csv.csv"]
    assert names(b"a" * 1_000_000) == []  # and not a million times a million looks
    assert len(names(b"a" * 1_000_000 + b".csv")) == 1


def test_what_cannot_run_stops_nothing_else_and_is_told_at_the_end(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path("broken.yaml"), saving="20%")
    assert batch("broken.yaml", config, "--out", "b") == 2
    said = capsys.readouterr()
    assert "2 runs: 1 finished, 1 could not run" in said.out
    told = "could not run: broken.yaml, as it stands\n  broken.yaml:14:13: measures.sharing.saving: expected money"
    assert told in said.err
    assert [(row["status"], row["option"]) for row in rows(Path("b"))] == [
        ("could not run", ""), ("finished", "Wait"), ("finished", "Share services"),
    ]  # fmt: skip
    assert "expected money" in rows(Path("b"))[0]["reason"]
    write(Path("broken.yaml"))
    assert batch("broken.yaml", config, "--out", "b", "-q") == 0
    assert {row["status"] for row in rows(Path("b"))} == {"finished"}


def test_the_exit_code_tells_a_mistake_of_ours_from_the_users() -> None:
    variants = [Variant(name) for name in "abc"]
    states = {"finished": 0, "refused": 2, "failed": 1, "full": 2}
    for state, code in states.items():
        assert Batch(tuple(variants), outcomes={variants[0]: Outcome(state, "why")}).code == code  # type: ignore[arg-type]
    both = {variants[0]: Outcome("refused", "why"), variants[1]: Outcome("failed", "why")}
    assert Batch(tuple(variants), outcomes=both).code == 1


def test_a_folder_of_somebody_elses_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("site").mkdir()
    Path("site/index.html").write_text("mine", encoding="utf-8")
    assert batch(config, "--out", "site") == 2
    assert "site: holds 'index.html', which is not a batch's; choose another --out" in capsys.readouterr().err
    assert os.listdir("site") == ["index.html"]  # noqa: PTH208
    assert batch(config, "--out", config) == 2
    assert f"{config}: cannot be written: " in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that anybody may make")
@pytest.mark.parametrize("name", [MARK, "index.csv", ".index.csv.part"])
def test_nothing_is_written_where_a_link_in_the_folder_leads(config: Path, name: str) -> None:
    Path("theirs.txt").write_text("theirs", encoding="utf-8")
    os.utime("theirs.txt", (1, 1))
    Path("b").mkdir()
    Path("b", name).symlink_to(Path("theirs.txt").absolute())
    assert batch(config, "--out", "b", "-q") == (0 if name.endswith(".part") else 2)
    assert Path("theirs.txt").read_text(encoding="utf-8") == "theirs"
    assert Path("theirs.txt").stat().st_mtime == 1


@pytest.mark.parametrize("name", [MARK, "index.csv"])
def test_a_folder_in_the_place_of_a_file_of_the_batch_is_told_before_anything_is_computed(
    config: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    Path("b", name).mkdir(parents=True)
    assert batch(config, "--out", "b") == 2
    assert capsys.readouterr().err == f"b: holds '{name}', which is not a batch's; choose another --out\n"
    assert os.listdir("b") == [name]  # noqa: PTH208


def test_a_name_that_no_folder_can_have_is_told_in_words(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(config, "--out", "b" * 300) == 2
    assert f"{'b' * 300}: cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("\udc80.yaml",), ("exampleton.yaml", "--grid", "title=x,\udc80"), ("*.yaml", "--overlay", "\udc80.yaml")]
)
def test_words_that_are_no_text_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    if sys.platform == "linux":  # where a name is any bytes
        Path("\udc80.yaml").write_bytes(config.read_bytes())
    assert batch(*words, "--out", "b") == 2
    assert "\\udc80" in capsys.readouterr().err
    assert not Path("b").exists()


# Processes


def ready() -> "ForkServerContext":
    """Give what forks processes that have imported the whole machine."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([
        "simlib.cli", "simlib.batch", "simlib.compiling", "simlib.engine", "simlib.summary", "simlib.reporters.html",
        "jinja2", __name__,
    ])  # fmt: skip
    return context


def started(task: Callable[..., None], *arguments: object) -> "ForkServerProcess":
    """Start a process in a session of its own."""
    process = ready().Process(target=task, args=arguments)
    process.start()
    return process


def in_session(words: Sequence[str], jobs: int) -> None:
    """Run a batch as the leader of a group of processes."""
    os.setsid()
    sys.exit(batch(*words, jobs=jobs))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, bytes]]]:
    """Give a folder with fifty configs, to which it goes, and what a batch that is left alone makes of them."""
    folder, before = tmp_path_factory.mktemp("many"), Path.cwd()
    for number in range(RUNS):
        write(folder / "configs" / f"case_{number}.yaml", f"Case {number}", 1.0 + number / 100)
    os.chdir(folder)
    assert batch("configs/*.yaml", "--out", "alone", "-q") == 0
    yield folder, content(folder / "alone")
    os.chdir(before)


def kill(process: "ForkServerProcess", *, everybody: bool) -> None:
    """Kill a batch, with the processes that it has started or without them."""
    assert process.pid is not None
    grouped = os.getpgid(process.pid) == process.pid
    (os.killpg if everybody and grouped else os.kill)(process.pid, signal.SIGKILL)
    process.join()


def wait_for(process: "ForkServerProcess", folder: Path, count: int) -> None:
    """Wait until so many runs are there, or the process has ended."""
    while process.is_alive() and (not folder.is_dir() or len(runs(folder)) < count):
        process.join(0.005)


@POSIX
def test_a_batch_killed_twenty_times_ends_as_one_that_was_left_alone(many: tuple[Path, dict[str, bytes]]) -> None:
    folder, alone = many
    out, chance, kills = folder / "killed", random.Random(7), 0
    words = ("configs/*.yaml", "--out", "killed", "-q")
    while kills < KILLS:
        process = started(in_session, words, 2 if kills % 10 == 3 else 1)
        there = len(runs(out)) if out.is_dir() else 0
        wait_for(process, out, there + chance.randint(0, 2))
        process.join(chance.uniform(0, 0.02))
        kill(process, everybody=chance.random() < 0.5)
        assert process.exitcode == -signal.SIGKILL, "it was to be killed before its end: draw fewer"
        kills += 1
        for run in runs(out) if out.is_dir() else ():
            assert read_folder(run).document["config"]["simulations"] == 256
    assert 0 < len(runs(out)) < RUNS
    assert batch(*words) == 0
    assert content(out) == alone
    assert hidden(out) == [MARK]


@POSIX
def test_two_batches_at_once_share_the_work_and_spoil_nothing(many: tuple[Path, dict[str, bytes]]) -> None:
    folder, alone = many
    halves = ("configs/case_[0-4]*.yaml", "configs/case_[2-9]*.yaml")
    both = [started(in_session, (half, "--out", "both", "-q"), 1) for half in halves]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert content(folder / "both") == alone
    assert hidden(folder / "both") == [MARK]


@POSIX
def test_an_interrupted_batch_keeps_what_is_finished_and_clears_away_the_rest(
    many: tuple[Path, dict[str, bytes]],
) -> None:
    folder, alone = many
    out = folder / "interrupted"
    process = started(in_session, ("configs/*.yaml", "--out", "interrupted", "-q"), 2)
    wait_for(process, out, 3)
    assert process.pid is not None
    os.killpg(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 130
    assert hidden(out) == [MARK]
    finished = {row["run"] for row in rows(out)}
    assert finished == {run.name for run in runs(out)}
    assert 3 <= len(finished) < RUNS
    assert batch("configs/*.yaml", "--out", "interrupted", "-q") == 0
    assert content(out) == alone


def hold(folder: Path, place: int, held: Event) -> None:
    """Hold a run's place until killed."""
    with claimed(folder, place, wait=False) as claim:
        assert claim == "ours"
        held.set()
        signal.pause()


@POSIX
def test_a_run_that_somebody_is_at_is_left_to_them_until_they_die(config: Path) -> None:
    out, variant = Path("b"), Variant("exampleton.yaml")
    assert batch("exampleton.yaml", "--out", out, "-q", "--simulations", 128) == 0
    draft = out / f".{variant.name}.abcd1234.part"
    draft.mkdir()
    held = ready().Event()
    process = started(hold, out, place_of(variant.name), held)
    assert held.wait(60)
    assert make(Order(variant, out)) == Outcome("busy")
    assert batch("exampleton.yaml", "--out", out, "-q", "--simulations", 128) == 0
    assert draft.is_dir()
    process.kill()
    process.join()
    assert make(Order(variant, out)) == Outcome("finished")
    assert batch("exampleton.yaml", "--out", out, "-q") == 0
    assert not draft.exists()


def test_a_run_that_is_large_or_may_become_so_is_left_to_all_workers(config: Path) -> None:
    Path("b").mkdir()
    exact = Variant("exampleton.yaml", drawing=Drawing(precision=("20%",)))
    assert make(Order(exact, Path("b"))) == Outcome("large")
    assert make(Order(Variant("exampleton.yaml", drawing=Drawing(1_000_001)), Path("b"))) == Outcome("large")
    assert make(Order(exact, Path("b"), large=True)) == Outcome("finished")


# Discs


@pytest.fixture
def disc(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Give what mounts a disc of its own, and mounts it again with other options."""
    place = tmp_path / "disc"
    place.mkdir()

    def mounted(options: str) -> Path:
        again = ["remount"] if place.is_mount() else []
        command = ["mount", "-t", "tmpfs", "-o", ",".join([*again, options]), "tmpfs", str(place)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this machine lets us mount no disc")
        return place

    yield mounted
    if place.is_mount():
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disc_is_told_in_words_and_loses_nothing_that_was_finished(
    many: tuple[Path, dict[str, bytes]], disc: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = disc("size=600k") / "b"
    assert batch("configs/*.yaml", "--out", out, "-q") == 2
    said = capsys.readouterr()
    kept = runs(out)
    assert 0 < len(kept) < RUNS
    assert f"{RUNS} runs: {len(kept)} finished, {RUNS - len(kept)} not yet" in said.out
    assert "cannot be written: No space left on device" in said.err
    assert "Traceback" not in said.err
    assert all(read_folder(run).document["config"]["simulations"] == 256 for run in kept)
    assert hidden(out) == [MARK]
    disc("size=64m")
    assert batch("configs/*.yaml", "--out", out, "-q") == 0
    assert content(out) == many[1]


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_computed(
    config: Path, disc: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    place = disc("size=4m")
    assert batch(config, "--out", place / "b", "-q") == 0
    before = content(place / "b")
    disc("ro")
    for folder in (place / "b", place / "new"):
        assert batch(config, "--grid", GRID, "--out", folder, "-q") == 2
        assert f"{folder}: cannot be written: " in capsys.readouterr().err
    assert content(place / "b") == before


# The index


def test_the_index_tells_of_each_run_what_its_summary_says(config: Path) -> None:
    assert batch(config, "--grid", GRID, "--grid", "measures.sharing.delay=0,6 months,12 months", "--out", "b") == 0
    by_run: dict[str, list[dict[str, str]]] = {}
    for row in rows(Path("b")):
        by_run.setdefault(row["run"], []).append(row)
    assert sorted(by_run) == [run.name for run in runs(Path("b"))]
    for run, found in by_run.items():
        document = read_folder(Path("b", run)).document
        for row, (option, entry) in zip(found, document["options"].items(), strict=True):
            pair = entry["councils"]["exampleton"]
            headline, gap = pair["closes"]["target_year"], pair["gap_recurring"]["2026/27"]
            assert row["option"] == entry["label"], option
            assert {a: row[a] for a in document["config"]["set"]} == document["config"]["set"]
            assert (row["seed"], row["futures"], row["digest"]) == ("1", "256", document["config"]["digest"])
            assert told(row, "chance", "error", "interval_low", "interval_high") == [
                headline["probability"], headline["error"], *headline["interval"],
            ]  # fmt: skip
            assert told(row, "mean", "p10", "p50", "p90") == [gap[name] for name in ("mean", "p10", "p50", "p90")]
            assert told(row, "short_chance", "reserve_80", "reserve_90", "reserve_95") == [
                pair["shortfall"]["probability"], *(pair["reserve_needed"][level] for level in ("80", "90", "95")),
            ]  # fmt: skip


def told(row: dict[str, str], *names: str) -> list[float]:
    return [float(row[name]) for name in names]


def test_runs_stand_in_an_order_of_their_own_in_which_ten_comes_after_nine(config: Path) -> None:
    assert batch(config, "--grid", "measures.sharing.saving=10,9,1.5", "--out", "b", "-q") == 0
    assert batch(config, "--out", "b", "-q") == 0
    found = [row["measures.sharing.saving"] for row in rows(Path("b"))]
    assert list(dict.fromkeys(found)) == ["", "1.5", "9", "10"]


def test_a_table_names_runs_by_what_tells_them_apart_and_says_once_what_all_of_them_have() -> None:
    drawing, at = Drawing(simulations=128), "drivers.pay"
    alike = [Variant("a.yaml", (), (("drivers.x", "1"), (at, value)), drawing) for value in ("1%", "2%")]
    plain = Variant("b.yaml", (), (), drawing)
    lines = [Line(variant, found=(Headline("Wait", "Here"),)) for variant in (*alike, plain)]
    _, several, single = index_report(lines).sections
    assert several.paragraphs == (f"Every run of it: drivers.x=1, {drawing}.",)
    assert [row[0].text for row in several.tables[0].rows] == [f"{at}=1%", f"{at}=2%"]
    assert (single.paragraphs, single.tables[0].rows[0][0].text) == ((), str(drawing))


def test_no_name_of_a_file_is_taken_for_a_formula_or_for_part_of_the_page(config: Path) -> None:
    text = config.read_text(encoding="utf-8").replace('"Exampleton"', "\"<script>alert('x')</script>\"")
    config.write_text(text.replace('"Share services"', "\"=cmd|' /C calc'!A0\""), encoding="utf-8")
    assert batch(config, "--grid", "measures.sharing.realisation={value: 1},{value: 50%}", "--out", "b", "-q") == 0
    assert {row["option"] for row in rows(Path("b"))} == {"Wait", "'=cmd|' /C calc'!A0"}
    page = Path("b/index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_no_address_is_taken_for_a_formula_even_at_the_head_of_a_column(config: Path) -> None:
    assert batch(config, "--grid", "@SUM(A1)=1", "--set", "drivers.x=  =1+1", "--out", "b", "-q") == 2
    (found,) = rows(Path("b"))
    assert found["'@SUM(A1)"] == "1"
    assert found["drivers.x"] == "'=1+1"


@pytest.mark.parametrize(
    "forged",
    [
        {"config": "\ud800.yaml"}, {"overlays": [{"a": 1}, "\ud800"]}, {"sets": [["a", "\ud800"]]},
        {"drawing": {"simulations": [1], "seed": None, "sampler": None, "precision": []}},
        {"drawing": {"simulations": None, "seed": None, "sampler": None, "precision": [{"a": 1}]}},
        {"drawing": {"simulations": None, "seed": None, "sampler": ["\ud800"], "precision": 1}}, {"drawing": 1},
    ],
)  # fmt: skip
def test_a_forged_run_beside_others_spoils_no_index(config: Path, forged: dict[str, object]) -> None:
    assert batch(config, "--out", "b", "-q") == 0
    (own,) = runs(Path("b"))
    told = rows(Path("b"))
    shutil.copytree(own, other := own.with_name("other"))
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    manifest["batch"]["asked"] |= forged
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    variant = variant_of(read_folder(other))
    if variant is not None:  # as it is called that pretends to be a run of the batch
        other.rename(other.with_name(variant.name))
    assert batch(config, "--out", "b") == 0
    assert [row for row in rows(Path("b")) if row["run"] == own.name] == told


def test_a_file_with_outputs_only_has_its_outputs_in_the_index(config: Path) -> None:
    outputs = "outputs: {twice: 2 * x, often: x < 0.25}\n"
    text = f"simlib: 1\ntitle: t\ndrivers: {{x: {{dist: uniform, low: 0, high: 1}}}}\n{outputs}"
    Path("given.yaml").write_text(text, encoding="utf-8")
    assert batch("given.yaml", "--out", "b", "--simulations", 4_096) == 0
    twice, often = rows(Path("b"))
    assert (twice["amount"], often["amount"], often["test"]) == ("Twice", "Often", "holds")
    assert abs(float(twice["mean"]) - 1) < 5 * (1 / 3) ** 0.5 / 4_096**0.5
    assert abs(float(often["chance"]) - 0.25) < 5 * float(often["error"])
    assert twice["chance"] == often["mean"] == ""


def test_a_run_of_a_batch_is_what_the_command_run_makes_of_it(config: Path) -> None:
    assert batch(config, "--set", "measures.sharing.saving=1.4", "--out", "b", "-q") == 0
    words = ["--set", "measures.sharing.saving=1.4", "--seed", "1", "--format", "json", "--out", "alone", "-q"]
    assert main(["run", str(config), *words]) == 0
    assert (runs(Path("b"))[0] / "summary.json").read_bytes() == Path("alone/summary.json").read_bytes()
    assert main(["report", str(runs(Path("b"))[0]), "--format", "md", "-q"]) == 0
    assert batch(config, "--set", "measures.sharing.saving=1.4", "--out", "b", "-q") == 0
    assert (runs(Path("b"))[0] / "report.md").is_file()


def test_the_manifest_says_what_was_asked_for(config: Path) -> None:
    assert batch(config, "--grid", GRID, "--seed", "3", "--out", "b", "-q") == 0
    manifests: list[Any] = [json.loads((run / "manifest.json").read_bytes())["batch"] for run in runs(Path("b"))]
    assert [each["formats"] for each in manifests] == [["json"], ["json"]]
    assert {tuple(map(tuple, each["asked"]["sets"])) for each in manifests} == {
        (("measures.sharing.realisation", share),) for share in ("80%", "100%")
    }
    assert {each["asked"]["drawing"]["seed"] for each in manifests} == {3}
