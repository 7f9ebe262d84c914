"""What stands in a batch's folder, run beside run, as ``index.csv`` and ``index.html``; no run is made here.

Both are functions of the finished runs in the folder, whoever made them, and of what the present batch could not run:
no clock and no order of finishing is in them.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simlib.cells import amount_cell, chance_cell, largest, narrow_range
from simlib.claiming import claimed
from simlib.errors import ResultsError
from simlib.folder import read_folder
from simlib.headlines import Headline, headlines
from simlib.layout import Cell, Report, Section, Table, numbered, without_empty
from simlib.register import brief_outputs, shown
from simlib.report import BANNER
from simlib.summary import Summary
from simlib.variants import Drawing, Variant
from simlib.verdicts import brief_lines
from simlib.wording import clean, interval_words

__all__ = ["FILES", "Line", "headline_lines", "lines_of", "variant_of", "write_index"]

FILES = ("index.html", "index.csv")
_PLACE = 2**28  # of the index among the locks: behind those of all runs
_LEVELS = ("80", "90", "95")
_BAND = ("mean", "p10", "p50", "p90")
_NUMBER = re.compile(r"[-+]?£?[0-9][0-9._]*%?")
_WORST = {"p90": "1 in 10 above", "p50": "Middle", "p10": "1 in 10 below"}
_GAP = "A gap is what is still to be found each year; a minus is money to spare."
_DIGITS = re.compile(r"([0-9]+(?:\.[0-9]+)?)")
_MOST_LINES = 8  # of a reason: a file may have 200 problems


@dataclass(frozen=True, slots=True)
class Line:
    """One run of the index: finished, or why it could not be.

    Parameters
    ----------
    variant : Variant
        What was asked for.
    reason : str
        Why it could not be run; empty where it is finished.
    title, digest : str
        As its summary.json has them.
    seed, futures : int or None
        What it was drawn with.
    found : tuple of Headline
        What it says.
    brief : tuple of str
        The same in a line for each option or output.
    """

    variant: Variant
    reason: str = ""
    title: str = ""
    digest: str = ""
    seed: int | None = None
    futures: int | None = None
    found: tuple[Headline, ...] = ()
    brief: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """Whether it is there."""
        return "could not run" if self.reason else "finished"

    @property
    def order(self) -> tuple[object, ...]:
        """Its place: by file, then by what is laid over it, where 10 comes after 9."""
        asked = self.variant
        settings = tuple(part for pair in asked.sets for part in pair)
        told = (asked.config,), asked.overlays, settings, (str(asked.drawing),)
        return *(tuple(map(_natural, parts)) for parts in told), asked.name


def _natural(text: str) -> tuple[tuple[float, str], ...]:
    """Give what texts with numbers in them are sorted by."""
    return tuple((float(part), "") if at % 2 else (0.0, part) for at, part in enumerate(_DIGITS.split(text)))


def write_index(folder: Path, failures: Mapping[Variant, str]) -> tuple[Line, ...]:
    """Write the index of a folder, each file whole or not at all, and give its lines.

    Parameters
    ----------
    folder : Path
        A batch's.
    failures : mapping of Variant to str
        What could not be run now, and why.

    Raises
    ------
    ResultsError
        When it cannot be written; the index that was there stays.
    """
    from simlib.reporters.html import page

    try:
        with claimed(folder, _PLACE, wait=True):  # who writes last has seen all that was there before
            found = lines_of(folder, failures)
            _put(folder / "index.csv", "\ufeff" + _table_text(found))  # the mark by which Excel knows UTF-8
            _put(folder / "index.html", page(index_report(found)))
    except OSError as problem:
        raise ResultsError(f"{folder}: the index cannot be written: {problem.strerror or problem}") from problem
    return found


def _put(path: Path, text: str) -> None:
    """Replace a file by a whole one; whoever calls is alone."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with draft.open("x", encoding="utf-8", newline="") as file:  # a new one: a link would be followed
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def lines_of(folder: Path, failures: Mapping[Variant, str]) -> tuple[Line, ...]:
    """Give a line for each run of a folder and for each that could not be run, in an order of their own."""
    refused = {variant.name: Line(variant, reason or "no reason was given") for variant, reason in failures.items()}
    known = {path.name: path for path in folder.iterdir() if path.name not in refused and not path.name.startswith(".")}
    read = (_line(path) for path in known.values() if path.is_dir() and not path.is_symlink())
    return tuple(sorted([*refused.values(), *filter(None, read)], key=lambda line: line.order))


