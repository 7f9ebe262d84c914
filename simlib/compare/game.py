"""Configs between two runs, with some of the edits made, simulated on the same draws; nothing is shared out here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simlib.compare.figures import Worth, figures, worths
from simlib.compare.orders import MOST_CONFIGS, NONE, Edits
from simlib.compiling import compile_model
from simlib.config import Config
from simlib.config.edits import Edit, edited, laid, tree
from simlib.config.nodes import Mapping as Tree
from simlib.engine import simulate
from simlib.errors import ConfigError, ModelError, Problem, ResultsError
from simlib.loops import LANES
from simlib.model import Model
from simlib.results import HELD, Futures
from simlib.sampling import SAMPLERS

__all__ = ["LEAST", "Former", "Game", "Name"]

LEAST = 1_024  # futures: sixteen groups of them must each tell a quantile
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """A run that was read back: the config that it was made with, and what its summary says."""

    config: Config
    document: Mapping[str, Any]


@dataclass(slots=True)
class Game:
    """Configs with some of the edits made, simulated on the same draws.

    Attributes
    ----------
    trees
        What the two files say.
    count, seed, sampler, order
        How each config is drawn.
    refused
        Of a set of edits that was looked at why it cannot stand; None where it can.
    played
        Of a set of edits that was simulated every figure.
    """

    first: Former
    second: Former
    edits: tuple[Edit, ...]
    trees: tuple[Tree, Tree]
    count: int
    seed: int
    sampler: str
    order: list[tuple[str, int]] | None
    n_jobs: int | None
    refused: dict[Edits, str | None] = field(default_factory=dict)
    models: dict[Edits, Model] = field(default_factory=dict)
    played: dict[Edits, dict[Name, Worth]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, first: Former, second: Former, edits: tuple[Edit, ...], simulations: int | None, n_jobs: int | None
    ) -> "Game":
        """Give the configs on the second run's draws."""
        try:
            seed, sampler, asked, order = _drawing(second.document["config"])
        except (LookupError, TypeError, ValueError) as wrong:
            text = "damaged: expected config.seed, simulations, sampler and dimensions as a run writes them"
            raise ResultsError(f"summary.json: {text}") from wrong
        count = min(max(simulations or asked, LEAST), HELD)
        if sampler != "random":  # others draw whole replicates
            count = -(-count // LANES) * LANES
        trees = tree(first.config), tree(second.config)
        return cls(first, second, edits, trees, count, seed, sampler, order, n_jobs)

    @property
    def all(self) -> Edits:
        """Every edit."""
        return frozenset(range(len(self.edits)))

    def trouble(self, edits: Edits) -> str | None:
        """Say why the config with some edits is refused; None where it is not."""
        if edits not in self.refused:
            try:
                self.model(edits)
                self.refused[edits] = None
            except (ConfigError, ModelError) as refusal:
                if edits in (NONE, self.all):
                    raise
                self.refused[edits] = _message(refusal.problems[0])
        return self.refused[edits]

    def model(self, edits: Edits) -> Model:
        """Give the model with some edits that can stand; those of late are kept."""
        if edits not in self.models:
            if len(self.models) >= MOST_CONFIGS:
                del self.models[next(iter(self.models))]
            self.models[edits] = self._compiled(edits)
        return self.models[edits]

    def _compiled(self, edits: Edits) -> Model:
        """Give the model with some edits; that with all of them is the second file's own, line by line."""
        first, second = self.trees
        if edits == self.all:
            return compile_model(edited(self.second.config, second if edits else first))
        base = self.first if not edits else self.second
        return compile_model(edited(base.config, laid(first, (self.edits[place] for place in sorted(edits)))))

    def play(self, edits: Edits) -> None:
        """Simulate the config with some edits, and note what both runs are compared by."""
        model = self.model(edits)
        futures = self._futures(model)
        self.played[edits] = worths(futures, list(figures(model).values()), n_jobs=self.n_jobs)

    def _futures(self, model: Model) -> Futures:
        """Draw one config's futures, all of which are held."""
        found = simulate(
            model, self.count, seed=self.seed, sampler=self.sampler, precision={}, n_jobs=self.n_jobs, order=self.order
        )
        if found.held < found.count:
            text = f"expected memory for {found.count:,} futures at once, of which there is less; ask for fewer"
            raise ModelError([Problem("", "--simulations", text)])
        return found


def _drawing(config: Mapping[str, Any]) -> tuple[int, str, int, list[tuple[str, int]] | None]:
    """Give a run's seed, sampler, number of futures and order of dimensions."""
    order = config["dimensions"]
    places = None if order is None else [(str(name), int(year)) for name, year in order]
    if config["sampler"] not in SAMPLERS or not 0 <= int(config["seed"]) < 2**63:
        raise ValueError
    return int(config["seed"]), str(config["sampler"]), int(config["simulations"]), places


def _message(problem: Problem) -> str:
    """Give what is wrong without its place: it would be one in a text that nobody has written."""
    return ": ".join(part for part in (problem.address, problem.message) if part)
