"""From a summary to a report, and on to its folder; rendering is in ``reporters`` and ``console``."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlib import (
    actuals_told,
    changed,
    comparing,
    decisions_told,
    drawn,
    influences,
    method,
    outlook,
    register,
    sensitivity_told,
    verdicts,
)
from simlib.errors import ResultsError
from simlib.folder import read_folder, render_into, write_folder
from simlib.layout import Report, Section, numbered
from simlib.reporters import FORMATS, check_formats
from simlib.wording import clean, joined

if TYPE_CHECKING:
    from simlib.results import Futures
    from simlib.summary import Summary

__all__ = [
    "FORMATS", "Report", "build_report", "load_summary", "render_again", "report_again", "without_futures",
    "write_report",
]  # fmt: skip

BANNER = "Before further action"
_clean_key = lru_cache(maxsize=4_096, typed=True)(clean)  # the same few keys stand in a document a thousand times


def build_report(summary: "Summary") -> Report:
    """Tell a summary in words and numbers, once for every format.

    Parameters
    ----------
    summary : Summary
        What ``summarise`` gave, or ``load_summary``.

    Returns
    -------
    Report
        Its text holds no control characters, whatever the config said.
    """
    document = _cleaned(summary.document)
    analyses = {name: _cleaned(found) for name, found in summary.analyses.items()}
    sections = numbered(section for section in _sections(document, _cleaned(summary.manifest), analyses) if section)
    lines = [*_brief(document, analyses)]
    banner = BANNER if document["councils"] else ""  # nobody is there to act
    title, facts = document["config"]["title"], tuple(_facts(document))
    return Report(title, banner, facts, tuple(lines), sections, summary)


def _cleaned(value: Any) -> Any:
    """Clean every text of a document, keys too: it is untrusted, and it goes to terminals and pages."""
    kind = type(value)
    if kind is float or kind is int or kind is bool or value is None:
        return value  # most of a document: settled before anything slower is asked
    if isinstance(value, dict | Mapping):
        return {_clean_key(key): _cleaned(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(entry) for entry in value]
    return clean(value) if isinstance(value, str) else value


def _brief(document: Mapping[str, Any], analyses: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Give the answer in one line for each chance, or figure."""
    if "changes" in analyses:
        return changed.brief_changes(analyses["changes"], document)
    lines = verdicts.brief_lines if document["options"] else register.brief_outputs
    return lines(document)


# What tells each of the analyses that may stand beside a summary: ``(document, summary's document) -> sections``
TOLD: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Section]]] = {
    "sensitivity": sensitivity_told.sections,
    "decisions": decisions_told.sections,
    "changes": changed.changes_sections,
}


def _sections(
    document: Mapping[str, Any], manifest: Mapping[str, Any], analyses: Mapping[str, Mapping[str, Any]]
) -> Iterator[Section | None]:
    """Give the sections in the order in which a committee reads them, and then the appendices."""
    if "changes" not in analyses:  # which tells of the chances itself
        yield outlook.summary_section(document, what_moves="sensitivity" not in analyses)
        yield outlook.claims_section(document)
    if analyses:  # a paper of its own, which answers its question; the figures of the run are in its summary
        yield from (section for name, found in analyses.items() for section in TOLD[name](found, document))
        yield register.checks_section(document)
    else:
        yield from _body(document)
    yield method.method_section(document)
    yield register.notes_section(document)
    yield method.provenance_section(document, manifest)


def _body(document: Mapping[str, Any]) -> Iterator[Section | None]:
    """Give what a run has between its summary and its method."""
    yield actuals_told.actuals_section(document)
    yield register.outputs_section(document) if not document["councils"] else None
    yield register.checks_section(document)
    yield from outlook.council_sections(document)
    yield comparing.jointly_section(document)
    yield outlook.events_section(document)
    yield register.outputs_section(document) if document["councils"] else None
    yield influences.swings_section(document, "claims")
    yield influences.swings_section(document, "outputs") if not document["councils"] else None
    yield method.statutory_section(document)
    yield register.readings_section(document)
    yield from outlook.detail_sections(document)
    yield influences.bridges_section(document)
    yield outlook.conditional_section(document)
    yield influences.swings_section(document, "outputs") if document["councils"] else None
    yield register.assumptions_section(document)
    yield register.author_section(document)
    yield drawn.quality_section(document)


