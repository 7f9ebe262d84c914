"""Good files: what each form means, what is laid over them, and the schema for editors; bad files apart."""

import hashlib
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from simlib import distributions
from simlib.config import Config, load_config, parse_config, references, schema
from simlib.config.formulas import Formula
from simlib.config.inventory import figures
from simlib.config.quantities import ByYear, DatedChances, Quantity, Source, SumOf, Varies
from simlib.distributions import make
from simlib.errors import ConfigError

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))

COUNCIL = """\
simlib: 1
title: "A council: and its gap"
as_at: 2016-03-17
money: £m
prices: real 2015/16
years: 2016/17 to 2018/19
target_year: 2018/19
run: {simulations: 131_072, seed: 0, precision: 0.5%, keep: all}
councils:
  here:
    label: Here
    gap:
      basis: cumulative_base
      already_includes_savings: no
      plan: {2016/17: 0.6, 2017/18: £1.9m, 2018/19: 3.1}
    pressures:
      pay: {base: 17.1, growth: pay}
      care: {plan: [1, 2, 3], change: {dist: uniform, low: £-100k, high: £0.3m}, varies: walk}
    funding:
      grant: {plan: 2, realised: {dist: pert, low: 80%, mode: 100%, high: 160%, varies: ar1(0.6)}}
      rates: {plan: 2, certainty: indicative}
    general_fund: {opening: 4, minimum: 2}
    pots: {reserve: {opening: "where(events.signs, 0, 0.4)", owner: own}}
  there: {label: There}
drivers:
  pay: {kind: share, dist: normal, mean: 1%, sd: 0.6%, plan: [1%, 1%, 2%], varies: yearly, stream: pay_award}
measures:
  digital:
    council: here
    saving: 2
    basis: recurring
    from: 2016/17
    full_from: 2018/19
    delay: {dist: triangular, low: 0 months, mode: 6 months, high: 2 years}
    one_off:
      exits: {amount: exits * 0.026, in: 2016/17, funded_by: [{reserve: £0.3m}]}
      pensions:
        amount: {sum_of: exits, each: {reference: exit_cost_one_person, plan: £26_000}}
        lead: 6 months
    local:
      exits: {dist: poisson, mean: 20, plan: 20, kind: count}
  shared:
    saving:
      {dist: uniform, low: 2, high: 3, plan: 2.5, source: {what: report, mark: doc 2, date: 2016-03}}
    basis: recurring
    from: 2016/17
    shares: {here: 48%, there: rest}
    requires: signs
    overlaps: {digital: 0.3}
    realisation: {reference: uk_savings_final, note: ours}
events:
  signs: {chance: {2016-12: 20%, 2017-06: {dist: uniform, low: 20%, high: 40%}}, plan: happens}
  leaves: {chance: 3.3%, each: year, plan: does_not, stops: shared, keeps: 40%, costs: 0.3}
options:
  nothing: {councils: [here, there], measures: []}
  both: {councils: [here, there], measures: [digital, shared]}
readings:
  cash: {why: it may be cash, set: {measures.shared.basis: cumulative, measures.shared.over: 3 years}}
  on_time: {why: "no delay: as promised", set: {measures.digital.delay: 0 months}}
dependence:
  late: {between: [measures.digital.delay, measures.shared.realisation], rank_correlation: -0.5}
outputs:
  per_exit: measures.digital.saving / measures.digital.local.exits
"""

NORMAL = make("normal", {"mean": 0, "sd": 1})


@pytest.fixture
def config() -> Config:
    return parse_config(COUNCIL, "council.yaml")


def driver(text: str) -> Quantity:
    return parse_config(f"simlib: 1\ntitle: One driver\nmoney: £m\ndrivers:\n  x: {text}\n").drivers["x"]


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(*arguments, **named)
    return str(caught.value)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_of_the_project_loads(path: Path) -> None:
    loaded = load_config(path)
    assert loaded.text == path.read_text(encoding="utf-8")
    assert loaded.name == path.stem


def test_the_head_is_typed_by_its_fields(config: Config) -> None:
    assert config.as_at == date(2016, 3, 17)
    assert (config.money, config.prices, config.years) == ("£m", "real 2015/16", (2016, 2017, 2018))
    assert config.run == schema.Run.model_construct(
        simulations=131_072, seed=0, sampler="random", precision=0.005, keep="all"
    )


