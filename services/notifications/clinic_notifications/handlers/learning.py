"""What is heard about people and places, kept for the moment a letter is written."""

from dataclasses import dataclass, replace
from datetime import date, time

from clinic_events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactCardSealed,
    LocationPublished,
    OnCallDuty,
)
from clinic_notifications.domain.consents import MESSAGES, Consent
from clinic_notifications.domain.people import Card, Location
from clinic_notifications.domain.quiet_hours import QuietHours
from clinic_notifications.domain.rota import Duty
from clinic_notifications.ports import Consents, Locations, People


@dataclass(frozen=True, slots=True)
class Learning:
    people: People
    locations: Locations
    consents: Consents

    async def keep_card(self, heard: ContactCardSealed) -> None:
        card = Card(
            patient_id=heard.patient_id,
            location_id=heard.location_id,
            version=heard.card_version,
            sealed=heard.sealed,
        )
        await self.people.keep(card)

    async def keep_location(self, heard: LocationPublished) -> None:
        location = Location(
            id=heard.location_id,
            version=heard.location_version,
            name=heard.display_name,
            zone=heard.zone,
            language=heard.language,
            sender_name=heard.sender_name,
            sender_email=heard.sender_email,
            phone=heard.phone,
            on_call_email=heard.on_call_email,
            quiet_hours=QuietHours.parse(heard.quiet_hours.starts, heard.quiet_hours.ends),
            crisis_text=heard.crisis.text,
            crisis_phone=heard.crisis.phone,
            rota=tuple(map(_duty, heard.rota)),
        )
        await self.locations.keep(location)

    async def note_consent(self, given: ConsentGiven) -> None:
        if given.kind != MESSAGES:
            return
        known = await self._consent(given.consent_id, given.patient_id)
        consent = replace(known, given_at=given.given_at, expires_at=given.expires_at)
        await self.consents.keep(consent)

    async def note_withdrawal(self, withdrawn: ConsentWithdrawn) -> None:
        if withdrawn.kind != MESSAGES:
            return
        known = await self._consent(withdrawn.consent_id, withdrawn.patient_id)
        await self.consents.keep(replace(known, withdrawn_at=withdrawn.withdrawn_at))

    async def _consent(self, consent_id: str, patient_id: str) -> Consent:
        known = await self.consents.find(consent_id)
        return known or Consent(id=consent_id, patient_id=patient_id)


def _duty(told: OnCallDuty) -> Duty:
    return Duty(
        email=told.email,
        weekday=told.weekday,
        starts=time.fromisoformat(told.starts),
        ends=time.fromisoformat(told.ends),
        away=tuple(
            (date.fromisoformat(days.first), date.fromisoformat(days.last)) for days in told.away
        ),
        role=told.role,
    )
