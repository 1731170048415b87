"""Each trap of the drivers has its line, and what the line names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/traps.md").read_text()
TRAPS = [f"T{n}" for n in range(1, 22)] + [f"M{n}" for n in range(1, 11)]
LINES = dict(re.findall(r"^\| ([TM]\d+) \| (.+) \|$", PAGE, re.MULTILINE))
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PLACE = re.compile(r"`(libs/[\w/]+\.py)`(?: `(\w+)`)?")


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
