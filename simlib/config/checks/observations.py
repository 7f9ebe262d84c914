"""Figures that have come in: that they are of this file, in its years, and say how far they may be off."""

from collections.abc import Iterator
from itertools import pairwise

from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.fields import STAGES
from simlib.config.nodes import nearest_or_list, quote
from simlib.config.observable import Observable, amount, observable
from simlib.config.schema import Observation

MOST = 50  # figures observed: each narrows the futures, and far fewer leave hardly any


def observations_are_of_this_file(whole: Whole) -> Iterator[Complaint]:
    """What was observed is an uncertain figure or a result of the file, each once, in a year of its horizon."""
    observed = whole.config.observed
    if len(observed) > MOST:
        yield "observed", f"expected at most {MOST} observations, got {len(observed)}"
        return
    known = observable(whole.config) if observed else {}
    first: dict[tuple[str, int | None], str] = {}
    for name, entry in observed.items():
        at = f"observed.{name}"
        if entry.what not in known:
            if not whole.is_refused(entry.what):
                yield f"{at}.what", f"there is no figure {quote(entry.what)}{nearest_or_list(entry.what, known)}"
            continue
        if whole.outside(entry.year):
            yield f"{at}.year", f"expected a year of the horizon, {whole.span}"
        if known[entry.what].yearly and entry.year is None:
            yield f"{at}.year", f"missing key 'year' (the year that the observed '{entry.what}' is of)"
        twin = first.setdefault((entry.what, entry.year), name)
        if twin != name:
            yield f"{at}.what", f"this is what '{twin}' observes too; keep the one whose stage is later"
        yield from _amounts(at, entry, known[entry.what], whole.config.money or "£m")


def _amounts(at: str, entry: Observation, figure: Observable, unit: str) -> Iterator[Complaint]:
    """Say what is wrong with what came in, and with how far it may be off."""
    for key, text in (("value", entry.value), ("error", entry.error)):
        if text is None or (key == "error" and figure.kind is None):
            continue
        try:
            found = amount(text, figure.kind, unit)
        except ValueError as trouble:
            yield f"{at}.{key}", f"{trouble}, got {quote(text)}"
            continue
        if key == "error" and not found > 0:
            yield f"{at}.error", f"expected an error above 0, got {quote(text)}"
    if figure.kind is None and entry.error is not None:
        yield f"{at}.error", "an event has happened or has not: it has no error"
    elif entry.error is None and not figure.exact:
        yield f"{at}.error", "missing key 'error' (how far it may be off, one standard deviation); counts need none"
    elif entry.error is None and entry.stage != STAGES[-1]:
        yield f"{at}.stage", f"expected evidenced, as what has no error has been counted, got '{entry.stage}'"


def later_stages_are_surer(whole: Whole) -> Iterator[Complaint]:
    """A figure of a later stage moves no further than one of an earlier stage, and none by less than nothing."""
    stages = {name: getattr(whole.config.stages, name) for name in STAGES}
    if "stages" in whole.root and not whole.names("observed"):
        yield "stages", "nothing is observed in this file; say observed, or remove this"
    for (before, most), (name, share) in pairwise(stages.items()):
        if share > most:
            yield f"stages.{name}", f"expected no more than that of {before}, {most:.0%}, got {share:.0%}"
    if stages[STAGES[-1]] < 0:
        yield f"stages.{STAGES[-1]}", f"expected 0% or more, got {stages[STAGES[-1]]:.0%}"


CHECKS: tuple[Check, ...] = (observations_are_of_this_file, later_stages_are_surer)
