"""What matters, from futures that are drawn already: no further run, and figures may go together as they will.

Four measures of each uncertain figure, each with its error; none is left out because it does not matter. What designed
futures tell beside them is in ``designed`` and ``shapley``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simlib import loops, special
from simlib.kernels.paths import Floats
from simlib.loops.groups import Tables
from simlib.memory import unfilled
from simlib.results import Futures
from simlib.sensitivity.jackknife import GROUPS, Estimates, jackknifed, of_left_out, refuse_too_few, without_each
from simlib.sensitivity.swings import Side, entry, uncertain
from simlib.sensitivity.tables import bins_for, graded, ranks_of, tabulated
from simlib.sensitivity.targets import Target, rows_of, told
from simlib.showing import table_html, words_html
from simlib.workers import parallel

if TYPE_CHECKING:
    import xarray

__all__ = ["GivenData", "given_data"]

ASTRAY = 0.001  # chance that something is told of a target which nothing moves
MEASURES = 4
SHOWN = 3  # targets in a notebook
ALIKE = 1e-10  # of the largest eigenvalue: figures that always move together leave no more than this between them
ROUNDING = 1e-12  # of a figure's size: futures that differ by less are alike
Document = dict[str, Any]
Name = tuple[str, str | None]
Booleans = NDArray[np.bool_]
Places = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class GivenData:
    """What each uncertain figure does to each target.

    Attributes
    ----------
    targets, figures
        What was asked about; address and year of each figure, the year None where it holds once.
    count
        How many futures were looked at.
    rank_correlation, regression, first_order
        (figure, target) estimates from −1 to 1, and from 0 to 1 [number]; nan for a target that is the same in all
        futures, or in all but one of their groups: what never happened may still be moved.
    explained
        (target,) R², what a linear function of all figures explains [share].
    sides
        [figure] its low and its high side, whose keys are the targets.
    matters
        (figure, target) whether it is more than chance explains.
    """

    targets: tuple[Target, ...]
    figures: tuple[Name, ...]
    count: int
    rank_correlation: Estimates
    regression: Estimates
    first_order: Estimates
    explained: Estimates
    sides: tuple[tuple[Side, Side], ...]
    matters: Booleans

    def entries(self, target: int) -> list[Document]:
        """Give every figure's measures for one target, the one first that explains most by itself."""
        order = np.argsort(-self.first_order.values[:, target], kind="stable").tolist()
        return [self._entry(figure, target) for figure in order]

    def _entry(self, figure: int, target: int) -> Document:
        address, year = self.figures[figure]
        place = figure, target
        swing = entry(address, *self.sides[figure], target, chance=False)
        del swing["address"]
        return {
            "address": address,
            "year": year,
            "told": bool(self.matters[place]),
            "rank_correlation": self.rank_correlation[place].told(),
            "regression": self.regression[place].told(),
            "first_order": self.first_order[place].told(),
            "swing": swing,
        }

    def document(self) -> list[Document]:
        """Give all as sensitivity.json has it: by target its average's name, R², and every figure."""
        return [
            {
                "target": list(target.name),
                "chance": target.chance,
                "explained": self.explained[place].told(),
                "figures": self.entries(place),
            }
            for place, target in enumerate(self.targets)
        ]

    @property
    def dataset(self) -> "xarray.Dataset":
        """Give all measures as a dataset, made where it is asked for.

        Every measure goes by ``figure`` and ``target``, ``explained`` by ``target`` alone, and has its simulation error
        beside it (``first_order_error``). ``figure`` is the address, with its year where it goes by year.
        """
        import xarray

        both = ("figure", "target")
        measures = {name: getattr(self, name) for name in ("rank_correlation", "regression", "first_order")}
        told: dict[str, tuple[Any, Any]] = {name: (both, found.values) for name, found in measures.items()}
        told |= {f"{name}_error": (both, found.errors) for name, found in measures.items()}
        told |= {"matters": (both, self.matters), "swing": (both, self._swings())}
        told |= {"explained": ("target", self.explained.values), "explained_error": ("target", self.explained.errors)}
        figures = [address if year is None else f"{address} {year}" for address, year in self.figures]
        targets = [".".join(target.name) for target in self.targets]
        return xarray.Dataset(told, coords={"figure": figures, "target": targets})

    def _swings(self) -> Floats:
        """Give (figure, target) the average on the high side less that on the low one."""
        return np.asarray([high.means - low.means for low, high in self.sides])

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"<GivenData: {len(self.figures)} figures, {len(self.targets)} targets, {self.count:,} futures>"

    def _repr_html_(self) -> str:
        """Show in a notebook what explains the first targets, the first figures of each."""
        told = self.document()
        left = len(told) - SHOWN
        return "\n".join([*map(_shown, told[:SHOWN]), *([words_html(f"And {left} more targets.")] if left > 0 else [])])