def test_money_by_year_is_in_the_unit_of_the_file(config: Config) -> None:
    here = config.councils["here"]
    assert here.gap is not None
    assert here.gap.plan == (0.6, 1.9, 3.1)
    assert here.gap.already_includes_savings is False
    assert here.funding["grant"].plan == (2, 2, 2)
    assert here.pressures["care"].change == Quantity(
        "money", make("uniform", {"low": -0.1, "high": 0.3}), varies=Varies("walk")
    )


def test_a_driver_keeps_its_plan_by_year_its_stream_and_how_it_varies(config: Config) -> None:
    pay = config.drivers["pay"]
    assert pay.plan == (0.01, 0.01, 0.02)
    assert (pay.stream, pay.varies, pay.kind) == ("pay_award", Varies("yearly"), "share")
    grant = config.councils["here"].funding["grant"].realised
    assert isinstance(grant, Quantity)
    assert grant.varies == Varies("ar1", 0.6)


def test_formulas_stand_where_figures_can(config: Config) -> None:
    growth = config.councils["here"].pressures["pay"].growth
    assert isinstance(growth, Quantity)
    assert isinstance(growth.value, Formula)
    assert growth.value.names == ("pay",)


def test_a_sum_of_individual_costs_is_a_number_and_one_amount(config: Config) -> None:
    amount = config.measures["digital"].one_off["pensions"].amount
    assert isinstance(amount, SumOf)
    assert isinstance(amount.count.value, Formula)
    assert (amount.each.plan, amount.each.reference) == (0.026, "exit_cost_one_person")
    assert amount.each.value.mean == pytest.approx(0.026, rel=1e-12)  # type: ignore[union-attr]


def test_a_reference_class_brings_its_distribution_and_source(config: Config) -> None:
    realisation = config.measures["shared"].realisation
    assert realisation is not None
    assert realisation.value == make("beta", {"alpha": 18, "beta": 1.2})
    assert (realisation.reference, realisation.measures, realisation.note) == (
        "uk_savings_final",
        "final",
        "ours",
    )
    assert realisation.source is not None
    assert realisation.source.mark == "derived"


def test_chances_by_date_are_in_order_with_names_for_addresses(config: Config) -> None:
    chance = config.events["signs"].chance
    assert isinstance(chance, DatedChances)
    assert chance.names == ("m2016_12", "m2017_06")
    assert chance.moments == (2016 + 8 / 12, 2017 + 2 / 12)
    assert chance.chances[0].value == 0.2


def test_ids_names_and_requirements_may_be_one_or_several(config: Config) -> None:
    assert config.measures["shared"].requires == ("signs",)
    assert config.events["leaves"].stops == ("shared",)
    assert config.measures["shared"].shares == {"here": Quantity("share", 0.48), "there": "rest"}
    assert config.measures["digital"].one_off["exits"].funded_by == ({"reserve": 0.3},)


def test_sources_say_what_mark_and_date(config: Config) -> None:
    saving = config.measures["shared"].saving
    assert saving is not None
    assert saving.source == Source("report", "doc 2", "2016-03")


def test_every_figure_has_an_address(config: Config) -> None:
    found = figures(config)
    for address in (
        "drivers.pay",
        "councils.here.pressures.care.change",
        "councils.here.pots.reserve.opening",
        "measures.digital.one_off.pensions.amount.sum_of",
        "measures.digital.one_off.pensions.amount.each",
        "measures.shared.shares.here",
        "measures.shared.overlaps.digital",
        "events.signs.chance.m2017_06",
        "outputs.per_exit",
    ):
        assert address in found, address
    assert found["measures.digital.local.exits"].measure == "digital"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        ("{value: 1e6}", 1e6),
        ("{value: 85%, kind: share}", 0.85),
        ("{value: £22_000, kind: money}", 0.022),
        ("{value: '£22,000', kind: money}", 0.022),
        ("{value: 18 months, kind: duration}", 1.5),
        ("{dist: fixed, value: 2}", 2.0),
        ("{dist: normal, p5: 1, p95: 3}", make("normal", {"p5": 1, "p95": 3})),
        ("{dist: triangular, p10: 1, mode: 2, p90: 4}", make("triangular", {"p10": 1, "mode": 2, "p90": 4})),
        ("{dist: lognormal, median: 1, p90: 2}", make("lognormal", {"median": 1, "p90": 2})),
        (
            "{dist: pert, low: 0, mode: 1, high: 4, lambda: 6}",
            make("pert", {"low": 0, "mode": 1, "high": 4, "lambda": 6}),
        ),
        (
            "{dist: metalog, quantiles: {p10: 2, p50: 3, p90: 5}}",
            make("metalog", {"p10": 2, "p50": 3, "p90": 5}),
        ),
        (
            "{dist: discrete, values: [1, 2], weights: [40%, 60%]}",
            make("discrete", {"values": (1, 2), "weights": (0.4, 0.6)}),
        ),
        (
            "{dist: piecewise, values: [0, 1, 3], probabilities: [0, 0.5, 1]}",
            make("piecewise", {"values": (0, 1, 3), "probabilities": (0, 0.5, 1)}),
        ),
        ("{dist: empirical, values: [1, 2, 2]}", make("empirical", {"values": (1, 2, 2)})),
        ("{dist: binomial, n: 20, p: 12.4%}", make("binomial", {"n": 20, "p": 0.124})),
        (
            "{dist: student_t, df: 4, location: 0, scale: 1}",
            make("student_t", {"df": 4, "location": 0, "scale": 1}),
        ),
        (
            "{dist: normal, mean: 0, sd: 1, truncate: {low: -1}}",
            make("truncated", {"parent": NORMAL, "low": -1}),
        ),
        (
            "{dist: mixture, of: {a: {weight: 85%, dist: normal, mean: 0, sd: 1}, b: {weight: 15%, value: 4}}}",  # noqa: E501
            make("mixture", {"of": (NORMAL, make("fixed", {"value": 4})), "weights": (0.85, 0.15)}),
        ),
    ],
)
def test_a_quantity_is_a_figure_or_a_distribution(text: str, value: object) -> None:
    assert driver(text).value == value


