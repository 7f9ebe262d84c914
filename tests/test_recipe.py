"""Figures made of scores by one compiled loop: the same bytes as one by one in numpy, whatever the file has."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from small_files import parsed

from simlib import Model, compile_model, load_config, loops
from simlib.drivers import Event, evaluate
from simlib.kernels.paths import Floats
from simlib.loops.steps import MAKES
from simlib.sampling import make_sampler
from simlib.sheet import Sheet
from simlib.source import ChunkSource

NUMBERS = np.random.Generator(np.random.SFC64(8))
WAYS = ("once", "yearly", "ar1(0.6)", "walk", "reverting(0.4)", "compounding")
FAMILIES = {
    "straight": "dist: normal, mean: 2%, sd: 1%",
    "exponential": "dist: lognormal, median: 2%, p90: 4%",
    "kinked": "dist: triangular, low: -1%, mode: 2%, high: 4%",
}
EVENTS = """
events:
  now_or_then: {chance: {2026-04: 30%, 2028-04: 20%}, plan: does_not}
  any_year: {chance: 8%, each: year, from: 2026/27, plan: does_not}
  certain: {chance: 100%, in: 2026/27, plan: happens}
outputs: {how_many: events.now_or_then + events.any_year}
"""
TOGETHER = {
    "no": "",
    "alike": "dependence: {all: {among: 'drivers.*', rank_correlation: 0.4, reason: so}}\n",
    "in pairs": """
dependence:
  one: {between: [drivers.straight, drivers.kinked], rank_correlation: -0.7, reason: so}
  other: {between: [drivers.straight, drivers.exponential], rank_correlation: 0.3, reason: so}
""",
    "in the tails": "dependence: {all: {among: 'drivers.*', rank_correlation: 0.4, copula: t, df: 4, reason: so}}\n",
}


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    loops.stop()


def sheet_of(model: Model) -> Sheet:
    """Lay a sheet out as a run does."""
    models = {"": model, **model.readings}
    sources = sources_of(models, NUMBERS.standard_normal((len(dimensions(models)), 64)), even=False)
    return Sheet.of(models, sources, sources[""].made, 64)


def dimensions(models: dict[str, Model]) -> list[object]:
    return list(dict.fromkeys(d for model in models.values() for d in model.dimensions))


def sources_of(models: dict[str, Model], scores: Floats, *, even: bool) -> dict[str, ChunkSource]:
    places = {dimension: place for place, dimension in enumerate(dimensions(models))}
    base = ChunkSource(1, 0, places, scores, models[""].dependences, even)  # type: ignore[arg-type]
    return {name: base.under(model.dependences) if name else base for name, model in models.items()}


def filled(sheet: Sheet, scores: Floats, *, even: bool, compiled: bool) -> Floats:
    """Give a sheet's rows in the middle of some cells, compiled or not; what is beside them is seven."""
    cells = np.full((sheet.height, scores.shape[1] + 5), 7.0)
    if compiled:
        assert loops.start() is None
    else:
        loops.stop()
    sheet.fill(sources_of(dict(sheet.models), scores, even=even), cells, slice(2, 2 + scores.shape[1]))
    assert np.all(cells[:, :2] == 7.0)
    assert np.all(cells[:, -3:] == 7.0)
    return cells[:, 2:-3]


def assert_alike(sheet: Sheet, scores: Floats, *, even: bool = False) -> None:
    made, slowly = (filled(sheet, scores, even=even, compiled=compiled) for compiled in (True, False))
    assert made.tobytes() == slowly.tobytes()


def small(varies: str, together: str, events: str = "") -> Model:
    drivers = [f"  {name}: {{kind: share, {words}, varies: {varies}}}\n" for name, words in FAMILIES.items()]
    head = "simlib: 1\ntitle: a small file\nyears: 2025/26 to 2029/30\n"
    return compile_model(parsed("drivers:\n" + "".join(drivers) + TOGETHER[together] + events, head))


@pytest.mark.parametrize(
    ("varies", "together"),
    [(way, how) for way in WAYS for how in TOGETHER if (way, how) != ("ar1(0.6)", "in the tails")],  # that is refused
)
def test_every_way_to_vary_and_to_move_together_is_made_alike(varies: str, together: str) -> None:
    sheet = sheet_of(small(varies, together))
    count = len(dimensions(dict(sheet.models)))
    for futures in (1, 4_099):
        for even in (False, True):
            assert_alike(sheet, NUMBERS.standard_normal((count, futures)), even=even)


