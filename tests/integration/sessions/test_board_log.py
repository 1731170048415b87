"""The log of what moved at a place: with the change or not at all, and nothing passed over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_events.errors import Unavailable
from clinic_events.ports import Document
from clinic_platform.mongo import Mongo
from clinic_platform.mongo.stamps import Stamp
from clinic_sessions.store import MongoMoves
from clinic_sessions.views.board.cards import Cards
from clinic_sessions.views.board.hub import Hub
from clinic_sessions.views.board.log import LONG_EVERY, Follower, MoveLog
from tests.support.sessions_board import (
    PLACE,
    Service,
    a_service,
)


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


async def test_a_move_that_is_undone_was_never_noted(database: Mongo) -> None:
    moves = MongoMoves(database)

    async def fail() -> None:
        await moves.note(PLACE, "ses_1", "session")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.transaction(fail)
    assert await database.collection("board_log").count({}) == 0


async def test_an_older_transaction_that_commits_later_is_not_passed_over(database: Mongo) -> None:
    """Its row is stamped, then others are stamped, committed and read; then it commits."""
    moves, rows = MongoMoves(database), database.collection("board_log")
    await moves.prepare()
    follower = Follower(MoveLog(database), PLACE)
    await follower.begin()
    is_stamped, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await moves.note(PLACE, "ses_old", "session")
        await rows.count({})  # what was to be written later is written: it has its stamp
        is_stamped.set()
        await may_commit.wait()

    older = asyncio.create_task(database.transaction(slow))
    await is_stamped.wait()
    await moves.note(PLACE, "ses_new", "session")
    assert await follower.moved() == {"ses_new": {"session"}}
    may_commit.set()
    await older

    stamps = {row["session_id"]: row["stamp"] for row in await rows.find({})}
    assert stamps["ses_old"] < stamps["ses_new"], "Else there is nothing to pass over."
    assert await follower.moved() == {"ses_old": {"session"}}


async def test_a_row_that_appears_far_below_the_newest_is_found_by_the_long_look(
    database: Mongo,
) -> None:
    moves = MongoMoves(database)
    rows = database.collection("board_log")
    follower = Follower(MoveLog(database), PLACE)
    await moves.note(PLACE, "ses_new", "session")
    await follower.begin()
    await follower.moved()
    newest = (await rows.find({}))[0]["stamp"]
    late = follower.newest.earlier(timedelta(seconds=9)).stored
    where = {"location_id": PLACE, "session_id": "ses_late", "kind": "alarm"}
    await rows.insert_one({"_id": "mov_late", **where, "stamp": late})
    looks = [await follower.moved() for _ in range(LONG_EVERY)]
    assert looks == [*[{}] * (LONG_EVERY - 1), {"ses_late": {"alarm"}}]
    assert follower.newest.stored == newest
    assert await follower.moved() == {}, "It is returned once."


async def test_a_board_that_cannot_be_read_is_shown_as_stale_and_caught_up_afterwards(
    service: Service,
) -> None:
    log = FailingLog(service.kit.database)
    location = await service.handlers.locations.get(PLACE)
    hub = Hub(location, Cards(service.kit.database), log, service.clock)
    session = await service.booked()
    screen = await hub.join(None)
    events = screen.events()
    assert b"event: snapshot" in await anext(events)
    log.is_away = True
    assert b"event: stale" in await asyncio.wait_for(anext(events), 5)
    await service.arrives(session)
    log.is_away = False
    back = await asyncio.wait_for(anext(events), 5)
    assert b"event: changed" in back
    assert b'"status":"arrived"' in back
    await events.aclose()
    assert not hub.is_watched


class FailingLog(MoveLog):
    """The log, while the database is away and when it is back."""

    is_away = False

    async def since(self, location_id: str, stamp: Stamp, *, limit: int = 0) -> list[Document]:
        if self.is_away:
            raise Unavailable("The database does not answer.")
        return await super().since(location_id, stamp, limit=limit)
