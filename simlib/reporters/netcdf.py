"""``results.nc``: the futures themselves, for anyone who counts again; no statistic is computed here."""

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simlib.results import Futures

__all__ = ["write_netcdf"]

_OVERHEAD = 1 << 20  # names, attributes and tables of places [bytes]


def write_netcdf(futures: "Futures", folder: Path) -> Path:
    """Write the futures that are kept as netCDF 4.

    Parameters
    ----------
    futures : Futures
        Its ``dataset`` is what is written.
    folder : Path
        An existing folder.

    Raises
    ------
    OSError
        When the disc has no room for it.
    """
    path, dataset = folder / "results.nc", futures.dataset
    # HDF5 takes the whole process down where a disc is full; so this is asked first.
    if shutil.disk_usage(folder).free < dataset.nbytes + _OVERHEAD:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC) + f" for {path.name} ({dataset.nbytes / 1e6:,.0f} MB)")
    dataset.to_netcdf(path, engine="h5netcdf")
    return path
