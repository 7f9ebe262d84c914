"""What the reader of a run must know: repairs, correlations not met, hindsight, figures beyond the horizon."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from simlib.citing import enclosing_source, sources
from simlib.correlating import correlation_checks
from simlib.delivery import Delivery
from simlib.drivers import Driver, HierarchicalDriver
from simlib.model import Model
from simlib.precision import reached
from simlib.quality import ONE_RUN_IN, Quality
from simlib.results import Futures
from simlib.units import figure

Check = dict[str, Any]
FEWEST, ENOUGH = 16, 16_384  # futures of which something can be said; those that tell a chance to 1 of 100
REACH = 1e-9  # years, or of a share: rounding of a bound is not beyond it
THIN, LONG_TAIL = 50, 10  # futures that know a standard deviation to a tenth; a kurtosis that no usual figure has
SELDOM = 1e-3  # of the futures; a tail that is rarer moves nothing that is told


def checks(futures: Futures, dependence: Mapping[str, Any]) -> list[Check]:
    """Give everything that a reader must know, in a fixed order; ``dependence`` as summary.json has it."""
    drawn = [*_few(futures)] if too_few(futures) else [*_beyond(futures), *_precision(futures), *_thin(futures)]
    return [
        *_rounded(futures), *_binned(futures), *_compiled(futures.model), *_passed(futures.model),
        *_repairs(futures.model), *(() if too_few(futures) else _correlations(dependence)), *_hindsight(futures.model),
        *_unsourced(futures.model), *drawn,
    ]  # fmt: skip


def too_few(futures: Futures) -> bool:
    """Tell whether so few futures were drawn that nothing can be said of what was drawn."""
    return futures.count < FEWEST


def _few(futures: Futures) -> Iterator[Check]:
    """Say once of the whole run what would else be said of each of its figures."""
    drawn = "1 future was" if futures.count == 1 else f"{futures.count:,} futures were"
    text = (
        f"only {drawn} drawn: too few to tell a chance, a band or an average from luck, or what was drawn from what was"
        f" asked; draw {ENOUGH:,} or more before any figure of this report is used"
    )
    yield _check("few", "warning", "run.simulations", text)


def _check(name: str, level: str, address: str, text: str) -> Check:
    return {"id": name, "level": level, "address": address, "text": text}


def _rounded(futures: Futures) -> Iterator[Check]:
    if futures.count != futures.wanted and futures.conditioned is None:
        text = (
            f"{futures.wanted:,} futures were asked for and {futures.count:,} drawn: "
            f"this sampler takes multiples of {futures.replicates}"
        )
        yield _check("rounded", "note", "run.simulations", text)


def _binned(futures: Futures) -> Iterator[Check]:
    if futures.tally is not None:
        text = (
            f"quantiles of these {futures.count:,} futures are read from fine histograms, all of them counted; "
            f"what that blurs is part of their errors"
        )
        yield _check("binned", "note", "run.simulations", text)


def _compiled(model: Model) -> Iterator[Check]:
    for name, address, text in model.checks:
        yield _check(name, "note", address, text)
    of_readings: dict[tuple[str, str, str], list[str]] = {}
    for reading, other in model.readings.items():
        for check in other.checks:
            if check not in model.checks:
                of_readings.setdefault(check, []).append(f"'{reading}'")
    for (name, address, text), said in of_readings.items():
        told = f"reading {said[0]}" if len(said) == 1 else f"readings {', '.join(said[:-1])} and {said[-1]}"
        yield _check(name, "note", address, f"{text} (in the {told})")


def _passed(model: Model) -> Iterator[Check]:
    """Say where a distribution reaches what the file could not have stated: fitted ends and long tails do so unseen."""
    for node in model.nodes:
        if not isinstance(node, Driver) or node.quantity.reference or isinstance(node, HierarchicalDriver):
            continue
        parts = node.address.split(".")
        if parts[-1] == "delay" or parts[-2] == "delays":
            share, what = 1 - float(node.distribution.sf(-REACH)), "it is below nothing: the saving comes early"
        elif parts[-1] == "realisation":
            share, what = float(node.distribution.sf(1 + REACH)), "it is above 100%: more than planned is delivered"
        else:
            continue
        if share > SELDOM:
            text = f"in {100 * share:.2g} of 100 futures {what}; truncate cuts it off"
            yield _check("beyond_bounds", "warning", node.address, text)


def _repairs(model: Model) -> Iterator[Check]:
    for repair in model.dependences.repairs:
        text = (
            f"the correlations were not possible together; the nearest possible ones were used "
            f"(largest change {repair.change:.3f})"
        )
        yield _check("repair", "warning", repair.address, text)


def _correlations(found: Mapping[str, Any]) -> Iterator[Check]:
    """Say what rank correlations were asked for and what the futures have."""
    for level, address, text in correlation_checks(found):
        yield _check("correlation", level, address, text)


def quality_checks(quality: Quality) -> Iterator[Check]:
    """Say which figures are not as they were asked for, or that all are."""
    flagged = False
    for address in quality.departures:
        for found in quality.flagged(address):
            flagged = True
            text = f"the {found.name} that was drawn is {found.errors:.1f} simulation errors from what was asked"
            yield _check("quality", "warning", address, f"{text}: more than chance explains")
    count = sum(map(len, quality.departures.values()))
    if count and not flagged:
        text = (
            f"all of {count:,} figures that were drawn are as asked, within {quality.limit:.1f} simulation errors: "
            f"a limit that chance passes in fewer than 1 of {ONE_RUN_IN:,} runs"
        )
        yield _check("quality", "note", "drivers", text)


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
    """Say how exactly the headline is known, and whether that is as exact as was asked."""
    asked = futures.asked_precision
    if asked is None:
        if any(key[1] == "" for key in futures.readings):
            known = _known(futures, "chance", reached(futures, ["chance"])["chance"])
            text = f"with {futures.count:,} futures {known} (95 % interval)"
            yield _check("precision", "note", "run.simulations", text)
        return
    found = reached(futures, asked)
    told = " and ".join(
        f"{_known(futures, name, found[name])} (95 % interval; asked for {_within(futures, name, asked[name])})"
        for name in asked
    )
    met = all(found[name] <= asked[name] for name in asked)
    ending = "" if met else "; what was asked would take more futures than were allowed"
    text = f"with {futures.count:,} futures {told}{ending}"
    yield _check("precision", "note" if met else "warning", "run.precision", text)


def _known(futures: Futures, name: str, half: float) -> str:
    """Say of what a half-width is."""
    what = "the recurring gap" if futures.model.options else "every output"
    levels = {name: f"the P{name[1:]} of {what}", "mean": f"the average of {what}", "chance": "every headline chance"}
    return f"{levels[name]} is known to within {_within(futures, name, half)}"


def _within(futures: Futures, name: str, half: float) -> str:
    """Say a half-width as its figure is spoken."""
    if name == "chance":
        return f"±{100 * half:.2g} of 100"
    model = futures.model
    kinds = {"money"} if model.options else {output.kind for output in model.outputs}
    if not np.isfinite(half):
        return "no bound"
    return f"±{figure(float(f'{half:.2g}'), kinds.pop() if len(kinds) == 1 else 'number', model.unit)}"


def _thin(futures: Futures) -> Iterator[Check]:
    """Say of which figures of the file's own so few futures decide the average that its error may be too small.

    The variance of n futures is known to about √(κ ÷ n) of itself, κ their kurtosis: n ÷ κ is how many futures it
    really rests on (of a loss in 1 of 500 futures, how many of them have it).
    """
    for output in futures.model.outputs:
        rows = np.atleast_2d(futures.outputs[output.id])
        apart = rows - rows.mean(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", over="ignore"):
            resting = np.square(np.square(apart).sum(axis=-1)) / np.square(np.square(apart)).sum(axis=-1)
        least = float(np.nanmin(resting)) if np.isfinite(resting).any() else np.inf
        if least < min(THIN, futures.held / LONG_TAIL) and not output.condition:
            text = (
                f"its average rests on about {max(round(least), 1)} of {futures.held:,} futures, in which it lies far "
                f"out: the error of the average may be larger than stated; draw more futures, or read the quantiles"
            )
            yield _check("thin", "warning", f"outputs.{output.id}", text)