def test_what_a_recipe_makes_is_all_but_what_needs_more_than_scores() -> None:
    sheet = sheet_of(small("yearly", "alike", EVENTS))
    scores = NUMBERS.standard_normal((len(dimensions(dict(sheet.models))), 300))
    assert_alike(sheet, scores)
    source = sources_of(dict(sheet.models), scores, even=False)[""]
    nodes, made = sheet.models[""].nodes, sheet.recipe(source).figures
    left = [nodes[node] for name, node in sheet.steps if (name, node) not in made]
    events = [node.address for node in left if isinstance(node, Event)]
    assert events == ["events.any_year"]  # its clock needs a logarithm
    assert {type(node).__name__ for node in left} == {"Event", "Happened", "Computed"}
    assert {"table of a", "a * x", "to + a * x", "a * x + y", "x if a > y", "x if a > y else to", "isfinite(a)"} == {
        words for words, step in MAKES.items() if step in sheet.recipes[False].code[:, 0]
    }
    for together, ordinary in (("in pairs", True), ("in the tails", False)):
        other = sheet_of(small("walk", together))
        recipe = other.recipe(sources_of(dict(other.models), scores[:30], even=False)[""])
        assert ("straight" in {other.models[""].nodes[n].address.split(".")[-1] for _, n in recipe.figures}) is ordinary


def test_the_scores_of_a_group_are_not_put_where_a_members_values_go() -> None:
    """As many members as years: the one array has the shape of the other."""
    words = "kind: number, dist: normal, sd: 1, varies: yearly"
    body = "drivers:\n  m: {kind: number, dist: normal, mean: 1, sd: 0.1}\n"
    body += f"  a: {{{words}, mean: drivers.m, hierarchical: yes}}\n"
    body += "".join(f"  {name}: {{{words}, mean: 1}}\n" for name in "bcde")
    members = ", ".join(f"drivers.{name}" for name in "abcde")
    body += f"dependence: {{all: {{among: [{members}], rank_correlation: 0.4, reason: so}}}}\n"
    model = compile_model(parsed(body, "simlib: 1\ntitle: a small file\nyears: 2025/26 to 2029/30\n"))
    sheet, scores = sheet_of(model), NUMBERS.standard_normal((len(model.dimensions), 70))
    assert_alike(sheet, scores)
    source = sources_of({"": model}, scores, even=False)[""]
    one_by_one = evaluate(model.nodes, source, source.made)
    for found, value in zip(sheet.values(filled(sheet, scores, even=False, compiled=False)), one_by_one, strict=True):
        assert np.array_equal(found, value)


def test_scores_that_a_table_does_not_have_are_answered_as_ever() -> None:
    sheet = sheet_of(small("walk", "no", EVENTS))
    scores = NUMBERS.standard_normal((len(dimensions(dict(sheet.models))), 900))
    scores[:, 5], scores[:, 600], scores[:, 601] = 7.5, -8.0, 0.0
    assert_alike(sheet, scores)
    assert np.isfinite(filled(sheet, scores, even=False, compiled=True)[:5]).all()


@pytest.mark.parametrize("sampler", ["random", "sobol"])
def test_every_config_is_made_alike(sampler: str, root: Path) -> None:
    for path in (*root.glob("configs/*.yaml"), *root.glob("configs/textbook/*.yaml")):
        sheet = sheet_of(compile_model(load_config(path)))
        wanted = dimensions(dict(sheet.models))
        if not wanted:
            continue
        drawn = make_sampler(sampler, 3, wanted, 1_600)  # type: ignore[arg-type]
        scores = drawn.scores(wanted, 0, 1_600)  # type: ignore[arg-type]
        assert_alike(sheet, scores, even=drawn.replicates > 1)


TWINS: dict[str, Callable[[Floats, Floats, float, float], Floats]] = {
    "a * x": lambda to, a, x, y: a * x,
    "to + a * x": lambda to, a, x, y: to + a * x,
    "a * x + y": lambda to, a, x, y: a * x + y,
    "to * a": lambda to, a, x, y: to * a,
    "x if a > y": lambda to, a, x, y: np.where(a > y, x, np.inf),
    "x if a > y else to": lambda to, a, x, y: np.where(a > y, x, to),
    "isfinite(a)": lambda to, a, x, y: np.isfinite(a).astype(float),
}
AWKWARD = np.array([0.0, -0.0, 1.5, np.nan, np.inf, -np.inf, 5e-324, 1e308, 0.3])


@pytest.mark.parametrize("futures", [0, 1, 9, 8_197])
@pytest.mark.parametrize("step", TWINS)
@np.errstate(all="ignore")
def test_each_step_is_what_its_words_say_compiled_or_not(step: str, futures: int) -> None:
    from simlib.loops.making import made

    assert {*TWINS, "table of a"} == set(MAKES)
    a, cells = np.resize(AWKWARD, futures)[np.newaxis], np.resize(AWKWARD[::-1], futures)[np.newaxis].copy()
    expected = TWINS[step](cells[0].copy(), a[0], 0.3, 1.25)
    nothing, none = np.empty((0, 0)), np.zeros(0, dtype=np.int64)
    code = np.array([[MAKES[step], 1, 0, 0]])
    made(code, np.array([[0.3, 1.25]]), np.empty((0, 4)), none, (0.0, 0.0, 0.0), a, cells, 0, nothing, np.zeros(1, int))
    numbers = ~np.isnan(expected)
    assert np.array_equal(np.isnan(cells[0]), ~numbers)
    assert cells[0][numbers].tobytes() == expected[numbers].tobytes()
