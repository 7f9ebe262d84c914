"""From a file to a checked ``Config``, or to every problem it has; the language itself is in ``schema``.

The order: text, raw tree, ``--set`` and a variant (a reading, a stress scenario) laid over it, fields (pydantic),
cross-references, variants.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from simlib.config import crossrefs, document, nodes, overlay, schema
from simlib.config.contents import contents_html
from simlib.config.nodes import Mapping, Node, Text, without
from simlib.config.origin import Origin, Overrides, named, pairs
from simlib.config.scalars import Setting
from simlib.config.translate import translated
from simlib.errors import ConfigError, ModelError, Problem
from simlib.units import UNITS
from simlib.years import parse_years

MOST_READINGS = 50  # and as many stress scenarios: each is checked, and run, as a whole file
MOST_FIGURES = 1_000  # that are laid over a file at once: for each, what it stands in is copied
_VARIANTS = {"readings": "reading", "stress": "stress scenario"}  # sections whose entries are laid over the file


class Config(schema.Config):
    """A whole config file that was read and checked, with the text it came from."""

    _origin: Origin = PrivateAttr(default=Origin("", ""))
    _variants: dict[tuple[str, str], "Config"] = PrivateAttr(default_factory=dict)  # as they were checked with the file

    @property
    def text(self) -> str:
        """The text of the file, as it was read."""
        return self._origin.text

    @property
    def name(self) -> str:
        """The file's stem: what its run is called."""
        return Path(self._origin.name).stem

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return self._origin.name

    @property
    def overrides(self) -> tuple[tuple[str, str], ...]:
        """Address and text of every figure that an overlay or ``--set`` lays over the file."""
        return self._origin.changes

    @property
    def reading(self) -> str | None:
        """The reading laid over the file, or None for the base reading."""
        return self._origin.reading

    @property
    def stressed(self) -> str | None:
        """The stress scenario laid over the file, or None."""
        return self._origin.stress

    @property
    def digest(self) -> str:
        """SHA-256 of the text and of what is laid over it, in hexadecimal."""
        return self._origin.digest

    def with_reading(self, name: str) -> "Config":
        """Give the config with one of its readings laid over it.

        Raises
        ------
        ConfigError
            When there is no such reading.
        """
        if name not in self.readings:
            raise ConfigError([Problem("", f"readings.{name}", "there is no such reading")])
        return self._variants.get(("readings", name)) or _read(replace(self._origin, reading=name, stress=None))

    def with_stress(self, name: str) -> "Config":
        """Give the config with one of its stress scenarios laid over it.

        Raises
        ------
        ConfigError
            When there is no such scenario.
        """
        if name not in self.stress:
            raise ConfigError([Problem("", f"stress.{name}", "there is no such stress scenario")])
        return self._variants.get(("stress", name)) or _read(replace(self._origin, reading=None, stress=name))

    def where(self, address: str) -> str:
        """Give ``file:line:column`` of the smallest entry of the file around an address."""
        node: Any = document.parse(self.text, self.path).root
        place = ""
        for part in address.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
            place = str(node.place) if hasattr(node, "place") else place
        return place or self.path

    def with_overrides(self, overrides: Overrides) -> "Config":
        """Give the config with figures replaced, as with ``--set ADDRESS=VALUE``.

        Raises
        ------
        ConfigError
            When an address is unknown or a value cannot be understood.
        """
        together = (*self._origin.overrides, *pairs(overrides))
        return _read(replace(self._origin, overrides=together))

    def _repr_html_(self) -> str:
        """Show in a notebook what the file is about."""
        return contents_html(self, self.overrides, note=f"Digest {self.digest[:12]}")


@contextmanager
def placing(config: Config) -> Iterator[None]:
    """Say where in the file a figure stands that the model refuses."""
    try:
        yield
    except ModelError as trouble:
        placed = [replace(p, where=p.where or config.where(p.address)) for p in trouble.problems]
        raise ModelError(placed) from None


def load_config(path: str | Path, *, overrides: Overrides = (), overlays: Sequence[str | Path] = ()) -> Config:
    """Read a config file.

    Parameters
    ----------
    path
        The file.
    overrides
        Figures to replace: address to text, or ``ADDRESS=VALUE`` texts.
    overlays
        Files of figures to replace before these, each a mapping ``set:`` of addresses, as in a reading.

    Raises
    ------
    ConfigError
        With every problem of the file, by line: ``file:line:column: address: expectation``.

    Examples
    --------
    >>> load_config("no_such_file.yaml")
    Traceback (most recent call last):
    ...
    simlib.errors.ConfigError: no_such_file.yaml: there is no such file
    """
    file = Path(path)
    text = document.read_text(file, str(path))
    laid = tuple((str(each), document.read_text(Path(each), str(each))) for each in overlays)
    return _read(Origin(text, str(path), file.parent, pairs(overrides), overlays=laid))


