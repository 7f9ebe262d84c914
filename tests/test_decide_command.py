"""``simlib decide``: its document, what it tells of it, and what it refuses; each answer has tests of its own."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from told_cases import leaves
from written_numbers import written

from simlib import ConfigError, ModelError, compile_model, load_config, simulate, simulate_plan, summarise
from simlib.cli import main
from simlib.config.load import parse_config
from simlib.decisions.analysis import Asked, analysis
from simlib.decisions_told import sections
from simlib.folder import json_bytes
from simlib.layout import Report, everything
from simlib.report import build_report, write_report
from simlib.reporters import FORMATS
from simlib.summary import Summary

ROOT = Path(__file__).resolve().parent.parent
COUNT = 4_096
FILE = """
simlib: 1
title: a small file
money: £m
years: 2026/27 to 2028/29
target_year: 2028/29
councils:
  a:
    label: Aston
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    pressures: {cost: {change: {dist: normal, mean: 0, sd: 0.3, varies: once, plan: 0}}}
    general_fund: {opening: 4, minimum: 1}
  b:
    label: Beeford
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 0.5}
    general_fund: {opening: 2, minimum: 1}
measures:
  m:
    label: LABEL
    council: a
    saving: 1.1
    realisation: {dist: triangular, low: 70%, mode: 95%, high: 100%, plan: 100%}
    basis: recurring
    from: 2026/27
    one_off: {systems: {amount: 0.5, in: 2026/27}}
  n: {shares: {a: 50%, b: rest}, saving: {dist: uniform, low: 0.2, high: 1.2, plan: 1}, basis: recurring, from: 2026/27}
  tiny: {council: a, saving: 0.01, basis: recurring, from: 2026/27}
options:
  nothing: {councils: [a, b]}
  o: {label: Alone, councils: [a], measures: m}
  both: {label: Both of them, councils: [a, b], measures: [m, n]}
  same: {label: The same again, councils: [a, b], measures: [m, n]}
stress:
  dear: {label: Costs half a million more, why: it came before., set: {councils.a.pressures.cost.change: 0.5}}
decision:
  loss:
    one_off: 1
    running_cost: 1
    shortfall: 3
    unneeded_cuts: 1
    below_minimum: 0.5
    source: {what: ours, mark: judgement}
  learnable:
    costs: {label: What it costs, figures: councils.a.pressures.cost.change, by: 2026-02-01, cost: £10_000}
