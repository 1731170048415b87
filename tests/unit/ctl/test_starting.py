"""A stack of which a part has no address yet."""

from pathlib import Path

import pytest

from clinic_ctl.stack.stack import Stack, StillStarting
from clinic_ctl.stack.state import Running, StateFile


def test_the_clocks_of_a_stack_that_is_still_starting_are_not_moved_in_part(tmp_path: Path) -> None:
    state, known = StateFile(tmp_path), {"management": "http://127.0.0.1:9"}
    state.put(Running(name="intake", addresses=known, is_ready=True))
    assert Stack(tmp_path).management() == {"intake": known["management"]}
    state.put(Running(name="sessions", addresses={}))
    with pytest.raises(StillStarting, match="sessions is still starting"):
        Stack(tmp_path).management()
