"""Good files: what each form of a figure, name and date means; bad files are in ``test_bad_files``."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from simlib import distributions
from simlib.config import Config, load_config, parse_config, references, schema
from simlib.config.formulas import Formula
from simlib.config.inventory import figures
from simlib.config.precision import Wanted
from simlib.config.quantities import ByYear, DatedChances, Quantity, Source, SumOf, Varies
from simlib.distributions import Smoothed, make
from simlib.errors import ConfigError

CONFIGS = sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml"))

COUNCIL = (Path(__file__).parent / "good" / "council.yaml").read_text(encoding="utf-8")

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
        simulations=131_072, seed=0, sampler="random", precision=(Wanted("chance", 0.005, "share"),), keep="all"
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
            "{dist: mixture, of: {a: {weight: 85%, dist: normal, mean: 0, sd: 1}, b: {weight: 15%, value: 4}}}",
            make("mixture", {"of": (NORMAL, make("fixed", {"value": 4})), "weights": (0.85, 0.15)}),
        ),
        (
            "{dist: zero_inflated, chance: 20%, of: {dist: normal, mean: 0, sd: 1}}",
            make("zero_inflated", {"chance": 0.2, "of": NORMAL}),
        ),
        (
            "{dist: zero_inflated, chance: 20%, of: 4}",
            make("zero_inflated", {"chance": 0.2, "of": make("fixed", {"value": 4})}),
        ),
        (
            "{dist: logarithmic_pool, of: {a: {weight: 60%, value: 4}, b: {weight: 40%, dist: poisson, mean: 3}}}",
            make(
                "logarithmic_pool",
                {"of": (make("fixed", {"value": 4}), make("poisson", {"mean": 3})), "weights": (0.6, 0.4)},
            ),
        ),
        (
            "{dist: empirical, values: [1, 2, 4], smoothed: yes}",
            make("empirical", {"values": (1, 2, 4), "smoothed": True}),
        ),
        (
            "{dist: empirical, values: [1, 2, 4], smoothed: yes, bandwidth: 0.5, truncate: {low: 0}}",
            make("truncated", {"parent": Smoothed((1, 2, 4), 0.5), "low": 0}),
        ),
        ("{dist: empirical, values: [1, 2, 4], smoothed: no}", make("empirical", {"values": (1, 2, 4)})),
    ],
)
def test_a_quantity_is_a_figure_or_a_distribution(text: str, value: object) -> None:
    assert driver(text).value == value


def test_quantiles_between_whole_percents_are_written_with_an_underscore() -> None:
    found = driver("{dist: normal, p2_5: 0, p97_5: 10}").value
    assert found.quantile(0.025) == pytest.approx(0, abs=1e-9)  # type: ignore[union-attr]


FAMILIES = {
    "fixed": {"value": 2.0},
    "uniform": {"low": 1.0, "high": 2.0},
    "loguniform": {"low": 1.0, "high": 20.0},
    "triangular": {"low": 1.0, "mode": 2.0, "high": 4.0},
    "pert": {"low": 1.0, "mode": 2.0, "high": 4.0},
    "normal": {"mean": 1.0, "sd": 2.0},
    "truncated_normal": {"mean": 1.0, "sd": 2.0, "low": 0.0},
    "lognormal": {"mean": 1.0, "sd": 2.0},
    "beta": {"alpha": 2.0, "beta": 3.0, "low": 1.0, "high": 5.0},
    "gamma": {"mean": 1.0, "sd": 2.0},
    "weibull": {"shape": 1.5, "scale": 2.0},
    "student_t": {"df": 4.0, "location": 1.0, "scale": 2.0},
    "exponential": {"mean": 2.0},
    "gumbel": {"location": 1.0, "scale": 2.0},
    "bernoulli": {"p": 0.3},
    "binomial": {"n": 20.0, "p": 0.3},
    "poisson": {"mean": 3.0},
    "geometric": {"p": 0.3},
    "discrete": {"values": [1.0, 2.0], "weights": [0.4, 0.6]},
    "empirical": {"values": [1.0, 2.0, 4.0]},
    "piecewise": {"values": [0.0, 1.0, 3.0], "probabilities": [0.0, 0.5, 1.0]},
    "metalog": {"p10": 2.0, "p50": 3.0, "p90": 5.0},
}
# distributions of distributions: of, and truncate, in the examples above
APART = {"mixture", "zero_inflated", "logarithmic_pool", "truncated"}


def test_every_family_has_its_example() -> None:
    assert set(FAMILIES) | APART == set(distributions.FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_means_in_a_file_what_it_means_in_python(family: str) -> None:
    written = driver(yaml.safe_dump({"dist": family, **FAMILIES[family]}, default_flow_style=True).strip()).value
    assert written == (2.0 if family == "fixed" else make(family, FAMILIES[family]))


def test_data_beside_a_config_are_read(tmp_path: Path) -> None:
    (tmp_path / "awards.csv").write_text('round,amount\n1,"£350,000"\n2,£0.2m\n\n3,0.1\n', encoding="utf-8")
    (tmp_path / "c.yaml").write_text(
        "simlib: 1\ntitle: Data\nmoney: £m\ndrivers:\n"
        "  a: {kind: money, dist: empirical, file: awards.csv, column: amount}\n"
        "  b: {kind: money, dist: empirical, file: awards.csv, column: amount, smoothed: yes, bandwidth: £50k}\n",
        encoding="utf-8",
    )
    loaded = load_config(tmp_path / "c.yaml")
    assert loaded.drivers["a"].value == make("empirical", {"values": (0.35, 0.2, 0.1)})
    smoothed = loaded.drivers["b"].value
    assert smoothed == make("empirical", {"values": (0.35, 0.2, 0.1), "smoothed": True, "bandwidth": 0.05})


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
    assert growth == ByYear(tuple(Quantity("share", v) for v in (0.01, 0.02, 0.03)), (2016, 2017, 2018))


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
