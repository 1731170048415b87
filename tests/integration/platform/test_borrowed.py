"""A database that is borrowed has its indexes, and nothing of those who had it before."""

import pytest

from clinic_events.ports import DuplicateKey
from clinic_platform.mongo import Mongo
from tests.support.databases import borrowed, connected


async def _fill(database: Mongo) -> None:
    rows = database.collection("beds")
    await rows.create_index([("place", 1)], unique=True)
    await rows.insert_one({"_id": "bed_1", "place": "loc_1"})
    await database.collection("notes").insert_many([{"_id": n} for n in range(3)])


async def test_the_next_borrower_finds_it_empty_with_its_indexes(mongo_url: str) -> None:
    async with connected(mongo_url, "beds", "pymongo") as database:
        name = database.name
        await _fill(database)
    async with connected(mongo_url, "beds") as database:
        assert database.name == name
        assert [await database.collection(c).count({}) for c in ("beds", "notes")] == [0, 0]
        beds = database.collection("beds")
        await beds.insert_one({"_id": "bed_1", "place": "loc_1"})
        with pytest.raises(DuplicateKey):
            await beds.insert_one({"_id": "bed_2", "place": "loc_1"})


def test_two_at_once_have_one_each_and_another_shape_is_another_database(mongo_url: str) -> None:
    with borrowed(mongo_url, "chairs") as first, borrowed(mongo_url, "chairs") as second:
        assert first != second
    with borrowed(mongo_url, "tables") as other:
        assert other not in (first, second)


async def test_a_database_left_by_a_failed_test_is_lent_to_nobody(mongo_url: str) -> None:
    with pytest.raises(LookupError), borrowed(mongo_url, "lamps") as failed:
        raise LookupError
    with borrowed(mongo_url, "lamps") as next_one:
        assert next_one != failed
