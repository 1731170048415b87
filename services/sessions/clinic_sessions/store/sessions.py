"""Sessions, each with the seats it takes up: saved, seated and announced in one transaction."""

from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from datetime import datetime
from typing import Final, TypeAlias

from clinic_events.ports import Database, Document, Outbox
from clinic_platform.clock import Clock
from clinic_platform.together import together
from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.days import AsBusy
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import EQUIPMENT, PATIENT, PERSON, PLACE
from clinic_sessions.domain.errors import AlreadyHere, Conflict, SessionNotFound
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
from clinic_sessions.store import documents
from clinic_sessions.store.board import MongoFacts, MongoMoves
from clinic_sessions.store.holds import A_DAY, SEATED
from clinic_sessions.store.seats import Seats

# In the transaction of the fact, with the session as it is after it.
OnFact: TypeAlias = Callable[[Session, Fact], Awaitable[None]]

# Their times are free again, and their place in the series too.
GONE: Final = (Status.CANCELLED, Status.MISSED, Status.ABORTED, Status.VOIDED)
# Of one patient there is no more than one of these: the database enforces it.
HERE: Final[Document] = {"status": {"$in": AT_THE_CLINIC}}
OF_A_PLACE: Final = (PLACE, PERSON, EQUIPMENT)
# Broken off or voided after the drug began to go in: no infusion of the plan, and yet a dose.
OVER: Final = (Status.ABORTED, Status.VOIDED)
DOSED: Final[Document] = {"voided_without_dose": {"$ne": True}}
BY_WHICH_BROKEN_OFF: Final = ("dosing_started_at", "voided_without_dose")
SHARED: Final[Document] = {"shared.person": {"$exists": True}}
NOBODY_ELSEWHERE: Final = Around(busy=(), times=(), expired=())
NEEDED: Final = ("location_id", "plan_id", "starts_in", "taken", "status")


