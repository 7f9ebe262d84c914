"""What matters, from futures designed for the question: Sobol' indices and Morris screening of independent blocks.

A section of dependence is one block, and a driver that goes by year another: for what happens within a block see
``shapley``. What is told of futures that are drawn already is in ``given_data``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.kernels.paths import Floats
from simlib.memory import unfilled
from simlib.model import Model
from simlib.sampling import CHUNK, Dimension, SobolSampler, stream
from simlib.sensitivity.blocks import Block, blocks, frozen
from simlib.sensitivity.jackknife import GROUPS, Estimates, jackknifed, refuse_too_few
from simlib.sensitivity.targets import Target, rows_at, told
from simlib.special import ndtri

__all__ = ["Screening", "SobolIndices", "morris", "sobol_indices"]

SAMPLE = 16_384  # futures of each of the two samples that indices are made of
TRAJECTORIES, LEVELS = 64, 8  # of Morris screening
END = 0.01  # probability of the lowest level, and beyond the highest one: at 0 and 1 figures may have no end
Document = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class SobolIndices:
    """First-order and total indices.

    Attributes
    ----------
    targets, blocks
        What was asked about, and what was moved.
    evaluations
        How many futures were worked out.
    first_order, total
        (block, target) shares of the variance that a block explains by itself, and with all that it has a part in.
    mean, variance
        (target,) of the futures in which nothing is held.
    frozen
        Addresses of what no design can move: it keeps its draws, and its part is in no index.
    """

    targets: tuple[Target, ...]
    blocks: tuple[Block, ...]
    evaluations: int
    first_order: Estimates
    total: Estimates
    mean: Floats
    variance: Floats
    frozen: tuple[str, ...]

    def entries(self, target: int) -> list[Document]:
        """Give every block's indices for one target, the largest total first."""
        order = np.argsort(-self.total.values[:, target], kind="stable").tolist()
        return [
            _named(self.blocks[b])
            | {"first_order": self.first_order[b, target].told(), "total": self.total[b, target].told()}
            for b in order
        ]

    def document(self) -> list[Document]:
        """Give all as sensitivity.json has it."""
        return [
            {"target": list(target.name), "mean": float(self.mean[place]), "variance": float(self.variance[place]),
             "blocks": self.entries(place)}
            for place, target in enumerate(self.targets)
        ]  # fmt: skip

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"<SobolIndices: {len(self.blocks)} blocks, {len(self.targets)} targets, {self.evaluations:,} futures>"


@dataclass(frozen=True, slots=True, eq=False)
class Screening:
    """Morris's elementary effects, per unit of probability.

    Attributes
    ----------
    targets, blocks
        What was asked about, and what was moved.
    evaluations
        How many futures were worked out.
    mu_star, sigma
        (block, target) average size of the effects, and their spread: large where an effect hangs on other figures.
    frozen
        Addresses of what no design can move.
    """

    targets: tuple[Target, ...]
    blocks: tuple[Block, ...]
    evaluations: int
    mu_star: Estimates
    sigma: Estimates
    frozen: tuple[str, ...]

    def entries(self, target: int) -> list[Document]:
        """Give every block's effects on one target, the largest first."""
        order = np.argsort(-self.mu_star.values[:, target], kind="stable").tolist()
        return [
            _named(self.blocks[b])
            | {"mu_star": self.mu_star[b, target].told(), "sigma": self.sigma[b, target].told()}
            for b in order
        ]

    def document(self) -> list[Document]:
        """Give all as sensitivity.json has it."""
        return [{"target": list(t.name), "blocks": self.entries(place)} for place, t in enumerate(self.targets)]

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"<Screening: {len(self.blocks)} blocks, {len(self.targets)} targets, {self.evaluations:,} futures>"


def _named(block: Block) -> Document:
    return {"addresses": list(block.addresses), "sections": list(block.sections)}


# ---- Sobol' indices ----------------------------------------------------------------------------------------


