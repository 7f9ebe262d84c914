"""What of a file can be observed, by address, and how its amounts are read; what is drawn is not known here.

A figure of the file keeps its address. Results have the words of summary.json: ``options.solo.savings`` is what all of
the option's councils receive, ``options.solo.councils.boston.savings`` what one of them does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from simlib import units
from simlib.config import schema
from simlib.config.inventory import figures, lines
from simlib.config.quantities import Kind
from simlib.years import parse_address

__all__ = ["Observable", "amount", "observable"]

FLOWS = ("savings", "run_rate", "one_off_gross", "one_off_net", "one_off_savings")  # of every option and council
GAPS = ("gap_after", "gap_recurring")  # where a council has a gap
FUND = "general_fund"  # where it has a fund too
MEASURE = ("savings", "run_rate")
_DECISIONS = {"happens": 1.0, "does_not": 0.0}


@dataclass(frozen=True, slots=True)
class Observable:
    """A figure that can be observed.

    Attributes
    ----------
    kind
        How its amounts are written; None for an event, which happens or does not.
    yearly
        Whether its year has to be named; None where that is only known when the figure is compiled.
    exact
        Whether it may have been counted, so that there is no error in it.
    """

    kind: Kind | None
    yearly: bool | None
    exact: bool = False


def observable(config: schema.Config) -> dict[str, Observable]:
    """Give everything that can be observed, by address."""
    found = {}
    for address, figure in figures(config).items():
        head, _, last = address.rpartition(".")
        counted = figure.quantity.kind == "count" or figure.quantity.condition
        each = Observable(figure.quantity.kind, None, counted)
        found[address] = each
        if parse_address(last) is not None:
            found.setdefault(head, each)
    found |= {f"events.{name}": Observable(None, None, exact=True) for name in config.events}
    found |= {address: Observable("money", yearly=True) for address in _results(config)}
    return found


def _results(config: schema.Config) -> Iterator[str]:
    """Give the addresses of what is made of the file's figures, all of it money by year."""
    for name, council in config.councils.items():
        yield from (f"councils.{name}.{line}" for line, _ in lines(council))
        if council.gap is not None:
            yield f"councils.{name}.gap_before"
    for name, measure in config.measures.items():
        yield from (f"measures.{name}.{what}" for what in MEASURE)
        yield from (f"measures.{name}.one_off.{cost}" for cost in measure.one_off)
    for name, option in config.options.items():
        known = [config.councils[council] for council in option.councils if council in config.councils]
        yield from (f"options.{name}.{what}" for what in _of(known))
        for place in option.councils:
            own = [config.councils[place]] if place in config.councils else []
            yield from (f"options.{name}.councils.{place}.{what}" for what in (_of(own) if own else ()))


def _of(councils: list[schema.Council]) -> tuple[str, ...]:
    """Give the results that all of some councils have under an option."""
    gaps = GAPS if councils and all(council.gap for council in councils) else ()
    fund = (FUND,) if gaps and all(council.general_fund for council in councils) else ()
    return (*FLOWS, *gaps, *fund)


def amount(text: str, kind: Kind | None, unit: str) -> float:
    """Read an amount of a kind [money in the file's unit, shares as 0.02, durations in years, events as 1 or 0].

    Raises
    ------
    ValueError
        With what was expected.
    """
    if kind is None:
        if text not in _DECISIONS:
            raise ValueError("expected happens or does_not")
        return _DECISIONS[text]
    if kind == "money":
        return units.parse_money(text, unit)
    return {"share": units.parse_share, "duration": units.parse_duration}.get(kind, units.parse_number)(text)
