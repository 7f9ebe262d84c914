"""Each uncertain figure as one number in each future, with its name: what boxes and combinations are told in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from simlib.drivers import Driver, Event, Node, Values
from simlib.kernels.paths import Floats
from simlib.model import Model
from simlib.naming import figure_name

_ADDING_UP = ("walk", "reverting", "compounding")


@dataclass(frozen=True, slots=True)
class Assumption:
    """An uncertain figure or event.

    Attributes
    ----------
    kind
        ``event``: 1 where it happens. An index is told as how far it is from 1, a share.
    through
        ``average`` up to the target year of what goes by year, ``by`` it of what adds up over the years; else empty.
    """

    address: str
    label: str
    kind: str
    through: str = ""


def assumption(model: Model, node: Driver | Event) -> Assumption:
    """Give what an uncertain figure or event is called."""
    if isinstance(node, Event):
        return Assumption(node.address, node.label or figure_name(model.config, node.address), "event")
    label = node.quantity.label or figure_name(model.config, node.address)
    mode = node.varies.mode
    through = "" if mode == "once" else "by" if mode in _ADDING_UP else "average"
    return Assumption(node.address, label, "share" if mode == "compounding" else node.quantity.kind, through)


def as_one(model: Model, node: Driver | Event, value: Floats) -> Floats:
    """Give a figure as one number in each future, (simulation,).

    Parameters
    ----------
    value
        (simulation,) or (year, simulation).
    """
    if isinstance(node, Event):
        return np.isfinite(value) * 1.0
    if value.ndim < 2:
        return value
    if node.varies.mode in _ADDING_UP:
        last: Floats = value[model.target]
        return last - 1.0 if node.varies.mode == "compounding" else last
    return np.asarray(value[: model.target + 1].mean(axis=0))


def assumptions(model: Model, values: Values, count: int) -> Iterator[tuple[Assumption, Floats]]:
    """Give every uncertain figure and event that differs between some futures, with its (simulation,) numbers."""
    for node, value in zip(model.nodes, values, strict=True):
        if is_assumption(node) and value.ndim and value.shape[-1] == count:
            row = as_one(model, node, value)
            if row.min() < row.max():
                yield assumption(model, node), row


def is_assumption(node: Node) -> TypeGuard[Driver | Event]:
    """Tell whether a node is a figure that the file has uncertain."""
    return isinstance(node, Driver | Event)