def parse_config(text: str, name: str = "config", *, overrides: Overrides = (), folder: Path | None = None) -> Config:
    r"""Read a config from a text; data that it names are in a folder, without which it can name none.

    Raises
    ------
    ConfigError
        With every problem of the text.

    Examples
    --------
    >>> config = parse_config("simlib: 1\ntitle: One driver\ndrivers: {cost: {dist: uniform, low: 1, high: 3}}")
    >>> config.drivers["cost"].value
    Uniform(low=1.0, high=3.0)
    >>> config.with_overrides({"drivers.cost": "2"}).drivers["cost"].value
    2.0
    """
    return _read(Origin(text, name, folder, pairs(overrides)))


def parse_again(text: str, config: Config) -> Config:
    """Read a text that was made from a config: what was laid over that one is within it, and bears what it bore.

    Raises
    ------
    ConfigError
        With every problem of the text.
    """
    path = config.path
    return _read(Origin(text, path, Path(path).parent, within=bool(config.overrides)))


def _read(origin: Origin) -> Config:
    """Read everything that an origin says."""
    read = document.parse(origin.text, origin.name)
    if read.root is None:
        raise ConfigError(_in_order(read.problems))
    problems = list(read.problems)
    root, found = _overlaid(read.root, origin)
    problems += found
    changed = bool(origin.within or origin.overrides or origin.overlays or origin.variant)
    setting = _setting(root, origin.folder)
    config, found = _checked(root, setting, changed=changed)
    problems += found
    variants: dict[tuple[str, str], Config] = {}
    for section in _VARIANTS if origin.variant is None else ():
        sound, found = _variants(root, section, setting, problems)
        problems += found
        variants |= {(section, name): variant for name, variant in sound.items()}
    if problems or config is None:
        raise ConfigError(_in_order(problems))
    config._origin = origin
    for (section, name), variant in variants.items():
        reading, stress = (name if section == each else None for each in _VARIANTS)
        variant._origin = replace(origin, reading=reading, stress=stress)
    config._variants = variants
    return config


def _overlaid(root: Mapping, origin: Origin) -> tuple[Mapping, list[Problem]]:
    problems: list[Problem] = []
    changes = list(_changes(origin, problems))
    _refuse_many(len(changes), "", "--overlay" if origin.overlays else "--set")
    for address, figure in changes:
        try:
            root = overlay.apply(root, {address: figure()})
        except ConfigError as trouble:
            problems += trouble.problems
    if origin.variant is not None:
        root = _laid_over(root, *origin.variant)
    return root, problems


def _changes(origin: Origin, problems: list[Problem]) -> Iterator[tuple[str, Callable[[], Node]]]:
    """Give each address that an overlay or ``--set`` replaces, with what reads the figure; note what is no overlay."""
    for name, text in origin.overlays:
        try:
            figures = overlay.read(text, name)
        except ConfigError as trouble:
            problems += trouble.problems
            continue
        yield from ((key, partial(figures.__getitem__, key)) for key in figures.texts())
    for address, value in origin.overrides:
        yield address, partial(document.parse_value, value, named(f"{address}={value}"), address)


def _refuse_many(count: int, where: str, address: str) -> None:
    if count > MOST_FIGURES:
        raise ConfigError([Problem(where, address, f"expected at most {MOST_FIGURES:,} figures, got {count:,}")])


def _laid_over(root: Mapping, section: str, name: str) -> Mapping:
    """Give the tree with a variant's figures; what is none is said where its fields are read."""
    entry = root
    for part in (section, name, "set"):
        inner = entry.get(part)
        if not isinstance(inner, Mapping):
            return root
        entry = inner
    _refuse_many(len(entry), str(entry.place), f"{section}.{name}.set")
    return overlay.apply(root, {key: entry[key] for key in entry.texts()})


def _checked(root: Mapping, setting: Setting, *, changed: bool) -> tuple[Config | None, list[Problem]]:
    """Check the fields, then what they say together: as far as it can be told where fields are wrong."""
    try:
        config = Config.model_validate(root, context=setting)
    except ValidationError as trouble:
        problems = translated(trouble, root, schema.Config)
        sound = _sound(root, trouble, setting, _entry)
        if sound is not None:
            rest, refused = sound
            problems += crossrefs.problems(rest, root, refused=refused, changed=changed)
        problems += _unknown_names(root, trouble, setting, known=problems)
        return None, problems
    return config, list(crossrefs.problems(config, root, changed=changed))


def _unknown_names(
    root: Mapping, trouble: ValidationError, setting: Setting, *, known: Sequence[Problem]
) -> list[Problem]:
    """Give the names that nothing is called by in entries of which another field was refused.

    Without that field an entry may say too little to be checked as a whole, but its names are still its own.
    """
    sound = _sound(root, trouble, setting, _field)
    if sound is None:
        return []
    found = crossrefs.problems(sound[0], root, refused=sound[1], changed=True)
    return [problem for problem in found if problem.message.startswith("there is no ") and problem not in known]


# What a file must have, so that the rest of it can be checked where one of these is wrong or missing.
_STAND_INS = {"simlib": "1", "title": "-"}


