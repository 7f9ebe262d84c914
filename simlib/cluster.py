"""A run on dask's workers: they are reached, held to what is here, and handed work; what work it is, is not known here.

joblib has a back end for dask, which is not used: it waits for ever for a task that has ended several workers, and
gives the notice that its scheduler is gone as if it were a result. This one is joblib's in all else.
"""

import hashlib
import logging
import pickle
import platform
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import ParallelBackendBase, get_active_backend

from simlib import __version__, special
from simlib.errors import ConfigError, Problem

__all__ = ["cluster", "differences", "made_with", "shared_out"]

Result = TypeVar("Result")
PATIENCE = 10.0  # for a scheduler to answer, and then for the first of its workers [s]
ASKING = 60.0  # for all workers to tell what they are: each has to load simlib first [s]
LONGEST = 600.0  # for the next result, while workers may come and go [s]
AHEAD = 2  # tasks a core that are handed out: the next is there when one is done
PACKED = 2  # works that a worker remembers
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}", re.ASCII | re.IGNORECASE)


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Have everything inside that says ``backend="dask"`` done by the workers of a scheduler.

    Parameters
    ----------
    address
        Such as ``tcp://10.0.0.5:8786`` or ``tls://…``. What is sent there is executed: it must be one's own.

    Raises
    ------
    ConfigError
        When dask is not installed, nothing answers, there are no workers, or a worker would give other bytes.
    """
    with _connected(address) as client:
        _refuse_others(client, address)
        with parallel_config(backend=Cluster(client, address)):
            yield


def shared_out(task: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Give the results of a task in the items' order, from the cluster that is in use."""
    engine, _ = get_active_backend()
    if not isinstance(engine, Cluster):
        raise ConfigError([Problem("", "backend", "expected dask inside 'with simlib.cluster.cluster(ADDRESS)'")])
    sent = _Sent(_packed(task), tuple(made_with().items()))
    pool: Any = Parallel(n_jobs=-1, return_as="generator", batch_size=1, pre_dispatch="n_jobs", timeout=LONGEST)
    try:
        yield from pool(delayed(sent)(item) for item in items)
    except TimeoutError as nothing:
        raise _refused(f"no worker of {engine.address} gave a result within {LONGEST:.0f} seconds") from nothing
    except OSError as lost:  # dask's of a connection
        raise _gone(engine.address) from lost


class Cluster(ParallelBackendBase):  # type: ignore[misc] # joblib is published without types
    """joblib's view of a scheduler: its workers do a task for each of their threads, and any task again if need be."""

    supports_retrieve_callback = True

    def __init__(self, client: Any, address: str) -> None:
        super().__init__()
        self.address, self._client = address, client
        self._executor = client.get_executor(pure=False)

    def effective_n_jobs(self, n_jobs: int) -> int:  # noqa: ARG002 - joblib's name for it
        """Give how many tasks are handed out at once: the workers' threads decide, and not who asks."""
        return AHEAD * max(sum(map(int, self._client.ncores().values())), 1)

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> "Future[Any]":
        """Hand out a task, whose end is called back whether it is well or not."""
        future: Future[Any] = self._executor.submit(func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: "Future[Any]") -> Any:
        """Give the result of a task, or say in words why there is none."""
        from distributed import KilledWorker

        try:
            return out.result()
        except CancelledError as gone:
            raise _gone(self.address) from gone
        except KilledWorker as ended:
            text = "the same part of the run ended one worker after another: they may have too little memory"
            raise _refused(f"{text} ({ended.last_worker.address} was the last)") from ended


@dataclass(frozen=True, slots=True)
class _Sent:
    """A task on its way to a worker, which unpacks it once for all items, and refuses it where bytes would differ."""

    packed: bytes
    made_with: tuple[tuple[str, str], ...]

    def __call__(self, item: Any) -> Any:
        found = differences(dict(self.made_with), made_with())
        if found:  # a worker that has come since the others were asked
            raise _unlike([f"a worker that came later: {found}"])
        return _unpacked(self.packed)(item)


def _packed(task: Callable[[Any], Any]) -> bytes:
    import cloudpickle

    packed: bytes = cloudpickle.dumps(task)
    return packed


