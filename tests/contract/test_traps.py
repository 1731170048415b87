"""Each trap of the drivers has its line, what the line names is there, and none is sprung."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/traps.md").read_text()
TRAPS = [f"T{n}" for n in range(1, 24)] + [f"M{n}" for n in range(1, 12)]
LINES = dict(re.findall(r"^\| ([TM]\d+) \| (.+) \|$", PAGE, re.MULTILINE))
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PLACE = re.compile(r"`(libs/[\w/]+\.py)` `(\w+)`")
# Methods of the drivers that spring one, by what they are called.
SPRING = {"pause": "T6", "getone": "T5", "watch": "M1", "with_transaction": "M3"}


def test_every_trap_has_its_line() -> None:
    assert list(LINES) == TRAPS


@pytest.mark.parametrize("trap", TRAPS)
def test_what_a_line_names_is_there(trap: str) -> None:
    tests, places = TEST.findall(LINES[trap]), PLACE.findall(LINES[trap])
    assert tests or places
    for path, name in tests:
        assert f"def {name}(" in (ROOT / path).read_text()
    for path, name in places:
        assert name in (ROOT / path).read_text()


def calls_that_spring_one(code: str) -> list[str]:
    return [
        SPRING[node.func.attr]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SPRING
    ]


def test_no_call_springs_a_trap() -> None:
    files = [*(ROOT / "libs").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
    assert {str(file): sprung for file in files if (sprung := _sprung_in(file))} == {}


@pytest.mark.parametrize(
    ("code", "springs"),
    [("consumer.pause(p)", ["T6"]), ("await consumer.getone()", ["T5"]), ("sleep(pause)", [])],
)
def test_a_call_that_springs_one_is_known(code: str, springs: list[str]) -> None:
    assert calls_that_spring_one(code) == springs


def _sprung_in(file: Path) -> list[str]:
    return calls_that_spring_one(file.read_text())
