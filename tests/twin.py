"""The whole model once more, slowly: one future at a time, one council, one year, in plain numbers.

Written from the description of the model for a reader with a spreadsheet, not from the fast code: no arrays, nothing
shared with it but the reading of the file, of formulas, and what a distribution gives at a normal score. What is drawn
(normal scores, moments of events, individual amounts) is handed in; nothing is drawn, counted or summarised here.

Times are years from 1 April of the first year: 0 is that day, 1.5 is 1 October of the second year.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from simlib.config import Config
from simlib.config.formulas import Formula
from simlib.config.hierarchical import Hierarchical
from simlib.config.quantities import ByYear, Quantity, SumOf
from simlib.config.references import reference
from simlib.config.schema import Line, Measure, OneOff
from simlib.distributions import make
from simlib.distributions.base import tails
from simlib.years import parse_address

NEVER = math.inf
PENNIES = {"£": 1.0, "£k": 1e3, "£m": 1e6, "£bn": 1e9}
NEUTRAL = {
    "realisation": 1.0, "delay": 0.0, "scope_growth": 1.0, "backfill": 0.0, "overrun": 1.0,
    "change": 0.0, "realised": 1.0, "keeps": 0.0,
}  # fmt: skip
# In these a year's growth stands, and the name of an index means its growth.
GROWTH = re.compile(r"(councils\.\w+\.\w+\.\w+\.growth|measures\.\w+\.indexed_to)(\.y[0-9_]+)?")
ALIASES = {"from": "from_", "in": "in_"}
Drawn = Mapping[str, float | list[float]]


@dataclass
class Figures:
    """Every figure of the file, in one future or in the plan.

    ``scores`` has the normal scores of an uncertain figure, one for each year if it goes by year, ``drawn`` what it
    turned out to be where that is handed in instead, ``happens`` when each event happens (infinite for never),
    ``individuals`` the amounts of a ``sum_of``, one by one.
    """

    config: Config
    drawn: Drawn
    happens: Mapping[str, float]
    individuals: Callable[[str, int], float] = lambda address, number: 0.0
    plan: bool = False
    scores: Mapping[str, list[float]] = field(default_factory=dict)
    made: dict[tuple[str, int], float] = field(default_factory=dict)
    company: tuple[str, ...] = ()  # the measures of the option that is looked at

    def at(self, address: str, year: int = 0, *, default: float | None = None) -> float:
        """Give the figure that stands at an address, in the year where it goes by year."""
        member = self._in_programme(address)
        if member is not None:
            return self._programme_share(*member, year)
        stated = self._stated(address)
        if stated is None:
            assert default is not None, address
            return default
        return self.value(stated, address, year)

    def value(self, stated: Any, address: str, year: int) -> float:
        """Give the value of what the file states."""
        if isinstance(stated, ByYear):
            assert self.config.years is not None
            y = self.config.years[year]
            return self.value(stated.values[year], f"{address}.y{y}_{(y + 1) % 100:02d}", year)
        if isinstance(stated, SumOf):
            return self._sum(stated, address)
        assert isinstance(stated, Quantity)
        if self.plan:
            return self._planned(stated, address, year)
        if (address, year) not in self.made:
            self.made[address, year] = self._through_time(stated, address, year)
        return self.made[address, year]

    def _through_time(self, stated: Quantity, address: str, year: int) -> float:
        """Give a figure in a year from what it is of itself and what it was in the year before."""
        mode = stated.varies.mode if stated.varies else "once"
        if stated.distribution is None or address in self.drawn:
            own = self._certain(stated, address, year)
            return own if mode != "compounding" else (1 + own) * self._before(stated, address, year, 1.0)
        if mode == "once":
            return self._member(stated, self.scores[address][0], address, 0)
        own = self._member(stated, self._score(stated, address, year), address, year)
        if mode == "walk":
            return self._before(stated, address, year, 0.0) + own
        if mode == "reverting":
            assert stated.varies is not None
            return stated.varies.phi * self._before(stated, address, year, 0.0) + own
        return self._before(stated, address, year, 1.0) * (1 + own) if mode == "compounding" else own

    def _certain(self, stated: Quantity, address: str, year: int) -> float:
        if isinstance(stated.value, Formula):
            return self._formula(stated.value, address, year)
        return float(self.drawn.get(address, stated.value))  # type: ignore[arg-type]

    def _before(self, stated: Quantity, address: str, year: int, today: float) -> float:
        """Give the value in the year before; before the first year it is what is known today."""
        return self.value(stated, address, year - 1) if year else today

    def _score(self, stated: Quantity, address: str, year: int) -> float:
        """Give the year's normal score; under ar1 it keeps a part of the score of the year before."""
        assert stated.varies is not None
        own, phi = self.scores[address][year], stated.varies.phi
        if stated.varies.mode != "ar1" or not year:
            return own
        return phi * self._score(stated, address, year - 1) + math.sqrt(1 - phi**2) * own

    def _member(self, stated: Quantity, score: float, address: str, year: int) -> float:
        """Give what the distribution has at a normal score; its parameters may be of this future and year alone."""
        assert stated.distribution is not None
        if isinstance(stated.value, Hierarchical):
            own = {name: self._formula(f, f"{address}.{name}", year) for name, f in stated.value.formulas.items()}
            return float(make(stated.value.family, {**stated.value.certain, **own}).at(*tails(np.array([score])))[0])
        return float(stated.distribution.from_score(np.array([score]))[0])

    def _planned(self, stated: Quantity, address: str, year: int) -> float:
        """Give what the business case assumes: what it says, else the neutral value, else the figure itself."""
        neutral = NEUTRAL.get([part for part in address.split(".") if parse_address(part) is None][-1])
        if address.startswith(("drivers.", "outputs.", "events.")) or ".local." in address:
            neutral = None
        if ".slows." in address:
            neutral = 0.0
        plan = stated.plan[year] if isinstance(stated.plan, tuple) else stated.plan
        compounds = stated.varies is not None and stated.varies.mode == "compounding"
        if plan is not None and compounds:  # of an index, growth is planned
            return (1 + plan) * (self._planned(stated, address, year - 1) if year else 1.0)
        if plan is not None:
            return float(plan)
        if isinstance(stated.value, Formula):
            own = self._formula(stated.value, address, year)
            return (1 + own) * (self._planned(stated, address, year - 1) if year else 1.0) if compounds else own
        if neutral is not None:
            return neutral
        if compounds:
            return (1 + float(stated.value)) ** (year + 1)  # type: ignore[arg-type]
        return stated.distribution.mean if stated.distribution else float(stated.value)  # type: ignore[arg-type]

    def _sum(self, stated: SumOf, address: str) -> float:
        """Add up so many amounts one by one; a fraction counts as that part of one more."""
        count = self.value(stated.count, f"{address}.sum_of", 0)
        if self.plan:
            assert stated.each.plan is not None
            return count * float(stated.each.plan)  # type: ignore[arg-type]
        return sum(
            min(count - number, 1.0) * self.individuals(f"{address}.each", number) for number in range(math.ceil(count))
        )

    def _formula(self, formula: Formula, address: str, year: int) -> float:
        env = {name: self._named(name, address, year) for name in formula.names if name != "pi"}
        return float(formula.evaluate(env))

    def _named(self, name: str, address: str, year: int) -> float:
        """Give what a name in a formula means: nearest first; where growth is asked for, of an index its growth."""
        found = self._meant(name, address, year)
        if not (GROWTH.fullmatch(address) or self._is_index(address)):
            return found
        year, target = self._year_of(name, year)
        if not any(self._is_index(candidate) for candidate in self._candidates(target, address)):
            return found
        return found / (self._meant(target, address, year - 1) if year else 1.0) - 1

    def _is_index(self, address: str) -> bool:
        stated = self._stated(address)
        return isinstance(stated, Quantity) and stated.varies is not None and stated.varies.mode == "compounding"

    def _year_of(self, name: str, year: int) -> tuple[int, str]:
        """Give the year that a name means, and the name without it."""
        head, _, last = name.rpartition(".")
        named = parse_address(last) if head else None
        if named is None:
            return year, name
        assert self.config.years is not None
        return self.config.years.index(named), head

    def _candidates(self, name: str, address: str) -> list[str]:
        parts = address.split(".")
        own = [f"measures.{parts[1]}.local.{name}", f"measures.{parts[1]}.{name}"] if parts[0] == "measures" else []
        return [name] if "." in name else [*own, f"drivers.{name}", f"outputs.{name}"]

    def _meant(self, name: str, address: str, year: int) -> float:
        if name == "year":
            assert self.config.years is not None
            return float(self.config.years[year])
        if name.startswith("events.") and name.count(".") == 1:
            return 1.0 if self.happens[name.removeprefix("events.")] < NEVER else 0.0
        year, name = self._year_of(name, year)
        for candidate in self._candidates(name, address):
            if self._stated(candidate) is not None or self._in_programme(candidate):
                return self.at(candidate, year)
        return NEUTRAL[name.rpartition(".")[2]]

    def _stated(self, address: str) -> Any:
        """Walk down the file to an address."""
        node: Any = self.config
        parts = address.split(".")
        while parts and node is not None:
            if isinstance(node, dict):
                whole = ".".join(parts)
                key = next((k for k in node if whole == k or whole.startswith(f"{k}.")), None)
                if key is None:
                    return None
                node, parts = node[key], parts[len(key.split(".")) :]
            else:
                node, parts = getattr(node, ALIASES.get(parts[0], parts[0]), None), parts[1:]
        return node

    # --- programmes: one realisation for all, single measures strayed around it, the total untouched ---------

    def _in_programme(self, address: str) -> tuple[str, str] | None:
        parts = address.split(".")
        if len(parts) != 3 or parts[0] != "measures" or parts[2] != "realisation":
            return None
        measure = self.config.measures.get(parts[1])
        return (parts[1], measure.programme) if measure is not None and measure.programme else None

    def _programme_share(self, measure: str, programme: str, year: int) -> float:
        common = self.at(f"programmes.{programme}.realisation", year)
        section = self.config.programmes[programme]
        weights = {
            name: abs(Scheme(self, name).full_plan)
            for name, m in self.config.measures.items()
            if m.programme == programme
        }
        if self.plan or section.individual == 0 or len(weights) < 2:
            return common
        strays = {name: float(self.drawn[f"measures.{name}.individual"]) for name in weights}  # type: ignore[arg-type]
        average = sum(weights[name] * strays[name] for name in weights) / sum(weights.values())
        distribution = section.realisation.distribution
        most = distribution.support[1] if distribution is not None else NEVER
        room = max(0.0, min(common, most - common))
        return common + section.individual * room * (strays[measure] - average)


