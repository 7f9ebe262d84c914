"""What people say becomes the distribution they meant, or is refused: metalogs, statements, experts.

Oracles: scipy's families, closed forms of Keelin (2016), and a twin that looks at a metalog's slope point by point.
Exact messages are in ``tests/bad``.
"""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special, stats

from simlib.compiling import compile_model
from simlib.config.quantities import Quantity
from simlib.distributions import FAMILIES, Distribution, Metalog, ParameterError, fit, fitted_value, make
from simlib.distributions.feasibility import basis, curve, slope, turning_point
from simlib.distributions.fitting import ELICITED, ImpossibleError, impossible
from simlib.distributions.statements import Statement, quantile_name, quantile_of_name
from simlib.engine import simulate
from simlib.errors import ConfigError
from simlib.quoting import quantity_words
from simlib.register import assumptions_section
from tests.small_files import document_of, parsed

Floats = NDArray[np.float64]
HEAD = "simlib: 1\ntitle: said\nmoney: £k\n"
GRID = np.array([1e-6, 0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.999, 1 - 1e-6])

# ---- Metalogs ----------------------------------------------------------------------------------------------

KEELIN = 1.66711  # |a3| / a2 below which a curve of three terms rises: Keelin (2016), to the digits he gives
POWERS = [(0, 0), (0, 1), (1, 1), (1, 0), (2, 0), (2, 1), (3, 1), (3, 0)]  # of c and of L; his order but the last two


def three_terms(x: Floats) -> tuple[float, float, float]:
    """Give a1, a2 and a3 through values at p10, p50 and p90, by hand: c is 0.4 at p90."""
    odds = float(special.logit(0.9))
    return float(x[1]), float(x[2] - x[0]) / (2 * odds), float(x[0] + x[2] - 2 * x[1]) / (0.8 * odds)


def powers(odds: Floats, terms: int) -> Floats:
    """Give (n, terms): Keelin's own basis, powers of c = y - 1/2."""
    c = special.expit(odds) - 0.5
    return np.stack([c**power * odds**logged for power, logged in POWERS[:terms]], axis=1)


def least_slope(odds: Floats, values: Floats) -> float:
    """Give the least dM/dL that 8,000 points show, of the curve through the values."""
    a = np.linalg.solve(powers(odds, len(odds)), values)
    grid = np.linspace(-40.0, 40.0, 8_001)
    c, w = special.expit(grid) - 0.5, special.expit(grid) * special.expit(-grid)
    total = np.zeros_like(grid)
    for k, (power, logged) in zip(a, POWERS, strict=False):
        bent = power * c ** max(power - 1, 0) * w
        total += k * (bent * grid + c**power if logged else bent)
    return float(total.min())


def possible(quantiles: dict[float, float], **bounds: float) -> bool:
    try:
        Metalog(quantiles, **bounds)  # type: ignore[arg-type]
    except ParameterError:
        return False
    return True


def nearest(quantiles: dict[float, float], **beside: Any) -> dict[float, float]:
    """Give the quantiles that a refusal quotes."""
    with pytest.raises(ParameterError, match="; nearest possible: ") as refused:
        Metalog(quantiles, **beside)  # type: ignore[arg-type]
    quoted = str(refused.value).split("nearest possible: ")[1]
    return {float(p) / 100: float(x) for p, x in re.findall(r"p([\d.]+) (-?[\d.e+-]+)", quoted)}


def test_three_terms_are_possible_exactly_where_keelin_says() -> None:
    numbers = np.random.Generator(np.random.SFC64(1))
    for _ in range(100):
        x = np.sort(numbers.uniform(0.0, 10.0, 3))
        _, a2, a3 = three_terms(x)
        if abs(abs(a3) / a2 - KEELIN) > 1e-4:
            assert possible(dict(zip((0.1, 0.5, 0.9), x.tolist(), strict=True))) == (abs(a3) / a2 < KEELIN)


def test_the_moments_of_three_terms_are_keelins() -> None:
    for x in ([1.0, 3.0, 5.0], [1.0, 2.2, 5.0], [-4.0, 1.0, 3.0]):
        made = Metalog(tuple(zip((0.1, 0.5, 0.9), x, strict=True)))
        a1, a2, a3 = three_terms(np.array(x))
        assert made.mean == pytest.approx(a1 + a3 / 2, rel=1e-9)
        variance = np.pi**2 / 3 * a2**2 + (1 / 12 + np.pi**2 / 36) * a3**2
        assert made.sd == pytest.approx(variance**0.5, rel=1e-9)


