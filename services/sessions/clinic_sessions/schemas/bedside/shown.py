"""A session as a bedside screen needs it."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from clinic_platform.web import shown_as
from clinic_sessions.domain.bedside.adverse_event import AdverseEvent
from clinic_sessions.domain.bedside.note import Note, Written
from clinic_sessions.domain.session import Session
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.bedside.gates import WaiverOut


class RateOut(BaseModel):
    at: datetime
    rate_mg_per_min: float
    why: str
    reason: str
    by: str


class DeviceOut(BaseModel):
    number: int
    at: datetime
    by: str


class DosingOut(BaseModel):
    """What went in. `given_mg` is reckoned from rate and time at `as_of`, not measured; null where
    there is no rate."""

    started_at: datetime
    ended_at: datetime | None
    stopped_because: str | None
    is_paused: bool
    given_mg: float | None
    given_is_reckoned: bool
    as_of: datetime
    rates: list[RateOut]
    devices: list[DeviceOut]

    @classmethod
    def of(cls, session: Session, now: datetime) -> Self | None:
        if session.dosing_started_at is None:
            return None
        return cls(
            started_at=session.dosing_started_at,
            ended_at=session.dosing_ended_at,
            stopped_because=session.stopped_because,
            is_paused=session.is_paused,
            given_mg=session.mg_given(now),
            given_is_reckoned=True,
            as_of=session.dosing_ended_at or now,
            rates=[RateOut.model_validate(r, from_attributes=True) for r in session.rates],
            devices=[DeviceOut.model_validate(d, from_attributes=True) for d in session.devices],
        )


class MedicineOut(BaseModel):
    drug: str
    dose: float
    unit: str
    route: str


class OrderOut(BaseModel):
    """`by` logged it, in their `role`. `medicine` is null where nothing was given, or nobody has
    noted how much."""

    order: str
    role: str
    by: str
    given_at: datetime
    logged_at: datetime
    ordered_by: str | None
    given_by: str | None
    medicine: MedicineOut | None


class AccountOut(BaseModel):
    term: str
    onset_at: datetime
    ended_at: datetime | None
    grade_numeric: int | None
    numeric_from: str | None
    grade_clinical: int
    seriousness: list[str]
    relatedness: str
    action: str
    outcome: str
    reason: str
    by: str
    at: datetime


class ReportOut(BaseModel):
    to: str
    by: str
    at: datetime


class EventOut(BaseModel):
    """The newest account; `history` the earlier ones."""

    model_config = shown_as(examples.ADVERSE_EVENT)

    id: str
    account: AccountOut
    history: list[AccountOut]
    serious_since: datetime | None
    is_to_be_reported: bool
    called_at: datetime | None
    reports: list[ReportOut]

    @classmethod
    def of(cls, event: AdverseEvent) -> Self:
        return cls.model_validate(event, from_attributes=True)


class AgainstAdviceOut(BaseModel):
    reason: str
    capacity_assessed: bool
    risks_explained: bool
    witness: str
    prescriber_informed: str
    by: str
    at: datetime


class ExtensionOut(BaseModel):
    reason: str
    by: str
    at: datetime


class DischargeOut(BaseModel):
    kind: str
    at: datetime
    adverse_event_grade_max: int
    against_advice: AgainstAdviceOut | None

    @classmethod
    def of(cls, session: Session) -> Self | None:
        if session.discharge is None or session.ended_at is None:
            return None
        left = session.against_advice
        return cls(
            kind=session.discharge,
            at=session.ended_at,
            adverse_event_grade_max=session.adverse_event_grade_max,
            against_advice=None
            if left is None
            else AgainstAdviceOut.model_validate(left, from_attributes=True),
        )


class BedsideOut(BaseModel):
    waivers: list[WaiverOut]
    dosing: DosingOut | None
    orders: list[OrderOut]
    adverse_events: list[EventOut]
    extension: ExtensionOut | None
    discharge: DischargeOut | None
    corrections: int
    note_signed_at: datetime | None

    @classmethod
    def of(cls, session: Session, now: datetime) -> Self:
        extension = session.extension
        return cls(
            waivers=[WaiverOut.of(waiver) for waiver in session.waivers],
            dosing=DosingOut.of(session, now),
            orders=[OrderOut.model_validate(o, from_attributes=True) for o in session.orders],
            adverse_events=[EventOut.of(event) for event in session.adverse_events],
            extension=None
            if extension is None
            else ExtensionOut.model_validate(extension, from_attributes=True),
            discharge=DischargeOut.of(session),
            corrections=len(session.corrections),
            note_signed_at=session.note_signed_at,
        )


class WrittenOut(BaseModel):
    text: str
    by: str
    at: datetime

    @classmethod
    def of(cls, written: Written) -> Self:
        return cls.model_validate(written, from_attributes=True)


class NoteState(BaseModel):
    """What a command answers: never the words, because answers are kept."""

    session_id: str
    version: int
    is_signed: bool
    signed_at: datetime | None
    addenda: int

    @classmethod
    def of(cls, note: Note) -> Self:
        return cls(
            session_id=note.session_id,
            version=note.revision,
            is_signed=note.is_signed,
            signed_at=note.signed_at,
            addenda=len(note.addenda),
        )


class NoteOut(BaseModel):
    """`drafts` holds every text there was, the newest last: that one was signed."""

    session_id: str
    version: int
    drafts: list[WrittenOut]
    signed_by: str | None
    signed_at: datetime | None
    addenda: list[WrittenOut]

    @classmethod
    def of(cls, note: Note) -> Self:
        return cls(
            session_id=note.session_id,
            version=note.revision,
            drafts=[WrittenOut.of(draft) for draft in note.drafts],
            signed_by=note.signed_by,
            signed_at=note.signed_at,
            addenda=[WrittenOut.of(addendum) for addendum in note.addenda],
        )
