"""Charts show what the summary says, they can be read, and they are the same bytes each time."""

import copy
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from synthetic_summary import YEARS, document, summary

from simlib.barcharts import bar_chart, swing_chart, waterfall
from simlib.charts import gap_curve, gap_fan, in_one_hearing, reserves_fan
from simlib.figures import DARK, PALETTE, bars, chart_pdf, chart_png, chart_svg, curve, draw, fan, swings
from simlib.figures import waterfall as draw_waterfall
from simlib.inks import line_styles, width, wrapped
from simlib.layout import Chart, Table, everything
from simlib.plots import Band, Bars, Curve, CurveLine, Fan, FanPanel, Paths, Place, Rung, Step, Swings, Waterfall
from simlib.report import build_report

LONG = "A name $x^2$ & <script>alert(1)</script> 🎉 عربي " + "that goes on and on " * 20
NAMES = [LONG, "=cmd|' /C calc'!A0", '"quoted" & <b>bold</b>', "+1", "אבג " * 9, "W" * 300]
DECADE = [f"{year}/{(year + 1) % 100:02d}" for year in range(2020, 2030)]


def charts(doc: dict[str, Any], council: str = "south") -> dict[str, Chart]:
    """Give a council's charts by id."""
    found = (build(doc, council) for build in (gap_fan, gap_curve, reserves_fan))
    return {chart.id: chart for chart in found if chart}


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


def side(mean: float, probability: float | None = None) -> dict[str, Any]:
    """Give one side of a swing."""
    closes = {} if probability is None else {"probability": probability, "probability_error": 0.001}
    return {"value": 0.5, "mean": mean, "error": 0.001, **closes}


def rung(name: str, move: float) -> Rung:
    """Give one assumption of two groups of futures, one of them at an end of all."""
    middle = 0.5 + 0.3 * math.tanh(move)
    return Rung(name, (Place(middle - 0.2, middle, middle + 0.2, "-£0.241m"), Place(0.9, 1.0, 1.0, "10.2 months")))


def paths_of(names: list[str], moves: list[float]) -> Paths:
    return Paths(tuple(map(rung, names, moves)), ("futures in which it fails", "it closes"), "Of 100 futures")


def bar_charts(names: list[str], scale: float = 1.0) -> dict[str, Chart]:
    """Give a waterfall, swings and two kinds of bars of things with these names."""
    moves = [scale * (-1) ** at * (at + 1) / 10 for at in range(len(names))]
    steps = [Step("Business case", -0.1 * scale, total=True), *map(Step, names, moves)]
    steps.append(Step("Middle future", -0.1 * scale + sum(moves), total=True))
    shifts = [
        (name, {"low": side(-move, 0.3), "high": side(2 * move, 0.1)}, "it does not happen", "2.55 months on average")
        for name, move in zip(names, moves, strict=True)
    ]
    costs = [(f"o{at}", f"{name}, on average", (abs(moves[at]), scale, 0.0)) for at, name in enumerate(names)]
    years = [(f"o{at}", name, (*[0.05] * 10, 0.5)) for at, name in enumerate(names)]
    return {
        "waterfall": waterfall("waterfall", "Steps", steps, "£m", "2019/20"),
        "swings": swing_chart("swings", "Swings", shifts, 0.0, "£m", "Average recurring gap in 2019/20"),
        "costs": bar_chart("costs", "Costs", "Bars.", costs, ("own pots", "others", "the general fund"), "£m", "Cost"),
        "paths": Chart("paths", "Paths", "Paths.", paths_of(names, moves), Table("t", "", (), ())),
        "years": bar_chart("years", "Years", "Bars.", years, (*DECADE, "not by 2029/30"), "", "Futures of 100"),
    }  # fmt: skip


def flat() -> dict[str, Chart]:
    """Give pictures of next to nothing: one year and one option, nothing in all futures, a single bar."""
    table = Table("t", "", (), ())
    nothing = Band(*[(0.0,)] * 6)
    fans = Fan(("2019/20",), "2019/20", (FanPanel("one", "One", "", nothing),), "£", "Gap", 0.0, "gap closed")
    line = CurveLine("one", "One", (0.0, 0.5, 1.0), (0.0, 0.0, 0.0), 0.0)
    curves = Curve((line,), "£m", "Gap", "Futures of 100")
    return {
        "fan": Chart("fan", "Fan", "Fan.", fans, table),
        "curve": Chart("curve", "Curve", "Curve.", curves, table),
        **bar_charts(["One"], scale=0.0),
    }


