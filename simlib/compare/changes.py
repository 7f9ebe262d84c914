"""What changed from one run to the next: every edit's part in the movement of every headline; nothing is worded here.

Configs with some of the edits are simulated on the second run's draws, so that two of them differ by these edits alone.
What other draws do (another seed, sampler or number of futures) is a part of its own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simlib.compare.figures import Figure, Told, Worth, figures, told
from simlib.compare.game import Former, Game, Name
from simlib.compare.orders import NONE, Edits, Plan, Steps, plan_orders, settled
from simlib.compare.rounding import apportioned, decimal_step, rounded
from simlib.config import load_config
from simlib.config.edits import Differences, Edit, differences, quoted, tree
from simlib.errors import ResultsError
from simlib.kernels.paths import Floats
from simlib.naming import figure_name

if TYPE_CHECKING:
    from simlib.summary import Summary

__all__ = ["Changes", "Former", "Joined", "Movement", "Part", "compare", "former"]

MOST_EDITS = 30  # more are told entry by entry, or section by section
WHEN = (("from",), ("full_from",), ("rises",), ("ends",))
ALIKE = 1e-9  # of a figure: what two ways of adding up may differ by
FORMAT = 1
Document = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Joined:
    """An edit, or several that are told as one.

    Attributes
    ----------
    edits
        In the order of the second file.
    labels
        What each is called.
    why
        Why they are told together; empty where it is one.
    """

    edits: tuple[Edit, ...]
    labels: tuple[str, ...]
    why: str = ""

    def told(self) -> Document:
        """Give it as changes.json has it."""
        changed = [
            {"address": edit.address, "label": label, **dict(zip(("before", "after"), quoted(edit), strict=True))}
            for edit, label in zip(self.edits, self.labels, strict=True)
        ]
        return {"edits": changed, "why": self.why or None}


@dataclass(frozen=True, slots=True)
class Part:
    """What an edit, or other draws, add to a figure.

    Attributes
    ----------
    value, error
        On average over the orders, and its simulation error.
    least, most
        In that order in which it adds least, and most.
    """

    value: Fraction
    error: float
    least: Fraction
    most: Fraction


@dataclass(frozen=True, slots=True)
class Movement:
    """A figure's way from the first run to the second: the parts, and what other draws do, add up to it exactly."""

    figure: Figure
    first: Told
    second: Told
    parts: tuple[Part, ...]
    draws: Part | None = None

    @property
    def change(self) -> Fraction:
        """By how much it moved."""
        return self.second.value - self.first.value

    def told(self) -> Document:
        """Give it as changes.json has it: decimal figures of which the parts add up to the last digit."""
        parts = [*self.parts, *([self.draws] if self.draws else [])]
        step = decimal_step([self.first.value, self.second.value, *(part.value for part in parts)])
        ends = [rounded(end.value, step) for end in (self.first, self.second)]
        shares = apportioned([part.value for part in parts], ends[1] - ends[0], step)
        entries = [_told(part, share, step) for part, share in zip(parts, shares, strict=True)]
        return {
            "kind": self.figure.kind,
            "first": {"value": float(ends[0]), "error": self.first.error},
            "second": {"value": float(ends[1]), "error": self.second.error},
            "change": float(ends[1] - ends[0]),
            "parts": entries[: len(self.parts)],
            "draws": entries[-1] if self.draws else None,
        }


def _told(part: Part, share: Fraction, step: Fraction) -> Document:
    least, most = (float(rounded(end, step)) for end in (part.least, part.most))
    return {"part": float(share), "error": part.error, "least": least, "most": most}


