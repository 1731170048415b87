"""What the API takes and gives about the wait-list and its offers."""

from datetime import datetime, time
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clinic_platform.web import Moment, Sent
from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.preferences import DayPart
from clinic_sessions.domain.places.hours import WEEKDAYS
from clinic_sessions.domain.waiting.entry import MOST_URGENT, Priority, Waiting, WaitWanted
from clinic_sessions.domain.waiting.offer import Offer
from clinic_sessions.schemas.booking.asked import PLAN
from clinic_sessions.schemas.booking.series import Preferring
from clinic_sessions.schemas.kinds import Code, Id

SESSION: Final = "ses_01JGZ3W5T0000000000000SAMP"


class JoinWaitList(Preferring):
    """With `session_id` that booking is to be earlier; without, a visit of the plan is to be
    booked. Starts from `from` on and before `until` are of interest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"plan_id": PLAN, "parts_of_day": ["morning"], "not_on": ["friday"]},
                {"plan_id": PLAN, "session_id": SESSION, "until": "2030-02-01T00:00:00Z"},
            ]
        }
    )

    plan_id: Id
    session_id: Id | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _in_their_order(self) -> Self:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("The earlier time comes first.")
        return self

    def wanted(self) -> WaitWanted:
        return WaitWanted(
            session_id=self.session_id,
            since=self.since,
            until=self.until,
            preference=self.preference(),
        )


class PrioritiseWaiting(Sent):
    """The highest `level` is asked first; 0 is everybody's. `reason` is a code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"level": 2, "reason": "symptoms_worse"}]}
    )

    level: Annotated[int, Field(ge=0, le=MOST_URGENT)]
    reason: Code


class PartOut(BaseModel):
    """Times of day on the location's clock, the end not included."""

    starts: str
    ends: str

    @classmethod
    def of(cls, part: DayPart) -> Self:
        ends = "24:00" if part.ends == time.max else f"{part.ends:%H:%M}"
        return cls(starts=f"{part.starts:%H:%M}", ends=ends)


class PriorityOut(BaseModel):
    level: int
    reason: str
    by: str
    at: datetime

    @classmethod
    def of(cls, priority: Priority) -> Self:
        return cls(level=priority.level, reason=priority.reason, by=priority.by, at=priority.at)


class WaitingOut(BaseModel):
    """`status`: waiting, booked, moved, withdrawn, expired, booking_ended or plan_ended."""

    id: str
    status: str
    plan_id: str
    patient_id: str
    location_id: str
    session_id: str | None
    parts: list[PartOut]
    not_on: list[str]
    since: Annotated[datetime | None, Field(serialization_alias="from")]
    until: datetime
    priority: PriorityOut | None
    joined_at: datetime
    joined_by: str
    version: int

    @classmethod
    def of(cls, waiting: Waiting, now: datetime) -> Self:
        priority, preference = waiting.priority, waiting.preference
        return cls(
            id=waiting.id,
            status=waiting.status(now),
            plan_id=waiting.plan_id,
            patient_id=waiting.patient_id,
            location_id=waiting.location_id,
            session_id=waiting.session_id,
            parts=[PartOut.of(part) for part in preference.parts],
            not_on=[day for day in WEEKDAYS if day in preference.not_on],
            since=waiting.since,
            until=waiting.until,
            priority=None if priority is None else PriorityOut.of(priority),
            joined_at=waiting.joined_at,
            joined_by=waiting.joined_by,
            version=waiting.revision,
        )


class OfferOut(BaseModel):
    """`status`: open, accepted, declined, passed_on or withdrawn. `session_id`: the booking that
    would move there. `answer_by` never moves."""

    id: str
    status: str
    waiting_id: str
    plan_id: str
    patient_id: str
    location_id: str
    session_id: str | None
    hold_id: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    made_at: datetime
    answer_by: datetime
    answer_by_local: str
    version: int

    @classmethod
    def of(cls, offer: Offer, zone: str, now: datetime) -> Self:
        return cls(
            id=offer.id,
            status=offer.status(now),
            waiting_id=offer.waiting_id,
            plan_id=offer.plan_id,
            patient_id=offer.patient_id,
            location_id=offer.location_id,
            session_id=offer.session_id,
            hold_id=offer.hold_id,
            starts_at=offer.starts_at,
            ends_at=offer.ends_at,
            starts_local=wall(offer.starts_at, zone),
            zone=zone,
            made_at=offer.made_at,
            answer_by=offer.answer_by,
            answer_by_local=wall(offer.answer_by, zone),
            version=offer.revision,
        )
