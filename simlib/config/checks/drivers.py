"""Drivers and formulas: plans that the plan case needs, names that formulas use, and circles among them."""

import re
from collections.abc import Iterator

from simlib import years
from simlib.config.checks.whole import Check, Complaint, Whole
from simlib.config.formulas import CONSTANTS, FUNCTIONS, YEAR, Formula
from simlib.config.inventory import MEASURE_FIGURES, NEUTRAL, Figure
from simlib.config.nodes import Mapping, address_part, nearest_or_list

# Where a figure may have a value for each year, a single year's own entry included
_MAY_GO_BY_YEAR = re.compile(
    r"(drivers|outputs)\..+|measures\.\w+\.local\..+"
    r"|(measures|programmes)\.\w+\.(realisation|scope_growth|backfill|indexed_to)"
    r"|councils\.\w+\.\w+\.\w+\.(growth|change|realised)(\.\w+)?"
)


def plans_are_stated(whole: Whole) -> Iterator[Complaint]:
    """In a file with councils every driver without a neutral value says what the business case assumes."""
    if not whole.config.councils:
        return
    for figure in whole.figures.values():
        if figure.uncertain and figure.needs_plan and figure.quantity.plan is None:
            yield f"{figure.address}.plan", "missing key 'plan' (what the business case or budget assumes)"


def years_are_known(whole: Whole) -> Iterator[Complaint]:
    """What goes by year needs the years of the horizon."""
    if whole.config.years or whole.is_refused("years"):
        return
    for figure in whole.figures.values():
        moving = figure.quantity.varies is not None and figure.quantity.varies.mode != "once"
        if moving or isinstance(figure.quantity.plan, tuple):
            part = "varies" if moving else "plan"
            yield f"{figure.address}.{part}", "what goes by year needs the file to state its years"


def names_are_free(whole: Whole) -> Iterator[Complaint]:
    """A name that formulas use for something else cannot be a figure's own."""
    taken = {YEAR, *CONSTANTS, *FUNCTIONS}
    named = [("drivers", name) for name in whole.names("drivers")]
    named += [("outputs", name) for name in whole.names("outputs")]
    named += [
        (f"measures.{m}.local", name) for m in whole.names("measures") for name in whole.names("measures", m, "local")
    ]
    for section, name in named:
        if name in taken:
            yield f"{section}.{name}", f"formulas use '{name}' for something else; choose another name"


def names_in_formulas_exist(whole: Whole) -> Iterator[Complaint]:
    """Every name in a formula means one figure of the file."""
    for figure in whole.figures.values():
        for name in _names(figure):
            if message := _wrong(whole, figure, name):
                yield figure.address, message


def _names(figure: Figure) -> tuple[str, ...]:
    return figure.quantity.value.names if isinstance(figure.quantity.value, Formula) else ()


def _wrong(whole: Whole, figure: Figure, name: str) -> str | None:
    if name == YEAR:
        return None if whole.config.years else "'year' needs the file to state its years"
    target, year = _with_year(name)
    meant = [candidate for candidate in candidates(target, figure.measure) if _exists(whole, candidate)]
    if not meant:
        known = [*_short_names(whole, figure), *whole.figures]
        return f"there is no figure called '{name}'{nearest_or_list(name, known)}"
    if len(meant) > 1:
        return f"'{name}' could mean {' or '.join(meant)}; write the whole address"
    if year is not None and not whole.config.years:
        return f"'{name}' names a year, which needs the file to state its years"
    if year is not None and whole.outside(year):
        return f"'{name}' names a year outside the horizon, {whole.span}"
    return None


def candidates(name: str, measure: str | None) -> list[str]:
    """Give the addresses that a name in a formula could mean, nearest first."""
    if "." in name:
        return [name]
    own = [f"measures.{measure}.local.{name}", f"measures.{measure}.{name}"] if measure else []
    return [*own, f"drivers.{name}", f"outputs.{name}"]


def _with_year(name: str) -> tuple[str, int | None]:
    head, _, last = name.rpartition(".")
    year = years.parse_address(last) if head else None
    return (head, year) if year is not None else (name, None)


def _exists(whole: Whole, address: str) -> bool:
    """Whether a figure of the file stands there, also one that was refused or that has its neutral value."""
    if address in whole.figures or address in whole.parts:
        return True
    parts = address.split(".")
    if parts[0] == "events" and len(parts) == 2:
        return parts[1] in whole.names("events")
    if parts[0] == "measures" and len(parts) == 3 and parts[2] in MEASURE_FIGURES and parts[2] in NEUTRAL:
        return parts[1] in whole.names("measures")
    return whole.is_refused(address) and _stands(whole.root, parts)


