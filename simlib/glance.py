"""A summary as one small table, for a notebook: the headline, claims or outputs; the report has the sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from simlib.showing import table_html
from simlib.units import beside, half_penny
from simlib.wording import chance, money

__all__ = ["at_a_glance"]

Document = Mapping[str, Any]
_LEVELS = ("p10", "p50", "p90")
_BAND = ("1 in 10 below", "Middle", "1 in 10 above")


def at_a_glance(document: Document) -> str:
    """Give the table of a summary's document: each option beside its plan, or each output where there are none.

    Parameters
    ----------
    document : mapping
        What ``summary.json`` holds; all of its text is escaped.
    """
    config, year = document["config"], document["target_year"]
    caption = f"{config['title']}: {config['simulations']:,} futures, seed {config['seed']}"
    if not document["options"]:
        return table_html(caption, ("Output", "Business case", *_BAND), list(_outputs(document)))
    test = document["tests"].get(document["headline"], document["headline"])
    headings = ("Option", "In the business case", "In the futures", *(f"Gap in {year}: {name}" for name in _BAND))
    note = f"Before further action. The test: {test}. A gap with a minus is money to spare."
    return table_html(caption, headings, [*_options(document), *_claims(document)], note=note, most=None)


def _options(document: Document) -> Iterator[tuple[str, ...]]:
    """Give a row for each option of each council with a gap."""
    several = len(document["councils"]) > 1
    for council, home in document["councils"].items():
        for option in document["options"].values():
            pair = option["councils"].get(council) or {}
            headline = (pair.get("closes") or {}).get(document["headline"])
            if headline:
                name = f"{home['label']}: {option['label']}" if several else option["label"]
                yield name, "met" if headline["plan"] else "not met", _often(headline), *_gap(document, pair)


def _gap(document: Document, pair: Document) -> tuple[str, ...]:
    """Give the band of the recurring gap in the target year, as finely as its errors allow."""
    gap = (pair.get("gap_recurring") or {}).get(document["target_year"])
    if gap is None:
        return ("–",) * len(_LEVELS)
    like = max(abs(gap[level]) for level in _LEVELS)
    return tuple(money(gap[level], document["unit"], gap["error"][level], like=like) for level in _LEVELS)


def _claims(document: Document) -> Iterator[tuple[str, ...]]:
    """Give a row for each option that claims an amount."""
    for option in document["options"].values():
        claim = option["claim"]
        if claim:
            name = f"{option['label']}: claim of {money(claim['amount'], document['unit'])} by {claim['by']}"
            met = claim["amount"] - claim["plan"] < half_penny(document["unit"])
            yield name, "met" if met else "not met", _often(claim), *("–",) * len(_LEVELS)


def _often(found: Document) -> str:
    return f"met in {chance(found['probability'], found['error'], found['interval'])}"


def _outputs(document: Document) -> Iterator[tuple[str, ...]]:
    """Give a row for each output, or each year of one that goes by year."""
    for output in document["outputs"].values():
        years = {"": output} if "mean" in output else {year: output[year] for year in document["years"]}
        for year, entry in years.items():
            name = f"{output['label']}, {year}" if year else output["label"]
            if entry["chance"]:
                yield name, "holds" if entry["plan"] else "does not hold", _holds(entry["chance"]), *("",) * 2
            else:
                yield name, *_figures(entry, output["kind"], document["unit"] or "£")


def _holds(found: Document) -> str:
    return f"holds in {chance(found['probability'], found['error'], found['interval'])}"


def _figures(entry: Document, kind: str, unit: str) -> list[str]:
    """Give the plan and the band of an output in one unit, as finely as the errors allow."""
    error = max(entry["error"][level] for level in _LEVELS)
    return beside([entry[level] for level in ("plan", *_LEVELS)], error, kind, unit)
