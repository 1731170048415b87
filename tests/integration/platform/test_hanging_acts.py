"""Acts outside that hang: whoever does not need them does not wait for them."""

import asyncio
from datetime import timedelta

from clinic_events.leases import Leases
from clinic_platform.mongo import Mongo
from clinic_platform.promises import Due, Ending, Keeper, PromiseKeeper, outside
from clinic_platform.promises.keeper import AT_ONCE
from clinic_platform.promises.keeping import ACT_WITHIN
from clinic_platform.promises.store import BUCKETS
from tests.support.eventually import eventually
from tests.support.promises import Clinic, a_promise


class Outside:
    """A mail server. One that `hangs` takes letters and does not answer."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self.handed_over: list[str] = []

    async def has_as_many_as_may_be(self) -> bool:
        return len(self.handed_over) == AT_ONCE

    def letters(self, *, hangs: bool) -> Keeper:
        async def act(due: Due, letter: str) -> None:
            self.handed_over.append(letter)
            if hangs:
                await asyncio.Event().wait()

        async def settle(due: Due, _: None) -> Ending:
            return await self._clinic.note(due)

        return outside(_decided, act, settle)


async def _decided(due: Due) -> str:
    return due.promise.key


async def test_acts_that_hang_hold_up_no_other_kind_no_other_thing_and_not_the_next_look(
    database: Mongo,
) -> None:
    """As many hang as there may be at one time."""
    clinic = Clinic(database)
    server = Outside(clinic)
    letters = [f"letter{n}" for n in range(AT_ONCE)]
    for letter in letters:
        await clinic.promise(letter, kind="hangs")
    for name, kind in (("alert", "note"), ("page", "goes"), ("behind", "hangs")):
        await clinic.promise(name, kind=kind, due=1)
    keeper = clinic.keeper(hangs=server.letters(hangs=True), goes=server.letters(hangs=False))

    async def others_are_kept() -> bool:
        return await clinic.noted() == ["alert", "page"]

    worker = asyncio.create_task(keeper.run())
    await eventually(server.has_as_many_as_may_be)
    clinic.clock.now += timedelta(minutes=1)
    async with asyncio.timeout(ACT_WITHIN.total_seconds() / 2):
        await eventually(others_are_kept)

    assert sorted(server.handed_over) == [*letters, "page"], "None is handed over a second time."
    worker.cancel()
    await asyncio.wait([worker])
    rows = await database.collection("promises").find({"kind": "hangs", "acting": True})
    assert {row["_id"] for row in rows} == {*letters}, "Whether they were sent is uncertain."


async def test_promises_about_a_thing_whose_act_is_under_way_wait_for_it(database: Mongo) -> None:
    clinic = Clinic(database)
    begun, may_go = asyncio.Event(), asyncio.Event()

    async def decide(due: Due) -> str:
        return due.promise.key

    async def act(due: Due, letter: str) -> None:
        begun.set()
        await may_go.wait()

    async def settle(due: Due, _: None) -> Ending:
        return await clinic.note(due)

    async def noted(*what: str) -> bool:
        return await clinic.noted() == [*what]

    first, then = (
        a_promise("first", about="visit", kind="out"),
        a_promise("then", about="visit", due=1),
    )
    await clinic.promises.plan("visit", 1, [first, then], reason="planned")
    await clinic.promise("other", due=1)
    worker = asyncio.create_task(clinic.keeper(out=outside(decide, act, settle)).run())
    await begun.wait()

    clinic.clock.now += timedelta(minutes=1)
    await eventually(lambda: noted("other"))
    may_go.set()
    await eventually(lambda: noted("first", "other", "then"))
    worker.cancel()
    await asyncio.wait([worker])


async def test_a_letter_that_is_handed_over_when_the_service_is_to_stop_is_noted_as_sent(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    begun, may_go = asyncio.Event(), asyncio.Event()

    async def act(due: Due, letter: str) -> None:
        begun.set()
        await may_go.wait()

    async def settle(due: Due, _: None) -> Ending:
        return await clinic.note(due)

    await clinic.promise("letter", kind="out")
    worker = asyncio.create_task(clinic.keeper(out=outside(_decided, act, settle)).run())
    await begun.wait()
    worker.cancel()
    may_go.set()
    await asyncio.wait([worker])
    assert await clinic.noted() == ["letter"]
    rows = await database.collection("promises").find({"_id": "letter"})
    assert [row["state"] for row in rows] == ["kept"]


async def test_a_letter_that_one_worker_cannot_hand_over_another_does(database: Mongo) -> None:
    """It reaches the database and not the mail server."""
    clinic = Clinic(database)
    server = Outside(clinic)

    async def fail(due: Due, letter: str) -> None:
        raise OSError("The mail server cannot be reached from here.")

    async def settle(due: Due, _: None) -> Ending:
        raise AssertionError("Nothing was sent.")

    def worker(owner: str, letters: Keeper) -> PromiseKeeper:
        rows = database.collection("leases")
        lease = timedelta(seconds=3)  # renewed in time on a busy machine, too
        leases = Leases(rows, name="promises", buckets=BUCKETS, owner=owner, lease=lease)
        return PromiseKeeper(database, clinic.promises, {"out": letters}, leases, clinic.clock)

    cut_off = worker("cut off", outside(_decided, fail, settle))
    await cut_off.keep_due()  # it holds everything before the other comes
    for number in range(12):
        await clinic.promise(f"letter{number:02}", kind="out")
    running = [
        asyncio.create_task(one.run())
        for one in (cut_off, worker("reaches it", server.letters(hangs=False)))
    ]

    async def all_are_sent() -> bool:
        return await clinic.noted() == [f"letter{n:02}" for n in range(12)]

    await eventually(all_are_sent, within=30)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
