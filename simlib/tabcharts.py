"""The workbook's native charts: which cells each draws, its title, its message; how they look is the reporter's."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from simlib.dims import VARIABLES
from simlib.layout import Chart, Report, everything
from simlib.plots import Fan, Waterfall
from simlib.recordtabs import WATERFALLS, waterfall_charts
from simlib.resulttabs import BY_YEAR, CURVE, RESERVE, by_year_rows, curve_rows, reserve_rows
from simlib.tabs import Column, Document, NativeChart, Range, Series, Tab, tab, unit_words
from simlib.wording import sentence_case

__all__ = ["charts_tab"]

_Key = TypeVar("_Key", bound=Hashable)
_HEADING = -1  # the row of headings, above row 0
_NAMES, _YEARS, _PLAN, _LEVELS = 0, 3, 4, {"p10": 8, "p50": 10, "p90": 13}  # columns of By year
_PARTS = (("base", 4), ("position", 5), ("wider", 6), ("wider", 7), ("narrower", 8), ("narrower", 9))


def charts_tab(report: Report, document: Document) -> Tab | None:
    """Give the sheet of charts: a row for each, with its message beside it.

    Parameters
    ----------
    report : Report
        Gives titles and messages.
    document : mapping
        The summary document that the other sheets are made of.
    """
    told = {chart.id: chart for section in everything(report.sections) for chart in section.charts}
    charts = (
        *_years_charts(document, told, "gap_recurring", "gap"),
        *_curve_charts(document, told, "position"),
        *_waterfalls(report, document),
        *_years_charts(document, told, "general_fund", "reserves"),
        *_curve_charts(document, told, "reserve_needed"),
    )
    rows = ((chart.title, chart.alt, chart.series[0].up.sheet, None) for chart in charts)
    columns = (Column("Chart"), Column("What it shows", "long"), Column("Its figures are on the sheet"),
               Column("Picture", "long"))  # fmt: skip
    return tab("Charts", "Charts of the other sheets' own cells, each with its message.", columns, rows, charts=charts)


def spans(keys: Sequence[_Key]) -> dict[_Key, tuple[int, int]]:
    """Give the first and the last place of each run of equal keys.

    Examples
    --------
    >>> spans(["a", "a", "b"])
    {'a': (0, 1), 'b': (2, 2)}
    """
    starts = [at for at, key in enumerate(keys) if not at or keys[at - 1] != key]
    return {keys[first]: (first, after - 1) for first, after in pairwise([*starts, len(keys)])}


def _heading(sheet: str, column: int) -> Range:
    return Range(sheet, column, _HEADING, _HEADING)


def _years_charts(document: Document, told: dict[str, Chart], figure: str, key: str) -> Iterator[NativeChart]:
    """Give a figure by year under each option: plan, middle, and the band of 8 in 10 futures."""
    found = spans([(option, place, name) for option, place, name, _ in by_year_rows(document)])
    looks = (("edge", _LEVELS["p90"]), ("middle", _LEVELS["p50"]), ("edge", _LEVELS["p10"]), ("plan", _PLAN))
    words = VARIABLES[figure][0]
    up = f"{words} ({unit_words(document, 'money')})"
    for council, entry in document["councils"].items():
        chart = told.get(f"{key}_{council}")
        for panel in chart.data.panels if chart and isinstance(chart.data, Fan) else ():
            first, last = found[panel.key, council, figure]
            across = Range(BY_YEAR, _YEARS, first, last)
            series = tuple(
                Series(_heading(BY_YEAR, at), across, Range(BY_YEAR, at, first, last), look) for look, at in looks
            )
            title = f"{panel.label}, {entry['label']}: {words.lower()} by year"
            alt = f"Lines of the {words.lower()} by year, with its band. {sentence_case(panel.message)}."
            yield NativeChart(title, alt, "years", series, "Financial year", up)


def _curve_charts(document: Document, told: dict[str, Chart], key: str) -> Iterator[NativeChart]:
    """Give a council's distributions of one figure under every option in one chart."""
    sheet, rows = (CURVE, curve_rows) if key == "position" else (RESERVE, reserve_rows)
    found = spans([(option, place) for option, place, _ in rows(document)])
    for council in document["councils"]:
        chart = told.get(f"{key}_{council}")
        ours = [span for (_, place), span in found.items() if place == council]
        if chart is not None and ours:
            series = tuple(
                Series(Range(sheet, _NAMES, span[0], span[0]), Range(sheet, 3, *span), Range(sheet, 2, *span), "line")
                for span in ours
            )
            across = f"{_ACROSS[key]} ({unit_words(document, 'money')})"
            yield NativeChart(chart.title, chart.alt, "curve", series, across, "Share of the futures")


_ACROSS = {"position": "Recurring gap is at most", "reserve_needed": "Opening balance of the general fund"}


def _waterfalls(report: Report, document: Document) -> Iterator[NativeChart]:
    """Give the report's waterfalls as stacked bars: their steps have long names."""
    first = 0
    for chart in waterfall_charts(report):
        assert isinstance(chart.data, Waterfall)
        last = first + len(chart.data.steps) - 1
        across = Range(WATERFALLS, 1, first, last)
        series = tuple(
            Series(_BARS[look], across, Range(WATERFALLS, at, first, last), look) for look, at in _PARTS
        )
        up = f"Recurring gap ({unit_words(document, 'money')})"
        yield NativeChart(chart.title, chart.alt, "waterfall", series, "", up)
        first = last + 1


_BARS = {"base": "", "position": "where the gap stands", "wider": "widens the gap", "narrower": "narrows the gap"}
