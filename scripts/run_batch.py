"""Run many variants of config files and compare them: ``simlib batch``, started by the launcher that lies beside this.

    python3 scripts/run_batch.py 'configs/**/*.yaml' --grid 'measures.x.delay=0,6 months'
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    launcher = runpy.run_path(str(Path(__file__).resolve().with_name("simlib.py")))
    sys.exit(launcher["main"](["batch", *sys.argv[1:]]))
