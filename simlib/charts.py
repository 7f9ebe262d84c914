"""Fans and curves of a report: their figures, titles and messages in words; nothing is drawn here.

Bars and waterfalls are in ``simlib.barcharts``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simlib.layout import Cell, Chart, Table
from simlib.plots import Band, Curve, CurveLine, Fan, FanPanel
from simlib.verdicts import of_gap, pairs_of
from simlib.wording import chance, margin, money

__all__ = ["gap_bands", "gap_curve", "gap_fan", "in_one_hearing", "reserve_curve", "reserves_fan", "savings_fan"]

Document = Mapping[str, Any]
_LEVELS = ("p10", "p25", "p50", "p75", "p90")
_GAP_NAMES = ("1 in 10 better than", "1 in 4 better than", "middle", "1 in 4 worse than", "1 in 10 worse than")
_HEARD = 3  # options that can be told apart by ear
_SHARES = tuple(range(5, 100, 5))  # futures of 100 at which a curve's table has a row
_CONFIDENCES = tuple(range(50, 100))  # of which a reader may ask for the reserve needed


def _band(by_year: Mapping[str, Any], years: tuple[str, ...]) -> Band:
    """Gather the quantiles and the plan of a by-year mapping."""
    rows = [tuple(float(by_year[year][level]) for year in years) for level in (*_LEVELS, "plan")]
    return Band(*rows)


def _pairs(document: Document, council: str, figure: str) -> dict[str, Document]:
    """Give by id the results of each option that has a figure for a council, with what the option is."""
    return {
        key: {**pair, "label": label} for key, label, pair in pairs_of(document, council) if pair.get(figure)
    }


def in_one_hearing(found: Sequence[tuple[str, float, str]]) -> str:
    """Tell options' figures in words that can be listened to: a few one by one, of many the lowest and the highest.

    Parameters
    ----------
    found : sequence of (label, figure, words)
        The words tell the figure.

    Examples
    --------
    >>> in_one_hearing([("Alone", 0.1, "£0.1m"), ("Together", 0.3, "£0.3m")])
    '£0.1m (Alone); £0.3m (Together)'
    >>> in_one_hearing([("A", 2, "£2m"), ("B", 1, "£1m"), ("C", 3, "£3m"), ("D", 2, "£2m")])
    'lowest £1m (B), highest £3m (C)'
    """
    if len(found) <= _HEARD:
        return "; ".join(f"{words} ({label})" for label, _, words in found)
    (low, _, least), (high, _, most) = (pick(found, key=lambda each: each[1]) for pick in (min, max))
    if least == most:
        return f"{least} under all {len(found)} options"
    return f"lowest {least} ({low}), highest {most} ({high})"


def _rest_told(count: int) -> str:
    """Say where the options are that the words have left out."""
    return f" The table has all {count} options." if count > _HEARD else ""


def gap_fan(document: Document, council: str) -> Chart | None:
    """Give the recurring gap by option and year.

    Parameters
    ----------
    document : mapping
        A summary document, its text cleaned.
    council : str
        Its id.
    """
    shown = _pairs(document, council, "gap_recurring")
    return gap_bands(document, council, shown) if shown and document["target_year"] is not None else None


def gap_bands(document: Document, council: str, shown: Mapping[str, Document]) -> Chart:
    """Give the recurring gap of a council in several cases beside each other.

    Parameters
    ----------
    document : mapping
        Of a summary's document the years, the target year, the unit, the headline and the councils are looked at.
    shown : mapping
        By id what a summary has of an option and this council, with ``label`` and ``no_costed_saving``.
    """
    target, unit = document["target_year"], document["unit"]
    years, name = tuple(document["years"]), document["councils"][council]["label"]
    panels = tuple(_gap_panel(key, pair, years, document) for key, pair in shown.items())
    middle, plan = (
        in_one_hearing([(pair["label"], gap[level], margin(gap[level], unit)) for pair in shown.values()
                        for gap in [pair["gap_recurring"][target]]])
        for level in ("p50", "plan")
    )  # fmt: skip
    return Chart(
        f"gap_{council}",
        f"{name}: the recurring gap by option",
        f"Fan chart of the recurring gap of {name} by option and year. In {target}, middle of the futures: {middle}. "
        f"Business case: {plan}.{_rest_told(len(shown))}",
        Fan(years, target, panels, unit, "Recurring gap (dot: target year)", 0.0, "gap closed"),
        _years_table(
            f"gap_{council}_figures", "The recurring gap on 31 March of each year (a minus is money to spare)", shown,
            "gap_recurring", unit, _GAP_NAMES,
        ),
    )  # fmt: skip


def _gap_panel(key: str, pair: Document, years: tuple[str, ...], document: Document) -> FanPanel:
    """Give one option's panel; its message is the headline chance."""
    headline = pair["closes"].get(document["headline"])
    holds = "closes" if of_gap(document) else "test met"
    message = f"{holds} in {chance(headline['probability'], headline['error'])} futures" if headline else ""
    if pair["no_costed_saving"]:
        message = "no costed saving"
    elif headline and headline["probability"] == 0:
        message = f"{holds} in no future drawn"
    return FanPanel(key, pair["label"], message, _band(pair["gap_recurring"], years))


