"""A file in plain words, and the words explained."""

import io
import re
from pathlib import Path

import pytest
from synthetic_summary import claims_only, document, outputs_only, summary
from told_reports import tables

from simlib.config import load_config, parse_config
from simlib.console import open_console, print_lines
from simlib.explain import explanation
from simlib.glossary import TERMS
from simlib.readback import read_back
from simlib.report import build_report
from simlib.reporters.html import page

# The file in plain words


SAID = """
simlib: 1
title: What is said
money: £m
run: {simulations: 200_000, precision: {mean: £10k, p90: £50k}}
drivers:
  late: {kind: duration, dist: lognormal, median: 4 months, p90: 12 months}
  later: {kind: duration, dist: lognormal, median: 4 months, p90: 12 months}
  cut: {kind: money, dist: normal, mean: 1, sd: 1, truncate: {low: 0}}
  mass: {dist: normal, mean: 100_000, sd: 0.05}
dependence:
  together: {between: [drivers.late, drivers.later], concordance: 7 of 10}
readings:
  share: {why: it may, set: {drivers.mass: 100001}}
outputs:
  paid: {kind: money, formula: drivers.cut}
"""


@pytest.mark.parametrize("name", ["minimal", "south_somerset", "boston_east_lindsey", "hartlepool_darlington",
                                  "transformation_challenge_award", "benchmark"])  # fmt: skip
def test_every_config_is_read_back_without_what_only_a_program_reads(root: Path, name: str) -> None:
    config = load_config(root / "configs" / f"{name}.yaml")
    text = "\n".join(read_back(config))
    assert config.title in text
    for measure in config.measures.values():
        assert (measure.label or "") in text
    for internal in ("Quantity(", "Formula(", "None", "Triangular(", "nan", "<simlib"):
        assert internal not in text


def test_what_is_read_back_is_true_of_what_will_be_drawn() -> None:
    lines = read_back(parse_config(SAID))
    told = "\n".join(lines)
    assert "As many futures as it takes to know mean to within £10,000 and p90 to within £50,000" in told
    assert ", at most 200,000" in told
    # of 10 futures both are below in 3.5 and both above in 3.5
    assert "drivers.late and drivers.later, on the same side of their middles in 7 of 10 futures" in told
    assert "before the cut around £1m, evenly to both sides, from -£0.2816m to £2.282m in 8 of 10 futures" in told
    assert "what remains is as likely above as below £1.2m, and from £0.3026m to £2.378m in 8 of 10 futures" in told
    assert "from 99,999.936 to 100,000.064 in 8 of 10 futures" in told
    assert "share: it may. Sets drivers.mass = 100001" in told


def test_a_fitted_delay_that_is_early_and_a_share_above_the_whole_are_told() -> None:
    from small_files import document_of, parsed

    from simlib import compile_model, simulate

    # Both are refused where they are written down: low: -1 months, high: 110%.
    model = compile_model(
        parsed("""
councils: {a: {gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}}}
measures:
  m:
    council: a
    saving: 1
    basis: recurring
    from: 2020/21
    delay: {dist: elicited, as: uniform, p20: 0 months, p80: 6 months}
    realisation: {dist: elicited, as: uniform, p10: 10%, p90: 90%}
  n:
    council: a
    saving: 1
    basis: recurring
    from: 2020/21
    delay: {dist: elicited, as: pert, low: 3 months, mode: 6 months, high: 12 months, low_high: p10_p90}
    realisation: {dist: normal, mean: 90%, sd: 10%}
options: {o: {councils: a, measures: [m, n]}}
""")
    )
    document = document_of(simulate(model, simulations=256, seed=1))
    found = {c["address"]: c["text"] for c in document["checks"] if c["id"] == "beyond_bounds"}
    assert found == {
        "measures.m.delay": "in 20 of 100 futures it is below nothing: the saving comes early; truncate cuts it off",
        "measures.n.realisation": "in 16 of 100 futures it is above 100%: more than planned is delivered;"
        " truncate cuts it off",
    }


