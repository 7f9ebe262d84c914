"""The JSON Schema for editors accepts what the program accepts and marks what is misspelt."""

from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from simlib.config import load_config
from simlib.config.json_schema import config_schema

COUNCIL = (Path(__file__).parent / "good" / "council.yaml").read_text(encoding="utf-8")
GOOD = sorted((Path(__file__).parent / "good").glob("*.yaml"))
CONFIGS = sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml"))


def plain(node: Any) -> Any:
    """What an editor's own YAML reader makes of a file."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return node.isoformat() if isinstance(node, date) else node


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(config_schema())
    return jsonschema.Draft202012Validator(config_schema())


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_editors_accept_every_config_of_the_project(path: Path, validator: Any) -> None:
    assert list(validator.iter_errors(plain(yaml.safe_load(path.read_text(encoding="utf-8"))))) == []


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_editors_accept_what_the_program_accepts(path: Path, validator: Any) -> None:
    assert load_config(path).title
    assert list(validator.iter_errors(plain(yaml.safe_load(path.read_text(encoding="utf-8"))))) == []


@pytest.mark.parametrize(
    "change",
    [
        ("measures:\n", "mesures:\n"),
        ("basis: recurring\n    from", "basiss: recurring\n    from"),
        ("mode: 6 months", "mod: 6 months"),
        ("dist: triangular", "dist: triangel"),
        ("reference: uk_savings_final", "reference: uk_saving_final"),
        ("plan: happens", "plan: perhaps"),
        ("owner: own", "owner: ours"),
        ("target_year: 2018/19", "target_year: 2018-19"),
    ],
)
def test_editors_mark_a_misspelling(change: tuple[str, str], validator: Any) -> None:
    text = COUNCIL.replace(*change)
    assert text != COUNCIL
    assert list(validator.iter_errors(plain(yaml.safe_load(text))))


def test_every_key_has_its_description_for_the_editor() -> None:
    described = config_schema()["$defs"]["Measure"]["properties"]
    assert described["delay"]["description"].startswith("How much later than planned")
    assert "description" in config_schema()["properties"]["target_year"]
