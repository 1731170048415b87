"""What this service does when it hears from the others."""

from clinic_events import LocationPublished, RiskClosed, RiskRaised
from clinic_intake.domain.place import Crisis, Place
from clinic_intake.domain.risk import Risk
from clinic_intake.handlers.tools import Tools


class Hearing(Tools):
    async def note_location(self, published: LocationPublished) -> None:
        crisis = Crisis(text=published.crisis.text, phone=published.crisis.phone)
        await self.places.note(
            Place(
                location_id=published.location_id,
                version=published.location_version,
                zone=published.zone,
                crisis=crisis,
            )
        )

    async def note_risk_raised(self, raised: RiskRaised) -> None:
        await self.risks.note(
            Risk(
                alert_id=raised.alert_id,
                patient_id=raised.patient_id,
                is_open=True,
                version=raised.alert_version,
                since=raised.raised_at,
            )
        )

    async def note_risk_closed(self, closed: RiskClosed) -> None:
        await self.risks.note(
            Risk(
                alert_id=closed.alert_id,
                patient_id=closed.patient_id,
                is_open=False,
                version=closed.alert_version,
                since=closed.closed_at,
            )
        )