@dataclass(frozen=True, slots=True)
class Changes:
    """All that changed between two runs.

    Attributes
    ----------
    first, second
        The runs.
    edits
        What was edited; the parts of a movement stand in their order.
    differences
        What else differs between the files.
    plan
        The orders in which edits were made.
    futures, seed, sampler
        How every config was drawn.
    movements
        By name every figure that both runs have.
    first_only, second_only
        Names of figures that one run has alone.
    untold
        Names of figures that both have, and some config between them has not.
    """

    first: Former
    second: Former
    edits: tuple[Joined, ...]
    differences: Differences
    plan: Plan
    futures: int
    seed: int
    sampler: str
    movements: Mapping[Name, Movement]
    first_only: tuple[Name, ...] = ()
    second_only: tuple[Name, ...] = ()
    untold: tuple[Name, ...] = ()

    def document(self) -> Document:
        """Give all as changes.json has it."""
        orders = {"count": self.plan.orders, "every": self.plan.every, "configs": len(self.plan.sets)}
        return {
            "simlib": FORMAT,
            "first": _run(self.first),
            "second": _run(self.second),
            "draws": {"simulations": self.futures, "seed": self.seed, "sampler": self.sampler},
            "orders": orders,
            "edits": [joined.told() for joined in self.edits],
            "words": list(self.differences.words),
            "apart": list(self.differences.apart),
            "figures": [{"figure": list(name)} | found.told() for name, found in self.movements.items()],
            "first_only": [_alone(self.first, name) for name in self.first_only],
            "second_only": [_alone(self.second, name) for name in self.second_only],
            "untold": [list(name) for name in self.untold],
        }

    def __repr__(self) -> str:
        """Say what it is in one line."""
        about = f"{len(self.edits)} edits, {len(self.movements)} figures, {self.plan.orders:,} orders"
        return f"<Changes: {about}, {self.futures:,} futures>"


def _run(run: Former) -> Document:
    config = run.document["config"]
    return {key: config.get(key) for key in ("title", "digest", "simulations", "seed", "sampler")}


def _alone(run: Former, name: Name) -> Document:
    """Give a figure that one run has alone, with what it is of."""
    section = "outputs" if name[0] == "output" else "options"
    return {"figure": list(name), "label": figure_name(run.config, f"{section}.{name[1]}")}


def former(summary: "Summary", folder: Path) -> Former:
    """Give a run with its config, read again and checked like any other.

    Parameters
    ----------
    summary
        As the folder has it.
    folder
        The run's.

    Raises
    ------
    ConfigError
        When the config can no longer be read: data that it names must stand beside it in the folder.
    ResultsError
        When the config is not the one that the run was made with.
    """
    config = summary.document["config"]
    sets = config.get("set") if isinstance(config, dict) else None
    if not isinstance(sets, dict) or not all(isinstance(value, str) for value in sets.values()):
        raise ResultsError(f"{folder / 'summary.json'}: damaged: expected config.set as addresses and values")
    found = load_config(folder / "config.yaml", overrides=sets)
    if found.digest != config.get("digest"):
        text = "damaged: it is not the config that the run was made with (see config.digest in summary.json)"
        raise ResultsError(f"{folder / 'config.yaml'}: {text}; run the config again")
    return Former(found, summary.document)


