"""What a paper needs beside its report: numbers for tables and pictures, headings; no words of the report's own.

The page, the document and the markdown share it, so that "Table 12" is the same table in all of them.
"""

from collections.abc import Iterator

from simlib.layout import Chart, Report, Section, Table, everything

__all__ = [
    "FIGURES", "charts", "figure_columns", "figures_words", "heading_words", "picture_numbers", "table_numbers",
]  # fmt: skip

FIGURES = "The figures of the pictures"  # the last heading: fifty rows of a curve would tear the paper apart


def charts(report: Report) -> Iterator[Chart]:
    """Give every picture of a report, in the order in which it is read."""
    for section in everything(report.sections):
        yield from section.charts


def picture_numbers(report: Report) -> dict[str, int]:
    """Give the number of each picture by its id, from 1."""
    return {chart.id: at for at, chart in enumerate(charts(report), 1)}


def table_numbers(report: Report) -> dict[str, int]:
    """Give the number of each table by its id, from 1: those of the sections, and then those of the pictures."""
    told = (table for section in everything(report.sections) for table in section.tables)
    return {table.id: at for at, table in enumerate((*told, *(chart.table for chart in charts(report))), 1)}


def heading_words(section: Section) -> str:
    """Give a heading with its number: ``3. Reserves``, ``Appendix B: Assumptions``; that of a part has none.

    Examples
    --------
    >>> heading_words(Section("a", "Reserves", number="3"))
    '3. Reserves'
    """
    place = f"Appendix {section.number}:" if section.appendix else f"{section.number}."
    return f"{place} {section.heading}"


def figures_words(chart: Chart, numbers: dict[str, int]) -> str:
    """Tell where the figures of a picture are; the last word is the number of their table."""
    return f"The figures of this picture are in Table {numbers[chart.table.id]}"


def figure_columns(table: Table) -> tuple[bool, ...]:
    """Tell for each column whether it holds figures, which stand under each other to the right.

    Notes
    -----
    A column of figures may have a dash where there is none; the first column names the row.
    """
    columns = zip(*table.rows, strict=True)
    found = [
        any(cell.value is not None for cell in column)
        and all(cell.value is not None or cell.text == "–" for cell in column)
        for column in columns
    ]
    return (False, *found[1:]) if found else (False,) * len(table.headings)
