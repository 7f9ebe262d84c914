"""``dist: elicited``: what one or several experts said, fitted and pooled; how families are fitted is not known here.

Nothing in such an entry has a default that could be mistaken: what ``low`` and ``high`` are, and how several
experts are pooled, must be said.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simlib import distributions
from simlib.config import families, scalars
from simlib.config.nodes import (
    Gather,
    Mapping,
    Node,
    expected,
    is_broken,
    join,
    nearest_or_list,
    problem,
    quote,
    refuse,
)
from simlib.config.quantities import Stated
from simlib.config.scalars import Setting
from simlib.distributions import Distribution, ParameterError, fitted_value, quantile_name, quantile_of_name
from simlib.errors import Problem

if TYPE_CHECKING:
    from simlib.config.slots import Slot

WORD = "elicited"
POOLS = {"linear": "mixture", "logarithmic": "logarithmic_pool"}  # and the family that each makes
ENDS = (0.0, 1.0)
_PAIR = re.compile(r"(p[0-9]+(?:[._][0-9]+)?)_(p[0-9]+(?:[._][0-9]+)?)")
_BESIDE = ("mode", "mean", "sd", "df", "lambda", "terms")
_FIGURES = ("low", "high", *_BESIDE)
_KNOWN = ("as", "low_high", "median", *_FIGURES)
_UNSTATED = ("df", "lambda", "terms")  # they shape a family, and are nothing that could be met or not
PAIRS = "p0_p100 (the lowest and highest possible), p10_p90, p5_p95 or another pair as far from either end"
_POOLING = "linear (any of them may be right) or logarithmic (all of them are right in part)"


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What one expert said, ready to be fitted.

    Attributes
    ----------
    family
        The family that is fitted.
    quantiles
        Probability to value.
    beside
        Mode, mean, sd, ends and what shapes the family, by name.
    """

    family: str
    quantiles: dict[float, float]
    beside: dict[str, float]

    @property
    def told(self) -> tuple[tuple[str, float], ...]:
        """Every statement with its value."""
        others = ((name, value) for name, value in self.beside.items() if name not in _UNSTATED)
        return (*((quantile_name(p), x) for p, x in sorted(self.quantiles.items())), *others)


def distribution(node: Mapping, slot: "Slot", setting: Setting) -> Distribution:
    """Read the distribution that statements settle.

    Parameters
    ----------
    node
        The mapping with ``dist: elicited``.
    slot
        What its values measure.
    setting
        What is known of the file.
    """
    own = _own(node)
    if "experts" not in own and "pool" not in own:
        return _fitted(node, own, slot, setting)
    return _pooled(node, own, slot, setting)


def stated(node: Mapping, found: Distribution, slot: "Slot", setting: Setting) -> tuple[Stated, ...]:
    """Give what was stated about a distribution that was read, and what the fitted one gives.

    Parameters
    ----------
    node
        The mapping with ``dist:``; of a family given by its parameters nothing was stated.
    found
        What was made of it; cut off, where the file cuts it off.
    slot, setting
        As it was read with.
    """
    own = _own(node)
    if node["dist"] != WORD:
        return _stated_by_quantiles(node, own, found, slot, setting)
    if "experts" not in own:
        return _met(_opinion(node, own, slot, setting), found, None)
    experts = node["experts"]
    assert isinstance(experts, Mapping)  # it was read before
    opinions = ((name, entry, _expert_keys(entry)) for name, entry in experts.items() if isinstance(entry, Mapping))
    return tuple(
        each
        for name, entry, keys in opinions
        for each in _met(_opinion(entry, keys, slot, setting), _fitted(entry, keys, slot, setting), name)
    )


def _own(node: Mapping) -> tuple[str, ...]:
    from simlib.config.slots import COMMON

    return tuple(key for key in node if key not in ("dist", "truncate", *COMMON))


def _met(opinion: _Opinion, found: Distribution, expert: str | None) -> tuple[Stated, ...]:
    return tuple(Stated(word, value, fitted_value(found, word), expert) for word, value in opinion.told)


