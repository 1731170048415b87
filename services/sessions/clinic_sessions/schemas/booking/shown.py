"""What the API gives: sessions, holds and plans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

from pydantic import BaseModel

from clinic_events.ports import Document
from clinic_platform.auth import Caller
from clinic_platform.web import shown_as
from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.visit import PATIENT, Reservation, Visit
from clinic_sessions.domain.session import Session
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.bedside import BedsideOut, StillThereOut
from clinic_sessions.schemas.booking.dose import DoseOut

TREATING: Final = frozenset({"nurse", "prescriber", "therapist"})


class ReservationOut(BaseModel):
    """`at_most`: how many patients are there at once, this one included."""

    kind: str
    what: str
    phases: list[str]
    resource: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    ends_local: str
    at_most: int
    is_overbooked: bool

    @classmethod
    def of(cls, one: Reservation, zone: str) -> Self:
        return cls(
            kind=one.kind,
            what=one.what,
            phases=list(one.phases),
            resource=one.resource,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            starts_local=wall(one.starts_at, zone),
            ends_local=wall(one.ends_at, zone),
            at_most=one.at_most,
            is_overbooked=one.is_overbooked,
        )


def reservations_of(visit: Visit, zone: str) -> list[ReservationOut]:
    """Of all but the patient."""
    return [ReservationOut.of(one, zone) for one in visit.reservations if one.kind != PATIENT]


class OverrideOut(BaseModel):
    rules: list[str]
    reason: str
    by: str
    permitted_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, override: Override) -> Self:
        return cls(
            rules=list(override.rules),
            reason=override.reason,
            by=override.by,
            permitted_at=override.permitted_at,
            expires_at=override.expires_at,
        )


class SessionOut(BaseModel):
    """`starts_local` is the time on the wall of the location, in `zone`. `chair` and `nurse` are
    the first place and the first person; `reservations` are all of them. `gap_days`: above the
    protocol's most, to the plan's visits next to it as they were when this time was booked.
    `overruns_since` is the end of the visit, where the patient is still there after it.

    `dose` and `bedside` (waivers, dosing, orders, adverse events, how they left) are for those who
    treat: both are null for a caller who is there neither as nurse nor prescriber nor therapist."""

    model_config = shown_as(examples.SESSION)

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
    chair: str | None
    nurse: str | None
    reservations: list[ReservationOut]
    override: OverrideOut | None
    gap_days: float
    overruns_since: datetime | None
    dose: DoseOut | None
    bedside: BedsideOut | None
    version: int

    @classmethod
    def of(cls, session: Session, zone: str, *, now: datetime, by: Caller) -> Self:
        visit, order = session.booked_visit, session.order
        treats = not TREATING.isdisjoint(by.roles_at(session.location_id))
        return cls(
            id=session.id,
            patient_id=session.patient_id,
            location_id=session.location_id,
            plan_id=session.plan_id,
            infusion_number=session.infusion_number,
            status=session.status,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            starts_local=wall(visit.starts_at, zone),
            zone=zone,
            chair=visit.chair,
            nurse=visit.nurse,
            reservations=reservations_of(visit, zone),
            override=None if visit.override is None else OverrideOut.of(visit.override),
            gap_days=session.gap_days,
            overruns_since=session.overruns_since(now),
            dose=DoseOut.of(order) if treats and order is not None else None,
            bedside=BedsideOut.of(session, now) if treats else None,
            version=session.revision,
        )


class ArrivedOut(SessionOut):
    """`still_there`: whose visits overrun in a place of this one, so that they can be seated
    elsewhere, or be asked."""

    model_config = shown_as({**examples.SESSION, "still_there": []})

    still_there: list[StillThereOut]

    @classmethod
    def with_those(cls, shown: SessionOut, there: Sequence[Session]) -> Self:
        return cls(**dict(shown), still_there=[StillThereOut.of(one) for one in there])


class HoldOut(BaseModel):
    """`status`: pending, confirmed, released or expired. `expires_at` never moves."""

    model_config = shown_as(examples.HOLD)

    id: str
    status: str
    session_id: str
    plan_id: str
    patient_id: str
    location_id: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    chair: str | None
    nurse: str | None
    reservations: list[ReservationOut]
    held_by: str
    held_at: datetime
    expires_at: datetime
    version: int

    @classmethod
    def of(cls, hold: Hold, zone: str, now: datetime) -> Self:
        visit = hold.visit
        return cls(
            id=hold.id,
            status=hold.status(now),
            session_id=hold.session_id,
            plan_id=hold.plan_id,
            patient_id=hold.patient_id,
            location_id=hold.location_id,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            starts_local=wall(visit.starts_at, zone),
            zone=zone,
            chair=visit.chair,
            nurse=visit.nurse,
            reservations=reservations_of(visit, zone),
            held_by=hold.held_by,
            held_at=hold.held_at,
            expires_at=hold.expires_at,
            version=hold.revision,
        )


class PlanOut(BaseModel):
    """`ended_at`: since then no clearance for its protocol holds, and nothing is booked on it."""

    model_config = shown_as(examples.PLAN)

    id: str
    patient_id: str
    location_id: str
    protocol: str
    protocol_version: int
    infusions: int
    given: int
    ended_at: datetime | None = None
    version: int

    @classmethod
    def of(cls, document: Document) -> Self:
        fields = {name: document[name] for name in cls.model_fields if name in document}
        version = document["revision"]
        return cls(
            **{**fields, "id": document["_id"], "given": len(document["given"]), "version": version}
        )
