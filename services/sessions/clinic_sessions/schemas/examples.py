"""Plainly invented examples of what the API gives, shown in its description beside the schemas."""

from typing import Final, TypeAlias

from pydantic import JsonValue

Example: TypeAlias = dict[str, JsonValue]

SESSION_ID: Final = "ses_01JGZ3W5T0000000000000SAMP"
PLAN_ID: Final = "pln_01JGZ3W5T0000000000000SAMP"
PATIENT_ID: Final = "pat_01JGZ3W5T0000000000000SAMP"
PLACE_ID: Final = "loc_sample"
STARTS: Final[Example] = {
    "starts_at": "2030-01-08T15:00:00Z",
    "starts_local": "2030-01-08T09:00",
    "zone": "America/Chicago",
}
WHOSE: Final[Example] = {
    "plan_id": PLAN_ID,
    "patient_id": PATIENT_ID,
    "location_id": PLACE_ID,
}

DOSE: Final[Example] = {
    "number": 1,
    "dose_mg": 41.0,
    "mg_per_kg": 0.5,
    "weight_kg": 82.0,
    "volume_ml": 0.82,
    "rate_mg_per_min": 1.025,
    "devices": None,
    "needs_dilution": False,
    "above_soft_limit": False,
    "step_reason": None,
    "ordered_by": "usr_petra",
    "prepared_by": "usr_ada",
    "verified_by": "usr_ben",
    "is_verified": True,
}
CHAIR: Final[Example] = {
    "kind": "place",
    "what": "chair",
    "phases": ["preparation", "dosing", "recovery"],
    "resource": "chair_2",
    "starts_at": "2030-01-08T15:00:00Z",
    "ends_at": "2030-01-08T17:30:00Z",
    "starts_local": "2030-01-08T09:00",
    "ends_local": "2030-01-08T11:30",
    "at_most": 1,
    "is_overbooked": False,
}
BEDSIDE: Final[Example] = {
    "waivers": [],
    "dosing": None,
    "orders": [],
    "adverse_events": [],
    "extension": None,
    "discharge": None,
    "corrections": 0,
    "note_signed_at": None,
}
SESSION: Final[Example] = {
    "id": SESSION_ID,
    **WHOSE,
    "infusion_number": 1,
    "status": "ready",
    **STARTS,
    "ends_at": "2030-01-08T17:30:00Z",
    "chair": "chair_2",
    "nurse": "nurse_ada",
    "reservations": [CHAIR],
    "override": None,
    "gap_days": 0.0,
    "dose": DOSE,
    "bedside": BEDSIDE,
    "version": 6,
}
HOLD: Final[Example] = {
    "id": "hld_01JGZ3W5T0000000000000SAMP",
    "status": "pending",
    "session_id": SESSION_ID,
    **WHOSE,
    **STARTS,
    "ends_at": "2030-01-08T17:30:00Z",
    "chair": "chair_2",
    "nurse": "nurse_ada",
    "reservations": [CHAIR],
    "held_by": "usr_finn",
    "held_at": "2030-01-07T12:00:00Z",
    "expires_at": "2030-01-07T12:10:00Z",
    "version": 1,
}
SERIES: Final[Example] = {
    "plan_id": PLAN_ID,
    "sessions": [{**SESSION, "status": "booked", "dose": None, "version": 1}],
    "missing": 1,
    "gaps": [
        {
            "infusion_number": 2,
            "from": "2030-01-10T15:00:00Z",
            "to": "2030-01-12T15:00:00Z",
            "from_local": "2030-01-10T09:00",
            "to_local": "2030-01-12T09:00",
            "zone": "America/Chicago",
            "reasons": [
                {"kind": "person", "message": "No nurse is free in the mornings.", "what": "nurse"}
            ],
        }
    ],
}
PLAN: Final[Example] = {
    "id": PLAN_ID,
    "patient_id": PATIENT_ID,
    "location_id": PLACE_ID,
    "protocol": "iv-ketamine-depression",
    "protocol_version": 1,
    "infusions": 6,
    "given": 2,
    "version": 3,
}
CONFLICT: Final[dict[str, str]] = {
    "kind": "place",
    "what": "chair",
    "resource": "chair_2",
    "from": "2030-01-08T15:00:00Z",
    "to": "2030-01-08T17:30:00Z",
    "from_local": "2030-01-08T09:00",
    "to_local": "2030-01-08T11:30",
    "message": "chair_2 is taken from 9:00 until 11:30.",
}
SLOT_IS_TAKEN: Final[Example] = {
    "type": "urn:clinic:problem:slot-taken",
    "title": "Slot taken",
    "status": 409,
    "code": "slot_taken",
    "trace_id": "req_01JGZ3W5T0000000000000SAMP",
    "detail": CONFLICT["message"],
    "conflicts": [{**CONFLICT}],
    "alternatives": [
        {
            "starts_at": "2030-01-08T18:00:00Z",
            "starts_local": "2030-01-08T12:00",
            "zone": "America/Chicago",
            "chair": "chair_2",
            "nurse": "nurse_ada",
            "gap_days": 0.0,
        }
    ],
}
SLOT_FREE: Final[Example] = {
    **STARTS,
    "chair": "chair_2",
    "nurse": "nurse_ada",
    "gap_days": 0.0,
    "why_not": None,
    "conflicts": [],
}
SLOT_TAKEN: Final[Example] = {
    **STARTS,
    "chair": None,
    "nurse": None,
    "gap_days": 0.0,
    "why_not": CONFLICT["message"],
    "conflicts": [{**CONFLICT}],
}
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
CARD: Final[Example] = {
    "session_id": SESSION_ID,
    "status": "dosing",
    "chair": "chair_2",
    "stage": "dosing",
    "stage_began_at": "2030-01-08T15:30:00Z",
    "starts_at": "2030-01-08T15:00:00Z",
    "ends_at": "2030-01-08T17:30:00Z",
    "next_due_at": "2030-01-08T15:40:00Z",
    "alarms": [],
    "last_reading": None,
    "version": "0123456789abcdef",
}
BOARD_CHANGED: Final[Example] = {
    "server_time": "2030-01-08T15:31:00Z",
    "cursor": "20300108-1893425460-1",
    "cards": [CARD],
    "gone": [],
}
BOARD: Final[Example] = {
    "location": {"id": PLACE_ID, "display_name": "Sample Street", "zone": "America/Chicago"},
    "day": "2030-01-08",
    "server_time": "2030-01-08T15:31:00Z",
    "local_time": "2030-01-08T09:31",
    "cursor": "20300108-1893425460-1",
    "cards": [CARD],
}
VIAL: Final[Example] = {
    "id": "via_01JGZ3W5T0000000000000SAMP",
    "location_id": PLACE_ID,
    "drug": "ketamine",
    "product_code": "0000-0000-01",
    "lot": "LOT-SAMPLE-1",
    "strength_mg_per_ml": 50.0,
    "volume_ml": 10.0,
    "is_multi_dose": True,
    "expires_on": "2031-01-31",
    "supplier": "sample-supplies",
    "reference": "INV-555-0100",
    "received_at": "2030-01-07T12:00:00Z",
    "received_mg": 500.0,
    "remaining_mg": 459.0,
    "balances": [{"kind": "store", "of": None, "mg": 459.0}],
    "with_whom": None,
    "blocked_by": None,
    "waste": None,
    "version": 4,
}
VIAL_WITH_ENTRIES: Final[Example] = {
    **VIAL,
    "entries": [
        {
            "number": 1,
            "kind": "received",
            "source": {"kind": "supplier", "of": "sample-supplies"},
            "target": {"kind": "store", "of": None},
            "mg": 500.0,
            "at": "2030-01-07T12:00:00Z",
            "by": "usr_ada",
            "session_id": None,
            "witness": None,
            "reference": "INV-555-0100",
            "corrects": None,
        }
    ],
    "counts": [],
}
DOCUMENT: Final[Example] = {
    "display_name": "Sample Street",
    "zone": "America/Chicago",
    "language": "en",
    "sender_name": "Sample Clinic",
    "sender_email": "letters@example.org",
    "phone": "555-0100",
    "on_call_email": "on-call@example.org",
    "quiet_hours": {"starts": "20:00", "ends": "08:00"},
    "crisis": {"text": "Call us, or the number below, at any hour.", "phone": "555-0199"},
    "hours": {"monday": {"opens": "08:00", "closes": "18:00"}},
    "rooms": [{"name": "room_1", "clearing_up_minutes": 15}],
    "chairs": [{"name": "chair_1", "room": "room_1"}],
    "staff": [
        {
            "name": "nurse_ada",
            "roles": ["nurse"],
            "shifts": [{"weekday": "monday", "hours": {"opens": "08:00", "closes": "18:00"}}],
        }
    ],
    "protocols": ["iv-ketamine-depression"],
}
LOCATION: Final[Example] = {"id": PLACE_ID, "version": 1, "document": DOCUMENT}
