"""Seats on a real MongoDB, when many take them at once: never one more than is tolerated."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON, FixedClock, InMemoryOutbox
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Reservation, Visit
from clinic_sessions.domain.errors import SlotTaken
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.session import Session
from clinic_sessions.store import MongoSessions
from tests.support.sessions import TOMORROW

RIVALS = 20
HOUR = timedelta(hours=1)


def a_stay(number: int, kind: str, name: str, at_most: int) -> tuple[Session, Booked]:
    """An hour of one thing, for a patient of its own."""
    one = Reservation(
        kind=kind,
        what=kind,
        phases=("recovery",),
        resource=name,
        starts_at=TOMORROW,
        ends_at=TOMORROW + HOUR,
        taken_from=TOMORROW,
        taken_until=TOMORROW + HOUR,
        at_most=at_most,
    )
    who = replace(one, kind=PATIENT, resource=f"pat_{number}", at_most=1)
    visit = Visit(starts_at=TOMORROW, ends_at=TOMORROW + HOUR, reservations=(one, who))
    session = Session(
        id=f"ses_{number}",
        patient_id=f"pat_{number}",
        location_id="loc_sample",
        plan_id=f"pln_{number}",
        infusion_number=1,
    )
    return session, Booked(visit)


@pytest.mark.parametrize(
    ("kind", "name", "at_most"), [(PLACE, "lounge", 3), (PERSON, "nurse_ada", 2), (PLACE, "c", 1)]
)
async def test_of_many_at_once_as_many_get_in_as_are_tolerated_and_not_one_more(
    database: Mongo, kind: str, name: str, at_most: int
) -> None:
    sessions = MongoSessions(database, InMemoryOutbox(), FixedClock(NOON))
    await sessions.prepare()
    stays = [a_stay(number, kind, name, at_most) for number in range(RIVALS)]

    ends = await asyncio.gather(
        *(sessions.record(session, booked) for session, booked in stays), return_exceptions=True
    )

    assert len([end for end in ends if isinstance(end, Session)]) == at_most
    refused = [end for end in ends if isinstance(end, SlotTaken)]
    assert len(refused) == RIVALS - at_most
    assert {r.conflicts[0]["resource"] for r in refused} == {name}


@pytest.mark.parametrize("at_most", [1, 2])
async def test_a_seat_that_is_refused_with_the_commit_is_named_and_undoes_all_of_the_transaction(
    database: Mongo, at_most: int
) -> None:
    sessions = MongoSessions(database, InMemoryOutbox(), FixedClock(NOON))
    await sessions.prepare()
    stays = [a_stay(number, PLACE, "lounge", at_most) for number in range(at_most + 1)]

    async def all_at_once() -> None:
        for session, booked in stays:
            await sessions.record(session, booked)

    with pytest.raises(SlotTaken) as refused:
        await database.transaction(all_at_once)

    [conflict] = refused.value.conflicts
    assert conflict == {"kind": PLACE, "resource": "lounge", "from": TOMORROW.isoformat()}
    for name in ("taken_slots", "sessions", "session_facts", "board_log"):
        assert await database.collection(name).count({}) == 0, name


async def test_of_those_who_tolerate_different_numbers_nobody_is_ever_among_too_many(
    database: Mongo,
) -> None:
    """Ten who bear three and ten who bear two: three when nobody of the strict got in, else two."""
    sessions = MongoSessions(database, InMemoryOutbox(), FixedClock(NOON))
    await sessions.prepare()
    stays = [a_stay(number, PERSON, "nurse_ada", 2 + number % 2) for number in range(RIVALS)]

    ends = await asyncio.gather(
        *(sessions.record(session, booked) for session, booked in stays), return_exceptions=True
    )

    inside = [end for end in ends if isinstance(end, Session)]
    tolerated = [session.booked_visit.reservations[0].at_most for session in inside]
    assert len(inside) == min(tolerated)
    assert len([end for end in ends if isinstance(end, SlotTaken)]) == RIVALS - len(inside)
