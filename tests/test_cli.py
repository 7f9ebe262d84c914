"""The command: what it prints, what it writes, and its exit codes, as a user meets them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simlib import __version__
from simlib.arguments import matching
from simlib.cli import guarded, main

MINIMAL = """\
simlib: 1
title: "One council, two options (illustrative)"
money: £m
years: 2025/26 to 2027/28
target_year: 2027/28
run: {simulations: 2_000, seed: 7}
councils:
  exampleton:
    source: {what: "illustrative figures", mark: judgement}
    gap: {basis: cumulative_base, already_includes_savings: no, plan: [0.4, 0.7, 1.0]}
    general_fund: {opening: 2.0, minimum: 1.0}
measures:
  shared_services:
    council: exampleton
    saving: 1.1
    basis: recurring
    from: 2025/26
    full_from: 2027/28
    realisation: {dist: triangular, low: 60%, mode: 95%, high: 100%}
    source: {what: "illustrative figures", mark: judgement}
options:
  do_nothing: {label: Do nothing, councils: exampleton}
  share_services: {label: Share services, councils: exampleton, measures: shared_services}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small config in a folder of its own, which is where the command is run."""
    monkeypatch.chdir(tmp_path)
    path = Path("exampleton.yaml")
    path.write_text(MINIMAL, encoding="utf-8")
    return path


def outcome(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command and give its exit code and what it printed."""
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def written(folder: Path) -> list[str]:
    """Give every file and folder below one."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "simlib", *arguments], cwd=cwd, capture_output=True, check=False)


# run


def test_run_prints_the_report_and_writes_the_folder(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = outcome(capsys, "run", config)
    assert (code, err) == (0, "")
    assert "Before further action" in out
    assert "Share services closes the gap in the business case, with £0.1m to spare." in " ".join(out.split())
    assert "Written to runs/exampleton/" in out.replace("\\", "/")
    names = {Path(name).parts[0] for name in written(Path("runs/exampleton"))}
    reports = {"report.html", "report.xlsx", "report.docx", "report.md", "figures"}
    assert names == {"summary.json", "results.nc", "config.yaml", "manifest.json", *reports}


def test_the_run_holds_the_file_as_it_was_read(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome(capsys, "run", config, "--format", "json")
    folder = Path("runs/exampleton")
    assert (folder / "config.yaml").read_bytes() == config.read_bytes()
    summary = json.loads((folder / "summary.json").read_bytes())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert summary["config"]["digest"] == manifest["digest"]
    assert (summary["config"]["seed"], summary["config"]["simulations"]) == (7, 2_000)
    assert set(manifest["timings"]) == {"simulate", "summarise"}


def test_the_same_run_writes_the_same_bytes_with_any_number_of_jobs(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for jobs in ("1", "2"):
        options = ("--jobs", jobs, "--seed", "0", "--simulations", "40_000", "--format", "json,html")
        outcome(capsys, "run", config, *options, "--out", f"j{jobs}")
    for name in ("summary.json", "config.yaml", "report.html"):
        assert Path("j1", name).read_bytes() == Path("j2", name).read_bytes(), name
    assert json.loads(Path("j1/summary.json").read_bytes())["config"]["seed"] == 0


@pytest.mark.parametrize("spelling", ["3000", "3_000", "3,000", "3e3"])
def test_a_number_of_futures_is_read_as_people_write_it(
    config: Path, capsys: pytest.CaptureFixture[str], spelling: str
) -> None:
    code, out, _ = outcome(capsys, "run", config, "--simulations", spelling, "--format", "json")
    assert code == 0
    assert "Futures: 3,000 (random sampler)" in out


def test_a_precision_may_be_of_several_figures(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = outcome(
        capsys, "run", config, "--seed", "1", "--precision", "2%,p90=£10,000", "--precision", "mean=£0.1m",
        "--format", "json", "--out", "exact", "--simulations", "100000",
    )  # fmt: skip
    assert code == 0
    document = json.loads(Path("exact/summary.json").read_text(encoding="utf-8"))
    [told] = [check["text"] for check in document["checks"] if check["id"] == "precision"]
    assert "asked for ±2 of 100" in told
    assert "asked for ±£10,000" in told
    assert "asked for ±£0.1m" in told
    assert document["config"]["simulations"] == 16_384


def test_without_a_seed_one_is_drawn_recorded_and_printed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(MINIMAL.replace(", seed: 7", ""), encoding="utf-8")
    _, out, _ = outcome(capsys, "run", config, "--format", "json")
    seed = json.loads(Path("runs/exampleton/summary.json").read_bytes())["config"]["seed"]
    assert f"Seed: {seed}" in out


def test_a_large_seed_keeps_every_digit(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = outcome(capsys, "run", config, "--seed", "9007199254740993", "--format", "json")
    assert "Seed: 9007199254740993" in out


def test_set_replaces_a_figure(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "run",
        config,
        "-q",
        "--format",
        "json",
        "--set",
        "measures.shared_services.realisation=100%",
    )
    code, out, _ = outcome(capsys, *arguments)
    assert code == 0
    assert "Share services - Exampleton: closes in all but fewer than 1 in 660" in out


def test_quiet_is_one_line_for_each_option_and_nothing_else(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = outcome(capsys, "run", config, "--quiet", "--format", "json")
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "Do nothing - Exampleton: cannot close, £1.0m short"
    assert re.fullmatch(r"Share services - Exampleton: closes in (about )?\d+ of 100", lines[1])
    assert len(lines) == 2


def test_several_configs_are_run_each_into_its_own_folder(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = Path("other.yaml")
    second.write_text(MINIMAL.replace("One council", "Another council"), encoding="utf-8")
    code, out, _ = outcome(capsys, "run", config, second, "--out", "both", "--format", "json")
    assert code == 0
    assert out.index("One council") < out.index("Another council")
    assert [path.name for path in sorted(Path("both").iterdir())] == ["exampleton", "other"]


def test_two_configs_for_one_folder_are_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub/exampleton.yaml").write_text(MINIMAL, encoding="utf-8")
    code, _, err = outcome(capsys, "run", config, "sub/exampleton.yaml")
    assert code == 2
    assert "two files would both be written to" in err
    assert not Path("runs").exists()


# Refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--simulations", "0"], "--simulations: expected a whole number from 1 to 1,000,000,000, got '0'"),
        (["--simulations", "1.5"], "--simulations: expected a whole number"),
        (["--simulations", "inf"], "--simulations: expected a whole number"),
        (["--simulations", "many"], "--simulations: expected a whole number"),
        (["--seed", "-1"], "--seed: expected a whole number from 0 to"),
        (["--jobs", "0"], "--jobs: expected a whole number from 1 to 1,024, got '0'"),
        (["--sampler", "halton"], "--sampler: expected random, latin_hypercube or sobol, got 'halton'"),
        (["--backend", "gpu"], "--backend: expected threading, loky or dask, got 'gpu'"),
        (["--precision", "half"], "--precision: expected a share such as 0.85 or 85%, got 'half'"),
        (["--precision", "100%"], "more than 0% and less than 100%, got '100%'"),
        (["--precision", "p91=£1"], "--precision: expected one of chance, mean, p5, p10"),
        (["--precision", "p90=0"], "--precision: expected an amount above 0 such as £0.05m"),
        (["--precision", "p90=2%"], "--precision: p90: expected money as the gap is, got share"),
        (["--precision", "1%,chance=2%"], "--precision: chance: stands here twice"),
        (["--format", "pdf"], "--format: expected json, nc, html, xlsx, docx, md, figures, got 'pdf'"),
        (["--set", "measures.shared_service.saving=1"], "shared_service"),
        (["--set", "nonsense"], "expected ADDRESS=VALUE"),
        (["--simulation", "5"], "no such option: --simulation (did you mean '--simulations'?)"),
        (["--qiet"], "no such option: --qiet (did you mean '--quiet'?)"),
        (["--simul=5"], "no such option: --simul"),
        (["--seed"], "argument --seed: expected one argument"),
    ],
)
def test_words_that_cannot_be_understood_are_refused_and_nothing_is_written(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    before = written(Path())
    code, out, err = outcome(capsys, "run", config, *arguments)
    assert code == 2
    assert message in err
    assert out == ""
    assert "Traceback" not in err
    assert written(Path()) == before


def test_problems_of_every_file_are_told_at_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(MINIMAL.replace("saving: 1.1", "saving: much"), encoding="utf-8")
    Path("worse.yaml").write_text(MINIMAL.replace("title:", "titel:"), encoding="utf-8")
    code, out, err = outcome(capsys, "run", config, "bad.yaml", "worse.yaml", "missing.yaml")
    assert code == 2
    assert out == ""
    assert re.search(r"bad\.yaml:15:\d+: measures\.shared_services\.saving: .*much", err)
    assert "worse.yaml" in err
    assert "titel" in err
    assert "missing.yaml" in err
    assert not Path("runs").exists(), "not even the good file's run is written"


def test_a_message_cannot_steer_the_terminal(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = outcome(capsys, "run", config, "--format", "\x1b[2Jhtml")
    assert code == 2
    assert "\x1b" not in err


def test_a_folder_of_something_else_is_refused_before_anything_is_drawn(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("papers").mkdir()
    Path("papers/minutes.txt").write_text("keep me", encoding="utf-8")
    code, out, err = outcome(capsys, "run", config, "--out", "papers")
    assert (code, out) == (2, "")
    assert "holds something that is not a simlib run" in err
    assert written(Path("papers")) == ["minutes.txt"]


def test_an_unknown_command_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = outcome(capsys, "rum")
    assert code == 2
    assert "run" in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name, to know when the file is read")
def test_an_interruption_leaves_nothing_half_written(tmp_path: Path, root: Path) -> None:
    os.mkfifo(tmp_path / "slow.yaml")
    arguments = [sys.executable, "-m", "simlib", "run", "slow.yaml", "--simulations", "1e9", "--jobs", "1"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment, stdout=-1, stderr=-1) as running:
        # Opening waits for the reader: from here on the command is at work, and has hours of it.
        with (tmp_path / "slow.yaml").open("w", encoding="utf-8") as pipe:
            pipe.write(MINIMAL)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert running.returncode == 130
    assert (out, err) == (b"", b"interrupted\n")
    assert written(tmp_path) == ["slow.yaml"]


# The other commands


def test_report_prints_a_run_again_and_renders_it_anew(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = outcome(capsys, "run", config, "--format", "json")
    code, again, _ = outcome(capsys, "report", "runs/exampleton")
    assert code == 0
    assert again.splitlines() == first.splitlines()[:-2], "all but where it was written"
    assert not Path("runs/exampleton/report.html").exists()
    code, _, _ = outcome(capsys, "report", "runs/exampleton", "--format", "html", "-q")
    assert code == 0
    assert "<h1>" in Path("runs/exampleton/report.html").read_text(encoding="utf-8")


def test_report_refuses_what_is_no_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = outcome(capsys, "report", "nowhere")
    assert code == 2
    assert "nowhere: expected a run's folder" in err


def test_check_reads_the_file_back_and_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = outcome(capsys, "check", config)
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    assert "saves £1.1m a year at full effect; for exampleton; starts in 2025/26" in text
    assert "Every figure has a source" in text
    assert "adds £" in text, "it says which entries move the average"
    assert written(Path()) == ["exampleton.yaml"]


def test_schema_is_a_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "schema")
    assert code == 0
    schema = json.loads(out)
    assert "2020-12" in schema["$schema"]
    assert {"councils", "measures", "options"} <= set(schema["properties"])


def test_explain_knows_families_and_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, "explain", "pert")[1].startswith("pert\n")
    assert outcome(capsys, "explain", "run", "rate")[1] == "run rate\nA year's worth of savings, as at 31 March.\n"
    code, _, err = outcome(capsys, "explain", "gapp")
    assert code == 2
    assert "did you mean 'gap'?" in err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, "--version")[:2] == (0, f"simlib {__version__}\n")
    code, out, _ = outcome(capsys, "--help")
    assert code == 0
    for command in ("run", "check", "report", "schema", "explain", "test"):
        assert re.search(rf"^  {command} ", out, re.MULTILINE)


def test_test_passes_further_words_on_to_pytest(root: Path) -> None:
    found = process("test", "--version", cwd=root)
    assert found.returncode == 0
    assert b"pytest" in found.stdout + found.stderr


def test_help_imports_nothing_heavy(root: Path) -> None:
    code = (
        "import sys\nfrom simlib.cli import main\nmain(['--help'])\n"
        "heavy = {'numpy', 'scipy', 'xarray', 'matplotlib', 'jinja2', 'pydantic', 'yaml', 'joblib', 'rich'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("name", ["minimal", "benchmark", "south_somerset"])
def test_a_check_loads_no_more_than_it_needs(root: Path, name: str) -> None:
    code = (
        "import os, sys\nfrom simlib.cli import main\n"
        f"code = main(['check', 'configs/{name}.yaml'])\n"
        "heavy = {'xarray', 'pandas', 'matplotlib', 'jinja2', 'scipy', 'numba', 'joblib', 'dask', 'h5py'}\n"
        "print('HEAVY', code, sorted(heavy & set(sys.modules)), os.environ['OPENBLAS_NUM_THREADS'])"
    )
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    arguments = [sys.executable, "-c", code]
    found = subprocess.run(arguments, cwd=root, env=environment, capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == "HEAVY 0 [] 1"


def test_a_small_run_compiles_nothing_and_draws_no_pictures_unasked(config: Path, root: Path) -> None:
    code = (
        f"import sys\nsys.path.insert(0, {str(root)!r})\n"
        "from simlib.cli import main\nmain(['run', 'exampleton.yaml', '-q', '--format', 'json'])\n"
        "heavy = {'xarray', 'pandas', 'matplotlib', 'jinja2', 'scipy.stats', 'numba', 'joblib', 'h5py'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == "HEAVY []"


def test_what_the_user_says_of_threads_stands(root: Path) -> None:
    code = (
        "import os\nfrom simlib.cli import main\nmain(['explain', 'pert'])\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    found = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == "2"


@pytest.mark.parametrize(("before", "frozen"), [("", True), ("import numpy\n", False)])
def test_a_process_of_its_own_ends_without_taking_everything_apart(root: Path, before: str, *, frozen: bool) -> None:
    code = (
        f"{before}import atexit, gc\natexit.register(lambda: print('FROZEN', gc.get_freeze_count() > 0))\n"
        "from simlib.cli import main\nmain(['explain', 'pert'])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == f"FROZEN {frozen}"


def test_output_that_is_cut_short_is_no_error(config: Path, root: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(root)}
    arguments = [sys.executable, "-m", "simlib", "schema"]
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        err = running.stderr.read()
    assert running.returncode == 0
    assert b"Traceback" not in err


def test_a_terminal_without_pounds_still_gets_the_figures(config: Path, root: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONIOENCODING": "ascii"}
    arguments = [sys.executable, "-m", "simlib", "run", str(config), "-q", "--format", "json"]
    found = subprocess.run(arguments, env=environment, capture_output=True, check=False)
    assert found.returncode == 0
    assert b"cannot close, ?1.0m short" in found.stdout


def test_main_without_arguments_takes_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simlib", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"simlib {__version__}\n"


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(broken)()


def test_an_interruption_ends_with_its_own_code(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert guarded(interrupted)() == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_two_processes_write_the_same_bytes_whatever_order_their_sets_have(tmp_path: Path) -> None:
    config = Path(__file__).parent.parent / "configs" / "hartlepool_darlington.yaml"  # it has hindsight to list
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        words = ["run", str(config), "--simulations", "500", "--format", "json", "--out", str(tmp_path / seed)]
        subprocess.run([sys.executable, "-m", "simlib", *words], env=environment, capture_output=True, check=True)
        found.append((tmp_path / seed / "summary.json").read_bytes())
    assert found[0] == found[1]


# ---- Large runs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["1", "nought", "0MB", "1e3MB", "-5GB", "5 gigabytes", "9999999GB"])
def test_memory_that_is_none_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    code, out, err = outcome(capsys, "run", config, f"--memory={words}")
    assert (code, out) == (2, "")
    assert err.strip().endswith(f"--memory: expected an amount of memory such as 500MB or 2GB, got {words!r}")
    assert written(Path()) == [config.name]


def test_with_little_memory_a_run_says_that_its_quantiles_are_binned(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = outcome(capsys, "run", config, "--simulations", "40000", "--memory", "1kB", "--format", "json")
    assert (code, err) == (0, "")
    summary = json.loads(Path("runs/exampleton/summary.json").read_text(encoding="utf-8"))
    assert "binned" in {check["id"] for check in summary["checks"]}


def test_a_large_run_says_so_where_nothing_can_be_compiled(config: Path) -> None:
    words = "import sys; sys.modules['numba'] = None; from simlib.cli import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", words, "run", str(config), "--simulations", "50000", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == (
        "compiled loops are not in use (ModuleNotFoundError: import of numba halted; None in sys.modules): "
        "large runs take longer\n"
    )


def test_a_pattern_stands_for_the_files_that_fit_it_and_anything_else_for_itself(config: Path) -> None:
    Path("another.yaml").write_text(MINIMAL, encoding="utf-8")
    assert matching(Path("*.yaml")) == [Path("another.yaml"), config]
    assert matching(Path.cwd() / "ex*.yaml") == [Path.cwd() / config]
    assert matching(config) == [config]
    assert matching(Path("none*.yaml")) == [Path("none*.yaml")]


@pytest.mark.parametrize("command", ["run", "check", "report", "schema", "explain", "test"])
def test_every_command_says_what_it_takes(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, err = outcome(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: simlib {command}")


def test_files_may_stand_before_and_after_options(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("another.yaml").write_text(MINIMAL, encoding="utf-8")
    code, _, _ = outcome(capsys, "run", config, "--simulations", 64, "another.yaml", "--format=json", "-q")
    assert code == 0
    assert {path.name for path in Path("runs").iterdir()} == {"another", "exampleton"}


def test_a_new_file_is_read_runs_and_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine.yaml"]) == 0
    assert main(["run", "mine.yaml", "--simulations", "4096", "--seed", "1", "-q", "--format", "json"]) == 0
    assert "closes in" in capsys.readouterr().out
    written = Path("mine.yaml").read_bytes()
    for name, message in (
        ("mine.yaml", "is there already"), ("mine.txt", "ends in .yaml"), ("no/where.yaml", "cannot be written"),
    ):  # fmt: skip
        assert main(["new", name]) == 2
        assert message in capsys.readouterr().err
    assert Path("mine.yaml").read_bytes() == written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml", "runs"]