@lru_cache(maxsize=PACKED)
def _unpacked(packed: bytes) -> Callable[[Any], Any]:
    task: Callable[[Any], Any] = pickle.loads(packed)  # ours: dask has unpickled what it is in
    return task


# What bytes depend on


@cache
def made_with() -> dict[str, str]:
    """Give what the bytes of a run depend on beside its file, as it is in this process."""
    return {
        "python": platform.python_version(),
        "simlib": f"{__version__} (source {_source()})",
        "numpy": np.__version__,
        "scipy": version("scipy"),
        "last digits": _last_digits(),
    }


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Say what differs, or nothing."""
    found = [(name, stated, there.get(name, "none")) for name, stated in here.items() if there.get(name) != stated]
    return ", ".join(f"{name} {theirs} there and {ours} here" for name, ours, theirs in found)


def _source() -> str:
    """Give a short digest of simlib's source: between two releases the version stays as it is."""
    found, root = hashlib.blake2b(digest_size=4), Path(__file__).parent
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()


def _last_digits() -> str:
    """Give a digest of functions whose last digit is the processor's and the C library's, by the same numpy."""
    x = np.linspace(0.001, 0.999, 999)
    some = (np.exp(30.0 * x), np.log(x), np.log1p(x), np.expm1(x), np.power(x, 1.7), np.sin(30.0 * x), np.cos(x))
    return hashlib.blake2b(np.stack([*some, np.tanh(x), special.ndtri(x)]).tobytes(), digest_size=4).hexdigest()


# Reaching it


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler for a while, in which its client's complaints are ours to tell."""
    client, log = _client(address), logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield client
    finally:
        client.close()
        log.setLevel(level)


def _client(address: str) -> Any:
    """Give dask's client of a scheduler."""
    if not _ADDRESS.fullmatch(address) or not 0 < int(address.rpartition(":")[2]) < 65_536:
        raise _refused(f"expected an address such as tcp://10.0.0.5:8786, got {address[:60]!r}")
    try:
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ImportError as missing:
        text = f"dask is not installed ({missing}); python -m pip install 'simlib[distributed]' installs it"
        raise _refused(text) from missing
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # `differences` tells what matters to a run
            return _within(PATIENCE, lambda: Client(address, timeout=PATIENCE, set_as_default=False))
    except (OSError, RuntimeError, TypeError, ValueError) as trouble:  # the last three where tls is not set up
        reason = str(trouble).partition("\n")[0][:120] or f"not a word in {PATIENCE:.0f} seconds"
        raise _refused(f"no scheduler that can be used answers at {address} ({reason})") from trouble


def _refuse_others(client: Any, address: str) -> None:
    """Refuse workers that would give other bytes, each with what differs; and a scheduler without any."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as nobody:
        raise _refused(f"the scheduler at {address} has no workers") from nobody
    try:
        answers = _within(ASKING, lambda: client.run(made_with, on_error="return"))
    except TimeoutError as silent:
        raise _refused(f"a worker of {address} does not answer") from silent
    here, found = made_with(), []
    for worker, told in answers.items():
        wrong = f"{type(told).__name__}: {told}" if isinstance(told, Exception) else differences(here, told)
        if wrong:
            found.append(f"{worker}: {wrong}")
    if found:
        raise _unlike(found)


def _within(seconds: float, work: Callable[[], Result]) -> Result:
    """Give what some work gives, or a TimeoutError: dask waits for ever for one who takes a call and is silent."""
    found: Future[Result] = Future()

    def do() -> None:
        try:
            found.set_result(work())
        except BaseException as wrong:  # noqa: BLE001 - raised where the result is taken
            found.set_exception(wrong)

    Thread(target=do, daemon=True).start()
    return found.result(seconds)


def _gone(address: str) -> ConfigError:
    return _refused(f"the scheduler at {address} has gone in the middle of the run")


def _unlike(workers: Sequence[str]) -> ConfigError:
    text = "expected workers that are as this machine is, so that a run has the same bytes wherever it is drawn, got "
    return ConfigError([Problem("", "--scheduler", f"{text}{worker}") for worker in workers])


def _refused(text: str) -> ConfigError:
    return ConfigError([Problem("", "--scheduler", text)])
