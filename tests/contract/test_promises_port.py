"""Promises keep the same contract in memory and in MongoDB."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_platform.promises import MongoPromises, Promise, Promises, State
from clinic_platform.testing import NOON, FixedClock, InMemoryPromises
from tests.support.databases import connected

ABOUT = "ses_1"


def a_promise(name: str, *, hours: int = 1, why: str = "evt_1") -> Promise:
    return Promise(
        key=f"{ABOUT}/{name}",
        kind="send",
        about=ABOUT,
        person="pat_1",
        rule=f"plan@1/{name}",
        why=why,
        due_at=NOON + timedelta(hours=hours),
        useful_until=NOON + timedelta(hours=hours + 1),
        facts={"number": 1},
    )


@pytest.fixture(params=["memory", "motor", "pymongo"])
async def promises(request: pytest.FixtureRequest, mongo_url: str) -> AsyncIterator[Promises]:
    if request.param == "memory":
        yield InMemoryPromises(FixedClock())
        return
    async with connected(mongo_url, "promises", request.param) as database:
        stored = MongoPromises(database, FixedClock())
        await stored.prepare()
        yield stored


async def states(promises: Promises) -> dict[str, tuple[State, str | None]]:
    rows = await promises.of_person("pat_1")
    return {row.rule.rpartition("/")[2]: (row.state, row.reason) for row in rows}


async def test_what_is_planned_is_pending(promises: Promises) -> None:
    assert await promises.plan(ABOUT, 1, [a_promise("a"), a_promise("b")], reason="planned")
    assert await states(promises) == {"a": (State.PENDING, None), "b": (State.PENDING, None)}


async def test_a_plan_made_again_or_too_late_changes_nothing(promises: Promises) -> None:
    await promises.plan(ABOUT, 2, [a_promise("a", hours=2)], reason="planned")

    assert not await promises.plan(ABOUT, 2, [a_promise("a", hours=9)], reason="again")
    assert not await promises.plan(ABOUT, 1, [], reason="old news")

    [row] = await promises.of_person("pat_1")
    assert row.due_at == NOON + timedelta(hours=2)


async def test_a_newer_plan_moves_adds_and_withdraws(promises: Promises) -> None:
    await promises.plan(ABOUT, 1, [a_promise("a"), a_promise("b")], reason="planned")
    moved = a_promise("a", hours=5, why="evt_2")
    await promises.plan(ABOUT, 2, [moved, a_promise("c")], reason="rescheduled")

    assert await states(promises) == {
        "a": (State.PENDING, None),
        "b": (State.WITHDRAWN, "rescheduled"),
        "c": (State.PENDING, None),
    }
    rows = {row.key: row for row in await promises.of_person("pat_1")}
    assert (rows[moved.key].due_at, rows[moved.key].why) == (moved.due_at, "evt_2")


async def test_a_newer_plan_moves_or_withdraws_what_was_made_after_the_one_before(
    promises: Promises,
) -> None:
    await promises.plan(ABOUT, 1, [a_promise("a")], reason="planned")
    await promises.make(a_promise("b"), a_promise("c"))
    moved = a_promise("b", hours=5)
    await promises.plan(ABOUT, 2, [a_promise("a"), moved], reason="told again")

    assert await states(promises) == {
        "a": (State.PENDING, None),
        "b": (State.PENDING, None),
        "c": (State.WITHDRAWN, "told again"),
    }
    rows = {row.key: row for row in await promises.of_person("pat_1")}
    assert rows[moved.key].due_at == moved.due_at


async def test_what_was_withdrawn_is_not_revived_by_a_later_plan(promises: Promises) -> None:
    await promises.plan(ABOUT, 1, [a_promise("a")], reason="planned")
    await promises.plan(ABOUT, 2, [], reason="voided")
    await promises.plan(ABOUT, 3, [a_promise("a")], reason="planned")

    assert await states(promises) == {"a": (State.WITHDRAWN, "voided")}


async def test_a_key_is_promised_once_ever(promises: Promises) -> None:
    assert await promises.make(a_promise("a"))
    assert not await promises.make(a_promise("a", hours=7))
    await promises.withdraw(f"{ABOUT}/a", reason="no")
    await promises.withdraw(f"{ABOUT}/a", reason="no again")
    assert not await promises.make(a_promise("a"))
    assert await states(promises) == {"a": (State.WITHDRAWN, "no")}


async def test_many_are_made_and_withdrawn_in_one_go_and_what_is_there_stays(
    promises: Promises,
) -> None:
    await promises.make(a_promise("a"))
    assert await promises.make(a_promise("a", hours=7), a_promise("b"), a_promise("c")) == 2
    assert await promises.make() == 0
    await promises.withdraw(f"{ABOUT}/b", reason="alone")
    gone = [f"{ABOUT}/{name}" for name in ("a", "b", "d")]
    await promises.withdraw(*gone, reason="together")

    assert await states(promises) == {
        "a": (State.WITHDRAWN, "together"),
        "b": (State.WITHDRAWN, "alone"),
        "c": (State.PENDING, None),
    }
    rows = {row.key: row.due_at for row in await promises.of_person("pat_1")}
    assert rows[f"{ABOUT}/a"] == NOON + timedelta(hours=1)


async def test_a_persons_promises_come_by_due_time_up_to_a_time(promises: Promises) -> None:
    plan = [a_promise("later", hours=9), a_promise("soon")]
    await promises.plan(ABOUT, 1, plan, reason="planned")

    soon = await promises.of_person("pat_1", until=NOON + timedelta(hours=2))
    assert [row.key for row in soon] == [f"{ABOUT}/soon"]
    assert [row.key for row in await promises.of_person("pat_1")] == [
        f"{ABOUT}/soon",
        f"{ABOUT}/later",
    ]
    assert await promises.of_person("pat_2") == []


async def test_what_is_planned_just_as_before_stays_as_it_is(promises: Promises) -> None:
    await promises.plan(ABOUT, 1, [a_promise("a"), a_promise("b")], reason="planned")
    other = a_promise("b", hours=5, why="evt_2")
    await promises.plan(ABOUT, 2, [a_promise("a", why="evt_2"), other], reason="told again")

    rows = {row.key: row for row in await promises.of_person("pat_1")}
    assert rows[a_promise("a").key].why == "evt_1"
    assert rows[other.key].why == "evt_2"
