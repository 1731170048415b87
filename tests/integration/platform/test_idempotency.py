"""A command sent again is answered again, not done again."""

from datetime import timedelta

import pytest

from clinic_platform.idempotency import Attempt, Idempotency, KeyInFlight, KeyReused, Stored
from clinic_platform.mongo import Mongo
from clinic_platform.testing import FixedClock

ANSWER = Stored(201, b'{"id":"ses_1"}', {"etag": '"1"'})


async def begun(keys: Idempotency, key: str, fingerprint: str) -> Attempt:
    attempt = await keys.begin(key, fingerprint)
    assert isinstance(attempt, Attempt)
    return attempt


async def test_a_finished_command_is_answered_as_before(database: Mongo) -> None:
    keys = Idempotency(database.collection("idempotency"), FixedClock())

    attempt = await begun(keys, "key", "print")
    await database.transaction(lambda: keys.finish(attempt, ANSWER))
    await keys.abandon(attempt)

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
    stalled = await begun(keys, "key", "print")
    with pytest.raises(KeyInFlight):
        await keys.begin("key", "print")

    clock.now += timedelta(seconds=31)
    heir = await begun(keys, "key", "print")
    with pytest.raises(KeyInFlight):
        await keys.begin("key", "print")

    # The first one was not dead after all: it may neither finish nor give up the other's attempt.
    with pytest.raises(KeyInFlight):
        await keys.finish(stalled, ANSWER)
    await keys.abandon(stalled)
    await keys.finish(heir, ANSWER)
    assert await keys.begin("key", "print") == ANSWER


async def test_an_abandoned_key_may_be_used_at_once(database: Mongo) -> None:
    keys = Idempotency(database.collection("idempotency"), FixedClock())
    await keys.abandon(await begun(keys, "key", "print"))
    assert await begun(keys, "key", "another")
