"""Numbers into words that members accept, never finer than they deserve; nothing is read or printed here."""

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from simlib.units import SCALES

__all__ = [
    "chance",
    "chance_count",
    "chance_range",
    "clean",
    "finer_money",
    "finer_step",
    "joined",
    "margin",
    "money",
    "named",
    "number",
    "out_of_hundred",
    "person_share",
    "rounded_hundred",
    "sentence_case",
    "year_end",
]

# From these pounds on a figure is told in this unit: (from, unit, step shown, decimals). A unit starts where
# the one below it would round up to it: £99,600 is £0.1m, not £100k.
_MONEY_STEPS = (
    (1e9 - 5e4, "bn", 1e8, 1),
    (1e5 - 500, "m", 1e5, 1),
    (1e3 - 0.5, "k", 1e3, 0),
    (0.0, "", 1.0, 0),
)
_SUFFIXES = {"bn": 1e9, "m": 1e6, "k": 1e3, "": 1.0}
_NORMAL_975 = 1.959963984540054
# Characters that reorder or hide text: harmless in a name, harmful in a report.
_PLAIN = re.compile(r"[\w./|:-]*", re.ASCII)  # an id, an address, a year: nothing to clean
_INVISIBLE = (0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A),
              0xFEFF)  # fmt: skip
# A control character becomes a space, so that the words beside it stay apart; half a character too.
_CONTROL = (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))
_SHOWN = dict.fromkeys(_CONTROL, " ") | dict.fromkeys(_INVISIBLE)


def clean(text: object, *, longest: int = 1_000) -> str:
    r"""Give text from a file without control, reordering or invisible characters, on one line.

    Parameters
    ----------
    text : object
        Any words of the user's; None gives the empty text.
    longest : int
        Longer text is cut there, with an ellipsis [characters].

    Examples
    --------
    >>> clean("Solo\x1b[31m  business\ncase")
    'Solo [31m business case'
    """
    words = "" if text is None else str(text)
    if _PLAIN.fullmatch(words) and len(words) <= longest:
        return words
    shown = re.sub(r"\s+", " ", words.translate(_SHOWN)).strip()
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


_RARE = 0.01  # a smaller chance is told as 1 in so many
_SHARP = 0.05  # an error below this part of it lets a rare chance have two digits


def year_end(year: str) -> str:
    """Give the last day of a financial year.

    Examples
    --------
    >>> year_end("2019/20")
    '31 March 2020'
    """
    return f"31 March {int(year[:4]) + 1}"


def out_of_hundred(probability: float, error: float = 0.0) -> str:
    """Give how many of 100 futures, rounded only as finely as the simulation error supports.

    Parameters
    ----------
    probability : float
        Share of the futures [0 to 1].
    error : float
        Its standard error from a finite number of futures [0 to 1].

    Notes
    -----
    The step is 1 while the 95 % half-width stays within 1.5 of 100, then 5 (to 7.5), then 10. A figure
    that would round to 0 or 100 is told as fewer than one step, or more than 100 less one step.

    Examples
    --------
    >>> out_of_hundred(0.274, 0.001), out_of_hundred(0.274, 0.02), out_of_hundred(0.001, 0.0001)
    ('27', 'about 25', 'fewer than 1')
    """
    rounded, step = rounded_hundred(probability, error)
    if rounded <= 0:
        return f"fewer than {step}"
    if rounded >= 100:
        return f"more than {100 - step}"
    return f"{rounded}" if step == 1 else f"about {rounded}"


def rounded_hundred(probability: float, error: float = 0.0) -> tuple[int, int]:
    """Give how many of 100 futures, and the step to which that is rounded [of 100].

    Examples
    --------
    >>> rounded_hundred(0.274, 0.001), rounded_hundred(0.274, 0.02)
    ((27, 1), (25, 5))
    """
    half_width = 100 * _NORMAL_975 * error
    step = 1 if half_width <= 1.5 else 5 if half_width <= 7.5 else 10
    return step * math.floor(100 * probability / step + 0.5), step


