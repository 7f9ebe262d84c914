"""numpy's SeedSequence and SFC64, word by word, for loops that draw: what is made of the words is elsewhere.

O'Neill (2015) on the hash of SeedSequence; Doty-Humphrey's SFC64; Lemire (2019), "Fast random integer generation in an
interval", ACM Trans. Model. Comput. Simul. 29(1). Everything is as numpy.random has it, which the tests compare.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled

__all__ = ["State", "Words", "below", "half_word", "share", "started", "word"]

Words = npt.NDArray[np.uint64]
State = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
"""Three words and a counter."""

POOL = 4  # words of 32 bits that a key is mixed into
LOW = np.uint64(0xFFFFFFFF)
HALF, ROUND = np.uint64(32), np.uint64(16)
MIX_FIRST, MIX_FACTOR = np.uint64(0x43B0D7E5), np.uint64(0x931E8875)
OUT_FIRST, OUT_FACTOR = np.uint64(0x8B51F9DD), np.uint64(0x58F38DED)
MIX_LEFT, MIX_RIGHT = np.uint64(0xCA01F9DD), np.uint64(0x4973F715)
WARM_UP = 12
NONE, ONE = np.uint64(0), np.uint64(1)
DOWN, UP, TURN, TURNED = np.uint64(11), np.uint64(3), np.uint64(24), np.uint64(40)
HELD = np.uint64(1 << 32)  # says that half a word is kept
UNIT = 2.0**-53


@compiled
def hashed(value: np.uint64, constant: np.uint64, factor: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Hash of 32 bits with a constant, and the constant of the next one."""
    following = (constant * factor) & LOW
    value = ((value ^ constant) * following) & LOW
    return value ^ (value >> ROUND), following


@compiled
def mixed(one: np.uint64, other: np.uint64) -> np.uint64:
    """Two times 32 bits made into 32 that depend on all of them."""
    value = (MIX_LEFT * one - MIX_RIGHT * other) & LOW
    return value ^ (value >> ROUND)


@compiled
def pooled(key: Words) -> Words:
    """(4,) what SeedSequence makes of a key of four words of 32 bits or more."""
    pool = np.empty(POOL, np.uint64)
    constant = MIX_FIRST
    for i in range(POOL):
        pool[i], constant = hashed(key[i], constant, MIX_FACTOR)
    for source in range(POOL):
        for i in range(POOL):
            if i != source:
                value, constant = hashed(pool[source], constant, MIX_FACTOR)
                pool[i] = mixed(pool[i], value)
    for source in range(POOL, key.size):
        for i in range(POOL):
            value, constant = hashed(key[source], constant, MIX_FACTOR)
            pool[i] = mixed(pool[i], value)
    return pool


@compiled
def started(key: Words) -> State:
    """State of the stream of a key.

    Parameters
    ----------
    key
        (k,) words of 32 bits: four of the seed, the lowest first, and those of the spawn key.
    """
    pool = pooled(key)
    words = np.empty(3, np.uint64)
    constant = OUT_FIRST
    for i in range(3):
        low, constant = hashed(pool[2 * i % POOL], constant, OUT_FACTOR)
        high, constant = hashed(pool[(2 * i + 1) % POOL], constant, OUT_FACTOR)
        words[i] = low | (high << HALF)
    state = (words[0], words[1], words[2], ONE)
    for _ in range(WARM_UP):
        _, state = word(state)
    return state


@compiled
def word(state: State) -> tuple[np.uint64, State]:
    """Next 64 bits of a stream, and its state after them."""
    a, b, c, counter = state
    drawn = a + b + counter
    return drawn, (b ^ (b >> DOWN), c + (c << UP), ((c << TURN) | (c >> TURNED)) + drawn, counter + ONE)


@compiled
def half_word(state: State, kept: np.uint64) -> tuple[np.uint64, State, np.uint64]:
    """Next 32 bits of a stream, its state, and what is kept of the word for the next time (`NONE` at first)."""
    if kept:
        return kept & LOW, state, NONE
    drawn, state = word(state)
    return drawn & LOW, state, (drawn >> HALF) | HELD


@compiled
def share(state: State) -> tuple[np.float64, State]:
    """Next number from 0 up to 1, and the state after it."""
    drawn, state = word(state)
    return np.float64(np.int64(drawn >> DOWN)) * UNIT, state


@compiled
def below(bound: np.uint64, state: State, kept: np.uint64) -> tuple[np.uint64, State, np.uint64]:
    """Next whole number from 0 to below a bound, up to 2^32 - 1, by Lemire's way: it draws nothing below 1."""
    if bound == ONE:
        return NONE, state, kept
    drawn, state, kept = half_word(state, kept)
    product = drawn * bound
    if (product & LOW) < bound:
        least = (LOW + ONE - bound) % bound
        while (product & LOW) < least:
            drawn, state, kept = half_word(state, kept)
            product = drawn * bound
    return product >> HALF, state, kept
