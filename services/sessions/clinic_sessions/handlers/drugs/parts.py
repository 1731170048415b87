"""What the handlers of controlled drugs share: whose hand, which day, and what is posted."""

from datetime import datetime, timedelta

from clinic_platform.auth import Caller
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.vial import Fact, Vial
from clinic_sessions.domain.errors import LocationNotFound
from clinic_sessions.domain.errors.drugs import DayClosed, VialNotFound
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.tools import Tools

# A promise needs an end; what only a person can end is called for until they have.
CALLED_FOR = timedelta(days=3650)


class DrugParts(Tools):
    async def reached_place(self, by: Caller, location_id: str) -> Location:
        if not by.reaches(location_id):
            raise LocationNotFound
        return await self.locations.get(location_id)

    async def reached_vial(self, by: Caller, vial_id: str) -> Vial:
        """The vial; one of another place is not found, exactly as one that does not exist."""
        vial = await self.drugs.vials.get(vial_id)
        if not by.reaches(vial.location_id):
            raise VialNotFound
        return vial

    async def hand_of(self, by: Caller, location_id: str) -> Hand:
        now = self.clock()
        location = await self.locations.get(location_id)
        return Hand(by=by.actor, now=now, day=location.calendar.local(now))

    async def post(self, vial: Vial, hand: Hand, fact: Fact) -> Vial:
        """Into today's book. Raises DayClosed, Conflict."""
        await self.open_book(vial.location_id, hand.day)
        return await self.drugs.vials.record(vial, fact)

    async def open_book(self, location_id: str, day: datetime) -> None:
        """Raises DayClosed; until the end of the transaction nobody else closes the day."""
        if await self.drugs.days.queue_for(location_id, day.date()) is not None:
            raise DayClosed(day.date())

    async def drug_of(self, session: Session) -> str:
        return (await self.protocol_for(session)).drug
