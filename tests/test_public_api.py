"""The public names are frozen: six verbs, their types and errors. What they do is tested elsewhere."""

import pickle
import subprocess
import sys

import pytest

import simlib
from simlib.errors import ConfigError, ModelError, Problem, ResultsError, SimlibError

PUBLIC = {
    "Config": "simlib.config",
    "ConfigError": "simlib.errors",
    "Futures": "simlib.results",
    "Model": "simlib.model",
    "ModelError": "simlib.errors",
    "ResultsError": "simlib.errors",
    "Summary": "simlib.summary",
    "compile_model": "simlib.compiling",
    "load_config": "simlib.config",
    "simulate": "simlib.engine",
    "simulate_plan": "simlib.engine",
    "summarise": "simlib.summary",
    "write_report": "simlib.report",
}
TWO_PROBLEMS = (
    Problem("x.yaml:3:5", "seed", "expected a whole number, got 'abc'"),
    Problem("x.yaml:9:1", "", "unknown key 'mesures'; did you mean 'measures'?"),
)


def test_the_public_names_are_these_and_no_others() -> None:
    assert sorted(simlib.__all__) == sorted([*PUBLIC, "__version__"])
    assert sorted(dir(simlib)) == sorted(simlib.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_the_one_its_module_has(name: str) -> None:
    module = PUBLIC[name]
    assert getattr(simlib, name) is getattr(__import__(module, fromlist=[name]), name)


def test_a_name_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="module 'simlib' has no attribute 'simulat'"):
        _ = simlib.simulat  # type: ignore[attr-defined]


def test_importing_simlib_imports_nothing_of_weight() -> None:
    listing = "import sys; before = set(sys.modules); import simlib; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", listing], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "simlib" in loaded
    assert not loaded & {"numpy", "scipy", "xarray", "pydantic", "yaml"}
    assert not {name for name in loaded if name.startswith("simlib.")}


@pytest.mark.parametrize("kind", [ConfigError, ModelError])
def test_a_refusal_lists_every_problem_one_to_a_line(kind: type[ConfigError | ModelError]) -> None:
    assert str(kind(TWO_PROBLEMS)) == (
        "x.yaml:3:5: seed: expected a whole number, got 'abc'\n"
        "x.yaml:9:1: unknown key 'mesures'; did you mean 'measures'?"
    )


@pytest.mark.parametrize("kind", [ConfigError, ModelError])
def test_a_refusal_without_a_problem_cannot_be_made(kind: type[ConfigError | ModelError]) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__} needs at least one problem"):
        kind([])


@pytest.mark.parametrize(
    "error", [ConfigError(TWO_PROBLEMS), ModelError(TWO_PROBLEMS[:1]), ResultsError("no summary.json")]
)
def test_an_error_is_the_same_after_a_trip_between_processes(error: SimlibError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_every_refusal_is_one_that_the_command_line_shows_without_a_traceback() -> None:
    assert all(issubclass(kind, SimlibError) for kind in (ConfigError, ModelError, ResultsError))
