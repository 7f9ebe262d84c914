"""Which sets of measures the file allows: what they require and exclude, and the effort that they take together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlib.config import Config
from simlib.kernels.paths import Floats

__all__ = ["Rules", "added_up", "admitted", "keeps", "rules_of"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What sets of measures must keep to; measures by their places.

    Attributes
    ----------
    needs, apart
        Pairs of which the first needs the second, and pairs that exclude each other.
    efforts
        By year of the horizon what each measure takes, (measure,); years in which none does are left out.
    capacity
        How much they may take together in a year.
    """

    needs: tuple[tuple[int, int], ...]
    apart: tuple[tuple[int, int], ...]
    efforts: Mapping[int, Floats]
    capacity: float


def rules_of(config: Config, measures: Sequence[str]) -> Rules:
    """Give the rules that a file has for some measures."""
    place = {name: i for i, name in enumerate(measures)}
    pairs = [(i, other, name) for name, i in place.items() for other in measures]
    needs = tuple((i, place[other]) for i, other, name in pairs if other in config.measures[name].requires)
    apart = tuple((i, place[other]) for i, other, name in pairs if other in config.measures[name].excludes)
    capacity = config.decision.capacity if config.decision else None
    efforts: dict[int, Floats] = {}
    for name, i in place.items():
        effort = config.measures[name].effort
        for year in _building(config, name) if effort and capacity is not None else ():
            efforts.setdefault(year, np.zeros(len(place)))[i] = effort
    return Rules(needs, apart, efforts, np.inf if capacity is None else capacity)


def _building(config: Config, name: str) -> Iterator[int]:
    """Give the years in which a measure is built up: up to the one before it is received in full, and at least one."""
    measure, years = config.measures[name], config.years or ()
    if measure.plan is not None:
        rises = [year for year, a, b in zip(years, (0.0, *measure.plan), measure.plan, strict=False) if b > a]
        yield from rises
        return
    first = measure.from_ if measure.from_ is not None else years[0]
    last = measure.full_from if measure.full_from is not None else first
    yield from range(first, max(last, first + 1))


def added_up(amounts: Sequence[float] | Floats) -> Floats:
    """Give the sum of some amounts over each set of them, (2^n,) by the set's bits."""
    total = np.zeros(1)
    for amount in amounts:
        total = np.concatenate([total, total + amount])
    return total


def admitted(rules: Rules, count: int) -> NDArray[np.bool_]:
    """Tell which sets of so many measures keep to the rules, (2^count,) by the set's bits."""
    sets = np.arange(1 << count)
    kept = np.ones(1 << count, dtype=bool)
    for first, second in rules.needs:
        kept &= (sets >> first & 1) <= (sets >> second & 1)
    for first, second in rules.apart:
        kept &= (sets >> first & sets >> second & 1) == 0
    for efforts in rules.efforts.values():
        kept &= added_up(efforts) <= rules.capacity * (1 + 1e-9)
    return kept


def keeps(rules: Rules, own: int) -> bool:
    """Tell whether one set of measures, by its bits, keeps to the rules."""
    allowed = all(not own >> first & 1 or own >> second & 1 for first, second in rules.needs)
    allowed = allowed and not any(own >> first & own >> second & 1 for first, second in rules.apart)
    taken = (sum(each for m, each in enumerate(efforts) if own >> m & 1) for efforts in rules.efforts.values())
    return allowed and all(effort <= rules.capacity * (1 + 1e-9) for effort in taken)
