"""Write into the documentation what the code says: tables, terms, outputs of examples, the picture.

    python -P scripts/write_docs.py

(-P, as a script beside the launcher would otherwise find that in place of the package.) Prose written by hand
is left alone: only what stands between ``<!-- name: -->`` and ``<!-- :name -->`` is written, and what follows
a command in an example. tests/test_prose.py fails where a page is not what this gives.
"""

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts import textbook
from scripts.benchmarks.machine import line
from scripts.benchmarks.rows import HEADS, kept
from scripts.examples import answered, examples, keep_file, workplace
from simlib.config import crossrefs, formulas, references, schema
from simlib.config.json_schema import config_schema
from simlib.config.nodes import Listing, Node, Text
from simlib.config.nodes import Mapping as Entry
from simlib.dims import VARIABLES
from simlib.distributions import FAMILIES, Family
from simlib.glossary import TERMS
from simlib.labelling import OPTION_VARIABLES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PICTURE = "gap_south_somerset.svg"
CITED = ("label", "source", "owner", "note")

# What may stand in a field, by the name of its form in the JSON Schema.
FORMS = {
    "FormatVersion": "`1`",
    "Prose": "text",
    "Id": "a name",
    "Ids": "a name, or a list of names",
    "Address": "an [address](#addresses)",
    "Pair": "a list of two [addresses](#addresses)",
    "Patterns": "an [address](#addresses) in which `*` stands for one part, or a list of them",
    "Concordance": "`7 of 10`",
    "Matrix": "a [matrix](#matrices)",
    "Requirements": "a name, `not` and an event's name, or a list of them",
    "RawValue": "what may stand at that address",
    "Words": "a figure as its kind is written: `£0.6m`, `85%`, `6 months`, `12`",
    "Stage": "`identified`, `approved`, `implemented` or `evidenced`",
    "MoneyUnit": "`£`, `£k`, `£m` or `£bn`",
    "Prices": "`cash`, or `real 2015/16`",
    "YesNo": "`yes` or `no`",
    "Decision": "`happens` or `does_not`",
    "Day": "a day such as `2016-03-17`",
    "Year": "a year such as `2019/20`",
    "Years": "`2016/17 to 2020/21`",
    "Moment": "`2016/17` (its 1 April), `2016-10` (its first day) or `2016-10-15`",
    "Varies": "[how it moves](#through-the-years): `once`, `yearly`, `walk`, `reverting(…)`, `ar1(…)`, `compounding`",
    "Seed": "a whole number; 0 is one",
    "SimulationCount": "a whole number such as `131_072` or `1e6`",
    "Kept": "a whole number, or `all`",
    "Precision": "a share, or a mapping such as `{chance: 0.5%, p90: £0.05m}`",
    "Number": "a number",
    "Money": "money",
    "Share": "a share",
    "Duration": "a duration such as `6 months`",
    "Source": "a [source](#sources)",
    "FundedBy": "a pot, `{pot: limit}`, or a list of them in order",
    "MoneyPlan": "money: one figure, a list, or [by year](#by-year)",
    "GapPlan": "money: one figure, a list, or [by year](#by-year); or `sum_of_lines`",
    "MoneyQuantity": "money, as a [figure](#figures)",
    "ShareQuantity": "a share, as a [figure](#figures)",
    "DurationQuantity": "a duration, as a [figure](#figures)",
    "MoneyOrSum": "money, as a [figure](#figures) or [`sum_of`](#sums-of-individual-amounts)",
    "YearlyMoneyQuantity": "money, as a [figure](#figures), one for all or [by year](#by-year)",
    "YearlyShareQuantity": "a share, as a [figure](#figures), one for all or [by year](#by-year)",
    "ShareOrRest": "a share, as a [figure](#figures), or `rest`",
    "EventChance": "a share, as a [figure](#figures), or [by date](#chances-by-date)",
    "SharedDriver": "a [figure](#figures) that states its `kind`",
    "OutputQuantity": "a [formula](#formulas), or `{formula: …, kind: …, label: …}`",
}


