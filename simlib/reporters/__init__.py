"""The formats of a report, one function ``(Report, Path) -> Path`` each; nothing is computed here."""

import difflib
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simlib.errors import ResultsError
from simlib.layout import Report

__all__ = ["FORMATS", "REPORTERS", "check_formats", "render"]


def _later(module: str, name: str) -> Callable[[Report, Path], Path]:
    """Give a reporter that imports its module when it is first used."""

    def render(report: Report, folder: Path) -> Path:
        written: Path = getattr(importlib.import_module(module), name)(report, folder)
        return written

    return render


REPORTERS: Mapping[str, Callable[[Report, Path], Path]] = {
    "html": _later("simlib.reporters.html", "write_html"),
    "xlsx": _later("simlib.reporters.xlsx", "write_xlsx"),
    "docx": _later("simlib.reporters.docx", "write_docx"),
    "md": _later("simlib.reporters.markdown", "write_markdown"),
    "figures": _later("simlib.reporters.pictures", "write_figures"),
}
# What a format shows; all of it is drawn together, before any of them is written.
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "html": ("svg",), "docx": ("png",), "md": ("svg", "png", "pdf"), "figures": ("svg", "png", "pdf"),
}  # fmt: skip
# json is written with every run; nc needs the futures themselves and no report.
FORMATS = ("json", "nc", *REPORTERS)


def check_formats(names: Sequence[str]) -> tuple[str, ...]:
    """Give the formats asked for, each once and in order.

    Raises
    ------
    ResultsError
        When one is unknown; the message lists those that are known.

    Examples
    --------
    >>> check_formats(["html", "json", "html"])
    ('html', 'json')
    """
    for name in names:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ResultsError(f"--format: expected {', '.join(FORMATS)}, got {name!r}{hint}")
    return tuple(dict.fromkeys(names))


def render(report: Report, folder: Path, formats: Sequence[str]) -> None:
    """Write those formats that are told from a report into an existing folder; json and nc are not.

    Parameters
    ----------
    report : Report
        One for all of them.
    folder : Path
        Where they go, ``figures/`` with them.
    formats : sequence of str
        Those without pictures are written while the pictures are drawn.
    """
    from simlib.gallery import draw_all, helped
    from simlib.reporters.papers import charts

    names = [name for name in REPORTERS if name in formats]
    kinds = list(dict.fromkeys(kind for name in names for kind in _SHOWN.get(name, ())))
    drawn = list(charts(report))
    with helped(drawn, kinds):
        for name in names:
            if name not in _SHOWN:
                REPORTERS[name](report, folder)
        draw_all(drawn, kinds)
    for name in names:
        if name in _SHOWN:
            REPORTERS[name](report, folder)
