"""Whatever the order and whatever fails: nothing is lost, doubled, out of order or left behind."""

import os
import subprocess
import sys

import pytest

from tests.simulation.checkers import check
from tests.simulation.evidence import Evidence
from tests.simulation.quiet import quiet
from tests.simulation.world import played

# Six or seven faults in each: the most there are among the first four hundred. Chosen anew when
# what a seed is a run of has changed.
RICH = [93, 98, 138, 292, 367, 369]
# Seeds that have failed, with what each found: only ever added to. None is known yet.
FAILED: dict[int, str] = {}
PRINT = "from tests.simulation.world import played; print(played({}).digest)"


@pytest.mark.parametrize("seed", [*RICH, *FAILED])
def test_a_run_that_was_rich_in_faults_or_has_failed_before_holds(seed: int) -> None:
    assert check(played(seed)) == []


@pytest.fixture(scope="module")
def runs() -> list[Evidence]:
    with quiet():
        return [played(seed) for seed in range(150)]


def test_whatever_the_seed_everything_holds(runs: list[Evidence]) -> None:
    assert {run.seed: found for run in runs if (found := check(run))} == {}


def test_the_runs_meet_what_they_are_for(runs: list[Evidence]) -> None:
    """Faults, events set aside or on their topic twice, letters that may have gone out twice."""
    assert sum(run.faults for run in runs) > len(runs)
    assert any(w.collection == "parked" for run in runs for w in run.listening)
    published = [[m.headers["ce_id"] for log in run.topics.values() for m in log] for run in runs]
    assert any(len(ids) > len(set(ids)) for ids in published)
    assert any(letter.is_uncertain for run in runs for letter in run.letters)


def test_a_seed_is_the_same_run_again_in_another_process_too() -> None:
    """Hashes of strings differ there."""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    ended = subprocess.run(
        [sys.executable, "-c", PRINT.format(22)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split()[-1] == played(22).digest == played(22).digest