@pytest.mark.parametrize("terms", [4, 5, 6, 7])
def test_proof_and_twin_agree_on_random_quantiles(terms: int) -> None:
    numbers, seen = np.random.Generator(np.random.SFC64(terms)), set()
    p = np.linspace(0.05, 0.95, terms)
    odds = special.logit(p)
    for _ in range(60):
        x = odds + np.cumsum(numbers.uniform(0.0, 1.0, terms) ** 3) * numbers.uniform(0.0, 6.0)
        least = least_slope(odds, x)
        if abs(least) > 1e-3 * np.ptp(x):
            found = turning_point(np.linalg.solve(basis(odds, terms), x))
            assert (found is None) == (least > 0.0)
            seen.add(found is None)
    assert seen == {True, False}


def test_a_dip_narrower_than_any_grid_is_found() -> None:
    # mu = -2 t and s = 1 + t/10: the slope has its minimum inside, near the middle; lifted, it just stays above.
    base, lift = np.array([0.0, -2.0, 1.0, 0.1]), np.array([0.0, 0.0, 1.0, 0.0])
    lowest = optimize.minimize_scalar(lambda z: slope(np.array([z]), base)[0], (-3.0, 0.0, 3.0), tol=1e-12)
    assert turning_point(base - (lowest.fun - 1e-9) * lift) is None
    assert turning_point(base - (lowest.fun + 1e-9) * lift) == pytest.approx(lowest.x, abs=1e-3)


def test_a_tail_that_turns_back_far_beyond_any_draw_is_found() -> None:
    # The slope is s(1) out there, just below nothing; before, 50 (1 - t^2)/2 holds it up to 1 - y of about 1e-10.
    falling, rising = np.array([0.0, 50.0, 1.0, -1.0 - 1e-9]), np.array([0.0, 50.0, 1.0, -1.0 + 1e-9])
    assert slope(np.linspace(-20.0, 20.0, 1_001), falling).min() > 0.0
    where = turning_point(falling)
    assert where is not None
    assert where > 20.0
    assert turning_point(rising) is None


@pytest.mark.parametrize("terms", [3, 5, 7, 9, 11, 16, 24, 30])
def test_many_terms_go_through_their_quantiles_to_nine_digits(terms: int) -> None:
    p = (np.arange(terms) + 0.5) / terms
    x = stats.gamma(3.0).ppf(p)
    made = Metalog(tuple(zip(p.tolist(), x.tolist(), strict=True)))
    assert np.abs(made.ppf(p) / x - 1.0).max() < 1e-9
    assert np.all(np.diff(made.ppf(np.linspace(1e-9, 1 - 1e-9, 20_001))) > 0.0)
    if terms > 8:
        assert made.mean == pytest.approx(3.0, rel=1e-3)


def test_fewer_terms_than_quantiles_are_the_least_squares_of_keelins_basis() -> None:
    p, x = np.array([0.05, 0.25, 0.5, 0.75, 0.95]), np.array([1.0, 2.0, 3.0, 4.5, 9.0])
    made = Metalog(tuple(zip(p.tolist(), x.tolist(), strict=True)), low=0.0, terms=3)
    a = np.linalg.lstsq(powers(special.logit(p), 3), np.log(x), rcond=None)[0]
    assert made.ppf(GRID) == pytest.approx(np.exp(powers(special.logit(GRID), 3) @ a), rel=1e-9)
    assert np.abs(made.ppf(p) - x).max() > 1e-3
    assert "close to 5 stated values" in made.sentence()


def test_quantiles_on_a_line_are_a_uniform_with_its_ends() -> None:
    made = Metalog({0.1: 1.0, 0.3: 3.0, 0.5: 5.0, 0.7: 7.0, 0.9: 9.0})  # type: ignore[arg-type]
    assert made.support == pytest.approx((0.0, 10.0), abs=1e-9)
    assert made.ppf(GRID) == pytest.approx(10.0 * GRID, abs=1e-9)
    assert made.sd == pytest.approx(10.0 / 12**0.5, rel=1e-9)


def test_a_tail_without_variance_is_refused_from_a_slope_of_one_half() -> None:
    # exp(M) has a variance where s(1) = a2 + a3 / 2 is below 1/2.
    odds = float(special.logit(0.9))
    for spread, finite in ((0.49, True), (0.51, False)):
        x = np.exp(np.array([-spread * odds, 0.0, spread * odds]))
        assert possible(dict(zip((0.1, 0.5, 0.9), x.tolist(), strict=True)), low=0.0) is finite


