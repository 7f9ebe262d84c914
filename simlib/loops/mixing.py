"""Weighed sums of rows, in the order in which ``sampling.dependence`` adds them; what they mean is not known here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled

__all__ = ["mixed"]

Array = npt.NDArray[np.float64]

BLOCK = 512  # futures worked on at once: their rows stay in the processor's nearest memory


@compiled
def mixed(scores: Array, places: npt.NDArray[np.int64], weights: Array, out: Array) -> None:
    """Put weighed sums of rows into place: ``out[j] = Σ weights[j, m] · scores[places[m]]``, from the first m on.

    Parameters
    ----------
    scores
        (row, simulation).
    places
        (m,) which of them are added up.
    weights
        (sum, m); what is weighed by nothing is left out.
    out
        (sum, simulation) where the sums are put.
    """
    for start in range(0, scores.shape[1], BLOCK):
        stop = min(start + BLOCK, scores.shape[1])
        for j in range(len(weights)):
            added = 0
            for m in range(len(places)):
                if weights[j, m] != 0.0:
                    _add(weights[j, m], scores[places[m], start:stop], out[j, start:stop], added)
                    added += 1
            if not added:
                out[j, start:stop] = 0.0


@compiled
def _add(weight: float, row: Array, total: Array, added: int) -> None:
    """Add a weighed row to a total, or begin the total with it."""
    if added:
        for i in range(len(total)):
            total[i] += weight * row[i]
    else:
        for i in range(len(total)):
            total[i] = weight * row[i]
