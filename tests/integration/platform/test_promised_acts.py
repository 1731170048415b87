"""Promises with an act outside, where no transaction reaches: a letter, at least once."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta

import pytest

from clinic_events.errors import Unavailable
from clinic_events.ports import Document
from clinic_platform.clock import Clock
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Later,
    MongoPromises,
    State,
    Withdrawn,
    outside,
)
from clinic_platform.promises.store import BUCKETS, CLAIM_AT_MOST
from tests.support.promises import Clinic, a_promise


async def test_a_letter_that_comes_too_late_is_not_sent_and_keeps_the_reason(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    lapsed: list[str] = []

    async def decide(due: Due) -> str | Ending:
        raise AssertionError("Its time has passed.")

    async def act(due: Due, letter: str) -> str:
        raise AssertionError("Nothing is to be sent.")

    async def settle(due: Due, sent: str) -> Ending:
        raise AssertionError("Nothing was sent.")

    async def note(due: Due, reason: str) -> None:
        lapsed.append(reason)

    await clinic.promise("letter", kind="out", for_=5)
    clinic.clock.now += timedelta(minutes=5, seconds=1)
    await clinic.keeper(out=outside(decide, act, settle, on_lapse=note)).keep_due()

    row = await clinic.row("letter")
    assert (row.state, row.reason, lapsed) == (State.LAPSED, "too_late", ["too_late"])


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


async def test_an_act_that_may_have_happened_is_marked_as_uncertain(database: Mongo) -> None:
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


async def test_what_was_claimed_and_not_begun_is_free_long_before_an_act_is(
    database: Mongo,
) -> None:
    """Of a worker that is killed now."""
    clinic = Clinic(database)
    for name in ("letter", "another"):
        await clinic.promise(name, kind="out", due=-1)
    letter, _ = await clinic.promises.claim(range(BUCKETS))
    await clinic.promises.begin_act(letter)

    rows = database.collection("promises")
    claimed_in = {"$subtract": ["$claimed_until", "$$NOW"]}  # milliseconds
    assert await rows.count({"$expr": {"$gt": [claimed_in, 10_000]}}) == 2
    assert await rows.count({"$expr": {"$gt": [claimed_in, 15_000]}}) == 1


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


async def test_an_act_that_was_only_put_off_is_not_uncertain(database: Mongo) -> None:
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


class AwayForSome(MongoPromises):
    """A database that answers every other share with what is due, and the rest not at all."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        super().__init__(database, clock)
        self.went_away = asyncio.Event()

    async def claim(
        self,
        buckets: Iterable[int],
        *,
        but_not: Collection[str] = (),
        not_again: Collection[str] = (),
        not_about: Collection[str] = (),
    ) -> list[Document]:
        claimed = await super().claim(
            buckets, but_not=but_not, not_again=not_again, not_about=not_about
        )
        if not claimed:
            self.went_away.set()
            raise Unavailable("Away for the shares where nothing is due.")
        return claimed


async def test_a_letter_that_is_handed_over_is_not_cut_off_by_what_befalls_another_share(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    clinic.promises = promises = AwayForSome(database, clinic.clock)
    sent: list[str] = []

    async def decide(due: Due) -> str:
        return due.promise.key

    async def act(due: Due, letter: str) -> str:
        await promises.went_away.wait()
        for _ in range(100):  # until whatever would end this has had its turn
            await asyncio.sleep(0)
        sent.append(letter)
        return "accepted"

    async def settle(due: Due, _: str) -> Ending:
        return await clinic.note(due)

    crowd = [a_promise(f"p{n}", due=-1) for n in range(CLAIM_AT_MOST)]
    await promises.plan("crowd", 1, crowd, reason="planned")
    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(out=outside(decide, act, settle))
    await keeper.keep_due()

    with pytest.raises(Unavailable):
        await keeper.keep_due()

    assert sent == ["letter"]
    assert (await clinic.row("letter")).state is State.KEPT
