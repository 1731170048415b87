"""What the API takes and gives while a patient is watched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, model_validator

from clinic_platform.web import Moment, Sent, shown_as
from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.monitored import Monitored, Taken
from clinic_sessions.domain.bedside.reading import MEASURED, Reading
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.bedside.checks import Diastolic, HeartRate, Moaas, SpO2, Systolic
from clinic_sessions.schemas.kinds import Name

Symptom: TypeAlias = Literal[
    "chest_pain", "dyspnoea", "neurological", "apnoea", "laryngospasm", "seizure", "psychosis"
]
Action: TypeAlias = Literal[
    "measured_again",
    "reassured",
    "stimulated",
    "oxygen_given",
    "airway_opened",
    "infusion_slowed",
    "infusion_paused",
    "infusion_stopped",
    "medicine_given",
    "emergency_called",
    "device_put_right",
    "nothing_needed",
]


class TakeReading(Sent):
    """What was not measured is left out. Something was; only a correction may take all of it back.

    Systolic and diastolic in mm[Hg], heart and respiratory rate per minute, SpO2 in percent, MOAA/S
    from 0 to 5. `symptoms` is an empty list when there were none. `corrects` names the version of
    the same reading that this one replaces.
    """

    model_config = shown_as(
        {
            "device": "monitor_1",
            "sequence": 17,
            "taken_at": "2030-01-08T15:40:00Z",
            "systolic": 131,
            "diastolic": 82,
            "heart_rate": 76,
            "spo2": 97,
            "symptoms": [],
        }
    )

    device: Name
    sequence: Annotated[int, Field(ge=0, le=10**9)]
    taken_at: Moment
    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    heart_rate: HeartRate | None = None
    spo2: SpO2 | None = None
    respiratory_rate: Annotated[int, Field(ge=0, le=200)] | None = None
    moaas: Moaas | None = None
    rhythm: Literal["regular", "known_arrhythmia", "new_arrhythmia"] | None = None
    distress: Literal["none", "mild", "moderate", "severe", "violent"] | None = None
    symptoms: Annotated[list[Symptom], Field(max_length=7)] | None = None
    corrects: Annotated[int, Field(ge=1, le=1_000)] | None = None

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.corrects is None and all(getattr(self, name) is None for name in MEASURED):
            raise ValueError("A reading holds at least one measurement.")
        return self

    def to_reading(self, session_id: str, *, now: datetime) -> Reading:
        fields = self.model_dump(exclude={"symptoms", "taken_at"})
        symptoms = None if self.symptoms is None else tuple(sorted({*self.symptoms}))
        return Reading(
            session_id=session_id,
            received_at=_kept(now),
            taken_at=_kept(self.taken_at),
            symptoms=symptoms,
            **fields,
        )


class TakeReadings(Sent):
    """Up to 100, as a tablet has them that was without a network. All are taken, or none: one that
    nothing can mean is named by its place in the list, and the others are sent again without it."""

    model_config = shown_as(
        {
            "readings": [
                {
                    "device": "monitor_1",
                    "sequence": 17,
                    "taken_at": "2030-01-08T15:40:00Z",
                    "systolic": 131,
                    "diastolic": 82,
                    "heart_rate": 76,
                    "spo2": 97,
                    "symptoms": [],
                }
            ]
        }
    )

    readings: Annotated[list[TakeReading], Field(min_length=1, max_length=100)]


class TakenOut(BaseModel):
    """`is_new` is false when this device sent this before. `clock` states what its time is
    worth."""

    model_config = shown_as(examples.TAKEN)

    device: str
    sequence: int
    version: int
    is_new: bool
    clock: str

    @classmethod
    def of(cls, taken: Taken) -> Self:
        reading = taken.reading
        return cls(
            device=reading.device,
            sequence=reading.sequence,
            version=reading.version,
            is_new=taken.is_new,
            clock=reading.clock,
        )


class AlarmCloses(Sent):
    """What was done."""

    model_config = shown_as({"action": "measured_again"})

    action: Action


class HappenedOut(BaseModel):
    what: str
    at: datetime
    details: dict[str, Any]


class AlarmOut(BaseModel):
    """`message` is what the protocol has one do. The history is only ever added to."""

    model_config = shown_as(examples.ALARM)

    id: str
    session_id: str
    concern: str
    level: str
    status: str
    raised_at: datetime | None
    acknowledge_by: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    message: str
    is_confirmed: bool
    history: list[HappenedOut]
    version: int

    @classmethod
    def of(cls, alarm: Alarm) -> Self:
        cause = alarm.newest_cause
        plain = ("id", "session_id", "concern", "level", "status", "raised_at", "acknowledge_by")
        return cls(
            **{name: getattr(alarm, name) for name in (*plain, "acknowledged_by", "closed_at")},
            message=cause.message,
            is_confirmed=cause.is_confirmed,
            history=[_happened(fact) for fact in alarm.history],
            version=alarm.revision,
        )


class DueOut(BaseModel):
    due_at: datetime
    state: str
    read_at: datetime | None


class GapOut(BaseModel):
    """`until` is null while it lasts."""

    since: datetime
    until: datetime | None


class BaselineOut(BaseModel):
    value: float
    at: datetime
    source: str


class UnconfirmedOut(BaseModel):
    """A limit was passed once: measure again, two to five minutes after `at`."""

    limit: str
    at: datetime


class MonitoringOut(BaseModel):
    """`unknown_limits` cannot be judged, since the baseline they need is not known. `unconfirmed`
    is null for another time than now: what waited for a second reading then is not kept."""

    model_config = shown_as(examples.MONITORING)

    as_of: datetime
    dosing_started_at: datetime | None
    dosing_ended_at: datetime | None
    next_due_at: datetime | None
    due: list[DueOut]
    gaps: list[GapOut]
    baseline: Mapping[str, BaselineOut]
    unknown_limits: list[str]
    unconfirmed: list[UnconfirmedOut] | None
    caution: bool
    open_alarms: list[AlarmOut]

    @classmethod
    def of(cls, seen: Monitored) -> Self:
        watch = seen.watch
        baseline = watch.baseline.items()
        return cls(
            as_of=seen.as_of,
            dosing_started_at=watch.started_at,
            dosing_ended_at=watch.ended_at,
            next_due_at=seen.next_due_at,
            due=[DueOut(due_at=d.due_at, state=d.state, read_at=d.read_at) for d in seen.dues],
            gaps=[GapOut(since=gap.since, until=gap.until) for gap in seen.gaps],
            baseline={
                name: BaselineOut(value=one.value, at=one.at, source=one.source)
                for name, one in baseline
            },
            unknown_limits=list(seen.unknown),
            unconfirmed=_unconfirmed(seen),
            caution=watch.is_cautious,
            open_alarms=[AlarmOut.of(alarm) for alarm in seen.open_alarms],
        )


def _unconfirmed(seen: Monitored) -> list[UnconfirmedOut] | None:
    if seen.unconfirmed is None:
        return None
    return [UnconfirmedOut(limit=one.limit_id, at=one.at) for one in seen.unconfirmed]


def _happened(fact: Any) -> HappenedOut:
    details = {name: getattr(fact, name) for name in fact.__slots__ if name != "at"}
    cause = details.pop("cause", None)
    if cause is not None:
        details |= {name: getattr(cause, name) for name in cause.__slots__}
    return HappenedOut(what=_WORDS[type(fact).__name__], at=fact.at, details=details)


def _kept(at: datetime) -> datetime:
    """In thousandths of a second, as the database keeps it: the same when it is sent again."""
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)


_WORDS: Final = {
    "Raised": "raised",
    "Worsened": "made_worse",
    "AlarmNoted": "noted",
    "Acknowledged": "acknowledged",
    "Escalated": "escalated",
    "Closed": "closed",
}
