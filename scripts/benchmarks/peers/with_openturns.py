"""The workload's figures drawn with OpenTURNS: one joint distribution with a normal copula, and its getSample."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import openturns as ot

from scripts.benchmarks.peers.delivery import Figures, Floats
from scripts.benchmarks.peers.workload import CORRELATED, DRIVERS, pert_shapes, rank_correlation

FAMILIES: Mapping[str, Callable[..., Any]] = {
    "normal": ot.Normal,
    "triangular": ot.Triangular,
    "pert": lambda low, mode, high: ot.Beta(*pert_shapes(low, mode, high), low, high),
    "uniform": ot.Uniform,
    "lognormal": ot.LogNormal,
    "bernoulli": ot.Bernoulli,
    "exponential": lambda mean: ot.Exponential(1.0 / mean),
}


def draw(simulations: int, seed: int) -> Figures:
    """Draw every uncertain figure."""
    ot.RandomGenerator.SetSeed(seed)
    ranks = ot.CorrelationMatrix(rank_correlation())
    copula = ot.NormalCopula(ot.NormalCopula.GetCorrelationFromSpearmanCorrelation(ranks))
    alone = [name for name in DRIVERS if name not in CORRELATED]
    found: dict[str, Floats] = {}
    for names, together in ((CORRELATED, [copula]), (alone, [])):
        margins = [FAMILIES[family](*parameters) for family, parameters in (DRIVERS[name] for name in names)]
        sample = np.asarray(ot.JointDistribution(margins, *together).getSample(simulations))
        found |= dict(zip(names, sample.T.copy(), strict=True))
    return found
