"""A command sent again is answered again, not done again."""

from datetime import timedelta

import pytest

from clinic_platform.idempotency import Idempotency, KeyInFlight, KeyReused, Stored
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock

ANSWER = Stored(201, b'{"id":"ses_1"}', {"etag": '"1"'})


async def test_a_finished_command_is_answered_as_before(database: Mongo) -> None:
    keys = Idempotency(database.collection("idempotency"), FixedClock())

    assert await keys.begin("key", "print") is None
    await database.transaction(lambda: keys.finish("key", ANSWER))
    await keys.abandon("key")

    assert await keys.begin("key", "print") == ANSWER


async def test_a_key_with_another_request_is_refused(database: Mongo) -> None:
    keys = Idempotency(database.collection("idempotency"), FixedClock())
    await keys.begin("key", "print")
    with pytest.raises(KeyReused):
        await keys.begin("key", "another")


async def test_while_it_is_worked_on_it_is_in_flight_and_after_a_crash_it_is_free(
    database: Mongo,
) -> None:
    clock = FixedClock()
    keys = Idempotency(database.collection("idempotency"), clock)
    await keys.begin("key", "print")
    with pytest.raises(KeyInFlight):
        await keys.begin("key", "print")

    clock.now += timedelta(seconds=31)
    assert await keys.begin("key", "print") is None
    with pytest.raises(KeyInFlight):
        await keys.begin("key", "print")


async def test_an_abandoned_key_may_be_used_at_once(database: Mongo) -> None:
    keys = Idempotency(database.collection("idempotency"), FixedClock())
    await keys.begin("key", "print")
    await keys.abandon("key")
    assert await keys.begin("key", "another") is None
