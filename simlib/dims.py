"""Names, units and meanings of the variables in results: one place for datasets, reports and docs."""

SIMULATION, YEAR, COUNCIL, OPTION, MEASURE, EVENT = (
    "simulation",
    "year",
    "council",
    "option",
    "measure",
    "event",
)

# variable: (what people call it, its unit with {money}, what it means)
VARIABLES: dict[str, tuple[str, str, str]] = {
    "gap_before": (
        "Gap before savings",
        "{money}",
        "recurring budget gap before any option; positive where money is short",
    ),
    "savings": (
        "Savings in the year",
        "{money}",
        "savings received in the year, cash, less what is counted twice",
    ),
    "run_rate": ("Savings, a year's worth", "{money} a year", "a year's worth of savings as at 31 March"),
    "gap_after": ("Gap in the year", "{money}", "gap before savings less the savings received in the year"),
    "gap_recurring": (
        "Recurring gap",
        "{money} a year",
        "gap before savings less a year's worth of savings as at 31 March",
    ),
    "one_off_gross": (
        "One-off costs, gross",
        "{money}",
        "one-off costs and one-off lines before any pot pays",
    ),
    "one_off_own_pots": (
        "One-off costs paid from own pots",
        "{money}",
        "paid by the council's own reserves and receipts",
    ),
    "one_off_external_pots": ("One-off costs paid by others", "{money}", "paid by grants and partners"),
    "one_off_savings": (
        "One-off savings",
        "{money}",
        "savings that come once; they reach the general fund only",
    ),
    "one_off_net": (
        "One-off costs on the general fund",
        "{money}",
        "gross, less what pots pay and one-off savings",
    ),
    "general_fund": ("General fund", "{money}", "balance at the year's end, before further action"),
    "delivered": (
        "Delivered by the measure",
        "{money}",
        "savings received in the year, all councils together",
    ),
    "delivered_run_rate": (
        "Delivered, a year's worth",
        "{money} a year",
        "a year's worth as at 31 March, all councils",
    ),
    "happens": (
        "Moment of the event",
        "years from 1 April of the first year",
        "infinite where it does not happen",
    ),
}

TESTS: dict[str, str] = {
    "target_year": "The recurring gap is closed on 31 March of the target year",
    "in_year": "The target year's own budget balances in cash",
    "from_target_year": "The recurring gap is closed in the target year and every later one",
    "every_year": "Every year's budget balances in cash",
    "reserves_hold": "The general fund stays at or above its minimum in every year",
    "reserves_restored": "The general fund ends no lower than it started",
}
