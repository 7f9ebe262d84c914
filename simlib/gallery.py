"""The pictures of a report drawn by two processes that meet; how a picture looks is in ``simlib.figures``.

This process draws from the first chart on, the other from the last, and they stop where they meet. Nothing depends on
the other one: where it cannot be started, dies or is late, all is drawn here, and it is the same to the byte.
"""

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from simlib.figures import keep, kept, picture
from simlib.layout import Chart
from simlib.workers import processors

__all__ = ["draw_all", "helped"]

_LAID_OUT, _DRAWN = 0.05, {"svg": 0.005, "png": 0.045, "pdf": 0.035}  # of a chart, as measured [s]
_MUCH = 1.8  # to draw: another process needs half a second of a processor to learn how [s]


def draw_all(charts: Sequence[Chart], kinds: Sequence[str]) -> None:
    """Draw whatever is not drawn yet, all formats of a chart before the next one: it is laid out once."""
    for chart in charts:
        for kind in kinds:
            picture(chart, kind)


@contextmanager
def helped(charts: Sequence[Chart], kinds: Sequence[str]) -> Iterator[None]:
    """Have another process draw the same from the last chart on; what it has not finished by the end is not waited for.

    Parameters
    ----------
    charts : sequence of Chart, shape (charts,)
        Few are left to this process, and so are all where it has no second core or is itself one of several.
    kinds : sequence of str
        Of ``simlib.figures.KINDS``.
    """
    left = [chart for chart in charts if not all(kept(chart, kind) for kind in kinds)]
    little = len(left) * (_LAID_OUT + sum(_DRAWN[kind] for kind in kinds)) < _MUCH
    alone = little or processors() < 2 or multiprocessing.parent_process() is not None
    helper = None if alone else _started()
    if helper is None:
        yield
        return
    with helper:
        listener = Thread(target=_listen, args=(helper, left, kinds), daemon=True)
        listener.start()
        try:
            yield
        finally:
            helper.kill()
            listener.join()


def _started() -> "subprocess.Popen[bytes] | None":
    """Start another process that finds what this one finds; it imports neither our caller's file nor one beside it."""
    path = os.pathsep.join(filter(None, sys.path))
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "simlib.gallery"], env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except OSError:
        return None


def _listen(helper: "subprocess.Popen[bytes]", charts: Sequence[Chart], kinds: Sequence[str]) -> None:
    """Say what there is to draw, and keep what comes back until no more does."""
    assert helper.stdin is not None
    assert helper.stdout is not None
    try:
        with helper.stdin as said:
            pickle.dump((charts, kinds), said)
        while True:
            at, pictures = pickle.load(helper.stdout)
            for kind, drawn in zip(kinds, pictures, strict=True):
                keep(charts[at], kind, drawn)
    except Exception:  # noqa: BLE001 - whatever went wrong over there: what is missing is drawn here
        return


def _help() -> None:
    """Draw for another process; when that one is gone, the next word to it ends this one."""
    charts, kinds = pickle.load(sys.stdin.buffer)
    for at in reversed(range(len(charts))):
        pickle.dump((at, [picture(charts[at], kind) for kind in kinds]), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _help()