def compare(
    first: Former, second: Former, *, simulations: int | None = None, n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Changes:  # fmt: skip
    """Share out the movement of each headline from one run to the next among the edits between them.

    Parameters
    ----------
    first, second
        The runs, as :func:`former` gives them.
    simulations
        Futures of each config, from 1,024 to 131,072; as many as the second run has where left out.
    n_jobs
        Workers; the result is the same for any number.
    progress
        Called with the configs done and wanted.

    Raises
    ------
    ResultsError
        When the runs are in different units of money, or a summary is damaged.
    ModelError
        When a config with some of the edits cannot be simulated.

    Notes
    -----
    For edits 1 … k and v(S) a figure of the first config with the edits S made, on the same draws, the part of edit i
    is the Shapley value Σ_S |S|! (k − |S| − 1)! ÷ k! (v(S ∪ i) − v(S)). Its error comes from sixteen groups of the
    futures: what is common to all configs falls out of it. Edits that are refused without another one are joined.
    """
    units = [run.config.money for run in (first, second)]
    if units[0] != units[1]:
        raise ResultsError(f"expected two runs in the same unit of money, got {units[0]} and {units[1]}")
    found = differences(tree(first.config), tree(second.config))
    game = Game.of(first, second, found.edits, simulations, n_jobs)
    named, crowded = _entries(found.edits)
    players, reasons = settled(named, game.trouble)
    plan = plan_orders(players)
    for done, edits in enumerate(plan.sets):
        game.play(edits)
        if progress is not None:
            progress(done + 1, len(plan.sets))
    joined = tuple(_joined(game, sorted(own), reasons.get(own, crowded)) for own in players)
    moved, here, there = _movements(game, plan), *(figures(game.model(edits)) for edits in (NONE, game.all))
    return Changes(
        first, second, joined, found, plan, game.count, game.seed, game.sampler, moved,
        first_only=tuple(name for name in here if name not in there),
        second_only=tuple(name for name in there if name not in here),
        untold=tuple(name for name in there if name in here and name not in moved),
    )  # fmt: skip


def _entries(edits: Sequence[Edit]) -> tuple[tuple[Edits, ...], str]:
    """Give what is told as one, and why: edits one by one, or by entry or section where they are many."""
    for depth in (None, 4, 2, 1):
        found: dict[Name, list[int]] = {}
        for place, edit in enumerate(edits):
            found.setdefault(_named(edit.path)[:depth], []).append(place)
        if len(found) <= MOST_EDITS:
            break
    crowded = "" if depth is None else f"more than {MOST_EDITS} entries were edited"
    return tuple(frozenset(own) for own in found.values()), crowded


def _named(path: Name) -> Name:
    """Give the path of what a person would name: when a measure comes is one thing, in whatever keys it is said."""
    return (*path[:2], "from") if path[0] == "measures" and path[2:] in WHEN else path


def _joined(game: Game, own: Sequence[int], why: str) -> Joined:
    """Give edits with what they are called."""
    edits = tuple(game.edits[place] for place in own)
    return Joined(edits, tuple(_label(game, edit) for edit in edits), why if len(edits) > 1 else "")


def _label(game: Game, edit: Edit) -> str:
    run = game.first if edit.after is None else game.second
    what = " (added)" if edit.before is None else " (taken out)" if edit.after is None else ""
    return figure_name(run.config, edit.address) + what


def _movements(game: Game, plan: Plan) -> dict[Name, Movement]:
    """Share out the movement of each figure that all configs have."""
    last = figures(game.model(game.all))
    names = [name for name in last if all(name in found for found in game.played.values())]
    return {name: _movement(game, plan, last[name]) for name in names}


def _movement(game: Game, plan: Plan, figure: Figure) -> Movement:
    worth = {edits: found[figure.name] for edits, found in game.played.items()}
    own = worth[NONE], worth[game.all]
    first, second = (told(run.document, figure) for run in (game.first, game.second))
    parts = tuple(_part(steps, worth) for steps in plan.steps)
    draws = _draws(own, (first, second))
    if draws is None:
        first, second = Told(own[0].whole, first.error), Told(own[1].whole, second.error)
    return Movement(figure, first, second, parts, draws)


def _draws(own: tuple[Worth, Worth], said: tuple[Told, Told]) -> Part | None:
    """Give what the runs' own draws add to what the same draws for all have; None where that is but rounding."""
    apart = [(end, run, run.value - end.whole) for end, run in zip(own, said, strict=True)]
    off = [each for each in apart if abs(each[2]) > ALIKE * max(abs(float(each[0].whole)), 1.0)]
    if not off:
        return None
    moved = apart[1][2] - apart[0][2]
    error = math.hypot(*(error for end, run, _ in off for error in (run.error, _error(end.groups))))
    return Part(moved, error, moved, moved)


def _part(steps: Steps, worth: Mapping[Edits, Worth]) -> Part:
    """Give what one player adds to a figure on average over its steps."""
    gains = {step: worth[step[1]].whole - worth[step[0]].whole for step in steps}
    value = sum((share * gains[step] for step, share in steps.items()), Fraction(0))
    groups = [float(share) * (worth[after].groups - worth[before].groups) for (before, after), share in steps.items()]
    return Part(value, _error(np.sum(groups, axis=0)), min(gains.values()), max(gains.values()))


def _error(groups: Floats) -> float:
    """Give the standard error of a figure from what it is in groups of the futures."""
    return float(np.std(groups, ddof=1) / np.sqrt(len(groups)))
