"""What a notebook shows: tables with captions and scoped headers; no word of a file is anything but a word."""

from pathlib import Path
from typing import Any

import pytest
from test_notebooks import Checked

from scripts import examples as fenced
from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.decisions.bundles import cheapest_bundles
from simlib.decisions.comparing_options import compare_options
from simlib.decisions.information import value_of_information
from simlib.report import build_report
from simlib.sensitivity.given_data import given_data
from simlib.showing import table_html

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;"
FILES = ["minimal.yaml", "boston_east_lindsey.yaml", "hartlepool_darlington.yaml", "textbook/ishigami.yaml"]


def stages(path: Path) -> list[Any]:
    """Give what there is of a file at each stage, and its report."""
    config = load_config(path)
    model = compile_model(config)
    futures, plan = simulate(model, 1_024, seed=1), simulate_plan(model)
    summary = summarise(futures, plan)
    return [config, model, futures, plan, summary, build_report(summary)]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Give a file that calls everything by a name that a page must not believe."""
    written = (CONFIGS / "minimal.yaml").read_text(encoding="utf-8")
    named = written.replace('"Minimal: one council, two options (illustrative)"', f"'{HOSTILE}'")
    for address in ("  exampleton:\n", "  shared_services:\n"):
        named = named.replace(address, f"{address}    label: '{HOSTILE}'\n")
    named = named.replace("{councils: exampleton, measures", f"{{label: '{HOSTILE}', councils: exampleton, measures")
    path = tmp_path / "hostile.yaml"
    path.write_text(named, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_stage_shows_a_table_that_a_page_can_be_trusted_with(name: str) -> None:
    for stage in stages(CONFIGS / name):
        shown = Checked(stage._repr_html_())
        assert (shown.wrong, shown.inside["table"], shown.inside["caption"]) == ([], 1, 1)


def test_no_name_in_a_file_is_anything_but_a_word(hostile: Path) -> None:
    *staged, report = stages(hostile)
    futures = staged[2]
    bundles = cheapest_bundles(staged[1], ["exampleton"], simulations=256)
    others = [*compare_options(futures), given_data(futures), bundles]
    sections = [report.section(name) for name in ("summary", "bridge_exampleton", "assumptions")]
    for stage in [*staged, *others, report, *sections]:
        assert Checked(stage._repr_html_()).wrong == []
    shown = staged[-1]._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown


def test_what_it_is_worth_to_know_more_is_shown_for_each_thing_that_can_be_learned(tmp_path: Path) -> None:
    page = (CONFIGS.parent / "docs" / "choosing.md").read_text(encoding="utf-8")
    path = fenced.keep_file(next(iter(fenced.examples(page, "yaml"))), tmp_path)
    found = value_of_information(simulate(compile_model(load_config(path)), 1_024, seed=1))
    shown = Checked(found._repr_html_())
    assert (shown.wrong, shown.inside["tr"]) == ([], 1 + 2 + 1)
    assert f"{found.perfect.value:.3f}" in found._repr_html_()


def test_a_summary_shows_the_chances_and_the_gaps_that_it_has() -> None:
    summary = stages(CONFIGS / "minimal.yaml")[4]
    pair = summary.document["options"]["share_services"]["councils"]["exampleton"]
    chance, gap = pair["closes"]["target_year"]["probability"], pair["gap_recurring"]["2027/28"]
    shown = summary._repr_html_()
    assert f"met in about {5 * round(20 * chance)} of 100" in shown
    assert f">£{gap['p90']:.1f}m<" in shown


def test_futures_show_what_was_drawn_and_the_plan_what_is_planned() -> None:
    _, _, futures, plan, *_ = stages(CONFIGS / "minimal.yaml")
    middle = sorted(futures.drivers["measures.shared_services.realisation"])[512]
    assert f">{100 * middle:.1f}%<" in futures._repr_html_()
    assert ">100%<" in plan._repr_html_()


def test_what_is_left_out_of_a_long_table_is_counted() -> None:
    rows = [(str(k), "x") for k in range(30)]
    shown = table_html("Many", ("Row", "What"), rows, note="Rows.", most=10)
    assert shown.count("<tr>") == 11
    assert "<p>Rows. And 20 more.</p>" in shown
    assert "more" not in table_html("Many", ("Row", "What"), rows, most=None)


def test_what_hides_or_turns_text_is_taken_out() -> None:
    assert "\u202e" not in table_html("a\u202eb", ("x",), [])
    assert ">ab<" in table_html("a\u202eb", ("x",), [])


def test_a_section_is_found_by_its_id_and_an_unknown_one_is_refused_with_those_there_are() -> None:
    report = stages(CONFIGS / "minimal.yaml")[-1]
    assert report.section("bridge_exampleton") in report.section("council_exampleton").parts
    with pytest.raises(KeyError, match="no section 'sumary'; known are summary"):
        report.section("sumary")
