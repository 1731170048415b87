"""Where a booking could go that its location does not hold any more."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.changes import breaks_of
from clinic_sessions.domain.places.hours import Closure, Hours, SpecialDay
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.domain.places.resources import Chair
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import NearestFree
from tests.support.sessions import (
    NOON,
    TOMORROW,
    a_location,
    a_plan,
    a_protocol,
    a_timetable,
    a_visit,
    wishing,
)
from tests.support.sessions_ports import Ports, in_memory

DAY = date(2030, 1, 8)
FLOOD = Closure(id="flood", first=DAY, last=DAY, reason="water_damage")


@dataclass
class Clinic:
    """A plan of six, with one visit booked tomorrow at nine."""

    ports: Ports
    booking: Session

    async def book(self, number: int, starts_at: datetime, *, plan_id: str = "pln_1") -> None:
        session = Session(
            id=f"ses_{number}",
            patient_id="pat_1" if plan_id == "pln_1" else f"pat_{number}",
            location_id="loc_sample",
            plan_id=plan_id,
            infusion_number=number,
        )
        visit = a_visit(starts_at, patient_id=session.patient_id)
        await self.ports.sessions.record(session, Booked(visit))

    async def proposed(self, *, now: datetime = NOON, **changes: Any) -> list[Repair]:
        repairs = NearestFree(
            plans=self.ports.plans,
            sessions=self.ports.sessions,
            protocols={("iv-ketamine-depression", 1): a_protocol()},
        )
        return await repairs.propose(a_place(**changes), self.booking, now=now)


def a_place(**changes: Any) -> Location:
    location = a_location(closed_on="nobody")
    return replace(location, details=replace(location.details, **changes))


@pytest.fixture
async def clinic() -> Clinic:
    ports = in_memory()
    await ports.plans.open(replace(a_plan(), infusions=6))
    session = Session(
        id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
    return Clinic(ports, await ports.sessions.record(session, Booked(a_visit())))


async def test_the_same_time_is_the_nearest_where_only_a_chair_is_lost(clinic: Clinic) -> None:
    first, *_ = await clinic.proposed(chairs=(Chair(name="chair_2", room="room_1"),))
    assert first == Repair(starts_at=TOMORROW, chair="chair_2", nurse="nurse_ada")


async def test_what_the_booking_takes_itself_is_free_for_it(clinic: Clinic) -> None:
    late = SpecialDay(on=DAY, hours=Hours(opens=time(10), closes=time(18)))
    first, *_ = await clinic.proposed(special_days=(late,))
    assert first == Repair(
        starts_at=TOMORROW + timedelta(hours=1), chair="chair_1", nurse="nurse_ada"
    )


async def test_what_another_patient_has_is_not_proposed(clinic: Clinic) -> None:
    only: dict[str, Any] = {"chairs": (Chair(name="chair_1", room="room_1"),)}
    late = SpecialDay(on=DAY, hours=Hours(opens=time(10), closes=time(18)))
    await clinic.book(2, TOMORROW + timedelta(hours=2), plan_id="pln_2")
    first, *_ = await clinic.proposed(special_days=(late,), **only)
    assert first.starts_at == TOMORROW + timedelta(hours=4)


async def test_a_day_that_is_shut_is_passed_over_to_either_side(clinic: Clinic) -> None:
    proposed = await clinic.proposed(closures=(FLOOD,))
    assert [repair.starts_at - TOMORROW for repair in proposed] == [
        timedelta(hours=-17),
        timedelta(hours=-17.5),
        timedelta(hours=-18),
    ]
    later = await clinic.proposed(closures=(FLOOD,), now=NOON + timedelta(hours=12))
    assert later[0].starts_at == TOMORROW + timedelta(hours=23)


async def test_the_spacing_to_the_other_infusions_is_kept_on_both_sides(clinic: Clinic) -> None:
    await clinic.book(2, TOMORROW + timedelta(days=3))
    proposed = await clinic.proposed(closures=(FLOOD,), now=NOON + timedelta(hours=12))
    spacing = a_protocol().spacing.least
    starts = [repair.starts_at for repair in proposed]
    assert starts[0] == TOMORROW + timedelta(hours=23)
    assert all(TOMORROW + timedelta(days=3) - at >= spacing for at in starts[:3])


async def test_nothing_is_proposed_where_nothing_is_near(clinic: Clinic) -> None:
    week = Closure(
        id="w", first=DAY - timedelta(days=7), last=DAY + timedelta(days=7), reason="building"
    )
    assert await clinic.proposed(closures=(week,)) == []


async def test_what_is_proposed_can_be_booked_and_is_held(clinic: Clinic) -> None:
    changes: dict[str, Any] = {"closures": (FLOOD,), "zone": "Europe/Berlin"}
    proposed = await clinic.proposed(**changes)
    assert len(proposed) == 3
    for repair in proposed:
        timetable = a_timetable(repair.starts_at, location=a_place(**changes))
        wishes = wishing(chair=repair.chair, nurse=repair.nurse)
        visit = timetable.visit(repair.starts_at, now=NOON, wishes=wishes)
        assert breaks_of(a_place(**changes), visit) == ()
        assert (visit.starts_at - NOON) % SLOT == timedelta()