def _stated_by_quantiles(
    node: Mapping, own: tuple[str, ...], found: Distribution, slot: "Slot", setting: Setting
) -> tuple[Stated, ...]:
    family, inner = distributions.FAMILIES.get(str(node["dist"])), node.get("quantiles")
    levels = inner if isinstance(inner, Mapping) else node
    names = [key for key in (levels if levels is inner else own) if quantile_of_name(key) is not None]
    if family is None or not family.elicited or not names:
        return ()
    others = [key for key in own if key in _FIGURES and key not in _UNSTATED]
    entries = [*((key, levels[key]) for key in names), *((key, node[key]) for key in others)]
    values = {key: _figure(key, entry, slot, setting) for key, entry in entries}
    words = {key: quantile_name(p) if (p := quantile_of_name(key)) is not None else key for key in values}
    return tuple(Stated(words[key], value, fitted_value(found, words[key]), None) for key, value in values.items())


# One opinion


def _fitted(node: Mapping, own: tuple[str, ...], slot: "Slot", setting: Setting) -> Distribution:
    """Fit the family that ``as`` names."""
    opinion = _opinion(node, own, slot, setting)

    def make() -> Distribution:
        try:
            return distributions.fit(opinion.family, opinion.quantiles, **_keywords(opinion.beside))
        except ParameterError as refused:
            name = "" if refused.parameter in ("quantiles", "dist") else refused.parameter
            raise ParameterError(name, refused.message + _UNIT.get(slot.kind, "")) from None

    return families.made(node, make)


_UNIT = {"duration": " (all in years)", "share": " (all as shares of 1)"}  # as messages have figures


def _keywords(beside: dict[str, float]) -> dict[str, float]:
    return {"lambda_" if name == "lambda" else name: value for name, value in beside.items()}


def _opinion(node: Mapping, own: tuple[str, ...], slot: "Slot", setting: Setting) -> _Opinion:
    """Read what one expert said: the family, what low and high are, and every figure."""
    gather = Gather()
    gather.problems += _unknown(node, own)
    family = gather.take(_family, node)
    pair = gather.take(_pair, node)
    named = sorted((key for key in own if _is_figure(key)), key=lambda key: key in ("low", "high"))
    figures = {key: gather.take(_figure, key, node[key], slot, setting) for key in named}
    gather.finish()
    assert family is not None  # finish() raises otherwise
    quantiles: dict[float, float] = {}
    beside: dict[str, float] = {}
    for key, value in figures.items():
        assert value is not None
        p = _probability(key, pair)
        if p is None:
            beside[key] = value
        elif p in quantiles:
            name = f"{key} is {quantile_name(p)}, which" if key in ("low", "high", "median") else key
            refuse(node[key], f"{name} is stated twice", address=join(node.address, key))
        else:
            quantiles[p] = value
    return _Opinion(family, quantiles, beside)


def _is_figure(key: str) -> bool:
    return key in _FIGURES or quantile_of_name(key) is not None


def _unknown(node: Mapping, own: tuple[str, ...]) -> list[Problem]:
    return [
        problem(key, f"unknown statement {quote(key)}{nearest_or_list(key, (*_KNOWN, 'p10'), most=20)}")
        for key in node.texts()
        if key in own and key not in _KNOWN and not _is_figure(key) and not is_broken(node[key])
    ]


def _family(node: Mapping) -> str:
    """Read which family is fitted."""
    if "as" not in node:
        refuse(node, "missing key 'as': the family that is fitted, such as pert", address=join(node.address, "as"))
    text = scalars.text_of(node["as"], "the name of a family such as pert")
    if text not in distributions.ELICITED:
        known = nearest_or_list(text, distributions.ELICITED, most=20)
        refuse(text, f"expected a family that statements can settle, got {quote(text)}{known}")
    return str(text)


