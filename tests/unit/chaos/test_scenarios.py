"""What strikes in a storm, as its plan has it."""

import random
from collections import Counter
from pathlib import Path

import pytest

from clinic_ctl.stack.stack import Stack
from tests.chaos.playing import Wish
from tests.chaos.scenarios import kills

FULL, QUICK = 5_000, 280  # commands


@pytest.mark.parametrize(("commands", "each"), [(FULL, 2), (QUICK, 1)])
def test_the_broker_and_the_database_are_killed_among_the_services(
    tmp_path: Path, commands: int, each: int
) -> None:
    wish = Wish(seed=1, commands=commands, quick=commands == QUICK, folder=tmp_path)
    faults = kills(Stack(tmp_path, anywhere=True), random.Random(wish.seed), wish)
    struck = Counter(fault.name for _, fault in faults.during)

    assert (struck["kill kafka"], struck["kill mongo"]) == (each, each)
