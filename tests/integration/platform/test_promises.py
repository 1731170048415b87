"""Promises are kept once, on time, or keep the reason: the keeper at work on a real MongoDB."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from ulid import ULID

from clinic_events.ports import Document
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Later,
    State,
    inside,
)
from clinic_platform.promises.store import BUCKETS, LostClaim
from clinic_platform.testing import NOON
from tests.support.promises import Clinic, a_promise


async def test_a_promise_that_is_due_is_kept_once_and_one_that_is_not_waits(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    await clinic.promise("now")
    await clinic.promise("later", due=10)
    keeper = clinic.keeper()

    assert [await keeper.keep_due() for _ in range(2)] == [1, 0]
    assert await clinic.noted() == ["now"]

    clinic.clock.now += timedelta(minutes=10)
    assert await keeper.keep_due() == 1
    assert await clinic.noted() == ["later", "now"]


async def test_two_workers_keep_each_promise_once(database: Mongo) -> None:
    clinic = Clinic(database)
    for number in range(60):
        await clinic.promise(f"p{number:02}")
    first, second = clinic.keeper("worker_1"), clinic.keeper("worker_2")

    for _ in range(3):
        await asyncio.gather(first.keep_due(), second.keep_due())

    assert await clinic.noted() == sorted(f"p{number:02}" for number in range(60))


async def test_a_promise_that_comes_too_late_lapses_and_keeps_the_reason(database: Mongo) -> None:
    clinic = Clinic(database)
    lapsed: list[str] = []

    async def note(due: Due, reason: str) -> None:
        lapsed.append(reason)

    await clinic.promise("old", kind="noted", for_=5)
    clinic.clock.now += timedelta(minutes=6)
    await clinic.keeper(noted=inside(clinic.note, on_lapse=note)).keep_due()

    row = await clinic.row("old")
    assert (row.state, row.reason, lapsed) == (State.LAPSED, "too_late", ["too_late"])
    assert await clinic.noted() == []


async def test_a_promise_that_comes_late_is_kept_while_it_is_of_use(database: Mongo) -> None:
    clinic = Clinic(database)
    await clinic.promise("late", for_=5)
    clinic.clock.now += timedelta(minutes=5)
    await clinic.keeper().keep_due()

    assert (await clinic.row("late")).state is State.KEPT
    assert await clinic.noted() == ["late"]


async def test_a_claim_lasts_by_the_databases_time_wherever_the_business_clock_goes(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    await clinic.promise("letter", due=-10)
    everywhere = range(BUCKETS)
    [claimed] = await clinic.promises.claim(everywhere)

    for moved in (timedelta(hours=2), timedelta(hours=-2, minutes=-5)):
        clinic.clock.now += moved
        assert await clinic.promises.claim(everywhere) == []

    rows = database.collection("promises")
    still_claimed: Document = {"$expr": {"$gt": ["$claimed_until", "$$NOW"]}}
    assert await rows.count({"token": claimed["token"], **still_claimed}) == 1
    await rows.update_many({}, [{"$set": {"claimed_until": "$$NOW"}}])
    [again] = await clinic.promises.claim(everywhere)
    assert again["token"] != claimed["token"]


async def test_a_keeper_whose_claim_ran_out_writes_no_end_once_another_has_it(
    database: Mongo,
) -> None:
    """A process that stood still: what it then does to the promise is void."""
    clinic = Clinic(database)
    await clinic.promise("note")
    [stale] = await clinic.promises.claim(range(BUCKETS))
    rows = database.collection("promises")
    await rows.update_many({}, [{"$set": {"claimed_until": "$$NOW"}}])
    [ours] = await clinic.promises.claim(range(BUCKETS))

    with pytest.raises(LostClaim):
        await clinic.promises.end(stale, State.KEPT, None, NOON)
    with pytest.raises(LostClaim):
        await clinic.promises.begin_act(stale)
    assert (await clinic.row("note")).state is State.PENDING
    await clinic.promises.end(ours, State.KEPT, None, NOON)
    assert (await clinic.row("note")).state is State.KEPT


async def test_a_failing_promise_is_undone_tried_again_and_stops_no_other(database: Mongo) -> None:
    clinic = Clinic(database)

    async def fail(due: Due) -> Ending:
        await clinic.note(due)
        raise ValueError("no")

    await clinic.promise("bad", kind="bad")
    await clinic.promise("good")
    await clinic.keeper(bad=inside(fail)).keep_due()

    assert await clinic.noted() == ["good"]
    row = await clinic.row("bad")
    assert (row.state, row.attempts) == (State.PENDING, 1)


async def test_a_promise_of_an_unknown_kind_waits_and_lapses_in_its_time(database: Mongo) -> None:
    clinic = Clinic(database)
    await clinic.promise("strange", kind="strange", for_=5)
    keeper = clinic.keeper()
    await keeper.keep_due()
    assert (await clinic.row("strange")).state is State.PENDING

    clinic.clock.now += timedelta(minutes=6)
    await database.collection("promises").update_one({}, {"$set": {"claimed_until": None}})
    await keeper.keep_due()
    assert (await clinic.row("strange")).state is State.LAPSED


async def test_put_off_is_not_an_end_and_never_beyond_its_use(database: Mongo) -> None:
    clinic = Clinic(database)

    async def later(due: Due) -> Ending:
        return Later(due.now + timedelta(minutes=40), "quiet_hours")

    await clinic.promise("quiet", kind="quiet")
    keeper = clinic.keeper(quiet=inside(later))
    await keeper.keep_due()

    row = await clinic.row("quiet")
    assert (row.state, row.reason) == (State.PENDING, "quiet_hours")
    assert row.due_at == NOON + timedelta(minutes=40)

    clinic.clock.now += timedelta(minutes=40)
    await keeper.keep_due()
    assert (await clinic.row("quiet")).state is State.LAPSED


async def test_of_two_first_plans_at_once_the_newer_one_stands(database: Mongo) -> None:
    promises = Clinic(database).promises

    async def plan(about: str, version: int) -> None:
        promise = a_promise(f"{about}/{version}", about=about)
        await promises.plan(about, version, [promise], reason="superseded")

    abouts = [f"ses_{n}" for n in range(10)]
    await asyncio.gather(*(plan(about, version) for about in abouts for version in (1, 2)))

    rows = await promises.of_person("pat_1")
    assert {row.key for row in rows if row.state is State.PENDING} == {f"{a}/2" for a in abouts}


async def test_a_letter_under_way_keeps_its_claim_when_it_is_planned_again_as_it_was(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    letter, other = a_promise("letter", about="ses_1"), a_promise("other", about="ses_1")
    await clinic.promises.plan("ses_1", 1, [letter, other], reason="planned")
    claimed = {row["_id"]: row for row in await clinic.promises.claim(range(BUCKETS))}
    for row in claimed.values():
        await clinic.promises.begin_act(row)

    moved = a_promise("other", about="ses_1", for_=90)
    await clinic.promises.plan("ses_1", 2, [letter, moved], reason="planned again")

    [free] = await clinic.promises.claim(range(BUCKETS))
    assert free["_id"] == "other"
    await clinic.promises.end(claimed["letter"], State.KEPT, None, NOON)
    with pytest.raises(LostClaim):
        await clinic.promises.end(claimed["other"], State.KEPT, None, NOON)


async def test_a_letter_put_off_and_under_way_keeps_its_claim_when_planned_again_as_it_was(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    letter = a_promise("letter", about="ses_1")
    await clinic.promises.plan("ses_1", 1, [letter], reason="planned")
    [claimed] = await clinic.promises.claim(range(BUCKETS))
    await clinic.promises.put_off(claimed, NOON + timedelta(minutes=5), "quiet_hours")
    clinic.clock.now += timedelta(minutes=5)
    [claimed] = await clinic.promises.claim(range(BUCKETS))

    await clinic.promises.plan("ses_1", 2, [letter], reason="planned again")

    assert await clinic.promises.claim(range(BUCKETS)) == []
    await clinic.promises.end(claimed, State.KEPT, None, NOON)


async def test_promises_are_counted_by_kind_and_end_once_committed(database: Mongo) -> None:
    clinic = Clinic(database)
    kind = f"kind_{ULID()}"

    def ended(end: State) -> float:
        labels = {"kind": kind, "end": end}
        return REGISTRY.get_sample_value("promises_ended_total", labels) or 0.0

    for name, useful_for in (("kept", 60), ("too late", 1)):
        await clinic.promise(name, kind=kind, for_=useful_for)
    clinic.clock.now += timedelta(minutes=5)
    claimed = await clinic.promises.claim(range(BUCKETS))

    async def undone() -> None:
        await clinic.promises.end(claimed[0], State.KEPT, None, NOON)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.transaction(undone)
    assert ended(State.KEPT) == 0

    await clinic.promises.release(claimed)
    keepers: dict[str, Any] = {kind: inside(clinic.note)}
    await clinic.keeper(**keepers).keep_due()
    assert (ended(State.KEPT), ended(State.LAPSED)) == (1, 1)


async def test_a_plan_of_what_has_ended_already_is_counted_and_what_is_pending_is_not(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    kind = f"kind_{ULID()}"

    def ended_before(end: State) -> float:
        labels = {"kind": kind, "end": end}
        return REGISTRY.get_sample_value("promises_ended_before_total", labels) or 0.0

    gone, waiting = (a_promise(name, about="ses_1", kind=kind) for name in ("gone", "waiting"))
    await clinic.promises.plan("ses_1", 1, [gone], reason="planned")
    await clinic.promises.plan("ses_1", 2, [waiting], reason="planned")
    assert ended_before(State.WITHDRAWN) == 0

    await clinic.promises.plan("ses_1", 3, [gone, waiting], reason="planned")
    assert (ended_before(State.WITHDRAWN), ended_before(State.PENDING)) == (1, 0)
