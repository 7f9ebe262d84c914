"""What the reader of a run must know: repairs, correlations not met, hindsight, figures beyond the horizon."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from simlib.citing import enclosing_source, sources
from simlib.delivery import Delivery
from simlib.dependence import Statement
from simlib.drivers import Driver
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.passage import steps
from simlib.results import Futures
from simlib.sampling.dependence import spearman

RANKED = 8_192  # futures that achieved rank correlations are measured on
Check = dict[str, Any]


def checks(futures: Futures) -> list[Check]:
    """Give everything that a reader must know, in a fixed order."""
    return [
        *_rounded(futures), *_binned(futures), *_compiled(futures.model), *_repairs(futures.model),
        *_correlations(futures), *_hindsight(futures.model), *_unsourced(futures.model), *_beyond(futures),
        *_precision(futures),
    ]  # fmt: skip


def _check(name: str, level: str, address: str, text: str) -> Check:
    return {"id": name, "level": level, "address": address, "text": text}


def _rounded(futures: Futures) -> Iterator[Check]:
    if futures.count != futures.wanted:
        text = (
            f"{futures.wanted:,} futures were asked for and {futures.count:,} drawn: "
            f"this sampler takes multiples of {futures.replicates}"
        )
        yield _check("rounded", "note", "run.simulations", text)


def _binned(futures: Futures) -> Iterator[Check]:
    if futures.tally is not None:
        text = (
            f"quantiles of these {futures.count:,} futures are read from fine histograms, all of them counted; "
            f"the difference is far below the simulation error"
        )
        yield _check("binned", "note", "run.simulations", text)
        if futures.model.readings:
            text = f"readings are run on the first {futures.held:,} of these futures, with the error of that number"
            yield _check("readings_held", "note", "readings", text)


def _compiled(model: Model) -> Iterator[Check]:
    for name, address, text in model.checks:
        yield _check(name, "note", address, text)
    for reading, other in model.readings.items():
        for name, address, text in other.checks:
            if (name, address, text) not in model.checks:
                yield _check(name, "note", address, f"{text} (in the reading '{reading}')")


def _repairs(model: Model) -> Iterator[Check]:
    for repair in model.dependences.repairs:
        text = (
            f"the correlations were not possible together; the nearest possible ones were used "
            f"(largest change {repair.change:.3f})"
        )
        yield _check("repair", "warning", repair.address, text)


def _correlations(futures: Futures) -> Iterator[Check]:
    """Say what rank correlations were asked for and what the futures have."""
    nodes = {n.dimensions: n for n in futures.model.nodes if isinstance(n, Driver)}
    by_dimension = {d: (n, k) for dims, n in nodes.items() for k, d in enumerate(dims)}
    for statement in futures.model.dependences.statements:
        values = [_ranked(futures, *by_dimension[m]) for m in statement.members if m in by_dimension]
        pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
        if pairs:
            achieved = [spearman(a, b) for a, b in pairs[:45]]
            yield _correlation(statement, achieved, len(values[0]))


def _ranked(futures: Futures, node: Driver, row: int) -> Floats:
    value = futures.drivers[node.address][..., :RANKED]
    return value if value.ndim == 1 else steps(value, node.varies)[row]


def _correlation(statement: Statement, achieved: list[float], count: int) -> Check:
    low, high = min(achieved), max(achieved)
    got = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    far = max(abs(a - statement.rank_correlation) for a in achieved) > 5.0 / np.sqrt(count)
    text = f"rank correlation asked for {statement.rank_correlation:.2f}, in the futures {got}"
    return _check("correlation", "warning" if far else "note", statement.address, text)


def _hindsight(model: Model) -> Iterator[Check]:
    """Flag evidence that is later than the decision."""
    if model.config.as_at is None:
        return
    decided = model.config.as_at.isoformat()
    for address, source in sources(model):
        if source.date and source.date > decided[: len(source.date)]:
            text = f"rests on evidence of {source.date}, known only after the decision date {decided}: {source.what}"
            yield _check("hindsight", "warning", address, text)


def _unsourced(model: Model) -> Iterator[Check]:
    """Name the uncertain figures that neither they nor what they stand in gives a source for."""
    for node in model.nodes:
        if isinstance(node, Driver) and node.quantity.source is None and not _excused(model, node.address):
            yield _check("unsourced", "warning", node.address, "no source is given for this assumption")


def _excused(model: Model, address: str) -> bool:
    return address.endswith(".individual") or enclosing_source(model.config, address) is not None


def _beyond(futures: Futures) -> Iterator[Check]:
    """Say where one-off costs slip past the horizon, so that the years shown do not hold all of them."""
    model, held = futures.model, futures.delivery
    for i, cost in enumerate(model.costs):
        spent = _spent_share(model, held, i)
        if spent is not None and spent < 0.999:
            text = f"{(1 - spent):.0%} of this cost, on average, falls after the last year shown"
            yield _check("beyond_horizon", "note", cost.address, text)


def _spent_share(model: Model, held: Delivery, cost: int) -> float | None:
    item = model.costs[cost]
    start = held.starts[item.measure]
    live = np.isfinite(start)
    if not live.any() or not item.slips:
        return None
    begin = item.begin + start[live] - model.measures[item.measure].path.start
    inside = np.clip((len(model.years) - begin) / item.length, 0.0, 1.0)
    return float(inside.mean())


def _precision(futures: Futures) -> Iterator[Check]:
    reached, asked = futures.precision, futures.asked_precision
    if reached is None:
        return
    text = (
        f"with {futures.count:,} futures every headline chance is known to within ±{100 * reached:.2g} of 100 "
        f"(95 % interval)"
    )
    if asked is None:
        yield _check("precision", "note", "run.simulations", text)
    else:
        met = reached <= asked
        ending = f"; asked for ±{100 * asked:.2g}" + (
            "" if met else ", which would take more futures than were allowed"
        )
        yield _check("precision", "note" if met else "warning", "run.precision", text + ending)
