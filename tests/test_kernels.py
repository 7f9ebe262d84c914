"""The kernels one by one, each against a slow scalar form of its own or a table worked by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from simlib.kernels import closing, lines, paths, reserves

FEW = settings(max_examples=40)
moments = st.floats(-3, 8).map(lambda x: round(x, 2))
amounts = st.lists(st.floats(-2, 2).map(lambda x: round(x, 2)), min_size=4, max_size=4)


def shapes() -> dict[str, paths.Path]:
    return {
        "ramp": paths.ramp(1.0, 3.0),
        "step": paths.ramp(2.0, 2.0),
        "staircase": paths.staircase(0.0, 2.0),
        "list": paths.yearly((0.0, 0.5, 1.5, 1.0), holds=True),
        "once": paths.yearly((0.3, 0.0, 0.7), holds=False),
    }


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("ramp", [0, 0, 0.5, 1, 1, 1]),
        ("step", [0, 0, 0, 1, 1, 1]),
        ("staircase", [0, 1 / 3, 2 / 3, 1, 1, 1]),
        ("list", [0, 0, 0.5, 1.5, 1.0, 1.0]),
        ("once", [0, 0.3, 0, 0.7, 0, 0]),
    ],
)
def test_a_rate_on_the_last_day_of_each_year_is_the_table(name: str, rates: list[float]) -> None:
    """31 March of a year belongs to it: what steps on 1 April does not count yet."""
    np.testing.assert_allclose(paths.rate(shapes()[name], np.arange(6.0)), rates, atol=1e-12)


@FEW
@given(st.sampled_from(sorted(shapes())), moments)
def test_what_is_received_is_the_area_under_the_rate(name: str, until: float) -> None:
    path = shapes()[name]
    area, _ = quad(lambda t: float(paths.rate(path, np.asarray([t]))[0]), -4, until, points=[-1, *range(8)], limit=200)
    assert paths.received(path, np.asarray([until]))[0] == pytest.approx(area, abs=1e-6)


@FEW
@given(st.sampled_from(sorted(shapes())), st.floats(0, 6))
def test_a_delay_shifts_and_never_lowers_the_last_rate(name: str, delay: float) -> None:
    path = shapes()[name]
    cash, rates = paths.in_year(path, np.asarray([delay]), 12), paths.at_end(path, np.asarray([delay]), 12)
    assert cash.sum() == pytest.approx(paths.received(path, np.asarray([12.0 - delay]))[0], abs=1e-9)
    assert rates[-1, 0] == pytest.approx(paths.rate(path, np.asarray([100.0]))[0], abs=1e-12)


@FEW
@given(
    st.sampled_from(sorted(shapes())),
    st.floats(0, 3),
    st.lists(
        st.tuples(st.floats(-1, 7), st.sampled_from([0.0, 0.3, 1.0])), min_size=1, max_size=3, unique_by=lambda x: x[0]
    ),
)
def test_stops_freeze_the_rate_and_keep_a_share_each(name: str, delay: float, stops: list[tuple[float, float]]) -> None:
    path, years = shapes()[name], 5
    when, keeps = (np.asarray([[x[k]] for x in stops]) for k in (0, 1))
    stop = paths.stops(path, np.asarray([delay]), when, keeps, years)

    def slow(t: float) -> float:
        past = sorted(x for x in stops if x[0] < t)
        rate = float(paths.rate(path, np.asarray([(past[0][0] if past else t) - delay]))[0])
        return rate * math.prod(kept for _, kept in past)

    cash = paths.in_year_stopped(path, np.asarray([delay]), stop, years)[:, 0]
    bends = [delay + knot for knot in path.knots] + [moment for moment, _ in stops]
    for year in range(years):
        inside = sorted({year, year + 1, *(b for b in bends if year < b < year + 1)})
        area = sum((b - a) * slow((a + b) / 2) for a, b in pairwise(inside))
        assert cash[year] == pytest.approx(area, abs=1e-9)
    ends = paths.at_end_stopped(path, np.asarray([delay]), stop, years)[:, 0]
    assert ends.tolist() == pytest.approx([slow(year + 1.0) for year in range(years)], abs=1e-9)


@FEW
@given(st.floats(0, 6), st.floats(0.1, 3))
def test_a_cost_spread_over_time_is_spent_once(begin: float, length: float) -> None:
    shares = paths.spread(np.asarray([begin]), length, 10)[:, 0]
    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() >= 0
    slow = [max(min(y + 1, begin + length) - max(y, begin), 0) / length for y in range(10)]
    assert shares.tolist() == pytest.approx(slow, abs=1e-12)


def test_what_two_measures_count_twice_goes_with_the_one_that_delivers_less() -> None:
    found = paths.overlap(np.asarray(0.4), np.asarray([1.0, 0.5, 0.2, -0.3]), np.asarray([1.0, 0.8, 0.1, 1.0]))
    assert found.tolist() == pytest.approx([0.4, 0.2, 0.04, 0.0])


# ---- Lines -------------------------------------------------------------------------------------------------


@FEW
@given(amounts)
def test_running_totals_and_compound_growth_are_the_loops(values: list[float]) -> None:
    column = np.asarray(values)[:, None]
    total, level, totals, levels = 0.0, 1.0, [], []
    for value in values:
        total, level = total + value, level * (1 + value)
        totals.append(total)
        levels.append(level)
    assert lines.accumulated(column)[:, 0].tolist() == pytest.approx(totals, abs=1e-12)
    assert lines.compounded(column)[:, 0].tolist() == pytest.approx(levels, abs=1e-12)
    assert lines.grown(np.asarray(10.0), column)[:, 0].tolist() == pytest.approx([10 * x for x in levels], abs=1e-10)
    assert column[:, 0].tolist() == values  # what was handed in is as it was


def test_an_index_that_follows_its_plan_is_one() -> None:
    growth = np.asarray([[0.02], [0.03], [-0.01]])
    np.testing.assert_allclose(lines.relative_index(growth, growth), 1.0)
    ahead = lines.relative_index(growth + 0.01, growth)[:, 0]
    assert ahead[1] == pytest.approx((1.03 / 1.02) * (1.04 / 1.03))


def test_the_part_of_a_year_after_a_moment_and_the_year_that_holds_it() -> None:
    moment = np.asarray([-1.0, 0.0, 1.25, 3.0, np.inf])
    after = [[1, 1, 0, 0, 0], [1, 1, 0.75, 0, 0], [1, 1, 1, 0, 0]]
    np.testing.assert_allclose(lines.from_moment(moment, 3), after)
    np.testing.assert_allclose(lines.in_year_of(moment, 3), [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]])


@FEW
@given(
    st.floats(0, 1), st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3),
    st.lists(st.floats(0.1, 1), min_size=3, max_size=3), st.floats(0, 1),
)  # fmt: skip
def test_strays_cancel_in_a_programmes_total(
    common: float, strays: list[float], weights: list[float], individual: float
) -> None:
    parts = np.asarray(weights) / sum(weights)
    shares = [
        lines.programme_share(np.asarray([common]), np.asarray(strays)[:, None], own, parts, individual, 1.0)[0]
        for own in range(3)
    ]
    assert float(np.dot(parts, shares)) == pytest.approx(common, abs=1e-12)
    assert min(shares) >= -1e-12
    assert max(shares) <= 1 + 1e-12


# ---- Reserves ----------------------------------------------------------------------------------------------


def test_pots_pay_in_order_up_to_their_limits_and_what_they_hold() -> None:
    first, second = np.asarray([[0.5], [0.5]]), np.asarray([[0.4], [0.2]])
    paid = reserves.pay_from_pots(
        [first, second], [((0, 0.3), (1, np.inf)), ((1, np.inf), (0, np.inf))], np.asarray([[0.6], [0.7]])
    )
    # Year 1: the first cost takes 0.3 of pot 0 and 0.2 of pot 1, the second 0.4 of pot 1.
    # Year 2: its limit on pot 0 is spent, so 0.1 of pot 1 is all that is left for it; then 0.2 of pot 0.
    np.testing.assert_allclose(paid[:, :, 0], [[0.3, 0.2], [0.6, 0.1]])
    assert paid.sum() == pytest.approx(1.2)


def test_a_pot_that_holds_less_than_nothing_pays_nothing() -> None:
    cost = np.asarray([[0.5, 0.5]])
    paid = reserves.pay_from_pots([cost], [((0, np.inf),)], np.asarray([[-1.0, 0.2]]))
    np.testing.assert_allclose(paid[0, 0], [0.0, 0.2])
    assert cost.tolist() == [[0.5, 0.5]]


@FEW
@given(amounts, amounts, st.floats(-1, 5))
def test_the_reserve_that_is_needed_just_holds(gaps: list[float], costs: list[float], minimum: float) -> None:
    taken = reserves.drawn(np.asarray(gaps)[:, None], np.asarray(costs)[:, None], np.zeros((4, 1)), spent=False)
    needed = reserves.reserve_needed(np.asarray([minimum]), taken)
    fund = reserves.general_fund(needed, taken)
    assert fund.min() >= minimum - 1e-9
    less = reserves.general_fund(needed - 0.01, taken)
    assert min(less.min(), needed[0] - 0.01) < minimum


def test_a_surplus_that_is_spent_does_not_reach_the_fund() -> None:
    gap, cost, planned = (np.asarray(x)[:, None] for x in ([-1.0, 2.0], [0.1, 0.2], [0.5, -0.5]))
    kept, spent = (reserves.drawn(gap, cost, planned, spent=answer)[:, 0] for answer in (False, True))
    assert kept.tolist() == pytest.approx([-1.4, 2.7])
    assert spent.tolist() == pytest.approx([-0.4, 2.7])


# ---- Closing -----------------------------------------------------------------------------------------------

HALF = 5e-9
GAPS = np.asarray([[0.4, -1, 0.0, 1], [0.0, -1, 1e-9, 1], [-0.1, 1, 4e-9, -1], [0.1, -1, 6e-9, -1]])


def test_closed_means_below_half_a_penny() -> None:
    assert closing.target_year(GAPS[2], HALF).tolist() == [True, False, True, True]
    assert closing.in_year(GAPS, 0, HALF).tolist() == [False, True, True, False]
    assert closing.target_year(GAPS[3], HALF).tolist() == [False, True, False, True]
    assert closing.from_target_year(GAPS, 2, HALF).tolist() == [False, False, False, True]
    assert closing.every_year(GAPS[:3], HALF).tolist() == [False, False, True, False]


def test_reserves_hold_at_their_minimum_to_the_penny() -> None:
    fund = np.asarray([[2.0, 1.0, 3.0], [1.0, 1 - 4e-9, 0.9]])
    assert closing.reserves_hold(fund, np.asarray(1.0), HALF).tolist() == [True, True, False]
    assert closing.reserves_restored(fund, np.asarray([1.0, 1.0, 0.9]), HALF).tolist() == [True, True, True]
    assert closing.reserves_restored(fund, np.asarray(1.1), HALF).tolist() == [False, False, False]


def test_the_first_year_in_which_it_is_closed() -> None:
    never = np.ones((4, 1))
    assert closing.first_year_closed(np.hstack([GAPS, never]), HALF).tolist() == [1, 0, 0, 2, 4]


@pytest.mark.parametrize(
    ("cash", "years"),
    [
        ([-1, 0.5, 0.5, 0], 3),
        ([-1, 2, -2, 2], 4),
        ([1, -2, 0.5, 0.4], np.inf),
        ([1, 1, 1, 1], 1),
        ([0, 1, 1, 1], 1),
        ([0, 0, -1, 1], 2),
        ([0, 2, -1, 1], 1),
        ([0.1, -0.3, 0.2, 0.0], 3),
        ([-1, 0.9, 0, 0], np.inf),
    ],
)
def test_it_has_paid_back_when_it_stays_paid_back(cash: list[float], years: float) -> None:
    assert closing.payback(np.asarray(cash, dtype=float)[:, None], HALF)[0] == years


def test_where_nothing_is_spent_or_saved_nothing_is_paid_back() -> None:
    assert np.isnan(closing.payback(np.zeros((4, 1)), HALF)[0])


def test_less_than_half_a_penny_is_neither_cash_nor_owed() -> None:
    cash = np.asarray([[0.2, -1, 0.8, 0], [0, -1, 0.75, 0], [0, -1, 0.8, 0], [0.25, -0.5, 0.25, 0], [0.2] * 4]).T
    assert closing.payback(cash, 0.25).tolist() == pytest.approx([2, np.inf, 2, 3, np.nan], nan_ok=True)


def test_a_present_value_weighs_each_year() -> None:
    cash = np.asarray([[-1.0, 2.0], [3.0, 4.0]])
    assert closing.present_value(cash, np.asarray([0.9, 0.8])).tolist() == pytest.approx([1.5, 5.0])
