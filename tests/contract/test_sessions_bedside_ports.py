"""The ports of the bedside keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator

import pytest

from clinic_sessions.domain.bedside.note import Note, Written
from clinic_sessions.domain.errors import Conflict
from clinic_sessions.domain.facts import Voided
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON
from tests.support.sessions_day import a_whole_day
from tests.support.sessions_ports import KINDS, Ports, the_ports


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


async def one_after_a_whole_day(ports: Ports) -> Session:
    session = Session(
        id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
    for fact in a_whole_day():
        session = await ports.sessions.record(session, fact)
    return session


async def test_a_session_with_all_that_can_be_noted_of_it_is_kept_whole(ports: Ports) -> None:
    session = await one_after_a_whole_day(ports)
    assert await ports.sessions.get(session.id) == session
    assert ports.said == [
        "SessionBooked",
        "DosingStarted",
        "DosingEnded",
        *["SessionCompleted"] * 2,
    ]


async def test_the_last_dose_is_that_of_the_patient_by_the_same_route(ports: Ports) -> None:
    assert await ports.sessions.last_dosed("pat_1", "iv", without="ses_2") is None
    session = await one_after_a_whole_day(ports)
    assert await ports.sessions.last_dosed("pat_1", "iv", without="ses_2") == session
    assert await ports.sessions.last_dosed("pat_1", "iv", without=session.id) is None
    assert await ports.sessions.last_dosed("pat_1", "im", without="ses_2") is None
    assert await ports.sessions.last_dosed("pat_2", "iv", without="ses_2") is None
    await ports.sessions.record(session, Voided(NOON, "wrong_patient"))
    assert await ports.sessions.last_dosed("pat_1", "iv", without="ses_2") is None


async def test_a_note_is_kept_whole_and_the_slower_of_two_writers_is_refused(ports: Ports) -> None:
    empty = await ports.notes.get("ses_1")
    assert empty == Note(session_id="ses_1")
    text = Written(text="Calm.\nThen home.", by="usr_a", at=NOON)
    first = await ports.notes.record(empty, empty.draft(text))
    with pytest.raises(Conflict):
        await ports.notes.record(empty, empty.draft(text))
    signed = await ports.notes.record(first, first.sign(1, by="usr_a", now=NOON))
    with pytest.raises(Conflict):
        await ports.notes.record(first, first.draft(text))
    added = await ports.notes.record(signed, signed.add(text))
    assert await ports.notes.get("ses_1") == added
    assert await ports.notes.get("ses_2") == Note(session_id="ses_2")
