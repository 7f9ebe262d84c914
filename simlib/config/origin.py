"""What a config was read from: its text, and what was laid over it on the command line; nothing is checked here."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simlib.config import overlay
from simlib.errors import ConfigError, Problem

_LONGEST_WORDS = 160
Overrides = Mapping[str, str] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a config was read from, and all that is needed to read it again with other figures.

    Attributes
    ----------
    text
        The text of the file, as it was.
    name
        What messages call it: the path as the user wrote it.
    folder
        Where data beside it are found; None for a text that is no file.
    overrides
        Address and text of each ``--set``, in order; they are laid over the overlays.
    reading
        The reading that is laid over the file, or None for the base reading.
    stress
        The stress scenario that is, or None.
    overlays
        Name and text of each overlay file, in order.
    within
        Whether figures that were laid over another file stand in the text itself.
    """

    text: str
    name: str
    folder: Path | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    reading: str | None = None
    stress: str | None = None
    overlays: tuple[tuple[str, str], ...] = ()
    within: bool = False

    @property
    def variant(self) -> tuple[str, str] | None:
        """Section and name of what is laid over the file, or None for the file as it stands."""
        if self.reading is not None:
            return "readings", self.reading
        return None if self.stress is None else ("stress", self.stress)

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """Address and text of each figure of the overlays and of each ``--set``, as if all were ``--set``."""
        figures = [overlay.read(text, name) for name, text in self.overlays]
        laid = [(str(address), overlay.written(each[address])) for each in figures for address in each.texts()]
        return (*laid, *self.overrides)

    @property
    def digest(self) -> str:
        """SHA-256 of the text and of what is laid over it, in hexadecimal."""
        sha = hashlib.sha256(self.text.encode())
        for address, value in self.changes:
            sha.update(f"\0{address}={value}".encode())
        if self.reading is not None:
            sha.update(f"\0\0{self.reading}".encode())
        if self.stress is not None:
            sha.update(f"\0\0\0{self.stress}".encode())
        return sha.hexdigest()


def pairs(overrides: Overrides) -> tuple[tuple[str, str], ...]:
    """Give the address and the text of each override.

    Raises
    ------
    ConfigError
        When one is not ``ADDRESS=VALUE``.
    """
    if isinstance(overrides, Mapping):
        return tuple((str(address), str(value)) for address, value in overrides.items())
    return tuple(_pair(text) for text in overrides)


def _pair(text: str) -> tuple[str, str]:
    address, equals, value = text.partition("=")
    if not equals or not address.strip() or not value.strip():
        raise ConfigError(
            [Problem(named(text), "", "expected ADDRESS=VALUE, such as measures.sharing.realisation=70%")]
        )
    return address.strip(), value.strip()


def named(words: str) -> str:
    """Give what messages call an override: its words, as far as a line can hold them."""
    return f"--set {words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 3] + '...'}"
