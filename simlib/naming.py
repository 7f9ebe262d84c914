"""What a figure of a config is called where its file gives it no label of its own: never an address with dots.

The entries that it stands in have labels; what it is of them, the config language says.
"""

from typing import Any

from simlib.config import Config

__all__ = ["figure_name"]

# What a figure of an entry is, by the last part of its address; other parts are told as they stand.
_FIGURES = {
    "realisation": "share of the saving delivered",
    "realised": "share that comes",
    "delay": "how late it comes",
    "change": "difference from the plan",
    "chance": "chance",
    "keeps": "share that stays when it stops",
    "costs": "cost when it happens",
    "overrun": "overrun of the cost",
    "amount": "amount",
    "saving": "saving",
    "running_cost": "running cost",
    "scope_growth": "growth of scope",
    "backfill": "posts filled again",
    "growth": "growth",
    "base": "base",
    "opening": "opening balance",
    "minimum": "minimum",
    "from": "start",
    "full_from": "first full year",
    "ends": "last year",
    "rises": "how it rises",
    "savings": "savings received in the year",
    "run_rate": "a year's worth of savings",
    "gap_before": "gap before savings",
    "gap_after": "gap in cash within the year",
    "gap_recurring": "recurring gap",
    "general_fund": "general fund",
}
# Names of sections, which say nothing beside what stands in them
_SECTIONS = frozenset((
    "drivers", "councils", "measures", "events", "options", "programmes", "funding", "pressures", "pots", "local",
    "readings", "stress", "dependence",
))  # fmt: skip
_BEFORE = {"delays": "delay to", "lines": "effect on", "overlaps": "overlap with", "slows": "delay to"}


def figure_name(config: Config, address: str) -> str:
    """Give the name of a figure, or of an entry, by its address.

    Parameters
    ----------
    config
        The file.
    address
        Such as ``measures.transformation.delay``.

    Returns
    -------
    str
        Such as "Transformation programme: how late it comes"; a council's name stands last, where there are several.
    """
    parts = address.split(".")
    council, words, section = "", [""], config
    before = ""
    for at, part in enumerate(parts):
        within, section = section, _inside(section, part)
        label = getattr(section, "label", None)
        if within is getattr(config, "councils", None) or (before == "councils" and at > 1):
            council = label or _council(config, part)
        elif part in _BEFORE:
            words.append(f"{_BEFORE[part]} ")
        elif part not in _SECTIONS and part != "one_off":
            words[-1] += label or (_FIGURES.get(part) if at else None) or _label_elsewhere(config, before, part)
            words.append("")
        before = part
    told = ": ".join(word for word in words if word.strip())
    named = told[:1].upper() + told[1:] if told else council
    return f"{named}, {council}" if council and told and len(config.councils) > 1 else named


def _inside(section: Any, part: str) -> Any:
    return section.get(part) if isinstance(section, dict) else getattr(section, part, None)


def _council(config: Config, part: str) -> str:
    found = config.councils.get(part)
    return (found.label if found else None) or part.replace("_", " ")


def _label_elsewhere(config: Config, section: str, part: str) -> str:
    """Give the label of a measure that another entry speaks of, or a name as it stands with spaces."""
    found = config.measures.get(part) if section in ("delays", "overlaps", "slows") else None
    name = part.replace("_", " ")
    return getattr(found, "label", None) or (f"programme {name}" if section == "programmes" else name)
