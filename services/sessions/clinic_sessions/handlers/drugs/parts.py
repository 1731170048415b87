"""What the handlers of controlled drugs share: whose hand, which day, and what is posted."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.promises import Promise
from clinic_sessions.domain.calls import CALLED_FOR
from clinic_sessions.domain.drugs import witnessing
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.registration import is_registered
from clinic_sessions.domain.drugs.vial import CheckOut, CheckOutAsked, Fact, Vial
from clinic_sessions.domain.errors import LocationNotFound
from clinic_sessions.domain.errors.drugs import (
    DayClosed,
    PlaceNotRegistered,
    UnknownDrug,
    VialNotFound,
)
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.tools import Tools

CLOSE_DAY: Final = "close_day"
NOBODY: Final = ""  # whom a promise about no patient concerns


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

    async def at_hand(self, by: Caller, vial_id: str) -> tuple[Vial, Hand]:
        vial = await self.reached_vial(by, vial_id)
        return vial, await self.hand_of(by, vial.location_id)

    async def hand_of(self, by: Caller, location_id: str) -> Hand:
        now = self.clock()
        location = await self.locations.get(location_id)
        return Hand(by=by.actor, now=now, day=location.calendar.local(now))

    def asked(self, vial: Vial, check_out: CheckOut, hand: Hand) -> CheckOutAsked:
        within = self.drugs.rules.witness_within
        return witnessing.ask_check_out(vial, check_out, hand, within=within)

    def must_be_registered(self, location: Location, drug: str) -> None:
        """Raises PlaceNotRegistered, UnknownDrug."""
        drugs = self.data.opening.drugs
        if drug not in drugs:
            raise UnknownDrug(sorted(drugs))
        if not is_registered(location, self.clock(), drugs[drug]):
            raise PlaceNotRegistered(location.id)

    async def post(self, vial: Vial, hand: Hand, fact: Fact) -> Vial:
        """Into today's book. Raises DayClosed, Conflict."""
        await self.open_book(vial.location_id, hand.day)
        return await self.drugs.vials.record(vial, fact)

    async def open_book(self, location_id: str, day: datetime) -> None:
        """Raises DayClosed; until the end of the transaction nobody else closes the day."""
        if await self.drugs.days.queue_for(location_id, day.date()) is not None:
            raise DayClosed(day.date())
        await self.promises.make(self._closing_of(location_id, day))

    def _closing_of(self, location_id: str, day: datetime) -> Promise:
        """Once for each day on which something moves."""
        rules, key = self.drugs.rules, f"{CLOSE_DAY}/{location_id}/{day.date().isoformat()}"
        ends_at = datetime.combine(day.date() + timedelta(days=1), time(), tzinfo=day.tzinfo)
        due_at = ends_at.astimezone(UTC) + rules.close_day_within
        return Promise(
            key=key,
            kind=CLOSE_DAY,
            about=key,
            person=NOBODY,
            rule=f"controlled-drugs@{rules.version}/{CLOSE_DAY}",
            why=key,
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={"location_id": location_id, "day": day.date().isoformat()},
        )

    async def drug_of(self, session: Session) -> str:
        return (await self.protocol_for(session)).drug
