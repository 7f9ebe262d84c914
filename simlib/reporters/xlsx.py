"""``report.xlsx``: the sheets of ``simlib.worksheets`` as a workbook; nothing is computed or worded here."""

import math
import re
import textwrap
from collections.abc import Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from simlib.layout import Report
from simlib.reporters.xlsxcharts import HEIGHT, add_chart
from simlib.tabs import Column, Figure, Formula, Kind, Link, Row, Tab, Value
from simlib.worksheets import COVER, worksheets

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["write_xlsx"]

_MONEY = {"£": "#,##0.00", "£k": "#,##0.0", "£m": "#,##0.000", "£bn": "#,##0.000000"}
_CHANCE = '[>=0.9995]">99.9%";[<0.0005]"<0.1%";0.0%'  # what no future showed is not impossible
_NUMBERS: Mapping[Kind, str] = {
    "chance": _CHANCE, "error": "0.00%", "share": "0.0%", "number": "#,##0.0###", "count": "#,##0",
    "duration": '0.00" years"', "date": "d mmmm yyyy",
}  # fmt: skip
_WIDTHS: Mapping[Kind, tuple[int, int]] = {  # least and most [characters]
    "text": (14, 40), "short": (10, 20), "long": (20, 66), "date": (16, 16),
}  # fmt: skip
_OTHER_WIDTH, _PICTURE_WIDTH = 12, 96
_NARROW, _WIDE = 100, 180  # a narrower sheet stands upright on paper; a wider one is legible on A3 only [characters]
_LINE, _TALLEST = 15, 405  # heights of a line, and of the tallest row there may be [points]
_FITS = 1.1  # of a column's width, in text: most letters are narrower than the digits that widths are told in
_LEFT = 6  # of a line, where a word that is not broken goes on to the next [characters]
_MOST_TITLE = 80  # of 255 characters that a page's header may have, each & twice
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # of a run that says nothing of when it was made
_RISKY = re.compile(r"[=+\-@]")  # a spreadsheet would take what starts so for a formula, if it were typed in


def write_xlsx(report: Report, folder: Path) -> Path:
    """Write ``report.xlsx`` into an existing folder: the same bytes for the same run."""
    from xlsxwriter import Workbook

    # In memory: the writer would leave files behind where the disc is full, and raise errors of its own.
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, options) as book:
        _describe(book, report)
        looks = _Looks(book, str(report.summary.document["unit"] or "£"))
        for tab in worksheets(report):
            _write_tab(book, tab, looks, report)
    path = folder / "report.xlsx"
    path.write_bytes(content.getvalue())
    return path


def _describe(book: "Workbook", report: Report) -> None:
    """Set what the file says of itself; its date is the run's own."""
    made = report.summary.manifest.get("made")
    moment = datetime.strptime(f"{made} +0000", "%Y-%m-%d %H:%M UTC %z") if _is_moment(made) else _NEVER
    config = report.summary.document["config"]
    about = f"{report.banner}. Futures {config['simulations']}, seed {config['seed']}, digest {config['digest']}"
    book.set_properties({
        "title": report.title, "subject": report.banner, "author": "simlib", "created": moment,
        "comments": about.removeprefix(". "),
    })  # fmt: skip
    book.set_custom_property("Language", "en-GB")


