"""Parts rounded so that they add up to their rounded whole: the method of largest remainders; no words here."""

import math
from collections.abc import Sequence
from fractions import Fraction

__all__ = ["apportioned", "decimal_step", "rounded"]

_DIGITS = 14  # of a figure in a file: so many decimal ones a double keeps exactly


def rounded(value: Fraction, step: Fraction) -> Fraction:
    """Give a figure to the nearest multiple of a step; what is in the middle goes up.

    Examples
    --------
    >>> rounded(Fraction(-5, 2), Fraction(1)), rounded(Fraction(27, 100), Fraction(1, 10))
    (Fraction(-2, 1), Fraction(3, 10))
    """
    return step * math.floor(value / step + Fraction(1, 2))


def apportioned(parts: Sequence[Fraction], whole: Fraction, step: Fraction) -> list[Fraction]:
    """Give parts as multiples of a step that add up to a whole.

    Parameters
    ----------
    parts : sequence of Fraction, shape (parts,)
        As they are.
    whole : Fraction
        A multiple of the step, not far from what the parts add up to; nothing where there are none.
    step : Fraction
        Above 0.

    Notes
    -----
    Each part is rounded down, and those with the largest remainders up again until they add up: none is further than a
    step from what it is, and what is nothing stays nothing.

    Examples
    --------
    >>> parts = [Fraction(-57, 10), Fraction(-42, 10), Fraction(7, 10)]
    >>> [int(part) for part in apportioned(parts, Fraction(-9), Fraction(1))]
    [-6, -4, 1]
    """
    floors = [math.floor(part / step) for part in parts]
    each, left = divmod(int(whole / step) - sum(floors), max(len(parts), 1))
    order = sorted(range(len(parts)), key=lambda at: floors[at] - parts[at] / step)  # stable: the first of equals
    up = set(order[:left])
    return [step * (floor + each + (at in up)) for at, floor in enumerate(floors)]


def decimal_step(values: Sequence[Fraction]) -> Fraction:
    """Give the finest power of ten of which a double holds every multiple as large as some values exactly."""
    largest = max(map(abs, values), default=Fraction(0))
    digits = len(str(math.floor(largest)))
    return Fraction(1, 10 ** max(_DIGITS - digits, 0))
