"""The register of samplers, from the word in the file; what they do is in their own modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simlib.sampling.base import Dimension, Sampler
from simlib.sampling.latin_hypercube import LatinHypercubeSampler
from simlib.sampling.random import RandomSampler
from simlib.sampling.sobol import SobolSampler

__all__ = ["SAMPLERS", "make_sampler"]


def _random(seed: int, _dimensions: Sequence[Dimension], _simulations: int) -> Sampler:
    return RandomSampler(seed)


def _latin_hypercube(seed: int, _dimensions: Sequence[Dimension], simulations: int) -> Sampler:
    return LatinHypercubeSampler(seed, simulations)


def _sobol(seed: int, dimensions: Sequence[Dimension], _simulations: int) -> Sampler:
    return SobolSampler(seed, dimensions)


SAMPLERS: Mapping[str, Callable[[int, Sequence[Dimension], int], Sampler]] = {
    "random": _random,
    "latin_hypercube": _latin_hypercube,
    "sobol": _sobol,
}


def make_sampler(name: str, seed: int, dimensions: Sequence[Dimension], simulations: int) -> Sampler:
    """Give the sampler of a name.

    Parameters
    ----------
    name
        A key of `SAMPLERS`.
    seed
        From 0 to 2^128 - 1.
    dimensions
        Every coordinate that will be asked for; `sobol` depends on their order.
    simulations
        Futures that will be drawn; `latin_hypercube` depends on their number.

    Raises
    ------
    ValueError
        If there is no sampler of that name.

    Examples
    --------
    >>> make_sampler("sobol", 1, [Dimension("drivers.pay_award", 2017)], 1_000).replicates
    16
    """
    if name not in SAMPLERS:
        raise ValueError(f"expected one of {', '.join(SAMPLERS)}, got {name!r}")
    return SAMPLERS[name](seed, dimensions, simulations)
