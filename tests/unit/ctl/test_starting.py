"""A stack of which a part has no address yet, or was killed."""

import subprocess
from pathlib import Path

import pytest

from clinic_ctl.stack import pids
from clinic_ctl.stack.stack import Stack, StillStarting
from clinic_ctl.stack.state import Running, StateFile


def test_the_clocks_of_a_stack_that_is_still_starting_are_not_moved_in_part(tmp_path: Path) -> None:
    state, known = StateFile(tmp_path), {"management": "http://127.0.0.1:9"}
    state.put(Running(name="intake", addresses=known, is_ready=True))
    assert Stack(tmp_path).management() == {"intake": known["management"]}
    state.put(Running(name="sessions", addresses={}))
    with pytest.raises(StillStarting, match="sessions is still starting"):
        Stack(tmp_path).management()


def test_a_part_that_was_killed_is_started_anew_whatever_its_process_still_looks_like(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        state, born = StateFile(tmp_path), pids.birth(child.pid)
        assert born is not None
        state.put(Running(name="mongo", addresses={}, pid=child.pid, born=born, is_ready=True))
        Stack(tmp_path).kill("mongo")
    assert not state.read()["mongo"].is_ready
