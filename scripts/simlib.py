"""The launcher: makes simlib's environment the first time, then becomes simlib. Nothing is computed here.

    python3 scripts/simlib.py run configs/south_somerset.yaml    any command of simlib, with its options
    python3 scripts/simlib.py test [PYTEST OPTIONS]              the tests; paths are the repository's
    python3 scripts/simlib.py benchmark [OPTIONS]                scripts/benchmark.py

(On Windows: py instead of python3.) Only Python 3.11 or later is needed: the standard library does the
rest. Everything goes into .venv at the repository's root, or where SIMLIB_VENV says, from the exact
versions in constraints.txt. To start afresh, delete that folder.
"""

import sys

# No newer syntax than Python 3.6's anywhere in this file: an older Python must read it all to get here.
if sys.version_info < (3, 11):
    sys.stderr.write(
        "simlib: Python 3.11 or later is needed, and this is Python %d.%d (%s).\n"
        "Start it with a later one, such as: python3.12 scripts/simlib.py ...\n"
        "Python can be had from python.org, or from your IT service.\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(2)

if __name__ == "simlib":
    raise ImportError(
        "this is the launcher, not the package: a script beside it that imports simlib is started "
        "with `python -P`, or by the launcher"
    )

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
PYTHON = "py" if WINDOWS else "python3"

EXTRAS = {"test", "distributed"}  # of pyproject.toml, as far as commands need them

# Signs in pip's output that no package index could be reached
NO_NETWORK = (
    "No matching distribution found",
    "Could not fetch URL",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "ReadTimeoutError",
    "ProxyError",
    "SSLError",
)

# Options of pytest that choose tests, watch them, or divide the work themselves
ON_ONE_CORE = {
    *("-n", "-k", "-m", "-s", "-h"),
    *("--numprocesses", "--lf", "--sw", "--pdb", "--trace", "--collect-only", "--help", "--fixtures"),
}


class Trouble(Exception):  # noqa: N818 - not an error of ours
    """Something that the reader can put right: it is all that they see, and the exit code is 2."""


class Environment:
    """The folder that holds Python and the packages of one repository.

    Two small files in it say what it is: the mark (this launcher made the folder, so it may make it
    again) and the stamp (what was installed, from which files). The stamp is written last and taken
    away before anything changes, so a folder with a mark and no stamp was interrupted.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.python = folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
        self.mark = folder / "simlib-launcher.txt"
        self.stamp = folder / "simlib-installed.txt"

    def digest(self) -> str:
        """Fingerprint of all that decides what is installed: the two files, Python, and the place."""
        said = hashlib.sha256(f"{self.root}\n{os.path.realpath(self.python)}\n".encode())
        for path in (
            self.root / "pyproject.toml",
            self.root / "constraints.txt",
            self.folder / "pyvenv.cfg",  # says which Python the folder was made with
        ):
            said.update(path.read_bytes() if path.exists() else b"(none)")
        return said.hexdigest()

    def stamped(self) -> list[str]:
        """The digest that was installed, and the extras with it; empty if nothing was, or not to its end."""
        return self.stamp.read_text(encoding="utf-8").split() if self.stamp.exists() else []

    def has(self, extras: Iterable[str]) -> bool:
        """Whether all that is wanted is there, from the files as they are now."""
        digest, *installed = self.stamped() or [""]
        return self.python.exists() and set(extras) <= set(installed) and digest == self.digest()

    def is_empty(self) -> bool:
        """Whether there is nothing in the folder, or no folder."""
        return not self.folder.exists() or not any(self.folder.iterdir())

    def is_interrupted(self) -> bool:
        """Whether this launcher began the folder and did not finish it."""
        return self.mark.exists() and not self.stamp.exists()


def say(words: str) -> None:
    """Say what is going on; on stderr, since stdout belongs to the command."""
    print(f"simlib: {words}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- making the environment


def prepare(environment: Environment, extras: Sequence[str]) -> None:
    """See that everything is installed. Slow the first time, and after an edit of what is installed."""
    try:
        environment.folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(environment.folder.with_name(environment.folder.name + ".lock")) as held:
            if environment.has(extras):  # by another launcher, while this one waited
                return
            if environment.is_empty() or environment.is_interrupted():
                make(environment, held)
            check(environment)
            install(environment, extras, held)
    except OSError as error:
        example = r"set SIMLIB_VENV=%LOCALAPPDATA%\simlib" if WINDOWS else "export SIMLIB_VENV=~/.simlib-venv"
        raise Trouble(
            f"cannot make the environment {environment.folder}: {error}\n"
            "If this place cannot be written to, name one that can in the variable SIMLIB_VENV, such as:\n"
            f"  {example}"
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock, after waiting for it; gives its descriptor. The system frees it if we die."""
    with path.open("a") as file:
        if not take(file.fileno()):
            say("another start is installing; waiting for it to finish.")
            while not take(file.fileno(), patiently=True):
                pass
        yield file.fileno()


def take(descriptor: int, *, patiently: bool = False) -> bool:
    """Try to take the lock, at once or (patiently) until it is free; False if another has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Patience is ten seconds here: the caller asks again.
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if patiently else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX if patiently else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if sys.platform == "win32" and error.errno == 36:  # EDEADLOCK: the ten seconds are over
            return False
        say(f"this folder has no locks ({error}): do not start simlib twice while it installs.")
    return True


def make(environment: Environment, held: int) -> None:
    """Make the folder, or make it again after an interruption; pip may be half there, so from nothing."""
    missing = missing_modules()
    if missing:
        raise Trouble(
            f"this Python ({sys.executable}) lacks its {missing} module, which makes environments.\n"
            f"Debian and Ubuntu keep it in a package of its own: sudo apt install python3-venv\n"
            "Elsewhere, install Python from python.org. Then start again."
        )
    say(f"making an environment in {environment.folder} ...")
    empty(environment)
    environment.folder.mkdir(exist_ok=True)
    environment.mark.write_text("Made by scripts/simlib.py, which may delete it and make it again.\n")
    # The Python under any environment that is active now: ours may be the one just emptied.
    python = getattr(sys, "_base_executable", "") or sys.executable
    code, output = run([python, "-I", "-m", "venv", str(environment.folder)], held)
    if code:
        raise Trouble(f"cannot make the environment {environment.folder}:\n{tail(output)}")


def missing_modules() -> str:
    """Names of the standard library's parts that Linux distributions leave out, where they are."""
    from importlib.util import find_spec

    return " and ".join(name for name in ("venv", "ensurepip") if find_spec(name) is None)


def empty(environment: Environment) -> None:
    """Delete what is in the folder, the mark last: an interruption here is one more to repair."""
    import shutil

    if environment.is_empty():
        return
    for path in environment.folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != environment.mark:
            path.unlink()


def check(environment: Environment) -> None:
    """Refuse an environment whose Python is gone, is too old, or cannot install."""
    question = "import sys, pip; print(*sys.version_info[:2])"
    try:
        code, output = run([str(environment.python), "-I", "-c", question])
    except OSError:
        raise Trouble(broken(environment)) from None
    if code:
        raise Trouble(broken(environment))
    if tuple(map(int, output.split())) < (3, 11):
        raise Trouble(
            f"the environment {environment.folder} has Python {'.'.join(output.split())}; "
            f"3.11 or later is needed.\n{afresh(environment)}"
        )


def broken(environment: Environment) -> str:
    """What to say where there is a folder and no Python that works in it."""
    return (
        f"the environment {environment.folder} has no Python with pip that works in it "
        f"({environment.python}).\nThe Python it was made with may have been removed.\n{afresh(environment)}"
    )


def afresh(environment: Environment) -> str:
    """How to start afresh, or elsewhere."""
    delete = "rmdir /s" if WINDOWS else "rm -r"
    return (
        f'If nothing of yours is in that folder, delete it and start again: {delete} "{environment.folder}"\n'
        "Otherwise name another place in the variable SIMLIB_VENV."
    )


def install(environment: Environment, extras: Sequence[str], held: int) -> None:
    """Install the repository, editable, with the pinned versions and all extras so far; stamp it."""
    before = environment.stamped()
    extras = sorted({*extras, *before[1:]} & EXTRAS)
    what = "what simlib and its tests need" if "test" in extras else "what simlib needs"
    say(f"installing {what}: now, and when that changes; a minute or so ...")
    environment.stamp.unlink(missing_ok=True)
    code, output = run(pip(environment, extras), held, environment.root)
    if code:
        if before:  # pip failed and cleaned up: not an interruption, so not one to repair
            write(environment.stamp, before)
        raise Trouble(not_installed(output))
    compile_loops(environment, held)
    write(environment.stamp, [environment.digest(), *extras])
    say("installed.")


def compile_loops(environment: Environment, held: int) -> None:
    """Compile what large runs are quick by, so that the first of them need not wait; without it they are slower."""
    script = environment.root / "scripts" / "compile_loops.py"
    if script.exists():
        say("compiling, once ...")
        code, output = run([str(environment.python), "-P", str(script)], held, environment.root)
        if code or output:
            say(tail(output) or "this did not work: the first large run compiles by itself.")


def pip(environment: Environment, extras: Sequence[str]) -> list[str]:
    """The call of pip, from the repository's root; which index it asks is the user's configuration's."""
    what = f".[{','.join(extras)}]" if extras else "."
    start = [str(environment.python), "-I", "-m", "pip", "install"]
    quietly = ["--quiet", "--no-input", "--disable-pip-version-check"]
    return [*start, *quietly, "-c", "constraints.txt", "-e", what]


def not_installed(output: str) -> str:
    """What to say when pip fails: its own last words, and what to do where it found no index."""
    words = f"the installation failed. pip's last words:\n{tail(output)}\n"
    if not any(sign in output for sign in NO_NETWORK):
        return words + "When that is put right, start again."
    return words + (
        "pip could not reach a package index, or the index lacks a version. Once connected, start again;\n"
        "behind a proxy, or with an index of your own, pip's own settings apply (pip config, HTTPS_PROXY).\n"
        "For a machine without a network: on one like it that has one, at the repository's root,\n"
        f'  {PYTHON} -m pip download -d wheels -c constraints.txt ".[test]" hatchling editables\n'
        "then copy the folder wheels, set PIP_NO_INDEX=1 and PIP_FIND_LINKS=<its full path>, and start again."
    )


def run(command: Sequence[str], held: int | None = None, folder: Path | None = None) -> tuple[int, str]:
    """Run a command to its end; gives its exit code and all it said."""
    import subprocess

    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # The lock stays held while pip runs, even if this launcher is killed.
        pass_fds=() if WINDOWS or held is None else (held,),
    )
    return done.returncode, done.stdout