def _facts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what identifies a run: councils, target year, decision date, futures, seed."""
    config = document["config"]
    if document["councils"]:
        yield "Councils", joined([council["label"] for council in document["councils"].values()])
    if document["target_year"] and document["councils"]:
        yield "Target year", str(document["target_year"])
    if config.get("as_at"):
        yield "As at", str(config["as_at"])
    if document.get("prices") and _tells_money(document):
        yield "Prices", str(document["prices"])
    yield "Futures", f"{config['simulations']:,} ({str(config['sampler']).replace('_', ' ')} sampler)"
    yield "Seed", str(config["seed"])


def _tells_money(document: Mapping[str, Any]) -> bool:
    """Tell whether any figure is an amount of money, which is in some year's prices."""
    named = [*document["outputs"].values(), *document["drivers"].values()]
    return bool(document["councils"]) or any(entry.get("kind") == "money" for entry in named)


def write_report(
    summary: "Summary",
    folder: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
    futures: "Futures | None" = None,
) -> Path:
    """Write a run's folder: whole, or not at all.

    Parameters
    ----------
    summary : Summary
        The run.
    folder : path
        Where it goes; a run that stands there is replaced at the end, anything else is refused.
    formats : sequence of str
        Some of ``FORMATS``; ``summary.json``, ``config.yaml`` and ``manifest.json`` are always written.
    futures : Futures, optional
        Needed for ``nc``, which is left out without them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ResultsError
        When a format is unknown, or the folder holds something else than a run.
    """
    chosen = check_formats(formats)
    report = build_report(summary)
    return write_folder(report, Path(folder), chosen, futures)


def load_summary(folder: str | Path) -> "Summary":
    """Read a run's folder back, enough to render every report again.

    Raises
    ------
    ResultsError
        When the folder is no run, is damaged, or was written by another format of simlib.
    """
    return read_folder(Path(folder))


# What a summary of another shape than a run writes leads to, wherever that is found out; a ``next`` that finds nothing
# is a RuntimeError where it stands in a generator, as is what calls itself too deep
_ASTRAY = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, StopIteration, RuntimeError)


@contextmanager
def _as_damaged(folder: Path) -> Iterator[None]:
    """Refuse a run that was read back where its figures do not have the shape that a run writes."""
    try:
        yield
    except ResultsError:
        raise
    except _ASTRAY as wrong:
        why = f"damaged, or written by another version of simlib ({type(wrong).__name__})"
        raise ResultsError(f"{folder}: {why}; run the config again") from wrong


def report_again(summary: "Summary", folder: Path) -> Report:
    """Tell a run that was read back.

    Raises
    ------
    ResultsError
        When its figures are not as a run writes them.
    """
    with _as_damaged(folder):
        return build_report(summary)


def without_futures(formats: Sequence[str]) -> tuple[str, ...]:
    """Give the formats asked for, all where none is, of those that need no futures.

    Raises
    ------
    ResultsError
        When a format is unknown or needs the futures.
    """
    chosen = check_formats(formats) or tuple(name for name in FORMATS if name != "nc")
    if "nc" in chosen:
        raise ResultsError("--format: nc needs the futures themselves: run the config again")
    return chosen


def render_again(summary: "Summary", folder: Path, *, out: Path | None, formats: Sequence[str]) -> Path:
    """Render reports of a run that is there already, into its own folder or into another.

    Parameters
    ----------
    summary : Summary
        The run, as :func:`load_summary` gives it.
    folder : Path
        The run's folder.
    out : Path or None
        Another folder, which becomes a run's folder of its own; the run's where left out.
    formats : sequence of str
        Those that need no futures; every one of them where empty.

    Raises
    ------
    ResultsError
        When a format is unknown or needs the futures, or the place cannot be written to.
    """
    chosen = without_futures(formats)
    with _as_damaged(folder):
        if out is not None and out.resolve() != folder.resolve():
            return write_report(summary, out, formats=chosen)
        return render_into(build_report(summary), folder, chosen)
