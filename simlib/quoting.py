"""One figure of a config in plain words: a number, a formula, a distribution; nothing else is told here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from simlib import years
from simlib.units import figure, shower
from simlib.wording import clean

__all__ = ["figure", "named", "plan_words", "quantity_words", "unmet_words", "yearly_words"]

_VARIES = {
    "once": "",
    "yearly": "; drawn anew each year",
    "walk": "; a step each year, adding to the ones before",
    "ar1": "; each year resembling the one before",
    "compounding": " growth a year, compounding from 1 in the year before the first",
    "reverting": "; a step each year, and {kept} of the year before's value stays",
}


def named(entry: Any, key: str) -> str:
    """Give an entry's label, or its id with spaces."""
    return clean(getattr(entry, "label", None) or key.replace("_", " "))


def quantity_words(quantity: Any, unit: str) -> str:
    """Tell one quantity: what it is, how it varies, what the plan has.

    Parameters
    ----------
    quantity : Quantity, SumOf, float or None
        As a config holds it.
    unit : str
        The file's unit of money.
    """
    if quantity is None:
        return "nothing stated"
    if isinstance(quantity, int | float):
        return f"{quantity:g}"
    if hasattr(quantity, "each"):
        return f"{quantity_words(quantity.count, unit)} amounts, each {quantity_words(quantity.each, unit)}"
    if hasattr(quantity, "values"):
        return yearly_words(quantity, unit, ())
    show = _shower(quantity.kind, unit)
    return _value_words(quantity, unit) + _varies_words(quantity) + _plan_aside(quantity, show)


def _shower(kind: str, unit: str) -> Callable[[float], str]:
    """Give the function that writes figures of a kind."""
    return lambda value: figure(value, kind, unit)


def _value_words(quantity: Any, unit: str) -> str:
    """Tell a constant, a formula or a distribution."""
    value, show = quantity.value, _shower(quantity.kind, unit)
    if isinstance(value, int | float):
        return show(float(value))
    if hasattr(value, "sentence"):
        told = clean(value.sentence(shower(quantity.kind, unit, value.sd)))
        return told + unmet_words([asdict(each) for each in quantity.stated], show)
    text = clean(value.text)
    if getattr(value, "condition", False):
        return f"holds where {text}"
    return text if text.replace(".", "_").isidentifier() else f"calculated as {text}"


def unmet_words(stated: Sequence[Mapping[str, Any]], show: Callable[[float], str]) -> str:
    """Tell what was stated and is not met, to the digits that are shown; nothing where all of it is.

    Parameters
    ----------
    stated : sequence of mapping
        ``statement``, ``expert``, ``stated`` and ``fitted`` of each, as in summary.json.
    show
        Writes a figure with its unit.

    Examples
    --------
    >>> said = {"statement": "p10", "expert": None, "stated": 2.0, "fitted": 2.3}
    >>> unmet_words([said, said | {"fitted": 2.00001}], "{:g}".format)
    '; stated but not met: p10 2 (it is 2.3)'
    """
    parts = []
    for each in stated:
        said, found = (None if x is None else show(float(f"{x:.4g}")) for x in (each["stated"], each["fitted"]))
        if said != found:
            who = f"{str(each['expert']).replace('_', ' ')}'s " if each["expert"] else ""
            parts.append(f"{who}{each['statement']} {said} (it is {found or 'open'})")
    return f"; stated but not met: {', '.join(parts)}" if parts else ""


def _varies_words(quantity: Any) -> str:
    """Tell how it moves through the years."""
    varies = quantity.varies
    return _VARIES[varies.mode].format(kept=f"{varies.phi:.3g}") if varies is not None else ""


def _plan_aside(quantity: Any, show: Callable[[float], str]) -> str:
    """Tell the plan beside what is uncertain, and the reference class it came from."""
    asides = []
    if quantity.plan is not None and not isinstance(quantity.value, int | float):
        plan = quantity.plan if isinstance(quantity.plan, tuple) else (quantity.plan,)
        asides.append(f"business case: {', '.join(dict.fromkeys(map(show, plan)))}")
    if quantity.reference:
        asides.append(f"reference class {quantity.reference}")
    return f" ({'; '.join(asides)})" if asides else ""


def plan_words(plan: Sequence[float], unit: str, horizon: Sequence[int]) -> str:
    """Tell money by year, and once only for years in which it is the same.

    Examples
    --------
    >>> plan_words((0.6, 4.1, 4.1), "£m", (2016, 2017, 2018))
    '£0.6m in 2016/17, £4.1m from 2017/18 to 2018/19'
    >>> plan_words((9.0, 9.0), "£m", (2016, 2017))
    '£9m each year'
    """
    told = [figure(value, "money", unit) for value in plan]
    runs = [list(run) for _, run in groupby(range(len(told)), key=told.__getitem__)]
    if len(runs) == 1:
        return f"{told[0]} each year"
    return ", ".join(f"{told[run[0]]} {_run_words(run, horizon)}" for run in runs)


def _run_words(run: Sequence[int], horizon: Sequence[int]) -> str:
    """Tell years in a row, by their places in the horizon."""
    first, last = (years.label(horizon[place]) for place in (run[0], run[-1]))
    return f"in {first}" if first == last else f"from {first} to {last}"


def yearly_words(value: Any, unit: str, horizon: Sequence[int]) -> str:
    """Tell a quantity, or one for each year."""
    if not hasattr(value, "values"):
        return quantity_words(value, unit)
    named_years = value.years or horizon
    told = [quantity_words(entry, unit) for entry in value.values]
    if len(set(told)) == 1:
        return f"{told[0]} each year"
    if len(named_years) != len(told):
        return "; ".join(told)
    return "; ".join(f"{text} in {years.label(year)}" for text, year in zip(told, named_years, strict=True))
