"""Files made to tire, to deceive or to be misread; exact messages are in ``test_bad_files``."""

import re
import unicodedata
from pathlib import Path

import pytest

from simlib.config import document, load_config, parse_config
from simlib.config.checks.options import MOST_OPTIONS
from simlib.errors import ConfigError
from tests.small_files import COUNCIL, HEAD

FROM_DATA = "simlib: 1\ntitle: Data\ndrivers: {a: {dist: empirical, file: %s, column: v}}\n"


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "bad.yaml")
    return str(caught.value)


def refusal_of_data(content: bytes, folder: Path, name: str = "a.csv") -> str:
    (folder / "c.yaml").write_text(FROM_DATA % name, encoding="utf-8")
    if len(name) < 200:
        (folder / name).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "c.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"v\n1,5\n", "'a.csv' has 2 cells on line 2 and 1 columns"),
        (b"v,v\n1,2\n", "'a.csv' has two columns 'v'"),
        (b'v\n"1\n', "'a.csv' is no CSV file: unexpected end of data"),
        (b"v\n" + b"1" * 200_000 + b"\n", "'a.csv' is no CSV file: field larger than field limit"),
        (b"v;w\n1;2\n", "'a.csv' has no column 'v'; known are v;w"),
        (b"", "'a.csv' has no column 'v'"),
    ],
    ids=["decimal_comma", "two_columns", "open_quote", "long_cell", "semicolons", "empty"],
)
def test_data_that_would_be_misread_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    assert words in refusal_of_data(content, tmp_path)


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    assert refusal_of_data(b"", tmp_path, "x" * 300 + ".csv").endswith("cannot be read: File name too long")


def test_ninety_thousand_bad_cells_are_not_all_told(tmp_path: Path) -> None:
    said = refusal_of_data(b"v\n" + b"x\n" * 90_000, tmp_path).splitlines()
    assert len(said) == document.MOST_PROBLEMS


def test_ten_thousand_bad_names_are_not_all_told() -> None:
    drivers = "".join(f"  A{i}: 1\n" for i in range(10_000))
    said = refusal(f"simlib: 1\ntitle: Bad\ndrivers:\n{drivers}").splitlines()
    assert len(said) == document.MOST_PROBLEMS


def test_mistakes_of_many_kinds_end_with_a_word_that_there_are_more() -> None:
    many = range(document.MOST_PROBLEMS)
    drivers = "".join(f"  A{i}: 1\n" for i in many) + "".join(f"  b{i}: nosuch\n" for i in many)
    said = refusal(f"simlib: 1\ntitle: Bad\ndrivers:\n{drivers}").splitlines()
    assert len(said) == document.MOST_PROBLEMS + 1
    assert said[-1] == "and more, which is told when these are mended"


UNSEEN = "\xad\u034f\u061c\u115f\u180b\u202e\u2066\u206a\u2800\u3164\ufe00\ufe0f\ufff0\ufffe\uffff"
UNSEEN += "\U0001d173\U000e0041\U000e0100"


@pytest.mark.parametrize("letter", UNSEEN)
@pytest.mark.parametrize("spelt", [True, False])
def test_letters_that_nobody_sees_are_refused(letter: str, spelt: bool) -> None:
    code = f"\\U{ord(letter):08x}" if spelt else letter
    assert f"invisible character (U+{ord(letter):04X})" in refusal(f'simlib: 1\ntitle: "a{code}b"\n')


def test_no_letter_that_unicode_calls_ignorable_or_unseen_makes_a_name() -> None:
    unseen = (chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cf", "Cc", "Zl", "Zp"})
    passed = {letter for letter in unseen if not document._FORBIDDEN.search(f"a{letter}b")} - {"\t", "\n", "\r"}
    scripts = {unicodedata.name(letter).split()[0] for letter in passed}
    assert scripts == {"ARABIC", "SYRIAC", "KAITHI"}, "signs that are seen, about the number that follows"


def test_a_picture_of_a_sign_is_a_name_and_what_makes_it_one_is_none() -> None:
    heart = "\u2764\ufe0f 1\ufe0f\u20e3"
    assert parse_config(HEAD.replace("a small file", heart)).title == heart
    assert "U+FE0F" in refusal('simlib: 1\ntitle: "\ufe0f"\n')


def test_more_options_than_can_be_compared_are_refused() -> None:
    options = "".join(f"  o{i}: {{councils: a}}\n" for i in range(MOST_OPTIONS + 1))
    assert f"options: expected at most {MOST_OPTIONS} options, got {MOST_OPTIONS + 1}" in refusal(
        HEAD + COUNCIL + "options:\n" + options
    )


@pytest.mark.parametrize("text", ["!" * 100_000, "drivers: {a: &" + "x" * 900 + " 1}", "a: !<" + "x" * 900 + "> 1"])
def test_no_message_is_as_long_as_what_it_is_about(text: str) -> None:
    assert max(map(len, refusal(text).splitlines())) < 300


def test_an_override_without_end_is_quoted_in_part() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("simlib: 1\ntitle: A\n", overrides=["x" * 100_000])
    assert len(str(caught.value)) < 300
    with pytest.raises(ConfigError) as caught:
        parse_config("simlib: 1\ntitle: A\n", overrides={"title": "[" * 100_000})
    assert re.match(r"--set title=\[+\.\.\.: title: expected at most 40 levels", str(caught.value))


@pytest.mark.parametrize("formula", ["where(a > 1, 2, 3)", "min(a, max(3, a))", "max(a, 0)"])
@pytest.mark.parametrize("entry", ["outputs: {o: %s, p: 1}", "outputs: {o: {formula: %s, label: O}}"])
def test_a_formula_cut_by_commas_is_told_once(formula: str, entry: str) -> None:
    said = refusal(f"simlib: 1\ntitle: Cut\ndrivers: {{a: 1}}\n{entry % formula}\n").splitlines()
    assert len(said) == 1
    assert "put a formula with a comma in quotation marks" in said[0]
