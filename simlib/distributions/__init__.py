"""Distributions: what each family says, from words to values at normal scores; nothing is drawn here.

>>> from simlib.distributions import make
>>> saving = make("pert", {"low": 0.0, "mode": 1.0, "high": 2.0})
>>> saving.mean, saving.support
(1.0, (0.0, 2.0))
"""

from simlib.distributions.base import Array, Distribution, ParameterError, Show, middle_80
from simlib.distributions.bounded import Beta, LogUniform, Pert, Piecewise, Triangular, Uniform
from simlib.distributions.discrete import Bernoulli, Binomial, Discrete, Empirical, Fixed, Poisson
from simlib.distributions.elicitation import ELICITED, fit, quantile_name, quantile_of_name
from simlib.distributions.families import FAMILIES, Family, Role, make
from simlib.distributions.members import ImpossibleMembersError, members_at
from simlib.distributions.metalog import Metalog
from simlib.distributions.mixture import Mixture
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
    "Gumbel",
    "ImpossibleMembersError",
    "LogUniform",
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
    "StudentT",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
    "Weibull",
    "fit",
    "make",
    "members_at",
    "middle_80",
    "quantile_name",
    "quantile_of_name",
    "score_table",
]
