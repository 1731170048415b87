"""A transaction that takes all of its time, distinguished from a database that is away."""

from datetime import timedelta

import pytest

from clinic_events.errors import OutOfTime, Unavailable
from clinic_platform import mongo
from clinic_platform.mongo import Mongo

SLOW = {"$where": "sleep(2000) || true"}


async def test_work_that_takes_a_transactions_time_is_distinguished_from_a_database_that_is_away(
    database: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = database.collection("rows")
    await rows.insert_one({"_id": 1})
    monkeypatch.setattr(mongo, "TRANSACTION_WITHIN", timedelta(seconds=0.5))
    monkeypatch.setattr(mongo, "ALL_ITS_TIME", 0.45)

    with pytest.raises(OutOfTime):
        await database.transaction(lambda: rows.find_one(SLOW))

    await database.transaction(lambda: rows.insert_one({"_id": 2}))
    assert await rows.count({}) == 2


async def test_a_database_that_is_away_for_all_of_that_time_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mongo, "SELECT_SERVER_WITHIN_MS", 200)
    monkeypatch.setattr(mongo, "TRANSACTION_WITHIN", timedelta(seconds=0.5))
    monkeypatch.setattr(mongo, "ALL_ITS_TIME", 0.1)
    away = await Mongo.connect("mongodb://127.0.0.1:1/?replicaSet=rs0", database="t")
    with pytest.raises(Unavailable) as refused:
        await away.transaction(lambda: away.collection("rows").find_one({}))
    assert not isinstance(refused.value, OutOfTime)
    await away.close()