def tail(output: str) -> str:
    """The last lines of what a command said, indented."""
    return "\n".join(f"  | {line}" for line in output.rstrip().splitlines()[-15:])


def write(path: Path, words: Sequence[str]) -> None:
    """Write a stamp whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text("\n".join(words) + "\n", encoding="utf-8")
    unfinished.replace(path)


# ---------------------------------------------------------------- becoming the command


def environment_folder() -> Path:
    """Where the environment is, or will be."""
    chosen = os.environ.get("SIMLIB_VENV")
    return Path(chosen).expanduser().absolute() if chosen else ROOT / ".venv"


def extras_for(words: Sequence[str]) -> list[str]:
    """What is needed beyond simlib itself: a run need not wait for pytest."""
    if words[:1] == ["test"]:
        return ["test"]
    return ["distributed"] if {"dask", "--backend=dask"} & set(words) else []


def command_for(words: Sequence[str], python: Path) -> list[str]:
    """The command that the words stand for.

    ``-P`` keeps the caller's folder and scripts/ off the import path: this file is called simlib too.
    """
    start = [str(python), "-P"]
    if words[:1] == ["test"]:
        return [*start, "-m", "pytest", *workers(words[1:]), *cache(python), *words[1:]]
    if words[:1] == ["benchmark"]:
        return [*start, str(ROOT / "scripts" / "benchmark.py"), *words[1:]]
    return [*start, "-m", "simlib", *words]


def workers(words: Sequence[str]) -> list[str]:
    """Options that spread the tests over the cores, where all of them are asked for and it helps."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    chosen = any(
        not word.startswith("-") or word[:2] in ON_ONE_CORE or word.split("=")[0] in ON_ONE_CORE
        for word in words
    )
    return [] if chosen or cores == 1 else ["-n", str(cores), "--dist", "worksteal"]


def cache(python: Path) -> list[str]:
    """Options that keep pytest's notes in the environment, where the repository cannot be written to."""
    return [] if os.access(ROOT, os.W_OK) else ["-o", f"cache_dir={python.parent.parent / 'pytest-cache'}"]


def become(command: list[str]) -> int:
    """Be the command from now on: on POSIX this process; on Windows a child whose exit code is passed on."""
    if not WINDOWS:
        os.execv(command[0], command)
    import subprocess

    with subprocess.Popen(command) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the child has it too, and decides what to keep
                continue


def main(words: Sequence[str]) -> int:
    """Prepare what the words need, then become the command that they stand for."""
    environment = Environment(environment_folder(), ROOT)
    try:
        if not environment.has(extras_for(words)):
            prepare(environment, extras_for(words))
        if words[:1] == ["test"]:
            os.chdir(ROOT)
        return become(command_for(words, environment.python))
    except Trouble as trouble:
        say(str(trouble))
        return 2
    except OSError as error:
        say(f"cannot start {environment.python}: {error}\n{afresh(environment)}")
        return 2
    except KeyboardInterrupt:
        say("stopped; the next start puts the environment right.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
