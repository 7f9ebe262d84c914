"""Many runs at once: those that are there are skipped, the rest made, all compared; no run is made here.

Runs go beside each other, each in a process with one worker, where there are at least as many of them as workers: that
wastes nothing. Fewer runs than workers, large runs, and those on workers elsewhere go one after the other, each shared
out among all workers. So there are never more workers than asked for.
"""

import errno
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from simlib.batchindex import FILES, Line, write_index
from simlib.claiming import MARK, tidy
from simlib.errors import ResultsError
from simlib.orders import Order, Outcome, is_done, make
from simlib.processes import Died, spread
from simlib.variants import Variant
from simlib.wording import clean

__all__ = ["Batch", "reason_lines", "run_batch"]

ELSEWHERE = "dask"  # the backend whose workers are no processes of this machine's
_PARTS = 1_000  # of a run, for the bar
_LONGEST = 400  # letters of what could not be run
_KILLED = 9  # the signal by which a system takes back memory
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Batch:
    """What became of the runs that were asked for.

    Attributes
    ----------
    asked : tuple of Variant
        Every run.
    earlier : frozenset of Variant
        Those that were there already.
    outcomes : dict of Variant to Outcome
        Of the others, as far as they were begun.
    lines : tuple of Line
        The index as it was written.
    """

    asked: tuple[Variant, ...]
    earlier: frozenset[Variant] = frozenset()
    outcomes: dict[Variant, Outcome] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()

    @property
    def finished(self) -> int:
        """How many of the runs are there now."""
        return len(self.earlier) + sum(outcome.state == "finished" for outcome in self.outcomes.values())

    @property
    def failures(self) -> Mapping[Variant, Outcome]:
        """Those that could not be run, and why."""
        return {v: found for v, found in self.outcomes.items() if found.state in ("refused", "failed")}

    @property
    def stopped(self) -> str:
        """Why it had to stop before its end; empty where it had not."""
        return next((found.reason for found in self.outcomes.values() if found.state == "full"), "")

    @property
    def summary(self) -> str:
        """How many there are of each kind, in words."""
        left = len(self.asked) - self.finished - len(self.failures)
        told = [f"{len(self.asked):,} {'run' if len(self.asked) == 1 else 'runs'}: {self.finished:,} finished"]
        told += [f"{len(self.earlier):,} of them before"] * bool(self.earlier)
        told += [f"{len(self.failures):,} could not run"] * bool(self.failures)
        return ", ".join([*told, *([f"{left:,} not yet"] * bool(left))])

    @property
    def code(self) -> int:
        """The exit code: 1 where a mistake of ours is among the failures, 2 where all are the user's to mend."""
        if any(found.state == "failed" for found in self.failures.values()):
            return 1
        return 2 if self.failures or self.stopped else 0


def run_batch(
    variants: Sequence[Variant],
    out: Path,
    *,
    formats: Sequence[str] = ("json",),
    jobs: int = 1,
    backend: str | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Make every run that is not there yet, and the index of all that are.

    Parameters
    ----------
    variants
        What is asked for.
    out
        The batch's folder.
    formats
        Of each run, beside summary.json.
    jobs
        Workers of the whole batch; each run is the same for any number, to the byte.
    backend
        Of the workers of one run, where it is shared out among them.
    memory
        How much of it may hold futures, in each process [bytes].
    progress
        Called with the parts of runs done and wanted.

    Returns
    -------
    Batch
        With what could not be run, and why.

    Raises
    ------
    ResultsError
        When the folder cannot be written to, or is somebody's own.
    KeyboardInterrupt
        When it is interrupted; the index is written before.
    """
    _open(out)
    orders = [Order(variant, out, tuple(formats), jobs, backend, memory) for variant in variants]
    batch = Batch(tuple(variants), frozenset(each.variant for each in orders if is_done(each)))
    pending = [each for each in orders if each.variant not in batch.earlier]
    try:
        with closing(_outcomes(pending, progress)) as found:
            for order, outcome in found:
                batch.outcomes[order.variant] = outcome
                if outcome.state == "full":
                    break
    finally:
        reasons = {variant: found.reason for variant, found in batch.failures.items()}
        batch.lines = _indexed(out, reasons, stopped=batch.stopped)
    return batch


def reason_lines(failures: Mapping[Variant, Outcome]) -> Iterator[str]:
    """Say which runs could not be made and why; of a mistake of ours also where it is."""
    for variant, found in failures.items():
        yield clean(f"could not run: {variant.config}, {variant.label}", longest=_LONGEST)
        yield from (f"  {line}" for line in (found.trace or found.reason).rstrip().splitlines())


def _open(folder: Path) -> None:
    """Make the batch's folder, or refuse it before anything is computed."""
    try:
        strangers = _strangers(folder)
        if strangers:
            raise ResultsError(f"{folder}: holds '{strangers[0]}', which is not a batch's; choose another --out")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"no permission to write to {folder}")
        tidy(folder)
    except OSError as problem:
        raise ResultsError(f"{folder}: cannot be written: {problem.strerror or problem}") from problem


