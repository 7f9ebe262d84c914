"""What names and figures of a config say together; single fields are checked where they are read."""

from collections.abc import Iterator

from simlib.config import schema
from simlib.config.nodes import Mapping
from simlib.errors import Problem


def problems(config: schema.Config, root: Mapping) -> Iterator[Problem]:
    """Give everything that does not fit together."""
    yield from ()
