"""What the commands share that draw futures of files: their words read, each file simulated, told and written.

Which words there are is in ``arguments``, which command asks what of the futures in ``cli``.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib.arguments import plain
from simlib.errors import ConfigError, Problem
from simlib.guarding import quiet_pipe, say, show
from simlib.options import listed, one_of, precisions, refusal, size, whole
from simlib.workers import processors

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.model import Model
    from simlib.results import Futures

__all__ = ["BACKENDS", "MOST_SIMULATIONS", "SAMPLERS", "Analyse", "draw", "engine", "loaded"]

Analyse = Callable[["Futures", int], Mapping[str, dict[str, Any]]]  # futures, workers -> further documents by name
MOST_SIMULATIONS = 1_000_000_000
SAMPLERS = ("random", "latin_hypercube", "sobol")
BACKENDS = ("threading", "loky", "dask")


def draw(
    configs: Sequence[Path],
    words: Mapping[str, Any],
    prepare: "Callable[[Model], Analyse] | None" = None,
    called: str = "{}",
) -> None:
    """Draw futures of each file, print what they say and write its folder.

    Parameters
    ----------
    configs : sequence of Path
        The files.
    words : mapping
        What stands behind each option of the command line that has to do with drawing and writing, by name.
    prepare : callable, optional
        From a model to what else is to be asked of its futures. What cannot be asked it refuses, before anything is
        drawn.
    called : str
        The folder's name, with ``{}`` for the file's stem.
    """
    from simlib.reporters import FORMATS, check_formats

    options, formats, out = _drawing(configs, words), words["formats"], words["out"]
    chosen = check_formats(FORMATS if formats is None else listed(formats))
    if not chosen:
        raise refusal("--format", f"expected {', '.join(FORMATS)}, got nothing")
    places = _places(configs, out, called)
    models = _compiled(configs, words["sets"] or [])
    exact = [precisions(words["precision"], model.config) for model in models]
    analyses = [prepare(model) if prepare else None for model in models]
    with engine(words["backend"], words["scheduler"]):
        for model, place, wanted, analyse in zip(models, places, exact, analyses, strict=True):
            asked = options | {"precision": wanted}
            _run_one(model, place, options=asked, formats=chosen, quiet=words["quiet"], analyse=analyse)


def _drawing(configs: Sequence[Path], words: Mapping[str, Any]) -> dict[str, Any]:
    """Give how futures are to be drawn."""
    return {
        "simulations": whole("--simulations", words["simulations"], 1, MOST_SIMULATIONS),
        "seed": whole("--seed", words["seed"], 0, 2**63 - 1),
        "sampler": one_of("--sampler", words["sampler"], SAMPLERS),
        "n_jobs": whole("--jobs", words["jobs"], 1, 1024) or processors(),
        "backend": one_of("--backend", words["backend"], BACKENDS),
        "order": _order(configs, words["keep_order"]),
        "memory": size("--memory", words["memory"]),
    }


def engine(backend: str | None, scheduler: str | None) -> AbstractContextManager[None]:
    """Give what makes workers elsewhere ours for a while; nothing where all is done here."""
    if (backend == "dask") != (scheduler is not None):
        raise refusal("--scheduler", "expected with --backend dask, and that with it: no engine is started here")
    if scheduler is None:
        return nullcontext()
    from simlib.cluster import cluster

    return cluster(scheduler)


def _run_one(
    model: "Model",
    place: Path,
    *,
    options: Mapping[str, Any],
    formats: Sequence[str],
    quiet: bool,
    analyse: Analyse | None = None,
) -> None:
    """Simulate one model, write its folder with what else was asked of the futures, and print its report."""
    from dataclasses import replace

    from simlib.engine import simulate, simulate_plan
    from simlib.folder import write_folder
    from simlib.progress import ProgressBar
    from simlib.provenance import Stopwatch, with_manifest
    from simlib.report import build_report
    from simlib.summary import summarise

    watch = Stopwatch()
    _start_loops(options["simulations"] or model.config.run.simulations)
    with ProgressBar(plain(place.name)[:60]) as bar:
        futures = simulate(model, progress=bar, **options)
        watch.lap("simulate")
        summary = summarise(futures, simulate_plan(model), n_jobs=options["n_jobs"])
        watch.lap("summarise")
        if analyse is not None:
            summary = replace(summary, analyses=analyse(futures, options["n_jobs"]))
            watch.lap("analyse")
    report = build_report(with_manifest(summary, watch.laps))
    try:
        show(report, quiet=quiet)
        sys.stdout.flush()  # the answer first: files take longer than figures
    except BrokenPipeError:
        quiet_pipe()  # who asked for the first lines only wants the files all the same
    write_folder(report, place, formats, futures)
    if not quiet:
        say(f"\nWritten to {plain(str(place))}/")


def _start_loops(simulations: int) -> None:
    """Have compiled loops ready for a large run, and say what would surprise: that they compile, or cannot be used."""
    from simlib import loops

    trouble = loops.start_for(simulations)
    if trouble:
        say(plain(f"compiled loops are not in use ({trouble}): large runs take longer"), sys.stderr)
    elif loops.on() and not loops.known():
        say("compiling, once: this takes half a minute ...", sys.stderr)


def _compiled(configs: Sequence[Path], sets: Sequence[str]) -> "list[Model]":
    """Load and compile every file before any is run, so that a mistake in the last is told at once."""
    from simlib.compiling import compile_model

    return [compile_model(config) for config in loaded(configs, sets)]


def loaded(configs: Sequence[Path], sets: Sequence[str]) -> "list[Config]":
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


def _places(configs: Sequence[Path], out: Path | None, called: str) -> list[Path]:
    """Give each file its run's folder, and refuse two in one place."""
    from simlib.folder import check_place

    alone = out is not None and len(configs) == 1
    nameless = [path for path in configs if not alone and not path.stem.strip(".")]
    if nameless:
        raise refusal("--out", f"{nameless[0]} has no name to call the run's folder after; say where it goes")
    places = [out] if out and alone else [(out or Path("runs")) / called.format(path.stem) for path in configs]
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
