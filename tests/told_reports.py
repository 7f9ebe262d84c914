"""What tests of reports share: a hostile name, and a report as it is printed, by table and by section."""

import io

from simlib.console import open_console, print_report
from simlib.layout import Report, Section, Table, everything

NASTY = (
    "<script>alert('x')</script> \x1b[31m[red]\u202eevil\u202c {{ 7919*7907 }} & \"quoted\" 🎉 عربي\r\n" + "long" * 80
)


def told(report: Report, *, width: int = 80) -> str:
    """Give a report as it is printed at a width."""
    held = io.StringIO()
    print_report(report, open_console(held, width=width))
    return held.getvalue()


def flat(text: str) -> str:
    """Give a text without its line breaks."""
    return " ".join(text.split())


def tables(report: Report) -> dict[str, Table]:
    """Give a report's tables by id."""
    found = {table.id: table for part in everything(report.sections) for table in part.tables}
    return found | {chart.table.id: chart.table for part in everything(report.sections) for chart in part.charts}


def section(report: Report, name: str) -> Section:
    """Give a report's section by id."""
    return next(one for one in everything(report.sections) if one.id == name)
