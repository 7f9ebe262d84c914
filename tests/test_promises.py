"""What moves a draw and what does not, for each sampler: the table of docs/model.md, line by line, on whole runs."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from small_files import COUNCIL, HEAD, document_of, drawn, parsed

from simlib.cli import main
from simlib.compiling import compile_model
from simlib.config.schema import Run
from simlib.engine import simulate
from simlib.errors import ModelError
from simlib.results import Futures
from simlib.sampling import CHUNK, SAMPLERS

PAGE = Path(__file__).parent.parent / "docs" / "model.md"
DRIVERS = [
    "once: {kind: number, dist: normal, mean: 0, sd: 1, plan: 0}",
    "yearly: {kind: number, dist: uniform, low: 0, high: 1, varies: yearly, plan: 0}",
    "other: {kind: number, dist: gamma, shape: 2, scale: 1, plan: 0}",
]
MEASURES = [
    "m: {council: a, saving: {dist: normal, mean: 1.1, sd: 0.4, plan: 1.1}, basis: recurring, from: 2020/21}",
    "n: {council: a, saving: 0.2, basis: recurring, from: 2021/22, delay: {dist: exponential, mean: 6 months}}",
]
PATTERN = "dependence: {d: {among: [drivers.once, drivers.other, measures.n.delay], rank_correlation: 0.5}}\n"
COUNT = 1_600


def file(drivers: list[str] = DRIVERS, measures: list[str] = MEASURES, rest: str = PATTERN) -> str:
    """Give the body of a file with drivers and measures in this order."""
    entries = [
        "drivers:", *(f"  {driver}" for driver in drivers), COUNCIL.strip(),
        "measures:", *(f"  {measure}" for measure in measures),
        "events: {e: {chance: 20%, plan: does_not, stops: m}}",
        "options: {none: {councils: a}, o: {councils: a, measures: [m, n]}}", rest,
    ]  # fmt: skip
    return "\n".join(entries)


Runs = tuple[Futures, Futures]
Sampled = Callable[..., Futures]


def another_number_of_workers(run: Sampled) -> Runs:
    one = run(file(), CHUNK + 80, n_jobs=1)
    threads, processes = (run(file(), CHUNK + 80, n_jobs=2, backend=name) for name in ("threading", "loky"))
    assert draws(threads) == draws(processes)
    assert document_of(one) == document_of(threads) == document_of(processes)
    return one, threads


def stages(run: Sampled) -> Runs:
    at_once, staged = run(file(), 2 * CHUNK + 160), run(file(), 2 * CHUNK + 160, precision=1e-6)
    documents = [document_of(futures) for futures in (at_once, staged)]
    for document in documents:
        document["checks"] = [check for check in document["checks"] if check["id"] != "precision"]
    assert documents[0] == documents[1]
    return at_once, staged


def another_order(run: Sampled) -> Runs:
    before = run(file(), COUNT)
    return before, run(file(DRIVERS[::-1], MEASURES[::-1]), COUNT, former=before)


def another_figure(run: Sampled) -> Runs:
    more = ["first: {kind: number, dist: normal, mean: 0, sd: 1, plan: 0, varies: yearly}", *DRIVERS]
    before = run(file(), COUNT)
    after = run(file(more), COUNT, former=before)
    again = run(file(), COUNT, former=after)
    assert draws(again) == draws(before)
    return before, after


def another_name_and_the_old_stream(run: Sampled) -> Runs:
    before = run(file(), COUNT)
    renamed = DRIVERS[2].replace("other: {", "overdue: {stream: drivers.other, ")
    after = run(file([*DRIVERS[:2], renamed], rest=PATTERN.replace("drivers.other", "drivers.overdue")), COUNT)
    after.drivers["drivers.other"] = after.drivers.pop("drivers.overdue")
    return before, after


def more_futures(run: Sampled) -> Runs:
    return run(file(), CHUNK - 16), run(file(), CHUNK + 32)


def another_name(run: Sampled) -> Runs:
    before = run(file(rest=""), COUNT)
    after = run(file([DRIVERS[0].replace("once", "twice"), *DRIVERS[1:]], rest=""), COUNT)
    for futures, name in ((before, "drivers.once"), (after, "drivers.twice")):
        value = futures.drivers[name]
        futures.drivers.clear()
        futures.drivers["it"] = value
    return before, after


def another_seed(run: Sampled) -> Runs:
    return run(file(), COUNT), run(file(), COUNT, seed=2)


CHANGES: Mapping[str, Callable[[Sampled], Runs]] = {
    "the number of workers, and whether they are threads or processes": another_number_of_workers,
    "the number is reached in the stages of a `precision`": stages,
    "the entries of the file stand in another order": another_order,
    "another figure is added, or taken out": another_figure,
    "the figure has another name, and the old one as its `stream`": another_name_and_the_old_stream,
    "more futures are drawn; of the first ones": more_futures,
    "the figure has another name": another_name,
    "the seed is another one": another_seed,
}


def table() -> dict[str, dict[str, str]]:
    """Give what the page promises: by change, by sampler."""
    lines = PAGE.read_text(encoding="utf-8").split("| What is different |")[1].split("\n\n")[0].split("\n")
    samplers, _, *rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in lines)
    return {what: dict(zip([s.strip("`") for s in samplers], cells, strict=True)) for what, *cells in rows}


PROMISES = table()


def draws(futures: Futures, count: int | None = None) -> dict[str, bytes]:
    return {name: values[..., :count].tobytes() for name, values in futures.drivers.items()}


def test_the_table_has_every_sampler_and_nothing_that_is_not_tried() -> None:
    assert list(PROMISES) == list(CHANGES)
    assert all(list(cells) == list(SAMPLERS) for cells in PROMISES.values())
    assert get_args(Run.model_fields["sampler"].annotation) == tuple(SAMPLERS)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("what", CHANGES)
def test_draws_move_or_stay_as_the_page_promises(what: str, sampler: str) -> None:
    promise = PROMISES[what][sampler]
    assert promise in ("same", "other", "same with `--keep-order`")

    def run(body: str, count: int, *, former: Futures | None = None, **options: object) -> Futures:
        kept = former.order if former and promise == "same with `--keep-order`" else None
        return drawn(body, count, sampler=sampler, order=kept, **options)

    before, after = CHANGES[what](run)
    count = min(before.count, after.count)
    left, right = draws(before, count), draws(after, count)
    for name in left:
        assert (left[name] == right[name]) == (promise != "other"), name


def test_an_order_tells_every_coordinate_once_in_its_place() -> None:
    futures = drawn(file(), 16, sampler="sobol")
    assert futures.order == document_of(futures)["config"]["dimensions"]
    names = [name for name, _ in futures.order or ()]
    assert {"drivers.once", "measures.n.delay", "events.e"} <= set(names)
    assert [year for name, year in futures.order or () if name == "drivers.yearly"] == [2020, 2021, 2022, 2023]
    assert len({tuple(place) for place in futures.order or ()}) == len(names)
    assert drawn(file(), 16).order is None
    assert drawn(file(), 16, sampler="latin_hypercube").order is None


def test_what_is_gone_keeps_its_place_and_what_is_new_comes_last() -> None:
    before = drawn(file(), 16, sampler="sobol").order
    assert before is not None
    without = file([DRIVERS[1], "new: {kind: number, dist: normal, mean: 0, sd: 1, plan: 0}"], rest="")
    after = drawn(without, 16, sampler="sobol", order=before)
    assert after.order == [*before, ["drivers.new", 0]]
    assert "drivers.once" not in after.drivers


@pytest.mark.parametrize("sampler", ["random", "latin_hypercube"])
def test_a_sampler_without_an_order_refuses_to_keep_one(sampler: str) -> None:
    model = compile_model(parsed(f"run: {{sampler: {sampler}}}\n{file()}"))
    with pytest.raises(ModelError) as refusal:
        simulate(model, 16, seed=1, order=[("drivers.once", 0)])
    message = f"run.sampler: expected sobol, the one sampler with an order to keep, got '{sampler}'"
    assert re.fullmatch(rf".*:\d+:\d+: {message}", str(refusal.value))


def test_a_hypercube_has_one_value_of_every_figure_in_every_slice() -> None:
    futures = drawn(file(rest=""), COUNT, sampler="latin_hypercube", n_jobs=2)
    values = futures.drivers["drivers.yearly"]
    for year in values:
        for replicate in range(16):
            assert np.array_equal(np.sort((year[replicate::16] * 100).astype(int)), np.arange(100))


def test_a_number_that_is_no_multiple_of_sixteen_is_rounded_up_and_that_is_said() -> None:
    futures = drawn(file(), 1_001, sampler="latin_hypercube")
    assert futures.count == 1_008
    said = [check["text"] for check in document_of(futures)["checks"] if check["id"] == "rounded"]
    assert said == ["1,001 futures were asked for and 1,008 drawn: this sampler takes multiples of 16"]


# ---- The command -------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a run of sobol and one of random, and a file that has one figure more."""
    monkeypatch.chdir(tmp_path)
    more = ["first: {kind: number, dist: normal, mean: 0, sd: 1, plan: 0}", *DRIVERS]
    for name, drivers in (("before", DRIVERS), ("after", more)):
        Path(f"{name}.yaml").write_text(HEAD + file(drivers), encoding="utf-8")
    for sampler in ("sobol", "random"):
        assert main(f"run before.yaml -q {OPTIONS} --sampler {sampler} --out runs/{sampler}".split()) == 0
    return tmp_path