def _stands(root: Mapping, parts: list[str]) -> bool:
    node: object = root
    for part in parts:
        key = next((key for key in node if address_part(key) == part), None) if isinstance(node, Mapping) else None
        if key is None or not isinstance(node, Mapping):
            return False
        node = node[key]
    return True


def _short_names(whole: Whole, figure: Figure) -> list[str]:
    own = whole.names("measures", figure.measure, "local") if figure.measure else []
    return [*own, *whole.names("drivers"), *whole.names("outputs")]


def streams_are_their_own(whole: Whole) -> Iterator[Complaint]:
    """No two figures are drawn from one stream: they would move as one, and nobody would have said so."""
    drawn: dict[str, str] = {}
    uncertain = [figure for figure in whole.figures.values() if figure.uncertain]
    for figure in sorted(uncertain, key=lambda figure: figure.quantity.stream is not None):
        stream = figure.quantity.stream or figure.address
        if stream in drawn:
            message = f"{drawn[stream]} is drawn from the stream '{stream}' already"
            yield f"{figure.address}.stream", f"{message}; for figures that move as one use one driver"
        drawn.setdefault(stream, figure.address)


def what_holds_once_needs_no_year(whole: Whole) -> Iterator[Complaint]:
    """What has one value for all years is calculated from such, and planned as one."""
    if not whole.config.years:
        return  # said elsewhere
    by_year = _by_year(whole)
    for figure in whole.figures.values():
        owner = whole.figures.get(figure.address.rpartition(".")[0])
        parameter = owner is not None and figure.address.rpartition(".")[2] in owner.quantity.parameters
        if owner is not None and _moves(owner) if parameter else _MAY_GO_BY_YEAR.fullmatch(figure.address):
            continue
        if isinstance(figure.quantity.plan, tuple):
            yield f"{figure.address}.plan", "there is one value here for all years, so the plan is one figure too"
        for name in _names(figure):
            if name == YEAR or any(target in by_year for target in _meant(whole, figure, name)):
                hint = "" if name == YEAR else f"; name a year, such as {name}.{years.address(whole.config.years[0])}"
                yield figure.address, f"there is one value here for all years, and '{name}' goes by year{hint}"


def _by_year(whole: Whole) -> set[str]:
    """Give the addresses of what has a value for each year, by itself or through what it is calculated from."""
    found = set(whole.parts) | {f.address for f in whole.figures.values() if _moves(f)}
    users: dict[str, list[str]] = {}
    for figure in whole.figures.values():
        for name in _names(figure):
            for target in _meant(whole, figure, name):
                users.setdefault(target, []).append(figure.address)
    waiting = list(found)
    while waiting:
        fresh = [user for user in users.get(waiting.pop(), []) if user not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _moves(figure: Figure) -> bool:
    """Whether a figure goes by year by itself."""
    varies = figure.quantity.varies
    return (varies is not None and varies.mode != "once") or YEAR in _names(figure)


def _meant(whole: Whole, figure: Figure, name: str) -> list[str]:
    """Give the figures of the file that a name could mean; none where it names one year of them."""
    target, year = _with_year(name)
    named = [] if year is not None else candidates(target, figure.measure)
    return [address for address in named if address in whole.figures or address in whole.parts]


def formulas_are_no_circle(whole: Whole) -> Iterator[Complaint]:
    """No figure needs itself."""
    needs = {address: _needed(whole, figure) for address, figure in whole.figures.items()}
    done: set[str] = set()
    for address in needs:
        circle = _circle(address, needs, done)
        if circle:
            yield circle[0], f"this figure needs itself: {' needs '.join([*circle, circle[0]])}"


def _needed(whole: Whole, figure: Figure) -> list[str]:
    found = [f"{figure.address}.{name}" for name in figure.quantity.parameters]
    for name in _names(figure):
        target, _ = _with_year(name)
        for candidate in candidates(target, figure.measure):
            found += [candidate] if candidate in whole.figures else whole.parts.get(candidate, [])
            if candidate.startswith("events."):
                found += [known for known in (f"{candidate}.chance",) if known in whole.figures]
    return found


def _circle(start: str, needs: dict[str, list[str]], done: set[str]) -> list[str]:
    """Give the first circle that can be reached from a figure; chains are long, so the stack is explicit."""
    path: dict[str, None] = {}
    stack = [(start, False)]
    while stack:
        address, leaving = stack.pop()
        if leaving:
            path.popitem()
            done.add(address)
        elif address in path:
            done.update(path)
            walked = list(path)
            return walked[walked.index(address) :]
        elif address not in done:
            path[address] = None
            stack += [(address, True), *((needed, False) for needed in needs.get(address, []))]
    return []


CHECKS: tuple[Check, ...] = (
    plans_are_stated,
    years_are_known,
    names_are_free,
    names_in_formulas_exist,
    streams_are_their_own,
    what_holds_once_needs_no_year,
    formulas_are_no_circle,
)
