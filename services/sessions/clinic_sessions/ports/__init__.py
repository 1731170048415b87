"""What the handlers need from the outside world, by subject."""

from clinic_sessions.ports.bedside import Notes, Readings, Receipts, StaffCalls, Standings
from clinic_sessions.ports.booking import Plans, Sessions
from clinic_sessions.ports.places import Locations
from clinic_sessions.ports.protocols import Protocols

__all__ = [
    "Locations",
    "Notes",
    "Plans",
    "Protocols",
    "Readings",
    "Receipts",
    "Sessions",
    "StaffCalls",
    "Standings",
]
