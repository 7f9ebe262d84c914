"""Programs: what formulas leave when they are traced, and the two machines that run it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlib import compile_model, load_config, loops, simulate, simulate_plan, summarise
from simlib.loops.steps import COUNTS, LOAD, STEPS, STORE, SUM
from simlib.model import Model
from simlib.outline import headlines, holding, outline, outlines
from simlib.programs import Bounds, Cell, Graph, Ledger, Program, Traced, assemble, run
from simlib.programs.assembly import CODES
from simlib.readouts import headline, read_all
from simlib.results import Futures

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
EVERY_FAMILY = Path(__file__).parent.parent / "configs" / "textbook" / "every_family.yaml"
AWKWARD = np.asarray([0.0, -0.0, 1.0, -1.5, 2.0, 0.3, 1e300, -1e300, np.inf, -np.inf, np.nan, 5e-324, 7.0, 7.0])
COUNT = 1_100  # futures: two stretches and a part of one, and no multiple of the lanes


@pytest.fixture(params=[False, True], ids=["numpy", "compiled"])
def machine(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Run a test by both machines."""
    was = loops.on()
    if request.param:
        assert loops.start() is None
    else:
        loops.stop()
    yield request.param
    loops.start() if was else loops.stop()


def by_both(program: Program, cells: np.ndarray) -> list[tuple[np.ndarray, Ledger]]:
    """Run a program by each machine."""
    found, was = [], loops.on()
    for compiled in (False, True):
        loops.start() if compiled else loops.stop()
        stored, ledger = np.zeros((program.stored, cells.shape[1])), Ledger.of(program)
        run(program, cells, stored, ledger, where=slice(0, cells.shape[1]))
        found.append((stored, ledger))
    loops.start() if was else loops.stop()
    return found


def single(name: str, numbers: tuple[float, float]) -> Program:
    """Give a program of three figures that are given and one step; what it makes is stored or counted."""
    code = [[CODES[LOAD], k, k, k, k] for k in range(3)]
    code.append([CODES[name], 3 if name in STEPS else 0, 0, 1, 2])
    if name in STEPS:
        code.append([CODES[STORE], 0, 3, 3, 3])
    both = [(0.0, 0.0)] * 3 + [numbers] + [(0.0, 0.0)] * (name in STEPS)
    made = (name in STEPS, name == SUM, name in COUNTS)
    return Program(np.asarray(code), np.asarray(both), 3, 4, *map(int, made))


@pytest.mark.parametrize("name", [*STEPS, *COUNTS, SUM])
def test_a_step_does_what_numpy_does_to_the_byte(name: str) -> None:
    rng = np.random.default_rng(5)
    cells = rng.choice(AWKWARD, size=(3, COUNT)) if name != SUM else rng.normal(size=(3, COUNT))
    for numbers in ((0.3, -1.5), (np.inf, 0.0), (7.0, np.nan)):
        (slow, slow_ledger), (fast, fast_ledger) = by_both(single(name, numbers), cells)
        np.testing.assert_array_equal(slow, fast)  # nan equals nan; so do 0.0 and -0.0
        np.testing.assert_array_equal(slow_ledger.counts, fast_ledger.counts)
        np.testing.assert_array_equal(slow_ledger.sums, fast_ledger.sums)


def test_the_numpy_steps_mean_what_their_names_say() -> None:
    values = {"a": 1.25, "b": -0.5, "c": 3.0, "x": 0.75, "y": 2.0}
    known = {"min": min, "max": max, "abs": abs, "isfinite": np.isfinite, "isnan": np.isnan, "floor": np.floor}
    for name, (operands, make) in {**STEPS, **COUNTS}.items():
        said = eval(name.removeprefix("count "), {"__builtins__": {}}, known | values)
        found = make(*(np.asarray([values[operand]]) for operand in operands))[0]
        assert bool(found) == bool(said) if name in COUNTS or " and " in name or " or " in name else found == said, name


