"""What the API takes and gives about a whole series."""

from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clinic_platform.auth import Caller
from clinic_platform.web import Moment, Sent, shown_as
from clinic_sessions.domain.booking.preferences import DAY_PARTS, DayPart, Preference
from clinic_sessions.domain.booking.search import SeriesFound, SeriesWanted
from clinic_sessions.domain.session import Session
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.booking.asked import Seating
from clinic_sessions.schemas.booking.shown import SessionOut
from clinic_sessions.schemas.kinds import TimeOfDay, Weekday


class Between(Sent):
    """Times of day on the location's clock: a visit begins at `starts` or later, before `ends`."""

    starts: TimeOfDay
    ends: TimeOfDay

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("The earlier time comes first.")
        return self

    def part(self) -> DayPart:
        return DayPart(starts=time.fromisoformat(self.starts), ends=time.fromisoformat(self.ends))


class Preferring(Sent):
    """When somebody would like to come. Any of the parts of a day will do."""

    parts_of_day: Annotated[tuple[Literal["morning", "afternoon"], ...], Field(max_length=2)] = ()
    between: Between | None = None
    not_on: Annotated[tuple[Weekday, ...], Field(max_length=7)] = ()

    def preference(self) -> Preference:
        parts = [DAY_PARTS[name] for name in self.parts_of_day]
        if self.between is not None:
            parts.append(self.between.part())
        return Preference(parts=tuple(parts), not_on=frozenset(self.not_on))


Hours = Annotated[int, Field(ge=1, le=24 * 366)]


class BookSeries(Preferring, Seating):
    """Without `how_many` all that the plan lacks; without `from` and `until` from now on, as long
    as the protocol gives a series. `least_hours` and `most_hours` between two visits are within the
    protocol's own. `accept_partial`: book the best there is where it is not all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {},
                {"parts_of_day": ["morning"], "not_on": ["friday"], "least_hours": 72},
            ]
        }
    )

    how_many: Annotated[int, Field(ge=1, le=100)] | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None
    least_hours: Hours | None = None
    most_hours: Hours | None = None
    accept_partial: bool = False

    def wanted(self) -> SeriesWanted:
        return SeriesWanted(
            how_many=self.how_many,
            since=self.since,
            until=self.until,
            preference=self.preference(),
            wishes=self.wishes(),
            least=_hours(self.least_hours),
            most=_hours(self.most_hours),
            accept_partial=self.accept_partial,
        )


class ReasonOut(BaseModel):
    kind: str
    message: str
    what: str | None = None


class GapOut(BaseModel):
    """Between these two, both included, one more infusion could begin by the spacing."""

    infusion_number: int
    since: Annotated[str, Field(alias="from")]
    until: Annotated[str, Field(alias="to")]
    from_local: str
    to_local: str
    zone: str
    reasons: list[ReasonOut]


class SeriesOut(BaseModel):
    """What was booked; `missing` more were wanted, and `gaps` give why they could not be had."""

    model_config = shown_as(examples.SERIES)

    plan_id: str
    sessions: list[SessionOut]
    missing: int
    gaps: list[GapOut]

    @classmethod
    def of(
        cls,
        plan_id: str,
        sessions: list[Session],
        found: SeriesFound,
        zone: str,
        *,
        now: datetime,
        by: Caller,
    ) -> Self:
        return cls(
            plan_id=plan_id,
            sessions=[SessionOut.of(session, zone, now=now, by=by) for session in sessions],
            missing=found.missing,
            gaps=[GapOut.model_validate(gap.details(zone)) for gap in found.gaps],
        )


def _hours(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(hours=number)
