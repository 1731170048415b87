"""What a process of the suite has started ends with it, whatever ends it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from clinic_ctl.stack import pids
from tests.support.leftovers import ROOT

# Its child starts one of its own, in a session of its own: no signal to a group reaches it.
OWNER = '''
import subprocess, sys, time
from tests.support import leftovers
watcher = leftovers.end_with_me()
CHILD = """
import subprocess
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
child.wait()
"""
subprocess.Popen([sys.executable, "-c", CHILD], start_new_session=True)
time.sleep(60)
'''


@pytest.fixture
def owner() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OWNER]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield child
    child.kill()
    child.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_process_ends_with_whoever_started_the_one_that_started_it(
    owner: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert owner.stdout is not None
    grandchild = int(owner.stdout.readline())
    assert pids.birth(grandchild) is not None
    owner.send_signal(number)
    owner.wait()
    deadline = time.monotonic() + 20
    while pids.birth(grandchild) is not None:
        assert time.monotonic() < deadline, "It goes on though nobody needs it."
        time.sleep(0.02)


def test_nobody_else_ends(owner: subprocess.Popen[str]) -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.kill()
        owner.stdout.read()  # its end: all who were started by it have ended
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
