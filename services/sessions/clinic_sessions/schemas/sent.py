"""What the HTTP API takes."""

from datetime import datetime, time
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from clinic_platform.web import Moment, Sent, Text
from clinic_sessions.domain.location import Details, Hours
from clinic_sessions.domain.reading import Reading

Name = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Line = Annotated[str, Text(120)]
Email = Annotated[str, Field(pattern=r"^[^@\s=?]{1,64}@[A-Za-z0-9.-]{1,190}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _a_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("It is not a zone of the IANA list.")
    return name


class OpeningHours(Sent):
    opens: TimeOfDay
    closes: TimeOfDay


class Crisis(Sent):
    text: Annotated[str, Text(500, lines=True)]
    phone: Annotated[str, Text(30)]


class Quiet(Sent):
    starts: TimeOfDay
    ends: TimeOfDay


class DescribeLocation(Sent):
    display_name: Line
    zone: Annotated[str, Field(max_length=60), AfterValidator(_a_zone)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    sender_name: Line
    sender_email: Email
    phone: Annotated[str, Text(30)]
    on_call_email: Email
    quiet_hours: Quiet
    crisis: Crisis
    hours: dict[Weekday, OpeningHours]
    chairs: Annotated[list[Name], Field(min_length=1, max_length=50)]
    nurses: Annotated[list[Name], Field(min_length=1, max_length=100)]
    protocols: Annotated[list[Name], Field(max_length=50)]

    def to_details(self) -> Details:
        return Details(
            display_name=self.display_name,
            zone=self.zone,
            language=self.language,
            sender_name=self.sender_name,
            sender_email=self.sender_email,
            phone=self.phone,
            on_call_email=self.on_call_email,
            quiet_from=time.fromisoformat(self.quiet_hours.starts),
            quiet_until=time.fromisoformat(self.quiet_hours.ends),
            crisis_text=self.crisis.text,
            crisis_phone=self.crisis.phone,
            hours={
                day: Hours(
                    opens=time.fromisoformat(hours.opens), closes=time.fromisoformat(hours.closes)
                )
                for day, hours in self.hours.items()
            },
            chairs=tuple(self.chairs),
            nurses=tuple(self.nurses),
            protocols=tuple(self.protocols),
        )


class BookSession(Sent):
    plan_id: Annotated[str, Field(max_length=40)]
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


class Checks(Sent):
    """Facts from the bedside. What is left out was not measured.

    Weight in kg, blood pressure in mm[Hg], heart rate per minute, SpO2 in percent on room air.
    """

    identity_confirmed: bool | None = None
    escort_confirmed: bool | None = None
    suicide_screen_negative: bool | None = None
    fasting_hours: Annotated[float, Field(ge=0, le=72)] | None = None
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
