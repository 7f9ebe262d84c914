"""How the workbook's native charts look; which cells they draw is in ``simlib.tabcharts``.

Lines differ in dashes as well as in colour, and every chart has its message as alternative text.
"""

from typing import TYPE_CHECKING, Any

from simlib.tabs import NativeChart, Range, Series

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["HEIGHT", "add_chart"]

HEIGHT = 300  # of a chart's row [points]
_SIZE = {"width": 660, "height": 388}  # [pixels]
_DASHES = ("solid", "dash", "round_dot", "long_dash", "dash_dot", "long_dash_dot_dot")
# The first two thirds of Okabe and Ito's palette that are dark enough on white: 3:1 and more
_COLOURS = ("#0B3D91", "#B24A00", "#006B4F", "#8A3A6C", "#4D4D4D", "#7A5C00")
_LINES: dict[str, dict[str, Any]] = {
    "middle": {"color": "#0B3D91", "width": 2.5},
    "edge": {"color": "#0B3D91", "width": 1, "dash_type": "dash"},
    "plan": {"color": "#B24A00", "width": 1.5, "dash_type": "round_dot"},
}
_FILLS = {"position": "#4D4D4D", "wider": "#B24A00", "narrower": "#0B3D91"}


def add_chart(
    book: "Workbook", sheet: "Worksheet", chart: NativeChart, *, title: tuple[str, int, int], cell: tuple[int, int]
) -> None:
    """Put a chart on a sheet.

    Parameters
    ----------
    title : (sheet, row, column)
        The cell that holds its title: words of a file are never taken for a reference.
    cell : (row, column)
        Where it goes.
    """
    kinds: dict[str, dict[str, str]] = {
        "years": {"type": "line"},
        "curve": {"type": "scatter", "subtype": "straight"},
        "waterfall": {"type": "bar", "subtype": "stacked"},
    }
    drawn = book.add_chart(kinds[chart.shape])
    assert drawn is not None, "the kinds are known"
    for at, series in enumerate(chart.series):
        drawn.add_series(_series(series, at))
    drawn.set_title({"name": list(title), "name_font": {"size": 11}})
    across, up = _axes(chart)
    drawn.set_x_axis(across)
    drawn.set_y_axis(up)
    _set_legend(drawn, chart)
    drawn.set_size(_SIZE)
    place = {"x_offset": 5, "y_offset": 5, "description": chart.alt, "object_position": 1}
    sheet.insert_chart(*cell, drawn, place)


def _cells(place: Range) -> list[str | int]:
    """Give cells as the writer has them; the headings are its first row."""
    return [place.sheet, place.first + 1, place.column, place.last + 1, place.column]


def _series(series: Series, at: int) -> dict[str, Any]:
    """Give a series: its cells, and how it is drawn."""
    name = series.name if isinstance(series.name, str) else _cells(series.name)[:3]
    found: dict[str, Any] = {"name": name, "categories": _cells(series.across), "values": _cells(series.up)}
    if series.look in _LINES:
        return found | {"line": _LINES[series.look]} | ({"marker": _MARKER} if series.look == "plan" else {})
    if series.look == "line":
        dash = _DASHES[at % len(_DASHES)]
        return found | {"line": {"color": _COLOURS[at % len(_COLOURS)], "width": 2, "dash_type": dash}}
    if series.look == "base":
        return found | {"fill": {"none": True}, "border": {"none": True}, "gap": 40}
    pattern = {"pattern": "wide_upward_diagonal", "fg_color": _FILLS["narrower"], "bg_color": "#FFFFFF"}
    filled = {"pattern": pattern} if series.look == "narrower" else {"fill": {"color": _FILLS[series.look]}}
    return found | filled | {"border": {"color": _FILLS[series.look]}}


_MARKER = {"type": "diamond", "size": 7, "fill": {"color": "#B24A00"}, "border": {"color": "#B24A00"}}


def _axes(chart: NativeChart) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the axes: labels stand below whatever crosses nothing."""
    light = {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}}
    font = {"name_font": {"size": 10, "bold": False}}
    amounts = {"num_format": "#,##0.0", "major_gridlines": light}
    shares = {"num_format": "0%", "min": 0, "max": 1, "major_unit": 0.1, "major_gridlines": light}
    every = {"interval_unit": 1, "num_font": {"size": 8}, "major_gridlines": {"visible": False}}
    across = {"name": chart.across, "label_position": "low", **font}
    up = {"name": chart.up, "label_position": "low", **font}
    if chart.shape == "curve":
        return across | amounts, up | shares
    if chart.shape == "waterfall":  # read from the top, the amounts below
        # Of bars the writer's x axis lies below too: it is that of the amounts.
        return up | amounts | {"label_position": "next_to"}, across | {"reverse": True, "crossing": "max", **every}
    return across, up | amounts


def _set_legend(drawn: Any, chart: NativeChart) -> None:
    """Name every line once; what a bar stands on, and its part below nothing, need no name.

    Parts of one look have one name: a spreadsheet that counts bars from the other end leaves out the other one.
    """
    parts = [series.look for series in chart.series]
    hidden = [at for at, look in enumerate(parts) if look == "base" or (look in _FILLS and look in parts[:at])]
    drawn.set_legend({"position": "bottom", "delete_series": hidden})
