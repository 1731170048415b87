"""Whatever a process of the suite has started ends with it, however it ends itself.

A fixture ends what it has started. None does in a process that is killed, or asked to stop a second
time. So each has a watcher that waits for its end, and then ends all who bear its mark: it is in
the environment, which a child hands on to its own children, whoever starts them and how.
Where a system does not show a process's environment as a file, nothing is found.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from clinic_ctl.stack import pids
from tests.support import memory

MARK: Final = "CLINIC_TESTS_END_WITH"
ROOT: Final = Path(__file__).parents[2]
LOOK_EVERY: Final = 0.05  # seconds


def end_with_me() -> subprocess.Popen[bytes]:
    """Mark this process's children from now on, and watch over it. The watcher is to be kept."""
    watched = f"{os.getpid()}-{pids.birth(os.getpid())}"
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    os.environ[MARK] = watched
    # Nobody else has the other end of its input: it closes with this process, not before.
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.leftovers", watched],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        env=unmarked,
        start_new_session=True,  # Ctrl-C is not for it
    )


def marked(watched: str, processes: Path = Path("/proc")) -> Iterator[int]:
    """The processes with the mark, by number."""
    line = f"{MARK}={watched}".encode()
    for environment in processes.glob("[0-9]*/environ"):
        with suppress(OSError):  # another's, or no more
            if line in environment.read_bytes().split(b"\0"):
                yield int(environment.parent.name)


def _end_all(watched: str) -> None:
    """Again until none is left: one may just have started another."""
    while numbers := list(marked(watched)):
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(LOOK_EVERY)


def _watch(watched: str) -> None:
    sys.stdin.read()
    number, _, born = watched.partition("-")
    while pids.birth(int(number)) == born:
        time.sleep(LOOK_EVERY)
    _end_all(watched)
    memory.clear_up()


if __name__ == "__main__":
    _watch(sys.argv[1])