def test_quantiles_between_whole_percents_are_written_with_an_underscore() -> None:
    found = driver("{dist: normal, p2_5: 0, p97_5: 10}").value
    assert found.quantile(0.025) == pytest.approx(0, abs=1e-9)  # type: ignore[union-attr]


def test_every_family_can_be_written_in_a_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8") + "".join(p.read_text(encoding="utf-8") for p in CONFIGS)
    text += "".join(p.read_text(encoding="utf-8") for p in (Path(__file__).parent / "bad").glob("*.yaml"))
    written = {name for name in distributions.FAMILIES if f"dist: {name}" in text}
    assert {"uniform", "triangular", "pert", "normal", "lognormal", "beta", "mixture", "metalog"} <= written


def test_data_beside_a_config_are_read(tmp_path: Path) -> None:
    (tmp_path / "awards.csv").write_text('round,amount\n1,"£350,000"\n2,£0.2m\n\n3,0.1\n', encoding="utf-8")
    (tmp_path / "c.yaml").write_text(
        "simlib: 1\ntitle: Data\nmoney: £m\ndrivers:\n"
        "  a: {kind: money, dist: empirical, file: awards.csv, column: amount}\n",
        encoding="utf-8",
    )
    value = load_config(tmp_path / "c.yaml").drivers["a"].value
    assert value == make("empirical", {"values": (0.35, 0.2, 0.1)})


def test_realisation_may_exceed_the_plan_by_its_tail_but_not_by_a_stated_bound() -> None:
    alone = parse_config(COUNCIL.partition("dependence:")[0])
    changed = alone.with_overrides({"measures.shared.realisation": "{reference: uk_income}"})
    income: Any = changed.measures["shared"].realisation
    assert income.value.quantile(0.9) == pytest.approx(1.25)
    with pytest.raises(ConfigError, match=r"got '140%'; more than the whole is scope_growth"):
        alone.with_overrides({"measures.shared.realisation": "140%"})


def test_growth_by_year_has_a_quantity_for_each_year() -> None:
    text = COUNCIL.replace("growth: pay}", "growth: {2018/19: 3%, 2016/17: pay, 2017/18: 2%}}")
    growth = parse_config(text).councils["here"].pressures["pay"].growth
    assert isinstance(growth, ByYear)
    assert growth.years == (2016, 2017, 2018)
    assert [q.value for q in growth.values[1:]] == [0.02, 0.03]
    listed = parse_config(text.replace("{2018/19: 3%, 2016/17: pay, 2017/18: 2%}", "[1%, 2%, 3%]"))
    growth = listed.councils["here"].pressures["pay"].growth
    assert growth == ByYear(tuple(Quantity("share", v) for v in (0.01, 0.02, 0.03)))


# --- what is laid over a file ------------------------------------------------------------------


def test_set_replaces_the_distribution_and_keeps_plan_and_source(config: Config) -> None:
    saving = (
        config.with_overrides({"measures.shared.saving": "{dist: normal, mean: 2, sd: 0.1}"}).measures["shared"].saving
    )
    assert saving is not None
    assert saving.value == make("normal", {"mean": 2, "sd": 0.1})
    assert (saving.plan, saving.source) == (2.5, Source("report", "doc 2", "2016-03"))
    stated = config.with_overrides({"measures.shared.saving": "{dist: uniform, low: 1, high: 2, plan: 1.5}"})
    assert stated.measures["shared"].saving.plan == 1.5  # type: ignore[union-attr]


