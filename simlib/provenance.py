"""The manifest of a run: what it was made with and how long it took; what it says is in the summary."""

import platform
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simlib.summary import Summary

__all__ = ["Stopwatch", "versions", "with_manifest"]

_PACKAGES = ("numpy", "scipy", "xarray", "h5netcdf", "matplotlib")


class Stopwatch:
    """Times the steps of a run.

    Attributes
    ----------
    laps : dict of str to float
        Duration of each step [s].
    """

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note how long the step took that has just ended."""
        now = time.perf_counter()
        self.laps[name], self._last = round(now - self._last, 3), now


def with_manifest(summary: "Summary", timings: Mapping[str, float]) -> "Summary":
    """Give a summary with its manifest: digest, seed, versions, machine, date, timings.

    Parameters
    ----------
    summary : Summary
        Kept as it is, but for the manifest.
    timings : mapping of str to float
        By step [s].
    """
    config: Mapping[str, Any] = summary.document["config"]
    manifest = {
        "digest": config["digest"],
        "seed": config["seed"],
        "simulations": config["simulations"],
        "sampler": config["sampler"],
        "set": config.get("set", {}),
        "rng_scheme": _scheme(),
        "versions": versions(),
        "machine": f"{platform.system()} {platform.machine()}",
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "timings": dict(timings),
    }
    return replace(summary, manifest={**summary.manifest, **manifest})


def _scheme() -> int:
    """Give the version of how streams of random numbers are keyed."""
    from simlib.sampling import RNG_SCHEME

    return RNG_SCHEME


def versions() -> dict[str, str]:
    """Give the versions that the figures may depend on."""
    from simlib import __version__

    return {"simlib": __version__, "python": platform.python_version()} | {
        name: found for name in _PACKAGES if (found := _version(name))
    }


def _version(name: str) -> str | None:
    """Give a package's version, or None where it is not installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    # One line of it is enough: ``found.version`` takes the whole text apart as if it were a letter, 2 ms each.
    stated = re.search(r"^Version: *(\S+)", found.read_text("METADATA") or "", re.MULTILINE)
    return stated[1] if stated else found.version
