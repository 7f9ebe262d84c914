"""Many members of one family at once: each future's own parameters, at its own normal score; nothing is drawn here.

A family whose inverse takes arrays of parameters is one formula for all futures. Of any other family each different
set of parameters is made into a distribution of its own: some ten thousand of these take a second or two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simlib import special
from simlib.distributions.base import Array, ParameterError, hazard, score, tails
from simlib.distributions.bounded import LARGEST_BETA, LARGEST_LAMBDA
from simlib.distributions.discrete import MOST_POISSON, MOST_TRIALS
from simlib.distributions.families import make
from simlib.distributions.truncated import LEAST_KEPT
from simlib.distributions.unbounded import LARGEST_GAMMA, LEAST_WEIBULL, Z90

__all__ = ["ImpossibleMembersError", "members_at"]

Parameters = Mapping[str, Array]
Possible = npt.NDArray[np.bool_]


class ImpossibleMembersError(ValueError):
    """Parameters that no member of the family can have, in some of the futures.

    Parameters
    ----------
    parameter
        Name of the first offending parameter; empty where it is all of them.
    message
        "expected ..., got ..." of the first such future.
    count
        In how many futures.
    """

    def __init__(self, parameter: str, message: str, count: int) -> None:
        super().__init__(parameter, message, count)
        self.parameter = parameter
        self.message = message
        self.count = count


def members_at(family: str, parameters: Mapping[str, npt.ArrayLike], scores: Array) -> Array:
    """Give the value of each future's own member of a family at its normal score.

    Parameters
    ----------
    family
        A key of `FAMILIES`; its parameters are single figures.
    parameters
        Any of its parametrisations, each () or (simulation,).
    scores
        (simulation,) standard-normal scores.

    Raises
    ------
    ImpossibleMembersError
        If a set of parameters is impossible: nothing is clipped.

    Examples
    --------
    >>> members_at("normal", {"mean": [1.0, 2.0], "sd": 0.5}, np.array([0.0, 2.0])).tolist()
    [1.0, 3.0]
    """
    z = np.asarray(scores, dtype=np.float64)
    given = {name: np.broadcast_to(np.asarray(v, dtype=np.float64), z.shape) for name, v in parameters.items()}
    formula = next((f for f in _FORMULAS.get(family, ()) if set(given) - set(f.optional) == set(f.names)), None)
    if formula is None:
        return _one_by_one(family, given, z)
    with np.errstate(all="ignore"):  # what is impossible is counted, and not worked out
        _check(family, given, formula.possible(given))
        return formula.at(given, z)


def _check(family: str, given: Parameters, possible: Possible) -> None:
    """Refuse the members that cannot be, in the words of the family."""
    if possible.all():
        return
    first = int(np.argmin(possible))
    count = int(np.count_nonzero(~possible))
    own = {name: float(values[first]) for name, values in given.items()}
    try:
        make(family, own)
    except ParameterError as refused:
        raise ImpossibleMembersError(refused.parameter, refused.message, count) from None
    got = ", ".join(f"{name} {value:.6g}" for name, value in own.items())
    raise ImpossibleMembersError("", f"expected parameters that a {family} can have, got {got}", count)


def _one_by_one(family: str, given: Parameters, z: Array) -> Array:
    """Give the values of a family without a formula: one distribution for each different set of parameters."""
    sets, place = np.unique(np.stack(list(given.values())), axis=1, return_inverse=True)
    values, refused, lost = np.empty(z.shape), None, 0
    order = np.argsort(place.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(place.ravel()))
    for own, futures in zip(sets.T, np.split(order, ends[:-1]), strict=True):
        try:
            member = make(family, dict(zip(given, map(float, own), strict=True)))
        except ParameterError as trouble:
            refused, lost = refused or trouble, lost + len(futures)
            continue
        values[futures] = member.at(*tails(z[futures]))  # exact: a table for each would cost more
    if refused is not None:
        raise ImpossibleMembersError(refused.parameter, refused.message, lost)
    return values


@dataclass(frozen=True, slots=True)
class Formula:
    """One parametrisation of a family, for arrays.

    Attributes
    ----------
    names, optional
        The parameters that it takes, and that may be added.
    possible
        Whether each set of parameters can be.
    at
        Each member's value at its score.
    """

    names: tuple[str, ...]
    possible: Callable[[Parameters], Possible]
    at: Callable[[Parameters, Array], Array]
    optional: tuple[str, ...] = ()


def _lognormal(mu: Array, sigma: Array, z: Array) -> Array:
    return np.asarray(np.exp(mu + sigma * z))


def _lognormal_by_moments(p: Parameters, z: Array) -> Array:
    variance = np.log1p((p["sd"] / p["mean"]) ** 2)
    return _lognormal(np.log(p["mean"]) - 0.5 * variance, np.sqrt(variance), z)


def _lognormal_by_median(p: Parameters, z: Array) -> Array:
    return _lognormal(np.log(p["median"]), np.log(p["p90"] / p["median"]) / Z90, z)


def _triangular(p: Parameters, z: Array) -> Array:
    low, mode, high = p["low"], p["mode"], p["high"]
    below, over = tails(z)
    up = low + np.sqrt(below * (high - low) * (mode - low))
    down = high - np.sqrt(over * (high - low) * (high - mode))
    return np.where(below <= (mode - low) / (high - low), up, down)


def _nearer(z: Array, lower: Callable[..., Array], upper: Callable[..., Array], *shapes: Array) -> Array:
    """Give a standard member's value, worked out from the nearer tail."""
    below, over = tails(z)
    near = below <= over
    values = np.empty(z.shape)
    values[near] = lower(*(shape[near] for shape in shapes), below[near])
    values[~near] = upper(*(shape[~near] for shape in shapes), over[~near])
    return values