# Tables


def table(*columns: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Give a Markdown table."""
    yield row(columns)
    yield row(["---"] * len(columns))
    yield from map(row, rows)
    yield ""


def row(cells: "tuple[str, ...] | list[str]") -> str:
    """Give one line of a table; a bar in a cell would be the end of it."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def code(*words: str) -> str:
    """Give words in the type of code, with commas."""
    return ", ".join(f"`{word}`" for word in words)


# Blocks of docs/config.md


def section_tables(known: Mapping[str, Any]) -> Iterator[str]:
    """Give a heading and a table for each section, in the order in which they stand in a file."""
    for name, addresses in sections(known).items():
        entry = section(known, name)
        yield f"### {' and '.join(f'`{address}`' for address in addresses if address) or 'The head of a file'}"
        yield ""
        yield entry["description"]
        yield ""
        yield from table("Key", "What stands there", "If left out", "Meaning", rows=key_rows(known, name))


def section(known: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give the JSON Schema of a section's class."""
    found: Mapping[str, Any] = known if name == "Config" else known["$defs"][name]
    return found


def sections(known: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the name of each section's class and the addresses at which it stands, depth first."""
    found: dict[str, list[str]] = {}
    waiting = [("", "Config")]
    while waiting:
        address, name = waiting.pop(0)
        found.setdefault(name, []).append(address)
        inside = []
        for key, field in section(known, name)["properties"].items():
            at = f"{address}.{key}" if address else key
            one, several = target(field), target(field.get("additionalProperties"))
            inside += [(at, one)] if is_section(one) else []
            inside += [(f"{at}.<name>", several)] if is_section(several) else []
        waiting = inside + waiting
    return found


def target(field: Any) -> str:
    """Give the name that a part of the schema refers to."""
    return field.get("$ref", "").removeprefix("#/$defs/") if isinstance(field, dict) else ""


def is_section(name: str) -> bool:
    """Whether a name is that of a section's class."""
    found = getattr(schema, name, None) if name else None
    return isinstance(found, type) and issubclass(found, schema.Section)


def key_rows(known: Mapping[str, Any], name: str) -> Iterator[tuple[str, ...]]:
    """Give a row for each key; those that every cited entry has share one."""
    entry = section(known, name)
    fields = {field.alias or key: field for key, field in getattr(schema, name).model_fields.items()}
    cited = [key for key in CITED if target(entry["properties"].get(key)) in ("Prose", "Source")]
    cited = cited if len(cited) > 2 else []
    for key, field in entry["properties"].items():
        if key not in cited:
            default = missing(key, entry, fields[key].default)
            yield f"`{key}`", form(field), default, meaning(known, field)
    if cited:
        yield code(*cited), "see [sources](#sources)", "", ""


def meaning(known: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    """Say what a field is for; of a section that says no more, what the section is."""
    inner = target(field) or target(field.get("additionalProperties"))
    own: str = field.get("description", "")
    return own or (section(known, inner)["description"] if is_section(inner) else "")


def form(field: Mapping[str, Any]) -> str:
    """Say what may stand in a field."""
    if "const" in field or "enum" in field:
        return " or ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    name, inner = target(field), target(field.get("additionalProperties"))
    if is_section(name):
        return "a section, below"
    if inner:
        return "sections by name, below" if is_section(inner) else f"by name: {FORMS[inner]}"
    return FORMS[name]


def missing(key: str, entry: Mapping[str, Any], default: Any) -> str:
    """Say what holds where a key is left out."""
    if key in entry.get("required", ()):
        return "**required**"
    if default is None or default in ((), {}) or isinstance(default, schema.Section):
        return ""
    words = {True: "`yes`", False: "`no`"}
    return words[default] if isinstance(default, bool) else f"`{plain(default)}`"


def plain(value: Any) -> str:
    """Write a default as one would in a file."""
    if isinstance(value, float):
        return f"{100 * value:g}%"
    return f"{value:_}" if isinstance(value, int) else str(value)


# Three families are not written as their parameters are called.
WRITTEN = {"mixture": "`of`", "logarithmic_pool": "`of`", "truncated": "`truncate`, beside any other family"}


def family_table() -> Iterator[str]:
    """Give the families with their parameters."""
    names = ("Family", "What it says", "Parameters", "May be added", "By quantiles", "Source")
    rows = (
        (
            f"`{family.name}`",
            family.summary,
            WRITTEN.get(family.name) or " or ".join(code(*names) for names in family.parametrisations),
            code(*optional(family)),
            "yes" if family.elicited else "",
            family.source,
        )
        for family in FAMILIES.values()
    )
    yield from table(*names, rows=rows)


def optional(family: Family) -> tuple[str, ...]:
    """Give the parameters that may be added; a CSV file stands for values."""
    return (*family.optional, "file", "column") if family.name == "empirical" else family.optional


def reference_list() -> Iterator[str]:
    """Give every reference class: what it says, how, and on what it rests."""
    for name, entry in references.entries().items():
        if not isinstance(entry, Entry):
            continue
        written = ", ".join(f"{key}: {flow(entry[key])}" for key in entry.texts() if key not in OWN)
        source = entry["source"]
        assert isinstance(source, Entry)
        dated = ", ".join(str(source[key]) for key in ("mark", "date") if key in source)
        yield f"- **`{name}`** ({entry['kind']}). {entry['statement']}"
        yield f"  `{{{written}}}`{counted(entry)} *{str(source['what']).rstrip('.')}* ({dated})."


OWN = ("kind", "statement", "source", "measures", "includes")


def counted(entry: Entry) -> str:
    """Say what a class measures and what it holds already."""
    said = [f"measures: {entry['measures']}"] if "measures" in entry else []
    said += [f"includes: {flow(entry['includes'])}"] if "includes" in entry else []
    return f"; {', '.join(said)}." if said else "."


def flow(node: Node) -> str:
    """Write an entry of a file in one line."""
    if isinstance(node, Text):
        return str(node)
    if isinstance(node, Listing):
        return f"[{', '.join(flow(item) for item in node)}]"
    return f"{{{', '.join(f'{key}: {flow(node[key])}' for key in node.texts())}}}"


def rules() -> Iterator[str]:
    """Give what sections must say together: the first line of every check."""
    yield from (f"- {str(check.__doc__).strip().splitlines()[0]}" for check in crossrefs.CHECKS)


# Blocks of other pages


def terms() -> Iterator[str]:
    """Give every term once, as ``simlib explain`` does."""
    yield from (f"- **{term}**: {text}" for term, text in sorted(TERMS.items()))


def variables() -> Iterator[str]:
    """Give what money is called in results, with its unit and meaning."""
    in_dataset = {*OPTION_VARIABLES, "gap_before", "delivered", "delivered_run_rate", "happens"}
    rows = (
        (f"`{name}`", unit.format(money="money"), meaning, "yes" if name in in_dataset else "")
        for name, (_, unit, meaning) in VARIABLES.items()
    )
    yield from table("name", "unit", "what it is", "in results.nc", rows=rows)


# Blocks of docs/textbook.md


def problems() -> Iterator[str]:
    """Give each problem of configs/textbook with its answers and what simlib says, run as its file has it."""
    for problem, answers in textbook.ANSWERS.items():
        run = textbook.run(problem)
        config = run.document["config"]
        path = textbook.PROBLEMS / f"{problem}.yaml"
        yield f"### {config['title']}"
        yield ""
        yield path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
        yield f"[The file](../configs/textbook/{path.name}) draws {config['simulations']:,} futures."
        yield ""
        rows = ((run.label(answer), *answer_cells(answer, run.found(answer))) for answer in answers())
        yield from table("figure", "", "answer", "known by", "published", "simlib", rows=rows)


STATISTICS = {"mean": "average", "sd": "standard deviation", "chance": "chance"}


def answer_cells(answer: Any, found: Any) -> tuple[str, ...]:
    """Give what is asked, the answer, how it is known and what simlib says, all as finely as its error allows."""
    what = STATISTICS.get(answer.statistic) or f"{answer.statistic.removeprefix('p')}% are below"
    if not found.value:  # none of so many: all that can be said is how many there were
        return what, f"{answer.truth:g}", answer.by, answer.published, f"none seen; below {found.interval[1]:.1g}"
    places = max(0, 1 - math.floor(math.log10(found.error)))
    said = f"{found.value:,.{places}f} ± {found.error:,.{places}f}"
    return what, f"{answer.truth:,.{places + 1}f}", answer.by, answer.published, said


# Blocks of docs/decisions.md


def samplers() -> Iterator[str]:
    """Give what scripts/benchmark.py has measured of the samplers, as docs/accuracy.json keeps it."""
    measured = json.loads((DOCS / "accuracy.json").read_text(encoding="utf-8"))
    names = (
        "sampler", "futures", "figure", "variance, of random's", "promised at most", "between seeds",
        "95% intervals hold", "time of a run", "gain in the same time",
    )  # fmt: skip
    rows = (
        (
            f"`{row['sampler']}`",
            f"{row['simulations']:,}",
            row["figure"],
            share_words(row["stated"]),
            share_words(row["target"]) if row["target"] else "",
            share_words(row["between"]),
            f"{100 * row['covered']:.0f}%",
            f"{row['time']:.1f}",
            f"{rounded(row['gain']):,g}",
        )
        for row in measured["tables"]["accuracy"]
    )
    yield from table(*names, rows=rows)


def share_words(share: float) -> str:
    """Give a share as a decimal, a small one as 1 in so many."""
    return f"{share:.3g}" if share >= 0.02 else f"1/{rounded(1 / share):,.0f}"


def rounded(value: float) -> float:
    """Give a figure to two digits."""
    return float(f"{value:.2g}")


# Blocks of docs/performance.md


def measured() -> Iterator[str]:
    """Give what scripts/benchmark.py has measured of the engine, as docs/benchmark.json keeps it."""
    found = json.loads((DOCS / "benchmark.json").read_text(encoding="utf-8"))
    yield f"Measured on {line(found['machine'])}."
    yield ""
    for name, rows in found["tables"].items():
        yield f"### {name}"
        yield ""
        yield from table(*HEADS, "", rows=((*row.cells, row.note) for row in map(kept, rows)))


BLOCKS: Mapping[str, Callable[[], Iterator[str]]] = {
    "functions": lambda: iter([code(*formulas.FUNCTIONS, *formulas.CONSTANTS)]),
    "sections": lambda: section_tables(config_schema()),
    "families": family_table,
    "references": reference_list,
    "rules": rules,
    "terms": terms,
    "variables": variables,
    "problems": problems,
    "samplers": samplers,
    "measured": measured,
}


def filled(page: str) -> str:
    """Give a page with every block in it as the code has it."""
    for name, block in BLOCKS.items():
        start, end = f"<!-- {name}: -->", f"<!-- :{name} -->"
        if start in page:
            before, rest = page.split(start)
            inside = "\n".join(block()).rstrip()
            page = f"{before}{start}\n\n{inside}\n\n{end}{rest.split(end)[1]}"
    return page


# Pages


def written(page: str, folder: Path) -> str:
    """Give a page as the code has it: its blocks, and what the commands in its examples print."""
    page = filled(page)
    for example in examples(page, "yaml", "console"):
        if example.language == "yaml":
            keep_file(example, folder)
        else:
            page = page.replace(example.text, answered(example, folder))
    return page


def pages() -> list[Path]:
    """Give every page of prose."""
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def main() -> None:
    """Write every page, and the picture that a run among its examples has drawn."""
    for path in pages():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            workplace(folder)
            page = written(path.read_text(encoding="utf-8"), folder)
            path.write_text(page, encoding="utf-8", newline="\n")
            if (drawn := folder / "runs/south_somerset/figures" / PICTURE).exists():
                shutil.copy(drawn, DOCS / "pictures" / PICTURE)


if __name__ == "__main__":
    main()
