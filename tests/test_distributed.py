"""A run on somebody else's workers: the same bytes as here, whoever is killed; what cannot be used is told in words."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from simlib import cluster, simulate, simulate_plan, summarise, write_report
from simlib.cli import main
from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.errors import ConfigError
from simlib.model import Model
from simlib.sampling import CHUNK
from simlib.workers import parallel

NEAR = 131_072  # futures that are held, and so are always drawn here
FUTURES = NEAR + 48 * CHUNK + 5_000
LONG_ENOUGH = 60.0  # for a process to start on a busy machine [s]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are killed by a signal that Windows has not")


@dataclass
class Engine:
    """A scheduler and its workers, as processes of their own."""

    folder: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, what: str, *words: str) -> "subprocess.Popen[bytes]":
        arguments = [sys.executable, "-P", "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *words]
        with (self.folder / f"{what}{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(arguments, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def scheduler(self) -> "subprocess.Popen[bytes]":
        """Start the scheduler, and wait until it tells its address."""
        process = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self.told))
        until(self.told.exists)
        return process

    def worker(self, number: int) -> "subprocess.Popen[bytes]":
        """Start a worker, and wait until the scheduler has so many."""
        process = self.start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder)
        )
        from distributed import Client

        with Client(self.address, timeout=LONG_ENOUGH, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=LONG_ENOUGH)
        return process

    @property
    def told(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.told.read_text(encoding="utf-8"))["address"])

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait(LONG_ENOUGH)


def until(so: Callable[[], bool]) -> None:
    """Wait for other processes."""
    end = time.monotonic() + LONG_ENOUGH
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give a scheduler with one worker, for all tests that leave it as it is."""
    found = Engine(tmp_path_factory.mktemp("engine"))
    try:
        found.scheduler()
        found.worker(1)
        yield found
    finally:
        found.end()


@pytest.fixture(scope="module")
def model(root: Path) -> Model:
    return compile_model(load_config(root / "configs" / "benchmark.yaml"))


def kill_after(count: int, process: "subprocess.Popen[bytes]") -> Callable[[int, int], None]:
    """Give what kills a process once more futures than some are done, and leaves some to do."""

    def progress(done: int, wanted: int) -> None:
        if done > count and process.poll() is None:
            assert done < wanted
            process.send_signal(signal.SIGKILL)
            process.wait(LONG_ENOUGH)

    return progress


# The same bytes


def test_a_worker_killed_half_way_costs_time_and_not_results(engine: Engine, model: Model, tmp_path: Path) -> None:
    doomed = engine.worker(2)
    plan = simulate_plan(model)
    with cluster.cluster(engine.address):
        killing = kill_after(NEAR, doomed)
        there = simulate(model, FUTURES, seed=3, backend="dask", progress=killing)
    assert doomed.returncode == -signal.SIGKILL
    here = simulate(model, FUTURES, seed=3, n_jobs=2)
    for name, futures in (("here", here), ("there", there)):
        write_report(summarise(futures, plan), tmp_path / name, formats=["json"])
    assert (tmp_path / "there/summary.json").read_bytes() == (tmp_path / "here/summary.json").read_bytes()


