"""Randomness: streams keyed by name, samplers of normal scores, dependence; no distribution is known here.

>>> sampler = make_sampler("random", 1, [Dimension("drivers.pay_award", 2017)], 4)
>>> sampler.scores([Dimension("drivers.pay_award", 2017)], chunk=0, count=4).shape
(1, 4)
"""

from simlib.sampling.base import CHUNK, Dimension, Sampler
from simlib.sampling.copula import (
    GAUSSIAN,
    concordance_to_normal,
    from_spearman,
    t_scale,
    t_scores,
    to_spearman,
)
from simlib.sampling.dependence import (
    ar1,
    combined,
    common_factor,
    correlate,
    factor,
    normal_to_spearman,
    spearman_to_normal,
)
from simlib.sampling.implied import Ties, implied_spearman, joint_chance
from simlib.sampling.influence import by_influence, explained
from simlib.sampling.kept import KeptSampler, Places, gathered
from simlib.sampling.latin_hypercube import LatinHypercubeSampler
from simlib.sampling.nearest import nearest_correlation, third_correlation
from simlib.sampling.principal import principal
from simlib.sampling.random import RandomSampler
from simlib.sampling.samplers import SAMPLERS, make_sampler
from simlib.sampling.sobol import REPLICATES, SobolSampler
from simlib.sampling.streams import RNG_SCHEME, stream

__all__ = [
    "CHUNK",
    "GAUSSIAN",
    "REPLICATES",
    "RNG_SCHEME",
    "SAMPLERS",
    "Dimension",
    "KeptSampler",
    "LatinHypercubeSampler",
    "Places",
    "RandomSampler",
    "Sampler",
    "SobolSampler",
    "Ties",
    "ar1",
    "by_influence",
    "combined",
    "common_factor",
    "concordance_to_normal",
    "correlate",
    "explained",
    "factor",
    "from_spearman",
    "gathered",
    "implied_spearman",
    "joint_chance",
    "make_sampler",
    "nearest_correlation",
    "normal_to_spearman",
    "principal",
    "spearman_to_normal",
    "stream",
    "t_scale",
    "t_scores",
    "third_correlation",
    "to_spearman",
]