OPTIONS = "--simulations 160 --seed 1 --format json"


def summary_of(run: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(Path("runs", run, "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.usefixtures("place")
def test_the_order_of_a_former_run_is_kept_and_the_figures_with_it() -> None:
    keep = f"--sampler sobol --keep-order runs/sobol -q {OPTIONS}"
    assert main(f"run after.yaml {keep} --out runs/after".split()) == 0
    before, after = summary_of("sobol"), summary_of("after")
    former = before["config"]["dimensions"]
    assert isinstance(former, list)
    assert after["config"]["dimensions"] == [*former, ["drivers.first", 0]]
    assert before["drivers"] == {name: it for name, it in after["drivers"].items() if name != "drivers.first"}
    assert before["options"] == after["options"]
    # A run may take its own place again: its order is read first.
    assert main(f"run before.yaml {keep} --out runs/sobol".split()) == 0
    assert summary_of("sobol") == before


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("after.yaml --sampler sobol --keep-order runs/random",
         "runs/random: expected a run of the sampler sobol, found random: it has no order to keep"),
        ("after.yaml --sampler sobol --keep-order runs", "runs/summary.json: expected a file of a simlib run"),
        ("after.yaml --sampler sobol --keep-order nowhere", "nowhere: expected a run's folder"),
        ("after.yaml before.yaml --keep-order runs/sobol", "--keep-order: expected one CONFIG, got 2"),
        ("after.yaml --keep-order runs/sobol",
         "run.sampler: expected sobol, the one sampler with an order to keep, got 'random'"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_kept_is_refused(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(f"run {words} {OPTIONS}".split()) == 2
    printed = capsys.readouterr()
    assert message in printed.err.replace("\\", "/")
    assert printed.out == ""
    assert sorted(path.name for path in Path("runs").iterdir()) == ["random", "sobol"]
