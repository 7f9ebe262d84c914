"""``results.nc``: the futures themselves, for anyone who counts again; no statistic is computed here."""

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simlib.dims import SIMULATION
from simlib.labelling import Labelled, labelled

if TYPE_CHECKING:
    from h5netcdf import File

    from simlib.results import Futures

__all__ = ["write_netcdf"]

_OVERHEAD = 1 << 20  # names, attributes and tables of places [bytes]
_AT_ONCE = 1 << 13  # futures that are given names at once: a file of any length needs the same memory


def write_netcdf(futures: "Futures", folder: Path) -> Path:
    """Write the futures that are kept as netCDF 4, some after others.

    Parameters
    ----------
    futures : Futures
        What is written is what its ``dataset`` holds, as xarray would write it.
    folder : Path
        An existing folder.

    Raises
    ------
    OSError
        When the disc has no room for it.
    """
    from h5netcdf import File

    path, kept = folder / "results.nc", futures.kept
    first = labelled(futures, slice(0, 1))
    _check_room(path, kept * sum(values.nbytes for _, values, _ in first.variables.values()))
    with File(path, "w") as file:
        _lay_out(file, first, kept)
        for start in range(0, kept, _AT_ONCE):
            _fill(file, labelled(futures, slice(start, min(start + _AT_ONCE, kept))), start)
    return path


def _check_room(path: Path, size: int) -> None:
    """Refuse what the disc has no room for: HDF5 takes the whole process down where a disc is full."""
    if shutil.disk_usage(path.parent).free < size + _OVERHEAD:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC) + f" for {path.name} ({size / 1e6:,.0f} MB)")


def _lay_out(file: "File", first: Labelled, kept: int) -> None:
    """Write everything but the figures: axes with the names of their places, variables with what they mean."""
    from h5py import string_dtype

    file.attrs.update(first.attributes)
    file.dimensions = {axis: kept if axis == SIMULATION else len(names) for axis, names in first.coordinates.items()}
    for axis, names in first.coordinates.items():
        if axis == SIMULATION:
            file.create_variable(axis, (axis,), data=np.arange(kept))
        else:
            file.create_variable(axis, (axis,), string_dtype(), names.astype(object))
    for name, (axes, values, attributes) in first.variables.items():
        file.create_variable(name, axes, values.dtype, fillvalue=np.nan).attrs.update(attributes)


def _fill(file: "File", part: Labelled, start: int) -> None:
    """Write some futures' figures."""
    for name, (_, values, _) in part.variables.items():
        file.variables[name][..., start : start + values.shape[-1]] = values
