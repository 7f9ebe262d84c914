"""``results.nc``: the futures themselves, for anyone who counts again; no statistic is computed here."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simlib.results import Futures

__all__ = ["write_netcdf"]


def write_netcdf(futures: "Futures", folder: Path) -> Path:
    """Write the futures that are kept as netCDF 4.

    Parameters
    ----------
    futures : Futures
        Its ``dataset`` is what is written.
    folder : Path
        An existing folder.
    """
    path = folder / "results.nc"
    futures.dataset.to_netcdf(path, engine="h5netcdf")
    return path
