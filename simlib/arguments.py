"""The words of the ``simlib`` command: its commands and their options as argparse reads them; nothing is done here.

argparse, and no larger package: reading the words must not take longer than what they ask for.
"""

import argparse
import os
import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from simlib import __version__

__all__ = ["COMMANDS", "matching", "plain", "read"]

_ABOUT = (
    "How sure is a council's budget decision? Draws many thousands of futures from a YAML file, and tells how often "
    "each option closes the gap. All results are before further action."
)
_OTHERS = "test"  # its words are pytest's


class Parser(argparse.ArgumentParser):
    """A parser that takes options by their whole name only, and quotes what it refuses so that it steers nothing."""

    def __init__(self, prog: str, about: str, **more: Any) -> None:
        super().__init__(prog, description=about, allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        """Say what cannot be understood, and end the process as for any mistake of the user's."""
        print(f"{self.format_usage()}{plain(message)}; '{self.prog} --help' says more", file=sys.stderr)
        sys.exit(2)


def read(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Give the command that the words name, and its options by name.

    Raises
    ------
    SystemExit
        Where help or the version is all that is asked for, and where the words cannot be understood.
    """
    name, *rest = words or ["--help"]
    if name not in COMMANDS:
        _refuse_or_help(name)
    return name, _options(name, rest)


def plain(text: str) -> str:
    """Take from a text what could steer a terminal: it may quote the user's file or words."""
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n"))


def _options(name: str, words: Sequence[str]) -> dict[str, Any]:
    """Give what is asked of a command, by name."""
    if name == _OTHERS and words != ["--help"]:
        return {"words": list(words)}
    about, needed, add = COMMANDS[name]
    parser = Parser(f"simlib {name}", about, usage=f"simlib {name} [options] {needed}".rstrip())
    add(parser)
    found, others = parser.parse_known_intermixed_args(words)
    if others:
        unknown = next((word for word in others if word.startswith("-")), "").partition("=")[0]
        known = re.findall(r"--\w[\w-]*", parser.format_help())
        parser.error(f"no such option: {unknown}{_nearest(unknown, known)}" if unknown else f"unexpected '{others[0]}'")
    asked = vars(found)
    if os.name == "nt" and "configs" in asked:  # shells there leave patterns to their commands
        asked["configs"] = [file for path in asked["configs"] for file in matching(path)]
    return asked


def matching(pattern: Path) -> list[Path]:
    """Give the files that a pattern such as ``configs/*.yaml`` stands for: itself where there are none."""
    return sorted(pattern.parent.glob(pattern.name)) or [pattern]


def _refuse_or_help(word: str) -> NoReturn:
    """Answer what is no command: give help or the version where that is asked for, and end the process."""
    overview = _overview()
    if word.startswith("-"):
        overview.parse_args([word])
    overview.error(f"there is no command '{word}'{_nearest(word, list(COMMANDS))}")


def _overview() -> Parser:
    """Give the parser of what comes before any command."""
    names = "\n".join(f"  {name:<12} {about}" for name, (about, *_) in COMMANDS.items())
    kind = argparse.RawDescriptionHelpFormatter
    usage = "simlib COMMAND ..."
    about = textwrap.fill(_ABOUT, 78)
    parser = Parser("simlib", about, usage=usage, epilog=f"commands:\n{names}", formatter_class=kind)
    parser.add_argument("--version", action="version", version=f"simlib {__version__}", help="print the version")
    return parser


def _nearest(word: str, known: Sequence[str]) -> str:
    """Give the known word that one may have been meant as."""
    import difflib

    found = difflib.get_close_matches(word, known, 1)
    return f" (did you mean '{found[0]}'?)" if found else ""


# The words of each command


def _files(parser: Parser, what: str = "a YAML file") -> None:
    parser.add_argument("configs", metavar="CONFIG", nargs="+", type=Path, help=what)
    parser.add_argument(
        "--set",
        metavar="ADDRESS=VALUE",
        action="append",
        dest="sets",
        help="put a value in place of the file's; may be repeated",
    )


def _drawing(parser: Parser, seed: str) -> None:
    """Add how futures are drawn, and with what."""
    texts = {
        "--simulations": ("NUMBER", "futures to draw: 100000, 100_000 or 1e5"),
        "--seed": ("NUMBER", f"seed of the random draws; 0 is a seed{seed}"),
        "--sampler": ("NAME", "random, latin_hypercube or sobol"),
        "--jobs": ("NUMBER", "workers; all cores where left out"),
        "--backend": ("NAME", "threading, loky, or dask with --scheduler"),
        "--scheduler": ("ADDRESS", "of dask's scheduler, such as tcp://10.0.0.5:8786; it must be your own"),
        "--memory": ("AMOUNT", "for futures that are held, such as 500MB; else a quarter of the machine's"),
    }
    for option, (metavar, meaning) in texts.items():
        parser.add_argument(option, metavar=metavar, help=meaning)
    parser.add_argument(
        "--precision",
        metavar="AMOUNT",
        action="append",
        help="draw until every headline chance is known within this, such as 0.5%%; or p90=£0.05m",
    )


def _run(parser: Parser) -> None:
    _files(parser)
    _drawing(parser, "")
    former = "a former run whose drivers keep their places in the sequence of sobol"
    parser.add_argument("--keep-order", metavar="RUN", type=Path, help=former)
    where = "the run's folder; with several files, the folder of theirs"
    _written(parser, where, "json, nc, html, xlsx, docx, md, figures")


def _batch(parser: Parser) -> None:
    _files(parser, "a YAML file, or a pattern of such as 'configs/**/*.yaml'")
    several = "figures to lay over each: one run for each FILE; repeated, a run has one of each"
    parser.add_argument("--overlay", metavar="FILE", action="append", nargs="+", dest="overlays", help=several)
    steps = "one run for each VALUE; repeated, for each combination"
    parser.add_argument("--grid", metavar="ADDRESS=VALUE,...", action="append", dest="grids", help=steps)
    _drawing(parser, "; 1 in a batch whose file says none")
    where = "the batch's folder, runs/batch where left out; each run has a folder in it"
    parser.add_argument("--out", metavar="FOLDER", type=Path, help=where)
    formats = "json (where left out), nc, html, xlsx, docx, md, figures; of each run, repeated or with commas"
    parser.add_argument("--format", metavar="NAMES", action="append", dest="formats", help=formats)
    parser.add_argument("--quiet", "-q", action="store_true", help="print how many runs there are, and no headlines")


def _decide(parser: Parser) -> None:
    texts = {
        "--option": ("NAMES", "options that are asked about; repeated or with commas"),
        "--council": ("NAMES", "councils, jointly or claim; likewise"),
        "--driver": ("ADDRESSES", "assumptions whose break-even values are wanted; likewise"),
        "--level": ("SHARES", "how sure is sure enough, such as 80%%,90%%,95%%; likewise"),
        "--test": ("NAME", "another closing test than the file's headline"),
        "--objective": ("NAME", "what of a bundle is to be least: one_off or saving_sought"),
    }
    for option, (metavar, meaning) in texts.items():
        action = "append" if metavar.endswith("S") else "store"
        dest = f"asked_{option.removeprefix('--')}"
        parser.add_argument(option, metavar=metavar, help=meaning, dest=dest, action=action)
    _run(parser)


def _report(parser: Parser) -> None:
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run's folder, such as runs/south_somerset")
    _written(parser, "another folder to write to; the run's own where left out", "html, xlsx, docx, md, figures")


def _sensitivity(parser: Parser) -> None:
    _run(parser)
    which = {
        "--option": ("options", "an option's id; all where left out; repeated or with commas"),
        "--council": ("councils", "a council's id, or jointly"),
        "--target": ("targets", "gap, closes, claim, kept, best, output, or an output's id"),
        "--method": ("methods", "given_data, tornado, ladder (these where left out), sobol, shapley, morris, or all"),
    }
    for option, (where, meaning) in which.items():
        parser.add_argument(option, metavar="NAMES", action="append", dest=where, help=meaning)
    parser.add_argument("--every-year", action="store_true", help="the gap of every year, not of the target year only")


def _compare(parser: Parser) -> None:
    for name, which in (("first", "the earlier"), ("second", "the later")):
        parser.add_argument(name, metavar="RUN", type=Path, help=f"the folder of {which} run")
    many = "futures to draw of each config, 1,024 to 131,072; those of the second run where left out"
    parser.add_argument("--simulations", metavar="NUMBER", help=many)
    parser.add_argument("--jobs", metavar="NUMBER", help="workers; all cores where left out")
    _written(parser, "where it goes; beside the second run where left out", "json, html, xlsx, docx, md, figures")


def _written(parser: Parser, where: str, formats: str) -> None:
    """Add what every command has that writes and prints a report."""
    parser.add_argument("--out", metavar="FOLDER", type=Path, help=where)
    several = f"{formats}; repeated or with commas"
    parser.add_argument("--format", metavar="NAMES", action="append", dest="formats", help=several)
    parser.add_argument("--quiet", "-q", action="store_true", help="print one line for each option")


def _new(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="where it goes, such as my_council.yaml")


def _explain(parser: Parser) -> None:
    parser.add_argument("words", metavar="FAMILY|TERM", nargs="+", help="such as pert, or gap")


def _nothing(parser: Parser) -> None:
    """Add no words: the command has none."""


# What each is for, what it must be given, and what adds all its words to a parser
COMMANDS: Mapping[str, tuple[str, str, Callable[[Parser], None]]] = {
    "run": ("Draw futures of each CONFIG, print what they say, and write runs/<name>/.", "CONFIG ...", _run),
    "batch": ("Run each CONFIG in every variant that is not there yet, and compare them.", "CONFIG ...", _batch),
    "decide": (
        "Tell what must be true for each option to be safe, and what to choose between.", "CONFIG ...", _decide,
    ),
    "check": ("Read each CONFIG back in plain words, without drawing anything.", "CONFIG ...", _files),
    "report": ("Print a RUN again and render its report anew, without drawing.", "RUN", _report),
    "sensitivity": (
        "Say which assumptions move each answer, and write runs/<name>_sensitivity/.", "CONFIG ...", _sensitivity,
    ),
    "compare": ("Say which edit moved what by how much from one RUN to the next.", "RUN RUN", _compare),
    "new": ("Write a FILE to begin with, with a remark at each figure.", "FILE", _new),
    "schema": ("Print the JSON Schema of the config language, for editors.", "", _nothing),
    "explain": ("Say what a family of distributions or a term means.", "FAMILY|TERM", _explain),
    "test": ("Run simlib's own tests; further words are passed on to pytest.", "", _nothing),
}
