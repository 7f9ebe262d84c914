"""What the problems of configs/textbook come to: exactly, or to the digits that were published.

Each answer is a closed form or a quadrature of its own; nothing here is simulated but by :func:`run`, which gives
what simlib says of a problem. tests/test_textbook.py compares the two, and docs/textbook.md shows them side by side.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.summary import Summary

Floats = NDArray[np.float64]
PROBLEMS = Path(__file__).resolve().parent.parent / "configs" / "textbook"


@dataclass(frozen=True, slots=True)
class Answer:
    """One figure of a problem.

    Parameters
    ----------
    figure
        Where it stands: the name of an output, or the path to a council's result, with points.
    statistic
        ``mean``, ``sd``, ``chance`` or a quantile such as ``p50``.
    truth
        Its value.
    by
        How that is known.
    published
        What the source prints, or nothing.
    """

    figure: str
    statistic: str
    truth: float
    by: str
    published: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What simlib says of a figure, with its simulation error; ``interval`` where it is a chance."""

    value: float
    error: float
    interval: tuple[float, float] | None = None


# ---- Small mathematics -------------------------------------------------------------------------------------


def sum_of_uniforms(widths: tuple[float, ...], at: float) -> float:
    """P(sum of independent uniforms on 0 ... width <= at): the corners of a box cut off by a plane."""
    n = len(widths)
    corners = product((0.0, 1.0), repeat=n)
    cut = (
        (-1.0) ** sum(corner) * max(at - sum(c * w for c, w in zip(corner, widths, strict=True)), 0.0) ** n
        for corner in corners
    )
    return math.fsum(cut) / (math.factorial(n) * math.prod(widths))


def within(widths: tuple[float, ...], half: float) -> float:
    """P(|sum of independent uniforms around 0| <= half)."""
    return 1.0 - 2.0 * sum_of_uniforms(widths, sum(widths) / 2 - half)


