"""A command sent again is answered again, not done again."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from functools import partial
from typing import Any, TypeVar

import pytest

from clinic_events.ports import DuplicateKey
from clinic_platform.idempotency import Idempotency, Key, KeyReused, Stored
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock

ANSWER = Stored(201, b'{"id":"ses_1"}', {"etag": '"1"'})
KEY = Key("key", "print")

T = TypeVar("T")


def keys_in(database: Mongo) -> Idempotency:
    return Idempotency(database, FixedClock())


async def test_a_command_that_was_done_is_answered_as_before(database: Mongo) -> None:
    keys = keys_in(database)
    await database.transaction(lambda: keys.keep(KEY, ANSWER))

    with pytest.raises(DuplicateKey):
        await database.transaction(lambda: keys.keep(KEY, Stored(201, b"another", {})))

    assert await keys.answered_before(KEY) == ANSWER


async def test_a_key_with_another_request_is_refused(database: Mongo) -> None:
    keys = keys_in(database)
    await database.transaction(lambda: keys.keep(KEY, ANSWER))

    with pytest.raises(KeyReused):
        await keys.answered_before(Key("key", "another"))


async def test_a_command_that_came_to_nothing_leaves_its_key_free(database: Mongo) -> None:
    keys = keys_in(database)

    async def fail() -> None:
        await keys.keep(KEY, ANSWER)
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        await database.transaction(fail)

    assert await keys.answered_before(KEY) is None
    assert await database.collection("idempotency").count({}) == 0
    await database.transaction(lambda: keys.keep(Key("key", "another"), ANSWER))


async def test_of_two_at_once_one_is_kept_and_the_other_finds_it(database: Mongo) -> None:
    keys, done = keys_in(database), database.collection("done")
    await done.insert_one({"_id": "there before either of them"})
    both_are_in = asyncio.Barrier(2)
    began: list[str] = []

    async def command(name: str) -> None:
        await done.find_one({})
        began.append(name)
        if began.count(name) == 1:
            await both_are_in.wait()
        await done.insert_one({"_id": name})
        await keys.keep(KEY, Stored(201, name.encode(), {}))

    ended = await asyncio.gather(
        *(database.transaction(partial(command, name)) for name in ("one", "two")),
        return_exceptions=True,
    )

    assert [type(end) for end in ended if end is not None] == [DuplicateKey]
    stored = await keys.answered_before(KEY)
    assert stored is not None
    kept = await done.find({"_id": {"$in": ["one", "two"]}})
    assert [row["_id"].encode() for row in kept] == [stored.body]


async def test_once_one_was_answered_no_another_under_way_begins_again(database: Mongo) -> None:
    """It had begun before, and would have been done by what was true then."""
    keys, facts = keys_in(database), database.collection("facts")
    await facts.insert_one({"_id": 1, "allows": True})
    seen: list[bool] = []

    async def command() -> None:
        fact = await facts.find_one({"_id": 1})
        assert fact is not None
        seen.append(fact["allows"])
        if len(seen) == 1:
            await elsewhere(facts.update_one({"_id": 1}, {"$set": {"allows": False}}))
            assert await elsewhere(keys.answered_before(KEY)) is None
        if not fact["allows"]:
            raise ValueError("not allowed")
        await keys.keep(KEY, ANSWER)

    with pytest.raises(ValueError, match="not allowed"):
        await database.transaction(command)

    assert seen == [True, False]
    assert await database.collection("idempotency").count({}) == 0


async def elsewhere(work: Coroutine[Any, Any, T]) -> T:
    """In another task, outside the transaction."""
    return await asyncio.create_task(work, context=Context())
