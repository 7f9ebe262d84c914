"""What if some assumptions were other than the file has them: one option's gap in the same futures, before and after.

All else stays as it was drawn, also what goes together with what is moved. What an assumption would have to be is in
``decisions.break_even``; other than the file allows it to be, it is written into the file, or after ``--set``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simlib.charts import gap_bands
from simlib.decisions.break_even import uncertain
from simlib.decisions.instead import Put, Same, held_at
from simlib.decisions.question import CLAIM, JOINTLY, ask
from simlib.delivery import deliver
from simlib.distributions import Distribution
from simlib.drivers import Driver, HierarchicalDriver
from simlib.entries import chance_entry, statistics_entry
from simlib.errors import ModelError, Problem
from simlib.estimates import statistics_of
from simlib.kernels.paths import Floats
from simlib.layout import Chart
from simlib.model import Model
from simlib.naming import figure_name
from simlib.readouts import Key, read_option
from simlib.results import Futures
from simlib.sampling import CHUNK
from simlib.units import figure
from simlib.wording import chance, joined

__all__ = ["WhatIf", "what_if"]

Document = dict[str, Any]
Change = float | Distribution
_AS_WRITTEN = "As the file has it"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """An option's recurring gap before and after some assumptions were moved.

    Attributes
    ----------
    option, council
        Their ids.
    changed
        What was moved, in words.
    before, after
        ``closes`` with the headline test, and ``gap_recurring`` by year, as they stand in summary.json.
    """

    model: Model
    option: str
    council: str
    changed: str
    before: Document
    after: Document

    @property
    def chart(self) -> Chart:
        """The two bands beside each other, on one scale."""
        model = self.model
        label = next(home.label for home in model.councils if home.id == self.council)
        about = {
            "unit": model.unit,
            "years": list(model.year_labels),
            "target_year": model.year_labels[model.target],
            "headline": model.config.closes,
            "councils": {self.council: {"label": label}},
        }
        sides = {"before": (_AS_WRITTEN, self.before), "after": (self.changed or _AS_WRITTEN, self.after)}
        shown = {key: {**pair, "label": name, "no_costed_saving": False} for key, (name, pair) in sides.items()}
        option = next(each.label for each in model.options if each.id == self.option)
        title = f"{option}: the recurring gap, as the file has it and with other assumptions"
        return replace(gap_bands(about, self.council, shown), title=title)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        before, after = (_often(pair, self.model) for pair in (self.before, self.after))
        moved = self.changed or "nothing moved"
        return f"<WhatIf {self.option}, {self.council}: {moved}: {before} before, {after} after>"

    def _repr_html_(self) -> str:
        """Show the picture in a notebook."""
        return self.chart._repr_html_()


def _often(pair: Document, model: Model) -> str:
    found = pair["closes"][model.config.closes]
    return chance(found["probability"], found["error"], found["interval"])


def what_if(
    futures: Futures,
    changes: Mapping[str, Change],
    option: str,
    council: str | None = None,
    *,
    n_jobs: int | None = None,
) -> WhatIf:
    """Move some assumptions in futures that are drawn already, and see how far one option's gap moves.

    Parameters
    ----------
    futures
        What :func:`simlib.simulate` gives; the held ones are looked at. Of 16,384 it takes a moment.
    changes
        By address of an assumption that has a distribution what it is instead: a value in all futures [money in the
        file's unit, shares as 0.85, durations in years], or another distribution, of which each future has the same
        quantile as before. Of what goes by year it is the value in each year, the step of a walk, an index's growth.
    option, council
        Their ids; the council may be left out where the option has only one.
    n_jobs
        Workers; the result is the same for any number.

    Raises
    ------
    ModelError
        If there is no such option or council or it has no gap, no such assumption, or a value is beyond what the file's
        own distribution can give.

    Examples
    --------
    >>> from simlib import compile_model, load_config, simulate
    >>> futures = simulate(compile_model(load_config("configs/minimal.yaml")), 16_384, seed=1)
    >>> what_if(futures, {"measures.shared_services.realisation": 1.0}, "share_services")
    <WhatIf share_services, exampleton: Shared services: share of the saving delivered at 100%:
    47 of 100 before, 60 of 100 after>
    """
    asked = ask(futures.model, option, council, test=futures.model.config.closes)
    if asked.council in (JOINTLY, CLAIM):
        text = f"expected one council, as a band is of one council's gap, got '{asked.council}'"
        raise ModelError([Problem("", f"options.{option}", text)])
    same = Same.of(futures)
    planned = _planned(futures.model, option)
    before = _pair(same, option, asked.council, planned, n_jobs)
    with same.put(_put(same, changes)):
        after = _pair(same, option, asked.council, planned, n_jobs)
    words = joined([_words(futures.model, address, change) for address, change in changes.items()])
    return WhatIf(futures.model, option, asked.council, words, before, after)


def _planned(model: Model, option: str) -> dict[Key, Any]:
    """Give what the business case has of an option: nobody's doubts move it."""
    place = [each.id for each in model.options].index(option)
    return dict(read_option(model, deliver(model, list(model.plan), 1), place))


def _pair(same: Same, option: str, council: str, planned: Mapping[Key, Any], n_jobs: int | None) -> Document:
    """Give the part of summary.json about an option and a council, as far as a band needs it."""
    model, key = same.model, ("options", option, council)
    gap, holds = (*key, "gap_recurring"), ("holds", option, council)
    found = same.figures([gap, holds], n_jobs=n_jobs)
    rows = statistics_of(np.atleast_2d(found[gap]), same.futures.replicates)
    plan = np.atleast_2d(planned[gap])
    headline = model.config.closes
    test = chance_entry(same.chance(found[holds] > 0.5)) | {"plan": bool(planned[(*key, "closes", headline)][0])}
    by_year = {
        label: statistics_entry(row, float(plan[year, 0]))
        for year, (label, row) in enumerate(zip(model.year_labels, rows, strict=True))
    }
    return {"closes": {headline: test}, "gap_recurring": by_year}


def _put(same: Same, changes: Mapping[str, Change]) -> Put:
    """Give what is put in place of each assumption, by its node."""
    found, problems = {}, []
    for address, change in changes.items():
        place, node = uncertain(same.model, address)
        wrong = _wrong(node, change, same.model.unit)
        if wrong:
            problems.append(Problem("", address, wrong))
        elif isinstance(change, int | float):
            found[place] = held_at(node.varies, float(change), len(same.model.years))
        else:
            found[place] = _drawn(same, node, change)
    if problems:
        raise ModelError(problems)
    return found


def _wrong(node: Driver, change: Change, unit: str) -> str | None:
    """Tell what is wrong with a change: what no future of the file can have may mean nothing to its formulas."""
    if isinstance(node, HierarchicalDriver):
        return "expected a figure whose distribution is stated outright; the parameters of this one are calculated"
    low, high = node.distribution.support
    ends = (float(change),) * 2 if isinstance(change, int | float) else change.support
    if low <= ends[0] <= ends[1] <= high:
        return None
    stated, got = (_range(pair, node, unit) for pair in ((low, high), ends))
    return f"expected something within what the file's own distribution can give, {stated}, got {got}"


def _range(ends: tuple[float, float], node: Driver, unit: str) -> str:
    return " to ".join(dict.fromkeys(figure(end, node.quantity.kind, unit) for end in ends))


def _drawn(same: Same, node: Driver, distribution: Distribution) -> Floats:
    """Give what another distribution has in each future at the score that the file's own has there."""
    other = replace(node, distribution=distribution)
    return np.concatenate([same.source(where).driver(other).copy() for where in _chunks(same.count)], axis=-1)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(k, min(k + CHUNK, count)) for k in range(0, count, CHUNK))


def _words(model: Model, address: str, change: Change) -> str:
    """Tell a change: ``Share delivered at 80%``."""
    quantity = uncertain(model, address)[1].quantity
    name = quantity.label or figure_name(model.config, address)
    if isinstance(change, int | float):
        return f"{name} at {figure(float(change), quantity.kind, model.unit)}"
    return f"{name}, {change.sentence(lambda value: figure(value, quantity.kind, model.unit))}"
