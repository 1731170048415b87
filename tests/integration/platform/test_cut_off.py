"""A worker that reaches the database and not whoever its acts need gives way to one that does."""

import asyncio
from datetime import timedelta

from clinic_events.leases import Leases
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Keeper,
    Later,
    NoAct,
    PromiseKeeper,
    State,
    Withdrawn,
    outside,
)
from clinic_platform.promises.store import BUCKETS
from tests.support.promises import Clinic


class SteadyClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def _decide(due: Due) -> str | NoAct[str]:
    return "letter" if due.promise.key.startswith("letter") else NoAct("quiet hours")


async def _fail(due: Due, letter: str) -> str:
    raise OSError("The mail server cannot be reached from here.")


async def _put_off(due: Due, why: str) -> Ending:
    assert why == "quiet hours", "No letter was sent."
    return Later(due.now + timedelta(minutes=10), "quiet_hours")


LETTERS = outside(_decide, _fail, _put_off)


async def test_a_letter_that_is_put_off_is_no_sign_that_the_mail_server_was_reached(
    database: Mongo,
) -> None:
    """One that fails and one that is put off, in turn, for longer than a lease."""
    clinic, clock = Clinic(database), SteadyClock()

    def leases(owner: str) -> Leases:
        rows = database.collection("leases")
        return Leases(rows, name="promises", buckets=BUCKETS, owner=owner, monotonic=clock)

    healthy, held = leases("healthy"), leases("cut off")
    cut_off = PromiseKeeper(database, clinic.promises, {"out": LETTERS}, held, clinic.clock)
    await held.hold()
    await healthy.hold()
    for number in range(6):
        clock.seconds += 2.5
        for name in ("letter", "put_off"):
            for copy in range(4):  # some of them lie in what it holds
                await clinic.promise(f"{name}{number}{copy}", kind="out")
            await cut_off.keep_due()

    clock.seconds += 4
    assert await held.hold() == frozenset()
    assert len(await healthy.hold()) == BUCKETS
    put_off = await database.collection("promises").find({"reason": "quiet_hours"})
    assert len(put_off) >= 4, "Or nothing was put off while others failed."


async def test_a_letter_that_failed_where_it_is_left_to_others_is_due_for_them_at_once(
    database: Mongo,
) -> None:
    """One that failed as often would wait for half a minute, where nobody else could try it."""
    clinic, clock = Clinic(database), SteadyClock()

    def worker(owner: str, letters: Keeper) -> tuple[PromiseKeeper, Leases]:
        rows = database.collection("leases")
        held = Leases(rows, name="promises", buckets=BUCKETS, owner=owner, monotonic=clock)
        keepers = {"out": letters}
        return PromiseKeeper(database, clinic.promises, keepers, held, clinic.clock), held

    async def fail_at_last(due: Due, letter: str) -> str:
        clock.seconds += 10  # as long as a lease since the first one failed
        raise OSError("The mail server cannot be reached from here.")

    async def send(due: Due, letter: str) -> str:
        return "accepted"

    async def settle(due: Due, answer: str) -> Ending:
        return await clinic.note(due)

    cut_off, held = worker("cut off", outside(_decide, fail_at_last, settle))
    healthy, others = worker("healthy", outside(_decide, send, settle))
    await held.hold()  # everything: it is alone as yet
    await others.hold()
    await held.note_failure()
    await clinic.promise("letter", kind="out")
    await database.collection("promises").update_many({}, {"$set": {"attempts": 5}})

    await cut_off.keep_due()
    assert held.is_left_to_others
    await healthy.keep_due()

    assert await clinic.noted() == ["letter"]


async def test_a_letter_that_is_withheld_was_never_about_to_go_out(database: Mongo) -> None:
    """Not even where its worker dies before that is written."""
    clinic = Clinic(database)
    seen: list[tuple[bool, bool]] = []

    async def withhold(due: Due) -> NoAct[str]:
        return NoAct("no_longer_true")

    async def act(due: Due, letter: str) -> str:
        raise AssertionError("Nothing is to be sent.")

    async def settle(due: Due, why: str) -> Ending:
        [row] = await database.collection("promises").find({"_id": "letter"})
        seen.append((row["acting"], due.uncertain))
        if len(seen) == 1:
            raise asyncio.CancelledError  # the process ends here
        return Withdrawn(why)

    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(out=outside(withhold, act, settle))
    await keeper.keep_due()
    rows = database.collection("promises")
    await rows.update_many({}, [{"$set": {"claimed_until": "$$NOW"}}])
    await clinic.keeper(out=outside(withhold, act, settle)).keep_due()

    assert seen == [(False, False)] * 2
    assert (await clinic.row("letter")).state is State.WITHDRAWN