@dataclass
class Scheme:
    """One measure: what it brings, when, and what it costs once."""

    figures: Figures
    name: str

    @property
    def measure(self) -> Measure:
        return self.figures.config.measures[self.name]

    @property
    def first(self) -> int:
        assert self.figures.config.years is not None
        return self.figures.config.years[0]

    def figure(self, key: str, year: int = 0) -> float:
        return self.figures.at(f"measures.{self.name}.{key}", year, default=NEUTRAL.get(key))

    # --- the plan's own path ---------------------------------------------------------------------------------

    @property
    def planned_start(self) -> float:
        if self.measure.plan is not None:
            return float(next((y for y, amount in enumerate(self.measure.plan) if amount), 0))
        return float((self.measure.from_ or self.first) - self.first)

    @property
    def planned_full(self) -> float:
        return float((self.measure.full_from or self.measure.from_ or self.first) - self.first)

    def planned_rate(self, time: float) -> float:
        """Give the planned rate just before a moment (31 March belongs to the old year), as a share of the figure."""
        if self.measure.plan is not None:
            return self._listed_rate(time)
        since, rise = time - self.planned_start, self.planned_full - self.planned_start
        if since <= 0:
            return 0.0
        if self.measure.basis == "one_off":  # spread over the years from `from` to `full_from`
            return 1 / (rise + 1) if since <= rise + 1 else 0.0
        if self.measure.rises == "equal_steps":  # the first step at once, the last on 1 April of full_from
            return min(math.ceil(since) / (rise + 1), 1.0)
        return 1.0 if since >= rise else since / rise

    def _listed_rate(self, time: float) -> float:
        assert self.measure.plan is not None
        year = math.ceil(time) - 1
        if year < 0:
            return 0.0
        if year < len(self.measure.plan):
            return self.measure.plan[year]
        return 0.0 if self.measure.basis == "one_off" else self.measure.plan[-1]

    @property
    def knots(self) -> list[float]:
        """The moments at which the planned path may bend or jump."""
        if self.measure.plan is not None:
            return [float(y) for y in range(len(self.measure.plan) + 1)]
        return [self.planned_start + k for k in range(round(self.planned_full - self.planned_start) + 2)]

    @property
    def rate_of_the_figure(self) -> float:
        """Give what the stated figure is multiplied by so that it is a rate: 1 unless it is a total or an average."""
        over = self.measure.over
        if self.measure.basis not in {"cumulative", "annual_average"}:
            return 1.0
        assert over is not None
        brought = integral(self.planned_rate, self.knots, self.planned_start, self.planned_start + over)
        return (1.0 if self.measure.basis == "cumulative" else over) / brought

    @property
    def full_plan(self) -> float:
        """Give the planned saving at full effect, which `delivered` is held against."""
        if self.measure.plan is not None:
            return sum(self.measure.plan) if self.measure.basis == "one_off" else self.measure.plan[-1]
        plan = Figures(self.figures.config, {}, plan_of_events(self.figures.config), plan=True)
        return self.rate_of_the_figure * plan.at(f"measures.{self.name}.saving")

    # --- when ------------------------------------------------------------------------------------------------

    @cached_property
    def start(self) -> float:
        """Give when it starts, infinite where it never does."""
        own = self.own_start
        needed = self.all_needed(set())
        return own if all(Scheme(self.figures, other).own_start < NEVER for other in needed) else NEVER

    def all_needed(self, found: set[str]) -> set[str]:
        """Give the measures it needs, and those that they need."""
        for other in self.measure.requires:
            if other in self.figures.config.measures and other not in found:
                found.add(other)
                Scheme(self.figures, other).all_needed(found)
        return found - {self.name}

    @cached_property
    def own_start(self) -> float:
        """Give when it starts, were it not for the measures that it needs."""
        return NEVER if self.forestalled < NEVER else self.course[0]

    @cached_property
    def course(self) -> tuple[float, list[tuple[float, float]]]:
        """Give when it is due, and its pauses (begin, length): delays that come after it has started."""
        config, happens = self.figures.config, self.figures.happens
        due = self.planned_start + self.figure("delay")
        for other in self.figures.company:
            if self.name in config.measures[other].slows:
                due += self.figures.at(f"measures.{other}.slows.{self.name}")
        due = max([due, *(happens[need] for need in self.measure.requires if need in config.events)])  # it waits
        delays = sorted(
            (happens[name], self.figures.at(f"events.{name}.delays.{self.name}"))
            for name, event in config.events.items()
            if self.name in event.delays and happens[name] < NEVER
        )
        pauses: list[tuple[float, float]] = []
        for moment, length in delays:
            if moment <= due:
                due += length
            else:
                begin = max(moment, sum(pauses[-1]) if pauses else moment)
                pauses.append((begin, length))
        return due, pauses

    @cached_property
    def forestalled(self) -> float:
        """Give when an event keeps it from starting, infinite where none does."""
        events, happens = self.figures.config.events, self.figures.happens
        names = [need.removeprefix("not ") for need in self.measure.requires if need.startswith("not ")]
        names += [name for name, event in events.items() if self.name in (*event.never_starts, *event.stops)]
        return min([happens[name] for name in names if happens[name] <= self.course[0]], default=NEVER)

    def along(self, time: float) -> float:
        """Give how far along its plan it is at some time: behind by its lateness and by its pauses so far."""
        paused = sum(min(max(time - begin, 0.0), length) for begin, length in self.course[1])
        return time - self.lateness - paused

    def when(self, knot: float) -> float:
        """Give the time at which it gets to a point of its plan."""
        time = knot + self.lateness
        for begin, length in self.course[1]:
            time += length if time > begin else 0.0
        return time

    @property
    def lateness(self) -> float:
        return self.start - self.planned_start if self.start < NEVER else 0.0

    def stops(self) -> list[tuple[float, float]]:
        """Give when it stops, and what share stays each time; in order of time."""
        found = [
            (self.figures.happens[name], self.figures.at(f"events.{name}.keeps", default=0.0))
            for name, event in self.figures.config.events.items()
            if self.name in event.stops
        ]
        if self.measure.ends is not None:
            found.append((self.measure.ends + 1.0 - self.first, 0.0))
        return sorted(found)

    # --- what it brings --------------------------------------------------------------------------------------

    def _rate(self, planned: Callable[[float], float], time: float) -> float:
        """Give a path's rate just before a moment: late, and frozen at the first stop with a share of it kept."""
        past = [(moment, kept) for moment, kept in self.stops() if moment < time]
        if not past:
            return planned(self.along(time))
        rate = planned(self.along(past[0][0]))
        for _, kept in past:
            rate *= kept
        return rate

    def _amount(self, planned: Callable[[float], float], year: int, *, at_end: bool) -> float:
        if at_end:
            return self._rate(planned, year + 1.0)
        bends = [self.when(knot) for knot in self.knots] + [moment for moment, _ in self.stops()]
        bends += [moment for begin, length in self.course[1] for moment in (begin, begin + length)]
        return integral(lambda time: self._rate(planned, time), bends, year, year + 1)

    def brings(self, year: int, *, at_end: bool) -> float:
        """Give what it brings in a year, or its rate at the year's end."""
        if self.start == NEVER:
            return 0.0
        stated = 1.0 if self.measure.plan is not None else self.figures.at(f"measures.{self.name}.saving")
        scale = stated * self.rate_of_the_figure * self.figure("realisation", year) * self.figure("scope_growth", year)
        scale *= 1 - self.figure("backfill", year)
        brought = scale * self._amount(self.planned_rate, year, at_end=at_end) * self.index(year)
        if self.measure.saving_is == "gross":
            runs = lambda time: 1.0 if time > self.planned_start else 0.0  # noqa: E731
            brought -= self.figure("running_cost") * self._amount(runs, year, at_end=at_end)
        return brought

    def index(self, year: int) -> float:
        """Give how far the growth that the saving follows has run ahead of its plan."""
        if self.measure.indexed_to is None:
            return 1.0
        plan = Figures(self.figures.config, {}, plan_of_events(self.figures.config), plan=True)
        ahead = 1.0
        for y in range(year + 1):
            ahead *= 1 + self.figure("indexed_to", y)
            ahead /= 1 + plan.at(f"measures.{self.name}.indexed_to", y)
        return ahead

    # --- what it costs once ----------------------------------------------------------------------------------

    def cost(self, key: str, cost: OneOff, year: int) -> float:
        """Give a one-off cost in a year, gross, all councils together."""
        if self.start == NEVER and not cost.sunk:
            return 0.0
        at = f"measures.{self.name}.one_off.{key}"
        whole = self.figures.at(f"{at}.amount") * self.figures.at(f"{at}.overrun", default=1.0)
        length = cost.lead or 1.0
        begin = cost.in_ - self.first if cost.in_ is not None else self.planned_start - length
        begin += self.lateness if cost.slips else 0.0
        within = min(year + 1, begin + length) - max(year, begin)
        return whole * max(within, 0.0) / length


