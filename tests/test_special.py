"""The special functions worked out here: scipy's are the oracle, and which of the two answers is said by parameters."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special as theirs

from simlib import incomplete, special

PROBABILITIES = np.concatenate(
    [theirs.ndtr(np.linspace(-25.0, 0.0, 101)), 1.0 - theirs.ndtr(np.linspace(-8.0, -0.01, 40))]
)
moderate = st.floats(math.log(incomplete.LEAST), math.log(incomplete.MOST)).map(
    lambda x: min(max(math.exp(x), incomplete.LEAST), incomplete.MOST)
)


def off(ours: np.ndarray, truth: np.ndarray) -> float:
    """Largest relative difference where there is a normal number to compare with."""
    there = np.isfinite(truth) & (np.abs(truth) > 1e-290)
    return float(np.max(np.abs(ours[there] / truth[there] - 1.0), initial=0.0))


def test_the_normal_distribution_is_scipys() -> None:
    scores = np.linspace(-25.0, 9.0, 200_001)
    assert off(special.ndtr(scores), theirs.ndtr(scores)) < 3e-13  # scipy squares the score as it is
    assert np.all(np.diff(special.ndtr(scores)) >= 0.0)
    shares = np.concatenate([10.0 ** np.linspace(-300.0, -0.31, 50_001), np.linspace(0.001, 0.999, 50_001)])
    assert special.ndtri(shares) == pytest.approx(theirs.ndtri(shares), rel=2e-15, abs=1e-15)


@pytest.mark.parametrize("name", ["ndtr", "ndtri"])
def test_the_ends_of_the_normal_distribution_are_scipys(name: str) -> None:
    odd = np.array([0.0, 1.0, 0.5, np.nan, -1.0, 2.0, np.inf, -np.inf, -40.0, 5e-324, 1e-310, 1e300])
    with np.errstate(all="ignore"):
        truth = getattr(theirs, name)(odd)
    assert getattr(special, name)(odd) == pytest.approx(truth, rel=1e-13, nan_ok=True)
    assert getattr(special, name)(np.empty((2, 0))).shape == (2, 0)
    assert getattr(special, name)(0.25) == pytest.approx(float(getattr(theirs, name)(0.25)), rel=1e-15)


@settings(max_examples=150)
@given(moderate, moderate)
def test_the_beta_distribution_is_scipys(a: float, b: float) -> None:
    x = np.concatenate([np.linspace(0.0, 1.0, 41), 10.0 ** np.linspace(-250, -3, 11)])
    assert off(special.betainc(a, b, x), theirs.betainc(a, b, x)) < 1e-11
    # The inverse is held to the function: scipy's own gives up here and there in the far tail.
    low = special.betaincinv(a, b, PROBABILITIES)
    seen = (low > 1e-290) & (low < 0.999)
    assert off(theirs.betainc(a, b, low[seen]), PROBABILITIES[seen]) < 1e-11 * max(a, 1.0)
    assert special.betainccinv(b, a, PROBABILITIES) == pytest.approx(1.0 - low, abs=1e-13)


@settings(max_examples=150)
@given(moderate)
def test_the_gamma_distribution_is_scipys(shape: float) -> None:
    x = np.concatenate([np.linspace(0.0, 3.0 * shape + 20.0, 41), 10.0 ** np.linspace(-250, -3, 11)])
    assert off(special.gammainc(shape, x), theirs.gammainc(shape, x)) < 1e-11
    assert off(special.gammaincc(shape, x), theirs.gammaincc(shape, x)) < 1e-11
    for name in ("gammaincinv", "gammainccinv"):
        ours, truth = getattr(special, name)(shape, PROBABILITIES), getattr(theirs, name)(shape, PROBABILITIES)
        assert off(ours, truth) < 1e-11


@pytest.mark.parametrize("df", [1.0, 2.0, 2.5, 15.0, 63.0, 200.0])
def test_student_t_is_scipys(df: float) -> None:
    p = np.concatenate([[1e-9, 0.4999, 0.5, 0.5001], np.linspace(0.001, 0.999, 41)])
    assert special.stdtrit(df, p) == pytest.approx(theirs.stdtrit(df, p), rel=1e-11, abs=1e-15)


ENDS = np.array([0.0, 1.0, 0.5, np.nan])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("betainc", (2.0, 3.0)),
        ("betaincinv", (2.0, 3.0)),
        ("betainccinv", (2.0, 3.0)),
        ("gammainc", (2.0,)),
        ("gammaincc", (2.0,)),
        ("gammaincinv", (2.0,)),
        ("gammainccinv", (2.0,)),
    ],
)
def test_ends_and_what_is_no_number_are_scipys(name: str, parameters: tuple[float, ...]) -> None:
    ours, truth = (getattr(kind, name)(*parameters, ENDS) for kind in (special, theirs))
    assert ours == pytest.approx(truth, rel=1e-13, nan_ok=True)
    if name.startswith("gamma") and not name.endswith("inv"):
        assert getattr(special, name)(*parameters, np.inf) == getattr(theirs, name)(*parameters, np.inf)


@pytest.mark.parametrize("a", [1e-3, 5e5])
def test_other_parameters_are_left_to_scipy(a: float) -> None:
    assert special.betainc(a, 2.0, 0.3) == theirs.betainc(a, 2.0, 0.3)
    assert special.gammaincinv(a, 0.3) == theirs.gammaincinv(a, 0.3)
    assert special.stdtrit(a, 0.3) == theirs.stdtrit(a, 0.3)


def test_parameters_of_each_element_are_left_to_scipy() -> None:
    a = np.array([1.5, 20.0])
    assert special.betaincinv(a, 2.0, 0.3).tolist() == theirs.betaincinv(a, 2.0, 0.3).tolist()


def test_every_other_function_is_scipys() -> None:
    assert special.expit is theirs.expit
    with pytest.raises(AttributeError):
        special._nothing  # noqa: B018 - asking is the point


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("betaincinv", (18.0, 1.2)),
        ("betainccinv", (18.0, 1.2)),
        ("gammaincinv", (2.5,)),
        ("gammainccinv", (2.5,)),
        ("stdtrit", (15.0,)),
        ("ndtri", ()),
    ],
)
def test_an_element_is_the_same_in_any_block(name: str, parameters: tuple[float, ...]) -> None:
    function = getattr(special, name)
    together = function(*parameters, PROBABILITIES)
    assert together.tolist() == [float(function(*parameters, p)) for p in PROBABILITIES]


LIGHT = """
import sys
from simlib import special
special.ndtri(0.1), special.betaincinv(1.5, 4.5, 0.2), special.gammainccinv(2.5, 0.2), special.stdtrit(15.0, 0.9)
assert not [name for name in sys.modules if name.startswith("scipy")]
special.expit(0.0)
assert "scipy.special" in sys.modules
"""


def test_scipy_is_not_loaded_for_the_usual_functions() -> None:
    subprocess.run([sys.executable, "-P", "-c", LIGHT], check=True)
