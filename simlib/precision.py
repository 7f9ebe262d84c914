"""How exactly a run knows its headline: half-widths of 95 % intervals. What was asked is the config's business.

The headline chances are those of every option and council; their figure is the recurring gap in the target year.
A file without options has its outputs instead.
"""

from collections.abc import Iterable, Iterator

from simlib.errors import ModelError, Problem
from simlib.estimates import Interval, Statistics, chance, statistics, statistics_of
from simlib.flows import flows
from simlib.results import Futures


def reached(futures: Futures, names: Iterable[str]) -> dict[str, float]:
    """Give half the width of the widest 95 % interval of the headline, for each of some names.

    Parameters
    ----------
    names
        ``chance``, ``mean``, ``p5`` … ``p95``.

    Raises
    ------
    ModelError
        If the model has no such headline.
    """
    asked = list(names)
    figures = list(_figures(futures)) if set(asked) - {"chance"} else []
    found = {}
    for name in asked:
        intervals = list(_chances(futures)) if name == "chance" else [figure.intervals[name] for figure in figures]
        if not intervals:
            what = "headline chance" if name == "chance" else "recurring gap of an option, and no output,"
            raise ModelError([Problem("", "run.precision", f"there is no {what} whose precision could be asked for")])
        found[name] = max((high - low) / 2 for low, high in intervals)
    return found


def _chances(futures: Futures) -> Iterator[Interval]:
    """Give the interval of every headline chance of the base reading."""
    for key, counts in futures.readings.items():
        if key[1] == "":
            yield chance(counts, futures.trials).interval


def _figures(futures: Futures) -> Iterator[Statistics]:
    """Give the statistics of every headline figure: from the tally where more futures were drawn than are held."""
    model = futures.model
    for o, c in model.pairs:
        key = ("options", model.options[o].id, model.councils[c].id, "gap_recurring")
        if model.councils[c].gap_plan is None:
            continue
        if futures.tally is not None:
            yield from futures.tally.statistics(key)[model.target : model.target + 1]
        else:
            yield statistics(flows(model, futures.delivery, o, c).position(model.target), futures.replicates)
    for output in () if model.options else model.outputs:
        if futures.tally is not None:
            yield from futures.tally.statistics(("outputs", output.id))
        else:
            yield from statistics_of(futures.outputs[output.id].reshape(-1, futures.held), futures.replicates)
