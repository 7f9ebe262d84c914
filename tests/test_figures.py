"""Charts show what the summary says, they can be read, and they are the same bytes each time."""

import copy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from synthetic_summary import YEARS, document

from simlib.charts import Chart, Curve, Fan, council_charts
from simlib.figures import curve, draw, fan, png_bytes, svg_text

LONG = "A name $x^2$ & <script>alert(1)</script> 🎉 عربي " + "that goes on and on " * 20
DECADE = [f"{year}/{(year + 1) % 100:02d}" for year in range(2020, 2030)]


def charts(doc: dict[str, Any], council: str = "south") -> dict[str, Chart]:
    """Give a council's charts by id."""
    return {chart.id: chart for chart in council_charts(doc, council)}


def ten_years() -> dict[str, Any]:
    """Give the document stretched over ten years, with a first option whose name is too long."""
    doc = copy.deepcopy(document())
    for option in doc["options"].values():
        for pair in option["councils"].values():
            for name in ("gap_recurring", "general_fund"):
                rows = list(pair[name].values())
                pair[name] = {year: rows[at // 2] for at, year in enumerate(DECADE)}
    doc["options"]["do_nothing"]["label"] = LONG
    return doc | {"years": DECADE, "target_year": DECADE[7]}


@pytest.fixture(params=[document, ten_years], ids=["five years", "ten years and a long name"])
def drawn(request: pytest.FixtureRequest) -> Iterator[dict[str, Chart]]:
    """Give charts of two kinds of run."""
    return charts(request.param())  # type: ignore[no-any-return]


def test_a_council_has_a_fan_a_curve_and_a_reserves_path() -> None:
    found = charts(document())
    assert list(found) == ["gap_south", "position_south", "reserves_south"]
    assert isinstance(found["gap_south"].data, Fan)
    assert isinstance(found["position_south"].data, Curve)


def test_charts_hold_the_summarys_own_figures() -> None:
    doc = document()
    found = charts(doc)
    pair = doc["options"]["solo"]["councils"]["south"]
    gap, position, reserves = (chart.data for chart in found.values())
    assert isinstance(gap, Fan)
    assert isinstance(reserves, Fan)
    assert isinstance(position, Curve)
    for level in ("p10", "p25", "p50", "p75", "p90", "plan"):
        assert getattr(gap.panels[1].band, level) == tuple(pair["gap_recurring"][year][level] for year in YEARS)
        assert getattr(reserves.panels[1].band, level) == tuple(pair["general_fund"][year][level] for year in YEARS)
    assert list(position.lines[1].values) == pair["curve"]["values"]
    assert (gap.rule, reserves.rule) == (0.0, 2.0)


def test_a_council_without_a_minimum_has_no_reserves_chart_and_without_a_gap_no_fan() -> None:
    doc = copy.deepcopy(document())
    doc["councils"]["south"]["general_fund_minimum"] = None
    assert list(charts(doc)) == ["gap_south", "position_south"]
    for option in doc["options"].values():
        for pair in option["councils"].values():
            pair["gap_recurring"] = pair["curve"] = None
    assert list(charts(doc)) == []


def test_the_message_of_a_chart_is_in_its_alternative_text() -> None:
    alternative = charts(document())["gap_south"].alt
    assert "Joint Authority with the neighbour: middle £3.3m short, plan £2.9m short" in alternative
    assert "In 2019/20" in alternative


def test_the_same_chart_is_the_same_bytes(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        one, two = draw(chart), draw(chart)
        assert svg_text(one, title=chart.title) == svg_text(two, title=chart.title)
        assert png_bytes(one) == png_bytes(two)


def test_a_picture_is_well_formed_and_carries_neither_date_nor_scripts(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        text = svg_text(draw(chart), title=chart.title)
        tags = {element.tag.rsplit("}", maxsplit=1)[-1] for element in ET.fromstring(text).iter()}
        assert "script" not in tags
        assert "date" not in tags
        assert png_bytes(draw(chart)).startswith(b"\x89PNG")


def texts(ax: Any) -> list[str]:
    """Give every text on axes."""
    return [text.get_text() for text in ax.texts]


def test_every_panel_is_named_and_the_bands_the_lines_and_the_rule_are_named_in_place() -> None:
    figure = draw(charts(document())["gap_south"])
    names = [texts(ax)[0].replace("\n", " ") for ax in figure.axes]
    assert names == [option["label"] for option in document()["options"].values()]
    edge = texts(figure.axes[2])
    assert {"gap closed", "8 of 10 futures", "half of them", "middle", "business case"} <= set(edge)
    assert texts(figure.axes[1])[1] == "closes in 10 of 100 futures"


def overlaps(boxes: list[Any]) -> list[tuple[int, int]]:
    """Give the pairs of boxes that cover each other."""
    pairs = ((i, j) for i in range(len(boxes)) for j in range(i))
    return [(i, j) for i, j in pairs if boxes[i].overlaps(boxes[j])]


def test_no_words_of_a_chart_cover_each_other_or_leave_the_picture(drawn: dict[str, Chart]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for chart in drawn.values():
        figure = draw(chart)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        words = [text for ax in figure.axes for text in (*ax.texts, *ax.get_xticklabels()) if text.get_text()]
        boxes = [text.get_window_extent(canvas.get_renderer()).shrunk(0.98, 0.9) for text in words]
        found = [(words[i].get_text(), words[j].get_text()) for i, j in overlaps(boxes)]
        assert not found, chart.id
        for word, box in zip(words, boxes, strict=True):
            assert box.x0 >= 0, word
            assert box.y0 >= 0, word
            assert box.x1 <= figure.bbox.x1, word
            assert box.y1 <= figure.bbox.y1, word


def test_money_axes_are_in_pounds_of_a_fitting_size() -> None:
    doc = document()
    labels = [t.get_text() for t in draw(charts(doc)["gap_south"]).axes[0].get_yticklabels()]
    assert "£2m" in labels
    assert "£0" in labels
    small = draw(charts(doc | {"unit": "£k"})["gap_south"]).axes[0]
    assert "£2k" in [t.get_text() for t in small.get_yticklabels()]


def test_a_chart_can_be_read_in_grey() -> None:
    from matplotlib.colors import to_rgb

    def light(colour: Any) -> float:
        red, green, blue = to_rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    ax = draw(charts(document())["gap_south"]).axes[0]
    outer, inner = (light(band.get_facecolor()[0][:3]) for band in ax.collections[:2])
    rule, middle, plan = ax.lines[:3]
    assert outer - inner > 0.15
    assert inner - light(middle.get_color()) > 0.3
    assert middle.get_linestyle() != plan.get_linestyle(), "the business case is dashed, not only coloured"
    assert rule.get_linestyle() == "-"


def test_lines_of_a_curve_differ_by_more_than_colour() -> None:
    ax = draw(charts(document())["position_south"]).axes[0]
    styles = [str(line._unscaled_dash_pattern) for line in ax.lines[1:7]]  # type: ignore[attr-defined]
    assert len(set(styles)) == 6


def test_the_functions_draw_on_axes_of_a_notebook_and_give_them_back() -> None:
    from matplotlib.figure import Figure

    gap, position, _ = charts(document()).values()
    first, second = Figure().subplots(1, 2)
    assert isinstance(gap.data, Fan)
    assert isinstance(position.data, Curve)
    assert fan(gap.data, first, panel=3) is first
    assert curve(position.data, second) is second
    assert list(first.lines[1].get_ydata()) == list(gap.data.panels[3].band.p50)


def test_drawing_changes_nobodys_settings_and_needs_no_pyplot() -> None:
    code = (
        "import sys, matplotlib\n"
        "names = set(matplotlib.rcParams) - {'backend'}\n"
        "settings = lambda: [matplotlib.rcParams[name] for name in names]\n"
        "before = settings()\n"
        "from synthetic_summary import document\n"
        "from simlib.charts import council_charts\n"
        "from simlib.figures import draw, png_bytes\n"
        "png_bytes(draw(council_charts(document(), 'south')[0]))\n"
        "assert settings() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    here = Path(__file__).parent
    found = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, check=False)
    assert found.returncode == 0, found.stderr.decode()
