"""simlib: how sure is a council's budget decision? The public names, and nothing that computes.

A YAML file says what is uncertain; simlib draws many thousands of futures and says for each option,
council and year how often the budget gap is closed. The package reads as one sentence: **load** a
config, **compile** it into a model, **simulate** futures, **summarise** them, **write** the report.

Names are looked up when they are first used, so that ``import simlib`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simlib.compiling import compile_model
    from simlib.config import Config, load_config
    from simlib.engine import simulate, simulate_plan
    from simlib.errors import ConfigError, ModelError, ResultsError
    from simlib.model import Model
    from simlib.report import write_report
    from simlib.results import Futures
    from simlib.summary import Summary, summarise

__version__ = "0.1.0"

__all__ = [
    "Config",
    "ConfigError",
    "Futures",
    "Model",
    "ModelError",
    "ResultsError",
    "Summary",
    "__version__",
    "compile_model",
    "load_config",
    "simulate",
    "simulate_plan",
    "summarise",
    "write_report",
]

_HOMES = {
    "Config": "simlib.config",
    "load_config": "simlib.config",
    "Model": "simlib.model",
    "compile_model": "simlib.compiling",
    "simulate": "simlib.engine",
    "simulate_plan": "simlib.engine",
    "Futures": "simlib.results",
    "Summary": "simlib.summary",
    "summarise": "simlib.summary",
    "write_report": "simlib.report",
    "ConfigError": "simlib.errors",
    "ModelError": "simlib.errors",
    "ResultsError": "simlib.errors",
}


def __getattr__(name: str) -> object:
    """Give a public name from the module it lives in, imported at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simlib' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value  # so that the next use is a plain look-up
    return value


def __dir__() -> list[str]:
    """List the public names, whether or not they have been used yet."""
    return list(__all__)
