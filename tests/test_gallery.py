"""Pictures are the same whoever draws them, and are drawn here where the other process cannot."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from synthetic_summary import summary

from simlib import gallery
from simlib.figures import KINDS, keep, kept, picture
from simlib.gallery import draw_all, helped
from simlib.layout import Chart
from simlib.report import build_report
from simlib.reporters.papers import charts

NONSENSE = "import sys; sys.stdin.buffer.read(); print('this is no picture')"


@pytest.fixture
def some() -> list[Chart]:
    """Give half of a report's charts, of several kinds."""
    found = sorted(charts(build_report(summary())), key=lambda chart: chart.id)[::2]
    assert len({type(chart.data) for chart in found}) >= 4
    return found


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Let another process help, whatever the machine and with less than it is worth, and give those that did."""
    begun, start = [], gallery._started

    def started() -> "subprocess.Popen[bytes] | None":
        helper = start()
        begun.extend([helper] if helper else [])
        return helper

    monkeypatch.setattr(gallery, "processors", lambda: 2)
    monkeypatch.setattr(gallery, "_MUCH", 0.5)
    monkeypatch.setattr(gallery, "_started", started)
    yield begun
    for helper in begun:
        assert helper.returncode is not None, "it is gone, and was waited for"


def anew(found: list[Chart], words: str) -> list[Chart]:
    """Give charts of which nothing is kept, and which look the same."""
    return [replace(chart, alt=f"{words}: nothing is kept for other words") for chart in found]


def test_another_process_draws_the_same_to_the_byte_the_last_chart_first(some: list[Chart]) -> None:
    some, helper = some[::3], gallery._started()
    assert helper is not None
    said, _ = helper.communicate(pickle.dumps((some, tuple(KINDS))))
    rest, found = said, []
    while rest:
        found.append(pickle.loads(rest))
        rest = rest[len(pickle.dumps(found[-1])) :]
    assert [at for at, _ in found] == [*reversed(range(len(some)))]
    for at, drawn in found:
        assert drawn == [picture(some[at], kind) for kind in KINDS], some[at].id


def test_what_the_other_process_draws_is_kept(some: list[Chart], two_cores: list["subprocess.Popen[bytes]"]) -> None:
    fresh = anew(some, "by another")
    with helped(fresh, ("svg",)):
        two_cores[0].wait(120)  # it has drawn all, for nobody else does
    assert all(kept(chart, "svg") for chart in fresh)


@pytest.mark.parametrize("trouble", ["none is found", "it says nonsense", "it dies at once"])
def test_where_the_other_process_fails_all_is_drawn_here(
    trouble: str, some: list[Chart], two_cores: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"it says nonsense": NONSENSE, "it dies at once": "raise SystemExit(3)"}.get(trouble)
    if wrong is None:
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
    else:
        command = [sys.executable, "-c", wrong]
        real = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", lambda _, **how: real(command, **how))
    fresh = anew(some, trouble)
    with helped(fresh, ("svg",)):
        draw_all(fresh, ("svg",))
    assert len(two_cores) == (wrong is not None)
    assert [picture(chart, "svg") for chart in fresh] == [picture(chart, "svg") for chart in some]


def test_an_interruption_leaves_no_process_behind(
    some: list[Chart], two_cores: list["subprocess.Popen[bytes]"]
) -> None:
    with pytest.raises(KeyboardInterrupt), helped(anew(some, "interrupted"), ("svg",)):
        raise KeyboardInterrupt
    assert len(two_cores) == 1


def test_a_process_to_which_nobody_listens_any_more_ends(some: list[Chart]) -> None:
    helper = gallery._started()
    assert helper is not None
    with helper:
        assert helper.stdin is not None
        assert helper.stdout is not None
        helper.stdout.close()
        helper.stdin.write(pickle.dumps((some, ("svg",))))
        helper.stdin.close()
        assert helper.wait(120) != 0, "it was told by its first picture"


def test_nobody_is_asked_to_draw_little_or_what_is_drawn(
    some: list[Chart], two_cores: list["subprocess.Popen[bytes]"]
) -> None:
    fresh = anew(some, "kept")
    for chart in fresh:
        keep(chart, "svg", b"as it were")
    for asked, kinds in ((anew(some, "few")[:3], ("svg",)), (fresh, ("svg",)), (some, ())):
        with helped(asked, kinds):
            pass
    assert two_cores == []


def test_a_page_alone_is_not_worth_another_process_and_a_paper_is(
    two_cores: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "_MUCH", 1.8)
    twenty = anew([*charts(build_report(summary()))], "a run's")[:20]
    for kinds, begun in ((("svg",), 0), (("png",), 1), (("svg", "png", "pdf"), 2)):
        with helped(twenty, kinds):
            assert len(two_cores) == begun
