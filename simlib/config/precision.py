"""How exactly a run is asked to know its headline: a chance, the mean, quantiles. How it gets there is the engine's."""

from collections.abc import Callable
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass

from simlib import units
from simlib.config import scalars
from simlib.config.nodes import Gather, Mapping, Node, did_you_mean, expected, problem
from simlib.config.quantities import Kind, Quantity
from simlib.config.scalars import Setting

LEVELS = ("p5", "p10", "p25", "p50", "p75", "p80", "p90", "p95")  # that results have
NAMES = ("chance", "mean", *LEVELS)
AMOUNT = "an amount above 0 such as £0.05m, 2%, 1 month or 0.5"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Half of the width that a 95 % interval may have.

    Attributes
    ----------
    name
        ``chance``, ``mean``, ``p5`` …
    amount
        Money in the unit of the file, shares as 0.02, durations in years.
    kind
        What the amount is of; None for a bare number, which is of whatever kind the figure is.
    """

    name: str
    amount: float
    kind: Kind | None


Precision = tuple[Wanted, ...]


def amounts(precision: Precision) -> dict[str, float]:
    """Give the amounts by name."""
    return {wanted.name: wanted.amount for wanted in precision}


def parse(name: str, text: str, unit: str) -> Wanted:
    """Read one amount as people write it.

    Raises
    ------
    ValueError
        If there is no such figure, or the text is not an amount above 0 (below 100 % for a chance).
    """
    if name not in NAMES:
        raise ValueError(f"expected one of {', '.join(NAMES)}")
    if name == "chance":
        share = units.parse_share(text)
        if not 0.0 < share < 1.0:
            raise ValueError(f"expected {units.EXPECTED_SHARE}, more than 0% and less than 100%")
        return Wanted(name, share, "share")
    amount, kind = _amount(text, unit)
    if not amount > 0:
        raise ValueError(f"expected {AMOUNT}")
    return Wanted(name, amount, kind)


def _amount(text: str, unit: str) -> tuple[float, Kind | None]:
    """Give an amount and its kind, by how it is written."""
    readers: tuple[tuple[Kind | None, Callable[[str], float]], ...] = (
        (None, units.parse_number),
        ("share", units.parse_share),
        ("duration", units.parse_duration),
        ("money", lambda words: units.parse_money(words, unit)),
    )
    for kind, parse_as in readers:
        try:
            return parse_as(text), kind
        except ValueError:
            continue
    raise ValueError(f"expected {AMOUNT}")


def read(node: Node, setting: Setting) -> Precision:
    """Read a precision: a share for every headline chance, or amounts by name."""
    if not isinstance(node, Mapping):
        return (_entry("chance", node, setting),)
    if not node:
        expected(node, f"some of {', '.join(NAMES)}")
    gather = Gather()
    unknown = [key for key in node.texts() if key not in NAMES]
    gather.problems += [problem(key, f"unknown key '{key}'{did_you_mean(key, NAMES)}") for key in unknown]
    found = [gather.take(_entry, str(key), node[key], setting) for key in node.texts() if key in NAMES]
    gather.finish()
    return tuple(wanted for wanted in found if wanted is not None)


def _entry(name: str, node: Node, setting: Setting) -> Wanted:
    text = scalars.text_of(node, units.EXPECTED_SHARE if name == "chance" else AMOUNT)
    try:
        return parse(name, text, setting.unit)
    except ValueError as trouble:
        expected(node, str(trouble).removeprefix("expected "))


def misfit(
    precision: Precision, options: AbstractMapping[str, object], outputs: AbstractMapping[str, Quantity]
) -> tuple[str, str] | None:
    """Say which amount does not fit a file with such options and outputs, and why; None where all do."""
    for wanted in precision:
        if wanted.name == "chance" and not options:
            return wanted.name, "a file without options has no headline chance; name mean or a quantile"
        if wanted.name == "chance":
            continue
        kinds = {"the gap": "money"} if options else {f"outputs.{name}": q.kind for name, q in outputs.items()}
        for what, kind in kinds.items():
            if wanted.kind != kind and (wanted.kind is not None or kind == "duration"):
                return wanted.name, f"expected {kind} as {what} is, got {wanted.kind or 'a bare number'}"
    return None
