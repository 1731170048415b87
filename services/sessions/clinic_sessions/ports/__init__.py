"""What the handlers need from the outside world, by subject."""

from clinic_sessions.ports.bedside import Readings, Receipts, Standings
from clinic_sessions.ports.board import Moves
from clinic_sessions.ports.booking import Holds, Plans, Sessions
from clinic_sessions.ports.places import Locations, Repairs
from clinic_sessions.ports.protocols import Protocols
from clinic_sessions.ports.watch import Calls

__all__ = [
    "Calls",
    "Holds",
    "Locations",
    "Moves",
    "Plans",
    "Protocols",
    "Readings",
    "Receipts",
    "Repairs",
    "Sessions",
    "Standings",
]