def savings_fan(document: Document, council: str) -> Chart | None:
    """Give the savings received by option and year, of a council for which no gap is stated."""
    shown, unit = _pairs(document, council, "savings"), document["unit"]
    shown = {k: p for k, p in shown.items() if any(e["plan"] or e["sd"] for e in p["savings"].values())}
    if not shown or _pairs(document, council, "gap_recurring"):
        return None
    years, name = tuple(document["years"]), document["councils"][council]["label"]
    panels = tuple(FanPanel(key, pair["label"], "", _band(pair["savings"], years)) for key, pair in shown.items())
    last = years[-1]
    middle, plan = (
        in_one_hearing([(pair["label"], pair["savings"][last][level], money(pair["savings"][last][level], unit))
                        for pair in shown.values()])
        for level in ("p50", "plan")
    )  # fmt: skip
    return Chart(
        f"savings_{council}",
        f"{name}: savings received in each year",
        f"Fan chart of the savings of {name} by option and year. In {last}, middle of the futures: {middle}. "
        f"Business case: {plan}.{_rest_told(len(shown))}",
        Fan(years, None, panels, unit, "Savings received in the year", 0.0, "no saving"),
        _years_table(
            f"savings_{council}_figures", "Savings received in each year", shown, "savings", unit, _GAP_NAMES[::-1]
        ),
    )  # fmt: skip


def gap_curve(document: Document, council: str) -> Chart | None:
    """Give the share of futures against the size of the gap in the target year."""
    shown, target, unit = _pairs(document, council, "curve"), document["target_year"], document["unit"]
    if not shown or target is None:
        return None
    plans = {key: pair["gap_recurring"][target]["plan"] for key, pair in shown.items()}
    lines = tuple(_line(key, pair["label"], pair["curve"], plans[key]) for key, pair in shown.items())
    name = document["councils"][council]["label"]
    return Chart(
        f"position_{council}",
        f"{name}: how large a gap remains in {target}",
        f"Curves of how large a recurring gap of {name} remains in {target}. The middle half of the futures: "
        f"{in_one_hearing([_half(line, unit) for line in lines])}.{_rest_told(len(lines))}",
        Curve(
            lines, unit, f"Recurring gap in {target} (left of the rule: closed)",
            "Futures of 100 in which the gap is no larger", 0.0, "gap closed",
        ),
        _curve_table(
            f"position_{council}_figures",
            f"The recurring gap in {target}: in so many of 100 futures it is no larger (a minus is money to spare)",
            "Futures of 100", lines, unit, _SHARES,
        ),
    )  # fmt: skip


def _line(key: str, label: str, curve: Document, plan: float) -> CurveLine:
    """Give a curve of the summary as a line."""
    return CurveLine(key, label, tuple(map(float, curve["probabilities"])), tuple(map(float, curve["values"])), plan)


def _half(line: CurveLine, unit: str) -> tuple[str, float, str]:
    """Give a curve's name, its middle, and its middle half in words."""
    low, high = (_at(line, share) for share in (25, 75))
    return line.label, _at(line, 50), f"between {_side(low, high, unit)} and {_side(high, low, unit)}"


def _side(value: float, beside: float, unit: str) -> str:
    """Tell a gap beside another: ``£0.2m to spare``."""
    return f"{money(abs(value), unit, like=max(abs(value), abs(beside)))} {'to spare' if value < 0 else 'short'}"


def _at(line: CurveLine, share: int) -> float:
    """Give a line's value at so many of 100 futures."""
    return line.values[round(share / 100 * (len(line.values) - 1))]


