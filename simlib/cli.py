"""The ``simlib`` command: parse the words, call the library, give an exit code; nothing is computed here.

Exit codes: 0 fine; 2 the user's file or words (a message, no traceback, nothing written); 1 our bug;
130 interrupted. Nothing large is imported at the top, so that ``simlib --help`` is there at once. The words of each
command, and what they are for, are in ``arguments``; what the commands take is called here as it is there.
"""

import atexit
import errno
import functools
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TextIO

from simlib.arguments import plain, read
from simlib.errors import ConfigError, Problem, ResultsError, SimlibError
from simlib.options import listed, one_of, precisions, refusal, size, whole

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.layout import Report
    from simlib.model import Model

__all__ = ["guarded", "main"]

P = ParamSpec("P")
_INTERRUPTED = 130
_MOST_SIMULATIONS = 1_000_000_000
# Nothing here multiplies matrices: threads for it only cost start-up and memory. Nor does pydantic have plugins here.
_QUIETLY = {
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process where left out.
    """
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without a pound sign still gets the figures
    _set_up()
    gc.set_threshold(1_000_000, 50, 50)  # what starting up makes is there to stay: looking for garbage costs a tenth
    return _obey(sys.argv[1:] if arguments is None else arguments)


def _set_up() -> None:
    """Make starting and ending quick, in a process of the command's own, and not in somebody's notebook."""
    if "numpy" in sys.modules:
        return
    for name, value in _QUIETLY.items():  # where the user has not said it
        os.environ.setdefault(name, value)
    atexit.register(gc.freeze)  # what is still there goes with the process: taking it apart first takes 0.2 s


def guarded(command: Callable[P, int | None]) -> Callable[P, int]:
    """Turn a refusal into its message and exit code 2, and an interruption into 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            code = command(*args, **kwargs)
        except SimlibError as refusal:
            _say(plain(str(refusal)), sys.stderr)
            code = 2
        except MemoryError as trouble:
            reason = f" ({trouble})" if str(trouble) else ""
            _say(
                f"this needs more memory than there is{reason}: ask for fewer --simulations, or keep fewer", sys.stderr
            )
            code = 2
        except KeyboardInterrupt:
            _say("interrupted", sys.stderr)
            code = _INTERRUPTED
        except BrokenPipeError:
            code = _quiet_pipe()
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise
            _say(f"the output cannot be written: {problem.strerror}", sys.stderr)
            code = 2 + _quiet_pipe()
        return code or 0

    return wrapped


def _nowhere() -> TextIO:
    """Give a stream that keeps nothing, for a process that was started without one (``>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _quiet_pipe() -> int:
    """Say no more where the reader of our output has gone, as in ``simlib run … | head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _say(text: str, stream: TextIO | None = None) -> None:
    """Print a line at once, also where somebody reads it through a pipe."""
    print(text, file=stream, flush=True)


# run


@guarded
def run(
    configs: Sequence[Path],
    *,
    simulations: str | None,
    seed: str | None,
    sampler: str | None,
    sets: Sequence[str] | None,
    jobs: str | None,
    backend: str | None,
    out: Path | None,
    formats: Sequence[str] | None,
    precision: Sequence[str] | None,
    keep_order: Path | None,
    memory: str | None,
    quiet: bool,
) -> None:
    """Draw futures of each CONFIG, print what they say, and write runs/<name>/."""
    from simlib.reporters import FORMATS, check_formats

    options = {
        "simulations": whole("--simulations", simulations, 1, _MOST_SIMULATIONS),
        "seed": whole("--seed", seed, 0, 2**63 - 1),
        "sampler": one_of("--sampler", sampler, ("random", "latin_hypercube", "sobol")),
        "n_jobs": whole("--jobs", jobs, 1, 1024) or _cores(),
        "backend": one_of("--backend", backend, ("threading", "loky")),
        "order": _order(configs, keep_order),
        "memory": size("--memory", memory),
    }
    chosen = check_formats(FORMATS if formats is None else listed(formats))
    if not chosen:
        raise refusal("--format", f"expected {', '.join(FORMATS)}, got nothing")
    places = _places(configs, out)
    models = _compiled(configs, sets or [])
    exact = [precisions(precision, model.config) for model in models]
    for model, place, wanted in zip(models, places, exact, strict=True):
        _run_one(model, place, options=options | {"precision": wanted}, formats=chosen, quiet=quiet)


def _run_one(
    model: "Model",
    place: Path,
    *,
    options: Mapping[str, object],
    formats: Sequence[str],
    quiet: bool,
) -> None:
    """Simulate one model, write its folder and print its report."""
    from simlib.engine import simulate, simulate_plan
    from simlib.folder import write_folder
    from simlib.progress import ProgressBar
    from simlib.provenance import Stopwatch, with_manifest
    from simlib.report import build_report
    from simlib.summary import summarise

    watch = Stopwatch()
    _start_loops(options["simulations"] or model.config.run.simulations)  # type: ignore[arg-type]
    with ProgressBar(plain(place.name)[:60]) as bar:
        futures = simulate(model, progress=bar, **options)  # type: ignore[arg-type]
        watch.lap("simulate")
        summary = summarise(futures, simulate_plan(model), n_jobs=options["n_jobs"])  # type: ignore[arg-type]
        watch.lap("summarise")
    report = build_report(with_manifest(summary, watch.laps))
    try:
        _print(report, quiet=quiet)
        sys.stdout.flush()  # the answer first: files take longer than figures
    except BrokenPipeError:
        _quiet_pipe()  # who asked for the first lines only wants the files all the same
    write_folder(report, place, formats, futures)
    if not quiet:
        _say(f"\nWritten to {plain(str(place))}/")


def _start_loops(simulations: int) -> None:
    """Have compiled loops ready for a large run, and say what would surprise: that they compile, or cannot be used."""
    from simlib import loops

    trouble = loops.start_for(simulations)
    if trouble:
        _say(plain(f"compiled loops are not in use ({trouble}): large runs take longer"), sys.stderr)
    elif loops.on() and not loops.known():
        _say("compiling, once: this takes half a minute ...", sys.stderr)


def _print(report: "Report", *, quiet: bool) -> None:
    """Print a report, or one line for each option."""
    from simlib.console import open_console, print_brief, print_report

    printer = print_brief if quiet else print_report
    printer(report, open_console())


def _compiled(configs: Sequence[Path], sets: Sequence[str]) -> "list[Model]":
    """Load and compile every file before any is run, so that a mistake in the last is told at once."""
    from simlib.compiling import compile_model

    return [compile_model(config) for config in _loaded(configs, sets)]


def _loaded(configs: Sequence[Path], sets: Sequence[str]) -> "list[Config]":
    """Load every file, and tell the problems of all of them at once."""
    from simlib.config import load_config

    loaded: list[Config] = []
    problems: list[Problem] = []
    for path in configs:
        try:
            loaded.append(load_config(path, overrides=sets))
        except ConfigError as refusal:
            problems += refusal.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def _places(configs: Sequence[Path], out: Path | None) -> list[Path]:
    """Give each file its run's folder, and refuse two in one place."""
    from simlib.folder import check_place

    alone = out is not None and len(configs) == 1
    nameless = [path for path in configs if not alone and not path.stem.strip(".")]
    if nameless:
        raise refusal("--out", f"{nameless[0]} has no name to call the run's folder after; say where it goes")
    places = [out] if out and alone else [(out or Path("runs")) / path.stem for path in configs]
    twice = {str(place) for place in places if places.count(place) > 1}
    if twice:
        raise refusal("--out", f"two files would both be written to {', '.join(sorted(twice))}")
    for place in places:
        check_place(place)
    return places


def _order(configs: Sequence[Path], run: Path | None) -> list[tuple[str, int]] | None:
    """Give the order of a former run's dimensions: that of one file."""
    from simlib.folder import read_order

    if run is not None and len(configs) > 1:
        raise refusal("--keep-order", f"expected one CONFIG, got {len(configs)}")
    return None if run is None else read_order(run)


def _cores() -> int:
    """Give how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows or macOS
        return os.cpu_count() or 1


# the rest


@guarded
def check(configs: Sequence[Path], *, sets: Sequence[str] | None) -> None:
    """Read each CONFIG back in plain words, without drawing anything."""
    from simlib.compiling import compile_model
    from simlib.console import open_console, print_lines
    from simlib.readback import read_back

    console = open_console()
    for config in _loaded(configs, sets or []):
        # What only the model can refuse belongs to a check too.
        print_lines(read_back(config, compile_model(config)), console)


@guarded
def report(folder: Path, *, out: Path | None, formats: Sequence[str] | None, quiet: bool) -> None:
    """Print a RUN again and render its report anew, without drawing anything."""
    from simlib.report import load_summary, render_again, report_again

    summary = load_summary(folder)
    if formats or out:
        render_again(summary, folder, out=out, formats=listed(formats))
    _print(report_again(summary, folder), quiet=quiet)


@guarded
def schema() -> None:
    """Print the JSON Schema of the config language, for editors."""
    import json

    from simlib.config.json_schema import config_schema

    _say(json.dumps(config_schema(), indent=2, ensure_ascii=False))


@guarded
def explain(words: Sequence[str]) -> None:
    """Say what a family of distributions or a term means."""
    from simlib.console import open_console, print_lines
    from simlib.explain import explanation

    console = open_console()
    print_lines(explanation(" ".join(words), encoding=console.encoding), console)


@guarded
def test(words: Sequence[str]) -> int:
    """Run simlib's own tests; further words are passed on to pytest."""
    import subprocess

    root = Path(__file__).resolve().parents[1]
    if not (root / "tests").is_dir() or not (root / "pyproject.toml").is_file():
        raise ResultsError(
            "the tests come with the repository, not with the installed package: "
            "clone it and run python3 scripts/simlib.py test"
        )
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=root, check=False).returncode


_COMMANDS: Mapping[str, Callable[..., int]] = {
    "run": run,
    "check": check,
    "report": report,
    "schema": schema,
    "explain": explain,
    "test": test,
}


@guarded
def _obey(words: Sequence[str]) -> int:
    """Do what the words of a command ask for."""
    try:
        name, options = read(words)
    except SystemExit as finished:
        sys.stdout.flush()  # help may be read through a pipe that closes
        return int(finished.code or 0)
    return _COMMANDS[name](**options)


if __name__ == "__main__":
    sys.exit(main())