def sobol_indices(
    model: Model, wanted: Sequence[Target] | None = None, *, sample: int = SAMPLE, seed: int = 0,
    n_jobs: int | None = None,
) -> SobolIndices:  # fmt: skip
    """Estimate first-order and total indices of every independent block.

    Parameters
    ----------
    model, wanted
        As in :func:`simlib.sensitivity.targets.told`.
    sample
        Futures of each of the two samples; a multiple of 16, at least 1,024. In all (blocks + 2) × sample are worked
        out.
    seed, n_jobs
        The result is the same for any number of workers.

    Raises
    ------
    ModelError
        If the sample is too small, or there is nothing to ask about.
    ValueError
        If it is no multiple of 16.

    Notes
    -----
    With A and B two independent samples, and A_B a sample A in which one block is B's:
    ``S = mean(f(B) (f(A_B) − f(A))) ÷ V`` and ``T = mean((f(A) − f(A_B))²) ÷ 2V``. The samples are scrambled Sobol'
    points in 16 replicates, from which errors come. First orders and totals are those of whole blocks: with what goes
    together in one of them, no share is counted twice, and none is that of a single figure in it.

    References
    ----------
    Saltelli et al. (2010), "Variance based sensitivity analysis of model output", Comput. Phys. Commun. 181, table 2
    (b) and (f), the latter by Jansen (1999); Jacques, Lavergne and Devictor (2006) on groups of dependent figures.
    """
    refuse_too_few(sample)
    asked, moved = told(model, wanted), blocks(model)
    own, other = _two_samples(model, sample, seed)
    first, second = (rows_at(model, scores, asked, n_jobs=n_jobs) for scores in (own, other))
    middle = first.mean(axis=1, keepdims=True)
    first, second = first - middle, second - middle
    sums = [np.stack([_grouped(row) for row in rows]) for rows in (first + second, first**2 + second**2)]
    parts = []
    for block in moved:
        mixed = own.copy()
        mixed[list(block.places)] = other[list(block.places)]
        changed = rows_at(model, mixed, asked, n_jobs=n_jobs) - middle
        parts.append([_grouped(second * (changed - first)), _grouped((first - changed) ** 2)])
    tables = np.asarray(parts).transpose(1, 3, 0, 2)  # (estimate, group, block, target)
    total, squares = (each.T for each in sums)
    count = np.full(GROUPS, 2.0 * sample / GROUPS)
    first_order = jackknifed((count, total, squares, 2.0 * tables[0]), _index)
    totals = jackknifed((count, total, squares, tables[1]), _index)
    variance = squares.sum(axis=0) / (2 * sample) - (total.sum(axis=0) / (2 * sample)) ** 2
    mean = middle[:, 0] + total.sum(axis=0) / (2 * sample)
    evaluations = (len(moved) + 2) * sample
    return SobolIndices(asked, moved, evaluations, first_order, totals, mean, variance, frozen(model))


def _index(count: Floats, total: Floats, squares: Floats, above: Floats) -> Floats:
    """Give (…, block, target) indices from sums over both samples; nan of a target that is the same in all futures."""
    below = (squares - total**2 / count[:, np.newaxis])[:, np.newaxis]
    real = below > 1e-12 * squares[:, np.newaxis]
    found = np.full_like(above, np.nan)
    return np.asarray(np.divide(above, below, out=found, where=np.broadcast_to(real, above.shape)))


def _grouped(rows: Floats) -> Floats:
    """Give sums by replicate, (…, simulation) to (…, replicate)."""
    return np.asarray(rows.reshape(*rows.shape[:-1], -1, GROUPS).sum(axis=-2))


def _two_samples(model: Model, sample: int, seed: int) -> tuple[Floats, Floats]:
    """Give (dimension, simulation) scores twice, independent of each other: one sequence of twice the coordinates."""
    names = [Dimension(f"{d.name} {which}", d.year) for which in ("A", "B") for d in model.dimensions]
    sampler = SobolSampler(seed, names)
    scores = unfilled(len(names), sample)
    for chunk, start in enumerate(range(0, sample, CHUNK)):
        size = min(CHUNK, sample - start)
        scores[:, start : start + size] = sampler.scores(names, chunk, size)
    return scores[: len(model.dimensions)], scores[len(model.dimensions) :]


