"""Everything the sessions service does, one method per thing."""

from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.bedside import Bedside
from clinic_sessions.handlers.booking import Booking
from clinic_sessions.handlers.drugs import Drugs
from clinic_sessions.handlers.erasing import Erasing
from clinic_sessions.handlers.places import NearestFree, Places
from clinic_sessions.handlers.protocols import Protocols
from clinic_sessions.handlers.reacting import Reacting
from clinic_sessions.handlers.tools import Definitions, Tools
from clinic_sessions.handlers.waiting import Waits
from clinic_sessions.handlers.watch import Watching

__all__ = [
    "Bedside",
    "Booking",
    "Definitions",
    "Drugs",
    "Erasing",
    "Handlers",
    "NearestFree",
    "Places",
    "Protocols",
    "Reacting",
    "Tools",
    "Waits",
    "Watching",
]


class Handlers(Places, Booking, Waits, Bedside, Watching, Drugs, Protocols, Reacting, Erasing):
    """One object with all of them, over one set of tools."""

    async def follow_fact(self, session: Session, fact: Fact) -> None:
        """What a fact of a session means to its watch, to its end, to the ledger of its place, and
        to those who wait."""
        await self.follow(session, fact)
        await self.follow_stay(session, fact)
        await self.follow_giving(session, fact)
        await self.follow_booking(session, fact)
