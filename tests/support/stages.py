"""Ends what costs while it stands idle: with the last file that asks for it, not with the process.

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