def test_the_nearest_three_terms_are_as_near_as_can_be() -> None:
    x = {0.1: 1.0, 0.5: 2.0, 0.9: 9.0}
    found = nearest(x)
    # The middle needs (1 - KEELIN/2.5)/2 of the range; all three values move by the same amount.
    needed = ((1 - KEELIN / 2.5) / 2 * 8.0 - 1.0) / 2
    moved = max(abs(found[p] - x[p]) for p in x)
    assert needed <= moved < needed + 0.01
    assert possible(found)


@pytest.mark.parametrize("seed", range(12))
def test_a_suggestion_is_possible_and_no_smaller_change_is(seed: int) -> None:
    numbers = np.random.Generator(np.random.SFC64(seed))
    terms = int(numbers.integers(3, 7))
    p = np.linspace(0.05, 0.95, terms).round(3)
    bounds: dict[str, float] = [{}, {"low": 0.0}, {"low": 0.0, "high": 10.0}][seed % 3]
    while True:
        x = np.sort(numbers.uniform(0.5, 9.5, terms))
        stated = dict(zip(p.tolist(), x.tolist(), strict=True))
        if not possible(stated, **bounds):
            break
    found = nearest(stated, **bounds)
    assert list(found) == pytest.approx(list(stated))
    moved = max(abs(found[q] - x_) for q, x_ in zip(found, x, strict=True))
    suggested = Metalog(found, **bounds)  # type: ignore[arg-type]
    for _ in range(100):
        tried = x + numbers.uniform(-0.9, 0.9, terms) * moved
        assert not suggested._possible(tuple(zip(p.tolist(), tried.tolist(), strict=True)))


# ---- Statements --------------------------------------------------------------------------------------------

MEMBERS: list[tuple[str, Any, float | None, dict[str, float]]] = [
    ("normal", stats.norm(2.0, 0.7), 2.0, {}),
    ("lognormal", stats.lognorm(0.4, scale=2.0), 2.0 * float(np.exp(-0.16)), {}),
    ("gamma", stats.gamma(3.0, scale=0.7), 1.4, {}),
    ("weibull", stats.weibull_min(2.0, scale=3.0), 3.0 * 0.5**0.5, {}),
    ("gumbel", stats.gumbel_r(1.0, 0.4), 1.0, {}),
    ("student_t", stats.t(5.0, 2.0, 0.5), 2.0, {"df": 5.0}),
    ("uniform", stats.uniform(1.0, 3.0), None, {}),
    ("loguniform", stats.loguniform(1.0, 8.0), None, {}),
    ("beta", stats.beta(3.0, 5.0), 1.0 / 3.0, {}),
    ("beta", stats.beta(3.0, 5.0, 1.0, 4.0), 1.0 + 4.0 / 3.0, {"low": 1.0, "high": 5.0}),
    ("pert", stats.beta(2.0, 4.0, 1.0, 8.0), 3.0, {}),
    ("triangular", stats.triang(0.25, 1.0, 8.0), 3.0, {}),
]
TWO = [("p10", "p90"), ("p20", "p60"), ("mean", "p90"), ("mode", "p90"), ("mean", "sd"), ("mode", "sd"), ("sd", "p30")]
TWO += [("mean", "mode")]
THREE = [("p10", "p50", "p90"), ("p10", "mode", "p90"), ("mean", "p5", "p95"), ("mean", "sd", "mode")]
THREE += [("p0", "p100", "mode"), ("p0", "p100", "mean"), ("p0", "mode", "p90"), ("p0", "p50", "p100")]
# Where two statements leave a family's width or lean open
OPEN = {("normal", "mean", "mode"), ("student_t", "mean", "mode"), ("beta", "sd", "p30")}


def feature(oracle: Any, word: str, mode: float | None) -> float | None:
    """Give what scipy makes of a statement."""
    if word in ("mean", "sd"):
        return float(oracle.mean() if word == "mean" else oracle.std())
    return mode if word == "mode" else float(oracle.ppf(float(word[1:]) / 100))


def cases() -> list[Any]:
    found = []
    for family, oracle, mode, beside in MEMBERS:
        for words in THREE if family in ("pert", "triangular") else TWO:
            if (family, *words) not in OPEN and not (mode is None and "mode" in words):
                values = {word: feature(oracle, word, mode) for word in words}
                found.append(pytest.param(family, oracle, values, beside, id=f"{family}-{'-'.join(words)}"))
    return found


