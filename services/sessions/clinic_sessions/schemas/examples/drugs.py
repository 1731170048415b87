"""Invented examples of what the API gives of controlled drugs."""

from typing import Final

from clinic_sessions.schemas.examples.booking import PLACE_ID, Example

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
    "check_out": None,
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
            "ml": 10.0,
            "at": "2030-01-07T12:00:00Z",
            "by": "usr_ada",
            "session_id": None,
            "witness": None,
            "second_witness": None,
            "reference": "INV-555-0100",
            "corrects": None,
        }
    ],
    "counts": [],
}