# ---- Morris screening --------------------------------------------------------------------------------------


def morris(
    model: Model, wanted: Sequence[Target] | None = None, *, trajectories: int = TRAJECTORIES, levels: int = LEVELS,
    seed: int = 0, n_jobs: int | None = None,
) -> Screening:  # fmt: skip
    """Screen every independent block by its elementary effects: (blocks + 1) × trajectories futures.

    Parameters
    ----------
    model, wanted
        As in :func:`simlib.sensitivity.targets.told`.
    trajectories, levels
        How many walks through the blocks, at least two; among how many probabilities, an even number.
    seed, n_jobs
        As in ``sobol_indices``.

    Raises
    ------
    ModelError
        If there is nothing to ask about.
    ValueError
        If there are fewer than two walks, or the number of levels is not even.

    Notes
    -----
    Levels are equally far from each other between the probabilities 0.01 and 0.99. Each walk starts at levels drawn by
    chance, and moves one block after the other by half their number; an effect is the change over what that is of
    probability. Where a block has several coordinates each goes its own way, so that only the size of an effect means
    anything, and σ is the spread of sizes.
    The error of μ* is that of an average over walks, that of σ about σ ÷ √(2 (r − 1)).

    References
    ----------
    Morris (1991), Technometrics 33; Campolongo, Cariboni and Saltelli (2007), Environ. Model. Softw. 22, on μ* and
    groups.
    """
    if trajectories < 2 or levels < 2 or levels % 2:
        raise ValueError(f"expected two walks or more among an even number of levels, got {trajectories} and {levels}")
    asked, moved = told(model, wanted), blocks(model)
    scores, order, ways = _walks(model, moved, trajectories, levels, seed)
    rows = rows_at(model, scores, asked, n_jobs=n_jobs).reshape(len(asked), trajectories, len(moved) + 1)
    steps = np.diff(rows, axis=2) / (levels // 2 * _apart(levels))
    effects = np.take_along_axis(steps, np.argsort(order, axis=1)[np.newaxis], axis=2).transpose(2, 0, 1)
    size = np.abs(effects)
    alone = np.asarray([len(block.places) == 1 for block in moved])[:, np.newaxis, np.newaxis]
    spread = np.where(alone, effects * ways.T[:, np.newaxis], size).std(axis=2, ddof=1)
    mu_star = Estimates(size.mean(axis=2), size.std(axis=2, ddof=1) / np.sqrt(trajectories))
    sigma = Estimates(spread, spread / np.sqrt(2.0 * (trajectories - 1)))
    return Screening(asked, moved, scores.shape[1], mu_star, sigma, frozen(model))


def _walks(
    model: Model, moved: Sequence[Block], trajectories: int, levels: int, seed: int
) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Give (dimension, step of a walk after the other) scores, and (walk, step) which block moves.

    And (walk, block) its way: 1 up and −1 down, of its first coordinate.
    """
    random = stream(seed, "morris")
    half, count = levels // 2, len(moved) + 1
    cells = np.empty((len(model.dimensions), trajectories, count))
    order = np.argsort(random.random((trajectories, len(moved))), axis=1)
    start = random.integers(0, levels, (len(model.dimensions), trajectories))
    for walk in range(trajectories):
        now = start[:, walk].copy()
        cells[:, walk, 0] = now
        for step, block in enumerate(order[walk]):
            places = list(moved[block].places)
            now[places] = np.where(now[places] < half, now[places] + half, now[places] - half)
            cells[:, walk, step + 1] = now
    ways = np.where(start[[block.places[0] for block in moved]] < half, 1.0, -1.0).T
    return ndtri(END + _apart(levels) * cells.reshape(len(cells), -1)), order, ways


def _apart(levels: int) -> float:
    return (1.0 - 2.0 * END) / (levels - 1)