def test_set_to_a_figure_makes_a_driver_certain(config: Config) -> None:
    changed = config.with_overrides(["drivers.pay=2%", "measures.digital.delay = 3 months"])
    assert changed.drivers["pay"] == Quantity("share", 0.02, plan=(0.01, 0.01, 0.02), stream="pay_award")
    assert changed.measures["digital"].delay == Quantity("duration", 0.25)
    assert config.drivers["pay"].value == make("normal", {"mean": 0.01, "sd": 0.006})


def test_set_reaches_literals_absent_slots_and_single_years(config: Config) -> None:
    changed = config.with_overrides(
        {
            "councils.here.general_fund.minimum": "2.5",
            "measures.digital.realisation": "70%",
            "councils.here.gap.plan.y2017_18": "2.2",
            "councils.here.pressures.care.plan.y2018_19": "4",
            "drivers.pay.plan.y2016_17": "1.5%",
            "run.seed": "7",
        }
    )
    here = changed.councils["here"]
    assert here.general_fund.minimum.value == 2.5  # type: ignore[union-attr]
    assert changed.measures["digital"].realisation == Quantity("share", 0.7)
    assert here.gap.plan == (0.6, 2.2, 3.1)  # type: ignore[union-attr]
    assert here.pressures["care"].plan == (1, 2, 4)
    assert changed.drivers["pay"].plan == (0.015, 0.01, 0.02)
    assert changed.run.seed == 7


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "measures.shared.realisation=140%",
            (
                "measures.shared.realisation: expected a share such as 0.85 or 85%, got '140%'; "
                "more than the whole is scope_growth"
            ),
        ),
        (
            "measures.shard.saving=1",
            "measures.shard.saving: there is no 'shard' in measures; did you mean 'shared'?",
        ),
        ("measures.shared.savin=1", "measures.shared.savin: unknown key 'savin'; did you mean 'saving'?"),
        (
            "drivers.pay={dist: normal",
            "drivers.pay: a { opens here and is not closed, or a comma is missing between its entries",
        ),
        (
            "drivers.pay=*x",
            (
                "drivers.pay: aliases such as *x are not part of the language; write the value out, "
                "or give it a name under drivers"
            ),
        ),
        ("drivers.pay", "expected ADDRESS=VALUE, such as measures.sharing.realisation=70%"),
        ("drivers.pay=", "expected ADDRESS=VALUE, such as measures.sharing.realisation=70%"),
    ],
    ids=["value", "section", "key", "syntax", "alias", "no_value", "empty_value"],
)
def test_what_set_cannot_do_is_said_with_its_own_words(override: str, message: str) -> None:
    assert refusal(COUNCIL, "c.yaml", overrides=[override]) == f"--set {override}: {message}"


def test_several_bad_overrides_are_said_at_once() -> None:
    said = refusal(COUNCIL, "c.yaml", overrides={"drivers.pay": "no", "run.seed": "-1", "nowhere.at.all": "1"})
    assert [line.split(": ")[1] for line in said.splitlines()] == [
        "drivers.pay",
        "nowhere.at.all",
        "run.seed",
    ]


def test_a_reading_is_the_file_with_other_figures(config: Config) -> None:
    cash = config.with_reading("cash")
    assert (cash.measures["shared"].basis, cash.measures["shared"].over) == ("cumulative", 3.0)
    assert (cash.reading, config.reading) == ("cash", None)
    assert config.measures["shared"].basis == "recurring"
    on_time = config.with_reading("on_time")
    assert on_time.measures["digital"].delay == Quantity("duration", 0.0)


def test_a_reading_lies_over_what_was_set(config: Config) -> None:
    both = config.with_overrides({"drivers.pay": "2%"}).with_reading("cash")
    assert both.drivers["pay"].value == 0.02
    assert both.measures["shared"].basis == "cumulative"
    assert both.overrides == (("drivers.pay", "2%"),)


def test_an_unknown_reading_is_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"readings\.slow: there is no such reading"):
        config.with_reading("slow")


def test_a_correlation_that_a_reading_leaves_without_a_driver_is_no_mistake_of_the_file(
    config: Config,
) -> None:
    assert config.with_reading("on_time").dependence["late"].rank_correlation == -0.5


