"""Dependence: that correlated drivers exist, are stated once, and can be correlated year by year."""

from collections.abc import Iterator

from simlib import years
from simlib.config import schema
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.nodes import nearest_or_list


def sections_are_complete(whole: Whole) -> Iterator[Complaint]:
    """A section names two drivers or a pattern, and a correlation from -1 to 1."""
    for name, section in whole.config.dependence.items():
        at = f"dependence.{name}"
        if (section.among is None) == (section.between is None):
            got = "neither" if section.among is None else "both"
            yield f"{at}.among", f"expected among (a pattern) or between (two drivers), got {got}"
        if not -1 <= section.rank_correlation <= 1:
            yield (
                f"{at}.rank_correlation",
                f"expected a number from -1 to 1, got '{section.rank_correlation:g}'",
            )


def drivers_exist(whole: Whole) -> Iterator[Complaint]:
    """What is correlated is uncertain, and a pattern finds something."""
    # Where a reading or --set has made a figure certain, the correlation is void and the results say so.
    known = [*uncertain(whole), *(whole.figures if whole.changed else ())]
    for name, section in whole.config.dependence.items():
        for address in section.between or ():
            found = address in known or _without_year(address) in known
            if not found and not whole.is_refused(address):
                yield f"dependence.{name}.between", _missing(whole, address, known)
        for pattern in section.among or ():
            if not whole.refused and not any(matches(address, pattern) for address in known):
                yield f"dependence.{name}.among", f"no uncertain figure matches '{pattern}'"


def _missing(whole: Whole, address: str, known: list[str]) -> str:
    if address in whole.figures or _without_year(address) in whole.figures:
        return f"'{address}' is certain: it has no distribution, and nothing to correlate"
    return f"there is no uncertain figure '{address}'{nearest_or_list(address, known)}"


def uncertain(whole: Whole) -> dict[str, bool]:
    """Give the address of everything that can be correlated, and whether it goes by year."""
    found = {
        address: figure.quantity.varies is not None and figure.quantity.varies.mode != "once"
        for address, figure in whole.figures.items()
        if figure.uncertain
    }
    return found | {f"events.{name}": False for name in whole.names("events")}


def matches(address: str, pattern: str) -> bool:
    """Whether an address fits a pattern in which ``*`` stands for one part."""
    parts, wanted = address.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(w in ("*", p) for p, w in zip(parts, wanted, strict=True))


def members(whole: Whole, section: schema.Dependence) -> list[str]:
    """Give the drivers that a section correlates."""
    if section.between is not None:
        return list(section.between)
    return [a for a in uncertain(whole) if any(matches(a, pattern) for pattern in section.among or ())]


def _without_year(address: str) -> str:
    head, _, last = address.rpartition(".")
    return head if years.parse_address(last) is not None else address


def pairs_are_stated_once(whole: Whole) -> Iterator[Complaint]:
    """No two sections speak of the same pair."""
    pairs: dict[frozenset[str], str] = {}
    patterns: dict[str, set[str]] = {}
    for name, section in whole.config.dependence.items():
        found = set(members(whole, section))
        earlier = pairs.get(frozenset(found)) if section.between is not None else _pair_within(found, pairs)
        earlier = earlier or next((other for other, those in patterns.items() if len(those & found) > 1), None)
        if earlier is not None:
            yield f"dependence.{name}", f"a pair of these is already correlated in dependence.{earlier}"
        if section.between is None:
            patterns[name] = found
        else:
            pairs.setdefault(frozenset(found), name)


def _pair_within(found: set[str], pairs: dict[frozenset[str], str]) -> str | None:
    return next((name for pair, name in pairs.items() if pair <= found), None)


def times_agree(whole: Whole) -> Iterator[Complaint]:
    """What holds once is correlated with what goes by year only where a year is named."""
    by_year = uncertain(whole)
    for name, section in whole.config.dependence.items():
        modes = {by_year[address] for address in members(whole, section) if address in by_year}
        named_year = any(address not in by_year for address in section.between or ())
        if modes == {True, False} or (named_year and True in modes):
            text = "some of these hold once and others go by year; name a year, such as drivers.pay.y2019_20"
            yield f"dependence.{name}", text


CHECKS: tuple[Check, ...] = (sections_are_complete, drivers_exist, pairs_are_stated_once, times_agree)