def _line(folder: Path) -> Line | None:
    """Read one run; a folder that no batch has written is none of the index's."""
    try:
        summary = read_folder(folder)
        variant = variant_of(summary)
        if variant is None or variant.name != folder.name:
            return None
        document = summary.document
        config, brief = document["config"], brief_lines if document["options"] else brief_outputs
        return Line(
            variant, title=clean(config["title"]), digest=clean(config["digest"]),
            seed=int(config["seed"]), futures=int(config["simulations"]),
            found=tuple(headlines(document)), brief=tuple(map(clean, brief(document))),
        )  # fmt: skip
    except (ResultsError, LookupError, TypeError, AttributeError, ValueError):
        return None  # damaged: the next batch that is asked for it makes it again


def variant_of(summary: Summary) -> Variant | None:
    """Give what a batch was asked for when it made a run, as the run's manifest has it; None for any other run."""
    entry = summary.manifest.get("batch")
    if not isinstance(entry, dict):
        return None
    try:
        asked, drawn = entry["asked"], entry["asked"]["drawing"]
        sets = tuple((_text(address), _text(value)) for address, value in asked["sets"])
        count, seed = (None if drawn[name] is None else int(drawn[name]) for name in ("simulations", "seed"))
        sampler = None if drawn["sampler"] is None else _text(drawn["sampler"])
        drawing = Drawing(count, seed, sampler, tuple(map(_text, drawn["precision"])))
        return Variant(_text(asked["config"]), tuple(map(_text, asked["overlays"])), sets, drawing)
    except (LookupError, TypeError, ValueError):
        return None


def _text(value: object) -> str:
    """Give a text of a manifest, which anybody may have written, as the index can hold it."""
    text = str(value)
    text.encode()
    return text


def headline_lines(lines: Iterable[Line], asked: Iterable[Variant]) -> Iterator[str]:
    """Give what a terminal shows of the runs that were asked for: each with a line for each option or output."""
    wanted = frozenset(asked)
    for line in lines:
        if line.variant in wanted and not line.reason:
            yield f"{Path(line.variant.config).stem}: {clean(line.variant.label)}"
            yield from (f"  {text}" for text in line.brief)


# index.csv


def _table_text(lines: Sequence[Line]) -> str:
    """Give a row for each headline of each run, and one for each run that has none."""
    settings = _settings(lines)
    head = (
        "run", "config", "overlays", *settings, "status", "reason", "seed", "futures", "digest",
        "option", "council", "test", "chance", "error", "interval_low", "interval_high", "readings_low",
        "readings_high", "amount", "unit", *_BAND, "short_chance", "short_mean", "short_p90",
        *(f"reserve_{level}" for level in _LEVELS),
    )  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    rows = (row for line in lines for row in _rows(line, settings))
    writer.writerows([_harmless(cell) for cell in row] for row in (head, *rows))
    return text.getvalue()


def _settings(lines: Iterable[Line]) -> list[str]:
    """Give every address that some run has another figure at than its file, in order of first appearance."""
    return list(dict.fromkeys(address for line in lines for address, _ in line.variant.sets))


def _rows(line: Line, settings: Sequence[str]) -> Iterator[list[object]]:
    """Give the rows of a run."""
    asked, sets = line.variant, dict(line.variant.sets)
    start: list[object] = [
        asked.name,
        asked.config,
        " + ".join(asked.overlays),
        *(sets.get(address) for address in settings),
    ]
    start += [line.status, line.reason, line.seed, line.futures, line.digest]
    for found in line.found or (Headline("", ""),):
        yield [*start, *_figures(found)]


def _figures(found: Headline) -> list[object]:
    """Give the figures of a headline, unrounded."""
    chance, band, short, reserves = (part or {} for part in (found.chance, found.band, found.shortfall, found.reserves))
    read = [probability for probability, _ in found.readings]
    return [
        found.option, found.council, found.test, chance.get("probability"), chance.get("error"),
        *(chance.get("interval") or (None, None)), min(read, default=None), max(read, default=None),
        found.amount, found.unit, *(band.get(name) for name in _BAND),
        short.get("probability"), short.get("mean_if_short"), short.get("p90"),
        *(reserves.get(level) for level in _LEVELS),
    ]  # fmt: skip


def _harmless(cell: object) -> object:
    """Give a cell that no spreadsheet takes for a formula, whatever a file calls things."""
    if isinstance(cell, str) and cell.lstrip().startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


# index.html


def index_report(lines: Sequence[Line]) -> Report:
    """Give the index as a report of tables, for the page that any report is rendered to."""
    finished = [line for line in lines if not line.reason]
    by_file: dict[tuple[str, str], list[Line]] = {}
    for line in finished:
        by_file.setdefault((line.variant.config, line.title), []).append(line)
    sections = (_runs_section(lines), *(_file_section(*names, group) for names, group in by_file.items()))
    banner = BANNER if any(found.option for line in finished for found in line.found) else ""
    facts = (("Finished", f"{len(finished):,}"), ("Could not run", f"{len(lines) - len(finished):,}"))
    nothing = Summary({"options": {}}, "")  # a report is of a run; this one is of many
    return Report("Runs compared", banner, facts, (), numbered(sections), nothing)


