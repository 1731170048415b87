"""The ports of the bedside keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import takewhile
from typing import Any, Final

import pytest

from clinic_sessions.domain.bedside.note import Note, Written
from clinic_sessions.domain.errors import AlreadyHere, Conflict
from clinic_sessions.domain.facts import Aborted, Arrived, Booked, DosingStopped, Voided
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON, TOMORROW, a_visit
from tests.support.sessions_day import a_whole_day
from tests.support.sessions_ports import KINDS, Ports, the_ports


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


OF_SAMPLE: Final[dict[str, Any]] = {
    "id": "ses_1",
    "patient_id": "pat_1",
    "location_id": "loc_sample",
    "plan_id": "pln_1",
    "infusion_number": 1,
}


async def one_after_a_whole_day(ports: Ports) -> Session:
    session = Session(**OF_SAMPLE)
    for fact in a_whole_day():
        session = await ports.sessions.record(session, fact)
    return session


async def test_a_session_with_all_that_can_be_noted_of_it_is_kept_whole(ports: Ports) -> None:
    session = await one_after_a_whole_day(ports)
    assert await ports.sessions.get(session.id) == session
    assert ports.published == [
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


@pytest.mark.parametrize("without_dose", [False, True])
async def test_a_dose_is_forgotten_with_a_voided_session_only_if_there_was_none(
    ports: Ports, without_dose: bool
) -> None:
    session = await one_after_a_whole_day(ports)
    voided = await ports.sessions.record(session, Voided(NOON, "typing_error", without_dose))
    for route in ("iv", None):
        last = await ports.sessions.last_dosed("pat_1", route, without="ses_2")
        assert last == (None if without_dose else voided)


async def test_the_last_dose_by_any_route_is_one_that_was_broken_off_too(ports: Ports) -> None:
    booked, arrived, *rest = a_whole_day()
    until_dosing = [booked, arrived, *takewhile(lambda f: not isinstance(f, DosingStopped), rest)]
    session = Session(**OF_SAMPLE)
    for fact in until_dosing:
        session = await ports.sessions.record(session, fact)
    session = await ports.sessions.record(session, Aborted(NOON, "emergency_transfer"))
    assert await ports.sessions.last_dosed("pat_1", without="ses_2") == session
    assert await ports.sessions.last_dosed("pat_1", without=session.id) is None


async def test_of_one_patient_there_is_one_session_at_the_clinic(ports: Ports) -> None:
    later = a_visit(TOMORROW + timedelta(days=3))
    first = await ports.sessions.record(Session(**OF_SAMPLE), Booked(a_visit()))
    second = await ports.sessions.record(Session(**{**OF_SAMPLE, "id": "ses_2"}), Booked(later))
    here = await ports.sessions.record(first, Arrived(NOON))
    with pytest.raises(AlreadyHere):
        await ports.sessions.record(second, Arrived(NOON))
    await ports.sessions.record(here, Aborted(NOON, "ill"))
    await ports.sessions.record(second, Arrived(NOON))


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
