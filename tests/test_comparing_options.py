"""How options compare on the same futures, against closed forms and cases whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from small_files import HEAD, parsed

from simlib import Futures, compile_model, load_config, simulate
from simlib.decisions.comparing_options import Comparison, Dominance, _Pair, compare_options, downside

COUNT = 20_000


def futures_of(savings: dict[str, str], gap: str = "1") -> Futures:
    """Give futures of a council with an option for each measure, whose saving is all there is of it."""
    stated = f"gap: {{basis: cumulative_base, already_includes_savings: no, plan: {gap}}}"
    body = f"councils: {{a: {{{stated}}}}}\nmeasures:\n"
    for name, saving in savings.items():
        body += f"  {name}: {{council: a, basis: recurring, from: 2020/21, saving: {saving}}}\n"
    body += "options:\n" + "".join(f"  {name}: {{councils: a, measures: {name}}}\n" for name in savings)
    return simulate(compile_model(parsed(body, HEAD)), COUNT, seed=5)


def normal(mean: float, sd: float) -> str:
    return f"{{dist: normal, mean: {mean}, sd: {sd}, plan: {mean}}}"


def only(futures: Futures) -> Comparison:
    (found,) = compare_options(futures)
    return found


def test_of_two_normal_options_chance_and_regret_are_those_of_the_closed_form() -> None:
    found = only(futures_of({"x": normal(1.0, 0.3), "y": normal(1.1, 0.4)}))
    mean, sd = 0.1, 0.5  # of y's saving less x's
    best = found.options["y"].best
    assert abs(best.probability - norm.cdf(mean / sd)) < 4 * best.error
    losses = {"y": sd * (norm.pdf(mean / sd) - mean / sd * norm.cdf(-mean / sd)), "x": 0.0}
    losses["x"] = losses["y"] + mean
    for name, regret in losses.items():
        told = found.options[name].regret
        assert abs(told.value - regret) < 4 * told.error
        assert 0 < told.error < 0.01
    regret = found.options["x"].regret_p90
    assert abs(regret.value - (mean + sd * norm.ppf(0.9))) < 4 * regret.error


def test_an_acceptability_curve_is_the_distribution_of_the_gap() -> None:
    found = only(futures_of({"x": normal(1.0, 0.3), "y": normal(1.1, 0.4)}))
    assert found.allowed[0] == 0.0
    for amount, chance in zip(found.allowed, found.options["y"].acceptable, strict=True):
        truth = norm.cdf((amount + 0.1) / 0.4)
        assert abs(chance.probability - truth) < 4 * max(chance.error, 1e-4)


def test_options_that_do_the_same_are_both_best_and_neither_dominates() -> None:
    found = only(futures_of({"x": "0.5", "y": "0.5"}))
    assert [standing.best.probability for standing in found.options.values()] == [1.0, 1.0]
    assert found.dominance == ()


def test_one_that_is_ahead_in_every_future_dominates_and_no_resample_undoes_it() -> None:
    found = only(futures_of({"x": "1.0", "y": "0.9"}, gap="1"))
    assert found.dominance == (Dominance("x", "y", 1, 0.0, True), Dominance("x", "y", 2, 0.0, True))


def test_a_narrow_option_dominates_a_wide_one_of_the_same_mean_in_the_second_order_only() -> None:
    uniform = "{dist: uniform, low: 0.2, high: 1.4, plan: 0.8}"
    found = only(futures_of({"sure": "0.8", "wide": uniform, "surer": "0.81"}))
    orders = {(each.better, each.worse, each.order): each for each in found.dominance}
    assert ("sure", "wide", 1) not in orders
    assert orders["surer", "wide", 2].settled
    # The two means are the same: whether the sample says so is luck, and a resample undoes it about every other time.
    sure = orders.get(("sure", "wide", 2))
    assert sure is None or not sure.settled


def test_a_dominance_of_two_alike_options_that_chance_brings_is_not_settled() -> None:
    found = only(futures_of({"x": normal(1.0, 0.3), "y": normal(1.001, 0.3)}))
    assert not any(each.settled for each in found.dominance)


def test_dominance_is_what_going_through_every_amount_says() -> None:
    draws, orders = np.random.default_rng(4), []
    for _ in range(400):
        a, b = draws.integers(-3, 5, (2, draws.integers(1, 7)))
        pair = _Pair.of(a, b, np.argsort(a, kind="stable"), np.argsort(b, kind="stable"))
        near = range(-4, 6)
        first = all(np.sum(a <= x) >= np.sum(b <= x) for x in near)
        second = all(np.maximum(a - x, 0).sum() <= np.maximum(b - x, 0).sum() for x in near)
        same = sorted(a) == sorted(b)
        orders.append(tuple(pair.undone(1, "a twin")))
        assert orders[-1] == tuple(order for order, holds in ((1, first), (2, second)) if holds and not same), (a, b)
    assert {orders.count(each) > 20 for each in ((), (2,), (1, 2))} == {True}


def test_who_bears_the_downside_follows_the_shares() -> None:
    gap = "gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}"
    body = f"""
councils: {{a: {{{gap}}}, b: {{{gap}}}}}
measures:
  m:
    shares: {{a: 75%, b: rest}}
    basis: recurring
    from: 2020/21
    saving: {{dist: uniform, low: 0, high: 1, plan: 1}}
options: {{o: {{councils: [a, b], measures: m}}}}
"""
    futures = simulate(compile_model(parsed(body, HEAD)), COUNT, seed=2)
    borne = downside(futures, "o")
    left = {"a": 1 - 0.75 * 0.5, "b": 1 - 0.25 * 0.5}
    for name, each in borne.items():
        assert abs(each.shortfall.value - left[name]) < 4 * each.shortfall.error
        assert abs(each.share.value - left[name] / sum(left.values())) < 4 * each.share.error
    worst = {"a": 1 - 0.75 * 0.05, "b": 1 - 0.25 * 0.05}  # where the saving is in its lowest tenth
    assert abs(borne["a"].share_of_worst.value - worst["a"] / sum(worst.values())) < 4 * borne["a"].share_of_worst.error
    assert borne["a"].share_of_savings.value == pytest.approx(0.75, abs=1e-9)


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_what_is_best_most_often_in_south_somerset_is_not_what_is_regretted_least(root: Path, sampler: str) -> None:
    futures = simulate(compile_model(load_config(root / "configs" / "south_somerset.yaml")), 8_192, sampler=sampler)
    found = {each.where: each for each in compare_options(futures)}
    assert set(found) == {"south_somerset", "sedgemoor", "jointly"}
    ours = found["south_somerset"]
    assert ours.options["do_nothing"].best.probability < 0.001
    assert any(d.better == "solo" and d.worse == "do_nothing" and d.settled for d in ours.dominance)
    best = max(ours.options, key=lambda name: ours.options[name].best.probability)
    least = min(ours.options, key=lambda name: ours.options[name].regret.value)
    assert (best, least) == ("solo_and_alliance", "joint_authority_and_transformation")
    gain = ours.options[best].regret.value - ours.options[least].regret.value
    assert gain > 10 * ours.options[best].regret.error
