"""What costs while it stands idle ends with its last file, and not before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.stages import Stages


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
