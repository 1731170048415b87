"""The ports of sessions keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.standing import Clearance, Consent, Risk, Standing
from clinic_sessions.domain.booking.plan import InfusionGiven
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.errors import (
    Conflict,
    LocationNotFound,
    PlanNotFound,
    SessionNotFound,
    SlotTaken,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Arrived,
    Booked,
    Cancelled,
    Checked,
    DoseOrdered,
    Fact,
    Missed,
    Rescheduled,
    Voided,
)
from clinic_sessions.domain.session import Session
from tests.support.sessions import (
    NOON,
    TOMORROW,
    a_location,
    a_plan,
    a_protocol,
    a_visit,
    good_facts,
)
from tests.support.sessions_ports import KINDS, Ports, the_ports

LATER = TOMORROW + timedelta(days=1)


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


def unbooked(number: int = 1, *, patient: int = 1, location_id: str = "loc_sample") -> Session:
    return Session(
        id=f"ses_{number}",
        patient_id=f"pat_{patient}",
        location_id=location_id,
        plan_id="pln_1",
        infusion_number=1,
    )


async def test_what_is_not_there_is_not_found(ports: Ports) -> None:
    with pytest.raises(LocationNotFound):
        await ports.locations.get("loc_none")
    with pytest.raises(PlanNotFound):
        await ports.plans.get("pln_none")
    with pytest.raises(SessionNotFound):
        await ports.sessions.get("ses_none")


async def test_a_location_is_kept_whole_and_published_each_time(ports: Ports) -> None:
    location = a_location()
    first = await ports.locations.record(location, location.describe(location.details))
    renamed = replace(location.details, display_name="Sample Lane")
    second = await ports.locations.record(first, first.describe(renamed))
    assert await ports.locations.get(location.id) == second
    assert (second.revision, second.details) == (2, renamed)
    assert ports.published == ["LocationPublished", "LocationPublished"]


async def test_the_second_of_two_who_describe_a_location_is_refused(ports: Ports) -> None:
    location = a_location()
    described = location.describe(location.details)
    first = await ports.locations.record(location, described)
    with pytest.raises(Conflict):
        await ports.locations.record(location, described)
    await ports.locations.record(first, described)
    with pytest.raises(Conflict):
        await ports.locations.record(first, described)


async def test_a_plan_opened_again_is_the_same_and_published_once(ports: Ports) -> None:
    await ports.plans.open(a_plan())
    await ports.plans.open(replace(a_plan(), infusions=9))
    assert await ports.plans.get("pln_1") == replace(a_plan(), revision=1)
    assert ports.published == ["PlanStarted"]


async def test_the_second_of_two_who_change_a_plan_is_refused(ports: Ports) -> None:
    await ports.plans.open(a_plan())
    plan = await ports.plans.get("pln_1")
    given = InfusionGiven("ses_1", NOON, ends_series=True)
    after = await ports.plans.record(plan, given)
    with pytest.raises(Conflict):
        await ports.plans.record(plan, given)
    assert await ports.plans.get("pln_1") == after
    assert ports.published == ["PlanStarted", "SeriesCompleted"]


async def test_the_plans_of_a_patient_come_by_their_ids_also_those_without_one(
    ports: Ports,
) -> None:
    assert await ports.plans.of_patient("pat_1") == []
    for number, patient in ((2, 1), (1, 1), (3, 2)):
        plan = replace(a_plan(), id=f"pln_{number}", patient_id=f"pat_{patient}")
        await ports.plans.open(plan)
    first, second = await ports.plans.of_patient("pat_1")
    assert (first.id, second.id) == ("pln_1", "pln_2")
    orphaned = await ports.plans.record(first, first.orphan(now=NOON))
    assert orphaned.orphaned_at == NOON
    assert await ports.plans.of_patient("pat_1") == [orphaned, second]
    assert ports.published == ["PlanStarted"] * 3


async def test_a_session_is_kept_whole_and_published_once_a_fact(ports: Ports) -> None:
    order = order_dose(
        a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON
    )
    session = unbooked()
    for fact in (Booked(a_visit()), Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(order)):
        session = await ports.sessions.record(session, fact)
    assert await ports.sessions.get(session.id) == session
    assert (session.revision, session.order) == (4, order)
    assert ports.published == ["SessionBooked"]


async def test_the_second_of_two_who_change_a_session_is_refused(ports: Ports) -> None:
    session = await ports.sessions.record(unbooked(), Booked(a_visit()))
    moved = await ports.sessions.record(session, session.reschedule(a_visit(LATER)))
    with pytest.raises(Conflict):
        await ports.sessions.record(session, Cancelled("ill", short_notice=False))
    assert await ports.sessions.get(session.id) == moved
    assert ports.published == ["SessionBooked", "SessionRescheduled"]


async def test_of_two_sessions_with_one_id_there_is_one(ports: Ports) -> None:
    await ports.sessions.record(unbooked(), Booked(a_visit()))
    with pytest.raises(Conflict):
        await ports.sessions.record(unbooked(), Booked(a_visit(LATER)))


@pytest.mark.parametrize(
    ("other", "conflict"),
    [
        (a_visit(nurse="nurse_ben", patient_id="pat_2"), {"kind": "place", "resource": "chair_1"}),
        (a_visit(chair="chair_2", patient_id="pat_2"), {"kind": "person", "resource": "nurse_ada"}),
        (a_visit(chair="chair_2", nurse="nurse_ben"), {"kind": "patient", "resource": "patient"}),
    ],
)
async def test_what_is_taken_cannot_be_taken_and_is_named(
    ports: Ports, other: Visit, conflict: dict[str, str]
) -> None:
    await ports.sessions.record(unbooked(), Booked(a_visit()))
    with pytest.raises(SlotTaken) as refused:
        await ports.sessions.record(unbooked(2), Booked(other))
    assert refused.value.conflicts[0].items() >= conflict.items()
    with pytest.raises(SessionNotFound):
        await ports.sessions.get("ses_2")
    assert ports.published == ["SessionBooked"]


async def test_a_chair_elsewhere_is_another_chair_but_a_patient_is_the_same(ports: Ports) -> None:
    await ports.sessions.record(unbooked(), Booked(a_visit()))
    elsewhere = unbooked(2, patient=2, location_id="loc_elsewhere")
    await ports.sessions.record(elsewhere, Booked(a_visit(patient_id="pat_2")))
    with pytest.raises(SlotTaken):
        await ports.sessions.record(unbooked(3, location_id="loc_third"), Booked(a_visit()))


async def test_a_visit_that_moves_may_overlap_itself_and_frees_what_it_leaves(ports: Ports) -> None:
    session = await ports.sessions.record(unbooked(), Booked(a_visit()))
    soon = a_visit(TOMORROW + timedelta(minutes=30))
    session = await ports.sessions.record(session, session.reschedule(soon))
    session = await ports.sessions.record(session, session.reschedule(a_visit(LATER)))
    other = await ports.sessions.record(unbooked(2), Booked(a_visit()))
    kept = [await ports.sessions.get(one.id) for one in (session, other)]
    assert [one.booked_visit.starts_at for one in kept] == [LATER, TOMORROW]
    for taken in (a_visit(), a_visit(LATER)):
        with pytest.raises(SlotTaken):
            await ports.sessions.record(unbooked(3), Booked(taken))


async def test_a_visit_that_cannot_move_keeps_what_it_has(ports: Ports) -> None:
    session = await ports.sessions.record(unbooked(), Booked(a_visit()))
    other = unbooked(2, patient=2)
    await ports.sessions.record(other, Booked(a_visit(LATER, patient_id="pat_2")))
    with pytest.raises(SlotTaken):
        await ports.sessions.record(session, Rescheduled(a_visit(LATER), TOMORROW))
    assert await ports.sessions.get(session.id) == session
    with pytest.raises(SlotTaken):
        await ports.sessions.record(unbooked(3), Booked(a_visit()))


@pytest.mark.parametrize(
    "end",
    [
        Cancelled("ill", short_notice=False),
        Missed(),
        Aborted(NOON, "ill"),
        Voided(NOON, "wrong_patient"),
    ],
    ids=lambda end: type(end).__name__,
)
async def test_what_does_not_take_place_gives_back_its_time(ports: Ports, end: Fact) -> None:
    session = await ports.sessions.record(unbooked(), Booked(a_visit()))
    await ports.sessions.record(session, end)
    assert await ports.sessions.times_of("pln_1") == []
    await ports.sessions.record(unbooked(2), Booked(a_visit()))
    assert await ports.sessions.times_of("pln_1") == [TOMORROW]


async def test_the_times_of_a_plan_come_in_order_and_without_the_one_asked_about(
    ports: Ports,
) -> None:
    await ports.sessions.record(unbooked(1), Booked(a_visit(LATER)))
    await ports.sessions.record(unbooked(2), Booked(a_visit(TOMORROW)))
    assert await ports.sessions.times_of("pln_1") == [TOMORROW, LATER]
    assert await ports.sessions.times_of("pln_1", without="ses_2") == [LATER]
    assert await ports.sessions.times_of("pln_2") == []


async def test_the_bookings_of_a_place_are_those_not_over_and_whoever_is_there(
    ports: Ports,
) -> None:
    booked = [
        await ports.sessions.record(unbooked(1), Booked(a_visit(LATER))),
        await ports.sessions.record(unbooked(2), Booked(a_visit(TOMORROW))),
    ]
    elsewhere = unbooked(3, patient=3, location_id="loc_elsewhere")
    await ports.sessions.record(elsewhere, Booked(a_visit(patient_id="pat_3")))
    begun, over = TOMORROW + timedelta(minutes=5), booked[1].booked_visit.ends_at
    assert await ports.sessions.not_over_at("loc_sample", begun) == booked[::-1]
    assert await ports.sessions.not_over_at("loc_sample", over) == booked[:1]
    arrived = await ports.sessions.record(booked[0], Arrived(NOON))
    await ports.sessions.record(booked[1], Cancelled("ill", short_notice=False))
    assert await ports.sessions.not_over_at("loc_sample", LATER + timedelta(days=9)) == [arrived]


async def test_the_sessions_of_a_plan_come_whole_in_order_and_without_those_that_are_gone(
    ports: Ports,
) -> None:
    later = await ports.sessions.record(unbooked(1), Booked(a_visit(LATER)))
    first = await ports.sessions.record(unbooked(2), Booked(a_visit(TOMORROW)))
    gone = await ports.sessions.record(unbooked(3), Booked(a_visit(LATER + timedelta(days=1))))
    await ports.sessions.record(gone, Cancelled("ill", short_notice=False))
    assert await ports.sessions.of_plan("pln_1") == [first, later]
    assert await ports.sessions.of_plan("pln_2") == []


async def test_of_a_stranger_nothing_was_received(ports: Ports) -> None:
    assert await ports.standings.get("pat_1") == Standing(patient_id="pat_1")


async def test_what_was_received_last_of_a_patient_is_kept_whole(ports: Ports) -> None:
    standing = Standing(
        patient_id="pat_1",
        consents={"treatment": Consent(id="con_1", is_given=True, expires_at=None, since=NOON)},
        clearances={"clr_1": Clearance(id="clr_1", is_valid=True, expires_at=LATER, since=NOON)},
    )
    await ports.standings.keep(standing)
    standing = standing.with_risk("alr_1", Risk(is_open=True, version=1, since=NOON))
    await ports.standings.keep(standing)
    assert await ports.standings.get("pat_1") == standing
    erased = standing.erase(at=LATER)
    await ports.standings.keep(erased)
    assert await ports.standings.get("pat_1") == erased


async def test_who_is_there_after_the_end_of_their_visit_is_found_at_that_place(
    ports: Ports,
) -> None:
    here = await ports.sessions.record(unbooked(), Booked(a_visit()))
    ends_at = here.booked_visit.ends_at
    assert await ports.sessions.overrunning_at("loc_sample", ends_at) == []
    here = await ports.sessions.record(here, Arrived(TOMORROW))
    just_before = ends_at - timedelta(seconds=1)
    assert await ports.sessions.overrunning_at("loc_sample", just_before) == []
    assert await ports.sessions.overrunning_at("loc_elsewhere", ends_at) == []
    assert await ports.sessions.overrunning_at("loc_sample", ends_at) == [here]
    await ports.sessions.record(here, Aborted(ends_at, "unwell"))
    assert await ports.sessions.overrunning_at("loc_sample", ends_at) == []


async def test_a_plan_that_has_ended_is_kept_as_such_and_nothing_is_published(ports: Ports) -> None:
    await ports.plans.open(a_plan())
    plan = await ports.plans.get("pln_1")
    await ports.plans.record(plan, plan.end(LATER))
    assert (await ports.plans.get("pln_1")).ended_at == LATER
    assert ports.published == ["PlanStarted"]
