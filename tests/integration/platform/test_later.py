"""A later write happens once, with the transaction that it was made in, or not at all."""

import asyncio
from contextlib import suppress
from contextvars import Context
from functools import partial

import pytest

from clinic_events.ports import DuplicateKey, NothingMatched
from clinic_platform.mongo import Mongo


async def test_a_read_in_the_transaction_finds_it_in_the_order_it_was_written(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.create_index([("n", 1)])
    seen: list[int] = []

    async def work() -> None:
        await rows.insert_later([{"n": 1}, {"n": 2}], stamp="at")
        await rows.insert_later([{"n": 3}], stamp="at")
        seen.append(await rows.count({}))

    await database.transaction(work)

    found = await rows.find({}, sort=[("at", 1)])
    assert [row["n"] for row in found] == [1, 2, 3]
    assert seen == [3]


async def test_later_changes_are_made_in_order_and_read_as_made(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    seen: list[object] = []

    async def work() -> None:
        await rows.insert_later([{"_id": 1, "n": 1}])
        await rows.update_later({"_id": 1}, {"$inc": {"n": 1}})
        await rows.update_later({"_id": 1, "n": 2}, {"$set": {"n": 3}})
        seen.append(await rows.find_one({"_id": 1}))
        await rows.update_later({"_id": 1}, {"$inc": {"n": 1}})

    await database.transaction(work)

    assert seen == [{"_id": 1, "n": 3}]
    assert await rows.find_one({"_id": 1}) == {"_id": 1, "n": 4}


@pytest.mark.parametrize(
    ("otherwise", "raised"), [(None, NothingMatched), (LookupError(), LookupError)]
)
async def test_a_change_that_finds_nothing_undoes_everything(
    database: Mongo, otherwise: Exception | None, raised: type[Exception]
) -> None:
    rows = database.collection("rows")

    async def work() -> None:
        await rows.insert_later([{"_id": 1}])
        await rows.update_later({"_id": 2}, {"$set": {"n": 1}}, otherwise=otherwise)

    with pytest.raises(raised):
        await database.transaction(work)
    assert await rows.count({}) == 0


async def test_the_same_change_of_many_is_made_of_each_as_often_as_it_was_asked_for(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": name, "of": "us", "n": 0} for name in "abcd"])

    async def work() -> None:
        for name in "abcab":
            await rows.update_later({"_id": name, "of": "us"}, {"$inc": {"n": 1}})

    await database.transaction(work)

    found = {row["_id"]: row["n"] for row in await rows.find({})}
    assert found == {"a": 2, "b": 2, "c": 1, "d": 0}


async def test_of_many_changed_alike_one_that_is_not_there_undoes_all(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": name, "of": "us", "n": 0} for name in "abc"])
    await rows.update_one({"_id": "b"}, {"$set": {"of": "them"}})

    async def work() -> None:
        for name in "abc":
            await rows.update_later({"_id": name, "of": "us"}, {"$inc": {"n": 1}})

    with pytest.raises(NothingMatched):
        await database.transaction(work)
    assert await rows.count({"n": 0}) == 3


async def test_changes_that_only_python_takes_for_the_same_stay_apart(database: Mongo) -> None:
    rows = database.collection("rows")
    values = {"a": 1, "b": True, "c": 1.0}
    await rows.insert_many([{"_id": name} for name in values])

    async def work() -> None:
        for name, value in values.items():
            await rows.update_later({"_id": name}, {"$set": {"n": value}})

    await database.transaction(work)

    found = {row["_id"]: type(row["n"]) for row in await rows.find({})}
    assert found == {"a": int, "b": bool, "c": float}


async def test_without_a_transaction_it_is_there_at_once(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_later([{"n": 1}])
    assert await rows.count({}) == 1


async def test_an_attempt_that_is_made_again_adds_nothing_twice(database: Mongo) -> None:
    """Two that count the same row meet: one of them runs again."""
    rows, counter = database.collection("rows"), database.collection("counter")
    await counter.insert_one({"_id": "c", "n": 0})
    attempts = 0

    async def work() -> None:
        nonlocal attempts
        attempts += 1
        await rows.insert_later([{"n": attempts}])
        await counter.find_one({"_id": "c"})
        if attempts == 1:
            await in_its_own_transaction(database)
        await counter.update_one({"_id": "c"}, {"$inc": {"n": 1}})

    await database.transaction(work)

    assert attempts == 2
    assert [row["n"] for row in await rows.find({})] == [2]


async def in_its_own_transaction(database: Mongo) -> None:
    """Another writer, from another task, commits between our read and our write."""

    async def write() -> None:
        await database.collection("counter").update_one({"_id": "c"}, {"$inc": {"n": 10}})

    await asyncio.create_task(write(), context=Context())


async def test_a_transaction_that_is_undone_adds_nothing(database: Mongo) -> None:
    rows = database.collection("rows")

    async def work() -> None:
        await rows.insert_later([{"n": 1}])
        raise LookupError

    with pytest.raises(LookupError):
        await database.transaction(work)
    assert await rows.count({}) == 0


async def test_one_that_is_refused_at_the_end_undoes_everything(database: Mongo) -> None:
    rows, others = database.collection("rows"), database.collection("others")
    await rows.insert_one({"_id": 1})
    await others.insert_one({"_id": 0})

    async def work() -> None:
        await others.insert_one({"_id": 1})
        await rows.insert_later([{"_id": 1}])

    with pytest.raises(DuplicateKey):
        await database.transaction(work)
    assert await others.count({}) == 1


async def test_a_write_that_an_index_refuses_raises_the_error_named_for_it(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 2})

    async def work(taken: int) -> None:
        await rows.insert_later([{"_id": 0}])
        await rows.insert_later([{"_id": taken}], otherwise=LookupError())

    with pytest.raises(LookupError):
        await database.transaction(lambda: work(2))
    await database.transaction(lambda: work(1))
    with pytest.raises(DuplicateKey):  # the first is refused, for which no error was named
        await database.transaction(lambda: work(3))
    assert await rows.count({}) == 3


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("is_upsert", [False, True])
async def test_a_late_refusal_of_an_index_raises_the_error_named_for_its_write(
    database: Mongo, is_upsert: bool, others: int
) -> None:
    """As one write, and as one of several."""
    rows = database.collection("rows")
    await rows.insert_one({"_id": "theirs", "of": "them"})

    def named(refused: DuplicateKey) -> Exception:
        return LookupError(refused.collection, refused.key)

    async def work() -> None:
        if others:
            await rows.insert_later([{"_id": "other"}])
        if is_upsert:
            where, change = {"_id": "theirs", "of": "us"}, {"$set": {"n": 1}}
            await rows.update_later(where, change, upsert=True, taken=named)
        else:
            await rows.insert_later([{"_id": "theirs"}], otherwise=named)

    with pytest.raises(LookupError) as raised:
        await database.transaction(work)
    assert raised.value.args == ("rows", {"_id": "theirs"})
    assert await rows.find({}) == [{"_id": "theirs", "of": "them"}]


async def test_an_upsert_later_adds_what_is_not_there_and_changes_what_is(database: Mongo) -> None:
    rows = database.collection("rows")

    async def work() -> None:
        await rows.update_later({"_id": 1}, {"$inc": {"n": 1}}, upsert=True)

    await database.transaction(work)
    await database.transaction(work)

    assert await rows.find({}) == [{"_id": 1, "n": 2}]


async def test_a_refusal_that_was_swallowed_undoes_everything_all_the_same(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 1})

    async def work() -> None:
        await rows.insert_later([{"_id": 1}], otherwise=LookupError())
        with suppress(LookupError):
            await rows.count({})

    with pytest.raises(LookupError):
        await database.transaction(work)


async def test_a_document_is_replaced_later_if_it_is_there_as_it_was_read(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 1, "revision": 1})

    async def work(before: int) -> None:
        where, document = {"_id": 1, "revision": before}, {"_id": 1, "revision": before + 1}
        await rows.replace_later(where, document, otherwise=LookupError())

    await database.transaction(lambda: work(1))
    with pytest.raises(LookupError):
        await database.transaction(lambda: work(1))
    assert await rows.find({}) == [{"_id": 1, "revision": 2}]


async def test_a_task_cancelled_at_the_end_leaves_all_or_nothing_and_the_next_one_works(
    database: Mongo,
) -> None:
    """A commit that is under way is not cut off: whether it was done would not be known."""
    rows, others = database.collection("rows"), database.collection("others")

    async def work(number: int) -> None:
        await rows.insert_one({"_id": number})
        await others.insert_later([{"_id": number}])
        asyncio.get_running_loop().call_later(number / 5_000, task.cancel)

    for number in range(40):
        task = asyncio.create_task(database.transaction(partial(work, number)))
        await asyncio.gather(task, return_exceptions=True)

    assert await rows.find({}, sort=[("_id", 1)]) == await others.find({}, sort=[("_id", 1)])
    await database.transaction(lambda: rows.insert_one({"_id": 40}))
