"""What options cost once, who pays, and what reserves they need: parts of a council's section.

Each is told of a summary document, its text cleaned: of a council by its id and its options, as ``verdicts`` has them.
"""

from collections.abc import Iterator, Sequence

from simlib.barcharts import bar_chart
from simlib.cells import amount_cell, chance_cell, largest
from simlib.charts import in_one_hearing, reserve_curve, reserves_fan
from simlib.layout import Cell, Chart, Section, Table, without_empty
from simlib.verdicts import Document, Pair, one_off_sentence, total
from simlib.wording import chance_count, joined, money, named, out_of_hundred, year_end

__all__ = ["cost_part", "first_year_part", "reserves_part"]

Rows = Sequence[tuple[str, str, Pair]]
_OWN = "Own pots are the council's own receipts and earmarked reserves: its own money, spent once."
_USED_UP = " A minus in the general fund is money that is not there: that budget could not be balanced."


def cost_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell what each option costs once, and who pays."""
    told = tuple(words for row in pairs if (words := one_off_sentence(document, *row[1:])))
    funded = [row for row in pairs if row[2].get("general_fund") or row[2].get("one_off_gross")]
    once = (without_empty(_one_off_table(document, council, funded)),) if funded else ()
    tables = (*once, *_payback_table(document, council, pairs))
    chart = _payers_chart(document, council, pairs)
    if not told and not tables:
        return None
    return Section(f"costs_{council}", "What it costs once, and who pays", told, tables, (chart,) if chart else ())


_PAYERS = ("own pots", "others", "the general fund")


def _payers_chart(document: Document, council: str, pairs: Rows) -> Chart | None:
    """Give the one-off costs by who pays, as planned and on average."""
    bars, unit = [], document["unit"]
    for key, label, pair in pairs:
        for level, name in (("plan", "as planned"), ("mean", "on average")):
            gross, own, external = (total(pair, figure, level) or 0.0 for figure in _ONE_OFFS[:3])
            if gross:
                bars.append((key, f"{label}, {name}", (own, external, gross - own - external)))
    if not bars:
        return None
    name = document["councils"][council]["label"]
    told = in_one_hearing([(label, sum(parts), money(sum(parts), unit)) for _, label, parts in bars])
    alt = f"Bars of the one-off costs of {name} by who pays: {told}"
    title = f"{name}: one-off costs, and who pays them"
    parts = [f"paid by {payer}" for payer in _PAYERS]
    return bar_chart(f"costs_{council}", title, f"{alt}.", bars, parts, unit, "One-off cost")


def _one_off_table(document: Document, council: str, rows: Sequence[tuple[str, str, Pair]]) -> Table:
    """Set the cash of the years and the one-off money apart from the recurring gap."""
    target, last = document["target_year"], document["years"][-1]
    gaps = any(pair.get("gap_recurring") for _, _, pair in rows)
    return Table(
        f"one_off_{council}",
        "In-year cash, one-off money and reserves (apart from the recurring gap)" if gaps else "One-off money",
        (
            "Option",
            f"In-year gap {target or last}: middle",
            "One-off cost: plan",
            "on average",
            "paid from own pots",
            "paid by others",
            "on the general fund",
            "one-off savings",
            "Reserves hold in",
            f"General fund {last}: 1 in 10 worse than",
        ),
        _one_off_rows(document, rows),
        _OWN + (_USED_UP if any(pair.get("general_fund") for _, _, pair in rows) else ""),
    )


def _payback_table(document: Document, council: str, pairs: Rows) -> Iterator[Table]:
    """Give after how many years each option with a cost has paid it back, and how often not within the years shown."""
    years, last = document["years"], document["years"][-1]
    rows = tuple(
        (
            Cell(label),
            *(_years_cell(paid[level], last) for level in ("plan", "p10", "p50", "p90")),
            Cell(f"{chance_count(paid['beyond_horizon'])} of 100", paid["beyond_horizon"]),
        )
        for _, label, pair in pairs
        if (paid := pair.get("payback")) and total(pair, "one_off_gross", "mean")
    )
    if rows:
        quick = ("Business case", "1 in 10 sooner than", "middle", "1 in 10 later than", f"Not by {year_end(last)}")
        caption = "Years until savings have repaid the one-off costs"
        note = f"Years from 1 April {years[0][:4]} {_UNTIL}"
        yield Table(f"payback_{council}", caption, ("Option", *quick), rows, note)


_UNTIL = (
    "to the end of the first one from which savings received stay at or above what was spent. The council's own pots"
    " count as spent, other people's money does not. Only futures in which anything is spent or saved are counted."
)


def _years_cell(years: int | None, last: str) -> Cell:
    """Give a number of years, or that they lie beyond those shown."""
    return Cell(f"not by {last}") if years is None else Cell(f"{years}", float(years))


def _one_off_rows(document: Document, rows: Sequence[tuple[str, str, Pair]]) -> tuple[tuple[Cell, ...], ...]:
    """Give every option's row; each kind of money is told in one unit down its columns."""
    unit = document["unit"]
    in_years, costs, funds = zip(*(_one_off_figures(document, pair) for _, _, pair in rows), strict=True)
    found = []
    for (_, label, pair), in_year, cost, fund in zip(rows, in_years, costs, funds, strict=True):
        holds = pair["closes"].get("reserves_hold")
        found.append((
            Cell(label),
            amount_cell(in_year, unit, largest(in_years)),
            *(amount_cell(amount, unit, largest(a for row in costs for a in row)) for amount in cost),
            chance_cell(holds),
            amount_cell(fund, unit, largest(funds)),
        ))  # fmt: skip
    return tuple(found)