def fit_words(family: str, words: dict[str, float], **beside: float) -> Distribution:
    """Fit by words, as the file has them."""
    quantiles = {float(word[1:]) / 100: value for word, value in words.items() if word[1:].isdigit()}
    others = {word: value for word, value in words.items() if not word[1:].isdigit()}
    return fit(family, quantiles, **others, **beside)


@pytest.mark.parametrize(("family", "oracle", "words", "beside"), cases())
def test_any_statements_that_settle_a_member_give_it_back(
    family: str, oracle: Any, words: dict[str, float], beside: dict[str, float]
) -> None:
    made = fit_words(family, words, **beside)
    assert made.ppf(GRID) == pytest.approx(oracle.ppf(GRID), rel=1e-6, abs=1e-6)
    for word, value in words.items():
        assert fitted_value(made, word) == pytest.approx(value, rel=1e-9)


def test_an_exponential_needs_one_statement_and_holds_the_others_to_it() -> None:
    made = fit_words("exponential", {"mean": 2.0, "sd": 2.0, "p50": 2.0 * float(np.log(2.0))})
    assert made == make("exponential", {"mean": 2.0})
    with pytest.raises(ParameterError, match=r"the sd would have to be 2$"):
        fit_words("exponential", {"mean": 2.0, "sd": 1.0})


def test_every_elicited_family_is_given_back_or_has_its_own_test() -> None:
    assert {member[0] for member in MEMBERS} | {"exponential", "metalog"} == set(ELICITED)


def test_a_third_statement_must_be_true_of_what_two_settle() -> None:
    words = {"p10": 1.0, "p90": 3.0}
    assert fit_words("normal", words | {"mean": 2.0}).mean == 2.0
    with pytest.raises(ParameterError, match="the mean would have to be 2"):
        fit_words("normal", words | {"mean": 2.1})


def test_low_and_high_are_told_apart_only_by_what_is_said_of_them() -> None:
    ends = fit("pert", {}, low=3.0, mode=6.0, high=12.0)
    seldom = fit("pert", {0.1: 3.0, 0.9: 12.0}, mode=6.0)
    assert ends == make("pert", {"low": 3.0, "mode": 6.0, "high": 12.0})
    assert float(seldom.cdf(3.0)) == pytest.approx(0.1, abs=1e-9)
    assert float(seldom.sf(12.0)) == pytest.approx(0.1, abs=1e-9)
    assert seldom.sd > 1.5 * ends.sd


def test_two_members_that_both_do_are_not_chosen_between() -> None:
    with pytest.raises(ParameterError, match=r"one with mode 0\.9592 and one with mode 4\.041 both meet them"):
        fit("pert", {0.1: 1.0, 0.9: 4.0}, sd=1.2)


def test_of_two_lognormals_the_one_that_people_mean_is_given() -> None:
    made = fit("lognormal", {0.9: 3.0}, mean=2.0)
    wider = stats.lognorm(2.0 * special.ndtri(0.9) - 0.3697159, scale=1.0)  # the other root of the quadratic
    assert made.sd < 1.0 < wider.std()


def test_what_no_member_meets_is_an_impossibility_that_other_families_may_lift() -> None:
    with pytest.raises(ImpossibleError, match=r"^no normal has p10 = 1: because$"):
        impossible("normal", Statement(((0.1, 1.0),)), "because")
    with pytest.raises(ParameterError, match="a lognormal, pert or metalog can") as refused:
        fit("normal", {0.1: 1.0, 0.5: 2.0, 0.9: 4.0})
    assert type(refused.value) is ParameterError


# ---- In the file -------------------------------------------------------------------------------------------


def driver(entry: str) -> Quantity:
    """Give one driver as it is read."""
    return parsed(f"drivers:\n  x: {entry}\n", HEAD).drivers["x"]


def test_an_elicited_entry_is_the_family_that_its_words_settle() -> None:
    stated = "low: 3 months, mode: 6 months, high: 12 months, low_high: p10_p90"
    entry = f"{{kind: duration, dist: elicited, as: pert, {stated}}}"
    assert driver(entry).value == fit("pert", {0.1: 0.25, 0.9: 1.0}, mode=0.5)
    assert driver(entry.replace("p10_p90", "p0_p100")).value == make("pert", {"low": 0.25, "mode": 0.5, "high": 1.0})
    assert driver(entry.replace("p10_p90", "p2_5_p97_5")).value == fit("pert", {0.025: 0.25, 0.975: 1.0}, mode=0.5)


