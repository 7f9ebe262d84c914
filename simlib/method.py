"""How the figures were made, how to make them again, and a draft for the statutory report; nothing is computed here."""

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from simlib.layout import Section
from simlib.register import assumptions_of
from simlib.verdicts import Document, Pair, estimates, headline_of, of_gap, pairs_of, test_words
from simlib.wording import joined, money, named, out_of_hundred

__all__ = ["method_section", "provenance_section", "statutory_section"]

Rows = Sequence[tuple[str, str, Pair]]


def statutory_section(document: Document) -> Section | None:
    """Give draft wording for the report under section 25, on the questions that guidance on reserves asks.

    Notes
    -----
    Local Government Act 2003, section 25: the chief finance officer reports on the robustness of the estimates and the
    adequacy of the reserves. The headings are those that CIPFA's guidance on reserves and balances and its Financial
    Management Code ask about.
    """
    if not document["councils"] or document["target_year"] is None:
        return None
    parts = tuple(part for council in document["councils"] if (part := _statutory_part(document, council)))
    if not parts:
        return None
    heading = "DRAFT: for the report under section 25"
    return Section("section_25", heading, (_DRAFT,), parts=parts, detail=True, appendix=True)


_DRAFT = (
    "DRAFT wording for the chief finance officer to edit or to leave out; it states what the simulation found, and no"
    " opinion. Section 25 of the Local Government Act 2003 asks for a report on the robustness of the estimates and the"
    " adequacy of the reserves."
)


def _statutory_part(document: Document, council: str) -> Section | None:
    """Give one council's draft."""
    pairs = [row for row in pairs_of(document, council) if headline_of(document, row[2])]
    if not pairs:
        return None
    told = (
        _robustness(document, council), *_sensitivity(document, council, pairs), *_adequacy(document, council, pairs),
        _limits(document),
    )  # fmt: skip
    return Section(f"section_25_{council}", document["councils"][council]["label"], told, detail=True)


def _robustness(document: Document, council: str) -> str:
    """Tell how many estimates are treated as uncertain, on what they rest, and how many move this council's gap."""
    drivers = assumptions_of(document)
    bare = {check["address"] for check in document["checks"] if check["id"] == "unsourced"} & drivers.keys()
    judged = sum((driver.get("source") or {}).get("mark") == "judgement" for driver in drivers.values())
    moving = _moving(document, council)
    sourceless = f"{len(bare)} {'has' if len(bare) == 1 else 'have'} no source" if bare else "none is without a source"
    return (
        f"DRAFT – Robustness of the estimates: {len(drivers)} estimates were treated as uncertain; {judged} rest on"
        f" judgement and {sourceless}. {moving} of them move this council's gap by more than simulation error. They are"
        f" listed in the appendix on assumptions. {document['config']['simulations']:,} futures were drawn."
    )


def _moving(document: Document, council: str) -> int:
    """Count the estimates that move a council's gap under any option by more than simulation error."""
    found = (entry for option in document["swings"]["options"].values() for entry in option.get(council, ()))
    moving = {entry["address"] for entry in found if abs(entry["shift"]) > _CLEAR * entry["error"]}
    return len(moving & assumptions_of(document).keys())


_CLEAR = 4.0  # errors from which a shift is told as one


def _sensitivity(document: Document, council: str, pairs: Rows) -> Iterator[str]:
    """Tell each option's chance, how far that hangs on readings, and what the budget would have to bear."""
    often = _by_option([(label, headline) for _, label, pair in pairs if (headline := headline_of(document, pair))])
    what = f"the recurring gap in {document['target_year']} is closed" if of_gap(document) else _test(document)
    yield f"DRAFT – Sensitivity: {what} in {often}.{_over_readings(document, council, pairs)}"
    short = [
        f"{money(pair['shortfall']['p90'], document['unit'])} under {named([label])}"
        for _, label, pair in pairs
        if pair.get("shortfall") and pair["shortfall"]["probability"]
    ]
    if short:
        yield f"DRAFT – Risk: in 1 of 10 futures the recurring shortfall is larger than {joined(short)}."


def _test(document: Document) -> str:
    return f"the test ‘{test_words(document)}’ is met"


def _over_readings(document: Document, council: str, pairs: Rows) -> str:
    """Tell the range over the readings of each option that any of them moves."""
    told = []
    for key, label, pair in pairs:
        headline = headline_of(document, pair)
        found = estimates(document, headline, key, council) if headline else []
        low, high = (out_of_hundred(*end) for end in (min(found), max(found))) if len(found) > 1 else ("", "")
        if low != high:
            told.append(f"from {low} to {high} of 100 under {named([label])}")
    return f" Over the readings of figures that can be read in several ways it is {joined(told)}." if told else ""


