"""Randomness: streams keyed by name, samplers of normal scores, dependence; no distribution is known here.

>>> sampler = make_sampler("random", 1, [Dimension("drivers.pay_award", 2017)], 4)
>>> sampler.scores([Dimension("drivers.pay_award", 2017)], chunk=0, count=4).shape
(1, 4)
"""

from simlib.sampling.base import CHUNK, Dimension, Sampler
from simlib.sampling.dependence import (
    ar1,
    common_factor,
    correlate,
    factor,
    nearest_correlation,
    normal_to_spearman,
    spearman,
    spearman_to_normal,
)
from simlib.sampling.latin_hypercube import LatinHypercubeSampler
from simlib.sampling.random import RandomSampler
from simlib.sampling.samplers import SAMPLERS, make_sampler
from simlib.sampling.sobol import REPLICATES, SobolSampler
from simlib.sampling.streams import RNG_SCHEME, stream

__all__ = [
    "CHUNK",
    "REPLICATES",
    "RNG_SCHEME",
    "SAMPLERS",
    "Dimension",
    "LatinHypercubeSampler",
    "RandomSampler",
    "Sampler",
    "SobolSampler",
    "ar1",
    "common_factor",
    "correlate",
    "factor",
    "make_sampler",
    "nearest_correlation",
    "normal_to_spearman",
    "spearman",
    "spearman_to_normal",
    "stream",
]
