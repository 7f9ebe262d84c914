"""The uncertain figures of configs/benchmark.yaml as every library states them: family, parameters, correlation.

It knows numpy and the file, and nothing of simlib or of any peer. A test holds it to what simlib loads.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def lognormal(mean: float, sd: float) -> tuple[float, float]:
    """Give mean and standard deviation of the logarithm."""
    variance = float(np.log1p((sd / mean) ** 2))
    return float(np.log(mean)) - 0.5 * variance, variance**0.5


OVERRUN = float(np.log(1.1)), float(np.log(1.5 / 1.1)) / 1.2815515655446004  # median 110 %, 1 in 10 above 150 %

# Normal: mean, sd. Triangular and PERT: low, mode, high. Uniform: low, high. Lognormal: mean and sd of the logarithm.
# Bernoulli: chance. Exponential: mean [years]; of what happens at 4 % a year, -1 / log(1 - 0.04).
DRIVERS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "pay": ("normal", (0.03, 0.004)),
    "demand": ("triangular", (-0.2, 0.0, 0.5)),
    "inflation": ("uniform", (-0.2, 0.3)),
    "support_grant": ("triangular", (0.7, 1.0, 1.05)),
    "new_homes_bonus": ("pert", (0.4, 1.0, 1.2)),
    "business_rates": ("normal", (0.02, 0.008)),
    "council_tax": ("uniform", (0.99, 1.01)),
    "general_fund": ("normal", (5.0, 0.2)),
    "digital_realisation": ("pert", (0.5, 0.95, 1.0)),
    "management_realisation": ("pert", (0.6, 0.97, 1.0)),
    "procurement_realisation": ("triangular", (0.4, 0.9, 1.0)),
    "property_realisation": ("pert", (0.4, 0.9, 1.0)),
    "shared_back_office_realisation": ("pert", (0.2, 0.9, 1.0)),
    "income_realisation": ("uniform", (0.5, 1.0)),
    "fleet_realisation": ("triangular", (0.6, 0.95, 1.0)),
    "early_help_realisation": ("triangular", (0.2, 0.8, 1.0)),
    "digital_delay": ("triangular", (0.0, 0.5, 2.0)),
    "management_delay": ("triangular", (0.0, 0.25, 1.0)),
    "property_delay": ("triangular", (0.0, 0.75, 2.5)),
    "shared_back_office_delay": ("triangular", (0.0, 0.5, 2.0)),
    "backfill": ("uniform", (0.0, 0.2)),
    "digital_exits": ("pert", (15.0, 25.0, 45.0)),
    "digital_cost_per_exit": ("lognormal", lognormal(0.026, 0.003)),
    "digital_overrun": ("lognormal", OVERRUN),
    "management_exits": ("pert", (6.0, 10.0, 16.0)),
    "management_cost_per_exit": ("lognormal", lognormal(0.04, 0.006)),
    "management_overrun": ("lognormal", OVERRUN),
    "grant_cut": ("bernoulli", (0.3,)),
    "partner_stays": ("exponential", (float(-1.0 / np.log(0.96)),)),
    "supplier_fails": ("bernoulli", (0.1,)),
}
REALISATIONS = tuple(name for name in DRIVERS if name.endswith("_realisation"))
DELAYS = tuple(name for name in DRIVERS if name.endswith("_delay"))
CORRELATED = (*REALISATIONS, *DELAYS)
SHORT_AND_LATE = ("digital", "property", "shared_back_office")


def rank_correlation() -> NDArray[np.float64]:
    """Give Spearman's correlation of `CORRELATED`: 0.4 of shares delivered, 0.3 of delays, -0.4 of three pairs."""
    matrix, place = np.eye(len(CORRELATED)), {name: i for i, name in enumerate(CORRELATED)}
    for group, value in ((REALISATIONS, 0.4), (DELAYS, 0.3)):
        for a in group:
            for b in group:
                if a != b:
                    matrix[place[a], place[b]] = value
    for name in SHORT_AND_LATE:
        short, late = place[f"{name}_realisation"], place[f"{name}_delay"]
        matrix[short, late] = matrix[late, short] = -0.4
    return matrix


def pert_shapes(low: float, mode: float, high: float) -> tuple[float, float]:
    """Give the shapes of the beta distribution that PERT stands for."""
    width = high - low
    return 1.0 + 4.0 * (mode - low) / width, 1.0 + 4.0 * (high - mode) / width


def normal_correlation() -> NDArray[np.float64]:
    """Give the correlation of normal scores that has these rank correlations: 2 sin(π ρ / 6)."""
    matrix = 2.0 * np.sin(np.pi * rank_correlation() / 6.0)
    np.fill_diagonal(matrix, 1.0)  # to the last bit, which one of the peers insists on
    return np.asarray(matrix)