def reserves_fan(document: Document, council: str) -> Chart | None:
    """Give the general fund's path by option, with its minimum as the rule."""
    shown, minimum = _pairs(document, council, "general_fund"), document["councils"][council]["general_fund_minimum"]
    if not shown or minimum is None:
        return None
    years, unit, name = tuple(document["years"]), document["unit"], document["councils"][council]["label"]
    panels = tuple(_reserves_panel(key, pair, years) for key, pair in shown.items())
    last = years[-1]
    ends = [(pair["label"], fund["p50"], money(fund["p50"], unit)) for pair in shown.values()
            for fund in [pair["general_fund"][last]]]  # fmt: skip
    return Chart(
        f"reserves_{council}",
        f"{name}: the general fund before further action",
        f"Fan chart of the general fund of {name} by option and year, against its minimum of "
        f"{money(minimum, unit)}. Middle of the futures at the end of {last}: {in_one_hearing(ends)}."
        f"{_rest_told(len(shown))}",
        Fan(
            years, document["target_year"], panels, unit, "General fund at 31 March (dot: target year)",
            float(minimum), "minimum",
        ),
        _years_table(
            f"reserves_{council}_figures",
            "The general fund on 31 March of each year (a minus is money that is not there)", shown, "general_fund",
            unit, _GAP_NAMES[::-1],
        ),
    )  # fmt: skip


def _reserves_panel(key: str, pair: Document, years: tuple[str, ...]) -> FanPanel:
    """Give one option's panel; its message is how often the reserves hold."""
    holds = pair["closes"].get("reserves_hold")
    message = f"holds in {chance(holds['probability'], holds['error'])} futures" if holds else ""
    if holds and holds["probability"] == 0:
        message = "below its minimum in every future drawn"
    return FanPanel(key, pair["label"], message, _band(pair["general_fund"], years))


def reserve_curve(document: Document, council: str) -> Chart | None:
    """Give the opening balance that would hold against the confidence wanted; a reader may ask for one of their own."""
    shown = {k: p for k, p in _pairs(document, council, "reserve_needed").items() if p["reserve_needed"].get("curve")}
    if not shown:
        return None
    unit, name = document["unit"], document["councils"][council]["label"]
    needed = {key: pair["reserve_needed"] for key, pair in shown.items()}
    lines = tuple(_line(k, pair["label"], needed[k]["curve"], needed[k]["plan"]) for k, pair in shown.items())
    told = [(pair["label"], needed[key]["90"], money(needed[key]["90"], unit)) for key, pair in shown.items()]
    return Chart(
        f"reserve_needed_{council}",
        f"{name}: the opening balance that would hold",
        f"Curves of the opening balance that keeps the reserves of {name} at or above their minimum in every year. "
        f"For 90 of 100 futures: {in_one_hearing(told)}.{_rest_told(len(shown))}",
        Curve(
            lines, unit, "Opening balance of the general fund", "Futures of 100 in which it is enough",
            document["councils"][council].get("general_fund_opening"), "held at the start",
        ),
        _curve_table(
            f"reserve_needed_{council}_figures",
            "The opening balance that keeps reserves at or above their minimum in so many of 100 futures",
            "Futures of 100", lines, unit, _CONFIDENCES,
        ),
        choose=True,
    )  # fmt: skip


# Their figures as tables


def _years_table(
    key: str, caption: str, pairs: Mapping[str, Document], figure: str, unit: str, names: tuple[str, ...]
) -> Table:
    """Give one figure's band in every year under every option."""
    rows: list[tuple[Cell, ...]] = []
    for pair in pairs.values():
        like = max(abs(entry[level]) for entry in pair[figure].values() for level in ("plan", "p10", "p90"))
        rows += [
            (Cell(f"{pair['label']}, {year}"), *_band_cells(entry, unit, like)) for year, entry in pair[figure].items()
        ]
    return Table(key, caption, ("Option and year", "Business case", *names), tuple(rows))


def _band_cells(entry: Document, unit: str, like: float) -> Iterator[Cell]:
    """Give a figure's plan and its band as cells."""
    for level in ("plan", *_LEVELS):
        yield Cell(money(entry[level], unit, entry["error"].get(level, 0.0), like=like), entry[level])


def _curve_table(
    key: str, caption: str, name: str, lines: tuple[CurveLine, ...], unit: str, shares: tuple[int, ...]
) -> Table:
    """Give curves as a table: a row for each share of the futures, a column for each option."""
    like = max(abs(value) for line in lines for value in line.values[1:-1])
    rows = tuple(
        (Cell(str(share)), *(Cell(money(_at(line, share), unit, like=like), _at(line, share)) for line in lines))
        for share in shares
    )
    return Table(key, caption, (name, *(line.label for line in lines)), rows)
