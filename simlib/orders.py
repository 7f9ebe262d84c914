"""One run of a batch: made under its lock, whole or not at all, its trouble told as a value; which runs, is not known.

Nothing here raises but an interruption, so that one run that cannot be made takes no other with it.
"""

import errno
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simlib.claiming import claimed, place_of
from simlib.errors import ResultsError, SimlibError
from simlib.folder import check_place, read_folder, write_folder
from simlib.layout import Report
from simlib.options import precisions
from simlib.provenance import Stopwatch, versions, with_manifest
from simlib.reporters import REPORTERS
from simlib.variants import Variant, fingerprint

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.model import Model
    from simlib.results import Futures
    from simlib.summary import Summary

__all__ = ["LARGE", "SEED", "Order", "Outcome", "is_done", "make"]

LARGE = 1_000_000  # futures: more of them, and a run is shared out among all workers instead of going beside others
SEED = 1  # of files that state none: variants are compared on the same futures, and a batch can be gone on with
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """One run to be made.

    Parameters
    ----------
    variant : Variant
        What is asked for.
    out : Path
        The batch's folder.
    formats : tuple of str
        To be written beside summary.json.
    jobs : int
        Workers for its futures.
    backend : str or None
        Theirs.
    memory : int or None
        For futures that are held [bytes].
    large : bool
        Whether it may be a large one.
    wait : bool
        Whether to wait for somebody else who is at it.
    """

    variant: Variant
    out: Path
    formats: tuple[str, ...] = ("json",)
    jobs: int = 1
    backend: str | None = None
    memory: int | None = None
    large: bool = False
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order.

    Parameters
    ----------
    state : str
        ``finished``; ``busy`` (somebody else is at it) and ``large`` are to be ordered again; ``refused`` is the user's
        to mend, ``full`` too, and then no other run can be written either; ``failed`` is our own mistake.
    reason : str
        In words, empty where it is finished.
    trace : str
        Where our own mistake is.
    """

    state: Literal["finished", "busy", "large", "refused", "failed", "full"]
    reason: str = ""
    trace: str = ""


def make(order: Order, progress: Progress | None = None) -> Outcome:
    """Make one run, and say what became of it.

    Parameters
    ----------
    order : Order
        What is to be made.
    progress : callable, optional
        Called with the futures done and wanted.
    """
    try:
        return _made(order, progress)
    except SimlibError as refusal:
        cause = refusal.__cause__
        full = isinstance(refusal, ResultsError) and isinstance(cause, OSError) and cause.errno in _FULL
        return Outcome("full" if full else "refused", str(refusal))
    except MemoryError as trouble:
        return Outcome("refused", f"this needs more memory than there is ({str(trouble) or 'how much is not known'})")
    except Exception as mistake:  # noqa: BLE001 - whatever is wrong with this run, the others are to be made
        return Outcome("failed", f"{type(mistake).__name__}: {mistake}", traceback.format_exc())


def _made(order: Order, progress: Progress | None) -> Outcome:
    """Make a run that nobody else is at, if it is not there yet."""
    variant, place = order.variant, order.out / order.variant.name
    with claimed(order.out, place_of(place.name), wait=order.wait) as claim:
        if claim == "theirs":
            return Outcome("busy")
        if is_done(order):
            return Outcome("finished")
        check_place(place)
        key = _key(variant)  # before the files are read: what changes after that is another run
        model = _compiled(variant)
        if not order.large and _is_large(model.config, variant):
            return Outcome("large")
        summary, futures = _drawn(order, model, progress)
        batch = {"key": key, "formats": list(order.formats), "asked": asdict(variant)}
        told = _told(replace(summary, manifest={**summary.manifest, "batch": batch}), order.formats)
        write_folder(told, place, order.formats, futures)
    return Outcome("finished")


def is_done(order: Order) -> bool:
    """Tell whether a run is there already, with the files that are asked for, of the same files and versions."""
    folder = order.out / order.variant.name
    try:
        batch: Any = read_folder(folder).manifest.get("batch") if folder.is_dir() else None
    except ResultsError:
        return False  # damaged: it is made again
    if not isinstance(batch, dict) or batch.get("key") != _key(order.variant):
        return False
    written = batch.get("formats")
    return isinstance(written, list) and set(order.formats) <= {*map(str, written), "json"}


def _key(variant: Variant) -> str:
    return fingerprint(variant, _versions())


@cache
def _versions() -> dict[str, str]:
    """Give the versions that figures depend on, the scheme of random streams among them."""
    from simlib.sampling import RNG_SCHEME

    return {**versions(), "rng_scheme": str(RNG_SCHEME)}


def _compiled(variant: Variant) -> "Model":
    """Load and compile what a run is asked for."""
    from simlib.compiling import compile_model
    from simlib.config import load_config

    return compile_model(load_config(variant.config, overrides=dict(variant.sets), overlays=variant.overlays))


def _is_large(config: "Config", variant: Variant) -> bool:
    """Tell whether a run is to be shared out: nobody knows beforehand how many futures a precision takes."""
    count = variant.drawing.simulations or config.run.simulations
    return count > LARGE or bool(variant.drawing.precision or config.run.precision)


def _drawn(order: Order, model: "Model", progress: Progress | None) -> "tuple[Summary, Futures]":
    """Simulate and summarise."""
    from simlib.engine import simulate, simulate_plan
    from simlib.summary import summarise

    watch, drawing = Stopwatch(), order.variant.drawing
    stated = model.config.run.seed if drawing.seed is None else drawing.seed
    futures = simulate(
        model, drawing.simulations, seed=SEED if stated is None else stated, sampler=drawing.sampler,
        precision=precisions(drawing.precision or None, model.config), n_jobs=order.jobs, backend=order.backend,
        progress=progress, memory=order.memory,
    )  # fmt: skip
    watch.lap("simulate")
    summary = summarise(futures, simulate_plan(model), n_jobs=order.jobs)
    watch.lap("summarise")
    return with_manifest(summary, watch.laps), futures


def _told(summary: "Summary", formats: tuple[str, ...]) -> Report:
    """Give the report to be written; where no format tells anything, it need not be told."""
    from simlib.report import build_report

    return build_report(summary) if set(formats) & set(REPORTERS) else Report("", "", (), (), (), summary)
