"""The ``simlib`` command: parse the words, call the library, give an exit code; nothing is computed here.

Nothing large is imported at the top, so that ``simlib --help`` is there at once. The words of each
command, and what they are for, are in ``arguments``; what the commands take is called here as it is there.
"""

import atexit
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib.arguments import plain, read
from simlib.drawing import BACKENDS, MOST_SIMULATIONS, SAMPLERS, draw, engine, loaded
from simlib.errors import ResultsError
from simlib.guarding import guarded, nowhere, say, show
from simlib.options import listed, one_of, shares, size, whole
from simlib.workers import processors

if TYPE_CHECKING:
    from simlib.batch import Batch
    from simlib.drawing import Analyse
    from simlib.model import Model

__all__ = ["guarded", "main"]

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
    sys.stdout, sys.stderr = sys.stdout or nowhere(), sys.stderr or nowhere()
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


# run


@guarded
def run(configs: Sequence[Path], **words: Any) -> None:
    """Draw futures of each CONFIG, print what they say, and write runs/<name>/."""
    draw(configs, words)


@guarded
def decide(
    configs: Sequence[Path],
    *,
    asked_option: Sequence[str] | None,
    asked_council: Sequence[str] | None,
    asked_driver: Sequence[str] | None,
    asked_level: Sequence[str] | None,
    asked_test: str | None,
    asked_objective: str | None,
    **words: Any,
) -> None:
    """Tell what must be true for each option to be safe and what to choose between; write runs/<name>_decisions/."""
    from dataclasses import replace

    from simlib.decisions.analysis import Asked, analysis, chosen_questions

    options, councils, drivers = (tuple(listed(names)) for names in (asked_option, asked_council, asked_driver))
    levels = shares("--level", asked_level, 0.01, 0.999)
    asked = Asked(options, councils, drivers, test=asked_test)
    asked = replace(asked, levels=levels or asked.levels, objective=asked_objective or asked.objective)

    def prepare(model: "Model") -> "Analyse":
        chosen_questions(model, asked)  # what cannot be asked is refused before anything is drawn
        return lambda futures, n_jobs: {"decisions": analysis(futures, asked, n_jobs=n_jobs)}

    draw(configs, words, prepare, called="{}_decisions")


# batch


@guarded
def batch(
    configs: Sequence[Path],
    *,
    sets: Sequence[str] | None,
    overlays: Sequence[Sequence[str]] | None,
    grids: Sequence[str] | None,
    simulations: str | None,
    seed: str | None,
    sampler: str | None,
    jobs: str | None,
    backend: str | None,
    scheduler: str | None,
    out: Path | None,
    formats: Sequence[str] | None,
    precision: Sequence[str] | None,
    memory: str | None,
    quiet: bool,
) -> int:
    """Run each CONFIG in every variant that is not there yet, and compare them."""
    from simlib.batch import run_batch
    from simlib.config.origin import pairs
    from simlib.progress import ProgressBar
    from simlib.reporters import check_formats
    from simlib.variants import Drawing, axis, planned

    drawing = Drawing(
        whole("--simulations", simulations, 1, MOST_SIMULATIONS),
        whole("--seed", seed, 0, 2**63 - 1),
        one_of("--sampler", sampler, SAMPLERS),
        tuple(precision or ()),
    )
    options = {
        "formats": check_formats(listed(formats) or ["json"]),
        "jobs": whole("--jobs", jobs, 1, 1024) or processors(),
        "backend": one_of("--backend", backend, BACKENDS),
        "memory": size("--memory", memory),
    }
    variants = planned(
        [str(path) for path in configs], overlays=overlays or (), sets=pairs(sets or ()),
        grids=[axis(grid) for grid in grids or ()], drawing=drawing,
    )  # fmt: skip
    place = out or Path("runs/batch")
    try:
        with engine(backend, scheduler), ProgressBar(f"{len(variants):,} runs") as bar:
            found = run_batch(variants, place, **options, progress=bar)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        say("what is finished is kept: the same command goes on with the rest", sys.stderr)
        raise
    return _tell_batch(found, place, quiet=quiet)


def _tell_batch(found: "Batch", place: Path, *, quiet: bool) -> int:
    """Print what became of a batch's runs, the failures last, and give the exit code."""
    from simlib.batch import reason_lines
    from simlib.batchindex import headline_lines

    lines = [] if quiet else headline_lines(found.lines, found.asked)
    for text in [*lines, found.summary, f"Compared in {place}/index.html and index.csv" * bool(found.lines)]:
        if text:
            say(plain(text))
    for text in reason_lines(found.failures):
        say(plain(text), sys.stderr)
    if found.stopped:
        say(plain(f"stopped: {found.stopped}"), sys.stderr)
    return found.code


