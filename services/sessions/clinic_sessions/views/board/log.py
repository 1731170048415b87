"""Reading the log of what moved at a place, so that nothing is passed over.

Rows are stamped when they are inserted, and seen once their transaction has committed. A
transaction that began earlier may commit later: its row then appears *below* stamps that were read
before, and whoever asks for "all after the last one seen" never sees it. A transaction lives ten
seconds at most. So a reader asks again for a stretch longer than that, and drops what it has had:

- A row that was not there when the newest stamp seen was N was not committed then, and was stamped
  at most ten seconds before. Its stamp is above N - 10 s, and N - 15 s is below it.
- This needs no clock but the database's own, and holds however seldom somebody reads.

Asking for fifteen seconds five times a second would be dear. Each look asks for the last two, which
finds what commits in the ordinary order and a little out of it; each fifth asks for all fifteen,
reckoned from the newest stamp that the fifth before had seen.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Final, TypeAlias

from clinic_events.ports import Database, Document
from clinic_platform.mongo.stamps import Stamp
from clinic_sessions.ports.board import Kind

OVERLAP: Final = timedelta(seconds=15)  # longer than a transaction may live: 10 s
SHORT_OVERLAP: Final = timedelta(seconds=2)
LONG_EVERY: Final = 5
# Who was away while more than this happened is shown everything again, which is less.
CATCH_UP_MOST: Final = 2_000
CATCH_UP_WITHIN: Final = timedelta(hours=1)  # rows live for 24

Moved: TypeAlias = dict[str, set[Kind]]  # what moved of each session


class MoveLog:
    """The collection `board_log`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("board_log")

    async def newest(self, location_id: str) -> Stamp:
        """Of what a majority has; the smallest there is where nothing has moved."""
        rows = await self._rows.find(
            {"location_id": location_id}, sort=[("stamp", -1)], limit=1, snapshot=True
        )
        return Stamp.of(rows[0]["stamp"]) if rows else Stamp(0, 0)

    async def since(self, location_id: str, stamp: Stamp, *, limit: int = 0) -> list[Document]:
        where = {"location_id": location_id, "stamp": {"$gte": stamp.stored}}
        fields = ["session_id", "kind", "stamp"]
        return await self._rows.find(
            where, sort=[("stamp", 1)], limit=limit, fields=fields, snapshot=True
        )

    async def missed(self, location_id: str, seen: Stamp, newest: Stamp) -> set[str] | None:
        """The sessions that may have moved for somebody who has seen `seen`; None: all of them.

        What is ahead of the log may be of another history, from before a restore.
        """
        if seen > newest or newest.seconds - seen.seconds > CATCH_UP_WITHIN.total_seconds():
            return None
        rows = await self.since(location_id, seen.earlier(OVERLAP), limit=CATCH_UP_MOST)
        return None if len(rows) == CATCH_UP_MOST else {row["session_id"] for row in rows}


class Follower:
    """Follows the log of one place. `newest` is the newest stamp it has seen."""

    def __init__(self, log: MoveLog, location_id: str) -> None:
        self._log = log
        self._location_id = location_id
        self._had: set[str] = set()
        self._looks = 0
        self.newest = self._settled = Stamp(0, 0)

    async def begin(self) -> None:
        """What is read of the sessions after this is at least as new as the log was now."""
        self.newest = self._settled = await self._log.newest(self._location_id)
        self._had, self._looks = set(), 0

    async def moved(self) -> Moved:
        """What has moved since it was asked last; some that it has returned before."""
        is_long = self._looks % LONG_EVERY == 0
        overlap = OVERLAP if is_long else SHORT_OVERLAP
        since = (self._settled if is_long else self.newest).earlier(overlap)
        rows = await self._log.since(self._location_id, since)
        self._looks += 1
        return self._new_in(rows, is_long=is_long)

    def _new_in(self, rows: list[Document], *, is_long: bool) -> Moved:
        new = [row for row in rows if row["_id"] not in self._had]
        if is_long:
            self._had = {row["_id"] for row in rows}
        else:
            self._had.update(row["_id"] for row in new)
        if rows:
            self.newest = max(self.newest, Stamp.of(rows[-1]["stamp"]))
        if is_long:
            self._settled = self.newest
        moved: Moved = defaultdict(set)
        for row in new:
            moved[row["session_id"]].add(row["kind"])
        return moved
