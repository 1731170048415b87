"""What is around a visit: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_sessions.domain.booking.around import Around
from clinic_sessions.domain.booking.days import AsBusy, Busy
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Visit
from clinic_sessions.domain.facts import Aborted, Booked, Cancelled, DosingStarted, Voided
from tests.support.sessions import NOON, TOMORROW, a_hold, a_plan, a_visit
from tests.support.sessions_day import a_whole_day
from tests.support.sessions_ports import KINDS, Ports, the_ports, unbooked

HOUR = timedelta(hours=1)
LATER = TOMORROW + timedelta(days=1)
EXPIRED = NOON + timedelta(minutes=10)
CANCELLED = Cancelled("ill", short_notice=False)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


async def test_what_is_busy_comes_from_sessions_and_holds_here_and_for_the_patient_anywhere(
    ports: Ports,
) -> None:
    await ports.sessions.record(unbooked(1), Booked(a_visit()))
    hold = a_hold(a_visit(LATER, patient_id="pat_2"), number=2, patient=2)
    await ports.holds.record(hold, hold.take())
    elsewhere = a_visit(LATER + HOUR * 3, chair="chair_2", patient_id="pat_3")
    await ports.sessions.record(unbooked(3, location_id="loc_elsewhere"), Booked(elsewhere))

    async def around(patient_id: str, minutes: int = 0, without: str | None = None) -> Around:
        return await ports.sessions.around(
            replace(a_plan(), id="pln_9", patient_id=patient_id),
            since=TOMORROW,
            until=LATER,
            now=NOON + timedelta(minutes=minutes),
            without=set() if without is None else {without},
        )

    async def busy(patient_id: str, minutes: int = 0, without: str | None = None) -> set[AsBusy]:
        return set((await around(patient_id, minutes, without)).busy)

    def of(visit: Visit, *kinds: str) -> set[AsBusy]:
        return {
            Busy(r.kind, r.resource, r.taken_from, r.taken_until, r.at_most)
            for r in visit.reservations
            if r.kind in kinds
        }

    here = of(a_visit(), PLACE, PERSON)
    held = of(hold.visit, PLACE, PERSON)
    assert await busy("pat_none") == here | held
    assert await busy("pat_1") == here | held | of(a_visit(), PATIENT)
    assert await busy("pat_none", minutes=10) == here
    assert await busy("pat_none", without="ses_1") == held
    assert await busy("pat_none", without="ses_2") == here
    assert (await around("pat_none")).expired == ()
    assert (await around("pat_none", minutes=10)).expired == ("hld_2",)


async def test_the_times_of_the_plan_are_returned_whenever_they_are_and_without_those_that_are_gone(
    ports: Ports,
) -> None:
    far = TOMORROW + timedelta(days=20)
    for number, at in enumerate((far, TOMORROW, LATER), start=1):
        visit = a_visit(at, patient_id=f"pat_{number}")
        session = replace(unbooked(number), plan_id="pln_1")
        await ports.sessions.record(session, Booked(visit))
    await ports.sessions.record(await ports.sessions.get("ses_3"), CANCELLED)

    async def times(*without: str) -> tuple[datetime, ...]:
        found = await ports.sessions.around(
            a_plan(), since=TOMORROW, until=TOMORROW, now=NOON, without={*without}
        )
        return found.times

    assert await times() == (TOMORROW, far)
    assert await times("ses_2") == (far,)


async def test_a_visit_that_was_broken_off_is_returned_if_it_was_dosed_and_takes_nothing_up(
    ports: Ports,
) -> None:
    whole = a_whole_day()
    started = next(n for n, fact in enumerate(whole) if isinstance(fact, DosingStarted))
    for number, (at, so_far) in enumerate(((TOMORROW, started + 1), (LATER, started)), start=1):
        session = replace(unbooked(number), plan_id="pln_1")
        booked = Booked(a_visit(at, patient_id=f"pat_{number}"))
        for fact in (booked, *whole[1:so_far], Aborted(at, "transferred_to_hospital")):
            session = await ports.sessions.record(session, fact)

    async def found(*without: str) -> Around:
        return await ports.sessions.around(
            a_plan(), since=TOMORROW, until=LATER, now=LATER, without={*without}
        )

    around = await found()
    assert (around.broken_off, around.times, around.busy) == ((TOMORROW,), (), ())
    assert (await found("ses_1")).broken_off == ()
    wrong = await ports.sessions.get("ses_1")
    await ports.sessions.record(wrong, Voided(LATER, "wrong_patient", without_dose=True))
    assert (await found()).broken_off == ()


async def test_the_dose_of_a_voided_visit_is_returned_as_one_that_was_broken_off(
    ports: Ports,
) -> None:
    session = replace(unbooked(1), plan_id="pln_1")
    for fact in (*a_whole_day(), Voided(LATER, "typing_error")):
        session = await ports.sessions.record(session, fact)
    around = await ports.sessions.around(a_plan(), since=TOMORROW, until=LATER, now=LATER)
    assert (around.broken_off, around.times, around.busy) == ((TOMORROW,), (), ())


async def test_what_is_held_for_the_plan_is_returned_beside_its_times_whenever_that_is(
    ports: Ports,
) -> None:
    far = TOMORROW + timedelta(days=20)
    hold = a_hold(a_visit(far))
    await ports.holds.record(hold, hold.take())

    async def held(*without: str, at: datetime = NOON) -> tuple[datetime, ...]:
        found = await ports.sessions.around(
            a_plan(), since=TOMORROW, until=TOMORROW, now=at, without={*without}
        )
        assert found.times == ()
        return found.held

    assert await held() == (far,)
    assert await held(hold.session_id) == ()
    assert await held(at=EXPIRED) == ()
