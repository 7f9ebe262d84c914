"""A run's folder on disc: written beside its place, renamed when whole, read back; nothing is computed."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib.errors import ResultsError
from simlib.layout import Report
from simlib.reporters import REPORTERS

if TYPE_CHECKING:
    from simlib.results import Futures
    from simlib.summary import Summary

__all__ = ["check_place", "json_bytes", "read_folder", "render_into", "write_folder"]

FORMAT_VERSION = 1
_SIGN = ("summary.json", "manifest.json")  # what a folder of ours always holds


def write_folder(report: Report, folder: Path, formats: Sequence[str], futures: "Futures | None") -> Path:
    """Write everything of a run under a temporary name, and rename it when complete.

    Raises
    ------
    ResultsError
        When the place holds something that is not a run, or cannot be written to.
    """
    check_place(folder)
    try:
        with _beside(folder) as draft:
            _fill(report, draft, formats, futures)
            _swap(draft, folder)
    except OSError as problem:
        raise ResultsError(f"{folder}: cannot be written: {problem.strerror or problem}") from problem
    return folder


def render_into(report: Report, folder: Path, formats: Sequence[str]) -> Path:
    """Render reports beside a run, and move each into it when all are complete; the run stays as it is."""
    try:
        with _beside(folder) as draft:
            for name in formats:
                if name in REPORTERS:
                    REPORTERS[name](report, draft)
            for path in sorted(draft.iterdir()):
                _replace(path, folder / path.name)
    except OSError as problem:
        raise ResultsError(f"{folder}: cannot be written: {problem.strerror or problem}") from problem
    return folder


def _replace(path: Path, place: Path) -> None:
    """Move a file or a folder to a place, in the stead of what stands there."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    path.replace(place)


def check_place(folder: Path) -> None:
    """Refuse a place that holds anything but an earlier run: it would be replaced.

    Raises
    ------
    ResultsError
        When a file, a link, or a folder of something else stands there.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ResultsError(f"{folder}: expected a folder for the run, found a file or a link")
    if folder.is_dir() and any(folder.iterdir()) and not all((folder / name).is_file() for name in _SIGN):
        raise ResultsError(f"{folder}: holds something that is not a simlib run; choose another --out")


def _fill(report: Report, draft: Path, formats: Sequence[str], futures: "Futures | None") -> None:
    """Write each file of a run."""
    summary = report.summary
    (draft / "config.yaml").write_text(summary.config_text, encoding="utf-8", newline="")
    (draft / "manifest.json").write_bytes(json_bytes(summary.manifest))
    (draft / "summary.json").write_bytes(json_bytes(summary.document))
    for name in formats:
        if name in REPORTERS:
            REPORTERS[name](report, draft)
    if futures is not None and "nc" in formats:
        from simlib.reporters.netcdf import write_netcdf

        write_netcdf(futures, draft)


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Give a document as JSON: the order of the contract, shortest exact floats, the same bytes each time.

    Raises
    ------
    ValueError
        When a figure is not finite: a summary must say null where it has none.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)
    return (text + "\n").encode()


def _plain(value: Any) -> Any:
    """Give a numpy scalar or array as plain Python."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a temporary folder beside a place, and leave nothing of it behind."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        draft.chmod(0o777 & ~_umask())  # mkdtemp keeps others out; a run is as open as any folder
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _umask() -> int:
    """Read the process's mask; there is no way but to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _swap(draft: Path, folder: Path) -> None:
    """Put the draft in the folder's place; the old one goes only when the new one is there."""
    if not folder.exists():
        draft.rename(folder)
        return
    old = draft.with_suffix(".old")
    folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def read_folder(folder: Path) -> "Summary":
    """Read a run's summary, config and manifest.

    Raises
    ------
    ResultsError
        When the folder is no run, is damaged, or was written by another format of simlib.
    """
    from simlib.summary import Summary

    if not folder.is_dir():
        raise ResultsError(f"{folder}: expected a run's folder, such as runs/south_somerset")
    document, manifest = (_read_json(folder / name) for name in _SIGN)
    if document.get("simlib") != FORMAT_VERSION:
        found = document.get("simlib")
        raise ResultsError(f"{folder / _SIGN[0]}: expected format {FORMAT_VERSION} of simlib, found {found!r}")
    missing = [key for key in _FIRST_LEVEL if key not in document]
    if missing:
        raise ResultsError(f"{folder / _SIGN[0]}: damaged: {', '.join(missing)} missing")
    return Summary(document=document, config_text=_read_text(folder / "config.yaml"), manifest=manifest)


_FIRST_LEVEL = (
    "config", "unit", "years", "target_year", "headline", "options", "gap_before", "comparisons",
    "readings", "events", "outputs", "drivers", "checks", "councils",
)  # fmt: skip


def _read_text(path: Path) -> str:
    """Read a file of a run."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ResultsError(f"{path}: expected a file of a simlib run: {problem}") from problem


def _read_json(path: Path) -> dict[str, Any]:
    """Read a mapping that one of our runs has written."""
    try:
        found = json.loads(_read_text(path))
    except (json.JSONDecodeError, RecursionError) as problem:
        raise ResultsError(f"{path}: damaged: {problem}") from problem
    if not isinstance(found, dict):
        raise ResultsError(f"{path}: damaged: expected a mapping")
    return found
