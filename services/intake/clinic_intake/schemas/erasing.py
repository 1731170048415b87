"""What the HTTP API shows of a record that is erased, or may not be."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from clinic_intake.domain.patient import Patient


class ErasedOut(BaseModel):
    """That the record was erased, with nothing about the person."""

    patient_id: str
    location_id: str
    erased_at: datetime
    reason: str
    requested_by: str

    @classmethod
    def of(cls, patient: Patient) -> Self:
        erased = patient.erased
        assert erased is not None, "Only a record that was erased is shown so."
        return cls(
            patient_id=patient.id,
            location_id=patient.location_id,
            erased_at=erased.at,
            reason=erased.reason,
            requested_by=erased.requested_by,
        )


class LegalHoldOut(BaseModel):
    """`basis` and `since` are null where nothing holds the record."""

    patient_id: str
    basis: str | None
    since: datetime | None

    @classmethod
    def of(cls, patient: Patient) -> Self:
        hold = patient.legal_hold
        return cls(
            patient_id=patient.id,
            basis=hold and hold.basis,
            since=hold and hold.at,
        )
