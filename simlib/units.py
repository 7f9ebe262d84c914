"""Numbers as people write them: money, shares and durations parsed at one door and formatted at one exit.

Nothing here knows about configs or addresses; a refused text raises ``ValueError`` with the expectation only.
"""

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, get_args

MoneyUnit = Literal["£", "£k", "£m", "£bn"]
UNITS: tuple[MoneyUnit, ...] = get_args(MoneyUnit)
SCALES: dict[str, float] = {"£": 1.0, "£k": 1e3, "£m": 1e6, "£bn": 1e9}

LARGEST = Decimal("1e15")  # beyond any council's figures; double precision holds pennies below it
LONGEST_DURATION = 1_000  # years: longer is a slip of the pen
_POWERS = {"": 0, "k": 3, "m": 6, "bn": 9}
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:_[0-9]+)*)"
_NUMBER = rf"(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?"
_PLAIN = re.compile(rf"[-+]?{_NUMBER}")
_MONEY = re.compile(
    rf"(?P<before>[-+]?)(?P<pound>£?)(?P<after>[-+]?)(?P<number>{_NUMBER})(?P<suffix>k|m|bn)?", re.IGNORECASE
)
_SHARE = re.compile(rf"(?P<number>[-+]?{_NUMBER}) ?(?P<percent>%?)")
_DURATION = re.compile(rf"(?P<number>[-+]?{_NUMBER}) ?(?P<unit>months?|years?)")
_LONGEST = 40

EXPECTED_NUMBER = "a number such as 1.5, 1_000 or 1e6"
EXPECTED_MONEY = "money such as £1.2m, £22,000 or 1.2"
EXPECTED_SHARE = "a share such as 0.85 or 85%"
EXPECTED_DURATION = "a duration such as 6 months or 2 years"


def parse_number(text: str) -> float:
    """Give a plain number such as ``1.5``, ``1_000``, ``1,000`` or ``1e6``.

    Raises
    ------
    ValueError
        When the text is no number, or one beyond 1e15.

    Examples
    --------
    >>> parse_number("131_072")
    131072.0
    """
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text):
        raise ValueError(f"expected {EXPECTED_NUMBER}")
    return _float(_decimal(text))


def parse_money(text: str, unit: str) -> float:
    """Give an amount of money [unit]; a bare number is in the unit already.

    Parameters
    ----------
    text
        Such as ``£1.2m``, ``£22,000``, ``-£0.5m``, ``£-0.5m`` or ``1.2``.
    unit
        One of £, £k, £m, £bn.

    Raises
    ------
    ValueError
        When the text is no money, or more than 1e15 of the unit.

    Examples
    --------
    >>> parse_money("£22,000", "£m"), parse_money("-£0.5m", "£k"), parse_money("1.2", "£m")
    (0.022, -500.0, 1.2)
    """
    match = _MONEY.fullmatch(text) if len(text) <= _LONGEST else None
    if not match or (match["before"] and match["after"]) or bool(match["suffix"]) > bool(match["pound"]):
        raise ValueError(f"expected {EXPECTED_MONEY}")
    if not match["pound"]:
        return parse_number(text)
    power = _POWERS[(match["suffix"] or "").lower()] - _POWERS[unit.removeprefix("£")]
    return _float(_decimal(match["before"] + match["after"] + match["number"]).scaleb(power))


def parse_share(text: str) -> float:
    """Give a share such as ``0.85`` or ``85%``; beyond 1 or -1 it must be written with ``%``.

    Raises
    ------
    ValueError
        When the text is no share, or a bare number that may have been meant as a percentage.

    Examples
    --------
    >>> parse_share("85%"), parse_share("140%"), parse_share(".2")
    (0.85, 1.4, 0.2)
    """
    match = _SHARE.fullmatch(text) if len(text) <= _LONGEST else None
    if not match:
        raise ValueError(f"expected {EXPECTED_SHARE}")
    number = _decimal(match["number"])
    if match["percent"]:
        return _float(number.scaleb(-2))
    if abs(number) > 1:
        raise ValueError(f"expected {EXPECTED_SHARE} (beyond 1 with a %)")
    return _float(number)


def parse_duration(text: str) -> float:
    """Give a duration [years] such as ``6 months`` or ``.5 years``; only 0 needs no unit.

    Raises
    ------
    ValueError
        When the text is no duration, or a number without its unit.

    Examples
    --------
    >>> parse_duration("6 months"), parse_duration("2 years"), parse_duration("0")
    (0.5, 2.0, 0.0)
    """
    match = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
    if not match:
        if len(text) <= _LONGEST and _PLAIN.fullmatch(text) and parse_number(text) == 0:
            return 0.0
        raise ValueError(f"expected {EXPECTED_DURATION}")
    number = _decimal(match["number"])
    years = number / 12 if match["unit"].startswith("month") else number
    if abs(years) > LONGEST_DURATION:
        raise ValueError(f"expected {EXPECTED_DURATION}, at most {LONGEST_DURATION:,} years")
    return _float(years)


def format_share(value: float, *, digits: int | None = None, step: float = 0.0) -> str:
    """Write a share as a percentage: three significant figures, or down to a step, unless decimals are asked for.

    Examples
    --------
    >>> format_share(0.85), format_share(0.006), format_share(1.4), format_share(1 / 3, digits=0)
    ('85%', '0.6%', '140%', '33%')
    """
    percent = 100 * value
    written = _significant(percent, 100 * step) if digits is None else f"{percent:.{digits}f}"
    return ("0" if not written.strip("-0.") else written) + "%"


