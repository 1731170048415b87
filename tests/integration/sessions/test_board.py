"""The board of a place: what it shows, and that nobody who looks at it misses anything."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import httpx
import pytest

from clinic_sessions.domain.board.cursor import Cursor
from clinic_sessions.domain.board.past import Then
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.facts import Cancelled, DosingStopped
from clinic_sessions.views import Past
from tests.support.plain import plain
from tests.support.sessions import TOMORROW, a_visit
from tests.support.sessions_board import (
    NURSE,
    PLACE,
    Door,
    Listener,
    Service,
    a_door,
    a_service,
    dosing,
    listening,
)

BOARD = f"/v1/locations/{PLACE}/board"


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


@pytest.fixture
async def door(service: Service) -> AsyncIterator[Door]:
    async with a_door(service) as door:
        yield door


async def board(door: Door, login: dict[str, str] = NURSE, path: str = BOARD) -> httpx.Response:
    async with plain() as client:
        return await client.get(f"{door.address}{path}", headers=login)


async def test_a_card_shows_where_somebody_is_and_not_who(service: Service, door: Door) -> None:
    session = await service.does(await service.booked(), *dosing(TOMORROW))
    await service.reads(session, 1, systolic=131)
    await service.expects(session, minutes=10)
    await service.alarms(session)

    shown = (await board(door)).json()

    [card] = shown["cards"]
    assert (card["chair"], card["status"], card["stage"]) == ("chair_1", "dosing", "dosing")
    assert card["stage_began_at"] == "2030-01-08T15:00:00Z"
    assert card["next_due_at"] == "2030-01-08T15:10:00Z"
    assert card["last_reading"]["systolic"] == 131
    assert [alarm["level"] for alarm in card["alarms"]] == ["pause"]
    assert (shown["local_time"], shown["day"]) == ("2030-01-08T09:00", "2030-01-08")
    assert "pat_" not in str(shown)


async def test_the_board_is_of_the_day_and_of_whoever_is_still_there(
    service: Service, door: Door
) -> None:
    still_there = await service.does(await service.booked(1), *dosing(TOMORROW))
    await service.booked(2)
    tomorrow = await service.booked(3, chair=1, days=1)
    cancelled = await service.booked(4, chair=2, days=1)
    await service.does(cancelled, Cancelled("ill", short_notice=False))
    service.clock.move_to(TOMORROW + timedelta(days=1))

    cards = (await board(door)).json()["cards"]

    assert [card["session_id"] for card in cards] == [still_there.id, tomorrow.id]


async def test_a_board_of_another_place_is_as_one_that_is_not_there(door: Door) -> None:
    elsewhere = {"Authorization": "nurse:ada@loc_elsewhere"}
    for path in (BOARD, f"{BOARD}/events"):
        foreign = await board(door, elsewhere, path)
        unknown = await board(door, elsewhere, path.replace(PLACE, "loc_nowhere"))
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.json()["code"] == unknown.json()["code"]


async def test_a_screen_begins_with_everything_and_then_receives_what_changes(
    service: Service, door: Door
) -> None:
    session = await service.booked()
    async with listening(door.address) as screen:
        whole = await screen.next()
        assert (whole.name, whole.sessions) == ("snapshot", [session.id])
        session = await service.arrives(session)
        changed = await screen.next()
        assert (changed.name, changed.sessions) == ("changed", [session.id])
        assert changed.data["cards"][0]["version"] != whole.data["cards"][0]["version"]
        assert changed.id == changed.data["cursor"]
        await service.reads(session, 1, heart_rate=71)
        read = await screen.next()
        [card] = read.data["cards"]
        assert card["last_reading"]["heart_rate"] == 71
        # The log is read before the cards: one change may be sent before its row has been seen.
        assert whole.seen <= changed.seen <= read.seen
        assert whole.seen < read.seen


async def test_step_by_step_a_screen_receives_what_the_whole_board_shows(
    service: Service, door: Door
) -> None:
    first = await service.does(await service.booked(1), *dosing(TOMORROW))
    second = await service.arrives(await service.booked(2))
    async with listening(door.address) as screen:
        cards = {card["session_id"]: card for card in (await screen.next()).data["cards"]}
        for step in (
            service.alarms(first),
            service.reads(first, 1, systolic=131),  # only the reading is read
            service.reads(second, 1, systolic=118),
            service.alarms(second, number=2),
            service.reads(first, 2, systolic=None),
            service.expects(first, minutes=7),
        ):
            await step
            cards |= {card["session_id"]: card for card in (await screen.next()).data["cards"]}
            assert [*cards.values()] == (await board(door)).json()["cards"]


async def test_a_screen_that_was_away_receives_what_another_process_changed_and_no_more(
    service: Service, door: Door, mongo_url: str
) -> None:
    first, second = await service.booked(1), await service.booked(2)
    other = a_service(mongo_url, database=service.kit.settings.mongo_database)
    async with other as again, a_door(again) as other_door:
        await service.kit.database.collection("board_log").delete_many({"session_id": second.id})
        async with listening(door.address) as screen:
            seen = await screen.next()
        first = await service.arrives(first)
        async with listening(other_door.address, last=seen.id) as screen:
            missed = await screen.next()
            assert (missed.name, missed.sessions) == ("changed", [first.id])
            assert missed.data["cards"][0]["status"] == "arrived"


@pytest.mark.parametrize("last", ["nonsense", "/../..", "MjAyOS0wMS0wMS8xLzE"])
async def test_who_brings_an_id_that_is_of_no_use_is_shown_everything(
    service: Service, door: Door, last: str
) -> None:
    session = await service.booked()
    async with listening(door.address, last=last) as screen:
        whole = await screen.next()
        assert (whole.name, whole.sessions) == ("snapshot", [session.id])


@pytest.mark.parametrize("seconds", [2**32 - 1, 2**32, 10**12, -1])
async def test_who_brings_an_id_that_the_log_never_gave_is_shown_everything(
    service: Service, door: Door, seconds: int
) -> None:
    """As after a restore: what the screen has seen is of another history."""
    session = await service.booked()
    last = str(Cursor(TOMORROW.date(), seconds, 1))
    async with listening(door.address, last=last) as screen:
        whole = await screen.next()
        assert (whole.name, whole.sessions) == ("snapshot", [session.id])


async def test_the_cursor_of_what_was_asked_once_goes_on_as_a_stream(
    service: Service, door: Door
) -> None:
    session = await service.booked()
    cursor = (await board(door)).json()["cursor"]
    await service.arrives(session)
    async with listening(door.address, last=cursor) as screen:
        assert (await screen.next()).data["cards"][0]["status"] == "arrived"


async def test_who_leaves_the_board_is_sent_as_gone(service: Service, door: Door) -> None:
    session = await service.booked()
    async with listening(door.address) as screen:
        await screen.next()
        await service.does(session, Cancelled("ill", short_notice=True))
        event = await screen.next()
        assert (event.name, event.data["gone"], event.sessions) == ("changed", [session.id], [])


async def test_at_midnight_the_board_is_of_the_next_day(service: Service, door: Door) -> None:
    await service.booked(1)
    following = await service.booked(2, days=1)
    async with listening(door.address) as screen:
        assert (await screen.next()).data["day"] == "2030-01-08"
        service.clock.move_to(TOMORROW + timedelta(hours=15, minutes=1))
        event = await screen.next()
        assert (event.name, event.data["day"]) == ("snapshot", "2030-01-09")
        assert event.sessions == [following.id]


async def test_a_hundred_screens_read_the_log_as_often_as_one(service: Service, door: Door) -> None:
    session = await service.booked()
    async with AsyncExitStack() as stack:
        screens: list[Listener] = [
            await stack.enter_async_context(listening(door.address)) for _ in range(100)
        ]
        for screen in screens:
            assert (await screen.next()).name == "snapshot"
        await service.arrives(session)
        events = [await screen.next() for screen in screens]
        assert {one.id for one in events} == {events[0].id}
        assert {str(one.data) for one in events} == {str(events[0].data)}


async def test_a_process_that_stops_lets_its_screens_go(service: Service, door: Door) -> None:
    async with listening(door.address) as screen:
        assert (await screen.next()).name == "snapshot"
        await door.stops()
        assert await screen.rest() == []


async def test_an_opening_is_noted_once_however_much_is_sent(service: Service, door: Door) -> None:
    session = await service.booked()
    async with listening(door.address) as screen:
        await screen.next()
        await service.arrives(session)
        await screen.next()
    entries = await service.kit.database.collection("audit").find({"action": "watch_board"})
    assert [(row["object_id"], row["outcome"]) for row in entries] == [(PLACE, "read")]


async def test_what_changed_in_a_stage_is_when_it_began(service: Service, door: Door) -> None:
    session = await service.does(await service.booked(), *dosing(TOMORROW))
    service.clock.move_to(TOMORROW + timedelta(minutes=40))
    await service.does(session, DosingStopped(service.clock()))
    [card] = (await board(door)).json()["cards"]
    assert (card["stage"], card["stage_began_at"]) == ("recovery", "2030-01-08T15:40:00Z")


async def test_what_was_known_at_a_time_is_shown_with_what_was_true_then(
    service: Service, door: Door
) -> None:
    session = await service.arrives(await service.booked())
    service.clock.move_to(TOMORROW + timedelta(minutes=30))
    await service.reads(session, 1)
    await service.does(session, *dosing(service.clock())[1:])
    path = f"/v1/sessions/{session.id}"
    earlier = "2030-01-08T15:10:00Z"

    statuses = [
        (await board(door, path=f"{path}{query}")).json()["status"]
        for query in ("", f"?as_of={earlier}", f"?known_at={earlier}")
    ]
    assert statuses == ["dosing", "arrived", "arrived"]
    before = await board(door, path=f"{path}?known_at=2029-01-01T00:00:00Z")
    assert (before.status_code, before.json()["code"]) == (404, "session_not_found")
    readings = f"{path}/readings"
    assert len((await board(door, path=readings)).json()["items"]) == 1
    assert (await board(door, path=f"{readings}?as_of={earlier}")).json() == {"items": []}
    assert (await board(door, path=f"{path}?as_of=yesterday")).status_code == 422


async def test_a_move_was_so_when_it_was_noted_and_is_known_since_it_was_recorded(
    service: Service,
) -> None:
    session, past = await service.booked(), Past(service.kit.database)
    noted_at = service.clock() + timedelta(minutes=1)
    recorded_at, between = noted_at + timedelta(minutes=2), noted_at + timedelta(minutes=1)
    service.clock.move_to(recorded_at)
    next_day = a_visit(TOMORROW + timedelta(days=1), patient_id=session.patient_id)
    moved = session.reschedule(next_day, noted=Noted("usr_ada", noted_at))
    after = await service.does(session, moved)

    async def then(as_of: datetime, known_at: datetime) -> datetime:
        found = await past.session(session.id, Then(as_of, known_at))
        assert found is not None
        return found.booked_visit.starts_at

    booked_at, moved_to = session.booked_visit.starts_at, after.booked_visit.starts_at
    assert moved_to != booked_at
    assert await then(between, recorded_at) == moved_to
    assert await then(noted_at, recorded_at) == moved_to
    assert await then(noted_at - timedelta(seconds=1), recorded_at) == booked_at
    assert await then(recorded_at, between) == booked_at


async def test_every_fact_of_a_session_is_kept_as_it_was(service: Service) -> None:
    session = await service.does(await service.booked(), *dosing(TOMORROW))
    past, later = Past(service.kit.database), TOMORROW + timedelta(days=1)
    assert await past.session(session.id, Then(later, later)) == session
    rows = await service.kit.database.collection("session_facts").find({}, sort=[("revision", 1)])
    assert [row["fact"]["kind"] for row in rows] == ["Booked", "Arrived", "DosingStarted"]
