"""Random streams keyed by name, so that nothing moves because a neighbour was added; no sampler here."""

from __future__ import annotations

import hashlib

import numpy as np

RNG_SCHEME = 1
"""Version of the way from (seed, name, index) to numbers; a change of results raises it."""

WORD = 2**32
LARGEST_SEED = 2**128 - 1  # what SeedSequence keeps apart from the key that follows it


def stream(seed: int, name: str, index: tuple[int, ...] = ()) -> np.random.Generator:
    """Give the random stream of a name.

    Parameters
    ----------
    seed
        From 0 to 2^128 - 1.
    name
        Any text; its hash is the key, so that similar names share nothing.
    index
        Further numbers of the key, such as year and chunk, each from 0 to 2^32 - 1.

    Raises
    ------
    ValueError
        If the seed or an index is outside its range.

    Examples
    --------
    >>> first = stream(0, "drivers.pay_award", (2017, 0)).standard_normal()
    >>> first == stream(0, "drivers.pay_award", (2017, 0)).standard_normal()
    True

    References
    ----------
    Scientific Python SPEC 7; O'Neill (2015) on SeedSequence's hash; Doty-Humphrey's SFC64.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"expected a seed from 0 to 2^128 - 1, got {seed}")
    if any(not 0 <= part < WORD for part in index):
        raise ValueError(f"expected indices from 0 to 2^32 - 1, got {index}")
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=16).digest()
    words = [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 16, 4)]
    key = np.random.SeedSequence(entropy=seed, spawn_key=(*words, *index))
    return np.random.Generator(np.random.SFC64(key))
