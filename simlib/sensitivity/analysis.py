"""What ``simlib sensitivity`` asks of a run, as one document; how each method works is in a module of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simlib.config.nodes import refuse_unknown
from simlib.errors import ConfigError, Problem
from simlib.model import Model
from simlib.results import Futures
from simlib.sensitivity.targets import Target, targets

if TYPE_CHECKING:
    from simlib.sensitivity.designed import Screening, SobolIndices
    from simlib.sensitivity.shapley import ShapleyEffects

__all__ = ["KINDS", "METHODS", "Asked", "analysis", "chosen", "chosen_methods", "chosen_targets"]

KINDS = ("gap", "closes", "claim", "kept", "best", "output")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks about; everything where a part is left empty.

    Attributes
    ----------
    options, councils
        Ids; ``jointly`` is a council too.
    targets
        Some of ``KINDS``, or ids of outputs.
    methods
        Some of ``METHODS``; given data, tornado and ladder where empty.
    every_year
        Whether the gap is asked about in every year, or in the target year only.
    """

    options: tuple[str, ...] = ()
    councils: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    every_year: bool = False


def analysis(futures: Futures, asked: Asked | None = None, *, n_jobs: int | None = None) -> Document:
    """Tell what moves each target, by each method that is asked for.

    Parameters
    ----------
    futures
        What :func:`simlib.simulate` gives; given data and swings are read off those that are held.
    asked
        All targets by the usual methods where left out.
    n_jobs
        Workers; the result is the same for any number, to the byte.

    Returns
    -------
    dict
        As ``docs/results.md`` describes ``sensitivity.json``.

    Raises
    ------
    ConfigError
        If an option, a council, a target or a method is not known.
    ModelError
        If there is nothing to ask about, or fewer than 1,024 futures.
    """
    asked = asked or Asked()
    wanted, methods = chosen(futures.model, asked)
    document: Document = {
        "simlib": 1,
        "simulations": futures.count,
        "held": futures.held,
        "targets": [list(target.name) for target in wanted],
        "methods": list(methods),
    }
    return document | {name: _BY[name](futures, wanted, n_jobs) if name in methods else None for name in METHODS}


def chosen(model: Model, asked: Asked) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """Give the targets and the methods that are asked for.

    Raises
    ------
    ConfigError
        If an option, a council, a target or a method is not known.
    """
    return chosen_targets(model, asked), chosen_methods(asked.methods)


def chosen_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Give the methods asked for, each once and in order; ``all`` is every one.

    Raises
    ------
    ConfigError
        If one is not known.

    Examples
    --------
    >>> chosen_methods(["sobol", "ladder"]), chosen_methods([])
    (('ladder', 'sobol'), ('given_data', 'tornado', 'ladder'))
    """
    refuse_unknown({"--method": (names, (*METHODS, "all"))})
    if not names:
        return METHODS[:3]
    return tuple(name for name in METHODS if name in names or "all" in names)


def chosen_targets(model: Model, asked: Asked) -> tuple[Target, ...]:
    """Give the targets that are asked about.

    Raises
    ------
    ConfigError
        If an option, a council or a target is not known, or none has all that is asked for.
    """
    outputs = [output.id for output in model.outputs]
    refuse_unknown({
        "--option": (asked.options, [option.id for option in model.options]),
        "--council": (asked.councils, [*(council.id for council in model.councils), "jointly"]),
        "--target": (asked.targets, [*KINDS, *outputs]),
    })  # fmt: skip
    every = targets(model, every_year=asked.every_year)
    found = tuple(target for target in every if _is_asked(target, asked))
    if every and not found:
        words = "expected something to ask about: no target has all of --option, --council and --target"
        raise ConfigError([Problem("", "--target", words)])
    return found


def _is_asked(target: Target, asked: Asked) -> bool:
    kind, of, *rest = target.name
    if asked.targets and kind not in asked.targets and not (kind == "output" and of in asked.targets):
        return False
    if kind == "output":
        return not asked.options and not asked.councils
    if asked.options and of not in asked.options:
        return False
    return not asked.councils or bool(rest and rest[0] in asked.councils)


# Each is imported when it is asked for: most runs need three of them


def _given_data(futures: Futures, wanted: Sequence[Target], n_jobs: int | None) -> list[Document]:
    from simlib.sensitivity.given_data import given_data

    return given_data(futures, wanted, n_jobs=n_jobs).document()


def _tornado(futures: Futures, wanted: Sequence[Target], _: int | None) -> list[Document]:
    from simlib.sensitivity.ladder import tornado

    amounts = [target for target in wanted if not target.chance]  # one future by itself holds or does not
    bars = tornado(futures.model, amounts) if amounts else ()
    return [
        {"target": list(target.name), "figures": _largest([bar.told(place) for bar in bars], "swing")}
        for place, target in enumerate(amounts)
    ]


def _ladder(futures: Futures, wanted: Sequence[Target], _: int | None) -> list[Document]:
    from simlib.sensitivity.ladder import ladder

    amounts = [target for target in wanted if not target.chance]
    rungs = ladder(futures.model, amounts) if amounts else ()
    return [
        {"target": list(target.name), "steps": _largest([rung.told(place) for rung in rungs], "shift")}
        for place, target in enumerate(amounts)
    ]


def _largest(entries: list[Document], by: str) -> list[Document]:
    """Give entries, the one first that moves most either way."""
    return sorted(entries, key=lambda entry: -abs(entry[by]))


def _sobol(futures: Futures, wanted: Sequence[Target], n_jobs: int | None) -> Document:
    from simlib.sensitivity.designed import sobol_indices

    return _told(sobol_indices(futures.model, wanted, seed=futures.seed or 0, n_jobs=n_jobs))


def _shapley(futures: Futures, wanted: Sequence[Target], n_jobs: int | None) -> Document:
    from simlib.sensitivity.shapley import shapley_effects

    return _told(shapley_effects(futures.model, wanted, seed=futures.seed or 0, n_jobs=n_jobs))


def _morris(futures: Futures, wanted: Sequence[Target], n_jobs: int | None) -> Document:
    from simlib.sensitivity.designed import morris

    return _told(morris(futures.model, wanted, seed=futures.seed or 0, n_jobs=n_jobs))


def _told(found: "SobolIndices | ShapleyEffects | Screening") -> Document:
    """Tell what a design has found, how many futures of its own it took, and what it could not move."""
    return {"evaluations": found.evaluations, "frozen": list(found.frozen), "targets": found.document()}


_Method = Callable[[Futures, Sequence[Target], int | None], Document | list[Document]]
_BY: Mapping[str, _Method] = {
    "given_data": _given_data,
    "tornado": _tornado,
    "ladder": _ladder,
    "sobol": _sobol,
    "shapley": _shapley,
    "morris": _morris,
}
METHODS = tuple(_BY)
