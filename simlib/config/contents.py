"""What a file has, as the table that a notebook shows: names, no figure; ``simlib check`` reads it back in words."""

from collections.abc import Iterator, Sequence
from typing import Any

from simlib.config import schema
from simlib.showing import table_html
from simlib.years import label

SECTIONS = ("councils", "measures", "events", "options", "readings", "drivers", "outputs")


def contents_html(config: schema.Config, overrides: Sequence[tuple[str, str]], *, note: str) -> str:
    """Give the table of a config and of what is laid over its file; all of its text is escaped."""
    rows = [*_frame(config), *_sections(config), *((f"Set: {address}", value) for address, value in overrides)]
    return table_html(config.title, ("The file", "has"), rows, note=note, most=None, words=True)


def _frame(config: schema.Config) -> Iterator[tuple[str, str]]:
    if config.as_at:
        yield "As at", config.as_at.isoformat()
    if config.years:
        target = f", target {label(config.target_year)}" if config.target_year else ""
        yield "Years", f"{label(config.years[0])} to {label(config.years[-1])}{target}"


def _sections(config: schema.Config) -> Iterator[tuple[str, str]]:
    """Name the entries of each section that the file has."""
    for section in SECTIONS:
        entries: dict[str, Any] = getattr(config, section)
        names = [getattr(entry, "label", None) or name.replace("_", " ") for name, entry in entries.items()]
        if names:
            yield section.capitalize(), f"{len(names)}: {'; '.join(names)}"
