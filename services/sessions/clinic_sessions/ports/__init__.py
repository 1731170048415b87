"""What the handlers need from the outside world, by subject."""

from clinic_sessions.ports.bedside import Notes, Receipts, Standings
from clinic_sessions.ports.board import Moves
from clinic_sessions.ports.booking import Holds, Plans, Sessions
from clinic_sessions.ports.drugs import (
    Days,
    DosedSessions,
    DrugDesk,
    Forms,
    Incidents,
    Vials,
)
from clinic_sessions.ports.places import Locations, Repairs
from clinic_sessions.ports.protocols import Protocols
from clinic_sessions.ports.waiting import Offers, WaitingRoom, WaitList
from clinic_sessions.ports.watch import Alarms, Calls, Readings, Watches

__all__ = [
    "Alarms",
    "Calls",
    "Days",
    "DosedSessions",
    "DrugDesk",
    "Forms",
    "Holds",
    "Incidents",
    "Locations",
    "Moves",
    "Notes",
    "Offers",
    "Plans",
    "Protocols",
    "Readings",
    "Receipts",
    "Repairs",
    "Sessions",
    "Standings",
    "Vials",
    "WaitList",
    "WaitingRoom",
    "Watches",
]
