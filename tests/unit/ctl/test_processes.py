"""Processes are known by number and birth, and ended by those alone."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinic_ctl.stack import pids
from clinic_ctl.stack.processes import Process, ProcessFailed
from clinic_ctl.stack.state import Running, StateFile

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"])
    yield child
    child.kill()
    child.wait()


def born(child: subprocess.Popen[bytes]) -> str:
    birth = pids.birth(child.pid)
    assert birth is not None
    return birth


def test_a_process_ends_when_it_is_asked_to(sleeper: subprocess.Popen[bytes]) -> None:
    pids.end(sleeper.pid, born(sleeper))
    assert sleeper.wait() == -signal.SIGTERM


def test_a_process_that_does_not_listen_is_ended() -> None:
    code = f"{DEAF}; time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        pids.end(child.pid, born(child), within=0.2)
        assert child.wait() == -signal.SIGKILL


def test_a_later_process_with_the_same_number_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    pids.end(sleeper.pid, "another birth")
    pids.kill(sleeper.pid, "another birth")
    assert sleeper.poll() is None


def test_a_process_that_has_ended_has_no_birth(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    birth = pids.birth(sleeper.pid) or ""  # it may go between any two looks
    pids.kill(sleeper.pid, birth)
    assert pids.birth(sleeper.pid) is None


def test_a_crash_is_reported_with_the_end_of_the_log(tmp_path: Path) -> None:
    code = "import sys; sys.exit('No room on the disk.')"
    process = Process("broker", [sys.executable, "-c", code], log=tmp_path / "broker.log")
    process.start()
    with pytest.raises(ProcessFailed, match=r"ended with code 1(.|\n)*No room on the disk"):
        process.wait_until(lambda: False, within=20)


def test_a_part_is_written_down_as_soon_as_it_has_a_number(tmp_path: Path) -> None:
    seen: list[int] = []
    process = Process("sleeper", ["sleep", "60"], log=tmp_path / "sleeper.log")
    process.on_start = seen.append
    process.start()
    assert seen == [process.pid]
    process.stop()


def test_what_runs_is_found_again_and_what_does_not_is_known(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    state = StateFile(tmp_path)
    state.put(Running(name="kafka", addresses={}, pid=sleeper.pid, born=born(sleeper)))
    state.put(Running(name="mongo", addresses={}, pid=sleeper.pid, born="before a crash"))
    found = StateFile(tmp_path).read()
    assert found["kafka"].is_alive
    assert not found["kafka"].is_usable
    assert not found["mongo"].is_alive
    state.put(replace(found["kafka"], is_ready=True))
    assert StateFile(tmp_path).read()["kafka"].is_usable
