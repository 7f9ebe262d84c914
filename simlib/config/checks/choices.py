"""Decisions: a loss that says all it needs, things to learn that are in the file and in time, efforts that fit."""

from collections.abc import Iterator

from simlib.config.checks.dependence import matches, uncertain
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.nodes import nearest_or_list


def losses_can_be_counted(whole: Whole) -> Iterator[Complaint]:
    """A loss has a source, no part below nothing, and councils that have a gap, and a fund where a minimum counts."""
    decision = whole.config.decision
    if decision is None or decision.loss is None:
        return
    loss, at = decision.loss, "decision.loss"
    if loss.source is None:
        yield f"{at}.source", "missing key 'source' (whose view of what outcomes cost this is)"
    for key in ("one_off", "running_cost", "shortfall", "unneeded_cuts", "below_minimum"):
        if getattr(loss, key) < 0:
            yield f"{at}.{key}", f"expected 0 or more, got {getattr(loss, key):g}"
    for name in loss.councils:
        council = whole.config.councils.get(name)
        if message := whole.unknown(name, "councils", what="council"):
            yield f"{at}.councils", message
        elif council is not None and council.gap is None:
            yield f"{at}.councils", f"'{name}' has no gap that could be left"
    chosen = loss.councils or [name for name, council in whole.config.councils.items() if council.gap]
    bare = [name for name in chosen if name in whole.config.councils and not whole.config.councils[name].general_fund]
    if loss.below_minimum > 0 and bare:
        yield f"{at}.below_minimum", f"'{bare[0]}' has no general fund that could fall below its minimum; say £0"


def what_is_learned_is_uncertain(whole: Whole) -> Iterator[Complaint]:
    """What could be learned is uncertain in the file, costs nothing or more, and is known after the decision date."""
    decision = whole.config.decision
    known = list(uncertain(whole))
    for name, entry in (decision.learnable if decision else {}).items():
        at = f"decision.learnable.{name}"
        if entry.cost < 0:
            yield f"{at}.cost", f"expected £0 or more, got {entry.cost:g}"
        if whole.config.as_at is not None and entry.by < whole.config.as_at:
            yield f"{at}.by", f"expected {whole.config.as_at} (as_at) or later, got '{entry.by}'"
        for pattern in entry.figures:
            if not whole.changed and not any(matches(address, pattern) for address in known):
                yield f"{at}.figures", f"there is no uncertain figure '{pattern}'{nearest_or_list(pattern, known)}"


def efforts_fit_the_capacity(whole: Whole) -> Iterator[Complaint]:
    """A capacity is above nothing, and no measure alone takes more of it than there is."""
    decision = whole.config.decision
    capacity = decision.capacity if decision else None
    if capacity is not None and not capacity > 0:
        yield "decision.capacity", f"expected a number above 0, got {capacity:g}"
    for name, measure in whole.config.measures.items():
        if measure.effort is None:
            continue
        if measure.effort < 0:
            yield f"measures.{name}.effort", f"expected 0 or more, got {measure.effort:g}"
        elif capacity is not None and measure.effort > capacity:
            message = f"expected no more than decision.capacity, {capacity:g}, got {measure.effort:g}"
            yield f"measures.{name}.effort", message


CHECKS: tuple[Check, ...] = (losses_can_be_counted, what_is_learned_is_uncertain, efforts_fit_the_capacity)
