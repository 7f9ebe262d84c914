"""A distribution whose own parameters are calculated from other figures: how it is written, and what is known of it.

Its values at normal scores are in ``simlib.distributions.members``; what its formulas mean is checked in ``checks``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simlib import distributions
from simlib.config import scalars
from simlib.config.formulas import Formula, FormulaError, parse_formula
from simlib.config.nodes import Gather, Mapping, Node, Text, join, nearest_or_list, problem, quote, refuse
from simlib.config.quantities import Kind
from simlib.config.scalars import Setting
from simlib.distributions import Array, Show, quantile_of_name
from simlib.distributions.base import ByInversion, plain

KEY = "hierarchical"
# Lists, data and distributions inside: members of these are not told apart by single figures.
_NO_MEMBERS = frozenset({"value", "values", "weights", "probabilities", "of", "parent", "quantiles"})


@dataclass(frozen=True, slots=True)
class Hierarchical(ByInversion):
    """One family, and in each future a member of its own; over all futures its moments are not known.

    Attributes
    ----------
    family
        The family of every member.
    parameters
        Name, and a certain figure or the formula that gives each future's own.
    """

    family: str
    parameters: tuple[tuple[str, float | Formula], ...]

    def __repr__(self) -> str:
        """Give it in the words of the file."""
        inside = ", ".join(f"{name}={_written(value)}" for name, value in self.parameters)
        return f"Hierarchical({self.family}: {inside})"

    @property
    def formulas(self) -> dict[str, Formula]:
        """The parameters that differ from future to future."""
        return {name: value for name, value in self.parameters if isinstance(value, Formula)}

    @property
    def certain(self) -> dict[str, float]:
        """The parameters that are the same in every future."""
        return {name: value for name, value in self.parameters if not isinstance(value, Formula)}

    @property
    def mean(self) -> float:
        """Not known."""
        return math.nan

    @property
    def sd(self) -> float:
        """Not known."""
        return math.nan

    @property
    def support(self) -> tuple[float, float]:
        """Not known."""
        return -math.inf, math.inf

    def at(self, p: Array, q: Array) -> Array:
        """Not known: nan."""
        return np.full(np.broadcast(p, q).shape, math.nan)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Not known: nan."""
        return np.full(np.shape(x), math.nan)

    def sentence(self, show: Show = plain) -> str:
        """The family, and each parameter: a figure, or what it is calculated as."""
        roles = distributions.FAMILIES[self.family].parameters
        told = []
        for name, value in self.parameters:
            as_figure = show if roles.get(name, "value") in ("value", "spread") else plain
            told.append(f"{name} {value.text if isinstance(value, Formula) else as_figure(value)}")
        return f"in each future {self.family} with {', '.join(told)}"


def _written(value: float | Formula) -> str:
    return value.text if isinstance(value, Formula) else f"{value:.6g}"


def is_hierarchical(node: Mapping, setting: Setting) -> bool:
    """Whether a distribution says that its parameters may be formulas."""
    return KEY in node and scalars.yes_no(node[KEY], setting)


def hierarchical(
    node: Mapping, family: distributions.Family, parameters: dict[Text, Node], single: Callable[[str, Node], float]
) -> Hierarchical:
    """Read a distribution with parameters that are formulas.

    Parameters
    ----------
    node
        The mapping with ``dist:``.
    family
        Its family.
    parameters
        The entries that are parameters.
    single
        How a certain one is read, from its name and entry.
    """
    _check_family(node, family)
    _check_names(node, family, parameters)
    gather = Gather()
    found = [(str(key), gather.take(_parameter, key, entry, single)) for key, entry in parameters.items()]
    gather.finish()
    values = tuple((name, value) for name, value in found if value is not None)
    if not any(isinstance(value, Formula) for _, value in values):
        text = f"no parameter here is a formula such as drivers.level; leave {KEY} out"
        refuse(node[KEY], text, address=join(node.address, KEY))
    return Hierarchical(family.name, values)


def has_members(family: distributions.Family) -> bool:
    """Whether members of a family are told apart by single figures."""
    return not set(family.parameters) & _NO_MEMBERS


def _check_family(node: Mapping, family: distributions.Family) -> None:
    if not has_members(family):
        refuse(node["dist"], f"{KEY} is for families whose parameters are single figures, got {quote(node['dist'])}")
    if "truncate" in node:
        hint = "; truncated_normal has bounds of its own" if family.name == "normal" else ""
        refuse(node["truncate"], f"members of a family cannot be cut off: leave truncate or {KEY} out{hint}")


def _check_names(node: Mapping, family: distributions.Family, parameters: dict[Text, Node]) -> None:
    """Refuse parameters that do not settle a member."""
    quantiles = family.elicited and any(quantile_of_name(key) is not None for key in parameters)
    known = {*family.parameters, *(key for key in parameters if quantiles and quantile_of_name(key) is not None)}
    gather = Gather()
    gather.problems += [
        problem(key, f"unknown parameter {quote(key)} of {family.name}{nearest_or_list(key, family.parameters)}")
        for key in parameters
        if key not in known
    ]
    gather.finish()
    if quantiles or any(set(parameters) - set(family.optional) == set(names) for names in family.parametrisations):
        return
    try:
        distributions.make(family.name, dict.fromkeys(map(str, parameters), 1.0))  # which refuses the names
    except distributions.ParameterError as trouble:
        at = next((parameters[key] for key in parameters if key == trouble.parameter), node)
        refuse(at, str(trouble), address=join(node.address, trouble.parameter))


def _parameter(key: Text, node: Node, single: Callable[[str, Node], float]) -> float | Formula:
    """Read one parameter: a certain figure, or a formula."""
    from simlib.config.slots import is_figure

    if not isinstance(node, Text) or is_figure(node):
        return single(str(key), node)
    try:
        return parse_formula(node)
    except FormulaError as trouble:
        refuse(node, f"expected a figure, or a formula such as drivers.level, got {quote(node)}: {trouble}")


def refuse_formula(node: Node, role: str, kind: Kind) -> None:
    """Refuse a formula where a certain parameter is expected, and say how it is allowed."""
    from simlib.config.slots import EXPECTED, is_figure

    if not isinstance(node, Text) or is_figure(node):
        return
    try:
        names = parse_formula(node).names
    except FormulaError:
        return
    if names:
        meant: Kind = "share" if role == "share" else "number" if role in ("number", "count") else kind
        hint = f"for a parameter that is itself uncertain add {KEY}: yes"
        refuse(node, f"expected {EXPECTED[meant]}, got {quote(node)}; {hint}")
