"""What the HTTP API shows of consultations and clearances."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clinic_intake.domain.clearance import Clearance
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.timetable import Slot
from clinic_intake.schemas.screenings import ReceiptOut


class SlotOut(BaseModel):
    """`starts_local` is the time on the wall of the location, in `zone`."""

    clinician: str
    starts_at: datetime
    ends_at: datetime
    starts_local: datetime
    zone: str

    @classmethod
    def of(cls, slot: Slot, zone: str) -> Self:
        return cls(
            clinician=slot.clinician,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            starts_local=slot.starts_at.astimezone(ZoneInfo(zone)),
            zone=zone,
        )


class ConsultationOut(BaseModel):
    id: str
    patient_id: str
    location_id: str
    clinician: str
    starts_at: datetime
    ends_at: datetime
    status: str
    held_at: datetime | None
    version: int

    @classmethod
    def of(cls, consultation: Consultation) -> Self:
        return cls(
            id=consultation.id,
            patient_id=consultation.patient_id,
            location_id=consultation.location_id,
            clinician=consultation.slot.clinician,
            starts_at=consultation.slot.starts_at,
            ends_at=consultation.slot.ends_at,
            status=consultation.status,
            held_at=consultation.held_at,
            version=consultation.revision,
        )


class ClearanceOut(BaseModel):
    id: str
    patient_id: str
    location_id: str
    status: str
    indication: str
    protocol: str
    screening_id: str
    rationale: str
    decided_by: str
    decided_at: datetime
    co_signed_by: str | None
    cleared_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None
    receipt: ReceiptOut | None

    @classmethod
    def of(cls, clearance: Clearance) -> Self:
        plain = {name: getattr(clearance, name) for name in cls.model_fields if name != "receipt"}
        receipt = clearance.receipt
        return cls(**plain, receipt=None if receipt is None else ReceiptOut.of(receipt))
