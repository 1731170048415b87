"""The clinic's plans, written once more and apart from them: which letters and surveys follow from
an event, when they are due, until when they are of use, and which wait for the morning.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from clinic_ctl.demo.stage import ZONE
from tests.chaos.evidence import Record

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET_FROM, QUIET_UNTIL = time(20), time(8)  # as every place of a storm has it
VISIT_AT: Final = "12:00"  # on the wall of the place: when every session of a storm is asked for


class Line(NamedTuple):
    """Counted from what it follows. `until` is None where the event itself names the end."""

    at: timedelta
    until: timedelta | None
    waits: bool = True


INTEGRATION: Final[Mapping[str, Line]] = {
    "safety-ping": Line(4 * HOUR, 6 * HOUR, waits=False),
    "journal-1": Line(16 * HOUR, 24 * HOUR),
    "integration-invitation": Line(24 * HOUR, 72 * HOUR),
    "journal-2": Line(48 * HOUR, 70 * HOUR),
    "journal-3": Line(72 * HOUR, 96 * HOUR),
    "practice": Line(7 * DAY, 8 * DAY),
}
REMINDERS: Final[Mapping[str, Line]] = {
    "two-days-before": Line(-48 * HOUR, -24 * HOUR),
    "one-day-before": Line(-24 * HOUR, 0 * HOUR),
}
OF_SURVEYS: Final[Mapping[str, Line]] = {
    "invitation": Line(0 * HOUR, None),
    "reminder": Line(24 * HOUR, None),
}
CALLS: Final[Mapping[str, Line]] = {"called": Line(0 * HOUR, 24 * HOUR, waits=False)}
SURVEYS: Final[Mapping[str, timedelta]] = {
    "mood-24h": 24 * HOUR,
    "mood-72h": 72 * HOUR,
    "weekly": 7 * DAY,
}


class Planned(NamedTuple):
    """A letter. `known_at` is when the event was published that it follows from; `hour` is the one
    it has to name, on the wall of the place."""

    key: str
    due: datetime
    until: datetime
    waits: bool
    known_at: datetime
    hour: str = ""


class PlannedSurvey(NamedTuple):
    """`about` and `line` are its assignment's."""

    about: str
    line: str
    due: datetime
    known_at: datetime

    @property
    def key(self) -> str:
        return f"survey:{self.about}:{self.line}"


def letters_after(record: Record) -> list[Planned]:
    """None that would be due only when it is of no use any more."""
    return [letter for letter in _letters_after(record) if letter.due < letter.until]


def surveys_after(record: Record) -> list[PlannedSurvey]:
    if record.stem == "sessions.plan_started":
        started = _moment(record, "started_at")
        return [PlannedSurvey(record.body["plan_id"], "baseline", started, record.published_at)]
    if record.stem == "sessions.session_completed":
        about, ended = record.body["session_id"], _moment(record, "completed_at")
        return [
            PlannedSurvey(about, line, ended + after, record.published_at)
            for line, after in SURVEYS.items()
        ]
    return []


def is_quiet(at: datetime) -> bool:
    wall = at.astimezone(ZONE).time()
    return wall >= QUIET_FROM or wall < QUIET_UNTIL


def morning_after(at: datetime) -> datetime:
    """The end of the quiet hours that hold at `at`: eight on the wall, however long the night."""
    local = at.astimezone(ZONE)
    day = local.date() + (DAY if local.time() >= QUIET_FROM else timedelta())
    return datetime.combine(day, QUIET_UNTIL, tzinfo=ZONE)


def _letters_after(record: Record) -> Iterator[Planned]:
    body = record.body
    match record.stem.partition(".")[2]:
        case "session_booked" | "session_rescheduled":
            about, version = f"booking/{body['session_id']}", f"/v{body['session_version']}"
            yield from _from(record, "starts_at", about, REMINDERS, version, hour=VISIT_AT)
        case "consultation_booked":
            about, version = body["consultation_id"], f"/v{body['consultation_version']}"
            hour = f"{_moment(record, 'starts_at').astimezone(ZONE):%H:%M}"
            yield from _from(record, "starts_at", about, REMINDERS, version, hour=hour)
        case "session_completed":
            yield from _from(record, "completed_at", body["session_id"], INTEGRATION)
        case "survey_due":
            yield from _from(record, "due_at", body["assignment_id"], OF_SURVEYS)
        case "staff_called":
            yield from _from(record, "called_at", body["call_id"], CALLS)


def _from(
    record: Record,
    anchor: str,
    about: str,
    lines: Mapping[str, Line],
    version: str = "",
    *,
    hour: str = "",
) -> Iterator[Planned]:
    anchored_at = _moment(record, anchor)
    for name, line in lines.items():
        ends = _moment(record, "expires_at") if line.until is None else anchored_at + line.until
        yield Planned(
            key=f"{about}/{name}{version}",
            due=anchored_at + line.at,
            until=ends,
            waits=line.waits,
            known_at=record.published_at,
            hour=hour,
        )


def _moment(record: Record, field: str) -> datetime:
    return datetime.fromisoformat(record.body[field])
