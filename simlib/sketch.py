"""A distribution as a picture of letters, and the same in words; which member is drawn is not decided here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simlib.distributions import Array, Distribution

__all__ = ["BLOCKS", "PLAIN", "Letters", "letters_for", "picture", "words"]

WIDTH, HEIGHT = 60, 10  # letters
MARGIN = "    "  # which says that a line is to be left as it is
MARKS = (("P10", 0.1), ("P50", 0.5), ("P90", 0.9))
SEEN = 0.005  # of the futures at most are beyond each end of the picture


@dataclass(frozen=True, slots=True)
class Letters:
    """What a picture is drawn with: parts of a full column, rising; a bar, the axis, and a mark on it."""

    area: str
    bar: str
    axis: str
    mark: str


BLOCKS = Letters(" ▁▂▃▄▅▆▇█", "┃", "─", "┴")
PLAIN = Letters(" .:#", "|", "-", "+")


def letters_for(encoding: str) -> Letters:
    """Give the best letters that an encoding has.

    Examples
    --------
    >>> letters_for("utf-8").bar, letters_for("ascii").bar
    ('┃', '|')
    """
    try:
        f"{BLOCKS.area}{BLOCKS.bar}{BLOCKS.axis}{BLOCKS.mark}".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return PLAIN
    return BLOCKS


def picture(distribution: Distribution, letters: Letters = BLOCKS) -> Iterator[str]:
    """Draw where a distribution has its probability: an area, bars for single values, and its quantiles.

    Parameters
    ----------
    distribution : Distribution
        What is drawn.
    letters : Letters
        What it is drawn with.

    Yields
    ------
    str
        Lines of at most 64 letters, each indented by four spaces.

    Notes
    -----
    A column's height is the probability of what it covers, so that a density without end stays finite. Areas
    and bars are drawn each to its own scale.
    """
    low, high = _ends(distribution)
    edges = np.linspace(low, high, WIDTH + 1)
    area, bars = _heights(distribution, edges)
    rows = [
        "".join(_letter(area[i], bars[i], row, letters) for i in range(WIDTH)).rstrip() for row in range(HEIGHT)[::-1]
    ]
    places = [(name, value, _column(value, edges)) for name, value in _marks(distribution)]
    marked = {place for _, _, place in places}
    axis = "".join(letters.mark if i in marked else letters.axis for i in range(WIDTH))
    ends = f"{low:.4g}", f"{high:.4g}"
    labels = _labels([(f"{name} {value:.4g}", place) for name, value, place in places])
    for line in (*rows, axis, ends[0] + ends[1].rjust(WIDTH - len(ends[0])), *labels):
        yield MARGIN + line


def words(distribution: Distribution) -> Iterator[str]:
    """Say what the picture shows: its middle, its spread, its ends, where it is highest, which way it leans."""
    (_, low), (_, middle), (_, high) = _marks(distribution)
    yield f"{distribution.mean:.4g} on average, with a standard deviation of {distribution.sd:.4g}."
    if distribution.atoms().size:  # a single value may be several quantiles at once
        yield (
            f"At least 1 of 10 futures are at or below {low:.4g} (P10), at least half at or below {middle:.4g} (P50) "
            f"and at least 9 of 10 at or below {high:.4g} (P90)."
        )
    else:
        yield (
            f"In 1 of 10 futures it is below {low:.4g} (P10), in half below {middle:.4g} (P50), "
            f"in 1 of 10 above {high:.4g} (P90)."
        )
    yield _ends_in_words(*distribution.support)
    yield from _peaks(distribution)
    if not distribution.discrete:
        lean = (high - middle) / (high - low)
        longer = "upwards: surprises are mostly above" if lean > 0.5 else "downwards: surprises are mostly below"
        yield "It is even to both sides of its middle." if abs(lean - 0.5) < 0.01 else f"It reaches further {longer}."


def _ends(distribution: Distribution) -> tuple[float, float]:
    """Give the ends of the picture: those of the support, or what 1 % of the futures at most are beyond."""
    low, high = distribution.quantile(SEEN), distribution.quantile(1.0 - SEEN)
    width = high - low
    first, last = distribution.support
    low, high = (first if low - first < 0.5 * width else low), (last if last - high < 0.5 * width else high)
    if distribution.atoms().size:  # a bar on the edge would be half a bar
        spare = 0.05 * width or 0.5 * abs(low) or 1.0
        low, high = low - spare, high + spare
    return low, high


def _heights(distribution: Distribution, edges: Array) -> tuple[Array, Array]:
    """Give what each column has of the area and of the bars, the highest of each being the whole height."""
    atoms = distribution.atoms()
    masses = distribution.mass(atoms)
    inside = (atoms > edges[0]) & (atoms <= edges[-1]) & (masses > 0.0)
    columns = np.searchsorted(edges, atoms[inside], side="left") - 1
    # Only a single value or two to a column: the tallest of them is shown, as in a bar chart.
    bars = np.zeros(WIDTH)
    np.maximum.at(bars, columns, masses[inside])
    single = np.bincount(columns, weights=masses[inside], minlength=WIDTH)
    area = np.maximum(np.diff(distribution.cdf(edges)) - single, 0.0)
    area[area < 1e-12] = 0.0
    return tuple(HEIGHT * heights / (heights.max() or 1.0) for heights in (area, bars))  # type: ignore[return-value]


def _letter(area: float, bar: float, row: int, letters: Letters) -> str:
    """Give the letter of a column in a row, counted from the axis; whatever is possible shows."""
    if bar > 0.0 and (bar - row >= 0.5 or row == 0):
        return letters.bar
    most = len(letters.area) - 1
    part = round(min(max(area - row, 0.0), 1.0) * most)
    return letters.area[max(part, 1) if area > 0.02 and row == 0 else part]


def _marks(distribution: Distribution) -> list[tuple[str, float]]:
    # A quantile of nothing may come out as -1e-17 on one machine and as 0 on another.
    room = 1e-9 * (distribution.sd + abs(distribution.mean))
    found = [(name, distribution.quantile(level)) for name, level in MARKS]
    return [(name, value if abs(value) > room else 0.0) for name, value in found]


def _column(value: float, edges: Array) -> int:
    return int(np.clip(np.searchsorted(edges, value, side="left") - 1, 0, WIDTH - 1))


def _labels(marks: Sequence[tuple[str, int]]) -> list[str]:
    """Set labels below their places, on as many lines as keep them apart."""
    lines: list[str] = []
    for text, place in marks:
        start = min(max(place - 1, 0), WIDTH - len(text))
        free = next((at for at, line in enumerate(lines) if len(line) < start), None)
        if free is None:
            lines.append(" " * start + text)
        else:
            lines[free] = lines[free].ljust(start) + text
    return lines


def _ends_in_words(low: float, high: float) -> str:
    if np.isinf(low) and np.isinf(high):
        return "It has no lowest and no highest value."
    if np.isinf(high):
        return f"It is never below {low:.4g} and has no highest value."
    if np.isinf(low):
        return f"It is never above {high:.4g} and has no lowest value."
    return f"It is never below {low:.4g} and never above {high:.4g}." if low < high else f"It is always {low:.4g}."


def _peaks(distribution: Distribution) -> Iterator[str]:
    """Say where the area is highest, and which single values have a chance of their own."""
    atoms = distribution.atoms()
    if not distribution.discrete:
        edges = np.linspace(*_ends(distribution), WIDTH + 1)
        area, _ = _heights(distribution, edges)
        best = np.flatnonzero(area > 0.995 * area.max())
        level = best.size > 6  # a tenth of the picture is as high as the peak
        where = f"from {edges[best[0]]:.3g} to {edges[best[-1] + 1]:.3g}"
        middle = 0.5 * (edges[best[0]] + edges[best[-1] + 1])
        yield f"The area is highest {where if level else f'near {middle:.3g}'}."
    masses = distribution.mass(atoms)
    likely = np.argsort(-masses, kind="stable")[:3]
    if atoms.size > 1 or (atoms.size == 1 and not distribution.discrete):
        said = ", ".join(f"{atoms[i]:.4g} in {100.0 * masses[i]:.3g} of 100 futures" for i in likely)
        yield f"Bars are single values{', the likeliest three' if atoms.size > 3 else ''}: {said}."
    if atoms.size and not distribution.discrete:
        yield "Area and bars are each drawn to their own scale."
