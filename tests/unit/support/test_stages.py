"""What costs while it stands idle ends with its last file, and not before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.stages import Stages, stage_of, turn_of


@contextmanager
def a_clinic(doings: list[str]) -> Iterator[str]:
    doings.append("started")
    yield "it stands"
    doings.append("ended")


class Asks(pytest.Item):
    """A test of a file, which asks for what is named."""

    fixturenames: tuple[str, ...] = ()

    def runtest(self) -> None: ...


@pytest.fixture
def stages(request: pytest.FixtureRequest, tmp_path: Path) -> Stages:
    """Of three files: two whose tests ask for a clinic, the second while it runs, and another."""
    words = {"first": "", "second": 'getfixturevalue("clinic")', "third": "a clinic"}
    items = []
    for name, text in words.items():
        file = tmp_path / name
        file.write_text(text)
        item = Asks.from_parent(request.session, name=name)
        item.path = file
        items.append(item)
    items[0].fixturenames = ("clinic",)
    stages = Stages()
    stages.are_for(items)
    return stages


def test_a_clinic_ends_with_the_last_file_that_asks_for_it(stages: Stages, tmp_path: Path) -> None:
    doings: list[str] = []
    with stages.standing("clinic", a_clinic(doings)) as stands:
        stages.leave(tmp_path / "first")
        assert (stands, doings) == ("it stands", ["started"])
        stages.leave(tmp_path / "second")
        assert doings == ["started", "ended"]
        stages.leave(tmp_path / "third")
    assert doings == ["started", "ended"]


def test_a_clinic_whose_last_file_is_not_reached_ends_with_the_process(
    stages: Stages, tmp_path: Path
) -> None:
    doings: list[str] = []
    with stages.standing("clinic", a_clinic(doings)):
        stages.leave(tmp_path / "first")
        stages.leave(tmp_path / "third")
        assert doings == ["started"]
    assert doings == ["started", "ended"]


def test_what_waits_begins_what_computes_fills_its_pauses_and_short_files_end_the_suite() -> None:
    files = [
        "tests/contract/test_docs.py",
        "tests/integration/sessions/test_booking.py",
        "tests/unit/sessions/test_oracle.py",
        "tests/simulation/test_seeds.py",
        "tests/chaos/test_points.py",
        "tests/integration/events/test_broker.py",
    ]
    assert sorted(files, key=turn_of) == [*files[4:], *files[2:4], files[1], files[0]]


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("tests/chaos/test_points.py", "chaos"),
        ("tests/e2e/test_watch.py", "clinic"),
        ("tests/integration/sessions/test_races.py", "clinic"),
        ("tests/integration/platform/test_backbone.py", "broker"),
        ("tests/integration/sessions/test_booking.py", None),
        ("tests/unit/platform/test_web.py", None),  # names a setting that is called like a broker
    ],
)
def test_a_file_is_of_the_stage_it_asks_for(file: str, stage: str | None) -> None:
    assert stage_of(file) == stage