def _is_moment(made: object) -> bool:
    return isinstance(made, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", made))


class _Looks:
    """The formats of one workbook, each made once.

    Parameters
    ----------
    book : Workbook
        Where they are made.
    unit : str
        The file's unit of money.
    """

    def __init__(self, book: "Workbook", unit: str) -> None:
        line = {"valign": "top", "bottom": 1, "bottom_color": "#BFBFBF"}
        right, left = ({**line, "align": side, "indent": 1} for side in ("right", "left"))  # columns stand apart
        numbers = {**_NUMBERS, "money": _MONEY.get(unit, "#,##0.000")}
        self.kinds: dict[str, Format] = {
            kind: book.add_format({**right, "num_format": shown}) for kind, shown in numbers.items()
        }
        self.text = book.add_format({**left, "text_wrap": True})
        self.risky = book.add_format({**left, "text_wrap": True, "quote_prefix": True})
        self.name = book.add_format({**left, "text_wrap": True, "bold": True})
        self.link = book.add_format({**left, "font_color": "#0B3D91", "underline": 1})
        strong = {**left, "bold": True, "text_wrap": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F"}
        self.heading = book.add_format(strong)
        self.title = book.add_format({**strong, "font_size": 14})

    def of_text(self, text: str) -> "Format":
        """Give the format of a text: one that a spreadsheet keeps as text even where it is typed in again."""
        return self.risky if _RISKY.match(text) else self.text


def _write_tab(book: "Workbook", tab: Tab, looks: _Looks, report: Report) -> None:
    """Write one sheet: headings, rows, charts, and how it is seen and printed."""
    sheet = book.add_worksheet(tab.name)
    widths = _widths(tab)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    for line, row in enumerate(tab.rows, start=1):
        _set_height(sheet, line, row, widths)
        for place, (column, value) in enumerate(zip(tab.columns, row, strict=True)):
            _write_cell(sheet, line, place, column, value, looks)
    if tab.name == COVER:
        _write_cover(sheet, tab, looks)
    else:
        _write_headings(sheet, tab, looks, widths)
    for line, chart in enumerate(tab.charts, start=1):
        sheet.set_row(line, HEIGHT)
        add_chart(book, sheet, chart, title=(tab.name, line, 0), cell=(line, len(tab.columns) - 1))
    _set_up_print(sheet, report, sum(widths))


def _widths(tab: Tab) -> list[int]:
    """Give the widths of a sheet's columns: room for the longest text, within bounds [characters]."""
    found = []
    for place, column in enumerate(tab.columns):
        least, most = _WIDTHS.get(column.kind, (_OTHER_WIDTH, _OTHER_WIDTH))
        longest = max((len(cell) for row in tab.rows if isinstance(cell := row[place], str)), default=0)
        words = max(map(len, column.heading.split()), default=0) if tab.name != COVER else 0
        found.append(max(least, words + 2, min(longest + 2, most)))
    if tab.charts or tab.name == COVER:
        found[-1] = _PICTURE_WIDTH
    return found


def _set_height(sheet: "Worksheet", line: int, row: Row, widths: list[int]) -> None:
    """Make room for the longest text of a row: not every program does so by itself."""
    texts = ((len(cell), width) for cell, width in zip(row, widths, strict=True) if isinstance(cell, str))
    lines = max((math.ceil(length / (width - _LEFT)) for length, width in texts if length > _FITS * width), default=1)
    if lines > 1:
        sheet.set_row(line, min(lines * _LINE, _TALLEST))


def _write_cell(sheet: "Worksheet", line: int, place: int, column: Column, value: Value, looks: _Looks) -> None:
    """Write one cell by what it is: text is never taken for a formula, a link or a number."""
    if isinstance(value, Figure):
        sheet.write_number(line, place, value.value, looks.kinds[value.kind])
    elif isinstance(value, Formula):
        sheet.write_formula(line, place, value.text, looks.kinds[column.kind], value.value)
    elif isinstance(value, Link):
        sheet.write_url(line, place, f"internal:'{value.sheet}'!A1", looks.link, value.sheet)
    elif isinstance(value, bool):
        sheet.write_string(line, place, "yes" if value else "no", looks.text)
    elif isinstance(value, str):
        _write_text(sheet, line, place, column, value, looks)
    elif value is None:
        sheet.write_blank(line, place, None, looks.text)
    else:
        sheet.write_number(line, place, value, looks.kinds[column.kind])


def _write_text(sheet: "Worksheet", line: int, place: int, column: Column, text: str, looks: _Looks) -> None:
    """Write text; a whole date in a column of dates is a date, a part of one is words."""
    if column.kind == "date" and re.fullmatch(r"(19|2\d)\d\d-\d\d-\d\d", text):  # a sheet knows no earlier ones
        sheet.write_datetime(line, place, date.fromisoformat(text), looks.kinds["date"])
    else:
        sheet.write_string(line, place, text, looks.of_text(text))


def _write_headings(sheet: "Worksheet", tab: Tab, looks: _Looks, widths: list[int]) -> None:
    """Make the rows a table with marked headings, which stay in sight."""
    columns = [{"header": column.heading, "header_format": looks.heading} for column in tab.columns]
    name = re.sub(r"\W", "", tab.name.title())
    # No stripes: the lines between rows do in print and in grey, and every program draws them.
    sheet.add_table(0, 0, len(tab.rows), len(tab.columns) - 1, {"name": name, "style": None, "columns": columns})
    sheet.freeze_panes(1, tab.held)
    told = zip(tab.columns, widths, strict=True)
    lines = max(len(textwrap.wrap(column.heading, width)) for column, width in told)
    sheet.set_row(0, (lines + 1) * _LINE)  # one more for the buttons of the filters


def _write_cover(sheet: "Worksheet", tab: Tab, looks: _Looks) -> None:
    """Write the cover's title, and set what its lines are about apart."""
    for place, column in enumerate(tab.columns):
        sheet.write_string(0, place, column.heading, looks.title)
    for line, (name, _) in enumerate(tab.rows, start=1):
        if isinstance(name, str):
            sheet.write_string(line, 0, name, looks.name)
    sheet.set_row(0, min(math.ceil(len(tab.columns[1].heading) / 60) * 20, _TALLEST))
    sheet.freeze_panes(1, 0)
    sheet.activate()


def _set_up_print(sheet: "Worksheet", report: Report, width: int) -> None:
    """Print a sheet of so many characters as wide as the page, the headings on each."""
    title = report.title[:_MOST_TITLE].replace("&", "&&")
    if width >= _NARROW:
        sheet.set_landscape()
    sheet.set_paper(8 if width > _WIDE else 9)  # A3 or A4
    sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(2)
    sheet.set_header(f"&L{title}&R{report.banner}")
    sheet.set_footer("&L&A&RPage &P of &N")


