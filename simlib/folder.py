"""A run's folder on disc: written beside its place, renamed when whole, read back; nothing is computed."""

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib.errors import ResultsError
from simlib.layout import Report
from simlib.reporters import render

if TYPE_CHECKING:
    from simlib.results import Futures
    from simlib.summary import Summary

__all__ = ["ANALYSES", "check_place", "json_bytes", "read_folder", "read_order", "render_into", "write_folder"]

FORMAT_VERSION = 1
_SIGN = ("summary.json", "manifest.json")  # what a folder of ours always holds
ANALYSES = ("sensitivity", "decisions", "changes")  # documents that may stand beside the summary
_OURS = frozenset({
    *_SIGN, *(f"{name}.json" for name in ANALYSES), "config.yaml", "results.nc",
    "report.html", "report.xlsx", "report.docx", "report.md", "figures",
})  # fmt: skip
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # what file managers leave, and make again
_PICTURES = (".svg", ".png", ".pdf")
_MOST_BYTES = 64 << 20  # of one file that is read back: a run of 50 options and years has a third of it
_MOST_ENTRIES = 1_000_000  # of it: such a run has two thirds of that
LONGEST_NAME = 100  # of a folder, as far as the name of its draft has it
_ATTEMPTS = 20  # to put a folder in its place while others do the same


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
    if {"figures", "md"} & set(formats):  # a text shows pictures
        _check_foreign(folder / "figures", _foreign_pictures(folder / "figures"))
    try:
        with _beside(folder) as draft:
            render(report, draft, formats)
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
    """Refuse a place that cannot be written to, or holds anything but an earlier run: it would be replaced.

    Raises
    ------
    ResultsError
        When a file, a link, or a folder of something else stands there, or no folder can be made there.
    """
    if folder.name in ("", ".", ".."):
        folder = folder.resolve()
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise ResultsError(f"{folder}: expected a folder for the run, found a file or a link")
        if folder.is_dir():
            _check_content(folder)
        _check_parent(folder)
    except OSError as problem:
        raise ResultsError(f"{_short(folder)}: cannot be written: {problem.strerror or problem}") from problem


def _check_content(folder: Path) -> None:
    """Refuse a folder that is no run, and one in which somebody has put something of their own."""
    if not any(folder.iterdir()):
        return
    if not all((folder / name).is_file() for name in _SIGN):
        raise ResultsError(f"{folder}: holds something that is not a simlib run; choose another --out")
    foreign = [path for path in folder.iterdir() if path.name not in _OURS | _LITTER]
    _check_foreign(folder, [*foreign, *_foreign_pictures(folder / "figures")])


def _foreign_pictures(figures: Path) -> list[Path]:
    """Give what stands among a run's pictures and is none."""
    if not figures.is_dir() or figures.is_symlink():
        return []
    return [p for p in figures.iterdir() if p.name not in _LITTER and (p.suffix not in _PICTURES or p.is_dir())]


def _check_foreign(folder: Path, foreign: Sequence[Path]) -> None:
    """Refuse to replace a folder with what is not ours in it: it would be gone."""
    if foreign:
        name = min(path.name for path in foreign)
        raise ResultsError(f"{folder}: holds '{name}', which is no part of a simlib run; move it away first")


def _check_parent(folder: Path) -> None:
    """Refuse before anything is computed what could not be written afterwards."""
    parent = next(path for path in folder.absolute().parents if path.exists() or path.is_symlink())
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{parent} is no folder")
    if os.path.ismount(folder):
        raise OSError(errno.EBUSY, "another disc is mounted there; choose a folder in it")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"no permission to write to {parent}")


def _short(folder: Path) -> str:
    """Give a path as a message can hold it."""
    text = str(folder)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _fill(report: Report, draft: Path, formats: Sequence[str], futures: "Futures | None") -> None:
    """Write each file of a run."""
    summary = report.summary
    (draft / "config.yaml").write_text(summary.config_text, encoding="utf-8", newline="")
    contents = {name: json_bytes(found) for name, found in {"summary": summary.document, **summary.analyses}.items()}
    # Whoever reads the run back can tell whether the figures are still those that were written.
    digests = {f"{name}_sha256": hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    (draft / "manifest.json").write_bytes(json_bytes({**summary.manifest, **digests}))
    for name, content in contents.items():
        (draft / f"{name}.json").write_bytes(content)
    render(report, draft, formats)
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
    made = [path for path in folder.absolute().parents if not path.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name[:LONGEST_NAME]}.", suffix=".part", dir=folder.parent))
    try:
        draft.chmod(0o777 & ~_umask())  # mkdtemp keeps others out; a run is as open as any folder
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.exists():
            _remove_empty(made)


def _remove_empty(made: Sequence[Path]) -> None:
    """Take away the folders that were made for a run that has come to nothing, the innermost first."""
    for path in made:
        try:
            path.rmdir()
        except OSError:
            return  # somebody else is using it


def _umask() -> int:
    """Read the process's mask; there is no way but to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _swap(draft: Path, folder: Path) -> None:
    """Put the draft in the folder's place; the old one goes only when the new one is there."""
    old = draft.with_suffix(".old")
    for attempt in range(_ATTEMPTS):
        kept = _moved(folder, old)
        try:
            draft.rename(folder)
        except OSError as problem:
            if kept:
                _moved(old, folder)
            # Another run to the same place may have put its own there in the meantime: the last one stays.
            if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == _ATTEMPTS - 1:
                raise
        else:
            break
        finally:
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)


