"""Holds keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.errors import Conflict, HoldHasEnded, HoldNotFound, SlotTaken
from clinic_sessions.domain.facts import Booked, Cancelled
from tests.support.sessions import NOON, TOMORROW, a_hold, a_visit
from tests.support.sessions_ports import KINDS, Ports, booked, the_ports, unbooked

LATER = TOMORROW + timedelta(days=1)
EXPIRED = NOON + timedelta(minutes=10)
CANCELLED = Cancelled("ill", short_notice=False)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


async def test_a_hold_takes_seats_and_gives_them_back_or_leaves_them_to_its_session(
    ports: Ports,
) -> None:
    hold = await ports.holds.record(a_hold(), a_hold().take())
    assert await ports.holds.get("hld_1") == hold
    with pytest.raises(SlotTaken):
        await booked(ports, 2, a_visit(patient_id="pat_2"))
    other = a_hold(number=2, patient=2)
    with pytest.raises(SlotTaken):
        await ports.holds.record(other, other.take())
    await ports.holds.record(hold, hold.release(now=NOON))
    with pytest.raises(Conflict):
        await ports.holds.record(hold, hold.confirm(now=NOON))
    second = a_hold(number=2, patient=2)
    second = await ports.holds.record(second, second.take())
    await ports.holds.record(second, second.confirm(now=NOON))
    await ports.sessions.record(unbooked(2), Booked(second.visit, is_held=True))
    with pytest.raises(SlotTaken):
        await booked(ports, 3, a_visit(patient_id="pat_3"))
    await ports.sessions.record(await ports.sessions.get("ses_2"), CANCELLED)
    await booked(ports, 3, a_visit(patient_id="pat_3"))
    with pytest.raises(HoldNotFound):
        await ports.holds.get("hld_none")


async def test_what_an_expired_hold_had_is_free_for_whoever_needs_it(ports: Ports) -> None:
    await ports.holds.record(a_hold(), a_hold().take())
    visit = a_visit(patient_id="pat_2")
    await ports.holds.free_expired(["hld_1"], now=EXPIRED - timedelta(seconds=1))
    with pytest.raises(SlotTaken):
        await booked(ports, 2, visit)
    await ports.holds.free_expired(["hld_1"], now=EXPIRED)
    await booked(ports, 2, visit)
    await ports.holds.free_expired(["hld_1"], now=EXPIRED)
    with pytest.raises(SlotTaken):
        await booked(ports, 3, a_visit(patient_id="pat_3"))


async def test_a_hold_whose_seats_went_by_a_clock_that_is_ahead_is_not_confirmed_by_one_behind(
    ports: Ports,
) -> None:
    """Who places the visit anew gets other seats with it, and needs none of the hold's."""
    hold = await ports.holds.record(a_hold(), a_hold().take())
    await ports.holds.free_expired(["hld_1"], now=EXPIRED + timedelta(seconds=1))
    behind = EXPIRED - timedelta(seconds=1)
    with pytest.raises(HoldHasEnded):
        await ports.holds.record(hold, hold.confirm(now=behind))
    assert await ports.holds.get("hld_1") == hold
    await ports.holds.record(hold, hold.confirm(now=behind, leaves_seats=False))


async def test_a_pending_hold_is_found_by_its_plan_and_time_until_it_ends(ports: Ports) -> None:
    hold = await ports.holds.record(a_hold(), a_hold().take())

    async def found(now_after: timedelta = timedelta()) -> Hold | None:
        return await ports.holds.pending_of("pln_1", TOMORROW, now=NOON + now_after)

    assert await found() == hold
    assert await found(EXPIRED - NOON) is None
    assert await ports.holds.pending_of("pln_1", LATER, now=NOON) is None
    await ports.holds.record(hold, hold.release(now=NOON))
    assert await found() is None


async def test_a_hold_that_does_not_leave_its_seats_gives_them_back(ports: Ports) -> None:
    hold = await ports.holds.record(a_hold(), a_hold().take())
    with pytest.raises(SlotTaken):
        await booked(ports, 2, a_visit(patient_id="pat_2"))
    await ports.holds.record(hold, hold.confirm(now=NOON, leaves_seats=False))
    session = await booked(ports, 2, a_visit(patient_id="pat_2"))
    assert await ports.sessions.get("ses_2") == session


async def test_all_that_is_held_for_a_plan_comes_by_its_times_until_it_ends(ports: Ports) -> None:
    days = (LATER, TOMORROW, LATER + timedelta(days=1), LATER + timedelta(days=2))
    holds = [a_hold(a_visit(day), number=number) for number, day in enumerate(days, start=1)]
    holds[2] = replace(holds[2], plan_id="pln_2")
    later, sooner, _, booked_later = [await ports.holds.record(one, one.take()) for one in holds]

    async def found(plan_id: str = "pln_1", *, now: datetime = NOON) -> list[Hold]:
        return list(await ports.holds.all_pending_of(plan_id, now=now))

    assert await found() == [sooner, later, booked_later]
    await ports.holds.record(sooner, sooner.release(now=NOON))
    await ports.holds.record(booked_later, booked_later.confirm(now=NOON))
    assert await found() == [later]
    assert await found(now=EXPIRED) == []
    assert await found("pln_none") == []


async def test_all_that_is_held_at_a_place_comes_by_its_times_until_it_ends(ports: Ports) -> None:
    holds = [a_hold(a_visit(day), number=number) for number, day in ((1, LATER), (2, TOMORROW))]
    later, sooner = [await ports.holds.record(one, one.take()) for one in holds]

    async def found(location_id: str = "loc_sample", *, now: datetime = NOON) -> list[Hold]:
        return list(await ports.holds.pending_at(location_id, now=now))

    assert await found() == [sooner, later]
    await ports.holds.record(sooner, sooner.confirm(now=NOON))
    assert await found() == [later]
    assert await found(now=EXPIRED) == []
    assert await found("loc_none") == []
