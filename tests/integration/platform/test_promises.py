"""Promises are kept once, on time, or say why not: the keeper at work on a real MongoDB."""

import asyncio
from datetime import timedelta

from clinic_events.errors import Unavailable
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Later,
    State,
    Withdrawn,
    inside,
    outside,
)
from clinic_platform.testing import NOON
from tests.support.promises import Clinic


async def test_what_is_due_is_kept_once_and_what_is_not_due_waits(database: Mongo) -> None:
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


async def test_what_comes_too_late_lapses_and_says_so(database: Mongo) -> None:
    clinic = Clinic(database)
    lapsed: list[str] = []

    async def tell(due: Due, reason: str) -> None:
        lapsed.append(reason)

    await clinic.promise("old", kind="told", for_=5)
    clinic.clock.now += timedelta(minutes=6)
    await clinic.keeper(told=inside(clinic.note, on_lapse=tell)).keep_due()

    row = await clinic.row("old")
    assert (row.state, row.reason, lapsed) == (State.LAPSED, "too_late", ["too_late"])
    assert await clinic.noted() == []


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


async def test_an_act_that_finds_its_server_away_is_a_failure_of_that_promise_alone(
    database: Mongo,
) -> None:
    clinic = Clinic(database)

    async def decide(due: Due) -> str | Ending:
        return "letter"

    async def act(due: Due, letter: str) -> str:
        raise Unavailable("The mail server is away.")

    async def settle(due: Due, sent: str) -> Ending:
        raise AssertionError("Nothing was sent.")

    await clinic.promise("letter", kind="out")
    await clinic.promise("note")
    await clinic.keeper(out=outside(decide, act, settle)).keep_due()

    assert await clinic.noted() == ["note"]
    assert (await clinic.row("letter")).attempts == 1


async def test_a_promise_withdrawn_while_it_is_being_kept_leaves_no_effect(database: Mongo) -> None:
    clinic = Clinic(database)

    async def meanwhile(due: Due) -> str:
        await clinic.promises.withdraw(due.promise.key, reason="cancelled")
        return "go on"

    async def settle(due: Due, _: str) -> Ending:
        return await clinic.note(due)

    async def act(due: Due, decided: str) -> str:
        raise AssertionError("What was withdrawn is not acted on.")

    await clinic.promise("gone", kind="out")
    await clinic.keeper(out=outside(meanwhile, act, settle)).keep_due()

    assert await clinic.noted() == []
    row = await clinic.row("gone")
    assert (row.state, row.reason) == (State.WITHDRAWN, "cancelled")


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


async def test_a_decision_against_it_ends_it_without_an_act(database: Mongo) -> None:
    clinic = Clinic(database)

    async def decide(due: Due) -> str | Ending:
        return Withdrawn("opted_out")

    async def act(due: Due, letter: str) -> str:
        raise AssertionError("Nothing is to be sent.")

    async def settle(due: Due, sent: str) -> Ending:
        raise AssertionError("Nothing was sent.")

    await clinic.promise("letter", kind="out")
    await clinic.keeper(out=outside(decide, act, settle)).keep_due()

    row = await clinic.row("letter")
    assert (row.state, row.reason) == (State.WITHDRAWN, "opted_out")


async def test_an_act_that_may_have_happened_is_told_as_uncertain(database: Mongo) -> None:
    """Killed between the act and its note: the row stays pending and claimed, as after a crash."""
    clinic = Clinic(database)
    seen: list[bool] = []

    async def decide(due: Due) -> str | Ending:
        seen.append(due.uncertain)
        return "letter"

    async def act(due: Due, letter: str) -> str:
        if not due.uncertain:
            raise asyncio.CancelledError  # the process ends here
        return "accepted"

    async def settle(due: Due, sent: str) -> Ending:
        return await clinic.note(due)

    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(out=outside(decide, act, settle))
    task = asyncio.create_task(keeper.keep_due())
    await asyncio.wait([task])
    # The claim runs out by the database's clock; bring that forward rather than wait for it.
    await database.collection("promises").update_one({}, {"$set": {"claimed_until": None}})

    await keeper.keep_due()

    assert seen == [False, True]
    assert await clinic.noted() == ["letter"]


async def test_that_an_act_may_have_happened_is_not_forgotten_when_it_is_put_off(
    database: Mongo,
) -> None:
    """Killed after the act, then it is night: in the morning it is uncertain still."""
    clinic = Clinic(database)
    seen: list[bool] = []

    async def decide(due: Due) -> str:
        return "letter"

    async def act(due: Due, letter: str) -> str:
        seen.append(due.uncertain)
        if len(seen) == 1:
            raise asyncio.CancelledError  # the process ends here
        return "quiet" if len(seen) == 2 else "accepted"

    async def settle(due: Due, outcome: str) -> Ending:
        if outcome == "quiet":
            return Later(due.now, "quiet_hours")
        return await clinic.note(due)

    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(out=outside(decide, act, settle))
    task = asyncio.create_task(keeper.keep_due())
    await asyncio.wait([task])
    await database.collection("promises").update_one({}, {"$set": {"claimed_until": None}})

    await keeper.keep_due()
    await keeper.keep_due()

    assert seen == [False, True, True]
    assert await clinic.noted() == ["letter"]


async def test_what_was_only_put_off_is_not_uncertain(database: Mongo) -> None:
    clinic = Clinic(database)
    seen: list[bool] = []

    async def decide(due: Due) -> str:
        seen.append(due.uncertain)
        return "letter"

    async def act(due: Due, letter: str) -> str:
        return "quiet" if len(seen) == 1 else "accepted"

    async def settle(due: Due, outcome: str) -> Ending:
        return Later(due.now, "quiet_hours") if outcome == "quiet" else await clinic.note(due)

    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(out=outside(decide, act, settle))
    await keeper.keep_due()
    await keeper.keep_due()

    assert seen == [False, False]
