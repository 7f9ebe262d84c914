"""What figures that have come in do to a run, as summary.json has it: what they are worth, and all figures before them.

Which futures fit them is in ``simlib.observing``; how it is told is in ``simlib.actuals_told``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from simlib.citing import cited
from simlib.config import Config
from simlib.entries import statistics_entry
from simlib.estimates import Statistics, finite
from simlib.model import Model
from simlib.naming import figure_name
from simlib.observing import CEILING, Evidence, Placed
from simlib.results import Futures

__all__ = ["RARE", "actuals_checks", "observed_entry"]

RARE = 0.01  # a figure further out than this was not thought possible
Document = dict[str, Any]


def observed_entry(futures: Futures, before: Mapping[str, Any] | None) -> Document | None:
    """Give what was observed, what it is worth and every figure as it was expected before; None where nothing was.

    Parameters
    ----------
    before
        The sections of summary.json that hold figures, of the futures before anything was observed.
    """
    if futures.conditioned is None or before is None:
        return None
    found, model = futures.conditioned, futures.model
    evidence, stages = found.evidence, model.config.stages
    worth = {name: _worth(evidence, name) | {"futures": found.sizes[name]} for name in evidence.worth}
    return {
        "drawn": evidence.drawn,
        "looked_at": evidence.near,
        **{key: worth[""][key] for key in ("fitting", "share_fitting", "effective")},
        "stages": {name: getattr(stages, name) for name in type(stages).model_fields if name in _STAGES},
        "figures": {placed.seen.id: _figure(model, placed) for placed in evidence.placed},
        "readings": {name: entry for name, entry in worth.items() if name},
        "before": dict(before),
    }


_STAGES = ("identified", "approved", "implemented", "evidenced")


def _worth(evidence: Evidence, name: str) -> Document:
    worth = evidence.worth[name]
    return {"fitting": worth.kept, "share_fitting": worth.share, "effective": finite(worth.effective)}


def _figure(model: Model, placed: Placed) -> Document:
    seen = placed.seen
    return {
        "label": _label(model.config, placed),
        "what": seen.what,
        "year": None if seen.year is None else model.year_labels[seen.year],
        "kind": seen.kind,
        "value": seen.value,
        "error": seen.error,
        "stage": seen.stage,
        "spread": seen.spread,
        "as_low": placed.low,
        "as_high": placed.high,
        "expected": _statistics(placed.before),
        "fitting": _statistics(placed.after),
        "source": cited(model.config, f"observed.{seen.id}", None),
    }


def _statistics(found: Statistics) -> Document:
    """Give statistics of a figure that has no plan of its own here."""
    return {name: entry for name, entry in statistics_entry(found, 0.0).items() if name not in ("plan", "interval")}


def _label(config: Config, placed: Placed) -> str:
    return placed.seen.label or figure_name(config, placed.seen.what)


def actuals_checks(futures: Futures) -> Iterator[Document]:
    """Say where a figure that came in was hardly thought possible, and where fewer futures fit than were asked for."""
    if futures.conditioned is None:
        return
    evidence = futures.conditioned.evidence
    for placed in evidence.placed:
        rare, side = min((placed.low, "low"), (placed.high, "high"))
        if rare < RARE:
            text = (
                f"a figure as {side} as this one was to be expected in fewer than 1 of 100 futures: the model may be "
                "wrong rather than the figure out of the ordinary; look at the assumptions before these results"
            )
            yield {"id": "surprise", "level": "warning", "address": f"observed.{placed.seen.id}", "text": text}
    if futures.count < futures.wanted:
        text = (
            f"{futures.wanted:,} futures were asked for; of {CEILING:,} drawn, which is the most, {futures.count:,} "
            "fit the figures observed"
        )
        yield {"id": "few_fit", "level": "warning", "address": "observed", "text": text}
