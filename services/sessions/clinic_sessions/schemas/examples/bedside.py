"""Invented examples of what the API gives of the bedside."""

from typing import Final

from clinic_sessions.schemas.examples.booking import SESSION_ID, Example

RECEIPT: Final[Example] = {
    "rule_set": "readiness-gates",
    "version": 3,
    "as_of": "2030-01-08T15:20:00Z",
    "outcome": "block",
    "is_open": False,
    "findings": [
        {
            "rule": "G-FASTING",
            "state": "waivable",
            "why": "hit",
            "message": "Clear fluids until two hours before.",
            "source": "American Society of Anesthesiologists, fasting 2/6/8 h",
            "waivable_by": ["prescriber"],
            "people": 1,
            "waiver": None,
            "facts": {"fasting_hours": 1.5},
            "ages_seconds": {"fasting_hours": 600},
        }
    ],
    "passed": [],
}
ADVERSE_EVENT: Final[Example] = {
    "id": "aev_01JGZ3W5T0000000000000SAMP",
    "account": {
        "term": "nausea",
        "onset_at": "2030-01-08T15:40:00Z",
        "ended_at": "2030-01-08T16:05:00Z",
        "grade_numeric": None,
        "numeric_from": None,
        "grade_clinical": 1,
        "seriousness": [],
        "relatedness": "probable",
        "action": "none",
        "outcome": "recovered",
        "reason": "noted",
        "by": "usr_ada",
        "at": "2030-01-08T16:10:00Z",
    },
    "history": [],
    "serious_since": None,
    "is_to_be_reported": False,
    "called_at": None,
    "reports": [],
}
ALARM: Final[Example] = {
    "id": "alm_01JGZ3W5T0000000000000SAMP",
    "session_id": SESSION_ID,
    "concern": "spo2_low",
    "level": "pause",
    "status": "raised",
    "raised_at": "2030-01-08T15:50:00Z",
    "acknowledge_by": "2030-01-08T15:52:00Z",
    "acknowledged_by": None,
    "closed_at": None,
    "message": "Consider to pause; call the prescriber.",
    "is_confirmed": True,
    "history": [{"what": "raised", "at": "2030-01-08T15:50:00Z", "details": {"level": "pause"}}],
    "version": 1,
}
TAKEN: Final[Example] = {
    "device": "monitor_1",
    "sequence": 17,
    "version": 1,
    "is_new": True,
    "clock": "right",
}
MONITORING: Final[Example] = {
    "as_of": "2030-01-08T15:50:00Z",
    "dosing_started_at": "2030-01-08T15:30:00Z",
    "dosing_ended_at": None,
    "next_due_at": "2030-01-08T15:55:00Z",
    "due": [
        {
            "due_at": "2030-01-08T15:40:00Z",
            "state": "done",
            "read_at": "2030-01-08T15:40:00Z",
        }
    ],
    "gaps": [],
    "baseline": {"systolic": {"value": 124, "at": "2030-01-08T15:10:00Z", "source": "check"}},
    "unknown_limits": [],
    "unconfirmed": [],
    "caution": True,
    "open_alarms": [ALARM],
}
