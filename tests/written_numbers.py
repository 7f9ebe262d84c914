"""How numbers are written in a report, read by rules that know nothing of ``simlib.wording``.

Every number in a text stands for the range of figures that round to it.
"""

import re
from typing import NamedTuple


class Written(NamedTuple):
    """A number in a text: what it says, and the figures that it stands for."""

    text: str
    low: float
    high: float

    def stands_for(self, value: float) -> bool:
        slack = 1e-9 * max(abs(self.low), abs(self.high), 1e-9) + 1e-12
        return self.low - slack <= value <= self.high + slack


_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
_DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
_NUMBER = re.compile(
    rf"""(?P<rare>(?:all\ but\ )?(?:about\ |fewer\ than\ |<)?1\ in\ (?P<often>{_DIGITS}))
    | none\ of\ (?P<none>{_DIGITS})
    | (?P<some>about\ )?(?P<sign>[+-])?£(?P<money>{_DIGITS})(?P<unit>bn|m|k)?(?:\ (?P<side>to\ spare|short))?
    | (?P<bound>fewer\ than\ |more\ than\ |about\ |[<>~])?(?P<count>{_DIGITS})\ of\ 100\b
    | (?:more\ than\ )?(?P<minus>-)?(?P<share>{_DIGITS})\ ?%
    | (?P<time>{_DIGITS})\ (?P<period>months?|years?)\b
    | (?P<edge>fewer\ than\ |more\ than\ |[<>~])?(?P<less>-)?(?P<plain>{_DIGITS})""",
    re.VERBOSE,
)


def half_step(digits: str, *, rough: bool = False) -> float:
    """Give half a unit of the last digit shown; a rough figure's is any step of 1, 2, 5 or 10 that divides it."""
    places = len(digits.partition(".")[2])
    step = 10.0**-places
    if rough or not places:
        value = round(float(digits.replace(",", "")) / step)
        zeros = len(str(value)) - len(str(value).rstrip("0")) if value else 0
        step *= 10.0**zeros if not rough else max((s for s in (1, 5, 10, 50, 100) if value % s == 0), default=1)
    return step / 2


def number(digits: str) -> float:
    return float(digits.replace(",", ""))


def written(text: str, unit: str) -> list[Written]:
    """Give every number in a text with the figures that it stands for, money in a unit."""
    return [Written(found[0], *_range(found, _SCALES[unit.removeprefix("£")])) for found in _NUMBER.finditer(text)]


def _range(found: "re.Match[str]", scale: float) -> tuple[float, float]:
    """Give the lowest and the highest figure that a number stands for."""
    if found["rare"]:
        return _rare(found["rare"], number(found["often"]))
    if found["none"]:
        return 0.0, 0.0
    if found["money"]:
        return _money(found, scale)
    if found["count"]:
        return _of_hundred(found["bound"] or "", number(found["count"]))
    digits = found["share"] or found["time"] or found["plain"]
    parts = 100.0 if found["share"] else 12.0 if (found["period"] or "").startswith("month") else 1.0
    middle, half = number(digits) / parts, half_step(digits) / parts
    return (-middle - half, -middle + half) if found["minus"] or found["less"] else (middle - half, middle + half)


def _money(found: "re.Match[str]", scale: float) -> tuple[float, float]:
    """Give the amounts that one stands for; what is to spare is a gap below nothing, and nothing has no sign."""
    size = _SCALES[found["unit"] or ""] / scale
    middle, half = number(found["money"]) * size, half_step(found["money"], rough=bool(found["some"])) * size
    if not middle:
        half = half if found["unit"] else 500 / scale  # to the nearest thousand
        return -half, half
    turned = (found["sign"] == "-") != (found["side"] == "to spare")
    return (-middle - half, -middle + half) if turned else (middle - half, middle + half)


def _rare(text: str, often: float) -> tuple[float, float]:
    """Give the chances that ``1 in so many`` stands for, and those of all but that."""
    digits = f"{often:.0f}"
    half = 10.0 ** (len(digits) - len(digits.rstrip("0"))) / 2
    low, high = (0.0, 1 / often) if re.search("fewer than|<", text) else (1 / (often + half), 1 / (often - half))
    return (1 - high, 1 - low) if text.startswith("all but") else (low, high)


def _of_hundred(bound: str, count: float) -> tuple[float, float]:
    """Give the chances that ``so many of 100`` stands for."""
    if bound in {"fewer than ", "<"}:
        return 0.0, count / 100
    if bound in {"more than ", ">"}:
        return count / 100, 1.0
    half = (5.0 if count % 10 == 0 else 2.5) if bound in {"about ", "~"} else 0.5
    return (count - half) / 100, (count + half) / 100
