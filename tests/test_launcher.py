"""The launcher, started as a reader starts it, on small repositories that need no network.

What it installs here is a package without dependencies, built by a back end that lies beside it: the real
``venv`` and the real ``pip`` do the work, and nothing is fetched.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import util
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

LAUNCHER = Path(__file__).resolve().parent.parent / "scripts" / "simlib.py"

# A build back end of its own: an editable wheel is a path, some metadata and a list of its files.
BACKEND = """
import os, zipfile
METADATA = "Metadata-Version: 2.1\\nName: simlib\\nVersion: 1\\nProvides-Extra: test\\n"
def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "simlib-1.dist-info/"
    files = {"simlib.pth": os.getcwd(), info + "METADATA": METADATA + os.environ.get("FAKE_METADATA", "")}
    files[info + "WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[info + "RECORD"] = "".join(f"{name},,\\n" for name in [*files, info + "RECORD"])
    name = "simlib-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# Says what it was started with; its exit code is its own.
ECHO = """
import json, os, sys
print(json.dumps({"who": %r, "words": sys.argv[1:], "folder": os.getcwd(), "python": sys.prefix}))
sys.exit(7)
"""


class Said(NamedTuple):
    """What a start of the launcher ended with."""

    code: int
    out: str
    err: str

    @property
    def echo(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.out)
        return said


def new_repository(root: Path) -> Path:
    """Write a repository with the launcher, and three things for it to start."""
    for path, text in {
        "pyproject.toml": PYPROJECT,
        "constraints.txt": "",
        "backend.py": BACKEND,
        "simlib/__init__.py": "",
        "simlib/__main__.py": ECHO % "simlib",
        "pytest.py": ECHO % "pytest",
        "scripts/benchmark.py": "import simlib\n" + ECHO % "benchmark",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    shutil.copy(LAUNCHER, root / "scripts" / "simlib.py")
    return root


def begin(root: Path, *words: str, folder: Path | None = None, **variables: str) -> "subprocess.Popen[str]":
    """Start the launcher, without an index to ask and without what the tests' own environment says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "SIMLIB_"))}
    return subprocess.Popen(
        [sys.executable, str(root / "scripts" / "simlib.py"), *words],
        cwd=folder or root,
        env={**kept, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(started: "subprocess.Popen[str]") -> Said:
    with started:
        out, err = started.communicate()
    assert "Traceback" not in err
    return Said(started.returncode, out, err)


def start(root: Path, *words: str, folder: Path | None = None, **variables: str) -> Said:
    return end(begin(root, *words, folder=folder, **variables))


def pip_of(root: Path) -> Path:
    """Folder of the pip inside the repository's environment."""
    [folder] = [path for path in (root / ".venv").rglob("pip") if (path / "__main__.py").exists()]
    return folder


@pytest.fixture(scope="module")
def launcher() -> ModuleType:
    spec = util.spec_from_file_location("launcher", LAUNCHER)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Said]]:
    """A repository whose environment was made by two launchers, started at once, and what they said."""
    root = new_repository(tmp_path_factory.mktemp("a clone") / "with spaces")
    started = [begin(root, "run", "a config.yaml", "--seed", "0") for _ in range(2)]
    return root, [end(each) for each in started]


@pytest.fixture
def repository(first: tuple[Path, list[Said]]) -> Path:
    """The repository with its environment made; tests that spoil it put it right."""
    return first[0]


# ---------------------------------------------------------------- the first start and the second


def test_two_first_starts_at_once_install_once_and_both_become_the_command(
    first: tuple[Path, list[Said]],
) -> None:
    root, said = first
    for each in said:
        assert each.code == 7, each.err
        assert each.echo == {
            "who": "simlib",
            "words": ["run", "a config.yaml", "--seed", "0"],
            "folder": str(root),
            "python": str(root / ".venv"),
        }
    assert "".join(each.err for each in said).count("making an environment") == 1
    assert "".join(each.err for each in said).count("installed.") == 1


