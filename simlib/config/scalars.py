"""One scalar to one value, typed by the field it stands in; distributions and formulas are in ``slots``."""

import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from simlib import units, years
from simlib.config.nodes import (
    Gather,
    Listing,
    Mapping,
    Node,
    RefusedError,
    Text,
    did_you_mean,
    expected,
    join,
    problem,
    quote,
    refuse,
)
from simlib.config.quantities import Kind, Source

T = TypeVar("T")

ID = re.compile(r"[a-z][a-z0-9_]*")
_MARK = re.compile(r"doc [1-9][0-9]*|public|judgement|derived")
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_MAX_SEED = 2**63 - 1
LONGEST_ID = 80  # letters: two of them and some more are the name of a file
_MAX_SIMULATIONS = 10**9


@dataclass(frozen=True, slots=True)
class Setting:
    """What must be known of the whole file to read one of its entries.

    Attributes
    ----------
    unit
        What a bare money figure means.
    years
        The horizon, or None where the file states none (or one that cannot be read).
    folder
        Where the file stands, for data beside it; None for a text that is no file.
    known
        Sections that were read before in this setting, with their nodes, by kind and identity: a reading changes
        few of them.
    """

    unit: str = "£m"
    years: tuple[int, ...] | None = None
    folder: Path | None = None
    known: dict[tuple[type, int], tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)


def text_of(node: Node, expectation: str) -> Text:
    """Give a node as a scalar, or refuse it by what was expected."""
    if not isinstance(node, Text) or node.broken:
        expected(node, expectation)
    return node


def _read(node: Node, expectation: str, parse: Callable[[str], T]) -> T:
    """Parse a scalar; what the parser says in ``ValueError`` is what was expected."""
    text = text_of(node, expectation)
    try:
        return parse(text)
    except ValueError as trouble:
        expected(text, str(trouble).removeprefix("expected "))


def number(node: Node, _: Setting) -> float:
    """Read a plain number."""
    return _read(node, units.EXPECTED_NUMBER, units.parse_number)


def money(node: Node, setting: Setting) -> float:
    """Read an amount of money [unit of the file]."""
    return _read(node, units.EXPECTED_MONEY, lambda text: units.parse_money(text, setting.unit))


def share(node: Node, _: Setting) -> float:
    """Read a share."""
    return _read(node, units.EXPECTED_SHARE, units.parse_share)


def part(node: Node, setting: Setting) -> float:
    """Read a share between 0 and 1: a weight, a chance, a council's share."""
    value = share(node, setting)
    if not 0 <= value <= 1:
        expected(node, f"{units.EXPECTED_SHARE}, between 0% and 100%")
    return value


def duration(node: Node, _: Setting) -> float:
    """Read a duration [years]."""
    return _read(node, units.EXPECTED_DURATION, units.parse_duration)


def bare(node: Node, setting: Setting) -> float:
    """Read a plain number; what looks like a figure of another kind is told how to say so."""
    text = text_of(node, units.EXPECTED_NUMBER)
    try:
        return units.parse_number(text)
    except ValueError as trouble:
        kinds: dict[Kind, Callable[[Node, Setting], float]] = {
            "share": share,
            "money": money,
            "duration": duration,
        }
        fits = [kind for kind, read in kinds.items() if _reads(read, text, setting)]
        hint = f"; for {'a ' if fits[0] != 'money' else ''}{fits[0]} say kind: {fits[0]}" if fits else ""
        refuse(text, f"{trouble}, got {quote(text)}{hint}")


def _reads(read: Callable[[Node, Setting], float], text: Text, setting: Setting) -> bool:
    try:
        read(text, setting)
    except RefusedError:
        return False
    return True


READERS: dict[Kind, Callable[[Node, Setting], float]] = {
    "money": money,
    "share": share,
    "duration": duration,
    "count": number,
    "number": bare,
}


def whole(node: Node, expectation: str, low: int, high: int) -> int:
    """Read a whole number between two bounds, exactly even where it is long."""
    text = text_of(node, expectation)
    digits = text.replace("_", "").replace(",", "")
    if re.fullmatch(r"[0-9]{1,19}", digits) and re.fullmatch(r"[0-9]+([_,][0-9]+)*", text):
        value = int(digits)
    else:
        try:
            real = units.parse_number(text)
        except ValueError:
            expected(text, expectation)
        value = int(real)
        if value != real:
            expected(text, expectation)
    if not low <= value <= high:
        expected(text, expectation)
    return value


