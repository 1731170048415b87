"""The simulation can fail: each careless engine is found out."""

import pytest

from tests.simulation.checkers import check
from tests.simulation.planted import PLANTED
from tests.simulation.world import played

WITHIN = 400  # seeds


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    assert any(check(played(seed, PLANTED[fault])) for seed in range(WITHIN))
