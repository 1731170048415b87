"""What takes its time to start and costs while it stands idle: who stands on it, in which order,
and its end, which comes with the last file that asks for it, not with the process.

A clinic whose tests are done goes on looking for work, and takes a tenth of a processor for it from
those that are still to run.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import pytest

T = TypeVar("T")

COSTLY: Final = ("clinic", "ground", "kafka_bootstrap")
ROOT: Final = Path(__file__).parents[2]
COMPUTES: Final = ("tests/unit/", "tests/simulation/")


@cache
def stage_of(path: str) -> str | None:
    """What the tests of this file stand on, which is for one process: the processes that are
    killed, the whole clinic, a broker."""
    if path.startswith("tests/chaos/"):
        return "chaos"
    text = (ROOT / path).read_text()
    if path.startswith("tests/e2e/") or "clinic: Stack" in text:
        return "clinic"
    return "broker" if re.search(r"\bkafka_bootstrap\b", text) else None


def turn_of(path: str) -> int:
    """When this file's turn is. Those of a stage wait most of the time and are the longest rows, so
    they begin, and who only computes uses the processors meanwhile. The files of the contracts are
    short: with them at the end, all processes end at about the same time."""
    if stage_of(path):
        return 0
    if path.startswith(COMPUTES):
        return 1
    return 3 if path.startswith("tests/contract/") else 2


class Stages:
    """By the name of its fixture: how each that stands is ended, and the last file it is for. The
    files of one stage are run in their order, however many processes share the suite."""

    def __init__(self) -> None:
        self._ends: dict[str, Callable[[], None]] = {}
        self._last: dict[str, Path] = {}

    def are_for(self, items: Iterable[pytest.Item]) -> None:
        """The tests that are to be run, in their order."""
        for item in items:
            asked = getattr(item, "fixturenames", ())
            late = _asked_late_in(item.path)
            self._last |= {name: item.path for name in COSTLY if name in asked or name in late}

    @contextmanager
    def standing(self, name: str, costly: AbstractContextManager[T]) -> Iterator[T]:
        """Until the end of its last file, or of the block."""
        with ExitStack() as until:
            stands = until.enter_context(costly)
            self._ends[name] = until.close
            yield stands

    def leave(self, file: Path) -> None:
        """After a file's last test, and all that stood for the file."""
        for name in [name for name in self._ends if self._last.get(name) == file]:
            self._ends.pop(name)()


@cache
def _asked_late_in(file: Path) -> frozenset[str]:
    """A test may ask for what it needs only while it runs."""
    return frozenset(re.findall(r'getfixturevalue\("(\w+)"\)', file.read_text()))


STAGES: Final = pytest.StashKey[Stages]()
