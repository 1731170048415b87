"""Reads in a transaction: together in one statement, and not again where the answer is known."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from clinic_events.ports import Collection, Document
from clinic_platform.mongo import Mongo
from clinic_platform.together import together

A_READ = {"find", "aggregate", "getMore"}


@pytest.fixture
async def rows(database: Mongo) -> Collection:
    rows = database.collection("rows")
    await rows.create_index([("of", 1), ("n", 1)])
    await rows.insert_many([{"_id": f"{of}{n}", "of": of, "n": n} for of in "ab" for n in range(3)])
    return rows


async def statements(mongo_url: str, database: Mongo, work: Callable[[], Any]) -> list[Document]:
    """The reads the server reports for the time meanwhile."""
    async with AsyncMongoClient[Document](mongo_url) as client:
        asked = client[database.name]
        await asked.command("profile", 2)
        await database.transaction(work)
        await asked.command("profile", 0)
        found = await asked["system.profile"].find({"op": {"$in": ["query", "command"]}}).to_list()
    return [one for one in found if A_READ & one["command"].keys()]


async def test_reads_made_together_find_the_same_as_each_alone(
    database: Mongo, rows: Collection
) -> None:
    others = database.collection("others")
    await others.insert_one({"_id": 1, "at": None})

    async def read() -> tuple[Any, ...]:
        return await together(
            rows.find({"of": "a"}, sort=[("n", -1)], limit=2),
            rows.find({"of": "b", "n": {"$lt": 2}}, sort=[("n", 1)], fields=["n"]),
            rows.find_one({"of": "a"}, sort=[("n", -1)]),
            rows.find_one({"_id": "nobody"}),
            others.find({}),
        )

    expected = (
        [{"_id": "a2", "of": "a", "n": 2}, {"_id": "a1", "of": "a", "n": 1}],
        [{"_id": "b0", "n": 0}, {"_id": "b1", "n": 1}],
        {"_id": "a2", "of": "a", "n": 2},
        None,
        [{"_id": 1, "at": None}],
    )
    assert await database.transaction(read) == expected
    assert await read() == expected


async def test_it_is_one_statement_that_uses_the_indexes_of_each(
    mongo_url: str, database: Mongo, rows: Collection
) -> None:
    others = database.collection("others")
    await others.insert_many([{"_id": n} for n in range(100)])

    async def read() -> None:
        await together(rows.find({"of": "a"}, sort=[("n", 1)]), others.find_one({"_id": 7}))

    [asked] = await statements(mongo_url, database, read)
    assert asked["docsExamined"] == 4
    assert not asked.get("hasSortStage")


async def test_one_document_is_read_once_until_it_may_have_changed(
    mongo_url: str, database: Mongo, rows: Collection
) -> None:
    seen: list[Document | None] = []

    async def work() -> None:
        for _ in range(3):
            first = await rows.find_one({"_id": "a0"})
            seen.append(first and dict(first))
            assert first is not None
            first["n"] = "what a reader does to it stays with that reader"
        await rows.update_later({"_id": "a0"}, {"$set": {"n": 7}})
        seen.append(await rows.find_one({"_id": "a0"}))
        await rows.update_one({"_id": "a0"}, {"$set": {"n": 8}})
        seen.append(await rows.find_one({"_id": "a0"}))

    assert len(await statements(mongo_url, database, work)) == 3
    assert [row and row["n"] for row in seen] == [0, 0, 0, 7, 8]


async def test_earlier_writes_are_found_by_reading_together(
    database: Mongo, rows: Collection
) -> None:
    others = database.collection("others")

    async def work() -> tuple[Document | None, list[Document]]:
        assert await rows.find_one({"_id": "a0"})
        await rows.update_later({"_id": "a0"}, {"$set": {"n": 9}})
        await others.insert_later([{"_id": 1}])
        return await together(rows.find_one({"_id": "a0"}), others.find({}))

    row, found = await database.transaction(work)
    assert row == {"_id": "a0", "of": "a", "n": 9}
    assert found == [{"_id": 1}]


async def test_each_transaction_reads_for_itself(database: Mongo, rows: Collection) -> None:
    async def read() -> Document | None:
        return await rows.find_one({"_id": "a0"})

    before = await database.transaction(read)
    await rows.update_one({"_id": "a0"}, {"$set": {"n": 5}})
    after = await database.transaction(read)

    assert before == {"_id": "a0", "of": "a", "n": 0}
    assert after == {"_id": "a0", "of": "a", "n": 5}


async def test_a_task_that_reads_together_may_not_write(database: Mongo, rows: Collection) -> None:
    others = database.collection("others")

    async def work() -> None:
        with pytest.raises(RuntimeError, match="task"):
            await together(rows.find({}), others.insert_one({"_id": 1}))
        with pytest.raises(RuntimeError, match="task"):
            await together(rows.find({}), others.insert_later([{"_id": 2}]))

    await database.transaction(work)
    assert await others.find({}) == []


async def test_a_refusal_while_reading_is_raised_and_undoes_the_transaction(
    database: Mongo, rows: Collection
) -> None:
    async def found(key: str) -> Document:
        row = await rows.find_one({"_id": key})
        if row is None:
            raise LookupError(key)
        return row

    async def work() -> None:
        await rows.insert_one({"_id": "new"})
        await together(found("a0"), found("nobody"), found("nothing"))

    with pytest.raises(LookupError, match="nobody"):
        await database.transaction(work)
    assert await rows.find_one({"_id": "new"}) is None
    assert await database.transaction(lambda: together(found("a0"), found("b0")))


async def test_a_statement_the_database_refuses_is_raised_to_who_reads_together(
    database: Mongo, rows: Collection
) -> None:
    async def work() -> None:
        await together(rows.find_one({"_id": "a0"}), rows.find({"n": {"$no": 1}}))

    with pytest.raises(Exception, match=r"\$no"):
        await database.transaction(work)
    assert await database.transaction(lambda: rows.find_one({"_id": "a0"}))


async def test_a_transaction_whose_document_was_changed_meanwhile_reads_again_and_anew(
    database: Mongo, rows: Collection
) -> None:
    """It conflicts at the write: the whole work runs again, and nothing of it is known."""
    seen: list[int] = []

    async def work() -> None:
        row, _ = await together(rows.find_one({"_id": "a0"}), rows.find_one({"_id": "b0"}))
        assert row is not None
        seen.append(row["n"])
        if len(seen) == 1:
            await meanwhile()
        await rows.update_one({"_id": "a0"}, {"$set": {"n": row["n"] + 1}})

    async def meanwhile() -> None:
        other = rows.update_one({"_id": "a0"}, {"$set": {"n": 40}})
        await asyncio.create_task(other, context=Context())

    await database.transaction(work)
    assert seen == [0, 40]
    assert await rows.find_one({"_id": "a0"}) == {"_id": "a0", "of": "a", "n": 41}


async def test_a_task_cancelled_while_reading_leaves_a_client_that_works(
    database: Mongo, rows: Collection
) -> None:
    async def work() -> None:
        await rows.insert_one({"_id": "never"})
        while True:
            await together(rows.find({"of": "a"}), rows.find({"of": "b"}))

    for number in range(40):
        task = asyncio.create_task(database.transaction(work))
        asyncio.get_running_loop().call_later(number / 1000, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await rows.find_one({"_id": "never"}) is None
    both = await database.transaction(lambda: together(rows.find({"of": "a"}), rows.find({})))
    assert [len(found) for found in both] == [3, 6]
