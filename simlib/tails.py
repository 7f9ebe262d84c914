"""Where the tails of Student's t and of the binomial begin, for 95 % intervals; scipy's are slow to load.

What intervals are made of them is in ``simlib.estimates``.
"""

import math
from functools import lru_cache

import numpy as np

from simlib import special

Z95 = 1.959963984540054


@lru_cache(maxsize=1024)
def students(count: int) -> float:
    """Give how many errors a 95 % interval of the mean of independent values reaches: Student's t.

    Notes
    -----
    Of many futures, the expansion in one over the degrees of freedom, exact to ten digits and soon to all.

    References
    ----------
    Abramowitz, M. and Stegun, I. A. (1964), Handbook of Mathematical Functions, 26.7.5.
    """
    if count < 2:
        return np.inf
    freedom = count - 1
    if freedom < 200:
        return float(special.stdtrit(freedom, 0.975))
    square = Z95 * Z95
    terms: tuple[float, ...] = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92_160,
    )
    return Z95 * (1 + sum(term / float(freedom) ** k for k, term in enumerate(terms, start=1)))


@lru_cache(maxsize=4096)
def binomial_ranks(count: int, level: float) -> tuple[int, int]:
    """Give how many of some independent futures are at or below a quantile: at least and at most, in 95 of 100 runs.

    Examples
    --------
    >>> binomial_ranks(100, 0.5)
    (40, 60)

    References
    ----------
    David, H. A. and Nagaraja, H. N. (2003), Order Statistics, 3rd ed., section 7.1.
    """
    reach = 9.0 * math.sqrt(count * level * (1 - level)) + 40.0  # beyond that there is nothing to the last digit
    first, last = max(0, int(count * level - reach)), min(count, int(count * level + reach))
    k = np.arange(first + 1, last + 1)
    odds = np.log((count - k + 1) / k) + math.log(level / (1 - level))  # of k to k − 1
    logs = np.concatenate([[0.0], np.cumsum(odds)])
    upto = np.cumsum(np.exp(logs - logs.max()))
    low, high = np.searchsorted(upto, upto[-1] * np.asarray([0.025, 0.975])) + first
    return int(low), int(high)
