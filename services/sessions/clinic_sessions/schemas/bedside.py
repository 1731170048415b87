"""What the API takes and gives at the bedside."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from clinic_platform.decisions import Receipt
from clinic_platform.web import Moment, Sent
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.schemas.kinds import Name


class Checks(Sent):
    """Facts from the bedside. What is left out was not measured.

    Weight in kg, blood pressure in mm[Hg], heart rate per minute, SpO2 in percent on room air.
    """

    identity_confirmed: bool | None = None
    escort_confirmed: bool | None = None
    suicide_screen_negative: bool | None = None
    fasting_hours: Annotated[float, Field(ge=0, le=72)] | None = None
    hours_since_food: Annotated[float, Field(ge=0, le=72)] | None = None
    minutes_since_fluids: Annotated[int, Field(ge=0, le=4320)] | None = None
    nasal_spray_within_an_hour: bool | None = None
    programme_enrolled: bool | None = None
    prescriber_on_site: bool | None = None
    weight_kg: Annotated[float, Field(ge=20, le=400)] | None = None
    systolic: Annotated[int, Field(ge=30, le=300)] | None = None
    diastolic: Annotated[int, Field(ge=20, le=200)] | None = None
    heart_rate: Annotated[int, Field(ge=20, le=300)] | None = None
    spo2: Annotated[int, Field(ge=40, le=100)] | None = None


class DischargeAssessment(Sent):
    """MOAA/S 0-5, modified Aldrete 0-10, dissociation in points above the baseline of the day."""

    systolic: Annotated[int, Field(ge=30, le=300)] | None = None
    diastolic: Annotated[int, Field(ge=20, le=200)] | None = None
    spo2: Annotated[int, Field(ge=40, le=100)] | None = None
    moaas: Annotated[int, Field(ge=0, le=5)] | None = None
    aldrete: Annotated[int, Field(ge=0, le=10)] | None = None
    dissociation_above_baseline: Annotated[int, Field(ge=-10, le=10)] | None = None
    oriented_and_steady: bool | None = None
    new_suicidal_ideation: bool | None = None
    escort_present: bool | None = None


def noted(sent: Checks | DischargeAssessment) -> dict[str, bool | float | str]:
    """Only what was measured: a fact that is left out stays as it is known."""
    return sent.model_dump(exclude_none=True)


class OrderDose(Sent):
    mg_per_kg: Annotated[float, Field(gt=0, le=10)]


class TakeReading(Sent):
    device: Name
    sequence: Annotated[int, Field(ge=0, le=10**9)]
    taken_at: Moment
    systolic: Annotated[int, Field(ge=30, le=300)] | None = None
    diastolic: Annotated[int, Field(ge=20, le=200)] | None = None
    heart_rate: Annotated[int, Field(ge=20, le=300)] | None = None
    spo2: Annotated[int, Field(ge=40, le=100)] | None = None
    moaas: Annotated[int, Field(ge=0, le=5)] | None = None

    def to_reading(self, session_id: str, *, now: datetime) -> Reading:
        return Reading(session_id=session_id, received_at=now, **self.model_dump())


class CompleteSession(Sent):
    """`adverse_event_grade_max` after CTCAE: 0 none, 1 mild … 4 life-threatening."""

    discharge: Literal["escorted", "extended", "against_advice"]
    adverse_event_grade_max: Annotated[int, Field(ge=0, le=4)] = 0


class FindingOut(BaseModel):
    rule: str
    why: str
    message: str
    source: str
    waivable_by: list[str]
    facts: dict[str, bool | float | str | None]
    ages_seconds: dict[str, int | None]


class ReceiptOut(BaseModel):
    rule_set: str
    version: int
    as_of: datetime
    outcome: str
    findings: list[FindingOut]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        findings = [
            FindingOut(
                rule=finding.rule,
                why=finding.why,
                message=finding.message,
                source=finding.source,
                waivable_by=list(finding.waivable_by),
                facts={used.name: used.value for used in finding.used},
                ages_seconds={used.name: used.age_seconds for used in finding.used},
            )
            for finding in receipt.findings
        ]
        return cls(
            rule_set=receipt.rule_set,
            version=receipt.version,
            as_of=receipt.as_of,
            outcome=receipt.outcome,
            findings=findings,
        )
