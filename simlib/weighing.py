"""What a choice between options turns on, in plain words for ``simlib check``; what follows is not told here."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simlib.quoting import figure, named
from simlib.wording import joined

if TYPE_CHECKING:
    from simlib.config import Config
    from simlib.config.schema import Loss

__all__ = ["choice_lines"]


def choice_lines(config: "Config") -> Iterator[str]:
    """Tell what a choice turns on: what outcomes cost, what could be known first, how much can be done at once."""
    choice, unit = config.decision, config.money or "£"
    if choice is None:
        return
    if choice.capacity is not None:
        yield f"Measures may take an effort of {choice.capacity:g} together in any one year"
    if choice.loss is not None:
        yield _loss_words(choice.loss, unit, config.councils)
    for key, known in choice.learnable.items():
        cost = f"for {figure(known.cost, 'money', unit)}" if known.cost else "at no cost"
        day = f"{known.by.day} {known.by:%B %Y}"
        yield f"{named(known, key)} could be known by {day}, {cost}: {joined(list(known.figures))}"


def _loss_words(loss: "Loss", unit: str, councils: Mapping[str, Any]) -> str:
    """Tell what outcomes cost."""
    parts = {
        "one-off costs": loss.one_off, "running costs": loss.running_cost,
        "a recurring gap in the target year": loss.shortfall, "savings beyond it": loss.unneeded_cuts,
    }  # fmt: skip
    told = joined([f"{weight:g} for each £ of {what}" for what, weight in parts.items()])
    whose = f"; counted of {joined([named(councils[key], key) for key in loss.councils])}" if loss.councils else ""
    least = figure(loss.below_minimum, "money", unit)
    return f"An outcome costs {told}, and {least} once where reserves fall below their minimum{whose}"
