"""What ``--set`` and readings change, and how changed configs are told apart; forms are in ``test_config``."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest

from simlib.config import Config, parse_config
from simlib.config.quantities import Quantity, Source
from simlib.distributions import make
from simlib.errors import ConfigError

COUNCIL = (Path(__file__).parent / "good" / "council.yaml").read_text(encoding="utf-8")


@pytest.fixture
def config() -> Config:
    return parse_config(COUNCIL, "council.yaml")


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(*arguments, **named)
    return str(caught.value)


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


def test_more_figures_than_anybody_lays_over_a_file_are_refused_at_once() -> None:
    many = {f"drivers.a{i}": "1" for i in range(20_000)}
    said = refusal(COUNCIL, "c.yaml", overrides=many)
    assert said == "--set: expected at most 1,000 figures, got 20,000"
    figures = "".join(f"\n    {address}: {value}" for address, value in many.items())
    text = f"simlib: 1\ntitle: x\ndrivers: {{a: 1}}\nreadings:\n  r:\n   why: w\n   set: {figures}\n"
    said = refusal(text, "c.yaml")
    assert said == "c.yaml:8:5: readings.r.set: expected at most 1,000 figures, got 20,000 (in the reading 'r')"


def test_a_reading_is_the_file_with_other_figures(config: Config) -> None:
    cash = config.with_reading("cash")
    assert (cash.measures["shared"].basis, cash.measures["shared"].over) == ("cumulative", 3.0)
    assert (cash.reading, config.reading) == ("cash", None)
    assert config.measures["shared"].basis == "recurring"
    on_time = config.with_reading("on_time")
    assert on_time.measures["digital"].delay == Quantity("duration", 0.0)


def test_what_a_reading_leaves_as_it_is_was_read_once(config: Config) -> None:
    on_time = config.with_reading("on_time")
    assert on_time.measures["shared"] is config.measures["shared"]
    assert on_time.measures["digital"] is not config.measures["digital"]


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
