"""A small made-up run whose summary document follows the contract; no figure in it is a real council's."""

import copy
from functools import lru_cache
from typing import Any

import numpy as np

YEARS = ["2016/17", "2017/18", "2018/19", "2019/20", "2020/21"]
TARGET = "2019/20"
TESTS = {
    "target_year": "gap closed in the target year",
    "in_year": "balanced in the target year, in cash",
    "from_target_year": "gap closed from the target year on",
    "every_year": "balanced in every year, in cash",
    "reserves_hold": "reserves stay above their minimum",
    "reserves_restored": "reserves end no lower than they began",
}
LEVELS = {"p5": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
OPTIONS: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "do_nothing": ("Do nothing", ("south", "sedge"), 0.0, 0.0),
    "solo": ("Solo business case", ("south",), 4.2, 4.46),
    "joint": ("Joint Authority with the neighbour", ("south", "sedge"), 1.2, 1.4),
    "alliance": ("Strategic alliance", ("south", "sedge"), 0.0, 0.0),
    "both": ("Solo business case and strategic alliance together", ("south", "sedge"), 4.3, 4.5),
    "merged": ("Joint Authority and transformation", ("south",), 5.0, 5.6),
}


def chance(p: float, n: int, *, plan: bool = False) -> dict[str, Any]:
    """Give a probability with its standard error and Wilson interval."""
    z = 1.959963984540054
    middle, half = p + z * z / 2 / n, z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    bounds = [
        max(0.0, float((middle - half) / (1 + z * z / n))),
        min(1.0, float((middle + half) / (1 + z * z / n))),
    ]
    return {
        "probability": float(p),
        "error": float(np.sqrt(p * (1 - p) / n)),
        "interval": bounds,
        "plan": plan,
    }


def given(p: float, n: int) -> dict[str, Any]:
    """Give a chance under a condition."""
    return {"probability": float(p), "error": float(np.sqrt(p * (1 - p) / n)), "count": n}


def statistics(values: np.ndarray, plan: float) -> dict[str, Any]:
    """Give the statistics dictionary of one row of simulated values."""
    n, sd = len(values), float(values.std(ddof=1))
    quantiles = {name: float(np.quantile(values, level)) for name, level in LEVELS.items()}
    error = {"mean": sd / n**0.5} | dict.fromkeys(LEVELS, 1.5 * sd / n**0.5)
    found = {"mean": float(values.mean()), **quantiles}
    interval = {name: [value - 2 * error[name], value + 2 * error[name]] for name, value in found.items()}
    return found | {"sd": sd, "plan": float(plan), "error": error, "interval": interval}


def drawn(mean: float, sd: float, p5: float, p50: float, p95: float) -> dict[str, Any]:
    """Give what was drawn of a driver, with errors of a few thousand futures."""
    figures = {"mean": mean, "sd": sd, "p5": p5, "p50": p50, "p95": p95}
    return figures | {"error": dict.fromkeys(figures, sd / 50)}


def by_year(rows: np.ndarray, plan: np.ndarray) -> dict[str, Any]:
    """Give statistics for each year."""
    return {year: statistics(row, p) for year, row, p in zip(YEARS, rows, plan, strict=True)}


