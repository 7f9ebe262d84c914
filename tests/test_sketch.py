"""The pictures of ``simlib explain``: what they show is where the probability is, in letters that can be shown."""

import io
import re

import numpy as np
import pytest
from oracles import OneOf, Point
from scipy import stats

from simlib.console import open_console, print_lines
from simlib.distributions import FAMILIES, Distribution, make
from simlib.explain import EXAMPLES, explanation
from simlib.sketch import BLOCKS, HEIGHT, MARGIN, PLAIN, WIDTH, letters_for, picture, words

HURDLE = make("zero_inflated", {"chance": 0.4, "of": make("uniform", {"low": 1.0, "high": 3.0})})


def drawn(made: Distribution, letters: object = BLOCKS) -> list[str]:
    return [line.removeprefix(MARGIN) for line in picture(made, letters)]  # type: ignore[arg-type]


def heights(rows: list[str], letters: str) -> np.ndarray:
    """How many rows of each column bear one of these letters."""
    return np.array([sum(row.ljust(WIDTH)[i] in letters for row in rows) for i in range(WIDTH)])


def test_every_family_has_its_example_and_its_example_is_of_the_family() -> None:
    assert list(EXAMPLES) == list(FAMILIES)
    for name, text in EXAMPLES.items():
        assert ("truncate:" if name == "truncated" else f"{{dist: {name}, ") in text


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "no such encoding"])
def test_a_family_is_drawn_and_then_told_in_words(name: str, encoding: str) -> None:
    lines = explanation(name, encoding=encoding)
    start, end = lines.index("An example:"), lines.index("The same in words:")
    shown = lines[lines.index("", start) + 1 : end - 1]
    assert all(line.startswith(MARGIN) and len(line) <= len(MARGIN) + WIDTH for line in shown)
    assert len(shown) >= HEIGHT + 3
    if encoding != "utf-8":
        assert all(line.isascii() for line in shown)
    told = " ".join(lines[end:])
    assert all(f"({mark})" in told for mark in ("P10", "P50", "P90"))
    assert "on average, with a standard deviation of" in told
    for mark in ("P10", "P50", "P90"):  # the same figure below the axis and in the words
        under = re.search(rf"{mark} (\S+)", " ".join(shown))
        said = re.search(rf"(\S+) \({mark}\)", told)
        assert under is not None
        assert said is not None
        assert under[1] == said[1]


def test_columns_are_as_high_as_what_they_cover_is_likely() -> None:
    made = make("triangular", {"low": 0, "mode": 20, "high": 60})
    rows = drawn(made)[:HEIGHT]
    level = [
        sum(BLOCKS.area.index(row.ljust(WIDTH)[i]) for row in rows) for i in range(WIDTH)
    ]  # in eighths of a row
    share = np.diff(stats.triang(1 / 3, 0, 60).cdf(np.linspace(0, 60, WIDTH + 1)))
    assert np.abs(np.array(level) - 8 * HEIGHT * share / share.max()).max() <= 1.0


def test_bars_are_as_high_as_their_values_are_likely() -> None:
    made = make("discrete", {"values": [1, 2, 4], "weights": [0.5, 0.3, 0.2]})
    bars = heights(drawn(made)[:HEIGHT], BLOCKS.bar)
    assert bars[bars > 0].tolist() == [10, 6, 4]
    places = np.flatnonzero(bars)
    assert (places[2] - places[1]) / (places[1] - places[0]) == pytest.approx(2.0, abs=0.1)


def test_a_mixture_of_both_has_an_area_and_a_bar() -> None:
    rows = drawn(HURDLE)[:HEIGHT]
    bars, area = heights(rows, BLOCKS.bar), heights(rows, BLOCKS.area[1:])
    assert np.count_nonzero(bars) == 1
    assert np.flatnonzero(bars)[0] < np.flatnonzero(area)[0]
    truth = OneOf((Point(), stats.uniform(1, 2)), (0.6, 0.4))
    said = " ".join(words(HURDLE))
    assert f"{truth.mean():.4g} on average, with a standard deviation of {truth.std():.4g}." in said
    assert "Bars are single values: 0 in 60 of 100 futures." in said
    assert "each drawn to their own scale" in said


def test_marks_stand_where_the_quantiles_are() -> None:
    axis = drawn(make("uniform", {"low": 0, "high": 60}))[HEIGHT]
    assert [i for i, letter in enumerate(axis) if letter == BLOCKS.mark] == [5, 29, 53]  # columns that end at 6, 30, 54


@pytest.mark.parametrize(
    ("family", "parameters", "said"),
    [
        ("normal", {"mean": 0, "sd": 1}, "even to both sides of its middle"),
        ("lognormal", {"mu": 0, "sigma": 1}, "further upwards"),
        ("beta", {"alpha": 8, "beta": 2}, "further downwards"),
        ("uniform", {"low": 1, "high": 3}, "highest from 1 to 3"),
        ("exponential", {"mean": 1}, "never below 0 and has no highest value"),
        ("metalog", {"quantiles": {0.1: -2, 0.5: 0, 0.9: 3}, "high": 9}, "never above 9 and has no lowest value"),
        ("fixed", {"value": 3}, "always 3"),
        ("poisson", {"mean": 3}, "the likeliest three: 2 in 22.4 of 100 futures"),
    ],
)
def test_the_words_say_what_the_eye_would_see(family: str, parameters: dict[str, object], said: str) -> None:
    assert said in " ".join(words(make(family, parameters)))


def test_letters_are_those_that_the_output_can_show() -> None:
    assert letters_for("utf-8") == letters_for("UTF8") == BLOCKS
    assert letters_for("ascii") == letters_for("iso-8859-1") == letters_for("nonsense") == PLAIN


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_narrow_terminal_breaks_words_but_no_picture(encoding: str) -> None:
    held = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace", newline="\n")
    console = open_console(held, width=40)
    lines = explanation("zero_inflated", encoding=console.encoding)
    print_lines(lines, console)
    held.seek(0)
    printed = held.read().splitlines()
    shown = [line for line in lines if line.startswith(MARGIN)]
    first = printed.index(shown[0])
    after = printed[first : first + len(shown) + 1]  # the example, a space, and the picture
    assert [line for line in after if line] == shown
    assert all(len(line) <= 40 for line in printed if line not in shown)
