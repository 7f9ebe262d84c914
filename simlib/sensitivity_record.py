"""Every figure's measures of sensitivity, for the record; what the paper says of them is in ``sensitivity_told``."""

from collections.abc import Iterator

from simlib.layout import Cell, Section, Table
from simlib.sensitivity_words import Document, Name, Words, estimate, place_of, share
from simlib.verdicts import pairs_of
from simlib.wording import joined, named, person_share

__all__ = ["HEADINGS", "record", "row"]

_MEASURES = {
    "sobol": (("first_order", "By itself"), ("total", "With all that it acts through")),
    "shapley": (("effect", "Share of the variance"),),
    "morris": (("mu_star", "Average effect"), ("sigma", "Spread of effects")),
}
_METHODS = {
    "sobol": "Sobol’ indices: shares of the variance; what goes together counts as one",
    "shapley": "Shapley effects: shares of the variance that add up to 1 whatever goes together",
    "morris": "Morris screening: effects of a step, one assumption at a time",
}

RECORD = "What matters, figure by figure"
HEADINGS = ("Assumption", "Goes with", "Beyond the others", "Explains by itself")


def record(words: Words) -> Iterator[Section]:
    """Give every figure of what is decided on, and what designed futures say."""
    tables = [*_rankings(words), *_designs(words)]
    told = [*_meanings(words)]
    idle, _ = words.idle()
    if idle:
        told.append(f"What moves none of these answers by more than chance explains: {named(idle)}.")
    if tables or told:
        yield Section("sensitivity_record", RECORD, tuple(told), tuple(tables), detail=True, appendix=True)


def _meanings(words: Words) -> Iterator[str]:
    """Tell what the columns mean, and what was drawn for them."""
    if words.given:
        yield (
            "‘Goes with’ is the rank correlation (Spearman). ‘Beyond the others’ is the standardised coefficient of a"
            " linear regression on all assumptions: near 0 where one only goes together with others. ‘Explains by"
            " itself’ is the first-order index: the share of the variance that would go if the figure were known. ± is"
            " the simulation error."
        )
    for method, heading in _METHODS.items():
        if found := words.found[method]:
            frozen = ", ".join(f"‘{words.name(address)}’" for address in found["frozen"])
            kept = f" These keep the draws they had: {frozen}." if frozen else ""
            yield f"{heading}. {found['evaluations']:,} futures of a design were worked out for them.{kept}"


def _recorded(words: Words) -> list[Name]:
    """Give the targets whose figures are told one by one: those in the target year that are not told already."""
    target, options = words.document["target_year"], words.document["options"]
    told = [
        (kind, key, council, *year)
        for council in words.document["councils"]
        for key, *_ in pairs_of(words.document, council)
        if not options[key]["does_nothing"]
        for kind, year in (("closes", ()), ("gap", (target,)))
    ]
    claims = [(kind, key) for key in options for kind in ("kept", "claim")]
    outputs = [tuple(name) for name in words.found["targets"] if name[0] == "output"]
    return [*told, *claims, *outputs]


def _rankings(words: Words) -> Iterator[Table]:
    """Give every assumption's measures for each of these targets that it moves."""
    for name in _recorded(words):
        every = words.given[name]["figures"] if name in words.given else ()
        found = [each for each in every if each["told"] and words.in_time(each)]
        rows = tuple(row(words, each) for each in found if each["first_order"]["value"] is not None)
        if rows:
            whole = words.given[name]["explained"]["value"]
            note = "" if whole is None else f"A linear function of all assumptions explains {person_share(whole)}."
            yield Table(f"ranking_{place_of(name)}", words.target(name), HEADINGS, rows, note)


def row(words: Words, entry: Document) -> tuple[Cell, ...]:
    """Give a figure's name and its three measures."""
    return (
        Cell(words.figure(entry)), estimate(entry["rank_correlation"]), estimate(entry["regression"]), share(entry)
    )  # fmt: skip


def _designs(words: Words) -> Iterator[Table]:
    """Give what designed futures say, where they were asked for."""
    wanted = _recorded(words)
    for method, columns in _MEASURES.items():
        for target in (words.found[method] or {}).get("targets", ()):
            name, key = tuple(target["target"]), columns[0][0]
            blocks = [each for each in target.get("blocks", target.get("players")) if each[key]["value"] is not None]
            if name in wanted and blocks:
                rows = tuple(
                    (Cell(joined([words.name(a) for a in each["addresses"]])), *(estimate(each[k]) for k, _ in columns))
                    for each in blocks
                )
                headings = ("Assumption", *(heading for _, heading in columns))
                caption = f"{words.target(name)}. {_METHODS[method]}"
                yield Table(f"{method}_{place_of(name)}", caption, headings, rows)
