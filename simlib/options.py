"""What stands behind an option of the command line, read as people write it; what it is for is not known here."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simlib.errors import ConfigError, Problem

if TYPE_CHECKING:
    from simlib.config import Config

__all__ = ["listed", "one_of", "precisions", "refusal", "shares", "size", "whole"]


def listed(values: Sequence[str] | None) -> list[str]:
    """Give the parts of an option that may be repeated or hold commas."""
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]


def whole(option: str, text: str | None, least: int, most: int) -> int | None:
    """Read a whole number as people write it: 100000, 100_000, 100,000 or 1e5."""
    if text is None:
        return None
    try:
        digits = text.strip().replace(",", "").replace("_", "") if text.isascii() else ""
        # A seed has more digits than a float keeps: only an exponent goes through one.
        value = float(digits) if set(digits) & set("eE.") else int(digits)
        if value == int(value) and least <= value <= most:
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise refusal(option, f"expected a whole number from {least:,} to {most:,}, got {text[:60]!r}")


def size(option: str, text: str | None) -> int | None:
    """Read an amount of memory, such as 500MB or 2 GiB."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*([kmgt])(i?)b\s*", text, re.ASCII | re.IGNORECASE)
    if found is None or not float(found[1]):
        raise refusal(option, f"expected an amount of memory such as 500MB or 2GB, got {text[:60]!r}")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** (1 + "kmgt".index(found[2].lower())))


def shares(option: str, values: Sequence[str] | None, least: float, most: float) -> tuple[float, ...]:
    """Read shares that may be repeated or hold commas, each once and rising."""
    from simlib.units import format_share, parse_share

    found = set()
    for part in listed(values):
        try:
            share = parse_share(part)
        except ValueError:
            share = math.nan
        if not least <= share <= most:
            bounds = f"from {format_share(least)} to {format_share(most)}"
            raise refusal(option, f"expected shares {bounds}, got {part[:60]!r}")
        found.add(share)
    return tuple(sorted(found))


def precisions(words: Sequence[str] | None, config: "Config") -> dict[str, float] | None:
    """Read what a run of a file must know, and how exactly: 0.5% of chances, or amounts such as p90=£0.05m."""
    from simlib.config.precision import amounts, misfit, parse

    given = [part.strip() for word in words or () for part in re.split(r",(?=\s*[a-z])", word)]
    found = []
    for part in given:
        name, stated, amount = part.partition("=")
        try:
            found.append(parse(*((name.strip(), amount.strip()) if stated else ("chance", part)), config.money or "£m"))
        except ValueError as problem:
            raise refusal("--precision", f"{problem}, got '{part[:60]}'") from problem
    names = [wanted.name for wanted in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    wrong = (twice, "stands here twice") if twice else misfit(tuple(found), config.options, config.outputs)
    if wrong is not None:
        raise refusal("--precision", f"{wrong[0]}: {wrong[1]}")
    return amounts(tuple(found)) or None


def one_of(option: str, text: str | None, known: Sequence[str]) -> str | None:
    """Read one of a few words."""
    from simlib.wording import joined

    if text is None or text in known:
        return text
    raise refusal(option, f"expected {joined(known, 'or')}, got {text!r}")


def refusal(option: str, message: str) -> ConfigError:
    """Give a refusal of something on the command line."""
    return ConfigError([Problem("", option, message)])
