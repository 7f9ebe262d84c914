"""The sheets of a workbook in their order, with the cover; their rows are ``resulttabs``' and ``recordtabs``'.

A reporter only renders them: every figure is unrounded, of a stated kind, and stands in a row that names it.
"""

from collections.abc import Iterator

from simlib import recordtabs, resulttabs
from simlib.layout import Report
from simlib.papertabs import paper_tabs
from simlib.tabcharts import charts_tab
from simlib.tabs import Column, Document, Link, Row, Tab, tab, trimmed

__all__ = ["COVER", "worksheets"]

COVER = "Cover"


def worksheets(report: Report) -> tuple[Tab, ...]:
    """Give every sheet that has something to tell, the cover first.

    Parameters
    ----------
    report : Report
        Its words are taken as they are, its summary's figures unrounded.
    """
    tabs = tuple(found for found in _tabs(report, report.summary.document) if found is not None)
    cover = tab(COVER, "", (Column("Report"), Column(report.title, "long")), _cover_rows(report, tabs))
    assert cover is not None, "a cover always says how to read the others"
    return cover, *tabs


def _tabs(report: Report, document: Document) -> Iterator[Tab | None]:
    """Give the sheets in the order in which they are looked up, the paper's own first where it is of an analysis."""
    if report.summary.analyses:
        yield from paper_tabs(report)
    yield trimmed(resulttabs.summary_tab(document))
    yield trimmed(resulttabs.claims_tab(document))
    yield trimmed(resulttabs.outputs_tab(document))
    yield charts_tab(report, document)
    yield trimmed(resulttabs.closing_tab(document))
    yield resulttabs.years_tab(document)
    yield trimmed(resulttabs.costs_tab(document))
    yield resulttabs.reserve_tab(document)
    yield trimmed(resulttabs.comparisons_tab(document))
    yield resulttabs.first_year_tab(document)
    yield resulttabs.curve_tab(document)
    yield recordtabs.bridge_tab(document)
    yield recordtabs.waterfalls_tab(report, document)
    yield trimmed(recordtabs.sensitivity_tab(document))
    yield trimmed(resulttabs.events_tab(document))
    yield trimmed(resulttabs.readings_tab(document))
    yield trimmed(recordtabs.assumptions_tab(document))
    yield trimmed(recordtabs.certain_tab(document))
    yield trimmed(recordtabs.quality_tab(document))
    yield trimmed(recordtabs.dependence_tab(document))
    yield trimmed(recordtabs.checks_tab(document))
    yield recordtabs.notes_tab(report)


def _cover_rows(report: Report, tabs: tuple[Tab, ...]) -> Iterator[Row]:
    """Give what the run is, how to read it, and what each sheet holds."""
    if report.banner:
        yield report.banner, "Councils respond, and these figures do not pretend to know how: nothing further is done."
    yield from report.facts
    document = report.summary.document
    named = (*document["drivers"].values(), *document["outputs"].values())
    if document["councils"] or any(entry.get("kind") == "money" for entry in named):
        yield "Money", f"In {document['unit'] or '£'}, unrounded: a cell shows fewer digits than it holds."
    yield from _READING
    if document["councils"]:
        yield "Signs", "A gap with a plus is money short, with a minus to spare; reserves with a minus are used up."
        yield "Business case", "The published figures, run without uncertainty."
    yield "Sheets", "What each holds; its name is a link to it. Each is one table, its headings in the first row."
    yield from ((Link(each.name), each.about) for each in tabs)


_READING = (
    ("Chances", "Shares of the futures drawn, with their simulation error and 95% interval; never quite 0% or 100%."),
    ("Quantiles", "P10 is not exceeded in 1 of 10 futures, P50 is the middle, P90 is exceeded in 1 of 10."),
)
