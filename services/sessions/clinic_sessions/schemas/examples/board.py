"""Invented examples of what the API gives of the board."""

from typing import Final

from clinic_sessions.schemas.examples.booking import PLACE_ID, SESSION_ID, Example

CARD: Final[Example] = {
    "overruns_since": None,
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
