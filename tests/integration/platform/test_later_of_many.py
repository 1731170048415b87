"""Later changes of however many documents keep their place among the other writes."""

import pytest

from clinic_platform.mongo import Mongo


async def test_changes_of_however_many_keep_their_place_among_the_others(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": n, "n": 0} for n in range(3)])
    seen: list[object] = []

    async def work() -> None:
        await rows.update_many_later({"n": 0}, {"$inc": {"n": 1}})
        await rows.delete_many_later({"_id": {"$in": [0, 9]}})
        await rows.insert_later([{"_id": 4, "n": 0}])
        await rows.update_later({"_id": 2, "n": 1}, {"$inc": {"n": 1}})
        await rows.update_many_later({"nobody": True}, {"$set": {"n": 7}})
        seen.extend(await rows.find({}, sort=[("_id", 1)]))
        await rows.delete_many_later({"n": 0})

    await database.transaction(work)

    assert seen == [{"_id": 1, "n": 1}, {"_id": 2, "n": 2}, {"_id": 4, "n": 0}]
    assert await rows.find({}, sort=[("_id", 1)]) == seen[:2]


async def test_matches_of_others_do_not_stand_for_a_change_that_finds_nothing(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": n} for n in range(3)])

    async def work() -> None:
        await rows.update_many_later({}, {"$set": {"n": 1}})
        await rows.replace_later({"_id": 7}, {"n": 2}, otherwise=LookupError())
        await rows.update_many_later({}, {"$set": {"n": 3}})

    with pytest.raises(LookupError):
        await database.transaction(work)
    assert await rows.find({}, sort=[("_id", 1)]) == [{"_id": n} for n in range(3)]


async def test_without_a_transaction_changes_of_many_are_made_at_once(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": n} for n in range(3)])

    await rows.update_many_later({"_id": {"$gt": 0}}, {"$set": {"n": 1}})
    await rows.delete_many_later({"_id": 0})

    assert await rows.find({}, sort=[("_id", 1)]) == [{"_id": 1, "n": 1}, {"_id": 2, "n": 1}]