""".replace("LABEL", "The “first” <b>scheme</b>")


def summary_of(text: str, asked: Asked | None = None, count: int = COUNT, **options: Any) -> Summary:
    """Give a summary with the decisions beside it."""
    futures = simulate(compile_model(parse_config(text)), count, seed=1, **options)
    return replace(summarise(futures, simulate_plan(futures.model)), analyses={"decisions": analysis(futures, asked)})


@pytest.fixture(scope="module")
def small() -> Summary:
    return summary_of(FILE)


def told(report: Report, key: str) -> list[str]:
    """Give the sentences of a section with its parts."""
    (found,) = (section for section in report.sections if section.id == key)
    return [sentence for part in everything([found]) for sentence in part.paragraphs]


# The command


def test_the_same_bytes_for_any_number_of_workers_and_read_back(tmp_path: Path) -> None:
    config = tmp_path / "small.yaml"
    config.write_text(FILE, encoding="utf-8")
    words = ["decide", str(config), "--simulations", str(COUNT), "--seed", "1", "--format", "json,md", "--quiet"]
    words += ["--option", "both", "--council", "b"]
    runs = [tmp_path / f"jobs_{jobs}" for jobs in (1, 2)]
    for jobs, run in zip((1, 2), runs, strict=True):
        assert main([*words, "--jobs", str(jobs), "--out", str(run)]) == 0
    for name in ("decisions.json", "summary.json"):
        assert (runs[0] / name).read_bytes() == (runs[1] / name).read_bytes(), name
    before = (runs[0] / "report.md").read_text(encoding="utf-8")
    assert "What would have to be true" in before
    assert main(["report", str(runs[0]), "--format", "md", "--quiet"]) == 0
    assert (runs[0] / "report.md").read_text(encoding="utf-8") == before


def test_the_folder_is_called_after_the_file_and_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(FILE, encoding="utf-8")
    words = ["--simulations", "1024", "--option", "o", "--council", "a", "--level", "75%,60%", "--format", "json"]
    assert main(["decide", "small.yaml", "--quiet", *words]) == 0
    found = json.loads(Path("runs/small_decisions/decisions.json").read_text(encoding="utf-8"))
    assert found["levels"] == [0.6, 0.75]
    assert [(question["option"], question["council"]) for question in found["questions"]] == [("o", "a")]
    assert list(found["bundles"]) == ["a"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--option", "bth"], "--option: there is no 'bth' to ask about; did you mean 'both'?"),
        (["--council", "aa", "--test", "target"], "--council: there is no 'aa' to ask about"),
        (["--driver", "measures.m.realization"], "did you mean 'measures.m.realisation'?"),
        (["--objective", "cheapest"], "--objective: there is no 'cheapest' to ask about"),
        (["--level", "80%,120%"], "--level: expected shares from 1% to 99.9%, got '120%'"),
        (["--option", "o", "--council", "b"], "expected a council of this option, a, got 'b'"),
    ],
)
def test_what_the_file_has_not_is_refused_and_nothing_is_written(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "small.yaml"
    config.write_text(FILE, encoding="utf-8")
    out = tmp_path / "out"
    assert main(["decide", str(config), "--simulations", "64", "--out", str(out), *words]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_what_one_of_several_files_has_not_is_refused_before_any_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = tmp_path / "small.yaml", tmp_path / "out"
    config.write_text(FILE, encoding="utf-8")
    minimal = str(ROOT / "configs" / "minimal.yaml")
    assert main(["decide", str(config), minimal, "--option", "both", "--out", str(out)]) == 2
    assert "--option: there is no 'both' to ask about; known are do_nothing, share_services" in capsys.readouterr().err
    assert not out.exists()


def test_a_file_without_options_has_nothing_to_decide() -> None:
    driver = "{kind: number, dist: uniform, low: 0, high: 1}"
    text = f"simlib: 1\ntitle: t\ndrivers: {{x: {driver}}}\noutputs: {{y: drivers.x}}\n"
    futures = simulate(compile_model(parse_config(text)), 64, seed=1)
    with pytest.raises(ModelError, match="nothing to decide here"):
        analysis(futures)
    with pytest.raises(ConfigError, match="--option: there is no 'x' to ask about"):
        analysis(futures, Asked(options=("x",)))


# The document


def test_every_question_that_can_be_asked_is_and_options_are_told_once(small: Summary) -> None:
    found = small.analyses["decisions"]
    pairs = [(question["option"], question["council"]) for question in found["questions"]]
    assert pairs == [("o", "a"), ("both", "a"), ("both", "b"), ("same", "a"), ("same", "b")]
    assert set(found["comparisons"][0]["options"]) == {"nothing", "o", "both", "same"}
    assert set(found["bundles"]) == {"a"}, "the other council has one measure: nothing to choose from"
    assert list(found["downside"]) == ["both", "same"]
    sentences = told(build_report(small), "decisions")
    assert "What is told of ‘Both of them’ holds of ‘The same again’ too." in sentences
    assert not any(sentence.startswith("The same again") for sentence in sentences)


def test_what_changes_nothing_is_named_and_what_matters_is_scanned(small: Summary) -> None:
    found = small.analyses["decisions"]
    alone = found["questions"][0]
    assert alone["idle"] == ["measures.n.saving"]
    scanned = {each["address"] for each in alone["scanned"]}
    assert scanned == {"councils.a.pressures.cost.change", "measures.m.realisation"}
    assert alone["break_even"][0]["address"] == "measures.m.realisation", "what is delivered is what every officer asks"
    assert alone["break_even"][0]["at_plan"] == pytest.approx([1 / 1.1])


def test_chances_are_those_of_the_summary_of_the_same_futures(small: Summary) -> None:
    found, document = small.analyses["decisions"], small.document
    for question in found["questions"]:
        pair = document["options"][question["option"]]["councils"][question["council"]]
        assert question["closes"]["probability"] == pair["closes"]["target_year"]["probability"]
        assert question["plan"] == pytest.approx(-pair["gap_recurring"]["2028/29"]["plan"])
    for each in found["comparisons"][:1]:
        for option, entry in each["options"].items():
            closes = document["options"][option]["councils"]["a"]["closes"]["target_year"]
            assert entry["acceptable"][0]["probability"] == closes["probability"], "all are looked at, as they are few"


def test_of_more_futures_than_are_scanned_it_says_so() -> None:
    asked = Asked(options=("o",), councils=("a",))
    found = summary_of(FILE, asked, 16_384, sampler="sobol")
    assert found.analyses["decisions"]["futures"] == {"drawn": 16_384, "held": 16_384, "scanned": 8_192}
    assert "off 8,192" in told(build_report(found), "decisions")[0]


def test_without_a_stated_loss_it_says_what_would_have_to_be_stated() -> None:
    text = FILE.partition("\ndecision:")[0]
    found = summary_of(text, Asked(options=("o",)), 1_024)
    assert found.analyses["decisions"]["information"] is None
    sentences = told(build_report(found), "choices")
    assert any("cannot be told: the file does not state what outcomes cost" in sentence for sentence in sentences)


def test_what_cannot_be_told_does_not_keep_the_rest_from_being_told() -> None:
    many = "".join(f"  x{at}: {{council: a, saving: 0.01, basis: recurring, from: 2026/27}}\n" for at in range(60))
    found = summary_of(FILE.replace("options:\n", f"{many}options:\n"), Asked(options=("o",), councils=("a",)), 256)
    why = found.analyses["decisions"]["bundles"]["a"]["refused"]
    assert why == "measures: expected councils, and 1 to 60 measures to choose from, got 1 and 63"
    assert f"This cannot be told: {why}." in told(build_report(found), "choices")


def test_all_councils_together_and_another_test_can_be_asked_about() -> None:
    asked = Asked(options=("both",), councils=("jointly",), drivers=("measures.n.saving",), test="every_year")
    found = summary_of(FILE, asked, 1_024)
    (question,) = found.analyses["decisions"]["questions"]
    assert (question["council"], question["test"]) == ("jointly", "every_year")
    assert [each["address"] for each in question["break_even"]] == ["measures.n.saving"]
    sections_ = {section.heading for section in everything(build_report(found).sections)}
    assert "All councils together" in sections_


def test_what_is_sure_enough_is_told_with_what_would_undo_it() -> None:
    text = FILE.replace("saving: 1.1", "saving: 2.2")
    sentences = told(build_report(summary_of(text, Asked(options=("o",), councils=("a",)))), "decisions")
    assert any(s.startswith("Alone closes in 95 of 100 futures or more as it is; to stay so") for s in sentences)


def test_a_claim_is_asked_about_in_its_own_words() -> None:
    text = FILE.replace("measures: m}", "measures: m, claims: {amount: 1.0, basis: recurring, by: 2028/29}}")
    found = summary_of(text, Asked(councils=("claim",)), 2_048)
    sentences = told(build_report(found), "decisions")
    assert any("for the claim to be just kept" in sentence for sentence in sentences)
    assert any("keep its claim" in sentence for sentence in sentences)


def test_a_test_of_reserves_is_told_as_one_and_has_no_bundles() -> None:
    text = FILE.replace("target_year: 2028/29", "target_year: 2028/29\ncloses: reserves_hold")
    found = summary_of(text, Asked(options=("o",)), 2_048)
    assert found.analyses["decisions"]["bundles"] == {}
    sentences = told(build_report(found), "decisions")
    assert any("meets the test" in sentence or "meet the test" in sentence for sentence in sentences)
    assert not any("clos" in sentence for sentence in sentences if sentence.startswith("Alone"))


def keys_of(node: Any, ids: frozenset[str]) -> set[str]:
    """Give every key of a document that is no id of the file, no level and no quantile."""
    if isinstance(node, list):
        return {key for each in node for key in keys_of(each, ids)}
    if not isinstance(node, Mapping):
        return set()
    own = {key for key in node if key not in ids and not key.strip("p").isdigit()}
    return own | {key for each in node.values() for key in keys_of(each, ids)}


def test_every_key_is_documented_and_every_first_key_is_always_there(small: Summary) -> None:
    found = small.analyses["decisions"]
    ids = frozenset(["nothing", "o", "both", "same", "a", "b", "m", "n", "tiny", "dear", "costs", "claim"])
    page = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", page.partition("## decisions.json")[2]))))
    assert keys_of(found, ids) - named == set()
    firsts = set(re.findall(r"\| `(\w+)`", page.partition("## decisions.json")[2])) | {"levels", "objective"}
    assert firsts == set(found) == set(summary_of(FILE, Asked(options=("o",)), 256).analyses["decisions"])


# What is told


def numbers_of(found: Mapping[str, Any], document: Mapping[str, Any]) -> list[float]:
    """Give every figure that a sentence may tell, levels and counts of what is listed among them."""
    counts = [float(len(bundle["measures"])) for bundle in found["bundles"].values()]
    return [*leaves(found), *leaves(document), *counts]


def test_every_number_in_every_sentence_is_in_the_document(small: Summary) -> None:
    found = json.loads(json_bytes(small.analyses["decisions"]))
    known = numbers_of(found, small.document)
    labels = ("2028/29", "1 February 2026", "1 in 4", "1 in 10")
    for section in everything(sections(found, small.document)):
        for sentence in (*section.paragraphs, *(chart.alt for chart in section.charts)):
            text = sentence.replace("100 futures", "100").replace("of 100 of all", "of 100")
            for label in labels:
                text = text.replace(label, "")
            for number in written(text, "£m"):
                bare = number.text.strip() in ("100", "of 100", "1 of 100")
                fits = any(number.stands_for(value) or number.stands_for(100 * value) for value in known)
                assert bare or fits, (number.text, sentence)


def test_cells_carry_their_values(small: Summary) -> None:
    tables = [table for section in everything(build_report(small).sections) for table in section.tables]
    for key in ("standing_a", "stress_a", "frontier_a_bundles", "downside", "losses"):
        (table,) = (table for table in tables if table.id == key)
        assert all(any(cell.value is not None for cell in row[1:]) for row in table.rows), key
    (evens,) = (table for table in tables if table.id == "evens_o_a")
    assert evens.rows[0][0].value is None
    (planned,) = (cell.value for row in evens.rows for cell in row if cell.text == "90.9%")
    assert planned == pytest.approx(1 / 1.1)


def test_every_format_renders_and_what_a_file_says_steers_none(small: Summary, tmp_path: Path) -> None:
    folder = write_report(small, tmp_path / "run", formats=[name for name in FORMATS if name != "nc"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<b>scheme</b>" not in page
    assert "&lt;b&gt;scheme&lt;/b&gt;" in page
    pictures = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert {"beside_o_a", "acceptable_a", "frontier_a"} <= pictures
    assert (folder / "report.docx").stat().st_size > 10_000


def test_nothing_recommends_an_option(small: Summary) -> None:
    words = " ".join(
        sentence for section in everything(build_report(small).sections) for sentence in section.paragraphs
    )  # fmt: skip
    assert not any(word in words.lower() for word in ("recommend", "should choose", "best option", "prefer"))


# South Somerset


@pytest.fixture(scope="module")
def south_somerset() -> tuple[Summary, Report]:
    model = compile_model(load_config(ROOT / "configs" / "south_somerset.yaml"))
    asked = Asked(options=("solo",), councils=("south_somerset",))
    futures = simulate(replace(model, readings={}), 8_192)
    summary = summarise(futures, simulate_plan(model))
    both = replace(summary, analyses={"decisions": analysis(futures, asked)})
    return both, build_report(both)


def test_the_solo_case_has_to_deliver_97_6_per_cent_in_the_plans_own_terms(
    south_somerset: tuple[Summary, Report],
) -> None:
    summary, report = south_somerset
    (question,) = summary.analyses["decisions"]["questions"]
    found = question["break_even"][0]
    assert found["address"] == "programmes.solo.realisation"
    assert found["at_plan"] == pytest.approx([4.1 / 4.2])
    assert not any(reached["holds"] for reached in found["reached"]), "no share delivered closes it in 80 of 100"
    sentences = told(report, "decisions")
    assert any("share of the saving delivered’ has to be 97.6%" in sentence for sentence in sentences)
    assert any("to close in 80 of 100 futures, no value of" in sentence for sentence in sentences)


def test_no_bundle_of_south_somerset_is_sure_enough_and_the_best_gets_to_42_of_100(
    south_somerset: tuple[Summary, Report],
) -> None:
    summary, report = south_somerset
    found = summary.analyses["decisions"]["bundles"]["south_somerset"]
    assert [answer["cheapest"] for answer in found["answers"]] == [None] * 3
    assert set(found["best"]["measures"]) == set(found["measures"])
    best = found["best"]["fresh"]
    assert abs(best["probability"] - 0.416) < 4 * best["error"]
    none = "No set of these measures closes the gap in 80"
    assert any(sentence.startswith(none) for sentence in told(report, "choices"))


def test_a_stated_loss_changes_no_figure_of_a_run() -> None:
    text = (ROOT / "configs" / "south_somerset.yaml").read_text(encoding="utf-8")
    start, rest = text.split("\ndecision:\n")
    without = start + "\noutputs:" + rest.split("\noutputs:")[1]
    found = []
    for each in (text, without):
        futures = simulate(compile_model(parse_config(each)), 512)
        document = summarise(futures, simulate_plan(futures.model)).document
        kept = {key: value for key, value in document.items() if key not in ("config", "notes")}  # its words are new
        found.append(kept)
    assert json_bytes(found[0]) == json_bytes(found[1])


