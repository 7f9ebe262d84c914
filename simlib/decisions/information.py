"""What it is worth to know more before choosing, in money, for the loss that the file states.

Knowing is worth something only where it could change the choice. What perfect knowledge is worth bounds everything;
what single things are worth is told of those only that the file says can be learned, by when and at what cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from simlib.config.checks.dependence import matches
from simlib.config.schema import Learnable
from simlib.decisions.estimated import Estimate, jackknifed, mean_of
from simlib.decisions.losses import losses
from simlib.decisions.regression import Basis, basis_of, out_of_fold
from simlib.drivers import Driver, Event
from simlib.errors import ModelError, Problem
from simlib.kernels.paths import Floats
from simlib.results import Futures
from simlib.showing import table_html

__all__ = ["Information", "Worth", "partial_value", "perfect_value", "value_of_information"]


@dataclass(frozen=True, slots=True)
class Worth:
    """What it is worth to learn something before the choice.

    Attributes
    ----------
    figures
        The addresses of what would be known.
    by, cost
        When, and what finding out costs [money].
    value
        How much less the best choice loses on average for knowing, before that cost [money].
    at_most
        The same read off the very futures that the rule was made from: as much too high as that flatters it [money].
    net
        The value less the cost: below nothing, finding out costs more than it brings [money].
    """

    figures: tuple[str, ...]
    by: date
    cost: float
    value: Estimate
    at_most: float
    net: float


@dataclass(frozen=True, slots=True)
class Information:
    """What knowing more is worth for one choice.

    Attributes
    ----------
    best
        The option with the least expected loss.
    expected
        Each option's expected loss [money].
    perfect
        What knowing everything would be worth: no study is worth more [money].
    learnable
        By id of the file.
    """

    best: str
    expected: Mapping[str, Estimate]
    perfect: Estimate
    learnable: Mapping[str, Worth]

    def _repr_html_(self) -> str:
        """Show in a notebook what finding out each thing is worth."""
        rows = [
            (name, each.by.isoformat(), *(f"{amount:.3f}" for amount in (each.value.value, each.cost, each.net)))
            for name, each in self.learnable.items()
        ]
        rows.append(("Everything", "", f"{self.perfect.value:.3f}", "", ""))
        caption = f"What it is worth to know more; without, the least loss is expected of {self.best}"
        headings = ("To find out", "By", "Worth", "Cost", "Net")
        return table_html(caption, headings, rows, note="In the file's unit of money.", most=None)


def value_of_information(futures: Futures, options: Sequence[str] | None = None) -> Information:
    """Give what it is worth to know more before an option is chosen.

    Parameters
    ----------
    futures
        The held ones are looked at.
    options
        Ids of those that can be chosen; all where left out.

    Raises
    ------
    ModelError
        If the file states no loss, there are fewer than two options, or what could be learned is certain.
    """
    found = losses(futures, options)
    if len(found.options) < 2:
        raise ModelError([Problem("", "options", f"expected two or more to choose from, got {len(found.options)}")])
    expected = {name: mean_of(futures, row) for name, row in zip(found.options, found.values, strict=True)}
    decision = futures.model.config.decision
    learnable = decision.learnable if decision else {}
    worths = {name: _worth(futures, name, entry, found.values) for name, entry in learnable.items()}
    best = min(expected, key=lambda name: expected[name].value)
    return Information(best, expected, perfect_value(found.values), worths)


def perfect_value(values: Floats) -> Estimate:
    """Give what it is worth to know everything, from (option, simulation) losses.

    Notes
    -----
    ``min_o E L_o − E min_o L_o``; what choosing the smallest of noisy averages takes off it is put back by a jackknife.
    """
    stacked = np.concatenate([values, values.min(axis=0)[None]])
    return jackknifed(stacked, lambda means: np.array([means[:-1].min() - means[-1]]))[0]


def partial_value(futures: Futures, values: Floats, basis: Basis) -> tuple[Estimate, float]:
    """Give what it is worth to know some figures, from (option, simulation) losses; and the same in sample.

    Notes
    -----
    Losses are regressed on functions of the figures (Strong, Oakley and Brennan 2014). In each fold the option with the
    least fitted loss is chosen by the regression of the other folds, and what it really loses there is set beside what
    the option chosen without knowledge loses. So no future is its own witness: the value is that of a rule that could
    be used, without the upward bias of the in-sample figure, which is the second one that is given.

    References
    ----------
    Strong, M., Oakley, J. E. and Brennan, A. (2014), Medical Decision Making 34, 311-326.
    """
    beside = values - values[0]
    chosen, blind, fitted = out_of_fold(basis, beside)
    count = np.arange(values.shape[1])
    saved = values[blind, count] - values[chosen, count]
    flattered = fitted.mean(axis=1).min() - fitted.min(axis=0).mean()
    return mean_of(futures, saved), float(flattered)


def _worth(futures: Futures, name: str, entry: Learnable, values: Floats) -> Worth:
    rows = dict(_figures(futures, entry))
    flat = [row for value in rows.values() for row in np.atleast_2d(value) if row.min() < row.max()]
    if not flat:
        text = "nothing that could be learned here is uncertain"
        raise ModelError([Problem("", f"decision.learnable.{name}.figures", text)])
    value, at_most = partial_value(futures, values, basis_of(flat))
    return Worth(tuple(rows), entry.by, entry.cost, value, at_most, value.value - entry.cost)


def _figures(futures: Futures, entry: Learnable) -> list[tuple[str, Floats]]:
    """Give what would be known, up to the target year where it goes by year."""
    model = futures.model
    last = model.target + 1 if model.years else None
    found = []
    for node, value in zip(model.nodes, futures.values, strict=True):
        meant = isinstance(node, Driver | Event) and any(matches(node.address, p) for p in entry.figures)
        if meant and value.ndim and value.shape[-1] == futures.held and value.min() < value.max():
            found.append((node.address, value[:last] if value.ndim > 1 else value))
    return found
