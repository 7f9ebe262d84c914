"""Work shared out among threads or processes, its results in the order of the items; what it is, is not known here."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

ELSEWHERE = "dask"  # workers that somebody else has started: how many they are is not ours to say
AHEAD = 4  # items a worker that are begun before their turn: results wait in memory for those before them
Item = TypeVar("Item")
Result = TypeVar("Result")
_pools: dict[int, "ThreadPoolExecutor"] = {}
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_pools.clear)  # a child has the pools of its parent, and none of their threads


def processors() -> int:
    """Give how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows or macOS
        return os.cpu_count() or 1


def share_memory(backend: str | None) -> bool:
    """Tell whether a back end's workers see what the others write: threads do."""
    return backend in (None, "threading")


def parallel(
    task: Callable[[Item], Result], items: Sequence[Item], n_jobs: int | None, backend: str | None = None
) -> Iterable[Result]:
    """Give the results of a task in the items' order, whoever does the work."""
    if backend == ELSEWHERE and len(items) > 1:
        return _elsewhere(task, items)
    workers = min(n_jobs or 1, len(items))
    if workers <= 1:
        return map(task, items)
    if share_memory(backend):
        return _in_threads(task, items, workers)
    return _in_processes(task, items, workers, backend)


def _in_threads(task: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """Share the work out among threads, which stay for the next work, and with them the memory that they keep."""
    from concurrent.futures import ThreadPoolExecutor

    if workers not in _pools:
        _pools[workers] = ThreadPoolExecutor(workers)
    submit, left = _pools[workers].submit, iter(items)
    begun: deque[Future[Result]] = deque(submit(task, item) for item in islice(left, AHEAD * workers))
    try:
        while begun:
            found = begun.popleft().result()
            begun.extend(submit(task, item) for item in islice(left, 1))
            yield found
    finally:
        for each in begun:
            each.cancel()


def _elsewhere(task: Callable[[Item], Result], items: Sequence[Item]) -> Iterable[Result]:
    """Share the work out among the workers of the cluster that is in use."""
    from simlib.cluster import shared_out

    return shared_out(task, items)


def _in_processes(
    task: Callable[[Item], Result], items: Sequence[Item], workers: int, backend: str | None
) -> Iterable[Result]:
    """Share the work out among joblib's processes."""
    from joblib import Parallel, delayed

    pool: Any = Parallel(n_jobs=workers, backend=backend, return_as="generator", batch_size=1, pre_dispatch="n_jobs")
    yield from pool(delayed(task)(item) for item in items)
