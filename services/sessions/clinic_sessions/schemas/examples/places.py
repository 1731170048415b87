"""Invented examples of what the API gives of places."""

from typing import Final

from clinic_sessions.schemas.examples.booking import PLACE_ID, Example

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