@dataclass
class Outcome:
    """One future of one option for one council: every list goes by year."""

    gap_before: list[float] = field(default_factory=list)
    savings: list[float] = field(default_factory=list)
    run_rate: list[float] = field(default_factory=list)
    gap_after: list[float] = field(default_factory=list)
    gap_recurring: list[float] = field(default_factory=list)
    one_off_gross: list[float] = field(default_factory=list)
    one_off_savings: list[float] = field(default_factory=list)
    own_pots: list[float] = field(default_factory=list)
    external_pots: list[float] = field(default_factory=list)
    one_off_net: list[float] = field(default_factory=list)
    general_fund: list[float] = field(default_factory=list)
    closes: dict[str, bool] = field(default_factory=dict)


@dataclass
class Twin:
    """The whole model in one future."""

    figures: Figures
    schemes: dict[str, Scheme] = field(default_factory=dict)
    brought: dict[tuple[str, int, bool], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schemes = {name: Scheme(self.figures, name) for name in self.config.measures}
        self.plan = Figures(self.config, {}, plan_of_events(self.config), plan=True)

    @property
    def config(self) -> Config:
        return self.figures.config

    @property
    def years(self) -> range:
        return range(len(self.config.years or ()))

    def brings(self, measure: str, year: int, *, at_end: bool) -> float:
        key = (measure, year, at_end)
        if key not in self.brought:
            self.brought[key] = self.schemes[measure].brings(year, at_end=at_end)
        return self.brought[key]

    # --- the gap before any option ---------------------------------------------------------------------------

    def level(self, figures: Figures, address: str, line: Line, year: int) -> float:
        """Give a line's level in a year."""
        plan = 0.0 if line.plan is None else line.plan[year]
        if line.growth is not None:
            level = figures.at(f"{address}.base")
            for y in range(year + 1):
                level *= 1 + figures.at(f"{address}.growth", y)
            return level
        if line.change is not None:
            return plan + figures.at(f"{address}.change", year)
        if line.realised is not None:
            return plan * figures.at(f"{address}.realised", year)
        assert line.certainty is not None
        certainty = reference(f"funding_{line.certainty}")
        return plan * (1.0 if figures.plan else figures.value(certainty, f"{address}.realised", year))

    def lines(self, council: str) -> list[tuple[float, str, Line]]:
        section = self.config.councils[council]
        return [(+1.0, f"councils.{council}.pressures.{name}", line) for name, line in section.pressures.items()] + [
            (-1.0, f"councils.{council}.funding.{name}", line) for name, line in section.funding.items()
        ]

    def effects(self, figures: Figures, council: str, year: int, basis: str) -> float:
        """Give what events add to a council's gap (recurring, from the moment on) or cost it once."""
        total = 0.0
        for name, event in self.config.events.items():
            moment = figures.happens[name]
            for line, effect in event.lines.items():
                if line.split(".")[1] != council or effect.basis != basis or moment == NEVER:
                    continue
                if basis == "recurring":
                    part = min(max(year + 1 - moment, 0.0), 1.0)
                else:
                    part = 1.0 if year <= moment < year + 1 else 0.0
                sign = 1.0 if line.split(".")[2] == "pressures" else -1.0
                total += sign * part * figures.at(f"events.{name}.lines.{line}.change", year)
        return total

    def planned_gap(self, council: str, year: int) -> float:
        """Give the gap that the plan has before any savings."""
        gap = self.config.councils[council].gap
        assert gap is not None
        if gap.plan == "sum_of_lines":
            planned = sum(
                sign * self.level(self.plan, address, line, year)
                for sign, address, line in self.lines(council)
                if line.recurring
            )
        elif gap.basis == "annual":  # new savings to find in each year: they add up
            planned = sum(gap.plan[: year + 1])
        else:
            planned = gap.plan[year]
        twin = Twin(self.plan) if gap.included else self
        return planned + sum(twin.share(m, council) * twin.brings(m, year, at_end=False) for m in gap.included)

    def gap_before(self, council: str, year: int) -> float:
        gap = self.planned_gap(council, year)
        for sign, address, line in self.lines(council):
            if line.recurring:
                gap += sign * (
                    self.level(self.figures, address, line, year) - self.level(self.plan, address, line, year)
                )
        gap += self.effects(self.figures, council, year, "recurring")
        return gap - self.effects(self.plan, council, year, "recurring")

    # --- what an option brings to a council ------------------------------------------------------------------

    def share(self, measure: str, council: str, cost: OneOff | None = None, key: str = "") -> float:
        """Give a council's share of a measure, or of one of its costs where that has shares of its own."""
        section = self.config.measures[measure]
        shares, at = section.shares, f"measures.{measure}.shares"
        if cost is not None and cost.shares is not None:
            shares, at = cost.shares, f"measures.{measure}.one_off.{key}.shares"
        if shares is None:
            return 1.0 if section.council == council else 0.0
        if council not in shares:
            return 0.0
        if shares[council] != "rest":
            return self.figures.at(f"{at}.{council}")
        return 1.0 - sum(self.figures.at(f"{at}.{other}") for other, share in shares.items() if share != "rest")

    def saved(self, option: str, council: str, year: int, *, at_end: bool) -> float:
        """Give what the option's measures bring to the council, less what two of them count twice."""
        measures = self.config.options[option].measures
        chosen = [m for m in measures if self.config.measures[m].basis != "one_off"]
        total = sum(self.share(m, council) * self.brings(m, year, at_end=at_end) for m in chosen)
        for m in chosen:
            for other in self.config.measures[m].overlaps:
                if other in chosen:
                    amount = self.figures.at(f"measures.{m}.overlaps.{other}")
                    phi = [self.delivered(each, year, at_end=at_end) for each in (m, other)]
                    total -= self.overlap_share(m, other, council) * amount * max(min(phi), 0.0)
        return total

    def delivered(self, measure: str, year: int, *, at_end: bool) -> float:
        """Give the share of its full plan that a measure delivers."""
        scheme = self.schemes[measure]
        full = scheme.full_plan
        if scheme.measure.saving_is == "gross" and scheme.measure.running_cost is not None:  # what it brings is net
            plan = Figures(self.config, {}, plan_of_events(self.config), plan=True)
            full -= plan.at(f"measures.{measure}.running_cost")
        return self.brings(measure, year, at_end=at_end) / full if full else 0.0

    def overlap_share(self, first: str, second: str, council: str) -> float:
        """Give how much of an overlap a council bears: among those that share both measures, by the smaller share."""
        shares = [{c: self.share(m, c) for c in self.config.councils} for m in (first, second)]
        elsewhere = [max(1 - sum(of.values()), 0.0) for of in shares]
        smaller = {c: min(of[c] for of in shares) for c in self.config.councils}
        whole = sum(smaller.values()) + (min(elsewhere) if min(elsewhere) > 1e-9 else 0.0)
        return smaller[council] / whole if whole else 0.0

    def one_off_saved(self, option: str, council: str, year: int) -> float:
        chosen = [m for m in self.config.options[option].measures if self.config.measures[m].basis == "one_off"]
        return sum(self.share(m, council) * self.brings(m, year, at_end=False) for m in chosen)

    # --- one-off money ---------------------------------------------------------------------------------------

    def costs(self, option: str, council: str) -> list[tuple[OneOff, list[float]]]:
        """Give each one-off cost of the option's measures that the council bears, by year, in the file's order."""
        return [
            (cost, [self.share(m, council, cost, key) * self.schemes[m].cost(key, cost, y) for y in self.years])
            for m in self.config.measures
            if m in self.config.options[option].measures
            for key, cost in self.config.measures[m].one_off.items()
        ]

    def council_one_offs(self, council: str, year: int) -> float:
        """Give one-off lines and one-off effects of events on lines: they come under every option."""
        lines = sum(
            s * self.level(self.figures, a, line, year) for s, a, line in self.lines(council) if not line.recurring
        )
        return lines + self.effects(self.figures, council, year, "one_off")

    def event_costs(self, option: str, council: str, year: int) -> float:
        """Give what events cost an option whose live measures they hit, by the share of the first of them."""
        total = 0.0
        for name, event in self.config.events.items():
            moment = self.figures.happens[name]
            touched = [*event.stops, *event.never_starts, *event.delays]
            hit = [m for m in touched if m in self.config.options[option].measures]
            felt = any(self.felt(m, moment, only_forestalls=m not in (*event.stops, *event.delays)) for m in hit)
            if event.costs is not None and felt and year <= moment < year + 1:
                total += self.share(hit[0], council) * self.figures.at(f"events.{name}.costs")
        return total

    def felt(self, measure: str, moment: float, *, only_forestalls: bool) -> bool:
        """Tell whether an event does anything to a measure that would go ahead without it."""
        scheme = self.schemes[measure]
        if any(Scheme(self.figures, other).own_start == NEVER for other in scheme.all_needed(set())):
            return False
        if scheme.course[0] == NEVER:
            return False
        if scheme.forestalled < NEVER:
            return moment <= scheme.forestalled
        return not only_forestalls

    def pots(self, option: str, council: str) -> dict[str, list[float]]:
        """Give what each pot pays in each year: years in order, costs in order, pots in order, up to their limits."""
        names = self.config.councils[council].pots
        balance = {pot: max(self.figures.at(f"councils.{council}.pots.{pot}.opening"), 0.0) for pot in names}
        paid = {pot: [0.0 for _ in self.years] for pot in names}
        limits: dict[tuple[int, str], float] = {}
        costs = self.costs(option, council)
        for year in self.years:
            for number, (cost, amounts) in enumerate(costs):
                need = amounts[year]
                for entry in cost.funded_by:
                    pot, limit = (entry, NEVER) if isinstance(entry, str) else next(iter(entry.items()))
                    if pot in names:
                        left = limits.setdefault((number, pot), limit)
                        payment = min(need, balance[pot], left)
                        need -= payment
                        balance[pot] -= payment
                        limits[number, pot] = left - payment
                        paid[pot][year] += payment
        return paid

    # --- all of it -------------------------------------------------------------------------------------------

    def outcome(self, option: str, council: str) -> Outcome:
        """Give everything for one option and council."""
        company = self.config.options[option].measures
        if self.figures.company != company and any(measure.slows for measure in self.config.measures.values()):
            return Twin(replace(self.figures, company=company)).outcome(option, council)
        found, section = Outcome(), self.config.councils[council]
        paid, costs = self.pots(option, council), self.costs(option, council)
        fund = None
        if section.general_fund is not None and section.gap is not None:
            fund = self.figures.at(f"councils.{council}.general_fund.opening")
        for y in self.years:
            found.savings.append(self.saved(option, council, y, at_end=False))
            found.run_rate.append(self.saved(option, council, y, at_end=True))
            gross = self.council_one_offs(council, y) + self.event_costs(option, council, y)
            found.one_off_gross.append(gross + sum(amounts[y] for _, amounts in costs))
            found.one_off_savings.append(self.one_off_saved(option, council, y))
            for owner, pots in (("own", found.own_pots), ("external", found.external_pots)):
                pots.append(sum(by_year[y] for pot, by_year in paid.items() if section.pots[pot].owner == owner))
            net = found.one_off_gross[y] - found.own_pots[y] - found.external_pots[y] - found.one_off_savings[y]
            found.one_off_net.append(net)
            if section.gap is not None:
                before = self.gap_before(council, y)
                found.gap_before.append(before)
                found.gap_after.append(before - found.savings[y])
                found.gap_recurring.append(before - found.run_rate[y])
            if fund is not None:
                gap = found.gap_after[y]
                planned = (
                    section.general_fund.planned[y] if section.general_fund and section.general_fund.planned else 0.0
                )
                fund = fund - (max(gap, 0.0) if section.surplus == "spent" else gap) - net + planned
                found.general_fund.append(fund)
        found.closes = self.closes(council, found) if section.gap is not None else {}
        return found

    def planned_use(self, council: str, year: int) -> float:
        """Give the planned contribution to the general fund; a use is negative."""
        fund = self.config.councils[council].general_fund
        return fund.planned[year] if fund is not None and fund.planned is not None else 0.0

    def closes(self, council: str, found: Outcome) -> dict[str, bool]:
        """Give the six tests; closed means a gap below half a penny."""
        assert self.config.years is not None
        assert self.config.target_year is not None
        target = self.config.years.index(self.config.target_year)
        half = 0.005 / PENNIES[self.config.money or "£"]
        tests = {
            "target_year": found.gap_recurring[target] < half,
            "in_year": found.gap_after[target] < half,
            "from_target_year": all(gap < half for gap in found.gap_recurring[target:]),
            "every_year": all(gap < half for gap in found.gap_after),
        }
        if found.general_fund:
            base = f"councils.{council}.general_fund"
            tests["reserves_hold"] = all(f > self.figures.at(f"{base}.minimum") - half for f in found.general_fund)
            tests["reserves_restored"] = found.general_fund[-1] > self.figures.at(f"{base}.opening") - half
        return tests


def plan_of_events(config: Config) -> dict[str, float]:
    """Give when each event happens in the business case: at its first moment, or never."""
    first = float(config.years[0]) if config.years else 0.0
    found = {}
    for name, event in config.events.items():
        moments = getattr(event.chance, "moments", None)
        moment = moments[0] if moments else (event.from_ if event.each else event.in_)
        found[name] = (first if moment is None else moment) - first if event.plan == "happens" else NEVER
    return found


def integral(rate: Callable[[float], float], bends: list[float], begin: float, end: float) -> float:
    """Add up a rate that is straight between its bends: each piece's length times the rate at its middle."""
    inside = sorted({begin, end, *(bend for bend in bends if begin < bend < end)})
    return sum((b - a) * rate((a + b) / 2) for a, b in pairwise(inside))
