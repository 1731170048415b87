"""Processes somebody started earlier: known by number and birth, asked to end, ended."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.05
# Fields of /proc/<pid>/stat, counted behind the command's name.
STATE, THREADS, STARTED_AT = 0, 17, 19


def birth(pid: int) -> str | None:
    """What distinguishes a process from a later one of its number; None when it is no more."""
    if Path("/proc/self/stat").exists():
        return _birth_in_proc(pid)
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    state, _, started = subprocess.run(
        command, capture_output=True, text=True, check=False
    ).stdout.partition(" ")
    return started.strip() if state and not state.startswith("Z") else None


def end(pid: int, born: str, *, within: float = 25) -> None:
    """Ask it to end; after `within` seconds, end it. Nothing when it is no more."""
    _signal(pid, born, signal.SIGTERM)
    deadline = time.monotonic() + within
    while birth(pid) == born:
        if time.monotonic() > deadline:
            kill(pid, born)
            return
        time.sleep(POLL_SECONDS)


def kill(pid: int, born: str) -> None:
    """End it as a power cut would, and return once it is gone."""
    _signal(pid, born, signal.SIGKILL)
    while birth(pid) == born:
        time.sleep(POLL_SECONDS)


def _signal(pid: int, born: str, number: signal.Signals) -> None:
    if birth(pid) == born:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _birth_in_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # a command's name may hold spaces and brackets
    # Killed, its first thread is gone before the others, and its ports only with the last. They are
    # counted here: a list of them that is read while they end may stop at one that just did, and a
    # process that was gone would be there again.
    is_gone = fields[STATE] == "Z" and int(fields[THREADS]) <= 1
    return None if is_gone else fields[STARTED_AT]
