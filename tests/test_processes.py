"""Processes that fail alone and end with their parent."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

import pytest

from simlib.processes import Died, spread

ITEMS = (1, 2, 3, 0, 4, 5)
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")


def squared(number: int) -> int:
    """Square a number; 0 is the end of the process that is asked for it."""
    if number == 0:
        os._exit(3)
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def test_each_item_comes_back_once_with_its_own_result_and_a_death_costs_one() -> None:
    found = dict(spread(squared, ITEMS, 2))
    assert found == {number: number**2 for number in ITEMS if number} | {0: Died(3)}


@POSIX
def test_a_process_that_the_system_kills_is_told_by_its_signal() -> None:
    assert list(spread(squared, (-1,), 2)) == [(-1, Died(-signal.SIGKILL))]


def children() -> set[int | None]:
    """Give the processes of this one; other tests may have left pools that wait."""
    return {process.pid for process in multiprocessing.active_children()}


def test_nothing_to_do_starts_nothing() -> None:
    before = children()
    assert list(spread(squared, (), 2)) == []
    assert children() <= before


def test_whoever_stops_listening_leaves_no_process_behind() -> None:
    before = children()
    results = spread(squared, ITEMS, 1)
    assert next(results) == (1, 1)
    assert len(children() - before) == 1
    results.close()  # type: ignore[attr-defined]
    assert children() <= before


def own_process(number: int) -> int:
    return os.getpid()


def begin(pipe: Connection) -> None:
    """Start a worker, tell its id, and wait to be killed."""
    _, worker = next(results := iter(spread(own_process, (1, 2), 1)))
    pipe.send(worker)
    pipe.recv()
    results.close()  # type: ignore[attr-defined]


@POSIX
def test_no_process_outlives_a_parent_that_was_killed() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    parent = context.Process(target=begin, args=(theirs,))
    parent.start()
    theirs.close()
    worker = ours.recv()
    parent.kill()
    parent.join()
    assert gone(worker)


def gone(process: int) -> bool:
    """Wait until a process that is no child of ours has ended, for a minute at most."""
    for _ in range(6_000):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if in_state(process) == "Z":
            return True  # ended, and nobody has asked how
        multiprocessing.connection.wait([], 0.01)
    return False


def in_state(process: int) -> str:
    """Give the letter of a process's state where the system tells it."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""
