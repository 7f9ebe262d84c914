"""Errors of what is estimated from groups of futures, each left out in turn; what is estimated is not known here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from simlib.errors import ModelError, Problem
from simlib.estimates import finite
from simlib.kernels.paths import Floats
from simlib.sampling import REPLICATES

__all__ = ["FEWEST", "GROUPS", "Estimates", "jackknifed", "of_left_out", "refuse_too_few", "without_each"]

GROUPS = REPLICATES  # of futures, as many as a Sobol' sample has replicates
FEWEST = 64 * GROUPS  # futures of which errors can be told
Sums = TypeVar("Sums", bound=tuple[Floats, ...])


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Estimates and their standard errors, of any one shape; nan where nothing can be told."""

    values: Floats
    errors: Floats

    def __getitem__(self, place: tuple[int, int] | int) -> "Estimates":
        """Give some of them."""
        return Estimates(self.values[place], self.errors[place])

    def told(self) -> dict[str, float | None]:
        """Give a single one as a document has it: None where nothing can be told."""
        return {"value": finite(float(self.values) + 0.0), "error": finite(float(self.errors))}


def without_each(sums: Floats) -> Floats:
    """Give the sums of all groups, and then those without each of them: (group, …) to (1 + group, …)."""
    total = sums.sum(axis=0)
    return np.concatenate([total[np.newaxis], total - sums])


def jackknifed(sums: Sums, estimate: Callable[..., Floats]) -> Estimates:
    """Give an estimate from the sums of all groups, and its error from those without each of them.

    Parameters
    ----------
    sums
        (group, …) each.
    estimate
        From these sums added up, with an axis in front, to (…) with that axis in front.

    Notes
    -----
    With θ₍g₎ the estimate without group g of G, the error is √((G − 1)/G Σ (θ₍g₎ − θ̄)²). It is right for independent
    futures and for replicates of a Sobol' sample alike, and itself uncertain by about a fifth.

    References
    ----------
    Efron and Stein (1981), "The jackknife estimate of variance", Ann. Statist. 9: on average it is not too small.

    Examples
    --------
    >>> found = jackknifed((np.array([1.0, 2.0, 3.0]), np.ones(3)), lambda total, count: total / count)
    >>> float(found.values), round(float(found.errors), 12)
    (2.0, 0.57735026919)
    """
    found = estimate(*(without_each(each) for each in sums))
    return of_left_out(found)


def of_left_out(found: Floats) -> Estimates:
    """Give the first of some estimates, and its error from the others, each without one group.

    What is nan without one of the groups rests on this group alone, and nothing can be told of it.
    """
    groups = len(found) - 1
    off = found[1:] - found[1:].mean(axis=0)
    errors = np.sqrt((groups - 1) / groups * np.sum(off * off, axis=0))
    return Estimates(np.where(np.isnan(errors), np.nan, found[0]), errors)


def refuse_too_few(count: int) -> None:
    """Refuse futures of which no errors can be told."""
    if count < FEWEST:
        text = f"expected at least {FEWEST:,} futures to tell what matters by, got {count:,}"
        raise ModelError([Problem("", "run.simulations", text)])
