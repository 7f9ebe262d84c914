"""What all of this was measured on, with one figure that tells how fast it was that day; no target is known here."""

import os
import platform
import statistics
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

PACKAGES = ("numpy", "scipy", "numba", "simlib")
DRAWN, TURNS = 2_000_000, 7
CPUINFO = Path("/proc/cpuinfo")


def machine() -> dict[str, str | int | float | None]:
    """Say what this was measured on; machines that others use too drift, hence the calibration."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "numpy_normal_ns": round(calibration(), 2),
    }


def line(found: dict[str, str | int | float | None]) -> str:
    """Give the machine in one line."""
    versions = ", ".join(f"{name} {found[name]}" for name in ("python", *PACKAGES) if found.get(name))
    busy = "" if found.get("load") is None else f"; {found['load']:.1f} processes were busy when it began"
    normal = f"numpy drew a normal number in {found['numpy_normal_ns']:.2f} ns{busy}"
    return f"{found['cpu']}, {found['cores']} cores, {found['system']} {found['machine']}; {versions}; {normal}"


def processor() -> str:
    """Give the processor's name, as the system has it."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    names = [text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def installed(name: str) -> str | None:
    """Give the version of a package, None where it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def calibration() -> float:
    """Give how long numpy takes for a normal number, on one core [ns]: the median of a few turns."""
    generator, room = np.random.Generator(np.random.SFC64(1)), np.empty(16_384)
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        for _ in range(DRAWN // room.size):
            generator.standard_normal(out=room)
        taken.append((time.perf_counter() - started) / (DRAWN // room.size * room.size))
    return 1e9 * statistics.median(taken)