CHOOSING = """
simlib: 1
title: What is chosen
money: £m
years: 2026/27 to 2028/29
target_year: 2028/29
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: 4, minimum: 1}
measures:
  quick: {council: a, saving: 0.5, basis: recurring, from: 2026/27, effort: 2}
  hard: {council: a, saving: 0.5, basis: recurring, from: 2026/27, effort: 1.5, slows: {quick: 3 months}}
options: {both: {councils: a, measures: [quick, hard]}}
decision:
  capacity: 3.5
  loss:
    one_off: 1
    running_cost: 1
    shortfall: 3
    unneeded_cuts: 0.5
    below_minimum: £250_000
    councils: a
    source: {what: ours, mark: judgement}
  learnable:
    pilot: {label: What a pilot shows, figures: measures.*.realisation, by: 2026-02-01, cost: £30_000}
"""


def test_what_a_choice_turns_on_is_told() -> None:
    text = CHOOSING.replace("effort: 2}", "effort: 2, realisation: {dist: uniform, low: 50%, high: 100%}}")
    told = "\n".join(read_back(parse_config(text)))
    assert "delays quick where both are in an option: 3 months; effort in each year of building up: 1.5" in told
    assert "Measures may take an effort of 3.5 together in any one year" in told
    assert "3 for each £ of a recurring gap in the target year and 0.5 for each £ of savings beyond it" in told
    assert "and £0.25m once where reserves fall below their minimum; counted of a" in told
    assert "What a pilot shows could be known by 1 February 2026, for £30,000: measures.*.realisation" in told


def test_a_note_that_holds_in_several_readings_is_told_once(root: Path) -> None:
    from simlib import compile_model, simulate, simulate_plan, summarise

    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    checks = summarise(simulate(model, simulations=256), simulate_plan(model)).document["checks"]
    found = [check["text"] for check in checks if check["id"] == "dependence_void"]
    assert len(found) == 5
    assert any(text.endswith("(in the readings 'on_time', 'budget_as_published', 'support_grant_as_planned' and"
                             " 'evidence_in_year')") for text in found)  # fmt: skip


def test_the_reading_of_a_measure_says_how_much_whose_when_how_late_and_who_pays(root: Path) -> None:
    lines = read_back(load_config(root / "configs" / "south_somerset.yaml"))
    joint = next(line for line in lines if line.startswith("- Joint Authority with Sedgemoor: saves"))
    assert "saves £2.5m a year at full effect; shared 48% South Somerset District Council and the rest" in joint
    assert "starts in 2016/17, rises evenly and is full from 2020/21" in joint
    assert "comes late by somewhere from 0 months to 2 years, most likely 6 months" in joint
    solo = next(line for line in lines if line.startswith("- Transformation programme: saves"))
    assert "paid from redundancy reserve, capital receipts and revenue support reserve in this order" in solo


def test_figures_without_a_source_are_listed() -> None:
    text = """
simlib: 1
title: "t"
drivers:
  a: {kind: number, dist: uniform, low: 1, high: 2}
  b: {kind: number, dist: uniform, low: 1, high: 2, source: {what: "a count", mark: public}}
outputs:
  c: a + b
"""
    lines = read_back(parse_config(text))
    assert lines[-1] == "- No source for drivers.a"


def test_what_moves_the_average_is_told_from_the_compiled_model(root: Path) -> None:
    from simlib import compile_model

    config = load_config(root / "configs" / "minimal.yaml")
    lines = read_back(config, compile_model(config))
    moved = lines[lines.index("# What moves the average away from the plan") + 1 :]
    words = r"- .*share of the saving delivered.* adds £\d+k to the gap of Exampleton by 2027/28, on average"
    assert re.match(words, moved[0])


def test_lines_of_a_list_hang_under_their_mark() -> None:
    held = io.StringIO()
    print_lines(["# Head", "- one two three", "  - deeper"], open_console(held, width=10))
    assert held.getvalue().splitlines() == ["Head", "- one two", "  three", "  - deeper"]


# Explanations


def test_every_family_and_every_term_can_be_explained() -> None:
    from simlib.distributions import FAMILIES

    for name in FAMILIES:
        lines = explanation(name)
        assert lines[0] == f"# {name}"
        assert all(parameter in " ".join(lines) for parameter in FAMILIES[name].parameters)
    for term in TERMS:
        assert len(explanation(term.upper().replace(" ", "_"))) >= 2


