"""What is received about people and places, kept for the moment a letter is written."""

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

    async def keep_card(self, received: ContactCardSealed) -> None:
        card = Card(
            patient_id=received.patient_id,
            location_id=received.location_id,
            version=received.card_version,
            sealed=received.sealed,
        )
        await self.people.keep(card)

    async def keep_location(self, received: LocationPublished) -> None:
        location = Location(
            id=received.location_id,
            version=received.location_version,
            name=received.display_name,
            zone=received.zone,
            language=received.language,
            sender_name=received.sender_name,
            sender_email=received.sender_email,
            phone=received.phone,
            on_call_email=received.on_call_email,
            quiet_hours=QuietHours.parse(received.quiet_hours.starts, received.quiet_hours.ends),
            crisis_text=received.crisis.text,
            crisis_phone=received.crisis.phone,
            rota=tuple(map(_duty, received.rota)),
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


def _duty(duty: OnCallDuty) -> Duty:
    return Duty(
        email=duty.email,
        weekday=duty.weekday,
        starts=time.fromisoformat(duty.starts),
        ends=time.fromisoformat(duty.ends),
        away=tuple(
            (date.fromisoformat(days.first), date.fromisoformat(days.last)) for days in duty.away
        ),
        role=duty.role,
    )