def test_one_end_alone_can_be_stated() -> None:
    found = driver("{dist: elicited, as: metalog, p10: 2, p50: 3, p90: 5, low: 0, low_high: p0_p100}")
    assert found.value == make("metalog", {"quantiles": {"p10": 2, "p50": 3, "p90": 5}, "low": 0})
    assert driver("{dist: elicited, as: normal, high: 5, low_high: p5_p95, mean: 3}").value == fit(
        "normal", {0.95: 5.0}, mean=3.0
    )


EXPERTS = """{dist: elicited, pool: %s, experts: {finance: {weight: 60%%, as: normal, p10: 1, p90: 3},
    service: {weight: 40%%, as: normal, mean: 4, sd: 0.5}}}"""
FINANCE, SERVICE = stats.norm(2.0, 1.0 / special.ndtri(0.9)), stats.norm(4.0, 0.5)


def test_a_linear_pool_averages_probabilities() -> None:
    found = driver(EXPERTS % "linear").distribution
    assert found is not None
    x = np.linspace(-1.0, 6.0, 15)
    assert found.cdf(x) == pytest.approx(0.6 * FINANCE.cdf(x) + 0.4 * SERVICE.cdf(x), abs=1e-12)


@pytest.mark.skipif("logarithmic_pool" not in FAMILIES, reason="the family is not there yet")
def test_a_logarithmic_pool_of_normals_weighs_their_precisions() -> None:
    found = driver(EXPERTS % "logarithmic").distribution
    assert found is not None
    precisions = np.array([0.6 / FINANCE.var(), 0.4 / SERVICE.var()])
    assert found.mean == pytest.approx(float(precisions @ [2.0, 4.0] / precisions.sum()), rel=1e-6)
    assert found.sd == pytest.approx(float(precisions.sum() ** -0.5), rel=1e-6)


def test_what_was_stated_stands_beside_what_is_fitted() -> None:
    said = driver("{dist: elicited, as: beta, low: 0, high: 4, low_high: p0_p100, mean: 2, p90: 3}").stated
    assert [each.statement for each in said] == ["p90", "mean", "low", "high"]
    assert [each.stated for each in said] == [3.0, 2.0, 0.0, 4.0]
    assert [each.fitted for each in said] == pytest.approx([3.0, 2.0, 0.0, 4.0], rel=1e-9)
    experts = driver(EXPERTS % "linear").stated
    assert [(each.expert, each.statement) for each in experts] == [
        ("finance", "p10"), ("finance", "p90"), ("service", "mean"), ("service", "sd"),
    ]  # fmt: skip
    assert [each.fitted for each in experts] == pytest.approx([1.0, 3.0, 4.0, 0.5], rel=1e-9)


def test_families_given_by_quantiles_are_stated_and_those_by_parameters_are_not() -> None:
    assert [each.statement for each in driver("{dist: pert, p10: 1, mode: 2, p90: 4}").stated] == ["p10", "p90", "mode"]
    assert [each.statement for each in driver("{dist: metalog, quantiles: {p10: 1, median: 2, p90: 4}}").stated] == [
        "p10", "p50", "p90",
    ]  # fmt: skip
    assert driver("{dist: pert, low: 1, mode: 2, high: 4}").stated == ()
    assert driver("{dist: normal, mean: 1, sd: 2}").stated == ()


LOOSE = "{kind: money, dist: elicited, as: metalog, p5: 1, p25: 2, p50: 3, p75: 4.5, p95: 9, terms: 3}"
CUT = "{kind: money, dist: normal, p5: 1, p95: 2, truncate: {low: 1}}"


def test_what_is_not_met_is_said_by_check_and_what_is_met_is_not() -> None:
    loose, cut = (quantity_words(driver(entry), "£k") for entry in (LOOSE, CUT))
    assert re.search(r"; stated but not met: p5 £1,000 \(it is £1,065\), p25", loose)
    assert re.search(r"; stated but not met: p5 £1,000 \(it is £1,106\), p95 £2,000 \(it is £2,008\)", cut)
    assert "not met" not in quantity_words(driver("{kind: money, dist: gamma, p10: 1, p90: 2}"), "£k")