def test_the_digest_is_of_the_text_and_of_what_is_laid_over_it(config: Config) -> None:
    assert config.digest == hashlib.sha256(COUNCIL.encode()).hexdigest()
    laid_over = [config.with_overrides({"drivers.pay": "2%"}), config.with_reading("cash"), config]
    assert len({each.digest for each in laid_over}) == 3


def test_a_config_survives_the_way_to_another_process(config: Config) -> None:
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.digest == config.digest
    assert again.with_reading("cash").measures == config.with_reading("cash").measures


def test_a_config_cannot_be_changed(config: Config) -> None:
    with pytest.raises(Exception, match="frozen"):
        config.title = "another"


# --- small promises ----------------------------------------------------------------------------


def test_the_order_of_a_file_is_its_own(config: Config) -> None:
    assert list(config.options) == ["nothing", "both"]
    lines = COUNCIL.split("readings:\n")
    moved = parse_config(
        "readings:\n" + lines[1].split("dependence:")[0] + lines[0] + "dependence:" + lines[1].split("dependence:")[1]
    )
    assert moved.measures == config.measures


def test_a_double_count_is_accepted_where_the_file_says_so() -> None:
    text = COUNCIL.replace("uk_savings_final, note: ours}", "uk_savings_in_year}\n    delay: 6 months")
    assert "already includes delay" in refusal(text)
    accepted = parse_config(text.replace("requires: signs", "requires: signs\n    double_count: accepted"))
    assert accepted.measures["shared"].double_count == "accepted"


def test_a_file_of_drivers_and_outputs_is_complete() -> None:
    drivers = "drivers:\n  cost: {dist: uniform, low: 1, high: 2}\n"
    outputs = "outputs:\n  twice: {formula: cost * 2, label: Twice}\n"
    loaded = parse_config("simlib: 1\ntitle: A risk register\n" + drivers + outputs)
    assert loaded.outputs["twice"].label == "Twice"
    assert loaded.years is None


def test_every_reference_class_can_be_read_and_says_what_it_is() -> None:
    for name in references.entries():
        found = references.reference(name)
        assert found.reference == name
        assert found.source is not None
        assert found.measures in (None, "in_year", "final")
        assert references.statement(name)


def test_money_of_a_reference_class_is_in_the_unit_of_the_file() -> None:
    in_pounds = parse_config("simlib: 1\ntitle: x\nmoney: £\ndrivers:\n  x: {kind: money, reference: exit_cost}\n")
    in_thousands = parse_config("simlib: 1\ntitle: x\nmoney: £k\ndrivers:\n  x: {kind: money, reference: exit_cost}\n")
    assert in_pounds.drivers["x"].value.support == (22_000, 30_000)  # type: ignore[union-attr]
    assert in_thousands.drivers["x"].value.support == (22, 30)  # type: ignore[union-attr]


# --- the schema for editors --------------------------------------------------------------------


def plain(node: Any) -> Any:
    """What an editor's own YAML reader makes of a file."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return node.isoformat() if isinstance(node, date) else node


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    from simlib.config.json_schema import config_schema

    jsonschema.Draft202012Validator.check_schema(config_schema())
    return jsonschema.Draft202012Validator(config_schema())


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_editors_accept_every_config_of_the_project(path: Path, validator: Any) -> None:
    assert list(validator.iter_errors(plain(yaml.safe_load(path.read_text(encoding="utf-8"))))) == []


def test_editors_accept_what_the_program_accepts(validator: Any) -> None:
    assert list(validator.iter_errors(plain(yaml.safe_load(COUNCIL)))) == []


@pytest.mark.parametrize(
    "change",
    [
        ("measures:\n", "mesures:\n"),
        ("basis: recurring\n    from", "basiss: recurring\n    from"),
        ("mode: 6 months", "mod: 6 months"),
        ("dist: triangular", "dist: triangel"),
        ("reference: uk_savings_final", "reference: uk_saving_final"),
        ("plan: happens", "plan: perhaps"),
        ("owner: own", "owner: ours"),
        ("target_year: 2018/19", "target_year: 2018-19"),
    ],
)
def test_editors_mark_a_misspelling(change: tuple[str, str], validator: Any) -> None:
    text = COUNCIL.replace(*change)
    assert text != COUNCIL
    assert list(validator.iter_errors(plain(yaml.safe_load(text))))


def test_every_key_has_its_description_for_the_editor() -> None:
    from simlib.config.json_schema import config_schema

    described = config_schema()["$defs"]["Measure"]["properties"]
    assert described["delay"]["description"].startswith("How much later than planned")
    assert "description" in config_schema()["properties"]["target_year"]
