"""Invented examples of what the API gives of bookings and sessions."""

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
    "concentration_mg_per_ml": 50.0,
    "rate_mg_per_min": 1.025,
    "devices": None,
    "needs_dilution": False,
    "above_soft_limit": False,
    "step_reason": None,
    "ordered_by": "usr_petra",
    "prepared_by": "usr_ada",
    "vial_id": "via_sample",
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
    "overruns_since": None,
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