def test_a_second_start_installs_nothing(repository: Path) -> None:
    pip = pip_of(repository)
    hidden = pip.rename(pip.with_name("hidden"))  # any call of pip would fail now
    try:
        said = start(repository, "check", "x.yaml")
    finally:
        hidden.rename(pip)
    assert (said.code, said.err) == (7, "")


def test_the_callers_folder_stays_the_folder_of_the_command(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "simlib.py").write_text("raise SystemExit('the wrong simlib')")
    said = start(repository, "run", "x.yaml", folder=tmp_path)
    assert said.echo["folder"] == str(tmp_path.resolve())
    assert said.echo["words"] == ["run", "x.yaml"]


def test_benchmark_is_the_script_and_imports_the_package_rather_than_the_launcher(repository: Path) -> None:
    assert start(repository, "benchmark", "--quick").echo["who"] == "benchmark"


def test_the_tests_ask_for_their_extra_once_and_run_at_the_repositorys_root(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".venv" / "simlib-installed.txt").write_text("an older digest\n")
    said = start(repository, "test", "-x", folder=tmp_path)
    assert "installing what simlib and its tests need" in said.err
    again = start(repository, "test", "-x", folder=tmp_path)
    assert again.err == ""
    assert again.echo["who"] == "pytest"
    assert again.echo["folder"] == str(repository)
    assert again.echo["words"][-1:] == ["-x"]


@pytest.mark.parametrize("words", [["--backend", "dask"], ["--backend=dask"]])
def test_a_run_on_other_machines_asks_for_its_extra(launcher: ModuleType, words: list[str]) -> None:
    assert launcher.extras_for(["run", "x.yaml", *words]) == ["distributed"]
    assert launcher.extras_for(["run", "x.yaml", "--backend", "loky"]) == []


def test_an_edit_of_the_pins_installs_again_and_keeps_the_tests_extra(repository: Path) -> None:
    start(repository, "test")
    (repository / "constraints.txt").write_text("# another pin\n")
    said = start(repository, "run")
    assert "installing what simlib and its tests need" in said.err
    assert start(repository, "test").err == ""


# ---------------------------------------------------------------- what can be wrong


def test_an_interrupted_installation_is_made_again(repository: Path) -> None:
    stamp = repository / ".venv" / "simlib-installed.txt"
    stamp.unlink()
    shutil.rmtree(pip_of(repository))
    said = start(repository, "run")
    assert said.code == 7
    assert "making an environment" in said.err
    assert stamp.exists()


def test_a_failed_installation_shows_pips_last_words_and_is_put_right_by_the_next_start(
    repository: Path,
) -> None:
    pins = repository / "constraints.txt"
    pins.write_text(pins.read_text() + "# changed\n")
    said = start(repository, "run", FAKE_METADATA="Requires-Dist: no-such-package\n")
    assert (said.code, said.out) == (2, "")
    assert "No matching distribution found for no-such-package" in said.err
    assert "PIP_FIND_LINKS" in said.err
    again = start(repository, "run")
    assert again.code == 7
    assert "making an environment" not in again.err


def test_an_environment_whose_python_is_gone_says_so(repository: Path, launcher: ModuleType) -> None:
    python = launcher.Environment(repository / ".venv", repository).python
    hidden = python.rename(python.with_name("hidden"))
    try:
        said = start(repository, "run")
    finally:
        hidden.rename(python)
    assert (said.code, said.out) == (2, "")
    assert "has no Python with pip that works in it" in said.err
    assert f'delete it and start again: {"rmdir /s" if os.name == "nt" else "rm -r"} "' in said.err


def test_a_folder_of_someone_elses_is_left_alone(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "clone")
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "to the auditor.txt").write_text("Dear Sir")
    said = start(root, "run", SIMLIB_VENV=str(letters))
    assert said.code == 2
    assert "If nothing of yours is in that folder" in said.err
    assert (letters / "to the auditor.txt").read_text() == "Dear Sir"


