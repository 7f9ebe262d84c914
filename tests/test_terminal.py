"""Reports in a terminal: tables that fit, styles, the bar of a long run."""

import io
import os
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console as Rich
from rich.text import Text
from synthetic_summary import summary
from told_reports import told

from simlib.console import Console, open_console
from simlib.grid import lay_out, wrap
from simlib.progress import ProgressBar
from simlib.provenance import with_manifest
from simlib.report import build_report

# Tables in a terminal


@given(
    st.lists(st.lists(st.text("ab £,.0123 é漢🎉", max_size=30), min_size=3, max_size=3), min_size=1, max_size=5),
    st.integers(24, 140),
)
def test_no_line_of_a_table_is_longer_than_the_screen(rows: list[list[str]], width: int) -> None:
    lines = lay_out(["Option", "One", "Two"], rows, width, [False, True, True])
    assert max(len(line) for line in lines) <= width


def test_a_line_breaks_at_spaces_and_a_word_only_where_it_must() -> None:
    assert wrap("Joint Authority with Sedgemoor", 14) == ["Joint", "Authority with", "Sedgemoor"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("", 10) == [""]


@pytest.mark.parametrize("width", [80, 132])
def test_a_report_fits_the_screen_and_breaks_no_word_of_it(width: int) -> None:
    text = told(build_report(summary()), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "transformation" in text
    assert all(line == line.rstrip() for line in text.splitlines())


# Progress


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal_only_and_wiped_away() -> None:
    screen, pipe = Screen(), io.StringIO()
    for stream in (screen, pipe):
        with ProgressBar("south", stream, patience=0.0) as bar:
            bar(1, 4)
    assert "south [#######......................." in screen.getvalue()
    assert "25%" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[2K")
    assert pipe.getvalue() == ""


def test_a_short_run_shows_no_bar() -> None:
    screen = Screen()
    with ProgressBar("south", screen, patience=3_600.0) as bar:
        bar(1, 1)
    assert screen.getvalue() == ""


def test_the_manifest_states_the_versions_that_are_installed() -> None:
    versions = with_manifest(summary(), {}).manifest["versions"]
    assert {name: found for name, found in versions.items() if name not in ("simlib", "python")} == {
        name: version(name) for name in ("numpy", "scipy", "xarray", "h5netcdf", "matplotlib")
    }


# A terminal


def test_a_terminal_is_told_of_styles_as_rich_tells_it() -> None:
    lines = [(f"in {style} ø", style) for style in ("bold", "dim", "italic", "bold underline", "bold reverse", "")]
    own, oracle = Screen(), Screen()
    Console(own, 80, styled=True).write([*lines, ("", "bold")])
    rich = Rich(file=oracle, force_terminal=True, color_system="truecolor", markup=False, emoji=False, highlight=False)
    for line, style in [*lines, ("", "bold")]:
        rich.print(Text(line, style=style), soft_wrap=True)
    assert own.getvalue() == oracle.getvalue()
    assert own.getvalue().startswith("\x1b[1min bold ø\x1b[0m\n")


@pytest.mark.parametrize("stream", [Screen, io.StringIO])
@pytest.mark.parametrize(
    "said",
    [{}, {"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}, {"COLUMNS": "57"}, {"COLUMNS": "wide"}],
    ids=str,
)
def test_who_is_told_of_styles_and_how_wide_lines_are_is_as_rich_decides_it(
    stream: type[io.StringIO], said: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    own, rich = open_console(stream()), Rich(file=stream())
    assert own.styled == (rich.color_system is not None) or os.name == "nt"
    if said.get("TERM") != "dumb":  # whose width rich does not ask for
        assert own.width == min(rich.width, 132)


def test_no_letter_of_a_text_steers_a_terminal() -> None:
    screen = Screen()
    Console(screen, 80, styled=False).write([("a\x1b[2Jb\rc\x9bd\x07\ne", "bold")])
    assert screen.getvalue() == "a[2Jbcde\n"
