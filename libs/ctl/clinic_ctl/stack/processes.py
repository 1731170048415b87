"""Processes: started with a log, waited for until they answer, ended by their own pid."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

TAIL_LINES: Final = 20
POLL_SECONDS: Final = 0.05


class ProcessFailed(Exception):
    """A process ended, or did not answer in time; with the end of its log."""

    def __init__(self, name: str, problem: str, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:] if log.exists() else []
        super().__init__(f"{name} {problem}. The end of {log.name}:\n" + "\n".join(lines))


class Process:
    """One child with its log. `start` returns at once; `wait_until` waits for it to be of use."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        # Called as soon as there is a pid: whoever keeps a list of processes has no gap in it.
        self.on_start: Callable[[int], None] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None, "Not started."
        return self._child.pid

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                # Ctrl-C is for the command that watches over it, which then ends it in order.
                start_new_session=True,
            )
        if self.on_start is not None:
            self.on_start(self._child.pid)

    def wait_until(self, is_ready: Callable[[], bool], *, within: float) -> None:
        """Raises ProcessFailed when it ends before it is ready, or is not ready in time."""
        deadline = time.monotonic() + within
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(self.name, f"did not answer within {within:.0f} s", self.log)
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raises ProcessFailed when it has ended by itself."""
        if self._child is not None and self._child.poll() is not None:
            problem = f"ended with code {self._child.returncode}"
            raise ProcessFailed(self.name, problem, self.log)

    def stop(self, *, within: float = 20) -> None:
        """Ask it to end; after `within` seconds, end it."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
