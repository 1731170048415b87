"""Indexes that are made at the start, on a real MongoDB: the simulated one makes any."""

import pytest

from clinic_events.errors import CannotStart
from clinic_platform.mongo import Mongo


async def test_an_index_that_the_rows_do_not_allow_refuses_the_start_and_names_none_of_them(
    database: Mongo,
) -> None:
    rows = database.collection("rows")
    await rows.insert_many([{"_id": n, "place": 1, "name": "Testa Sample"} for n in range(2)])

    with pytest.raises(CannotStart) as refused:
        await rows.create_index([("place", 1), ("name", 1)], unique=True)
    assert str(refused.value) == (
        "The collection rows cannot have its index on place, name: "
        "the database answers DuplicateKey."
    )
