"""What the API shows of the board of a place."""

from datetime import date, datetime
from hashlib import sha256
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clinic_platform.web import shown_as
from clinic_sessions.domain.board.card import Card, LastReading, OpenAlarm
from clinic_sessions.domain.places.location import Location
from clinic_sessions.schemas import examples


class AlarmOnCard(BaseModel):
    """One that nobody has closed. How old it is follows from `raised_at` and the server's time."""

    id: str
    concern: str
    level: str
    status: str
    raised_at: datetime
    acknowledge_by: datetime | None

    @classmethod
    def of(cls, alarm: OpenAlarm) -> Self:
        return cls(**{name: getattr(alarm, name) for name in cls.model_fields})


class ReadingOnCard(BaseModel):
    """The newest. Systolic and diastolic in mm[Hg], heart rate per minute, SpO2 in percent, MOAA/S
    from 0 to 5; null was not measured."""

    taken_at: datetime
    systolic: int | None
    diastolic: int | None
    heart_rate: int | None
    spo2: int | None
    moaas: int | None

    @classmethod
    def of(cls, reading: LastReading) -> Self:
        return cls(**{name: getattr(reading, name) for name in cls.model_fields})


class CardOut(BaseModel):
    """One session on the board. `stage` is one of expected, preparation, dosing, recovery, ended;
    the minutes in it follow from `stage_began_at`. `next_due_at` is when the next reading is due;
    null where none is, or where nobody knows. `overruns_since` is the end of the visit, where the
    patient is there after it; a live board shows it with the first call at the latest. `version`
    differs where anything else does."""

    model_config = shown_as(examples.CARD)

    session_id: str
    status: str
    chair: str | None
    stage: str
    stage_began_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    next_due_at: datetime | None
    overruns_since: datetime | None
    alarms: list[AlarmOnCard]
    last_reading: ReadingOnCard | None
    version: str = ""

    @classmethod
    def of(cls, card: Card, *, now: datetime) -> Self:
        shown = cls(
            session_id=card.session_id,
            status=card.status,
            chair=card.chair,
            stage=card.stage,
            stage_began_at=card.stage_began_at,
            starts_at=card.times.starts_at,
            ends_at=card.ends_at,
            next_due_at=card.next_due_at,
            overruns_since=card.overruns_since(now),
            alarms=[AlarmOnCard.of(alarm) for alarm in card.alarms],
            last_reading=card.last_reading and ReadingOnCard.of(card.last_reading),
        )
        return shown._with_version()

    def with_reading(self, newest: LastReading | None) -> Self:
        """The same, and what was read since."""
        read = newest and ReadingOnCard.of(newest)
        return self.model_copy(update={"last_reading": read})._with_version()

    def _with_version(self) -> Self:
        content = self.model_dump_json(exclude={"version"})
        return self.model_copy(update={"version": sha256(content.encode()).hexdigest()[:16]})


class PlaceOut(BaseModel):
    id: str
    display_name: str
    zone: str

    @classmethod
    def of(cls, location: Location) -> Self:
        details = location.details
        return cls(id=location.id, display_name=details.display_name, zone=details.zone)


class BoardOut(BaseModel):
    """All cards of the day. `cursor` is what `Last-Event-ID` takes; opaque, and empty where it is
    the board of another time."""

    model_config = shown_as(examples.BOARD)

    location: PlaceOut
    day: date
    server_time: datetime
    local_time: str
    cursor: str
    cards: list[CardOut]


class ChangedOut(BaseModel):
    """The cards that differ from those sent before; `gone` are sessions that left the board."""

    model_config = shown_as(examples.BOARD_CHANGED)

    server_time: datetime
    cursor: str
    cards: list[CardOut]
    gone: list[str]


class StaleOut(BaseModel):
    """The service cannot see the clinic's records: what the screen shows is as of `since`."""

    model_config = shown_as({"since": "2030-01-08T15:31:00Z"})

    since: datetime


def local_time(now: datetime, zone: str) -> str:
    return now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
