"""What matters, from futures that are drawn already: against closed forms, scipy, and the same done another way."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from small_files import HEAD, parsed

from simlib import ModelError, compile_model, load_config, loops, simulate, simulate_plan
from simlib.sensitivity.given_data import GivenData, given_data
from simlib.sensitivity.jackknife import jackknifed
from simlib.sensitivity.tables import bins_for, graded, ranks_of, tabulated, tails
from simlib.sensitivity.targets import Target, rows_of, targets

TAIL_MEAN = 1.7549833193248680  # of a standard normal figure beyond its 90 % quantile
ERRORS = 5
HEAD_ONLY = "simlib: 1\ntitle: a linear answer\n"
LINEAR = """
drivers:
  x: {kind: number, dist: normal, mean: 0, sd: 1}
  z: {kind: number, dist: normal, mean: 5, sd: 2}
  idle: {kind: number, dist: uniform, low: 0, high: 1}
  often: {kind: number, dist: bernoulli, p: 0.4}
DEPENDENCE
outputs: {y: 2 * x - z + 3 * often, high: y > 2, sure: 3}
"""
TOGETHER = "dependence:\n  pair: {between: [drivers.x, drivers.z], correlation: 0.6}"


def given(text: str, count: int = 49_152, **options: Any) -> GivenData:
    """Measure the outputs of a file of drivers."""
    return given_data(simulate(compile_model(parsed(text, HEAD_ONLY)), count, **{"seed": 3, **options}))


def of(found: GivenData, output: str, name: str, measure: str) -> tuple[float, float]:
    """Give a measure and its error."""
    target = next(k for k, each in enumerate(found.targets) if each.name[1] == output)
    entry = next(each for each in found.entries(target) if each["address"] == f"drivers.{name}")
    if measure == "swing":
        return entry["swing"]["shift"], entry["swing"]["error"]
    return entry[measure]["value"], entry[measure]["error"]


def near(found: tuple[float, float], truth: float, scale: float = 1.0) -> bool:
    """Tell whether an estimate is within its errors of the truth, and its error small enough to find a mistake."""
    return abs(found[0] - truth) < ERRORS * found[1] + 1e-12 and found[1] < 0.02 * scale


@pytest.mark.parametrize("options", [{}, {"sampler": "sobol"}], ids=str)
def test_independent_figures_have_the_measures_of_the_closed_form(options: dict[str, Any]) -> None:
    found = given(LINEAR.replace("DEPENDENCE", ""), **options)
    variances = {"x": 4.0, "z": 4.0, "often": 9 * 0.24, "idle": 0.0}
    total = sum(variances.values())
    for name, variance in variances.items():
        sign = -1.0 if name == "z" else 1.0
        assert near(of(found, "y", name, "regression"), sign * math.sqrt(variance / total)), name
        assert near(of(found, "y", name, "first_order"), variance / total), name
    for name, shift in {"x": 4 * TAIL_MEAN, "z": -4 * TAIL_MEAN, "often": 3.0, "idle": 0.0}.items():
        assert near(of(found, "y", name, "swing"), shift, 4.0), name
    assert abs(found.explained.values[0] - 1.0) < 1e-9


def test_of_figures_that_go_together_each_has_what_moves_with_it_but_in_the_regression() -> None:
    found = given(LINEAR.replace("DEPENDENCE", TOGETHER))
    total = 4 + 4 - 2 * 2 * 2 * 0.6 + 9 * 0.24
    for name, own, with_other in (("x", 2.0, 2 - 2 * 0.6), ("z", -2.0, 2 * 0.6 - 2)):
        assert near(of(found, "y", name, "regression"), own / math.sqrt(total)), name
        assert near(of(found, "y", name, "first_order"), with_other**2 / total), name
        assert near(of(found, "y", name, "swing"), with_other * 2 * TAIL_MEAN, 4.0), name


def test_what_does_not_matter_is_shown_as_such_and_what_is_certain_has_nothing_that_does() -> None:
    found = given(LINEAR.replace("DEPENDENCE", ""))
    matters = dict(zip([address for address, _ in found.figures], found.matters.T[0], strict=True))
    assert matters == {"drivers.x": True, "drivers.z": True, "drivers.idle": False, "drivers.often": True}
    sure = next(k for k, each in enumerate(found.targets) if each.name[1] == "sure")
    assert not found.matters[:, sure].any()
    assert np.isnan(found.first_order.values[:, sure]).all()
    assert found.document()[sure]["explained"] == {"value": None, "error": None}


def test_of_a_chance_that_hardly_any_future_speaks_for_nothing_is_told_rather_than_nothing() -> None:
    x = "{kind: number, dist: normal, mean: 0, sd: 1}"
    text = f"drivers: {{x: {x}}}\noutputs: {{never: x > 9, once: x > LIMIT, often: x > 2}}\n"
    model = compile_model(parsed(text.replace("LIMIT", "3"), HEAD_ONLY))
    largest = np.sort(simulate(model, 4_096, seed=3).drivers["drivers.x"])[-2:]
    found = given(text.replace("LIMIT", f"{largest.mean():.9f}"), 4_096)
    for output, known in (("never", False), ("once", False), ("often", True)):
        [entry] = found.entries([target.name[1] for target in found.targets].index(output))
        for measure in ("rank_correlation", "regression", "first_order"):
            assert (entry[measure]["value"] is not None) == (entry[measure]["error"] is not None) == known
        assert entry["told"] == known


def test_rank_correlations_and_regressions_are_scipys_and_numpys() -> None:
    futures = simulate(compile_model(parsed(LINEAR.replace("DEPENDENCE", TOGETHER), HEAD_ONLY)), 5_000, seed=3)
    found, rows = given_data(futures), futures.drivers
    answers = {name: np.asarray(value, dtype=float) for name, value in futures.outputs.items()}
    design = np.stack([rows[address] for address, _ in found.figures])
    standard = (design - design.mean(axis=1, keepdims=True)) / design.std(axis=1, keepdims=True)
    for name in ("y", "high"):
        answer = (answers[name] - answers[name].mean()) / answers[name].std()
        coefficients = np.linalg.lstsq(standard.T, answer, rcond=None)[0]
        for k, (address, _) in enumerate(found.figures):
            short = address.removeprefix("drivers.")
            expected = stats.spearmanr(rows[address], answers[name]).statistic
            assert of(found, name, short, "rank_correlation")[0] == pytest.approx(expected, abs=1e-9)
            assert of(found, name, short, "regression")[0] == pytest.approx(coefficients[k], abs=1e-9)


def test_errors_are_those_that_other_seeds_show() -> None:
    many = [given(LINEAR.replace("DEPENDENCE", TOGETHER), 8_192, seed=seed) for seed in range(40)]
    for measure in ("rank_correlation", "regression", "first_order", "swing"):
        values, errors = zip(*(of(found, "y", "x", measure) for found in many), strict=True)
        assert 0.7 < np.std(values, ddof=1) / np.sqrt(np.mean(np.square(errors))) < 1.4, measure


WITHIN = """
drivers:
  x: {kind: number, dist: normal, mean: 0, sd: 1}
  late: {kind: number, dist: exponential, mean: 1}
  rare: {kind: number, dist: bernoulli, p: 0.3}
  few: {kind: number, dist: discrete, values: [0, 1, 2], weights: [75%, 20%, 5%]}
