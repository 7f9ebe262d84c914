"""When what has a chance at certain moments happens, as ``simlib.happening`` has it; chances are not known here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simlib.loops.compiled import compiled

__all__ = ["fallen_due"]

Array = npt.NDArray[np.float64]


@compiled
def fallen_due(scores: Array, thresholds: Array, moments: Array, out: Array) -> None:
    """Put into place the first moment whose threshold a score is above; infinity where there is none.

    Parameters
    ----------
    scores
        (n,) normal scores.
    thresholds, moments
        (moment,) scores above which it has happened by then, and when that is [years].
    out
        (n,) where the moments are put [years].
    """
    out[:] = np.inf
    for k in range(len(moments) - 1, -1, -1):
        threshold, moment = thresholds[k], moments[k]
        for i in range(len(scores)):
            out[i] = moment if scores[i] > threshold else out[i]
