"""A wall clock that is moved under a process that runs, by libfaketime."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.chaos.faults import Fault

# Where Debian's package has it.
IN_THE_SYSTEM: Final = "/usr/lib/*/faketime/libfaketime.so.1"


class WallClock:
    """Of every process that is started with `environment`."""

    def __init__(self, library: Path, file: Path) -> None:
        self._library = library
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("+0")

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def moved(self, hours: int, seconds: float) -> Fault:
        """To one side or the other, for so many true seconds; then it is right again."""
        by = f"{hours:+d}h"

        def strike() -> None:
            self._file.write_text(by)
            try:
                time.sleep(seconds)
            finally:
                self._file.write_text("+0")

        name = f"wall clock {by} for {seconds:.0f} s"
        return Fault(name, strike, clock_off_by=timedelta(hours=abs(hours)))


def library() -> Path | None:
    """libfaketime, from PyPI or of the system; None where there is none."""
    return next(_libraries(), None)


def _libraries() -> Iterator[Path]:
    found = find_spec("libfaketime")
    if found is not None and found.origin is not None:
        yield from Path(found.origin).parent.rglob("libfaketime.so.1")
    yield from Path("/").glob(IN_THE_SYSTEM.lstrip("/"))
