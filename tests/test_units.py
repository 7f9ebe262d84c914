"""Numbers as people write them: each spelling, each refusal, and there and back again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlib import units


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("£1.2m", "£m", 1.2),
        ("£1.2M", "£m", 1.2),
        ("1.2", "£m", 1.2),
        ("-0.5", "£m", -0.5),
        ("£-0.5m", "£m", -0.5),
        ("-£0.5m", "£m", -0.5),
        ("£22k", "£m", 0.022),
        ("£22,000", "£m", 0.022),
        ("£22_000", "£k", 22.0),
        ("£1bn", "£m", 1000.0),
        ("£1,234,567.89", "£", 1234567.89),
        ("1_000", "£k", 1000.0),
        ("1e6", "£", 1e6),
        ("£.5m", "£k", 500.0),
        ("0", "£m", 0.0),
        ("-0", "£m", 0.0),
    ],
)
def test_money_is_understood_as_people_write_it(text: str, unit: str, value: float) -> None:
    assert units.parse_money(text, unit) == value
    assert math.copysign(1, units.parse_money(text, unit)) == math.copysign(1, value)


@pytest.mark.parametrize(
    "text",
    [
        *("1.2m", "£", "m", "£1.2x", "-£-1", "--1", "£1 m", "(0.5)", "1,00", "1,0000", "1__0", "_1", "1_"),
        *("0x10", "12:30", "nan", "inf", "£nan", "1.2.3", "1e", "1e9999", "£1e15bn", "no", "", " 1", "1 "),
        *("١", "$1", "€1", "1" * 60),
    ],
)
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        units.parse_money(text, "£m")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.85", 0.85),
        ("85%", 0.85),
        ("85 %", 0.85),
        ("140%", 1.4),
        ("-5%", -0.05),
        ("1", 1.0),
        ("0.6%", 0.006),
        ("-1", -1),
    ],
)
def test_shares_are_understood_as_people_write_them(text: str, value: float) -> None:
    assert units.parse_share(text) == value


@pytest.mark.parametrize("text", ["85", "1.01", "-1.01", "140", "85%%", "%", "85 percent", "0,85"])
def test_a_share_beyond_1_needs_its_sign(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a share such as 0\.85 or 85%"):
        units.parse_share(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("6 months", 0.5), ("1 month", 1 / 12), ("2 years", 2.0), (".5 years", 0.5), ("0 months", 0.0),
     ("0", 0.0), ("18 months", 1.5), ("1 year", 1.0), ("-3 months", -0.25), ("6months", 0.5)],
)  # fmt: skip
def test_durations_are_understood_with_their_unit(text: str, value: float) -> None:
    assert units.parse_duration(text) == value


@pytest.mark.parametrize("text", ["6", "6 mnths", "months", "1 decade", "1 year 6 months", "a month", "6m"])
def test_a_duration_without_its_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 6 months or 2 years"):
        units.parse_duration(text)


def test_figures_beyond_any_council_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 1e15"):
        units.parse_number("1.1e15")
    assert units.parse_number("1e15") == 1e15


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert units.format_share(-0.0001, digits=0) == "0%"
    assert units.format_duration(-0.0) == "0 months"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "6 months"),
        (1.5, "18 months"),
        (1.0, "1 year"),
        (2.0, "2 years"),
        (1 / 12, "1 month"),
        (0.04, "0.48 months"),
    ],
)
def test_durations_are_written_in_the_unit_that_is_whole(value: float, text: str) -> None:
    assert units.format_duration(value) == text


@pytest.mark.parametrize("unit", units.UNITS)
def test_half_a_penny_is_half_a_penny_in_every_unit(unit: str) -> None:
    assert units.half_penny(unit) * units.SCALES[unit] == pytest.approx(0.005, rel=1e-15)


pennies = st.integers(-(10**12), 10**12)


@given(pennies, st.sampled_from(units.UNITS))
def test_money_written_in_pounds_comes_back_to_the_penny(amount: int, unit: str) -> None:
    sign, size = "-" if amount < 0 else "", abs(amount)
    read = units.parse_money(f"{sign}£{size // 100:,}.{size % 100:02d}", unit)
    assert round(read * units.SCALES[unit] * 100) == amount


@given(st.integers(0, 999))
def test_shares_that_were_written_are_read_again(thousandths: int) -> None:
    assert units.parse_share(units.format_share(thousandths / 1000)) == thousandths / 1000


@given(st.integers(0, 1200))
def test_durations_that_were_written_are_read_again(months: int) -> None:
    assert units.parse_duration(units.format_duration(months / 12)) == pytest.approx(months / 12, rel=1e-12)


@given(st.text(max_size=50))
def test_no_text_makes_a_parser_stumble(text: str) -> None:
    for parse in (
        units.parse_number,
        units.parse_share,
        units.parse_duration,
        lambda t: units.parse_money(t, "£m"),
    ):
        try:
            assert math.isfinite(parse(text))
        except ValueError as refusal:
            assert str(refusal).startswith("expected ")  # noqa: PT017 - either a figure or this
