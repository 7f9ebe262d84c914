"""Which runs a batch is asked for, as plain values with names: files, overlays and grids multiplied; nothing is run."""

import hashlib
import itertools
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from glob import glob
from pathlib import Path

from simlib.claiming import DIGITS
from simlib.options import refusal

__all__ = ["Drawing", "Variant", "axis", "fingerprint", "planned"]

MOST_RUNS = 10_000
_LONGEST = 72  # letters of a name before its digest
_LETTERS = re.compile(rb"[A-Za-z0-9_. -]+")  # of which the name of a data file is made
_MOST_DATA = 5_000_000  # as much of a data file as a config may read [bytes]
_RUN = ("summary.json", "manifest.json")  # beside a config.yaml that is a run's own copy


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the futures of all runs of a batch are drawn; None and empty where the file says it."""

    simulations: int | None = None
    seed: int | None = None
    sampler: str | None = None
    precision: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what is not left to the file."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return ", ".join(f"{name} {','.join(v) if isinstance(v, tuple) else v}" for name, v in told.items())


@dataclass(frozen=True, slots=True)
class Variant:
    """One run of a batch: a file, what is laid over it, and how it is drawn.

    Parameters
    ----------
    config : str
        The file, as seen from the folder in which the batch was started.
    overlays : tuple of str
        Files of figures that are laid over it, in order.
    sets : tuple of (address, text)
        What ``--set`` and the grid put in place after that.
    drawing : Drawing
        How its futures are drawn.
    """

    config: str
    overlays: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    drawing: Drawing = Drawing()

    @property
    def name(self) -> str:
        """The name of its folder: what people read, and a digest of all that it is, so that no two are alike."""
        told = [Path(self.config).stem, *(Path(overlay).stem for overlay in self.overlays)]
        told += [f"{address.rsplit('.', 1)[-1]}_{value}" for address, value in self.sets]
        words = "-".join(filter(None, (re.sub(r"[^a-z0-9.]+", "_", part.lower()).strip("_.") for part in told)))
        return f"{words[:_LONGEST].strip('-_.') or 'run'}-{self.digest[:DIGITS]}"

    @property
    def digest(self) -> str:
        """SHA-256 of what was asked for; what stands in the files is not in it."""
        return _sha(asdict(self))

    @property
    def label(self) -> str:
        """What tells it from other runs of its file."""
        return ", ".join(self.traits) or "as it stands"

    @property
    def traits(self) -> tuple[str, ...]:
        """What tells it from its file, one by one."""
        told = [*(Path(overlay).stem for overlay in self.overlays), *(f"{a}={v}" for a, v in self.sets)]
        return tuple(filter(None, [*told, str(self.drawing)]))


def planned(
    patterns: Sequence[str],
    *,
    overlays: Sequence[Sequence[str]] = (),
    sets: Sequence[tuple[str, str]] = (),
    grids: Sequence[tuple[str, Sequence[str]]] = (),
    drawing: Drawing = Drawing(),
) -> tuple[Variant, ...]:
    """Give every run that is asked for, once and in order: files, then overlays, then grids, the last one fastest.

    Parameters
    ----------
    patterns
        Files, or patterns of them such as ``configs/**/*.yaml``.
    overlays
        Lists of files: each run has one of each list.
    sets
        Address and text of what all runs have in place of the file's.
    grids
        Address and texts: each run has one of each.
    drawing
        How all of them are drawn.

    Raises
    ------
    ConfigError
        When nothing is called so, an address stands twice, or there are too many.
    """
    addresses = [address for address, _ in (*sets, *grids)]
    twice = next((address for address in addresses if addresses.count(address) > 1), None)
    if twice:
        raise refusal("--grid", f"expected each address once in --set and --grid, got '{twice}' twice")
    configs = list(dict.fromkeys(file for pattern in patterns for file in _files(pattern)))
    given = (configs, *overlays, *sets, addresses, *(values for _, values in grids))
    _refuse_unwritable(text for texts in given for text in texts)
    count = len(configs) * math.prod(len(each) for each in (*overlays, *(values for _, values in grids)))
    if count > MOST_RUNS:
        raise refusal("--grid", f"expected at most {MOST_RUNS:,} runs, got {count:,}")
    laid = [[_seen(file) for file in choices] for choices in overlays]
    steps = [[(address, value) for value in values] for address, values in grids]
    found = (
        Variant(config, over, (*sets, *step), drawing)
        for config, over, step in itertools.product(configs, itertools.product(*laid), itertools.product(*steps))
    )
    return tuple(dict.fromkeys(found))


def _refuse_unwritable(words: Iterable[str]) -> None:
    """Refuse what neither a run's manifest nor the index could hold, such as a file's name in another encoding."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as odd:
            raise refusal(ascii(word)[:200], "expected words and names of files in UTF-8") from odd


