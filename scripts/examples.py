"""The fenced examples of a page of prose, and what simlib really prints for their commands; no page is written here."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = "python3 scripts/simlib.py"
COLOURS = {"FORCE_COLOR", "TTY_COMPATIBLE", "CLICOLOR_FORCE"}
REST = "…"  # a last line of an example's output that stands for all further ones


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced example in prose: its language, its text, and the line that it starts on."""

    language: str
    text: str
    line: int


FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: str, *languages: str) -> list[Example]:
    """Give the examples of a page in some languages, in order."""
    found = FENCE.finditer(page)
    return [Example(f[1], f[2], page[: f.start()].count("\n") + 2) for f in found if f[1] in languages]


def workplace(folder: Path) -> None:
    """Put what examples use into an empty folder: runs are written there, and never into the repository."""
    shutil.copytree(ROOT / "configs", folder / "configs")


def keep_file(example: Example, folder: Path) -> Path:
    """Keep a YAML example under the name in its first line, ``# name.yaml``, for those that come after."""
    named = re.match(r"# (\w+\.yaml)\n", example.text)
    path = folder / (named[1] if named else "example.yaml")
    path.write_text(example.text, encoding="utf-8")
    return path


def answered(example: Example, folder: Path) -> str:
    """Run a console example and give it with what the commands really print.

    A line that starts with ``$`` and a space is a command; where the output ends with a line ``…``, as
    many lines as stand there are shown.
    """
    given = re.split(r"^\$ ", example.text, flags=re.MULTILINE)[1:]
    return "".join(f"$ {shown(part, folder)}" for part in given)


def shown(part: str, folder: Path) -> str:
    """Give one command with its output, cut where the example cuts it."""
    command, *lines = part.rstrip("\n").split("\n")
    output = printed(command, folder)
    if lines and lines[-1] == REST:
        output = [*output[: len(lines) - 1], REST]
    return "\n".join([command, *output]) + "\n"


ONCE = "compiling, once"  # what the first large run of a machine says, and no reader's second


def printed(command: str, folder: Path) -> list[str]:
    """Give the lines that a command of simlib prints, whatever the terminal."""
    words = shlex.split(command.replace(LAUNCHER, "simlib", 1))
    if words[0] != "simlib":
        raise ValueError(f"expected a command of simlib, got {command!r}")
    environment = {key: value for key, value in os.environ.items() if key not in COLOURS}
    environment |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "simlib", *words[1:]],
        cwd=folder, env=environment, check=False, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    lines = [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")] if done.stdout else []
    return [line for line in lines if not line.startswith(ONCE)]