def _pair(rng: np.random.Generator, scale: float, full: float, cost: float, n: int) -> dict[str, Any]:
    """Give one option's results for one council, in closed form from a few draws."""
    target = YEARS.index(TARGET)
    gap_plan = scale * np.array([0.6, 1.9, 3.1, 4.1, 4.1])
    drift = np.cumsum(rng.normal(0.05, 0.18, (5, n)), axis=0) * scale
    ramp, share = np.array([0.0, 1 / 3, 2 / 3, 1.0, 1.0]), rng.beta(9, 1.5, n)
    run_plan, run = scale * full * ramp, scale * full * np.outer(ramp, share)
    before, recurring = gap_plan[:, None] + drift, gap_plan[:, None] + drift - run
    in_year, in_year_plan = recurring + 0.1 * scale * full * (ramp[:, None] < 1), gap_plan - run_plan
    gross_plan = scale * cost * np.array([0.3, 0.5, 0.2, 0.0, 0.0])
    gross = np.outer(gross_plan, rng.lognormal(0.2, 0.3, n))
    own, external = np.minimum(gross, gross_plan[:, None]) * 0.4, np.minimum(gross, gross_plan[:, None]) * 0.3
    net = gross - own - external
    fund = 4.0 * scale - np.cumsum(in_year + net, axis=0)
    fund_plan = 4.0 * scale - np.cumsum(in_year_plan + gross_plan * 0.3)
    need = 2 * scale + np.maximum(0, np.cumsum(in_year + net, axis=0).max(axis=0))
    gap, plan_gap = recurring[target], float((gap_plan - run_plan)[target])
    closed = float((gap <= 5e-9).mean())
    closes: dict[str, Any] = {test: chance(closed, n, plan=plan_gap <= 0) for test in TESTS}
    closes["in_year"] = chance(closed / 2, n, plan=plan_gap <= 0)
    closes["reserves_hold"] = chance(float((fund >= 2 * scale).all(axis=0).mean()), n)
    mean_plan = {"plan": plan_gap, "mean": float(gap.mean())}
    first = {YEARS[0]: 0.0} | dict.fromkeys(YEARS[1:], closed / 4) | {"never": 1 - closed}
    return {
        "closes": closes,
        "gap_after": by_year(in_year, in_year_plan),
        "gap_recurring": by_year(recurring, gap_plan - run_plan),
        "savings": by_year(run * 0.9, run_plan),
        "run_rate": by_year(run, run_plan),
        "one_off_gross": by_year(gross, gross_plan),
        "one_off_net": by_year(net, gross_plan * 0.3),
        "one_off_own_pots": by_year(own, gross_plan * 0.4),
        "one_off_external_pots": by_year(external, gross_plan * 0.3),
        "general_fund": by_year(fund, fund_plan),
        "shortfall": {
            "probability": 1 - closed,
            "mean_if_short": float(gap[gap > 0].mean()) if (gap > 0).any() else None,
            "p90": float(np.quantile(np.maximum(gap, 0), 0.9)),
        },
        "reserve_needed": _needed(need, 2.0 * scale),
        "first_year_closed": first,
        "payback": None,
        "npv": None,
        "share_of_gap_met": statistics(run[target] / before[target], float(run_plan[target] / gap_plan[target])),
        "bridge": {
            **mean_plan,
            "together": 0.0,
            "steps": [
                {"address": f"{name}", "label": label, "shift": (mean_plan["mean"] - plan_gap) * part}
                for name, label, part in (("delivery", "Savings delivered", 0.7), ("pay", "Pay award", 0.3))
            ],
        },
        "curve": {
            "probabilities": [k / 100 for k in range(101)],
            "values": [float(v) for v in np.quantile(gap, np.arange(101) / 100)],
        },
        "reserves_hold_with_gap": {"probability": 0.02, "mean_gap": 0.4},
    }


def _needed(need: np.ndarray, plan: float) -> dict[str, Any]:
    """Give the opening balance that holds, at three levels and at every one."""
    levels = ("80", "90", "95")
    found: dict[str, Any] = {level: float(np.quantile(need, int(level) / 100)) for level in levels}
    curve = {"probabilities": [k / 100 for k in range(101)], "values": np.quantile(need, np.arange(101) / 100).tolist()}
    errors = dict.fromkeys(levels, 0.01)
    intervals = {level: [found[level] - 0.02, found[level] + 0.02] for level in levels}
    return found | {"plan": plan, "error": errors, "interval": intervals, "curve": curve}


def swing(address: str, shift: float, mean: float, *, kept: float | None = 0.5) -> dict[str, Any]:
    """Give what an assumption's tenths do: a chance beside the average, unless there is none."""
    sides = {}
    for name, sign in (("low", -0.5), ("high", 0.5)):
        share = None if kept is None else min(max(kept - sign * shift / 4, 0.0), 1.0)
        told = {} if share is None else {"probability": share, "probability_error": 0.01}
        sides[name] = {"count": 819, "value": 0.85 + sign / 5, "mean": mean + sign * shift, "error": 0.01, **told}
    return {"address": address, "shift": shift, "error": 0.014, "enters": True, **sides}


def document(n: int = 4_000, *, options: tuple[str, ...] = tuple(OPTIONS)) -> dict[str, Any]:
    """Give a summary document as ``summary.json`` holds it; it may be changed."""
    return copy.deepcopy(_document(n, options))


