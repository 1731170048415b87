"""Fields that many events have, each explained once. In JSON they are plain text and numbers."""

from typing import Annotated, TypeAlias

from pydantic import Field

PatientId: TypeAlias = Annotated[str, Field(description="The patient: an id, never a name.")]
LocationId: TypeAlias = Annotated[str, Field(description="The place: a key of `clinic.locations`.")]

AlarmId: TypeAlias = Annotated[str, Field(description="The alarm at the bedside.")]
AlertId: TypeAlias = Annotated[str, Field(description="The risk alert.")]
AssignmentId: TypeAlias = Annotated[str, Field(description="The survey, as asked of one patient.")]
CallId: TypeAlias = Annotated[
    str, Field(description="The call; the same however often it is made.")
]
ClearanceId: TypeAlias = Annotated[str, Field(description="The clearance.")]
ConsentId: TypeAlias = Annotated[str, Field(description="The consent.")]
ConsultationId: TypeAlias = Annotated[str, Field(description="The consultation.")]
OfferId: TypeAlias = Annotated[str, Field(description="What is offered to one who waits.")]
MessageId: TypeAlias = Annotated[str, Field(description="The letter; the same in each attempt.")]
PlanId: TypeAlias = Annotated[str, Field(description="The course of treatment it belongs to.")]
ScreeningId: TypeAlias = Annotated[str, Field(description="The screening.")]
SessionId: TypeAlias = Annotated[str, Field(description="The session.")]

Version: TypeAlias = Annotated[
    int,
    Field(description="Of what it is about, from 1: leave what is below the one you know."),
]

Indication: TypeAlias = Annotated[str, Field(description="What is treated, as a code.")]
Protocol: TypeAlias = Annotated[str, Field(description="The protocol's name.")]
ProtocolVersion: TypeAlias = Annotated[int, Field(description="The version of the protocol.")]
InfusionNumber: TypeAlias = Annotated[int, Field(description="Which of the plan, from 1.")]
PlannedInfusions: TypeAlias = Annotated[int, Field(description="How many the plan has.")]
DoseMg: TypeAlias = Annotated[float, Field(description="Milligrams, as ordered and verified.")]
MgPerKg: TypeAlias = Annotated[
    float, Field(description="Milligrams per kilogram of the weight measured that day.")
]
Route: TypeAlias = Annotated[str, Field(description="How it was given, as the protocol says.")]

Concern: TypeAlias = Annotated[
    str, Field(description="What an alarm is about: `systolic_high`, `spo2_low`, `reading_late`.")
]
Level: TypeAlias = Annotated[str, Field(description="How bad: `caution`, `pause` or `stop`.")]

Instrument: TypeAlias = Annotated[str, Field(description="The questionnaire's name: `phq-9`.")]
InstrumentVersion: TypeAlias = Annotated[
    int, Field(description="The version of the questionnaire.")
]

Purpose: TypeAlias = Annotated[
    str, Field(description="The rule it was written by: `plan@version/line`.")
]
PromiseAbout: TypeAlias = Annotated[
    str, Field(description="What it hung on: a session, a consultation, a survey, an alert.")
]
