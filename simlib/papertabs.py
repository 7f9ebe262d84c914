"""The tables of an analysis' paper as sheets of a workbook, each under its number; a run's are in ``resulttabs``."""

from collections.abc import Iterator

from simlib.layout import Cell, Report, Table, everything
from simlib.reporters.papers import table_numbers
from simlib.tabs import Column, Figure, Kind, Row, Tab, Value, tab

__all__ = ["paper_tabs"]


def paper_tabs(report: Report) -> Iterator[Tab | None]:
    """Give a sheet for each table of the paper and for the figures of its pictures: Table 12 is the same everywhere."""
    numbers = table_numbers(report)
    for section in everything(report.sections):
        for table in (*section.tables, *(chart.table for chart in section.charts)):
            columns = [Column(heading, "number") for heading in _told_apart(table.headings)]
            rows = (_row(row, table) for row in table.rows)
            yield tab(f"Table {numbers[table.id]}", table.caption, (Column(columns[0].heading), *columns[1:]), rows)


def _told_apart(headings: tuple[str, ...]) -> Iterator[str]:
    """Give headings that differ: one that stands there already with the one before it."""
    for at, heading in enumerate(headings):
        yield heading if heading not in headings[:at] else f"{headings[at - 1]}: {heading}"


def _row(row: tuple[Cell, ...], table: Table) -> Row:
    return tuple(_value(cell, heading) for cell, heading in zip(row, table.headings, strict=True))


def _value(cell: Cell, heading: str) -> Value:
    """Give a figure unrounded, shown as its words show it; what is only words as they are."""
    return cell.text if cell.value is None else Figure(cell.value, _kind(cell.text, heading))


def _kind(text: str, heading: str) -> Kind:
    if "£" in text:
        return "money"
    if "month" in text or "year" in text:
        return "duration"
    if "of 100" in f"{text} {heading}":
        return "chance"
    return "share" if text.endswith("%") else "number"
