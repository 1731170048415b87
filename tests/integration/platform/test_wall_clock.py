"""The database's own time."""

from datetime import datetime, timedelta

from prometheus_client import REGISTRY

from clinic_events import SessionCompleted
from clinic_events.outbox import MongoOutbox
from clinic_events.testing import example
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo
from clinic_platform.promises import MongoPromises
from clinic_platform.wall_clock import WallClock
from clinic_platform.watch import Watch

A_LITTLE = timedelta(seconds=5)


async def test_the_databases_time_is_in_utc(database: Mongo) -> None:
    before = utc_now()
    assert before - A_LITTLE < await database.now() < utc_now() + A_LITTLE
    await WallClock(database.now).check()


async def test_how_long_the_oldest_event_waits_is_measured_by_the_clock_that_stamped_it(
    database: Mongo,
) -> None:
    """A minute off: so would the measure be by another clock."""
    outbox = MongoOutbox(database, source="sessions", clock=utc_now)
    await outbox.append(example(SessionCompleted), sequence=1)

    async def a_minute_on() -> datetime:
        return await database.now() + timedelta(minutes=1)

    promises = MongoPromises(database, utc_now)
    await Watch(outbox, promises, stamped_now=a_minute_on, is_worker=False).measure()
    waited = REGISTRY.get_sample_value("events_outbox_oldest_seconds")
    assert waited is not None
    assert 59 <= waited < 70
