"""``results.nc``: what xarray would write, some futures after others, without xarray."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
import xarray

from simlib.compiling import compile_model
from simlib.config import load_config
from simlib.engine import simulate
from simlib.reporters import netcdf
from simlib.reporters.netcdf import write_netcdf
from simlib.results import Futures
from tests.small_files import COUNCIL, drawn, parsed

ALONE = "drivers: {d: {dist: normal, mean: 0, sd: 1, kind: number}}\noutputs: {twice: 2 * d}\n"
BY_YEAR = """
measures:
  m:
    {council: a, basis: recurring, saving: 2, from: 2020/21, realisation: {dist: uniform, low: 0, high: 1, plan: 1}}
events: {e: {chance: 30%, plan: does_not, stops: [m], keeps: 50%}}
options: {o: {measures: [m], councils: a}, nothing: {councils: a}}
"""


def opened(path: Path) -> xarray.Dataset:
    """Give what a file holds, but for its place."""
    with xarray.open_dataset(path, engine="h5netcdf") as found:
        loaded = found.load()
    for variable in loaded.variables.values():
        variable.encoding.pop("source", None)
    return loaded


def check_is_as_xarray_writes_it(futures: Futures, folder: Path) -> None:
    """Compare values, names, attributes and how they are held."""
    written = opened(write_netcdf(futures, folder))
    futures.dataset.to_netcdf(folder / "other.nc", engine="h5netcdf")
    expected = opened(folder / "other.nc")
    xarray.testing.assert_identical(written, expected)
    assert list(written.variables) == list(expected.variables)
    for name, variable in expected.variables.items():
        assert written[name].dtype == variable.dtype
        assert written[name].values.tobytes() == variable.values.tobytes() or variable.dtype == object
        assert repr(written[name].encoding) == repr(variable.encoding)


@pytest.mark.parametrize("count", [1, netcdf._AT_ONCE, netcdf._AT_ONCE + 1, 2 * netcdf._AT_ONCE + 77])
def test_the_file_is_what_xarray_would_write_however_many_futures_it_holds(tmp_path: Path, count: int) -> None:
    futures = drawn(COUNCIL + BY_YEAR, count)
    assert futures.kept == count
    check_is_as_xarray_writes_it(futures, tmp_path)


@pytest.mark.parametrize("body", [ALONE, COUNCIL, "run: {keep: 9}\n" + COUNCIL + BY_YEAR])
def test_a_file_without_options_or_years_and_one_that_keeps_a_few_are_what_xarray_would_write(
    tmp_path: Path, body: str
) -> None:
    config = parsed(body, "simlib: 1\ntitle: ø and £\n") if body == ALONE else parsed(body)
    check_is_as_xarray_writes_it(simulate(compile_model(config), 400, seed=2), tmp_path)


@pytest.mark.parametrize("name", ["south_somerset", "benchmark"])
def test_a_real_file_is_what_xarray_would_write(tmp_path: Path, root: Path, name: str) -> None:
    model = compile_model(load_config(root / "configs" / f"{name}.yaml"))
    check_is_as_xarray_writes_it(simulate(model, 160, seed=2, sampler="sobol"), tmp_path)


def test_a_longer_file_needs_no_more_memory(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        futures = drawn(COUNCIL + BY_YEAR, count)
        tracemalloc.start()
        write_netcdf(futures, tmp_path)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)  # what is loaded, and stays
    assert peak(6 * netcdf._AT_ONCE) < 1.2 * peak(netcdf._AT_ONCE)


def test_writing_futures_loads_neither_xarray_nor_pandas(tmp_path: Path, root: Path) -> None:
    code = (
        f"import sys\nsys.path.insert(0, {str(root)!r})\nfrom simlib.cli import main\n"
        f"config = {str(root / 'configs' / 'minimal.yaml')!r}\n"
        "code = main(['run', config, '-q', '--simulations', '100', '--format', 'nc'])\n"
        "print('HEAVY', code, sorted({'xarray', 'pandas', 'scipy.stats', 'matplotlib'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert found.stdout.decode().splitlines()[-1] == "HEAVY 0 []"
    assert (tmp_path / "runs" / "minimal" / "results.nc").is_file()