def from_a_report() -> dict[str, Chart]:
    """Give a run's own charts of one council."""
    found = (chart for section in everything(build_report(summary()).sections) for chart in section.charts)
    return {chart.id: chart for chart in found if chart.id.endswith("_south")}


KINDS: dict[str, Callable[[], dict[str, Chart]]] = {
    "a run's": from_a_report,
    "ten years and a long name": lambda: charts(ten_years()),
    "hostile names": lambda: bar_charts(NAMES),
    "twelve bars": lambda: bar_charts([f"Assumption number {at}, realisation" for at in range(12)]),
    "pounds": lambda: bar_charts(["One", "Two"], scale=1e-6),
    "billions": lambda: bar_charts(["One", "Two", "Three"], scale=1e6),
    "nothing": flat,
}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def drawn(request: pytest.FixtureRequest) -> Iterator[dict[str, Chart]]:
    """Give charts of many kinds."""
    return request.param()  # type: ignore[no-any-return]


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
    assert "In 2019/20, middle of the futures: lowest £49k to spare (Joint Authority and transformation)" in alternative
    assert "Business case: lowest £0.9m to spare (Joint Authority and transformation)" in alternative
    assert "highest £4.1m short (Do nothing)" in alternative


def test_an_alternative_text_can_be_listened_to() -> None:
    for chart in from_a_report().values():
        assert len(chart.alt) <= 360, chart.alt
        assert re.search(r"\d", chart.alt)
    few = [("A", 1.0, "£1m"), ("B", 2.0, "£2m")]
    assert in_one_hearing(few) == "£1m (A); £2m (B)"
    assert in_one_hearing([*few, ("C", 0.0, "nothing"), ("D", 1.0, "£1m")]) == "lowest nothing (C), highest £2m (B)"
    assert in_one_hearing([(name, 0.0, "nothing") for name in "ABCD"]) == "nothing under all 4 options"


def test_the_same_chart_is_the_same_bytes() -> None:
    for chart in (charts(document(), "sedge") | bar_charts(NAMES[:2])).values():
        again = replace(chart, alt="drawn anew: nothing is kept for other words")
        for written in (chart_svg, chart_png, chart_pdf):
            assert written(chart) == written(again), chart.id


def test_a_picture_is_well_formed_and_carries_neither_date_nor_scripts(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        tags = {element.tag.rsplit("}", maxsplit=1)[-1] for element in ET.fromstring(chart_svg(chart)).iter()}
        assert "script" not in tags
        assert "date" not in tags
        assert "image" not in tags, "nothing is drawn as dots"
        assert "text" in tags, "words stay words"


def test_a_pdf_holds_its_letters_and_no_date() -> None:
    for chart in charts(document()).values():
        written = chart_pdf(chart)
        assert written.startswith(b"%PDF")
        assert b"/Type3" in written
        assert b"CreationDate" not in written


def test_a_png_is_as_sharp_as_a_slide_and_small() -> None:
    from io import BytesIO

    from PIL import Image

    for chart in charts(document()).values():
        written = chart_png(chart)
        assert Image.open(BytesIO(written)).size[0] == 1036
        assert len(written) < 120_000


def test_what_is_played_is_what_was_drawn() -> None:
    """To the dot, but for the edges of letters and lines, which may fall between other dots."""
    from io import BytesIO

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    from simlib.inks import style

    for chart in (charts(document()) | bar_charts(["One", "Two"])).values():
        figure = draw(chart)
        figure.set_dpi(144)
        canvas = FigureCanvasAgg(figure)
        with style():
            canvas.draw()
        drawn = np.asarray(canvas.buffer_rgba(), dtype=float)[..., :3]
        played = np.asarray(Image.open(BytesIO(chart_png(chart))).convert("RGB"), dtype=float)
        assert np.abs(drawn - played).mean() < 2.5, chart.id
        assert np.mean(np.abs(drawn - played).max(axis=2) > 60) < 0.02, chart.id


def texts(ax: Any) -> list[str]:
    """Give every text on axes."""
    return [text.get_text() for text in ax.texts]


def test_every_panel_is_named_and_the_bands_the_lines_and_the_rule_are_named_in_place() -> None:
    figure = draw(charts(document())["gap_south"])
    names = [texts(ax)[1].replace("\n", " ") for ax in figure.axes]
    assert names == [option["label"] for option in document()["options"].values()]
    edge = texts(figure.axes[2])
    assert {"gap closed", "8 of 10 futures", "half of them", "middle", "business case"} <= set(edge)
    assert texts(figure.axes[1])[0] == "closes in 10 of 100 futures"


def overlaps(boxes: list[Any]) -> list[tuple[int, int]]:
    """Give the pairs of boxes that cover each other."""
    pairs = ((i, j) for i in range(len(boxes)) for j in range(i))
    return [(i, j) for i, j in pairs if boxes[i].overlaps(boxes[j])]


def labels_seen(figure: Any) -> Iterator[Any]:
    """Give the labels of ticks that are within the axes."""
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) if axis.get_visible()):
        low, high = sorted(axis.get_view_interval())
        slack = 1e-9 * (high - low)
        places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
        yield from (label for place, label in places if low - slack <= place <= high + slack)


