"""From scores to values: compiled loops and numpy give the same bytes, and both what the formulas say."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from simlib import loops
from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.dependence import CommonFactor, Dependences, Joint
from simlib.distributions import ScoreTable, make, score_table
from simlib.drivers import Driver, Event, evaluate
from simlib.engine import simulate
from simlib.errors import ModelError
from simlib.happening import happening
from simlib.model import Model
from simlib.sampling import CHUNK, Dimension, combined, make_sampler, t_scale, t_scores
from simlib.source import ChunkSource, Workspace

Array = np.ndarray
NUMBERS = np.random.Generator(np.random.SFC64(5))


@pytest.fixture
def both() -> Iterator[Callable[[Callable[[], Array]], Array]]:
    """Give what a calculation gives, after seeing that it gives the same bytes in either kind."""

    def same(work: Callable[[], Array]) -> Array:
        loops.stop()
        interpreted = work()
        assert loops.start() is None
        assert loops.on()
        compiled = work()
        assert compiled.tobytes() == interpreted.tobytes()
        return compiled

    yield same
    loops.stop()


Both = Callable[[Callable[[], Array]], Array]

JUMPY = {"of": [make("fixed", {"value": -0.0}), make("normal", {"mean": 0, "sd": 1})], "weights": [0.3, 0.7]}
TABLES = {
    "smooth": score_table(make("pert", {"low": 0, "mode": 3, "high": 4})),
    "with a kink": score_table(make("triangular", {"low": -1, "mode": 0, "high": 0.5})),
    "with a jump": score_table(make("mixture", JUMPY)),
    "held to nothing": score_table(make("truncated_normal", {"mean": 0, "sd": 1, "low": -0.0})),
    "without an end": score_table(make("gumbel", {"location": 0, "scale": 1})),
}
SCORES = {
    "none": np.empty(0),
    "one": np.array([0.3]),
    "an odd number": NUMBERS.standard_normal(4_099),
    "on every node": np.arange(-700.0, 701.0) / 64.0,
    "around the middle": np.arange(-500.0, 501.0) * 2.0**-24,
    "far out": np.array([-8.0, 8.0, -7.0, 7.0, np.nextafter(-7.0, -8.0), -37.0, 37.0, 0.0, -0.0]),
    "every other one": NUMBERS.standard_normal(2_000)[::2],
    "a matrix on its side": NUMBERS.standard_normal((3, 257)).T,
}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_looked_up_alike_compiled_or_not(table: ScoreTable, scores: Array, both: Both) -> None:
    with np.errstate(divide="ignore"):
        found, truth = both(lambda: table(scores)), table.exact(np.asarray(scores))
    assert found.shape == scores.shape
    assert np.all(np.abs(found - truth) <= 1e-6 * (6.0 + np.abs(truth)))


def test_where_the_table_is_divided_all_the_way_down_both_kinds_go_with_it(both: Both) -> None:
    step = ScoreTable(lambda z: np.where(z < 0.3, 0.0, 1.0), support=(0.0, 1.0))
    scores = 0.3 + np.arange(-3_000.0, 3_000.0) * 2.0**-27
    assert np.any(np.isnan(step.rows[1:-1]).any(axis=1))
    assert np.array_equal(both(lambda: step(scores)), np.where(scores < 0.3, 0.0, 1.0))


def test_no_value_passes_the_ends_that_it_is_held_to(both: Both) -> None:
    held = ScoreTable(lambda z: z, support=(-0.5, 0.25))
    scores = np.append(np.linspace(-9.0, 9.0, 1_001), [-0.5 - 1e-12, 0.25 + 1e-12])
    found = both(lambda: held(scores))
    assert found == pytest.approx(np.clip(scores, -0.5, 0.25), abs=1e-12)
    assert (found.min(), found.max()) == (-0.5, 0.25)


AWKWARD = NUMBERS.standard_normal((5, 1_027))
AWKWARD[0, :6] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e300]
WEIGHTS = np.array([[0.5, 0.0, 0.25, 1e-3], [0.0, 0.0, 0.0, 0.0], [-0.0, 0.3, 0.0, 0.7], [1.0, 0.0, 0.0, 0.0]])


@pytest.mark.parametrize("futures", [0, 1, 7, 512, 513, 1_027])
def test_weighed_sums_of_rows_are_alike_compiled_or_not(futures: int, both: Both) -> None:
    places = [0, 4, 2, 1]
    found = both(lambda: combined(AWKWARD[:, :futures], places, WEIGHTS))
    assert np.all(found[1] == 0.0)
    assert np.array_equal(found[3], AWKWARD[0, :futures], equal_nan=True)  # what is weighed by nothing is left out
    slow = 0.3 * AWKWARD[4, :futures] + 0.7 * AWKWARD[1, :futures]
    assert np.array_equal(found[2], slow)


def event(moments: tuple[float, ...], *, hazard: bool = False, until: float = 5.0) -> Event:
    """Give an event whose chances are handed over."""
    return Event("events.e", moments, (), hazard, until, np.asarray(np.inf), Dimension("events.e"), None)


def in_the_order_of_uniform_numbers(
    moments: tuple[float, ...], scores: Array, chances: list[Array], *, hazard: bool, until: float
) -> Array:
    """Give the moments as the definition has them: u is uniform, small ones happen and early."""
    u = special.ndtr(-scores)
    if hazard:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = moments[0] + np.log1p(-u) / np.log1p(-chances[0])
        return np.where(found < until, found, np.inf)
    moment, up_to = np.full(u.shape, np.inf), np.zeros(())
    for when, chance in zip(moments, chances, strict=True):
        after = up_to + (1.0 - up_to) * chance
        moment[(u >= up_to) & (u < after)] = when
        up_to = after
    return moment


EVEN = special.ndtri((np.arange(20_000) + 0.5) / 20_000)
VARYING = np.linspace(0.0, 1.0, EVEN.size)
CHANCES = {
    "never": [np.array(0.0)],
    "always": [np.array(1.0)],
    "now and then": [np.array(0.3)],
    "at three moments": [np.array(0.1), np.array(0.0), np.array(0.5)],
    "at two and then surely": [np.array(0.1), np.array(1.0), np.array(0.5)],
    "in each future another": [np.array(0.2), NUMBERS.permutation(VARYING)],
}


@pytest.mark.parametrize("chances", CHANCES.values(), ids=CHANCES)
def test_what_has_a_chance_at_moments_happens_at_high_scores_and_early(chances: list[Array], both: Both) -> None:
    moments = (1.0, 2.0, 4.0)[: len(chances)]
    found = both(lambda: happening(event(moments), EVEN, chances))
    assert np.array_equal(
        found, in_the_order_of_uniform_numbers(moments, EVEN, chances, hazard=False, until=5.0)
    )
    certain = [float(chance) for chance in chances if chance.ndim == 0]
    if len(certain) == len(chances):
        assert np.mean(np.isinf(found)) == pytest.approx(np.prod(1.0 - np.array(certain)), abs=1e-4)


def test_a_score_on_the_threshold_itself_is_one_at_which_nothing_happens(both: Both) -> None:
    threshold = -special.ndtri(0.25)
    scores = np.array([np.nextafter(threshold, -9.0), threshold, np.nextafter(threshold, 9.0), np.inf, -np.inf])
    found = both(lambda: happening(event((2.0,)), scores, [np.array(0.25)]))
    assert found.tolist() == [np.inf, np.inf, 2.0, 2.0, np.inf]


RATES = {"never": 0.0, "at once": 1.0, "seldom": 1e-9, "often": 0.4, "always another": NUMBERS.permutation(VARYING)}


@pytest.mark.parametrize("until", [1.0, 1.5, 5.0])
@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_a_clock_strikes_when_its_formula_says(rate: float | Array, until: float, both: Both) -> None:
    chances = [np.asarray(rate)]
    found = both(lambda: happening(event((1.0,), hazard=True, until=until), EVEN, chances))
    wanted = in_the_order_of_uniform_numbers((1.0,), EVEN, chances, hazard=True, until=until)
    np.testing.assert_allclose(found, wanted, rtol=1e-14)  # infinite where they are


@pytest.mark.parametrize("chance", [np.array(1.1), np.array([0.2, -0.1])])
def test_a_chance_that_is_none_is_refused_whatever_the_event(chance: Array) -> None:
    for hazard in (False, True):
        with pytest.raises(ModelError, match="expected a chance from 0 to 1 in every future"):
            happening(event((1.0,), hazard=hazard), np.zeros(2), [chance])


MEMBERS = tuple(Dimension(f"drivers.{letter}") for letter in "abc")
FACTOR, MIXING = Dimension("dependence.d"), Dimension("dependence.d.df")
ROWS = ((1.0,), (0.6, 0.8), (0.0, 0.6, 0.8))


def source_of(group: CommonFactor | Joint, scores: Array, space: Workspace | None = None) -> ChunkSource:
    places = {dimension: i for i, dimension in enumerate((*MEMBERS, FACTOR, MIXING))}
    dependences = Dependences(dict.fromkeys(MEMBERS, group))
    return ChunkSource(1, 0, places, scores, dependences, space=space or Workspace())


@pytest.mark.parametrize("df", [1.0, 2.5, 8.0, 500.0])
def test_a_t_copula_is_looked_up_within_a_ten_millionth_of_a_score(df: float, both: Both) -> None:
    scores = NUMBERS.standard_normal((5, 20_000))
    scores[:, :9] = np.linspace(-7.9, 7.9, 9)
    stretch = t_scale(scores[4], df)
    for group, own in (
        (Joint(MEMBERS, ROWS, ROWS, df, MIXING), 0.6 * scores[0] + 0.8 * scores[1]),
        (CommonFactor(MEMBERS, FACTOR, 0.36, df, MIXING), 0.6 * scores[3] + 0.8 * scores[1]),
    ):
        found = both(lambda group=group: source_of(group, scores).row(MEMBERS[1]))
        truth = t_scores(own, stretch, df)
        assert np.all(np.abs(found - truth) <= 1e-7 * np.maximum(1.0, np.abs(truth)))


def test_a_workspace_that_others_have_used_changes_nothing(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "south_somerset.yaml"))
    space = Workspace()
    for chunk, count in ((0, 300), (1, 300), (2, 17), (3, 300)):
        space.clear()
        there, afresh = (drivers_of(model, chunk, count, own) for own in (space, Workspace()))
        assert there
        assert all(np.array_equal(a, b) for a, b in zip(there, afresh, strict=True))
    taken = len(space.arrays)
    drivers_of(model, 4, 300, space)
    assert len(space.arrays) == 2 * taken  # not cleared: what was there is left alone


def drivers_of(model: Model, chunk: int, count: int, space: Workspace) -> list[Array]:
    """Give the values of what is drawn, in a chunk."""
    scores = make_sampler("random", 1, model.dimensions, CHUNK).scores(model.dimensions, chunk, count)
    places = {dimension: i for i, dimension in enumerate(model.dimensions)}
    source = ChunkSource(1, chunk, places, scores, model.dependences, space=space)
    values = evaluate(model.nodes, source, source.made)
    drawn = zip(model.nodes, values, strict=True)
    return [value for node, value in drawn if isinstance(node, Driver | Event)]


@pytest.mark.parametrize("sampler", ["random", "sobol"])
@pytest.mark.parametrize("name", ["benchmark", "south_somerset"])
def test_a_whole_run_is_the_same_compiled_or_not(name: str, sampler: str, root: Path, both: Both) -> None:
    model = compile_model(load_config(root / "configs" / f"{name}.yaml"))

    def drawn() -> Array:
        drivers = simulate(model, simulations=800, seed=3, sampler=sampler).drivers
        return np.concatenate([values.reshape(-1, 800) for values in drivers.values()])

    assert np.ptp(both(drawn), axis=1).min() > 0.0
