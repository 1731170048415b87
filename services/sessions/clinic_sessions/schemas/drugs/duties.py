"""Incidents, closings and monitoring forms, as the API takes and gives them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, StrictBool

from clinic_platform.web import Day, Number, Sent, Text, shown_as
from clinic_sessions.domain.drugs.day import Closing
from clinic_sessions.domain.drugs.esketamine import FilledForm
from clinic_sessions.domain.drugs.incident import Incident
from clinic_sessions.schemas.kinds import Code, Name

Reference = Annotated[str, Text(60)]
FieldValue: TypeAlias = StrictBool | Number | Annotated[str, Text(100)]


class CloseIncident(Sent):
    """`written_off` and `theft_or_significant_loss` move what is missing out of the ledger.

    `reason` is a code.
    """

    model_config = shown_as({"resolution": "miscounted", "reason": "vial_overlooked"})

    resolution: Literal["miscounted", "explained", "written_off", "theft_or_significant_loss"]
    reason: Code


class LossReport(Sent):
    """A report that was made; `reference` is its number."""

    model_config = shown_as({"report": "dea_notification", "reference": "LETTER-1"})

    report: Code
    reference: Reference


class CloseDay(Sent):
    model_config = shown_as({"day": "2030-01-07"})

    day: Day


class FormSubmission(Sent):
    """`by_hand` has the missing fields as whoever sent the form filled them in on it."""

    model_config = shown_as({"reference": "FAX-1", "by_hand": {"dissociation": True}})

    reference: Reference
    by_hand: Annotated[dict[Name, FieldValue], Field(default_factory=dict, max_length=100)]


class ReportOut(BaseModel):
    report: str
    due_at: datetime
    reference: str | None
    reported_by: str | None
    reported_at: datetime | None


class IncidentOut(BaseModel):
    """`reports` are what a theft or a significant loss needs, and by when; `is_loss` states whether
    a person has found it to be one."""

    id: str
    location_id: str
    kind: str
    vial_id: str | None
    session_id: str | None
    expected_mg: float
    found_mg: float
    opened_at: datetime
    opened_by: str
    reports: list[ReportOut]
    is_loss: bool
    resolution: str | None
    reason: str | None
    closed_by: str | None
    closed_at: datetime | None
    version: int

    @classmethod
    def of(cls, incident: Incident) -> Self:
        closed = incident.closed
        return cls(
            id=incident.id,
            location_id=incident.location_id,
            kind=incident.kind,
            vial_id=incident.vial_id,
            session_id=incident.session_id,
            expected_mg=incident.expected / 1000,
            found_mg=incident.found / 1000,
            opened_at=incident.opened_at,
            opened_by=incident.opened_by,
            reports=[ReportOut.model_validate(r, from_attributes=True) for r in incident.reports],
            is_loss=incident.is_loss,
            resolution=None if closed is None else closed.resolution,
            reason=None if closed is None else closed.reason,
            closed_by=None if closed is None else closed.by,
            closed_at=None if closed is None else closed.at,
            version=incident.revision,
        )


class ClosingOut(BaseModel):
    """`vials` had something left."""

    location_id: str
    day: date
    closed_by: str
    closed_at: datetime
    vials: int

    @classmethod
    def of(cls, closing: Closing) -> Self:
        return cls.model_validate(closing, from_attributes=True)


class FormOut(BaseModel):
    """`fields` are what the record has now, or had when the form was sent. `missing` names those
    it does not have; once sent, those that were filled in by hand, as `by_hand` has them."""

    session_id: str
    form: str
    version: int
    due_at: datetime
    fields: dict[str, bool | int | float | str]
    missing: list[str]
    by_hand: dict[str, bool | int | float | str]
    submitted_at: datetime | None
    submitted_by: str | None
    reference: str | None

    @classmethod
    def of(cls, filled: FilledForm) -> Self:
        sent = filled.form.submitted
        return cls(
            session_id=filled.form.session_id,
            form=filled.field_map.name,
            version=filled.field_map.version,
            due_at=filled.form.due_at,
            fields=dict(filled.values),
            missing=list(filled.missing),
            by_hand={} if sent is None else dict(sent.by_hand),
            submitted_at=None if sent is None else sent.at,
            submitted_by=None if sent is None else sent.by,
            reference=None if sent is None else sent.reference,
        )