def test_what_a_file_may_say_of_draws_and_of_dependence_can_be_explained() -> None:
    from simlib.config.schema import Dependence
    from simlib.sampling import SAMPLERS

    said = {"rank_correlation", "correlation", "strength", "concordance", "copula"}
    assert said <= Dependence.model_fields.keys()
    for word in (*SAMPLERS, *said, "dependence", "low_high", "pool", "truncate", "quantile", "degrees of freedom"):
        assert len(explanation(word)) >= 2


def test_a_family_says_what_may_be_left_out_and_what_may_stand_for_its_parameters() -> None:
    pert, poisson = "\n".join(explanation("pert")), "\n".join(explanation("poisson"))
    assert "- lambda: a plain number; may be left out; how much the most likely value counts" in pert
    assert "mode: a figure of the entry's own kind (money, a share, a duration …)\n" in pert
    assert "In place of parameters: quantiles" in pert
    assert "In place of parameters" not in poisson


def test_every_closing_test_is_in_the_glossary() -> None:
    from typing import get_args

    from simlib.config.schema import ClosingTest

    assert set(get_args(ClosingTest)) <= set(TERMS)


def test_rows_of_every_table_are_as_long_as_its_headings() -> None:
    for doc in (document(), claims_only(), outputs_only()):
        for table in tables(build_report(summary(doc))).values():
            assert {len(row) for row in table.rows} <= {len(table.headings)}, table.id


def test_ids_in_a_report_are_unique() -> None:
    report = build_report(summary())
    ids = [one.id for one in report.sections]
    ids += [table.id for one in report.sections for table in one.tables]
    ids += [chart.id for one in report.sections for chart in one.charts]
    assert len(ids) == len(set(ids))


def test_correlations_asked_and_drawn_stand_beside_what_they_should_be() -> None:
    doc = document()
    pair = {
        "between": ["drivers.a", "drivers.b"], "year": None, "asked": 0.5, "repaired": None, "implied": 0.31,
        "achieved": 0.33, "error": 0.01, "words": None,
    }  # fmt: skip
    other = pair | {"implied": 0.5, "achieved": 0.503}
    section = {"form": "concordance", "stated": 0.7, "copula": "t", "df": 4.0, "reason": None, "furthest_off": 2.0}
    doc["dependence"] = {"late_together": section | {"pairs": [pair, other]}, "void": section | {"pairs": []}}
    table = tables(build_report(summary(doc)))["correlations_asked_and_drawn"]
    [row] = [[cell.text for cell in row] for row in table.rows]
    assert row == [
        "Late together (dependence.late_together)", "Concordance 7 of 10, t copula with 4 degrees of freedom",
        "2", "0.50", "0.31 to 0.50", "0.33 to 0.50", "2.0 errors",
    ]  # fmt: skip


def test_what_was_drawn_has_its_band_in_one_cell_and_says_which_events_it_leaves_out() -> None:
    doc = document()
    found = tables(build_report(summary(doc)))
    table = found["asked_and_drawn"]
    assert table.headings[1:] == (
        "Average: asked", "Average: drawn", "In 9 of 10 futures: asked", "In 9 of 10 futures: drawn", "Furthest off",
    )  # fmt: skip
    for row, driver in zip(table.rows, doc["drivers"].values(), strict=True):
        assert row[3].text.count(" to ") == row[4].text.count(" to ") == 1, driver["label"]
    event = next(iter(doc["events"].values()))
    doc["events"]["sure"] = event | {"label": "A known chance", "requested": 0.3}
    doc["events"]["open"] = event | {"label": "Hangs", "requested": None}
    chances = tables(build_report(summary(doc)))["chances_asked_and_drawn"]
    assert "A known chance" in [row[0].text for row in chances.rows]
    assert "Hangs" not in [row[0].text for row in chances.rows]
    assert chances.note.startswith("Not told, as the chance is itself uncertain: ")
    assert "Hangs" in chances.note


def test_no_line_of_a_page_ends_after_a_minus() -> None:
    doc = document()
    driver = next(iter(doc["drivers"].values()))
    driver |= {"kind": "money", "varies": "once"}
    driver["requested"] |= {"p5": -0.2, "p95": 0.3}
    driver["achieved"] |= {"p5": -0.2, "p95": 0.3, "by_year": None}
    assert ">-\u2060£0.2" in page(build_report(summary(doc)))
