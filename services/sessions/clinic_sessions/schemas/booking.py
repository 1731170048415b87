"""What the API takes and gives about plans and bookings."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clinic_events.ports import Document
from clinic_platform.web import Moment, Sent
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.booking.visit import Offer
from clinic_sessions.domain.session import Session
from clinic_sessions.schemas.bedside import BedsideOut
from clinic_sessions.schemas.kinds import Code, Id, Name


class BookSession(Sent):
    plan_id: Id
    starts_at: Moment
    chair: Name
    nurse: Name


class Reschedule(Sent):
    starts_at: Moment
    chair: Name
    nurse: Name


class Reason(Sent):
    reason: Code


class Empty(Sent):
    """A verb that needs nothing more."""


class DoseOut(BaseModel):
    number: int
    dose_mg: float
    mg_per_kg: float
    weight_kg: float
    volume_ml: float | None
    rate_mg_per_min: float | None
    devices: int | None
    needs_dilution: bool
    above_soft_limit: bool
    step_reason: str | None
    ordered_by: str
    prepared_by: str | None
    verified_by: str | None
    is_verified: bool

    @classmethod
    def of(cls, order: DoseOrder) -> Self:
        return cls(
            number=order.number,
            dose_mg=order.dose_mg,
            mg_per_kg=order.mg_per_kg,
            weight_kg=order.weight_kg,
            volume_ml=order.volume_ml,
            rate_mg_per_min=order.rate_mg_per_min,
            devices=order.devices,
            needs_dilution=order.needs_dilution,
            above_soft_limit=order.above_soft_limit,
            step_reason=order.step_reason,
            ordered_by=order.ordered_by,
            prepared_by=None if order.prepared is None else order.prepared.by,
            verified_by=order.verified_by,
            is_verified=order.verified_by is not None,
        )


class SessionOut(BaseModel):
    """`starts_local` is the time on the wall of the location, in `zone`."""

    id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int
    status: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    chair: str
    nurse: str
    dose: DoseOut | None
    bedside: BedsideOut
    version: int

    @classmethod
    def of(cls, session: Session, zone: str, *, now: datetime) -> Self:
        visit, order = session.booked_visit, session.order
        return cls(
            id=session.id,
            patient_id=session.patient_id,
            location_id=session.location_id,
            plan_id=session.plan_id,
            infusion_number=session.infusion_number,
            status=session.status,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            starts_local=visit.starts_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
            zone=zone,
            chair=visit.chair,
            nurse=visit.nurse,
            dose=None if order is None else DoseOut.of(order),
            bedside=BedsideOut.of(session, now),
            version=session.revision,
        )


class PlanOut(BaseModel):
    id: str
    patient_id: str
    location_id: str
    protocol: str
    protocol_version: int
    infusions: int
    given: int
    version: int

    @classmethod
    def of(cls, document: Document) -> Self:
        fields = {name: document[name] for name in cls.model_fields if name in document}
        version = document["revision"]
        return cls(
            **{**fields, "id": document["_id"], "given": len(document["given"]), "version": version}
        )


class SlotOut(BaseModel):
    starts_at: datetime
    chair: str | None
    nurse: str | None
    why_not: str | None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        return cls(
            starts_at=offer.starts_at, chair=offer.chair, nurse=offer.nurse, why_not=offer.why_not
        )
