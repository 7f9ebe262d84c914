"""The ``simlib`` command: parse the words, call the library, give an exit code; nothing is computed here.

Exit codes: 0 fine; 2 the user's file or words (a message, no traceback, nothing written); 1 our bug;
130 interrupted. Only typer is imported at the top, so that ``simlib --help`` is there at once.
"""

import atexit
import errno
import functools
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TextIO

import typer

from simlib.errors import ConfigError, Problem, ResultsError, SimlibError
from simlib.options import listed, one_of, precisions, refusal, size, whole

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.layout import Report
    from simlib.model import Model

__all__ = ["app", "guarded", "main"]

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

app = typer.Typer(
    name="simlib",
    help="How sure is a council's budget decision? Draws many thousands of futures from a YAML file, and "
    "tells how often each option closes the gap. All results are before further action.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Configs = Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="One or more YAML files.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ADDRESS=VALUE", help="Put a value in place of the file's; may be repeated."),
]


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
    try:
        app(args=None if arguments is None else list(arguments), prog_name="simlib")
    except SystemExit as finished:
        return finished.code if isinstance(finished.code, int) else int(finished.code is not None)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _set_up() -> None:
    """Make starting and ending quick, in a process of the command's own, and not in somebody's notebook."""
    if "numpy" in sys.modules:
        return
    for name, value in _QUIETLY.items():  # where the user has not said it
        os.environ.setdefault(name, value)
    atexit.register(gc.freeze)  # what is still there goes with the process: taking it apart first takes 0.2 s


def guarded(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn a refusal into its message and exit code 2, and an interruption into 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except SimlibError as refusal:
            typer.echo(_plain(str(refusal)), err=True)
            code = 2
        except MemoryError as trouble:
            reason = f" ({trouble})" if str(trouble) else ""
            typer.echo(
                f"this needs more memory than there is{reason}: ask for fewer --simulations, or keep fewer", err=True
            )
            code = 2
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            code = _INTERRUPTED
        except BrokenPipeError:
            code = _quiet_pipe()
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise
            typer.echo(f"the output cannot be written: {problem.strerror}", err=True)
            code = 2 + _quiet_pipe()
        raise typer.Exit(code or 0)

    return wrapped


def _plain(text: str) -> str:
    """Take from a message what could steer a terminal: it may quote the user's file."""
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n"))


def _nowhere() -> TextIO:
    """Give a stream that keeps nothing, for a process that was started without one (``>&-``)."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _quiet_pipe() -> int:
    """Say no more where the reader of our output has gone, as in ``simlib run … | head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _version(asked: bool) -> None:
    """Print the version and stop."""
    if asked:
        from simlib import __version__

        typer.echo(f"simlib {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options of simlib itself."""


# run


@app.command()
@guarded
def run(
    configs: Configs,
    simulations: Annotated[str | None, typer.Option(help="Number of futures: 100000, 100_000 or 1e5.")] = None,
    seed: Annotated[str | None, typer.Option(help="Seed of the random draws; 0 is a seed.")] = None,
    sampler: Annotated[str | None, typer.Option(help="random, latin_hypercube or sobol.")] = None,
    sets: Sets = None,
    jobs: Annotated[str | None, typer.Option(help="Workers; all cores where left out.")] = None,
    backend: Annotated[str | None, typer.Option(help="threading or loky.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; with several files, the folder of theirs.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="json, nc, html, figures; repeated or with commas.")
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(help="Draw until every headline chance is known within this, such as 0.5%; or p90=£0.05m."),
    ] = None,
    keep_order: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="A former run whose drivers keep their places in the sequence of sobol."),
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="For futures that are held, such as 500MB; else a quarter of the machine's.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="One line for each option.")] = False,
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
    with ProgressBar(place.name) as bar:
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
        typer.echo(f"\nWritten to {_plain(str(place))}/")


def _start_loops(simulations: int) -> None:
    """Have compiled loops ready for a large run, and say what would surprise: that they compile, or cannot be used."""
    from simlib import loops

    trouble = loops.start_for(simulations)
    if trouble:
        typer.echo(_plain(f"compiled loops are not in use ({trouble}): large runs take longer"), err=True)
    elif loops.on() and not loops.known():
        typer.echo("compiling, once: this takes half a minute ...", err=True)


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


@app.command()
@guarded
def check(configs: Configs, sets: Sets = None) -> None:
    """Read each CONFIG back in plain words, without drawing anything."""
    from simlib.compiling import compile_model
    from simlib.console import open_console, print_lines
    from simlib.readback import read_back

    console = open_console()
    for config in _loaded(configs, sets or []):
        # What only the model can refuse belongs to a check too.
        print_lines(read_back(config, compile_model(config)), console)


@app.command()
@guarded
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, such as runs/south_somerset.")],
    out: Annotated[Path | None, typer.Option(help="Another folder to write to; the run's own where left out.")] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="html, figures; repeated or with commas.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="One line for each option.")] = False,
) -> None:
    """Print a RUN again and render its report anew, without drawing anything."""
    from simlib.report import build_report, load_summary, render_again

    summary = load_summary(folder)
    if formats or out:
        render_again(summary, folder, out=out, formats=listed(formats))
    _print(build_report(summary), quiet=quiet)


@app.command()
@guarded
def schema() -> None:
    """Print the JSON Schema of the config language, for editors."""
    import json

    from simlib.config.json_schema import config_schema

    typer.echo(json.dumps(config_schema(), indent=2, ensure_ascii=False))


@app.command()
@guarded
def explain(
    word: Annotated[list[str], typer.Argument(metavar="FAMILY|TERM", help="Such as pert, or gap.")],
) -> None:
    """Say what a family of distributions or a term means."""
    from simlib.console import open_console, print_lines
    from simlib.explain import explanation

    console = open_console()
    print_lines(explanation(" ".join(word), encoding=console.encoding), console)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@guarded
def test(context: typer.Context) -> int:
    """Run simlib's own tests; further words are passed on to pytest."""
    import subprocess

    root = Path(__file__).resolve().parents[1]
    if not (root / "tests").is_dir() or not (root / "pyproject.toml").is_file():
        raise ResultsError(
            "the tests come with the repository, not with the installed package: "
            "clone it and run python3 scripts/simlib.py test"
        )
    return subprocess.run([sys.executable, "-m", "pytest", *context.args], cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
