"""What more futures and more cores cost: time, memory, and how far counting differs from keeping everything."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from scripts.benchmarks.rows import Row, alternately
from scripts.benchmarks.workload import CORES, WARM, apart, to_summary, with_loops, workload

COUNTS = (100_000, 1_000_000, 10_000_000)
LARGE = 100_000_000
MEMORY = {10_000_000: 350.0}  # MiB
FLAT = 1.15  # the dearest future beside the cheapest
FASTER = 1.8
DIFFERENT = 0.1  # of the simulation error
APART = 1_000_000  # futures on which cores are compared, and counting with keeping
Document = Mapping[str, Any]


def rows(counts: Sequence[int] = COUNTS, apart_at: int = APART, times: int = 3) -> Iterator[Row]:
    """Give the table."""
    with_loops(compiled=True)
    runs: dict[int, list[tuple[float, float]]] = {count: [] for count in counts}
    for turn in range(times):
        for count in counts if not turn else [count for count in counts if count <= APART]:
            (_, taken), process = apart(WARM, count)
            runs[count].append((taken, process.memory))
    each = {}
    for count, found in runs.items():
        seconds, memory = (median(values) for values in zip(*found, strict=True))
        each[count] = 1e9 * seconds / count
        yield Row(f"{count:,} futures, draws to summary", seconds, "s", note=f"{each[count]:,.0f} ns a future")
        yield Row(f"{count:,} futures, peak memory of all processes", memory, "MiB", MEMORY.get(count))
    yield Row(
        f"a future's time, {min(each):,} to {max(each):,} futures: dearest ÷ cheapest",
        max(each.values()) / min(each.values()), "×", FLAT,
    )  # fmt: skip
    yield cores(apart_at, times)
    yield counting(apart_at)


def cores(count: int, times: int) -> Row:
    """Give how many times as fast two cores are."""
    model = workload()
    found = alternately({str(jobs): partial(to_summary, model, count, jobs) for jobs in (1, CORES)}, times)
    faster = found["1"] / found[str(CORES)]
    return Row(f"{count:,} futures: one core ÷ {CORES} cores", faster, "×", FASTER, at_least=True)


def counting(count: int) -> Row:
    """Give how far any figure of futures that are counted as they pass is from that of the same futures kept."""
    counted, held = (to_summary(model, count).document for model in (workload(), workload("run.keep=all")))
    where, most = max(differences(counted, held), key=lambda found: found[1], default=("", 0.0))
    return Row(
        f"{count:,} futures, counted as they pass or kept: largest difference",
        most, "errors", DIFFERENT, note=f"simulation errors, in {where}" if where else "",
    )  # fmt: skip


def differences(first: Document, second: Document, where: str = "") -> Iterator[tuple[str, float]]:
    """Give where two summaries' figures stand, and by how many simulation errors they differ.

    Notes
    -----
    A figure has its error beside it: a chance as ``error``, others in ``error`` or ``errors`` by their names.
    """
    errors = second.get("error", second.get("errors"))
    named = errors if isinstance(errors, Mapping) else {"probability": errors}
    for name, error in named.items():
        if error is not None and isinstance(second.get(name), float):
            yield f"{where}.{name}", _in_errors(abs(first[name] - second[name]), error, abs(second[name]))
    for name, part in second.items():
        if isinstance(part, Mapping):
            yield from differences(first[name], part, f"{where}.{name}" if where else name)


def _in_errors(difference: float, error: float, size: float) -> float:
    """Give a difference in errors; what is rounding of figures without any is nothing."""
    if difference <= 1e-12 * (1.0 + size):
        return 0.0
    return difference / error if error else float("inf")
