"""The benchmark of samplers measures what it says; its targets are looked at by people, on a quiet machine."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from test_prose import ROOT

from scripts import accuracy as table
from simlib import compile_model, load_config
from simlib.sampling import SAMPLERS

COUNT, SEEDS = 512, 6


@pytest.fixture(scope="module")
def accuracy() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "MANY", 4_096)
        patch.setattr(table, "REFERENCE", range(101, 105))
        yield table


@pytest.fixture(scope="module")
def rows(accuracy: ModuleType) -> dict[tuple[str, str], Any]:
    return {(row.sampler, row.figure): row for row in accuracy.rows(COUNT, SEEDS)}


def test_every_sampler_is_measured_on_every_figure(accuracy: ModuleType, rows: dict[tuple[str, str], Any]) -> None:
    assert set(rows) == {(sampler, figure) for sampler in SAMPLERS for figure in accuracy.FIGURES}
    assert all(row.simulations == COUNT and row.target is None for row in rows.values())


def test_random_futures_state_the_variance_that_theory_has(rows: dict[tuple[str, str], Any]) -> None:
    for figure in ("P(closed)", "mean", "p5", "p50", "p95"):
        assert rows["random", figure].stated == pytest.approx(1.0, rel=1e-9)
        assert rows["random", figure].gain == pytest.approx(1.0, rel=1e-9)


def test_the_mean_of_quasi_random_futures_is_far_steadier_by_both_measures(rows: dict[tuple[str, str], Any]) -> None:
    row = rows["sobol", "mean"]
    assert row.stated < 0.1
    assert row.between < 0.1
    assert row.worst >= row.stated


def test_what_is_kept_was_measured_on_every_sampler_there_is() -> None:
    kept = json.loads((ROOT / "docs" / "accuracy.json").read_text(encoding="utf-8"))["tables"]["accuracy"]
    assert {row["sampler"] for row in kept} == set(SAMPLERS)
    assert all(row["seeds"] >= 20 for row in kept)
    assert {row["figure"] for row in kept if row["target"]} == {"P(closed)", "mean"}


def test_what_is_kept_has_sobol_more_accurate_than_as_long_a_random_run() -> None:
    kept = json.loads((ROOT / "docs" / "accuracy.json").read_text(encoding="utf-8"))["tables"]["accuracy"]
    assert [row for row in kept if row["sampler"] == "sobol" and row["gain"] <= 1] == []


def test_what_is_kept_meets_what_was_promised_for_every_option() -> None:
    kept = json.loads((ROOT / "docs" / "accuracy.json").read_text(encoding="utf-8"))["tables"]["accuracy"]
    promised = [row for row in kept if row["target"] is not None]
    assert {(row["sampler"], row["figure"]) for row in promised} == {("sobol", "P(closed)"), ("sobol", "mean")}
    assert [row for row in promised if max(row["worst"], row["between"]) > row["target"]] == []


def test_a_sobol_run_of_today_is_about_as_accurate_as_promised(accuracy: ModuleType) -> None:
    """One run's own replicates know a variance to within a half, so that half as much again is allowed."""
    model, kept = compile_model(load_config(accuracy.WORKLOAD)), accuracy.Runs()
    kept.add(model, accuracy.once(model, "sobol", 5, accuracy.AT)[0], accuracy.AT)
    chance, mean, *_ = np.mean(np.square(kept.errors) / kept.random, axis=(0, 1))
    assert chance < 1.5 * accuracy.TARGETS["sobol", "P(closed)"]
    assert mean < 1.5 * accuracy.TARGETS["sobol", "mean"]
