"""Random streams keyed by name, so that nothing moves because a neighbour was added; no sampler here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

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
    _check(seed, index)
    key = np.random.SeedSequence(entropy=seed, spawn_key=(*_words(name), *index))
    return np.random.Generator(np.random.SFC64(key))


def keys(seed: int, names: Iterable[tuple[str, tuple[int, ...]]]) -> Words:
    """Give the keys of streams in words of 32 bits, for loops that draw from them; see `stream`.

    Parameters
    ----------
    seed
        From 0 to 2^128 - 1.
    names
        (d,) names, each with its index; as many numbers in each.

    Returns
    -------
    numpy.ndarray
        (d, k) four words of the seed, the lowest first; four of the name's hash; the index.

    Raises
    ------
    ValueError
        If the seed or an index is outside its range.

    Examples
    --------
    >>> keys(2**32 + 7, [("drivers.pay_award", (2017,))])[0, [0, 1, 8]].tolist()
    [7, 1, 2017]
    """
    _check(seed, ())
    seed_words = [seed >> digit & WORD - 1 for digit in range(0, 128, 32)]
    found = []
    for name, index in names:
        _check(seed, index)
        found.append([*seed_words, *_words(name), *index])
    return np.array(found, dtype=np.uint64).reshape(len(found), len(found[0]) if found else len(seed_words))


def with_part(streams: Words, part: int) -> Words:
    """Give the keys of streams whose index has one more number.

    Raises
    ------
    ValueError
        If the number is outside its range.
    """
    _check(0, (part,))
    return np.concatenate([streams, np.full((len(streams), 1), part, dtype=np.uint64)], axis=1)


def _check(seed: int, index: tuple[int, ...]) -> None:
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"expected a seed from 0 to 2^128 - 1, got {seed}")
    if any(not 0 <= part < WORD for part in index):
        raise ValueError(f"expected indices from 0 to 2^32 - 1, got {index}")


@lru_cache(maxsize=4_096)
def _words(name: str) -> tuple[int, ...]:
    """Give the hash of a name in words of 32 bits."""
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=16).digest()
    return tuple(int.from_bytes(digest[at : at + 4], "little") for at in range(0, 16, 4))
