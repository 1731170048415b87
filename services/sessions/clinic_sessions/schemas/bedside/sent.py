"""What is sent at the bedside: doses, orders, adverse events, ends and the note."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from clinic_platform.web import Moment, Sent, Text, Whole, shown_as
from clinic_sessions.domain.bedside.adverse_event import (
    Account,
    Action,
    Outcome,
    Relatedness,
    Seriousness,
)
from clinic_sessions.domain.bedside.ends import AgainstAdvice, Anew
from clinic_sessions.domain.bedside.orders import Medicine, Route, Unit
from clinic_sessions.schemas.kinds import Code, Id, Name

Grade = Annotated[int, Field(ge=1, le=5)]
NOTE_LENGTH = 20_000  # characters: some eight pages


class OrderDose(Sent):
    """By weight, in mg per kg; or one of the protocol's fixed doses, in mg. `step_reason`, a code,
    is the prescriber's word for a dose further from the last than the protocol's step."""

    model_config = shown_as({"mg_per_kg": 0.5}, {"dose_mg": 56})

    mg_per_kg: Annotated[float, Field(gt=0, le=10)] | None = None
    dose_mg: Annotated[float, Field(gt=0, le=1000)] | None = None
    step_reason: Code | None = None


class PrepareDose(Sent):
    """`is_diluted`: a strength that must be diluted has been. `vial_id` is the vial it is
    prepared from, which the caller has: the volume is then reckoned with its strength."""

    model_config = shown_as({"is_diluted": True}, {"vial_id": "via_sample"})

    is_diluted: bool = False
    vial_id: Id | None = None


class Slow(Sent):
    """The new rate, in mg per minute."""

    model_config = shown_as({"rate_mg_per_min": 0.5, "reason": "distress"})

    rate_mg_per_min: Annotated[float, Field(gt=0, le=100)]
    reason: Code


class StopDosing(Sent):
    """`reason` is needed as long as part of the dose is out."""

    model_config = shown_as({}, {"reason": "patient_wishes"})

    reason: Code | None = None


class MedicineGiven(Sent):
    """All of it, or none: a number without its unit means nothing."""

    drug: Code
    dose: Annotated[float, Field(gt=0, le=10_000)]
    unit: Unit
    route: Route

    def to_medicine(self) -> Medicine:
        return Medicine(drug=self.drug, dose=self.dose, unit=self.unit, route=self.route)


class LogOrder(Sent):
    """`order` is a code of the book; `role` one of the caller's, where they have several here. Who
    ordered and who gave it are names of staff. Of what was given, `medicine` is how much: `dose`
    in `unit` (ug: micrograms), by `route`."""

    model_config = shown_as(
        {"order": "reduce_stimulation"},
        {
            "order": "ondansetron",
            "ordered_by": "usr_petra",
            "given_by": "usr_ada",
            "medicine": {"drug": "ondansetron", "dose": 4, "unit": "mg", "route": "iv"},
        },
    )

    order: Code
    role: Code | None = None
    given_at: Moment | None = None
    ordered_by: Name | None = None
    given_by: Name | None = None
    medicine: MedicineGiven | None = None


class NoteEvent(Sent):
    """Grades after CTCAE v5: `grade_numeric` by the number measured, which the readings may raise,
    `grade_clinical` as a clinician sees it. `seriousness` lists the criteria that are met; one
    makes it serious."""

    model_config = shown_as(
        {
            "term": "nausea",
            "onset_at": "2030-01-08T15:40:00Z",
            "grade_clinical": 1,
            "relatedness": "probable",
            "action": "none",
            "outcome": "recovered",
        }
    )

    term: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    onset_at: Moment
    ended_at: Moment | None = None
    grade_numeric: Grade | None = None
    grade_clinical: Grade
    seriousness: list[Seriousness] = Field(default_factory=list, max_length=6)
    relatedness: Relatedness
    action: Action
    outcome: Outcome

    def to_account(self, *, by: str, now: datetime, reason: str = "noted") -> Account:
        sent = self.model_dump(exclude={"reason", "seriousness"})
        kinds = tuple(sorted(set(self.seriousness)))
        return Account(**sent, seriousness=kinds, reason=reason, by=by, at=now)


class AmendEvent(NoteEvent):
    """The whole account anew, and why."""

    model_config = shown_as(
        {
            "term": "nausea",
            "onset_at": "2030-01-08T15:40:00Z",
            "grade_clinical": 1,
            "relatedness": "probable",
            "action": "none",
            "outcome": "recovered",
            "reason": "seen_again",
        }
    )

    reason: Code


class ReportEvent(Sent):
    """To whom: `medwatch`, `rems`, `medical_director`, …"""

    model_config = shown_as({"to": "medwatch"})

    to: Code


class CompleteSession(Sent):
    """Both follow from what was noted, and may be left out; what is sent may not contradict it.

    `adverse_event_grade_max` after CTCAE: 0 none, 1 mild … 4 life-threatening, 5 death.
    """

    model_config = shown_as({}, {"discharge": "escorted", "adverse_event_grade_max": 1})

    discharge: Literal["escorted", "extended"] | None = None
    adverse_event_grade_max: Annotated[int, Field(ge=0, le=5)] | None = None


class LeaveAgainstAdvice(Sent):
    """`witness` and `prescriber_informed` are ids of staff. Reasons are codes."""

    model_config = shown_as(
        {
            "reason": "wants_to_leave",
            "capacity_assessed": True,
            "risks_explained": True,
            "witness": "usr_ben",
            "prescriber_informed": "usr_petra",
        }
    )

    reason: Code
    capacity_assessed: bool
    risks_explained: bool
    witness: Name
    prescriber_informed: Name

    def to_leaving(self, *, by: str, now: datetime) -> AgainstAdvice:
        return AgainstAdvice(**self.model_dump(), by=by, at=now)


class CorrectSession(Sent):
    """What is left out was right."""

    model_config = shown_as(
        {"reason": "clock_was_wrong", "dosing_ended_at": "2030-01-08T16:10:00Z"}
    )

    reason: Code
    dosing_started_at: Moment | None = None
    dosing_ended_at: Moment | None = None
    completed_at: Moment | None = None
    adverse_event_grade_max: Annotated[int, Field(ge=0, le=5)] | None = None

    def to_anew(self) -> Anew:
        return Anew(**self.model_dump(exclude={"reason"}))


class WriteNote(Sent):
    """Words about a patient: kept sealed, never answered to a command, never logged."""

    model_config = shown_as({"text": "A sample note about nobody."})

    text: Annotated[str, Text(NOTE_LENGTH, lines=True)]


class SignNote(Sent):
    """`version` is the one that was read."""

    model_config = shown_as({"version": 2})

    version: Annotated[Whole, Field(ge=1)]
