"""``python -m simlib``: the same command as ``simlib``, and nothing else."""

import sys

from simlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
