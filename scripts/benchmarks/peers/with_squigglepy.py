"""The workload's figures drawn with squigglepy: its distributions, its correlate (Iman-Conover), its sample."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import squigglepy as sq

from scripts.benchmarks.peers.delivery import Figures
from scripts.benchmarks.peers.workload import CORRELATED, DRIVERS, normal_correlation

FAMILIES: Mapping[str, Callable[..., Any]] = {
    "normal": lambda mean, sd: sq.norm(mean=mean, sd=sd),
    "triangular": sq.triangular,
    "pert": sq.pert,
    "uniform": sq.uniform,
    "lognormal": lambda mu, sigma: sq.lognorm(norm_mean=mu, norm_sd=sigma),
    "bernoulli": sq.bernoulli,
    "exponential": sq.exponential,
}


def draw(simulations: int, seed: int) -> Figures:
    """Draw every uncertain figure.

    Notes
    -----
    Iman-Conover gives the matrix to normal scores of the ranks, whatever its documentation calls it: with that of the
    scores it has the rank correlation that is asked for.
    """
    sq.set_seed(seed)
    figures = {name: FAMILIES[family](*parameters) for name, (family, parameters) in DRIVERS.items()}
    together = sq.correlate(tuple(figures[name] for name in CORRELATED), normal_correlation())
    figures |= dict(zip(CORRELATED, together, strict=True))
    return {
        name: np.asarray(sq.sample(figure, n=simulations, verbose=False), dtype=float)
        for name, figure in figures.items()
    }