def _runs_section(lines: Sequence[Line]) -> Section:
    """Say which runs there are, and why others are not."""
    rows = tuple(
        (Cell(clean(line.variant.name)), Cell(clean(line.variant.config)), Cell(clean(line.variant.label)),
         Cell(line.status), _count(line.futures), Cell("–" if line.seed is None else str(line.seed)),
         Cell(line.digest[:12] or "–"))
        for line in lines
    )  # fmt: skip
    headings = ("Folder", "File", "What differs from the file", "Status", "Futures", "Seed", "Digest begins")
    tables = [Table("runs", "Every run, by file", headings, rows)]
    refused = tuple((Cell(clean(line.variant.name)), Cell(_briefly(line.reason))) for line in lines if line.reason)
    if refused:
        tables.append(Table("refused", "What could not run, and why", ("Folder", "Reason"), refused))
    return Section("runs", "Runs", (), tuple(tables))


def _count(futures: int | None) -> Cell:
    return Cell("–") if futures is None else Cell(f"{futures:,}", futures)


def _briefly(reason: str) -> str:
    """Give a reason in one cell."""
    said = [clean(line) for line in reason.splitlines() if line.strip()]
    more = [f"and {len(said) - _MOST_LINES:,} more"] if len(said) > _MOST_LINES else []
    return "; ".join([*said[:_MOST_LINES], *more])


def _file_section(config: str, title: str, group: Sequence[Line]) -> Section:
    """Set the runs of a file beside each other: a table for each option and council."""
    subjects = dict.fromkeys(found.subject for line in group for found in line.found)
    names, shared = _told_apart(group)
    tables = tuple(_compared(subject, group, names, at) for at, subject in enumerate(subjects))
    return Section("file", f"{title} ({clean(config)})", shared, tables)


def _told_apart(group: Sequence[Line]) -> tuple[dict[Variant, str], tuple[str, ...]]:
    """Give each run the name that tells it from the others, and say what all of them have."""
    common = frozenset.intersection(*(frozenset(line.variant.traits) for line in group))
    alike = common if len(group) > 1 else frozenset()
    own = {line.variant: [trait for trait in line.variant.traits if trait not in alike] for line in group}
    shared = [trait for trait in group[0].variant.traits if trait in alike]
    plain = "nothing more" if shared else "as it stands"
    names = {variant: clean(", ".join(traits)) or plain for variant, traits in own.items()}
    return names, (f"Every run of it: {clean(', '.join(shared))}.",) if shared else ()


def _compared(
    subject: tuple[str, str, str, str], group: Sequence[Line], names: Mapping[Variant, str], at: int
) -> Table:
    """Give what each run says of one option and council."""
    option, council, test, amount = subject
    of = f"amounts: {amount}" if option and amount else amount
    caption = " - ".join(filter(None, (option, council, test, of)))
    headings: tuple[str, ...] = ("Run", "Holds in", "95% interval", "Across readings", *_WORST.values())
    headings += ("Short by, on average", *(f"Reserve for {level}%" for level in _LEVELS))
    told = ((names[line.variant], found) for line in group for found in line.found if found.subject == subject)
    rows = (_compared_row(name, found) for name, found in told)
    note = _GAP if option and "gap" in amount else ""
    return without_empty(Table(f"compared_{at}", caption, headings, tuple(rows), note))


def _compared_row(name: str, found: Headline) -> tuple[Cell, ...]:
    """Give one run's figures, each as finely as its error lets it be told."""
    chance, band, reserves = found.chance, found.band or {}, found.reserves or {}
    like = largest(band.get(name) for name in _WORST)
    errors: Mapping[str, Any] = band.get("error") or {}
    return (
        Cell(name),
        chance_cell(chance),
        Cell(interval_words(chance["interval"]) if chance and chance.get("interval") else "–"),
        Cell(narrow_range(found.readings)),
        *(_amount(found, band.get(name), like, errors.get(name) or 0.0) for name in _WORST),
        _amount(found, (found.shortfall or {}).get("mean_if_short"), like),
        *(_amount(found, reserves.get(level)) for level in _LEVELS),
    )


def _amount(found: Headline, value: float | None, like: float = 0.0, error: float = 0.0) -> Cell:
    """Give an amount as a cell, as the run's own report has amounts of its kind."""
    if value is None:
        return Cell("–")
    if found.unit:
        return amount_cell(value, found.unit, like, error)
    return Cell(shown(value, found.kind, None, error), value)
