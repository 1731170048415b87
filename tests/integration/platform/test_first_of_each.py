"""One row for each of several conditions, in one trip: what screens ask for."""

from clinic_platform.mongo import Mongo


async def test_the_first_of_each_is_found_in_one_go(database: Mongo) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": f"{of}{n}", "of": of, "n": n} for of in "ab" for n in range(3)])
    conditions = [{"of": of} for of in "abc"]

    newest = await rows.first_of_each(conditions, sort=[("n", -1)])

    assert sorted(row["_id"] for row in newest) == ["a2", "b2"]
    assert await rows.first_of_each([], sort=[("n", 1)]) == []