def seed(node: Node, _: Setting) -> int:
    """Read a seed; 0 is one."""
    return whole(node, "a seed: a whole number from 0 to 2^63 - 1", 0, _MAX_SEED)


def simulation_count(node: Node, _: Setting) -> int:
    """Read a number of futures."""
    return whole(node, "a number of futures from 1 to 1e9, such as 131_072 or 1e6", 1, _MAX_SIMULATIONS)


def yes_no(node: Node, _: Setting) -> bool:
    """Read yes or no."""
    text = text_of(node, "yes or no")
    if text not in ("yes", "no", "true", "false"):
        expected(text, "yes or no")
    return text in ("yes", "true")


def year(node: Node, _: Setting) -> int:
    """Read a financial year."""
    return _read(node, "a financial year such as 2016/17", years.parse_year)


def horizon(node: Node, _: Setting) -> tuple[int, ...]:
    """Read the years of the horizon."""
    return _read(node, "financial years such as 2016/17 to 2020/21", years.parse_years)


def moment(node: Node, _: Setting) -> float:
    """Read a moment: a month, a day, or the 1 April of a financial year."""
    expectation = "a month such as 2012-12, a day such as 2013-03-31 or a financial year such as 2016/17"
    text = text_of(node, expectation)
    try:
        return years.parse_moment(text)
    except ValueError:
        expected(text, expectation)


def day(node: Node, _: Setting) -> date:
    """Read a day."""
    text = text_of(node, "a day such as 2016-03-17")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        expected(text, "a day such as 2016-03-17")
    try:
        return date.fromisoformat(text)
    except ValueError:
        expected(text, "a day of the calendar such as 2016-03-17")


def prose(node: Node, _: Setting) -> str:
    """Read words meant for people; refuse what YAML cut off at ``' #'``."""
    text = text_of(node, "text")
    if not text.strip():
        expected(text, "text")
    if text.cut:
        refuse(
            text,
            f"{quote(text)} is cut off at ' #'; put the whole text in quotation marks, or the comment on its own line",
        )
    return str(text)


def identifier(node: Node, _: Setting) -> str:
    """Read an id."""
    text = text_of(node, "a name such as pay_award")
    if not ID.fullmatch(text):
        expected(text, "a name of small letters, digits and _ that starts with a letter, such as pay_award")
    if len(text) > LONGEST_ID:
        refuse(text, f"expected a name of at most {LONGEST_ID} letters, got one of {len(text)}")
    if keyword.iskeyword(text):  # an address in a formula could not be read
        refuse(text, f"{quote(text)} is a word of the formula language; choose a longer name")
    return str(text)


def identifiers(node: Node, setting: Setting) -> tuple[str, ...]:
    """Read one id or a list of them, none twice."""
    return several(node, lambda item: identifier(item, setting))


def several(node: Node, read: Callable[[Node], str]) -> tuple[str, ...]:
    """Read one entry or a list of them; an entry that stands twice is refused."""
    found: list[str] = []
    gather = Gather()
    for item in node if isinstance(node, Listing) else [node]:
        name = gather.take(read, item)
        if name is not None and name in found:
            gather.problems.append(problem(item, f"{quote(item)} stands here twice"))
        elif name is not None:
            found.append(name)
    gather.finish()
    return tuple(found)


def address(node: Node, _: Setting) -> str:
    """Read the address of an entry."""
    text = text_of(node, "an address such as measures.transformation.delay")
    if not all(ID.fullmatch(part) for part in text.split(".")):
        expected(text, "an address such as measures.transformation.delay")
    return str(text)


def patterns(node: Node, _: Setting) -> tuple[str, ...]:
    """Read one or several addresses in which ``*`` stands for one part."""
    return several(node, _pattern)


def _pattern(node: Node) -> str:
    expectation = "an address, or a pattern such as measures.*.delay"
    text = text_of(node, expectation)
    if not all(part == "*" or ID.fullmatch(part) for part in text.split(".")):
        expected(text, expectation)
    return str(text)


