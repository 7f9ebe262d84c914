"""What is asked of futures: whether an option closes the gap, and with how much to spare; no future is made here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from simlib.config.nodes import nearest_or_list
from simlib.delivery import deliver
from simlib.drivers import Constant, Values
from simlib.errors import ModelError, Problem
from simlib.flows import flows
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.readouts import TESTS, Key, claimed

JOINTLY, CLAIM, SAVING = "jointly", "claim", "saving"
_FIGURE = {
    "target_year": "gap_recurring", "in_year": "gap_after", "from_target_year": "gap_recurring",
    "every_year": "gap_after", "reserves_hold": "general_fund", "reserves_restored": "general_fund",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Whether an option passes a closing test, keeps its claim, or brings an amount.

    Attributes
    ----------
    council
        Its id, ``jointly`` for all of the option's councils in the same future, or ``claim``.
    test
        A closing test; ``kept`` of a claim; ``saving`` where the run rate of the target year is to reach an amount.
    amount
        That amount [money].
    """

    model: Model
    option: str
    council: str
    test: str
    amount: float = 0.0

    @property
    def keys(self) -> tuple[Key, ...]:
        """Give the figures that the answer is made of."""
        if self.council == CLAIM:
            return (("options", self.option, CLAIM, "amount"),)
        name = "run_rate" if self.test == SAVING else _FIGURE[self.test]
        return tuple(("options", self.option, self.model.councils[c].id, name) for c in self._councils)

    @property
    def tolerance(self) -> float:
        """Half a penny: what is short by less is closed."""
        return self.model.tolerance

    def spare(self, figures: Mapping[Key, Floats]) -> Floats:
        """Give by how much the test is passed, (simulation,) [money]: it is where this is above minus half a penny.

        Parameters
        ----------
        figures
            Those of ``keys``, (simulation,) or (year, simulation).
        """
        if self.council == CLAIM:
            claim = self.model.options[self._place].claim
            assert claim is not None
            found: Floats = figures[self.keys[0]] - claim.amount
            return found
        each = [self._of(c, figures[key]) for c, key in zip(self._councils, self.keys, strict=True)]
        if self.test == SAVING:
            return sum(each[1:], each[0]) - self.amount
        return reduce(np.minimum, each)

    def holds(self, spare: Floats) -> NDArray[np.bool_]:
        """Tell where the test is passed."""
        return np.asarray(spare > -self.tolerance)

    def at_values(self, values: Values, count: int) -> Floats:
        """Give the same from every node's value: of a few futures, such as the plan's, or as it is to be traced."""
        block, councils = deliver(self.model, values, count), self._councils
        if self.council == CLAIM:
            figures = [claimed(self.model, block, self._place)]
        else:
            found = [flows(self.model, block, self._place, c) for c in councils]
            figures = [getattr(flow, key[-1]) for flow, key in zip(found, self.keys, strict=True)]
        return np.broadcast_to(self.spare(dict(zip(self.keys, figures, strict=True))), (count,))

    @property
    def _place(self) -> int:
        return [option.id for option in self.model.options].index(self.option)

    @property
    def _councils(self) -> tuple[int, ...]:
        own = self.model.options[self._place].councils
        return own if self.council == JOINTLY else tuple(c for c in own if self.model.councils[c].id == self.council)

    def _of(self, council: int, figure: Floats) -> Floats:
        return _SPARE[self.test](self.model, council, figure)


def _least(figure: Floats) -> Floats:
    largest: Floats = np.max(figure, axis=0)
    return 0.0 - largest


def _above_minimum(model: Model, council: int, fund: Floats) -> Floats:
    home = model.councils[council].fund
    assert home is not None
    lowest: Floats = np.min(fund, axis=0)
    return lowest - _certain(model, home.minimum)


def _above_opening(model: Model, council: int, fund: Floats) -> Floats:
    home = model.councils[council].fund
    assert home is not None
    last: Floats = fund[-1]
    return last - _certain(model, home.opening)


def _certain(model: Model, place: int) -> float:
    node = model.nodes[place]
    if not isinstance(node, Constant):
        text = "expected a figure that is the same in every future, as this test is asked about here"
        raise ModelError([Problem("", node.address, text)])
    return float(node.fixed)


_SPARE: dict[str, Callable[[Model, int, Floats], Floats]] = {
    "target_year": lambda m, _, f: 0.0 - f[m.target],
    "in_year": lambda m, _, f: 0.0 - f[m.target],
    "from_target_year": lambda m, _, f: _least(f[m.target :]),
    "every_year": lambda _, __, f: _least(f),
    "reserves_hold": _above_minimum,
    "reserves_restored": _above_opening,
    SAVING: lambda m, _, f: f[m.target],
}


def ask(
    model: Model, option: str, council: str | None = None, *, test: str | None = None, amount: float | None = None
) -> Question:
    """Give a question about an option.

    Parameters
    ----------
    council
        A council of the option, ``jointly`` or ``claim``; where left out the only one there is, else ``jointly``.
    test
        A closing test; the file's headline where left out.
    amount
        Instead of a test, a yearly saving that the run rate of the target year is to reach [money].

    Raises
    ------
    ModelError
        Where the file has no such option, council or test, or the test does not apply.
    """
    known = {each.id: each for each in model.options}
    if option not in known:
        _refuse(f"options.{option}", f"there is no option '{option}'{nearest_or_list(option, known)}")
    chosen = known[option]
    own = [model.councils[c].id for c in chosen.councils]
    allowed = [*own, *([JOINTLY] if len(own) > 1 else []), *([CLAIM] if chosen.claim else [])]
    where = council or (own[0] if len(own) == 1 else JOINTLY)
    if where not in allowed:
        _refuse(f"options.{option}", f"expected a council of this option, {', '.join(allowed)}, got '{where}'")
    if where == CLAIM:
        return Question(model, option, where, "kept")
    if amount is not None:
        return Question(model, option, where, SAVING, amount)
    found = Question(model, option, where, test or model.config.closes)
    if found.test not in TESTS:
        _refuse(f"options.{option}", f"expected one of {', '.join(TESTS)}, got '{found.test}'")
    for c in found._councils:
        home = model.councils[c]
        if home.gap_plan is None or (found.test.startswith("reserves") and home.fund is None):
            _refuse(f"councils.{home.id}", f"the test '{found.test}' does not apply: the file states too little for it")
    return found


def _refuse(address: str, text: str) -> None:
    raise ModelError([Problem("", address, text)])
