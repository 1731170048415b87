"""An outbox in the real database, and a relay that publishes to a broker in memory."""

from datetime import timedelta

from clinic_events.codec import decode
from clinic_events.leases import Leases
from clinic_events.memory import MemoryBroker
from clinic_events.outbox import BUCKETS, MongoOutbox, Relay
from clinic_events.testing import A_MOMENT
from clinic_platform.mongo import Mongo


async def an_outbox(database: Mongo) -> MongoOutbox:
    outbox = MongoOutbox(database, source="sessions", clock=lambda: A_MOMENT)
    await outbox.prepare()
    return outbox


async def nothing_waits(outbox: MongoOutbox) -> bool:
    return await outbox.waiting() == 0


def a_relay(database: Mongo, broker: MemoryBroker, owner: str = "relay_1") -> Relay:
    return Relay(database, broker, a_lease(database, owner))


def a_lease(database: Mongo, owner: str, lease: timedelta = timedelta(seconds=10)) -> Leases:
    rows = database.collection("leases")
    return Leases(rows, name="relay", buckets=BUCKETS, owner=owner, lease=lease)


def published(broker: MemoryBroker) -> list[str]:
    messages = [m for log in broker.logs.values() for m in log]
    return [decode(m).event.subject for m in messages]
