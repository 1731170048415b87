"""What screens live from: the log of what moved, and every fact of every session."""

from datetime import timedelta
from typing import Final

from clinic_events.ports import Database, Document
from clinic_platform.clock import Clock, utc_now
from clinic_platform.ids import new_id
from clinic_sessions.domain.board.past import true_at
from clinic_sessions.domain.errors import Conflict
from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.ports.board import Kind
from clinic_sessions.views.past import content_of

KEPT_FOR: Final = timedelta(hours=24)


class MongoMoves:
    """The port `Moves`, in the collection `board_log`.

    Each row carries the database's own stamp. Its order is not that of the commits: who reads the
    log has to reckon with a row of an earlier stamp that appears later (`views.board.log`).
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._rows = database.collection("board_log")
        self._clock = clock  # real time: rows grow old by the database's clock

    async def prepare(self) -> None:
        await self._rows.create_index([("location_id", 1), ("stamp", 1)])
        await self._rows.create_index([("at", 1)], expire_after=KEPT_FOR)

    async def note(self, location_id: str, session_id: str, kind: Kind) -> None:
        row = {
            "_id": new_id("mov"),
            "location_id": location_id,
            "session_id": session_id,
            "kind": kind,
            "at": self._clock(),
        }
        await self._rows.insert_later([row], stamp="stamp")


class MongoFacts:
    """Every fact of a session, in the collection `session_facts`: only ever added to.

    `at` is when it was true, `known_at` when it was recorded: both are the same of a fact that does
    not give when it was true. `after` is the session as it was then.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = database.collection("session_facts")
        self._clock = clock

    async def prepare(self) -> None:
        await self._rows.create_index([("session_id", 1), ("revision", 1)], unique=True)
        await self._rows.create_index([("session_id", 1), ("fact.kind", 1)])

    async def keep(self, after: Session, fact: Fact, document: Document) -> None:
        """`document` is the session after it, as it is saved."""
        known_at = self._clock()
        row = {
            "_id": f"{after.id}/{after.revision}",
            "session_id": after.id,
            "revision": after.revision,
            "fact": {"kind": type(fact).__name__, "content": content_of(fact)},
            "at": true_at(fact) or known_at,
            "known_at": known_at,
            "after": document,
        }
        await self._rows.insert_later([row], otherwise=Conflict())