@pytest.mark.parametrize("words", [("--simulations", "40000"), ("--simulations", "300000", "--sampler", "sobol")])
def test_the_command_writes_the_same_bytes_on_a_cluster(
    engine: Engine, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    run = ["run", str(root / "configs/minimal.yaml"), "--seed", "0", "--format", "json", "-q", *words]
    places = {"here": [], "there": ["--backend", "dask", "--scheduler", engine.address]}
    for place, more in places.items():
        assert main([*run, "--out", str(tmp_path / place), *more]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    half = len(printed.out) // 2
    assert printed.out[:half] == printed.out[half:]
    assert (tmp_path / "there/summary.json").read_bytes() == (tmp_path / "here/summary.json").read_bytes()


def test_a_batch_writes_the_same_bytes_on_a_cluster(
    engine: Engine, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = ["batch", str(root / "configs/minimal.yaml"), "--grid", "measures.shared_services.realisation=80%,90%"]
    asked = [*batch, "--simulations", "40000", "--seed", "0", "-q"]
    for place, more in {"here": [], "there": ["--backend", "dask", "--scheduler", engine.address]}.items():
        assert main([*asked, "--out", str(tmp_path / place), *more]) == 0
    assert "2 runs: 2 finished" in capsys.readouterr().out
    made = sorted(path.relative_to(tmp_path / "here") for path in (tmp_path / "here").rglob("summary.json"))
    assert len(made) == 2
    for path in (*made, Path("index.csv"), Path("index.html")):
        assert (tmp_path / "there" / path).read_bytes() == (tmp_path / "here" / path).read_bytes(), path


def test_results_come_in_the_order_of_the_items_and_troubles_as_they_are(engine: Engine) -> None:
    with cluster.cluster(engine.address):
        assert list(parallel(lambda x: x * x, range(20), None, "dask")) == [x * x for x in range(20)]
        with pytest.raises(ZeroDivisionError):
            list(parallel(lambda x: 1 // x, [2, 1, 0, 1], None, "dask"))
        assert list(parallel(abs, [-1, -2], None, "dask")) == [1, 2]


# What cannot be used


@pytest.fixture
def other_numpy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have this process believe that its numpy is another one, and give the one that it is."""
    own = np.__version__
    cluster.made_with.cache_clear()
    with monkeypatch.context() as here:
        here.setattr(np, "__version__", "9.9.9")
        yield own
    cluster.made_with.cache_clear()


def test_workers_that_would_give_other_bytes_are_refused(engine: Engine, other_numpy: str) -> None:
    with (
        pytest.raises(ConfigError, match="workers that are as this machine is") as told,
        cluster.cluster(engine.address),
    ):
        pass
    assert str(told.value).startswith("--scheduler: expected ")
    assert str(told.value).endswith(f": numpy {other_numpy} there and 9.9.9 here")
    assert str(told.value).count("\n") == 0


def test_a_worker_that_comes_later_and_would_give_other_bytes_refuses_itself() -> None:
    stated = tuple({**cluster.made_with(), "python": "2.7"}.items())
    sent = pickle.loads(pickle.dumps(cluster._Sent(cluster._packed(abs), stated)))
    with pytest.raises(
        ConfigError, match=rf"a worker that came later: python {sys.version.split()[0]} there and 2.7 here"
    ):
        sent(-1)
    assert cluster._Sent(cluster._packed(abs), tuple(cluster.made_with().items()))(-1) == 1


def test_what_a_worker_does_not_tell_differs() -> None:
    assert cluster.differences({"a": "1", "b": "2"}, {"a": "1", "b": "2", "c": "3"}) == ""
    assert cluster.differences({"a": "1", "b": "2"}, {"a": "1"}) == "b none there and 2 here"


def test_a_scheduler_that_has_no_workers_or_loses_them_or_goes_is_told_in_words(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Engine(tmp_path)
    try:
        monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
        scheduler = own.scheduler()
        with monkeypatch.context() as here:
            here.setattr(cluster, "PATIENCE", 1.0)
            with pytest.raises(ConfigError, match="has no workers"), cluster.cluster(own.address):
                pass
        own.worker(1)
        with pytest.raises(ConfigError, match="ended one worker after another"), cluster.cluster(own.address):
            list(parallel(os._exit, [1, 1], None, "dask"))
        own.worker(1)
        gone = kill_after(NEAR, scheduler)
        with pytest.raises(ConfigError, match="has gone in the middle of the run"), cluster.cluster(own.address):
            simulate(model, FUTURES, seed=3, backend="dask", progress=gone)
    finally:
        own.end()


def test_where_nothing_answers_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.socket() as silent:  # takes calls, and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for port in (silent.getsockname()[1], 1):
            address = f"tcp://127.0.0.1:{port}"
            with pytest.raises(ConfigError, match=f"no scheduler .* answers at {address}"), cluster.cluster(address):
                pass


def test_without_dask_the_message_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as Python itself notes what cannot be imported
    with pytest.raises(ConfigError, match=r"dask is not installed .*'simlib\[distributed\]'"), cluster.cluster("a:1"):
        pass


def test_outside_of_a_cluster_dask_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"backend: expected dask inside 'with simlib\.cluster"):
        list(parallel(abs, [-1, -2], 2, "dask"))


@pytest.mark.parametrize("words", [("--backend", "dask"), ("--scheduler", "tcp://127.0.0.1:1")])
def test_the_engine_and_its_address_are_named_together(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main(["run", str(root / "configs/minimal.yaml"), "--out", str(tmp_path / "run"), *words]) == 2
    assert "--scheduler: expected with --backend dask, and that with it" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "expected an address such as tcp://10.0.0.5:8786, got ''"),
        ("localhost", "expected an address such as tcp://10.0.0.5:8786, got 'localhost'"),
        ("http://localhost:8786", "expected an address such as"),
        ("inproc://1:1/2", "expected an address such as"),
        ("localhost:0", "expected an address such as"),
        ("localhost:70000", "expected an address such as"),
        ("tls://localhost:8786", "no scheduler that can be used answers at tls://localhost:8786 ("),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_nothing_is_written(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, message: str
) -> None:
    run = ["run", str(root / "configs/minimal.yaml"), "--out", str(tmp_path / "run")]
    assert main([*run, "--backend", "dask", "--scheduler", address]) == 2
    assert f"--scheduler: {message}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
