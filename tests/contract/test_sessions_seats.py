"""Seats keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.booking.override import Override
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Reservation, Visit
from clinic_sessions.domain.errors import SlotTaken
from clinic_sessions.domain.facts import Cancelled, Completed, Course, Rescheduled
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON, TOMORROW, a_plan, a_protocol, a_visit
from tests.support.sessions_ports import KINDS, Ports, booked, the_ports, unbooked

HOUR = timedelta(hours=1)
LATER = TOMORROW + timedelta(days=1)
EXPIRED = NOON + timedelta(minutes=10)
CANCELLED = Cancelled("ill", short_notice=False)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


def seat(
    kind: str,
    name: str,
    at_most: int = 1,
    *,
    minutes: int = 0,
    over: bool = False,
) -> Visit:
    """A visit of an hour that takes up a patient and one thing."""
    starts_at = TOMORROW + timedelta(minutes=minutes)
    one = Reservation(
        kind=kind,
        what=kind,
        phases=("dosing",),
        resource=name,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        taken_from=starts_at,
        taken_until=starts_at + HOUR,
        at_most=at_most,
        is_overbooked=over,
    )
    who = replace(one, kind=PATIENT, resource="pat_1", at_most=1, is_overbooked=False)
    return Visit(starts_at=starts_at, ends_at=starts_at + HOUR, reservations=(one, who))


def dosed(session: Session) -> Session:
    order = order_dose(
        a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON
    )
    return replace(session, order=order, dosing_started_at=TOMORROW, dosing_ended_at=TOMORROW)


def completed(at: datetime) -> Completed:
    course = Course("iv-ketamine-depression", 1, 6, 1, "intravenous")
    return Completed(at, course, "to_escort", 0)


async def test_a_place_for_three_takes_three_and_has_room_again_when_one_is_gone(
    ports: Ports,
) -> None:
    lounge = seat(PLACE, "lounge", 3)
    first = await booked(ports, 1, lounge)
    for number in (2, 3):
        await booked(ports, number, seat(PLACE, "lounge", 3, minutes=30))
    with pytest.raises(SlotTaken) as refused:
        await booked(ports, 4, lounge)
    assert refused.value.conflicts[0]["resource"] == "lounge"
    await ports.sessions.record(first, CANCELLED)
    await booked(ports, 4, lounge)
    with pytest.raises(SlotTaken):
        await booked(ports, 5, lounge)


async def test_one_who_is_alone_with_a_patient_is_with_nobody_else(ports: Ports) -> None:
    alone, watching = seat(PERSON, "nurse_ada"), seat(PERSON, "nurse_ada", 3, minutes=30)
    session = await booked(ports, 1, alone)
    with pytest.raises(SlotTaken):
        await booked(ports, 2, watching)
    await ports.sessions.record(session, CANCELLED)
    await booked(ports, 2, watching)
    with pytest.raises(SlotTaken):
        await booked(ports, 1 + 2, alone)


async def test_whoever_tolerates_fewest_is_heeded_whoever_comes_first(ports: Ports) -> None:
    three, two = seat(PERSON, "nurse_ada", 3), seat(PERSON, "nurse_ada", 2)
    strict = await booked(ports, 1, two)
    await booked(ports, 2, three)
    with pytest.raises(SlotTaken):
        await booked(ports, 3, three)
    await ports.sessions.record(strict, CANCELLED)
    await booked(ports, 3, three)
    with pytest.raises(SlotTaken):
        await booked(ports, 4, two)


async def test_an_overbooked_seat_is_one_and_keeps_the_chair_taken_when_the_other_is_gone(
    ports: Ports,
) -> None:
    chair, over = seat(PLACE, "chair_1"), seat(PLACE, "chair_1", over=True)
    first = await booked(ports, 1, chair)
    second = await booked(ports, 2, over)
    with pytest.raises(SlotTaken):
        await booked(ports, 3, over)
    await ports.sessions.record(first, CANCELLED)
    with pytest.raises(SlotTaken):
        await booked(ports, 3, chair)
    await ports.sessions.record(second, CANCELLED)
    await booked(ports, 3, chair)
    await booked(ports, 4, over)


async def test_a_permission_and_every_change_are_kept_with_the_session(ports: Ports) -> None:
    override = Override(
        rules=("no_buffer", "overbook"),
        reason="urgent",
        by="usr_adm",
        permitted_at=NOON,
        expires_at=LATER,
    )
    visit = replace(a_visit(), override=override)
    session = unbooked(1)
    for fact in (
        session.book(visit, noted=Noted("usr_adm", NOON)),
        Rescheduled(a_visit(LATER), TOMORROW, Noted("usr_ada", NOON)),
    ):
        session = await ports.sessions.record(session, fact)
    kept = await ports.sessions.get(session.id)
    assert kept == session
    assert [change.overrode for change in kept.changes] == [("no_buffer", "overbook"), ()]


async def test_a_visit_that_moves_gives_back_a_seat_among_others(ports: Ports) -> None:
    session = await booked(ports, 1, seat(PLACE, "lounge", 2))
    await booked(ports, 2, seat(PLACE, "lounge", 2))
    moved = seat(PLACE, "lounge", 2, minutes=30)
    session = await ports.sessions.record(session, Rescheduled(moved, TOMORROW))
    await ports.sessions.record(
        session, Rescheduled(seat(PLACE, "lounge", 2, minutes=60), TOMORROW)
    )
    third = await booked(ports, 3, seat(PLACE, "lounge", 2))
    assert await ports.sessions.get(third.id) == third
    with pytest.raises(SlotTaken) as refused:
        await booked(ports, 4, seat(PLACE, "lounge", 2))
    assert refused.value.conflicts[0]["resource"] == "lounge"


async def test_a_visit_that_is_completed_early_gives_back_the_rest_of_its_seats(
    ports: Ports,
) -> None:
    for number in (1, 2):
        await booked(ports, number, seat(PLACE, "lounge", 2))
    session = await ports.sessions.get("ses_1")
    left_at = TOMORROW + timedelta(minutes=27)
    session = await ports.sessions.record(dosed(session), completed(left_at))
    with pytest.raises(SlotTaken):
        await booked(ports, 3, seat(PLACE, "lounge", 2, minutes=25))
    await booked(ports, 3, seat(PLACE, "lounge", 2, minutes=30))
    with pytest.raises(SlotTaken):
        await booked(ports, 4, seat(PLACE, "lounge", 2, minutes=55))
    plan = replace(a_plan(), id="pln_9", patient_id="pat_1")
    found = await ports.sessions.around(plan, since=TOMORROW, until=TOMORROW, now=NOON)
    half_past = TOMORROW + timedelta(minutes=30)
    assert Busy(PATIENT, "pat_1", TOMORROW, half_past, 1) in found.busy
    assert Busy(PLACE, "lounge", TOMORROW, half_past, 2) in found.busy
    assert (await ports.sessions.get("ses_1")).visit == session.visit


async def test_buffers_are_taken_too(ports: Ports) -> None:
    visit = seat(PLACE, "chair_1")
    one, who = visit.reservations
    buffered = replace(one, taken_from=one.starts_at - HOUR, taken_until=one.ends_at + HOUR)
    await booked(ports, 1, replace(visit, reservations=(buffered, who)))
    for minutes in (-60, 60):
        with pytest.raises(SlotTaken):
            await booked(ports, 2, seat(PLACE, "chair_1", minutes=minutes))
    await booked(ports, 2, seat(PLACE, "chair_1", minutes=120))
