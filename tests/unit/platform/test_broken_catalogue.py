"""No service starts with a catalogue of events that breaks a rule; one line names it."""

import os
import re
import subprocess
import sys

import pytest

from clinic_events import SessionMissed
from clinic_events.catalog import Catalog
from clinic_events.errors import CannotStart

SETTINGS = {
    "SESSIONS_ENVIRONMENT": "test",
    "SESSIONS_AUTH_JWKS_URL": "https://issuer.example.org/jwks.json",
    "SESSIONS_SEALING_KEYS": '{"a": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}',
}
# As an engineer's slip leaves it: among the contracts that are there, one that breaks a rule.
PROGRAM = """
from clinic_events.contracts import sessions

class Slipped(sessions.SessionMissed):
    name = "sessions.slipped"

sessions.Slipped = Slipped
import runpy
import sys
sys.argv = ["clinic_sessions", "worker", "--check-config"]
runpy.run_module("clinic_sessions", run_name="__main__", alter_sys=False)
"""


@pytest.mark.parametrize(
    ("declaration", "error"),
    [
        ({"name": "sessions.slipped"}, "Slipped is called 'sessions.slipped', which is no name"),
        (
            {"name": "sessions.slipped.v1", "about": "nothing"},
            "Slipped names 'nothing' as `about`, which is no field of it.",
        ),
        ({"name": "sessions.slipped.v1", "topic": "sessions"}, "Slipped names no topic."),
        (
            {"name": "sessions.slipped.v1", "is_tombstone": True},
            "Slipped is a tombstone: it has its key alone, on a compacted topic.",
        ),
        ({}, "Two contracts are called sessions.session_missed.v1."),
    ],
)
def test_a_contract_that_breaks_a_rule_is_reported_with_the_rule(
    declaration: dict[str, object], error: str
) -> None:
    slipped = type("Slipped", (SessionMissed,), {"__module__": __name__, **declaration})
    with pytest.raises(CannotStart, match=re.escape(error)):
        Catalog([SessionMissed, slipped]).check()


def test_a_broken_catalogue_is_refused_at_the_start_in_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert line.startswith("The catalogue of events is broken. Slipped is called")