def nodes(low: float, high: float, count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes on an interval, and weights that add up to 1: the mean over a uniform figure."""
    x, w = np.polynomial.legendre.leggauss(count)
    return low + (high - low) * (x + 1) / 2, w / 2


def mean_of(function: Callable[..., Floats], *figures: tuple[Floats, Floats]) -> float:
    """Mean of a function over independent figures, each as nodes and weights."""
    grid = np.meshgrid(*(x for x, _ in figures), indexing="ij", sparse=True)
    weight = np.asarray(1.0)
    for _, w in figures:
        weight = np.multiply.outer(weight, w)
    return float((weight * function(*grid)).sum())


def normal_nodes(mean: float, sd: float, count: int = 40) -> tuple[Floats, Floats]:
    """Gauss-Hermite nodes and weights of a normal figure."""
    x, w = np.polynomial.hermite_e.hermegauss(count)
    return mean + sd * x, w / w.sum()


# ---- The problems ------------------------------------------------------------------------------------------


def sum_of_rectangulars() -> Iterator[Answer]:
    one = 2.0 * math.sqrt(3.0)
    equal, wide = (one,) * 4, (one, one, one, 10 * one)
    yield Answer("equal", "mean", 0.0, "symmetry")
    yield Answer("equal", "sd", 2.0, "sum of variances", "2.00")
    yield Answer("equal_inside", "chance", within(equal, 3.88), "box cut by a plane", "95% within 3.88")
    yield Answer("equal_inside_normal", "chance", within(equal, 3.92), "box cut by a plane")
    yield Answer("one_wide", "sd", math.sqrt(103.0), "sum of variances", "10.1")
    yield Answer("one_wide_inside", "chance", within(wide, 17.0), "box cut by a plane", "95% within 17.0")
    yield Answer("one_wide_inside_normal", "chance", within(wide, 19.9), "box cut by a plane")


def mass_calibration() -> Iterator[Answer]:
    air, weight, reference = nodes(1.1, 1.3, 40), nodes(7_000, 9_000, 40), nodes(7_950, 8_050, 40)
    mean, variance = 100_001.234, 0.05**2 + 0.02**2
    a_squared = 0.2**2 / 12
    mean_1_w, mean_1_r = math.log(9_000 / 7_000) / 2_000, math.log(8_050 / 7_950) / 100
    d_squared = 1 / (7_000 * 9_000) - 2 * mean_1_w * mean_1_r + 1 / (7_950 * 8_050)
    sd = math.sqrt(variance * (1 + a_squared * d_squared) + mean**2 * a_squared * d_squared)

    def below(limit: float) -> float:
        def given(a: Floats, w: Floats, r: Floats) -> Floats:
            factor = 1 + (a - 1.2) * (1 / w - 1 / r)
            return np.asarray(stats.norm.cdf((limit + 100_000 - mean * factor) / (math.sqrt(variance) * factor)))

        return mean_of(given, air, weight, reference)

    yield Answer("deviation", "mean", 1.234, "independence", "1.2341")
    yield Answer("deviation", "sd", sd, "closed form", "0.0754")
    inside = below(1.3825) - below(1.0834)
    yield Answer("inside", "chance", inside, "quadrature", "95% in [1.0834, 1.3825]")
    yield Answer("inside_linear", "chance", below(1.3395) - below(1.1285), "quadrature")


def ishigami() -> Iterator[Answer]:
    a, b = 7.0, 0.1
    variance = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    yield Answer("y", "mean", a / 2, "closed form")
    yield Answer("y", "sd", math.sqrt(variance), "closed form")

    def given(x1: Floats, x3: Floats) -> Floats:
        # Below nothing where sin^2(x2) < share: x2 is even, so the arcsine law has its chance.
        share = np.clip(-np.sin(x1) * (1 + b * x3**4) / a, 0.0, 1.0)
        return np.asarray(2 / math.pi * np.arcsin(np.sqrt(share)))

    even = (np.arange(1_000) + 0.5) / 1_000
    angles, quarter = math.pi * (2 * even - 1), math.pi * even
    same = np.full(1_000, 1 / 1_000)
    yield Answer("negative", "chance", mean_of(given, (angles, same), (quarter, same)), "quadrature")


def flood() -> Iterator[Answer]:
    flow, rough = stats.gumbel_r(1013, 558), stats.norm(30, 7.5)
    bed, ground = nodes(49, 51, 24), nodes(54, 56, 24)
    strickler, even = nodes(0.0, 75.0, 400)
    known = even * 75.0 * rough.pdf(strickler) / rough.sf(0)

    def deeper(depth: Callable[[Floats], Floats]) -> float:
        def given(ks: Floats, zv: Floats, zm: Floats) -> Floats:
            needed = depth(zv) ** (5 / 3) * 300 * ks * np.sqrt((zm - zv) / 5_000)
            return np.asarray(flow.sf(needed) / flow.sf(0))

        return mean_of(given, (strickler, known), bed, ground)

    def quantile(level: float) -> float:
        def beyond(h: float) -> float:
            return deeper(lambda zv: np.full_like(zv, h)) - (1 - level)

        return float(optimize.brentq(beyond, 0.1, 20, xtol=1e-9))

    q = integrate.quad(lambda x: x**0.6 * flow.pdf(x), 0, 1013 + 45 * 558, limit=400)[0] / flow.sf(0)
    # Around 0 the power is taken out of the integral, which is infinite there but adds up.
    k = integrate.quad(lambda x: rough.pdf(x**2.5) * 2.5, 0, 75**0.4, limit=400)[0] / rough.sf(0)
    slope = mean_of(lambda zv, zm: ((zm - zv) / 5_000) ** -0.3, bed, ground)
    yield Answer("depth", "mean", q * k * slope * 300**-0.6, "quadrature")
    yield Answer("depth", "p50", quantile(0.5), "quadrature")
    yield Answer("depth", "p90", quantile(0.9), "quadrature")
    yield Answer("flooded", "chance", deeper(lambda zv: 58.5 - zv), "quadrature")


def cost_risk() -> Iterator[Answer]:
    lines = ((4.0, 0.8), (1.5, 0.3), (3.0, 1.2), (12.0, 3.0), (2.5, 0.5))
    logs = [math.sqrt(math.log1p((sd / mean) ** 2)) for mean, sd in lines]
    normal = 2 * math.sin(math.pi * 0.3 / 6)  # the normal scores' correlation, from that of the ranks
    apart = sum(sd**2 for _, sd in lines)
    together = sum(
        lines[i][0] * lines[j][0] * math.expm1(normal * logs[i] * logs[j])
        for i in range(len(lines)) for j in range(len(lines)) if i != j
    )  # fmt: skip
    yield Answer("total", "mean", sum(mean for mean, _ in lines), "linearity")
    yield Answer("total", "sd", math.sqrt(apart + together), "closed form")


def green_book_npv() -> Iterator[Answer]:
    factors = [1.035**-year for year in range(1, 6)]
    mean = 250 * sum(factors) - 1_000
    sd = math.sqrt(80**2 + 60**2 * sum(factor**2 for factor in factors))
    yield Answer("discounted.2026/27", "mean", 250 * factors[0], "linearity")
    yield Answer("discounted.2030/31", "mean", 250 * factors[4], "linearity")
    yield Answer("present_value", "mean", mean, "linearity")
    yield Answer("present_value", "sd", sd, "sum of variances")
    yield Answer("present_value", "p10", mean + sd * float(stats.norm.ppf(0.1)), "closed form")
    yield Answer("worth_it", "chance", float(stats.norm.cdf(mean / sd)), "closed form")


def reliability() -> Iterator[Answer]:
    mean = 10 * math.gamma(1.5)  # of one pump; the weakest of k lives 1/sqrt(k) of it
    alive = math.exp(-1.0)
    yield Answer("runs", "mean", mean * (3 / math.sqrt(2) - 2 / math.sqrt(3)), "closed form")
    yield Answer("runs", "p50", 10 * math.sqrt(math.log(2)), "closed form")
    yield Answer("survives", "chance", 3 * alive**2 - 2 * alive**3, "closed form")
    yield Answer("first_failure", "mean", mean / math.sqrt(3), "closed form")


def cost_of_places(places: int) -> float:
    """Average cost where so many are booked in advance, and demand is Poisson with 100 on average [£]."""
    demand = stats.poisson(100)
    return float(600 * places + 1_000 * (100 * demand.sf(places - 1) - places * demand.sf(places)))


def newsvendor() -> Iterator[Answer]:
    cost = cost_of_places
    yield Answer("cost_97", "mean", cost(97), "closed form")
    yield Answer("cost_100", "mean", cost(100), "closed form")
    yield Answer("extra_of_110", "mean", cost(110) - cost(97), "closed form")
    yield Answer("short", "chance", float(stats.poisson(100).sf(97)), "closed form")


def rare_event() -> Iterator[Answer]:
    yield Answer("one_percent", "chance", 1e-2, "closed form")
    yield Answer("both", "chance", 1e-4, "closed form")
    yield Answer("far", "chance", 1e-7, "closed form")


def pay_bill() -> Iterator[Answer]:
    award = normal_nodes(0.03, 0.015)
    planned = 40 * 1.02**4

    def within_plan(*awards: Floats) -> Floats:
        before = 40 * np.asarray(math.prod(1 + award for award in awards))
        return np.asarray(stats.norm.cdf((planned / before - 1 - 0.03) / 0.015))

    place = "options.as_planned.councils.exampleton"
    sd = 40 * math.sqrt((1.03**2 + 0.015**2) ** 4 - 1.03**8)
    yield Answer("bill", "mean", 40 * 1.03**4, "independence")
    yield Answer("bill", "sd", sd, "independence")
    yield Answer(f"{place}.gap_recurring.2028/29", "mean", 40 * 1.03**4 - planned, "independence")
    closes = mean_of(within_plan, award, award, award)
    yield Answer(f"{place}.closes.target_year", "chance", closes, "quadrature")


ANSWERS: dict[str, Callable[[], Iterator[Answer]]] = {
    made.__name__: made
    for made in (
        sum_of_rectangulars, mass_calibration, ishigami, flood, cost_risk, green_book_npv, reliability, newsvendor,
        rare_event, pay_bill,
    )
}  # fmt: skip


# ---- What simlib says --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A problem as simlib runs it: its summary, and the futures of its outputs."""

    summary: Summary
    outputs: dict[str, Floats]

    @property
    def document(self) -> dict[str, Any]:
        """What summary.json would hold."""
        return self.summary.document

    def _entry(self, answer: Answer) -> Any:
        entry: Any = self.document if answer.figure.startswith("options.") else self.document["outputs"]
        for part in answer.figure.split("."):
            entry = entry[part]
        return entry

    def spread(self, answer: Answer) -> float:
        """Give the standard deviation of a figure."""
        return float(self._entry(answer)["sd"])

    def found(self, answer: Answer) -> Found:
        """Give what it says of a figure."""
        entry = self._entry(answer)
        if answer.statistic == "chance":
            entry = entry.get("chance", entry)
            return Found(entry["probability"], entry["error"], tuple(entry["interval"]))
        if answer.statistic == "sd":
            return Found(entry["sd"], spread_error(self.outputs[answer.figure]))
        return Found(entry[answer.statistic], entry["error"][answer.statistic])

    def label(self, answer: Answer) -> str:
        """Give what a report calls a figure."""
        name, _, year = answer.figure.partition(".")
        if name == "options":
            return {"chance": "The gap is closed", "mean": "Gap in the target year"}[answer.statistic]
        label = str(self.document["outputs"][name]["label"])
        return f"{label}, {year}" if year else label


def spread_error(values: Floats) -> float:
    """Give the simulation error of a standard deviation, from the fourth moment of its figure."""
    apart = values - values.mean()
    variance = float(np.square(apart).mean())
    return math.sqrt((float(np.square(np.square(apart)).mean()) - variance**2) / (4 * variance * len(values)))


def run(problem: str) -> Run:
    """Run a problem with the seed and the futures that its file states."""
    model = compile_model(load_config(PROBLEMS / f"{problem}.yaml"))
    futures = simulate(model)
    return Run(summarise(futures, simulate_plan(model)), futures.outputs)
