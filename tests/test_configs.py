"""The case files and reference classes: that they load, are cited, and hold the published figures.

What whole runs of them give is tested elsewhere.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
import yaml

from simlib.compiling import compile_model
from simlib.config import Config, load_config
from simlib.config.quantities import Quantity
from simlib.distributions import Distribution, make
from simlib.engine import simulate_plan

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "configs").rglob("*.yaml"))
REFERENCES = yaml.safe_load((ROOT / "simlib/config/references.yaml").read_text(encoding="utf-8"))

MARK = r"(doc [1-5]|public|judgement|derived)"
MARKED = re.compile(rf"\([^()]*\b{MARK}\b[^()]*\)")  # words that say where they come from: "(doc 1)"
FIGURE = re.compile(r"[-+]?£?\d[\d_,.]*\s*(%|£?k|m|bn|months?|years?)?")
SETTINGS = {"simlib", "title", "as_at", "money", "prices", "years", "target_year", "closes", "run", "npv"}
WORDS = {"label", "note", "owner", "why", "reason", "source"}


def case(name: str) -> Config:
    return load_config(ROOT / "configs" / f"{name}.yaml")


def tree(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def uncited(node: object, address: str, *, cited: bool) -> Iterator[str]:
    """Give the address of every figure below a node that neither it nor anything around it cites."""
    if isinstance(node, dict):
        cited = cited or "source" in node or "reference" in node
        for key, value in node.items():
            if key not in WORDS:
                yield from uncited(value, f"{address}.{key}", cited=cited)
    elif isinstance(node, list):
        for value in node:
            yield from uncited(value, address, cited=cited)
    elif not cited and FIGURE.fullmatch(str(node)):
        yield address


def sources(node: object) -> Iterator[dict[str, str]]:
    """Give every source below a node."""
    if isinstance(node, dict):
        if "source" in node:
            yield node["source"]
        for key, value in node.items():
            if key != "source":
                yield from sources(value)


def gap_in(config: Config, council: str, year: int) -> Any:
    """Give the gap that a council has published for one year."""
    gap = config.councils[council].gap
    assert gap is not None
    assert config.years is not None
    return gap.plan[config.years.index(year)]


def planned(quantity: object) -> Any:
    """Give what the business case assumes of a figure that is no formula."""
    assert isinstance(quantity, Quantity)
    return quantity.value if quantity.plan is None else quantity.plan


# ---- Every file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_loads_and_so_does_every_reading_of_it(path: Path) -> None:
    config = load_config(path)
    assert config.title
    for reading in config.readings:
        assert config.with_reading(reading) != config


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_is_cited(path: Path) -> None:
    elsewhere = SETTINGS | {"readings", "stress", "dependence"}  # these say in words where they come from
    parts = {key: part for key, part in tree(path).items() if key not in elsewhere}
    assert list(uncited(parts, path.stem, cited=False)) == []


def test_the_search_for_uncited_figures_finds_one() -> None:
    assert list(uncited({"saving": 1.1, "label": "5"}, "x", cited=False)) == ["x.saving"]
    assert list(uncited({"delay": {"low": "3 months"}}, "x", cited=False)) == ["x.delay.low"]
    assert list(uncited({"source": {"mark": "public"}, "saving": 1.1}, "x", cited=False)) == []


@pytest.mark.parametrize("path", [*FILES, ROOT / "simlib/config/references.yaml"], ids=lambda path: path.stem)
def test_every_source_says_what_it_is_and_bears_a_mark(path: Path) -> None:
    found = list(sources(tree(path)))
    assert found
    for source in found:
        assert len(source["what"]) > 10
        assert re.fullmatch(MARK, source["mark"]), source


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_reading_and_every_correlation_says_where_it_comes_from(path: Path) -> None:
    document = tree(path)
    words = [reading["why"] for reading in document.get("readings", {}).values()]
    words += [entry["reason"] for entry in document.get("dependence", {}).values()]
    assert [text for text in words if not MARKED.search(text)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_opens_with_its_question(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]
    assert 1 <= len([line for line in head if line != "#"]) <= 6
    assert "?" in head[0] or "llustrative" in head[0]


def test_the_minimal_file_fits_on_one_screen() -> None:
    assert len((ROOT / "configs/minimal.yaml").read_text(encoding="utf-8").splitlines()) <= 25


@pytest.mark.parametrize("name", ["minimal", "benchmark", "transformation_challenge_award"])
def test_invented_councils_say_that_they_are_illustrative(name: str) -> None:
    assert "illustrative" in case(name).title


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_the_base_case_takes_from_later_evidence_carries_its_date(path: Path) -> None:
    document = tree(path)
    if "as_at" not in document:
        return
    later = {
        source["what"]
        for source in sources({key: part for key, part in document.items() if key != "readings"})
        if str(source.get("date", "")) > str(document["as_at"])
    }
    expected = {"south_somerset": 2, "hartlepool_darlington": 1, "boston_east_lindsey": 2}
    assert len(later) == expected.get(path.stem, 0), later


# ---- The published figures ---------------------------------------------------------------------------------


def test_south_somerset_must_find_four_point_one_and_sedgemoor_the_rest_of_six() -> None:
    config = case("south_somerset")
    gaps = {council: gap_in(config, council, 2019) for council in config.councils}
    assert gaps == {"south_somerset": 4.1, "sedgemoor": 1.9}


def test_the_solo_case_plans_four_point_two_and_needs_ninety_seven_point_six_per_cent_of_it() -> None:
    config = case("south_somerset")
    solo = sum(planned(config.measures[name].saving) for name in config.options["solo"].measures)
    assert solo == pytest.approx(4.2, abs=1e-12)
    assert round(100 * 4.1 / solo, 1) == 97.6
    assert max(config.measures[name].full_from or 0 for name in config.options["solo"].measures) == 2019


def test_the_joint_authority_gives_south_somerset_one_point_two_of_two_point_five() -> None:
    measure = case("south_somerset").measures["joint_authority"]
    assert measure.shares is not None
    assert planned(measure.saving) == 2.5
    assert planned(measure.shares["south_somerset"]) * 2.5 == pytest.approx(1.2, abs=1e-12)
    assert measure.full_from == 2020


def test_transformation_costs_what_its_three_pots_hold() -> None:
    config = case("south_somerset")
    pots = config.councils["south_somerset"].pots
    cost = config.measures["transformation"].one_off["implementation"]
    held = sum(planned(pots[str(name)].opening) for name in cost.funded_by)
    assert held == pytest.approx(4.46, abs=0.005)
    assert held == pytest.approx(planned(cost.amount), abs=1e-12)
    assert {pot.owner for pot in pots.values()} == {"own"}


def test_the_alliance_has_no_costed_saving() -> None:
    config = case("south_somerset")
    measures = config.options["strategic_alliance"].measures
    assert [planned(config.measures[name].saving) for name in measures] == [0, 0]


def test_members_had_six_options() -> None:
    assert list(case("south_somerset").options) == [
        "do_nothing", "solo", "joint_authority", "strategic_alliance", "solo_and_alliance",
        "joint_authority_and_transformation",
    ]  # fmt: skip


def test_hartlepool_and_darlington_cannot_close_with_five_million_between_them() -> None:
    config = case("hartlepool_darlington")
    gaps = [gap_in(config, council, 2014) for council in config.councils]
    parts = [planned(config.drivers[name]) for name in ("quick_part", "corporate_part", "care_part")]
    assert gaps == [15.0, 7.8]
    assert sum(parts) * planned(config.drivers["collaboration_saving"]) == pytest.approx(5.0, abs=1e-12)
    assert sum(gaps) > 5.0


def test_nothing_is_saved_before_2013_14_and_somebody_else_pays_for_the_business_case() -> None:
    config = case("hartlepool_darlington")
    assert {measure.from_ for measure in config.measures.values()} == {2013}
    cost = config.measures["quick_wins"].one_off["business_case"]
    assert planned(cost.amount) == pytest.approx(0.075)
    payers = [council.pots["regional_partnership"].owner for council in config.councils.values()]
    assert payers == ["external", "external"]


def test_four_gates_leave_the_share_of_talks_that_reach_agreement() -> None:
    chances = tree(ROOT / "configs/hartlepool_darlington.yaml")["events"]["withdrawal"]["chance"]
    stays = np.prod([1 - float(chance.rstrip("%")) / 100 for chance in chances.values()])
    assert len(chances) == 4
    assert stays == pytest.approx(float(REFERENCES["partner_signs"]["value"].rstrip("%")) / 100, abs=0.001)


def test_the_programme_spends_its_nine_million_if_every_place_is_filled() -> None:
    drivers = case("transformation_challenge_award").drivers
    large = planned(drivers["large_awards"]) * planned(drivers["large_award_size"])
    small = planned(drivers["small_awards"]) * planned(drivers["small_award_size"])
    assert (planned(drivers["large_awards"]), planned(drivers["small_awards"])) == (4, 30)
    assert large + small == pytest.approx(planned(drivers["fund"]), abs=1e-12) == 9.0


def test_the_outcome_of_the_round_is_a_reading_only() -> None:
    document = tree(ROOT / "configs/transformation_challenge_award.yaml")
    readings = document.pop("readings")
    assert "tca_award" in str(readings)
    assert "tca_award" not in str(document)
    assert "145" not in str(document)


def test_boston_and_east_lindsey_plan_their_claim_to_the_penny() -> None:
    config = case("boston_east_lindsey")
    claim = config.options["alliance"].claims
    first, further = (config.measures[name].plan for name in ("first_savings", "further_savings"))
    cost = planned(config.measures["first_savings"].one_off["integration"].amount)
    assert first is not None
    assert further is not None
    assert claim is not None
    assert first[1] + further[1] == pytest.approx(1.8)
    assert sum(first) + sum(further) == pytest.approx(16.8)
    assert sum(first) + sum(further) - cost == pytest.approx(15.45)
    assert (claim.amount, claim.by, claim.net_of_one_off) == (15.4, 2029, True)


@pytest.mark.parametrize(("reading", "gross"), [("total_not_further", 11.4), ("part_year", 18.6)])
def test_boston_and_east_lindsey_can_be_read_otherwise(reading: str, gross: float) -> None:
    config = case("boston_east_lindsey").with_reading(reading)
    plans = [config.measures[name].plan for name in ("first_savings", "further_savings")]
    assert sum(sum(plan) for plan in plans if plan) == pytest.approx(gross)


def test_sedgemoors_gap_can_be_read_as_its_leader_had_it() -> None:
    config = case("south_somerset").with_reading("sedgemoor_gap")
    assert gap_in(config, "sedgemoor", 2019) == 3.2


def test_the_benchmark_is_the_workload_that_it_says() -> None:
    config = case("benchmark")
    text = (ROOT / "configs/benchmark.yaml").read_text(encoding="utf-8")
    assert text.count("dist: ") + len(config.events) == 30
    assert [len(option.measures) for option in config.options.values()] == [6, 6, 6, 6]
    assert sum(measure.realisation is not None for measure in config.measures.values()) == 8
    assert sum(measure.delay is not None for measure in config.measures.values()) == 4
    assert len(config.years or ()) == 5


# ---- The plan run returns them to the penny ----------------------------------------------------------------

PENNY = 1e-8  # in £m


@cache
def plan_run(name: str, reading: str | None = None) -> xarray.Dataset:
    """Give the plan run of a case, or of one of its readings."""
    config = case(name)
    return simulate_plan(compile_model(config.with_reading(reading) if reading else config)).dataset


def planned_flow(run: xarray.Dataset, flow: str, option: str, council: str, year: str) -> float:
    return float(run[flow].sel(option=option, council=council, year=year).squeeze())


@pytest.mark.parametrize(
    ("option", "council", "saving", "gap"),
    [
        ("do_nothing", "south_somerset", 0.0, 4.1),
        ("do_nothing", "sedgemoor", 0.0, 1.9),
        ("solo", "south_somerset", 4.2, -0.1),
        ("joint_authority", "south_somerset", 1.2, 2.9),
        ("joint_authority", "sedgemoor", 1.3, 0.6),
        ("strategic_alliance", "south_somerset", 0.0, 4.1),
        ("solo_and_alliance", "south_somerset", 4.2, -0.1),
        ("joint_authority_and_transformation", "south_somerset", 4.2 + 1.2 - 0.3, -1.0),
    ],
)
def test_the_plan_of_south_somersets_options_is_the_published_one(
    option: str, council: str, saving: float, gap: float
) -> None:
    run = plan_run("south_somerset")
    assert planned_flow(run, "run_rate", option, council, "2019/20") == pytest.approx(saving, abs=PENNY)
    assert planned_flow(run, "gap_recurring", option, council, "2019/20") == pytest.approx(gap, abs=PENNY)


def test_the_joint_authority_is_received_in_full_only_after_the_target_year() -> None:
    run = plan_run("south_somerset")
    target, later = (
        planned_flow(run, "savings", "joint_authority", "south_somerset", year)
        for year in ("2019/20", "2020/21")
    )
    assert target < 1.2 - PENNY
    assert later == pytest.approx(1.2, abs=PENNY)


def test_the_solo_case_pays_its_one_off_costs_from_the_councils_own_pots() -> None:
    run = plan_run("south_somerset")
    gross = planned_flow(run, "one_off_gross", "solo", "south_somerset", "2017/18")
    assert gross == pytest.approx(0.394 + 1.3143 + 2.754, abs=PENNY)


@pytest.mark.parametrize(
    ("reading", "option", "saving"),
    [
        ("alliance_credited", "strategic_alliance", 1.2),
        ("narrow_transformation", "joint_authority_and_transformation", 2.0 + 1.2 - 0.3),
        (
            "cash_not_recurring",
            "joint_authority",
            1.2 / 3,
        ),  # a rise of four years and one full year: three in all
    ],
)
def test_a_reading_changes_the_plan_as_it_says(reading: str, option: str, saving: float) -> None:
    run = plan_run("south_somerset", reading)
    found = planned_flow(run, "run_rate", option, "south_somerset", "2019/20")
    assert found == pytest.approx(saving, abs=PENNY)


def test_hartlepool_and_darlington_save_five_million_and_stay_far_from_closing() -> None:
    run = plan_run("hartlepool_darlington")
    councils = ("hartlepool", "darlington")
    saved = [planned_flow(run, "run_rate", "full", council, "2014/15") for council in councils]
    short = [planned_flow(run, "gap_recurring", "full", council, "2014/15") for council in councils]
    assert saved == pytest.approx([2.75, 2.25], abs=PENNY)
    assert short == pytest.approx([12.25, 5.55], abs=PENNY)


@pytest.mark.parametrize("council", ["hartlepool", "darlington"])
def test_the_business_case_nets_to_nothing_where_the_funder_pays(council: str) -> None:
    run = plan_run("hartlepool_darlington")
    assert planned_flow(run, "one_off_gross", "full", council, "2012/13") == pytest.approx(0.0375, abs=PENNY)
    assert planned_flow(run, "one_off_net", "full", council, "2012/13") == pytest.approx(0.0, abs=PENNY)


def test_the_ten_years_of_the_lincolnshire_alliance_add_up_to_its_business_case() -> None:
    run = plan_run("boston_east_lindsey").sel(option="alliance").squeeze()
    assert float(run["savings"].sum()) == pytest.approx(16.8, abs=PENNY)
    assert float(run["savings"].sum() - run["one_off_net"].sum()) == pytest.approx(15.45, abs=PENNY)
    split = run["savings"].sum("year")
    assert float(split.sel(council="boston") / split.sum()) == pytest.approx(0.33, abs=1e-9)


def test_an_award_pays_for_setting_up_and_never_closes_a_gap() -> None:
    run = plan_run("transformation_challenge_award")
    options = ("own_money", "bid")
    gaps = [planned_flow(run, "gap_recurring", option, "sampleton", "2015/16") for option in options]
    costs = [planned_flow(run, "one_off_net", option, "sampleton", "2013/14") for option in options]
    assert gaps[0] == gaps[1]
    assert costs == pytest.approx([0.15, 0.0], abs=PENNY)


# ---- Reference classes -------------------------------------------------------------------------------------


def reference(name: str) -> Distribution:
    """Give the distribution of a class whose parameters are plain numbers."""
    entry = REFERENCES[name]
    known = ("alpha", "beta", "shape", "scale")
    return make(entry["dist"], {key: entry[key] for key in known if key in entry})


def test_every_class_the_domain_names_is_there() -> None:
    assert {
        "uk_savings_in_year", "uk_savings_final", "uk_savings_green", "uk_savings_amber", "uk_savings_red",
        "uk_income", "uk_partnership", "delay_programme", "delay_partnership", "one_off_overrun", "exit_cost",
        "partner_signs", "partner_leaves", "tca_award", "pay_award_error",
        "funding_confirmed", "funding_indicative", "funding_assumed",
    } <= set(REFERENCES)  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
def test_every_class_says_in_plain_english_what_it_is(name: str) -> None:
    entry = REFERENCES[name]
    assert entry["kind"] in {"money", "share", "duration", "count", "number"}
    assert entry["statement"].endswith(".")
    assert entry.get("measures", "final") in {"in_year", "final"}
    assert set(entry.get("includes", ["delay"])) <= {"delay", "failure", "contingency"}


def test_in_year_delivery_is_usually_eighty_six_per_cent() -> None:
    delivery = reference("uk_savings_in_year")
    assert delivery.quantile(0.5) == pytest.approx(0.86, abs=0.005)
    assert delivery.quantile(0.1) == pytest.approx(0.67, abs=0.01)


def test_ratings_lose_about_what_they_say() -> None:
    lost = [round(1 - reference(f"uk_savings_{rating}").mean, 2) for rating in ("green", "amber", "red")]
    assert lost == [0.06, 0.30, 0.60]


@pytest.mark.parametrize("ramp", [3, 4])
def test_final_delivery_and_a_delay_together_give_what_councils_record_in_the_year(ramp: int) -> None:
    """In the first full year of a steady rise, over an even spread of the delay's chances."""
    late = make("triangular", {"low": 0.0, "mode": 0.5, "high": 2.0}).ppf((np.arange(20_000) + 0.5) / 20_000)
    moments = ramp + (np.arange(100) + 0.5) / 100
    rate = np.clip((moments[:, None] - late) / ramp, 0, 1)
    in_the_year = reference("uk_savings_final").mean * rate.mean()
    assert 0.805 <= in_the_year <= 0.88


def test_one_persons_exit_is_dear_for_a_few() -> None:
    cost = make("lognormal", {"mean": 26_000.0, "sd": 39_900.0})
    assert REFERENCES["exit_cost_one_person"]["mean"] == "£26,000"
    assert cost.quantile(0.5) < 14_200 < cost.quantile(0.51)
    sigma = np.log(cost.quantile(0.9) / cost.quantile(0.5)) / 1.2815515655446004
    assert sigma == pytest.approx(1.1, abs=0.001)
