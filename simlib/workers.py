"""Work shared out among threads or processes, its results in the order of the items; what it is, is not known here."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")
_pools: dict[int, "ThreadPoolExecutor"] = {}


def parallel(
    task: Callable[[Item], Result], items: Sequence[Item], n_jobs: int | None, backend: str | None = None
) -> Iterable[Result]:
    """Give the results of a task in the items' order, whoever does the work."""
    workers = min(n_jobs or 1, len(items))
    if workers <= 1:
        return map(task, items)
    if backend in (None, "threading"):
        return _in_threads(task, items, workers)
    return _in_processes(task, items, workers, backend)


def _in_threads(task: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterable[Result]:
    """Share the work out among threads, which stay for the next work, and with them the room that they have."""
    from concurrent.futures import ThreadPoolExecutor

    if workers not in _pools:
        _pools[workers] = ThreadPoolExecutor(workers)
    started = [_pools[workers].submit(task, item) for item in items]
    try:
        for each in started:
            yield each.result()
    finally:
        for each in started:
            each.cancel()


def _in_processes(
    task: Callable[[Item], Result], items: Sequence[Item], workers: int, backend: str
) -> Iterable[Result]:
    """Share the work out among joblib's processes, whatever engine is behind them."""
    from joblib import Parallel, delayed

    pool: Any = Parallel(n_jobs=workers, backend=backend, return_as="generator", batch_size=1, pre_dispatch="n_jobs")
    yield from pool(delayed(task)(item) for item in items)