# the rest


@guarded
def check(configs: Sequence[Path], *, sets: Sequence[str] | None) -> None:
    """Read each CONFIG back in plain words, without drawing anything."""
    from simlib.compiling import compile_model
    from simlib.console import open_console, print_lines
    from simlib.readback import read_back

    console = open_console()
    for config in loaded(configs, sets or []):
        # What only the model can refuse belongs to a check too.
        print_lines(read_back(config, compile_model(config)), console)


@guarded
def report(folder: Path, *, out: Path | None, formats: Sequence[str] | None, quiet: bool) -> None:
    """Print a RUN again and render its report anew, without drawing anything."""
    from simlib.report import load_summary, render_again, report_again

    summary = load_summary(folder)
    if formats or out:
        render_again(summary, folder, out=out, formats=listed(formats))
    show(report_again(summary, folder), quiet=quiet)


@guarded
def compare(
    first: Path,
    second: Path,
    *,
    simulations: str | None,
    jobs: str | None,
    out: Path | None,
    formats: Sequence[str] | None,
    quiet: bool,
) -> None:
    """Say which edit moved what by how much from one RUN to the next, and write a paper of it."""
    from dataclasses import replace

    from simlib.compare.changes import compare, former
    from simlib.compare.game import LEAST
    from simlib.folder import check_place
    from simlib.progress import ProgressBar
    from simlib.report import load_summary, report_again, without_futures, write_report
    from simlib.results import HELD

    chosen = without_futures(listed(formats))
    place = out or second.parent / f"{second.name}_changes"
    check_place(place)
    count = whole("--simulations", simulations, LEAST, HELD)
    workers = whole("--jobs", jobs, 1, 1_024) or processors()
    summaries = [load_summary(folder) for folder in (first, second)]
    runs = [former(summary, folder) for summary, folder in zip(summaries, (first, second), strict=True)]
    with ProgressBar(plain(f"{first.name} to {second.name}")[:60]) as bar:
        changes = compare(*runs, simulations=count, n_jobs=workers, progress=bar)
    told = replace(summaries[1], analyses={"changes": changes.document()})
    show(report_again(told, second), quiet=quiet)
    write_report(told, place, formats=chosen)
    if not quiet:
        say(f"\nWritten to {plain(str(place))}/")


@guarded
def sensitivity(
    configs: Sequence[Path],
    *,
    options: Sequence[str] | None,
    councils: Sequence[str] | None,
    targets: Sequence[str] | None,
    methods: Sequence[str] | None,
    every_year: bool,
    **words: Any,
) -> None:
    """Say which assumptions move each answer of each CONFIG, and write runs/<name>_sensitivity/."""
    from simlib.sensitivity.analysis import Asked, analysis, chosen

    of, at, what, how = (tuple(listed(names)) for names in (options, councils, targets, methods))
    asked = Asked(of, at, what, how, every_year)

    def prepare(model: "Model") -> "Analyse":
        chosen(model, asked)  # what cannot be asked is refused before anything is drawn
        return lambda futures, n_jobs: {"sensitivity": analysis(futures, asked, n_jobs=n_jobs)}

    draw(configs, words, prepare, called="{}_sensitivity")


@guarded
def new(file: Path) -> None:
    """Write a FILE to begin with, with a remark at each figure; what is there already is left alone."""
    from importlib.resources import files

    if file.suffix not in (".yaml", ".yml"):
        raise ResultsError(f"{file}: expected a name that ends in .yaml")
    text = files("simlib.config").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8", newline="\n") as place:
            place.write(text)
    except FileExistsError as there:
        raise ResultsError(f"{file}: is there already; choose another name") from there
    except OSError as problem:
        raise ResultsError(f"{file}: cannot be written: {problem.strerror or problem}") from problem
    say(f"Written to {plain(str(file))}. Every figure in it is made up: put your own in their place.")


@guarded
def schema() -> None:
    """Print the JSON Schema of the config language, for editors."""
    import json

    from simlib.config.json_schema import config_schema

    say(json.dumps(config_schema(), indent=2, ensure_ascii=False))


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
    "batch": batch,
    "decide": decide,
    "check": check,
    "report": report,
    "sensitivity": sensitivity,
    "compare": compare,
    "new": new,
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
