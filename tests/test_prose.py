"""Prose is executed: every example of README and docs runs, loads or compiles, and says what comes back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_floors import FLOORS

from scripts import examples as fenced
from scripts import write_docs as writer
from simlib import compile_model, load_config, simulate, simulate_plan, summarise
from simlib.bridge import STRATA
from simlib.config.json_schema import config_schema
from simlib.dependence import LARGEST_REPAIR
from simlib.distributions import FAMILIES
from simlib.distributions.tables import TOLERANCE
from simlib.engine import MOST_STAGED
from simlib.estimates import LEVELS
from simlib.figures import chart_svg
from simlib.histograms import BINS, COARSER
from simlib.report import build_report
from simlib.reporters.papers import charts
from simlib.results import HELD
from simlib.sampling import make_sampler

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
EXECUTED = {"console", "python", "yaml"}
COMMANDS = {"sh"}  # the two commands of a fresh clone, which the launcher's own tests start


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8") if name != "README.md" else README.read_text("utf-8")


def summary_of(path: Path, simulations: int | None = None) -> dict[str, Any]:
    """Give what summary.json of a config would hold."""
    model = compile_model(load_config(path))
    return summarise(simulate(model, simulations, seed=1), simulate_plan(model)).document


# ---- Examples ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_says_what_the_code_says_and_its_examples_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands print what stands below them, and its Python runs where they have run."""
    fenced.workplace(tmp_path)
    page = path.read_text(encoding="utf-8")
    refresh = "run python -P scripts/write_docs.py, and look at what it changes"
    assert writer.written(page, tmp_path) == page, f"{path.name}: {refresh}"
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for example in fenced.examples(page, "python"):
        exec(compile("\n" * (example.line - 1) + example.text, str(path), "exec"), names)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_yaml_examples_are_whole_files_that_run(path: Path, tmp_path: Path) -> None:
    for example in fenced.examples(path.read_text(encoding="utf-8"), "yaml"):
        document = summary_of(fenced.keep_file(example, tmp_path), 128)
        assert document["config"]["simulations"] == 128


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_example_is_in_a_language_that_nobody_executes(path: Path) -> None:
    fences = re.findall(r"^```(\w*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences[::2]) <= EXECUTED | COMMANDS
    assert set(fences[1::2]) <= {""}


def test_a_command_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a command of simlib"):
        fenced.printed("rm -r configs", tmp_path)


def test_an_output_may_show_its_first_lines_only(tmp_path: Path) -> None:
    example = fenced.Example("console", "$ simlib explain gap\nold\n…\n", 1)
    assert fenced.answered(example, tmp_path) == "$ simlib explain gap\ngap\n…\n"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", page):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), anchor


def anchors(page: str) -> set[str]:
    """Give the anchors of a page's headings, as they are made of their words."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ---- README ------------------------------------------------------------------------------------------------


def test_the_readme_shows_the_minimal_file_whole() -> None:
    (example,) = fenced.examples(text("README.md"), "yaml")
    assert example.text == (ROOT / "configs" / "minimal.yaml").read_text(encoding="utf-8")


def test_the_readme_explains_every_key_of_the_minimal_file() -> None:
    (example,) = fenced.examples(text("README.md"), "yaml")
    explained = set(re.findall(r"\w+", " ".join(re.findall(r"^\| (`.*?) \|", text("README.md"), re.MULTILINE))))
    keys = set(re.findall(r"^ {0,4}(\w+):", example.text, re.MULTILINE))
    names = {"councils", "exampleton", "measures", "shared_services", "council", "do_nothing", "share_services"}
    assert keys - explained == names


def test_the_readme_gives_the_two_commands() -> None:
    (example,) = fenced.examples(text("README.md"), "sh")
    commands = [line.removeprefix(fenced.LAUNCHER).split()[0] for line in example.text.splitlines()]
    assert commands == ["run", "test"]


def pieces(svg: str) -> list[str]:
    """Give the words in a picture."""
    return re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)


def test_the_picture_is_the_one_that_the_tool_draws_and_its_words_are_true() -> None:
    """In 2019/20 the options with the solo case end below nothing in the plan only; the others far above in both."""
    model = compile_model(load_config(ROOT / "configs/south_somerset.yaml"))
    found = summarise(simulate(model), simulate_plan(model))
    chart = next(each for each in charts(build_report(found)) if each.id == Path(writer.PICTURE).stem)
    drawn = pieces(chart_svg(chart))
    assert pieces((DOCS / "pictures" / writer.PICTURE).read_text(encoding="utf-8")) == drawn
    assert len(drawn) > 20
    options = found.document["options"]
    ends = {name: option["councils"]["south_somerset"]["gap_recurring"]["2019/20"] for name, option in options.items()}
    solo = {"solo", "solo_and_alliance", "joint_authority_and_transformation"}
    assert all(ends[name]["plan"] < 0 < ends[name]["p50"] for name in solo)
    assert all(min(end["plan"], end["p50"]) > 2 for name, end in ends.items() if name not in solo)


# ---- docs/config.md ----------------------------------------------------------------------------------------


def keys_of(node: Any) -> Iterator[str]:
    """Give every key that a JSON Schema knows by name."""
    if isinstance(node, dict):
        properties = node.get("properties", {})
        if isinstance(properties, dict):
            yield from properties
        for value in node.values():
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


def test_every_key_of_the_language_is_in_the_reference() -> None:
    prose = fenced.FENCE.sub("", text("config.md"))
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert set(keys_of(config_schema())) - named == set()


def used_keys(node: Any) -> Iterator[str]:
    """Give every key that a file uses."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from used_keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from used_keys(value)


def test_every_key_of_the_language_is_used_by_a_case_or_an_example() -> None:
    files = [*(ROOT / "configs").glob("*.yaml"), ROOT / "simlib/config/references.yaml"]
    texts = [path.read_text(encoding="utf-8") for path in files]
    texts += [example.text for page in PAGES for example in fenced.examples(page.read_text("utf-8"), "yaml")]
    used = {key for one in texts for key in used_keys(yaml.safe_load(one))}
    data_file = {"file", "column"}  # need a file beside the config
    assert set(keys_of(config_schema())) - used == data_file


def test_every_section_and_every_family_has_its_place_in_the_reference() -> None:
    page = text("config.md")
    assert "### `measures.<name>.one_off.<name>`" in page
    assert all(f"| `{family}` |" in page for family in FAMILIES)


# ---- docs/model.md -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    (example,) = fenced.examples(text("model.md"), "yaml")
    return summary_of(fenced.keep_file(example, tmp_path_factory.mktemp("worked")))


def rows(page: str, header: str) -> list[list[str]]:
    """Give the cells below a table's header."""
    after = page.split(f"\n{header}\n")[1].split("\n")[1:]
    lines = after[: next(i for i, line in enumerate(after) if not line.startswith("|"))]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize(("title", "run"), [("figure", "mean"), ("figure in the plan", "plan")])
def test_the_worked_example_is_what_comes_out(worked: dict[str, Any], title: str, run: str) -> None:
    years = worked["years"]
    figures = worked["options"]["both"]["councils"]["exampleton"] | {"gap_before": worked["gap_before"]["exampleton"]}
    table = rows(text("model.md"), f"| {title} | {' | '.join(years)} |")
    assert len(table) >= 5
    for name, *cells in table:
        found = [figures[name][year][run] for year in years]
        assert found == pytest.approx([float(cell) for cell in cells], abs=1e-9), name


def test_the_results_of_the_worked_example_are_what_comes_out(worked: dict[str, Any]) -> None:
    for address, value, _ in rows(text("model.md"), "| result | value | by hand |"):
        found: Any = worked["options"]["both"]["councils"]["exampleton"]
        for key in address.split("."):
            found = found[key]
        digits = len(value.partition(".")[2])
        assert round(found, digits) == float(value), address


def test_the_bridge_of_the_worked_example_is_what_comes_out(worked: dict[str, Any]) -> None:
    bridge = worked["options"]["both"]["councils"]["exampleton"]["bridge"]
    stated = {address: float(shift) for address, shift in rows(text("model.md"), "| step | shift |")}
    assert {step["address"]: pytest.approx(step["shift"], abs=1e-9) for step in bridge["steps"]} == stated
    assert bridge["plan"] + sum(stated.values()) == pytest.approx(bridge["mean"], abs=1e-9)


def test_the_numbers_of_the_method_are_those_of_the_code() -> None:
    model, decisions = text("model.md"), text("decisions.md")
    assert f"{STRATA:,} futures of its own" in model
    assert f"exact up to {HELD:,} futures" in model
    assert f"in {make_sampler('sobol', 1, [], 16).replicates} replicates" in model
    assert f"beyond {LARGEST_REPAIR}" in model
    assert TOLERANCE == 1e-7
    assert "not within 10⁻⁷" in model
    assert f"({MOST_STAGED:,}, if no number is stated)" in model
    assert f"histograms of {BINS:,} bins ({BINS // COARSER:,} for the errors between replicates)" in decisions


# ---- docs/results.md ---------------------------------------------------------------------------------------

SHAPES = {
    "chance": {("probability",), ("error",), ("interval",), ("plan",)},
    "statistics": {(name,) for name in ("mean", "sd", "plan", *LEVELS)}
    | {(doubt, name) for doubt in ("error", "interval") for name in ("mean", *LEVELS)},
    "drawn": {(*error, name) for error in ((), ("error",)) for name in ("mean", "sd", *LEVELS)},
}
SOURCED = ("drivers.<address>", "figures.<address>", "npv_terms", "observed.figures.<figure>")
BELOW = {"An option for a council": ("options", "<option>", "councils", "<council>")}


def documented() -> list[tuple[tuple[str, ...], str]]:
    """Give every documented key of summary.json as a path, with its shape."""
    found = []
    for section in re.split(r"^### ", text("results.md"), flags=re.MULTILINE)[1:]:
        above = BELOW.get(section.split("\n")[0], ())
        for cells in re.findall(r"^\| `(.*?)` \| (.*?) \| ", section, re.MULTILINE):
            parts = cells[0].replace("[]", ".[]").split(".")
            found.append(((*above, *parts), cells[1]))
    return found


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """Give the path to everything in a summary that holds nothing further, a part a line: addresses have dots."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, f"{path}{key}\n")
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        for value in node:
            yield from leaves(value, f"{path}[]\n")
    elif node not in ({}, [], None):
        yield path


def covering(pattern: tuple[str, ...], shape: str) -> re.Pattern[str]:
    """Give the paths that a documented key covers, with its shape: names in angle brackets stand for any."""
    tails = next((SHAPES[kind] for kind in SHAPES if shape.startswith(kind)), {()})
    ends = "|".join("".join(rf"{name}\n" for name in tail) for tail in tails)
    parts = "".join(r".+\n" if part.startswith("<") else rf"{re.escape(part)}\n" for part in pattern)
    year = r"(?:\d{4}/\d{2}\n)?" if pattern == ("outputs", "<output>") else ""
    return re.compile(f"{parts}{year}(?:{ends})")


def as_now(path: str) -> str:
    """Give the path to what stands under a path now, of what was before something came in."""
    return path.removeprefix("observed\nbefore\n")


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    names = ("south_somerset", "boston_east_lindsey_october", "benchmark", "textbook/rare_event")
    (example,) = fenced.examples(text("dependence.md"), "yaml")
    paths = [ROOT / "configs" / f"{name}.yaml" for name in names]
    return [summary_of(p, 2_000) for p in (*paths, fenced.keep_file(example, tmp_path_factory.mktemp("example")))]


def test_every_key_of_the_summary_is_documented(summaries: list[dict[str, Any]]) -> None:
    known = re.compile("|".join(covering(*entry).pattern for entry in documented()))
    paths = {as_now(path) for summary in summaries for path in leaves(summary)}
    assert sorted(path for path in paths if not known.fullmatch(path)) == []


def test_every_documented_key_is_in_a_summary(summaries: list[dict[str, Any]]) -> None:
    paths = {as_now(path) for summary in summaries for path in leaves(summary)}
    absent = [entry[0] for entry in documented() if not any(map(covering(*entry).fullmatch, paths))]
    # No case names who answers for a figure, these runs set nothing, no correlation needs repair, no experts are asked,
    # nothing is drawn wrongly, their sampler has no order, and a whole source is documented as null only.
    seldom = {"config.set", "config.dimensions", "npv_terms"}
    seldom |= {"drivers.<address>.owner", "drivers.<address>.stated.[].expert"}
    seldom |= {"dependence.<section>.pairs.[].repaired"}
    seldom |= {f"{entry}.source" for entry in SOURCED}
    seldom |= {"drivers.<address>.flagged", "events.<event>.flagged"}
    absent_names = {".".join(pattern) for pattern in absent}
    assert {name for name in absent_names - seldom if not name.endswith("source.date")} == set()


def test_every_first_key_of_the_summary_is_always_there(summaries: list[dict[str, Any]]) -> None:
    assert {tuple(summary) for summary in summaries} == {tuple(summaries[0])}
    assert {pattern[0].split(".")[0] for pattern, _ in documented()} == set(summaries[0])


# ---- The other pages ---------------------------------------------------------------------------------------


def test_the_vision_has_five_points_and_says_what_is_refused() -> None:
    points = re.findall(r"^- \*\*(.*?)\*\*", text("vision.md"), re.MULTILINE)
    assert len(points) == 5
    assert "What it refuses to do." in points


def test_modules_stand_on_the_floor_that_the_decisions_give_them() -> None:
    numbers = {"vocabulary": 0, "mathematics": 1, "machine": 3, "reading": 4, "telling": 5, "doors": 6}
    table = rows(text("decisions.md"), "| floor | modules | why apart |")
    named = {name: numbers[floor] for floor, modules, _ in table for name in re.findall(r"\w+", modules)}
    assert named == {name: FLOORS.get(name) for name in named}
    package = ROOT / "simlib"
    assert all((package / f"{name}.py").is_file() or (package / name).is_dir() for name in named)
