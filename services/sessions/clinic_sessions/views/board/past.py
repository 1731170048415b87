"""The board of a place as it was: the same cards, from what is kept of each session there."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from clinic_events.ports import Database, Document
from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.monitored import Monitored
from clinic_sessions.domain.board.card import HIDDEN, Card, LastReading, OpenAlarm, Times
from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.board.past import Then
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import AT_THE_CLINIC, Session
from clinic_sessions.schemas.board import BoardOut, CardOut
from clinic_sessions.views.board.cards import OF_ALARM, OF_READING
from clinic_sessions.views.board.snapshot import board_of
from clinic_sessions.views.past import Past

Monitoring: TypeAlias = Callable[[Session, Then], Awaitable[Monitored]]

STAYS: Final = timedelta(days=1)  # as long as somebody may be there after their day
NO_CURSOR: Final = ""  # nothing goes on from here


class PastBoard:
    """`monitoring` answers how a session was watched. A few queries for each session of the day:
    for who looks into something, and not for a screen."""

    def __init__(self, database: Database, past: Past, monitoring: Monitoring) -> None:
        self._sessions = database.collection("sessions")
        self._facts = database.collection("session_facts")
        self._alarms = database.collection("alarms")
        self._past = past
        self._monitoring = monitoring

    async def of(self, location: Location, then: Then) -> BoardOut:
        """`location` is the place then."""
        day = Day.of(then.as_of, location.details.zone)
        asked = [
            await self._card(session_id, day, then)
            for session_id in await self._candidates(location.id, day, then)
        ]
        cards = sorted(
            (card for card in asked if card is not None),
            key=lambda card: (card.times.starts_at, card.session_id),
        )
        shown = [CardOut.of(card, now=then.as_of) for card in cards]
        return board_of(location, day, NO_CURSOR, shown, now=then.as_of)

    async def _candidates(self, location_id: str, day: Day, then: Then) -> list[str]:
        """Whose visit is about that day, or once was, and who had an alarm open."""
        about = {"$gte": day.since - STAYS, "$lt": day.until}
        times = ("starts_at", "changes.before.starts_at", "changes.after.starts_at")
        visits: Document = {"location_id": location_id, "$or": [{at: about} for at in times]}
        open_then: Document = {
            "location_id": location_id,
            "raised_at": {"$lte": then.earlier},
            "$or": [{"closed_at": None}, {"closed_at": {"$gt": then.earlier}}],
        }
        sessions = await self._sessions.find(visits, fields=["_id"])
        alarms = await self._alarms.find(open_then, fields=["session_id"])
        return sorted({row["_id"] for row in sessions} | {row["session_id"] for row in alarms})

    async def _card(self, session_id: str, day: Day, then: Then) -> Card | None:
        session = await self._past.session(session_id, then)
        if session is None:
            return None
        visit, is_there = session.booked_visit, session.status in AT_THE_CLINIC
        monitored = await self._monitoring(session, then)
        is_of_day = day.since <= visit.starts_at < day.until and session.status not in HIDDEN
        if not (is_there or is_of_day or monitored.open_alarms):
            return None
        return Card(
            session_id=session_id,
            status=session.status,
            chair=visit.chair,
            times=await self._times(session, then),
            ends_at=visit.ends_at,
            next_due_at=monitored.next_due_at if is_there else None,
            alarms=tuple(_open(alarm) for alarm in monitored.open_alarms),
            last_reading=await self._last_reading(session_id, then) if is_there else None,
        )

    async def _times(self, session: Session, then: Then) -> Times:
        return Times(
            starts_at=session.booked_visit.starts_at,
            arrived_at=await self._arrived_at(session.id, then),
            dosing_started_at=session.dosing_started_at,
            dosing_ended_at=session.dosing_ended_at,
            ended_at=session.ended_at,
        )

    async def _arrived_at(self, session_id: str, then: Then) -> datetime | None:
        row = await self._facts.find_one(
            {
                "session_id": session_id,
                "fact.kind": "Arrived",
                "at": {"$lte": then.as_of},
                "known_at": {"$lte": then.known_at},
            }
        )
        return None if row is None else row["at"]

    async def _last_reading(self, session_id: str, then: Then) -> LastReading | None:
        readings = await self._past.readings(session_id, then)
        newest = max(readings, key=lambda one: (one.counts_at, one.version), default=None)
        if newest is None:
            return None
        return LastReading(**{name: getattr(newest, name) for name in OF_READING})


def _open(alarm: Alarm) -> OpenAlarm:
    return OpenAlarm(id=alarm.id, **{name: getattr(alarm, name) for name in OF_ALARM})