def test_the_summary_and_the_register_have_what_was_stated() -> None:
    body = f"drivers:\n  cut: {CUT}\n  plain: {{dist: normal, mean: 1, sd: 1}}\noutputs: {{y: cut + plain}}\n"
    document = document_of(simulate(compile_model(parsed(body, HEAD)), 1_000, seed=1))
    entries = document["drivers"]["drivers.cut"]["stated"]
    assert [set(entry) for entry in entries] == [{"statement", "expert", "stated", "fitted"}] * 2
    assert entries[0]["fitted"] == pytest.approx(1.1060656, rel=1e-6)
    assert document["drivers"]["drivers.plain"]["stated"] == []
    section = assumptions_section(document)
    assert section is not None
    words = {row[0].text: row[1].text for row in section.tables[0].rows}
    assert "stated but not met: p5 £1,000 (it is £1,106)" in words["Cut (drivers.cut)"]
    assert "not met" not in words["Plain (drivers.plain)"]


def test_curve_and_basis_are_the_same_formula() -> None:
    numbers = np.random.Generator(np.random.SFC64(3))
    odds = numbers.uniform(-9.0, 9.0, 50)
    for terms in (3, 4, 9, 30):
        a = numbers.normal(size=terms)
        assert curve(odds, a) == pytest.approx(basis(odds, terms) @ a, rel=1e-9, abs=1e-9)
        steps = (curve(odds + 1e-5, a) - curve(odds - 1e-5, a)) / 2e-5
        assert slope(odds, a) == pytest.approx(steps, rel=1e-5, abs=1e-6)


# ---- Statements at the edge of what numbers and words can hold ------------------------------------------------


@pytest.mark.parametrize(
    ("family", "quantiles", "others"),
    [
        ("loguniform", {0.0001: 0.3}, {"low": 0.22}),  # its upper end would be 0.22 times 1.36 to the 10,000th
        ("weibull", {}, {"mode": 1.0, "sd": 5e-6}),
    ],
)
def test_what_no_float_holds_is_refused_in_words(
    family: str, quantiles: dict[float, float], others: dict[str, float]
) -> None:
    with pytest.raises(ParameterError, match=f"no {family} has .*: it would reach beyond all numbers"):
        fit(family, quantiles, **others)


def test_an_exponential_is_settled_by_its_spread_alone() -> None:
    assert fit("exponential", {}, sd=2.0).sd == pytest.approx(2.0)


@pytest.mark.parametrize("end", ["low", "high"])
def test_an_end_that_is_stated_twice_is_refused(end: str) -> None:
    quantiles = {0.0: 1.0, 0.5: 2.0} if end == "low" else {0.5: 2.0, 1.0: 4.0}
    with pytest.raises(ParameterError, match=f"expected either {end} or p"):
        fit("uniform", quantiles, **{end: 0.5 if end == "low" else 5.0})


@pytest.mark.parametrize("family", ["gumbel", "student_t", "normal", "uniform"])
def test_an_sd_beside_a_mean_of_nothing_is_met(family: str) -> None:
    made = fit(family, {}, mean=0.0, sd=0.7, **({"df": 5.0} if family == "student_t" else {}))
    assert made.sd == pytest.approx(0.7, rel=1e-12)


@pytest.mark.parametrize("p", [1e-12, 1e-7, 0.0000251, 0.025, 0.9999999999])
def test_the_name_of_a_quantile_is_read_back_as_it(p: float) -> None:
    assert quantile_of_name(quantile_name(p)) == p


def test_a_quantile_far_out_is_met() -> None:
    assert fit("normal", {1e-12: -10.0}, mean=1.0).quantile(1e-12) == pytest.approx(-10.0)


def test_a_reference_class_is_cut_off_where_the_file_says_so() -> None:
    found = driver("{reference: one_off_overrun, kind: share, truncate: {low: 100%, high: 200%}}")
    parent = make("lognormal", {"median": 1.25, "p90": 1.84})
    assert found.value == make("truncated", {"parent": parent, "low": 1.0, "high": 2.0})
    assert found.reference == "one_off_overrun"
    assert [each.fitted for each in found.stated] == [found.value.quantile(0.5), found.value.quantile(0.9)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("reference: tca_award, kind: share, truncate: {low: 1%}", "is certain: there is nothing to cut off"),
        ("reference: one_off_overrun, kind: share, truncate: {lo: 1%}", "unknown key 'lo'; did you mean 'low'"),
        ("reference: one_off_overrun, kind: share, truncate: {high: 1%}", "keep at least a billionth"),
    ],
)
def test_bounds_of_a_reference_class_are_checked(entry: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        driver(f"{{{entry}}}")