def _strangers(folder: Path) -> list[str]:
    """Give what of a folder's files no batch has written: what is a link would be written to wherever it leads."""
    ours = [folder / name for name in (MARK, *FILES)]
    odd = [path.name for path in ours if path.is_symlink() or (path.exists() and not path.is_file())]
    if odd or ours[0].is_file():
        return odd
    return [name for name in (*FILES, "summary.json") if (folder / name).exists()]


def _indexed(folder: Path, reasons: Mapping[Variant, str], *, stopped: str) -> tuple[Line, ...]:
    """Write the index; on a full disc that has stopped the batch already the one that was there stays."""
    try:
        return write_index(folder, reasons)
    except ResultsError:
        if not stopped:
            raise
        return ()


def _nobody(done: int, total: int) -> None:
    """Take no note."""


def _outcomes(pending: Sequence[Order], progress: Progress | None) -> Generator[tuple[Order, Outcome], None, None]:
    """Give what becomes of each order: those beside each other, those in turn, at last those that others were at."""
    bar = _Bar(progress or _nobody, len(pending))
    left = list(pending)
    if pending and len(pending) >= pending[0].jobs > 1 and pending[0].backend != ELSEWHERE:
        left = []
        for order, outcome in _beside(pending, pending[0].jobs):
            if outcome.state in ("large", "busy"):
                left.append(order)
            else:
                yield order, bar.over(outcome)
    for wait in (False, True):
        busy = []
        for order in left:
            outcome = make(replace(order, large=True, wait=wait), bar)
            if outcome.state == "busy":
                busy.append(order)
            else:
                yield order, bar.over(outcome)
        left = busy


def _beside(pending: Sequence[Order], workers: int) -> Iterator[tuple[Order, Outcome]]:
    """Make runs in processes of their own, with one worker each."""
    for order, found in spread(make, [replace(order, jobs=1, backend=None) for order in pending], workers):
        own = replace(order, jobs=workers, backend=pending[0].backend)
        yield own, _ended(found) if isinstance(found, Died) else found


def _ended(death: Died) -> Outcome:
    """Say what is known of a run whose process has ended in the middle of it."""
    code = death.code or 0
    if code == -_KILLED:
        return Outcome("refused", "the system ended its process: it may have needed more memory than there is")
    return Outcome("failed", f"its process ended by itself (exit code {code})")


class _Bar:
    """Counts runs, and the futures of the one that is being made here.

    Parameters
    ----------
    progress
        What is told.
    runs : int
        To be made.
    """

    def __init__(self, progress: Progress, runs: int) -> None:
        self._progress, self._done, self._runs = progress, 0, runs

    def __call__(self, futures: int, wanted: int) -> None:
        """Take note of the futures of the run that is being made."""
        self._progress(self._done * _PARTS + _PARTS * futures // max(wanted, 1), self._runs * _PARTS)

    def over(self, outcome: Outcome) -> Outcome:
        """Take note that a run is over, and give what became of it."""
        self._done += 1
        self._progress(self._done * _PARTS, self._runs * _PARTS)
        return outcome
