"""Many promises at once: no failure spreads, no storm breaks out, none waits for the next look."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from datetime import timedelta

import pytest

from clinic_events.ports import Document
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Keeper,
    Kept,
    Lapsed,
    Later,
    MongoPromises,
    PromiseKeeper,
    State,
    Withdrawn,
    inside,
    outside,
)
from clinic_platform.promises.store import BUCKETS, CLAIM_AT_MOST
from tests.support.promises import Clinic, a_promise


class Watched(MongoPromises):
    """Counts how often somebody looks for what is due."""

    looks = 0

    async def claim(
        self,
        buckets: Iterable[int],
        *,
        but_not: Collection[str] = (),
        not_again: Collection[str] = (),
        not_about: Collection[str] = (),
    ) -> list[Document]:
        self.looks += 1
        return await super().claim(
            buckets, but_not=but_not, not_again=not_again, not_about=not_about
        )


def a_letter(*, a_second: float, sent: list[str] | None = None) -> Keeper:
    """Kept at a pace; `sent` gathers the keys."""

    async def decide(due: Due) -> str | Ending:
        return due.promise.key

    async def act(due: Due, letter: str) -> None:
        if sent is not None:
            sent.append(letter)

    async def settle(due: Due, _: None) -> Ending:
        return Kept()

    return outside(decide, act, settle, a_second=a_second)


async def test_only_what_is_due_and_committed_calls_the_keeper_at_once(database: Mongo) -> None:
    clinic = Clinic(database)
    called: list[str] = []
    clinic.promises.on_due = lambda: called.append("called")

    async def undone() -> None:
        await clinic.promise("undone")
        raise LookupError

    await clinic.promise("later", due=10)
    with pytest.raises(LookupError):
        await database.transaction(undone)
    assert called == []

    await clinic.promise("now")
    assert called == ["called"]


async def test_of_a_kind_with_a_pace_no_more_are_begun_than_it_allows(database: Mongo) -> None:
    clinic = Clinic(database)
    sent: list[str] = []

    for number in range(9):
        await clinic.promise(f"p{number}", kind="out")
    keeper = clinic.keeper(out=a_letter(a_second=0.001, sent=sent))

    assert [await keeper.keep_due() for _ in range(2)] == [1, 0]
    assert sent == ["p0"]
    assert await clinic.promises.overdue() == 8


async def test_a_promise_that_waits_for_its_pace_hides_none_that_is_due_after_it(
    database: Mongo,
) -> None:
    """An alert behind more letters than one look claims: it must not wait until they are sent."""
    clinic = Clinic(database)

    letters = [a_promise(f"p{n}", kind="letter", due=-1) for n in range(CLAIM_AT_MOST + 1)]
    await clinic.promises.plan("letters", 1, letters, reason="planned")
    await clinic.promise("alert")
    keeper = clinic.keeper(letter=a_letter(a_second=0.001))

    assert [await keeper.keep_due() for _ in range(3)] == [1, 1, 0]
    assert await clinic.noted() == ["alert"]


async def test_of_a_kind_that_waits_for_its_pace_no_row_is_read(database: Mongo) -> None:
    clinic = Clinic(database)
    await clinic.promises.prepare()
    letters = [a_promise(f"p{n}", kind="letter", due=-1 - n, for_=9_999) for n in range(2_000)]
    await clinic.promises.plan("letters", 1, letters, reason="planned")
    await clinic.promise("alarm")

    async with all_noted_by_the_server(database):
        [alarm] = await clinic.promises.claim(range(BUCKETS), but_not=["letter"])
    assert alarm["_id"] == "alarm"
    asked: Document = {"op": "query", "ns": f"{database.name}.promises"}
    noted = await database.collection("system.profile").find(asked)
    assert noted
    assert max(one["docsExamined"] for one in noted) < 10


@asynccontextmanager
async def all_noted_by_the_server(database: Mongo) -> AsyncIterator[None]:
    """In `system.profile`, with how much it looked at."""
    await database._database.command("profile", 2)
    try:
        yield
    finally:
        await database._database.command("profile", 0)


async def test_a_keeper_with_nothing_to_begin_looks_once_a_second(database: Mongo) -> None:
    """Whether nothing is due, or what is due waits for its pace."""
    clinic = Clinic(database)
    clinic.promises = watched = Watched(database, clinic.clock)
    for number in range(3):
        await clinic.promise(f"p{number}", kind="letter")
    keeper = clinic.keeper(letter=a_letter(a_second=0.001))

    with suppress(TimeoutError):
        async with asyncio.timeout(2.5):
            await keeper.run()

    assert await clinic.promises.overdue() == 2
    assert 2 <= watched.looks <= 4


async def test_in_a_crowd_each_thing_keeps_its_order_and_each_promise_is_kept_once(
    database: Mongo,
) -> None:
    """More than one look claims: from the second on, several shares are kept at one time."""
    clinic = Clinic(database)
    things, each = 40, 15
    for thing in range(things):
        about = f"ses_{thing}"
        planned = [
            a_promise(f"{about}/{n:02}", about=about, due=n - each, for_=99) for n in range(each)
        ]
        await clinic.promises.plan(about, 1, planned, reason="planned")
    kept = await _all_of(clinic.keeper())

    assert sum(kept) == things * each
    assert max(kept) > CLAIM_AT_MOST
    noted: dict[str, list[str]] = defaultdict(list)
    for row in await clinic.done.find({}, sort=[("_id", 1)]):  # as they were written
        about, _, number = row["what"].partition("/")
        noted[about].append(number)
    assert len(noted) == things
    assert all(numbers == [f"{n:02}" for n in range(each)] for numbers in noted.values())


async def test_one_withdrawn_while_its_batch_is_kept_leaves_no_effect_and_takes_no_other_along(
    database: Mongo,
) -> None:
    clinic = Clinic(database)
    is_withdrawn = False

    async def note(due: Due) -> Ending:
        nonlocal is_withdrawn
        if not is_withdrawn:
            is_withdrawn = True
            withdrawal = clinic.promises.withdraw("p03", reason="cancelled")
            await asyncio.create_task(withdrawal, context=Context())
        return await clinic.note(due)

    for number in range(9):
        await clinic.promise(f"p{number:02}", kind="noted", due=number - 9)
    await clinic.keeper(noted=inside(note)).keep_due()

    assert await clinic.noted() == [f"p{n:02}" for n in range(9) if n != 3]
    row = await clinic.row("p03")
    assert (row.state, row.reason) == (State.WITHDRAWN, "cancelled")


async def test_promises_that_end_together_end_each_in_its_own_way(database: Mongo) -> None:
    clinic = Clinic(database)

    async def by_name(due: Due) -> Ending:
        match due.promise.key[0]:
            case "k":
                return Kept()
            case "w":
                return Withdrawn("opted_out")
            case "l":
                return Lapsed("moved_away")
            case _:
                return Later(due.now + timedelta(minutes=5), "quiet_hours")

    wanted = {
        "k": (State.KEPT, None),
        "w": (State.WITHDRAWN, "opted_out"),
        "l": (State.LAPSED, "moved_away"),
        "q": (State.PENDING, "quiet_hours"),
    }
    for number in range(24):
        await clinic.promise(f"{'kkwlq'[number % 5]}{number}", kind="mixed")
    await clinic.keeper(mixed=inside(by_name)).keep_due()

    for row in await clinic.promises.of_person("pat_1"):
        assert (row.state, row.reason) == wanted[row.key[0]], row.key
        assert (row.ended_at is None) == (row.state is State.PENDING)
        assert row.attempts == (0 if row.state is State.PENDING else 1)


async def _all_of(keeper: PromiseKeeper) -> list[int]:
    """How many each round kept, until there was none."""
    kept: list[int] = []
    while begun := await keeper.keep_due():
        kept.append(begun)
    return kept