def _gamma(shape: Array, scale: Array, z: Array) -> Array:
    return scale * _nearer(z, special.gammaincinv, special.gammainccinv, shape)


def _beta(alpha: Array, beta: Array, p: Parameters, z: Array) -> Array:
    low, high = p.get("low", np.zeros(())), p.get("high", np.ones(()))
    return np.asarray(low + (high - low) * _nearer(z, special.betaincinv, special.betainccinv, alpha, beta))


def _bounds_in_order(p: Parameters) -> Possible:
    return np.asarray(p.get("low", np.zeros(())) < p.get("high", np.ones(())))


def _beta_by_moments(p: Parameters) -> tuple[Array, Array]:
    """Give alpha and beta from mean and sd between the bounds."""
    low, high = p.get("low", np.zeros(())), p.get("high", np.ones(()))
    part = (p["mean"] - low) / (high - low)
    total = (p["mean"] - low) * (high - p["mean"]) / p["sd"] ** 2 - 1.0
    return np.asarray(part * total), np.asarray((1.0 - part) * total)


def _can_be_beta(alpha: Array, beta: Array, p: Parameters) -> Possible:
    fine = (alpha > 0.0) & (beta > 0.0) & (alpha <= LARGEST_BETA) & (beta <= LARGEST_BETA)
    return np.asarray(fine & _bounds_in_order(p))


def _pert(p: Parameters, z: Array) -> Array:
    pull = p.get("lambda", np.full(z.shape, 4.0)) / (p["high"] - p["low"])
    return _beta(1.0 + pull * (p["mode"] - p["low"]), 1.0 + pull * (p["high"] - p["mode"]), p, z)


def _can_be_pert(p: Parameters) -> Possible:
    strength = p.get("lambda", np.full((), 4.0))
    return np.asarray(_in_order(p) & (strength > 0.0) & (strength <= LARGEST_LAMBDA))


def _in_order(p: Parameters) -> Possible:
    return np.asarray((p["low"] <= p["mode"]) & (p["mode"] <= p["high"]) & (p["low"] < p["high"]))


def _student_t(p: Parameters, z: Array) -> Array:
    below, over = tails(z)
    unit = np.abs(special.stdtrit(p["df"], np.minimum(below, over)))  # scipy loses the sign in the far tail
    return np.asarray(p["location"] + p["scale"] * np.where(z <= 0.0, -unit, unit))


def _cut(p: Parameters) -> tuple[Array, Array, Array, Array, Array]:
    """Give the bounds of truncated normals, and the probability below, above and between them in the whole bell."""
    mean, sd = p["mean"], p["sd"]
    low, high = p.get("low", np.full((), -np.inf)), p.get("high", np.full((), np.inf))
    a, b = np.asarray((low - mean) / sd), np.asarray((high - mean) / sd)
    below, over = special.ndtr(a), special.ndtr(-b)
    kept = np.where(a < 0.0, special.ndtr(b) - below, special.ndtr(-a) - over)  # from the tail where it is exact
    return np.asarray(low), np.asarray(high), below, over, kept


def _can_be_cut(p: Parameters) -> Possible:
    low, high, _, _, kept = _cut(p)
    return np.asarray((p["sd"] > 0.0) & (low < high) & (kept >= LEAST_KEPT))


def _truncated_normal(p: Parameters, z: Array) -> Array:
    low, high, below, over, kept = _cut(p)
    share, rest = tails(z)
    values = p["mean"] + p["sd"] * score(below + kept * share, over + kept * rest)
    return np.asarray(np.clip(values, low, high))  # only rounding can lie outside


def _counted(start: Array, z: Array, below: Callable[[Array], Array], over: Callable[[Array], Array]) -> Array:
    """Give the first count with at least the score's probability at or below it, from a count near it."""
    p, q = tails(z)

    def enough(count: Array) -> Possible:
        return np.where(p <= q, below(count) >= p, over(count) <= q)

    count = np.maximum(np.floor(start), 0.0)
    while (short := ~enough(count)).any():
        count = count + short
    while (spare := (count > 0.0) & enough(np.maximum(count - 1.0, 0.0))).any():
        count = count - spare
    return count


def _poisson(p: Parameters, z: Array) -> Array:
    mean = p["mean"]
    start = mean + z * np.sqrt(mean) + (z * z - 1.0) / 6.0  # Cornish and Fisher (1938), to the skewness
    return _counted(start, z, lambda k: special.gammaincc(k + 1.0, mean), lambda k: special.gammainc(k + 1.0, mean))


