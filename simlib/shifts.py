"""Which entries of a config move the average away from the plan, in words; the shifts are ``bridge``'s."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simlib.units import SCALES
from simlib.wording import money

if TYPE_CHECKING:
    from simlib.bridge import Step
    from simlib.model import Model

__all__ = ["shift_lines"]

_WORTH_TELLING = 1_000.0  # a smaller shift of the average is noise [£]
_MOST = 10  # entries; what moves the average less is counted, not listed


def shift_lines(model: "Model | None") -> Iterator[str]:
    """Tell which entries move the average gap of a council away from the plan, the largest first.

    Parameters
    ----------
    model : Model or None
        Nothing is told without one.
    """
    if model is None or not model.pairs:
        return
    from simlib.bridge import bridge

    moves: list[tuple[float, str]] = [
        (abs(shift), _step_words(model, step, council, option, shift))
        for step in bridge(model)
        for council in range(len(model.councils))
        for option, shift in _largest(step.shifts, council)
        if abs(shift) * SCALES[model.unit] >= _WORTH_TELLING
    ]
    moves.sort(key=lambda move: -move[0])
    yield from (words for _, words in moves[:_MOST])
    if len(moves) > _MOST:
        yield f"{len(moves) - _MOST} smaller shifts, of {money(moves[_MOST][0], model.unit)} at most"


def _largest(shifts: Mapping[tuple[int, int], float], council: int) -> Iterator[tuple[int | None, float]]:
    """Give the option under which a council's average moves most, and how far; None where all move alike."""
    found = {option: shift for (option, place), shift in shifts.items() if place == council}
    if not found:
        return
    option = max(found, key=lambda key: abs(found[key]))
    alike = max(found.values()) - min(found.values()) <= 0.01 * abs(found[option])
    yield (None if alike else option), found[option]


def _step_words(model: "Model", step: "Step", council: int, option: int | None, shift: float) -> str:
    """Tell one entry's shift of one council's average gap."""
    moved = f"{'adds' if shift > 0 else 'takes'} {money(abs(shift), model.unit)}"
    where = "under every option" if option is None else f"under {model.options[option].label}"
    target = model.year_labels[model.target]
    gap = f"{'to' if shift > 0 else 'off'} the gap of {model.councils[council].label} by {target}, on average"
    return f"{step.label} {moved} {gap}, {where}"
