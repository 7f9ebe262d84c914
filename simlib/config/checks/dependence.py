"""Dependence: that correlated drivers exist, are stated once, and can be correlated year by year."""

from collections.abc import Iterator

from simlib import years
from simlib.config import schema
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.nodes import nearest_or_list

MOST_DF = 1_000_000  # from a thousand on nobody can tell it from the Gaussian copula


def sections_are_complete(whole: Whole) -> Iterator[Complaint]:
    """A section names two figures or a pattern, and says once how they go together."""
    for name, section in whole.config.dependence.items():
        at = f"dependence.{name}"
        if (section.among is None) == (section.between is None):
            got = "neither" if section.among is None else "both"
            yield f"{at}.among", f"expected among (a pattern) or between (two figures), got {got}"
        found = [form for form, _ in section.stated]
        if not found:
            yield at, f"missing key: one of {', '.join(schema.DEPENDENCE_FORMS)}"
        if len(found) > 1:
            yield f"{at}.{found[1]}", f"expected one of {', '.join(schema.DEPENDENCE_FORMS)}, got {' and '.join(found)}"
        yield from _out_of_range(at, section)


def _out_of_range(at: str, section: schema.Dependence) -> Iterator[Complaint]:
    for form, figure in section.stated:
        if form in ("rank_correlation", "correlation") and not -1 <= figure <= 1:
            yield f"{at}.{form}", f"expected a number from -1 to 1, got '{figure:g}'"


def matrices_fit(whole: Whole) -> Iterator[Complaint]:
    """A matrix has a row for each figure it is among, and each of them is named."""
    for name, section in whole.config.dependence.items():
        for form, figure in section.stated:
            if isinstance(figure, tuple):
                yield from _misfits(f"dependence.{name}", form, len(figure), section.among or section.between or ())


def _misfits(at: str, form: str, size: int, among: tuple[str, ...]) -> Iterator[Complaint]:
    loose = [pattern for pattern in among if "*" in pattern]
    if loose:
        yield f"{at}.among", f"expected the name of each figure, in the order of the matrix's rows, got '{loose[0]}'"
    elif among and size != len(among):
        yield f"{at}.{form}", f"expected a row for each of {len(among)} figures, got {size} rows"


def copulas_are_complete(whole: Whole) -> Iterator[Complaint]:
    """A t copula says its degrees of freedom, 1 or more; a Gaussian one has none."""
    for name, section in whole.config.dependence.items():
        at = f"dependence.{name}.df"
        if section.copula == "t" and section.df is None:
            yield at, "missing key 'df' (the degrees of freedom of a t copula, 1 or more; 4 is usual)"
        elif section.copula != "t" and section.df is not None:
            yield at, "only a t copula has degrees of freedom; say copula: t, or leave df out"
        elif section.df is not None and not 1 <= section.df <= MOST_DF:
            yield at, f"expected a number from 1 to {MOST_DF:,}, got '{section.df:g}'"


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


CHECKS: tuple[Check, ...] = (
    sections_are_complete,
    matrices_fit,
    copulas_are_complete,
    drivers_exist,
    pairs_are_stated_once,
    times_agree,
)
