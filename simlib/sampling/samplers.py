"""The register of samplers, from the word in the file; what they do is in their own modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simlib.sampling.base import Dimension, Sampler
from simlib.sampling.random import RandomSampler
from simlib.sampling.sobol import SobolSampler

__all__ = ["SAMPLERS", "make_sampler"]


def _random(seed: int, _: Sequence[Dimension]) -> Sampler:
    return RandomSampler(seed)


SAMPLERS: Mapping[str, Callable[[int, Sequence[Dimension]], Sampler]] = {
    "random": _random,
    "sobol": SobolSampler,
}


def make_sampler(name: str, seed: int, dimensions: Sequence[Dimension]) -> Sampler:
    """Give the sampler of a name.

    Parameters
    ----------
    name
        A key of `SAMPLERS`.
    seed
        From 0 to 2^128 - 1.
    dimensions
        Every coordinate that will be asked for, in order of first appearance.

    Raises
    ------
    ValueError
        If there is no sampler of that name.

    Examples
    --------
    >>> make_sampler("sobol", 1, [Dimension("drivers.pay_award", 2017)]).replicates
    16
    """
    if name not in SAMPLERS:
        raise ValueError(f"expected one of {', '.join(SAMPLERS)}, got {name!r}")
    return SAMPLERS[name](seed, dimensions)