def _adequacy(document: Document, council: str, pairs: Rows) -> Iterator[str]:
    """Tell how often reserves stay above their minimum, with what they open, and what would be needed."""
    held = [(label, found) for _, label, pair in pairs if (found := pair["closes"].get("reserves_hold"))]
    home, unit, last = document["councils"][council], document["unit"], document["years"][-1]
    if not held or home["general_fund_minimum"] is None:
        return
    needed = [
        f"{money(pair['reserve_needed']['90'], unit)} under {named([label])}"
        for _, label, pair in pairs
        if pair.get("reserve_needed")
    ]
    opening, minimum = (money(home[f"general_fund_{name}"], unit) for name in ("opening", "minimum"))
    yield (
        f"DRAFT – Adequacy of the reserves: the general fund opens with {opening}. Before further action it stays at or"
        f" above its minimum of {minimum} in every year to {last} in {_by_option(held)}. For 90 of 100 futures it would"
        f" have to open with {joined(needed)}."
    )


def _by_option(found: Sequence[tuple[str, Document]]) -> str:
    """Tell a chance by option, those that read alike together: ``21 of 100 futures under A; fewer than 1 under B``."""
    told: dict[str, list[str]] = {}
    for label, each in found:
        told.setdefault(f"{out_of_hundred(each['probability'], each['error'])} of 100 futures", []).append(label)
    return "; ".join(f"{often} under {named(labels)}" for often, labels in told.items())


def _limits(document: Document) -> str:
    """Tell what the figures do not hold."""
    read = " How ambiguous figures are read is tested one reading at a time." if document["readings"] else ""
    return (
        "DRAFT – What is not in these figures: what the council would do in response, and anything that the model"
        f" does not treat as uncertain.{read} Simulation error is no measure of how good the estimates are."
    )


_DRAWN = (
    "futures were drawn. In each, every uncertain figure takes one value out of the range that it is given, as often as"
    " it is likely; figures that go together move together."
)
_BUDGET = (
    "In each future the budget is worked out year by year: what it would be short of before any option, what the option"
    " saves and when, what it costs once, and which pots pay."
)
_FORMULAS = "In each future the figures are worked out by the formulas of the model."
_COUNTING = (
    "'27 of 100' means that of all futures drawn, 27 of every 100 had that outcome. The middle future has as many worse"
    " as better; 1 in 10 futures is worse than the figure so named."
)
_PAIRED = "All options are tried in the same futures, so that their differences are those of the options."
_ERROR = (
    "The number of futures leaves a small error, and no figure here is told more finely than that. It is no measure of"
    " how good the assumptions are: for that, see the readings, and who says so."
)
_ACTION = "All results are before further action: councils respond, and nothing here guesses how."


def method_section(document: Document) -> Section:
    """Tell in plain English how the figures were made."""
    drawn = f"{document['config']['simulations']:,} {_DRAWN}"
    found = document.get("observed")
    if found:
        drawn += f" They are some of {found['drawn']:,} that were drawn: those that fit the figures that have come in."
    of_councils, of_figures = (_BUDGET, _COUNTING, _PAIRED, _ERROR, _ACTION), (_FORMULAS, _COUNTING, _ERROR)
    told = (drawn, *(of_councils if document["councils"] else of_figures))
    return Section("method", "How the figures were made", told, detail=True, appendix=True)


def provenance_section(document: Document, manifest: Mapping[str, Any]) -> Section:
    """Tell how to get the same figures again."""
    config, versions = document["config"], manifest.get("versions") or {}
    sampler = str(config["sampler"]).replace("_", " ")
    told = [
        f"{config['simulations']:,} futures, seed {config['seed']}, sampler {sampler}.",
        *(f"What came in as ‘{each['label']}’: {each['source']['what']}."
          for each in (document.get("observed") or {}).get("figures", {}).values() if each["source"]),
        f"Digest of the file: {config['digest']}.",
    ]
    for address, value in (config.get("set") or {}).items():
        told.append(f"Put in place of what the model says: --set {address}={value}.")
    if versions:
        told.append("Made with " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    if manifest.get("made"):
        told.append(f"Made on {manifest['made']}.")
    changed = "".join(f" --set {quote(f'{address}={value}')}" for address, value in (config.get("set") or {}).items())
    told.append(
        f"The same figures again: simlib run config.yaml --seed {config['seed']} --simulations {config['simulations']} "
        f"--sampler {config['sampler']}{changed}, with the config.yaml of this run's folder."
    )
    return Section("provenance", "Provenance", tuple(told), detail=True, appendix=True)