# ---- Tracing -----------------------------------------------------------------------------------------------


def traced_and_run(formula: Any, arrays: list[np.ndarray], bounds: list[Bounds]) -> list[np.ndarray]:
    """Give what the program of a formula leaves, by both machines."""
    graph = Graph()
    given_ = [Traced(graph, np.asarray([graph.input(b)], dtype=object)) for b in bounds]
    result = formula(*given_)
    cells = result.cells.ravel() if isinstance(result, Traced) else np.asarray(result, dtype=float).ravel()
    found = [cell for cell in cells if isinstance(cell, Cell)]
    program = assemble(graph, list(dict.fromkeys(found)), [], [])
    rows = {id(cell): k for k, cell in enumerate(dict.fromkeys(found))}
    return [
        np.stack([stored[rows[id(c)]] if isinstance(c, Cell) else np.full(len(arrays[0]), float(c)) for c in cells])
        for stored, _ in by_both(program, np.stack(arrays))
    ]


def _in_place(a: Any, b: Any) -> Any:
    total = np.stack([a, b])
    total[1] += 2.0 * total[0]
    total *= 0.5
    part = total[0].copy()
    part -= b
    return total + part


FORMULAS = {
    "a sum of many": lambda a, b: a + b + a * b + 2.0 * a + (a - b) + (b * b - a) + 1.0,
    "differences": lambda a, b: (a - b * a) + (b - 2.0 * a) + (3.0 - a) - (b - 1.0),
    "ends": lambda a, b: np.maximum(a - b, 0.0) + np.minimum(np.maximum(1.0 - a, -0.5), b) + np.clip(a, b, b + 1.0),
    "choices": lambda a, b: np.where((a > b) & (a != 0.5), np.where(b >= 0, a, 1.0), np.where(~(a <= 2.0), 0.0, b)),
    "quotients": lambda a, b: np.divide(a, b, out=np.zeros_like(a), where=b > 0.1) + a / 4.0 + 1.0 / (b * b + 1.0),
    "truths": lambda a, b: np.where((a == 1.0 * a) | (b < 0.0), np.isfinite(b) & ~np.isnan(a), a == 0.5) * 1.0,
    "years": lambda a, b: np.stack([a, b, a + b])[1:] * np.arange(2)[:, None],
    "folds": lambda a, b: np.stack([a, b, -1.0 * a]).max(axis=0) + np.sum(np.stack([a, b]), axis=0) * np.floor(b),
    "absolutes": lambda a, b: np.absolute(a) + abs(b) * np.absolute(np.absolute(a) - 3.0),
    "in place": _in_place,
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("bounded", [False, True])
def test_a_traced_formula_gives_what_numpy_gives(name: str, bounded: bool) -> None:
    rng = np.random.default_rng(3)
    arrays = [np.round(rng.uniform(0.0, 3.0, COUNT), 1), np.round(rng.uniform(-1.0, 1.0, COUNT), 1)]
    ends = [Bounds(0.0, 3.0, finite=True, number=True), Bounds(-1.0, 1.0, finite=True, number=True)]
    wanted = np.atleast_2d(FORMULAS[name](*arrays))
    for found in traced_and_run(FORMULAS[name], arrays, ends if bounded else [Bounds(), Bounds()]):
        np.testing.assert_array_equal(found, wanted)


LEAVES = st.sampled_from(["a", "b", "never", 0.0, 1.0, -1.0, -2.0, 0.5, np.inf])
WAYS = ["add", "subtract", "multiply", "minimum", "maximum", "less", "less_equal", "equal"]
WAYS += ["not less", "not less_equal"]
SPECIAL = {
    "where": lambda a, b, c: np.where(np.greater(a, 0.0), b, c),
    "where finite": lambda a, b, c: np.where(np.isfinite(a), a + b, c),
    "left over": lambda a, b, _: a - np.minimum(b, a),
    "absolute": lambda a, *_: np.absolute(a),
}
KINDS = st.sampled_from([*WAYS, *SPECIAL])
TREES = st.recursive(LEAVES, lambda inner: st.tuples(KINDS, inner, inner, inner), max_leaves=12)


def worked_out(tree: Any, figures: dict[Any, Any]) -> Any:
    if not isinstance(tree, tuple):
        return figures.get(tree, tree)
    way, *parts = tree
    first, second, third = (worked_out(part, figures) for part in parts)
    if way in SPECIAL:
        return SPECIAL[way](first, second, third)
    found = getattr(np, way.removeprefix("not "))(first, second)
    found = np.logical_not(found) if way.startswith("not ") else found
    return np.where(found, 1.0, 0.0) if "less" in way or way == "equal" else found


@settings(max_examples=150, deadline=None)
@given(tree=TREES)
def test_any_traced_formula_gives_what_numpy_gives(tree: Any) -> None:
    rng = np.random.default_rng(8)
    arrays = [np.round(rng.uniform(0.0, 2.0, 64), 1), np.round(rng.normal(size=64), 1)]
    arrays.append(np.where(arrays[1] < 0.5, 1.0 + arrays[0], np.inf))
    bounds = [Bounds(0.0, 2.0, finite=True, number=True), Bounds(finite=True, number=True), Bounds(1.0, number=True)]
    names = ("a", "b", "never")
    with np.errstate(all="ignore"):
        wanted = np.broadcast_to(worked_out(tree, dict(zip(names, arrays, strict=True))), (1, 64))
        for found in traced_and_run(lambda *f: worked_out(tree, dict(zip(names, f, strict=True))), arrays, bounds):
            np.testing.assert_array_equal(found, wanted)


def test_what_is_not_written_down_is_refused() -> None:
    graph = Graph()
    array = Traced(graph, np.asarray([graph.input(Bounds())], dtype=object))
    with pytest.raises(NotImplementedError, match=r"exp\.__call__ of traced arrays"):
        np.exp(array)
    with pytest.raises(NotImplementedError, match="numpy's sort of traced arrays"):
        np.sort(array)
    with pytest.raises(NotImplementedError, match="expected axis 0, got 1"):
        np.stack([array, array]).sum(axis=1)


def test_the_same_figure_is_worked_out_once() -> None:
    graph = Graph()
    a, b = (graph.input(Bounds()) for _ in range(2))
    assert graph.apply("add", a, b) is graph.apply("add", b, a)
    assert graph.apply("subtract", a, b) is not graph.apply("subtract", b, a)
    assert graph.apply("multiply", a, 0.0) is not graph.apply("multiply", a, 1.0)
    first = len(graph.steps)
    assert graph.apply("less", a, 1.0) is graph.apply("less", a, 1.0)
    assert len(graph.steps) == first + 1


def test_bounds_settle_what_they_can_and_no_more() -> None:
    graph = Graph()
    late = graph.input(Bounds(0.0, 2.0, finite=True, number=True))
    moment = graph.input(Bounds(1.0, number=True))  # or never
    assert graph.apply("maximum", late, -1.0) is late
    assert graph.apply("maximum", graph.apply("subtract", -1.0, late), 0.0) == 0.0
    assert graph.apply("less", late, 3.0) is True
    assert isinstance(graph.apply("less", late, 2.0), Cell)
    assert graph.apply("isfinite", late) is True
    assert isinstance(graph.apply("isfinite", moment), Cell)
    assert isinstance(graph.apply("multiply", moment, 0.0), Cell)  # never, times nothing, is no number
    assert graph.apply("multiply", late, 0.0) == 0.0
    assert isinstance(graph.apply("isnan", graph.apply("subtract", moment, moment)), Cell)


def test_what_may_be_infinite_settles_what_its_other_end_does() -> None:
    graph = Graph()
    moment = graph.input(Bounds(1.0, number=True))  # or never
    left = graph.apply("maximum", graph.apply("subtract", 4.0, moment), 0.0)
    assert isinstance(left, Cell)
    assert left.bounds == Bounds(0.0, 3.0, finite=True, number=True)
    assert graph.apply("maximum", graph.apply("subtract", 1.0, moment), 0.0) == 0.0
    assert graph.apply("minimum", left, np.inf) is left
    assert graph.apply("subtract", np.inf, left) == np.inf
    assert graph.apply("add", left, -np.inf) == -np.inf
    assert isinstance(graph.apply("subtract", np.inf, moment), Cell)  # perhaps no number
    later = graph.apply("where", graph.apply("isfinite", moment), graph.apply("add", moment, 1.0), 0.0)
    assert isinstance(later, Cell)
    assert later.bounds == Bounds(0.0, np.inf, finite=True, number=True)
    other = graph.apply("where", graph.apply("isfinite", moment), graph.input(Bounds(1.0, number=True)), 0.0)
    assert isinstance(other, Cell)
    assert not other.bounds.finite


def test_what_is_left_over_is_never_negative() -> None:
    graph = Graph()
    cost, pot, limit = (graph.input(Bounds(finite=True, number=True)) for _ in range(3))
    paid = graph.apply("minimum", graph.apply("minimum", cost, pot), limit)
    for whole in (cost, pot, limit):
        left = graph.apply("subtract", whole, paid)
        assert graph.apply("maximum", left, 0.0) is left
        assert graph.apply("minimum", graph.apply("subtract", paid, whole), 0.0) is graph.apply("subtract", paid, whole)
    largest = graph.apply("maximum", cost, pot)
    assert graph.apply("less", graph.apply("subtract", largest, pot), 0.0) is False
    assert isinstance(graph.apply("less", graph.apply("subtract", largest, limit), 0.0), Cell)
    unknown = graph.input(Bounds())
    rest = graph.apply("subtract", unknown, graph.apply("minimum", unknown, pot))
    assert isinstance(graph.apply("maximum", rest, 0.0), Cell)  # perhaps no number


def test_negatives_are_taken_off_and_what_does_not_hold_is_what_holds_otherwise() -> None:
    graph = Graph()
    a, b = (graph.input(Bounds(finite=True, number=True)) for _ in range(2))
    negative = graph.apply("multiply", b, -1.0)
    assert graph.apply("add", a, negative) is graph.apply("add", negative, a) is graph.apply("subtract", a, b)
    assert graph.apply("subtract", a, negative) is graph.apply("add", a, b)
    assert graph.apply("logical_not", graph.apply("less", a, b)) is graph.apply("less_equal", b, a)
    assert graph.apply("logical_not", graph.apply("less_equal", a, 2.0)) is graph.apply("less", 2.0, a)
    apart = graph.apply("logical_not", graph.apply("equal", a, b))
    assert graph.apply("logical_not", apart) is graph.apply("equal", a, b)
    unknown = graph.input(Bounds())
    some = graph.apply("logical_not", graph.apply("less", unknown, b))  # also where it is no number
    assert some is not graph.apply("less_equal", b, unknown)


def test_no_step_writes_what_it_reads() -> None:
    graph = Graph()
    total = graph.input(Bounds())
    for k in range(20):
        total = graph.apply("maximum", graph.apply("multiply", total, float(k) + 0.5), total)  # type: ignore[assignment]
    program = assemble(graph, [total], [], [])
    for code, to, *operands in program.code.tolist():
        if code not in (CODES[STORE], CODES[LOAD]):
            assert to not in operands
    assert program.registers <= 3


# ---- Models ------------------------------------------------------------------------------------------------


def futures_of(path: Path, count: int = COUNT) -> tuple[Model, Futures]:
    model = compile_model(load_config(path))
    return model, simulate(model, count, seed=11)


@pytest.mark.parametrize("path", [*CONFIGS, EVERY_FAMILY], ids=lambda path: path.stem)
def test_a_model_s_program_gives_what_its_formulas_give(path: Path, machine: bool) -> None:
    model, futures = futures_of(path)
    assert futures.sheet is not None
    assert futures.cells is not None
    read = outline(futures.sheet)
    stored, ledger = np.zeros((read.program.stored, COUNT)), Ledger.of(read.program)
    read.work_out(futures.cells, stored, slice(0, COUNT), ledger)
    counts, sums = read.counted(ledger, COUNT, 1), read.summed(ledger, COUNT, 1)
    for key, array in read_all(model, futures.holding):
        if array.dtype == np.bool_:
            assert counts[key].tolist() == [np.count_nonzero(array) * (COUNT if array.shape == () else 1)], key
        elif key[0] == "moments":
            np.testing.assert_allclose(sums[key][:, 0], [array.sum(), np.square(array).sum()], rtol=1e-12)
        else:
            for place, row in zip(read.figures[key], np.atleast_2d(array), strict=True):
                np.testing.assert_array_equal(stored[place] if isinstance(place, int) else place, row, str(key))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_reading_is_counted_as_its_own_formulas_have_it(path: Path, machine: bool) -> None:
    model, futures = futures_of(path)
    futures = futures.before or futures  # where figures were observed, each reading has futures of its own
    assert futures.sheet is not None
    assert futures.cells is not None
    assert headlines(futures.sheet).program.inputs == futures.sheet.height
    for name, reading in {"": model, **model.readings}.items():
        held = holding(reading, futures.sheet.values(futures.cells, name), COUNT)
        for key, fact in headline(reading, held.delivery):
            assert futures.readings["readings", name, *key[1:]].tolist() == [np.count_nonzero(fact)], (name, key)


def test_what_is_read_in_parts_is_all_that_is_read() -> None:
    _, futures = futures_of(CONFIGS[-1], 200)
    assert futures.sheet is not None
    whole, parts = outline(futures.sheet), outlines(futures.sheet, 40)
    assert len(parts) > 3
    assert all(part.program.stored <= 40 for part in parts)
    for name in ("figures", "facts", "moments"):
        read = [key for part in parts for key in getattr(part, name)]
        assert read == [key for key in getattr(whole, name) if key[0] != "readings"]


def both_summaries(name: str, count: int, sampler: str, memory: int | None = None) -> list[dict[str, Any]]:
    """Give the summary of a run in numpy, and that of the same run by compiled loops."""
    model = compile_model(load_config(next(path for path in CONFIGS if path.stem == name)))
    found, was = [], loops.on()
    for compiled in (False, True):
        loops.start() if compiled else loops.stop()
        futures = simulate(model, count, seed=3, sampler=sampler, n_jobs=2, memory=memory)
        assert (futures.tally is None) == (memory is None)
        found.append(summarise(futures, simulate_plan(model)).document)
    loops.start() if was else loops.stop()
    return found


@pytest.mark.parametrize("sampler", ["random", "latin_hypercube", "sobol"])
@pytest.mark.parametrize("name", ["south_somerset", "benchmark"])
def test_compiled_or_not_the_summary_is_the_same(name: str, sampler: str) -> None:
    plain, quick = both_summaries(name, 20_000, sampler)
    assert plain == quick


@pytest.mark.parametrize("sampler", ["random", "sobol"])
@pytest.mark.parametrize("name", ["south_somerset", "benchmark"])
def test_compiled_or_not_futures_that_are_counted_as_they_pass_give_the_same_summary(name: str, sampler: str) -> None:
    """The last of three chunks is a part of one, and no multiple of a stretch; 16 replicates have as many each."""
    plain, quick = both_summaries(name, 40_080, sampler, memory=1)
    assert plain == quick
