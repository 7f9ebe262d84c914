"""What sharing work out promises: the items' order, few results in memory, and no trouble after a fork."""

import os
import subprocess
import sys

import pytest

from simlib.workers import AHEAD, parallel, share_memory

AFTER_A_FORK = """
import os, warnings
from simlib.workers import parallel
warnings.simplefilter("ignore")  # from 3.12 on Python warns of a fork beside threads
assert list(parallel(abs, [-1, -2, -3], 2)) == [1, 2, 3]
child = os.fork()
if not child:
    os._exit(0 if list(parallel(abs, [-1, -2, -3], 2)) == [1, 2, 3] else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_results_come_in_the_order_of_the_items(n_jobs: int | None, count: int) -> None:
    assert list(parallel(lambda x: x * x, range(count), n_jobs)) == [x * x for x in range(count)]


def test_only_a_few_items_are_begun_before_their_turn() -> None:
    begun: list[int] = []
    results = iter(parallel(begun.append, range(1_000), 2))
    for taken in range(1, 101):
        next(results)
        assert len(begun) <= taken + 2 * AHEAD
    assert list(results) == [None] * 900
    assert sorted(begun) == list(range(1_000))


def test_what_goes_wrong_in_a_thread_is_told_where_its_result_is_taken() -> None:
    results = iter(parallel(lambda x: 1 // x, [2, 1, 0, 1], 2))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(parallel(abs, [-1, -2], 2)) == [1, 2]  # the threads are still there


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_child_of_a_fork_has_threads_of_its_own() -> None:
    subprocess.run([sys.executable, "-c", AFTER_A_FORK], check=True, timeout=60)


def test_threads_share_memory_and_no_others_are_taken_to() -> None:
    assert [share_memory(backend) for backend in (None, "threading", "loky", "dask")] == [True, True, False, False]
