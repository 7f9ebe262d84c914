"""What every test relies on: examples that are the same each time. No fixtures of one module's own."""

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every machine and every day, without a clock and without a folder to write to.
settings.register_profile("simlib", derandomize=True, deadline=None, database=None)
settings.load_profile("simlib")


@pytest.fixture(scope="session")
def root() -> Path:
    """Root of the repository."""
    return Path(__file__).resolve().parent.parent
