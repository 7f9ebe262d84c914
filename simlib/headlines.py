"""The headline figures of a run, one value for each option and council, to be set beside another run's; no run is read.

A run's own report tells them in sentences (``verdicts``) and tables (``outlook``); here they are as numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simlib.register import output_entries
from simlib.verdicts import Document, Pair, estimates, headline_of, pairs_of, target_gap, test_words
from simlib.wording import clean

__all__ = ["Headline", "headlines"]


@dataclass(frozen=True, slots=True)
class Headline:
    """What a run says of one option for one council, of an option's claim, or of one output.

    Parameters
    ----------
    option, council : str
        Labels; empty for an output, the council for a claim.
    test : str
        What the chance is of; empty where there is none.
    chance : chance of summary.json or None
        How often that holds.
    readings : tuple of (probability, error)
        The same on the file's reading and on each other; one where there is no other.
    amount : str
        What the band is of.
    kind, unit : str
        Of the amounts: ``money`` and its unit, ``share``, … as summary.json has them.
    band : statistics of summary.json or None
        The recurring gap in the target year, what is set against a claim, or the output.
    shortfall, reserves : mapping
        As summary.json has them; empty where it has none.
    """

    option: str
    council: str
    test: str = ""
    chance: Document | None = None
    readings: tuple[tuple[float, float], ...] = ()
    amount: str = ""
    kind: str = ""
    unit: str = ""
    band: Document | None = None
    shortfall: Document | None = None
    reserves: Document | None = None

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What it is of: the same in every run that it can be compared with."""
        return self.option, self.council, self.test, self.amount


def headlines(document: Document) -> Iterator[Headline]:
    """Give every headline of a run, in the order of its report.

    Parameters
    ----------
    document : mapping
        What summary.json holds.
    """
    for council, home in document["councils"].items():
        for option, label, pair in pairs_of(document, council):
            if headline_of(document, pair) or target_gap(document, pair):
                yield _of_pair(document, option, council, pair, (label, home["label"]))
    for option, entry in document["options"].items():
        yield from _jointly(document, option, entry)
        yield from _claim(document, option, entry)
    for label, entry in output_entries(document):
        kind, chance = entry.get("kind") or "", entry.get("chance")
        unit = (document["unit"] or "") if kind == "money" else ""
        test, amount = ("holds" if chance else ""), clean(label)
        yield Headline("", "", test, chance, amount=amount, kind=kind, unit=unit, band=None if chance else entry)


def _of_pair(document: Document, option: str, council: str, pair: Pair, labels: tuple[str, str]) -> Headline:
    """Give the headline of an option for a council."""
    found, gap = headline_of(document, pair), target_gap(document, pair)
    label, home = map(clean, labels)
    return Headline(
        label,
        home,
        test=test_words(document) if found else "",
        chance=found,
        readings=tuple(estimates(document, found, option, council)) if found else (),
        amount=f"recurring gap in {document['target_year']}" if gap else "",
        kind="money",
        unit=document["unit"],
        band=gap,
        shortfall=pair.get("shortfall"),
        reserves=pair.get("reserve_needed"),
    )


def _jointly(document: Document, option: str, entry: Any) -> Iterator[Headline]:
    """Give the headline of all of an option's councils together."""
    found = (entry.get("jointly") or {}).get("closes", {}).get(document["headline"])
    if found:
        known = tuple(estimates(document, found, option, "jointly"))
        yield Headline(clean(entry["label"]), "all together", test_words(document), found, known)


def _claim(document: Document, option: str, entry: Any) -> Iterator[Headline]:
    """Give how often what an option's supporters claim is kept."""
    claim = entry.get("claim")
    if claim:
        known = tuple(estimates(document, claim, option, "claim"))
        band = {**claim, "error": claim.get("errors") or {}}
        amount, unit = f"what is set against it by {claim['by']}", document["unit"]
        yield Headline(clean(entry["label"]), "", "claim kept", claim, known, amount, "money", unit, band)
