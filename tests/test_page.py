"""``report.html`` in a real browser: accessible, at home on a telephone and on paper, by keyboard, without scripts.

Chromium is driven by playwright, axe-core judges, and pdftotext reads what is printed. Where a program is missing its
tests are skipped, except where the environment says ``CI=true``. What the report says is tested in ``test_markup``.
"""

import base64
import copy
import hashlib
import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright
from synthetic_summary import document, summary

from simlib import load_config, simulate, simulate_plan, summarise
from simlib.compiling import compile_model
from simlib.figures import DARK, PALETTE
from simlib.layout import Chart, Report, Table, everything
from simlib.report import build_report
from simlib.reporters.html import page
from simlib.reporters.inlining import inlined

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml") if path.stem not in ("benchmark", "minimal"))
OTHERS = sorted({path.stem for path in (ROOT / "configs").rglob("*.yaml")} - set(CASES))
FUTURES = 1_024
MOST_BYTES = 1_500_000
View = tuple[int, Literal["light", "dark"]]
WIDTHS = (320, 768, 1280)
VIEWS: list[View] = [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
HOSTILE = "<script>document.title='taken'</script> =cmd|' /C calc'!A0 \"quoted\" 🎉 مجلس " + "long" * 65
# All tests of one report stand together, as the cases are first in both, so that its page is opened once for them.
every_config = pytest.mark.parametrize("name", [*CASES, *OTHERS, "hostile"], scope="module")
every_case = pytest.mark.parametrize("name", CASES, scope="module")


@cache
def text_of(name: str) -> str:
    """Give the page of a report."""
    return page(report(name))


@cache
def report(name: str) -> Report:
    """Give the report of a small run of a config, or of one whose every name is hostile."""
    if name == "hostile":
        return build_report(summary(hostile()))
    [path] = (ROOT / "configs").rglob(f"{name}.yaml")
    model = compile_model(load_config(path))
    return build_report(summarise(simulate(model, simulations=FUTURES), simulate_plan(model)))


def hostile() -> dict[str, Any]:
    """Give the made-up run with names that are meant to harm."""
    doc = copy.deepcopy(document())
    doc["config"]["title"] = HOSTILE
    for named in (doc["options"], doc["councils"], doc["events"]):
        for at, entry in enumerate(named.values()):
            entry["label"] = f"{at} {HOSTILE}"
    return doc


def charts(name: str) -> list[Chart]:
    return [chart for section in everything(report(name).sections) for chart in section.charts]


def tables(name: str) -> list[Table]:
    return [table for section in everything(report(name).sections) for table in section.tables]


# The browser


def program_of(*names: str) -> str:
    """Give the path of a program; a person who has none goes on without these tests, and CI=true does not."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {' or '.join(names)}: .ci/run installs it")
    pytest.skip(f"needs {' or '.join(names)}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one browser for all; a person without it goes on without these tests."""
    program = program_of("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@dataclass
class Reader:
    """Opens reports, each as a file; keeps what they asked the network for and what they complained of."""

    browser: Browser
    folder: Path
    pages: dict[bool, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    seen: str = ""

    def open(self, name: str, *, width: int = 1280, scripts: bool = True) -> Page:
        """Give a page as it is when it has just been opened."""
        path = self.folder / f"{name}.html"
        if not path.exists():
            path.write_text(text_of(name), encoding="utf-8")
        shown = self.pages.get(scripts) or self.page(scripts)
        self.seen = ""
        usual(shown, width)
        self.asked.clear()
        self.complaints.clear()
        shown.goto(path.as_uri())
        return shown

    def look(self, name: str, *, width: int = 1280) -> Page:
        """Give a page that is only looked at, and so may have been open: at this width, in light, nothing unfolded."""
        if self.seen != name:
            self.open(name)
            self.seen = name
        view(self.pages[True], width, unfolded=False)
        return self.pages[True]

    def page(self, scripts: bool) -> Page:
        """Give the one page that shows everything, as a new one costs as much as a report does."""
        self.pages[scripts] = shown = self.browser.new_page(java_script_enabled=scripts)
        shown.set_default_timeout(20_000)
        shown.on("request", lambda request: self.asked.append(request.url))
        shown.on("console", lambda said: self.complaints.append(said.text))
        shown.on("pageerror", lambda error: self.complaints.append(str(error)))
        return shown


def usual(shown: Page, width: int, scheme: Literal["light", "dark"] = "light") -> None:
    shown.set_viewport_size({"width": width, "height": 900})
    shown.emulate_media(media="screen", color_scheme=scheme, forced_colors="none")


# The page's own script hears of a width and of what was unfolded before the next frame is drawn.
HEARD = """([width, unfolded]) => new Promise(done => {
  document.querySelectorAll('details').forEach(one => one.open = unfolded);
  const after = () => requestAnimationFrame(() => requestAnimationFrame(done));
  const look = () => innerWidth === width ? after() : requestAnimationFrame(look);
  look();
})"""


def view(shown: Page, width: int, scheme: Literal["light", "dark"] = "light", *, unfolded: bool = True) -> None:
    """Turn to a width and a scheme, with or without what can be unfolded, and wait until the page has seen to it."""
    usual(shown, width, scheme)
    shown.evaluate(HEARD, [width, unfolded])


@pytest.fixture(scope="module")
def reader(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(browser, tmp_path_factory.mktemp("pages"))


# Accessibility

AXE = """options => axe.run(document, {resultTypes: ['violations'], ...options}).then(
  found => found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 200) + n.failureSummary)))"""
# Two of each kind of element, and what they stand in: of a kind are those that look alike within parents of one kind.
# What a width or a scheme does is the same in all of a kind. Two, so that each still has a neighbour to be too near.
# A picture stays whole; a test of its own reads its words.
SHORTEN = """() => {
  const whole = document.body, short = whole.cloneNode(true), looks = ['class', 'style', 'role', 'type', 'tabindex'];
  const [all, copies] = [whole, short].map(body => [...body.querySelectorAll(':not(svg *)')]);
  const kinds = new Map(), met = {};
  for (const one of all) {
    const {color, backgroundColor, fontSize, fontWeight, display} = getComputedStyle(one);
    kinds.set(one, [kinds.get(one.parentElement), one.localName, ...looks.map(look => one.getAttribute(look)),
      color, backgroundColor, fontSize, fontWeight, display].join(' '));
  }
  const kept = new Set([whole]);
  all.forEach((one, at) => {
    const within = [one, ...one.querySelectorAll(':not(svg *)')];
    if (!kept.has(one.parentElement) || within.every(part => met[kinds.get(part)] >= 2)) return copies[at].remove();
    kept.add(one);
    met[kinds.get(one)] = (met[kinds.get(one)] ?? 0) + 1;
  });
  whole.replaceWith(short);
  window.restore = () => short.replaceWith(whole);
  return [new Set(kinds.values()).size, Object.keys(met).length];
}"""


def faults(shown: Page, **options: Any) -> list[str]:
    """Give what axe-core finds, with the rule of WCAG 2.2 on the size of targets, which it leaves out by itself."""
    rules = {"target-size": {"enabled": True}, **options.pop("rules", {})}
    found: list[str] = shown.evaluate(AXE, {"rules": rules, **options})
    return found


def all_faults(shown: Page, views: Sequence[View]) -> list[str]:
    """Give the faults of the whole page where it is narrowest, but for its contrast, and of each kind in each view.

    Contrast is nine tenths of the time that a whole page takes. A view is a width, in light or in the dark, where only
    colours differ.
    """
    shown.evaluate(AXE_SCRIPT)
    view(shown, WIDTHS[0])
    found = faults(shown, rules={"color-contrast": {"enabled": False}})
    kinds, kept = shown.evaluate(SHORTEN)
    assert kinds == kept
    for width, scheme in views:
        view(shown, width, scheme)
        found += faults(shown, **({"runOnly": ["cat.color"]} if scheme == "dark" else {}))
    shown.evaluate("restore()")
    return found


@every_config
def test_axe_finds_no_fault_at_any_width_light_or_dark(reader: Reader, name: str) -> None:
    """Six views of a case. The others are made of the same parts, so that the first and the last are enough."""
    assert all_faults(reader.look(name), VIEWS if name in CASES else (VIEWS[0], VIEWS[-1])) == []


LIGHT_FAULTS = {
    "color-contrast": ("--quiet: #484f54", "--quiet: #a8afb4"),
    "scope-attr-valid": (' scope="row"', ' scope="rows"'),
    "svg-img-alt": ('(-alt">)[^<]*<', r"\1<"),
    "target-size": ("padding: .3rem 0; min-height: 24px", "padding: 0; max-height: 9px"),
}
DARK_FAULTS = {"color-contrast": ("--quiet: #b8c0c7", "--quiet: #586067")}


@pytest.mark.parametrize("broken", [LIGHT_FAULTS, DARK_FAULTS], ids=["light", "dark"])
def test_faults_put_into_the_page_are_found(reader: Reader, broken: dict[str, tuple[str, str]]) -> None:
    text = text_of("pay_bill")
    for sound, fault in broken.values():
        text, times = re.subn(sound, fault, text)
        assert times
    (reader.folder / "faulty.html").write_text(text, encoding="utf-8")
    found = all_faults(reader.open("faulty"), (VIEWS[0], VIEWS[-1]))
    assert {fault.split(":")[0] for fault in found} == broken.keys()


WORDS = """() => [...document.querySelectorAll('svg.chart text')].map(
  word => [getComputedStyle(word).fill, getComputedStyle(word.closest('svg')).backgroundColor].join(' on '))"""


@every_config
def test_words_in_pictures_are_read_on_light_on_dark_and_with_colours_forced(reader: Reader, name: str) -> None:
    shown = reader.look(name)
    papers = set()
    for media in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}):
        shown.emulate_media(**media)  # type: ignore[arg-type]
        for pair in set(shown.evaluate(WORDS)):
            word, paper = pair.split(" on ")
            papers.add(paper)
            # What is written in the paper's own colour stands on a bar.
            assert word == paper or contrast(word, paper) >= 4.5, (media, pair)
    assert len(papers) > (1 if charts(name) else -1)


def contrast(one: str, other: str) -> float:
    """Give WCAG's contrast of two colours such as ``rgb(26, 26, 26)``."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_page_has_a_dark_colour_for_every_one_of_the_palette() -> None:
    assert DARK.keys() == PALETTE.keys()
    text = text_of("minimal")
    assert len(set(PALETTE.values())) == len(PALETTE), "two names of one colour would be one on the page"
    for name, colour in {**PALETTE, **DARK}.items():
        assert f"--p-{name.replace('_', '-')}: {colour}" in text


@every_case
def test_no_picture_has_a_colour_that_stays_as_it_is_where_the_page_is_dark(name: str) -> None:
    pictures = re.findall(r"<svg .*?</svg>", text_of(name), re.DOTALL)
    assert len(pictures) == len(charts(name))
    assert {colour for one in pictures for colour in re.findall(r'style="[^"]*(#[0-9a-f]{6})', one)} == set()


def test_nothing_moves(reader: Reader) -> None:
    assert not re.search("transition|animation|scroll-behavior", text_of("minimal"))
    assert reader.look("minimal").evaluate("document.getAnimations().length") == 0


# Narrow, offline, without scripts


@every_config
def test_the_page_does_not_scroll_sideways_on_a_telephone(reader: Reader, name: str) -> None:
    shown = reader.look(name)
    view(shown, 320)
    assert shown.evaluate("document.documentElement.scrollWidth") == 320
    beyond = """() => [...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll')
      && one.getBoundingClientRect().right > 321).map(one => one.outerHTML.slice(0, 200))"""
    assert shown.evaluate(beyond) == []


@every_config
def test_one_small_file_asks_for_nothing_and_its_policy_forbids_nothing_of_it(reader: Reader, name: str) -> None:
    shown = reader.look(name)
    assert reader.asked == [shown.url]
    assert reader.complaints == []
    assert (reader.folder / f"{name}.html").stat().st_size <= MOST_BYTES


def test_the_policy_lets_one_script_run_and_nothing_else() -> None:
    text = text_of("hostile")
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


def test_hostile_names_are_shown_as_they_are_and_do_nothing(reader: Reader) -> None:
    shown = reader.open("hostile")
    assert shown.title().startswith("<script>document.title='taken'</script> =cmd|")
    assert HOSTILE in shown.locator("h1").inner_text()
    labels = shown.locator("#closing_south tbody th").all_inner_texts()
    assert labels == [f"{at} {HOSTILE}" for at in range(len(labels))]


def told(shown: Page) -> str:
    """Give all the words of a page, those in closed details too, without spaces between words."""
    return "".join(unicodedata.normalize("NFKC", shown.locator("body").text_content() or "").split())


def bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@every_case
def test_with_scripts_off_everything_is_there_and_nothing_that_would_not_work(reader: Reader, name: str) -> None:
    shown = reader.open(name, scripts=False)
    words = told(shown).replace("\u2060", "")
    for section in everything(report(name).sections):
        wanted = [section.heading, *section.paragraphs, *(chart.alt for chart in section.charts)]
        for table in (*section.tables, *(chart.table for chart in section.charts)):
            wanted += [table.caption, table.note, *table.headings, *(cell.text for row in table.rows for cell in row)]
        assert [text for text in wanted if bare(text) not in words] == []
    assert not any(one.is_visible() for one in shown.locator("[data-ask], [data-switches]").all())
    for summary_ in shown.locator("details.figures > summary").all()[:1]:
        summary_.click()
        assert shown.locator("details.figures table").first.is_visible()


# By keyboard


def focused(shown: Page, of: str) -> Any:
    """Give a property of what has the focus."""
    return shown.evaluate(f"document.activeElement.{of}")


def walk_to(shown: Page, what: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(400):
        shown.keyboard.press("Tab")
        if shown.evaluate(f"document.activeElement.matches('{what}')"):
            return
    raise AssertionError(f"Tab does not reach {what}")


def test_the_keyboard_skips_to_the_report_and_walks_through_the_contents(reader: Reader) -> None:
    shown = reader.open("south_somerset")
    shown.keyboard.press("Tab")
    assert focused(shown, "textContent") == "Skip to the report"
    assert shown.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    shown.keyboard.press("Enter")
    assert focused(shown, "id") == "report"
    shown.reload()
    walk_to(shown, 'nav a[href="#section-council_south_somerset"]')
    assert shown.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.keyboard.press("Enter")
    assert abs(shown.locator("#council_south_somerset-heading").bounding_box()["y"]) < 100  # type: ignore[index]


def test_every_link_of_the_contents_leads_to_a_heading(reader: Reader) -> None:
    shown = reader.look("south_somerset")
    wanted = """() => [...document.querySelectorAll('nav a')].filter(
      a => !document.querySelector(a.hash)?.querySelector('h2, h3')?.textContent.includes(a.textContent.trim()))"""
    assert shown.evaluate(f"({wanted})().map(a => a.hash)") == []
    sections = report("south_somerset").sections
    assert shown.locator("nav a").count() == len(sections) + sum(len(section.parts) for section in sections)


def test_the_slider_tells_by_keyboard_what_the_summary_has_for_the_confidence_wanted(reader: Reader) -> None:
    shown = reader.open("south_somerset")
    walk_to(shown, "#reserve_needed_south_somerset-wanted")
    box = shown.locator("[data-ask=reserve_needed_south_somerset_figures]")
    assert box.locator("label").inner_text().startswith("Confidence wanted")
    line, seen = shown.locator("#figure-reserve_needed_south_somerset .wanted"), {}
    for key, level in (("ArrowRight", "91"), ("Home", "50"), ("End", "99"), ("ArrowLeft", "98")):
        shown.keyboard.press(key)
        assert focused(shown, "value") == level
        assert box.locator("output").inner_text().split("\n") == expected(level)
        assert focused(shown, "ariaValueText") == f"Futures of 100: {level}"
        seen[level] = float(line.get_attribute("y1") or "nan")
    assert box.locator("output").get_attribute("aria-live") == "polite"
    assert seen["50"] > seen["91"] > seen["98"] > seen["99"]


def expected(level: str) -> list[str]:
    """Give what the slider should tell: the row of its table, which holds the summary's own figures."""
    [chart] = [chart for chart in charts("south_somerset") if chart.id == "reserve_needed_south_somerset"]
    [row] = [row for row in chart.table.rows if row[0].text == level]
    options = report("south_somerset").summary.document["options"].values()
    pairs = [option["councils"].get("south_somerset") for option in options]
    curves = [pair["reserve_needed"]["curve"] for pair in pairs if pair]
    at = int(level)
    assert [curve["probabilities"][at] for curve in curves] == [pytest.approx(at / 100)] * len(curves)
    assert [cell.value for cell in row[1:]] == [curve["values"][at] for curve in curves]
    said = [(name, cell.text) for name, cell in zip(chart.table.headings[1:], row[1:], strict=True)]
    return [f"{chart.table.headings[0]}: {level}", *(part for pair in said for part in pair)]


def test_the_line_of_the_confidence_wanted_stands_where_the_axis_says(reader: Reader) -> None:
    shown = reader.open("south_somerset")
    figure = shown.locator("#figure-reserve_needed_south_somerset")
    label = figure.locator("svg text", has_text=re.compile("^[5-9][05]$")).first
    figure.locator("input[type=range]").fill(label.text_content() or "")
    tick, line = label.bounding_box(), figure.locator(".wanted").bounding_box()
    assert tick is not None
    assert line is not None
    assert line["y"] == pytest.approx(tick["y"] + tick["height"] / 2, abs=3)


def test_an_option_is_switched_off_and_on_by_keyboard(reader: Reader) -> None:
    shown = reader.open("south_somerset")
    figure = "#figure-position_south_somerset"
    walk_to(shown, f"{figure} .switches summary")
    shown.keyboard.press("Enter")
    walk_to(shown, f'{figure} input[value="solo"]')
    mine = shown.locator(f'{figure} [data-option="solo"]').all()
    others = shown.locator(f'{figure} [data-option]:not([data-option="solo"])').all()
    assert all(one.is_visible() for one in (*mine, *others))
    shown.keyboard.press("Space")
    assert mine
    assert not any(one.is_visible() for one in mine)
    assert all(one.is_visible() for one in others)
    shown.keyboard.press("Space")
    assert all(one.is_visible() for one in mine)
    labels = shown.locator(f"{figure} .switches label").all_inner_texts()
    assert labels == [option["label"] for option in report("south_somerset").summary.document["options"].values()]


def test_the_keyboard_stops_at_a_table_only_where_it_scrolls(reader: Reader) -> None:
    shown = reader.open("minimal")
    scrolls = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1)"
    stops = "[...document.querySelectorAll('.scroll[tabindex]')]"
    shown.set_viewport_size({"width": 320, "height": 900})
    shown.wait_for_function(f"{scrolls}.length === {stops}.length")
    assert shown.evaluate(f"{stops}.length") > 0
    shown.set_viewport_size({"width": 2000, "height": 900})
    shown.wait_for_function(f"{scrolls}.length === {stops}.length")


# On paper


@pytest.fixture(scope="module")
def printed(reader: Reader, name: str) -> list[str]:
    """Give the words of each page of a printed report, without spaces, in the order in which they were drawn."""
    program = program_of("pdftotext")
    paper, words = (reader.folder / f"{name}.{kind}" for kind in ("pdf", "txt"))
    shown = reader.look(name)
    shown.emulate_media(media="print")
    shown.pdf(path=paper, prefer_css_page_size=True, print_background=True)
    subprocess.run([program, "-raw", "-enc", "UTF-8", str(paper), str(words)], check=True)
    return [bare(sheet).replace("\u2060", "") for sheet in words.read_text(encoding="utf-8").split("\f")[:-1]]


@every_case
def test_a_printed_report_cuts_no_row_of_a_table_and_no_picture(printed: list[str], name: str) -> None:
    for table in tables(name):
        for row in table.rows:
            cells = [bare(cell.text) for cell in row]
            assert any(all(cell in sheet for cell in cells) for sheet in printed), [cell.text for cell in row]
    drawn = re.findall(r"<figcaption.*?(<svg .*?</svg>)", text_of(name), re.DOTALL)
    for chart, svg in zip(charts(name), drawn, strict=True):
        words = [bare(chart.title)]
        words += [bare(re.sub("&[^;]*;", "", word)) for word in re.findall(r"<text [^>]*>([^<&]*)</text>", svg)]
        assert any(all(word in sheet for word in words) for sheet in printed), chart.id


@every_case
def test_a_printed_report_is_numbered_headed_and_of_a_sensible_length(printed: list[str], name: str) -> None:
    many = len(printed)
    assert [sheet for at, sheet in enumerate(printed) if f"{at + 1}of{many}" not in sheet] == []
    assert all("Beforefurtheraction" in sheet for sheet in printed) == bool(report(name).banner)
    assert many <= 8 + 1.2 * len(charts(name)) + sum(len(table.rows) for table in tables(name)) / 20


@pytest.mark.parametrize("name", ["south_somerset"], scope="module")
def test_a_committee_s_paper_of_two_councils_and_six_options_is_14_pages_and_its_record_as_many(
    printed: list[str], name: str
) -> None:
    first = next(at for at, sheet in enumerate(printed[1:], 1) if "AppendixA" in sheet)
    assert first + 1 <= 14, "the paper ends where the first appendix begins"
    assert len(printed) <= 30


@every_case
def test_nothing_is_wider_than_the_paper(reader: Reader, name: str) -> None:
    shown = reader.look(name, width=665)  # an A4 page between its margins
    shown.emulate_media(media="print")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 665


# A picture within the page


def test_a_picture_in_a_page_keeps_its_words_and_has_ids_of_its_own() -> None:
    svg = (
        '<?xml version="1.0"?>\n<svg width="9pt"><defs><style type="text/css">*{fill: red}</style></defs>\n'
        '<g id="axes_1"><g id="option-solo"><path id="m1" style="fill: #ffffff"/><use xlink:href="#m1"/></g>'
        '<g id="plot-area"/><text style="font-family: \'DejaVu Sans\'; fill: #1a1a1a">id="m1" #1a1a1a</text></g></svg>'
    )
    assert inlined(svg, "gap") == (
        '<svg width="9pt"><defs></defs><g><g data-option="solo"><path id="gap-m1" style="fill: var(--p-paper)"/>'
        '<use xlink:href="#gap-m1"/></g><g data-part="plot-area"/>'
        '<text style="fill: var(--p-ink)">id="m1" #1a1a1a</text></g></svg>'
    )
