"""``simlib explain``: a family or a term in plain words; terms are in ``glossary``, how to draw in ``sketch``."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from simlib.errors import ConfigError, Problem
from simlib.glossary import TERMS

if TYPE_CHECKING:
    from simlib.distributions import Distribution

__all__ = ["EXAMPLES", "explanation"]


def explanation(word: str, *, encoding: str = "utf-8") -> list[str]:
    """Give the lines that explain a word.

    Parameters
    ----------
    word : str
        A family such as ``pert``, or a term such as ``gap``; case, and spaces or underscores, do not matter.
    encoding : str
        What the letters of a picture must be in.

    Raises
    ------
    ConfigError
        When nobody knows the word; the message names the nearest.

    Examples
    --------
    >>> explanation("Run rate")
    ['# run rate', "A year's worth of savings, as at 31 March."]
    """
    from simlib.distributions import FAMILIES

    wanted = _plain(word)
    if wanted in FAMILIES:
        return list(_family(wanted, encoding))
    for term, text in TERMS.items():
        if _plain(term) == wanted:
            return [f"# {term}", text]
    known = {_plain(term): term for term in (*TERMS, *FAMILIES)}
    near = [known[name] for name in difflib.get_close_matches(wanted, known, n=3)]
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; families are {', '.join(FAMILIES)}"
    raise ConfigError([Problem("", "explain", f"expected a family or a term, got {word[:60]!r}{hint}")])


def _plain(word: str) -> str:
    """Give a word as it is compared."""
    return "_".join(word.casefold().replace("_", " ").replace("-", " ").split())


def _family(name: str, encoding: str) -> Iterator[str]:
    """Tell a family: what it is, how it is written, what its parameters are, where it comes from, an example."""
    from simlib.distributions import FAMILIES

    family = FAMILIES[name]
    yield f"# {name}"
    yield family.summary
    yield "Written as:"
    for names in family.parametrisations:
        inside = ", ".join((f"dist: {name}", *(f"{parameter}: …" for parameter in names)))
        yield f"  - {_UNUSUAL.get(name, f'{{{inside}}}')}"
    yield "Parameters:"
    for parameter, role in family.parameters.items():
        spare = ("may be left out",) if parameter in family.optional else ()
        meaning = (_MEANINGS[parameter],) if parameter in _MEANINGS else ()
        yield f"  - {parameter}: {'; '.join((_ROLES.get(role, role), *spare, *meaning))}"
    if family.elicited:
        yield "In place of parameters: quantiles such as p10 and p90, or what was said (simlib explain elicited)"
    if family.source:
        yield f"Source: {family.source}"
    yield from _example(name, encoding)


def _example(name: str, encoding: str) -> Iterator[str]:
    """Show a member: as it is written, drawn, and in words."""
    from simlib.sketch import letters_for, picture, words

    member = _member(EXAMPLES[name])
    yield "An example:"
    yield from (f"    {line}" for line in EXAMPLES[name].splitlines())
    yield ""
    yield from picture(member, letters_for(encoding))
    yield ""
    yield "The same in words:"
    sentence = member.sentence()
    yield f"  - {sentence[0].upper()}{sentence[1:]}."
    yield from (f"  - {line}" for line in words(member))


def _member(text: str) -> "Distribution":
    """Give what an example means, as a file would."""
    from simlib.config.load import parse_config
    from simlib.distributions import make

    written = "\n".join(f"    {line}" for line in text.splitlines())
    value = parse_config(f"simlib: 1\ntitle: An example\ndrivers:\n  example:\n{written}\n").drivers["example"].value
    return make("fixed", {"value": value}) if isinstance(value, int | float) else value  # type: ignore[return-value]


# What parameters are, where their names do not say it
_MEANINGS = {
    "lambda": "how much the most likely value counts beside the two ends, 4 if not said",
    "df": "degrees of freedom: the fewer, the heavier the tails",
    "alpha": "the larger beside beta, the nearer to the upper bound",
    "beta": "the larger beside alpha, the nearer to the lower bound",
    "mu": "mean of the logarithm",
    "sigma": "standard deviation of the logarithm",
        "terms": "of the curve, fewer than quantiles for a smoother one",
    "bandwidth": "of the bell around each past value, its standard deviation",
    "quantiles": "such as {p10: 2, p50: 3, p90: 5}",
    "parent": "what is cut off, of any family",
}
_ROLES = {
    "value": "a figure of the entry's own kind (money, a share, a duration …)",
    "spread": "a distance of the entry's own kind, above nothing",
    "share": "a chance or share from 0% to 100%",
    "number": "a plain number",
    "count": "a whole number",
    "distribution": "a distribution of any family, or a figure",
    "distributions": "named parts, each a distribution or a figure with its weight",
    "yes_no": "yes or no",
}

# Families that are not written as their parameters are called
_UNUSUAL = {
    "mixture": "{dist: mixture, of: {one: {weight: …, dist: …}, another: {weight: …, dist: …}}}",
    "logarithmic_pool": "{dist: logarithmic_pool, of: {one: {weight: …, dist: …}, another: {weight: …, dist: …}}}",
    "truncated": "{dist: …, truncate: {low: …, high: …}}, beside any other family; the bounds are the parameters",
}

# One member of each family, as it stands in a file
EXAMPLES: Mapping[str, str] = {
    "fixed": "{dist: fixed, value: 1.2}",
    "uniform": "{dist: uniform, low: 1, high: 3}",
    "loguniform": "{dist: loguniform, low: 1, high: 10}",
    "triangular": "{dist: triangular, low: 1, mode: 2, high: 4}",
    "pert": "{dist: pert, low: 1, mode: 2, high: 4}",
    "normal": "{dist: normal, mean: 2, sd: 0.5}",
    "truncated_normal": "{dist: truncated_normal, mean: 2, sd: 0.5, low: 1.5}",
    "lognormal": "{dist: lognormal, median: 2, p90: 3}",
    "beta": "{dist: beta, alpha: 8, beta: 2}",
    "gamma": "{dist: gamma, mean: 2, sd: 1}",
    "weibull": "{dist: weibull, shape: 2, scale: 3}",
    "student_t": "{dist: student_t, df: 4, location: 2, scale: 0.5}",
    "exponential": "{dist: exponential, mean: 2}",
    "gumbel": "{dist: gumbel, location: 2, scale: 0.5}",
    "bernoulli": "{dist: bernoulli, p: 30%}",
    "binomial": "{dist: binomial, n: 20, p: 15%}",
    "poisson": "{dist: poisson, mean: 3}",
    "geometric": "{dist: geometric, p: 40%}",
    "discrete": "{dist: discrete, values: [1, 2, 4], weights: [50%, 30%, 20%]}",
    "mixture": """{dist: mixture, of: {usual: {weight: 85%, dist: normal, mean: 2, sd: 0.5},
                     dispute: {weight: 15%, dist: uniform, low: 4, high: 6}}}""",
    "zero_inflated": "{dist: zero_inflated, chance: 40%, of: {dist: gamma, mean: 2, sd: 1}}",
    "logarithmic_pool": """{dist: logarithmic_pool, of: {finance: {weight: 60%, dist: normal, mean: 2, sd: 0.5},
                              service: {weight: 40%, dist: pert, low: 1, mode: 3, high: 5}}}""",
    "empirical": "{dist: empirical, values: [1.2, 0.9, 1.4, 2.2, 1.1], smoothed: yes}",
    "piecewise": "{dist: piecewise, values: [1, 2, 5], probabilities: [0%, 60%, 100%]}",
    "metalog": "{dist: metalog, quantiles: {p10: 2, p50: 3, p90: 5}, low: 0}",
    "truncated": "{dist: lognormal, median: 2, p90: 3, truncate: {low: 1.5}}",
}
