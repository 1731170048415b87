"""Transactions and collections over both drivers, on a real MongoDB."""

import asyncio
from functools import partial

import pytest

from clinic_events.ports import DuplicateKey
from clinic_platform.mongo import Mongo, TransactionDoomed

pytestmark = pytest.mark.usefixtures("database")


async def test_a_failed_transaction_leaves_nothing(database: Mongo) -> None:
    rows = database.collection("rows")

    async def fail() -> None:
        await rows.insert_one({"_id": 1})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.transaction(fail)
    assert await rows.count({}) == 0


async def test_a_transaction_within_a_transaction_joins_it(database: Mongo) -> None:
    rows = database.collection("rows")

    async def outer() -> None:
        await database.transaction(lambda: rows.insert_one({"_id": 1}))
        raise ValueError("the outer one fails")

    with pytest.raises(ValueError, match="outer"):
        await database.transaction(outer)
    assert await rows.count({}) == 0


async def test_conflicting_writers_are_run_again_until_each_has_written(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 1, "n": 0})

    async def add() -> None:
        row = await rows.find_one({"_id": 1})
        assert row is not None
        await rows.update_one({"_id": 1}, {"$set": {"n": row["n"] + 1}})

    await asyncio.gather(*(database.transaction(add) for _ in range(20)))

    assert await rows.find_one({"_id": 1}) == {"_id": 1, "n": 20}


async def test_transactions_that_first_write_to_a_collection_all_end(database: Mongo) -> None:
    """It comes about within them: they conflict, and are run again."""
    rows = database.collection("never_seen")

    async def add(number: int) -> None:
        await rows.insert_one({"_id": number})

    await asyncio.gather(*(database.transaction(partial(add, n)) for n in range(20)))

    assert await rows.count({}) == 20


async def test_a_duplicate_names_the_key_and_dooms_the_transaction(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.create_index([("place", 1)], unique=True)
    await rows.insert_one({"_id": 1, "place": "chair"})

    async def swallow() -> None:
        with pytest.raises(DuplicateKey) as refused:
            await rows.insert_one({"_id": 2, "place": "chair"})
        assert refused.value.key == {"place": "chair"}
        with pytest.raises(TransactionDoomed):
            await rows.insert_one({"_id": 3, "place": "bed"})

    with pytest.raises(DuplicateKey):
        await database.transaction(swallow)
    assert await rows.count({}) == 1


async def test_a_duplicate_among_many_is_refused_with_all_of_them(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 2})

    async def add() -> None:
        await rows.insert_many([{"_id": n} for n in range(4)])

    with pytest.raises(DuplicateKey):
        await database.transaction(add)
    assert await rows.count({}) == 1


async def test_another_task_cannot_write_in_a_transaction_it_inherited(database: Mongo) -> None:
    rows = database.collection("rows")

    async def start_a_task() -> None:
        with pytest.raises(RuntimeError, match="task"):
            await asyncio.create_task(rows.insert_one({"_id": 1}))

    await database.transaction(start_a_task)
    assert await rows.count({}) == 0


async def test_stamps_only_rise_whatever_the_order_of_commits(database: Mongo) -> None:
    rows = database.collection("rows")
    await database.transaction(lambda: rows.insert_many([{"_id": n} for n in range(3)], stamp="at"))
    await rows.insert_many([{"_id": 3}], stamp="at")

    found = await rows.find({}, sort=[("at", 1)], snapshot=True)

    assert [row["_id"] for row in found] == [0, 1, 2, 3]
    assert len({row["at"] for row in found}) == 4


async def test_a_callback_after_a_commit_runs_once_and_only_after_a_commit(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 1, "n": 0})
    followed: list[int] = []

    async def work(number: int) -> None:
        await rows.update_one({"_id": 1}, {"$inc": {"n": 1}})
        database.after_commit(lambda: followed.append(number))
        if number == 0:
            raise ValueError("undone")

    results = await asyncio.gather(
        *(database.transaction(partial(work, number)) for number in range(5)),
        return_exceptions=True,
    )

    assert isinstance(results[0], ValueError)
    assert sorted(followed) == [1, 2, 3, 4]


async def test_a_change_of_a_document_may_answer_how_it_was_before(database: Mongo) -> None:
    rows = database.collection("rows")
    answers = [
        await rows.find_one_and_update(
            {"_id": 1}, {"$max": {"version": version}}, upsert=True, before=True
        )
        for version in (2, 1, 3)
    ]

    assert answers == [None, {"_id": 1, "version": 2}, {"_id": 1, "version": 2}]
    assert await rows.find_one({"_id": 1}) == {"_id": 1, "version": 3}
