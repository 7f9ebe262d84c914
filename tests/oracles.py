"""Distributions and dependence by scipy's and plain formulas, to judge ours by; nothing of simlib is used here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

BISECTIONS = 200


@dataclass(frozen=True)
class Point:
    """All of the probability on one value."""

    value: float = 0.0

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return np.where(np.asarray(x) >= self.value, 1.0, 0.0)

    def sf(self, x: np.ndarray) -> np.ndarray:
        return 1.0 - self.cdf(x)

    def pdf(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(np.shape(x))

    def mean(self) -> float:
        return self.value

    def std(self) -> float:
        return 0.0

    def ppf(self, u: np.ndarray) -> np.ndarray:
        return np.full(np.shape(u), self.value)

    isf = ppf


@dataclass(frozen=True)
class OneOf:
    """One of several, each with a weight: quantiles by plain bisection of the weighed tails."""

    parts: Sequence[Any]
    weights: Sequence[float]

    def _sum(self, name: str, x: np.ndarray) -> np.ndarray:
        return sum(w * getattr(part, name)(x) for part, w in zip(self.parts, self.weights, strict=True))

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return self._sum("cdf", x)

    def sf(self, x: np.ndarray) -> np.ndarray:
        return self._sum("sf", x)

    def pdf(self, x: np.ndarray) -> np.ndarray:
        return self._sum("pdf", x)

    def mean(self) -> float:
        return sum(w * part.mean() for part, w in zip(self.parts, self.weights, strict=True))

    def std(self) -> float:
        squares = (w * (part.std() ** 2 + part.mean() ** 2) for part, w in zip(self.parts, self.weights, strict=True))
        return np.sqrt(sum(squares) - self.mean() ** 2)

    def ppf(self, u: np.ndarray) -> np.ndarray:
        ends = np.stack([part.ppf(u) for part in self.parts])
        return bisected(lambda x: self.cdf(x) >= u, ends.min(axis=0), ends.max(axis=0))

    def isf(self, u: np.ndarray) -> np.ndarray:
        ends = np.stack([part.isf(u) for part in self.parts])
        return bisected(lambda x: self.sf(x) <= u, ends.min(axis=0), ends.max(axis=0))


def bisected(reached: Any, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Halve brackets until floats can do no more; the upper end is kept where the bracket is."""
    low = np.nextafter(low, -np.inf)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        there = reached(middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    return high


@dataclass(frozen=True)
class Cut:
    """A distribution of scipy's between bounds that keep much of it."""

    parent: Any
    low: float
    high: float

    @property
    def kept(self) -> float:
        return self.parent.cdf(self.high) - self.parent.cdf(self.low)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return (self.parent.cdf(np.clip(x, self.low, self.high)) - self.parent.cdf(self.low)) / self.kept

    def sf(self, x: np.ndarray) -> np.ndarray:
        return (self.parent.sf(np.clip(x, self.low, self.high)) - self.parent.sf(self.high)) / self.kept

    def pdf(self, x: np.ndarray) -> np.ndarray:
        inside = (np.asarray(x) >= self.low) & (np.asarray(x) <= self.high)
        return np.where(inside, self.parent.pdf(x), 0.0) / self.kept

    def ppf(self, u: np.ndarray) -> np.ndarray:
        return self.parent.ppf(self.parent.cdf(self.low) + self.kept * np.asarray(u))

    def isf(self, u: np.ndarray) -> np.ndarray:
        return self.parent.isf(self.parent.sf(self.high) + self.kept * np.asarray(u))

    def mean(self) -> float:
        return self.parent.expect(lb=self.low, ub=self.high) / self.kept

    def std(self) -> float:
        second = self.parent.expect(lambda x: (x - self.mean()) ** 2, lb=self.low, ub=self.high)
        return np.sqrt(second / self.kept)


class Keelin:
    """A metalog by the equations of Keelin (2016), term by term, for three to five quantiles.

    Only its quantiles have a closed form; the rest is left to other oracles.
    """

    def __init__(self, quantiles: Mapping[float, float], low: float | None = None, high: float | None = None) -> None:
        self.low, self.high = low, high
        y, x = np.array(sorted(quantiles.items())).T
        self.a = np.linalg.solve(self._row(y, 1.0 - y, len(y)), self._unbound(x))

    @staticmethod
    def _row(y: np.ndarray, rest: np.ndarray, terms: int) -> np.ndarray:
        odds, c = np.log(y / rest), 0.5 * (y - rest)
        return np.stack([np.ones_like(y), odds, c * odds, c, c**2][:terms], axis=-1)

    def _unbound(self, x: np.ndarray) -> np.ndarray:
        if self.low is None and self.high is None:
            return x
        below = 0.0 if self.low is None else np.log(x - self.low)
        return below - (0.0 if self.high is None else np.log(self.high - x))

    def _value(self, y: np.ndarray, rest: np.ndarray) -> np.ndarray:
        m = self._row(y, rest, len(self.a)) @ self.a
        if self.low is None:
            return m if self.high is None else self.high - np.exp(-m)
        return self.low + np.exp(m) if self.high is None else self.low + (self.high - self.low) * special.expit(m)

    def ppf(self, u: np.ndarray) -> np.ndarray:
        return self._value(u, 1.0 - u)

    def isf(self, u: np.ndarray) -> np.ndarray:
        return self._value(1.0 - u, u)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks about their mean, ties having their average one."""
    return stats.rankdata(values) - (len(values) + 1) / 2


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    first, second = ranks(a), ranks(b)
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def tail_dependence(r: float, df: float) -> float:
    """Chance that one of a t copula is at its extreme, given that the other is: Demarta and McNeil (2005)."""
    if np.isinf(df):
        return float(r == 1.0)
    return float(2 * stats.t.cdf(-np.sqrt((df + 1) * (1 - r) / (1 + r)), df + 1))
