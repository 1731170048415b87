"""Booking and the day, on a real MongoDB: exclusive by the database, and announced."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic_events import SessionBooked, SessionCancelled, SessionCompleted, SessionRescheduled
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock, InMemoryOutbox, InMemoryPromises, caller_of
from clinic_sessions.app import build
from clinic_sessions.domain.booking.visit import PATIENT, Visit
from clinic_sessions.domain.booking.wall import WallTime
from clinic_sessions.domain.errors import HoldHasEnded, NotBookable, SessionNotFound, SlotTaken
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.hours import Closure
from clinic_sessions.domain.places.location import Notice
from clinic_sessions.domain.places.resources import Room
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.store import MongoSessions
from tests.support.sessions import CHECKED, LEAVING, NOON, TOMORROW, a_location, wishing
from tests.support.sessions_handled import ELSEWHERE, HALF_HOUR, NURSE, OTHER_NURSE, Clinic
from tests.support.sessions_ports import KEYS


@pytest.fixture
async def clinic(database: Mongo) -> Clinic:
    outbox, clock = InMemoryOutbox(database), FixedClock(NOON)
    handlers = await build(database, outbox, InMemoryPromises(clock), KEYS, clock)
    admin = caller_of("location_admin", "loc_sample")
    details = a_location(closed_on="nobody").details
    await handlers.describe_location(admin, "loc_sample", details, expected=None)
    return Clinic(database, handlers, outbox, clock)


async def test_of_twenty_who_want_one_chair_at_once_one_gets_it(clinic: Clinic) -> None:
    plans = [await clinic.cleared(f"pat_{n}") for n in range(20)]

    ends = await asyncio.gather(*(clinic.booked(plan) for plan in plans), return_exceptions=True)

    assert len([end for end in ends if isinstance(end, Session)]) == 1
    refused = [end for end in ends if isinstance(end, SlotTaken)]
    assert len(refused) == 19
    assert refused[0].conflicts[0]["resource"] in {"chair_1", "nurse_ada"}
    assert len([e for e in clinic.outbox.published if isinstance(e, SessionBooked)]) >= 1


async def test_a_patient_cannot_be_in_two_places_at_once(clinic: Clinic) -> None:
    plan = await clinic.cleared("pat_1")
    await clinic.booked(plan)
    with pytest.raises(SlotTaken) as refused:
        await clinic.booked(plan, chair="chair_2", nurse="nurse_ben")
    [conflict] = refused.value.conflicts
    assert (conflict["kind"], conflict["resource"]) == ("patient", "patient")
    assert conflict["from_local"] == "2030-01-08T09:00"
    with pytest.raises(NotBookable) as too_close:
        await clinic.booked(plan, days=1)
    assert too_close.value.conflicts == [{"kind": "spacing"}]
    assert [a["starts_local"] for a in too_close.value.alternatives or ()] == [
        "2030-01-10T09:00",
        "2030-01-10T09:30",
        "2030-01-10T10:00",
    ]


async def test_a_nurse_who_is_at_another_place_is_not_offered_nor_booked_here(
    clinic: Clinic,
) -> None:
    admin = caller_of("location_admin", "loc_sample")
    ada, ben = a_location().details.staff
    details = replace(
        a_location(closed_on="nobody").details, staff=(replace(ada, person="usr_ada"), ben)
    )
    await clinic.handlers.describe_location(admin, "loc_sample", details, expected=1)
    first = await clinic.booked(await clinic.cleared("pat_1"))
    sessions = MongoSessions(clinic.database, clinic.outbox, clinic.clock)
    away = replace(first, id="ses_away", patient_id="pat_9", location_id="loc_elsewhere")
    there = tuple(one for one in first.booked_visit.reservations if one.kind != PATIENT)
    await clinic.handlers.cancel_session(NURSE, first.id, "ill")
    visit = replace(first.booked_visit, reservations=there)
    await sessions.record(replace(away, revision=0), Booked(visit))

    plan = await clinic.cleared("pat_2")
    with pytest.raises(SlotTaken) as refused:
        await clinic.booked(plan)
    assert refused.value.conflicts[0]["kind"] == "person"
    offers, _ = await clinic.handlers.list_slots(
        NURSE, plan, since=TOMORROW, until=TOMORROW + HALF_HOUR
    )
    assert [offer.seating and offer.seating.nurse for offer in offers] == ["nurse_ben"]


async def test_two_bookings_of_one_plan_at_once_keep_their_distance(clinic: Clinic) -> None:
    plan = await clinic.cleared("pat_1")
    ends = await asyncio.gather(
        clinic.booked(plan, days=0),
        clinic.booked(plan, days=1, chair="chair_2", nurse="nurse_ben"),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["NotBookable", "Session"]


async def test_what_is_moved_or_cancelled_is_free_again(clinic: Clinic) -> None:
    first, second = await clinic.cleared("pat_1"), await clinic.cleared("pat_2")
    session = await clinic.booked(first)
    moved = await clinic.handlers.reschedule_session(
        NURSE,
        session.id,
        starts_at=TOMORROW + timedelta(minutes=30),
        wishes=wishing(chair="chair_1", nurse="nurse_ada"),
    )
    assert (moved.id, moved.revision) == (session.id, 2)
    with pytest.raises(SlotTaken):
        await clinic.booked(second)

    await clinic.handlers.cancel_session(NURSE, session.id, "ill")
    assert (await clinic.booked(second)).status is Status.BOOKED
    published = [type(event) for event in clinic.outbox.published]
    assert published.count(SessionRescheduled) == 1


async def test_a_location_that_moves_to_another_zone_keeps_its_bookings_and_they_can_be_moved(
    clinic: Clinic,
) -> None:
    session = await clinic.booked(await clinic.cleared("pat_1"))
    admin = caller_of("location_admin", "loc_sample")
    details = a_location(zone="Asia/Tokyo", closed_on="nobody").details
    await clinic.handlers.describe_location(admin, "loc_sample", details, expected=1)

    kept = await clinic.handlers.reached_session(NURSE, session.id)
    nine = WallTime(at=datetime.fromisoformat("2030-01-10T09:00"))
    moved = await clinic.handlers.reschedule_session(NURSE, session.id, starts_at=nine)

    assert kept.booked_visit.starts_at == TOMORROW
    assert moved.booked_visit.starts_at.isoformat() == "2030-01-10T00:00:00+00:00"


async def test_a_move_and_a_cancellation_are_late_by_the_places_own_notice(clinic: Clinic) -> None:
    admin = caller_of("location_admin", "loc_sample")
    details = replace(
        a_location(closed_on="nobody").details, notice=Notice(cancel_at_least_hours=48)
    )
    await clinic.handlers.describe_location(admin, "loc_sample", details, expected=1)
    session = await clinic.booked(await clinic.cleared("pat_1"))  # 27 hours ahead
    await clinic.handlers.reschedule_session(
        NURSE, session.id, starts_at=TOMORROW + timedelta(hours=1)
    )
    [moved] = [e for e in clinic.outbox.published if isinstance(e, SessionRescheduled)]
    assert moved.short_notice
    await clinic.handlers.cancel_session(NURSE, session.id, "ill")
    [cancelled] = [e for e in clinic.outbox.published if isinstance(e, SessionCancelled)]
    assert cancelled.short_notice


async def test_what_an_expired_hold_had_is_booked_by_whoever_asks_next(clinic: Clinic) -> None:
    first, second = await clinic.cleared("pat_1"), await clinic.cleared("pat_2")
    chair = wishing(chair="chair_1")
    hold = await clinic.handlers.hold_slot(NURSE, first, starts_at=TOMORROW, wishes=chair)
    with pytest.raises(SlotTaken):
        await clinic.booked(second)
    clinic.clock.now = hold.expires_at
    assert (await clinic.booked(second)).booked_visit.chair == "chair_1"
    with pytest.raises(HoldHasEnded):
        await clinic.handlers.confirm_hold(NURSE, hold.id)


async def test_a_confirmed_hold_is_booked_by_the_buffers_that_the_location_has_by_then(
    clinic: Clinic,
) -> None:
    first, second = await clinic.cleared("pat_1"), await clinic.cleared("pat_2")
    wishes = wishing(chair="chair_1", nurse="nurse_ada")
    hold = await clinic.handlers.hold_slot(NURSE, first, starts_at=TOMORROW, wishes=wishes)
    admin = caller_of("location_admin", "loc_sample")
    details = a_location(closed_on="nobody").details
    stricter = replace(details, rooms=(Room(name="room_1", clearing_up_minutes=30),))
    await clinic.handlers.describe_location(admin, "loc_sample", stricter, expected=1)

    async def confirm() -> Session:
        return await clinic.handlers.confirm_hold(NURSE, hold.id)

    session = await clinic.database.transaction(confirm)

    until = chair_taken_until(hold.visit) + HALF_HOUR
    assert chair_taken_until(session.booked_visit) == until
    # Back to what it was: the seats stay taken as they were booked.
    await clinic.handlers.describe_location(admin, "loc_sample", details, expected=2)
    with pytest.raises(SlotTaken):
        await clinic.handlers.book_session(
            NURSE, second, starts_at=until - HALF_HOUR, wishes=wishing(chair="chair_1")
        )


def chair_taken_until(visit: Visit) -> datetime:
    [chair] = [one for one in visit.reservations if one.resource == visit.chair]
    return chair.taken_until


async def test_a_hold_of_a_place_that_closes_meanwhile_is_not_confirmed(clinic: Clinic) -> None:
    plan = await clinic.cleared("pat_1")
    hold = await clinic.handlers.hold_slot(NURSE, plan, starts_at=TOMORROW)
    admin = caller_of("location_admin", "loc_sample")
    day = TOMORROW.date()
    closure = Closure(id="c1", first=day, last=day, reason="storm")
    details = replace(a_location(closed_on="nobody").details, closures=(closure,))
    await clinic.handlers.describe_location(admin, "loc_sample", details, expected=1)
    with pytest.raises(NotBookable) as refused:
        await clinic.handlers.confirm_hold(NURSE, hold.id)
    assert refused.value.conflicts[0]["kind"] == "closure"


async def test_a_session_of_another_location_is_not_found(clinic: Clinic) -> None:
    session = await clinic.booked(await clinic.cleared("pat_1"))
    for who, session_id in ((ELSEWHERE, session.id), (NURSE, "ses_nobody")):
        with pytest.raises(SessionNotFound):
            await clinic.handlers.reached_session(who, session_id)


async def test_a_slot_shows_why_it_cannot_be_had(clinic: Clinic) -> None:
    plan, other = await clinic.cleared("pat_1"), await clinic.cleared("pat_2")
    await clinic.booked(plan)
    await clinic.booked(other, chair="chair_2", nurse="nurse_ben")
    third = await clinic.cleared("pat_3")

    offers, zone = await clinic.handlers.list_slots(
        NURSE, third, since=TOMORROW, until=TOMORROW + timedelta(hours=3)
    )

    first, last = offers[0], offers[-1]
    assert zone == "America/Chicago"
    assert first.conflict is not None
    assert first.conflict.sentence == "No chair is free 09:00–10:00."
    assert last.seating is not None
    assert (last.seating.chair, last.seating.nurse) == ("chair_1", "nurse_ada")


async def test_a_session_that_is_to_move_is_not_in_its_own_way(clinic: Clinic) -> None:
    plan = await clinic.cleared("pat_1")
    session = await clinic.booked(plan)
    until = TOMORROW + timedelta(hours=1)

    async def kinds(moving: str | None) -> list[str | None]:
        offers, _ = await clinic.handlers.list_slots(
            NURSE, plan, since=TOMORROW, until=until, moving=moving
        )
        return [None if offer.conflict is None else offer.conflict.kind for offer in offers]

    assert await kinds(None) == ["patient", "patient"]
    assert await kinds(session.id) == [None, None]
    other = await clinic.booked(await clinic.cleared("pat_2"), chair="chair_2", nurse="nurse_ben")
    with pytest.raises(SessionNotFound):
        await kinds(other.id)


async def test_a_whole_day_ends_in_one_completed_session(clinic: Clinic) -> None:
    handlers = clinic.handlers
    session = await clinic.booked(await clinic.cleared("pat_1"))
    clinic.clock.now = TOMORROW
    await handlers.receive_patient(NURSE, session.id)
    await handlers.note_checks(NURSE, session.id, CHECKED)
    gates, _ = await handlers.assess_readiness(NURSE, session.id)
    assert gates.shut == ()
    await handlers.order_dose(NURSE, session.id, mg_per_kg=0.5)
    await handlers.prepare_dose(NURSE, session.id, 1, is_diluted=False)
    await handlers.verify_dose(OTHER_NURSE, session.id, 1)
    await handlers.start_dosing(NURSE, session.id)
    clinic.clock.now += timedelta(minutes=40)
    await handlers.stop_dosing(NURSE, session.id)
    early, gates = await handlers.assess_discharge(NURSE, session.id, LEAVING)
    assert (early.status, [finding.rule for finding in gates.shut]) == (
        Status.MONITORING,
        ["D-TIME"],
    )
    clinic.clock.now += timedelta(minutes=60)
    ready, _ = await handlers.assess_discharge(NURSE, session.id, LEAVING)
    assert ready.status is Status.DISCHARGEABLE

    done = await handlers.complete_session(NURSE, session.id, discharge="escorted", grade=1)

    [completed] = [e for e in clinic.outbox.published if isinstance(e, SessionCompleted)]
    assert (completed.dose_mg, completed.mg_per_kg, completed.route) == (41.0, 0.5, "iv")
    assert completed.session_version == done.revision
    assert completed.dosing_ended_at - completed.dosing_started_at == timedelta(minutes=40)
