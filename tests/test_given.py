"""Figures of futures whose scores are given, as sensitivity analysis asks for them."""

from pathlib import Path

import numpy as np
import pytest
from small_files import parsed

from simlib import ModelError, compile_model, load_config, simulate
from simlib.flows import flows
from simlib.given import figures_at
from simlib.outline import outline_of
from simlib.sampling import CHUNK, RandomSampler

SEED, NAMES = 4, ("general_fund", "savings")
HEAD = "simlib: 1\ntitle: a small file\n"


def test_given_the_scores_that_a_run_draws_the_figures_are_those_of_the_run(root: Path) -> None:
    model = compile_model(load_config(root / "configs" / "benchmark.yaml"))
    keys = [("options", option.id, "benchley", name) for option in model.options for name in NAMES]
    chunks = [RandomSampler(SEED).scores(model.dimensions, k, size) for k, size in ((0, CHUNK), (1, 1_000))]
    scores = np.concatenate(chunks, axis=1)
    futures = simulate(model, CHUNK + 1_000, seed=SEED)
    for jobs in (1, 2):
        found = figures_at(model, scores, keys, n_jobs=jobs)
        assert list(found) == keys
        for o, option in enumerate(model.options):
            flow = flows(model, futures.delivery, o, 0)
            for name in NAMES:
                np.testing.assert_array_equal(found["options", option.id, "benchley", name], getattr(flow, name))


def test_a_figure_that_is_certain_is_given_for_every_future() -> None:
    body = "drivers: {x: {kind: number, dist: normal, mean: 1, sd: 2}}\noutputs: {sure: 3, twice: 2 * drivers.x}\n"
    model = compile_model(parsed(body, HEAD))
    scores = np.linspace(-1.0, 1.0, 5)[np.newaxis]
    found = figures_at(model, scores, [("outputs", "sure"), ("outputs", "twice")])
    assert found["outputs", "sure"].tolist() == [3.0] * 5
    np.testing.assert_allclose(found["outputs", "twice"], 2 * (1 + 2 * scores[0]), rtol=1e-14)


def test_what_is_asked_again_is_not_laid_out_again() -> None:
    body = "drivers: {x: {kind: number, dist: normal, mean: 1, sd: 2}}\noutputs: {y: drivers.x}\n"
    model = compile_model(parsed(body, HEAD))
    asked = [("outputs", "y")]
    first = figures_at(model, np.array([[0.5, -0.5]]), asked)
    traced = outline_of.cache_info().misses
    again = figures_at(model, np.array([[0.5, -0.5, 2.0]]), asked)
    assert outline_of.cache_info().misses == traced
    assert again["outputs", "y"].tolist() == [*first["outputs", "y"].tolist(), 5.0]


def test_scores_that_do_not_fit_the_model_are_refused() -> None:
    body = "drivers: {x: {kind: number, dist: normal, mean: 1, sd: 2}}\noutputs: {y: 1 / drivers.x}\n"
    model = compile_model(parsed(body, HEAD))
    for scores in (np.zeros((2, 8)), np.zeros(8), np.zeros((1, 1))):
        with pytest.raises(ValueError, match=r"expected scores of shape \(1, n\) with n of 2 or more, got"):
            figures_at(model, scores, [("outputs", "y")])
    with pytest.raises(ModelError, match=r"has no answer, or one beyond 1e15, in 3 of 3 futures"):
        figures_at(model, np.full((1, 3), -0.5), [("outputs", "y")])
