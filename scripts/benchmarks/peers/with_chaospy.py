"""The workload's figures drawn with chaospy: joint distributions, the correlated one with its Nataf copula."""

from collections.abc import Callable, Mapping
from typing import Any

import chaospy

from scripts.benchmarks.peers.delivery import Figures
from scripts.benchmarks.peers.workload import CORRELATED, DRIVERS, normal_correlation, pert_shapes

# Its own PERT is another distribution: the mean of (0.5, 0.95, 1.0) is 0.84 there, and 0.88 as PERT has it.
FAMILIES: Mapping[str, Callable[..., Any]] = {
    "normal": chaospy.Normal,
    "triangular": chaospy.Triangle,
    "pert": lambda low, mode, high: chaospy.Beta(*pert_shapes(low, mode, high), low, high),
    "uniform": chaospy.Uniform,
    "lognormal": chaospy.LogNormal,
    "bernoulli": lambda chance: chaospy.Binomial(1, chance),
    "exponential": chaospy.Exponential,
}


def draw(simulations: int, seed: int) -> Figures:
    """Draw every uncertain figure."""
    figures = {name: FAMILIES[family](*parameters) for name, (family, parameters) in DRIVERS.items()}
    alone = [name for name in DRIVERS if name not in CORRELATED]
    together = chaospy.Nataf(chaospy.J(*(figures[name] for name in CORRELATED)), normal_correlation())
    found = dict(zip(CORRELATED, together.sample(simulations, seed=seed), strict=True))
    rest = chaospy.J(*(figures[name] for name in alone)).sample(simulations, seed=seed + 1)
    return found | dict(zip(alone, rest, strict=True))
