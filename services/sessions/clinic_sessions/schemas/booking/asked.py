"""What the API takes: when, with whom and what, and why."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from clinic_platform.web import Moment, Sent, shown_as
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.visit import EQUIPMENT, PERSON, PLACE
from clinic_sessions.domain.booking.wall import WallTime
from clinic_sessions.domain.booking.wishes import Wishes
from clinic_sessions.schemas.kinds import Code, Id, Name

PLAN: Final = "pln_01JGZ3W5T0000000000000SAMP"


def _a_wall_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("It is a date and a time of day, as in 2030-01-07T09:00.") from None
    return text


LocalTime = Annotated[
    str,
    Field(pattern=r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]$"),
    AfterValidator(_a_wall_time),
]


class Timed(Sent):
    """Either `starts_at`, an instant, or `starts_local`, as on the wall of the location. Where the
    clocks are put back a wall time exists twice: `fold` 0 is the earlier, 1 the later one."""

    starts_at: Moment | None = None
    starts_local: LocalTime | None = None
    fold: Literal[0, 1] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.starts_at is None) == (self.starts_local is None):
            raise ValueError("Give either starts_at or starts_local.")
        if self.fold is not None and self.starts_local is None:
            raise ValueError("A fold belongs to starts_local.")
        return self

    def when(self) -> datetime | WallTime:
        if self.starts_at is not None:
            return self.starts_at
        assert self.starts_local is not None, "Without one there is the other."
        return WallTime(at=datetime.fromisoformat(self.starts_local), fold=self.fold)


class Seating(Sent):
    """What is to serve, if that matters. Everything else is assigned."""

    chair: Name | None = None
    nurse: Name | None = None
    people: Annotated[tuple[Name, ...], Field(max_length=5)] = ()
    equipment: Annotated[tuple[Name, ...], Field(max_length=5)] = ()

    def wishes(self) -> Wishes:
        people = {*self.people, *(() if self.nurse is None else (self.nurse,))}
        named = {
            PLACE: frozenset(() if self.chair is None else (self.chair,)),
            PERSON: frozenset(people),
            EQUIPMENT: frozenset(self.equipment),
        }
        return Wishes({kind: names for kind, names in named.items() if names})


class Wishing(Timed, Seating):
    """A time, and what is to serve."""


class BookSession(Wishing):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"plan_id": PLAN, "starts_at": "2030-01-08T15:00:00Z"},
                {"plan_id": PLAN, "starts_local": "2030-01-08T09:00", "chair": "chair_2"},
            ]
        }
    )

    plan_id: Id


class HoldSlot(BookSession):
    """As a booking, for a few minutes."""


class Reschedule(Wishing):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"starts_local": "2030-11-03T01:30", "fold": 1}]}
    )


class OverrideBooking(BookSession):
    """A booking that breaks `rules`, with a `reason`: given and used at once, for this one booking;
    moving it asks for another. A visit that begins at `expires_at` or later is refused: it says how
    far ahead the permission is meant, and keeps a slip of the date from breaking rules there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan_id": PLAN,
                    "starts_local": "2030-01-08T09:00",
                    "chair": "chair_2",
                    "rules": ["overbook"],
                    "reason": "medically_urgent",
                    "expires_at": "2030-01-09T00:00:00Z",
                }
            ]
        }
    )

    rules: Annotated[
        tuple[Literal["overbook", "outside_hours", "no_buffer", "short_notice"], ...],
        Field(min_length=1, max_length=4),
    ]
    reason: Code
    expires_at: Moment

    def permission(self, *, by: str, now: datetime) -> Override:
        return Override(
            rules=tuple(sorted(set(self.rules))),
            reason=self.reason,
            by=by,
            permitted_at=now,
            expires_at=self.expires_at,
        )


class Reason(Sent):
    model_config = shown_as({"reason": "patient_ill"})

    reason: Code


class Empty(Sent):
    """A verb that needs nothing more."""

    model_config = shown_as({})
