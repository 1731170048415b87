"""What was true at a time, and what was known at a time, of a session and what is beside it. Pure.

Two times belong to each fact: `at`, when it was true, and `known_at`, when it was recorded. A fact
that is recorded late about an earlier time is seen by who asks what was true then, unless they ask
what was known before it was recorded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.ends import Correction, Extension
from clinic_sessions.domain.bedside.giving import DeviceGiven, RateSet
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.board.hindsight import Hindsight
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.facts import (
    Booked,
    Cancelled,
    Corrected,
    Fact,
    NextDeviceGiven,
    RateChanged,
    Rescheduled,
    StayExtended,
)
from clinic_sessions.domain.session import Session


@dataclass(frozen=True, slots=True)
class Then:
    """What was true at `as_of`, as far as it was known at `known_at`."""

    as_of: datetime
    known_at: datetime

    @property
    def earlier(self) -> datetime:
        """What is recorded as it is done is seen if it was done by then."""
        return min(self.as_of, self.known_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One fact of a session, with the session after it, and all that was recorded before."""

    revision: int
    fact: Fact
    at: datetime
    known_at: datetime
    after: Session


def true_at(fact: Fact) -> datetime | None:
    """When it happened, by its own word; None where it gives no time. What is noted later than it
    was done (an order by word of mouth, an adverse event, a correction) changes the record when it
    is noted, and is seen from when it was true (`Hindsight`)."""
    match fact:
        case Booked(noted=Noted(at=at)) | Rescheduled(noted=Noted(at=at)):
            return at
        case Cancelled(noted=Noted(at=at)):
            return at
        case RateChanged(change=RateSet(at=at)) | NextDeviceGiven(device=DeviceGiven(at=at)):
            return at
        case StayExtended(extension=Extension(at=at)) | Corrected(correction=Correction(at=at)):
            return at
        case _:
            at_once: datetime | None = getattr(fact, "at", None)
            return at_once


def session_then(history: Sequence[Recorded], then: Then) -> Session | None:
    """The session then; None before it was booked. `history` is all of it, by revision.

    What was recorded in the order in which it was true is there as it was kept. Where something
    came late, what is seen happens again in the order in which it was true. What was written down
    or corrected afterwards is seen from when it was true, once it was known.
    """
    known = [one for one in history if one.known_at <= then.known_at]
    hindsight = Hindsight.of(one.fact for one in known)
    seen = sorted(
        (one for one in known if (hindsight.true_from(one.fact) or one.at) <= then.as_of),
        key=lambda one: (one.at, one.revision),
    )
    if not seen or seen[0].revision != 1:
        return None
    return hindsight.seen(_after_all(seen), then.as_of)


def _after_all(seen: Sequence[Recorded]) -> Session:
    if [one.revision for one in seen] == list(range(1, len(seen) + 1)):
        return seen[-1].after
    session = seen[0].after
    for one in seen[1:]:
        session = session.after(one.fact)
    return session


def readings_then(readings: Iterable[Reading], then: Then) -> list[Reading]:
    """Of each device and sequence the newest version known then, if it was taken by then."""
    newest: dict[tuple[str, int], Reading] = {}
    for reading in sorted(readings, key=lambda one: (one.received_at, one.version)):
        if reading.received_at <= then.known_at:
            newest[reading.device, reading.sequence] = reading
    taken = (one for one in newest.values() if one.taken_at <= then.as_of)
    return sorted(taken, key=lambda one: (one.taken_at, one.device, one.sequence))


def alarms_then(alarms: Iterable[Alarm], then: Then) -> list[Alarm]:
    """Those that were raised by then, each as it stood. Software and people record what they do to
    an alarm as they do it; what is noted beside it later is not known earlier."""
    stood = (_alarm_then(alarm, then) for alarm in alarms)
    return [alarm for alarm in stood if alarm is not None]


def _alarm_then(alarm: Alarm, then: Then) -> Alarm | None:
    seen = [fact for fact in alarm.history if fact.at <= then.earlier]
    if not seen:
        return None
    before = Alarm(
        id=alarm.id,
        session_id=alarm.session_id,
        patient_id=alarm.patient_id,
        location_id=alarm.location_id,
        concern=alarm.concern,
    )
    return reduce(Alarm.after, seen, before)
