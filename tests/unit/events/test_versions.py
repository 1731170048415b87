"""An event in two versions that are both in the catalogue, and a service that knows one of them."""

from typing import ClassVar

from clinic_events import on, topics
from clinic_events.catalog import Catalog
from clinic_events.delivery import Outcome
from clinic_events.envelope import Event
from clinic_events.testing import message_of
from tests.support.events import Listener


class ThingV1(Event):
    """A thing that happened, as it was first published."""

    name: ClassVar[str] = "sessions.thing.v1"
    topic: ClassVar = topics.SESSIONS
    about: ClassVar[str] = "patient_id"
    patient_id: str


class ThingV2(Event):
    """The same, with what no default could stand for."""

    name: ClassVar[str] = "sessions.thing.v2"
    topic: ClassVar = topics.SESSIONS
    about: ClassVar[str] = "patient_id"
    patient_id: str
    dose_mg: float


CATALOG = Catalog([ThingV1, ThingV2])


async def test_a_version_that_nobody_here_listens_to_is_parked_and_not_taken_as_handled() -> None:
    listener = Listener()
    called: list[str] = []

    async def note(thing: ThingV1) -> None:
        called.append(thing.name)

    delivery = listener.delivery(on(ThingV1, note), catalog=CATALOG)
    newer = message_of(ThingV2(patient_id="pat_2", dose_mg=50.0), event_id="evt_2")
    older = message_of(ThingV1(patient_id="pat_1"), event_id="evt_1")

    assert await delivery.deliver(newer) is Outcome.PARKED
    assert await delivery.deliver(older) is Outcome.HANDLED
    [parked] = await listener.dead_letters.list()
    assert (parked.reason, called) == ("unknown_version", [ThingV1.name])