class MongoSessions:
    """The port `Sessions`, in the collection `sessions`; seats are in `taken_slots`, and every fact
    of one in `session_facts`. `on_fact` runs in the transaction of each fact, once it is recorded:
    by it the watch, the end of the visit and the wait-list follow, whichever verb it was."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("sessions")
        self._holds = database.collection("holds")
        self._seats = Seats(database)
        self._outbox = outbox
        self._facts = MongoFacts(database, clock)
        self._moves = MongoMoves(database)
        self.on_fact: OnFact | None = None

    async def prepare(self) -> None:
        await self._rows.create_index([("plan_id", 1), ("starts_at", 1)])
        await self._rows.create_index([("location_id", 1), ("starts_at", 1)])
        await self._rows.create_index([("location_id", 1), ("status", 1)])
        await self._rows.create_index([("patient_id", 1), ("starts_at", 1)])
        await self._rows.create_index([("shared.person", 1), ("starts_at", 1)], partial=SHARED)
        await self._rows.create_index([("patient_id", 1), ("dosing_started_at", -1)])
        await self._rows.create_index([("patient_id", 1)], unique=True, partial=HERE)
        await self._seats.prepare()
        await self._facts.prepare()

    async def get(self, session_id: str) -> Session:
        document = await self._rows.find_one({"_id": session_id})
        if document is None:
            raise SessionNotFound
        return documents.session_in(document)

    async def record(self, session: Session, fact: Fact) -> Session:
        after = session.after(fact)
        await self._database.transaction(lambda: self._record(session, after, fact))
        return after

    async def of_plan(self, plan_id: str) -> list[Session]:
        where: Document = {"plan_id": plan_id, "status": {"$nin": GONE}}
        rows = await self._rows.find(where, sort=[("starts_at", 1)])
        return [documents.session_in(row) for row in rows]

    async def times_of(self, plan_id: str, *, without: str | None = None) -> list[datetime]:
        where: Document = {"plan_id": plan_id, "status": {"$nin": GONE}, "_id": {"$ne": without}}
        rows = await self._rows.find(where, sort=[("starts_at", 1)], fields=["starts_at"])
        return [row["starts_at"] for row in rows]

    async def last_dosed(
        self, patient_id: str, route: str | None = None, *, without: str
    ) -> Session | None:
        where: Document = {
            "patient_id": patient_id,
            "route": {"$ne": None} if route is None else route,
            **DOSED,
            "_id": {"$ne": without},
        }
        rows = await self._rows.find(where, sort=[("dosing_started_at", -1)], limit=1)
        return documents.session_in(rows[0]) if rows else None

    async def not_over_at(self, location_id: str, now: datetime) -> list[Session]:
        booked = {"status": Status.BOOKED, "ends_at": {"$gt": now}}
        where = {"location_id": location_id, "$or": [booked, HERE]}
        rows = await self._rows.find(where, sort=[("starts_at", 1), ("_id", 1)])
        return [documents.session_in(row) for row in rows]

    async def overrunning_at(self, location_id: str, now: datetime) -> list[Session]:
        where = {"location_id": location_id, **HERE, "ends_at": {"$lte": now}}
        rows = await self._rows.find(where, sort=[("ends_at", 1), ("_id", 1)])
        return [documents.session_in(row) for row in rows]

    async def around(
        self,
        plan: Plan,
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        without: Set[str] = frozenset(),
    ) -> Around:
        """Read from the visits, of which there are few, and not from the seats, of which there are
        many: both are written in one transaction. Of those who are here, thousands, only what they
        take is read. What is gone, a few, is left out here: the database's choice among indexes
        would cost more."""
        near = {"starts_at": {"$gte": since - A_DAY, "$lt": until + A_DAY}}
        here: Document = {"location_id": plan.location_id, **near}
        mine: list[Document] = [{"patient_id": plan.patient_id, **near}, {"plan_id": plan.id}]
        others: Document = {"_id": {"$nin": list(without)}}
        held = {"$or": [{**SEATED, **of} for of in (here, *mine)]}
        neighbours, own, holds = await together(
            self._rows.find({**here, **others}, fields=["taken", "status"]),
            self._rows.find({"$or": mine, **others}, fields=[*NEEDED, *BY_WHICH_BROKEN_OFF]),
            self._holds.find(
                {**held, "session_id": others["_id"]}, fields=[*NEEDED, "expires_at", "instead_of"]
            ),
        )
        pending = [hold for hold in holds if hold["expires_at"] > now]
        neighbours = [row for row in neighbours if row["status"] not in GONE]
        visits = [row for row in own if row["status"] not in GONE]
        broken_off = [row for row in own if row["plan_id"] == plan.id and _is_broken_off(row)]
        at_hand = [hold for hold in pending if hold["location_id"] == plan.location_id]
        elsewhere = [one for one in (*visits, *pending) if one["location_id"] != plan.location_id]
        return Around(
            busy=(*_taken_in([*neighbours, *at_hand], plan), *_taken_in(elsewhere, plan, ())),
            times=_starts(row for row in visits if row["plan_id"] == plan.id),
            expired=tuple(hold["_id"] for hold in holds if hold["expires_at"] <= now),
            held=_starts(hold for hold in pending if _is_one_more(hold, plan)),
            broken_off=_starts(broken_off),
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
        if not (people := location.people):
            return NOBODY_ELSEWHERE
        where: Document = {
            "shared.person": {"$in": list(people)},
            "starts_at": {"$gte": since - A_DAY, "$lt": until + A_DAY},
            "location_id": {"$ne": location.id},
        }
        others = {"$nin": list(without)}
        sessions, holds = await together(
            self._rows.find({**where, "status": {"$nin": GONE}, "_id": others}, fields=["shared"]),
            self._holds.find(
                {**where, **SEATED, "session_id": others}, fields=["shared", "expires_at"]
            ),
        )
        pending = [hold for hold in holds if hold["expires_at"] > now]
        return Around(
            busy=tuple(documents.shared_in([*sessions, *pending], people)),
            times=(),
            expired=tuple(hold["_id"] for hold in holds if hold["expires_at"] <= now),
        )

    async def _record(self, before: Session, after: Session, fact: Fact) -> None:
        match fact:
            case Booked(visit, _, is_held):
                if not is_held:
                    await self._seats.take(after.location_id, after.id, visit.reservations)
            case Rescheduled(visit, _, _):
                await self._seats.free(after.id)
                await self._seats.take(after.location_id, after.id, visit.reservations)
            case Completed(at=at):
                reservations = after.booked_visit.reservations
                await self._seats.leave(after.location_id, after.id, reservations, at)
            case Cancelled() | Missed() | Aborted() | Voided():
                await self._seats.free(after.id)
        document = documents.of_session(after)
        await self._save(before, document)
        await self._outbox.append(*of_session(after, fact), sequence=after.revision)
        await self._facts.keep(after, fact, document)
        await self._moves.note(after.location_id, after.id, "session")
        if self.on_fact is not None:
            await self.on_fact(after, fact)

    async def _save(self, before: Session, document: Document) -> None:
        if before.revision == 0:
            await self._rows.insert_later([document], otherwise=Conflict())
        else:
            where = {"_id": before.id, "revision": before.revision}
            await self._rows.replace_later(
                where, document, otherwise=Conflict(), taken=AlreadyHere()
            )


def _starts(rows: Iterable[Document]) -> tuple[datetime, ...]:
    return tuple(map(grid.instant_of, sorted(row["starts_in"] for row in rows)))


def _is_broken_off(row: Document) -> bool:
    was_dosed = row.get("dosing_started_at") is not None and not row.get("voided_without_dose")
    return row["status"] in OVER and was_dosed


def _is_one_more(hold: Document, plan: Plan) -> bool:
    """Not one that a booking of the plan would move into."""
    return hold["plan_id"] == plan.id and hold.get("instead_of") is None


def _taken_in(
    rows: Sequence[Document], plan: Plan, kinds: Sequence[str] = OF_A_PLACE
) -> list[AsBusy]:
    """What is of these kinds; and the plan's patient wherever that is."""
    mine = plan.patient_id
    taken = documents.taken_in(rows)
    return [one for one in taken if one[0] in kinds or (one[0] == PATIENT and one[1] == mine)]
