"""Small files for tests: a head, one council, and the way from a text to futures and to a summary document."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlib.compiling import compile_model
from simlib.config import Config
from simlib.config.load import parse_config
from simlib.engine import simulate, simulate_plan
from simlib.results import Futures
from simlib.summary import summarise

HEAD = """
simlib: 1
title: a small file
money: £m
years: 2020/21 to 2023/24
target_year: 2023/24
"""
COUNCIL = """
councils:
  a:
    gap: {basis: cumulative_base, already_includes_savings: no, plan: 1}
    general_fund: {opening: 5, minimum: 1}
"""


def parsed(body: str, head: str = HEAD) -> Config:
    """Give the config of a body below the usual head."""
    return parse_config(head + body)


def with_only(config: Config, reading: str) -> Config:
    """Give a config with a reading laid over it and no readings beside it, each of which would be run as well."""
    return config.with_reading(reading).model_copy(update={"readings": {}})


def drawn(body: str, count: int, **options: Any) -> Futures:
    """Give futures of a body, from seed 1 unless another is named."""
    return simulate(compile_model(parsed(body)), count, **{"seed": 1, **options})


def document_of(futures: Futures) -> dict[str, Any]:
    """Give the summary document of futures."""
    return summarise(futures, simulate_plan(futures.model)).document


def told(body: str, count: int, **options: Any) -> dict[str, Any]:
    """Give the summary document of a body."""
    return document_of(drawn(body, count, **options))


def figure(futures: Futures, name: str, option: str = "o", council: str = "a") -> NDArray[np.float64]:
    """Give one figure of one option and council, (year, simulation)."""
    return np.asarray(futures.dataset[name].sel(option=option, council=council).values)


def pair_of(document: dict[str, Any], option: str = "o", council: str = "a") -> dict[str, Any]:
    """Give what a document says of one option and council."""
    found: dict[str, Any] = document["options"][option]["councils"][council]
    return found


def by_replicate(values: NDArray[Any], replicates: int) -> NDArray[Any]:
    """Give the sum of the values, or of the facts, of each replicate: that of a future is its index modulo so many."""
    return np.asarray([values[r::replicates].sum() for r in range(replicates)])


def with_squares(values: NDArray[np.float64], replicates: int) -> NDArray[np.float64]:
    """Give the sums of each replicate and those of the squares, (2, replicate)."""
    return np.stack([by_replicate(each, replicates) for each in (values, values**2)])
