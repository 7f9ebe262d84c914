"""Numbers and untrusted text into words."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_summary import chance as made_chance
from told_reports import NASTY

from simlib.grid import wrap
from simlib.wording import chance, chance_count, chance_range, clean, margin, money, number

# Numbers into words


@pytest.mark.parametrize(
    ("probability", "error", "words"),
    [
        (0.274, 0.0014, "27 of 100"),
        (0.004, 0.0002, "fewer than 1 of 100"),
        (0.996, 0.0002, "more than 99 of 100"),
        (0.005, 0.0002, "1 of 100"),
        (0.274, 0.02, "about 25 of 100"),
        (0.02, 0.01, "fewer than 5 of 100"),
        (0.5, 0.1, "about 50 of 100"),
        (0.97, 0.06, "more than 90 of 100"),
    ],
)
def test_a_chance_is_rounded_as_finely_as_its_error_supports(probability: float, error: float, words: str) -> None:
    assert chance(probability, error) == words


@pytest.mark.parametrize(
    ("futures", "words"), [(100_000, "33,000"), (1_000_000, "330,000"), (1_000, "330"), (60, "20")]
)
def test_none_of_n_futures_is_told_by_the_rule_of_three(futures: int, words: str) -> None:
    found = made_chance(0.0, futures)
    assert chance(0.0, 0.0, found["interval"]) == f"fewer than 1 in {words}"
    whole = made_chance(1.0, futures)
    assert chance(1.0, 0.0, whole["interval"]) == f"all but fewer than 1 in {words}"


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_no_chance_is_ever_told_as_0_or_100(probability: float, error: float) -> None:
    words = re.findall(r"\d+", chance(probability, error))
    assert words[0] not in {"0", "100"}
    assert chance_count(probability, error).lstrip("<>~") not in {"0", "100"}


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_a_rounded_chance_lies_within_half_its_step(probability: float, error: float) -> None:
    words = chance(probability, error)
    if words.startswith(("fewer", "more")):
        return
    half = 0.5 if "about" not in words else 5.0
    assert abs(int(re.findall(r"\d+", words)[0]) - 100 * probability) <= half + 1e-9


def test_a_range_over_readings_goes_from_the_lowest_to_the_highest() -> None:
    estimates = [(0.05, 0.001), (0.0, 0.0), (0.18, 0.001)]
    assert chance_range(estimates) == "from fewer than 1 to 18 across the readings tested"
    assert chance_range(estimates[:1]) is None
    assert chance_range([(0.501, 0.001), (0.499, 0.001)]) == "50 of 100 on every reading tested"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (4.14, "£m", "£4.1m"),
        (-0.26, "£m", "-£0.3m"),
        (0.0752, "£m", "£75k"),
        (0.0996, "£m", "£0.1m"),
        (4_100, "£k", "£4.1m"),
        (950, "£", "£950"),
        (0.0, "£m", "£0"),
        (9.04, "£bn", "£9.0bn"),
        (999.97, "£m", "£1.0bn"),
        (None, "£m", "–"),
    ],
)
def test_money_is_told_to_the_tenth_of_a_million_and_small_money_in_smaller_units(
    value: float | None, unit: str, words: str
) -> None:
    assert money(value, unit) == words


def test_money_is_no_finer_than_its_error_and_stands_in_the_unit_of_its_column() -> None:
    assert money(2.44, "£m", 0.2) == "about £2.5m"
    assert money(12.2, "£m", 0.9) == "about £12.0m"
    assert money(-0.06, "£m", like=4.1) == "-£0.1m"
    assert money(0.01, "£m", like=4.1) == "£0.0m"
    assert money(0.3, "£m", signed=True) == "+£0.3m"


@given(st.floats(-1e4, 1e4, allow_nan=False))
def test_told_money_is_within_half_a_step_of_the_amount(value: float) -> None:
    words = money(value, "£m")
    scale = {"bn": 1e3, "m": 1.0, "k": 1e-3, "": 1e-6}
    found = re.fullmatch(r"(-?)£([\d,.]+)(bn|m|k|)", words)
    assert found is not None
    amount = float(found[2].replace(",", "")) * scale[found[3]] * (-1 if found[1] else 1)
    step = {"bn": 100.0, "m": 0.1, "k": 1e-3, "": 1e-6}[found[3]]
    assert abs(amount - value) <= step / 2 * (1 + 1e-6)


def test_a_gap_is_told_as_what_it_means() -> None:
    assert margin(-0.1, "£m") == "£0.1m to spare"
    assert margin(2.9, "£m") == "£2.9m short"
    assert margin(0.00001, "£m") == "£10 short"
    assert margin(1e-9, "£m") == "exactly closed"


def test_a_bare_figure_has_three_digits_or_fewer() -> None:
    assert [number(v) for v in (0.066667, 1234.5, 0.0, None)] == ["0.0667", "1,230", "0", "–"]
    assert number(12.34, 2.0) == "12"


def test_text_from_a_file_loses_what_could_steer_a_terminal() -> None:
    cleaned = clean(NASTY)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
    assert "<script>alert('x')</script>" in cleaned, "words are kept; escaping is the reporter's"
    assert clean("a" * 2_000).endswith("…")


# Text


def test_whatever_controls_a_terminal_becomes_a_space_and_whatever_reorders_text_is_gone() -> None:
    letters = [chr(code) for code in range(0x11000)]
    spaces = {letter for letter in letters if clean(f"a{letter}b") == "a b"}
    blank = {letter for letter in letters if unicodedata.category(letter) in {"Cc", "Cs"} or letter.isspace()}
    assert spaces == blank - {"\u2028", "\u2029"}
    gone = {letter for letter in letters if clean(f"a{letter}b") == "ab"}
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert gone == set("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff" + turning)


@given(st.lists(st.text("ab£漢e\u0301", min_size=1, max_size=9), max_size=8), st.integers(2, 12))
def test_lines_are_broken_where_counting_each_anew_breaks_them(words: list[str], width: int) -> None:
    def size(text: str) -> int:
        return sum({"漢": 2, "\u0301": 0}.get(letter, 1) for letter in text)

    lines = [""]
    for word in words:
        if lines[-1] and size(lines[-1]) + 1 + size(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
        while size(lines[-1]) > width:
            fits = max(n for n in range(len(lines[-1])) if size(lines[-1][:n]) <= width)
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    assert wrap(" ".join(words), width) == ([line for line in lines if line] or [""])
