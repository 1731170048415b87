"""What runs in a folder, written down: another command, or one after a crash, can go on from it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from clinic_ctl.stack import pids


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One part of the stack. `pid` is None when it is given from outside, and not ours to end."""

    name: str
    addresses: Mapping[str, str]
    pid: int | None = None
    born: str = ""
    log: str = ""
    is_ready: bool = False

    @classmethod
    def given(cls, name: str, **addresses: str) -> Self:
        return cls(name=name, addresses=addresses, is_ready=True)

    @property
    def is_alive(self) -> bool:
        return self.pid is None or pids.birth(self.pid) == self.born

    @property
    def is_usable(self) -> bool:
        return self.is_alive and self.is_ready

    def end(self) -> None:
        if self.pid is not None:
            pids.end(self.pid, self.born)

    def kill(self) -> None:
        if self.pid is not None:
            pids.kill(self.pid, self.born)


class StateFile:
    """`stack.json` of one folder, whole after any crash. Threads may write to it side by side."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "stack.json"
        self._writing = Lock()

    def read(self) -> dict[str, Running]:
        """What was written down, alive or not."""
        if not self._path.exists():
            return {}
        return {row["name"]: Running(**row) for row in json.loads(self._path.read_text())}

    def put(self, part: Running) -> None:
        with self._writing:
            self._write({**self.read(), part.name: part})

    def remove(self, name: str) -> None:
        with self._writing:
            self._write({key: part for key, part in self.read().items() if key != name})

    @contextmanager
    def held(self) -> Iterator[None]:
        """One command at a time changes what runs in a folder; others wait here."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "stack.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, parts: Mapping[str, Running]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps([asdict(part) for part in parts.values()], indent=1))
        os.replace(partial, self._path)
