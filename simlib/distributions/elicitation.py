"""Distributions from what people can say: quantiles, a mode, a mean; what can be said is in `statements`."""

from __future__ import annotations

from collections.abc import Mapping

from simlib.distributions.base import Distribution, ParameterError, number, positive, refuse
from simlib.distributions.fitting import CLOSE, ELICITED, ImpossibleError, impossible
from simlib.distributions.metalog import checked_quantiles
from simlib.distributions.statements import (
    Statement,
    fitted_value,
    listed,
    mode_of,
    quantile_name,
    quantile_of_name,
)

__all__ = ["ELICITED", "fit", "fitted_value", "mode_of", "quantile_name", "quantile_of_name"]

MOMENTS = ("mode", "mean", "sd")
ENDS = ("low", "high")
# Families whose lowest and highest value can be stated like any quantile
ENDED = ("uniform", "loguniform", "triangular", "pert")
NEEDED = {"exponential": 1, "triangular": 3, "pert": 3, "metalog": 0}  # statements; two for the others
BESIDE: Mapping[str, tuple[str, ...]] = {
    "normal": MOMENTS,
    "lognormal": MOMENTS,
    "uniform": ("mean", "sd", *ENDS),
    "loguniform": ("mean", "sd", *ENDS),
    "triangular": (*MOMENTS, *ENDS),
    "pert": (*MOMENTS, *ENDS, "lambda"),
    "beta": (*MOMENTS, *ENDS),
    "gamma": MOMENTS,
    "weibull": MOMENTS,
    "gumbel": MOMENTS,
    "exponential": ("mean", "sd"),
    "student_t": (*MOMENTS, "df"),
    "metalog": (*ENDS, "terms"),
}


def fit(
    family: str,
    quantiles: Mapping[float, float],
    *,
    mode: float | None = None,
    mean: float | None = None,
    sd: float | None = None,
    low: float | None = None,
    high: float | None = None,
    df: float | None = None,
    lambda_: float | None = None,
    terms: float | None = None,
) -> Distribution:
    """Give the member of a family that meets every statement exactly.

    Parameters
    ----------
    family
        One of `ELICITED`.
    quantiles
        Probability of not being exceeded to value [unit of the value]; perhaps none, and 0 and 1
        only where the family has ends.
    mode, mean, sd
        Beside quantiles or in place of them, where the family has them.
    low, high
        The ends: bounds of beta (0 and 1 unless given) and metalog, statements about triangular,
        pert, uniform and loguniform.
    df
        Degrees of freedom, for student_t.
    lambda_
        Strength of the mode, for pert (4 unless given).
    terms
        Of a metalog, where there are to be fewer than quantiles; they are then not met exactly.

    Raises
    ------
    ParameterError
        If no member can, or more than one could; the message says why.

    Notes
    -----
    A mean or mode and a quantile of a lognormal, gamma or beta can leave two solutions, of which one
    is far wider than anybody means: the narrower is given.

    Examples
    --------
    >>> fit("normal", {0.1: 1.0, 0.9: 9.0}).mean
    5.0
    >>> round(fit("gamma", {0.9: 3.0}, mean=2.0).quantile(0.9), 9)
    3.0
    """
    if family not in ELICITED:
        refuse("dist", f"a family that quantiles can settle ({', '.join(ELICITED)})", family)
    given = {"mode": mode, "mean": mean, "sd": sd, "low": low, "high": high}
    given |= {"df": df, "lambda": lambda_, "terms": terms}
    _refuse_idle(family, given)
    checked = {name: None if value is None else number(name, value) for name, value in given.items()}
    checked["lambda_"] = checked.pop("lambda")
    if checked["sd"] is not None:
        positive("sd", sd)
    ends = _stated_ends(family, checked)
    for p in set(ends) & set(quantiles):
        refuse(ENDS[int(p)], f"either {ENDS[int(p)]} or {quantile_name(p)}, not both", ends[p])
    stated = dict(quantiles) | ends
    said = Statement(checked_quantiles(stated, ends=family in ENDED), **checked)
    _check_enough(family, said)
    try:
        fitted = _settled(family, said)
        if family != "metalog":  # which knows by itself how close it has to be
            _check_met(family, said, fitted)
    except ImpossibleError as refused:
        raise ParameterError(refused.parameter, f"{refused.message}{_instead(family, said)}") from None
    return fitted


def _stated_ends(family: str, given: dict[str, float | None]) -> dict[float, float]:
    """Take low and high as quantiles of 0 and 1 where the family has ends that can be stated."""
    if family not in ENDED:
        return {}
    ends = {0.0: given.pop("low"), 1.0: given.pop("high")}
    return {p: value for p, value in ends.items() if value is not None}


def _refuse_idle(family: str, given: Mapping[str, float | None]) -> None:
    for name, value in given.items():
        if value is not None and name not in BESIDE.get(family, ()):
            allowed = " or ".join(BESIDE.get(family, ())) or "nothing else"
            message = f"expected {allowed} beside the quantiles of {family}, not {name}"
            ends = "; it has no lowest or highest value to state: say which quantile it is, such as p5 or p95"
            raise ParameterError(name, message + (ends if name in ("low", "high") else ""))


def _check_enough(family: str, said: Statement) -> None:
    """Refuse too few statements; a family of k shapes needs k of them."""
    needed, words = NEEDED.get(family, 2), ("none", "one", "two", "three")
    if len(said.told) < needed:
        kinds = [name for name in ("mode", "mean", "sd") if name in BESIDE.get(family, ())]
        able = listed(["quantiles", *kinds], "or")
        message = f"expected {words[needed]} statements about {family} ({able}), got {words[len(said.told)]}"
        raise ParameterError("quantiles", message.replace("one statements", "one statement"))


def _settled(family: str, said: Statement) -> Distribution:
    """Give the member that the statements settle; one whose ends or shape no float holds is refused like any other."""
    try:
        return ELICITED[family](said)
    except OverflowError:
        impossible(family, said, "it would reach beyond all numbers")


def _check_met(family: str, said: Statement, fitted: Distribution) -> None:
    """Refuse where what was not needed to settle the family is not what the family makes it."""
    for each in said.told:
        found = fitted_value(fitted, each.word)
        if found is None or abs(found - each.value) > _room(said):
            middle = len(said.told) == 3 == len(said.pairs)
            where = "the middle" if middle else each.word if each.p is not None else f"the {each.word}"
            impossible(family, said, f"{where} would have to be {'another' if found is None else f'{found:.7g}'}")


def _room(said: Statement) -> float:
    values = [each.value for each in said.told if each.word != "sd"] or [each.value for each in said.told]
    # Beside a mean of 0 the sd is all that says how large the figures are.
    return CLOSE * max((max(values) - min(values)) or abs(values[0]), said.sd or 0.0)


def _instead(family: str, said: Statement) -> str:
    """Name families that meet the same quantiles, where only quantiles were stated."""
    others = () if said.others else ("normal", "lognormal", "pert", "metalog")
    able = listed([name for name in others if name != family and _can(name, said.pairs)], "or")
    return f"; a {able} can" if able else ""


def _can(family: str, pairs: tuple[tuple[float, float], ...]) -> bool:
    """Whether another family meets the same quantiles, tried and not guessed."""
    said = Statement(pairs)
    try:
        _check_enough(family, said)
        fitted = _settled(family, said)
    except ParameterError:
        return False
    return all(abs(fitted.quantile(p) - x) <= _room(said) for p, x in pairs)
