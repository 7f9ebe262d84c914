"""Work shared out among processes that end with their parent and fail alone; what it is, is not known here.

``workers`` shares out the parts of one run, which is lost with any of them. Here each item stands for itself: a process
that the system ends costs the item that it was at, another takes its place, and none outlives a parent that was killed.
"""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

__all__ = ["Died", "spread"]

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Died:
    """What became of an item whose process has ended in the middle of it.

    Parameters
    ----------
    code : int or None
        What it left with; a signal below nothing.
    """

    code: int | None


@dataclass(slots=True)
class _Worker(Generic[Item]):
    """A process, our end of the pipe to it, and what it is at."""

    process: Any  # of multiprocessing's context, which has no type of its own
    pipe: Connection
    item: Item


def spread(task: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[tuple[Item, Result | Died]]:
    """Give each item with its result, in the order in which they are ready.

    Parameters
    ----------
    task : callable
        Known by name to other processes. It must not raise: whoever does, dies.
    items : sequence
        What it is asked for, in order.
    workers : int
        Processes; each starts once and stays for the next item.
    """
    left = iter(items)
    crew = [_begun(task, item) for _, item in zip(range(workers), left, strict=False)]
    try:
        while crew:
            ready = wait([worker.pipe for worker in crew])
            for worker in [worker for worker in crew if worker.pipe in ready]:
                item, found = worker.item, _received(worker)
                crew.remove(worker)
                crew += _next(task, worker, left, alive=not isinstance(found, Died))
                yield item, found
    finally:
        _end(crew)


def _begun(task: Callable[[Item], Result], item: Item) -> _Worker[Item]:
    """Start a process with its first item."""
    context = multiprocessing.get_context("spawn")  # a fork has the locks of our threads, and holds our pipes open
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(task, theirs), daemon=True)
    with _deaf():
        process.start()
    theirs.close()
    worker = _Worker(process, ours, item)
    _sent(worker)
    return worker


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore interruptions for a moment: a process that is started now ignores them from its first step."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _sent(worker: _Worker[Item]) -> None:
    """Hand a worker its item; one that is gone is noticed when its answer is read."""
    with suppress(OSError):
        worker.pipe.send(worker.item)


def _received(worker: _Worker[Item]) -> Any:
    """Read a worker's answer, or how it died."""
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Died(worker.process.exitcode)


def _next(
    task: Callable[[Item], Result], worker: _Worker[Item], left: Iterator[Item], *, alive: bool
) -> Iterable[_Worker[Item]]:
    """Give the worker at its next item, another one where it has died, and none where nothing is left."""
    for item in left:
        if not alive:
            return [_begun(task, item)]
        worker.item = item
        _sent(worker)
        return [worker]
    worker.pipe.close()  # which it takes for the end
    worker.process.join()
    return []


def _end(crew: Sequence[_Worker[Item]]) -> None:
    """Stop those that are at something still: somebody has interrupted us."""
    for worker in crew:
        worker.process.terminate()
    for worker in crew:
        worker.process.join()


def _serve(task: Callable[[Any], Any], pipe: Connection) -> None:
    """Do what comes through the pipe until its other end is closed, by our parent or by its death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it too, and ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidily: what was begun is cleared away
    with suppress(EOFError, OSError):
        while True:
            pipe.send(task(pipe.recv()))
