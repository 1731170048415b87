"""The whole journey, as the demo plays it: through the doors of four running services."""

import json
import subprocess
import sys
from typing import Any

import pytest

CLOSED = "The day of the vials is closed"
# One patient, four services, six weeks of the calendar: what is published, each event once.
PUBLISHED = {
    "intake.consent_given.v1": 4,
    "intake.consultation_booked.v1": 1,
    "intake.consultation_held.v1": 1,
    "intake.contact_card_sealed.v1": 1,
    "intake.patient_cleared.v1": 1,
    "intake.patient_registered.v1": 1,
    "intake.screening_completed.v1": 2,
    "notifications.message_sent.v1": 18,
    "notifications.message_withheld.v1": 1,
    "outcomes.risk_acknowledged.v1": 1,
    "outcomes.risk_closed.v1": 1,
    "outcomes.risk_raised.v1": 1,
    "outcomes.score_recorded.v1": 4,
    "outcomes.survey_answered.v1": 4,
    "outcomes.survey_due.v1": 4,
    "sessions.alarm_acknowledged.v1": 1,
    "sessions.alarm_closed.v1": 1,
    "sessions.alarm_raised.v1": 1,
    "sessions.dosing_ended.v1": 2,
    "sessions.dosing_started.v1": 2,
    "sessions.location_published.v1": 1,
    "sessions.plan_started.v1": 1,
    "sessions.session_booked.v1": 6,
    "sessions.session_cancelled.v1": 1,
    "sessions.session_completed.v1": 2,
    "sessions.session_rescheduled.v1": 1,
}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("journey")
    command = [sys.executable, "-m", "clinic_ctl", "demo", "--json", "--dir", str(folder)]
    played = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert played.returncode == 0, played.stderr
    return [json.loads(line) for line in played.stdout.splitlines()]


@pytest.fixture
def counts(lines: list[dict[str, Any]]) -> dict[str, Any]:
    counts: dict[str, Any] = lines[-1]["counts"]
    return counts


def test_every_event_of_the_journey_is_published_once(counts: dict[str, Any]) -> None:
    assert counts["events_published"] == PUBLISHED


def test_every_listener_has_handled_everything(counts: dict[str, Any]) -> None:
    handled = {"intake": 34, "sessions": 25, "notifications": 45, "outcomes": 29}
    assert counts["events_handled"] == handled
    assert (
        counts["unpublished"] == counts["unhandled"] == counts["parked"] == counts["overdue"] == 0
    )


def test_every_letter_arrives_and_none_at_night(counts: dict[str, Any]) -> None:
    assert counts["letters_sent"] == counts["letters_received"] == 18
    assert counts["letters_in_quiet_hours"] == 0


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ("An answer is missing", "review: K-NEU-2"),
        ("Screened", "clear; the receipt replays: True"),
        ("A prescriber clears them", "gates: pass"),
        ("The same again is refused", "slot_taken: patient"),
        ("The others in one call", "5 booked, 0 missing"),
        ("Tea an hour ago", "gates shut: G-FASTING"),
        ("A prescriber waives it", "all gates open, waived: G-FASTING"),
        ("Dose ordered from today's weight", "41 mg, 0.82 mL"),
        ("An alarm", "SpO2 91 %: spo2-low-2, pause"),
        ("A nurse closes it", "SpO2 97 %: oxygen_given"),
        ("Forty minutes later, ended", "6 readings"),
        ("Counted at the start of the shift", "500 mg, 2 people agree with the ledger"),
        ("Drawn from the vial", "45 mg"),
        ("The rest, before a witness", "4 mg wasted, by usr_nora_nurse and usr_ned_nurse"),
        ("Counted at the end of the shift", "455 mg, 2 people agree with the ledger"),
        ("Too early to leave", "gates shut: D-TIME"),
        (
            "The weekly PHQ-9: scored",
            "phq-9 8, from 18: 56 % better; response True, remission False",
        ),
        ("The crisis text is in the same answer", "“If you are in danger, call or text 988 now.”"),
        ("Not to be dosed", "gates_block: G-RISK"),
    ],
)
def test_a_step_shows_what_it_did(title: str, seen: str, lines: list[dict[str, Any]]) -> None:
    step = next(line for line in lines if line.get("title") == title)
    assert step["seen"] == seen


def test_the_ledger_of_the_vial_adds_up_at_the_end_of_each_day(
    lines: list[dict[str, Any]],
) -> None:
    closed = [line["seen"] for line in lines if line.get("title") == CLOSED]
    assert [seen.partition(": ")[2] for seen in closed] == [
        "500 mg received = 41 given + 4 wasted + 455 left",
        "500 mg received = 82 given + 8 wasted + 410 left",
    ]
