"""Who works at several places is at one of them at a time: in memory, and in MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.visit import PERSON, Visit
from clinic_sessions.domain.errors import SlotTaken
from clinic_sessions.domain.facts import Booked, Cancelled
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON, TOMORROW, a_hold, a_location, a_visit
from tests.support.sessions_ports import KINDS, Ports, the_ports

LATER = TOMORROW + timedelta(days=1)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


def by(person: str | None, visit: Visit, *, at_most: int = 1) -> Visit:
    """The visit, with that person as its nurse."""
    those = (
        replace(one, person=person, at_most=at_most) if one.kind == PERSON else one
        for one in visit.reservations
    )
    return replace(visit, reservations=tuple(those))


async def booked(
    ports: Ports,
    number: int,
    location_id: str,
    person: str | None,
    *,
    at_most: int = 1,
    chair: str = "chair_1",
) -> Session:
    session = Session(
        id=f"ses_{number}",
        patient_id=f"pat_{number}",
        location_id=location_id,
        plan_id=f"pln_{number}",
        infusion_number=1,
    )
    visit = by(person, a_visit(chair=chair, patient_id=session.patient_id), at_most=at_most)
    return await ports.sessions.record(session, Booked(visit))


def sample_with(person: str) -> Location:
    """The sample place, where they are called Ben."""
    location = a_location()
    ada, ben = location.details.staff
    staff = (ada, replace(ben, person=person))
    return replace(location, details=replace(location.details, staff=staff))


async def test_somebody_whom_two_places_have_as_one_is_booked_at_one_of_them(
    ports: Ports,
) -> None:
    first = await booked(ports, 1, "loc_sample", "usr_ada")
    with pytest.raises(SlotTaken) as refused:
        await booked(ports, 2, "loc_elsewhere", "usr_ada")
    assert refused.value.conflicts[0]["kind"] == "person"
    await ports.sessions.record(first, Cancelled("ill", short_notice=False))
    await booked(ports, 2, "loc_elsewhere", "usr_ada")


async def test_whoever_is_shared_is_shared_at_one_place(ports: Ports) -> None:
    await booked(ports, 1, "loc_sample", "usr_ada", at_most=4)
    await booked(ports, 2, "loc_sample", "usr_ada", at_most=4, chair="chair_2")
    with pytest.raises(SlotTaken) as refused:
        await booked(ports, 3, "loc_elsewhere", "usr_ada", at_most=4)
    assert refused.value.conflicts[0]["kind"] == "person"


@pytest.mark.parametrize("person", [None, "usr_another"])
async def test_the_same_name_at_two_places_is_two_people_until_they_are_stated_to_be_one(
    ports: Ports, person: str | None
) -> None:
    here = await booked(ports, 1, "loc_sample", "usr_ada")
    there = await booked(ports, 2, "loc_elsewhere", person)
    assert [await ports.sessions.get(one) for one in ("ses_1", "ses_2")] == [here, there]


async def test_what_somebody_has_at_another_place_is_returned_under_their_name_here(
    ports: Ports,
) -> None:
    await booked(ports, 1, "loc_elsewhere", "usr_ada")
    visit = by("usr_ada", a_visit(LATER, patient_id="pat_2"))
    hold = replace(a_hold(visit, number=2, patient=2), location_id="loc_third")
    await ports.holds.record(hold, hold.take())

    async def found(
        person: str, minutes: int = 0, without: str = ""
    ) -> tuple[set[object], tuple[str, ...]]:
        around = await ports.sessions.elsewhere(
            sample_with(person),
            since=TOMORROW,
            until=LATER,
            now=NOON + timedelta(minutes=minutes),
            without={without},
        )
        return set(around.busy), around.expired

    def as_ben(visit: Visit) -> Busy:
        [one] = [one for one in visit.reservations if one.kind == PERSON]
        return Busy(PERSON, "nurse_ben", one.taken_from, one.taken_until, 1)

    there, held = as_ben(a_visit()), as_ben(visit)
    assert await found("usr_ada") == ({there, held}, ())
    assert await found("usr_ada", without="ses_1") == ({held}, ())
    assert await found("usr_ada", minutes=10) == ({there}, ("hld_2",))
    assert await found("usr_another") == (set(), ())


async def test_what_somebody_has_here_is_not_returned_a_second_time(ports: Ports) -> None:
    await booked(ports, 1, "loc_sample", "usr_ada")
    around = await ports.sessions.elsewhere(
        sample_with("usr_ada"), since=TOMORROW, until=LATER, now=NOON
    )
    assert around.busy == ()
