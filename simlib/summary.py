"""What the futures say, in numbers: everything in summary.json, computed once. Words and pictures come after.

``summarise`` reads every fact and figure once, estimates it with its simulation error, and lays the results
out as the contract of summary.json has them. The reading itself is in ``simlib.readouts``, the estimating in
``simlib.estimates``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib import dims
from simlib.actuals import actuals_checks, observed_entry
from simlib.bridge import bridge
from simlib.checking import checks, quality_checks, too_few
from simlib.citing import certain_figures, cited, notes, npv_terms
from simlib.correlating import dependence
from simlib.drivers import Driver
from simlib.entries import bounds, chance_entry, given, statistics_entry, sums
from simlib.estimates import Mean, Statistics, chance, ratio_mean
from simlib.gathering import CURVE, Estimates, estimates
from simlib.glance import at_a_glance
from simlib.kernels.paths import Floats
from simlib.leverage import leverage
from simlib.memory import uncollected
from simlib.naming import figure_name
from simlib.quality import Quality, achieved, asked_chance, judged, requested
from simlib.readouts import TESTS, YEARLY_FIGURES, Key, reaching, uncosted
from simlib.results import Futures
from simlib.sensitivity.swings import swings

FORMAT = 1
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """All that reports need: the document that summary.json holds, the config's text and the run's manifest.

    ``analyses`` are further documents on the same futures, by name (``sensitivity``, ``decisions``, ``changes``): each
    is a file of its own beside ``summary.json``, which does not depend on them.
    """

    document: Document
    config_text: str
    manifest: Mapping[str, Any] = field(default_factory=dict)
    analyses: Mapping[str, Document] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        config = self.document["config"]
        return f"<Summary of {config['title']!r}: {config['simulations']:,} futures, seed {config['seed']}>"

    def _repr_html_(self) -> str:
        """Show the answer in a notebook."""
        return at_a_glance(self.document)


def summarise(futures: Futures, plan: Futures, *, n_jobs: int | None = None) -> Summary:
    """Give what futures say beside the plan.

    Parameters
    ----------
    futures
        What :func:`simlib.simulate` gives.
    plan
        What :func:`simlib.simulate_plan` gives for the same model.
    n_jobs
        Workers; the result is the same for any number.
    """
    with uncollected():
        drawn = None
        if futures.before is not None:
            drawn = _Document(futures.before, plan, estimates(futures.before, n_jobs), n_jobs)
        found = estimates(futures, n_jobs)
        return Summary(_Document(futures, plan, found, n_jobs, drawn).document(), futures.model.config.text)


class _Document:
    """Lays the estimates out as summary.json has them."""

    def __init__(
        self,
        futures: Futures,
        plan: Futures,
        found: Estimates,
        n_jobs: int | None,
        before: "_Document | None" = None,
    ) -> None:
        self.futures, self.model = futures, futures.model
        self.found, self.n_jobs = found, n_jobs
        self.plan = plan.readouts
        self.plan_readings = plan.readings
        self.before = before  # of the same file, without the figures that have come in
        if before is None:
            self.steps, self.quality = bridge(self.model), Quality({}, 0.0)  # of too few futures nothing is judged
            if not too_few(futures):
                self.quality = judged(self.model, found.figures, found.chances, futures.replicates)
        else:  # what was asked for holds before anything came in
            self.steps, self.quality = before.steps, before.quality

    def document(self) -> Document:
        """Give the whole document, every key always present."""
        model, config = self.model, self.model.config
        together = dependence(self.futures.before or self.futures, self.n_jobs)
        return {
            "simlib": FORMAT,
            "config": {
                "digest": config.digest,
                "title": config.title,
                "as_at": None if config.as_at is None else config.as_at.isoformat(),
                "seed": self.futures.seed,
                "simulations": self.futures.count,
                "sampler": self.futures.sampler,
                "dimensions": self.futures.order,
                "set": dict(config.overrides),
            },
            "unit": model.unit,
            "prices": config.prices,
            "years": list(model.year_labels),
            "target_year": model.year_labels[model.target] if model.years else None,
            "headline": config.closes,
            "tests": dims.TESTS,
            "councils": {council.id: self._council(c) for c, council in enumerate(model.councils)},
            **self.sections(),
            "reading_notes": {
                n: {"label": r.label or n.replace("_", " "), "why": r.why} for n, r in config.readings.items()
            },
            "figures": certain_figures(config),
            "npv_terms": npv_terms(config),
            "observed": observed_entry(self.futures, None if self.before is None else self.before.sections()),
            "swings": swings(self.futures),
            "leverage": leverage(self.model),
            "dependence": together,
            "notes": list(notes(config)),
            "checks": self._checks(together),
        }

    def sections(self) -> Document:
        """Give every section that holds what futures are like."""
        model = self.model
        return {
            "options": {option.id: self._option(o) for o, option in enumerate(model.options)},
            "gap_before": {
                council.id: self._by_year(("gap_before", council.id))
                for council in model.councils
                if council.gap_plan is not None
            },
            "comparisons": self._comparisons(),
            "readings": {name: self._reading(name) for name in model.readings},
            "events": {event.address.removeprefix("events."): self._event(event.address) for _, event in model.events},
            "outputs": {output.id: self._output(output.id, output.label, output.kind) for output in model.outputs},
            "drivers": {node.address: self._driver(node) for node in model.nodes if isinstance(node, Driver)},
        }

    def _checks(self, together: Document) -> list[Document]:
        """Give what the reader must know, each with the name of what it is about."""
        found = [*actuals_checks(self.futures), *checks(self.futures, together), *quality_checks(self.quality)]
        named = (check["address"] and not check["address"].startswith("run.") for check in found)
        config = self.model.config
        return [check | {"label": figure_name(config, check["address"]) if has else None}
                for check, has in zip(found, named, strict=True)]  # fmt: skip

    # --- small parts ---------------------------------------------------------------------------------------

    def _chance(self, key: Key, *, plan: bool = True) -> Document | None:
        found = self.found.chances.get(key)
        if found is None:
            return None
        return chance_entry(found) | ({"plan": bool(self.plan[key][0])} if plan else {})

    def _probability(self, key: Key) -> float:
        return self.found.chances[key].probability

    def _by_year(self, key: Key) -> Document | None:
        found = self.found.figures.get(key)
        if found is None:
            return None
        plan = np.atleast_2d(self.plan[key])
        labels = self.model.year_labels
        return {labels[y]: statistics_entry(row, float(plan[y, 0])) for y, row in enumerate(found)}

    def _single(self, key: Key) -> Document | None:
        found = self.found.figures.get(key)
        return None if found is None else statistics_entry(found[0], float(np.atleast_1d(self.plan[key])[0]))

    # --- sections ------------------------------------------------------------------------------------------

    def _council(self, council: int) -> Document:
        home = self.model.councils[council]
        values = self.model.plan
        fund = home.fund
        minimum = None if fund is None else float(np.asarray(values[fund.minimum]).flat[0])
        opening = None if fund is None else float(np.asarray(values[fund.opening]).flat[0])
        pots = {
            pot.id: {
                "label": pot.label,
                "owner": pot.owner,
                "opening": float(np.asarray(values[pot.opening]).flat[0]),
            }
            for pot in home.pots
        }
        return {"label": home.label, "general_fund_opening": opening, "general_fund_minimum": minimum, "pots": pots}

    def _option(self, option: int) -> Document:
        chosen, config = self.model.options[option], self.model.config
        councils = [(c, self.model.councils[c].id) for c in chosen.councils]
        key = ("options", chosen.id)
        jointly = {test: self._chance((*key, "jointly", "closes", test)) for test in TESTS}
        return {
            "label": chosen.label,
            "councils": {name: self._pair(option, c) for c, name in councils},
            "jointly": {"closes": jointly} if len(councils) > 1 and any(jointly.values()) else None,
            "claim": self._claim(option),
            "no_costed_saving": bool(chosen.measures) and not any(self.model.measures[m].full for m in chosen.measures),
            "does_nothing": not chosen.measures,
            "note": config.options[chosen.id].note,
        }

    def _pair(self, option: int, council: int) -> Document:
        key = ("options", self.model.options[option].id, self.model.councils[council].id)
        figures = {name: self._by_year((*key, name)) for name in YEARLY_FIGURES}
        return {
            "closes": {test: self._chance((*key, "closes", test)) for test in TESTS},
            **self._costed(key, option, council),
            **figures,
            "shortfall": self._shortfall(key),
            "reserve_needed": self._reserve_needed(key),
            "first_year_closed": self._first_year(key),
            "payback": self._payback(key) if self.model.options[option].measures else None,
            "npv": self._npv(key),
            "share_of_gap_met": self._single((*key, "share_of_gap_met")),
            "reserves_hold_with_gap": self._held_with_gap(key),
            "bridge": self._bridge(key, option, council),
            "curve": self._curve(key, "gap_recurring"),
        }

    def _costed(self, key: Key, option: int, council: int) -> Document:
        """Tell whether the plan has any saving for a council, and the headline without what it has none for."""
        left_out = uncosted(self.model, option, council)
        alone = self._chance((*key, "costed_alone"))
        without = [self.model.measures[m].label for m in left_out]
        return {
            "no_costed_saving": bool(left_out) and left_out == reaching(self.model, option, council),
            "costed_alone": None if alone is None else alone | {"without": without},
        }

    def _shortfall(self, key: Key) -> Document | None:
        short = self._chance((*key, "shortfall", "short"), plan=False)
        amount = self.found.figures.get((*key, "shortfall", "amount"))
        if short is None or amount is None:
            return None
        mean = self._mean_where(amount[0], (*key, "shortfall", "short"))
        plan = float(self.plan[(*key, "shortfall", "amount")][0])
        errors = {"mean_if_short": mean.error, "p90": amount[0].errors["p90"]}
        intervals = bounds({"mean_if_short": mean.interval, "p90": amount[0].intervals["p90"]})
        values = {"mean_if_short": mean.mean, "p90": amount[0].quantiles["p90"], "plan": plan}
        return short | values | {"errors": errors, "intervals": intervals}

    def _mean_where(self, figure: Statistics, fact: Key) -> Mean:
        """Give the mean of a figure, nothing elsewhere, over the futures in which a fact holds; nothing without any."""
        counts = self.found.counts[fact]
        if not counts.any():
            return Mean(0.0, 0.0, (0.0, 0.0))
        return ratio_mean(sums(figure, self.futures.trials), counts)

    def _reserve_needed(self, key: Key) -> Document | None:
        found = self.found.figures.get((*key, "reserve_needed"))
        if found is None:
            return None
        levels = {"80": "p80", "90": "p90", "95": "p95"}
        plan = float(self.plan[(*key, "reserve_needed")][0])
        errors = {name: found[0].errors[level] for name, level in levels.items()}
        intervals = bounds({name: found[0].intervals[level] for name, level in levels.items()})
        values = {name: found[0].quantiles[level] for name, level in levels.items()}
        curve = self._curve(key, "reserve_needed")
        return values | {"plan": plan, "error": errors, "interval": intervals, "curve": curve}

    def _first_year(self, key: Key) -> Document | None:
        labels = (*self.model.year_labels, "never")
        if (*key, "first_year_closed", "never") not in self.found.chances:
            return None
        return {label: self._probability((*key, "first_year_closed", label)) for label in labels}

    def _payback(self, key: Key) -> Document | None:
        """Give years to pay back, of the futures in which anything is spent or saved; None where there are none."""
        years = [str(n) for n in range(1, len(self.model.years) + 1)]
        idle = self._probability((*key, "payback", "nothing"))
        if idle == 1.0:
            return None
        shares = [self._probability((*key, "payback", n)) / (1.0 - idle) for n in years]
        reached = np.cumsum(shares)
        by_level = {
            name: next((int(n) for n, r in zip(years, reached, strict=True) if r >= level - 1e-12), None)
            for name, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
        }
        plan = next((int(n) for n in years if self.plan[(*key, "payback", n)][0]), None)
        beyond = self._probability((*key, "payback", "beyond")) / (1.0 - idle)
        return by_level | {"beyond_horizon": beyond, "nothing_to_pay_back": idle, "plan": plan}

    def _npv(self, key: Key) -> Document | None:
        found = self._single((*key, "npv"))
        if found is None:
            return None
        rates = self.found.figures[(*key, "run_rate")]
        return found | {"horizon_cuts_benefits": bool(rates[-1].mean > self.model.tolerance)}

    def _held_with_gap(self, key: Key) -> Document | None:
        found = self._chance((*key, "holds_with_gap"), plan=False)
        if found is None:
            return None
        mean = self._mean_where(self.found.figures[(*key, "gap_where_held")][0], (*key, "holds_with_gap"))
        errors, intervals = {"mean_gap": mean.error}, bounds({"mean_gap": mean.interval})
        return found | {"mean_gap": mean.mean, "errors": errors, "intervals": intervals}

    def _bridge(self, key: Key, option: int, council: int) -> Document | None:
        found = self.found.figures.get((*key, "gap_recurring"))
        if found is None:
            return None
        plan = float(self.plan[(*key, "gap_recurring")][self.model.target, 0])
        mean = found[self.model.target].mean
        steps: list[Document] = [
            {"address": step.address, "label": step.label, "shift": step.shifts[option, council]}
            for step in self.steps
            if abs(step.shifts[option, council]) > self.model.tolerance
        ]
        if self.before is not None:
            shift = mean - self.before.found.figures[(*key, "gap_recurring")][self.model.target].mean
            steps.append({"address": "observed", "label": "The figures that have come in", "shift": shift})
        return {
            "plan": plan,
            "mean": mean,
            "steps": steps,
            "together": mean - plan - sum(step["shift"] for step in steps),
        }

    def _curve(self, key: Key, figure: str) -> Document | None:
        found = self.found.curves.get((*key, figure))
        return None if found is None else {"probabilities": list(CURVE), "values": found}

    def _claim(self, option: int) -> Document | None:
        chosen = self.model.options[option]
        kept = self._chance(("options", chosen.id, "claim", "kept"), plan=False)
        if kept is None or chosen.claim is None:
            return None
        amount = self._single(("options", chosen.id, "claim", "amount")) or {}
        apart = {f"{name}s": amount.pop(name, None) for name in ("error", "interval")}  # the chance has its own
        terms = {
            "amount": chosen.claim.amount,
            "basis": "cumulative" if chosen.claim.cumulative else "recurring",
            "by": self.model.year_labels[chosen.claim.by],
            "net_of_one_off": chosen.claim.net,
        }
        return kept | terms | amount | apart

    def _comparisons(self) -> Document:
        found: Document = {}
        for key in self.found.chances:
            if key[0] == "comparisons" and key[-1] == "better":
                where, pair = key[1], key[2]
                shares = {name: self._probability((*key[:-1], name)) for name in ("better", "equal", "worse")}
                errors = {name: self.found.chances[*key[:-1], name].error for name in shares}
                intervals = bounds({name: self.found.chances[*key[:-1], name].interval for name in shares})
                difference = self._single((*key[:-1], "difference"))
                found.setdefault(where, {})[pair] = {
                    **shares, "error": errors["better"], "errors": errors, "intervals": intervals,
                    "difference": difference,
                }  # fmt: skip
        return found

    def _reading(self, name: str) -> Document:
        found: Document = {}
        for key, counts in self.futures.readings.items():
            if key[1] == name:
                estimate = chance(counts, self.futures.trials_of(name))
                plan = bool(self.plan_readings[key].sum())
                found.setdefault(key[2], {})[key[3]] = chance_entry(estimate) | {"plan": plan}
        return found

    def _event(self, address: str) -> Document:
        event = next(node for _, node in self.model.events if node.address == address)
        happened, event_counts = self.found.chances[("events", address)], self.found.counts[("events", address)]
        sides: dict[str, Document] = {"closes_if": {}, "closes_if_not": {}}
        for option, where, whole in self._headlines():
            key = ("options", option, where)
            both, other = self.found.counts[(*key, "closes_if", address)], self.futures.trials - event_counts
            then, else_ = self._conditional(key, address)
            sides["closes_if"].setdefault(option, {})[where] = given(both, event_counts, then)
            sides["closes_if_not"].setdefault(option, {})[where] = given(whole - both, other, else_)
        name = address.removeprefix("events.")
        return {
            "label": event.label or name.replace("_", " "),
            "chance": chance_entry(happened),
            "requested": asked_chance(self.model, event),
            "flagged": [departure.name for departure in self.quality.flagged(address)],
            "plan": bool(np.isfinite(event.plan)),
        } | sides

    def _conditional(self, key: Key, address: str) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """Give the sums of the target year's gap and of the share of it met, where an event happens and where not."""
        gap = self.found.figures.get((*key, "gap_recurring"))
        met = self.found.figures.get((*key, "share_of_gap_met"))
        if gap is None or met is None:
            return {}, {}
        trials = self.futures.trials
        whole = {"gap": sums(gap[self.model.target], trials), "share_met": sums(met[0], trials)}
        names = {"gap": "gap_if", "share_met": "met_if"}
        then = {name: self.found.moments[("moments", *key, names[name], address)] for name in whole}
        return then, {name: whole[name] - then[name] for name in whole}

    def _headlines(self) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
        """Give the counts of the headline of every option and council, and of every claim (under ``claim``)."""
        for o, option in enumerate(self.model.options):
            for place, c in self.model.pairs:
                council = self.model.councils[c].id
                found = self.found.counts.get(("options", option.id, council, "closes", self.model.config.closes))
                if place == o and found is not None:
                    yield option.id, council, found
            if option.claim is not None:
                yield option.id, "claim", self.found.counts[("options", option.id, "claim", "kept")]

    def _output(self, name: str, label: str, kind: str) -> Document:
        found = self.found.figures[("outputs", name)]
        plan = np.atleast_2d(self.plan[("outputs", name)])
        rows = [
            statistics_entry(row, float(plan[y, 0])) | {"chance": self._chance(("outputs", name, "holds", str(y)))}
            for y, row in enumerate(found)
        ]
        entry: Document = {"label": label, "kind": kind}
        return entry | (rows[0] if len(rows) == 1 else dict(zip(self.model.year_labels, rows, strict=True)))

    def _driver(self, node: Driver) -> Document:
        quantity = node.quantity
        rows = self.found.figures[("drivers", node.address)]
        furthest = self.quality.furthest(node.address)
        return {
            "kind": quantity.kind,
            "label": quantity.label or figure_name(self.model.config, node.address),
            "varies": str(node.varies),
            "requested": requested(node, self.model.unit),
            "achieved": achieved(node, rows, self.model.year_labels),
            "furthest_off": None if furthest is None else furthest.told(),
            "flagged": [departure.name for departure in self.quality.flagged(node.address)],
            "stated": [asdict(each) for each in quantity.stated],
            "plan": float(node.plan.flat[0])
            if np.all(node.plan == node.plan.flat[0])
            else [float(x) for x in node.plan[:, 0]],
            "source": cited(self.model.config, node.address, quantity.source),
            "owner": quantity.owner,
            "note": quantity.note,
            "reference": quantity.reference,
        }
