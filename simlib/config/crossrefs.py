"""Runs every check on what sections say together and finds the places; the checks are in ``checks``."""

from collections.abc import Iterator
from itertools import islice

from simlib.config import schema
from simlib.config.checks import choices, councils, dependence, drivers, measures, observations, options
from simlib.config.checks.whole import Check, Whole
from simlib.config.document import MOST_PROBLEMS
from simlib.config.nodes import Mapping, Node, Place, Text, address_part
from simlib.errors import Problem

CHECKS: tuple[Check, ...] = (
    *councils.CHECKS,
    *measures.CHECKS,
    *options.CHECKS,
    *choices.CHECKS,
    *drivers.CHECKS,
    *dependence.CHECKS,
    *observations.CHECKS,
)


def problems(
    config: schema.Config, root: Mapping, *, refused: frozenset[str] = frozenset(), changed: bool = False
) -> Iterator[Problem]:
    """Give everything that does not fit together.

    Parameters
    ----------
    config
        The config; entries whose fields were refused may be missing from it.
    root
        The raw tree, with all entries.
    refused
        The addresses of those that are missing from the config.
    changed
        Whether a reading or ``--set`` is laid over the file.
    """
    whole = Whole.of(config, root, refused=refused, changed=changed)
    for check in CHECKS:
        for address, message in islice(check(whole), MOST_PROBLEMS):
            yield Problem(str(locate(root, address)), address, message)


def locate(root: Mapping, address: str) -> Place:
    """Give the place of an entry, or of the nearest above it that the file has."""
    node: Node = root
    place = root.place
    rest = address
    while isinstance(node, Mapping) and rest:
        key = _key(node, rest)
        if key is None:
            break
        rest = rest[len(address_part(key)) + 1 :]
        place, node = key.place, node[key]
        if not rest and not isinstance(node, Mapping):
            place = node.place
    return place


def _key(node: Mapping, rest: str) -> Text | None:
    """Give the key with which an address goes on; the keys of ``lines`` and ``set`` hold whole addresses."""
    keys = [key for key in node.texts() if rest == address_part(key) or rest.startswith(f"{address_part(key)}.")]
    return max(keys, key=len, default=None)