def axis(text: str) -> tuple[str, tuple[str, ...]]:
    """Read one dimension of a grid, ``ADDRESS=VALUE,VALUE``; commas inside brackets and quotation marks are a value's.

    Raises
    ------
    ConfigError
        When it is none.

    Examples
    --------
    >>> axis("drivers.cost={dist: uniform, low: 1, high: 3}, 2")
    ('drivers.cost', ('{dist: uniform, low: 1, high: 3}', '2'))
    """
    address, _, rest = text.partition("=")
    values = [value.strip() for value in _parted(rest)]
    if not address.strip() or not all(values):
        raise refusal("--grid", f"expected ADDRESS=VALUE,VALUE such as drivers.x=1,2,3, got {text[:60]!r}")
    if any(re.search(r"£[0-9]{1,3}$", one) and re.match("[0-9]{3}$", two) for one, two in itertools.pairwise(values)):
        raise refusal("--grid", f"a comma ends a value: write £22_000 for £22,000, got {text[:60]!r}")
    if len(set(values)) < len(values):
        raise refusal("--grid", f"expected each value once, got {text[:60]!r}")
    return address.strip(), tuple(values)


def _parted(text: str) -> list[str]:
    """Part a text at the commas that stand in no brackets and in no quotation marks."""
    parts, depth, quoted = [""], 0, ""
    for letter in text:
        if quoted or letter in "\"'":
            quoted = "" if letter == quoted else quoted or letter
        depth += not quoted and (letter in "{[(") - (letter in "}])")
        if letter == "," and not quoted and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _files(pattern: str) -> list[str]:
    """Give the files that a pattern stands for, without the copies of configs that runs keep in their folders."""
    if os.path.lexists(pattern):
        return [_seen(pattern)]
    matching = map(Path, glob(pattern, recursive=True))  # noqa: PTH207 - which passes by what is hidden
    found = sorted(str(path) for path in matching if path.is_file() and not _is_copy(path))
    if not found:
        raise refusal(pattern[:200], "there is no such file, and none that this is a pattern of")
    return [_seen(path) for path in found]


def _is_copy(path: Path) -> bool:
    return path.name == "config.yaml" and all(path.with_name(name).is_file() for name in _RUN)


def _seen(path: str) -> str:
    """Give a path in one spelling: as seen from here where it lies below, else from the root."""
    whole = Path(os.path.normpath(Path(path).absolute()))
    return (whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole).as_posix()


def fingerprint(variant: Variant, versions: Mapping[str, object]) -> str:
    """Give the digest of all that a run's figures depend on: what was asked for, each file's text, and versions.

    Parameters
    ----------
    variant
        The run.
    versions
        Of everything that figures depend on.
    """
    texts = [_content(Path(file)) for file in (variant.config, *variant.overlays)]
    folder = Path(variant.config).parent
    named = {name for text in (*texts, repr(variant.sets).encode()) for name in _data_in(text)}
    data = {name: hashlib.sha256(_content(folder / name)).hexdigest() for name in sorted(named)}
    read = [hashlib.sha256(text).hexdigest() for text in texts]
    return _sha([asdict(variant), read, data, dict(versions)])


def _data_in(text: bytes) -> Iterator[str]:
    """Give what may be the names of data files in a text, in one go through it: a line may have a million letters."""
    for run in _LETTERS.findall(text):
        stem, ending, _ = run.rpartition(b".csv")
        if ending and (name := stem.lstrip(b". -")):
            yield (name + ending).decode()


def _content(path: Path) -> bytes:
    """Give what stands in a file; nothing where there is none that a run could read: the run says so."""
    try:
        if path.is_file() and path.stat().st_size <= _MOST_DATA:
            return path.read_bytes()
    except OSError:
        pass
    return b""


def _sha(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