def test_a_place_that_cannot_be_written_to_leads_to_simlib_venv(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "clone")
    (tmp_path / "file").write_text("no folder")
    said = start(root, "run", SIMLIB_VENV=str(tmp_path / "file" / "venv"))
    assert (said.code, said.out) == (2, "")
    assert "SIMLIB_VENV" in said.err


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_a_part_of_its_library_names_the_package(tmp_path: Path, module: str) -> None:
    root = new_repository(tmp_path / "clone")
    script = root / "scripts" / "simlib.py"
    lacking = (
        f"import runpy, sys; sys.modules[{module!r}] = None\n"
        f"runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", lacking, "run"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"lacks its {module} module" in done.stderr
    assert "apt install python3-venv" in done.stderr
    assert not (root / ".venv").exists()


def test_an_older_python_can_read_the_launcher_to_its_end() -> None:
    ast.parse(LAUNCHER.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_launcher_is_not_taken_for_the_package(tmp_path: Path) -> None:
    shutil.copy(LAUNCHER, tmp_path / "simlib.py")
    done = subprocess.run(
        [sys.executable, "-c", "import simlib"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "this is the launcher, not the package" in done.stderr


# ---------------------------------------------------------------- its parts


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt", ".venv/pyvenv.cfg"])
def test_the_digest_changes_with_each_file_that_decides_what_is_installed(
    launcher: ModuleType, tmp_path: Path, changed: str
) -> None:
    root = new_repository(tmp_path)
    environment = launcher.Environment(root / ".venv", root)
    environment.folder.mkdir()
    before = environment.digest()
    assert environment.digest() == before
    (root / changed).write_text("version = 3.99")
    assert environment.digest() != before


def test_the_digest_changes_when_the_repository_is_moved(launcher: ModuleType, tmp_path: Path) -> None:
    here = launcher.Environment(tmp_path / "venv", new_repository(tmp_path / "here"))
    there = launcher.Environment(tmp_path / "venv", new_repository(tmp_path / "there"))
    assert here.digest() != there.digest()


def test_the_lock_is_refused_to_a_second_holder_and_free_after_the_first(
    launcher: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "lock"
    with launcher.locked(path), path.open("a") as second:
        assert launcher.take(second.fileno()) is False
    with path.open("a") as third:
        assert launcher.take(third.fileno()) is True


@pytest.mark.parametrize(
    "words", [["tests/test_floors.py"], ["-k", "floors"], ["-n0"], ["--numprocesses=3"], ["-q", "--pdb"]]
)
def test_chosen_tests_are_not_spread_over_the_cores(launcher: ModuleType, words: list[str]) -> None:
    assert launcher.workers(words) == []


# ---------------------------------------------------------------- the pins


def pins(root: Path) -> dict[str, str]:
    lines = re.findall(r"^([\w.-]+)==(\S+)", (root / "constraints.txt").read_text(), re.MULTILINE)
    return {plain(name): version for name, version in lines}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_asked_for_is_pinned(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {plain(re.split(r"[<>=!~; \[]", line, maxsplit=1)[0]) for line in asked}
    assert names - set(pins(root)) == set()


def test_the_build_uses_the_pinned_versions(root: Path) -> None:
    asked = tomllib.loads((root / "pyproject.toml").read_text())["build-system"]["requires"]
    assert {plain(name): version for name, version in (line.split("==") for line in asked)}.items() <= pins(
        root
    ).items()


def test_the_constraints_hold_names_and_exact_versions_only(root: Path) -> None:
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pin = re.compile(r'[\w.-]+==[\w.]+( ; sys_platform == "win32")?')
    assert [line for line in lines if not pin.fullmatch(line)] == []
    assert list(pins(root)) == sorted(pins(root))
