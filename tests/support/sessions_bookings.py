"""Stand-ins of the ports of bookings: sessions and holds, over seats that they share."""

from collections.abc import Iterable, Mapping, Set
from datetime import datetime

from clinic_platform.testing import InMemoryOutbox
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.hold import (
    EXPIRED,
    PENDING,
    Hold,
    HoldConfirmed,
    HoldFact,
    HoldReleased,
    HoldTaken,
)
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import PATIENT, Reservation, Visit
from clinic_sessions.domain.errors import (
    AlreadyHere,
    Conflict,
    HoldHasEnded,
    HoldNotFound,
    SessionNotFound,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Booked,
    Cancelled,
    Completed,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import AT_THE_CLINIC, Session, Status
from clinic_sessions.publishing import of_session
from tests.support.sessions_seats import InMemorySeats, Seated

GONE = (Status.CANCELLED, Status.MISSED, Status.ABORTED, Status.VOIDED)


class InMemoryHolds:
    def __init__(self, seats: InMemorySeats) -> None:
        self.rows: dict[str, Hold] = {}
        self.freed: set[str] = set()
        self.seats = seats

    async def get(self, hold_id: str) -> Hold:
        if hold_id not in self.rows:
            raise HoldNotFound
        return self.rows[hold_id]

    async def record(self, hold: Hold, fact: HoldFact) -> Hold:
        rows = self.seats.rows
        match fact:
            case HoldTaken():
                of, mine = hold.session_id, hold.visit.reservations
                left_to = hold.instead_of
                rows = self.seats.with_(rows, hold.location_id, of, mine, left_to=left_to)
            case HoldReleased() | HoldConfirmed(leaves_seats=False):
                rows = self.seats.without(hold.session_id)
            case HoldConfirmed() if hold.id in self.freed:
                raise HoldHasEnded(EXPIRED)
        known = self.rows.get(hold.id)
        if (0 if known is None else known.revision) != hold.revision:
            raise Conflict
        after = self.rows[hold.id] = hold.after(fact)
        self.seats.rows = rows
        return after

    async def pending_of(self, plan_id: str, starts_at: datetime, *, now: datetime) -> Hold | None:
        for hold in self.rows.values():
            is_meant = (hold.plan_id, hold.visit.starts_at) == (plan_id, starts_at)
            if is_meant and hold.status(now) == PENDING:
                return hold
        return None

    async def all_pending_of(self, plan_id: str, *, now: datetime) -> list[Hold]:
        return [hold for hold in self._pending(now) if hold.plan_id == plan_id]

    async def pending_at(self, location_id: str, *, now: datetime) -> list[Hold]:
        return [hold for hold in self._pending(now) if hold.location_id == location_id]

    def _pending(self, now: datetime) -> list[Hold]:
        pending = [hold for hold in self.rows.values() if hold.status(now) == PENDING]
        return sorted(pending, key=lambda hold: (hold.visit.starts_at, hold.id))

    async def free_expired(self, hold_ids: Iterable[str], *, now: datetime) -> None:
        for hold in (self.rows[hold_id] for hold_id in hold_ids):
            if hold.status(now) == EXPIRED:
                self.seats.rows = self.seats.without(hold.session_id)
                self.freed.add(hold.id)


class InMemorySessions:
    def __init__(self, outbox: InMemoryOutbox, seats: InMemorySeats, holds: InMemoryHolds) -> None:
        self.rows: dict[str, Session] = {}
        self._outbox = outbox
        self._seats = seats
        self._holds = holds

    async def get(self, session_id: str) -> Session:
        if session_id not in self.rows:
            raise SessionNotFound
        return self.rows[session_id]

    async def record(self, session: Session, fact: Fact) -> Session:
        seated = self._seated_after(session, fact)
        known = self.rows.get(session.id)
        if (0 if known is None else known.revision) != session.revision:
            raise Conflict
        after = session.after(fact)
        if after.status in AT_THE_CLINIC and self._is_here(after):
            raise AlreadyHere
        self.rows[session.id] = after
        self._seats.rows = seated
        await self._outbox.append(*of_session(after, fact), sequence=after.revision)
        return after

    def _is_here(self, after: Session) -> bool:
        return any(
            other.patient_id == after.patient_id and other.status in AT_THE_CLINIC
            for other in self.rows.values()
            if other.id != after.id
        )

    async def not_over_at(self, location_id: str, now: datetime) -> list[Session]:
        found = [
            session
            for session in self.rows.values()
            if session.location_id == location_id
            and (
                session.status in AT_THE_CLINIC
                or (session.status is Status.BOOKED and session.booked_visit.ends_at > now)
            )
        ]
        return sorted(found, key=lambda session: (session.booked_visit.starts_at, session.id))

    async def overrunning_at(self, location_id: str, now: datetime) -> list[Session]:
        here = [s for s in self.rows.values() if s.location_id == location_id]
        late = [(since, s.id, s) for s in here if (since := s.overruns_since(now)) is not None]
        return [session for *_, session in sorted(late, key=lambda row: row[:2])]

    async def last_dosed(
        self, patient_id: str, route: str | None = None, *, without: str
    ) -> Session | None:
        dosed = [
            (session.dosing_started_at, session)
            for session in self.rows.values()
            if session.patient_id == patient_id
            and route in (None, session.route)
            and session.dosing_started_at is not None
            and not session.voided_without_dose
            and session.id != without
        ]
        return max(dosed, key=lambda row: row[0])[1] if dosed else None

    async def of_plan(self, plan_id: str) -> list[Session]:
        mine = [s for s in self.rows.values() if s.plan_id == plan_id and s.status not in GONE]
        return sorted(mine, key=lambda session: session.booked_visit.starts_at)

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        others = [s for s in self.rows.values() if s.plan_id == plan_id and s.id != without]
        return sorted(s.booked_visit.starts_at for s in others if s.status not in GONE)

    async def around(
        self,
        plan: Plan,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        without: Set[str] = frozenset(),
    ) -> Around:
        visits = [
            (s.location_id, s.booked_visit, s.takes_up)
            for s in self.rows.values()
            if s.status not in GONE and s.id not in without
        ]
        holds = [hold for hold in self._holds.rows.values() if hold.session_id not in without]
        pending = [
            (h.location_id, h.visit, h.visit.reservations)
            for h in holds
            if h.status(now) == PENDING
        ]
        return Around(
            busy=tuple(
                Busy(one.kind, one.resource, one.taken_from, one.taken_until, one.at_most)
                for where, visit, takes_up in [*visits, *pending]
                if _is_about(visit, since, until)
                for one in takes_up
                if _concerns(one, where, plan)
            ),
            times=tuple(
                s.booked_visit.starts_at for s in await self.of_plan(plan.id) if s.id not in without
            ),
            expired=tuple(h.id for h in holds if self._has_ended(h, plan, now)),
            held=tuple(
                sorted(
                    hold.visit.starts_at
                    for hold in holds
                    if hold.plan_id == plan.id
                    and hold.instead_of is None
                    and hold.status(now) == PENDING
                )
            ),
            broken_off=tuple(
                sorted(
                    s.booked_visit.starts_at
                    for s in self.rows.values()
                    if s.plan_id == plan.id and s.id not in without and _is_broken_off(s)
                )
            ),
        )

    async def elsewhere(
        self,
        location: Location,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        without: Set[str] = frozenset(),
    ) -> Around:
        people, near = location.people, (since, until)
        holds = [h for h in self._holds.rows.values() if h.location_id != location.id]
        holds = [h for h in holds if h.session_id not in without and _shares(h.visit, people)]
        there = [
            (s.booked_visit, s.takes_up)
            for s in self.rows.values()
            if s.location_id != location.id and s.status not in GONE and s.id not in without
        ]
        pending = [(h.visit, h.visit.reservations) for h in holds if h.status(now) == PENDING]
        return Around(
            busy=tuple(
                Busy(one.kind, people[one.person], one.taken_from, one.taken_until, 1)
                for visit, takes_up in [*there, *pending]
                if _is_about(visit, *near)
                for one in takes_up
                if one.person is not None and one.person in people
            ),
            times=(),
            expired=tuple(h.id for h in holds if h.status(now) == EXPIRED),
        )

    def _has_ended(self, hold: Hold, plan: Plan, now: datetime) -> bool:
        is_near = plan.location_id == hold.location_id or plan.patient_id == hold.patient_id
        return is_near and hold.status(now) == EXPIRED

    def _seated_after(self, session: Session, fact: Fact) -> Seated:
        seats = self._seats
        match fact:
            case Booked(_, _, True):
                return seats.rows
            case Booked(visit) | Rescheduled(visit):
                rows = seats.without(session.id)
                return seats.with_(rows, session.location_id, session.id, visit.reservations)
            case Completed(at=at):
                rows = seats.without(session.id)
                left = session.booked_visit.left_at(at)
                return seats.with_(rows, session.location_id, session.id, left)
            case Cancelled() | Missed() | Aborted() | Voided():
                return seats.without(session.id)
            case _:
                return seats.rows


def _is_broken_off(session: Session) -> bool:
    is_over = session.status in (Status.ABORTED, Status.VOIDED)
    return is_over and session.dosing_started_at is not None and not session.voided_without_dose


def _concerns(one: Reservation, where: str, plan: Plan) -> bool:
    if one.kind == PATIENT:
        return one.resource == plan.patient_id
    return where == plan.location_id


def _shares(visit: Visit, people: Mapping[str, str]) -> bool:
    return any(one.person in people for one in visit.reservations)


def _is_about(visit: Visit, since: datetime, until: datetime) -> bool:
    return visit.taken_from <= until and since <= visit.taken_until
