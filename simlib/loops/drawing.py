"""Scores of all the dimensions of a block, drawn in one call each; which dimensions there are is not known here.

A row of keys is the key of a stream, in words of 32 bits; see `words.started`. What each sampler promises, and the same
in numpy, is in simlib.sampling.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops import normal
from simlib.loops.compiled import compiled
from simlib.loops.words import NONE, ONE, State, Words, below, half_word, share, started, word
from simlib.loops.ziggurat import EDGE, EDGE_INVERSE, HEIGHT, INSIDE, WIDTH

__all__ = ["draw_latin_hypercube", "draw_normal", "draw_sobol", "normal_scores", "normals"]

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

central, distance = compiled(normal.central), compiled(normal.distance)
near, outermost = compiled(normal.near), compiled(normal.outermost)

LAYER, SIGNED_LAYER, REST = np.uint64(0xFF), np.uint64(0x1FF), np.uint64(9)
SIGNED_WIDTH = np.concatenate((WIDTH, -WIDTH))  # the ninth digit is the sign: a processor would guess it wrong
SIZE = np.uint64((1 << 52) - 1)
TAIL_SIGN = np.uint64(8)
DIGIT = 2.0**-52  # the last of a probability
REPLICATES, CELLS = 16, 1_024  # of a Latin hypercube; as simlib.sampling.latin_hypercube has them
STEP = 512  # probabilities that are made into scores at a time: what is worked on stays at hand


# ---- Plain random --------------------------------------------------------------------------------------------


@compiled
def draw_normal(keys: Words, out: Array) -> None:
    """Draw rows of standard normal numbers, each from the start of a stream.

    Parameters
    ----------
    keys
        (d, k) keys of the streams.
    out
        (d, n) where the numbers go.
    """
    for i in range(len(keys)):
        normals(started(keys[i]), out[i])


@compiled
def normals(state: State, out: Array) -> State:
    """Draw the next standard normal numbers of a stream, by numpy's ziggurat; its state after them."""
    i = 0
    while i < out.size:
        out[i], taken, state = attempt(state)
        i += taken
    return state


@compiled
def attempt(state: State) -> tuple[np.float64, bool, State]:
    """Draw a number, which 99 of 100 times is a normal one; tell whether it is; the state after it."""
    drawn, state = word(state)
    size = (drawn >> REST) & SIZE
    value = np.float64(np.int64(size)) * SIGNED_WIDTH[drawn & SIGNED_LAYER]
    if size < INSIDE[drawn & LAYER]:
        return value, True, state
    return attempt_outside(drawn & LAYER, size, value, state)


@compiled
def attempt_outside(
    layer: np.uint64, size: np.uint64, value: np.float64, state: State
) -> tuple[np.float64, bool, State]:
    """Draw again where a point is not inside its layer: from the tail, or whether it is under the density."""
    if layer == NONE:
        value, state = beyond(size, state)
        return value, True, state
    chance, state = share(state)
    height = (HEIGHT[layer - ONE] - HEIGHT[layer]) * chance + HEIGHT[layer]
    return value, height < np.exp(-0.5 * value * value), state


@compiled
def beyond(size: np.uint64, state: State) -> tuple[np.float64, State]:
    """Draw from the tail beyond the ziggurat's edge, by Marsaglia's way; the state after it."""
    while True:
        one, state = share(state)
        other, state = share(state)
        further = -EDGE_INVERSE * np.log1p(-one)
        least = -np.log1p(-other)
        if least + least > further * further:
            return (-(EDGE + further) if (size >> TAIL_SIGN) & ONE else EDGE + further), state


# ---- From probabilities to scores ----------------------------------------------------------------------------


@compiled
def normal_scores(u: Array) -> None:
    """Put the scores of probabilities in the place of them, as `normal.write_normal_scores` does."""
    places, far, r = np.empty(STEP, np.int64), np.empty(STEP), np.empty(STEP)
    for start in range(0, u.size, STEP):
        step_to_scores(u[start : start + STEP], places, far, r)


@compiled
def step_to_scores(u: Array, places: Whole, far: Array, r: Array) -> None:
    """Make at most `STEP` probabilities into scores; in loops of one kind each, which a compiler can vectorise."""
    count = 0
    for i in range(u.size):
        places[count] = i
        far[count] = u[i]
        count += abs(u[i] - 0.5) > normal.CENTRAL
    for i in range(u.size):
        u[i] = central(u[i] - 0.5)
    for k in range(count):
        r[k] = distance(min(far[k], 1.0 - far[k]))
    for k in range(count):
        far[k] = np.copysign(near(r[k]), far[k] - 0.5)
    for k in range(count):
        if r[k] > normal.NEAR:
            far[k] = np.copysign(outermost(r[k]), far[k])
    for k in range(count):
        u[places[k]] = far[k]


# ---- Sobol' points -------------------------------------------------------------------------------------------