def chance(probability: float, error: float = 0.0, interval: Sequence[float] | None = None) -> str:
    """Give a chance as people say it: ``27 of 100``, and never 0 or 100 of 100.

    Parameters
    ----------
    probability, error : float
        Share of the futures, and its standard error [0 to 1].
    interval : sequence of two floats, optional
        The 95 % interval (Wilson). At a share of 0 or 1 its far end tells how many futures there were.

    Notes
    -----
    The rule of three: an event that none of n futures shows has a chance below 3/n, at 95 %.

    Examples
    --------
    >>> chance(0.274, 0.001), chance(0.9991, 0.0001), chance(0.0, 0.0, [0.0, 3.841311e-05])
    ('27 of 100', 'more than 99 of 100', 'fewer than 1 in 33,000')
    >>> chance(0.0, 0.0, [0.0, 0.7934]), chance(1.0, 0.0, [0.2066, 1.0])  # of one future
    ('fewer than 95 of 100', 'more than 5 of 100')
    """
    if interval is not None and probability <= 0:
        return f"fewer than {_at_most(interval[1])}"
    if interval is not None and probability >= 1:
        few = _futures(1 - interval[0])
        if few < _FEW:
            return f"more than {100 - _percent(few)} of 100"
        return f"all but fewer than {_at_most(1 - interval[0])}"
    return f"{out_of_hundred(probability, error)} of 100"


_FEW = 6  # futures; of fewer the rule of three says next to nothing


def _at_most(bound: float) -> str:
    """Give the chance that an event which none of some futures shows stays below."""
    futures = _futures(bound)
    if futures < _FEW:
        return f"{_percent(futures)} of 100"
    third = futures / 3 * (1 + 1e-9)
    step = 10 ** max(math.floor(math.log10(third)) - 1, 0)
    return f"1 in {math.floor(third / step) * step:,.0f}"


def _futures(bound: float) -> float:
    """Give the number of futures from the Wilson bound of none of them: z²/(n + z²)."""
    square = _NORMAL_975**2
    return max(square * (1 - bound) / bound, 1.0) if 0 < bound < 1 else 1.0


def _percent(futures: float) -> int:
    """Give how many of 100 have at most what none of a few futures shows, at 95 % [of 100]."""
    return math.ceil(100 - 100 * float(0.05 ** (1 / futures)) - 1e-6)


def odds(probability: float, error: float = 0.0, interval: Sequence[float] | None = None) -> str:
    """Give a chance as :func:`chance` does, and a rare one as ``about 1 in 10,000``.

    Parameters
    ----------
    probability, error, interval
        As in :func:`chance`.

    Examples
    --------
    >>> odds(0.274, 0.001), odds(0.0001, 0.00003), odds(0.9967, 0.0002), odds(0.0, 0.0, [0.0, 3.841311e-05])
    ('27 of 100', 'about 1 in 10,000', 'all but about 1 in 300', 'fewer than 1 in 33,000')
    """
    rare = min(probability, 1 - probability)
    if not 0 < rare < _RARE:
        return chance(probability, error, interval)
    digits = 2 if error < _SHARP * rare else 1
    often = round(1 / rare, digits - 1 - math.floor(math.log10(1 / rare)))
    return f"{'all but ' if probability > rare else ''}about 1 in {often:,.0f}"


def interval_words(interval: Sequence[float]) -> str:
    """Give an interval of a chance in per cent, as finely as it is wide.

    Examples
    --------
    >>> interval_words([0.2712, 0.2768]), interval_words([0.000058, 0.00017]), interval_words([0.0, 0.00003])
    ('27.1% to 27.7%', '0.006% to 0.017%', '0% to 0.003%')
    """
    low, high = (100 * end for end in interval)
    places = max(0, math.ceil(-math.log10((high - low) / 3))) if high > low else 0
    return " to ".join(f"{end:.{places}f}%" if end else "0%" for end in (low, high))


def chance_count(probability: float, error: float = 0.0) -> str:
    """Give how many of 100 for a narrow column: ``27``, ``<1``, ``>99``.

    Examples
    --------
    >>> chance_count(0.274, 0.001), chance_count(0.0), chance_count(1.0)
    ('27', '<1', '>99')
    """
    words = out_of_hundred(probability, error)
    return words.replace("fewer than ", "<").replace("more than ", ">").replace("about ", "~")


