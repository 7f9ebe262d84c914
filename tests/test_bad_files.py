"""Every bad file beside its exact message, and files made to harm; good files are in ``test_config``.

``SIMLIB_REGENERATE=1`` writes the messages anew: the difference is to be read, not trusted.
"""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlib.config import document, load_config, parse_config
from simlib.errors import ConfigError

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))
REGENERATE = bool(os.environ.get("SIMLIB_REGENERATE"))


def refusal(path: str | Path, **named: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, **named)  # type: ignore[arg-type]
    return str(caught.value)


def refusal_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "bad.yaml")
    return str(caught.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_exactly_its_message(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    said = refusal(path.name) + "\n"
    expected = path.with_suffix(".txt")
    if REGENERATE:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_there_is_a_message_for_every_bad_file_and_no_other() -> None:
    assert {path.stem for path in FILES} == {path.stem for path in BAD.glob("*.txt")}
    assert len(FILES) >= 60


def test_every_problem_has_its_line_and_none_is_said_twice() -> None:
    for path in BAD.glob("*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(set(lines)) == len(lines), path
        places = [tuple(int(part) for part in line.split(":")[1:3]) for line in lines]
        assert places == sorted(places), path


def test_six_different_mistakes_are_all_said_at_once() -> None:
    said = (BAD / "six_mistakes.txt").read_text(encoding="utf-8").splitlines()
    assert len(said) == 6


def test_a_missing_file_a_folder_and_an_unreadable_name_are_said_in_words(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml").endswith("none.yaml: there is no such file")
    assert refusal(tmp_path).endswith(": expected a config file, got a folder")
    assert "the file cannot be read" in refusal("a\0b.yaml")
    assert "the file cannot be read" in refusal(tmp_path / ("n" * 300))


def test_text_that_is_not_utf_8_is_refused_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("simlib: 1\ntitle: caf\xe9\n".encode("latin-1"))
    said = refusal(path)
    assert said == f"{path}:2:11: expected text saved as UTF-8; this character is in another encoding"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffsimlib: 1\r\ntitle: From a Windows editor\r\n".encode())
    assert load_config(path).title == "From a Windows editor"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"simlib: 1\ntitle: a\0b\n", "3: a control or invisible character (U+0000)"),
        ("simlib: 1\ntitle: \u202eevil\n".encode(), "a control or invisible character (U+202E)"),
        ("simlib: 1\ntitle: a\u200bb\n".encode(), "a control or invisible character (U+200B)"),
        (b"simlib: 1\ntitle: a\x1b[31mb\n", "a control or invisible character (U+001B)"),
        (b"# " + b"x" * (2 << 20), "expected a file of at most 1 MiB"),
        (b"[" * 10_000, "expected at most 40 levels of nesting"),
        (b"a: " + b"{b: " * 10_000, "expected at most 40 levels of nesting"),
        (b"- " * 10_000, "expected at most 40 levels of nesting"),
        (b"a:\n" + b"".join(b" " * i + b"b:\n" for i in range(1, 300)), "expected at most 40 levels"),
        (b"a: [" + b"1, " * 60_000 + b"1]", "expected at most 50,000 entries"),
    ],
    ids=[
        "null",
        "bidi",
        "zero_width",
        "escape",
        "2_mib",
        "10k_deep",
        "10k_maps",
        "10k_lists",
        "indents",
        "60k",
    ],
)
def test_a_hostile_file_is_refused_in_words(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    assert words.removeprefix("3: ") in refusal(path)


def test_ten_thousand_duplicates_are_refused_after_the_first_few_hundred() -> None:
    keys = [f"k{i}: 1" for i in range(10_000)]
    said = refusal_of("simlib: 1\ntitle: Bad\n" + "\n".join(keys + keys[::-1])).splitlines()
    assert len(said) == document.MOST_PROBLEMS
    assert all("duplicate key" in line for line in said)


def test_thousands_of_unknown_names_do_not_take_for_ever_to_say() -> None:
    drivers = "\n".join(f"  d{i}: d{i}x + 1" for i in range(2_000))
    said = refusal_of(f"simlib: 1\ntitle: Bad\ndrivers:\n{drivers}\n").splitlines()
    assert len(said) == document.MOST_PROBLEMS
    assert "there is no figure called 'd0x'" in said[0]


def test_a_long_chain_of_formulas_is_followed_without_recursion() -> None:
    links = "\n".join(f"  d{i}: d{i + 1} + 1" for i in range(5_000))
    assert len(parse_config(f"simlib: 1\ntitle: Chain\ndrivers:\n{links}\n  d5000: 1\n").drivers) == 5_001
    said = refusal_of(f"simlib: 1\ntitle: Chain\ndrivers:\n{links}\n  d5000: d0\n")
    assert "this figure needs itself" in said


def test_more_readings_than_anybody_reads_are_refused() -> None:
    readings = "\n".join(f"  r{i}: {{why: x, set: {{drivers.x: 1}}}}" for i in range(51))
    said = refusal_of(f"simlib: 1\ntitle: Bad\ndrivers: {{x: 1}}\nreadings:\n{readings}\n")
    assert said == "bad.yaml:5:3: readings: expected at most 50 readings, got 51"


def test_no_code_of_a_config_is_ever_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    attack = f"__import__('pathlib').Path('{witness}').touch()"
    refusal_of(f"simlib: 1\ntitle: Bad\noutputs:\n  a: {attack}\n")
    refusal_of(f"simlib: 1\ntitle: Bad\ndrivers:\n  a: !!python/object/apply:os.mkdir ['{witness}']\n")
    assert not witness.exists()


CSV = "simlib: 1\ntitle: Data\ndrivers:\n  a: {{dist: empirical, file: {file}, column: x}}\n"


def test_a_link_beside_a_config_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x\n1\n")
    (tmp_path / "data.csv").symlink_to(tmp_path / "secret")
    (tmp_path / "c.yaml").write_text(CSV.format(file="data.csv"))
    assert "'data.csv' cannot be read: it is a link" in refusal(tmp_path / "c.yaml")


def test_a_data_file_is_a_file_of_a_bearable_size_with_the_column(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(CSV.format(file="data.csv"))
    (tmp_path / "data.csv").mkdir()
    assert "'data.csv'" in refusal(config)
    (tmp_path / "data.csv").rmdir()
    (tmp_path / "data.csv").write_text("x\n" + "1\n" * 3_000_000)
    assert "'data.csv' has more than 5 MB" in refusal(config)
    (tmp_path / "data.csv").write_text("x\n" + "1\n" * 100_001)
    assert "'data.csv' has more than 100,000 rows" in refusal(config)
    (tmp_path / "data.csv").write_bytes(b"x\n\xff\n")
    assert "'data.csv' is not UTF-8 text" in refusal(config)
    (tmp_path / "data.csv").write_text("y,z\n1,2\n")
    assert "'data.csv' has no column 'x'; known are y, z" in refusal(config)
    (tmp_path / "data.csv").write_text("x\n1\ntwo\n")
    assert "data.csv:3:1: drivers.a.column: expected a number" in refusal(config)


def test_a_text_that_is_no_file_names_no_data() -> None:
    assert "a data file needs a config that is a file" in refusal_of(CSV.format(file="data.csv"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "data.csv")
    (tmp_path / "c.yaml").write_text(CSV.format(file="data.csv"))
    assert "'data.csv' is a link or no regular file" in refusal(tmp_path / "c.yaml")


@pytest.mark.parametrize("slow", [False, True], ids=["with_libyaml", "without"])
def test_the_document_is_the_same_with_and_without_libyaml(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if slow:
        import yaml

        monkeypatch.setattr(document, "_Parser", yaml.BaseLoader)
    read = document.parse("a: 'é' # x\nb: no # y\nc: [12:30, 1e6, 0x10, 1_000]\n", "x")
    assert read.problems == ()
    assert read.root == {"a": "é", "b": "no", "c": ["12:30", "1e6", "0x10", "1_000"]}
    cut = {key: getattr(value, "cut", None) for key, value in read.root.items()}
    assert cut == {"a": False, "b": True, "c": None}


GOOD = (Path(__file__).parent.parent / "configs" / "south_somerset.yaml").read_text(encoding="utf-8").splitlines()
PIECES = st.sampled_from(
    [
        "{}",
        "[]",
        "null",
        "''",
        "-1",
        "1e400",
        "140%",
        "£1m",
        "6 months",
        "x.y",
        "{value: [1]}",
        "{plan: 1}",
        ": :",
        "{dist: normal}",
        "{dist: [a]}",
        "{dist: mixture, of: {a: 1}}",
        "{reference: uk_income}",
        "{2016/17: 1}",
        "{2016-12: 1}",
        "{sum_of: 1, each: 2}",
        "rest",
        "yes",
        "*a",
        "&a 1",
        "!!x 1",
        "- a",
        "'",
        "{",
        "\t",
        "#",
    ]
)


@settings(max_examples=60)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 12), PIECES, st.booleans())
def test_whatever_is_edited_the_file_is_read_or_refused_in_words(
    line: int, word: int, piece: str, whole_value: bool
) -> None:
    found = list(re.finditer(r"(?<=: ).+|^" if whole_value else r"[\w./%£-]+", GOOD[line])) or [
        re.compile("").match("")
    ]
    match = found[word % len(found)]
    assert match is not None
    edited = GOOD[line][: match.start()] + piece + GOOD[line][match.end() :]
    try:
        assert parse_config("\n".join([*GOOD[:line], edited, *GOOD[line + 1 :]])).title
    except ConfigError as refusal:
        assert refusal.problems  # noqa: PT017 - either a config or words
