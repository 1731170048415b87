"""Many hands at once, at the door of the running service: what must be one is one.

One round here; `make chaos` makes it ten, by RACE_ROUNDS.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from clinic_ctl.stack.stack import Stack
from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.crossing import Baseline
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.facts import (
    Arrived,
    Checked,
    DoseOrdered,
    DosingStarted,
    DosingStopped,
)
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.store.watch.watches import MongoWatches
from tests.support.sessions import (
    CHECKED,
    COMPETENCES,
    GATES,
    LEAVING,
    a_protocol,
    good_facts,
)
from tests.support.sessions_desk import Desk, a_desk

ROUNDS = range(int(os.environ.get("RACE_ROUNDS", "1")))
RIVALS = 200
MANY_NURSES = [{"name": f"nurse_{n}", "roles": ["nurse"]} for n in range(9)]
# By version 2 of the protocol everybody is in a place to recover after the infusion: here in one
# for three, while each of them could have everything else.
FOR_THE_LOUNGE = 12
A_LOUNGE: Mapping[str, object] = {
    "chairs": [{"name": f"chair_{n}", "room": "room_1"} for n in range(FOR_THE_LOUNGE)],
    "recovery": [{"name": "lounge", "room": "room_2", "capacity": 3}],
    "equipment": [
        {"name": f"{kind}_{n}", "kind": kind}
        for kind in ("pump", "monitor")
        for n in range(FOR_THE_LOUNGE)
    ],
    "staff": [
        {"name": f"nurse_{n}", "roles": ["nurse"], "competences": list(COMPETENCES)}
        for n in range(FOR_THE_LOUNGE)
    ],
    "closures": [],
    "ratios": {},
}


@pytest.fixture(scope="module")
async def desk(clinic: Stack) -> AsyncIterator[Desk]:
    chairs = [{"name": f"chair_{n}", "room": "room_1"} for n in range(3)]
    async with a_desk(clinic, {"chairs": chairs, "staff": MANY_NURSES}) as desk:
        yield desk


@pytest.fixture(scope="module")
async def lounge(clinic: Stack) -> AsyncIterator[Desk]:
    async with a_desk(clinic, A_LOUNGE) as desk:
        yield desk


def statuses(answers: Sequence[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


def refusals(answers: Sequence[httpx.Response]) -> list[dict[str, object]]:
    return [answer.json() for answer in answers if answer.status_code == 409]


@pytest.mark.parametrize("_round", ROUNDS)
async def test_of_two_hundred_who_want_one_chair_one_gets_it_and_the_others_are_offered_others(
    desk: Desk, _round: int
) -> None:
    at, plans = desk.another_day(), await desk.plans(RIVALS)

    answers = await asyncio.gather(*(desk.book(plan, at, chair="chair_1") for plan in plans))

    assert statuses(answers) == {201: 1, 409: RIVALS - 1}
    for refused in refusals(answers):
        assert refused["code"] == "slot_taken"
        assert [(c["kind"], c["resource"]) for c in refused["conflicts"]] == [("place", "chair_1")]  # type: ignore[attr-defined]  # JSON
        assert refused["alternatives"]


@pytest.mark.parametrize("_round", ROUNDS)
async def test_of_many_who_want_any_chair_as_many_get_one_as_there_are(
    desk: Desk, _round: int
) -> None:
    """Whoever loses a race for a seat that was only assigned is given another one."""
    at, plans = desk.another_day(), await desk.plans(30)

    answers = await asyncio.gather(*(desk.book(plan, at) for plan in plans))

    assert statuses(answers) == {201: 3, 409: 27}
    booked = [answer.json() for answer in answers if answer.status_code == 201]
    assert {session["chair"] for session in booked} == {"chair_0", "chair_1", "chair_2"}
    assert len({session["nurse"] for session in booked}) == 3


@pytest.mark.parametrize("_round", ROUNDS)
async def test_of_two_who_hold_one_seat_one_has_it_and_of_two_who_confirm_one_does(
    desk: Desk, _round: int
) -> None:
    at, plans = desk.another_day(), await desk.plans(2)

    held = await asyncio.gather(*(desk.hold(plan, at, chair="chair_1") for plan in plans))

    assert statuses(held) == {201: 1, 409: 1}
    [hold] = [answer.json() for answer in held if answer.status_code == 201]
    path = f"/v1/holds/{hold['id']}/confirm"
    confirmed = await asyncio.gather(*(desk.post(path) for _ in range(5)))
    assert statuses(confirmed) == {201: 1, 409: 4}
    assert {refused["code"] for refused in refusals(confirmed)} == {"hold_has_ended"}
    session = await desk.get(f"/v1/sessions/{hold['session_id']}")
    assert (session["status"], session["chair"]) == ("booked", "chair_1")


@pytest.mark.parametrize("_round", ROUNDS)
async def test_of_two_holds_of_a_plan_that_lacks_one_visit_one_is_taken_and_one_confirmed(
    desk: Desk, _round: int
) -> None:
    [plan] = await desk.plans(1, infusions=1)
    starts = [desk.another_day() for _ in range(2)]

    held = await asyncio.gather(*(desk.hold(plan, at) for at in starts for _ in range(3)))

    assert {refused["code"] for refused in refusals(held)} == {"not_bookable"}
    [hold_id] = {answer.json()["id"] for answer in held if answer.status_code == 201}
    path = f"/v1/holds/{hold_id}/confirm"
    confirmed = await asyncio.gather(*(desk.post(path) for _ in range(10)))
    assert statuses(confirmed) == {201: 1, 409: 9}
    assert {refused["code"] for refused in refusals(confirmed)} == {"hold_has_ended"}
    again = refusals([await desk.hold(plan, at) for at in starts])
    kinds = [refused["conflicts"][0]["kind"] for refused in again]  # type: ignore[index]  # JSON
    assert sorted(kinds) == ["patient", "series_full"], "There, and anywhere else."


@pytest.mark.parametrize("_round", ROUNDS)
async def test_of_many_who_want_one_place_for_three_exactly_three_get_it(
    lounge: Desk, _round: int
) -> None:
    """Chairs, nurses and machines there are enough of: it is the lounge."""
    at, plans = lounge.another_day(), await lounge.plans(FOR_THE_LOUNGE, protocol_version=2)

    answers = await asyncio.gather(*(lounge.book(plan, at) for plan in plans))

    assert statuses(answers) == {201: 3, 409: FOR_THE_LOUNGE - 3}
    for refused in refusals(answers):
        assert refused["code"] == "slot_taken"
        assert {c["kind"] for c in refused["conflicts"]} == {"place"}  # type: ignore[attr-defined]  # JSON
    lounges = [
        one
        for answer in answers
        if answer.status_code == 201
        for one in answer.json()["reservations"]
        if one["what"] == "recovery"
    ]
    assert [(one["resource"], one["at_most"]) for one in lounges] == [("lounge", 3)] * 3


@pytest.mark.parametrize("_round", ROUNDS)
async def test_holding_many_times_at_once_is_one_hold(desk: Desk, _round: int) -> None:
    at, [plan] = desk.another_day(), await desk.plans(1)

    held = await asyncio.gather(*(desk.hold(plan, at) for _ in range(10)))

    assert statuses(held) == {201: 10}
    assert len({(a.json()["id"], a.json()["expires_at"]) for a in held}) == 1


@pytest.mark.parametrize("_round", ROUNDS)
async def test_moving_and_cancelling_at_once_end_in_one_state_that_frees_the_rest(
    desk: Desk, _round: int
) -> None:
    at, [plan, other] = desk.another_day(), await desk.plans(2)
    later = at + timedelta(hours=3)
    session = (await desk.book(plan, at, chair="chair_1")).json()
    path = f"/v1/sessions/{session['id']}"

    moved, cancelled = await asyncio.gather(
        desk.post(f"{path}/reschedule", {"starts_at": later.isoformat()}),
        desk.post(f"{path}/cancel", {"reason": "ill"}),
    )

    assert (moved.status_code, cancelled.status_code) in {(200, 200), (409, 200)}
    history = (await desk.get(f"{path}/history"))["items"]
    assert len(history) == 2 + (moved.status_code == 200)
    assert (await desk.get(path))["status"] == "cancelled"
    for start in (at, later):
        again = await desk.book(other, start, chair="chair_1")
        assert again.status_code == 201
        await desk.post(f"/v1/sessions/{again.json()['id']}/cancel", {"reason": "test"})


@pytest.mark.parametrize("_round", ROUNDS)
async def test_a_session_that_is_completed_and_voided_at_once_counts_or_does_not(
    desk: Desk, _round: int
) -> None:
    at, [plan] = desk.another_day(), await desk.plans(1)
    session_id = (await desk.book(plan, at)).json()["id"]
    await be_dosed(desk, session_id)
    path = f"/v1/sessions/{session_id}"
    assessed = await desk.post(f"{path}/discharge-assessments", LEAVING, by="nurse")
    assert assessed.json()["outcome"] == "pass", assessed.text

    completed, voided = await asyncio.gather(
        desk.post(f"{path}/complete", {"adverse_event_grade_max": 0}, by="nurse"),
        desk.post(f"{path}/void", {"reason": "wrong_patient"}, by="prescriber"),
    )

    assert completed.status_code == 200, completed.text
    assert voided.status_code in (200, 409)
    status = (await desk.get(path))["status"]
    assert status == ("voided" if voided.status_code == 200 else "completed")
    patient = (await desk.get(path))["patient_id"]
    [shown] = (await desk.get("/v1/plans", patient_id=patient))["items"]
    assert shown["given"] == (1 if status == "completed" else 0)


async def be_dosed(desk: Desk, session_id: str) -> None:
    """Until the drug was given, and all the time of watching is over: what the bedside's own tests
    are about."""
    began = desk.today - timedelta(hours=3)
    receipt = GATES.decide(good_facts(began), as_of=began)
    found = {
        name: Known(value=value, known_at=began, source="usr_a") for name, value in CHECKED.items()
    }
    order = order_dose(
        a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=began
    )
    session = await desk.sessions.get(session_id)
    for fact in (
        Arrived(began),
        Checked(found),
        DoseOrdered(order),
        DosingStarted(began, order, "iv", receipt),
        DosingStopped(began + timedelta(minutes=40)),
    ):
        session = await desk.sessions.record(session, fact)
    assert session.status is Status.MONITORING
    watch = a_watch_of(session, began)
    await desk.database.transaction(lambda: MongoWatches(desk.database).keep(watch))


def a_watch_of(session: Session, began: datetime) -> Watch:
    """Quiet all the while, and every reading taken that was due in these three hours; without a
    watch nobody knows whether an alarm is open."""
    taken = (*range(10, 41, 10), *range(55, 181, 15))  # minutes
    measured = {"systolic": 124.0, "diastolic": 78.0}
    return Watch(
        session_id=session.id,
        patient_id=session.patient_id,
        location_id=session.location_id,
        protocol=a_protocol().name,
        protocol_version=a_protocol().version,
        started_at=began,
        ended_at=began + timedelta(minutes=40),
        answered=tuple(began + timedelta(minutes=at) for at in taken),
        baseline={name: Baseline(value, began, "check") for name, value in measured.items()},
    )