def chance_range(estimates: Iterable[tuple[float, float]], names: Sequence[str] = ()) -> str | None:
    """Give the range of a chance over readings: ``from fewer than 1 to 18``.

    Parameters
    ----------
    estimates : iterable of (probability, error)
        One for each reading, in any order.
    names : sequence of str, optional
        Of the readings, to name those at the ends.

    Returns
    -------
    str or None
        None where there is nothing to compare.

    Examples
    --------
    >>> chance_range([(0.05, 0.001), (0.002, 0.0001), (0.18, 0.001)])
    'from fewer than 1 to 18 across the readings tested'
    >>> chance_range([(0.0, 0.0), (0.001, 0.0)])
    'fewer than 1 of 100 on every reading tested'
    >>> chance_range([(0.05, 0.001), (0.18, 0.001)], ["as it is", "‘hopeful’"])
    'from 5 (as it is) to 18 (‘hopeful’) across the readings tested'
    """
    found = list(estimates)
    if len(found) < 2:
        return None
    order = sorted(range(len(found)), key=found.__getitem__)
    low, high = (out_of_hundred(*found[order[at]]) for at in (0, -1))
    if low == high or high.startswith("fewer"):
        return f"{high} of 100 on every reading tested"
    ends = [f"{words} ({names[order[at]]})" if names else words for words, at in ((low, 0), (high, -1))]
    return f"from {ends[0]} to {ends[1]} across the readings tested"


def money(value: float | None, unit: str, error: float = 0.0, *, signed: bool = False, like: float = 0.0) -> str:
    """Give an amount to £0.1m, small ones in £k or £, and never finer than its error.

    Parameters
    ----------
    value : float or None
        The amount; None is told as a dash [unit].
    unit : str
        The file's unit: ``£``, ``£k``, ``£m`` or ``£bn``.
    error : float
        Its standard error [unit].
    signed : bool
        Write a plus before what is above nothing.
    like : float
        Largest amount it stands beside: beside millions, thousands are not told [unit].

    Examples
    --------
    >>> money(4.14, "£m"), money(-0.3, "£m"), money(0.0752, "£m"), money(4100, "£k")
    ('£4.1m', '-£0.3m', '£75k', '£4.1m')
    >>> money(2.44, "£m", 0.2)
    'about £2.5m'
    >>> money(0.06, "£m"), money(0.06, "£m", like=4.1)
    ('£60k', '£0.1m')
    """
    if value is None:
        return "–"
    pounds, slack = value * SCALES[unit], abs(error) * SCALES[unit]
    size = max(abs(pounds), abs(like) * SCALES[unit])
    _, suffix, finest, decimals = next(row for row in _MONEY_STEPS if size >= row[0])
    step = _coarser(finest, slack)
    rounded = step * math.floor(abs(pounds) / step + 0.5)
    sign = "" if not rounded else "-" if pounds < 0 else "+" if signed else ""
    about = "about " if rounded and step > finest else ""
    return f"{about}{sign}{_spell(rounded, suffix, decimals if like else 0)}"


def finer_money(value: float, unit: str, like: float, *, signed: bool = False) -> str:
    """Give an amount in the unit of the largest it stands beside, a digit finer: steps that must add up to it.

    Examples
    --------
    >>> finer_money(0.0667, "£m", 4.2, signed=True), finer_money(-0.0004, "£m", 4.2, signed=True)
    ('+£0.07m', '£0.00m')
    >>> finer_money(50.0, "£", 900.0)
    '£50'
    """
    suffix, decimals = _finer(unit, like)
    amount = round(value * SCALES[unit] / _SUFFIXES[suffix], decimals)
    sign = "" if not amount else "-" if amount < 0 else "+" if signed else ""
    return f"{sign}£{abs(amount):,.{decimals}f}{suffix}"


def finer_step(unit: str, like: float) -> Fraction:
    """Give the step to which :func:`finer_money` rounds [unit].

    Examples
    --------
    >>> finer_step("£m", 4.2), finer_step("£k", 4_200.0), finer_step("£", 900.0)
    (Fraction(1, 100), Fraction(10, 1), Fraction(1, 1))
    """
    suffix, decimals = _finer(unit, like)
    return Fraction(int(_SUFFIXES[suffix]), 10**decimals * int(SCALES[unit]))


