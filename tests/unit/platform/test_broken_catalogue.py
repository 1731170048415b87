"""No service starts with a catalogue of events that breaks a rule; it says so in one line."""

import os
import subprocess
import sys

import pytest

SETTINGS = {
    "SESSIONS_ENVIRONMENT": "test",
    "SESSIONS_AUTH_JWKS_URL": "https://issuer.example.org/jwks.json",
    "SESSIONS_SEALING_KEYS": '{"a": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}',
}
# As an engineer's slip leaves it: among the contracts that are there, one that breaks a rule.
PROGRAM = """
from clinic_events.contracts import sessions
from clinic_events.envelope import Event

class Slipped(sessions.{base}):
    {declaration}

sessions.Slipped = Slipped
import runpy
import sys
sys.argv = ["clinic_sessions", "worker", "--check-config"]
runpy.run_module("clinic_sessions", run_name="__main__", alter_sys=False)
"""


def _started(base: str, declaration: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(base=base, declaration=declaration)
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("declaration", "told"),
    [
        ('name = "sessions.slipped"', "Slipped is called 'sessions.slipped', which is no name"),
        ('name = "sessions.slipped.v1"; about = "nothing"', "and 'nothing' is no field of it."),
        ('name = "sessions.slipped.v1"; topic = "sessions"', "Slipped names no topic."),
        ("pass", "Two contracts are called sessions.session_missed.v1."),
    ],
)
def test_a_broken_catalogue_is_refused_at_the_start_in_one_line(
    declaration: str, told: str
) -> None:
    ended = _started("SessionMissed", declaration)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert line.startswith("The catalogue of events is broken. ")
    assert told in line
