"""Imports go down only: the floors of the package, read from its source. Nothing is imported here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

# Every module and folder directly under simlib/, after the number of its floor; a floor may take several
# lines. A new module must be given its floor here.
PLAN = """
7 __main__ __init__
6 arguments cli batch batchindex drawing guarding options orders progress variants
5 barcharts barfigures cells changed comparing costs influences inks linefigures method plots tape
5 papertabs recordtabs resulttabs tabcharts tabs worksheets
5 drawn report figures gallery reporters charts console explain folder glossary grid layout outlook register
5 actuals_told claiming headlines musthold sensitivity_record sensitivity_told sensitivity_words
5 choices_told decisions_told pathfigures provenance quoting readback shifts sketch verdicts weighing what_if
4 actuals summary compare sensitivity decisions bridge checking citing correlating entries gathering given glance
4 leverage quality
3 model chunks engine results outline recipe sheet
3 cluster histograms memory naming precision processes ranking statements tails workers
3 catalogue compiling delivery dependence drivers estimates flows happening labelling passage readouts relations slowing
3 observed observing source
2 config
1 distributions sampling kernels programs
0 errors units years dims incomplete loops showing special wording
"""
FLOORS = {name: int(line.split()[0]) for line in PLAN.split("\n") if line for name in line.split()[1:]}
# These do not import each other: each is mathematics that stands alone.
SIBLINGS_APART = 1
# Packages that belong to one place
ONLY_IN = {
    "yaml": {"config"},
    "ruamel": {"config"},
    "joblib": {"workers", "cluster", "batch"},
    "xarray": {name for name, floor in FLOORS.items() if floor >= 3},
    "numba": {"loops"},
    "dask": {"cluster"},
    "distributed": {"cluster"},
}
# Packages that cost a tenth of a second and more: imported inside the functions that use them
HEAVY = ("numba", "scipy.stats", "xarray", "pandas", "matplotlib", "jinja2", "dask", "distributed")

PACKAGE = Path(__file__).resolve().parent.parent / "simlib"
SOURCES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
LOOPS = [s for s in SOURCES if s.startswith("loops/") and "simlib.loops.compiled" in (PACKAGE / s).read_text("utf-8")]
LOOPS += ["loops/compiled.py"]
# Heavy through and through: imported inside the functions that use them, like the packages themselves.
HEAVY_SOURCES = [*LOOPS, "tape.py"]


class Import(NamedTuple):
    """One imported module, and whether it is imported as soon as its importer is."""

    module: str
    line: int
    at_once: bool


def part(source: str) -> str:
    """Name under simlib/ that a source file belongs to: itself, or its folder."""
    return source.split("/", maxsplit=1)[0].removesuffix(".py")


def is_for_types(node: ast.AST) -> bool:
    """Whether this is an ``if TYPE_CHECKING:``, whose body never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def names(node: ast.Import | ast.ImportFrom, source: str) -> Iterator[str]:
    """Dotted names that an import statement may stand for, relative ones made absolute."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    here = ["simlib", *source.split("/")[:-1]]
    start = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
    base = ".".join(filter(None, (start, node.module)))
    yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(tree: ast.AST, source: str, *, at_once: bool = True) -> Iterator[Import]:
    """Every import below a node of the syntax tree, wherever it stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (Import(name, node.lineno, at_once) for name in names(node, source))
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_for_types(node)
        yield from imports(node, source, at_once=at_once and not later)


def imports_of(source: str) -> list[Import]:
    """Every import of a source file."""
    return list(imports(ast.parse((PACKAGE / source).read_text(encoding="utf-8")), source))