def format_duration(value: float, *, step: float = 0.0) -> str:
    """Write a duration [years] in years where they are whole, in months otherwise.

    Examples
    --------
    >>> format_duration(0.5), format_duration(1.5), format_duration(2.0), format_duration(0.0)
    ('6 months', '18 months', '2 years', '0 months')
    """
    whole = round(value)
    if whole and abs(value - whole) < 1e-9:
        return f"{whole} year" if abs(whole) == 1 else f"{whole} years"
    months = _significant(12 * value, 12 * step)
    months = "0" if not months.strip("-0.") else months
    return f"{months} month" if months.lstrip("-") == "1" else f"{months} months"


def half_penny(unit: str) -> float:
    """Give half a penny [unit]: a gap below it is closed.

    Examples
    --------
    >>> half_penny("£m")
    5e-09
    """
    return float(Decimal("0.005").scaleb(-_POWERS[unit.removeprefix("£")]))


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("_", ""))


def _float(number: Decimal) -> float:
    if abs(number) > LARGEST:
        raise ValueError("expected a figure of at most 1e15")
    return float(number) + 0.0  # no negative zero


def _significant(value: float, step: float = 0.0) -> str:
    """Write three significant figures, all of those before the point, and those down to a step."""
    if (digits := _digits(value, step)) > 3:
        return f"{value:,.{digits}g}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 or value == 0 else f"{value:.0e}"


def figure(value: float, kind: str, unit: str, *, step: float = 0.0) -> str:
    """Give a figure of a kind as it was meant, not rounded for a report.

    Parameters
    ----------
    value : float
        Money in the file's unit, shares as 0.02, durations in years.
    kind : str
        money, share, duration, count or number.
    unit : str
        The file's unit of money.
    step : float
        There are digits enough to tell apart what is so far from it, where the usual ones are too few.

    Examples
    --------
    >>> figure(1.3143, "money", "£m"), figure(0.022, "money", "£m"), figure(0.85, "share", "£m")
    ('£1.3143m', '£22,000', '85%')
    >>> figure(100_000.025, "number", "£"), figure(100_000.025, "number", "£", step=0.01)
    ('100,000', '100,000.02')
    """
    if kind == "money":
        return _exact_money(value, unit, step)
    if kind == "share":
        return format_share(value, step=step)
    if kind == "duration":
        return format_duration(value, step=step)
    return f"{value:,.{max(6, _digits(value, step))}g}"


def shower(kind: str, unit: str, spread: float) -> Callable[[float], str]:
    """Give what writes the figures of one distribution: to four digits, and more where its spread is in later ones.

    Examples
    --------
    >>> show = shower("number", "£", 0.05)
    >>> show(99_999.936), show(0.123456)
    ('99,999.936', '0.1235')
    """
    step = spread / 20 if 0 < spread < math.inf else 0.0

    def show(value: float) -> str:
        return figure(float(f"{value:.{max(4, _digits(value, step))}g}"), kind, unit, step=step)

    return show


def beside(values: Sequence[float], error: float, kind: str, unit: str) -> list[str]:
    """Give figures that are to be compared, in one unit and no finer than an error; as they are without an error.

    Examples
    --------
    >>> beside((0.1, 0.09997), 0.0007, "money", "£m"), beside((6.0, 5.99), 0.02, "duration", "£")
    (['£0.1000m', '£0.1000m'], ['72.0 months', '71.9 months'])
    """
    if not 0 < error < math.inf:
        return [figure(float(f"{value:.4g}"), kind, unit) for value in values]
    scale, before, after = _spoken(max(map(abs, values)), kind, unit)
    places = -math.floor(math.log10(error * scale))
    told = [round(value * scale, places) + 0.0 for value in values]  # no negative zero
    return [f"{'-' * (value < 0)}{before}{abs(value):,.{max(places, 0)}f}{after}" for value in told]


def _spoken(largest: float, kind: str, unit: str) -> tuple[float, str, str]:
    """Give by what a figure is multiplied to be spoken, and what stands before and after it."""
    if kind == "money":
        pounds = largest * SCALES[unit]
        suffix = next((s for s, scale in (("bn", 1e9), ("m", 1e6), ("k", 1e4)) if pounds >= scale / 10), "")
        return SCALES[unit] / SCALES[f"£{suffix}"], "£", suffix
    return {"share": (100.0, "", "%"), "duration": (12.0, "", " months")}.get(kind, (1.0, "", ""))


def _digits(value: float, step: float) -> int:
    """Give how many significant digits of a value reach down to a step; at most the fifteen that there are."""
    if not value or not step:
        return 0
    return min(math.floor(math.log10(abs(value))) - math.floor(math.log10(step)) + 1, 15)


def _exact_money(value: float, unit: str, step: float) -> str:
    """Give an amount with every digit that the file has, up to five, or down to a step."""
    pounds = abs(value) * SCALES[unit]
    sign = "-" if value < 0 and pounds >= 0.005 else ""
    for suffix, scale in (("bn", 1e9), ("m", 1e6)):
        if pounds >= scale / 10 - 0.5:
            return f"{sign}£{pounds / scale:,.{max(5, _digits(value, step))}g}{suffix}"
    return f"{sign}£{pounds:,.0f}" if pounds >= 100 or pounds == int(pounds) else f"{sign}£{pounds:,.2f}"
