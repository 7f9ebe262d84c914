"""Financial years as plain integers and their spellings; nothing here knows about money or configs.

A financial year runs from 1 April to 31 March and is stored as the calendar year it starts in:
2016 is 2016/17. Time is a float in years: 2016.0 is 1 April 2016, 2016.5 is 1 October 2016.
"""

import re
from datetime import date

_YEAR = re.compile(r"(\d{4})\s*/\s*(\d{2}|\d{4})", re.ASCII)
_ADDRESS = re.compile(r"y(\d{4})_(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)
FIRST, LAST = 1974, 2150  # no English district is older than 1974; later than 2150 is a slip of the pen


def parse_year(text: str) -> int:
    """Give the starting calendar year of a financial year such as ``2016/17`` or ``2016/2017``.

    Raises
    ------
    ValueError
        When the text is no financial year, or its second part does not follow the first.
    """
    match = _YEAR.fullmatch(text.strip())
    if not match:
        raise ValueError("expected a financial year such as 2016/17")
    start, end = int(match[1]), match[2]
    if end != str(start + 1)[-len(end) :]:
        raise ValueError(f"expected a financial year such as {start}/{(start + 1) % 100:02d}")
    if not FIRST <= start <= LAST:
        raise ValueError(f"expected a financial year between {FIRST}/75 and {label(LAST)}")
    return start


def parse_years(text: str) -> tuple[int, ...]:
    """Give every year of a range such as ``2016/17 to 2020/21``, or of a single year."""
    first, separator, last = text.partition(" to ")
    start = parse_year(first)
    stop = parse_year(last) if separator else start
    if stop < start:
        raise ValueError("expected years in order such as 2016/17 to 2020/21")
    return tuple(range(start, stop + 1))


def parse_moment(text: str) -> float:
    """Give a moment in years from a month or day (``2012-12``, ``2013-03-31``) or a year's 1 April (``2016/17``).

    A month without a day means its first day; 1 April 2012 is 2012.0.
    """
    match = _MONTH.fullmatch(text.strip())
    if not match:
        return float(parse_year(text))
    try:
        day = date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError as problem:
        raise ValueError("expected a month such as 2012-12 or a day such as 2013-03-31") from problem
    return moment(day)


def moment(day: date) -> float:
    """Give a day as a time in financial years: whole months from April, then days of the month."""
    return day.year + ((day.month - 4) + (day.day - 1) / 31) / 12


def label(year: int) -> str:
    """Spell a year as people write it: ``2016/17``."""
    return f"{year}/{(year + 1) % 100:02d}"


def address(year: int) -> str:
    """Spell a year as a part of an address: ``y2016_17``."""
    return f"y{year}_{(year + 1) % 100:02d}"


def parse_address(part: str) -> int | None:
    """Give the year that an address part such as ``y2016_17`` names, or None where it names none."""
    match = _ADDRESS.fullmatch(part)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        return None
    return int(match[1])
