"""Formulas against Python and numpy, and what is no formula; formulas in a file are in ``test_config``."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlib.config.formulas import FUNCTIONS, FormulaError, parse_formula

X = np.array([-1.5, 0.0, 0.25, 2.0, 7.0])
Y = np.array([2.0, 3.0, -1.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y * 2 - 1", X + Y * 2 - 1),
        ("(x + y) / 4", (X + Y) / 4),
        ("-x ** 2", -(X**2)),
        ("2 ** y", 2**Y),
        ("x % 2 + x // 2", X % 2 + X // 2),
        ("+x - -y", X + Y),
        ("x < y", X < Y),
        ("0 <= x < 2", (X >= 0) & (X < 2)),
        ("x > 0 and y > 0 or x == 0", ((X > 0) & (Y > 0)) | (X == 0)),
        ("not x > 0", ~(X > 0)),
        ("x != y", X != Y),
        ("where(x > 0, x, y)", np.where(X > 0, X, Y)),
        ("where(x, 1, 0)", X != 0),
        ("min(x, y, 1)", np.minimum(np.minimum(X, Y), 1)),
        ("max(x, y)", np.maximum(X, Y)),
        ("clip(x, 0, 1)", np.clip(X, 0, 1)),
        ("abs(x) + sqrt(y * y)", np.abs(X) + np.sqrt(Y * Y)),
        ("exp(x) + sin(x) + cos(x) + tan(x)", np.exp(X) + np.sin(X) + np.cos(X) + np.tan(X)),
        ("log(abs(y)) + log10(abs(y))", np.log(np.abs(Y)) + np.log10(np.abs(Y))),
        ("floor(x) + ceil(x) + round(x)", np.floor(X) + np.ceil(X) + np.round(X)),
        ("pi * 1_000", np.full(1, np.pi * 1000)),
        ("(x > 0) * 2", (X > 0) * 2.0),
        ("(x\n  + y)", X + Y),
    ],
)
def test_a_formula_is_what_numpy_says(text: str, expected: np.ndarray) -> None:
    found = parse_formula(text).evaluate({"x": X, "y": Y})
    assert found.dtype == np.float64
    np.testing.assert_array_equal(np.broadcast_to(found, np.shape(expected)), np.asarray(expected, dtype=float))


def test_every_function_has_been_compared() -> None:
    cases = " ".join(mark for mark in map(str, test_a_formula_is_what_numpy_says.pytestmark[0].args[1]))
    assert all(f"{name}(" in cases for name in FUNCTIONS)


def test_names_are_dotted_addresses_in_order_of_appearance() -> None:
    formula = parse_formula("measures.a.saving / drivers.x.y2019_20 + year * pi - measures.a.saving")
    assert formula.names == ("measures.a.saving", "drivers.x.y2019_20", "year")


def test_names_by_year_broadcast_against_simulations() -> None:
    years = np.array([[2016.0], [2017.0]])
    found = parse_formula("x * (year - 2015)").evaluate({"x": X, "year": years})
    np.testing.assert_array_equal(found, X * (years - 2015))


def test_a_formula_is_a_value() -> None:
    formula = parse_formula("clip(x, 0, 1) + min(x, 2)")
    assert formula == parse_formula("clip(x, 0, 1) + min(x, 2)") != parse_formula("x")
    assert len({formula, parse_formula("clip(x, 0, 1) + min(x, 2)")}) == 1
    again = pickle.loads(pickle.dumps(formula))
    np.testing.assert_array_equal(again.evaluate({"x": X}), formula.evaluate({"x": X}))
    assert repr(formula) == "Formula(text='clip(x, 0, 1) + min(x, 2)', names=('x',))"


def test_a_division_by_nothing_is_seen_and_not_warned_of() -> None:
    found = parse_formula("1 / x").evaluate({"x": np.array([0.0, 2.0])})
    assert found.tolist() == [np.inf, 0.5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9**9**9", "an exponent is at most 100"),
        ("x ** 101", "an exponent is at most 100"),
        ("2 ** 90", "no number that can be used"),
        ("1 / 0", "no number that can be used"),
        ("log(-1)", "no number that can be used"),
        ("exp(1000) * x", "no number that can be used"),
        ("1e16", "at most 1e15"),
        ("__import__('os')", "unknown function '__import__'"),
        ("open('/etc/passwd')", "unknown function 'open'"),
        ("x.__class__.__mro__", "small letters"),
        ("(1).real", "expected a name"),
        ("x.y()", "unknown function 'x.y'"),
        ("[1][0]", "square brackets"),
        ("f'{x}'", "text cannot stand in a formula"),
        ("'a' * 10", "only numbers and names"),
        ("b'a'", "only numbers and names"),
        ("None", "only numbers and names"),
        ("...", "only numbers and names"),
        ("x if y else 2", "where(condition, yes, no)"),
        ("lambda: x", "a function definition"),
        ("(y := 2)", "':='"),
        ("x in y", "expected < <= > >= == or !="),
        ("x is y", "expected < <= > >= == or !="),
        ("~x", "'~' cannot stand"),
        ("x @ y", "expected + - * / ** % or //"),
        ("x << 2", "expected + - * / ** % or //"),
        ("x ^ 2", "powers are written **"),
        ("min(*x)", "takes 2 to 20"),
        ("max(x, *y)", "'*' before an argument"),
        ("sqrt(x, y)", "sqrt() takes 1 argument, got 2"),
        ("sum(x, y)", "unknown function 'sum'"),
        ("X", "small letters"),
        ("é", "small letters"),
        ("x; y", "cannot be read at"),
        ("x = 2", "cannot be read at"),
        ("import os", "cannot be read at"),
        ("", "ends too early"),
        ("2x", "cannot be read"),
        ("x +", "cannot be read"),
        ("0b11", "written in tens"),
        ("min", "'min' is a function"),
        ("0" * 5000, "at most 1,000 characters"),
        ("9" * 900, "at most 1e15"),
        ("-" * 60 + "x", "nested at most 50 deep"),
        ("abs(" * 60 + "x" + ")" * 60, "nested at most 50 deep"),
        ("+".join("x" * 400), "at most 300 pieces"),
        ("(" * 400 + "x" + ")" * 400, "cannot be read"),
        ("x\0y", "cannot be read"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(FormulaError) as refusal:
        parse_formula(text)
    assert words in str(refusal.value)


names = st.sampled_from(["x", "y", "2", "0.5"])
expressions = st.recursive(
    names,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        inner.map(lambda t: f"(-{t})"),
    ),
    max_leaves=12,
)


@given(expressions)
def test_any_arithmetic_is_what_python_says(text: str) -> None:
    found = np.broadcast_to(parse_formula(text).evaluate({"x": X, "y": Y}), X.shape)
    for i in range(X.size):
        truth = eval(text, {"x": float(X[i]), "y": float(Y[i]), "max": max})  # the slow twin
        assert found[i] == pytest.approx(truth, rel=1e-12, abs=1e-12)


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_stumble(text: str) -> None:
    try:
        assert parse_formula(text).text == text
    except FormulaError as refusal:
        assert str(refusal)  # noqa: PT017 - either a formula or this


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(x > 0) + (y > 0)", 2.0),
        ("-(x > 0)", -1.0),
        ("(x > 0) - (y > 5)", 1.0),
        ("exp(x > 0)", math.e),
        ("(not x) + (x and y)", 1.0),
    ],
)
def test_conditions_are_numbers(text: str, value: float) -> None:
    assert parse_formula(text).evaluate({"x": np.array([3.0]), "y": np.array([4.0])}).tolist() == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("log(x) > 1", math.nan),
        ("not log(x)", math.nan),
        ("log(x) == log(x)", math.nan),
        ("where(log(x) > 0, 1, 2)", math.nan),
        ("x > -3 and log(x) > 0", math.nan),
        ("x > 0 and log(x) > 0", 0.0),
        ("x < 0 or log(x) > 0", 1.0),
        ("where(x > 0, log(x), 5)", 5.0),
    ],
)
def test_a_condition_on_what_has_no_answer_has_none_unless_the_rest_settles_it(text: str, value: float) -> None:
    found = parse_formula(text).evaluate({"x": np.array([-1.0])})
    assert found == pytest.approx(value, nan_ok=True)