outputs: {same: x, bent: x * x, most: 3 * x + late, long: late * late, some: rare * late + 0.5 * x, ties: few + x}
"""


@pytest.mark.parametrize("options", [{}, {"sampler": "sobol"}], ids=str)
def test_errors_of_first_orders_hold_the_truth_however_strong_curved_or_tied_a_figure_is(
    options: dict[str, Any],
) -> None:
    few = 0.2 + 4 * 0.05 - 0.3**2
    some = 0.3 * 2 - 0.3**2 + 0.25
    truths = {
        ("same", "x"): 1.0, ("bent", "x"): 1.0, ("most", "x"): 0.9, ("most", "late"): 0.1, ("long", "late"): 1.0,
        ("some", "rare"): 0.3 * 0.7 / some, ("some", "late"): 0.09 / some, ("some", "x"): 0.25 / some,
        ("ties", "few"): few / (1 + few), ("ties", "rare"): 0.0,
    }  # fmt: skip
    many = [given(WITHIN, 2_048, seed=seed, **options) for seed in range(60)]
    far = float(stats.t.ppf(0.975, 15))
    for (output, name), truth in truths.items():
        told = np.asarray([of(found, output, name, "first_order") for found in many])
        held = np.mean(np.abs(told[:, 0] - truth) <= far * told[:, 1])
        assert held >= 0.88, (output, name, held)
        assert told[:, 1].mean() < (0.12 if output == "long" else 0.06), (output, name)


def test_bins_are_as_many_as_told_each_full_and_finest_at_the_ends() -> None:
    for count in (1_024, 5_000, 131_072, 1_000_000):
        sizes = np.diff(bins_for(count), prepend=0) // 2
        assert sizes.sum() == count
        assert len(sizes) % 2 == 0
        assert sizes.min() >= 16
        np.testing.assert_allclose(sizes, sizes[::-1], atol=1)
        assert sizes[0] == sizes.min() < sizes.max() / 4


def test_the_result_is_the_same_to_the_byte_for_any_number_of_workers_with_loops_and_without() -> None:
    random = np.random.default_rng(5)
    figures = random.standard_normal((4, 3_001))
    figures[0], figures[1] = np.round(figures[0]), figures[1] > 1.9
    answers = random.standard_normal((2, 3_001)) + figures[:1]
    many = bins_for(3_001)
    stretches = [(0, 1_000), (1_000, 1_001), (1_001, 3_001)]

    def everything(n_jobs: int) -> list[bytes]:
        grades = graded(figures, many, n_jobs=n_jobs)
        ranks = ranks_of(answers, [False, True], n_jobs=n_jobs)
        tables = tabulated(figures, grades, answers, ranks, stretches, n_jobs=n_jobs)
        return [each.tobytes() for each in (*grades, ranks, *tables)]

    was = loops.on()
    loops.stop()
    plain = everything(1)
    assert loops.start() is None
    assert everything(1) == everything(2) == plain
    if not was:
        loops.stop()


@pytest.mark.parametrize(
    "row",
    [
        np.arange(100.0),
        np.r_[np.zeros(95), 1.0, 2.0, 3.0, 4.0, 5.0],
        np.r_[-1.0, np.zeros(98), 1.0],
        np.r_[np.zeros(50), np.ones(50)],
        np.r_[np.full(15, -2.0), np.arange(70.0), np.full(15, 99.0)],
        np.r_[-0.0, np.zeros(40), np.full(59, -1e-300)],
    ],
    ids=["distinct", "mostly nothing", "nothing between two", "two values", "ties at both ends", "signs of nought"],
)
def test_sides_are_those_of_swings_and_ranks_those_of_scipy(row: Any) -> None:
    found = graded([row], 20 * np.arange(1, 11))
    low, high = tails(row)
    sides = found.sides[0][found.bins[0]]
    assert np.flatnonzero(sides == 1).tolist() == list(low)
    assert np.flatnonzero(sides == 2).tolist() == list(high)
    assert found.ranks[0].tolist() == (stats.rankdata(row) - 50.5).tolist()
    assert all(len(set(found.bins[0][row == value].tolist())) == 1 for value in set(row.tolist()))


def test_which_option_is_best_adds_up_to_one_where_no_two_are_alike(root: Path) -> None:
    futures = simulate(compile_model(load_config(root / "configs" / "south_somerset.yaml")), 4_096, seed=1)
    asked = [t for t in targets(futures.model) if t.name[0] == "best" and t.name[2] == "south_somerset"]
    assert rows_of(futures, asked).sum(axis=0).tolist() == [1.0] * 4_096
    everything = targets(futures.model, every_year=True)
    assert {t.name[3] for t in everything if t.name[0] == "gap"} == set(futures.model.year_labels)
    closes = [t for t in everything if t.name[:2] == ("closes", "solo")]
    gap = [t for t in everything if t.name == ("gap", "solo", "south_somerset", "2019/20")]
    told, amount = rows_of(futures, [*closes, *gap])
    np.testing.assert_array_equal(told, amount < futures.model.tolerance)


def test_a_side_of_a_few_futures_has_an_error_as_large_as_they_are_few() -> None:
    x, rare = "{kind: number, dist: normal, mean: 0, sd: 1}", "{kind: number, dist: bernoulli, p: 0.0003}"
    found = given(f"drivers: {{x: {x}, rare: {rare}}}\noutputs: {{y: x + drivers.rare}}\n", 4_096)
    entry = next(each for each in found.entries(0) if each["address"] == "drivers.rare")
    count = entry["swing"]["high"]["count"]
    assert 1 <= count <= 3
    assert entry["swing"]["high"]["error"] == pytest.approx(1.0 / math.sqrt(count), rel=0.7)
    assert not entry["told"]


def test_futures_that_tell_nothing_are_refused(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "minimal.yaml"))
    with pytest.raises(ModelError, match="expected at least 1,024 futures to tell what matters by, got 1,000"):
        given_data(simulate(model, 1_000, seed=1))
    with pytest.raises(ModelError, match="expected futures that were drawn, got those of the plan"):
        rows_of(simulate_plan(model), targets(model))
    nothing = compile_model(parsed("drivers: {x: {kind: number, dist: normal, mean: 1, sd: 2}}", HEAD_ONLY))
    with pytest.raises(ModelError, match="a claim or an output to ask about, and there is none"):
        given_data(simulate(nothing, 2_048, seed=1))


def test_a_figure_by_year_moves_nothing_that_is_before_it() -> None:
    body = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    pressures: {pay: {change: {dist: normal, mean: 0, sd: 1, varies: yearly}}}
options: {o: {councils: a}, p: {councils: a}}
"""
    found = given_data(simulate(compile_model(parsed(body, HEAD)), 8_192, seed=1))
    [target] = [k for k, each in enumerate(found.targets) if each.name[:2] == ("gap", "o")]
    assert isinstance(found.targets[target], Target)
    told = {entry["year"]: (entry["told"], entry["first_order"]["value"]) for entry in found.entries(target)}
    assert [year for year, (is_told, _) in told.items() if is_told] == ["2023/24"]
    assert told["2023/24"][1] == pytest.approx(1.0, abs=0.01)


def test_an_error_from_groups_left_out_is_that_of_an_average() -> None:
    values = np.random.default_rng(1).standard_normal(16)
    found = jackknifed((values, np.ones(16)), lambda total, count: total / count)
    assert float(found.errors) == pytest.approx(values.std(ddof=1) / 4.0)
