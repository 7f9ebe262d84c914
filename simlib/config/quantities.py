"""What one numeric slot of a config holds: a number, a formula or a distribution, with its plan and source.

Plain frozen values only; parsing is in ``fields``, meaning and evaluation in the model.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simlib.distributions import Distribution

if TYPE_CHECKING:
    from simlib.config.formulas import Formula
    from simlib.config.hierarchical import Hierarchical

Kind = Literal["money", "share", "duration", "count", "number"]
Mode = Literal["once", "yearly", "walk", "ar1", "compounding", "reverting"]
Mark = str  # "doc 2", "public", "judgement" or "derived"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from: what it is, its mark and its date (ISO text, perhaps a month only)."""

    what: str
    mark: Mark | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Varies:
    """How a driver moves through the years; ``phi`` is what ``ar1`` and ``reverting`` keep of the year before."""

    mode: Mode = "once"
    phi: float = 0.0

    def __str__(self) -> str:
        """Give it as the file writes it."""
        return f"{self.mode}({self.phi:g})" if self.phi else self.mode


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement that a distribution was fitted to.

    Attributes
    ----------
    statement
        Its word: a quantile such as ``p10``, ``mode``, ``mean``, ``sd``, or ``low`` and ``high`` for the ends.
    stated
        What was said [unit of the quantity].
    fitted
        What the fitted family gives; None where it has no such thing.
    expert
        Who said so, where several did.
    """

    statement: str
    stated: float
    fitted: float | None
    expert: str | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """One uncertain or certain figure as the file states it.

    Attributes
    ----------
    kind
        What it measures. Money is stored in the file's unit, shares as 0.02, durations in years.
    value
        A constant, a formula over other figures, a distribution, or one whose parameters are calculated.
    varies
        None where the file does not say: a certain figure, a formula, or a driver in a slot without years.
    plan
        What the business case assumes: one value, a value by year of the horizon, or None (not stated).
    reference
        The reference class that the distribution came from, or None.
    measures, includes
        Of that class: ``in_year`` or ``final``, and the causes it already holds (``delay``, ``failure``).
    stream
        The name that keys the draws, where it is not the address (a driver that was renamed).
    stated
        What the distribution was fitted to; empty where it is given by its parameters.
    """

    kind: Kind
    value: "float | Formula | Distribution | Hierarchical"
    varies: Varies | None = None
    plan: float | tuple[float, ...] | None = None
    label: str | None = None
    source: Source | None = None
    owner: str | None = None
    note: str | None = None
    stream: str | None = None
    reference: str | None = None
    measures: str | None = None
    includes: tuple[str, ...] = ()
    stated: tuple[Stated, ...] = ()

    @property
    def distribution(self) -> Distribution | None:
        """The distribution, or None where the figure is a number or a formula."""
        return self.value if hasattr(self.value, "from_score") else None  # type: ignore[return-value]

    @property
    def condition(self) -> bool:
        """Whether it is a formula that holds or does not, such as ``cost > 3``."""
        return bool(getattr(self.value, "condition", False))

    @property
    def parameters(self) -> "dict[str, Quantity]":
        """The parameters of its distribution that are calculated, as figures of their own."""
        formulas: dict[str, Formula] = getattr(self.value, "formulas", {})
        return {name: Quantity(self.kind, formula) for name, formula in formulas.items()}


@dataclass(frozen=True, slots=True)
class SumOf:
    """A number of individual amounts drawn one by one and added up: redundancies, awards.

    Attributes
    ----------
    count
        How many (a fraction counts as that part of one more amount).
    each
        The distribution of one of them [money].
    """

    count: Quantity
    each: Quantity


@dataclass(frozen=True, slots=True)
class ByYear:
    """A quantity for each year of the horizon, in order; each has its own address ``….y2016_17``."""

    values: tuple[Quantity, ...]
    years: tuple[int, ...] | None = None  # None where the file states no horizon, and is refused for it


@dataclass(frozen=True, slots=True)
class DatedChances:
    """The chances of an event by date: each given that it has not happened before.

    Attributes
    ----------
    moments
        When it may happen, in order, as times in financial years (see ``simlib.years``).
    chances
        Its chance at each of them [share].
    names
        The last part of each chance's address: ``m2012_12`` for a month, ``y2012_13`` for a year's 1 April.
    """

    moments: tuple[float, ...]
    chances: tuple[Quantity, ...]
    names: tuple[str, ...] = ()