def test_no_words_of_a_chart_cover_each_other_or_leave_the_picture(drawn: dict[str, Chart]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for chart in drawn.values():
        figure = draw(chart)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        own = [text for ax in figure.axes for text in (*ax.texts, ax.xaxis.label, ax.yaxis.label)]
        words = [text for text in (*own, *labels_seen(figure), *figure.texts) if text.get_text()]
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
    outer, inner = (light(band.get_facecolor()[:3]) for band in ax.patches[:2])
    rule, middle, plan = ax.lines[:3]
    assert outer - inner > 0.15
    assert inner - light(middle.get_color()) > 0.3
    assert middle.get_linestyle() != plan.get_linestyle(), "the business case is dashed, not only coloured"
    assert rule.get_linestyle() == "-"


def luminance(colour: str) -> float:
    """Give a colour's relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours [1 to 21]."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("inks", [PALETTE, DARK], ids=["light", "dark"])
def test_words_and_lines_stand_out_from_the_paper(inks: dict[str, str]) -> None:
    assert list(inks) == list(PALETTE)
    assert len(set(inks.values())) == len(inks), "a page tells colours apart by their value"
    words = ["ink", "quiet", "middle", "plan", *(name for name in inks if name.startswith("line_"))]
    assert [name for name in words if contrast(inks[name], inks["paper"]) < 4.5] == []
    for name in ("edge", "total", "worse", "high"):
        assert contrast(inks[name], inks["paper"]) >= 3, name
    for name in ("outer", "inner", "better", "low", "rest", "part_6"):
        seen = max(contrast(inks[name], inks["paper"]), contrast(inks["edge"], inks["paper"]))
        assert seen >= 3, f"{name} has an edge that is seen"


@pytest.mark.parametrize("inks", [PALETTE, DARK], ids=["light", "dark"])
def test_what_differs_in_colour_differs_in_grey_too(inks: dict[str, str]) -> None:
    """What rises and falls, what is low and high: one is pale and hatched, the other strong."""
    for pale, strong in (("better", "worse"), ("better", "total"), ("low", "high"), ("outer", "middle")):
        assert contrast(inks[pale], inks[strong]) >= 3, (pale, strong)
    for figure, count in ((bar_charts(["One", "Two"])["waterfall"], 1), (bar_charts(["One"])["swings"], 2)):
        hatched = [patch for patch in draw(figure).axes[0].patches if patch.get_hatch()]
        assert len(hatched) == count


@pytest.mark.parametrize("inks", [PALETTE, DARK], ids=["light", "dark"])
def test_a_figure_in_a_bar_can_be_read_upon_it(inks: dict[str, str]) -> None:
    from matplotlib.colors import to_hex

    names = {colour: name for name, colour in PALETTE.items()}
    ax = draw(from_a_report()["first_year_south"]).axes[0]
    boxes = [(patch, names[to_hex(patch.get_facecolor())]) for patch in ax.patches]
    inside = [text for text in ax.texts if text.get_gid() and not text.get_bbox_patch()]
    assert len(inside) > 5
    for text in inside:
        x, y = text.get_position()
        (name,) = (name for patch, name in boxes if patch.get_transform() != ax.transAxes
                   and patch.get_x() < x < patch.get_x() + patch.get_width()
                   and patch.get_y() < y < patch.get_y() + patch.get_height())  # fmt: skip
        assert contrast(inks[names[to_hex(text.get_color())]], inks[name]) >= 4.5, name


def test_a_picture_has_no_colour_but_the_palettes(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        found = set(re.findall(r"#[0-9a-f]{6}\b", chart_svg(chart)))
        assert found <= set(PALETTE.values()) | {"#000000"}, chart.id  # black is what a clip or a mark inherits


def test_each_option_of_a_picture_is_a_group_of_its_own() -> None:
    found = from_a_report()
    for name in ("gap_south", "position_south", "reserves_south", "costs_south", "first_year_south"):
        chart = found[name]
        data: Any = chart.data
        keys = [part.key for part in (data.panels if isinstance(data, Fan) else
                                      data.lines if isinstance(data, Curve) else data.bars)]  # fmt: skip
        ids = re.findall(r'id="option-(\w+)"', chart_svg(chart))
        assert ids == list(dict.fromkeys(keys)), name


def test_lines_of_a_curve_differ_by_more_than_colour() -> None:
    assert len({str(dashes) for _, dashes in line_styles(6)}) == 6
    assert len({(ink, str(dashes)) for ink, dashes in line_styles(18)}) == 18


def test_every_part_of_a_bar_has_a_look_of_its_own() -> None:
    ax = draw(bar_charts(["One"])["years"]).axes[0]
    looks = [(patch.get_facecolor(), patch.get_hatch()) for patch in ax.patches]
    assert len(looks) == 22, "each part in the bar and in the key"
    assert len(set(looks)) == 11


def test_a_waterfalls_bars_meet_and_its_figures_are_its_tables() -> None:
    chart = from_a_report()["bridge_solo_south"]
    assert isinstance(chart.data, Waterfall)
    ax = draw(chart).axes[0]
    rows = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]
    height = 0.0
    for step, (low, high) in zip(chart.data.steps, rows, strict=True):
        start = 0.0 if step.total else height
        height = start + step.value
        assert (low, high) == pytest.approx((min(start, height), max(start, height)))
    written = set(texts(ax))
    assert {row[1].text for row in chart.table.rows} <= written


def test_bars_say_what_their_table_says() -> None:
    found = from_a_report()
    chart = found["costs_south"]
    assert isinstance(chart.data, Bars)
    for bar, row in zip(chart.data.bars, chart.table.rows, strict=True):
        cells = row[1:]
        assert [segment.text for segment in bar.segments] == [cells[segment.part].text for segment in bar.segments]
        assert {bar.text} <= set(texts(draw(chart).axes[0]))
    swung = found["swings_solo_south"]
    assert isinstance(swung.data, Swings)
    for swing, row in zip(swung.data.rows, swung.table.rows, strict=True):
        assert swing.low_label.split("\n")[0] == row[1].text
        assert swing.low == row[2].value


def test_how_often_it_closes_is_left_out_where_it_never_does() -> None:
    rows = [("One", {"low": side(3.0, 0.0), "high": side(4.0, 0.0)}, "low", "high")]
    data = swing_chart("swings", "Swings", rows, 3.5, "£m", "Average gap").data
    assert isinstance(data, Swings)
    assert (data.rows[0].low_label, data.rows[0].high_label) == ("low", "high")


def test_words_are_broken_to_fit_and_what_is_cut_is_seen() -> None:
    for name in NAMES:
        lines = wrapped(name, 100, 2)
        assert len(lines) <= 2
        assert all(width(line) <= 100 for line in lines)
        assert lines[-1].endswith("…") == (len(name) > 40)
    assert wrapped("two words", 1_000) == ["two words"]
    assert wrapped("", 100) == []


def test_the_functions_draw_on_axes_of_a_notebook_and_give_them_back() -> None:
    from matplotlib.figure import Figure

    gap, position, _ = charts(document()).values()
    first, second = Figure().subplots(1, 2)
    assert isinstance(gap.data, Fan)
    assert isinstance(position.data, Curve)
    assert fan(gap.data, first, panel=3) is first
    assert curve(position.data, second) is second
    assert list(first.lines[1].get_ydata()) == list(gap.data.panels[3].band.p50)
    found = bar_charts(["One", "Two"])
    for name, function in (("waterfall", draw_waterfall), ("swings", swings), ("costs", bars), ("years", bars)):
        ax = Figure().subplots()
        assert function(found[name].data, ax) is ax  # type: ignore[operator]
        assert len(ax.patches) >= 2


def test_drawing_changes_nobodys_settings_and_needs_no_pyplot() -> None:
    code = (
        "import sys, matplotlib\n"
        "names = set(matplotlib.rcParams) - {'backend'}\n"
        "settings = lambda: [matplotlib.rcParams[name] for name in names]\n"
        "before = settings()\n"
        "from synthetic_summary import document\n"
        "from simlib.charts import gap_fan\n"
        "from simlib.figures import chart_pdf, chart_png, chart_svg\n"
        "chart = gap_fan(document(), 'south')\n"
        "chart_svg(chart), chart_png(chart), chart_pdf(chart)\n"
        "assert settings() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    here = Path(__file__).parent
    found = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, check=False)
    assert found.returncode == 0, found.stderr.decode()
