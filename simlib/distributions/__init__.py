"""Distributions: what each family says, from words to values at normal scores; nothing is drawn here.

>>> from simlib.distributions import make
>>> saving = make("pert", {"low": 0.0, "mode": 1.0, "high": 2.0})
>>> saving.mean, saving.support
(1.0, (0.0, 2.0))
"""

from simlib.distributions.base import Array, Distribution, ParameterError, Show, middle_80
from simlib.distributions.bounded import Beta, LogUniform, Pert, Triangular, Uniform
from simlib.distributions.discrete import Bernoulli, Binomial, Discrete, Fixed, Geometric, Poisson
from simlib.distributions.elicitation import ELICITED, fit, fitted_value, quantile_name, quantile_of_name
from simlib.distributions.empirical import Empirical, Smoothed
from simlib.distributions.families import FAMILIES, Family, Role, make
from simlib.distributions.members import ImpossibleMembersError, members_at
from simlib.distributions.metalog import Metalog
from simlib.distributions.mixture import Mixture, ZeroInflated
from simlib.distributions.piecewise import Piecewise
from simlib.distributions.pool import LogarithmicPool
from simlib.distributions.tables import ScoreTable, score_table
from simlib.distributions.truncated import Truncated, TruncatedNormal
from simlib.distributions.unbounded import (
    Exponential,
    Gamma,
    Gumbel,
    Lognormal,
    Normal,
    StudentT,
    Weibull,
)

__all__ = [
    "ELICITED",
    "FAMILIES",
    "Array",
    "Bernoulli",
    "Beta",
    "Binomial",
    "Discrete",
    "Distribution",
    "Empirical",
    "Exponential",
    "Family",
    "Fixed",
    "Gamma",
    "Geometric",
    "Gumbel",
    "ImpossibleMembersError",
    "LogUniform",
    "LogarithmicPool",
    "Lognormal",
    "Metalog",
    "Mixture",
    "Normal",
    "ParameterError",
    "Pert",
    "Piecewise",
    "Poisson",
    "Role",
    "ScoreTable",
    "Show",
    "Smoothed",
    "StudentT",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "ZeroInflated",
    "fit",
    "fitted_value",
    "make",
    "members_at",
    "middle_80",
    "quantile_name",
    "quantile_of_name",
    "score_table",
]
