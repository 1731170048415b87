"""What the handlers need from the outside world, by subject."""

from clinic_sessions.ports.bedside import Readings, Receipts, Standings
from clinic_sessions.ports.booking import Plans, Sessions
from clinic_sessions.ports.drugs import (
    Days,
    DosedSessions,
    DrugDesk,
    Forms,
    Incidents,
    Vials,
)
from clinic_sessions.ports.places import Locations
from clinic_sessions.ports.protocols import Protocols
from clinic_sessions.ports.watch import Calls

__all__ = [
    "Calls",
    "Days",
    "DosedSessions",
    "DrugDesk",
    "Forms",
    "Incidents",
    "Locations",
    "Plans",
    "Protocols",
    "Readings",
    "Receipts",
    "Sessions",
    "Standings",
    "Vials",
]