def _pair(node: Mapping) -> tuple[float, float] | None:
    """Read which quantiles low and high are; there is no default, because both readings are common."""
    ends = [key for key in ("low", "high") if key in node]
    if "low_high" not in node:
        if ends:
            message = f"missing key 'low_high': say what {' and '.join(ends)} mean: {PAIRS}"
            refuse(node, message, address=join(node.address, "low_high"))
        return None
    text = scalars.text_of(node["low_high"], PAIRS)
    found = _PAIR.fullmatch(text)
    low, high = (_end(found[1]), _end(found[2])) if found else (None, None)
    if low is None or high is None or not low < 0.5 or abs(low + high - 1.0) > 1e-9:
        expected(text, PAIRS)
    if not ends:
        refuse(text, "low_high says what low and high are, and neither is stated")
    return low, high


def _end(name: str) -> float | None:
    return 1.0 if name == "p100" else quantile_of_name(name)


def _probability(key: str, pair: tuple[float, float] | None) -> float | None:
    """Give the probability that a statement is a quantile of; None where it is none."""
    if key in ("low", "high"):
        return None if pair is None or pair == ENDS else pair[key == "high"]
    return quantile_of_name(key)


def _figure(key: str, node: Node, slot: "Slot", setting: Setting) -> float:
    """Read one figure of a statement, in the unit of the slot."""
    return families.single(key, node, "number" if key in _UNSTATED else "value", slot, setting)


# Several opinions


def _expert_keys(entry: Mapping) -> tuple[str, ...]:
    return tuple(key for key in entry if key != "weight")


def _pooled(node: Mapping, own: tuple[str, ...], slot: "Slot", setting: Setting) -> Distribution:
    """Read several experts with weights, each fitted alone, and pool them."""
    scalars.closed(node, (*node.keys() - {*own}, "pool", "experts"))
    gather = Gather()
    pool = gather.take(_pool, node)
    experts = gather.take(_experts, node)
    for key in () if experts is None else experts.texts():
        gather.take(scalars.identifier, key, setting)
    read = [gather.take(_expert, entry, slot, setting) for entry in (experts or {}).values()]
    gather.finish()
    assert pool is not None  # finish() raises otherwise
    assert experts is not None
    found = [each for each in read if each is not None]
    parts, weights = tuple(part for _, part in found), tuple(weight for weight, _ in found)
    if abs(sum(weights) - 1.0) > 1e-9:
        refuse(experts, f"expected weights that add up to 100%, got {100.0 * sum(weights):.10g}%")
    try:
        return distributions.make(POOLS[pool], {"of": parts, "weights": weights})
    except ParameterError as trouble:
        refuse(experts, str(trouble))


def _pool(node: Mapping) -> str:
    if "pool" not in node:
        refuse(node, f"missing key 'pool': {_POOLING}", address=join(node.address, "pool"))
    text = scalars.text_of(node["pool"], _POOLING)
    if text not in POOLS:
        expected(text, _POOLING)
    return str(text)


def _experts(node: Mapping) -> Mapping:
    if "experts" not in node:
        message = "missing key 'experts': two or more by name, each with a weight"
        refuse(node, message, address=join(node.address, "experts"))
    entry = node["experts"]
    if not isinstance(entry, Mapping) or len(entry) < 2:
        got = len(entry) if isinstance(entry, Mapping) else quote(entry)
        refuse(entry, f"expected two or more experts by name, each with a weight, got {got}")
    return entry


def _expert(node: Node, slot: "Slot", setting: Setting) -> tuple[float, Distribution]:
    """Read one expert's weight, and fit what he said."""
    if not isinstance(node, Mapping) or "weight" not in node:
        expected(node, "what an expert said, with a weight")
    gather = Gather()
    weight = gather.take(_weight, node["weight"], setting)
    found = gather.take(_fitted, node, _expert_keys(node), slot, setting)
    gather.finish()
    assert weight is not None  # finish() raises otherwise
    assert found is not None
    return weight, found


def _weight(node: Node, setting: Setting) -> float:
    value = scalars.part(node, setting)
    if value == 0.0:
        expected(node, "a weight above 0%; leave out an expert who does not count")
    return value