def _binomial(p: Parameters, z: Array) -> Array:
    n, chance = p["n"], p["p"]
    spread = np.sqrt(n * chance * (1.0 - chance))
    start = np.clip(n * chance + z * spread + (z * z - 1.0) * (1.0 - 2.0 * chance) / 6.0, 0.0, n)

    def below(k: Array) -> Array:
        return np.where(k >= n, 1.0, special.betaincc(k + 1.0, np.maximum(n - k, 1.0), chance))

    def over(k: Array) -> Array:
        return np.where(k >= n, 0.0, special.betainc(k + 1.0, np.maximum(n - k, 1.0), chance))

    return _counted(start, z, below, over)


def _can_be_binomial(p: Parameters) -> Possible:
    trials = (p["n"] >= 1.0) & (p["n"] <= MOST_TRIALS) & (p["n"] == np.floor(p["n"]))
    return np.asarray(trials & (p["p"] >= 0.0) & (p["p"] <= 1.0))


def _positive(*names: str) -> Callable[[Parameters], Possible]:
    return lambda p: np.logical_and.reduce([p[name] > 0.0 for name in names])


_FORMULAS: Mapping[str, tuple[Formula, ...]] = {
    "normal": (Formula(("mean", "sd"), _positive("sd"), lambda p, z: np.asarray(p["mean"] + p["sd"] * z)),),
    "uniform": (
        Formula(("low", "high"), _bounds_in_order, lambda p, z: p["low"] + special.ndtr(z) * (p["high"] - p["low"])),
    ),
    "loguniform": (
        Formula(
            ("low", "high"),
            lambda p: (p["low"] > 0.0) & _bounds_in_order(p),
            lambda p, z: np.asarray(p["low"] * (p["high"] / p["low"]) ** special.ndtr(z)),
        ),
    ),
    "triangular": (Formula(("low", "mode", "high"), _in_order, _triangular),),
    "pert": (Formula(("low", "mode", "high"), _can_be_pert, _pert, ("lambda",)),),
    "truncated_normal": (Formula(("mean", "sd"), _can_be_cut, _truncated_normal, ("low", "high")),),
    "lognormal": (
        Formula(("mean", "sd"), _positive("mean", "sd"), _lognormal_by_moments),
        Formula(
            ("median", "p90"),
            lambda p: (p["median"] > 0.0) & (p["p90"] > p["median"]),
            _lognormal_by_median,
        ),
        Formula(("mu", "sigma"), _positive("sigma"), lambda p, z: _lognormal(p["mu"], p["sigma"], z)),
    ),
    "beta": (
        Formula(
            ("alpha", "beta"),
            lambda p: _can_be_beta(p["alpha"], p["beta"], p),
            lambda p, z: _beta(p["alpha"], p["beta"], p, z),
            ("low", "high"),
        ),
        Formula(
            ("mean", "sd"),
            lambda p: (p["sd"] > 0.0) & _can_be_beta(*_beta_by_moments(p), p),
            lambda p, z: _beta(*_beta_by_moments(p), p, z),
            ("low", "high"),
        ),
    ),
    "gamma": (
        Formula(
            ("shape", "scale"),
            lambda p: _positive("shape", "scale")(p) & (p["shape"] <= LARGEST_GAMMA),
            lambda p, z: _gamma(p["shape"], p["scale"], z),
        ),
        Formula(
            ("mean", "sd"),
            lambda p: _positive("mean", "sd")(p) & ((p["mean"] / p["sd"]) ** 2 <= LARGEST_GAMMA),
            lambda p, z: _gamma((p["mean"] / p["sd"]) ** 2, p["sd"] ** 2 / p["mean"], z),
        ),
    ),
    "weibull": (
        Formula(
            ("shape", "scale"),
            lambda p: (p["shape"] >= LEAST_WEIBULL) & (p["scale"] > 0.0),
            lambda p, z: np.asarray(p["scale"] * hazard(*tails(z)) ** (1.0 / p["shape"])),
        ),
    ),
    "exponential": (Formula(("mean",), _positive("mean"), lambda p, z: p["mean"] * hazard(*tails(z))),),
    "gumbel": (
        Formula(
            ("location", "scale"),
            _positive("scale"),
            lambda p, z: np.asarray(p["location"] - p["scale"] * np.log(hazard(*tails(z)[::-1]))),
        ),
    ),
    "student_t": (Formula(("df", "location", "scale"), lambda p: (p["df"] > 2.0) & (p["scale"] > 0.0), _student_t),),
    "bernoulli": (
        Formula(
            ("p",),
            lambda p: (p["p"] >= 0.0) & (p["p"] <= 1.0),
            lambda p, z: np.where(z > -special.ndtri(p["p"]), 1.0, 0.0),
        ),
    ),
    "binomial": (Formula(("n", "p"), _can_be_binomial, _binomial),),
    "poisson": (Formula(("mean",), lambda p: (p["mean"] > 0.0) & (p["mean"] <= MOST_POISSON), _poisson),),
}