def _shown(target: Document) -> str:
    """Give one target's table."""
    headings = ("Assumption", "Rank correlation", "Explains by itself", "Where lowest", "Where highest")
    rows = [
        (
            " ".join(filter(None, (figure["address"], figure["year"]))),
            *(_plainly(figure[name]["value"]) for name in ("rank_correlation", "first_order")),
            *(_plainly(figure["swing"][side]["mean"]) for side in ("low", "high")),
        )
        for figure in target["figures"]
    ]
    what = "the chance" if target["chance"] else "the average"
    note = f"Where lowest, where highest: {what} in the tenth of the futures in which the assumption is so."
    return table_html(" ".join(target["target"]), headings, rows, note=note)


def _plainly(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def given_data(
    futures: Futures, wanted: Sequence[Target] | None = None, *, n_jobs: int | None = None
) -> GivenData:
    """Measure what each uncertain figure does to each target, in the futures that are held.

    Parameters
    ----------
    futures
        At least 1,024 of them.
    wanted
        As in :func:`simlib.sensitivity.targets.told`.
    n_jobs
        The result is the same for any number of workers, to the byte.

    Returns
    -------
    GivenData
        A figure that goes by year is there once for each year; a walk's value in a year holds the steps up to it.

    Raises
    ------
    ModelError
        If there are fewer futures, or nothing to ask about.

    Notes
    -----
    *Rank correlation* is Spearman's, with average ranks where values tie. *Regression* has the coefficients of the
    linear function of all figures that comes nearest to the target, each times the figure's spread and over the
    target's. *First order* is Var(E[Y | X]) ÷ Var(Y) by bins: squares of the bins' averages are products of averages of
    different groups of futures, so that chance adds nothing to them. What a figure does within a bin is lost; of what
    twice as wide bins lose more, a third is added (Richardson), and to the error too. *Swing* is the target's average
    in the tenth of the futures in which the figure is highest, less that in the tenth in which it is lowest.

    Where figures go together, rank correlation, first order and swing count for each figure what moves with it (so that
    first orders can add up to more than 1), and tell of one that does nothing by itself; regression tells what is left
    of it where all others stay as they are. Of figures that always move together regression gives each an equal part.
    Errors come from leaving out each of 16 groups of futures, which are the replicates of a Sobol' sample.

    References
    ----------
    Saltelli et al. (2008), "Global Sensitivity Analysis: The Primer"; Plischke, Borgonovo and Smith (2013), "Global
    sensitivity measures from given data", Eur. J. Oper. Res. 226.
    """
    refuse_too_few(futures.held)
    loops.start_for(futures.held)
    asked = told(futures.model, wanted)
    names, figures = _figures(futures, n_jobs)
    answers = _by_replicate(rows_of(futures, asked, n_jobs=n_jobs), futures.replicates, n_jobs)
    grades = graded(figures, bins_for(futures.held), n_jobs=n_jobs)
    ranks = ranks_of(answers, [target.chance for target in asked], n_jobs=n_jobs)
    stretches = _stretches(futures.held)
    tables = tabulated(figures, grades, answers, ranks, stretches, n_jobs=n_jobs)
    counts = np.asarray([float(stop - start) for start, stop in stretches])
    spread = np.asarray([_differs(row, stretches) for row in answers])
    firsts = figures[:, 0], answers[:, 0]
    return _measured(names, asked, counts, tables, grades.sides, firsts, spread, n_jobs)


def _figures(futures: Futures, n_jobs: int | None) -> tuple[tuple[Name, ...], Floats]:
    """Give address and year of what is uncertain, and (figure, simulation) values, replicate after replicate."""
    labels = futures.model.year_labels
    rows: list[tuple[Name, Floats]] = []
    for address, value in uncertain(futures, futures.held):
        if value.ndim > 1:
            rows += [((address, label), row) for label, row in zip(labels, value, strict=True)]
        else:
            rows.append(((address, None), value))
    kept = [(name, row) for name, row in rows if row.min() < row.max()]
    found = unfilled(len(kept), futures.held)

    def put(place: int) -> None:
        found[place] = _in_turn(kept[place][1], futures.replicates)

    for _ in parallel(put, range(len(kept)), n_jobs):
        pass
    return tuple(name for name, _ in kept), found


def _by_replicate(rows: Floats, replicates: int, n_jobs: int | None) -> Floats:
    def put(row: Floats) -> None:
        row[:] = _in_turn(row, replicates)

    if replicates > 1:
        for _ in parallel(put, list(rows), n_jobs):
            pass
    return rows


def _in_turn(row: Floats, replicates: int) -> Floats:
    """Give futures with those of each replicate together: future i is of number i modulo so many."""
    return row if replicates == 1 else row.reshape(-1, replicates).T.ravel()


def _stretches(count: int) -> list[tuple[int, int]]:
    return [(g * count // GROUPS, (g + 1) * count // GROUPS) for g in range(GROUPS)]


def _differs(row: Floats, stretches: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a target differs between futures by more than rounding, whichever group of them is left out."""
    ends = [(float(row[start:stop].min()), float(row[start:stop].max())) for start, stop in stretches]
    for g in range(GROUPS):
        low, high = (which(end[k] for end in ends[:g] + ends[g + 1 :]) for k, which in enumerate((min, max)))
        if high - low <= ROUNDING * max(abs(low), abs(high)):
            return False
    return True


# ---- Measures ----------------------------------------------------------------------------------------------


def _measured(
    names: tuple[Name, ...], asked: tuple[Target, ...], counts: Floats, tables: Tables, sides: Places,
    firsts: tuple[Floats, Floats], spread: Booleans, n_jobs: int | None,
) -> GivenData:  # fmt: skip
    """Work all measures out from the sums of groups."""
    d, k = len(names), len(asked)
    correlation = _known(jackknifed((counts, tables.ranks), lambda n, r: _rank_correlations(n, r, d)), spread)
    regression, explained = _regressed(counts, tables.products, d, spread)
    first = _known(_first_orders(counts, tables, d, k, n_jobs), spread)
    spreads = np.sqrt(np.maximum(_squares_of_answers(counts, tables.products, d).sum(axis=0), 0.0) / counts.sum())
    ends = _ends(tables, sides, firsts, spreads)
    matters = _matters((correlation, regression, first), ends)
    total = int(counts.sum())
    return GivenData(asked, names, total, correlation, regression, first, explained, ends, matters)


def _known(found: Estimates, some: Booleans) -> Estimates:
    """Give nan for targets of which nothing can be told."""
    return Estimates(np.where(some, found.values, np.nan), np.where(some, found.errors, np.nan))


def _ratio(above: Floats, below: Floats) -> Floats:
    """Give a quotient, nothing where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0.0))


def _rank_correlations(counts: Floats, ranks: Floats, figures: int) -> Floats:
    """Give (…, figure, target) correlations of ranks from their sums."""
    n = counts[:, np.newaxis]
    own, others = ranks[:, :figures], ranks[:, figures:]
    spread_own = own[..., 0] - own[..., 1] ** 2 / n
    spread_other = others[..., 0] - others[..., 1] ** 2 / n
    both = own[..., 2:] - own[..., 1, np.newaxis] * others[:, np.newaxis, :, 1] / n[..., np.newaxis]
    return _ratio(both, np.sqrt(np.maximum(spread_own[..., np.newaxis] * spread_other[:, np.newaxis], 0.0)))


def _squares_of_answers(counts: Floats, products: Floats, figures: int) -> Floats:
    """Give (…, target) sums of squares about the average."""
    own = products[:, figures:]
    return np.asarray(own[..., 1] - own[..., 0] ** 2 / counts[:, np.newaxis])


def _regressed(counts: Floats, products: Floats, d: int, some: Booleans) -> tuple[Estimates, Estimates]:
    """Give (figure, target) standardised coefficients, and (target,) what they explain together."""
    n, sums = without_each(counts), without_each(products)
    squares = _squares_of_answers(n, sums, d)
    found = [_coefficients(each, total, left, d) for each, total, left in zip(sums, n, squares, strict=True)]
    coefficients = of_left_out(np.stack([each for each, _ in found]))
    return _known(coefficients, some), _known(of_left_out(np.stack([share for _, share in found])), some)


def _coefficients(sums: Floats, count: float, squares: Floats, d: int) -> tuple[Floats, Floats]:
    """Give the coefficients of one regression in units of spreads, and its R²."""
    totals = sums[:, 0]
    upper = np.triu(sums[:d, 1 : 1 + d])
    gram = upper + np.triu(upper, 1).T - np.outer(totals[:d], totals[:d]) / count
    cross = sums[:d, 1 + d :] - np.outer(totals[:d], totals[d:]) / count
    spread = np.sqrt(np.diag(gram))
    correlation, with_answers = gram / np.outer(spread, spread), cross / spread[:, np.newaxis]
    shares = _ratio(with_answers, np.sqrt(np.maximum(squares, 0.0)) + np.zeros((d, 1)))
    values, vectors = np.linalg.eigh(correlation)
    kept = values > ALIKE * values[-1]
    found = vectors[:, kept] @ ((vectors[:, kept].T @ shares) / values[kept, np.newaxis])
    return found, np.sum(found * shares, axis=0)


def _first_orders(counts: Floats, tables: Tables, d: int, k: int, n_jobs: int | None) -> Estimates:
    """Give (figure, target) first-order indices."""
    total = without_each(counts)[:, np.newaxis]
    answers = tables.products[:, d:, 0]
    spread = _squares_of_answers(total[:, 0], without_each(tables.products), d) / total
    middle = answers.sum(axis=0) / counts.sum()
    off = _squared(counts[:, np.newaxis, np.newaxis], (answers - counts[:, np.newaxis] * middle)[:, np.newaxis])
    found, lost = np.zeros((GROUPS + 1, d, k)), np.zeros((d, k))

    def one(figure: int) -> None:
        within = tables.counts[:, figure, :, np.newaxis]
        sums = tables.sums[:, figure, :, 1:] - within * middle
        fine, rough = (_squared(*each).sum(axis=1) for each in ((within, sums), (_paired(within), _paired(sums))))
        within_bins = _ratio((fine - rough) / 3.0, spread)
        found[:, figure] = _ratio(fine - off[:, 0], spread) + within_bins
        lost[figure] = within_bins[0]

    for _ in parallel(one, range(d), n_jobs):
        pass
    told = of_left_out(found)
    return Estimates(told.values, np.hypot(told.errors, lost))


def _paired(rows: Floats) -> Floats:
    """Give sums by bins twice as wide: (group, bin, …) to (group, half as many, …)."""
    return rows[:, ::2] + rows[:, 1::2]


def _squared(counts: Floats, sums: Floats) -> Floats:
    """Give squares of averages without what chance adds to them, times the shares of futures, (…, bin, target).

    From (group, bin, 1) counts and (group, bin, target) sums. A product of the averages of two groups holds no chance
    in common, however evenly each is drawn: of all pairs of groups, ``(T² − Σ t²) ÷ (N² − Σ n²)``.
    """
    number, total = without_each(counts), without_each(sums)
    pairs = number**2 - without_each(counts**2)
    share = number / number.sum(axis=1, keepdims=True)
    return np.asarray(share * _ratio(total**2 - without_each(sums**2), pairs + np.zeros_like(total)))


def _ends(
    tables: Tables, sides: Places, firsts: tuple[Floats, Floats], spreads: Floats
) -> tuple[tuple[Side, Side], ...]:
    """Give each figure's low and high side; where one is in one group of futures alone, its error is by the spread."""
    figures, answers = firsts

    def side(figure: int, which: int) -> Side:
        there = sides[figure] == which
        counts, sums = tables.counts[:, figure, there].sum(axis=1), tables.sums[:, figure, there].sum(axis=1)
        count = float(counts.sum())
        found = jackknifed((counts[:, np.newaxis], sums), lambda number, total: _ratio(total, number))
        value, means = found.values[0] + figures[figure], found.values[1:] + answers
        errors = found.errors[1:] if np.all(counts < count) else spreads / np.sqrt(count)
        return Side(int(count), float(value), means, errors, np.zeros(len(means)))

    return tuple((side(figure, 1), side(figure, 2)) for figure in range(len(figures)))


def _matters(estimates: Sequence[Estimates], sides: Sequence[tuple[Side, Side]]) -> Booleans:
    """Tell where a measure is further from nothing than chance would take any of a target's but once in 1,000 times."""
    figures = len(sides)
    limit = float(special.stdtrit(GROUPS - 1, 1.0 - 0.5 * ASTRAY / (MEASURES * max(figures, 1))))
    found = np.zeros(estimates[0].values.shape, dtype=bool)
    for each in estimates:
        found |= np.abs(each.values) > limit * each.errors
    shifts = np.stack([high.means - low.means for low, high in sides])
    errors = np.stack([np.hypot(low.errors, high.errors) for low, high in sides])
    return np.asarray(found | (np.abs(shifts) > limit * errors))