@compiled
def draw_sobol(low: Whole, high: Whole, out: Array) -> None:
    """Draw rows of scores of scrambled Sobol' points.

    Parameters
    ----------
    low, high
        (d, m, r) and (d, h, r) numbers of 52 binary digits: point n of replicate i is the exclusive or of low[n % m]
        and high[n // m].
    out
        (d, n) where the scores go, future i being point i // r of replicate i % r.
    """
    step, replicates = low.shape[1:]
    for i in range(len(out)):
        for n in range(out.shape[1] // replicates):
            for j in range(replicates):
                digits = low[i, n % step, j] ^ high[i, n // step, j]
                out[i, n * replicates + j] = (np.float64(digits) + 0.5) * DIGIT
        normal_scores(out[i])


# ---- Latin hypercubes ----------------------------------------------------------------------------------------


@compiled
def draw_latin_hypercube(
    keys: Words, slice_keys: Words, points: int, chunk: int, fine: int, out: Array
) -> None:
    """Draw rows of scores of one slice of a Latin hypercube.

    Parameters
    ----------
    keys, slice_keys
        (d, k) and (d, k + 1) keys of the streams of the hypercube and of its slice.
    points
        How many points each replicate has in all, below 2^32.
    chunk
        Number of the slice.
    fine
        Binary digits of the place within a stratum.
    out
        (d, n) where the scores go, future i being point i // 16 of replicate i % 16.
    """
    edges = np.empty(CELLS + 1, np.int64)
    for j in range(CELLS + 1):
        edges[j] = j * points // CELLS
    places = np.empty((REPLICATES, CELLS), np.int64)
    for i in range(len(out)):
        count = put_strata(keys[i], edges, chunk, places)
        put_uniforms(slice_keys[i], places, count, fine, float(points << fine), out[i])
        normal_scores(out[i])


@compiled
def put_strata(key: Words, edges: Whole, chunk: int, places: Whole) -> int:
    """Put the strata that a slice takes, cell by cell, for each replicate; how many there are."""
    state, kept, points = started(key), NONE, edges[CELLS]
    rotations = np.empty(REPLICATES, np.int64)
    for replicate in range(REPLICATES):
        drawn, state, kept = below(np.uint64(points), state, kept)
        rotations[replicate] = np.int64(drawn)
    offsets, count = np.empty(CELLS), 0
    for replicate in range(REPLICATES):
        for cell in range(CELLS):
            offsets[cell], state = share(state)
        count = put_row_of_strata(offsets, edges, rotations[replicate], chunk, places[replicate])
    return count


@compiled
def put_row_of_strata(offsets: Array, edges: Whole, rotation: np.int64, chunk: int, row: Whole) -> int:
    """Put the strata of one replicate, and leave out cells that are shorter than the slices before this one."""
    points = edges[CELLS]
    for cell in range(CELLS):
        length = edges[cell + 1] - edges[cell]
        stratum = np.int64(offsets[cell] * length) + chunk
        stratum += edges[cell] + rotation - length * (stratum >= length)
        row[cell] = stratum - points * (stratum >= points)
    count = 0
    for cell in range(CELLS):
        row[count] = row[cell]
        count += chunk < edges[cell + 1] - edges[cell]
    return count


@compiled
def put_uniforms(key: Words, places: Whole, count: int, fine: int, whole: float, out: Array) -> None:
    """Put the probabilities of a slice's futures: the strata in an order of each replicate's own, a place in each."""
    state, kept, order = started(key), NONE, np.empty(CELLS, np.int64)
    for replicate in range(REPLICATES):
        state, kept = shuffle(places[replicate][:count], state, kept, order)
    for replicate in range(REPLICATES):
        for n in range(count):
            if fine > 32:
                drawn, state = word(state)
                drawn >>= np.uint64(64 - fine)
            else:
                drawn, state, kept = half_word(state, kept)
                drawn >>= np.uint64(32 - fine)
            if n < out.size // REPLICATES:
                place = (places[replicate, n] << fine) + np.int64(drawn)
                out[n * REPLICATES + replicate] = (np.float64(place) + 0.5) / whole


@compiled
def shuffle(row: Whole, state: State, kept: np.uint64, order: Whole) -> tuple[State, np.uint64]:
    """Bring a row into an order drawn at random, as numpy does it; the stream after it.

    Each number, the last first, changes places with one that is not after it: the last digits of half a word say with
    which, and are drawn again where they are too large. That is a matter of chance, at which a processor would guess
    wrong; so what is drawn is put down in any case, and stays if it is to.
    """
    i, mask = row.size - 1, 1
    while mask < i:
        mask += mask + 1
    while i > 0:
        fewer = mask >> 1
        while i > fewer:
            drawn, state, kept = half_word(state, kept)
            chosen = np.int64(drawn) & mask
            order[i] = chosen
            i -= int(chosen <= i)
        mask = fewer
    for i in range(row.size - 1, 0, -1):
        j = order[i]
        row[i], row[j] = row[j], row[i]
    return state, kept