def pair(node: Node, setting: Setting) -> tuple[str, str]:
    """Read two addresses."""
    if not isinstance(node, Listing):
        expected(node, "a list of two addresses")
    if len(node) != 2:
        refuse(node, f"expected a list of two addresses, got {len(node)}")
    first, second = several(node, lambda item: address(item, setting))
    return first, second


def concordance(node: Node, _: Setting) -> float:
    """Read in how many futures of some: ``7 of 10``."""
    expectation = "how many of how many, such as 7 of 10"
    text = text_of(node, expectation)
    some, _of, all_ = text.partition(" of ")
    try:
        part, whole_ = units.parse_number(some.strip()), units.parse_number(all_.strip())
    except ValueError:
        expected(text, expectation)
    if not 0 <= part <= whole_ or whole_ == 0:
        expected(text, expectation)
    return part / whole_


def matrix(node: Node, setting: Setting) -> tuple[tuple[float, ...], ...]:
    """Read a correlation matrix by rows: whole, or up to the ones of its diagonal."""
    expectation = "rows of correlations: [[1, 0.5], [0.5, 1]], or up to the ones of the diagonal: [[1], [0.5, 1]]"
    if not isinstance(node, Listing) or len(node) < 2:
        expected(node, expectation)
    gather = Gather()
    rows = [gather.take(_correlations, row, expectation, setting) for row in node]
    gather.finish()
    sound = [row for row in rows if row is not None]
    lengths = [len(row) for row in sound]
    if lengths not in ([len(sound)] * len(sound), list(range(1, len(sound) + 1))):
        refuse(node, f"expected {expectation}, got rows of {', '.join(map(str, lengths))}")
    for i, row in enumerate(sound):
        if row[i] != 1.0:
            refuse(node, f"expected ones on the diagonal, got {row[i]:g} in row {i + 1}")
    below = [[sound[max(i, j)][min(i, j)] for j in range(len(sound))] for i in range(len(sound))]
    for i, row in enumerate(sound):
        for j, value in enumerate(row):
            if value != below[i][j]:
                text = f"{value:g} in row {i + 1} and {below[i][j]:g} in row {j + 1}"
                refuse(node, f"expected each pair alike on both sides of the diagonal, got {text}")
    return tuple(map(tuple, below))


def _correlations(node: Node, expectation: str, setting: Setting) -> tuple[float, ...]:
    if not isinstance(node, Listing):
        expected(node, expectation)
    gather = Gather()
    values = [gather.take(_correlation, item, setting) for item in node]
    gather.finish()
    return tuple(value for value in values if value is not None)


def _correlation(node: Node, setting: Setting) -> float:
    value = number(node, setting)
    if not -1 <= value <= 1:
        expected(node, "a number from -1 to 1")
    return value


def source(node: Node, setting: Setting) -> Source:
    """Read where a figure comes from: words, or what, mark and date."""
    if isinstance(node, Text):
        return Source(prose(node, setting))
    if not isinstance(node, Mapping):
        expected(node, "a source: text, or what, mark and date")
    closed(node, ("what", "mark", "date"), required=("what",))
    return Source(
        what=prose(node["what"], setting),
        mark=_optional(node, "mark", "doc 1 (a number), public, judgement or derived", _MARK),
        date=_optional(node, "date", "a date such as 2015, 2015-11 or 2015-11-30", _DATE),
    )


def _optional(node: Mapping, name: str, expectation: str, form: re.Pattern[str]) -> str | None:
    entry = node.get(name)
    if entry is None:
        return None
    text = text_of(entry, expectation)
    if not form.fullmatch(text) or (form is _DATE and not _is_date(str(text))):
        expected(text, expectation)
    return str(text)


def _is_date(text: str) -> bool:
    """Tell whether a year, a month or a day is one of the calendar's."""
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def closed(node: Mapping, known: tuple[str, ...], *, required: tuple[str, ...] = ()) -> None:
    """Refuse unknown and missing keys of a mapping, all at once."""
    problems = [
        problem(key, f"unknown key {quote(key)}{did_you_mean(key, known)}") for key in node.texts() if key not in known
    ]
    problems += [
        problem(node, f"missing key '{name}'", address=join(node.address, name))
        for name in required
        if name not in node
    ]
    if problems:
        raise RefusedError(problems)
