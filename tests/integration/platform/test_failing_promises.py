"""A promise, or a machine, that fails takes nothing from the other promises."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable

from structlog.testing import capture_logs

from clinic_events.errors import Unavailable
from clinic_events.ports import Document
from clinic_platform.mongo import Mongo, ambient
from clinic_platform.promises import (
    Due,
    Ending,
    MongoPromises,
    State,
    inside,
    outside,
)
from clinic_platform.promises.keeper import AT_ONCE
from clinic_platform.promises.store import CLAIM_AT_MOST
from tests.support.eventually import eventually
from tests.support.promises import Clinic, a_promise


async def test_one_of_many_that_fails_takes_nothing_from_the_others(database: Mongo) -> None:
    clinic = Clinic(database)

    async def note_but(due: Due) -> Ending:
        ending = await clinic.note(due)
        if due.promise.key == "p17":
            raise ValueError("no")
        return ending

    for number in range(60):
        await clinic.promise(f"p{number:02}", kind="but")
    await clinic.keeper(but=inside(note_but)).keep_due()

    assert await clinic.noted() == [f"p{n:02}" for n in range(60) if n != 17]
    row = await clinic.row("p17")
    assert (row.state, row.attempts) == (State.PENDING, 1)


async def test_a_promise_that_keeps_failing_is_logged_with_its_trace_once(database: Mongo) -> None:
    """And with none where it could not reach somebody outside: that is logged letter by letter."""
    clinic = Clinic(database)

    async def fail(due: Due) -> Ending:
        raise ValueError("no")

    async def decide(due: Due) -> str:
        return "letter"

    async def not_reach(due: Due, letter: str) -> str:
        raise ConnectionRefusedError

    async def settle(due: Due, answer: str) -> Ending:
        raise AssertionError("Nothing was sent.")

    await clinic.promise("broken", kind="broken")
    await clinic.promise("letter", kind="out")
    keeper = clinic.keeper(broken=inside(fail), out=outside(decide, not_reach, settle))
    with capture_logs() as lines:
        for _ in range(2):
            await keeper.keep_due()
            rows = database.collection("promises")
            await rows.update_many({}, [{"$set": {"claimed_until": "$$NOW"}}])

    failed = [line for line in lines if line["event"] == "promise_failed"]
    logged = sorted((li["promise"], li["attempt"], li["error"], li["exc_info"]) for li in failed)
    assert logged == [
        ("broken", 1, "ValueError", True),
        ("broken", 2, "ValueError", False),
        ("letter", 1, "ConnectionRefusedError", False),
        ("letter", 2, "ConnectionRefusedError", False),
    ]


async def test_one_that_no_transaction_can_end_starves_no_other(database: Mongo) -> None:
    """As one that takes longer than a transaction may: its batch ends as if nobody answered."""
    clinic = Clinic(database)

    async def take_too_long(due: Due) -> Ending:
        raise Unavailable("The database does not answer: ExecutionTimeout.")

    await clinic.promise("endless", kind="endless", due=-1)
    for number in range(20):
        await clinic.promise(f"p{number:02}")
    keeper = clinic.keeper(endless=inside(take_too_long))
    for _ in range(2):
        await keeper.keep_due()

    assert await clinic.noted() == [f"p{n:02}" for n in range(20)]
    row = await clinic.row("endless")
    assert (row.state, row.attempts) == (State.PENDING, 1)


async def test_no_look_waits_for_one_that_has_failed_before(database: Mongo) -> None:
    clinic = Clinic(database)
    has_begun_again, may_end = asyncio.Event(), asyncio.Event()

    async def fail_then_hang(due: Due) -> Ending:
        if due.attempt > 1:
            has_begun_again.set()
            await may_end.wait()
        raise ValueError("no")

    await clinic.promise("hangs", kind="hangs")
    worker = asyncio.create_task(clinic.keeper(hangs=inside(fail_then_hang)).run())
    await has_begun_again.wait()
    await clinic.promise("alarm")

    async def rings() -> bool:
        return await clinic.noted() == ["alarm"]

    async with asyncio.timeout(5):
        await eventually(rings)
    may_end.set()
    worker.cancel()
    await asyncio.wait([worker])


class Counting(MongoPromises):
    """Counts the looks, and how many things were under way at most when one began."""

    looks = 0
    under_way = 0

    async def claim(
        self,
        buckets: Iterable[int],
        *,
        but_not: Collection[str] = (),
        not_again: Collection[str] = (),
        not_about: Collection[str] = (),
    ) -> list[Document]:
        self.looks += 1
        self.under_way = max(self.under_way, len(not_about))
        return await super().claim(
            buckets, but_not=but_not, not_again=not_again, not_about=not_about
        )


async def test_of_a_thousand_that_failed_and_hang_no_more_are_begun_than_one_claim_holds(
    database: Mongo,
) -> None:
    """Promises of another kind go on, and those of that kind that have not failed."""
    clinic = Clinic(database)
    clinic.promises = counting = Counting(database, clinic.clock)
    hanging: list[str] = []
    may_end = asyncio.Event()

    async def hang_if_it_failed(due: Due) -> Ending:
        if due.attempt == 1:
            return await clinic.note(due)
        hanging.append(due.promise.key)
        await may_end.wait()
        raise ValueError("no")

    async def as_many_hang_as_may() -> bool:
        return len(hanging) >= AT_ONCE

    async def others_are_kept() -> bool:
        keeper.wake()
        return counting.looks >= 10 and await clinic.noted() == ["alarm", "never failed"]

    await counting.make(*(a_promise(f"p{n}", kind="hangs") for n in range(1000)))
    await database.collection("promises").update_many({}, {"$set": {"attempts": 1}})
    keeper = clinic.keeper(hangs=inside(hang_if_it_failed))
    worker = asyncio.create_task(keeper.run())
    await eventually(as_many_hang_as_may)
    await clinic.promise("alarm")
    await clinic.promise("never failed", kind="hangs")
    await eventually(others_are_kept)

    assert len(hanging) == AT_ONCE
    assert counting.under_way <= CLAIM_AT_MOST
    worker.cancel()
    may_end.set()
    await asyncio.wait([worker])


async def test_when_the_database_was_away_for_a_moment_nothing_waits_for_its_claim(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    is_away = True

    async def note(due: Due) -> Ending:
        if is_away:
            raise Unavailable("The database does not answer.")
        return await clinic.note(due)

    for number in range(20):
        await clinic.promise(f"p{number:02}", kind="noted")
    keeper = clinic.keeper(noted=inside(note))
    await keeper.keep_due()
    is_away = False
    await keeper.keep_due()

    assert await clinic.noted() == [f"p{n:02}" for n in range(20)]


async def test_a_batch_that_is_too_much_for_a_busy_machine_is_kept_in_smaller_ones(
    database: Mongo,
) -> None:
    """More than three in one transaction take too long for one, however often they are tried."""
    clinic = Clinic(database)
    in_one: dict[int, int] = defaultdict(int)

    async def note_slowly(due: Due) -> Ending:
        transaction = id(ambient.current())
        in_one[transaction] += 1
        if in_one[transaction] > 3:
            raise Unavailable("It took too long.")
        return await clinic.note(due)

    for number in range(24):
        await clinic.promise(f"p{number:02}", kind="slow")
    keeper = clinic.keeper(slow=inside(note_slowly))
    for _ in range(8):
        in_one.clear()  # what is over may have lent its name to another
        await keeper.keep_due()
        rows = database.collection("promises")
        await rows.update_many({}, [{"$set": {"claimed_until": "$$NOW"}}])

    assert len(await clinic.noted()) == 24
    assert await clinic.promises.overdue() == 0