def _moved(path: Path, place: Path) -> bool:
    """Rename a folder, if it is there and its new place is free."""
    try:
        path.rename(place)
    except FileNotFoundError:
        return False
    except OSError as problem:
        if problem.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def read_folder(folder: Path) -> "Summary":
    """Read a run's summary, config and manifest.

    Raises
    ------
    ResultsError
        When the folder is no run, is damaged, or was written by another format of simlib.
    """
    from simlib.summary import Summary

    if not _is_folder(folder):
        raise ResultsError(f"{_short(folder)}: expected a run's folder, such as runs/south_somerset")
    document, manifest = (_read_json(folder / name) for name in _SIGN)
    found = document.get("simlib")
    if isinstance(found, bool) or found != FORMAT_VERSION:
        raise ResultsError(f"{folder / _SIGN[0]}: expected format {FORMAT_VERSION} of simlib, found {found!r}")
    missing = [key for key in _FIRST_LEVEL if key not in document]
    if missing:
        raise ResultsError(f"{folder / _SIGN[0]}: damaged: {', '.join(missing)} missing")
    _check_manifest(folder, manifest)
    _check_unchanged(folder, manifest, "summary")
    _check_names(folder, document)
    analyses = _read_analyses(folder, manifest)
    return Summary(document, _read_text(folder / "config.yaml"), manifest, analyses)


def _is_folder(path: Path) -> bool:
    """Tell whether a folder stands there; a name that is too long for one is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _read_analyses(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Read the further documents that the manifest says the run has."""
    found = {}
    for name in ANALYSES:
        if f"{name}_sha256" in manifest:
            _check_unchanged(folder, manifest, name)
            found[name] = _read_json(folder / f"{name}.json")
    return found


def read_order(folder: Path) -> list[tuple[str, int]]:
    """Read the order of dimensions of a former run, to be kept by the next one.

    Raises
    ------
    ResultsError
        When the folder is no run, is damaged, or its sampler has no order.
    """
    config = read_folder(folder).document["config"]
    if not isinstance(config, dict):
        raise ResultsError(f"{folder / _SIGN[0]}: damaged: expected config as a mapping")
    found = config.get("dimensions")
    if found is None:
        raise ResultsError(
            f"{folder}: expected a run of the sampler sobol, found {config.get('sampler')}: it has no order to keep"
        )
    if not (isinstance(found, list) and all(_is_dimension(entry) for entry in found)):
        raise ResultsError(f"{folder / _SIGN[0]}: damaged: expected config.dimensions as names and years")
    return [(name, year) for name, year in found]


def _is_dimension(entry: object) -> bool:
    return isinstance(entry, list) and [type(part) for part in entry] == [str, int] and 0 <= entry[1] < 10_000


def _check_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a manifest of another shape than a run's."""
    if not all(isinstance(manifest.get(key, {}), dict) for key in ("versions", "timings")):
        raise ResultsError(f"{folder / _SIGN[1]}: damaged: expected versions and timings by name")


def _check_unchanged(folder: Path, manifest: Mapping[str, Any], name: str) -> None:
    """Refuse figures that are not those that the run has written."""
    path = folder / f"{name}.json"
    if manifest.get(f"{name}_sha256") != hashlib.sha256(_read_bytes(path)).hexdigest():
        raise ResultsError(
            f"{path}: damaged: it is not what the run has written (see {name}_sha256 in manifest.json); "
            "run the config again"
        )


def _check_names(folder: Path, document: Mapping[str, Any]) -> None:
    """Refuse names that no config can have: they become names of files, and of places in a page."""
    for section in ("options", "councils", "gap_before", "readings", "events", "outputs"):
        entries = document[section]
        wrong = [name for name in entries if not _NAME.fullmatch(name)] if isinstance(entries, dict) else [section]
        if wrong:
            raise ResultsError(
                f"{folder / _SIGN[0]}: damaged: {section} has an entry with no name that a file can have"
            )


_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIRST_LEVEL = (
    "config", "unit", "years", "target_year", "headline", "options", "gap_before", "comparisons",
    "readings", "events", "outputs", "drivers", "checks", "councils", "swings", "leverage", "notes", "tests",
)  # fmt: skip


def _read_text(path: Path) -> str:
    """Read a file of a run as text."""
    try:
        return _read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise ResultsError(f"{path}: expected a file of a simlib run: {problem}") from problem


def _read_bytes(path: Path) -> bytes:
    """Read a file of a run: a regular one (a pipe would wait for ever), of a bearable size."""
    try:
        found = path.lstat()  # a link could lead anywhere
        if not stat.S_ISREG(found.st_mode):
            raise ResultsError(f"{path}: expected a file of a simlib run, found something that is no file")
        if found.st_size > _MOST_BYTES:
            raise ResultsError(f"{path}: expected a file of a simlib run, at most {_MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as problem:
        raise ResultsError(f"{path}: expected a file of a simlib run: {problem.strerror or problem}") from problem


def _refuse_constant(name: str) -> None:
    raise ValueError(f"expected a number, found {name}")


def _read_json(path: Path) -> dict[str, Any]:
    """Read a mapping that one of our runs has written."""
    try:
        text = _read_text(path)
        if sum(map(text.count, ",[{")) > _MOST_ENTRIES:  # each is a hundred times its letters when it is read
            raise ResultsError(f"{path}: expected a file of a simlib run, with at most {_MOST_ENTRIES:,} entries")
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise ResultsError(f"{path}: damaged: {problem}") from problem
    if not isinstance(found, dict):
        raise ResultsError(f"{path}: damaged: expected a mapping")
    return found