def _sound(
    root: Mapping, trouble: ValidationError, setting: Setting, cut: Callable[[list[str]], list[str]]
) -> tuple[Config, frozenset[str]] | None:
    """Give the config without what was refused, cut out as widely as asked, and its addresses, to check the rest."""
    errors = trouble.errors(include_url=False, include_input=False)
    paths = list(dict.fromkeys(tuple(cut([str(part) for part in error["loc"]])) for error in errors))
    rest = _pruned(root, paths)
    refused = [".".join(path) for path in paths]
    for key, value in _STAND_INS.items():
        if key not in rest:
            rest = without(rest)
            rest[key] = nodes.text(value, root.place, key)
    try:
        return Config.model_validate(rest, context=setting), frozenset(refused)
    except ValidationError:
        return None


# Sections whose entries have names, and those within them: an entry can be left out, its fields cannot.
_NAMED: dict[str, tuple[str, ...]] = {
    "drivers": (),
    "councils": ("pressures", "funding", "pots"),
    "programmes": (),
    "measures": ("local", "one_off"),
    "events": (),
    "options": (),
    "readings": (),
    "stress": (),
    "dependence": (),
    "observed": (),
    "outputs": (),
}


def _entry(location: list[str]) -> list[str]:
    """Give the smallest named entry around a location, or its section where it is in none."""
    if location[0] not in _NAMED or len(location) == 1:
        return location[:1]
    inner = len(location) > 3 and location[2] in _NAMED[location[0]]
    return location[:4] if inner else location[:2]


def _field(location: list[str]) -> list[str]:
    """Give the field of an entry that a location is in."""
    return location[: len(_entry(location)) + 1]


def _pruned(node: Mapping, paths: Sequence[tuple[str, ...]]) -> Mapping:
    """Give a copy of a mapping without the entries at some paths; where there is none, as it is."""
    inner: dict[str, list[tuple[str, ...]]] = {}
    gone = set()
    for path in paths:
        if len(path) == 1 or not isinstance(node.get(path[0]), Mapping):
            gone.add(path[0])
        else:
            inner.setdefault(path[0], []).append(path[1:])
    copy = without(node, *gone)
    for key, rest in inner.items():
        section = copy.get(key)
        if isinstance(section, Mapping):
            copy[key] = _pruned(section, rest)
    return copy


def _setting(root: Mapping, folder: Path | None) -> Setting:
    """Give what fields must know of the whole file; what cannot be read is said where it is checked."""
    unit, span = root.get("money"), root.get("years")
    horizon = None
    if isinstance(span, Text):
        try:
            horizon = parse_years(span)
        except ValueError:
            horizon = None
    return Setting(str(unit) if unit in UNITS else "£m", horizon, folder)


def _variants(
    root: Mapping, kind: str, setting: Setting, known: Sequence[Problem]
) -> tuple[dict[str, Config], list[Problem]]:
    """Check each entry of a section as a whole file; give the sound ones, and what the file has not already said."""
    section, what = root.get(kind), _VARIANTS[kind]
    if not isinstance(section, Mapping):
        return {}, []
    if len(section) > MOST_READINGS:
        message = f"expected at most {MOST_READINGS} {what}s, got {len(section)}"
        return {}, [nodes.problem(section, message)]
    said = set(known)
    problems: list[Problem] = []
    sound: dict[str, Config] = {}
    for key in section.texts():
        try:
            config, found = _checked(*_as_varied(root, kind, key, setting), changed=True)
            if config is not None:
                sound[str(key)] = config
        except ConfigError as trouble:
            found = list(trouble.problems)
        new = [problem for problem in found if problem not in said]
        said.update(new)
        problems += [_in_variant(problem, what, key, section[key]) for problem in new]
    return sound, problems


def _as_varied(root: Mapping, section: str, name: str, base: Setting) -> tuple[Mapping, Setting]:
    """Give the tree of a variant and its setting: the file's own, with all that it knows, where they are alike."""
    laid = _laid_over(root, section, name)
    setting = _setting(laid, base.folder)
    return laid, base if setting == base else setting


def _in_variant(problem: Problem, what: str, key: Text, entry: Node) -> Problem:
    """Say which variant a problem is of, and point at it where the place is not within it."""
    inside = problem.where in {str(node.place) for node in nodes.below(entry)}
    where = problem.where if inside else str(key.place)
    return Problem(where, problem.address, f"{problem.message} (in the {what} '{key}')")


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort by place, none twice, and no more of them than anybody reads."""
    unique = sorted(dict.fromkeys(problems), key=_order)
    if len(unique) <= document.MOST_PROBLEMS:
        return unique
    return [*unique[: document.MOST_PROBLEMS], Problem("", "", "and more, which is told when these are mended")]


def _order(problem: Problem) -> tuple[str, int, int]:
    name, _, column = problem.where.rpartition(":")
    name, _, line = name.rpartition(":")
    if line.isdigit() and column.isdigit():
        return name, int(line), int(column)
    return problem.where, 0, 0
