"""Many promises at once: no failure spreads, no storm breaks out, none waits for the next look."""

import pytest

from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Kept,
    State,
    inside,
    outside,
)
from tests.support.promises import Clinic


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


async def test_of_a_kind_with_a_pace_no_more_are_begun_than_it_says(database: Mongo) -> None:
    clinic = Clinic(database)
    sent: list[str] = []

    async def decide(due: Due) -> str | Ending:
        return due.promise.key

    async def act(due: Due, letter: str) -> None:
        sent.append(letter)

    async def settle(due: Due, _: None) -> Ending:
        return Kept()

    for number in range(9):
        await clinic.promise(f"p{number}", kind="out")
    slow = outside(decide, act, settle, a_second=0.001)
    keeper = clinic.keeper(out=slow)

    assert [await keeper.keep_due() for _ in range(2)] == [1, 0]
    assert sent == ["p0"]
    assert await clinic.promises.overdue() == 8