@lru_cache(maxsize=8)
def _document(n: int, options: tuple[str, ...]) -> dict[str, Any]:
    """Make the document once."""
    rng = np.random.default_rng(7)
    scales = {"south": 1.0, "sedge": 0.46}
    built = {}
    for key in options:
        label, councils, full, cost = OPTIONS[key]
        pairs = {c: _pair(rng, scales[c], full, cost, n) for c in councils}
        joint = {"closes": {test: chance(0.01, n) for test in TESTS}} if len(councils) > 1 else None
        built[key] = {
            "label": label,
            "councils": pairs,
            "jointly": joint,
            "claim": None,
            "no_costed_saving": key == "alliance",
            "does_nothing": key == "do_nothing",
        }
    base = {key: {c: pair["closes"]["target_year"] for c, pair in o["councils"].items()} for key, o in built.items()}
    gap_plan = np.array([0.6, 1.9, 3.1, 4.1, 4.1])
    return {
        "simlib": 1,
        "config": {
            "digest": "sha256:" + "ab" * 32,
            "title": "South: the options put to Full Council",
            "as_at": "2016-03-17",
            "seed": 20160317,
            "simulations": n,
            "sampler": "random",
            "dimensions": None,
        },
        "unit": "£m",
        "prices": "cash",
        "years": YEARS,
        "target_year": TARGET,
        "headline": "target_year",
        "tests": TESTS,
        "councils": {
            "south": {
                "label": "South District Council",
                "general_fund_opening": 4.0,
                "general_fund_minimum": 2.0,
                "pots": {"receipts": {"label": "Capital receipts", "owner": "own", "opening": 1.3143}},
            },
            "sedge": {
                "label": "Sedge District Council",
                "general_fund_opening": 1.84,
                "general_fund_minimum": 0.9,
                "pots": {},
            },
        },
        "options": built,
        "gap_before": {
            c: by_year(gap_plan[:, None] * s + rng.normal(0, 0.2 * s, (5, n)), gap_plan * s) for c, s in scales.items()
        },
        "comparisons": {},
        "reading_notes": {
            "cautious": {"label": "Cautious delivery", "why": "delivery as councils rated Amber"},
            "larger_gap": {"label": "A larger gap", "why": "the leader had said £3.2m in October 2015"},
        },
        "readings": {
            "cautious": {key: {c: chance(p["probability"] / 20, n) for c, p in o.items()} for key, o in base.items()},
            "larger_gap": {
                key: {c: chance(min(0.99, p["probability"] * 1.7), n) for c, p in o.items()} for key, o in base.items()
            },
        },
        "events": {
            "partner_signs": {
                "label": "The partner signs",
                "chance": chance(0.45, n),
                "requested": 0.45,
                "flagged": [],
                "plan": True,
                "closes_if": {
                    key: {c: given(min(p["probability"] * 1.3, 0.999), n // 2) for c, p in o.items()}
                    for key, o in base.items()
                },
                "closes_if_not": {
                    key: {c: given(p["probability"] * 0.6, n // 2) for c, p in o.items()} for key, o in base.items()
                },
            }
        },
        "outputs": {},
        "drivers": {
            "drivers.pay_award": {
                "kind": "share",
                "label": "Pay award",
                "requested": {
                    "family": "mixture",
                    "sentence": "usually 1%, with a 15% chance of a shock",
                    "mean": 0.01,
                    "sd": 0.01,
                    "p5": 0.0,
                    "p50": 0.01,
                    "p95": 0.03,
                },
                "achieved": drawn(0.0101, 0.01, 0.0, 0.01, 0.03)
                | {"by_year": dict.fromkeys(YEARS, drawn(0.0101, 0.01, 0.0, 0.01, 0.03))},
                "furthest_off": {"figure": "sd", "year": "2018/19", "errors": 2.1},
                "flagged": [],
                "stated": [],
                "plan": 0.01,
                "source": {"what": "national pay awards", "mark": "judgement", "date": "2015-11"},
                "owner": "Chief accountant",
                "note": None,
                "reference": None,
                "varies": "yearly",
            },
            "programmes.solo.realisation": {
                "kind": "share",
                "label": "Share of the solo savings delivered",
                "requested": {
                    "family": "beta",
                    "sentence": "about 94%, between 84% and 100% in 9 of 10 cases",
                    "mean": 0.94,
                    "sd": 0.05,
                    "p5": 0.84,
                    "p50": 0.95,
                    "p95": 1.0,
                },
                "achieved": drawn(0.94, 0.05, 0.84, 0.95, 1.0) | {"by_year": None},
                "furthest_off": {"figure": "mean", "year": None, "errors": 1.2},
                "flagged": [],
                "stated": [],
                "plan": 1.0,
                "source": None,
                "owner": None,
                "note": None,
                "reference": "uk_savings_final",
                "varies": "once",
            },
        },
        "sources": [],
        "notes": [],
        "leverage": {
            "solo": {
                "south": [
                    {
                        "address": "programmes.solo.realisation", "by": "one point", "step": 0.01, "shift": -0.042,
                        "just_closed": 1 - 0.1 / 4.2,
                    },
                    {
                        "address": "drivers.pay_award", "by": "one point", "step": 0.01, "shift": 0.0017,
                        "just_closed": None,
                    },
                ]
            }
        },
        "swings": {
            "options": {
                key: {
                    c: [
                        swing("programmes.solo.realisation", -0.9, pair["gap_recurring"][TARGET]["mean"]),
                        swing("events.partner_signs", -0.4, pair["gap_recurring"][TARGET]["mean"]),
                        swing("drivers.pay_award", 0.3, pair["gap_recurring"][TARGET]["mean"]),
                    ]
                    for c, pair in option["councils"].items()
                }
                for key, option in built.items()
            },
            "outputs": {},
        },
        "dependence": {},
        "checks": [
            {
                "id": "hindsight",
                "level": "warning",
                "address": "drivers.pay_award",
                "label": "Pay award",
                "text": "known only afterwards: dated 2016-11, after the decision of 2016-03-17",
            },
        ],
    }


def claims_only(n: int = 4_000) -> dict[str, Any]:
    """Give the document of a file with a claim and no gap."""
    whole = document(n, options=("both",))
    pair = whole["options"]["both"]["councils"]["south"]
    for key in ("gap_after", "gap_recurring", "share_of_gap_met", "bridge", "curve", "general_fund"):
        pair[key] = None
    pair["closes"] = dict.fromkeys(TESTS)
    pair["shortfall"] = pair["reserve_needed"] = pair["first_year_closed"] = pair["reserves_hold_with_gap"] = None
    claim = chance(0.24, n) | {
        "amount": 15.4,
        "basis": "cumulative",
        "by": "2020/21",
        "plan": 15.45,
        "mean": 13.8,
        "p10": 11.0,
        "p50": 14.0,
        "p90": 15.9,
    }
    option = {
        "label": "Strategic alliance",
        "councils": {"south": pair},
        "jointly": None,
        "claim": claim,
        "no_costed_saving": False,
        "does_nothing": False,
    }
    readings = {"part_of_year": {"alliance": {"claim": chance(0.6, n)}}}
    notes = {"part_of_year": {"label": "Part of a year", "why": "£0.6m may be part of a year"}}
    return whole | {
        "options": {"alliance": option},
        "gap_before": {"south": None},
        "target_year": None,
        "readings": readings,
        "reading_notes": notes,
        "events": {},
        "leverage": {},
        "swings": {"options": {"alliance": {"claim": [swing("drivers.pay_award", -3.0, 13.8)]}}, "outputs": {}},
    }


def outputs_only(n: int = 4_000) -> dict[str, Any]:
    """Give the document of a file with drivers and outputs and no council."""
    values = np.random.default_rng(1).normal(9.0, 1.0, n)
    return document(n, options=()) | {
        "options": {},
        "councils": {},
        "gap_before": {},
        "years": [],
        "target_year": None,
        "readings": {},
        "reading_notes": {},
        "events": {},
        "outputs": {"awards": {"label": "Money awarded", "kind": "money"} | statistics(values, 9.0)},
        "leverage": {},
        "swings": {"options": {}, "outputs": {"awards": [swing("drivers.pay_award", 1.5, 9.0, kept=None)]}},
    }


def summary(doc: dict[str, Any] | None = None) -> Any:
    """Give a summary as ``summarise`` would: the document, the config's text and the manifest."""
    from simlib.summary import Summary

    found = doc or document()
    manifest = {
        "digest": found["config"]["digest"],
        "seed": found["config"]["seed"],
        "versions": {"simlib": "0.1.0", "numpy": "2.4"},
        "machine": "x86_64",
        "made": "2026-11-22 10:00 UTC",
        "timings": {"simulate": 0.1},
    }
    return Summary(document=found, config_text="simlib: 1\n", manifest=manifest)
