"""What the API takes and gives about places: one document, the same in both directions."""

from functools import cache
from typing import Annotated, Final, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter

from clinic_platform.web import Day, Sent, Text, shown_as
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.kinds import Code, Email, Line, Name, TimeOfDay, Weekday

_DETAILS: Final = TypeAdapter(Details)

Minutes = Annotated[int, Field(ge=0, le=240)]
Schedule = Literal["II", "IIN", "III", "IIIN", "IV", "V"]
Ratio = Annotated[int, Field(ge=1, le=20)]
Names = Annotated[tuple[Name, ...], Field(max_length=50)]


# Listing them walks the machine's folders of zones, and all other requests wait meanwhile.
_zones = cache(available_timezones)


def _a_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("It is not a zone of the IANA list.")
    return name


class OpeningHours(Sent):
    opens: TimeOfDay
    closes: TimeOfDay


class SpecialDay(Sent):
    """`hours` null: closed that day."""

    on: Day
    hours: OpeningHours | None


class Closure(Sent):
    """Both days included. `of` names what is closed; empty: the whole place. `protocols`: closed
    for what is given by these alone; empty: for everything."""

    id: Name
    first: Day
    last: Day
    reason: Code
    of: Names = ()
    protocols: Names = ()


class Buffer(Sent):
    """Of a room, before and after the visits of one protocol."""

    protocol: Name
    setting_up_minutes: Minutes = 0
    clearing_up_minutes: Minutes = 0


class Room(Sent):
    """Its minutes hold for every visit; those of `buffers` for one protocol's, where longer."""

    name: Name
    setting_up_minutes: Minutes = 0
    clearing_up_minutes: Minutes = 0
    buffers: Annotated[tuple[Buffer, ...], Field(max_length=50)] = ()


class Chair(Sent):
    name: Name
    room: Name


class RecoveryPlace(Sent):
    name: Name
    room: Name
    capacity: Annotated[int, Field(ge=1, le=50)]


class Equipment(Sent):
    name: Name
    kind: Code


class Shift(Sent):
    weekday: Weekday
    hours: OpeningHours
    first: Day | None = None
    last: Day | None = None


class Member(Sent):
    """`name` is a code, never a person's name. `person` is the id of somebody who works at several
    places, the same in each document: they are then in one place at a time."""

    name: Name
    roles: Annotated[tuple[Code, ...], Field(min_length=1, max_length=10)]
    competences: Annotated[tuple[Code, ...], Field(max_length=30)] = ()
    shifts: Annotated[tuple[Shift, ...], Field(max_length=50)] = ()
    person: Annotated[str, Field(pattern=r"^usr_[A-Za-z0-9_-]{1,36}$")] | None = None


class OnCall(Sent):
    member: Name
    email: Email
    weekday: Weekday
    hours: OpeningHours
    role: Code | None = None


class Quiet(Sent):
    starts: TimeOfDay
    ends: TimeOfDay


class Crisis(Sent):
    text: Annotated[str, Text(500, lines=True)]
    phone: Annotated[str, Text(30)]


class Notice(Sent):
    book_at_least_hours: Annotated[int, Field(ge=0, le=720)] = 0
    book_at_most_days: Annotated[int, Field(ge=1, le=730)] = 180
    cancel_at_least_hours: Annotated[int, Field(ge=0, le=720)] = 24


class Registration(Sent):
    number: Annotated[str, Field(pattern=r"^[A-Z0-9-]{4,20}$")]
    schedules: Annotated[tuple[Schedule, ...], Field(min_length=1, max_length=6)]
    expires_on: Day


class PrescriptionMonitoring(Sent):
    """What the law of this place asks: null in the document means that nobody has stated it."""

    before_dose: bool
    every_days: Annotated[int, Field(ge=0, le=366)]
    law: Line


class DescribeLocation(Sent):
    model_config = shown_as(examples.DOCUMENT)

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
    special_days: Annotated[tuple[SpecialDay, ...], Field(max_length=366)] = ()
    closures: Annotated[tuple[Closure, ...], Field(max_length=100)] = ()
    rooms: Annotated[tuple[Room, ...], Field(min_length=1, max_length=50)]
    chairs: Annotated[tuple[Chair, ...], Field(min_length=1, max_length=50)]
    recovery: Annotated[tuple[RecoveryPlace, ...], Field(max_length=20)] = ()
    equipment: Annotated[tuple[Equipment, ...], Field(max_length=200)] = ()
    staff: Annotated[tuple[Member, ...], Field(min_length=1, max_length=200)]
    ratios: dict[Name, Ratio] = Field(default_factory=dict, max_length=200)
    notice: Notice = Notice()
    rota: Annotated[tuple[OnCall, ...], Field(max_length=200)] = ()
    registration: Registration | None = None
    protocols: Names
    prescription_monitoring: PrescriptionMonitoring | None = None

    def to_details(self) -> Details:
        return _DETAILS.validate_python(self.model_dump())

    @classmethod
    def of(cls, details: Details) -> Self:
        return cls.model_validate(_DETAILS.dump_python(details), strict=False)


class LocationOut(BaseModel):
    model_config = shown_as(examples.LOCATION)

    id: str
    version: int
    document: DescribeLocation

    @classmethod
    def of(cls, location: Location) -> Self:
        document = DescribeLocation.of(location.details)
        return cls(id=location.id, version=location.revision, document=document)
