"""Run the workload in one peer, with the peers' own Python: draw, work out every option, read; imports not counted.

    python -P -m scripts.benchmarks.peers.run squigglepy 1000000 1

prints seconds and answers as JSON.
"""

import importlib
import json
import sys
import time

from scripts.benchmarks.peers import delivery

WARM = 5_000  # futures before the clock starts


def main() -> int:
    """Time one run."""
    library, simulations, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    peer = importlib.import_module(f"scripts.benchmarks.peers.with_{library}")
    delivery.answers(delivery.options(peer.draw(WARM, seed)))
    started = time.perf_counter()
    figures = peer.draw(simulations, seed)
    drawn = time.perf_counter()
    answers = delivery.answers(delivery.options(figures))
    ended = time.perf_counter()
    print(json.dumps({"seconds": ended - started, "drawing": drawn - started, "answers": answers}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