def _finer(unit: str, like: float) -> tuple[str, int]:
    """Give the unit of an amount, and the decimals that are one more than it is usually told with."""
    size = abs(like) * SCALES[unit]
    _, suffix, _, decimals = next(row for row in _MONEY_STEPS if size >= row[0])
    return suffix, decimals + bool(suffix)


def band_money(value: float | None, unit: str, error: float = 0.0, *, like: float) -> str:
    """Give an amount of a band, whose ends are near each other: a digit finer where its error allows.

    Examples
    --------
    >>> band_money(0.1634, "£m", 0.0004, like=0.3), band_money(0.1634, "£m", 0.04, like=0.3)
    ('£0.16m', '£0.2m')
    >>> band_money(1634.0, "£", 4.0, like=1900.0)
    '£1.6k'
    """
    if value is None:
        return "–"
    size = max(abs(value), abs(like)) * SCALES[unit]
    _, suffix, finest, _ = next(row for row in _MONEY_STEPS if size >= row[0])
    finer = bool(suffix) and abs(error) * SCALES[unit] <= finest / 10
    return finer_money(value, unit, max(abs(value), abs(like))) if finer else money(value, unit, error, like=like)


def _coarser(step: float, error: float) -> float:
    """Give the step to which an amount may be rounded: its unit's own, or the first its error allows [£]."""
    while error > step:
        step *= 5 if math.log10(step).is_integer() else 2
    return step


def _spell(pounds: float, suffix: str, decimals: int) -> str:
    """Spell an amount that is rounded already [£]; rounding may have carried it into the next unit."""
    if not pounds:
        return f"£{0:.{decimals}f}{suffix}" if decimals else "£0"
    _, suffix, _, decimals = next(row for row in _MONEY_STEPS if pounds >= row[0] or row[1] == suffix)
    return f"£{pounds / _SUFFIXES[suffix]:,.{decimals}f}{suffix}"


def margin(gap: float, unit: str, error: float = 0.0, *, half_penny: float = 0.0) -> str:
    """Give a gap as what it means: ``£0.1m to spare``, ``£2.9m short``, or ``exactly closed``.

    Parameters
    ----------
    gap : float
        Positive where money is short [unit].
    half_penny : float
        A gap within this is no gap [unit].

    Examples
    --------
    >>> margin(-0.1, "£m"), margin(2.9, "£m"), margin(0.0, "£m")
    ('£0.1m to spare', '£2.9m short', 'exactly closed')
    """
    if abs(gap) <= half_penny or money(gap, unit, error) == "£0":
        return "exactly closed"
    return f"{money(abs(gap), unit, error)} {'to spare' if gap < 0 else 'short'}"


def number(value: float | None, error: float = 0.0) -> str:
    """Give a bare figure to three significant digits, or fewer where its error says so.

    Examples
    --------
    >>> number(0.066667), number(1234.5), number(12.34, 2.0)
    ('0.0667', '1,230', '12')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    if error > 0:
        places = min(places, -math.floor(math.log10(error)))
    rounded = round(value, places)
    return f"{rounded:,.{max(places, 0)}f}"


def person_share(value: float | None) -> str:
    """Give a share in whole per cent: ``85%``; small ones to one digit.

    Examples
    --------
    >>> person_share(0.853), person_share(0.004), person_share(1.0)
    ('85%', '0.4%', '100%')
    """
    if value is None:
        return "–"
    return f"{100 * value:.0f}%" if abs(value) >= 0.0995 or value == 0 else f"{100 * value:.1f}%"


def joined(parts: Sequence[str], word: str = "and") -> str:
    """Join a list as people do: ``a, b and c``.

    Examples
    --------
    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else ""


def named(names: Sequence[str], word: str = "and") -> str:
    """Join names that may be long, each in quotation marks: where one ends is seen, and heard.

    Examples
    --------
    >>> named(["Alone", "Alone and together"])
    '‘Alone’ and ‘Alone and together’'
    """
    return joined([f"‘{name}’" for name in names], word)


def sentence_case(text: str) -> str:
    """Give words with a capital first letter and the rest as they are."""
    return text[:1].upper() + text[1:]