def target(module: str) -> str | None:
    """Name under simlib/ that an imported name belongs to; None for other people's packages."""
    head, *rest = module.split(".")
    if head != "simlib" or rest == ["__version__"]:  # the version is vocabulary, for everybody
        return None
    known = rest and (rest[0] in FLOORS or rest[0] in map(part, SOURCES))
    return rest[0] if known else "__init__"


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def wrong_floors(found: list[Import], source: str) -> list[str]:
    """Imports that go up, or sideways where siblings stand apart."""
    here = part(source)
    wrong = []
    for each in found:
        there = target(each.module)
        if there is None or there == here or there not in FLOORS:  # not in FLOORS: another test says so
            continue
        up = FLOORS[there] > FLOORS[here]
        sideways = FLOORS[there] == FLOORS[here] == SIBLINGS_APART
        if up or sideways:
            wrong.append(f"{source}:{each.line}: imports {each.module} ({'up' if up else 'sideways'})")
    return wrong


def misplaced(found: list[Import], source: str) -> list[str]:
    """Imports of a package that belongs elsewhere."""
    return [
        f"{source}:{each.line}: imports {each.module}, which belongs in {sorted(places)}"
        for each in found
        for package, places in ONLY_IN.items()
        if is_within(each.module, package) and part(source) not in places
    ]


def too_soon(found: list[Import], source: str) -> list[str]:
    """Heavy packages imported with the module; compiled loops are there for the others to import, and so is numba."""
    if source in HEAVY_SOURCES:
        return []
    heavy = (*HEAVY, *(f"simlib.{path.removesuffix('.py').replace('/', '.')}" for path in HEAVY_SOURCES))
    return [
        f"{source}:{each.line}: imports {each.module} at its top level; do it in the function that uses it"
        for each in found
        for package in heavy
        if each.at_once and is_within(each.module, package)
    ]


def test_every_module_has_a_floor() -> None:
    unknown = {part(source) for source in SOURCES} - set(FLOORS)
    assert not unknown, f"give these a floor in {Path(__file__).name}: {sorted(unknown)}"


@pytest.mark.parametrize("source", [source for source in SOURCES if part(source) in FLOORS])
def test_imports_go_down_only(source: str) -> None:
    assert wrong_floors(imports_of(source), source) == []


@pytest.mark.parametrize("source", SOURCES)
def test_packages_stay_where_they_belong(source: str) -> None:
    assert misplaced(imports_of(source), source) == []


@pytest.mark.parametrize("source", SOURCES)
def test_heavy_packages_are_imported_where_they_are_used(source: str) -> None:
    assert too_soon(imports_of(source), source) == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_module_opens_by_saying_what_it_is(source: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / source).read_text(encoding="utf-8")))
    assert said, f"{source} has no docstring"


@pytest.mark.parametrize(
    ("source", "text", "complaint"),
    [
        ("years.py", "from simlib.config import load_config", "up"),
        ("years.py", "def f():\n    from simlib import engine", "up"),
        ("config/read.py", "from ..model import Model", "up"),
        ("config/read.py", "from simlib import Model", "up"),
        ("config/read.py", "from .lines import Line\nfrom ..errors import Problem", ""),
        ("kernels/flows.py", "import simlib.sampling.streams", "sideways"),
        ("kernels/flows.py", "from simlib.kernels.events import live", ""),
        ("summary.py", "from simlib import compare", ""),
    ],
)
def test_an_import_that_goes_up_is_noticed(source: str, text: str, complaint: str) -> None:
    found = wrong_floors(list(imports(ast.parse(text), source)), source)
    assert [line.split("(")[-1].rstrip(")") for line in found] == [complaint] * bool(complaint)


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("import scipy.stats", True),
        ("from scipy import stats", True),
        ("from scipy.stats import qmc", True),
        ("try:\n    import matplotlib.pyplot as plt\nfinally:\n    pass", True),
        ("class A:\n    import xarray", True),
        ("import scipy.special", False),
        ("def f():\n    import xarray", False),
        ("if TYPE_CHECKING:\n    import xarray", False),
    ],
)
def test_a_heavy_import_is_noticed_where_it_runs_at_once(text: str, noticed: bool) -> None:
    assert bool(too_soon(list(imports(ast.parse(text), "results.py")), "results.py")) is noticed