def _one_off_figures(document: Document, pair: Pair) -> tuple[float | None, tuple[float | None, ...], float | None]:
    """Give the in-year gap, the one-off costs (planned, and on average by who pays) and the last general fund."""
    target, last = document["target_year"], document["years"][-1]
    in_year = (pair.get("gap_after") or {}).get(target or last) or {}
    fund = (pair.get("general_fund") or {}).get(last) or {}
    gross, own, external, net = (total(pair, name, "mean") for name in _ONE_OFFS)
    saved = total(pair, "one_off_savings", "mean")
    borne = None if net is None else net + (saved or 0.0)  # a saving beside a cost is not a smaller cost
    costs = (total(pair, "one_off_gross", "plan"), gross, own, external, borne, saved or None)
    return in_year.get("p50"), costs, fund.get("p10")


_ONE_OFFS = ("one_off_gross", "one_off_own_pots", "one_off_external_pots", "one_off_net")




def reserves_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell how reserves go, and what opening balance would hold."""
    charts = tuple(chart for build in (reserves_fan, reserve_curve) if (chart := build(document, council)))
    needed = [(label, pair["reserve_needed"]) for _, label, pair in pairs if pair.get("reserve_needed")]
    if not needed:
        return Section(f"reserves_{council}", "Reserves", charts=charts, detail=True) if charts else None
    unit, levels = document["unit"], ("plan", "80", "90", "95")
    like = largest(found[level] for _, found in needed for level in levels)
    spent = {label: total(pair, "one_off_own_pots", "mean") for _, label, pair in pairs}
    rows = tuple(
        (
            Cell(label),
            *(amount_cell(found[level], unit, like, found["error"].get(level, 0.0)) for level in levels),
            amount_cell(spent[label], unit, like),
        )
        for label, found in needed
    )
    needs = (f"{level} of 100 futures" for level in levels[1:])
    headings = ("Option", "Business case", *needs, "Own pots spent as well")
    caption = "The opening balance that keeps reserves at or above their minimum in every year"
    told = _needed_sentence(document, council, needed, like)
    table = Table(f"reserve_needed_{council}_levels", caption, headings, rows, _BEFORE_ACTION)
    return Section(f"reserves_{council}", "Reserves", (told,), (table,), charts, detail=True)


_BEFORE_ACTION = (
    "Before further action: no later saving, council tax rise or use of other reserves is counted on. Own pots spent,"
    " on average, are the council's own money too: an option that spends none still holds them."
)


def _needed_sentence(document: Document, council: str, needed: Sequence[tuple[str, Document]], like: float) -> str:
    """Tell the opening balance for 90 of 100 futures under each option."""
    minimum = document["councils"][council]["general_fund_minimum"]
    unit = document["unit"]
    amounts = joined([f"{money(found['90'], unit, like=like)} under {named([label])}" for label, found in needed])
    floor = f" of {money(minimum, unit)}" if minimum is not None else ""
    opening = document["councils"][council].get("general_fund_opening")
    held = "" if opening is None else f" It opens with {money(opening, unit)}{_mark(document, council)}."
    return (
        f"To stay at or above the minimum{floor} in every year to {document['years'][-1]}, without further action, in"
        f" 90 of 100 futures, the general fund would have to open with {amounts}.{held}"
    )


def _mark(document: Document, council: str) -> str:
    """Say where the opening balance is somebody's judgement."""
    found = (document.get("figures") or {}).get(f"councils.{council}.general_fund.opening") or {}
    return " (judgement)" if (found.get("source") or {}).get("mark") == "judgement" else ""


_FIRST = (
    "A gap that is closed in an early year, when it is small, may open again: how often it is closed in the target year"
    " is told in the summary."
)


def first_year_part(document: Document, council: str, pairs: Rows) -> Section | None:
    """Tell in which year the gap is first closed."""
    years = [*document["years"], "never"]
    rows = [(key, label, [pair["first_year_closed"][y] for y in years]) for key, label, pair in pairs
            if pair.get("first_year_closed") and pair["first_year_closed"]["never"] < 1]  # fmt: skip
    if not rows:
        return None
    name = document["councils"][council]["label"]
    told = in_one_hearing([(label, 1 - shares[-1], f"{out_of_hundred(1 - shares[-1])} of 100")
                           for _, label, shares in rows])  # fmt: skip
    what = f"Bars of the first year in which the recurring gap of {name} is closed; it may open again"
    alt = f"{what}. By {years[-2]}: {told}."
    parts = [*document["years"], f"not by {document['years'][-1]}"]
    title = f"{name}: the first year in which the gap is closed (it may open again)"
    chart = bar_chart(f"first_year_{council}", title, alt, rows, parts, "", "Futures of 100")
    return Section(f"first_year_{council}", "When the gap is first closed", (_FIRST,), (), (chart,), detail=True)
